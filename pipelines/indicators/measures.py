"""What an indicator asks of its source: checked expressions, the ways it is broken down, and how sure it can be.

A `Task` is an indicator made ready for a query. Building one assumes that `plan.check_measures` found no error; turning
tasks into SQL belongs to `queries`, and numbers into estimates to `estimates`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from pipelines.indicators.expressions import Expression, parse
from pipelines.indicators.funnels import among, passed
from theory_of_change.model import Area, Dimension, Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Column, Table

ALL = "all"
CROSS = " x "
BOTH = " / "

#: Kinds that are a quotient of two totals, kinds that are one total, and kinds not made from one source's rows.
QUOTIENTS = ("share", "mean", "ratio", "change")
TOTALS = ("sum", "count")
#: The end of the name of the table that holds a corpus' coded passages.
PASSAGES = "__segments"
QUANTILES = ("median", "quantile")
#: Kinds made from other indicators.
COMPOSED = ("formula", "index")
FROM_ROWS = (*QUOTIENTS, *TOTALS, *QUANTILES, "distinct")

Lonely = Literal["refuse", "certainty", "adjust", "average"]


@dataclass(frozen=True)
class Breakdown:
    """One way of breaking an indicator down: the source's columns, the categories the theory declares for each, and
    those that count as another (`collapse_to`). Where the categories of one column are areas that each report for
    themselves, `areas` are those."""

    name: str
    columns: tuple[Column, ...] = ()
    declared: tuple[tuple[str, ...], ...] = ()
    merged: tuple[tuple[tuple[str, str], ...], ...] = ()
    areas: tuple[Area, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def merged_in(self) -> dict[str, dict[str, str]]:
        """Of every column with such categories, which counts as which."""
        found = zip(self.column_names, self.merged, strict=False)
        return {name: dict(pairs) for name, pairs in found if pairs}


WHOLE = Breakdown(ALL)


@dataclass(frozen=True)
class Task:
    """An indicator over one source, ready to be queried. `value` and `base` are y and x of a quotient Σwy / Σwx."""

    indicator: Indicator
    table: Table
    value: Expression | None
    base: Expression | None
    where: Expression | None
    breakdowns: tuple[Breakdown, ...]
    inner: tuple[Breakdown, ...] = ()  # asked only by formulas that rest on this indicator; never published

    @property
    def id(self) -> str:
        return self.indicator.id

    @property
    def kind(self) -> str:
        """The measure's kind; the share of documents with a code, or of cases that pass a stage, is a share."""
        kind = self.indicator.measure.kind
        return "share" if kind in ("theme", "funnel") else kind

    @property
    def every_breakdown(self) -> tuple[Breakdown, ...]:
        return (WHOLE, *self.breakdowns, *self.inner)

    @property
    def mode(self) -> str:
        """`sample`, `census`, `superpopulation` or `none`; a survey is a sample and a register a census unless said."""
        given = self.indicator.uncertainty
        return given.mode if given else "sample" if self.table.kind == "survey" else "census"

    @property
    def level(self) -> float:
        return self.indicator.uncertainty.level if self.indicator.uncertainty else 0.95

    @property
    def lonely(self) -> Lonely:
        return self.indicator.uncertainty.lonely if self.indicator.uncertainty else "refuse"

    @property
    def exact(self) -> bool:
        """True where a share without a design asks for the exact interval."""
        return bool(self.indicator.uncertainty and self.indicator.uncertainty.exact)

    @property
    def uses_fpc(self) -> bool:
        given = self.indicator.uncertainty
        return bool(self.table.fpc) and self.mode == "sample" and not (given and given.fpc is False)

    @property
    def population(self) -> int | None:
        """How many the indicator says there are, where it asks for their finite number to count (`fpc: true`) and the
        rows are a simple random sample whose source does not say."""
        given = self.indicator.uncertainty
        stated = self.indicator.population.size if self.indicator.population else None
        counts = given is not None and given.fpc is True and self.mode == "sample" and self.kind not in QUANTILES
        return stated if counts and stated and not self.table.has_design and not self.table.fpc else None

    @property
    def has_error(self) -> bool:
        """True where a sampling error is asked for and can be had: no total is known to one without weights."""
        if self.mode in ("census", "none") or self.kind == "distinct":
            return False
        return self.table.weight is not None or self.kind not in TOTALS

    @cached_property
    def at(self) -> float:
        return self.indicator.measure.quantile.at if self.indicator.measure.quantile else 0.5


