"""What those who did not answer leave open: between which ends a share lies whatever they would have said.

The worst-case bounds of Manski (1989, Journal of Human Resources 24, 343-360): with r of those asked answering and p
of them saying yes, the share of all lies between p r and p r + 1 - r. No chance is in them, and no assumption. How many
were asked must be known: the people of a frame, those a survey says it invited, those invited on LimeSurvey, or, where
everybody is asked (`mode: census`), the population an indicator states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.indicators.statements import exists
from theory_of_change.model import Indicator
from theory_of_change.programme import ALL
from theory_of_change.tables import Table
from warehouse.modelling import literal, model, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.project import Project

_SHARES = ("share",)


@dataclass(frozen=True)
class Asked:
    """How many were asked each time, by whom it is known, and how many of each group where the frame has its column."""

    total: int
    known_from: str
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def bounds_of_non_response(
    connection: duckdb.DuckDBPyConnection, project: Project, shown: pd.DataFrame
) -> pd.DataFrame:
    """`core.non_response`: a row for every published share of unweighted answers whose number of people asked is known.

    Of several times, only where each person answers once: a period that gathers more than one is left out.
    """
    import pandas as pd

    least = project.programme.disclosure.smallest_group
    asked = {name: found for name in project.sources if (found := asked_of(connection, project, name))}
    rows: list[dict[str, Any]] = []
    for indicator in project.theory.indicators:
        table = project.tables.get(indicator.measure.source or "")
        if not _is_open(indicator, table):
            continue
        of = asked.get(table.id) or _stated(indicator)
        if of is not None:
            rows += _bounds(indicator, of, shown[shown["indicator_id"] == indicator.id], project, least)
    return pd.DataFrame(rows, columns=list(model("core", "non_response").column_names))


def _is_open(indicator: Indicator, table: Table | None) -> bool:
    """A share of the people who answered a survey, all of them and each alike."""
    if table is None or table.kind != "survey" or table.weight or indicator.measure.kind not in _SHARES:
        return False
    return indicator.measure.where is None and not (indicator.uncertainty and indicator.uncertainty.mode == "none")


def asked_of(connection: duckdb.DuckDBPyConnection, project: Project, name: str) -> Asked | None:
    """How many people a survey asked each time; None where nobody says."""
    contract = project.sources[name].contract
    frame = getattr(contract, "frame", None)
    if frame:
        if not exists(connection, frame):
            return None
        table, survey = project.tables[frame], project.tables[name]
        (total,) = connection.execute(f"select count(*) from core.{quoted(frame)}").fetchone() or (0,)
        groups = {
            column.name: dict(connection.execute(
                f"select cast({quoted(column.name)} as varchar), count(*) from core.{quoted(frame)} group by all"
            ).fetchall())
            for column in table.columns if column.type == "category" and survey.column(column.name)
        }  # fmt: skip
        return Asked(int(total), "frame", groups) if total else None
    invited = getattr(contract, "invited", None)
    if invited:
        return Asked(next(iter(invited.values())), "invited") if len(set(invited.values())) == 1 else None
    counted = connection.execute(
        f"select max(invited) from core.response_counts where source = {literal(name)}"
    ).fetchone()
    return Asked(int(counted[0]), "limesurvey") if counted and counted[0] else None


def _stated(indicator: Indicator) -> Asked | None:
    """The population, where all of it is asked: of a sample most did not answer because nobody asked them."""
    size = indicator.population.size if indicator.population else None
    everybody = indicator.uncertainty is not None and indicator.uncertainty.mode == "census"
    return Asked(size, "population") if size and everybody else None


def _bounds(
    indicator: Indicator, asked: Asked, values: pd.DataFrame, project: Project, least: int
) -> Iterator[dict[str, Any]]:
    calendar = project.programme.calendar
    fine = [period.name for period in calendar.periods if period.level == calendar.every]
    whole = values[(values["dimension"] == ALL) & values["status"].isin(["ok", "suppressed"])]
    times = [period for period in whole["period"] if period in fine]
    periods = [*times, *([ALL] if not times else [])]
    columns = {one.id: one.column or one.id for one in project.theory.dimensions}
    for period in periods:
        here = values[(values["period"] == period) & (values["status"] == "ok")]
        for dimension, rows in here.groupby("dimension", sort=False):
            sizes = {ALL: asked.total} if dimension == ALL else asked.groups.get(columns.get(dimension, dimension), {})
            made = [_row(row, sizes.get(row["category"], 0), asked, least) for row in rows.to_dict("records")]
            everybody = values[(values["period"] == period) & (values["dimension"] == dimension)]
            # one group left out could be found by subtraction from the others and the whole
            if None not in made and len(made) == int((everybody["status"] != "no_data").sum()):
                yield from made  # type: ignore[misc]


def _row(row: Mapping[str, Any], size: int, asked: Asked, least: int) -> dict[str, Any] | None:
    n, missing = int(row["n"]), size - int(row["n"])
    if missing < 0 or 0 < missing < least or 0 < size < least:
        return None
    low = float(row["value"]) * n / size
    return {
        "indicator_id": row["indicator_id"], "period": row["period"], "dimension": row["dimension"],
        "category": row["category"], "n": n, "n_asked": size, "n_missing": missing, "response_share": n / size,
        "value": row["value"], "share_low": low, "share_high": low + missing / size, "known_from": asked.known_from,
        "unit": row["unit"],
    }  # fmt: skip
