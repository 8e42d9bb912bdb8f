"""What is published is only `out`, appears in one step, and survives a full disk and readers at work."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from arriving import PEOPLE, delivered
from publishing import keep, value

from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
from warehouse.modelling import models
from warehouse.store import Warehouse, connect, open_warehouse, query


def published(workspace: Workspace, sql: str) -> list[tuple]:
    return query(workspace.published_database, sql)[1]


def filled(warehouse: Warehouse, values: int = 3) -> None:
    warehouse.land(PEOPLE, delivered("p.csv", [("somebody-1", "N", 1), ("somebody-2", "S", 2)]), "c1")
    keep(
        warehouse,
        indicator_values=[value("I", "2024-H1", number / 10, "area", f"c{number}") for number in range(values)],
        indicators=[{"indicator_id": "I", "title": "i", "position": 1}],
        measures=[{"indicator_id": "I", "element_id": "O", "is_qualitative": False},
                  {"indicator_id": "J", "element_id": "P", "is_qualitative": True}],
        coverage=[{"element_id": name, "kind": "outcome", "position": place} for place, name in enumerate("OPQ")],
    )  # fmt: skip


def test_only_the_published_tables_are_in_the_file(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        filled(warehouse)
        path = warehouse.publish()
    with connect(path, read_only=True) as connection:
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables() union"
            " select schema_name, view_name from duckdb_views() where not internal order by all"
        ).fetchall()
        columns = connection.execute("select table_name, column_name, lower(data_type) from duckdb_columns()"
                                     " where not internal order by table_name, column_index").fetchall()  # fmt: skip
        schemas = connection.execute("select schema_name from duckdb_schemas() where not internal").fetchall()
    assert found == [("out", name) for name in models("out")]
    assert columns == [(t.name, c.name, c.type) for t in models("out").values() for c in t.columns]
    assert set(schemas) - {("main",)} == {("out",)}
    content = path.read_bytes()
    assert b"somebody-1" not in content and b"somebody-2" not in content


def test_every_table_and_column_carries_its_meaning_as_a_comment_and_in_the_dictionary(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.publish()
    comments = dict(published(workspace, "select table_name, comment from duckdb_tables()"))
    for table in models("out").values():
        assert table.description["it"] in comments[table.name] and table.description["en"] in comments[table.name]
    for name, column, comment in published(
        workspace, "select table_name, column_name, comment from duckdb_columns() where schema_name = 'out'"
    ):
        (meant,) = [c for c in models("out")[name].columns if c.name == column]
        assert meant.description["it"] in comment and meant.description["en"] in comment
    dictionary = published(workspace, "select table_name, column_name, type, unit, description_it from dictionary")
    assert dictionary == [
        (t.name, c.name, c.type, c.unit, c.description["it"]) for t in models("out").values() for c in t.columns
    ]


def test_coverage_counts_indicators_and_those_with_data(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        filled(warehouse)
        warehouse.publish()
    assert published(workspace, "select * from coverage") == [
        ("O", "outcome", 1, 1, 0, None),
        ("P", "outcome", 1, 0, 1, "no_data"),
        ("Q", "outcome", 0, 0, 0, "not_measured"),
    ]  # fmt: skip


def test_a_suppressed_value_is_data_and_an_empty_one_is_not(workspace: Workspace):
    values = [value("I", "2024-H1", None, status="suppressed"), value("I", "2024-H2", None), value("I", "all", 0.1)]
    with open_warehouse(workspace) as warehouse:
        keep(warehouse, indicator_values=values)
        warehouse.publish()
    assert published(workspace, "select period, has_data from periods order by position") == [
        ("2024-H1", True), ("2024-H2", False), ("2025-H1", False), ("2025-H2", False), ("2024", False),
        ("2025", False), ("all", True),
    ]  # fmt: skip


def test_the_same_inputs_give_the_same_rows_in_the_same_order(tmp_path: Path):
    found = []
    for folder in ("one", "two"):
        workspace = Workspace(tmp_path / folder)
        with open_warehouse(workspace) as warehouse:
            filled(warehouse)
            warehouse.publish()
            warehouse.publish()
        tables = {name: published(workspace, f'select * from "{name}"') for name in models("out") if name != "loads"}
        tables["loads"] = published(workspace, "select * exclude (loaded_at) from loads")
        found.append(tables)
    assert found[0] == found[1] and len(found[0]["indicator_values"]) == 3


def test_a_reader_keeps_the_state_it_opened_while_the_next_one_takes_its_place(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        filled(warehouse, 3)
        path = warehouse.publish()
        read = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); count = lambda: print(" \
               "c.execute('select count(*) from out.indicator_values').fetchone()[0], flush=True);" \
               " count(); sys.stdin.readline(); count()"  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-c", read, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdout.readline() == "3\n"
            filled(warehouse, 5)
            warehouse.publish()
            assert query(path, "select count(*) from indicator_values")[1] == [(5,)]
            assert reader.communicate("\n")[0] == "3\n"


def test_what_an_interrupted_publication_left_is_removed(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.publish()
    for name in ("published.duckdb.building-1", "published.duckdb.building-1.wal"):
        (workspace.warehouse / name).write_bytes(b"half")
    with open_warehouse(workspace):
        pass
    assert sorted(path.name for path in workspace.warehouse.iterdir()) == [".lock", "impact.duckdb", "published.duckdb"]


def test_a_model_that_fails_leaves_the_published_state_and_a_warehouse_that_works(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    with open_warehouse(workspace) as warehouse:
        filled(warehouse)
        before = warehouse.publish().read_bytes()
        warehouse.connection.execute("alter table core.effects rename column term to word")
        with pytest.raises(Exception, match="term"):
            warehouse.publish()
        assert workspace.published_database.read_bytes() == before
        assert not list(workspace.warehouse.glob("*.building-*"))
        warehouse.connection.execute("alter table core.effects rename column word to term")
        warehouse.publish()


FULL_DISK = """
import resource, sys
from pathlib import Path
import pandas as pd
from arriving import PEOPLE, delivered
from publishing import keep, value
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse

with open_warehouse(Workspace(Path(sys.argv[1]))) as warehouse:
    values = [value("I", "all", i / 7, "area", f"category {i} {i * 7919}") for i in range(6000)]
    keep(warehouse, indicator_values=values)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    try:
        if sys.argv[2] == "publish":
            warehouse.publish()
        else:
            rows = [(f"person {i} {i * 7919}", "N", 1) for i in range(6000)]
            warehouse.land(PEOPLE, delivered("big.csv", rows), "c1")
    except ProblemsFound as found:
        print(*(problem.code for problem in found.problems))
"""


@pytest.mark.parametrize("doing", ["publish", "land"])
def test_a_full_disk_is_told_and_the_last_state_stands(workspace: Workspace, doing: str):
    with open_warehouse(workspace) as warehouse:
        filled(warehouse)
        warehouse.publish()
    before = hashlib.sha256(workspace.published_database.read_bytes()).hexdigest()
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(workspace.root), doing],
        capture_output=True, text=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["warehouse-disk-full"], done.stderr
    assert hashlib.sha256(workspace.published_database.read_bytes()).hexdigest() == before
    assert not list(workspace.warehouse.glob("*.building-*"))
    with open_warehouse(workspace) as warehouse:
        assert warehouse.connection.execute("select count(*) from core.people").fetchone() == (2,)
        assert warehouse.connection.execute("select count(*) from core.loads").fetchone() == (1,)
        warehouse.publish()


def test_a_folder_that_cannot_be_written_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with open_warehouse(workspace) as warehouse:
        filled(warehouse)
        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(ProblemsFound) as found:
            warehouse.publish()
    assert [problem.code for problem in found.value.problems] == ["warehouse-disk-full"]
    assert not workspace.published_database.exists() and not list(workspace.warehouse.glob("*.building-*"))


def test_empty_warehouses_publish_empty_tables(workspace: Workspace):
    with open_warehouse(workspace) as warehouse:
        warehouse.publish()
    for name in models("out"):
        (count,) = published(workspace, f'select count(*) from "{name}"')[0]
        assert (count > 100) == (name == "dictionary")
    assert pd.DataFrame(published(workspace, "select * from themes")).empty
