"""Scores of scales, computed by hand beside the call."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.scoring import score

ITEMS = ["lon1", "lon2", "lon3"]


def answers(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=ITEMS).astype("Int64")


def scored(frame: pd.DataFrame, **how: object) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in score(frame, ITEMS, **how)]


FRAME = answers((1, 2, 4), (4, 4, 4), (1, None, 4), (None, 3, None), (None, None, None))


def test_the_mean_needs_every_item_unless_the_contract_says_otherwise() -> None:
    assert scored(FRAME) == [pytest.approx(7 / 3), 4, None, None, None]


def test_with_at_least_two_the_mean_is_that_of_the_items_answered() -> None:
    assert scored(FRAME, at_least=2) == [pytest.approx(7 / 3), 4, 2.5, None, None]


def test_nobody_gets_a_score_for_no_answer() -> None:
    assert scored(FRAME, at_least=1) == [pytest.approx(7 / 3), 4, 2.5, 3, None]


def test_a_reversed_item_counts_from_the_other_end() -> None:
    # range 1 to 4: 1, 5 - 2 = 3, 4 -> 8/3;  4, 5 - 4 = 1, 4 -> 9/3;  1, -, 4 -> 5/2;  5 - 3 = 2
    found = scored(FRAME, reverse=["lon2"], range=(1, 4), at_least=1)
    assert found == [pytest.approx(8 / 3), 3, 2.5, 2, None]


def test_the_sum_of_all_items_is_their_plain_sum() -> None:
    assert scored(FRAME, score="sum") == [7, 12, None, None, None]


def test_a_missing_item_takes_the_persons_own_mean_in_the_sum() -> None:
    # 1 + 4 = 5 over two items: 2.5 a piece, 7.5 over three;  3 over one: 9 over three
    assert scored(FRAME, score="sum", at_least=1) == [7, 12, 7.5, 9, None]


def test_yes_and_no_count_one_and_zero() -> None:
    frame = pd.DataFrame({"lon1": [True, None], "lon2": [False, False], "lon3": [True, True]}).astype("boolean")
    assert scored(frame, score="sum", at_least=2) == [2, 1.5]


def test_an_empty_table_gives_an_empty_score() -> None:
    assert scored(answers()) == []


def test_reversing_without_a_range_or_an_item_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="range"):
        score(FRAME, ITEMS, reverse=["lon2"])
    with pytest.raises(ValueError, match="lon9"):
        score(FRAME, ["lon9"])
    with pytest.raises(ValueError, match="lon2"):
        score(FRAME, ["lon1"], reverse=["lon2"], range=(1, 4))


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.none() | st.integers(1, 4)] * 3), max_size=8), st.integers(1, 3))
def test_reversing_everything_turns_the_mean_around(rows: list[tuple], at_least: int) -> None:
    frame = answers(*rows)
    straight = scored(frame, at_least=at_least)
    turned = scored(frame, reverse=ITEMS, range=(1, 4), at_least=at_least)
    for (one, other), row in zip(zip(straight, turned, strict=True), rows, strict=True):
        assert (one is None) == (other is None) == (sum(item is not None for item in row) < at_least)
        assert one is None or one + other == pytest.approx(5)
