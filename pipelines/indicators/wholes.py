"""What wholes and parts say of each other in their notes: rows without a category, categories merged, silent areas.

Words beside numbers that stand already; the numbers come from `estimates`, the grid they stand on from `series`. What
counts of different people say once disclosure control is through is in `overlaps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.indicators.measures import ALL, BOTH, CROSS, Breakdown, Task
from pipelines.indicators.notes import guarded_count, note
from theory_of_change.model import Area
from theory_of_change.programme import Period, Programme

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from pipelines.indicators.estimates import Estimates
    from pipelines.indicators.series import Grid


def say_what_has_no_category(
    task: Task, grid: Grid, estimates: Estimates, status: np.ndarray, notes: np.ndarray, programme: Programme
) -> None:
    """Where rows used have no category, the parts do not add up to the whole: both say by how many."""
    language, own = programme.language, task.indicator.disclosure
    least = max(programme.disclosure.smallest_group, (own.threshold if own else None) or 0)
    lost, dimensions = grid.lost(estimates.n), grid.keys["dimension"].to_numpy()

    def tell(row: int, dimension: str, count: float) -> None:
        told = note("no-category", language, dimension=dimension, count=guarded_count(int(count), least, language))
        notes[row] = f"{notes[row]}; {told}" if notes[row] else told

    for row in ((lost > 0) & (status == "ok")).nonzero()[0].tolist():
        tell(row, dimensions[row], lost[row])
    in_whole = {key: row for row, key in enumerate(grid.keys["period"]) if dimensions[row] == ALL}
    for breakdown in task.breakdowns:
        own_rows = (dimensions == breakdown.name).nonzero()[0]
        if len(breakdown.columns) > 1:
            continue  # what a cross lacks, its dimensions lack
        for period, count in dict(zip(grid.keys["period"].to_numpy()[own_rows], lost[own_rows], strict=True)).items():
            if count > 0 and status[in_whole[period]] == "ok":
                tell(in_whole[period], breakdown.name, count)


def silent_areas(breakdowns: Sequence[Breakdown], grid: Grid, programme: Programme) -> dict[str, dict[str, list[str]]]:
    """For every breakdown by areas and every period that has rows, the areas without a single one: nobody knows
    whether theirs is a 0. An area that is not at work in a period, by its own `period`, owes nothing."""
    periods = {period.name: period for period in programme.calendar.periods}
    found: dict[str, dict[str, list[str]]] = {}
    for breakdown in (one for one in breakdowns if one.areas):
        here = grid.keys["dimension"] == breakdown.name
        rows = zip(grid.keys["period"][here], grid.keys["category"][here], grid.present[here], grid.in_period[here],
                   strict=True)  # fmt: skip
        areas = {area.id: area for area in breakdown.areas}
        for name, category, present, in_period in rows:
            area = areas.get(category)
            if area is not None and in_period > 0 and present == 0 and _at_work(area, periods[name]):
                found.setdefault(breakdown.name, {}).setdefault(name, []).append(category)
    return found


def _at_work(area: Area, period: Period) -> bool:
    span = area.actual or area.period
    starts, ends = (span.start, span.end) if span else (None, None)
    ends = min((day for day in (ends, area.retired.at if area.retired else None) if day), default=None)
    return not (starts and starts > period.end) and not (ends and ends < period.start)


def of_silent(lacking: Mapping[str, Mapping[str, Sequence[str]]], keys: pd.DataFrame) -> np.ndarray:
    """The rows of areas that have handed in nothing, alone or in a cross."""
    import numpy as np

    found = np.zeros(len(keys), dtype=bool)
    for name, by_period in lacking.items():
        for row, (period, dimension, category) in enumerate(keys.itertuples(index=False, name=None)):
            names = dimension.split(CROSS)
            if name in names and period in by_period:
                parts = category.split(BOTH) if len(names) > 1 else [category]
                found[row] |= parts[min(names.index(name), len(parts) - 1)] in by_period[period]
    return found


def say_who_is_silent(
    frame: pd.DataFrame, breakdowns: Sequence[Breakdown], lacking: Mapping[str, Mapping[str, Sequence[str]]],
    status: np.ndarray, notes: np.ndarray, programme: Programme,
) -> None:  # fmt: skip
    """A whole to which not every area has contributed that is at work says so."""
    dimensions, names = frame["dimension"].to_numpy(), frame["period"].to_numpy()
    periods = {period.name: period for period in programme.calendar.periods}
    for breakdown in (one for one in breakdowns if one.name in lacking):
        titles = {area.id: area.title.within(programme.language) for area in breakdown.areas}
        for row in ((dimensions == ALL) & (status == "ok")).nonzero()[0].tolist():
            if silent := lacking[breakdown.name].get(names[row]):
                due = sum(_at_work(area, periods[names[row]]) for area in breakdown.areas)
                told = note("areas-silent", programme.language, reported=due - len(silent), count=due,
                            names=", ".join(titles[one] for one in silent))  # fmt: skip
                notes[row] = f"{notes[row]}; {told}" if notes[row] else told


def say_what_is_merged(
    frame: pd.DataFrame, breakdown: Breakdown, status: np.ndarray, notes: np.ndarray, language: str
) -> None:
    """A category into which the theory merges others is not what its name says alone: its rows name them."""
    if not breakdown.merged_in:
        return
    own = ((frame["dimension"] == breakdown.name).to_numpy() & (status == "ok")).nonzero()[0]
    categories = frame["category"].to_numpy()
    for row in own.tolist():
        parts = categories[row].split(BOTH) if len(breakdown.columns) > 1 else [categories[row]]
        for column, pairs, part in zip(breakdown.columns, breakdown.merged, parts, strict=False):
            within = [column.labels[one].within(language) if one in column.labels else one
                      for one, into in pairs if into == part]  # fmt: skip
            if within:
                told = note("merged-in", language, categories=", ".join(within))
                notes[row] = f"{notes[row]}; {told}" if notes[row] else told
