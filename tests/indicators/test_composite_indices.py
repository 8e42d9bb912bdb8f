"""Composite indices: published Human Development Indices, errors inside the design, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from pipelines.indicators.composites import composed, shares
from pipelines.indicators.estimate import compute
from pipelines.indicators.plan import check_measures
from tests.indicators.conftest import YEAR, cell, landed, programme_with, table_of, theory_with
from tests.indicators.plain import Plain
from theory_of_change.loading import Places
from theory_of_change.model import Index
from warehouse.disclosure import SUPPRESSED, protected

#: UNDP, Human Development Report 2015, technical note 1: goalposts, and logarithms for incomes (2011 PPP $).
EDUCATION = Index.model_validate({"of": [{"indicator": "EXPECTED", "worst": 0, "best": 18},
                                         {"indicator": "MEAN", "worst": 0, "best": 15}]})  # fmt: skip
HDI = Index.model_validate({"aggregate": "geometric", "of": [
    {"indicator": "LIFE", "worst": 20, "best": 85}, {"indicator": "EDUCATION", "worst": 0, "best": 1},
    {"indicator": "INCOME", "worst": 100, "best": 75000, "scale": "log"}]})  # fmt: skip


@pytest.mark.parametrize(
    ("life", "expected", "mean", "income", "published"),
    [  # Human Development Report 2015, table 1 (values of 2014)
        (81.6, 17.5, 12.6, 64992, 0.944),  # Norway
        (82.4, 20.2, 13.0, 42261, 0.935),  # Australia: schooling cut off at its goalpost
        (80.2, 18.7, 12.7, 44025, 0.923),  # Denmark
        (79.1, 16.5, 12.9, 52947, 0.915),  # United States
        (83.0, 15.4, 10.6, 76628, 0.912),  # Singapore: income cut off
        (83.5, 15.3, 11.5, 36927, 0.891),  # Japan
    ],
)
def test_published_values_of_the_human_development_index(life, expected, mean, income, published) -> None:
    education = composed(EDUCATION, [expected, mean]).value
    assert composed(HDI, [life, education, income]).value == pytest.approx(published, abs=1e-3)  # inputs are rounded


def index_of(**more: object) -> Index:
    return Index.model_validate({"of": [{"indicator": "A", "weight": 3, "worst": 0, "best": 100},
                                        {"indicator": "B", "worst": 50, "best": 0}], **more})  # fmt: skip


def test_by_hand() -> None:
    both = [60.0, 10.0]  # scores 0.6 and, turned, 0.8
    assert composed(index_of(), both).value == pytest.approx((3 * 0.6 + 0.8) / 4)
    assert composed(index_of(aggregate="geometric"), both).value == pytest.approx((0.6**3 * 0.8) ** (1 / 4))
    assert shares(index_of(), composed(index_of(), both)) == pytest.approx((1.8 / 2.6, 0.8 / 2.6))
    assert sum(
        shares(index_of(aggregate="geometric"), composed(index_of(aggregate="geometric"), both))
    ) == pytest.approx(1)
    assert composed(index_of(), [60.0, None]).value is None
    assert composed(index_of(at_least=1), [60.0, None]).value == pytest.approx(0.6)
    assert composed(index_of(), [120.0, 60.0]).beyond == (True, True)
    assert composed(index_of(), [120.0, 60.0]).value == pytest.approx(0.75)
    assert composed(index_of(aggregate="geometric"), [0.0, 10.0]).value == 0


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_slopes_are_derivatives(aggregate: str) -> None:
    index = Index.model_validate({"aggregate": aggregate, "of": [
        {"indicator": "A", "weight": 2, "worst": 100, "best": 75000, "scale": "log"},
        {"indicator": "B", "worst": 50, "best": 0}]})  # fmt: skip
    at, step = [5000.0, 20.0], 1e-5
    for place, slope in enumerate(composed(index, at).slopes):
        up, down = ([v + sign * step * (k == place) for k, v in enumerate(at)] for sign in (1, -1))
        numeric = (composed(index, up).value - composed(index, down).value) / (2 * step)
        assert slope == pytest.approx(numeric, rel=1e-5)


# In the engine ------------------------------------------------------------

TYPES = {"h": "category", "c": "category", "w": "number", "x": "number", "y": "number", "score": "number",
         "yes": "boolean", "mixed": "number", "g": "category", "day": "date"}  # fmt: skip


def rows() -> pd.DataFrame:
    rng, n = np.random.default_rng(6), 240
    found = pd.DataFrame({"h": rng.integers(0, 3, n).astype(str), "c": rng.integers(0, 12, n).astype(str),
                          "w": rng.uniform(0.5, 3, n), "x": rng.normal(50, 10, n),
                          "g": rng.choice(list("NS"), n)})  # fmt: skip
    found["y"] = found["x"] / 2 + rng.normal(20, 5, n)
    found["yes"] = found["x"] + rng.normal(0, 5, n) > 50
    found["score"] = 0.75 * found["x"] / 100 + 0.25 * (100 - found["y"]) / 100  # what the index is the mean of
    found["mixed"] = 0.5 * found["yes"] + 0.5 * found["x"] / 100
    return found.assign(day="2024-03-01")


SAMPLE = {"mode": "sample"}
ASKED = [
    {"id": "X", "measure": {"from": "answers", "mean": "x"}, "uncertainty": SAMPLE},
    {"id": "Y", "measure": {"from": "answers", "mean": "y"}, "uncertainty": SAMPLE, "direction": "down"},
    {"id": "YES", "measure": {"from": "answers", "share": "yes"}, "uncertainty": SAMPLE},
    {"id": "SCORE", "measure": {"from": "answers", "mean": "score"}, "uncertainty": SAMPLE, "disaggregation": ["g"]},
    {"id": "MIXED", "measure": {"from": "answers", "mean": "mixed"}, "uncertainty": SAMPLE, "disaggregation": ["g"]},
    {"id": "IX-SCORE", "disaggregation": ["g"], "measure": {"index": {"of": [
        {"indicator": "X", "weight": 3, "worst": 0, "best": 100}, {"indicator": "Y", "worst": 100, "best": 0}]}}},
    {"id": "IX-MIXED", "disaggregation": ["g"], "measure": {"index": {"of": [
        {"indicator": "YES", "worst": 0, "best": 1}, {"indicator": "X", "worst": 0, "best": 100}]}}},
    {"id": "IX-TWICE", "disaggregation": ["g"], "measure": {"index": {"of": [
        {"indicator": "IX-SCORE", "worst": 0, "best": 1}, {"indicator": "IX-SCORE-2", "worst": 0, "best": 1}]}}},
    {"id": "IX-SCORE-2", "disaggregation": ["g"], "measure": {"index": {"of": [
        {"indicator": "X", "weight": 3, "worst": 0, "best": 100}, {"indicator": "Y", "worst": 100, "best": 0}]}}},
    {"id": "IX-GEO", "measure": {"index": {"aggregate": "geometric", "of": [
        {"indicator": "X", "worst": 0, "best": 100}, {"indicator": "Y", "worst": 100, "best": 0}]}}},
]  # fmt: skip
DESIGNS = {
    "simple": {},
    "weights": {"weight": "w"},
    "strata": {"weight": "w", "strata": ("h",)},
    "clusters": {"weight": "w", "strata": ("h",), "cluster": ("c",)},
}


@pytest.fixture(scope="module", params=DESIGNS)
def design(request) -> dict:
    return DESIGNS[request.param]


@pytest.fixture(scope="module")
def values(design) -> pd.DataFrame:
    table = table_of(TYPES, date="day", **design)
    theory, programme = theory_with(ASKED), programme_with(YEAR)
    return compute(landed(rows(), table), theory, programme, {"answers": table}, "snapshot", {}).values


@pytest.mark.parametrize("pair", [("SCORE", "IX-SCORE"), ("MIXED", "IX-MIXED"), ("SCORE", "IX-TWICE")])
def test_components_of_one_sample_have_the_error_of_their_mean_score(values, pair) -> None:
    """An arithmetic index of means is the mean of each row's own score, whose error the engine knows: the covariances
    make up the whole difference to independent components. An index of two equal ones is no surer than either."""
    for category in ("all", "N", "S"):
        dimension = "all" if category == "all" else "g"
        direct, index = (cell(values, name, "2024", dimension, category) for name in pair)
        for name in ("value", "std_error", "ci_low", "ci_high", "degrees_of_freedom"):
            assert index[name] == pytest.approx(direct[name], rel=1e-9), (category, name)
    assert "covariances within the design" in index["method"]


def test_a_geometric_index_follows_the_delta_method(values, design) -> None:
    """d ln I = (dx / x - dy / (100 - y)) / 2, so the error is that of the mean of the rows' own terms."""
    x, y, index = (cell(values, name, "2024") for name in ("X", "Y", "IX-GEO"))
    assert index["value"] == pytest.approx(math.sqrt(x["value"] / 100 * (100 - y["value"]) / 100))
    data = rows()
    term = index["value"] / 2 * (data["x"] / x["value"] - data["y"] / (100 - y["value"]))
    plain = Plain(data, design.get("weight"), design.get("strata", ()), design.get("cluster", ()))
    every = np.ones(len(data))
    assert index["std_error"] == pytest.approx(plain.quotient(term.to_numpy(), every, every > 0)[1], rel=1e-9)


