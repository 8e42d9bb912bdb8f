"""Quantiles: the smallest value whose cumulated share of the weight reaches p, for every period and category at once.

Sorting every cell by itself would sort the rows as many times as there are breakdowns. Here each value gets its rank
once, ranks fall into bins, and only the bin in which a cell's quantile lies is looked at value by value. The interval
is Woodruff's (1952): that of the share at or below the quantile, read back through the same cumulated weights, as R's
svyquantile with `qrule = "math", interval.type = "mean"`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipelines.indicators.designs import Sums, design_cte, variance_ctes
from pipelines.indicators.dialect import as_text, dropped, kept
from pipelines.indicators.estimates import Estimates, from_sums, t_quantile
from pipelines.indicators.groups import Group
from pipelines.indicators.rows import measured_cte, sampled_cte, source_cte
from pipelines.indicators.statements import indented, select, union

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

#: Temporary tables, in the order they are made; dropped at the end, last first.
TABLES = ("quantile_values", "quantile_cells", "quantile_rows", "quantile_places", "quantile_bins", "quantile_totals",
          "quantile_wide")  # fmt: skip
_ASKED = "quantile_asked"
_MOST_BINS = 256
#: Shares are compared with this relative slack, so that p of an exact share is not missed by one rounding.
_SLACK = 1e-12
#: A share's error below this is what rounding leaves of none: its square loses half the digits.
_NO_SPREAD = 1e-7
_SUM_NAMES = ("n", "t", "b", "vaa", "vab", "vbb", "units", "strata", "lonely")


def quantile_cells(connection: duckdb.DuckDBPyConnection, group: Group) -> tuple[pd.DataFrame, Estimates]:
    """The one task's cells (cut, period and category keys, present) and the estimates in the same order."""
    import numpy as np

    task = group.tasks[0]
    try:
        for statement in preparing_sql(group):
            connection.execute(statement)
        cells = connection.execute(cells_sql(group)).df()
        n = cells["n"].to_numpy(dtype=float)
        code, value = _reached(connection, group, cells["place"], np.where(n > 0, task.at, np.nan))
        nothing, never = np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
        if not group.errors:
            return cells, Estimates(n, nothing, nothing, value, nothing, nothing, nothing, nothing, never)
        low, high, df = _woodruff(connection, group, cells, code)
    finally:
        for name in reversed(TABLES):
            connection.execute(dropped(name))
    error = (high - low) / (2 * t_quantile(task.level, df))
    return cells, Estimates(n, nothing, nothing, value, error, low, high, df, never)


