"""Rules over the whole theory: what is unmeasured, unreachable, unsupported or unfair to compare.

A name that names nothing is an error (found in `references`); everything else here is a warning, because an honest
theory may have gaps. An element's `accept: {rule: reason}` silences a rule there, the theory's own silences it
everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel

from theory_of_change.model import Indicator, Target, Text, TheoryOfChange
from theory_of_change.pathways import backwards, circles, reachable
from theory_of_change.positions import Places, Steps
from theory_of_change.problems import Place, Problem, listed, with_hint
from theory_of_change.programme import Programme
from theory_of_change.references import Index, blocks, check_references, index
from theory_of_change.tables import Table

#: The smallest group the law lets a statistic show: Regole deontologiche per trattamenti a fini statistici o di ricerca
#: scientifica, Gazzetta Ufficiale 14-1-2019 n. 11, art. 5: "Il valore minimo attribuibile alla soglia è pari a tre".
LEGAL_FLOOR = 3

#: Rules an author may accept, with a reason.
RULES = (
    "outcome-unmeasured",
    "target-undated",
    "target-without-baseline",
    "target-outside-calendar",
    "target-against-direction",
    "link-without-mechanism",
    "assumption-untested",
    "element-unreachable",
    "element-leads-nowhere",
    "links-missing",
    "links-in-circle",
    "text-language-missing",
    "uncertainty-missing",
    "percentage-averaged",
    "percentage-summed",
    "reach-counts-attendance",
    "ratio-mixes-units",
    "smallest-group-below-law",
    "activity-off-plan",
)

_PERCENT = ("percent", "%", "percentage", "percentuale", "per cento", "share", "quota")
_PERSON = ("person", "persons", "people", "persona", "persone")
_AVERAGES = ("share", "mean", "median", "quantile", "ratio", "theme", "change")


@dataclass(frozen=True)
class Finding:
    """A rule broken at a path of the theory, and the `accept` blocks that may silence it."""

    rule: str
    path: Steps
    facts: Mapping[str, str]
    accepts: tuple[Mapping[str, Text], ...] = ()


@dataclass(frozen=True)
class Coverage:
    """How many indicators measure an element that could be measured."""

    element_id: str
    kind: Literal["output", "outcome", "impact"]
    n_indicators: int
    gap: Literal["not_measured"] | None


def examine(
    theory: TheoryOfChange,
    programme: Programme,
    places: Places,
    sources: Mapping[str, Table],
    *,
    programme_places: Places | None = None,
    unread: Collection[str] = (),
) -> list[Problem]:
    """Everything wrong or doubtful in the theory as a whole.

    `sources` are the tables of surveys and registers; `unread` names those whose own file has errors, so that the
    theory is not blamed for them.
    """
    ids, _ = index(theory, places)
    problems = list(check_references(theory, programme, places, sources, unread))
    findings = [finding for rule in _THEORY_RULES for finding in rule(theory, ids)]
    findings += _languages(theory, programme.languages)
    findings += _targets(theory, programme)
    findings += _attendance(theory, sources)
    findings += _thresholds(theory)
    everywhere = theory.theory.accept
    problems += [
        Problem(finding.rule, places.at(*finding.path), finding.facts)
        for finding in findings
        if not any(finding.rule in accept for accept in (everywhere, *finding.accepts))
    ]
    problems += _impossible_shares(theory, places)
    problems += _unknown_rules(theory, places)
    problems += _programme(programme, programme_places or Places("programme.yml"), everywhere)
    return problems


def coverage(theory: TheoryOfChange) -> list[Coverage]:
    """How many indicators measure each output, outcome and impact, in the order of the theory."""
    counts = _measured(theory)
    kinds = (("output", theory.outputs), ("outcome", theory.outcomes), ("impact", theory.impact))
    return [
        Coverage(element.id, kind, counts.get(element.id, 0), None if counts.get(element.id) else "not_measured")
        for kind, elements in kinds
        for element in elements
    ]


def missing_languages(block: BaseModel, wanted: Iterable[str]) -> Iterator[tuple[Steps, list[str], tuple[Any, ...]]]:
    """Texts that speak some of the wanted languages only: path in YAML's names, languages lacking, `accept`s around."""
    wanted = list(wanted)
    waiting: list[tuple[Steps, Any, tuple[Any, ...]]] = [((), block, ())]
    while waiting:
        path, here, accepts = waiting.pop()
        if isinstance(here, Text):
            lacking = [language for language in wanted if language not in here.languages] if here.languages else []
            if lacking:
                yield path, lacking, accepts
        elif isinstance(here, BaseModel):
            accepts = (*accepts, here.accept) if getattr(here, "accept", None) else accepts
            fields = type(here).model_fields
            waiting += [((*path, field.alias or name), getattr(here, name), accepts) for name, field in fields.items()]
        elif isinstance(here, tuple):
            waiting += [((*path, number), entry, accepts) for number, entry in enumerate(here)]
        elif isinstance(here, dict):
            waiting += [((*path, key), entry, accepts) for key, entry in here.items()]


