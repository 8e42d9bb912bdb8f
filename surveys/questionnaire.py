"""One questionnaire as its YAML says it: who answers when, the questions with their codes, the scales made of them.

Says which typed columns come of it and under which headers the answers may arrive; reading a delivery is done in
`deliveries`, adding up a scale in `scoring`. Contradictions inside one contract are found here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic import Field as Described

from surveys.contracts import (
    Codes,
    ColumnName,
    Contract,
    Contradiction,
    Decimal,
    Field,
    MissingCode,
    Range,
    common_contradictions,
    date_order,
    reversed_range,
    twice,
    unknown,
)
from theory_of_change.model import Definition, ElementId, Text, Words
from theory_of_change.tables import Column, Table

QuestionType = Literal["single", "multiple", "scale", "number", "date", "text", "yes_no", "ranking"]
#: The code of a free answer beside the listed ones. LimeSurvey stores `-oth-` in its place.
OTHER = "other"
_OTHER_LABEL = Text({"it": "Altro", "en": "Other"})
_LIMESURVEY_OTHER = "-oth-"
_CHOICES = ("single", "multiple", "ranking")
_RANGED = ("scale", "number")


def _bare_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Person(Definition):
    """Who answered. One identifier in one scheme is one pseudonym in every source."""

    column: Words
    scheme: ElementId = "person"


class Wave(Definition):
    column: Words


class Consent(Definition):
    """Only rows with this value in this column are kept; of all others nothing is stored."""

    column: Words
    value: Words


class Question(Definition):
    name: ColumnName
    type: QuestionType
    code: Words | None = Described(None, description="The header of its column; default: the name.")
    text: Text | None = None
    answers: Codes = Described(default_factory=dict)
    labels: Codes = Described(default_factory=dict, description="Words for the points of a scale.")
    range: Range | None = None
    missing: tuple[MissingCode, ...] = ()
    other: bool = Described(False, description="True where a free answer may stand beside the listed ones.")
    required: bool = False
    sensitive: bool = False
    unit: Words | None = None
    decimal: Decimal | None = None
    date_format: Words | None = None

    @property
    def header(self) -> str:
        return self.code or self.name


class ScoredScale(Definition):
    """A score made of several items; see `scoring.score` for how missing items count."""

    name: ColumnName
    items: tuple[Words, ...] = Described(min_length=1)
    reverse: tuple[Words, ...] = ()
    range: Range | None = None
    score: Literal["mean", "sum"] = "mean"
    at_least: Annotated[int, Described(ge=1)] | None = Described(None, description="Items answered; default: all.")
    title: Text | None = None
    sensitive: bool = False


class Survey(Contract):
    """`surveys/<id>.yml`."""

    person: Annotated[Person, BeforeValidator(_bare_column, json_schema_input_type=Person | Words)] | None = None
    answered: Words | None = Described(None, description="Column with the date of the answer.")
    wave: Wave | Words | None = Described(None, description="A column, or one wave for all rows.")
    consent: Consent | None = None
    questions: tuple[Question, ...] = ()
    scales: tuple[ScoredScale, ...] = ()


def to_table(survey: Survey) -> Table:
    """The typed table the answers land in."""
    known = {name: field.column.name for field in fields(survey) for name in (field.column.name, *field.headers[:1])}
    roles = {
        "person": survey.person.column if survey.person else None,
        "answered": survey.answered,
        "wave": survey.wave.column if isinstance(survey.wave, Wave) else survey.wave and "wave",
        "weight": survey.weight,
    }
    columns = {role: known.get(name, name) for role, name in roles.items() if name}
    return Table(
        id=survey.id,
        kind="survey",
        title=survey.title,
        columns=tuple(field.column for field in fields(survey)) + tuple(_scored(survey)),
        key=tuple(known.get(name, name) for name in survey.key),
        person=columns.get("person"),
        date=columns.get("answered"),
        period=survey.period,
        wave=columns.get("wave"),
        weight=columns.get("weight"),
        strata=tuple(known.get(name, name) for name in survey.strata),
        cluster=tuple(known.get(name, name) for name in survey.cluster),
        fpc=tuple(known.get(name, name) for name in survey.fpc),
        aliases={role: name for role, name in columns.items() if role != name},
    )


def fields(survey: Survey) -> tuple[Field, ...]:
    """How every column of a delivery is read: first the roles under their own headers, then the questions."""
    asked = [field for question in survey.questions for field in _fields_of(question, survey)]
    if survey.person:  # whatever else is said about this column, it names persons
        asked = [field for field in asked if survey.person.column not in (field.column.name, *field.headers)]
    taken = {name for field in asked for name in (field.column.name, *field.headers)}
    roles: dict[str, Field] = {}
    for field in _role_fields(survey):
        if field.column.name not in taken:
            roles.setdefault(field.column.name, field)  # the first role decides the type: a key may be a person
    return (*roles.values(), *asked)


def _role_fields(survey: Survey) -> Iterator[Field]:
    """Columns that only play a role. A role played by a question is read as that question."""

    def one(name: str, type_: str, **more: Any) -> Field:
        return Field(Column(name, type_, header=name, **more), (name,), **reading)

    reading = {"decimal": survey.decimal, "date_format": survey.date_format}
    if survey.person:
        column = Column(survey.person.column, "person", header=survey.person.column, sensitivity="personal",
                        required=survey.person.column in survey.key)  # fmt: skip
        yield Field(column, (column.name,), scheme=survey.person.scheme)
    if survey.answered:
        yield one(survey.answered, "date", required=survey.answered in survey.key)
    if isinstance(survey.wave, Wave):
        yield one(survey.wave.column, "category", required=survey.wave.column in survey.key)
    elif survey.wave:
        yield Field(Column("wave", "category"), constant=survey.wave)
    if survey.weight:
        yield one(survey.weight, "number", min=0, required=True)
    for name in (*survey.strata, *survey.cluster):
        yield one(name, "category", required=True)
    for name in survey.fpc:
        yield one(name, "number", min=0, required=True)
    for name in survey.key:
        yield one(name, "category", required=True)


def _fields_of(question: Question, survey: Survey) -> Iterator[Field]:
    header, own = question.header, {question.name, question.header}
    is_size = bool(own & {survey.weight, *survey.fpc})
    is_needed = is_size or bool(own & {*survey.key, *survey.strata, *survey.cluster})
    sensitivity = "sensitive" if question.sensitive else "personal" if question.type == "text" else "none"

    def one(name: str, type_: str, headers: tuple[str, ...], **more: Any) -> Field:
        given = {"title": question.text, "missing": question.missing, "sensitivity": sensitivity,
                 "required": question.required or is_needed, "unit": question.unit}  # fmt: skip
        return Field(Column(name, type_, header=headers[0], **given | more), headers, **reading)

    reading: dict[str, Any] = {
        "decimal": question.decimal or survey.decimal,
        "date_format": question.date_format or survey.date_format,
    }
    low, high = question.range or (0 if is_size else None, None)
    if question.type == "single":
        labels = dict(question.answers) | ({OTHER: _OTHER_LABEL} if question.other else {})
        reading["synonyms"] = {_LIMESURVEY_OTHER: OTHER} if question.other else {}
        yield one(question.name, "category", (header,), labels=labels)
    elif question.type == "multiple":
        reading["group"] = question.name
        for code, label in question.answers.items():
            yield one(f"{question.name}_{code}", "boolean", _below(question, code), title=label, required=False)
    elif question.type == "ranking":
        for place in range(1, len(question.answers) + 1):
            yield one(f"{question.name}_{place}", "category", _below(question, str(place)), labels=question.answers,
                      required=False)  # fmt: skip
    elif question.type == "scale":
        is_whole = all(float(end).is_integer() for end in question.range or ())
        yield one(
            question.name, "integer" if is_whole else "number", (header,), labels=question.labels, min=low, max=high
        )
    else:
        kind = "boolean" if question.type == "yes_no" else question.type
        yield one(question.name, kind, (header,), min=low, max=high)
    if question.other:
        column = Column(f"{question.name}_{OTHER}", "text", header=f"{header}[other]", title=question.text,
                        sensitivity="sensitive" if question.sensitive else "personal")  # fmt: skip
        yield Field(column, _below(question, OTHER), optional=True, group=reading.get("group"))


def _below(question: Question, part: str) -> tuple[str, ...]:
    """The headers under which tools put one part of a question: LimeSurvey's, then the flat ones."""
    shapes = ("{0}[{1}]", "{0}_{1}", "{0}.{1}")
    names = dict.fromkeys((question.header, question.name))
    return tuple(dict.fromkeys(shape.format(name, part) for name in names for shape in shapes))


