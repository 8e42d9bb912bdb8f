"""What makes a composite index say nothing: goalposts that are missing, equal or upside down, unlike things averaged.

Found before anything runs, each at its own key. That components exist and form no circle is checked with the theory's
references, that a weight is above zero by the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pipelines.indicators.expressions import Finding
from theory_of_change.model import Component, Index, Indicator
from theory_of_change.problems import listed
from theory_of_change.units import is_fraction, same_unit

Path = tuple[str | int, ...]
#: Goalposts above this are no part of one: 60 written for 60 per cent.
_MOST_OF_A_FRACTION = 5


def index_findings(indicator: Indicator, by_id: Mapping[str, Indicator], path: Path) -> Iterator[tuple[Path, Finding]]:
    """Everything wrong with one index; `path` is that of its measure."""
    index = indicator.measure.index
    assert index is not None
    facts, own = {"indicator": indicator.id}, (*path, "index")
    if indicator.measure.where is not None:
        yield (*path, "where"), Finding("index-with-where", facts)
    if index.least > len(index.of):
        more = {**facts, "found": str(index.at_least), "count": str(len(index.of))}
        yield (*own, "at_least"), Finding("index-at-least-too-many", more)
    twice = [name for name, count in Counter(one.indicator for one in index.of).items() if count > 1]
    for name in twice:
        last = max(at for at, one in enumerate(index.of) if one.indicator == name)
        yield (*own, "of", last, "indicator"), Finding("index-component-twice", {**facts, "component": name})
    for at, one in enumerate(index.of):
        yield from _component(one, index, by_id.get(one.indicator), facts, (*own, "of", at))
    if not index.has_goalposts:
        yield from _unlike(index, by_id, facts, own)


def _component(
    one: Component, index: Index, measured: Indicator | None, facts: Mapping[str, str], path: Path
) -> Iterator[tuple[Path, Finding]]:
    told = {**facts, "component": one.indicator}
    if index.has_goalposts and (one.worst is None or one.best is None):
        lacking = [key for key in ("worst", "best") if getattr(one, key) is None]
        yield path, Finding("index-goalposts-missing", {**told, "keys": listed(lacking)})
        return
    if one.worst is None or one.best is None:
        if one.scale == "log":
            yield (*path, "scale"), Finding("index-log-without-goalposts", told)
        return
    ends = {**told, "worst": f"{one.worst:g}", "best": f"{one.best:g}"}
    if one.worst == one.best:
        yield (*path, "best"), Finding("index-goalposts-equal", ends)
    elif measured and measured.direction == ("down" if one.best > one.worst else "up"):
        yield (*path, "best"), Finding("index-goalposts-reversed", {**ends, "direction": measured.direction})
    if one.scale == "log" and min(one.worst, one.best) <= 0:
        yield (*path, "scale"), Finding("index-log-of-zero", ends)
    if measured and is_fraction(measured.unit, measured.measure.kind):
        most = 1 if measured.measure.kind in ("share", "theme", "funnel") else _MOST_OF_A_FRACTION
        if max(abs(one.worst), abs(one.best)) > most:
            right = {"right_worst": f"{one.worst / 100:g}", "right_best": f"{one.best / 100:g}"}
            yield (*path, "best"), Finding("index-goalposts-in-percent", {**ends, **right})


def _unlike(
    index: Index, by_id: Mapping[str, Indicator], facts: Mapping[str, str], path: Path
) -> Iterator[tuple[Path, Finding]]:
    """Values that are averaged as they are, though they are in different units."""
    known = [by_id[one.indicator] for one in index.of if one.indicator in by_id]
    first = known[0] if known else None
    for one in known[1:]:
        fractions = {is_fraction(each.unit, each.measure.kind) for each in (first, one)}
        if len(fractions) > 1 or not same_unit(first.unit, one.unit):
            units = listed(f"{each.id}: {each.unit.name}" for each in (first, one))
            yield path, Finding("index-of-unlike-units", {**facts, "units": units})
            return
