"""The rows every query starts from: which of a source's rows count, and each task's y and x on them.

The first two steps of every query, as common table expressions `source` and `measured`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.indicators.dialect import as_text, literal, quoted
from pipelines.indicators.groups import Group
from pipelines.indicators.measures import Task
from pipelines.indicators.statements import column_name, core_table, finite, indented


def source_cte(group: Group) -> str:
    """The rows themselves: all usable ones, or for `change` the later answers of people who also answered before."""
    table, keep = group.table, group.keep
    if group.between is None:
        return f"source as (\n  select * from {core_table(table)}\n  where {keep}\n)"
    person, wave = quoted(column_name(table, table.person or "")), quoted(column_name(table, table.wave or ""))
    answers = ", ".join(f"earlier.before{i}" for i, t in enumerate(group.tasks) if t.value)
    befores = indented(f"{t.value.sql} as before{i}" for i, t in enumerate(group.tasks) if t.value)
    latest = f"{quoted(column_name(table, table.date))} desc nulls last, " if table.date else ""

    def wave_cte(name: str, value: str, columns: str) -> str:
        return (
            f"{name} as (\n  select {columns},\n    row_number() over (partition by {person} order by {latest}"
            f"_load_id desc, _row desc) as _recent\n  from {core_table(table)}\n"
            f"  where {as_text(wave)} = {literal(value)} and {person} is not null and {keep}\n)"
        )

    earlier, later = group.between
    return ",\n".join(
        (
            wave_cte("earlier", earlier, f"{person} as _who,\n    {befores}"),
            wave_cte("later", later, f"*, {person} as _who"),
            f"source as (\n  select later.*, {answers}\n  from later join earlier\n"
            "    on later._who = earlier._who and later._recent = 1 and earlier._recent = 1\n)",
        )
    )


def sampled_cte(group: Group) -> str:
    """The same rows with nothing but their place in the design: read by itself, because a database that reads a wide
    step twice writes it down first."""
    columns = [f"{sql} as {name}" for name, sql in _places(group).items()] or ["1 as counted"]
    origin = f"{core_table(group.table)}\n  where {group.keep}" if group.between is None else "source"
    return f"sampled as (\n  select\n    {indented(columns)}\n  from {origin}\n)"


def _places(group: Group) -> dict[str, str]:
    """What the queries call each column of the design, and its SQL. Rows without a person are each a unit."""
    places: dict[str, str] = {}
    for k, stage in enumerate(group.stages):
        named = ((f"s{k}", stage.stratum), (f"u{k}", stage.unit), (f"f{k}", stage.population))
        places |= {name: quoted(column) for name, column in named if column}
        if stage.is_person:
            unit = f"coalesce({as_text(places[f'u{k}'])}, concat(_load_id, ' ', {as_text('_row')}))"
            places[f"u{k}"] = unit
    return places


def domain(group: Group, task: Task) -> str:
    """True for the rows an indicator is about: inside the calendar, under its filter, with a weight that counts."""
    tests = [group.when.inside] if group.when.inside != "true" else []
    if task.where:
        tests.append(f"({task.where.sql})")
    if group.table.weight:
        tests.append(f"{quoted(column_name(group.table, group.table.weight))} > 0")
    return " and ".join(tests) or "true"


def operand(group: Group, i: int, task: Task) -> tuple[str, str | None]:
    """SQL of y and x of one task, null outside its domain; x is None where it is 1 for every row with a y."""
    inside = domain(group, task)
    if task.kind == "count":
        return f"case when {inside} then 1 end", None
    assert task.value is not None
    if task.kind == "share":
        return f"case when {inside} then cast({task.value.sql} as bigint) end", None
    if task.kind == "distinct":
        return f"case when {inside} then ({task.value.sql}) end", None
    value = finite(f"({task.value.sql})", task.value.integral)
    if task.kind == "change":
        value = f"{value} - {finite(f'before{i}', task.value.integral)}"
    if task.base is None:
        return f"case when {inside} then {value} end", None
    base = finite(f"({task.base.sql})", task.base.integral)
    return (f"case when {inside} and {base} is not null then {value} end",
            f"case when {inside} and {value} is not null then {base} end")  # fmt: skip


def category_sql(column: str, merged: Mapping[str, str] | None) -> str:
    """The category of a row: what the column says, or the category it counts as. Numbers are told by their text, a
    whole one with or without its zero."""
    if not merged:
        return quoted(column)
    said = as_text(quoted(column))
    cases = [f"when {said} in ({literal(one)}, {literal(f'{one}.0')}) then {literal(into)}"
             for one, into in merged.items()]  # fmt: skip
    return f"case {' '.join(cases)} else {said} end"


def measured_cte(group: Group, more: Iterable[str] = ()) -> str:
    """One row per source row: its period, categories, place in the design, weight, and y and x of every task."""
    columns: list[str] = []
    if group.period_keys:
        columns.append(f"{group.when.fine} as fine")
        if group.when.has_years:
            columns.append(f"{group.when.year} as year")
    columns += [f"{category_sql(name, group.merged.get(name))} as d{k}" for k, name in enumerate(group.dimensions)]
    columns += [f"{sql} as {name}" for name, sql in _places(group).items()]
    if group.table.weight:
        columns.append(f"cast({quoted(column_name(group.table, group.table.weight))} as double) as w")
    columns.append(f"case when {group.when.inside} then 1 else 0 end as present")
    columns += more
    for i, task in enumerate(group.tasks):
        y, x = operand(group, i, task)
        columns.append(f"{y} as y{i}")
        if x:
            columns.append(f"{x} as x{i}")
    return f"measured as (\n  select\n    {indented(columns)}\n  from source\n)"
