"""`query`, `explain`, `report` and `verify`: looking at what a run has published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipelines.conftest import Command

NUMBERS = "select indicator_id, value from indicator_values where dimension = 'all' and period = '2026-H1' order by 1"


@pytest.mark.usefixtures("ran")
def test_query_speaks_to_people_and_to_programs(sestante: Command) -> None:
    assert sestante("query", NUMBERS).out.splitlines() == [
        "indicator_id  value", "────────────  ─────", "IN-ALONE       0.35", "IN-PEOPLE         6",
    ]  # fmt: skip
    assert json.loads(sestante("query", NUMBERS, "--format", "json").out) == [
        {"indicator_id": "IN-ALONE", "value": 0.35},
        {"indicator_id": "IN-PEOPLE", "value": 6.0},
    ]
    said = sestante("query", NUMBERS.replace("from ", "from out."), "--format", "csv")
    assert said.out == "indicator_id,value\nIN-ALONE,0.35\nIN-PEOPLE,6.0\n"


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    "sql",
    [
        "delete from out.indicator_values",
        "select 1; select 2",
        "selec",
        "select * from out.valuess",
        "select * from '/etc/passwd'",
        "attach 'x.duckdb'",
        "",
    ],
)
def test_query_refuses_what_does_not_read_the_published_tables(sestante: Command, sql: str) -> None:
    said = sestante("query", sql)
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("SQL")


def test_explain_says_how_a_number_came_about(ran: Path, sestante: Command) -> None:
    said = sestante("explain", "IN-ALONE")
    assert (said.code, said.err) == (0, "")
    for words in ("IN-ALONE: Often feel alone", "share: alone >= 4", "2026-H1", "0.35", "visitors-1.csv", "select"):
        assert words in said.out
    assert ["40", "used"] in [line.split() for line in said.out.splitlines()]
    later = sestante("explain", "IN-ALONE", "--period", "2026-H2").out
    assert "no_data" in later
    assert ["40", "of", "other", "periods"] in [line.split() for line in later.splitlines()]
    assert "Si sentono spesso soli" in sestante("explain", "IN-ALONE", "--language", "it").out


@pytest.mark.usefixtures("unreported")
def test_explain_holds_back_what_is_held_back(ran: Path, sestante: Command) -> None:
    programme = ran / "programme.yml"
    programme.write_text(programme.read_text().replace("smallest_group: 5", "smallest_group: 50"))
    assert sestante("run").code == 0
    said = sestante("explain", "IN-ALONE", "--period", "2026-H1").out
    assert "suppressed" in said
    assert "it is not told how many rows are behind it" in said
    assert [line for line in said.splitlines() if line.split()[:1] == ["40"]] == []


def test_explain_says_when_the_definition_has_moved_on(ran: Path, sestante: Command) -> None:
    contract = ran / "surveys" / "visitors.yml"
    contract.write_text(contract.read_text() + "  - {name: age, type: number}\n")
    theory = ran / "theory_of_change.yml"
    theory.write_text(theory.read_text().replace('"alone >= 4"', '"alone >= 4 and age > 30"'))
    said = sestante("explain", "IN-ALONE")
    assert said.code == 0
    assert "The definition has changed since the number was published" in said.out


def test_explain_names_the_nearest_indicator(sestante: Command) -> None:
    said = sestante("explain", "IN-ALON")
    assert said.code == 2
    assert "Did you mean “IN-ALONE”?" in said.err


def test_before_anything_is_published_that_is_what_is_said(empty: Path, sestante: Command) -> None:
    for command in (["query", "select 1"], ["explain", "IN-ALONE"], ["report", "--period", "all"]):
        said = sestante(*command)
        assert said.code == 1, command
        assert "sestante run" in said.err
    assert not (empty / "warehouse").exists()


def test_a_report_of_one_kind_in_one_language_and_its_check(ran: Path, sestante: Command) -> None:
    said = sestante("report", "--period", "2026", "--language", "it", "--format", "html")
    assert said.code == 0
    package = ran / "output" / "2026" / "report-it"
    assert said.out.splitlines()[0] == str(package)
    assert sorted(path.name for path in package.glob("report.*")) == ["report.html", "report.qmd"]
    assert sestante("verify", package).code == 0
    page = package / "report.html"
    page.write_text(page.read_text(encoding="utf-8") + "<!-- 0.9 -->", encoding="utf-8")
    said = sestante("verify", package)
    assert said.code == 1
    assert "report.html" in said.err


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--period", "2025"], "The calendar has no period “2025”"),
        (["--period", "2026", "--profile", "repor"], "Did you mean “report”?"),
        (["--period", "2026", "--format", "html,odt"], "There is no form “odt”. There are: html, pdf, docx."),
    ],
)
def test_a_report_there_is_not_is_wrong_usage(sestante: Command, options: list[str], said: str) -> None:
    answer = sestante("report", *options)
    assert answer.code == 2
    assert said in answer.err
