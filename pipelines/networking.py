"""Every network of a workspace described for readers: measures by wave and kind, what changed, who stands where.

Waves are read in `indicators.network_rows`, arithmetic is in `analysis`; here it becomes `core.networks`,
`core.network_nodes` and `core.network_ties`. Networks of persons have measures alone: no node and no tie of theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pipelines.indicators.measures import ALL
from pipelines.indicators.network_rows import Wave, waves_of
from pipelines.indicators.networks import method, remarks, too_few_answered
from theory_of_change.model import Text
from theory_of_change.programme import Programme
from theory_of_change.tables import Table
from warehouse.disclosure import NOTES, SUPPRESSED
from warehouse.modelling import model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.analysis.networks import Observed

_LEVEL = 0.95
_NUMBERS = ("value", "std_error", "ci_low", "ci_high", "ci_level", "p_value", "n_nodes", "n_ties", "n_answered",
            "n_members")  # fmt: skip
_TABLES = ("networks", "network_nodes", "network_ties")


def describe_networks(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], programme: Programme
) -> dict[str, pd.DataFrame]:
    """The tables `networks`, `network_nodes` and `network_ties`."""
    import pandas as pd

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    for table in tables.values():
        if table.network is None:
            continue
        kind = table.network.kind
        waves = waves_of(connection, table, tables, programme.calendar, columns=[kind] if kind else [])
        kinds = [ALL, *_kinds(table, waves)]
        protect = _Protection(table, tables, programme)
        for one in kinds:
            networks = [wave.network(table, {} if one == ALL else {0: one}) for wave in waves]
            rows["networks"] += protect(_measured(table, one, waves, networks, programme.language))
            rows["networks"] += protect(_changed(table, one, waves, networks))
        if protect.may_be_drawn:
            codes, nodes = codes_of(table, waves), table.network.nodes
            for number, wave in enumerate(waves):
                network = wave.network(table)
                if not protect.is_small(len(network.nodes)):
                    rows["network_nodes"] += _nodes(table, tables.get(nodes.source), codes, number, wave, network)
                    rows["network_ties"] += _ties(table, codes, wave, network, kinds[1:])
    return {name: pd.DataFrame(rows[name], columns=list(model("core", name).column_names)) for name in _TABLES}


class _Protection:
    """What may be shown of one network: of persons and of small ones less than of organisations that agreed."""

    def __init__(self, table: Table, tables: Mapping[str, Table], programme: Programme) -> None:
        nodes = table.network.nodes
        key = tables[nodes.source].column(nodes.key) if nodes.source in tables else None
        self.may_be_drawn = key is not None and key.type != "person"
        self.least = 1 if nodes.public else programme.disclosure.smallest_group
        self.note = NOTES["it" if programme.language.split("-")[0] == "it" else "en"]

    def is_small(self, n: int) -> bool:
        return 0 < n < self.least

    def __call__(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            if self.is_small(row["n_nodes"]):
                row |= {**dict.fromkeys(_NUMBERS), "status": SUPPRESSED, "note": self.note}
            yield row


def _kinds(table: Table, waves: Sequence[Wave]) -> list[str]:
    """Kinds of tie in the order of their labels, then those seen."""
    column = table.column(table.network.kind or "")
    if column is None:
        return []
    seen = {row.categories[0] for wave in waves for row in wave.rows} - {None}
    return list(dict.fromkeys([*(label for label in column.labels if label in seen), *sorted(seen)]))


def _row(table: Table, kind: str, wave: str, network: Observed, measure: str) -> dict[str, Any]:
    return {
        "source": table.id, "wave": wave, "kind": kind, "measure": measure, **dict.fromkeys(_NUMBERS),
        "compared_with": None, "n_nodes": len(network.nodes), "n_ties": network.n_ties,
        "n_answered": None if network.answered is None else len(network.answered), "n_members": network.n_members,
        "directed": network.directed, "method": method(table), "note": None, **_in_words("title", table.title),
        **_in_words("kind", _label(table, table.network.kind, kind)),
    }  # fmt: skip


def _label(table: Table | None, column: str | None, code: str | None) -> Text | None:
    found = table.column(column or "") if table else None
    return found.labels.get(code or "") if found else None


def _in_words(name: str, text: Text | None) -> dict[str, str | None]:
    return {f"{name}_{language}": text.within(language, "it", "en") if text else None for language in ("it", "en")}


def _measured(
    table: Table, kind: str, waves: Sequence[Wave], networks: Sequence[Observed], language: str
) -> Iterator[dict[str, Any]]:
    from pipelines.analysis.networks import DIRECTED_ONLY, measures

    for position, (wave, network) in enumerate(zip(waves, networks, strict=True)):
        stopped = too_few_answered(network, table, language)
        told = "; ".join([stopped, *remarks(wave, network, table, language)] if stopped else
                         remarks(wave, network, table, language))  # fmt: skip
        for measure, value in measures(network).items():
            if (measure in DIRECTED_ONLY and not network.directed) or (
                measure == "mean_strength" and not table.network.strength
            ):
                continue
            shown = None if stopped else value
            status = "ok" if shown is not None else "no_data" if not network.nodes and not stopped else "not_computable"
            yield _row(table, kind, wave.name, network, measure) | {
                "position": position, "day": wave.day, "value": shown, "status": status, "note": told or None,
            }  # fmt: skip


def _changed(table: Table, kind: str, waves: Sequence[Wave], networks: Sequence[Observed]) -> Iterator[dict[str, Any]]:
    """From each wave to the next, and from the first to the last, among the nodes seen in both."""
    from pipelines.analysis.network_change import DRAWS, EXCHANGES, TESTED, changes

    numbers = [number for number, network in enumerate(networks) if not too_few_answered(network, table, "en")]
    pairs = list(pairwise(numbers))
    if len(numbers) > 2:
        pairs.append((numbers[0], numbers[-1]))
    for before, after in pairs:
        common = _common(networks[before], networks[after])
        if common is None:
            continue
        names = [name for name in TESTED if name != "reciprocity" or networks[after].directed]
        for measure, found in changes(common[0].matrix, common[1].matrix, names, _LEVEL).items():
            has_interval = found.std_error is not None
            interval = f"interval by a bootstrap of nodes ({DRAWS} draws); " if has_interval else ""
            yield _row(table, kind, waves[after].name, common[1], measure) | {
                "position": after, "day": waves[after].day, "compared_with": waves[before].name,
                "value": found.difference, "std_error": found.std_error, "ci_low": found.low, "ci_high": found.high,
                "ci_level": _LEVEL if has_interval else None, "p_value": found.p_value, "status": "ok",
                "method": f"{method(table)}; nodes of both waves; {interval}exchange of waves within pairs "
                f"({EXCHANGES} rounds)",
            }  # fmt: skip


def _common(before: Observed, after: Observed) -> tuple[Observed, Observed] | None:
    """Both waves over the nodes they share, in one order; None where these are too few to compare."""
    from dataclasses import replace

    import numpy as np

    shared = [node for node in before.nodes if node in set(after.nodes)]
    if len(shared) < 3:
        return None
    found = []
    for network in (before, after):
        places = [network.nodes.index(node) for node in shared]
        at = np.ix_(places, places)
        answered = None if network.answered is None else network.answered & set(shared)
        found.append(replace(network, nodes=tuple(shared), matrix=network.matrix[at], strengths=network.strengths[at],
                             answered=answered, n_members=len(shared)))  # fmt: skip
    return found[0], found[1]


def _nodes(
    table: Table, register: Table | None, codes: Mapping[str, str], position: int, wave: Wave, network: Observed
) -> Iterator[dict[str, Any]]:
    """Every member of a wave, also those who did not answer. Names only where the contract says they are public."""
    from pipelines.analysis.networks import positions

    public, places = table.network.nodes.public, positions(network)
    for member in wave.members:
        place = places.get(member.id)
        yield {
            "source": table.id, "wave": wave.name, "position": position, "day": wave.day, "node": codes[member.id],
            "name": (member.name or member.id) if public else None, "group": member.group,
            "answered": None if network.answered is None else member.id in network.answered,
            "in_network": place is not None,
            "degree": place.degree if place else None, "betweenness": place.betweenness if place else None,
            "constraint": place.constraint if place else None, "component": place.component if place else None,
            **_in_words("group", _label(register, table.network.nodes.group, member.group)),
        }  # fmt: skip


def codes_of(table: Table, waves: Sequence[Wave]) -> dict[str, str]:
    """What nodes are called: their own codes where these are public, else numbers that stay the same from wave to wave
    and follow no order anybody knows."""
    ids = {member.id for wave in waves for member in wave.members}
    if table.network.nodes.public:
        return {name: name for name in ids}
    mixed = sorted(ids, key=lambda name: hashlib.sha256(f"{table.id}|{name}".encode()).digest())
    return {name: f"{number:03d}" for number, name in enumerate(mixed, 1)}


def _ties(
    table: Table, codes: Mapping[str, str], wave: Wave, network: Observed, kinds: Sequence[str]
) -> Iterator[dict[str, Any]]:
    import numpy as np

    own = {kind: wave.network(table, {0: kind}) for kind in kinds}
    for one, two in np.argwhere(network.matrix).tolist():
        if network.directed or one < two:
            strength = network.strengths[one, two]
            found = [kind for kind, part in own.items() if part.matrix[one, two]]
            yield {
                "source": table.id, "wave": wave.name, "node_from": codes[network.nodes[one]],
                "node_to": codes[network.nodes[two]], "kinds": ", ".join(found) or None,
                "strength": None if np.isnan(strength) else float(strength),
            }  # fmt: skip
