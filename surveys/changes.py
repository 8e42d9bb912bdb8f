"""What differs between a contract and the questionnaire as it is now, and what each difference does to past answers.

Compares two contracts, the one in the workspace and one drafted from the live survey, so it knows no tool. A difference
that gives past and new answers different meanings blocks until the contract holds a decision about exactly that change.
Which indicators are touched is found by whoever knows them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field as Described
from pydantic import StringConstraints

from surveys.contracts import Contradiction
from surveys.headers import plain
from surveys.questions import OTHER, Question, fields_of
from theory_of_change.model import Day, Definition, Text, Words
from theory_of_change.problems import with_hint

ChangeKind = Literal[
    "question-gone", "question-new", "question-replaced", "question-reworded", "type-changed", "range-changed",
    "scale-reversed", "code-reused", "answer-reworded", "answer-added", "answer-removed", "row-reused", "row-reworded",
    "row-added", "row-removed", "condition-changed", "comment-changed",
]  # fmt: skip
#: `blocking` changes what past answers mean; `action` leaves them but the contract must follow; `note` is for reading.
SEVERITY: Mapping[str, Literal["blocking", "action", "note"]] = {
    "question-replaced": "blocking", "type-changed": "blocking", "range-changed": "blocking",
    "scale-reversed": "blocking", "code-reused": "blocking", "row-reused": "blocking",
    "question-gone": "action", "question-new": "action", "answer-added": "action", "row-added": "action",
    "row-removed": "action", "condition-changed": "action", "question-reworded": "action",
    "answer-reworded": "action", "row-reworded": "action", "answer-removed": "note", "comment-changed": "note",
}  # fmt: skip
#: Types whose answers can stand in one column without changing meaning.
_FAMILIES = {"single": "choice", "yes_no": "choice", "scale": "number", "number": "number", "date": "date",
             "datetime": "date"}  # fmt: skip
#: Likeness in percent (rapidfuzz, words in any order) below which words are other words. From there on they were
#: reworded, unless a number or a no in them changed: `negli ultimi 12 mesi`, `insoddisfatto`.
_OTHER_WORDS = {"question": 55, "answer": 75, "row": 75}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_WORD = re.compile(r"[^\W\d_]+")
_CONTRARY = frozenset(re.findall(
    r"\w+",
    "non no mai senza nessuno nessuna niente nulla poco meno not never none without no less little few nothing don isn",
))  # fmt: skip
_CONTRARY_PREFIXES = ("in", "im", "ir", "il", "dis", "s", "un", "a", "non")


class Decision(Definition):
    """What somebody decided about one change: `continue` (it means the same), `break` (a new question from a day on),
    `map` (the new codes are read as the old ones). `seen` ties it to exactly that change."""

    question: Words
    change: ChangeKind
    item: Words | None = Described(None, description="The code of the answer or sub-question, where it is about one.")
    decision: Literal["continue", "break", "map"]
    on: Day
    by: Words = Described(description="The role of whoever decided, not a person's name.")
    note: Text | None = None
    seen: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]


@dataclass(frozen=True)
class Change:
    """One difference. `item` is the code of an answer or sub-question; `columns` are the columns it touches; `exactly`
    is what it is now, in every language."""

    kind: ChangeKind
    question: str
    header: str
    item: str = ""
    before: str = ""
    after: str = ""
    columns: tuple[str, ...] = ()
    exactly: str = ""

    @property
    def severity(self) -> str:
        return SEVERITY[self.kind]

    @property
    def seen(self) -> str:
        """Eight letters that stand for this change and no other."""
        told = "\n".join((self.kind, self.header, self.item, plain(self.exactly or self.after)))
        return hashlib.sha256(told.encode("utf-8")).hexdigest()[:8]


def changes(
    contract: Sequence[Question], now: Sequence[Question], known: Sequence[str] = (), language: str = "it"
) -> list[Change]:
    """Everything that differs between the questions of a contract and the questionnaire as it is now, told in
    `language`.

    `known` are headers the contract speaks of without a question: roles, and columns it drops.
    """
    mine = {_place(one): one for one in contract if not one.until}
    theirs = {_place(one): one for one in now}
    covered = {plain(name) for name in known}
    found: list[Change] = []
    for place, one in mine.items():
        if place in theirs:
            found += _Comparison(one, theirs[place], language).changes()
        elif not one.computed:
            said = _say(one.text, language)
            found.append(Change("question-gone", one.name, one.header, before=said, columns=_columns(one)))
    for place, one in theirs.items():
        if place not in mine and not one.computed and plain(one.header) not in covered:
            found.append(Change("question-new", one.name, one.header, after=_say(one.text, language)))
    return found


def undecided(found: Sequence[Change], decisions: Sequence[Decision]) -> list[Change]:
    """The blocking changes nobody has decided about yet."""
    return [one for one in found if one.severity == "blocking" and not decision_on(one, decisions)]


def decision_on(change: Change, decisions: Sequence[Decision]) -> Decision | None:
    for one in decisions:
        if one.change == change.kind and one.seen == change.seen and one.question in (change.question, change.header):
            return one
    return None


def _place(one: Question) -> tuple[str, int]:
    return plain(one.header), one.part or 0


def _columns(one: Question, item: str = "") -> tuple[str, ...]:
    """The columns of a question, or of one of its answers or sub-questions."""
    names = tuple(field.column.name for field in fields_of(one))
    return tuple(name for name in names if f"_{item}_" in f"{name}_") if item else names


class _Comparison:
    """One question as the contract has it and as it is now."""

    def __init__(self, one: Question, now: Question, language: str) -> None:
        self.one, self.now, self.language = one, now, language
        self.every = _columns(one)

    def _change(self, kind: ChangeKind, before: Any, after: Any, item: str = "", columns: Any = None) -> Change:
        told = [value if isinstance(value, str) else _say(value, self.language) for value in (before, after)]
        exactly = after if isinstance(after, str) else _exactly(after)
        touched = self.every if columns is None else columns
        return Change(kind, self.one.name, self.one.header, item, *told, touched, exactly)

    def changes(self) -> Iterator[Change]:
        one, now = self.one, self.now
        if (how := _reworded(one.text, now.text, "question")) is not None:
            yield self._change("question-reworded" if how else "question-replaced", one.text, now.text)
        if _kind(one, now) != _kind(now, one):
            yield self._change("type-changed", one.type, now.type)
            return
        if one.range and now.range and one.range != now.range and one.type == "scale":
            yield self._change("range-changed", *(f"{low:g}–{high:g}" for low, high in (one.range, now.range)))
        before, after = _answers(one), _answers(now)
        if _is_turned(before, after):
            words = [" < ".join(_say(texts[code], self.language) for code in before) for texts in (before, after)]
            exactly = " < ".join(_exactly(after[code]) for code in before)
            yield replace(self._change("scale-reversed", *words), exactly=exactly)
        else:
            yield from self._listed(before, after, "code-reused", "answer", one.type == "multiple")
        for key in ("rows", "columns"):
            yield from self._listed(getattr(one, key), getattr(now, key), "row-reused", "row", True)
        if one.asked_when is not None and now.asked_when is not None and one.asked_when != now.asked_when:
            yield self._change("condition-changed", _condition(one), _condition(now))
        for key in ("other", "comment"):
            if getattr(one, key) != getattr(now, key):
                said = [str(getattr(each, key)).lower() for each in (one, now)]
                yield self._change("comment-changed", *said, item=key)

    def _listed(
        self, before: Mapping[str, Text], now: Mapping[str, Text], reused: ChangeKind, stem: str, is_apart: bool
    ) -> Iterator[Change]:
        """What happened to the codes of a list: answers, boxes or sub-questions. A list that one side leaves out says
        nothing. `is_apart` where each code has columns of its own."""
        if not before or not now:
            return
        for code, words in before.items():
            columns = _columns(self.one, code) if is_apart else None
            if code not in now:
                if code != OTHER and code not in self.one.missing:
                    yield self._change(f"{stem}-removed", words, "", code, columns)
                continue
            if _is_bare(code, words) or _is_bare(code, now[code]):
                continue  # `answers: [F, M]` says no words: nothing was changed in them
            if (how := _reworded(words, now[code], stem)) is None:
                continue
            moved = any(_reworded(words, text, stem) is None for other, text in now.items() if other != code)
            yield self._change(f"{stem}-reworded" if how and not moved else reused, words, now[code], code, columns)
        for code, words in now.items():
            if code not in before and code not in self.one.missing:
                yield self._change(f"{stem}-added", "", words, code, () if is_apart else None)


def _kind(one: Question, other: Question) -> str:
    """What its answers are. A scale and a choice of the same codes are alike: which it is, the contract decides."""
    if {one.type, other.type} <= {"single", "scale"} and set(_answers(one)) & set(_answers(other)):
        return "choice"
    return "computed" if one.computed and other.computed else _FAMILIES.get(one.type, one.type)


def _answers(one: Question) -> Mapping[str, Text]:
    return one.answers or one.labels


def _is_turned(before: Mapping[str, Text], now: Mapping[str, Text]) -> bool:
    """True where the same codes bear the same words in the opposite order."""
    codes = list(before)
    if len(codes) < 3 or set(codes) != set(now):
        return False
    pairs = list(zip(codes, reversed(codes), strict=True))
    turned = all(_reworded(before[one], now[other], "answer") is None for one, other in pairs)
    return turned and any(_reworded(before[one], before[other], "answer") is not None for one, other in pairs)


def _is_bare(code: str, words: Text) -> bool:
    """True where the words are only the code again, in every language."""
    return all(plain(words.within(language)) == plain(code) for language in words.languages or ("it",))


def _condition(one: Question) -> str:
    said = (f"{column} = {'/'.join(codes)}" for column, codes in (one.asked_when or {}).items())
    return ", ".join(said) or "always"


def _say(text: Text | None, language: str) -> str:
    return text.within(language, "it", "en") if text else ""


def _exactly(text: Text | None) -> str:
    if text is None:
        return ""
    return "\n".join(text.within(code) for code in sorted(text.languages)) or text.within("it")


def _reworded(one: Text | None, other: Text | None, what: str) -> bool | None:
    """True where the words changed and may mean the same, false where they mean something else, None where they are
    the same or cannot be compared. What differs in one language differs."""
    if one is None or other is None:
        return None
    shared = [code for code in one.languages if code in other.languages]
    if shared:
        found = [_differs(one.within(code), other.within(code), what) for code in shared]
        return None if set(found) == {None} else False not in found
    mine = [one.within(code) for code in one.languages or ("it",)]
    theirs = [other.within(code) for code in other.languages or ("it",)]
    found = [_differs(a, b, what) for a in mine for b in theirs]
    return None if None in found else True in found


def _differs(one: str, other: str, what: str) -> bool | None:
    """The same for two texts in one language; punctuation, capitals and accents are no difference."""
    from rapidfuzz.fuzz import ratio, token_sort_ratio

    words = [_WORD.findall(plain(text)) for text in (one, other)]
    numbers = [_NUMBER.findall(text) for text in (one, other)]
    if words[0] == words[1] and numbers[0] == numbers[1]:
        return None
    texts = [" ".join(each) for each in words]
    likeness = max(ratio(*texts), token_sort_ratio(*texts))
    return likeness >= _OTHER_WORDS[what] and sorted(numbers[0]) == sorted(numbers[1]) and not _is_contrary(*words)


def _is_contrary(one: list[str], other: list[str]) -> bool:
    """True where a no came or went: `non`, `poco`, or `soddisfatto` that became `insoddisfatto`."""
    gone, come = set(one) - set(other), set(other) - set(one)
    if (gone | come) & _CONTRARY:
        return True
    return any(longer == prefix + shorter for prefix in _CONTRARY_PREFIXES
               for shorter, longer in [*((a, b) for a in gone for b in come), *((b, a) for a in gone for b in come)]
               if len(shorter) > 3)  # fmt: skip


def contradictions_of(decisions: Sequence[Decision], questions: Sequence[Question]) -> Iterator[Contradiction]:
    """Decisions about questions that are not there, and those the contract does not carry out."""
    for number, one in enumerate(decisions):
        about = [each for each in questions if one.question in (each.name, each.header)]
        path, facts = ("decisions", number), {"question": one.question}
        if not about:
            names = [each.name for each in questions]
            yield Contradiction("decision-on-nothing", (*path, "question"), with_hint(facts, one.question, names))
        elif one.decision == "map" and not any(each.recode for each in about):
            yield Contradiction("decision-without-recode", (*path, "decision"), facts)
        elif one.decision == "break" and not any(each.until or each.since for each in about):
            yield Contradiction("decision-without-break", (*path, "decision"), facts)
