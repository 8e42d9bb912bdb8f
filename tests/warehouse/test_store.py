"""Deliveries land once and whole; corrections supersede with history; nothing is lost by dying in the middle."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from arriving import KEYLESS, PEOPLE, Delivery, Refusal, delivered
from land_forever import ROWS

from theory_of_change.model import Text
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
from theory_of_change.tables import Column, Table
from warehouse.modelling import models
from warehouse.store import ContractChanged, Warehouse, connect, open_warehouse, query, reserved_names

A = [("a", "N", 1), ("b", "S", 2)]
B = [("a", "N", 5), ("c", "S", 3)]


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.connection.execute(sql).fetchall()


def state(warehouse: Warehouse, source: str = "people") -> dict[str, list[tuple[Any, ...]]]:
    """Everything landing writes for a source, but the time."""
    tables = [f"core.{source}", f"core.{source}__history", f"raw.{source}", "core.refused", "core.files"]
    found = {name: sorted(rows(warehouse, f"select * from {name}"), key=repr) for name in tables}
    loads = warehouse.connection.execute("select * exclude (loaded_at) from core.loads order by sequence").fetchall()
    return found | {"core.loads": loads}


def in_force(warehouse: Warehouse, source: str = "people") -> list[tuple[Any, ...]]:
    return rows(warehouse, f"select id, area, trust from core.{source} order by id, trust")


def loads(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return rows(
        warehouse,
        "select file_name, rows_read, rows_accepted, rows_superseded, rows_refused, status from core.loads"
        " order by sequence",
    )


# Landing -------------------------------------------------------------------------------------------------------------


def test_a_delivery_becomes_raw_text_typed_rows_and_a_load(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        load = warehouse.land(PEOPLE, delivered("p.csv", [("a", "N", 4, "2024-03-01", True, 12.5), ("b",)]), "c1")
        assert rows(warehouse, "select * exclude (_load_id) from core.people order by _row") == [
            (2, "a", "N", 4, dt.date(2024, 3, 1), True, 12.5),
            (3, "b", None, None, None, None, None),
        ]
        assert rows(warehouse, 'select _row, "ID", "Area", trust, active from raw.people order by _row') == [
            (2, "a", "N", "4", "True"),
            (3, "b", None, None, None),
        ]
        assert {row for (row,) in rows(warehouse, "select _load_id from core.people")} == {load.load_id}
        assert loads(warehouse) == [("p.csv", 2, 2, 0, 0, "in_force")]
        recorded = rows(
            warehouse, "select source, contract_fingerprint, kind, encoding, delimiter, sheet, unmapped from core.loads"
        )
        assert recorded == [("people", "c1", "csv", "utf-8", ";", None, "[]")]
    assert (load.status, load.rows_accepted) == ("landed", 2)
    assert abs(load.loaded_at - dt.datetime.now(dt.UTC).replace(tzinfo=None)) < dt.timedelta(minutes=5)


@pytest.mark.parametrize("table", [PEOPLE, KEYLESS], ids=["keyed", "keyless"])
def test_the_same_content_twice_changes_nothing(workspace: Workspace, table: Table):
    with open_warehouse(workspace) as warehouse:
        first = warehouse.land(table, delivered("p.csv", A, table), "c1")
        before, snapshot = state(warehouse, table.id), warehouse.snapshot_id()
        again = warehouse.land(table, delivered("p.csv", A, table), "c1")
        assert state(warehouse, table.id) == before and warehouse.snapshot_id() == snapshot
        assert (again.status, again.load_id, again.loaded_at) == ("unchanged", first.load_id, first.loaded_at)
        assert (again.rows_read, again.rows_accepted) == (2, 2)


@pytest.mark.parametrize("table", [PEOPLE, KEYLESS], ids=["keyed", "keyless"])
def test_a_copy_under_another_name_changes_nothing_even_after_the_first_name_moves_on(
    workspace: Workspace, table: Table
):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(table, delivered("p.csv", A, table), "c1")
        assert warehouse.land(table, delivered("copy.csv", A, table), "c1").status == "unchanged"
        assert len(loads(warehouse)) == 1
        warehouse.land(table, delivered("p.csv", [("z", "N", 1)], table), "c1")
        assert in_force(warehouse, table.id) == [*A, ("z", "N", 1)]
        assert warehouse.land(table, delivered("copy.csv", A, table), "c1").status == "unchanged"


def test_with_a_key_later_rows_supersede_and_earlier_ones_stay_in_history(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        first = warehouse.land(PEOPLE, delivered("one.csv", A), "c1")
        second = warehouse.land(PEOPLE, delivered("two.csv", B), "c1")
        assert in_force(warehouse) == [("a", "N", 5), ("b", "S", 2), ("c", "S", 3)]
        history = rows(warehouse, "select _load_id, id, trust, _superseded_by from core.people__history")
        assert history == [(first.load_id, "a", 1, second.load_id)]
        assert loads(warehouse) == [("one.csv", 2, 2, 0, 0, "in_force"), ("two.csv", 2, 2, 1, 0, "in_force")]
        warehouse.land(PEOPLE, delivered("three.csv", [("b", "N", 4)]), "c1")
        assert [load[-1] for load in loads(warehouse)] == ["replaced", "in_force", "in_force"]


def test_without_a_key_a_newer_file_of_the_same_name_replaces_and_other_names_add(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(KEYLESS, delivered("one.csv", A, KEYLESS), "c1")
        warehouse.land(KEYLESS, delivered("two.csv", A[:1] + B, KEYLESS), "c1")
        assert in_force(warehouse, "answers") == [
            ("a", "N", 1), ("a", "N", 1), ("a", "N", 5), ("b", "S", 2), ("c", "S", 3),
        ]  # fmt: skip
        load = warehouse.land(KEYLESS, delivered("one.csv", [("d", "N", 4)], KEYLESS), "c1")
        assert (load.rows_accepted, load.rows_superseded) == (1, 2)
        assert in_force(warehouse, "answers") == [("a", "N", 1), ("a", "N", 5), ("c", "S", 3), ("d", "N", 4)]
        assert [load[-1] for load in loads(warehouse)] == ["replaced", "in_force", "in_force"]


@pytest.mark.parametrize("table", [PEOPLE, KEYLESS], ids=["keyed", "keyless"])
def test_a_correction_undone_by_delivering_the_older_content_wins(workspace: Workspace, table: Table):
    other = [("a", "N", 5), ("b", "S", 5)]
    with open_warehouse(workspace) as warehouse:
        first = warehouse.land(table, delivered("p.csv", A, table), "c1")
        snapshot = warehouse.snapshot_id()
        warehouse.land(table, delivered("p.csv", other, table), "c1")
        assert in_force(warehouse, table.id) == other and warehouse.snapshot_id() != snapshot
        back = warehouse.land(table, delivered("p.csv", A, table), "c1")
        assert in_force(warehouse, table.id) == A and warehouse.snapshot_id() == snapshot
        assert back.status == "landed" and back.load_id != first.load_id
        assert [load[-1] for load in loads(warehouse)] == ["replaced", "replaced", "in_force"]
        assert warehouse.land(table, delivered("p.csv", A, table), "c1").status == "unchanged"


def test_a_name_that_takes_over_another_names_content_does_not_double_it(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(KEYLESS, delivered("one.csv", A, KEYLESS), "c1")
        warehouse.land(KEYLESS, delivered("two.csv", B, KEYLESS), "c1")
        warehouse.land(KEYLESS, delivered("two.csv", A, KEYLESS), "c1")
        assert in_force(warehouse, "answers") == A
        for name in ("one.csv", "two.csv"):
            assert warehouse.land(KEYLESS, delivered(name, A, KEYLESS), "c1").status == "unchanged"


def test_repeated_keys_in_one_delivery_keep_the_first_row_and_tell_a_copy_from_a_contradiction(workspace: Workspace):
    sent = [("a", "N", 1), ("a", "N", 1), ("a", "S", 2), (None, "N", 3), ("b", "S", 2), (None, "N", 3)]
    with open_warehouse(workspace) as warehouse:
        load = warehouse.land(PEOPLE, delivered("p.csv", sent), "c1")
        assert in_force(warehouse) == [("a", "N", 1), ("b", "S", 2)]
        assert (load.rows_read, load.rows_accepted, load.rows_refused) == (6, 2, 4)
        assert [(refusal.row, refusal.column, refusal.rule) for refusal in load.refused] == [
            (3, "id", "duplicate-row"), (4, "id", "duplicate-key"), (5, "id", "missing-key"), (7, "id", "missing-key"),
        ]  # fmt: skip
        kept = rows(warehouse, "select row_number, rule, what_it, what_en from core.refused order by row_number")
        assert kept[1] == (
            4, "duplicate-key",
            "la stessa chiave (id) sta già alla riga 2 di questo file, con altri valori",
            "the same key (id) already stands in row 2 of this file, with other values",
        )  # fmt: skip
        assert len(rows(warehouse, "select * from raw.people")) == 6


def test_refusals_are_kept_with_place_rule_and_remedy_and_count_rows_not_reasons(workspace: Workspace):
    refused = [Refusal(3, "trust", "out-of-range"), Refusal(3, "area", "unknown-code")]
    with open_warehouse(workspace) as warehouse:
        load = warehouse.land(PEOPLE, delivered("p.csv", A, refused=refused), "c1")
        kept = rows(warehouse, "select * exclude (load_id) from core.refused order by column_name")
        assert kept == [
            ("people", "p.csv", 3, column, rule, "fuori dai limiti", "outside the limits", "correggere", "correct it")
            for column, rule in (("area", "unknown-code"), ("trust", "out-of-range"))
        ]
        assert (load.rows_read, load.rows_accepted, load.rows_refused) == (2, 1, 1)
        assert in_force(warehouse) == [("a", "N", 1)]


def test_a_delivery_whose_rows_are_all_refused_is_in_force_until_its_name_moves_on(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("p.csv", [("a",)], refused=[Refusal(2, "id", "x")]), "c1")
        assert loads(warehouse) == [("p.csv", 1, 0, 0, 1, "in_force")]
        warehouse.land(PEOPLE, delivered("p.csv", A), "c1")
        assert [load[-1] for load in loads(warehouse)] == ["replaced", "in_force"]


def test_new_columns_widen_raw_and_capitals_alone_do_not_lose_a_column(workspace: Workspace):
    names = ["ID", "Area", "trust", "met", "active", "spent"]
    odd = ["ID", "id", "Trust", "", "_load_id", "Età «x»"]
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("one.csv", A, headers=names), "c1")
        warehouse.land(PEOPLE, delivered("two.csv", [("c", "N", 3, "2024-01-01", True, 1.0)], headers=odd), "c1")
        assert rows(warehouse, 'select "ID", "id_2", trust, column_4, "_load_id_2", "Età «x»" from raw.people') == [
            ("a", None, "1", None, None, None),
            ("b", None, "2", None, None, None),
            ("c", "N", "3", "2024-01-01", "True", "1.0"),
        ]


def test_a_first_look_lands_nothing_and_says_exactly_what_landing_would(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("one.csv", A), "c1")
        before = state(warehouse)
        seen = warehouse.land(PEOPLE, delivered("two.csv", B), "c1", dry_run=True)
        assert state(warehouse) == before
        done = warehouse.land(PEOPLE, delivered("two.csv", B), "c1")
        assert (seen.load_id, seen.rows_accepted, seen.rows_superseded) == (done.load_id, 2, 1)


def test_a_fault_in_the_middle_leaves_everything_as_it_was(workspace: Workspace):
    class Broken(Refusal):
        def what(self, language: str) -> str:
            raise MemoryError

    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("one.csv", A), "c1")
        before = state(warehouse)
        with pytest.raises(MemoryError):  # after core, history and raw are written
            warehouse.land(PEOPLE, delivered("two.csv", B, refused=[Broken(9, "trust", "x")]), "c1")
        assert state(warehouse) == before
        assert warehouse.land(PEOPLE, delivered("two.csv", B), "c1").rows_superseded == 1


def test_typed_columns_of_every_kind_arrive_with_their_missing_values(workspace: Workspace):
    late = [(f"p{i}", None, None, None, None, None) for i in range(3000)]
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("p.csv", [*late, ("z", "N", 2**53 + 1, "2024-01-01", False, 0.1)]), "c1")
        assert rows(warehouse, "select * exclude (_load_id, _row) from core.people where id = 'z'") == [
            ("z", "N", 2**53 + 1, dt.date(2024, 1, 1), False, 0.1)
        ]
        nulls = "select count(trust), count(met), count(active), count(spent) from core.people"
        assert rows(warehouse, nulls) == [(1, 1, 1, 1)]


def test_tables_and_columns_say_what_they_hold(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("p.csv", A), "c1")
        comments = dict(
            rows(warehouse, "select column_name, comment from duckdb_columns() where table_name = 'people' and"
                 " schema_name = 'core'")
        )  # fmt: skip
        (table,) = rows(
            warehouse, "select comment from duckdb_tables() where schema_name = 'core' and table_name = 'people'"
        )
        assert comments["trust"] == "Trust / Fiducia" and comments["spent"] == "[EUR]"
        assert comments["area"] == "(N = North; S = South)"
        assert "People supported" in table[0] and "Persone seguite" in table[0]


# A changed contract --------------------------------------------------------------------------------------------------

WIDER = Table("people", "register", Text("People"), (*PEOPLE.columns, Column("city", "text")), key=("id",))


def test_a_changed_contract_reads_every_delivery_again_in_one_transaction(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        first = warehouse.land(PEOPLE, delivered("one.csv", A), "c1")
        warehouse.land(PEOPLE, delivered("two.csv", B), "c1")
        with pytest.raises(ContractChanged):
            warehouse.land(WIDER, delivered("one.csv", A, WIDER), "c2")
        assert warehouse.contract("people") == "c1" and len(warehouse.deliveries("people")) == 2
        again = [_as(delivered("one.csv", A, WIDER), delivered("one.csv", A)),
                 _as(delivered("two.csv", B, WIDER), delivered("two.csv", B))]  # fmt: skip
        with warehouse.replacing(WIDER, "c2") as source:
            landed = [source.land(delivery) for delivery in again]
        assert rows(warehouse, "select id, trust, city from core.people order by id") == [
            ("a", 5, None), ("b", 2, None), ("c", 3, None),
        ]  # fmt: skip
        assert landed[0].load_id == first.load_id and landed[0].loaded_at == first.loaded_at
        assert warehouse.contract("people") == "c2"
        assert len(rows(warehouse, "select * from raw.people")) == 4
        assert rows(warehouse, "select id, trust from core.people__history") == [("a", 1)]
        assert [load[-1] for load in loads(warehouse)] == ["in_force", "in_force"]


def _as(delivery: Delivery, known: Delivery) -> Delivery:
    """The same file read by another contract: other rows, same content."""
    import dataclasses

    return dataclasses.replace(delivery, sha256=known.sha256)


def test_empty_tables_made_by_an_earlier_contract_do_not_stand_in_the_way(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.prepare(PEOPLE)
        assert in_force(warehouse) == []
        warehouse.land(WIDER, delivered("p.csv", [(*A[0], None, None, None, "Torino")], WIDER), "c2")
        warehouse.prepare(WIDER)
        assert rows(warehouse, "select id, city from core.people") == [("a", "Torino")]


def test_a_delivery_in_force_that_is_gone_stops_the_change_and_names_the_file(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("one.csv", A), "c1")
        warehouse.land(PEOPLE, delivered("two.csv", B), "c1")
        before = state(warehouse)
        with pytest.raises(ProblemsFound) as found, warehouse.replacing(WIDER, "c2") as source:
            source.land(_as(delivered("two.csv", B, WIDER), delivered("two.csv", B)))
        assert [(problem.code, problem.place.file) for problem in found.value.problems] == [
            ("delivery-missing", "data/people/one.csv")
        ]
        assert state(warehouse) == before


def test_replaced_deliveries_that_are_gone_stay_on_record_without_their_identifiers(workspace: Workspace):
    person = Table("people", "register", Text("People"), (Column("id", "person", header="ID"), *PEOPLE.columns[1:]))
    plain = Table("people", "register", Text("People"), PEOPLE.columns)
    with open_warehouse(workspace) as warehouse:
        warehouse.land(plain, delivered("p.csv", A, plain), "c1")
        warehouse.land(plain, delivered("p.csv", B, plain), "c1")
        with warehouse.replacing(person, "c2") as source:
            source.land(delivered("p.csv", B, person))
        assert [(load[0], load[-1]) for load in loads(warehouse)] == [("p.csv", "replaced"), ("p.csv", "in_force")]
        assert warehouse.contract("people") == "c2"
        assert rows(warehouse, 'select "ID", "Area" from raw.people where "ID" is null order by _row') == [
            (None, "N"), (None, "S"),
        ]  # fmt: skip
        assert warehouse.land(person, delivered("p.csv", B, person), "c2").status == "unchanged"


# Snapshots -----------------------------------------------------------------------------------------------------------


def test_the_snapshot_is_the_content_in_force_and_no_clock_or_name(tmp_path: Path):
    def snapshot(folder: str, *deliveries: Delivery, table: Table = KEYLESS, contract: str = "c1") -> str:
        with open_warehouse(Workspace(tmp_path / folder)) as warehouse:
            for delivery in deliveries:
                warehouse.land(table, delivery, contract)
            return warehouse.snapshot_id()

    one, two = delivered("one.csv", A, KEYLESS), delivered("two.csv", B, KEYLESS)
    assert snapshot("a", one, two) == snapshot("b", two, one) == snapshot("c", delivered("x.csv", A, KEYLESS), two)
    assert snapshot("a") != snapshot("d", one) != snapshot("e", one, contract="c2")
    assert snapshot("f", one, two, table=PEOPLE) != snapshot("g", two, one, table=PEOPLE)
    assert len(snapshot("a")) == 16


# Tables Python computes ----------------------------------------------------------------------------------------------


def test_replace_takes_exactly_the_columns_of_the_model_in_any_order(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        frame = pd.DataFrame({"element_id": ["O"], "position": [1], "kind": ["outcome"]})
        warehouse.replace("coverage", frame)
        warehouse.replace("coverage", frame.assign(element_id="P"))
        assert rows(warehouse, "select * from core.coverage") == [("P", "outcome", 1)]
        for wrong in (frame.drop(columns="kind"), frame.assign(more=1)):
            with pytest.raises(ValueError, match=r"core\.coverage"):
                warehouse.replace("coverage", wrong)
        with pytest.raises(ValueError, match="written by landing"):
            warehouse.replace("loads", frame)
        with pytest.raises(KeyError):
            warehouse.replace("nothing", frame)
        with pytest.raises(ValueError):
            warehouse.replace_all({"coverage": frame.head(0), "measures": frame})
        assert rows(warehouse, "select * from core.coverage") == [("P", "outcome", 1)]


def test_objects_nulls_and_dates_become_the_types_of_the_model(workspace: Workspace):
    periods = [("2024", "year", dt.date(2024, 1, 1), dt.date(2024, 12, 31), 1), ("all", "all", None, None, None)]
    frame = pd.DataFrame(periods, columns=["period", "level", "start_date", "end_date", "position"], dtype=object)
    with open_warehouse(workspace) as warehouse:
        warehouse.replace("periods", frame)
        assert rows(warehouse, "select * from core.periods order by period") == periods


# Opening -------------------------------------------------------------------------------------------------------------


def test_every_framework_table_is_there_and_no_source_may_have_its_name(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        found = rows(
            warehouse,
            "select table_name, column_name, lower(data_type) from duckdb_columns() where schema_name = 'core'"
            " order by table_name, column_index",
        )
    tables = models("core").values()
    assert found == [(table.name, column.name, column.type) for table in tables for column in table.columns]
    assert reserved_names() == {table.name for table in tables} > {"loads", "refused", "indicator_values"}


def test_a_warehouse_of_an_older_version_grows_and_keeps_its_loads(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.land(PEOPLE, delivered("p.csv", A), "c1")
        warehouse.connection.execute("alter table core.loads drop column size")
        warehouse.connection.execute("alter table core.measures drop column is_qualitative")
    with open_warehouse(workspace) as warehouse:
        assert rows(warehouse, "select file_name, size from core.loads") == [("p.csv", None)]
        assert rows(warehouse, "select is_qualitative from core.measures") == []


def test_a_second_run_is_told_since_when_the_first_one_writes(workspace: Workspace):
    with open_warehouse(workspace), pytest.raises(ProblemsFound) as found, open_warehouse(workspace):
        pytest.fail("two at once")
    (problem,) = found.value.problems
    assert problem.code == "warehouse-busy" and str(dt.date.today().year) in problem.message("en")
    with open_warehouse(workspace) as warehouse:
        assert rows(warehouse, "select 1") == [(1,)]


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"x" * 20000])
def test_a_file_that_is_no_database_is_told(workspace: Workspace, content: bytes):
    workspace.warehouse.mkdir()
    workspace.impact_database.write_bytes(content)
    if content:
        with pytest.raises(ProblemsFound) as found, open_warehouse(workspace):
            pytest.fail("opened")
        assert [problem.code for problem in found.value.problems] == ["warehouse-unreadable"]
    else:
        with open_warehouse(workspace) as warehouse:
            assert rows(warehouse, "select count(*) from core.loads") == [(0,)]


def test_a_folder_or_a_file_in_the_way_is_told(workspace: Workspace):
    workspace.warehouse.write_text("a file where the folder should be")
    with pytest.raises(ProblemsFound) as found, open_warehouse(workspace):
        pytest.fail("opened")
    assert [problem.code for problem in found.value.problems] == ["warehouse-not-accessible"]
    workspace.warehouse.unlink()
    workspace.impact_database.mkdir(parents=True)
    with pytest.raises(ProblemsFound) as found, open_warehouse(workspace):
        pytest.fail("opened")
    assert [problem.code for problem in found.value.problems] == ["warehouse-not-accessible"]


def test_a_database_open_in_another_program_is_told(workspace: Workspace):
    with open_warehouse(workspace):
        pass
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(workspace.impact_database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "open\n"
        with pytest.raises(ProblemsFound) as found, open_warehouse(workspace):
            pytest.fail("opened")
        other.stdin.close()
    assert [problem.code for problem in found.value.problems] == ["warehouse-open-elsewhere"]


def test_a_python_variable_is_never_taken_for_a_table(workspace: Workspace):
    people = pd.DataFrame({"a": [1]})
    with connect(":memory:") as connection, pytest.raises(Exception, match="does not exist"):
        connection.execute("select * from people").fetchall()
    assert len(people) == 1


# Dying ---------------------------------------------------------------------------------------------------------------


def killed(workspace: Workspace, between: str, seed: int) -> None:
    """Let another process land deliveries, and kill it some moment after the first."""
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
    with subprocess.Popen(
        [sys.executable, str(here / "land_forever.py"), str(workspace.root), between],
        stdout=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "1\n"
        time.sleep(random.Random(seed).uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)


def holds_whole_deliveries(warehouse: Warehouse) -> int:
    """How many deliveries have landed, each of them whole."""
    number = len(loads(warehouse))
    current = "select count(*), count(distinct _load_id), min(spent), max(spent) from core.people"
    assert rows(warehouse, current) == [(ROWS, 1, number, number)]
    assert rows(warehouse, "select count(*) from raw.people") == [(ROWS * number,)]
    assert [load[-1] for load in loads(warehouse)] == ["replaced"] * (number - 1) + ["in_force"]
    return number


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_the_warehouse_holds_whole_deliveries_only(workspace: Workspace, seed: int):
    killed(workspace, "publish", seed)
    published = query(workspace.published_database, "select count(*), sum(rows_accepted) from loads")[1]
    with open_warehouse(workspace) as warehouse:
        number = holds_whole_deliveries(warehouse)
        assert rows(warehouse, "select count(*) from core.people__history") == [(ROWS * (number - 1),)]
        assert published in ([(k, k * ROWS)] for k in (number - 1, number))
        assert not list(workspace.warehouse.glob("*.building-*"))
        warehouse.publish()
    assert query(workspace.published_database, "select count(*) from loads")[1] == [(number,)]


@pytest.mark.parametrize("seed", range(3))
def test_killed_while_reading_everything_again_a_source_is_wholly_under_one_contract(workspace: Workspace, seed: int):
    killed(workspace, "again", seed)
    with open_warehouse(workspace) as warehouse:
        number = holds_whole_deliveries(warehouse)
        assert warehouse.contract("people") in (f"contract {number - 1}", f"contract {number}")
        latest = warehouse.deliveries("people")[-1]
        assert latest["status"] == "in_force" and latest["contract_fingerprint"] == warehouse.contract("people")
