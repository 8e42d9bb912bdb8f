"""Effects against published ones, against the textbook's formulas, and where the data cannot bear a comparison."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipelines.analysis.effects import EFFECT_COLUMNS, adjust, effects_of, evaluate
from pipelines.analysis.frames import evaluation_frame
from tests.indicators.conftest import landed, table_of
from theory_of_change.model import Evaluation

PARTICIPANTS = (Path(__file__).parents[2] / "theory_of_change" / "examples" / "national-supported-work" / "data"
                / "participants" / "participants.csv")  # fmt: skip
COVARIATES = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
TYPES = {
    **dict.fromkeys(("treat", "black", "hisp", "marr", "nodegree"), "boolean"),
    **dict.fromkeys(("age", "educ"), "integer"),
    **dict.fromkeys(("re74", "re75", "re78"), "money"),
}


def evaluation(**changes: object) -> Evaluation:
    given = {"id": "EV", "from": "participants", "measure": "re78", "design": "randomised", "group": "treat"}
    return Evaluation.model_validate({**given, **changes})


@pytest.fixture(scope="module")
def supported_work():
    table = table_of(TYPES, source="participants", kind="register")
    return landed(pd.read_csv(PARTICIPANTS), table), table


def test_the_published_effect_of_supported_work(supported_work):
    """Dehejia & Wahba 1999, table 3: 1,794 (633) without and with equal variances; Imbens 2015: Neyman's error 671."""
    connection, table = supported_work
    (row,) = effects_of(connection, evaluation(), table)
    diagnostics = json.loads(row["diagnostics"])
    assert tuple(row) == EFFECT_COLUMNS
    assert (row["term"], row["n"], row["n_group"], row["n_comparison"]) == ("difference", 445, 185, 260)
    assert row["estimate"] == pytest.approx(1794.3424, abs=1e-4)
    assert diagnostics["classical_std_error"] == pytest.approx(632.8534, abs=1e-4)
    assert row["std_error"] == pytest.approx(670.9965, abs=1e-4)
    assert row["method"] == "OLS; HC2 robust errors; t(443)"


def test_hc2_is_neymans_variance(supported_work):
    connection, table = supported_work
    frame = evaluation_frame(connection, evaluation(), table)
    (row,) = evaluate(evaluation(level=0.9), frame, table)
    group, comparison = (frame.loc[frame["group"] == g, "outcome"] for g in (1, 0))
    neyman = math.sqrt(group.var() / len(group) + comparison.var() / len(comparison))
    assert row["std_error"] == pytest.approx(neyman, rel=1e-12)
    reach = stats.t.ppf(0.95, 443) * neyman
    assert (row["ci_low"], row["ci_high"], row["ci_level"]) == pytest.approx(
        (row["estimate"] - reach, row["estimate"] + reach, 0.9)
    )
    assert row["effect_size"] == pytest.approx(row["estimate"] / comparison.std())
    assert row["effect_size_kind"].startswith("Glass's delta")


def test_the_adjusted_effect(supported_work):
    """1,676 (639), the regression of earnings on the draw and eight covariates that many texts print for these data."""
    connection, table = supported_work
    difference, adjusted = effects_of(connection, evaluation(covariates=COVARIATES), table)
    assert difference["estimate"] == pytest.approx(1794.3424, abs=1e-4)
    assert adjusted["estimate"] == pytest.approx(1676.3426, abs=1e-4)
    assert json.loads(adjusted["diagnostics"])["classical_std_error"] == pytest.approx(638.6820, abs=1e-4)
    frame = evaluation_frame(connection, evaluation(covariates=COVARIATES), table)
    x = np.column_stack([np.ones(445), frame["group"], *(frame[f"covariate_{k}"] for k in range(8))]).astype(float)
    y = frame["outcome"].to_numpy()
    bread = np.linalg.inv(x.T @ x)
    residuals, leverage = y - x @ (bread @ x.T @ y), np.diag(x @ bread @ x.T)
    hc2 = bread @ (x.T * (residuals**2 / (1 - leverage))) @ x @ bread
    assert adjusted["std_error"] == pytest.approx(math.sqrt(hc2[1, 1]), rel=1e-9)
    balance = json.loads(adjusted["diagnostics"])["standardised_mean_differences"]
    assert balance["nodegree"] == pytest.approx(-0.3040, abs=1e-4)


