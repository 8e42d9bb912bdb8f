"""What each component adds to a composite index, for `explain`: from published values, in a reader's words.

The arithmetic is that of `pipelines.indicators.composites`, done again on what was published; nothing is read that a
reader could not read.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from pipelines.indicators.composites import composed, shares
from pipelines.usage import say
from theory_of_change.model import Component, Index
from warehouse.modelling import literal


def parts(connection: duckdb.DuckDBPyConnection, index: Index, period: str, language: str) -> Iterator[str]:
    """A line for each component: its value, what that counts for between its goalposts, its weight and its share."""
    names = ", ".join(literal(one.indicator) for one in index.of)
    published = dict(connection.execute(
        f"select indicator_id, value from out.indicator_values where indicator_id in ({names})"
        f" and period = {literal(period)} and dimension = 'all' and status = 'ok'"
    ).fetchall())  # fmt: skip
    cell = composed(index, [published.get(one.indicator) for one in index.of])
    yield say(language, f"explain.index-{index.aggregate}")
    for one, score, weight, share in zip(index.of, cell.scores, cell.weights, shares(index, cell), strict=True):
        yield _part(one, published.get(one.indicator), score, weight, share, index, language)


def _part(
    one: Component, value: float | None, score: float | None, weight: float, share: float | None, index: Index,
    language: str,
) -> str:  # fmt: skip
    if value is None or score is None:
        return say(language, "explain.index-part-missing", id=one.indicator)
    told = say(language, "explain.index-part", id=one.indicator, value=f"{value:.6g}", weight=f"{weight:.4g}")
    if one.worst is not None and one.best is not None:
        scale = say(language, "explain.index-log") if one.scale == "log" else ""
        told += say(language, "explain.index-score", score=f"{score:.4g}", worst=f"{one.worst:g}",
                    best=f"{one.best:g}", scale=scale)  # fmt: skip
    if share is not None:
        told += say(language, f"explain.index-share-{index.aggregate}", share=f"{100 * share:.1f}")
    return told
