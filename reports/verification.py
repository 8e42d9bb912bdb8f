"""Checking a package long after it was made: against its own hashes, against its own tables, and against what is
published while that is the same. Nothing here writes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports.contents import (
    COMPARED,
    DECIDED,
    MANIFEST,
    as_text,
    files_of,
    key_of,
    manifest_of,
    rows_of,
    same,
    sha256_of,
)
from reports.reading import KEYS, read
from reports.shown import formatted
from theory_of_change.problems import Place, Problem, ProblemsFound


def verify(package: Path, published: Path | None = None) -> list[Problem]:
    """What is wrong with a package: files changed, missing or added since it was made; numbers whose text is not their
    value, or that are not in the package's own tables; and, while `published` still holds the same snapshot, numbers
    that are not the published ones. Empty when all is well."""
    manifest = manifest_of(package)
    if not manifest.get("files"):
        return [Problem("package-manifest-missing", Place(f"{package.name}/{MANIFEST}"))]
    return [
        *_verify_files(package, manifest["files"]),
        *_verify_numbers(package, str(manifest.get("language", "it"))),
        *(_verify_published(package, manifest, published) if published is not None and published.is_file() else ()),
    ]


def _verify_files(package: Path, listed: Mapping[str, str]) -> Iterator[Problem]:
    there = dict(files_of(package))
    for name, digest in listed.items():
        if name not in there:
            yield Problem("package-file-missing", Place(name))
        elif sha256_of(there[name]) != digest:
            yield Problem("package-file-changed", Place(name))
    for name in there:
        if name not in listed:
            yield Problem("package-file-added", Place(name))


def _verify_numbers(package: Path, language: str) -> Iterator[Problem]:
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for line, number in enumerate(rows_of(package / "data/shown.csv"), 2):
        place = Place("data/shown.csv", line)
        try:
            text = formatted(_value(number["value"], number["format"]), number["format"], language)
        except (KeyError, ValueError, TypeError):
            text = ""
        if text != number.get("text"):
            yield Problem("package-number-misread", place, {"text": str(number.get("text")), "expected": text})
        table, column = number.get("table", ""), number.get("column", "")
        if table == "computed" or table not in KEYS:
            continue
        if table not in tables:
            rows = rows_of(package / "data" / f"{table}.csv")
            tables[table] = {"; ".join(f"{k}={row[k]}" for k in KEYS[table] if row.get(k)): row for row in rows}
        row = tables[table].get(number["row"], {})
        column, _, path = column.partition(".")
        held = _inside(row.get(column, ""), path) if path else row.get(column, "")
        if not _agree(held, number["value"]):
            yield Problem("package-number-unsupported", place, {"text": number["text"], "table": table})


def _inside(text: str, path: str) -> str:
    """The number a path leads to inside JSON, as text; "" where it leads nowhere."""
    try:
        found = json.loads(text)
        for step in path.split("."):
            found = found[int(step)] if isinstance(found, list) else found[step]
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
    return as_text(found)


def _value(raw: str, format: str) -> Any:
    return dt.date.fromisoformat(raw[:10]) if format == "date" else float(raw)


def _agree(one: str, other: str) -> bool:
    """Equal as numbers, or the same moment however it is written."""
    return same(one, other) or (bool(one) and one.replace("T", " ") == other.replace("T", " "))


def _verify_published(package: Path, manifest: Mapping[str, Any], published: Path) -> Iterator[Problem]:
    try:
        report = read(published)
    except ProblemsFound as found:
        yield from found.problems
        return
    if report.snapshot_id != manifest.get("snapshot_id") or report.theory_version != manifest.get("theory", {}).get(
        "version"
    ):
        return
    for table, columns in COMPARED.items():
        now = {key_of(table, row): row for row in report.rows[table]}
        for line, row in enumerate(rows_of(package / "data" / f"{table}.csv"), 2):
            for column in columns:
                if column in DECIDED:
                    continue
                current = as_text(now.get(key_of(table, row), {}).get(column))
                if not same(row.get(column, ""), current):
                    facts = {
                        "row": key_of(table, row),
                        "column": column,
                        "found": row.get(column, ""),
                        "expected": current,
                    }
                    yield Problem("package-number-differs", Place(f"data/{table}.csv", line), facts)
