"""Scores of scales made of several items: reversal, missing items, mean, sum or count. Pure: a table in, a column out.

Which scales a questionnaire has is in `scales`, how published ones are scored in `scale_library`, how well the items
hang together in `reliability`. Whether an answer lies in its range is decided before, in `deliveries`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.scale_library import Scoring


def score(
    frame: pd.DataFrame,
    items: Sequence[str],
    reverse: Sequence[str] = (),
    range: tuple[float, float] | None = None,
    score: Scoring = "mean",
    at_least: int | None = None,
    counts_from: float | None = None,
    times: float = 1,
) -> pd.Series:
    """The score of every row (Float64), null where fewer than `at_least` items are answered (default: all of them).

    A reversed item counts low + high - x, so `reverse` needs the `range` of the items. `mean` is the mean of the items
    answered. `sum` is that mean times the number of items: with all items answered the plain sum, with some missing
    the sum in which each missing item takes the person's own mean, so that a skipped item does not pull the score down
    (person mean substitution: Downey and King 1998, Journal of General Psychology 125(2); the half rule of Fayers and
    Machin, Quality of Life, chapter on missing data, is `at_least` = half of the items). `plain_sum` adds up what was
    answered and nothing else. `count` is how many answers, after reversal, are at least `counts_from`. The result is
    multiplied by `times`.
    """
    answers = scored_answers(frame, items, reverse, range)
    answered = np.count_nonzero(~np.isnan(answers), axis=1)
    enough = answered >= max(1, len(items) if at_least is None else at_least)
    if score == "count":
        if counts_from is None:
            raise ValueError("a count needs the answer it counts from")
        with np.errstate(invalid="ignore"):
            found = np.count_nonzero(answers >= counts_from, axis=1).astype(float)
    else:
        found = np.nansum(answers, axis=1)
        if score != "plain_sum":
            found = found * (len(items) if score == "sum" else 1) / np.where(enough, answered, 1)
    return pd.Series(np.where(enough, found * times, np.nan), index=frame.index).astype("Float64")


def scored_answers(
    frame: pd.DataFrame, items: Sequence[str], reverse: Sequence[str] = (), range: tuple[float, float] | None = None
) -> np.ndarray:
    """The answers as the score counts them, one row for each row and one column for each item; nan where missing."""
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
    return answers
