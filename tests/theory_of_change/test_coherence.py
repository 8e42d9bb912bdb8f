"""Rules over a whole theory: what they find, what they leave alone, and how an author accepts a gap."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from theory_of_change.coherence import RULES, Coverage, coverage, examine, missing_languages
from theory_of_change.loading import Places, load, load_programme, load_theory
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.pathways import circles, reachable
from theory_of_change.problems import Problem
from theory_of_change.programme import Calendar, Programme, Workspace
from theory_of_change.tables import Column, Table

EXAMPLES = Path(__file__).parent.parent.parent / "theory_of_change" / "examples"
PROGRAMME = Programme(
    id="p",
    title="P",
    languages=("it", "en"),
    calendar=Calendar(start="2024-01-01", end="2026-12-31", every="half_year"),
)
RESIDENTS = Table(
    "residents",
    "survey",
    Text("Residenti"),
    (Column("token", "person"), Column("trust", "number"), Column("area", "category"), Column("gender", "category")),
    person="token",
    aliases={"person": "token"},
)
EMPTY = TheoryOfChange.model_validate(
    {"theory": {"id": "t", "version": "1.0.0", "title": "T", "accept": {"theory-empty": "to be written"}}}
)
HEAD = "theory: {id: t, version: 1.0.0, title: T}\n"


def found(folder: Path, text: str, programme: Programme = PROGRAMME, **sources: Table) -> list[Problem]:
    file = folder / "theory_of_change.yml"
    file.write_text(HEAD + text, encoding="utf-8")
    loaded = load(TheoryOfChange, file, folder)
    assert loaded.value is not None, loaded.problems
    return examine(loaded.value, programme, loaded.places, sources or {"residents": RESIDENTS})


def codes(problems: list[Problem]) -> Counter[str]:
    return Counter(problem.code for problem in problems)


INDICATOR = """\
indicators:
  - {id: IN-1, title: Fiducia, measures: [OC-1], unit: percent, measure: {from: residents, share: trust >= 4},
     uncertainty: {mode: sample}, disaggregation: [gender, person, [gender, area]]}
