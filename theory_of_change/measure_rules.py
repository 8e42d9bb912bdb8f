"""Rules over indicators, baselines and targets: numbers without a source, unfair percentages, mixed units, rates with
open cohorts, groups too small to show. They may need the programme's calendar and the tables of the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from theory_of_change.model import Dimension, Indicator, Target, TheoryOfChange
from theory_of_change.problems import listed
from theory_of_change.programme import Programme
from theory_of_change.rules import LEGAL_FLOOR, Finding, SourceDetail
from theory_of_change.tables import Column, Table
from theory_of_change.units import is_percentage

_PERSON = ("person", "persons", "people", "persona", "persone")
_AVERAGES = ("share", "mean", "median", "quantile", "ratio", "theme", "change")
_COUNTS = ("count", "distinct", "sum")


@dataclass(frozen=True)
class Measured:
    """The theory with all its numbers rest on, as the rules below look at it."""

    theory: TheoryOfChange
    programme: Programme
    sources: Mapping[str, Table]
    details: Mapping[str, SourceDetail]

    @cached_property
    def by_id(self) -> dict[str, Indicator]:
        return {indicator.id: indicator for indicator in self.theory.indicators}

    @cached_property
    def dimensions(self) -> dict[str, Dimension]:
        return {dimension.id: dimension for dimension in self.theory.dimensions}

    def current(self) -> Iterator[tuple[int, Indicator]]:
        """Indicators that are not retired, with their position."""
        return ((n, one) for n, one in enumerate(self.theory.indicators) if not one.retired)

    def column(self, indicator: Indicator, name: str | None) -> Column | None:
        table = self.sources.get(indicator.measure.source or "")
        return table.column(name) if table and name else None


def measure_findings(
    theory: TheoryOfChange, programme: Programme, sources: Mapping[str, Table], details: Mapping[str, SourceDetail]
) -> Iterator[Finding]:
    measured = Measured(theory, programme, sources, details)
    for rule in (_sourceless, _missing_uncertainty, _unfair_percentages, _mixed_units, _baselines_of_other_units,
                 _targets, _impossible_shares, _attendance, _open_cohorts, _scale_items, _small_categories,
                 _thresholds):  # fmt: skip
        yield from rule(measured)


def _sourceless(measured: Measured) -> Iterator[Finding]:
    """Indicators whose source has no deliveries to come, and milestones that nothing would prove."""
    for number, indicator in measured.current():
        detail = measured.details.get(indicator.measure.source or "")
        if detail and not detail.is_delivered and indicator.means_of_verification is None:
            facts = {"id": indicator.id, "source": str(indicator.measure.source)}
            yield Finding("indicator-without-source", ("indicators", number, "measure"), facts, (indicator.accept,))
    for number, milestone in enumerate(measured.theory.milestones):
        if not (milestone.evidence or milestone.document or milestone.body or milestone.retired):
            facts = {"id": milestone.id}
            yield Finding("milestone-without-evidence", ("milestones", number), facts, (milestone.accept,))


def _missing_uncertainty(measured: Measured) -> Iterator[Finding]:
    for number, indicator in measured.current():
        if indicator.uncertainty is None and indicator.measure.kind not in ("formula", "milestone"):
            yield Finding("uncertainty-missing", ("indicators", number), {"id": indicator.id}, (indicator.accept,))


# Percentages and units -----------------------------------------------------------------------------------------------


def _unfair_percentages(measured: Measured) -> Iterator[Finding]:
    for number, indicator in measured.current():
        path, measure, accepts = ("indicators", number), indicator.measure, (indicator.accept,)
        kind = measure.kind
        if is_percentage(indicator.unit):
            facts = {"id": indicator.id, "kind": kind}
            if kind in ("mean", "median", "quantile", "sum"):
                yield Finding("percentage-averaged", (*path, "measure"), facts, accepts)
            elif kind in ("count", "distinct") or (
                kind == "formula" and not _divides_or_is_of_shares(measured, measure)
            ):
                yield Finding("percentage-without-base", (*path, "measure"), facts, accepts)
        if indicator.aggregation and (kind in _AVERAGES or is_percentage(indicator.unit)):
            for over, rule in indicator.aggregation:
                if rule == "sum":
                    facts = {"id": indicator.id, "over": over}
                    yield Finding("percentage-summed", (*path, "aggregation", over), facts, accepts)


def _divides_or_is_of_shares(measured: Measured, measure) -> bool:
    parts = [measured.by_id[one] for one in measure.formula_ids if one in measured.by_id]
    return "/" in (measure.formula or "") or any(is_percentage(one.unit) for one in parts) or not parts


def _mixed_units(measured: Measured) -> Iterator[Finding]:
    """Percentages that divide one kind of thing by another: 39 persons of 116 associations."""
    for number, indicator in measured.current():
        measure = indicator.measure
        if not (is_percentage(indicator.unit) or indicator.type == "proportion"):
            continue
        units: dict[str, str] = {}
        if "/" in (measure.formula or ""):
            parts = [measured.by_id[one] for one in measure.formula_ids if one in measured.by_id]
            units = {one.unit_of_analysis: one.id for one in reversed(parts) if one.unit_of_analysis}
        elif measure.ratio:
            columns = (
                measured.column(indicator, name) for name in (measure.ratio.denominator, measure.ratio.numerator)
            )
            units = {column.unit: column.name for column in columns if column and column.unit}
        if len(units) > 1:
            shown = listed(f"{name}: {unit}" for unit, name in reversed(units.items()))
            yield Finding("ratio-mixes-units", ("indicators", number, "measure"),
                          {"id": indicator.id, "units": shown}, (indicator.accept,))  # fmt: skip


def _baselines_of_other_units(measured: Measured) -> Iterator[Finding]:
    """A start taken from an indicator that counts something else."""
    for number, baseline in enumerate(measured.theory.baselines):
        indicator = measured.by_id.get(baseline.indicator)
        start = measured.by_id.get(baseline.value_from or "")
        if not (indicator and start):
            continue
        for field in ("unit_of_analysis", "unit"):
            own, other = (one.unit.name if field == "unit" else one.unit_of_analysis for one in (indicator, start))
            if own and other and own.casefold() != other.casefold():
                facts = {"id": indicator.id, "unit": own, "other": start.id, "other_unit": other}
                accepts = (baseline.accept, indicator.accept)
                yield Finding("base-of-another-unit", ("baselines", number, "value_from"), facts, accepts)
                break


# Targets -------------------------------------------------------------------------------------------------------------


def _targets(measured: Measured) -> Iterator[Finding]:
    theory, calendar = measured.theory, measured.programme.calendar
    with_baseline = {baseline.indicator for baseline in theory.baselines}
    starting_at_nothing = {entry.id for entry in (*theory.inputs, *theory.activities, *theory.outputs)}
    for number, target in enumerate(theory.targets):
        path = ("targets", number)
        indicator = measured.by_id.get(target.indicator)
        accepts = (target.accept, indicator.accept) if indicator else (target.accept,)
        facts = {"indicator": target.indicator}
        if indicator and indicator.retired:
            continue
        if target.by is None:
            yield Finding("target-undated", path, facts, accepts)
        elif not calendar.start <= target.by <= calendar.end:
            more = {"by": str(target.by), "start": str(calendar.start), "end": str(calendar.end)}
            yield Finding("target-outside-calendar", (*path, "by"), {**facts, **more}, accepts)
        if indicator is None:
            continue
        counts_from_nothing = all(element in starting_at_nothing for element in indicator.measures)
        if target.indicator not in with_baseline and not counts_from_nothing:
            yield Finding("target-without-baseline", path, facts, accepts)
        if _against_direction(target, indicator):
            more = {"operator": target.operator, "direction": str(indicator.direction)}
            yield Finding("target-against-direction", path, {**facts, **more}, accepts)


def _against_direction(target: Target, indicator: Indicator) -> bool:
    return (indicator.direction, target.operator) in (("down", ">="), ("up", "<="))


def _impossible_shares(measured: Measured) -> Iterator[Finding]:
    """Targets and baselines beyond 1 for shares, which go from 0 to 1: 60 written for 60 per cent."""
    theory = measured.theory
    for block, entries in (("targets", theory.targets), ("baselines", theory.baselines)):
        for number, entry in enumerate(entries):
            indicator = measured.by_id.get(entry.indicator)
            if indicator is None or indicator.measure.kind not in ("share", "theme"):
                continue
            values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
            for value in values:
                if value is not None and not 0 <= value <= 1:
                    facts = {"indicator": entry.indicator, "found": f"{value:g}", "right": f"{value / 100:g}"}
                    accepts = (entry.accept, indicator.accept)
                    yield Finding("share-beyond-one", (block, number, "value"), facts, accepts)


# People, cohorts, scales, small groups -------------------------------------------------------------------------------


def _attendance(measured: Measured) -> Iterator[Finding]:
    """People counted once for every row of a source in which one person may have many."""
    for number, indicator in measured.current():
        table = measured.sources.get(indicator.measure.source or "")
        counts_people = (indicator.unit_of_analysis or indicator.unit.name).casefold() in _PERSON
        if not (table and table.person and counts_people and indicator.measure.kind == "count"):
            continue
        if tuple(table.aliases.get(column, column) for column in table.key) == (table.person,):
            continue
        facts = {"id": indicator.id, "source": table.id, "person": table.person}
        yield Finding("reach-counts-attendance", ("indicators", number, "measure"), facts, (indicator.accept,))


def _open_cohorts(measured: Measured) -> Iterator[Finding]:
    """Rates over rows of a cohort whose results are still to come, which make the rate look worse than it is."""
    for number, indicator in measured.current():
        parts = _parts_of_rate(measured, indicator)
        for dimension in measured.theory.dimensions:
            column = dimension.column or dimension.id
            left_in = [
                part.id
                for part in parts
                if measured.column(part, column)
                and not re.search(rf"\b{re.escape(column)}\b", part.measure.where or "")
            ]
            if dimension.open and left_in:
                facts = {"id": indicator.id, "dimension": dimension.id, "categories": listed(dimension.open),
                         "column": column}  # fmt: skip
                accepts = (indicator.accept, dimension.accept)
                yield Finding("open-cohort-in-rate", ("indicators", number, "measure"), facts, accepts)


def _parts_of_rate(measured: Measured, indicator: Indicator) -> list[Indicator]:
    """The indicators counted by a rate of conversion: itself, or those its formula divides. Empty for anything else."""
    measure = indicator.measure
    if "/" in (measure.formula or ""):
        parts = [measured.by_id[one] for one in measure.formula_ids if one in measured.by_id]
        return parts if all(part.measure.kind in _COUNTS for part in parts) else []
    table = measured.sources.get(measure.source or "")
    of_a_register = table is not None and table.kind == "register" and measure.kind in ("share", "ratio")
    return [indicator] if indicator.type == "funnel" or of_a_register else []


def _scale_items(measured: Measured) -> Iterator[Finding]:
    """Questions on a scale that is not told, and answers averaged though nobody says which end is the better one."""
    used: dict[tuple[str, str], list[Indicator]] = {}
    for _, indicator in measured.current():
        measure = indicator.measure
        expressions = (measure.share, measure.mean, measure.median, measure.change,
                       measure.quantile.of if measure.quantile else None)  # fmt: skip
        for name in re.findall(r"[^\W\d]\w*", " ".join(one for one in expressions if one)):
            used.setdefault((measure.source or "", name), []).append(indicator)
    for source, detail in measured.details.items():
        for item in detail.items:
            indicators = used.get((source, item.name), [])
            facts = {"name": item.name, "source": source}
            accepts = tuple(indicator.accept for indicator in indicators)
            if not item.has_range:
                yield Finding("scale-item-without-range", (), facts, accepts, item.place)
            undirected = [one for one in indicators if one.direction is None]
            if not item.has_direction and (undirected or not indicators):
                yield Finding("scale-item-without-direction", (), facts, accepts, item.place)


def _small_categories(measured: Measured) -> Iterator[Finding]:
    """Categories so small in the whole frame that disclosure control would hide them for ever."""
    smallest: dict[str, tuple[int, Indicator | None]] = {}
    usual = measured.programme.disclosure.smallest_group
    for _, indicator in measured.current():
        own = indicator.disclosure.threshold if indicator.disclosure and indicator.disclosure.threshold else usual
        for entry in indicator.disaggregation:
            for name in (entry,) if isinstance(entry, str) else entry:
                if own > smallest.get(name, (0, None))[0]:
                    smallest[name] = own, indicator
    for number, dimension in enumerate(measured.theory.dimensions):
        if dimension.retired:
            continue
        threshold, indicator = smallest.get(dimension.id, (usual, None))
        merged: dict[str, int] = {}
        for category, size in dimension.frame_sizes.items():
            target = dimension.collapse_to.get(category, category)
            merged[target] = merged.get(target, 0) + size
        for category, size in dimension.frame_sizes.items():
            if 0 < size < threshold and merged[dimension.collapse_to.get(category, category)] < threshold:
                facts = {"dimension": dimension.id, "category": category, "size": str(size),
                         "threshold": str(threshold)}  # fmt: skip
                accepts = (dimension.accept, *((indicator.accept,) if indicator else ()))
                yield Finding("category-below-threshold", ("dimensions", number, "frame_sizes", category), facts,
                              accepts)  # fmt: skip


def _thresholds(measured: Measured) -> Iterator[Finding]:
    for number, indicator in measured.current():
        threshold = indicator.disclosure.threshold if indicator.disclosure else None
        if threshold is not None and threshold < LEGAL_FLOOR:
            facts = {"found": str(threshold), "floor": str(LEGAL_FLOOR)}
            yield Finding("smallest-group-below-law", ("indicators", number, "disclosure", "threshold"), facts,
                          (indicator.accept,))  # fmt: skip
