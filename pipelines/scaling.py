"""How the scales of the surveys hang together in the answers in force, by wave and period, after disclosure control.

The statistics are in `surveys.reliability`, what is too small to show in `warehouse.disclosure`; here the samples are
chosen and the tables `scale_reliability` and `scale_items` are made of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from surveys.questionnaire import Survey
from surveys.reliability import LEVEL, Reliability, reliability
from surveys.scales import ScoredScale
from surveys.scoring import scored_answers
from theory_of_change.programme import ALL, Calendar, Programme
from theory_of_change.tables import Table
from warehouse.disclosure import SUPPRESSED, hidden_counts
from warehouse.modelling import literal, model, quoted
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

    from surveys.sources import Source

_HELD = ("n", "alpha", "ci_low", "ci_high", "ci_level")
_HELD_OF_ITEMS = ("n", "item_rest", "alpha_without")


def describe_scales(
    connection: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], programme: Programme
) -> dict[str, pd.DataFrame]:
    """The tables `scale_reliability` and `scale_items`: the whole of a source, each period of the calendar with
    answers, each wave. Samples below the smallest group, and those that would give one away by subtraction, show no
    number."""
    import pandas as pd

    scales: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    for source in sources.values():
        if not isinstance(source.contract, Survey) or not table_columns(connection, "core", source.table.id):
            continue
        for scale in source.contract.scales:
            found = list(_samples(connection, source.table, scale, programme.calendar))
            hidden = _hidden(found, programme.disclosure.smallest_group)
            for number, (place, measured) in enumerate(found):
                own = {"source": source.table.id, "scale": scale.name, **place}
                scales.append(_held(_of_scale(own, scale, measured), _HELD, number in hidden))
                items += [_held(row, _HELD_OF_ITEMS, number in hidden) for row in _of_items(own, scale, measured)]
    return {
        name: pd.DataFrame(rows, columns=list(model("core", name).column_names))
        for name, rows in (("scale_reliability", scales), ("scale_items", items))
    }


def _samples(
    connection: duckdb.DuckDBPyConnection, table: Table, scale: ScoredScale, calendar: Calendar
) -> Iterator[tuple[dict[str, str], Reliability]]:
    """Period and wave (`all` for the whole), and what is found in that sample; the whole comes first."""
    answers = ", ".join(quoted(item) for item in scale.items)
    wave = f"cast({quoted(table.wave)} as varchar)" if table.wave else "cast(null as varchar)"
    frame = connection.execute(
        f"select {answers}, {period_of(table, calendar)} as _period, {wave} as _wave"
        f" from core.{quoted(table.id)} order by _load_id, _row"
    ).df()
    scored = scored_answers(frame, scale.items, scale.reverse, scale.range)
    yield {"period": ALL, "wave": ALL}, reliability(scored)
    for name in (period.name for period in calendar.periods if period.name != ALL):
        if (rows := _are(frame["_period"], name)).any():
            yield {"period": name, "wave": ALL}, reliability(scored[rows])
    for name in sorted(frame["_wave"].dropna().unique()):
        yield {"period": ALL, "wave": name}, reliability(scored[_are(frame["_wave"], name)])


def _are(column: pd.Series, name: str) -> np.ndarray:
    """Which rows hold this name; those that hold none do not."""
    return column.eq(name).fillna(False).to_numpy(dtype=bool)


def period_of(table: Table, calendar: Calendar) -> str:
    """SQL of the calendar's reporting period a row belongs to; null outside the calendar."""
    if table.period:
        return literal(table.period)
    if not table.date:
        return "cast(null as varchar)"
    finest = [period for period in calendar.periods if period.name != ALL]
    longer = {period.name for period in finest if "-" not in period.name} if calendar.every != "year" else set()
    day = quoted(table.date)
    cases = " ".join(
        f"when {day} between date '{one.start}' and date '{one.end}' then {literal(one.name)}"
        for one in finest
        if one.name not in longer
    )
    return f"case {cases} end"


def _hidden(found: list[tuple[dict[str, str], Reliability]], least: int) -> set[int]:
    """Places of the samples to hold back. Waves add up to the whole, and so do periods."""
    parts = [[number for number, (place, _) in enumerate(found) if place[kind] != ALL] for kind in ("period", "wave")]
    return hidden_counts([measured.n for _, measured in found], [(0, own) for own in parts if own], least)


def _of_scale(own: dict[str, Any], scale: ScoredScale, measured: Reliability) -> dict[str, Any]:
    title = scale.title
    status = "no_data" if not measured.n else "ok" if measured.alpha is not None else "not_computable"
    return {
        **own,
        "title_it": title.within("it") if title else scale.name,
        "title_en": title.within("en", "it") if title else scale.name,
        "library": scale.library,
        "reference": scale.free.reference if scale.free else None,
        "score": scale.score,
        "times": scale.times,
        "n_items": len(scale.items),
        "at_least": len(scale.items) if scale.at_least is None else scale.at_least,
        "n": measured.n,
        "alpha": measured.alpha,
        "ci_low": measured.low,
        "ci_high": measured.high,
        "ci_level": LEVEL if measured.alpha is not None else None,
        "weighted": False,
        "status": status,
    }


def _of_items(own: dict[str, Any], scale: ScoredScale, measured: Reliability) -> Iterator[dict[str, Any]]:
    for place, (item, one) in enumerate(zip(scale.items, measured.items, strict=True), start=1):
        yield {
            **own,
            "item": item,
            "place": place,
            "reversed": item in scale.reverse,
            "n": measured.n,
            "item_rest": one.item_rest,
            "alpha_without": one.alpha_without,
            "status": "no_data" if not measured.n else "ok" if one.item_rest is not None else "not_computable",
        }


def _held(row: dict[str, Any], names: tuple[str, ...], is_hidden: bool) -> dict[str, Any]:
    return {**row, **dict.fromkeys(names), "status": SUPPRESSED} if is_hidden else row
