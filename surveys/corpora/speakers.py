"""Who speaks where in a transcript, and the same transcript with roles in the place of names.

A label at the beginning of a line (`I:`, `Intervistatrice:`, `**Anna:**`, `[00:01:02] Maria:`, `Maria Rossi  0:03`)
begins a turn. One that the contract lists becomes its role; any other becomes Speaker 1, Speaker 2 … in the order they
speak. Where such a label is a name, it is replaced wherever it stands as a word, too. Names of anybody else are not
recognised here: they are for those who transcribe to take out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from itertools import accumulate, pairwise
from typing import NamedTuple

import yaml

_TIME = r"[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?[\])]?"
_NAME = r"[^\W\d_][\w.'’´-]{0,24}(?:[ \t]{1,2}[\w.'’´-]{1,24}){0,3}?"
_LABEL = re.compile(
    rf"^[ \t]*(?:[-–—•][ \t]+)?(?P<time>{_TIME}[ \t]*[-–—]?[ \t]*)?(?P<bold>\*\*|__|)[ \t]*"
    rf"(?P<name>{_NAME})(?P<aside>[ \t]*\([^()\n]{{1,40}}\))?(?P<later>[ \t]*{_TIME})?[ \t]*"
    r"(?:(?P=bold)[ \t]*:|:[ \t]*(?P=bold))(?!//|\d)[ \t]*",
    re.MULTILINE,
)
_HEADING = re.compile(
    rf"^[ \t]*(?P<name>{_NAME})(?:[ \t]+|[ \t]*[-–—|][ \t]*){_TIME}[ \t]*\n(?=[ \t]*\S)", re.MULTILINE
)
_STANDS_FOR = {"it": "Persona", "en": "Speaker"}
_FEWEST_IN_PROSE = 2  # times a label comes in a text that is no conversation


@cache
def _words() -> Mapping[str, frozenset[str]]:
    text = resources.files("surveys.corpora").joinpath("words.yml").read_text(encoding="utf-8")
    return {kind: frozenset(words) for kind, words in yaml.load(text, Loader=yaml.CSafeLoader).items()}


@dataclass(frozen=True)
class Role:
    """What the contract says of a label: the role, which of several people in it, and what these have in common."""

    role: str
    number: int | None = None
    group: Mapping[str, str] = field(default_factory=dict)


class Turn(NamedTuple):
    """What one speaker says in one go: `start` and `end` are code points of the text as stored."""

    role: str
    start: int
    end: int
    group: Mapping[str, str] = {}


@dataclass(frozen=True)
class Told:
    """A transcript as it may be stored. `replaced` are the stretches of the text as it came that are others now, in
    order; `unknown` counts speakers the contract does not list, `mentions` the places names were replaced within what
    is said."""

    text: str
    turns: tuple[Turn, ...]
    replaced: tuple[tuple[int, int, str], ...] = ()
    unknown: int = 0
    mentions: int = 0

    def at(self, offset: int, is_end: bool = False) -> int:
        """Where a place of the text as it came stands in the text as stored; inside what was replaced, its edge."""
        before = bisect_left(self._starts, offset) - 1  # the last stretch that begins before it
        if before < 0:
            return offset
        start, end, instead = self.replaced[before]
        if offset < end:
            return start + self._shifts[before] + (len(instead) if is_end else 0)
        return offset + self._shifts[before + 1]

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _, _ in self.replaced]

    @cached_property
    def _shifts(self) -> list[int]:
        """By how much the text has grown before each stretch, and after the last."""
        return list(accumulate((len(instead) - (end - start) for start, end, instead in self.replaced), initial=0))


class _Label(NamedTuple):
    start: int  # of the whole mark
    name_start: int
    name_end: int
    end: int
    name: str
    is_sure: bool


def told(
    text: str,
    speakers: Mapping[str, Role],
    language: str = "it",
    voices: Collection[str] = (),
    is_conversation: bool = True,
) -> Told:
    """The turns of a transcript, its labels replaced by roles. `voices` are names a file itself gives as speakers."""
    known = {_folded(label): role for label, role in speakers.items()}
    labels = _speaking(text, known, voices, is_conversation)
    stands_for = _stand_ins(labels, known, language)
    instead: dict[tuple[int, int], str] = {}
    for label in labels:
        instead[label.name_start, label.name_end] = stands_for[_folded(label.name)]
    taken = {at for label in labels for at in range(label.name_start, label.name_end)}
    mentions = [one for one in _mentions(text, labels, stands_for) if one[0] not in taken]
    replaced = tuple(sorted([*((*span, words) for span, words in instead.items()), *mentions]))
    whole = Told(_rewritten(text, replaced), (), replaced, sum(folded not in known for folded in stands_for),
                 len(mentions))  # fmt: skip
    turns = []
    for label, following in pairwise([*labels, None]):
        end = following.start if following else len(text)
        said = text[label.end : end]
        begins = label.end + len(said) - len(said.lstrip())
        stops = label.end + len(said.rstrip())
        if stops > begins:
            speaker = _folded(label.name)
            group = known[speaker].group if speaker in known else {}
            turns.append(Turn(stands_for[speaker], whole.at(begins), whole.at(stops, is_end=True), group))
    return Told(whole.text, tuple(turns), replaced, whole.unknown, whole.mentions)


def _speaking(text: str, known: Mapping[str, Role], voices: Collection[str], is_conversation: bool) -> list[_Label]:
    """The labels that begin a turn, in order."""
    sure = {_folded(voice) for voice in voices}
    found = sorted(_labels(text), key=lambda label: label.start)
    found = [one for before, one in pairwise([None, *found]) if before is None or one.start >= before.end]
    often = Counter(_folded(label.name) for label in found)
    fewest = 1 if is_conversation else _FEWEST_IN_PROSE
    return [
        label for label in found
        if _folded(label.name) in known or _folded(label.name) in sure or label.is_sure
        or (often[_folded(label.name)] >= fewest and _may_be_speaker(label.name))
    ]  # fmt: skip


def _labels(text: str) -> Iterator[_Label]:
    for match in _LABEL.finditer(text):
        start, end = match.span("name")
        aside = match.end("aside") if match["aside"] else end
        is_sure = (
            bool(match["time"] or match["later"] or match["bold"])
            and _folded(match["name"]) not in _words()["no_speaker"]
        )
        yield _Label(match.start(), start, aside, match.end(), match["name"], is_sure)
    for match in _HEADING.finditer(text):
        yield _Label(match.start(), *match.span("name"), match.end(), match["name"], _may_be_speaker(match["name"]))


def _may_be_speaker(name: str) -> bool:
    """True for `Anna`, `Maria De Rossi`, `R1`, `INT.`; false for `Ad esempio`, `Nota`."""
    words = re.split(r"[ \t]+", name)
    if any(word.casefold().strip(".") in _words()["no_speaker"] for word in words):
        return False
    proper = [word for word in words if word.casefold() not in _words()["particles"] and not word.isdigit()]
    return bool(proper) and words[0][:1].isupper() and all(word[:1].isupper() for word in proper)


def _stand_ins(labels: Sequence[_Label], known: Mapping[str, Role], language: str) -> dict[str, str]:
    """What stands in the place of each label. Several labels of one role without numbers are numbered as they come."""
    order = list(dict.fromkeys(_folded(label.name) for label in labels))
    sharing = Counter(known[name].role for name in order if name in known)
    numbers: Counter[str] = Counter()
    found: dict[str, str] = {}
    for name in order:
        role = known.get(name)
        if role is None:
            numbers[""] += 1
            found[name] = f"{_STANDS_FOR.get(language, _STANDS_FOR['en'])} {numbers['']}"
        elif role.number is not None:
            found[name] = f"{role.role} {role.number}"
        elif sharing[role.role] > 1:
            numbers[role.role] += 1
            found[name] = f"{role.role} {numbers[role.role]}"
        else:
            found[name] = role.role
    return found


def _mentions(text: str, labels: Sequence[_Label], stands_for: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Where a speaker's name stands among the words, whole or one part of it, written with a capital."""
    called: dict[str, str] = {}
    for name, instead in [*((label.name, stands_for[_folded(label.name)]) for label in labels),
                          *_introduced(text, labels, stands_for)]:  # fmt: skip
        for word in (name, *re.split(r"[ \t]+", name)):
            proper = word.title() if word.isupper() and len(word) > 3 else word
            if _is_proper(proper):
                called |= {form: called.get(form, instead) for form in (proper, proper.upper())}
    if not called:
        return
    alternatives = "|".join(re.escape(word) for word in sorted(called, key=len, reverse=True))
    for match in re.finditer(rf"(?<!\w)(?:{alternatives})(?!\w)", text):
        yield match.start(), match.end(), called[match[0]]


