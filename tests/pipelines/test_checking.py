"""What `check` prints: problems, why they matter, what has evidence planned, how to accept a gap; in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipelines.cli import answer
from pipelines.usage import LANGUAGES
from tests.pipelines.conftest import Command, put, visitors
from theory_of_change.rules import RULES

AREAS = """\
areas:
  - {id: A-DESK, title: {it: Sportello, en: Desk}}
"""


def rewrite(folder: Path, old: str, new: str, file: str = "theory_of_change.yml") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_theory_is_told_its_coverage_and_nothing_else(empty: Path, sestante: Command) -> None:
    assert sestante("check").out == (
        "Coverage, that is what evidence is planned for:\n"
        "  outputs      1 of 1\n"
        "  outcomes     1 of 1\n"
        "  impact       0 of 1  without: IM-TOWN\n"
        "  links        0 of 4  without: L-1, L-2, L-3, L-4\n"
        "  assumptions  1 of 1\n"
        "\n"
        "No errors and no warnings.\n"
    )


def test_a_warning_is_followed_by_why_it_matters_and_how_to_accept_it(empty: Path, sestante: Command) -> None:
    rewrite(empty, "measures: [OC-ALONE]", "measures: [OP-VISITS]")
    rewrite(empty, "\ninputs:", f"\n{AREAS}\ninputs:")
    rewrite(empty, "  - id: OC-ALONE\n", "  - id: OC-ALONE\n    area: A-DESK\n")
    said = sestante("check", "--language", "it")
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0].endswith(
        "Scrivere un indicatore con `measures: [OC-ALONE]`, anche qualitativo. [outcome-unmeasured]"
    )
    assert lines[1:] == [
        "",
        "Perché contano:",
        "  outcome-unmeasured (1): Di un esito che nulla misura non si saprà mai se è arrivato.",
        "",
        "Copertura, cioè di che cosa sono previste prove:",
        "  prodotti  1 su 1",
        "  esiti     0 su 1  senza: OC-ALONE",
        "  impatto   0 su 1  senza: IM-TOWN",
        "  nessi     0 su 4  senza: L-1, L-2, L-3, L-4",
        "  ipotesi   1 su 1",
        "Area per area:",
        "  A-DESK (Sportello): esiti 0 su 1",
        "",
        "0 errori, 1 avviso",
        "Un avviso si accetta dove sta, o per tutta la teoria sotto `theory`, dicendo perché: "
        "`accept: {outcome-unmeasured: il motivo}`. Tutte le regole: sestante check --rules",
    ]
    rewrite(empty, "    area: A-DESK\n", "    area: A-DESK\n    accept: {outcome-unmeasured: dal 2027}\n")
    assert sestante("check", "--language", "it").out.splitlines()[-1] == "Nessun errore e nessun avviso."


def test_programs_read_rules_coverage_and_counts(empty: Path, sestante: Command) -> None:
    rewrite(empty, "measures: [OC-ALONE]", "measures: [OP-VISITS]")
    found = json.loads(sestante("check", "--format", "json").out)
    assert [(one["code"], one["rule"], one["why"][:13]) for one in found["problems"]] == [
        ("outcome-unmeasured", 1, "Of an outcome")
    ]
    assert found["counts"] == {"error": 0, "warning": 1, "info": 0}
    rows = {row["element_id"]: row for row in found["coverage"]}
    assert rows["OC-ALONE"] == {
        "element_id": "OC-ALONE", "kind": "outcome", "n_indicators": 0, "gap": "not_measured", "n_evaluations": 0,
        "n_questions": 0, "n_qualitative": 0, "area": None}  # fmt: skip
    assert rows["AS-LISTEN"]["gap"] is None and rows["L-1"]["gap"] == "no_evidence"
    assert {"area": None, "kind": "outcome", "n": 1, "uncovered": ["OC-ALONE"]} in found["coverage_by_area"]


def test_errors_come_first_and_say_that_more_checks_follow(empty: Path, sestante: Command) -> None:
    rewrite(empty, "measures: [OC-ALONE]", "measures: [OP-VISITS]")
    rewrite(empty, "\nlinks:", "\nnessi:")
    said = sestante("check", "--language", "it")
    lines = said.out.splitlines()
    assert said.code == 1
    assert ": errore: " in lines[0] and "Forse «links»?" in lines[0]
    assert lines[-1].startswith("Altri controlli, ") and "accept" not in said.out
    assert json.loads(sestante("check", "--format", "json").out)["complete"] is False


def test_many_warnings_of_one_kind_are_a_few_and_a_number(empty: Path, sestante: Command) -> None:
    rewrite(empty, "\nlinks:\n", "\nlinks:\n" + "".join(
        f"  - {{id: X-{n}, from: OP-VISITS, to: OC-ALONE}}\n" for n in range(60)))  # fmt: skip
    lines = sestante("check").out.splitlines()
    assert sum("[link-without-mechanism]" in line and "warning" in line for line in lines) == 5
    assert "… and 55 more problems of this kind [link-without-mechanism]: theory_of_change.yml (60)" in lines
    found = json.loads(sestante("check", "--format", "json").out)
    assert [one["code"] for one in found["problems"]].count("link-without-mechanism") == 60
    assert found["complete"] is True


def test_a_warning_outside_the_theory_is_accepted_in_the_theory(empty: Path, sestante: Command) -> None:
    file = empty / "programme.yml"
    file.write_text(re.sub(r"smallest_group: \d+", "smallest_group: 2", file.read_text(encoding="utf-8")), "utf-8")
    assert "A warning outside the theory is accepted under `theory`" in sestante("check").out


def test_a_program_gets_json_for_a_workspace_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["check", "--format", "json", "--workspace", "nowhere-at-all", "--language", "en"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [(one["code"], one["message"]) for one in found["problems"]] == [
        ("wrong-usage", "There is no folder nowhere-at-all.")
    ]
    assert found["complete"] is False and found["counts"]["error"] == 1


def test_the_rules_are_listed_outside_of_any_workspace_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for language in LANGUAGES:
        assert answer(["check", "--rules", "--language", language]) == 0
        told = capsys.readouterr().out
        assert all(f"  {rule} (" in told for rule in RULES)
    assert answer(["check", "--rules", "--format", "json"]) == 0
    rules = json.loads(capsys.readouterr().out)
    assert [one["rule"] for one in rules] == list(RULES)
    assert all(one["title"] and one["why"] and one["severity"] in ("warning", "info") for one in rules)


def test_the_contracts_tell_where_rows_come_from_and_what_scales_mean(empty: Path, sestante: Command) -> None:
    survey = empty / "surveys" / "visitors.yml"
    text = survey.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("files:", "    range:"))]
    survey.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rewrite(empty, "    direction: down\n", "")
    problems = json.loads(sestante("check", "--format", "json").out)["problems"]
    assert {(one["code"], one["file"]) for one in problems} == {
        ("indicator-without-source", "theory_of_change.yml"),
        ("scale-item-without-range", "surveys/visitors.yml"),
        ("scale-item-without-direction", "surveys/visitors.yml"),
    }
    put(empty / "data" / "visitors" / "visitors-1.csv", visitors(3))
    codes = [one["code"] for one in json.loads(sestante("check", "--format", "json").out)["problems"]]
    assert "indicator-without-source" not in codes, "a delivery is there"
