"""What a report says of the answers: who answered, who came back, how the items of a score hang together."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pages import whole_report
from publication import publish_small

from warehouse.modelling import models

TABLES = ("panel", "scales", "scale_items")
ASK = {"it": "Che fare.", "en": "What to do."}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A small publication with the tables on answers, the indicator IN-ALONE resting on a scale."""
    path = publish_small(tmp_path / "published.duckdb")
    with duckdb.connect(str(path)) as connection:
        for name in TABLES:
            connection.execute(models("out")[name].ddl('"out"'))
        connection.execute("drop table out.quality")
        connection.execute(models("out")["quality"].ddl('"out"'))
        for rule, severity, n, failed, wave, kind, what in (
            ("people.speeders", "warning", 60, 9, None, "speeders", "Too fast"),
            ("people.speeders@pre", "warning", 40, 8, "pre", "speeders", "Too fast"),
            ("people.speeders@post", "warning", 20, 1, "post", "speeders", "Too fast"),
            ("people.r", "warning", 60, None, None, "row", "Broken rule"),
            ("people.response@pre", "info", 50, 10, "pre", "response", "did not answer"),
            ("people.response-limesurvey", "info", 44, 7, None, "response-limesurvey", "did not complete"),
            ("people.broken-off@pre", "info", 64, 10, "pre", "broken-off", "not sent"),
            ("people.hope.unanswered", "info", 60, 12, None, "unanswered", "left"),
            ("people.trust.unanswered", "info", 60, 1, None, "unanswered", "left"),
            ("people.mood.partly-unanswered", "info", 50, 10, None, "partly-unanswered", "in part"),
        ):
            connection.execute(
                "insert into out.quality values ('people', ?, ?, ?, ?, 'r', ?, ?, false, ?, ?, ?, ?)",
                [rule, severity, n, failed, ASK["it"], ASK["en"], wave, kind, what, what],
            )
        connection.execute(
            "insert into out.panel values ('people', 'pre', 'post', 40, 30, 25, 15, 5, 0.625, 2, 'ok'),"
            " ('people', 'pre', 'late', null, null, null, null, null, null, null, 'suppressed')"
        )
        source, scale = "people", "lonely"
        connection.execute(
            "update out.indicators set source = 'people', attributes = json_merge_patch(attributes, ?)"
            " where indicator_id = 'IN-ALONE'",
            ['{"measure": {"from": "people", "share": "lonely >= 2"}}'],
        )
        for name, wave, n, alpha, status in (
            (scale, "all", 60, 0.8123, "ok"),
            (scale, "pre", None, None, "suppressed"),
            ("unused", "all", 60, 0.5, "ok"),
        ):
            connection.execute(
                "insert into out.scales values (?, ?, 'all', ?, 'Scala', 'Scale', null, 'Somebody (2001)', 'sum', 1, 3,"
                " 2, ?, ?, ?, ?, 0.95, false, ?)",
                [source, name, wave, n, alpha, alpha and alpha - 0.1, alpha and alpha + 0.1, status],
            )
        connection.execute(
            "insert into out.scale_items values (?, ?, 'all', 'all', 'lon2', 1, true, 60, 0.4321, 0.7777, 'ok')",
            [source, scale],
        )
    return path


def test_response_questions_and_panels_are_told_with_their_denominators(published: Path, tmp_path: Path) -> None:
    said = whole_report(published, tmp_path / "en", "en")
    assert "people, wave pre\\: 40 of the 50 people invited answered (80.0%)" in said
    assert "people\\: 37 of the 44 people in LimeSurvey’s table of participants completed it (84.1%)" in said
    assert "people, wave pre\\: of 64 answers begun on LimeSurvey, 54 were sent (84.4%)" in said
    assert "mood, in part (of those who began it) [people]{.under} | 50 | 10 | 20.0%" in said
    assert "hope [people]{.under} | 60 | 12 | 20.0%" in said and "trust [people]" not in said
    assert "| 40 | 25 | 15 | 5 | 62.5% |" in said and "2 people counted as lost have a code almost like" in said
    assert "not shown: group too small" in said.partition("Who came back")[2]


def test_rules_are_told_in_words_by_wave_and_hidden_counts_stay_hidden(published: Path, tmp_path: Path) -> None:
    said = whole_report(published, tmp_path / "it", "it")
    assert "Too fast [Rilevazione pre]{.under} | avviso | 40 | 8 |" in said
    assert "Too fast | avviso" not in said  # the whole is told by its waves
    assert "Broken rule | avviso | 60 | non mostrato: gruppo troppo piccolo" in said


def test_a_scale_behind_an_indicator_is_described_and_others_are_not(published: Path, tmp_path: Path) -> None:
    said = whole_report(published, tmp_path / "en", "en").partition("The scales used")[2]
    assert "### Scale" in said and said.count("### ") == 1 and "Source: Somebody (2001)." in said
    assert "| All answers | 60 | 0.81 | from 0.71 to 0.91 |" in said
    assert "Wave pre | – | not shown: group too small" in said
    assert "lon2 [reversed]{.under} | 0.43 | 0.78 |" in said


def test_a_score_whose_items_agree_little_comes_with_a_word_of_caution(published: Path, tmp_path: Path) -> None:
    words = "«Scala» è fatto di 3 domande che qui vanno poco d’accordo (alfa di Cronbach 0,16, meno di 0,70)"
    assert words not in whole_report(published, tmp_path / "good", "it")
    with duckdb.connect(str(published)) as connection:
        connection.execute("update out.scales set alpha = 0.16 where scale = 'lonely' and wave = 'all'")
    said = whole_report(published, tmp_path / "weak", "it")
    assert said.count(words) == 1 and words in said.split("#indicator-IN-ALONE")[1].split("\n## ")[0]


def test_a_publication_from_before_lacks_these_parts_and_is_reported_all_the_same(tmp_path: Path) -> None:
    said = whole_report(publish_small(tmp_path / "published.duckdb"), tmp_path / "en", "en")
    assert "The scales used" not in said and "Who came back" not in said
