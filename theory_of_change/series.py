"""What a change of its definition does to an indicator's values over time: they continue, break, or are bridged.

A series continues where old and new values are made alike; it breaks where they are not; a bridge is the author's own
account of how the two compare. What the definition rests on, a source, a formula's inputs, counts like itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel

from theory_of_change.contents import Nature, Path, leaves
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.units import alike

Series = Literal["continues", "breaks", "bridged", "starts", "ends"]

#: What an indicator's value is made of; everything else says how it is read, shown or judged.
_COMPUTING = ("measure", "unit", "unit_of_analysis", "aggregation", "scale")
#: What decides which rows of a source count, and how much, for every number made of them.
_ROWS = ("weight", "consent", "answered", "date", "period", "key")
_SAMPLING = ("strata", "cluster", "fpc")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Because:
    """A reason, as a key of the words and the facts that fill it."""

    key: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Ground:
    """What the indicators of both theories rest on, and what of it changed."""

    old: Mapping[str, Indicator] = field(default_factory=dict)
    new: Mapping[str, Indicator] = field(default_factory=dict)
    dimensions: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    columns: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)  # source, column, whether it is still there
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)  # source, scale, its items

    @classmethod
    def of(
        cls,
        old: TheoryOfChange,
        new: TheoryOfChange,
        contracts: tuple[Mapping[str, BaseModel], Mapping[str, BaseModel]] | None,
        changes: Iterable[tuple[str, str, str, Sequence[Any]]],
    ) -> Ground:
        """`changes` are block, id, kind and details of what changed in the sources' contracts."""
        columns: dict[str, dict[str, bool]] = {}
        roles: dict[str, list[str]] = {}
        for block, name, kind, details in changes:
            source, _, column = name.partition(".")
            if column and kind in ("respecified", "moved", "removed"):
                columns.setdefault(source, {})[column] = kind != "removed"
            elif block == "sources" and kind == "respecified":
                roles.setdefault(source, []).extend(detail.path[0] for detail in details)
        for name, contract in (contracts[1] if contracts else {}).items():
            for part in getattr(contract, "merge", ()):  # what changes in a part of a merged source changes there
                changed = {part.rename.get(column, column): True for column in columns.get(part.source, {})}
                columns[name] = changed | columns.get(name, {})
                roles.setdefault(name, []).extend(roles.get(part.source, ()))
        items = {
            source: {scale.name: scale.items for scale in getattr(contract, "scales", ())}
            for source, contract in (contracts[1] if contracts else {}).items()
        }
        return cls(
            {one.id: one for one in old.indicators},
            {one.id: one for one in new.indicators},
            ({d.id: d for d in old.dimensions}, {d.id: d for d in new.dimensions}),
            columns,
            roles,
            items,
        )

    def breaking(self, indicator: Indicator) -> tuple[Because, ...]:
        """Why values of an indicator whose own definition stays would no longer compare; empty where they would."""
        inputs = (name for name in indicator.measure.rests_on if name in self._changed and name != indicator.id)
        return (*self._source(indicator), *(Because("input", {"indicator": name}) for name in inputs))

    @cached_property
    def _changed(self) -> frozenset[str]:
        """The indicators in both theories that are now computed otherwise, themselves or by what they are made of."""
        users: dict[str, list[str]] = {}
        for name, indicator in self.new.items():
            for used in indicator.measure.rests_on:
                users.setdefault(used, []).append(name)
        waiting = [
            name
            for name, new in self.new.items()
            if name in self.old and (_computed_otherwise(self.old[name], new) or any(self._source(new)))
        ]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.old:
                found.add(name)
                waiting += users.get(name, ())
        return frozenset(found)

    def _source(self, indicator: Indicator) -> Iterable[Because]:
        source = indicator.measure.source or ""
        used = _names_in(indicator)
        changed = self.columns.get(source, {})
        scales = self.items.get(source, {})
        touched = [
            column
            for column in changed
            if any(name == column or name.startswith(f"{column}_") or column in scales.get(name, ()) for name in used)
        ]
        for column in touched:
            yield Because("column" if changed[column] else "column-gone", {"column": column, "source": source})
        for role in dict.fromkeys(self.roles.get(source, ())):
            if role in _ROWS or role in used:
                yield Because("rows", {"role": role, "source": source})

    def sampling(self, indicator: Indicator) -> bool:
        """True where the source says otherwise how its rows were drawn, which the interval rests on."""
        return any(role in _SAMPLING for role in self.roles.get(indicator.measure.source or "", ()))

    def recut(self, indicator: Indicator) -> list[str]:
        """The indicator's breakdowns whose categories or column are others than before."""
        before, after = self.dimensions
        names = dict.fromkeys(name for entry in indicator.disaggregation for name in _cross(entry))
        return [name for name in names if name in before and name in after and _cut(before[name]) != _cut(after[name])]


