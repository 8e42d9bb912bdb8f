"""Numbers beside voices: from answers, interviews and decisions to one published row for each thing of the theory."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipelines.conftest import Command, put

pytestmark = pytest.mark.usefixtures("unreported")

CONTRACT = """\
id: voci
title: Voci
consent: analysis
codings: {pattern: "segmenti.csv"}
files: {pattern: "*.txt"}
speakers: {I: intervistata}
documents:
%s
codes:
  - {id: soli, title: Soli, about: [{element: OC-ALONE, direction: against, strength: strong}]}
  - {id: notte, title: Di notte, parent: soli}
  - {id: contenti, title: Contenti, about: [{element: OC-ALONE, direction: for}]}
  - {id: vengono, title: Vengono, about: [{element: AS-LISTEN, direction: for, strength: moderate}]}
  - {id: pochi, title: Pochi, about: [{element: L-4, direction: against}]}
  - {id: mai, title: Mai, about: [{element: IM-TOWN, direction: for}]}
harvested_outcomes:
  - id: EO-1
    statement: Una vicina apre la sua cucina
    documents: [INT-05]
    about: [{element: L-3, strength: moderate}]
    substantiation: [{by: parroco, verdict: substantiated}]
  - id: EO-2
    statement: Il circolo riapre
    documents: [INT-06]
    about: [{element: L-2}]
    substantiation: [{by: parroco, verdict: not_substantiated}]
