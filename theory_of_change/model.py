"""The vocabulary of a theory of change as frozen models: what an evaluator may write, and nothing else.

Field names follow the standards they map to (IATI 2.03 results, Common Impact Data Standard, logframe, USAID PIRS).
Values are never typed here: an indicator says how a number is made, not what it is. Reading YAML, positions and
messages belong to `loading`; rules over the whole theory belong to `coherence`; what blocks are made of, to
`definition`.

Nested theories. `areas` lists the parts of a theory: the thematic areas of an organisation, the projects a programme
funds, its sites, its levels of governance; `parent` nests them. Whatever has an id may say `area: <id>`; what says none
belongs to the whole. In a folder of files, a file that begins with `area: <id>` gives it to everything it lists. An
indicator of `scope: common` is computed for every area and rolled up from the rows, an `own` one belongs to its area; a
dimension with `areas: project` tells by which column the rows know their project, and has the projects as categories.

Retirement. What is no longer part of the theory is not deleted: `retired: {at, reason, replaced_by}` keeps its id, so
that an old report still resolves and nobody uses the id again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from theory_of_change.definition import (
    Acceptable,
    Day,
    Definition,
    ElementId,
    Lag,
    LanguageCode,
    Named,
    Retired,
    SourceId,
    Span,
    Text,
    Unit,
    Version,
    Words,
)

Status = Literal["draft", "agreed", "retired"]
AreaKind = Literal["thematic_area", "project", "site", "level"]
#: Chapters of a report, as `reports.sections` writes them; a test holds the two lists together.
Chapter = Literal["brief", "theory", "progress", "effect", "questions", "indicators", "networks",
                  "calls", "ratings", "themes", "joined",
                  "published_figures", "assumptions", "risks", "quality", "missing", "theory_in_words", "methods",
                  "glossary", "provenance"]  # fmt: skip
Approximation = Literal["circa", "oltre", "almeno", "quasi", "about", "over", "at_least", "almost"]


class Reference(Definition):
    """A code in a catalogue: the Sustainable Development Goals, BES, IRIS+, or a list of the theory's own."""

    vocabulary: Words
    code: Words
    uri: str | None = None


class Element(Named):
    """Anything in the theory that a link may touch: an input, activity, output, outcome, impact or need."""

    statement: Text
    references: tuple[Reference, ...] = ()
    note: Text | None = None


class Area(Acceptable):
    """A part of the theory that is a theory in small: a thematic area, a funded project, a site, a level."""

    id: ElementId
    title: Text
    kind: AreaKind = "thematic_area"
    parent: ElementId | None = None
    summary: Text | None = None
    organisation: Text | None = None
    operation_code: str | None = None
    period: Span | None = None
    actual: Span | None = None
    status: Status = "draft"
    agreed_at: Day | None = None
    agreed_by: Text | None = None
    note: Text | None = None
    retired: Retired | None = None


class CodedTheme(Definition):
    """A code of an interview codebook, wherever a test or an answer may be qualitative."""

    theme: ElementId
    source: SourceId | None = Field(None, alias="from")


EVIDENCE_KINDS = ("figure", "indicator", "evaluation", "theme")


