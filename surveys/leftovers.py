"""Rows of a table that are no answers: totals and notes below it, a second table, tests and previews of the survey.

They are never counted as answers, and always told with their rows. Whether an answer obeys the contract is decided
later, in `columns`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from surveys.files import TextTable
from surveys.headers import plain

_TOTAL = re.compile(
    r"((sub|sotto)?total[ei]?|tot\.?|somma|medi[ae]|mediana|media aritmetica|conteggio|sum|mean|average|median|count|"
    r"grand total)(\s*[:.(].*|\s+(general[ei]|complessiv[oi]|parziale|di .*|dei .*|delle .*|of .*|for .*))?"
)
_NOTE = re.compile(r"(fonte|fonti|source|sources|nota|note|n\.b\.|nb|legenda|legend|\*)\b.*|\*.*")
_TESTS = {"survey preview", "preview", "survey test", "1", "2", "4"}
#: Beside these headers a column `Status` is Qualtrics' own.
_QUALTRICS = {"responseid", "recordeddate", "distributionchannel"}


def previews(table: TextTable) -> np.ndarray:
    """Rows that Qualtrics itself calls a preview or a test of the survey."""
    folded = [plain(header) for header in table.headers]
    if "status" not in folded or len(_QUALTRICS & set(folded)) < 2:
        return np.zeros(len(table.rows), dtype=bool)
    numbers, texts = table.different(folded.index("status"))
    return np.fromiter((plain(text) in _TESTS for text in texts), dtype=bool, count=len(texts))[numbers]


def no_answers(table: TextTable, places: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Rows that are no answers, by what they are: `total`, `note` and `second-table`. No row is in two of them. Each
    sheet ends with its own."""
    if len(table.sheets) < 2:
        return _no_answers(table, places)
    ends = np.searchsorted(table.rows, [*(begin for _, begin in table.sheets[1:]), table.rows.max(initial=0)], "right")
    found = [_no_answers(replace(table, rows=table.rows[first:last], cells=table.cells.iloc[first:last]), places)
             for first, last in zip([0, *ends[:-1]], ends, strict=True)]  # fmt: skip
    return {what: np.concatenate([each[what] for each in found]) for what in found[0]}


def _no_answers(table: TextTable, places: Mapping[str, int]) -> dict[str, np.ndarray]:
    count = len(table.rows)
    width = len(table.headers)
    totals, notes, second = (np.zeros(count, dtype=bool) for _ in range(3))
    if not count or width < 2:
        return {"total": totals, "note": notes, "second-table": second}
    last = max(0, count - _LOOKED_AT)
    tail = table.cells.iloc[last:].to_numpy(dtype=object)
    filled = [[place for place, text in enumerate(row) if text.strip()] for row in tail]
    start = _second_table(table, tail, filled, last, places)
    if start is not None:
        second[start:] = True
    end = (start if start is not None else count) - last
    for i in range(end - 1, -1, -1):
        row, there = tail[i], filled[i]
        first = plain(row[there[0]])
        if _TOTAL.fullmatch(first) and len(there) < width:
            totals[last + i] = True
        elif len(there) == 1 and width > 2 and (_NOTE.fullmatch(first) or _stands_apart(table, last + i)):
            notes[last + i] = True
        elif i < end - 3:
            break
    return {"total": totals, "note": notes, "second-table": second}


_LOOKED_AT = 200  # rows from the end


def _stands_apart(table: TextTable, row: int) -> bool:
    """True where an empty row of the sheet lies between this row and the one above."""
    return row > 0 and bool(table.rows[row] - table.rows[row - 1] > 1) and len(table.headers) > 3


def _second_table(
    table: TextTable, tail: np.ndarray, filled: list[list[int]], last: int, places: Mapping[str, int]
) -> int | None:
    """The row where another table begins: after empty rows, texts without a number under columns that hold numbers."""
    used = sorted(set(places.values()))
    for i in range(1, len(tail) - 1):
        if table.rows[last + i] - table.rows[last + i - 1] < 2:
            continue
        header = i + 1 if len(filled[i]) == 1 and i + 2 < len(tail) else i  # a title may stand above it
        if len(filled[header]) < 2 or any(_has_digit(tail[header][place]) for place in filled[header]):
            continue
        if any(place in used and _mostly_numbers(table, place, last + i) for place in filled[header]):
            return last + i
    return None


def _mostly_numbers(table: TextTable, place: int, before: int) -> bool:
    texts = [text for text in table.cells[place].iloc[max(0, before - 200) : before] if text.strip()]
    return bool(texts) and sum(_has_digit(text) for text in texts) > len(texts) * 0.8


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
