"""A workbook (xlsx, xls, ods) read in a process of its own, with limits on memory and time: run, never imported.

A crafted sheet can ask for more memory than any machine has, and the reader then ends its whole process. Takes the
path as argument and the question as JSON on standard input; answers with one JSON line about the sheet, then one for
each column. Writes nothing anywhere else and says no cell's content in its faults.
"""

from __future__ import annotations

import datetime as dt
import html
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from surveys.headers import MOST_TITLE_ROWS, best_row, find_header, keys, plain
from surveys.limits import Fault, answering

_MOST_TEXT = 1_000_000_000  # characters of all cells together, however often a sheet repeats them
_MOST_UNPACKED = 2_000_000_000
_MOST_GROWTH, _GROWTH_MATTERS_FROM = 100, 100_000_000  # a real sheet unpacks to some 10 times its size
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*(<(?:\w+:)?f\b.*?)?(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>[^<]*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>", re.DOTALL)  # fmt: skip # noqa: E501
_REFERENCE, _ERROR, _TEXT = (
    re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"'),
    re.compile(rb'\bt="e"'),
    re.compile(rb'\bt="str"'),
)
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*>([^<]*)<")
_HIDDEN_ROW, _ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"[^>]*>'), re.compile(rb'\br="(\d{1,7})"')
_MOST_DETAILS = 100_000
_EMPTY_VALUE = re.compile(rb"<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>")


def main() -> None:
    question = json.load(sys.stdin)
    answering(lambda: answer(sys.argv[1], set(question["wanted"]), question["sheet"]))


def answer(path: str, wanted: set[str], sheet_name: str | None) -> None:
    with open(path, "rb") as file:  # noqa: PTH123 - light on purpose
        parts = inspect(file)
        file.seek(0)
        book = _opened(file)
        sheet, others = chosen(book, wanted, sheet_name)
        left, merged = (sheet.start or (0, 0))[1], Merged(sheet.merged_cell_ranges or ())
        above: list[list[str]] = []
        for number, cells in enumerate(sheet.iter_rows()):
            if number >= MOST_TITLE_ROWS + 3:
                break
            above.append([_text(cell) for cell in merged.filled(number, cells, left)])
        header = find_header(above, wanted)
        merged = Merged(sheet.merged_cell_ranges or ())
        details = Details(parts, _part_of(parts, book, sheet.name) if parts else None)
        texts = _formulas_that_are_texts(header.names, details)
        numbers: list[int] = []
        columns: list[list[str]] = [[] for _ in header.names]
        is_number = [bytearray() for _ in header.names]
        length = 0
        for number, cells in enumerate(sheet.iter_rows()):
            cells = merged.filled(number, cells, left)
            if number == header.last:
                merged.count = 0
            if number <= header.last or not any(_text(cell).strip() for cell in cells):
                continue
            numbers.append(number + 1)
            for at, (column, kinds, cell) in enumerate(zip(columns, is_number, cells, strict=False), start=left):
                text = texts.get((number + 1, at)) or _text(cell)
                column.append(text)
                length += len(text)
                kinds.append(49 if isinstance(cell, (int, float)) and not isinstance(cell, bool) else 48)
            if length > _MOST_TEXT:
                raise Fault("delivery-beyond-limits")
        lost = sorted(
            name for name in (header.names[at - left] for at in details.uncalculated if 0 <= at - left < len(columns))
            if not keys(name).isdisjoint(wanted)
        )  # fmt: skip
        if lost and not texts:
            raise Fault("delivery-formulas-uncalculated", columns=", ".join(lost[:12]))
        about = {"sheet": sheet.name, "header_rows": [header.first, header.last], "headers": header.names,
                 "also": header.also, "rows": numbers, "others": others, "merged": merged.count,
                 "errors": [[row, at - left] for row, at in details.errors],
                 "hidden_rows": sorted(details.hidden_rows & set(numbers)),
                 "repeats": [name for name in others if _is_repeat(book, name)]}  # fmt: skip
        print(json.dumps(about, ensure_ascii=True))
        for column, kinds in zip(columns, is_number, strict=True):
            print(json.dumps([column, kinds.decode("ascii")], ensure_ascii=True))


def _is_repeat(book: Any, name: str) -> bool:
    """True for KoboToolbox's sheet of a repeated group, whose rows belong to rows of the main sheet."""
    return any("_parent_index" in row for row in itertools.islice(_first_rows(book, name), 1))


def _formulas_that_are_texts(headers: Sequence[str], details: Details) -> dict[tuple[int, int], str]:
    """KoboToolbox writes an answer like `=1+1` as a formula with 0 as its value: there the formula is the answer."""
    return details.formulas if {"_uuid", "_index"} <= set(headers) or "_submission__uuid" in headers else {}


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


def chosen(book: Any, wanted: set[str], sheet_name: str | None) -> tuple[Any, list[str]]:
    """The sheet to read, and the names of the others.

    The one named, else the one that has most of the wanted headers. Two that fit alike are a fault: reading only
    one of them would lose rows unseen.
    """
    every = list(book.sheet_names)
    names = every
    if sheet_name is not None:
        same = [name for name in names if plain(name) == plain(sheet_name)]
        if not same:
            raise Fault("delivery-sheet-unknown", sheet=sheet_name, sheets=", ".join(names[:12]))
        names = [name for name in same if name == sheet_name] or same[:1]
    candidates = [(name, best_row(_first_rows(book, name), wanted)[1]) for name in names]
    if not candidates:
        raise Fault("delivery-no-sheet")
    name, most = max(candidates, key=lambda candidate: candidate[1])
    alike = [other for other, fitting in candidates if fitting == most]
    if sheet_name is None and _is_form(book, every):
        raise Fault("delivery-form", kind="XLSForm")
    if most and len(alike) > 1:
        raise Fault("delivery-several-sheets", sheets=", ".join(alike[:12]))
    return _sheet(book, name), [other for other in every if other != name]


def _is_form(book: Any, names: Sequence[str]) -> bool:
    """True for an XLSForm: it holds the questions of a form and no answers."""
    survey = next((name for name in names if plain(name) == "survey"), None)
    if survey is None or not {plain(name) for name in names} & {"choices", "settings"}:
        return False
    return any(
        {"type", "name"} <= {plain(cell) for cell in row} for row in itertools.islice(_first_rows(book, survey), 3)
    )


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


class Details:
    """What the values of a sheet do not say: formulas, which were never calculated, errors like #N/A, hidden rows.

    Formulas that were never calculated and errors read as empty cells, so nobody would notice. Only xlsx tells them
    apart. Rows are as the spreadsheet numbers them, columns count from 0.
    """

    def __init__(self, parts: zipfile.ZipFile | None, member: str | None) -> None:
        self.uncalculated: set[int] = set()
        self.errors: list[tuple[int, int]] = []
        self.formulas: dict[tuple[int, int], str] = {}
        self.hidden_rows: set[int] = set()
        if parts is None or member is None:
            return
        with parts.open(member) as content:
            rest = b""
            while block := content.read(1 << 20):
                ready, _, rest = (rest + block).rpartition(b"</row>")
                self._look(ready)
                if len(rest) > 1 << 24:
                    return

    def _look(self, xml: bytes) -> None:
        if b"hidden=" in xml:
            self.hidden_rows |= {int(number[1]) for row in _HIDDEN_ROW.findall(xml) if (number := _ROW.search(row))}
        if b"<f" not in xml and b't="e"' not in xml:
            return
        for attributes, formula, value in _CELL.findall(xml):
            reference = _REFERENCE.search(attributes)
            if reference is None:
                continue
            place = int(reference[2]), _column_number(reference[1])
            if _ERROR.search(attributes) and len(self.errors) < _MOST_DETAILS:
                self.errors.append(place)
            if not formula:
                continue
            said = _FORMULA.search(formula)
            if said and len(self.formulas) < _MOST_DETAILS:
                self.formulas[place] = "=" + html.unescape(said[1].decode("utf-8", "replace"))
            if not _TEXT.search(attributes) and (not value or _EMPTY_VALUE.match(value)):
                self.uncalculated.add(place[1])


def _column_number(letters: bytes) -> int:
    """`A` is 0, `Z` 25, `AA` 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


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


if __name__ == "__main__":
    main()
