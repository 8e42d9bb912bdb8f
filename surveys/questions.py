"""One question of a questionnaire: what the contract may say of it, and the typed columns its answers become.

A question is one column, several where it has sub-questions (`rows`), a second direction (`columns`), boxes to tick, a
ranking, a free answer or a comment beside it. The roles of columns and the questionnaire as a whole are in
`questionnaire`; how a column's cells are read is in `columns`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints
from pydantic import Field as Described

from surveys.contracts import (
    Codes,
    ColumnName,
    ColumnNames,
    Contradiction,
    Decimal,
    Field,
    MissingCode,
    Range,
    TimeZone,
    date_order,
    reversed_range,
)
from theory_of_change.model import Day, Definition, Text, Words
from theory_of_change.tables import Column

QuestionType = Literal[
    "single", "multiple", "scale", "number", "date", "datetime", "time", "text", "yes_no", "ranking", "file"
]
#: The code of a free answer beside the listed ones. LimeSurvey stores `-oth-` in its place.
OTHER = "other"
COMMENT = "comment"
_OTHER_LABEL = Text({"it": "Altro", "en": "Other"})
_LIMESURVEY_OTHER = "-oth-"
_CHOICES = ("single", "multiple", "ranking")
_RANGED = ("scale", "number")
#: Types that already are several columns, or belong to no sub-question.
_WHOLE = ("multiple", "ranking", "file")
_CLOCKED = ("date", "datetime", "time")


def _always(value: Any) -> Any:
    return {} if isinstance(value, str) and value.strip().casefold() == "always" else value


AskedWhen = Annotated[
    dict[Words, ColumnNames],
    BeforeValidator(_always, json_schema_input_type=dict[Words, ColumnNames] | Literal["always"]),
]


Separator = Annotated[str, StringConstraints(min_length=1, max_length=5)]  # a space too


class Recode(Definition):
    """From this day on the answers arrive under other codes, which are read as the ones on the right."""

    since: Day
    answers: dict[str, str] = Described(min_length=1)


class Question(Definition):
    name: ColumnName
    type: QuestionType
    code: Words | None = Described(None, description="The header of its column; default: the name.")
    text: Text | None = None
    position: Annotated[int, Described(ge=1)] | None = Described(
        None, description="Which column of a file it is, from 1, where its header cannot tell; its parts follow."
    )
    rows: Codes = Described(default_factory=dict, description="Sub-questions, one column each: `<name>_<row>`.")
    columns: Codes = Described(default_factory=dict, description="Second direction: `<name>_<row>_<column>`.")
    part: Annotated[int, Described(ge=1, le=2)] | None = Described(
        None, description="Which of the two scales of a dual-scale array."
    )
    answers: Codes = Described(default_factory=dict)
    labels: Codes = Described(default_factory=dict, description="Words for the points of a scale.")
    range: Range | None = None
    missing: tuple[MissingCode, ...] = ()
    other: bool = Described(False, description="True where a free answer may stand beside the listed ones.")
    comment: bool = Described(False, description="True where a comment may stand beside it, or beside each box.")
    separator: Separator | None = Described(None, description="What divides the ticked boxes of one cell.")
    asked_when: AskedWhen | None = Described(
        None, description="`always`, or columns and the codes with which the question was shown."
    )
    since: Day | None = Described(None, description="First day on which it was asked in this form.")
    until: Day | None = Described(None, description="Last day on which it was asked in this form.")
    recode: Recode | None = None
    optional: bool = Described(False, description="True where a delivery may lack its columns, as older ones do.")
    computed: bool = Described(False, description="True for what the survey tool works out by itself.")
    required: bool = False
    sensitive: bool = False
    unit: Words | None = None
    decimal: Decimal | None = None
    date_format: Words | None = None
    timezone: TimeZone | None = Described(None, description="Zone of times that say none; default: the programme's.")

    @property
    def header(self) -> str:
        return self.code or self.name


def headers_of(question: Question, part: str = "") -> tuple[str, ...]:
    """The headers under which tools put one part of a question: LimeSurvey's, then the flat ones."""
    names = tuple(dict.fromkeys((question.header, question.name)))
    if not part:
        bare = names
    else:
        shapes = ("{0}[{1}]", "{0}_{1}", "{0}.{1}", "{0}/{1}")
        bare = tuple(dict.fromkeys(shape.format(name, part) for name in names for shape in shapes))
    if question.part is None:
        return bare
    ends = ("[{0}]", "_{0}", ".{0}")
    return tuple(dict.fromkeys(header + end.format(question.part) for end in ends for header in bare))


