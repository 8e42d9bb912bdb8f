"""Where an identifier still stands in the files of `data/`: which file, in how many rows. Looks, and changes nothing.

The snapshot a pull wrote is the program's own and is written anew without the person by `limesurvey.snapshot`.
"""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.files import BLOCK
from surveys.reading import read_table
from theory_of_change.identifiers import code_form
from theory_of_change.problems import ProblemsFound

_LONG = 5  # signs from which an identifier is looked for inside longer texts, too
_ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")
_MOST_BYTES = 1 << 30  # of one part of a workbook


@dataclass(frozen=True)
class Sought:
    """The identifiers to look for: as they are written, and those of which `code_form` was kept, so that capitals,
    accents and blanks do not matter."""

    written: frozenset[str]
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Trace:
    """A file that still holds the person. `rows` is None where it stands in no cell of the table that is read, but
    somewhere in the file; `is_read` is false where the file could not be looked into."""

    path: Path
    rows: int | None
    is_read: bool = True


def traces(paths: Sequence[Path], sought: Sought, headers: Sequence[str] = ()) -> Iterator[Trace]:
    """The files in which one of the identifiers stands. `headers` are those the contract asks for."""
    for path in paths:
        try:
            rows, is_read = _rows(path, sought, headers), True
        except ProblemsFound:
            rows, is_read = 0, False
        if rows:
            yield Trace(path, rows)
        elif _anywhere(path, sought):
            yield Trace(path, None)
        elif not is_read:
            yield Trace(path, None, is_read=False)


def transcripts_with(paths: Sequence[Path], sought: Sought) -> Iterator[Trace]:
    """The transcripts and files of codings in which one of the identifiers stands, and those nobody can look into."""
    from surveys.corpora.transcripts import ENDINGS, read_transcript

    for path in paths:
        is_read = path.suffix.casefold() not in ENDINGS
        try:
            found = not is_read and holds(read_transcript(path, path.name).text, sought)
            is_read = True
        except ProblemsFound:
            found = False
        if found or _anywhere(path, sought):
            yield Trace(path, None)
        elif not is_read:
            yield Trace(path, None, is_read=False)


def holds(text: object, sought: Sought) -> bool:
    """True where a cell is one of the identifiers, or a longer text has one of five signs or more in it."""
    plain = unicodedata.normalize("NFC", str(text)).strip()
    if any(plain == one or (len(one) >= _LONG and one in plain) for one in sought.written):
        return True
    if not sought.codes:
        return False
    folded = " ".join(map(code_form, plain.split()))
    return code_form(plain) in sought.codes or any(len(one) >= _LONG and one in folded for one in sought.codes)


def _rows(path: Path, sought: Sought, headers: Sequence[str]) -> int:
    table = read_table(path, path.name, list(headers))
    found: set[int] = set()
    for position in range(len(table.headers)):
        numbers, texts = table.different(position)
        here = {i for i, text in enumerate(texts) if holds(text, sought)}
        found |= {row for row, number in enumerate(numbers) if number in here} if here else set()
    return len(found)


def _anywhere(path: Path, identifiers: Sought) -> bool:
    """True where the bytes of the file, or of a part of a workbook, hold a long identifier in a usual encoding."""
    spelled = {*identifiers.written, *identifiers.codes, *(one.upper() for one in identifiers.codes)}
    sought = {one.encode(code, "ignore") for one in spelled if len(one) >= _LONG for code in _ENCODINGS} - {b""}
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                return _in_stream(file, sought)
        with zipfile.ZipFile(path) as parts:
            for part in parts.infolist():
                with parts.open(part) as file:
                    if part.file_size < _MOST_BYTES and _in_stream(file, sought):
                        return True
    except Exception:  # a damaged file is told by whoever reads it
        return False
    return False


def _in_stream(file, sought: Collection[bytes]) -> bool:
    longest, before = max(map(len, sought), default=0), b""
    while block := file.read(BLOCK):
        if any(one in before + block for one in sought):
            return True
        before = block[-longest:] if longest else b""
    return False