def _reached(
    connection: duckdb.DuckDBPyConnection, group: Group, places: Iterable[int], shares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rank and value at which each place's cumulated share reaches the one asked; nan where the share is nan."""
    import pandas as pd

    asked = pd.DataFrame({"place": places, "share": shares})
    connection.register(_ASKED, asked.dropna())
    try:
        found = connection.execute(reached_sql(group)).df().set_index("place").reindex(asked["place"])
    finally:
        connection.unregister(_ASKED)
    return found["code"].to_numpy(dtype=float), found["v"].to_numpy(dtype=float)


def _woodruff(
    connection: duckdb.DuckDBPyConnection, group: Group, cells: pd.DataFrame, code: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of the interval and the degrees of freedom: the share's interval, read back as values."""
    import numpy as np
    import pandas as pd

    task = group.tasks[0]
    connection.register(_ASKED, pd.DataFrame({"place": cells["place"], "code": code}).dropna())
    try:
        connection.execute(wide_sql(group))
    finally:
        connection.unregister(_ASKED)
    found = connection.execute(shares_sql(group)).df().set_index("place").reindex(cells["place"])
    sums = {name: found[f"{name}0"].fillna(0).to_numpy(dtype=float) for name in _SUM_NAMES}
    share = from_sums(task, sums, 0.0, True, as_quotient=True)
    spread = np.where(share.std_error > _NO_SPREAD, share.std_error, 0.0 * share.std_error)
    reach = t_quantile(task.level, share.degrees_of_freedom) * spread
    ends = []
    for end in (share.value - reach, share.value + reach):
        ends.append(_reached(connection, group, cells["place"], np.where((end >= 0) & (end <= 1), end, np.nan))[1])
    return ends[0], ends[1], share.degrees_of_freedom


def preparing_sql(group: Group) -> list[str]:
    """Ranks of the values, finest cells, ranked rows, the places every finest cell belongs to, and weights by bin."""
    keys, weight = group.cell_keys, "w" if group.table.weight else "1"
    rows = f"with {source_cte(group)},\n{measured_cte(group)}"
    same = " and ".join(f"m.{key} is not distinct from c.{key}" for key in keys) or "1 = 1"
    design = "".join(f", m.{key}" for key in group.design_keys)
    by = f"\n  group by {', '.join(keys)}" if keys else ""
    made = {
        "quantile_values": f"""{rows}
select v, row_number() over (order by v) as code
from (select distinct y0 as v from measured where y0 is not null) as different""",
        "quantile_cells": f"""{rows}
select row_number() over (order by {_in_order(keys)}) as cell, *
from (
  select {", ".join([*keys, "sum(present) as present", "count(y0) as n"])}
  from measured{by}
) as counted""",
        "quantile_rows": f"""{rows},
sized as (select ceil(count(*) / {float(_MOST_BINS)}) as size from quantile_values)
select c.cell, v.code, floor((v.code - 1) / sized.size) as bin, cast({weight} as double) as sw{design}
from measured as m
  join quantile_values as v on m.y0 = v.v
  join quantile_cells as c on {same}
  cross join sized""",
        "quantile_places": places_sql(group),
        "quantile_bins": """with weights as (select cell, bin, sum(sw) as sw from quantile_rows group by cell, bin)
select place, bin, sum(sw) as sw
from weights join quantile_places using (cell)
group by place, bin""",
        "quantile_totals": "select place, sum(sw) as total from quantile_bins group by place",
    }
    return [kept(name, text) for name, text in made.items()]


def places_sql(group: Group) -> str:
    """Every finest cell once for each cut, with the number of the period and category it belongs to there."""
    ranked = union(
        f"select {group.bits(cells)} as cut, dense_rank() over (order by {_in_order(cells)}) as rank, cell "
        "from quantile_cells"
        for cells in group.grouping_sets()
    )
    return f"""with ranked as (
  {ranked}
)
select cut, dense_rank() over (order by cut, rank) as place, cell
from ranked"""


def asked_sql(group: Group) -> str:
    """For showing the steps: the share every place is asked for. A run asks only places with a value."""
    return kept(_ASKED, f"select place, {group.tasks[0].at!r} as share from quantile_totals")


def found_sql(group: Group) -> str:
    """For showing the steps: the ranks found, which the shares at or below them are counted from."""
    return kept(_ASKED, reached_sql(group))


def cells_sql(group: Group) -> str:
    """Every place with its keys (those its cut leaves out are those of any of its finest cells), rows and rows used."""
    keys = [f"min({as_text(f'c.{k}')}) as {k}" if k.startswith("d") else f"min(c.{k}) as {k}" for k in group.cell_keys]
    columns = ["p.place", "p.cut", *keys, "cast(sum(c.present) as bigint) as present", "cast(sum(c.n) as bigint) as n"]
    return (
        f"select\n  {indented(columns, 2)}\nfrom quantile_places as p join quantile_cells as c on p.cell = c.cell\n"
        "group by p.place, p.cut\norder by p.place"
    )


def reached_sql(group: Group) -> str:
    """For each place asked about: the bin in which its share is reached, then the rank within that bin."""
    return f"""with cumulated as (
  select b.place, b.bin, sum(b.sw) over (partition by b.place order by b.bin) as upto, b.sw,
    a.share * t.total * (1 - {_SLACK!r}) as wanted
  from quantile_bins as b
    join quantile_totals as t on b.place = t.place
    join {_ASKED} as a on b.place = a.place
),
first_bins as (
  select place, min(bin) as bin
  from cumulated
  where upto >= wanted
  group by place
),
found_bins as (
  select c.place, c.bin, c.upto - c.sw as before, c.wanted
  from cumulated as c join first_bins as f on c.place = f.place and c.bin = f.bin
),
inside as (
  select f.place, r.code, f.before, f.wanted, sum(r.sw) as sw
  from found_bins as f
    join quantile_places as p on f.place = p.place
    join quantile_rows as r on p.cell = r.cell and f.bin = r.bin
  group by f.place, r.code, f.before, f.wanted
),
ranked as (
  select place, code, wanted, before + sum(sw) over (partition by place order by code) as upto,
    max(code) over (partition by place) as last
  from inside
),
codes as (
  select place, min(case when upto >= wanted or code = last then code end) as code
  from ranked
  group by place
)
select codes.place, codes.code, quantile_values.v
from codes join quantile_values on codes.code = quantile_values.code"""


def wide_sql(group: Group) -> str:
    """One row per finest cell with the quantile's rank in each cut, so that rows are passed over once for all cuts."""
    columns = [f"max(case when p.cut = {cut} then a.code end) as q{cut}" for cut in _cuts(group)]
    select = (
        f"select\n  p.cell,\n  {indented(columns, 2)}\n"
        f"from quantile_places as p join {_ASKED} as a on p.place = a.place\ngroup by p.cell"
    )
    return kept("quantile_wide", select)


def shares_sql(group: Group) -> str:
    """The share at or below its quantile in every place, with the sums its design variance is made of."""
    cuts, design = _cuts(group), group.design_keys
    units = ["r.cell", *(f"r.{key}" for key in design)]
    passed = [*units, "count(*) as n", "sum(r.sw) as b", "sum(r.sw * r.sw) as bb"]
    passed += [f"sum(case when r.code <= q.q{cut} then r.sw else 0 end) as below{cut}" for cut in cuts]
    passed += [f"sum(case when r.code <= q.q{cut} then r.sw * r.sw else 0 end) as square{cut}" for cut in cuts]
    keys = ", ".join(["p.place", *(f"f.{key}" for key in design)])

    def at_cut(cut: int) -> str:
        sums = "sum(f.n) as n0, sum(f.b) as b0, sum(f.bb) as bb0, 0 as present"
        return (
            f"select {keys}, sum(f.below{cut}) as t0, sum(f.square{cut}) as ab0, {sums}\n"
            f"  from passed as f join quantile_places as p on f.cell = p.cell\n  where p.cut = {cut}\n  group by {keys}"
        )

    ctes = [
        *([source_cte(group)] if group.between else []),
        sampled_cte(group),
        select("passed", passed, "quantile_rows as r join quantile_wide as q on r.cell = q.cell", units),
        f"rolled as (\n  {union(at_cut(cut) for cut in cuts)}\n)",
        *(design_cte(group, k, "sampled") for k in range(len(group.stages))),
        *variance_ctes(group, [Sums({}, "n0", "t0", "b0", "ab0", "ab0", "bb0")], ["place"]),
    ]
    found = ", ".join(f"cast({name}0 as double) as {name}0" for name in _SUM_NAMES)
    return f"with {', '.join(ctes)}\nselect place, {found}\nfrom variance0"


def _cuts(group: Group) -> list[int]:
    return [group.bits(cells) for cells in group.grouping_sets()]


def _in_order(keys: Iterable[str]) -> str:
    """An order of cells that every engine takes alike: which end rows without a category stand at is said."""
    return ", ".join(f"{key} nulls last" for key in keys) or "1"
