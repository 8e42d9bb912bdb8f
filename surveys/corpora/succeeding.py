"""Which file of codings is a later state of which: a project exported again replaces what it held before.

Somebody may save each export under a name of its own, and programs make new guids at every export, so neither tells.
It is told by what a file holds: whose codings, of which documents, with which codes. Reading files and placing codings
is done before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

#: How much of an earlier file must be found again for a later one to be its later state.
_MOST = 0.5
#: A document, a code and a coder.
Place = tuple[str, str, str | None]


class Coded(Protocol):
    """A coding as far as succession goes."""

    @property
    def document(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def coder(self) -> str | None: ...
    @property
    def start(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...


@dataclass(frozen=True)
class Holds:
    """What one file holds: its codings, the documents it has at all and the codes of its codebook, as the contract
    calls them."""

    coded: Sequence[Coded]
    documents: Collection[str]
    codes: Collection[str]


@dataclass(frozen=True)
class Succession:
    """For an earlier file, the numbers of those of its codings that a later file replaces, and how many stand beside
    codings of the same coder there that are mostly others, so that nobody can tell which of the two holds."""

    replaced: frozenset[int]
    contested: int


def succession(earlier: Holds, later: Holds) -> Succession:
    """What of `earlier` no longer holds once `later` is there.

    A later file speaks for whoever coded anything in it, in the documents and with the codes it has. Of one coder it is
    the later state where at least half of what the earlier file held within these is found again, at the same words or
    at words it overlaps with; then it replaces all of that, so that a coding taken away is gone. Where less is found
    again, both stand and are told: somebody may have coded the same documents in two rounds. What both hold alike is
    replaced in any case, so that nothing counts twice. Codings that found no place count for neither.
    """
    coders = {one.coder for one in later.coded}
    spans: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for one in later.coded:
        if one.start is not None and one.end is not None:
            spans[one.document, one.code, one.coder].append((one.start, one.end))
    alike = {(one.document, one.code, one.coder, one.start, one.end) for one in later.coded}
    replaced: set[int] = set()
    contested = 0
    for coder in sorted({one.coder for one in earlier.coded}, key=str):
        own = [number for number, one in enumerate(earlier.coded) if one.coder == coder]
        replaced |= {number for number in own if _key(earlier.coded[number]) in alike}
        spoken_for = [
            number for number in own
            if coder in coders and earlier.coded[number].document in later.documents
            and earlier.coded[number].code in later.codes
        ]  # fmt: skip
        placed = [number for number in spoken_for if earlier.coded[number].start is not None]
        again = [number for number in placed if _is_found(earlier.coded[number], spans, alike)]
        if len(again) >= _MOST * len(placed):
            replaced |= set(spoken_for)
        else:
            contested += sum(number not in replaced for number in placed)
    return Succession(frozenset(replaced), contested)


def _key(one: Coded) -> tuple[str, str, str | None, int | None, int | None]:
    return one.document, one.code, one.coder, one.start, one.end


def _is_found(one: Coded, spans: dict[Place, list[tuple[int, int]]], alike: Collection[tuple]) -> bool:
    if _key(one) in alike:
        return True
    own = spans.get((one.document, one.code, one.coder), ())
    return any(start < one.end and one.start < end for start, end in own)
