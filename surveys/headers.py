"""Column headers as people type them, compared: capitals, accents and spaces do not matter, words do.

Finds the row of a sheet that is its header, and which of its cells a contract asks for. Knows nothing of files,
contracts or tables, so that the process which opens untrusted workbooks can use it alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

#: How many rows may stand above a header: titles, logos, a date of printing.
MOST_TITLE_ROWS = 40
_SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")


def plain(header: str) -> str:
    """A header without what makes two spellings of it differ: ` Età\n(anni)` and `eta (anni)` are the same."""
    apart = unicodedata.normalize("NFKD", header.replace("’", "'"))
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return _SPACES.sub(" ", bare).strip().casefold()


def best_row(rows: Iterable[Sequence[str]], wanted: Collection[str]) -> tuple[int, int]:
    """The row, among the first ones, with most of the wanted headers (in plain form), and how many it has.

    The first of several equals; where none has any, the first row that holds anything, and 0.
    """
    best, most, first = -1, 0, -1
    for number, row in enumerate(rows):
        if number >= MOST_TITLE_ROWS:
            break
        here = {plain(cell) for cell in row} - {""}
        first = number if first < 0 and here else first
        if len(here & set(wanted)) > most:
            best, most = number, len(here & set(wanted))
    return (best, most) if most else (max(first, 0), 0)


def positions(headers: Sequence[str], fields: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Where each field stands: cells that spell one of its headers exactly, else but for spaces, else in plain form.

    Several positions mean that the header stands there several times; none, that it is missing.
    """
    trimmed = [_SPACES.sub(" ", header).strip() for header in headers]
    folded = [plain(header) for header in headers]
    found: dict[str, list[int]] = {}
    for name, spellings in fields.items():
        exact = (_where(some, spelling) for some in (headers, trimmed) for spelling in spellings)
        loose = (_where(folded, plain(spelling)) for spelling in spellings)
        found[name] = next((places for places in (*exact, *loose) if places), [])
    return found


def _where(headers: Sequence[str], wanted: str) -> list[int]:
    return [position for position, header in enumerate(headers) if header == wanted]


def distinct(headers: Sequence[str]) -> list[str]:
    """The headers as names for a table: none empty, none twice whatever their capitals, no underscore first."""
    taken: set[str] = set()
    names = []
    for position, header in enumerate(headers, start=1):
        name = _SPACES.sub(" ", header.replace("\x00", "")).strip().lstrip("_ ") or f"column {position}"
        number, unique = 1, name
        while unique.casefold() in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.add(unique.casefold())
        names.append(unique)
    return names
