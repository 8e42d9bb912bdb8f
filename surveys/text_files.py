"""Text files (CSV and its kin) to tables of text: encoding, delimiter, where the header stands, rows of odd length.

Every cell stays as written and every row keeps the number a spreadsheet shows for it. What the cells mean is decided
in `columns`; files that are no text never come here.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.files import BLOCK, BOMS, TextTable, blocks, found, utf16_without_mark
from surveys.headers import MOST_TITLE_ROWS, Header, best_row, find_header

DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f")
_LONGEST_CELL = 2**31 - 1
#: à é è ò ù as a Macintosh writes them; in Windows-1252 the same bytes are signs that follow no small letter.
_MAC_ACCENT, _WINDOWS_ACCENT = re.compile(rb"[a-z][\x88\x8e\x8f\x98\x9d]"), re.compile(rb"[a-z][\xe0-\xfc]")
#: What LimeSurvey's VV file writes for a question never shown, and for what would break its rows.
_NOT_SHOWN = "{question_not_shown}"
_SIGNS = {"{quote}": '"', "{newline}": "\n", "{cr}": "\r", "{tab}": "\t"}
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_HEADLESS = re.compile(r"'[^']*'(,('[^']*'|[\d.]*)){5,}")
_MOST_COLUMNS = 16_384  # as many as a spreadsheet has


def read_text(path: Path, file: str, beginning: bytes, wanted: set[str]) -> TextTable:
    encoding = encoding_of(path, file, beginning)
    sample = beginning.decode(encoding, "replace").lstrip("\ufeff")
    delimiter, header, width = _layout(sample, wanted, is_cut=len(beginning) == BLOCK)
    if _HEADLESS.match(sample):
        raise found("delivery-headless", file)
    if width > _MOST_COLUMNS:
        raise found("delivery-too-wide", file, count=str(width), most=str(_MOST_COLUMNS))
    try:
        cells, too_long = _parsed(path, file, encoding, delimiter, width)
    except (UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, ValueError):
        raise found("delivery-damaged", file) from None
    kept = np.setdiff1d(np.arange(1, len(cells) + len(too_long) + 1), np.asarray(too_long, dtype="int64"))
    below = kept > header.last + 1
    cells, rows = cells[below].reset_index(drop=True), kept[below]
    notes = [("delivery-header-row", {"row": str(header.first + 1)})] if header.first else []
    cells, cleaned = _without_nul(cells) if b"\x00" in beginning or _has_nul(path, file, encoding) else (cells, 0)
    notes += [("delivery-nul-bytes", {"count": str(cleaned)})] if cleaned else []
    blank = width - len(header.names)
    never_asked = None
    if delimiter == "\t" and _NOT_SHOWN.encode() in beginning:
        cells, never_asked = _without_limesurveys_signs(cells)
    filled = ~_is_empty(cells)
    never_asked = never_asked and tuple(mask[filled] for mask in never_asked)
    return TextTable(
        kind="tsv" if delimiter == "\t" else "csv",
        headers=tuple(name.replace("\x00", "") for name in (*header.names, *[""] * blank)),
        also=(*header.also, *[()] * blank),
        rows=rows[filled],
        cells=cells[filled].reset_index(drop=True),
        too_long=tuple(row for row in too_long if row > header.last + 1),
        null_cells=never_asked,
        encoding=encoding,
        delimiter=delimiter,
        notes=tuple(notes),
    )


def encoding_of(path: Path, file: str, beginning: bytes) -> str:
    """The encoding the whole file obeys: its mark, else UTF-8, else Windows-1252."""
    marked = next((encoding for bom, encoding in BOMS if beginning.startswith(bom)), None) or utf16_without_mark(
        beginning
    )
    for encoding in (marked,) if marked else ("utf-8", "mac_roman" if _is_mac(beginning) else "cp1252"):
        if _decodes(path, file, encoding):
            if encoding == "cp1252" and _looks_like_utf8(beginning):
                break
            return encoding
    raise found("delivery-encoding", file, _first_broken_row(path, file, marked or "utf-8"))


def _decodes(path: Path, file: str, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks(path, file):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_utf8(beginning: bytes) -> bool:
    """True for UTF-8 with a few broken bytes: read as Windows-1252 it would turn every `è` into `Ã¨`."""
    accented = len(re.findall(rb"\xc3[\x80-\xbf]", beginning))
    return accented > 0 and accented * 3 > len(re.findall(rb"[\x80-\xff]+", beginning))


def _is_mac(beginning: bytes) -> bool:
    """True where the accents of old Macintosh programs follow small letters more often than those of Windows."""
    return len(_MAC_ACCENT.findall(beginning)) > len(_WINDOWS_ACCENT.findall(beginning))


def _first_broken_row(path: Path, file: str, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    for block in blocks(path, file):
        try:
            lines += decoder.decode(block).count("\n")
        except UnicodeDecodeError as fault:
            return lines + fault.object[: fault.start].decode(encoding, "replace").count("\n")
    return lines


def _layout(sample: str, wanted: set[str], is_cut: bool) -> tuple[str, Header, int]:
    """Delimiter, header, and how many cells a row may have.

    The delimiter under which most of the wanted headers appear; among equals, the one with the fewest rows of another
    length, then the one with most columns.
    """
    best: tuple[tuple[int, int, int], str, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        rows = _sampled(sample, delimiter, is_cut)
        header_row, most = best_row(rows, wanted)
        if not rows:
            continue
        lengths = [len(row) for row in rows[header_row:] if row]
        ragged = sum(length != lengths[0] for length in lengths)
        judged = (most, -ragged, lengths[0] if lengths else 0)
        if best is None or judged > best[0]:
            best = (judged, delimiter, rows)
    if best is None:
        return ",", Header(0, 0, (), ()), 0
    _, delimiter, rows = best
    header = find_header(rows, wanted)
    below = [row for row in rows[header.last + 1 :] if row]
    trailing = bool(below) and all(len(row) == len(header.names) + 1 and not row[-1] for row in below)
    width = max(len(header.names) + trailing, *(len(row) for row in rows[: header.last + 1]))
    return delimiter, header, width


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
            raise found("delivery-quote-open", file, int(open_quote[1]) + 1) from None
    try:
        cells = read("skip")
    except pd.errors.ParserError as fault:
        open_quote = re.search(r"EOF inside string starting at row (\d+)", str(fault))
        if open_quote is None:
            raise
        raise found("delivery-quote-open", file) from None
    # The fast parser skips such rows without saying which: count them with the careful one, and trust neither alone.
    too_long, total = [], 0
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as text:
        for total, row in enumerate(csv.reader(text, delimiter=delimiter), start=1):
            if len(row) > width:
                too_long.append(total)
    if len(cells) + len(too_long) != total:
        raise found("delivery-rows-unclear", file)
    return cells, too_long


def _has_nul(path: Path, file: str, encoding: str) -> bool:
    return not encoding.startswith(("utf-16", "utf-32")) and any(b"\x00" in block for block in blocks(path, file))


def _without_nul(cells: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The cells without NUL characters, and how many held some."""
    cells, cleaned = cells.copy(), 0
    for column in cells.columns:
        held = cells[column].str.contains("\x00", regex=False)
        if held.any():
            cells[column] = cells[column].str.replace("\x00", "", regex=False)
            cleaned += int(held.sum())
    return cells, cleaned


def _without_limesurveys_signs(cells: pd.DataFrame) -> tuple[pd.DataFrame, tuple[np.ndarray, ...]]:
    """The cells of LimeSurvey's VV file without its signs for line ends and quotes, and which were never shown."""
    cells, never = cells.copy(), []
    for column in cells.columns:
        numbers, texts = pd.factorize(cells[column].to_numpy(dtype=object))
        hidden = np.array([text == _NOT_SHOWN for text in texts], dtype=bool)
        plainly = ["" if text == _NOT_SHOWN else _SIGN.sub(lambda found: _SIGNS[found[0]], text) for text in texts]
        cells[column] = pd.array(plainly, dtype="str").take(numbers)
        never.append(hidden[numbers])
    return cells, tuple(never)


def _is_empty(cells: pd.DataFrame) -> np.ndarray:
    """True for rows with nothing but spaces. Looks only at rows that were empty so far."""
    empty = np.ones(len(cells), dtype=bool)
    for column in cells.columns:
        left = np.flatnonzero(empty)
        if not len(left):
            break
        empty[left] = [not text or text.isspace() for text in cells[column].to_numpy(dtype=object)[left]]
    return empty
