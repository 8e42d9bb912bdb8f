"""Running the queries: groups of tasks in, cells with estimates out.

A cell is one period, dimension and category that holds source rows. Which cells should exist besides is decided in
`series`; SQL text is made in `queries` and `quantiles`, arithmetic in `estimates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.indicators import quantiles, queries
from pipelines.indicators.estimates import Estimates, from_sums
from pipelines.indicators.measures import ALL, BOTH, QUANTILES, QUOTIENTS, TOTALS, Breakdown, Task
from pipelines.indicators.notes import guarded_count, note
from pipelines.indicators.queries import Group, When
from pipelines.indicators.series import CELL_COLUMNS, NUMBERS
from theory_of_change.programme import Calendar, Programme

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


@dataclass(frozen=True)
class Answer:
    """One task's cells (CELL_COLUMNS), how they were made, and what there is to say about all of them.

    `blocked` is the note of what forbids any estimate; `remark` stands beside every value.
    """

    task: Task
    cells: pd.DataFrame
    method: str
    blocked: str | None = None
    remark: str = ""


def grouped(tasks: Iterable[Task], calendar: Calendar) -> Iterator[Group]:
    """Tasks that one query can answer together: same source, breakdowns and design; quantiles each by itself."""
    groups: dict[tuple, list[Task]] = {}
    for task in tasks:
        family = "sums" if task.kind in (*QUOTIENTS, *TOTALS) else task.id
        columns = frozenset(frozenset(b.column_names) for b in task.every_breakdown)
        design = (task.uses_fpc, task.lonely) if task.has_error else ()
        key = (task.table.id, family, task.indicator.measure.between, columns, task.has_error, design)
        groups.setdefault(key, []).append(task)
    for members in groups.values():
        yield Group(When(members[0].table, calendar), tuple(members), members[0].has_error)


def answered(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> list[Answer]:
    """The cells of every task of a group; where rows make a query fail, only the task at fault goes without."""
    import duckdb

    try:
        return _answered(connection, group, programme)
    except (duckdb.DataError, duckdb.InvalidInputException):
        if len(group.tasks) > 1:
            return [
                a for i in range(len(group.tasks)) for a in answered(connection, quantiles.only(group, i), programme)
            ]
        import pandas as pd

        task = group.tasks[0]
        nothing = pd.DataFrame(columns=list(CELL_COLUMNS))
        return [Answer(task, nothing, method(task, group), note("failed", programme.language))]


def _answered(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> list[Answer]:
    blocked = design_fault(connection, group, programme) if group.errors else None
    remark = _unusable(connection, group, programme)
    methods = [method(task, group) for task in group.tasks]
    if blocked:
        group = replace(group, errors=False)
    kind = group.tasks[0].kind
    if kind in QUANTILES:
        frame, estimates = quantiles.quantile_cells(connection, group)
        made = [(frame, estimates)]
    elif kind == "distinct":
        frame = connection.execute(quantiles.distinct_sql(group)).df()
        made = [(frame, _counted(frame))]
    else:
        group = replace(group, centres=_centres(connection, group) if group.errors else (0.0,) * len(group.tasks))
        group = replace(group, fraction=_fraction(connection, group))
        frame = connection.execute(queries.moments_sql(group)).df()
        made = [(frame, _from_frame(group, i, frame)) for i in range(len(group.tasks))]
    return [
        Answer(task, _cells(group, task, frame, estimates), how, blocked, remark)
        for task, how, (frame, estimates) in zip(group.tasks, methods, made, strict=True)
    ]


def design_fault(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> str | None:
    """The note that says why no sampling error can be had under the source's design, or None."""
    language, lonely = programme.language, group.tasks[0].lonely
    if any(stage.unit is None for stage in group.stages[:-1]):
        return note("stages", language, stages=len(group.stages), units=len(group.table.cluster))
    for k, stage in enumerate(group.stages):
        if not (stage.stratum or stage.population or k):
            continue
        alone, unclear, small, _ = connection.execute(queries.design_checks_sql(group, k)).fetchone() or (0, 0, 0, 0)
        if unclear:
            return note("fpc-unclear", language, count=unclear)
        if small:
            return note("fpc-too-small", language, count=small)
        if alone and (stage.stratum or k):
            if lonely == "refuse":
                return note("lonely", language, count=alone)
            if lonely == "average" and k:
                return note("lonely-below", language, count=alone)
    return None


def _centres(connection: duckdb.DuckDBPyConnection, group: Group) -> tuple[float, ...]:
    """A value near each quotient's own, so that squares are taken of small numbers; 0 where it would not help."""
    wanted = [task.kind in QUOTIENTS and task.kind != "share" for task in group.tasks]
    if not any(wanted):
        return (0.0,) * len(wanted)
    row = connection.execute(queries.centres_sql(group)).fetchone() or ()
    return tuple(float(c) if c is not None and asked else 0.0 for c, asked in zip(row, wanted, strict=True))


