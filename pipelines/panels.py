"""Who came back: what every two waves of a questionnaire share, counted on pseudonyms, after disclosure control.

Codes that people make up for themselves are written in two ways now and then. Those one slip apart are counted beside
the lost and the new, and never joined; what they look like is known to `warehouse.identities` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from surveys.questionnaire import Survey, Wave
from theory_of_change.programme import Workspace
from warehouse.disclosure import SUPPRESSED, hidden_counts
from warehouse.modelling import model, quoted
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from surveys.sources import Source

#: From a scheme and two lists of pseudonyms to the pairs whose codes are one slip apart.
NearMisses = Callable[[str, Collection[str], Collection[str]], list[tuple[str, str]]]
_COUNTS = ("n_from", "n_to", "n_both", "n_lost", "n_new")


def attrition(
    connection: duckdb.DuckDBPyConnection,
    sources: Mapping[str, Source],
    smallest_group: int,
    near_misses: NearMisses,
) -> pd.DataFrame:
    """The rows of `core.attrition`. A pair of waves with any count that is above 0 and below `smallest_group` shows
    none of its numbers: each can be had from two others."""
    import pandas as pd

    rows = []
    for source in sources.values():
        for row in _pairs(connection, source, near_misses):
            small = hidden_counts([row[name] for name in _COUNTS], [], smallest_group)
            held = dict.fromkeys((*_COUNTS, "retained_share", "n_near")) | {"status": SUPPRESSED}
            rows.append({**row, **held} if small else row)
    return pd.DataFrame(rows, columns=list(model("core", "attrition").column_names))


def _pairs(connection: duckdb.DuckDBPyConnection, source: Source, near_misses: NearMisses) -> Iterator[dict[str, Any]]:
    people = people_by_wave(connection, source)
    for earlier, later in combinations(people, 2):
        before, after = people[earlier], people[later]
        lost, new = before - after, after - before
        near = {one for one, _ in near_misses(_scheme(source), lost, new)} if has_own_codes(source) else None
        yield {
            "source": source.table.id,
            "wave_from": earlier,
            "wave_to": later,
            "n_from": len(before),
            "n_to": len(after),
            "n_both": len(before & after),
            "n_lost": len(lost),
            "n_new": len(new),
            "retained_share": len(before & after) / len(before) if before else None,
            "n_near": None if near is None else len(near),
            "status": "ok",
        }


def people_by_wave(connection: duckdb.DuckDBPyConnection, source: Source) -> dict[str, set[str]]:
    """The pseudonyms in each wave, in the order of the waves: the contract's, else that of their first answers."""
    table, survey = source.table, source.contract
    if not isinstance(survey, Survey) or not table.person or not table.wave:
        return {}
    if not table_columns(connection, "core", table.id):
        return {}
    wave, person = f"cast({quoted(table.wave)} as varchar)", quoted(table.person)
    first = f"min({quoted(table.date)}) nulls last, " if table.date else ""
    rows = connection.execute(
        f"select {wave} as wave, list(distinct {person}) from core.{quoted(table.id)}"
        f" where {wave} is not null and {person} is not null group by wave order by {first}wave"
    ).fetchall()
    stated = list(survey.wave.order) if isinstance(survey.wave, Wave) else []
    places = {name: place for place, name in enumerate(stated)}
    ordered = sorted(rows, key=lambda row: places.get(row[0], len(stated)))
    return {name: set(people) for name, people in ordered}


def has_own_codes(source: Source) -> bool:
    """True where people make up their codes themselves, so that they may be written in two ways."""
    return (
        isinstance(source.contract, Survey)
        and bool(source.contract.person)
        and (source.contract.person.normalise == "code")
    )


def list_near_misses(workspace: Workspace, connection: duckdb.DuckDBPyConnection, source: Source) -> tuple[int, Any]:
    """Writes the near misses of a source into a private file; returns how many pairs, and the file."""
    from warehouse.identities import list_near_misses as listed
    from warehouse.identities import near_misses

    people, scheme = people_by_wave(connection, source), _scheme(source)
    found = [
        (earlier, one, later, other)
        for earlier, later in combinations(people, 2)
        for one, other in near_misses(
            workspace, scheme, people[earlier] - people[later], people[later] - people[earlier]
        )
    ]
    return len(found), listed(workspace, source.table.id, scheme, found)


def _scheme(source: Source) -> str:
    return source.contract.person.scheme
