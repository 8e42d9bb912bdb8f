"""What a program counted when it wrote down where a selection stands, found by checking against the words it quotes.

The standard says code points; programs also write UTF-16 units or bytes, and count a line end of CRLF as one or two.
Nothing here knows files; offsets go in as written and come out as code points in a text with LF line ends.
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.corpora.codings import squeezed, squeezed_with_places, with_lf

_ELLIPSES = ("…", "...")
_SHORTEST_BEGINNING = 8  # of a quotation cut off by the program
LONG = 20  # characters that hardly come twice by chance
MOST_PLACES = 500  # of the same words in one text


@dataclass(frozen=True)
class Written:
    """A selection as the file has it: `quote` are the words it claims to cover, cut off or a mere title in some."""

    start: int
    end: int
    quote: str = ""


@dataclass(frozen=True)
class Reading:
    """One way to count. `line_ends`: `one` each; `stored` counts CR and LF where the file has both; `two` always."""

    unit: str = "code point"  # `code point`, `UTF-16`, `byte`
    line_ends: str = "one"
    counts_mark: bool = False


READINGS = tuple(
    Reading(unit, ends, mark)
    for mark in (False, True)
    for ends in ("one", "stored", "two")
    for unit in ("code point", "UTF-16", "byte")
)


@dataclass(frozen=True)
class Settled:
    """Where a selection stands, in code points, and why: `checked` against the words, `found` by them elsewhere than
    written, `unchecked` as nothing could be held against the text; None with `beyond` the text's end, or `ambiguous`
    as the words stand at several places, none nearer than another."""

    start: int | None
    end: int | None
    why: str


class Ruler:
    """The marks of one reading along one text: which written offset is which code point."""

    def __init__(self, stored: str, reading: Reading) -> None:
        text = with_lf(stored)
        self.length = len(text)
        begins = int(reading.counts_mark and stored.startswith("\ufeff"))
        if begins and reading.unit == "byte":
            begins = 3
        plain_signs = text.isascii() or reading.unit == "code point"
        plain_signs = plain_signs or (reading.unit == "UTF-16" and max(text) <= "\uffff")
        plain_ends = reading.line_ends == "one" or "\n" not in text
        plain_ends = plain_ends or (reading.line_ends == "stored" and "\r\n" not in stored)
        self._shift = begins
        self._marks = None if plain_signs and plain_ends else array("q", _marks(stored, text, reading, begins))

    def place(self, written: int) -> int | None:
        """The code point at a written offset; None inside a character or outside of the text."""
        if self._marks is None:
            return written - self._shift if 0 <= written - self._shift <= self.length else None
        at = bisect_left(self._marks, written)
        return at if at < len(self._marks) and self._marks[at] == written else None


def _marks(stored: str, text: str, reading: Reading, begins: int) -> Iterator[int]:
    widths = map(_WIDTHS[reading.unit], text)
    if reading.line_ends != "one":
        ends = iter(_line_ends(stored, reading.line_ends))
        widths = (next(ends) if sign == "\n" else width for sign, width in zip(text, widths, strict=True))
    return itertools.accumulate(widths, initial=begins)


def _line_ends(stored: str, line_ends: str) -> Iterator[int]:
    signs = iter(range(len(stored)))
    for at in signs:
        if stored[at] == "\r" and stored[at + 1 : at + 2] == "\n":
            next(signs)
            yield 2
        elif stored[at] in "\r\n":
            yield 2 if line_ends == "two" else 1


def _utf8(sign: str) -> int:
    point = ord(sign)
    return 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4


_WIDTHS = {
    "code point": lambda sign: 1,
    "UTF-16": lambda sign: 2 if ord(sign) > 0xFFFF else 1,
    "byte": _utf8,
}


def agrees(words: str, quote: str) -> bool:
    """True where the quotation is of these words, blanks apart; it may be cut off with an ellipsis."""
    here, there = squeezed(words), squeezed(quote)
    if not there:
        return False
    if here == there:
        return True
    begun = next((there.removesuffix(dots).rstrip() for dots in _ELLIPSES if there.endswith(dots)), "")
    return len(begun) >= _SHORTEST_BEGINNING and here.startswith(begun)


def settle(
    stored: Mapping[str, str], selections: Sequence[tuple[str, Written]], usual: Reading = READINGS[0]
) -> tuple[list[Settled], Reading]:
    """Where each selection, given with its document's name, stands in its text, and the way of counting that fits best.

    One program counts one way in a whole file: the reading under which most quotations are right, `usual` where none
    can be told apart. A selection that is right only under another reading is read so; one right under none is looked
    for by its words, unless the program's quotations are mere titles.
    """
    texts = {name: with_lf(text) for name, text in stored.items()}
    usual = usual if _differs(usual, stored.values()) else READINGS[0]
    readings = (usual, *(one for one in READINGS if one != usual and _differs(one, stored.values())))
    rulers: dict[tuple[str, Reading], Ruler] = {}

    def read(name: str, one: Written, reading: Reading) -> tuple[int, int] | None:
        ruler = rulers.get((name, reading))
        if ruler is None:
            ruler = rulers[name, reading] = Ruler(stored[name], reading)
        start, end = ruler.place(one.start), ruler.place(one.end)
        return (start, end) if start is not None and end is not None and start <= end else None

    def is_right(name: str, one: Written, reading: Reading) -> bool:
        span = read(name, one, reading)
        return span is not None and agrees(texts[name][span[0] : span[1]], one.quote)

    quoted = [(name, one) for name, one in selections if squeezed(one.quote)]
    scores: dict[Reading, int] = {}
    for reading in readings:
        scores[reading] = sum(is_right(name, one, reading) for name, one in quoted)
        if scores[reading] == len(quoted):
            break
    best = max(scores, key=lambda reading: scores[reading])  # the first of several equals
    settled: list[Settled] = []
    for name, one in selections:
        fitting = (reading for reading in (best, *readings) if is_right(name, one, reading))
        if squeezed(one.quote) and (reading := next(fitting, None)):
            settled.append(Settled(*read(name, one, reading), "checked"))
        else:
            span = read(name, one, best)
            settled.append(Settled(*span, "unchecked") if span else Settled(None, None, "beyond"))
    wrong = [i for i, one in enumerate(settled) if one.why != "checked" and squeezed(selections[i][1].quote)]
    of_name = {selections[i][0]: [] for i in wrong}
    for i in wrong:
        of_name[selections[i][0]].append(i)
    by_words: dict[int, Settled | None] = {}
    for name, numbers in of_name.items():
        text, places = squeezed_with_places(texts[name])
        by_words |= {i: _nearest(text, places, selections[i][1]) for i in numbers}
    are_quotations = (len(quoted) - sum(one is None for one in by_words.values())) * 2 >= len(quoted)
    for i, one in by_words.items():
        if one is not None and are_quotations:
            settled[i] = one
    return settled, best


def _differs(reading: Reading, stored: Iterable[str]) -> bool:
    """True where this way of counting can give something of its own in any of the texts; so does the standard's."""
    if reading.counts_mark and not any(text.startswith("\ufeff") for text in stored):
        return False
    return reading.line_ends != "stored" or any("\r\n" in text for text in stored)


