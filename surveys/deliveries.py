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

from surveys import cells, scoring
from surveys.admission import admit_columns, admit_names, blanked, blanks, without
from surveys.columns import RULES, Typed, contract_facts, read_columns
from surveys.contracts import Field
from surveys.files import TextTable, fingerprint, laid_out
from surveys.headers import distinct, plain
from surveys.lacking import lacking
from surveys.leftovers import no_answers, previews
from surveys.limesurvey.reading import SNAPSHOT
from surveys.matching import CONSENT, Matched, asked_for, match, places_called
from surveys.persons import Pseudonymise, person_columns, pseudonyms
from surveys.questionnaire import Survey
from surveys.reading import read_table
from surveys.sources import Source
from surveys.stacking import sheet_row
from surveys.standing import left_out, told
from surveys.wording import in_codes
from theory_of_change.problems import Place, Problem, ProblemsFound, listed
from theory_of_change.programme import Programme

_SEVERAL = 3  # cells from which a column that cannot be read at all is told as one


@dataclass(frozen=True, slots=True)
class Refusal:
    """One broken rule in one row. `column` is the header as the contract gives it, empty for the row as a whole; `at`
    is the row's sheet and its number there, where a delivery has several sheets."""

    row: int
    column: str
    rule: str
    facts: Mapping[str, str]
    at: tuple[str, int] | None = None

    def what(self, language: str) -> str:
        said = self._problem().message(language)
        if self.at is None:
            return said
        facts = {"sheet": self.at[0], "row": str(self.at[1])}
        return f"{said} ({Problem('row-in-sheet', Place(''), facts).message(language)})"

    def remedy(self, language: str) -> str:
        return self._problem().remedy(language)

    def _problem(self) -> Problem:
        return Problem(f"refused-{self.rule}", Place("", self.row), {"column": self.column, **self.facts})


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of the file and what it became: `way` is how it was recognised (`code`, `text` or `position`)."""

    position: int
    header: str
    columns: tuple[str, ...]
    type: str
    way: str
    filled: int
    refused: int


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
    mapped: tuple[Mapped, ...] = ()

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
    consent = source.contract.consent if isinstance(source.contract, Survey) else None
    table = read_table(path, file, asked_for(source), source.contract.sheet)
    admit_names(file, table, f"data/{source.table.id}")
    matched = match(table, source, file)
    places = {**matched.places, **{f"\x00{name}": place for name, place in matched.lists.items()}}
    no_rows, rows = no_answers(table, places), table.rows
    table = _only(table, ~np.logical_or.reduce(list(no_rows.values())))
    rows_read = len(table.rows) + len(table.too_long)
    refused = [Refusal(row, "", "too-many-fields", {}) for row in table.too_long]
    if (tests := previews(table)).any():
        refused += [Refusal(int(row), "", "preview", {}) for row in table.rows[tests]]
        table = _only(table, ~tests)
    unwanted = source.contract.leave_out if isinstance(source.contract, Survey) else {}
    standing = list(told(table, unwanted, file)) if isinstance(source.contract, Survey) else []
    away = np.zeros(len(table.rows), dtype=bool)
    for column, rows_out in left_out(table, unwanted):
        refused += [Refusal(int(row), column, "left-out", {}) for row in table.rows[rows_out & ~away]]
        away |= rows_out
    table = _only(table, ~away)
    if consent:
        given = _consents(in_codes(table, matched, source)[0].cells[places[CONSENT]], consent.value)
        refused += [Refusal(int(row), consent.column, "no-consent", {}) for row in table.rows[~given]]
        table = _only(table, given)
    dropped = _dropped(table, source, places)
    naming = person_columns(table, source.fields, source.apart, places)
    flagged = admit_columns(table, source, places, dropped | set(naming), file)
    persons = pseudonyms(table, naming, pseudonymise)
    if persons.forgotten.any():
        refused += [Refusal(int(row), "", "forgotten", {}) for row in table.rows[persons.forgotten]]
        table, persons = _only(table, ~persons.forgotten), persons.only(~persons.forgotten)
    coded, coded_places = in_codes(table, matched, source)
    typed = read_columns(matched.fields, coded, coded_places, programme)
    if problems := list(lacking(source.fields, typed, coded_places, file)):
        raise ProblemsFound(problems)
    for one in source.fields:
        refused += _refusals(one, typed[one.column.name], table.rows)
    sound = np.ones(len(table.rows), dtype=bool)
    for column in typed.values():
        sound &= column.rules == 0
    mapped = tuple(sorted(_mapped(table, matched, typed), key=lambda one: one.position))
    hidden = blanks(table, source, places, typed)
    unmapped = _unmapped(table, places, dropped | set(naming))
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
        mapped=mapped,
        core=_core(table, source, typed, places, persons.columns, sound),
        raw=_raw(table, persons.columns, dropped, hidden),
        refused=tuple(
            replace(one, at=sheet_row(table.sheets, one.row)) for one in sorted(refused, key=lambda one: one.row)
        ),
        notes=(
            *_notes(table, unmapped, rows_read, places, file),
            *_left_out(no_rows, rows, file),
            *_in_other_codes(mapped, file),
            *standing,
            *flagged,
            *blanked(hidden, table, file),
        ),
    )


def _name_for_people(path: Path, source: Source) -> str:
    """`data/<source>/<file>` for what lies in the workspace, else the path as it was given."""
    lies_in_data = path.parent.name == source.table.id and path.parent.parent.name == "data"
    return f"data/{source.table.id}/{path.name}" if lies_in_data else path.as_posix()


# Which column is which ------------------------------------------------------------------------------------------------


def _dropped(table: TextTable, source: Source, places: Mapping[str, int]) -> frozenset[int]:
    """Columns the contract knows and stores nowhere."""
    _raise_where_read(table, source, places)
    return frozenset(set(places_called(table, source.dropped)) - set(places.values()))


def _raise_where_read(table: TextTable, source: Source, places: Mapping[str, int]) -> None:
    """Raises ProblemsFound for a column that must not be stored, or stand apart, and is read as an answer: a question
    may have found it under other words than those of the contract."""
    kept_out = {plain(header) for header in (*source.dropped, *(one.column.name for one in source.apart))}
    read = {place: name for name, place in places.items() if name != CONSENT}
    unread = {plain(header) for place, header in enumerate(table.headers) if place not in read}
    found = [(table.headers[place], name.lstrip("\x00")) for place, name in read.items()
             if plain(table.headers[place]) in kept_out - unread]  # fmt: skip
    if found:
        raise ProblemsFound(
            Problem("identifying-and-used", Place(source.file), {"column": " ".join(header.split()), "name": name})
            for header, name in found
        )


def _unmapped(table: TextTable, places: Mapping[str, int], dropped: frozenset[int]) -> tuple[str, ...]:
    used, names = {*places.values(), *dropped}, distinct(table.headers)
    return tuple(names[i] for i in range(len(names)) if i not in used and _is_shown(table, i))


def _is_shown(table: TextTable, position: int) -> bool:
    """False for a column without a header and without a value: a spreadsheet's empty margin."""
    return bool(table.headers[position].strip()) or table.holds_anything(position)


