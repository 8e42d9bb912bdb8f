"""What the author of a change should look at again: words that no longer say the computation, a target set for another
number, a series that may only have changed its name. What changed is found by `difference`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from theory_of_change.contents import content_hash
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.series import Because

if TYPE_CHECKING:
    from theory_of_change.difference import Change

#: The texts that tell a reader how the number is made.
_TELLING = ("definition", "numerator", "denominator")
#: The texts that say what something is, so that other words may make it something else.
_MEANING = ("title", "statement", "definition", "name", "question")


def remarked(changes: Sequence[Change], old: TheoryOfChange, new: TheoryOfChange) -> tuple[Change, ...]:
    """The same changes, each with what is to be looked at again."""
    before, after = ({one.id: one for one in side.indicators} for side in (old, new))
    goals = _unchanged_goals(old, new)
    gone = {content_hash(before[one.id].measure): one.id for one in changes
            if one.block == "indicators" and one.kind == "removed" and one.id in before}  # fmt: skip

    def of(change: Change) -> Iterator[Because]:
        if change.kind == "reworded" and any(d.path[0] in _MEANING and d.old and d.new for d in change.details):
            yield Because("sense")
        if change.block != "indicators" or change.id not in after:
            return
        here = after[change.id]
        if change.kind == "added" and (earlier := gone.get(content_hash(here.measure))):
            yield Because("same-as", {"other": earlier})
        if any(detail.path == ("direction",) for detail in change.details):
            yield Because("direction")
        if any(reason.key == "computing" for reason in change.because):
            if texts := _texts_that_stay(before.get(change.other or change.id), here):
                yield Because("texts-stay", {"keys": ", ".join(texts)})
            if change.id in goals:
                yield Because("goals-stay")

    return tuple(replace(change, remarks=tuple(of(change))) for change in changes)


def _texts_that_stay(old: Indicator | None, new: Indicator) -> list[str]:
    """The telling texts, where there are any and none of them changed with the computation."""
    said = [name for name in _TELLING if getattr(new, name) is not None]
    same = old is not None and all(getattr(old, name) == getattr(new, name) for name in _TELLING)
    return said if same else []


def _unchanged_goals(old: TheoryOfChange, new: TheoryOfChange) -> set[str]:
    """Indicators with a target or baseline that stays as it was written. A baseline that names a period is computed."""

    def written(theory: TheoryOfChange) -> Iterable[tuple[str, str]]:
        numbers = (one for one in theory.baselines if one.value is not None or one.published is not None)
        return ((one.indicator, content_hash(one)) for one in (*theory.targets, *numbers))

    return {name for name, _ in set(written(old)) & set(written(new))}
