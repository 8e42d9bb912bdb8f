"""Quotients and totals to SQL: the text of the one query behind all tasks of a group, in a subset other engines run.

Rows are grouped once at the finest cell and rolled up to every period and category with grouping sets; squares of
sampling units come from `designs`. What the sums mean belongs to `estimates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.indicators.designs import Sums, design_cte, variance_ctes
from pipelines.indicators.dialect import TEXT, cut_number, key_as_text
from pipelines.indicators.groups import Group
from pipelines.indicators.rows import measured_cte, sampled_cte, source_cte
from pipelines.indicators.statements import indented, select, union

#: SQL types of the keys of cells, by their first letter: years and fine periods, then categories as texts.
_KEY_TYPES = {"f": "bigint", "y": "bigint", "d": TEXT}


def moments_sql(group: Group) -> str:
    """The one query behind a group's estimates: a row per period level, period, breakdown and category."""
    rows_are_units = group.stages[-1].unit is None
    sums = [sums_of(group, i, group.errors and rows_are_units) for i in range(len(group.tasks))]
    ctes = [source_cte(group), measured_cte(group), weighted_cte(group), *rolled_ctes(group, sums)]
    if group.errors:
        ctes += [sampled_cte(group), *(design_cte(group, k, "sampled") for k in range(len(group.stages)))]
        ctes += variance_ctes(group, sums)
    cells = [key_as_text(key) for key in group.cell_keys]
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


def centres_sql(group: Group, most: int | None = None) -> str:
    """Σwy / Σwx for each task: over the first rows where `most` says so, else over all."""
    weight = "w * " if group.table.weight else ""
    columns = []
    for i, task in enumerate(group.tasks):
        x = f"x{i}" if task.base else "1"
        over = f"sum(case when y{i} is not null then {weight}{x} end)"
        columns.append(f"sum({weight}y{i}) / nullif(cast({over} as double), 0) as c{i}")
    rows = f"(\n  select * from measured\n  limit {most}\n) as first_rows" if most else "measured"
    return f"with {source_cte(group)},\n{measured_cte(group)}\nselect\n  {indented(columns, 2)}\nfrom {rows}"


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
    made = {f"n{i}": f"cast(count(a{i}) as double)", f"t{i}": f"sum(a{i})"}
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
    """Sums at every period level and breakdown, `rolled`; `cut` says at which.

    Cells are few, so rows are summed once at the finest cell and these sums are rolled up. Cells by sampling unit may
    be as many as the rows: there rows are summed at the widest breakdowns, and narrower ones come from those above.
    """
    made = {name: sql for s in sums for name, sql in s.made.items()}
    if group.stages[-1].unit:
        return _rolled_by_unit(group, made)
    keys = (*group.cell_keys, *group.design_keys)
    finest = [*keys, "sum(present) as present", *(f"{sql} as {name}" for name, sql in made.items())]
    sets = ",\n    ".join(f"({', '.join((*cells, *group.design_keys))})" for cells in group.grouping_sets())
    cut = cut_number(group.cell_keys)
    rolled = [f"{cut} as cut", *keys, "sum(present) as present", *(f"sum({name}) as {name}" for name in made)]
    return [
        select("finest", finest, "weighted", keys),
        f"rolled as (\n  select\n    {indented(rolled)}\n  from finest\n  group by grouping sets (\n    {sets}\n  )\n)",
    ]


def _rolled_by_unit(group: Group, made: Mapping[str, str]) -> list[str]:
    """One step for the widest breakdowns, in one pass over the rows, and one for each cut below them."""
    design, periods = group.design_keys, group.period_keys
    widest = [cells for cells in group.cell_sets() if not any(set(cells) < set(other) for other in group.cell_sets())]
    sets = ",\n    ".join(f"({', '.join((*periods, *cells, *design))})" for cells in widest)
    cut = cut_number(group.cell_keys)
    as_text = [key_as_text(key) for key in group.cell_keys]
    summed = [f"{cut} as cut", *as_text, *design, "sum(present) as present", *(f"{s} as {n}" for n, s in made.items())]
    by = f"group by grouping sets (\n    {sets}\n  )"
    ctes = [f"widest as (\n  select\n    {indented(summed)}\n  from weighted\n  {by}\n)"]
    sources = {(*periods, *cells): f"widest where cut = {group.bits((*periods, *cells))}" for cells in widest}
    rolled = []
    for cells in sorted(group.grouping_sets(), key=len, reverse=True):
        above = min((known for known in sources if set(cells) <= set(known)), key=len)
        kept = [key if key in cells else f"cast(null as {_KEY_TYPES[key[0]]}) as {key}" for key in group.cell_keys]
        name = f"cut{group.bits(cells)}"
        columns = [f"{group.bits(cells)} as cut", *kept, *design]
        if set(above) - set(cells) <= {"year"}:  # a fine period lies in one year: the same cells
            ctes.append(select(name, [*columns, "present", *made], sources[above], ()))
        else:
            columns += ["sum(present) as present", *(f"sum({one}) as {one}" for one in made)]
            ctes.append(select(name, columns, sources[above], (*cells, *design)))
        sources[cells] = name
        rolled.append(f"select * from {name}")
    return [*ctes, f"rolled as (\n  {union(rolled)}\n)"]
