"""Which further cells must be hidden so that no hidden cell can be computed from those shown (secondary suppression).

Pure combinatorics on amounts that add up. What is too small in the first place, and what hiding does to a row, is said
in `disclosure`. The problem is that of Fischetti and Salazar (2001), "Solving the cell suppression problem on tabular
data with linear constraints"; their exact optimum is replaced by a greedy choice that is thinned out afterwards, while
the protection itself is checked exactly, by the rank of the sums an attacker knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

_THINNED_UP_TO = 200  # cells hidden beyond which giving some back is not worth the time
_DENSE_UP_TO = 250  # unknowns up to which all solutions are computed; beyond, a random one tells as much
_NOTHING = 1e-6  # a part of a solution this small is 0


@dataclass(frozen=True)
class Line:
    """A sum everybody knows: the amounts of cell `total` are those of `parts` together."""

    total: int
    parts: tuple[int, ...]

    @property
    def members(self) -> tuple[int, ...]:
        return (*self.parts, self.total)


def is_small(amounts: np.ndarray, least: float) -> bool:
    """Whether any of these amounts is above 0 and below `least`; those that are unknown (nan) are not."""
    return bool(((amounts > 1e-9) & (amounts < least - 1e-9)).any())


def protect_lines(
    amounts: np.ndarray, least: float, primary: Iterable[int], lines: Sequence[Line], locked: Collection[int] = ()
) -> set[int]:
    """Cells to hide: `primary` and as few others as the greedy choice finds, so that

    1. no line leaves exactly one of its cells hidden;
    2. where a line's total is shown, its hidden parts together are not small either: their sum can be read off;
    3. no hidden cell is determined by all lines together.

    `amounts` has a row for each cell: first its count, then whatever else adds up and may not be small. Cells in
    `locked` and cells that count 0 are never chosen: the ones cannot be hidden, the others protect nothing.
    Preference: hide parts before totals, as a total is what most readers come for; settle several lines at once, open
    none; hide the smaller count.
    """
    first = frozenset(primary)
    table = _Table(np.asarray(amounts, dtype=float), least, lines, frozenset(locked))
    for cell in sorted(first):
        table.hide(cell)
    table.cover()
    table.thin(first)
    return table.hidden


class _Table:
    """Cells, the lines through each of them, and what of each line is hidden so far. Lines go by their number."""

    def __init__(self, amounts: np.ndarray, least: float, lines: Sequence[Line], locked: frozenset[int]) -> None:
        self.amounts, self.least, self.lines, self.locked = amounts, least, lines, locked
        self.counts = amounts[:, 0]
        self.through: dict[int, list[int]] = defaultdict(list)
        for number, line in enumerate(lines):
            for cell in line.members:
                self.through[cell].append(number)
        self.hidden: set[int] = set()
        self.leaking: set[int] = set()
        self._parts = [0] * len(lines)
        self._totals = [0] * len(lines)
        self._sums = np.zeros((len(lines), amounts.shape[1]))
        self._known: dict[tuple[int, ...], list[int]] = {}

    def hide(self, cell: int) -> None:
        self.hidden.add(cell)
        self._count(cell, 1)

    def show(self, cell: int) -> None:
        self.hidden.discard(cell)
        self._count(cell, -1)

    def _count(self, cell: int, change: int) -> None:
        for number in self.through[cell]:
            if self.lines[number].total == cell:
                self._totals[number] += change
            else:
                self._parts[number] += change
                self._sums[number] += change * self.amounts[cell]
            leaks = self._leaks(number, self._parts[number], self._totals[number], self._sums[number])
            (self.leaking.add if leaks else self.leaking.discard)(number)

    def _leaks(self, number: int, parts: int, totals: int, sums: np.ndarray) -> bool:
        """True where a line alone, with so much of it hidden, gives a hidden cell or a small group away."""
        return parts + totals == 1 or (parts > 0 and not totals and is_small(sums, self.least))

    def _would_leak(self, number: int, cell: int) -> bool:
        if self.lines[number].total == cell:
            return self._leaks(number, self._parts[number], 1, self._sums[number])
        sums = self._sums[number] + self.amounts[cell]
        return self._leaks(number, self._parts[number] + 1, self._totals[number], sums)

    def cover(self) -> None:
        """Hide one cell after another until the three conditions hold, or nothing is left to hide."""
        helpless: set[int] = set()
        while True:
            if waiting := self.leaking - helpless:
                number = min(waiting)
                choice = self._best(self.lines[number].members)
                if choice is None:
                    helpless.add(number)
                else:
                    self.hide(choice)
            elif not self._hide_beside_solved():
                return

    def _hide_beside_solved(self) -> bool:
        """One more cell for each determined one: on its own lines, else on those of all cells it is solved with. False
        when none is determined, or nothing is left to hide."""
        found = False
        for group in self._components():
            for cell in self._solved_within(group):
                choice = self._best(self._beside([cell]))
                choice = self._best(self._beside(group)) if choice is None else choice
                if choice is not None:
                    self.hide(choice)
                    found = True
        return found

    def _beside(self, cells: Iterable[int]) -> list[int]:
        """Every cell that shares a line with one of these."""
        return sorted(
            {other for cell in cells for number in self.through[cell] for other in self.lines[number].members}
        )

    def _best(self, cells: Iterable[int]) -> int | None:
        candidates = [c for c in cells if c not in self.hidden and c not in self.locked and self.counts[c] > 0]

        def cost(cell: int) -> tuple[float, ...]:
            leaks = {number: self._would_leak(number, cell) for number in self.through[cell]}
            opened = sum(leaks[number] and number not in self.leaking for number in leaks)
            settled = sum(not leaks[number] and number in self.leaking for number in leaks)
            avoidable = any(self._could_hide_a_part(number, cell) for number in leaks if number in self.leaking)
            return (avoidable, opened - settled, self.counts[cell], cell)

        return min(candidates, key=cost, default=None)

    def _could_hide_a_part(self, number: int, total: int) -> bool:
        """Whether this line, of which `total` is the total, has a part left that could be hidden in its stead."""
        line = self.lines[number]
        return line.total == total and any(
            part not in self.hidden and part not in self.locked and self.counts[part] > 0 for part in line.parts
        )

    def thin(self, primary: frozenset[int]) -> None:
        """Give back, largest first, every cell whose hiding turned out not to be needed."""
        if len(self.hidden) > _THINNED_UP_TO or self.leaking or self._solved():
            return
        for cell in sorted(self.hidden - primary, key=lambda cell: (-self.counts[cell], cell)):
            self.show(cell)
            if self.leaking or self._solved():
                self.hide(cell)

    # -- what follows from all lines together ------------------------------------------------------------------------

    def _solved(self) -> list[int]:
        """Hidden cells whose amount follows from the lines and the cells shown."""
        return [cell for group in self._components() for cell in self._solved_within(group)]

    def _components(self) -> list[tuple[int, ...]]:
        """Hidden cells in groups that share lines: a sum tells nothing across groups."""
        waiting, groups = set(self.hidden), []
        for start in sorted(self.hidden):
            if start not in waiting:
                continue
            waiting.discard(start)
            group, frontier = [start], [start]
            while frontier:
                for number in self.through[frontier.pop()]:
                    near = [cell for cell in self.lines[number].members if cell in waiting]
                    waiting.difference_update(near)
                    group += near
                    frontier += near
            groups.append(tuple(sorted(group)))
        return groups

    def _solved_within(self, group: tuple[int, ...]) -> list[int]:
        """A cell is determined when every solution of the homogeneous system is 0 there."""
        if group not in self._known:
            place = {cell: number for number, cell in enumerate(group)}
            equations = {
                tuple(
                    sorted((place[cell], -1.0 if cell == line.total else 1.0) for cell in line.members if cell in place)
                )
                for line in (self.lines[number] for cell in group for number in self.through[cell])
            }
            freedom = _freedom(sorted(equations), len(group))
            self._known[group] = [cell for cell, free in zip(group, freedom, strict=True) if free < _NOTHING]
        return self._known[group]


def _freedom(equations: Sequence[tuple[tuple[int, float], ...]], unknowns: int) -> np.ndarray:
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
