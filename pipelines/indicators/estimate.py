"""The indicators of a theory over the warehouse's core tables: from the theory to the finished table of values.

This is the one entrance for a run. It plans few queries per source, has them answered, and gives every indicator its
rows on the grid of periods and categories. Each step has its own module; here they only meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.indicators.answers import answered, grouped
from pipelines.indicators.derived import formula_frame, in_order_of_need, milestone_frame, missing_frame
from pipelines.indicators.distributions import DISTRIBUTION_COLUMNS, distributions_of
from pipelines.indicators.measures import ALL, CROSS, Task, definition_ids, tasks_of
from pipelines.indicators.series import NUMBERS, completed
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Table

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
    import pandas as pd

    tasks = tasks_of(theory, tables)
    frames = frames_of(connection, theory, programme, tasks)
    ids = definition_ids(theory, programme, fingerprints)
    finished = []
    for indicator in theory.indicators:
        frame = frames[indicator.id]
        frame = frame[frame["dimension"].isin(_published(indicator, tasks))].copy()
        frame["indicator_id"], frame["unit"], frame["definition_id"] = indicator.id, indicator.unit, ids[indicator.id]
        frame["ci_level"] = indicator.uncertainty.level if indicator.uncertainty else 0.95
        finished.append(frame)
    values = pd.concat(finished, ignore_index=True) if finished else pd.DataFrame(columns=list(VALUE_COLUMNS))
    values["theory_version"], values["snapshot_id"] = theory.theory.version, snapshot_id
    shapes = pd.DataFrame(distributions_of(connection, tasks.values(), programme), columns=list(DISTRIBUTION_COLUMNS))
    return Computed(_typed(values), shapes)


def frames_of(
    connection: duckdb.DuckDBPyConnection, theory: TheoryOfChange, programme: Programme, tasks: Mapping[str, Task]
) -> dict[str, pd.DataFrame]:
    """Every indicator's rows, formulas after what they rest on."""
    frames: dict[str, pd.DataFrame] = {}
    for group in grouped(tasks.values(), programme.calendar):
        frames |= {answer.task.id: completed(answer, programme) for answer in answered(connection, group, programme)}
    milestones = {milestone.id: milestone for milestone in theory.milestones}
    for indicator in theory.indicators:
        if indicator.measure.milestone in milestones:
            frames[indicator.id] = milestone_frame(milestones[indicator.measure.milestone], programme)
        elif indicator.id not in frames and indicator.measure.kind != "formula":
            frames[indicator.id] = missing_frame(indicator, theory, programme)
    for indicator in in_order_of_need(theory.indicators):
        frames[indicator.id] = formula_frame(indicator, frames, programme)
    return frames


def _published(indicator: Indicator, tasks: Mapping[str, Task]) -> list[str]:
    """Names of the dimensions an indicator is published by; those computed only for formulas are not among them."""
    if indicator.id in tasks:
        return [ALL, *(breakdown.name for breakdown in tasks[indicator.id].breakdowns)]
    return [ALL, *(e if isinstance(e, str) else CROSS.join(dict.fromkeys(e)) for e in indicator.disaggregation)]


def _typed(values: pd.DataFrame) -> pd.DataFrame:
    """The columns of the contract in their order and types: None where a text, nan where a number is missing."""
    import numpy as np

    values["n_rows"] = values.get("present", np.nan)
    values.loc[values["ci_low"].isna(), "ci_level"] = np.nan
    for column in ("n", "n_rows", "degrees_of_freedom"):
        values[column] = values[column].astype("float64").round().astype("Int64")
    for column in (*NUMBERS[1:-1], "ci_level"):
        values[column] = values[column].astype("float64")
    values["note"] = values["note"].astype(object).where(values["note"].fillna("") != "", None)
    return values[list(VALUE_COLUMNS)]