def test_different_sources_are_independent_and_what_has_no_error_gives_none() -> None:
    types = {"x": "number", "day": "date"}
    one, other, register = table_of(types, "one"), table_of(types, "other"), table_of(types, "list", kind="register")
    data = pd.DataFrame({"x": np.arange(20.0), "day": "2024-03-01"})
    connection = landed(data, register, landed(data, other, landed(data, one)))
    goals = {"worst": 0, "best": 40}
    asked = [{"id": name, "measure": {"from": name, "mean": "x"}} for name in ("one", "other", "list")]
    asked += [{"id": "MEDIAN", "measure": {"from": "one", "median": "x"}},
              {"id": "NONE", "measure": {"from": "one", "mean": "x"}, "uncertainty": {"mode": "none"}}]  # fmt: skip
    made = {"APART": ["one", "other"], "COUNTED": ["one", "list"], "KINDS": ["one", "MEDIAN"],
            "BARE": ["other", "NONE"]}  # fmt: skip
    asked += [{"id": name, "measure": {"index": {"of": [{"indicator": one, **goals} for one in parts]}}}
              for name, parts in made.items()]  # fmt: skip
    found = compute(connection, theory_with(asked), programme_with(YEAR), {t.id: t for t in (one, other, register)},
                    "snapshot", {}).values  # fmt: skip
    error = cell(found, "one")["std_error"] / 40 / 2
    assert cell(found, "APART")["std_error"] == pytest.approx(error * math.sqrt(2))
    assert cell(found, "APART")["method"].endswith("linearisation; sources taken as independent; t")
    assert cell(found, "COUNTED")["std_error"] == pytest.approx(error)  # what is counted in full adds none
    for name, said in (("KINDS", "no error derived"), ("BARE", "no error known of NONE")):
        assert math.isnan(cell(found, name)["std_error"])
        assert cell(found, name)["method"].endswith(said)


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_missing_component_is_named(language: str) -> None:
    table = table_of({"x": "number", "y": "number", "g": "category", "day": "date"}, date="day")
    data = pd.DataFrame({"x": [1.0, 2, 3], "y": [None] * 3, "g": "N", "day": "2024-03-01"})
    parts = [{"indicator": "X", "worst": 0, "best": 2}, {"indicator": "Y", "worst": 0, "best": 10}]
    asked = [{"id": "X", "measure": {"from": "answers", "mean": "x"}},
             {"id": "Y", "measure": {"from": "answers", "mean": "y"}},
             {"id": "ALL", "measure": {"index": {"of": parts}}},
             {"id": "ONE", "measure": {"index": {"of": parts, "at_least": 1}}}]  # fmt: skip
    calendar = {"start": "2024-01-01", "end": "2025-12-31", "every": "year"}
    found = compute(landed(data, table), theory_with(asked), programme_with(calendar, language), {"answers": table},
                    "snapshot", {}).values  # fmt: skip
    said = {"it": ("senza valore: Y", "calcolato senza: Y"), "en": ("without a value: Y", "computed without: Y")}
    assert (cell(found, "ALL", "2024")["status"], cell(found, "ALL", "2024")["note"]) == (
        "not_computable", said[language][0])  # fmt: skip
    assert cell(found, "ALL", "2025")["status"] == "no_data"
    assert (cell(found, "ONE", "2024")["value"], cell(found, "ONE", "2024")["note"]) == (1, said[language][1])


