"""Weights that make a sample agree with known totals: iterative proportional fitting, trimming, and what they cost.

Pure arithmetic on arrays. Where the totals come from and which rows are weighed together is in `weighting`; R's
`survey::rake` and `postStratify` are the reference for the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-10  # largest gap to a total, as a share of it, from which the fit counts as reached
MOST_ROUNDS = 1000
_MOST_TRIMS = 50
MISSING = -1


@dataclass(frozen=True)
class Fitted:
    """The weights, whether every total was met, the largest gap left (as a share of its total), the rounds it took, and
    how many weights stand at a bound."""

    weights: np.ndarray
    is_met: bool
    gap: float
    rounds: int
    n_trimmed: int = 0


def rake(
    base: np.ndarray,
    codes: Mapping[str, np.ndarray],
    totals: Mapping[str, np.ndarray],
    bounds: tuple[float, float] | None = None,
) -> Fitted:
    """Weights as near as possible to `base` (all above 0) whose sums by category meet the totals of every variable.

    Iterative proportional fitting (Deming & Stephan 1940, Ann. Math. Statist. 11, 427-444). With one variable this is
    post-stratification, exact in one round. `codes[v]` numbers each row's category, `MISSING` where it is not known;
    such rows keep their part of the whole, and the known ones share the rest in the proportions of `totals[v]`. With
    `bounds`, multiples of the mean weight, weights beyond them are set to the bound and the others fitted again; the
    totals may then not be met, which `gap` says. Every category with a total above 0 must have a row.
    """
    whole = float(next(iter(totals.values())).sum())
    weights = base * (whole / base.sum())
    free, trimmed = np.ones(len(base), dtype=bool), np.zeros(len(base), dtype=bool)
    fitted = _fit(weights, codes, totals, whole, free)
    if bounds is None:
        return fitted
    low, high = (bound * whole / len(base) for bound in bounds)
    for _ in range(_MOST_TRIMS):
        weights = fitted.weights
        beyond = free & ((weights < low * (1 - 1e-9)) | (weights > high * (1 + 1e-9)))
        if not beyond.any():
            break
        trimmed |= beyond
        free &= ~beyond
        fitted = _fit(np.clip(weights, low, high), codes, totals, whole, free)
    weights = np.clip(fitted.weights, low, high)
    gap = _gap(weights, codes, totals, whole)
    return Fitted(weights, gap <= TOLERANCE, gap, fitted.rounds, int(trimmed.sum()))


def _fit(
    weights: np.ndarray, codes: Mapping[str, np.ndarray], totals: Mapping[str, np.ndarray], whole: float,
    free: np.ndarray,
) -> Fitted:  # fmt: skip
    weights, rounds, before = weights.copy(), 0, np.inf
    for rounds in range(1, MOST_ROUNDS + 1):
        for name, code in codes.items():
            wanted = _wanted(weights, code, totals[name], whole)
            known = code != MISSING
            fixed = np.bincount(code[known & ~free], weights[known & ~free], minlength=len(wanted))
            here = np.bincount(code[known & free], weights[known & free], minlength=len(wanted))
            rest = np.maximum(wanted - fixed, 0)
            factor = np.divide(rest, here, out=np.ones_like(rest), where=(here > 0) & (rest > 0))
            weights[known & free] *= factor[code[known & free]]
        gap = _gap(weights, codes, totals, whole)
        if gap <= TOLERANCE or (rounds > 50 and gap > before * (1 - 1e-6)):
            break
        before = gap
    return Fitted(weights, gap <= TOLERANCE, gap, rounds)


def _wanted(weights: np.ndarray, code: np.ndarray, totals: np.ndarray, whole: float) -> np.ndarray:
    """The totals of the known rows: the rows without a category keep what they have."""
    unknown = float(weights[code == MISSING].sum())
    return totals * ((whole - unknown) / totals.sum())


def _gap(weights: np.ndarray, codes: Mapping[str, np.ndarray], totals: Mapping[str, np.ndarray], whole: float) -> float:
    gaps = [0.0]
    for name, code in codes.items():
        wanted, known = _wanted(weights, code, totals[name], whole), code != MISSING
        here = np.bincount(code[known], weights[known], minlength=len(wanted))
        gaps.append(float(np.max(np.abs(here - wanted)[wanted > 0] / wanted[wanted > 0], initial=0)))
    return max(gaps)


def effective_size(weights: np.ndarray) -> float:
    """Kish's effective sample size, (Σw)² / Σw² (Kish 1965, Survey Sampling, 11.7): how many unweighted answers would
    be as precise. The size divided by it is the design effect of weighting."""
    return float(weights.sum() ** 2 / np.square(weights).sum()) if len(weights) else 0.0
