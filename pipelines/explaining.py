"""How a number came about, for one indicator and one period: definition, value, rows used and left out, query, loads.

Reads the databases and computes nothing. What disclosure control holds back stays held back here: of a suppressed value
no count of rows is told, because it could be worked out from them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from pipelines.index_parts import parts
from pipelines.indicators.lineage import left_out, query_text, used_by_load
from pipelines.indicators.measures import definition_ids
from pipelines.project import Project
from pipelines.tracing import earlier
from pipelines.usage import say
from theory_of_change.model import Indicator
from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.programme import ALL
from theory_of_change.tables import Table
from warehouse.connections import connect
from warehouse.disclosure import hidden_counts
from warehouse.earlier import STANDING
from warehouse.modelling import literal

_NUMBERS = (
    "value",
    "ci_low",
    "ci_high",
    "ci_level",
    "std_error",
    "degrees_of_freedom",
    "n",
    "numerator",
    "denominator",
)
_FACTS = ("status", "note", "method", "unit", "theory_version", "definition_id", "snapshot_id")
_MEASURE_KEYS = {"source": "from"}


def explanation(project: Project, indicator_id: str, period: str | None, language: str) -> str:
    """The explanation as text. Without `period`, of the latest reporting period in which the indicator has a value.

    Raises ProblemsFound when nothing has been published yet, or a run is writing just now.
    """
    indicator = project.indicator(indicator_id)
    assert indicator is not None
    published = project.workspace.published_database
    if not published.is_file():
        raise ProblemsFound([Problem("nothing-published", Place("warehouse/published.duckdb"))])
    with connect(published, read_only=True) as connection:
        row = _value(connection, indicator_id, period or _latest(connection, indicator_id))
    return "\n".join(_lines(project, indicator, row, language))


def _lines(project: Project, indicator: Indicator, row: Mapping[str, Any] | None, language: str) -> Iterator[str]:
    first = project.programme.language
    yield f"{indicator.id}: {indicator.title.within(language, first)}"
    if indicator.definition:
        yield from _wrapped(indicator.definition.within(language, first))
    yield ""
    yield from _section(language, "explain.measure", [_measure(indicator)])
    if before := _before(project, indicator, language):
        yield from _section(language, "explain.earlier", before)
    if row is None:
        yield from _section(language, "explain.value", [say(language, "explain.no-value")])
    else:
        yield from _section(language, "explain.value", list(_facts(row, language)))
        yield from _section(language, "explain.rows", _rows(project, indicator, row, language))
    yield from _section(language, "explain.loads", list(_loads(project, indicator, language)))
    sql = query_text(project.theory, project.programme, _tables(project), indicator.id)
    if sql:
        yield from _section(language, "explain.query", sql.splitlines())


def _tables(project: Project) -> dict[str, Table]:
    """The tables of the sources, and those of the corpora whose documents and passages are rows."""
    from pipelines.theming import tables_of

    found = dict(project.tables)
    for one in project.corpora.values():
        found |= tables_of(one.corpus)
    return found


def _rows(project: Project, indicator: Indicator, row: Mapping[str, Any], language: str) -> list[str]:
    """The source's rows by what became of them; where they cannot or may not be counted, why."""
    theory, programme = project.theory, project.programme
    if row["definition_id"] != _definition_id(project, indicator):
        return [say(language, "explain.changed")]
    if indicator.measure.formula:
        return [say(language, "explain.formula", indicators=", ".join(indicator.measure.rests_on))]
    if indicator.measure.index and row["status"] != "suppressed":
        with connect(project.workspace.published_database, read_only=True) as connection:
            return list(parts(connection, indicator.measure.index, row["period"], language))
    if row["status"] == "suppressed" or row["note"] in STANDING.values():
        return [say(language, "explain.suppressed")]
    with connect(project.workspace.impact_database, read_only=True) as connection:
        counts = left_out(connection, theory, programme, _tables(project), indicator.id, row["period"])
        loads = used_by_load(connection, theory, programme, _tables(project), indicator.id, row["period"])
    told = [f"{n:>10}  {say(language, f'reason.{reason}')}" for reason, n in counts]
    table = project.tables.get(indicator.measure.source or "")
    if table and table.parts:
        told += _by_load(loads, programme.disclosure.smallest_group, language)
    return told or [say(language, "explain.no-rows")]


