"""One delivery to typed rows: which cells mean what by the contract, which rows are refused, and why.

Every broken rule is told with row, column and remedy, never with the value. Answers without consent are left out
before anything else is done with them, and persons leave here only as pseudonyms. Opening files is `reading`, one
cell's meaning `cells`; storing, superseding and duplicate keys belong to the warehouse.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from surveys import cells, scoring
from surveys.contracts import Field, date_order
from surveys.headers import distinct, plain, positions
from surveys.questionnaire import Survey
from surveys.reading import TextTable, fingerprint, read_table
from surveys.sources import Source
from theory_of_change.problems import Place, Problem, ProblemsFound, listed, with_hint
from theory_of_change.programme import Programme

#: Takes a scheme and identifiers, none empty and none twice; gives their pseudonyms in the same order.
Pseudonymise = Callable[[str, Sequence[str]], Sequence[str]]

_DTYPES = {"integer": "Int64", "number": "Float64", "money": "Float64", "boolean": "boolean"}
_FREE = ("text", "person", "organisation")
#: A number cell of a workbook, so that 1.234 in it is never taken for a text that may mean 1234.
_NUMBER_CELL = "\ue000"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One broken rule in one row. `column` is the header as the contract gives it, empty for the row as a whole."""

    row: int
    column: str
    rule: str
    facts: Mapping[str, str]

    def what(self, language: str) -> str:
        return self._problem().message(language)

    def remedy(self, language: str) -> str:
        return self._problem().remedy(language)

    def _problem(self) -> Problem:
        return Problem(f"refused-{self.rule}", Place("", self.row), {"column": self.column, **self.facts})


@dataclass(frozen=True)
class Delivery:
    """What came in one file. `raw` has `_row` and every column as text, `core` has `_row` and the typed columns of the
    rows that break no rule. In both, persons are pseudonyms and rows without consent are absent; a row with more cells
    than headers is absent from `raw` too, because nobody can tell which of its cells names a person.
    """

    file_name: str
    sha256: str
    size: int
    kind: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    rows_read: int
    unmapped: tuple[str, ...]
    raw: pd.DataFrame
    core: pd.DataFrame
    refused: tuple[Refusal, ...]
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Typed:
    """A column's values, and for each row the broken rule as its place in `RULES` (0: none)."""

    values: pd.api.extensions.ExtensionArray
    rules: np.ndarray


RULES = (
    "", "required", "not-a-number", "not-an-integer", "ambiguous-number", "too-large", "not-a-date", "impossible-date",
    "out-of-range", "unknown-code", "not-boolean",
)  # fmt: skip
_RULE_NUMBERS = {rule: number for number, rule in enumerate(RULES)}


def read_delivery(path: Path, source: Source, programme: Programme, pseudonymise: Pseudonymise) -> Delivery:
    """Reads the file at `path` by the source's contract.

    Raises ProblemsFound for what makes the whole file unreadable: no file, another format, missing columns. A broken
    rule in a row only refuses that row.
    """
    file = _name_for_people(path, source)
    sha256, size = fingerprint(path, file)
    fields = {one.column.name: one for one in source.fields if one.headers}
    consent = source.contract.consent if isinstance(source.contract, Survey) else None
    spellings = {name: one.headers for name, one in fields.items()} | _consent_spellings(source, fields)
    table = read_table(path, file, [header for some in spellings.values() for header in some], source.contract.sheet)
    places = _places(table, spellings, {name for name, one in fields.items() if one.optional}, file)
    rows_read = len(table.rows) + len(table.too_long)
    refused = [Refusal(row, "", "too-many-fields", {}) for row in table.too_long]
    if consent:
        given = _consents(table.cells[places[_CONSENT]], consent.value)
        refused += [Refusal(int(row), consent.column, "no-consent", {}) for row in table.rows[~given]]
        table = _only(table, given)
    typed = {one.column.name: _read_column(one, table, places, programme, fields) for one in source.fields}
    persons = _pseudonyms(table, source.fields, places, pseudonymise)
    for one in source.fields:
        refused += _refusals(one, typed[one.column.name], table.rows)
    sound = np.ones(len(table.rows), dtype=bool)
    for column in typed.values():
        sound &= column.rules == 0
    unmapped = _unmapped(table, places)
    return Delivery(
        file_name=path.name,
        sha256=sha256,
        size=size,
        kind=table.kind,
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        rows_read=rows_read,
        unmapped=unmapped,
        raw=_raw(table, persons),
        core=_core(table, source, typed, places, persons, sound),
        refused=tuple(sorted(refused, key=lambda refusal: refusal.row)),
        notes=tuple(_notes(table, unmapped, rows_read, file)),
    )


