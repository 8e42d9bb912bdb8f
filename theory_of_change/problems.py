"""Everything a user can get wrong, and how it is told: where, what was found, what to do, in Italian and English.

The words live in `catalogue/<area>.yml`, one entry for each kind of mistake; code only names the entry and gives the
facts. Finding mistakes belongs to the modules that read; nothing here opens a user's file.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")  # the worst first

_SEVERITY_WORDS = {
    "it": {"error": "errore", "warning": "avviso", "info": "nota"},
    "en": {"error": "error", "warning": "warning", "info": "note"},
}
_HINTS = {"it": "Forse «{hint}»?", "en": "Did you mean “{hint}”?"}
_SLOT = re.compile(r"\{([a-z_]+)\}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]+")
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST_FACT = 600
_LETTERS_FOR_A_SLIP = 4  # of an id, for each letter that may be wrong


@cache
def catalogue() -> Mapping[str, Mapping[str, Any]]:
    """Every entry of every `catalogue/<area>.yml`, by code. That no two areas share a code is held by a test."""
    entries: dict[str, Mapping[str, Any]] = {}
    files = sorted(resources.files("theory_of_change").joinpath("catalogue").iterdir(), key=lambda file: file.name)
    for file in files:
        if not file.name.endswith(".yml"):
            continue
        entries |= yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    return entries


@dataclass(frozen=True)
class Place:
    """Where in the user's files: `file` relative to the workspace, line and column counted from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True)
class Problem:
    """One mistake: its catalogue entry, its place, and the facts that fill the entry's words.

    The fact `hint` is special: the nearest valid name, told as a question before the remedy.
    """

    code: str
    place: Place
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return catalogue().get(self.code, {}).get("severity", "error")

    def message(self, language: str) -> str:
        """What was found, without a full stop."""
        return self._told("what", language).rstrip(".")

    def remedy(self, language: str) -> str:
        """What to do about it; starts with the nearest name where there is one."""
        hint = self.facts.get("hint")
        asked = _HINTS[spoken_in(language)].format(hint=_plain(hint)) if hint else ""
        return " ".join(part for part in (asked, self._told("remedy", language)) if part)

    def why(self, language: str) -> str | None:
        """Why it matters, for what an author may accept; None for a plain mistake."""
        words = catalogue().get(self.code, {}).get("why")
        return words[spoken_in(language)] if words else None

    def line(self, language: str) -> str:
        """The problem on one line: `file:line:column: error: what. remedy [code]`."""
        word = _SEVERITY_WORDS[spoken_in(language)][self.severity]
        what = self.message(language)
        stop = "" if what.endswith(("!", "?", "…")) else "."
        told = " ".join(part for part in (what + stop, self.remedy(language)) if part)
        return f"{self.place}: {word}: {told} [{self.code}]"

    def as_dict(self, language: str) -> dict[str, Any]:
        why = self.why(language)
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "message": self.message(language),
            "remedy": self.remedy(language),
            **({"why": why} if why else {}),
        }

    def _told(self, part: str, language: str) -> str:
        words = catalogue().get(self.code, {}).get(part)
        if words is None:  # an entry we forgot must not hide the user's mistake
            return ", ".join(f"{name}: {_plain(fact)}" for name, fact in self.facts.items()) if part == "what" else ""
        return _SLOT.sub(lambda slot: _plain(self.facts.get(slot[1], slot[0])), words[spoken_in(language)]).strip()


