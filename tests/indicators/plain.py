"""The estimators written out plainly, one cell at a time, for the engine to be held against.

Deliberately nothing like the engine: no SQL, no moments, no rolling up. Every quotient is linearised row by row with
its own estimate, every stratum and unit is visited in a loop.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats


def variance(z: np.ndarray, rows: pd.DataFrame, strata: list[str], units: list[str], sizes: list[str]) -> float:
    """Variance of the total of z over nested stages; without unit columns the rows are the units of the last stage."""
    groups = rows.groupby(strata[0]).indices if strata and strata[0] else {0: np.arange(len(rows))}
    total = 0.0
    for index in groups.values():
        inside, part = rows.iloc[index], z[index]
        members = (
            list(inside.groupby(units[0]).indices.values()) if units else [np.array([k]) for k in range(len(index))]
        )
        m = len(members)
        sums = np.array([part[k].sum() for k in members])
        size = float(inside[sizes[0]].iloc[0]) if sizes else math.inf
        fraction = size if size <= 1 else m / size
        if m > 1:
            total += (1 - fraction) * m / (m - 1) * ((sums - sums.mean()) ** 2).sum()
        if fraction and len(units) > 1:
            total += fraction * sum(
                variance(part[k], inside.iloc[k], strata[1:], units[1:], sizes[1:]) for k in members
            )
    return total


class Plain:
    """One sample and its design; every method estimates over the rows of a domain (a boolean array)."""

    def __init__(self, rows: pd.DataFrame, weight: str | None = None, strata: tuple[str, ...] = (),
                 units: tuple[str, ...] = (), sizes: tuple[str, ...] = (), level: float = 0.95) -> None:  # fmt: skip
        self.rows, self.level = rows.reset_index(drop=True), level
        self.w = rows[weight].to_numpy(float) if weight else np.ones(len(rows))
        self.strata, self.units, self.sizes = list(strata), list(units), list(sizes)

    def _df(self, used: np.ndarray) -> int:
        active = self.rows[used & (self.w > 0)]
        keys = [*self.strata[:1], *self.units[:1]]
        units = len(active.drop_duplicates(keys)) if self.units else len(active)
        return units - (active[self.strata[0]].nunique() if self.strata else 1)

    def _error(self, z: np.ndarray) -> float:
        return math.sqrt(max(variance(z, self.rows, self.strata, self.units, self.sizes), 0))

    def quotient(self, y: np.ndarray, x: np.ndarray, domain: np.ndarray) -> tuple[float, float, float, float, int]:
        """Value, standard error, interval and degrees of freedom of Σwy / Σwx."""
        used = domain & np.isfinite(y) & np.isfinite(x) & (self.w > 0)
        y, x = np.where(used, y, 0.0), np.where(used, x, 0.0)
        value = (self.w * y).sum() / (self.w * x).sum()
        z = np.where(used, self.w * (y - value * x), 0.0) / (self.w * x).sum()
        return self._interval(value, self._error(z), self._df(used))

    def total(self, y: np.ndarray, domain: np.ndarray) -> tuple[float, float, float, float, int]:
        used = domain & np.isfinite(y) & (self.w > 0)
        z = np.where(used, self.w * np.where(used, y, 0.0), 0.0)
        return self._interval(z.sum(), self._error(z), self._df(used))

    def quantile(self, y: np.ndarray, p: float, domain: np.ndarray) -> tuple[float, float, float, float, int]:
        used = domain & np.isfinite(y) & (self.w > 0)
        value = self._reached(y, used, p)
        at_most = np.where(used, (y <= value).astype(float), np.nan)
        _, _, low, high, df = self.quotient(at_most, np.ones(len(y)), used)
        ends = [self._reached(y, used, end) if 0 <= end <= 1 else math.nan for end in (low, high)]
        error = (ends[1] - ends[0]) / (2 * stats.t.ppf((1 + self.level) / 2, df)) if df >= 1 else math.nan
        return value, error, ends[0], ends[1], df

    def _reached(self, y: np.ndarray, used: np.ndarray, p: float) -> float:
        order = np.argsort(y[used], kind="stable")
        values, shares = y[used][order], np.cumsum(self.w[used][order]) / self.w[used].sum()
        return float(values[min(np.searchsorted(shares, p * (1 - 1e-12)), len(values) - 1)])

    def _interval(self, value: float, error: float, df: int) -> tuple[float, float, float, float, int]:
        reach = stats.t.ppf((1 + self.level) / 2, df) * error if df >= 1 else math.nan
        return value, error, value - reach, value + reach, df