"""
CHAIN = """\
activities: [{id: AC-1, statement: Ascolto}]
outcomes: [{id: OC-1, statement: Meno isolamento}]
links: [{id: L-1, from: AC-1, to: OC-1, mechanism: chi parla si conosce}]
"""


def test_a_small_theory_that_keeps_every_rule_is_silent(tmp_path: Path) -> None:
    assert found(tmp_path, CHAIN + INDICATOR) == []


def test_the_examples_hold_no_error() -> None:
    for folder in sorted(EXAMPLES.iterdir()):
        workspace = Workspace(folder)
        programme, theory = load_programme(workspace), load_theory(workspace)
        assert programme.problems == theory.problems == ()
        sources = {
            file.stem for kind in ("surveys", "registers", "interviews") for file in (folder / kind).glob("*.yml")
        }
        problems = examine(theory.value, programme.value, theory.places, {}, unread=sources)
        assert [problem for problem in problems if problem.severity == "error"] == []


def test_a_theory_without_indicators_is_valid_and_its_gaps_are_counted(tmp_path: Path) -> None:
    """A four-area plan with 6, 4, 5 and 3 outcomes and no indicator at all."""
    outcomes = "".join(
        f"  - {{id: OC-{area}.{number}, statement: Esito}}\n"
        for area, count in enumerate((6, 4, 5, 3), 1)
        for number in range(1, count + 1)
    )
    problems = found(tmp_path, "outcomes:\n" + outcomes)
    assert codes(problems) == {"outcome-unmeasured": 18, "links-missing": 1}
    assert all(problem.severity == "warning" for problem in problems)


def test_coverage_counts_indicators_by_element(tmp_path: Path) -> None:
    file = tmp_path / "t.yml"
    file.write_text(HEAD + CHAIN + INDICATOR + "outputs: [{id: OP-1, statement: Colloqui, from: [AC-1]}]\n")
    assert coverage(load(TheoryOfChange, file, tmp_path).value) == [
        Coverage("OP-1", "output", 0, "not_measured"),
        Coverage("OC-1", "outcome", 1, None),
        Coverage("L-1", "link", 0, "no_evidence"),
    ]


# Accepting a gap


@pytest.mark.parametrize(
    "accepted",
    [
        "outcomes: [{id: OC-1, statement: Esito, accept: {outcome-unmeasured: dal 2025}}]\n",
        "outcomes: [{id: OC-1, statement: Esito, accept: {outcome-unmeasured: {it: dal 2025, en: from 2025}}}]\n",
    ],
)
def test_an_accepted_rule_is_silent_where_it_is_accepted(tmp_path: Path, accepted: str) -> None:
    assert found(tmp_path, accepted) == []


def test_the_theory_may_accept_a_rule_everywhere(tmp_path: Path) -> None:
    file = tmp_path / "t.yml"
    file.write_text(
        "theory: {id: t, version: 1.0.0, title: T, accept: {outcome-unmeasured: solo racconti}}\n"
        "outcomes: [{id: OC-1, statement: Esito}, {id: OC-2, statement: Esito}]\n"
    )
    loaded = load(TheoryOfChange, file, tmp_path)
    assert codes(examine(loaded.value, PROGRAMME, loaded.places, {})) == {"links-missing": 1}


def test_errors_cannot_be_accepted(tmp_path: Path) -> None:
    text = "outcomes: [{id: OC-1, statement: E, for: [S-1], accept: {reference-unknown: x, outcome-unmeasured: x}}]\n"
    assert codes(found(tmp_path, text)) == {"reference-gone": 1, "accept-unknown": 1}


# Ways through the theory


def test_elements_may_lead_on_through_links_or_through_what_they_say_of_each_other(tmp_path: Path) -> None:
    text = """\
needs: [{id: N-1, statement: Solitudine}]
inputs: [{id: R-1, statement: Fondi, for: [AC-2]}]
activities: [{id: AC-1, statement: Ascolto}, {id: AC-2, statement: Colloqui, parent: AC-1}]
outputs: [{id: OP-1, statement: Persone ascoltate, from: [AC-1]}]
outcomes:
  - {id: OC-1, statement: Fiducia, precondition_of: [IM-1], accept: {outcome-unmeasured: x}}
impact: [{id: IM-1, statement: Un quartiere che si conosce}]
links: [{id: L-1, from: OP-1, to: OC-1, mechanism: perché}]
"""
    assert found(tmp_path, text) == []


def test_a_loop_that_reinforces_is_no_circle_but_still_leads_on(tmp_path: Path) -> None:
    text = """\
activities: [{id: AC-1, statement: A}]
outcomes:
  - {id: OC-1, statement: E, accept: {outcome-unmeasured: x}}
  - {id: OC-2, statement: E, accept: {outcome-unmeasured: x}}
links:
  - {id: L-1, from: AC-1, to: OC-1, mechanism: m}
  - {id: L-2, from: OC-1, to: OC-2, mechanism: m}
  - {id: L-3, from: OC-2, to: OC-1, mechanism: m, type: reinforces}
