"""The rows an evaluation compares: one query over its source, through the same checked expressions as indicators.

Nothing is estimated here. The frame has one row per source row under the evaluation's filter and the columns `outcome`,
`group`, `time`, `person`, `cluster` (those the evaluation names), then `covariate_0`, `covariate_1`, … in its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.indicators.dialect import quoted
from pipelines.indicators.expressions import Expression, parse
from pipelines.indicators.statements import core_table, finite, has_landed
from theory_of_change.model import Evaluation
from theory_of_change.tables import Column, Table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Column types that enter a regression as a number; the others enter as one indicator per category.
NUMERIC = ("integer", "number", "money", "boolean")


def evaluation_frame(connection: duckdb.DuckDBPyConnection, evaluation: Evaluation, table: Table) -> pd.DataFrame:
    """The evaluation's rows from `core.<source>`, in a fixed order. Missing answers are nan or None."""
    origin = core_table(table) if has_landed(connection, table) else _no_rows(table)
    return connection.execute(frame_sql(evaluation, table, origin)).df()


def _no_rows(table: Table) -> str:
    """A table of the source's columns without a row, for a source that never got a delivery."""
    columns = ", ".join(f"cast(null as {column.sql_type}) as {quoted(column.name)}" for column in table.columns)
    return f"(select {columns} where false) as nothing"


def frame_sql(evaluation: Evaluation, table: Table, origin: str | None = None) -> str:
    """The one query behind an evaluation, over `core.<source>` unless another origin is given."""
    outcome = parse(evaluation.measure, table)
    selected = [f"{_as_number(outcome)} as outcome"]
    if evaluation.group:
        selected.append(f"cast(({parse(evaluation.group, table).sql}) as integer) as {quoted('group')}")
    if evaluation.time:
        selected.append(f"{quoted(_column(table, evaluation.time).name)} as {quoted('time')}")
    for role in ("person", "cluster"):
        name = getattr(evaluation, role)
        if name:
            selected.append(f"cast({quoted(_column(table, name).name)} as varchar) as {quoted(role)}")
    for k, name in enumerate(evaluation.covariates):
        column = _column(table, name)
        sql = quoted(column.name)
        sql = (
            finite(sql, column.type in ("integer", "boolean")) if column.type in NUMERIC else f"cast({sql} as varchar)"
        )
        selected.append(f"{sql} as covariate_{k}")
    where = f"\nwhere {parse(evaluation.where, table, 'boolean').sql}" if evaluation.where else ""
    columns = ",\n  ".join(selected)
    return f"select\n  {columns}\nfrom {origin or core_table(table)}{where}\norder by all"


def _as_number(expression: Expression) -> str:
    if expression.type == "boolean":
        return f"cast(cast(({expression.sql}) as integer) as double)"
    return finite(f"({expression.sql})", expression.integral)


def _column(table: Table, name: str) -> Column:
    column = table.column(name)
    assert column is not None, name
    return column


def time_order(evaluation: Evaluation, table: Table, frame: pd.DataFrame) -> tuple[object, object] | None:
    """The two moments an evaluation compares, before first; None where the data do not hold exactly two.

    Numbers, dates and booleans have their own order, a category that of its labels, and plain words are known by name.
    """
    moments = frame["time"].dropna().unique().tolist()
    if len(moments) != 2:
        return None
    column = _column(table, evaluation.time or "")
    if column.type in (*NUMERIC, "date", "datetime"):
        first, second = sorted(moments)
        return first, second
    order = {code: rank for rank, code in enumerate(column.labels)} or _WORDS
    if any(str(moment).casefold() not in order and str(moment) not in order for moment in moments):
        return None
    first, second = sorted(moments, key=lambda m: order.get(str(m), order.get(str(m).casefold())))
    return first, second


_WORDS = {"pre": 0, "before": 0, "prima": 0, "baseline": 0, "t0": 0, "post": 1, "after": 1, "dopo": 1, "endline": 1,
          "t1": 1}  # fmt: skip
