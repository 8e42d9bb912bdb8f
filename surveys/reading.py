"""Files to tables of text: what kind a file really is, how it is encoded and separated, where its header stands.

The content decides, never the name. Every cell stays text as written and every row keeps the number that a spreadsheet
program shows for it. What the text means is decided in `cells` and `deliveries`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.headers import MOST_TITLE_ROWS, best_row, plain
from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint

MOST_SECONDS = 300
DELIMITERS = (",", ";", "\t", "|")
_BLOCK, _SAMPLE = 1 << 20, 1 << 16
_LONGEST_CELL = 2**31 - 1
_MOST_COLUMNS = 16_384  # as many as a spreadsheet has
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
#: How a file begins, and what it then is.
_BEGINNINGS = (
    (b"%PDF", "PDF"), (b"\x1f\x8b", "GZIP"), (b"BZh", "BZIP2"), (b"7z\xbc\xaf", "7-Zip"), (b"Rar!", "RAR"),
    (b"\xfd7zXZ", "XZ"), (b"SQLite format 3", "SQLite"), (b"PAR1", "Parquet"), (b"$FL2", "SPSS"), (b"$FL3", "SPSS"),
    (b"<stata_dta", "Stata"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"{\\rtf", "RTF"),
    (b"\x7fELF", "program"), (b"MZ\x90", "program"), (b"ARROW1", "Arrow"), (b"RDX", "R"), (b"%!PS", "PostScript"),
)  # fmt: skip
_MARKUP = (
    (re.compile(rb"<(!doctype html|html|table|body)", re.IGNORECASE), "HTML"),
    (re.compile(rb"<\?xml", re.IGNORECASE), "XML"),
    (re.compile(rb'\{\s*"|\[\s*[\[{]'), "JSON"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})


@dataclass(frozen=True)
class TextTable:
    """What a file holds below its header. `cells` has one column of text per header, by position.

    `rows` are the row numbers; `too_long` the rows with more cells than the header, which are not in `cells`;
    `number_cells` tells for each column of a workbook which cells are numbers rather than text. `notes` are codes
    and facts worth telling whoever delivered the file.
    """

    kind: str
    headers: tuple[str, ...]
    rows: np.ndarray
    cells: pd.DataFrame
    too_long: tuple[int, ...] = ()
    number_cells: tuple[np.ndarray, ...] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    notes: tuple[tuple[str, Mapping[str, str]], ...] = field(default=())


def fingerprint(path: Path, file: str) -> tuple[str, int]:
    """SHA-256 of the file's bytes and how many they are. Raises ProblemsFound for what is no readable file."""
    digest, size = hashlib.sha256(), 0
    for block in _blocks(path, file):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def read_table(path: Path, file: str, spellings: Sequence[str], sheet: str | None = None) -> TextTable:
    """The table in the file at `path`, called `file` in messages; `spellings` are the headers the contract asks for.

    Raises ProblemsFound, and nothing else, whatever the file holds.
    """
    beginning = next(_blocks(path, file), b"")
    if not beginning.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise _found("delivery-empty", file)
    wanted = {plain(spelling) for spelling in spellings} - {""}
    kind = _kind(path, file, beginning)
    if kind in ("xlsx", "ods", "xls"):
        return _read_workbook(path, file, kind, wanted, sheet)
    if kind != "text":
        raise _found("delivery-kind", file, kind=kind)
    return _read_text(path, file, beginning, wanted)


def _found(code: str, file: str, row: int | None = None, **facts: str) -> ProblemsFound:
    return ProblemsFound([Problem(code, Place(file, row), {"file": file.rpartition("/")[2], **facts})])


