"""Which columns of a delivery say who somebody is: recognised by what stands in them, with their header as support.

Strong marks (an e-mail, a codice fiscale with its check letter, an IBAN with its check digits) count by themselves;
weak ones (telephones, IP addresses, names, addresses, dates of birth, documents, accounts) need numbers or a header
that says the same. A VAT number is not taken for one: nearly all belong to organisations, and registers are joined by
it. Gives kinds and counts, never a value. What becomes of such a column is said by the contract, done in `deliveries`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from surveys.identifying_headers import kind_said, said_with, says_phone

FEW = 3  # rows from which a weak mark may count
_SAMPLE = 500  # different texts whose check digits are worked out
_MOST_IN_PROSE = 0.2  # share of whole-cell identifiers from which a free text is a column of them
_NEARLY_ALL = 0.8

_EMAIL = r"[\w.+'-]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}"
_TAX_CODE = r"[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPR-T][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]"
_IBAN = r"[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}"
_MOBILE = r"(?<![\w.,/-])(?:(?:\+|00)39[ ./-]?)?3\d{2}[ ./-]?(?:\d{6,7}|\d{3}[ .-]\d{3,4})(?![\w/-])"
_EMAIL_CELL = re.compile(_EMAIL)
_TAX_CODE_CELL = re.compile(_TAX_CODE, re.IGNORECASE)
_IBAN_CELL = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.IGNORECASE)
_PHONE_CELL = re.compile(r"(?:tel\.?|cell\.?)?\s*(?:\+|00)?[\d(][\d\s./()-]{5,18}\d", re.IGNORECASE)
_DECIMAL = re.compile(r"[-+]?\d+[.,]\d+")
_WHOLE = re.compile(r"\d{9,13}\.0|\d[.,]\d{5,12}E\+?(?:9|1[0-2])", re.IGNORECASE)  # as spreadsheets write long numbers
_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
_APART = re.compile(r"[\s.-]+")
_BEFORE = re.compile(r"(?:mailto:|iban\s*:?\s+(?=[a-z]{2}\d{2}))", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}")
_IP_CELL = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]+", re.IGNORECASE)
_EMAIL_INSIDE = re.compile(rf"(?<!\w){_EMAIL}")
_TAX_CODE_INSIDE = re.compile(rf"(?<!\w){_TAX_CODE}(?!\w)", re.IGNORECASE)
_IBAN_INSIDE = re.compile(rf"(?<!\w){_IBAN}(?!\w)")
_MOBILE_INSIDE = re.compile(_MOBILE)
_DIGITS = re.compile(r"\d{2}")
#: The cheap look before the dear ones: what stands in every text that holds one of the four.
_MAY_HOLD = re.compile(
    r"@|3\d{2}[ ./-]?\d{3}[ .-]?\d{3}|[A-Z]{2}\d{2} ?[A-Z0-9]|[A-Za-z]{6}[\dLMNP-Vlmnp-v]{2}[A-EHLMPR-Ta-ehlmpr-t]"
)


@dataclass(frozen=True)
class Recognised:
    """What a column holds: the kind of identifier, in how many rows, and whether it only stands in some free texts."""

    kind: str
    rows: int
    is_in_prose: bool = False


def recognise(
    header: str, texts: Sequence[str], counts: np.ndarray, is_prose: bool | None = None, others: Iterable[str] = ()
) -> Recognised | None:
    """What identifies somebody in a column of these different texts, each in so many rows; None where nothing does.

    `is_prose` is true for answers in people's own words, false where a contract gives the column another type, None
    where nobody has said what it is. Only then its header alone may tell a name (`others` are the file's headers) or
    an address. A strong mark needs one row in a column that is no prose, and one cell in five in prose. Telephones
    need three rows and eight cells in ten that `phonenumbers` holds valid; bare digits must be mobile numbers, or the
    header must say telephone, or half of the cells be written as telephones are. IP addresses need the same, and one
    part above 50, or the header. Where nobody asked for people's own words and half of the cells hold a strong mark
    among others (`Ada <ada@example.org>`), the column is one of them.
    """
    cells = [(_bare(text), count) for text, count in zip(texts, counts.tolist(), strict=True) if count]
    cells = [cell for cell in cells if cell[0]]
    filled = sum(count for _, count in cells)
    if not filled:
        return None
    says = kind_said(header)
    prose = looks_like_prose(cells) if is_prose is None else is_prose
    for kind, holds in _STRONG.items():
        rows = holds(cells)
        if rows and (not prose or rows >= _MOST_IN_PROSE * filled):
            return Recognised(kind, rows)
    if (rows := _ips(cells, says == "ip")) >= _NEARLY_ALL * filled and (rows >= FEW or says == "ip"):
        return Recognised("ip", rows)
    is_phone = says_phone(header)
    share = 0.5 if is_phone else _NEARLY_ALL
    if (rows := _phones(cells, is_phone)) >= share * filled and (rows >= FEW or is_phone):
        return Recognised("phone", rows)
    if not is_prose and (among := _strong_among(cells, filled)):
        return Recognised(*among)
    if is_prose is None and (named := said_with(header, cells, others)):
        return Recognised(*named)
    inside = _inside(cells) if prose or is_prose is None else 0
    return Recognised("text", inside, is_in_prose=True) if inside else None


def names_somebody(text: str) -> bool:
    """True where a header, a sheet's or a file's name holds an e-mail, a codice fiscale or an IBAN."""
    return _strong_inside(text) is not None


def identifiers_within(text: str) -> Iterator[tuple[str, int, int]]:
    """Every e-mail, codice fiscale, IBAN and telephone that stands in a longer text: its kind, where it begins, where
    it ends. A telephone is what `phonenumbers` holds valid in Italy, or anywhere with its country."""
    import phonenumbers

    taken: set[int] = set()
    for kind, shape, holds in (("email", _EMAIL_INSIDE, None), ("tax_code", _TAX_CODE_INSIDE, _has_check_letter),
                               ("iban", _IBAN_INSIDE, _has_check_digits)):  # fmt: skip
        for match in shape.finditer(text):
            if (holds is None or holds(match[0])) and match.start() not in taken:
                taken |= set(range(*match.span()))
                yield kind, *match.span()
    for match in phonenumbers.PhoneNumberMatcher(text, "IT"):
        if match.start not in taken:
            yield "phone", match.start, match.end


def holds_identifier(text: str) -> bool:
    """True where one cell holds an e-mail, a codice fiscale, an IBAN or a number written as a telephone is."""
    return names_somebody(text) or _has_mobile(text) or bool(_phones([(_bare(text), 1)], False))


def looks_like_prose(cells: Sequence[tuple[str, int]]) -> bool:
    """True where more than half of the cells hold three words or more."""
    some = cells[:_SAMPLE]
    return 2 * sum(text.count(" ") >= 2 and not _DIGITS.match(text) for text, _ in some) > len(some)


# Strong marks: whole cells with their own check ----------------------------------------------------------------------


def _checked(cells: Sequence[tuple[str, int]], shape: re.Pattern[str], holds: Callable[[str], bool], may: str) -> int:
    """Rows whose whole cell has the shape and passes the check; after a sample that mostly does, the shape counts."""
    lengths = {"@": range(6, 255), "code": range(16, 24), "iban": range(15, 45)}[may]
    near = [(text, count) for text, count in cells if (may != "@" or "@" in text) and len(text) in lengths]
    if may != "@":
        near = [(_APART.sub("", text), count) for text, count in near]
    shaped = [(text, count) for text, count in near if shape.fullmatch(text)]
    sound = [(text, count) for text, count in shaped[:_SAMPLE] if holds(text)]
    rest = shaped[_SAMPLE:] if 2 * len(sound) > _SAMPLE else [one for one in shaped[_SAMPLE:] if holds(one[0])]
    return sum(count for _, count in (*sound, *rest))


def _has_check_letter(text: str) -> bool:
    from codicefiscale import codicefiscale

    return codicefiscale.encode_cin(text.upper()) == text[-1].upper()


def _has_check_digits(text: str) -> bool:
    """ISO 13616: the country's four first signs moved to the end, letters as 10 to 35, the remainder by 97 is 1."""
    compact = _APART.sub("", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1


_STRONG: dict[str, Callable[[Sequence[tuple[str, int]]], int]] = {
    "email": partial(_checked, shape=_EMAIL_CELL, holds=lambda text: True, may="@"),
    "tax_code": partial(_checked, shape=_TAX_CODE_CELL, holds=_has_check_letter, may="code"),
    "iban": partial(_checked, shape=_IBAN_CELL, holds=_has_check_digits, may="iban"),
}


# Weak marks ----------------------------------------------------------------------------------------------------------


def _ips(cells: Sequence[tuple[str, int]], is_said: bool) -> int:
    """Rows whose cell is an IP address. `1.2.3.4` may number a chapter: then no part of any is above 50."""
    if not is_said and not _mostly(cells, lambda text: _IP_CELL.fullmatch(_PORT.sub(r"\1", text)) is not None):
        return 0
    cells = [(_PORT.sub(r"\1", text), count) for text, count in cells]
    addresses = [(text, count) for text, count in cells if _IP_CELL.fullmatch(text) and _is_ip(text)]
    is_wide = any(":" in text or max(map(int, text.split("."))) > 50 for text, _ in addresses)
    return sum(count for _, count in addresses) if is_said or is_wide else 0


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.count(":") != 2 or "::" in text  # 10:20:30 is a time of day


def _phones(cells: Sequence[tuple[str, int]], is_said: bool) -> int:
    """Rows whose cell is a telephone number, Italian unless it says its country."""
    if not is_said and not _mostly(cells, lambda text: _may_be_phone(_without_decimals(text))):
        return 0
    cells = [(_without_decimals(text), count) for text, count in cells]
    shaped = [(text, count) for text, count in cells if _may_be_phone(text)]
    some = shaped[:_SAMPLE]
    sound = [one for one in some if _is_phone(one[0], is_said)]
    if not is_said and len(cells[:_SAMPLE]) // 2 <= len(sound) < len(cells[:_SAMPLE]):
        # a column of telephones: any valid number is one
        shaped = [one for one in cells if _may_be_phone(one[0]) or _DECIMAL.fullmatch(one[0])]
        some = shaped[:_SAMPLE]
        sound = [one for one in some if _is_phone(one[0], True)]
    rows = sum(count for _, count in sound)
    tried = sum(count for _, count in some)
    rest = sum(count for _, count in shaped[_SAMPLE:])
    return rows + round(rest * rows / tried) if tried else 0


def _without_decimals(text: str) -> str:
    """`3331234567.0` and `3.331234567E9` are how spreadsheets and pandas write a telephone taken for a number."""
    if ("." in text or "," in text) and _WHOLE.fullmatch(text):
        return str(int(float(text.replace(",", "."))))
    return text


def _may_be_phone(text: str) -> bool:
    return bool(_PHONE_CELL.fullmatch(text)) and not _DECIMAL.fullmatch(text) and not _DATE.fullmatch(text)


def _is_phone(text: str, is_said: bool) -> bool:
    import phonenumbers

    written = "+" + text if text.isdecimal() and len(text) == 12 and text.startswith("393") else text
    try:
        number = phonenumbers.parse(written, "IT")
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(number):
        return False
    if is_said or not text.isdecimal():  # written as one writes a telephone
        return True
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return is_mobile and (len(text) == 10 or text.startswith(("393", "00")))


def _mostly(cells: Sequence[tuple[str, int]], holds: Callable[[str], bool]) -> bool:
    """True where at least half of a sample holds it: the cheap look before the dear one."""
    some = cells[:: max(1, len(cells) // 50)]
    return 2 * sum(holds(text) for text, _ in some) >= len(some)


# Inside longer texts -------------------------------------------------------------------------------------------------


def _inside(cells: Sequence[tuple[str, int]]) -> int:
    """Rows of free text in which an e-mail, a mobile number, a codice fiscale or an IBAN stands."""
    some = ((text, count) for text, count in cells if _MAY_HOLD.search(text))
    return sum(count for text, count in some if _strong_inside(text) or _has_mobile(text))


def _strong_among(cells: Sequence[tuple[str, int]], filled: int) -> tuple[str, int] | None:
    """The strong mark that stands in at least half of the rows, among other words, and in how many."""
    if not _mostly(cells, lambda text: _MAY_HOLD.search(text) is not None):
        return None
    kinds = [(_strong_inside(text), count) for text, count in cells[:_SAMPLE] if _MAY_HOLD.search(text)]
    rows = {kind: sum(count for one, count in kinds if one == kind) for kind, _ in kinds if kind}
    tried = sum(count for _, count in cells[:_SAMPLE])
    most = max(rows, key=rows.__getitem__, default=None)
    return (most, round(rows[most] * filled / tried)) if most and 2 * rows[most] >= tried else None


def _has_mobile(text: str) -> bool:
    """True where a mobile number stands among words: a cell of digits alone is judged with its column."""
    return bool(_MOBILE_INSIDE.search(text)) and any(sign.isalpha() for sign in text)


def _strong_inside(text: str) -> str | None:
    """The kind of the strong mark that stands in a text."""
    if "@" in text and _EMAIL_INSIDE.search(text):
        return "email"
    if any(_has_check_letter(match[0]) for match in _TAX_CODE_INSIDE.finditer(text)):
        return "tax_code"
    return "iban" if any(_has_check_digits(match[0]) for match in _IBAN_INSIDE.finditer(text)) else None


def _bare(text: str) -> str:
    """Without blanks, the sign by which spreadsheets mark a text, and what names the kind before it."""
    text = text.strip()
    if text[:1] == "'":
        text = text[1:].strip()
    return _BEFORE.sub("", text, count=1) if text[:4].lower() in ("mail", "iban") else text