class Evidence(Definition):
    """One piece of evidence on a link, which names what it rests on instead of repeating it."""

    figure: ElementId | None = None
    indicator: ElementId | None = None
    evaluation: ElementId | None = None
    theme: ElementId | None = None
    source: SourceId | None = Field(None, alias="from")
    direction: Literal["for", "against", "mixed", "none"] | None = None
    strength: Literal["none", "weak", "moderate", "strong"] | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [kind for kind in EVIDENCE_KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            facts = {"found": given or ["-"], "expected": list(EVIDENCE_KINDS)}
            raise PydanticCustomError("evidence_origin", "exactly one origin of the evidence", facts)
        return self


class Theory(Acceptable):
    id: ElementId
    version: Version
    title: Text
    summary: Text | None = Field(None, description="The programme in a few plain sentences.")
    context: Text | None = Field(None, description="Where and why the programme works.")
    period: Span | None = None
    language: LanguageCode | None = None
    organisation: Text | None = None
    operation_code: str | None = None
    status: Status = "draft"
    authors: tuple[Text, ...] = ()
    agreed_at: Day | None = None
    agreed_by: Text | None = None
    supersedes: str | None = None
    change_reason: Text | None = None
    sources: tuple[Text, ...] = Field((), description="Documents and data the theory rests on.")
    invented: bool = Field(False, description="True where the data are invented; every report then says so.")


class Stakeholder(Named):
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


class Phase(Named):
    """A stretch of the programme that is planned as one; activities name theirs in `phase`."""

    statement: Text
    planned: Span | None = None
    actual: Span | None = None
    note: Text | None = None


class Activity(Element):
    phase: Text | None = Field(None, description="The id of a phase, or its name where `phases` lists none.")
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


class Link(Named):
    """A causal claim between two elements, with why it should hold and how well that is supported."""

    from_: ElementId = Field(alias="from")
    to: ElementId
    type: Literal["produces", "enables", "precondition", "contributes", "reinforces", "inhibits"] = "contributes"
    necessity: Literal["necessary", "sufficient", "contributory", "unknown"] = "unknown"
    mechanism: Text | None = None
    lag: Lag | None = Field(None, description="ISO 8601 duration or range of two, as P6M..P18M.")
    strength_of_evidence: Literal["none", "weak", "moderate", "strong"] | None = None
    evidence: tuple[Text | Evidence, ...] = ()
    assumptions: tuple[ElementId, ...] = ()


class Assumption(Named):
    statement: Text
    on: tuple[ElementId, ...] = ()
    criticality: Literal["low", "medium", "high"] | None = None
    test: tuple[ElementId | CodedTheme, ...] = ()
    status: Literal["untested", "holding", "doubtful", "failed"] = "untested"
    checked_at: Day | None = None
    reason: Text | None = Field(None, description="What the status rests on.")


class Risk(Named):
    """A risk to the intended change; the nine kinds are those of the Common Impact Data Standard."""

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


class Conversion(Definition):
    """Two stages of the funnel of a register: how many of the cases that passed the first have passed the second."""

    from_: ElementId = Field(alias="from")
    to: ElementId


class Rubric(Definition):
    """How the scores of a register of ratings become one score for each thing rated, and these a number.

    Each criterion first gets the median of its raters (the mean for `mean`); the thing's own score is the median of its
    criteria, their mean, or the lowest of them: as good as its weakest side. The number is then the median (for `mean`
    the mean) of the things, or with `at_least` the share of things whose own score reaches it.
    """

    of: tuple[Words, ...] = Field((), description="Columns that name the thing rated; default: all items.")
    score: Literal["median", "mean", "lowest"] = "median"
    at_least: float | None = None


class Component(Definition):
    """One part of an index: an indicator, what it weighs, and the two values (goalposts) that count as 0 and as 1.

    Both are stated, never taken from the data: an index that is stretched between the worst and the best seen so far
    changes for everybody when one value does (OECD and JRC 2008, Handbook on Constructing Composite Indicators, step 5;
    UNDP, Human Development Report technical note 1). `worst` above `best` turns an indicator where less is better.
    """

    indicator: ElementId
    weight: Annotated[float, Field(gt=0)] = 1.0
    worst: float | None = None
    best: float | None = None
    scale: Literal["linear", "log"] = "linear"


class Index(Definition):
    """Several indicators as one number: scores between stated goalposts, weighted, then averaged.

    `arithmetic` lets a good score make up for a bad one, `geometric` less so. Without goalposts the values are averaged
    as they are. Where fewer components than `at_least` (default: all) have a value there is no index.
    """

    of: tuple[Component, ...] = Field(min_length=2)
    aggregate: Literal["arithmetic", "geometric"] = "arithmetic"
    at_least: Annotated[int, Field(ge=1)] | None = None

    @property
    def has_goalposts(self) -> bool:
        return any(one.worst is not None or one.best is not None for one in self.of)

    @property
    def least(self) -> int:
        return len(self.of) if self.at_least is None else self.at_least


MEASURE_KINDS = ("share", "mean", "median", "quantile", "sum", "count", "distinct", "ratio",
                 "formula", "index", "theme", "network", "funnel", "rubric", "change", "milestone")  # fmt: skip


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
    index: Index | None = Field(None, description="Other indicators as one number, between stated goalposts.")
    theme: ElementId | None = None
    per: Literal["document", "segment"] | None = None
    network: Literal["density", "reciprocity", "components", "centralisation", "mean_degree"] | None = None
    funnel: Conversion | None = Field(None, description="Open cohorts are left out of what is not decided for them.")
    rubric: Rubric | None = None
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

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Ids of the indicators it is made of: those of a formula or the components of an index."""
        components = tuple(dict.fromkeys(one.indicator for one in self.index.of)) if self.index else ()
        return self.formula_ids or components

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in MEASURE_KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            code = "measure_kind_twice" if kinds else "measure_kind_missing"
            facts = {"found": kinds, "expected": list(MEASURE_KINDS)}
            raise PydanticCustomError(code, "exactly one measure kind", facts)
        if self.source is None and kinds[0] not in ("formula", "index", "milestone"):
            raise PydanticCustomError("measure_source", "a measure needs `from`", {"kind": kinds[0]})
        return self


class Uncertainty(Definition):
    mode: Literal["census", "sample", "superpopulation", "none"]
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    exact: bool = Field(False, description="Clopper-Pearson instead of Wilson for a share without a design.")
    fpc: bool | None = None
    lonely: Literal["refuse", "certainty", "adjust", "average"] = "refuse"


TimeRule = Literal["sum", "last", "recompute", "none"]
SpaceRule = Literal["sum", "last", "recompute", "mean_weighted", "none"]


class Aggregation(Definition):
    """How an indicator is taken together over time, and over the dimensions whose categories are places, partners or
    projects. `recompute` makes it anew from the rows, as without a rule, and so does `mean_weighted` for a mean."""

    time: TimeRule | None = None
    place: SpaceRule | None = None
    partner: SpaceRule | None = None
    project: SpaceRule | None = None


class Population(Definition):
    description: Text | None = None
    size: Annotated[int, Field(ge=0)] | None = None
    frame: Text | None = None


class Scale(Definition):
    min: float
    max: float
    labels: dict[str, Text] = Field(default_factory=dict)
    reverse: bool = False


class IndicatorDisclosure(Definition):
    sensitivity: Literal["low", "medium", "high"] | None = None
    threshold: Annotated[int, Field(ge=1)] | None = None
    dominance: Annotated[float, Field(ge=0, le=100)] | None = None
    rounding: Annotated[int, Field(ge=2)] | None = None


class Indicator(Named):
    """One measured aspect of an element, with everything a reader needs to judge the number."""

    title: Text
    measures: tuple[ElementId, ...] = Field(min_length=1)
    unit: Unit
    measure: Measure
    scope: Literal["common", "own"] | None = Field(None, description="Of every area below its own, or of one area.")
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


class Published(Definition):
    """A figure others published. `approx` says how it was said: circa, oltre, almeno, quasi."""

    value: float
    source: Text
    approx: Approximation | None = None
    as_of: Day | None = None
    locator: str | None = None


class Baseline(Acceptable):
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


class Waypoint(Definition):
    """Where an indicator should be on a day before its target is due."""

    by: Day
    value: float


class Target(Acceptable):
    indicator: ElementId
    value: float | tuple[float, float]
    operator: Literal[">=", "<=", "=", "between"] = ">="
    by: Day | None = None
    tolerance: Annotated[float, Field(ge=0)] | None = Field(None, description="How far from the value `=` may be.")
    path: tuple[Waypoint, ...] = Field((), description="Where to be by when; without it the way is a straight line.")
    approx: Approximation | None = None
    disaggregation: dict[str, str] = Field(default_factory=dict)
    set_by: Text | None = None
    set_at: Day | None = None
    rationale: Text | None = None

    @model_validator(mode="after")
    def _pair_for_between(self) -> Self:
        is_pair = isinstance(self.value, tuple)
        if is_pair != (self.operator == "between") or (is_pair and self.value[0] > self.value[1]):
            raise PydanticCustomError("target_value", "value does not fit the operator", {"operator": self.operator})
        if self.tolerance is not None and self.operator != "=":
            raise PydanticCustomError("target_tolerance", "only `=` has a tolerance", {"operator": self.operator})
        days = [point.by for point in self.path]
        if days and (is_pair or self.by is None or sorted({*days, self.by}) != [*days, self.by]):
            raise PydanticCustomError("target_path", "the path does not lead to the target", {"by": str(self.by or "")})
        return self


class Milestone(Named):
    """A document or a body that is there or is not: what proves it, when it was due, when it came."""

    statement: Text
    due: Day | None = None
    planned: Span | None = None
    actual: Day | None = None
    evidence: Literal["document", "body"] | None = None
    document: Text | None = None
    body: Text | None = None
    responsible: Text | None = None
    weight: float | None = None
    unlocks: tuple[ElementId, ...] = ()
    note: Text | None = None


class Dimension(Named):
    """A way of breaking an indicator down; `column` (default: the id) is the source's column of that name."""

    title: Text | None = None
    column: str | None = None
    categories: dict[str, Text] = Field(default_factory=dict)
    areas: AreaKind | None = Field(None, description="The categories are the areas of this kind, by their ids.")
    over: Literal["place", "partner", "project"] | None = Field(None, description="What its categories are.")
    frame_sizes: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    open: tuple[str, ...] = Field((), description="Categories whose results are still to come: an open call.")
    hierarchy: tuple[str, ...] = ()
    collapse_to: dict[str, str] = Field(default_factory=dict)

    @property
    def gathers(self) -> str | None:
        """Which rule of an indicator's `aggregation` holds for it; areas that are projects or sites say it."""
        return self.over or {"project": "project", "site": "place"}.get(self.areas or "")


class CodeList(Definition):
    """A list of codes of the theory's own, to which `references` may point by its id."""

    id: ElementId
    title: Text
    codes: dict[str, Text] = Field(min_length=1)
    uri: str | None = None
    note: Text | None = None


class EvaluationQuestion(Named):
    question: Text
    criterion: Literal["relevance", "coherence", "effectiveness", "efficiency", "impact",
                       "sustainability"] | None = None  # fmt: skip
    answered_by: tuple[ElementId | CodedTheme, ...] = ()
    method: Text | None = None
    due: Day | None = None


class Evaluation(Named):
    """A comparison that may support a causal reading, as far as its design does."""

    title: Text | None = None
    question: ElementId | None = None
    outcome: ElementId | None = None
    source: SourceId = Field(alias="from")
    measure: Words
    unit: Unit | None = None
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


class ContributionClaim(Named):
    claim: Text
    links: tuple[ElementId, ...] = ()
    alternatives: tuple[Text, ...] = ()
    evidence_for: tuple[Text, ...] = ()
    evidence_against: tuple[Text, ...] = ()
    verdict: Text | None = None
    direction: Literal["for", "against", "mixed", "none"] | None = None
    strength: Literal["none", "weak", "moderate", "strong"] | None = None
    reviewer: Text | None = None


class PublishedFigure(Acceptable):
    """A figure as somebody published it. Two that disagree are both kept; each is known by its source, not its value.

    `of` names the figure it is a part of: 60 per cent of 95 bodies, 39 persons of 116. Figures of one `composition` are
    the parts of one whole, which must add up to it.
    """

    id: ElementId | None = None
    value: float
    unit: Unit | None = None
    unit_of_analysis: str | None = None
    approx: Approximation | None = None
    as_of: Day | None = None
    source: Text
    locator: str | None = None
    area: ElementId | None = None
    indicator: ElementId | None = None
    evaluation: ElementId | None = None
    of: ElementId | None = None
    composition: Words | None = None
    cohort: str | None = None
    statement: Text | None = None
    note: Text | None = None


class ReportProfile(Acceptable):
    profile: ElementId
    title: Text | None = None
    audience: Text | None = None
    area: ElementId | None = None
    language: LanguageCode | None = None
    sections: tuple[Chapter, ...] = ()
    period: str | None = None
    approvals: tuple[Text, ...] = ()


class TheoryOfChange(Definition):
    """The whole of `theory_of_change.yml`, one attribute for each top-level key."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    theory: Theory
    areas: tuple[Area, ...] = ()
    phases: tuple[Phase, ...] = ()
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
    code_lists: tuple[CodeList, ...] = ()
    evaluation_questions: tuple[EvaluationQuestion, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    contribution_claims: tuple[ContributionClaim, ...] = ()
    published_figures: tuple[PublishedFigure, ...] = ()
    reports: tuple[ReportProfile, ...] = ()

    #: Blocks whose entries stand in the causal chain, in the order a reader sees them.
    CHAIN: ClassVar[tuple[str, ...]] = ("needs", "inputs", "activities", "outputs", "outcomes", "impact")

    @model_validator(mode="after")
    def _areas_are_categories(self) -> Self:
        """A dimension over areas that lists no categories has the areas of its kind as categories."""
        if any(dimension.areas and not dimension.categories for dimension in self.dimensions):
            object.__setattr__(self, "dimensions", tuple(map(self._over_areas, self.dimensions)))
        return self

    def _over_areas(self, dimension: Dimension) -> Dimension:
        if dimension.areas is None or dimension.categories:
            return dimension
        found = {area.id: area.title for area in self.areas if area.kind == dimension.areas}
        return dimension.model_copy(update={"categories": found})

    @property
    def parents(self) -> Mapping[str, str]:
        """Each area's parent, for those that have one."""
        return {area.id: area.parent for area in self.areas if area.parent}


CHAIN = TheoryOfChange.CHAIN
