"""What a coding program's file says, in one shape whatever program wrote it: documents, codes, coded segments, cases.

Pure values. Offsets are Unicode code points in a text with LF line ends, the end not included. A code is known by its
path of names, never by a guid: programs make new ones at every export.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from theory_of_change.problems import Place, Problem, ProblemsFound

CodePath = tuple[str, ...]
Note = tuple[str, Mapping[str, str]]

#: Line and paragraph separators, blanks of every width, and marks that show nothing.
_BLANKS = re.compile("[\\s\u200b\u2060\ufeff]+")


@dataclass(frozen=True)
class Document:
    """A document as the program has it; `text` is None where the file does not carry it."""

    name: str
    text: str | None = None
    path: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Code:
    """A code, or with `is_codable` false a category that only holds others. `path` are the names from the root."""

    name: str
    path: CodePath
    description: str = ""
    colour: str | None = None
    is_codable: bool = True


@dataclass(frozen=True)
class Segment:
    """One code on one stretch of a document, by one coder; `text` are the words coded, as the file quotes them.

    `start` and `end` are None where the file tells no place that could be right. Where it does not carry the
    document's text either, they are as the program wrote them, in whatever it counts.
    """

    document: str
    code: CodePath
    start: int | None
    end: int | None
    text: str
    coder: str | None = None
    memo: str = ""


@dataclass(frozen=True)
class Case:
    """A person, a household, a body, to which documents belong."""

    name: str
    documents: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Codings:
    """All of one file. `notes` are catalogue codes with facts: what was interpreted and what was left out."""

    program: str
    documents: tuple[Document, ...] = ()
    codes: tuple[Code, ...] = ()
    segments: tuple[Segment, ...] = ()
    cases: tuple[Case, ...] = ()
    coders: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def shown(path: CodePath) -> str:
    """A code's path as people read it."""
    return " > ".join(path)


def with_lf(text: str) -> str:
    """The text with LF line ends and without a byte order mark, as offsets count it."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def squeezed(text: str) -> str:
    """The words alone: programs write tabs, line breaks and U+2029 each in their own way."""
    return _BLANKS.sub(" ", text).strip()


def squeezed_with_places(text: str) -> tuple[str, list[int]]:
    """The text with each run of blanks as one space, and the place of each of its characters in `text`."""
    parts, places, at = [], [], 0
    for blank in _BLANKS.finditer(text):
        parts += [text[at : blank.start()], " "]
        places += [*range(at, blank.start()), blank.start()]
        at = blank.end()
    return "".join([*parts, text[at:]]), [*places, *range(at, len(text))]


def known_as(name: object) -> str:
    """A name as it is compared: a Mac writes `è` as two signs, and programs leave blanks behind."""
    return unicodedata.normalize("NFC", squeezed(str(name)))


def unlike_names(names: Iterable[str]) -> list[str]:
    """The names, where one comes again with its number: `memo.txt`, `memo.txt (2)`."""
    given = list(names)
    taken, unlike = set(given), []
    seen: Counter[str] = Counter()
    for name in given:
        seen[name] += 1
        number, own = seen[name], name
        while number > 1 and (own := f"{name} ({number})") in taken:
            number += 1
        taken.add(own)
        unlike.append(own)
    return unlike


def counted(notes: Mapping[str, int]) -> tuple[Note, ...]:
    """Notes that only count: the catalogue's code and how often."""
    return tuple((code, {"count": str(count)}) for code, count in notes.items() if count)


def fault(code: str, file: str, row: int | None = None, **facts: str) -> ProblemsFound:
    return ProblemsFound([Problem(code, Place(file, row), {"file": file.rpartition("/")[2], **facts})])
