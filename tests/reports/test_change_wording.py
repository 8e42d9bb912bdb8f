"""What is said of a difference: comparisons in, sentences and signs out, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.change_wording import SIGNS, ChangeWording
from reports.chapter import Chapter
from reports.phrases import Phrases
from reports.reading import Report, read
from reports.shown import Shown

ROW = {
    "indicator_id": "IN-ALONE", "period": "2025-H1", "dimension": "all", "category": "all", "against": "baseline",
    "other_period": "2024-H1", "other_category": "all", "other_indicator": None, "value": 0.38, "other_value": 0.48,
    "difference": -0.1, "std_error": 0.03, "ci_low": -0.16, "ci_high": -0.04, "ci_level": 0.95, "p_value": 0.01,
    "p_adjusted": 0.01, "n_compared": 1, "n": 200, "n_other": 210, "n_both": None, "method": "m", "status": "ok",
    "verdict": "down", "note": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def report(small: Path) -> Report:
    return read(small)


def speaking(report: Report, language: str, *rows: dict[str, Any]) -> ChangeWording:
    report = replace(report, rows={**report.rows, "comparisons": tuple(ROW | row for row in rows)})
    phrases = Phrases(language)
    chapter = Chapter(report, report.period("2025-H1"), language, phrases, Shown(language))
    return ChangeWording(chapter.wording, chapter.plates)


def plain(words: Any) -> str:
    return re.sub(r"\\(.)", r"\1", str(words)).replace("\N{NO-BREAK SPACE}", " ").replace("\u202f", " ")


def since(report: Report, language: str, *rows: dict[str, Any]) -> list[str]:
    wording = speaking(report, language, *rows)
    return [plain(one) for one in wording.since(report.block("IN-ALONE", "indicator"), "2025-H1", "percent.0")]


def test_a_clear_change_is_told_with_its_size_its_interval_and_whether_it_was_hoped_for(report):
    told = since(report, "en", {})
    assert told[0] == (
        "Compared with the start (first half of 2024: 48%) it has fallen by 10.0 percentage points; with 95% "
        "confidence the difference lies between 4.0 and 16.0 percentage points."
    )
    assert told[-1] == "By itself, the comparison with the start does not say why the value changed."


def test_no_evidence_of_change_is_said_to_be_none(report):
    unclear = {"verdict": "no_evidence", "difference": -0.02, "ci_low": -0.08, "ci_high": 0.04}
    assert since(report, "it", unclear) == [
        "Rispetto alla partenza (primo semestre 2024: 48 %) non ci sono prove di un cambiamento: la differenza (−2,0 "
        "punti percentuali; con una confidenza del 95 % tra −8,0 e 4,0 punti percentuali) può venire dal caso."
    ]
    assert since(report, "en", unclear)[0].startswith(
        "Compared with the start (first half of 2024: 48%) there is no evidence of change"
    )


def test_the_period_before_is_told_where_it_is_not_the_start(report):
    before = {"against": "previous_period", "verdict": "same", "difference": 0.0, "ci_low": None, "ci_high": None}
    assert len(since(report, "en", {"verdict": "no_evidence"}, before)) == 1
    told = since(report, "en", {"verdict": "no_evidence"}, before | {"other_period": "2024-H2"})
    assert told[1] == "Compared with the period before (second half of 2024: 48%) it is the same."


def test_what_cannot_be_compared_says_why_and_what_is_held_back_says_nothing(report):
    apart = {"status": "not_comparable", "verdict": "not_comparable", "note": "the definition holds from 2025-01-01"}
    assert since(report, "en", apart) == [
        "It cannot be compared with the start (first half of 2024): the definition holds from 2025-01-01."
    ]
    assert since(report, "en", {"status": "suppressed", "verdict": None}) == []
    unknown = {"status": "no_interval", "verdict": "unknown", "ci_low": None, "ci_high": None}
    assert "nobody can say whether it has changed" in since(report, "en", unknown)[0]


def test_groups_that_differ_are_named_and_those_that_do_not_are_said_not_to(report):
    group = {"against": "group", "dimension": "area", "other_category": "rest", "other_period": "2025-H1"}
    rows = [group | {"category": "A1", "verdict": "up", "difference": 0.12, "n_compared": 3},
            group | {"category": "A2", "verdict": "no_evidence", "n_compared": 3},
            group | {"category": "A3", "verdict": "no_evidence", "n_compared": 3}]  # fmt: skip
    wording = speaking(report, "en", *rows)
    indicator = report.block("IN-ALONE", "indicator")
    told = plain(wording.between_groups(indicator, "2025-H1")[0])
    assert "is higher by 12.0 percentage points" in told and told.endswith("after correction for 3 comparisons.")
    quiet = speaking(report, "it", *(row | {"verdict": "no_evidence"} for row in rows))
    assert plain(quiet.between_groups(indicator, "2025-H1")[0]).endswith("non ci sono prove di differenze.")
    exact = speaking(report, "it", *(row | {"p_value": None} for row in rows))
    assert exact.between_groups(indicator, "2025-H1") == []


def test_a_p_value_too_small_to_write_is_said_to_be_and_what_cannot_be_told_takes_one_line(report):
    unknown = {"against": "group", "dimension": "area", "other_category": "rest", "category": "A1", "ci_low": None,
               "ci_high": None, "p_adjusted": None, "status": "no_interval", "verdict": "unknown"}  # fmt: skip
    indicator = report.block("IN-ALONE", "indicator")
    table = plain(speaking(report, "it", {"p_adjusted": 0.0000004}, unknown).table(indicator, "2025-H1"))
    assert "| < 0,001 |" in table and "0,000 |" not in table and "non si può dire" not in table
    assert table.endswith(
        "Confronti che non si possono dire, perché quanto è incerta la differenza non è noto: 1.\n:::"
    )
    alone = plain(speaking(report, "en", unknown, unknown).table(indicator, "2025-H1"))
    assert alone.startswith("::: {.note}") and "|" not in alone and "is not known: 2." in alone


def test_a_share_of_one_document_is_compared_with_nothing(report):
    indicator = report.block("IN-ALONE", "indicator")
    theme = replace(indicator, attributes={**indicator.attributes, "measure_kind": "theme", "measure": {"theme": "a"}})
    group = {"against": "group", "dimension": "area", "other_category": "rest", "category": "A1"}
    few, enough = group | {"n": 1, "n_other": 13}, group | {"n": 10, "n_other": 4}
    assert speaking(report, "en", few, few | {"n": 13, "n_other": 2}).table(theme, "2025-H1") is None
    assert speaking(report, "en", enough).table(theme, "2025-H1") is not None
    assert speaking(report, "en", few).table(indicator, "2025-H1") is not None


def test_what_those_who_did_not_answer_leave_open_is_said(report):
    row = {"indicator_id": "IN-ALONE", "period": "2025-H1", "dimension": "all", "category": "all", "n": 60,
           "n_asked": 100, "n_missing": 40, "response_share": 0.6, "value": 0.5, "share_low": 0.3,
           "share_high": 0.7, "known_from": "frame"}  # fmt: skip
    told = speaking(replace(report, rows={**report.rows, "non_response": (row,)}), "en")
    indicator = report.block("IN-ALONE", "indicator")
    assert [plain(one) for one in told.whatever_the_others_say(indicator, "2025-H1", "percent.0")] == [
        "40 of the 100 people asked did not answer: whatever they had said, the share would lie between 30% and 70%."
    ]
    everybody = replace(report, rows={**report.rows, "non_response": (row | {"n_missing": 0},)})
    assert speaking(everybody, "en").whatever_the_others_say(indicator, "2025-H1", "percent.0") == []


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_verdict_has_a_sign_of_its_own_and_words(report, language):
    wording = speaking(report, language)
    told = [str(wording.verdict({"verdict": verdict})) for verdict in SIGNS]
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert all(len(one) > 5 for one in told) and len(set(told)) == len(told)
