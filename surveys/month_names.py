"""Dates with the month in words, Italian or English, turned into figures: `lunedì 3 febbraio 2026, ore 9.30`.

Only what has a day, a name of a month and a year becomes a date; whether a calendar has it is decided in `cells`.
"""

from __future__ import annotations

import re
import unicodedata

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("gennaio january", "febbraio february", "marzo march", "aprile april", "maggio may", "giugno june",
         "luglio july", "agosto august", "settembre september", "ottobre october", "novembre november",
         "dicembre december"), start=1)
    for name in names.split()
}  # fmt: skip
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9, "sett": 9}
_WEEKDAY = r"(?:(?:lun|mar|mer|gio|ven|sab|dom|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_REST = r"(?:[,\s]+(?:(?:alle )?ore |at )?(?P<rest>\d.*))?"
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:°|º|st|nd|rd|th)?[\s./-]+(?:of )?(?P<month>[a-z]{{3,9}})\.?,?[\s./-]*"
    rf"(?P<year>\d{{4}}|\d{{2}}){_REST}"
)
_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_REST}"
)


def in_figures(text: str) -> str | None:
    """The date as day, month and year in figures, with its time of day behind; None for what is no such date."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character)).strip()
    match = _DAY_FIRST.fullmatch(bare) or _MONTH_FIRST.fullmatch(bare)
    number = _MONTHS.get(match["month"]) if match else None
    if match is None or number is None:
        return None
    return f"{match['day']}/{number}/{match['year']}" + (f" {match['rest']}" if match["rest"] else "")
