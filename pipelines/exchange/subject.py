"""What there is to exchange: the theory as it stands beside the numbers published for exactly these definitions.

A published number goes out only if its definition is still the indicator's own: under a changed definition it would be
told as something it is not. How a format writes it belongs to the module of that format.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reports.shown import Unit, exact, formatted
from theory_of_change.model import Baseline, Indicator, Target, TheoryOfChange
from theory_of_change.programme import ALL, Period, Programme

if TYPE_CHECKING:
    from pipelines.project import Project

Cut = tuple[tuple[str, str], ...]  # dimension and category, pair by pair; empty for the whole
LEVELS = ("impact", "outcome", "output", "activity", "input", "need")
_BLOCKS = {"impact": "impact", "outcome": "outcomes", "output": "outputs", "activity": "activities", "input": "inputs",
           "need": "needs"}  # fmt: skip
_SIGNS = {">=": "≥", "<=": "≤", "=": "="}


@dataclass(frozen=True)
class Value:
    """One published number. `value` and the interval are in the indicator's own scale: shares run from 0 to 1."""

    indicator: str
    period: Period
    cut: Cut
    value: float | None
    status: str
    n: int | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = None


@dataclass(frozen=True)
class Start:
    """A baseline that could be told: its value, and the day it is of."""

    indicator: str
    value: float
    date: dt.date
    cut: Cut
    baseline: Baseline


@dataclass(frozen=True)
class Subject:
    """Everything the exporters read. `values` is None where nothing has been published."""

    programme: Programme
    theory: TheoryOfChange
    values: tuple[Value, ...] | None
    outdated: tuple[str, ...] = ()
    as_of: dt.date | None = None
    starts: tuple[Start, ...] = ()
    unknown_starts: tuple[str, ...] = ()
    retired: tuple[str, ...] = field(default=())

    @property
    def language(self) -> str:
        return self.theory.theory.language or self.programme.language

    @property
    def organisation(self) -> str:
        return (self.programme.organisation or self.programme.title).within(self.language)

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        return {indicator.id: indicator for indicator in self.theory.indicators}

    @cached_property
    def elements(self) -> dict[str, list]:
        """The elements of the chain by level, in the order of `LEVELS`."""
        return {level: list(getattr(self.theory, _BLOCKS[level])) for level in LEVELS}

    @cached_property
    def level_of(self) -> dict[str, str]:
        return {element.id: level for level, elements in self.elements.items() for element in elements}

    def unit(self, indicator: Indicator) -> Unit:
        return Unit.of(indicator.unit.name, indicator.measure.kind, indicator.decimals)

    def scaled(self, indicator: Indicator, value: float) -> float:
        """The number in the unit a reader expects: a share of 0.25 in `percent` is 25."""
        return value * 100 if self.unit(indicator).kind == "percent" else value

    def values_of(self, indicator: str) -> list[Value]:
        return [value for value in self.values or () if value.indicator == indicator]

    def finest(self, indicator: str) -> list[Value]:
        """The indicator's values for its shortest periods that have any, so that none is told twice in a longer one."""
        every = self.programme.calendar.every
        found = self.values_of(indicator)
        for level in (every, "year", ALL):
            if any(value.status == "ok" for value in found if value.period.level == level):
                return [value for value in found if value.period.level == level]
        return []

    def targets_of(self, indicator: str) -> list[Target]:
        return [target for target in self.theory.targets if target.indicator == indicator]

    def starts_of(self, indicator: str) -> list[Start]:
        return [start for start in self.starts if start.indicator == indicator]

    def category(self, dimension: str, category: str, language: str) -> str:
        known = next((d for d in self.theory.dimensions if d.id == dimension), None)
        title = known.categories.get(category) if known else None
        return title.within(language, self.language) if title else category

    def dimension(self, dimension: str, language: str) -> str:
        known = next((d for d in self.theory.dimensions if d.id == dimension), None)
        return known.title.within(language, self.language) if known and known.title else dimension

    @cached_property
    def beside(self) -> dict[str, list[str]]:
        """For each element the assumptions that belong beside it in a logframe: those on itself, and those on links
        that start from it, because "this element, if the assumptions hold, leads on" is what a logframe says."""
        links = {link.id: link for link in self.theory.links}
        found: dict[str, list[str]] = {}
        for assumption in self.theory.assumptions:
            starts = [links[where].from_ if where in links else where for where in assumption.on]
            starts += [link.from_ for link in self.theory.links if assumption.id in link.assumptions]
            for element in dict.fromkeys(starts):
                found.setdefault(element, []).append(assumption.id)
        return found


def subject(project: Project) -> Subject:
    """What `project`, which is sound, has to tell. Raises ProblemsFound for a publication that cannot be read."""
    theory, retired = _living(project.theory)
    values, outdated, as_of = _published(project, theory)
    starts, unknown = _starts(project.programme, theory, values or ())
    return Subject(project.programme, theory, values, outdated, as_of, starts, unknown, retired)