_CONSENT = "\x00consent"  # no column can have this name


def _name_for_people(path: Path, source: Source) -> str:
    """`data/<source>/<file>` for what lies in the workspace, else the path as it was given."""
    lies_in_data = path.parent.name == source.table.id and path.parent.parent.name == "data"
    return f"data/{source.table.id}/{path.name}" if lies_in_data else path.as_posix()


def _consent_spellings(source: Source, fields: Mapping[str, Field]) -> dict[str, tuple[str, ...]]:
    consent = source.contract.consent if isinstance(source.contract, Survey) else None
    if consent is None:
        return {}
    asked = next((one for one in fields.values() if consent.column in (one.column.name, *one.headers)), None)
    return {_CONSENT: asked.headers if asked else (consent.column,)}


# Which column is which ------------------------------------------------------------------------------------------------


def _places(table: TextTable, spellings: Mapping[str, Sequence[str]], optional: set[str], file: str) -> dict[str, int]:
    """The position of every field in the file. Raises ProblemsFound with all that are missing or stand there twice."""
    found = positions(table.headers, spellings)
    for name, places in found.items():
        if len(places) > 1:  # an empty column of the same header is a spreadsheet's leftover
            found[name] = [place for place in places if _holds_anything(table, place)] or places[:1]
    if not any(found.values()):
        wanted = listed((some[0] for some in spellings.values()), 30)
        raise ProblemsFound([Problem("delivery-no-header", Place(file), {"columns": wanted})])
    problems = []
    free = [header for i, header in enumerate(table.headers) if not any(i in places for places in found.values())]
    for name, places in found.items():
        facts = {"column": spellings[name][0]}
        if len(places) > 1:
            problems.append(Problem("delivery-column-twice", Place(file), facts | {"count": str(len(places))}))
        elif not places and name not in optional:
            shown = [" ".join(header.split()) for header in free]
            problems.append(
                Problem("delivery-column-missing", Place(file), with_hint(facts, spellings[name][0], shown))
            )
    if problems:
        raise ProblemsFound({(one.code, one.facts["column"]): one for one in problems}.values())
    return {name: places[0] for name, places in found.items() if places}


def _unmapped(table: TextTable, places: Mapping[str, int]) -> tuple[str, ...]:
    used, names = set(places.values()), distinct(table.headers)
    return tuple(names[i] for i in range(len(names)) if i not in used and _is_shown(table, i))


def _is_shown(table: TextTable, position: int) -> bool:
    """False for a column without a header and without a value: a spreadsheet's empty margin."""
    return bool(table.headers[position].strip()) or _holds_anything(table, position)


def _holds_anything(table: TextTable, position: int) -> bool:
    return bool((table.cells[position].str.strip() != "").any())


def _only(table: TextTable, kept: np.ndarray) -> TextTable:
    numbers = table.number_cells and tuple(mask[kept] for mask in table.number_cells)
    return replace(table, rows=table.rows[kept], cells=table.cells[kept].reset_index(drop=True), number_cells=numbers)


def _consents(column: pd.Series, value: str) -> np.ndarray:
    """True where the answer is exactly the one that means consent, capitals aside."""
    return (column.str.strip().str.casefold() == value.strip().casefold()).to_numpy(dtype=bool)


# What the cells mean --------------------------------------------------------------------------------------------------


def _read_column(
    one: Field, table: TextTable, places: Mapping[str, int], programme: Programme, fields: Mapping[str, Field]
) -> _Typed:
    """One field of the whole table: each different text is read once, then its value goes to every row that has it."""
    count, position = len(table.rows), places.get(one.column.name)
    if one.constant is not None:
        return _Typed(pd.array([one.constant] * count, dtype="str"), np.zeros(count, dtype="uint8"))
    if position is None:
        return _Typed(pd.array([None] * count, dtype="str"), np.zeros(count, dtype="uint8"))
    texts = table.cells[position]
    if table.number_cells is not None and one.column.type in ("integer", "number", "money", "date"):
        texts = texts.where(~table.number_cells[position], _NUMBER_CELL + texts)
    numbers, different = pd.factorize(texts.to_numpy(dtype=object))
    values, rules = _read_texts(different.tolist(), one, programme)
    typed = _Typed(values.take(numbers), rules.take(numbers))
    if one.group and one.column.type == "boolean":
        typed = _Typed(_unticked(typed.values, one.group, table, places, fields), typed.rules)
    return typed


