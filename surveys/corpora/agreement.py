"""How far coders agree: Krippendorff's alpha, Cohen's and Fleiss' kappa, with intervals and what units they are about.

Pure numbers; how codings become ratings of units is in `ratings`. Kappas are statsmodels'; alpha is written out here,
because the libraries that compute it are under the GPL or no longer kept up. No coder is ever named.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Level = Literal["nominal", "ordinal", "interval"]

DRAWS = 2_000
_SEED = 20_110  # the same data give the same interval
_FEWEST_CLUSTERS = 5  # of fewer there are too few different samples to speak of an interval


@dataclass(frozen=True)
class Ratings:
    """What each coder gave each unit: one row a unit, one column a coder, None where a coder did not judge it.

    `clusters` says which units belong together (turns of one document), `weights` how many equal units a row stands
    for (characters of a stretch). A unit that fewer than two coders judged tells nothing of agreement.
    """

    values: tuple[tuple[Hashable | None, ...], ...]
    clusters: tuple[Hashable, ...] = ()
    weights: tuple[int, ...] = ()
    unit: str = "unit"


@dataclass(frozen=True)
class Coefficient:
    """One coefficient. `value` is None where it is not defined: nobody to compare, or everybody gave one answer always.

    `n_units` are units judged by two coders or more, `interval` says how `low` and `high` were found: `analytic`,
    `bootstrap of units`, `bootstrap of documents`, or `none`.
    """

    kind: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    interval: str
    n_units: int
    n_coders: int
    unit: str


def coefficients(ratings: Ratings, level: Level = "nominal", confidence: float = 0.95) -> tuple[Coefficient, ...]:
    """Alpha; with two coders Cohen's kappa, too, with more Fleiss'. Empty where no unit was judged twice."""
    found = [krippendorff_alpha(ratings, level, confidence)]
    if found[0].n_units == 0:
        return ()
    kappa = cohen_kappa if len(ratings.values[0]) == 2 else fleiss_kappa
    return (*found, kappa(ratings, confidence))


# Krippendorff's alpha -------------------------------------------------------------------------------------------------


def krippendorff_alpha(ratings: Ratings, level: Level = "nominal", confidence: float = 0.95) -> Coefficient:
    """Krippendorff's alpha, 1 less observed over expected disagreement, from the coincidences of values within units.

    Units may lack values. Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", equations on pages 5 to 7:
    o_ck sums, over units, ordered pairs of values within the unit divided by its number of values less one; ordinal
    differences are (sum of the marginals from c to k, less half of both ends) squared. For `ordinal` and `interval` the
    values are ordered as numbers or text are. The interval is the percentile one of a bootstrap that draws whole
    clusters, where units are tied to any, else units.
    """
    kept, weights, clusters = _comparable(ratings)
    n_units, n_coders = _counts(kept, weights)
    kind = f"Krippendorff's alpha ({level})"
    categories = sorted({value for row in kept for value in row if value is not None}, key=_order)
    own = _coincidences(kept, weights, categories)
    alpha = _number(_alpha(own.sum(axis=0), categories, level)) if len(kept) else None
    low, high, how = None, None, "none"
    if alpha is not None:
        low, high, how = _bootstrapped(own, clusters, lambda one: _alpha(one, categories, level), confidence)
    return Coefficient(kind, alpha, low, high, confidence, how, n_units, n_coders, ratings.unit)


def _coincidences(
    rows: Sequence[Sequence[Hashable | None]], weights: Sequence[int], categories: Sequence
) -> np.ndarray:
    """For each unit its own matrix of coincidences, weighted."""
    import numpy as np

    place = {value: i for i, value in enumerate(categories)}
    counts = np.zeros((len(rows), len(categories)))
    for number, row in enumerate(rows):
        for value in row:
            if value is not None:
                counts[number, place[value]] += 1
    total = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(len(categories))
    pairs[:, diagonal, diagonal] -= counts
    return pairs * (np.asarray(weights, dtype=float) / (total - 1))[:, None, None]


def _alpha(coincidences: np.ndarray, categories: Sequence, level: Level) -> np.ndarray:
    """Alpha of one matrix, or of each in a stack; nan where only one value was ever given: nothing could have been told
    apart."""
    import numpy as np

    marginals = coincidences.sum(axis=-1)
    total = marginals.sum(axis=-1)
    if level == "nominal":
        differences = 1 - np.eye(len(categories))
    elif level == "ordinal":
        below = np.cumsum(marginals, axis=-1) - marginals / 2
        differences = (below[..., :, None] - below[..., None, :]) ** 2
    else:
        given = np.asarray([float(value) for value in categories])
        differences = (given[:, None] - given[None, :]) ** 2
    observed = (coincidences * differences).sum(axis=(-2, -1))
    outer = marginals[..., :, None] * marginals[..., None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (outer * differences).sum(axis=(-2, -1)) / (total - 1)
        defined = (total > 1) & (np.count_nonzero(marginals, axis=-1) > 1)
        return np.where(defined, 1 - observed / expected, np.nan)


# Kappas ---------------------------------------------------------------------------------------------------------------


def cohen_kappa(ratings: Ratings, confidence: float = 0.95) -> Coefficient:
    """Cohen's kappa of two coders over the units both judged. Raises ValueError for another number of coders.

    Where units are tied to no clusters and each row is one unit, the interval is the analytic one of Fleiss, Cohen and
    Everitt 1969, which statsmodels computes; else that of a bootstrap of whole clusters.
    """
    import numpy as np
    from scipy.stats import norm
    from statsmodels.stats.inter_rater import cohens_kappa

    if any(len(row) != 2 for row in ratings.values):
        raise ValueError("Cohen's kappa is of two coders")
    kept, weights, clusters = _comparable(ratings)
    n_units, n_coders = _counts(kept, weights)
    categories = sorted({value for row in kept for value in row}, key=_order)
    place = {value: i for i, value in enumerate(categories)}
    own = np.zeros((len(kept), len(categories), len(categories)))
    for number, (one, other) in enumerate(kept):
        own[number, place[one], place[other]] = weights[number]

    value = _number(_kappa_of_table(own.sum(axis=0))) if len(kept) else None
    if value is not None:
        value = float(cohens_kappa(own.sum(axis=0), return_results=False))
    low = high = None
    how = "none"
    if value is not None and not ratings.clusters and not ratings.weights:
        error = float(cohens_kappa(own.sum(axis=0)).std_kappa)
        reach = float(norm.ppf(0.5 + confidence / 2)) * error
        if error > 0:  # else the data show no variation, which is not certainty
            low, high, how = max(value - reach, -1.0), min(value + reach, 1.0), "analytic"
    elif value is not None:
        low, high, how = _bootstrapped(own, clusters, _kappa_of_table, confidence)
    return Coefficient("Cohen's kappa", value, low, high, confidence, how, n_units, n_coders, ratings.unit)


def _kappa_of_table(table: np.ndarray) -> np.ndarray:
    """Cohen's kappa of one table of two coders, or of each in a stack: for the draws, of which there are thousands."""
    import numpy as np

    total = table.sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
        agreed = np.trace(table, axis1=-2, axis2=-1) / total
        return np.where(by_chance < 1 - 1e-12, (agreed - by_chance) / (1 - by_chance), np.nan)


