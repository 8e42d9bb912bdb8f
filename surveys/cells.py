"""One cell's text to a number, a date or a yes: what people and spreadsheets write, and when it must be refused.

Every parser takes the different texts of one column (stripped, none empty) and gives for each a value and the rule it
breaks, None where it breaks none. Pure: no files, no contracts, no tables. A reading that could be wrong by a factor
of a thousand, or by a month, is refused rather than guessed.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TypeVar

from surveys.month_names import in_figures

T = TypeVar("T")
#: For each text its value, or None, and the rule it breaks, or None.
Read = tuple[list[T | None], list[str | None]]

_AFFIRMED = frozenset({"si", "s", "si'", "si`", "x", "1", "true", "vero", "y", "yes", "✓", "✔", "☑"})
_DENIED = frozenset({"no", "n", "0", "false", "falso"})

_MONEY = r"(?:€|eur|euro|£|gbp|\$|usd|chf)"
_NUMBER = re.compile(
    rf"(?P<sign>[-+−]?)\s*{_MONEY}?\s*(?P<sign_after>[-+−]?)"
    rf"(?P<body>[\d.,'’\s]*\d)(?P<power>e[-+]?\d{{1,3}})?\s*{_MONEY}?\s*(?P<percent>%?)",
    re.IGNORECASE,
)
_SIMPLE = re.compile(r"-?(\d{1,15})(?:([.,])(\d{1,17}))?")
#: A whole column of numbers that can be read one way only, a line each; possessive, so that it is read once.
_ALL_PLAIN = re.compile(r"(?:-?+[0-9]{1,15}+(?:\.(?:[0-9]{1,2}|[0-9]{4,17}))?+\n)*+")
_SPACE = re.compile(r"[\s'’]")
_GROUPED_BY_SPACE = re.compile(r"\d{1,3}(?:[\s'’]\d{3})+(?=[.,]\d*$|$)")
_EITHER_WAY = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_FORMS = {
    ",": re.compile(r"\d*,\d+|\d{1,3}(?:\.\d{3})+,\d+|[1-9]\d{0,2}(?:\.\d{3}){2,}"),
    ".": re.compile(r"\d*\.\d+|\d{1,3}(?:,\d{3})+\.\d+|[1-9]\d{0,2}(?:,\d{3}){2,}"),
}
_THOUSANDS = {",": ".", ".": ","}
_LARGEST_INTEGER = 2**63 - 1
_LARGEST_EXACT = 2**53 - 1  # of a number that came with decimals


def numbers(texts: Sequence[str], decimal: str | None = None) -> Read[float]:
    """Numbers as Italians (`1.234,56`) or the English (`1,234.56`) write them, with €, % or spaces between thousands.

    `decimal` is the contract's mark; a number that contradicts it is refused. Without it the column decides: if all
    its unmistakable numbers use one mark, that one. What can be read two ways (`1.234`, `1,234`) follows that mark.
    In a column without evidence a lone point is a decimal point; a lone comma, or any such number where both
    marks occur, is refused as `ambiguous-number`. `25%` is 0.25.
    """
    return _numbers(texts, decimal, is_lone_point_decimal=True)


def integers(texts: Sequence[str], decimal: str | None = None) -> Read[int]:
    """Whole numbers, `12,0` and `12.0` among them. Without evidence `1.234` is refused: it may be 1234."""
    values, rules = _numbers(texts, decimal, is_lone_point_decimal=False)
    whole: list[int | None] = [None] * len(values)
    for i, value in enumerate(values):
        if value is None:
            rules[i] = "not-an-integer" if rules[i] == "not-a-number" else rules[i]
        elif isinstance(value, float) and not value.is_integer():
            rules[i] = "not-an-integer"
        elif abs(value) > (_LARGEST_INTEGER if isinstance(value, int) else _LARGEST_EXACT):
            rules[i] = "too-large"
        else:
            whole[i] = int(value)
    return whole, rules


def _numbers(texts: Sequence[str], decimal: str | None, is_lone_point_decimal: bool) -> Read[float]:
    lines = "\n".join((*texts, ""))
    if decimal != "," and lines.count("\n") == len(texts) and _ALL_PLAIN.fullmatch(lines):  # most columns are like it
        return [float(text) if "." in text else int(text) for text in texts], [None] * len(texts)
    values: list[float | None] = [None] * len(texts)
    rules: list[str | None] = [None] * len(texts)
    open_ones: list[tuple[int, re.Match[str], str]] = []
    evidence: set[str] = set()
    for i, text in enumerate(texts):
        if simple := _SIMPLE.fullmatch(text):  # nearly all there are
            whole, mark, decimals = simple.groups()
            if mark is None:
                values[i] = int(text)
                continue
            if len(decimals) != 3 or len(whole) > 3 or whole[0] == "0":
                evidence.add(mark)
                if decimal and mark != decimal:
                    rules[i] = "not-a-number"
                else:
                    values[i] = float(text.replace(",", "."))
                continue
        match = _NUMBER.fullmatch(text)
        body = _without_spaces(match["body"]) if match else None
        mark = body and ("" if body.isdigit() else _mark(body))
        if (
            mark is None
            or (match["sign"] and match["sign_after"])
            or (decimal and mark in ",." and mark not in ("", decimal))
        ):
            rules[i] = "not-a-number"
        elif mark == "?":
            open_ones.append((i, match, body))
        else:
            evidence |= {mark} - {""}
            values[i], rules[i] = _worth(match, body, mark)
    only = next(iter(evidence)) if len(evidence) == 1 else None
    for i, match, body in open_ones:
        mark = decimal or only or ("." if not evidence and is_lone_point_decimal and "." in body else None)
        values[i], rules[i] = _worth(match, body, mark) if mark else (None, "ambiguous-number")
    return values, rules


def _without_spaces(body: str) -> str | None:
    """The digits without what separates thousands, None where spaces stand anywhere else."""
    if not _SPACE.search(body):
        return body
    grouped = _GROUPED_BY_SPACE.match(body)
    return _SPACE.sub("", grouped[0]) + body[grouped.end() :] if grouped else None


def _mark(body: str) -> str | None:
    """The decimal mark the number itself shows, `?` where it may be either, None where it is no number."""
    if _EITHER_WAY.fullmatch(body):
        return "?"
    return next((mark for mark, form in _FORMS.items() if form.fullmatch(body)), None)


def _worth(match: re.Match[str], body: str, mark: str) -> tuple[float | None, str | None]:
    """The number's value, with `mark` as its decimal mark."""
    digits = body.replace(_THOUSANDS[mark], "").replace(mark, ".") if mark else body
    sign = "-" if (match["sign"] or match["sign_after"]) in ("-", "−") else ""
    is_whole = digits.isdigit() and not match["power"] and not match["percent"]
    if is_whole and len(digits) <= 19:
        return int(sign + digits), None
    value = float(sign + digits + (match["power"] or ""))
    if not math.isfinite(value):
        return None, "too-large"
    return (value / 100 if match["percent"] else value), None


