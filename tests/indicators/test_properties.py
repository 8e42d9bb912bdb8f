"""The engine against the plain estimators on random samples: any weights, strata, clusters, gaps and small groups."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.indicators.estimate import compute
from tests.indicators.conftest import cell, landed, programme_with, table_of, theory_with
from tests.indicators.plain import Plain

HALVES = {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"}
TYPES = {
    "y": "number", "x": "number", "grade": "integer", "area": "category", "gender": "category", "day": "date",
    "w": "number", "h": "category", "u": "integer", "v": "integer", "size": "number", "size2": "number",
}  # fmt: skip
INDICATORS = [
    {"id": "mean", "measure": {"from": "answers", "mean": "y"}},
    {"id": "share", "measure": {"from": "answers", "share": "y > 0", "where": "grade > 1"}},
    {"id": "ratio", "measure": {"from": "answers", "ratio": {"numerator": "y", "denominator": "x"}}},
    {"id": "total", "measure": {"from": "answers", "sum": "y"}},
    {"id": "rows", "measure": {"from": "answers", "count": "rows", "where": "y > 0"}},
    {"id": "median", "measure": {"from": "answers", "median": "grade"}},
    {"id": "q80", "measure": {"from": "answers", "quantile": {"of": "y", "at": 0.8}}},
]
for _indicator in INDICATORS:
    _indicator["disaggregation"] = ["area", ["area", "gender"]]

DESIGNS = {
    "simple": {},
    "weighted": {"weight": "w"},
    "stratified": {"weight": "w", "strata": ("h",)},
    "clustered": {"weight": "w", "strata": ("h",), "cluster": ("u",)},
    "known": {"weight": "w", "strata": ("h",), "cluster": ("u",), "fpc": ("size",)},
    "two-stage": {"weight": "w", "strata": ("h",), "cluster": ("u", "v"), "fpc": ("size", "size2")},
    "unweighted-clusters": {"cluster": ("u",)},
}


def sample(seed: int, n: int, gaps: float, offset: float) -> pd.DataFrame:
    """n rows in up to three strata of at least two units each, every unit of at least two parts."""
    rng = np.random.default_rng(seed)
    strata = np.array(["a", "b", "c"])[np.arange(n) % rng.integers(1, 4)]
    rank = pd.Series(np.arange(n)).groupby(strata).cumcount().to_numpy()
    units = rank % rng.integers(2, 5)
    frame = pd.DataFrame({"h": strata, "u": units})
    frame["v"] = frame.groupby(["h", "u"]).cumcount() % 2
    frame["y"] = np.round(rng.normal(size=n), 2) + offset * rng.random()
    frame["x"] = rng.integers(1, 9, n).astype(float)
    frame["grade"] = rng.integers(1, 6, n)
    frame["area"] = rng.choice(["N", "S", "E"], n, p=[0.6, 0.37, 0.03])
    frame["gender"] = rng.choice(["f", "m"], n)
    frame["day"] = pd.to_datetime("2023-12-01") + pd.to_timedelta(rng.integers(0, 800, n), unit="D")
    frame["w"] = rng.choice([0.0, 1.0, 1.5, 7.25], n, p=[0.05, 0.35, 0.4, 0.2])
    frame["size"] = 9.0
    frame["size2"] = 4.0
    for column in ("y", "x", "grade", "area", "gender"):
        frame.loc[rng.random(n) < gaps, column] = None
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def domain_of(rows: pd.DataFrame, period: str, dimension: str, category: str) -> np.ndarray:
    bounds = {"2024-H1": ("2024-01-01", "2024-06-30"), "2025": ("2025-01-01", "2025-12-31"),
              "all": ("2024-01-01", "2025-12-31")}[period]  # fmt: skip
    inside = rows["day"].between(*bounds).to_numpy()
    parts = dict(zip(dimension.split(" x "), category.split(" / "), strict=True)) if dimension != "all" else {}
    for column, wanted in parts.items():
        inside = inside & (rows[column] == wanted).to_numpy()
    return inside


def expected(rows: pd.DataFrame, plain: Plain, indicator: str, domain: np.ndarray) -> tuple:
    y, x, grade = (rows[c].to_numpy(float) for c in ("y", "x", "grade"))
    ones = np.ones(len(rows))
    match indicator:
        case "mean":
            return plain.quotient(y, ones, domain)
        case "share":
            yes = np.where(np.isfinite(y), (y > 0).astype(float), np.nan)
            return plain.quotient(yes, ones, domain & (grade > 1))
        case "ratio":
            return plain.quotient(y, x, domain)
        case "total":
            return plain.total(y, domain)
        case "rows":
            return plain.total(ones, domain & (y > 0))
        case "median":
            return plain.quantile(grade, 0.5, domain)
    return plain.quantile(y, 0.8, domain)


CELLS = [("all", "all", "all"), ("2025", "all", "all"), ("2024-H1", "all", "all"), ("all", "area", "N"),
         ("all", "area", "E"), ("2025", "area", "S"), ("all", "area x gender", "N / f"),
         ("2024-H1", "area x gender", "S / m")]  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS)
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    n=st.sampled_from([24, 60, 150]),
    gaps=st.sampled_from([0.0, 0.2, 0.6]),
    offset=st.sampled_from([0.0, 1e6]),
)
def test_estimates_equal_the_plain_ones(design, seed, n, gaps, offset):
    rows, roles = sample(seed, n, gaps, offset), DESIGNS[design]
    table = table_of(TYPES, date="day", **roles)
    asked = [i | {"uncertainty": {"mode": "sample", "lonely": "certainty"}} for i in INDICATORS]
    values = compute(
        landed(rows, table), theory_with(asked), programme_with(HALVES), {"answers": table}, "s", {}
    ).values
    plain = Plain(rows, roles.get("weight"), roles.get("strata", ()), roles.get("cluster", ()), roles.get("fpc", ()))
    for period, dimension, category in CELLS:
        found = values[
            (values["period"] == period) & (values["dimension"] == dimension) & (values["category"] == category)
        ]
        for row in found.itertuples():
            domain = domain_of(rows, period, dimension, category)
            if row.status != "ok" or row.n == 0:
                continue
            value, error, low, high, df = expected(rows, plain, row.indicator_id, domain)
            scale = max(abs(value), 1.0)
            assert row.value == pytest.approx(value, abs=1e-9 * scale), (row, value)
            is_total = row.indicator_id in ("total", "rows")
            if is_total and not roles.get("weight"):
                assert math.isnan(row.std_error)
                continue
            if df < 1:
                assert row.indicator_id == "share" or math.isnan(row.ci_low)  # Wilson's needs no error
                continue
            tolerance = 1e-7 * max(error, 1e-3) + (1e-9 * scale if is_total else 1e-10 * scale)
            assert row.std_error == pytest.approx(error, abs=tolerance, nan_ok=True), (row, error)
            if row.indicator_id != "share":  # its intervals are tested by themselves
                assert row.degrees_of_freedom == df
                assert row.ci_low == pytest.approx(low, abs=20 * tolerance, nan_ok=True)
                assert row.ci_high == pytest.approx(high, abs=20 * tolerance, nan_ok=True)


def test_the_order_of_rows_does_not_matter():
    rows = sample(5, 150, 0.2, 0.0)
    table = table_of(TYPES, date="day", weight="w", strata=("h",), cluster=("u",))
    theory, programme = theory_with(INDICATORS), programme_with(HALVES)
    one, other = (compute(landed(part, table), theory, programme, {"answers": table}, "s", {}).values
                  for part in (rows, rows.sample(frac=1, random_state=1)))  # fmt: skip
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("offset", [1e6, 1e9])
def test_a_mean_that_dwarfs_its_spread_keeps_its_digits(offset):
    """One pass over uncentred squares would lose every digit of a spread of 1 beside a mean of a billion."""
    rows = sample(3, 150, 0.0, 0.0)
    shifted = rows.assign(y=rows["y"] + offset)
    table = table_of(TYPES, date="day", weight="w", strata=("h",), cluster=("u",))
    theory, programme = theory_with(INDICATORS[:1]), programme_with(HALVES)
    near, far = (cell(compute(landed(part, table), theory, programme, {"answers": table}, "s", {}).values, "mean")
                 for part in (rows, shifted))  # fmt: skip
    assert far["value"] - offset == pytest.approx(near["value"], abs=1e-6)
    assert far["std_error"] == pytest.approx(near["std_error"], rel=1e-6)