"""
#: Codes of each interview; the fifth is a group of six.
SAID = {1: ["soli"], 2: ["soli", "vengono"], 3: ["notte"], 4: ["soli", "vengono"], 5: ["vengono"], 6: ["vengono"],
        7: ["pochi"], 8: [], 9: [], 10: []}  # fmt: skip


def answers(month: int, often: int, n: int) -> str:
    """`n` answers of one month, of which `often` say that they feel alone often."""
    rows = [f"m{month}-{i},2024-{month:02d}-10,{5 if i < often else 2},A{1 + i % 2}" for i in range(n)]
    return "\n".join(["token,submitdate,Q1,Q2", *rows]) + "\n"


def voices(folder: Path, said: dict[int, list[str]] = SAID, least: int = 3) -> None:
    documents, segments = [], ["documento;codice;testo"]
    for number, codes in said.items():
        name = f"INT-{number:02d}"
        group = ", participants: [{role: vicine, number: 6}]" if number == 5 else ""
        documents.append(f"  - {{file: {name}.txt, id: {name}, date: 2024-09-{number:02d}{group}}}")
        put(folder / "data" / "voci" / f"{name}.txt", "".join(f"I: Passo {i} di {name}.\n" for i in range(3)))
        segments += [f"{name}.txt;{code};Passo {i} di {name}" for i, code in enumerate(codes)]
    put(folder / "data" / "voci" / "segmenti.csv", "\n".join(segments) + "\n")
    put(folder / "interviews" / "voci.yml", CONTRACT % "\n".join(documents))
    programme = folder / "programme.yml"
    put(programme, re.sub(r"smallest_group: \d+", f"smallest_group: {least}", programme.read_text(encoding="utf-8")))


def earlier(folder: Path) -> Path:
    """The small workspace two years earlier, so that decisions on its data lie in the past."""
    for name in ("programme.yml", "theory_of_change.yml"):
        words = (folder / name).read_text(encoding="utf-8")
        put(folder / name, words.replace("2026-", "2024-").replace("2027-", "2025-"))
    return folder


@pytest.fixture
def empty(empty: Path) -> Path:
    return earlier(empty)


def better(folder: Path) -> None:
    """Loneliness falls from six in ten to two in ten."""
    put(folder / "data" / "visitors" / "visitors-1.csv", answers(3, 60, 100))
    put(folder / "data" / "visitors" / "visitors-2.csv", answers(9, 20, 100))


def decide(folder: Path, *decisions: dict[str, Any]) -> None:
    put(folder / "decisions.yml", "decisions:\n" + "".join(f"  - {json.dumps(one)}\n" for one in decisions))


DECISION = {"assumption": "AS-LISTEN", "status": "doubtful", "by": "valutatrice", "date": "2024-09-30",
            "reason": {"it": "Vengono in pochi", "en": "Few come"}, "proposed": "holding"}  # fmt: skip


def ask(folder: Path, columns: str, where: str = "true") -> list[tuple]:
    with duckdb.connect(str(folder / "warehouse" / "published.duckdb"), read_only=True) as connection:
        return connection.execute(f"select {columns} from out.joined where {where} order by position").fetchall()


def test_numbers_and_voices_stand_in_one_row(empty: Path, sestante: Command) -> None:
    better(empty)
    voices(empty)
    said = sestante("run")
    assert said.code == 0, said.err
    columns = "element_id, kind, numbers, n_indicators, n_with_data, voices, agreement, flag"
    assert ask(empty, columns) == [
        ("OP-VISITS", "output", "no_data", 1, 0, "not_asked", "no_evidence", None),
        ("OC-ALONE", "outcome", "up", 1, 1, "against", "disagree", "numbers_up_voices_down"),
        ("IM-TOWN", "impact", "not_asked", 0, 0, "none", "no_evidence", None),
        ("L-1", "link", "not_asked", 0, 0, "not_asked", "nobody_asked", None),
        ("L-2", "link", "not_asked", 0, 0, "none", "no_evidence", None),  # nobody bears that harvested outcome out
        ("L-3", "link", "not_asked", 0, 0, "for", "voices_only", None),
        ("L-4", "link", "not_asked", 0, 0, "few", "unclear", None),
        ("AS-LISTEN", "assumption", "up", 1, 1, "for", "agree", None),
    ]
    counts = "n_documents_for, n_documents_against, n_documents_speaking, n_people"
    assert ask(empty, counts, "element_id = 'OC-ALONE'") == [(0, 4, 4, 4)]  # a code below counts for the one above
    assert ask(empty, counts, "element_id = 'AS-LISTEN'") == [(4, 0, 4, 9)]  # a group of six is six people
    assert ask(empty, counts, "element_id = 'L-4'") == [(None, None, None, None)]
    assert ask(empty, "proposed_status, proposed_why, decided_status", "kind = 'assumption'") == [
        ("holding", "both_for", None)
    ]
    ((basis,),) = ask(empty, "numbers_basis", "element_id = 'OC-ALONE'")
    (one,) = json.loads(basis)
    assert (one["id"], one["why"], one["since"], one["period"]) == ("IN-ALONE", "baseline", "2024-H1", "2024-H2")
    assert one["low"] < -0.4 < one["high"] < 0


def test_a_value_that_is_held_back_says_nothing(empty: Path, sestante: Command) -> None:
    """Two of three answers: which way they went must not be found in what numbers are said to say."""
    voices(empty)
    told = []
    for often in (0, 1, 2):
        put(empty / "data" / "visitors" / "visitors-1.csv", answers(3, often, 2))
        assert sestante("run").code == 0
        told.append(ask(empty, "numbers, n_with_data, numbers_basis, evidence_id", "element_id = 'OC-ALONE'"))
    assert told[0] == told[1] == told[2]
    assert told[0][0][:2] == ("unclear", 1)


def test_a_decision_wins_over_the_theory_and_the_last_one_over_the_others(empty: Path, sestante: Command) -> None:
    theory = empty / "theory_of_change.yml"
    words = theory.read_text(encoding="utf-8")
    stated = "status: holding\n    checked_at: 2024-02-01\n    reason: Lo dicono gli operatori"
    put(theory, words.replace("status: untested", stated))
    columns = "decided_status, decided_by, cast(decided_at as varchar), decided_reason, decided_reason_en"
    assert sestante("run").code == 0
    assert ask(empty, columns, "kind = 'assumption'") == [
        ("holding", None, "2024-02-01", "Lo dicono gli operatori", "Lo dicono gli operatori")
    ]
    later = {**DECISION, "status": "failed", "date": "2024-10-31", "by": "comitato"}
    decide(empty, later, DECISION)
    assert sestante("run").code == 0
    assert ask(empty, columns, "kind = 'assumption'") == [
        ("failed", "comitato", "2024-10-31", "Vengono in pochi", "Few come")
    ]
    with duckdb.connect(str(empty / "warehouse" / "published.duckdb"), read_only=True) as connection:
        ((attributes,),) = connection.execute(
            "select attributes from out.elements where element_id = 'AS-LISTEN'"
        ).fetchall()
    assert json.loads(attributes)["status"] == "failed"  # so that every drawing and export says the same


def test_a_decision_is_stale_once_the_evidence_has_changed(empty: Path, sestante: Command) -> None:
    better(empty)
    voices(empty)
    assert sestante("run").code == 0
    ((evidence,),) = ask(empty, "evidence_id", "kind = 'assumption'")
    stale = "is_decision_stale"
    decide(empty, {**DECISION, "evidence": evidence})
    assert sestante("run").code == 0
    assert ask(empty, stale, "kind = 'assumption'") == [(False,)]
    assert "decision-stale" not in sestante("check").out
    put(empty / "data" / "visitors" / "visitors-2.csv", answers(9, 25, 100))
    assert sestante("run").code == 0
    assert ask(empty, stale, "kind = 'assumption'") == [(True,)]
    assert "decisions.yml:2:" in sestante("check").out and "decision-stale" in sestante("check").out


@pytest.mark.parametrize(("day", "is_stale"), [("2024-09-09", True), ("2024-09-10", False), ("2024-10-01", False)])
def test_a_decision_without_a_fingerprint_is_stale_where_data_are_of_a_later_day(
    empty: Path, sestante: Command, day: str, is_stale: bool
) -> None:
    better(empty)
    decide(empty, {**DECISION, "date": day})
    assert sestante("run").code == 0
    assert ask(empty, "is_decision_stale", "kind = 'assumption'") == [(is_stale,)]


WRONG = """\
# prese dal gruppo di valutazione
decisions:
  - {assumption: AS-LISTN, status: holding, by: valutatrice, date: 2024-02-01, reason: R}
  - {assumption: OC-ALONE, status: holding, by: valutatrice, date: 2024-02-01, reason: R}
  - {assumption: AS-LISTEN, status: holding, by: ada@example.org, date: 2999-02-01, reason: R}
  - {assumption: AS-LISTEN, status: holding, by: "Ada 333 1234567", date: 2024-02-01, reason: da ada@example.org}
"""


def test_all_that_is_wrong_with_decisions_is_told_at_once(empty: Path, sestante: Command) -> None:
    put(empty / "decisions.yml", WRONG)
    said = sestante("check")
    assert said.code == 1
    found = sorted(re.findall(r"decisions\.yml:(\d+):\d+: error: .* \[([a-z-]+)\]", said.out))
    assert found == [
        ("3", "decision-assumption-unknown"), ("4", "decision-of-no-assumption"),
        ("5", "decision-by-address"), ("5", "decision-date-future"),
        ("6", "decision-by-number"), ("6", "decision-reason-address"),
    ]  # fmt: skip
    assert "Did you mean “AS-LISTEN”?" in said.out or "AS-LISTEN" in said.out


def test_what_decisions_may_not_say_is_told_with_its_line(empty: Path, sestante: Command) -> None:
    put(empty / "decisions.yml", "decisions:\n  - assumption: AS-LISTEN\n    status: true\n    di: Ada\n")
    said = sestante("check")
    assert said.code == 1
    lines = re.findall(r"decisions\.yml:(\d+)", said.out)
    assert {"3", "4"} <= set(lines)
