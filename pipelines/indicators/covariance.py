"""What estimates of one source share: variances of their differences, estimated inside the full design.

Two periods of a panel rest on the same people, two groups on the same sampled places; the error of their difference is
not that of two independent samples. As R's `svycontrast` on `svyby(covmat = TRUE)` does, every difference is linearised
as one total over the whole design. Units meet few cells, so sums are kept sparse. Which cells are compared is decided
in `pairs`, sums are made in SQL like those of the estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.indicators.designs import design_cte
from pipelines.indicators.dialect import key_as_text
from pipelines.indicators.groups import Group
from pipelines.indicators.measures import QUOTIENTS
from pipelines.indicators.queries import sums_of, weighted_cte
from pipelines.indicators.rows import measured_cte, sampled_cte, source_cte
from pipelines.indicators.series import KEYS, grid_of
from pipelines.indicators.statements import indented, select

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd
    from scipy.sparse import csc_matrix, csr_matrix

#: Numbers fetched from one query.
_AT_ONCE = 20_000_000


@dataclass(frozen=True)
class Layer:
    """One stage of the design. `units` adds leaves up to units, where they are not the same, and `strata` units to
    strata; `scale` and `centre` multiply and centre the squares of each stratum. Where rows are the units, leaves are
    strata."""

    are_rows: bool
    units: csr_matrix | None
    strata: csr_matrix
    scale: np.ndarray
    centre: np.ndarray
    lonely: np.ndarray

    def added(self, leaves: Any) -> Any:
        """Numbers by leaf, added up by unit."""
        return leaves if self.units is None else self.units @ leaves


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
    finest: csr_matrix  # row of the answer to leaf, as the sums come
    rolled: csr_matrix  # finest cell to cell
    frame: pd.DataFrame
    cell: np.ndarray

    def matrix(self, name: str) -> csc_matrix:
        """A sum by leaf and cell."""
        import numpy as np
        from scipy.sparse import csr_matrix

        found = self.frame[name].fillna(0).to_numpy(dtype=float)
        rows = np.arange(len(found))
        by_finest = csr_matrix((found, (rows, self.cell)), shape=(len(found), self.rolled.shape[0]))
        return (self.finest @ by_finest @ self.rolled).tocsc()

    @cached_property
    def _sums(self) -> dict[str, csc_matrix]:
        made = sums_of(self.group, self.i, self.are_rows)
        names = {"n": made.n, "t": made.t, "b": made.b}
        if self.are_rows:
            names |= {"aa": made.aa, "ab": made.ab, "bb": made.bb}
        return {key: self.matrix(name) for key, name in names.items()}

    @cached_property
    def rows(self) -> np.ndarray:
        """How many rows each cell rests on."""
        return _total(self._sums["n"])

    @property
    def are_rows(self) -> bool:
        return self.layers[-1].are_rows

    @property
    def is_quotient(self) -> bool:
        return self.group.tasks[self.i].kind in QUOTIENTS

    def place(self, period: str, dimension: str, category: str) -> int | None:
        """The column of a cell; None where it has no rows."""
        return self._places.get((period, dimension, category))

    @cached_property
    def _places(self) -> dict[tuple[str, ...], int]:
        return {key: at for at, key in enumerate(self.cells.itertuples(index=False, name=None))}

    # --- cells against cells -----------------------------------------------------------------------------------------

    def against_cells(self, first: np.ndarray, second: np.ndarray) -> Parts:
        """Differences of the cells `first` less the cells `second`, which have no row in common."""
        import numpy as np

        z = self.linearised
        variance = np.zeros(len(first))
        for layer in self.layers:
            units = layer.added(z).tocsc()
            strata = (layer.strata @ units).tocsc()
            variance += _form(strata, first, second, -layer.scale * layer.centre)
            if layer.are_rows:
                variance += self._squares[first] + self._squares[second]
            else:
                variance += _form(units, first, second, layer.strata.T @ layer.scale)
        held, strata = self._held
        in_both = 0 if self.layers[0].are_rows else _shared(held, first, second)
        units_used = self._counted[first] + self._counted[second] - in_both
        strata_used = _total(strata)[first] + _total(strata)[second] - _shared(strata, first, second)
        lonely = strata.multiply((self.layers[0].lonely > 0)[:, None]).tocsc()
        lonely_used = _total(lonely)[first] + _total(lonely)[second] - _shared(lonely, first, second)
        n_both = yes_both = np.full(len(first), np.nan)
        if self.group.stages[-1].is_person:
            n, t = self._sums["n"], self._sums["t"]
            here = n.sign().tocsc()
            n_both = _shared(here, first, second)
            most = np.asarray(n.max(axis=0).todense()).ravel()
            once = (most[first] <= 1) & (most[second] <= 1)
            yes_both = np.where(once, _shared(t, first, second), np.nan)
        return self._parts(variance, units_used, strata_used, lonely_used, n_both, yes_both)

    @cached_property
    def linearised(self) -> csc_matrix:
        """z = (t - δ b) / Σb by leaf and cell; a total is linear as it stands."""
        from scipy.sparse import diags

        if not self.is_quotient:
            return self._sums["t"]
        base, delta = self.ratios
        return (self._sums["t"] - self._sums["b"] @ diags(delta)) @ diags(1 / base)

    @cached_property
    def ratios(self) -> tuple[np.ndarray, np.ndarray]:
        """Σb and δ = Σt / Σb of each cell; nan and infinite where nothing counts, which no pair names."""
        import numpy as np

        base = _total(self._sums["b"])
        base = np.where(base == 0, np.nan, base)
        return base, _total(self._sums["t"]) / base

    @cached_property
    def _squares(self) -> np.ndarray:
        """Where rows are the units, Σ_h s_h Σz² of each cell."""
        scale = self.layers[-1].strata.T @ self.layers[-1].scale
        aa, ab, bb = (self._sums[name].T @ scale for name in ("aa", "ab", "bb"))
        if not self.is_quotient:
            return aa
        base, delta = self.ratios
        return (aa - 2 * delta * ab + delta**2 * bb) / base**2

    @cached_property
    def _held(self) -> tuple[csc_matrix, csc_matrix]:
        """1 where a cell has rows in a unit of the first stage (in a leaf where rows are units), and in a stratum."""
        top = self.layers[0]
        held = top.added(self._sums["n"]).sign().tocsc()
        return held, (top.strata @ held).sign().tocsc()

    @cached_property
    def _counted(self) -> np.ndarray:
        """How many units of the first stage each cell has; rows where these are the units."""
        return self.rows if self.layers[0].are_rows else _total(self._held[0])

    def _parts(
        self, variance: np.ndarray, units: np.ndarray, strata: np.ndarray, lonely: np.ndarray, n_both: np.ndarray,
        yes_both: np.ndarray,
    ) -> Parts:  # fmt: skip
        import numpy as np

        if self.group.tasks[self.i].lonely == "average":
            with np.errstate(divide="ignore", invalid="ignore"):
                variance = variance * np.where(lonely > 0, strata / (strata - lonely), 1.0)
        return Parts(variance, np.asarray(units - strata, dtype=float), n_both, yes_both)

    # --- a cell against the others of its dimension ------------------------------------------------------------------

    def against_rest(self, first: np.ndarray, together: np.ndarray) -> Parts:
        """Differences of the cells `first` less all the cells `together`, which hold them, without them.

        z = p + e with p = (t - δ b) / Σb + (t - ε b) / Σ'b of the cell, and e = -(T - ε B) / Σ'b of all together, where
        ε and Σ' are those of the others: only p differs from cell to cell, and has few units.
        """
        import numpy as np
        from scipy.sparse import diags

        t, b, n = (self._sums[name] for name in ("t", "b", "n"))
        all_t, all_b, all_n = (np.asarray(one[:, together].sum(axis=1)).ravel() for one in (t, b, n))
        base, delta = (one[first] for one in self.ratios)
        rest = all_b.sum() - base
        epsilon = (all_t.sum() - delta * base) / rest
        own_t, own_b = t[:, first], b[:, first]
        p = own_t @ diags(1 / base + 1 / rest) - own_b @ diags(delta / base + epsilon / rest)
        variance = np.zeros(len(first))
        for layer in self.layers:
            units_p, pair = layer.added(p), layer.added(np.column_stack([all_t, all_b]))
            strata_p, strata_pair = (layer.strata @ units_p).tocsc(), layer.strata @ pair
            variance += _completed(strata_p, strata_pair, -layer.scale * layer.centre, epsilon, rest)
            if layer.are_rows:
                variance += self._squares_against_rest(first, together, base, delta, rest, epsilon)
            else:
                weight = layer.strata.T @ layer.scale
                variance += _completed(units_p.tocsc(), pair, weight, epsilon, rest)
        held, strata = self._held
        every = np.asarray(held[:, together].max(axis=1).todense()).ravel() > 0
        in_strata = np.asarray(strata[:, together].max(axis=1).todense()).ravel() > 0
        size = len(first)
        units_used = np.full(size, all_n.sum() if self.layers[0].are_rows else every.sum())
        strata_used = np.full(size, in_strata.sum())
        lonely = np.full(size, (in_strata & (self.layers[0].lonely > 0)).sum())
        n_both = yes_both = np.full(size, np.nan)
        if self.group.stages[-1].is_person:
            own = n[:, first].tocoo()
            n_both = np.bincount(own.col, weights=(own.data > 0) & (all_n[own.row] > own.data), minlength=size)
            if all_n.max(initial=0) <= 1:
                said = own_t.tocoo()
                yes_both = np.bincount(said.col, weights=said.data * (all_t[said.row] - said.data), minlength=size)
        return self._parts(variance, units_used, strata_used, lonely, n_both, yes_both)

    def _squares_against_rest(
        self, first: np.ndarray, together: np.ndarray, base: np.ndarray, delta: np.ndarray, rest: np.ndarray,
        epsilon: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        scale = self.layers[-1].strata.T @ self.layers[-1].scale
        own = [self._sums[name][:, first].T @ scale for name in ("aa", "ab", "bb")]
        every = [(self._sums[name][:, together].T @ scale).sum() for name in ("aa", "ab", "bb")]
        aa, ab, bb = own
        other_aa, other_ab, other_bb = (total - one for total, one in zip(every, own, strict=True))
        mine = (aa - 2 * delta * ab + delta**2 * bb) / base**2
        return mine + (other_aa - 2 * epsilon * other_ab + epsilon**2 * other_bb) / rest**2


def _total(matrix: csc_matrix) -> np.ndarray:
    import numpy as np

    return np.asarray(matrix.sum(axis=0)).ravel()


def _shared(matrix: csc_matrix, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Σ of the products of two columns, for each pair of columns."""
    return _total(matrix[:, first].multiply(matrix[:, second]))


