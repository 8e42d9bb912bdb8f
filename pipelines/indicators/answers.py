"""Running the queries: groups of tasks in, finished series out.

Which queries are run and what stops one; SQL text is made in `queries` and `quantiles`, arithmetic in `estimates`, the
grid of periods and categories in `series`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.indicators.designs import design_checks_sql
from pipelines.indicators.distincts import distinct_sql
from pipelines.indicators.estimates import Estimates, from_sums
from pipelines.indicators.expressions import quoted
from pipelines.indicators.groups import Group, When
from pipelines.indicators.measures import ALL, QUANTILES, QUOTIENTS, TOTALS, Task
from pipelines.indicators.notes import guarded_count, note
from pipelines.indicators.quantiles import quantile_cells
from pipelines.indicators.queries import centres_sql, moments_sql
from pipelines.indicators.series import completed, grid_of
from pipelines.indicators.statements import column_name, core_table, has_landed
from theory_of_change.programme import Calendar, Programme

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd


#: Rows looked at first for a value to centre on.
_FIRST_ROWS = 1000


def grouped(tasks: Iterable[Task], calendar: Calendar) -> Iterator[Group]:
    """Tasks that one query can answer together: same source, breakdowns and design; quantiles each by itself."""
    groups: dict[tuple, list[Task]] = {}
    for task in tasks:
        family = "sums" if task.kind in (*QUOTIENTS, *TOTALS) else task.id
        breakdowns = tuple((b.name, b.column_names, b.declared) for b in task.every_breakdown)
        design = (task.uses_fpc, task.lonely) if task.has_error else ()
        key = (task.table.id, family, task.indicator.measure.between, breakdowns, task.has_error, design)
        groups.setdefault(key, []).append(task)
    for members in groups.values():
        yield Group(When(members[0].table, calendar), tuple(members), members[0].has_error)


def answered(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> pd.DataFrame:
    """The series of every task of a group, task after task; where rows make a query fail, only the task at fault goes
    without."""
    import duckdb
    import pandas as pd

    if not has_landed(connection, group.table):
        return _empty(group, programme)
    try:
        return _answered(connection, group, programme)
    except (duckdb.DataError, duckdb.InvalidInputException):
        if len(group.tasks) > 1:
            parts = [answered(connection, group.only(i), programme) for i in range(len(group.tasks))]
            return pd.concat(parts, ignore_index=True)
        return _empty(group, programme).assign(status="not_computable", note=note("failed", programme.language))


def _answered(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> pd.DataFrame:
    methods = [method(task, group) for task in group.tasks]
    blocked = design_fault(connection, group, programme) if group.errors else None
    remark = _unusable(connection, group, programme)
    if blocked:
        group = replace(group, errors=False)
    kind = group.tasks[0].kind
    if kind in QUANTILES:
        answer, one = quantile_cells(connection, group)
        estimates = [one]
    elif kind == "distinct":
        answer = connection.execute(distinct_sql(group)).df()
        estimates = [_counted(answer)]
    else:
        group = replace(group, centres=_centres(connection, group) if group.errors else (0.0,) * len(group.tasks))
        group = replace(group, fraction=_fraction(connection, group))
        answer = connection.execute(moments_sql(group)).df()
        estimates = [_from_frame(group, i, answer) for i in range(len(group.tasks))]
    return completed(group.tasks, grid_of(group, answer), estimates, methods, programme, blocked, remark)


def _empty(group: Group, programme: Programme) -> pd.DataFrame:
    """The series of tasks without a single row."""
    import numpy as np
    import pandas as pd

    answer = pd.DataFrame({name: [] for name in ("cut", *group.cell_keys, "present")})
    none = np.zeros(0)
    estimates = [Estimates(none, none, none, none, none, none, none, none, none)] * len(group.tasks)
    methods = [method(task, group) for task in group.tasks]
    return completed(group.tasks, grid_of(group, answer), estimates, methods, programme)


def design_fault(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> str | None:
    """The note that says why no sampling error can be had under the source's design, or None."""
    language, lonely = programme.language, group.tasks[0].lonely
    if any(stage.unit is None for stage in group.stages[:-1]):
        return note("stages", language, stages=len(group.stages), units=len(group.table.cluster))
    for k, stage in enumerate(group.stages):
        if not (stage.stratum or stage.population or k):
            continue
        alone, unclear, small, _ = connection.execute(design_checks_sql(group, k)).fetchone() or (0, 0, 0, 0)
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
    """A value near each quotient's own, so that squares are taken of small numbers; 0 where it would not help.

    The first rows give it, or all where a task uses none of those. The mean of k of n values is never farther from the
    mean of all than √(n/k) times the spread, so squares around it lose log10(n/k) digits at most. Whole numbers are
    centred on a whole one: their sums stay exact, in whatever order they are taken.
    """
    wanted = [i for i, task in enumerate(group.tasks) if task.kind in QUOTIENTS and task.kind != "share"]
    centres = [0.0] * len(group.tasks)
    for most in (_FIRST_ROWS, None):
        if not wanted:
            break
        some = replace(group, tasks=tuple(group.tasks[i] for i in wanted), centres=())
        row = connection.execute(centres_sql(some, most)).fetchone() or ()
        found = {i: float(c) for i, c in zip(wanted, row, strict=True) if c is not None and math.isfinite(c)}
        for i, c in found.items():
            value, base = group.tasks[i].value, group.tasks[i].base
            centres[i] = float(round(c)) if value and value.integral and not base else c
        wanted = [i for i in wanted if i not in found]
    return tuple(centres)


