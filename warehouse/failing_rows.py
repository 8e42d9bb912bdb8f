"""Which rows break which quality rules: one statement for each table, whatever the number of its rules.

The rules are those of `warehouse.expectations`, which counts with Great Expectations; here the rows are named, by load
and number, so that staff find them in the file they came from. Never a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from theory_of_change.programme import Calendar
from theory_of_change.tables import Table
from warehouse.expectations import Rule, suite
from warehouse.modelling import literal, model, quoted
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Rows named for each rule. Where more fail, the mistake is in the form or in the export, not in the rows.
MOST_ROWS = 1000


def failing_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    tables: Mapping[str, Table],
    calendar: Calendar | None = None,
    more: Sequence[Rule] = (),
) -> pd.DataFrame:
    """The rows in force that break a rule of their source, with the columns of `core.failing_rows`, in the order of
    rules and rows. A rule for one wave repeats one for all, so its rows are not named again."""
    import pandas as pd

    columns = list(model("core", "failing_rows").column_names)
    present = {name: other for name, other in tables.items() if table_columns(connection, "core", other.id)}
    rules = [rule for rule in (*suite(table, present, calendar), *more) if rule.select and not rule.wave]
    if table.id not in present or not rules:
        return pd.DataFrame(columns=columns)
    found = connection.execute(failing_rows_sql(table, rules)).df()
    ids = [rules[number].rule_id for number in found["rule"]]
    return pd.DataFrame(
        {"source": table.id, "rule_id": ids, "load_id": found["_load_id"], "row_number": found["_row"]}
    )[columns]


def failing_rows_sql(table: Table, rules: Sequence[Rule], most: int = MOST_ROWS) -> str:
    """One pass over the rows: what each rule looks at, which rules each row breaks, and of the few rows that break any,
    a line for each rule."""
    looked_at = "".join(f",\n    {rule.select} as v{i}" for i, rule in enumerate(rules))
    tested = "".join(f",\n    {_broken(rule, f'v{i}')} as b{i}" for i, rule in enumerate(rules))
    numbers = ", ".join(f"case when b{i} then {i} end" for i in range(len(rules)))
    return f"""with looked_at as (
  select
    _load_id,
    _row{looked_at}
  from core.{quoted(table.id)} as rows
), tested as (
  select
    _load_id,
    _row{tested}
  from looked_at
), named as (
  select _load_id, _row, unnest(list_filter([{numbers}], number -> number is not null)) as rule
  from tested
  where {" or ".join(f"b{i}" for i in range(len(rules)))}
)
select rule, _load_id, _row
from named
qualify row_number() over (partition by rule order by _load_id, _row) <= {most}
order by rule, _load_id, _row"""


def _broken(rule: Rule, value: str) -> str:
    """True where the value breaks the rule, as its expectation counts: a missing one breaks only that there be one."""
    given = rule.arguments
    match rule.expect:
        case "ExpectColumnValuesToNotBeNull":
            return f"{value} is null"
        case "ExpectColumnValuesToBeInSet":
            return f"{value} not in ({', '.join(_constant(one) for one in given['value_set'])})"
        case "ExpectColumnValuesToBeBetween":
            limits = ((given["min_value"], "<"), (given["max_value"], ">"))
            return " or ".join(f"{value} {sign} {_constant(limit)}" for limit, sign in limits if limit is not None)
        case "ExpectColumnValuesToBeUnique":
            return f"{value} is not null and count(*) over (partition by {value}) > 1"
    raise ValueError(f"no row breaks {rule.expect}")


def _constant(value: object) -> str:
    return literal(value) if isinstance(value, str) else repr(value)
