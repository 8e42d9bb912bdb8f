"""The scales of one questionnaire as its YAML says them: which items make which score, own or from the library.

What is odd about a scale inside its contract is found here; adding up is done in `scoring`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field as Described
from pydantic import model_validator

from surveys.contracts import ColumnName, Contradiction, Range, reversed_range, twice, unknown
from surveys.scale_library import FIXED, FreeScale, Scoring, free_scales
from theory_of_change.model import Definition, Text, Words
from theory_of_change.problems import with_hint
from theory_of_change.tables import Column


class ScoredScale(Definition):
    """A score made of several items; see `scoring.score` for how missing items count."""

    name: ColumnName
    items: tuple[Words, ...] = Described(min_length=1)
    library: Words | None = Described(None, description="A free scale whose scoring is known: see `survey scales`.")
    reverse: tuple[Words, ...] = ()
    range: Range | None = None
    score: Scoring = "mean"
    at_least: Annotated[int, Described(ge=1)] | None = Described(None, description="Items answered; default: all.")
    counts_from: float | None = Described(None, description="For `score: count`: the lowest answer that counts.")
    times: float = Described(1, description="What the score is multiplied by.")
    title: Text | None = None
    sensitive: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_library(cls, said: Any) -> Any:
        """What the library says of its scale stands in the place of what the contract leaves out."""
        scale = free_scales().get(said.get("library")) if isinstance(said, Mapping) else None
        items = said.get("items") if scale else None
        if scale is None or not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            return said
        known = {**scale.of(tuple(items)), "title": scale.title, "sensitive": scale.sensitive}
        return {**{key: value for key, value in known.items() if value is not None}, **said}

    @property
    def free(self) -> FreeScale | None:
        return free_scales().get(self.library or "")

    @property
    def column(self) -> Column:
        """The column of its scores, which no delivery holds."""
        low, high = limits(len(self.items), self.range, self.score, self.at_least, self.times)
        kept = "sensitive" if self.sensitive else "none"
        return Column(self.name, "number", title=self.title, min=low, max=high, sensitivity=kept)


def contradictions_of(
    scale: ScoredScale, columns: Mapping[str, Column], path: tuple[str | int, ...]
) -> Iterator[Contradiction]:
    """Everything the scale says that cannot be, among the columns of its questionnaire."""
    countable = [name for name, one in columns.items() if one.type in ("integer", "number", "boolean")]
    facts = {"scale": scale.name}
    for position, item in enumerate(scale.items):
        if item in columns and item not in countable:
            yield Contradiction("scale-item-not-a-number", (*path, "items", position),
                                {"name": item, "type": columns[item].type, **facts})  # fmt: skip
        elif item not in columns:
            yield from unknown("scale-item-unknown", [item], countable, (*path, "items", position), **facts)
    yield from twice(((item, (*path, "items", i)) for i, item in enumerate(scale.items)), "scale-item-twice")
    yield from unknown("scale-reverse-unknown", scale.reverse, scale.items, (*path, "reverse"), **facts)
    low, high = scale.range or (None, None)
    yield from reversed_range(low, high, (*path, "range"))
    if scale.library is not None:
        yield from _about_library(scale, columns, path)
        return
    if scale.reverse and not scale.range:
        yield Contradiction("scale-range-missing", (*path, "reverse"), facts)
    if scale.at_least and scale.at_least > len(scale.items):
        wanted = {"found": str(scale.at_least), "items": str(len(scale.items))}
        yield Contradiction("scale-at-least", (*path, "at_least"), wanted | facts)
    if (scale.score == "count") != (scale.counts_from is not None):
        yield Contradiction("scale-counts-from", (*path, "score"), facts)


def _about_library(
    scale: ScoredScale, columns: Mapping[str, Column], path: tuple[str | int, ...]
) -> Iterator[Contradiction]:
    """A scale of the library is used as its authors made it: all its items, its answers, its scoring."""
    free = scale.free
    if free is None:
        facts = with_hint({"found": str(scale.library)}, str(scale.library), list(free_scales()))
        yield Contradiction("scale-library-unknown", (*path, "library"), facts)
        return
    facts = {"scale": scale.name, "library": free.id}
    if len(scale.items) != free.n_items:
        wanted = {"found": str(len(scale.items)), "items": str(free.n_items)}
        yield Contradiction("scale-library-items", (*path, "items"), facts | wanted)
        return
    for key, value in free.of(scale.items).items():
        if key in FIXED and getattr(scale, key) != value:
            yield Contradiction("scale-library-fixed", (*path, key), facts | {"key": key})
    for position, item in enumerate(scale.items):
        one = columns.get(item)
        if one and one.type != "boolean" and None not in (one.min, one.max) and (one.min, one.max) != free.range:
            ends = {"found": f"{one.min:g}–{one.max:g}", "wanted": "{:g}–{:g}".format(*free.range), "name": item}
            yield Contradiction("scale-library-range", (*path, "items", position), facts | ends)


def limits(
    n_items: int,
    range: tuple[float, float] | None,
    score: Scoring = "mean",
    at_least: int | None = None,
    times: float = 1,
) -> tuple[float | None, float | None]:
    """The lowest and the highest score there can be; None where the range of the items is not known."""
    if score == "count":
        return 0, n_items * times
    if range is None:
        return None, None
    low, high = range
    if score == "mean":
        return low * times, high * times
    fewest = (at_least or n_items) if score == "plain_sum" else n_items
    return min(low * fewest, low * n_items) * times, max(high * fewest, high * n_items) * times
