"""Which program wrote a file of codings, decided by what the file holds, and its reader called. Reading is theirs."""

from __future__ import annotations

from pathlib import Path

from surveys.corpora import qualcoder, refi, segments, taguette
from surveys.corpora.codings import Codings, fault
from surveys.corpora.containers import MOST_DATABASE, database, decoded, opened, read_bytes

_SQLITE = b"SQLite format 3\x00"
_WORKBOOKS = ("xl/workbook.xml", "content.xml")


def read_codings(path: Path, file: str) -> Codings:
    """Everything in a file of codings, whatever program wrote it; `file` is what messages call it.

    Read are `.qdpx` and `.qdc` of any program, QualCoder's project (the folder `.qda`, a zip of it, or its `data.qda`),
    Taguette's database, codebook, coded documents and lists of highlights, and tables of segments. Raises
    ProblemsFound, and nothing else, whatever the file holds.
    """
    if path.is_dir() and (path / "data.qda").is_file():
        return _read_database(path / "data.qda", file)
    beginning = _beginning(path, file)
    if beginning.startswith(_SQLITE):
        return _read_database(path, file)
    if beginning.startswith(b"PK"):
        return _read_zip(path, file)
    bare = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        bare = beginning.decode("utf-16", errors="ignore").lstrip().encode()
    if bare[:14].lower().startswith((b"<!doctype html", b"<html")):
        text = decoded(read_bytes(path, file))
        if text is None:
            raise fault("codings-damaged", file)
        return taguette.read_html(text, file)
    if bare.startswith(b"<"):
        return refi.read_codebook(read_bytes(path, file), file)
    return segments.read_segments(path, file)


def _beginning(path: Path, file: str) -> bytes:
    from surveys.files import blocks

    return next(blocks(path, file), b"")[:1024]


def _read_database(path: Path, file: str) -> Codings:
    return _of_database(read_bytes(path, file, MOST_DATABASE), file)


def _of_database(content: bytes, file: str) -> Codings:
    with database(content, file) as base:
        for program in (taguette, qualcoder):
            if base.tables >= program.TABLES:
                return program.read_database(base, file)
    raise fault("codings-unknown-program", file)


def _read_zip(path: Path, file: str) -> Codings:
    with opened(path, file) as package:
        if package.names(".qde"):
            return refi.read_project(path, file)
        bases = [name for name in package.names("data.qda") if name.count("/") < 3]
        if len(bases) == 1:
            return _of_database(package.read(bases[0], MOST_DATABASE), file)
        if package.find("word", "document.xml"):
            return taguette.read_docx(path, file)
        if any(name in _WORKBOOKS for name in package.names()):
            return segments.read_segments(path, file)
    if len(bases) > 1:
        raise fault("codings-several-projects", file, count=str(len(bases)))
    raise fault("codings-unknown-program", file)
