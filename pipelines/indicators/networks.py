"""Indicators that measure a network: the last wave of every period, by kind of tie, with its response said.

Waves come from `network_rows`, arithmetic from `analysis`; here they become the rows every indicator has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from pipelines.indicators.expressions import parse
from pipelines.indicators.measures import BOTH, WHOLE, Breakdown, breakdowns_of
from pipelines.indicators.network_rows import Wave, latest, waves_of
from pipelines.indicators.notes import note
from pipelines.indicators.series import NUMBERS, SERIES_COLUMNS, categories, over_time
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.analysis.networks import Observed


def network_frame(
    connection: duckdb.DuckDBPyConnection,
    indicator: Indicator,
    theory: TheoryOfChange,
    programme: Programme,
    tables: Mapping[str, Table],
) -> pd.DataFrame:
    """The measure in every period, for the whole network and for the ties of each category."""
    import pandas as pd

    table, measure = tables[indicator.measure.source], indicator.measure
    breakdowns = (WHOLE, *breakdowns_of(indicator, theory, table))
    columns = list(dict.fromkeys(name for one in breakdowns for name in one.column_names))
    where = parse(measure.where, table, "boolean") if measure.where else None
    merged = {name: codes for one in breakdowns for name, codes in one.merged_in.items()}
    waves = waves_of(connection, table, tables, programme.calendar, where, columns, merged)
    rows: list[dict[str, Any]] = []
    for breakdown in breakdowns:
        for period, category in product(programme.calendar.periods, _categories(breakdown, columns, waves)):
            wave = latest(waves, period)
            place = {"period": period.name, "dimension": breakdown.name, "category": category}
            found = _no_data(waves, table, programme) if wave is None else _value(
                indicator, table, wave, _places(breakdown, columns, category), programme
            )  # fmt: skip
            rows.append({"indicator_id": indicator.id, **place, **dict.fromkeys(NUMBERS), **found})
    frame = pd.DataFrame(rows, columns=list(SERIES_COLUMNS))
    frame[["present", *NUMBERS]] = frame[["present", *NUMBERS]].astype(float)
    return over_time(indicator, frame, programme)


def _categories(breakdown: Breakdown, columns: Sequence[str], waves: Sequence[Wave]) -> list[str]:
    places = [columns.index(name) for name in breakdown.column_names]
    rows = [[row.categories[at] for at in places] for wave in waves for row in wave.rows]
    return categories(breakdown, list({BOTH.join(row) for row in rows if row and None not in row}))


def _places(breakdown: Breakdown, columns: Sequence[str], category: str) -> dict[int, str]:
    parts = category.split(BOTH) if len(breakdown.columns) > 1 else [category]
    return {columns.index(name): part for name, part in zip(breakdown.column_names, parts, strict=False)}


def _no_data(waves: Sequence[Wave], table: Table, programme: Programme) -> dict[str, Any]:
    undated = waves and all(wave.day is None for wave in waves)
    told = note("undated", programme.language, source=table.id) if undated else ""
    return {"present": 0, "n": 0, "status": "no_data", "note": told, "method": method(table)}


def _value(
    indicator: Indicator, table: Table, wave: Wave, places: Mapping[int, str], programme: Programme
) -> dict[str, Any]:
    from statistics import NormalDist

    from pipelines.analysis.network_change import BOOTSTRAPPED, standard_errors
    from pipelines.analysis.networks import measures

    network, name, language = wave.network(table, places), str(indicator.measure.network), programme.language
    row = {"present": len(wave.rows), "n": len(network.nodes), "method": f"network {name}; {method(table)}"}
    told = remarks(wave, network, table, language)
    stopped = too_few_answered(network, table, language)
    value = None if stopped else measures(network)[name]
    if stopped or value is None:
        why = stopped or note("network-too-small", language)
        return {**row, "status": "not_computable", "note": "; ".join([why, *told])}
    row |= {"value": value, "status": "ok", "note": "; ".join(told)}
    if name == "density":
        row |= {"numerator": network.n_ties, "denominator": network.n_pairs}
    given = indicator.uncertainty
    if given and given.mode in ("sample", "superpopulation") and name in BOOTSTRAPPED:
        error = standard_errors([name], network.matrix).get(name)
        if error is not None:
            z = NormalDist().inv_cdf((1 + given.level) / 2)
            low, high = clipped(name, value - z * error, value + z * error)
            row |= {
                "std_error": error,
                "ci_low": low,
                "ci_high": high,
                "method": f"{row['method']}; bootstrap of nodes",
            }
    return row


def clipped(name: str, low: float, high: float) -> tuple[float, float]:
    """An interval inside what the measure can be."""
    most = float("inf") if name == "mean_degree" else 1.0
    return max(low, 0.0), min(high, most)


def method(table: Table) -> str:
    """How a network came about, in stable words."""
    roles = table.network
    words = ["directed" if roles.directed else "undirected"]
    if roles.reported_by is None and roles.nodes.answered is None:
        return "; ".join([*words, "ties on record"])
    words.append("among respondents" if roles.non_response.count == "respondents" else "union of reports")
    return "; ".join([*words, *(["ties both report"] if roles.counts_when == "both" else [])])


def too_few_answered(network: Observed, table: Table, language: str) -> str:
    """Why no number is given where nobody or too few answered; empty where one is."""
    rule, response = table.network.non_response, network.response
    if response is None:
        return ""
    if not network.answered:
        return note("network-nobody", language)
    if response < rule.at_least and rule.accepted is None:
        return note("network-response-low", language, least=f"{rule.at_least:.0%}")
    return ""


def remarks(wave: Wave, network: Observed, table: Table, language: str) -> list[str]:
    """What to know of a network beside its number: its wave, who answered, what could not be seen or was left out."""
    told = [note("network-wave", language, wave=wave.name)] if table.network.wave else []
    rule, response = table.network.non_response, network.response
    if response is not None and network.answered:
        facts = {"answered": len(network.answered), "members": network.n_members, "share": f"{response:.0%}"}
        told.append(note(f"network-{rule.count}", language, **facts))
        if rule.accepted is not None and response < rule.at_least:
            told.append(rule.accepted.within(language))
        if rule.count == "union" and network.unseen_pairs:
            told.append(note("network-unseen", language, share=f"{network.unseen_pairs:.1%}"))
    if network.n_unknown:
        told.append(note("network-unknown", language, count=network.n_unknown))
    if network.n_self:
        told.append(note("network-self", language, count=network.n_self))
    return told
