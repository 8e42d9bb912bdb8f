"""Which outcomes, links and assumptions have evidence planned, and which have none, for the whole and for each area.

Planned evidence is whatever will speak: an indicator, an evaluation, a code of the interviews, an evaluation question
that is answered by something. How much of it has data is counted by the warehouse once there are any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from theory_of_change.model import CodedTheme, Evidence, TheoryOfChange

Kind = Literal["output", "outcome", "impact", "link", "assumption"]
KINDS: tuple[Kind, ...] = ("output", "outcome", "impact", "link", "assumption")


@dataclass(frozen=True)
class Coverage:
    """What is planned to speak about one element, link or assumption. `gap` says that nothing is."""

    element_id: str
    kind: Kind
    n_indicators: int
    gap: Literal["not_measured", "no_evidence"] | None
    n_evaluations: int = 0
    n_questions: int = 0
    n_qualitative: int = 0
    area: str | None = None


@dataclass(frozen=True)
class AreaCoverage:
    """One kind of thing in one area, or in the whole theory where `area` is None."""

    area: str | None
    kind: Kind
    n: int
    uncovered: tuple[str, ...]


def coverage(theory: TheoryOfChange, voices: Mapping[str, int] | None = None) -> list[Coverage]:
    """Every output, outcome and impact, then every link and assumption, in the order of the theory; none retired.

    `voices` are how many codes, harvested outcomes and stories of the corpora speak of each id.
    """
    rows = (*_elements(theory), *_links(theory), *_assumptions(theory))
    return [_heard(row, (voices or {}).get(row.element_id, 0)) for row in rows]


def _heard(row: Coverage, n_codes: int) -> Coverage:
    return replace(row, gap=None, n_qualitative=row.n_qualitative + n_codes) if n_codes else row


def by_area(theory: TheoryOfChange, rows: Sequence[Coverage]) -> list[AreaCoverage]:
    """The rows added up: first the whole theory, then each area with all areas inside it."""
    found = list(_added(None, rows))
    for area in theory.areas:
        inside = _inside(theory, area.id)
        found += _added(area.id, [row for row in rows if row.area in inside])
    return found


def _added(area: str | None, rows: Sequence[Coverage]) -> Iterator[AreaCoverage]:
    for kind in KINDS:
        own = [row for row in rows if row.kind == kind]
        if own:
            yield AreaCoverage(area, kind, len(own), tuple(row.element_id for row in own if row.gap))


def _inside(theory: TheoryOfChange, area: str) -> set[str]:
    found = {area}
    grown = True
    while grown:
        more = {own for own, parent in theory.parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def _measuring(theory: TheoryOfChange) -> tuple[Counter[str], Counter[str]]:
    """How many indicators measure each id, and how many of them are qualitative."""
    every, qualitative = Counter[str](), Counter[str]()
    for indicator in theory.indicators:
        if indicator.retired:
            continue
        named = set(indicator.measures)
        every.update(named)
        if indicator.type == "qualitative" or indicator.measure.kind == "theme":
            qualitative.update(named)
    return every, qualitative


def _elements(theory: TheoryOfChange) -> Iterator[Coverage]:
    measured, qualitative = _measuring(theory)
    evaluated = Counter(one.outcome for one in theory.evaluations if one.outcome and not one.retired)
    asked = _asked(theory)
    groups: tuple[tuple[Kind, Sequence], ...] = (("output", theory.outputs), ("outcome", theory.outcomes),
                                                 ("impact", theory.impact))  # fmt: skip
    for kind, elements in groups:
        for element in elements:
            if element.retired:
                continue
            counts = (measured[element.id], evaluated[element.id])
            gap = None if any(counts) else "not_measured"
            yield Coverage(element.id, kind, counts[0], gap, counts[1], asked[element.id], qualitative[element.id],
                           element.area)  # fmt: skip


def _asked(theory: TheoryOfChange) -> Counter[str]:
    """How many evaluation questions bear on each id: they are answered by it, by what measures it or what tests it."""
    measures = {one.id: one.measures for one in theory.indicators}
    outcome = {one.id: (one.outcome,) for one in theory.evaluations if one.outcome}
    found = Counter[str]()
    for question in theory.evaluation_questions:
        if question.retired:
            continue
        about: set[str] = set()
        for answer in question.answered_by:
            if isinstance(answer, str):
                about.update((answer, *measures.get(answer, ()), *outcome.get(answer, ())))
        about.update(one.outcome for one in theory.evaluations if one.question == question.id and one.outcome)
        found.update(about)
    return found


def _links(theory: TheoryOfChange) -> Iterator[Coverage]:
    measured, qualitative = _measuring(theory)
    asked = Counter(
        answer for question in theory.evaluation_questions for answer in question.answered_by if isinstance(answer, str)
    )
    claimed = Counter(link for claim in theory.contribution_claims if not claim.retired for link in claim.links)
    area_of = {element.id: element.area for block in TheoryOfChange.CHAIN for element in getattr(theory, block)}
    for link in theory.links:
        if link.retired:
            continue
        rests_on = [one for one in link.evidence if isinstance(one, Evidence)]
        n_indicators = measured[link.id] + sum(1 for one in rests_on if one.indicator)
        n_evaluations = claimed[link.id] + sum(1 for one in rests_on if one.evaluation)
        n_codes = qualitative[link.id] + sum(1 for one in rests_on if one.theme)
        gap = None if n_indicators or n_evaluations or n_codes or asked[link.id] else "no_evidence"
        ends = {area_of.get(link.from_), area_of.get(link.to)}
        area = link.area or (ends.pop() if len(ends) == 1 else None)
        yield Coverage(link.id, "link", n_indicators, gap, n_evaluations, asked[link.id], n_codes, area)


def _assumptions(theory: TheoryOfChange) -> Iterator[Coverage]:
    measured, qualitative = _measuring(theory)
    questions = {one.id for one in theory.evaluation_questions}
    evaluations = {one.id for one in theory.evaluations}
    indicators = {one.id for one in theory.indicators if not one.retired}
    for assumption in theory.assumptions:
        if assumption.retired:
            continue
        tests = [test for test in assumption.test if isinstance(test, str)]
        n_indicators = measured[assumption.id] + sum(test in indicators for test in tests)
        n_evaluations = sum(test in evaluations for test in tests)
        n_questions = sum(test in questions for test in tests)
        n_codes = qualitative[assumption.id] + sum(isinstance(test, CodedTheme) for test in assumption.test)
        gap = None if n_indicators or n_evaluations or n_questions or n_codes else "no_evidence"
        yield Coverage(assumption.id, "assumption", n_indicators, gap, n_evaluations, n_questions, n_codes,
                       assumption.area)  # fmt: skip