def _fraction(connection: duckdb.DuckDBPyConnection, group: Group) -> float:
    """The part of the population in a simple random sample whose population size is known, else 0."""
    if not group.errors or group.table.has_design or not group.stages[0].population:
        return 0.0
    found = connection.execute(queries.design_checks_sql(group, 0)).fetchone()
    return float(found[3]) if found and found[3] else 0.0


def _unusable(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> str:
    """What to say about rows without a valid weight or a place in the design; empty where there are none."""
    keep = queries.usable(group.table, group.stages)
    if keep == "true":
        return ""
    lost = f"select count(*) from {queries.core_table(group.table)} where not coalesce({keep}, false)"
    (count,) = connection.execute(lost).fetchone() or (0,)
    told = guarded_count(count, programme.disclosure.smallest_group, programme.language)
    return note("unusable", programme.language, count=told) if count else ""


def method(task: Task, group: Group) -> str:
    """How a number was made, in stable words: kind; weights; design; interval."""
    table = task.table
    words = [f"{task.kind} total" if task.kind in TOTALS else task.kind]
    if task.kind == "distinct":
        return "; ".join([*words, "counted in the data", task.mode])
    words.append(f"weights {table.weight}" if table.weight else "unweighted")
    if not group.errors:
        return "; ".join([*words, task.mode if task.mode in ("census", "none") else "no error of an unweighted total"])
    strata = " + ".join(stage.stratum for stage in group.stages if stage.stratum)
    units = " + ".join(stage.unit for stage in group.stages if stage.unit)
    words += [f"strata {strata}"] if strata else []
    words += [f"units {units}"] if units else []
    words += [] if strata or units else ["simple random sample"]
    words += ["fpc"] if any(stage.population for stage in group.stages) else []
    words += ["superpopulation"] if task.mode == "superpopulation" else []
    words += [f"lonely {task.lonely}"] if task.lonely != "refuse" else []
    words.append("linearisation")
    if task.kind == "share":
        interval = "clopper-pearson, no fpc" if group.stages[0].population else "clopper-pearson"
        words.append("logit, t" if table.has_design else interval if task.exact else "wilson")
    else:
        words.append("woodruff, t" if task.kind in QUANTILES else "t")
    return "; ".join(words)


def _from_frame(group: Group, i: int, frame: pd.DataFrame) -> Estimates:
    names = ["n", "t", "b", *(("vaa", "vab", "vbb", "units", "strata", "lonely") if group.errors else ())]
    sums = {name: frame[f"{name}{i}"].fillna(0).to_numpy(dtype=float) for name in names}
    return from_sums(group.tasks[i], sums, group.centres[i], group.errors, fraction=group.fraction)


def _counted(frame: pd.DataFrame) -> Estimates:
    """Counts of different values: numbers without an error."""
    import numpy as np

    nothing, n = np.full(len(frame), np.nan), frame["n0"].to_numpy(dtype=float)
    value = np.where(n > 0, frame["value"].to_numpy(dtype=float), np.nan)
    no = np.zeros(len(frame), dtype=bool)
    return Estimates(n, nothing, nothing, value, nothing, nothing, nothing, nothing, no)


def _cells(group: Group, task: Task, frame: pd.DataFrame, estimates: Estimates) -> pd.DataFrame:
    """One task's cells out of a query's answer: its breakdowns, with periods and categories named."""
    import pandas as pd

    numbers = pd.DataFrame({name: getattr(estimates, name) for name in (*NUMBERS, "undefined")}, index=frame.index)
    parts = []
    for breakdown in task.every_breakdown:
        for level in (*group.period_keys, ALL):
            rows = frame[frame["cut"] == group.cut_id(level, breakdown.column_names)]
            part = numbers.loc[rows.index].copy()
            part["period"], part["dimension"] = period_names(group.when, level, rows), breakdown.name
            part["category"] = category_texts(group, breakdown, rows)
            part["present"] = rows["present"].fillna(0)
            parts.append(part[part["period"].notna()])
    return pd.concat(parts, ignore_index=True)[list(CELL_COLUMNS)]


def period_names(when: When, level: str, rows: pd.DataFrame) -> pd.Series:
    """The calendar's name for each row's period; None where the calendar has no such period."""
    import pandas as pd

    if level == ALL:
        return pd.Series(ALL, index=rows.index, dtype=object)
    wanted = when.calendar.every if level == "fine" else "year"
    named = {
        (when.code(p.start.year, p.start.month) if level == "fine" else p.start.year): p.name
        for p in when.calendar.periods
        if p.level == wanted
    }
    return rows[level].map(named).astype(object)


def category_texts(group: Group, breakdown: Breakdown, rows: pd.DataFrame) -> Any:
    """Each row's category as text, parts of a cross joined; None where a part is missing."""
    if not breakdown.columns:
        return ALL
    texts = None
    for column in breakdown.columns:
        part = rows[f"d{group.dimensions.index(column.name)}"].astype(object)
        if column.type in ("number", "money"):  # a whole number reads as one
            part = part.str.removesuffix(".0")
        texts = part if texts is None else texts + BOTH + part
    assert texts is not None
    return texts.where(texts.notna(), None)
