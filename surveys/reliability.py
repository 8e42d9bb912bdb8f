"""How well the items of a scale hang together in one sample: Cronbach's alpha, item–rest correlations. Pure.

Always unweighted and over the rows with an answer to every item: these numbers describe the sample at hand, not a
population. Which samples are looked at, and what may be shown, is decided in `pipelines.scaling`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class ItemReliability:
    """One item: its correlation with the sum of the others, and alpha without it. None where there is none."""

    item_rest: float | None
    alpha_without: float | None


@dataclass(frozen=True)
class Reliability:
    """`n` rows with every item answered, alpha with the ends of its interval, and the items in their order. Alpha is
    None for fewer than two items or rows, and where everybody has the same sum."""

    n: int
    alpha: float | None
    low: float | None
    high: float | None
    items: tuple[ItemReliability, ...]


def reliability(answers: np.ndarray, level: float = LEVEL) -> Reliability:
    """Of answers as `scoring.scored_answers` gives them, reversed items already turned.

    Alpha is k / (k − 1) · (1 − Σ var(item) / var(sum)) (Cronbach 1951, Psychometrika 16). Its interval is Feldt's:
    1 − (1 − alpha) · F with n − 1 and (n − 1)(k − 1) degrees of freedom (Feldt, Woodruff and Salih 1987, Applied
    Psychological Measurement 11). An item is correlated with the sum of the other items ("corrected"), because a sum
    that holds the item itself always agrees with it.
    """
    complete = answers[~np.isnan(answers).any(axis=1)]
    n, k = complete.shape
    # everything follows from the covariances, which are computed once
    shared = np.atleast_2d(np.cov(complete, rowvar=False)) if n > 1 else np.zeros((k, k))
    least = 1e-12 * max(1.0, float(np.abs(complete).max(initial=0.0)) ** 2)
    shared = np.where(np.abs(shared) < least, 0.0, shared)
    alpha = _alpha(shared)
    low, high = _feldt(alpha, n, k, level) if alpha is not None else (None, None)
    return Reliability(n, alpha, low, high, tuple(_item(shared, place) for place in range(k)))


def _alpha(shared: np.ndarray) -> float | None:
    """From the covariances of the items; None for fewer than two of them, or where everybody has the same sum."""
    k, whole = len(shared), float(shared.sum())
    if k < 2 or whole <= 1e-12 * max(float(np.trace(shared)), 1e-300):
        return None
    return float(k / (k - 1) * (1 - np.trace(shared) / whole))


def _feldt(alpha: float, n: int, k: int, level: float) -> tuple[float, float]:
    from scipy.stats import f

    rest = (1 - level) / 2
    above, below = f.ppf([1 - rest, rest], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - alpha) * above), float(1 - (1 - alpha) * below)


def _item(shared: np.ndarray, place: int) -> ItemReliability:
    """An item among the others: cov(item, rest) is the sum of its covariances with them."""
    others = np.delete(np.delete(shared, place, axis=0), place, axis=1)
    own, rest = shared[place, place], others.sum()
    together = shared[place].sum() - own
    item_rest = float(together / np.sqrt(own * rest)) if own > 0 and rest > 0 else None
    return ItemReliability(item_rest, _alpha(others))
