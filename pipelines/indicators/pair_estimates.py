"""The comparisons of one indicator, estimated: by what two sides have in common, the design, people, or nothing.

Pairs come in, columns of differences go out. Which pairs there are is decided in `pairs`, the arithmetic is in
`differences`, variances inside the design in `covariance`; what may be said of a difference belongs to `comparisons`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipelines.indicators.covariance import Parts, Sums, design_sql, sums_by_leaf
from pipelines.indicators.dialect import quoted
from pipelines.indicators.differences import (
    Difference,
    by_t,
    from_logit,
    from_number,
    independent,
    newcombe,
    paired_shares,
    welch,
)
from pipelines.indicators.groups import Group
from pipelines.indicators.measures import ALL, QUANTILES, QUOTIENTS, TOTALS, Task
from pipelines.indicators.pairs import REST, Cell, Pair
from pipelines.indicators.rows import source_cte
from pipelines.indicators.series import Levels
from pipelines.indicators.statements import column_name
from theory_of_change.model import Indicator
from theory_of_change.programme import Programme

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

NUMBERS = ("value", "other_value", "difference", "std_error", "ci_low", "ci_high", "degrees_of_freedom", "p_value",
            "n", "n_other", "n_both")  # fmt: skip
#: The method of what everybody was counted for.
EXACT = "census; exact"


class Values:
    """The published values by indicator and cell."""

    def __init__(self, shown: pd.DataFrame, sources: Mapping[str, str | None]) -> None:
        self.sources = sources
        names = ("value", "n", "numerator", "denominator", "std_error", "ci_low", "ci_high", "degrees_of_freedom")
        self.numbers: dict[str, dict[Cell, dict[str, float]]] = {}
        self.states: dict[str, dict[Cell, str]] = {}
        self.units: dict[str, Any] = {}
        columns = [shown[name].astype("Float64").to_numpy(dtype=float, na_value=float("nan")) for name in names]
        keys = shown[["indicator_id", "period", "dimension", "category", "status", "unit"]]
        for key, *found in zip(keys.itertuples(index=False, name=None), *columns, strict=True):
            name, period, dimension, category, status, unit = key
            cell = (period, dimension, category)
            self.states.setdefault(name, {})[cell] = status
            self.numbers.setdefault(name, {})[cell] = dict(zip(names, found, strict=True))
            self.units[name] = unit

    def of(self, indicator: str, cells: Iterable[Cell | None], name: str) -> np.ndarray:
        import numpy as np

        own = self.numbers.get(indicator, {})
        return np.array([own[cell][name] if cell in own else np.nan for cell in cells], dtype=float)

    def centre(self, task: Task) -> float:
        """A value near the indicator's own, so that squares are taken of small numbers."""
        if task.kind not in QUOTIENTS or task.kind == "share":
            return 0.0
        own = (one["value"] for cell, one in self.numbers.get(task.id, {}).items() if one["value"] == one["value"])
        return float(next(own, 0.0))