def breakdowns_of(indicator: Indicator, theory: TheoryOfChange, table: Table) -> tuple[Breakdown, ...]:
    """The indicator's disaggregations over the source's columns, each once; unknown columns are left out."""
    found = (breakdown(entry, theory, table) for entry in indicator.disaggregation)
    return tuple({b.name: b for b in found if b is not None}.values())


def breakdown(entry: str | tuple[str, ...], theory: TheoryOfChange, table: Table) -> Breakdown | None:
    """One disaggregation; a name is a dimension of the theory, else a column of the source. None if it is neither."""
    names = tuple(dict.fromkeys((entry,) if isinstance(entry, str) else entry))
    dimensions = {dimension.id: dimension for dimension in theory.dimensions}
    given = [dimensions.get(name) for name in names]
    columns = [table.column((d.column or d.id) if d else name) for d, name in zip(given, names, strict=True)]
    if not names or any(column is None for column in columns):
        return None
    declared = tuple(tuple(one for one in d.categories if one not in d.collapse_to) if d else () for d in given)
    merged = tuple(tuple(sorted(d.collapse_to.items())) if d else () for d in given)
    worded = (_in_words_of(d, c) for d, c in zip(given, columns, strict=True) if c is not None)
    kind = given[0].areas if len(names) == 1 and given[0] else None
    areas = tuple(area for area in theory.areas if kind and area.kind == kind and area.id in declared[0])
    return Breakdown(CROSS.join(names), tuple(worded), declared, merged, areas)


def _in_words_of(dimension: Dimension | None, column: Column) -> Column:
    """The column with the dimension's own words for categories that it merges, so that notes can name them."""
    if dimension is None or not dimension.collapse_to:
        return column
    return replace(column, labels={**column.labels, **dimension.categories})


def tasks_of(theory: TheoryOfChange, tables: Mapping[str, Table]) -> dict[str, Task]:
    """A task for every indicator that is made from the rows of a source, in the theory's order."""
    tasks: dict[str, Task] = {}
    for indicator in theory.indicators:
        measure = indicator.measure
        table = rows_of(indicator, tables)
        if table is None or not is_from_rows(indicator, table):
            continue
        value, base = _operands(indicator, table)
        where = parse(measure.where, table, "boolean") if measure.where else None
        if measure.funnel:
            where = among(measure.funnel, table, where)
        tasks[indicator.id] = Task(indicator, table, value, base, where, breakdowns_of(indicator, theory, table))
    return _with_inner_breakdowns(tasks, theory)


def rows_of(indicator: Indicator, tables: Mapping[str, Table]) -> Table | None:
    """The table whose rows an indicator counts: of a corpus its documents, or with `per: segment` its passages."""
    measure = indicator.measure
    is_of_passages = measure.kind == "theme" and measure.per == "segment"
    return tables.get(f"{measure.source}{PASSAGES}" if is_of_passages else measure.source or "")


def is_from_rows(indicator: Indicator, table: Table) -> bool:
    """True for what is made from the rows of this source; a code, where the source is a corpus that has it."""
    measure = indicator.measure
    if measure.kind == "theme":
        return table.column(measure.theme) is not None
    if measure.kind == "funnel":
        return table.funnel is not None
    return measure.kind in FROM_ROWS


def _operands(indicator: Indicator, table: Table) -> tuple[Expression | None, Expression | None]:
    measure = indicator.measure
    match measure.kind:
        case "share":
            return parse(measure.share, table, "boolean"), None
        case "theme":
            return parse(f'"{table.column(measure.theme).name}"', table, "boolean"), None
        case "funnel":
            return passed(table, measure.funnel.to), None
        case "ratio":
            return parse(measure.ratio.numerator, table, "number"), parse(measure.ratio.denominator, table, "number")
        case "quantile":
            return parse(measure.quantile.of, table, "number"), None
        case "distinct":
            return parse(measure.distinct, table, "scalar"), None
        case "count":
            return None, None
        case kind:
            return parse(getattr(measure, kind), table, "number"), None


