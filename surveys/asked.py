"""Boxes to tick: which were ticked, which were seen and left, and which were never shown.

A share of ticked boxes counts those who were asked, so an empty box must not be taken for a no. Everything else about
cells is in `columns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from surveys.contracts import Field
from surveys.files import TextTable
from surveys.headers import plain
from theory_of_change.model import Text


def unticked(
    values: pd.api.extensions.ExtensionArray,
    one: Field,
    table: TextTable,
    places: Mapping[str, int],
    fields: Mapping[str, Field],
) -> pd.api.extensions.ExtensionArray:
    """Says no for the empty boxes that were surely shown; the others stay missing.

    A box was shown where the file tells blank from never asked and it is blank. Where the file does not (CSV, and
    LimeSurvey 6.4, which writes both as empty text), it was shown where another box of its question, its free answer or
    a comment holds anything, or where the contract says the question was asked (`asked_when`) and the questionnaire was
    sent to its end. An empty row without any of these stays missing: a no would be invented, and a share over those who
    ticked nothing is off whichever way one guesses; saying `asked_when` settles it.
    """
    if table.null_cells is not None:
        shown = ~table.null_cells[places[one.column.name]]
    else:
        others = (places[name] for name, other in fields.items() if other.group == one.group and name in places)
        shown = _filled(table, others) | _was_asked(one, table, places, fields)
    values = values.copy()
    values[shown & values.isna()] = False
    return values


def _filled(table: TextTable, places: Iterable[int]) -> np.ndarray:
    """Rows in which any of these columns holds anything."""
    filled = np.zeros(len(table.rows), dtype=bool)
    for place in places:
        filled |= table.filled(place)
    return filled


def _was_asked(one: Field, table: TextTable, places: Mapping[str, int], fields: Mapping[str, Field]) -> np.ndarray:
    """Rows of finished questionnaires in which the conditions of the question hold."""
    if one.asked_when is None:
        return np.zeros(len(table.rows), dtype=bool)
    day = next((places[name] for name, other in fields.items() if other.gives_day and name in places), None)
    asked = np.ones(len(table.rows), dtype=bool) if day is None else _filled(table, [day])
    for column, codes in one.asked_when.items():
        name = next((name for name, other in fields.items() if column in (name, *other.headers[:1])), None)
        if name not in places:
            return np.zeros(len(table.rows), dtype=bool)
        asked &= table.cells[places[name]].str.strip().isin(list(codes)).to_numpy()
    return asked


def spellings_of(options: Mapping[str, Text]) -> dict[str, str]:
    """Every way an answer may be written, as its code or as its words in any language, to its code."""
    spellings: dict[str, str] = {}
    for code, label in options.items():
        for words in (code, *(label.within(language) for language in label.languages or ("it",))):
            spellings.setdefault(plain(words), code)
    return spellings


def _begins_option(
    parts: Sequence[str], at: int, longest: int, separator: str, spellings: Mapping[str, str]
) -> int | None:
    """Where the longest option that begins with this part ends; None where none does."""
    ends = range(min(len(parts), at + longest), at, -1)
    return next((end for end in ends if plain(separator.join(parts[at:end])) in spellings), None)


def selected(text: str, separator: str, spellings: Mapping[str, str]) -> tuple[set[str], list[str]]:
    """The codes of the options that a cell lists, and what it lists besides.

    An option may hold the separator itself (`Sport, danza` in a list with commas): the longest run of parts that
    spells an option is one, and what lies between two options is one free answer.
    """
    parts = text.split(separator)
    longest = 1 + max((spelling.count(separator.strip() or separator) for spelling in spellings), default=0)
    codes: set[str] = set()
    unknown: list[str] = []
    at = 0
    while at < len(parts):
        if end := _begins_option(parts, at, longest, separator, spellings):
            codes.add(spellings[plain(separator.join(parts[at:end]))])
            at = end
            continue
        start = at
        while at < len(parts) and not _begins_option(parts, at, longest, separator, spellings):
            at += 1
        if free := separator.join(parts[start:at]).strip().strip(separator.strip() or separator).strip():
            unknown.append(free)
    return codes, unknown
