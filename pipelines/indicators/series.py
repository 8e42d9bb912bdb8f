"""From cells that hold rows to the whole series: every period by every category, with a status for each.

Here a missing cell becomes `no_data` or a true 0, years and the whole follow the indicator's rule of aggregation over
time, and notes say what does not add up. Numbers come from `estimates`; nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pipelines.indicators.estimates import Estimates
from pipelines.indicators.funnels import undecided
from pipelines.indicators.groups import Group, When
from pipelines.indicators.measures import ALL, BOTH, TOTALS, WHOLE, Breakdown, Task
from pipelines.indicators.notes import note
from pipelines.indicators.wholes import (
    of_silent,
    say_what_has_no_category,
    say_what_is_merged,
    say_who_is_silent,
    silent_areas,
)
from theory_of_change.model import Indicator
from theory_of_change.programme import Calendar, Programme
from theory_of_change.tables import Table
from theory_of_change.unit_rules import AVERAGES
from theory_of_change.units import is_percentage

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

KEYS = ("period", "dimension", "category")
NUMBERS = ("n", "numerator", "denominator", "value", "std_error", "ci_low", "ci_high", "degrees_of_freedom")

#: What every indicator's rows carry, however they were made.
SERIES_COLUMNS = ("indicator_id", *KEYS, "present", *NUMBERS, "status", "note", "method")


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


@dataclass(frozen=True)
class Grid:
    """Every period by every category of a group's breakdowns, and where in the query's answer each cell stands.

    `at` is the answer's row of a cell, -1 where it has none; `present` counts the source rows in the cell, `in_period`
    those in its period. `strip` numbers (period, dimension) pairs: of each grid row, and of the answer's rows `lost_at`
    whose category is missing.
    """

    keys: pd.DataFrame
    at: np.ndarray
    present: np.ndarray
    in_period: np.ndarray
    strip: np.ndarray
    lost_at: np.ndarray
    lost_strip: np.ndarray

    def taken(self, numbers: np.ndarray, missing: float) -> np.ndarray:
        """The numbers of the answer's rows, put on the grid."""
        import numpy as np

        if not len(numbers):
            return np.full(len(self.at), missing)
        return np.where(self.at >= 0, np.asarray(numbers, dtype=float)[self.at], missing)

    def lost(self, n: np.ndarray) -> np.ndarray:
        """For every grid row, the rows used in its period that have no category in its dimension."""
        import numpy as np

        size = int(self.strip.max(initial=-1)) + 1
        known = self.lost_strip >= 0  # a dimension in which no row has a category has no place on the grid
        rows = np.asarray(n, dtype=float)[self.lost_at[known]]
        return np.bincount(self.lost_strip[known], weights=rows, minlength=size)[self.strip]


def grid_of(group: Group, answer: pd.DataFrame) -> Grid:
    """The grid of a group's answer (a row per cut, period and category, as the queries give it)."""
    import numpy as np
    import pandas as pd

    periods = Levels(group.when.calendar).every
    order = {name: place for place, name in enumerate(periods)}
    cut, counts = answer["cut"].to_numpy(), answer["present"].fillna(0).to_numpy(dtype=float)
    in_period = np.zeros(len(periods))
    parts, lost = [], []
    for number, breakdown in enumerate(group.breakdowns):
        found = {level: np.flatnonzero(cut == group.cut_id(level, breakdown.column_names))
                 for level in (*group.period_keys, ALL)}  # fmt: skip
        named = [period_names(group.when, level, answer, rows) for level, rows in found.items()]
        when = np.array([order.get(name, -1) for name in np.concatenate(named)], dtype=int)
        rows, when = np.concatenate(list(found.values()))[when >= 0], when[when >= 0]
        texts = category_texts(group, breakdown, answer, rows)
        known = np.array([text is not None for text in texts], dtype=bool)
        names = categories(breakdown, list(dict.fromkeys(texts[known])))
        places = {name: place for place, name in enumerate(names)}
        at = np.full((len(periods), len(names)), -1)
        at[when[known], np.array([places[text] for text in texts[known]], dtype=int)] = rows[known]
        assert np.count_nonzero(at >= 0) == np.count_nonzero(known), "two rows of an answer are one cell"
        if not breakdown.columns:
            in_period[when] = counts[rows]
        strip = number * len(periods)
        keys = {"period": np.repeat(np.array(periods, dtype=object), len(names)), "dimension": breakdown.name,
                "category": np.tile(np.array(names, dtype=object), len(periods))}  # fmt: skip
        parts.append((pd.DataFrame(keys), at.ravel(), np.repeat(np.arange(strip, strip + len(periods)), len(names))))
        lost.append((rows[~known], when[~known] + strip if names else np.full(np.count_nonzero(~known), -1)))
    grid, at, strips = (list(one) for one in zip(*parts, strict=True))
    at, strips = np.concatenate(at), np.concatenate(strips)
    return Grid(
        pd.concat(grid, ignore_index=True)[list(KEYS)],
        at,
        np.where(at >= 0, counts[at], 0) if len(counts) else np.zeros(len(at)),
        in_period[strips % len(periods)],
        strips,
        *(np.concatenate(one) for one in zip(*lost, strict=True)),
    )


