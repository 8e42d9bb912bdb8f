"""How a code that people make up for themselves is compared: what of its spelling says nothing about who they are.

One rule for every place that meets such codes, so that landing and forgetting find the same person. Identifiers that a
program gave out are taken as they are.
"""

from __future__ import annotations

import unicodedata


def code_form(code: str) -> str:
    """The code without capitals, accents and blanks: `Ro 01 à` is `ro01a`.

    Nothing else is made equal. The letter O and the digit 0 may be two persons, and so may codes that differ by a
    hyphen (`1-11`, `11-1`): joining two persons cannot be undone, while a code written in two ways only loses a link.
    """
    plain = unicodedata.normalize("NFKD", code.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and not letter.isspace())
