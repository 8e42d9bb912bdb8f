"""What a report tells of numbers and voices: side by side, flagged in words, with proposals beside decisions."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pages import whole_report
from publication import publish_small

from warehouse.modelling import models

CHANGE = [{"id": "IN-ALONE", "says": "up", "why": "baseline", "period": "2025-H1", "low": -0.51, "high": -0.27}]
COUNTED = [{"id": "IN-REACH", "says": "up", "why": "previous", "low": 12.0, "high": 12.0}]
SIGNED = [{"id": "IN-REACH", "says": "up", "why": "milestone"},
          {"id": "IN-ZERO", "says": "no_change", "why": "milestone"}]  # fmt: skip
EFFECT = [{"id": "EV-1", "says": "down", "why": "effect"}, *({**one, "says": "unclear"} for one in CHANGE)]
HEARD = {"n_documents_for": 1, "n_documents_against": 6, "n_documents_speaking": 7, "n_people": 21}


def row(element: str, kind: str, numbers: str, voices: str, agreement: str, **more: Any) -> dict[str, Any]:
    return {"element_id": element, "kind": kind, "numbers": numbers, "voices": voices, "agreement": agreement,
            "numbers_basis": "[]", "n_indicators": 1, "n_with_data": 1, "n_evaluations": 0, **more}  # fmt: skip


JOINED = [
    row("OC-1", "outcome", "up", "against", "disagree", numbers_basis=json.dumps(CHANGE), **HEARD,
        flag="numbers_up_voices_down"),
    row("OC-2", "outcome", "not_asked", "not_asked", "nobody_asked"),
    row("OP-1", "output", "up", "for", "agree", numbers_basis=json.dumps(COUNTED)),
    row("L-1", "link", "down", "few", "numbers_only", numbers_basis=json.dumps(EFFECT)),
    row("IM-1", "impact", "unclear", "none", "unclear", numbers_basis=json.dumps(SIGNED)),
    row("L-2", "link", "not_asked", "not_asked", "nobody_asked"),
    row("AS-1", "assumption", "down", "for", "disagree", proposed_status="doubtful", proposed_why="disagree",
        flag="numbers_down_voices_up", decided_status="holding", decided_by="valutatrice",
        decided_at=dt.date(2025, 3, 31), decided_reason_en="Visits tell otherwise", is_decision_stale=True),
]  # fmt: skip


def published(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = publish_small(folder / "published.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute(models("out")["joined"].ddl('"out"'))
        for position, one in enumerate(rows, start=1):
            given = {**one, "position": position}
            columns = ", ".join(f'"{name}"' for name in given)
            connection.execute(
                f"insert into out.joined ({columns}) values ({', '.join('?' * len(given))})", list(given.values())
            )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joined")


@pytest.fixture(scope="module")
def source(folder: Path) -> str:
    return whole_report(published(folder, JOINED), folder / "en", "en").replace("\\", "").replace("\u00a0", " ")


def test_what_says_the_contrary_stands_out_in_words(source: str) -> None:
    assert "Numbers up, voices down. Less isolation: numbers say it goes as hoped, voices the contrary." in source
    assert "Numbers down, voices up. Lonely people go out: numbers say the contrary" in source
    assert "**! Numbers up, voices down** [they say the contrary of each other]{.under}" in source
    assert "2 on which numbers and voices say the contrary of each other, 1 on which numbers and voices agree" in source


def test_who_reads_the_summary_alone_is_told_of_it(source: str) -> None:
    brief = source.split("# In brief")[1].split("\n# ")[0]
    told = "On 2 points numbers and voices say the contrary of each other: Less isolation and Lonely people go out."
    assert told in brief


def test_numbers_stand_beside_voices_with_what_is_behind_them(source: str) -> None:
    (line,) = re.findall(r"\| Less isolation \[outcome\].*", source)
    change = "Share of people alone, change against the baseline between −51.0 and −27.0 percentage points"
    assert f"as hoped [{change}]" in line
    assert "against it [7 documents speak of it, 21 people; for 1, against 6]{.under}" in line
    assert "Persone" not in line
    (line,) = re.findall(r"\| People reached \[output\].*", source)
    assert "People reached, 12 people more than in the period before" in line
    assert "for it [counts not shown: too small a group could be found from them]" in line
    (line,) = re.findall(r"\| People reached → Less isolation \[link\].*", source)
    assert "against what was hoped [effect of an evaluation: Isolation; 1 other does not decide]" in line
    assert "too few people to tell |" in line
    assert "cannot be told [People reached: reached; Drop-outs: not reached yet]{.under}" in source


def test_an_assumption_has_its_proposal_beside_the_decision(source: str) -> None:
    (line,) = re.findall(r"\| Lonely people go out \| against what was hoped.*", source)
    assert "doubtful [numbers and voices say the contrary of each other]{.under}" in line
    assert "holding [valutatrice, 31 March 2025. Visits tell otherwise.]{.under}" in line
    assert "[**! To be reviewed: the evidence has changed since.**]{.under}" in line


def test_what_nobody_has_asked_is_listed(source: str) -> None:
    assert "- **Outcomes**\n    - More trust\n- **Links**\n    - Less isolation → More trust" in source


def test_every_row_and_number_is_in_the_package(folder: Path, source: str) -> None:
    with (folder / "en" / "data" / "joined.csv").open(encoding="utf-8", newline="") as file:
        assert [one["element_id"] for one in csv.DictReader(file)] == [one["element_id"] for one in JOINED]
    shown = (folder / "en" / "data" / "shown.csv").read_text(encoding="utf-8")
    assert "joined,element_id=OC-1; kind=outcome,numbers_basis.0.low,-0.51,points.1,−51.0" in shown


def test_italian_says_the_same(folder: Path) -> None:
    italian = whole_report(folder / "published.duckdb", folder / "it", "it").replace("\\", "").replace("\u00a0", " ")
    assert (
        "Numeri su, voci giù. Meno isolamento: i numeri dicono che va come si sperava, le voci il contrario." in italian
    )
    assert "rispetto alla partenza tra −51,0 e −27,0 punti percentuali" in italian
    assert "conteggi non mostrati" in italian and "Da rivedere: le prove sono cambiate dopo." in italian


@pytest.mark.parametrize(
    ("rows", "is_there"),
    [([], False), (JOINED[1:2], False), (JOINED[:1], True),
     ([row("AS-1", "assumption", "not_asked", "not_asked", "nobody_asked", proposed_status="untested",
           proposed_why="nothing_asked", decided_status="holding", decided_by="comitato")], True)],
)  # fmt: skip
def test_the_chapter_is_there_where_there_is_something_to_join(
    tmp_path: Path, rows: list[dict[str, Any]], is_there: bool
) -> None:
    source = whole_report(published(tmp_path, rows), tmp_path / "en", "en")
    assert ("# Numbers and voices" in source) == is_there


def test_voices_that_say_both_are_told_apart_from_those_that_say_one(tmp_path: Path) -> None:
    heard = {"n_documents_for": 6, "n_documents_against": 0, "n_documents_speaking": 6, "n_people": 95}
    rows = [
        row("OC-1", "outcome", "not_asked", "mixed", "voices_only", **heard, n_documents_mixed=6),
        row("OC-2", "outcome", "not_asked", "mixed", "voices_only", **heard | {"n_documents_against": 2}),
    ]
    told = whole_report(published(tmp_path, rows), tmp_path / "it", "it").replace("\\", "")
    parted = "qualcosa a favore in 6, qualcosa contro in 0, in parte l’uno e in parte l’altro in 6"
    assert f"divise [6 documenti ne parlano, 95 persone; {parted}]" in told
    assert "divise [6 documenti ne parlano, 95 persone; a favore 6, contro 2]" in told


def test_an_assumption_with_evidence_is_not_said_to_be_never_tested(folder: Path, source: str, tmp_path: Path) -> None:
    missing = source.split("# What is missing")[1].split("\n# ")[0]
    assert "## Assumptions with evidence that nobody has decided on yet" in missing
    assert "**Lonely people go out**: the evidence suggests “doubtful”" in missing
    assert "never tested" not in missing
    assert "| untested [the evidence suggests: doubtful]{.under} |" in source
    silent = [{**JOINED[-1], "proposed_status": "untested", "proposed_why": "nothing_asked"}]
    told = whole_report(published(tmp_path, silent), tmp_path / "en", "en")
    assert "## Assumptions never tested\n\n- Lonely people go out" in told


def test_a_link_is_told_with_the_evidence_gathered_for_it_and_not_only_its_author_s_word(tmp_path: Path) -> None:
    path = publish_small(tmp_path / "published.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("insert into out.evidence (link_id, source, kind, direction, strength, reference) values"
                           " ('L-2', 'voci', 'code', 'for', 'weak', 'a'),"
                           " ('L-2', 'voci', 'code', 'for', 'strong', 'b'),"
                           " ('L-2', 'voci', 'code', 'against', 'moderate', 'c')")  # fmt: skip
    told = whole_report(path, tmp_path / "en", "en")
    (line,) = (one for one in told.splitlines() if one.startswith("| Less isolation → *"))
    assert line.endswith("| for: strong; against: moderate |")
    (stated,) = (one for one in told.splitlines() if one.startswith("| People reached → *"))
    assert stated.endswith("| weak |")
