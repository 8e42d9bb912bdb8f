"""A published value that a new definition takes the place of stays known, beside the new one."""

from __future__ import annotations

from publishing import keep, value

from theory_of_change.programme import Workspace
from warehouse.querying import query
from warehouse.store import open_warehouse

FIRST = {"theory_version": "1.0.0", "definition_id": "aaaa"}
SECOND = {"theory_version": "1.1.0", "definition_id": "bbbb"}
SAID = (
    "select period, category, theory_version_before, status_before, value_before, theory_version, status, value"
    " from out.revisions order by period, category"
)


def suppressed(indicator: str, period: str, category: str, **more: object) -> dict[str, object]:
    return value(indicator, period, None, "area", category, **more) | {"status": "suppressed", "n": None}


def run(workspace: Workspace, *values: dict[str, object]) -> list[tuple]:
    with open_warehouse(workspace) as warehouse:
        keep(warehouse, indicator_values=values)
        warehouse.publish()
    return [tuple(row) for row in query(workspace.published_database, SAID)[1]]


def test_the_same_definition_leaves_no_revision_whatever_the_data_do(workspace: Workspace) -> None:
    assert run(workspace, value("IN-A", "2024-H1", 0.5, **FIRST)) == []
    assert run(workspace, value("IN-A", "2024-H1", 0.6, **FIRST)) == []


def test_a_new_definition_keeps_each_published_value_beside_its_successor(workspace: Workspace) -> None:
    old = [value("IN-A", "2024-H1", 0.5, **FIRST), value("IN-A", "2024-H2", None, **FIRST),
           value("IN-B", "2024-H1", 3.0, **FIRST)]  # fmt: skip
    new = [value("IN-A", "2024-H1", 0.7, **SECOND), value("IN-A", "2024-H2", 0.8, **SECOND),
           value("IN-B", "2024-H1", 3.0, **FIRST | {"theory_version": "1.1.0"})]  # fmt: skip
    assert run(workspace, *old) == []
    revised = [("2024-H1", "all", "1.0.0", "ok", 0.5, "1.1.0", "ok", 0.7)]
    assert run(workspace, *new) == revised, "no data before is nothing to revise, a new version alone neither"
    assert run(workspace, *new) == revised, "and the next run adds none"


def test_what_small_groups_hide_is_not_told_by_its_past(workspace: Workspace) -> None:
    run(workspace, value("IN-A", "2024-H1", 0.1, "area", "north", **FIRST),
        suppressed("IN-A", "2024-H1", "south", **FIRST))  # fmt: skip
    told = run(workspace, suppressed("IN-A", "2024-H1", "north", **SECOND),
               value("IN-A", "2024-H1", 0.3, "area", "south", **SECOND))  # fmt: skip
    assert told == [
        ("2024-H1", "north", "1.0.0", "ok", None, "1.1.0", "suppressed", None),
        ("2024-H1", "south", "1.0.0", "suppressed", None, "1.1.0", "ok", 0.3),
    ]


def test_a_revision_kept_before_its_groups_grew_small_is_hidden_too(workspace: Workspace) -> None:
    run(workspace, value("IN-A", "2024-H1", 0.1, "area", "north", **FIRST))
    assert run(workspace, value("IN-A", "2024-H1", 0.2, "area", "north", **SECOND))[0][4] == 0.1
    assert run(workspace, suppressed("IN-A", "2024-H1", "north", **SECOND)) == [
        ("2024-H1", "north", "1.0.0", "ok", None, "1.1.0", "ok", None)
    ]
