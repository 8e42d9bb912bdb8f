"""Opens what coding programs wrote as if somebody meant harm: zip members, XML and SQLite, with limits, in memory only.

Nothing is unpacked to disk, no definition of an XML file is obeyed, nothing broken is repaired. What the content means
belongs to the module of each program.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from surveys.corpora.codings import fault

MOST_MEMBERS = 50_000
MOST_TEXT = 50_000_000  # bytes of one document; the longest novels have 5
MOST_READ = 500_000_000  # bytes of everything read out of one archive; pictures and films are never read
MOST_XML = 100_000_000
MOST_ELEMENTS = 3_000_000
MOST_DATABASE = 500_000_000
_MOST_STEPS = 2_000  # of a query, each of 100,000 instructions of SQLite: some ten seconds
_DRIVE = re.compile(r"[A-Za-z]:")


class Package:
    """A zip file whose members are read one by one, each and all of them up to a limit."""

    def __init__(self, parts: zipfile.ZipFile, file: str) -> None:
        self._parts, self._file, self._read = parts, file, 0
        members = parts.infolist()
        if len(members) > MOST_MEMBERS:
            raise fault("codings-beyond-limits", file)
        if any(climbs(one.filename) for one in members):
            raise fault("codings-path-climbs", file)
        self._members = {one.filename.replace("\\", "/"): one for one in members if not one.is_dir()}

    def names(self, ending: str = "") -> list[str]:
        """Members whose name ends so, whatever its capitals; hidden ones are left out."""
        return [name for name in self._members if name.casefold().endswith(ending)
                and not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")]  # fmt: skip

    def find(self, folder: str, name: str) -> str | None:
        """The member of this name in this folder at the root, whatever their capitals."""
        wanted = f"{folder}/{name}".casefold()
        return next((one for one in self._members if one.casefold() == wanted), None)

    def read(self, name: str, most: int = MOST_TEXT) -> bytes:
        """The member's bytes: as many as there are, whatever the archive claims. Raises ProblemsFound beyond `most`."""
        member = self._members[name]
        if member.flag_bits & 1:
            raise fault("codings-password", self._file)
        with _sound(self._file), self._parts.open(member) as content:
            found = content.read(most + 1)
        self._read += len(found)
        if len(found) > most or self._read > MOST_READ:
            raise fault("codings-beyond-limits", self._file)
        return found


@contextmanager
def opened(path: Path, file: str) -> Iterator[Package]:
    """The zip file at `path`. Raises ProblemsFound for one that is damaged, or with a name that leaves its folder."""
    with _sound(file):
        parts = zipfile.ZipFile(path)
    with closing(parts):
        yield Package(parts, file)


@contextmanager
def _sound(file: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, NotImplementedError, RuntimeError,
            ValueError, zipfile.zlib.error):  # zipfile raises many things on a crafted directory  # fmt: skip
        raise fault("codings-damaged", file) from None


def climbs(name: str) -> bool:
    """True for a path that would leave the folder it is unpacked in."""
    parts = PurePosixPath(name.replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts or bool(_DRIVE.match(name)) or "\x00" in name


def read_bytes(path: Path, file: str, most: int = MOST_TEXT) -> bytes:
    """A whole file of bounded size. Raises ProblemsFound for one that is absent, no file, or too large."""
    from surveys.files import blocks

    found = bytearray()
    for block in blocks(path, file):
        found += block
        if len(found) > most:
            raise fault("codings-beyond-limits", file)
    return bytes(found)


def decoded(content: bytes) -> str | None:
    """The text of a document: UTF-8 or UTF-16 with its mark, else UTF-8, else Windows-1252; None for binary content."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text
    return None


def parsed(content: bytes, file: str) -> Element:
    """The root of an XML file. Raises ProblemsFound for a DOCTYPE, an entity, and anything not well formed."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if len(content) > MOST_XML or content.count(b"<") > MOST_ELEMENTS:
        raise fault("codings-beyond-limits", file)
    try:
        return fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise fault("codings-doctype", file) from None
    except ParseError as broken:
        line, column = broken.position
        raise fault("codings-xml-damaged", file, line=str(line), column=str(column + 1)) from None
    except (ValueError, LookupError):  # an encoding nobody knows
        raise fault("codings-damaged", file) from None


def local(element: Element) -> str:
    """The element's name in whatever namespace: programs of the same standard write different ones."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    return (child for child in element if local(child) in names)


def child(element: Element, *path: str) -> Element | None:
    """The first element at this path below, if any."""
    found: Element | None = element
    for name in path:
        found = next(children(found, name), None) if found is not None else None
    return found


def below(element: Element, holder: str, *names: str) -> Iterator[Element]:
    """The elements of these names in the list called `holder`, none where there is no such list."""
    found = child(element, holder)
    return children(found, *names) if found is not None else iter(())


def said(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


class Database:
    """A SQLite file somebody sent: opened for reading, nothing it defines is run, queries end."""

    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._connection, self._file = connection, file
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_TEXT)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        steps = iter(range(_MOST_STEPS))
        connection.set_progress_handler(lambda: next(steps, None) is None, 100_000)
        for pragma in ("trusted_schema = off", "cell_size_check = on", "query_only = on", "mmap_size = 0"):
            connection.execute(f"pragma {pragma}")
        self.tables = frozenset(name for (name,) in self.rows("select name from sqlite_master where type = 'table'"))

    def columns(self, table: str) -> frozenset[str]:
        return frozenset(name for (name,) in self.rows(f"select name from pragma_table_info('{table}')"))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query of ours. Raises ProblemsFound where the file is broken or would never end."""
        try:
            return self._connection.execute(sql).fetchall()
        except sqlite3.OperationalError as broken:
            code = "codings-beyond-limits" if "interrupted" in str(broken) else "codings-damaged"
            raise fault(code, self._file) from None
        except (sqlite3.Error, UnicodeError, MemoryError, OverflowError):
            raise fault("codings-damaged", self._file) from None


@contextmanager
def database(content: bytes, file: str) -> Iterator[Database]:
    """The SQLite database of these bytes, in memory. Raises ProblemsFound for one that is damaged."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(_without_journal(content))
        except (sqlite3.Error, MemoryError, OverflowError):
            raise fault("codings-damaged", file) from None
        yield Database(connection, file)


def _without_journal(content: bytes) -> bytes:
    """The bytes as of a database without a write-ahead log: in memory there is none, and SQLite would refuse."""
    in_wal = content[18:20] == b"\x02\x02"
    return content[:18] + b"\x01\x01" + content[20:] if in_wal else content
