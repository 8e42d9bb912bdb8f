"""Why counts of different people do not add up, said beside the count: who is in several groups or periods.

Works on values after disclosure control, so that its numbers are sums any reader could make; where a part is hidden,
the reason stands without a number, and whatever the data are. Rows without a category are told in `series`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipelines.indicators.across import ruled
from pipelines.indicators.measures import ALL
from pipelines.indicators.notes import note
from pipelines.indicators.series import Levels
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from warehouse.earlier import STANDING

if TYPE_CHECKING:
    import pandas as pd

_HALF = 0.5


def explained(values: pd.DataFrame, theory: TheoryOfChange, programme: Programme) -> pd.DataFrame:
    """The published values, with a further note on every whole of different things whose parts sum to more. A row
    that stands as it was published before keeps its one note."""
    counted = {one.id: one for one in theory.indicators if one.measure.kind == "distinct"}
    shown = values.reset_index(drop=True)
    if not counted:
        return shown
    notes = shown["note"].astype(object).where(shown["note"].notna(), None)
    for name, own in shown[shown["indicator_id"].isin(counted)].groupby("indicator_id", sort=False):
        cells = {
            (row.period, row.dimension, row.category): (row.Index, row.status, row.value)
            for row in own[["period", "dimension", "category", "status", "value"]].itertuples()
        }
        for row, told in _overlaps(counted[str(name)], cells, theory, programme):
            if notes[row] not in STANDING.values():
                notes[row] = f"{notes[row]}; {told}" if notes[row] else told
    return shown.assign(note=notes)


def _overlaps(
    indicator: Indicator, cells: Mapping[tuple[str, str, str], tuple[int, str, float]], theory: TheoryOfChange,
    programme: Programme,
) -> Iterator[tuple[int, str]]:  # fmt: skip
    added_up = {dimension.id for dimension, rule in ruled(indicator, theory) if rule == "sum"}
    rounded = programme.disclosure.rounding or (indicator.disclosure.rounding if indicator.disclosure else None)
    rule = indicator.aggregation.time if indicator.aggregation else None
    levels, language = Levels(programme.calendar), programme.language
    groups: dict[str, dict[str, list[tuple[int, str, float]]]] = {}
    for (period, dimension, _), cell in cells.items():
        if dimension in indicator.disaggregation and dimension not in added_up:
            groups.setdefault(period, {}).setdefault(dimension, []).append(cell)
    for (period, dimension, _), (row, status, value) in cells.items():
        if dimension != ALL or status != "ok":
            continue
        for name, parts in groups.get(period, {}).items():
            yield from _told(row, value, parts, "in-several-groups", bool(rounded), language, dimension=name)
        if period not in levels.fine and rule in (None, "recompute") and not added_up:
            parts = [cells[one, ALL, ALL] for one in levels.parts(period) if (one, ALL, ALL) in cells]
            if len(parts) > 1:
                yield from _told(row, value, parts, "in-several-periods", bool(rounded), language)


def _told(
    row: int, whole: float, parts: list[tuple[int, str, float]], key: str, rounded: bool, language: str, **facts: str
) -> Iterator[tuple[int, str]]:
    known = [value for _, status, value in parts if status == "ok"]
    if rounded or any(status == "suppressed" for _, status, _ in parts):
        yield row, note(f"{key}-hidden", language, **facts)
    elif sum(known) > float(whole) + _HALF:
        numbers = {"sum": f"{sum(known):.0f}", "more": f"{sum(known) - float(whole):.0f}"}
        yield row, note(key, language, **numbers, **facts)
