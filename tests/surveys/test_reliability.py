"""Cronbach's alpha and its companions agree with printed results of others, and with the formulas by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from surveys.reliability import reliability
from surveys.scoring import scored_answers

# Where the printed numbers stand:
# [psych]     W. Revelle, psych 2.0.12, inst/doc/overview.pdf ("An overview of the psych package"; on GitHub in
#             cran/psych, version 2.0.12), pages 43 to 45: alpha(attitude), and the same with
#             keys=c("complaints","critical")
# [pingouin]  github.com/raphaelvallat/pingouin, tests/test_reliability.py: Feldt's interval, held there against
#             psych; the answers are pingouin/datasets/cronbach_alpha.csv, an example of real-statistics.com
# [StatsBase] github.com/JuliaStats/StatsBase.jl, example in the documentation of `cronbachalpha`

#: The 30 departments of Chatterjee and Price, Regression Analysis by Example: R's dataset `attitude`.
ATTITUDE = {
    "rating": "43 63 71 61 81 43 58 71 72 67 64 67 69 68 77 81 74 65 65 50 50 64 53 40 63 66 78 48 85 82",
    "complaints": "51 64 70 63 78 55 67 75 82 61 53 60 62 83 77 90 85 60 70 58 40 61 66 37 54 77 75 57 85 82",
    "privileges": "30 51 68 45 56 49 42 50 72 45 53 47 57 83 54 50 64 65 46 68 33 52 52 42 42 66 58 44 71 39",
    "learning": "39 54 69 47 66 44 56 55 67 47 58 39 42 45 72 72 69 75 57 54 34 62 50 58 48 63 74 45 71 59",
    "raises": "61 63 76 54 71 54 66 70 71 62 58 59 55 59 79 60 79 55 75 64 43 66 63 50 66 88 80 51 77 64",
    "critical": "92 73 86 84 83 49 68 66 83 80 67 74 63 77 77 54 79 80 85 78 64 80 80 57 75 76 78 83 74 78",
    "advance": "45 47 48 35 47 34 35 41 31 41 34 41 25 35 46 36 63 60 46 52 33 41 37 49 33 72 49 38 55 39",
}
ANSWERS = np.column_stack([np.array(line.split(), dtype=float) for line in ATTITUDE.values()])


def rounded(found: list[float | None], digits: int = 2) -> list[float]:
    return [round(number, digits) for number in found]


def test_alpha_and_alpha_without_each_item() -> None:
    found = reliability(ANSWERS)  # [psych] page 44
    assert found.n == 30 and rounded([found.alpha]) == [0.84]
    assert rounded([item.alpha_without for item in found.items]) == [0.81, 0.8, 0.83, 0.8, 0.8, 0.86, 0.84]


def test_an_item_is_correlated_with_the_sum_of_the_others() -> None:
    found = reliability(ANSWERS).items  # [psych] page 45, column r.drop
    assert rounded([item.item_rest for item in found]) == [0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46]
    table = pd.DataFrame(ANSWERS)  # and the same to the last digit by another way
    rest = [table[one].corr(table.drop(columns=one).sum(axis=1)) for one in table]
    assert [item.item_rest for item in found] == pytest.approx(rest, abs=1e-12)


def test_a_wrongly_reversed_item_shows() -> None:
    frame = pd.DataFrame(dict(zip(ATTITUDE, ANSWERS.T, strict=True)))
    turned = scored_answers(frame, list(ATTITUDE), reverse=["complaints", "critical"], range=(25, 92))
    found = reliability(turned)  # [psych] pages 43 and 44
    assert rounded([found.alpha]) == [0.18]
    assert rounded([item.alpha_without for item in found.items], 3) == [
        -0.023, 0.689, -0.133, -0.459, -0.178, 0.364, -0.137]  # fmt: skip
    assert rounded([item.item_rest for item in found.items]) == [0.28, -0.75, 0.39, 0.7, 0.5, -0.27, 0.46]
    assert turned.mean(axis=0).round().tolist() == [65, 50, 53, 56, 65, 42, 43]


#: Fifteen answers to ten questions: [pingouin].
TEN = [
    "3 5 7 2 6 1 4 2 6 5 4 4 5 6 4", "2 4 3 4 5 2 3 4 5 4 3 2 5 5 3", "4 6 5 3 6 3 5 4 5 6 5 3 6 5 5",
    "1 3 5 3 5 4 3 3 5 4 2 2 2 4 5", "4 5 6 2 4 2 5 7 1 3 5 5 3 2 3", "5 1 4 2 4 5 2 2 6 5 3 3 3 2 1",
    "1 2 3 2 4 2 1 2 5 3 2 4 2 1 3", "4 5 3 6 6 3 2 4 2 1 3 2 4 4 2", "3 5 6 6 7 5 4 6 3 7 4 3 4 6 3",
    "2 5 5 3 5 2 3 5 2 2 1 4 5 5 4",
]  # fmt: skip


def test_feldts_interval() -> None:
    found = reliability(np.column_stack([np.array(line.split(), dtype=float) for line in TEN]))
    assert rounded([found.low, found.alpha, found.high], 3) == [0.195, 0.592, 0.84]  # [pingouin]


def test_feldts_interval_holds_alpha_as_often_as_it_says() -> None:
    # parallel items with correlation 1/2: alpha of the population is 4 · 0.5 / (1 + 3 · 0.5) = 0.8
    chance = np.random.default_rng(1)
    within = 0
    for _ in range(2000):
        answers = chance.normal(size=(25, 1)) + chance.normal(size=(25, 4))
        found = reliability(answers)
        within += found.low <= 0.8 <= found.high
    assert within / 2000 == pytest.approx(0.95, abs=0.015)  # three standard errors of 2,000 draws


def test_alpha_of_given_covariances() -> None:
    # answers whose covariances are exactly those of [StatsBase]: 6 between items, 10 to 13 within
    shared = np.full((4, 4), 6.0) + np.diag([4.0, 5, 6, 7])
    start = np.random.default_rng(0).normal(size=(50, 4))
    start -= start.mean(axis=0)
    white = start @ np.linalg.inv(np.linalg.cholesky(np.cov(start, rowvar=False))).T
    found = reliability(white @ np.linalg.cholesky(shared).T)
    assert rounded([found.alpha, *(item.alpha_without for item in found.items)], 4) == [
        0.8136, 0.75, 0.7606, 0.7714, 0.7826]  # fmt: skip


def test_the_formula_by_hand() -> None:
    # variances of the items 1, 1, 4/3; sums 4, 8, 10 with variance 28/3: 3/2 · (1 − (10/3) / (28/3)) = 27/28
    answers = np.array([[1, 2, 1], [2, 3, 3], [3, 4, 3]], dtype=float)
    assert reliability(answers).alpha == pytest.approx(27 / 28, abs=1e-12)


def test_rows_without_an_answer_to_every_item_take_no_part() -> None:
    some_missing = np.vstack([ANSWERS, np.full((3, 7), np.nan), np.r_[np.nan, np.ones(6)]])
    assert reliability(some_missing) == reliability(ANSWERS)


@pytest.mark.parametrize("answers", [np.ones((5, 3)), np.ones((1, 3)), np.ones((0, 3)), np.arange(4.0)[:, None]])
def test_where_nothing_can_be_said_nothing_is(answers: np.ndarray) -> None:
    found = reliability(answers)
    assert (found.alpha, found.low, found.high) == (None, None, None)
    assert {item.item_rest for item in found.items} == {None}


def test_a_scale_at_odds_with_itself_has_a_negative_alpha() -> None:
    turned = np.column_stack([[1, 2, 3, 4.5], [4, 3, 2, 1]])
    assert reliability(turned).alpha < 0
