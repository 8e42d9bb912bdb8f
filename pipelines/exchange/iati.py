"""The programme's results as an IATI 2.03 activity (https://iatistandard.org): results, indicators, baselines, periods.

Element order and attributes are those of `iati-activities-schema.xsd`; code lists used: result type, indicator measure,
indicator vocabulary, tag vocabulary, organisation role, activity status, activity date type. Nothing is invented: what
IATI requires and the programme does not say is left empty and told in `losses`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from pipelines.exchange.subject import Cut, Subject, Value, goal_words, said
from pipelines.exchange.wording import number, plain_number, word
from theory_of_change.model import Indicator, Text
from theory_of_change.programme import ALL, Period

_RESULT_TYPES = {"output": "1", "outcome": "2", "impact": "3"}
_OTHER = "9"
_UNIT, _PERCENTAGE, _NOMINAL, _ORDINAL, _QUALITATIVE = "12345"
_SDG_INDICATOR, _OWN = "9", "99"  # IndicatorVocabulary
_SDG_GOAL_TAG, _SDG_TARGET_TAG = "2", "3"  # TagVocabulary
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Reporter:
    """Who reports, as IATI names organisations; both are empty where the caller did not say."""

    id: str = ""
    type: str = ""


def iati(subject: Subject, reporter: Reporter, today: dt.date) -> bytes:
    """The file's bytes. `today` decides whether the activity is in preparation, under way or over."""
    root = Xml.Element("iati-activities", version="2.03")
    activity = Xml.SubElement(root, "iati-activity", {_LANGUAGE: subject.language})
    theory = subject.theory.theory
    name = theory.operation_code or theory.id
    _leaf(activity, "iati-identifier", f"{reporter.id}-{name}" if reporter.id else name)
    _narrated(subject, activity, "reporting-org", subject.organisation, ref=reporter.id, type=reporter.type)
    _narrated(subject, activity, "title", theory.title)
    _narrated(subject, activity, "description", theory.summary or theory.title)
    for role, organisation in _participants(subject):
        _narrated(subject, activity, "participating-org", organisation, role=role)
    start, end = _span(subject)
    status = "1" if today < start else "2" if today <= end else "4"
    Xml.SubElement(activity, "activity-status", code=status)
    Xml.SubElement(activity, "activity-date", {"type": "1", "iso-date": start.isoformat()})
    Xml.SubElement(activity, "activity-date", {"type": "3", "iso-date": end.isoformat()})
    for vocabulary, code in _tags(subject):
        Xml.SubElement(activity, "tag", vocabulary=vocabulary, code=code)
    for element, indicators in results_of(subject):
        _result(subject, activity, element, indicators)
    Xml.indent(root)
    return Xml.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def results_of(subject: Subject) -> list[tuple[str, list[Indicator]]]:
    """Each measured element with its indicators. An indicator of several elements stands under the first of them that
    is a result, because repeated under each it would count several times."""
    found: dict[str, list[Indicator]] = defaultdict(list)
    for indicator in subject.indicators.values():
        ours = [name for name in indicator.measures if subject.level_of.get(name) in _RESULT_TYPES]
        found[(ours or indicator.measures)[0]].append(indicator)
    order = {name: position for position, name in enumerate(subject.level_of)}
    return sorted(found.items(), key=lambda one: order.get(one[0], len(order)))


def measure_code(subject: Subject, indicator: Indicator) -> str:
    """IATI's IndicatorMeasure: 1 unit, 2 percentage, 3 nominal, 4 ordinal, 5 qualitative."""
    if indicator.type == "qualitative":
        return _QUALITATIVE
    if indicator.type in ("ordinal_distribution", "rubric"):
        return _ORDINAL
    if indicator.type == "milestone" or indicator.measure.kind == "milestone":
        return _NOMINAL
    return _PERCENTAGE if subject.unit(indicator).kind in ("percent", "percentage") else _UNIT


def adds_up(indicator: Indicator) -> bool:
    """Whether its values may be added up: counts and sums may, unless the theory says otherwise."""
    said = indicator.aggregation.time if indicator.aggregation else None
    return said == "sum" if said else indicator.measure.kind in ("count", "sum")


def _result(subject: Subject, activity: Xml.Element, element_id: str, indicators: list[Indicator]) -> None:
    level = subject.level_of.get(element_id)
    element = next((one for one in subject.elements.get(level or "", ()) if one.id == element_id), None)
    together = all(map(adds_up, indicators))
    kind = _RESULT_TYPES.get(level or "", _OTHER)
    result = Xml.SubElement(activity, "result", {"type": kind, "aggregation-status": _truth(together)})
    _narrated(subject, result, "title", element.statement if element else element_id)
    if element and element.note:
        _narrated(subject, result, "description", element.note)
    for indicator in indicators:
        _indicator(subject, result, indicator)


def _indicator(subject: Subject, result: Xml.Element, indicator: Indicator) -> None:
    measure = measure_code(subject, indicator)
    attributes = {"measure": measure, "aggregation-status": _truth(adds_up(indicator))}
    if indicator.direction in ("up", "down"):
        attributes["ascending"] = _truth(indicator.direction == "up")
    node = Xml.SubElement(result, "indicator", attributes)
    _narrated(subject, node, "title", indicator.title)
    if indicator.definition:
        _narrated(subject, node, "description", indicator.definition)
    Xml.SubElement(node, "reference", vocabulary=_OWN, code=indicator.id)
    for reference in indicator.references:
        if is_sdg(reference.vocabulary) and reference.code.count(".") == 2:
            Xml.SubElement(node, "reference", vocabulary=_SDG_INDICATOR, code=reference.code)
        elif not is_sdg(reference.vocabulary):
            uri = {"indicator-uri": reference.uri} if reference.uri else {}
            code = f"{reference.vocabulary} {reference.code}"
            Xml.SubElement(node, "reference", {"vocabulary": _OWN, "code": code, **uri})
    has_value = measure != _QUALITATIVE
    for start in subject.starts_of(indicator.id):
        dated = {"year": str(start.date.year), "iso-date": start.date.isoformat()}
        value = {"value": _shown(subject, indicator, start.value)} if has_value else {}
        baseline = Xml.SubElement(node, "baseline", dated | value)
        _dimensions(subject, baseline, start.cut)
        if start.baseline.quality:
            _narrated(subject, baseline, "comment", start.baseline.quality)
    _periods(subject, node, indicator, has_value)


def _periods(subject: Subject, node: Xml.Element, indicator: Indicator, has_value: bool) -> None:
    """Periods in order, each with its targets and what was observed; what is suppressed or missing is left out."""
    observed = [value for value in subject.finest(indicator.id) if value.status == "ok" and has_value]
    targets = list(dated_targets(subject, indicator.id))
    spans = {value.period: None for value in observed} | {period: None for period, _ in targets if period}
    for period in sorted(spans, key=lambda period: (period.start, period.end)):
        entry = Xml.SubElement(node, "period")
        Xml.SubElement(entry, "period-start", {"iso-date": period.start.isoformat()})
        Xml.SubElement(entry, "period-end", {"iso-date": period.end.isoformat()})
        for _, target in ((p, t) for p, t in targets if p == period):
            single = has_value and not isinstance(target.value, tuple)
            goal = Xml.SubElement(entry, "target",
                                  {"value": _shown(subject, indicator, target.value)} if single else {})  # fmt: skip
            _dimensions(subject, goal, target.disaggregation.items())
            _commented(subject, goal, lambda language, t=target: word(
                "target_words", None, language, target=goal_words(subject, t, language)))  # fmt: skip
        for value in (v for v in observed if v.period == period):
            actual = Xml.SubElement(entry, "actual", value=_shown(subject, indicator, value.value))
            _dimensions(subject, actual, value.cut)
            if value.ci_low is not None or value.n is not None:
                _commented(subject, actual, lambda language, v=value: certainty(subject, v, language))


def dated_targets(subject: Subject, indicator: str) -> Iterator[tuple[Period | None, object]]:
    """Each target with the period it is due in; undated ones with the whole calendar, None where the calendar ends."""
    calendar = subject.programme.calendar
    finest = [value.period.level for value in subject.finest(indicator) if value.status == "ok"]
    level = finest[0] if finest else calendar.every
    for target in subject.targets_of(indicator):
        if target.by is None or (level == ALL and calendar.start <= target.by <= calendar.end):
            yield calendar.period(ALL), target
        else:
            held = (p for p in calendar.periods if p.level == level and p.start <= target.by <= p.end)
            yield next(held, None), target


def certainty(subject: Subject, value: Value, language: str) -> str:
    """How sure the number is, in words: the format has no place for an interval."""
    n = number(value.n, language) if value.n is not None else None
    if value.ci_low is None or value.ci_high is None:
        return word("cases", None, language, n=n) if n else ""
    indicator = subject.indicators[value.indicator]
    low, high = (said(subject, indicator, one, language) for one in (value.ci_low, value.ci_high))
    level = number((value.ci_level or 0) * 100, language) + ("%" if language == "en" else "\u00a0%")
    facts = {"level": level, "low": low, "high": high}
    return word("interval", None, language, **facts, n=n) if n else word("interval_without_n", None, language, **facts)


def is_sdg(vocabulary: str) -> bool:
    return vocabulary.casefold().strip() in ("sdg", "sdgs", "oss")


def _tags(subject: Subject) -> list[tuple[str, str]]:
    """Sustainable Development Goals and targets that elements or indicators refer to; SDG indicators stand with the
    indicator itself."""
    blocks = [*(one for elements in subject.elements.values() for one in elements), *subject.indicators.values()]
    found: dict[tuple[str, str], None] = {}
    for reference in (reference for block in blocks for reference in block.references):
        dots = reference.code.count(".")
        if is_sdg(reference.vocabulary) and dots < 2:
            found[(_SDG_TARGET_TAG if dots else _SDG_GOAL_TAG, reference.code)] = None
    return list(found)


def _participants(subject: Subject) -> Iterator[tuple[str, Text | str]]:
    """Who answers for the activity (2), and the funders the theory names (1)."""
    yield "2", subject.organisation
    for one in subject.theory.stakeholders:
        if one.role == "funder" or one.kind == "funder":
            yield "1", one.name


def _span(subject: Subject) -> tuple[dt.date, dt.date]:
    calendar, period = subject.programme.calendar, subject.theory.theory.period
    return (period and period.start) or calendar.start, (period and period.end) or calendar.end


def _dimensions(subject: Subject, parent: Xml.Element, cut: Cut | Iterable[tuple[str, str]]) -> None:
    language = subject.language
    for dimension, category in cut:
        name, value = subject.dimension(dimension, language), subject.category(dimension, category, language)
        Xml.SubElement(parent, "dimension", name=_clean(name), value=_clean(value))


def _narrated(subject: Subject, parent: Xml.Element, tag: str, text: Text | str, **attributes: str) -> None:
    """A `narrative` for each language the text has; a plain text is in the activity's own."""
    node = Xml.SubElement(parent, tag, attributes)
    if isinstance(text, str) or not text.languages:
        _leaf(node, "narrative", text if isinstance(text, str) else text.within(subject.language))
        return
    for language in sorted(text.languages, key=lambda one: one != subject.language):
        _leaf(node, "narrative", text.within(language)).set(_LANGUAGE, language)


def _commented(subject: Subject, parent: Xml.Element, told) -> None:
    node = Xml.SubElement(parent, "comment")
    spoken = [language for language in subject.programme.languages if language in ("it", "en")] or ["en"]
    for language in spoken:
        _leaf(node, "narrative", told(language)).set(_LANGUAGE, language)


def _leaf(parent: Xml.Element, tag: str, text: str) -> Xml.Element:
    node = Xml.SubElement(parent, tag)
    node.text = _clean(text)
    return node


def _clean(text: str) -> str:
    """Text without the characters XML 1.0 cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n\r" or (sign >= " " and sign not in "\ufffe\uffff"
                                                                and not "\ud800" <= sign <= "\udfff"))  # fmt: skip


def _shown(subject: Subject, indicator: Indicator, value: float) -> str:
    return plain_number(subject.scaled(indicator, value))


def _truth(value: bool) -> str:
    return "true" if value else "false"
