"""What can be found out about hidden amounts: the attacker who takes every published sum together.

Between which bounds does an amount lie, when amounts are not negative and every sum holds (Fischetti and Salazar 2001,
section 2)? That is a linear programme, solved by HiGHS. Where too much hangs together for it: is the amount determined
at all? Which amounts need protection, and how much, is said by who calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from warehouse.secondary_suppression import Figures

#: Hidden cells hanging together up to which their bounds are worked out; beyond, only whether they are determined.
ATTACKED_UP_TO = 4000
_AT_ONCE = 40  # cells told at once of which too much is found out
_DENSE_UP_TO = 250  # unknowns up to which all solutions are computed; beyond, a random one tells as much
_NOTHING = 1e-6


@dataclass(frozen=True)
class Shortfall:
    """A cell of which more is found out than may be, and what it takes: hidden units whose `gains` together come to
    `amount`. No gains: it is determined, and something beside it has to be hidden."""

    cell: int
    amount: float
    gains: Mapping[int, float]

    def gain_of(self, unit: int) -> float:
        return min(self.gains[unit], self.amount)


def shortfalls(figures: Figures, group: Sequence[int]) -> list[Shortfall]:
    """Cells of the group whose bounds are narrower than their `reach`, or that are `pinned` and found; `group` is
    everything unknown that hangs together."""
    attack = Attack(figures, group)
    attack.exchange()
    found = []
    for cell in group:
        reach = figures.reach.get(cell)
        if reach is None and cell in figures.pinned:
            reach = (figures.values[cell], figures.values[cell] + 1.0)
        if reach is not None and len(found) < _AT_ONCE:
            lacks = (attack.lack(cell, 1.0, reach[1]), attack.lack(cell, -1.0, reach[0]))
            found += [lack for lack in lacks if lack is not None]
    return found


class Attack:
    """The linear programme of a group of unknown cells. Its variables are the distances from the true amounts, so that
    0 is always a solution; every solution found is kept as proof of how far each cell can go."""

    def __init__(self, figures: Figures, group: Sequence[int]) -> None:
        self.figures, self.group = figures, group
        self.place = {cell: number for number, cell in enumerate(group)}
        self.values = np.array([figures.values[cell] for cell in group])
        known = [figures.limits.get(cell, (0.0, np.inf)) for cell in group]
        reaches = [abs(edge) for cell in group for edge in figures.reach.get(cell, (0.0, 0.0))]
        far = 10 * (float(np.abs(self.values).sum()) + max(reaches, default=0.0) + 1)
        self.low = np.maximum(np.array([low for low, _ in known]) - self.values, -far)
        self.high = np.minimum(np.array([high for _, high in known]) - self.values, far)
        self.low, self.high = np.minimum(self.low, 0.0), np.maximum(self.high, 0.0)
        self.numbers = sorted({number for cell in group for number in figures.through.get(cell, ())})
        self.up, self.down = np.zeros(len(group)), np.zeros(len(group))
        self._solver = None

    def exchange(self) -> None:
        """What follows without a programme: cells on the same lines can take from each other."""
        alike: dict[tuple, list[int]] = {}
        for cell in self.group:
            lines = tuple((number, self.figures.sign(number, cell)) for number in self.figures.through.get(cell, ()))
            alike.setdefault(lines, []).append(self.place[cell])
        for places in alike.values():
            down, up = -self.low[places].sum(), self.high[places].sum()
            for at in places:
                self.up[at] = max(self.up[at], min(self.high[at], down + self.low[at]))
                self.down[at] = min(self.down[at], -min(-self.low[at], up - self.high[at]))

    def lack(self, cell: int, side: float, edge: float) -> Shortfall | None:
        """What is missing for a cell to go up (`side` 1) or down (-1) to `edge`."""
        at = self.place[cell]
        need = min(side * (edge - self.values[at]), side * (self.high if side > 0 else self.low)[at])
        if need <= _NOTHING or self._reached(at, side) >= need - _NOTHING:
            return None
        duals = self._solve(at, side)
        reached = self._reached(at, side)
        if reached >= need - _NOTHING:
            return None
        return self._shortfall(cell, side, need, duals)

    def bounds(self, cell: int) -> tuple[float, float]:
        """Between which amounts a cell lies, for all the attacker knows."""
        at = self.place[cell]
        self._solve(at, 1.0)
        self._solve(at, -1.0)
        return self.values[at] + self.down[at], self.values[at] + self.up[at]

    def _reached(self, at: int, side: float) -> float:
        return self.up[at] if side > 0 else -self.down[at]

    def _solve(self, at: int, side: float) -> np.ndarray:
        """The solution in which a cell goes furthest; returns what each line contributes to stopping it."""
        solver = self._solver = self._solver or self._programme()
        solver.changeColCost(at, -side)
        solver.run()
        solution = solver.getSolution()
        solver.changeColCost(at, 0.0)
        found = np.clip(np.array(solution.col_value), self.low, self.high)
        self.up, self.down = np.maximum(self.up, found), np.minimum(self.down, found)
        return np.array(solution.row_dual)

    def _programme(self):
        import highspy

        starts, places, signs = [0], [], []
        for number in self.numbers:
            for cell in self.figures.lines[number].members:
                if cell in self.place:
                    places.append(self.place[cell])
                    signs.append(self.figures.sign(number, cell))
            starts.append(len(places))
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(self.group), len(self.numbers)
        programme.col_cost_ = np.zeros(len(self.group))
        programme.col_lower_, programme.col_upper_ = self.low, self.high
        programme.row_lower_ = programme.row_upper_ = np.zeros(len(self.numbers))
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        programme.a_matrix_.index_ = np.array(places, dtype=np.int32)
        programme.a_matrix_.value_ = np.array(signs)
        solver = highspy.Highs()
        solver.silent()
        for option, value in (("presolve", "off"), ("threads", 1), ("solver", "simplex")):
            solver.setOptionValue(option, value)
        solver.passModel(programme)
        return solver

    def _shortfall(self, cell: int, side: float, need: float, duals: np.ndarray) -> Shortfall:
        """The capacity constraint of Fischetti and Salazar: with these multipliers of the lines, no cell's hiding lets
        `cell` go further than its gain, whatever else is hidden; what nobody publishes counts as hidden."""
        pull = {cell: side}
        for number, dual in zip(self.numbers, duals, strict=True):
            if abs(dual) > _NOTHING:
                for other in self.figures.lines[number].members:
                    pull[other] = pull.get(other, 0.0) + dual * self.figures.sign(number, other)
        gains: dict[int, float] = {}
        for other, rate in pull.items():
            unit, at = self.figures.units[other], self.place.get(other)
            if abs(rate) <= _NOTHING or (unit < 0 and at is None):
                continue
            low, high = (self.low[at], self.high[at]) if at is not None else self._room(other)
            room = high if rate > 0 else -low
            if unit < 0:
                need -= abs(rate) * room
            elif room > _NOTHING:
                gains[unit] = gains.get(unit, 0.0) + abs(rate) * room
        return Shortfall(cell, need, gains)

    def _room(self, cell: int) -> tuple[float, float]:
        low, high = self.figures.limits.get(cell, (0.0, np.inf))
        return low - self.figures.values[cell], high - self.figures.values[cell]


def freedom(equations: Sequence[tuple[tuple[int, float], ...]], unknowns: int) -> np.ndarray:
    """How far each unknown can move while every equation stays 0; 0 for those that cannot.

    Few unknowns: the largest entry over an orthonormal basis of the null space. Many: the entry of one random vector
    projected onto it, which is 0 for a free unknown with probability 0.
    """
    if not equations:
        return np.ones(unknowns)
    rows = [number for number, equation in enumerate(equations) for _ in equation]
    columns = [place for equation in equations for place, _ in equation]
    signs = [sign for equation in equations for _, sign in equation]
    if unknowns <= _DENSE_UP_TO:
        matrix = np.zeros((len(equations), unknowns))
        np.add.at(matrix, (rows, columns), signs)
        _, sizes, directions = np.linalg.svd(matrix)
        rank = int((sizes > 1e-9 * sizes[0]).sum())
        return np.abs(directions[rank:]).max(axis=0, initial=0.0)
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import lsmr

    matrix = coo_array((signs, (rows, columns)), shape=(len(equations), unknowns)).tocsr()
    start = np.random.default_rng(0).uniform(1, 2, unknowns) * np.random.default_rng(1).choice([-1, 1], unknowns)
    nearest = lsmr(matrix.T, start, atol=1e-13, btol=1e-13, conlim=0, maxiter=20 * unknowns)[0]
    return np.abs(start - matrix.T @ nearest)
