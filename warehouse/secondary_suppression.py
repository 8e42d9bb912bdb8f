"""Which further figures must be hidden so that no hidden one can be computed from those shown (secondary suppression).

Here stands what is published together, as one system of sums, and what each choice of hidden figures gives away. What
an attacker can still conclude is worked out in `attack`, the choice that loses least in `least_loss`; what that leaves
open is answered here. What is too small in the first place is said by `together` and `disclosure`.

The problem is that of Fischetti and Salazar (2001), "Solving the cell suppression problem on tabular data with linear
constraints", with rows of a published table that hold several amounts (count, yes, no) and are hidden as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np

from warehouse.attack import ATTACKED_UP_TO, Shortfall, freedom, shortfalls

NEVER = -1  # an amount nobody publishes, but that others may give away
KNOWN = -2  # an amount everybody knows
NOTHING = 1e-6  # an amount this small is 0
_THINNED_UP_TO = 200  # units hidden beyond which giving some back is not worth the time
_STAGES = 12  # searches for the least loss, each on top of what the one before has chosen
_SEARCHED_UP_TO = 1500  # cells hanging together beyond which the parts of several tables are protected one by one
_SEARCHED_IN_ALL = 6000  # cells of a source beyond which no search for the least loss is made

Span = tuple[float, float]
ANY: Span = (0.0, float("inf"))


@dataclass(frozen=True)
class Line:
    """A sum everybody knows: the amount of cell `total` is that of `parts` together. Parts that can be read off as a
    whole, because the total is shown, must not come to more than 0 and less than `least`."""

    total: int
    parts: tuple[int, ...]
    least: float = 0.0

    @property
    def members(self) -> tuple[int, ...]:
        return (*self.parts, self.total)


@dataclass
class Figures:
    """What is published together. A cell is one amount; a unit is what is shown or hidden as one, mostly a row of a
    table. `reach` is the stretch an attacker must not be able to narrow down further, for amounts that are too small;
    `limits` is what everybody knows of an amount before the first number is published. A `pinned` cell must not be
    found exactly, whatever its size: while it is hidden it could be one more, for all anybody knows. Hiding a unit
    hides those in `follows`, too; `locked` ones cannot be hidden. `tables` names the table a unit is a row of."""

    values: list[float] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    reach: dict[int, Span] = field(default_factory=dict)
    limits: dict[int, Span] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    follows: dict[int, tuple[int, ...]] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    tables: dict[int, str] = field(default_factory=dict)

    def unit(self, weight: float = 1.0) -> int:
        self.weights.append(weight)
        return len(self.weights) - 1

    def cell(self, value: float, unit: int = NEVER, reach: Span | None = None, limits: Span = ANY,
             pinned: bool = False) -> int:  # fmt: skip
        place = len(self.values)
        self.values.append(value)
        self.units.append(unit)
        if reach is not None:
            self.reach[place] = reach
        if limits != ANY:
            self.limits[place] = limits
        if pinned:
            self.pinned.add(place)
        return place

    def with_followers(self, units: Iterable[int]) -> set[int]:
        found, waiting = set(), list(units)
        while waiting:
            if (unit := waiting.pop()) not in found:
                found.add(unit)
                waiting += self.follows.get(unit, ())
        return found

    def only(self, numbers: Iterable[int]) -> Figures:
        """The same units with the cells of these lines alone."""
        lines = [self.lines[number] for number in sorted(numbers)]
        cells = sorted({cell for line in lines for cell in line.members})
        place = {cell: number for number, cell in enumerate(cells)}
        return Figures(
            [self.values[cell] for cell in cells],
            [self.units[cell] for cell in cells],
            {place[cell]: self.reach[cell] for cell in cells if cell in self.reach},
            {place[cell]: self.limits[cell] for cell in cells if cell in self.limits},
            {place[cell] for cell in cells if cell in self.pinned},
            [Line(place[line.total], tuple(place[part] for part in line.parts), line.least) for line in lines],
            self.weights, self.follows, self.locked, self.tables,
        )  # fmt: skip

    def by_table(self) -> list[list[int]]:
        """Numbers of the lines within each table; what several tables share belongs to each of them."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            rows = [self.with_followers([self.units[cell]]) for cell in line.members if self.units[cell] >= 0]
            names = [{self.tables[unit] for unit in units if unit in self.tables} for units in rows]
            for name in set.intersection(*names) if names else ():
                found[name].append(number)
        return [found[name] for name in sorted(found)]

    def apart(self) -> list[list[int]]:
        """Numbers of the lines that hang together, by cells or by units; nothing is told from one group to another."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        units, cells = len(self.weights), len(self.values)
        pairs = [(units + cell, unit) for cell, unit in enumerate(self.units) if unit >= 0]
        pairs += [(unit, other) for unit, others in self.follows.items() for other in others]
        pairs += [(units + line.total, units + part) for line in self.lines for part in line.parts]
        ends = np.array(pairs, dtype=int).reshape(-1, 2).T
        links = coo_array((np.ones(len(pairs)), (ends[0], ends[1])), shape=(units + cells, units + cells))
        _, group = connected_components(links, directed=False)
        found: dict[int, list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            found[group[units + line.total]].append(number)
        return list(found.values())

    def burden(self, unit: int) -> float:
        """What is lost by hiding a unit, with all that goes with it."""
        return sum(self.weights[one] for one in self.with_followers([unit]))

    @cached_property
    def cells_of(self) -> Mapping[int, tuple[int, ...]]:
        found: dict[int, list[int]] = defaultdict(list)
        for cell, unit in enumerate(self.units):
            found[unit].append(cell)
        return {unit: tuple(cells) for unit, cells in found.items()}

    @cached_property
    def through(self) -> Mapping[int, tuple[int, ...]]:
        """Numbers of the lines through each cell."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            for cell in line.members:
                found[cell].append(number)
        return {cell: tuple(numbers) for cell, numbers in found.items()}

    def sign(self, number: int, cell: int) -> float:
        return -1.0 if self.lines[number].total == cell else 1.0


