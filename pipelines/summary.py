"""The end of a run in a few lines: what landed, what the rules found, what was computed, where the reports are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipelines.running import Outcome
from pipelines.usage import say

if TYPE_CHECKING:
    from reports.package import Package

_STATUSES = ("ok", "no_data", "suppressed", "not_computable")


def summary(outcome: Outcome, language: str) -> str:
    return "\n".join(_lines(outcome, language))


def _lines(outcome: Outcome, language: str) -> Iterator[str]:
    yield say(language, "run.loads")
    for load in outcome.loads:
        yield "  " + say(language, "run.load", source=load["source"], file=load["file_name"], read=load["rows_read"],
                         accepted=load["rows_accepted"], superseded=load["rows_superseded"],
                         refused=load["rows_refused"])  # fmt: skip
    if not outcome.loads:
        yield "  " + say(language, "run.no-loads")
    for problem in outcome.warnings:
        yield "  " + problem.line(language)
    wholes = {row["rule_id"] for row in outcome.quality}  # a wave's own row is told where there is none for the whole
    rules = [
        row
        for row in outcome.quality
        if row["severity"] != "info" and (not row["wave"] or row["rule_id"].rpartition("@")[0] not in wholes)
    ]
    failed = [row for row in rules if row["n_failed"]]
    yield say(language, "run.quality")
    yield "  " + say(language, "run.quality-counts", n=len(rules), failed=len(failed))
    for row in failed:
        said = "run.quality-failed" if row["n_rows"] else "run.quality-no-rows"
        what = row[f"what_{language}"]
        yield "  " + say(language, said, what=what[:1].upper() + what[1:], rule=row["rule_id"], n=row["n_rows"],
                         failed=row["n_failed"], severity=say(language, f"severity.{_severity(row)}"),
                         remedy=row[f"remedy_{language}"])  # fmt: skip
    if outcome.blocked:
        yield say(language, "run.blocked")
        return
    yield say(language, "run.values")
    statuses = [
        f"{outcome.statuses[one]} {say(language, f'status.{one}')}" for one in _STATUSES if one in outcome.statuses
    ]
    yield "  " + say(language, "run.values-counts", n=sum(outcome.statuses.values()), statuses=", ".join(statuses))
    if outcome.taken_over:
        yield "  " + say(language, "run.values-taken-over", n=outcome.computed, same=outcome.taken_over)
    if outcome.standing:
        yield "  " + say(language, "run.values-standing", n=outcome.standing)
    if outcome.effects:
        yield say(language, "run.effects")
    for effect in outcome.effects:
        yield "  " + _effect(effect, language)
    yield say(language, "run.reports")
    for package in outcome.reports:
        yield from package_lines(package, language)


def package_lines(package: Package, language: str) -> Iterator[str]:
    """Where a package is, what it replaces, what its files are, and what whoever typeset it warned of."""
    yield f"  {package.path}"
    if not package.new:
        yield "    " + say(language, "report.kept")
    elif package.corrects:
        yield "    " + say(language, "report.corrects", name=package.corrects, n=len(package.changes))
    yield from (f"    {path.name}" for path in sorted(package.path.glob("report.*")))
    yield from (f"    {warning}" for warning in package.warnings)


def _severity(row: dict[str, Any]) -> str:
    return "error" if row["blocking"] else "warning"


def _effect(effect: dict[str, Any], language: str) -> str:
    named = {"evaluation": effect["evaluation_id"], "term": effect["term"]}
    if effect["estimate"] is None:
        return say(language, "run.effect-none", **named)
    named["estimate"] = _number(effect["estimate"], language)
    if effect["ci_low"] is None:
        return say(language, "run.effect-without", **named)
    low, high = _number(effect["ci_low"], language), _number(effect["ci_high"], language)
    return say(language, "run.effect", **named, level=f"{effect['ci_level']:.0%}", low=low, high=high)


def _number(value: float, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, format="#,##0" if abs(value) >= 100 else "#,##0.###", locale=language)
