"""Rules over what numbers are in: unfair percentages, unlike things divided, units and types no such measure has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from theory_of_change.measured import Measured
from theory_of_change.model import Indicator, Measure
from theory_of_change.problems import listed
from theory_of_change.rules import Finding
from theory_of_change.tables import Table
from theory_of_change.units import counts_something, is_percentage, standard_name

#: Kinds whose values do not add up to anything.
AVERAGES = ("share", "mean", "median", "quantile", "ratio", "theme", "funnel", "rubric", "change", "index")

#: The kinds of measure that can make a number of each type; a type not named here may be made by any.
_MAKES = {
    "count": ("count", "distinct", "sum", "theme", "formula"),
    "unique_count": ("distinct", "formula"),
    "sum": ("sum", "count", "distinct", "formula"),
    "proportion": ("share", "ratio", "theme", "formula", "mean", "change", "funnel", "rubric"),
    "mean": ("mean", "ratio", "change", "formula"),
    "median": ("median", "quantile"),
    "milestone": ("milestone",),
    "network": ("network",),
    "funnel": ("funnel", "share", "ratio", "formula", "count", "distinct"),
    "rubric": ("rubric", "median", "mean", "share", "quantile"),
}


def unit_findings(measured: Measured) -> Iterator[Finding]:
    for rule in (_unfair_percentages, _mixed_units, _baselines_of_other_units, _wrong_units, _wrong_types):
        yield from rule(measured)


def _wrong_units(measured: Measured) -> Iterator[Finding]:
    """Shares said to count something, and units with a name of their own that reads right in every language."""
    for number, indicator in measured.current():
        path, accepts = ("indicators", number, "unit"), (indicator.accept,)
        if indicator.measure.kind in ("share", "funnel") and counts_something(indicator.unit):
            facts = {"id": indicator.id, "unit": indicator.unit.name}
            yield Finding("share-counted-in-units", path, facts, accepts)
        elif isinstance(indicator.unit.root, str) and (name := standard_name(indicator.unit.root)):
            facts = {"id": indicator.id, "unit": indicator.unit.root, "hint": name}
            yield Finding("unit-has-a-name", path, facts, accepts)


def _wrong_types(measured: Measured) -> Iterator[Finding]:
    for number, indicator in measured.current():
        kind, may = indicator.measure.kind, _MAKES.get(indicator.type or "")
        if may and kind not in may:
            facts = {"id": indicator.id, "type": str(indicator.type), "kind": kind, "allowed": listed(may)}
            yield Finding("type-against-measure", ("indicators", number, "type"), facts, (indicator.accept,))


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
        if indicator.aggregation and (kind in AVERAGES or is_percentage(indicator.unit)):
            for over, rule in indicator.aggregation:
                if rule == "sum":
                    facts = {"id": indicator.id, "over": over}
                    yield Finding("percentage-summed", (*path, "aggregation", over), facts, accepts)


def _divides_or_is_of_shares(measured: Measured, measure: Measure) -> bool:
    parts = [measured.by_id[one] for one in measure.formula_ids if one in measured.by_id]
    return "/" in (measure.formula or "") or any(is_percentage(one.unit) for one in parts) or not parts


def _mixed_units(measured: Measured) -> Iterator[Finding]:
    """Percentages that divide one kind of thing by another: 39 persons of 116 associations."""
    for number, indicator in measured.current():
        if units := unlike_units(indicator, measured.by_id, measured.sources):
            yield Finding("ratio-mixes-units", ("indicators", number, "measure"),
                          {"id": indicator.id, "units": units}, (indicator.accept,))  # fmt: skip


def unlike_units(indicator: Indicator, by_id: Mapping[str, Indicator], sources: Mapping[str, Table]) -> str:
    """The different units a percentage has above and below, in words; empty where they are the same or not known."""
    measure = indicator.measure
    if not (is_percentage(indicator.unit) or indicator.type == "proportion"):
        return ""
    units: dict[str, str] = {}
    if "/" in (measure.formula or ""):
        parts = [by_id[one] for one in measure.formula_ids if one in by_id]
        units = {one.unit_of_analysis: one.id for one in reversed(parts) if one.unit_of_analysis}
    elif measure.ratio and (table := sources.get(measure.source or "")):
        columns = (table.column(name) for name in (measure.ratio.denominator, measure.ratio.numerator))
        units = {column.unit: column.name for column in columns if column and column.unit}
    return listed(f"{name}: {unit}" for unit, name in reversed(units.items())) if len(units) > 1 else ""


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
