"""How the published database comes about: every `out` table built aside, then moved into place in one step.

Readers open the published file read-only; the one being replaced stays whole for them until they let go. Only the
schema `out` is ever in it. What the tables hold is said by `models/out/`.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connections import storing
from warehouse.modelling import literal, models, quoted

if TYPE_CHECKING:
    import duckdb

_BUILDING = "published_building"


def publish(connection: duckdb.DuckDBPyConnection, target: Path) -> Path:
    """Build and move into place. Raises ProblemsFound when the disk is full; `target` then stays as it was.

    The finished file reaches the disk before its name does, so that a power cut leaves one whole state or the other.
    """
    building = target.with_name(f"{target.name}.building-{os.getpid()}")
    with storing(target.name):
        try:
            remove_leftovers(target)
            _build(connection, building)
            _to_disk(building)
            building.replace(target)
            _to_disk(target.parent)
        finally:
            remove_leftovers(target)
    return target


def remove_leftovers(target: Path) -> None:
    """Delete what an interrupted publication left beside `target`. Only for the process that holds the warehouse."""
    for left in target.parent.glob(f"{target.name}.building-*"):
        with contextlib.suppress(OSError):
            left.unlink()


def _build(connection: duckdb.DuckDBPyConnection, building: Path) -> None:
    """Fill `building` with schema `out` from the models, comments and dictionary included."""
    import duckdb

    connection.execute(f"attach {literal(str(building))} as {_BUILDING}")
    try:
        schema = f"{_BUILDING}.out"
        connection.execute("begin transaction")
        connection.execute(f"create schema {schema}")
        for table in models("out").values():
            connection.execute(table.ddl(schema))
            if table.sql is not None:
                columns = ", ".join(quoted(name) for name in table.column_names)
                connection.execute(f"insert into {schema}.{quoted(table.name)} ({columns})\n{table.sql}")
        rows = dictionary()
        slots = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in rows)
        connection.execute(f"insert into {schema}.dictionary values {slots}", [cell for row in rows for cell in row])
        connection.execute(
            ";\n".join(comment for table in models("out").values() for comment in table.comments(schema))
        )
        connection.execute("commit")
        connection.execute(f"checkpoint {_BUILDING}")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        with contextlib.suppress(duckdb.Error):
            connection.execute(f"detach {_BUILDING}")
        raise
    connection.execute(f"detach {_BUILDING}")


def dictionary() -> list[tuple[str | None, ...]]:
    """Rows of out.dictionary: every column of every published table, tables by name, columns in their order."""
    return [
        (table.name, c.name, c.type, c.unit, c.description["it"], c.description["en"], c.sensitivity)
        for table in models("out").values()
        for c in table.columns
    ]


def _to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
