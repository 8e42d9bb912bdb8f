"""The cells of one column by its contract: each different text is read once, its value goes to every row that has it.

Brings together what the contract says of a column and the parsers of `cells`. Which column of a file it is, and what
becomes of a row that breaks a rule, is decided in `deliveries`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from surveys import asked, cells
from surveys.contracts import Field, date_order
from surveys.files import TextTable
from theory_of_change.model import Text
from theory_of_change.problems import listed
from theory_of_change.programme import Programme

T = TypeVar("T")
_LONGEST_WORDS = 40
_NUMERIC = ("integer", "number", "money", "date", "datetime")
_DTYPES = {"integer": "Int64", "number": "Float64", "money": "Float64", "boolean": "boolean"}
#: A number cell of a workbook, so that 1.234 in it is never taken for a text that may mean 1234.
_NUMBER_CELL = "\ue000"


@dataclass(frozen=True)
class Typed:
    """A column's values, and for each row the broken rule as its place in `RULES` (0: none)."""

    values: pd.api.extensions.ExtensionArray
    rules: np.ndarray


RULES = (
    "", "required", "not-a-number", "not-an-integer", "ambiguous-number", "too-large", "not-a-date", "impossible-date",
    "out-of-range", "unknown-code", "not-boolean", "not-a-time", "error-cell", "ambiguous-date",
)  # fmt: skip
_RULE_NUMBERS = {rule: number for number, rule in enumerate(RULES)}


def read_columns(
    every: Sequence[Field], table: TextTable, places: Mapping[str, int], programme: Programme
) -> dict[str, Typed]:
    """Every field of the whole table, by the name of its column."""
    fields = {one.column.name: one for one in every if one.headers}
    return {one.column.name: read_column(one, table, places, programme, fields) for one in every}


