"""Published figures held against the programme's own values: kept in each run, asked again by `check` and `explain`.

What agrees with what is decided in `theory_of_change.reconciliation`; here its values are fetched, always those a
reader sees. Nothing below loads pandas until a run keeps its table.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.usage import say
from theory_of_change.model import TheoryOfChange
from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.programme import Programme
from theory_of_change.reconciliation import Reconciled, reconcile, verdict_words
from warehouse.modelling import literal, model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.project import Project
    from warehouse.store import Warehouse

_VALUES = ("indicator_id", "period", "dimension", "category", "value", "status", "definition_id")
_EFFECTS = ("evaluation_id", "term", "estimate", "method")


def reconcile_all(warehouse: Warehouse, project: Project) -> pd.DataFrame:
    """Holds every published figure against this run's protected values, and keeps `core.published_figures`."""
    import pandas as pd

    theory, programme = project.theory, project.programme
    found = reconcile(theory, programme.calendar, *published_values(warehouse.connection, "core", theory))
    rows = [figure_row(one, number, programme.language) for number, one in enumerate(found, start=1)]
    table = model("core", "published_figures")
    frame = pd.DataFrame(rows, columns=list(table.column_names), dtype=object)
    warehouse.replace_all({table.name: frame})
    return frame


def found_again(
    published: Path, theory: TheoryOfChange, programme: Programme, definitions: Mapping[str, str]
) -> dict[str, float]:
    """The value the last published state gives for each figure it can be compared with, by the figure's id.

    A value made by another definition than the one in `definitions` counts as not computed. Empty where nothing has
    been published, or where nobody can look just now.
    """
    if not theory.published_figures or not published.is_file():
        return {}
    import duckdb

    from warehouse.connections import connect

    with contextlib.suppress(ProblemsFound, duckdb.Error), connect(published, read_only=True) as connection:
        values, effects = published_values(connection, "out", theory)
        current = [row for row in values if row["definition_id"] == definitions.get(row["indicator_id"])]
        found = reconcile(theory, programme.calendar, current, effects)
        return {one.figure_id: one.value_found for one in found if one.value_found is not None}
    return {}


def figure_explanation(project: Project, name: str, language: str) -> str | None:
    """What the last published state says of a figure, as text; None where the theory has no figure of that id.

    Raises ProblemsFound when nothing has been published yet, or a run is writing just now.
    """
    if not any(figure.id == name for figure in project.theory.published_figures):
        return None
    published = project.workspace.published_database
    if not published.is_file():
        raise ProblemsFound([Problem("nothing-published", Place("warehouse/published.duckdb"))])
    from warehouse.connections import connect

    with connect(published, read_only=True) as connection:
        found = reconcile(
            project.theory, project.programme.calendar, *published_values(connection, "out", project.theory)
        )
    one = next(one for one in found if one.figure_id == name)
    return "\n".join(_told(one, found, language))


def _told(one: Reconciled, every: list[Reconciled], language: str) -> Iterator[str]:
    figure = one.figure
    yield f"{one.figure_id}: {one.said(language)}"
    if figure.statement:
        yield figure.statement.within(language)
    yield say(language, "explain.figure-source", source=_source(one, language))
    yield ""
    yield say(language, "explain.figure-verdict")
    yield f"  {verdict_words(one.verdict, language)}"
    yield f"  {one.note(language)}"
    about = figure.indicator or figure.evaluation
    if about:
        yield f"  {say(language, 'explain.figure-from', name=about)}"
    if one.disagrees_with:
        yield ""
        yield say(language, "explain.figure-others")
        for other in every:
            if other.figure_id in one.disagrees_with:
                yield f"  {other.figure_id}: {other.said(language)} ({_source(other, language)})"


def _source(one: Reconciled, language: str) -> str:
    source = one.figure.source.within(language)
    return f"{source}, {one.figure.locator}" if one.figure.locator else source


def published_values(
    connection: duckdb.DuckDBPyConnection, schema: str, theory: TheoryOfChange
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of values and effects as `schema` has them, after disclosure control: those the figures are about."""
    figures = theory.published_figures
    return (
        _rows(connection, f"{schema}.indicator_values", _VALUES, {figure.indicator for figure in figures}),
        _rows(connection, f"{schema}.effects", _EFFECTS, {figure.evaluation for figure in figures}),
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], names: set[str | None]
) -> list[dict[str, Any]]:
    wanted = ", ".join(literal(name) for name in sorted(filter(None, names)))
    if not wanted:
        return []
    listed = ", ".join(f'"{column}"' for column in columns)
    result = connection.execute(f"select {listed} from {table} where {columns[0]} in ({wanted})")
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def figure_row(one: Reconciled, position: int, language: str) -> dict[str, Any]:
    """A figure as `out.published_figures` has it; `language` is the programme's."""
    figure, reading = one.figure, one.reading
    return {
        "figure_id": one.figure_id,
        "value": figure.value,
        "approx": figure.approx,
        "unit": figure.unit.within(language) if figure.unit else None,
        "as_of": figure.as_of,
        "source": figure.source.within(language),
        "locator": figure.locator,
        "indicator_id": figure.indicator,
        "evaluation_id": figure.evaluation,
        "period": reading.period,
        "category": reading.category,
        "term": reading.term,
        "value_found": one.value_found,
        "difference": one.difference,
        "verdict": one.verdict,
        "reason": one.reason,
        "note_it": one.note("it"),
        "note_en": one.note("en"),
        "disagrees_with": json.dumps(one.disagrees_with),
        "position": position,
    }
