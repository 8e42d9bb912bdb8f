"""The rows of a register of ties as waves: who was there, who answered, what was told, and which period it belongs to.

Reads and sorts; what is made of a wave is for `networks` here and for `pipelines.networking`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.analysis.networks import Observed, Report, observed
from pipelines.indicators.dialect import as_text, quoted
from pipelines.indicators.rows import category_sql
from pipelines.indicators.statements import core_table, has_landed
from theory_of_change.programme import ALL, Calendar, Period
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb

    from pipelines.indicators.expressions import Expression


@dataclass(frozen=True)
class Row:
    """A report of a tie, whether the measure's filter keeps it, and its categories, None where it has none."""

    report: Report
    counts: bool
    categories: tuple[str | None, ...]


@dataclass(frozen=True)
class Member:
    id: str
    name: str | None
    group: str | None


@dataclass(frozen=True)
class Wave:
    """One wave of a network, with the day it is of: its last one, None where no row has a date."""

    name: str
    day: dt.date | None
    members: tuple[Member, ...]
    answered: frozenset[str] | None
    rows: tuple[Row, ...]

    def network(self, table: Table, categories: Mapping[int, str] | None = None) -> Observed:
        """The network of the rows that count, or of those with the given categories, by their place."""
        roles = table.network
        assert roles is not None
        wanted = (categories or {}).items()
        reports = [
            row.report for row in self.rows if row.counts and all(row.categories[at] == name for at, name in wanted)
        ]
        ids = [member.id for member in self.members]
        return observed(ids, reports, self.answered, roles.directed, roles.counts_when, roles.non_response.count)


def waves_of(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    tables: Mapping[str, Table],
    calendar: Calendar,
    where: Expression | None = None,
    columns: Sequence[str] = (),
    merged: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Wave]:
    """The waves of a network, the earliest first. `where` says which ties count, `columns` which categories are read,
    `merged` which of a column's categories count as another.

    Without a column for it a wave is a reporting period. Waves without a date keep the order of the column's codes.
    """
    roles = table.network
    assert roles is not None
    nodes = tables.get(roles.nodes.source)
    if nodes is None or not has_landed(connection, table) or not has_landed(connection, nodes):
        return []
    members = _members(connection, nodes, table)
    wave = table.column(roles.wave or "")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _read(connection, table, where, columns, merged or {}):
        name = row["wave"] if wave else _period(row["day"], table, calendar)
        if name is not None:
            found.setdefault(name, []).append(row)
    labels = list(wave.labels) if wave else [period.name for period in calendar.periods]
    waves = [_wave(name, rows, members, table, calendar) for name, rows in found.items()]
    place = {name: number for number, name in enumerate(labels)}
    return sorted(waves, key=lambda one: (one.day or dt.date.max, place.get(one.name, len(place)), one.name))


def latest(waves: Sequence[Wave], period: Period) -> Wave | None:
    """The last wave of a period; waves without a day belong to the whole calendar alone."""
    inside = [wave for wave in waves if (period.start <= wave.day <= period.end if wave.day else period.name == ALL)]
    return inside[-1] if inside else None


def _period(day: dt.date | None, table: Table, calendar: Calendar) -> str | None:
    """The reporting period of a row; the whole calendar where rows have no date at all."""
    if table.period or not table.date:
        return table.period or ALL
    if day is None or not calendar.start <= day <= calendar.end:
        return None
    return Period.containing(day, calendar.every).name


def _read(
    connection: duckdb.DuckDBPyConnection, table: Table, where: Expression | None, columns: Sequence[str],
    merged: Mapping[str, Mapping[str, str]],
) -> list[dict[str, Any]]:  # fmt: skip
    roles = table.network
    text = {"start": roles.start, "end": roles.end, "reporter": roles.reported_by, "wave": roles.wave}
    parts = [f"{as_text(_column(table, name))} as {quoted(role)}" for role, name in text.items() if name]
    categories = (category_sql(table.column(name).name, merged.get(name)) for name in columns)
    parts += [f"{as_text(sql)} as {quoted(f'category {at}')}" for at, sql in enumerate(categories)]
    parts.append(f"coalesce(({where.sql}), false) as counts" if where else "true as counts")
    parts.append(f"{_column(table, table.date)} as day" if table.date else "cast(null as date) as day")
    parts.append(
        f"cast({_column(table, roles.strength)} as double) as strength" if roles.strength else "null as strength"
    )
    result = connection.execute(f"select {', '.join(parts)} from {core_table(table)} order by _load_id, _row")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _column(table: Table, name: str | None) -> str:
    column = table.column(name or "")
    assert column is not None
    return quoted(column.name)


def _members(connection: duckdb.DuckDBPyConnection, nodes: Table, table: Table) -> list[dict[str, Any]]:
    """The rows of the nodes, one for each code, the first delivered."""
    roles = table.network.nodes
    text = {role: name for role, name in roles.columns.items() if role in ("key", "name", "group")}
    plain = {role: name for role, name in roles.columns.items() if role not in text}
    parts = [f"{as_text(_column(nodes, name))} as {quoted(role)}" for role, name in text.items()]
    parts += [f"{_column(nodes, name)} as {quoted(role)}" for role, name in plain.items()]
    result = connection.execute(f"select {', '.join(parts)} from {core_table(nodes)} order by 1, _load_id, _row")
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return list({row["key"]: row for row in reversed(rows) if row["key"] is not None}.values())[::-1]


def _wave(
    name: str, rows: Sequence[Mapping[str, Any]], members: Sequence[Mapping[str, Any]], table: Table, calendar: Calendar
) -> Wave:
    roles = table.network
    days = [row["day"] for row in rows if row["day"] is not None]
    first, last = (min(days), max(days)) if days else (None, None)
    period = None if roles.wave and not table.period else next((p for p in calendar.periods if p.name == name), None)
    if table.period:
        period = next((p for p in calendar.periods if p.name == table.period), None)
    if period is not None and (period.name != ALL or days):
        first, last = period.start, period.end
    there = [one for one in members if _is_there(one, first, last)]
    return Wave(
        name,
        last,
        tuple(Member(one["key"], one.get("name"), one.get("group")) for one in there),
        _answered(name, rows, there, table),
        tuple(_row(row) for row in rows),
    )


def _is_there(member: Mapping[str, Any], first: dt.date | None, last: dt.date | None) -> bool:
    came, went = member.get("first_seen"), member.get("last_seen")
    return not (came and last and came > last) and not (went and first and went < first)


def _answered(
    name: str, rows: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]], table: Table
) -> frozenset[str] | None:
    roles = table.network
    if roles.nodes.answered_in(name):
        column = f"answered {name}" if isinstance(roles.nodes.answered, dict) else "answered"
        return frozenset(one["key"] for one in there if one[column])
    if roles.reported_by:
        return frozenset(row["reporter"] for row in rows if row["reporter"] is not None)
    return None


def _row(row: Mapping[str, Any]) -> Row:
    report = Report(row["start"], row["end"], row.get("reporter"), row["strength"])
    categories = [value for name, value in row.items() if name.startswith("category ")]
    return Row(report, row["counts"], tuple(categories))
