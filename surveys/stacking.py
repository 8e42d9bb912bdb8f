"""Sheets of like columns put under each other as one table, each row with the name of the sheet it comes from.

Which sheets belong together is decided in `sheets`. Row numbers go on from sheet to sheet as if one had been pasted
below the other, so that no two rows have the same; `sheet_row` finds the way back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from surveys.files import TextTable
from surveys.headers import plain

#: Headers under which a contract may ask for the name of the sheet a row comes from.
SHEET = ("sheet", "foglio")


def stacked(tables: Sequence[TextTable], places: Sequence[Sequence[int]]) -> TextTable:
    """The tables under each other. `places` says for each the place of each of its columns in the whole."""
    if len(tables) == 1:
        return tables[0]
    width = 1 + max(place for each in places for place in each)
    found = [[dict(zip(each, range(len(each)), strict=True)).get(place) for place in range(width)] for each in places]
    first = [next(number for number, at in enumerate(column) if at is not None) for column in zip(*found, strict=True)]
    named = [(tables[number], found[number][place]) for place, number in enumerate(first)]
    begins = np.concatenate([[0], np.cumsum([max(table.rows, default=0) for table in tables])])
    cells = {
        place: pd.array(np.concatenate([_texts(table, at[place]) for table, at in zip(tables, found, strict=True)]),
                        dtype="str") for place in range(width)
    }  # fmt: skip
    masks = {
        name: [np.concatenate([_mask(getattr(table, name), at[place], len(table.rows))
                               for table, at in zip(tables, found, strict=True)]) for place in range(width)]
        for name in ("number_cells", "error_cells")
    }  # fmt: skip
    rows = np.concatenate([table.rows + begin for table, begin in zip(tables, begins[:-1], strict=True)])
    return replace(
        tables[0],
        headers=tuple(table.headers[at] for table, at in named),
        also=tuple(table.also[at] if at < len(table.also) else () for table, at in named),
        rows=rows,
        cells=pd.DataFrame(cells, index=range(len(rows))),
        number_cells=tuple(masks["number_cells"]),
        error_cells={place: mask for place, mask in enumerate(masks["error_cells"]) if mask.any()},
        sheet=", ".join(table.sheet or "" for table in tables),
        sheets=tuple((table.sheet or "", int(begin)) for table, begin in zip(tables, begins[:-1], strict=True)),
        notes=(),
        _different={},
    )


def _texts(table: TextTable, place: int | None) -> np.ndarray:
    return np.full(len(table.rows), "", dtype=object) if place is None else table.cells[place].to_numpy(dtype=object)


def _mask(masks: Any, place: int | None, count: int) -> np.ndarray:
    known = masks if isinstance(masks, Mapping) else dict(enumerate(masks or ()))
    return known.get(place, np.zeros(count, dtype=bool))


def with_sheet(table: TextTable, wanted: Collection[str]) -> TextTable:
    """The table with the name of the sheet as its last column, where it comes from several sheets, or where a contract
    asks for it and no column of the file has that name."""
    if not table.sheets and (table.sheet is None or not set(SHEET) & set(wanted)):
        return table
    if any(plain(header) in SHEET for header in table.headers):
        return table
    sheets = table.sheets or ((table.sheet or "", 0),)
    names = np.array([name for name, _ in sheets], dtype=object)
    which = np.searchsorted([begin for _, begin in sheets], table.rows, side="left") - 1
    false = np.zeros(len(table.rows), dtype=bool)
    cells = table.cells.copy()
    cells[len(table.headers)] = pd.array(names[which], dtype="str")
    return replace(
        table,
        headers=(*table.headers, SHEET[0]),
        also=(*(table.also or ((),) * len(table.headers)), SHEET[1:]),
        cells=cells,
        number_cells=table.number_cells and (*table.number_cells, false),
        _different={},
    )


def sheet_row(sheets: Sequence[tuple[str, int]], row: int) -> tuple[str, int] | None:
    """The sheet of a row of the whole, and its number there; None where there is one sheet."""
    found = next(((name, row - begin) for name, begin in reversed(sheets) if row > begin), None)
    return found if len(sheets) > 1 else None
