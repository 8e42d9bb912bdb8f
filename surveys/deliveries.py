"""One delivery to typed rows: which cells mean what by the contract, which rows are refused, and why.

Every broken rule is told with row, column and remedy, never with the value. Answers without consent are left out
before anything else is done with them, and persons leave here only as pseudonyms. Opening files is `reading`, what a
column's cells mean `columns`; storing, superseding and duplicate keys belong to the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from surveys import scoring
from surveys.admission import admit_columns, admit_names, blanked, blanks, without
from surveys.columns import RULES, Typed, contract_facts, read_column
from surveys.contracts import Field
from surveys.files import TextTable, fingerprint
from surveys.headers import distinct, plain, positions
from surveys.limesurvey.reading import SNAPSHOT
from surveys.lacking import lacking
from surveys.persons import Pseudonymise, person_columns, pseudonyms
from surveys.questionnaire import Survey
from surveys.reading import read_table
from surveys.sources import Source
from theory_of_change.problems import Place, Problem, ProblemsFound, listed, with_hint
from theory_of_change.programme import Programme


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

    @property
    def is_snapshot(self) -> bool:
        """True for what a pull wrote: all there is on the server, under the numbers the answers have there."""
        return self.kind == SNAPSHOT


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
    admit_names(file, table, f"data/{source.table.id}")
    places = _places(table, spellings, {name for name, one in fields.items() if one.optional}, file)
    rows_read = len(table.rows) + len(table.too_long)
    refused = [Refusal(row, "", "too-many-fields", {}) for row in table.too_long]
    if consent:
        given = _consents(table.cells[places[_CONSENT]], consent.value)
        refused += [Refusal(int(row), consent.column, "no-consent", {}) for row in table.rows[~given]]
        table = _only(table, given)
    dropped = _dropped(table, source, places)
    naming = person_columns(table, source.fields, source.apart, places)
    flagged = admit_columns(table, source, places, dropped | set(naming), file)
    persons = pseudonyms(table, naming, pseudonymise)
    if persons.forgotten.any():
        refused += [Refusal(int(row), "", "forgotten", {}) for row in table.rows[persons.forgotten]]
        table, persons = _only(table, ~persons.forgotten), persons.only(~persons.forgotten)
    typed = {one.column.name: read_column(one, table, places, programme, fields) for one in source.fields}
    if problems := list(lacking(source.fields, typed, places, file)):
        raise ProblemsFound(problems)
    for one in source.fields:
        refused += _refusals(one, typed[one.column.name], table.rows)
    sound = np.ones(len(table.rows), dtype=bool)
    for column in typed.values():
        sound &= column.rules == 0
    hidden = blanks(table, source, places, typed)
    unmapped = _unmapped(table, places, dropped)
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
        raw=_raw(table, persons.columns, dropped, hidden),
        core=_core(table, source, typed, places, persons.columns, sound),
        refused=tuple(sorted(refused, key=lambda refusal: refusal.row)),
        notes=(*_notes(table, unmapped, rows_read, file), *flagged, *blanked(hidden, table, file)),
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
    found = _without_rivals(positions(table.headers, spellings), table, spellings)
    if not any(found.values()):
        wanted = listed((some[0] for some in spellings.values()), 30)
        raise ProblemsFound([Problem("delivery-no-header", Place(file), {"columns": wanted})])
    problems = []
    free = [header for i, header in enumerate(table.headers) if not any(i in places for places in found.values())]
    for name, places in found.items():
        asked = {"column": spellings[name][0]}
        if len(places) > 1:
            problems.append(Problem("delivery-column-twice", Place(file), asked | {"count": str(len(places))}))
        elif not places and name not in optional:
            shown = [" ".join(header.split()) for header in free]
            problems.append(
                Problem("delivery-column-missing", Place(file), with_hint(asked, spellings[name][0], shown))
            )
    if problems:
        raise ProblemsFound({(one.code, one.facts["column"]): one for one in problems}.values())
    return {name: places[0] for name, places in found.items() if places}


def _without_rivals(
    found: dict[str, list[int]], table: TextTable, spellings: Mapping[str, Sequence[str]]
) -> dict[str, list[int]]:
    """Leaves out empty columns of the same header, a spreadsheet's leftovers, and gives no column to two fields.

    The field whose own header it bears has it: else a person's column might be read a second time as plain text.
    """
    own: dict[int, str] = {}
    for name, places in found.items():
        if len(places) > 1:
            found[name] = places = [place for place in places if _holds_anything(table, place)] or places[:1]
        for place in places:
            if plain(table.headers[place]) == plain(spellings[name][0]) and name != _CONSENT:
                own.setdefault(place, spellings[name][0])  # boxes ticked in one cell share its header
    return {
        name: [place for place in places if name == _CONSENT or own.get(place, first) == first]
        for (name, places), first in zip(found.items(), (spellings[name][0] for name in found), strict=True)
    }


def _dropped(table: TextTable, source: Source, places: Mapping[str, int]) -> frozenset[int]:
    """Columns the contract knows and stores nowhere."""
    wanted = {plain(header) for header in source.dropped}
    every = {place for place, header in enumerate(table.headers) if plain(header) in wanted}
    return frozenset(every - set(places.values()))


def _unmapped(table: TextTable, places: Mapping[str, int], dropped: frozenset[int]) -> tuple[str, ...]:
    used, names = {*places.values(), *dropped}, distinct(table.headers)
    return tuple(names[i] for i in range(len(names)) if i not in used and _is_shown(table, i))


def _is_shown(table: TextTable, position: int) -> bool:
    """False for a column without a header and without a value: a spreadsheet's empty margin."""
    return bool(table.headers[position].strip()) or _holds_anything(table, position)


