"""Ratings against printed examples and arithmetic by hand."""

from __future__ import annotations

import math

import pytest

from pipelines.analysis.rating_tests import compared, holm, summary


def test_quartiles_mean_and_spread():
    found = summary([1, 2, 2, 3, 7])
    assert (found.median, found.q1, found.q3, found.mean) == (2, 2, 3, 3)
    assert found.counts == {1: 1, 2: 2, 3: 1, 7: 1}


def test_a_near_census_has_a_narrow_interval():
    """51 of at most 57 with a spread of 2: half-widths 0.56 and 0.18."""
    scores = [4, 8] * 25 + [6]
    spread = math.sqrt(sum((s - 6) ** 2 for s in scores) / 50)
    plain, near = summary(scores), summary(scores, 57)
    half = 2.00856 * spread / math.sqrt(51)  # t with 50 degrees of freedom
    assert plain.high - plain.mean == pytest.approx(half, rel=1e-4)
    assert near.high - near.mean == pytest.approx(half * math.sqrt(6 / 57), rel=1e-4)


def test_one_score_has_no_interval():
    assert summary([5]).low is None


def test_kruskal_wallis_by_hand():
    """Ranks 1, 2 | 3, 4 | 5, 6: H = 12/42 (9/2 + 49/2 + 121/2) - 21 = 32/7."""
    found = compared([[1, 2], [3, 4], [5, 6]])
    assert found.test == "kruskal-wallis" and found.statistic == pytest.approx(32 / 7)


def test_two_groups_are_compared_by_mann_whitney_with_ties():
    """3 against 1 and 2 twice won, once tied: U = 3.5 of 4."""
    found = compared([[2, 3], [1, 2]])
    assert (found.test, found.statistic, found.effect) == ("mann-whitney", 3.5, 0.875)


@pytest.mark.parametrize("groups", [[[1, 2]], [[1, 2], []], [[3, 3], [3]]])
def test_what_cannot_differ_is_not_tested(groups):
    assert compared(groups) is None


def test_holm_multiplies_the_smallest_most():
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
