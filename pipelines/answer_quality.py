"""How carefully a questionnaire was answered, counted for the whole and for each wave: a person twice, rows alike in
everything, one answer for a whole array, too little time, questions passed over, invited people without an answer.

Counts with their denominators, never a value, and nothing is taken out: who answers carelessly is for the evaluator to
judge. From where on something counts is said by the contract (`surveys.answer_checks`). Plain SQL, because each of
these looks at several columns or rows at once, which Great Expectations does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.scaling import period_of
from surveys import cells
from surveys.contracts import Field
from surveys.questionnaire import Survey
from surveys.questions import Question
from theory_of_change.problems import Place, Problem
from theory_of_change.programme import Calendar
from theory_of_change.tables import Table
from warehouse.modelling import literal, quoted

if TYPE_CHECKING:
    import duckdb

    from surveys.sources import Source


@dataclass(frozen=True)
class Count:
    """One result: rows looked at and rows found, in one wave or, without one, in the whole source."""

    rule_id: str
    kind: str
    severity: str
    n_rows: int
    n_failed: int
    wave: str | None
    problem: Problem


@dataclass(frozen=True)
class _Check:
    """SQL truth values over the rows (alias `answers`): which are looked at, and which of these are found."""

    kind: str
    looked_at: str
    found: str
    about: str = ""
    severity: str = "warning"
    facts: Mapping[str, str] | None = None


def count_answers(connection: duckdb.DuckDBPyConnection, source: Source, calendar: Calendar) -> list[Count]:
    """Every check of a survey's answers, for the whole and for each wave. Nothing for a register; of a merged survey
    what its parts cannot see, persons who stand in one wave of two of them."""
    survey, table = source.contract, source.table
    if not isinstance(survey, Survey):
        return []
    checks = list(_checks(source, survey, calendar))
    found = _counted(connection, table, checks)
    counts = [
        Count(_named(table, one, wave), one.kind, one.severity, n_rows, n_failed, wave, _problem(table, one))
        for place, one in enumerate(checks)
        for wave, n_rows, n_failed in ((wave, *counted[place]) for wave, counted in found.items())
        if n_rows
    ]
    answered = [*_response(connection, survey, table), *_pulled(connection, survey, table)]
    return [*counts, *answered, *_refused(connection, table)]


def waves_of(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """The waves that have rows, in the order of their names."""
    if not table.wave:
        return []
    wave = quoted(table.wave)
    rows = connection.execute(
        f"select distinct cast({wave} as varchar) from core.{quoted(table.id)} where {wave} is not null order by 1"
    ).fetchall()
    return [name for (name,) in rows]


def _named(table: Table, one: _Check, wave: str | None) -> str:
    about = f".{one.about}" if one.about else ""
    return f"{table.id}{about}.{one.kind}" + (f"@{wave}" if wave else "")


def _problem(table: Table, one: _Check) -> Problem:
    facts = {"source": table.id, "name": one.about, **(one.facts or {})}
    return Problem(f"quality-{one.kind}", Place(f"core.{table.id}"), facts)


def _counted(
    connection: duckdb.DuckDBPyConnection, table: Table, checks: Sequence[_Check]
) -> dict[str | None, list[tuple[int, int]]]:
    """For the whole (None) and each wave, what each check looked at and found, read in one pass."""
    if not checks:
        return {}
    seen = ", ".join(
        f"coalesce({one.looked_at}, false) as seen{i}, coalesce({one.found}, false) as found{i}"
        for i, one in enumerate(checks)
    )
    sums = ", ".join(
        f"count(case when seen{i} then 1 end), count(case when seen{i} and found{i} then 1 end)"
        for i in range(len(checks))
    )
    rows = connection.execute(
        f"with looked as (select {_wave(table)} as wave, {seen} from core.{quoted(table.id)} as answers)"
        f" select wave, grouping(wave) as whole, {sums} from looked group by grouping sets ((), (wave)) order by wave"
    ).fetchall()
    named = [row for row in rows if row[0] is not None or row[1]]
    return {
        None if row[1] else row[0]: list(zip(row[2::2], row[3::2], strict=True))
        for row in sorted(named, key=lambda row: (not row[1], row[0] or ""))
        if row[1] or table.wave
    }


# The checks ----------------------------------------------------------------------------------------------------------


def _checks(source: Source, survey: Survey, calendar: Calendar) -> Iterator[_Check]:
    table = source.table
    if table.person:
        person = quoted(table.person)
        again = f"partition by {person}, {_wave(table) if table.wave else period_of(table, calendar)}"
        if not table.parts:
            yield _Check("no-person", "true", f"{person} is null")
        yield _Check("duplicates", f"{person} is not null", f"row_number() over ({again} order by _load_id, _row) > 1")
    if table.parts:
        return
    yield from _identical(source, survey)
    for name, items in _arrays(source, survey):
        yield from _straight(name, items, survey)
    if survey.duration:
        time = quoted(next(f.column.name for f in source.fields if survey.duration in (f.column.name, *f.headers[:1])))
        typical = f"median({time}) over (partition by {_wave(table)})"
        share = f"{survey.checks.faster_than:.0%}"
        yield _Check("speeders", f"{time} is not null", f"{time} < {survey.checks.faster_than!r} * {typical}",
                     facts={"share": share.removesuffix("%")})  # fmt: skip
    arrays = {question.name for question in survey.questions if _is_array(question)}
    for question, columns in _questions(source, survey).items():
        missing = " and ".join(f"{quoted(one.column.name)} is null" for one in columns)
        yield _Check("unanswered", _asked(columns[0], source), missing, question, "info")
        if question in arrays:
            some = " or ".join(f"{quoted(one.column.name)} is null" for one in columns)
            yield _Check(
                "partly-unanswered", f"{_asked(columns[0], source)} and not ({missing})", some, question, "info"
            )


def _identical(source: Source, survey: Survey) -> Iterator[_Check]:
    """Rows alike in every answer, where there are enough answers that this is no accident. Boxes count where ticked."""
    columns = [one.column for one in source.fields if one.column.of and not one.column.computed]
    least = survey.checks.identical
    if len(columns) < least:
        return
    answers = [quoted(c.name) if c.type == "boolean" else f"{quoted(c.name)} is not null" for c in columns]
    given = " + ".join(f"case when {answer} then 1 else 0 end" for answer in answers)
    every = ", ".join(quoted(c.name) for c in columns)
    enough = f"({given}) >= {least}"
    same = f"partition by {_wave(source.table)}, {enough}, hash({every})"
    yield _Check(
        "identical", enough, f"row_number() over ({same} order by _load_id, _row) > 1", facts={"least": str(least)}
    )


def _arrays(source: Source, survey: Survey) -> Iterator[tuple[str, list[str]]]:
    """Items under each other with the same answers: the rows of one question, and scales across questions."""
    seen: list[set[str]] = []
    for question in survey.questions:
        if _is_array(question):
            items = [f.column.name for f in source.fields if f.column.of == question.name and f.column.type != "text"]
            seen.append(set(items))
            yield question.name, items
    for scale in survey.scales:
        if not any(set(scale.items) <= items for items in seen):
            yield scale.name, list(scale.items)


def _is_array(question: Question) -> bool:
    """Several items under each other, each with one answer of the same kind."""
    return bool(question.rows) and not question.columns and question.type in ("single", "scale", "number")


def _straight(name: str, items: Sequence[str], survey: Survey) -> Iterator[_Check]:
    """One answer for the whole array; and, in a long one, a run of equal answers over half of it, where the limit that
    Curran (2016, Journal of Experimental Social Psychology 66) gives for a questionnaire is put to the array."""
    if len(items) < survey.checks.array:
        return
    complete = " and ".join(f"{quoted(item)} is not null" for item in items)
    equal = [f"{quoted(one)} = {quoted(other)}" for one, other in pairwise(items)]
    facts = {"items": str(len(items))}
    yield _Check("straight-lining", complete, " and ".join(equal), name, facts=facts)
    if len(items) >= survey.checks.run:
        long = -(-len(items) // 2)
        runs = [" and ".join(equal[start : start + long - 1]) for start in range(len(items) - long + 1)]
        yield _Check(
            "long-run", complete, " or ".join(f"({run})" for run in runs), name, facts=facts | {"run": str(long)}
        )


def _questions(source: Source, survey: Survey) -> dict[str, list[Field]]:
    """The columns that answer each question. Boxes to tick are left out: none ticked is an answer, too."""
    found: dict[str, list[Field]] = {}
    types = {question.name: question.type for question in survey.questions}
    for one in source.fields:
        question = one.column.of
        beside = one.column.type == "text" and types.get(question or "") != "text"
        if question and not one.group and not one.column.computed and not beside:
            found.setdefault(question, []).append(one)
    return found


def _asked(one: Field, source: Source) -> str:
    """True for the rows in which the question was put: on its days, and under its conditions."""
    tests = []
    day = quoted(source.table.date) if source.table.date else None
    if one.since and day:
        tests.append(f"{day} >= date '{one.since}'")
    if one.until and day:
        tests.append(f"{day} <= date '{one.until}'")
    for name, codes in (one.asked_when or {}).items():
        other = next((f.column for f in source.fields if name in (f.column.name, *f.headers[:1])), None)
        if other is not None:
            tests.append(_is_one_of(quoted(other.name), other.type, codes))
    return " and ".join(tests) or "true"


def _is_one_of(column: str, kind: str, codes: Sequence[str]) -> str:
    if kind == "boolean":
        meant = {str(value).lower() for value in cells.booleans(list(codes))[0] if value is not None}
        return f"cast({column} as varchar) in ({', '.join(map(literal, sorted(meant)))})" if meant else "false"
    if kind in ("integer", "number", "money"):
        return f"{column} in ({', '.join(f'try_cast({literal(code)} as double)' for code in codes)})"
    return f"cast({column} as varchar) in ({', '.join(map(literal, codes))})"


# What is not about the rows in force -------------------------------------------------------------------------------


def _response(connection: duckdb.DuckDBPyConnection, survey: Survey, table: Table) -> Iterator[Count]:
    """Of those invited, how many did not answer; more answers than invitations are told apart. A person counts once."""
    invited: dict[str | None, int] = {}
    if survey.frame:
        there = connection.execute(
            "select count(*) from information_schema.tables where table_schema = 'core' and table_name = ?",
            [survey.frame],
        ).fetchone()[0]
        if there:
            count = connection.execute(f"select count(*) from core.{quoted(survey.frame)}").fetchone()[0]
            invited = dict.fromkeys(waves_of(connection, table) if table.wave else [None], count)
    elif survey.invited:
        invited = {wave or None: count for wave, count in survey.invited.items()}
    person = quoted(table.person) if table.person else ""
    who = f"count(distinct {person}) + count(*) - count({person})" if person else "count(*)"
    for wave, asked in invited.items():
        where = f"{_wave(table)} = {literal(wave)}" if wave else "true"
        (answered,) = connection.execute(f"select {who} from core.{quoted(table.id)} where {where}").fetchone()
        response = _Check("response", "", "", severity="info")
        yield Count(_named(table, response, wave), "response", "info", asked, max(0, asked - answered), wave,
                    _problem(table, response))  # fmt: skip
        if answered > asked:
            many = _Check("more-than-invited", "", "")
            yield Count(_named(table, many, wave), many.kind, many.severity, answered, answered - asked, wave,
                        _problem(table, many))  # fmt: skip


def _pulled(connection: duckdb.DuckDBPyConnection, survey: Survey, table: Table) -> Iterator[Count]:
    """What the last pull counted on LimeSurvey: of those in its table of participants who did not complete, unless the
    contract says itself who was invited; and of the answers begun, how many were never sent.

    The participants belong to the survey there, which may hold several waves: by wave only where it is one.
    """
    if survey.limesurvey is None:
        return
    found = connection.execute(
        "select complete, incomplete, invited, invited_complete, sent from core.response_counts"
        " where source = ? and survey = ?",
        [table.id, survey.limesurvey.survey],
    ).fetchone()
    if found is None:
        return
    complete, incomplete, invited, done, sent = found
    wave = survey.wave if isinstance(survey.wave, str) else None
    number = {"survey": str(survey.limesurvey.survey)}
    if invited and not (survey.invited or survey.frame):
        facts = number | {"sent": "?" if sent is None else str(sent), "complete": str(complete)}
        response = _Check("response-limesurvey", "", "", severity="info", facts=facts)
        yield Count(_named(table, response, wave), response.kind, "info", invited, max(0, invited - (done or 0)), wave,
                    _problem(table, response))  # fmt: skip
    if complete + incomplete:
        begun = _Check("broken-off", "", "", severity="info", facts=number)
        yield Count(_named(table, begun, wave), begun.kind, "info", complete + incomplete, incomplete, wave,
                    _problem(table, begun))  # fmt: skip


def _refused(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Count]:
    """Rows of the deliveries in force that were refused, for each rule they broke."""
    (read,) = connection.execute(
        "select coalesce(sum(rows_read), 0) from core.loads where source = ? and status = 'in_force'", [table.id]
    ).fetchone()
    rows = connection.execute(
        "select refused.rule, count(distinct (refused.load_id, refused.row_number)) as n from core.refused as refused"
        " inner join core.loads as loads on loads.load_id = refused.load_id and loads.status = 'in_force'"
        " where loads.source = ? group by refused.rule order by refused.rule",
        [table.id],
    ).fetchall()
    for rule, count in rows:
        told = Problem("quality-refused-by", Place(f"core.{table.id}"), {"source": table.id, "rule": rule})
        yield Count(f"{table.id}.refused.{rule}", "refused", "info", int(read), count, None, told)


def _wave(table: Table) -> str:
    return f"cast({quoted(table.wave)} as varchar)" if table.wave else "cast(null as varchar)"
