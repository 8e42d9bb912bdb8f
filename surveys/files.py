"""A delivered file before its cells mean anything: what it really is, its fingerprint, the table of text it becomes.

The content decides what a file is, never the name. How text files and workbooks become tables is in `text_files` and
`reading`; what their text means is decided in `columns`.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint

BLOCK = 1 << 20
_SAMPLE = 1 << 16
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
#: How a file begins, and what it then is.
_BEGINNINGS = (
    (b"%PDF", "PDF"), (b"\x1f\x8b", "GZIP"), (b"BZh", "BZIP2"), (b"7z\xbc\xaf", "7-Zip"), (b"Rar!", "RAR"),
    (b"\xfd7zXZ", "XZ"), (b"SQLite format 3", "SQLite"), (b"PAR1", "Parquet"), (b"$FL2", "sav"), (b"$FL3", "sav"),
    (b"<stata_dta", "dta"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"{\\rtf", "RTF"),
    (b"\x7fELF", "program"), (b"MZ\x90", "program"), (b"ARROW1", "Arrow"), (b"RDX", "R"), (b"%!PS", "PostScript"),
)  # fmt: skip
_MARKUP = (
    (re.compile(rb"<(!doctype html|html|table|body)", re.IGNORECASE), "HTML"),
    (re.compile(rb"<\?xml", re.IGNORECASE), "XML"),
    (re.compile(rb'\{\s*"|\[\s*[\[{]'), "JSON"),
)
#: Versions of Stata's format before 13, and the word an SPSS portable file has after its alphabets.
_OLD_STATA, _PORTABLE = (b"\x69", b"\x6c", b"\x6e", b"\x6f", b"\x71", b"\x72", b"\x73"), b"SPSSPORT"
_SYNTAX = (
    (re.compile(rb"data <- read\.csv\("), "R syntax"),
    (re.compile(rb"(?s).{0,400}?\bGET DATA\b"), "SPSS syntax"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})


@dataclass(frozen=True)
class TextTable:
    """What a file holds below its header. `cells` has one column of text per header, by position.

    `also` are further names of each column: the text above a code, a variable's label. `rows` are the row numbers;
    `too_long` the rows with more cells than the header, which are not in `cells`; `number_cells` tells for each column
    of a workbook which cells are numbers rather than text; `null_cells`, for a file that tells them apart, which cells
    were never asked rather than left blank (both are empty text). By column,
    `labels` are what the file itself says its codes mean, `missing_cells` which of its cells hold a code the file calls
    missing, `error_cells` those that show an error such as #N/A. Where several sheets stand under each other, `sheets`
    has each with the number after which its rows begin.
    `notes` are codes and facts worth telling whoever delivered the file.
    """

    kind: str
    headers: tuple[str, ...]
    rows: np.ndarray
    cells: pd.DataFrame
    too_long: tuple[int, ...] = ()
    number_cells: tuple[np.ndarray, ...] | None = None
    null_cells: tuple[np.ndarray, ...] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    notes: tuple[tuple[str, Mapping[str, str]], ...] = field(default=())
    also: tuple[tuple[str, ...], ...] = ()
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    missing_cells: Mapping[int, np.ndarray] = field(default_factory=dict)
    error_cells: Mapping[int, np.ndarray] = field(default_factory=dict)
    sheets: tuple[tuple[str, int], ...] = ()
    _different: dict[int, tuple[np.ndarray, list[str]]] = field(default_factory=dict, repr=False, compare=False)

    def different(self, position: int) -> tuple[np.ndarray, list[str]]:
        """The different texts of a column, and for each row which of them it has. Most columns have few."""
        if position not in self._different:
            numbers, texts = pd.factorize(self.cells[position].to_numpy(dtype=object))
            self._different[position] = numbers.astype("int32"), texts.tolist()
        return self._different[position]

    def filled(self, position: int) -> np.ndarray:
        """True for rows whose cell in this column holds more than spaces."""
        numbers, texts = self.different(position)
        return np.array([bool(text.strip()) for text in texts], dtype=bool)[numbers]

    def holds_anything(self, position: int) -> bool:
        return any(text.strip() for text in self.different(position)[1])


def laid_out(texts: Sequence[str], numbers: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """For each row the one of the different `texts` that `numbers` names, empty ones as missing.

    A few that come again and again stay few: the database reads a categorical in a fraction of the time.
    """
    is_filled = np.array([bool(text) for text in texts], dtype=bool)
    if len(texts) * 4 > len(numbers) or not is_filled.any():
        return pd.array([text or None for text in texts], dtype="str").take(numbers)
    codes = np.where(is_filled, np.cumsum(is_filled) - 1, -1)
    return pd.Categorical.from_codes(codes[numbers], [text for text in texts if text])


def fingerprint(path: Path, file: str) -> tuple[str, int]:
    """SHA-256 of the file's bytes and how many they are. Raises ProblemsFound for what is no readable file."""
    digest, size = hashlib.sha256(), 0
    for block in blocks(path, file):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def found(code: str, file: str, row: int | None = None, **facts: str) -> ProblemsFound:
    return ProblemsFound([Problem(code, Place(file, row), {"file": file.rpartition("/")[2], **facts})])


