"""What may not come in with a delivery: identifiers nobody has declared, and those in names of files and columns.

Recognising them is done in `identifying`, hiding persons behind pseudonyms in `persons`. Here the contract's word meets
what a file really holds; every problem says column, kind, number of rows and what to write, never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from surveys.columns import Typed
from surveys.contracts import Field
from surveys.files import TextTable
from surveys.headers import distinct
from surveys.identifying import holds_identifier, names_somebody, recognise
from surveys.identifying_headers import says_phone
from surveys.matching import places_called
from surveys.sources import Source
from theory_of_change.problems import Place, Problem, ProblemsFound

_NUMBERS = ("integer", "number", "money")
_CLOSED = (*_NUMBERS, "date", "datetime", "time", "boolean")
_BARE = re.compile(r"[^\W\d]\w*")  # what YAML takes for text without quotes


def admit_names(file: str, table: TextTable, folder: str) -> None:
    """Raises ProblemsFound where the name of the file, of its sheet or of a column says who somebody is."""
    if names_somebody(file.rpartition("/")[2]) or names_somebody(table.sheet or ""):
        raise ProblemsFound([Problem("identifier-in-name", Place(folder))])
    wrong = [number for number, header in enumerate(table.headers, start=1) if names_somebody(header)]
    if wrong:
        raise ProblemsFound(Problem("identifier-in-header", Place(file), {"number": str(number)}) for number in wrong)


def admit_columns(
    table: TextTable, source: Source, places: Mapping[str, int], known: Collection[int], file: str
) -> list[Problem]:
    """Notes on free texts that hold identifiers. `known` are the columns that name persons or are stored nowhere.

    Raises ProblemsFound with every column that identifies somebody and of which the contract does not speak.
    """
    fields = _fields_by_place(source, places)
    public = places_called(table, source.public)
    found, names = [], distinct(table.headers)
    for position, header in enumerate(table.headers):
        if position in known or position in public:
            continue
        field = fields.get(position)
        if field and _is_closed(field) and not (field.column.type in _NUMBERS and says_phone(header)):
            continue
        numbers, texts = table.different(position)
        counts = np.bincount(numbers, minlength=len(texts))
        is_prose = field and field.column.type == "text"
        if seen := recognise(header, texts, counts, is_prose, table.headers):
            name = header.strip() or names[position]
            facts = {"column": " ".join(name.split()), "count": str(seen.rows)}
            code = f"{'described' if field else 'identifying'}-{seen.kind.replace('_', '-')}"
            if seen.is_in_prose:
                found.append(Problem("identifier-in-text", Place(file), facts))
            else:
                found.append(Problem(code, Place(file), facts | _lines(name, source)))
    if wrong := [problem for problem in found if problem.severity == "error"]:
        raise ProblemsFound(wrong)
    return found


def blanks(
    table: TextTable, source: Source, places: Mapping[str, int], typed: Mapping[str, Typed]
) -> dict[int, np.ndarray]:
    """By column, the rows whose cell breaks the column's rule and is an identifier: it is not kept even in `raw`."""
    found: dict[int, np.ndarray] = {}
    for position, field in _fields_by_place(source, places).items():
        wrong = typed[field.column.name].rules != 0
        if field.column.type == "person" or not wrong.any():
            continue
        numbers, texts = table.different(position)
        holds = np.zeros(len(texts), dtype=bool)
        some = np.unique(numbers[wrong])
        holds[some] = [holds_identifier(texts[i]) for i in some]
        if (hidden := holds[numbers]).any():
            found[position] = hidden
    return found


def blanked(hidden: Mapping[int, np.ndarray], table: TextTable, file: str) -> Iterator[Problem]:
    for position, rows in hidden.items():
        facts = {"column": " ".join(table.headers[position].split()), "count": str(int(rows.sum()))}
        yield Problem("identifier-blanked", Place(file), facts)


def without(texts: pd.Series, hidden: np.ndarray | None) -> pd.Series:
    return texts if hidden is None else texts.mask(hidden)


def _fields_by_place(source: Source, places: Mapping[str, int]) -> dict[int, Field]:
    return {places[one.column.name]: one for one in source.fields if one.column.name in places}


def _is_closed(field: Field) -> bool:
    """True where only numbers, dates or listed codes are let in, so that an identifier is refused with its row."""
    is_list = bool(field.column.labels or field.options) and field.column.type != "text"
    return field.column.type in _CLOSED or is_list


def _lines(name: str, source: Source) -> dict[str, str]:
    """What fills the lines of YAML to add: `{column: email` and the brace that closes it."""
    written = name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
    return {"contract": source.file, "name": f"{{column: {written}", "close": "}"}