def fields_of(
    question: Question,
    is_needed: bool = False,
    is_size: bool = False,
    decimal: str | None = None,
    date_format: str | None = None,
    clock: str | None = None,
) -> Iterator[Field]:
    """How each column of the question is read.

    `is_needed` where a role cannot do without it, `is_size` where it counts people; the rest is what the contract says
    for the whole delivery. `clock` is the zone of the times that the server itself writes.
    """
    low, high = question.range or (0 if is_size else None, None)
    sensitivity = _sensitivity(question)
    reading: dict[str, Any] = {
        "decimal": question.decimal or decimal,
        "date_format": question.date_format or date_format,
        "clock": question.timezone or (clock if question.computed else None),
        "asked_when": question.asked_when,
        "since": question.since,
        "until": question.until,
        "recode": (question.recode.since, question.recode.answers) if question.recode else None,
        "optional": bool(question.since or question.until or question.computed or question.optional),
    }

    def one(
        suffix: str, type_: str, headers: tuple[str, ...], reads: Mapping[str, Any] | None = None, **more: Any
    ) -> Field:
        about = {"title": question.text, "missing": question.missing, "sensitivity": sensitivity, "unit": question.unit,
                 "required": question.required or is_needed, "of": question.name,
                 "computed": question.computed}  # fmt: skip
        column = Column(f"{question.name}{suffix}", type_, header=headers[0], **about | more)
        return Field(column, headers, **reading | (reads or {}))

    def beside(suffix: str, headers: tuple[str, ...], title: Text | None) -> Field:
        """A free text that stands beside an answer; not every delivery has its column."""
        more = {"title": title, "sensitivity": "sensitive" if question.sensitive else "personal"}
        group = question.name if question.type == "multiple" else None
        return one(suffix, "text", headers, {"optional": True, "group": group}, **more, missing=(), required=False)

    if question.type == "multiple":
        boxes = {"group": question.name}
        for code, label in question.answers.items():
            headers = headers_of(question, code)
            if question.separator:
                headers = headers_of(question)
                boxes |= _joined_boxes(question) | {"option": code}
            yield one(f"_{code}", "boolean", headers, boxes, title=label, required=False, is_box=True)
            if question.comment:
                yield beside(f"_{code}_{COMMENT}", headers_of(question, f"{code}{COMMENT}"), label)
    elif question.type == "ranking":
        for place in range(1, len(question.answers) + 1):
            headers = headers_of(question, str(place))
            yield one(f"_{place}", "category", headers, labels=question.answers, required=False)
    elif question.type == "file":
        count = (*headers_of(question, "filecount"), f"{question.header}_count")
        yield one("", "integer", count, min=0, sensitivity="sensitive" if question.sensitive else "personal")
    else:
        kind, more, reads = _of_one_column(question, low, high)
        for suffix, headers, title in _cells(question):
            yield one(suffix, kind, headers, reads, title=title, **more)
    if question.other:
        if question.separator:
            yield replace(beside(f"_{OTHER}", headers_of(question), question.text), **_joined_boxes(question))
        else:
            yield beside(f"_{OTHER}", headers_of(question, OTHER), question.text)
        if question.comment and question.type == "multiple":
            yield beside(f"_{OTHER}_{COMMENT}", headers_of(question, f"{OTHER}{COMMENT}"), question.text)
    if question.comment and question.type != "multiple":
        yield beside(f"_{COMMENT}", headers_of(question, COMMENT), question.text)


def _joined_boxes(question: Question) -> dict[str, Any]:
    """How a cell is read that lists the ticked boxes."""
    return {"separator": question.separator, "options": question.answers, "has_other": question.other}


def dropped_headers(question: Question) -> tuple[str, ...]:
    """Headers of the question's columns that are never stored: the names of files people have sent."""
    return headers_of(question) if question.type == "file" else ()


