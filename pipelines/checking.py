"""What `check` prints: the problems, why the rules behind them matter, what has evidence planned, how to accept a gap.

For people as text, for editors and continuous integration as JSON. Finding problems is `project`'s and `coherence`'s;
the sentences are in `speech.yml` and the catalogue.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pipelines.project import Project
from pipelines.usage import say
from theory_of_change.coverage import AreaCoverage, by_area, coverage
from theory_of_change.problems import catalogue, listed, spoken_in
from theory_of_change.rules import NUMBERS, RULES, rule_words

_MOST_NAMES = 12


def check_text(project: Project, language: str) -> str:
    return "\n".join(_lines(project, language))


def check_json(project: Project, language: str) -> str:
    rows = coverage(project.theory) if project.theory else []
    added = by_area(project.theory, rows) if project.theory else []
    problems = [{**one.as_dict(language), "rule": NUMBERS.get(one.code)} for one in project.problems]
    found = {
        "problems": problems,
        "coverage": [asdict(row) for row in rows],
        "coverage_by_area": [asdict(row) for row in added],
        "counts": _counts(project),
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def rules_text(language: str) -> str:
    """Every rule an author may accept: number, name, severity, why it matters."""
    lines = [say(language, "check.rules")]
    for rule in RULES:
        words = rule_words(rule, language)
        severity = say(language, f"check.severity.{words['severity']}")
        lines.append(f"{words['number']:>3}  {words['rule']} ({severity})")
        lines.append(f"     {words['title']}. {words['why']}")
    return "\n".join([*lines, _how_to_accept("outcome-unmeasured", language)])


def rules_json(language: str) -> str:
    return json.dumps([rule_words(rule, language) for rule in RULES], ensure_ascii=False, indent=2)


def _counts(project: Project) -> dict[str, int]:
    found = Counter(problem.severity for problem in project.problems)
    return {severity: found[severity] for severity in ("error", "warning", "info")}


def _lines(project: Project, language: str) -> Iterator[str]:
    for problem in project.problems:
        yield problem.line(language)
    fired = Counter(problem.code for problem in project.problems if problem.code in NUMBERS)
    if fired:
        yield from ("", say(language, "check.why"))
        for rule in sorted(fired, key=RULES.index):
            why = catalogue()[rule]["why"][spoken_in(language)]
            yield f"  {rule} ({fired[rule]}): {why}"
    if project.theory:
        rows = coverage(project.theory)
        if rows:
            yield from ("", say(language, "check.coverage")) if project.problems else (say(language, "check.coverage"),)
            yield from _coverage(project, by_area(project.theory, rows), language)
            yield ""
    elif project.problems:
        yield ""
    yield _counted(project, language)
    warned = next((rule for rule in RULES if fired[rule]), None)
    if warned:
        yield _how_to_accept(warned, language)


def _coverage(project: Project, rows: Sequence[AreaCoverage], language: str) -> Iterator[str]:
    whole = [row for row in rows if row.area is None]
    names = {row.kind: say(language, f"check.kind.{row.kind}") for row in rows}
    shares = {row.kind: _share(row, language) for row in whole}
    room, wide = max(map(len, names.values())), max(map(len, shares.values()))
    for row in whole:
        without = say(language, "check.without", names=listed(row.uncovered, _MOST_NAMES)) if row.uncovered else ""
        yield f"  {names[row.kind]:<{room}}  {shares[row.kind]:>{wide}}  {without}".rstrip()
    inside = [row for row in rows if row.area is not None]
    if inside:
        yield say(language, "check.by-area")
    for area in project.theory.areas:
        parts = [f"{names[row.kind]} {_share(row, language)}" for row in inside if row.area == area.id]
        if parts:
            yield f"  {area.id} ({area.title.within(language)}): {', '.join(parts)}"


def _share(row: AreaCoverage, language: str) -> str:
    return say(language, "check.covered", n=row.n - len(row.uncovered), total=row.n)


def _counted(project: Project, language: str) -> str:
    counts = _counts(project)
    if not any(counts.values()):
        return say(language, "check.sound")
    parts = [say(language, "check.errors", n=counts["error"]), say(language, "check.warnings", n=counts["warning"])]
    if counts["info"]:
        parts.append(say(language, "check.notes", n=counts["info"]))
    return ", ".join(parts)


def _how_to_accept(rule: str, language: str) -> str:
    return say(language, "check.accept", rule=rule)
