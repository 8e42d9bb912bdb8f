"""The arithmetic of a difference between two estimates: its interval, and how surprising it would be were there none.

Arrays in, arrays out, a whole column of comparisons at a time; no SQL, no names of indicators. Which two estimates are
set against each other is decided in `comparisons`, how much they share in `covariance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.indicators.estimates import t_quantile, wilson

if TYPE_CHECKING:
    import numpy as np

#: A spread below this part of the values' size is what rounding leaves of none: squares lose half the digits.
_NOTHING = 1e-7


@dataclass(frozen=True)
class Difference:
    """Standard errors, intervals and p-values of a column of differences; nan where there is none."""

    std_error: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p_value: np.ndarray


def by_t(
    difference: np.ndarray, variance: np.ndarray, df: np.ndarray, level: float, size: np.ndarray | float = 0.0
) -> Difference:
    """The interval and test of Student's t. A difference without any spread (everybody gave the same answers) has
    neither, for such a sample says nothing about chance. `size` is how large the compared values are."""
    import numpy as np
    from scipy.special import stdtr

    difference, variance, df = (np.asarray(one, dtype=float) for one in (difference, variance, df))
    spread = np.sqrt(np.clip(variance, 0, None))
    spread = np.where((df >= 1) & (spread > _NOTHING * np.maximum(size, np.abs(difference))), spread, np.nan)
    reach = t_quantile(level, df) * spread
    p_value = 2 * stdtr(np.maximum(df, 1), -np.abs(difference / spread))
    return Difference(spread, difference - reach, difference + reach, p_value)


def welch(
    difference: np.ndarray, first: np.ndarray, n: np.ndarray, second: np.ndarray, other_n: np.ndarray, level: float
) -> Difference:
    """Means of two independent samples with variances of their own: `first` and `second` are s²/n (Welch 1947, with
    the degrees of freedom of Satterthwaite 1946)."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        df = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (other_n - 1))
    return by_t(difference, first + second, df, level)


def newcombe(
    share: np.ndarray, n: np.ndarray, other: np.ndarray, other_n: np.ndarray, level: float,
    fraction: np.ndarray | float = 0.0, other_fraction: np.ndarray | float | None = None,
) -> Difference:  # fmt: skip
    """Shares of two independent samples: Newcombe's hybrid score interval (1998, Statistics in Medicine 17, 873-890,
    method 10) and the score test with the N - 1 of Campbell (2007, Statistics in Medicine 26, 3661-3675).

    A sample that holds a known fraction of its population counts as n / (1 - fraction) rows, as in `wilson`; without
    another one, that of the other sample is the same.
    """
    import numpy as np
    from scipy.special import ndtr

    beside = fraction if other_fraction is None else other_fraction
    low, high = mover(share, *wilson(share, n, level, fraction), other, *wilson(other, other_n, level, beside))
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = n / (1 - fraction), other_n / (1 - beside)
        pooled = (a * share + b * other) / (a + b)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / a + 1 / b) * (a + b) / (a + b - 1))
        p_value = np.where(spread > 0, 2 * ndtr(-np.abs(share - other) / spread), 1.0)
        std_error = np.sqrt(share * (1 - share) / a + other * (1 - other) / b)
    return Difference(std_error, low, high, p_value)


