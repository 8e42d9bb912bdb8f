"""Ratings on an ordered scale summed up and compared: medians, quartiles, spread, groups of raters by ranks.

Pure arithmetic. Agreement between raters is `surveys.corpora.agreement`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Quartiles by the rule of R's type 7; the mean with its t interval, shrunk where nearly all of a known population
    rated: by the finite population correction √(1 - n/N) (Cochran 1977, Sampling Techniques, 2.15)."""

    n: int
    median: float
    q1: float
    q3: float
    mean: float
    low: float | None
    high: float | None
    counts: Mapping[int, int]


def summary(scores: Sequence[int], population: int | None = None, level: float = 0.95) -> Summary:
    """Of at least one score."""
    import numpy as np
    from scipy import stats

    values = np.asarray(scores, dtype=float)
    n, low, high = len(values), None, None
    if n > 1:
        left = max(0.0, 1 - n / population) if population else 1.0
        half = stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n) * np.sqrt(left)
        low, high = float(values.mean() - half), float(values.mean() + half)
    q1, median, q3 = (float(one) for one in np.quantile(values, [0.25, 0.5, 0.75]))
    steps, counts = np.unique(values.astype(int), return_counts=True)
    return Summary(n, median, q1, q3, float(values.mean()), low, high,
                   dict(zip(steps.tolist(), counts.tolist(), strict=True)))  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """A rank test: its name, statistic and p-value; `effect` is the probability that one of the first group rates
    higher than one of the second, ties counting half, where there are two."""

    test: str
    statistic: float
    p_value: float
    effect: float | None


def compared(groups: Sequence[Sequence[int]]) -> Compared | None:
    """Mann-Whitney for two groups, Kruskal-Wallis for more, both corrected for ties; None where nothing can differ:
    fewer than two groups with scores, or one score for all."""
    from scipy import stats

    filled = [list(group) for group in groups if len(group)]
    if len(filled) < 2 or len({score for group in filled for score in group}) < 2:
        return None
    if len(filled) == 2:
        found = stats.mannwhitneyu(*filled, alternative="two-sided", method="asymptotic")
        effect = float(found.statistic) / (len(filled[0]) * len(filled[1]))
        return Compared("mann-whitney", float(found.statistic), float(found.pvalue), effect)
    found = stats.kruskal(*filled)
    return Compared("kruskal-wallis", float(found.statistic), float(found.pvalue), None)


def own_score(criteria: Sequence[Sequence[float]], how: str) -> float:
    """The score of one thing from the scores raters gave it in each of its criteria (at least one each).

    A criterion many rated counts no more than one few rated. `median`: the median of the criteria's medians; `mean`:
    the mean of their means; `lowest`: the lowest of their medians.
    """
    from statistics import fmean, median

    if how == "mean":
        return fmean(fmean(scores) for scores in criteria)
    medians = [float(median(scores)) for scores in criteria]
    return min(medians) if how == "lowest" else float(median(medians))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrected for all comparisons made (Holm 1979, Scandinavian Journal of Statistics 6, 65-70)."""
    from statsmodels.stats.multitest import multipletests

    known = [p for p in p_values if p is not None]
    adjusted = iter(multipletests(known, method="holm")[1].tolist() if known else [])
    return [None if p is None else next(adjusted) for p in p_values]
