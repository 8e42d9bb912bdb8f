"""Which comparisons a reader makes: every value with its baseline, with the period before, and with the other groups.

Only what may be shown is compared: cells that are held back come in as hidden and go out as hidden. Numbers are set
against each other in `comparisons`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipelines.indicators.measures import ALL, CROSS
from pipelines.indicators.series import Levels
from theory_of_change.model import Baseline, Indicator, TheoryOfChange
from theory_of_change.programme import Period, Programme

Against = Literal["baseline", "previous_period", "group", "first_answer"]
Cell = tuple[str, str, str]  # period, dimension, category

#: The other groups of a dimension taken together, as `other_category`.
REST = "rest"
#: With more groups than this no group is set against the others: nobody reads so many comparisons.
MOST_GROUPS = 60
#: Measures whose values are no estimate of one quantity over groups: a total of one group is no more than another's.
_NOT_BETWEEN_GROUPS = ("sum", "count", "distinct", "milestone", "network", "formula", "index", "rubric")


@dataclass(frozen=True)
class Pair:
    """Two sides of a comparison. The other side is a cell of the same indicator, of another, or a stated number; the
    others of a dimension together are `others`. `reason` says why the two cannot be compared."""

    cell: Cell
    against: Against
    other: Cell | None = None
    other_indicator: str | None = None
    number: float | None = None
    others: tuple[Cell, ...] = ()
    is_hidden: bool = False
    reason: tuple[str, Mapping[str, str]] | None = None


def pairs_of(
    indicator: Indicator, states: Mapping[str, Mapping[Cell, str]], theory: TheoryOfChange, programme: Programme
) -> Iterator[Pair]:
    """Every comparison of one indicator. `states` is the status of every published cell, indicator by indicator."""
    own = {cell: state for cell, state in states.get(indicator.id, {}).items() if state in ("ok", "suppressed")}
    if indicator.measure.kind == "milestone":
        return
    periods = {period.name: period for period in programme.calendar.periods}
    runs, unequal = _runs(programme), _unequal(indicator, own, programme)
    baselines = [one for one in theory.baselines if one.indicator == indicator.id]
    for cell in own:
        for pair in (*_with_start(indicator, cell, own, states, baselines, periods),
                     *_with_previous(indicator, cell, own, runs, periods)):  # fmt: skip
            is_unequal = pair.other and not pair.is_hidden and unequal(pair.other[0], cell[0])
            yield replace(pair, reason=("unequal-periods", {})) if is_unequal else pair
    if indicator.measure.kind not in _NOT_BETWEEN_GROUPS:
        yield from _between_groups(own)
    if indicator.measure.kind == "change":
        yield from (Pair(cell, "first_answer", is_hidden=state != "ok") for cell, state in own.items())


def _runs(programme: Programme) -> dict[str, tuple[str, ...]]:
    """For every period those of the same length before it, the latest first; the whole has none."""
    calendar = programme.calendar
    found: dict[str, tuple[str, ...]] = {}
    for level in {period.level for period in calendar.periods if period.name != ALL}:
        names = [period.name for period in calendar.periods if period.level == level and period.name != ALL]
        found |= {name: tuple(reversed(names[:place])) for place, name in enumerate(names)}
    return found


def _unequal(indicator: Indicator, own: Mapping[Cell, str], programme: Programme) -> Callable[[str, str], bool]:
    """Whether two periods are not equally long as far as there are data: a total of half a year is no less than that of
    the whole year before. Shares and means are of what there is."""
    parts = Levels(programme.calendar)

    def length(period: str) -> int:
        within = (period,) if period in parts.fine else parts.parts(period)
        return sum((part, ALL, ALL) in own for part in within)

    if indicator.measure.kind not in ("sum", "count", "distinct"):
        return lambda before, now: False
    return lambda before, now: length(before) != length(now)


def _with_previous(
    indicator: Indicator, cell: Cell, own: Mapping[Cell, str], runs: Mapping[str, Sequence[str]],
    periods: Mapping[str, Period],
) -> Iterator[Pair]:  # fmt: skip
    """The latest earlier period with a value that is shown; where all are hidden, the latest hidden one."""
    period, dimension, category = cell
    before = [(name, dimension, category) for name in runs.get(period, ()) if (name, dimension, category) in own]
    if not before:
        return
    other = next((one for one in before if own[one] == "ok"), before[0])
    hidden = own[cell] != "ok" or own[other] != "ok"
    reason = None if hidden else _apart(indicator, periods[other[0]], periods[period])
    yield Pair(cell, "previous_period", other, is_hidden=hidden, reason=reason)


def _with_start(
    indicator: Indicator, cell: Cell, own: Mapping[Cell, str], states: Mapping[str, Mapping[Cell, str]],
    baselines: Sequence[Baseline], periods: Mapping[str, Period],
) -> Iterator[Pair]:  # fmt: skip
    """The start of exactly this category, else the first one that is taken category by category, as in `progress.sql`.
    A period is not compared with one that lies within it, begins after it, or is itself."""
    period, dimension, category = cell
    exact = [one for one in baselines if _cell_of(one, dimension) == (dimension, category)]
    common = [one for one in baselines if not one.disaggregation and one.value is None and one.published is None]
    start = next(iter([*exact, *common]), None)
    if start is None:
        return
    hidden, now = own[cell] != "ok", periods[period]
    if start.period:
        other = (start.period, dimension, category)
        if other not in own or start.period not in periods or periods[start.period].end >= now.start:
            return
        hidden |= own[other] != "ok"
        reason = None if hidden else _apart(indicator, periods[start.period], now)
        yield Pair(cell, "baseline", other, is_hidden=hidden, reason=reason)
    elif start.value_from:
        state = states.get(start.value_from, {}).get(cell)
        if state in ("ok", "suppressed"):
            yield Pair(cell, "baseline", cell, start.value_from, is_hidden=hidden or state != "ok")
    else:
        number = start.published.value if start.published else start.value
        day = start.date or (start.published.as_of if start.published else None)
        reason = None if hidden or day is None else _apart(indicator, Period(str(day), day, day), now)
        yield Pair(cell, "baseline", number=number, is_hidden=hidden, reason=reason)


def _cell_of(baseline: Baseline, dimension: str) -> tuple[str, str]:
    """Dimension and category a baseline is stated for, a cross in the order of the dimension asked about."""
    if not baseline.disaggregation:
        return ALL, ALL
    names = dimension.split(CROSS)
    order = names if set(names) == set(baseline.disaggregation) else list(baseline.disaggregation)
    return CROSS.join(order), " / ".join(baseline.disaggregation[name] for name in order)


def _between_groups(own: Mapping[Cell, str]) -> Iterator[Pair]:
    """Each group against the others of its dimension that are shown; of two groups, the first against the second."""
    strips: dict[tuple[str, str], list[Cell]] = {}
    for cell in own:
        if cell[1] != ALL:
            strips.setdefault(cell[:2], []).append(cell)
    for cells in strips.values():
        shown = [cell for cell in cells if own[cell] == "ok"]
        yield from (Pair(cell, "group", is_hidden=True) for cell in cells if own[cell] != "ok")
        if len(shown) == 2:
            yield Pair(shown[0], "group", shown[1])
        elif 2 < len(shown) <= MOST_GROUPS:
            yield from (Pair(cell, "group", others=tuple(shown)) for cell in shown)


def _apart(indicator: Indicator, before: Period, now: Period) -> tuple[str, dict[str, Any]] | None:
    """Why values of the two periods are not made alike: the definition holds from a day between them, and nobody said
    how what came before compares (`bridge`)."""
    day: dt.date | None = indicator.valid_from
    if day is None or indicator.bridge is not None or before.start >= day or now.end < day:
        return None
    return "definition-changed", {"day": day.isoformat()}
