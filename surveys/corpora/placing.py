"""Every coded segment held against the transcript it is of: it stands where the file says, or moved, or needs a look.

Serves a first import, where the program's text may differ from the transcript in blanks, and a transcript corrected
later. Words that stand at several places are told apart by what surrounds them, never guessed. Pure: texts come in.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.corpora.codings import Codings, Segment, shown, squeezed, squeezed_with_places
from surveys.corpora.offsets import LONG, MOST_PLACES, Written, cuts_words, places_of, quoted_places, settle
from theory_of_change.problems import Place, Problem

State = Literal["placed", "moved", "look"]
Why = Literal["same", "words", "context", "absent", "ambiguous", "beyond", "document"]

_CONTEXT = 80  # characters compared on either side
_CLEARLY = 20  # of 200: how much nearer one place must be than the next
_ALIKE = 100  # of 200: a short segment is only believed where its surroundings are as before


@dataclass(frozen=True)
class Stands:
    """Where words stand now, in code points of the current text. `why`: `same` place; found by their `words`, which
    stand nowhere else; told from equal ones by their `context`; `absent`, `ambiguous` between equal places, `beyond`
    the text's end, or no such `document`."""

    state: State
    start: int | None
    end: int | None
    why: Why


@dataclass(frozen=True)
class Placed:
    """A segment with where it stands in the transcript, and the transcript's own words there."""

    segment: Segment
    stands: Stands
    text: str = ""


def place(codings: Codings, transcripts: Mapping[str, str]) -> tuple[Placed, ...]:
    """Every segment against the transcript of its document (by the program's name for it), in the order of the file.

    Only a segment whose state is not `look` may be counted.
    """
    own = {document.name: document.text for document in codings.documents}
    of_document: dict[str, list[int]] = defaultdict(list)
    for i, segment in enumerate(codings.segments):
        of_document[segment.document].append(i)
    found: dict[int, Stands] = {}
    for name, numbers in of_document.items():
        segments = [codings.segments[i] for i in numbers]
        if name not in transcripts:
            placed = [Stands("look", None, None, "document")] * len(numbers)
        else:
            placed = _in_document(segments, own.get(name), transcripts[name])
        found |= dict(zip(numbers, placed, strict=True))
    return tuple(
        Placed(one, found[i], transcripts[one.document][found[i].start : found[i].end]
               if found[i].start is not None else "")
        for i, one in enumerate(codings.segments)
    )  # fmt: skip


def _in_document(segments: Sequence[Segment], own: str | None, transcript: str) -> list[Stands]:
    if own is None:
        return _by_claim(segments, transcript)
    spans = [(one.start, one.end) for one in segments if one.start is not None and one.end is not None]
    carried = iter(carry(own, transcript, spans))
    return [next(carried) if one.start is not None and one.end is not None else by_words(one.text, transcript)
            for one in segments]  # fmt: skip


def _by_claim(segments: Sequence[Segment], transcript: str) -> list[Stands]:
    """Segments of a document whose text the file lacks: the place as written, if the words there are the quoted ones,
    else wherever the words stand."""
    claims = [i for i, one in enumerate(segments) if one.start is not None and one.end is not None]
    written = [("", Written(segments[i].start, segments[i].end, segments[i].text)) for i in claims]  # type: ignore[arg-type]
    settled = dict(zip(claims, settle({"": transcript}, written)[0], strict=True))
    found = []
    for i, one in enumerate(segments):
        at = settled.get(i)
        words = by_words(one.text, transcript)
        if at is not None and at.why == "checked":
            found.append(Stands("placed", at.start, at.end, "same"))
        elif at is not None and at.why == "unchecked" and not squeezed(one.text):
            found.append(Stands("placed", at.start, at.end, "same"))  # no words to hold against it
        elif at is not None and at.why == "beyond" and words.state == "look":
            found.append(Stands("look", None, None, "beyond"))
        else:
            found.append(
                words if at is None or words.state == "look" else Stands("moved", words.start, words.end, "words")
            )
    return found


def by_words(words: str, transcript: str) -> Stands:
    """Words with no place of their own: `placed` where they stand once."""
    wanted = squeezed(words)
    text, places = squeezed_with_places(transcript)
    found = list(itertools.islice(quoted_places(wanted, text), 2)) if wanted else []
    if len(found) == 1:
        return Stands("placed", *_span(found[0], wanted, places), "words")
    return Stands("look", None, None, "ambiguous" if found else "absent")


