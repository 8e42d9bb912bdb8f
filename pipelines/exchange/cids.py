"""The programme in the Common Impact Data Standard, Basic tier, as JSON-LD (Common Approach to Impact Measurement).

Classes and properties are those of the ontology at https://ontology.commonapproach.org/cids; what the tier requires is
in its `cids.basictier.shacl.ttl`: names, descriptions, the organisation, the unit, and for each report of an indicator
its times and its value as an ISO 21972 measure. Texts go out in one language: the context types them as strings.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pipelines.exchange.iati import certainty
from pipelines.exchange.subject import Subject, Value
from pipelines.exchange.wording import plain_number, word
from theory_of_change.model import Indicator
from theory_of_change.programme import ALL

CONTEXT = "https://ontology.commonapproach.org/contexts/cidsContext.jsonld"


def cids(subject: Subject, language: str) -> bytes:
    """The file's bytes: a list of nodes, each with its context, as the standard's own files are."""
    nodes = [{"@context": CONTEXT, **node} for node in _nodes(subject, language)]
    return (json.dumps(nodes, ensure_ascii=False, indent=2) + "\n").encode()


def outcomes_of(subject: Subject) -> list:
    """What CIDS calls outcomes: the theory's outcomes and its impact."""
    return [*subject.elements["outcome"], *subject.elements["impact"]]


def told_values(subject: Subject, indicator: str) -> list[Value]:
    """The values the tier can carry: of the whole, for the shortest periods."""
    return [value for value in subject.finest(indicator) if value.status == "ok" and not value.cut]


def _nodes(subject: Subject, language: str) -> Iterator[dict[str, Any]]:
    name = _Names(subject, language)
    outcomes = outcomes_of(subject)
    themes = dict.fromkeys(theme for one in outcomes for theme in name.themes(one))
    yield {
        "@id": name.organisation,
        "@type": "cids:Organization",
        "hasLegalName": subject.organisation,
        "hasOutcome": [name.of("outcome", one.id) for one in outcomes],
        "hasIndicator": [name.of("indicator", one) for one in subject.indicators],
    }
    for theme, (title, description) in _described(name, themes).items():
        yield {"@id": theme, "@type": "cids:Theme", "hasName": title, "hasDescription": description}
    for outcome in outcomes:
        statement = name.text(outcome.statement)
        measured = [one.id for one in subject.indicators.values() if outcome.id in one.measures]
        yield {
            "@id": name.of("outcome", outcome.id),
            "@type": "cids:Outcome",
            "hasName": statement,
            "hasDescription": name.text(outcome.note) if outcome.note else statement,
            "forOrganization": name.organisation,
            "forTheme": [theme for theme, _, _ in name.themes(outcome)],
            "hasIndicator": [name.of("indicator", one) for one in measured],
        }
    chosen = {outcome.id: outcome for outcome in outcomes}
    for indicator in subject.indicators.values():
        aims = [chosen[one] for one in indicator.measures if one in chosen]
        title = name.text(indicator.title)
        reports = told_values(subject, indicator.id)
        yield {
            "@id": name.of("indicator", indicator.id),
            "@type": "cids:Indicator",
            "hasName": title,
            "hasDescription": name.text(indicator.definition) if indicator.definition else title,
            "unitDescription": name.text(indicator.unit),
            "forOrganization": name.organisation,
            "forOutcome": [name.of("outcome", one.id) for one in aims],
            "forTheme": list(dict.fromkeys(theme for one in aims for theme, _, _ in name.themes(one))),
            "hasIndicatorReport": [name.report(value) for value in reports],
        }
        for value in reports:
            yield _report(subject, name, indicator, value)


def _report(subject: Subject, name: _Names, indicator: Indicator, value: Value) -> dict[str, Any]:
    zone = subject.programme.zone
    told = certainty(subject, value, name.language)
    period = word("period_all", None, name.language) if value.period.name == ALL else value.period.name
    return {
        "@id": name.report(value),
        "@type": "cids:IndicatorReport",
        "hasName": f"{name.text(indicator.title)}, {period}",
        "forIndicator": name.of("indicator", indicator.id),
        "forOrganization": name.organisation,
        "startedAtTime": _moment(value.period.start, dt.time.min, zone),
        "endedAtTime": _moment(value.period.end, dt.time(23, 59, 59), zone),
        "value": {
            "@id": f"{name.report(value)}:value",
            "@type": "i72:Measure",
            "hasNumericalValue": plain_number(subject.scaled(indicator, value.value)),
        },
        **({"hasComment": told} if told else {}),
    }


class _Names:
    """Names for nodes: a programme has no web address of its own, so they are URNs made from its ids."""

    def __init__(self, subject: Subject, language: str) -> None:
        self.subject, self.language = subject, language
        self.organisation = self.of("organization")

    def of(self, *steps: str) -> str:
        return ":".join(["urn:sestante", *(quote(step, safe="-._~") for step in (self.subject.programme.id, *steps))])

    def report(self, value: Value) -> str:
        return self.of("report", value.indicator, value.period.name)

    def text(self, text: Any) -> str:
        return text.within(self.language, self.subject.language)

    def themes(self, outcome: Any) -> list[tuple[str, str, str]]:
        """The themes of an outcome: the one it names, and the thematic areas it belongs to, as name and words."""
        found = []
        if theme := getattr(outcome, "theme", None):
            found.append((self.of("theme", theme), theme, theme))
        parents, areas = self.subject.theory.parents, {area.id: area for area in self.subject.theory.areas}
        here, seen = outcome.area, set()
        while here in areas and here not in seen:
            seen.add(here)
            area = areas[here]
            if area.kind == "thematic_area":
                title = self.text(area.title)
                found.append((self.of("area", here), title, self.text(area.summary) if area.summary else title))
            here = parents.get(here)
        return found


def _described(name: _Names, themes: dict[tuple[str, str, str], None]) -> dict[str, tuple[str, str]]:
    return {theme: (title, description) for theme, title, description in themes}


def _moment(day: dt.date, time: dt.time, zone: ZoneInfo) -> str:
    return dt.datetime.combine(day, time, zone).isoformat()