def mover(
    value: np.ndarray, low: np.ndarray, high: np.ndarray, other: np.ndarray, other_low: np.ndarray,
    other_high: np.ndarray, correlation: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Both ends of the interval of `value - other` from the two intervals: the method of variance estimates recovery
    (Zou & Donner 2008, Statistics in Medicine 27, 1693-1702)."""
    import numpy as np

    down, up = value - low, other_high - other
    back, forth = high - value, other - other_low
    with np.errstate(invalid="ignore"):
        below = np.sqrt(np.clip(down**2 - 2 * correlation * down * up + up**2, 0, None))
        above = np.sqrt(np.clip(back**2 - 2 * correlation * back * forth + forth**2, 0, None))
    return value - other - below, value - other + above


def independent(
    value: np.ndarray, low: np.ndarray, high: np.ndarray, other: np.ndarray, other_low: np.ndarray,
    other_high: np.ndarray, level: float,
) -> Difference:  # fmt: skip
    """Two independent estimates of any kind, from their intervals. The p-value comes from how far zero lies beyond the
    difference compared with the end of the interval on that side."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    below, above = mover(value, low, high, other, other_low, other_high)
    difference, z = value - other, ndtri((1 + level) / 2)
    reach = np.where(difference > 0, difference - below, above - difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = np.where(reach > 0, 2 * ndtr(-z * np.abs(difference) / reach), np.nan)
    has_width = (above > below) & (reach > 0)
    return Difference(
        np.where(has_width, (above - below) / (2 * z), np.nan),
        np.where(has_width, below, np.nan),
        np.where(has_width, above, np.nan),
        p_value,
    )


def paired_shares(
    both: np.ndarray, only_now: np.ndarray, only_before: np.ndarray, neither: np.ndarray, level: float
) -> Difference:
    """Shares of the same people at two times, from how many said yes at both, at one, at none.

    The interval is Newcombe's for paired shares (1998, Statistics in Medicine 17, 2635-2650, method 10); the test is
    McNemar's, exact with mid-p (Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91).
    """
    import numpy as np
    from scipy.special import bdtr

    r, s, t, u = (np.asarray(one, dtype=float) for one in (both, only_now, only_before, neither))
    n = r + s + t + u
    with np.errstate(divide="ignore", invalid="ignore"):
        now, before = (r + s) / n, (r + t) / n
        product, shared = (r + s) * (t + u) * (r + t) * (s + u), r * u - s * t
        corrected = np.where(shared > n / 2, shared - n / 2, np.minimum(shared, 0))
        phi = np.where(product > 0, corrected / np.sqrt(product), 0.0)
        low, high = mover(now, *wilson(now, n, level), before, *wilson(before, n, level), phi)
        std_error = np.sqrt(np.clip(s + t - (s - t) ** 2 / n, 0, None)) / n
        less, changed = np.minimum(s, t), s + t
        upto, below = bdtr(less, changed, 0.5), np.where(less > 0, bdtr(np.maximum(less - 1, 0), changed, 0.5), 0.0)
    return Difference(std_error, low, high, np.minimum(upto + below, 1.0))


def from_number(share: np.ndarray, n: np.ndarray, number: np.ndarray, fraction: np.ndarray | float = 0.0) -> np.ndarray:
    """The p-value of a share of a simple random sample against a stated one: the score test, which agrees with
    Wilson's interval; nan where the stated share is 0, 1 or no share."""
    import numpy as np
    from scipy.special import ndtr

    inner = np.where((number > 0) & (number < 1), number, np.nan)
    with np.errstate(invalid="ignore"):
        return 2 * ndtr(-np.abs(share - inner) / np.sqrt(inner * (1 - inner) * (1 - fraction) / n))


def from_logit(share: np.ndarray, std_error: np.ndarray, df: np.ndarray, number: np.ndarray) -> np.ndarray:
    """The same for a share under a design: t on the logit scale, which agrees with its interval."""
    import numpy as np
    from scipy.special import logit, stdtr

    inner = np.where((number > 0) & (number < 1), number, np.nan)
    own = np.where((share > 0) & (share < 1), share, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (logit(own) - logit(inner)) * own * (1 - own) / std_error
    return np.where(df >= 1, 2 * stdtr(np.maximum(df, 1), -np.abs(t)), np.nan)


def holm(p_values: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Every p-value corrected for the others of its family (Holm 1979, Scandinavian Journal of Statistics 6, 65-70),
    all families at once; those that are nan take no part."""
    import numpy as np
    import pandas as pd

    adjusted = np.array(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(adjusted))
    ordered = known[np.argsort(adjusted[known], kind="stable")]
    members = pd.Series(adjusted[ordered]).groupby(np.asarray(families)[ordered])
    rank, size = members.cumcount().to_numpy(), members.transform("size").to_numpy()
    steps = pd.Series(np.minimum((size - rank) * adjusted[ordered], 1.0))
    adjusted[ordered] = steps.groupby(np.asarray(families)[ordered]).cummax().to_numpy()
    return adjusted