def carry(old: str, new: str, spans: Sequence[tuple[int, int]]) -> list[Stands]:
    """Where stretches of an older text stand in the newer one, each given and told as start and end in code points.

    Text that differs in blanks alone is the same text. Otherwise a stretch is kept where its words stand still: at the
    one place they have, or at the one that its surroundings tell from others; of short words, and where the old text
    had the same words several times, the surroundings must tell in any case.
    """
    if old == new:
        return [Stands("placed", start, end, "same") if 0 <= start <= end <= len(old)
                else Stands("look", None, None, "beyond") for start, end in spans]  # fmt: skip
    here, there = _Blankless(old), _Blankless(new)
    is_same_text = here.text == there.text
    return [_carried(span, here, there, is_same_text) for span in spans]


class _Blankless:
    """A text with its blanks made alike, and the way to and from its places."""

    def __init__(self, given: str) -> None:
        self.given = given
        self.text, self.places = squeezed_with_places(given)

    def at(self, start: int, end: int) -> tuple[int, int] | None:
        """Where the words of a stretch begin and end here; None for a stretch without words or outside of the text."""
        words = self.given[start:end]
        if not 0 <= start <= end <= len(self.given) or not squeezed(words):
            return None
        first = start + len(words) - len(words.lstrip())
        begin = bisect_left(self.places, first)
        return begin, begin + len(squeezed(words))


def _carried(span: tuple[int, int], old: _Blankless, new: _Blankless, is_same_text: bool) -> Stands:
    own = old.at(*span)
    if own is None:
        return Stands("look", None, None, "beyond")
    words = old.text[own[0] : own[1]]
    if is_same_text:
        return Stands("placed", *_span(own[0], words, new.places), "same")
    cuts = cuts_words(old.text, *own)
    places = list(itertools.islice(places_of(words, new.text, cuts), MOST_PLACES + 1))
    before = list(itertools.islice(places_of(words, old.text, cuts), MOST_PLACES + 1))
    if not places:
        return Stands("look", None, None, "absent")
    if max(len(places), len(before)) > MOST_PLACES:
        return Stands("look", None, None, "ambiguous")
    if len(places) == len(before) == 1 and len(words) >= LONG:
        return _told(span, _span(places[0], words, new.places), "words")
    scored = sorted(((_likeness(old.text, own[0], new.text, at, len(words)), at) for at in places), reverse=True)
    if len(scored) > 1 and scored[0][0] - scored[1][0] < _CLEARLY:
        return Stands("look", None, None, "ambiguous")
    best, at = scored[0]
    rivals = [_likeness(old.text, one, new.text, at, len(words)) for one in before if one != own[0]]
    if rivals and best - max(rivals) < _CLEARLY:  # the place that is left belongs to another of the equal stretches
        return Stands("look", None, None, "absent" if max(rivals) - best >= _CLEARLY else "ambiguous")
    if best < _ALIKE and len(words) < LONG:
        return Stands("look", None, None, "absent")
    return _told(span, _span(at, words, new.places), "words" if len(places) == 1 else "context")


def _told(span: tuple[int, int], now: tuple[int, int], why: Why) -> Stands:
    return Stands("placed", *now, "same") if now == span else Stands("moved", *now, why)


def _span(at: int, words: str, places: Sequence[int]) -> tuple[int, int]:
    return places[at], places[at + len(words) - 1] + 1


def _likeness(old: str, here: int, new: str, there: int, length: int) -> float:
    """How alike the surroundings are, from 0 to 200; the beginning and the end of a text are alike."""
    from rapidfuzz.fuzz import ratio

    before = ratio(old[max(here - _CONTEXT, 0) : here], new[max(there - _CONTEXT, 0) : there])
    after = ratio(old[here + length : here + length + _CONTEXT], new[there + length : there + length + _CONTEXT])
    return before + after


def looks(placed: Sequence[Placed], file: str, called: Mapping[str, str] | None = None) -> list[Problem]:
    """What needs a look, one for each segment: its document, its code and where it stood; never the words. A document
    without transcript is told once.

    `called` are other names for documents, where a program's own may be of a person.
    """
    found = []
    absent: Counter[str] = Counter()
    for one in placed:
        if one.stands.state != "look":
            continue
        segment = one.segment
        document = (called or {}).get(segment.document, segment.document)
        if one.stands.why == "document":
            absent[document] += 1
            continue
        stood = f", {segment.start}–{segment.end}" if segment.start is not None else ""
        facts = {"document": document, "code": shown(segment.code), "place": stood}
        found.append(Problem(f"codings-look-{one.stands.why}", Place(file), facts))
    for document, count in absent.items():
        found.append(Problem("codings-look-document", Place(file), {"document": document, "count": str(count)}))
    return found
