"""From cells that hold rows to the whole series: every period by every category, with a status for each.

Here a missing cell becomes `no_data` or a true 0, years and the whole follow the indicator's rule of aggregation over
time, and notes say what does not add up. Numbers come from `estimates`; nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pipelines.indicators.measures import ALL, BOTH, TOTALS, WHOLE, Breakdown
from pipelines.indicators.notes import guarded_count, note
from theory_of_change.model import Indicator
from theory_of_change.programme import Calendar, Programme

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.indicators.answers import Answer

NUMBERS = ("n", "numerator", "denominator", "value", "std_error", "ci_low", "ci_high", "degrees_of_freedom")

#: What the cells of one indicator carry: one row per period, dimension and category that holds any source row.
CELL_COLUMNS = ("period", "dimension", "category", "present", *NUMBERS, "undefined")


@dataclass(frozen=True)
class Levels:
    """The calendar's periods by level: fine ones, years that gather several of them, and the whole."""

    calendar: Calendar

    @property
    def fine(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.calendar.periods if p.level == self.calendar.every)

    def parts(self, period: str) -> tuple[str, ...]:
        """The fine periods a year or the whole is made of, in order."""
        return self.fine if period == ALL else tuple(name for name in self.fine if name.startswith(period + "-"))

    @property
    def every(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.calendar.periods)


def categories(breakdown: Breakdown, seen: Sequence[str]) -> list[str]:
    """Declared categories first and in their order, then those seen, in the order of the labels, numbers or letters."""
    if breakdown is WHOLE:
        return [ALL]
    declared = [BOTH.join(parts) for parts in product(*breakdown.declared)] if all(breakdown.declared) else []
    ranks = [{code: rank for rank, code in enumerate(column.labels)} for column in breakdown.columns]

    def rank(category: str) -> tuple:
        parts = category.split(BOTH) if len(breakdown.columns) > 1 else [category]
        return tuple(
            (ranks[k].get(part, len(ranks[k])), _number(part), part)
            for k, part in enumerate(parts[: len(breakdown.columns)])
        )

    return list(dict.fromkeys([*declared, *sorted(seen, key=rank)]))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def completed(answer: Answer, programme: Programme) -> pd.DataFrame:
    """An answer's cells on the full grid of periods and categories, each with `status`, `note` and `method`."""
    import numpy as np
    import pandas as pd

    task, cells, language = answer.task, answer.cells, programme.language
    periods = np.array(Levels(programme.calendar).every, dtype=object)
    grids = []
    for breakdown in task.every_breakdown:
        seen = cells.loc[(cells["dimension"] == breakdown.name) & cells["category"].notna(), "category"].unique()
        names = np.array(categories(breakdown, list(seen)), dtype=object)
        every = {"period": np.repeat(periods, len(names)), "category": np.tile(names, len(periods))}
        grids.append(pd.DataFrame({**every, "dimension": breakdown.name}))
    keys = ["period", "dimension", "category"]
    frame = pd.concat(grids, ignore_index=True)[keys]
    frame = frame.merge(cells[cells["category"].notna()], on=keys, how="left", validate="one_to_one")
    frame["n"] = frame["n"].astype(float).fillna(0)
    frame["method"], frame["note"] = answer.method, answer.remark
    frame["status"] = np.where(frame["n"] > 0, "ok", "no_data")
    if task.kind in (*TOTALS, "distinct"):  # the period has rows and none of them counted: a true 0
        whole = cells[cells["dimension"] == ALL].set_index("period")["present"]
        zero = (frame["n"] == 0) & (frame["period"].map(whole).astype(float).fillna(0) > 0)
        frame.loc[zero, list(NUMBERS[1:])] = np.nan
        frame.loc[zero, "value"], frame.loc[zero, "status"] = 0.0, "ok"
    halted = (frame["status"] == "ok") if len(cells) else pd.Series(True, index=frame.index)
    if answer.blocked:
        frame.loc[halted, ["status", "note"]] = ["not_computable", answer.blocked]
    else:
        undefined = frame["undefined"].eq(True) & (frame["n"] > 0)
        frame.loc[undefined, ["status", "note"]] = ["not_computable", note("zero-denominator", language)]
    frame.loc[frame["status"] == "no_data", "note"] = ""
    if not (task.table.date or task.table.period):
        undated = (frame["period"] != ALL) & (frame["status"] == "no_data")
        frame.loc[undated, "note"] = note("undated", language, source=task.table.id)
    frame.loc[frame["status"] != "ok", list(NUMBERS[1:])] = np.nan
    _say_what_has_no_category(frame, cells, programme)
    return over_time(task.indicator, frame, programme)


