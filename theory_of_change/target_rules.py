"""Rules over targets and baselines: no date, no start, outside the calendar, the wrong way round, impossible."""

from __future__ import annotations

from collections.abc import Iterator

from theory_of_change.measured import Measured
from theory_of_change.model import Indicator, Target
from theory_of_change.rules import Finding, is_retired


def target_findings(measured: Measured) -> Iterator[Finding]:
    for rule in (_targets, _twice, _impossible_shares):
        yield from rule(measured)


def _targets(measured: Measured) -> Iterator[Finding]:
    theory, calendar = measured.theory, measured.programme.calendar
    with_baseline = {baseline.indicator for baseline in theory.baselines}
    starting_at_nothing = {entry.id for entry in (*theory.inputs, *theory.activities, *theory.outputs)}
    for number, target in enumerate(theory.targets):
        path = ("targets", number)
        indicator = measured.by_id.get(target.indicator)
        accepts = (target.accept, indicator.accept) if indicator else (target.accept,)
        facts = {"indicator": target.indicator}
        if indicator and is_retired(indicator):
            continue
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


def _twice(measured: Measured) -> Iterator[Finding]:
    """Two targets of one indicator for the same day and group: nobody can tell which one counts."""
    first: dict[tuple[object, ...], int] = {}
    for number, target in enumerate(measured.theory.targets):
        own = (target.indicator, target.by, target.operator, tuple(sorted(target.disaggregation.items())))
        if own not in first:
            first[own] = number
        else:
            facts = {"indicator": target.indicator, "by": str(target.by or "—"),
                     "first": _shown(measured.theory.targets[first[own]]), "second": _shown(target)}  # fmt: skip
            yield Finding("target-twice", ("targets", number), facts, (target.accept,))


def _shown(target: Target) -> str:
    values = target.value if isinstance(target.value, tuple) else (target.value,)
    return "–".join(f"{value:.15g}" for value in values)


def _against_direction(target: Target, indicator: Indicator) -> bool:
    return (indicator.direction, target.operator) in (("down", ">="), ("up", "<="))


def _impossible_shares(measured: Measured) -> Iterator[Finding]:
    """Targets and baselines beyond 1 for shares, which go from 0 to 1: 60 written for 60 per cent."""
    theory = measured.theory
    for block, entries in (("targets", theory.targets), ("baselines", theory.baselines)):
        for number, entry in enumerate(entries):
            indicator = measured.by_id.get(entry.indicator)
            if indicator is None or indicator.measure.kind not in ("share", "theme"):
                continue
            values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
            for value in values:
                accepts, path = (entry.accept, indicator.accept), (block, number, "value")
                facts = {"indicator": entry.indicator, "found": f"{value:g}" if value is not None else ""}
                if value is not None and value < 0:
                    yield Finding("share-negative", path, facts, accepts)
                elif value is not None and value > 1:
                    yield Finding("share-beyond-one", path, {**facts, "right": f"{value / 100:g}"}, accepts)
