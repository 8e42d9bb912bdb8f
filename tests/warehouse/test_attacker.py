"""An attacker who takes everything published together, by linear programming, learns no more than «too small»."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from warehouse import together
from warehouse.disclosure import About, protect
from warehouse.secondary_suppression import Figures, Hiding, Line, hidden_units

LEAST = 5
HALVES, AREAS, GENDERS = ("2024-H1", "2024-H2"), ("x", "y", "z"), ("f", "m")
CUTS = {"all": [("all", {})], "area": [(a, {"area": a}) for a in AREAS],
        "gender": [(g, {"gender": g}) for g in GENDERS],
        "area x gender": [(f"{a} / {g}", {"area": a, "gender": g}) for a in AREAS for g in GENDERS]}  # fmt: skip
PERIODS = {**{half: {"half": half} for half in HALVES}, "all": {}}
#: What is published of one register without a missing answer: all, a share of all, and those who came again.
ASKED = {"ALL": About("count", "s", conditions=frozenset()), "SHARE": About("share", "s", conditions=frozenset()),
         "AGAIN": About("count", "s", conditions=frozenset({"again"}))}  # fmt: skip


def published(people: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, (period, time), (dimension, cells) in itertools.product(ASKED, PERIODS.items(), CUTS.items()):
        for category, group in cells:
            own = people[people["again"]] if name == "AGAIN" else people
            for column, value in {**time, **group}.items():
                own = own[own[column] == value]
            n, yes = len(own), int(own["yes"].sum())
            share = name == "SHARE"
            rows.append({
                "indicator_id": name, "period": period, "dimension": dimension, "category": category, "n": n,
                "numerator": yes if share and n else None, "denominator": n if share and n else None,
                "value": (yes / n if share else n) if n else None, "std_error": None, "ci_low": None, "ci_high": None,
                "ci_level": None, "degrees_of_freedom": None, "method": "", "unit": "", "note": None,
                "status": "ok" if n else "no_data", "theory_version": "1", "definition_id": name, "snapshot_id": "s",
            })  # fmt: skip
    numbers = ["numerator", "denominator", "value", "std_error", "ci_low", "ci_high", "ci_level", "degrees_of_freedom"]
    return pd.DataFrame(rows).astype({"n": "Int64"} | dict.fromkeys(numbers, "Float64"))


class Attacker:
    """Knows what is shown, how cells add up, who is among whom, and that nobody is counted less than no times."""

    def __init__(self, shown: pd.DataFrame) -> None:
        self.place: dict[tuple, int] = {}
        self.limits: list[tuple[float, float | None]] = []
        self.equal: list[dict[int, float]] = []
        for row in shown.to_dict("records"):
            cell = (row["period"], row["dimension"], row["category"])
            amounts = {"SHARE": ("n", "yes", "no"), "ALL": ("n",), "AGAIN": ("again",)}[row["indicator_id"]]
            for amount in amounts:
                at = self.place.setdefault((amount, *cell), len(self.place))
                if at == len(self.limits):
                    self.limits.append((0.0, None))
                if row["status"] != "suppressed":
                    yes = 0 if pd.isna(row["numerator"]) else row["numerator"]
                    known = float({"yes": yes, "no": row["n"] - yes}.get(amount, row["n"]))
                    self.limits[at] = (known, known)
        for period, (dimension, cells) in itertools.product(PERIODS, CUTS.items()):
            for category, group in cells:
                for amount in ("n", "yes", "no", "again"):
                    if dimension != "all":
                        for margin in [
                            k for k in CUTS if set(k.split(" x ")) < set(dimension.split(" x ")) or k == "all"
                        ]:
                            own = next(c for c, g in CUTS[margin] if g.items() <= group.items())
                            self._sum((amount, period, margin, own), (amount, period, dimension))
                    if period not in HALVES:
                        parts = {self.place[amount, half, dimension, category]: 1.0 for half in HALVES}
                        self.equal.append({**parts, self.place[amount, period, dimension, category]: -1.0})
                cell = (period, dimension, category)
                self.equal.append({self.place["yes", *cell]: 1.0, self.place["no", *cell]: 1.0,
                                   self.place["n", *cell]: -1.0})  # fmt: skip
        self.less = [{at: 1.0, self.place["n", *key[1:]]: -1.0} for key, at in self.place.items() if key[0] == "again"]

    def _sum(self, total: tuple, parts: tuple) -> None:
        group = dict(next(g for c, g in CUTS[total[2]] if c == total[3]))
        own = [self.place[*parts, c] for c, g in CUTS[parts[2]] if group.items() <= g.items()]
        self.equal.append({**dict.fromkeys(own, 1.0), self.place[total]: -1.0})

    def _matrix(self, rows: list[dict[int, float]]) -> np.ndarray:
        made = np.zeros((len(rows), len(self.place)))
        for at, row in enumerate(rows):
            for column, value in row.items():
                made[at, column] = value
        return made

    def bounds(self, *objective: tuple[tuple, float]) -> tuple[float, float]:
        cost = np.zeros(len(self.place))
        for key, rate in objective:
            cost[self.place[key]] += rate
        known = {
            "A_eq": csr_array(self._matrix(self.equal)),
            "b_eq": np.zeros(len(self.equal)),
            "method": "highs",
            "A_ub": csr_array(self._matrix(self.less)),
            "b_ub": np.zeros(len(self.less)),
            "bounds": self.limits,
        }
        low, high = linprog(cost, **known), linprog(-cost, **known)
        return low.fun, -high.fun if high.status == 0 else np.inf


def found_out(values: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Every amount that is too small and of which more can be said, and every hidden count that can be said exactly."""
    attacker, told = Attacker(shown), []
    truth = {(row["indicator_id"], row["period"], row["dimension"], row["category"]): row
             for row in values.to_dict("records")}  # fmt: skip
    for (name, *cell), row in truth.items():
        amounts = {"n" if name != "AGAIN" else "again": row["n"]}
        objectives = {key: [((key, *cell), 1.0)] for key in amounts}
        if name == "SHARE" and row["n"]:
            amounts |= {"yes": row["numerator"], "no": row["n"] - row["numerator"]}
            objectives |= {key: [((key, *cell), 1.0)] for key in ("yes", "no")}
        if name == "AGAIN":
            amounts["others"] = truth["ALL", *cell]["n"] - row["n"]
            objectives["others"] = [(("n", *cell), 1.0), (("again", *cell), -1.0)]
        for amount, value in amounts.items():
            if not 0 < value < LEAST:
                continue
            low, high = attacker.bounds(*objectives[amount])
            if low > 1 + 1e-6 or high < LEAST - 1 - 1e-6:
                told.append(f"{amount} {cell}: {value} in [{low:g}, {high:g}]")
    for row in shown[(shown["status"] == "suppressed") & (shown["indicator_id"] == "ALL")].to_dict("records"):
        low, high = attacker.bounds((("n", row["period"], row["dimension"], row["category"]), 1.0))
        if high - low < 1 - 1e-6:
            told.append(f"n {row['period']} {row['category']}: [{low:g}, {high:g}]")
    return told


