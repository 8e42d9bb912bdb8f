"""Signs that come from Italian, from mathematics or from word processors and that SQL reads otherwise or not at all.

Each has one right way to be written, so the whole expression can be told as it should be. What such an expression means
is for `expressions`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_LEFT_ALONE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[‘’‚“”„«][^‘’“”»]*[‘’“”»]")
_TYPOGRAPHIC = "‘’‚“”„«»"
_SIGNS = {"≥": ">=", "≤": "<=", "≠": "<>", "=>": ">=", "=<": "<=", "&&": "and", "×": "*", "÷": "/", "−": "-"}
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_DECIMAL = re.compile(r"(?<![\w.])\d+,\d+(?![\w.])")
_JOINING = {"e": "and", "o": "or"}
_JOINS = re.compile(r"(?<=\s)(e|o)(?=\s)", re.IGNORECASE)


@dataclass(frozen=True)
class Slip:
    """What is written, and the whole expression as it should be."""

    found: str
    right: str


def slip_in(text: str, names: Collection[str]) -> Slip | None:
    """The first such sign in an expression, None where there is none. `names`: what may be called `e` or `o`."""
    found: list[str] = []
    written, opened = [], 0
    for is_text, part in _parts(text):
        written.append(_text(part, found) if is_text else _code(part, names, found, opened))
        opened += 0 if is_text else _opened(part)
    return Slip(found[0], "".join(written)) if found else None


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The expression cut into comments and texts in quotation marks of any kind, and what stands between them."""
    end = 0
    for match in _LEFT_ALONE.finditer(text):
        yield False, text[end : match.start()]
        yield True, match[0]
        end = match.end()
    yield False, text[end:]


def _text(quoted: str, found: list[str]) -> str:
    if quoted[0] not in _TYPOGRAPHIC:
        return quoted
    found.append(quoted[0])
    return "'" + quoted[1:-1].replace("'", "''") + "'"


def _opened(code: str) -> int:
    return code.count("(") - code.count(")")


def _code(code: str, names: Collection[str], found: list[str], opened: int) -> str:
    def put(match: re.Match[str], right: str) -> str:
        found.append(match[0])
        return right

    code = _SIGN.sub(lambda match: put(match, _SIGNS[match[0]]), code)
    code = _DECIMAL.sub(
        lambda match: (
            match[0]  # inside brackets a comma separates: `trust in (3,4)`
            if opened + _opened(match.string[: match.start()]) > 0
            else put(match, match[0].replace(",", "."))
        ),
        code,
    )
    return _JOINS.sub(lambda match: match[0] if match[0] in names else put(match, _JOINING[match[0].casefold()]), code)
