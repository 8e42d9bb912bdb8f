"""How the documents of one corpus and what coders made of them become rows: all of it replaced in one transaction.

A corpus is what its files and its contract say now: what arrives again with another content, loses its consent or is
gone leaves these tables, and its load stays on record. Reading files, consent and the places of codings happened
before, in `surveys`; a document's text is in no table but `core.documents`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from theory_of_change.problems import Problem
from warehouse.connections import storing, transaction
from warehouse.loads import loads_in_order
from warehouse.modelling import model, quoted

if TYPE_CHECKING:
    import duckdb

    from warehouse.store import Warehouse

#: The tables that hold a corpus, each with a column `source`.
TABLES = ("documents", "turns", "document_participants", "codes", "segments", "code_meanings")


@dataclass(frozen=True)
class Delivered:
    """One file of a corpus, or the open answers of one questionnaire, and what became of what it holds: documents of a
    transcript, segments of codings. `refused` are the reasons, never the words."""

    name: str
    sha256: str
    kind: str
    size: int = 0
    encoding: str | None = None
    rows_read: int = 0
    rows_accepted: int = 0
    rows_refused: int = 0
    refused: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class CorpusLoad:
    """What landing one file did: `landed`, `unchanged`, or `gone` with the file."""

    delivered: Delivered
    load_id: str
    status: str
    rows_superseded: int = 0


@dataclass(frozen=True)
class Contents:
    """Every row a corpus has now, by table; rows name the delivery they come from in `load_id` by `load_of`."""

    delivered: Sequence[Delivered]
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


def load_of(source: str, name: str, sha256: str) -> str:
    """The id of a load: source, name and content. The same content under the same name is the same load."""
    return hashlib.sha256("\n".join((source, name, sha256)).encode()).hexdigest()[:16]


def stands(connection: duckdb.DuckDBPyConnection, source: str, fingerprint: str) -> set[tuple[str, str]] | None:
    """Name and content of every load in force, where all were read by this contract; None where any was not."""
    in_force = [load for load in loads_in_order(connection, source) if load["status"] == "in_force"]
    if any(load["contract_fingerprint"] != fingerprint for load in in_force):
        return None
    return {(load["file_name"], load["sha256"]) for load in in_force}


def replace_corpus(warehouse: Warehouse, source: str, fingerprint: str, contents: Contents) -> list[CorpusLoad]:
    """Makes the tables hold exactly these rows of the corpus, and its loads what was delivered; all or nothing."""
    connection = warehouse.connection
    with storing("impact.duckdb"), transaction(connection):
        before = {(load["file_name"], load["sha256"]): load for load in loads_in_order(connection, source)}
        for table in TABLES:
            connection.execute(f"delete from core.{table} where source = ?", [source])
            _insert(connection, table, contents.rows.get(table, ()))
        loads = [_record(connection, source, fingerprint, one, before) for one in contents.delivered]
        now = {(one.name, one.sha256) for one in contents.delivered}
        loads += [
            CorpusLoad(Delivered(name, sha256, load["kind"]), load["load_id"], "gone", load["rows_accepted"])
            for (name, sha256), load in before.items()
            if load["status"] == "in_force" and name not in {own for own, _ in now}
        ]
        kept = [load_of(source, *one) for one in now]
        connection.execute(
            "update core.loads set status = 'replaced' where source = ? and load_id not in (select unnest(?))",
            [source, kept],
        )
        connection.execute(
            "delete from core.refused where source = ? and load_id not in (select unnest(?))", [source, kept]
        )
    return loads


def segments_of(connection: duckdb.DuckDBPyConnection, source: str) -> set[tuple[Any, ...]]:
    """Document, code, coder and place of every segment that stands now, to tell what changed."""
    return set(
        connection.execute(
            'select document_id, code_id, coder, "start", "end", state from core.segments where source = ?', [source]
        ).fetchall()
    )


def _record(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    fingerprint: str,
    one: Delivered,
    before: Mapping[tuple[str, str], Mapping[str, Any]],
) -> CorpusLoad:
    known = before.get((one.name, one.sha256))
    load_id = load_of(source, one.name, one.sha256)
    is_same = known is not None and known["status"] == "in_force"
    earlier = [load for (name, _), load in before.items() if name == one.name and load["status"] == "in_force"]
    superseded = known["rows_superseded"] if is_same else sum(load["rows_accepted"] for load in earlier)
    (latest,) = connection.execute("select coalesce(max(sequence), 0) from core.loads").fetchone()
    facts = {
        "load_id": load_id, "source": source, "file_name": one.name, "sha256": one.sha256,
        "rows_read": one.rows_read, "rows_accepted": one.rows_accepted, "rows_superseded": superseded,
        "rows_refused": one.rows_refused,
        "loaded_at": known["loaded_at"] if known else dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "status": "in_force", "contract_fingerprint": fingerprint, "kind": one.kind, "encoding": one.encoding,
        "unmapped": "[]", "rows_forgotten": known["rows_forgotten"] if known else 0,
        "sequence": known["sequence"] if is_same else latest + 1, "is_keyed": False, "size": one.size, "rows_gone": 0,
    }  # fmt: skip
    connection.execute("delete from core.loads where load_id = ?", [load_id])
    slots = ", ".join("?" for _ in facts)
    listed = ", ".join(quoted(name) for name in facts)
    connection.execute(f"insert into core.loads ({listed}) values ({slots})", list(facts.values()))
    connection.execute("delete from core.refused where load_id = ?", [load_id])
    for number, problem in enumerate(one.refused, start=1):
        row = (load_id, source, one.name, number, "", problem.code, problem.message("it"), problem.message("en"),
               problem.remedy("it"), problem.remedy("en"))  # fmt: skip
        connection.execute(f"insert into core.refused values ({', '.join('?' for _ in row)})", row)
    return CorpusLoad(one, load_id, "unchanged" if is_same else "landed", superseded)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    import pandas as pd

    columns = model("core", table).columns
    frame = pd.DataFrame({column.name: pd.Series([row[column.name] for row in rows], dtype="object")
                          for column in columns})  # fmt: skip
    for column in columns:
        if column.type in ("varchar", "bigint", "boolean"):
            kind = {"varchar": "str", "bigint": "Int64", "boolean": "boolean"}[column.type]
            frame[column.name] = frame[column.name].astype(kind)
        elif column.type == "date":
            frame[column.name] = pd.to_datetime(frame[column.name])
    listed = ", ".join(quoted(column.name) for column in columns)
    typed = ", ".join(f"cast({quoted(column.name)} as {column.type})" for column in columns)
    connection.register("corpus_rows", frame)
    try:
        connection.execute(f"insert into core.{quoted(table)} ({listed}) select {typed} from corpus_rows")
    finally:
        connection.unregister("corpus_rows")
