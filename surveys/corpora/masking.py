"""Words that must not be seen replaced by placeholders: whole, wherever they stand, however they are written.

Which words those are is said by `mask_tables`; what still identifies somebody afterwards is for `identifying_words`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

APOSTROPHES = "'’ʼ`´"
_APOSTROPHE = f"[{APOSTROPHES}]"


def folded(word: str) -> str:
    """A word without capitals and accents, its apostrophes alike: the form in which words are compared."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.sub(_APOSTROPHE, "'", bare)


def masked(text: str, masks: Mapping[str, str]) -> str:
    """The text with each of the words replaced, the longest first. `Rosa` is found in `ROSA`, `rosa`, `d’Rosa` and
    `Rosa's`, never in `Rosaria`; accents and blanks within may be written otherwise, or left out."""
    for words in sorted(masks, key=len, reverse=True):
        text = _shape(words).sub(lambda match, instead=masks[words]: instead, text)
    return text


def is_used(words: str, text: str) -> bool:
    return _shape(words).search(text) is not None


def _shape(words: str) -> re.Pattern[str]:
    parts = re.split(r"[\s-]+", words.strip())
    return re.compile(r"(?<!\w)" + r"[\s-]*".join(map(_written, parts)) + r"(?!\w)", re.IGNORECASE)


def _written(part: str) -> str:
    """A word in all its writings: with its accents, without, with an apostrophe in their place, or as two signs."""
    signs = []
    for sign in unicodedata.normalize("NFC", part):
        if sign in APOSTROPHES:
            signs.append(_APOSTROPHE)
            continue
        base, *accents = unicodedata.normalize("NFD", sign)
        if not base.isalpha():
            signs.append(re.escape(sign))
            continue
        whole = rf"[{re.escape(sign)}{re.escape(base)}{_accented(base)}]"
        signs.append(rf"{whole}[\u0300-\u036f]*" + (rf"{_APOSTROPHE}?" if accents else ""))
    return "".join(signs)


def _accented(base: str) -> str:
    """The letters of Latin that are that one with an accent."""
    return "".join(
        chr(code) for code in range(0xC0, 0x250)
        if unicodedata.normalize("NFD", chr(code))[0].casefold() == base.casefold() and len(chr(code)) == 1
        and unicodedata.normalize("NFD", chr(code)) != chr(code)
    )  # fmt: skip
