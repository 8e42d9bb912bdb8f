"""A run that is killed at any moment, and run again, ends where an undisturbed one does."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pipelines.starting import make_workspace
from tests.pipelines.conftest import with_deliveries
from theory_of_change.programme import Workspace
from warehouse.connections import connect

#: The only columns that say when something happened; all others follow from the files.
WHEN = {"loaded_at", "first_run_at", "last_run_at"}
Start = Callable[..., BaseProcess]


def state(workspace: Path) -> dict[str, list[tuple]]:
    """Every published table, without the moments at which things happened."""
    tables: dict[str, list[str]] = {}
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'out' order by all"
        ).fetchall():
            if column not in WHEN:
                tables.setdefault(table, []).append(f'"{column}"')
        return {
            table: connection.execute(f'select {", ".join(columns)} from out."{table}" order by all').fetchall()
            for table, columns in tables.items()
        }


def packages(workspace: Path) -> list[str]:
    return sorted(path.parent.relative_to(workspace).as_posix() for path in workspace.glob("output/**/manifest.json"))


@pytest.fixture(scope="module")
def undisturbed(start: Start, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The workspace after a whole run, and how many seconds that took."""
    folder = with_deliveries(make_workspace(tmp_path_factory.mktemp("undisturbed") / "desk"))
    warm = start("check", "--workspace", folder)
    warm.join()
    before = time.monotonic()
    process = start("run", "--workspace", folder)
    process.join()
    assert process.exitcode == 0
    return folder, time.monotonic() - before


def test_killed_again_and_again(undisturbed: tuple[Path, float], start: Start, tmp_path: Path) -> None:
    reference, seconds = undisturbed
    folder = with_deliveries(make_workspace(tmp_path / "desk"))
    for share in (0.1, 0.25, 0.4, 0.55, 0.7, 0.85):
        process = start("run", "--workspace", folder)
        time.sleep(share * seconds)
        process.kill()
        process.join()
        if (folder / "warehouse" / "published.duckdb").exists():
            assert state(folder).keys() == state(reference).keys()
    process = start("run", "--workspace", folder)
    process.join()
    assert process.exitcode == 0
    assert state(folder) == state(reference)
    assert packages(folder) == packages(reference)
    leftovers = [path for path in folder.rglob("*") if "building" in path.name or path.name.endswith(".partial")]
    assert leftovers == []


def test_interrupted_by_its_user(undisturbed: tuple[Path, float], start: Start, tmp_path: Path, capfd) -> None:
    reference, seconds = undisturbed
    folder = with_deliveries(make_workspace(tmp_path / "desk"))
    for share in (0.2, 0.5):
        process = start("run", "--workspace", folder)
        time.sleep(share * seconds)
        with contextlib.suppress(ProcessLookupError):  # it may have finished already
            os.kill(process.pid, signal.SIGINT)
        process.join()
        assert process.exitcode in (0, 130)
    said = capfd.readouterr()
    assert "Traceback" not in said.err
    assert list(folder.rglob("sestante-fault-*")) == []
    process = start("run", "--workspace", folder)
    process.join()
    assert process.exitcode == 0
    assert state(folder) == state(reference)
