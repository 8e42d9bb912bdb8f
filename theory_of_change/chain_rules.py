"""Rules over the causal chain: outcomes nobody measures, links without a reason, what leads nowhere, what runs in a
circle. They need the theory alone; what is measured badly is asked in `measure_rules`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from theory_of_change.model import TheoryOfChange
from theory_of_change.pathways import backwards, circles, reachable
from theory_of_change.references import Index
from theory_of_change.rules import Finding, is_retired

#: Rules that follow the links, and find nothing true while some of them lead nowhere by mistake.
NEED_ALL_LINKS = ("element-unreachable", "element-leads-nowhere", "links-missing")


def chain_findings(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    yield from _empty(theory)
    yield from _unmeasured_outcomes(theory)
    yield from _links_without_mechanism(theory)
    yield from _untested_assumptions(theory)
    yield from _lost_elements(theory)
    yield from _circles_of_links(theory, ids)


def _empty(theory: TheoryOfChange) -> Iterator[Finding]:
    if not _standing(theory, *TheoryOfChange.CHAIN):
        yield Finding("theory-empty", ("theory",), {"id": theory.theory.id})


def _unmeasured_outcomes(theory: TheoryOfChange) -> Iterator[Finding]:
    measured = {
        element for indicator in theory.indicators if not is_retired(indicator) for element in indicator.measures
    }
    for number, outcome in enumerate(theory.outcomes):
        if outcome.id not in measured and not is_retired(outcome):
            yield Finding("outcome-unmeasured", ("outcomes", number), {"id": outcome.id}, (outcome.accept,))


def _links_without_mechanism(theory: TheoryOfChange) -> Iterator[Finding]:
    for number, link in enumerate(theory.links):
        if link.mechanism is None and not is_retired(link):
            facts = {"id": link.id, "from": link.from_, "to": link.to}
            yield Finding("link-without-mechanism", ("links", number), facts, (link.accept,))


def _untested_assumptions(theory: TheoryOfChange) -> Iterator[Finding]:
    for number, assumption in enumerate(theory.assumptions):
        if not assumption.test and not is_retired(assumption):
            yield Finding("assumption-untested", ("assumptions", number), {"id": assumption.id}, (assumption.accept,))


def _ways(theory: TheoryOfChange) -> dict[str, list[str]]:
    """What leads to what: the links, and what elements say of each other in `for`, `from` and `precondition_of`."""
    ways: dict[str, list[str]] = {}
    pairs = [
        (link.from_, link.to)
        for link in theory.links
        if link.type != "reinforces" and not is_retired(link) and link.from_ != link.to
    ]
    pairs += [(entry.id, after) for entry in (*theory.inputs, *theory.activities) for after in entry.for_]
    pairs += [(before, output.id) for output in theory.outputs for before in output.from_]
    pairs += [(outcome.id, after) for outcome in theory.outcomes for after in outcome.precondition_of]
    for before, after in pairs:
        ways.setdefault(before, []).append(after)
    return ways


def _standing(theory: TheoryOfChange, *names: str) -> list[str]:
    """The ids in these blocks that are not retired."""
    return [element.id for name in names for element in getattr(theory, name) if not is_retired(element)]


def _lost_elements(theory: TheoryOfChange) -> Iterator[Finding]:
    """Results no activity leads to, and efforts that lead to no result."""
    ways = _ways(theory)
    chain = set(_standing(theory, *TheoryOfChange.CHAIN))
    if not any(after in chain for afters in ways.values() for after in afters):
        if len(chain) > 1:
            yield Finding("links-missing", ("theory",), {"count": str(len(chain))})
        return
    for link in theory.links:  # those that reinforce make no circle, but they do lead somewhere
        if not is_retired(link):
            ways.setdefault(link.from_, []).append(link.to)
    for activity in theory.activities:  # a part and its whole stand or fall together
        if activity.parent:
            ways.setdefault(activity.id, []).append(activity.parent)
            ways.setdefault(activity.parent, []).append(activity.id)
    reached = reachable(ways, _standing(theory, "activities"))
    back = backwards(ways)
    results = _standing(theory, "outcomes", "impact")
    lead_to_result = reachable(back, results)
    impact = _standing(theory, "impact")
    lead_to_impact = reachable(back, impact) if impact else lead_to_result
    for block in ("outputs", "outcomes", "impact"):
        for number, element in enumerate(getattr(theory, block)):
            if element.id not in reached and not is_retired(element):
                yield Finding("element-unreachable", (block, number), {"id": element.id}, (element.accept,))
    for block, leading in (("inputs", lead_to_result), ("activities", lead_to_result), ("outputs", lead_to_result),
                           ("outcomes", lead_to_impact)):  # fmt: skip
        for number, element in enumerate(getattr(theory, block)):
            if results and element.id not in leading and not is_retired(element):
                yield Finding("element-leads-nowhere", (block, number), {"id": element.id}, (element.accept,))


def _circles_of_links(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    """Circles in which no link is marked as reinforcing."""
    between = {(link.from_, link.to): (number, link) for number, link in reversed(list(enumerate(theory.links)))}
    for circle in circles(_ways(theory)):
        links = [between[pair] for pair in pairwise(circle) if pair in between]
        path = ("links", links[0][0]) if links else ids.path_of.get(circle[0], ())
        accepts = tuple(link.accept for _, link in links)
        yield Finding("links-in-circle", path, {"circle": " → ".join(circle)}, accepts)
