"""Whether a theory that says something new also says that it is a new one: coherence rule 19.

Two numbers made in different ways must not bear the same name. Which earlier theory to hold the new one against is for
`pipelines` to know; what changed is found by `difference`.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from theory_of_change.difference import Change, Contracts, compare
from theory_of_change.model import TheoryOfChange
from theory_of_change.positions import Places
from theory_of_change.problems import Problem, listed

RULE = "indicator-changed-without-version"


def changed_without_version(
    old: TheoryOfChange,
    new: TheoryOfChange,
    places: Places,
    contracts: tuple[Contracts, Contracts] | None = None,
    programmes: tuple[BaseModel, BaseModel] | None = None,
) -> list[Problem]:
    """A warning for each indicator whose series breaks although both theories bear the same version number.

    A bridge, a new version, or `accept: {indicator-changed-without-version: reason}` on the indicator or on the theory
    settles it. `places` are those of the new theory.
    """
    if old.theory.version != new.theory.version or RULE in new.theory.accept:
        return []
    changes = compare(old, new, contracts, programmes)
    broken = {c.id: c for c in changes if c.block == "indicators" and c.series == "breaks"}
    return [
        Problem(RULE, places.at("indicators", number), facts)
        for number, indicator in enumerate(new.indicators)
        if indicator.id in broken and RULE not in indicator.accept
        for facts in [{"id": indicator.id, "version": new.theory.version, "keys": _keys(broken[indicator.id])}]
    ]


def _keys(change: Change) -> str:
    """What changed, by the keys it is written under."""
    own: Iterable[str] = (".".join(detail.path) for detail in change.details if detail.nature == "meaning")
    below = (".".join(value for key, value in sorted(one.facts.items(), reverse=True) if key in ("source", "column",
             "role", "indicator")) for one in change.because)  # fmt: skip
    return listed(dict.fromkeys(name for name in (*own, *below) if name))
