"""What a survey and a register have in common: where rows come from, the sampling design, and how a column is read.

Here stand the shared pieces of both contracts and `Field`, the instruction for reading one typed column out of a
delivery. What a questionnaire or a register is, is in `questionnaire` and `registers`; no file of data is opened here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic import Field as Described
from pydantic_core import PydanticCustomError

from theory_of_change.model import Definition, SourceId, Text, Words
from theory_of_change.problems import with_hint
from theory_of_change.tables import Column

Decimal = Literal[",", "."]
Range = tuple[float, float]
#: `code`: capitals, accents and blanks make no other person, as in codes people make up for themselves.
Normalise = Literal["exact", "code"]
_NAME = re.compile(r"[^\W\d_]\w{,59}")
_NAME_FOR_EDITORS = r"^(?![\d_])[^\s!-/:-@\[-^`{-~]{1,60}$"  # the same in the dialect of JSON Schema, accents allowed


def _usable_in_expressions(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise PydanticCustomError("column_name_shape", "no name for a column", {})
    return name


def _listed_codes(value: Any) -> Any:
    """`[a, b]` says the same as `{a: a, b: b}`. Raises PydanticCustomError for a code listed twice."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(code, str) for code in value):
        return value
    for position, code in enumerate(value):
        if code in value[:position]:
            raise PydanticCustomError("code_twice", "the code is listed twice", {"found": code})
    return {code: code for code in value}


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("timezone_unknown", "no such time zone", {"found": name})
    return name


#: Usable in an expression without quotes. A leading underscore is kept for the warehouse.
ColumnName = Annotated[
    str, AfterValidator(_usable_in_expressions), Described(json_schema_extra={"pattern": _NAME_FOR_EDITORS})
]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
MissingCode = Annotated[str, StringConstraints(strip_whitespace=True)]
#: Codes and what they stand for, as a mapping or as a plain list.
Codes = Annotated[
    dict[str, Text], BeforeValidator(_listed_codes, json_schema_input_type=dict[str, Text] | tuple[str, ...])
]
ColumnNames = Annotated[
    tuple[Words, ...], BeforeValidator(_one_or_more, json_schema_input_type=tuple[Words, ...] | Words)
]

_FORMAT = re.compile(
    r"^(dd?|gg?|mm?|yyyy|yy|aaaa|aa)([-/. ])(dd?|gg?|mm?|yyyy|yy|aaaa|aa)\2(dd?|gg?|mm?|yyyy|yy|aaaa|aa)$"
)
_FORMAT_LETTERS = {"d": "d", "g": "d", "m": "m", "y": "y", "a": "y"}


class Files(Definition):
    pattern: Words = Described("*", description="Which files of data/<id>/ are deliveries of this source.")


class LimeSurvey(Definition):
    survey: Annotated[int, Described(ge=1)] = Described(description="The survey's number in LimeSurvey.")
    incomplete: Literal["leave_out", "keep"] = Described(
        "leave_out", description="Answers begun and not sent off: left on the server, or kept among the others."
    )


class Identifying(Definition):
    """A column that says who somebody is: where it goes instead of standing beside the answers."""

    column: Words
    keep: Literal["identities", "drop", "public"] = Described(
        description="`identities`: in the list of identities alone, a pseudonym elsewhere; `drop`: nowhere;"
        " `public`: as it is, because it is about no person."
    )


class Contract(Definition):
    """What every source says: its name, where its rows come from, and how they were sampled."""

    id: SourceId
    title: Text
    note: Text | None = None
    files: Files | None = None
    limesurvey: LimeSurvey | None = None
    sheet: Words | None = Described(None, description="Sheet of a workbook; default: the one whose headers fit.")
    period: Words | None = Described(None, description="The period of every row, where rows have no date.")
    weight: Words | None = None
    strata: ColumnNames = Described((), description="One column per sampling stage.")
    cluster: ColumnNames = Described((), description="Sampling units, one column per stage.")
    fpc: ColumnNames = Described((), description="Population sizes, or sampling fractions when <= 1, one per stage.")
    key: ColumnNames = Described((), description="Columns that name a row; a later delivery replaces it.")
    identifying: tuple[Identifying, ...] = Described((), description="Columns that say who somebody is.")
    decimal: Decimal | None = Described(None, description="Decimal mark of every number, where it is known.")
    date_format: Words | None = Described(None, description="As dd/mm/yyyy or mm/dd/yyyy; default: day first, or ISO.")

    @property
    def pattern(self) -> str | None:
        """Which files are its deliveries; None for a survey that is only fetched from LimeSurvey."""
        if self.files:
            return self.files.pattern
        return None if self.limesurvey else "*"


