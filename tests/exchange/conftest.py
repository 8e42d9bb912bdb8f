"""The small workspace with a theory that has something for every format, published once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from pipelines.cli import answer
from pipelines.exchange.subject import Subject, subject
from pipelines.project import read_project
from pipelines.starting import make_workspace
from tests.pipelines.conftest import Command, Said, put, with_deliveries
from theory_of_change.programme import Workspace

MORE = """\
  - id: IN-STORY
    title: {it: Racconti di chi viene, en: Stories of those who come}
    measures: [OC-ALONE]
    type: qualitative
    unit: story
    measure: {from: visits, count: rows}
    uncertainty: {mode: census}
  - id: IN-LONGER
    title: "=1+1 ore"
    definition: {it: "-2+3 detto a parole", en: "@SUM(A1)"}
    measures: [AC-DESK, OP-VISITS]
    unit: visit
    measure: {from: visits, count: rows}
    uncertainty: {mode: census}
    references:
      - {vocabulary: SDG, code: 1.4.1}
      - {vocabulary: SDG, code: "10"}
      - {vocabulary: SDG, code: "3.4"}
      - {vocabulary: own, code: Q1}
baselines:
  - {indicator: IN-LONGER, value: 3, date: 2025-06-30, quality: {it: contati a mano, en: counted by hand}}
targets:
  - {indicator: IN-LONGER, operator: between, value: [5, 9], approx: circa}
  - {indicator: IN-ALONE, operator: "<=", value: 0.25, by: 2026-12-31, disaggregation: {area: A1}}
  - {indicator: IN-LONGER, value: 9, by: 2031-01-01}
"""


def rewritten(folder: Path) -> Path:
    """The starter's theory with two more indicators, each awkward in its own way, a theme and an area."""
    path = folder / "theory_of_change.yml"
    text = path.read_text(encoding="utf-8")
    more, _, rest = MORE.partition("baselines:\n")
    baselines, _, targets = rest.partition("targets:\n")
    for old, new in (
        ("\nbaselines:\n", f"{more}\nbaselines:\n{baselines}"),
        ("\ntargets:\n", f"\ntargets:\n{targets}"),
        ("    term: short\n", "    term: short\n    theme: loneliness\n    area: A-TOWN\n"),
        ("\nstakeholders:\n", "\nareas:\n  - {id: A-TOWN, title: {it: Città, en: Town}}\n\nstakeholders:\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return put(path, text)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace after a run without reports. Not to be touched."""
    folder = with_deliveries(make_workspace(tmp_path_factory.mktemp("exchange") / "desk"))
    rewritten(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.assets.report.profiles_of", lambda project: [])
        assert answer(["run", "--workspace", str(folder), "--language", "en"]) == 0
    return folder


@pytest.fixture(scope="session")
def told(published: Path) -> Subject:
    return subject(read_project(Workspace(published)).sound())


@pytest.fixture
def sestante(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """The command, called from an empty folder and speaking English unless told otherwise."""
    monkeypatch.setenv("SESTANTE_LANGUAGE", "en")

    def command(*arguments: str | Path) -> Said:
        capsys.readouterr()
        monkeypatch.chdir(tmp_path)
        code = answer([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    yield command


Rows = list[list[object]]


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """A workbook of these sheets, row by row; `shape` may merge, hide or colour what it wants."""

    def made(sheets: dict[str, Rows], shape: Callable[[openpyxl.Workbook], None] | None = None) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(row)
        if shape:
            shape(workbook)
        path = tmp_path / "logframe.xlsx"
        workbook.save(path)
        return path

    return made
