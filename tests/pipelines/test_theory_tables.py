"""The theory as rows: what reports and analysts read instead of YAML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.project import Project, read_project
from pipelines.starting import make_workspace
from pipelines.theory_tables import theory_tables
from theory_of_change.programme import Workspace
from warehouse.modelling import model

EXTRA = """
needs:
  - {id: NE-1, statement: Plain words, evidence: {it: Un'indagine, en: A survey}}
milestones:
  - {id: MI-1, statement: {it: Protocollo, en: Protocol}, due: 2026-05-01}
published_figures:
  - {value: 250, approx: circa, source: Piano 2025}
reports:
  - {profile: funder, title: {it: Rapporto, en: Report}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = make_workspace(tmp_path / "desk")
    theory = folder / "theory_of_change.yml"
    theory.write_text(theory.read_text() + EXTRA, encoding="utf-8")
    return read_project(Workspace(folder))


def rows(project: Project, table: str) -> list[dict]:
    return theory_tables(project.programme, project.theory)[table].to_dict("records")


def test_every_table_has_the_columns_of_its_model_in_their_order(project: Project) -> None:
    for name, frame in theory_tables(project.programme, project.theory).items():
        assert tuple(frame.columns) == model("core", name).column_names, name


def test_every_block_with_a_name_is_an_element_in_the_order_of_the_theory(project: Project) -> None:
    found = [(row["kind"], row["position"], row["element_id"]) for row in rows(project, "elements")]
    assert found == [
        ("programme", 1, "desk"), ("theory", 1, "desk"), ("stakeholder", 1, "ST-VISITORS"), ("need", 1, "NE-1"),
        ("input", 1, "RE-STAFF"), ("activity", 1, "AC-DESK"), ("output", 1, "OP-VISITS"), ("outcome", 1, "OC-ALONE"),
        ("impact", 1, "IM-TOWN"), ("assumption", 1, "AS-LISTEN"), ("milestone", 1, "MI-1"), ("dimension", 1, "area"),
        ("evaluation_question", 1, "EQ-1"), ("published_figure", 1, "published_figure-1"), ("report", 1, "funder"),
    ]  # fmt: skip


def test_words_come_in_the_programmes_language_and_in_both(project: Project) -> None:
    words = {row["element_id"]: (row["statement"], row["statement_it"], row["statement_en"])
             for row in rows(project, "elements")}  # fmt: skip
    assert words["OP-VISITS"] == ("Persone ascoltate", "Persone ascoltate", "People listened to")
    assert words["NE-1"] == ("Plain words", "Plain words", "Plain words")
    assert words["published_figure-1"] == (None, None, None)


def test_all_other_fields_are_attributes_under_the_names_of_the_yaml(project: Project) -> None:
    attributes = {(row["kind"], row["element_id"]): json.loads(row["attributes"]) for row in rows(project, "elements")}
    assert attributes["activity", "AC-DESK"] == {"modality": "service", "actual_source": "visits"}
    assert attributes["input", "RE-STAFF"] == {"resource": "people", "for": ["AC-DESK"]}
    assert attributes["milestone", "MI-1"] == {"due": "2026-05-01"}
    programme = attributes["programme", "desk"]
    assert programme["languages"] == ["it", "en"]
    assert programme["smallest_group"] == 5
    assert programme["calendar"] == {"start": "2026-01-01", "end": "2027-12-31", "every": "half_year"}


def test_links_name_both_ends_and_their_assumptions(project: Project) -> None:
    link = next(row for row in rows(project, "links") if row["link_id"] == "L-3")
    assert (link["from_id"], link["to_id"], link["type"], link["assumptions"]) == (
        "OP-VISITS", "OC-ALONE", "contributes", '["AS-LISTEN"]',
    )  # fmt: skip
    assert link["mechanism_en"] == "Being listened to opens the way to other people"


def test_indicators_keep_how_they_are_measured(project: Project) -> None:
    indicator = next(row for row in rows(project, "indicators") if row["indicator_id"] == "IN-ALONE")
    assert (indicator["measure_kind"], indicator["source"], indicator["direction"]) == ("share", "visitors", "down")
    assert json.loads(indicator["attributes"])["measure"] == {"from": "visitors", "share": "alone >= 4"}


def test_targets_between_two_values_and_for_a_category(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    theory = folder / "theory_of_change.yml"
    told = (
        "  - {indicator: IN-ALONE, operator: between, value: [0.1, 0.3], disaggregation: {area: A1}, by: 2026-12-31}\n"
    )
    theory.write_text(theory.read_text().replace("targets:\n", f"targets:\n{told}"), encoding="utf-8")
    target = rows(read_project(Workspace(folder)), "targets")[0]
    assert [target[name] for name in ("operator", "value", "value_high", "dimension", "category", "position")] == [
        "between", 0.1, 0.3, "area", "A1", 1,
    ]  # fmt: skip


def test_a_target_for_a_cross_is_written_in_the_order_of_the_indicators_breakdown(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "desk")
    theory = folder / "theory_of_change.yml"
    told = "  - {indicator: IN-ALONE, value: 0.3, disaggregation: {wave: pre, area: A1}, by: 2026-12-31}\n"
    text = theory.read_text().replace("targets:\n", f"targets:\n{told}")
    theory.write_text(text.replace("disaggregation: [area]", "disaggregation: [area, [area, wave]]"), encoding="utf-8")
    target = rows(read_project(Workspace(folder)), "targets")[0]
    assert (target["dimension"], target["category"]) == ("area x wave", "A1 / pre")


def test_periods_come_with_their_days_the_finest_first(project: Project) -> None:
    found = [
        (row["period"], row["level"], str(row["start_date"]), str(row["end_date"])) for row in rows(project, "periods")
    ]
    assert found[0] == ("2026-H1", "half_year", "2026-01-01", "2026-06-30")
    assert found[-2:] == [("2027", "year", "2027-01-01", "2027-12-31"), ("all", "all", "2026-01-01", "2027-12-31")]


def test_outputs_outcomes_and_impact_are_what_can_be_measured(project: Project) -> None:
    assert [row["element_id"] for row in rows(project, "coverage")] == ["OP-VISITS", "OC-ALONE", "IM-TOWN"]
    assert [(row["indicator_id"], row["element_id"], row["is_qualitative"]) for row in rows(project, "measures")] == [
        ("IN-PEOPLE", "OP-VISITS", False), ("IN-ALONE", "OC-ALONE", False),
    ]  # fmt: skip
