"""What a run computes, as tables one can check by hand: each kind, periods, categories, true zeros, notes."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats

from pipelines.indicators.estimate import VALUE_COLUMNS, compute
from tests.indicators.conftest import cell, landed, programme_with, table_of, theory_with

HALVES = {"start": "2024-01-01", "end": "2024-12-31", "every": "half_year"}
GRANTS = {"amount": "money", "cost": "money", "area": "category", "who": "organisation", "day": "date"}
ROWS = pd.DataFrame(
    [  # amount, cost, area, who, day
        (100, 200, "N", "a", "2024-01-01"),
        (300, 300, "N", "b", "2024-06-30"),
        (200, 400, "S", "a", "2024-07-01"),
        (None, 100, "S", "c", "2024-12-31"),
        (400, 500, None, "b", "2024-12-31"),
        (999, 999, "N", "z", "2023-12-31"),  # outside the calendar
        (999, 999, "N", "z", None),  # undated
    ],
    columns=["amount", "cost", "area", "who", "day"],
)
REGISTER = table_of(GRANTS, source="grants", kind="register", date="day")


def ask(name: str, **measure: object) -> dict:
    extra = {k: measure.pop(k) for k in ("disaggregation", "uncertainty", "aggregation") if k in measure}
    return {"id": name, "measure": {"from": "grants", **measure}, **extra}


def found(computed, *indicators, **more):
    return computed(ROWS, REGISTER, indicators, calendar=HALVES, **more).values


def test_the_columns_are_those_of_the_contract(computed):
    values = found(computed, ask("SUM", sum="amount"))
    assert tuple(values.columns) == VALUE_COLUMNS
    assert list(values["period"]) == ["2024-H1", "2024-H2", "2024", "all"]
    assert set(values["theory_version"]) == {"1.0.0"}
    assert set(values["snapshot_id"]) == {"snapshot"}


@pytest.mark.parametrize(
    ("measure", "expected"),
    [  # value in 2024-H1, 2024-H2, the year
        ({"sum": "amount"}, (400, 600, 1000)),
        ({"count": "rows"}, (2, 3, 5)),
        ({"count": "rows", "where": "amount > 250"}, (1, 1, 2)),
        ({"distinct": "who"}, (2, 3, 3)),  # the same ones over the year are counted once
        ({"mean": "amount"}, (200, 300, 250)),
        ({"median": "amount"}, (100, 200, 200)),  # the smallest value half of the rows reach
        ({"quantile": {"of": "amount", "at": 0.9}}, (300, 400, 400)),
        ({"share": "amount >= 200"}, (1 / 2, 1, 3 / 4)),  # rows without an amount are left out
        ({"ratio": {"numerator": "amount", "denominator": "cost"}}, (400 / 500, 600 / 900, 1000 / 1400)),
    ],
)
def test_each_kind_by_hand(computed, measure, expected):
    values = found(computed, ask("X", **measure))
    rows = [cell(values, "X", period) for period in ("2024-H1", "2024-H2", "2024")]
    assert [row["value"] for row in rows] == pytest.approx(expected)
    assert {row["status"] for row in rows} == {"ok"}
    assert all(math.isnan(row["std_error"]) for row in rows)  # a register is a census
    assert cell(values, "X", "all")["value"] == pytest.approx(expected[2])


def test_numerators_and_denominators(computed):
    values = found(computed, ask("M", mean="amount"), ask("S", share="amount >= 200"), ask("Q", median="amount"),
                   ask("R", ratio={"numerator": "amount", "denominator": "cost"}))  # fmt: skip
    pairs = {
        name: (row["numerator"], row["denominator"], row["n"])
        for name in "MSR"
        if (row := cell(values, name)) is not None
    }
    assert pairs == {"M": (1000, 4, 4), "S": (3, 4, 4), "R": (1000, 1400, 4)}
    assert math.isnan(cell(values, "Q")["numerator"])


def test_every_period_and_category_has_a_row(computed):
    dimensions = [{"id": "place", "column": "area", "categories": {"W": "West", "N": "North"}}]
    values = found(computed, ask("X", mean="amount", disaggregation=["place"]), dimensions=dimensions)
    rows = values[values["dimension"] == "place"]
    assert list(rows["category"]) == ["W", "N", "S"] * 4  # declared ones first, then those seen
    assert cell(values, "X", "all", "place", "W")["status"] == "no_data"
    assert cell(values, "X", "2024-H1", "place", "S")["status"] == "no_data"
    assert math.isnan(cell(values, "X", "2024-H1", "place", "S")["value"])


def test_a_true_zero_is_not_missing_data(computed):
    rows = ROWS[ROWS["day"] != "2024-07-01"].assign(amount=0)
    calendar = {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"}
    asked = [ask("X", count="rows", where="amount > 0", disaggregation=["area"]), ask("M", mean="amount")]
    values = computed(rows, REGISTER, asked, calendar=calendar).values
    assert (cell(values, "X", "2024-H1")["value"], cell(values, "X", "2024-H1")["status"]) == (0, "ok")
    assert (cell(values, "X", "2024-H1", "area", "S")["value"], cell(values, "X", "2024-H1", "area", "S")["n"]) == (
        0,
        0,
    )
    assert cell(values, "X", "2025-H1")["status"] == "no_data"
    assert (cell(values, "M", "2024-H1")["value"], cell(values, "M", "2024-H1")["status"]) == (0, "ok")


def test_parts_that_do_not_add_up_say_so(computed):
    values = found(computed, ask("X", sum="amount", disaggregation=["area"]), smallest_group=1)
    assert cell(values, "X", "2024-H2", "area", "S")["note"] == "rows without area: 1"
    assert cell(values, "X", "2024-H1", "area", "N")["note"] is None
    assert cell(values, "X", "2024-H2")["note"] == "rows without area: 1"
    hidden = found(computed, ask("X", sum="amount", disaggregation=["area"]), smallest_group=5, language="it")
    assert cell(hidden, "X", "2024-H2", "area", "S")["note"] == "righe senza area: meno di 5"


def test_crosses_join_names_and_categories(computed):
    values = found(computed, ask("X", sum="amount", disaggregation=[["area", "who"]]))
    assert cell(values, "X", "all", "area x who", "N / b")["value"] == 300
    assert cell(values, "X", "all", "area x who", "S / c")["status"] == "ok"  # a row, though without an amount
    assert "None" not in "".join(values["category"])


def test_a_quotient_over_zero_is_not_computable(computed):
    rows = ROWS.assign(cost=0)
    asked = ask("R", ratio={"numerator": "amount", "denominator": "cost"})
    row = cell(computed(rows, REGISTER, [asked], calendar=HALVES).values, "R", "2024")
    assert (row["status"], row["note"]) == ("not_computable", "the denominator is zero")
    assert math.isnan(row["value"])


@pytest.mark.parametrize("odd", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_none_are_missing_answers(computed, odd):
    rows = ROWS.assign(amount=[odd, 300.0, 200.0, 100.0, 400.0, 1.0, 1.0])
    values = computed(rows, REGISTER, [ask("M", mean="amount"), ask("Q", median="amount")], calendar=HALVES).values
    assert (cell(values, "M")["value"], cell(values, "M")["n"]) == (250, 4)
    assert cell(values, "Q")["value"] == 200


def test_an_expression_that_fails_on_the_rows_takes_only_its_own_indicator_along(computed):
    types = {"a": "integer", "day": "date"}
    rows = pd.DataFrame({"a": [2**62, 3], "day": ["2024-02-01", "2024-03-01"]})
    table = table_of(types, source="grants", kind="register", date="day")
    values = computed(rows, table, [ask("BAD", sum="a * a"), ask("GOOD", count="rows")]).values
    assert set(values.loc[values["indicator_id"] == "BAD", "status"]) == {"not_computable"}
    assert cell(values, "BAD")["note"] == "the expression cannot be computed on these rows"
    assert cell(values, "GOOD")["value"] == 2


# Time --------------------------------------------------------------------------------------------------------------


def test_how_periods_make_a_year(computed):
    asked = [ask(rule, distinct="who", aggregation={"time": rule}) for rule in ("recompute", "sum", "last", "none")]
    values = found(computed, *asked)
    year = {rule: cell(values, rule, "2024") for rule in ("recompute", "sum", "last", "none")}
    assert [year[rule]["value"] for rule in ("recompute", "sum", "last")] == [3, 5, 3]
    assert year["sum"]["note"] == "sum of periods 2024-H1, 2024-H2"
    assert year["last"]["note"] == "value of period 2024-H2"
    assert (year["none"]["status"], math.isnan(year["none"]["value"])) == ("not_computable", True)
    assert cell(values, "none", "2024-H1")["value"] == 2


def test_a_sum_over_time_of_a_total_is_the_total(computed):
    values = found(computed, ask("X", sum="amount", aggregation={"time": "sum"}))
    assert cell(values, "X", "2024")["value"] == 1000


@pytest.mark.parametrize(
    ("period", "holding"),
    [("2024-H2", {"2024-H2", "2024", "all"}), ("2024-Q3", {"2024-H2", "2024", "all"}), ("2024", {"2024", "all"}),
     (None, {"all"}), ("2019", set())],
)  # fmt: skip
def test_a_source_with_one_period_for_all_rows(computed, period, holding):
    table = table_of(GRANTS, source="grants", kind="register", period=period)
    values = computed(ROWS, table, [ask("X", count="rows")], calendar=HALVES).values
    assert set(values.loc[values["status"] == "ok", "period"]) == holding
    told = values.loc[values["period"] == "2024-H1", "note"].iloc[0]
    assert told == (
        None if period else "source “grants” has neither date nor period: it counts in the whole calendar only"
    )


def test_months_and_a_calendar_that_starts_in_the_middle(computed):
    calendar = {"start": "2024-06-15", "end": "2025-01-31", "every": "month"}
    values = computed(ROWS, REGISTER, [ask("X", count="rows")], calendar=calendar).values
    counts = {row.period: row.value for row in values.itertuples() if row.status == "ok"}
    assert counts == {"2024-06": 1, "2024-07": 1, "2024-12": 2, "2024": 4, "all": 4}
    assert list(values["period"])[-3:] == ["2024", "2025", "all"]


def test_empty_tables_and_single_rows(computed):
    empty = computed(ROWS.iloc[:0], REGISTER, [ask("X", mean="amount", disaggregation=["area"]), ask("C", count="rows"),
                     ask("Q", median="amount"), ask("D", distinct="who")], calendar=HALVES).values  # fmt: skip
    assert set(empty["status"]) == {"no_data"}
    assert set(empty["category"]) == {"all"}
    survey = table_of(GRANTS, source="grants", date="day")
    single = computed(
        ROWS.iloc[:1], survey, [ask("M", mean="amount"), ask("Q", median="amount")], calendar=HALVES
    ).values
    for name in "MQ":
        row = cell(single, name, "2024")
        assert (row["value"], row["status"], row["n"]) == (100, "ok", 1)
        assert math.isnan(row["std_error"])
        assert math.isnan(row["ci_low"])


def test_a_source_that_never_got_a_delivery_has_no_data():
    connection = landed(ROWS, table_of(GRANTS, source="other"))
    theory = theory_with(
        [ask("M", mean="amount", disaggregation=["area"]), ask("Q", median="amount"), ask("C", count="rows")]
    )
    computed = compute(connection, theory, programme_with(HALVES), {"grants": REGISTER}, "s", {})
    assert set(computed.values["status"]) == {"no_data"}
    assert len(computed.distributions) == 0


def test_ten_thousand_categories(computed):
    rows = pd.DataFrame(
        {"amount": range(20_000), "who": [f"o{i % 10_000}" for i in range(20_000)], "day": "2024-03-01"}
    )
    table = table_of(
        {"amount": "money", "who": "organisation", "day": "date"}, source="grants", kind="register", date="day"
    )
    values = computed(rows, table, [ask("X", sum="amount", disaggregation=["who"])], calendar=HALVES).values
    assert len(values) == 4 * 10_001
    assert cell(values, "X", "2024", "who", "o7")["value"] == 7 + 10_007


# Errors ------------------------------------------------------------------------------------------------------------

SURVEY = table_of({"y": "number", "yes": "boolean", "h": "category", "u": "integer", "w": "number", "pop": "number"},
                  source="grants")  # fmt: skip


def survey(**roles: object):
    return table_of({c.name: c.type for c in SURVEY.columns}, source="grants", **roles)


def test_a_simple_random_sample_by_the_textbook(computed):
    rows = pd.DataFrame({"y": [3.0, 5, 7, 9, 11], "yes": [True, True, False, True, None]})
    row = cell(computed(rows.assign(h="a", u=1, w=1, pop=50), SURVEY, [ask("M", mean="y")]).values, "M")
    error = math.sqrt(10 / 5)  # s²/n
    assert (row["value"], row["std_error"], row["degrees_of_freedom"]) == (7, pytest.approx(error), 4)
    assert row["ci_high"] == pytest.approx(7 + stats.t.ppf(0.975, 4) * error)
    assert row["method"] == "mean; unweighted; simple random sample; linearisation; t"


def test_intervals_of_a_share_without_a_design(computed):
    """10 of 40: Wilson's interval 0.1419 to 0.4019, Clopper and Pearson's 0.1269 to 0.4120 (R's binom)."""
    rows = pd.DataFrame({"y": 0.0, "yes": [True] * 10 + [False] * 30, "h": "a", "u": 1, "w": 1, "pop": 80})
    asked = [ask("W", share="yes"), ask("E", share="yes", uncertainty={"mode": "sample", "exact": True}),
             ask("N", share="yes", uncertainty={"mode": "sample", "level": 0.9})]  # fmt: skip
    values = computed(rows, SURVEY, asked).values
    assert [round(cell(values, "W")[c], 4) for c in ("ci_low", "ci_high")] == [0.1419, 0.4019]
    assert [round(cell(values, "E")[c], 4) for c in ("ci_low", "ci_high")] == [0.1269, 0.4120]
    assert cell(values, "W")["std_error"] == pytest.approx(math.sqrt(0.25 * 0.75 / 39))
    assert cell(values, "N")["ci_level"] == 0.9
    assert cell(values, "N")["ci_low"] > cell(values, "W")["ci_low"]


def test_half_of_the_population_asked_narrows_the_interval(computed):
    rows = pd.DataFrame({"y": 0.0, "yes": [True] * 10 + [False] * 30, "h": "a", "u": 1, "w": 1, "pop": 80})
    row = cell(computed(rows, survey(fpc=("pop",)), [ask("W", share="yes")]).values, "W")
    assert row["std_error"] == pytest.approx(math.sqrt(0.5 * 0.25 * 0.75 / 39))
    twice = pd.concat([rows, rows])  # as if 80 had been asked of a population without end
    wide = cell(computed(twice, SURVEY, [ask("W", share="yes")]).values, "W")
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((wide["ci_low"], wide["ci_high"]))
    everybody = cell(computed(rows.assign(pop=40), survey(fpc=("pop",)), [ask("W", share="yes")]).values, "W")
    assert (everybody["ci_low"], everybody["ci_high"], everybody["std_error"]) == pytest.approx((0.25, 0.25, 0))


@pytest.mark.parametrize(("yes", "low", "high"), [(True, 0.5655, 1.0), (False, 0.0, 0.4345)])
def test_shares_of_none_and_of_all(computed, yes, low, high):
    rows = pd.DataFrame({"y": 1.0, "yes": [yes] * 5, "h": "a", "u": range(5), "w": 2.0, "pop": 80})
    plain = cell(computed(rows, SURVEY, [ask("S", share="yes")]).values, "S")
    assert (round(plain["ci_low"], 4), round(plain["ci_high"], 4)) == (low, high)
    weighted = cell(computed(rows, survey(weight="w"), [ask("S", share="yes")]).values, "S")
    assert (weighted["value"], weighted["std_error"], math.isnan(weighted["ci_low"])) == (float(yes), 0, True)


def test_a_constant_has_no_spread(computed):
    rows = pd.DataFrame({"y": 1e9 + 0.1, "yes": True, "h": ["a", "b"] * 10, "u": range(20), "w": 1.5, "pop": 80})
    row = cell(computed(rows, survey(weight="w", strata=("h",)), [ask("M", mean="y")]).values, "M")
    assert row["value"] == pytest.approx(1e9 + 0.1, abs=1e-6)
    assert row["std_error"] == pytest.approx(0, abs=1e-6)


def test_modes_of_uncertainty(computed):
    rows = pd.DataFrame({"y": [1.0, 2, 4, 8], "yes": True, "h": "a", "u": 1, "w": 1, "pop": 8})
    asked = [
        ask(mode, mean="y", uncertainty={"mode": mode}) for mode in ("sample", "superpopulation", "census", "none")
    ]
    values = computed(rows, survey(fpc=("pop",)), [*asked, ask("T", sum="y")]).values
    half, whole = cell(values, "sample")["std_error"], cell(values, "superpopulation")["std_error"]
    assert half == pytest.approx(whole * math.sqrt(0.5))
    assert math.isnan(cell(values, "census")["std_error"])
    assert math.isnan(cell(values, "none")["ci_low"])
    assert math.isnan(cell(values, "T")["std_error"])  # no total is known without weights


LONELY = pd.DataFrame(
    {"y": [1.0, 2, 3, 9], "yes": True, "h": ["a", "a", "a", "b"], "u": [1, 2, 3, 4], "w": 1.0, "pop": 80}
)


def test_a_stratum_with_one_unit_is_refused_unless_told_what_to_do(computed):
    asked = [ask(way, mean="y", uncertainty={"mode": "sample", "lonely": way})
             for way in ("refuse", "certainty", "adjust", "average")]  # fmt: skip
    values = computed(LONELY, survey(strata=("h",)), asked).values
    refused = cell(values, "refuse")
    assert (refused["status"], math.isnan(refused["value"]), refused["n"]) == ("not_computable", True, 4)
    assert "strata with a single sampling unit: 1" in refused["note"]
    spread = 3 / 2 * (1 + 0 + 1) / 16  # of stratum a: n/(n-1) Σ(z - z̄)², z = y/4
    assert cell(values, "certainty")["std_error"] == pytest.approx(math.sqrt(spread))
    alone = ((9 - 3.75) / 4) ** 2  # around the whole mean
    assert cell(values, "adjust")["std_error"] == pytest.approx(math.sqrt(spread + alone))
    assert cell(values, "average")["std_error"] == pytest.approx(math.sqrt(2 * spread))
    assert "lonely adjust" in cell(values, "adjust")["method"]


def test_a_stratum_whose_only_unit_is_its_whole_population_is_certain(computed):
    rows = LONELY.assign(pop=[9.0, 9, 9, 1])
    row = cell(computed(rows, survey(strata=("h",), fpc=("pop",)), [ask("M", mean="y")]).values, "M")
    assert row["status"] == "ok"
    assert row["std_error"] == pytest.approx(math.sqrt((1 - 3 / 9) * 3 / 2 * 2 / 16))


@pytest.mark.parametrize(
    ("pop", "told"),
    [([2.0, 2, 2, 9], "the population size is smaller than the sample (strata: 1)"),
     ([9.0, 8, 9, 9], "the population size is missing, not positive or changes within the stratum (strata: 1)"),
     ([9.0, None, 9, 9], "the population size is missing, not positive or changes within the stratum (strata: 1)"),
     ([-1.0, -1, -1, 9], "the population size is missing, not positive or changes within the stratum (strata: 1)")],
)  # fmt: skip
def test_population_sizes_that_cannot_be(computed, pop, told):
    values = computed(LONELY.assign(pop=pop), survey(strata=("h",), fpc=("pop",)), [ask("M", mean="y")]).values
    remedy = ": correct it, or leave it out of account with `uncertainty: {fpc: false}`"
    assert (cell(values, "M")["status"], cell(values, "M")["note"]) == ("not_computable", told + remedy)


def test_rows_without_a_valid_weight_or_place_in_the_design_are_left_out_and_counted(computed):
    rows = pd.DataFrame({"y": [1.0, 2, 3, 100, 100, 100, 100], "yes": True, "h": ["a"] * 6 + [None], "u": range(7),
                         "w": [1.0, 1, 1, -1, None, math.inf, 1], "pop": 80})  # fmt: skip
    row = cell(computed(rows, survey(weight="w", strata=("h",)), [ask("M", mean="y")], smallest_group=1).values, "M")
    assert (row["value"], row["n"]) == (2, 3)
    assert row["note"] == "rows without a valid weight or their place in the sampling design, left out: 4"


def test_a_weight_of_zero_counts_in_the_design_and_not_in_the_number(computed):
    rows = pd.DataFrame({"y": [1.0, 2, 3, 100], "yes": True, "h": "a", "u": range(4), "w": [1.0, 1, 1, 0], "pop": 80})
    row = cell(computed(rows, survey(weight="w"), [ask("M", mean="y")]).values, "M")
    assert (row["value"], row["n"], row["degrees_of_freedom"]) == (2, 3, 2)
    assert row["std_error"] == pytest.approx(math.sqrt(4 / 3 * 2 / 9))


def test_ids_that_repeat_across_strata_are_different_units(computed):
    rows = pd.DataFrame(
        {"y": [1.0, 2, 3, 4], "yes": True, "h": ["a", "a", "b", "b"], "u": [1, 2, 1, 2], "w": 1.0, "pop": 8}
    )
    row = cell(computed(rows, survey(strata=("h",), cluster=("u",)), [ask("M", mean="y")]).values, "M")
    assert (row["degrees_of_freedom"], row["std_error"]) == (2, pytest.approx(math.sqrt(2 * (0.25 + 0.25) * 2 / 16)))


# Pairs, formulas, milestones -----------------------------------------------------------------------------------------


def test_change_of_the_same_people(computed):
    rows = pd.DataFrame(
        [("p1", "pre", 2, "N"), ("p1", "post", 5, "S"), ("p2", "pre", 3, "N"), ("p2", "post", 4, "N"),
         ("p3", "pre", 1, "N"), ("p3", "post", 6, "S"), ("p4", "pre", 9, "N"), ("p5", "post", 9, "S"),
         (None, "post", 50, "S"), ("p6", "pre", None, "S"), ("p6", "post", 1, "S")],
        columns=["token", "wave", "trust", "area"],
    )  # fmt: skip
    table = table_of({"token": "person", "wave": "category", "trust": "integer", "area": "category"}, source="grants",
                     person="token", wave="wave")  # fmt: skip
    asked = ask("X", change="trust", between=["pre", "post"], disaggregation=["area"])
    values = computed(rows, table, [asked]).values
    row = cell(values, "X")
    assert (row["value"], row["n"]) == (3, 3)  # 3, 1, 5
    # the fourth pair lacks an answer and stays in the design: n/(n-1) Σ(d - 3)² / 3²
    assert row["std_error"] == pytest.approx(math.sqrt(4 / 3 * (0 + 4 + 4) / 9))
    assert cell(values, "X", "all", "area", "S")["value"] == 4  # where people were later


def test_the_paired_interval_is_students(computed):
    pairs = [(2, 5), (3, 4), (1, 6), (4, 4)]
    answers = [(f"p{i}", wave, y) for i, pair in enumerate(pairs) for wave, y in zip("ab", pair, strict=True)]
    rows = pd.DataFrame(answers, columns=["token", "wave", "y"])
    table = table_of({"token": "person", "wave": "text", "y": "integer"}, source="grants", person="token", wave="wave")
    row = cell(computed(rows, table, [ask("X", change="y", between=["a", "b"])]).values, "X")
    test = stats.ttest_rel([after for _, after in pairs], [before for before, _ in pairs])
    assert row["value"] / row["std_error"] == pytest.approx(test.statistic)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(test.confidence_interval(0.95)))


