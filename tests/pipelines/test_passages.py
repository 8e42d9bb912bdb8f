"""Passages and the people behind them: shares of passages, themes by who speaks, and what few people say held back."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.conftest import Command, put
from tests.pipelines.test_theming import measured_by

pytestmark = pytest.mark.usefixtures("unreported")

CONTRACT = """\
id: voci
title: Voci
consent: analysis
codings: {{pattern: "segmenti.csv"}}
files: {{pattern: "*.txt"}}
speakers:
  I: intervistatrice
  D: {{role: donna, group: {{gender: F}}}}
  U: {{role: uomo, group: {{gender: M}}}}
documents:
  - {{file: "FG*", id: FG-01, kind: focus_group, date: 2026-02-01, participants: [{{role: residente, number: 8}}]}}
  - {{file: "INT*", date: 2026-03-01}}
codes:
  - {{id: soli, title: Soli}}
  - {{id: casa, title: Casa}}
  - {{id: raro, title: Raro}}
{more}"""


def spoken(folder: Path, more: str = "", least: int = 5) -> None:
    """Six women and six men alone, and a focus group of eight in which two of them are heard.

    Every woman speaks of being alone and of her home, in one passage of which the question is a part; every man of his
    home; the focus group of being rare, twice, a man both times.
    """
    rows = ["documento;codice;testo"]
    for number in range(1, 13):
        label, name = ("D" if number <= 6 else "U"), f"INT-{number:02d}.txt"
        put(folder / "data" / "voci" / name, f"I: Come va {number}?\n{label}: Sto in casa sempre {number}.\n"
                                             f"{label}: La sera resto per conto mio {number}.\n")  # fmt: skip
        rows.append(f'"{name}";casa;"{number}?\n{label}: Sto in casa sempre {number}"')
        rows += [f"{name};soli;La sera resto per conto mio {number}"] if number <= 6 else []
    put(folder / "data" / "voci" / "FG-01.txt", "I: Allora?\nD: Mah.\nU: Di rado succede.\nU: Di rado, davvero.\n")
    rows += ["FG-01.txt;raro;Di rado succede", "FG-01.txt;raro;Di rado, davvero"]
    put(folder / "data" / "voci" / "segmenti.csv", "\n".join(rows) + "\n")
    put(folder / "interviews" / "voci.yml", CONTRACT.format(more=more))
    programme = folder / "programme.yml"
    put(programme, re.sub(r"smallest_group: \d+", f"smallest_group: {least}", programme.read_text(encoding="utf-8")))


def ask(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "warehouse" / "published.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_focus_group_of_eight_is_eight_people(empty: Path, sestante: Command) -> None:
    spoken(empty)
    said = sestante("run")
    assert said.code == 0, said.err
    whole = "period = 'all' and dimension = 'all' order by code_id"
    assert ask(empty, "select code_id, n_documents, n_segments, n_all, n_people, n_people_all, status from out.themes"
                      f" where {whole}") == [
        ("casa", 12, 12, 13, 12, 20, "ok"), ("raro", 1, 2, 13, 8, 20, "ok"), ("soli", 6, 6, 13, 6, 20, "ok")
    ]  # fmt: skip
    assert ask(empty, "select n_documents, n_either, status from out.theme_pairs where code_id = 'soli' and"
                      " other_code_id = 'casa'") == [(6, 12, "ok")]  # fmt: skip


def test_few_people_are_few_in_however_many_documents(empty: Path, sestante: Command) -> None:
    spoken(empty, least=9)
    assert sestante("run").code == 0
    assert ask(
        empty, "select code_id, status from out.themes where period = 'all' and dimension = 'all' order by code_id"
    ) == [("casa", "ok"), ("raro", "suppressed"), ("soli", "suppressed")]
    # a corpus may ask for less than the programme, down to three
    spoken(empty, "disclosure: {smallest_group: 3}\n", least=9)
    assert sestante("run").code == 0
    assert ask(empty, "select code_id, n_people, status from out.themes where period = 'all' and dimension = 'all'"
                      " order by code_id") == [("casa", 12, "ok"), ("raro", 8, "ok"), ("soli", 6, "ok")]  # fmt: skip


def test_below_three_people_a_corpus_may_not_go(empty: Path, sestante: Command) -> None:
    spoken(empty, "disclosure: {smallest_group: 2}\n")
    said = sestante("check", "--language", "en")
    assert said.code == 1
    assert "error: the smallest group shown is 2, but at least 3 people must stand behind" in said.out
    spoken(empty, "disclosure: {smallest_group: 2}\n", least=1)  # the whole programme shows everything already
    assert sestante("check").code == 0


def test_themes_by_who_speaks_count_voices(empty: Path, sestante: Command) -> None:
    spoken(empty, least=1)
    assert sestante("run").code == 0
    by_gender = "from out.themes where dimension = 'gender' and period = 'all' order by code_id, category"
    counts = "select code_id, category, n_documents, n_segments, n_all, n_people, n_people_all"
    assert ask(empty, f"{counts} {by_gender}") == [
        ("casa", "F", 6, 6, 7, 6, 7), ("casa", "M", 6, 6, 7, 6, 7), ("raro", "F", 0, 0, 7, 0, 7),
        ("raro", "M", 1, 2, 7, 1, 7), ("soli", "F", 6, 6, 7, 6, 7), ("soli", "M", 0, 0, 7, 0, 7),
    ]  # fmt: skip
    # what one man alone speaks of is hidden; that one woman alone does not speak of her home says nothing of her
    spoken(empty, least=5)
    assert sestante("run").code == 0
    statuses = {row[:2]: row[2] for row in ask(empty, f"select code_id, category, status {by_gender}")}
    assert {row for row, status in statuses.items() if status == "suppressed"} == {("raro", "F"), ("raro", "M")}


def test_the_share_of_passages_with_a_code(empty: Path, sestante: Command) -> None:
    spoken(empty, "disclosure: {smallest_group: 1}\n", least=1)
    measure = {"from": "voci", "theme": "soli", "per": "segment"}
    measured_by(
        empty,
        {"id": "IN-SEG", "measure": measure, "disaggregation": ["gender", "kind"]},
        {"id": "IN-ERR", "measure": {**measure, "where": "gender = 'F'"}, "uncertainty": {"mode": "sample"}},
    )
    said = sestante("run")
    assert said.code == 0, said.err
    value = "select category, n, numerator, value from out.indicator_values where period = 'all' and indicator_id"
    assert ask(empty, f"{value} = 'IN-SEG' order by dimension, category") == [
        ("all", 20, 6, pytest.approx(6 / 20)), ("F", 12, 6, 0.5), ("M", 8, 0, 0.0),
        ("focus_group", 2, 0, 0.0), ("interview", 18, 6, pytest.approx(6 / 18)),
    ]  # fmt: skip
    # passages of one document hang together: six documents of two passages each, every one half and half
    (row,) = ask(empty, "select value, std_error, degrees_of_freedom from out.indicator_values where period = 'all'"
                        " and indicator_id = 'IN-ERR'")  # fmt: skip
    assert row == (0.5, pytest.approx(0.0, abs=1e-12), 5)
    explained = sestante("explain", "IN-SEG", "--period", "all")
    assert explained.code == 0 and 'core."voci__segments"' in explained.out


def test_passages_of_few_people_are_not_shown_whatever_their_number(empty: Path, sestante: Command) -> None:
    spoken(empty, least=7)
    measure = {"from": "voci", "per": "segment"}
    measured_by(
        empty,
        {"id": "IN-HOME", "measure": {**measure, "theme": "casa"}, "disaggregation": ["gender"]},
        {"id": "IN-SOLI", "measure": {**measure, "theme": "soli"}, "disaggregation": ["gender"]},
        {"id": "IN-RARE", "measure": {**measure, "theme": "raro"}},
    )
    assert sestante("run").code == 0
    rows = {(name, category): rest for name, category, *rest in ask(
        empty, "select indicator_id, category, n, status from out.indicator_values where period = 'all'"
               " and indicator_id in ('IN-HOME', 'IN-SOLI', 'IN-RARE')")}  # fmt: skip
    for few in (("IN-HOME", "F"), ("IN-HOME", "M"), ("IN-SOLI", "F"), ("IN-SOLI", "all")):
        assert rows[few] == [None, "suppressed"], few  # six women, six men say it, in however many passages
    assert rows["IN-RARE", "all"] == [20, "ok"]  # one document, eight people
