"""A workbook (xlsx, xls, ods) read in a process of its own, with limits on memory and time: run, never imported.

A crafted sheet can ask for more memory than any machine has, and the reader then ends its whole process. Takes the
path as argument and the question as JSON on standard input; answers with one JSON line about the sheet, then one for
each column. Writes nothing anywhere else and says no cell's content in its faults.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from surveys.headers import MOST_TITLE_ROWS, best_row, plain

MOST_MEMORY = 3_000_000_000  # bytes of address space; a million rows of ten columns take about a third
MOST_PROCESSOR_SECONDS = 240
_MOST_TEXT = 1_000_000_000  # characters of all cells together, however often a sheet repeats them
_MOST_UNPACKED = 2_000_000_000
_MOST_GROWTH, _GROWTH_MATTERS_FROM = 100, 100_000_000  # a real sheet unpacks to some 10 times its size
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*(<(?:\w+:)?f\b.*?)?(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>[^<]*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>", re.DOTALL)  # fmt: skip # noqa: E501
_REFERENCE, _ERROR, _TEXT = re.compile(rb'\br="([A-Z]+)\d+"'), re.compile(rb'\bt="e"'), re.compile(rb'\bt="str"')
_EMPTY_VALUE = re.compile(rb"<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>")


class Fault(Exception):
    """The workbook cannot be read: the catalogue's code and the facts for its message."""

    def __init__(self, code: str, **facts: str) -> None:
        self.code, self.facts = code, facts


def main() -> None:
    question = json.load(sys.stdin)
    limit_this_process()
    try:
        answer(sys.argv[1], set(question["wanted"]), question["sheet"])
    except Fault as fault:
        print(json.dumps({"fault": fault.code, "facts": fault.facts}))
    except MemoryError:
        print(json.dumps({"fault": "delivery-beyond-limits", "facts": {}}))


def limit_this_process() -> None:
    """Sets the limits where the system has them (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_PROCESSOR_SECONDS)):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, hard))


def answer(path: str, wanted: set[str], sheet_name: str | None) -> None:
    with open(path, "rb") as file:  # noqa: PTH123 - light on purpose
        parts = inspect(file)
        file.seek(0)
        book = _opened(file)
        sheet, header_row, others = chosen(book, wanted, sheet_name)
        left, merged = (sheet.start or (0, 0))[1], Merged(sheet.merged_cell_ranges or ())
        header: list[str] = []
        numbers: list[int] = []
        columns: list[list[str]] = []
        is_number: list[bytearray] = []
        length = 0
        for number, cells in enumerate(sheet.iter_rows()):
            cells = merged.filled(number, cells, left)
            if number == header_row:
                header = [_text(cell) for cell in cells]
                columns, is_number = [[] for _ in header], [bytearray() for _ in header]
                merged.count = 0
            elif number > header_row and any(_text(cell).strip() for cell in cells):
                numbers.append(number + 1)
                for column, kinds, cell in zip(columns, is_number, cells, strict=False):
                    column.append(_text(cell))
                    length += len(column[-1])
                    kinds.append(49 if isinstance(cell, (int, float)) and not isinstance(cell, bool) else 48)
            if length > _MOST_TEXT:
                raise Fault("delivery-beyond-limits")
        uncalculated, errors = formulas(file, parts, book, sheet.name)
        lost = sorted(
            name for letters, name in _lettered(header, left) if letters in uncalculated and plain(name) in wanted
        )
        if lost:
            raise Fault("delivery-formulas-uncalculated", columns=", ".join(lost[:12]))
        about = {"sheet": sheet.name, "header_row": header_row + 1, "headers": header, "rows": numbers,
                 "others": others, "merged": merged.count, "errors": errors}  # fmt: skip
        print(json.dumps(about, ensure_ascii=True))
        for column, kinds in zip(columns, is_number, strict=True):
            print(json.dumps([column, kinds.decode("ascii")], ensure_ascii=True))


def inspect(file: BinaryIO) -> zipfile.ZipFile | None:
    """The parts of a zipped workbook, after making sure that they are no trap; None for an old .xls."""
    if file.read(2) != b"PK":
        return None
    try:
        parts = zipfile.ZipFile(file)
        unpacked = sum(part.file_size for part in parts.infolist())
        packed = sum(part.compress_size for part in parts.infolist()) or 1
        if unpacked > _MOST_UNPACKED or (unpacked > _GROWTH_MATTERS_FROM and unpacked > packed * _MOST_GROWTH):
            raise Fault("delivery-out-of-proportion", size=f"{unpacked / 1e6:.0f} MB")
        for part in parts.infolist():
            if part.flag_bits & 1:
                raise Fault("delivery-password")
            if part.filename.endswith((".xml", ".rels")):
                with parts.open(part) as content:
                    if _DOCTYPE.search(content.read(4096).replace(b"\x00", b"")):
                        raise Fault("delivery-doctype")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise Fault("delivery-damaged") from None
    except Exception as fault:  # zlib.error and whatever a crafted directory provokes
        raise fault if isinstance(fault, Fault) else Fault("delivery-damaged") from None
    return parts


def _opened(file: BinaryIO) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(file)
    except PasswordError:
        raise Fault("delivery-password") from None
    except (CalamineError, OSError, ValueError):
        raise Fault("delivery-damaged") from None


def chosen(book: Any, wanted: set[str], sheet_name: str | None) -> tuple[Any, int, int]:
    """The sheet to read, its header's row from 0, and how many other sheets the workbook has.

    The one named, else the one that has most of the wanted headers. Two that fit alike are a fault: reading only
    one of them would lose rows unseen.
    """
    names = list(book.sheet_names)
    if sheet_name is not None:
        same = [name for name in names if plain(name) == plain(sheet_name)]
        if not same:
            raise Fault("delivery-sheet-unknown", sheet=sheet_name, sheets=", ".join(names[:12]))
        names = [name for name in same if name == sheet_name] or same[:1]
    candidates = [(name, *best_row(_first_rows(book, name), wanted)) for name in names]
    if not candidates:
        raise Fault("delivery-no-sheet")
    name, header_row, most = max(candidates, key=lambda candidate: candidate[2])
    alike = [other for other, _, fitting in candidates if fitting == most]
    if most and len(alike) > 1:
        raise Fault("delivery-several-sheets", sheets=", ".join(alike[:12]))
    return _sheet(book, name), header_row, len(book.sheet_names) - 1


def _sheet(book: Any, name: str) -> Any:
    from python_calamine import CalamineError

    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, OSError, ValueError):
        raise Fault("delivery-damaged") from None


def _first_rows(book: Any, name: str) -> Iterator[list[str]]:
    sheet = _sheet(book, name)
    left, merged = (sheet.start or (0, 0))[1], Merged(sheet.merged_cell_ranges or ())
    for number, cells in enumerate(sheet.iter_rows()):
        if number >= MOST_TITLE_ROWS:
            return
        yield [_text(cell) for cell in merged.filled(number, cells, left)]


class Merged:
    """Merged cells filled with what they show, as long as that is text: a number repeated would count twice.

    Rows must come in order; only the ranges that reach the current row are looked at.
    """

    def __init__(self, ranges: Any) -> None:
        self.waiting = sorted(ranges, reverse=True)
        self.open: list[tuple[int, int, int, str]] = []
        self.count = 0

    def filled(self, row: int, cells: list[Any], left: int) -> list[Any]:
        """The row's cells, the first of which stands in column `left`."""
        self.open = [one for one in self.open if one[0] >= row]
        while self.waiting and self.waiting[-1][0][0] <= row:
            (top, first), (bottom, last) = self.waiting.pop()
            shown = cells[first - left] if top == row and 0 <= first - left < len(cells) else ""
            if isinstance(shown, str) and shown:
                self.open.append((bottom, first - left, last - left, shown))
        if self.open:
            cells = list(cells)
            for _, first, last, shown in self.open:
                for position in range(first, min(last + 1, len(cells))):
                    self.count += cells[position] == ""
                    cells[position] = shown
        return cells


