"""The gate between what was said and what a report quotes: which passages pass, and which of those are chosen.

A passage passes with consent to be quoted, as the words of one speaker, within its bounds, and without a word that may
say who somebody is. Everything here is pure; where the words stand is for `pipelines.quoting`. The words of a passage
that does not pass leave this module only as `Judged.seen`, for the terminal of whoever masks them.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from math import ceil
from types import MappingProxyType

from surveys.corpora.identifying_words import Mark, begins_sentence, marks
from surveys.corpora.masking import masked
from surveys.corpora.quote_contracts import Pick, Quotes
from surveys.corpora.speakers import asks

_CONTEXT = 40
_ENDS = re.compile(r"[.!?…][\"”»’)\]]*\s*\Z")
_STAND_INS = ("Persona", "Speaker")


@dataclass(frozen=True)
class Spoken:
    """One document as stored: its text, who speaks where (role, start, end), and what may be done with it."""

    id: str
    text: str = field(repr=False)
    language: str
    consent: str
    turns: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Passage:
    """What one speaker says in a coded stretch: whole words of the document's text. `role` is None where the document
    tells no turns."""

    document: Spoken
    code: str
    start: int
    end: int
    role: str | None = None

    @cached_property
    def raw(self) -> str:
        return self.document.text[self.start : self.end]

    @cached_property
    def sign(self) -> str:
        """Ten characters by which a person names the passage without its words; others as soon as a word changes."""
        return hashlib.sha256(f"{self.document.id}\x00{self.raw}".encode()).hexdigest()[:10]

    @property
    def words(self) -> int:
        return len(self.raw.split())


@dataclass(frozen=True)
class Judged:
    """A passage after the gate. `reasons` says why it does not pass: `consent`, `short`, `long`, `identifying`;
    `text` is what may be published, None where there are reasons."""

    passage: Passage
    reasons: tuple[str, ...]
    text: str | None = field(repr=False)
    marks: tuple[Mark, ...] = field(default=(), repr=False)  # places within `seen`
    seen: str = field(default="", repr=False)  # masked as far as masks go; never published while there are reasons

    @property
    def passes(self) -> bool:
        return self.text is not None


@dataclass(frozen=True)
class Chosen:
    """A passage to be quoted, and how it was chosen: by `rule`, or by `hand` with role and day. `is_balancing` is true
    for one added because those already chosen left the adverse out."""

    judged: Judged
    by: str
    role: str | None = None
    day: date | None = None
    is_balancing: bool = False

    @property
    def passage(self) -> Passage:
        return self.judged.passage


@dataclass(frozen=True)
class Balance:
    """What was quoted of an element in one direction, and why what was not could not be, or `not_chosen`."""

    element: str
    direction: str
    n_quoted: int
    reasons: tuple[str, ...]


#: What each code says of elements: pairs of element and direction.
Meanings = Mapping[str, Sequence[tuple[str, str]]]


# Passages ------------------------------------------------------------------------------------------------------------


def passages(document: Spoken, segments: Iterable[tuple[str, int, int]]) -> list[Passage]:
    """The passages of a document from its coded stretches (code, start, end), in order. Of a stretch that several
    people speak in, the longest turn; of stretches of one code that overlap, the longest. Who asks is not quoted."""
    found: list[Passage] = []
    for code, start, end in segments:
        parts = [
            (role, max(start, a), min(end, b)) for role, a, b in document.turns if a < end and start < b
        ] if document.turns else [(None, start, end)]  # fmt: skip
        said = [(role, *_whole(document.text, a, b)) for role, a, b in parts if role is None or not asks(role)]
        said = [part for part in said if part[1] < part[2]]
        if said:
            role, a, b = max(said, key=lambda part: (part[2] - part[1], -part[1]))
            found.append(Passage(document, code, a, b, role))
    kept: list[Passage] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start, one.code)):
        if not any(one.code == other.code and overlap(one, other) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: (one.start, one.end, one.code))


def overlap(one: Passage, other: Passage) -> bool:
    return one.document.id == other.document.id and one.start < other.end and other.start < one.end


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch grown to whole words, without blanks at its ends: half a name is no safer than all of it."""
    while start > 0 and start < len(text) and _joined(text[start - 1]) and _joined(text[start]):
        start -= 1
    while 0 < end < len(text) and _joined(text[end - 1]) and _joined(text[end]):
        end += 1
    said = text[start:end]
    return start + len(said) - len(said.lstrip()), end - (len(said) - len(said.rstrip()))


def _joined(sign: str) -> bool:
    return sign.isalnum() or sign in "'’-_@"


# The gate ------------------------------------------------------------------------------------------------------------


def judge(passage: Passage, quotes: Quotes, masks: Mapping[str, str] = MappingProxyType({})) -> Judged:
    """Whether the passage may be quoted, with the words of `masks` replaced by their placeholders. Without consent its
    words are not even looked at."""
    document = passage.document
    if document.consent != "quotes":
        return Judged(passage, ("consent",), None)
    before = document.text[max(0, passage.start - _CONTEXT) : passage.start]
    said = masked(passage.raw, masks)
    cleared = {*quotes.cleared, *_roles(document)}
    found = marks(before + said, len(before), len(before + said), document.language, cleared, masks.values())
    bounds = quotes.bounds
    reasons = [
        *(["short"] if passage.words < bounds.shortest else ["long"] if passage.words > bounds.longest else []),
        *(["identifying"] if found else []),
    ]
    placed = tuple(Mark(mark.kind, mark.start - len(before), mark.end - len(before)) for mark in found)
    return Judged(passage, tuple(reasons), None if reasons else _written(passage, said), placed, said)