def fleiss_kappa(ratings: Ratings, confidence: float = 0.95) -> Coefficient:
    """Fleiss' kappa (1971) over the units that every coder judged, from statsmodels.

    Its interval is that of a bootstrap, of clusters where units are tied to any.
    """
    import numpy as np
    from statsmodels.stats.inter_rater import fleiss_kappa as of_table

    complete = [i for i, row in enumerate(ratings.values) if len(row) > 1 and None not in row]
    kept, weights, clusters = _comparable(_only(ratings, complete))
    n_units, n_coders = _counts(kept, weights)
    categories = sorted({value for row in kept for value in row}, key=_order)
    value = low = high = None
    how = "none"
    if len(categories) > 1:
        counts = np.array([[sum(value == one for value in row) for one in categories] for row in kept])
        value = float(of_table(np.repeat(counts, weights, axis=0)))
        own = _coincidences(kept, weights, categories)
        low, high, how = _bootstrapped(own, clusters, _fleiss_of_coincidences, confidence)
    return Coefficient("Fleiss' kappa", value, low, high, confidence, how, n_units, n_coders, ratings.unit)


def _fleiss_of_coincidences(coincidences: np.ndarray) -> np.ndarray:
    """The same from coincidences, which can be summed: agreement within units over what the margins give by chance."""
    import numpy as np

    total = coincidences.sum(axis=(-2, -1))
    by_chance = ((coincidences.sum(axis=-1) / total[..., None]) ** 2).sum(axis=-1)
    agreed = np.trace(coincidences, axis1=-2, axis2=-1) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(by_chance < 1 - 1e-12, (agreed - by_chance) / (1 - by_chance), np.nan)


