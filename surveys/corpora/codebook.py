"""The codes of a file and those of the contract: which is which, by path or name, and the contract's for programs.

What a code means for the theory stays in the contract; a coding program only needs names, a tree and descriptions.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from surveys.corpora.codings import CodePath, Codings, known_as, shown
from surveys.corpora.corpus import Code as Known
from surveys.corpora.corpus import above
from theory_of_change.problems import Place, Problem, with_hint

_SEPARATORS = re.compile(r"\s*(?:::|[>›→/\\|])\s*|(?<=\S)\.(?=\S)")
_BEHIND = re.compile(r".+ \(([^()]+)\)")
#: Guids are made from the ids, so that a program recognises a code it already has.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://www.qdasoftware.org/codebook/sestante")


@dataclass(frozen=True)
class Matched:
    """`ids` has the contract's code of each path of the file that stands for one; `problems` tell the others."""

    ids: Mapping[CodePath, str]
    problems: tuple[Problem, ...]


def match(codings: Codings, codes: Sequence[Known], file: str) -> Matched:
    """Which code of the contract each code of the file is. Nothing is matched by likeness.

    A whole path that the contract names wins over the path its tree gives, and that over the last name alone, which
    must fit one code only. Codes nobody used and categories that fit none are passed over.
    """
    used = Counter(one.code for one in codings.segments)
    paths = dict.fromkeys([*(one.path for one in codings.codes if one.is_codable), *used])
    whole, tree, last = _names_of(codes)
    by_id = {_folded((code.id,))[0]: code.id for code in codes}
    ids: dict[CodePath, str] = {}
    problems: list[Problem] = []
    spellings = [name for code in codes for name in (*code.names, code.id)]
    for path in paths:
        parts = _folded(tuple(_told_apart(part, by_id) for part in path))
        fitting = next((names[parts] for names in (whole, tree) if parts in names), None) or last.get(parts[-1], set())
        facts = {"file": file.rpartition("/")[2], "code": shown(path), "count": str(used[path])}
        if len(fitting) == 1:
            ids[path] = next(iter(fitting))
        elif fitting and used[path]:
            problems.append(
                Problem("codings-code-contested", Place(file), {**facts, "ids": ", ".join(sorted(fitting))})
            )
        elif used[path]:
            problems.append(Problem("codings-code-not-in-contract", Place(file), with_hint(facts, path[-1], spellings)))
    return Matched(ids, tuple(problems))


def _names_of(
    codes: Sequence[Known],
) -> tuple[dict[CodePath, set[str]], dict[CodePath, set[str]], dict[str, set[str]]]:
    """Ids by the whole paths the contract writes, by the paths its tree gives, and by their last name."""
    by_id = {code.id: code for code in codes}
    parents = {code.id: code.parent for code in codes}
    whole: dict[CodePath, set[str]] = {}
    tree: dict[CodePath, set[str]] = {}
    last: dict[str, set[str]] = {}
    for code in codes:
        for name in code.names:
            whole.setdefault(_folded((name,)), set()).add(code.id)
            if len(parts := _parts(name)) > 1:
                whole.setdefault(_folded(parts), set()).add(code.id)
        upwards = [by_id[one] for one in above(code.id, parents) if one in by_id]
        for path in _paths(code, upwards):
            tree.setdefault(path, set()).add(code.id)
        for name in _called(code):
            last.setdefault(_folded((name,))[0], set()).add(code.id)
    return whole, tree, last


def _paths(code: Known, upwards: Sequence[Known]) -> Iterator[CodePath]:
    """The code's names below its parents', each under its first name and under its id and titles."""
    for name in _called(code):
        paths: list[CodePath] = [(name,)]
        for parent in upwards:
            paths = [(other, *path) for path in paths for other in dict.fromkeys(_called(parent))][:200]
        yield from (_folded(path) for path in paths)


def _called(code: Known) -> list[str]:
    """Everything the code may be called: the last part of its names, its titles, its id."""
    titles = [code.title.within(language) for language in code.title.languages or ("it",)]
    return list(dict.fromkeys([*(_parts(name)[-1] for name in code.names), *titles, code.id]))


def _told_apart(name: str, ids: Mapping[str, str]) -> str:
    """The id behind a name that the codebook written for programs tells from its like: `Altro (altro-p)`."""
    behind = _BEHIND.fullmatch(name)
    return ids.get(_folded((behind[1],))[0], name) if behind else name


def _parts(name: str) -> CodePath:
    parts = tuple(part for part in _SEPARATORS.split(name) if part)
    return parts or (name,)


def _folded(path: CodePath) -> CodePath:
    from surveys.headers import plain

    return tuple(plain(part) for part in path)


# Out ------------------------------------------------------------------------------------------------------------------


def as_qdc(corpus: str, codes: Sequence[Known], language: str) -> bytes:
    """The codebook as REFI-QDA `.qdc`, which QualCoder, MAXQDA, ATLAS.ti and NVivo import.

    Each code bears the name programs already call it, else its title in `language`; where two of it would be called the
    same, as QualCoder does not allow, the id follows in brackets. Guids are made from the ids and stay the same.
    """
    names = _distinct_names(codes, language)
    children: dict[str | None, list[Known]] = {}
    known = {code.id for code in codes}
    for code in codes:
        children.setdefault(code.parent if code.parent in known else None, []).append(code)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<CodeBook xmlns="urn:QDA-XML:codebook:1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="urn:QDA-XML:codebook:1.0 Codebook.xsd" origin="Sestante">',
        "<Codes>",
        *(line for code in children.get(None, ()) for line in _element(code, corpus, language, names, children)),
        "</Codes>",
        "</CodeBook>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _element(
    code: Known, corpus: str, language: str, names: Mapping[str, str], children: Mapping[str | None, Sequence[Known]]
) -> Iterator[str]:
    colour = f" color={quoteattr(code.colour.upper())}" if code.colour else ""
    guid = str(uuid.uuid5(_NAMESPACE, f"{corpus}/{code.id}")).upper()
    yield f'<Code guid="{guid}" name={quoteattr(names[code.id])} isCodable="true"{colour}>'
    if code.description:
        yield f"<Description>{escape(code.description.within(language))}</Description>"
    for one in children.get(code.id, ()):
        yield from _element(one, corpus, language, names, children)
    yield "</Code>"


def _distinct_names(codes: Sequence[Known], language: str) -> dict[str, str]:
    named = {
        code.id: known_as(_parts(code.names[0])[-1] if code.names else code.title.within(language)) for code in codes
    }
    often = Counter(name.casefold() for name in named.values())
    return {own: f"{name} ({own})" if often[name.casefold()] > 1 else name for own, name in named.items()}


def as_csv(codes: Sequence[Known], language: str) -> bytes:
    """The codebook as the table Taguette imports: each tag with its path divided by dots, and its description."""
    names = _distinct_names(codes, language)
    parents = {code.id: code.parent for code in codes}
    content = io.StringIO()
    rows = csv.writer(content, lineterminator="\n")
    rows.writerow(("tag", "description"))
    for code in codes:
        path = [names[one] for one in (*reversed(above(code.id, parents)), code.id) if one in names]
        rows.writerow((".".join(path), code.description.within(language) if code.description else ""))
    return content.getvalue().encode()
