"""What the YAML parser complains of, in the reader's words: the mistake that was made rather than where it came out.

What the parser says is matched, never shown. Reading the file itself is `positions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from theory_of_change.key_words import words
from theory_of_change.odd_signs import odd_sign_in_line
from theory_of_change.problems import Place, Problem

_MOST_LINES_BACK = 3  # a mistake comes out on the line below it, or after a comment
_LONGEST_SMALL_WORD = 4  # `from`, `for`, `to` are keys and words of any sentence
_FEWEST_WORDS = 3  # of a line that is the rest of a text, and not a key that lacks its colon
_NO_SPACE = re.compile(r"(?:^ *(?:- +)?|[{,] *)[a-z_]+(:)[^\s:/,}\]]")


def explained(fault: yaml.MarkedYAMLError, text: str, file: str, quoted: tuple[yaml.Mark, yaml.Mark] | None) -> Problem:
    """The parser's complaint as a problem. `quoted` is where the last text in quotes before it began and ended."""
    return next(iter(_causes(fault, text, file, quoted)), None) or _as_it_came_out(fault, text, file)


def _causes(
    fault: yaml.MarkedYAMLError, text: str, file: str, quoted: tuple[yaml.Mark, yaml.Mark] | None
) -> Iterator[Problem]:
    """What stands in the lines about the complaint and explains it better than the parser can."""
    mark = fault.problem_mark
    if mark is None:
        return
    lines = text.split("\n")
    start = min(fault.context_mark.line if fault.context_mark else mark.line, mark.line - 1)
    near = range(max(start, mark.line - _MOST_LINES_BACK, 0), min(mark.line, len(lines) - 1) + 1)
    for number in reversed(near):
        odd = odd_sign_in_line(lines[number])
        if odd and (odd.code != "sign-quotes" or number == mark.line):  # elsewhere they may well quote
            yield Problem(odd.code, Place(file, number + 1, odd.position + 1), {"found": odd.found})
    if quoted and quoted[1].line >= mark.line - 1 and _closes_another(lines, *quoted):
        facts = {"other": str(_place(quoted[1], file))}
        yield Problem("yaml-quote-late", _place(quoted[0], file), facts)
    if "block scalar" in (fault.context or ""):
        yield Problem("yaml-block-sign", _place(fault.context_mark, file), {"found": _word(lines, fault.context_mark)})
    if "could not find expected ':'" in (fault.problem or ""):
        said_of = fault.context_mark.line if fault.context_mark else mark.line
        unspaced = _NO_SPACE.search(lines[said_of])
        if unspaced:
            yield Problem("yaml-colon-space", Place(file, said_of + 1, unspaced.start(1) + 1), {})
        elif len(lines[said_of].split()) >= _FEWEST_WORDS and not _starts_like_a_key(lines, said_of):
            yield Problem("yaml-text-continues", _place(fault.context_mark, file), {})


def _closes_another(lines: list[str], start: yaml.Mark, end: yaml.Mark) -> bool:
    """True where the mark that closes a text was put there to open the next one: lines below, or after a key."""
    return start.line < end.line or re.search(r"\w: *$", lines[end.line][start.column : end.column - 1]) is not None


def _starts_like_a_key(lines: list[str], number: int) -> bool:
    """True where the first word is a key, here or on another line: one that lost its colon. Short ones start sentences,
    too."""
    first = lines[number].split()[0]
    if len(first) > _LONGEST_SMALL_WORD and any(first in keys for keys in words().values()):
        return True
    return any(re.match(rf"[\s\-{{]*{re.escape(first)}\s*:", line) for line in lines) or "_" in first


def _as_it_came_out(fault: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    said, about = fault.problem or "", fault.context or ""
    place, around = _place(fault.problem_mark, file), _place(fault.context_mark, file)
    found = _character(text, fault.problem_mark)
    if "quoted scalar" in about and "end of stream" in said:
        return Problem("yaml-quote-open", around, {})
    if "unknown escape" in said:
        return Problem("yaml-escape", place, {})
    if "cannot start any token" in said:
        return Problem("yaml-tab" if found == "\t" else "yaml-character", place, {"found": found})
    if "expected key" in said or "expected ','" in said:
        closed = _closed_before(text, fault.problem_mark)
        if closed is not None:
            column, quote = closed
            code = "yaml-quote-early" if quote == "'" else "yaml-quote-part"
            return Problem(code, Place(file, place.line, column), {})
    if "alias" in about or "anchor" in about:
        return Problem("yaml-character", around, {"found": _character(text, fault.context_mark)})
    if "mapping values are not allowed" in said:
        return Problem("yaml-colon", place, {})
    if "sequence entries are not allowed" in said:
        return Problem("yaml-dash", place, {})
    if "could not find expected ':'" in said:
        return Problem("yaml-colon-missing", around, {})
    if re.search(r"expected ',' or '[\]}]'", said):
        return Problem("yaml-bracket-open", around, {"closing": said[-2], "other": str(place)})
    if "node content" in said and found.strip():
        return Problem("yaml-character", place, {"found": found})
    if "expected key" in said or "expected '-'" in said:
        return Problem("yaml-indentation", place, {"other": str(around)})
    return Problem("yaml-syntax", place, {})


def _closed_before(text: str, mark: yaml.Mark | None) -> tuple[int, str] | None:
    """Where a quotation mark closed just before the mark, spaces aside: the column after it, and the mark itself."""
    line = _line(text, mark)
    before = line[: mark.column].rstrip(" ") if mark else ""
    if before and before[-1] in "'\"" and line[mark.column : mark.column + 1].strip(",}]: "):
        return len(before) + 1, before[-1]
    return None


def _place(mark: yaml.Mark | None, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _line(text: str, mark: yaml.Mark | None) -> str:
    lines = text.split("\n")
    return lines[mark.line] if mark is not None and mark.line < len(lines) else ""


def _character(text: str, mark: yaml.Mark | None) -> str:
    """The character at the mark; a space where there is none."""
    return _line(text, mark)[mark.column : mark.column + 1] or " " if mark else " "


def _word(lines: list[str], mark: yaml.Mark | None) -> str:
    return lines[mark.line][mark.column :].split(" ")[0] if mark and mark.line < len(lines) else ""
