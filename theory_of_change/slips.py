"""What YAML reads without complaint and its author did not mean: a text cut at a `#`, letters of a wrong encoding.

Only warnings: the file can be read, and it may even be right. What cannot be read is told in `yaml_faults`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import yaml

from theory_of_change.problems import Place, Problem

#: UTF-8 read as Windows-1252 and saved again: `Ã¨` for `è`, `â€™` for `’`. Where a non-breaking space was lost, `Ã ` is
#: what is left of `à`.
_HIGH = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122"
_GARBLED = re.compile(f"[ÂÃ][{_HIGH}]|â€[{_HIGH}]|(?<=[a-zà-ù])Ã(?= )")


def slips_of(text: str, plain_ends: Iterable[yaml.Mark], file: str) -> Iterator[Problem]:
    """Everything doubtful in a file that could be read. `plain_ends`: where its texts without quotes end."""
    lines = text.split("\n")
    for mark in plain_ends:
        rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
        cut = re.match(r"\s+(#[^\s#].*)", rest)
        if cut:
            column = mark.column + cut.start(1) + 1
            yield Problem("text-cut-at-a-hash", Place(file, mark.line + 1, column), {"found": cut[1][:60]})
    garbled = [(number, found) for number, line in enumerate(lines, 1) if (found := _GARBLED.search(line))]
    if garbled:
        number, found = garbled[0]
        facts = {"found": _around(lines[number - 1], found), "right": _right(found[0]), "lines": str(len(garbled))}
        yield Problem("text-garbled", Place(file, number, found.start() + 1), facts)


def _around(line: str, found: re.Match[str]) -> str:
    """The word in which the garbled letter stands."""
    start = max(line.rfind(sign, 0, found.start()) for sign in " \"'{[(:") + 1
    word = line[start:].split(" ")[0].strip("\"'}])(,.")
    return word if found[0].strip() in word else found[0]


def _right(garbled: str) -> str:
    """The letter that was meant."""
    if garbled == "Ã":
        return "à"
    as_bytes = b"".join(_byte(sign) for sign in garbled)
    return as_bytes.decode("utf-8", "replace")


def _byte(sign: str) -> bytes:
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1", "replace")
