"""Sixty rules on 200,000 rows of 60 columns, the rows that break one named: Sestante's statement and one by hand.

Half the columns are scales with limits, half categories with a list of answers; one row in a thousand breaks a rule.
The suite of Great Expectations, which only counts, is measured apart.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from theory_of_change.model import Text
from theory_of_change.tables import Column, Table

ROWS, SCALES, CATEGORIES = 200_000, 30, 30
CODES = ("A1", "A2", "A3", "A4", "A5")


def prepare(folder: Path) -> None:
    scales = [
        f"case when random() < 0.9 then 1 + cast(floor(random() * 5) as bigint) end as s{i}" for i in range(SCALES)
    ]
    codes = [f"'A' || cast(1 + floor(random() * 5) as integer) as c{i}" for i in range(CATEGORIES)]
    with duckdb.connect(str(folder / "rules.duckdb")) as connection:
        connection.execute("set threads = 1")
        connection.execute("select setseed(0.5)")
        connection.execute("create schema core")
        connection.execute(
            "create table core.loads (load_id varchar, source varchar, status varchar, rows_read bigint,"
            " rows_refused bigint); insert into core.loads values ('load', 'answers', 'in_force', 200000, 0);"
            " create table core.refused (load_id varchar, row_number bigint, rule varchar)"
        )
        connection.execute(
            f"create table core.answers as select {', '.join([*scales, *codes])}, 'load' as _load_id, range as _row"
            f" from range({ROWS})"
        )
        for i in range(10):
            connection.execute(f"update core.answers set s{i * 3} = 7 where _row % 20000 = {1000 * i}")
            connection.execute(f"update core.answers set c{i * 3} = 'Z' where _row % 20000 = {1000 * i + 500}")


def _opened(folder: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(folder / "rules.duckdb"), read_only=True, config={"python_enable_replacements": False})


def _table() -> Table:
    labels = {code: Text(code) for code in CODES}
    columns = [Column(f"s{i}", "integer", min=1, max=5) for i in range(SCALES)]
    columns += [Column(f"c{i}", "category", labels=labels) for i in range(CATEGORIES)]
    return Table("answers", "survey", Text("Answers"), tuple(columns))


def named(folder: Path) -> Callable[[], object]:
    from warehouse.failing_rows import failing_rows

    connection, table = _opened(folder), _table()
    return lambda: _all_named(failing_rows(connection, table, {"answers": table}))


def by_hand(folder: Path) -> Callable[[], object]:
    """Every rule written out once in the filter and once in a list of the names of those broken."""
    codes = ", ".join(f"'{code}'" for code in CODES)
    broken = {f"s{i}": f"(s{i} < 1 or s{i} > 5)" for i in range(SCALES)}
    broken |= {f"c{i}": f"c{i} not in ({codes})" for i in range(CATEGORIES)}
    names = ", ".join(f"case when {test} then '{name}' end" for name, test in broken.items())
    sql = f"""with failing as (
  select _load_id, _row, unnest(list_filter([{names}], name -> name is not null)) as name
  from core.answers
  where {" or ".join(broken.values())}
)
select name, _load_id, _row
from failing
order by name, _load_id, _row"""
    connection = _opened(folder)
    return lambda: _all_named(connection.execute(sql).df())


def _all_named(found: object) -> None:
    assert len(found) == 200, len(found)


def suite(folder: Path) -> Callable[[], object]:
    from warehouse.expectations import check

    connection, table = _opened(folder), _table()
    return lambda: check(connection, table, {"answers": table})
