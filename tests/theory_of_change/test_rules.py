"""Rules seen from the other side: what they leave alone, how each is accepted, and the programmes they come from."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from theory_of_change.codes import can_be, is_known
from theory_of_change.coherence import examine
from theory_of_change.loading import load, load_theory
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.problems import Place, Problem
from theory_of_change.programme import Calendar, Programme, Workspace
from theory_of_change.rules import RULES, SourceDetail
from theory_of_change.tables import Column, Table
from theory_of_change.upkeep_rules import months_between

PROGRAMME = Programme(
    id="p", title="P", languages=("it", "en"), calendar=Calendar(start="2017-01-01", end="2026-12-31", every="year")
)
CALLS = Table(
    "calls",
    "register",
    Text("Bandi"),
    (Column("edition", "category"), Column("funded", "boolean"), Column("grant", "money", unit="EUR"),
     Column("cost", "money", unit="EUR"), Column("people", "integer", unit="person")),
)  # fmt: skip
HEAD = """\
theory: {id: t, version: 1.0.0, title: T}
activities: [{id: AC-1, statement: Bando}]
outcomes: [{id: OC-1, statement: Idee che durano}]
links: [{id: L-1, from: AC-1, to: OC-1, mechanism: chi ha risorse continua}]
indicators:
  - {id: IN-0, title: Idee, measures: [OC-1], unit: idea, measure: {from: calls, count: rows},
     uncertainty: {mode: census}}
"""
OPEN = "dimensions: [{id: edition, categories: {I: Prima, IV: Quarta}, open: [IV]}]\n"


def found(folder: Path, text: str, **more: object) -> list[Problem]:
    file = folder / "theory_of_change.yml"
    file.write_text(HEAD + text, encoding="utf-8")
    loaded = load(TheoryOfChange, file, folder)
    assert loaded.value is not None, loaded.problems
    return examine(loaded.value, PROGRAMME, loaded.places, {"calls": CALLS}, **more)


def codes(problems: list[Problem]) -> Counter[str]:
    return Counter(problem.code for problem in problems)


# Rates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "warned"),
    [
        ("{from: calls, share: funded}", 1),
        ("{from: calls, ratio: {numerator: grant, denominator: cost}}", 1),
        ("{from: calls, share: funded, where: edition <> 'IV'}", 0),
        ("{formula: '{IN-F} / {IN-0}'}", 1),
        ("{formula: '{IN-F} / {IN-C}'}", 0),
        ("{from: calls, mean: grant}", 0),
    ],
)
def test_a_rate_leaves_open_calls_out(tmp_path: Path, measure: str, warned: int) -> None:
    text = f"""\
  - {{id: IN-F, title: F, measures: [OC-1], unit: idea, uncertainty: {{mode: census}},
     measure: {{from: calls, count: rows, where: "funded and edition <> 'IV'"}}}}
  - {{id: IN-C, title: C, measures: [OC-1], unit: idea, uncertainty: {{mode: census}},
     measure: {{from: calls, count: rows, where: edition <> 'IV'}}}}
  - {{id: IN-R, title: R, measures: [OC-1], unit: rate, measure: {measure}, uncertainty: {{mode: census}}}}
"""
    assert codes(found(tmp_path, text + OPEN)) == ({"open-cohort-in-rate": 1} if warned else {})


def test_a_published_rate_of_an_open_call_is_told(tmp_path: Path) -> None:
    text = """\
published_figures:
  - {id: PF-1, value: 19, unit: percent, cohort: IV, source: Rapporto}
  - {id: PF-2, value: 19, unit: percent, cohort: I, source: Rapporto}
  - {id: PF-3, value: 40, unit: idea, cohort: IV, source: Rapporto}
"""
    problems = found(tmp_path, OPEN + text)
    assert [(one.code, one.facts["id"]) for one in problems] == [("open-cohort-in-rate", "PF-1")]


# Units ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "ratio", "warned"),
    [("percent", "people", 1), ("percent", "grant", 0), ("EUR per person", "people", 0)],
)
def test_only_a_share_must_have_one_unit(tmp_path: Path, unit: str, ratio: str, warned: int) -> None:
    text = f"""\
  - {{id: IN-R, title: R, measures: [OC-1], unit: {unit}, uncertainty: {{mode: census}},
     measure: {{from: calls, ratio: {{numerator: {ratio}, denominator: cost}}}}}}
