"""A snapshot says all its source has: what it changes is superseded, what it lacks is gone, the rest just stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arriving import KEYLESS, PEOPLE, Delivery, Refusal, delivered

from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
from theory_of_change.tables import Column
from warehouse.store import open_warehouse

BEFORE = [("a", "N", 1), ("b", "N", 2), ("c", "S", 3), ("d", "S", 4)]


def snapshot(
    rows: list[tuple], table=KEYLESS, refused: tuple[Refusal, ...] = (), without: tuple[int, ...] = ()
) -> Delivery:
    """The rows as one state of a source, without the rows numbered in `without`."""
    made = delivered("state.json", rows, table, refused)
    kept = [frame[~frame["_row"].isin(without)] for frame in (made.raw, made.core)]
    sha256 = made.sha256[:32] + f"{without}".encode().hex().ljust(32, "0")[:32]
    return replace(made, raw=kept[0], core=kept[1], sha256=sha256, is_snapshot=True)


@pytest.mark.parametrize("table", [KEYLESS, replace(PEOPLE, id="answers")], ids=["without key", "with key"])
def test_history_holds_what_changed_left_or_was_refused_and_why(workspace: Workspace, table) -> None:
    now = [("a", "N", 1), ("b", "N", 5), ("c", "S", 3), ("d", "S", 4)]
    with open_warehouse(workspace) as warehouse:
        warehouse.land(table, snapshot(BEFORE, table), "f1")
        load = warehouse.land(table, snapshot(now, table, (Refusal(4, "trust", "out-of-range"),), without=(5,)), "f1")
        ask = warehouse.connection.execute
        assert (load.rows_accepted, load.rows_superseded, load.rows_gone, load.rows_refused) == (2, 2, 1, 1)
        assert ask('select id, trust, _reason from core."answers__history" order by id').fetchall() == [
            ("b", 2, "superseded"), ("c", 3, "refused"), ("d", 4, "gone")
        ]  # fmt: skip
        assert ask("select id, trust from core.answers order by id").fetchall() == [("a", 1), ("b", 5)]
        assert ask("select distinct _load_id from core.answers").fetchall() == [(load.load_id,)]
        assert [row["rows_gone"] for row in warehouse.deliveries("answers")] == [0, 1]


def test_rows_of_other_files_are_no_business_of_a_snapshot(workspace: Workspace) -> None:
    with open_warehouse(workspace) as warehouse:
        warehouse.land(KEYLESS, delivered("paper.csv", [("p", "N", 1)]), "f1")
        warehouse.land(KEYLESS, snapshot(BEFORE), "f1")
        warehouse.land(KEYLESS, snapshot([]), "f1")
        assert warehouse.connection.execute("select id from core.answers").fetchall() == [("p",)]


def test_a_changed_contract_needs_the_newest_snapshot_only(workspace: Workspace) -> None:
    """The file of the earlier one was replaced; a delivery that is no snapshot is missed as ever."""
    with open_warehouse(workspace) as warehouse:
        warehouse.land(KEYLESS, snapshot(BEFORE), "f1")
        with warehouse.replacing(KEYLESS, "f2") as landing:
            landing.land(snapshot(BEFORE[:2]))
        assert warehouse.connection.execute("select id from core.answers order by id").fetchall() == [("a",), ("b",)]
        warehouse.land(KEYLESS, delivered("paper.csv", [("p", "N", 1)]), "f2")
        with pytest.raises(ProblemsFound), warehouse.replacing(KEYLESS, "f3") as landing:
            landing.land(snapshot(BEFORE[:1]))


def test_raw_keeps_what_ever_arrived_once_and_names_the_last_load_that_brought_it(workspace: Workspace) -> None:
    """Thirty nights in which one of four rows changes cost thirty rows, not a hundred and twenty."""
    with open_warehouse(workspace) as warehouse:
        loads = [
            warehouse.land(KEYLESS, snapshot([*BEFORE[:3], ("d", "S", night % 5)]), "f1").load_id for night in range(30)
        ]
        raw = "select _load_id, ID, trust from raw.answers order by ID, _load_id = ? desc"
        kept = warehouse.connection.execute(raw, [loads[-1]]).fetchall()
        assert kept[:4] == [(loads[-1], "a", "1"), (loads[-1], "b", "2"), (loads[-1], "c", "3"), (loads[-1], "d", "4")]
        assert sorted(kept[4:]) == sorted((load, "d", str(night % 5)) for night, load in enumerate(loads[:-1]))
        gone = warehouse.connection.execute(
            "select raw.trust = cast(history.trust as varchar) from core.answers__history as history"
            " inner join raw.answers as raw using (_load_id, _row)"
        ).fetchall()
        assert gone == [(True,)] * 29  # what history says arrived in a load is there in raw, in that load


def test_a_column_that_comes_or_goes_is_a_change_of_the_rows_that_have_it(workspace: Workspace) -> None:
    with open_warehouse(workspace) as warehouse:
        first = warehouse.land(KEYLESS, snapshot(BEFORE[:2]), "f1")
        wider = snapshot(BEFORE[:2])
        wider = replace(wider, raw=wider.raw.assign(note=[None, "new"]), sha256="1" * 64)
        second = warehouse.land(KEYLESS, wider, "f1")
        ask = warehouse.connection.execute
        raw = "select ID, note, _load_id from raw.answers order by ID, note nulls first, _load_id = ?"
        assert ask(raw, [second.load_id]).fetchall() == [
            ("a", None, second.load_id), ("b", None, first.load_id), ("b", "new", second.load_id)
        ]  # fmt: skip
        third = warehouse.land(KEYLESS, replace(snapshot(BEFORE[:2]), sha256="2" * 64), "f1")
        assert ask(raw, [third.load_id]).fetchall() == [
            ("a", None, third.load_id), ("b", None, first.load_id), ("b", None, third.load_id),
            ("b", "new", second.load_id),
        ]  # fmt: skip


def test_a_state_that_comes_back_is_not_kept_twice(workspace: Workspace) -> None:
    other = [*BEFORE[:3], ("d", "S", 1)]
    with open_warehouse(workspace) as warehouse:
        for rows in (BEFORE, other, BEFORE, other, BEFORE):
            last = warehouse.land(KEYLESS, snapshot(rows), "f1").load_id
        counts = warehouse.connection.execute(
            "select ID, count(*), count(*) filter (where _load_id = ?) from raw.answers group by ID order by ID", [last]
        ).fetchall()
        assert counts == [("a", 1, 1), ("b", 1, 1), ("c", 1, 1), ("d", 5, 1)]


def test_a_row_that_stays_refused_is_refused_once(workspace: Workspace) -> None:
    refused = (Refusal(4, "trust", "out-of-range"),)
    with open_warehouse(workspace) as warehouse:
        for night in range(3):
            last = warehouse.land(KEYLESS, snapshot([*BEFORE[:3], ("d", "S", night)], refused=refused), "f1")
        told = warehouse.connection.execute("select load_id, row_number from core.refused").fetchall()
        assert told == [(last.load_id, 4)]


def test_a_weight_written_later_is_no_change_of_the_answer(workspace: Workspace) -> None:
    weight = Column("final_weight", "number", computed=True)
    table = replace(KEYLESS, columns=(*KEYLESS.columns, weight))
    with open_warehouse(workspace) as warehouse:
        warehouse.land(table, snapshot(BEFORE, table), "f1")
        rows = warehouse.connection.execute("select _load_id, _row, 1.5 as weight from core.answers").df()
        warehouse.write_column(table, "final_weight", rows)
        load = warehouse.land(table, snapshot([*BEFORE[:3], ("d", "S", 1)], table), "f1")
        assert (load.rows_superseded, load.rows_gone) == (1, 0)
