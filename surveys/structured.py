"""Parquet files and JSON records (a list, KoboToolbox's and ODK's answers from their API, one record a line) to tables.

Nested groups become columns with a path (`servizi/usati`); a repeated group is counted in the main table, and is a
table of its own where the contract asks for it by name. What the text means is decided in `columns`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveys.files import TextTable, found
from surveys.headers import plain

_MOST_JSON = 400_000_000  # bytes: read whole
_MOST_COLUMNS = 16_384
#: Under which name a tool's API puts the list of answers.
_ENVELOPES = ("results", "value", "responses", "data", "records", "items", "submissions")
#: What tells one record from the others, so that the rows of a repeat can name theirs.
_IDENTITIES = ("_id", "__id", "_uuid", "id", "KEY")
PARENT = "_parent_index"


def read_json(path: Path, file: str, sheet: str | None) -> TextTable:
    """The records of a JSON file. Raises ProblemsFound for one that holds none, and nothing else."""
    if path.stat().st_size > _MOST_JSON:
        raise found("delivery-beyond-limits", file)
    try:
        records = list(_records(path.read_bytes().decode("utf-8-sig")))
    except (ValueError, RecursionError):
        raise found("delivery-damaged", file) from None
    if not all(isinstance(record, dict) for record in records):
        raise found("delivery-kind", file, kind="JSON")
    if not records:
        raise found("delivery-empty", file)
    flat = [_flat(record) for record in records]
    notes: list[tuple[str, Mapping[str, str]]] = []
    repeats = sorted({name for row in flat for name, value in row.items() if isinstance(value, list)})
    if sheet is not None:
        name = next((name for name in repeats if plain(sheet) in (plain(name), plain(name.rpartition("/")[2]))), None)
        if name is None:
            raise found("delivery-sheet-unknown", file, sheet=sheet, sheets=", ".join(repeats[:12]))
        flat = [{**_flat(inner), PARENT: _identity(row, number)} for number, row in enumerate(flat, start=1)
                for inner in row.get(name) or () if isinstance(inner, dict)]  # fmt: skip
    elif repeats:
        notes.append(("delivery-repeats", {"sheets": ", ".join(repeats[:12])}))
    headers = list(dict.fromkeys(name for row in flat for name in row))
    if len(headers) > _MOST_COLUMNS:
        raise found("delivery-too-wide", file, count=str(len(headers)), most=str(_MOST_COLUMNS))
    columns = {i: pd.array([_text(row.get(name)) for row in flat], dtype="str") for i, name in enumerate(headers)}
    return TextTable(
        kind="json",
        headers=tuple(headers),
        rows=np.arange(1, len(flat) + 1),
        cells=pd.DataFrame(columns, index=range(len(flat))),
        sheet=sheet,
        notes=tuple(notes),
    )


def _records(text: str) -> Iterable[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(whole, dict):
        inside = (whole[name] for name in _ENVELOPES if isinstance(whole.get(name), list))
        return next(inside, [whole])
    return whole if isinstance(whole, list) else [whole]


def _flat(record: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Groups inside groups as paths; lists of plain values joined, lists of records as they are."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            row |= _flat(value, f"{above}{name}/")
        elif isinstance(value, list) and not any(isinstance(one, (dict, list)) for one in value):
            row[f"{above}{name}"] = ";".join(_text(one) for one in value)
        else:
            row[f"{above}{name}"] = value
    return row


def _identity(row: Mapping[str, Any], number: int) -> str:
    return next((_text(row[name]) for name in _IDENTITIES if row.get(name)), str(number))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(len(value)) if isinstance(value, list) else str(value)


def read_parquet(path: Path, file: str) -> TextTable:
    """The one table of a Parquet file. Raises ProblemsFound, and nothing else."""
    import duckdb

    safe = {"python_enable_replacements": False, "autoinstall_known_extensions": False, "memory_limit": "1GB"}
    connection = duckdb.connect(config=safe)
    try:
        described = connection.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
        shown = ", ".join(_shown(name, kind) for name, kind, *_ in described)
        cells = connection.execute(f"select {shown} from read_parquet(?)", [str(path)]).df()
    except duckdb.Error:
        raise found("delivery-damaged", file) from None
    finally:
        connection.close()
    cells.columns = range(len(described))
    columns = {i: pd.array(cells[i].fillna("").astype("str").to_numpy(dtype=object), dtype="str") for i in cells}
    return TextTable(
        kind="parquet",
        headers=tuple(name for name, *_ in described),
        rows=np.arange(1, len(cells) + 1),
        cells=pd.DataFrame(columns, index=range(len(cells))),
    )


def _shown(name: str, kind: str) -> str:
    """A column as text: numbers without a `.0` that nobody typed, lists joined."""
    column = '"' + name.replace('"', '""') + '"'
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"{column} = trunc({column}) and abs({column}) < 1e15"
        return f"case when {whole} then cast(cast({column} as bigint) as varchar) else cast({column} as varchar) end"
    if kind.endswith("[]"):
        return f"array_to_string({column}, ';')"
    return f"cast({column} as varchar)"
