"""Figures said approximately stay so through arithmetic, and read alike in both languages."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory_of_change.approximation import RELATIONS, Approximate, agrees, decimals_of, said
from theory_of_change.model import Approximation


@pytest.mark.parametrize(
    ("approx", "italian", "english"),
    [
        (None, "250", "250"),
        ("circa", "circa 250", "about 250"),
        ("about", "circa 250", "about 250"),
        ("oltre", "oltre 250", "over 250"),
        ("over", "oltre 250", "over 250"),
        ("almeno", "almeno 250", "at least 250"),
        ("at_least", "almeno 250", "at least 250"),
        ("quasi", "quasi 250", "almost 250"),
        ("almost", "quasi 250", "almost 250"),
    ],
)
def test_a_figure_is_printed_as_it_was_said(approx: str | None, italian: str, english: str) -> None:
    assert said("250", approx, "it") == italian
    assert said("250", approx, "en") == said("250", approx, "fr") == english
    assert Approximate.of(250, approx).text("it") == italian
    assert Approximate.of(250, approx).text("en") == english


def test_every_word_of_the_vocabulary_has_its_meaning() -> None:
    assert set(RELATIONS) == set(get_args(Approximation))


def test_circa_250_people_in_7_laboratories_are_circa_36_each() -> None:
    each = Approximate.of(250, "circa") / 7
    assert each.text("it", 1) == "circa 35,7"
    assert each.text("en", 1) == "about 35.7"
    assert not each.is_exact


@pytest.mark.parametrize(
    ("computed", "words"),
    [
        (Approximate.of(27, "oltre") * 2, "over 54"),
        (54 / Approximate.of(27, "oltre"), "almost 2"),
        (10 / Approximate.of(5, "almeno"), "at most 2"),
        (100 - Approximate.of(40, "quasi"), "over 60"),
        (Approximate.of(10, "over") + Approximate.of(10, "at_least"), "over 20"),
        (Approximate.of(10, "over") + Approximate.of(10, "almost"), "about 20"),
        (Approximate.of(10, "over") - Approximate.of(4, "over"), "about 6"),
        (Approximate.of(10, "at_least") * -1, "at most -10"),
        (Approximate.of(10, "about") * 0, "0"),
        (3 * Approximate(4), "12"),
        (Approximate.of(1234567.891, "circa"), "about 1,234,567.891"),
    ],
)
def test_what_can_still_be_said_survives_and_no_more(computed: Approximate, words: str) -> None:
    assert computed.text("en") == words


_NUMBERS = st.floats(0.5, 50, allow_nan=False)
_HOW = st.sampled_from(["~", ">", ">=", "<", "<="])


def _truths(number: Approximate) -> list[float]:
    """Some values the truth may have, where the relation says which."""
    slips = {"=": (0,), ">": (0.1, 0.4), ">=": (0, 0.4), "<": (-0.1, -0.4), "<=": (0, -0.4), "~": ()}
    return [number.value + slip for slip in slips[number.relation]]


def _holds(number: Approximate, truth: float) -> bool:
    room = 1e-9 * max(1, abs(truth))
    return {
        "=": abs(truth - number.value) <= room,
        ">": truth > number.value - room,
        ">=": truth >= number.value - room,
        "<": truth < number.value + room,
        "<=": truth <= number.value + room,
        "~": True,
    }[number.relation]


@given(_NUMBERS, _HOW, _NUMBERS, _HOW)
def test_no_arithmetic_claims_what_may_be_false(x: float, how: str, y: float, other: str) -> None:
    left, right = Approximate(x, how), Approximate(y, other)
    for a in _truths(left):
        for b in _truths(right):
            assert _holds(left + right, a + b)
            assert _holds(left - right, a - b)
            assert _holds(left * right, a * b)
            assert _holds(left / right, a / b)


@pytest.mark.parametrize(
    ("figure", "approx", "computed", "true"),
    [
        (35.9, None, 35.915, True),
        (35.9, None, 35.96, False),
        (60, None, 60.49, True),
        (250, "circa", 243, True),
        (250, "circa", 230, False),
        (27, "oltre", 30.4, True),
        (27, "oltre", 26.9, False),
        (27, "oltre", 60, False),
        (2, "almeno", 2, True),
        (2, "almeno", 1, False),
        (50, "quasi", 48, True),
        (50, "quasi", 50, False),
    ],
)
def test_a_figure_is_found_again_as_precisely_as_it_was_said(
    figure: float, approx: str | None, computed: float, true: bool
) -> None:
    assert agrees(figure, approx, computed) is true


def test_decimals_are_those_the_figure_was_given_with() -> None:
    assert [decimals_of(value) for value in (60, 11.6, 0.25, 1e6)] == [0, 1, 2, 0]
