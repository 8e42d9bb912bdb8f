"""Places, partners and projects taken together by the rule the indicator declares: made anew from the rows, added up,
or not at all.

Every row that holds several of them follows the rule: the whole, and the groups of other dimensions. Rules over time
are in `series`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines.indicators.measures import ALL, BOTH, CROSS, TOTALS
from pipelines.indicators.notes import note
from pipelines.indicators.series import NUMBERS, halted
from theory_of_change.model import Dimension, Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.unit_rules import AVERAGES
from theory_of_change.units import is_percentage

if TYPE_CHECKING:
    import pandas as pd


def over_groups(
    indicator: Indicator, frame: pd.DataFrame, theory: TheoryOfChange, programme: Programme
) -> pd.DataFrame:
    """The series with the indicator's rules over places, partners and projects applied."""
    for dimension, rule in ruled(indicator, theory):
        if rule == "none":
            told = note("not-taken-together", programme.language, dimension=dimension.id)
            frame = halted(frame, told, _gathering(dimension, frame))
        elif rule == "sum" and (indicator.measure.kind in AVERAGES or is_percentage(indicator.unit)):
            frame = halted(frame, note("shares-not-summed-over", programme.language), _gathering(dimension, frame))
        elif rule == "sum" and indicator.measure.kind not in TOTALS:  # a total's sum is the total of its rows
            frame = _added_up(dimension, frame, programme)
    return frame


def ruled(indicator: Indicator, theory: TheoryOfChange) -> Iterator[tuple[Dimension, str]]:
    """The dimensions by which the indicator is broken down and over which it has a rule, with the rule."""
    names = {name for one in indicator.disaggregation for name in ((one,) if isinstance(one, str) else one)}
    for dimension in theory.dimensions:
        rule = getattr(indicator.aggregation, dimension.gathers or "", None)
        if dimension.id in names and rule is not None:
            yield dimension, rule


def _gathering(dimension: Dimension, frame: pd.DataFrame) -> pd.Series:
    """The rows that hold several categories of a dimension."""
    return ~frame["dimension"].map(lambda name: dimension.id in name.split(CROSS))


def _added_up(dimension: Dimension, frame: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Each row over several categories as the sum of its parts, where these are computed; else it has no number."""
    import numpy as np

    frame = frame.reset_index(drop=True)
    gathering = (_gathering(dimension, frame) & (frame["status"] == "ok")).to_numpy()
    sums: dict[tuple[str, str, str], float] = {}
    for row in frame[frame["status"] == "ok"].itertuples():
        names = row.dimension.split(CROSS)
        if dimension.id in names:
            parts = dict(zip(names, row.category.split(BOTH) if len(names) > 1 else [row.category], strict=False))
            del parts[dimension.id]
            key = (row.period, CROSS.join(parts) or ALL, BOTH.join(parts.values()) or ALL)
            sums[key] = sums.get(key, 0.0) + row.value
    for at in np.flatnonzero(gathering):
        key = tuple(frame.loc[at, ["period", "dimension", "category"]])
        frame.loc[at, list(NUMBERS[1:])] = np.nan
        if key in sums:
            told = note("added-up-over", programme.language, dimension=dimension.id)
            frame.loc[at, "value"] = sums[key]
            frame.loc[at, "note"] = told
        else:
            told = note("not-added-up", programme.language, dimension=dimension.id)
            frame.loc[at, ["status", "note"]] = ["not_computable", told]
    frame.loc[gathering, "method"] = frame.loc[gathering, "method"] + f"; sum over {dimension.id}"
    return frame
