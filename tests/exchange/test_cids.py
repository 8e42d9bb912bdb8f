"""The CIDS file holds what the Basic tier requires, node by node, and every reference leads somewhere."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.exchange.cids import CONTEXT, cids
from pipelines.exchange.subject import Subject
from tests.pipelines.conftest import Command

#: cids.basictier.shacl.ttl: what each class needs exactly once, as text or as the class of the node it leads to, and
#: what it may have any number of times. `hasDescription` is only asked for as information; we always give it.
BASIC_TIER: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "cids:Organization": ({"hasLegalName": "text"}, {"hasOutcome": "cids:Outcome", "hasIndicator": "cids:Indicator"}),
    "cids:Theme": ({"hasName": "text", "hasDescription": "text"}, {}),
    "cids:Outcome": (
        {"hasName": "text", "hasDescription": "text", "forOrganization": "cids:Organization"},
        {"forTheme": "cids:Theme", "hasIndicator": "cids:Indicator"},
    ),
    "cids:Indicator": (
        {"hasName": "text", "hasDescription": "text", "unitDescription": "text",
         "forOrganization": "cids:Organization"},
        {"forOutcome": "cids:Outcome", "forTheme": "cids:Theme", "hasIndicatorReport": "cids:IndicatorReport"},
    ),
    "cids:IndicatorReport": (
        {"hasName": "text", "startedAtTime": "moment", "endedAtTime": "moment", "value": "i72:Measure",
         "forIndicator": "cids:Indicator", "forOrganization": "cids:Organization"},
        {"hasComment": "text"},
    ),
    "i72:Measure": ({"hasNumericalValue": "text"}, {}),
}  # fmt: skip


def nodes(told: Subject, language: str = "en") -> list[dict[str, Any]]:
    return json.loads(cids(told, language))


def of(kind: str, told: Subject, language: str = "en") -> dict[str, dict[str, Any]]:
    return {node["@id"].rpartition(":")[2]: node for node in nodes(told, language) if node["@type"] == f"cids:{kind}"}


def broken_rules(found: list[dict[str, Any]]) -> list[str]:
    """Every way in which the nodes fall short of the Basic tier."""
    measures = [node["value"] for node in found if isinstance(node.get("value"), dict)]
    kinds = {node["@id"]: node["@type"] for node in (*found, *measures)}
    wrong = [f"{node['@id']} is there twice" for node in found if [n["@id"] for n in found].count(node["@id"]) > 1]
    for node in (*found, *measures):
        once, many = BASIC_TIER[node["@type"]]
        for name, form in once.items():
            if name not in node or isinstance(node[name], list):
                wrong.append(f"{node['@id']} needs one {name}")
            elif not _is(node[name], form, kinds):
                wrong.append(f"{node['@id']}: {name} is no {form}")
        for name, form in many.items():
            given = node.get(name, [])
            wrong += [f"{node['@id']}: {name} is no {form}" for one in (given if isinstance(given, list) else [given])
                      if not _is(one, form, kinds)]  # fmt: skip
        wrong += [
            f"{node['@id']}: {name}?" for name in node if not name.startswith("@") and name not in {**once, **many}
        ]
    return wrong


def _is(value: Any, form: str, kinds: dict[str, str]) -> bool:
    if form == "text":
        return isinstance(value, str) and bool(value)
    if form == "moment":
        return dt.datetime.fromisoformat(value).tzinfo is not None
    return kinds.get(value["@id"] if isinstance(value, dict) else value) == form


def test_every_node_is_what_the_basic_tier_requires(told: Subject) -> None:
    found = nodes(told)
    assert {node["@type"] for node in found} == set(BASIC_TIER) - {"i72:Measure"}
    assert {node["@context"] for node in found} == {CONTEXT}
    assert broken_rules(found) == []


@pytest.mark.parametrize("kind", [name for name in BASIC_TIER if name != "i72:Measure"])
def test_the_check_itself_misses_nothing_that_is_required(told: Subject, kind: str) -> None:
    for name in BASIC_TIER[kind][0]:
        found = nodes(told)
        next(node for node in found if node["@type"] == kind).pop(name)
        assert any(name in rule for rule in broken_rules(found)), name


def test_a_report_says_value_times_and_how_sure_it_is(told: Subject) -> None:
    report = next(node for node in nodes(told) if node["@id"] == "urn:sestante:desk:report:IN-ALONE:2026-H1")
    assert report["hasName"] == "Often feel alone, 2026-H1"
    assert (report["startedAtTime"], report["endedAtTime"]) == (
        "2026-01-01T00:00:00+01:00",
        "2026-06-30T23:59:59+02:00",
    )
    assert report["value"]["hasNumericalValue"] == "35"
    assert report["hasComment"] == "95% interval: 22.1% to 50.5%; 40 cases."
    assert of("Indicator", told)["IN-ALONE"]["unitDescription"] == "percent"


def test_only_whole_values_of_the_shortest_periods_go_out(told: Subject) -> None:
    reports = [node["@id"] for node in nodes(told) if node["@type"] == "cids:IndicatorReport"]
    ok = [v for v in told.values if v.status == "ok" and not v.cut and v.period.level == "half_year"]
    assert reports == [f"urn:sestante:desk:report:{v.indicator}:{v.period.name}" for v in ok]
    assert reports


def test_texts_are_in_the_language_asked_for(told: Subject) -> None:
    assert of("Outcome", told, "it")["OC-ALONE"]["hasName"] == "Chi viene si sente meno solo"
    assert of("Outcome", told, "en")["OC-ALONE"]["hasName"] == "Those who come feel less alone"


def test_outcomes_know_their_themes_and_indicators(told: Subject) -> None:
    outcome = of("Outcome", told)["OC-ALONE"]
    assert outcome["forTheme"] == ["urn:sestante:desk:theme:loneliness", "urn:sestante:desk:area:A-TOWN"]
    assert outcome["hasIndicator"] == ["urn:sestante:desk:indicator:IN-ALONE", "urn:sestante:desk:indicator:IN-STORY"]
    assert {node["hasName"] for node in of("Theme", told).values()} == {"loneliness", "Town"}


def test_before_any_run_there_is_no_report(told: Subject) -> None:
    found = nodes(Subject(told.programme, told.theory, None))
    assert "cids:IndicatorReport" not in {node["@type"] for node in found}
    assert broken_rules(found) == []


def test_the_command_tells_what_the_tier_has_no_place_for(published: Path, sestante: Command, tmp_path: Path) -> None:
    out = tmp_path / "desk.jsonld"
    said = sestante("export", "cids", "--workspace", published, "--output", out)
    assert said.code == 0, said.err
    assert broken_rules(json.loads(out.read_text(encoding="utf-8"))) == []
    for line in ("Targets: IN-LONGER, IN-ALONE, IN-PEOPLE", "Assumptions: AS-LISTEN",
                 "Outputs, as elements: OP-VISITS", "Texts in the other languages: en"):  # fmt: skip
        assert f"  {line}\n" in said.out