def _holds_anything(table: TextTable, position: int) -> bool:
    return bool((table.cells[position].str.strip() != "").any())


def _only(table: TextTable, kept: np.ndarray) -> TextTable:
    cells = table.cells[kept].reset_index(drop=True)
    numbers = table.number_cells and tuple(mask[kept] for mask in table.number_cells)
    nulls = table.null_cells and tuple(mask[kept] for mask in table.null_cells)
    return replace(table, rows=table.rows[kept], cells=cells, number_cells=numbers, null_cells=nulls, _different={})


def _consents(column: pd.Series, value: str) -> np.ndarray:
    """True where the answer is exactly the one that means consent, capitals aside."""
    return (column.str.strip().str.casefold() == value.strip().casefold()).to_numpy(dtype=bool)


def _refusals(one: Field, typed: Typed, rows: np.ndarray) -> Iterator[Refusal]:
    said = contract_facts(one)
    for i in np.flatnonzero(typed.rules):
        yield Refusal(int(rows[i]), one.column.header or one.column.name, RULES[typed.rules[i]], said)


# Raw and core ---------------------------------------------------------------------------------------------------------


def _raw(
    table: TextTable,
    persons: Mapping[int, pd.api.extensions.ExtensionArray],
    dropped: frozenset[int],
    hidden: Mapping[int, np.ndarray],
) -> pd.DataFrame:
    """Every column as it came, under names that no database takes for one; `hidden` are the cells nobody may keep."""
    columns: dict[str, object] = {"_row": table.rows}
    for position, name in enumerate(distinct(table.headers)):
        if position in dropped:
            continue
        if position in persons:
            columns[name] = persons[position]
        elif _is_shown(table, position):
            texts = without(table.cells[position], hidden.get(position))
            columns[name] = texts.mask(texts == "").array
    return pd.DataFrame(columns)


def _core(
    table: TextTable,
    source: Source,
    typed: Mapping[str, Typed],
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
            core, scale.items, scale.reverse, scale.range, scale.score, scale.at_least, scale.counts_from, scale.times
        )
    return core[["_row", *(column.name for column in source.table.columns)]]


def _notes(table: TextTable, unmapped: Sequence[str], rows_read: int, file: str) -> Iterator[Problem]:
    for code, facts in table.notes:
        yield Problem(code, Place(file), facts)
    if unmapped:
        yield Problem("delivery-unmapped", Place(file), {"columns": listed(unmapped, 30), "count": str(len(unmapped))})
    if not rows_read:
        yield Problem("delivery-no-rows", Place(file), {})