people = st.integers(20, 90).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(0, 2**32 - 1), st.floats(0.05, 0.9), st.floats(0.5, 0.98))
)


def drawn(size: int, seed: int, yes: float, again: float) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({
        "half": random.choice(HALVES, size), "area": random.choice(AREAS, size, p=random.dirichlet([1, 1, 1])),
        "gender": random.choice(GENDERS, size, p=[0.7, 0.3]), "yes": random.random(size) < yes,
        "again": random.random(size) < again,
    })  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(people)
def test_the_attacker_learns_of_a_small_group_only_that_it_is_small(given_: tuple):
    values = published(drawn(*given_))
    shown = protect(values, LEAST, about=ASKED)
    assert found_out(values, shown) == []
    assert not (shown["n"].between(1, LEAST - 1)).any()


def test_without_secondary_suppression_the_same_attacker_succeeds(monkeypatch: pytest.MonkeyPatch):
    values = published(drawn(80, 7, 0.4, 0.8))
    assert found_out(values, protect(values, LEAST, about=ASKED)) == []

    def primary_alone(figures: Figures, first: set[int]) -> set[int]:
        return figures.with_followers({figures.units[cell] for cell in figures.reach if figures.units[cell] >= 0})

    monkeypatch.setattr(together, "hidden_units", primary_alone)
    assert len(found_out(values, protect(values, LEAST, about=ASKED))) > 5


