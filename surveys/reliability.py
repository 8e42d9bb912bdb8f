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
    alpha = _alpha(complete)
    low, high = _feldt(alpha, *complete.shape, level) if alpha is not None else (None, None)
    items = tuple(_item(complete, position) for position in range(complete.shape[1]))
    return Reliability(len(complete), alpha, low, high, items)


def _alpha(complete: np.ndarray) -> float | None:
    n, k = complete.shape
    if n < 2 or k < 2:
        return None
    whole = complete.sum(axis=1).var(ddof=1)
    if whole <= 1e-12 * max(1.0, float(np.abs(complete).max()) ** 2):
        return None
    return float(k / (k - 1) * (1 - complete.var(axis=0, ddof=1).sum() / whole))


def _feldt(alpha: float, n: int, k: int, level: float) -> tuple[float, float]:
    from scipy.stats import f

    rest = (1 - level) / 2
    above, below = f.ppf([1 - rest, rest], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - alpha) * above), float(1 - (1 - alpha) * below)


def _item(complete: np.ndarray, position: int) -> ItemReliability:
    others = np.delete(complete, position, axis=1)
    return ItemReliability(_correlation(complete[:, position], others.sum(axis=1)), _alpha(others))


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
