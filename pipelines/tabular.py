"""Rows as text: a table for people, CSV or JSON for programs. What the rows mean is somebody else's matter."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from reports.contents import inert

FORMATS = ("table", "csv", "json")


def rendered(columns: Sequence[str], rows: Sequence[Sequence[Any]], form: str) -> str:
    """The rows in that form, ending without a line break; CSV and JSON keep every digit."""
    return {"table": _table, "csv": _csv, "json": _json}[form](columns, rows)


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[inert(value) if isinstance(value, str) else _written(value) for value in row] for row in rows])
    return text.getvalue().rstrip("\n")


def _json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    names = _different(columns)
    return json.dumps([dict(zip(names, map(_plain, row), strict=True)) for row in rows], ensure_ascii=False, indent=1)


def _different(columns: Sequence[str]) -> list[str]:
    """Names told apart, because an object keeps one value a name: `n`, `n_2`."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


def _plain(value: Any) -> Any:
    """A value as JSON has it; what is no number there (infinity, not-a-number) is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value)


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | dict):
        return json.dumps(_plain(value), ensure_ascii=False)
    return str(value)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns; where a terminal is too narrow for them, one block a row instead."""
    cells = [[_shown(value) for value in row] for row in rows]
    heads = [_shown(column) for column in columns]
    widths = [max([_width(head), *(_width(row[i]) for row in cells)]) for i, head in enumerate(heads)]
    if sys.stdout.isatty() and sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns:
        return _blocks(heads, cells)
    right = [bool(rows) and all(row[i] is None or _is_number(row[i]) for row in rows) for i in range(len(heads))]
    lines = [_line(heads, widths, right), _line(["─" * width for width in widths], widths, right)]
    return "\n".join([*lines, *(_line(row, widths, right) for row in cells)])


def _blocks(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    widest = max(map(_width, heads), default=0)
    blocks = ["\n".join(f"{_padded(head, widest, False)}  {cell}" for head, cell in zip(heads, row, strict=True))
              for row in cells]  # fmt: skip
    return "\n\n".join(blocks)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return "  ".join(_padded(*one) for one in zip(cells, widths, right, strict=True)).rstrip()


def _padded(cell: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(cell))
    return gap + cell if right else cell + gap


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    """A value on one line, with nothing in it that a terminal would obey."""
    text = "NULL" if value is None else f"{value:.10g}" if isinstance(value, float) else _written(value)
    return "".join(
        "␤" if sign == "\n" else "�" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text
    )


def _width(text: str) -> int:
    """Columns the text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )
