"""What the data say of figures that were published: found again, contradicted, or not to be checked; and which of them
disagree with one another.

Works on published values alone, after disclosure control: of a value that is held back it is not even said whether a
figure fits, because that would tell it. A figure is called contradicted only where no reading of it agrees: of a period
that ends on its date, of the year, of everything up to then. Words are in `words/reconciliation.yml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from theory_of_change.approximation import agrees, can_both_be_true, decimals_of, said
from theory_of_change.definition import Text, Unit
from theory_of_change.figure_rules import composition_findings
from theory_of_change.model import Evaluation, Indicator, PublishedFigure, TheoryOfChange
from theory_of_change.programme import ALL, Calendar, Period
from theory_of_change.rules import Finding
from theory_of_change.units import is_fraction, is_percentage, is_share, same_unit, says_nothing

Verdict = Literal["reproduced", "contradicted", "not_reproducible"]
VERDICTS: tuple[Verdict, ...] = ("reproduced", "contradicted", "not_reproducible")
Row = Mapping[str, Any]

_TOTALS = ("count", "sum", "distinct")
_ADDITIVE = ("count", "sum")
_UNTIL = ".."
_WITHIN = " / "


@dataclass(frozen=True)
class Reading:
    """One value a figure may be about: of which period, group or term, and how it stands there."""

    status: str
    value: float | None = None
    period: str | None = None
    category: str | None = None
    term: str | None = None


@dataclass(frozen=True)
class Reconciled:
    """A published figure and what the data say of it. `value_found` and `difference` are in the figure's own unit, and
    None unless the two could be compared."""

    figure: PublishedFigure
    figure_id: str
    verdict: Verdict
    reason: str
    about: Indicator | Evaluation | None = None
    reading: Reading = Reading("none")
    facts: Mapping[str, str] = field(default_factory=dict)
    disagrees_with: tuple[str, ...] = ()
    composition: Finding | None = None
    titles: Mapping[str, Text] = field(default_factory=dict, repr=False)  # of the groups, by their codes

    @property
    def value_found(self) -> float | None:
        return self.reading.value if self.verdict != "not_reproducible" else None

    @property
    def difference(self) -> float | None:
        return None if self.value_found is None else self.value_found - self.figure.value

    @property
    def _unit(self) -> Unit | None:
        return self.figure.unit or getattr(self.about, "unit", None)

    def said(self, language: str) -> str:
        """The figure as it was published, `circa` and the like kept."""
        written = _number(self.figure.value, decimals_of(self.figure.value), self._unit, language)
        return said(written, self.figure.approx, language)

    def note(self, language: str) -> str:
        """Why the verdict is what it is, in one sentence; in another, where its composition makes no whole."""
        facts = {**self.facts, "what": self._what(language)}
        if "group" in facts:
            facts["group"] = self._group(facts["group"], language)
        if self.value_found is not None:
            unit, places = self._unit, decimals_of(self.figure.value)
            facts["said"] = self.said(language)
            facts["found"] = _number(self.value_found, places + 1, unit, language)
            facts["difference"] = _number(self.difference or 0.0, places + 1, unit, language)
        why = _say(f"reason.{self.reason}", language, **facts)
        if self.composition is None:
            return why
        return f"{why} {_say(f'parts.{self.composition.rule}', language, **self.composition.facts)}"

    def _what(self, language: str) -> str:
        title = self.about.title.within(language) if self.about and self.about.title else getattr(self.about, "id", "")
        reading = self.reading
        if isinstance(self.about, Evaluation):
            known = reading.term if reading.term in ("difference", "adjusted") else "other"
            return _say(f"term.{known}", language, title=title, term=reading.term or "") if reading.term else title
        if reading.period is None:
            return title
        if _UNTIL in reading.period:
            first, last = reading.period.split(_UNTIL)
            what = _say("what.until", language, title=title, first=first, last=last)
        elif reading.period == ALL:
            what = _say("what.all", language, title=title)
        else:
            what = _say("what.period", language, title=title, period=reading.period)
        if not reading.category:
            return what
        return _say("what.group", language, what=what, group=self._group(reading.category, language))

    def _group(self, codes: str, language: str) -> str:
        """A group in words, or one within another."""
        parts = codes.split(_WITHIN)
        return _WITHIN.join(self.titles[part].within(language) if part in self.titles else part for part in parts)


def reconcile(
    theory: TheoryOfChange, calendar: Calendar, values: Iterable[Row], effects: Iterable[Row]
) -> list[Reconciled]:
    """Every published figure of the theory, in its order.

    `values` and `effects` are rows of `out.indicator_values` and `out.effects`, as published and never before.
    """
    ledger = _Ledger(theory, calendar, values, effects)
    found = [ledger.judged(figure, name) for figure, name in ledger.figures]
    for finding in composition_findings(theory):
        place = int(finding.path[1])
        found[place] = replace(found[place], composition=finding)
    titles = _group_titles(theory)
    return [replace(_with_others(one, found), titles=titles) for one in found]


def _group_titles(theory: TheoryOfChange) -> dict[str, Text]:
    found = {one.id: one.title for one in theory.areas if one.title}
    for dimension in theory.dimensions:
        found |= {code: title for code, title in dimension.categories.items() if code not in found}
    return found


def verdict_words(verdict: str, language: str) -> str:
    return _say(f"verdict.{verdict}", language)


class _Ledger:
    """The theory and its published values, as the figures are held against them."""

    def __init__(
        self, theory: TheoryOfChange, calendar: Calendar, values: Iterable[Row], effects: Iterable[Row]
    ) -> None:
        self.calendar = calendar
        self.indicators = {one.id: one for one in theory.indicators}
        self.evaluations = {one.id: one for one in theory.evaluations}
        self.figures = [(one, one.id or f"published_figure-{n}") for n, one in enumerate(theory.published_figures, 1)]
        self.by_id = {name: one for one, name in self.figures}
        self.dimensions = {one.id: one for one in theory.dimensions}
        self.values: dict[str, dict[tuple[str, str, str], Row]] = {}
        for row in values:
            cell = (row["period"], row["dimension"], row["category"])
            self.values.setdefault(row["indicator_id"], {})[cell] = row
        self.effects: dict[str, list[Row]] = {}
        for row in effects:
            self.effects.setdefault(row["evaluation_id"], []).append(row)

    def judged(self, figure: PublishedFigure, name: str) -> Reconciled:
        if figure.indicator in self.indicators:
            return self._against_indicator(figure, name, self.indicators[figure.indicator])
        if figure.evaluation in self.evaluations:
            return self._against_evaluation(figure, name, self.evaluations[figure.evaluation])
        return Reconciled(figure, name, "not_reproducible", "unlinked")

    # An evaluation ---------------------------------------------------------------------------------------------------

    def _against_evaluation(self, figure: PublishedFigure, name: str, evaluation: Evaluation) -> Reconciled:
        """The plain difference, or whichever of its estimates agrees."""
        if figure.unit is not None and not same_unit(figure.unit, evaluation.unit or Unit("number")):
            return self._other_unit(figure, name, evaluation, evaluation.unit)
        scale = 100 if is_percentage(evaluation.unit) else 1
        first = {"difference": 0, "adjusted": 1}
        rows = sorted(self.effects.get(evaluation.id, ()), key=lambda row: first.get(row["term"], 2))
        readings = [
            Reading("ok", row["estimate"] * scale, term=row["term"]) if row["estimate"] is not None
            else Reading("suppressed" if row["method"] == "suppressed" else "not_computable", term=row["term"])
            for row in rows
        ]  # fmt: skip
        return self._settled(figure, name, evaluation, readings)

    # An indicator ----------------------------------------------------------------------------------------------------

    def _against_indicator(self, figure: PublishedFigure, name: str, indicator: Indicator) -> Reconciled:
        rows = self.values.get(indicator.id, {})
        if not rows:
            return Reconciled(figure, name, "not_reproducible", "not_computed", indicator)
        cell = self._cell(figure, indicator, rows)
        if cell is None:
            facts = {"group": _WITHIN.join(part for part in (figure.area, figure.cohort) if part)}
            return Reconciled(figure, name, "not_reproducible", "group", indicator, facts=facts)
        if figure.as_of is not None and figure.as_of < self.calendar.start:
            return Reconciled(figure, name, "not_reproducible", "before", indicator)
        readings, is_inside = self._readings(figure, indicator, rows, cell)
        if not same_unit(figure.unit, indicator.unit):
            if not is_percentage(figure.unit) or figure.of is None:
                return self._other_unit(figure, name, indicator, indicator.unit)
            return self._part_of(figure, name, indicator, readings)
        scale = 100 if is_fraction(indicator.unit, indicator.measure.kind) else 1
        if scale == 100 and _as_share(figure, readings):
            scale = 1
        readings = [_scaled(reading, scale) for reading in readings]
        settled = self._settled(figure, name, indicator, readings)
        if is_inside and settled.verdict == "contradicted" and indicator.measure.kind in _TOTALS:
            return Reconciled(figure, name, "not_reproducible", "inside", indicator, settled.reading)
        return settled

    def _cell(
        self, figure: PublishedFigure, indicator: Indicator, rows: Mapping[tuple[str, str, str], Row]
    ) -> tuple[str, str] | None:
        """Dimension and category the figure is about; None for a group by which the indicator is not broken down.

        An area is a group only where the indicator is broken down by areas; else it is where the figure stands.
        """
        cells = {(dimension, category) for _, dimension, category in rows}
        over_areas = [name for name, dimension in self.dimensions.items() if dimension.areas]
        area = next(((name, str(figure.area)) for name in over_areas if (name, figure.area) in cells), None)
        if figure.cohort is None:
            return area or (ALL, ALL)
        groups = [cell for cell in cells if cell[1] == figure.cohort and " x " not in cell[0]]
        if len(groups) != 1:
            return None
        if area is None or area == groups[0]:
            return groups[0]
        crossed = [(f"{a[0]} x {b[0]}", f"{a[1]} / {b[1]}") for a, b in ((area, groups[0]), (groups[0], area))]
        return next((cell for cell in crossed if cell in cells), None)

    def _readings(
        self, figure: PublishedFigure, indicator: Indicator, rows: Mapping[tuple[str, str, str], Row],
        cell: tuple[str, str],
    ) -> tuple[list[Reading], bool]:  # fmt: skip
        """The values the figure may be about, the likeliest first, and whether its date lies inside a period.

        A date that ends a period means that period, the year or the whole it ends too, and for a total everything from
        the first period to it. Rows without a date count in the whole alone.
        """
        fine = [period for period in self.calendar.periods if period.level == self.calendar.every]

        def reading(period: Period | str) -> Reading:
            return _reading(rows, period if isinstance(period, str) else period.name, cell)

        values = [reading(period) for period in fine]
        with_values = [one for one in values if one.status != "no_data"]
        if figure.as_of is None or not with_values:
            whole = reading(ALL)
            if whole.status in ("ok", "suppressed") or not with_values:
                return [whole], False
            return (with_values if len(with_values) == 1 else [Reading("undated")]), False
        as_of = min(figure.as_of, self.calendar.end)
        ending = [period for period in self.calendar.periods if period.end == as_of]
        if not ending:
            around = [p for p in self.calendar.periods if p.start <= as_of <= p.end and p.name != ALL]
            return [reading(period) for period in around], True
        found = [reading(period) for period in ending]
        rule = indicator.aggregation.time if indicator.aggregation else None
        so_far = [period for period in fine if period.end <= as_of]
        if indicator.measure.kind in _ADDITIVE and rule in (None, "sum", "recompute") and len(so_far) > 1:
            found.append(_added(so_far, [reading(period) for period in so_far]))
        return found, False

    def _part_of(
        self, figure: PublishedFigure, name: str, indicator: Indicator, readings: Sequence[Reading]
    ) -> Reconciled:
        """A percentage whose indicator counts the part: the count over its base, from the data or as published."""
        base = self.by_id.get(figure.of or "")
        judged = self.judged(base, str(figure.of)) if base is not None and base.of is None else None
        whole = judged.value_found if judged else None
        if whole is None and base is not None and not base.approx and judged and judged.reason == "unlinked":
            whole = base.value
        if not whole:
            facts = {"base": figure.of or ""}
            return Reconciled(figure, name, "not_reproducible", "base", indicator, facts=facts)
        scale = 1 if is_share(figure.unit) or 0 < figure.value < 1 else 100
        return self._settled(figure, name, indicator, [_scaled(one, scale / whole) for one in readings])

    def _other_unit(
        self, figure: PublishedFigure, name: str, about: Indicator | Evaluation, unit: Unit | None
    ) -> Reconciled:
        facts = {"unit": figure.unit.name if figure.unit else "–", "other": unit.name if unit else "–"}
        return Reconciled(figure, name, "not_reproducible", "unit", about, facts=facts)

    def _settled(
        self, figure: PublishedFigure, name: str, about: Indicator | Evaluation, readings: Sequence[Reading]
    ) -> Reconciled:
        """Reproduced where a reading agrees, contradicted where none does and none is held back."""
        shown = [one for one in readings if one.status == "ok" and one.value is not None]
        for one in shown:
            if agrees(figure.value, figure.approx, _trimmed(one.value)):
                return Reconciled(figure, name, "reproduced", "agrees", about, one)
        hidden = next((one for one in readings if one.status == "suppressed"), None)
        if hidden is not None:
            return Reconciled(figure, name, "not_reproducible", "suppressed", about, hidden)
        if shown:
            closest = min(shown, key=lambda one: abs(one.value - figure.value))
            return Reconciled(figure, name, "contradicted", "differs", about, closest)
        empty = next(iter(readings), Reading("none"))
        reason = "not_computed" if empty.status == "none" else empty.status
        return Reconciled(figure, name, "not_reproducible", reason, about, empty)


def _reading(rows: Mapping[tuple[str, str, str], Row], period: str, cell: tuple[str, str]) -> Reading:
    row = rows.get((period, *cell))
    category = None if cell == (ALL, ALL) else cell[1]
    if row is None:
        return Reading("no_data", None, period, category)
    value = row["value"] if row["status"] == "ok" else None
    return Reading(row["status"], None if value is None else float(value), period, category)


def _added(periods: Sequence[Period], readings: Sequence[Reading]) -> Reading:
    """The total of the periods; held back where one of them is."""
    name = f"{periods[0].name}{_UNTIL}{periods[-1].name}"
    statuses = {reading.status for reading in readings}
    if "suppressed" in statuses or "not_computable" in statuses:
        worst = "suppressed" if "suppressed" in statuses else "not_computable"
        return Reading(worst, None, name, readings[0].category)
    return Reading("ok", sum(reading.value or 0.0 for reading in readings), name, readings[0].category)


def _scaled(reading: Reading, factor: float) -> Reading:
    if reading.value is None:
        return reading
    return Reading(reading.status, reading.value * factor, reading.period, reading.category, reading.term)


def _as_share(figure: PublishedFigure, readings: Sequence[Reading]) -> bool:
    """A percentage written from 0 to 1: 0.6 for sixty in a hundred. Its unit says so, else what it is nearest to in the
    data."""
    if is_share(figure.unit) or not 0 < figure.value < 1:
        return is_share(figure.unit)
    values = [reading.value for reading in readings if reading.value is not None]
    return any(abs(value - figure.value) < abs(value * 100 - figure.value) for value in values)


def _trimmed(value: float | None) -> float:
    """A computed number without the dust of binary arithmetic: 0.145 times a hundred is 14.5."""
    return float(f"{value:.12g}")


# Figures beside one another ------------------------------------------------------------------------------------------


def _with_others(one: Reconciled, every: Sequence[Reconciled]) -> Reconciled:
    others = tuple(other.figure_id for other in every if other is not one and _disagree(one, other))
    return replace(one, disagrees_with=others)


def _disagree(one: Reconciled, other: Reconciled) -> bool:
    """Two sources that speak of the same thing with figures that cannot both be true."""
    a, b = one.figure, other.figure
    if not _of_one_thing(a, b) or set(_spellings(a.source)) & set(_spellings(b.source)):
        return False
    terms = {x.reading.term for x in (one, other) if x.verdict == "reproduced" and x.reading.term}
    if len(terms) > 1:
        return False  # one is the plain difference, the other the adjusted one
    return not can_both_be_true((a.value, a.approx), (b.value, b.approx))


def _of_one_thing(a: PublishedFigure, b: PublishedFigure) -> bool:
    """The same indicator or evaluation, or else the same statement; for the same group and area, in the same unit, part
    of the same whole; and not of two different days. A day one of them does not tell may be the other's."""
    if (a.indicator, a.evaluation, a.area, a.cohort, a.of) != (b.indicator, b.evaluation, b.area, b.cohort, b.of):
        return False
    if a.as_of and b.as_of and a.as_of != b.as_of:
        return False
    linked = a.indicator or a.evaluation
    return same_unit(a.unit, b.unit) and bool(linked or set(_spellings(a.statement)) & set(_spellings(b.statement)))


def _spellings(text: Text | None) -> Iterator[str]:
    if text is None:
        return
    words = (text.root,) if isinstance(text.root, str) else text.root.values()
    yield from (" ".join(said.casefold().split()) for said in words)


# Words ---------------------------------------------------------------------------------------------------------------


def _number(value: float, places: int, unit: Unit | None, language: str) -> str:
    """A number with at most so many decimals, and its unit."""
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "#" * places if places else "")
    written = format_decimal(value, format=pattern, locale=_one_of_two(language)).replace("-", "\u2212")
    if unit is None or says_nothing(unit):
        return written
    if is_share(unit):
        return written
    if is_percentage(unit):
        return f"{written}%" if _one_of_two(language) == "en" else f"{written}\u00a0%"
    words, many = unit.within(language), "one" if abs(value) == 1 else "other"
    known = f"unit.{words}.{many}"
    return f"{written}\u00a0{_say(known, language) if known in _words() else words}"


def _say(key: str, language: str, **facts: str) -> str:
    return _words()[key][_one_of_two(language)].format(**facts)


def _one_of_two(language: str) -> str:
    return "it" if language.split("-")[0] == "it" else "en"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("theory_of_change").joinpath("words", "reconciliation.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)