def _read_texts(
    texts: list[str], one: Field, programme: Programme
) -> tuple[pd.api.extensions.ExtensionArray, np.ndarray]:
    """The values and broken rules of different texts of one column."""
    stripped = [text.strip() for text in texts]
    missing = {mark + code.strip() for code in (*one.column.missing, "") for mark in ("", _NUMBER_CELL)}
    asked = [i for i, text in enumerate(stripped) if text not in missing]
    values = np.full(len(texts), None, dtype=object)
    rules = np.zeros(len(texts), dtype="uint8")
    if one.column.type == "text":
        for i in asked:
            values[i] = texts[i]
    else:
        read, broken = _parse([stripped[i] for i in asked], one, programme)
        values[asked] = np.fromiter(read, dtype=object, count=len(asked))
        for i, rule in zip(asked, broken, strict=True):
            if rule is not None:
                rules[i] = _RULE_NUMBERS[rule]
    array = _array(values, one)
    if one.column.type in ("integer", "number", "money"):
        codes = cells.numbers([code for code in one.column.missing if code], one.decimal)[0]
        array[array.isin([code for code in codes if code is not None]).astype(bool)] = None
        rules[_is_outside(array, one.column.min, one.column.max)] = _RULE_NUMBERS["out-of-range"]
    if one.column.required:
        rules[np.asarray(array.isna()) & (rules == 0)] = _RULE_NUMBERS["required"]
    return array, rules


def _is_outside(numbers: pd.api.extensions.ExtensionArray, low: float | None, high: float | None) -> np.ndarray:
    outside = np.zeros(len(numbers), dtype=bool)
    for bound, beyond in ((low, numbers.__lt__), (high, numbers.__gt__)):
        if bound is not None:
            outside |= np.asarray(beyond(bound).fillna(False), dtype=bool)
    return outside


def _parse(texts: list[str], one: Field, programme: Programme) -> cells.Read[object]:
    """Values and rules of texts none of which is empty or a missing code."""
    kind, known = one.column.type, {code.strip(): code for code in one.column.labels}
    if kind in ("integer", "number", "money"):
        read = cells.integers if kind == "integer" else cells.numbers
        return _by_cell(texts, lambda some: read(some, one.decimal), lambda some: read(some, "."))
    if kind == "date":
        order = date_order(one.date_format or "") or "dmy"
        zone, last_year = programme.zone, programme.calendar.end.year
        return _by_cell(texts, lambda some: cells.dates(some, order, zone, last_year), cells.serial_dates)
    if kind == "boolean":
        return cells.booleans(texts)
    if kind == "category" and known:
        return cells.codes(texts, lambda text: one.synonyms.get(text) or known.get(text))
    return cells.codes(texts, lambda text: text)


def _by_cell(texts: list[str], as_text: Callable, as_number: Callable) -> cells.Read[object]:
    """Text cells by one parser and a workbook's number cells by the other, in the order they came."""
    is_number = [text[0] == _NUMBER_CELL for text in texts]
    if not any(is_number):
        return as_text(texts)
    pools = {
        False: zip(*as_text([text for text, number in zip(texts, is_number, strict=True) if not number]), strict=True),
        True: zip(*as_number([text[1:] for text, number in zip(texts, is_number, strict=True) if number]), strict=True),
    }
    read = [next(pools[number]) for number in is_number]
    return [value for value, _ in read], [rule for _, rule in read]


def _array(values: np.ndarray, one: Field) -> pd.api.extensions.ExtensionArray:
    if one.column.type == "date":
        return pd.array(values.astype("datetime64[s]"), dtype="datetime64[s]")
    return pd.array(values, dtype=_DTYPES.get(one.column.type, "str"))


def _unticked(
    values: pd.api.extensions.ExtensionArray,
    group: str,
    table: TextTable,
    places: Mapping[str, int],
    fields: Mapping[str, Field],
) -> pd.api.extensions.ExtensionArray:
    """An empty box is not ticked where another box of the question is; where all are empty, it was not answered."""
    answered = np.zeros(len(table.rows), dtype=bool)
    for name, one in fields.items():
        if one.group == group and name in places:
            answered |= (table.cells[places[name]].str.strip() != "").to_numpy()
    values = values.copy()
    values[answered & values.isna()] = False
    return values


