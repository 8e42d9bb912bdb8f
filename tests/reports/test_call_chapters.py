"""What a report tells of calls and ratings: stages with open cohorts said, money, organisations, scores, agreement."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from pages import whole_report
from publication import publish_small

from warehouse.modelling import models

FUNNELS = [
    {"cohort": "I", "kind": "stage", "item": "idea", "position": 0, "n": 142, "status": "ok", "title_en": "Idea"},
    {"cohort": "I", "kind": "stage", "item": "study", "position": 1, "n": 51, "of_previous": 51 / 142, "status": "ok",
     "of_first": 51 / 142},
    {"cohort": "IV", "kind": "stage", "item": "study", "position": 1, "n": 9, "status": "open"},
    {"cohort": "all", "kind": "money", "item": "total", "position": 1, "n": 27, "amount": 67.0e6, "leverage": 1.2039,
     "status": "ok"},
    {"cohort": "all", "kind": "organisations", "item": "study", "position": 1, "n": 60, "participations": 263,
     "organisations": 201, "status": "ok"},
]  # fmt: skip


def rated(dimension: str, category: str, median: float | None, group: str = "all", position: int = 0) -> dict:
    few = {"n": 51, "q1": 6.0, "q3": 8.0, "status": "ok"} if median is not None else {"status": "suppressed"}
    return {"dimension": dimension, "category": category, "group": group, "kind": "summary", "median": median,
            "n_items": 4, "position": position, "group_en": {"aps": "Associations"}.get(group), **few}  # fmt: skip


RATINGS = [
    rated("all", "all", 7.0), rated("all", "all", 6.0, "aps"), rated("all", "all", None, "small"),
    {**rated("field", "aid", 7.0), "dimension_en": "Field", "category_en": "Aid to families"},
    rated("field", "aid", 6.0, "aps"), rated("field", "aid", None, "small"),
    rated("field", "school", 5.0, position=1), rated("need", "rooms", 7.5), rated("need", "people", 5.0, position=1),
    {**rated("field x need", "aid / rooms", 7.0, "aps"), "mean": 7.2, "ci_low": 6.9, "ci_high": 7.5,
     "method": "scores; quartiles; t; fpc"},
    rated("field x need", "aid / rooms", 8.0), rated("field x need", "aid / people", 6.5),
    rated("field x need", "school / rooms", 4.0), rated("field x need", "school / people", None),
    {"dimension": "field x need", "category": "aid / rooms", "group": "all", "kind": "test", "effect": 0.75,
     "p_value": 0.01, "p_adjusted": 0.03, "status": "ok", "position": 0},
    {"dimension": "field x need", "category": "aid / people", "group": "all", "kind": "test", "effect": 0.5,
     "p_value": 0.9, "p_adjusted": 0.9, "status": "ok", "position": 1},
    {"dimension": "all", "category": "all", "group": "all", "kind": "agreement", "n": 51, "n_items": 9,
     "statistic": 0.61, "ci_low": 0.5, "ci_high": 0.7, "status": "ok"},
]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = publish_small(tmp_path / "published.duckdb")
    with duckdb.connect(str(path)) as connection:
        for table, rows in (("funnels", FUNNELS), ("ratings", RATINGS)):
            connection.execute(models("out")[table].ddl('"out"'))
            for row in rows:
                given = {"source": "ideas", **row}
                columns = ", ".join(f'"{name}"' for name in given)
                slots = ", ".join("?" * len(given))
                connection.execute(f"insert into out.{table} ({columns}) values ({slots})", list(given.values()))
    return whole_report(path, tmp_path / "en", "en").replace("\\", "")


def test_each_stage_has_its_shares_and_an_open_cohort_none(source):
    assert "| study [I]{.under} | 51 | 35.9% | 35.9% |" in source
    assert "| study [IV, not decided yet]{.under} | 9 | – | – |" in source
    assert "Cohort IV is still open" in source


@pytest.fixture
def few_cohorts(tmp_path: Path) -> str:
    path = publish_small(tmp_path / "published.duckdb")
    rows = [{"cohort": cohort, "item": item, "position": place, "n": n, "of_previous": share, "of_first": share,
             "status": "ok" if n else "open", "source_en": "Our call",
             "cohort_en": {"a": "First call"}.get(cohort)}
            for cohort, item, place, n, share in (
                ("a", "idea", 0, 10, None), ("a", "funded", 1, 4, 0.4), ("b", "idea", 0, 6, None),
                ("b", "funded", 1, 0, None), ("all", "idea", 0, 16, None), ("all", "funded", 1, 4, 0.4))]  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        connection.execute(models("out")["funnels"].ddl('"out"'))
        for row in rows:
            given = {"source": "ideas", "kind": "stage", **row}
            columns = ", ".join(f'"{name}"' for name in given)
            slots = ", ".join("?" * len(given))
            connection.execute(f"insert into out.funnels ({columns}) values ({slots})", list(given.values()))
    return whole_report(path, tmp_path / "en", "en").replace("\\", "")


def test_few_cohorts_stand_beside_one_another_in_words(few_cohorts):
    assert "## Our call" in few_cohorts
    assert "| Stage | Cases | Of those at the stage before | Of those who began | First call | b |" in few_cohorts
    assert "| funded | 4 | 40.0% | 40.0% | 4 [40.0%]{.under} | 0 [not decided yet]{.under} |" in few_cohorts


def test_money_and_organisations_stand_beside_it(source):
    assert "| Total cost | 27 | 67,000,000 | 1.20 |" in source
    assert "| study | 60 | 263 | 201 |" in source


def test_scores_by_each_column_with_the_median_of_every_group(source):
    assert "| Field | Raters | Median | Middle half | Median: Associations | Median: small |" in source
    assert "| Aid to families | 51 | 7.0 | from 6.0 to 8.0 | 6.0 | – |" in source
    assert source.index("| Aid to families | 51") < source.index("| school | 51") < source.index("| rooms | 51")


def test_two_columns_make_a_matrix(source):
    assert "| Field | rooms | people |" in source
    assert "| Aid to families | 8.0 | 6.5 |" in source
    assert "| school | 4.0 | – |" in source


def test_the_middle_of_all_scores_is_told_first(source):
    assert (
        "51 raters, 4 items: the middle score is 7.0, and the middle half of the scores lies between 6.0 and 8.0"
        in source
    )


def test_groups_compared_and_agreement(source):
    assert "| What is rated | Mean: Associations | Mean: small | p | corrected p |" in source
    assert "| aid · rooms | 7.2 [from 6.9 to 7.5]{.under} | – | 0.010 | 0.030 |" in source
    assert "how many could have rated in all" in source
    assert (
        "Of the 2 items on which they are compared, groups of raters give scores that differ beyond chance on one."
        in source
    )
    assert re.search(r"ordered scores\): 0\.61 \(from 0\.50 to 0\.70\), over 9 items and 51 raters", source)
    assert "That is less than 0.67: raters agree too little for a median to stand for all of them" in source


def test_what_few_rated_is_not_shown(source):
    assert "| small | not shown: group too small | – | – |" in source