def _introduced(text: str, labels: Sequence[_Label], stands_for: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names that stand where a role is first written, as `Intervistata: Maria Rossi` above an interview."""
    seen: set[str] = set()
    for label in labels:
        name = _folded(label.name)
        line = text[label.end :].split("\n", 1)[0].strip()
        words = line.split()
        if name not in seen and name in _words()["roles"] and 2 <= len(words) <= 4 and _is_proper(" ".join(words)):
            yield line, stands_for[name]
        seen.add(name)


def _is_proper(word: str) -> bool:
    """True for what can only be somebody's name: `Anna`, no `I`, `INT` or `Moderatrice`."""
    bare = [part for part in re.split(r"[ \t]+", word) if part.casefold() not in _words()["particles"]]
    return bool(bare) and all(
        len(part) > 2
        and part[0].isupper()
        and not part.isupper()
        and part.isalpha()
        and part.casefold() not in _words()["roles"]
        for part in bare
    )


def _rewritten(text: str, replaced: Sequence[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, instead in replaced:
        parts += [text[at:start], instead]
        at = end
    return "".join([*parts, text[at:]])


def asks(role: str) -> bool:
    """True for a role that asks or leads, as an interviewer: `intervistatrice`, `moderator 2`."""
    return re.sub(r"\s*\d+$", "", _folded(role)) in _words()["asking"]


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("’", "'").split()).strip(". ")
