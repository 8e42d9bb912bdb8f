"""Every table of this folder, worked out the whole way: contracts and rows in, published tables out.

A case is one file: sources as in a workspace, their rows, indicators as in a theory, and what must then be published,
to the digits written. Cases with the same `programme:` settings share one workspace.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.corpora import land_corpus, raise_problems
from pipelines.landing import land_new
from pipelines.measuring import measure
from pipelines.project import read_project
from pipelines.theory_tables import theory_tables
from theory_of_change.programme import Workspace
from warehouse.identities import pseudonymise
from warehouse.store import open_warehouse, query

HERE = Path(__file__).parent
CASES = {path.relative_to(HERE).with_suffix("").as_posix(): path for path in sorted(HERE.glob("*/*.yml"))}
CALENDAR = {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"}
#: What tells one row of a published table from another; a case writes those it needs.
KEYS = ("indicator_id", "period", "dimension", "category", "against", "other_period", "other_category")
BLOCKS = ("indicators", "targets", "baselines", "dimensions", "milestones")
FOLDERS = ("surveys", "registers", "interviews")
ALLOWED = {"title", "by_hand", "source", "programme", *FOLDERS, "rows", "texts", *BLOCKS, "expected"}


def read(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def settings(case: Mapping[str, Any]) -> str:
    """What a programme says for this case, as a text: one workspace for each."""
    return json.dumps({"disclosure": {"smallest_group": "1"}, **case.get("programme", {})}, sort_keys=True)


def assembled(folder: Path, programme: str, cases: Mapping[str, Mapping[str, Any]]) -> Path:
    """One workspace with the sources, rows and indicators of all these cases, written as a user would."""
    theory: dict[str, list] = {block: [] for block in BLOCKS}
    for name, case in cases.items():
        for kind in FOLDERS:
            for source, contract in case.get(kind, {}).items():
                filled = {"id": source, "title": source, "files": {"pattern": "*.csv"}, **contract}
                put(folder / kind / f"{source}.yml", filled)
        for source, rows in case.get("rows", {}).items():
            put(folder / "data" / source / f"{source}.csv", "\n".join(map(",".join, spelt_out(rows))) + "\n")
        for file, text in case.get("texts", {}).items():
            put(folder / "data" / file, text)
        for block in BLOCKS:
            theory[block] += case.get(block, [])
        for indicator in case["indicators"]:
            indicator.setdefault("title", f"{name} {indicator['id']}")
            indicator.setdefault("unit", "number")
            indicator.setdefault("measures", ["OC"])
    put(folder / "programme.yml", {"id": "spec", "title": "Spec", "languages": ["en"], "calendar": CALENDAR,
                                   **json.loads(programme)})  # fmt: skip
    put(folder / "theory_of_change.yml", {
        "theory": {"id": "spec", "version": "1.0.0", "title": "Spec"},
        "outcomes": [{"id": "OC", "statement": "What the cases measure"}],
        **{block: entries for block, entries in theory.items() if entries},
    })  # fmt: skip
    return folder


def put(path: Path, content: str | Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert not path.exists(), f"two cases name {path.name}"
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")


def cells_of(table: str) -> Iterator[list[str]]:
    """Rows of a table written with commas, blanks around the cells left out."""
    return ([cell.strip() for cell in row] for row in csv.reader(io.StringIO(table), skipinitialspace=True) if row)


def spelt_out(table: str) -> Iterator[list[str]]:
    """The rows of a delivery. A last column `times` repeats a row, `{n}` in a cell is the number of the repetition."""
    header, *rows = cells_of(table)
    repeats = header[-1] == "times"
    yield header[:-1] if repeats else header
    for row in rows:
        cells, times = (row[:-1], int(row[-1])) if repeats else (row, 1)
        yield from ([cell.replace("{n}", str(n)) for cell in cells] for n in range(1, times + 1))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The database every case was published in, each kind of programme worked out once."""
    groups: dict[str, dict[str, Any]] = {}
    for name, path in CASES.items():
        case = read(path)
        groups.setdefault(settings(case), {})[name] = case
    found: dict[str, Path] = {}
    for programme, cases in groups.items():
        folder = assembled(tmp_path_factory.mktemp("spec"), programme, cases)
        found |= dict.fromkeys(cases, publication(Workspace(folder)))
    return found


def publication(workspace: Workspace) -> Path:
    """What a run does between the files and the published tables, one step after the other."""
    project = read_project(workspace).sound()
    with open_warehouse(workspace) as warehouse:
        for source in project.sources.values():
            landed = land_new(warehouse, source, project.programme, pseudonymise(workspace))
            assert not sum(one.load.rows_refused for one in landed), f"rows of {source.table.id} are refused"
        for corpus in project.corpora.values():
            raise_problems(land_corpus(warehouse, corpus, project, pseudonymise(workspace)))
        warehouse.replace_all(theory_tables(project.programme, project.theory, project.tables, project.questions))
        measure(warehouse, project)
        return warehouse.publish()


@pytest.mark.parametrize("name", CASES)
def test_the_published_numbers_are_those_worked_out_by_hand(name: str, published: dict[str, Path]):
    case = read(CASES[name])
    assert set(case) <= ALLOWED
    assert set(case["title"]) == set(case["by_hand"]) == {"it", "en"}
    for heading, text in case["expected"].items():
        table = heading.split()[0]
        header, *rows = cells_of(text)
        keys = [column for column in header if column in KEYS]
        names, answers = query(published[name], f"select * from out.{table}")
        assert rows and set(header) <= set(names), f"columns of out.{table}: {', '.join(names)}"
        records = [dict(zip(names, answer, strict=True)) for answer in answers]
        for cells in rows:
            wanted = dict(zip(header, cells, strict=True))
            defaults = {"indicator_id": case["indicators"][0]["id"], "period": "all", "dimension": "all",
                        "category": "all"}  # fmt: skip
            place = defaults | {key: wanted[key] for key in keys}
            matching = [one for one in records if all(str(one[key]) == value for key, value in place.items())]
            assert len(matching) == 1, f"{len(matching)} rows of out.{table} at {place}"
            for column in header:
                assert agrees(matching[0][column], wanted[column]), (
                    f"out.{table} at {place}: {column} is {matching[0][column]!r}, by hand {wanted[column]!r}"
                )


def agrees(found: Any, wanted: str) -> bool:
    """True where a published value is the one written, numbers to the last digit written, an empty cell none."""
    if wanted == "" or found is None:
        return wanted == "" and found is None
    if isinstance(found, bool | str) or not isinstance(found, int | float):
        return str(found) == wanted
    digits = len(wanted.partition(".")[2])
    return abs(float(found) - float(wanted)) <= 0.5 * 10.0**-digits * (1 + 1e-9)
