"""Rules over how a theory is kept: plans against what happened, languages, retired ids, codes, areas, reports.

Whether the theory itself holds together is asked in `chain_rules`, what changed since an earlier one in `versioning`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from theory_of_change.codes import can_be, is_known, shape_of
from theory_of_change.model import Span, Text, TheoryOfChange
from theory_of_change.positions import Steps
from theory_of_change.problems import listed, with_hint
from theory_of_change.references import Index, blocks, references
from theory_of_change.rules import Finding, is_retired

_FEWEST_TEXTS = 4  # fewer texts than these lacking a language are each named
_DAYS_OF_MONTH = 365.25 / 12


def upkeep_findings(theory: TheoryOfChange, ids: Index, languages: Iterable[str]) -> Iterator[Finding]:
    yield from _off_plan(theory)
    yield from _languages(theory, languages)
    yield from _retired(theory, ids)
    yield from _reports(theory)
    yield from _codes(theory)
    yield from _areas(theory)


# Plan and fact -------------------------------------------------------------------------------------------------------


def _off_plan(theory: TheoryOfChange) -> Iterator[Finding]:
    """Whatever has both planned and actual dates that differ: activities, phases, areas, milestones."""
    for number, area in enumerate(theory.areas):
        yield from _shifts(area.id, area.period, area.actual, ("areas", number, "actual"), area.accept)
    for block in ("phases", "activities"):
        for number, entry in enumerate(getattr(theory, block)):
            yield from _shifts(entry.id, entry.planned, entry.actual, (block, number, "actual"), entry.accept)
    for number, milestone in enumerate(theory.milestones):
        due = milestone.due or (milestone.planned.end if milestone.planned else None)
        if due and milestone.actual and due != milestone.actual:
            path: Steps = ("milestones", number, "actual")
            key = "due" if milestone.due else "planned"
            yield _shift(milestone.id, key, due, milestone.actual, path, milestone.accept)


def _shifts(own_id: str, planned: Span | None, actual: Span | None, path: Steps, accept: Any) -> Iterator[Finding]:
    for end in ("start", "end"):
        meant, came = getattr(planned, end, None), getattr(actual, end, None)
        if meant and came and meant != came:
            yield _shift(own_id, end, meant, came, (*path, end), accept)


def _shift(own_id: str, key: str, planned: dt.date, actual: dt.date, path: Steps, accept: Any) -> Finding:
    facts = {"id": own_id, "end": key, "planned": str(planned), "actual": str(actual),
             "days": f"{(actual - planned).days:+d}", "months": months_between(planned, actual)}  # fmt: skip
    return Finding("activity-off-plan", path, facts, (accept,))


def months_between(planned: dt.date, actual: dt.date) -> str:
    """How many months later, signed: whole where the day of the month is the same, else with one decimal."""
    one = dt.timedelta(days=1)
    whole = 12 * (actual.year - planned.year) + actual.month - planned.month
    both_last = (planned + one).day == (actual + one).day == 1
    if planned.day == actual.day or both_last:
        return f"{whole:+d}"
    shift = round((actual - planned).days / _DAYS_OF_MONTH, 1)
    return f"{shift:+.1f}" if shift else "0"


# Languages -----------------------------------------------------------------------------------------------------------


def texts(block: BaseModel) -> Iterator[tuple[Steps, Text, tuple[Any, ...]]]:
    """Every text of a block: its path in YAML's names, itself, and the `accept`s around it."""
    waiting: list[tuple[Steps, Any, tuple[Any, ...]]] = [((), block, ())]
    while waiting:
        path, here, accepts = waiting.pop()
        if isinstance(here, Text):
            yield path, here, accepts
        elif isinstance(here, BaseModel):
            accepts = (*accepts, here.accept) if getattr(here, "accept", None) else accepts
            fields = type(here).model_fields
            waiting += [((*path, field.alias or name), getattr(here, name), accepts) for name, field in fields.items()]
        elif isinstance(here, tuple):
            waiting += [((*path, number), entry, accepts) for number, entry in enumerate(here)]
        elif isinstance(here, dict):
            waiting += [((*path, key), entry, accepts) for key, entry in here.items()]


def missing_languages(block: BaseModel, wanted: Iterable[str]) -> Iterator[tuple[Steps, list[str], tuple[Any, ...]]]:
    """Texts that speak some of the wanted languages only: path in YAML's names, languages lacking, `accept`s around."""
    yield from ((path, lacking, accepts) for path, lacking, _, accepts in _untranslated(block, wanted))


def _untranslated(
    block: BaseModel, wanted: Iterable[str]
) -> Iterator[tuple[Steps, list[str], list[str], tuple[Any, ...]]]:
    """The same, with the languages a text speaks that nobody wants."""
    wanted = list(wanted)
    for path, text, accepts in texts(block):
        lacking = [language for language in wanted if language not in text.languages] if text.languages else []
        if lacking:
            yield path, lacking, [one for one in text.languages if one not in wanted], accepts


def language_findings(
    block: BaseModel, languages: Iterable[str], everywhere: Collection[str] = ()
) -> Iterator[Finding]:
    """Texts that lack a language of the programme, one by one, but for those `everywhere` lacks; and languages the
    programme does not speak where one is lacking, which are most often that one mistyped."""
    languages = list(languages)
    for path, lacking, others, accepts in _untranslated(block, languages):
        some = [language for language in lacking if language not in everywhere]
        if some and others:
            facts = {"found": others[0], "languages": listed(languages), "hint": some[0]}
            yield Finding("language-not-of-programme", (*path, others[0]), facts, accepts, on_key=True)
        elif some:
            key = next(step for step in reversed(path) if isinstance(step, str))
            yield Finding("text-language-missing", path, {"key": key, "languages": listed(some)}, accepts)