def blocks(path: Path, file: str) -> Iterator[bytes]:
    try:
        if path.is_dir():
            raise found("delivery-folder", file)
        if not path.exists():
            folder = path.parent
            others = [other.name for other in folder.iterdir()] if folder.is_dir() else []
            facts = with_hint({"file": path.name}, path.name, others)
            raise ProblemsFound([Problem("delivery-absent", Place(file), facts)])
        if not path.is_file():
            raise found("delivery-not-regular", file)
        with path.open("rb") as content:
            while block := content.read(BLOCK):
                yield block
    except OSError as fault:
        raise found("delivery-unreadable", file, reason=fault.strerror or type(fault).__name__) from None
    except ValueError:  # a NUL byte in the path
        raise found("delivery-absent", file) from None


def kind_of(path: Path, file: str, beginning: bytes) -> str:
    """`xlsx`, `ods`, `xls`, `sav`, `por`, `dta`, `Parquet`, `JSON`, `ZIP`, `text`, or what else it is."""
    if beginning.startswith(b"PK"):
        return _kind_of_zip(path, file)
    if beginning.startswith(_OLE):
        names = beginning + b"".join(itertools.islice(blocks(path, file), 1, 64))
        if "EncryptedPackage".encode("utf-16-le") in names:
            raise found("delivery-password", file)
        return "Word" if "WordDocument".encode("utf-16-le") in names else "xls"
    if beginning[8:12] == b"DUCK":
        return "DuckDB"
    if beginning[:1] in _OLD_STATA and beginning[1:2] in (b"\x01", b"\x02") and beginning[2:4] == b"\x01\x00":
        return "dta"
    if beginning[:520].replace(b"\r", b"").replace(b"\n", b"")[456:464] == _PORTABLE:
        return "por"
    begun = next((kind for start, kind in _BEGINNINGS if beginning.startswith(start)), None)
    text = beginning[:512].removeprefix(codecs.BOM_UTF8).lstrip()
    begun = begun or next((kind for start, kind in _MARKUP if start.match(text)), None)
    begun = begun or next((kind for start, kind in _SYNTAX if start.match(text)), None)
    if begun == "XML" and b"<LimeSurveyDocType>Survey<" in beginning[:4096]:
        return "LimeSurvey structure"
    if begun == "XML" and b"<dta>" in beginning[:512]:
        return "Stata XML"
    if begun:
        return begun
    if any(beginning.startswith(bom) for bom, _ in BOMS) or utf16_without_mark(beginning):
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
            if any(name.endswith(".iwa") for name in names):
                return "Apple Numbers"
            return "Word" if "word/document.xml" in names else "ZIP"
    except Exception:  # zipfile raises many things on a crafted directory
        raise found("delivery-damaged", file) from None


def utf16_without_mark(beginning: bytes) -> str | None:
    """UTF-16 without its mark: nearly every second byte is NUL."""
    sample = beginning[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) >= 8 and max(even, odd) > len(sample) / 2 * 0.7 and min(even, odd) < len(sample) / 2 * 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None
