"""`collapse_to`: a small category counts as another, in values, people, distributions, crosses and what is hidden."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.indicators.comparisons import compare
from pipelines.indicators.estimate import Computed, compute
from tests.indicators.conftest import YEAR, cell, landed, programme_with, table_of, theory_with
from warehouse.disclosure import protected

TABLE = table_of({"who": "person", "area": "category", "floor": "integer", "trust": "integer", "at": "date"},
                 person="who", date="at", labels={"area": ("N", "S", "X", "Y")})  # fmt: skip
DIMENSIONS = [
    {"id": "place", "column": "area", "categories": {"N": "North", "S": "South", "X": "Isles", "Y": "Port"},
     "collapse_to": {"X": "S", "Y": "S"}},
    {"id": "level", "column": "floor", "collapse_to": {"3": "2"}},
]  # fmt: skip
#: area, floor, trust of one person each; who 1 answers from the north and twice from the isles.
ROWS = pd.DataFrame(
    [("p1", "N", 1, 5), ("p1", "X", 3, 2), ("p1", "X", 2, 2), *((f"n{i}", "N", 1, 4) for i in range(5)),
     *((f"s{i}", "S", 2, 3 + i % 2) for i in range(6)), ("y", "Y", 3, 5)],
    columns=["who", "area", "floor", "trust"],
).assign(at="2024-03-01")  # fmt: skip
ASKED = [
    {"id": "MEAN", "measure": {"from": "answers", "mean": "trust"},
     "disaggregation": ["place", "level", ["place", "level"]]},
    {"id": "SHARE", "measure": {"from": "answers", "share": "trust >= 4"}, "disaggregation": ["place"]},
    {"id": "MEDIAN", "measure": {"from": "answers", "median": "trust"}, "disaggregation": ["place"]},
    {"id": "PEOPLE", "measure": {"from": "answers", "distinct": "who"}, "disaggregation": ["place"]},
]  # fmt: skip
THEORY, PROGRAMME = theory_with(ASKED, dimensions=DIMENSIONS), programme_with(YEAR)


@pytest.fixture(scope="module")
def world() -> tuple[object, Computed]:
    connection = landed(ROWS, TABLE)
    return connection, compute(connection, THEORY, PROGRAMME, {"answers": TABLE}, "snapshot", {})


def test_every_kind_is_made_anew_from_the_rows_of_all_that_count_as_one(world) -> None:
    values = world[1].values
    together = ROWS[ROWS["area"] != "N"]
    south = {name: cell(values, name, "all", "place", "S") for name in ("MEAN", "SHARE", "MEDIAN", "PEOPLE")}
    assert south["MEAN"]["value"] == pytest.approx(together["trust"].mean())
    assert (south["SHARE"]["numerator"], south["SHARE"]["n"]) == ((together["trust"] >= 4).sum(), 9)
    assert south["MEDIAN"]["value"] == 3
    assert south["PEOPLE"]["value"] == 8  # p1 answers twice from what is now one place
    assert {row["note"] for row in south.values()} == {"includes Isles, Port"}


def test_what_was_merged_has_no_rows_of_its_own_and_the_rest_stays(world) -> None:
    values = world[1].values
    assert set(values[values["dimension"] == "place"]["category"]) == {"N", "S"}
    north = cell(values, "MEAN", "all", "place", "N")
    assert (north["n"], north["note"]) == (6, None)
    parts = values[(values["indicator_id"] == "MEAN") & (values["period"] == "all")]
    assert all(own["n"].sum() == 15 for _, own in parts.groupby("dimension"))  # each dimension adds up to the whole


def test_numbers_are_merged_by_what_they_read_as_and_crosses_by_each_part(world) -> None:
    values = world[1].values
    assert cell(values, "MEAN", "all", "level", "2")["n"] == 9
    crossed = values[
        (values["dimension"] == "place x level") & (values["period"] == "all") & (values["status"] == "ok")
    ]
    assert dict(zip(crossed["category"], crossed["n"], strict=True)) == {"N / 1": 6, "S / 2": 9}


def test_distributions_and_comparisons_follow(world) -> None:
    connection, computed = world
    bins = computed.distributions
    assert set(bins[bins["dimension"] == "place"]["category"]) == {"N", "S"}
    compared = compare(connection, THEORY, PROGRAMME, {"answers": TABLE}, computed.values)
    pair = compared[(compared["indicator_id"] == "SHARE") & (compared["against"] == "group")
                    & (compared["period"] == "all")].iloc[0]  # fmt: skip
    assert (pair["category"], pair["other_category"], pair["n"], pair["n_other"]) == ("N", "S", 6, 9)


def test_one_that_would_be_hidden_alone_is_shown_together(world) -> None:
    shown = protected(world[1].values, THEORY, PROGRAMME)
    assert cell(shown, "MEAN", "all", "place", "S")["status"] == "ok"
    plain = theory_with(ASKED, dimensions=[{**DIMENSIONS[0], "collapse_to": {}}, DIMENSIONS[1]])
    alone = protected(compute(world[0], plain, PROGRAMME, {"answers": TABLE}, "s", {}).values, plain, PROGRAMME)
    assert cell(alone, "MEAN", "all", "place", "Y")["status"] == "suppressed"


def test_merging_is_part_of_the_definition(world) -> None:
    plain = theory_with(ASKED, dimensions=[{**DIMENSIONS[0], "collapse_to": {}}, DIMENSIONS[1]])
    other = compute(world[0], plain, PROGRAMME, {"answers": TABLE}, "s", {}).values
    before, after = (cell(one, "SHARE")["definition_id"] for one in (world[1].values, other))
    assert before != after
