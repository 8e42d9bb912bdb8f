"""Rules over indicators: numbers without a source, people counted twice, rates with open cohorts, groups too small to
show. They may need the tables of the sources. Units are in `unit_rules`, targets and baselines in `target_rules`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from theory_of_change.measured import Measured
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.problems import listed
from theory_of_change.programme import Programme
from theory_of_change.rules import LEGAL_FLOOR, Finding, SourceDetail, is_retired
from theory_of_change.tables import Table
from theory_of_change.target_rules import target_findings
from theory_of_change.unit_rules import unit_findings

_PERSON = ("person", "persons", "people", "persona", "persone")
_COUNTS = ("count", "distinct", "sum")


def measure_findings(
    theory: TheoryOfChange, programme: Programme, sources: Mapping[str, Table], details: Mapping[str, SourceDetail]
) -> Iterator[Finding]:
    measured = Measured(theory, programme, sources, details)
    for rule in (_sourceless, _missing_uncertainty, unit_findings, target_findings, _attendance, _open_cohorts,
                 _scale_items, _small_categories, _left_out_categories, _thresholds, _idle_rules,
                 _own_of_every_area):  # fmt: skip
        yield from rule(measured)


def _sourceless(measured: Measured) -> Iterator[Finding]:
    """Indicators whose source has no deliveries to come, and milestones that nothing would prove."""
    for number, indicator in measured.current():
        detail = measured.details.get(indicator.measure.source or "")
        if detail and not detail.is_delivered and indicator.means_of_verification is None:
            facts = {"id": indicator.id, "source": str(indicator.measure.source)}
            yield Finding("indicator-without-source", ("indicators", number, "measure"), facts, (indicator.accept,))
    for number, milestone in enumerate(measured.theory.milestones):
        if not (milestone.evidence or milestone.document or milestone.body or is_retired(milestone)):
            facts = {"id": milestone.id}
            yield Finding("milestone-without-evidence", ("milestones", number), facts, (milestone.accept,))


def _missing_uncertainty(measured: Measured) -> Iterator[Finding]:
    for number, indicator in measured.current():
        if indicator.uncertainty is None and indicator.measure.kind not in ("formula", "index", "milestone"):
            yield Finding("uncertainty-missing", ("indicators", number), {"id": indicator.id}, (indicator.accept,))


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
                and not _leaves_out(measured, part, column, dimension.open)
                and not re.search(rf"\b{re.escape(column)}\b", part.measure.where or "")
            ]
            if dimension.open and left_in:
                facts = {"id": indicator.id, "dimension": dimension.id, "categories": listed(dimension.open),
                         "column": column}  # fmt: skip
                accepts = (indicator.accept, dimension.accept)
                yield Finding("open-cohort-in-rate", ("indicators", number, "measure"), facts, accepts)


def _leaves_out(measured: Measured, indicator: Indicator, column: str, cohorts: Collection[str]) -> bool:
    """True for a conversion whose register says itself that these cohorts are open."""
    table = measured.sources.get(indicator.measure.source or "")
    funnel = table.funnel if table and indicator.measure.funnel else None
    return funnel is not None and funnel.cohort == column and set(cohorts) <= set(funnel.open)


def _parts_of_rate(measured: Measured, indicator: Indicator) -> list[Indicator]:
    """The indicators counted by a rate of conversion: itself, or those its formula divides. Empty for anything else."""
    measure = indicator.measure
    if "/" in (measure.formula or ""):
        parts = [measured.by_id[one] for one in measure.formula_ids if one in measured.by_id]
        return parts if all(part.measure.kind in _COUNTS for part in parts) else []
    table = measured.sources.get(measure.source or "")
    of_a_register = table is not None and table.kind == "register" and measure.kind in ("share", "ratio", "funnel")
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
        if is_retired(dimension):
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


def _left_out_categories(measured: Measured) -> Iterator[Finding]:
    """Answers a source allows and the dimension does not list: their rows would belong to no group."""
    for number, dimension in enumerate(measured.theory.dimensions):
        if is_retired(dimension) or not dimension.categories:
            continue
        known = {*dimension.categories, *dimension.collapse_to}
        for _, indicator in measured.current():
            names = {name for one in indicator.disaggregation for name in ((one,) if isinstance(one, str) else one)}
            column = measured.column(indicator, dimension.column or dimension.id) if dimension.id in names else None
            lacking = [code for code in column.labels if code not in known] if column else []
            if lacking:
                facts = {"dimension": dimension.id, "categories": listed(lacking), "id": indicator.id,
                         "source": str(indicator.measure.source)}  # fmt: skip
                accepts = (dimension.accept, indicator.accept)
                yield Finding("category-left-out", ("dimensions", number, "categories"), facts, accepts)
                break


def _thresholds(measured: Measured) -> Iterator[Finding]:
    for number, indicator in measured.current():
        threshold = indicator.disclosure.threshold if indicator.disclosure else None
        if threshold is not None and threshold < LEGAL_FLOOR:
            facts = {"found": str(threshold), "floor": str(LEGAL_FLOOR)}
            yield Finding("smallest-group-below-law", ("indicators", number, "disclosure", "threshold"), facts,
                          (indicator.accept,))  # fmt: skip


def _idle_rules(measured: Measured) -> Iterator[Finding]:
    """Rules over places, partners or projects that nothing can follow."""
    for number, indicator in measured.current():
        names = {name for one in indicator.disaggregation for name in ((one,) if isinstance(one, str) else one)}
        held = {one.gathers for name, one in measured.dimensions.items() if name in names}
        for over, rule in indicator.aggregation or ():
            path = ("indicators", number, "aggregation", over)
            facts = {"id": indicator.id, "over": over, "rule": str(rule)}
            if over != "time" and rule == "last":
                yield Finding("aggregation-last-over-groups", path, facts, (indicator.accept,))
            elif over != "time" and rule in ("sum", "none") and over not in held:
                yield Finding("aggregation-without-groups", path, facts, (indicator.accept,))


def _own_of_every_area(measured: Measured) -> Iterator[Finding]:
    """Indicators of one area that count the rows of all: the source knows the area, and no condition names it."""
    kinds = {area.id: area.kind for area in measured.theory.areas}
    for number, indicator in measured.current():
        kind = kinds.get(indicator.area or "") if indicator.scope == "own" else None
        for dimension in measured.theory.dimensions if kind else ():
            column = measured.column(indicator, dimension.column or dimension.id) if dimension.areas == kind else None
            if column and not re.search(rf"\b{re.escape(column.name)}\b", indicator.measure.where or ""):
                facts = {"id": indicator.id, "area": str(indicator.area), "column": column.name,
                         "source": str(indicator.measure.source)}  # fmt: skip
                yield Finding("own-indicator-of-every-area", ("indicators", number, "measure"), facts,
                              (indicator.accept,))  # fmt: skip