def read_column(
    one: Field, table: TextTable, places: Mapping[str, int], programme: Programme, fields: Mapping[str, Field]
) -> Typed:
    """One field of the whole table: each different text is read once, then its value goes to every row that has it."""
    count, position = len(table.rows), places.get(one.column.name)
    if one.constant is not None:
        return Typed(pd.array([one.constant] * count, dtype="str"), np.zeros(count, dtype="uint8"))
    if position is None:
        return Typed(pd.array([None] * count, dtype="str"), np.zeros(count, dtype="uint8"))
    numbers, different = table.different(position)
    if one.recode:
        since, codes = one.recode
        later = _days(table, places, programme, fields) >= np.datetime64(since)
        different = [*different, *(codes.get(text.strip(), text) for text in different)]
        numbers = np.where(later, numbers + len(different) // 2, numbers)
    if table.number_cells is not None and one.column.type in _NUMERIC:
        both, numbers = np.unique(numbers * 2 + table.number_cells[position], return_inverse=True)
        different = [(_NUMBER_CELL if mark % 2 else "") + different[mark // 2] for mark in both.tolist()]
    values, rules = _read_texts(different, one, programme)
    typed = Typed(values.take(numbers), rules.take(numbers))
    if position in table.error_cells:
        typed = _without_errors(typed, table.error_cells[position])
    if one.group and one.column.type == "boolean":
        typed = Typed(asked.unticked(typed.values, one, table, places, fields), typed.rules)
    if one.since or one.until:
        typed = _within(typed, one, _days(table, places, programme, fields))
    return typed


def _without_errors(typed: Typed, wrong: np.ndarray) -> Typed:
    """A cell that shows #N/A is neither an answer nor a missing one: its row is refused."""
    values = typed.values.copy()
    values[wrong] = None
    return Typed(values, np.where(wrong, _RULE_NUMBERS["error-cell"], typed.rules).astype("uint8"))


def _days(table: TextTable, places: Mapping[str, int], programme: Programme, fields: Mapping[str, Field]) -> np.ndarray:
    """The day of each answer; not-a-time where it is unknown, so that no comparison holds."""
    one = next((one for one in fields.values() if one.gives_day), None)
    if one is None:
        return np.full(len(table.rows), np.datetime64("NaT", "s"))
    read = read_column(replace(one, since=None, until=None, recode=None), table, places, programme, fields)
    return np.asarray(read.values, dtype="datetime64[s]")


def _within(typed: Typed, one: Field, days: np.ndarray) -> Typed:
    """Only the answers of the days on which the question was asked in this form; where the day is unknown, none."""
    inside = ~np.isnat(days)
    if one.since:
        inside &= days >= np.datetime64(one.since)
    if one.until:
        inside &= days < np.datetime64(one.until + dt.timedelta(days=1))
    values = typed.values.copy()
    values[~inside] = None
    return Typed(values, np.where(inside, typed.rules, 0).astype("uint8"))


def _read_texts(
    texts: list[str], one: Field, programme: Programme
) -> tuple[pd.api.extensions.ExtensionArray, np.ndarray]:
    """The values and broken rules of different texts of one column."""
    stripped = [text.strip() for text in texts]
    missing = {mark + code.strip() for code in (*one.column.missing, "") for mark in ("", _NUMBER_CELL)}
    given = [i for i, text in enumerate(stripped) if text not in missing]
    values = np.full(len(texts), None, dtype=object)
    rules = np.zeros(len(texts), dtype="uint8")
    if one.column.type == "text" and one.separator:
        spellings = asked.spellings_of(one.options)
        for i in given:
            values[i] = "; ".join(asked.selected(texts[i], one.separator, spellings)[1]) or None
    elif one.column.type == "text":
        values[given] = np.array(texts, dtype=object)[given]
    else:
        read, broken = _parse([stripped[i] for i in given], one, programme)
        values[given] = np.fromiter(read, dtype=object, count=len(given))
        if any(broken):  # in most columns none is
            rules[given] = [0 if rule is None else _RULE_NUMBERS[rule] for rule in broken]
    array = _array(values, one)
    if one.column.type in ("integer", "number", "money"):
        codes = cells.numbers([code for code in one.column.missing if code], one.decimal)[0]
        array[array.isin([code for code in codes if code is not None]).astype(bool)] = None
        rules[_is_outside(array, one.column.min, one.column.max)] = _RULE_NUMBERS["out-of-range"]
    if one.column.required:
        rules[np.asarray(array.isna()) & (rules == 0)] = _RULE_NUMBERS["required"]
    return array, rules


def _is_outside(numbers: pd.api.extensions.ExtensionArray, low: float | None, high: float | None) -> np.ndarray:
    outside = np.zeros(len(numbers), dtype=bool)
    for bound, beyond in ((low, numbers.__lt__), (high, numbers.__gt__)):
        if bound is not None:
            outside |= np.asarray(beyond(bound).fillna(False), dtype=bool)
    return outside


def _parse(texts: list[str], one: Field, programme: Programme) -> cells.Read[object]:
    """Values and rules of texts none of which is empty or a missing code."""
    kind, known = one.column.type, {code.strip(): code for code in one.column.labels}
    if kind in ("integer", "number", "money"):
        read = cells.integers if kind == "integer" else cells.numbers
        return _by_cell(texts, lambda some: read(some, one.decimal), lambda some: read(some, "."))
    if kind in ("date", "datetime"):
        order, clock = date_order(one.date_format or "") or "dmy", ZoneInfo(one.clock) if one.clock else None
        zone, last_year = programme.zone, programme.calendar.end.year
        read, serial = (cells.dates, cells.serial_dates) if kind == "date" else (cells.moments, cells.serial_moments)
        return _by_cell(texts, lambda some: _undoubted(read(some, order, zone, last_year, clock), some, order), serial)
    if kind == "time":
        return cells.times(texts)
    if kind == "boolean" and one.separator:
        return _boxes(texts, one)
    if kind == "boolean":
        return cells.booleans(texts)
    if kind == "category" and known:
        return cells.codes(texts, lambda text: one.synonyms.get(text) or known.get(text))
    return cells.codes(texts, lambda text: text)


def _by_cell(texts: list[str], as_text: Callable, as_number: Callable) -> cells.Read[object]:
    """Text cells by one parser and a workbook's number cells by the other, in the order they came."""
    if _NUMBER_CELL not in "".join(texts):
        return as_text(texts)
    is_number = [text[0] == _NUMBER_CELL for text in texts]
    pools = {
        False: zip(*as_text([text for text, number in zip(texts, is_number, strict=True) if not number]), strict=True),
        True: zip(*as_number([text[1:] for text, number in zip(texts, is_number, strict=True) if number]), strict=True),
    }
    read = [next(pools[number]) for number in is_number]
    return [value for value, _ in read], [rule for _, rule in read]


def _array(values: np.ndarray, one: Field) -> pd.api.extensions.ExtensionArray:
    if one.column.type in ("date", "datetime"):
        return pd.array(values.astype("datetime64[s]"), dtype="datetime64[s]")
    return pd.array(values, dtype=_DTYPES.get(one.column.type, "str"))


def _undoubted(read: cells.Read[T], texts: Sequence[str], order: str) -> cells.Read[T]:
    """Days as they were read; where a column mixes two orders of day and month, those that may be another are not."""
    values, rules = read
    if "impossible-date" in rules:
        for place, is_in_doubt in enumerate(cells.in_doubt(texts, order)):
            if is_in_doubt:
                values[place], rules[place] = None, "ambiguous-date"
    return values, rules


def _boxes(texts: list[str], one: Field) -> cells.Read[object]:
    """One box out of cells that list the ticked ones. What is no answer refuses the row once, at the first box."""
    first = one.option == next(iter(one.options))
    spellings = asked.spellings_of(one.options)
    values, rules = [], []
    for text in texts:
        ticked, unknown = asked.selected(text, one.separator or ";", spellings)
        is_wrong = bool(unknown) and first and not one.has_other
        values.append(None if is_wrong else one.option in ticked)
        rules.append("unknown-code" if is_wrong else None)
    return values, rules


def contract_facts(one: Field) -> dict[str, str]:
    """What the contract says about the column, for the words of a refusal."""
    low, high = one.column.min, one.column.max
    facts = {
        "low": "−∞" if low is None else f"{low:.15g}",
        "high": "∞" if high is None else f"{high:.15g}",
        "format": one.date_format or "dd/mm/yyyy",
    }
    codes = one.options or one.column.labels
    return facts | ({"codes": listed(map(_in_words, codes.items()), 30)} if codes else {})


def _in_words(answer: tuple[str, Text]) -> str:
    """An answer's code with its words, where they say something else: deliveries may hold either."""
    code, said = answer[0], answer[1].within("it", "en")
    short = said if len(said) <= _LONGEST_WORDS else said[: _LONGEST_WORDS - 1].rstrip() + "…"
    return short if said.casefold() == code.casefold() else f"{code} = {short}"
