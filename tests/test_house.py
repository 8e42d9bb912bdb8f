"""The house keeps its rules: who imports whom, how lightly the command starts, which names are taken."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from pipelines.project import ASSETS, read_project, reserved_names
from pipelines.starting import make_workspace
from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse

ROOT = Path(__file__).parents[1]
PACKAGES = ("theory_of_change", "surveys", "warehouse", "pipelines", "reports")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_packages_import_only_what_lies_below_them(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_opens_by_saying_what_belongs_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_modules_are_named_after_what_they_do() -> None:
    assert [
        path.name for path in MODULES if path.stem in ("utils", "util", "helpers", "manager", "misc", "common")
    ] == []


LIGHT = """
import json, sys
from pipelines.cli import answer
codes = [answer(arguments) for arguments in json.loads(sys.argv[1])]
heavy = ("dagster", "great_expectations", "statsmodels", "scipy", "pandas", "pyarrow")
print(json.dumps({"codes": codes, "loaded": [name for name in heavy if name in sys.modules]}), file=sys.stderr)
"""


def test_looking_costs_nothing(tmp_path: Path) -> None:
    """`--help`, `new`, `check`, `query`, `explain` and `load --help` load none of what takes seconds to load."""
    folder = make_workspace(tmp_path / "desk")
    with open_warehouse(Workspace(folder)) as warehouse:
        warehouse.publish()
    here = ["--workspace", str(folder)]
    calls = [
        ["--help"],
        ["run", "--help"],
        ["load", "--help"],
        ["new"],
        ["new", str(tmp_path / "another")],
        ["check", *here],
        ["query", "select count(*) as n from out.indicator_values", *here],
        ["explain", "IN-ALONE", *here],
        ["nonsense"],
    ]
    done = subprocess.run([sys.executable, "-c", LIGHT, json.dumps(calls)], capture_output=True, text=True, cwd=ROOT)
    found = json.loads(done.stderr.splitlines()[-1])
    assert found["codes"] == [0, 0, 0, 0, 0, 0, 0, 0, 2], done.stderr
    assert found["loaded"] == []


@pytest.mark.parametrize("name", [*ASSETS, "loads", "Quality", "elements", "indicator-values", "visits__history"])
def test_a_source_cannot_take_a_name_of_ours(tmp_path: Path, name: str) -> None:
    folder = make_workspace(tmp_path / "desk")
    contract = folder / "registers" / "visits.yml"
    contract.rename(contract.with_stem(name)).write_text(
        (folder / "registers" / f"{name}.yml").read_text().replace("id: visits", f"id: {name}"), encoding="utf-8"
    )
    problems = [one for one in read_project(Workspace(folder)).errors if one.code == "source-name-reserved"]
    assert [(one.place.file, one.place.line, one.facts["source"]) for one in problems] == [
        (f"registers/{name}.yml", 4, name)
    ]


def test_names_of_ours_are_all_of_the_warehouses_and_of_the_graphs() -> None:
    tables = {path.stem for path in (ROOT / "warehouse" / "models" / "core").glob("[!_]*.yml")}
    assert reserved_names() == tables | set(ASSETS)


def test_sources_that_differ_only_in_capitals_or_dashes_are_told_apart_from_none(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    text = (folder / "registers" / "visits.yml").read_text()
    for name in ("home-visits", "home_visits"):
        (folder / "registers" / f"{name}.yml").write_text(text.replace("id: visits", f"id: {name}"), encoding="utf-8")
    codes = [problem.code for problem in read_project(Workspace(folder)).errors]
    assert codes == ["source-names-collide"]
