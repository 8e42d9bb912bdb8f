"""How sure a measure of a network is, and whether a change between two waves is more than chance.

Two answers, both seeded by the networks themselves so that every run gives the same: a bootstrap of nodes, for measures
that are averages over pairs, and a permutation of waves within pairs, for all. Measures are those of `networks`, here
on plain matrices because they are taken thousands of times; tests hold the two against each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ROUNDS = 2000
#: Averages over pairs, for which drawing nodes anew is sound. A doubled node would change components or the largest
#: degree by being doubled, so there it is not.
BOOTSTRAPPED = ("density", "mean_degree", "reciprocity")


def density(matrix: np.ndarray) -> float:
    n = len(matrix)
    return float(matrix.sum()) / (n * (n - 1))


def mean_degree(matrix: np.ndarray) -> float:
    """Ties a node has, or in a directed network sends."""
    return float(matrix.sum()) / len(matrix)


def reciprocity(matrix: np.ndarray) -> float:
    arcs = float(matrix.sum())
    return float((matrix & matrix.T).sum()) / arcs if arcs else float("nan")


def components(matrix: np.ndarray) -> float:
    return float(len(_sizes(matrix)))


def largest_component(matrix: np.ndarray) -> float:
    return float(_sizes(matrix).max()) / len(matrix)


def isolates(matrix: np.ndarray) -> float:
    return float((~(matrix | matrix.T).any(axis=0)).sum())


def centralisation(matrix: np.ndarray) -> float:
    degrees, n = (matrix | matrix.T).sum(axis=0), len(matrix)
    return float((degrees.max() - degrees).sum()) / ((n - 1) * (n - 2)) if n > 2 else float("nan")


STATISTICS: Mapping[str, Callable[[np.ndarray], float]] = {
    "density": density, "mean_degree": mean_degree, "components": components, "largest_component": largest_component,
    "isolates": isolates, "centralisation": centralisation, "reciprocity": reciprocity,
}  # fmt: skip


def _sizes(matrix: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(csr_array(matrix), directed=True, connection="weak")
    return np.bincount(label)


def seed_of(*matrices: np.ndarray) -> int:
    """A seed that the ties themselves give, whatever their nodes are called."""
    content = b"|".join(str(matrix.shape).encode() + matrix.astype("int8").tobytes() for matrix in matrices)
    return int.from_bytes(hashlib.sha256(content).digest()[:8])


def standard_errors(
    names: Sequence[str], matrix: np.ndarray, other: np.ndarray | None = None, rounds: int = ROUNDS
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
    draws: dict[str, list[float]] = {name: [] for name in wanted}
    for _ in range(rounds):
        sampled = _resampled(both, generator)
        for name in wanted:
            values = [STATISTICS[name](one) for one in sampled]
            draws[name].append(values[-1] - values[0] if other is not None else values[0])
    return {name: float(np.nanstd(found, ddof=1)) for name, found in draws.items() if not np.isnan(found).all()}


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
    before: np.ndarray, after: np.ndarray, names: Sequence[str], level: float = 0.95, rounds: int = ROUNDS
) -> dict[str, Change]:
    """What changed from one wave to the next, both over the same nodes in the same order.

    The interval is normal around the difference with the bootstrap's error. The p-value is that of a paired
    permutation test (Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses): in each round every
    pair of nodes keeps or exchanges its two waves, and (1 + rounds as far apart) / (1 + rounds) is the two-sided p. It
    takes pairs to change one by one; where whole nodes change together, trust the interval.
    """
    import numpy as np

    wanted = [name for name in names if name in STATISTICS]
    if len(before) < 3:
        return {}
    errors = standard_errors(wanted, before, after, rounds)
    real = {name: STATISTICS[name](after) - STATISTICS[name](before) for name in wanted}
    generator = np.random.default_rng(seed_of(after, before))
    further = dict.fromkeys(wanted, 0)
    for _ in range(rounds):
        swaps = np.triu(generator.random(before.shape) < 0.5, 1)
        swaps |= swaps.T
        one, two = np.where(swaps, after, before), np.where(swaps, before, after)
        for name in wanted:
            further[name] += abs(STATISTICS[name](two) - STATISTICS[name](one)) >= abs(real[name]) - 1e-12
    z = NormalDist().inv_cdf((1 + level) / 2)
    found = {}
    for name, difference in real.items():
        if np.isnan(difference):
            continue
        error = errors.get(name)
        low, high = (None, None) if error is None else (difference - z * error, difference + z * error)
        found[name] = Change(difference, error, low, high, (1 + further[name]) / (1 + rounds))
    return found
