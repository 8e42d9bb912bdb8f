"""What lies in a package and how its parts are compared: the manifest, the files with their hashes, the rows of its
tables. Making packages belongs to `package`, judging them to `verification`.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.reading import KEYS, Row

MANIFEST = "manifest.json"
#: The published values whose change makes a correction, table by table.
COMPARED: Mapping[str, tuple[str, ...]] = {
    "indicator_values": ("value", "ci_low", "ci_high", "n", "status"),
    "progress": ("baseline", "target", "status"),
    "joined": ("numbers", "voices", "agreement", "proposed_status", "decided_status"),
    "effects": ("estimate", "std_error", "ci_low", "ci_high", "p_value", "n"),
}

#: What people decide from one day to the next, without new data: no sign that a package is not what it was.
DECIDED = {"decided_status"}

#: How a formula begins in a spreadsheet, also behind an apostrophe; a number alone is none.
_COMPUTED, _NUMBER = re.compile(r"'?[=+\-@\t\r]"), re.compile(r"[-+][\d.,]+\s?%?")


def manifest_of(package: Path) -> dict[str, Any]:
    try:
        found = json.loads((package / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Every file but the manifest, by its name inside the package."""
    found = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()]
    return sorted((name, path) for name, path in found if name != MANIFEST)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def key_of(table: str, row: Row) -> str:
    return "; ".join(f"{name}={row.get(name)}" for name in KEYS[table])


def as_text(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False


def inert(cell: object) -> object:
    """A cell that no spreadsheet computes: a text that begins like a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and _COMPUTED.match(cell) and not _NUMBER.fullmatch(cell) else cell


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV of a package, without the apostrophes that `inert` put there."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [{name: _as_written(cell) for name, cell in row.items()} for row in rows]


def _as_written(cell: str) -> str:
    return cell[1:] if isinstance(cell, str) and cell[:1] == "'" and _COMPUTED.match(cell[1:]) else cell
