"""Theories within a theory: areas and what belongs to them, a file for each area, common and own indicators."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from theory_of_change.coherence import examine
from theory_of_change.coverage import AreaCoverage, by_area, coverage
from theory_of_change.loading import Loaded, load_theory
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.problems import Problem
from theory_of_change.programme import Calendar, Programme, Workspace
from theory_of_change.tables import Column, Table

PROGRAMME = Programme(
    id="p", title="P", languages=("it",), calendar=Calendar(start="2024-01-01", end="2026-12-31", every="year")
)
GRANTS = Table("grants", "register", Text("Contributi"), (Column("project", "category"), Column("amount", "money")))

FOUNDATION = """\
theory: {id: t, version: 1.0.0, title: Fondazione}
areas:
  - {id: A-CITY, title: Città}
  - {id: A-SPACE, title: Spazio pubblico, parent: A-CITY}
  - {id: A-HOME, title: Abitare, parent: A-CITY}
activities: [{id: AC-0, statement: Ascolto, for: [OC-1, OC-2]}]
"""
SPACE = """\
area: A-SPACE
outcomes: [{id: OC-1, statement: Si sta insieme}]
links: [{id: L-1, from: AC-0, to: OC-1, mechanism: chi parla si conosce}]
"""
HOME = """\
area: A-HOME
outcomes:
  - {id: OC-2, statement: Più case}
  - {id: OC-3, statement: Meno sfratti, area: A-CITY}
assumptions: [{id: AS-1, statement: I proprietari ascoltano, on: [OC-2], test: [{theme: fiducia, from: interviste}]}]
"""


def folder(tmp_path: Path, **files: str) -> Loaded[TheoryOfChange]:
    (tmp_path / "theory_of_change").mkdir()
    for name, text in files.items():
        (tmp_path / "theory_of_change" / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_theory(Workspace(tmp_path))


def examined(loaded: Loaded[TheoryOfChange], **sources: Table) -> list[Problem]:
    assert loaded.value is not None, loaded.problems
    return examine(loaded.value, PROGRAMME, loaded.places, sources, unread=["interviste"])


def test_a_file_that_begins_with_an_area_gives_it_to_all_it_lists(tmp_path: Path) -> None:
    theory = folder(tmp_path, a=FOUNDATION, b=SPACE, c=HOME).value
    assert [(one.id, one.area) for one in theory.outcomes] == [
        ("OC-1", "A-SPACE"), ("OC-2", "A-HOME"), ("OC-3", "A-CITY")]  # fmt: skip
    assert [one.area for one in (*theory.links, *theory.assumptions, *theory.activities)] == [
        "A-SPACE", "A-HOME", None]  # fmt: skip


def test_an_area_nobody_lists_is_told_where_the_file_names_it(tmp_path: Path) -> None:
    loaded = folder(tmp_path, a=FOUNDATION, b=SPACE.replace("A-SPACE", "A-SPCE"))
    errors = [problem for problem in examined(loaded) if problem.severity == "error" and problem.facts["key"] == "area"]
    assert {(str(one.place), one.facts["found"], one.facts["hint"]) for one in errors} == {
        ("theory_of_change/b.yml:1:7", "A-SPCE", "A-SPACE")
    }


def test_an_area_in_a_single_file_or_of_several_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theory_of_change.yml").write_text(FOUNDATION + "area: A-CITY\n", encoding="utf-8")
    assert [problem.code for problem in load_theory(Workspace(tmp_path)).problems] == ["key-misspelt"]
    (tmp_path / "theory_of_change.yml").unlink()
    loaded = folder(tmp_path, a=FOUNDATION, b=SPACE.replace("A-SPACE", "[A-SPACE, A-HOME]"))
    assert [(problem.code, str(problem.place)) for problem in loaded.problems] == [
        ("theory-area-elsewhere", "theory_of_change/b.yml:1:7")
    ]


def test_coverage_is_told_for_the_whole_and_for_each_area_with_those_inside_it(tmp_path: Path) -> None:
    theory = folder(tmp_path, a=FOUNDATION, b=SPACE, c=HOME).value
    assert by_area(theory, coverage(theory)) == [
        AreaCoverage(None, "outcome", 3, ("OC-1", "OC-2", "OC-3")),
        AreaCoverage(None, "link", 1, ("L-1",)),
        AreaCoverage(None, "assumption", 1, ()),
        AreaCoverage("A-CITY", "outcome", 3, ("OC-1", "OC-2", "OC-3")),
        AreaCoverage("A-CITY", "link", 1, ("L-1",)),
        AreaCoverage("A-CITY", "assumption", 1, ()),
        AreaCoverage("A-SPACE", "outcome", 1, ("OC-1",)),
        AreaCoverage("A-SPACE", "link", 1, ("L-1",)),
        AreaCoverage("A-HOME", "outcome", 1, ("OC-2",)),
        AreaCoverage("A-HOME", "assumption", 1, ()),
    ]


PROJECTS = """\
theory: {id: t, version: 1.0.0, title: Programma}
areas:
  - {id: P-1, title: Orto, kind: project}
  - {id: P-2, title: Portineria, kind: project}
  - {id: SITE, title: Aurora, kind: site}