def test_the_last_answer_of_a_wave_counts(computed):
    rows = pd.DataFrame(
        {"token": "p1", "wave": ["a", "a", "b"], "y": [1, 2, 5], "day": ["2024-02-01", "2024-01-01", "2024-03-01"]}
    )
    types = {"token": "person", "wave": "text", "y": "integer", "day": "date"}
    table = table_of(types, source="grants", person="token", wave="wave", date="day")
    assert cell(computed(rows, table, [ask("X", change="y", between=["a", "b"])]).values, "X")["value"] == 4


def test_formulas_meet_in_the_same_cell(computed):
    formula = {"id": "F", "measure": {"formula": "{SUM} / {N}"}, "disaggregation": ["area"]}
    double = {"id": "G", "measure": {"formula": "2 * {F} - ({N} - {N})"}}
    values = found(
        computed, ask("SUM", sum="amount"), ask("N", count="rows", where="amount is not null"), formula, double
    )
    assert cell(values, "F", "2024-H1")["value"] == 200
    assert (cell(values, "F")["numerator"], cell(values, "F")["denominator"]) == (1000, 4)
    assert cell(values, "F", "2024", "area", "N")["value"] == 200
    assert cell(values, "G", "2024")["value"] == 500
    assert math.isnan(cell(values, "F")["std_error"])
    assert set(values.loc[values["indicator_id"] == "SUM", "dimension"]) == {"all"}  # the breakdown was the formula's