class Design:
    """One group of tasks and what their rows share: rows of one person in several cells, and the design itself."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, group: Group, programme: Programme) -> None:
        self.connection, self.plain, self.levels = connection, group, Levels(programme.calendar)
        table = group.table
        self.follows = bool(table.person) and group.stages[-1].unit is None and self._has_repeats()
        self.group = replace(group, by_person=True) if self.follows else group
        stages = self.group.stages
        self.is_simple = not table.has_design and len(stages) == 1
        first = connection.execute(design_sql(group, 0)).df() if self.is_simple else None
        self.m, self.fraction = (float(first[name].iloc[0]) if first is not None and len(first) else 0.0
                                 for name in ("m", "f"))  # fmt: skip
        self.is_independent = not self.follows and all(s.unit is None and s.stratum is None for s in stages)
        self._sums: dict[int, Sums] | None = None

    def _has_repeats(self) -> bool:
        person = quoted(column_name(self.plain.table, self.plain.table.person or ""))
        repeated = f"select {person} from source where {person} is not null group by {person} having count(*) > 1"
        asked = f"with {source_cte(self.plain)}\nselect count(*) from ({repeated}) as repeated"
        found = self.connection.execute(asked).fetchone()
        return bool(found and found[0])

    def sums(self, i: int) -> Sums:
        if self._sums is None:
            self._sums = {}
            self._coming = enumerate(sums_by_leaf(self.connection, self.group))
        while i not in self._sums:
            at, one = next(self._coming)
            self._sums = {at: one}  # tasks come in order: only the present one is held
        return self._sums[i]


@dataclass
class PairEstimates:
    """All comparisons of one indicator, in columns that fill as the ways of comparing take their rows."""

    indicator: Indicator
    values: Values
    pairs: Sequence[Pair]
    design: Design | None
    i: int
    exact: Collection[str] = ()
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def level(self) -> float:
        return self.indicator.uncertainty.level if self.indicator.uncertainty else 0.95

    @property
    def is_exact(self) -> bool:
        return self.indicator.id in self.exact

    @property
    def task(self) -> Task | None:
        return self.design.plain.tasks[self.i] if self.design else None

    def frame(self) -> pd.DataFrame:
        import numpy as np
        import pandas as pd

        count = len(self.pairs)
        self.columns = {name: np.full(count, np.nan) for name in NUMBERS}
        self.columns |= {"method": np.full(count, None, dtype=object), "note": np.full(count, None, dtype=object)}
        status = np.array(["suppressed" if pair.is_hidden else "not_comparable" if pair.reason else "ok"
                           for pair in self.pairs], dtype=object)  # fmt: skip
        able = np.flatnonzero(status == "ok")
        self._fill_sides(able)
        known = np.array([self.is_exact and (self.pairs[row].other_indicator or self.indicator.id) in self.exact
                          for row in able], dtype=bool)  # fmt: skip
        self.columns["method"][able[known]] = EXACT
        self._estimate(able[~known])
        status[able[~known & np.isnan(self.columns["ci_low"][able])]] = "no_interval"
        self.columns["difference"] = self.columns["value"] - self.columns["other_value"]
        keys = ("period", "dimension", "category")
        cells = {name: [pair.cell[at] for pair in self.pairs] for at, name in enumerate(keys)}
        return pd.DataFrame({
            "indicator_id": self.indicator.id,
            **cells,
            "against": [pair.against for pair in self.pairs],
            "other_period": [_other_period(pair) for pair in self.pairs],
            "other_category": [_other_category(pair) for pair in self.pairs],
            "other_indicator": [pair.other_indicator for pair in self.pairs],
            "unit": self.values.units.get(self.indicator.id),
            **self.columns,
            "status": status,
            "reason": [pair.reason for pair in self.pairs],
        })  # fmt: skip

    def _fill_sides(self, rows: np.ndarray) -> None:
        """The two values and what they rest on."""
        import numpy as np

        name = self.indicator.id
        for column, origin in (("value", "value"), ("n", "n")):
            self.columns[column][rows] = self.values.of(name, (self.pairs[row].cell for row in rows), origin)
        for row in rows:
            pair = self.pairs[row]
            if pair.others:
                self.columns["other_value"][row], self.columns["n_other"][row] = self._rest(pair)
            elif pair.number is not None:
                self.columns["other_value"][row] = pair.number
            elif pair.against == "first_answer":
                self.columns["other_value"][row] = 0.0
            elif pair.other:
                own = self.values.numbers.get(pair.other_indicator or name, {}).get(pair.other, {})
                self.columns["other_value"][row] = own.get("value", np.nan)
                self.columns["n_other"][row] = own.get("n", np.nan)

    def _rest(self, pair: Pair) -> tuple[float, float]:
        """The others together, recomputed from their numerators and denominators, which are published."""
        others = [cell for cell in pair.others if cell != pair.cell]
        top, base, n = (self.values.of(self.indicator.id, others, name) for name in ("numerator", "denominator", "n"))
        return float(top.sum() / base.sum()) if base.sum() else float("nan"), float(n.sum())

    def _estimate(self, rows: np.ndarray) -> None:
        import numpy as np

        def which(test: Any) -> np.ndarray:
            return np.array([row for row in rows if test(self.pairs[row])], dtype=int)

        self._against_number(which(lambda pair: pair.number is not None))
        self._against_nothing(which(lambda pair: pair.against == "first_answer"))
        self._against_another(which(lambda pair: pair.other_indicator))
        if self.design is None:
            return
        kind = self.task.kind
        cells = which(lambda pair: pair.number is None and pair.against != "first_answer" and not pair.other_indicator)
        if kind in QUANTILES:
            if self.design.is_independent:
                self._independently(np.array([row for row in cells if not self.pairs[row].others], dtype=int))
            return
        if self.design.is_simple and not self.design.follows and kind in ("share", "mean", "change"):
            self._simply(cells)
        else:
            self._in_the_design(cells)

    def _set(self, rows: np.ndarray, found: Difference, method: str, df: np.ndarray | None = None) -> None:
        for name in ("std_error", "ci_low", "ci_high", "p_value"):
            self.columns[name][rows] = getattr(found, name)
        self.columns["method"][rows] = method
        if df is not None:
            self.columns["degrees_of_freedom"][rows] = df

    def _own(self, rows: np.ndarray, name: str) -> np.ndarray:
        return self.values.of(self.indicator.id, (self.pairs[row].cell for row in rows), name)

    def _other(self, rows: np.ndarray, name: str) -> np.ndarray:
        return self.values.of(self.indicator.id, (self.pairs[row].other for row in rows), name)

    def _against_number(self, rows: np.ndarray) -> None:
        """A stated number has no width: the interval is that of the value, moved."""
        import numpy as np
        from scipy.special import stdtr

        value, number = self.columns["value"][rows], self.columns["other_value"][rows]
        error, df = self._own(rows, "std_error"), self._own(rows, "degrees_of_freedom")
        low, high = self._own(rows, "ci_low"), self._own(rows, "ci_high")
        if self.task and self.task.kind == "share":
            simple = self.design.is_simple
            n = self._own(rows, "n")
            p_value = from_number(value, n, number, self._taken(rows)) if simple else from_logit(
                value, error, df, number)  # fmt: skip
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                t = (value - number) / error
                p_value = np.where(df >= 1, 2 * stdtr(np.maximum(df, 1), -np.abs(t)), np.nan)
        has_width = high > low
        low, high = (np.where(has_width, end - number, np.nan) for end in (low, high))
        p_value = np.where(has_width, p_value, np.nan)
        self._set(rows, Difference(error, low, high, p_value), "against a stated number, taken as exact", df)

    def _against_nothing(self, rows: np.ndarray) -> None:
        """The mean change of the same people, against none: the paired t-test."""
        difference, error, df = (self._own(rows, name) for name in ("value", "std_error", "degrees_of_freedom"))
        method = "same persons; paired t" if self.design and self.design.is_simple else "same persons; linearisation; t"
        self._set(rows, by_t(difference, error**2, df, self.level), method, df)

    def _against_another(self, rows: np.ndarray) -> None:
        """Another indicator's value is independent where it comes from another source; what is counted has no width."""
        import numpy as np

        apart = [row for row in rows if self._is_apart(self.pairs[row].other_indicator)]
        for row in apart:
            pair = self.pairs[row]
            sides = []
            for name, cell in ((self.indicator.id, pair.cell), (pair.other_indicator, pair.other)):
                ends = ("value", "value", "value") if name in self.exact else ("value", "ci_low", "ci_high")
                sides += [self.values.of(name, [cell], end) for end in ends]
            self._set(np.array([row]), independent(*sides, self.level), "independent samples; mover")

    def _is_apart(self, other: str) -> bool:
        mine, its = self.values.sources.get(self.indicator.id), self.values.sources.get(other)
        return mine is not None and its is not None and mine != its

    def _independently(self, rows: np.ndarray) -> None:
        sides = [side(rows, name) for side in (self._own, self._other) for name in ("value", "ci_low", "ci_high")]
        self._set(rows, independent(*sides, self.level), "independent samples; mover")

    def _simply(self, rows: np.ndarray) -> None:
        """Independent simple random samples: Newcombe's interval for shares, Welch's for means."""
        import numpy as np

        n, other_n = self.columns["n"][rows], self.columns["n_other"][rows]
        value, other = self.columns["value"][rows], self.columns["other_value"][rows]
        fpc = "; fpc" if self.design.fraction or self.task.population else ""
        if self.task.kind == "share":
            taken, beside = self._taken(rows), self._taken(rows, of_other=True)
            found = newcombe(value, n, other, other_n, self.level, taken, beside)
            self._set(rows, found, f"independent samples; newcombe; score test{fpc}")
            return
        squares = np.array([self._squares(self.pairs[row]) for row in rows]).reshape(-1, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = squares[:, 0] / n / (n - 1), squares[:, 1] / other_n / (other_n - 1)
            df = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (other_n - 1))
        found = welch(value - other, first, n, second, other_n, self.level)
        self._set(rows, found, f"independent samples; welch t{fpc}", df)

    def _taken(self, rows: np.ndarray, of_other: bool = False) -> np.ndarray:
        import numpy as np

        return np.array([self._part(_other_period(pair) if of_other and pair.number is None else pair.cell[0])
                         for pair in (self.pairs[row] for row in rows)], dtype=float)  # fmt: skip

    def _part(self, period: str) -> float:
        """The part of its population that a simple random sample holds in a period, as `answers` takes it."""
        import numpy as np

        population = self.task.population
        if not population:
            return self.design.fraction
        parts = [period] if period in self.design.levels.fine else self.design.levels.parts(period)
        sizes = self.values.of(self.indicator.id, ((part, ALL, ALL) for part in parts), "n")
        if not (sizes > 0).any():  # undated rows are in the whole alone
            sizes = self.values.of(self.indicator.id, [(period, ALL, ALL)], "n")
        known = sizes[sizes > 0]
        return min(1.0, float(np.mean(known)) / population) if len(known) else 0.0

    def _squares(self, pair: Pair) -> tuple[float, float]:
        """Σ(y - ȳ)² of both sides, read back from the published standard errors: these are those of domains of one
        sample of m rows, V = (1 - f) m / (m - 1) Σ(y - ȳ)² / n². What remains of a known population stays in."""
        import numpy as np

        def spread(cells: Sequence[Cell]) -> float:
            error, n, mean = (self.values.of(self.indicator.id, cells, name) for name in ("std_error", "n", "value"))
            within = np.where(n > 1, error**2 * n**2 * (self.design.m - 1) / self.design.m, 0.0)
            between = n * (mean - (n * mean).sum() / n.sum()) ** 2 * (1 - self._part(cells[0][0]))
            return float((within + between).sum())

        others = [cell for cell in pair.others if cell != pair.cell] or [pair.other]
        return spread([pair.cell]), spread(others)

    def _in_the_design(self, rows: np.ndarray) -> None:
        """Linearised inside the full design; where a simple sample follows people, those in both sides are paired."""
        import numpy as np

        sums = self.design.sums(self.i)
        single = np.array([row for row in rows if not self.pairs[row].others], dtype=int)
        sides = [(self._place(sums, self.pairs[row].cell), self._place(sums, self.pairs[row].other)) for row in single]
        known = np.array([None not in side for side in sides], dtype=bool)
        single = single[known]
        places = np.array([side for side, is_known in zip(sides, known, strict=True) if is_known], dtype=int).reshape(
            -1, 2
        )
        self._from_parts(single, sums.against_cells(places[:, 0], places[:, 1]))
        strips: dict[tuple[Cell, ...], list[int]] = {}
        for row in rows:
            if self.pairs[row].others:
                strips.setdefault(self.pairs[row].others, []).append(row)
        for others, members in strips.items():
            together = [self._place(sums, cell) for cell in others]
            if None not in together:
                own = np.array([self._place(sums, self.pairs[row].cell) for row in members], dtype=int)
                self._from_parts(np.array(members), sums.against_rest(own, np.array(together, dtype=int)))

    def _place(self, sums: Sums, cell: Cell) -> int | None:
        """Where the rows of a cell stand; those of a year that repeats its last period are that period's."""
        rule = self.indicator.aggregation.time if self.indicator.aggregation else None
        if rule in (None, "recompute") or (rule == "sum" and self.task.kind in TOTALS):
            return sums.place(*cell)
        levels = self.design.levels
        if cell[0] in levels.fine:
            return sums.place(*cell)
        if rule != "last":
            return None
        found = (sums.place(name, *cell[1:]) for name in reversed(levels.parts(cell[0])))
        return next((place for place in found if place is not None and sums.rows[place] > 0), None)

    def _from_parts(self, rows: np.ndarray, parts: Parts) -> None:
        import numpy as np

        value, other = self.columns["value"][rows], self.columns["other_value"][rows]
        method = "linearisation in the full design; t"
        if self.design.follows:
            method = "persons in both sides paired; linearisation; t"
        size = np.maximum(np.abs(value), np.abs(other))
        self._set(rows, by_t(value - other, parts.variance, parts.df, self.level, size), method, parts.df)
        if not (self.design.follows and self.design.is_simple and len(rows)):
            return
        self.columns["n_both"][rows] = parts.n_both
        apart = (parts.n_both == 0) & ~np.isnan(parts.yes_both)
        if self.task.kind in ("share", "mean", "change") and apart.any():
            self.columns["degrees_of_freedom"][rows[apart]] = np.nan
            self._simply(rows[apart])
        n, other_n = self.columns["n"][rows], self.columns["n_other"][rows]
        same = (parts.n_both == n) & (n == other_n) & ~np.isnan(parts.yes_both)
        if self.task.kind == "share" and same.any() and not self.design.fraction and not self.task.population:
            n, both = n[same], parts.yes_both[same]
            now, before = (np.round(self.columns[name][rows[same]] * n) for name in ("value", "other_value"))
            found = paired_shares(both, now - both, before - both, n - now - before + both, self.level)
            self._set(rows[same], found, "same persons; newcombe paired; mcnemar mid-p", np.nan)
        elif same.any():
            self.columns["method"][rows[same]] = "same persons; paired t"


def _other_period(pair: Pair) -> str | None:
    return pair.other[0] if pair.other else pair.cell[0] if pair.others else None


def _other_category(pair: Pair) -> str | None:
    return pair.other[2] if pair.other else REST if pair.others else None
