"""The arithmetic of a composite index: values to scores between goalposts, scores to one number, and what each adds.

Plain numbers, one cell at a time, so that `explain` can tell a number apart without any heavy import. Which cells meet
and how sure an index is belongs to `indices`.

Scores, caps and means are those of the UNDP's technical notes (Human Development Report 2023/24, technical note 1):
(value - worst) / (best - worst), on logarithms for incomes, cut off at 0 and 1; the geometric mean there. Weights and
the choice of the mean follow the OECD and JRC Handbook on Constructing Composite Indicators (2008), steps 5 and 6. Its
other ways to normalise (z-scores, ranks, the data's own minimum and maximum) are left out on purpose: with them an
index moves because another place or year joined, though nothing happened here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from theory_of_change.model import Component, Index


@dataclass(frozen=True)
class Composed:
    """An index and its parts, in the order of the components; None where a component has no value. `slopes` are the
    derivatives of the index by each component's value, `beyond` says which were cut off at a goalpost."""

    value: float | None
    scores: tuple[float | None, ...]
    weights: tuple[float, ...]
    slopes: tuple[float, ...]
    beyond: tuple[bool, ...]

    @property
    def negative(self) -> tuple[bool, ...]:
        return tuple(score is not None and score < 0 for score in self.scores)


def composed(index: Index, values: Sequence[float | None]) -> Composed:
    """The index of one cell; without a value where too few components have one, or a geometric mean meets a negative
    number. The weights are those of the components that count, and add up to 1."""
    found = [(None, 0.0, False) if value is None else scored(one, value)
             for one, value in zip(index.of, values, strict=True)]  # fmt: skip
    scores, inner, beyond = (tuple(column) for column in zip(*found, strict=True))
    whole = sum(one.weight for one, score in zip(index.of, scores, strict=True) if score is not None)
    weights = tuple(one.weight / whole if score is not None else 0.0
                    for one, score in zip(index.of, scores, strict=True))  # fmt: skip
    nothing = Composed(None, scores, weights, (0.0,) * len(scores), beyond)
    counted = [(weight, score) for weight, score in zip(weights, scores, strict=True) if score is not None]
    if len(counted) < max(index.least, 1):
        return nothing
    if index.aggregate == "arithmetic":
        value = math.fsum(weight * score for weight, score in counted)
        outer: tuple[float, ...] = weights
    elif any(score < 0 for _, score in counted):
        return nothing
    else:
        value = 0.0 if any(score == 0 for _, score in counted) else math.exp(
            math.fsum(weight * math.log(score) for weight, score in counted))  # fmt: skip
        outer = tuple(weight * value / score if score else math.nan if score == 0 else 0.0
                      for weight, score in zip(weights, scores, strict=True))  # fmt: skip
    slopes = tuple(one * other for one, other in zip(outer, inner, strict=True))
    return Composed(value, scores, weights, slopes, beyond)


def scored(one: Component, value: float) -> tuple[float, float, bool]:
    """The score of a value between its goalposts, its derivative, and whether it was cut off at one of them."""
    if one.worst is None or one.best is None:
        return value, 1.0, False
    if one.scale == "log":
        reach = math.log(one.best) - math.log(one.worst)
        if value <= 0:
            return (0.0 if reach > 0 else 1.0), 0.0, True
        score, slope = (math.log(value) - math.log(one.worst)) / reach, 1 / (value * reach)
    else:
        reach = one.best - one.worst
        score, slope = (value - one.worst) / reach, 1 / reach
    if 0 <= score <= 1:
        return score, slope, False
    return min(max(score, 0.0), 1.0), 0.0, True


def shares(index: Index, cell: Composed) -> tuple[float | None, ...]:
    """What each component adds to the index, as a part of 1. Of an arithmetic mean its part of the value, of a
    geometric one its part of what is missing to 1, for there scores multiply."""
    if cell.value is None:
        return (None,) * len(cell.scores)
    if index.aggregate == "arithmetic":
        return tuple(None if score is None or not cell.value else weight * score / cell.value
                     for weight, score in zip(cell.weights, cell.scores, strict=True))  # fmt: skip
    if not index.has_goalposts or not 0 < cell.value < 1:
        return (None,) * len(cell.scores)
    return tuple(None if score is None else weight * math.log(score) / math.log(cell.value)
                 for weight, score in zip(cell.weights, cell.scores, strict=True))  # fmt: skip