def period_names(when: When, level: str, answer: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """The calendar's name for the period of each of the rows; None where the calendar has no such period."""
    import numpy as np

    if level == ALL:
        return np.full(len(rows), ALL, dtype=object)
    wanted = when.calendar.every if level == "fine" else "year"
    named = {
        (when.code(p.start.year, p.start.month) if level == "fine" else p.start.year): p.name
        for p in when.calendar.periods
        if p.level == wanted
    }
    codes = answer[level].to_numpy(dtype=float, na_value=np.nan)[rows]
    return np.array([named.get(code) for code in codes.tolist()], dtype=object)


def category_texts(group: Group, breakdown: Breakdown, answer: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """The category of each of the rows as text, parts of a cross joined; None where a part is missing."""
    import numpy as np
    import pandas as pd

    if not breakdown.columns:
        return np.full(len(rows), ALL, dtype=object)
    parts = []
    for column in breakdown.columns:
        texts = answer[f"d{group.dimensions.index(column.name)}"].astype(object).to_numpy()[rows]
        shorten = column.type in ("number", "money")  # a whole number reads as one
        parts.append([None if pd.isna(t) else t.removesuffix(".0") if shorten else t for t in texts])
    return np.array([None if None in cross else BOTH.join(cross) for cross in zip(*parts, strict=True)], dtype=object)


def categories(breakdown: Breakdown, seen: Sequence[str]) -> list[str]:
    """Declared categories first and in their order, then those seen, in the order of the labels, numbers or letters."""
    if breakdown is WHOLE:
        return [ALL]
    declared = [BOTH.join(parts) for parts in product(*breakdown.declared)] if all(breakdown.declared) else []
    ranks = [{code: rank for rank, code in enumerate(column.labels)} for column in breakdown.columns]

    def rank(category: str) -> tuple:
        parts = category.split(BOTH) if len(ranks) > 1 else [category]
        return tuple(
            (known.get(part, len(known)), _number(part), part) for known, part in zip(ranks, parts, strict=False)
        )

    return list(dict.fromkeys([*declared, *sorted(seen, key=rank)]))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def completed(
    tasks: Sequence[Task],
    grid: Grid,
    estimates: Sequence[Estimates],
    methods: Sequence[str],
    programme: Programme,
    blocked: str | None = None,
    remark: str = "",
) -> pd.DataFrame:
    """The tasks' estimates on the full grid (SERIES_COLUMNS), task after task.

    `blocked` is the note of a design that forbids any estimate; `remark` stands beside every value.
    """
    import numpy as np
    import pandas as pd

    size, keys, language = len(grid.at), grid.keys, programme.language
    count = len(tasks)
    frame = pd.DataFrame({name: np.tile(keys[name].to_numpy(dtype=object), count) for name in KEYS})
    frame.insert(0, "indicator_id", np.repeat(np.array([task.id for task in tasks], dtype=object), size))
    frame["present"] = np.tile(grid.present, count)
    missing = {name: (0.0 if name == "n" else np.nan) for name in NUMBERS}
    columns = {
        name: np.concatenate([grid.taken(getattr(one, name), missing[name]) for one in estimates]) for name in NUMBERS
    }
    undefined = np.concatenate([grid.taken(one.undefined, 0.0) for one in estimates]) > 0
    used = columns["n"] > 0
    # the period has rows and none of them counted: a true 0, but not of an area that has handed in nothing at all
    counts = np.repeat([task.kind in (*TOTALS, "distinct") for task in tasks], size)
    lacking = silent_areas(tasks[0].every_breakdown, grid, programme)
    zero = counts & ~used & (np.tile(grid.in_period, count) > 0) & ~np.tile(of_silent(lacking, keys), count)
    columns["value"][zero] = 0.0
    status = np.where(used | zero, "ok", "no_data").astype(object)
    remarks = np.repeat(np.array([_remark(task, remark, language) for task in tasks], dtype=object), size)
    notes = np.where(used | zero, remarks, "").astype(object)
    whole = np.tile((keys["dimension"] == ALL).to_numpy() & (grid.in_period > 0), count)
    notes[whole & (status == "no_data")] = note("nobody-counted", language)
    status[undefined], notes[undefined] = "not_computable", note("zero-denominator", language)
    if blocked:
        halted = status != "no_data"
        status[halted], notes[halted] = "not_computable", blocked
    table = tasks[0].table
    if not (table.date or table.period):
        undated = (frame["period"].to_numpy() != ALL) & (status == "no_data")
        notes[undated] = note("undated", language, source=table.id)
    for name in NUMBERS:
        if name != "n":
            columns[name][status != "ok"] = np.nan
        frame[name] = columns[name]
    for at, (task, one) in enumerate(zip(tasks, estimates, strict=True)):
        here = slice(at * size, (at + 1) * size)
        say_what_has_no_category(task, grid, one, status[here], notes[here], programme)
    for breakdown in tasks[0].every_breakdown:
        say_what_is_merged(frame, breakdown, status, notes, language)
    say_who_is_silent(frame, tasks[0].every_breakdown, lacking, status, notes, programme)
    frame["status"], frame["note"] = status, notes
    frame["method"] = np.repeat(np.array(methods, dtype=object), size)
    return frame


def _remark(task: Task, remark: str, language: str) -> str:
    """What stands beside every value of a task: `remark`, for boxes to tick whose share it is, and for a conversion the
    cohorts it leaves out."""
    if conversion := task.indicator.measure.funnel:
        cohorts = undecided(task.table, conversion.to)
        told = note("open-left-out", language, cohorts=_titled(task.table, cohorts, language)) if cohorts else ""
        return "; ".join(part for part in (remark, told) if part)
    columns = [task.table.column(name) for name in task.value.columns] if task.value else []
    if task.kind not in ("share", "mean") or not any(column and column.is_box for column in columns):
        return remark
    return "; ".join(part for part in (remark, note("asked", language)) if part)


def _titled(table: Table, cohorts: Sequence[str], language: str) -> str:
    labels = table.column(table.funnel.cohort or "").labels
    return ", ".join(labels[one].within(language) if one in labels else one for one in cohorts)


def over_time(indicator: Indicator, frame: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Years and the whole by the indicator's rule: recomputed from rows (as they already are), the sum of their
    periods, the last period with a value, or none. Percentages and averages are never added up: then there is none."""
    rule = indicator.aggregation.time if indicator.aggregation else None
    levels, kind = Levels(programme.calendar), indicator.measure.kind
    if rule in (None, "recompute") or (rule == "sum" and kind in TOTALS) or kind == "milestone":
        return frame  # the sum of periods is the total of their rows
    frame, language = frame.reset_index(drop=True), programme.language
    is_average = kind in AVERAGES or is_percentage(indicator.unit)
    for period in [p for p in levels.every if p not in levels.fine]:
        here = frame["period"] == period
        if rule == "none" or (rule == "sum" and is_average):
            why = "no-aggregation" if rule == "none" else "shares-not-summed"
            frame = halted(frame, note(why, language), here)
            continue
        parts = frame[frame["period"].isin(levels.parts(period)) & (frame["status"] == "ok")]
        if not len(parts):
            continue  # undated sources have rows in the whole only
        made = _last_of(parts, language) if rule == "last" else _sum_of(parts, language)
        replaced = frame.loc[here, list(KEYS[1:])].merge(made, on=list(KEYS[1:]), how="left")
        replaced["status"] = replaced["status"].fillna("no_data")
        replaced["note"], replaced["n"] = replaced["note"].fillna(""), replaced["n"].fillna(0)
        replaced["method"] = frame.loc[here, "method"].to_numpy() + f"; time {rule}"
        for column in (*NUMBERS, "status", "note", "method"):
            frame.loc[here, column] = replaced[column].to_numpy()
    return frame


def halted(frame: pd.DataFrame, why: str, where: pd.Series | None = None) -> pd.DataFrame:
    """The series with every number taken away where there was one, and the reason in its place."""
    import numpy as np

    rows = (frame["status"] == "ok") & (True if where is None else where)
    frame = frame.copy()
    frame.loc[rows, list(NUMBERS[1:])] = np.nan
    frame.loc[rows, ["status", "note"]] = ["not_computable", why]
    return frame


def _last_of(parts: pd.DataFrame, language: str) -> pd.DataFrame:
    """For every category the last period with a value, whole as it is."""
    made = parts.groupby(list(KEYS[1:]), sort=False).tail(1)
    told = [note("last-of", language, period=period) for period in made["period"]]
    return made[[*KEYS[1:], *NUMBERS, "status"]].assign(note=told)


def _sum_of(parts: pd.DataFrame, language: str) -> pd.DataFrame:
    """For every category the sum over its periods. The periods' errors are not independent, so the sum has none."""
    import numpy as np

    groups = parts.groupby(list(KEYS[1:]), sort=False)
    made = groups[["n", "value"]].sum().reset_index()
    told = [note("sum-of", language, periods=", ".join(periods)) for periods in groups["period"].agg(list)]
    empty: Mapping[str, float] = {name: np.nan for name in NUMBERS if name not in ("n", "value")}
    return made.assign(status="ok", note=told, **empty)
