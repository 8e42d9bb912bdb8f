"""Every number a report shows passes here: it is formatted for the reader's language and written down with where it
came from, so that `data/shown.csv` can answer for each one. What to say with a number is for `wording`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reports.reading import KEYS
from theory_of_change.units import FRACTIONS

_NBSP = "\u00a0"
_MINUS = "\u2212"
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")  # not the no-break space, which holds a number and its unit together
_DIGIT = re.compile(r"\d")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~^$@])")
_DASHES = re.compile(r"-{2,}")  # would be set as one long dash
_OPENING = re.compile(r"^(\s*)([-+:=%]|\(?\w{1,4}[.)](?=\s))")
_PERCENT = ("percent", "%", "percentage", "percentuale", "percento", "per cento", "per cent")


class Md(str):
    """Markdown that is finished: escaped where it came from data, and its numbers written down."""

    __slots__ = ()


def escaped(text: str) -> Md:
    """Plain words as Markdown that shows exactly those words, on one line."""
    line = _BLANKS.sub(" ", text).strip(" ")
    line = _SPECIAL.sub(r"\\\1", line)
    line = _DASHES.sub(lambda m: "\\-" * len(m[0]), line)
    return Md(_OPENING.sub(lambda m: m[1] + (m[2][:-1] + "\\" + m[2][-1]), line))


@dataclass(frozen=True)
class Unit:
    """What an indicator's numbers are in: `kind` is percent, money, count or number; `name` as the theory writes it."""

    kind: str
    name: str
    decimals: int | None = None

    @classmethod
    def of(cls, name: str | None, measure_kind: str | None = None, decimals: int | None = None) -> Unit:
        name = name or ""
        if measure_kind == "share" or (name.casefold() in _PERCENT and measure_kind in (*FRACTIONS, None)):
            return cls("percent", "percent", decimals)
        if name.casefold() in _PERCENT:
            return cls("percentage", "percent", decimals)
        if is_currency(name):
            return cls("money", name, decimals)
        return cls("count" if measure_kind in ("count", "distinct") else "number", name, decimals)

    def format(self, values: Iterable[float | None], difference: bool = False) -> str:
        """The format that suits all these values alike: as many decimals as they need, no more."""
        sizes = [abs(value) for value in values if value is not None and math.isfinite(value)]
        largest = max(sizes, default=0.0)
        whole = all(float(size).is_integer() for size in sizes)
        match self.kind:
            case "percent":
                shape, places = ("points" if difference else "percent"), 1
            case "percentage":
                shape, places = ("plain_points" if difference else "plain_percent"), 1
            case "money":
                shape, places = f"money.{self.name}", 0 if largest >= 100 else 2
            case "count":
                shape, places = "number", 0 if whole else 1
            case _:
                shape, places = "number", 0 if whole or largest >= 1000 else 1 if largest >= 10 else 2
        return f"{shape}.{places if self.decimals is None else self.decimals}"


@cache
def is_currency(code: str) -> bool:
    from babel.numbers import list_currencies

    return len(code) == 3 and code.isupper() and code in list_currencies()


@cache
def _symbol(code: str) -> str:
    from babel.numbers import get_currency_symbol

    return get_currency_symbol(code, locale="en")


def formatted(value: Any, shape: str, language: str) -> str:
    """A value as text, by a format such as `percent.1`, `points.1`, `number.0`, `money.USD.0`, `date`.

    Percentages and points are given as fractions (0.258) unless `plain_`; `size:` leaves the sign away.
    Rounding is half to even, as babel does.
    """
    from babel.dates import format_date
    from babel.numbers import format_decimal

    if shape == "date":
        return format_date(value, format="long", locale={"en": "en_GB"}.get(language, language)).replace(" ", _NBSP)
    if shape == "text":
        return str(value)
    if shape.startswith("size:"):
        return formatted(abs(value), shape.removeprefix("size:"), language)
    kind, *middle, places = shape.split(".")
    number = float(value) * 100 if kind in ("percent", "points") else float(value)
    pattern = "#,##0" + ("." + "0" * int(places) if int(places) else "")
    digits = format_decimal(number, format=pattern, locale=language)
    if not _DIGIT.sub("", digits.replace("-", "")).strip(",.") and float(re.sub(r"\D", "", digits) or 0) == 0:
        digits = digits.lstrip("-")  # no minus before a rounded zero
    sign, digits = (_MINUS, digits[1:]) if digits.startswith("-") else ("", digits)
    if kind in ("percent", "plain_percent"):
        return f"{sign}{digits}%" if language == "en" else f"{sign}{digits}{_NBSP}%"
    if kind == "money":
        symbol = _symbol(middle[0])
        return f"{sign}{symbol}{digits}" if language == "en" else f"{sign}{digits}{_NBSP}{symbol}"
    return sign + digits


