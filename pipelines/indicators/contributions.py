"""Who gives most to a sum of money: the two largest contributions to every published cell, for disclosure control.

A contribution is what one organisation gives in all, where the register says which, else one person, else one row. Only
sums of money are looked at, and only where dominance is not switched off. What follows is decided in
`warehouse.together`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.indicators.dialect import as_text, cut_number, key_as_text, quoted
from pipelines.indicators.expressions import Expression
from pipelines.indicators.groups import Group, When
from pipelines.indicators.measures import ALL, Task, tasks_of
from pipelines.indicators.rows import measured_cte, source_cte
from pipelines.indicators.series import category_texts, period_names
from pipelines.indicators.statements import has_landed, indented
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: The parts of a measure that are sums of money: `value` is the numerator of a quotient, `base` what it is divided by.
COLUMNS = ("indicator_id", "period", "dimension", "category", "part", "amount", "percent", "total", "first", "second")


def largest_contributions(
    connection: duckdb.DuckDBPyConnection, theory: TheoryOfChange, programme: Programme, tables: Mapping[str, Table]
) -> pd.DataFrame:
    """A row per indicator, period, category and part: its total and the two largest contributions; `amount` is the same
    text where two indicators add up the same thing."""
    import pandas as pd

    found = []
    for task in tasks_of(theory, tables).values():
        percent = dominance(task.indicator, programme, task.table)
        parts = _money(task) if percent and not task.table.weight and has_landed(connection, task.table) else {}
        group = Group(When(task.table, programme.calendar), (task,), False)
        for part, expression in parts.items():
            cells = _cells(connection, group, part)
            amount = f"{expression.sql} where {task.where.sql if task.where else ''}"
            found.append(cells.assign(indicator_id=task.id, part=part, amount=amount, percent=percent))
    return pd.concat(found, ignore_index=True)[list(COLUMNS)] if found else pd.DataFrame(columns=list(COLUMNS))


def dominance(indicator: Indicator, programme: Programme, table: Table) -> float:
    """The p of the p% rule for an indicator; 0 where everything may be seen: money of public calls, and what is shown
    however few stand behind it."""
    own = indicator.disclosure
    least = own.threshold if own and own.threshold else programme.disclosure.smallest_group
    if least <= 1 or (table.funnel and table.funnel.public):
        return 0.0
    return programme.disclosure.dominance if own is None or own.dominance is None else own.dominance


def _money(task: Task) -> dict[str, Expression]:
    kind = task.kind if task.kind in ("sum", "mean", "ratio") else ""
    parts = {"value": task.value, "base": task.base} if kind == "ratio" else {"value": task.value} if kind else {}
    return {part: one for part, one in parts.items() if one and _is_money(one, task.table)}


def _is_money(expression: Expression, table: Table) -> bool:
    return any(column.type == "money" for name in expression.columns if (column := table.column(name)))


def contributor(table: Table) -> str:
    """SQL of who a row's money comes from or goes to."""
    row = f"concat(_load_id, ' ', {as_text('_row')})"
    own = table.funnel.organisation if table.funnel else None
    named = [own, *(column.name for column in table.columns if column.type == "organisation"), table.person]
    column = next((found for name in named if name and (found := table.column(name))), None)
    return f"coalesce({as_text(quoted(column.name))}, {row})" if column else row


def contributions_sql(group: Group, part: str) -> str:
    """Total and two largest contributions of every cell: rows are added up by contributor, then ranked."""
    amount = "y0" if part == "value" else "x0"
    sets = ",\n    ".join(f"({', '.join((*cells, 'who'))})" for cells in group.grouping_sets())
    keys = ["cut", *group.cell_keys]
    cut = cut_number(group.cell_keys)
    given = [f"{cut} as cut", *group.cell_keys, "who", f"sum({amount}) as amount"]
    ranked = f"row_number() over (partition by {', '.join(keys)} order by amount desc) as place"
    columns = [
        "cut",
        *map(key_as_text, group.cell_keys),
        "cast(sum(amount) as double) as total",
        "cast(sum(case when place = 1 then amount end) as double) as first",
        "cast(coalesce(sum(case when place = 2 then amount end), 0) as double) as second",
    ]
    return (
        f"with {source_cte(group)},\n{measured_cte(group, [f'{contributor(group.table)} as who'])},\n"
        f"given as (\n  select\n    {indented(given)}\n  from measured\n  where y0 is not null\n"
        f"  group by grouping sets (\n    {sets}\n  )\n),\n"
        f"ranked as (\n  select *, {ranked}\n  from given\n)\n"
        f"select\n  {indented(columns, 2)}\nfrom ranked\ngroup by {', '.join(keys)}"
    )


def _cells(connection: duckdb.DuckDBPyConnection, group: Group, part: str) -> pd.DataFrame:
    """The answer by the names of periods and categories."""
    import numpy as np
    import pandas as pd

    answer = connection.execute(contributions_sql(group, part)).df()
    found = []
    for breakdown in group.breakdowns:
        for level in (*group.period_keys, ALL):
            rows = np.flatnonzero(answer["cut"].to_numpy() == group.cut_id(level, breakdown.column_names))
            cells = answer.iloc[rows][["total", "first", "second"]].reset_index(drop=True)
            cells["period"] = period_names(group.when, level, answer, rows)
            cells["category"] = category_texts(group, breakdown, answer, rows)
            found.append(cells.assign(dimension=breakdown.name))
    cells = pd.concat(found, ignore_index=True)
    return cells[cells["period"].notna() & cells["category"].notna()]
