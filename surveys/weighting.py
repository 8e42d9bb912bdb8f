"""How answers are to be weighed, as a contract says it: by a frame, to known totals, within bounds.

Only the words of the contract and their contradictions; the arithmetic and the rows belong to `pipelines`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field as Described

from surveys.contracts import ColumnNames, Contradiction, Range
from theory_of_change.model import Day, Definition, Text, Words
from theory_of_change.problems import with_hint
from theory_of_change.tables import Column

#: The column the weights stand in. The role `weight` means it, wherever a contract asks for weights.
FINAL = "final_weight"
CROSS, BOTH = " x ", " / "
_MOST_DISAGREEMENT = 0.01  # between the whole that one margin adds up to and that of another


class Weighting(Definition):
    """Weights that the program works out in each run, for each wave apart."""

    frame: ColumnNames = Described(
        (), description="Strata, columns of the survey and of its `frame`: a row weighs people there / answers here."
    )
    margins: dict[Words, dict[str, Annotated[float, Described(ge=0)]]] = Described(
        default_factory=dict,
        description="Known totals by category of a column, or of several joined by ` x `, their categories by ` / `.",
    )
    source: Text | None = Described(None, description="Who published the totals, and where.")
    date: Day | None = Described(None, description="The day the totals are of.")
    trim: Range | None = Described(None, description="Lowest and highest weight, as multiples of the mean weight.")

    @property
    def method(self) -> str:
        """In stable words, for `method`: what made the weights."""
        made = ["frame"] if self.frame else []
        made += ["post-stratified" if len(self.margins) == 1 else "raked"] if self.margins else []
        made += ["trimmed"] if self.trim else []
        return " + ".join(made)


def final_column() -> Column:
    title = Text({"it": "Peso finale", "en": "Final weight"})
    return Column(FINAL, "number", title=title, min=0, computed=True)


def parts(margin: str) -> list[str]:
    """The columns of a margin: one, or several of a cross."""
    return [part.strip() for part in margin.split(CROSS)]


def contradictions_of(
    weights: Weighting, columns: Mapping[str, Column], has_frame: bool, weight: str | None
) -> Iterator[Contradiction]:
    """What cannot be; paths are inside `weights`."""
    if not weights.frame and not weights.margins:
        yield Contradiction("weights-from-nothing", (), {})
    if FINAL in columns:
        yield Contradiction("weights-name-taken", (), {"name": FINAL})
    if weights.frame and not has_frame:
        yield Contradiction("weights-without-frame", ("frame",), {})
    if weights.frame and weight:
        yield Contradiction("weights-twice", ("frame",), {"weight": weight})
    for position, name in enumerate(weights.frame):
        yield from _unknown(name, columns, ("frame", position))
    for margin, totals in weights.margins.items():
        yield from _about_margin(margin, totals, columns)
    if weights.margins and not (weights.source and weights.date):
        yield Contradiction("weights-margins-unsourced", ("margins",), {})
    wholes = {margin: sum(totals.values()) for margin, totals in weights.margins.items()}
    first = next(iter(wholes.values()), 0)
    for margin, whole in wholes.items():
        if not math.isclose(whole, first, rel_tol=_MOST_DISAGREEMENT):
            facts = {"margin": margin, "whole": f"{whole:.15g}", "first": f"{first:.15g}"}
            yield Contradiction("weights-margins-disagree", ("margins", margin), facts)
    if weights.trim and not 0 <= weights.trim[0] < 1 < weights.trim[1]:
        facts = {"low": f"{weights.trim[0]:g}", "high": f"{weights.trim[1]:g}"}
        yield Contradiction("weights-trim", ("trim",), facts)


def _about_margin(margin: str, totals: Mapping[str, float], columns: Mapping[str, Column]) -> Iterator[Contradiction]:
    names, path = parts(margin), ("margins", margin)
    unknown = [found for name in names for found in _unknown(name, columns, path)]
    yield from unknown
    if unknown:
        return
    if sum(totals.values()) <= 0:
        yield Contradiction("weights-margin-empty", path, {"margin": margin})
    for category in totals:
        codes = [part.strip() for part in category.split(BOTH)] if len(names) > 1 else [category]
        wrong = len(codes) != len(names) or any(
            not _has(columns[name], code) for name, code in zip(names, codes, strict=False)
        )
        if wrong:
            facts = with_hint({"margin": margin, "category": category}, category, _codes(names, columns))
            yield Contradiction("weights-category-unknown", (*path, category), facts)


def _unknown(name: str, columns: Mapping[str, Column], path: Sequence[str | int]) -> Iterator[Contradiction]:
    if name not in columns:
        yield Contradiction("weights-column-unknown", tuple(path), with_hint({"name": name}, name, columns))


def _has(column: Column, code: str) -> bool:
    return not column.labels or code in column.labels


def _codes(names: Sequence[str], columns: Mapping[str, Column]) -> list[str]:
    return list(columns[names[0]].labels) if len(names) == 1 else []
