"""What is published together of one source, as one system of sums: the figures an attacker starts from.

Counts, the yes and no of shares, different things counted, money; how they add up, which indicators count the same rows
and which a part of another's; what earlier publications showed. Which of it is too small is decided here, by the
rules of `disclosure`; what else must be hidden, in `secondary_suppression`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from math import isnan
from typing import TYPE_CHECKING, Protocol

from warehouse.adding_up import sums_of
from warehouse.secondary_suppression import NEVER, Figures, Line, hidden_units, small

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.disclosure import About

Place = tuple[str, str, str]  # period, dimension, category
_HALF = 0.5  # a row: counts closer than this are the same
#: What a row costs that goes on showing its last published number, against one that is hidden.
_HELD = 0.1
_SPREAD = 0.4  # how much of a row's cost may depend on how many people stand behind it


class Rules(Protocol):
    def least(self, indicator: str) -> int: ...
    def least_of(self, source: str) -> int: ...
    def of(self, indicator: str) -> About: ...
    def source(self, indicator: str) -> str: ...
    def adds_up(self, indicator: str) -> bool: ...


@dataclass(frozen=True)
class Largest:
    """A sum of money and its two largest contributions, each added up by who contributed. `amount` says what is added
    up, `percent` how closely the second largest may come to know the first (the p of the p% rule)."""

    amount: str
    percent: float
    total: float
    first: float
    second: float

    @property
    def lack(self) -> float:
        """How much the rest is short of keeping the largest contribution unknown to within `percent` of it, for the
        second largest contributor (p% rule: Hundepool and others 2012, Statistical Disclosure Control, section 4.2.2);
        0 or less where it is not short."""
        return self.percent / 100 * self.first - (self.total - self.first - self.second)


@dataclass(frozen=True)
class Before:
    """What was last published of a row: the count it rested on, and whether it was shown."""

    n: float
    is_shown: bool


@dataclass(frozen=True)
class Beside:
    """What is known besides the numbers: the largest contributions by row and part, the last publication by row, and
    whether a row that has changed little goes on showing its last numbers (`holds`)."""

    largest: Mapping[tuple[int, str], Largest] = field(default_factory=dict)
    before: Mapping[int, Before] = field(default_factory=dict)
    holds: bool = True


@dataclass(frozen=True)
class Decision:
    """Rows that do not show today's numbers; of these, the rows that may go on showing those published last."""

    hidden: set[int]
    may_stay: set[int]


def decide(frame: pd.DataFrame, rules: Rules, beside: Beside | None = None) -> Decision:
    """For estimates of any indicators, by the row labels of `frame`; formulas and milestones are left out."""
    hidden: set[int] = set()
    may_stay: set[int] = set()
    names = [name for name in frame["indicator_id"].unique() if rules.adds_up(name)]
    for source in sorted({rules.source(name) for name in names}):
        own = [name for name in names if rules.source(name) == source]
        found = _Source(frame[frame["indicator_id"].isin(own)], rules, source, beside or Beside()).decide()
        hidden |= found.hidden
        may_stay |= found.may_stay
    return Decision(hidden, may_stay)


