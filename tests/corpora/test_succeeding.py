"""A project exported again under another name brings only what changed; two rounds of coding stay two."""

from __future__ import annotations

import pytest

from surveys.corpora.coding import Coded
from surveys.corpora.succeeding import Holds, succession


def holds(*codings: str, documents: str = "D1 D2", codes: str = "a b") -> Holds:
    """Codings as `D1 a Ada 10-20`."""
    coded = []
    for one in codings:
        document, code, coder, place = one.split()
        start, end = place.split("-")
        coded.append(Coded(document, code, None if coder == "-" else coder, int(start), int(end), "placed", ""))
    return Holds(coded, documents.split(), codes.split())


EARLIER = ("D1 a Ada 0-10", "D1 b Ada 20-30", "D2 a Ada 0-10")


@pytest.mark.parametrize(
    ("later", "replaced", "contested"),
    [
        (holds(*EARLIER), {0, 1, 2}, 0),  # a copy
        (holds("D1 a Ada 0-10", "D1 b Ada 22-30"), {0, 1, 2}, 0),  # one moved, one taken away
        (holds("D1 a Ada 0-10", "D1 b Ada 20-30", documents="D1"), {0, 1}, 0),  # has nothing of the other document
        (holds("D1 a Ada 0-10", "D2 a Ada 0-10", codes="a"), {0, 2}, 0),  # nor of the other code
        (holds("D1 a Bice 0-10", "D1 b Bice 20-30", "D2 a Bice 0-10"), set(), 0),  # somebody else's
        (holds("D1 a Ada 50-60", "D2 b Ada 70-80", "D1 a Ada 0-10"), {0}, 2),  # a second round of the same coder
        (holds("D1 a Ada 50-60"), set(), 3),
        (holds("D1 a - 0-10", "D1 b - 20-30", "D2 a - 0-10"), set(), 0),  # a file that names no coder
    ],
)
def test_what_a_later_file_replaces(later: Holds, replaced: set[int], contested: int) -> None:
    found = succession(holds(*EARLIER), later)
    assert (found.replaced, found.contested) == (replaced, contested)


def test_codings_without_a_coder_succeed_each_other_too() -> None:
    found = succession(holds("D1 a - 0-10", "D1 b - 20-30"), holds("D1 a - 0-12"))
    assert (found.replaced, found.contested) == ({0, 1}, 0)


def test_codings_that_found_no_place_hold_nothing_up() -> None:
    looked_at = Coded("D1", "b", "Ada", None, None, "look", "beyond")
    earlier = Holds([*holds("D1 a Ada 0-10").coded, looked_at], {"D1"}, {"a", "b"})
    found = succession(earlier, holds("D1 a Ada 0-10", "D1 b Ada 3-9"))
    assert (found.replaced, found.contested) == ({0, 1}, 0)
    assert succession(Holds([looked_at], {"D1"}, {"b"}), holds("D1 b Ada 3-9")).contested == 0
