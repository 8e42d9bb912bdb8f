"""A question taken out of a contract takes its column along: told before, and as it goes, with what to write."""

from __future__ import annotations

from pathlib import Path

from tests.pipelines.conftest import Command, put, visitors

CONTRACT = """\
id: visitors
title: Visitors
files: {pattern: "*.csv"}
person: token
answered: submitdate
questions:
  - {name: alone, code: Q1, type: scale, range: [1, 5]}
  - {name: area, code: Q2, type: single, answers: [A1, A2]}
"""
AREA = "  - {name: area, code: Q2, type: single, answers: [A1, A2]}\n"
TOLD = "the question “area” is no longer in the contract: area leaves the tables of “visitors”, with 4 rows"


def landed(folder: Path, sestante: Command) -> Path:
    put(folder / "surveys" / "visitors.yml", CONTRACT)
    file = put(folder / "visitors.csv", visitors(4))
    assert sestante("load", file, "--source", "visitors").code == 0
    return folder / "surveys" / "visitors.yml"


def test_check_tells_which_column_would_go_and_what_to_write(empty: Path, sestante: Command) -> None:
    contract = landed(empty, sestante)
    assert "question-withdrawn" not in sestante("check").out
    contract.write_text(CONTRACT.replace(AREA, ""), encoding="utf-8")
    said = sestante("check").out
    assert TOLD in said and "put it back with `until: DAY`" in said and "stays in raw" in said


def test_landing_tells_it_once_as_the_column_goes(empty: Path, sestante: Command) -> None:
    contract = landed(empty, sestante)
    contract.write_text(CONTRACT.replace(AREA, ""), encoding="utf-8")
    file = put(empty / "more.csv", visitors(5))
    assert TOLD in sestante("load", file, "--source", "visitors").out
    assert TOLD not in sestante("load", put(empty / "again.csv", visitors(6)), "--source", "visitors").out


def test_a_question_that_is_asked_no_more_keeps_its_answers(empty: Path, sestante: Command) -> None:
    contract = landed(empty, sestante)
    contract.write_text(CONTRACT.replace("answers: [A1, A2]", "answers: [A1, A2], until: 2026-12-31"), encoding="utf-8")
    assert "question-withdrawn" not in sestante("check").out


def test_a_column_kept_out_on_purpose_is_none(empty: Path, sestante: Command) -> None:
    contract, named = landed(empty, sestante), CONTRACT.replace("name: area, code: Q2", "name: Q2")
    contract.write_text(named, encoding="utf-8")
    assert sestante("load", put(empty / "named.csv", visitors(5)), "--source", "visitors").code == 0
    contract.write_text(CONTRACT.replace(AREA, "") + "drop: [Q2]\n", encoding="utf-8")
    assert "question-withdrawn" not in sestante("check").out


def test_a_question_without_answers_goes_in_silence(empty: Path, sestante: Command) -> None:
    put(empty / "surveys" / "visitors.yml", CONTRACT)
    blank = put(empty / "visitors.csv", "token,submitdate,Q1,Q2\nt1,2026-01-10,3,\n")
    assert sestante("load", blank, "--source", "visitors").code == 0
    put(empty / "surveys" / "visitors.yml", CONTRACT.replace(AREA, ""))
    assert "question-withdrawn" not in sestante("check").out