class _Source:
    """The figures of one source being put together."""

    def __init__(self, frame: pd.DataFrame, rules: Rules, source: str, beside: Beside) -> None:
        self.rules, self.beside, self.usual = rules, beside, rules.least_of(source)
        numbers = {name: frame[name].astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
                   for name in ("n", "numerator", "denominator", "value")}  # fmt: skip
        used = numbers["n"] == numbers["n"]
        self.rows = [int(row) for row, is_used in zip(frame.index, used, strict=True) if is_used]
        self.numbers = {
            name: dict(zip(self.rows, column[used].tolist(), strict=True)) for name, column in numbers.items()
        }
        self.n = self.numbers["n"]
        keys = frame.loc[self.rows, ["indicator_id", "period", "dimension", "category"]]
        named = list(keys.itertuples(index=False, name=None))
        self.name = {row: one[0] for row, one in zip(self.rows, named, strict=True)}
        self.place: dict[int, Place] = {row: one[1:] for row, one in zip(self.rows, named, strict=True)}
        self.sums: dict[str, list[tuple[int, tuple[int, ...]]]] = {}
        for name, own in frame.loc[self.rows].groupby("indicator_id", sort=True):
            sums = sums_of(own.assign(n=own["n"].astype(float)), rules.of(str(name)).repeats_last)
            self.sums[str(name)] = [
                (total, tuple(part for part in parts if self.n[part] > 0))
                for total, parts in dict.fromkeys(sums)
                if self.n[total] - sum(self.n[part] for part in parts) > -_HALF
            ]
        self.figures = Figures()
        self.first: set[int] = set()
        self.unit: dict[int, int] = {}
        self.small: set[int] = set()  # rows that are too small themselves
        self.lines: set[tuple] = set()

    def decide(self) -> Decision:
        if self.usual <= 1 and all(self.rules.least(name) <= 1 for name in self.sums):
            return Decision(set(), set())
        self._weigh()
        counts = self._shared(self._joined(), self._counts)
        self._add_up(counts, self.usual, pinned=True)
        self._stricter()
        self._answers(counts)
        self._different()
        self._money()
        self._parts_of_others(counts)
        self._earlier(counts)
        units = hidden_units(self.figures, self.first)
        hidden = {row for row, unit in self.unit.items() if unit in units}
        may_stay = {row for row in hidden - self.small if self._is_held(row)}
        return Decision(hidden, may_stay)

    # -- units and cells ---------------------------------------------------------------------------------------------

    def _weigh(self) -> None:
        """Every row with a count is a unit. A row costs one, one more for each breakdown or year it is the whole of,
        as a whole is what most readers come for, and a little for the people behind it."""
        wholes: dict[int, int] = defaultdict(int)
        for sums in self.sums.values():
            for total, _ in sums:
                wholes[total] += 1
        most = max((self.n[row] for row in self.rows), default=0.0) or 1.0
        for row in self.rows:
            if self.n[row] > 0:
                weight = 1.0 + wholes[row] + _SPREAD * self.n[row] / most
                self.unit[row] = self.figures.unit(weight * (_HELD if self._is_held(row) else 1.0))
                self.figures.tables[self.unit[row]] = self.name[row]

    def _is_held(self, row: int) -> bool:
        before = self.beside.before.get(row) if self.beside.holds else None
        return before is not None and before.is_shown and _HALF < abs(self.n[row] - before.n) < self._least(row) - _HALF

    def _least(self, row: int) -> int:
        return self.rules.least(self.name[row])

    def _shared(self, rows: Iterable[int], key: Callable[[int], tuple]) -> dict[int, int]:
        """One cell for the rows that show the same amount: to hide it, all of them are hidden. The cell by row."""
        together: dict[tuple, list[int]] = defaultdict(list)
        for row in rows:
            together[key(row)].append(row)
        cells: dict[int, int] = {}
        for members in together.values():
            value = key(members[0])[-1]
            unit = self.unit[members[0]] if len(members) == 1 else self.figures.unit(0.0)
            if len(members) > 1:
                self.figures.follows[unit] = tuple(self.unit[row] for row in members)
            cell = self.figures.cell(value, unit)
            cells |= dict.fromkeys(members, cell)
        return cells

    def _joined(self) -> list[int]:
        """Rows whose count is judged by the source's own smallest group."""
        return [row for row in self.unit if self.usual > 1 and self._least(row) >= self.usual]

    def _counts(self, row: int) -> tuple:
        """Indicators that mostly count the same rows are taken to do so in a cell where their counts are the same."""
        return (self.alike[self.name[row]], *self.place[row], self.n[row])

    @cached_property
    def alike(self) -> dict[str, int]:
        """Indicators by group: in one are those whose counts are the same in at least half of the cells large enough to
        be shown, directly or through others. Where many leave questions out, equal counts are mere chance: to take them
        for the same rows would tie all indicators of a questionnaire together and hide nearly everything."""
        import numpy as np
        from scipy.sparse.csgraph import connected_components

        names, places = list(self.sums), list(dict.fromkeys(self.place.values()))
        at, where = ({one: number for number, one in enumerate(many)} for many in (names, places))
        counts = np.full((len(names), len(places)), np.nan)
        for row in self.rows:
            if self.n[row] >= max(self.usual, 1):
                counts[at[self.name[row]], where[self.place[row]]] = self.n[row]
        links = np.zeros((len(names), len(names)), dtype=bool)
        for number, own in enumerate(counts):
            both = (~np.isnan(own) & ~np.isnan(counts)).sum(axis=1)
            links[number] = (own == counts).sum(axis=1) * 2 >= np.maximum(both, 1)
        return dict(zip(names, connected_components(links, directed=False)[1].tolist(), strict=True))

    def _too_small(self, row: int, cell: int, value: float, least: float, scale: float = 1.0) -> None:
        if small(value, least):
            self.figures.reach[cell] = (min(1.0, value) * scale, max(least - 1.0, value) * scale)
            if row >= 0:
                self.small.add(row)

    def _add_up(self, cells: Mapping[int, int], least: float, pinned: bool = False, scale: Mapping[int, float] | None =
                None, judged: bool = True) -> None:  # fmt: skip
        """The lines of a layer of cells. Rows of a whole that are in none of its parts are one more part, never
        published: too small, it has to stay unknown. Otherwise everybody knows that of the whole of all, whose note
        tells it, and nobody that of a group, unless it follows from the rest."""
        if pinned:
            self.figures.pinned |= set(cells.values())
            for row, cell in cells.items():
                self._too_small(row, cell, self.n[row], least)
        for sums in self.sums.values():
            for total, parts in sums:
                if total not in cells or any(part not in cells for part in parts):
                    continue
                members = [cells[part] for part in parts]
                if (key := (cells[total], frozenset(members))) in self.lines:
                    continue
                self.lines.add(key)
                one = scale[total] if scale else 1.0
                rest = self.figures.values[cells[total]] - sum(self.figures.values[member] for member in members)
                is_small = judged and small(rest / one, least)
                lacks = self.n[total] - sum(self.n[part] for part in parts) > _HALF
                if lacks and (is_small or not self._is_all(total)):
                    members.append(self.figures.cell(rest))
                    if is_small:
                        self._too_small(-1, members[-1], rest / one, least, one)
                self.figures.lines.append(Line(cells[total], tuple(members), least * one if judged else 0.0))

    def _is_all(self, row: int) -> bool:
        return self.place[row][1] == "all"

    def _own(self, rows: Mapping[int, float]) -> dict[int, int]:
        return {row: self.figures.cell(value, self.unit[row]) for row, value in rows.items()}

    # -- what may be too small ---------------------------------------------------------------------------------------

    def _stricter(self) -> None:
        """Counts of indicators with a smallest group of their own."""
        for name in self.sums:
            if (least := self.rules.least(name)) > 1 and least != self.usual:
                rows = {row: self.n[row] for row in self.unit if self.name[row] == name}
                self._add_up(self._own(rows), least, pinned=True)

    def _answers(self, counts: Mapping[int, int]) -> None:
        """The yes and the no of shares. Where weights make them unknown, they are expected numbers, and what adds up
        are weights."""
        for name in self.sums:
            least = self.rules.least(name)
            if self.rules.of(name).kind != "share" or least <= 1:
                continue
            value = self.numbers["value"]
            rows = [row for row in self.unit if self.name[row] == name and not isnan(value[row])]
            base, yes, scale = {}, {}, {}
            for row in rows:
                n, bottom, top = self.n[row], self.numbers["denominator"][row], self.numbers["numerator"][row]
                if not bottom > 0:
                    bottom, top = n, n * value[row]
                base[row], yes[row], scale[row] = bottom, top, bottom / n
            yes_cells = self._own(yes)
            no_cells = self._own({row: base[row] - yes[row] for row in rows})
            is_counted = all(abs(scale[row] - 1) < 1e-9 for row in rows)
            whole = counts if is_counted and all(row in counts for row in rows) else self._own(base)
            if whole is not counts:
                self._add_up(whole, least, scale=scale, judged=False)
            for cells in (yes_cells, no_cells):
                for row, cell in cells.items():
                    self._too_small(row, cell, self.figures.values[cell] / scale[row], least, scale[row])
                self._add_up(cells, least, scale=scale)
            for row in rows:
                self.figures.lines.append(Line(whole[row], (yes_cells[row], no_cells[row]), 0.0))

    def _different(self) -> None:
        """Different things counted, where no two parts share any."""
        for name in self.sums:
            if self.rules.of(name).kind == "distinct" and (least := self.rules.least(name)) > 1:
                value = self.numbers["value"]
                rows = [row for row in self.unit if self.name[row] == name and not isnan(value[row])]
                cells = self._own({row: value[row] for row in rows})
                for row, cell in cells.items():
                    self._too_small(row, cell, value[row], least)
                for total, parts in self.sums[name]:
                    is_counted = total in cells and all(part in cells for part in parts)
                    if is_counted and abs(value[total] - sum(value[part] for part in parts)) < _HALF:
                        self.figures.lines.append(Line(cells[total], tuple(cells[part] for part in parts), least))

    def _money(self) -> None:
        """Sums of money of which one contributor gave most. Ratios and means show the sums they are made of."""
        largest = {key: one for key, one in self.beside.largest.items() if key[0] in self.unit}
        for amount in sorted({one.amount for one in largest.values()}):
            here = {row: one for (row, _), one in largest.items() if one.amount == amount}
            cells = self._shared(here, lambda row, here=here: (*self.place[row], round(here[row].total, 6)))
            for row, cell in cells.items():
                if (lack := here[row].lack) > 1e-9 * abs(here[row].first):
                    total = here[row].total
                    self.figures.reach[cell] = (max(min(0.0, total), total - lack), total + lack)
                    self.small.add(row)
            self._add_up(cells, 0.0, judged=False)

    def _parts_of_others(self, counts: Mapping[int, int]) -> None:
        """Where one indicator's rows are surely among another's, the others of these are a group, too."""
        names = [name for name in self.sums if self.rules.of(name).conditions is not None]
        at = {(self.name[row], self.place[row]): row for row in counts}
        for inner, outer in permutations(names, 2):
            if not self.rules.of(outer).conditions < self.rules.of(inner).conditions:
                continue
            pairs = [(row, at[outer, self.place[row]]) for row in counts
                     if self.name[row] == inner and (outer, self.place[row]) in at]  # fmt: skip
            if any(self.n[whole] < self.n[part] - _HALF for part, whole in pairs):
                continue  # they leave out different rows for want of an answer: nothing follows
            for part, whole in pairs:
                others = self.n[whole] - self.n[part]
                key = (counts[whole], frozenset((counts[part], -1)))
                if counts[whole] != counts[part] and key not in self.lines:
                    self.lines.add(key)
                    cell = self.figures.cell(others)
                    self._too_small(-1, cell, others, self.usual)
                    self.figures.lines.append(Line(counts[whole], (counts[part], cell), self.usual))

    def _earlier(self, counts: Mapping[int, int]) -> None:
        """What was published before. A row shown then that has not changed is known: hiding it protects nothing. A
        row hidden then stays hidden until enough rows have changed. Where the programme holds small changes back, one
        of few rows is a small group."""
        known = [row for row in counts if row in self.beside.before and not small(self.n[row], self.usual)]
        changes = {row: self.n[row] - self.beside.before[row].n for row in known}
        grows = all(change > -_HALF for change in changes.values())
        edge = self.usual - 1.0
        done: set[tuple[int, float]] = set()
        for row, change in changes.items():
            is_few = _HALF < abs(change) < self.usual - _HALF
            if not self.beside.before[row].is_shown:
                self.first |= {self.unit[row]} if abs(change) < self.usual - _HALF else set()
            elif abs(change) <= _HALF and row not in self.small:
                self.figures.locked.add(self.unit[row])
            elif self.beside.holds and is_few and (counts[row], change) not in done:
                done.add((counts[row], change))
                cell = self.figures.cell(change, NEVER, limits=(0.0 if grows else -edge, edge))
                self.figures.reach[cell] = (1.0, edge) if change > 0 else (-edge, -1.0)
                self.figures.lines.append(Line(counts[row], (cell,)))
