"""How fast indicators are, as a ratio to the bare database: `python benchmarks/indicators.py [--rows N] [--runs K]`.

Made-up rows with weights, strata and clusters; eight indicators by three dimensions and one cross in half-years. Beside
each engine run stands one DuckDB query of the same run: a single average grouped by the same sets, written by hand.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import duckdb

from pipelines.indicators.estimate import compute
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Column, Table

COLUMNS = {
    "trust": "integer", "income": "number", "spent": "number", "member": "boolean", "token": "integer",
    "area": "category", "gender": "category", "age_band": "category", "day": "date", "w": "number", "h": "category",
    "u": "integer",
}  # fmt: skip
ROWS = """
create or replace table core.answers as
select
    1 + cast(floor(random() * 5) as bigint) as trust,
    round(exp(7 + random() + random()), 0) as income,
    round(random() * 500, 2) as spent,
    random() < 0.3 as member,
    cast(floor(random() * {rows} / 2) as bigint) as token,
    'A' || cast(floor(random() * 8) as integer) as area,
    case when random() < 0.5 then 'f' else 'm' end as gender,
    'B' || cast(floor(random() * 6) as integer) as age_band,
    date '2024-01-01' + cast(floor(random() * 730) as integer) as day,
    0.5 + random() as w,
    'S' || cast(range % 20 as varchar) as h,
    cast(floor(random() * 20) as bigint) as u,
    'load' as _load_id,
    range as _row
from range({rows})
"""
SUMS = [
    ("mean", {"mean": "trust"}), ("mean-money", {"mean": "income", "where": "member"}),
    ("share", {"share": "trust >= 4"}), ("share-members", {"share": "member", "where": "income > 1000"}),
    ("sum", {"sum": "spent"}), ("count", {"count": "rows", "where": "not member"}),
    ("ratio", {"ratio": {"numerator": "spent", "denominator": "income"}}), ("mean-spent", {"mean": "spent"}),
]  # fmt: skip
OTHERS = {"median": {"median": "income"}, "median-scale": {"median": "trust"}, "distinct": {"distinct": "token"}}
DISAGGREGATION = ["area", "gender", "age_band", ["area", "gender"]]
BARE = """
with cells as (select *, year(day) * 2 + (month(day) - 1) // 6 as fine, year(day) as y from core.answers)
select fine, y, area, gender, age_band, avg(trust)
from cells
group by grouping sets (
    (fine), (fine, area), (fine, gender), (fine, age_band), (fine, area, gender),
    (y), (y, area), (y, gender), (y, age_band), (y, area, gender),
    (), (area), (gender), (age_band), (area, gender)
)
"""
DESIGNS = {
    "census": {}, "simple random sample": {}, "weights": {"weight": "w"},
    "weights, 20 strata": {"weight": "w", "strata": ("h",)},
    "weights, 20 strata of 20 clusters": {"weight": "w", "strata": ("h",), "cluster": ("u",)},
}  # fmt: skip


def table_with(**roles: object) -> Table:
    columns = tuple(Column(name, type_) for name, type_ in COLUMNS.items())
    return Table("answers", "survey", Text("Answers"), columns, date="day", **roles)


def theory_with(measures: list[tuple[str, dict]], mode: str) -> TheoryOfChange:
    indicators = [
        {"id": name, "title": name, "measures": ["O"], "unit": "u", "measure": {"from": "answers", **measure},
         "disaggregation": DISAGGREGATION, "uncertainty": {"mode": mode}}
        for name, measure in measures
    ]  # fmt: skip
    return TheoryOfChange.model_validate(
        {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "indicators": indicators}
    )


def fastest(work: Callable[[], object], runs: int) -> tuple[float, object]:
    """Seconds of the fastest run, and what it gave."""
    best, result = float("inf"), None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    connection = duckdb.connect(config={"python_enable_replacements": False})
    connection.execute("create schema core")
    connection.execute("select setseed(0.5)")
    connection.execute(ROWS.format(rows=options.rows))
    programme = Programme.model_validate(
        {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"}}
    )
    bare, _ = fastest(lambda: connection.execute(BARE).fetchall(), options.runs)
    print(f"{options.rows:,} rows; one bare average by the same sets: {bare:.3f} s\n")
    print(f"{'indicators':<22}{'design':<36}{'values':>8}{'seconds':>10}{'ratio':>8}")

    def line(name: str, measures: list[tuple[str, dict]], design: str) -> None:
        table = table_with(**DESIGNS[design])
        theory = theory_with(measures, "census" if design == "census" else "sample")
        seconds, computed = fastest(
            lambda: compute(connection, theory, programme, {"answers": table}, "s", {}), options.runs
        )
        print(f"{name:<22}{design:<36}{len(computed.values):>8,}{seconds:>10.3f}{seconds / bare:>8.1f}")

    for design in DESIGNS:
        line("eight sums", SUMS, design)
    for name, measure in OTHERS.items():
        for design in ("census", "weights, 20 strata of 20 clusters") if "median" in name else ("census",):
            line(name, [(name, measure)], design)
    print(f"\nlargest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
