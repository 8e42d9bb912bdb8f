"""Registers of cases and of scores in, the published funnels and ratings out."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from pipelines.calling import count_funnels
from pipelines.rating import sum_up_ratings
from tests.indicators.conftest import landed, programme_with, table_of
from theory_of_change.calls import Funnel
from theory_of_change.ratings import Ratings
from warehouse.modelling import model

STAGES = [{"id": "idea", "title": {"it": "Idea", "en": "Idea"}, "column": "sent"},
          {"id": "funded", "column": "state", "values": ["funded", "ended"]}]  # fmt: skip
CALL = {"case": "id", "cohort": "call", "stages": STAGES, "money": {"grant": "grant", "total": "cost"}, "public": True,
        "partners": {"from": "partners", "case": "project", "organisation": "org"}}  # fmt: skip
ROWS = [("p1", "I", "2024-01-01", "funded", 50.0, 100.0), ("p2", "I", "2024-01-01", "no", None, None),
        ("p3", "II", "2024-06-01", "no", None, None), ("p4", "I", "2024-01-02", "ended", 30.0, 60.0),
        ("p5", "I", "2024-01-02", "no", None, None)]  # fmt: skip


def counted(call: dict, least: int = 5) -> pd.DataFrame:
    types = {"id": "text", "call": "category", "sent": "date", "state": "category", "grant": "money", "cost": "money"}
    table = table_of(types, "ideas", "register", funnel=Funnel.model_validate(call))
    partners = table_of({"project": "text", "org": "organisation"}, "partners", "register")
    connection = landed(pd.DataFrame(ROWS, columns=list(types)), table)
    landed(pd.DataFrame([("p1", "a"), ("p1", "b"), ("p4", "a")], columns=["project", "org"]), partners, connection)
    found = count_funnels(connection, {"ideas": table, "partners": partners}, programme_with(smallest_group=least))
    assert list(found.columns) == list(model("core", "funnels").column_names)
    return found.set_index(["kind", "cohort", "item"])


def test_stages_by_cohort_with_the_open_one_left_out_of_rates():
    found = counted({**CALL, "open": {"II": "idea"}})
    assert found.loc[("stage", "I", "funded"), ["n", "base", "of_previous"]].tolist() == [2, 4, 0.5]
    assert found.loc[("stage", "II", "funded"), "status"] == "open"
    assert pd.isna(found.loc[("stage", "II", "funded"), "of_previous"])
    assert found.loc[("stage", "all", "funded"), "of_previous"] == 0.5
    assert found.loc[("stage", "all", "idea"), "n"] == 5


def test_money_by_type_with_the_leverage_of_sums():
    found = counted(CALL)
    assert found.loc[("money", "all", "grant"), "amount"] == 80
    assert found.loc[("money", "all", "total"), "leverage"] == pytest.approx(1.0)
    assert found.loc[("money", "all", "rest"), "amount"] == 80


def test_organisations_and_participations_are_not_the_same():
    found = counted(CALL)
    assert found.loc[("organisations", "all", "funded"), ["participations", "organisations"]].tolist() == [3, 2]


def test_few_cases_are_held_back_unless_they_are_public_acts():
    found = counted({**CALL, "public": False})
    assert found.loc[("stage", "I", "funded"), "status"] == "suppressed"
    assert pd.isna(found.loc[("money", "I", "grant"), "amount"])


# Ratings -------------------------------------------------------------------------------------------------------------

MATRIX = {
    "rater": "who",
    "score": "score",
    "items": ["field", "need"],
    "group": "body",
    "population": {"A": 8, "B": 40},
}


def rated(rows: list[tuple], roles: dict = MATRIX, least: int = 3) -> pd.DataFrame:
    types = {"who": "person", "body": "category", "field": "category", "need": "category", "score": "integer"}
    table = table_of(types, "scores", "register", ratings=Ratings.model_validate(roles))
    connection = landed(pd.DataFrame(rows, columns=list(types)), table)
    found = sum_up_ratings(connection, {"scores": table}, programme_with(smallest_group=least))
    assert list(found.columns) == list(model("core", "ratings").column_names)
    return found.set_index(["kind", "category", "group"])


def two_groups(low: int, high: int, need: str = "home") -> list[tuple]:
    return [
        (f"{body}{n}", body, "aid", need, score + n % 2) for body, score in (("A", low), ("B", high)) for n in range(6)
    ]


def test_an_item_has_its_median_and_an_interval_that_knows_its_population():
    found = rated(two_groups(2, 8))
    row = found.loc[("summary", "aid / home", "A")]
    assert (row["n"], row["median"], row["method"]) == (6, 2.5, "scores; quartiles; t; fpc")
    wide = rated(two_groups(2, 8), {**MATRIX, "population": {}}).loc[("summary", "aid / home", "A")]
    assert (row["ci_high"] - row["mean"]) == pytest.approx((wide["ci_high"] - wide["mean"]) * (2 / 8) ** 0.5)
    assert json.loads(row["distribution"]) == {"2": 3, "3": 3}


def test_groups_are_compared_item_by_item_and_corrected():
    found = rated([*two_groups(2, 8), *two_groups(5, 5, "work")])
    home, work = (found.loc[("test", f"aid / {need}", "all")] for need in ("home", "work"))
    assert home["effect"] == 0 and home["p_adjusted"] == pytest.approx(2 * home["p_value"])
    assert work["effect"] == 0.5 and home["method"] == "mann-whitney; ties; holm"


def test_agreement_counts_raters_and_items():
    rows = [
        (f"r{n}", "A", item, "x", score) for item, score in (("one", 1), ("two", 5), ("three", 9)) for n in range(4)
    ]
    row = rated(rows).loc[("agreement", "all", "all")]
    assert (row["statistic"], row["n"], row["n_items"]) == (1.0, 4, 3)


def test_groups_of_few_raters_are_held_back_with_their_test():
    rows = [*two_groups(2, 8)[:6], ("B0", "B", "aid", "home", 9)]
    found = rated(rows)
    assert found.loc[("summary", "aid / home", "B"), "status"] == "suppressed"
    assert found.loc[("summary", "aid / home", "A"), "status"] == "suppressed"  # else the rest of all gives B away
    assert found.loc[("test", "aid / home", "all"), "status"] == "suppressed"


def test_scores_that_few_gave_show_no_distribution():
    rows = [(f"r{n}", "A", "aid", "home", 1 if n else 9) for n in range(6)]
    assert pd.isna(rated(rows).loc[("summary", "aid / home", "A"), "distribution"])
