"""The indicators of a theory over the warehouse's core tables: from the theory to the finished table of values.

This is the one entrance for a run. It plans few queries per source, has them answered, and gives every indicator its
rows on the grid of periods and categories. Each step has its own module; here they only meet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.indicators.across import over_groups
from pipelines.indicators.answers import answered, grouped
from pipelines.indicators.derived import formula_frame, in_order_of_need, milestone_frame, missing_frame
from pipelines.indicators.distributions import distributions_of
from pipelines.indicators.indices import Indices
from pipelines.indicators.measures import ALL, COMPOSED, Task, definition_ids, tasks_of
from pipelines.indicators.networks import network_frame
from pipelines.indicators.notes import note
from pipelines.indicators.rubrics import rubric_frame
from pipelines.indicators.series import NUMBERS, SERIES_COLUMNS, halted, over_time
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Table
from theory_of_change.unit_rules import unlike_units

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Columns of `out.indicator_values`, then the unweighted rows of the cell before any is left out.
VALUE_COLUMNS = (
    "indicator_id", "period", "dimension", "category", "n", "numerator", "denominator", "value", "std_error", "ci_low",
    "ci_high", "ci_level", "degrees_of_freedom", "method", "unit", "status", "note", "theory_version", "definition_id",
    "snapshot_id", "n_rows",
)  # fmt: skip


@dataclass(frozen=True)
class Computed:
    """What a run computes: `values` with VALUE_COLUMNS, `distributions` with DISTRIBUTION_COLUMNS."""

    values: pd.DataFrame
    distributions: pd.DataFrame


def compute(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    snapshot_id: str,
    fingerprints: Mapping[str, str],
) -> Computed:
    """Every indicator by every calendar period, dimension and category, from the tables `core.<source>`."""
    values = values_of(connection, theory, programme, tables, snapshot_id, fingerprints)
    return Computed(values, bins_of(connection, theory, programme, tables))


def values_of(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    snapshot_id: str,
    fingerprints: Mapping[str, str],
    kept: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The values alone (VALUE_COLUMNS), indicators in the theory's order. Those with rows in `kept`, of an earlier run
    on the same rows and definitions, are not computed: they are stated again of the present version and snapshot."""
    import pandas as pd

    known = set(kept["indicator_id"]) if kept is not None else set()
    asked = needed(theory, {one.id for one in theory.indicators} - known)
    some = theory.model_copy(update={"indicators": tuple(one for one in theory.indicators if one.id in asked)})
    tasks = {name: task for name, task in tasks_of(theory, tables).items() if name in asked}
    frames = frames_of(connection, some, programme, tasks, tables)
    parts = [_published(one, frames[one.id], tasks) for one in some.indicators if one.id not in known]
    values = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SERIES_COLUMNS))
    levels = {one.id: one.uncertainty.level if one.uncertainty else 0.95 for one in theory.indicators}
    values["ci_level"] = values["indicator_id"].map(levels)
    values[["unit", "definition_id", "theory_version", "snapshot_id"]] = None
    values = in_order(theory, [_typed(values), *([kept] if kept is not None else [])])
    whose = values["indicator_id"]
    values["unit"] = whose.map({one.id: one.unit.within(programme.language) for one in theory.indicators})
    values["definition_id"] = whose.map(definition_ids(theory, programme, fingerprints))
    values["theory_version"], values["snapshot_id"] = theory.theory.version, snapshot_id
    return values


def bins_of(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    only: Collection[str] | None = None,
) -> pd.DataFrame:
    """The distributions alone (DISTRIBUTION_COLUMNS), of all indicators or of those named."""
    tasks = [task for name, task in tasks_of(theory, tables).items() if only is None or name in only]
    ends = {one.id: in_force(one, programme) for one in theory.indicators if one.retired}
    return _before_retirement(distributions_of(connection, tasks, programme), ends)


def needed(theory: TheoryOfChange, asked: Collection[str]) -> set[str]:
    """The indicators asked for and all that formulas and indices among them rest on."""
    indicators = {one.id: one for one in theory.indicators}
    found: set[str] = set()
    waiting = [name for name in asked if name in indicators]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in indicators[name].measure.rests_on if other in indicators]
    return found


