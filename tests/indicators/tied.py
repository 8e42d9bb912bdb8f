"""A small world of organisations and ties, landed in `core`, for whatever measures networks."""

from __future__ import annotations

import duckdb
import pandas as pd

from tests.indicators.conftest import landed, table_of
from theory_of_change.networks import Network

HALVES = {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"}
NODES = {
    "org": "organisation",
    "since": "date",
    "until": "date",
    "asked": "boolean",
    "title": "text",
    "form": "category",
}
TIES = {"a": "organisation", "b": "organisation", "kind": "category", "who": "organisation", "day": "date"}
PLAIN = {"from": "a", "to": "b", "nodes": "orgs.org", "kind": "kind"}


def world(
    ties: list[tuple], network: dict, nodes: list[tuple] | None = None, key_type: str = "organisation"
) -> tuple[duckdb.DuckDBPyConnection, dict]:
    """The tables `orgs` (a to e unless given) and `ties`, landed."""
    orgs = table_of({**NODES, "org": key_type}, "orgs", "register")
    table = table_of(TIES, "ties", "register", date="day", network=Network.model_validate(network))
    rows = pd.DataFrame(nodes or [(one, None, None, True) for one in "abcde"], columns=list(NODES)[:4])
    rows = rows.assign(title="Org " + rows["org"], form="coop")
    connection = landed(rows, orgs)
    landed(pd.DataFrame(ties, columns=list(TIES)), table, connection)
    return connection, {"orgs": orgs, "ties": table}
