"""A file of LimeSurvey answers to a table of text: the snapshot of a pull, or LimeSurvey's own JSON export.

Read line by line where the file allows it, so that memory follows the table and not the text. Keeps the one difference
a CSV loses: on servers that make it, `null` is a question never shown and an empty text one that was left blank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveys.files import TextTable, found
from surveys.limesurvey.snapshot import about_of, lines_of

_BLOCK = 10_000
#: Joined from the list of participants: null where there is none, also on servers that lose the null of questions.
_OF_PARTICIPANT = re.compile(r"token|firstname|lastname|email|attribute_\d+", re.IGNORECASE)
SNAPSHOT, EXPORT = "limesurvey", "limesurvey-export"


def read_answers(path: Path, file: str) -> TextTable:
    """The answers in the file at `path`, called `file` in messages. Raises ProblemsFound, and nothing else."""
    about = about_of(path)
    try:
        rows = lines_of(path) if about else _exported(path)
        table = _table(rows, about["columns"] if about else None, SNAPSHOT if about else EXPORT)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise found("delivery-damaged", file) from None
    if not table.headers:
        raise found("delivery-empty", file)
    return table


def _exported(path: Path) -> Iterator[dict[str, Any]]:
    """The answers of LimeSurvey's own file; old versions wrap each in its number."""
    for one in json.loads(path.read_bytes())["responses"]:
        wrapped = list(one.values())
        yield wrapped[0] if len(wrapped) == 1 and isinstance(wrapped[0], dict) else one


def _table(rows: Iterator[dict[str, Any]], columns: list[str] | None, kind: str) -> TextTable:
    numbers: list[int] = []
    texts: list[list[Any]] = []
    nulls: list[list[Any]] = []
    block: list[dict[str, Any]] = []

    def store() -> None:
        for position, name in enumerate(columns or ()):
            values = [one[name] for one in block]
            texts[position].append(pd.array([_text(value) for value in values], dtype="str"))
            nulls[position].append(np.fromiter((value is None for value in values), dtype=bool, count=len(values)))
        block.clear()

    for row in rows:
        if not texts:
            columns = columns or list(row)
            texts, nulls = [[] for _ in columns], [[] for _ in columns]
        if len(row) != len(columns or ()):
            raise ValueError("rows of different length")
        block.append(row)
        numbers.append(_number(row, len(numbers)))
        if len(block) == _BLOCK:
            store()
    if block:
        store()
    never = tuple(np.concatenate(parts) for parts in nulls)
    cells = {i: pd.concat([pd.Series(part) for part in parts], ignore_index=True) for i, parts in enumerate(texts)}
    headers = tuple(columns or ())
    asked = [mask for name, mask in zip(headers, never, strict=False) if not _OF_PARTICIPANT.fullmatch(name)]
    if not texts:
        cells = {i: pd.Series([], dtype="str") for i in range(len(headers))}
    return TextTable(
        kind=kind,
        headers=headers,
        rows=np.asarray(_distinct(numbers), dtype="int64"),
        cells=pd.DataFrame(cells, index=range(len(numbers))),
        null_cells=never if any(mask.any() for mask in asked) else None,
        encoding="utf-8",
    )


def _number(row: dict[str, Any], position: int) -> int:
    """The answer's number; a file without one counts its answers."""
    text = str(row.get("id", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else position + 1


def _distinct(numbers: list[int]) -> list[int]:
    return numbers if len(set(numbers)) == len(numbers) else list(range(1, len(numbers) + 1))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    return json.dumps(value, ensure_ascii=False)
