"""How the numbers behind a mean or a median are spread: counts of rows in rounded bins.

For every mean, median and quantile, over the whole sample and its one-way breakdowns, in every period. Bins are chosen
once per indicator, so that periods and categories can be laid over each other. Small bins are hidden later, by
`warehouse.disclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.indicators.groups import Group, When
from pipelines.indicators.measures import ALL, QUANTILES, Task
from pipelines.indicators.rows import measured_cte, source_cte
from pipelines.indicators.series import category_texts, period_names
from pipelines.indicators.statements import has_landed, indented
from theory_of_change.programme import Programme

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

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
) -> pd.DataFrame:
    """Rows of `out.distributions` for every task that has one."""
    import pandas as pd

    parts = []
    for task in tasks:
        if task.kind in ("mean", *QUANTILES):
            single = replace(task, breakdowns=tuple(b for b in task.breakdowns if len(b.columns) == 1), inner=())
            parts += _distribution(connection, Group(When(task.table, programme.calendar), (single,), errors=False))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(DISTRIBUTION_COLUMNS))


def _distribution(connection: duckdb.DuckDBPyConnection, group: Group) -> Iterator[pd.DataFrame]:
    """One part per breakdown and level of the calendar: all bins of every cell that holds a value."""
    import duckdb
    import numpy as np
    import pandas as pd

    task = group.tasks[0]
    if not has_landed(connection, group.table):
        return
    try:
        low, high = connection.execute(range_sql(group)).fetchone() or (None, None)
    except (duckdb.DataError, duckdb.InvalidInputException):  # told with the indicator's values
        return
    bins = nice_bins(low, high, task.value is not None and task.value.integral) if low is not None else None
    if bins is None:
        return
    answer = connection.execute(bins_sql(group, bins)).df()
    lows, highs = zip(*(bins.edges(index) for index in range(bins.count)), strict=True)
    for breakdown in group.breakdowns:
        for level in (*group.period_keys, ALL):
            rows = np.flatnonzero(answer["cut"].to_numpy() == group.cut_id(level, breakdown.column_names))
            cells = pd.DataFrame({"period": period_names(group.when, level, answer, rows)})
            cells["category"] = category_texts(group, breakdown, answer, rows)
            named = cells.notna().all(axis=1).to_numpy()
            codes, keys = pd.MultiIndex.from_frame(cells[named]).factorize()
            counts = np.zeros((len(keys), bins.count), dtype=int)
            counts[codes, answer["bin"].to_numpy()[rows[named]]] = answer["n"].to_numpy()[rows[named]]
            part = keys.to_frame(index=False, name=["period", "category"]).loc[
                np.repeat(np.arange(len(keys)), bins.count)
            ]
            part = part.assign(indicator_id=task.id, dimension=breakdown.name, n=counts.ravel(), status="ok")
            part["bin_low"], part["bin_high"] = np.tile(lows, len(keys)), np.tile(highs, len(keys))
            yield part[list(DISTRIBUTION_COLUMNS)]


def range_sql(group: Group) -> str:
    """The smallest and largest value among the rows an indicator is about."""
    return f"with {source_cte(group)},\n{measured_cte(group)}\nselect min(y0) as low, max(y0) as high from measured"


def bins_sql(group: Group, bins: Bins) -> str:
    """Rows in each bin of every cell; a value on the last edge falls in the last bin."""
    cut = f"grouping_id({', '.join(group.cell_keys)})" if group.cell_keys else "0"
    sets = ",\n    ".join(f"({', '.join((*cells, 'bin'))})" for cells in group.grouping_sets())
    index = f"floor((y0 - ({bins.low!r})) / {bins.width!r} + 1e-9)"  # a value on an edge, but for binary dust, is on it
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
