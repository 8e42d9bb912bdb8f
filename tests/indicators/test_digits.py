"""Errors keep their digits, whatever the size of the numbers, where they stand and how they are broken down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.indicators import answers
from pipelines.indicators.estimate import compute
from tests.indicators.conftest import cell, landed, programme_with, table_of, theory_with
from tests.indicators.plain import Plain

MEAN = [{"id": "mean", "measure": {"from": "answers", "mean": "y"}, "uncertainty": {"mode": "sample"}}]
WEIGHTED = table_of({"y": "number", "w": "number"}, period="2024", weight="w")


def error_of_mean(y: np.ndarray, w: np.ndarray) -> float:
    """Taylor's linearisation in two passes, which loses nothing (Woodruff 1971)."""
    z = np.where(np.isnan(y), 0.0, w * (y - np.nansum(w * y) / w[~np.isnan(y)].sum())) / w[~np.isnan(y)].sum()
    return float(np.sqrt(len(z) / (len(z) - 1) * (z**2).sum()))


def dwarfed(first_empty: int) -> pd.DataFrame:
    chance = np.random.default_rng(1)
    y = 1e9 + chance.normal(size=1500)
    y[:first_empty] = np.nan
    return pd.DataFrame({"y": y, "w": chance.choice([1.0, 2.5], 1500)})


def mean_of(rows: pd.DataFrame):
    return cell(
        compute(landed(rows, WEIGHTED), theory_with(MEAN), programme_with(), {"answers": WEIGHTED}, "s", {}).values,
        "mean",
    )


@pytest.mark.parametrize("first_empty", [0, 1200])
def test_a_spread_of_one_around_a_billion(first_empty: int):
    """Also where the question was asked only after the rows that are looked at first."""
    rows = dwarfed(first_empty)
    found = mean_of(rows)
    assert found["std_error"] == pytest.approx(error_of_mean(rows["y"].to_numpy(), rows["w"].to_numpy()), rel=1e-6)


@pytest.mark.parametrize("cluster", [(), ("u",)])
def test_under_strata_and_clusters_too_and_for_ratios(cluster: tuple[str, ...]):
    chance, at = np.random.default_rng(3), np.arange(600)
    rows = pd.DataFrame({"y": 1e9 + chance.normal(size=600), "x": 1e3 + chance.normal(size=600), "h": at % 4,
                         "w": chance.choice([1.0, 2.5], 600), "u": at // 4 % 10})  # fmt: skip
    types = {"y": "number", "x": "number", "w": "number", "h": "integer", "u": "integer"}
    table = table_of(types, period="2024", weight="w", strata=("h",), cluster=cluster)
    asked = [*MEAN, {"id": "ratio", "measure": {"from": "answers", "ratio": {"numerator": "y", "denominator": "x"}}}]
    found = compute(landed(rows, table), theory_with(asked), programme_with(), {"answers": table}, "s", {}).values
    plain, every = Plain(rows, "w", ("h",), cluster), np.ones(600, dtype=bool)
    near_zero = (rows["y"] - 1e9).to_numpy()  # exact: the numbers lie within a factor of two
    for name, y, x in (("mean", near_zero, np.ones(600)), ("ratio", rows["y"].to_numpy(), rows["x"].to_numpy())):
        assert cell(found, name)["std_error"] == pytest.approx(plain.quotient(y, x, every)[1], rel=1e-9)


def test_and_for_changes_of_the_same_people():
    chance = np.random.default_rng(4)
    before, after = 1e9 + chance.normal(size=(2, 300))
    rows = pd.DataFrame({"p": [f"p{n}" for n in range(300)] * 2, "v": ["a"] * 300 + ["b"] * 300,
                         "y": np.concatenate([before, after])})  # fmt: skip
    table = table_of({"p": "person", "v": "text", "y": "number"}, period="2024", person="p", wave="v")
    asked = [{"id": "change", "measure": {"from": "answers", "change": "y", "between": ["a", "b"]}}]
    found = compute(landed(rows, table), theory_with(asked), programme_with(), {"answers": table}, "s", {}).values
    assert cell(found, "change")["std_error"] == pytest.approx((after - before).std(ddof=1) / np.sqrt(300), rel=1e-9)


def test_without_a_centre_it_would_be_lost(monkeypatch: pytest.MonkeyPatch):
    rows = dwarfed(0)
    monkeypatch.setattr(answers, "_centres", lambda connection, group: (0.0,) * len(group.tasks))
    found = mean_of(rows)
    assert found["std_error"] != pytest.approx(error_of_mean(rows["y"].to_numpy(), rows["w"].to_numpy()), rel=1e-2)


def test_sums_of_whole_numbers_do_not_depend_on_the_order_of_rows():
    table = table_of({"y": "integer", "area": "category"}, period="2024")
    rows = pd.DataFrame({"y": np.arange(3000) % 7 + 10**6, "area": np.where(np.arange(3000) % 3, "N", "S")})
    theory = theory_with([MEAN[0] | {"disaggregation": ["area"]}])
    one, other = (compute(landed(some, table), theory, programme_with(), {"answers": table}, "s", {}).values
                  for some in (rows, rows.sort_index(ascending=False)))  # fmt: skip
    assert one["std_error"].notna().all()
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_breakdowns_of_any_type_are_rolled_up_by_sampling_unit():
    """Every breakdown, alone and crossed, has the rows and the mean that its category has in the table."""
    chance = np.random.default_rng(2)
    rows = pd.DataFrame({
        "y": chance.normal(size=400), "h": chance.choice(["a", "b"], 400), "u": chance.integers(0, 6, 400),
        "day": chance.choice(["2024-02-01", "2024-08-01", "2024-11-05"], 400), "score": chance.choice([1.5, 2.0], 400),
        "member": chance.choice([True, False], 400), "area": chance.choice(["N", "S"], 400),
    })  # fmt: skip
    types = {"y": "number", "h": "category", "u": "integer", "day": "date", "score": "number", "member": "boolean",
             "area": "category"}  # fmt: skip
    table = table_of(types, date="day", strata=("h",), cluster=("u",))
    broken_down = ["day", "score", ["area", "member"], ["score", "area", "day"]]
    values = compute(
        landed(rows, table), theory_with([MEAN[0] | {"disaggregation": broken_down}]),
        programme_with({"start": "2024-01-01", "end": "2024-12-31", "every": "quarter"}), {"answers": table}, "s", {},
    ).values  # fmt: skip
    texts = rows.assign(score=rows["score"].map({1.5: "1.5", 2.0: "2"}), member=rows["member"].map(str).str.lower())
    quarter = pd.to_datetime(rows["day"]).dt.quarter.map("2024-Q{}".format)
    for names in (["day"], ["score"], ["area", "member"], ["score", "area", "day"]):
        for period in ("all", "2024", "2024-Q3", "2024-Q4"):
            inside = texts if period in ("all", "2024") else texts[quarter == period]
            for category, part in inside.groupby(names):
                found = cell(values, "mean", period, " x ".join(names), " / ".join(category))
                assert found["n"] == len(part)
                assert found["value"] == pytest.approx(part["y"].mean(), abs=1e-12)
                assert found["std_error"] > 0 or len(part) == 1
