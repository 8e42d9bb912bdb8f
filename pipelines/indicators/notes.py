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
        "it": "la dimensione della popolazione manca, non è positiva o cambia dentro lo strato (strati: {count}): "
        "correggerla, o non tenerne conto con `uncertainty: {{fpc: false}}`",
        "en": "the population size is missing, not positive or changes within the stratum (strata: {count}): "
        "correct it, or leave it out of account with `uncertainty: {{fpc: false}}`",
    },
    "fpc-too-small": {
        "it": "la popolazione dichiarata è minore del campione (strati: {count}): "
        "correggerla, o non tenerne conto con `uncertainty: {{fpc: false}}`",
        "en": "the population size is smaller than the sample (strata: {count}): "
        "correct it, or leave it out of account with `uncertainty: {{fpc: false}}`",
    },
    "stages": {
        "it": "la fonte dichiara {stages} stadi di campionamento, ma unità solo per {units}",
        "en": "the source declares {stages} stages of sampling, but units for only {units}",
    },
    "unusable": {
        "it": "righe senza un peso valido o senza il loro posto nel disegno di campionamento, lasciate fuori: {count}",
        "en": "rows without a valid weight or their place in the sampling design, left out: {count}",
    },
    "weightless": {
        "it": "righe con peso zero, che non contano: {count}",
        "en": "rows with a weight of zero, which do not count: {count}",
    },
    "nobody-counted": {
        "it": "ci sono righe, ma nessuna rientra in questo indicatore",
        "en": "there are rows, but none of them is among those of this indicator",
    },
    "asked": {
        "it": "di chi di certo ha avuto davanti la domanda: dove tutte le caselle sono vuote e nulla dice che sia"
        " stata mostrata, la riga non conta",
        "en": "of those who were certainly asked: where every box is empty and nothing says that the question was "
        "shown, the row does not count",
    },
    "no-category": {"it": "righe senza {dimension}: {count}", "en": "rows without {dimension}: {count}"},
    "areas-silent": {
        "it": "hanno consegnato dati {reported} su {count}; senza dati: {names}",
        "en": "{reported} of {count} have handed in data; without data: {names}",
    },
    "in-several-groups": {
        "it": "per {dimension} la somma fa {sum}, cioè {more} in più: chi è in più gruppi conta in ognuno",
        "en": "by {dimension} the sum is {sum}, {more} more: who is in several groups counts in each",
    },
    "in-several-groups-hidden": {
        "it": "per {dimension} la somma può superare il totale: chi è in più gruppi conta in ognuno",
        "en": "by {dimension} the sum may exceed the whole: who is in several groups counts in each",
    },
    "in-several-periods": {
        "it": "la somma dei periodi fa {sum}, cioè {more} in più: chi torna in più periodi qui conta una volta",
        "en": "the periods sum to {sum}, {more} more: who comes back in several periods counts once here",
    },
    "in-several-periods-hidden": {
        "it": "la somma dei periodi può essere più alta: chi torna in più periodi qui conta una volta",
        "en": "the periods may sum to more: who comes back in several periods counts once here",
    },
    "not-taken-together": {
        "it": "l’indicatore non si riunisce su {dimension} (`aggregation: none`)",
        "en": "the indicator is not taken together over {dimension} (`aggregation: none`)",
    },
    "added-up-over": {
        "it": "somma dei valori per {dimension}: chi è in più gruppi vi è contato più volte",
        "en": "sum of the values by {dimension}: who is in several groups is counted several times",
    },
    "not-added-up": {
        "it": "si sommerebbe su {dimension}, ma l’indicatore non è suddiviso per i due insieme",
        "en": "it would be added up over {dimension}, but the indicator is not broken down by the two together",
    },
    "unlike-units": {
        "it": "una percentuale non divide cose diverse ({units}): contare sopra e sotto la stessa cosa",
        "en": "a percentage does not divide unlike things ({units}): count the same thing above and below",
    },
    "shares-not-summed": {
        "it": "quote e medie non si sommano (`aggregation: {{time: sum}}`): scrivere `recompute`",
        "en": "shares and means do not add up (`aggregation: {{time: sum}}`): write `recompute`",
    },
    "shares-not-summed-over": {
        "it": "quote e medie non si sommano (`aggregation: sum`): scrivere `recompute`",
        "en": "shares and means do not add up (`aggregation: sum`): write `recompute`",
    },
    "merged-in": {"it": "comprende {categories}", "en": "includes {categories}"},
    "no-aggregation": {
        "it": "l'indicatore non si aggrega nel tempo (`aggregation: {{time: none}}`)",
        "en": "the indicator is not aggregated over time (`aggregation: {{time: none}}`)",
    },
    "last-of": {"it": "valore del periodo {period}", "en": "value of period {period}"},
    "sum-of": {"it": "somma dei periodi {periods}", "en": "sum of periods {periods}"},
    "theme-missing": {
        "it": "servono le interviste codificate della raccolta «{source}», che non hanno questo codice o non sono"
        " contate così",
        "en": "needs the coded interviews of the corpus “{source}”, which do not have this code or are not counted"
        " that way",
    },
    "network-wave": {"it": "rilevazione {wave}", "en": "wave {wave}"},
    "network-respondents": {
        "it": "hanno risposto {answered} su {members} ({share}): contano solo loro e i legami tra loro",
        "en": "{answered} of {members} answered ({share}): only they count, and the ties among them",
    },
    "network-union": {
        "it": "hanno risposto {answered} su {members} ({share}): contano tutti i legami che qualcuno riferisce",
        "en": "{answered} of {members} answered ({share}): every tie that anybody reports counts",
    },
    "network-unseen": {
        "it": "il {share} delle coppie non ha risposto da nessuna delle due parti: i loro legami non si vedono",
        "en": "of {share} of the pairs neither end answered: their ties cannot be seen",
    },
    "network-nobody": {"it": "non ha risposto nessuno", "en": "nobody answered"},
    "network-response-low": {
        "it": "ha risposto meno di {least} dei nodi: per calcolare lo stesso, `non_response: {{accepted: …}}`",
        "en": "fewer than {least} of the nodes answered: to compute all the same, `non_response: {{accepted: …}}`",
    },
    "network-too-small": {
        "it": "la rete ha troppo pochi nodi o legami per questa misura",
        "en": "the network has too few nodes or ties for this measure",
    },
    "network-unknown": {
        "it": "legami lasciati fuori, perché un capo non è tra i nodi di quel momento: {count}",
        "en": "ties left out because an end is not among the nodes of that time: {count}",
    },
    "network-self": {
        "it": "legami di un nodo con sé stesso, lasciati fuori: {count}",
        "en": "ties of a node with itself, left out: {count}",
    },
    "open-left-out": {
        "it": "non ancora decisi e lasciati fuori: {cohorts}",
        "en": "not decided yet and left out: {cohorts}",
    },
    "definition-changed": {
        "it": "la definizione vale dal {day} e nessuno ha detto come si confronta con prima (`bridge`)",
        "en": "the definition holds from {day}, and nobody said how it compares with before (`bridge`)",
    },
    "unequal-periods": {
        "it": "i due periodi non coprono lo stesso tempo: uno non è finito o non ha dati per intero",
        "en": "the two periods do not cover the same time: one is not over, or has no data for all of it",
    },
    "source-missing": {"it": "la fonte «{source}» non esiste", "en": "source “{source}” does not exist"},
    "index-without": {
        "it": "calcolato senza: {inputs}",
        "en": "computed without: {inputs}",
    },
    "index-beyond": {
        "it": "oltre i valori di riferimento, quindi contati come il più vicino dei due e senza intervallo: {inputs}",
        "en": "beyond the goalposts, so counted as the nearer of the two and without an interval: {inputs}",
    },
    "index-negative": {
        "it": "una media geometrica non si può fare con valori negativi: {inputs}",
        "en": "a geometric mean cannot be taken of negative values: {inputs}",
    },
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