def _fraction(connection: duckdb.DuckDBPyConnection, group: Group) -> float:
    """The part of the population in a simple random sample whose population size is known, else 0."""
    if not group.errors or group.table.has_design or not group.stages[0].population:
        return 0.0
    found = connection.execute(design_checks_sql(group, 0)).fetchone()
    return float(found[3]) if found and found[3] else 0.0


def _unusable(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> str:
    """What to say about rows without a valid weight, with one of zero, or without a place in the design."""
    tests = {"unusable": f"not coalesce({group.keep}, false)"} if group.keep != "true" else {}
    if group.table.weight:
        tests["weightless"] = f"{quoted(column_name(group.table, group.table.weight))} = 0"
    said = []
    for key, condition in tests.items():
        found = connection.execute(f"select count(*) from {core_table(group.table)} where {condition}").fetchone()
        if found and found[0]:
            told = guarded_count(found[0], programme.disclosure.smallest_group, programme.language)
            said.append(note(key, programme.language, count=told))
    return "; ".join(said)


def method(task: Task, group: Group) -> str:
    """How a number was made, in stable words: kind; weights; design; interval."""
    table = task.table
    words = [f"{task.kind} total" if task.kind in TOTALS else task.kind]
    if task.kind == "distinct":
        return "; ".join([*words, "counted in the data", task.mode])
    made = f" ({table.weighting}, taken as fixed)" if table.weighting else ""
    words.append(f"weights {table.weight}{made}" if table.weight else "unweighted")
    if not group.errors:
        return "; ".join([*words, task.mode if task.mode in ("census", "none") else "no error of an unweighted total"])
    strata = " + ".join(stage.stratum for stage in group.stages if stage.stratum)
    units = " + ".join(stage.unit for stage in group.stages if stage.unit)
    words += [f"strata {strata}"] if strata else []
    words += [f"units {units}"] if units else []
    words += [] if strata or units else ["simple random sample"]
    words += ["fpc"] if any(stage.population for stage in group.stages) or task.population else []
    words += ["superpopulation"] if task.mode == "superpopulation" else []
    words += [f"lonely {task.lonely}"] if task.lonely != "refuse" else []
    words.append("linearisation")
    if task.kind == "share":
        known = group.stages[0].population or task.population
        interval = "clopper-pearson, no fpc" if known else "clopper-pearson"
        words.append("logit, t" if table.has_design else interval if task.exact else "wilson")
    else:
        words.append("woodruff, t" if task.kind in QUANTILES else "t")
    return "; ".join(words)


def _from_frame(group: Group, i: int, frame: pd.DataFrame) -> Estimates:
    names = ["n", "t", "b", *(("vaa", "vab", "vbb", "units", "strata", "lonely") if group.errors else ())]
    sums = {name: frame[f"{name}{i}"].fillna(0).to_numpy(dtype=float) for name in names}
    taken = _taken(group, i, frame)
    return from_sums(group.tasks[i], sums, group.centres[i], group.errors, fraction=group.fraction, taken=taken)


def _taken(group: Group, i: int, frame: pd.DataFrame) -> np.ndarray | float:
    """The part of the population an indicator states that is in the sample, in each row of the answer: the same for
    every category of a period; for a year and the whole, which gather several samples of it, their mean."""
    import numpy as np

    population = group.tasks[i].population
    if not population or not group.errors:
        return 0.0
    found = np.zeros(len(frame))
    cut, n = frame["cut"].to_numpy(), frame[f"n{i}"].fillna(0).to_numpy(dtype=float)
    fine = frame.get("fine")
    whole = cut == group.cut_id("fine" if fine is not None else ALL, ())
    by_period = dict(zip(fine[whole], n[whole], strict=True)) if fine is not None else {ALL: n[whole].sum()}
    for level in (*group.period_keys, ALL):
        for breakdown in group.breakdowns:
            rows = np.flatnonzero(cut == group.cut_id(level, breakdown.column_names))
            for row in rows:
                here = frame[level].iloc[row] if level != ALL else None
                sizes = [size for code, size in by_period.items() if size and _belongs(group, level, here, code)]
                found[row] = np.mean(sizes) / population if sizes else 0.0
    return np.minimum(found, 1.0)


def _belongs(group: Group, level: str, here: object, fine: object) -> bool:
    return level == ALL or here == (fine if level == "fine" else fine // group.when.per_year)


def _counted(frame: pd.DataFrame) -> Estimates:
    """Counts of different values: numbers without an error."""
    import numpy as np

    nothing, n = np.full(len(frame), np.nan), frame["n0"].to_numpy(dtype=float)
    value = np.where(n > 0, frame["value"].to_numpy(dtype=float), np.nan)
    no = np.zeros(len(frame), dtype=bool)
    return Estimates(n, nothing, nothing, value, nothing, nothing, nothing, nothing, no)
