"""Rounded shares lead back to the counts they came from, exactly as far as rounding allows."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from theory_of_change.compositions import counts, total


def test_four_shares_of_95_bodies_have_one_answer_and_leave_eleven() -> None:
    found = counts([60, 12, 11, 6], 95)
    assert found.each == ((57, 57), (11, 11), (10, 10), (6, 6))
    assert found.certain
    assert found.remainder == (11, 11)
    assert total([60, 12, 11, 6]) == (Decimal(89), Decimal(2))


def test_shares_may_be_of_one_instead_of_a_hundred() -> None:
    assert counts([0.6, 0.12], 95, whole=1).each == ((57, 57), (11, 11))


def test_more_than_one_count_is_told_as_a_range() -> None:
    found = counts([10, 90], 1000)
    assert found.each == ((95, 105), (895, 905))
    assert found.possible and not found.certain
    assert found.remainder == (-10, 10)


def test_a_share_no_count_can_give_is_impossible() -> None:
    assert not counts([60, 40], 7).possible
    assert not counts([60, 60], 5).possible
    assert counts([60, 40], 5).certain


@given(st.integers(1, 400).flatmap(lambda base: st.tuples(st.just(base), st.integers(0, base))), st.integers(0, 2))
def test_the_true_count_is_always_among_those_found(of: tuple[int, int], decimals: int) -> None:
    base, count = of
    low, high = counts([round(100 * count / base, decimals)], base).each[0]
    # a share given with fewer decimals than it was rounded to leaves the more room
    assert low <= count <= high


def test_the_sum_knows_how_far_rounding_may_have_moved_it() -> None:
    assert total([33.3, 33.3, 33.3]) == (Decimal("99.9"), Decimal("0.15"))
