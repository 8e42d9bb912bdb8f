"""What changed between two theories, in exact sentences of both languages, and what becomes of each series."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.questionnaire import Survey
from theory_of_change.contents import blocks_of, canonical, content_hash, meaning_hash, name_of, words_hash
from theory_of_change.difference import compare
from theory_of_change.loading import load_theory
from theory_of_change.model import TheoryOfChange
from theory_of_change.positions import Places
from theory_of_change.problems import Problem
from theory_of_change.programme import Calendar, Programme, Workspace
from theory_of_change.versioning import changed_without_version, succession

THEORY: dict[str, Any] = yaml.safe_load("""
theory: {id: desk, version: 1.0.0, title: {it: Sportello, en: Help desk}}
activities: [{id: AC, statement: {it: Uno sportello, en: A desk}}]
outputs: [{id: OP, statement: {it: Persone ascoltate, en: People listened to}, from: [AC]}]
outcomes:
  - {id: OC, statement: {it: Meno solitudine tra chi viene, en: Less loneliness among those who come}, term: short}
  - {id: OC-2, statement: {it: Più fiducia, en: More trust}}
impact: [{id: IM, statement: {it: Una città unita, en: A united town}}]
links: [{id: L-1, from: OP, to: OC, type: contributes}]
assumptions: [{id: AS, statement: {it: Chi è solo passa di qui, en: Lonely people come by}, status: untested}]
indicators:
  - {id: IN, title: {it: Spesso soli, en: Often alone}, measures: [OC], unit: percent,
     measure: {from: visitors, share: alone >= 4, where: area = 'A1'}, direction: down, disaggregation: [area],
     uncertainty: {mode: sample}}
  - {id: IN-N, title: {it: Visite, en: Visits}, measures: [OP], unit: visit, measure: {from: visits, count: rows}}
  - {id: IN-F, title: {it: Rapporto, en: Ratio}, measures: [OP], unit: ratio, measure: {formula: "{IN} / {IN-N}"}}
