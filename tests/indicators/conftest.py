"""A small world for the engine: rows and a table in, the finished values out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.indicators.estimate import Computed, compute
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import SQL_TYPES, Column, Table

DATA = Path(__file__).parent / "data"
YEAR = {"start": dt.date(2024, 1, 1), "end": dt.date(2024, 12, 31), "every": "year"}


def table_of(types: Mapping[str, str], source: str = "answers", kind: str = "survey", **roles: Any) -> Table:
    """A table with columns of the given types and the given roles."""
    labels = roles.pop("labels", {})
    columns = tuple(
        Column(name, type_, labels={code: Text(code) for code in labels.get(name, ())}) for name, type_ in types.items()
    )
    aliases = {alias: roles[role] for alias, role in (("person", "person"), ("answered", "date")) if roles.get(role)}
    return Table(source, kind, Text(source), columns, aliases=aliases, **roles)


def landed(rows: pd.DataFrame, table: Table, connection: duckdb.DuckDBPyConnection | None = None) -> Any:
    """A connection whose `core.<source>` holds the rows, typed as the table says."""
    connection = connection or duckdb.connect(config={"python_enable_replacements": False})
    connection.execute("create schema if not exists core")
    columns = ", ".join(f'try_cast("{c.name}" as {SQL_TYPES[c.type]}) as "{c.name}"' for c in table.columns)
    connection.register("delivered", rows.reset_index(drop=True))
    connection.execute(
        f"create or replace table core.\"{table.id}\" as select {columns}, 'load' as _load_id, "
        "row_number() over () as _row from delivered"
    )
    connection.unregister("delivered")
    return connection


def theory_with(indicators: Sequence[Mapping[str, Any]], **blocks: Any) -> TheoryOfChange:
    """A theory that holds these indicators, with what every indicator needs filled in."""
    filled = [{"title": i["id"], "measures": ["OC-1"], "unit": "unit", **i} for i in indicators]
    return TheoryOfChange.model_validate(
        {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "indicators": filled, **blocks}
    )


def programme_with(calendar: Mapping[str, Any] = YEAR, language: str = "en", smallest_group: int = 5) -> Programme:
    return Programme.model_validate(
        {"id": "p", "title": "P", "languages": [language], "calendar": dict(calendar),
         "disclosure": {"smallest_group": smallest_group}}
    )  # fmt: skip


@pytest.fixture
def computed() -> Callable[..., Computed]:
    """Land rows, compute indicators, give back everything computed."""

    def run(
        rows: pd.DataFrame,
        table: Table,
        indicators: Sequence[Mapping[str, Any]],
        *,
        calendar: Mapping[str, Any] = YEAR,
        language: str = "en",
        smallest_group: int = 5,
        **blocks: Any,
    ) -> Computed:
        connection = landed(rows, table)
        theory, programme = theory_with(indicators, **blocks), programme_with(calendar, language, smallest_group)
        return compute(connection, theory, programme, {table.id: table}, "snapshot", {table.id: "contract"})

    return run


def cell(
    values: pd.DataFrame, indicator: str, period: str = "all", dimension: str = "all", category: str = "all"
) -> Any:
    """The one row of a cell."""
    found = values[(values["indicator_id"] == indicator) & (values["period"] == period)
                   & (values["dimension"] == dimension) & (values["category"] == category)]  # fmt: skip
    assert len(found) == 1, f"{len(found)} rows for {indicator} {period} {dimension} {category}"
    return found.iloc[0]


def reference(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv")
