"""Who gives most to a sum of money is found by organisation, in every cell, and only where it matters."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.indicators.contributions import largest_contributions
from pipelines.indicators.estimate import compute
from tests.indicators.conftest import landed, programme_with, table_of, theory_with
from warehouse.disclosure import protected

GRANTS = table_of({"who": "organisation", "area": "category", "amount": "money", "cost": "money", "hours": "number"},
                  "grants", "register")  # fmt: skip
#: Seven organisations; A receives two grants in the north and dominates it.
ROWS = pd.DataFrame(
    [("A", "north", 50, 60, 1), ("A", "north", 40, 50, 1), ("B", "north", 2, 4, 1), ("C", "north", 1, 2, 1),
     ("D", "north", 1, 2, 1), *((who, area, 20, 30, 1) for area in ("south", "west") for who in "ABCDEFG")],
    columns=["who", "area", "amount", "cost", "hours"],
)  # fmt: skip


def sums(**more: object) -> list[dict]:
    return [{"id": "SUM", "measure": {"from": "grants", "sum": "amount"}, "disaggregation": ["area"], **more}]


def test_grants_of_one_organisation_are_added_up_before_they_are_ranked():
    connection = landed(ROWS, GRANTS)
    found = largest_contributions(connection, theory_with(sums()), programme_with(), {"grants": GRANTS})
    cells = found[found["period"] == "2024"] if (found["period"] == "2024").any() else found[found["period"] == "all"]
    assert cells.set_index("category")[["total", "first", "second"]].to_dict("index") == {
        "all": {"total": 374.0, "first": 130.0, "second": 42.0},
        "north": {"total": 94.0, "first": 90.0, "second": 2.0},
        "south": {"total": 140.0, "first": 20.0, "second": 20.0},
        "west": {"total": 140.0, "first": 20.0, "second": 20.0},
    }
    assert set(found["percent"]) == {10.0}


@pytest.mark.parametrize(
    ("own", "hidden"),
    [({}, 2), ({"disclosure": {"dominance": 0}}, 0), ({"disclosure": {"threshold": 1}}, 0),
     ({"disclosure": {"dominance": 2}}, 0)],
)  # fmt: skip
def test_a_dominated_sum_and_one_that_covers_it_are_hidden_unless_it_may_be_seen(own: dict, hidden: int):
    connection, theory, programme = landed(ROWS, GRANTS), theory_with(sums(**own)), programme_with()
    values = compute(connection, theory, programme, {"grants": GRANTS}, "s", {}).values
    told = largest_contributions(connection, theory, programme, {"grants": GRANTS})
    shown = protected(values, theory, programme, contributions=told)
    whole = shown[shown["period"] == "all"].set_index("category")["status"]
    assert (whole == "suppressed").sum() == hidden
    assert (whole.get("north") == "suppressed") is (hidden > 0)


def test_a_ratio_and_the_sums_it_is_made_of_are_hidden_together():
    indicators = [
        *sums(),
        {"id": "RATIO", "measure": {"from": "grants", "ratio": {"numerator": "amount", "denominator": "cost"}},
         "disaggregation": ["area"]},
        {"id": "HOURS", "measure": {"from": "grants", "sum": "hours"}, "disaggregation": ["area"]},
    ]  # fmt: skip
    connection, theory, programme = landed(ROWS, GRANTS), theory_with(indicators), programme_with()
    values = compute(connection, theory, programme, {"grants": GRANTS}, "s", {}).values
    told = largest_contributions(connection, theory, programme, {"grants": GRANTS})
    assert sorted({*zip(told["indicator_id"], told["part"], strict=True)}) == [
        ("RATIO", "base"), ("RATIO", "value"), ("SUM", "value"),
    ]  # fmt: skip
    shown = protected(values, theory, programme, contributions=told)
    whole = shown[(shown["period"] == "all") & (shown["status"] == "suppressed")]
    by = {name: sorted(rows["category"]) for name, rows in whole.groupby("indicator_id")}
    assert by["SUM"] == by["RATIO"] and "north" in by["SUM"] and "HOURS" not in by
