"""What estimates of one source share: variances of their differences, estimated inside the full design.

Two periods of a panel rest on the same people, two groups on the same sampled places; the error of their difference is
not that of two independent samples. As R's `svycontrast` on `svyby(covmat = TRUE)` does, every difference is linearised
as one total over the whole design. Sums come from the same query as the estimates; which cells are compared is decided
in `comparisons`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.indicators.designs import design_cte
from pipelines.indicators.groups import Group
from pipelines.indicators.measures import QUOTIENTS
from pipelines.indicators.queries import rolled_ctes, sums_of, weighted_cte
from pipelines.indicators.rows import measured_cte, source_cte
from pipelines.indicators.series import KEYS, grid_of
from pipelines.indicators.statements import indented

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd
    from scipy import sparse

#: Numbers held at once: units by comparisons in one step, and sums fetched from one query.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Layer:
    """One stage of the design: the unit of every leaf, the stratum of every unit, and for every stratum what multiplies
    and centres its squares. `unit` is None where rows are the units."""

    unit: np.ndarray | None
    stratum: np.ndarray
    scale: np.ndarray
    centre: np.ndarray
    lonely: np.ndarray


@dataclass(frozen=True)
class Parts:
    """Variance of each difference, its degrees of freedom, and what else two sides of a share have in common: units in
    both, and people who said yes in both, where each person has one row (nan elsewhere)."""

    variance: np.ndarray
    df: np.ndarray
    n_both: np.ndarray
    yes_both: np.ndarray


@dataclass(frozen=True)
class Sums:
    """Sums of one task by leaf (units of the last stage, or strata where rows are the units) and cell."""

    group: Group
    i: int
    cells: pd.DataFrame  # period, dimension, category: the columns of the matrices, in order
    layers: Sequence[Layer]
    leaves: int
    frame: pd.DataFrame
    leaf: np.ndarray
    cell: np.ndarray

    def matrix(self, name: str) -> sparse.csc_matrix:
        from scipy.sparse import csc_matrix

        found = self.frame[name].fillna(0).to_numpy(dtype=float)
        return csc_matrix((found, (self.leaf, self.cell)), shape=(self.leaves, len(self.cells)))

    @cached_property
    def matrices(self) -> dict[str, sparse.csc_matrix]:
        made = sums_of(self.group, self.i, self.are_rows)
        names = {"n": made.n, "t": made.t, "b": made.b}
        if self.are_rows:
            names |= {"aa": made.aa, "ab": made.ab, "bb": made.bb}
        return {key: self.matrix(name) for key, name in names.items()}

    @cached_property
    def rows(self) -> np.ndarray:
        """How many rows each cell rests on."""
        import numpy as np

        return np.asarray(self.matrices["n"].sum(axis=0)).ravel()

    @property
    def are_rows(self) -> bool:
        return self.layers[-1].unit is None

    @property
    def is_quotient(self) -> bool:
        return self.group.tasks[self.i].kind in QUOTIENTS

    def place(self, period: str, dimension: str, category: str) -> int | None:
        """The column of a cell; None where it has no rows."""
        return self._places.get((period, dimension, category))

    @cached_property
    def _places(self) -> dict[tuple[str, ...], int]:
        return {key: at for at, key in enumerate(self.cells.itertuples(index=False, name=None))}

    def against_cells(self, first: np.ndarray, second: np.ndarray) -> Parts:
        """Differences of the cells `first` less the cells `second`, which have no row in common."""
        return self._of([self._side(first[at], self._whole(first[at])) for at in self._steps(first)],
                        [self._side(second[at], self._whole(second[at])) for at in self._steps(first)])  # fmt: skip

    def against_rest(self, first: np.ndarray, together: np.ndarray) -> Parts:
        """Differences of the cells `first` less all the cells `together`, which hold them, without them."""
        steps = list(self._steps(first))
        return self._of([self._side(first[at], self._whole(first[at])) for at in steps],
                        [self._side(first[at], self._whole(together), -1) for at in steps])  # fmt: skip

    def _steps(self, places: np.ndarray) -> Iterator[slice]:
        step = max(1, _AT_ONCE // max(self.leaves, 1))
        yield from (slice(at, at + step) for at in range(0, len(places), step))

    def _whole(self, places: np.ndarray) -> dict[str, np.ndarray]:
        return {name: one[:, places].toarray() for name, one in self.matrices.items()}

    def _side(self, places: np.ndarray, sums: dict[str, np.ndarray], sign: int = 1) -> dict[str, np.ndarray]:
        """Linearised totals of one side by leaf: z = (t - δ b) / Σb, and Σz² where rows are the units. With sign -1
        the sums of `places` are taken away from the total of `sums`."""
        import numpy as np

        if sign < 0:
            own = self._whole(places)
            sums = {name: one.sum(axis=1, keepdims=True) - own[name] for name, one in sums.items()}
        t, b = sums["t"], sums["b"]
        if self.is_quotient:
            base = b.sum(axis=0)
            delta = t.sum(axis=0) / base
            z = (t - delta * b) / base
        else:
            base, delta, z = np.ones(t.shape[1]), np.zeros(t.shape[1]), t
        side = {"z": z, "n": sums["n"], "t": t, "b": b}
        if self.are_rows:
            side["zz"] = (sums["aa"] - 2 * delta * sums["ab"] + delta**2 * sums["bb"]) / base**2
        return side

    def _of(self, first: Sequence[dict[str, np.ndarray]], second: Sequence[dict[str, np.ndarray]]) -> Parts:
        import numpy as np

        found = [self._difference(a, b) for a, b in zip(first, second, strict=True)]
        return Parts(*(np.concatenate([getattr(one, name) for one in found]) if found else np.zeros(0)
                       for name in ("variance", "df", "n_both", "yes_both")))  # fmt: skip

    def _difference(self, a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> Parts:
        """V = Σ_k Σ_h s_h [Σ_u z² - c_h (Σ_u z)²], the estimator of `designs.variance_ctes` written out over stages."""
        import numpy as np

        z, used = a["z"] - b["z"], (a["n"] > 0) | (b["n"] > 0)
        variance = np.zeros(z.shape[1])
        for layer in self.layers:
            strata = len(layer.scale)
            if layer.unit is None:
                squares = _gathered(a["zz"] + b["zz"], layer.stratum, strata)
                sums = _gathered(z, layer.stratum, strata)
            else:
                units = _gathered(z, layer.unit, len(layer.stratum))
                squares, sums = (_gathered(one, layer.stratum, strata) for one in (units**2, units))
            variance += layer.scale @ (squares - layer.centre[:, None] * sums**2)
        top = self.layers[0]
        if top.unit is None:
            in_stratum = _gathered(used, top.stratum, len(top.scale)) > 0
            units_used = (a["n"] + b["n"]).sum(axis=0)
        else:
            in_unit = _gathered(used, top.unit, len(top.stratum)) > 0
            in_stratum = _gathered(in_unit, top.stratum, len(top.scale)) > 0
            units_used = in_unit.sum(axis=0)
        strata_used = in_stratum.sum(axis=0)
        if self.group.tasks[self.i].lonely == "average":
            lonely = (in_stratum & (top.lonely > 0)[:, None]).sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                variance = variance * np.where(lonely > 0, strata_used / (strata_used - lonely), 1.0)
        nothing = np.full(z.shape[1], np.nan)
        n_both, yes_both = nothing, nothing
        if self.group.stages[-1].is_person:
            n_both = ((a["n"] > 0) & (b["n"] > 0)).sum(axis=0).astype(float)
            once = (a["n"].max(axis=0, initial=0) <= 1) & (b["n"].max(axis=0, initial=0) <= 1)
            yes_both = np.where(once, (a["t"] * b["t"]).sum(axis=0), np.nan)
        return Parts(variance, (units_used - strata_used).astype(float), n_both, yes_both)


def sums_by_leaf(connection: duckdb.DuckDBPyConnection, group: Group) -> Iterator[Sums]:
    """The sums of each task of a group, in their order; few tasks at a time where there are many units."""
    design = None
    tasks = list(range(len(group.tasks)))
    step = len(tasks)
    while tasks:
        some = replace(group, tasks=tuple(group.tasks[i] for i in tasks[:step]),
                       centres=tuple(group.centres[i] for i in tasks[:step]))  # fmt: skip
        size = connection.execute(sums_sql(some, count=True)).fetchone() if step == len(group.tasks) else None
        if size and step > 1 and size[0] * 6 * step > 5 * _AT_ONCE:
            step = max(1, 5 * _AT_ONCE // (6 * size[0]))
            continue
        frame = connection.execute(sums_sql(some)).df()
        design = design or [connection.execute(design_sql(some, k)).df() for k in range(len(some.stages))]
        yield from _arranged(some, frame, design)
        tasks = tasks[step:]


def sums_sql(group: Group, count: bool = False) -> str:
    """The sums behind the estimates by cell and unit of the last stage; or how many rows that is."""
    rows_are_units = group.stages[-1].unit is None
    sums = [sums_of(group, i, rows_are_units) for i in range(len(group.tasks))]
    ctes = [source_cte(group), measured_cte(group), weighted_cte(group), *rolled_ctes(group, sums)]
    if count:
        return f"with {', '.join(ctes)}\nselect count(*) from rolled"
    cells = [f"cast({key} as varchar) as {key}" if key.startswith("d") else key for key in group.cell_keys]
    names = dict.fromkeys(name for s in sums for name in s.made)
    columns = ["cut", *cells, *group.design_keys, "cast(present as bigint) as present"]
    columns += [f"cast({name} as double) as {name}" for name in names]
    return f"with {', '.join(ctes)}\nselect\n  {indented(columns, 2)}\nfrom rolled"


def design_sql(group: Group, k: int) -> str:
    return f"with {source_cte(group)},\n{measured_cte(group)},\n{design_cte(group, k)}\nselect * from design{k}"


def _arranged(group: Group, frame: pd.DataFrame, design: Sequence[pd.DataFrame]) -> Iterator[Sums]:
    import numpy as np

    by = ["cut", *group.cell_keys]
    cell = frame.groupby(by, dropna=False, sort=False).ngroup().to_numpy()
    answer = frame.groupby(by, dropna=False, sort=False)["present"].sum().reset_index()
    grid = grid_of(group, answer)
    keys = grid.keys[list(KEYS)].iloc[np.flatnonzero(grid.at >= 0)]
    at = grid.at[grid.at >= 0]
    column = np.full(len(answer), -1)
    column[at] = np.arange(len(at))
    kept = column[cell] >= 0
    frame, cell = frame[kept].reset_index(drop=True), column[cell][kept]
    leaf, layers = _layers(group, frame, design)
    leaves = int(leaf.max(initial=-1)) + 1
    for i in range(len(group.tasks)):
        yield Sums(group, i, keys.reset_index(drop=True), layers, leaves, frame, leaf, cell)


def _layers(group: Group, frame: pd.DataFrame, design: Sequence[pd.DataFrame]) -> tuple[np.ndarray, list[Layer]]:
    """The leaf of every row of sums, and the stages over the leaves."""
    import numpy as np
    import pandas as pd

    every = list(group.design_keys)
    if every:
        leaf = frame.groupby(every, dropna=False, sort=False).ngroup().to_numpy()
        leaves = frame[every].drop_duplicates(ignore_index=True)
    else:
        leaf, leaves = np.zeros(len(frame), dtype=int), pd.DataFrame(index=range(min(len(frame), 1)))
    layers, above = [], np.ones(len(leaves))
    for k, stage in enumerate(group.stages):
        keys = [key for j in range(k) for key in group.stage_keys(j)]
        strata = [*keys, *([f"s{k}"] if stage.stratum else [])]
        joined = leaves.merge(design[k], on=strata, how="left") if strata else leaves.assign(**design[k].iloc[0])
        stratum = _numbered(leaves, strata)
        unit = _numbered(leaves, [*strata, f"u{k}"]) if stage.unit else None
        first = np.unique(stratum, return_index=True)[1]
        g, c, f, lonely = (joined[name].to_numpy(dtype=float) for name in ("g", "c", "f", "is_lonely"))
        of_unit = stratum if unit is None else stratum[np.unique(unit, return_index=True)[1]]
        layers.append(Layer(unit, of_unit, (above * g)[first], c[first], lonely[first]))
        above = above * f
    return leaf, layers


def _numbered(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    import numpy as np

    if not columns:
        return np.zeros(len(frame), dtype=int)
    return frame.groupby(list(columns), dropna=False, sort=True).ngroup().to_numpy()


def _gathered(numbers: np.ndarray, into: np.ndarray, size: int) -> np.ndarray:
    """Rows added up by the group each belongs to."""
    import numpy as np
    from scipy.sparse import csr_matrix

    gather = csr_matrix((np.ones(len(into)), (into, np.arange(len(into)))), shape=(size, len(into)))
    return gather @ np.asarray(numbers, dtype=float)
