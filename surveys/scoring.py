"""Scores of scales made of several items: reversal, missing items, mean or sum. Pure: a table in, a column out.

Which scales a questionnaire has is in `questionnaire`; whether an answer lies in its range is decided before, in
`deliveries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd


def score(
    frame: pd.DataFrame,
    items: Sequence[str],
    reverse: Sequence[str] = (),
    range: tuple[float, float] | None = None,
    score: Literal["mean", "sum"] = "mean",
    at_least: int | None = None,
) -> pd.Series:
    """The score of every row (Float64), null where fewer than `at_least` items are answered (default: all of them).

    A reversed item counts low + high - x, so `reverse` needs the `range` of the items. `mean` is the mean of the items
    answered. `sum` is that mean times the number of items: with all items answered the plain sum, with some missing
    the sum in which each missing item takes the person's own mean, so that a skipped item does not pull the score down
    (person mean substitution: Downey and King 1998, Journal of General Psychology 125(2); the half rule of Fayers and
    Machin, Quality of Life, chapter on missing data, is `at_least` = half of the items).
    """
    unknown = [item for item in (*items, *reverse) if item not in frame.columns]
    if unknown or not set(reverse) <= set(items):
        raise ValueError(f"no such items: {unknown or sorted(set(reverse) - set(items))}")
    if reverse and range is None:
        raise ValueError("reversed items need the range of the scale")
    answers = np.column_stack(
        [frame[item].astype("Float64").to_numpy(dtype="float64", na_value=np.nan) for item in items]
    )
    for position, item in enumerate(items):
        if item in reverse:
            answers[:, position] = sum(range) - answers[:, position]
    answered = np.count_nonzero(~np.isnan(answers), axis=1)
    enough = answered >= max(1, len(items) if at_least is None else at_least)
    total = np.where(enough, np.nansum(answers, axis=1), np.nan)
    scores = total * (len(items) if score == "sum" else 1) / np.where(enough, answered, 1)
    return pd.Series(scores, index=frame.index).astype("Float64")
