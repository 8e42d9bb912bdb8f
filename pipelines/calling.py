"""Every funnel of a workspace counted for readers, as `core.funnels`: stages by cohort, money by type, organisations.

Counting is in `analysis.funnels`; here rows become cases, and what is too few to show is held back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.indicators.dialect import quoted
from pipelines.indicators.statements import core_table, has_landed
from theory_of_change.programme import Programme
from theory_of_change.tables import Table
from warehouse.disclosure import SUPPRESSED, hidden_counts
from warehouse.modelling import model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.analysis.funnels import Case

_NUMBERS = ("n", "base", "of_previous", "of_first", "amount", "leverage", "participations", "organisations")


def count_funnels(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], programme: Programme
) -> pd.DataFrame:
    """The rows of `core.funnels`."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for table in tables.values():
        if table.funnel is not None and has_landed(connection, table):
            least = 1 if table.funnel.public else programme.disclosure.smallest_group
            rows += _protected([{**row, **_words(table, row)} for row in
                                _rows(table, cases_of(connection, table, tables))], least)  # fmt: skip
    return pd.DataFrame(rows, columns=list(model("core", "funnels").column_names))


def cases_of(connection: duckdb.DuckDBPyConnection, table: Table, tables: Mapping[str, Table]) -> list[Case]:
    """One case for each row of the register; a case without a cohort is of the cohort ``."""
    from pipelines.analysis.funnels import Case, with_rest

    funnel, partners = table.funnel, _partners(connection, table, tables)
    money = _types(table)
    names = [funnel.case, *(stage.column for stage in funnel.stages), *money.values()]
    columns = [quoted(table.column(name).name) for name in names]
    columns += [quoted(table.column(name).name) if name else "null" for name in (funnel.cohort, funnel.organisation)]
    found = connection.execute(
        f"select {', '.join(columns)} from {core_table(table)} order by _load_id, _row"
    ).fetchall()
    cases = []
    for case, *values, cohort, organisation in found:
        passed = [_is_passed(value, stage.values) for value, stage in zip(values, funnel.stages, strict=False)]
        amounts = dict(zip(money, values[len(passed) :], strict=True))
        reached = max((at for at, one in enumerate(passed) if one), default=-1)
        own = (
            partners.get(str(case), ()) if funnel.partners else (str(organisation),) if organisation is not None else ()
        )
        amounts = with_rest(amounts) if "total" in amounts else amounts
        cases.append(Case("" if cohort is None else str(cohort), reached, amounts, tuple(own)))
    return cases


def _types(table: Table) -> dict[str, str]:
    given = table.funnel.money
    if given is None:
        return {}
    return {"grant": given.grant, **({"total": given.total} if given.total else {}), **given.others}


def _is_passed(value: Any, values: tuple[str, ...]) -> bool:
    if values:
        return value is not None and str(value) in values
    return value is not None and value is not False


def _partners(
    connection: duckdb.DuckDBPyConnection, table: Table, tables: Mapping[str, Table]
) -> dict[str, tuple[str, ...]]:
    partners = table.funnel.partners
    other = tables.get(partners.source) if partners else None
    if other is None or not has_landed(connection, other):
        return {}
    case, who = (quoted(other.column(name).name) for name in (partners.case, partners.organisation))
    rows = connection.execute(
        f"select cast({case} as varchar), list(cast({who} as varchar) order by {who}) from {core_table(other)}"
        f" where {case} is not null and {who} is not null group by 1"
    ).fetchall()
    return {name: tuple(members) for name, members in rows}


def _rows(table: Table, cases: list[Case]) -> Iterator[dict[str, Any]]:
    from pipelines.analysis.funnels import funnel, money, participation

    stages = table.funnel.stages
    ids = [stage.id for stage in stages]
    decided = {cohort: ids.index(stage) for cohort, stage in table.funnel.open.items()}
    blank = {"source": table.id, **dict.fromkeys(_NUMBERS), "status": "ok"}
    for one in funnel(cases, len(stages), decided):
        title = stages[one.stage].title
        yield {
            **blank, "cohort": one.cohort, "kind": "stage", "item": ids[one.stage], "position": one.stage, "n": one.n,
            "base": one.base, "of_previous": one.of_previous, "of_first": one.of_first,
            "status": "open" if one.is_open and one.cohort != "all" else "ok",
            "method": "cases by the last stage passed" + ("; rates of decided cohorts" if one.is_open else ""),
            **{f"title_{language}": title.within(language, "it", "en") if title else None for language in ("it", "en")},
        }  # fmt: skip
    types = [*_types(table), *(["rest"] if "total" in _types(table) else [])]
    for position, type_ in enumerate(types):
        for one in money(cases, [type_]):
            yield {**blank, "cohort": one.cohort, "kind": "money", "item": type_, "position": position, "n": one.n,
                   "amount": one.amount, "leverage": one.leverage,
                   "method": "cases with a grant; leverage of sums"}  # fmt: skip
    if table.funnel.partners or table.funnel.organisation:
        for stage, name in enumerate(ids):
            for one in participation(cases, stage):
                yield {**blank, "cohort": one.cohort, "kind": "organisations", "item": name, "position": stage,
                       "n": one.n, "participations": one.places, "organisations": one.different,
                       "method": "places taken, and different organisations"}  # fmt: skip


def _words(table: Table, row: Mapping[str, Any]) -> dict[str, str | None]:
    """The register and the cohort in the words of the contract."""
    column = table.column(table.funnel.cohort or "")
    label = column.labels.get(row["cohort"]) if column else None
    return {
        f"{name}_{language}": text.within(language, "it", "en") if text else None
        for name, text in (("source", table.title), ("cohort", label)) for language in ("it", "en")
    }  # fmt: skip


def _protected(rows: list[dict[str, Any]], least: int) -> list[dict[str, Any]]:
    """Rows of few cases held back, and those that would give them away as the rest of all cohorts together."""
    hidden: set[int] = set()
    for item in dict.fromkeys((row["kind"], row["item"]) for row in rows):
        places = [at for at, row in enumerate(rows) if (row["kind"], row["item"]) == item]
        places.sort(key=lambda at: rows[at]["cohort"] != "all")
        sums = [(0, range(1, len(places)))] if len(places) > 1 else []
        hidden |= {places[at] for at in hidden_counts([rows[at]["n"] for at in places], sums, least)}
    return [{**row, **dict.fromkeys(_NUMBERS), "status": SUPPRESSED} if at in hidden else row
            for at, row in enumerate(rows)]  # fmt: skip
