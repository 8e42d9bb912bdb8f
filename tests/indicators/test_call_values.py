"""Registers of cases and of ratings in, conversions and rubrics as indicators out.

The calls are those of Welfare in Azione as published (Iris Network 2017: 142 ideas, 51 feasibility studies, 27 projects
in three editions, a fourth still open); intervals are Wilson's, worked out by its formula to a tenth of a point.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipelines.indicators.plan import check_measures
from tests.indicators.conftest import cell, programme_with, table_of, theory_with
from theory_of_change.calls import Funnel
from theory_of_change.ratings import Ratings

STAGES = [{"id": "idea", "column": "sent"}, {"id": "study", "column": "state", "values": ["study", "funded"]},
          {"id": "project", "column": "state", "values": ["funded"]}]  # fmt: skip
CALL = {"case": "id", "cohort": "edition", "stages": STAGES, "open": {"IV": "study"}}
IDEAS = table_of(
    {"id": "text", "edition": "category", "sent": "date", "state": "category", "zone": "category"},
    "ideas", "register", date="sent", funnel=Funnel.model_validate(CALL),
    labels={"edition": ["I-III", "IV"]},
)  # fmt: skip


def ideas(open_edition: bool = True) -> pd.DataFrame:
    """142 ideas, of which 51 went on to a study and 27 of these became projects; 60 ideas and 20 studies of call IV."""
    rows = [("I-III", "funded" if n < 27 else "study" if n < 51 else "no") for n in range(142)]
    rows += [("IV", "study" if n < 20 else "no") for n in range(60)] if open_edition else []
    return pd.DataFrame(
        [(f"i{n}", edition, "2024-03-01", state, "north" if n % 2 else "south")
         for n, (edition, state) in enumerate(rows)], columns=["id", "edition", "sent", "state", "zone"]
    )  # fmt: skip


def conversion(start: str, end: str, mode: str = "sample", **more: Any) -> dict[str, Any]:
    measure = {"from": "ideas", "funnel": {"from": start, "to": end}}
    return {"id": f"{start}-{end}", "unit": "percent", "measure": measure,
            "uncertainty": {"mode": mode}, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "share", "low", "high"),
    [("idea", "study", 51 / 142, 0.285, 0.441), ("study", "project", 27 / 51, 0.395, 0.659),
     ("idea", "project", 27 / 142, 0.134, 0.263)],
)  # fmt: skip
def test_the_published_funnel_has_its_rates_and_intervals(computed, start, end, share, low, high):
    row = cell(computed(ideas(False), IDEAS, [conversion(start, end)]).values, f"{start}-{end}")
    assert row["value"] == pytest.approx(share)
    assert (round(row["ci_low"], 3), round(row["ci_high"], 3)) == (low, high)


def test_a_census_has_no_interval_and_is_what_a_register_is_taken_for(computed):
    for mode in ({"uncertainty": {"mode": "census"}}, {"uncertainty": None}):
        values = computed(ideas(False), IDEAS, [conversion("idea", "study") | mode]).values
        row = cell(values, "idea-study")
        assert (row["numerator"], row["denominator"]) == (51, 142)
        assert pd.isna(row["ci_low"]) and pd.isna(row["std_error"])


def test_an_open_edition_is_left_out_of_what_is_not_decided_for_it(computed):
    both = [conversion("idea", "study", disaggregation=["edition"]), conversion("study", "project")]
    values = computed(ideas(), IDEAS, both).values
    decided = cell(values, "idea-study")
    assert (decided["numerator"], decided["denominator"], decided["note"]) == (71, 202, None)
    assert cell(values, "idea-study", "all", "edition", "IV")["value"] == pytest.approx(20 / 60)
    later = cell(values, "study-project")
    assert (later["numerator"], later["denominator"]) == (27, 51)
    assert later["note"] == "not decided yet and left out: IV"


def test_an_open_edition_by_itself_has_no_rate_yet(computed):
    values = computed(ideas(), IDEAS, [conversion("idea", "project", disaggregation=["edition"])]).values
    assert cell(values, "idea-project", "all", "edition", "IV")["status"] == "no_data"


def test_a_filter_and_a_breakdown_take_their_part_of_the_cases(computed):
    south = conversion("idea", "project")
    south["measure"] = {**south["measure"], "where": "zone = 'south'"}
    row = cell(computed(ideas(False), IDEAS, [south]).values, "idea-project")
    parts = cell(computed(ideas(False), IDEAS, [conversion("idea", "project", disaggregation=["zone"])]).values,
                 "idea-project", "all", "zone", "south")  # fmt: skip
    assert (row["numerator"], row["denominator"]) == (parts["numerator"], parts["denominator"]) == (14, 71)


def test_who_passed_a_later_stage_has_passed_those_before(computed):
    rows = ideas(False).assign(sent=lambda own: own["sent"].where(own["state"] != "funded", None))
    undated = table_of({"id": "text", "edition": "category", "sent": "date", "state": "category"}, "ideas", "register",
                       funnel=Funnel.model_validate(CALL))  # fmt: skip
    assert cell(computed(rows, undated, [conversion("idea", "project")]).values, "idea-project")["denominator"] == 142


@pytest.mark.parametrize(
    ("funnel", "code"),
    [({"from": "idea", "to": "projct"}, "funnel-stage-unknown"), ({"from": "study", "to": "idea"},
     "funnel-stages-reversed"), ({"from": "idea", "to": "idea"}, "funnel-stages-reversed")],
)  # fmt: skip
def test_stages_that_cannot_be_are_told(funnel, code):
    assert told({"from": "ideas", "funnel": funnel}) == [code]


def told(measure: dict[str, Any]) -> list[str]:
    class Nowhere:
        def at(self, *path: Any) -> Any:
            return path

    theory = theory_with([{"id": "IN", "measure": measure}])
    plain = table_of({"id": "text"}, "plain", "register")
    return [one.code for one in check_measures(theory, programme_with(), {
        "ideas": IDEAS, "marks": MARKS, "plain": plain}, Nowhere())]  # fmt: skip


def test_a_register_that_is_no_call_or_holds_no_ratings_is_told():
    assert told({"from": "plain", "funnel": {"from": "a", "to": "b"}}) == ["funnel-measure-without-funnel"]
    assert told({"from": "plain", "rubric": {}}) == ["rubric-measure-without-ratings"]
    assert told({"from": "marks", "rubric": {"of": ["projct"]}}) == ["rubric-of-no-item"]
    assert told({"from": "marks", "rubric": {"of": ["project"]}}) == []


# Rubrics -------------------------------------------------------------------------------------------------------------

MARKS = table_of(
    {"who": "person", "project": "category", "criterion": "category", "mark": "integer", "day": "date"},
    "marks", "register", date="day",
    ratings=Ratings(rater="who", score="mark", items=("project", "criterion")),
)  # fmt: skip
#: Scores of three raters by project and criterion. Medians: P 4, 2, 5; Q 3, 3, 1; R 5, 4, 4.
GIVEN = {"P": {"need": (4, 4, 3), "net": (2, 2, 5), "last": (5, 5, 5)},
         "Q": {"need": (3, 3, 4), "net": (3, 2, 5), "last": (1, 1, 2)},
         "R": {"need": (5, 5, 5), "net": (4, 4, 1), "last": (4, 3, 5)}}  # fmt: skip


def marks() -> pd.DataFrame:
    rows = [(f"r{n}", project, criterion, mark, "2024-05-01") for project, criteria in GIVEN.items()
            for criterion, given in criteria.items() for n, mark in enumerate(given)]  # fmt: skip
    return pd.DataFrame(rows, columns=["who", "project", "criterion", "mark", "day"])


def rubric(mode: str = "census", **more: Any) -> dict[str, Any]:
    return {"id": "IN", "measure": {"from": "marks", "rubric": {"of": ["project"], **more}},
            "uncertainty": {"mode": mode}}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({}, 4),  # own scores 4, 3, 4
        ({"score": "lowest"}, 2),  # 2, 1, 4
        ({"score": "mean"}, (35 / 9 + 24 / 9 + 36 / 9) / 3),
        ({"at_least": 4}, 2 / 3),
        ({"score": "lowest", "at_least": 4}, 1 / 3),
    ],
)
def test_criteria_make_the_score_of_each_project_and_these_one_number(computed, more, value):
    row = cell(computed(marks(), MARKS, [rubric(**more)], smallest_group=3).values, "IN")
    assert row["value"] == pytest.approx(value)
    assert (row["n"], row["denominator"]) == (3, 3)


def test_a_criterion_counts_once_however_many_rated_it(computed):
    more = pd.DataFrame([(f"x{n}", "Q", "last", 1, "2024-05-01") for n in range(20)], columns=list(marks().columns))
    row = cell(computed(pd.concat([marks(), more]), MARKS, [rubric(score="mean")]).values, "IN")
    last = (1 + 1 + 2 + 20) / 23
    assert row["value"] == pytest.approx((35 / 9 + (10 / 3 + 10 / 3 + last) / 3 + 36 / 9) / 3)


def test_without_columns_every_item_is_a_thing_of_its_own_and_may_be_broken_down(computed):
    indicator = {"id": "IN", "measure": {"from": "marks", "rubric": {}}, "disaggregation": ["criterion"]}
    values = computed(marks(), MARKS, [indicator]).values
    assert cell(values, "IN")["value"] == 4  # 1 2 3 3 4 4 4 5 5
    assert cell(values, "IN", "all", "criterion", "net")["value"] == 3  # 2 3 4


def test_a_sample_of_projects_has_the_interval_of_its_share_or_mean(computed):
    """Wilson of 2 in 3; t with 2 degrees of freedom of 35/9, 24/9, 36/9."""
    share = cell(computed(marks(), MARKS, [rubric("sample", at_least=4)]).values, "IN")
    assert (share["ci_low"], share["ci_high"]) == (pytest.approx(0.2077, abs=1e-4), pytest.approx(0.9385, abs=1e-4))
    mean = cell(computed(marks(), MARKS, [rubric("sample", score="mean")]).values, "IN")
    spread = pd.Series([35, 24, 36]).std() / 9
    assert mean["ci_high"] - mean["value"] == pytest.approx(4.302653 * spread / 3**0.5, rel=1e-6)
    assert mean["method"] == "rubric mean; criteria of equal weight; mean of things rated; t"


def test_a_period_without_marks_has_no_data(computed):
    calendar = {"start": "2023-01-01", "end": "2024-12-31", "every": "year"}
    values = computed(marks(), MARKS, [rubric()], calendar=calendar).values
    assert cell(values, "IN", "2023")["status"] == "no_data"
    assert cell(values, "IN", "2024")["value"] == 4
