"""Codes that differ by one slip of the pen: one sign more, fewer or other, or two neighbours swapped. Pure.

Told, never joined: whether two such codes are one person is for somebody to find out who can ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

SHORTEST = 4  # signs; among shorter codes nearly all are one sign apart


def near_misses(some: Sequence[str], others: Sequence[str]) -> list[tuple[str, str]]:
    """Every pair of one code of `some` and one of `others` at distance 1, sorted.

    The distance is that of Damerau and Levenshtein with neighbours swapped once (optimal string alignment). Only codes
    that are the same once one sign is left out of either are compared at all, so the work grows with the number of
    codes and not with that of pairs.
    """
    from rapidfuzz.distance import OSA

    shared: dict[str, list[str]] = defaultdict(list)
    for other in others:
        for shape in _shapes(other):
            shared[shape].append(other)
    pairs = {(one, other) for one in some for shape in _shapes(one) for other in shared.get(shape, ())}
    return sorted(pair for pair in pairs if OSA.distance(*pair, score_cutoff=1) == 1)


def _shapes(code: str) -> Iterator[str]:
    """The code, and the code without each of its signs; nothing for one too short to tell."""
    if len(code) >= SHORTEST:
        yield code
        yield from {code[:place] + code[place + 1 :] for place in range(len(code))}
