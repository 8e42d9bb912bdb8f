"""Wholes that are not the sum of their parts say why: no category, several groups, several periods, silent projects."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from pipelines.indicators.estimate import compute
from pipelines.indicators.overlaps import explained
from tests.indicators.conftest import cell, landed, programme_with, table_of, theory_with
from warehouse.disclosure import protected

HALVES = {"start": "2025-01-01", "end": "2025-12-31", "every": "half_year"}
TABLE = table_of({"who": "person", "project": "category", "zone": "category", "hours": "number", "day": "date"},
                 source="visits", kind="register", date="day", person="who")  # fmt: skip
#: In the first half 12 people of A, of whom 6 also come to B; in the second the same 12 to A only. C never reports, D
#: begins next year.
ROWS = pd.DataFrame(
    [*((f"p{i}", "A", "N", 1, "2025-02-01") for i in range(12)),
     *((f"p{i}", "B", "N", 1, "2025-03-01") for i in range(6)),
     *((f"p{i}", "A", "N" if i < 6 else None, 1, "2025-09-01") for i in range(12))],
    columns=["who", "project", "zone", "hours", "day"],
)  # fmt: skip
AREAS = [{"id": one, "title": {"it": f"Progetto {one}", "en": f"Project {one}"}, "kind": "project"} for one in "ABC"]
AREAS += [{"id": "D", "title": "Project D", "kind": "project", "period": {"start": "2026-01-01", "end": "2026-12-31"}}]
DIMENSIONS = [{"id": "by", "column": "project", "areas": "project"}]
ASKED = [
    {"id": "PEOPLE", "measure": {"from": "visits", "distinct": "who"}, "disaggregation": ["by", "zone"]},
    {"id": "HOURS", "measure": {"from": "visits", "sum": "hours", "where": "hours > 5"},
     "disaggregation": ["by", ["by", "zone"]]},
    {"id": "MEAN", "measure": {"from": "visits", "mean": "hours"}, "disaggregation": ["by"]},
]  # fmt: skip
THEORY = theory_with(ASKED, areas=AREAS, dimensions=DIMENSIONS)


def published(language: str = "en") -> pd.DataFrame:
    programme = programme_with(HALVES, language)
    values = compute(landed(ROWS, TABLE), THEORY, programme, {"visits": TABLE}, "snapshot", {}).values
    return explained(protected(values, THEORY, programme), THEORY, programme)


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    return published()


def test_people_in_several_groups_and_periods_are_told_with_the_numbers_anybody_could_add_up(values) -> None:
    first, year = cell(values, "PEOPLE", "2025-H1"), cell(values, "PEOPLE", "2025")
    assert (first["value"], year["value"]) == (12, 12)
    assert "by by the sum is 18, 6 more: who is in several groups counts in each" in first["note"]
    assert "the periods sum to 24, 12 more: who comes back in several periods counts once here" in year["note"]


def test_rows_without_a_category_are_told_in_the_whole(values) -> None:
    assert cell(values, "PEOPLE", "2025-H2")["note"].startswith("rows without zone: 6")
    assert "zone" not in cell(values, "MEAN", "2025-H2")["note"]  # it is not broken down by it


def test_where_a_part_is_hidden_the_reason_stands_without_numbers(values) -> None:
    plain = values.assign(note=None)
    is_small = (plain["dimension"] == "by") & (plain["category"] == "B")
    plain.loc[is_small, ["status", "value"]] = ["suppressed", math.nan]
    told = cell(explained(plain, THEORY, programme_with(HALVES)), "PEOPLE", "2025-H1")["note"]
    assert told == "by by the sum may exceed the whole: who is in several groups counts in each"


def test_a_project_that_handed_in_nothing_is_no_zero_and_the_programme_says_who_is_lacking(values) -> None:
    for name in ("PEOPLE", "HOURS"):
        assert cell(values, name, "2025-H1", "by", "C")["status"] == "no_data"
        assert math.isnan(cell(values, name, "2025-H1", "by", "C")["value"])
    assert cell(values, "HOURS", "2025-H1", "by", "B")["value"] == 0  # rows came, and none of them counts
    assert cell(values, "HOURS", "2025-H2", "by x zone", "B / N")["status"] == "no_data"
    assert "2 of 3 have handed in data; without data: Project C" in cell(values, "MEAN", "2025-H1")["note"]
    assert "1 of 3 have handed in data; without data: Project B, Project C" in cell(values, "MEAN", "2025-H2")["note"]


def test_the_programme_is_made_anew_from_all_rows_and_never_averaged(values) -> None:
    assert cell(values, "PEOPLE", "2025")["value"] == ROWS["who"].nunique()
    assert cell(values, "MEAN", "2025")["denominator"] == len(ROWS)


def test_in_italian() -> None:
    told = cell(published("it"), "PEOPLE", "2025-H1")["note"]
    assert "hanno consegnato dati 2 su 3; senza dati: Progetto C" in told
    assert "per by la somma fa 18, cioè 6 in più: chi è in più gruppi conta in ognuno" in told


# What is refused --------


def test_shares_are_not_added_up_and_percentages_divide_like_things() -> None:
    asked = [
        {"id": "SHARE", "unit": "percent", "measure": {"from": "visits", "share": "hours > 0"},
         "disaggregation": ["by"], "aggregation": {"time": "sum", "project": "sum"}},
        {"id": "PEOPLE", "unit_of_analysis": "person", "measure": {"from": "visits", "distinct": "who"}},
        {"id": "PROJECTS", "unit_of_analysis": "project", "measure": {"from": "visits", "distinct": "project"}},
        {"id": "UNLIKE", "unit": "percent", "measure": {"formula": "{PROJECTS} / {PEOPLE}"}},
        {"id": "RATIO", "unit": "project/person", "measure": {"formula": "{PROJECTS} / {PEOPLE}"}},
        {"id": "ACCEPTED", "unit": "percent", "measure": {"formula": "{PROJECTS} / {PEOPLE}"},
         "accept": {"ratio-mixes-units": "a project each"}},
    ]  # fmt: skip
    theory = theory_with(asked, areas=AREAS, dimensions=DIMENSIONS)
    values = compute(landed(ROWS, TABLE), theory, programme_with(HALVES), {"visits": TABLE}, "snapshot", {}).values
    year, half = cell(values, "SHARE", "2025", "by", "A"), cell(values, "SHARE", "2025-H1")
    assert (year["status"], year["note"]) == (
        "not_computable", "shares and means do not add up (`aggregation: {time: sum}`): write `recompute`")  # fmt: skip
    assert (half["status"], half["note"]) == (
        "not_computable", "shares and means do not add up (`aggregation: sum`): write `recompute`")  # fmt: skip
    assert cell(values, "SHARE", "2025-H1", "by", "A")["value"] == 1
    unlike = cell(values, "UNLIKE")
    assert (unlike["status"], unlike["note"]) == (
        "not_computable",
        "a percentage does not divide unlike things (PROJECTS: project, PEOPLE: person): count the same thing above"
        " and below",
    )
    assert cell(values, "RATIO")["value"] == cell(values, "ACCEPTED")["value"] == 2 / 12


# Rules over projects ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "whole", "zone", "told"),
    [  # people of the first half, in all and in the north
        (None, 12, 12, None),
        ("recompute", 12, 12, None),
        ("sum", 18, 18, "sum of the values by by: who is in several groups is counted several times"),
        ("none", None, None, "the indicator is not taken together over by (`aggregation: none`)"),
    ],
)
def test_projects_are_taken_together_by_the_rule_the_indicator_declares(rule, whole, zone, told) -> None:
    asked = {"id": "PEOPLE", "measure": {"from": "visits", "distinct": "who"},
             "disaggregation": ["by", "zone", ["by", "zone"]],
             "aggregation": {"project": rule} if rule else None}  # fmt: skip
    theory = theory_with([asked], areas=AREAS, dimensions=DIMENSIONS)
    values = compute(landed(ROWS, TABLE), theory, programme_with(HALVES), {"visits": TABLE}, "snapshot", {}).values
    every, north = cell(values, "PEOPLE", "2025-H1"), cell(values, "PEOPLE", "2025-H1", "zone", "N")
    assert cell(values, "PEOPLE", "2025-H1", "by", "A")["value"] == 12  # a project by itself stands
    if whole is None:
        assert {every["status"], north["status"]} == {"not_computable"}
        assert math.isnan(every["value"])
    else:
        assert (every["value"], north["value"]) == (whole, zone)
    if told:
        assert told in every["note"]


def test_what_cannot_be_added_up_without_the_cross_has_no_number() -> None:
    asked = {"id": "PEOPLE", "measure": {"from": "visits", "distinct": "who"}, "disaggregation": ["by", "zone"],
             "aggregation": {"project": "sum"}}  # fmt: skip
    theory = theory_with([asked], areas=AREAS, dimensions=DIMENSIONS)
    values = compute(landed(ROWS, TABLE), theory, programme_with(HALVES), {"visits": TABLE}, "snapshot", {}).values
    assert cell(values, "PEOPLE", "2025-H1")["value"] == 18
    assert cell(values, "PEOPLE", "2025-H1", "zone", "N")["status"] == "not_computable"
