"""How the warehouse's database files are opened and written to safely: configuration, transactions, failing disks.

Every connection of this package starts here. Which tables there are and what goes into them is said elsewhere.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from theory_of_change.problems import Place, Problem, ProblemsFound
from warehouse.modelling import literal, quoted

SAFE = {"python_enable_replacements": False, "autoinstall_known_extensions": False}
#: How files of our own are laid out: read by DuckDB 1.4 and later, written faster and smaller than the layout of 0.10.
#: `published.duckdb` keeps that one, for whoever opens it with an older program.
LAYOUT = "v1.4.0"
_DISK_WORDS = (
    "No space left", "File too large", "Could not write", "Disk quota", "Input/output error", "Read-only file",
    "Failed to truncate",
)  # fmt: skip


def connect(path: Path | str, read_only: bool = False, **config: object) -> duckdb.DuckDBPyConnection:
    """A connection that never takes a Python variable for a table and never fetches an extension.

    Raises ProblemsFound when the file is no database of ours, is newer than this program reads, or is open elsewhere.
    """
    try:
        return duckdb.connect(str(path), read_only=read_only, config={**SAFE, **config})
    except duckdb.Error as error:
        raise ProblemsFound([_unopened(Path(path), error)]) from error


def create_missing(path: Path, private: bool = False) -> None:
    """Make an empty database where there is none, `private` to its owner where asked.

    Built aside and moved into place: a process killed in its first moment would leave half a header behind, which
    nothing can open again.
    """
    if path.exists() and (path.is_dir() or path.stat().st_size):
        return
    building = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        connect(building, storage_compatibility_version=LAYOUT).close()
        if private:
            building.chmod(0o600)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)


def write_anew(path: Path, private: bool = False) -> None:
    """Write a closed database anew and move it into place, so that rows deleted from it are in no byte of the file.

    A database keeps the blocks of deleted rows until it needs them; `vacuum` and `checkpoint` do not clear them.
    """
    remains = path.with_name(f"{path.name}.wal")
    building = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        connection = connect(":memory:")
        try:
            connection.execute(f"attach {literal(str(path))} as old")
            connection.execute(f"attach {literal(str(building))} as anew (storage_version {literal(LAYOUT)})")
            connection.execute("copy from database old to anew")
            for statement in _comments(connection):
                connection.execute(statement)
            connection.execute("checkpoint anew")
        finally:
            connection.close()
        if private:
            building.chmod(0o600)
        building.replace(path)
        remains.unlink(missing_ok=True)
    finally:
        building.unlink(missing_ok=True)


def _comments(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the tables and columns of `old` say about themselves, as statements for `anew`: copying leaves it behind."""
    tables = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables()"
        " where database_name = 'old' and comment is not null"
    ).fetchall()
    columns = connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where database_name = 'old' and comment is not null"
    ).fetchall()
    return [
        *(f"comment on table anew.{_path(names)} is {literal(said)}" for *names, said in tables),
        *(f"comment on column anew.{_path(names)} is {literal(said)}" for *names, said in columns),
    ]


def _path(names: Sequence[str]) -> str:
    return ".".join(quoted(name) for name in names)


def _unopened(path: Path, error: duckdb.Error) -> Problem:
    said, place = str(error), Place(f"warehouse/{path.name}")
    if "Could not set lock" in said or "different configuration" in said:
        return Problem("warehouse-open-elsewhere", place)
    if "version number" in said:
        return Problem("warehouse-newer", place)
    if path.is_dir() or "Permission denied" in said or "Cannot open file" in said or "Read-only file" in said:
        return Problem("warehouse-not-accessible", place)
    if is_disk_fault(error):
        return Problem("warehouse-disk-full", place)
    return Problem("warehouse-unreadable", place)


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: commits at the end, rolls back on any exception (an interruption by the user too)."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # a commit that failed has already rolled back
            connection.execute("rollback")
        raise


@contextlib.contextmanager
def one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For statements that read a table of Python objects: several threads would only wait for the interpreter's lock,
    each in turn, and take twice the processor time of one."""
    (threads,) = connection.execute("select current_setting('threads')").fetchone()
    connection.execute("set threads = 1")
    try:
        yield
    finally:
        connection.execute(f"set threads = {threads:d}")


@contextlib.contextmanager
def storing(database: str) -> Iterator[None]:
    """Turn a disk that is full or cannot be written into the user's problem; any other error stays ours."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if isinstance(error, OSError) or is_disk_fault(error):
            raise ProblemsFound([Problem("warehouse-disk-full", Place(f"warehouse/{database}"))]) from error
        raise


def is_disk_fault(error: duckdb.Error) -> bool:
    """True where the disk failed, not the program: no space, a size limit, a device error, a read-only disk."""
    kinds = duckdb.IOException | duckdb.FatalException | duckdb.TransactionException | duckdb.InternalException
    return isinstance(error, kinds) and any(word in str(error) for word in _DISK_WORDS)
