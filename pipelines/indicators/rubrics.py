"""Indicators that sum up a rubric: each thing rated gets a score of its own, and these become one number a period.

Reads the register of ratings and lays out the rows every indicator has; the arithmetic of one thing is
`analysis.rating_tests`'. Tables of every item and group are `pipelines.rating`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Any

from pipelines.indicators.dialect import as_text, quoted
from pipelines.indicators.estimates import t_quantile, wilson
from pipelines.indicators.expressions import parse
from pipelines.indicators.groups import When
from pipelines.indicators.measures import BOTH, WHOLE, Breakdown, breakdowns_of
from pipelines.indicators.notes import note
from pipelines.indicators.rows import category_sql
from pipelines.indicators.series import NUMBERS, SERIES_COLUMNS, categories, over_time
from pipelines.indicators.statements import core_table, has_landed
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import ALL, Period, Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import datetime as dt

    import duckdb
    import pandas as pd


@dataclass(frozen=True)
class Score:
    """One score, with its rater, the thing and the criterion it is of, its day, and its categories."""

    rater: str
    thing: tuple[str, ...]
    criterion: tuple[str, ...]
    score: float
    day: dt.date | None
    categories: tuple[str | None, ...]


def rubric_frame(
    connection: duckdb.DuckDBPyConnection,
    indicator: Indicator,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """The measure in every period, for everything rated and for each category. `n` counts raters, whose number decides
    what may be shown; `denominator` counts things."""
    import pandas as pd

    table = tables[indicator.measure.source]
    breakdowns = (WHOLE, *breakdowns_of(indicator, theory, table))
    columns = list(dict.fromkeys(name for one in breakdowns for name in one.column_names))
    merged = {name: codes for one in breakdowns for name, codes in one.merged_in.items()}
    read = [category_sql(name, merged.get(name)) for name in columns]
    scores = _read(connection, indicator, table, read) if has_landed(connection, table) else []
    rows: list[dict[str, Any]] = []
    for one in breakdowns:
        places = [columns.index(name) for name in one.column_names]
        for period, category in product(programme.calendar.periods, _categories(one, places, scores)):
            parts = category.split(BOTH) if len(places) > 1 else [category]
            own = [score for score in scores if _is_inside(score, period, table)
                   and all(score.categories[at] == part for at, part in zip(places, parts, strict=False))]  # fmt: skip
            place = {"period": period.name, "dimension": one.name, "category": category}
            found = _value(indicator, own) if own else _nothing(period, table, programme)
            rows.append({"indicator_id": indicator.id, **place, **dict.fromkeys(NUMBERS), "note": "",
                         "method": method(indicator), **found})  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(SERIES_COLUMNS))
    frame[["present", *NUMBERS]] = frame[["present", *NUMBERS]].astype(float)
    return over_time(indicator, frame, programme)


def method(indicator: Indicator) -> str:
    """How a rubric came to one number, in stable words."""
    rubric = indicator.measure.rubric
    words = [f"rubric {rubric.score}", "criteria of equal weight"]
    words.append("share of things rated" if rubric.at_least is not None else
                 "mean of things rated" if rubric.score == "mean" else "median of things rated")  # fmt: skip
    interval = {"share": "wilson", "mean": "t"}.get(words[-1].split()[0]) if _is_sample(indicator) else None
    return "; ".join([*words, interval] if interval else words)


def _is_sample(indicator: Indicator) -> bool:
    return bool(indicator.uncertainty and indicator.uncertainty.mode in ("sample", "superpopulation"))


def _read(
    connection: duckdb.DuckDBPyConnection, indicator: Indicator, table: Table, categories: Sequence[str]
) -> list[Score]:
    """Every complete row inside the measure's filter; `categories` are SQL."""
    roles, rubric = table.ratings, indicator.measure.rubric
    of = [name for name in roles.items if not rubric.of or name in rubric.of]
    names = [table.column(name).name for name in (roles.rater, *of, *roles.items)]
    asked = [as_text(sql) for sql in (*map(quoted, names), *categories)]
    score = quoted(table.column(roles.score).name)
    day = quoted(table.column(table.date).name) if table.date else "null"
    whole = [f"{quoted(name)} is not null" for name in names] + [f"{score} is not null"]
    if indicator.measure.where:
        whole.append(f"({parse(indicator.measure.where, table, 'boolean').sql})")
    rows = connection.execute(
        f"select cast({score} as double), {day}, {', '.join(asked)} from {core_table(table)}"
        f" where {' and '.join(whole)} order by _load_id, _row"
    ).fetchall()
    end, last = 1 + len(of), 1 + len(of) + len(roles.items)
    return [Score(told[0], tuple(told[1:end]), tuple(told[end:last]), score, day, tuple(told[last:]))
            for score, day, *told in rows]  # fmt: skip


def _categories(one: Breakdown, places: Sequence[int], scores: Sequence[Score]) -> list[str]:
    seen = [[score.categories[at] for at in places] for score in scores]
    return categories(one, list(dict.fromkeys(BOTH.join(parts) for parts in seen if parts and None not in parts)))


def _is_inside(score: Score, period: Period, table: Table) -> bool:
    if period.name == ALL and not table.date:
        return True
    if table.period:
        return table.period == period.name or table.period.startswith(f"{period.name}-")
    return score.day is not None and period.start <= score.day <= period.end


def _nothing(period: Period, table: Table, programme: Programme) -> dict[str, Any]:
    undated = not When(table, programme.calendar).is_dated and period.name != ALL
    told = note("undated", programme.language, source=table.id) if undated else ""
    return {"present": 0, "n": 0, "status": "no_data", "note": told}


def _value(indicator: Indicator, scores: Sequence[Score]) -> dict[str, Any]:
    """The number of these scores, of which there is at least one."""
    import numpy as np

    from pipelines.analysis.rating_tests import own_score

    rubric = indicator.measure.rubric
    things: dict[tuple[str, ...], dict[tuple[str, ...], list[float]]] = {}
    for one in scores:
        things.setdefault(one.thing, {}).setdefault(one.criterion, []).append(one.score)
    own = [own_score(list(criteria.values()), rubric.score) for criteria in things.values()]
    n = len({one.rater for one in scores})
    row = {"present": n, "n": n, "denominator": len(own), "status": "ok"}
    level = indicator.uncertainty.level if indicator.uncertainty else 0.95
    if rubric.at_least is not None:
        reached = sum(score >= rubric.at_least for score in own)
        row |= {"value": reached / len(own), "numerator": reached}
        if _is_sample(indicator):
            low, high = wilson(np.array([row["value"]]), np.array([len(own)]), level)
            row |= {"ci_low": float(low[0]), "ci_high": float(high[0])}
    elif rubric.score == "mean":
        row["value"] = fmean(own)
        if _is_sample(indicator) and len(own) > 1:
            error, df = stdev(own) / len(own) ** 0.5, len(own) - 1
            reach = float(t_quantile(level, np.array(float(df)))) * error
            row |= {"std_error": error, "degrees_of_freedom": df, "ci_low": row["value"] - reach,
                    "ci_high": row["value"] + reach}  # fmt: skip
    else:
        row["value"] = median(own)
    return row
