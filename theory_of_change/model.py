"""The vocabulary of a theory of change as frozen models: what an evaluator may write, and nothing else.

Field names follow the standards they map to (IATI 2.03 results, Common Impact Data Standard, logframe, USAID PIRS).
Values are never typed here: an indicator says how a number is made, not what it is. Reading YAML, positions and
messages belong to `loading`; rules over the whole theory belong to `coherence`.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from theory_of_change.languages import code_for


def _known_language(code: str) -> str:
    right = code_for(code)
    if right != code:
        raise PydanticCustomError("language_unknown", "no such language code", {"found": code, "hint": right or ""})
    return code


def _full_date(given: Any) -> Any:
    """Text is a date only when written year-month-day: a bare number must not pass as seconds since 1970."""
    if not isinstance(given, str):
        return given
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
        raise PydanticCustomError("date_shape", "not written year-month-day", {"found": given})
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise PydanticCustomError("date_not_in_calendar", "no such day", {"found": given}) from None


ElementId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=80)]
SourceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]
LanguageCode = Annotated[str, AfterValidator(_known_language)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Day = Annotated[dt.date, BeforeValidator(_full_date, json_schema_input_type=dt.date)]
Lag = Annotated[str, StringConstraints(pattern=r"^P(\d+[YMWD])+(\.\.P(\d+[YMWD])+)?$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$")]


class Definition(BaseModel):
    """A block of the theory: immutable, and unknown keys are mistakes. A key with nothing after it counts as absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict) or None not in given.values():
            return given
        known = {name for key, field in cls.model_fields.items() for name in (key, field.alias)}
        return {key: value for key, value in given.items() if value is not None or key not in known}