def _roles(document: Spoken) -> Iterator[str]:
    """Words that landing itself put in the place of names."""
    yield from _STAND_INS
    for role, _, _ in document.turns:
        yield from re.findall(r"[^\W\d_]+", role)


def _written(passage: Passage, said: str) -> str:
    """The words on one line, with dots where a sentence was cut."""
    text = passage.document.text
    line = " ".join(said.split())
    turn_end = next((b for _, a, b in passage.document.turns if a <= passage.start < b), len(text))
    is_whole = bool(_ENDS.search(line)) or passage.end >= turn_end or text[passage.end : passage.end + 1] in "\n"
    stops = text[passage.end : passage.end + 1]
    if not is_whole and stops and stops in ".!?…":
        line, is_whole = line + stops, True
    starts = begins_sentence(text, passage.start) or any(a == passage.start for _, a, _ in passage.document.turns)
    return f"{'' if starts else '… '}{line}{'' if is_whole else ' …'}"


# Choosing ------------------------------------------------------------------------------------------------------------


def choose(judged: Sequence[Judged], quotes: Quotes, meanings: Meanings) -> tuple[list[Chosen], list[Pick]]:
    """The passages to quote, those picked by hand first; and the picks that fit no passage, or one that does not pass.

    The rule takes of each code so many passages: one of each document before a second of any, the longest first. Then
    of every element quoted, as many passages against it as their part in all its passages asks for, and at least one.
    """
    chosen, unmet = _picked(judged, quotes)
    if quotes.rule:
        codes = quotes.rule.codes or tuple(dict.fromkeys(one.passage.code for one in judged))
        for code in codes:
            there = sum(one.passage.code == code for one in chosen)
            chosen += _next([one for one in judged if one.passage.code == code], chosen, quotes.rule.per_code - there)
    return chosen + _adverse(judged, chosen, meanings), unmet


def _picked(judged: Sequence[Judged], quotes: Quotes) -> tuple[list[Chosen], list[Pick]]:
    chosen: list[Chosen] = []
    unmet: list[Pick] = []
    for pick in quotes.picks:
        fitting = [one for one in judged if one.passes and _fits(one.passage, pick)]
        fitting = [one for one in fitting if not any(one is other.judged for other in chosen)]
        if fitting:
            best = max(fitting, key=lambda one: (one.passage.words, -one.passage.start))
            chosen.append(Chosen(best, "hand", pick.by, pick.date))
        else:
            unmet.append(pick)
    return chosen, unmet


def _fits(passage: Passage, pick: Pick) -> bool:
    return (
        pick.passage in (None, passage.sign)
        and pick.document in (None, passage.document.id)
        and pick.code in (None, passage.code)
    )


def _next(judged: Sequence[Judged], chosen: Sequence[Chosen], wanted: int, is_balancing: bool = False) -> list[Chosen]:
    """The next passages in the rule's order that share no words with one already chosen."""
    by_document: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.passes:
            by_document[one.passage.document.id].append(one)
    ranked: list[tuple[int, int, str, int, Judged]] = []
    for document, own in by_document.items():
        used = sum(one.passage.document.id == document for one in chosen if one.passage.code == own[0].passage.code)
        own.sort(key=lambda one: (-one.passage.words, one.passage.start))
        ranked += [(used + turn, -one.passage.words, document, one.passage.start, one)
                   for turn, one in enumerate(own)]  # fmt: skip
    found: list[Chosen] = []
    for *_, one in sorted(ranked, key=lambda entry: entry[:4]):
        if len(found) >= wanted:
            break
        if not any(overlap(one.passage, other.passage) for other in (*chosen, *found)):
            found.append(Chosen(one, "rule", is_balancing=is_balancing))
    return found


def _adverse(judged: Sequence[Judged], chosen: Sequence[Chosen], meanings: Meanings) -> list[Chosen]:
    """What has to be added so that nobody reads the favourable side alone."""
    added: list[Chosen] = []
    for element in sorted({element for one in chosen for element, _ in meanings.get(one.passage.code, ())}):
        spoken = {code: direction for code, said in meanings.items() for own, direction in said if own == element}
        every = [one for one in judged if one.passage.code in spoken]
        against = [one for one in every if spoken[one.passage.code] == "against"]
        while against:
            now = [one for one in (*chosen, *added) if one.passage.code in spoken]
            there = sum(spoken[one.passage.code] == "against" for one in now)
            if there >= ceil(len(against) * len(now) / len(every)):
                break
            more = _next(against, [*chosen, *added], 1, is_balancing=True)
            if not more:
                break
            added += more
    return added


def balance(judged: Sequence[Judged], chosen: Sequence[Chosen], meanings: Meanings) -> list[Balance]:
    """For every element spoken of and every direction, how many passages are quoted, and why others are not."""
    quoted = {id(one.judged) for one in chosen}
    found: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in judged:
        for element, direction in meanings.get(one.passage.code, ()):
            found[element, direction].append(one)
    rows = []
    for (element, direction), own in sorted(found.items()):
        left = [one for one in own if id(one) not in quoted]
        reasons = {reason for one in left for reason in (one.reasons or ("not_chosen",))}
        rows.append(Balance(element, direction, len(own) - len(left), tuple(sorted(reasons))))
    return rows
