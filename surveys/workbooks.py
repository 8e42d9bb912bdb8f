"""A workbook (xlsx, xls, ods) read in a process of its own, with limits on memory and time: run, never imported.

A crafted sheet can ask for more memory than any machine has, and the reader then ends its whole process. Takes the
path as argument and the question as JSON on standard input; answers for each sheet to read (`sheets`) with one JSON
line about it, then one for each of its columns. Writes nothing anywhere else and says no cell's content in its faults.
"""

from __future__ import annotations

import html
import json
import re
import sys
import zipfile
from collections.abc import Sequence
from typing import Any, BinaryIO

from surveys.headers import keys
from surveys.limits import Fault, answering
from surveys.sheets import Candidate, Merged, chosen, same_places, sheet_called, text_of

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
        read, others = chosen(book, wanted, sheet_name)
        names = list(read[0].header.names)
        length = 0
        for one in read:
            places = same_places(names, one.header.names, wanted) if one is not read[0] else list(range(len(names)))
            fresh = iter(range(len(names), len(names) + len(places)))
            places = [next(fresh) if place is None else place for place in places]
            names += [name for name, place in zip(one.header.names, places, strict=True) if place >= len(names)]
            length += _tell(one, book, parts, wanted, places, others, _MOST_TEXT - length)


def _tell(
    one: Candidate, book: Any, parts: zipfile.ZipFile | None, wanted: set[str], places: list[int],
    others: list[Candidate], most: int,
) -> int:  # fmt: skip
    """Prints a sheet, a line about it and then its columns, each of which stands at one of `places` in the table of
    all sheets; returns how many characters its cells hold."""
    sheet, header = sheet_called(book, one.name), one.header
    left, merged = (sheet.start or (0, 0))[1], Merged(sheet.merged_cell_ranges or ())
    details = Details(parts, _part_of(parts, book, one.name) if parts else None)
    texts = _formulas_that_are_texts(header.names, details)
    numbers: list[int] = []
    columns: list[list[str]] = [[] for _ in header.names]
    is_number = [bytearray() for _ in header.names]
    length = 0
    for number, cells in enumerate(sheet.iter_rows()):
        cells = merged.filled(number, cells, left)
        if number == header.last:
            merged.count = 0
        if number <= header.last or not any(text_of(cell).strip() for cell in cells):
            continue
        numbers.append(number + 1)
        for at, (column, kinds, cell) in enumerate(zip(columns, is_number, cells, strict=False), start=left):
            text = texts.get((number + 1, at)) or text_of(cell)
            column.append(text)
            length += len(text)
            kinds.append(49 if isinstance(cell, (int, float)) and not isinstance(cell, bool) else 48)
        if length > most:
            raise Fault("delivery-beyond-limits")
    lost = sorted(
        name for name in (header.names[at - left] for at in details.uncalculated if 0 <= at - left < len(columns))
        if not keys(name).isdisjoint(wanted)
    )  # fmt: skip
    if lost and not texts:
        raise Fault("delivery-formulas-uncalculated", columns=", ".join(lost[:12]))
    about = {"sheet": one.name, "header_rows": [header.first, header.last], "headers": header.names,
             "places": places, "also": header.also, "rows": numbers, "others": [each.name for each in others],
             "merged": merged.count, "errors": [[row, at - left] for row, at in details.errors],
             "hidden_rows": sorted(details.hidden_rows & set(numbers)),
             "repeats": [each.name for each in others if each.is_repeat]}  # fmt: skip
    print(json.dumps(about, ensure_ascii=True))
    for column, kinds in zip(columns, is_number, strict=True):
        print(json.dumps([column, kinds.decode("ascii")], ensure_ascii=True))
    return length


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
