"""What comes in and what becomes of it: a delivery as landing needs it, the reasons rows are refused, and the load.

Words and facts only, and the register of loads read back; how rows get into tables is in `landing`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from theory_of_change.problems import Place, Problem
from warehouse.modelling import model, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


class Refused(Protocol):
    """One reason a row was refused; never holds the value."""

    row: int
    column: str
    rule: str

    def what(self, language: str) -> str: ...
    def remedy(self, language: str) -> str: ...


class Arrival(Protocol):
    """A delivery as landing needs it: facts about the file, rows as text, typed rows, refusals.

    A snapshot holds every row its source has now, each under the number the source gives it.
    """

    file_name: str
    sha256: str
    size: int
    kind: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    rows_read: int
    unmapped: Sequence[str]
    raw: pd.DataFrame
    core: pd.DataFrame
    refused: Sequence[Refused]

    @property
    def is_snapshot(self) -> bool: ...


@dataclass(frozen=True)
class RepeatedRow:
    """A row refused because an earlier row of the same delivery has its key, or because it has no key at all."""

    row: int
    column: str
    rule: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def what(self, language: str) -> str:
        return self._problem.message(language)

    def remedy(self, language: str) -> str:
        return self._problem.remedy(language)

    @property
    def _problem(self) -> Problem:
        return Problem(self.rule, Place(""), {"column": self.column, **self.facts})


@dataclass(frozen=True)
class Load:
    """What landing a delivery did. `status` is `landed` or `unchanged`; `refused` holds every reason, row by row;
    `rows_gone` counts rows a snapshot no longer has."""

    load_id: str
    source: str
    file_name: str
    sha256: str
    rows_read: int
    rows_accepted: int
    rows_superseded: int
    rows_refused: int
    loaded_at: dt.datetime
    status: str
    refused: tuple[Refused, ...] = ()
    rows_gone: int = 0


class ContractChanged(Exception):
    """A delivery came with another contract than the source's rows were typed by; `Warehouse.replacing` is the way."""


def landed_contract(connection: duckdb.DuckDBPyConnection, source: str) -> str | None:
    """Fingerprint of the contract of the latest load; None before the first."""
    found = connection.execute(
        "select contract_fingerprint from core.loads where source = ? order by sequence desc limit 1", [source]
    ).fetchone()
    return found[0] if found else None


def loads_in_order(connection: duckdb.DuckDBPyConnection, source: str) -> list[dict[str, Any]]:
    """Every column of the source's loads, in the order they arrived."""
    names = model("core", "loads").column_names
    listed = ", ".join(quoted(name) for name in names)
    rows = connection.execute(
        f"select {listed} from core.loads where source = ? order by sequence", [source]
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
