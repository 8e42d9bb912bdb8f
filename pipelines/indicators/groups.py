"""What one query answers: tasks of one source that share their breakdowns and the way they were sampled.

Here stand the calendar as the source's rows meet it, the stages of sampling, and the names of the keys that queries
group by. The text of the queries is made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipelines.indicators.dialect import quoted
from pipelines.indicators.measures import Breakdown, Task
from pipelines.indicators.statements import LARGEST, column_name
from theory_of_change.programme import ALL, Calendar, Period
from theory_of_change.tables import Table

PER_YEAR = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}


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
        day, size = quoted(column_name(self.table, self.table.date)), 12 // self.per_year
        year, month = f"extract(year from {day})", f"extract(month from {day})"
        return f"cast({year} * {self.per_year} + floor(({month} - 1) / {float(size)}) as bigint)"

    @property
    def year(self) -> str:
        if self.fixed is not None:
            return str(self.fixed[1])
        if not self.table.date:
            return "cast(null as bigint)"
        return f"cast(extract(year from {quoted(column_name(self.table, self.table.date))}) as bigint)"

    @property
    def inside(self) -> str:
        """True for a row that belongs to the calendar."""
        if self.fixed is not None:
            period = Period.named(self.table.period or "")
            return "true" if period.end >= self.calendar.start and period.start <= self.calendar.end else "false"
        if not self.table.date:
            return "true"
        day = quoted(column_name(self.table, self.table.date))
        return f"{day} between date '{self.calendar.start}' and date '{self.calendar.end}'"


@dataclass(frozen=True)
class Stage:
    """One stage of sampling: its stratum, its unit (None: the row itself) and its population size or fraction. Where
    the unit `is_person`, a row without one is a unit by itself."""

    stratum: str | None
    unit: str | None
    population: str | None
    is_person: bool = False


def stages_of(table: Table, with_fpc: bool) -> tuple[Stage, ...]:
    """The stages a source declares, one column of each kind per stage; at least one.

    What a stage adds counts by the sampled share of the one above. Without a population size that is taken as none, so
    the stages below are left out, as R's survey::svyrecvar does.
    """
    fpc = table.fpc if with_fpc else ()
    count = max(len(table.cluster), len(table.strata), len(fpc), 1)

    def column(names: Sequence[str], stage: int) -> str | None:
        found = table.column(names[stage]) if stage < len(names) else None
        return found.name if found else None

    stages = [Stage(column(table.strata, k), column(table.cluster, k), column(fpc, k)) for k in range(count)]
    if any(stage.unit is None for stage in stages[:-1]):
        return tuple(stages)  # told as a fault of the design
    counted = next((k for k, stage in enumerate(stages) if stage.population is None), count - 1)
    return tuple(stages[: counted + 1])


def usable(table: Table, stages: Sequence[Stage]) -> str:
    """The rows that carry a weight and can be placed in the design; the rest is left out and counted."""
    columns = [c for s in stages for c in (s.stratum, None if s.is_person else s.unit) if c]
    tests = [f"{quoted(c)} is not null" for c in columns]
    if table.weight:
        weight = quoted(column_name(table, table.weight))
        tests.append(f"{weight} between 0 and {LARGEST}")
    return " and ".join(tests) or "true"


@dataclass(frozen=True)
class Group:
    """Tasks one query answers: same source, same breakdowns, same design."""

    when: When
    tasks: tuple[Task, ...]
    errors: bool
    centres: tuple[float, ...] = field(default=())
    fraction: float = 0.0  # of the population that a simple random sample holds
    by_person: bool = False  # rows of one person are one unit, where the design names no unit of its last stage

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
    def merged(self) -> dict[str, dict[str, str]]:
        """Of these columns, the categories that count as another. The checks let a column be merged in one way only."""
        found: dict[str, dict[str, str]] = {}
        for breakdown in self.breakdowns:
            found |= breakdown.merged_in
        return found

    @cached_property
    def cuts(self) -> tuple[tuple[str, ...], ...]:
        """The column sets of the breakdowns, each once; the whole is the empty one."""
        place = self.dimensions.index
        return tuple(dict.fromkeys(tuple(sorted(set(b.column_names), key=place)) for b in self.breakdowns))

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        if not self.errors:
            return (Stage(None, None, None),)
        *above, last = stages_of(self.table, any(task.uses_fpc for task in self.tasks))
        if self.by_person and last.unit is None and self.table.person:
            person = column_name(self.table, self.table.person)
            last = replace(last, unit=person, is_person=True)
        return (*above, last)

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
        return [(*level, *cells) for level in levels for cells in self.cell_sets()]

    def cell_sets(self) -> list[tuple[str, ...]]:
        """The columns of every cut, as the queries call them."""
        return [tuple(f"d{self.dimensions.index(name)}" for name in cut) for cut in self.cuts]

    def bits(self, kept: Iterable[str]) -> int:
        """What grouping_id says where these cell keys are kept: one bit for each key left out."""
        held = set(kept)
        return sum(1 << place for place, key in enumerate(reversed(self.cell_keys)) if key not in held)

    def cut_id(self, level: str, columns: Iterable[str]) -> int:
        """The same for a level of the calendar (`fine`, `year`, `all`) and a breakdown's columns."""
        return self.bits([level, *(f"d{self.dimensions.index(name)}" for name in columns)])