def _say_what_has_no_category(frame: pd.DataFrame, cells: pd.DataFrame, programme: Programme) -> None:
    """Where rows used have no category, the parts do not add up to the whole: their rows say by how many."""
    lost = cells[cells["category"].isna() & (cells["n"] > 0)]
    for dimension, rows in lost.groupby("dimension", sort=False):
        counts = rows.groupby("period")["n"].sum()
        told = {
            period: note(
                "no-category",
                programme.language,
                dimension=dimension,
                count=guarded_count(int(n), programme.disclosure.smallest_group, programme.language),
            )
            for period, n in counts.items()
        }
        where = (frame["dimension"] == dimension) & frame["period"].isin(list(told)) & (frame["status"] == "ok")
        frame.loc[where, "note"] = _joined(frame.loc[where, "note"], frame.loc[where, "period"].map(told))


def _joined(first: pd.Series, second: pd.Series) -> pd.Series:
    """Two notes as one."""
    return first.where(first == "", first + "; ") + second


def over_time(indicator: Indicator, frame: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Years and the whole by the indicator's rule: recomputed from rows (as they already are), the sum of their
    periods, the last period with a value, or none."""
    import numpy as np

    rule = indicator.aggregation.time if indicator.aggregation else None
    levels, kind = Levels(programme.calendar), indicator.measure.kind
    if rule in (None, "recompute") or (rule == "sum" and kind in TOTALS) or kind == "milestone":
        return frame  # the sum of periods is the total of their rows
    language = programme.language
    for period in [p for p in levels.every if p not in levels.fine]:
        here = frame["period"] == period
        if rule == "none":
            halted = here & (frame["status"] == "ok")
            frame.loc[halted, list(NUMBERS[1:])] = np.nan
            frame.loc[halted, ["status", "note"]] = ["not_computable", note("no-aggregation", language)]
            continue
        parts = frame[frame["period"].isin(levels.parts(period)) & (frame["status"] == "ok")]
        if not len(parts):
            continue  # undated sources have rows in the whole only
        keys = ["dimension", "category"]
        if rule == "last":
            made = parts.groupby(keys, sort=False).tail(1).copy()
            made["note"] = [note("last-of", language, period=p) for p in made["period"]]
        else:
            sums = parts.groupby(keys, sort=False)
            made = sums[["n", "value", "numerator"]].sum(min_count=1).reset_index()
            made["note"] = [note("sum-of", language, periods=", ".join(p)) for p in sums["period"].agg(list)]
            made["method"] = sums["method"].first().to_numpy()
        made["status"] = "ok"
        made["method"] = made["method"] + f"; time {rule}"
        index = frame.loc[here, keys].merge(
            made[[c for c in (*keys, *NUMBERS, "status", "note", "method") if c in made]], on=keys, how="left"
        )
        index["status"] = index["status"].fillna("no_data")
        index["note"], index["n"] = index["note"].fillna(""), index["n"].fillna(0)
        for column in (*NUMBERS, "status", "note", "method"):
            frame.loc[here, column] = index[column].to_numpy() if column in index else np.nan
    return frame