"""
    assert found(tmp_path, text) == []
    assert codes(found(tmp_path, text.replace(", type: reinforces", ""))) == {"links-in-circle": 1}


def test_a_link_to_itself_is_no_link_whatever_its_type(tmp_path: Path) -> None:
    problems = found(
        tmp_path, CHAIN.replace("links: [", "links: [{id: L-0, from: OC-1, to: OC-1, mechanism: m}, ") + INDICATOR
    )
    assert [(one.code, one.facts) for one in problems] == [("link-to-itself", {"id": "L-0", "element": "OC-1"})]


def test_one_circle_is_named_for_each_knot() -> None:
    graph = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["b"], "e": ["f"], "f": ["e"], "g": ["g"], "h": ["a"]}
    assert circles(graph) == [["a", "b", "c", "a"], ["e", "f", "e"], ["g", "g"]]
    assert reachable(graph, ["h"]) == {"h", "a", "b", "c", "d"}


def test_a_chain_of_thousands_is_walked_without_recursion() -> None:
    graph = {str(n): [str(n + 1)] for n in range(20_000)}
    assert circles(graph) == []
    assert len(reachable(graph, ["0"])) == 20_001
    assert len(circles({**graph, "20000": ["0"]})[0]) == 20_002


# Names


def test_a_disaggregation_may_be_a_dimension_a_column_or_a_role(tmp_path: Path) -> None:
    dimension = "dimensions: [{id: zona, column: area}]\n"
    assert found(tmp_path, CHAIN + INDICATOR.replace("[gender, person,", "[zona, person,") + dimension) == []


def test_a_formula_is_broken_down_only_by_what_all_its_sources_have(tmp_path: Path) -> None:
    hubs = Table("hubs", "register", Text("Hub"), (Column("area", "category"),))
    text = (
        CHAIN
        + INDICATOR
        + """\
  - {id: IN-2, title: Hub, measures: [OC-1], unit: hub, measure: {from: hubs, count: rows}, uncertainty: {mode: census}}
  - {id: IN-3, title: R, measures: [OC-1], unit: ratio, measure: {formula: "{IN-1} / {IN-2}"}, disaggregation: [gender]}
"""
    )
    problems = found(tmp_path, text, residents=RESIDENTS, hubs=hubs)
    assert [(problem.code, problem.facts["source"]) for problem in problems] == [("dimension-unknown", "hubs")]


def test_a_source_with_errors_of_its_own_is_not_called_unknown(tmp_path: Path) -> None:
    file = tmp_path / "t.yml"
    file.write_text(HEAD + CHAIN + INDICATOR)
    loaded = load(TheoryOfChange, file, tmp_path)
    assert examine(loaded.value, PROGRAMME, loaded.places, {}, unread=["residents"]) == []
    assert codes(examine(loaded.value, PROGRAMME, loaded.places, {})) == {"source-unknown": 1}


def test_an_id_is_one_name_across_all_blocks_and_files(tmp_path: Path) -> None:
    (tmp_path / "theory_of_change").mkdir()
    (tmp_path / "theory_of_change" / "a.yml").write_text(HEAD + "needs: [{id: X-1, statement: Casa}]\n")
    (tmp_path / "theory_of_change" / "b.yml").write_text(
        "risks: [{id: X-1, statement: Pioggia}, {id: t, statement: P}]\n"
    )
    loaded = load_theory(Workspace(tmp_path))
    told = [problem.line("en") for problem in examine(loaded.value, PROGRAMME, loaded.places, {})]
    remedy = "Give one of the two another id and correct what refers to it. [id-twice]"
    assert told == [
        f"theory_of_change/b.yml:1:14: error: the id “X-1” is already used at theory_of_change/a.yml:2:14. {remedy}",
        f"theory_of_change/b.yml:1:45: error: the id “t” is already used at theory_of_change/a.yml:1:14. {remedy}",
    ]


def test_a_target_may_be_set_for_a_group_that_is_computed(tmp_path: Path) -> None:
    rest = """\
baselines: [{indicator: IN-1, period: 2024-H1}]
targets: [{indicator: IN-1, value: 0.6, by: 2026-12-31, disaggregation: {area: A1, gender: F}}]
"""
    assert found(tmp_path, CHAIN + INDICATOR + rest) == []


PROFILES = "reports: [{profile: board, period: year}, {profile: board, period: year}, {profile: OC-1, period: all}]\n"


def test_report_profiles_have_names_of_their_own(tmp_path: Path) -> None:
    problems = found(tmp_path, CHAIN + INDICATOR + PROFILES)
    assert [(problem.code, problem.facts["id"]) for problem in problems] == [("id-twice", "board")]


# People, shares, languages


def test_counting_people_by_rows_is_fair_where_each_has_one_row(tmp_path: Path) -> None:
    text = CHAIN + """\
