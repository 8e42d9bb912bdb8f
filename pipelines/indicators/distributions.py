"""How the numbers behind a mean or a median are spread: counts of rows in rounded bins.

For every mean, median and quantile, over the whole sample and its one-way breakdowns, in every period. Bins are chosen
once per indicator, so that periods and categories can be laid over each other. Small bins are hidden later, by
`warehouse.disclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipelines.indicators.answers import category_texts, period_names
from pipelines.indicators.measures import ALL, QUANTILES, Task
from pipelines.indicators.queries import Group, When, indented, measured_cte, source_cte
from theory_of_change.programme import Programme

if TYPE_CHECKING:
    import duckdb

DISTRIBUTION_COLUMNS = ("indicator_id", "period", "dimension", "category", "bin_low", "bin_high", "n", "status")
MOST_BINS = 20


@dataclass(frozen=True)
class Bins:
    """Bins of equal width from `low`; the last one holds its upper edge, too."""

    low: float
    width: float
    count: int

    def edges(self, index: int) -> tuple[float, float]:
        """Both ends of a bin, without the dust of binary fractions."""
        return _clean(self.low + index * self.width), _clean(self.low + (index + 1) * self.width)


def nice_bins(low: float, high: float, integral: bool) -> Bins | None:
    """At most MOST_BINS bins whose width is 1, 2 or 5 times a power of ten and whose edges are multiples of it.

    Whole numbers over a short range get a bin each, centred on the number. None where the range is no number.
    """
    span = high - low
    if not math.isfinite(span):
        return None
    if integral and span < MOST_BINS:
        return Bins(low - 0.5, 1.0, int(span) + 1)
    if span == 0 or span < 1e-9 * max(abs(low), abs(high)):
        half = max(abs(low), 1.0) / 2
        return Bins(low - half, 2 * half, 1)
    for width in _nice_widths(span / MOST_BINS):
        start = math.floor(low / width) * width
        count = max(math.ceil((high - start) / width - 1e-9), 1)
        if count <= MOST_BINS and not (integral and width < 1):
            return Bins(start, width, count)
    return None


def _nice_widths(least: float) -> Iterator[float]:
    power = math.floor(math.log10(least))
    for exponent in range(power, power + 3):
        yield from (step * 10.0**exponent for step in (1, 2, 5) if step * 10.0**exponent >= least * (1 - 1e-12))


def _clean(number: float) -> float:
    return float(f"{number:.12g}")


def distributions_of(
    connection: duckdb.DuckDBPyConnection, tasks: Iterable[Task], programme: Programme
) -> Iterator[dict[str, Any]]:
    """Rows of `out.distributions`."""
    for task in tasks:
        if task.kind not in ("mean", *QUANTILES):
            continue
        single = replace(task, breakdowns=tuple(b for b in task.breakdowns if len(b.columns) == 1), inner=())
        group = Group(When(task.table, programme.calendar), (single,), errors=False)
        yield from _distribution(connection, group)


def _distribution(connection: duckdb.DuckDBPyConnection, group: Group) -> Iterator[dict[str, Any]]:
    import duckdb

    task = group.tasks[0]
    try:
        low, high = connection.execute(range_sql(group)).fetchone() or (None, None)
    except (duckdb.DataError, duckdb.InvalidInputException):  # told with the indicator's values
        return
    bins = nice_bins(low, high, task.value is not None and task.value.integral) if low is not None else None
    if bins is None:
        return
    frame = connection.execute(bins_sql(group, bins)).df()
    for breakdown in task.every_breakdown:
        for level in (*group.period_keys, ALL):
            rows = frame[frame["cut"] == group.cut_id(level, breakdown.column_names)].copy()
            rows["period"], rows["category"] = (
                period_names(group.when, level, rows),
                category_texts(group, breakdown, rows),
            )
            rows = rows[rows["period"].notna() & rows["category"].notna()]
            for (period, category), part in rows.groupby(["period", "category"], sort=False):
                counts = part.set_index("bin")["n"]
                for index in range(bins.count):
                    edges = dict(zip(("bin_low", "bin_high"), bins.edges(index), strict=True))
                    cell = {
                        "indicator_id": task.id,
                        "period": period,
                        "dimension": breakdown.name,
                        "category": category,
                    }
                    yield {**cell, **edges, "n": int(counts.get(index, 0)), "status": "ok"}


def range_sql(group: Group) -> str:
    """The smallest and largest value among the rows an indicator is about."""
    return f"with {source_cte(group)},\n{measured_cte(group)}\nselect min(y0) as low, max(y0) as high from measured"


def bins_sql(group: Group, bins: Bins) -> str:
    """Rows in each bin of every cell; a value on the last edge falls in the last bin."""
    cut = f"grouping_id({', '.join(group.cell_keys)})" if group.cell_keys else "0"
    sets = ",\n    ".join(f"({', '.join((*cells, 'bin'))})" for cells in group.grouping_sets())
    index = f"floor((y0 - ({bins.low!r})) / {bins.width!r})"
    binned = [*group.cell_keys, f"cast(greatest(0, least({bins.count - 1}, {index})) as bigint) as bin"]
    columns = [
        f"{cut} as cut",
        *(f"cast({k} as varchar) as {k}" if k.startswith("d") else k for k in group.cell_keys),
        "bin",
        "count(*) as n",
    ]
    return (
        f"with {source_cte(group)},\n{measured_cte(group)},\nbinned as (\n  select\n    {indented(binned)}\n"
        f"  from measured\n  where y0 is not null\n)\nselect\n  {indented(columns, 2)}\nfrom binned\n"
        f"group by grouping sets (\n    {sets}\n)"
    )