"""
    assert codes(found(tmp_path, text)) == ({"ratio-mixes-units": 1} if warned else {})


@pytest.mark.parametrize(
    ("formula", "warned"),
    [("{IN-0} / {IN-0}", 0), ("{IN-0} * 100", 1), ("1 - {IN-S}", 0)],
)
def test_a_percentage_made_of_a_count_alone_has_no_base(tmp_path: Path, formula: str, warned: int) -> None:
    text = f"""\
  - {{id: IN-S, title: S, measures: [OC-1], unit: percent, uncertainty: {{mode: census}},
     measure: {{from: calls, share: funded}}}}
  - {{id: IN-R, title: R, measures: [OC-1], unit: percent, measure: {{formula: "{formula}"}}}}
"""
    assert codes(found(tmp_path, text)) == ({"percentage-without-base": 1} if warned else {})


# Published figures ---------------------------------------------------------------------------------------------------


def test_shares_that_round_to_the_whole_are_fine(tmp_path: Path) -> None:
    shares = "".join(
        f"  - {{id: PF-{n}, value: {value}, unit: percent, composition: c, of: PF-N, source: R}}\n"
        for n, value in enumerate((33, 33, 33))
    )
    text = "published_figures:\n  - {id: PF-N, value: 3, unit: body, source: R}\n" + shares
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(("last", "warned"), [(3, 0), (4, 1)])
def test_counts_make_their_total_exactly(tmp_path: Path, last: int, warned: int) -> None:
    text = f"""\
published_figures:
  - {{id: PF-N, value: 95, unit: body, source: R}}
  - {{id: PF-A, value: 92, unit: body, composition: c, of: PF-N, source: R}}
  - {{id: PF-B, value: {last}, unit: body, composition: c, of: PF-N, source: R}}
"""
    assert codes(found(tmp_path, text)) == ({"composition-not-whole": 1} if warned else {})


def test_parts_said_approximately_are_not_added_up(tmp_path: Path) -> None:
    text = """\
published_figures:
  - {id: PF-A, value: 60, unit: percent, approx: circa, composition: c, source: R}
  - {id: PF-B, value: 20, unit: percent, composition: c, source: R}
"""
    assert found(tmp_path, text) == []


def test_a_figure_said_as_over_agrees_with_more_and_a_missing_value_with_anything(tmp_path: Path) -> None:
    text = """\
