"""How one delivery becomes rows: raw as it arrived, core as its contract types it, history, refusals, and the load.

Set-based, inside a transaction the caller holds. Reading files and checking cells happened before, in `surveys`; here
only what needs the rows already landed is decided: which rows supersede which, and which repeat a key.

What counts is what each file name carries now:
- the same name with the same content changes nothing;
- a new name with content that another name carries is a copy and changes nothing;
- a name with other content than before is a new delivery. Content that was in force once, was replaced and comes back
  (a correction undone) is landed again: the latest delivery wins.
With a key, a row supersedes the row in force of the same key. Without one, a file's rows stand until its name carries
other content. A snapshot says all there is at its source: row by row it follows the one before, and what it no longer
has is gone. Rows that leave move to `core.<source>__history`, with the reason. In raw, too, a row that arrives as it
was in the snapshot before passes to the new load: nightly snapshots cost what changed, and all that ever arrived stays.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.tables import Table
from warehouse.connections import one_thread
from warehouse.loads import (
    Arrival,
    ContractChanged,
    Load,
    Refused,
    RepeatedRow,
    landed_contract,
    loads_in_order,
)
from warehouse.modelling import literal, model, quoted
from warehouse.source_tables import SourceTables, registrable, table_columns

if TYPE_CHECKING:
    import duckdb


_COUNTS = ("rows_read", "rows_accepted", "rows_superseded", "rows_refused", "rows_gone")


class Landing:
    """The tables of one source while deliveries land in them. The caller holds the transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, contract_fingerprint: str) -> None:
        self.connection = connection
        self.table = table
        self.fingerprint = contract_fingerprint
        self.tables = SourceTables(connection, table)
        self.columns = [column.name for column in table.columns]
        self._replayed: list[dict[str, Any]] | None = None
        self._landed: set[str] = set()
        self._followed: set[str] = set()
        self._latest = 0

    # -- one delivery ------------------------------------------------------------------------------------------------

    def land(self, delivery: Arrival) -> Load:
        """Land one delivery, or find that it changes nothing. Raises ContractChanged."""
        known = landed_contract(self.connection, self.table.id)
        if known not in (None, self.fingerprint):
            raise ContractChanged(self.table.id)
        self._landed.add(delivery.sha256)
        if delivery.is_snapshot:
            self._followed.add(delivery.file_name)
        before = self._carried(delivery.file_name)
        if before == delivery.sha256:
            return self._unchanged(delivery)
        carried_elsewhere = self._is_carried(delivery.sha256)
        self._carry(delivery)
        if carried_elsewhere and before is None:
            return self._unchanged(delivery)
        if known is None:  # empty tables may stand there, made by a contract that has changed since
            self.tables.drop_typed()
        self.tables.create()
        self._drop_earlier_refusals(delivery.sha256)
        load_id = self._load_id(delivery.sha256)
        self._stage(delivery)
        repeated = self._repeated_rows() if self.table.key else []
        self._keep_out(repeated)
        superseded, gone = self._follow(load_id, delivery, before) if delivery.is_snapshot else (0, 0)
        superseded += self._supersede(load_id, delivery, before)
        accepted = self._count("staged")
        with one_thread(self.connection):
            self._insert(load_id, delivery, before)
        refused = (*delivery.refused, *repeated)
        self._record_refusals(load_id, delivery.file_name, refused)
        load = Load(
            load_id, self.table.id, delivery.file_name, delivery.sha256, delivery.rows_read, accepted, superseded,
            len({refusal.row for refusal in refused}), self._time_of(delivery.sha256), "landed", refused, gone,
        )  # fmt: skip
        self._record(load, delivery)
        return load

    def _unchanged(self, delivery: Arrival) -> Load:
        latest = [row for row in loads_in_order(self.connection, self.table.id) if row["sha256"] == delivery.sha256][-1]
        counts = {name: latest[name] or 0 for name in _COUNTS}
        return Load(
            load_id=latest["load_id"], source=self.table.id, file_name=delivery.file_name, sha256=delivery.sha256,
            loaded_at=latest["loaded_at"], status="unchanged", **counts,
        )  # fmt: skip

    def _load_id(self, sha256: str) -> str:
        """Source and content; a content that comes back after it was replaced is told apart by how often it came."""
        times = self._count("core.loads", "source = ? and sha256 = ?", [self.table.id, sha256])
        named = [self.table.id, sha256, *([str(times)] if times else [])]
        return hashlib.sha256("\n".join(named).encode()).hexdigest()[:16]

    # -- which content each file name carries ------------------------------------------------------------------------

    def _carried(self, file_name: str) -> str | None:
        found = self.connection.execute(
            "select sha256 from core.files where source = ? and file_name = ?", [self.table.id, file_name]
        ).fetchone()
        return found[0] if found else None

    def _is_carried(self, sha256: str) -> bool:
        return self._count("core.files", "source = ? and sha256 = ?", [self.table.id, sha256]) > 0

    def _carry(self, delivery: Arrival) -> None:
        self.connection.execute(
            "delete from core.files where source = ? and file_name = ?", [self.table.id, delivery.file_name]
        )
        self.connection.execute(
            "insert into core.files (source, file_name, sha256) values (?, ?, ?)",
            [self.table.id, delivery.file_name, delivery.sha256],
        )

    # -- rows --------------------------------------------------------------------------------------------------------

    @property
    def _staging(self) -> str:
        return "table" if self.table.key else "view"

    def _stage(self, delivery: Arrival) -> None:
        """The typed rows in their SQL types: a temporary table where repeated keys are to be found and taken out, else
        only a view of what arrived, which spares a large delivery one copy."""
        frame = registrable(delivery.core, {column.name: column.type for column in self.table.columns})
        self.connection.register("arrived", frame)
        typed = "".join(f", cast({quoted(c.name)} as {c.sql_type}) as {quoted(c.name)}" for c in self.table.columns)
        self.connection.execute(
            f"create or replace temp {self._staging} staged as select cast(_row as bigint) as _row{typed} from arrived"
        )
        if self._staging == "table":
            self.connection.unregister("arrived")

    def _repeated_rows(self) -> list[RepeatedRow]:
        """Rows without a key, and all rows of a key after its first: kept apart from each other by rule.

        `duplicate-row` is identical to the row kept and loses nothing; `duplicate-key` contradicts it.
        """
        keys, every = _listed(self.table.key), _listed(self.columns)
        some_missing = " or ".join(f"{quoted(name)} is null" for name in self.table.key)
        found = self.connection.execute(
            f"""
            with ranked as (
                select
                    _row,
                    {some_missing} as lacks_key,
                    min(_row) over (partition by {keys}) as first_row,
                    min(_row) over (partition by {every}) as first_identical
                from staged
            )
            select
                _row, first_row,
                case
                    when lacks_key then 'missing-key'
                    when first_identical = first_row then 'duplicate-row'
                    else 'duplicate-key'
                end as rule
            from ranked
            where lacks_key or _row > first_row
            order by _row
            """
        ).fetchall()
        column = ", ".join(self.table.key)
        return [RepeatedRow(row, column, rule, {"first": str(first)}) for row, first, rule in found]

    def _keep_out(self, repeated: Iterable[RepeatedRow]) -> None:
        rows = [refusal.row for refusal in repeated]
        if rows:
            self.connection.execute("delete from staged where _row in (select unnest(?))", [rows])

    def _supersede(self, load_id: str, delivery: Arrival, before: str | None) -> int:
        """Move the rows this delivery replaces to history; returns how many."""
        if self.table.key:
            same = " and ".join(f"staged.{quoted(n)} = {self.tables.core}.{quoted(n)}" for n in self.table.key)
            condition, values = f"exists (select 1 from staged where {same})", []
        else:  # what this name carried, unless another name still does; and this content, where another name carries it
            left = [sha for sha in (before,) if sha and not self._is_carried(sha)] + [delivery.sha256]
            condition = "_load_id in (select load_id from core.loads where source = ? and sha256 in (select unnest(?)))"
            values = [self.table.id, left]
        every = f"_load_id, _row, {_listed(self.columns)}"
        self.connection.execute(
            f"insert into {self.tables.history} ({every}, _superseded_by, _reason)"
            f" select {every}, {literal(load_id)}, 'superseded' from {self.tables.core} where {condition}",
            values,
        )
        (moved,) = self.connection.execute(f"delete from {self.tables.core} where {condition}", values).fetchone()
        return moved

    def _follow(self, load_id: str, delivery: Arrival, before: str | None) -> tuple[int, int]:
        """Bring the rows of the snapshot before to this one; returns how many it changed and how many it lacks.

        A row that says the same as before only passes to the new load. Its number names it: a snapshot's rows bear the
        numbers they have at their source.
        """
        core, history = self.tables.core, self.tables.history
        former = (
            "_load_id in (select load_id from core.loads where source = ? and sha256 = ?)"
            " and not exists (select 1 from core.files where source = ? and sha256 = ?)"
        )
        values = [self.table.id, before] * 2
        arriving = [c.name for c in self.table.columns if c.header or not c.computed]  # the others are written later
        same = " and ".join(f"staged.{quoted(n)} is not distinct from {core}.{quoted(n)}" for n in arriving) or "true"
        self.connection.execute(
            f"delete from {core} where {former}"
            f" and exists (select 1 from staged where staged._row = {core}._row and {same})",
            values,
        )
        every = f"_load_id, _row, {_listed(self.columns)}"
        refused = sorted({refusal.row for refusal in delivery.refused})
        leaving = self.connection.execute(
            f"""
            insert into {history} ({every}, _superseded_by, _reason)
            select
                {every}, {literal(load_id)},
                case
                    when _row in (select _row from staged) then 'superseded'
                    when _row in (select unnest(cast(? as bigint[]))) then 'refused'
                    else 'gone'
                end
            from {core}
            where {former}
            returning _reason
            """,
            [refused, *values],
        ).fetchall()
        self.connection.execute(f"delete from {core} where {former}", values)
        gone = sum(reason == "gone" for (reason,) in leaving)
        return len(leaving) - gone, gone

    def _insert(self, load_id: str, delivery: Arrival, before: str | None) -> None:
        every = f"_row, {_listed(self.columns)}"
        self.connection.execute(
            f"insert into {self.tables.core} (_load_id, {every})"
            f" select {literal(load_id)}, {every} from staged"  # in their order: the database keeps it
        )
        self.connection.execute(f"drop {self._staging} staged")
        rows = registrable(delivery.raw, {})
        headers = [str(header) for header in rows.columns]
        stored = iter(self.tables.widen_raw([header for header in headers if header != "_row"]))
        rows.columns = [header if header == "_row" else next(stored) for header in headers]
        names = [name for name in rows.columns if name != "_row"]
        texts = "".join(f", {quoted(name)}" for name in names)
        self.connection.register("arrived", rows)
        passed = self._pass_on(load_id, delivery, before, names) if delivery.is_snapshot and before else "false"
        self.connection.execute(
            f"insert into {self.tables.raw} (_load_id, _row{texts})"
            f" select {literal(load_id)}, cast(_row as bigint){texts} from arrived where not ({passed})"
        )
        self.connection.unregister("arrived")

    def _pass_on(self, load_id: str, delivery: Arrival, before: str, names: Sequence[str]) -> str:
        """Pass the raw rows of the snapshot before that arrived again as they were to this load, and with them what was
        said of them when they were refused: it is said again. Returns the condition for rows of `arrived` so kept."""
        raw = self.tables.raw
        (former,) = self.connection.execute(
            "select max_by(load_id, sequence) from core.loads where source = ? and file_name = ? and sha256 = ?",
            [self.table.id, delivery.file_name, before],
        ).fetchone()
        if former is None or self._is_carried(before):
            return "false"
        others = [name for name in table_columns(self.connection, "raw", self.table.id) if name not in names]
        absent = "".join(f" and {raw}.{quoted(name)} is null" for name in others if name not in ("_load_id", "_row"))
        same = "".join(
            f" and {raw}.{quoted(n)} is not distinct from cast(arrived.{quoted(n)} as varchar)" for n in names
        )
        self.connection.execute(
            f"update {raw} set _load_id = ? from arrived where {raw}._load_id = ? and {raw}._row = arrived._row"
            f"{same}{absent}",
            [load_id, former],
        )
        kept = f"select _row from {raw} where _load_id = {literal(load_id)}"
        self.connection.execute(f"delete from core.refused where load_id = ? and row_number in ({kept})", [former])
        return f"_row in ({kept})"

    # -- the record --------------------------------------------------------------------------------------------------

    def _record_refusals(self, load_id: str, file_name: str, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        import pandas as pd

        columns = model("core", "refused").column_names
        rows = [
            (load_id, self.table.id, file_name, r.row, r.column, r.rule,
             r.what("it"), r.what("en"), r.remedy("it"), r.remedy("en"))
            for r in refused
        ]  # fmt: skip
        self.connection.register("turned_away", pd.DataFrame(rows, columns=list(columns)))
        self.connection.execute(
            f"insert into core.refused ({_listed(columns)}) select {_listed(columns)} from turned_away"
        )
        self.connection.unregister("turned_away")

    def _record(self, load: Load, delivery: Arrival) -> None:
        """The load itself, and which loads are still in force after it."""
        self._latest = max(self._latest, self._highest_sequence()) + 1
        facts = {
            "load_id": load.load_id, "source": load.source, "file_name": load.file_name, "sha256": load.sha256,
            "rows_read": load.rows_read, "rows_accepted": load.rows_accepted, "rows_superseded": load.rows_superseded,
            "rows_refused": load.rows_refused, "loaded_at": load.loaded_at, "status": "in_force",
            "contract_fingerprint": self.fingerprint, "kind": delivery.kind, "encoding": delivery.encoding,
            "delimiter": delivery.delimiter, "sheet": delivery.sheet,
            "unmapped": json.dumps(list(delivery.unmapped), ensure_ascii=False),
            "rows_forgotten": len({refusal.row for refusal in delivery.refused if refusal.rule == "forgotten"}),
            "sequence": self._latest, "is_keyed": bool(self.table.key), "size": delivery.size,
            "rows_gone": load.rows_gone,
        }  # fmt: skip
        self._write_load(facts)
        self.connection.execute(
            f"""
            update core.loads set status = 'replaced'
            where source = ? and load_id not in (select distinct _load_id from {self.tables.core})
                and (rows_accepted > 0 or sha256 not in (select sha256 from core.files where source = ?))
            """,
            [self.table.id, self.table.id],
        )

    def _highest_sequence(self) -> int:
        return self.connection.execute("select coalesce(max(sequence), 0) from core.loads").fetchone()[0]

    def _write_load(self, facts: Mapping[str, Any]) -> None:
        slots = ", ".join("?" for _ in facts)
        self.connection.execute(f"insert into core.loads ({_listed(facts)}) values ({slots})", list(facts.values()))

    def _time_of(self, sha256: str) -> dt.datetime:
        """Now, in UTC; a delivery read again under a changed contract keeps the time it first arrived."""
        times = [row["loaded_at"] for row in self._replayed or () if row["sha256"] == sha256]
        return min(times, default=dt.datetime.now(dt.UTC).replace(tzinfo=None))

    def _count(self, table: str, condition: str = "true", values: Sequence[object] = ()) -> int:
        return self.connection.execute(f"select count(*) from {table} where {condition}", list(values)).fetchone()[0]

    # -- a changed contract ------------------------------------------------------------------------------------------

    def start_again(self) -> None:
        """Set the source's rows aside, so that its deliveries can be landed again under another contract."""
        self._replayed = loads_in_order(self.connection, self.table.id)
        self._latest = self._highest_sequence()  # deliveries read again come after those that are not
        for name in ("core.loads", "core.files"):
            self.connection.execute(f"delete from {name} where source = ?", [self.table.id])
        self.tables.set_aside()

    def finish_again(self) -> None:
        """Keep on record the replaced deliveries that are no longer at hand. Raises ProblemsFound when a delivery whose
        rows were in force was not landed again: its rows would be lost. A snapshot whose name carries a newer one has
        not been lost but followed."""
        absent = [row for row in self._replayed or () if row["sha256"] not in self._landed]
        for row in absent:
            if row["file_name"] in self._followed:
                row["status"] = "replaced"
        lost = [row["file_name"] for row in absent if row["status"] == "in_force"]
        if lost:
            facts = {"source": self.table.id}
            raise ProblemsFound(
                Problem("delivery-missing", Place(f"data/{self.table.id}/{name}"), facts) for name in lost
            )
        for row in absent:
            self._write_load(row)
        self.tables.take_back([row["load_id"] for row in absent])

    def _drop_earlier_refusals(self, sha256: str) -> None:
        """What was refused of this content by the contract that no longer holds."""
        earlier = [row["load_id"] for row in self._replayed or () if row["sha256"] == sha256]
        if earlier:
            self.connection.execute("delete from core.refused where load_id in (select unnest(?))", [earlier])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)
