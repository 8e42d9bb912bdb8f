"""Where identifiers become pseudonyms on their way from a file: the only module of landing that gives them away.

The keyed hash itself is the warehouse's and comes as a function; nothing here keeps an identifier.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from surveys.contracts import Field
from surveys.files import TextTable
from surveys.headers import plain

#: Takes a scheme and identifiers, none empty and none twice; gives their pseudonyms in the same order.
Pseudonymise = Callable[[str, Sequence[str]], Sequence[str]]


def pseudonyms(
    table: TextTable, fields: Sequence[Field], places: Mapping[str, int], pseudonymise: Pseudonymise
) -> dict[int, pd.api.extensions.ExtensionArray]:
    """The pseudonyms of every column that names persons, and of every further copy of such a column in the file."""
    made: dict[int, pd.api.extensions.ExtensionArray] = {}
    for one in fields:
        position = places.get(one.column.name)
        if one.column.type != "person" or position is None:
            continue
        spelled = {plain(header) for header in one.headers}
        missing = {code.strip() for code in one.column.missing} | {""}
        for copy in [position, *(free for free in table.cells.columns if free not in places.values())]:
            if plain(table.headers[copy]) not in spelled and not _same(table.cells[copy], table.cells[position]):
                continue
            made.setdefault(copy, _named(table.cells[copy], one, missing, pseudonymise))
    return made


def _named(
    column: pd.Series, one: Field, missing: set[str], pseudonymise: Pseudonymise
) -> pd.api.extensions.ExtensionArray:
    """The column with pseudonyms for identifiers. Spaces around one and its accents' spelling do not make another."""
    numbers, different = pd.factorize(column.to_numpy(dtype=object))
    cleaned = [unicodedata.normalize("NFC", text.strip()) for text in different]
    identifiers = list(dict.fromkeys(text for text in cleaned if text not in missing))
    given = dict(zip(identifiers, pseudonymise(one.scheme, identifiers), strict=True)) if identifiers else {}
    return pd.array([given.get(text) for text in cleaned], dtype="str").take(numbers)


def _same(one: pd.Series, other: pd.Series) -> bool:
    """True where both columns hold the same texts, spaces aside, and any at all."""
    if one.iloc[:1000].str.strip().ne(other.iloc[:1000].str.strip()).any():
        return False
    filled = one.str.strip()
    return bool((filled != "").any()) and bool((filled == other.str.strip()).all())