def _scored(survey: Survey) -> Iterator[Column]:
    """The columns of the scales, which no delivery holds: `scoring` makes them."""
    for scale in survey.scales:
        low, high = scale.range or (None, None)
        times = len(scale.items) if scale.score == "sum" else 1
        yield Column(
            scale.name,
            "number",
            title=scale.title,
            min=None if low is None else low * times,
            max=None if high is None else high * times,
            sensitivity="sensitive" if scale.sensitive else "none",
        )


def contradictions(survey: Survey) -> Iterator[Contradiction]:
    """Everything in the contract that cannot be, all at once."""
    yield from common_contradictions(survey)
    if survey.answered and survey.period:
        yield Contradiction("date-and-period", ("period",), {"date": survey.answered})
    yield from _names(survey)
    yield from _roles(survey)
    for number, question in enumerate(survey.questions):
        for code, path, facts in _about(question):
            yield Contradiction(code, ("questions", number, *path), facts | {"name": question.name})
    for number, scale in enumerate(survey.scales):
        yield from _about_scale(scale, survey, ("scales", number))


def _names(survey: Survey) -> Iterator[Contradiction]:
    """Two columns of one name or one header, and a question that takes the name of a role it does not play."""
    questions = [(field, ("questions", i, "name"))
                 for i, question in enumerate(survey.questions) for field in _fields_of(question, survey)]  # fmt: skip
    made = [(field.column.name, path) for field, path in questions]
    made += [(scale.name, ("scales", i, "name")) for i, scale in enumerate(survey.scales)]
    yield from twice(made, "column-twice")
    headers = [(question.header, ("questions", i, "code")) for i, question in enumerate(survey.questions)]
    yield from twice(headers, "header-twice")
    roles = dict(to_table(survey).aliases) | ({"wave": "wave"} if isinstance(survey.wave, str) else {})
    own = {field.column.name.casefold(): field.column.name for field in _role_fields(survey)}
    for name, path in made:
        if name.casefold() in roles:
            yield Contradiction("name-of-a-role", path, {"name": name, "column": roles[name.casefold()]})
        elif own.get(name.casefold(), name) != name:
            yield Contradiction("column-twice", path, {"name": name})


