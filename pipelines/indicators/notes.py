"""What a row of estimates says beside its number, in the programme's language: why there is none, what is missing.

Words only. A note names columns and counts of rows, never a value of a person, and counts below the smallest group are
told as such. Stable tokens for machines stand in `method`, which is always English.
"""

from __future__ import annotations

_NOTES: dict[str, dict[str, str]] = {
    "undated": {
        "it": "la fonte «{source}» non ha né data né periodo: conta solo nell'intero calendario",
        "en": "source “{source}” has neither date nor period: it counts in the whole calendar only",
    },
    "zero-denominator": {"it": "il denominatore è zero", "en": "the denominator is zero"},
    "lonely": {
        "it": "strati con una sola unità di campionamento: {count}; unirli ad altri o scegliere "
        "`uncertainty: {{lonely: certainty|adjust|average}}`",
        "en": "strata with a single sampling unit: {count}; merge them with others or choose "
        "`uncertainty: {{lonely: certainty|adjust|average}}`",
    },
    "lonely-below": {
        "it": "strati con una sola unità dopo il primo stadio: {count}; "
        "`lonely: average` vale solo per il primo stadio",
        "en": "strata with a single unit after the first stage: {count}; `lonely: average` is for the first stage only",
    },
    "fpc-unclear": {
        "it": "la dimensione della popolazione manca, non è positiva o cambia dentro lo strato (strati: {count})",
        "en": "the population size is missing, not positive or changes within the stratum (strata: {count})",
    },
    "fpc-too-small": {
        "it": "la popolazione dichiarata è minore del campione (strati: {count})",
        "en": "the population size is smaller than the sample (strata: {count})",
    },
    "stages": {
        "it": "la fonte dichiara {stages} stadi di campionamento, ma unità solo per {units}",
        "en": "the source declares {stages} stages of sampling, but units for only {units}",
    },
    "unusable": {
        "it": "righe senza un peso valido o senza il loro posto nel disegno di campionamento, lasciate fuori: {count}",
        "en": "rows without a valid weight or their place in the sampling design, left out: {count}",
    },
    "asked": {
        "it": "di chi ha avuto davanti la domanda: chi non l'ha vista non conta",
        "en": "of those who were asked: who was not shown the question does not count",
    },
    "no-category": {"it": "righe senza {dimension}: {count}", "en": "rows without {dimension}: {count}"},
    "no-aggregation": {
        "it": "l'indicatore non si aggrega nel tempo (`aggregation: {{time: none}}`)",
        "en": "the indicator is not aggregated over time (`aggregation: {{time: none}}`)",
    },
    "last-of": {"it": "valore del periodo {period}", "en": "value of period {period}"},
    "sum-of": {"it": "somma dei periodi {periods}", "en": "sum of periods {periods}"},
    "theme-missing": {
        "it": "servono le interviste codificate della fonte «{source}», che questa versione non calcola ancora",
        "en": "needs the coded interviews of source “{source}”, which this version does not compute yet",
    },
    "network-missing": {
        "it": "serve un registro di legami («{source}»), da cui questa versione non calcola ancora le reti",
        "en": "needs a register of ties (“{source}”), from which this version does not compute networks yet",
    },
    "source-missing": {"it": "la fonte «{source}» non esiste", "en": "source “{source}” does not exist"},
    "input-missing": {
        "it": "senza valore: {inputs}",
        "en": "without a value: {inputs}",
    },
    "failed": {
        "it": "l'espressione non si può calcolare su queste righe",
        "en": "the expression cannot be computed on these rows",
    },
    "fewer-than": {"it": "meno di {count}", "en": "fewer than {count}"},
}


def note(key: str, language: str, **facts: object) -> str:
    """The note in Italian for `it`, else in English."""
    return _NOTES[key]["it" if language.split("-")[0] == "it" else "en"].format(**facts)


def guarded_count(count: int, smallest_group: int, language: str) -> str:
    """A count of rows as it may be told: the number itself, or that it is below the smallest group."""
    return str(count) if count >= smallest_group else note("fewer-than", language, count=smallest_group)