def test_an_index_with_a_hidden_component_is_hidden(values) -> None:
    theory, programme = theory_with(ASKED), programme_with(YEAR)
    small = values.copy()
    small.loc[(small["indicator_id"] == "Y") & (small["period"] == "2024"), ["n", "n_rows", "denominator"]] = 2
    shown = protected(small, theory, programme)
    assert cell(shown, "Y", "2024")["status"] == SUPPRESSED
    assert {cell(shown, name, "2024")["status"] for name in ("IX-SCORE", "IX-TWICE", "IX-GEO")} == {SUPPRESSED}


# What is refused ------------------------------------------------------------

PARTS = [
    {"id": "UP", "unit": "euro", "direction": "up", "measure": {"from": "answers", "mean": "x"}},
    {"id": "DOWN", "unit": "day", "direction": "down", "measure": {"from": "answers", "mean": "x"}},
    {"id": "PART", "unit": "percent", "measure": {"from": "answers", "share": "x > 1"}},
]


@pytest.mark.parametrize(
    ("index", "codes"),
    [
        ({"of": [{"indicator": "UP", "worst": 0, "best": 9}, {"indicator": "DOWN", "worst": 9, "best": 0}]}, []),
        ({"of": [{"indicator": "UP", "worst": 0, "best": 9}, {"indicator": "DOWN"}]}, ["index-goalposts-missing"]),
        ({"of": [{"indicator": "UP", "worst": 9, "best": 9}, {"indicator": "DOWN", "worst": 0, "best": 9}]},
         ["index-goalposts-equal", "index-goalposts-reversed"]),
        ({"of": [{"indicator": "UP", "worst": 0, "best": 9, "scale": "log"},
                 {"indicator": "UP", "worst": 1, "best": 9}], "at_least": 3},
         ["index-at-least-too-many", "index-component-twice", "index-log-of-zero"]),
        ({"of": [{"indicator": "UP"}, {"indicator": "DOWN", "scale": "log"}]},
         ["index-log-without-goalposts", "index-of-unlike-units"]),
        ({"of": [{"indicator": "PART", "worst": 0, "best": 100}, {"indicator": "UP", "worst": 0, "best": 9}]},
         ["index-goalposts-in-percent"]),
    ],
)  # fmt: skip
def test_what_makes_an_index_say_nothing_is_refused(index: dict, codes: list[str]) -> None:
    table = table_of({"x": "number"})
    theory = theory_with([*PARTS, {"id": "IX", "measure": {"index": index}}])
    found = check_measures(theory, programme_with(YEAR), {"answers": table}, Places("theory_of_change.yml"))
    assert [problem.code for problem in found] == codes
