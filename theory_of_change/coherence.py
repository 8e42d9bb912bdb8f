"""Everything wrong or doubtful in a theory as a whole: the one question asked of it once its file can be read.

A name that names nothing is an error (found in `references`); the rules (`chain_rules`, `measure_rules`,
`figure_rules`, `upkeep_rules`) only warn, because an honest theory may have gaps. An element's `accept: {rule: reason}`
silences a rule there, the theory's own silences it everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from theory_of_change.breakdowns import check_breakdowns
from theory_of_change.chain_rules import NEED_ALL_LINKS, chain_findings
from theory_of_change.coverage import Coverage, coverage
from theory_of_change.figure_rules import figure_findings
from theory_of_change.measure_rules import measure_findings
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.positions import Places
from theory_of_change.problems import Place, Problem, with_hint
from theory_of_change.programme import Programme
from theory_of_change.references import blocks, check_references, index
from theory_of_change.rules import LEGAL_FLOOR, RULES, Finding, SourceDetail
from theory_of_change.tables import Table
from theory_of_change.upkeep_rules import language_findings, missing_languages, upkeep_findings

#: Mistakes after which nobody can say what leads to what.
_BROKEN_CHAIN = (
    "reference-unknown",
    "reference-gone",
    "reference-unknown-often",
    "reference-wrong-kind",
    "id-twice",
    "file-copied",
)

__all__ = ["LEGAL_FLOOR", "RULES", "Coverage", "coverage", "examine", "missing_languages"]


def examine(
    theory: TheoryOfChange,
    programme: Programme,
    places: Places,
    sources: Mapping[str, Table],
    *,
    programme_places: Places | None = None,
    unread: Collection[str] = (),
    details: Mapping[str, SourceDetail] | None = None,
    reproduced: Mapping[str, float] | None = None,
) -> list[Problem]:
    """Everything wrong or doubtful in the theory as a whole.

    `sources` are the tables of surveys and registers, `details` what their contracts say besides; `unread` names those
    whose own file has errors, so that the theory is not blamed for them. `reproduced` gives the value found in the data
    for each published figure that could be computed, by its id. Whether an indicator changed under the same version
    (rule 19) is asked in `versioning`, by those who know an earlier theory.
    """
    ids, _ = index(theory, places)
    problems = [*check_references(theory, places, sources, unread),
                *check_breakdowns(theory, programme, places, sources)]  # fmt: skip
    findings = [
        *chain_findings(theory, ids),
        *measure_findings(theory, programme, sources, details or {}),
        *figure_findings(theory, reproduced or {}),
        *upkeep_findings(theory, ids, programme.languages),
    ]
    if any(problem.code in _BROKEN_CHAIN for problem in problems):
        findings = [finding for finding in findings if finding.rule not in NEED_ALL_LINKS]
    everywhere = theory.theory.accept
    problems += [
        Problem(finding.rule, _place(finding, places), finding.facts)
        for finding in findings
        if not any(finding.rule in accept for accept in (everywhere, *finding.accepts))
    ]
    problems += _unknown_rules(theory, places)
    problems += _programme(programme, programme_places or Places("programme.yml"), everywhere)
    return problems


def _programme(programme: Programme, places: Places, accept: Mapping[str, Text]) -> Iterator[Problem]:
    smallest = programme.disclosure.smallest_group
    if smallest < LEGAL_FLOOR and "smallest-group-below-law" not in accept:
        facts = {"found": str(smallest), "floor": str(LEGAL_FLOOR)}
        yield Problem("smallest-group-below-law", places.at("disclosure", "smallest_group"), facts)
    for finding in language_findings(programme, programme.languages):
        if finding.rule not in accept:
            yield Problem(finding.rule, _place(finding, places), finding.facts)


def _place(finding: Finding, places: Places) -> Place:
    at = places.key if finding.on_key else places.at
    return finding.place or at(*finding.path)


def _unknown_rules(theory: TheoryOfChange, places: Places) -> Iterator[Problem]:
    """`accept`s that silence nothing because no rule has that name."""
    entries = [(("theory",), theory.theory), *((path, entry) for _, path, entry in blocks(theory))]
    for path, entry in entries:
        for rule in getattr(entry, "accept", ()):
            if rule not in RULES:
                place: Place = places.key(*path, "accept", rule)
                yield Problem("accept-unknown", place, with_hint({"found": rule}, rule, RULES))