def test_clusters_and_few_of_them():
    """Cluster-robust errors by the formula of Liang & Zeger 1986 with the usual small-sample factor."""
    rng = np.random.default_rng(7)
    site = np.repeat(np.arange(12), 10)
    rows = pd.DataFrame({"treat": site % 2, "site": site, "y": rng.normal(size=12)[site] + rng.normal(size=120)})
    frame = rows.rename(columns={"treat": "group", "site": "cluster", "y": "outcome"})
    (row,) = evaluate(evaluation(cluster="site"), frame)
    x = np.column_stack([np.ones(120), rows["treat"]]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    residuals = rows["y"].to_numpy() - x @ (bread @ x.T @ rows["y"].to_numpy())
    scores = np.array([x[site == g].T @ residuals[site == g] for g in range(12)])
    factor = 12 / 11 * 119 / 118
    assert row["std_error"] == pytest.approx(math.sqrt((factor * bread @ scores.T @ scores @ bread)[1, 1]), rel=1e-9)
    assert row["method"] == "OLS; cluster-robust errors; t(11)"
    diagnostics = json.loads(row["diagnostics"])
    assert (diagnostics["clusters"], diagnostics["few_clusters"]) == (12, True)


def test_missing_rows_are_dropped_and_counted():
    frame = pd.DataFrame(
        {"outcome": [1, 2, None, 4, 5, 6], "group": [1, 1, 1, 0, 0, None], "covariate_0": [1, 5, 3, None, 5, 6.0]}
    )
    difference, adjusted = evaluate(evaluation(covariates=("age",)), frame)
    assert (difference["n"], json.loads(difference["diagnostics"])["n_dropped_missing"]) == (4, 2)
    assert (adjusted["n"], json.loads(adjusted["diagnostics"])["n_dropped_missing"]) == (3, 3)
    assert adjusted["estimate"] is None  # one row is left in the comparison group


@pytest.mark.parametrize(
    ("outcome", "group", "reason"),
    [([1, 2, 3, 4], [1, 1, 1, 1], "fewer than two rows in a group"), ([], [], "fewer than two rows in a group"),
     ([1, 2, 3, 4], [1, 0, 0, 0], "fewer than two rows in a group"),
     ([1, 2, 3, 4], [1, 2, 0, 0], "`group` holds other values than 0 and 1")],
)  # fmt: skip
def test_comparisons_the_data_cannot_bear(outcome, group, reason):
    frame = pd.DataFrame({"outcome": outcome, "group": group}, dtype=float)
    (row,) = evaluate(evaluation(), frame)
    assert (row["estimate"], row["std_error"], row["p_value"], row["method"]) == (None, None, None, "not computable")
    assert json.loads(row["diagnostics"])["not_computable"] == reason


def test_no_spread_at_all_gives_no_test():
    (row,) = evaluate(evaluation(), pd.DataFrame({"outcome": [2.0, 2, 1, 1], "group": [1, 1, 0, 0]}))
    assert (row["estimate"], row["std_error"]) == (pytest.approx(1), pytest.approx(0, abs=1e-12))
    assert row["effect_size"] is None


def test_covariates_that_say_the_same_are_left_out_and_named():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"outcome": rng.normal(size=40), "group": np.arange(40) % 2, "covariate_0": rng.normal(size=40)}
    )
    frame["covariate_1"] = 2 * frame["covariate_0"] + 1
    frame["covariate_2"] = ["a", "b"] * 20  # the group under another name
    both = evaluate(evaluation(covariates=("age", "months", "arm")), frame)[1]
    alone = evaluate(evaluation(covariates=("age",)), frame)[1]
    assert both["estimate"] == pytest.approx(alone["estimate"])
    assert both["std_error"] == pytest.approx(alone["std_error"])
    assert json.loads(both["diagnostics"])["left_out_as_redundant"] == ["months", "arm = b"]