def exact(shape: str, value: float) -> str:
    """The format with as many decimals as a stated number was stated with, so that a target of 3.5 never reads 4."""
    *kind, places = shape.split(".")
    scaled = value * 100 if kind[0] in ("percent", "points") else value
    needed = next((n for n in range(6) if math.isclose(round(scaled, n), scaled, rel_tol=1e-9, abs_tol=1e-9)), 6)
    return ".".join([*kind, str(max(int(places), needed))])


@dataclass(frozen=True)
class Number:
    """One number as shown: from which row and column, its value, and the text the reader sees."""

    table: str
    row: str
    column: str
    value: str
    format: str
    text: str


def named(table: str, row: Mapping[str, Any]) -> str:
    """The name of a published row: its key columns, as `indicator_id=IN-1; period=2024; …`."""
    return "; ".join(f"{key}={row[key]}" for key in KEYS[table] if row.get(key) is not None)


@dataclass
class Shown:
    """The book of all numbers and quoted words of one report, in one language."""

    language: str
    nothing: str = "–"
    numbers: dict[tuple[str, str, str, str], Number] = field(default_factory=dict)
    quotes: dict[str, None] = field(default_factory=dict)

    def cell(self, table: str, row: Mapping[str, Any], column: str, shape: str) -> Md:
        """One published number; the dash where it is null."""
        if row.get(column) is None:
            return Md(self.nothing)
        return self._write(table, named(table, row), column, row[column], shape)

    def size(self, table: str, row: Mapping[str, Any], column: str, shape: str) -> Md:
        """The same number without its sign, where the sentence says higher or lower in words."""
        return self._write(table, named(table, row), column, row[column], f"size:{shape}")

    def computed(self, name: str, value: Any, shape: str = "number.0") -> Md:
        """A number the report itself works out, such as how many indicators have data; `name` says what it is."""
        return self._write("computed", name, "value", value, shape)

    def stated(self, kind: str, id: str, path: str, value: Any, shape: str) -> Md:
        """A number the theory itself states; `path` leads to it inside the block's attributes: `published.0.value`."""
        return self._write("elements", f"element_id={id}; kind={kind}", f"attributes.{path}", value, shape)

    def inside(self, table: str, row: Mapping[str, Any], column: str, path: str, value: Any, shape: str) -> Md:
        """A number inside a published column of JSON; `path` leads to it."""
        return self._write(table, named(table, row), f"{column}.{path}", value, shape)

    def goal(self, row: Mapping[str, Any], column: str, shape: str) -> Md:
        """A target, with every decimal it was stated with."""
        return self.cell("progress", row, column, exact(shape, row[column]))

    def plain_cell(self, table: str, row: Mapping[str, Any], column: str, shape: str) -> str:
        """As `cell`, for a figure: written down alike, without Markdown's escapes."""
        self.cell(table, row, column, shape)
        return formatted(row[column], shape, self.language)

    def plain_computed(self, name: str, value: Any, shape: str = "number.0") -> str:
        self.computed(name, value, shape)
        return formatted(value, shape, self.language)

    def quoted(self, text: Any) -> Md:
        """Words from the publication. Those with digits are kept, so that a number inside can be traced too."""
        words = str(text)
        if _DIGIT.search(words):
            self.quotes.setdefault(_BLANKS.sub(" ", words))
        return escaped(words)

    def literal(self, text: Any) -> str:
        """Words for a code span: kept as they are and written down, without the backticks and bars it cannot hold."""
        self.quoted(text)
        return _BLANKS.sub(" ", str(text)).replace("`", "'").replace("|", "\\|").strip(" ")

    def _write(self, table: str, row: str, column: str, value: Any, shape: str) -> Md:
        text = formatted(value, shape, self.language)
        raw = (
            value.isoformat() if isinstance(value, dt.date) else repr(value) if isinstance(value, float) else str(value)
        )
        self.numbers.setdefault((table, row, column, text), Number(table, row, column, raw, shape, text))
        return escaped(text)
