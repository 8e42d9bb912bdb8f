"""The theories a warehouse remembers: every version ever run, and every definition its indicators have had.

Reads what was published; turning the JSON back into a theory, and writing it, belongs to `pipelines`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connections import connect
from warehouse.modelling import literal


@dataclass(frozen=True)
class StoredVersion:
    """One version of the theory as it was run; `theory`, `programme` and `contracts` are JSON."""

    version: str
    content_hash: str
    first_run_at: dt.datetime
    last_run_at: dt.datetime
    n_contents: int
    theory: str
    programme: str
    contracts: str


@dataclass(frozen=True)
class StoredDefinition:
    """One definition an indicator has had; `definition` is JSON."""

    definition_id: str
    indicator_id: str
    theory_version: str
    first_run_at: dt.datetime
    definition: str


def stored_versions(published: Path) -> list[StoredVersion]:
    """Every version ever run, the one run last at the end; none where nothing has been published with versions yet.

    Raises ProblemsFound when the published file cannot be opened.
    """
    rows = _rows(
        published,
        "select version, content_hash, first_run_at, last_run_at, n_contents, theory, programme, contracts"
        " from out.theory_versions order by last_run_at, first_run_at",
    )
    return [StoredVersion(*row) for row in rows]


def stored_definitions(published: Path, name: str) -> list[StoredDefinition]:
    """Every definition of the indicator `name`, or of the definition id `name`, in the order they were first run; one
    that stood in several versions, once for each."""
    rows = _rows(
        published,
        "select definition_id, indicator_id, theory_version, first_run_at, definition from out.definitions"
        f" where {literal(name)} in (indicator_id, definition_id) order by first_run_at, theory_version",
    )
    return [StoredDefinition(*row) for row in rows]


def computed_values(published: Path) -> list[tuple[str, str, str]]:
    """Indicator, period and definition id of every published value, periods in their order."""
    return _rows(
        published,
        "select distinct vals.indicator_id, vals.period, vals.definition_id, periods.position"
        " from out.indicator_values as vals left join out.periods as periods on periods.period = vals.period"
        " where vals.status <> 'no_data' order by vals.indicator_id, periods.position",
        keep=3,
    )


def _rows(published: Path, sql: str, keep: int | None = None) -> list[Any]:
    """Rows without prepared values, which would make DuckDB load pandas."""
    if not published.is_file():
        return []
    with connect(published, read_only=True) as connection:
        try:
            return [row[:keep] for row in connection.execute(sql).fetchall()]
        except duckdb.CatalogException:  # published before this table was
            return []
