"""How many cases pass each stage of a call, by cohort, with open cohorts left out of the rates they cannot have yet.

Pure counting; also what money goes with the grants and how many organisations stand behind the participations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

ALL = "all"


@dataclass(frozen=True)
class Case:
    """A case with the last stage it passed (-1: none), its amounts by type, and the organisations in it."""

    cohort: str
    reached: int
    amounts: Mapping[str, float | None] = field(default_factory=dict)
    organisations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passed:
    """A stage of one cohort. `is_open`: not decided yet, so `n` counts so far and rates are None. Rates of all cohorts
    together are those of the cohorts decided up to this stage, whose cases at the stage before are `base`."""

    cohort: str
    stage: int
    n: int
    is_open: bool
    base: int | None
    of_previous: float | None
    of_first: float | None


def funnel(cases: Sequence[Case], n_stages: int, last_decided: Mapping[str, int]) -> Iterator[Passed]:
    """Every stage of every cohort, then of all together. A case that passed a stage has passed those before it."""
    cohorts = list(dict.fromkeys(case.cohort for case in cases))
    counts = {
        cohort: [sum(case.cohort == cohort and case.reached >= stage for case in cases) for stage in range(n_stages)]
        for cohort in cohorts
    }
    for cohort in cohorts:
        decided = last_decided.get(cohort, n_stages - 1)
        for stage, n in enumerate(counts[cohort]):
            is_open = stage > decided
            yield Passed(cohort, stage, n, is_open, *_rates(counts, [] if is_open else [cohort], stage))
    for stage in range(n_stages):
        decided = [cohort for cohort in cohorts if stage <= last_decided.get(cohort, n_stages - 1)]
        yield Passed(ALL, stage, sum(counts[cohort][stage] for cohort in cohorts), len(decided) < len(cohorts),
                     *_rates(counts, decided, stage))  # fmt: skip


def _rates(
    counts: Mapping[str, Sequence[int]], cohorts: Collection[str], stage: int
) -> tuple[int | None, float | None, float | None]:
    if not stage or not cohorts:
        return None, None, None
    here, before, first = (sum(counts[cohort][at] for cohort in cohorts) for at in (stage, stage - 1, 0))
    return before, here / before if before else None, here / first if first else None


@dataclass(frozen=True)
class Amount:
    """Money of one type in the cases that have a grant, and how much of it there is for each unit of grant."""

    cohort: str
    type: str
    n: int
    amount: float
    leverage: float | None


def money(cases: Sequence[Case], types: Sequence[str]) -> Iterator[Amount]:
    """`grant` and `total` have these names. Leverage is other money over grants, of sums: the mean of the cases' own
    would count a small grant like a large one. What the total has beyond what is named is the type `rest`."""
    granted = [case for case in cases if case.amounts.get("grant")]
    for cohort in (*dict.fromkeys(case.cohort for case in granted), ALL):
        own = [case for case in granted if cohort in (ALL, case.cohort)]
        grant = sum(case.amounts["grant"] or 0.0 for case in own)
        for type_ in types:
            known = [case for case in own if case.amounts.get(type_) is not None]
            amount = sum(case.amounts[type_] or 0.0 for case in known)
            yield Amount(cohort, type_, len(known), amount, None if type_ == "grant" or not grant else
                         (amount - grant) / grant if type_ == "total" else amount / grant)  # fmt: skip


def with_rest(amounts: Mapping[str, float | None]) -> dict[str, float | None]:
    """The amounts of a case with the type `rest`: its total less all that is named; None where the total is unknown."""
    total = amounts.get("total")
    named = sum(value or 0.0 for name, value in amounts.items() if name != "total")
    return {**amounts, "rest": None if total is None else total - named}


@dataclass(frozen=True)
class Participation:
    """Organisations in the cases that passed a stage: places taken, different ones, and cases."""

    cohort: str
    places: int
    different: int
    n: int


def participation(cases: Sequence[Case], stage: int) -> Iterator[Participation]:
    """Of the cases that passed `stage`. Different organisations do not add up over cohorts: one may be in several."""
    passed = [case for case in cases if case.reached >= stage]
    for cohort in (*dict.fromkeys(case.cohort for case in passed), ALL):
        own = [case for case in passed if cohort in (ALL, case.cohort)]
        names = [name for case in own for name in case.organisations]
        yield Participation(cohort, len(names), len(set(names)), len(own))
