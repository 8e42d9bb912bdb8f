"""The indicators of a theory over the warehouse's core tables: from tasks to the finished table of values.

This is the one entrance for a run. It plans few queries per source, runs them, and puts the estimates on the grid of
periods and categories. SQL text belongs to `queries` and `quantiles`, arithmetic to `estimates`, the grid to `series`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.indicators import queries
from pipelines.indicators.estimates import Estimates, from_sums
from pipelines.indicators.measures import ALL, BOTH, QUOTIENTS, TOTALS, Breakdown, Task, definition_ids, tasks_of
from pipelines.indicators.notes import guarded_count, note
from pipelines.indicators.queries import Group, When
from pipelines.indicators.series import CELL_COLUMNS, NUMBERS, completed
from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Calendar, Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

#: Columns of `out.indicator_values`, then the unweighted rows behind each.
VALUE_COLUMNS = (
    "indicator_id", "period", "dimension", "category", "n", "numerator", "denominator", "value", "std_error", "ci_low",
    "ci_high", "ci_level", "degrees_of_freedom", "method", "unit", "status", "note", "theory_version", "definition_id",
    "snapshot_id", "n_rows",
)  # fmt: skip
DISTRIBUTION_COLUMNS = ("indicator_id", "period", "dimension", "category", "bin_low", "bin_high", "n", "status")


@dataclass(frozen=True)
class Computed:
    """What a run computes: `values` with VALUE_COLUMNS, `distributions` with DISTRIBUTION_COLUMNS."""

    values: pd.DataFrame
    distributions: pd.DataFrame


@dataclass(frozen=True)
class Answer:
    """One task's cells (CELL_COLUMNS), and the note of what forbids them, if anything does."""

    task: Task
    cells: pd.DataFrame
    blocked: str | None = None


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
    answers = {a.task.id: a for group in grouped(tasks.values(), programme.calendar) for a in answered(connection, group, programme)}
    frames: dict[str, pd.DataFrame] = {}
    for indicator in theory.indicators:
        if indicator.id in answers:
            answer = answers[indicator.id]
            frames[indicator.id] = completed(
                indicator, answer.task.every_breakdown, answer.cells, programme, answer.blocked
            )
    ids = definition_ids(theory, programme, fingerprints)
    finished = []
    for indicator in theory.indicators:
        if indicator.id not in frames:
            continue
        frame = frames[indicator.id]
        task = tasks[indicator.id]
        frame = frame[frame["dimension"].isin([ALL, *(b.name for b in task.breakdowns)])].copy()
        frame["indicator_id"], frame["unit"] = indicator.id, indicator.unit
        frame["ci_level"] = task.level
        frame["definition_id"] = ids[indicator.id]
        finished.append(frame)
    values = pd.concat(finished, ignore_index=True) if finished else pd.DataFrame(columns=list(VALUE_COLUMNS))
    return Computed(_typed(values, theory, snapshot_id), pd.DataFrame(columns=list(DISTRIBUTION_COLUMNS)))


def _typed(values: pd.DataFrame, theory: TheoryOfChange, snapshot_id: str) -> pd.DataFrame:
    """The columns of the contract in their order and types; text columns hold None, number columns nan where empty."""
    import numpy as np

    values["theory_version"], values["snapshot_id"] = theory.theory.version, snapshot_id
    values["n_rows"] = values["n"]
    values.loc[values["ci_low"].isna(), "ci_level"] = np.nan
    values["note"] = values["note"].where(values["note"].fillna("") != "", None)
    for column in ("n", "n_rows", "degrees_of_freedom"):
        values[column] = values[column].astype("Float64").round().astype("Int64")
    for column in (*NUMBERS[1:-1], "ci_level"):
        values[column] = values[column].astype("float64")
    return values[list(VALUE_COLUMNS)]


