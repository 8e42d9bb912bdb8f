"""Reading the published tables with SQL: one statement that only reads, no files, no other databases.

For the command's `query` and for whoever shows published numbers. Formatting rows belongs to the command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint
from warehouse.connections import connect
from warehouse.modelling import models

_PLACE = Place("SQL")
_TABLE = re.compile(
    r'Table with name "?(?P<name>[^"\s!]+)"? does not exist|Referenced table "(?P<alias>[^"]+)" not found'
)
_COLUMN = re.compile(
    r'Referenced column "(?P<name>[^"]+)" (?:was )?not found|does not have a column named "(?P<of>[^"]+)"'
)
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def query(path: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows, with Python types, of one reading statement on the published tables.

    Tables may be written with or without `out.`. Raises ProblemsFound: nothing published yet, not exactly one reading
    statement, an error in the SQL (with the nearest table or column).
    """
    if not path.is_file():
        raise ProblemsFound([Problem("nothing-published", Place(f"warehouse/{path.name}"))])
    _refuse_unless_reading(sql)
    connection = connect(path, read_only=True)
    try:
        connection.execute("set enable_external_access = false")
        connection.execute("set schema = 'out'")
        connection.execute("set lock_configuration = true")
        result = connection.execute(sql)
        return [column[0] for column in result.description or ()], result.fetchall()
    except duckdb.Error as error:
        raise ProblemsFound([_misread(sql, error)]) from error
    finally:
        connection.close()


def _refuse_unless_reading(sql: str) -> None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ProblemsFound([_misread(sql, error)]) from error
    if len(statements) != 1 or statements[0].type not in _READING:
        raise ProblemsFound([Problem("query-not-reading", _PLACE)])


def _misread(sql: str, error: duckdb.Error) -> Problem:
    """DuckDB's complaint as ours: an unknown table or column with the nearest name, else its first line."""
    said = str(error)
    if found := _TABLE.search(said):
        name = found["name"] or found["alias"]
        return Problem("query-unknown-table", _PLACE, with_hint({"table": name}, name.split(".")[-1], models("out")))
    if found := _COLUMN.search(said):
        name = found["name"] or found["of"]
        return Problem("query-unknown-column", _PLACE, with_hint({"column": name}, name, _columns_near(sql)))
    first = said.strip().splitlines()[0]
    return Problem("query-failed", _PLACE, {"said": first.partition(" Error: ")[2] or first})


def _columns_near(sql: str) -> list[str]:
    """Columns of the tables the statement names, or of all of them where it names none."""
    words = set(re.findall(r"\w+", sql.casefold()))
    tables = [table for table in models("out").values() if table.name in words] or list(models("out").values())
    return list(dict.fromkeys(column for table in tables for column in table.column_names))