# Intervals ------------------------------------------------------------------------------------------------------------


def _bootstrapped(
    own: np.ndarray, clusters: Sequence[Hashable], statistic: Callable[[np.ndarray], np.ndarray], confidence: float
) -> tuple[float | None, float | None, str]:
    """The percentile interval of a statistic of summed matrices, one for each unit, when whole clusters are drawn anew.

    Clusters that count alike are drawn together, which is the same and needs no room for each of them.
    """
    import numpy as np

    order = {cluster: i for i, cluster in enumerate(dict.fromkeys(clusters))}
    count = len(order)
    if count < _FEWEST_CLUSTERS:
        return None, None, "none"
    sums = np.zeros((count, own[0].size))
    np.add.at(sums, [order[cluster] for cluster in clusters], own.reshape(len(own), -1))
    kinds, often = np.unique(sums, axis=0, return_counts=True)
    draws = np.random.default_rng(_SEED).multinomial(count, often / count, size=DRAWS)
    low, high = _percentiles(statistic((draws @ kinds).reshape(DRAWS, *own[0].shape)), confidence)
    if low is None:
        return None, None, "none"
    return low, high, "bootstrap of units" if count == len(clusters) else "bootstrap of documents"


def _number(value: np.ndarray) -> float | None:
    found = float(value)
    return None if found != found else found


def _percentiles(values: np.ndarray, confidence: float) -> tuple[float | None, float | None]:
    """The middle part of what was drawn. Draws in which the coefficient is not defined are left out; where they are
    more than a tenth, no interval is told."""
    import numpy as np

    defined = values[~np.isnan(values)]
    if len(defined) < len(values) * 0.9:
        return None, None
    if defined.max() - defined.min() < 1e-12:  # all alike: the data show no variation, which is not certainty
        return None, None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _comparable(ratings: Ratings) -> tuple[list[tuple], list[int], list[Hashable]]:
    """Units that two coders or more judged, with their weights and clusters."""
    chosen = [i for i, row in enumerate(ratings.values) if sum(value is not None for value in row) > 1]
    weights = [ratings.weights[i] if ratings.weights else 1 for i in chosen]
    clusters: list[Hashable] = [ratings.clusters[i] if ratings.clusters else i for i in chosen]
    return [ratings.values[i] for i in chosen], weights, clusters


def _only(ratings: Ratings, chosen: Sequence[int]) -> Ratings:
    parts = (
        tuple(each[i] for i in chosen) if each else () for each in (ratings.values, ratings.clusters, ratings.weights)
    )
    return Ratings(*parts, ratings.unit)


def _counts(kept: Sequence[Sequence], weights: Sequence[int]) -> tuple[int, int]:
    """Units, and coders who judged any of them."""
    judged = {i for row in kept for i, value in enumerate(row) if value is not None}
    return sum(weights), len(judged)


def _order(value: Hashable) -> tuple:
    return (0, value, "") if isinstance(value, (int, float)) else (1, 0, str(value))
