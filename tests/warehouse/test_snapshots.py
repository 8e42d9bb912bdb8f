"""A snapshot says all its source has: what it changes is superseded, what it lacks is gone, the rest just stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arriving import KEYLESS, PEOPLE, Delivery, Refusal, delivered

from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
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
