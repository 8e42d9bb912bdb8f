"""Shares that were published rounded: whether they make a whole, and which whole numbers of things they can come from.

Sixty per cent of 95 bodies, rounded, can only be 57 of them. Exact arithmetic on decimals, no search beyond what
rounding leaves open; the rule that asks is in `coherence`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from theory_of_change.approximation import half_step


@dataclass(frozen=True)
class Counts:
    """For each share the counts it may stand for, first and last, and what may be left of the base beside them."""

    base: int
    each: tuple[tuple[int, int], ...]

    @property
    def possible(self) -> bool:
        """False where some share can come of no whole number of things, or together they need more than there are."""
        return all(low <= high for low, high in self.each) and self.remainder[1] >= 0

    @property
    def remainder(self) -> tuple[int, int]:
        """The fewest and the most that belong to none of the parts."""
        return self.base - sum(high for _, high in self.each), self.base - sum(low for low, _ in self.each)

    @property
    def certain(self) -> bool:
        """True where rounding leaves a single answer."""
        return self.possible and all(low == high for low, high in self.each)


def counts(shares: Sequence[float], base: int, whole: int = 100) -> Counts:
    """Which counts out of `base` give these shares, of 100 or of `whole` 1, after rounding."""
    step, parts = _step(shares), Decimal(whole)
    each = []
    for given in _exact(shares):
        low = math.ceil((given - step) * base / parts)
        high = math.floor((given + step) * base / parts)
        each.append((max(low, 0), min(high, base)))
    return Counts(base, tuple(each))


def total(shares: Sequence[float]) -> tuple[Decimal, Decimal]:
    """The sum of the figures as published, and how far rounding may have moved it."""
    return sum(_exact(shares), Decimal(0)), _step(shares) * len(shares)


def _exact(shares: Sequence[float]) -> list[Decimal]:
    return [Decimal(repr(float(share))) for share in shares]


def _step(shares: Sequence[float]) -> Decimal:
    """How far rounding may have moved each. The parts of one whole are given with the same decimals, so the finest of
    them counts: beside 0.12, a 0.6 is a 0.60."""
    return min(map(half_step, shares), default=Decimal(0))