def _form(matrix: csc_matrix, first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Σ weight (first - second)², column by column."""
    difference = matrix[:, first] - matrix[:, second]
    return difference.multiply(difference).T @ weight


def _completed(
    p: csc_matrix, pair: np.ndarray, weight: np.ndarray, epsilon: np.ndarray, rest: np.ndarray
) -> np.ndarray:
    """Σ weight (p - (T - ε B) / Σ'b)² for every column of p; `pair` has T and B in its columns."""
    inner = pair.T @ (weight[:, None] * pair)
    mixed = p.T @ (weight[:, None] * pair)
    own = p.multiply(p).T @ weight
    crossed = (mixed[:, 0] - epsilon * mixed[:, 1]) / rest
    return own - 2 * crossed + (inner[0, 0] - 2 * epsilon * inner[0, 1] + epsilon**2 * inner[1, 1]) / rest**2


# From the database ---------------------------------------------------------------------------------------------------


def sums_by_leaf(connection: duckdb.DuckDBPyConnection, group: Group) -> Iterator[Sums]:
    """The sums of each task of a group, in their order; few tasks at a time where there are many units."""
    rows = connection.execute(sums_sql(group, count=True)).fetchone() or (0,)
    step = max(1, _AT_ONCE // (6 * max(1, rows[0])))
    design = [connection.execute(design_sql(group, k)).df() for k in range(len(group.stages))]
    for at in range(0, len(group.tasks), step):
        tasks, centres = group.tasks[at : at + step], group.centres[at : at + step]
        some = replace(group, tasks=tasks, centres=centres)
        yield from arranged(some, connection.execute(sums_sql(some)).df(), design)


def sums_sql(group: Group, count: bool = False, more: Mapping[str, str] | None = None) -> str:
    """The sums behind the estimates, and `more`, by finest cell and last unit; or how many rows that is."""
    keys = (*group.cell_keys, *group.design_keys)
    sums = [sums_of(group, i, group.stages[-1].unit is None) for i in range(len(group.tasks))]
    made = {name: sql for one in sums for name, sql in one.made.items()} | dict(more or {})
    finest = [*keys, "sum(present) as present", *(f"{sql} as {name}" for name, sql in made.items())]
    ctes = [source_cte(group), measured_cte(group), weighted_cte(group), select("finest", finest, "weighted", keys)]
    cells = [key_as_text(key) for key in group.cell_keys]
    columns = [*cells, *group.design_keys, "cast(present as bigint) as present"]
    columns += [f"cast({name} as double) as {name}" for name in made]
    asked = "count(*)" if count else indented(columns, 2)
    return f"with {', '.join(ctes)}\nselect\n  {asked}\nfrom finest"


def design_sql(group: Group, k: int) -> str:
    ctes = [*([source_cte(group)] if group.between else []), sampled_cte(group), design_cte(group, k, "sampled")]
    return f"with {', '.join(ctes)}\nselect * from design{k}"


def arranged(group: Group, frame: pd.DataFrame, design: Sequence[pd.DataFrame]) -> Iterator[Sums]:
    import numpy as np

    cell = _numbered(frame, group.cell_keys)
    cells, rolled = _rolled(group, frame, cell)
    leaf, layers = _layers(group, frame, design)
    finest = _gathering(leaf, int(leaf.max(initial=-1)) + 1)
    for i in range(len(group.tasks)):
        yield Sums(group, i, cells, layers, finest, rolled, frame, np.asarray(cell))


def _rolled(group: Group, frame: pd.DataFrame, cell: np.ndarray) -> tuple[pd.DataFrame, csr_matrix]:
    """The cells of every period level and breakdown, and which of the finest ones each is made of."""
    import numpy as np
    import pandas as pd
    from scipy.sparse import csr_matrix

    first = np.unique(cell, return_index=True)[1]
    finest = frame.iloc[first][list(group.cell_keys)].reset_index(drop=True)
    finest["present"] = np.bincount(cell, weights=frame["present"], minlength=len(first))
    answers, numbers, size = [], [], 0
    for kept in group.grouping_sets():
        number = _numbered(finest, kept)
        heads = np.unique(number, return_index=True)[1]
        answer = pd.DataFrame({key: finest[key].iloc[heads].to_numpy() if key in kept else np.nan
                               for key in group.cell_keys}, index=range(len(heads)))  # fmt: skip
        answer["cut"] = group.bits(kept)
        answer["present"] = np.bincount(number, weights=finest["present"], minlength=len(heads))
        answers.append(answer.astype({key: object for key in group.cell_keys if key.startswith("d")}))
        numbers.append(number + size)
        size += len(heads)
    grid = grid_of(group, pd.concat(answers, ignore_index=True))
    known = np.flatnonzero(grid.at >= 0)
    column = np.full(size, -1)
    column[grid.at[known]] = np.arange(len(known))
    into = column[np.concatenate(numbers)]
    origin = np.tile(np.arange(len(finest)), len(numbers))
    kept = into >= 0
    rolled = csr_matrix((np.ones(kept.sum()), (origin[kept], into[kept])), shape=(len(finest), len(known)))
    return grid.keys[list(KEYS)].iloc[known].reset_index(drop=True), rolled


def _layers(group: Group, frame: pd.DataFrame, design: Sequence[pd.DataFrame]) -> tuple[np.ndarray, list[Layer]]:
    """The leaf of every row of sums, and the stages over the leaves."""
    import numpy as np

    every = list(group.design_keys)
    leaf = _numbered(frame, every)
    leaves = frame.iloc[np.unique(leaf, return_index=True)[1]][every].reset_index(drop=True)
    layers, above = [], np.ones(len(leaves))
    for k, stage in enumerate(group.stages):
        strata = [key for j in range(k) for key in group.stage_keys(j)] + ([f"s{k}"] if stage.stratum else [])
        found = leaves.merge(design[k], on=strata, how="left") if strata else leaves.assign(**design[k].iloc[0])
        g, c, f, lonely = (found[name].to_numpy(dtype=float) for name in ("g", "c", "f", "is_lonely"))
        stratum = _numbered(leaves, strata)
        size = int(stratum.max(initial=-1)) + 1
        head = np.unique(stratum, return_index=True)[1]
        units = None
        if stage.unit:
            unit = _numbered(leaves, [*strata, f"u{k}"])
            stratum = stratum[np.unique(unit, return_index=True)[1]]
            if len(stratum) < len(leaves):
                units = _gathering(unit, len(stratum))
        layers.append(
            Layer(stage.unit is None, units, _gathering(stratum, size), (above * g)[head], c[head], lonely[head])
        )
        above = above * f
    return leaf, layers


def _numbered(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """For every row the number of its group, counted from 0 in the order met."""
    import numpy as np
    import pandas as pd

    if not columns:
        return np.zeros(len(frame), dtype=int)
    if len(columns) == 1:
        return pd.factorize(frame[columns[0]], use_na_sentinel=False)[0]
    return frame.groupby(list(columns), dropna=False, sort=False).ngroup().to_numpy()


def _gathering(into: np.ndarray, size: int) -> csr_matrix:
    """The matrix that adds rows up by the group each belongs to."""
    import numpy as np
    from scipy.sparse import csr_matrix

    return csr_matrix((np.ones(len(into)), (into, np.arange(len(into)))), shape=(size, len(into)))