def _blocks(path: Path, file: str) -> Iterator[bytes]:
    try:
        if path.is_dir():
            raise _found("delivery-folder", file)
        if not path.exists():
            folder = path.parent
            others = [other.name for other in folder.iterdir()] if folder.is_dir() else []
            facts = with_hint({"file": path.name}, path.name, others)
            raise ProblemsFound([Problem("delivery-absent", Place(file), facts)])
        if not path.is_file():
            raise _found("delivery-not-regular", file)
        with path.open("rb") as content:
            while block := content.read(_BLOCK):
                yield block
    except OSError as fault:
        raise _found("delivery-unreadable", file, reason=fault.strerror or type(fault).__name__) from None
    except ValueError:  # a NUL byte in the path
        raise _found("delivery-absent", file) from None


# What kind of file it is ----------------------------------------------------------------------------------------------


def _kind(path: Path, file: str, beginning: bytes) -> str:
    """`xlsx`, `ods`, `xls`, `text`, or the name of something that is no table of text."""
    if beginning.startswith(b"PK"):
        return _kind_of_zip(path, file)
    if beginning.startswith(_OLE):
        names = beginning + b"".join(itertools.islice(_blocks(path, file), 1, 64))
        if "EncryptedPackage".encode("utf-16-le") in names:
            raise _found("delivery-password", file)
        return "Word" if "WordDocument".encode("utf-16-le") in names else "xls"
    if beginning[8:12] == b"DUCK":
        return "DuckDB"
    begun = next((kind for start, kind in _BEGINNINGS if beginning.startswith(start)), None)
    text = beginning[:512].removeprefix(codecs.BOM_UTF8).lstrip()
    begun = begun or next((kind for start, kind in _MARKUP if start.match(text)), None)
    if begun:
        return begun
    if any(beginning.startswith(bom) for bom, _ in _BOMS) or _wide(beginning):
        return "text"
    sample = beginning[:_SAMPLE]
    odd = len(sample) - len(sample.translate(None, _CONTROL))
    return "binary" if odd > 8 and odd > len(sample) / 20 else "text"


def _kind_of_zip(path: Path, file: str) -> str:
    try:
        with zipfile.ZipFile(path) as parts:
            names = {part.filename for part in parts.infolist()[:20_000]}
            if names & {"xl/workbook.xml", "xl/workbook.bin"}:
                return "xlsx" if "xl/workbook.xml" in names else "XLSB"
            if "content.xml" in names:
                with parts.open("mimetype") if "mimetype" in names else io.BytesIO(b"spreadsheet") as kind:
                    return "ods" if b"spreadsheet" in kind.read(200) else "OpenDocument"
            return "Word" if "word/document.xml" in names else "ZIP"
    except Exception:  # zipfile raises many things on a crafted directory
        raise _found("delivery-damaged", file) from None


def _wide(beginning: bytes) -> str | None:
    """UTF-16 without its mark: nearly every second byte is NUL."""
    sample = beginning[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) >= 8 and max(even, odd) > len(sample) / 2 * 0.7 and min(even, odd) < len(sample) / 2 * 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


# Text files -----------------------------------------------------------------------------------------------------------


def _read_text(path: Path, file: str, beginning: bytes, wanted: set[str]) -> TextTable:
    encoding = _encoding(path, file, beginning)
    sample = beginning.decode(encoding, "replace").lstrip("\ufeff")
    delimiter, header_row, header, width = _layout(sample, wanted, is_cut=len(beginning) == _BLOCK)
    if width > _MOST_COLUMNS:
        raise _found("delivery-too-wide", file, count=str(width), most=str(_MOST_COLUMNS))
    try:
        cells, too_long = _parsed(path, file, encoding, delimiter, width)
    except (UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, ValueError):
        raise _found("delivery-damaged", file) from None
    kept = np.setdiff1d(np.arange(1, len(cells) + len(too_long) + 1), np.asarray(too_long, dtype="int64"))
    below = kept > header_row + 1
    cells, rows = cells[below].reset_index(drop=True), kept[below]
    notes = [("delivery-header-row", {"row": str(header_row + 1)})] if header_row else []
    cells, cleaned = _without_nul(cells) if b"\x00" in beginning or _has_nul(path, file, encoding) else (cells, 0)
    notes += [("delivery-nul-bytes", {"count": str(cleaned)})] if cleaned else []
    header += [""] * (width - len(header))
    filled = ~_is_empty(cells)
    return TextTable(
        kind="tsv" if delimiter == "\t" else "csv",
        headers=tuple(name.replace("\x00", "") for name in header),
        rows=rows[filled],
        cells=cells[filled].reset_index(drop=True),
        too_long=tuple(row for row in too_long if row > header_row + 1),
        encoding=encoding,
        delimiter=delimiter,
        notes=tuple(notes),
    )


