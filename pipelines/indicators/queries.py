"""Tasks to SQL: the text of the set-based queries behind every estimate, in a subset that other engines also run.

One query answers all tasks of a source that share breakdowns and design: it groups the rows once at the finest cell,
rolls the sums up to every period and category with grouping sets, and sums squares of sampling units stage by stage.
What the sums mean belongs to `estimates`; quantiles and distinct counts have their own texts in `quantiles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.indicators.expressions import quoted
from pipelines.indicators.measures import Breakdown, Task
from theory_of_change.programme import ALL, Calendar
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb

PER_YEAR = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}
_LARGEST = "1.7976931348623157e308"


def union(parts: Iterable[str]) -> str:
    return "\n  union all\n  ".join(parts)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def indented(lines: Iterable[str], by: int = 4) -> str:
    return (",\n" + " " * by).join(lines)


@dataclass(frozen=True)
class When:
    """How a source's rows fall into the calendar: by a date, all into one fixed period, or only into the whole."""

    table: Table
    calendar: Calendar

    @property
    def per_year(self) -> int:
        return PER_YEAR[self.calendar.every]

    @property
    def has_years(self) -> bool:
        return self.calendar.every != "year"

    @cached_property
    def fixed(self) -> tuple[int | None, int | None] | None:
        """Codes of the fine period and the year all rows belong to; None where rows are dated or undated."""
        from theory_of_change.programme import Period

        if self.table.date or not self.table.period or self.table.period == ALL:
            return None
        period = Period.named(self.table.period)
        months, size = period.end.month - period.start.month + 1, 12 // self.per_year
        code = self.code(period.start.year, period.start.month)
        return (code if months <= size else None), period.start.year

    @property
    def is_dated(self) -> bool:
        return bool(self.table.date) or self.fixed is not None

    def code(self, year: int, month: int) -> int:
        """The number of the fine period that holds a month; consecutive periods have consecutive numbers."""
        return year * self.per_year + (month - 1) * self.per_year // 12

    @property
    def fine(self) -> str:
        if self.fixed is not None:
            return "cast(null as bigint)" if self.fixed[0] is None else str(self.fixed[0])
        if not self.table.date:
            return "cast(null as bigint)"
        day, size = quoted(_column(self.table, self.table.date)), 12 // self.per_year
        year, month = f"extract(year from {day})", f"extract(month from {day})"
        return f"cast({year} * {self.per_year} + floor(({month} - 1) / {float(size)}) as bigint)"

    @property
    def year(self) -> str:
        if self.fixed is not None:
            return str(self.fixed[1])
        if not self.table.date:
            return "cast(null as bigint)"
        return f"cast(extract(year from {quoted(_column(self.table, self.table.date))}) as bigint)"

    @property
    def inside(self) -> str:
        """True for a row that belongs to the calendar."""
        if self.fixed is not None:
            from theory_of_change.programme import Period

            period = Period.named(self.table.period or "")
            return "true" if period.end >= self.calendar.start and period.start <= self.calendar.end else "false"
        if not self.table.date:
            return "true"
        day = quoted(_column(self.table, self.table.date))
        return f"{day} between date '{self.calendar.start}' and date '{self.calendar.end}'"


@dataclass(frozen=True)
class Stage:
    """One stage of sampling: its stratum, its unit (None: the row itself) and its population size or fraction."""

    stratum: str | None
    unit: str | None
    population: str | None


def stages_of(table: Table, with_fpc: bool) -> tuple[Stage, ...]:
    """The stages a source declares, one column of each kind per stage; at least one."""
    fpc = table.fpc if with_fpc else ()
    count = max(len(table.cluster), len(table.strata), len(fpc), 1)

    def column(names: Sequence[str], stage: int) -> str | None:
        found = table.column(names[stage]) if stage < len(names) else None
        return found.name if found else None

    return tuple(Stage(column(table.strata, k), column(table.cluster, k), column(fpc, k)) for k in range(max(count, 1)))