def test_what_one_indicator_leaves_out_of_another_is_a_group_too():
    """AGAIN leaves two of forty out: neither count is small, their difference is."""
    people = pd.DataFrame({"half": ["2024-H1"] * 40, "area": ["x"] * 20 + ["y"] * 20, "gender": ["f", "m"] * 20,
                           "yes": [True, False, False] * 13 + [True], "again": [True] * 38 + [False] * 2})  # fmt: skip
    values = published(people)
    blind = {name: About(about.kind, about.source) for name, about in ASKED.items()}
    assert any(told.startswith("others") for told in found_out(values, protect(values, LEAST, about=blind)))
    assert found_out(values, protect(values, LEAST, about=ASKED)) == []


# The choice ----------------------------------------------------------------------------------------------------------


def cross(counts: np.ndarray, least: float = LEAST) -> Figures:
    """A table with both margins and the whole, each cell a unit of weight 1, margins 3, the whole 9."""
    figures = Figures()
    reach = (1.0, least - 1)

    def cell(value: float, weight: float) -> int:
        return figures.cell(value, figures.unit(weight), reach if 0 < value < least else None, pinned=True)

    inner = np.array([[cell(value, 1.0) for value in row] for row in counts])
    down = [cell(value, 3.0) for value in counts.sum(axis=1)]
    across = [cell(value, 3.0) for value in counts.sum(axis=0)]
    whole = cell(counts.sum(), 9.0)
    figures.lines = [
        *(Line(total, tuple(row), least) for total, row in zip(down, inner.tolist(), strict=True)),
        *(Line(total, tuple(column), least) for total, column in zip(across, inner.T.tolist(), strict=True)),
        Line(whole, tuple(down), least), Line(whole, tuple(across), least),
    ]  # fmt: skip
    return figures


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=9, max_size=9))
def test_no_choice_of_cells_loses_less(drawn_: list[int]):
    """Against all choices there are, of a table small enough to try them."""
    figures = cross(np.array(drawn_, dtype=float).reshape(3, 3))
    found = hidden_units(figures)
    primary = {figures.units[cell] for cell in figures.reach}
    loss = sum(figures.weights[unit] for unit in found)
    others = [unit for unit in range(9) if unit not in primary]
    if not primary or len(others) > 7:
        return
    for size in range(len(others) + 1):
        for more in itertools.combinations(others, size):
            chosen = primary | set(more)
            if sum(figures.weights[unit] for unit in chosen) < loss - 1e-6:
                state = Hiding(figures)
                state.hide(chosen)
                assert state.leaking or state.lacks()


def test_two_small_cells_of_a_shown_whole_are_not_bounded_by_what_is_left():
    """1 and 5 of 2 rows and 2 columns: with 4 cells hidden, the swap of 1 against the smallest opposite cell is all
    there is, so that a 1 opposite would leave it between 0 and 2."""
    figures = cross(np.array([[3.0, 30, 40], [50, 3, 60], [70, 80, 9]]))
    state = Hiding(figures)
    state.hide({0, 1, 3, 4})
    assert not state.leaking
    assert {lack.cell for lack in state.lacks()} == set()  # 30 and 50 leave room enough
    tight = cross(np.array([[3.0, 1, 40], [1, 30, 60], [70, 80, 90]]))
    state = Hiding(tight)
    state.hide({0, 1, 3, 4})
    assert state.leaking or {lack.cell for lack in state.lacks()} >= {0}


def test_many_categories_and_many_indicators_are_done_in_one_go():
    counts = np.random.default_rng(3).geometric(0.05, 3000)
    figures = Figures()
    cells = [figures.cell(float(n), figures.unit(), (1.0, 4.0) if n < 5 else None, pinned=True) for n in counts]
    whole = figures.cell(float(counts.sum()), figures.unit(9.0), pinned=True)
    figures.lines = [Line(whole, tuple(cells), 5.0)]
    assert hidden_units(figures) == set(np.flatnonzero(counts < 5).tolist())
