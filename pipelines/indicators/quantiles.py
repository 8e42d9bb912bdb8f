"""Quantiles and counts of different values: the two measures that are no sums, each over the same cells as the others.

A quantile is the smallest value whose cumulated share of the weight reaches p; its interval is Woodruff's (1952): the
interval of the share at or below it, read back through the same cumulated shares, as R's svyquantile with
`qrule = "math", interval.type = "mean"`. A count of different values is what is in the data, never weighted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.indicators.estimates import Estimates, from_sums, t_quantile
from pipelines.indicators.queries import (
    Group,
    Sums,
    design_cte,
    indented,
    measured_cte,
    select,
    source_cte,
    variance_ctes,
)

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

_POINTS, _LADDER, _REACHED, _BOUNDS = "quantile_points", "quantile_ladder", "quantile_reached", "quantile_bounds"
#: Shares are compared with this relative slack, so that p of an exact share is not missed by one rounding.
_SLACK = 1e-12


def quantile_cells(connection: duckdb.DuckDBPyConnection, group: Group) -> tuple[pd.DataFrame, Estimates]:
    """The one task's cells (cut, period and category keys, present) and the estimates in the same order."""
    import numpy as np

    try:
        for statement in (points_sql(group), ladder_sql(group), reached_sql(group)):
            connection.execute(statement)
        frame = connection.execute(shares_sql(group)).df() if group.errors else _reached(connection, group)
        n, value = frame["n0"].to_numpy(dtype=float), frame["value"].to_numpy(dtype=float)
        nothing = np.full(len(frame), np.nan)
        if not group.errors:
            none = np.zeros(len(frame), dtype=bool)
            return frame, Estimates(n, nothing, nothing, value, nothing, nothing, nothing, nothing, none)
        low, high, df = _bounds(connection, group, frame)
    finally:
        for name in (_REACHED, _LADDER, _POINTS):
            connection.execute(f"drop table if exists temp.{name}")
    error = (high - low) / (2 * t_quantile(group.tasks[0].level, df))
    none = np.zeros(len(frame), dtype=bool)
    return frame, Estimates(n, nothing, nothing, value, error, low, high, df, none)


def _reached(connection: duckdb.DuckDBPyConnection, group: Group) -> pd.DataFrame:
    return connection.execute(f"select {_cell_columns(group)}, n as n0, value from {_REACHED} order by cell").df()