def _with_inner_breakdowns(tasks: dict[str, Task], theory: TheoryOfChange) -> dict[str, Task]:
    """The tasks, also broken down as the formulas resting on them need it, where the source has the columns."""
    indicators = {indicator.id: indicator for indicator in theory.indicators}
    wanted: dict[str, list[str | tuple[str, ...]]] = {}
    for indicator in theory.indicators:
        if indicator.measure.kind in COMPOSED:
            for leaf in _leaves(indicator.id, indicators, set()):
                wanted.setdefault(leaf, []).extend(indicator.disaggregation)
    for leaf, entries in wanted.items():
        if leaf in tasks:
            task = tasks[leaf]
            known = {b.name for b in task.every_breakdown}
            extra = (breakdown(entry, theory, task.table) for entry in entries)
            inner = {b.name: b for b in extra if b is not None and b.name not in known}
            tasks[leaf] = replace(task, inner=tuple(inner.values()))
    return tasks


def _leaves(indicator_id: str, indicators: Mapping[str, Indicator], seen: set[str]) -> set[str]:
    """Ids of the indicators not made from others that a formula or an index rests on, however far below."""
    if indicator_id in seen or indicator_id not in indicators:
        return set()
    seen.add(indicator_id)
    measure = indicators[indicator_id].measure
    if measure.kind not in COMPOSED:
        return {indicator_id}
    return set().union(*(_leaves(inner, indicators, seen) for inner in measure.rests_on))


def _rules(indicator: Indicator) -> object:
    """The rules of aggregation that change a number: that over time, and others where they are not to recompute."""
    if indicator.aggregation is None:
        return None
    given = indicator.aggregation
    others = {name: rule for name, rule in given if name != "time" and rule in ("sum", "none")}
    return {"time": given.time, **others} if others else given.time


def definition_ids(theory: TheoryOfChange, programme: Programme, fingerprints: Mapping[str, str]) -> dict[str, str]:
    """For each indicator the hash of everything its number rests on: its own computing fields, its source's contract,
    the dimensions, milestone or other indicators it uses, and the calendar. Titles and notes change nothing."""
    indicators = {indicator.id: indicator for indicator in theory.indicators}
    dimensions = {d.id: d for d in theory.dimensions}
    milestones = {m.id: m for m in theory.milestones}
    done: dict[str, str] = {}

    def hashed(indicator: Indicator, above: tuple[str, ...]) -> str:
        if indicator.id in done:
            return done[indicator.id]
        measure = indicator.measure
        used = [name for e in indicator.disaggregation for name in ((e,) if isinstance(e, str) else e)]
        inputs = [i for i in measure.rests_on if i in indicators and i not in above]
        milestone = milestones.get(measure.milestone or "")
        facts = {
            "measure": measure.model_dump(mode="json", by_alias=True, exclude_none=True),
            "disaggregation": [[e] if isinstance(e, str) else list(e) for e in indicator.disaggregation],
            "dimensions": {
                n: [
                    dimensions[n].column,
                    sorted(dimensions[n].categories),
                    *([sorted(dimensions[n].collapse_to.items())] if dimensions[n].collapse_to else []),
                ]
                for n in used
                if n in dimensions
            },
            "uncertainty": indicator.uncertainty.model_dump(mode="json") if indicator.uncertainty else None,
            "aggregation": _rules(indicator),
            "unit": indicator.unit.name,
            "source": fingerprints.get(measure.source or ""),
            "milestone": str(milestone.actual) if milestone else None,
            "inputs": {i: hashed(indicators[i], (*above, indicator.id)) for i in inputs},
            "calendar": programme.calendar.model_dump(mode="json"),
        }
        text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        done[indicator.id] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return done[indicator.id]

    return {indicator.id: hashed(indicator, ()) for indicator in theory.indicators}