def _nearest(text: str, places: Sequence[int], one: Written) -> Settled | None:
    """The place of the quotation nearest to where it was written, None where its words stand nowhere."""
    wanted = squeezed(one.quote)
    found = list(quoted_places(wanted, text))
    if not found:
        return None
    far = sorted((abs(places[at] - one.start), at) for at in found)
    if len(far) > 1 and far[0][0] == far[1][0]:
        return Settled(None, None, "ambiguous")
    at = far[0][1]
    return Settled(places[at], places[at + len(wanted) - 1] + 1, "found")


def places_of(words: str, text: str, cuts: tuple[bool, bool] = (False, False)) -> Iterator[int]:
    """Where `words` stand in `text` as whole words, `sì` not in `così`, unless they cut a word at their ends, as people
    do whose mouse slips: then only where it is cut there, too."""
    at = text.find(words)
    while words and at >= 0:
        if cuts_words(text, at, at + len(words)) == cuts:
            yield at
        at = text.find(words, at + 1)


def quoted_places(words: str, text: str) -> Iterator[int]:
    """Where a quotation stands, of which only the words are known: as whole words, else, if it is long, in any way."""
    whole = next(places_of(words, text), None)
    ways = [(False, False)] if whole is not None else [*itertools.product((False, True), repeat=2)][1:]
    if whole is not None or len(words) >= LONG:
        yield from sorted(at for cuts in ways for at in itertools.islice(places_of(words, text, cuts), MOST_PLACES))


def cuts_words(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether a stretch begins, and whether it ends, inside a word."""
    return tuple(0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum() for at in (start, end))  # type: ignore[return-value]
