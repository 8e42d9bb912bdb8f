"""What voices speak for: never more than the contract grants them, and less where few or nobody bear them out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.voicing import once, strength_of_outcome, strength_of_story, verdict_of
from surveys.corpora.corpus import HarvestedOutcome, Story
from tests.pipelines.conftest import Command, put
from theory_of_change.model import ContributionClaim

pytestmark = pytest.mark.usefixtures("unreported")


@pytest.mark.parametrize(
    ("verdicts", "strength"),
    [
        ([], "weak"),
        (["pending"], "weak"),
        (["substantiated"], "strong"),
        (["substantiated", "pending"], "strong"),
        (["substantiated", "partly_substantiated"], "moderate"),
        (["partly_substantiated"], "moderate"),
        (["not_substantiated"], "none"),
        (["not_substantiated", "pending"], "none"),
        (["substantiated", "not_substantiated"], "weak"),
    ],
)
def test_a_harvested_outcome_is_as_strong_as_those_who_bear_it_out(verdicts: list[str], strength: str) -> None:
    said = [{"by": "sindaca", "verdict": verdict} for verdict in verdicts]
    one = HarvestedOutcome.model_validate({"id": "EO-1", "statement": "Accade", "substantiation": said})
    assert strength_of_outcome(one, "strong") == strength
    assert strength_of_outcome(one, "weak") in ("weak", "none")  # never more than declared


@pytest.mark.parametrize(
    ("chosen", "strength"),
    [([], "weak"), ([False], "weak"), ([True], "moderate"), ([True, False], "moderate"), ([True, True], "strong")],
)
def test_a_story_is_as_strong_as_the_panels_that_chose_it(chosen: list[bool], strength: str) -> None:
    rounds = [{"panel": f"giro {i}", "chosen": one} for i, one in enumerate(chosen)]
    assert strength_of_story(Story.model_validate({"id": "S-1", "title": "S", "rounds": rounds}), "strong") == strength


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({}, ("none", "none")),
        ({"evidence_for": ["A"], "direction": "for", "strength": "strong"}, ("none", "none")),  # nobody has judged it
        ({"verdict": "Sì", "direction": "for", "strength": "strong", "alternatives": ["B"]}, ("for", "strong")),
        ({"verdict": "Sì", "direction": "for", "strength": "strong"}, ("for", "weak")),  # nothing else looked at
        ({"verdict": "Sì", "alternatives": ["B"], "evidence_for": ["A"], "evidence_against": ["C"]}, ("mixed", "weak")),
        ({"verdict": "No", "alternatives": ["B"], "evidence_against": ["C"]}, ("against", "weak")),
        ({"verdict": "?", "alternatives": ["B"]}, ("none", "none")),
    ],
)
def test_a_claim_is_as_strong_as_its_verdict(said: dict[str, Any], verdict: tuple[str, str]) -> None:
    claim = ContributionClaim.model_validate({"id": "C", "claim": "Conta", "links": ["L"], **said})
    assert verdict_of(claim) == verdict


def test_what_says_two_things_of_one_element_is_mixed() -> None:
    row = {"element_id": "A", "link_id": None, "assumption_id": None, "source": "s", "kind": "code", "reference": "c"}
    (found,) = once([
        {**row, "direction": "for", "strength": "weak"}, {**row, "direction": "against", "strength": "strong"}
    ])  # fmt: skip
    assert (found["direction"], found["strength"]) == ("mixed", "strong")


CONTRACT = """\
id: voci
title: Voci
consent: analysis
codings: {pattern: "segmenti.csv"}
files: {pattern: "*.txt"}
speakers: {I: intervistata}
documents:
  - {file: "INT-00*", id: INT-00, date: 2026-02-01, consent: none}
  - {file: "FG*", id: FG-01, kind: focus_group, date: 2026-02-01, participants: [{role: residente, number: 8}]}
  - {file: "INT*", date: 2026-03-01}
codes:
  - {id: soli, title: {it: Soli, en: Alone}, about: [{element: OC-ALONE, direction: against, strength: strong}]}
  - {id: raro, title: Raro, about: [{element: L-3, direction: against, strength: strong}, {element: AS-LISTEN}]}
  - {id: mai, title: Mai, about: [{element: OC-ALONE}]}
harvested_outcomes:
  - {id: EO-1, statement: Il quartiere ha aperto una sala, change: negative, documents: [FG-01],
     about: [{element: OC-ALONE, strength: strong}], substantiation: [{by: assessora, verdict: substantiated}]}
  - {id: EO-2, statement: Smentito, documents: [INT-01], about: [{element: OC-ALONE}],
     substantiation: [{by: assessora, verdict: not_substantiated}]}
  - {id: EO-3, statement: Senza consenso, documents: [INT-00], about: [{element: OC-ALONE}]}
stories:
  - {id: ST-2, title: Senza giuria, teller: operatrice}
  - {id: ST-1, title: La porta aperta, teller: Residente, document: INT-02,
     about: [{element: OC-ALONE, strength: strong}],
     rounds: [{panel: operatori, chosen: true}, {panel: comitato, chosen: true}]}
