"""Registers of cases and of ratings: every mistake in what their columns are for, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.sources import read_sources
from theory_of_change.programme import Workspace

REGISTER = """\
id: ideas
title: Ideas
columns:
  - {name: id, type: text}
  - {name: call, type: category}
  - {name: sent, type: date}
  - {name: funded, type: boolean}
  - {name: grant, type: money}
  - {name: who, type: person}
  - {name: score, type: integer}
"""
FUNNEL = "funnel: {case: id, cohort: call, stages: [{id: idea, column: sent}, {id: funded, column: funded}]%s}"


@pytest.fixture
def codes(tmp_path: Path):
    def run(more: str) -> list[tuple[str, int | None]]:
        (tmp_path / "registers").mkdir(exist_ok=True)
        (tmp_path / "registers" / "ideas.yml").write_text(REGISTER + more + "\n", encoding="utf-8")
        return [problem.code for problem in read_sources(Workspace(tmp_path), None)[1]]

    return run


def test_a_call_and_its_ratings_may_stand_in_one_contract(codes):
    assert codes(FUNNEL % ", open: {IV: idea}, money: {grant: grant}") == []
    assert codes("ratings: {rater: who, score: score, items: [id], group: call}") == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (FUNNEL.replace("case: id", "case: ident") % "", "role-of-rows-unknown"),
        (FUNNEL.replace("column: funded", "column: finded") % "", "role-of-rows-unknown"),
        (FUNNEL.replace("id: funded", "id: idea") % "", "funnel-stage-twice"),
        (FUNNEL % ", open: {IV: study}", "funnel-open-unknown"),
        (FUNNEL % ", money: {grant: call}", "role-of-rows-no-number"),
        (FUNNEL % ", partners: {from: orgs, case: id, organisation: org}", "funnel-partners-unknown"),
        (FUNNEL % ", partners: {from: ideas, case: id, organisation: org}", "role-of-rows-unknown"),
        ("ratings: {rater: who, score: call, items: [id]}", "role-of-rows-no-number"),
        ("ratings: {rater: who, score: score, items: [field]}", "role-of-rows-unknown"),
    ],
)
def test_each_mistake_has_its_name(codes, more, code):
    assert codes(more) == [code]
