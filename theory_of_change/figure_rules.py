"""Rules over published figures: parts that make no whole, parts of another kind than their base, rates of an open call,
figures the data do not give back.

Figures are told apart by their source, never by their value. What the data give back is computed elsewhere and handed
in; two figures that disagree with one another are both kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from theory_of_change.approximation import agrees
from theory_of_change.compositions import Counts, counts, total
from theory_of_change.model import PublishedFigure, TheoryOfChange
from theory_of_change.rules import Finding
from theory_of_change.units import is_percentage

_Numbered = tuple[int, PublishedFigure]


def figure_findings(theory: TheoryOfChange, reproduced: Mapping[str, float]) -> Iterator[Finding]:
    """`reproduced`: the value the data give for a figure, by the figure's id, for those that could be computed."""
    yield from composition_findings(theory)
    yield from _units_of_parts(theory)
    yield from _open_cohorts(theory)
    yield from _not_reproduced(theory, reproduced)


def _figures(theory: TheoryOfChange) -> dict[str, PublishedFigure]:
    return {figure.id: figure for figure in theory.published_figures if figure.id}


def composition_findings(theory: TheoryOfChange) -> Iterator[Finding]:
    """Parts of one whole that do not add up to it, beyond what rounding explains."""
    members = [(n, figure) for n, figure in enumerate(theory.published_figures) if figure.composition]
    members.sort(key=lambda one: one[1].composition)  # stable: within one composition as written
    for name, group in groupby(members, key=lambda one: one[1].composition):
        parts = list(group)
        if not any(figure.approx for _, figure in parts):
            yield from _composition(str(name), parts, _figures(theory))


def _composition(name: str, parts: list[_Numbered], by_id: Mapping[str, PublishedFigure]) -> Iterator[Finding]:
    values = [figure.value for _, figure in parts]
    path = ("published_figures", parts[0][0])
    accepts = tuple(figure.accept for _, figure in parts)
    bases = {figure.of for _, figure in parts}
    base = by_id.get(bases.pop() or "") if len(bases) == 1 else None
    if all(is_percentage(figure.unit) for _, figure in parts):
        whole = 1 if all(0 <= value <= 1 for value in values) else 100
    elif base is not None and not base.approx:
        whole = base.value
    else:
        return
    found, slack = total(values)
    facts = {"composition": name, "sum": f"{found.normalize():f}", "whole": f"{whole:g}"}
    rounded = all(is_percentage(figure.unit) for _, figure in parts)
    gap = abs(found - type(found)(repr(float(whole))))
    solved = _solved(values, base, int(whole)) if rounded else None
    if solved and not solved.possible:
        shown = " + ".join(f"{value:g}" for value in values)
        yield Finding("composition-impossible", path, {**facts, "base": str(solved.base), "shares": shown}, accepts)
    elif gap > (slack if rounded else 0):
        if solved:
            facts = {**facts, "base": str(solved.base), "counts": _sum(solved), "rest": _range(*solved.remainder)}
            yield Finding("composition-remainder", path, facts, accepts)
        else:
            yield Finding("composition-not-whole", path, facts, accepts)


def _solved(shares: list[float], base: PublishedFigure | None, whole: int) -> Counts | None:
    """The whole numbers behind the shares, where it is known of how many they are."""
    if base is None or base.approx or base.value != int(base.value) or base.value < 1:
        return None
    return counts(shares, int(base.value), whole)


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{max(low, 0)}–{high}"


def _sum(solved: Counts) -> str:
    return " + ".join(_range(*one) for one in solved.each)


def _units_of_parts(theory: TheoryOfChange) -> Iterator[Finding]:
    """A part that counts one thing, of a base that counts another: 39 persons of 116 associations."""
    by_id = _figures(theory)
    for number, figure in enumerate(theory.published_figures):
        base = by_id.get(figure.of or "")
        own, other = _counted(figure), _counted(base) if base else None
        if own and other and own.casefold() != other.casefold():
            name, base_name = figure.id or f"{figure.value:g}", str(figure.of)
            facts = {"id": name, "unit": own, "other": base_name, "other_unit": other}
            yield Finding("base-of-another-unit", ("published_figures", number, "of"), facts, (figure.accept,))


def _counted(figure: PublishedFigure) -> str | None:
    return figure.unit_of_analysis or (None if is_percentage(figure.unit) or figure.unit is None else figure.unit.name)


def _open_cohorts(theory: TheoryOfChange) -> Iterator[Finding]:
    open_in = {category: dimension for dimension in theory.dimensions for category in dimension.open}
    for number, figure in enumerate(theory.published_figures):
        dimension = open_in.get(figure.cohort or "")
        if dimension and is_percentage(figure.unit):
            facts = {"id": figure.id or f"{figure.value:g}", "dimension": dimension.id,
                     "categories": str(figure.cohort), "column": dimension.column or dimension.id}  # fmt: skip
            yield Finding("open-cohort-in-rate", ("published_figures", number, "cohort"), facts, (figure.accept,))


def _not_reproduced(theory: TheoryOfChange, reproduced: Mapping[str, float]) -> Iterator[Finding]:
    for number, figure in enumerate(theory.published_figures):
        found = reproduced.get(figure.id or "")
        if found is not None and not agrees(figure.value, figure.approx, found):
            facts = {"id": str(figure.id), "published": f"{figure.value:g}", "found": f"{found:.6g}"}
            yield Finding("figure-not-reproduced", ("published_figures", number, "value"), facts, (figure.accept,))