def _only(table: TextTable, kept: np.ndarray) -> TextTable:
    if kept.all():
        return table
    cells = table.cells[kept].reset_index(drop=True)
    masks = {"missing_cells": {place: mask[kept] for place, mask in table.missing_cells.items()},
             "error_cells": {place: mask[kept] for place, mask in table.error_cells.items()}}  # fmt: skip
    numbers = table.number_cells and tuple(mask[kept] for mask in table.number_cells)
    nulls = table.null_cells and tuple(mask[kept] for mask in table.null_cells)
    more = {"number_cells": numbers, "null_cells": nulls, **masks}
    return replace(table, rows=table.rows[kept], cells=cells, **more, _different={})


def _consents(column: pd.Series, value: str) -> np.ndarray:
    """True where the answer is the one that means consent, capitals aside; where that is a yes, a yes of any kind."""
    numbers, texts = pd.factorize(column.to_numpy(dtype=object))
    wanted, meant = value.strip().casefold(), cells.booleans([value.strip()])[0][0]
    alike = [said.strip().casefold() == wanted for said in texts]
    if meant is not None:
        read = cells.booleans([said.strip() for said in texts])[0]
        alike = [one or said is meant for one, said in zip(alike, read, strict=True)]
    return np.array(alike, dtype=bool)[numbers]


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
            numbers, texts = table.different(position)
            kept = laid_out(texts, numbers)
            columns[name] = without(pd.Series(kept), hidden[position]).array if position in hidden else kept
    return pd.DataFrame(columns, copy=False)


