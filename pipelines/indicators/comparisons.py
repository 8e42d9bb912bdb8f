"""Differences a reader would otherwise work out by eye, with their uncertainty: the table `comparisons`.

Every published value is set against its baseline, the period before and the other groups (`pairs`), each pair is
estimated (`pair_estimates`), and here stands what the estimates together allow to say. Values come from after
disclosure control; a side that is held back is compared with nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.indicators.answers import grouped
from pipelines.indicators.differences import holm
from pipelines.indicators.measures import COMPOSED, QUANTILES, QUOTIENTS, TOTALS, tasks_of
from pipelines.indicators.notes import note
from pipelines.indicators.pair_estimates import EXACT, NUMBERS, Design, PairEstimates, Values
from pipelines.indicators.pairs import pairs_of
from pipelines.indicators.statements import has_landed
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

COMPARISON_COLUMNS = (
    "indicator_id", "period", "dimension", "category", "against", "other_period", "other_category", "other_indicator",
    "value", "other_value", "difference", "std_error", "ci_low", "ci_high", "ci_level", "degrees_of_freedom", "p_value",
    "p_adjusted", "n_compared", "n", "n_other", "n_both", "unit", "method", "status", "verdict", "note",
)  # fmt: skip
_SAMPLED = (*QUOTIENTS, *TOTALS, *QUANTILES)
#: Relative difference below which two exact numbers are the same.
_SAME = 1e-9


def compare(
    connection: duckdb.DuckDBPyConnection,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
    shown: pd.DataFrame,
    only: Collection[str] | None = None,
) -> pd.DataFrame:
    """Every comparison of every indicator, or of those in `only` (COMPARISON_COLUMNS); `shown` are the values as they
    are published."""
    import pandas as pd

    values = Values(shown, {one.id: one.measure.source for one in theory.indicators})
    tasks = {name: task for name, task in tasks_of(theory, tables).items() if task.kind in _SAMPLED}
    asked = {
        one.id: list(pairs_of(one, values.states, theory, programme)) if only is None or one.id in only else []
        for one in theory.indicators
    }
    exact = _exact(theory, tables)
    frames = []
    sampled = [task for task in tasks.values() if task.id not in exact and task.has_error]
    for group in grouped(sampled, programme.calendar):
        wanted = [task for task in group.tasks if asked[task.id]]
        if wanted and has_landed(connection, group.table):
            group = replace(group, tasks=tuple(wanted), centres=tuple(values.centre(task) for task in wanted))
            design = Design(connection, group, programme)
            for i, task in enumerate(wanted):
                frames.append(PairEstimates(task.indicator, values, asked.pop(task.id), design, i, exact).frame())
    for indicator in theory.indicators:
        if asked.get(indicator.id):
            frames.append(PairEstimates(indicator, values, asked[indicator.id], None, 0, exact).frame())
    order = {one.id: place for place, one in enumerate(theory.indicators)}
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COMPARISON_COLUMNS))
    found = found.sort_values("indicator_id", key=lambda names: names.map(order), kind="stable", ignore_index=True)
    levels = {one.id: one.uncertainty.level if one.uncertainty else 0.95 for one in theory.indicators}
    return _judged(found, levels, programme.language)


def _exact(theory: TheoryOfChange, tables: Mapping[str, Table]) -> set[str]:
    """Indicators that count everybody, so that their differences are known without error. A formula is, where all it
    rests on is."""
    indicators = {one.id: one for one in theory.indicators}

    def is_exact(one: Indicator, above: tuple[str, ...] = ()) -> bool:
        inputs = one.measure.rests_on
        if one.measure.kind in COMPOSED:
            return all(i in indicators and i not in above and is_exact(indicators[i], (*above, i)) for i in inputs)
        if one.uncertainty:
            return one.uncertainty.mode == "census"
        table = tables.get(one.measure.source or "")
        return table is not None and table.kind == "register" and one.measure.kind in (*_SAMPLED, "distinct", "funnel")

    return {one.id for one in theory.indicators if is_exact(one)}


def _judged(frame: pd.DataFrame, levels: Mapping[str, float], language: str) -> pd.DataFrame:
    """p-values corrected within each indicator's disaggregation, and what each comparison allows to say."""
    import numpy as np
    import pandas as pd

    if not len(frame):
        return pd.DataFrame(columns=list(COMPARISON_COLUMNS))
    families = frame.groupby(["indicator_id", "period", "dimension", "against"], sort=False).ngroup().to_numpy()
    numbers = {name: frame[name].to_numpy(dtype=float) for name in NUMBERS}
    frame["p_adjusted"] = holm(numbers["p_value"], families)
    is_tested = ~np.isnan(numbers["p_value"])
    compared = np.bincount(families, weights=is_tested)[families]
    frame["n_compared"] = np.where(np.isnan(numbers["p_value"]), np.nan, compared)
    level = frame["indicator_id"].map(levels).to_numpy(dtype=float)
    frame["ci_level"] = np.where(np.isnan(numbers["ci_low"]), np.nan, level)
    corrected = (compared > 1) & ~np.isnan(numbers["p_value"])
    frame["method"] = [f"{said}; holm over {int(n)}" if many else said
                       for said, n, many in zip(frame["method"], compared, corrected, strict=True)]  # fmt: skip
    difference, exact = numbers["difference"], (frame["method"] == EXACT).to_numpy()
    tolerance = _SAME * np.maximum(1, np.fmax(np.abs(numbers["value"]), np.abs(numbers["other_value"])))
    clear = np.where(
        exact,
        np.abs(difference) > tolerance,
        ((numbers["ci_low"] > 0) | (numbers["ci_high"] < 0)) & ~(frame["p_adjusted"].to_numpy(float) >= 1 - level),
    )
    status = frame["status"].to_numpy(dtype=object)
    verdict = np.where(clear, np.where(difference > 0, "up", "down"), np.where(exact, "same", "no_evidence"))
    verdict = np.where(status == "ok", verdict, np.where(status == "no_interval", "unknown", None)).astype(object)
    verdict[status == "not_comparable"] = "not_comparable"
    frame["verdict"] = verdict
    frame["note"] = [note(reason[0], language, **reason[1]) if reason else said
                     for reason, said in zip(frame["reason"], frame["note"], strict=True)]  # fmt: skip
    for name in ("n", "n_other", "n_both", "n_compared"):
        frame[name] = frame[name].astype("float64").round().astype("Int64")
    for name in ("method", "note", "other_period", "other_category", "other_indicator"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame[list(COMPARISON_COLUMNS)]