class Text(RootModel[Words | dict[LanguageCode, Words]]):
    """Words in one or more languages: a plain string, or `{it: …, en: …}`."""

    model_config = ConfigDict(frozen=True)

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes given; empty for a plain string, which serves every language."""
        return () if isinstance(self.root, str) else tuple(self.root)

    def within(self, language: str, *fallbacks: str) -> str:
        """The words in `language`, else in the first fallback that has them, else in any language given."""
        if isinstance(self.root, str):
            return self.root
        for wanted in (language, *fallbacks):
            if wanted in self.root:
                return self.root[wanted]
        return next(iter(self.root.values()), "")


class Element(Definition):
    """Anything in the theory that a link may touch: an input, activity, output, outcome, impact or need."""

    id: ElementId
    statement: Text
    note: Text | None = None
    accept: dict[str, Text] = Field(default_factory=dict, description="Coherence rules accepted here, with the reason.")


class Span(Definition):
    """A stretch of time, both ends included."""

    start: Day | None = None
    end: Day | None = None


class Theory(Definition):
    id: ElementId
    version: Version
    title: Text
    summary: Text | None = Field(None, description="The programme in a few plain sentences.")
    context: Text | None = Field(None, description="Where and why the programme works.")
    period: Span | None = None
    language: LanguageCode | None = None
    organisation: Text | None = None
    operation_code: str | None = None
    status: Literal["draft", "agreed", "retired"] = "draft"
    authors: tuple[Text, ...] = ()
    agreed_at: Day | None = None
    agreed_by: Text | None = None
    supersedes: str | None = None
    change_reason: Text | None = None
    sources: tuple[Text, ...] = Field((), description="Documents and data the theory rests on.")
    invented: bool = Field(False, description="True where the data are invented; every report then says so.")
    accept: dict[str, Text] = Field(default_factory=dict)


class Stakeholder(Definition):
    id: ElementId
    name: Text
    kind: Literal["person_group", "organisation", "public_body", "funder", "place"] = "person_group"
    role: Literal["beneficiary_direct", "beneficiary_indirect", "partner", "funder", "contributor"] | None = None
    population_size: Annotated[int, Field(ge=0)] | None = None
    underserved: bool | None = None
    characteristics: tuple[Text, ...] = ()
    note: Text | None = None


class Need(Element):
    evidence: Text | None = None
    external_series: str | None = None


class Input(Element):
    resource: Literal["money", "people", "skills", "relations", "space", "procedure"] | None = None
    planned: Text | None = None
    actual_source: SourceId | None = None
    contributor: ElementId | None = None
    for_: tuple[ElementId, ...] = Field((), alias="for")


class Activity(Element):
    phase: Text | None = None
    planned: Span | None = None
    actual: Span | None = None
    actual_source: SourceId | None = None
    responsible: Text | None = None
    parent: ElementId | None = None
    modality: Literal["focus_group", "interview", "lab", "mapping", "grant", "service", "training",
                      "work"] | None = None  # fmt: skip
    for_: tuple[ElementId, ...] = Field((), alias="for")


class Output(Element):
    from_: tuple[ElementId, ...] = Field((), alias="from")
    kind: Literal["count", "document", "body", "service"] | None = None


class Outcome(Element):
    term: Literal["short", "medium", "long"] | None = None
    for_: tuple[ElementId, ...] = Field((), alias="for")
    perspective_of: ElementId | None = None
    level: Literal["person", "household", "organisation", "network", "territory"] | None = None
    precondition_of: tuple[ElementId, ...] = ()
    importance: Literal["low", "medium", "high"] | None = None
    theme: str | None = None


class Impact(Element):
    territory: Text | None = None


class Link(Definition):
    """A causal claim between two elements, with why it should hold and how well that is supported."""

    id: ElementId
    from_: ElementId = Field(alias="from")
    to: ElementId
    type: Literal["produces", "enables", "precondition", "contributes", "reinforces", "inhibits"] = "contributes"
    necessity: Literal["necessary", "sufficient", "contributory", "unknown"] = "unknown"
    mechanism: Text | None = None
    lag: Lag | None = Field(None, description="ISO 8601 duration or range of two, as P6M..P18M.")
    strength_of_evidence: Literal["none", "weak", "moderate", "strong"] | None = None
    evidence: tuple[Text, ...] = ()
    assumptions: tuple[ElementId, ...] = ()
    accept: dict[str, Text] = Field(default_factory=dict)


class Assumption(Definition):
    id: ElementId
    statement: Text
    on: tuple[ElementId, ...] = ()
    criticality: Literal["low", "medium", "high"] | None = None
    test: tuple[ElementId, ...] = ()
    status: Literal["untested", "holding", "doubtful", "failed"] = "untested"
    checked_at: Day | None = None
    reason: Text | None = Field(None, description="What the status rests on.")
    accept: dict[str, Text] = Field(default_factory=dict)


class Risk(Definition):
    """A risk to the intended change; the nine kinds are those of the Common Impact Data Standard."""

    id: ElementId
    statement: Text
    kind: Literal["alignment", "drop_off", "efficiency", "endurance", "evidence", "execution", "external",
                  "stakeholder_participation", "unexpected_impact"] | None = None  # fmt: skip
    likelihood: Literal["low", "medium", "high"] | None = None
    consequence: Literal["low", "medium", "high"] | None = None
    mitigation: Text | None = None
    owner: Text | None = None


class Quantile(Definition):
    of: Words
    at: Annotated[float, Field(gt=0, lt=1)]


class Ratio(Definition):
    numerator: Words
    denominator: Words


MEASURE_KINDS = ("share", "mean", "median", "quantile", "sum", "count", "distinct", "ratio",
                 "formula", "theme", "network", "change", "milestone")  # fmt: skip


class Measure(Definition):
    """How an indicator's number is made: exactly one kind, over one source.

    Expressions are kept as written; `pipelines.indicators` parses them against the source's own columns.
    """

    source: SourceId | None = Field(None, alias="from")
    where: Words | None = None
    share: Words | None = Field(None, description="Boolean expression; rows where it is null are left out.")
    mean: Words | None = None
    median: Words | None = None
    quantile: Quantile | None = None
    sum: Words | None = None
    count: Literal["rows"] | None = None
    distinct: Words | None = Field(None, description="Counts different values of this column.")
    ratio: Ratio | None = None
    formula: Words | None = Field(None, description="Arithmetic on other indicators, ids in braces.")
    theme: ElementId | None = None
    per: Literal["document", "segment"] | None = None
    network: Literal["density", "reciprocity", "components", "centralisation", "mean_degree"] | None = None
    change: Words | None = None
    between: tuple[str, str] | None = None
    milestone: ElementId | None = None

    @property
    def kind(self) -> str:
        return next(kind for kind in MEASURE_KINDS if getattr(self, kind) is not None)

    @property
    def formula_ids(self) -> tuple[str, ...]:
        """Ids of the indicators a formula rests on, in order of appearance."""
        return tuple(dict.fromkeys(re.findall(r"\{([^{}]*)\}", self.formula or "")))

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in MEASURE_KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            code = "measure_kind_twice" if kinds else "measure_kind_missing"
            facts = {"found": kinds, "expected": list(MEASURE_KINDS)}
            raise PydanticCustomError(code, "exactly one measure kind", facts)
        if self.source is None and kinds[0] not in ("formula", "milestone"):
            raise PydanticCustomError("measure_source", "a measure needs `from`", {"kind": kinds[0]})
        return self


class Uncertainty(Definition):
    mode: Literal["census", "sample", "superpopulation", "none"]
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    exact: bool = Field(False, description="Clopper-Pearson instead of Wilson for a share without a design.")
    fpc: bool | None = None
    lonely: Literal["refuse", "certainty", "adjust", "average"] = "refuse"


TimeRule = Literal["sum", "last", "recompute", "none"]


class Aggregation(Definition):
    time: TimeRule | None = None
    place: TimeRule | None = None
    partner: TimeRule | None = None
    project: TimeRule | None = None


class Population(Definition):
    description: Text | None = None
    size: Annotated[int, Field(ge=0)] | None = None
    frame: Text | None = None


class Scale(Definition):
    min: float
    max: float
    labels: dict[str, Text] = Field(default_factory=dict)
    reverse: bool = False


class Reference(Definition):
    vocabulary: Words
    code: Words
    uri: str | None = None


class IndicatorDisclosure(Definition):
    sensitivity: Literal["low", "medium", "high"] | None = None
    threshold: Annotated[int, Field(ge=1)] | None = None


class Indicator(Definition):
    """One measured aspect of an element, with everything a reader needs to judge the number."""

    id: ElementId
    title: Text
    measures: tuple[ElementId, ...] = Field(min_length=1)
    unit: Words
    measure: Measure
    definition: Text | None = None
    rationale: Text | None = None
    type: Literal["count", "unique_count", "sum", "proportion", "ratio", "mean", "median", "index",
                  "ordinal_distribution", "rubric", "milestone", "network", "funnel",
                  "qualitative"] | None = None  # fmt: skip
    unit_of_analysis: str | None = None
    population: Population | None = None
    numerator: Text | None = None
    denominator: Text | None = None
    direction: Literal["up", "down", "maintain", "none"] | None = None
    scale: Scale | None = None
    missing_rule: Text | None = None
    aggregation: Aggregation | None = None
    disaggregation: tuple[str | tuple[str, ...], ...] = ()
    uncertainty: Uncertainty | None = None
    disclosure: IndicatorDisclosure | None = None
    frequency: Literal["month", "quarter", "half_year", "year", "once"] | None = None
    means_of_verification: Text | None = None
    responsible: Text | None = None
    limitations: Text | None = None
    references: tuple[Reference, ...] = ()
    valid_from: Day | None = None
    replaces: ElementId | None = None
    bridge: Text | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    accept: dict[str, Text] = Field(default_factory=dict)


class Published(Definition):
    value: float
    source: Text


class Baseline(Definition):
    """Where an indicator started: a period of its own series, another indicator's value, or a published figure."""

    indicator: ElementId
    value: float | None = None
    period: str | None = None
    date: Day | None = None
    value_from: ElementId | None = Field(None, description="Another indicator whose value is the start.")
    published: Published | None = None
    disaggregation: dict[str, str] = Field(default_factory=dict)
    quality: Text | None = None
    source: Text | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [k for k in ("value", "period", "value_from", "published") if getattr(self, k) is not None]
        if len(given) != 1:
            code = "baseline_origin_twice" if given else "baseline_origin_missing"
            raise PydanticCustomError(code, "exactly one origin of the baseline", {"found": given})
        return self