@dataclass(frozen=True)
class Group:
    """Tasks one query answers: same source, same breakdowns, same design."""

    when: When
    tasks: tuple[Task, ...]
    errors: bool
    centres: tuple[float, ...] = field(default=())
    fraction: float = 0.0  # of the population that a simple random sample holds

    @property
    def table(self) -> Table:
        return self.when.table

    @property
    def breakdowns(self) -> tuple[Breakdown, ...]:
        """The same for every task of a group."""
        return self.tasks[0].every_breakdown

    def only(self, i: int) -> Group:
        """The group with its i-th task alone."""
        return replace(self, tasks=(self.tasks[i],), centres=())

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Every column some breakdown uses, in the order met."""
        names = (name for breakdown in self.breakdowns for name in breakdown.column_names)
        return tuple(dict.fromkeys(names))

    @cached_property
    def cuts(self) -> tuple[tuple[str, ...], ...]:
        """The column sets of the breakdowns, each once; the whole is the empty one."""
        place = self.dimensions.index
        return tuple(dict.fromkeys(tuple(sorted(set(b.column_names), key=place)) for b in self.breakdowns))

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        return (
            stages_of(self.table, any(task.uses_fpc for task in self.tasks))
            if self.errors
            else (Stage(None, None, None),)
        )

    @property
    def keep(self) -> str:
        """Which rows can be used at all; rows without a place in the design only matter where an error is asked for."""
        with_fpc = any(task.uses_fpc for task in self.tasks)
        return usable(self.table, stages_of(self.table, with_fpc) if self.tasks[0].has_error else ())

    @property
    def between(self) -> tuple[str, str] | None:
        return self.tasks[0].indicator.measure.between

    @property
    def period_keys(self) -> tuple[str, ...]:
        if not self.when.is_dated:
            return ()
        return ("fine", "year") if self.when.has_years else ("fine",)

    @property
    def cell_keys(self) -> tuple[str, ...]:
        return (*self.period_keys, *(f"d{k}" for k in range(len(self.dimensions))))

    @property
    def design_keys(self) -> tuple[str, ...]:
        """Columns that name a sampling unit of the last stage and everything above it."""
        return tuple(key for k in range(len(self.stages)) for key in self.stage_keys(k) if key)

    def stage_keys(self, stage: int) -> tuple[str, ...]:
        """The stratum and unit columns of one stage, as the queries call them."""
        s = self.stages[stage]
        return tuple(k for k, column in ((f"s{stage}", s.stratum), (f"u{stage}", s.unit)) if column)

    def grouping_sets(self) -> list[tuple[str, ...]]:
        """Every level of the calendar by every cut."""
        levels = [(key,) for key in self.period_keys] + [()]
        return [(*level, *(f"d{self.dimensions.index(n)}" for n in cut)) for level in levels for cut in self.cuts]

    def bits(self, kept: Iterable[str]) -> int:
        """What grouping_id says where these cell keys are kept: one bit for each key left out."""
        held = set(kept)
        return sum(1 << place for place, key in enumerate(reversed(self.cell_keys)) if key not in held)

    def cut_id(self, level: str, columns: Iterable[str]) -> int:
        """The same for a level of the calendar (`fine`, `year`, `all`) and a breakdown's columns."""
        return self.bits([level, *(f"d{self.dimensions.index(name)}" for name in columns)])


def core_table(table: Table) -> str:
    return f"core.{quoted(table.id)}"


