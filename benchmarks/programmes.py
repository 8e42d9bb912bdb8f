"""Many small programmes in one call: each a source of 500 answers with indicators of its own.

One call of the engine computes 10, then 1,000 of them on one connection; measured is the time for one, which must not
grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.measuring import Told
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Column, Table

FEW, MANY, PEOPLE = 10, 1_000, 500
_COLUMNS = {"trust": "integer", "income": "number", "area": "category", "day": "date", "w": "number"}
_MEASURES = ({"share": "trust >= 4"}, {"mean": "income"}, {"mean": "trust"})
_ROWS = """
create table core.p{number} as
select
    1 + cast(floor(random() * 5) as bigint) as trust,
    round(random() * 1000, 2) as income,
    'A' || cast(floor(random() * 4) as integer) as area,
    date '2024-01-01' + cast(floor(random() * 366) as integer) as day,
    0.5 + random() as w,
    'load' as _load_id,
    range as _row
from range({people})
"""


def prepare(folder: Path) -> None:
    with duckdb.connect(str(folder / "programmes.duckdb")) as connection:
        connection.execute("create schema core")
        connection.execute("select setseed(0.5)")
        for number in range(MANY):
            connection.execute(_ROWS.format(number=number, people=PEOPLE))


def few(folder: Path) -> Callable[[], Told]:
    return _each(folder, FEW)


def many(folder: Path) -> Callable[[], Told]:
    return _each(folder, MANY)


def _each(folder: Path, count: int) -> Callable[[], Told]:
    """Seconds for one of `count` programmes; processor time stays that of all of them."""
    import time

    from pipelines.indicators.estimate import compute

    columns = tuple(Column(name, type_) for name, type_ in _COLUMNS.items())
    tables = {f"p{i}": Table(f"p{i}", "survey", Text(f"p{i}"), columns, date="day", weight="w") for i in range(count)}
    indicators = [
        {"id": f"p{i}-{k}", "title": "t", "measures": ["O"], "unit": "u", "disaggregation": ["area"],
         "uncertainty": {"mode": "sample"}, "measure": {"from": f"p{i}", **measure}}
        for i in range(count) for k, measure in enumerate(_MEASURES)
    ]  # fmt: skip
    theory = TheoryOfChange.model_validate(
        {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "indicators": indicators}
    )
    programme = Programme.model_validate(
        {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2024-12-31", "every": "half_year"}}
    )
    connection = duckdb.connect(
        str(folder / "programmes.duckdb"), read_only=True, config={"python_enable_replacements": False}
    )
    compute(connection, theory.model_copy(update={"indicators": theory.indicators[:3]}), programme, tables, "s", {})

    def work() -> Told:
        start = time.perf_counter()
        values = compute(connection, theory, programme, tables, "s", {}).values
        assert len(values) == count * len(_MEASURES) * 5 * 4, len(values)
        return Told((time.perf_counter() - start) / count)

    return work