def _by_load(loads: list[tuple[str, str, int]], smallest_group: int, language: str) -> Iterator[str]:
    """How many of the rows used each delivery of each part gave; not where one gave so few that they could be known."""
    if hidden_counts([n for *_, n in loads], [], smallest_group):
        yield " " * 12 + say(language, "explain.used-of-few")
        return
    for source, file, n in loads:
        yield f"{n:>14}  {say(language, 'explain.used-of', source=source, file=file)}"


def _definition_id(project: Project, indicator: Indicator) -> str:
    return definition_ids(project.theory, project.programme, project.fingerprints)[indicator.id]


def _before(project: Project, indicator: Indicator, language: str) -> list[str]:
    """The definitions the indicator had before, by the ids old reports name them with."""
    current = _definition_id(project, indicator)
    return [
        say(language, "explain.earlier-one", definition=one.definition_id, version=one.theory_version, measure=measure)
        for one, measure in earlier(project.workspace.published_database, indicator.id, current)
    ]


def _section(language: str, title: str, lines: list[str]) -> Iterator[str]:
    yield say(language, title)
    yield from (f"  {line}".rstrip() for line in lines)
    yield ""


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, break_long_words=False)


def _measure(indicator: Indicator) -> str:
    """The measure in the words of the YAML."""
    return _written(indicator.measure.model_dump(mode="json", by_alias=True, exclude_none=True))


def _written(value: Any) -> str:
    """A value in YAML's own signs, the outermost braces left out."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_inner(part)}" for key, part in value.items())
    return str(value)


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + _written(value) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_inner(part) for part in value) + "]"
    return str(value)


def _facts(row: Mapping[str, Any], language: str) -> Iterator[str]:
    width = max(len(say(language, f"fact.{name}")) for name in ("period", *_NUMBERS, *_FACTS))
    for name in ("period", *_NUMBERS, *_FACTS):
        value = row[name]
        if value is None:
            continue
        shown = f"{value:.10g}" if isinstance(value, float) else str(value)
        yield f"{say(language, f'fact.{name}').ljust(width)}  {shown}"


def _loads(project: Project, indicator: Indicator, language: str) -> Iterator[str]:
    sources = _sources(project, indicator, set())
    with connect(project.workspace.published_database, read_only=True) as connection:
        rows = connection.execute(
            "select source, file_name, sha256, rows_accepted, loaded_at from out.loads"
            " where status = 'in_force' order by source, loaded_at, file_name"
        ).fetchall()
    for source, file, sha256, accepted, moment in rows:
        if source in sources:
            yield say(language, "explain.load", source=source, file=file, sha256=sha256[:12], n=accepted,
                      moment=f"{moment:%Y-%m-%d %H:%M} UTC")  # fmt: skip
    if not any(row[0] in sources for row in rows):
        yield say(language, "explain.no-loads")


def _sources(project: Project, indicator: Indicator, seen: set[str]) -> set[str]:
    """The sources the indicator rests on, through the formulas it is made of."""
    seen.add(indicator.id)
    found = {indicator.measure.source} - {None}
    found |= {part for name in found if name in project.tables for part in project.tables[name].parts}
    for name in indicator.measure.rests_on:
        below = project.indicator(name)
        if below is not None and name not in seen:
            found |= _sources(project, below, seen)
    return found


def _latest(connection: duckdb.DuckDBPyConnection, indicator_id: str) -> str:
    """The last of the finest periods in which the indicator is not without data, else a longer one."""
    found = connection.execute(
        f"""
        with finest as (select level from out.periods order by position limit 1)
        select vals.period
        from out.indicator_values as vals
        inner join out.periods as periods on periods.period = vals.period
        cross join finest
        where vals.indicator_id = {literal(indicator_id)} and vals.dimension = 'all' and vals.status <> 'no_data'
        order by periods.level = finest.level desc, periods.level <> 'all' desc, periods.position desc
        limit 1
        """
    ).fetchone()
    return found[0] if found else ALL


def _value(connection: duckdb.DuckDBPyConnection, indicator_id: str, period: str) -> dict[str, Any] | None:
    result = connection.execute(
        f"select * from out.indicator_values where indicator_id = {literal(indicator_id)}"
        f" and period = {literal(period)} and dimension = 'all'"
    )
    names = [column[0] for column in result.description]
    row = result.fetchone()
    return dict(zip(names, row, strict=True)) if row else None
