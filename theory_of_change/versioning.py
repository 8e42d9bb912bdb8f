"""Whether a theory that says something new also says that it is a new one: coherence rule 19, and what goes with it.

Two numbers made in different ways must not bear the same name. Which earlier theories to hold the new one against is
for `pipelines` to know; what changed is found by `difference`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel

from theory_of_change.contents import content_hash
from theory_of_change.difference import Change, Contracts, compare
from theory_of_change.model import TheoryOfChange
from theory_of_change.positions import Places
from theory_of_change.problems import Problem, listed

RULE = "indicator-changed-without-version"
_THEORY = "theory-changed-without-version"
_GONE = "published-indicator-gone"
_LOWERED = "version-lowered"
_RENAMED = "published-indicator-renamed"
_REASON = "version-without-reason"
#: Blocks that are not the theory's own: their changes count where an indicator rests on them, which `RULE` tells.
_AROUND = ("programme", "sources", "questions", "scales", "columns")


def changed_without_version(
    old: TheoryOfChange,
    new: TheoryOfChange,
    places: Places,
    contracts: tuple[Contracts, Contracts] | None = None,
    programmes: tuple[BaseModel, BaseModel] | None = None,
) -> list[Problem]:
    """A warning for each indicator whose series breaks although both theories bear the same version number, and one for
    all else that the theory says anew.

    A bridge, a new version, or `accept: {rule: reason}` on the indicator or on the theory settles it. `places` are
    those of the new theory.
    """
    if old.theory.version != new.theory.version:
        return []
    changes = compare(old, new, contracts, programmes)
    broken = {c.id: c for c in changes if c.block == "indicators" and c.series == "breaks"}
    found = [
        Problem(RULE, places.at("indicators", number), facts)
        for number, indicator in enumerate(new.indicators)
        if indicator.id in broken and RULE not in (indicator.accept | new.theory.accept)
        for facts in [{"id": indicator.id, "version": new.theory.version, "keys": _keys(broken[indicator.id])}]
    ]
    others = [c for c in changes if _says_something_else(c) and c.id not in broken]
    if others and _THEORY not in new.theory.accept:
        named = listed(dict.fromkeys(c.id for c in others), 6)
        facts = {"version": new.theory.version, "named": named}
        found.append(Problem(_THEORY, places.at("theory", "version"), facts))
    return found


def succession(last: TheoryOfChange, versions: Sequence[str], new: TheoryOfChange, places: Places) -> list[Problem]:
    """What is owed to those who read the theory run last: indicators that are gone without having been retired, a
    version that goes back, one that does not say why. `versions` are all that were ever run."""
    said = new.theory
    found = [problem for problem in _gone(last, new, places) if problem.code not in said.accept]
    highest = max(versions, key=_order)
    if said.version not in versions and _order(said.version) < _order(highest) and _LOWERED not in said.accept:
        found.append(Problem(_LOWERED, places.at("theory", "version"), {"version": said.version, "highest": highest}))
    has_moved = said.version != last.theory.version and content_hash(last) != content_hash(new)
    is_told = said.change_reason is not None and said.change_reason != last.theory.change_reason
    if has_moved and not is_told and _REASON not in said.accept:
        facts = {"version": said.version, "last": last.theory.version}
        found.append(Problem(_REASON, places.at("theory", "change_reason"), facts))
    return found


def _gone(last: TheoryOfChange, new: TheoryOfChange, places: Places) -> Iterator[Problem]:
    number = {one.id: position for position, one in enumerate(new.indicators)}
    replaced = {one.replaces for one in new.indicators}
    known = {one.id for one in last.indicators}
    heirs = {content_hash(one.measure): one.id for one in new.indicators if one.id not in known}
    for one in last.indicators:
        if one.id not in number and one.id not in replaced and one.retired is None:
            heir = heirs.get(content_hash(one.measure), "")
            place = places.at("indicators", *([number[heir]] if heir else []))
            facts = {"id": one.id, "version": last.theory.version, "heir": heir}
            yield Problem(_RENAMED if heir else _GONE, place, facts)


def _order(version: str) -> tuple[int, ...]:
    """A version as its three numbers; what follows them does not count."""
    numbers = version.partition("-")[0].partition("+")[0]
    return tuple(int(part) for part in numbers.split("."))


def _says_something_else(change: Change) -> bool:
    if change.block in _AROUND or change.block == "theory" or change.series == "bridged":
        return False
    return change.extent == "large" if change.kind == "reworded" else change.kind != "updated"


def _keys(change: Change) -> str:
    """What changed, by the keys it is written under."""
    own: Iterable[str] = (".".join(detail.path) for detail in change.details if detail.nature == "meaning")
    below = (".".join(value for key, value in sorted(one.facts.items(), reverse=True) if key in ("source", "column",
             "role", "indicator")) for one in change.because)  # fmt: skip
    return listed(dict.fromkeys(name for name in (*own, *below) if name))