def test_change_of_the_same_people_is_the_paired_t_test():
    before, after = [2.0, 3, 1, 4, 6], [5.0, 4, 6, 4, 9]
    frame = pd.DataFrame({"outcome": [*before, *after, 7], "time": ["pre"] * 5 + ["post"] * 5 + ["pre"],
                          "person": [*"abcde", *"abcde", "z"]})  # fmt: skip
    table = table_of({"wave": "text"}, source="participants")
    (row,) = evaluate(evaluation(design="pre_post", group=None, time="wave", person="id"), frame, table)
    test = stats.ttest_rel(after, before)
    assert (row["term"], row["n"], row["estimate"]) == ("change", 5, pytest.approx(2.4))
    assert (row["statistic"], row["p_value"]) == (pytest.approx(test.statistic), pytest.approx(test.pvalue))
    assert json.loads(row["diagnostics"])["n_unpaired"] == 1


def test_difference_in_differences_of_four_means():
    rows = [(1, "before", 1.0), (1, "before", 3), (1, "after", 8), (1, "after", 10), (0, "before", 2), (0, "before", 4),
            (0, "after", 5), (0, "after", 3)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["group", "time", "outcome"])
    table = table_of({"wave": "text"}, source="participants")
    (row,) = evaluate(evaluation(design="difference_in_differences", time="wave"), frame, table)
    assert row["estimate"] == pytest.approx((9 - 2) - (4 - 3))
    assert row["std_error"] == pytest.approx(math.sqrt(4 * 2 / 2))  # each cell's s²/n, as with HC2


def test_before_and_after_must_be_known():
    frame = pd.DataFrame({"group": [1, 0] * 4, "time": ["spring", "autumn"] * 4, "outcome": np.arange(8.0)})
    table = table_of({"wave": "text"}, source="participants")
    (row,) = evaluate(evaluation(design="difference_in_differences", time="wave"), frame, table)
    assert json.loads(row["diagnostics"])["not_computable"] == "`time` does not hold two moments in a known order"
    labelled = table_of({"wave": "category"}, source="participants", labels={"wave": ("spring", "autumn")})
    change = evaluation(design="pre_post", group=None, time="wave")
    (known,) = evaluate(change, frame.drop(columns="group"), labelled)
    assert known["estimate"] == pytest.approx(1.0)


def test_designs_not_computed_yet_give_no_numbers():
    frame = pd.DataFrame({"outcome": [1.0], "group": [1]})
    assert evaluate(evaluation(design="matched", covariates=("age",)), frame) == []


def test_a_family_is_corrected_together():
    """Holm 1979 and Benjamini & Hochberg 1995 on p = 0.01, 0.02, 0.04; terms beside the primary one have none."""

    def rows(*evaluations: Evaluation) -> list[dict]:
        found = zip(evaluations, (0.02, 0.01, 0.04), strict=True)
        terms = [(e.id, p, term) for e, p in found for term in ("difference", "adjusted")]
        return [{"evaluation_id": id_, "term": term, "p_value": p, "p_adjusted": None} for id_, p, term in terms]

    def family(correction: str) -> list[Evaluation]:
        return [evaluation(id=name, family="main", correction=correction) for name in "ABC"]

    for correction, expected in (("holm", [0.04, 0.03, 0.04]), ("bh", [0.03, 0.03, 0.04])):
        adjusted = adjust(rows(*family(correction)), family(correction))
        assert [r["p_adjusted"] for r in adjusted if r["term"] == "difference"] == pytest.approx(expected)
        assert [r["p_adjusted"] for r in adjusted if r["term"] == "adjusted"] == [None] * 3
    alone = [evaluation(id=name) for name in "ABC"]
    assert all(row["p_adjusted"] is None for row in adjust(rows(*alone), alone))


def test_a_source_that_never_got_a_delivery_is_not_computable(supported_work):
    connection, _ = supported_work
    (row,) = effects_of(connection, evaluation(), table_of(TYPES, source="elsewhere"))
    assert (row["n"], row["estimate"]) == (0, None)


def test_the_frame_takes_only_the_rows_asked_for(supported_work):
    connection, table = supported_work
    asked = evaluation(measure="re78 > 0", where="nodegree", covariates=("age",), group="age >= 25")
    frame = evaluation_frame(connection, asked, table)
    rows = pd.read_csv(PARTICIPANTS).query("nodegree == 1")
    assert list(frame.columns) == ["outcome", "group", "covariate_0"]
    assert (len(frame), frame["outcome"].sum(), frame["group"].sum()) == (
        len(rows), (rows["re78"] > 0).sum(), (rows["age"] >= 25).sum())  # fmt: skip