"""
LINK = """\
    strength_of_evidence: moderate
    evidence: [Uno studio del 2019, {indicator: IN-ALONE, direction: mixed, strength: weak}]
"""
CLAIM = """
contribution_claims:
  - {id: CC-1, claim: La visita conta, links: [L-3], alternatives: [Altro], verdict: Regge, direction: for,
     strength: moderate}
"""


def voices(folder: Path, least: int = 5) -> None:
    for number in range(1, 7):
        name = f"INT-{number:02d}.txt"
        put(folder / "data" / "voci" / name, f"I: Sono sola, la sera {number}.\nI: Nessuno apre {number}.\n")
    put(folder / "data" / "voci" / "INT-00.txt", "I: Segreto.\n")
    put(folder / "data" / "voci" / "FG-01.txt", "I: Qui siamo sole.\n")
    rows = ["documento;codice;testo", *(f"INT-0{i}.txt;soli;Sono sola" for i in range(1, 7))]
    rows += ["FG-01.txt;soli;siamo sole", "INT-01.txt;raro;Nessuno apre", "INT-02.txt;raro;Nessuno apre"]
    put(folder / "data" / "voci" / "segmenti.csv", "\n".join(rows) + "\n")
    put(folder / "interviews" / "voci.yml", CONTRACT)
    programme = folder / "programme.yml"
    put(programme, re.sub(r"smallest_group: \d+", f"smallest_group: {least}", programme.read_text(encoding="utf-8")))
    theory = (folder / "theory_of_change.yml").read_text(encoding="utf-8")
    put(folder / "theory_of_change.yml", theory.replace("    strength_of_evidence: none\n", LINK) + CLAIM)


def ask(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "warehouse" / "published.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_voices_stand_beside_effects_with_what_few_say_kept_and_uncounted(empty: Path, sestante: Command) -> None:
    voices(empty)
    said = sestante("run")
    assert said.code == 0, said.err
    rows = ask(empty, "select coalesce(element_id, link_id, assumption_id), source, kind, reference, direction,"
                      " strength, n_documents, n_people, n_documents_all, status from out.evidence"
                      " order by all")  # fmt: skip
    assert rows == [
        ("AS-LISTEN", "voci", "code", "raro", "for", "weak", None, None, None, "suppressed"),
        ("L-3", "desk", "contribution_claim", "CC-1", "for", "moderate", None, None, None, "ok"),
        ("L-3", "desk", "stated", "IN-ALONE", "mixed", "weak", None, None, None, "ok"),
        ("L-3", "desk", "stated", "L-3.1", "for", "moderate", None, None, None, "ok"),
        ("L-3", "voci", "code", "raro", "against", "weak", None, None, None, "suppressed"),
        ("OC-ALONE", "voci", "code", "soli", "against", "strong", 7, 14, 7, "ok"),
        ("OC-ALONE", "voci", "harvested_outcome", "EO-1", "against", "strong", 1, 8, 7, "ok"),
        ("OC-ALONE", "voci", "harvested_outcome", "EO-2", "none", "none", None, None, None, "suppressed"),
        ("OC-ALONE", "voci", "story", "ST-1", "for", "strong", None, None, None, "suppressed"),
    ]
    assert ask(empty, "select title_it, title_en from out.evidence where reference = 'soli'") == [("Soli", "Alone")]


def test_a_corpus_of_few_people_is_evidence_of_nothing_anybody_may_see(empty: Path, sestante: Command) -> None:
    voices(empty, least=15)
    assert sestante("run").code == 0
    assert ask(empty, "select count(*) from out.evidence where kind = 'code'") == [(0,)]


def test_records_are_published_without_what_would_tell_who_is_behind_them(empty: Path, sestante: Command) -> None:
    voices(empty)
    said = sestante("run", "--language", "en")
    assert said.code == 0, said.err
    assert "“EO-3” names documents that are not in the database: INT-00" in said.err + said.out
    assert ask(empty, "select outcome_id, statement_it, change, verdict, n_documents, n_people, status"
                      " from out.harvested_outcomes") == [
        ("EO-1", "Il quartiere ha aperto una sala", "negative", "substantiated", 1, 8, "ok"),
        ("EO-2", "Smentito", "positive", "not_substantiated", None, None, "suppressed"),
    ]  # fmt: skip
    assert ask(empty, "select outcome_id, by_role, verdict from out.substantiations") == [
        ("EO-1", "assessora", "substantiated"), ("EO-2", "assessora", "not_substantiated")
    ]  # fmt: skip
    # eight residents took part, nobody else is called operator
    assert ask(empty, "select story_id, teller, n_rounds, n_chosen from out.stories order by 1") == [
        ("ST-1", "Residente", 2, 2), ("ST-2", None, 0, 0)
    ]  # fmt: skip
    assert ask(empty, "select story_id, round, panel, chosen from out.story_rounds") == [
        ("ST-1", 1, "operatori", True), ("ST-1", 2, "comitato", True)
    ]  # fmt: skip
    assert ask(empty, "select claim_id, links, verdict_en, direction, strength from out.contribution_claims") == [
        ("CC-1", '["L-3"]', "Regge", "for", "moderate")
    ]
    assert ask(empty, "select count(*) from out.dictionary where table_name = 'stories'") == [(9,)]
