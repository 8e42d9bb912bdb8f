"""How sure a measure of a network is, and whether a change between two waves is more than chance.

Two answers, both seeded by the networks themselves so that every run gives the same: a bootstrap of nodes, for measures
that are averages over pairs, and a permutation of waves within pairs, for all. Measures are those of `networks`, here
on plain matrices because they are taken many times over; tests hold the two against each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Draws of the bootstrap, and exchanges of the permutation.
DRAWS, EXCHANGES = 2000, 999
#: Averages over pairs, for which drawing nodes anew is sound. A doubled node would change components or the largest
#: degree by being doubled, so there it is not.
BOOTSTRAPPED = ("density", "mean_degree", "reciprocity")
#: What a change is told of.
TESTED = ("density", "mean_degree", "components", "largest_component", "isolates", "centralisation", "reciprocity")


def statistics(matrix: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """The measures named, as `networks` has them; nan where one is not defined."""
    import numpy as np

    n, ties = len(matrix), float(matrix.sum())
    found = {"density": ties / (n * (n - 1)), "mean_degree": ties / n}
    if "reciprocity" in names:
        found["reciprocity"] = float((matrix & matrix.T).sum()) / ties if ties else np.nan
    if {"isolates", "centralisation"} & set(names):
        degrees = (matrix | matrix.T).sum(axis=0)
        largest = (n - 1) * (n - 2)
        found["isolates"] = float((degrees == 0).sum())
        found["centralisation"] = float((degrees.max() - degrees).sum()) / largest if largest else np.nan
    if {"components", "largest_component"} & set(names):
        sizes = _sizes(matrix)
        found |= {"components": float(len(sizes)), "largest_component": float(sizes.max()) / n}
    return {name: found[name] for name in names}


def _sizes(matrix: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, two = np.nonzero(matrix)
    _, label = connected_components(coo_array((np.ones(len(one)), (one, two)), matrix.shape), directed=False)
    return np.bincount(label)


def seed_of(*matrices: np.ndarray) -> int:
    """A seed that the ties themselves give, whatever their nodes are called."""
    content = b"|".join(str(matrix.shape).encode() + matrix.astype("int8").tobytes() for matrix in matrices)
    return int.from_bytes(hashlib.sha256(content).digest()[:8])


def standard_errors(
    names: Sequence[str], matrix: np.ndarray, other: np.ndarray | None = None, draws: int = DRAWS
) -> dict[str, float]:
    """Standard errors of the measures named, or of their differences `other` - `matrix` on the same nodes: the vertex
    bootstrap of Snijders & Borgatti (1999, Connections 22(2), 161-170).

    As many nodes are drawn with replacement as there are; between two copies of one node there is no pair to look at,
    so a pair of the network drawn at random stands there. For a difference the same nodes, and pairs, are drawn in both
    waves. Names without such an error, and networks of fewer than three nodes, give none.
    """
    import numpy as np

    wanted = [name for name in names if name in BOOTSTRAPPED]
    if len(matrix) < 3 or not wanted:
        return {}
    both = [matrix] if other is None else [matrix, other]
    generator = np.random.default_rng(seed_of(*both))
    drawn = np.empty((draws, len(wanted)))
    for number in range(draws):
        values = [list(statistics(one, wanted).values()) for one in _resampled(both, generator)]
        drawn[number] = values[0] if other is None else np.subtract(values[1], values[0])
    return {name: float(np.nanstd(found, ddof=1)) for name, found in zip(wanted, drawn.T, strict=True)
            if np.isfinite(found).sum() > 1}  # fmt: skip


def _resampled(matrices: Sequence[np.ndarray], generator: np.random.Generator) -> list[np.ndarray]:
    import numpy as np

    n = len(matrices[0])
    drawn = generator.integers(n, size=n)
    one, two = np.nonzero(np.triu(drawn[:, None] == drawn[None, :], 1))
    start = generator.integers(n, size=len(one))
    end = (start + generator.integers(1, n, size=len(one))) % n
    found = []
    for matrix in matrices:
        sampled = matrix[np.ix_(drawn, drawn)]
        sampled[one, two], sampled[two, one] = matrix[start, end], matrix[end, start]
        np.fill_diagonal(sampled, 0)
        found.append(sampled)
    return found


@dataclass(frozen=True)
class Change:
    """The difference of a measure between two waves on the nodes of both; interval and error where the bootstrap is
    sound, and the share of exchanges that differ at least as much."""

    difference: float
    std_error: float | None
    low: float | None
    high: float | None
    p_value: float | None


def changes(
    before: np.ndarray,
    after: np.ndarray,
    names: Sequence[str] = TESTED,
    level: float = 0.95,
    draws: int = DRAWS,
    exchanges: int = EXCHANGES,
) -> dict[str, Change]:
    """What changed from one wave to the next, both over the same nodes in the same order.

    The interval is normal around the difference with the bootstrap's error. The p-value is that of a paired
    permutation test (Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses): in each round every pair of
    nodes keeps or exchanges its two waves, and (1 + rounds as far apart) / (1 + rounds) is the two-sided p. It takes
    pairs to change one by one; where whole nodes change together, trust the interval.
    """
    import numpy as np

    if len(before) < 3:
        return {}
    errors = standard_errors(names, before, after, draws)

    def difference(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return np.subtract(list(statistics(two, names).values()), list(statistics(one, names).values()))

    real = difference(before, after)
    generator = np.random.default_rng(seed_of(after, before))
    further = np.zeros(len(names))
    for _ in range(exchanges):
        swaps = np.triu(generator.random(before.shape) < 0.5, 1)
        swaps |= swaps.T
        apart = difference(np.where(swaps, after, before), np.where(swaps, before, after))
        further += np.abs(apart) >= np.abs(real) - 1e-12
    z = NormalDist().inv_cdf((1 + level) / 2)
    found = {}
    for place, name in enumerate(names):
        if np.isnan(real[place]):
            continue
        error = errors.get(name)
        change = float(real[place])
        low, high = (None, None) if error is None else (change - z * error, change + z * error)
        found[name] = Change(change, error, low, high, float((1 + further[place]) / (1 + exchanges)))
    return found
