"""What is compared with what, and how sure a difference is: rows and a theory in, rows of `comparisons` out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipelines.indicators.comparisons import COMPARISON_COLUMNS, compare
from pipelines.indicators.differences import newcombe, paired_shares
from pipelines.indicators.estimate import compute
from tests.indicators.conftest import YEAR, landed, programme_with, reference, table_of, theory_with
from tests.indicators.plain import Plain, variance
from tests.indicators.test_properties import DESIGNS, TYPES, sample
from tests.indicators.test_reference import API
from theory_of_change.tables import Table
from warehouse.disclosure import protected, protected_comparisons

YEARS = {"start": dt.date(2024, 1, 1), "end": dt.date(2025, 12, 31), "every": "year"}
HALVES = {"start": dt.date(2024, 1, 1), "end": dt.date(2025, 12, 31), "every": "half_year"}


@pytest.fixture
def compared() -> Callable[..., pd.DataFrame]:
    """Land rows, compute, protect, compare: every comparison as it would be published."""

    def run(
        rows: pd.DataFrame, table: Table, indicators: Sequence[Mapping[str, Any]], *,
        calendar: Mapping[str, Any] = YEARS, smallest_group: int = 1, language: str = "en", **blocks: Any,
    ) -> pd.DataFrame:  # fmt: skip
        rows = rows.reindex(columns=[column.name for column in table.columns])
        connection = landed(rows, table)
        theory, programme = theory_with(indicators, **blocks), programme_with(calendar, language, smallest_group)
        tables = {table.id: table}
        values = compute(connection, theory, programme, tables, "snapshot", {table.id: "contract"}).values
        shown = protected(values, theory, programme)
        return protected_comparisons(compare(connection, theory, programme, tables, shown), shown, programme)

    return run


def the(frame: pd.DataFrame, **where: Any) -> Any:
    """The one comparison of that description."""
    for name, wanted in where.items():
        frame = frame[frame[name] == wanted]
    assert len(frame) == 1, frame[list(COMPARISON_COLUMNS[:7])].to_string()
    return frame.iloc[0]


def ask(**measure: Any) -> dict[str, Any]:
    extra = {key: measure.pop(key) for key in ("disaggregation", "uncertainty", "aggregation", "valid_from", "bridge")
             if key in measure}  # fmt: skip
    return {"id": "I", "measure": {"from": "answers", **measure}, **extra}


def yearly(*years: tuple[int, Sequence[Any]], **columns: Sequence[Any]) -> pd.DataFrame:
    """Values by year, one row each, dated in June."""
    rows = [{"y": y, "day": dt.date(year, 6, 1)} for year, values in years for y in values]
    return pd.DataFrame(rows).assign(**columns)


PLAIN = {"y": "number", "day": "date", "who": "person", "area": "category"}
SIMPLE = table_of({"y": "number", "day": "date", "area": "category"}, date="day")


# Groups inside the design --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dimension", "category", "difference", "t", "low", "high"),
    [  # pkgdown page of survey's svyttest: enroll ~ comp.imp and enroll ~ I(stype == "E"), both under dclus2
        ("comp_imp", "No", 225.7371, 2.8882, 67.22654, 384.24757),
        ("stype", "E", -585.497, -9.8291, -706.306, -464.688),
    ],
)
def test_two_groups_of_a_two_stage_sample_are_compared_inside_it(
    compared, dimension, category, difference, t, low, high
):
    """R's svyttest takes one degree of freedom more for the slope of its regression: the interval is made with 36 here
    to be held against the one printed."""
    table = table_of({**API, "fpc1": "number", "fpc2": "number"}, weight="pw", cluster=("dnum", "snum"),
                     fpc=("fpc1", "fpc2"))  # fmt: skip
    asked = ask(mean="enroll", disaggregation=[dimension], uncertainty={"mode": "sample", "lonely": "certainty"})
    row = the(compared(reference("apiclus2"), table, [asked], calendar=YEAR), category=category, against="group")
    assert row["difference"] == pytest.approx(difference, abs=5e-5 if dimension == "comp_imp" else 5e-4)
    assert row["difference"] / row["std_error"] == pytest.approx(t, abs=5e-5)
    assert row["degrees_of_freedom"] == 37
    reach = stats.t.ppf(0.975, 36) * row["std_error"]
    assert (row["difference"] - reach, row["difference"] + reach) == pytest.approx((low, high), abs=2e-3)


def test_one_of_several_groups_is_set_against_the_others_together_and_corrected_for_all(compared):
    table = table_of({**API, "fpc": "number"}, weight="pw", cluster=("dnum",), fpc=("fpc",))
    found = compared(reference("apiclus1"), table, [ask(mean="api00", disaggregation=["stype"])], calendar=YEAR)
    groups = found[(found["against"] == "group") & (found["period"] == "all")]
    assert list(groups["category"]) == ["E", "H", "M"] and set(groups["other_category"]) == {"rest"}
    assert list(groups["n"] + groups["n_other"]) == [183] * 3
    assert sorted(groups["p_adjusted"]) == pytest.approx(sorted(_holm(groups["p_value"])))
    assert set(groups["method"]) == {"linearisation in the full design; t; holm over 3"}


def _holm(p_values: Sequence[float]) -> list[float]:
    ordered, largest, found = sorted(p_values), 0.0, []
    for rank, p in enumerate(ordered):
        largest = max(largest, min(1.0, p * (len(ordered) - rank)))
        found.append(largest)
    return found


@pytest.mark.parametrize("design", [name for name in DESIGNS if name != "simple"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_difference_is_that_of_one_linearised_total_over_the_whole_design(compared, design, seed):
    """Held against the plain estimators, row by row: periods and groups share units, so their covariance counts."""
    rows = sample(seed, 90, 0.0, 50.0)
    table = table_of(TYPES, date="day", **DESIGNS[design])
    measures = {
        "mean": {"mean": "y"},
        "share": {"share": f"y > {rows['y'].median()}"},
        "ratio": {"ratio": {"numerator": "y", "denominator": "x"}},
        "total": {"sum": "y"},
    }
    asked = [{"id": name, "measure": {"from": "answers", **kind}, "disaggregation": ["area"],
              "uncertainty": {"mode": "sample"}} for name, kind in measures.items()]  # fmt: skip
    found = compared(rows, table, asked, calendar=HALVES)
    roles = DESIGNS[design]
    plain = Plain(rows, roles.get("weight"), roles.get("strata", ()), roles.get("cluster", ()), roles.get("fpc", ()))
    above = (rows["y"] > rows["y"].median()).astype(float)
    ys = {"mean": rows["y"], "share": above, "ratio": rows["y"], "total": rows["y"]}
    day, area = pd.to_datetime(rows["day"]), rows["area"].to_numpy()
    halves = (day.dt.year.astype(str) + "-H" + ((day.dt.month + 5) // 6).astype(str)).to_numpy()
    checked = set()
    for row in found[found["status"] == "ok"].to_dict("records"):

        def rows_of(period: str, category: str) -> np.ndarray:
            inside = np.array([period in ("all", half, half[:4]) and half[:4] in ("2024", "2025") for half in halves])
            return inside & ((area == category) if category != "all" else True)

        now = rows_of(row["period"], row["category"])
        if row["other_category"] == "rest":
            shown = set(found.loc[(found["against"] == "group") & (found["period"] == row["period"])
                                  & (found["indicator_id"] == row["indicator_id"]), "category"])  # fmt: skip
            other = rows_of(row["period"], "all") & np.isin(area, list(shown - {row["category"]}))
        else:
            other = rows_of(row["other_period"], row["other_category"])
        y = ys[row["indicator_id"]].to_numpy(float)
        x = rows["x"].to_numpy(float) if row["indicator_id"] == "ratio" else np.ones(len(rows))
        z, values = np.zeros(len(rows)), []
        for side, sign in ((now, 1), (other, -1)):
            used = side & (plain.w > 0)
            wy, wx = np.where(used, plain.w * y, 0), np.where(used, plain.w * x, 0)
            value = wy.sum() if row["indicator_id"] == "total" else wy.sum() / wx.sum()
            z += sign * (wy if row["indicator_id"] == "total" else (wy - value * wx) / wx.sum())
            values.append(value)
        expected = np.sqrt(variance(z, plain.rows, plain.strata, plain.units, plain.sizes))
        assert row["difference"] == pytest.approx(values[0] - values[1], rel=1e-9, abs=1e-9)
        assert row["std_error"] == pytest.approx(expected, rel=1e-7, abs=1e-9), row
        assert row["degrees_of_freedom"] == plain._df((now | other) & (plain.w > 0))
        checked.add((row["indicator_id"], row["against"]))
    assert {("mean", "previous_period"), ("mean", "group"), ("ratio", "group"), ("share", "previous_period")} <= checked


# Without a design ----------------------------------------------------------------------------------------------------


def test_shares_of_independent_samples(compared):
    """Newcombe's first example as two years: 48 of 80, then 56 of 70."""
    rows = yearly((2024, [1] * 48 + [0] * 32), (2025, [1] * 56 + [0] * 14))
    row = the(compared(rows, SIMPLE, [ask(share="y = 1")]), period="2025", against="previous_period")
    assert (row["other_period"], row["n"], row["n_other"]) == ("2024", 70, 80)
    assert (row["difference"], row["ci_low"], row["ci_high"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert row["verdict"] == "up" and row["method"] == "independent samples; newcombe; score test"


def test_means_of_independent_samples_are_welchs_whatever_else_is_in_the_source(compared):
    rng = np.random.default_rng(7)
    now, before, third = rng.normal(3, 2, 31), rng.normal(2, 1, 18), rng.normal(9, 4, 12)
    rows = yearly((2024, before), (2025, now), (2025, third), area=["a"] * 49 + ["b"] * 12)
    asked = ask(mean="y", where="area = 'a'", disaggregation=["area"])
    row = the(compared(rows, SIMPLE, [asked]), period="2025", dimension="all", against="previous_period")
    theirs = stats.ttest_ind(now, before, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert row["p_value"] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert row["degrees_of_freedom"] == pytest.approx(theirs.df)


def test_three_groups_of_a_simple_sample_each_against_the_others(compared):
    rng = np.random.default_rng(3)
    groups = {"a": rng.normal(3, 2, 20), "b": rng.normal(2, 1, 15), "c": rng.normal(4, 1, 9)}
    rows = yearly(
        *((2024, values) for values in groups.values()), area=[name for name, one in groups.items() for _ in one]
    )
    found = compared(rows, SIMPLE, [ask(mean="y", disaggregation=["area"])])
    row = the(found, period="2024", category="b", against="group")
    others = np.concatenate([groups["a"], groups["c"]])
    theirs = stats.ttest_ind(groups["b"], others, equal_var=False)
    assert row["other_value"] == pytest.approx(others.mean())
    assert row["p_value"] == pytest.approx(theirs.pvalue, rel=1e-9) and row["n_compared"] == 3
    shares = the(compared(rows, SIMPLE, [ask(share="y > 3", disaggregation=["area"])]), period="2024", category="b",
                 against="group")  # fmt: skip
    theirs = newcombe(np.array([(groups["b"] > 3).mean()]), np.array([15.0]), np.array([(others > 3).mean()]),
                      np.array([29.0]), 0.95)  # fmt: skip
    assert (shares["ci_low"], shares["p_value"]) == pytest.approx((theirs.ci_low[0], theirs.p_value[0]))


def test_a_known_population_leaves_less_to_chance(compared):
    table = table_of({"y": "number", "day": "date", "size": "number"}, date="day", fpc=("size",))
    rows = yearly((2024, [1] * 48 + [0] * 32), (2025, [1] * 56 + [0] * 14)).assign(size=300)
    row = the(compared(rows, table, [ask(share="y = 1")]), period="2025", against="previous_period")
    theirs = newcombe(*(np.array([one]) for one in (0.8, 70.0, 0.6, 80.0)), 0.95, 0.5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((theirs.ci_low[0], theirs.ci_high[0]))
    assert row["method"].endswith("fpc")


# The same people -----------------------------------------------------------------------------------------------------

FOLLOWED = table_of(PLAIN, date="day", person="who")


def people(before: Sequence[float], now: Sequence[float], names: Sequence[str] | None = None) -> pd.DataFrame:
    """Answers of the same people in two years; `names` are those of the second year."""
    first = [f"p{k}" for k in range(len(before))]
    return yearly((2024, before), (2025, now), who=[*first, *(names or first)])


def test_means_of_the_same_people_have_the_paired_t_test(compared):
    rng = np.random.default_rng(5)
    before = rng.normal(2, 1, 25)
    now = before + rng.normal(0.4, 0.5, 25)
    row = the(compared(people(before, now), FOLLOWED, [ask(mean="y")]), period="2025", against="previous_period")
    theirs = stats.ttest_rel(now, before)
    interval = theirs.confidence_interval(0.95)
    assert row["p_value"] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert (row["n_both"], row["degrees_of_freedom"], row["method"]) == (25, 24, "same persons; paired t")


def test_shares_of_the_same_people_have_mcnemars(compared):
    """Complete response before and after consolidation therapy (see test_differences): 59 both, 16 only before."""
    before, now = [1] * 59 + [0] * 6 + [1] * 16 + [0] * 80, [1] * 59 + [1] * 6 + [0] * 16 + [0] * 80
    row = the(compared(people(before, now), FOLLOWED, [ask(share="y = 1")]), period="2025", against="previous_period")
    theirs = paired_shares(*(np.array([float(n)]) for n in (59, 6, 16, 80)), 0.95)
    assert (row["p_value"], row["ci_low"]) == pytest.approx((theirs.p_value[0], theirs.ci_low[0]), rel=1e-12)
    assert row["p_value"] == pytest.approx(0.035, abs=5e-4)
    assert row["verdict"] == "down" and "mcnemar mid-p" in row["method"]


def test_where_only_some_came_back_these_are_paired_and_the_others_count_too(compared):
    rng = np.random.default_rng(11)
    before = rng.normal(2, 1, 20)
    now = np.concatenate([before[:12] + rng.normal(0.2, 0.2, 12), rng.normal(2.5, 1, 10)])
    names = [*(f"p{k}" for k in range(12)), *(f"new{k}" for k in range(10))]
    row = the(compared(people(before, now, names), FOLLOWED, [ask(mean="y")]), period="2025", against="previous_period")
    z = {f"p{k}": -(y - before.mean()) / 20 for k, y in enumerate(before)}
    for name, y in zip(names, now, strict=True):
        z[name] = z.get(name, 0) + (y - now.mean()) / 22
    spread = np.array(list(z.values()))
    expected = np.sqrt(30 / 29 * ((spread - spread.mean()) ** 2).sum())
    assert row["std_error"] == pytest.approx(expected, rel=1e-9)
    assert (row["n"], row["n_other"], row["n_both"], row["degrees_of_freedom"]) == (22, 20, 12, 29)


def test_people_of_whom_nobody_came_back_are_two_samples(compared):
    rows = pd.concat([
        people([1] * 48 + [0] * 32, [1] * 56 + [0] * 14, [f"q{k}" for k in range(70)]),
        yearly((2025, [1, 0]), who=["r", "r"]).assign(day=[dt.date(2023, 1, 1), dt.date(2023, 2, 1)]),
    ])  # fmt: skip
    row = the(compared(rows, FOLLOWED, [ask(share="y = 1")]), period="2025", against="previous_period")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5) and row["n_both"] == 0


def test_a_change_of_paired_people_is_held_against_none(compared):
    rng = np.random.default_rng(2)
    before, now = rng.normal(2, 1, 15), rng.normal(3, 1, 15)
    table = table_of({**PLAIN, "wave": "category"}, date="day", person="who", wave="wave")
    rows = people(before, now).assign(wave=["pre"] * 15 + ["post"] * 15)
    found = compared(rows, table, [ask(change="y", between=["pre", "post"])])
    row = the(found, period="2025", against="first_answer")
    theirs = stats.ttest_rel(now, before)
    assert (row["p_value"], row["difference"]) == pytest.approx((theirs.pvalue, (now - before).mean()))


# What is set against what --------------------------------------------------------------------------------------------


def test_a_census_differs_without_an_interval(compared):
    rows = yearly((2024, [1, 0, 0, 1]), (2025, [1, 1, 0, 1]))
    found = compared(rows, SIMPLE, [ask(share="y = 1", uncertainty={"mode": "census"})])
    row = the(found, period="2025", against="previous_period")
    assert (row["difference"], row["verdict"], row["method"], row["status"]) == (0.25, "up", "census; exact", "ok")
    assert pd.isna(row["ci_low"]) and pd.isna(row["p_value"])
    same = compared(rows.assign(y=1), SIMPLE, [ask(share="y = 1", uncertainty={"mode": "census"})])
    assert the(same, period="2025", against="previous_period")["verdict"] == "same"


def test_no_evidence_of_a_difference_is_what_it_is_called(compared):
    rows = yearly((2024, [1] * 10 + [0] * 10), (2025, [1] * 11 + [0] * 9))
    assert the(compared(rows, SIMPLE, [ask(share="y = 1")]), period="2025", against="previous_period")["verdict"] == (
        "no_evidence"
    )


def test_the_previous_period_is_the_latest_one_with_a_value(compared):
    rows = yearly((2024, [1.0, 2, 3, 4, 5]), (2025, [3.0, 4, 5, 6, 7]))
    row = the(compared(rows, SIMPLE, [ask(mean="y")], calendar=HALVES), period="2025-H1", against="previous_period")
    assert row["other_period"] == "2024-H1"


def test_a_baseline_is_a_period_a_stated_number_or_another_indicator(compared):
    rows = yearly((2024, [1] * 20 + [0] * 20), (2025, [1] * 30 + [0] * 10))
    asked = [ask(share="y = 1")]
    of_period = compared(rows, SIMPLE, asked, baselines=[{"indicator": "I", "period": "2024"}])
    row = the(of_period, period="2025", against="baseline")
    assert (row["other_value"], row["other_period"]) == (0.5, "2024")
    assert set(of_period.loc[of_period["against"] == "baseline", "period"]) == {"2025"}  # not itself, nor what holds it
    stated = the(compared(rows, SIMPLE, asked, baselines=[{"indicator": "I", "value": 0.5, "date": "2023-12-31"}]),
                 period="2025", against="baseline")  # fmt: skip
    low = the(compared(rows, SIMPLE, asked), period="2025", against="previous_period")["ci_low"]
    assert stated["ci_low"] > low and stated["verdict"] == "up"  # a stated number has no width
    assert stated["p_value"] == pytest.approx(2 * stats.norm.sf(0.25 / np.sqrt(0.25 / 40)))
    other = [*asked, {"id": "J", "measure": {"from": "answers", "share": "y >= 0"}}]
    found = the(compared(rows, SIMPLE, other, baselines=[{"indicator": "I", "value_from": "J"}]), period="2025",
                against="baseline")  # fmt: skip
    assert (found["other_indicator"], found["status"], found["verdict"]) == ("J", "no_interval", "unknown")


def test_a_definition_that_holds_from_a_day_on_breaks_the_comparison_unless_bridged(compared):
    rows = yearly((2024, [1.0, 2, 3, 4, 5]), (2025, [3.0, 4, 5, 6, 7]))
    row = the(
        compared(rows, SIMPLE, [ask(mean="y", valid_from="2025-01-01")]), period="2025", against="previous_period"
    )
    assert (row["status"], row["verdict"]) == ("not_comparable", "not_comparable")
    assert pd.isna(row["difference"]) and "2025-01-01" in row["note"]
    bridged = ask(mean="y", valid_from="2025-01-01", bridge="the same scale, other words")
    assert the(compared(rows, SIMPLE, [bridged]), period="2025", against="previous_period")["status"] == "ok"


def test_a_total_of_half_a_year_is_not_compared_with_that_of_a_year(compared):
    rows = pd.DataFrame({"y": 1, "day": [dt.date(2024, 3, 1), dt.date(2024, 9, 1), dt.date(2025, 3, 1)]})
    table = table_of({"y": "number", "day": "date"}, date="day", kind="register")
    found = compared(rows, table, [ask(count="rows")], calendar=HALVES)
    assert the(found, period="2025", against="previous_period")["status"] == "not_comparable"
    assert the(found, period="2025-H1", against="previous_period")["verdict"] == "same"


def test_a_side_that_is_held_back_is_compared_with_nothing_and_told_of_by_no_number(compared):
    rows = yearly((2024, [1.0, 2, 3]), (2025, [3.0, 4, 5, 6, 7, 8]), area=["a"] * 3 + ["a", "a", "b", "b", "b", "b"])
    found = compared(rows, SIMPLE, [ask(mean="y", disaggregation=["area"])], smallest_group=5)
    row = the(found, period="2025", dimension="all", against="previous_period")
    assert row["status"] == "suppressed" and pd.isna(row["verdict"])
    numbers = [name for name in COMPARISON_COLUMNS if name in row and name not in COMPARISON_COLUMNS[:8]]
    assert row[[name for name in numbers if name not in ("unit", "status")]].isna().all()
    assert set(found.loc[found["dimension"] == "area", "status"]) == {"suppressed"}


def test_how_many_came_back_is_not_told_where_they_are_few(compared):
    before, now = [float(k) for k in range(20)], [float(k) for k in range(18)]
    names = [*(f"p{k}" for k in range(2)), *(f"new{k}" for k in range(16))]
    row = the(compared(people(before, now, names), FOLLOWED, [ask(mean="y")], smallest_group=5), period="2025",
              against="previous_period")  # fmt: skip
    assert pd.isna(row["n_both"]) and row["n"] == 18


def test_a_year_that_repeats_its_last_period_is_compared_as_that_period(compared):
    table = table_of({"y": "number", "day": "date", "u": "integer"}, date="day", cluster=("u",))
    days = [dt.date(year, month, 1) for year in (2024, 2025) for month in (3, 9)]
    rng = np.random.default_rng(1)
    rows = pd.DataFrame([{"y": rng.normal(), "day": day, "u": u} for day in days for u in range(8) for _ in range(3)])
    found = compared(rows, table, [ask(mean="y", aggregation={"time": "last"}), ask(mean="y") | {"id": "J"}],
                     calendar=HALVES)  # fmt: skip
    years = the(found, indicator_id="I", period="2025", against="previous_period")
    row = the(compared(rows[rows["day"].map(lambda day: day.month == 9)], table, [ask(mean="y")], calendar=HALVES),
              period="2025-H2", against="previous_period")  # fmt: skip
    assert (years["difference"], years["std_error"]) == pytest.approx((row["difference"], row["std_error"]), rel=1e-9)


def test_medians_of_independent_samples_are_compared_by_their_intervals_and_those_of_shared_places_are_not(compared):
    rng = np.random.default_rng(4)
    rows = yearly((2024, rng.normal(0, 1, 60)), (2025, rng.normal(3, 1, 60)))
    row = the(compared(rows, SIMPLE, [ask(median="y")]), period="2025", against="previous_period")
    assert row["verdict"] == "up" and row["method"] == "independent samples; mover" and row["p_value"] < 1e-3
    clustered = table_of({"y": "number", "day": "date", "u": "integer"}, date="day", cluster=("u",))
    row = the(compared(rows.assign(u=[k % 10 for k in range(120)]), clustered, [ask(median="y")]), period="2025",
              against="previous_period")  # fmt: skip
    assert (row["status"], row["verdict"]) == ("no_interval", "unknown") and row["difference"] > 2


def test_a_population_the_indicator_states_counts_where_it_asks_for_it(compared):
    """150 of 300 in each of two years: what is left to chance is half, in every category of the year, too."""
    rows = yearly((2024, [1] * 90 + [0] * 60), (2025, [1] * 105 + [0] * 45), area=["a", "b"] * 150)
    asked = ask(share="y = 1", disaggregation=["area"], uncertainty={"mode": "sample", "fpc": True})
    row = the(compared(rows, SIMPLE, [asked | {"population": {"size": 300}}]), period="2025", dimension="all",
              against="previous_period")  # fmt: skip
    theirs = newcombe(*(np.array([one]) for one in (0.7, 300.0, 0.6, 300.0)), 0.95)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((theirs.ci_low[0], theirs.ci_high[0]))
    assert row["method"].endswith("fpc")
    unasked = ask(share="y = 1", uncertainty={"mode": "sample"}) | {"population": {"size": 300}}
    wide = the(compared(rows, SIMPLE, [unasked]), period="2025", against="previous_period")
    assert wide["ci_low"] < row["ci_low"]


def test_means_of_a_stated_population_are_surer_too(compared):
    rng = np.random.default_rng(9)
    now, before = rng.normal(3, 2, 40), rng.normal(2, 1, 50)
    rows = yearly((2024, before), (2025, now))
    asked = ask(mean="y", uncertainty={"mode": "sample", "fpc": True}) | {"population": {"size": 100}}
    row = the(compared(rows, SIMPLE, [asked]), period="2025", against="previous_period")
    assert row["std_error"] == pytest.approx(np.sqrt(now.var(ddof=1) / 40 * 0.6 + before.var(ddof=1) / 50 * 0.5))
