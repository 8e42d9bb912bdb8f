"""How a number came about: the SQL behind an indicator, and its source's rows counted by what became of them.

For `sestante explain`. Counts and query text only; no value of a row is read out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.indicators.answers import grouped
from pipelines.indicators.dialect import literal, quoted
from pipelines.indicators.distincts import distinct_sql
from pipelines.indicators.groups import Group
from pipelines.indicators.measures import ALL, QUANTILES, Task, tasks_of
from pipelines.indicators.quantiles import asked_sql, found_sql, preparing_sql, reached_sql, shares_sql, wide_sql
from pipelines.indicators.queries import moments_sql
from pipelines.indicators.rows import operand, source_cte
from pipelines.indicators.statements import core_table, exists, has_landed
from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Period, Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb

#: What can become of a row, in the order it is decided.
REASONS = ("refused", "superseded", "unusable", "outside_calendar", "other_period", "filtered", "no_answer", "used")


def query_text(
    theory: TheoryOfChange, programme: Programme, tables: Mapping[str, Table], indicator_id: str
) -> str | None:
    """The query behind an indicator, for it alone and without the shift that only guards digits; None where no rows
    are queried (a formula, a milestone, a kind not computed yet)."""
    group = _alone(theory, programme, tables, indicator_id)
    if group is None:
        return None
    kind = group.tasks[0].kind
    if kind == "distinct":
        return distinct_sql(group)
    if kind in QUANTILES:
        steps = [*preparing_sql(group), asked_sql(group)]
        errors = [found_sql(group), wide_sql(group), shares_sql(group)]
        steps += errors if group.errors else [reached_sql(group)]
        return ";\n\n".join(steps)
    return moments_sql(group)


def left_out(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    indicator_id: str,
    period: str = ALL,
) -> list[tuple[str, int]]:
    """Rows of the indicator's source by REASONS, those with rows only; empty where no rows are queried.

    Rows refused at landing and rows superseded by a later delivery are those of the whole source. For a change, rows
    are people's later answers, and who answered only once is not among them.
    """
    group = _alone(theory, programme, tables, indicator_id)
    if group is None or not has_landed(connection, group.table):
        return []
    counts = {"refused": _refused(connection, group.table), "superseded": _superseded(connection, group.table)}
    counts["unusable"] = _count(connection, core_table(group.table), f"not coalesce({group.keep}, false)")
    found = connection.execute(reasons_sql(group, period)).fetchall()
    counts |= {reason: int(n) for reason, n in found}
    return [(reason, counts[reason]) for reason in REASONS if counts.get(reason)]


def used_by_load(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    indicator_id: str,
    period: str = ALL,
) -> list[tuple[str, str, int]]:
    """Rows used of each load, with the source the load belongs to. Those of a change are people's later answers."""
    group = _alone(theory, programme, tables, indicator_id)
    if group is None or not has_landed(connection, group.table):
        return []
    return connection.execute(
        f"with told as (\n{reasons_sql(group, period, by_load=True)}\n)\n"
        "select loads.source, loads.file_name, sum(told.n) from told inner join core.loads as loads"
        " on loads.load_id = told.load where told.reason = 'used'"
        " group by loads.source, loads.file_name order by 1, 2, 3"
    ).fetchall()


def reasons_sql(group: Group, period: str, by_load: bool = False) -> str:
    """Usable rows of a source by what became of them for one indicator in one period."""
    task, when = group.tasks[0], group.when
    where = f"coalesce(({task.where.sql}), false)" if task.where else "true"
    cases = [f"when not coalesce({when.inside}, false) then 'outside_calendar'"]
    cases += [f"when not coalesce({_in_period(group, period)}, false) then 'other_period'"]
    cases += [f"when not {where} then 'filtered'", "when answer is null then 'no_answer'"]
    y, x = operand(group, 0, task)
    answer = f"case when ({x}) is not null then ({y}) end" if x else y
    return (
        f"with {source_cte(group)},\nanswered as (\n  select *, {answer} as answer\n  from source\n)\n"
        f"select\n  case\n    {' '.join(cases)}\n    else 'used'\n  end as reason,\n  count(*) as n"
        f"{', _load_id as load' if by_load else ''}\nfrom answered\ngroup by {'1, 3' if by_load else '1'}"
    )


def _in_period(group: Group, period: str) -> str:
    when, calendar = group.when, group.when.calendar
    if period == ALL:
        return "true"
    if not when.is_dated:
        return "false"
    asked: Period = calendar.period(period)
    if asked.level == "year" and calendar.every != "year":
        return f"{when.year} = {asked.start.year}"
    return f"{when.fine} = {when.code(asked.start.year, asked.start.month)}"


def _alone(
    theory: TheoryOfChange, programme: Programme, tables: Mapping[str, Table], indicator_id: str
) -> Group | None:
    task: Task | None = tasks_of(theory, tables).get(indicator_id)
    return next(grouped([task], programme.calendar)) if task else None


def _count(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> int:
    return int((connection.execute(f"select count(*) from {table} where {condition}").fetchone() or (0,))[0])


def _refused(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    if not exists(connection, "refused"):
        return 0
    sources = ", ".join(literal(name) for name in table.parts or (table.id,))
    rows = f"select distinct load_id, row_number from core.refused where source in ({sources})"
    return _count(connection, f"({rows} and row_number is not null)", "true")


def _superseded(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    histories = [f"{name}__history" for name in table.parts or (table.id,)]
    return sum(_count(connection, f"core.{quoted(one)}", "true") for one in histories if exists(connection, one))
