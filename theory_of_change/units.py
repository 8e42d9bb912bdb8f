"""What units mean to a computation: which are percentages, which of those are stored from 0 to 1, which two compare.

A unit is words a reader sees; only percentages and the plain counting words are known here. How a number is printed
with its unit is for `reports`.
"""

from __future__ import annotations

from theory_of_change.definition import Unit

#: Percentages that are written from 0 to 1.
_SHARES = ("share", "quota")
_PERCENT = ("percent", "%", "percentage", "percentuale", "percento", "per cento", "per cent", *_SHARES)
#: Units that say no more than that something was counted or computed.
_PLAIN = ("count", "number", "numero", "ratio", "index", "score")
#: Kinds of measure whose value of 0.25 with the unit `percent` means 25 %.
FRACTIONS = ("share", "ratio", "formula", "index", "theme", "network", "funnel", "rubric")


def is_percentage(unit: Unit | str | None) -> bool:
    return any(words.casefold().strip() in _PERCENT for words in _words(unit))


def is_share(unit: Unit | str | None) -> bool:
    """True for a percentage whose unit says that it is written from 0 to 1."""
    return any(words.casefold().strip() in _SHARES for words in _words(unit))


def is_fraction(unit: Unit | str | None, measure_kind: str) -> bool:
    """True where the values of such an indicator are stored from 0 to 1 and read as a percentage."""
    return measure_kind in ("share", "funnel") or (is_percentage(unit) and measure_kind in FRACTIONS)


def says_nothing(unit: Unit | str | None) -> bool:
    """True where there is no unit to print beside a number."""
    return all(words.casefold().strip() in _PLAIN for words in _words(unit))


def same_unit(one: Unit | str | None, other: Unit | str | None) -> bool:
    """Whether numbers in these units may be compared. A unit not given, or one that only says `count`, fits any other;
    a percentage fits only a percentage."""
    if one is None or other is None:
        return True
    if is_percentage(one) or is_percentage(other):
        return is_percentage(one) and is_percentage(other)
    own, others = ({words.casefold().strip() for words in _words(unit)} for unit in (one, other))
    return bool(own & others) or bool((own | others) & set(_PLAIN))


def alike(one: Unit, other: Unit) -> bool:
    """Whether two ways of writing a unit share a word: one was only given in a further language, or reworded in one."""
    return bool(set(one.words) & set(other.words))


#: Units that have a name reports can say in every language, and how people write them instead.
_STANDARD = {
    "percent": ("%", "percentuale", "percento", "per cento", "per cent", "percentage"),
    "hour": ("ore", "ora", "h"),
    "day": ("giorni", "giorno"),
    "month": ("mesi", "mese"),
    "year": ("anni", "anno"),
    "person": ("persone", "persona"),
    "organisation": ("organizzazioni", "organizzazione", "organization"),
    "household": ("famiglie", "famiglia", "nuclei familiari"),
    "point": ("punti", "punto"),
    "count": ("numero", "conteggio"),
    "EUR": ("euro", "€", "eur"),
    "USD": ("dollari", "$", "usd"),
    "GBP": ("sterline", "£", "gbp"),
}

_NO_THING = ("percent", "point", "count")


def standard_name(written: str) -> str | None:
    """The name a unit has in every language, where `written` is another way of saying it."""
    plain = written.casefold().strip()
    return next((name for name, others in _STANDARD.items() if written != name and plain in others), None)


def counts_something(unit: Unit | str | None) -> bool:
    """True for a unit known to count persons, hours, money and the like, and so no unit of a share."""
    plain = {words.casefold().strip() for words in _words(unit)}
    return any(plain & {name.casefold(), *others} for name, others in _STANDARD.items() if name not in _NO_THING)


def _words(unit: Unit | str | None) -> tuple[str, ...]:
    if unit is None:
        return ()
    return (unit,) if isinstance(unit, str) else unit.words