@dataclass(frozen=True)
class Field:
    """How one typed column is read: under which headers it may stand, and what counts as what in its cells.

    `group` is the question whose boxes are ticked together; `constant` is the same value for every row, from no header.
    `gives_day` is true for the day of the answer. `clock` is the zone of times that say none. `asked_when` says with
    which codes of which columns it was shown, empty for always. It was asked `since` and `until` a day, and from a day
    on its codes are read as others (`recode`). Where one cell holds all ticked boxes, `separator` divides them,
    `option` is this box, `options` are all of them, and `has_other` allows what is none of them.
    """

    column: Column
    headers: tuple[str, ...] = ()
    optional: bool = False
    scheme: str = "person"
    normalise: str = "exact"
    decimal: str | None = None
    date_format: str | None = None
    group: str | None = None
    constant: str | None = None
    synonyms: Mapping[str, str] = field(default_factory=dict)
    gives_day: bool = False
    clock: str | None = None
    asked_when: Mapping[str, tuple[str, ...]] | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    recode: tuple[dt.date, Mapping[str, str]] | None = None
    separator: str | None = None
    option: str | None = None
    options: Mapping[str, Text] = field(default_factory=dict)
    has_other: bool = False


class Contradiction(NamedTuple):
    """Something the contract says that cannot be: the catalogue's code, where in the YAML, and the facts."""

    code: str
    path: tuple[str | int, ...]
    facts: Mapping[str, str]


def date_order(date_format: str) -> str | None:
    """`dd/mm/yyyy` as the order of its parts, here `dmy`; None for what is no such format."""
    match = _FORMAT.match(date_format.strip().casefold())
    order = "".join(_FORMAT_LETTERS[match[part][0]] for part in (1, 3, 4)) if match else ""
    return order if sorted(order) == ["d", "m", "y"] else None


def twice(names: Iterable[tuple[str, tuple[str | int, ...]]], code: str) -> Iterator[Contradiction]:
    """One contradiction for every name that was already taken, whatever its capitals."""
    first: dict[str, str] = {}
    for name, path in names:
        if name.casefold() in first:
            yield Contradiction(code, path, {"name": name})
        first.setdefault(name.casefold(), name)


def unknown(
    code: str, names: Sequence[str], known: Iterable[str], path: tuple[str | int, ...], **facts: str
) -> Iterator[Contradiction]:
    """One contradiction for each name that is not among the known ones, with the nearest of them."""
    known = list(known)
    for position, name in enumerate(names):
        if name not in known:
            yield Contradiction(code, (*path, position), with_hint({"name": name, **facts}, name, known))


def common_contradictions(contract: Contract) -> Iterator[Contradiction]:
    """What may be wrong in the part that every source has."""
    if contract.date_format and not date_order(contract.date_format):
        yield Contradiction("date-format-unknown", ("date_format",), {"found": contract.date_format})
    for role in ("strata", "cluster", "fpc", "key"):
        names = getattr(contract, role)
        yield from twice(((name, (role, i)) for i, name in enumerate(names)), "role-column-twice")
    identifying = ((one.column, ("identifying", i)) for i, one in enumerate(contract.identifying))
    yield from twice(identifying, "identifying-twice")
    if contract.fpc and len(contract.fpc) > max(len(contract.cluster), len(contract.strata), 1):
        yield Contradiction("fpc-stages", ("fpc",), {"found": str(len(contract.fpc))})


def reversed_range(low: float | None, high: float | None, path: tuple[str | int, ...]) -> Iterator[Contradiction]:
    if low is not None and high is not None and low > high:
        yield Contradiction("range-reversed", path, {"low": f"{low:g}", "high": f"{high:g}"})