def _refusals(one: Field, typed: _Typed, rows: np.ndarray) -> Iterator[Refusal]:
    facts = _facts(one)
    for i in np.flatnonzero(typed.rules):
        rule = RULES[typed.rules[i]]
        yield Refusal(int(rows[i]), one.column.header or one.column.name, rule, facts)


def _facts(one: Field) -> dict[str, str]:
    """What the contract says about the column, for the words of a refusal."""
    low, high = one.column.min, one.column.max
    facts = {
        "low": "−∞" if low is None else f"{low:.15g}",
        "high": "∞" if high is None else f"{high:.15g}",
        "format": one.date_format or "dd/mm/yyyy",
    }
    return facts | ({"codes": listed(one.column.labels, 30)} if one.column.labels else {})


# Persons --------------------------------------------------------------------------------------------------------------


def _pseudonyms(
    table: TextTable, fields: Sequence[Field], places: Mapping[str, int], pseudonymise: Pseudonymise
) -> dict[int, pd.api.extensions.ExtensionArray]:
    """The pseudonyms of every column that names persons, and of every further copy of such a column in the file."""
    made: dict[int, pd.api.extensions.ExtensionArray] = {}
    for one in fields:
        position = places.get(one.column.name)
        if one.column.type != "person" or position is None:
            continue
        spelled = {plain(header) for header in one.headers}
        missing = {code.strip() for code in one.column.missing} | {""}
        for copy in [position, *(free for free in table.cells.columns if free not in places.values())]:
            if plain(table.headers[copy]) not in spelled and not _same(table.cells[copy], table.cells[position]):
                continue
            made.setdefault(copy, _named(table.cells[copy], one, missing, pseudonymise))
    return made


def _named(
    column: pd.Series, one: Field, missing: set[str], pseudonymise: Pseudonymise
) -> pd.api.extensions.ExtensionArray:
    """The column with pseudonyms for identifiers. Spaces around one and its accents' spelling do not make another."""
    numbers, different = pd.factorize(column.to_numpy(dtype=object))
    cleaned = [unicodedata.normalize("NFC", text.strip()) for text in different]
    identifiers = list(dict.fromkeys(text for text in cleaned if text not in missing))
    given = dict(zip(identifiers, pseudonymise(one.scheme, identifiers), strict=True)) if identifiers else {}
    return pd.array([given.get(text) for text in cleaned], dtype="str").take(numbers)


def _same(one: pd.Series, other: pd.Series) -> bool:
    """True where both columns hold the same texts, spaces aside, and any at all."""
    if one.iloc[:1000].str.strip().ne(other.iloc[:1000].str.strip()).any():
        return False
    filled = one.str.strip()
    return bool((filled != "").any()) and bool((filled == other.str.strip()).all())


# Raw and core ---------------------------------------------------------------------------------------------------------


def _raw(table: TextTable, persons: Mapping[int, pd.api.extensions.ExtensionArray]) -> pd.DataFrame:
    """Every column as it came, under names that no database takes for one."""
    columns: dict[str, object] = {"_row": table.rows}
    for position, name in enumerate(distinct(table.headers)):
        if position in persons:
            columns[name] = persons[position]
        elif _is_shown(table, position):
            texts = table.cells[position]
            columns[name] = texts.mask(texts == "").array
    return pd.DataFrame(columns)


def _core(
    table: TextTable,
    source: Source,
    typed: Mapping[str, _Typed],
    places: Mapping[str, int],
    persons: Mapping[int, pd.api.extensions.ExtensionArray],
    sound: np.ndarray,
) -> pd.DataFrame:
    columns: dict[str, object] = {"_row": table.rows[sound]}
    for one in source.fields:
        name = one.column.name
        is_person = one.column.type == "person" and name in places
        columns[name] = persons[places[name]][sound] if is_person else typed[name].values[sound]
    core = pd.DataFrame(columns)
    for scale in source.contract.scales if isinstance(source.contract, Survey) else ():
        core[scale.name] = scoring.score(
            core, scale.items, scale.reverse, scale.range, score=scale.score, at_least=scale.at_least
        )
    return core[["_row", *(column.name for column in source.table.columns)]]


def _notes(table: TextTable, unmapped: Sequence[str], rows_read: int, file: str) -> Iterator[Problem]:
    for code, facts in table.notes:
        yield Problem(code, Place(file), facts)
    if unmapped:
        yield Problem("delivery-unmapped", Place(file), {"columns": listed(unmapped, 30), "count": str(len(unmapped))})
    if not rows_read:
        yield Problem("delivery-no-rows", Place(file), {})