activities: [{id: AC-1, statement: Contributi}]
outcomes: [{id: OC-1, statement: Progetti che durano}]
links: [{id: L-1, from: AC-1, to: OC-1, mechanism: chi ha risorse continua}]
dimensions: [{id: by_project, title: Progetto, column: project, areas: project}]
indicators:
  - {id: IN-1, title: Erogato, measures: [OC-1], unit: EUR, scope: common, disaggregation: [by_project],
     measure: {from: grants, sum: amount}, uncertainty: {mode: census}}
  - {id: IN-2, title: Alberi, measures: [OC-1], unit: tree, scope: own, area: P-1,
     measure: {from: grants, count: rows, where: "project = 'P-1'"}, uncertainty: {mode: census}}
"""


def test_common_and_own_indicators_of_funded_projects_keep_every_rule(tmp_path: Path) -> None:
    loaded = folder(tmp_path, a=PROJECTS)
    assert examined(loaded, grants=GRANTS) == []
    assert loaded.value.dimensions[0].categories == {"P-1": Text("Orto"), "P-2": Text("Portineria")}


def test_a_dimension_may_list_the_areas_itself(tmp_path: Path) -> None:
    listed = PROJECTS.replace("areas: project}]", "categories: {P-1: Orto, P-2: Portineria}}]")
    assert examined(folder(tmp_path, a=listed), grants=GRANTS) == []


def test_a_target_for_one_project_is_checked_against_the_areas(tmp_path: Path) -> None:
    targets = """\
baselines: [{indicator: IN-1, value: 0}]
targets:
  - {indicator: IN-1, value: 10, by: 2025-12-31, disaggregation: {by_project: P-1}}
  - {indicator: IN-1, value: 10, by: 2025-12-31, disaggregation: {by_project: P-3}}
"""
    found = examined(folder(tmp_path, a=PROJECTS + targets), grants=GRANTS)
    assert [(one.code, one.facts["found"]) for one in found] == [("category-unknown", "P-3")]


def test_what_is_retired_is_asked_nothing_and_counted_nowhere(tmp_path: Path) -> None:
    retired = "{at: 2025-01-01, reason: Concluso}"
    text = f"""\
theory: {{id: t, version: 1.0.0, title: T}}
activities: [{{id: AC-1, statement: A, retired: {retired}}}]
outcomes:
  - {{id: OC-1, statement: E, retired: {retired}}}
  - {{id: OC-2, statement: E, accept: {{outcome-unmeasured: poi, element-unreachable: poi}}}}
  - {{id: OC-3, statement: E, accept: {{outcome-unmeasured: poi, element-unreachable: poi}}}}
links: [{{id: L-1, from: AC-1, to: OC-1, retired: {retired}}}, {{id: L-2, from: OC-2, to: OC-3, mechanism: m}}]
assumptions: [{{id: AS-1, statement: A, on: [L-1], retired: {retired}}}]
"""
    loaded = folder(tmp_path, a=text)
    assert examined(loaded) == []
    assert [row.element_id for row in coverage(loaded.value)] == ["OC-2", "OC-3", "L-2"]


def test_every_way_of_leaning_on_the_retired_is_told_once(tmp_path: Path) -> None:
    text = """\
theory: {id: t, version: 1.0.0, title: T}
stakeholders: [{id: SH-1, name: Vicini, retired: {at: 2025-01-01, reason: Nome nuovo, replaced_by: SH-2}},
               {id: SH-2, name: Abitanti}]
activities: [{id: AC-1, statement: A, for: [SH-1]}]
outcomes: [{id: OC-1, statement: E, for: [SH-1]}]
links: [{id: L-1, from: AC-1, to: OC-1, mechanism: m}]
indicators:
  - {id: IN-1, title: I, measures: [OC-1], unit: EUR, measure: {from: grants, sum: amount}, uncertainty: {mode: census},
     retired: {at: 2025-06-30, reason: Rifatto, replaced_by: IN-2}}
  - {id: IN-2, title: I, measures: [OC-1], unit: EUR, measure: {from: grants, sum: amount}, uncertainty: {mode: census}}
  - {id: IN-3, title: I, measures: [OC-1], unit: ratio, measure: {formula: "{IN-1} / {IN-2}"}}
baselines: [{indicator: IN-1, value: 0}]
targets: [{indicator: IN-1, value: 5, by: 2024-12-31}, {indicator: IN-1, value: 9, by: 2026-12-31}]
"""
    found = examined(folder(tmp_path, a=text), grants=GRANTS)
    assert Counter(one.code for one in found) == {"reference-retired": 4}
    assert [(one.facts["key"], one.facts["successor"]) for one in found] == [
        ("for", "SH-2"), ("for", "SH-2"), ("indicator", "IN-2"), ("formula", "IN-2")]  # fmt: skip
