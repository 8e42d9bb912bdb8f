"""Quotients and totals to SQL: the text of the one query behind all tasks of a group, in a subset other engines run.

Rows are grouped once at the finest cell and rolled up to every period and category with grouping sets; squares of
sampling units come from `designs`. What the sums mean belongs to `estimates`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.indicators.designs import Sums, design_cte, variance_ctes
from pipelines.indicators.groups import Group
from pipelines.indicators.rows import measured_cte, source_cte
from pipelines.indicators.statements import indented, select


def moments_sql(group: Group) -> str:
    """The one query behind a group's estimates: a row per period level, period, breakdown and category."""
    rows_are_units = group.stages[-1].unit is None
    sums = [sums_of(group, i, group.errors and rows_are_units) for i in range(len(group.tasks))]
    ctes = [source_cte(group), measured_cte(group), weighted_cte(group), *rolled_ctes(group, sums)]
    if group.errors:
        ctes += [design_cte(group, k) for k in range(len(group.stages))]
        ctes += variance_ctes(group, sums)
    cells = [f"cast({key} as varchar) as {key}" if key.startswith("d") else key for key in group.cell_keys]
    columns = ["cut", *cells, "cast(present as bigint) as present"]
    for i, s in enumerate(sums):
        columns += [
            f"cast({s.n} as bigint) as n{i}",
            f"cast({s.t} as double) as t{i}",
            f"cast({s.b} as double) as b{i}",
        ]
        if group.errors:
            columns += [f"{v}{i}" for v in ("vaa", "vab", "vbb")]
            columns += [f"cast({v}{i} as bigint) as {v}{i}" for v in ("units", "strata", "lonely")]
    return f"with {', '.join(ctes)}\nselect\n  {indented(columns, 2)}\nfrom {'variance0' if group.errors else 'rolled'}"


def centres_sql(group: Group) -> str:
    """Σwy / Σwx over all rows for each task: one pass, one row."""
    weight = "w * " if group.table.weight else ""
    columns = []
    for i, task in enumerate(group.tasks):
        x = f"x{i}" if task.base else "1"
        over = f"sum(case when y{i} is not null then {weight}{x} end)"
        columns.append(f"sum({weight}y{i}) / nullif(cast({over} as double), 0) as c{i}")
    return f"with {source_cte(group)},\n{measured_cte(group)}\nselect\n  {indented(columns, 2)}\nfrom measured"


def weighted_cte(group: Group) -> str:
    """a = w (y - c x) and b = w x, with c near Σwy / Σwx so that squares keep their digits."""
    weight = "w * " if group.table.weight else ""
    columns = [*group.cell_keys, *group.design_keys, "present"]
    for i, task in enumerate(group.tasks):
        c = group.centres[i] if group.centres else 0.0
        x = f"x{i}" if task.base else "1"
        shift = "" if c == 0 else f" - {c!r}" if x == "1" else f" - {c!r} * {x}"
        columns.append(f"{weight}(y{i}{shift}) as a{i}")
        if task.base or group.table.weight:
            columns.append(f"case when y{i} is not null then {weight}{x} end as b{i}")
    return f"weighted as (\n  select\n    {indented(columns)}\n  from measured\n)"


def sums_of(group: Group, i: int, squares: bool) -> Sums:
    task = group.tasks[i]
    plain = not group.table.weight and task.base is None  # then b is 1 for every row used
    is_share = task.kind in ("share", "count") and not (group.centres and group.centres[i])
    made = {f"n{i}": f"count(a{i})", f"t{i}": f"sum(a{i})"}
    n, t, b = f"n{i}", f"t{i}", f"n{i}" if plain else f"b{i}"
    if not plain:
        made[b] = f"sum(b{i})"
    if not squares:
        return Sums(made, n, t, b)
    ab, bb = (t, n) if plain else (f"ab{i}", f"bb{i}")
    if not plain:
        made |= {ab: f"sum(a{i} * b{i})", bb: f"sum(b{i} * b{i})"}
    aa = ab if is_share else f"aa{i}"  # y² = y for 0 and 1
    if not is_share:
        made[aa] = f"sum(a{i} * a{i})"
    return Sums(made, n, t, b, aa, ab, bb)


def rolled_ctes(group: Group, sums: Sequence[Sums]) -> list[str]:
    """Sums at the finest cell, then rolled up to every period level and breakdown; `cut` says which."""
    keys = (*group.cell_keys, *group.design_keys)
    made = {name: sql for s in sums for name, sql in s.made.items()}
    finest = [*keys, "sum(present) as present", *(f"{sql} as {name}" for name, sql in made.items())]
    sets = ",\n    ".join(f"({', '.join((*cells, *group.design_keys))})" for cells in group.grouping_sets())
    cut = f"grouping_id({', '.join(group.cell_keys)})" if group.cell_keys else "0"
    rolled = [f"{cut} as cut", *keys, "sum(present) as present", *(f"sum({name}) as {name}" for name in made)]
    return [
        select("finest", finest, "weighted", keys),
        f"rolled as (\n  select\n    {indented(rolled)}\n  from finest\n  group by grouping sets (\n    {sets}\n  )\n)",
    ]
