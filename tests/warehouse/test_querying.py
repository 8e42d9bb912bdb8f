"""Published tables are read with SQL, and only read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from arriving import PEOPLE, delivered
from publishing import keep, value

from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse, query


@pytest.fixture
def path(workspace: Workspace) -> Path:
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("p.csv", [("ada", "N", 1)]), "c1")
        keep(warehouse, indicator_values=[value("I", "all", 0.25)])
        return warehouse.publish()


def refused(path: Path, sql: str) -> tuple[str, str]:
    with pytest.raises(ProblemsFound) as found:
        query(path, sql)
    (problem,) = found.value.problems
    return problem.code, problem.line("en")


def test_tables_may_be_written_with_or_without_their_schema(path: Path):
    for name in ("indicator_values", "out.indicator_values"):
        columns, rows = query(path, f"select indicator_id, value, n, note from {name};")
        assert columns == ["indicator_id", "value", "n", "note"] and rows == [("I", 0.25, 50, None)]


def test_values_have_the_types_of_python(path: Path):
    _, rows = query(path, "select loaded_at, rows_read, has_data, start_date from loads, periods where period = 'all'")
    assert [type(cell) for cell in rows[0]] == [dt.datetime, int, bool, dt.date]


@pytest.mark.parametrize(
    "sql",
    ["from loads", "with a as (select 1 as x) select x from a", "describe loads", "show tables", "explain select 1",
     "values (1), (2)", "-- a comment\nselect 1", "summarize loads"],
)  # fmt: skip
def test_whatever_reads_is_allowed(path: Path, sql: str):
    columns, rows = query(path, sql)
    assert columns and rows


@pytest.mark.parametrize(
    "sql",
    ["", "-- nothing", "select 1; select 2", "delete from loads", "drop table loads", "create table x as select 1",
     "insert into loads select * from loads", "update loads set source = 'x'", "copy loads to 'stolen.csv'",
     "copy (select 1) to 'stolen.csv'", "attach 'other.duckdb'", "install httpfs", "load httpfs",
     "pragma version; drop table x", "set memory_limit = '1GB'", "reset memory_limit", "export database 'stolen'",
     "call pragma_version()", "checkpoint", "begin transaction", "use out", "vacuum", "prepare x as select 1"],
)  # fmt: skip
def test_whatever_is_not_one_reading_statement_is_refused(path: Path, sql: str):
    before = path.read_bytes()
    assert refused(path, sql)[0] == "query-not-reading"
    assert path.read_bytes() == before and not list(path.parent.rglob("stolen*"))


@pytest.mark.parametrize(
    "sql",
    ["select * from read_csv('/etc/passwd')", "select * from read_text('/etc/passwd')", "select * from '/etc/passwd'",
     "select * from glob('/*')", "select * from read_parquet('https://example.org/x.parquet')",
     "select * from read_blob('.env')", "select * from sniff_csv('/etc/passwd')"],
)  # fmt: skip
def test_no_file_is_opened(path: Path, sql: str):
    code, said = refused(path, sql)
    assert code in ("query-failed", "query-unknown-table") and "root:" not in said


def test_an_unknown_name_comes_with_the_nearest_one(path: Path):
    assert "Did you mean “indicator_values”?" in refused(path, "select * from indicator_valus")[1]
    assert "Did you mean “loads”?" in refused(path, "select * from out.load")[1]
    code, said = refused(path, "select indicator from indicator_values")
    assert code == "query-unknown-column" and "Did you mean “indicator_id”?" in said
    assert "Did you mean “value”?" in refused(path, "select v.valeu from indicator_values v")[1]
    assert refused(path, "select x.value from indicator_values v")[0] == "query-unknown-table"


def test_what_the_database_says_about_an_error_is_passed_on_in_one_line(path: Path):
    for sql in ("selec 1", "select 1 +", "select sum('a') from loads", "select cast('x' as integer)", "select '"):
        code, said = refused(path, sql)
        assert code == "query-failed" and "\n" not in said


def test_before_the_first_run_there_is_nothing_to_read(workspace: Workspace):
    assert refused(workspace.published_database, "select 1")[0] == "nothing-published"
    workspace.warehouse.mkdir()
    workspace.published_database.write_bytes(b"something else" * 1000)
    assert refused(workspace.published_database, "select 1")[0] == "warehouse-unreadable"