def _living(theory: TheoryOfChange) -> tuple[TheoryOfChange, tuple[str, ...]]:
    """The theory without what is retired, nor targets and baselines of retired indicators."""
    retired: list[str] = []
    kept: dict[str, tuple] = {}
    for name in TheoryOfChange.model_fields:
        blocks = getattr(theory, name)
        if isinstance(blocks, tuple) and any(getattr(block, "retired", None) for block in blocks):
            retired += [block.id for block in blocks if block.retired]
            kept[name] = tuple(block for block in blocks if not block.retired)
    gone = set(retired)
    for name in ("targets", "baselines"):
        kept[name] = tuple(block for block in getattr(theory, name) if block.indicator not in gone)
    return theory.model_copy(update=kept), tuple(retired)


def _published(
    project: Project, theory: TheoryOfChange
) -> tuple[tuple[Value, ...] | None, tuple[str, ...], dt.date | None]:
    from pipelines.indicators.measures import definition_ids
    from reports.reading import read

    workspace = project.workspace
    if not workspace.published_database.is_file():
        return None, (), None
    report = read(workspace.published_database, workspace.root)
    fingerprints = {name: source.fingerprint for name, source in project.sources.items()}
    current = definition_ids(project.theory, project.programme, fingerprints)
    periods = {period.name: period for period in project.programme.calendar.periods}
    living = {indicator.id for indicator in theory.indicators}
    values, outdated = [], []
    for row in report.rows["indicator_values"]:
        indicator = row["indicator_id"]
        if indicator not in living:
            continue
        if row["definition_id"] != current[indicator] or row["period"] not in periods:
            outdated.append(indicator)
            continue
        interval = {name: row[name] for name in ("ci_low", "ci_high", "ci_level")}
        cut = _cut(row["dimension"], row["category"])
        values.append(Value(indicator, periods[row["period"]], cut, row["value"], row["status"], row["n"], **interval))
    order = {indicator.id: position for position, indicator in enumerate(theory.indicators)}
    dates = {period: position for position, period in enumerate(periods)}
    values.sort(key=lambda value: (order[value.indicator], dates[value.period.name], bool(value.cut), value.cut))
    return tuple(values), tuple(dict.fromkeys(outdated)), report.as_of.date() if report.as_of else None


def _cut(dimension: str, category: str) -> Cut:
    if dimension == ALL:
        return ()
    names, categories = dimension.split(" x "), category.split(" / ")
    if len(names) != len(categories):  # a category with a slash in its own name
        return ((dimension, category),)
    return tuple(zip(names, categories, strict=True))


def _starts(
    programme: Programme, theory: TheoryOfChange, values: Iterable[Value]
) -> tuple[tuple[Start, ...], tuple[str, ...]]:
    """Baselines with their numbers. Their day is their own, else the end of their period, else the calendar's first."""
    table = {(v.indicator, v.period.name, frozenset(v.cut)): v.value for v in values if v.status == "ok"}
    periods = {period.name: period for period in programme.calendar.periods}
    starts, unknown = [], []
    for baseline in theory.baselines:
        cut = tuple(baseline.disaggregation.items())
        period = periods.get(baseline.period or "")
        published = baseline.published
        date = baseline.date or (period.end if period else None) or (published.as_of if published else None)
        value = published.value if published else baseline.value
        if value is None:
            whose, when = (baseline.value_from, ALL) if baseline.value_from else (baseline.indicator, baseline.period)
            value = table.get((whose, when, frozenset(cut)))
        if value is None:
            unknown.append(baseline.indicator)
        else:
            starts.append(Start(baseline.indicator, value, date or programme.calendar.start, cut, baseline))
    return tuple(starts), tuple(dict.fromkeys(unknown))


def goal_words(subject: Subject, target: Target, language: str) -> str:
    """A target as a sentence's end: `≤ 30% by 31 December 2027`."""
    from pipelines.exchange.wording import day, word, words
    from theory_of_change.problems import spoken_in

    indicator = subject.indicators[target.indicator]
    low, high = target.value if isinstance(target.value, tuple) else (target.value, None)
    size = said(subject, indicator, low, language, stated=True)
    if high is not None:
        size = f"{size} – {said(subject, indicator, high, language, stated=True)}"
    else:
        size = f"{_SIGNS[target.operator]} {size}"
    if target.approx:
        size = f"{words()['approx'][target.approx][spoken_in(language)]} {size}"
    parts = [size, word("by", None, language, day=day(target.by, language)) if target.by else ""]
    parts.insert(0, ", ".join(cut_words(subject, target.disaggregation.items(), language)))
    return " ".join(part for part in parts if part)


def said(subject: Subject, indicator: Indicator, value: float, language: str, stated: bool = False) -> str:
    """A number with its unit, as reports write it: `25%`, `€300`, `3.2`. One that was stated keeps all its decimals."""
    shape = subject.unit(indicator).format([value])
    return formatted(value, exact(shape, value) if stated else shape, language)


def cut_words(subject: Subject, cut: Iterable[tuple[str, str]], language: str) -> Iterator[str]:
    for dimension, category in cut:
        yield f"{subject.dimension(dimension, language)}: {subject.category(dimension, category, language)}"