def verdict(
    old: Indicator,
    new: Indicator,
    differences: Sequence[tuple[Path, Nature]],
    ground: Ground,
    renamed: bool = False,
) -> tuple[Series, tuple[Because, ...]]:
    """What becomes of the series when `old` becomes `new`, and why; `differences` are the paths of what it says
    differently itself, and their nature."""
    own = {path[0] for path, _ in differences}
    meant = {path[0] for path, nature in differences if nature == "meaning"}
    reasons: list[Because] = []
    if "unit" in own and not alike(old.unit, new.unit):
        reasons.append(Because("unit", {"old": old.unit.name, "new": new.unit.name}))
    if any(key in meant for key in _COMPUTING if key != "unit"):
        reasons.append(Because("computing"))
    reasons += ground.breaking(new)
    if not reasons:
        only_words = bool(own) and all(nature == "words" for _, nature in differences)
        return "continues", _harmless(old, new, own, only_words, ground, renamed)
    fresh = new.bridge is not None and (renamed or new.bridge != old.bridge)
    if fresh:
        return "bridged", (*reasons, Because("bridge", _in_languages(new)))
    return "breaks", (*reasons, *([Because("bridge-old")] if new.bridge is not None else []))


def _harmless(
    old: Indicator, new: Indicator, own: set[str], only_words: bool, ground: Ground, renamed: bool
) -> tuple[Because, ...]:
    """Why a changed indicator still gives values that compare with earlier ones."""
    before, after = ([" x ".join(_cross(entry)) for entry in one.disaggregation] for one in (old, new))
    came, went = [name for name in after if name not in before], [name for name in before if name not in after]
    reasons = []
    if renamed:
        reasons.append(Because("name"))
    if "uncertainty" in own or ground.sampling(new):
        reasons.append(Because("interval"))
    if came:
        reasons.append(Because("breakdown", {"names": ", ".join(came)}))
    if went:
        reasons.append(Because("breakdown-gone", {"names": ", ".join(went)}))
    if cut := [name for name in ground.recut(new) if name in before]:
        reasons.append(Because("breakdown-cut", {"names": ", ".join(cut)}))
    if not reasons and only_words:
        return (Because("words"),)
    return (*reasons, *([] if renamed or "interval" in {one.key for one in reasons} else [Because("beside")]))


def _computed_otherwise(old: Indicator, new: Indicator) -> bool:
    before, after = (
        {path: leaf.value for path, leaf in leaves(one).items() if path[0] in _COMPUTING and leaf.nature == "meaning"}
        for one in (old, new)
    )
    return before != after


def _names_in(indicator: Indicator) -> set[str]:
    """Every name the measure's expressions may hold: more than the columns, never fewer."""
    said = indicator.measure.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"source", "formula"})
    return set(_NAME.findall(" ".join(_strings(list(said.values())))))


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _cross(entry: str | tuple[str, ...]) -> tuple[str, ...]:
    return (entry,) if isinstance(entry, str) else entry


def _cut(dimension: Any) -> tuple[Any, ...]:
    return dimension.column, sorted(dimension.categories), dimension.hierarchy, sorted(dimension.collapse_to.items())


def _in_languages(indicator: Indicator) -> dict[str, str]:
    """The bridge's words in the two languages the command speaks."""
    assert indicator.bridge is not None
    return {"words_it": indicator.bridge.within("it"), "words_en": indicator.bridge.within("en")}
