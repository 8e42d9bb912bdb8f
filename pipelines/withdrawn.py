"""Questions taken out of a contract while the warehouse still holds their answers: told before and as they go.

What arrived stays in raw; the typed column goes, and every indicator on it. Whether a question may be missing from a
delivery is said in its contract, by `until` or `optional`. Reads counts alone, never an answer.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from surveys.headers import plain
from surveys.questionnaire import Survey, fields
from theory_of_change.problems import Place, Problem, ProblemsFound, listed
from warehouse.connections import connect
from warehouse.modelling import literal, quoted

if TYPE_CHECKING:
    import duckdb

    from pipelines.project import Project
    from surveys.contracts import Field
    from surveys.sources import Source


def withdrawn(project: Project) -> list[Problem]:
    """What the next run would take away from any survey. Empty where nothing has landed, or a run is under way."""
    import duckdb

    database = project.workspace.impact_database
    if not database.is_file():
        return []
    with contextlib.suppress(duckdb.Error, ProblemsFound), connect(database, read_only=True) as connection:
        return [problem for source in project.sources.values() for problem in answers_lost(connection, source)]
    return []


def answers_lost(connection: duckdb.DuckDBPyConnection, source: Source) -> list[Problem]:
    """A warning for each question, box or sub-question with answers that the contract no longer speaks of.

    One that is read under another name, or is now dropped or kept apart on purpose, is none.
    """
    if not isinstance(source.contract, Survey) or source.merged:
        return []
    there = [name for name in _columns(connection, source.table.id) if name not in ("_load_id", "_row")]
    kept = {column.name.casefold() for column in source.table.columns}
    gone = [name for name in there if name.casefold() not in kept]
    if not gone:
        return []
    before, scores = _said_before(connection, source.table.id)
    read = {plain(header) for one in (*source.fields, *source.apart) for header in one.headers}
    read |= {plain(header) for header in source.dropped}
    lost: dict[str, list[str]] = {}
    for name in gone:
        one = before.get(name)
        header = one.headers[0] if one else name
        if name in scores or plain(header) in read or (one and one.column.of is None):
            continue  # a score, a role, or a question under another name
        lost.setdefault((one and one.column.of) or name, []).append(name)
    return list(_told(connection, source, lost))


def _told(connection: duckdb.DuckDBPyConnection, source: Source, lost: dict[str, list[str]]) -> Iterator[Problem]:
    questions = {question.name for question in source.contract.questions}
    for question, columns in lost.items():
        some = " or ".join(f"{quoted(name)} is not null" for name in columns)
        (count,) = connection.execute(f"select count(*) from core.{quoted(source.table.id)} where {some}").fetchone()
        if count:
            code = "columns-withdrawn" if question in questions else "question-withdrawn"
            facts = {"name": question, "columns": listed(columns), "count": str(count), "source": source.table.id}
            yield Problem(code, Place(source.file), facts)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table in core. A prepared value would make the database load pandas, which looking does not."""
    found = connection.execute(
        "select column_name from information_schema.columns where table_catalog = current_database()"
        f" and table_schema = 'core' and lower(table_name) = lower({literal(table)}) order by ordinal_position"
    ).fetchall()
    return [name for (name,) in found]


def _said_before(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[dict[str, Field], set[str]]:
    """How each column was read last by any contract ever run, and the names of scores; contracts that are no longer
    understood say nothing."""
    before: dict[str, Field] = {}
    scores: set[str] = set()
    if not _columns(connection, "theory_versions"):
        return before, scores
    stored = connection.execute("select contracts from core.theory_versions order by last_run_at").fetchall()
    for (contracts,) in stored:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            survey = Survey.model_validate_json(json.dumps(json.loads(contracts)[source]["contract"]))
            before |= {one.column.name: one for one in fields(survey)}
            scores |= {scale.name for scale in survey.scales}
    return before, scores