Approximation = Literal["circa", "oltre", "almeno", "quasi", "about", "over", "at_least", "almost"]


class Target(Definition):
    indicator: ElementId
    value: float | tuple[float, float]
    operator: Literal[">=", "<=", "=", "between"] = ">="
    by: Day | None = None
    approx: Approximation | None = None
    disaggregation: dict[str, str] = Field(default_factory=dict)
    set_by: Text | None = None
    set_at: Day | None = None
    rationale: Text | None = None
    accept: dict[str, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pair_for_between(self) -> Self:
        is_pair = isinstance(self.value, tuple)
        if is_pair != (self.operator == "between") or (is_pair and self.value[0] > self.value[1]):
            raise PydanticCustomError("target_value", "value does not fit the operator", {"operator": self.operator})
        return self


class Milestone(Definition):
    id: ElementId
    statement: Text
    due: Day | None = None
    planned: Span | None = None
    actual: Day | None = None
    evidence: Literal["document", "body"] | None = None
    document: Text | None = None
    weight: float | None = None
    unlocks: tuple[ElementId, ...] = ()
    accept: dict[str, Text] = Field(default_factory=dict)


class Dimension(Definition):
    """A way of breaking an indicator down; `column` (default: the id) is the source's column of that name."""

    id: ElementId
    title: Text | None = None
    column: str | None = None
    categories: dict[str, Text] = Field(default_factory=dict)
    hierarchy: tuple[str, ...] = ()
    collapse_to: dict[str, str] = Field(default_factory=dict)


class EvaluationQuestion(Definition):
    id: ElementId
    question: Text
    criterion: Literal["relevance", "coherence", "effectiveness", "efficiency", "impact",
                       "sustainability"] | None = None  # fmt: skip
    answered_by: tuple[ElementId, ...] = ()
    method: Text | None = None
    due: Day | None = None


class Evaluation(Definition):
    """A comparison that may support a causal reading, as far as its design does."""

    id: ElementId
    title: Text | None = None
    question: ElementId | None = None
    outcome: ElementId | None = None
    source: SourceId = Field(alias="from")
    measure: Words
    unit: str | None = None
    where: Words | None = None
    design: Literal["randomised", "pre_post", "difference_in_differences", "interrupted_time_series",
                    "matched", "weighted", "mixed_model"]  # fmt: skip
    group: str | None = None
    quantity: Text | None = Field(None, description="What is compared, as words inside a sentence: earnings in 1978.")
    group_name: Text | None = Field(None, description="Who is compared, as words inside a sentence.")
    comparison_name: Text | None = Field(None, description="With whom, as words inside a sentence.")
    time: str | None = None
    person: str | None = None
    covariates: tuple[str, ...] = ()
    cluster: str | None = None
    family: str | None = None
    correction: Literal["holm", "bh"] = "holm"
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    limitations: Text | None = None
    published: tuple[Published, ...] = Field((), description="Figures others published for the same effect.")


class ContributionClaim(Definition):
    id: ElementId
    claim: Text
    links: tuple[ElementId, ...] = ()
    alternatives: tuple[Text, ...] = ()
    evidence_for: tuple[Text, ...] = ()
    evidence_against: tuple[Text, ...] = ()
    verdict: Text | None = None
    reviewer: Text | None = None


class PublishedFigure(Definition):
    id: ElementId | None = None
    value: float
    unit: str | None = None
    approx: Approximation | None = None
    as_of: Day | None = None
    source: Text
    locator: str | None = None
    indicator: ElementId | None = None
    evaluation: ElementId | None = None
    cohort: str | None = None
    statement: Text | None = None


class ReportProfile(Definition):
    profile: ElementId
    title: Text | None = None
    audience: Text | None = None
    language: LanguageCode | None = None
    sections: tuple[str, ...] = ()
    period: str | None = None
    approvals: tuple[Text, ...] = ()


class TheoryOfChange(Definition):
    """The whole of `theory_of_change.yml`, one attribute for each top-level key."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    theory: Theory
    stakeholders: tuple[Stakeholder, ...] = ()
    needs: tuple[Need, ...] = ()
    inputs: tuple[Input, ...] = ()
    activities: tuple[Activity, ...] = ()
    outputs: tuple[Output, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    impact: tuple[Impact, ...] = ()
    links: tuple[Link, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    risks: tuple[Risk, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    targets: tuple[Target, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    evaluation_questions: tuple[EvaluationQuestion, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    contribution_claims: tuple[ContributionClaim, ...] = ()
    published_figures: tuple[PublishedFigure, ...] = ()
    reports: tuple[ReportProfile, ...] = ()

    #: Blocks whose entries stand in the causal chain, in the order a reader sees them.
    CHAIN: ClassVar[tuple[str, ...]] = ("needs", "inputs", "activities", "outputs", "outcomes", "impact")
