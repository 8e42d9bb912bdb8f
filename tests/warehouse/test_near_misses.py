"""Codes one slip of the pen apart are found, all of them and no others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from theory_of_change.identifiers import code_form
from warehouse.near_misses import SHORTEST, near_misses


def test_one_sign_more_fewer_or_other_and_two_swapped() -> None:
    others = ["mario1", "mrio01", "maria01", "maroi01", "luigi77", "mario01"]
    assert near_misses(["mario01"], others) == [
        ("mario01", other) for other in ("maria01", "mario1", "maroi01", "mrio01")
    ]


def test_short_codes_tell_nothing() -> None:
    assert near_misses(["a01"], ["a02"]) == []


CODES = st.lists(st.text("ab01", min_size=3, max_size=6), max_size=12, unique=True)


@settings(max_examples=200, deadline=None)
@given(CODES, CODES)
def test_the_pairs_are_those_that_comparing_every_code_with_every_other_finds(
    some: list[str], others: list[str]
) -> None:
    long = [(a, b) for a in some for b in others if min(len(a), len(b)) >= SHORTEST and OSA.distance(a, b) == 1]
    assert near_misses(some, others) == sorted(long)


def test_what_makes_no_other_person_and_what_does() -> None:
    assert code_form(" Ro 01 à") == code_form("RO01A") == "ro01a"
    assert len({code_form(code) for code in ("RO01", "R001", "1-11", "11-1")}) == 4
