"""One questionnaire as its YAML says it: who answers when, its questions, the scales made of them.

Says which typed columns come of it and under which headers the answers may arrive; one question is described in
`questions`, reading a delivery is done in `deliveries`, adding up a scale in `scoring`. Contradictions inside one
contract are found here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic import Field as Described

from surveys.answer_checks import AnswerChecks, Invited, RowRule
from surveys.answer_checks import contradictions_of as contradictions_of_rules
from surveys.changes import Decision
from surveys.changes import contradictions_of as contradictions_of_decisions
from surveys.contracts import (
    Contract,
    Contradiction,
    Field,
    Normalise,
    TimeZone,
    common_contradictions,
    twice,
)
from surveys.merge import Part, Persons, Sampling
from surveys.merge import contradictions_of as contradictions_of_merge
from surveys.questions import Question, contradictions_of, dropped_headers, fields_of
from surveys.scales import ScoredScale
from surveys.scales import contradictions_of as contradictions_of_scale
from surveys.weighting import FINAL, Weighting, final_column
from surveys.weighting import contradictions_of as contradictions_of_weights
from theory_of_change.model import Definition, ElementId, SourceId, Words
from theory_of_change.problems import with_hint
from theory_of_change.tables import Column, Table

#: What LimeSurvey writes as the date of an answer where the survey is anonymous and keeps no dates.
_NO_DATE = "1980-01-01 00:00:00"


def _bare_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Person(Definition):
    """Who answered. One identifier in one scheme is one pseudonym in every source."""

    column: Words
    scheme: ElementId = "person"
    normalise: Normalise = Described("exact", description="`code`: capitals, accents and blanks do not matter.")


class Wave(Definition):
    column: Words
    order: tuple[Words, ...] = Described((), description="The waves in time; default: by their dates, then names.")


class Consent(Definition):
    """Only rows with this value in this column are kept; of all others nothing is stored."""

    column: Words
    value: Words


class Survey(Contract):
    """`surveys/<id>.yml`."""

    person: Annotated[Person, BeforeValidator(_bare_column, json_schema_input_type=Person | Words)] | None = None
    answered: Words | None = Described(None, description="Column with the date of the answer.")
    wave: Wave | Words | None = Described(None, description="A column, or one wave for all rows.")
    consent: Consent | None = None
    leave_out: dict[Words, tuple[str, ...]] = Described(
        {}, description="Columns, and the values in them by which a row is left out: unfinished, not approved."
    )
    timezone: TimeZone | None = Described(
        None, description="Zone of the clock that writes `answered` and computed times; default: the programme's."
    )
    drop: tuple[Words, ...] = Described((), description="Columns known and stored nowhere: IP addresses, pictures.")
    questions: tuple[Question, ...] = ()
    decisions: tuple[Decision, ...] = Described((), description="What was decided when the questionnaire changed.")
    scales: tuple[ScoredScale, ...] = ()
    rules: tuple[RowRule, ...] = ()
    checks: AnswerChecks = AnswerChecks()
    duration: Words | None = Described(None, description="Column with the seconds the answers took.")
    invited: Invited | None = Described(None, description="How many were asked to answer, in all or in each wave.")
    frame: SourceId | None = Described(None, description="A register with one row for everybody asked to answer.")
    weights: Weighting | None = None
    merge: tuple[Part, ...] = Described((), description="Surveys whose rows, together, are this one's: waves, places.")
    persons: Persons = Described("linked", description="`apart`: nobody is followed from one part to the next.")
    sampling: Sampling = Described("carry", description="`leave_out`: weights and strata of the parts do not count.")

    @property
    def pattern(self) -> str | None:
        """As for every source; a merged survey has no deliveries."""
        return None if self.merge else super().pattern


def to_table(survey: Survey) -> Table:
    """The typed table the answers land in."""
    known = {name: field.column.name for field in fields(survey) for name in (field.column.name, *field.headers[:1])}
    roles = {
        "person": survey.person.column if survey.person else None,
        "answered": survey.answered,
        "wave": survey.wave.column if isinstance(survey.wave, Wave) else survey.wave and "wave",
        "weight": FINAL if survey.weights else survey.weight,
    }
    columns = {role: known.get(name, name) for role, name in roles.items() if name}
    return Table(
        id=survey.id,
        kind="survey",
        title=survey.title,
        columns=tuple(field.column for field in fields(survey))
        + tuple(scale.column for scale in survey.scales)
        + ((final_column(),) if survey.weights else ()),
        key=tuple(known.get(name, name) for name in survey.key),
        person=columns.get("person"),
        date=columns.get("answered"),
        period=survey.period,
        wave=columns.get("wave"),
        weight=columns.get("weight"),
        strata=tuple(known.get(name, name) for name in survey.strata),
        cluster=tuple(known.get(name, name) for name in survey.cluster),
        fpc=tuple(known.get(name, name) for name in survey.fpc),
        weighting=survey.weights.method if survey.weights else "",
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
    every = (*roles.values(), *asked)
    return tuple(
        replace(field, gives_day=True) if survey.answered in (field.column.name, *field.headers[:1]) else field
        for field in every
    )


def dropped(survey: Survey) -> frozenset[str]:
    """Headers of columns that are known and never stored, neither raw nor typed."""
    return frozenset((*survey.drop, *(header for one in survey.questions for header in dropped_headers(one))))


def _role_fields(survey: Survey) -> Iterator[Field]:
    """Columns that only play a role. A role played by a question is read as that question."""

    def one(name: str, type_: str, **more: Any) -> Field:
        return Field(Column(name, type_, header=name, **more), (name,), **reading)

    reading = {"decimal": survey.decimal, "date_format": survey.date_format}
    if survey.person:
        column = Column(survey.person.column, "person", header=survey.person.column, sensitivity="personal",
                        required=survey.person.column in survey.key)  # fmt: skip
        yield Field(column, (column.name,), scheme=survey.person.scheme, normalise=survey.person.normalise)
    if survey.answered:
        needed = survey.answered in survey.key
        column = Column(survey.answered, "date", header=survey.answered, required=needed, missing=(_NO_DATE,))
        yield Field(column, (survey.answered,), **reading, clock=survey.timezone)
    if survey.duration:
        column = Column(survey.duration, "number", header=survey.duration, min=0, computed=True, unit="seconds")
        yield Field(column, (survey.duration,), optional=True, **reading)
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
    own = {question.name, question.header}
    is_size = bool(own & {survey.weight, *survey.fpc})
    is_needed = is_size or bool(own & {*survey.key, *survey.strata, *survey.cluster})
    return fields_of(question, is_needed, is_size, survey.decimal, survey.date_format, survey.timezone)


def contradictions(survey: Survey) -> Iterator[Contradiction]:
    """Everything in the contract that cannot be, all at once."""
    yield from contradictions_of_merge(survey.id, survey.merge, survey.model_fields_set)
    if survey.merge:  # all else is about what parts say
        return
    yield from common_contradictions(survey)
    if survey.answered and survey.period:
        yield Contradiction("date-and-period", ("period",), {"date": survey.answered})
    yield from _names(survey)
    yield from _roles(survey)
    for number, question in enumerate(survey.questions):
        for code, path, facts in (*contradictions_of(question), *_about_time(question, survey)):
            yield Contradiction(code, ("questions", number, *path), {"name": question.name, **facts})
    yield from _conditions(survey)
    yield from _dropped_and_used(survey)
    if survey.weights:
        columns = {field.column.name: field.column for field in fields(survey)}
        columns |= {scale.name: scale.column for scale in survey.scales}
        for code, path, facts in contradictions_of_weights(
            survey.weights, columns, survey.frame is not None, survey.weight
        ):
            yield Contradiction(code, ("weights", *path), facts)
    yield from contradictions_of_rules(survey.rules)
    yield from _invited(survey)
    yield from contradictions_of_decisions(survey.decisions, survey.questions)
    columns = {field.column.name: field.column for field in fields(survey)}
    for number, scale in enumerate(survey.scales):
        yield from contradictions_of_scale(scale, columns, ("scales", number))


def _names(survey: Survey) -> Iterator[Contradiction]:
    """Two columns of one name or one header, and a question that takes the name of a role it does not play."""
    questions = [(field, ("questions", i, "name"))
                 for i, question in enumerate(survey.questions) for field in _fields_of(question, survey)]  # fmt: skip
    made = [(field.column.name, path) for field, path in questions]
    made += [(scale.name, ("scales", i, "name")) for i, scale in enumerate(survey.scales)]
    yield from twice(made, "column-twice")
    yield from _headers_twice(survey.questions)
    roles = dict(to_table(survey).aliases) | ({"wave": "wave"} if isinstance(survey.wave, str) else {})
    own = {field.column.name.casefold(): field.column.name for field in _role_fields(survey)}
    for name, path in made:
        if name.casefold() in roles:
            yield Contradiction("name-of-a-role", path, {"name": name, "column": roles[name.casefold()]})
        elif own.get(name.casefold(), name) != name:
            yield Contradiction("column-twice", path, {"name": name})


def _headers_twice(questions: tuple[Question, ...]) -> Iterator[Contradiction]:
    """Two questions may share a header only as the two scales of one array, or one after the other in time."""
    for number, question in enumerate(questions):
        for other in questions[:number]:
            same = (other.header.casefold(), other.part) == (question.header.casefold(), question.part)
            if same and not _one_after_the_other(other, question):
                yield Contradiction("header-twice", ("questions", number, "code"), {"name": question.header})
                break


def _one_after_the_other(one: Question, other: Question) -> bool:
    return any(first.until and second.since and first.until < second.since
               for first, second in ((one, other), (other, one)))  # fmt: skip


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


def _about_time(question: Question, survey: Survey) -> Iterator[Contradiction]:
    """What changes from a day on needs the day of each answer."""
    for key in ("since", "until", "recode"):
        if getattr(question, key) and not survey.answered:
            yield Contradiction("since-without-answered", (key,), {"key": key})


def _invited(survey: Survey) -> Iterator[Contradiction]:
    """A number for each wave needs waves, and one number of invited people is enough."""
    if survey.invited and survey.frame:
        yield Contradiction("invited-twice", ("frame",), {})
    if survey.invited and not survey.wave and set(survey.invited) != {""}:
        yield Contradiction("invited-without-waves", ("invited",), {})
    if survey.duration and not any(survey.duration in (f.column.name, *f.headers[:1]) and f.column.type == "number"
                                   for f in fields(survey)):  # fmt: skip
        yield Contradiction("duration-not-a-number", ("duration",), {"name": survey.duration})


def _conditions(survey: Survey) -> Iterator[Contradiction]:
    """Conditions for being asked that speak of columns nobody delivers."""
    known = [name for field in fields(survey) for name in (field.column.name, *field.headers[:1])]
    for number, question in enumerate(survey.questions):
        for name in question.asked_when or ():
            if name not in known:
                facts = with_hint({"name": question.name, "column": name}, name, known)
                yield Contradiction("asked-when-unknown", ("questions", number, "asked_when"), facts)


def _dropped_and_used(survey: Survey) -> Iterator[Contradiction]:
    used = {header: field.column.name for field in fields(survey) for header in field.headers[:1]}
    for number, header in enumerate(survey.drop):
        if header in used:
            yield Contradiction("dropped-and-used", ("drop", number), {"name": used[header], "column": header})