def _roles(survey: Survey) -> Iterator[Contradiction]:
    """Questions that play a role they are not made for."""
    asked = {name: question for question in survey.questions for name in (question.name, question.header)}
    if survey.person and survey.person.column in asked:
        name = asked[survey.person.column].name
        yield Contradiction("person-is-a-question", ("person",), {"name": name, "column": survey.person.column})
    for role, fitting in (("answered", ("date",)), ("weight", ("number", "scale"))):
        question = asked.get(getattr(survey, role))
        if question and question.type not in fitting:
            facts = {"role": role, "name": question.name, "type": question.type, "expected": fitting[0]}
            yield Contradiction("role-column-type", (role,), facts)


def _about(question: Question) -> Iterator[Contradiction]:
    low, high = question.range or (None, None)
    yield from reversed_range(low, high, ("range",))
    if question.type in _CHOICES and not question.answers:
        yield Contradiction("answers-missing", ("type",), {"type": question.type})
    if question.type not in _CHOICES and question.answers:
        yield Contradiction("answers-out-of-place", ("answers",), {"type": question.type})
    if question.type not in _RANGED and question.range:
        yield Contradiction("range-out-of-place", ("range",), {"type": question.type})
    if question.other and question.type not in ("single", "multiple"):
        yield Contradiction("other-out-of-place", ("other",), {"type": question.type})
    if question.required and question.type in ("multiple", "ranking"):
        yield Contradiction("required-out-of-place", ("required",), {"type": question.type})
    if question.date_format and not date_order(question.date_format):
        yield Contradiction("date-format-unknown", ("date_format",), {"found": question.date_format})


def _about_scale(scale: ScoredScale, survey: Survey, path: tuple[str | int, ...]) -> Iterator[Contradiction]:
    named = {field.column.name: field.column.type for field in fields(survey)}
    countable = [name for name, type_ in named.items() if type_ in ("integer", "number", "boolean")]
    facts = {"scale": scale.name}
    for position, item in enumerate(scale.items):
        if item in named and item not in countable:
            yield Contradiction("scale-item-not-a-number", (*path, "items", position),
                                {"name": item, "type": named[item], **facts})  # fmt: skip
        elif item not in named:
            yield from unknown("scale-item-unknown", [item], countable, (*path, "items", position), **facts)
    yield from twice(((item, (*path, "items", i)) for i, item in enumerate(scale.items)), "scale-item-twice")
    yield from unknown("scale-reverse-unknown", scale.reverse, scale.items, (*path, "reverse"), **facts)
    low, high = scale.range or (None, None)
    yield from reversed_range(low, high, (*path, "range"))
    if scale.reverse and not scale.range:
        yield Contradiction("scale-range-missing", (*path, "reverse"), facts)
    if scale.at_least and scale.at_least > len(scale.items):
        wanted = {"found": str(scale.at_least), "items": str(len(scale.items))}
        yield Contradiction("scale-at-least", (*path, "at_least"), wanted | facts)