def _compact(texts: pd.api.extensions.ExtensionArray) -> pd.api.extensions.ExtensionArray:
    numbers, different = pd.factorize(texts.to_numpy(dtype=object, na_value=""))
    return laid_out(different.tolist(), numbers)


def _core(
    table: TextTable,
    source: Source,
    typed: dict[str, Typed],
    places: Mapping[str, int],
    persons: Mapping[int, pd.api.extensions.ExtensionArray],
    sound: np.ndarray,
) -> pd.DataFrame:
    """The typed rows that break no rule. Takes the columns out of `typed`: a large one must not be there twice."""
    columns: dict[str, object] = {"_row": table.rows[sound]}
    for one in source.fields:
        name = one.column.name
        is_person = one.column.type == "person" and name in places
        values = typed.pop(name).values
        values = persons[places[name]][sound] if is_person else values[sound]
        columns[name] = _compact(values) if values.dtype == "str" else values
    core = pd.DataFrame(columns, copy=False)
    for scale in source.contract.scales if isinstance(source.contract, Survey) else ():
        core[scale.name] = scoring.score(
            core, scale.items, scale.reverse, scale.range, scale.score, scale.at_least, scale.counts_from, scale.times
        )
    if source.table.weighting:  # worked out in each run
        core[source.table.weight] = pd.array([None] * len(core), dtype="Float64")
    return core[["_row", *(column.name for column in source.table.columns)]]


def _mapped(table: TextTable, matched: Matched, typed: Mapping[str, Typed]) -> Iterator[Mapped]:
    """Which column of the file went where, with counts and never a value."""
    by_place: dict[int, list[str]] = {}
    for name, place in matched.places.items():
        if name != CONSENT:
            by_place.setdefault(place, []).append(name)
    types = {one.column.name: one.column.type for one in matched.fields}
    for place, names in sorted(by_place.items()):
        wrong = np.logical_or.reduce([typed[name].rules != 0 for name in names])
        yield Mapped(place + 1, " ".join(table.headers[place].split()), tuple(names), types[names[0]],
                     matched.ways[names[0]], int(table.filled(place).sum()), int(wrong.sum()))  # fmt: skip
    for name, place in matched.lists.items():
        if place not in by_place:
            header = " ".join(table.headers[place].split())
            yield Mapped(place + 1, header, (name,), "category", "text", int(table.filled(place).sum()), 0)


def _in_other_codes(mapped: Sequence[Mapped], file: str) -> Iterator[Problem]:
    """Columns of which not one cell could be read: contract and file speak of different codes."""
    foreign = [one.header for one in mapped if one.filled >= _SEVERAL and one.refused >= one.filled]
    if foreign:
        yield Problem("delivery-other-codes", Place(file), {"columns": listed(foreign, 12)})


def _left_out(no_rows: Mapping[str, np.ndarray], rows: np.ndarray, file: str) -> Iterator[Problem]:
    for what, mask in no_rows.items():
        if mask.any():
            facts = {"count": str(int(mask.sum())), "rows": listed(map(str, rows[mask].tolist()), 12)}
            yield Problem(f"delivery-left-out-{what}", Place(file), facts)


def _notes(
    table: TextTable, unmapped: Sequence[str], rows_read: int, places: Mapping[str, int], file: str
) -> Iterator[Problem]:
    for code, facts in table.notes:
        yield Problem(code, Place(file), facts)
    seen = {place for place in places.values() if place in table.error_cells}
    if others := sum(int(mask.sum()) for place, mask in table.error_cells.items() if place not in seen):
        yield Problem("delivery-error-cells", Place(file), {"count": str(others)})
    if unmapped:
        yield Problem("delivery-unmapped", Place(file), {"columns": listed(unmapped, 30), "count": str(len(unmapped))})
    if not rows_read:
        yield Problem("delivery-no-rows", Place(file), {})