def test_formulas_say_what_they_lack(computed):
    asked = [ask("SUM", sum="amount", where="area = 'S'"), ask("N", mean="amount", where="area = 'Z'"),
             {"id": "F", "measure": {"formula": "{SUM} / {N}"}}, {"id": "Z", "measure": {"formula": "{SUM} / {NIL}"}},
             ask("NIL", count="rows", where="amount < 0"), ask("NONE", distinct="who", aggregation={"time": "none"}),
             {"id": "L", "measure": {"formula": "{NONE} + 1"}}]  # fmt: skip
    values = found(computed, *asked)
    assert (cell(values, "F")["status"], cell(values, "F")["note"]) == ("no_data", "without a value: N")
    assert (cell(values, "Z")["status"], cell(values, "Z")["note"]) == ("not_computable", "the denominator is zero")
    assert (cell(values, "L", "2024")["status"], cell(values, "L", "2024-H1")["value"]) == ("not_computable", 3)


def test_milestones_and_what_is_not_computed_yet(computed):
    milestones = [{"id": "MS-1", "statement": "Signed", "actual": "2024-06-30"}, {"id": "MS-2", "statement": "Open"}]
    asked = [{"id": "A", "measure": {"milestone": "MS-1"}}, {"id": "B", "measure": {"milestone": "MS-2"}},
             {"id": "T", "measure": {"from": "interviews", "theme": "trust", "per": "document"}},
             {"id": "N", "measure": {"from": "grants", "network": "density"}}]  # fmt: skip
    values = found(computed, *asked, milestones=milestones)
    assert list(values.loc[values["indicator_id"] == "A", "value"]) == [1, 1, 1, 1]
    assert list(values.loc[values["indicator_id"] == "B", "value"]) == [0, 0, 0, 0]
    assert set(values.loc[values["indicator_id"].isin(["T", "N"]), "status"]) == {"not_computable"}
    assert cell(values, "T")["note"].startswith("needs the coded interviews of the corpus “interviews”")


