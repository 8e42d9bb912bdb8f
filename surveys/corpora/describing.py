"""How the speaker of a quote may be described: by what they share with enough others of the corpus, and nothing more.

Counts people, not documents. Which quotes there are is said by `quoting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

#: What is said of somebody of whom nothing may be told.
PARTICIPANT = "participant"
_MOST = 8  # attributes looked at together


@dataclass(frozen=True)
class People:
    """So many people who have these attributes: `role`, and what the contract breaks documents down by."""

    attributes: Mapping[str, str]
    number: int = 1


def description(speaker: Mapping[str, str], everybody: Sequence[People], least: int) -> dict[str, str]:
    """The attributes of the speaker that at least so many people of the corpus share, all of them together.

    Of all such sets the one with most attributes; among these one with the role, then the one fewest people share, as
    it says most, then the first by name. Empty where no attribute is shared by enough.
    """
    names = sorted(speaker, key=lambda name: (name != "role", name))[:_MOST]
    for size in range(len(names), 0, -1):
        sets = [(some, _sharing(some, speaker, everybody)) for some in combinations(names, size)]
        fitting = [(("role" not in some), number, some) for some, number in sets if number >= max(least, 1)]
        if fitting:
            return {name: speaker[name] for name in _telling(min(fitting)[2], speaker, everybody)}
    return {}


def _telling(names: Sequence[str], speaker: Mapping[str, str], everybody: Sequence[People]) -> list[str]:
    """Without those that follow from the others: what everybody of a role shares says nothing more. The role stays."""
    kept = list(names)
    for name in reversed([name for name in names if name != "role"]):
        rest = [other for other in kept if other != name]
        if rest and _sharing(rest, speaker, everybody) == _sharing(kept, speaker, everybody):
            kept = rest
    return kept


def _sharing(names: Sequence[str], speaker: Mapping[str, str], everybody: Sequence[People]) -> int:
    return sum(one.number for one in everybody if all(one.attributes.get(name) == speaker[name] for name in names))


def as_words(attributes: Mapping[str, str]) -> str:
    """`operatrice, area: A1`; `participant` where nothing may be told."""
    said = [value if name == "role" else f"{name}: {value}" for name, value in attributes.items()]
    return ", ".join(said) or PARTICIPANT
