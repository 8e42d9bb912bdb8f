"""A small sound workspace with deliveries, and the command called in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.cli import answer
from pipelines.starting import make_workspace

VISITS = """\
visit,day,person,reason
V1,2026-01-10,ada@example.org,home
V2,2026-02-11,bruno@example.org,work
V3,2026-03-12,carla@example.org,company
V4,2026-04-13,dino@example.org,company
V5,2026-05-14,ada@example.org,work
V6,2026-06-15,emma@example.org,company
V7,2026-06-16,fabio@example.org,home
"""


def visitors(n: int) -> str:
    """Answers of `n` people in the first half of the year: every third often alone, two areas in turn."""
    rows = [f"t{i},2026-0{1 + i % 6}-1{i % 10},{5 if i % 3 == 0 else 2},A{1 + i % 2}" for i in range(n)]
    return "\n".join(["token,submitdate,Q1,Q2", *rows]) + "\n"


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Command = Callable[..., Said]


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def with_deliveries(folder: Path) -> Path:
    put(folder / "data" / "visits" / "visits-1.csv", VISITS)
    put(folder / "data" / "visitors" / "visitors-1.csv", visitors(40))
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """The small workspace as `sestante new` makes it, without data."""
    return make_workspace(tmp_path / "desk")


@pytest.fixture
def workspace(empty: Path) -> Path:
    """The small workspace with a delivery for each source."""
    return with_deliveries(empty)


@pytest.fixture
def sestante(empty: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, called from the small workspace and speaking English unless told otherwise."""
    monkeypatch.setenv("SESTANTE_LANGUAGE", "en")

    def command(*arguments: str | Path) -> Said:
        capsys.readouterr()
        monkeypatch.chdir(empty)
        code = answer([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return command


@pytest.fixture
def unreported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end with publication: typesetting takes seconds, and reports have tests of their own."""
    monkeypatch.setattr("pipelines.assets.report.profiles_of", lambda project: [])


@pytest.fixture(scope="session")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small workspace after a whole run, reports and all. Not to be touched; `ran` is a copy."""
    folder = with_deliveries(make_workspace(tmp_path_factory.mktemp("ran") / "desk"))
    assert answer(["run", "--workspace", str(folder), "--language", "en"]) == 0
    return folder


@pytest.fixture
def ran(ran_once: Path, empty: Path) -> Path:
    """The small workspace after a whole run."""
    shutil.rmtree(empty)
    return shutil.copytree(ran_once, empty)
