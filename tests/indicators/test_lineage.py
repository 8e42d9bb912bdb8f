"""How a number came about: rows by what became of them, the query, and the spread of the values."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlglot

from pipelines.indicators.distributions import DISTRIBUTION_COLUMNS, MOST_BINS, nice_bins
from pipelines.indicators.lineage import left_out, query_text
from tests.indicators.conftest import landed, programme_with, table_of, theory_with

TABLE = table_of({"y": "number", "area": "category", "day": "date", "w": "number", "h": "category"}, date="day",
                 weight="w", strata=("h",))  # fmt: skip
ROWS = pd.DataFrame(
    [(1, "N", "2024-02-01", 1, "a"), (2, "N", "2024-03-01", 1, "a"), (3, "S", "2024-08-01", 1, "a"),
     (4, "S", "2024-09-01", 2, "a"), (None, "N", "2024-03-01", 1, "b"), (5, "N", "2023-01-01", 1, "b"),
     (6, "N", None, 1, "b"), (7, "N", "2024-03-01", None, "b"), (8, "N", "2024-03-01", 1, None)],
    columns=["y", "area", "day", "w", "h"],
)  # fmt: skip
HALVES = {"start": "2024-01-01", "end": "2024-12-31", "every": "half_year"}
ASKED = [
    {"id": "MEAN", "measure": {"from": "answers", "mean": "y", "where": "y is null or y > 1"}},
    {"id": "MEDIAN", "measure": {"from": "answers", "median": "y"}, "disaggregation": ["area"]},
    {"id": "AREAS", "measure": {"from": "answers", "distinct": "area"}},
    {"id": "RATIO", "measure": {"from": "answers", "ratio": {"numerator": "y", "denominator": "w"}}},
    {"id": "FORMULA", "measure": {"formula": "{MEAN} / {MEDIAN}"}},
]


@pytest.fixture
def world():
    return landed(ROWS, TABLE), theory_with(ASKED), programme_with(HALVES), {"answers": TABLE}


def test_rows_by_what_became_of_them(world):
    connection = world[0]
    connection.execute('create table core."answers__history" as select * from core.answers limit 2')
    connection.execute("create table core.refused (load_id varchar, source varchar, row_number bigint)")
    connection.execute("insert into core.refused values ('l', 'answers', 7), ('l', 'answers', 7), ('l', 'other', 1)")
    assert left_out(*world, "MEAN", "2024-H1") == [
        ("refused", 1), ("superseded", 2), ("unusable", 2), ("outside_calendar", 2), ("other_period", 2),
        ("filtered", 1), ("no_answer", 1), ("used", 1)]  # fmt: skip
    assert left_out(*world, "MEAN")[-3:] == [("filtered", 1), ("no_answer", 1), ("used", 3)]
    assert left_out(*world, "FORMULA") == []


def test_rows_used_are_the_n_of_the_value(world):
    from pipelines.indicators.estimate import compute

    connection, theory, programme, tables = world
    values = compute(connection, theory, programme, tables, "s", {}).values
    for name in ("MEAN", "MEDIAN", "AREAS", "RATIO"):
        for period in ("2024-H1", "2024-H2", "2024", "all"):
            used = dict(left_out(*world, name, period)).get("used", 0)
            row = values[
                (values["indicator_id"] == name) & (values["period"] == period) & (values["category"] == "all")
            ]
            assert row["n"].tolist() == [used], (name, period)


@pytest.mark.parametrize("name", ["MEAN", "MEDIAN", "AREAS", "RATIO"])
def test_the_query_runs_as_it_is_shown(world, name):
    connection, *rest = world
    text = query_text(*rest, name)
    for statement in text.split(";\n\n"):
        connection.execute(statement)
    assert 'core."answers"' in text
    assert query_text(*rest, "FORMULA") is None


@pytest.mark.parametrize("name", ["MEAN", "MEDIAN", "AREAS", "RATIO"])
@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_other_engines_can_read_the_query(world, name, dialect):
    text = query_text(*world[1:], name).replace("create or replace temp table", "create table")
    for statement in text.split(";\n\n"):
        assert len(sqlglot.parse(statement, read=dialect)) == 1


def test_distributions_count_every_row_once(world):
    from pipelines.indicators.estimate import compute

    connection, theory, programme, tables = world
    shapes = compute(connection, theory, programme, tables, "s", {}).distributions
    assert tuple(shapes.columns) == DISTRIBUTION_COLUMNS
    assert set(shapes["indicator_id"]) == {"MEAN", "MEDIAN"}
    median = shapes[shapes["indicator_id"] == "MEDIAN"]
    sums = median.groupby(["period", "dimension", "category"])["n"].sum()
    assert sums["all"].to_dict() == {("all", "all"): 4, ("area", "N"): 2, ("area", "S"): 2}
    assert sums["2024-H1"].to_dict() == {("all", "all"): 2, ("area", "N"): 2}
    whole = median[(median["period"] == "all") & (median["dimension"] == "all")]
    assert (whole["bin_low"].iloc[0], whole["bin_high"].iloc[-1]) == (1, 4)
    assert (whole["bin_low"].iloc[1:].to_numpy() == whole["bin_high"].iloc[:-1].to_numpy()).all()


@pytest.mark.parametrize(
    ("low", "high", "integral", "first", "last", "count"),
    [
        (1, 5, True, (0.5, 1.5), (4.5, 5.5), 5),
        (17, 55, True, (16, 18), (54, 56), 20),
        (0, 60_308, False, (0, 5000), (60_000, 65_000), 13),
        (-3, 97.5, False, (-10, 0), (90, 100), 11),
        (0.01, 0.37, False, (0, 0.02), (0.36, 0.38), 19),
        (7, 7, True, (6.5, 7.5), (6.5, 7.5), 1),
        (7.5, 7.5, False, (3.75, 11.25), (3.75, 11.25), 1),
        (0, 0, False, (-0.5, 0.5), (-0.5, 0.5), 1),
        (1e15, 1e15 + 0.25, False, (5e14, 1.5e15), (5e14, 1.5e15), 1),
    ],
)
def test_bins_are_round(low, high, integral, first, last, count):
    bins = nice_bins(low, high, integral)
    assert (bins.edges(0), bins.edges(bins.count - 1), bins.count) == (first, last, count)
    assert bins.count <= MOST_BINS


def test_a_range_beyond_numbers_has_no_bins():
    assert nice_bins(-1.7e308, 1.7e308, False) is None


def test_every_value_falls_in_a_bin():
    import numpy as np

    rng = np.random.default_rng(1)
    for _ in range(200):
        low, high = sorted(rng.normal(size=2) * 10.0 ** rng.integers(-6, 9))
        bins = nice_bins(low, high, False)
        assert bins.low <= low + 1e-9 * abs(low)
        assert bins.low + bins.count * bins.width >= high - 1e-9 * abs(high)


def test_duckdb_and_the_bins_agree_on_the_edges(computed):
    rows = pd.DataFrame({"y": [0.1, 0.2, 0.3, 1.9, 2.0], "area": "N", "day": "2024-02-01", "w": 1.0, "h": "a"})
    shapes = computed(rows, TABLE, [ASKED[1]]).distributions
    whole = shapes[(shapes["period"] == "all") & (shapes["dimension"] == "all")]
    counts = {(row.bin_low, row.bin_high): row.n for row in whole.itertuples() if row.n}
    assert sum(counts.values()) == 5
    assert counts[(0.1, 0.2)] + counts[(0.2, 0.3)] + counts.get((0.3, 0.4), 0) == 3
    assert counts[(1.9, 2.0)] == 2


def test_nothing_heavy_is_imported_for_checks_and_queries():
    import subprocess
    import sys

    modules = "('dagster', 'great_expectations', 'statsmodels', 'scipy', 'pandas')"
    code = (
        "import sys, pipelines.indicators.plan, pipelines.indicators.lineage; "
        f"print([m for m in {modules} if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