def _text(cell: Any) -> str:
    """A cell as text: numbers without a `.0` that nobody typed, dates as ISO."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    return "" if cell is None else str(cell)


def formulas(file: BinaryIO, parts: zipfile.ZipFile | None, book: Any, sheet_name: str) -> tuple[set[str], int]:
    """Columns (as letters) with formulas that were never calculated, and how many cells show an error like #N/A.

    Both read as empty cells, so nobody would notice. Only xlsx tells them apart.
    """
    uncalculated: set[str] = set()
    errors = 0
    part = _part_of(parts, book, sheet_name) if parts else None
    if part is None:
        return uncalculated, errors
    with parts.open(part) as content:
        rest = b""
        while block := content.read(1 << 20):
            ready, _, rest = (rest + block).rpartition(b"</row>")
            for attributes, formula, value in _CELL.findall(ready) if b"<f" in ready or b't="e"' in ready else ():
                errors += bool(_ERROR.search(attributes))
                reference = _REFERENCE.search(attributes)
                if formula and not _TEXT.search(attributes) and reference and (not value or _EMPTY_VALUE.match(value)):
                    uncalculated.add(reference[1].decode())
            if len(rest) > 1 << 24:
                return uncalculated, errors
    return uncalculated, errors


def _part_of(parts: zipfile.ZipFile, book: Any, sheet_name: str) -> str | None:
    """The member of the zip that holds this sheet."""
    from xml.etree import ElementTree

    try:
        sheets = ElementTree.fromstring(parts.read("xl/workbook.xml"))
        links = ElementTree.fromstring(parts.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile):
        return None
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for sheet in sheets.iter():
        if sheet.tag.endswith("}sheet") and sheet.get("name") == sheet_name:
            link = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
            target = targets.get(link, "")
            member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return member if member in parts.namelist() else None
    return None


def _lettered(header: list[str], left: int) -> Iterator[tuple[str, str]]:
    """Every header with the letters of its column: A, B, … Z, AA, …"""
    for position, name in enumerate(header, start=left + 1):
        letters = ""
        while position:
            position, letter = divmod(position - 1, 26)
            letters = chr(65 + letter) + letters
        yield letters, name


if __name__ == "__main__":
    main()
