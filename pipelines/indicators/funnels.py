"""Conversions of a call as expressions over its register: who passed a stage, and among whom the rate is taken.

So a conversion is a share like any other: the same queries, intervals and protection. Whole funnels, with money and
organisations, are `pipelines.calling`'s.
"""

from __future__ import annotations

from pipelines.indicators.dialect import as_text, literal, quoted
from pipelines.indicators.expressions import Expression
from theory_of_change.calls import Stage
from theory_of_change.model import Conversion
from theory_of_change.tables import Table


def passed(table: Table, stage: str) -> Expression:
    """True for a case that passed this stage or a later one; never null. As `pipelines.calling` reads a stage."""
    stages = table.funnel.stages[_position(table, stage) :]
    columns = tuple(dict.fromkeys(table.column(one.column).name for one in stages))
    return Expression(" or ".join(_is_passed(table, one) for one in stages), columns, "boolean")


def among(conversion: Conversion, table: Table, where: Expression | None) -> Expression:
    """True for a case the rate is taken of: it passed the first stage, and its cohort is decided up to the second."""
    base, cohorts = passed(table, conversion.from_), undecided(table, conversion.to)
    parts, columns = [base.sql], [*base.columns]
    if cohorts:
        name = table.column(table.funnel.cohort).name
        parts.append(f"coalesce({as_text(quoted(name))} not in ({', '.join(map(literal, cohorts))}), true)")
        columns.append(name)
    if where:
        parts.append(where.sql)
        columns += where.columns
    return Expression(" and ".join(f"({part})" for part in parts), tuple(dict.fromkeys(columns)), "boolean")


def undecided(table: Table, stage: str) -> tuple[str, ...]:
    """The open cohorts of which it cannot be said yet who passes this stage."""
    if not table.funnel.cohort:
        return ()
    last = {cohort: _position(table, decided) for cohort, decided in table.funnel.open.items()}
    return tuple(cohort for cohort, decided in last.items() if decided < _position(table, stage))


def _position(table: Table, stage: str) -> int:
    return [one.id for one in table.funnel.stages].index(stage)


def _is_passed(table: Table, stage: Stage) -> str:
    column = table.column(stage.column)
    name = quoted(column.name)
    if stage.values:
        return f"coalesce({as_text(name)} in ({', '.join(map(literal, stage.values))}), false)"
    return f"coalesce({name}, false)" if column.type == "boolean" else f"{name} is not null"
