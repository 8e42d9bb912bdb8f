"""Zip files: the tables of an ODK Central export, or the answers inside a LimeSurvey archive (.lsa).

Members are read one by one under names of our own in a temporary folder: what they call themselves never becomes a
path. Nothing here knows what a text file is; its reader comes as a function.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from surveys.files import TextTable, found
from surveys.headers import hits, plain

MOST_UNPACKED = 1_000_000_000
MOST_GROWTH, GROWTH_MATTERS_FROM = 100, 100_000_000  # a real table unpacks to some 10 times its size
_MOST_MEMBERS = 50
_TABLES = (".csv", ".tsv", ".txt", ".json", ".xlsx", ".ods", ".xls", ".sav", ".dta", ".parquet")
_FIELD = re.compile(r"\d+X(\d+X)(\d+)(.*)")


def read_zip(
    path: Path, file: str, wanted: Collection[str], sheet: str | None, read: Callable[[Path, str], TextTable]
) -> TextTable:
    """The table of the archive that has most of the wanted headers, or the one called `sheet`."""
    try:
        with zipfile.ZipFile(path) as parts:
            members = [one for one in parts.infolist() if not one.is_dir()]
            _inspect(members, file)
            answers = next((one for one in members if one.filename.endswith("_responses.lsr")), None)
            if answers is not None:
                return _limesurvey(parts, members, answers, file)
            return _best_table(parts, members, file, wanted, sheet, read)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        raise found("delivery-damaged", file) from None


def _inspect(members: list[zipfile.ZipInfo], file: str) -> None:
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members) or 1
    if unpacked > MOST_UNPACKED or (unpacked > GROWTH_MATTERS_FROM and unpacked > packed * MOST_GROWTH):
        raise found("delivery-out-of-proportion", file, size=f"{unpacked / 1e6:.0f} MB")
    if any(one.flag_bits & 1 for one in members):
        raise found("delivery-password", file)


def _best_table(
    parts: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    file: str,
    wanted: Collection[str],
    sheet: str | None,
    read: Callable[[Path, str], TextTable],
) -> TextTable:
    named = {one: PurePosixPath(one.filename.replace("\\", "/")) for one in members}
    tables = {one: name for one, name in named.items() if _is_table(name)}
    if sheet is not None:
        fitting = {one: name for one, name in tables.items() if plain(sheet) in (plain(name.stem), plain(name.name))}
        if not fitting:
            listed = ", ".join(name.name for name in list(tables.values())[:12])
            raise found("delivery-sheet-unknown", file, sheet=sheet, sheets=listed)
        tables = fitting
    if not tables:
        raise found("delivery-kind", file, kind="ZIP")
    if len(tables) > _MOST_MEMBERS:
        raise found("delivery-beyond-limits", file)
    with tempfile.TemporaryDirectory(prefix="sestante-") as folder:
        extracted = {}
        for number, (one, name) in enumerate(tables.items()):
            extracted[name] = Path(folder) / f"{number}{name.suffix.casefold()}"
            with parts.open(one) as content, extracted[name].open("wb") as copy:
                shutil.copyfileobj(content, copy)
        read_ones = {name: read(copy, file) for name, copy in extracted.items()}
    fits = {name: (len(hits(table.headers, wanted)), "PARENT_KEY" not in table.headers)
            for name, table in read_ones.items()}  # fmt: skip
    name = max(fits, key=lambda one: fits[one])
    rivals = [other.name for other, fit in fits.items() if fit == fits[name]]
    if len(rivals) > 1:
        raise found("delivery-several-sheets", file, sheets=", ".join(rivals[:12]))
    others = [other for other in read_ones if other != name]
    repeats = [other.stem for other in others if "PARENT_KEY" in read_ones[other].headers]
    notes = list(read_ones[name].notes)
    if others:
        notes.append(("delivery-sheet", {"sheet": name.name, "others": str(len(others))}))
    if repeats:
        notes.append(("delivery-repeats", {"sheets": ", ".join(repeats[:12])}))
    return replace(read_ones[name], sheet=name.stem, notes=tuple(notes))


def _is_table(name: PurePosixPath) -> bool:
    """True for a table that is not hidden, and not one whose name would climb out of any folder."""
    climbs = name.is_absolute() or ".." in name.parts or ":" in name.parts[0]
    hidden = name.name.startswith((".", "~")) or name.parts[0] in ("__MACOSX", "media")
    return not climbs and not hidden and name.suffix.casefold() in _TABLES


def structure_in(path: Path, file: str) -> bytes | None:
    """The structure inside a LimeSurvey archive; None in any other zip file."""
    try:
        with zipfile.ZipFile(path) as parts:
            members = [one for one in parts.infolist() if not one.is_dir()]
            _inspect(members, file)
            structure = next((one for one in members if one.filename.endswith(".lss")), None)
            return parts.read(structure) if structure else None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        raise found("delivery-damaged", file) from None


# LimeSurvey's archive -------------------------------------------------------------------------------------------------


def _limesurvey(
    parts: zipfile.ZipFile, members: list[zipfile.ZipInfo], answers: zipfile.ZipInfo, file: str
) -> TextTable:
    """Answers under the codes of the structure that lies beside them; who was invited is not read."""
    structure = next((one for one in members if one.filename.endswith(".lss")), None)
    titles = _titles(_elements(parts, structure, file)) if structure else {}
    names: list[str] = []
    rows: list[dict[str, str | None]] = []
    for tag, element in _elements(parts, answers, file):
        if tag == "fieldname" and not rows:
            names.append(element.text or "")
        elif tag == "row":
            rows.append({_field(cell.tag): cell.text or "" for cell in element})
    if not names:
        raise found("delivery-damaged", file)
    blank: dict[int, Any] = {i: pd.array([row.get(name) or "" for row in rows], dtype="str")
                             for i, name in enumerate(names)}  # fmt: skip
    nulls = tuple(np.fromiter((name not in row for row in rows), dtype=bool, count=len(rows)) for name in names)
    return TextTable(
        kind="lsa",
        headers=tuple(_code(name, titles) for name in names),
        rows=np.arange(1, len(rows) + 1),
        cells=pd.DataFrame(blank, index=range(len(rows))),
        null_cells=nulls,
    )


def _field(tag: str) -> str:
    """XML tags cannot begin with a digit: LimeSurvey puts an underscore before them."""
    return tag[1:] if tag.startswith("_") else tag


def _elements(parts: zipfile.ZipFile, member: zipfile.ZipInfo, file: str) -> Iterator[tuple[str, Any]]:
    """The rows and field names of an XML member, one at a time, without any definitions of its own."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    section: list[str] = []
    try:
        with parts.open(member) as content:
            for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    section.append(element.tag)
                    continue
                section.pop()
                if element.tag in ("row", "fieldname"):
                    element.set("section", section[1] if len(section) > 1 else "")
                    yield element.tag, element
                if element.tag == "row":
                    element.clear()
    except DefusedXmlException:
        raise found("delivery-doctype", file) from None
    except ParseError:
        raise found("delivery-damaged", file) from None


def _titles(elements: Iterator[tuple[str, Any]]) -> dict[str, str]:
    """The code of every question by its group and number, as `3X26`."""
    titles: dict[str, str] = {}
    for tag, element in elements:
        if tag == "row" and element.get("section") == "questions":
            said = {cell.tag: cell.text or "" for cell in element}
            titles[f"{said.get('gid', '')}X{said.get('qid', '')}"] = said.get("title", "")
    return titles


def _code(name: str, titles: Mapping[str, str]) -> str:
    """`415101X2X12BIB` as `SERV[BIB]`, the header of LimeSurvey's other exports."""
    match = _FIELD.fullmatch(name)
    if match is None:
        return name
    group, number, rest = match[1], match[2], match[3]
    longest = next((end for end in range(len(number), 0, -1) if group + number[:end] in titles), 0)
    if not longest:
        return name
    title, part = titles[group + number[:longest]], (number[longest:] + rest).removeprefix("_")
    if not part:
        return title
    inner, hash_, scale = part.partition("#")
    return f"{title}[{inner}]" + (f"[{int(scale) + 1}]" if hash_ and scale.isdigit() else "")
