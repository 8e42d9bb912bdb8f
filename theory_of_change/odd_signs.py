"""Signs that look like others, or like nothing, and break what they stand in: odd spaces, dashes, quotation marks.

They come with text copied from word processors and web pages. Which mistake they cause is decided where it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_DASHES = "\u2010-\u2015\u2212\u2022\u00b7"
_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb"

#: Where such a sign matters, by the code of the mistake: in words of our own first, then in a line of YAML.
_IN_A_WORD = (("sign-invisible", re.compile(f"[{_INVISIBLE}]")), ("sign-space", re.compile(f"[{_SPACES}]")),
              ("sign-quotes", re.compile(f"^[{_QUOTES}]|[{_QUOTES}]$")),
              ("sign-dash", re.compile(f"[{_DASHES}]")))  # fmt: skip
_IN_A_LINE = (("yaml-tab", re.compile(r"^[ -]*(\t)")), ("sign-space", re.compile(f"^[ ]*([{_SPACES}])")),
              ("sign-invisible", re.compile(f"([{_INVISIBLE}])")),
              ("sign-dash", re.compile(f"^ *([{_DASHES}])\\s")),
              ("sign-quotes", re.compile(f"(?:[:,\\[{{-] *)([{_QUOTES}])")))  # fmt: skip


@dataclass(frozen=True)
class OddSign:
    """A sign that does not belong: the code of the mistake, where in the words it stands, how it is called."""

    code: str
    position: int
    found: str


def odd_sign(word: str) -> OddSign | None:
    """The first sign in a key, id, number or date that cannot belong to one."""
    return next(_matches(_IN_A_WORD, word), None)


def odd_sign_in_line(line: str) -> OddSign | None:
    """What in a line of YAML its author took for an indent, a dash or a quotation mark, and is none."""
    return next(_matches(_IN_A_LINE, line), None)


def _matches(patterns: tuple[tuple[str, re.Pattern[str]], ...], words: str) -> Iterator[OddSign]:
    for code, pattern in patterns:
        if found := pattern.search(words):
            group = 1 if pattern.groups else 0
            yield OddSign(code, found.start(group), _named(found[group]))


def _named(sign: str) -> str:
    """The sign as it can be read: itself, or its number in Unicode where there is nothing to see."""
    return sign if re.match(f"[{_DASHES}{_QUOTES}]", sign) else f"U+{ord(sign):04X}"
