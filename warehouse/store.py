"""The warehouse of one programme: opening it, one writer at a time, landing deliveries, keeping models, publishing.

This is the front door; what landing and publication do row by row is in `landing` and `publication`, what a table means
is in `models/`. Computing numbers belongs to `pipelines`, deciding what is too small to show to `disclosure`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.programme import Workspace
from theory_of_change.tables import Table
from warehouse.connections import connect, create_missing, storing, transaction
from warehouse.earlier import keep_shown
from warehouse.landing import Landing
from warehouse.loads import Arrival, ContractChanged, Load, landed_contract, loads_in_order
from warehouse.modelling import LAYERS, Model, model, models, quoted, reserved_names
from warehouse.publication import publish, remove_leftovers
from warehouse.querying import query
from warehouse.revisions import keep_revisions
from warehouse.source_tables import SourceTables, registrable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ContractChanged", "Load", "Warehouse", "connect", "open_warehouse", "query", "reserved_names"]


@contextlib.contextmanager
def open_warehouse(workspace: Workspace) -> Iterator[Warehouse]:
    """The workspace's warehouse, for the one process that may write to it.

    Makes the folder, the database and its own tables where they are missing, adds columns an older version did not
    have, and removes what an interrupted publication left. Raises ProblemsFound when another run holds it.
    """
    folder = workspace.warehouse
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise ProblemsFound([Problem("warehouse-not-accessible", Place("warehouse"))]) from error
    with lock:
        _hold(lock)
        remove_leftovers(workspace.published_database)
        with storing("impact.duckdb"):
            create_missing(workspace.impact_database)
        connection = connect(workspace.impact_database)
        try:
            with storing("impact.duckdb"):
                _prepare(connection)
            yield Warehouse(workspace, connection)
        finally:
            with contextlib.suppress(duckdb.Error):
                connection.close()


def _hold(lock: Any) -> None:
    """Take the lock for as long as the file stays open: the system drops it when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        lock.seek(0)
        since = lock.read().strip() or "?"
        raise ProblemsFound([Problem("warehouse-busy", Place("warehouse"), {"since": since})]) from busy
    with contextlib.suppress(OSError):  # the note is a courtesy; a full disk must not keep readers of the lock out
        lock.seek(0)
        lock.truncate()
        lock.write(f"{dt.datetime.now().astimezone():%Y-%m-%d %H:%M:%S}")
        lock.flush()


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing. Tables kept between runs grow; those each run computes are made anew when they differ."""
    there: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'core' order by table_name, column_index"
    ).fetchall():
        there.setdefault(table, []).append(column)
    statements = [f"create schema if not exists {layer}" for layer in LAYERS if layer != "out"]
    for table in models("core").values():
        statements += _brought_up(table, there.get(table.name, []))
    with transaction(connection):
        connection.execute(";\n".join(statements))


def _brought_up(table: Model, there: list[str]) -> list[str]:
    """Statements that make a table of this model out of one with the columns `there` (none: there is no table)."""
    if there == list(table.column_names):
        return []
    if there and table.is_kept:
        missing = [column for column in table.columns if column.name not in there]
        name = f"core.{quoted(table.name)}"
        return [
            *(f"alter table {name} add column {quoted(column.name)} {column.type}" for column in missing),
            *table.comments("core"),
        ]
    return [f"drop table if exists core.{quoted(table.name)}", table.ddl("core"), *table.comments("core")]


#: SQL type to the column type that says how Python objects become it.
_KINDS = {"bigint": "integer", "double": "number", "boolean": "boolean", "date": "date", "timestamp": "date"}


class Warehouse:
    """An open warehouse. `connection` is for reading; writing goes through the methods, one transaction each."""

    def __init__(self, workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> None:
        self.workspace = workspace
        self.connection = connection

    def land(self, table: Table, delivery: Arrival, contract_fingerprint: str, dry_run: bool = False) -> Load:
        """Land one delivery: raw, core, history, refusals and the load itself, in one transaction.

        The same content twice changes nothing (`Load.status` is `unchanged`). With `dry_run` everything is done and
        taken back, so the answer is exactly what landing would do. Raises ContractChanged when earlier deliveries of
        the source were read with another contract: use `replacing`. Raises ProblemsFound when the disk is full.
        """
        with storing("impact.duckdb"), contextlib.suppress(_TakenBack), transaction(self.connection):
            load = Landing(self.connection, table, contract_fingerprint).land(delivery)
            if dry_run:
                raise _TakenBack
        return load

    @contextlib.contextmanager
    def replacing(self, table: Table, contract_fingerprint: str) -> Iterator[Landing]:
        """Read a source's deliveries again under a changed contract, in one transaction.

            with warehouse.replacing(table, fingerprint) as source:
                for delivery in deliveries: source.land(delivery)

        Land them in their earlier order (`deliveries`). Raises ProblemsFound, and nothing has changed, when a delivery
        still in force was not landed again.
        """
        with storing("impact.duckdb"), transaction(self.connection):
            landing = Landing(self.connection, table, contract_fingerprint)
            landing.start_again()
            yield landing
            landing.finish_again()

    def prepare(self, table: Table) -> None:
        """Make the empty tables of a source nothing has landed of yet, so that rules and indicators find no rows in it
        instead of no table. Changes nothing once a delivery has landed."""
        if self.contract(table.id) is None:
            with storing("impact.duckdb"), transaction(self.connection):
                tables = SourceTables(self.connection, table)
                tables.drop_typed()
                tables.create()

    def look_through(self, table: Table, select: str) -> None:
        """Make core.<source> a view of other sources' rows, in place of the one before.

        Where a source of that name had rows of its own, its typed tables go; what arrived stays in raw.
        """
        with storing("impact.duckdb"), transaction(self.connection):
            SourceTables(self.connection, table).look_through(select)

    def contract(self, source: str) -> str | None:
        """Fingerprint of the contract a source's deliveries were last read with; None before the first."""
        return landed_contract(self.connection, source)

    def deliveries(self, source: str) -> list[dict[str, Any]]:
        """Every load of a source in the order they arrived, with all columns of core.loads."""
        return loads_in_order(self.connection, source)

    def carried(self, source: str) -> dict[str, str]:
        """Which content each file name of a source carries now, as SHA-256 by name."""
        return dict(
            self.connection.execute("select file_name, sha256 from core.files where source = ?", [source]).fetchall()
        )

    def snapshot_id(self) -> str:
        """What the data in force are, in 16 characters: the same deliveries read by the same contracts give the same.

        Built from source, contents, contracts and the number of rows forgotten since, never from a clock or a file
        name. Arrival order counts only for
        sources with a key, where it decides which row is in force.
        """
        rows = self.connection.execute(
            "select source, sha256, contract_fingerprint, is_keyed, rows_forgotten from core.loads"
            " where status = 'in_force' order by source, case when is_keyed then sequence end, sha256"
        ).fetchall()
        said = [row if row[-1] else row[:-1] for row in rows]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def replace(self, name: str, rows: pd.DataFrame) -> None:
        """Replace the whole of core.`name`, a table Python computes, by `rows`.

        Raises KeyError for a table that has no model, ValueError when the columns are not the model's.
        """
        self.replace_all({name: rows})

    def replace_all(
        self, frames: Mapping[str, pd.DataFrame], rest_on: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """`replace` for several tables in one transaction. `rest_on` are the keys that vouch for a table's rows until
        it is replaced again, by table and part of it; without one, nothing vouches for them."""
        with storing("impact.duckdb"), transaction(self.connection):
            for name, rows in frames.items():
                self._replace(name, rows)
                for part, key in (rest_on or {}).get(name, {}).items():
                    self.connection.execute("insert into core.foundations values (?, ?, ?)", [name, part, key])

    def doubt(self) -> None:
        """Nothing kept is vouched for any more: the next run computes everything."""
        with storing("impact.duckdb"), transaction(self.connection):
            self.connection.execute("delete from core.foundations")

    def _replace(self, name: str, rows: pd.DataFrame) -> None:
        table = model("core", name)
        if table.written_by != "python" or table.is_kept:
            raise ValueError(f"core.{name} is written by {table.written_by}, not made anew by Python in each run")
        _same_columns(table.name, table.column_names, list(rows.columns))
        target = f"core.{quoted(name)}"
        columns = ", ".join(quoted(column) for column in table.column_names)
        typed = ", ".join(f"cast({quoted(column.name)} as {column.type})" for column in table.columns)
        self.connection.execute(f"delete from {target}")
        self.connection.execute("delete from core.foundations where result = ?", [name])
        if len(rows):
            self.connection.register(
                "rows_to_keep", registrable(rows, {c.name: _KINDS.get(c.type, "text") for c in table.columns})
            )
            try:
                self.connection.execute(f"insert into {target} ({columns}) select {typed} from rows_to_keep")
            finally:
                self.connection.unregister("rows_to_keep")

    def keep(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], renew: Sequence[str] = ()) -> None:
        """Add rows to tables that keep theirs between runs, all in one transaction.

        Of a row whose key is there already only the columns in `renew` are written again. Raises KeyError for a table
        that has no model, ValueError for one that does not keep its rows or for columns it has not.
        """
        with storing("impact.duckdb"), transaction(self.connection):
            for name, some in rows.items():
                for row in some:
                    self._keep(model("core", name), row, [column for column in renew if column in row])

    def _keep(self, table: Model, row: Mapping[str, Any], renew: Sequence[str]) -> None:
        if not table.is_kept or not table.key:
            raise ValueError(f"core.{table.name} does not keep rows by their key")
        _same_columns(table.name, table.column_names, list(row))
        target = f"core.{quoted(table.name)}"
        same = " and ".join(f"{quoted(column)} = ?" for column in table.key)
        key = [row[column] for column in table.key]
        if self.connection.execute(f"select 1 from {target} where {same}", key).fetchone() is None:
            columns = ", ".join(quoted(column) for column in row)
            given = ", ".join("?" for _ in row)
            self.connection.execute(f"insert into {target} ({columns}) values ({given})", list(row.values()))
        elif renew:
            again = ", ".join(f"{quoted(column)} = ?" for column in renew)
            said = [row[column] for column in renew]
            self.connection.execute(f"update {target} set {again} where {same}", [*said, *key])

    def write_column(self, table: Table, name: str, values: pd.DataFrame) -> None:
        """Write a computed column of a source's rows in force; `values` has `_load_id`, `_row` and the value, last."""
        target, given = f"core.{quoted(table.id)}", quoted(values.columns[-1])
        with storing("impact.duckdb"), transaction(self.connection):
            self.connection.register("values_to_write", values)
            try:
                self.connection.execute(
                    f"update {target} set {quoted(name)} = given.{given} from values_to_write as given"
                    f" where {target}._load_id = given._load_id and {target}._row = given._row"
                )
            finally:
                self.connection.unregister("values_to_write")

    def publish(self) -> Path:
        """Build every `out` table aside and move it into place in one step. Returns the published file.

        Raises ProblemsFound when there is no room; the last published state then stays as it was.
        """
        with storing(self.workspace.published_database.name):
            keep_revisions(self.connection, self.workspace.published_database)
            with transaction(self.connection):
                keep_shown(self.connection)
        return publish(self.connection, self.workspace.published_database)


class _TakenBack(Exception):
    """Ends a dry run's transaction."""


def _same_columns(name: str, expected: Sequence[str], found: Sequence[str]) -> None:
    missing = [column for column in expected if column not in found]
    unknown = [column for column in found if column not in expected]
    if missing or unknown:
        raise ValueError(f"core.{name}: missing columns {missing}, unknown columns {unknown}")