_PARTS = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{4}|\d{1,2})(?:[T\s,]\s*(.+))?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_TIME = re.compile(
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|WES?T|CES?T|MES?Z|OES?C|EES?T)?\s*(?P<offset>[-+−]\d{1,2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
#: How far east the names of European zones are, winter and summer; Google writes them in the language of the form.
_ZONES = {"WET": "+0", "WEST": "+1", "CET": "+1", "CEST": "+2", "MEZ": "+1", "MESZ": "+2", "OEC": "+1", "OESC": "+2",
          "EET": "+2", "EEST": "+3"}  # fmt: skip
_EARLIEST, _LATEST = dt.date(1800, 1, 1), dt.date(2199, 12, 31)
_SERIAL_START = dt.date(1899, 12, 30)  # so that serials after Excel's non-existent 29 February 1900 come out right
_FIRST_SERIAL, _LAST_SERIAL = 3654, 73050  # 1910 to 2099: a year typed as a number must not become a day of 1905


def dates(
    texts: Sequence[str],
    order: str = "dmy",
    zone: dt.tzinfo | None = None,
    last_year: int = 2068,
    clock: dt.tzinfo | None = None,
) -> Read[dt.date]:
    """Dates: ISO always, else day first, or the `order` the contract's format gives (`mdy`, `ymd`).

    A time of day is dropped; where it says its zone, or `clock` says it, the day is the one in `zone`. A year of two
    digits is the last such year up to `last_year`. A well-formed date that no calendar has is `impossible-date`; so is
    one before 1800 or after 2199.
    """
    values: list[dt.date | None] = [None] * len(texts)
    rules: list[str | None] = [None] * len(texts)
    known: dict[str, tuple[dt.datetime | None, str | None]] = {}
    for i, text in enumerate(texts):
        day, time = text[:10], text[10:]
        if clock is None and len(time) in (6, 9) and time[0] in "T " and _is_clock(time[1:]):
            text = day  # the common `2024-05-01 12:30:00`, fast
        if text not in known:
            known[text] = _moment(text, order, zone, last_year, clock)
        moment, rules[i] = known[text]
        values[i] = moment and moment.date()
    return values, rules


def moments(
    texts: Sequence[str],
    order: str = "dmy",
    zone: dt.tzinfo | None = None,
    last_year: int = 2068,
    clock: dt.tzinfo | None = None,
) -> Read[dt.datetime]:
    """Dates with their time of day, as `dates` reads them: what the clock on the wall in `zone` showed.

    A time that says its zone, or comes from a `clock` in another one, is brought over; a day without a time begins it.
    """
    read = [_moment(text, order, zone, last_year, clock) for text in texts]
    return [moment for moment, _ in read], [rule for _, rule in read]


def in_doubt(texts: Sequence[str], order: str = "dmy") -> list[bool]:
    """Dates that may be another day where a column has the month now before and now behind the day.

    That is so where at least two different dates, and one in twenty of those that can be read one way only, exist in
    the other order alone: `03/14/2024` says that `03/05/2024` may be the fifth of March.
    """
    if order not in ("dmy", "mdy"):
        return [False] * len(texts)
    here, there = moments(texts, order), moments(texts, "mdy" if order == "dmy" else "dmy")
    ways = [(own is None, other is None) for own, other in zip(here[1], there[1], strict=True)]
    others, own = ways.count((False, True)), ways.count((True, False))
    if others < 2 or 20 * others < others + own:
        return [False] * len(texts)
    return [way == (True, True) and one != other for way, one, other in zip(ways, here[0], there[0], strict=True)]


def times(texts: Sequence[str]) -> Read[str]:
    """Times of day as `HH:MM:SS`, from `9.30`, `09:30:00`, `9:30 pm`; one that comes with a day loses the day."""
    values: list[str | None] = [None] * len(texts)
    rules: list[str | None] = ["not-a-time"] * len(texts)
    for i, text in enumerate(texts):
        after_day = _PARTS.fullmatch(text)
        match = _TIME.fullmatch(after_day[5].strip() if after_day and after_day[5] else text)
        clock = _hours(match) if match else None
        if clock:
            values[i], rules[i] = clock.isoformat(timespec="seconds"), None
    return values, rules


def _is_clock(time: str) -> bool:
    return time[:2] <= "23" and time[2] == ":" and time[3:5] <= "59" and time.replace(":", "").isdecimal()


def _moment(
    text: str, order: str, zone: dt.tzinfo | None, last_year: int, clock: dt.tzinfo | None
) -> tuple[dt.datetime | None, str | None]:
    if compact := _COMPACT.fullmatch(text):
        return _midnight(*_checked(int(compact[1]), int(compact[2]), int(compact[3])))
    match = _PARTS.fullmatch(text)
    if match is None and (figures := in_figures(text)):
        match, order = _PARTS.fullmatch(figures), "dmy"
    if match is None:
        return None, "not-a-date"
    first, middle, last, rest = match[1], match[3], match[4], match[5]
    if len(first) == 4:
        order = "ymd"
    part = dict(zip(order, (first, middle, last), strict=True))
    if len(part["y"]) not in (2, 4) or len(part["d"]) > 2 or len(part["m"]) > 2:
        return None, "not-a-date"
    year = int(part["y"]) if len(part["y"]) == 4 else last_year - (last_year - int(part["y"])) % 100
    day, rule = _checked(year, int(part["m"]), int(part["d"]))
    return _midnight(day, rule) if day is None or not rest else _at_time(day, rest.strip(), zone, clock)


def _midnight(day: dt.date | None, rule: str | None) -> tuple[dt.datetime | None, str | None]:
    return (dt.datetime.combine(day, dt.time()) if day else None), rule


def _checked(year: int, month: int, day: int) -> tuple[dt.date | None, str | None]:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None, "impossible-date"
    return (date, None) if _EARLIEST <= date <= _LATEST else (None, "impossible-date")


def _hours(match: re.Match[str]) -> dt.time | None:
    """The time of day that was written, None where no clock shows it."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    return dt.time(hour, minute, second) if hour <= 23 and minute <= 59 and second <= 59 else None


def _at_time(
    day: dt.date, time: str, zone: dt.tzinfo | None, clock: dt.tzinfo | None
) -> tuple[dt.datetime | None, str | None]:
    """The moment in the programme's zone, where the time itself or the clock it comes from names another one."""
    match = _TIME.fullmatch(time)
    if match is None:
        return None, "not-a-date"
    hours = _hours(match)
    if hours is None:
        return None, "impossible-date"
    moment = dt.datetime.combine(day, hours)
    if zone is None or not (match["zone"] or match["offset"] or clock):
        return moment, None
    east: dt.tzinfo | None = clock
    if match["zone"] or match["offset"]:
        east = _offset(match["offset"] or _ZONES.get((match["zone"] or "").upper(), "+0"))
    if east is None:
        return None, "impossible-date"
    return moment.replace(tzinfo=east).astimezone(zone).replace(tzinfo=None), None


def _offset(written: str) -> dt.tzinfo | None:
    sign, digits = written[0], written[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 15 or minutes > 59:
        return None
    return dt.timezone(dt.timedelta(hours=hours, minutes=minutes) * (1 if sign == "+" else -1))


def serial_dates(texts: Sequence[str]) -> Read[dt.date]:
    """Number cells of a spreadsheet as dates: days since 30 December 1899. Anything outside 1910 to 2099 is refused."""
    values, rules = serial_moments(texts)
    return [moment and moment.date() for moment in values], rules


def serial_moments(texts: Sequence[str]) -> Read[dt.datetime]:
    """Number cells of a spreadsheet as dates with a time of day, to the second."""
    values: list[dt.datetime | None] = [None] * len(texts)
    rules: list[str | None] = ["not-a-date"] * len(texts)
    for i, text in enumerate(texts):
        if compact := _COMPACT.fullmatch(text):
            values[i], rules[i] = _midnight(*_checked(int(compact[1]), int(compact[2]), int(compact[3])))
            continue
        try:
            days = float(text)
        except ValueError:
            continue
        if _FIRST_SERIAL <= days < _LAST_SERIAL + 1:
            seconds = min(round((days - math.floor(days)) * 86_400), 86_399)
            start = dt.datetime.combine(_SERIAL_START, dt.time())
            values[i], rules[i] = start + dt.timedelta(days=math.floor(days), seconds=seconds), None
    return values, rules


def booleans(texts: Sequence[str]) -> Read[bool]:
    """`sì`, `s`, `x`, `1`, `vero`, `Y`, `yes`, `true` and their contraries, whatever the capitals and accents."""
    values = [_yes_or_no(text) for text in texts]
    return values, [None if value is not None else "not-boolean" for value in values]


def _yes_or_no(text: str) -> bool | None:
    folded = without_accents(text).casefold()
    return True if folded in _AFFIRMED else False if folded in _DENIED else None


def codes(texts: Sequence[str], known: Callable[[str], str | None]) -> Read[str]:
    """Answer codes: `known` gives the code as the contract writes it, None for one it does not list."""
    values = [known(unicodedata.normalize("NFC", text)) for text in texts]
    return values, [None if value is not None else "unknown-code" for value in values]


def without_accents(text: str) -> str:
    """`Sì` as `Si`: for comparing, never for keeping."""
    apart = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))
