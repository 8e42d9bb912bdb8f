"""The example, from `sestante new` to its reports: what someone who types `make demo` gets."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from pipelines.cli import answer
from pipelines.project import read_project
from pipelines.starting import make_workspace
from reports.reading import NEEDED
from theory_of_change.programme import Workspace
from warehouse.connections import connect

EXAMPLE = "national-supported-work"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_workspace(tmp_path_factory.mktemp("demo") / "demo", EXAMPLE)
    assert answer(["run", "--workspace", str(folder)]) == 0
    return folder


def rows(workspace: Path, sql: str) -> list[tuple]:
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_its_definitions_have_no_error_and_no_warning(tmp_path: Path) -> None:
    project = read_project(Workspace(make_workspace(tmp_path / "demo", EXAMPLE)))
    assert [one.line("en") for one in project.problems if one.severity != "info"] == []


def test_every_man_landed_and_no_rule_is_broken(demo: Path) -> None:
    assert rows(demo, "select file_name, rows_read, rows_accepted, rows_refused from out.loads") == [
        ("participants.csv", 445, 445, 0)
    ]
    assert rows(demo, "select rule_id from out.quality where n_failed > 0") == []


def test_the_effect_is_the_published_one(demo: Path) -> None:
    """Dehejia & Wahba (1999), Table 3: 1,794 with classical standard error 633; adjusted 1,672 with 638, here with the
    covariates the example names. Neyman's error of the plain difference, 671, is in Imbens & Rubin (2015)."""
    effects = {row[0]: row[1:] for row in rows(demo, "select term, estimate, std_error, ci_low, ci_high, n, n_group,"
                                                     " n_comparison, diagnostics from out.effects")}  # fmt: skip
    estimate, error, low, high, *counts, diagnostics = effects["difference"]
    assert math.isclose(estimate, 1794.34, abs_tol=0.01)
    assert math.isclose(error, 671.00, abs_tol=0.01)
    assert low < estimate < high
    assert counts == [445, 185, 260]
    classical = [value for name, value in json.loads(diagnostics).items() if "classical" in name]
    assert [round(value, 2) for value in classical] == [632.85]
    assert math.isclose(effects["adjusted"][0], 1672, rel_tol=0.01)
    assert rows(
        demo,
        "select element_id, direction, strength from out.evidence where kind = 'effect' and element_id is not null",
    ) == [("OC-EARN", "for", "strong")]


def test_every_declared_indicator_is_there_with_its_target(demo: Path) -> None:
    declared = rows(demo, "select indicator_id from out.indicators order by 1")
    assert len(declared) >= 8
    assert rows(demo, "select distinct indicator_id from out.indicator_values order by 1") == declared
    judged = "select indicator_id from out.progress where target is not null"
    missing = f"select indicator_id from out.targets where indicator_id not in ({judged})"
    assert rows(demo, missing) == []


def test_nothing_smaller_than_the_smallest_group_is_shown(demo: Path) -> None:
    assert rows(demo, "select * from out.indicator_values where status = 'ok' and n < 5") == []
    assert (
        rows(
            demo,
            "select * from out.indicator_values where status = 'suppressed' and (n is not null or value is not null)",
        )
        == []
    )


@pytest.mark.parametrize("language", ["it", "en"])
def test_its_reports_are_whole_and_say_what_is_published(demo: Path, language: str, capsys) -> None:
    (package,) = (demo / "output" / "1978").glob(f"*-{language}")
    files = {path.name for path in package.iterdir()}
    assert {"report.html", "report.pdf", "report.docx", "report.qmd", "manifest.json", "data", "figures"} <= files
    page = (package / "report.html").read_text(encoding="utf-8")
    assert ("1.794" if language == "it" else "1,794") in page
    assert answer(["verify", str(package)]) == 0, capsys.readouterr().err


def test_reports_of_both_languages_show_the_same_numbers(demo: Path) -> None:
    def published(language: str) -> dict[str, bytes]:
        (package,) = (demo / "output" / "1978").glob(f"*-{language}")
        return {name: (package / "data" / f"{name}.csv").read_bytes() for name in NEEDED}

    assert published("it") == published("en")