def small(amount: float, least: float) -> bool:
    """Whether an amount is above 0 and below `least`."""
    return NOTHING < amount < least - NOTHING


def hidden_units(figures: Figures, first: Collection[int] = ()) -> set[int]:
    """Units to hide: `first`, those with a cell that is too small, and as few others as can be found, so that

    1. no line leaves exactly one of its cells unknown;
    2. where a line's total is shown, its hidden parts together are not too small either: their sum can be read off;
    3. no pinned cell is determined by all lines together;
    4. of no amount that is too small is more to be found out than its `reach`, all lines and limits together.

    Small systems get the choice that loses least (the sum of weights), larger ones a good one: see `least_loss`. Where
    very much hangs together, 4 holds for whoever takes the lines of each table together, not those of all tables at
    once, and nothing beyond ATTACKED_UP_TO unknown cells.
    """
    primary = {figures.units[cell] for cell in figures.reach if figures.units[cell] >= 0} | set(first)
    primary = figures.with_followers(primary) - figures.locked
    never = [cell for cell in figures.reach if figures.units[cell] == NEVER]
    if not primary and not never:
        return set()
    hidden, searches = set(primary), len(figures.values) <= _SEARCHED_IN_ALL
    for numbers in figures.apart():
        part = figures.only(numbers)
        if part.reach or not primary.isdisjoint(part.units):
            tables = part.by_table() if len(part.values) > _SEARCHED_UP_TO or not searches else []
            if len(tables) > 1 or not searches:
                hidden |= _one_by_one(part, primary, tables)
            else:
                hidden |= _completed(part, primary).hidden
    return hidden


def _one_by_one(figures: Figures, primary: Collection[int], tables: Sequence[Sequence[int]]) -> set[int]:
    """One table after the other, until none has to hide more for what others hide; then what only all lines show."""
    hidden, parts = set(primary), [figures.only(numbers) for numbers in tables]
    units = [set(part.units) - {NEVER, KNOWN} for part in parts]
    known: list[set[int] | None] = [None] * len(parts)
    while any(found != hidden & own for found, own in zip(known, units, strict=True)):
        for at, part in enumerate(parts):
            if known[at] != hidden & units[at]:
                state = Hiding(part)
                state.hide(hidden)
                state.cover()
                state.thin(hidden)
                hidden |= state.hidden
                known[at] = hidden & units[at]
    if len(parts) == 1:
        return hidden
    state = Hiding(figures, attacked_up_to=0)
    state.hide(hidden)
    state.cover()
    return state.hidden


def _completed(figures: Figures, primary: Collection[int]) -> Hiding:
    from warehouse.least_loss import least_loss

    state, before = least_loss(figures, primary), set(primary)
    for _ in range(_STAGES):  # where the search was too hard, what it chose stays, and the rest is searched anew
        if state.hidden == before or not (state.leaking or state.lacks()):
            break
        before = set(state.hidden)
        state = least_loss(figures, before)
    state.cover()
    state.thin(primary)
    return state


