"""How the numbers behind a mean or a median are spread: counts of rows in rounded bins.

For every mean, median and quantile, over the whole sample and its one-way breakdowns, in every period. Bins are chosen
once per indicator, so that periods and categories can be laid over each other. Small bins are hidden later, by
`warehouse.disclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.indicators.dialect import cut_number, key_as_text
from pipelines.indicators.groups import Group, When
from pipelines.indicators.measures import ALL, QUANTILES, Task
from pipelines.indicators.rows import measured_cte, source_cte
from pipelines.indicators.series import category_texts, period_names
from pipelines.indicators.statements import has_landed, indented, union
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
    """Rows of `out.distributions` for every task that has one, in the tasks' order."""
    import pandas as pd

    wanted = [replace(task, breakdowns=tuple(b for b in task.breakdowns if len(b.columns) == 1), inner=())
              for task in tasks if task.kind in ("mean", *QUANTILES)]  # fmt: skip
    parts = []
    for group in _alike(wanted, programme):
        if has_landed(connection, group.table):
            parts += _distributions(connection, group)
    if not parts:
        return pd.DataFrame(columns=list(DISTRIBUTION_COLUMNS))
    found = pd.concat(parts, ignore_index=True)
    order = {task.id: place for place, task in enumerate(wanted)}
    return found.sort_values("indicator_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)


def _alike(tasks: Iterable[Task], programme: Programme) -> Iterator[Group]:
    """Tasks one query can answer: same source and breakdowns, same rows that count."""
    groups: dict[tuple, list[Task]] = {}
    for task in tasks:
        columns = tuple((b.name, b.column_names) for b in task.breakdowns)
        key = (task.table.id, columns, task.indicator.measure.between, task.has_error, task.uses_fpc)
        groups.setdefault(key, []).append(task)
    for members in groups.values():
        yield Group(When(members[0].table, programme.calendar), tuple(members), errors=False)


def _distributions(connection: duckdb.DuckDBPyConnection, group: Group) -> list[pd.DataFrame]:
    """All bins of every cell that holds a value, for every task of a group; a task that its rows make fail has none,
    which is told with its values."""
    import duckdb

    try:
        ranges = connection.execute(ranges_sql(group)).fetchone() or ()
        ends = zip(group.tasks, ranges[::2], ranges[1::2], strict=True)
        chosen = [_bins(task, low, high) for task, low, high in ends]
        drawn = replace(group, tasks=tuple(task for task, bins in zip(group.tasks, chosen, strict=True) if bins))
        if not drawn.tasks:
            return []
        bins = [one for one in chosen if one]
        return [_counted(drawn, bins, connection.execute(bins_sql(drawn, bins)).df())]
    except (duckdb.DataError, duckdb.InvalidInputException):
        if len(group.tasks) == 1:
            return []
        return [part for i in range(len(group.tasks)) for part in _distributions(connection, group.only(i))]


def _bins(task: Task, low: float | None, high: float | None) -> Bins | None:
    if low is None or high is None:
        return None
    return nice_bins(low, high, task.value is not None and task.value.integral)


def _counted(group: Group, bins: Sequence[Bins], answer: pd.DataFrame) -> pd.DataFrame:
    """Every bin of every cell of the answer, those without rows too."""
    import numpy as np
    import pandas as pd

    held = []
    for breakdown in group.breakdowns:
        for level in (*group.period_keys, ALL):
            rows = np.flatnonzero(answer["cut"].to_numpy() == group.cut_id(level, breakdown.column_names))
            cells = pd.DataFrame({"row": rows, "period": period_names(group.when, level, answer, rows)})
            held.append(cells.assign(category=category_texts(group, breakdown, answer, rows), dimension=breakdown.name))
    found = pd.concat(held, ignore_index=True).dropna()
    found[["task", "bin", "n"]] = answer[["task", "bin", "n"]].to_numpy()[found["row"].to_numpy()]
    keys = ["task", "dimension", "period", "category"]
    cell = found.groupby(keys, sort=False).ngroup().to_numpy()
    cells = found[keys].drop_duplicates()
    task = cells["task"].to_numpy(dtype=int)
    sizes = np.array([one.count for one in bins])[task]
    first = np.cumsum(sizes) - sizes
    counts = np.zeros(sizes.sum(), dtype=int)
    counts[first[cell] + found["bin"].to_numpy(dtype=int)] = found["n"].to_numpy(dtype=int)
    every = [np.array([one.edges(index) for index in range(one.count)]) for one in bins]
    edges = np.concatenate([every[one] for one in task]) if len(task) else np.zeros((0, 2))
    part = cells.iloc[np.repeat(np.arange(len(cells)), sizes)].reset_index(drop=True)
    part["indicator_id"] = np.array([one.id for one in group.tasks], dtype=object)[part["task"].to_numpy(dtype=int)]
    part["bin_low"], part["bin_high"], part["n"], part["status"] = edges[:, 0], edges[:, 1], counts, "ok"
    return part[list(DISTRIBUTION_COLUMNS)]


def ranges_sql(group: Group) -> str:
    """The smallest and largest value of each task, among the rows its indicator is about."""
    ends = [f"min(y{i}) as low{i}, max(y{i}) as high{i}" for i in range(len(group.tasks))]
    return f"with {source_cte(group)},\n{measured_cte(group)}\nselect\n  {indented(ends, 2)}\nfrom measured"


def bins_sql(group: Group, bins: Sequence[Bins]) -> str:
    """Rows in each bin of every cell, task by task: counted once at the finest cell, then rolled up."""
    cut = cut_number(group.cell_keys)
    sets = ",\n    ".join(f"({', '.join((*cells, 'task', 'bin'))})" for cells in group.grouping_sets())
    finest = union(_finest_sql(group, i, one) for i, one in enumerate(bins))
    columns = [
        f"{cut} as cut",
        *map(key_as_text, group.cell_keys),
        "task",
        "bin",
        "cast(sum(n) as bigint) as n",
    ]
    return (
        f"with finest as (\n  {finest}\n)\nselect\n  {indented(columns, 2)}\nfrom finest\n"
        f"group by grouping sets (\n    {sets}\n)"
    )


def _finest_sql(group: Group, i: int, bins: Bins) -> str:
    """Rows of one task in each bin of the finest cells; a value on the last edge falls in the last bin."""
    one = group.only(i)
    index = f"floor((y0 - ({bins.low!r})) / {bins.width!r} + 1e-9)"  # a value on an edge, but for binary dust, is on it
    keys = "".join(f"{key}, " for key in group.cell_keys)
    binned = f"cast(greatest(0, least({bins.count - 1}, {index})) as bigint)"
    step = f"binned as (\n  select {keys}{binned} as bin\n  from measured\n  where y0 is not null\n)"
    counted = f"select {keys}{i} as task, bin, count(*) as n\nfrom binned\ngroup by {keys}bin"
    return f"(with {source_cte(one)},\n{measured_cte(one)},\n{step}\n{counted})"
