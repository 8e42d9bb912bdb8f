"""Small pieces of SQL text that every query here is made of: names of tables, lists, groupings.

Text only; what is asked belongs to `queries`, `quantiles` and `distincts`, which rows they read to `rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipelines.indicators.dialect import quoted
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb

#: The largest finite number; what is above it in the order of values is infinite or no number.
LARGEST = "1.7976931348623157e308"


def core_table(table: Table) -> str:
    return f"core.{quoted(table.id)}"


def has_landed(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """True once the source has a table in `core`: a source that never got a delivery may have none."""
    return exists(connection, table.id)


def exists(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """True where `core` has a table of that name. It is asked for by name: reading the list of all tables takes the
    longer the more there are."""
    import duckdb

    try:
        connection.execute(f"select 1 from core.{quoted(name)} limit 0")
    except duckdb.CatalogException:
        return False
    return True


def column_name(table: Table, name: str) -> str:
    column = table.column(name)
    assert column is not None
    return column.name


def union(parts: Iterable[str]) -> str:
    return "\n  union all\n  ".join(parts)


def indented(lines: Iterable[str], by: int = 4) -> str:
    return (",\n" + " " * by).join(lines)


def select(name: str, columns: Iterable[str], origin: str, keys: Sequence[str]) -> str:
    """A common table expression that groups `origin` by `keys`."""
    by = f"\n  group by {', '.join(keys)}" if keys else ""
    return f"{name} as (\n  select\n    {indented(columns)}\n  from {origin}{by}\n)"


def finite(sql: str, integral: bool) -> str:
    """The number, or null where it is infinite or not a number (which sorts above every number)."""
    return f"cast({sql} as double)" if integral else f"case when abs({sql}) <= {LARGEST} then cast({sql} as double) end"