class Hiding:
    """Which units are hidden so far, and what of each line is unknown for it. Lines go by their number."""

    def __init__(self, figures: Figures, attacked_up_to: int = ATTACKED_UP_TO) -> None:
        self.figures, self.attacked_up_to = figures, attacked_up_to
        self.values = np.asarray(figures.values, dtype=float)
        self.hidden: set[int] = set()
        self.leaking: set[int] = set()
        self._parts = [0] * len(figures.lines)
        self._totals = [0] * len(figures.lines)
        self._sums = [0.0] * len(figures.lines)
        self._judged: dict[tuple[int, ...], list[Shortfall]] = {}
        self._count(figures.cells_of.get(NEVER, ()), 1)

    def hide(self, units: Iterable[int]) -> None:
        new = self.figures.with_followers(units) - self.hidden
        self.hidden |= new
        self._count([cell for unit in new for cell in self.figures.cells_of.get(unit, ())], 1)

    def show(self, units: Iterable[int]) -> None:
        gone = set(units) & self.hidden
        self.hidden -= gone
        self._count([cell for unit in gone for cell in self.figures.cells_of.get(unit, ())], -1)

    def is_unknown(self, cell: int) -> bool:
        unit = self.figures.units[cell]
        return unit == NEVER or unit in self.hidden

    def _count(self, cells: Iterable[int], change: int) -> None:
        touched = set()
        for cell in cells:
            for number in self.figures.through.get(cell, ()):
                touched.add(number)
                if self.figures.lines[number].total == cell:
                    self._totals[number] += change
                else:
                    self._parts[number] += change
                    self._sums[number] += change * self.values[cell]
        for number in touched:
            leaks = self._leaks(number, self._parts[number], self._totals[number], self._sums[number])
            (self.leaking.add if leaks else self.leaking.discard)(number)

    def _leaks(self, number: int, parts: int, totals: int, sums: float, more: int | None = None) -> bool:
        """True where a line alone, with so much of it unknown, gives away what must not be found."""
        line = self.figures.lines[number]
        if parts > 0 and not totals and small(sums, line.least):
            return True
        if parts + totals != 1:
            return False
        alone = next(cell for cell in line.members if cell == more or self.is_unknown(cell))
        return alone in self.figures.reach or alone in self.figures.pinned

    def _would_leak(self, number: int, cell: int) -> bool:
        if self.figures.lines[number].total == cell:
            return self._leaks(number, self._parts[number], self._totals[number] + 1, self._sums[number], cell)
        sums = self._sums[number] + self.values[cell]
        return self._leaks(number, self._parts[number] + 1, self._totals[number], sums, cell)

    # -- a choice for every table ------------------------------------------------------------------------------------

    def cover(self) -> None:
        """Hide one unit after another until nothing is given away, or nothing is left to hide."""
        helpless: set[int] = set()
        while True:
            if waiting := self.leaking - helpless:
                number = min(waiting)
                choice = self._best(self.figures.lines[number].members)
                if choice is None:
                    helpless.add(number)
                else:
                    self.hide([choice])
            elif not self._answer_attack():
                return

    def _answer_attack(self) -> bool:
        """Hide what answers all that is found out just now, the units first that help most for what they cost. False
        when nothing is found, or nothing is left to hide."""
        lacks = self.lacks()
        missing = {at: lack.amount - sum(map(lack.gain_of, lack.gains.keys() & self.hidden))
                   for at, lack in enumerate(lacks) if lack.gains}  # fmt: skip
        helped: dict[int, list[int]] = defaultdict(list)
        for at in missing:
            for unit in lacks[at].gains:
                if self._may_hide(unit):
                    helped[unit].append(at)

        def worth(unit: int) -> float:
            open_ = [at for at in helped[unit] if missing[at] > NOTHING]
            helps = sum(min(lacks[at].gain_of(unit), missing[at]) / lacks[at].amount for at in open_)
            return helps / self.figures.burden(unit)

        waiting = [(-worth(unit), unit) for unit in sorted(helped)]
        heapify(waiting)
        before = set(self.hidden)
        while waiting:
            _, unit = heappop(waiting)
            now = worth(unit)
            if now <= NOTHING or unit in self.hidden:
                continue
            if waiting and -now > waiting[0][0]:
                heappush(waiting, (-now, unit))
                continue
            new = self.figures.with_followers([unit]) - self.hidden
            self.hide([unit])
            for one in new:
                for at in helped.get(one, ()):
                    missing[at] -= lacks[at].gain_of(one)
        for lack in lacks:
            if not lack.gains:
                beside = self._beside([lack.cell])
                is_answered = any((unit := self.figures.units[cell]) in self.hidden and unit not in before
                                  for cell in beside)  # fmt: skip
                choice = None if is_answered else self._best(beside)
                if choice is not None:
                    self.hide([choice])
        return len(self.hidden) > len(before)

    def _may_hide(self, unit: int) -> bool:
        return unit >= 0 and unit not in self.hidden and not self.figures.with_followers([unit]) & self.figures.locked

    def can_cover(self, cell: int) -> bool:
        return self.values[cell] > NOTHING and self._may_hide(self.figures.units[cell])

    def _beside(self, cells: Iterable[int]) -> list[int]:
        """Every cell that shares a line with one of these."""
        through = self.figures.through
        return sorted(
            {
                other
                for cell in cells
                for number in through.get(cell, ())
                for other in self.figures.lines[number].members
            }
        )

    def open_beside(self, cell: int) -> set[int]:
        """Units that could be hidden beside the whole group a cell hangs together with."""
        group = next(group for group in self.components() if cell in group)
        return {self.figures.units[other] for other in self._beside(group) if self.can_cover(other)}

    def _best(self, cells: Iterable[int]) -> int | None:
        """The unit that costs least, with the lines it settles and those it opens."""
        figures = self.figures
        open_ = {figures.units[cell]: cell for cell in cells if self.can_cover(cell)}

        def cost(unit: int) -> tuple[float, ...]:
            lines = [(number, cell) for cell in figures.cells_of[unit] for number in figures.through.get(cell, ())]
            leaks = {number: self._would_leak(number, cell) for number, cell in lines}
            opened = sum(leaks[number] and number not in self.leaking for number in leaks)
            settled = sum(not leaks[number] and number in self.leaking for number in leaks)
            return (figures.burden(unit) + opened - settled, self.values[open_[unit]], unit)

        return min(open_, key=cost, default=None)

    def thin(self, primary: Collection[int]) -> None:
        """Give back, heaviest first, every unit whose hiding turned out not to be needed."""
        if len(self.hidden) > _THINNED_UP_TO or self.leaking or self.lacks():
            return
        leaders: dict[int, set[int]] = defaultdict(set)
        for unit, followers in self.figures.follows.items():
            for follower in followers:
                leaders[follower].add(unit)
        for unit in sorted(self.hidden - set(primary), key=lambda unit: (-self.figures.burden(unit), unit)):
            if unit not in self.hidden or leaders[unit] & self.hidden:
                continue
            free = self.hidden - set(primary)
            followers = self.figures.follows.get(unit, ())
            given = {unit, *(one for one in followers if one in free and leaders[one] & self.hidden == {unit})}
            self.show(given)
            if self.leaking or self.lacks():
                self.hide(given)

    # -- what follows from all lines together ------------------------------------------------------------------------

    def lacks(self) -> list[Shortfall]:
        return [lack for group in self.components() for lack in self.judged(group)]

    def judged(self, group: tuple[int, ...]) -> list[Shortfall]:
        """What an attacker finds out about a group of cells beyond what may be known."""
        if group not in self._judged:
            if len(group) <= self.attacked_up_to:
                lacks = shortfalls(self.figures, group)
            else:
                lacks = [Shortfall(cell, 0.0, {}) for cell in determined(self.figures, group)]
            self._judged[group] = lacks
        return self._judged[group]

    def components(self) -> list[tuple[int, ...]]:
        """Unknown cells in groups that share lines: a sum tells nothing across groups. Groups without anything to
        protect are left out."""
        figures = self.figures
        through = figures.through
        unknown = [
            *figures.cells_of.get(NEVER, ()),
            *(c for unit in self.hidden for c in figures.cells_of.get(unit, ())),
        ]
        waiting, groups = set(unknown), []
        for start in sorted(unknown):
            if start not in waiting or (start not in figures.reach and start not in figures.pinned):
                continue
            waiting.discard(start)
            group, frontier = [start], [start]
            while frontier:
                for number in through.get(frontier.pop(), ()):
                    near = [cell for cell in figures.lines[number].members if cell in waiting]
                    waiting.difference_update(near)
                    group += near
                    frontier += near
            groups.append(tuple(sorted(group)))
        return groups


def determined(figures: Figures, group: Sequence[int]) -> list[int]:
    """Cells of the group that must not be found and are: every solution of the homogeneous system is 0 there."""
    place = {cell: number for number, cell in enumerate(group)}
    numbers = {number for cell in group for number in figures.through.get(cell, ())}
    equations = {
        tuple(sorted((place[c], figures.sign(number, c)) for c in figures.lines[number].members if c in place))
        for number in numbers
    }
    free = freedom(sorted(equations), len(group))
    return [c for c, far in zip(group, free, strict=True)
            if far < NOTHING and (c in figures.pinned or c in figures.reach)]  # fmt: skip
