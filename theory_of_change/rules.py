"""What a coherence rule is: its number, its name, what it found and where, and how an author accepts it.

The rules themselves stand in `chain_rules`, `measure_rules`, `figure_rules`, `upkeep_rules` and, for what changed since
an earlier theory, in `versioning`; `coherence` runs all but the last. Their words, and why each one matters, are in the
catalogue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from theory_of_change.model import Text
from theory_of_change.positions import Steps
from theory_of_change.problems import Place, catalogue, spoken_in

#: The smallest group the law lets a statistic show: Regole deontologiche per trattamenti a fini statistici o di ricerca
#: scientifica, Gazzetta Ufficiale 14-1-2019 n. 11, art. 5: "Il valore minimo attribuibile alla soglia è pari a tre".
LEGAL_FLOOR = 3

#: Every rule an author may accept, with its number. One to twenty each come from a complaint or from a programme that
#: went wrong; a number may have several names where it can be broken in several ways.
NUMBERS: Mapping[str, int] = {
    "outcome-unmeasured": 1,
    "indicator-without-source": 2,
    "milestone-without-evidence": 2,
    "percentage-without-base": 3,
    "percentage-averaged": 3,
    "percentage-summed": 4,
    "ratio-mixes-units": 5,
    "base-of-another-unit": 5,
    "target-undated": 6,
    "target-without-baseline": 6,
    "composition-not-whole": 7,
    "composition-remainder": 7,
    "composition-impossible": 7,
    "activity-off-plan": 8,
    "link-without-mechanism": 9,
    "assumption-untested": 10,
    "element-unreachable": 11,
    "element-leads-nowhere": 11,
    "links-missing": 11,
    "links-in-circle": 12,
    "category-below-threshold": 13,
    "reach-counts-attendance": 14,
    "open-cohort-in-rate": 15,
    "scale-item-without-range": 16,
    "scale-item-without-direction": 16,
    "text-language-missing": 17,
    "language-missing-everywhere": 17,
    "language-not-of-programme": 17,
    "figure-not-reproduced": 18,
    "indicator-changed-without-version": 19,
    "theory-changed-without-version": 19,
    "version-lowered": 19,
    "version-without-reason": 19,
    "published-indicator-gone": 19,
    "published-indicator-renamed": 19,
    "uncertainty-missing": 20,
    "target-outside-calendar": 21,
    "target-against-direction": 22,
    "share-beyond-one": 23,
    "share-negative": 23,
    "smallest-group-below-law": 24,
    "reference-retired": 25,
    "reference-retired-for-good": 25,
    "report-without-frequency": 26,
    "code-unknown": 27,
    "code-list-unknown": 27,
    "own-indicator-without-area": 28,
    "common-indicator-not-by-area": 28,
    "own-indicator-of-every-area": 28,
    "theory-empty": 29,
    "share-counted-in-units": 30,
    "unit-has-a-name": 30,
    "type-against-measure": 30,
    "target-twice": 31,
    "category-left-out": 32,
    "aggregation-without-groups": 33,
    "aggregation-last-over-groups": 33,
}
RULES = tuple(NUMBERS)


@dataclass(frozen=True)
class Finding:
    """A rule broken at a path of the theory, and the `accept` blocks that may silence it.

    `place` stands in for the path where the rule is broken in another file, as in a survey's; `on_key` says that it is
    broken by the key that ends the path.
    """

    rule: str
    path: Steps
    facts: Mapping[str, str]
    accepts: tuple[Mapping[str, Text], ...] = ()
    place: Place | None = None
    on_key: bool = False


@dataclass(frozen=True)
class ScaleItem:
    """A question answered on a scale, as far as its contract says what the scale is."""

    name: str
    place: Place
    has_range: bool = True
    has_direction: bool = True


@dataclass(frozen=True)
class SourceDetail:
    """What a source's contract says beyond its table: whether its rows are known to come from anywhere, and its scale
    items. Whoever reads contracts makes it, so that the rules need not know them."""

    is_delivered: bool = True
    items: tuple[ScaleItem, ...] = field(default=())


def is_retired(entry: object) -> bool:
    """Whether an entry is no longer part of the theory today; what will be retired later still is."""
    retired = getattr(entry, "retired", None)
    return retired is not None and retired.at <= dt.date.today()


def rule_words(rule: str, language: str) -> dict[str, object]:
    """A rule as a reader of `language` is told of it, apart from any case: number, name, severity, why, remedy."""
    entry = catalogue()[rule]
    spoken = spoken_in(language)
    return {
        "number": NUMBERS[rule],
        "rule": rule,
        "severity": entry["severity"],
        "title": entry["title"][spoken],
        "why": entry["why"][spoken],
    }
