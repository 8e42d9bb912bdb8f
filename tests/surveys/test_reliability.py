"""Cronbach's alpha and its companions agree with what R's `psych::alpha` prints, and with the formula by hand."""

from __future__ import annotations

import numpy as np
import pytest

from surveys.reliability import reliability

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


def test_alpha_and_feldts_interval_as_psych_prints_them() -> None:
    found = reliability(ANSWERS)
    assert found.n == 30
    assert [round(number, 2) for number in (found.low, found.alpha, found.high)] == [0.74, 0.84, 0.92]


def test_item_rest_correlations_and_alpha_without_each_item_as_psych_prints_them() -> None:
    found = reliability(ANSWERS).items
    assert [round(item.item_rest, 2) for item in found] == [0.67, 0.74, 0.56, 0.71, 0.79, 0.27, 0.46]  # r.drop
    assert [round(item.alpha_without, 2) for item in found] == [0.81, 0.8, 0.83, 0.8, 0.8, 0.86, 0.84]


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