def _of_one_column(
    question: Question, low: float | None, high: float | None
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Column type, what is said of the column, and how it is read, for types that are one column a sub-question."""
    if question.type == "single":
        labels = dict(question.answers) | ({OTHER: _OTHER_LABEL} if question.other else {})
        return "category", {"labels": labels}, {"synonyms": {_LIMESURVEY_OTHER: OTHER} if question.other else {}}
    bounds = {"min": low, "max": high}
    if question.type == "scale":
        is_whole = all(float(end).is_integer() for end in question.range or ())
        return "integer" if is_whole else "number", {"labels": question.labels, **bounds}, {}
    return "boolean" if question.type == "yes_no" else question.type, bounds, {}


def _cells(question: Question) -> Iterator[tuple[str, tuple[str, ...], Text | None]]:
    """The columns of a question as the end of their name, their headers and their title."""
    if not question.rows:
        yield "", headers_of(question), question.text
        return
    for row, label in question.rows.items():
        if not question.columns:
            yield f"_{row}", headers_of(question, row), _joined(question.text, label)
        for column, inner in question.columns.items():
            yield f"_{row}_{column}", headers_of(question, f"{row}_{column}"), _joined(question.text, label, inner)


def _joined(*texts: Text | None) -> Text:
    """`Quanto è soddisfatto di… – Orari – Sabato`, in every language that any of the parts has."""
    given = [text for text in texts if text is not None]
    languages = dict.fromkeys(language for text in given for language in text.languages)
    said = {language: " – ".join(text.within(language) for text in given) for language in languages}
    return Text(said or " – ".join(text.within("it") for text in given))


def _sensitivity(question: Question) -> str:
    if question.sensitive:
        return "sensitive"
    return "personal" if question.type == "text" else "none"


def contradictions_of(question: Question) -> Iterator[Contradiction]:
    """Everything the question says that cannot be."""
    low, high = question.range or (None, None)
    type_ = {"type": question.type}
    yield from reversed_range(low, high, ("range",))
    if question.type in _CHOICES and not question.answers:
        yield Contradiction("answers-missing", ("type",), type_)
    if question.type not in _CHOICES and question.answers:
        yield Contradiction("answers-out-of-place", ("answers",), type_)
    if question.type not in _RANGED and question.range:
        yield Contradiction("range-out-of-place", ("range",), type_)
    if question.other and question.type not in ("single", "multiple"):
        yield Contradiction("other-out-of-place", ("other",), type_)
    if question.comment and question.type not in ("single", "multiple"):
        yield Contradiction("comment-out-of-place", ("comment",), type_)
    if (question.other or question.comment) and question.rows:
        yield Contradiction("beside-rows", ("other" if question.other else "comment",), {})
    if question.required and question.type in ("multiple", "ranking"):
        yield Contradiction("required-out-of-place", ("required",), type_)
    if question.rows and question.type in _WHOLE:
        yield Contradiction("rows-out-of-place", ("rows",), type_)
    if question.columns and not question.rows:
        yield Contradiction("columns-without-rows", ("columns",), {})
    if question.part and not question.rows:
        yield Contradiction("part-without-rows", ("part",), {})
    if question.separator and question.type != "multiple":
        yield Contradiction("separator-out-of-place", ("separator",), type_)
    if question.timezone and question.type not in _CLOCKED:
        yield Contradiction("timezone-out-of-place", ("timezone",), type_)
    if question.since and question.until and question.until < question.since:
        facts = {"since": question.since.isoformat(), "until": question.until.isoformat()}
        yield Contradiction("asked-backwards", ("until",), facts)
    if question.date_format and not date_order(question.date_format):
        yield Contradiction("date-format-unknown", ("date_format",), {"found": question.date_format})
    yield from _about_recode(question)


def _about_recode(question: Question) -> Iterator[Contradiction]:
    """A recode may only speak of answers the question has."""
    if question.recode is None:
        return
    known = {**question.answers, **question.labels}
    for code, meant in question.recode.answers.items():
        if known and meant not in known:
            yield Contradiction("recode-unknown", ("recode", "answers", code), {"found": meant})