class ProblemsFound(Exception):
    """The user's files hold these problems. Raised at the edges; the command prints them all and exits with 1."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(problem.line("en") for problem in self.problems))


class ServiceFailed(ProblemsFound):
    """A service outside could not be reached, or what answered is not it; the command exits with 4."""


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems without repetitions, in the order of the files and lines they stand in."""
    different = {(p.code, p.place, tuple(sorted(p.facts.items()))): p for p in problems}
    return sorted(
        different.values(),
        key=lambda p: (p.place.file, p.place.line or 0, p.place.column or 0, SEVERITIES.index(p.severity), p.code),
    )


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those that keep a file from being understood or a number from being computed."""
    return [problem for problem in problems if problem.severity == "error"]


def render(problems: Iterable[Problem], language: str) -> str:
    """All problems, one a line, in the order of the files."""
    return "\n".join(problem.line(language) for problem in in_order(problems))


def as_json(problems: Iterable[Problem], language: str) -> str:
    """All problems as a JSON list, in the order of the files."""
    return json.dumps([problem.as_dict(language) for problem in in_order(problems)], ensure_ascii=False, indent=2)


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate the user most likely meant, or None when nothing is near.

    Compares without case first, because a wrong capital is the commonest slip.
    """
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(candidate.casefold(), candidate)
    wanted = word.casefold()
    if wanted in folded:
        return folded[wanted]
    matcher = difflib.SequenceMatcher(None, b=wanted)
    best, likeness = None, 0.599  # just below difflib's own threshold of a close match
    for candidate in reversed(folded):  # of equals the last: `H3` is nearer to `H2` than to `H1`
        matcher.set_seq1(candidate)
        # the two upper bounds are cheap, and keep a theory of thousands of ids quick
        if matcher.real_quick_ratio() > likeness and matcher.quick_ratio() > likeness:
            exact = matcher.ratio()
            if exact > likeness:
                best, likeness = candidate, exact
    return folded[best] if best else None


def nearest_id(name: str, candidates: Iterable[str]) -> str | None:
    """The id that `name` most likely is a slip of: the same number, and letters nearly the same.

    Stricter than `nearest`, because ids are made alike: `NE-12` that is gone is no slip for `NE-32`. Right are another
    case or separator (`ne_12`), a zero more or less (`NE-7`, `NE-07`), digits in another order (unless the number is a
    gap between its neighbours), and one wrong letter in four. What merely begins alike is another id.
    """
    from rapidfuzz.distance import OSA  # only once a name is wrong: loading it takes a while

    letters, numbers = _letters_and_numbers(name)
    known = [(candidate, *_letters_and_numbers(candidate)) for candidate in candidates]
    alike = [own for _, own_letters, own in known if own_letters == letters]
    is_gap = all([*numbers[:-1], str(int(numbers[-1]) + step)] in alike for step in (-1, 1)) if numbers else False
    best: tuple[int, str] | None = None
    for candidate, own_letters, own_numbers in known:
        wrong = OSA.distance(letters, own_letters)
        if numbers != own_numbers:
            swapped = wrong == 0 and sorted("".join(numbers)) == sorted("".join(own_numbers))
            if is_gap or not swapped:
                continue
            wrong = 1
        elif wrong * _LETTERS_FOR_A_SLIP > len(letters):
            continue
        if best is None or wrong < best[0]:
            best = wrong, candidate
    return best[1] if best else None


def _letters_and_numbers(own_id: str) -> tuple[str, list[str]]:
    """An id without what people slip on most: case, separators and leading zeros."""
    folded = own_id.casefold()
    numbers = [number.lstrip("0") or "0" for number in re.findall(r"\d+", folded)]
    return re.sub(r"[\W\d_]+", "", folded), numbers


def with_hint(facts: Mapping[str, str], word: str, candidates: Iterable[str]) -> dict[str, str]:
    """The facts, with the nearest candidate as `hint` where there is one."""
    hint = nearest(word, candidates)
    return {**facts, "hint": hint} if hint else dict(facts)


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words as a comma list that reads alike in every language, cut where it gets long."""
    every = list(words)
    return ", ".join(every[:most]) + (", …" if len(every) > most else "")


def spoken_in(language: str) -> str:
    """Messages exist in Italian and English; any other language falls back to English."""
    return "it" if language.split("-")[0] == "it" else "en"


def _plain(fact: object) -> str:
    """A fact on one line and of bounded length, so that a file's odd bytes cannot break the output.

    Words written from right to left stand between isolates (Unicode UAX 9), so that they cannot turn the sentence
    around them; directions the file itself orders are dropped.
    """
    words = _UNPRINTABLE.sub(" ", _DIRECTIONS.sub("", str(fact))).strip()
    words = words if len(words) <= _LONGEST_FACT else words[: _LONGEST_FACT - 1] + "…"
    turns = not words.isascii() and any(unicodedata.bidirectional(sign) in ("R", "AL", "AN") for sign in words)
    return f"\u2068{words}\u2069" if turns else words
