"""The choice of what to hide that loses least, where a table is small enough to find it.

A mixed integer programme over the units, solved by HiGHS again and again: each solution is attacked, and what is found
becomes one more constraint, until nothing is found (Fischetti and Salazar 2001, section 4). Bounded by work, not by the
clock: the same figures give the same choice on every machine. What a search left unfinished gives away is answered in
`secondary_suppression`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.secondary_suppression import Figures, Hiding

_ROUNDS = 60  # solutions attacked
_HARD = 250  # steps of the simplex method for one solution, after which no better one is looked for
_NODES = 300  # of a search tree
_NOTHING = 1e-6

#: Units with their coefficients, whose sum over the hidden ones must be at least 0; the constant under None.
Constraint = Mapping[int | None, float]


def least_loss(figures: Figures, primary: Collection[int]) -> Hiding:
    """What to hide, `primary` included. It gives something away still where that cannot be helped, or the search was
    not finished."""
    from warehouse.secondary_suppression import Hiding

    programme, known = _Programme(figures, primary), set()
    state = Hiding(figures)
    state.hide(primary)
    for _ in range(_ROUNDS):
        found = {tuple(sorted(one.items(), key=str)): one for one in constraints(state)}
        new = [one for key, one in found.items() if key not in known]
        if not new:
            break
        known |= found.keys()
        for one in new:
            programme.add(one)
        if programme.is_hard or (chosen := programme.solve()) is None:
            break
        state = Hiding(figures)
        state.hide(chosen)
    return state


def constraints(state: Hiding) -> Iterator[Constraint]:
    """What a choice of units violates, as constraints every good choice meets; nothing for what no choice mends."""
    for number in sorted(state.leaking):
        yield from _of_a_line(state, number)
    for lack in state.lacks():
        if lack.gains:
            if sum(map(lack.gain_of, lack.gains)) >= lack.amount - _NOTHING:
                found = {unit: lack.gain_of(unit) for unit in sorted(lack.gains)}
                own = state.figures.units[lack.cell] if state.figures.units[lack.cell] >= 0 else None
                yield {**found, own: found.get(own, 0.0) - lack.amount}
        elif others := state.open_beside(lack.cell):
            yield _at_least_one(state, lack.cell, others)


def _of_a_line(state: Hiding, number: int) -> Iterator[Constraint]:
    figures, line = state.figures, state.figures.lines[number]
    unknown = [cell for cell in line.members if state.is_unknown(cell)]
    open_ = [cell for cell in line.members if not state.is_unknown(cell) and state.can_cover(cell)]
    if not open_:
        return
    if len(unknown) == 1:
        yield _at_least_one(state, unknown[0], {figures.units[cell] for cell in open_})
    if line.total not in unknown and 0 < sum(figures.values[cell] for cell in unknown) < line.least:
        largest = max(unknown, key=lambda cell: figures.values[cell])
        found: dict[int | None, float] = {figures.units[line.total]: line.least} if line.total in open_ else {}
        for cell in line.parts:
            unit = figures.units[cell] if figures.units[cell] >= 0 else None
            if unit is not None or cell in unknown:
                found[unit] = found.get(unit, 0.0) + min(figures.values[cell], line.least)
        unit = figures.units[largest] if figures.units[largest] >= 0 else None
        found[unit] = found.get(unit, 0.0) - line.least
        yield found


def _at_least_one(state: Hiding, cell: int, others: Collection[int]) -> Constraint:
    """One of the others is hidden wherever this cell is."""
    unit = state.figures.units[cell]
    return {unit if unit >= 0 else None: -1.0, **dict.fromkeys(sorted(others), 1.0)}


class _Programme:
    """Least total weight under the constraints so far; `primary` is hidden in every solution."""

    def __init__(self, figures: Figures, primary: Collection[int]) -> None:
        import highspy

        self.figures, self.primary = figures, set(primary)
        self.columns: dict[int, int] = {}
        self.is_hard = False
        self.solver = highspy.Highs()
        self.solver.silent()
        for option, value in (("threads", 1), ("mip_max_nodes", _NODES)):
            self.solver.setOptionValue(option, value)
        self.integer = highspy.HighsVarType.kInteger
        self.optimal = highspy.HighsModelStatus.kOptimal

    def solve(self) -> set[int] | None:
        self.solver.run()
        self.is_hard = self.solver.getInfo().simplex_iteration_count > _HARD
        if self.solver.getModelStatus() != self.optimal:
            return None
        values = self.solver.getSolution().col_value
        return self.primary | {unit for unit, column in self.columns.items() if values[column] > 0.5}

    def add(self, constraint: Constraint) -> None:
        import highspy

        constant = constraint.get(None, 0.0) + sum(constraint.get(unit, 0.0) for unit in self.primary)
        terms = {unit: rate for unit, rate in constraint.items() if unit is not None and unit not in self.primary}
        columns = [self._column(unit) for unit in terms]
        self.solver.addRow(-constant - 1e-7, highspy.kHighsInf, len(columns), columns, list(terms.values()))

    def _column(self, unit: int) -> int:
        import highspy

        if unit not in self.columns:
            self.columns[unit] = column = len(self.columns)
            locked = bool(self.figures.with_followers([unit]) & self.figures.locked)
            self.solver.addVar(0.0, 0.0 if locked else 1.0)
            self.solver.changeColCost(column, self.figures.weights[unit] + 1e-7 * unit / len(self.figures.weights))
            self.solver.changeColIntegrality(column, self.integer)
            for follower in self.figures.follows.get(unit, ()):
                if follower not in self.primary:
                    pair = [self._column(follower), column]
                    self.solver.addRow(0.0, highspy.kHighsInf, 2, pair, [1.0, -1.0])
        return self.columns[unit]