def in_order(theory: TheoryOfChange, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of several frames together, by the theory's order of indicators; an indicator's rows keep theirs."""
    import pandas as pd

    filled = [part for part in parts if len(part)] or list(parts[:1])
    order = {one.id: place for place, one in enumerate(theory.indicators)}
    together = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0]
    return together.sort_values("indicator_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)


def frames_of(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tasks: Mapping[str, Task],
    tables: Mapping[str, Table],
) -> dict[str, pd.DataFrame]:
    """Every indicator's series, formulas and indices after what they rest on."""
    frames: dict[str, pd.DataFrame] = {}
    for group in grouped(tasks.values(), programme.calendar):
        series = answered(connection, group, programme)
        size = len(series) // len(group.tasks)
        for i, task in enumerate(group.tasks):
            frame = over_time(task.indicator, series.iloc[i * size : (i + 1) * size], programme)
            frame = over_groups(task.indicator, frame, theory, programme)
            frame = refused(task.indicator, frame, theory, tables, programme)
            frames[task.id] = _in_force_only(task.indicator, frame, programme)
    milestones = {milestone.id: milestone for milestone in theory.milestones}
    for indicator in theory.indicators:
        if indicator.measure.milestone in milestones:
            frame = milestone_frame(indicator, milestones[indicator.measure.milestone], programme)
            frames[indicator.id] = _in_force_only(indicator, frame, programme)
        elif indicator.measure.kind == "network" and is_network(tables.get(indicator.measure.source or "")):
            frame = network_frame(connection, indicator, theory, programme, tables)
            frames[indicator.id] = _in_force_only(indicator, frame, programme)
        elif indicator.measure.rubric and has_ratings(tables.get(indicator.measure.source or "")):
            frame = rubric_frame(connection, indicator, theory, programme, tables)
            frames[indicator.id] = _in_force_only(indicator, frame, programme)
        elif indicator.id not in frames and indicator.measure.kind not in COMPOSED:
            frames[indicator.id] = _in_force_only(indicator, missing_frame(indicator, programme), programme)
    indices = Indices(connection, theory, programme, tasks, frames)
    for indicator in in_order_of_need(theory.indicators):
        is_index = indicator.measure.index is not None
        frame = indices.frame(indicator) if is_index else formula_frame(indicator, frames, programme)
        frames[indicator.id] = _in_force_only(
            indicator, refused(indicator, frame, theory, tables, programme), programme
        )
    return frames


def refused(
    indicator: Indicator, frame: pd.DataFrame, theory: TheoryOfChange, tables: Mapping[str, Table], programme: Programme
) -> pd.DataFrame:
    """The series without its numbers, where a percentage has one kind of thing above and another below and nobody has
    accepted that: 39 persons of 116 associations is no share."""
    if any("ratio-mixes-units" in accept for accept in (indicator.accept, theory.theory.accept)):
        return frame
    units = unlike_units(indicator, {one.id: one for one in theory.indicators}, tables)
    return halted(frame, note("unlike-units", programme.language, units=units)) if units else frame


def has_ratings(table: Table | None) -> bool:
    return table is not None and table.ratings is not None


def is_network(table: Table | None) -> bool:
    return table is not None and table.network is not None


def in_force(indicator: Indicator, programme: Programme) -> frozenset[str]:
    """The periods in which an indicator counts: of a retired one those begun by the day of its retirement, and of the
    years and the whole only those over by then, because they would add up what came after."""
    calendar = programme.calendar
    if indicator.retired is None:
        return frozenset(period.name for period in calendar.periods)
    last = indicator.retired.at
    return frozenset(
        period.name
        for period in calendar.periods
        if period.end <= last or (period.level == calendar.every and period.start <= last)
    )


def _in_force_only(indicator: Indicator, frame: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    if indicator.retired is None:
        return frame
    return frame[frame["period"].isin(in_force(indicator, programme))].reset_index(drop=True)


def _before_retirement(bins: pd.DataFrame, ends: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    for name, periods in ends.items():
        bins = bins[(bins["indicator_id"] != name) | bins["period"].isin(periods)]
    return bins.reset_index(drop=True)


def _published(indicator: Indicator, frame: pd.DataFrame, tasks: Mapping[str, Task]) -> pd.DataFrame:
    """An indicator's series by the dimensions it is published by, without those computed only for formulas."""
    task = tasks.get(indicator.id)
    if task is None or not task.inner:
        return frame
    return frame[frame["dimension"].isin([ALL, *(breakdown.name for breakdown in task.breakdowns)])]


def _typed(values: pd.DataFrame) -> pd.DataFrame:
    """The columns of the contract in their order and types: None where a text, nan where a number is missing."""
    import numpy as np

    values = values.rename(columns={"present": "n_rows"})
    values.loc[values["ci_low"].isna(), "ci_level"] = np.nan
    for column in ("n", "n_rows", "degrees_of_freedom"):
        values[column] = values[column].astype("float64").round().astype("Int64")
    for column in (*NUMBERS[1:-1], "ci_level"):
        values[column] = values[column].astype("float64")
    values["note"] = values["note"].astype(object).where(values["note"].fillna("") != "", None)
    return values[list(VALUE_COLUMNS)]