def _bounds(
    connection: duckdb.DuckDBPyConnection, group: Group, frame: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Woodruff's interval for every cell: the share's interval, then the values where the ladder reaches its ends."""
    import numpy as np
    import pandas as pd

    task = group.tasks[0]
    sums = {name: frame[f"{name}0"].to_numpy(dtype=float) for name in _SUM_NAMES}
    share = from_sums(task, sums, 0.0, True, as_quotient=True)
    reach = t_quantile(task.level, share.degrees_of_freedom) * share.std_error
    ends = {"low": share.value - reach, "high": share.value + reach}
    ends = {name: np.where((end >= 0) & (end <= 1), end, np.nan) for name, end in ends.items()}
    bounds = pd.DataFrame({"cell": frame["cell"].to_numpy(), **ends})
    connection.register(_BOUNDS, bounds)
    try:
        found = connection.execute(bounds_sql(group)).df().set_index("cell").reindex(frame["cell"])
    finally:
        connection.unregister(_BOUNDS)
    return found["low"].to_numpy(dtype=float), found["high"].to_numpy(dtype=float), share.degrees_of_freedom


_SUM_NAMES = ("n", "t", "b", "vaa", "vab", "vbb", "units", "strata", "lonely")


def _cell_columns(group: Group, prefix: str = "") -> str:
    cells = [f"cast({prefix}{k} as varchar) as {k}" if k.startswith("d") else f"{prefix}{k}" for k in group.cell_keys]
    return ", ".join([f"{prefix}cell", f"{prefix}cut", *cells, f"{prefix}present"])


def _same_cell(group: Group, left: str, right: str) -> str:
    keys = ("cut", *group.cell_keys)
    return " and ".join(f"{left}.{key} is not distinct from {right}.{key}" for key in keys)


def points_sql(group: Group) -> str:
    """The weight at every value, for every cell and sampling unit: what all that follows is made from."""
    keys, weight = (*group.cell_keys, *group.design_keys), "w" if group.table.weight else "1"
    used = "case when y0 is not null then"
    sums = [
        "sum(present) as present", "count(y0) as n",
        f"sum({used} {weight} end) as sw", f"sum({used} {weight} * {weight} end) as sw2",
    ]  # fmt: skip
    cut = f"grouping_id({', '.join(group.cell_keys)})" if group.cell_keys else "0"
    sets = ",\n    ".join(f"({', '.join((*cells, *group.design_keys, 'v'))})" for cells in group.grouping_sets())
    rolled = [f"{cut} as cut", *keys, "v", *(f"sum({name}) as {name}" for name in ("present", "n", "sw", "sw2"))]
    ctes = [
        source_cte(group),
        measured_cte(group),
        select("finest", [*keys, "y0 as v", *sums], "measured", [*keys, "y0"]),
    ]
    return (
        f"create or replace temp table {_POINTS} as\nwith {', '.join(ctes)}\nselect\n  {indented(rolled, 2)}\n"
        f"from finest\ngroup by grouping sets (\n    {sets}\n)"
    )


def ladder_sql(group: Group) -> str:
    """For every cell its values in order, each with the weight cumulated up to it and the cell's whole weight."""
    cells = ", ".join(("cut", *group.cell_keys))
    return (
        f"create or replace temp table {_LADDER} as\nwith weights as (\n"
        f"  select {cells}, v, cast(sum(sw) as double) as sw\n  from {_POINTS}\n"
        f"  where v is not null\n  group by {cells}, v\n)\nselect {cells}, v,\n"
        f"  sum(sw) over (partition by {cells} order by v) as reached, sum(sw) over (partition by {cells}) as total\n"
        "from weights"
    )


def reached_sql(group: Group) -> str:
    """Every cell with a number of its own, its rows, and the quantile (null where no row has a value)."""
    cells = ", ".join(("cut", *group.cell_keys))
    p = group.tasks[0].at
    return (
        f"create or replace temp table {_REACHED} as\nwith counted as (\n  select {cells}, sum(n) as n, "
        f"cast(sum(present) as bigint) as present\n  from {_POINTS}\n  group by {cells}\n),\nvalued as (\n"
        f"  select {cells}, min(case when reached >= {p!r} * total * (1 - {_SLACK!r}) then v end) as value\n"
        f"  from {_LADDER}\n  group by {cells}\n)\n"
        f"select row_number() over () as cell, counted.*, valued.value\nfrom counted left join valued on "
        f"{_same_cell(group, 'counted', 'valued')}"
    )


def shares_sql(group: Group) -> str:
    """The share at or below its quantile in every cell, with the sums its design variance is made of."""
    keys = (*group.cell_keys, *group.design_keys)
    below = "case when p.v <= q.value then"
    sums = Sums({}, "n0", "t0", "b0", "ab0", "ab0", "bb0")
    columns = [
        "p.cut", *(f"p.{key}" for key in keys), "sum(p.present) as present", "sum(p.n) as n0",
        f"sum({below} p.sw else 0 end) as t0", "coalesce(sum(p.sw), 0) as b0",
        f"sum({below} p.sw2 else 0 end) as ab0", "coalesce(sum(p.sw2), 0) as bb0",
    ]  # fmt: skip
    ctes = [
        source_cte(group),
        measured_cte(group),
        select("rolled", columns, f"{_POINTS} as p join {_REACHED} as q on {_same_cell(group, 'p', 'q')}",
               ["p.cut", *(f"p.{key}" for key in keys)]),
        *(design_cte(group, k) for k in range(len(group.stages))),
        *variance_ctes(group, [sums]),
    ]  # fmt: skip
    found = [f"cast(v.{name}0 as double) as {name}0" for name in _SUM_NAMES]
    return (
        f"with {', '.join(ctes)}\nselect {_cell_columns(group, 'q.')}, {', '.join(found)}, q.value\n"
        f"from {_REACHED} as q join variance0 as v on {_same_cell(group, 'q', 'v')}\norder by q.cell"
    )


def bounds_sql(group: Group) -> str:
    """The values at which the ladder reaches the ends of the share's interval."""
    return (
        f"select e.cell,\n  min(case when l.reached >= e.low * l.total * (1 - {_SLACK!r}) then l.v end) as low,\n"
        f"  min(case when l.reached >= e.high * l.total * (1 - {_SLACK!r}) then l.v end) as high\n"
        f"from {_BOUNDS} as e join {_REACHED} as q on e.cell = q.cell\n"
        f"  join {_LADDER} as l on {_same_cell(group, 'q', 'l')}\ngroup by e.cell"
    )


def distinct_sql(group: Group) -> str:
    """Rows and different values of every cell: values once per finest cell first, then counted at every level."""
    cut = f"grouping_id({', '.join(group.cell_keys)})" if group.cell_keys else "0"
    sets = ",\n    ".join(f"({', '.join(cells)})" for cells in group.grouping_sets())
    finest = [*group.cell_keys, "y0", "sum(present) as present", "count(y0) as n"]
    rolled = [
        f"{cut} as cut",
        *(f"cast({k} as varchar) as {k}" if k.startswith("d") else k for k in group.cell_keys),
        "cast(sum(present) as bigint) as present", "cast(sum(n) as bigint) as n0", "count(distinct y0) as value",
    ]  # fmt: skip
    ctes = [source_cte(group), measured_cte(group), select("finest", finest, "measured", [*group.cell_keys, "y0"])]
    return (
        f"with {', '.join(ctes)}\nselect\n  {indented(rolled, 2)}\nfrom finest\ngroup by grouping sets (\n    {sets}\n)"
    )