def has_landed(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """True once the source has a table in `core`: a source that never got a delivery may have none."""
    return exists(connection, table.id)


def exists(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    asked = "select count(*) from information_schema.tables where table_schema = 'core' and table_name = ?"
    return bool((connection.execute(asked, [name]).fetchone() or (0,))[0])


def usable(table: Table, stages: Sequence[Stage]) -> str:
    """The rows that carry a weight and can be placed in the design; the rest is left out and counted."""
    tests = [f"{quoted(c)} is not null" for s in stages for c in (s.stratum, s.unit) if c]
    if table.weight:
        weight = quoted(_column(table, table.weight))
        tests.append(f"{weight} between 0 and {_LARGEST}")
    return " and ".join(tests) or "true"


def _column(table: Table, name: str) -> str:
    column = table.column(name)
    assert column is not None
    return column.name


def source_cte(group: Group) -> str:
    """The rows themselves: all usable ones, or for `change` the later answers of people who also answered before."""
    table, keep = group.table, group.keep
    if group.between is None:
        return f"source as (\n  select * from {core_table(table)}\n  where {keep}\n)"
    person, wave = quoted(_column(table, table.person or "")), quoted(_column(table, table.wave or ""))
    befores = indented(f"{t.value.sql} as before{i}" for i, t in enumerate(group.tasks) if t.value)
    latest = f"{quoted(_column(table, table.date))} desc nulls last, " if table.date else ""

    def wave_cte(name: str, value: str, columns: str) -> str:
        return (
            f"{name} as (\n  select {columns},\n    row_number() over (partition by {person} order by {latest}"
            f"_load_id desc, _row desc) as recent\n  from {core_table(table)}\n"
            f"  where cast({wave} as varchar) = {literal(value)} and {person} is not null and {keep}\n)"
        )

    earlier, later = group.between
    return ",\n".join(
        (
            wave_cte("earlier", earlier, f"{person} as who,\n    {befores}"),
            wave_cte("later", later, f"*, {person} as who"),
            "source as (\n  select later.*, earlier.* exclude (who, recent)\n  from later join earlier\n"
            "    on later.who = earlier.who and later.recent = 1 and earlier.recent = 1\n)",
        )
    )


def finite(sql: str, integral: bool) -> str:
    """The number, or null where it is infinite or not a number (which sorts above every number)."""
    return (
        f"cast({sql} as double)" if integral else f"case when abs({sql}) <= {_LARGEST} then cast({sql} as double) end"
    )


def domain(group: Group, task: Task) -> str:
    """True for the rows an indicator is about: inside the calendar, under its filter, with a weight that counts."""
    tests = [group.when.inside] if group.when.inside != "true" else []
    if task.where:
        tests.append(f"({task.where.sql})")
    if group.table.weight:
        tests.append(f"{quoted(_column(group.table, group.table.weight))} > 0")
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


def measured_cte(group: Group) -> str:
    """One row per source row: its period, categories, place in the design, weight, and y and x of every task."""
    columns: list[str] = []
    if group.period_keys:
        columns.append(f"{group.when.fine} as fine")
        if group.when.has_years:
            columns.append(f"{group.when.year} as year")
    columns += [f"{quoted(name)} as d{k}" for k, name in enumerate(group.dimensions)]
    for k, stage in enumerate(group.stages):
        named = ((f"s{k}", stage.stratum), (f"u{k}", stage.unit), (f"f{k}", stage.population))
        columns += [f"{quoted(column)} as {name}" for name, column in named if column]
    if group.table.weight:
        columns.append(f"cast({quoted(_column(group.table, group.table.weight))} as double) as w")
    columns.append(f"case when {group.when.inside} then 1 else 0 end as present")
    for i, task in enumerate(group.tasks):
        y, x = operand(group, i, task)
        columns.append(f"{y} as y{i}")
        if x:
            columns.append(f"{x} as x{i}")
    return f"measured as (\n  select\n    {indented(columns)}\n  from source\n)"


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


@dataclass(frozen=True)
class Sums:
    """Names of the sums kept for one task, and SQL making each at the row level; equal sums are kept once.

    n rows used, t = Σa, b = Σb, and where squares are wanted aa = Σa², ab = Σab, bb = Σb².
    """

    made: dict[str, str]
    n: str
    t: str
    b: str
    aa: str = ""
    ab: str = ""
    bb: str = ""


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


def select(name: str, columns: Iterable[str], origin: str, keys: Sequence[str]) -> str:
    """A common table expression that groups `origin` by `keys`."""
    by = f"\n  group by {', '.join(keys)}" if keys else ""
    return f"{name} as (\n  select\n    {indented(columns)}\n  from {origin}{by}\n)"


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


def design_cte(group: Group, k: int) -> str:
    """For each stratum of stage k: m units, sampled fraction f, and what multiplies and centres the squares.

    Units are counted in the whole design, never in a domain. A stratum with one unit has no spread of its own: it
    counts nothing (`certainty`), is taken around the whole sample's mean (`adjust`), or is flagged for `average`.
    """
    stage, keys = group.stages[k], [key for j in range(k) for key in group.stage_keys(j)]
    stratum = [*keys, *([f"s{k}"] if stage.stratum else [])]
    units = f"count(distinct u{k})" if stage.unit else "count(*)"
    population = f"cast(max(f{k}) as double)" if stage.population else "cast(null as double)"
    lonely = group.tasks[0].lonely
    alone = "1 - f" if lonely == "adjust" else "0"
    fraction = "case when population is null then 0 when population <= 1 then population else m / population end"
    inner = f"select {', '.join([*stratum, f'{units} as m', f'{population} as population'])} from measured"
    inner += f" group by {', '.join(stratum)}" if stratum else ""
    columns = [
        *stratum, "m", "f",
        f"case when m > 1 then (1 - f) * m / (m - 1) else {alone} end as g",
        "case when m > 1 then cast(1 as double) / m else 0 end as c",
        "case when m > 1 or f >= 1 then 0 else 1 end as is_lonely",
    ]  # fmt: skip
    counted = f"(select *, {fraction} as f from ({inner}) as units) as fractions"
    return f"design{k} as (\n  select\n    {indented(columns)}\n  from {counted}\n)"


def variance_ctes(group: Group, sums: Sequence[Sums], cells: Sequence[str] = ()) -> list[str]:
    """From the last stage to the first: squares of unit totals in each stratum, and the share passed up from below.

    `cells` are the columns that tell one domain from another; as a rule the cut and its period and category keys.

    V = Σ_h [ g_h (Σt² - c_h (Σt)²) + f_h Σ_i V_i ], the estimator of Särndal, Swensson & Wretman 1992, 4.3, as R's
    survey::svyrecvar computes it, kept as the three numbers of the quadratic form in a and b.
    """
    ctes: list[str] = []
    cells = list(cells) or ["cut", *group.cell_keys]
    origin, last = "rolled", len(group.stages) - 1
    for k in range(last, -1, -1):
        above = [key for j in range(k) for key in group.stage_keys(j)]
        stratum = [f"s{k}"] if group.stages[k].stratum else []
        below = k < last
        names: dict[str, None] = {}
        if group.stages[k].unit:
            columns = [*cells, *above, *stratum, "sum(present) as present"]
            for i, s in enumerate(sums):
                columns += [f"sum({name}) as {name}" for name in dict.fromkeys((s.n, s.t, s.b))]
                columns += [
                    f"sum({s.t} * {s.t}) as qaa{i}",
                    f"sum({s.t} * {s.b}) as qab{i}",
                    f"sum({s.b} * {s.b}) as qbb{i}",
                ]
                columns.append(f"sum(case when {s.n} > 0 then 1 else 0 end) as units{i}")
                if below:
                    columns += [f"sum({v}{i}) as {v}{i}" for v in ("vaa", "vab", "vbb")]
            ctes.append(select(f"units{k}", columns, origin, [*cells, *above, *stratum]))
            origin = f"units{k}"
        columns = [*(f"q.{c}" for c in (*cells, *above)), "sum(q.present) as present"]
        for i, s in enumerate(sums):
            names = dict.fromkeys((s.n, s.t, s.b))
            columns += [f"sum(q.{name}) as {name}" for name in names]
            aa, ab, bb = (f"qaa{i}", f"qab{i}", f"qbb{i}") if group.stages[k].unit else (s.aa, s.ab, s.bb)
            for v, square, left, right in (("vaa", aa, s.t, s.t), ("vab", ab, s.t, s.b), ("vbb", bb, s.b, s.b)):
                lower = f" + h.f * q.{v}{i}" if below else ""
                columns.append(f"sum(h.g * (q.{square} - h.c * q.{left} * q.{right}){lower}) as {v}{i}")
            if k == 0:
                units = f"q.units{i}" if group.stages[k].unit else f"q.{s.n}"
                columns += [f"sum({units}) as units{i}", f"sum(case when q.{s.n} > 0 then 1 else 0 end) as strata{i}",
                            f"sum(case when q.{s.n} > 0 then h.is_lonely else 0 end) as lonely{i}"]  # fmt: skip
        joined = " and ".join(f"q.{key} = h.{key}" for key in (*above, *stratum)) or "1 = 1"
        by = ", ".join(f"q.{key}" for key in (*cells, *above))
        ctes.append(
            f"variance{k} as (\n  select\n    {indented(columns)}\n  from {origin} as q join design{k} as h on {joined}"
            f"\n  group by {by}\n)"
        )
        origin = f"variance{k}"
    return ctes


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


def design_checks_sql(group: Group, k: int) -> str:
    """What is wrong with one stage of the design: strata, lonely ones, and population sizes that cannot be."""
    stage, keys = group.stages[k], [key for j in range(k) for key in group.stage_keys(j)]
    stratum = [*keys, *([f"s{k}"] if stage.stratum else [])]
    units = f"count(distinct u{k})" if stage.unit else "count(*)"
    f = f"cast(f{k} as double)" if stage.population else "cast(null as double)"
    inner = f"select {units} as m, min({f}) as low, max({f}) as high, count(*) - count({f}) as missing from measured"
    inner += f" group by {', '.join(stratum)}" if stratum else ""
    wanted = "1 = 1" if stage.population else "1 = 0"
    columns = [
        "sum(case when m = 1 and not coalesce(low = 1, false) then 1 else 0 end) as lonely",
        f"sum(case when {wanted} and (missing > 0 or low <= 0 or low <> high) then 1 else 0 end) as unclear",
        "sum(case when high > 1 and m > high then 1 else 0 end) as too_small",
        "max(case when high > 1 then m / high else high end) as fraction",
    ]
    return (
        f"with {source_cte(group)},\n{measured_cte(group)}\nselect\n  {indented(columns, 2)}\nfrom ({inner}) as strata"
    )
