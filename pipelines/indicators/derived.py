"""Indicators that rest on no rows of their own: formulas of others, milestones, and kinds that are not computed yet.

Each gives the same columns as an indicator computed from rows. Arithmetic of a formula is in `formulas`, rules over
time in `series`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipelines.indicators.formulas import parse_formula
from pipelines.indicators.measures import ALL, COMPOSED, CROSS
from pipelines.indicators.notes import note
from pipelines.indicators.series import KEYS, NUMBERS, over_time
from theory_of_change.model import Indicator, Milestone
from theory_of_change.programme import Programme

if TYPE_CHECKING:
    import pandas as pd


def in_order_of_need(indicators: Iterable[Indicator]) -> list[Indicator]:
    """Formulas and indices so that each comes after those it rests on; those in a circle, which the checks refuse, are
    left out."""
    import graphlib

    composed = {indicator.id: indicator for indicator in indicators if indicator.measure.kind in COMPOSED}
    needs = {i: [inner for inner in one.measure.rests_on if inner in composed] for i, one in composed.items()}
    try:
        return [composed[i] for i in graphlib.TopologicalSorter(needs).static_order()]
    except graphlib.CycleError:
        return []


def formula_frame(indicator: Indicator, frames: Mapping[str, pd.DataFrame], programme: Programme) -> pd.DataFrame:
    """The formula in every cell where its inputs meet: same period, dimension and category.

    No standard error: the inputs may come from the same rows, and their covariance is not known here.
    """
    import numpy as np
    import pandas as pd

    formula, language = parse_formula(indicator.measure.formula or ""), programme.language
    grid, inputs = met(indicator, formula.inputs, frames, ("value", "n", "status"))
    statuses = pd.DataFrame({name: part["status"] for name, part in inputs.items()})
    frame = grid.copy()
    frame[["present", *NUMBERS]] = np.nan
    frame["indicator_id"] = indicator.id
    frame["value"] = formula.value({name: part["value"].to_numpy(dtype=float) for name, part in inputs.items()})
    # the smallest group behind a formula is the smallest behind its inputs
    frame["n"] = pd.DataFrame({name: part["n"] for name, part in inputs.items()}).astype(float).min(axis=1)
    if formula.quotient:
        for column, name in zip(("numerator", "denominator"), formula.quotient, strict=True):
            frame[column] = inputs[name]["value"].to_numpy()
    complete = statuses.eq("ok").all(axis=1)
    empty = statuses.isin(["ok", "no_data"]).all(axis=1) & ~complete
    undefined = complete & frame["value"].isna()
    frame["status"] = np.select([complete & ~undefined, empty], ["ok", "no_data"], "not_computable")
    lacking = statuses.apply(lambda row: ", ".join(name for name, status in row.items() if status != "ok"), axis=1)
    notes = lacking.map(lambda names: note("input-missing", language, inputs=names) if names else "")
    frame["note"] = notes.where(~undefined, note("zero-denominator", language)).where(frame["status"] != "ok", "")
    frame.loc[frame["status"] != "ok", list(NUMBERS[1:])] = np.nan
    frame["method"] = "formula; no error derived"
    return over_time(indicator, frame, programme)


def met(
    indicator: Indicator, inputs: Sequence[str], frames: Mapping[str, pd.DataFrame], columns: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Every cell in which some input of an indicator has a row, dimension after dimension, and the inputs' `columns`
    there."""
    import numpy as np
    import pandas as pd

    entries = [(e,) if isinstance(e, str) else tuple(dict.fromkeys(e)) for e in indicator.disaggregation]
    order = {name: rank for rank, name in enumerate(dict.fromkeys([ALL, *(CROSS.join(entry) for entry in entries)]))}
    known = [frames[name] for name in inputs if name in frames]
    every = pd.concat([f.loc[f["dimension"].isin(order), list(KEYS)] for f in known], ignore_index=True)
    grid = every.drop_duplicates(ignore_index=True)
    grid = grid.sort_values("dimension", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    nothing = {name: None if name == "status" else np.nan for name in columns}
    return grid, {
        name: grid.merge(frames[name][[*KEYS, *columns]], on=list(KEYS), how="left")
        if name in frames
        else grid.assign(**nothing)
        for name in inputs
    }


def milestone_frame(indicator: Indicator, milestone: Milestone, programme: Programme) -> pd.DataFrame:
    """1 in every period by whose end the milestone was reached, else 0."""
    periods = programme.calendar.periods
    reached = [float(milestone.actual is not None and milestone.actual <= period.end) for period in periods]
    frame = _only_whole(indicator, programme)
    frame["value"], frame["status"], frame["method"] = reached, "ok", "milestone; reached by the end of the period"
    return frame


def missing_frame(indicator: Indicator, programme: Programme) -> pd.DataFrame:
    """An indicator that this version cannot compute, with the note that says what it would need."""
    frame, measure = _only_whole(indicator, programme), indicator.measure
    key = {"theme": "theme-missing"}.get(measure.kind, "source-missing")
    frame["status"], frame["method"] = "not_computable", f"{measure.kind}; not computed"
    frame["note"] = note(key, programme.language, source=measure.source or measure.milestone or "")
    return frame


def _only_whole(indicator: Indicator, programme: Programme) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    periods = [period.name for period in programme.calendar.periods]
    frame = pd.DataFrame({"indicator_id": indicator.id, "period": periods, "dimension": ALL, "category": ALL})
    frame[["present", *NUMBERS]] = np.nan
    frame["note"] = ""
    return frame
