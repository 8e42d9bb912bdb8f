"""From codings to what coders can be compared on: for each unit of text, who gave it a code and who did not.

A unit is a turn or paragraph, a whole document, or a character. Who did not read a document says nothing about it: that
is missing, not a 0. The coefficients are in `agreement`.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.corpora.agreement import Ratings

Unit = Literal["document", "turn", "character"]
Span = tuple[int, int]


@dataclass(frozen=True)
class Coded:
    """One coder's coding of a stretch of a document."""

    document: str
    coder: str
    code: str
    start: int
    end: int


def ratings_of(
    codings: Sequence[Coded],
    units: Mapping[str, Sequence[Span]],
    codes: Sequence[str],
    unit: Unit = "turn",
    read: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Ratings]:
    """For each code whether each coder gave it (1) or not (0) to each unit, and under `all` every code together.

    `units` are the turns or paragraphs of each document, in code points; with `document` each document is one unit,
    with `character` each character of them. A coder touches a turn by coding any character of it. `read` names who read
    a document; where it says nothing, those who coded anything in it. Who did not read a document is missing there, not
    a 0: a coder who coded nothing tells nothing. Documents that fewer than two read are left out.
    """
    by_document: dict[str, dict[str, dict[str, list[Span]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for one in codings:
        by_document[one.document][one.coder][one.code].append((one.start, one.end))
    readers = {
        document: sorted(set(read[document]) if read and document in read else by_document[document])
        for document in units
    }
    shared = [document for document in units if len(readers[document]) > 1 and units[document]]
    coders = sorted({coder for document in shared for coder in readers[document]})
    found: dict[str, Ratings] = {}
    every: tuple[list, list, list] = ([], [], [])
    for code in codes:
        values, clusters, weights = [], [], []
        for document in shared:
            spans = {coder: sorted(by_document[document][coder][code]) for coder in readers[document]}
            for span, weight in _pieces(units[document], spans.values(), unit):
                values.append(tuple(int(_touches(spans[coder], span)) if coder in spans else None for coder in coders))
                clusters.append(document)
                weights.append(weight)
        found[code] = _rated(values, clusters, weights, unit)
        for all_of, own in zip(every, (values, clusters, weights), strict=True):
            all_of += own
    found["all"] = _rated(*every, unit, pooled=True)
    return found


def _rated(values: list, clusters: list, weights: list, unit: Unit, pooled: bool = False) -> Ratings:
    """Documents judged on one code are independent of each other; turns, characters and several codes are not."""
    tied = tuple(clusters) if unit != "document" or pooled else ()
    return Ratings(tuple(values), tied, tuple(weights) if unit == "character" else (), unit)


def _pieces(turns: Sequence[Span], spans: Iterable[Sequence[Span]], unit: Unit) -> list[tuple[Span, int]]:
    """The units of a document with how many each stands for; characters between two borders are all alike."""
    if unit == "document":
        return [((min(start for start, _ in turns), max(end for _, end in turns)), 1)]
    if unit == "turn":
        return [(turn, 1) for turn in turns]
    pieces = []
    borders = sorted({border for each in spans for span in each for border in span})
    for start, end in turns:
        inner = [start, *(border for border in borders if start < border < end), end]
        pieces += [((one, other), other - one) for one, other in itertools.pairwise(inner) if other > one]
    return pieces


def _touches(spans: Sequence[Span], unit: Span) -> bool:
    return any(start < unit[1] and unit[0] < end for start, end in spans)


def paragraphs(text: str) -> list[Span]:
    """The lines of a text that hold anything: the units of a document whose turns are not known."""
    spans, at = [], 0
    for line in text.split("\n"):
        if line.strip():
            spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans
