"""What a sheet's words are: which row is the header, what a column holds, which level a row is of, what a cell lists.

Only words are compared, Italian and English ones from `words.yml`, never positions. What becomes of what is recognised
belongs to `drafting`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipelines.exchange.sheets import Cell, Sheet
from pipelines.exchange.wording import words

_MOST_TITLE_ROWS = 40
_LONGEST_HEADER = 80
_SIGN = r"^\s*(?:[-–—•·*▪►]\s+|\(?(?:\d{1,2}|[a-z])[.)]\s+)"  # of a list, saying nothing of what it lists
_PLAIN_BULLET = re.compile(_SIGN)
_BULLET = re.compile(_SIGN + r"|^\s*\d{1,2}(?:\.\d{1,2})+[.)]?\s+")
#: A code in front: a single number or letters with a number need a sign behind them, for `2 hubs` and `CO2` are none.
_CODE = re.compile(
    r"^\s*(?:(?P<dotted>(?:[A-Z]{1,3}[-.]?)?\d+(?:\.\d+)+)[.:)\-–]?|(?P<single>(?:[A-Z]{1,3}[-.]?)?\d+)\s?[.:)\-–])"
    r"\s+(?P<text>\S.*)$",
    re.S,
)
_LABELLED = re.compile(r"^\s*(?P<level>[^\d:]{3,40}?)\s*(?P<number>\d+(?:\.\d+)*)?\s*[:.–-]\s+(?P<text>\S.*)$", re.S)
_ELEMENTS = ("impact", "outcome", "output", "activity", "input", "need")


def folded(text: str) -> str:
    """Words alone: no accents, signs, capitals or what stands in brackets."""
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w]+|_", " ", plain.casefold()).split())


@cache
def _phrases(section: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Each known phrase with what it may mean and in which language."""
    found: dict[str, list[tuple[str, str]]] = {}
    for meaning, spoken in words()[section].items():
        for language, phrases in spoken.items():
            for phrase in phrases:
                found.setdefault(folded(phrase), []).append((meaning, language))
    return {phrase: tuple(meanings) for phrase, meanings in found.items()}


@dataclass(frozen=True)
class Meaning:
    name: str
    languages: frozenset[str]
    exact: bool


def header_of(text: str) -> Meaning | None:
    """What a column of this header holds: a role, or a level of the chain as `level:<name>`."""
    if len(text) > _LONGEST_HEADER:
        return None
    plain = folded(text)
    for section, prefix in (("headers", ""), ("levels", "level:")):
        phrases = _phrases(section)
        if plain in phrases:
            name = phrases[plain][0][0]
            return Meaning(prefix + name, frozenset(one for mean, one in phrases[plain] if mean == name), True)
    starts = [phrase for phrase in _phrases("headers") if len(phrase) > 3 and plain.startswith(f"{phrase} ")]
    if not starts:
        return None
    meanings = _phrases("headers")[max(starts, key=len)]
    return Meaning(meanings[0][0], frozenset(language for _, language in meanings), False)


def level_of(text: str) -> str | None:
    """The level these words name, alone or with a number behind: `Outcome`, `Risultati attesi`, `Output 1.2`."""
    explicit = re.search(r"\b(impact|outcome|output)s?\b", text.casefold())
    plain = re.sub(r"(\s\d+)+$", "", folded(text))
    found = _phrases("levels").get(plain)
    if found:
        return explicit[1] if explicit else found[0][0]
    return None


def labelled(text: str) -> tuple[str, str | None, str] | None:
    """`Output 1.1: open hubs` as level, number and words."""
    match = _LABELLED.match(text)
    level = level_of(match["level"]) if match else None
    return (level, match["number"], match["text"].strip()) if match and level else None


def coded(text: str) -> tuple[str | None, str]:
    """A code in front of the words, if there is one: `R1.2 Open hubs`, `1.1. Open hubs`."""
    match = _CODE.match(text)
    return (match["dotted"] or match["single"], match["text"].strip()) if match else (None, text.strip())