# Rules on the theory alone -------------------------------------------------------------------------------------------


def _measured(theory: TheoryOfChange) -> dict[str, int]:
    counts: dict[str, int] = {}
    for indicator in theory.indicators:
        for element in dict.fromkeys(indicator.measures):
            counts[element] = counts.get(element, 0) + 1
    return counts


def _unmeasured_outcomes(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    counts = _measured(theory)
    for number, outcome in enumerate(theory.outcomes):
        if not counts.get(outcome.id):
            yield Finding("outcome-unmeasured", ("outcomes", number), {"id": outcome.id}, (outcome.accept,))


def _links_without_mechanism(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    for number, link in enumerate(theory.links):
        if link.mechanism is None:
            facts = {"id": link.id, "from": link.from_, "to": link.to}
            yield Finding("link-without-mechanism", ("links", number), facts, (link.accept,))


def _untested_assumptions(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    for number, assumption in enumerate(theory.assumptions):
        if not assumption.test:
            yield Finding("assumption-untested", ("assumptions", number), {"id": assumption.id}, (assumption.accept,))


def _ways(theory: TheoryOfChange) -> dict[str, list[str]]:
    """What leads to what: the links, and what elements say of each other in `for`, `from` and `precondition_of`."""
    ways: dict[str, list[str]] = {}
    pairs = [(link.from_, link.to) for link in theory.links if link.type != "reinforces"]
    pairs += [(entry.id, after) for entry in (*theory.inputs, *theory.activities) for after in entry.for_]
    pairs += [(before, output.id) for output in theory.outputs for before in output.from_]
    pairs += [(outcome.id, after) for outcome in theory.outcomes for after in outcome.precondition_of]
    for before, after in pairs:
        ways.setdefault(before, []).append(after)
    return ways


def _lost_elements(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    """Results no activity leads to, and efforts that lead to no result."""
    ways = _ways(theory)
    chain = set(ids.of(*TheoryOfChange.CHAIN))
    if not any(after in chain for afters in ways.values() for after in afters):
        if len(chain) > 1:
            yield Finding("links-missing", ("theory",), {"count": str(len(chain))})
        return
    for link in theory.links:  # those that reinforce make no circle, but they do lead somewhere
        ways.setdefault(link.from_, []).append(link.to)
    for activity in theory.activities:  # a part and its whole stand or fall together
        if activity.parent:
            ways.setdefault(activity.id, []).append(activity.parent)
            ways.setdefault(activity.parent, []).append(activity.id)
    reached = reachable(ways, ids.of("activities"))
    back = backwards(ways)
    results = ids.of("outcomes", "impact")
    lead_to_result = reachable(back, results)
    lead_to_impact = reachable(back, ids.of("impact")) if theory.impact else lead_to_result
    for block in ("outputs", "outcomes", "impact"):
        for number, element in enumerate(getattr(theory, block)):
            if element.id not in reached:
                yield Finding("element-unreachable", (block, number), {"id": element.id}, (element.accept,))
    for block, leading in (("inputs", lead_to_result), ("activities", lead_to_result), ("outputs", lead_to_result),
                           ("outcomes", lead_to_impact)):  # fmt: skip
        for number, element in enumerate(getattr(theory, block)):
            if results and element.id not in leading:
                yield Finding("element-leads-nowhere", (block, number), {"id": element.id}, (element.accept,))


def _circles_of_links(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    """Circles in which no link is marked as reinforcing."""
    between = {(link.from_, link.to): (number, link) for number, link in reversed(list(enumerate(theory.links)))}
    for circle in circles(_ways(theory)):
        links = [between[pair] for pair in pairwise(circle) if pair in between]
        path = ("links", links[0][0]) if links else ids.path_of.get(circle[0], ())
        accepts = tuple(link.accept for _, link in links)
        yield Finding("links-in-circle", path, {"circle": " → ".join(circle)}, accepts)


def _missing_uncertainty(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    for number, indicator in enumerate(theory.indicators):
        if indicator.uncertainty is None and indicator.measure.kind not in ("formula", "milestone"):
            yield Finding("uncertainty-missing", ("indicators", number), {"id": indicator.id}, (indicator.accept,))


def _is_percentage(indicator: Indicator) -> bool:
    return indicator.unit.casefold() in _PERCENT


def _unfair_percentages(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    by_id = {indicator.id: indicator for indicator in theory.indicators}
    for number, indicator in enumerate(theory.indicators):
        path, kind, accepts = ("indicators", number), indicator.measure.kind, (indicator.accept,)
        if _is_percentage(indicator) and kind in ("mean", "median", "quantile", "sum"):
            facts = {"id": indicator.id, "kind": kind}
            yield Finding("percentage-averaged", (*path, "measure"), facts, accepts)
        if indicator.aggregation and (kind in _AVERAGES or _is_percentage(indicator)):
            for over, rule in indicator.aggregation:
                if rule == "sum":
                    facts = {"id": indicator.id, "over": over}
                    yield Finding("percentage-summed", (*path, "aggregation", over), facts, accepts)
        units = {
            by_id[one].unit_of_analysis: one
            for one in indicator.measure.formula_ids
            if one in by_id and by_id[one].unit_of_analysis
        }
        if _is_percentage(indicator) and "/" in (indicator.measure.formula or "") and len(units) > 1:
            facts = {"id": indicator.id, "units": listed(f"{one}: {unit}" for unit, one in units.items())}
            yield Finding("ratio-mixes-units", (*path, "measure"), facts, accepts)


def _off_plan(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    for number, activity in enumerate(theory.activities):
        if not (activity.planned and activity.actual):
            continue
        for end in ("start", "end"):
            planned, actual = getattr(activity.planned, end), getattr(activity.actual, end)
            if planned and actual and planned != actual:
                facts = {"id": activity.id, "end": end, "planned": str(planned), "actual": str(actual),
                         "days": f"{(actual - planned).days:+d}"}  # fmt: skip
                yield Finding("activity-off-plan", ("activities", number, "actual", end), facts, (activity.accept,))


_THEORY_RULES = (
    _unmeasured_outcomes,
    _links_without_mechanism,
    _untested_assumptions,
    _lost_elements,
    _circles_of_links,
    _missing_uncertainty,
    _unfair_percentages,
    _off_plan,
)


# Rules that need the programme or the sources ------------------------------------------------------------------------


def _languages(theory: TheoryOfChange, languages: Iterable[str]) -> Iterator[Finding]:
    for path, lacking, accepts in missing_languages(theory, languages):
        key = next(step for step in reversed(path) if isinstance(step, str))
        yield Finding("text-language-missing", path, {"key": key, "languages": listed(lacking)}, accepts)


def _targets(theory: TheoryOfChange, programme: Programme) -> Iterator[Finding]:
    with_baseline = {baseline.indicator for baseline in theory.baselines}
    starting_at_nothing = {entry.id for entry in (*theory.inputs, *theory.activities, *theory.outputs)}
    by_id = {indicator.id: indicator for indicator in theory.indicators}
    for number, target in enumerate(theory.targets):
        path = ("targets", number)
        indicator = by_id.get(target.indicator)
        accepts = (target.accept, indicator.accept) if indicator else (target.accept,)
        facts = {"indicator": target.indicator}
        calendar = programme.calendar
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


def _attendance(theory: TheoryOfChange, sources: Mapping[str, Table]) -> Iterator[Finding]:
    """People counted once for every row of a source in which one person may have many."""
    for number, indicator in enumerate(theory.indicators):
        table = sources.get(indicator.measure.source or "")
        counts_people = (indicator.unit_of_analysis or indicator.unit).casefold() in _PERSON
        if not (table and table.person and counts_people and indicator.measure.kind == "count"):
            continue
        if tuple(table.aliases.get(column, column) for column in table.key) == (table.person,):
            continue
        facts = {"id": indicator.id, "source": table.id, "person": table.person}
        yield Finding("reach-counts-attendance", ("indicators", number, "measure"), facts, (indicator.accept,))


def _thresholds(theory: TheoryOfChange) -> Iterator[Finding]:
    for number, indicator in enumerate(theory.indicators):
        threshold = indicator.disclosure.threshold if indicator.disclosure else None
        if threshold is not None and threshold < LEGAL_FLOOR:
            facts = {"found": str(threshold), "floor": str(LEGAL_FLOOR)}
            yield Finding("smallest-group-below-law", ("indicators", number, "disclosure", "threshold"), facts,
                          (indicator.accept,))  # fmt: skip


def _programme(programme: Programme, places: Places, accept: Mapping[str, Text]) -> Iterator[Problem]:
    smallest = programme.disclosure.smallest_group
    if smallest < LEGAL_FLOOR and "smallest-group-below-law" not in accept:
        facts = {"found": str(smallest), "floor": str(LEGAL_FLOOR)}
        yield Problem("smallest-group-below-law", places.at("disclosure", "smallest_group"), facts)
    if "text-language-missing" not in accept:
        for path, lacking, _ in missing_languages(programme, programme.languages):
            yield Problem(
                "text-language-missing", places.at(*path), {"key": str(path[-1]), "languages": listed(lacking)}
            )


def _impossible_shares(theory: TheoryOfChange, places: Places) -> Iterator[Problem]:
    """Targets and baselines beyond 1 for shares, which go from 0 to 1: 60 written for 60 per cent."""
    shares = {indicator.id for indicator in theory.indicators if indicator.measure.kind in ("share", "theme")}
    for block, entries in (("targets", theory.targets), ("baselines", theory.baselines)):
        for number, entry in enumerate(entries):
            values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
            for value in values:
                if entry.indicator in shares and value is not None and not 0 <= value <= 1:
                    facts = {"indicator": entry.indicator, "found": f"{value:g}", "right": f"{value / 100:g}"}
                    yield Problem("share-beyond-one", places.at(block, number, "value"), facts)


def _unknown_rules(theory: TheoryOfChange, places: Places) -> Iterator[Problem]:
    """`accept`s that silence nothing because no rule has that name."""
    entries = [(("theory",), theory.theory), *((path, entry) for _, path, entry in blocks(theory))]
    for path, entry in entries:
        for rule in getattr(entry, "accept", ()):
            if rule not in RULES:
                place: Place = places.key(*path, "accept", rule)
                yield Problem(
                    "accept-unknown", place, with_hint({"found": rule, "allowed": listed(RULES, 40)}, rule, RULES)
                )