def _languages(theory: TheoryOfChange, languages: Iterable[str]) -> Iterator[Finding]:
    """Texts that lack a language; told once where no text at all has it."""
    n_texts = sum(1 for _, text, _ in texts(theory) if text.languages)
    lacking = Counter(language for _, lacks, _ in missing_languages(theory, languages) for language in lacks)
    everywhere = {one for one, n in lacking.items() if n == n_texts >= _FEWEST_TEXTS}
    if "text-language-missing" not in theory.theory.accept:
        for language in sorted(everywhere):
            yield Finding("language-missing-everywhere", ("theory",), {"language": language, "count": str(n_texts)})
    yield from language_findings(theory, languages, everywhere)


# Retired ids ---------------------------------------------------------------------------------------------------------


def _retired(theory: TheoryOfChange, ids: Index) -> Iterator[Finding]:
    """References to what is no longer part of the theory, with what took its place. What is retired itself, a baseline,
    a published figure and a target due before speak of the past and may."""
    retired = {entry.id: entry.retired for _, _, entry in blocks(theory) if is_retired(entry)}
    if not retired:
        return
    for entry, path, name, _ in references(theory, ids):
        gone = retired.get(name)
        if gone is None or is_retired(entry) or path[0] in ("baselines", "published_figures"):
            continue
        if path[0] == "targets" and entry.by and entry.by <= gone.at:
            continue
        key = next(one for one in reversed(path) if isinstance(one, str))
        yield _rests_on(name, retired, key, path, getattr(entry, "accept", {}))
    used = ((n, one, name) for n, one in enumerate(theory.indicators) for name in one.measure.formula_ids)
    for number, indicator, name in used:
        gone = retired.get(name)
        if gone and not is_retired(indicator):
            path = ("indicators", number, "measure", "formula")
            yield _rests_on(name, retired, "formula", path, indicator.accept)


def _rests_on(name: str, retired: Mapping[str, Any], key: str, path: Steps, accept: Any) -> Finding:
    facts = {"id": name, "at": str(retired[name].at), "key": key}
    successor = _successor(name, retired)
    if successor is None:
        return Finding("reference-retired-for-good", path, facts, (accept,))
    return Finding("reference-retired", path, {**facts, "successor": successor}, (accept,))


def _successor(name: str, retired: Mapping[str, Any]) -> str | None:
    """What stands in the place of a retired id today, however many times it was replaced."""
    seen: set[str] = set()
    here: str | None = name
    while here in retired and here not in seen:
        seen.add(here)
        here = retired[here].replaced_by
    return None if here in seen else here


# Codes, areas, reports -----------------------------------------------------------------------------------------------


def _codes(theory: TheoryOfChange) -> Iterator[Finding]:
    lists = {one.id: one for one in theory.code_lists}
    every_own = [code for one in theory.code_lists for code in one.codes]
    for _, path, entry in blocks(theory):
        for number, reference in enumerate(getattr(entry, "references", ())):
            where = (*path, "references", number)
            accepts = (getattr(entry, "accept", {}),)
            own = lists.get(reference.vocabulary)
            if own or (reference.vocabulary.casefold() == "own" and lists):
                known = list(own.codes) if own else every_own
                if reference.code not in known:
                    facts = {"found": reference.code, "vocabulary": reference.vocabulary, "allowed": listed(known, 20)}
                    facts = with_hint(facts, reference.code, known)
                    yield Finding("code-unknown", (*where, "code"), facts, accepts)
            elif not can_be(reference.vocabulary, reference.code):
                facts = {"found": reference.code, "vocabulary": reference.vocabulary,
                         "allowed": shape_of(reference.vocabulary)}  # fmt: skip
                yield Finding("code-unknown", (*where, "code"), facts, accepts)
            elif not is_known(reference.vocabulary) and reference.uri is None:
                facts = with_hint({"found": reference.vocabulary}, reference.vocabulary, lists)
                yield Finding("code-list-unknown", (*where, "vocabulary"), facts, accepts)


def _areas(theory: TheoryOfChange) -> Iterator[Finding]:
    over_areas = {dimension.id for dimension in theory.dimensions if dimension.areas}
    over_areas |= {
        dimension.id
        for dimension in theory.dimensions
        if dimension.categories and set(dimension.categories) <= {area.id for area in theory.areas}
    }
    for number, indicator in enumerate(theory.indicators):
        path, accepts = ("indicators", number), (indicator.accept,)
        if is_retired(indicator):
            continue
        if indicator.scope == "own" and indicator.area is None:
            yield Finding("own-indicator-without-area", path, {"id": indicator.id}, accepts)
        names = {name for one in indicator.disaggregation for name in ((one,) if isinstance(one, str) else one)}
        if indicator.scope == "common" and not names & over_areas:
            yield Finding("common-indicator-not-by-area", path, {"id": indicator.id}, accepts)


def _reports(theory: TheoryOfChange) -> Iterator[Finding]:
    for number, report in enumerate(theory.reports):
        if report.period is None:
            facts = {"profile": report.profile}
            yield Finding("report-without-frequency", ("reports", number), facts, (report.accept,))
