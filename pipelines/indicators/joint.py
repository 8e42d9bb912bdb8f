"""How estimates of one source vary together: variances and covariances of several indicators in the same cells.

For numbers that are made of several estimates of one sample, whose errors are not independent. Every estimate is
linearised as one total over the whole design, as in `covariance`, whose sums are used here; the covariance of two
totals has the form of their variance with a product in the place of a square (Wolter 2007, Introduction to Variance
Estimation, chapter 6; R's `svycontrast` on `svymean` of several variables).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.indicators.covariance import Sums, arranged, design_sql, sums_sql
from pipelines.indicators.groups import Group

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd


def covariances(connection: duckdb.DuckDBPyConnection, group: Group) -> tuple[pd.DataFrame, np.ndarray]:
    """Cells (period, dimension, category), and for each the matrix of covariances of the group's tasks."""
    import numpy as np

    crossed = _crossed(group) if group.stages[-1].unit is None else {}
    frame = connection.execute(sums_sql(group, more=crossed)).df()
    design = [connection.execute(design_sql(group, k)).df() for k in range(len(group.stages))]
    sums = list(arranged(group, frame, design))
    cells, layers, count = sums[0].cells, sums[0].layers, len(sums)
    found = np.zeros((len(cells), count, count))
    for layer in layers:
        units = [layer.added(one.linearised).tocsc() for one in sums]
        strata = [(layer.strata @ one).tocsc() for one in units]
        for i in range(count):
            for j in range(i, count):
                own = strata[i].multiply(strata[j]).T @ (-layer.scale * layer.centre)
                if layer.are_rows:
                    own = own + _products(sums, i, j)
                else:
                    own = own + units[i].multiply(units[j]).T @ (layer.strata.T @ layer.scale)
                found[:, i, j] += own
    below = np.tril_indices(count, -1)
    found[:, below[0], below[1]] = found[:, below[1], below[0]]
    return cells, found


def _crossed(group: Group) -> dict[str, str]:
    """Sums of the products of two tasks' a and b, where rows are the units: SQL by name."""
    found: dict[str, str] = {}
    for i, _ in enumerate(group.tasks):
        for j in range(i, len(group.tasks)):
            (a, b), (c, d) = _terms(group, i), _terms(group, j)
            pairs = {"aa": (a, c), "ab": (a, d), "ba": (b, c), "bb": (b, d)}
            found |= {f"{name}{i}_{j}": f"sum({left} * {right})" for name, (left, right) in pairs.items()}
    return found


def _terms(group: Group, i: int) -> tuple[str, str]:
    """What the queries call a = w (y - c x) and b = w x of a task; b is 1 for a row used where nothing is weighted."""
    has_base = bool(group.table.weight or group.tasks[i].base)
    return f"a{i}", f"b{i}" if has_base else f"case when a{i} is not null then 1 end"


def _products(sums: Sequence[Sums], i: int, j: int) -> np.ndarray:
    """Where rows are the units, Σ_h s_h Σ z z' of each cell."""
    import numpy as np

    last = sums[i].layers[-1]
    scale = last.strata.T @ last.scale
    aa, ab, ba, bb = (sums[i].matrix(f"{name}{i}_{j}").T @ scale for name in ("aa", "ab", "ba", "bb"))
    (base, delta), (other_base, other_delta) = (_ratios(sums[k]) for k in (i, j))
    return np.asarray((aa - other_delta * ab - delta * ba + delta * other_delta * bb) / (base * other_base))


def _ratios(one: Sums) -> tuple[np.ndarray | float, np.ndarray | float]:
    """Σb and δ = Σt / Σb of each cell; of a total, which is linear as it stands, 1 and 0."""
    return one.ratios if one.is_quotient else (1.0, 0.0)