# Lineage -------------------------------------------------------------------------------------------------------------


def test_a_definition_is_known_by_what_it_computes(computed):
    def definition(**changes: object) -> str:
        return found(computed, {**ask("X", sum="amount"), **changes})["definition_id"].iloc[0]

    same = definition()
    assert len(same) == 16
    assert definition(title="another title", limitations="none") == same
    assert definition(measure={"from": "grants", "sum": "cost"}) != same
    assert definition(uncertainty={"mode": "none"}) != same


def test_a_formula_changes_with_what_it_rests_on(computed):
    def definition(where: str) -> str:
        values = found(computed, ask("A", sum="amount", where=where), {"id": "F", "measure": {"formula": "{A} * 2"}})
        return values.loc[values["indicator_id"] == "F", "definition_id"].iloc[0]

    assert definition("amount > 1") != definition("amount > 2")


def test_whole_numbers_and_truths_read_plainly_as_categories(computed):
    types = {"y": "number", "grade": "number", "ok": "boolean", "size": "integer"}
    rows = pd.DataFrame({"y": 1.0, "grade": [1.0, 2.5, 10.0], "ok": [True, False, None], "size": [10, 9, 1]})
    table = table_of(types, source="grants", kind="register")
    values = computed(rows, table, [ask("X", count="rows", disaggregation=["grade", "ok", "size"])]).values
    whole = values[values["period"] == "all"]
    assert list(whole.loc[whole["dimension"] == "grade", "category"]) == ["1", "2.5", "10"]
    assert list(whole.loc[whole["dimension"] == "ok", "category"]) == ["false", "true"]
    assert list(whole.loc[whole["dimension"] == "size", "category"]) == ["1", "9", "10"]
