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
from theory_of_change.problems import SEVERITIES, Problem, catalogue, listed, spoken_in
from theory_of_change.rules import NUMBERS, RULES, rule_words

_MOST_NAMES = 12
_MOST_ALIKE = 50  # warnings of one rule that are all shown
_SHOWN_ALIKE = 5  # of more than those
_FIRST_RULES = 20  # as many as were asked for; later numbers were added
_AN_EXAMPLE = "outcome-unmeasured"


def check_text(project: Project, language: str) -> str:
    return "\n".join(_lines(project, language))


def check_json(project: Project, language: str) -> str:
    rows = coverage(project.theory, project.voices) if project.theory else []
    added = by_area(project.theory, rows) if project.theory else []
    problems = [{**one.as_dict(language), "rule": NUMBERS.get(one.code)} for one in project.problems]
    found = {
        "problems": problems,
        "complete": _is_complete(project),
        "coverage": [asdict(row) for row in rows],
        "coverage_by_area": [asdict(row) for row in added],
        "counts": _counts(project),
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def usage_json(complaint: str) -> str:
    """A call that cannot be answered, in the shape of an answer, so that a program reads one thing only."""
    problem = {"code": "wrong-usage", "severity": "error", "file": None, "line": None, "column": None,
               "message": complaint, "remedy": "", "rule": None}  # fmt: skip
    found = {"problems": [problem], "complete": False, "coverage": [], "coverage_by_area": [],
             "counts": {"error": 1, "warning": 0, "info": 0}}  # fmt: skip
    return json.dumps(found, ensure_ascii=False, indent=2)


def rules_text(language: str) -> str:
    """Every rule an author may accept: number, name, severity, why it matters."""
    lines = [say(language, "check.rules"), say(language, "check.rules-numbers", n=_FIRST_RULES), ""]
    for rule in RULES:
        words = rule_words(rule, language)
        severity = say(language, f"check.severity.{words['severity']}")
        lines.append(f"{words['number']:>3}  {words['rule']} ({severity})")
        lines.append(f"     {words['title']}. {words['why']}")
    lines += ["", say(language, "check.rules-others"), say(language, "check.accept", rule=_AN_EXAMPLE)]
    return "\n".join(lines)


def rules_json(language: str) -> str:
    return json.dumps([rule_words(rule, language) for rule in RULES], ensure_ascii=False, indent=2)


def _counts(project: Project) -> dict[str, int]:
    found = Counter(problem.severity for problem in project.problems)
    return {severity: found[severity] for severity in SEVERITIES}


def _is_complete(project: Project) -> bool:
    """False where a mistake keeps the theory from being read, and with it everything asked of a whole theory."""
    return project.programme is not None and project.theory is not None


def _lines(project: Project, language: str) -> Iterator[str]:
    yield from _problems(project.problems, language)
    fired = Counter(problem.code for problem in project.problems if problem.code in NUMBERS)
    if fired:
        yield from ("", say(language, "check.why"))
        for rule in sorted(fired, key=RULES.index):
            why = catalogue()[rule]["why"][spoken_in(language)]
            yield f"  {rule} ({fired[rule]}): {why}"
    if project.theory:
        rows = coverage(project.theory, project.voices)
        if rows:
            yield from ("", say(language, "check.coverage")) if project.problems else (say(language, "check.coverage"),)
            yield from _coverage(project, by_area(project.theory, rows), language)
            yield ""
    elif project.problems:
        yield ""
    yield _counted(project, language)
    if not _is_complete(project):
        yield say(language, "check.incomplete")
    yield from _how_to_accept(project, language)


def _problems(problems: Sequence[Problem], language: str) -> Iterator[str]:
    """Errors first, each severity in the order of the files. Every error is shown; of many warnings alike a few, and
    how many more there are."""
    ranked = sorted(problems, key=lambda one: SEVERITIES.index(one.severity))  # stable: as the files are read
    alike = Counter(one.code for one in ranked)
    told: Counter[str] = Counter()
    for problem in ranked:
        code = problem.code
        told[code] += 1
        if problem.severity == "error" or alike[code] <= _MOST_ALIKE or told[code] <= _SHOWN_ALIKE:
            yield problem.line(language)
        elif told[code] == alike[code]:
            files = Counter(one.place.file for one in ranked if one.code == code)
            where = listed((f"{file} ({n})" for file, n in files.items()), _MOST_NAMES)
            yield say(language, "check.more", n=alike[code] - _SHOWN_ALIKE, code=code, where=where)


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


def _how_to_accept(project: Project, language: str) -> Iterator[str]:
    """How to accept one of the warnings printed: where it stands in the theory, else for the whole theory."""
    acceptable = [one for one in project.problems if one.code in NUMBERS]
    if not acceptable:
        return
    theory = project.places.file
    inside = [one for one in acceptable if one.place.file == theory or one.place.file.startswith(f"{theory}/")]
    rule = min((one.code for one in inside or acceptable), key=RULES.index)
    how = say(language, "check.accept" if inside else "check.accept-for-all", rule=rule)
    yield f"{how} {say(language, 'check.all-rules')}"