def _encoding(path: Path, file: str, beginning: bytes) -> str:
    """The encoding the whole file obeys: its mark, else UTF-8, else Windows-1252."""
    marked = next((encoding for bom, encoding in _BOMS if beginning.startswith(bom)), None) or _wide(beginning)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        if _decodes(path, file, encoding):
            if encoding == "cp1252" and _looks_like_utf8(beginning):
                break
            return encoding
    raise _found("delivery-encoding", file, _first_broken_row(path, file, marked or "utf-8"))


def _decodes(path: Path, file: str, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path, file):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_utf8(beginning: bytes) -> bool:
    """True for UTF-8 with a few broken bytes: read as Windows-1252 it would turn every `è` into `Ã¨`."""
    accented = len(re.findall(rb"\xc3[\x80-\xbf]", beginning))
    return accented > 0 and accented * 3 > len(re.findall(rb"[\x80-\xff]+", beginning))


def _first_broken_row(path: Path, file: str, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    for block in _blocks(path, file):
        try:
            lines += decoder.decode(block).count("\n")
        except UnicodeDecodeError as fault:
            return lines + fault.object[: fault.start].decode(encoding, "replace").count("\n")
    return lines


def _layout(sample: str, wanted: set[str], is_cut: bool) -> tuple[str, int, list[str], int]:
    """Delimiter, row of the header from 0, the header's cells, and how many cells a row may have.

    The delimiter under which most of the wanted headers appear; among equals, the one with the fewest rows of another
    length, then the one with most columns.
    """
    best: tuple[tuple[int, int, int], str, int, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        rows = _sampled(sample, delimiter, is_cut)
        header_row, most = best_row(rows, wanted)
        if not rows:
            continue
        lengths = [len(row) for row in rows[header_row:] if row]
        ragged = sum(length != lengths[0] for length in lengths)
        judged = (most, -ragged, lengths[0] if lengths else 0)
        if best is None or judged > best[0]:
            best = (judged, delimiter, header_row, rows)
    if best is None:
        return ",", 0, [], 0
    _, delimiter, header_row, rows = best
    header, below = rows[header_row], rows[header_row + 1 :]
    ends_in_delimiter = [row for row in below if row]
    trailing = bool(ends_in_delimiter) and all(len(row) == len(header) + 1 and not row[-1] for row in ends_in_delimiter)
    width = max(len(header) + trailing, *(len(row) for row in rows[: header_row + 1]))
    return delimiter, header_row, list(header), width


def _sampled(sample: str, delimiter: str, is_cut: bool) -> list[list[str]]:
    """The first rows, as far as the sample reaches; the last one may be cut and is then left out."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    rows = list(itertools.islice(reader, MOST_TITLE_ROWS + 20))
    return rows[:-1] if is_cut and 1 < len(rows) < MOST_TITLE_ROWS + 20 else rows


def _parsed(path: Path, file: str, encoding: str, delimiter: str, width: int) -> tuple[pd.DataFrame, list[int]]:
    """Every row of the file as text, and the numbers of the rows that have too many cells to be told apart."""

    def read(when_too_long: str) -> pd.DataFrame:
        return pd.read_csv(
            path,
            sep=delimiter,
            header=None,
            names=range(width),
            index_col=False,
            dtype="str",
            na_filter=False,
            skip_blank_lines=False,
            encoding=encoding,
            on_bad_lines=when_too_long,
            engine="c",
            low_memory=False,
        )

    try:
        return read("error"), []
    except pd.errors.ParserError as fault:
        open_quote = re.search(r"EOF inside string starting at row (\d+)", str(fault))
        if open_quote:
            raise _found("delivery-quote-open", file, int(open_quote[1]) + 1) from None
    try:
        cells = read("skip")
    except pd.errors.ParserError as fault:
        open_quote = re.search(r"EOF inside string starting at row (\d+)", str(fault))
        if open_quote is None:
            raise
        raise _found("delivery-quote-open", file) from None
    # The fast parser skips such rows without saying which: count them with the careful one, and trust neither alone.
    too_long, total = [], 0
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as text:
        for total, row in enumerate(csv.reader(text, delimiter=delimiter), start=1):
            if len(row) > width:
                too_long.append(total)
    if len(cells) + len(too_long) != total:
        raise _found("delivery-rows-unclear", file)
    return cells, too_long


def _has_nul(path: Path, file: str, encoding: str) -> bool:
    return not encoding.startswith(("utf-16", "utf-32")) and any(b"\x00" in block for block in _blocks(path, file))


def _without_nul(cells: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The cells without NUL characters, and how many held some."""
    cells, cleaned = cells.copy(), 0
    for column in cells.columns:
        held = cells[column].str.contains("\x00", regex=False)
        if held.any():
            cells[column] = cells[column].str.replace("\x00", "", regex=False)
            cleaned += int(held.sum())
    return cells, cleaned


def _is_empty(cells: pd.DataFrame) -> np.ndarray:
    """True for rows with nothing but spaces. Looks only at rows that were empty so far."""
    empty = np.ones(len(cells), dtype=bool)
    for column in cells.columns:
        left = np.flatnonzero(empty)
        if not len(left):
            break
        empty[left] = [not text or text.isspace() for text in cells[column].to_numpy(dtype=object)[left]]
    return empty


# Workbooks ------------------------------------------------------------------------------------------------------------


def _read_workbook(path: Path, file: str, kind: str, wanted: set[str], sheet: str | None) -> TextTable:
    """A sheet of a workbook, read in a process of its own (see `workbooks`)."""
    question = json.dumps({"wanted": sorted(wanted), "sheet": sheet}).encode()
    roots = (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", ""))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(root for root in roots if root), "PYTHONUTF8": "1"}
    command = [sys.executable, "-P", "-m", "surveys.workbooks", str(path.absolute())]
    try:
        done = subprocess.run(
            command, input=question, capture_output=True, timeout=MOST_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise _found("delivery-beyond-limits", file) from None
    lines = done.stdout.splitlines()
    if done.returncode < 0 or (done.returncode and b"memory" in done.stderr.lower()):
        raise _found("delivery-beyond-limits", file)
    if done.returncode or not lines:
        raise _found("delivery-damaged", file)
    about = json.loads(lines[0])
    if "fault" in about:
        raise _found(about["fault"], file, **about["facts"])
    headers = tuple(about["headers"])
    columns, number_cells = [], []
    for line in lines[1:]:
        texts, kinds = json.loads(line)
        columns.append(pd.array(texts, dtype="str"))
        number_cells.append(np.frombuffer(kinds.encode("ascii"), dtype="uint8") == ord("1"))
    if not headers:
        raise _found("delivery-empty", file)
    notes: list[tuple[str, Mapping[str, str]]] = []
    if about["header_row"] > 1:
        notes.append(("delivery-header-row", {"row": str(about["header_row"])}))
    if about["others"]:
        notes.append(("delivery-sheet", {"sheet": about["sheet"], "others": str(about["others"])}))
    if about["merged"]:
        notes.append(("delivery-merged-cells", {"count": str(about["merged"])}))
    if about["errors"]:
        notes.append(("delivery-error-cells", {"count": str(about["errors"])}))
    return TextTable(
        kind=kind,
        headers=headers,
        rows=np.asarray(about["rows"], dtype="int64"),
        cells=pd.DataFrame(dict(enumerate(columns)), index=range(len(about["rows"]))),
        number_cells=tuple(number_cells),
        sheet=about["sheet"],
        notes=tuple(notes),
    )
