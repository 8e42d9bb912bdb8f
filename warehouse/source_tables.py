"""The tables one source has: `raw.<source>`, `core.<source>` and its history, created, widened and documented.

Names, types and comments come from the contract's `Table`; which rows go where is decided in `landing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from theory_of_change.tables import Column, Table
from warehouse.modelling import HISTORY, Model, literal, quoted, source_model

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Column type to the pandas type that keeps its missing values; what is not here is text.
_PANDAS = {"integer": "Int64", "number": "float64", "money": "float64", "boolean": "boolean"}


class SourceTables:
    """The names of one source's tables, and the statements that bring them about."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        self.connection = connection
        self.table = table
        self.raw = f"raw.{quoted(table.id)}"
        self.core = f"core.{quoted(table.id)}"
        self.history = f"core.{quoted(table.id + HISTORY.removeprefix('_source'))}"

    def create(self) -> None:
        """Make what is missing."""
        self._drop_view()
        if not table_columns(self.connection, "raw", self.table.id):
            self.connection.execute(f"create table {self.raw} (_load_id varchar, _row bigint)")
            self._comment(self.raw, source_model("raw"), ())
        if table_columns(self.connection, "core", self.table.id):
            self.connection.execute(f"alter table {self.history} add column if not exists _reason varchar")
            return
        typed = "".join(f", {quoted(column.name)} {column.sql_type}" for column in self.table.columns)
        self.connection.execute(f"create table {self.core} (_load_id varchar, _row bigint{typed})")
        self.connection.execute(
            f"create table {self.history} (_load_id varchar, _row bigint{typed}, _superseded_by varchar,"
            " _reason varchar)"
        )
        self._comment(self.core, source_model("core"), self.table.columns)
        self._comment(self.history, source_model("core", HISTORY), self.table.columns)

    def drop_typed(self) -> None:
        """Remove the typed tables."""
        self._drop_view()
        for name in (self.core, self.history):
            self.connection.execute(f"drop table if exists {name}")

    def look_through(self, select: str) -> None:
        """A view in the place of the typed tables, with the same comments."""
        self.drop_typed()
        self.connection.execute("update core.loads set status = 'replaced' where source = ?", [self.table.id])
        self.connection.execute(f"create view {self.core} as\n{select}")
        self._comment(self.core, source_model("core"), self.table.columns, "view")

    def _drop_view(self) -> None:
        """A source that was made of others has no view any more."""
        found = self.connection.execute(
            "select 1 from duckdb_views() where database_name = current_database() and schema_name = 'core'"
            " and lower(view_name) = lower(?)",
            [self.table.id],
        ).fetchone()
        if found:
            self.connection.execute(f"drop view {self.core}")

    def set_aside(self) -> None:
        """Remove every row, typed by a contract that no longer holds; what arrived is kept for `take_back`.

        The database cannot commit a table that was deleted from and widened in one transaction, hence a new one.
        """
        if table_columns(self.connection, "raw", self.table.id):
            self.connection.execute(f"create or replace temp table raw_before as select * from {self.raw}")
        self.connection.execute(f"drop table if exists {self.raw}")
        self.drop_typed()

    def take_back(self, load_ids: Sequence[str]) -> None:
        """Put the raw rows of these loads back as they were set aside, without what the contract now calls a person."""
        if load_ids:
            self.create()
            every = self.connection.execute("select * from raw_before limit 0").description
            before = [name for name, *_ in every if name not in ("_load_id", "_row")]
            persons = {column.header or column.name for column in self.table.columns if column.type == "person"}
            hidden = {header.strip().casefold() for header in persons}
            stored = "".join(f", {quoted(name)}" for name in self.widen_raw(before))
            shown = "".join(f", {'null' if name.casefold() in hidden else quoted(name)}" for name in before)
            self.connection.execute(
                f"insert into {self.raw} (_load_id, _row{stored}) select _load_id, _row{shown} from raw_before"
                " where _load_id in (select unnest(?)) order by _load_id, _row",
                [list(load_ids)],
            )
        self.connection.execute("drop table if exists temp.raw_before")

    def widen_raw(self, headers: Sequence[str]) -> list[str]:
        """Each header's column in raw, added where it is new.

        SQL does not tell capitals apart, spreadsheets do: of two headers that differ in capitals alone, the second gets
        a number. A column without a header is named by its place.
        """
        there = {name.casefold(): name for name in table_columns(self.connection, "raw", self.table.id)}
        taken, stored = {"_load_id", "_row"}, []
        for place, header in enumerate(headers, start=1):
            plain = header.strip() or f"column_{place}"
            wanted, number = plain, 1
            while wanted.casefold() in taken:
                number += 1
                wanted = f"{plain}_{number}"
            name = there.get(wanted.casefold(), wanted)
            if name.casefold() not in there:
                self.connection.execute(f"alter table {self.raw} add column {quoted(name)} varchar")
            taken.add(name.casefold())
            stored.append(name)
        return stored

    def _comment(self, name: str, pattern: Model, columns: Iterable[Column], kind: str = "table") -> None:
        title = {language: self.table.title.within(language) for language in ("en", "it")}
        said = " / ".join(pattern.description[language].format(title=words) for language, words in title.items())
        self.connection.execute(f"comment on {kind} {name} is {literal(f'{said} ({pattern.grain})')}")
        told = {c.name: f"{c.description['en']} / {c.description['it']}" for c in pattern.columns}
        told |= {column.name: meaning(column) for column in columns}
        for column, words in told.items():
            if words:
                self.connection.execute(f"comment on column {name}.{quoted(column)} is {literal(words)}")


def table_columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    """Column names of a table in order; empty where there is no such table."""
    found = connection.execute(
        "select column_name from information_schema.columns where table_catalog = current_database()"
        " and table_schema = ? and lower(table_name) = lower(?) order by ordinal_position",
        [schema, table],
    ).fetchall()
    return [name for (name,) in found]


def meaning(column: Column) -> str:
    """What a column of a source holds, for people: title in both languages, unit, labels, sensitivity."""
    words = []
    if column.title:
        words.append(" / ".join(dict.fromkeys((column.title.within("en"), column.title.within("it")))))
    if column.unit:
        words.append(f"[{column.unit}]")
    if column.labels:
        labels = "; ".join(f"{code} = {text.within('en', 'it')}" for code, text in column.labels.items())
        words.append(f"({labels})")
    if column.sensitivity != "none":
        words.append(f"<{column.sensitivity}>")
    return " ".join(words)


def registrable(frame: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """A copy whose columns of Python objects have one definite type, so that the database need not guess from a few."""
    import pandas as pd

    plain = frame.reset_index(drop=True)
    if "object" not in {str(kind) for kind in plain.dtypes}:
        return plain  # as it is: a large delivery is not copied
    columns = [
        _definite(column, types.get(str(name), "text")) if column.dtype == object else column
        for name, column in plain.items()
    ]
    return pd.concat(columns, axis=1) if columns else plain


def _definite(column: pd.Series, kind: str) -> pd.Series:
    import pandas as pd

    return pd.to_datetime(column) if kind in ("date", "datetime") else column.astype(_PANDAS.get(kind, "str"))
