"""Rows that break a quality rule are named by load and number, as many as Great Expectations counts."""

from __future__ import annotations

import datetime as dt

import duckdb
import pandas as pd
import pytest
from arriving import PEOPLE, delivered

from theory_of_change.model import Text
from theory_of_change.problems import Place, Problem
from theory_of_change.programme import Calendar, Workspace
from theory_of_change.tables import Column, Table
from warehouse.expectations import Rule, check, suite
from warehouse.failing_rows import failing_rows, failing_rows_sql
from warehouse.store import open_warehouse

CALENDAR = Calendar(start=dt.date(2024, 1, 1), end=dt.date(2024, 12, 31))
VISITS = Table(
    "visits",
    "register",
    Text("Visits"),
    (Column("person", "text", references="people.id"), Column("day", "integer"), Column("note", "text")),
    key=("person", "day"),
)
TABLES = {"people": PEOPLE, "visits": VISITS}
ODD = [
    ("a", "N", 1, "2024-01-31", True, 10.5),
    ("b", "X", 6, "2023-12-31", None, -1),
    ("c", None, None, None),
    ("d", "S", 0, "2025-01-01", False, 3),
]


def test_each_failing_row_is_named_with_its_rule(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("people.csv", ODD, PEOPLE), "contract")
        found = failing_rows(warehouse.connection, PEOPLE, TABLES, CALENDAR)
        (load,) = {row for (row,) in warehouse.connection.execute("select load_id from core.loads").fetchall()}
    first = 2  # as the spreadsheet shows it: the header is row 1
    assert found.values.tolist() == [
        ["people", "people.area.labels", load, first + 1],
        ["people", "people.trust.between", load, first + 1],
        ["people", "people.trust.between", load, first + 3],
        ["people", "people.spent.between", load, first + 1],
        ["people", "people.met.calendar", load, first + 1],
        ["people", "people.met.calendar", load, first + 3],
    ]


def test_a_reference_to_nobody_is_named(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("people.csv", ODD, PEOPLE), "contract")
        warehouse.land(VISITS, delivered("visits.csv", [("a", 1), ("q", 2)], VISITS), "contract")
        found = failing_rows(warehouse.connection, VISITS, TABLES)
    assert found[["rule_id", "row_number"]].values.tolist() == [["visits.person.exists", 3]]


def test_as_many_rows_are_named_as_are_counted(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("people.csv", ODD, PEOPLE), "contract")
        warehouse.connection.execute("insert into core.people select * from core.people")  # every key twice
        warehouse.connection.execute("update core.people set id = null where id = 'c'")
        counted = {
            row.rule_id: row.n_failed
            for row in check(warehouse.connection, PEOPLE, TABLES, "en", CALENDAR)
            if row.n_failed and row.rule_id != "people.refused"
        }
        found = failing_rows(warehouse.connection, PEOPLE, TABLES, CALENDAR)
    assert {"people.key.unique": 6, "people.id.required": 2}.items() <= counted.items()
    assert found["rule_id"].value_counts().to_dict() == counted


def test_nothing_landed_names_nothing(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        assert failing_rows(warehouse.connection, PEOPLE, TABLES, CALENDAR).empty


def test_rules_of_a_wave_repeat_no_row_and_the_first_rows_stand_for_many():
    connection = duckdb.connect()
    connection.execute("create schema core")
    connection.execute("create table core.people as select 'load' as _load_id, range as _row, 0 as held from range(50)")
    remedy = Problem("quality-row-rule", Place("core.people"), {"name": "r", "source": "people"})
    rule = Rule("people.r", "warning", "ExpectColumnValuesToBeInSet", {"value_set": [1]}, remedy, "rows.held")
    found = connection.execute(failing_rows_sql(PEOPLE, [rule], most=3)).df()
    pd.testing.assert_frame_equal(
        found.astype("int64", errors="ignore"),
        pd.DataFrame({"rule": [0, 0, 0], "_load_id": ["load"] * 3, "_row": [0, 1, 2]}),
        check_dtype=False,
    )


def test_a_rule_on_the_whole_source_names_no_row():
    about_loads = [rule for rule in suite(PEOPLE, TABLES) if not rule.select]
    with pytest.raises(ValueError, match="ExpectColumnSumToBeBetween"):
        failing_rows_sql(PEOPLE, about_loads[:1])