def grouped(tasks: Iterable[Task], calendar: Calendar) -> Iterator[Group]:
    """Tasks that one query can answer together: same source, breakdowns and design."""
    groups: dict[tuple, list[Task]] = {}
    for task in tasks:
        if task.kind not in (*QUOTIENTS, *TOTALS):
            continue
        columns = frozenset(frozenset(b.column_names) for b in task.every_breakdown)
        design = (task.uses_fpc, task.lonely) if task.has_error else ()
        groups.setdefault((task.table.id, task.indicator.measure.between, columns, task.has_error, design), []).append(task)
    for members in groups.values():
        yield Group(When(members[0].table, calendar), tuple(members), members[0].has_error)


def answered(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> list[Answer]:
    """The cells of every task of a group."""
    blocked = design_fault(connection, group, programme) if group.errors else None
    if blocked:
        group = replace(group, errors=False)
    centres = _centres(connection, group) if group.errors else [0.0] * len(group.tasks)
    group = replace(group, centres=tuple(centres))
    frame = connection.execute(queries.moments_sql(group)).df()
    unusable = _unusable(connection, group, programme)
    return [
        Answer(task, _cells(group, i, frame, method(task, group)), blocked) for i, task in enumerate(group.tasks)
    ]


def design_fault(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> str | None:
    """The note that says why no sampling error can be had under the source's design, or None."""
    language, lonely = programme.language, group.tasks[0].lonely
    for k, stage in enumerate(group.stages):
        if not (stage.stratum or stage.population or k):
            continue
        strata, alone, unclear, small = connection.execute(queries.design_checks_sql(group, k)).fetchone()
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


def _centres(connection: duckdb.DuckDBPyConnection, group: Group) -> list[float]:
    """A value near each quotient's own, so that squares are taken of small numbers; 0 where it would not help."""
    row = connection.execute(queries.centres_sql(group)).fetchone()
    return [
        float(c) if c is not None and t.kind in QUOTIENTS and t.kind != "share" else 0.0
        for c, t in zip(row, group.tasks, strict=True)
    ]


def _unusable(connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> int:
    return 0


def method(task: Task, group: Group) -> str:
    """How a number was made, in stable words: kind; weights; design; interval."""
    table, kind = task.table, task.kind
    words = [kind if kind not in TOTALS else f"{kind} total"]
    words.append(f"weights {table.weight}" if table.weight else "unweighted")
    if not group.errors:
        words.append(task.mode if task.mode in ("census", "none") else "no error of an unweighted total")
        return "; ".join(words)
    strata, units = (", ".join(s for s in names if s) for names in zip(*((s.stratum, s.unit) for s in group.stages), strict=True))
    if strata or units:
        words.append(" ".join(filter(None, (strata and f"strata {strata}", units and f"units {units}"))))
    else:
        words.append("simple random sample")
    if any(stage.population for stage in group.stages):
        words.append("fpc")
    if task.mode == "superpopulation":
        words.append("superpopulation")
    if task.lonely != "refuse":
        words.append(f"lonely {task.lonely}")
    words.append("linearisation")
    words.append("wilson" if kind == "share" and not table.has_design else "logit t" if kind == "share" else "t")
    return "; ".join(words)


def _cells(group: Group, i: int, frame: pd.DataFrame, how: str) -> pd.DataFrame:
    """One task's cells out of the group's answer: its columns, its breakdowns, with periods and categories named."""
    import pandas as pd

    task, parts = group.tasks[i], []
    names = ["n", "t", "b", *(("vaa", "vab", "vbb", "units", "strata", "lonely") if group.errors else ())]
    for breakdown in task.every_breakdown:
        for level in (*group.period_keys, ALL):
            rows = frame[frame["cut"] == group.cut_id(level, breakdown.column_names)]
            period = period_names(group.when, level, rows)
            rows, period = rows[period.notna()], period[period.notna()]
            sums = {name: rows[f"{name}{i}"].fillna(0).to_numpy(dtype=float) for name in names}
            made = from_sums(task, sums, group.centres[i], group.errors)
            part = pd.DataFrame({name: getattr(made, name) for name in (*NUMBERS, "undefined")}, index=rows.index)
            part["period"], part["dimension"] = period, breakdown.name
            part["category"] = category_texts(group, breakdown, rows)
            part["present"], part["method"] = rows["present"].fillna(0), how
            parts.append(part)
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
    return texts.where(texts.notna(), None)
