"""Tables that keep their rows from one run to the next: each key once, what is there already stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse
from warehouse.versions import stored_definitions, stored_versions

FIRST, LATER = dt.datetime(2026, 1, 1, 9), dt.datetime(2026, 2, 1, 9)


def version(number: str, content: str, moment: dt.datetime, **more: Any) -> dict[str, Any]:
    said = {"theory": "{}", "programme": "{}", "contracts": "{}", "contracts_hash": "c", "n_indicators": 1}
    return {"version": number, "content_hash": content, "first_run_at": moment, "last_run_at": moment, **said, **more}


def definition(name: str, number: str, moment: dt.datetime) -> dict[str, Any]:
    return {
        "definition_id": name,
        "indicator_id": "IN",
        "theory_version": number,
        "content_hash": "h",
        "definition": f'{{"of": "{number}"}}',
        "rests_on": "{}",
        "first_run_at": moment,
    }


def test_a_version_is_kept_once_and_says_when_it_was_run_last(workspace: Workspace) -> None:
    with open_warehouse(workspace) as warehouse:
        warehouse.keep({"theory_versions": [version("1.0.0", "a", FIRST)]}, renew=["last_run_at"])
    with open_warehouse(workspace) as warehouse:  # kept from one opening to the next
        again = version("1.0.0", "a", LATER, n_indicators=9)
        warehouse.keep({"theory_versions": [again]}, renew=["last_run_at"])
        warehouse.publish()
    (stored,) = stored_versions(workspace.published_database)
    assert (stored.first_run_at, stored.last_run_at) == (FIRST, LATER)
    with open_warehouse(workspace) as warehouse:
        assert warehouse.connection.execute("select n_indicators from core.theory_versions").fetchall() == [(1,)]


def test_one_number_with_two_contents_shows(workspace: Workspace) -> None:
    rows = [version("1.0.0", "a", LATER), version("1.0.0", "b", FIRST), version("1.1.0", "c", FIRST)]
    with open_warehouse(workspace) as warehouse:
        warehouse.keep({"theory_versions": rows})
        warehouse.publish()
    found = [(one.version, one.content_hash, one.n_contents) for one in stored_versions(workspace.published_database)]
    assert sorted(found) == [("1.0.0", "a", 2), ("1.0.0", "b", 2), ("1.1.0", "c", 1)]
    assert found[-1][:2] == ("1.0.0", "a"), "the one run last is the last"


def test_a_definition_resolves_by_its_id_and_by_its_indicator(workspace: Workspace) -> None:
    rows = [definition("d1", "1.0.0", FIRST), definition("d1", "1.1.0", LATER), definition("d2", "2.0.0", LATER)]
    with open_warehouse(workspace) as warehouse:
        warehouse.keep({"definitions": rows})
        warehouse.keep({"definitions": rows})
        warehouse.publish()
    by_id = stored_definitions(workspace.published_database, "d1")
    assert [(one.theory_version, one.definition) for one in by_id] == [("1.0.0", '{"of": "1.0.0"}'),
                                                                      ("1.1.0", '{"of": "1.1.0"}')]  # fmt: skip
    by_indicator = stored_definitions(workspace.published_database, "IN")
    assert [one.definition_id for one in by_indicator] == ["d1", "d1", "d2"]
    assert stored_definitions(workspace.published_database, "d9") == []


def test_all_rows_are_kept_or_none(workspace: Workspace) -> None:
    wrong = definition("d1", "1.0.0", FIRST) | {"unknown": 1}
    with open_warehouse(workspace) as warehouse:
        with pytest.raises(ValueError, match="unknown"):
            warehouse.keep({"theory_versions": [version("1.0.0", "a", FIRST)], "definitions": [wrong]})
        assert warehouse.connection.execute("select count(*) from core.theory_versions").fetchone() == (0,)


def test_tables_that_are_kept_are_never_replaced_and_others_never_kept(workspace: Workspace) -> None:
    with open_warehouse(workspace) as warehouse:
        with pytest.raises(ValueError, match=r"core\.theory_versions"):
            warehouse.replace("theory_versions", pd.DataFrame([version("1.0.0", "a", FIRST)]))
        with pytest.raises(ValueError, match=r"core\.links"):
            warehouse.keep({"links": [{"link_id": "L"}]})


def test_nothing_published_holds_no_versions(workspace: Workspace) -> None:
    assert stored_versions(workspace.published_database) == []
    assert stored_definitions(workspace.published_database, "IN") == []