indicators:
  - {id: IN-1, title: P, measures: [OC-1], unit: person, measure: {from: people, count: rows},
     uncertainty: {mode: census}}
"""  # fmt: skip
    columns = (Column("token", "person"), Column("day", "date"))
    once = Table("people", "register", Text("P"), columns, key=("token",), person="token")
    often = Table("people", "register", Text("P"), columns, key=("token", "day"), person="token")
    nameless = Table("people", "register", Text("P"), columns)
    assert found(tmp_path, text, people=once) == found(tmp_path, text, people=nameless) == []
    assert codes(found(tmp_path, text, people=often)) == {"reach-counts-attendance": 1}


@pytest.mark.parametrize(
    ("value", "wrong"), [("0.6", 0), ("1", 0), ("60", 1), ("-0.1", 1), ("[0.4, 60]", 1), ("[-0.4, 0.6]", 1)]
)
def test_a_share_goes_from_nought_to_one(tmp_path: Path, value: str, wrong: int) -> None:
    operator = "between" if "[" in value else ">="
    rule = "share-negative" if "-" in value else "share-beyond-one"
    rest = f"""\
baselines: [{{indicator: IN-1, value: 0.4}}]
targets: [{{indicator: IN-1, value: {value}, by: 2026-12-31, operator: "{operator}"}}]
"""
    assert codes(found(tmp_path, CHAIN + INDICATOR + rest)) == ({rule: wrong} if wrong else {})


def test_a_count_of_outputs_starts_from_nothing_and_needs_no_baseline(tmp_path: Path) -> None:
    text = """\
activities: [{id: AC-1, statement: A}]
outputs: [{id: OP-1, statement: HUB, from: [AC-1]}]
indicators:
  - {id: IN-1, title: H, measures: [OP-1], unit: hub, measure: {from: residents, count: rows},
     uncertainty: {mode: census}}
targets: [{indicator: IN-1, value: 2}]
"""
    problems = found(tmp_path, text)
    assert codes(problems) == {"target-undated": 1}


def test_texts_in_some_languages_only_are_listed_and_plain_texts_serve_all(tmp_path: Path) -> None:
    text = (
        CHAIN.replace("statement: Ascolto", "statement: {it: Ascolto}, note: {en: Listening, fr: Écoute}") + INDICATOR
    )
    problems = found(tmp_path, text)
    assert sorted((p.code, p.facts.get("found"), p.facts.get("hint"), p.facts["languages"]) for p in problems) == [
        ("language-not-of-programme", "fr", "it", "it, en"), ("text-language-missing", None, None, "en")]  # fmt: skip
    assert list(missing_languages(EMPTY, ["it", "en"])) == []


@pytest.mark.parametrize(("smallest", "wrong"), [(1, 1), (2, 1), (3, 0), (5, 0)])
def test_groups_below_the_legal_floor_are_told(tmp_path: Path, smallest: int, wrong: int) -> None:
    file = tmp_path / "programme.yml"
    file.write_text(
        "id: p\ntitle: P\ncalendar: {start: 2024-01-01, end: 2026-12-31, every: half_year}\n"
        f"disclosure: {{smallest_group: {smallest}}}\n"
    )
    programme = load_programme(Workspace(tmp_path))
    problems = examine(EMPTY, programme.value, Places("t.yml"), {}, programme_places=programme.places)
    assert [(problem.code, str(problem.place)) for problem in problems] == [
        ("smallest-group-below-law", "programme.yml:4:30")
    ] * wrong


def test_every_rule_is_shown_by_a_broken_theory() -> None:
    shown = (Path(__file__).parent.parent / "broken" / "theory" / "expected.yml").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"[{rule}]" not in shown] == []
