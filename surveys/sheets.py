"""Which sheets of a workbook are the delivery: the one named, the one whose headers fit, or all of like columns.

Reading one of several sheets that fit would lose rows unseen, and joining sheets that differ would mix them up: both
are told instead. Runs in the process that opens untrusted workbooks and needs nothing of ours but the headers; reading
the cells is `workbooks`, putting sheets under each other `stacking`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveys.headers import MOST_TITLE_ROWS, Header, find_header, keys, plain, words
from surveys.limits import Fault

#: In a contract's `sheet`: all sheets of like columns, whatever else speaks against it.
ALL = "*"
_COMPARED = 40  # rows of two sheets that are compared before they are taken for two deliveries
_REPEATED = 0.8  # share of equal rows from which one of them is a copy
_PARENTS = ("_parent_index", "parent_key")


@dataclass(frozen=True)
class Candidate:
    """A sheet as far as its first rows tell: its header, which columns are asked for, and the rows below it."""

    name: str
    header: Header
    asked: Mapping[int, frozenset[str]]
    rows: Sequence[tuple[str, ...]] = field(repr=False)
    is_hidden: bool = False

    @property
    def is_repeat(self) -> bool:
        """True for the sheet of a repeated group, whose rows belong to rows of the main sheet."""
        return any(plain(name) in _PARENTS for name in self.header.names)


def chosen(book: Any, wanted: set[str], sheet_name: str | None) -> tuple[list[Candidate], list[Candidate]]:
    """The sheets to read together, in the workbook's order, and the others.

    Without wanted headers, as for a draft, the sheet with most columns counts as the one that fits.
    """
    every = [one.name for one in book.sheets_metadata if "WorkSheet" in str(one.typ)]
    hidden = {one.name for one in book.sheets_metadata if not str(one.visible).endswith(".Visible")}
    if not every:
        raise Fault("delivery-no-sheet")
    if sheet_name is None and _is_form(book, every):
        raise Fault("delivery-form", kind="XLSForm")
    candidates = [_candidate(book, name, wanted, name in hidden) for name in every]
    if sheet_name not in (None, ALL):
        same = [one for one in candidates if plain(one.name) == plain(sheet_name)]
        if not same:
            raise Fault("delivery-sheet-unknown", sheet=sheet_name, sheets=", ".join(every[:12]))
        best = next((one for one in same if one.name == sheet_name), same[0])
        return [best], [one for one in candidates if one is not best]
    best = max(candidates, key=lambda one: len(one.asked))
    alike = [one for one in candidates if one is best or _is_rival(one, best)]
    if len(alike) > 1:
        _raise_where_unlike(alike, best)
        if sheet_name is None:
            _raise_where_one_may_be_a_copy(alike)
    return alike, [one for one in candidates if one not in alike]


def same_places(first: Sequence[str], other: Sequence[str], wanted: set[str]) -> list[int | None]:
    """For each column of another sheet, the place of the same column in the first: by its header, its words, or because
    both are the same column of the contract. Columns of one header follow each other."""
    places: list[int | None] = [None] * len(other)
    taken: set[int] = set()
    for same in (plain, words, lambda name: keys(name) & wanted):
        known: dict[Any, list[int]] = {}
        for place, name in enumerate(first):
            if place not in taken and name.strip():
                known.setdefault(same(name), []).append(place)
        for at, name in enumerate(other):
            if places[at] is None and same(name) and known.get(same(name)):
                places[at] = known[same(name)].pop(0)
                taken.add(places[at])
    return places


def _candidate(book: Any, name: str, wanted: set[str], is_hidden: bool) -> Candidate:
    rows = list(itertools.islice(_shown_rows(sheet_called(book, name)), MOST_TITLE_ROWS + _COMPARED))
    header = find_header(rows[: MOST_TITLE_ROWS + 3], wanted)
    below = [tuple(row) for row in rows[header.last + 1 :] if any(cell.strip() for cell in row)]
    asked = {place: keys(cell) & wanted for place, cell in enumerate(header.names) if cell.strip()}
    asked |= {place: asked.get(place, frozenset()) | (keys(one) & wanted)
              for place, also in enumerate(header.also) for one in also}  # fmt: skip
    if wanted:
        asked = {place: found for place, found in asked.items() if found}
    return Candidate(name, header, asked, below, is_hidden)


def _is_rival(one: Candidate, best: Candidate) -> bool:
    """True for a sheet with more than half of what the best one has of the columns asked for, or with half of them and
    half of all its columns."""
    shared = [place for place in same_places(best.header.names, one.header.names, set()) if place is not None]
    named = [name for name in best.header.names if name.strip()]
    enough = 2 * len(one.asked) > len(best.asked) and len(one.asked) >= min(2, len(best.asked))
    enough = enough or (2 * len(one.asked) >= len(best.asked) and 2 * len(shared) >= len(named) > 1)
    is_empty = not one.rows and _missing(best, one)
    return bool(best.asked) and enough and not one.is_repeat and not is_empty


def _missing(one: Candidate, other: Candidate) -> list[str]:
    """Columns asked for that the first has and the other lacks."""
    wanted = frozenset().union(*one.asked.values())
    there = set(same_places(one.header.names, other.header.names, set(wanted)))
    return [" ".join(one.header.names[place].split()) for place in one.asked if place not in there]


def _raise_where_unlike(alike: Sequence[Candidate], best: Candidate) -> None:
    for one in alike:
        lost, more = _missing(best, one), _missing(one, best)
        if one is not best and (lost or more):
            facts = {"sheet": one.name, "other": best.name, "lacks": ", ".join(lost[:8]) or "–",
                     "has": ", ".join(more[:8] or _unknown(one, best)) or "–",
                     "sheet_name": json.dumps(best.name, ensure_ascii=False)}  # fmt: skip
            raise Fault("delivery-sheets-differ", **facts)


def _unknown(one: Candidate, best: Candidate) -> list[str]:
    """Columns that only the first has: one of them may be what it lacks, written in another way."""
    there = same_places(best.header.names, one.header.names, set())
    return [" ".join(name.split()) for place, name in zip(there, one.header.names, strict=True)
            if place is None and name.strip()][:8]  # fmt: skip


def _raise_where_one_may_be_a_copy(alike: Sequence[Candidate]) -> None:
    """Two sheets of the same rows, and one that is hidden beside one that is not, may be a copy kept aside."""
    facts = {"sheets": ", ".join(one.name for one in alike[:12]),
             "sheet_name": json.dumps(alike[0].name, ensure_ascii=False)}  # fmt: skip
    if any(one.is_hidden for one in alike) and not all(one.is_hidden for one in alike):
        raise Fault("delivery-sheets-alike", **facts)
    for one, other in itertools.combinations(alike, 2):
        places = same_places(one.header.names, other.header.names, set())
        pairs = [(place, at) for at, place in enumerate(places) if place is not None]
        rows = [[tuple(row[at] if at < len(row) else "" for at in side) for row in each.rows[:_COMPARED]]
                for each, side in ((one, [a for a, _ in pairs]), (other, [b for _, b in pairs]))]  # fmt: skip
        fewer, more = sorted(rows, key=len)
        if fewer and sum(row in set(more) for row in fewer) >= _REPEATED * len(fewer):
            raise Fault("delivery-sheets-alike", **facts)


def _is_form(book: Any, names: Sequence[str]) -> bool:
    """True for an XLSForm: it holds the questions of a form and no answers."""
    survey = next((name for name in names if plain(name) == "survey"), None)
    if survey is None or not {plain(name) for name in names} & {"choices", "settings"}:
        return False
    first = itertools.islice(_shown_rows(sheet_called(book, survey)), 3)
    return any({"type", "name"} <= {plain(cell) for cell in row} for row in first)


# Rows ---------------------------------------------------------------------------------------------------------------


def sheet_called(book: Any, name: str) -> Any:
    from python_calamine import CalamineError

    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, OSError, ValueError):
        raise Fault("delivery-damaged") from None


def _shown_rows(sheet: Any) -> Iterator[list[str]]:
    left, merged = (sheet.start or (0, 0))[1], Merged(sheet.merged_cell_ranges or ())
    for number, cells in enumerate(sheet.iter_rows()):
        yield [text_of(cell) for cell in merged.filled(number, cells, left)]


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


def text_of(cell: Any) -> str:
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
