"""How the rows of one indicator add up: categories to the whole, crosses to margins, periods to years and the whole.

Works on names and counts alone. What follows for what may be shown is in `disclosure`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ALL, CROSS, BOTH = "all", " x ", " / "


def sums_of(rows: pd.DataFrame, repeats_last: bool = False) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Row numbers of every total with those of its parts, for one indicator: categories within a period, crosses to
    each of their margins, periods to the years and the whole. With `repeats_last` a year is its last period."""
    place = dict(
        zip(rows[["period", "dimension", "category"]].itertuples(index=False, name=None), rows.index, strict=True)
    )
    yield from _sums_of_categories(place)
    yield from _sums_of_periods(place, rows, repeats_last)


def _sums_of_categories(place: Mapping[tuple[str, str, str], int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    published = {tuple(sorted(_dimensions(dimension))): dimension for _, dimension, _ in place}
    known: dict[str, set[str]] = defaultdict(set)
    for _, dimension, category in place:
        if CROSS not in dimension:
            known[dimension].add(category)
    parts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (period, dimension, category), row in place.items():
        names = _dimensions(dimension)
        value = dict(zip(names, _categories(category, names, known), strict=True))
        for size in range(len(names) + 1):
            for subset in combinations(sorted(names), size):
                if (margin := published.get(subset)) not in (None, dimension):
                    order = _dimensions(margin)
                    parts[period, margin, BOTH.join(value[name] for name in order) or ALL, dimension].append(row)
    for (*key, _), members in parts.items():
        if (total := place.get(tuple(key))) is not None:
            yield total, tuple(members)


def _dimensions(dimension: str) -> list[str]:
    """Names of the dimensions a cross joins; none for the whole."""
    return [] if dimension == ALL else dimension.split(CROSS)


def _categories(category: str, names: Sequence[str], known: Mapping[str, Collection[str]]) -> list[str]:
    """One category for each dimension of a cross. Where a category's own text holds the separator, the way of cutting
    that yields categories published on their own is the right one."""
    pieces = category.split(BOTH) if len(names) > 1 else [category][: len(names)]
    if len(pieces) <= len(names):
        return pieces + [""] * (len(names) - len(pieces))
    ways = [
        [BOTH.join(pieces[a:b]) for a, b in zip((0, *cuts), (*cuts, len(pieces)), strict=True)]
        for cuts in combinations(range(1, len(pieces)), len(names) - 1)
    ]
    fitting = [way for way in ways if all(part in known[name] for part, name in zip(way, names, strict=True))]
    return (fitting or ways)[0]


def _sums_of_periods(
    place: Mapping[tuple[str, str, str], int], rows: pd.DataFrame, repeats_last: bool
) -> Iterator[tuple[int, tuple[int, ...]]]:
    counts = rows["n"].astype(float)
    names = sorted({period for period, _, _ in place} - {ALL})
    finest, years = [name for name in names if "-" in name] or names, [name for name in names if "-" not in name]
    for (period, dimension, category), total in place.items():
        if period in finest:
            continue
        ways = [finest, years] if period == ALL else [[name for name in finest if name.startswith(f"{period}-")]]
        for within in ways if years != finest else ways[:1]:
            parts = [place[name, dimension, category] for name in within if (name, dimension, category) in place]
            parts = [part for part in parts if counts[part] > 0]
            if parts:
                yield total, tuple(parts[-1:] if repeats_last else parts)