targets: [{indicator: IN, operator: "<=", value: 0.3, by: "2027-12-31"}]
baselines: [{indicator: IN, period: 2026-H1}]
dimensions: [{id: area, categories: {A1: {it: Centro, en: Centre}, A2: {it: Periferia, en: Outskirts}}}]
""")
SAID = yaml.safe_load(Path(__file__).with_name("changes.yml").read_text(encoding="utf-8"))
Edit = Callable[[dict[str, Any]], Any]


def theory(edit: Edit | None = None) -> TheoryOfChange:
    said = copy.deepcopy(THEORY)
    if edit:
        edit(said)
    return TheoryOfChange.model_validate(said)


def block(said: dict[str, Any], key: str, name: str | None = None) -> dict[str, Any]:
    return next(one for one in said[key] if name in (None, one.get("id"), one.get("indicator")))


def put(key: str, name: str | None, path: str, value: Any) -> Edit:
    """Sets `path` (dots between keys) of the block `name`; None takes it away."""

    def edit(said: dict[str, Any]) -> None:
        *way, last = path.split(".")
        here = said["theory"] if key == "theory" else block(said, key, name)
        for step in way:
            here = here.setdefault(step, {})
        if value is None:
            del here[last]
        else:
            here[last] = value

    return edit


def several(*edits: Edit) -> Edit:
    return lambda said: [edit(said) for edit in edits]


def add(key: str, **said: Any) -> Edit:
    return lambda all_of_it: all_of_it.setdefault(key, []).append(said)


def drop(key: str, name: str) -> Edit:
    return lambda said: said[key].remove(block(said, key, name))


HEIR = {
    "id": "IN-2",
    "title": {"it": "Spesso soli", "en": "Often alone"},
    "measures": ["OC"],
    "unit": "percent",
    "measure": {"from": "visitors", "share": "alone >= 3", "where": "area = 'A1'"},
    "direction": "down",
    "disaggregation": ["area"],
    "uncertainty": {"mode": "sample"},
    "replaces": "IN",
}

#: An edit of the theory, and for each change that must be told its kind and what becomes of the series.
CASES: dict[str, tuple[Edit, list[tuple[str, str | None]]]] = {
    "added": (
        add("outcomes", id="OC-3", statement={"it": "Nuove amicizie", "en": "New friendships"}),
        [("added", None)],
    ),
    "an indicator added": (
        add("indicators", id="IN-3", title="X", measures=["OC"], unit="u", measure={"from": "visits", "count": "rows"}),
        [("added", "starts")],
    ),
    "removed": (
        drop("outcomes", "OC-2"),
        [("removed", None)],
    ),
    "retired": (
        put(
            "outcomes",
            "OC-2",
            "retired",
            {"at": "2026-05-01", "reason": {"it": "Già detto", "en": "Said already"}, "replaced_by": "OC"},
        ),
        [("retired", None)],
    ),
    "an indicator retired": (
        put("indicators", "IN-N", "retired", {"at": "2026-05-01", "reason": "Inutile"}),
        [("retired", "ends")],
    ),
    "slightly reworded": (
        put("outcomes", "OC", "statement.it", "Meno solitudine tra tutti quelli che vengono"),
        [("reworded", None)],
    ),
    "largely reworded": (
        put("outcomes", "OC", "statement.en", "Friends are found"),
        [("reworded", None)],
    ),
    "translated": (
        put("outcomes", "OC-2", "statement.fr", "Plus de confiance"),
        [("reworded", None)],
    ),
    "a plain text that speaks of one language only": (
        put("outcomes", "OC-2", "statement", "Più fiducia"),
        [("reworded", None)],
    ),
    "an indicator reworded": (
        put("indicators", "IN", "title.en", "Often quite alone"),
        [("reworded", "continues")],
    ),
    "a measure": (
        put("indicators", "IN-N", "measure", {"from": "visits", "distinct": "person"}),
        [("respecified", "breaks"), ("respecified", "breaks")],
    ),
    "which rows count": (
        several(put("indicators", "IN", "measure.where", "area = 'A2'"), drop("indicators", "IN-F")),
        [("respecified", "breaks"), ("removed", "ends")],
    ),
    "a unit": (
        put("indicators", "IN-F", "unit", "percent"),
        [("respecified", "breaks")],
    ),
    "a direction": (
        put("indicators", "IN", "direction", "up"),
        [("respecified", "continues")],
    ),
    "a confidence level": (
        put("indicators", "IN", "uncertainty.level", 0.9),
        [("respecified", "continues")],
    ),
    "a breakdown more": (
        put("indicators", "IN", "disaggregation", ["area", ["area", "gender"]]),
        [("respecified", "continues")],
    ),
    "a breakdown less": (
        put("indicators", "IN", "disaggregation", None),
        [("respecified", "continues")],
    ),
    "years made otherwise": (
        put("indicators", "IN-F", "aggregation", {"time": "last"}),
        [("respecified", "breaks")],
    ),
    "bridged": (
        several(
            put("indicators", "IN-F", "measure.formula", "{IN} * {IN-N}"),
            put("indicators", "IN-F", "bridge", {"it": "vecchi × 2", "en": "old × 2"}),
        ),
        [("respecified", "bridged")],
    ),
    "in the place of another": (
        several(drop("indicators", "IN"), drop("indicators", "IN-F"), add("indicators", **HEIR)),
        [("renamed", "breaks"), ("removed", "ends")],
    ),
    "in the place of another, with a bridge": (
        add("indicators", **HEIR, bridge="old × 2"),
        [("renamed", "bridged")],
    ),
    "under another name only": (
        add("indicators", **HEIR | {"measure": THEORY["indicators"][0]["measure"]}),
        [("renamed", "continues")],
    ),
    "a link's ends": (
        put("links", "L-1", "to", "OC-2"),
        [("moved", None)],
    ),
    "a link's type": (
        put("links", "L-1", "type", "enables"),
        [("respecified", None)],
    ),
    "what an indicator measures": (
        put("indicators", "IN", "measures", ["OC", "OC-2"]),
        [("moved", "continues")],
    ),
    "from outcomes to impact": (
        several(drop("outcomes", "OC-2"), add("impact", **THEORY["outcomes"][1])),
        [("moved", None)],
    ),
    "an area": (
        put("activities", "AC", "area", "AR"),
        [("moved", None)],
    ),
    "what time adds": (
        put("assumptions", "AS", "status", "holding"),
        [("updated", None)],
    ),
    "a target": (
        put("targets", "IN", "value", 0.25),
        [("respecified", None)],
    ),
    "one more target": (
        add("targets", indicator="IN", operator="<=", value=0.2, by="2028-12-31"),
        [("added", None)],
    ),
    "a target between two values": (
        several(put("targets", "IN", "value", [0.1, 0.3]), put("targets", "IN", "operator", "between")),
        [("respecified", None)],
    ),
    "the categories of a breakdown": (
        put("dimensions", "area", "categories.A3", {"it": "Isole", "en": "Islands"}),
        [("respecified", "continues"), ("respecified", None)],
    ),
    "the label of a category": (
        put("dimensions", "area", "categories.A2.en", "Suburbs"),
        [("reworded", None)],
    ),
    "the version": (
        put("theory", None, "version", "1.1.0"),
        [("updated", None)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_said(name: str) -> None:
    edit, kinds = CASES[name]
    changes = compare(theory(), theory(edit))
    assert {language: [change.sentence(language) for change in changes] for language in ("it", "en")} == SAID[name]
    assert [(change.kind, change.series) for change in changes] == kinds


def test_a_bridge_written_for_an_earlier_change_does_not_settle_a_new_one() -> None:
    bridge = put("indicators", "IN-F", "bridge", "old × 2")
    other = several(bridge, put("indicators", "IN-F", "measure.formula", "{IN-N} / {IN}"))
    (change,) = compare(theory(bridge), theory(other))
    assert (change.series, [one.key for one in change.because]) == ("breaks", ["computing", "bridge-old"])


def test_what_stands_in_another_order_is_the_same() -> None:
    def shuffle(said: dict[str, Any]) -> None:
        for key, blocks in said.items():
            if isinstance(blocks, list):
                said[key] = [dict(reversed(one.items())) for one in reversed(blocks)]
        block(said, "indicators", "IN")["measures"] = ["OC-2", "OC"]

    both = put("indicators", "IN", "measures", ["OC", "OC-2"])
    one, other = theory(both), theory(several(both, shuffle))
    assert compare(one, other) == ()
    assert content_hash(one) == content_hash(other)


def test_writing_out_what_holds_anyway_changes_nothing() -> None:
    explicit = theory(put("links", "L-1", "necessity", "unknown"))
    assert compare(theory(), explicit) == ()
    assert content_hash(theory()) == content_hash(explicit)


def test_a_long_text_is_cut_around_what_differs() -> None:
    long = " ".join(f"word{i}" for i in range(60))
    (change,) = compare(
        theory(put("outcomes", "OC", "note", long)),
        theory(put("outcomes", "OC", "note", long.replace("word30", "other"))),
    )
    start, end = "… word24 word25 word26 word27 word28 word29", "word31 word32 word33 word34 word35 word36 …"
    assert f"from “{start} word30 {end}” to “{start} other {end}”" in change.sentence("en")
    assert change.as_dict("en")["details"][0]["old"] == long


def test_words_and_meaning_have_fingerprints_of_their_own() -> None:
    one = theory().indicators[0]
    reworded = theory(put("indicators", "IN", "title.en", "Alone")).indicators[0]
    respecified = theory(put("indicators", "IN", "unit", "share")).indicators[0]
    assert (meaning_hash(one), words_hash(one)) != (meaning_hash(reworded), words_hash(reworded))
    assert meaning_hash(one) == meaning_hash(reworded) and words_hash(one) != words_hash(reworded)
    assert meaning_hash(one) != meaning_hash(respecified) and words_hash(one) == words_hash(respecified)
    assert len({content_hash(each) for each in (one, reworded, respecified)}) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", mark) for mark in (content_hash(one), content_hash(theory())))


def test_a_theory_reads_back_from_its_canonical_json() -> None:
    again = TheoryOfChange.model_validate_json(canonical(theory()))
    assert again == theory() and canonical(again) == canonical(theory())


# What the theory rests on --------------------------------------------------------------------------------------------

SURVEY = yaml.safe_load("""
id: visitors
title: Questionario
weight: w
consent: {column: ok, value: "Y"}
questions:
  - {name: alone, type: scale, range: [1, 5], missing: ["99"], text: {it: Quanto si sente solo, en: How alone}}
  - {name: area, type: single, answers: {A1: Centro, A2: Periferia}}
  - {name: mood, type: scale, range: [1, 5]}
scales: [{name: wellbeing, items: [mood, alone], range: [1, 5], reverse: [alone]}]
""")


def survey(edit: Edit | None = None) -> dict[str, Survey]:
    said = copy.deepcopy(SURVEY)
    if edit:
        edit(said)
    return {"visitors": Survey.model_validate(said)}


def question(name: str, key: str, value: Any) -> Edit:
    return lambda said: next(one for one in said["questions"] if one["name"] == name).__setitem__(key, value)


def role(key: str, value: Any) -> Edit:
    return lambda said: said.__setitem__(key, value)


@pytest.mark.parametrize(
    ("edit", "broken", "sentence"),
    [
        (question("alone", "range", [1, 7]), ["IN", "IN-F"],
         "Question visitors.alone is re-specified: range, from “1 – 5” to “1 – 7”."),
        (question("alone", "missing", ["98", "99"]), ["IN", "IN-F"],
         "Question visitors.alone is re-specified: missing codes, in comes “98”."),
        (question("area", "answers", {"A1": "Centro", "A2": "Periferia", "A3": "Isole"}), ["IN", "IN-F"],
         "Question visitors.area is re-specified: answer codes, in comes “A3”."),
        (question("mood", "range", [1, 4]), [],
         "Question visitors.mood is re-specified: range, from “1 – 5” to “1 – 4”."),
        (question("alone", "code", "Q1"), [], "Question visitors.alone is updated: header, now “Q1”."),
        (role("weight", "v"), ["IN", "IN-F"], "Source visitors is re-specified: weight, from “w” to “v”."),
        (role("strata", ["site"]), [], "Source visitors is re-specified: strata, now “site”."),
    ],
)  # fmt: skip
def test_a_changed_contract_breaks_what_reads_it(edit: Edit, broken: list[str], sentence: str) -> None:
    changes = compare(theory(), theory(), (survey(), survey(edit)))
    assert [change.id for change in changes if change.series == "breaks"] == broken
    assert sentence in [change.sentence("en") for change in changes]


def test_a_changed_item_breaks_the_indicators_of_its_scale() -> None:
    of_scale = put("indicators", "IN", "measure", {"from": "visitors", "mean": "wellbeing"})
    changes = compare(theory(of_scale), theory(of_scale), (survey(), survey(question("mood", "range", [1, 4]))))
    assert [change.id for change in changes if change.series == "breaks"] == ["IN", "IN-F"]


def test_a_changed_part_breaks_the_indicators_of_what_is_merged_of_it() -> None:
    parts = [{"source": "visitors", "rename": {"mood": "umore"}}, {"source": "others"}]
    merged = Survey.model_validate({"id": "every", "title": "Tutti", "merge": parts})
    of_merged = put("indicators", "IN", "measure", {"from": "every", "mean": "umore"})
    before, after = ({**survey(edit), "every": merged} for edit in (None, question("mood", "range", [1, 4])))
    changes = compare(theory(of_merged), theory(of_merged), (before, after))
    assert [change.id for change in changes if change.series == "breaks"] == ["IN", "IN-F"]
    elsewhere = {**survey(question("area", "answers", {"A1": "Centro"})), "every": merged}
    changes = compare(theory(of_merged), theory(of_merged), (before, elsewhere))
    assert "IN" not in [change.id for change in changes if change.series == "breaks"]


def test_why_a_contract_breaks_a_series_is_said() -> None:
    changes = compare(theory(), theory(), (survey(), survey(question("alone", "range", [1, 7]))))
    assert changes[0].sentence("it") == (
        "Indicatore IN: resta scritto com’era, ma cambia ciò su cui poggia. La serie si interrompe: cambia alone nella"
        " fonte visitors, da cui viene il numero. I valori nuovi non si confrontano con quelli già pubblicati."
    )
    assert changes[0].sentence("en") == (
        "Indicator IN stays as written, but what it rests on changes. The series breaks: alone changes in the source"
        " visitors, from which the number comes. New values do not compare with those already published."
    )


def test_the_calendar_is_part_of_what_changed() -> None:
    old, new = (Programme(id="p", title="P", calendar=Calendar(start="2026-01-01", end="2026-12-31", every=every))
                for every in ("year", "quarter"))  # fmt: skip
    (change,) = compare(theory(), theory(), programmes=(old, new))
    assert change.sentence("it") == ("Programma p: cambia in questo: passo del calendario, da «year» a «quarter».")


# Rule 19 -------------------------------------------------------------------------------------------------------------


def warned(edit: Edit) -> list[Mapping[str, str]]:
    return [one.facts for one in told(edit) if one.code == "indicator-changed-without-version"]


def told(edit: Edit) -> list[Problem]:
    return changed_without_version(theory(), theory(edit), Places("theory_of_change.yml"))


def test_an_indicator_changed_under_the_same_version_is_told() -> None:
    other = put("indicators", "IN-F", "measure.formula", "{IN}")
    assert warned(other) == [{"id": "IN-F", "version": "1.0.0", "keys": "measure.formula"}]


@pytest.mark.parametrize(
    "settled",
    [
        put("theory", None, "version", "1.0.1"),
        put("indicators", "IN-F", "bridge", "old × 2"),
        put("indicators", "IN-F", "accept", {"indicator-changed-without-version": "nobody has seen it"}),
        put("theory", None, "accept", {"indicator-changed-without-version": "a draft"}),
    ],
    ids=["version", "bridge", "accepted here", "accepted everywhere"],
)
def test_a_version_a_bridge_or_a_reason_settles_it(settled: Edit) -> None:
    assert warned(several(put("indicators", "IN-F", "measure.formula", "{IN}"), settled)) == []


def test_new_words_need_no_new_version() -> None:
    assert warned(put("indicators", "IN-F", "title.en", "Quotient")) == []


# Any theory ----------------------------------------------------------------------------------------------------------

EXAMPLES = sorted((Path(__file__).parents[2] / "theory_of_change" / "examples").iterdir())
#: Fields that hold words in some block, and so can be given any words.
WORDED = ("statement", "title", "name", "question", "claim", "mechanism", "note")


@pytest.mark.parametrize("folder", [one for one in EXAMPLES if one.is_dir()], ids=lambda folder: folder.name)
def test_an_example_differs_from_itself_in_nothing_and_each_edit_is_named(folder: Path) -> None:
    loaded = load_theory(Workspace(folder)).value
    if loaded is None:
        pytest.skip("an example that is being written")
    assert compare(loaded, loaded) == ()
    again = TheoryOfChange.model_validate_json(canonical(loaded))
    assert compare(loaded, again) == () and content_hash(again) == content_hash(loaded)
    said = loaded.model_dump(mode="json", by_alias=True, exclude_none=True)
    edited = set()
    for key, blocks in blocks_of(loaded):
        for number, one in enumerate(blocks):
            here = said[key] if key == "theory" else said[key][number]
            field = next((name for name in WORDED if name in here), None)
            if field:
                here[field] = {"en": "Quite other words"}
                edited.add((key, name_of(one)))
    changes = compare(loaded, TheoryOfChange.model_validate(said))
    assert {(change.block, change.id) for change in changes} == edited
    for change in changes:
        assert change.id in change.sentence("it") and change.id in change.sentence("en")


OPTIONAL = {
    "stakeholders": ("underserved", [True, False]),
    "activities": ("modality", ["lab", "grant"]),
    "outcomes": ("term", ["medium", "long"]),
    "links": ("lag", ["P1M", "P2Y"]),
    "assumptions": ("criticality", ["low", "high"]),
    "indicators": ("unit", ["euro", "hub"]),
}
names = st.integers(0, 9).map("B{}".format)
edits = st.lists(
    st.tuples(
        st.sampled_from(sorted(OPTIONAL)), names, st.sampled_from(["drop", "words", "meaning"]), st.integers(0, 1)
    ),
    max_size=6,
    unique_by=lambda one: one[:2],
)


def of_blocks() -> dict[str, Any]:
    """A theory with ten blocks of several kinds, all ids different."""
    said: dict[str, Any] = {"theory": {"id": "t", "version": "1.0.0", "title": "T"}}
    for key in OPTIONAL:
        for i in range(10):
            own: dict[str, Any] = {"id": f"{key}-B{i}"}
            if key == "links":
                own |= {"from": "a", "to": "b", "mechanism": "so"}
            elif key == "indicators":
                own |= {"title": "x", "measures": ["a"], "unit": "u", "measure": {"from": "s", "count": "rows"}}
            else:
                own |= {"name" if key == "stakeholders" else "statement": "x"}
            said.setdefault(key, []).append(own)
    return said


@settings(max_examples=60, deadline=None)
@given(edits, edits)
def test_each_edited_block_is_named_and_no_other(first: list, second: list) -> None:
    def edited(changes: list) -> dict[str, Any]:
        said = of_blocks()
        for key, name, what, choice in changes:
            one = block(said, key, f"{key}-{name}")
            field, values = OPTIONAL[key]
            if what == "drop":
                said[key].remove(one)
            elif what == "words":
                own = next(name for name in ("statement", "name", "title", "mechanism") if name in one)
                one[own] = ["quite other", "and others"][choice]
            else:
                one[field] = values[choice]
        return said

    one, other = edited(first), edited(second)
    expected = {(key, name) for key in OPTIONAL for name in (f"{key}-B{i}" for i in range(10))
                if [b for b in one[key] if b["id"] == name] != [b for b in other[key] if b["id"] == name]}  # fmt: skip
    before, after = TheoryOfChange.model_validate(one), TheoryOfChange.model_validate(other)
    changes = compare(before, after)
    assert {(change.block, change.id) for change in changes} == expected
    assert (changes == ()) == (content_hash(before) == content_hash(after))
    assert compare(after, after) == ()


# The words themselves ------------------------------------------------------------------------------------------------

WORDS = yaml.safe_load(resources.files("theory_of_change").joinpath("words", "difference.yml").read_text("utf-8"))


def slots(text: str) -> set[str]:
    return {re.sub("_(it|en)$", "", slot) for slot in re.findall(r"\{(\w+)\}", text)}


def test_both_languages_say_everything_with_the_same_facts() -> None:
    for key, words in WORDS.items():
        assert set(words) == {"it", "en"} and all(words.values()), key
        assert slots(words["it"]) == slots(words["en"]), key


def test_every_block_of_a_theory_has_a_name_and_a_heading() -> None:
    blocks = {key for key, field in TheoryOfChange.model_fields.items() if key != "format"}
    assert {key for key in blocks if f"block.{key}" not in WORDS or f"heading.{key}" not in WORDS} == set()


def several(*edits: Edit) -> Edit:
    return lambda said: [edit(said) for edit in edits]


def drop(key: str, name: str) -> Edit:
    return lambda said: said.__setitem__(key, [one for one in said[key] if one.get("id") != name])


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (put("targets", "IN", "value", 0.2), "IN"),
        (put("outcomes", "OC", "statement.it", "Le famiglie trovano un posto al nido"), "OC"),
        (drop("outcomes", "OC-2"), "OC-2"),
    ],
    ids=["another target", "another outcome", "an outcome gone"],
)
def test_a_theory_changed_under_the_same_version_is_told_once(edit: Edit, named: str) -> None:
    (found,) = [one for one in told(edit) if one.code == "theory-changed-without-version"]
    assert found.facts == {"version": "1.0.0", "named": named}
    assert not told(several(edit, put("theory", None, "version", "1.0.1")))
    assert not told(several(edit, put("theory", None, "accept", {"theory-changed-without-version": "a draft"})))


def test_a_slip_mended_is_no_other_theory() -> None:
    assert told(put("outcomes", "OC", "statement.it", "Meno solitudine tra chi ci viene")) == []


def succeeded(edit: Edit, *versions: str) -> list[tuple[str, Mapping[str, str]]]:
    found = succession(theory(), versions or ("1.0.0",), theory(edit), Places("theory_of_change.yml"))
    return [(one.code, one.facts) for one in found]


def version(number: str, reason: str | None = None) -> Edit:
    raised = put("theory", None, "version", number)
    return several(raised, put("theory", None, "change_reason", reason)) if reason else raised


def test_a_new_version_says_why_and_does_not_go_back() -> None:
    assert succeeded(version("1.1.0", "Un esito in più")) == []
    assert succeeded(version("1.1.0")) == [("version-without-reason", {"version": "1.1.0", "last": "1.0.0"})]
    assert succeeded(version("1.9.0", "Detto"), "1.0.0", "1.10.0") == [
        ("version-lowered", {"version": "1.9.0", "highest": "1.10.0"})
    ]
    assert succeeded(version("1.0.0"), "1.0.0", "1.10.0") == [], "a version that was run is no new one"


def test_a_published_indicator_does_not_vanish_or_change_its_name_in_silence() -> None:
    gone = drop("indicators", "IN-F")
    assert succeeded(gone) == [("published-indicator-gone", {"id": "IN-F", "version": "1.0.0", "heir": ""})]
    assert succeeded(put("indicators", "IN-F", "id", "IN-G")) == [
        ("published-indicator-renamed", {"id": "IN-F", "version": "1.0.0", "heir": "IN-G"})
    ]
    replaced = several(put("indicators", "IN-F", "replaces", "IN-F"), put("indicators", "IN-F", "id", "IN-G"))
    assert succeeded(replaced) == []
    assert succeeded(several(gone, put("theory", None, "accept", {"published-indicator-gone": "never read"}))) == []


# What to look at again -----------------------------------------------------------------------------------------------


def looked_at(before: Edit, *edits: Edit) -> dict[str, list[str]]:
    changes = compare(theory(before), theory(several(before, *edits)))
    return {change.id: [one.key for one in change.remarks] for change in changes if change.remarks}


def test_words_that_no_longer_tell_the_computation_are_pointed_at() -> None:
    told_in_words = put("indicators", "IN", "definition", "Quota di chi risponde 4 o 5")
    recomputed = put("indicators", "IN", "measure.share", "alone >= 3")
    assert looked_at(told_in_words, recomputed)["IN"] == ["texts-stay", "goals-stay"]
    reworded = put("indicators", "IN", "definition", "Quota di chi risponde 3, 4 o 5")
    assert "texts-stay" not in looked_at(told_in_words, recomputed, reworded)["IN"]
    other_goal = put("targets", "IN", "value", 0.2)
    assert looked_at(told_in_words, recomputed, other_goal)["IN"] == ["texts-stay"]


def test_an_indicator_that_may_only_have_changed_its_name_is_pointed_at() -> None:
    renamed = put("indicators", "IN-F", "id", "IN-G")
    assert looked_at(lambda said: None, renamed) == {"IN-G": ["same-as"]}
