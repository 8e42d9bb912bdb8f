"""Sums to estimates: values, standard errors, degrees of freedom and intervals, a whole column of cells at a time.

Everything here is arithmetic on arrays; no SQL, no rows. The sums come from `queries.moments_sql`: n rows used,
t = Σ w (y - c x), b = Σ w x, and the quadratic form of their design variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.indicators.measures import QUOTIENTS, Task

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Estimates:
    """One number per cell in each array; nan where there is none. `undefined` marks a quotient over zero."""

    n: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray
    value: np.ndarray
    std_error: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    degrees_of_freedom: np.ndarray
    undefined: np.ndarray


def from_sums(
    task: Task,
    sums: Mapping[str, np.ndarray],
    centre: float,
    errors: bool,
    *,
    as_quotient: bool = False,
    fraction: float = 0.0,
    taken: np.ndarray | float = 0.0,
) -> Estimates:
    """The estimates of one task from its columns of sums (`n t b vaa vab vbb units strata lonely`).

    A quotient R = Σwy / Σwx has the variance of the total of z = w (y - R x) / Σwx (Taylor linearisation, Woodruff
    1971; R's survey::svymean and svyratio); a total has the variance of w y itself (svytotal). `fraction` of the
    population is in the sums' own variance already; `taken`, cell by cell, is not.
    """
    import numpy as np

    n, t, b = (np.asarray(sums[name], dtype=float) for name in ("n", "t", "b"))
    nothing = np.full(len(n), np.nan)
    used, is_quotient = n > 0, as_quotient or task.kind in QUOTIENTS
    if is_quotient:
        undefined = used & (b == 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            delta = np.where(undefined | ~used, np.nan, t / b)
        value, numerator, denominator = centre + delta, t + centre * b, b
        form, scale = delta, b
    else:
        undefined = np.zeros(len(n), dtype=bool)
        numerator, denominator = nothing, nothing
        value = np.where(used, t + centre * b, np.nan)
        form, scale = np.full(len(n), -centre), 1.0
    if not errors:
        return Estimates(n, numerator, denominator, value, nothing, nothing, nothing, nothing, undefined)

    units, strata, lonely = (np.asarray(sums[name], dtype=float) for name in ("units", "strata", "lonely"))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (sums["vaa"] - 2 * form * sums["vab"] + form**2 * sums["vbb"]) / np.square(scale)
        if task.lonely == "average":  # strata with one unit get the average variance of the others
            variance = variance * np.where(lonely > 0, strata / (strata - lonely), 1.0)
        std_error = np.sqrt(np.clip(variance, 0, None) * (1 - taken))
    df = units - strata
    # one unit says nothing about the spread of a quotient; a total's error also holds the rows outside its domain
    std_error = np.where(df >= 1 if is_quotient else used, std_error, np.nan)
    std_error = np.where(np.isfinite(std_error), std_error, np.nan)
    if task.kind == "share" and not task.table.has_design:
        low, high = clopper_pearson(numerator, n, task.level) if task.exact else wilson(
            value, n, task.level, fraction + taken)  # fmt: skip
        return Estimates(n, numerator, denominator, value, std_error, low, high, nothing, undefined)
    if task.kind == "share":
        low, high = logit(value, std_error, df, task.level)
        return Estimates(n, numerator, denominator, value, std_error, low, high, df, undefined)
    reach = t_quantile(task.level, df) * std_error
    return Estimates(n, numerator, denominator, value, std_error, value - reach, value + reach, df, undefined)


def t_quantile(level: float, df: np.ndarray) -> np.ndarray:
    """The two-sided t quantile for each number of degrees of freedom; nan below one."""
    import numpy as np
    from scipy.special import stdtrit

    return np.where(df >= 1, stdtrit(np.maximum(df, 1), (1 + level) / 2), np.nan)


def wilson(
    share: np.ndarray, n: np.ndarray, level: float, fraction: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval (Wilson 1927; Brown, Cai & DasGupta 2001).

    A sample that holds a known fraction of its population counts as n / (1 - fraction) rows, which gives the score the
    variance of a sample without replacement.
    """
    import numpy as np
    from scipy.special import ndtri

    z = ndtri((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = np.asarray(n, dtype=float) / (1 - fraction)
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.clip(middle - reach, 0, 1), np.clip(middle + reach, 0, 1)


def logit(share: np.ndarray, std_error: np.ndarray, df: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """The interval that is symmetric on the logit scale, as R's svyciprop(method = "logit"); none at 0 and 1."""
    import numpy as np
    from scipy.special import expit
    from scipy.special import logit as log_odds

    inner = np.where((share > 0) & (share < 1), share, np.nan)
    reach = t_quantile(level, df) * std_error / (inner * (1 - inner))
    return expit(log_odds(inner) - reach), expit(log_odds(inner) + reach)


def clopper_pearson(count: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """The exact interval of a share (Clopper & Pearson 1934), by quantiles of the beta distribution."""
    import numpy as np
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(count > 0, betaincinv(np.maximum(count, 1), n - count + 1, tail), 0.0)
        high = np.where(count < n, betaincinv(count + 1, np.maximum(n - count, 1), 1 - tail), 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)
