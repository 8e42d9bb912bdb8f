"""Where identifiers become pseudonyms on their way from a file: the only module of landing that gives them away.

The keyed hash itself is the warehouse's and comes as a function; nothing here keeps an identifier.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.contracts import Field
from surveys.files import TextTable
from surveys.headers import plain
from surveys.matching import places_called
from theory_of_change.identifiers import code_form

#: Takes a scheme and identifiers, none empty and none twice; gives their pseudonyms in the same order, None for a
#: person who asked to be forgotten.
Pseudonymise = Callable[[str, Sequence[str]], Sequence[str | None]]


@dataclass(frozen=True)
class Persons:
    """The pseudonyms of each column that holds identifiers, and which rows are about somebody to be forgotten."""

    columns: Mapping[int, pd.api.extensions.ExtensionArray]
    forgotten: np.ndarray

    def only(self, kept: np.ndarray) -> Persons:
        columns = {position: column[kept] for position, column in self.columns.items()}
        return Persons(columns, self.forgotten[kept])


def person_columns(
    table: TextTable, fields: Sequence[Field], apart: Sequence[Field], places: Mapping[str, int]
) -> dict[int, Field]:
    """Which columns hold identifiers: those that name persons, every further copy of one, and those kept apart."""
    found: dict[int, Field] = {}
    for one in fields:
        position = places.get(one.column.name)
        if one.column.type != "person" or position is None:
            continue
        spelled = {plain(header) for header in one.headers}
        for copy in [position, *(free for free in table.cells.columns if free not in places.values())]:
            if plain(table.headers[copy]) in spelled or _same(table.cells[copy], table.cells[position]):
                found.setdefault(copy, one)
    kept_apart = {one.column.name: one for one in apart}
    for position, name in places_called(table, kept_apart).items():
        if position not in places.values():
            found.setdefault(position, kept_apart[name])
    return found


def pseudonyms(table: TextTable, columns: Mapping[int, Field], pseudonymise: Pseudonymise) -> Persons:
    """The pseudonyms of every column that holds identifiers."""
    forgotten = np.zeros(len(table.rows), dtype=bool)
    made: dict[int, pd.api.extensions.ExtensionArray] = {}
    for position, one in columns.items():
        made[position], gone = _named(table.cells[position], one, pseudonymise)
        forgotten |= gone
    return Persons(made, forgotten)


def _named(
    column: pd.Series, one: Field, pseudonymise: Pseudonymise
) -> tuple[pd.api.extensions.ExtensionArray, np.ndarray]:
    """The column with pseudonyms for identifiers. Spaces around one and its accents' spelling do not make another; of
    codes people make up for themselves, what `code_form` takes for the same."""
    missing = {code.strip() for code in one.column.missing} | {""}
    numbers, different = pd.factorize(column.to_numpy(dtype=object))
    cleaned = [unicodedata.normalize("NFC", text.strip()) for text in different]
    if one.normalise == "code":
        cleaned = [text if text in missing else code_form(text) or text for text in cleaned]
    identifiers = list(dict.fromkeys(text for text in cleaned if text not in missing))
    given = dict(zip(identifiers, pseudonymise(one.scheme, identifiers), strict=True)) if identifiers else {}
    gone = np.array([text in given and given[text] is None for text in cleaned], dtype=bool)
    return pd.array([given.get(text) for text in cleaned], dtype="str").take(numbers), gone.take(numbers)


def _same(one: pd.Series, other: pd.Series) -> bool:
    """True where both columns hold the same texts, spaces aside, and any at all."""
    if one.iloc[:1000].str.strip().ne(other.iloc[:1000].str.strip()).any():
        return False
    filled = one.str.strip()
    return bool((filled != "").any()) and bool((filled == other.str.strip()).all())
