"""Column headers as people type them, compared: capitals, accents and spaces do not matter, words do.

Finds the row of a sheet that is its header, and which of its cells a contract asks for. Knows nothing of files,
contracts or tables, so that the process which opens untrusted workbooks can use it alone.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

#: How many rows may stand above a header: titles, logos, a date of printing.
MOST_TITLE_ROWS = 40
_SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
#: Marks that say in which direction a text runs, and where a word may be divided.
_INVISIBLE = re.compile("[\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_MARKUP = re.compile(r"<[^<>]{1,200}>")
_NOT_WORDS, _LETTER = re.compile(r"\W+"), re.compile(r"[^\W\d_]")
_TOOLS_OWN = re.compile(r" selected choice$")
_CODE_AND_TEXT = re.compile(r"(\w+(?:\[\w+\])*)\. ")
#: What SurveyMonkey writes under a question that has one column.
_WHOLE_ANSWER = ("response", "open-ended response", "risposta", "risposta aperta")
_VV_CODES = {"id", "submitdate", "lastpage", "startlanguage"}
_LONGEST_HEADER, _LONGEST_PATH = 5_000, 500


def plain(header: str) -> str:
    """A header without what makes two spellings of it differ: ` Età\n(anni)` and `eta (anni)` are the same."""
    seen = header if header.isascii() else _INVISIBLE.sub("", header)
    apart = unicodedata.normalize("NFKD", seen.replace("’", "'"))
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return _SPACES.sub(" ", bare).strip().casefold()


def words(header: str) -> str:
    """A question's text without what tools add or take away: markup, punctuation, line breaks, `Selected Choice`."""
    bare = _MARKUP.sub(" ", html.unescape(header)) if "<" in header or "&" in header else header
    return _TOOLS_OWN.sub("", _NOT_WORDS.sub(" ", plain(bare).replace("_", " ")).strip())


def keys(header: str) -> frozenset[str]:
    """All a header may be known by: itself, its code before the text, the end of its path of groups, its words.

    `anagrafica/eta` is also `eta`, `ETA. Quanti anni ha?` also `eta`, `Chi sei / Quanti anni ha?` also its last words.
    """
    known = {plain(header), words(header), *path_ends(header)}
    known |= {words(part) for part in _ends(header, ("/",))}
    if code := leading_code(header):
        known.add(code)
    return frozenset(known - {""})


def path_ends(header: str) -> set[str]:
    """The plain ends of a header that names its groups first, as KoboToolbox (`a/b`) and ODK (`a-b`, `a:b`) write it.

    Only of a header without spaces: in a sentence these signs mean something else.
    """
    bare = header.strip()
    return set() if _SPACES.search(bare) else {plain(end) for end in _ends(bare, ("/", "-", ":", "."))} - {""}


def leading_code(header: str) -> str:
    """The code LimeSurvey puts before the text, as in `SERV[BIB]. Quali servizi …`; empty where there is none."""
    match = _CODE_AND_TEXT.match(header)
    return plain(match[1]) if match else ""


def _ends(header: str, marks: tuple[str, ...]) -> list[str]:
    if len(header) > _LONGEST_PATH:
        return []
    return [header[i + 1 :] for i, character in enumerate(header) if character in marks]


@dataclass(frozen=True)
class Header:
    """Where a table's header stands: its `first` and `last` row from 0, a name for each column, and what else it is
    called there (`also`: the text above a code, the question above an option)."""

    first: int
    last: int
    names: tuple[str, ...]
    also: tuple[tuple[str, ...], ...]


