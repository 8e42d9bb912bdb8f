"""Taking a person out of the pseudonymous data: every row about them, in every table, and the bytes of those rows.

Works on pseudonyms alone; who is behind one is known to `identities`. Deliveries and what was published lie elsewhere
and are not touched here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from warehouse.connections import storing, transaction, write_anew
from warehouse.modelling import quoted

if TYPE_CHECKING:
    import duckdb

    from warehouse.store import Warehouse

_PSEUDONYM = "'p_[0-9a-f]{20}'"


def rows_about(connection: duckdb.DuckDBPyConnection, pseudonyms: Collection[str]) -> dict[str, int]:
    """How many rows of each table are about these persons; tables without any are absent."""
    _note_rows(connection, pseudonyms)
    counts = {}
    for name, columns in _tables(connection):
        if condition := _is_about(columns):
            (count,) = connection.execute(f"select count(*) from {name} where {condition}").fetchone()
            counts |= {name.replace('"', ""): count} if count else {}
    return counts


def quotes_about(connection: duckdb.DuckDBPyConnection, pseudonyms: Collection[str]) -> set[str]:
    """What is quoted of documents that were made of these persons' rows."""
    _note_rows(connection, pseudonyms)
    found = connection.execute(
        "select distinct text from core.quotes where (source, document_id) in (select (source, document_id) from"
        " documents_about)"
    ).fetchall()
    return {text for (text,) in found}


def beside(connection: duckdb.DuckDBPyConnection, source: str, header: str, pseudonyms: Collection[str]) -> set[str]:
    """The pseudonyms that stand under `header` in the raw rows of a source that hold one of `pseudonyms`."""
    found: set[str] = set()
    for name, columns in _tables(connection):
        under = next((column for column in columns if column.casefold() == header.strip().casefold()), None)
        if name == f"raw.{quoted(source)}" and under:
            _note(connection, "sought", [(one,) for one in pseudonyms])
            said = connection.execute(
                f"select distinct {quoted(under)} from {name} where {quoted(under)} is not null and {_names(columns)}"
            ).fetchall()
            found |= {one for (one,) in said}
    return found


def remove(warehouse: Warehouse, pseudonyms: Collection[str]) -> dict[str, int]:
    """Deletes the rows about these persons in one transaction; returns how many from each table.

    Their loads remember how many rows they lost, so that the snapshot is another one than before.
    """
    connection = warehouse.connection
    with storing("impact.duckdb"), transaction(connection):
        counts = rows_about(connection, pseudonyms)
        connection.execute(
            "update core.loads set rows_forgotten = coalesce(rows_forgotten, 0) + touched.n from"
            " (select load_id, count(*) as n from rows_about group by load_id) as touched"
            " where touched.load_id = loads.load_id"
        )
        for name, columns in _tables(connection):
            if name.replace('"', "") in counts:
                connection.execute(f"delete from {name} where {_is_about(columns)}")
    return counts


def in_use(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every pseudonym that some row still holds."""
    found: set[str] = set()
    for name, columns in _tables(connection):
        for column, kind in columns.items():
            if kind == "VARCHAR":
                one = quoted(column)
                said = connection.execute(
                    f"select distinct {one} from {name} where regexp_full_match({one}, {_PSEUDONYM})"
                ).fetchall()
                found |= {pseudonym for (pseudonym,) in said}
    return found


def clear_away(warehouse: Warehouse) -> None:
    """Closes the warehouse and writes its file anew, so that deleted rows are in no byte of it."""
    warehouse.connection.close()
    with storing("impact.duckdb"):
        write_anew(warehouse.workspace.impact_database)


# Which rows ----------------------------------------------------------------------------------------------------------


def _note_rows(connection: duckdb.DuckDBPyConnection, pseudonyms: Collection[str]) -> None:
    """Notes load and row of every row that holds one of the pseudonyms, in whichever table has texts; that of a source
    nothing was delivered to has none."""
    _note(connection, "sought", [(one,) for one in pseudonyms])
    connection.execute("create or replace temp table rows_about (load_id varchar, row_number bigint)")
    for name, columns in _tables(connection):
        if {"_load_id", "_row"} <= set(columns) and (holds := _names(columns)):
            connection.execute(
                f"insert into rows_about select _load_id, _row from {name} where {holds}"
                " except select load_id, row_number from rows_about"
            )
    connection.execute(
        "create or replace temp table documents_about as select source, document_id from core.documents"
        " where (load_id, row_number) in (select (load_id, row_number) from rows_about)"
    )


def _note(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str]]) -> None:
    connection.execute(f"create or replace temp table {table} (pseudonym varchar)")
    connection.executemany(f"insert into {table} values (?)", rows)


def _is_about(columns: dict[str, str]) -> str:
    """The condition for rows of a table with these columns: they hold a pseudonym, belong to a row that does, or to a
    document that was made of one."""
    pairs = (("_load_id", "_row"), ("load_id", "row_number"), ("load_id", "row"))
    pair = next((pair for pair in pairs if set(pair) <= set(columns)), None)
    if pair:
        return f"({quoted(pair[0])}, {quoted(pair[1])}) in (select (load_id, row_number) from rows_about)"
    conditions = [_names(columns)]
    if {"source", "document_id"} <= set(columns):
        conditions.append("(source, document_id) in (select (source, document_id) from documents_about)")
    return " or ".join(condition for condition in conditions if condition)


def _names(columns: dict[str, str]) -> str:
    texts = [quoted(name) for name, kind in columns.items() if kind == "VARCHAR" and name != "_load_id"]
    return "(" + " or ".join(f"{name} in (select pseudonym from sought)" for name in texts) + ")" if texts else ""


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, dict[str, str]]]:
    """Every table of the warehouse with the SQL type of each column; views show what tables hold."""
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name in ('raw', 'core')"
        " and (schema_name, table_name) not in"
        " (select (schema_name, view_name) from duckdb_views() where database_name = current_database())"
        " order by schema_name desc, table_name, column_index"
    ).fetchall():
        found.setdefault(f"{schema}.{quoted(table)}", {})[column] = kind
    yield from found.items()
