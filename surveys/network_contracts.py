"""What may be wrong where a register says it is a network: columns that are not there, roles they cannot play.

What the roles mean is in `theory_of_change.networks`; rows are looked at by quality rules and by what computes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from surveys.contracts import Contradiction
from theory_of_change.networks import Network
from theory_of_change.problems import listed, with_hint
from theory_of_change.tables import Column, Table

_NUMERIC = ("number", "integer", "money")


def contradictions(network: Network, types: Mapping[str, str]) -> Iterator[Contradiction]:
    """Everything wrong with a network by its own register alone; `types` are the register's columns."""
    for role, name in network.columns.items():
        if name not in types:
            yield Contradiction(
                "network-column-unknown", ("network", role), with_hint({"name": name, "role": role}, name, types)
            )
    if network.start == network.end:
        yield Contradiction("network-one-end", ("network", "to"), {"name": network.end})
    kind = types.get(network.strength or "")
    if kind is not None and kind not in _NUMERIC:
        yield Contradiction(
            "network-strength-type", ("network", "strength"), {"name": str(network.strength), "type": kind}
        )
    if network.counts_when == "both" and network.reported_by is None:
        yield Contradiction("network-both-unreported", ("network", "counts_when"), {})
    if not (network.nodes.source and network.nodes.key):
        yield Contradiction("network-nodes-form", ("network", "nodes"), {"found": network.nodes.column})


def broken(network: Network, tables: Mapping[str, Table]) -> Iterator[Contradiction]:
    """What is wrong with the register of its nodes, as other contracts describe it."""
    nodes = network.nodes
    if not (nodes.source and nodes.key):
        return
    table = tables.get(nodes.source)
    if table is None:
        facts = with_hint({"source": nodes.source}, nodes.source, tables)
        yield Contradiction("network-nodes-unknown", ("network", "nodes"), facts)
        return
    for role, name in nodes.columns.items():
        column = table.column(name)
        key = role.partition(" ")[0]
        path = ("network", "nodes", "column" if key == "key" else key)
        facts = {"name": name, "role": key, "source": table.id}
        if column is None:
            names = [column.name for column in table.columns]
            yield Contradiction("network-nodes-column-unknown", path, with_hint(facts, name, names))
        elif (wanted := _WANTED.get(key)) and column.type not in wanted:
            more = {"type": column.type, "expected": listed(wanted)}
            yield Contradiction("network-nodes-column-type", path, {**facts, **more})
        elif key == "key" and column.type == "person" and nodes.public:
            yield Contradiction("network-public-persons", ("network", "nodes", "public"), {"name": name})


_WANTED = {"first_seen": ("date",), "last_seen": ("date",), "answered": ("boolean",)}


def referring(columns: tuple[Column, ...], network: Network | None) -> tuple[Column, ...]:
    """The columns of a register of ties, where its ends and reporters must be among the nodes."""
    if network is None or not (network.nodes.source and network.nodes.key):
        return columns
    ends = {network.start, network.end}
    return tuple(
        replace(column, references=network.nodes.column) if column.name in ends and not column.references else column
        for column in columns
    )