def items(text: str) -> list[str]:
    """What a cell lists: one item for each bullet or number at the beginning of a line, else the cell as one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not _BULLET.match(lines[0]) or sum(bool(_BULLET.match(line)) for line in lines) < 2:
        return [" ".join(lines)] if lines else []
    found: list[str] = []
    for line in lines:
        if _BULLET.match(line):
            found.append(_PLAIN_BULLET.sub("", line))
        else:
            found[-1] += f" {line}"
    return found


@dataclass(frozen=True)
class Found:
    """A table of a sheet: its columns by role, in whose language its headers are, its rows, what stood above it."""

    sheet: str
    roles: Mapping[int, str]
    headers: Mapping[int, Cell]
    language: str | None
    rows: tuple[Mapping[int, Cell], ...]
    above: tuple[Mapping[int, Cell], ...]

    def column(self, role: str) -> int | None:
        return next((column for column, name in self.roles.items() if name == role), None)

    @property
    def elements(self) -> list[tuple[int, str]]:
        """Columns that hold elements of one level, from impact down."""
        found = [(column, name.removeprefix("level:")) for column, name in self.roles.items() if name[:6] == "level:"]
        return sorted(found, key=lambda one: _ELEMENTS.index(one[1]))


def tables(sheet: Sheet) -> tuple[list[Found], list[Mapping[int, Cell]]]:
    """The tables of a sheet from top to bottom; the rows themselves where it has no header that is understood."""
    starts = [(position, meanings) for position, row in enumerate(sheet.rows)
              if (meanings := _header(row, first=position < _MOST_TITLE_ROWS))]  # fmt: skip
    if not starts:
        return [], list(sheet.rows)
    kept = [starts[0]] + [(p, m) for p, m in starts[1:] if sum(one.exact for one in m.values()) >= 3]
    found = []
    for number, (position, meanings) in enumerate(kept):
        end = kept[number + 1][0] if number + 1 < len(kept) else len(sheet.rows)
        rows = tuple(sheet.rows[position + 1 : end])
        roles = {column: meaning.name for column, meaning in meanings.items()}
        roles |= _levels_without_header(rows, roles)
        above = tuple(sheet.rows[:position]) if number == 0 else ()
        languages = Counter(one for meaning in meanings.values() if len(meaning.languages) == 1
                            for one in meaning.languages)  # fmt: skip
        spoken = languages.most_common(1)[0][0] if languages else None
        found.append(Found(sheet.name, roles, sheet.rows[position], spoken, rows, above))
    return found, []


def _header(row: Mapping[int, Cell], first: bool) -> dict[int, Meaning] | None:
    """Columns by meaning where this row is a header: two things recognised, or an indicator's among the first rows."""
    own = {column: cell for column, cell in row.items() if cell.own}
    meanings: dict[int, Meaning] = {}
    for column, cell in own.items():
        meaning = header_of(cell.text)
        if meaning and meaning.name not in (one.name for one in meanings.values()):
            meanings[column] = meaning
    strong = {"indicator", "statement", "level:outcome", "level:output"} & {one.name for one in meanings.values()}
    if len(meanings) >= 2 and any(one.exact for one in meanings.values()) and 2 * len(meanings) >= len(own):
        return meanings if strong or len(meanings) >= 3 else None
    alone = first and len(own) == len(meanings) == 1 and all(one.exact for one in meanings.values())
    return meanings if alone and "indicator" in strong else None


def _levels_without_header(rows: Iterable[Mapping[int, Cell]], roles: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """A column in which half of the cells name a level says what each row is, whatever its header."""
    if "level" in roles.values():
        return {}
    told: dict[int, Counter] = {}
    for row in rows:
        for column, cell in row.items():
            if cell.own and (column not in roles or roles[column] == "statement"):
                told.setdefault(column, Counter())[bool(level_of(cell.text))] += 1
    columns = [column for column, count in told.items() if count[True] and count[True] >= count[False]]
    return {min(columns): "level"} if columns else {}
