"""Weights meet known totals as in R's `survey`; what cannot be weighed is told; what they changed is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from pipelines.raking import MISSING, effective_size, rake
from pipelines.weighting import weigh
from surveys.deliveries import read_delivery
from surveys.questionnaire import Survey, contradictions
from surveys.registers import Register
from surveys.sources import Source, source_of
from theory_of_change.loading import Places
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Programme, Workspace
from warehouse.connections import connect
from warehouse.identities import pseudonymise
from warehouse.store import open_warehouse

API = pd.read_csv(Path(__file__).parents[1] / "indicators" / "data" / "apiclus1.csv")
TYPES = {"E": 4421.0, "H": 755.0, "M": 1018.0}
SCHOOLWIDE = {"No": 1072.0, "Yes": 5122.0}


def codes(column: str, known: dict[str, float]) -> np.ndarray:
    return API[column].map({one: number for number, one in enumerate(known)}).to_numpy()


# The arithmetic ------------------------------------------------------------------------------------------------------


# Where the printed numbers stand, in R's package `survey` (T. Lumley), version 4.5, on GitHub in cran/survey:
# [api]    tests/testoutput/api.Rout.saved: svymean(~api00, dclus1p), svytotal(~enroll, dclus1p) after
#          postStratify(dclus1, ~stype, pop.types)
# [rake]   tests/rakecheck.Rout.save: the same after rake(dclus1, list(~stype, ~sch.wide), ...)
# [kalton] tests/kalton.Rout.save, table A (postStratify) and B (rake), from Kalton & Flores-Cervantes 2003, Journal of
#          Official Statistics 19(2), 81-97


@pytest.mark.parametrize(
    ("by", "mean", "total"),
    [
        ({"stype": TYPES}, 642.31, 3_680_893),  # [api]
        ({"stype": TYPES, "sch_wide": SCHOOLWIDE}, 641.23, 3_647_280),  # [rake]
    ],
)
def test_the_weights_are_those_of_r(by: dict[str, dict[str, float]], mean: float, total: float):
    fitted = rake(
        API["pw"].to_numpy(), {name: codes(name, known) for name, known in by.items()},
        {name: np.array(list(known.values())) for name, known in by.items()},
    )  # fmt: skip
    w = fitted.weights
    assert fitted.is_met and w.sum() == pytest.approx(6194)
    assert np.average(API["api00"], weights=w) == pytest.approx(mean, abs=0.005)
    assert (w * API["enroll"]).sum() == pytest.approx(total, abs=0.5)
    for name, known in by.items():
        met = np.bincount(codes(name, known), w)
        assert met == pytest.approx(list(known.values()), rel=1e-9)


#: Rows by cell, and people by cell: four categories of `a` for each of three of `b`. [kalton]
SAMPLE = np.array([20, 50, 100, 30, 40, 140, 50, 100, 40, 310, 50, 70])
PEOPLE = np.array([80, 60, 170, 55, 40, 150, 60, 165, 55, 340, 200, 125], dtype=float)
A, B = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)


def test_the_weights_of_kaltons_table():
    raked = rake(
        np.ones(1000), {"a": np.repeat(A, SAMPLE), "b": np.repeat(B, SAMPLE)},
        {"a": np.bincount(A, PEOPLE), "b": np.bincount(B, PEOPLE)},
    )  # fmt: skip
    first = np.cumsum(SAMPLE) - SAMPLE  # all rows of a cell weigh the same
    assert raked.weights[first].reshape(3, 4).T.round(2).tolist() == [
        [1.81, 1.45, 2.02], [1.08, 0.87, 1.21], [2.2, 1.76, 2.45], [1.83, 1.47, 2.04]]  # fmt: skip
    crossed = rake(np.ones(1000), {"a x b": np.repeat(np.arange(12), SAMPLE)}, {"a x b": PEOPLE})
    by_hand = (PEOPLE / SAMPLE).tolist()  # 1.375, which R rounds to 1.37 or 1.38
    assert crossed.weights[first].tolist() == pytest.approx(by_hand)
    assert np.round(by_hand, 2).reshape(3, 4).T.tolist() == [
        [4, 1, 1.38], [1.2, 1.07, 1.1], [1.7, 1.2, 4], [1.83, 1.65, 1.79]]  # fmt: skip


def test_one_variable_is_met_in_one_round():
    fitted = rake(np.ones(4), {"g": np.array([0, 0, 0, 1])}, {"g": np.array([50.0, 50.0])})
    assert fitted.rounds == 1 and fitted.weights == pytest.approx([50 / 3, 50 / 3, 50 / 3, 50])


def test_rows_without_a_category_keep_their_part():
    fitted = rake(np.ones(5), {"g": np.array([0, 0, 0, 1, MISSING])}, {"g": np.array([60.0, 40.0])})
    assert fitted.weights == pytest.approx([16, 16, 16, 32, 20])


def test_trimming_holds_the_bounds_and_says_when_totals_are_out_of_reach():
    args = ({"t": codes("stype", TYPES), "s": codes("sch_wide", SCHOOLWIDE)},
            {"t": np.array(list(TYPES.values())), "s": np.array(list(SCHOOLWIDE.values()))})  # fmt: skip
    near = rake(API["pw"].to_numpy(), *args, bounds=(0.5, 1.7))
    assert near.is_met and near.n_trimmed == 3 and near.weights.max() <= 1.7 * 6194 / 183 * (1 + 1e-9)
    tight = rake(API["pw"].to_numpy(), *args, bounds=(0.9, 1.1))
    assert not tight.is_met and tight.gap > 0.05 and tight.n_trimmed > 0
    assert tight.weights.max() <= 1.1 * 6194 / 183 * (1 + 1e-9)


def test_trimmed_weights_are_the_nearest_within_the_bounds():
    """Another way to the same weights: of all within the bounds that meet the totals, those with the least
    Kullback-Leibler distance from the base weights (Deville & Särndal 1992, J. Am. Stat. Assoc. 87), cell by cell."""
    from scipy.optimize import minimize

    base, sizes = np.full(12, PEOPLE.sum() / 1000), SAMPLE.astype(float)
    margins = [(np.equal(A, one), np.bincount(A, PEOPLE)[one]) for one in range(4)]
    margins += [(np.equal(B, one), np.bincount(B, PEOPLE)[one]) for one in range(2)]
    low, high = 0.6 * 1.5, 1.6 * 1.5
    nearest = minimize(
        lambda w: (sizes * (w * np.log(w / base) - w + base)).sum(), base, jac=lambda w: sizes * np.log(w / base),
        bounds=[(low, high)] * 12, method="SLSQP", options={"ftol": 1e-12, "maxiter": 500},
        constraints=[{"type": "eq", "fun": lambda w, here=here, total=total: (sizes * w)[here].sum() - total}
                     for here, total in margins],
    )  # fmt: skip
    fitted = rake(
        np.ones(1000), {"a": np.repeat(A, SAMPLE), "b": np.repeat(B, SAMPLE)},
        {"a": np.bincount(A, PEOPLE), "b": np.bincount(B, PEOPLE)}, bounds=(0.6, 1.6),
    )  # fmt: skip
    assert nearest.success and fitted.is_met and fitted.n_trimmed > 0
    assert fitted.weights[np.cumsum(SAMPLE) - SAMPLE] == pytest.approx(nearest.x, abs=1e-4)


def test_totals_that_contradict_each_other_are_not_met():
    same = np.array([0, 0, 1, 1])
    fitted = rake(np.ones(4), {"a": same, "b": same}, {"a": np.array([80.0, 20.0]), "b": np.array([20.0, 80.0])})
    assert not fitted.is_met and fitted.gap > 0.5


@pytest.mark.parametrize(
    ("weights", "size"),
    [
        ([1, 1, 1, 1], 4), ([3, 1], 1.6), ([1, 0, 0], 1), ([], 0),
        # the design effects in the documentation of `design_effect` in github.com/facebookresearch/balance
        ([0, 1, 2, 3], 4 / 1.5555555555555556), ([1, 1, 1000], 3 / 2.9880418803112336),
    ],
)  # fmt: skip
def test_the_effective_size_of_kish(weights: list[float], size: float):
    assert effective_size(np.array(weights, dtype=float)) == pytest.approx(size)


def test_the_design_effect_is_one_and_the_squared_variation_of_the_weights():
    w = API["enroll"].dropna().to_numpy(dtype=float)  # any numbers will do
    assert len(w) / effective_size(w) == pytest.approx(1 + np.var(w) / w.mean() ** 2)  # Kish 1992, J. Off. Stat. 8(2)


# Rows in the warehouse -----------------------------------------------------------------------------------------------

MARGINS = "margins: {area: {A: 300, B: 700}}, source: ISTAT, date: 2024-01-01"


def survey(weights: str, more: str = "") -> Source:
    questions = "[{name: area, type: single, answers: [A, B, C]}, {name: sex, type: single, answers: [f, m]}]"
    text = f"{{id: s, title: S, weights: {{{weights}}}, questions: {questions}{more}}}"
    return source_of(Survey.model_validate(yaml.load(text, yaml.BaseLoader)), "surveys/s.yml", Places("surveys/s.yml"))


FRAME = source_of(
    Register.model_validate({"id": "list", "title": "L", "columns": [{"name": "area", "type": "category"}]}),
    "registers/list.yml", Places(""),
)  # fmt: skip


@pytest.fixture
def weighed(tmp_path: Path) -> Callable[..., Any]:
    """Lands answers (and a frame), weighs them; gives the weights row by row and what they changed."""

    def run(source: Source, rows: str, frame: str = "", least: int = 1) -> tuple[list[float], pd.DataFrame]:
        programme = Programme.model_validate(
            {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2024-12-31"},
             "languages": ["en"], "disclosure": {"smallest_group": least}}
        )  # fmt: skip
        workspace = Workspace(tmp_path)
        sources = {"s": source} | ({"list": FRAME} if frame else {})
        with open_warehouse(workspace) as warehouse:
            for name, text in (("s", "area,sex\n" + rows), ("list", "area\n" + frame)):
                if name in sources:
                    path = tmp_path / f"{name}.csv"
                    path.write_text(text, encoding="utf-8")
                    delivery = read_delivery(path, sources[name], programme, pseudonymise(workspace))
                    warehouse.land(sources[name].table, delivery, "f")
            changed = weigh(warehouse, SimpleNamespace(sources=sources, programme=programme))
            warehouse.replace("weighting", changed)
            found = warehouse.connection.execute("select final_weight from core.s order by _row").fetchall()
        return [one for (one,) in found], changed

    return run


def shares(changed: pd.DataFrame, variable: str = "area") -> list[tuple]:
    own = changed[changed["variable"] == variable]
    return [
        tuple(row) for row in own[["category", "n", "unweighted_share", "weighted_share", "target_share"]].to_numpy()
    ]


def test_answers_are_weighed_to_the_totals_and_the_change_is_kept(weighed):
    weights, changed = weighed(survey(MARGINS), "A,f\nA,m\nA,f\nB,f\n")
    assert weights == [100, 100, 100, 700]
    assert shares(changed) == [("A", 3, 0.75, 0.3, 0.3), ("B", 1, 0.25, 0.7, 0.7)]
    (whole,) = changed[changed["variable"] == "all"].to_dict("records")
    assert whole["effective_n"] == pytest.approx(1000**2 / 520_000) and whole["method"] == "post-stratified"
    assert whole["max_weight"] == pytest.approx(2.8) and whole["n_trimmed"] == 0


def test_a_cross_of_columns_is_a_margin_too(weighed):
    margins = "margins: {area x sex: {A / f: 10, A / m: 20, B / f: 70}}, source: x, date: 2024-01-01"
    assert weighed(survey(margins), "A,f\nA,m\nB,f\nB,f\n")[0] == [10, 20, 35, 35]


def test_design_weights_come_from_the_frame(weighed):
    source = survey("frame: area", ", frame: list")
    weights, changed = weighed(source, "A,f\nA,m\nB,f\n", "A\n" * 10 + "B\n" * 30 + "C\n" * 5)
    assert weights == [5, 5, 30]
    assert "no answer from C" in changed.iloc[0]["note"] and changed.iloc[0]["method"] == "frame"
    with pytest.raises(ProblemsFound, match="weights-no-stratum"):
        weighed(source, "A,f\nB,m\nC,m\n", "A\n" * 10)


def test_frame_weights_are_the_start_of_raking(weighed):
    margins = "frame: area, margins: {sex: {f: 60, m: 40}}, source: x, date: 2024-01-01"
    weights, changed = weighed(survey(margins, ", frame: list"), "A,f\nB,f\nA,m\n", "A\n" * 20 + "B\n" * 40)
    assert weights == pytest.approx([12, 48, 40]) and changed.iloc[0]["method"] == "frame + post-stratified"


def test_each_wave_is_weighed_by_itself(weighed):
    source = survey(MARGINS, ", wave: {column: sex}")
    weights, changed = weighed(source, "A,f\nB,f\nA,m\nA,m\nB,m\n")
    assert weights == [300, 700, 150, 150, 700] and set(changed["wave"]) == {"f", "m"}


def test_who_has_no_category_keeps_a_part_and_it_is_said(weighed):
    weights, changed = weighed(survey(MARGINS), "A,f\nB,f\n,f\nB,m\n")
    assert weights == pytest.approx([225, 262.5, 250, 262.5])
    assert "keep their part" in changed.iloc[0]["note"] and ("", 1, 0.25, 0.25, None) in shares(changed)


def test_a_category_without_answers_is_said_and_one_without_a_total_stops(weighed):
    weights, changed = weighed(survey(MARGINS), "A,f\nA,m\n")
    assert weights == [500, 500] and "no answer from B" in changed.iloc[0]["note"]
    with pytest.raises(ProblemsFound, match="weights-no-total"):
        weighed(survey(MARGINS), "A,f\nC,m\n")


def test_a_total_of_nought_leaves_rows_outside(weighed):
    source = survey("margins: {area: {A: 300, B: 700, C: 0}}, source: x, date: 2024-01-01")
    weights, changed = weighed(source, "A,f\nB,f\nC,f\n")
    assert weights == [300, 700, 0] and changed.iloc[0]["n"] == 2


def test_small_groups_are_not_given_away_by_their_weights(weighed):
    weights, changed = weighed(survey(MARGINS), "A,f\n" * 8 + "B,m\n" * 2, least=5)
    assert len(weights) == 10
    assert changed["status"].tolist() == ["suppressed"] * 3
    assert changed[["unweighted_share", "min_weight", "max_weight", "cv_weight", "effective_n"]].isna().all(axis=None)
    assert changed["n"].tolist() == [10, None, None] and changed["target_share"].tolist()[1:] == [0.3, 0.7]


@pytest.mark.parametrize(
    ("weights", "more", "code"),
    [
        ("trim: [0.3, 3]", "", "weights-from-nothing"),
        ("frame: area", "", "weights-without-frame"),
        ("frame: areas", ", frame: list", "weights-column-unknown"),
        ("frame: area", ", frame: list, weight: w", "weights-twice"),
        ("margins: {area: {A: 1, D: 2}}, source: x, date: 2024-01-01", "", "weights-category-unknown"),
        ("margins: {area x sex: {A: 1}}, source: x, date: 2024-01-01", "", "weights-category-unknown"),
        ("margins: {zone: {A: 1}}, source: x, date: 2024-01-01", "", "weights-column-unknown"),
        ("margins: {area: {A: 0}}, source: x, date: 2024-01-01", "", "weights-margin-empty"),
        ("margins: {area: {A: 1, B: 2}}", "", "weights-margins-unsourced"),
        ("margins: {area: {A: 100}, sex: {f: 60, m: 60}}, source: x, date: 2024-01-01", "", "weights-margins-disagree"),
        (MARGINS + ", trim: [1.2, 3]", "", "weights-trim"),
    ],
)
def test_what_a_contract_cannot_ask(weights: str, more: str, code: str):
    assert code in [found for found, _, _ in contradictions(survey(weights, more).contract)]


def test_a_sound_contract_and_its_table():
    source = survey(MARGINS + ", trim: [0.3, 3]")
    assert list(contradictions(source.contract)) == []
    assert (source.table.weight, source.table.weighting) == ("final_weight", "post-stratified + trimmed")
    assert source.table.column("weight").name == "final_weight"


# The whole way -------------------------------------------------------------------------------------------------------


def test_a_run_computes_with_the_weights_and_publishes_what_they_changed(workspace: Path, sestante, unreported):
    contract, answers = workspace / "surveys" / "visitors.yml", workspace / "data" / "visitors" / "visitors-1.csv"
    answers.write_text(answers.read_text().replace(",5,A2", ",5,A1"))  # in A1 more are alone
    before = published(workspace, sestante)
    contract.write_text(
        contract.read_text()
        + "weights: {margins: {area: {A1: 900, A2: 100}}, source: Anagrafe, date: 2026-01-01, trim: [0.1, 5]}\n"
    )
    after = published(workspace, sestante)
    assert "weights final_weight (post-stratified + trimmed, taken as fixed)" in after[0][1]
    assert "unweighted" in before[0][1] and before[0][0] != pytest.approx(after[0][0])
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        shares = connection.execute(
            "select category, n, weighted_share, target_share from out.weighting where variable = 'area' order by all"
        ).fetchall()
    assert [row[0] for row in shares] == ["A1", "A2"] and [row[2] for row in shares] == pytest.approx([0.9, 0.1])


def published(workspace: Path, sestante) -> list[tuple[float, str]]:
    """Runs, and gives value and method of every value for the whole of the survey's indicators."""
    said = sestante("run")
    assert said.code == 0, said.err
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        return connection.execute(
            "select value, method from out.indicator_values where dimension = 'all' and period = 'all'"
            " and method like 'share;%' order by indicator_id"
        ).fetchall()
