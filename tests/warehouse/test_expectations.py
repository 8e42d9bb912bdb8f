"""The quality rules catch what is wrong with the rows in force, count it exactly, and never show it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from arriving import PEOPLE, Refusal, delivered

from theory_of_change.model import Text
from theory_of_change.programme import Calendar, Workspace
from theory_of_change.tables import Column, Table
from warehouse import expectations
from warehouse.expectations import check, suite, validate
from warehouse.store import Warehouse, open_warehouse

CALENDAR = Calendar(start=dt.date(2024, 1, 1), end=dt.date(2024, 12, 31))
VISITS = Table(
    "visits",
    "register",
    Text("Visits"),
    (Column("person", "text", references="people.id"), Column("day", "integer"), Column("note", "text")),
    key=("person", "day"),
)
TABLES = {"people": PEOPLE, "visits": VISITS}
SOUND = [("a", "N", 1, "2024-01-31", True, 10.5), ("b", "S", 5, None, None, 0), ("c", None, None, "2024-12-31")]


def landed(warehouse: Warehouse, *tables_and_rows: tuple[Table, list[tuple]]) -> None:
    for table, rows in tables_and_rows:
        warehouse.land(table, delivered(f"{table.id}.csv", rows, table), "contract")


def failures(warehouse: Warehouse, table: Table = PEOPLE) -> dict[str, tuple[int, int, bool]]:
    rows = check(warehouse.connection, table, TABLES, "en", CALENDAR)
    return {row.rule_id: (row.n_failed, row.n_rows, row.blocking) for row in rows if row.n_failed}


def test_a_contract_says_its_rules():
    assert [(rule.rule_id, rule.severity) for rule in suite(PEOPLE, TABLES, CALENDAR)] == [
        ("people.id.required", "error"),
        ("people.area.labels", "error"),
        ("people.trust.between", "error"),
        ("people.spent.between", "error"),
        ("people.key.unique", "error"),
        ("people.met.calendar", "warning"),
        ("people.refused", "warning"),
        ("people.rows", "warning"),
    ]
    assert [rule.rule_id for rule in suite(VISITS, TABLES)] == [
        "visits.person.required",
        "visits.person.exists",
        "visits.day.required",
        "visits.key.unique",
        "visits.refused",
        "visits.rows",
    ]


def test_sound_rows_break_no_rule_and_every_rule_says_how_many_rows_it_saw(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, SOUND), (VISITS, [("a", 1), ("a", 2), ("b", 1)]))
        found = validate(warehouse.connection, TABLES, CALENDAR, "it")
    assert found["n_failed"].tolist() == [0] * 14 and not found["blocking"].any()
    assert set(found["n_rows"]) == {3}
    told = found.set_index("rule_id").loc["people.id.required"]
    assert told["remedy"].startswith("Completare «id» nella fonte")
    assert told["remedy_it"] == told["remedy"] != told["remedy_en"]


def test_corrupt_rows_are_counted_exactly_and_block(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, SOUND))
        warehouse.connection.execute(
            "insert into core.people (_load_id, _row, id, area, trust, met, active, spent) values"
            " ('x', 9, null, 'N', 6, '2023-12-31', null, 1), ('x', 10, 'a', 'West', 0, '2025-01-01', true, -0.01),"
            " ('x', 11, 'd', 'secret', 99, '2024-05-05', true, null), ('x', 12, 'e', 'n', 1, null, null, null)"
        )
        found = failures(warehouse)
    assert found == {
        "people.id.required": (1, 7, True),
        "people.area.labels": (3, 7, True),
        "people.trust.between": (3, 7, True),
        "people.spent.between": (1, 7, True),
        "people.key.unique": (2, 7, True),
        "people.met.calendar": (2, 7, False),
    }


def test_a_compound_key_repeats_only_where_all_of_it_does(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, SOUND), (VISITS, [("a", 1), ("a", 2), ("b", 1)]))
        assert failures(warehouse, VISITS) == {}
        warehouse.connection.execute("insert into core.visits (_load_id, _row, person, day) values ('x', 9, 'a', 2)")
        assert failures(warehouse, VISITS) == {"visits.key.unique": (2, 4, True)}


def test_a_reference_to_nobody_blocks_until_the_other_source_has_it(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (VISITS, [("a", 1), ("z", 1), ("z", 2)]))
        assert failures(warehouse, VISITS) == {"visits.person.exists": (3, 3, True)}
        landed(warehouse, (PEOPLE, SOUND))
        assert failures(warehouse, VISITS) == {"visits.person.exists": (2, 3, True)}
        warehouse.land(PEOPLE, delivered("more.csv", [("z", "N")]), "contract")
        assert failures(warehouse, VISITS) == {}


def test_who_did_not_consent_is_no_row_to_correct(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        left_out = [Refusal(2, "CONS", "no-consent"), Refusal(3, "status", "preview"), Refusal(3, "a", "preview")]
        wrong = [Refusal(4, "CONS", "no-consent"), Refusal(4, "trust", "out-of-range")]
        warehouse.land(PEOPLE, delivered("people.csv", [("a",)] * 3, refused=left_out), "contract")
        assert "people.refused" not in failures(warehouse)
        warehouse.land(PEOPLE, delivered("others.csv", [("b",), ("c",), ("d",)], refused=wrong), "contract")
        assert failures(warehouse)["people.refused"][0] == 1


def test_refused_rows_and_empty_sources_warn(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        assert failures(warehouse) == {"people.rows": (1, 0, False)}
        refused = [Refusal(2, "trust", "out-of-range"), Refusal(2, "area", "unknown-code"), Refusal(3, "trust", "x")]
        warehouse.land(PEOPLE, delivered("people.csv", [("a",), ("b",)], refused=refused), "contract")
        assert failures(warehouse) == {"people.refused": (2, 2, False), "people.rows": (1, 0, False)}
        warehouse.land(PEOPLE, delivered("people.csv", SOUND), "contract")
        assert failures(warehouse) == {}


def test_columns_without_any_value_are_sound(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, [("a",), ("b",)]))
        assert failures(warehouse) == {}


def test_wide_or_long_sources_are_read_a_few_columns_at_a_time(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, SOUND), (VISITS, [("a", 1), ("q", 2)]))
        whole = [validate(warehouse.connection, TABLES, CALENDAR).to_dict("records")]
        monkeypatch.setattr(expectations, "_CELLS_AT_ONCE", 1)
        assert [validate(warehouse.connection, TABLES, CALENDAR).to_dict("records")] == whole


def test_a_rule_that_cannot_be_run_is_our_fault_and_shows_no_value(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> list[expectations.Rule]:
        (first, *_rest) = suite(PEOPLE, TABLES)
        return [dataclasses.replace(first, expect="ExpectColumnValuesToMatchRegex", arguments={"regex": "("})]

    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, [("topolino", "N")]))
        monkeypatch.setattr(expectations, "suite", broken)
        with pytest.raises(RuntimeError, match=r"people\.id\.required") as found:
            check(warehouse.connection, PEOPLE, TABLES)
        assert "topolino" not in str(found.value)


def test_no_value_leaves_in_any_word_of_the_result(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        landed(warehouse, (PEOPLE, SOUND))
        warehouse.connection.execute(
            "insert into core.people (_load_id, _row, id, area, trust) values ('x', 9, 'paperino', 'pippo', 4711)"
        )
        told = repr(check(warehouse.connection, PEOPLE, TABLES, "it", CALENDAR))
    assert "people.trust.between" in told
    assert not any(value in told for value in ("paperino", "pippo", "4711"))