published_figures:
  - {id: PF-A, value: 27, unit: EUR, approx: oltre, source: Valutare}
  - {id: PF-B, value: 30.4, unit: EUR, as_of: 2017-12-17, source: Iris}
  - {id: PF-C, value: 5, unit: EUR, source: Iris, accept: {figure-not-reproduced: un'altra definizione}}
"""
    assert found(tmp_path, text, reproduced={"PF-A": 30.4, "PF-B": 30.41, "PF-C": 6}) == []
    wrong = found(tmp_path, text, reproduced={"PF-A": 26.0, "PF-B": 30.5})
    assert [(one.facts["id"], one.facts["found"]) for one in wrong] == [("PF-A", "26"), ("PF-B", "30.5")]


# Small categories ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dimension", "warned"),
    [
        ("frame_sizes: {APS: 57, FC: 11, CSV: 10, PA: 6}", 0),
        ("frame_sizes: {APS: 57, PA: 4}", 1),
        ("frame_sizes: {APS: 57, PA: 4}, collapse_to: {PA: APS}", 0),
        ("frame_sizes: {APS: 2, PA: 2}, collapse_to: {PA: APS}", 2),
        ("frame_sizes: {APS: 57, PA: 0}", 0),
        ("frame_sizes: {APS: 57, PA: 4}, accept: {category-below-threshold: si uniranno a fine anno}", 0),
    ],
)
def test_a_category_is_large_enough_or_merged(tmp_path: Path, dimension: str, warned: int) -> None:
    problems = found(tmp_path, f"dimensions: [{{id: edition, {dimension}}}]\n")
    assert codes(problems) == ({"category-below-threshold": warned} if warned else {})


def test_an_indicator_may_ask_for_larger_groups(tmp_path: Path) -> None:
    text = """\
  - {id: IN-S, title: S, measures: [OC-1], unit: percent, uncertainty: {mode: census}, disaggregation: [edition],
     measure: {from: calls, share: funded}, disclosure: {threshold: 8}}
dimensions: [{id: edition, frame_sizes: {I: 57, II: 6}}]
"""
    problems = found(tmp_path, text)
    assert [(one.facts["category"], one.facts["threshold"]) for one in problems] == [("II", "8")]


# Sources, plans, codes -----------------------------------------------------------------------------------------------


def test_means_of_verification_stand_in_for_deliveries(tmp_path: Path) -> None:
    details = {"calls": SourceDetail(is_delivered=False)}
    assert codes(found(tmp_path, "", details=details)) == {"indicator-without-source": 1}
    verified = HEAD.replace("unit: idea,", "unit: idea, means_of_verification: verbali,")
    (tmp_path / "theory_of_change.yml").write_text(verified, encoding="utf-8")
    loaded = load(TheoryOfChange, tmp_path / "theory_of_change.yml", tmp_path)
    assert examine(loaded.value, PROGRAMME, loaded.places, {"calls": CALLS}, details=details) == []


@pytest.mark.parametrize(
    ("planned", "actual", "months"),
    [
        ("2018-07-01", "2018-06-01", "-1"),
        ("2018-12-31", "2019-02-28", "+2"),
        ("2018-06-30", "2018-09-15", "+2.5"),
        ("2018-06-15", "2020-06-15", "+24"),
    ],
)
def test_a_departure_from_the_plan_is_told_in_months(planned: str, actual: str, months: str) -> None:
    assert months_between(dt.date.fromisoformat(planned), dt.date.fromisoformat(actual)) == months


def test_phases_areas_and_milestones_are_held_to_their_plan_too(tmp_path: Path) -> None:
    text = """\
areas: [{id: A-1, title: A, period: {start: 2018-01-01}, actual: {start: 2018-02-01}}]
phases: [{id: F-1, statement: F, planned: {end: 2018-03-31}, actual: {end: 2018-04-30}}]
milestones:
  - {id: MS-1, statement: M, planned: {end: 2018-03-31}, actual: 2018-03-30, document: Protocollo}
  - {id: MS-2, statement: M, due: 2018-03-31, actual: 2018-03-31, body: Cooperativa}
"""
    problems = found(tmp_path, text)
    assert [(one.facts["id"], one.facts["end"], one.facts["months"]) for one in problems] == [
        ("A-1", "start", "+1"), ("F-1", "end", "+1"), ("MS-1", "planned", "0")]  # fmt: skip
    assert {one.severity for one in problems} == {"info"}


@pytest.mark.parametrize("code", ["1", "1.4", "1.a", "1.4.1", "17.19", "17.19.2", "16.b"])
def test_codes_of_the_sustainable_development_goals(code: str) -> None:
    assert can_be("SDG", code) and can_be("sdgs", code)


@pytest.mark.parametrize("code", ["0", "18", "1.6", "1.c", "17.a", "17.20", "1.4.1.1", "Goal 1", "", "1.0"])
def test_codes_the_goals_do_not_have(code: str) -> None:
    assert not can_be("SDG", code)


def test_the_goals_have_169_targets() -> None:
    tried = [f"{goal}.{target}" for goal in range(1, 18) for target in (*range(1, 25), *"abcd")]
    assert sum(can_be("SDG", one) for one in tried) == 169


def test_other_catalogues() -> None:
    assert can_be("IRIS+", "PI4060") and can_be("iris", "oi8869") and not can_be("IRIS", "4060")
    assert is_known("BES") and can_be("BES", "qualsiasi") and not is_known("nostro")


def test_a_catalogue_with_an_address_needs_no_list(tmp_path: Path) -> None:
    text = """\
needs: [{id: N-1, statement: Casa, references: [{vocabulary: nostro, code: X, uri: "https://example.org/x"}]}]
"""
    assert found(tmp_path, text) == []


# Accepting, languages, sizes -----------------------------------------------------------------------------------------


def test_every_rule_may_be_accepted_by_name_on_the_theory(tmp_path: Path) -> None:
    """All broken theories of the tests fall silent, but for errors, once the theory accepts every rule."""
    broken = Path(__file__).parent.parent / "broken" / "theory"
    accepted = "{" + ", ".join(f"{rule}: prova" for rule in RULES) + "}"
    silenced = 0
    for file in sorted(broken.glob("*.yml")):
        text = file.read_bytes().decode("utf-8", "replace")
        if "title: T}" not in text or file.stem in ("expected", "accepting-an-unknown-rule"):
            continue
        (tmp_path / "t.yml").write_text(text.replace("title: T}", f"title: T, accept: {accepted}}}", 1))
        loaded = load(TheoryOfChange, tmp_path / "t.yml", tmp_path)
        if loaded.value is None:
            continue
        left = examine(loaded.value, PROGRAMME, loaded.places, {})
        assert [one for one in left if one.severity != "error"] == [], file.stem
        silenced += 1
    assert silenced > 40


def test_a_language_missing_in_every_text_is_told_once(tmp_path: Path) -> None:
    needs = "".join(f"  - {{id: N-{n}, statement: {{it: Bisogno}}}}\n" for n in range(50))
    assert codes(found(tmp_path, "needs:\n" + needs)) == {"language-missing-everywhere": 1}
    some = needs.replace("{it: Bisogno}", "{it: Bisogno, en: Need}", 1)
    assert codes(found(tmp_path, "needs:\n" + some)) == {"text-language-missing": 49}


ODD = "أقلّ عزلة، cittadinə, 5×1000, «così», שלום, 你好, 👩‍👩‍👧"


def test_any_script_in_every_text_is_kept_as_written(tmp_path: Path) -> None:
    text = f"""\
theory: {{id: t, version: 1.0.0, title: "{ODD}", authors: ["{ODD}"]}}
needs: [{{id: N-1, statement: {{it: "{ODD}", en: "{ODD}", ar: "{ODD}"}}, note: "{ODD}"}},
        {{id: N-2, statement: "{ODD}"}}]
areas: [{{id: A-1, title: "{ODD}"}}]
links: [{{id: L-1, from: N-1, to: N-2, type: enables, mechanism: "{ODD}", evidence: ["{ODD}"]}}]
code_lists: [{{id: c, title: "{ODD}", codes: {{"{ODD}": "{ODD}"}}}}]
"""
    (tmp_path / "theory_of_change.yml").write_text(text, encoding="utf-8")
    loaded = load_theory(Workspace(tmp_path))
    assert loaded.problems == ()
    assert {loaded.value.theory.title.root, loaded.value.areas[0].title.root, *loaded.value.code_lists[0].codes} == {
        ODD
    }
    assert {loaded.value.needs[0].statement.within(one) for one in ("it", "en", "ar")} == {ODD}
    assert examine(loaded.value, PROGRAMME, loaded.places, {}) == []


def test_words_from_right_to_left_cannot_turn_the_sentence_around_them() -> None:
    line = Problem("id-shape", Place("t.yml", 1, 1), {"found": "שלום\u202e", "key": "id"}).line("en")
    assert "“\u2068שלום\u2069” in “id” cannot be an id" in line
    assert "\u202e" not in line


def test_a_theory_of_two_thousand_elements_is_examined_whole(tmp_path: Path) -> None:
    """Every rule looks at each element once: what is wrong with the last one is told like the first."""
    n = 500
    lines = ["theory: {id: t, version: 1.0.0, title: T}", "activities:"]
    lines += [f"  - {{id: AC-{i}, statement: A}}" for i in range(n)] + ["outputs:"]
    lines += [f"  - {{id: OP-{i}, statement: P, from: [AC-{i}]}}" for i in range(n)] + ["outcomes:"]
    lines += [f"  - {{id: OC-{i}, statement: E}}" for i in range(2 * n)] + ["links:"]
    lines += [f"  - {{id: L-{i}, from: OP-{i}, to: OC-{i}, mechanism: m}}" for i in range(n)]
    lines += [f"  - {{id: M-{i}, from: OC-{i}, to: OC-{i + n}x}}" for i in range(n)]
    (tmp_path / "theory_of_change.yml").write_text("\n".join(lines), encoding="utf-8")
    loaded = load_theory(Workspace(tmp_path))
    assert codes(examine(loaded.value, PROGRAMME, loaded.places, {})) == {
        "outcome-unmeasured": 2 * n,
        "link-without-mechanism": n,
        "reference-gone": n,
    }
