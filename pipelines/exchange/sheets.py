"""A workbook somebody hands in, as rows of cells that know where they stand: merged cells filled, hidden ones left out.

Here nothing is understood yet, only read safely: what is no workbook, or a trap, is told as a problem. What headers and
cells mean belongs to `recognising`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from theory_of_change.problems import Place, Problem, ProblemsFound

MOST_ROWS, MOST_COLUMNS = 20_000, 60


@dataclass(frozen=True)
class Cell:
    """Words in a cell. `origin` is the top left cell of a merged range, and the cell itself elsewhere."""

    text: str
    place: str
    row: int
    column: int
    origin: tuple[int, int]

    @property
    def own(self) -> bool:
        return self.origin == (self.row, self.column)


@dataclass(frozen=True)
class Remark:
    """Something about a cell that whoever imports should know: the catalogue's code, the cell, what is said of it."""

    code: str
    place: str
    facts: dict[str, str] = field(default_factory=dict)

    def line(self, language: str) -> str:
        problem = Problem(self.code, Place(self.place), self.facts)
        return " ".join(part for part in (f"{self.place}: {problem.message(language)}.", problem.remedy(language))
                        if part)  # fmt: skip


@dataclass
class Sheet:
    name: str
    rows: list[dict[int, Cell]]
    remarks: list[Remark]


def read_workbook(path: Path) -> list[Sheet]:
    """The sheets that are shown, in order; each row by column number. Raises ProblemsFound for what cannot be read."""
    _inspect(path)
    import openpyxl

    try:
        shown = openpyxl.load_workbook(path, data_only=True)
        written = openpyxl.load_workbook(path)
    except Exception:  # openpyxl raises many things on a crafted or broken file
        raise _found("delivery-damaged", path) from None
    sheets = []
    for sheet in shown.worksheets:
        place = f"{path.name}!{sheet.title}"
        if sheet.sheet_state != "visible":
            sheets.append(Sheet(sheet.title, [], [Remark("import-hidden-sheet", place)]))
            continue
        sheets.append(_sheet(sheet, written[sheet.title]))
    if not any(sheet.rows for sheet in sheets):
        raise _found("import-empty", path)
    return sheets


def _inspect(path: Path) -> None:
    from surveys.files import blocks, kind_of
    from surveys.workbooks import Fault, inspect

    beginning = next(blocks(path, path.name), b"")
    if not beginning.strip(b"\x00\r\n\t "):
        raise _found("import-empty", path)
    kind = kind_of(path, path.name, beginning)
    if kind != "xlsx":
        raise _found("import-not-xlsx", path, kind={"text": "CSV / TXT"}.get(kind, kind))
    with path.open("rb") as file:
        try:
            inspect(file)
        except Fault as fault:
            raise _found(fault.code, path, **fault.facts) from None


def _found(code: str, path: Path, **facts: str) -> ProblemsFound:
    return ProblemsFound([Problem(code, Place(path.name), {"file": path.name, **facts})])


def _sheet(sheet: Any, written: Any) -> Sheet:
    remarks: list[Remark] = []
    origins = {
        (row, column): (merged.min_row, merged.min_col)
        for merged in sheet.merged_cells.ranges
        for row in range(merged.min_row, min(merged.max_row, MOST_ROWS) + 1)
        for column in range(merged.min_col, min(merged.max_col, MOST_COLUMNS) + 1)
    }
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        facts = {"rows": str(MOST_ROWS), "columns": str(MOST_COLUMNS)}
        remarks.append(Remark("import-too-large", sheet.title, facts))
    hidden_columns = _hidden_columns(sheet)
    rows: list[dict[int, Cell]] = []
    texts: dict[tuple[int, int], str] = {}
    bounds = {"max_row": min(sheet.max_row, MOST_ROWS), "max_col": min(sheet.max_column, MOST_COLUMNS)}
    for row in sheet.iter_rows(**bounds):
        cells: dict[int, Cell] = {}
        for cell in row:
            text = _text(cell.value)
            place = f"{sheet.title}!{cell.coordinate}"
            if not text and written.cell(cell.row, cell.column).data_type == "f":
                remarks.append(Remark("import-formula", place))
            texts[cell.row, cell.column] = text
            origin = origins.get((cell.row, cell.column), (cell.row, cell.column))
            text = texts.get(origin, "")
            if text:
                cells[cell.column] = Cell(text, place, cell.row, cell.column, origin)
        if not cells:
            continue
        number = next(iter(cells.values())).row
        if sheet.row_dimensions[number].hidden:
            remarks.append(Remark("import-hidden-row", f"{sheet.title}!{number}:{number}"))
            continue
        for column in hidden_columns & set(cells):
            del cells[column]
        rows.append(cells)
    from openpyxl.utils import get_column_letter

    for column in sorted(hidden_columns):
        if any(text for (_, position), text in texts.items() if position == column):
            letter = get_column_letter(column)
            remarks.append(Remark("import-hidden-column", f"{sheet.title}!{letter}:{letter}"))
    return Sheet(sheet.title, rows, remarks)


def _hidden_columns(sheet: Any) -> set[int]:
    """Numbers of the hidden columns; a workbook groups neighbours under the first one's letter."""
    return {
        column
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden and dimension.min
        for column in range(dimension.min, min(dimension.max or dimension.min, MOST_COLUMNS) + 1)
    }


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.date().isoformat() if isinstance(value, dt.datetime) else value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    return "" if value is None else str(value).replace("_x000D_", "").strip()