def find_header(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> Header:
    """The header among a table's first rows, which may take up two or three of them.

    Qualtrics puts codes, texts and JSON above each other, LimeSurvey's VV file texts above codes, SurveyMonkey
    questions above options, and people a group above its columns in merged cells.
    """
    at, _ = best_row(rows, wanted)
    if at >= len(rows):
        return Header(0, 0, (), ())
    for last in range(at, min(at + 3, len(rows))):
        if sum(map(_is_import_id, rows[last])) * 2 > len(rows[last]):
            return _one_of_several(rows, max(last - 2, 0), last, max(last - 2, 0))
    below = rows[at + 1] if at + 1 < len(rows) else ()
    if {cell.strip() for cell in below} >= _VV_CODES:
        return _one_of_several(rows, at, at + 1, at + 1)
    if {cell.strip() for cell in rows[at]} >= _VV_CODES and at and _filled(rows[at - 1]) >= _filled(rows[at]) - 1:
        return _one_of_several(rows, at - 1, at, at)
    if below and _is_second_row(rows[at], below, wanted):
        return _question_above_option(rows, at)
    if at and _filled(rows[at - 1]) > 1 and _joined_hits(rows[at - 1], rows[at], wanted) > len(hits(rows[at], wanted)):
        joined = _question_above_option(rows, at - 1)
        return Header(joined.first, at, tuple(rows[at]), tuple((name,) for name in joined.names))
    above = [_carried(rows[at - 1])] if at and _filled(rows[at - 1]) > 1 else []
    also = tuple(tuple(f"{row[i]} [{cell}]" for row in above if i < len(row) and row[i]) for i, cell in
                 enumerate(rows[at]))  # fmt: skip
    return Header(at, at, tuple(rows[at]), also)


def _is_import_id(cell: str) -> bool:
    """What Qualtrics writes under each text, such as `{"ImportId":"QID3","timeZone":"UTC"}`: an answer that only
    begins like it is an answer."""
    if not cell.lstrip().startswith('{"ImportId"'):
        return False
    try:
        return isinstance(json.loads(cell), dict)
    except (ValueError, RecursionError):
        return False


def _one_of_several(rows: Sequence[Sequence[str]], first: int, last: int, names: int) -> Header:
    """A header over several rows, one of which has the codes; the others are further names of the same columns."""
    width = max(len(row) for row in rows[first : last + 1])
    cells = [[*row, *[""] * (width - len(row))] for row in rows[first : last + 1]]
    others = [row for number, row in enumerate(cells, first) if number != names]
    also = tuple(
        tuple(row[i] for row in others if row[i] and not row[i].lstrip().startswith("{")) for i in range(width)
    )
    return Header(first, last, tuple(cells[names - first]), also)


def _question_above_option(rows: Sequence[Sequence[str]], at: int) -> Header:
    """Questions in one row, over the first of their columns only, and the options below them."""
    width = max(len(rows[at]), len(rows[at + 1]))
    above = _carried([*rows[at], *[""] * (width - len(rows[at]))])
    below = [*rows[at + 1], *[""] * (width - len(rows[at + 1]))]
    names, also = [], []
    for question, option in zip(above, below, strict=True):
        is_whole = not option.strip() or plain(option) in _WHOLE_ANSWER or option == question
        names.append(question if is_whole else f"{question} [{option}]" if question else option)
        also.append(() if is_whole else (option,))
    return Header(at, at + 1, tuple(names), tuple(also))


def _carried(row: Sequence[str]) -> list[str]:
    """The row with each text carried to the right until the next one."""
    carried, current = [], ""
    for cell in row:
        current = cell if cell.strip() else current
        carried.append(current)
    return carried


def _is_second_row(row: Sequence[str], below: Sequence[str], wanted: Collection[str]) -> bool:
    """True where the row below belongs to the header: it says what is asked, under questions that stand alone."""
    if any(plain(cell) in _WHOLE_ANSWER for cell in below):
        return _filled(row) < len(row) or all(not cell.strip() or plain(cell) in _WHOLE_ANSWER for cell in below)
    gaps = [i for i, cell in enumerate(row) if not cell.strip() and i < len(below)]
    fills_gaps = bool(gaps) and all(below[i].strip() for i in gaps)
    is_merged = any(cell.strip() and cell == under for cell, under in zip(row, below, strict=False))
    if not wanted:
        return _are_groups(row, below) and all(not cell.strip() or _LETTER.search(cell) for cell in below)
    if not fills_gaps and not is_merged:
        return False
    alone = sum(not keys(cell).isdisjoint(wanted) for cell in row)
    return _joined_hits(row, below, wanted) > alone


def _are_groups(row: Sequence[str], below: Sequence[str]) -> bool:
    """True for a row of groups over a row of columns: each stands over several different ones, what is no group stands
    in one of the two rows alone, or in both where its cells were merged."""
    pairs = list(itertools.zip_longest(row, below, fillvalue=""))
    groups = [i for i in range(1, len(pairs)) if pairs[i][1].strip() and pairs[i][1] != pairs[i - 1][1]
              and pairs[i][0] in ("", pairs[i - 1][0]) and pairs[i - 1][0].strip()]  # fmt: skip
    alone = [above for above, under in pairs if above.strip() and under in ("", above)]
    return bool(groups) and bool(alone) and all(above.strip() or under.strip() for above, under in pairs)


def _joined_hits(above: Sequence[str], below: Sequence[str], wanted: Collection[str]) -> int:
    carried = _carried(above)
    every = (
        keys(f"{carried[i] if i < len(carried) else ''} {below[i] if i < len(below) else ''}")
        | (keys(below[i]) if i < len(below) else frozenset())
        | (keys(above[i]) if i < len(above) else frozenset())
        for i in range(max(len(carried), len(below)))
    )
    return sum(not some.isdisjoint(wanted) for some in every)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def hits(row: Sequence[str], wanted: Collection[str]) -> set[str]:
    """Which of the wanted names this row has."""
    return {key for cell in row if cell for key in keys(cell) if key in wanted}


def best_row(rows: Iterable[Sequence[str]], wanted: Collection[str]) -> tuple[int, int]:
    """The row, among the first ones, with most of the wanted headers (in plain form), and how many it has.

    The first of several equals; where none has any, the first row that holds anything, and 0. Where none is wanted
    yet, as for a draft, the first row that is no title.
    """
    if not wanted:
        return _below_titles(list(itertools.islice(rows, MOST_TITLE_ROWS))), 0
    best, most, first = -1, 0, -1
    for number, row in enumerate(rows):
        if number >= MOST_TITLE_ROWS:
            break
        first = number if first < 0 and any(plain(cell) for cell in row) else first
        here = sum(not keys(cell).isdisjoint(wanted) for cell in row if cell and len(cell) < _LONGEST_HEADER)
        if here > most:
            best, most = number, here
    return (best, most) if most else (max(first, 0), 0)


def _below_titles(rows: Sequence[Sequence[str]]) -> int:
    """The first row as wide as the table is; titles take up a cell or two, or one text merged over all of them."""
    widths = [len({cell for cell in row if cell.strip()}) for row in rows]
    usual = sorted(widths)[len(widths) * 3 // 4] if widths else 0
    return next((number for number, width in enumerate(widths) if width and width * 2 > usual), 0)


def positions(headers: Sequence[str], fields: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Where each field stands: cells that spell one of its headers exactly, else but for spaces, else in plain form.

    Several positions mean that the header stands there several times; none, that it is missing.
    """
    trimmed = [_SPACES.sub(" ", header).strip() for header in headers]
    folded = [plain(header) for header in headers]
    found: dict[str, list[int]] = {}
    for name, spellings in fields.items():
        exact = (_where(some, spelling) for some in (headers, trimmed) for spelling in spellings)
        loose = (_where(folded, plain(spelling)) for spelling in spellings)
        found[name] = next((places for places in (*exact, *loose) if places), [])
    return found


def _where(headers: Sequence[str], wanted: str) -> list[int]:
    return [position for position, header in enumerate(headers) if header == wanted]


def distinct(headers: Sequence[str]) -> list[str]:
    """The headers as names for a table: none empty, none twice whatever their capitals, no underscore first."""
    taken: set[str] = set()
    names = []
    for position, header in enumerate(headers, start=1):
        name = _SPACES.sub(" ", header.replace("\x00", "")).strip().lstrip("_ ") or f"column {position}"
        number, unique = 1, name
        while unique.casefold() in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.add(unique.casefold())
        names.append(unique)
    return names
