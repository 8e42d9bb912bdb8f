"""Counts of different values: what is in the data, never weighted, each counted once in every period and category.

The text of one query; different values are found once per finest cell and then again at every level, because somebody
who comes in two quarters is one person over the year.
"""

from __future__ import annotations

from pipelines.indicators.dialect import cut_number, key_as_text
from pipelines.indicators.groups import Group
from pipelines.indicators.rows import measured_cte, source_cte
from pipelines.indicators.statements import indented, select


def distinct_sql(group: Group) -> str:
    """Rows used and different values of every cell."""
    cut = cut_number(group.cell_keys)
    sets = ",\n    ".join(f"({', '.join((*cells, 'y0'))})" for cells in group.grouping_sets())
    finest = [*group.cell_keys, "y0", "sum(present) as present", "count(y0) as n"]
    rolled = [f"{cut} as cut", *group.cell_keys, "y0", "sum(present) as present", "sum(n) as n"]
    keys = ["cut", *group.cell_keys]
    counted = [
        "cut",
        *map(key_as_text, group.cell_keys),
        "cast(sum(present) as bigint) as present",
        "cast(sum(n) as bigint) as n0",
        "count(y0) as value",
    ]
    ctes = [
        source_cte(group),
        measured_cte(group),
        select("finest", finest, "measured", [*group.cell_keys, "y0"]),
        f"rolled as (\n  select\n    {indented(rolled)}\n  from finest\n  group by grouping sets (\n    {sets}\n  )\n)",
    ]
    return f"with {', '.join(ctes)}\nselect\n  {indented(counted, 2)}\nfrom rolled\ngroup by {', '.join(keys)}"
