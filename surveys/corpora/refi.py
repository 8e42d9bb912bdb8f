"""REFI-QDA as programs write it: projects (`.qdpx`) and codebooks (`.qdc`) of QualCoder, MAXQDA, ATLAS.ti and NVivo.

Namespaces, capitals of folders, what offsets count and where cases stand differ between them; all are read into the
same shape. Guids tie a file together and are forgotten with it. The standard: www.qdasoftware.org, version 1.0 (2019).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from surveys.corpora.codings import (
    Case,
    Code,
    CodePath,
    Codings,
    Document,
    Segment,
    counted,
    fault,
    known_as,
    unlike_names,
    with_lf,
)
from surveys.corpora.containers import (
    MOST_XML,
    Package,
    below,
    child,
    children,
    climbs,
    decoded,
    local,
    opened,
    parsed,
    said,
)
from surveys.corpora.offsets import READINGS, Reading, Written, settle
from surveys.corpora.taguette import path_of

DEEPEST = 60  # levels of codes; nobody reads five
_SOURCES = ("TextSource", "PDFSource", "PictureSource", "AudioSource", "VideoSource")
_VALUES = ("TextValue", "IntegerValue", "FloatValue", "BooleanValue", "DateValue", "DateTimeValue")
_NOT_TEXT = ("PictureSelection", "AudioSelection", "VideoSelection")
_WHOLE = re.compile(r"\s*[+-]?\d{1,15}\s*")


def read_codebook(content: bytes, file: str) -> Codings:
    """The codes of a `.qdc`. Raises ProblemsFound, and nothing else, whatever the bytes hold."""
    root = parsed(content, file)
    if local(root) != "CodeBook":
        raise fault("codings-not-refi", file, found=local(root) or "?")
    program = root.get("origin", "")
    told: Counter[str] = Counter()
    return Codings(program, codes=tuple(_codes(root, program, file, told)[0]), notes=counted(told))


def read_project(path: Path, file: str) -> Codings:
    """All of a `.qdpx`. Raises ProblemsFound, and nothing else, whatever the file holds."""
    with opened(path, file) as package:
        projects = package.names(".qde")
        if len(projects) != 1:
            raise fault("codings-no-project" if not projects else "codings-several-projects", file,
                        count=str(len(projects)))  # fmt: skip
        root = parsed(package.read(projects[0], MOST_XML), file)
        if local(root) != "Project":
            raise fault("codings-not-refi", file, found=local(root) or "?")
        return _Project(root, package, file).codings()


@dataclass
class _Selection:
    """A stretch of a document as the file has it, before anything is held against the text."""

    document: str
    written: Written | None
    quote: str
    memo: str
    codings: list[tuple[str, str]] = field(default_factory=list)  # guids of code and coder


class _Project:
    """One project while it is read; what its guids point at is known only here."""

    def __init__(self, root: Element, package: Package, file: str) -> None:
        self._root, self._package, self._file = root, package, file
        self._program = root.get("origin", "")
        self._told: Counter[str] = Counter()
        self._stored: dict[str, str] = {}
        self._codes, self._paths = _codes(child(root, "CodeBook"), self._program, file, self._told)
        self._coders = _names(root, "Users", "User")
        self._variables = _names(root, "Variables", "Variable")

    def codings(self) -> Codings:
        sources = [*below(self._root, "Sources", *_SOURCES)]
        given = [known_as(one.get("name") or "?") for one in sources]
        names = unlike_names(given)
        self._told["codings-same-name"] += sum(name != own for name, own in zip(given, names, strict=True))
        of_guid = {_guid(one.get("guid")): name for one, name in zip(sources, names, strict=True)}
        documents = {name: self._document(one, name) for one, name in zip(sources, names, strict=True)}
        selections = [each for one, name in zip(sources, names, strict=True) for each in self._selections(one, name)]
        placed, reading = self._settled(selections)
        segments = [
            Segment(one.document, self._paths[code], start, end, words, self._coders.get(coder), one.memo)
            for one, (start, end, words) in zip(selections, placed, strict=True)
            for code, coder in one.codings
        ]
        cases = self._cases(of_guid, documents)
        for note in below(self._root, "Notes", "Note"):
            self._told["codings-annotations"] += child(note, "PlainTextSelection") is not None
        notes = counted(self._told)
        if reading != READINGS[0]:
            notes = (*notes, ("codings-offsets-read", {"unit": reading.unit}))
        coders = tuple(dict.fromkeys(one.coder for one in segments if one.coder))
        return Codings(
            self._program, tuple(documents.values()), tuple(self._codes), tuple(segments), cases, coders, notes
        )

    # Documents --------------------------------------------------------------------------------------------------------

    def _document(self, source: Element, name: str) -> Document:
        stored = self._text(source)
        if stored is None:
            whole = child(source, "Representation") if local(source) == "PDFSource" else child(source, "Transcript")
            stored = self._text(whole) if whole is not None else None
        if stored is not None:
            self._stored[name] = stored
        text = None if stored is None else with_lf(stored)
        return Document(name, text, source.get("path") or source.get("richTextPath") or "", self._values(source))

    def _text(self, element: Element) -> str | None:
        """The text as stored, with its own line ends; None where the file does not carry it."""
        content = child(element, "PlainTextContent")
        if content is not None:
            return content.text or ""
        place, _, name = (element.get("plainTextPath") or "").partition("://")
        if not name:
            return None
        name = name.lstrip("/")
        if place == "internal" and climbs(name):
            raise fault("codings-path-climbs", self._file)
        member = self._package.find("sources", name) if place == "internal" else None
        if member is None:
            self._told["codings-text-absent"] += 1
            return None
        text = decoded(self._package.read(member))
        if text is None:
            self._told["codings-text-unreadable"] += 1
        return text

    def _values(self, element: Element) -> dict[str, str]:
        """Values of variables; one without a value is empty."""
        found = {}
        for value in children(element, "VariableValue"):
            reference = child(value, "VariableRef")
            name = self._variables.get(_guid(reference.get("targetGUID"))) if reference is not None else None
            if name:
                found[name] = next((said(one) for one in children(value, *_VALUES)), "")
        return found

    # Selections -------------------------------------------------------------------------------------------------------

    def _selections(self, source: Element, name: str) -> Iterator[_Selection]:
        """Those with a code. A PDF has a selection on its page and in its text, under one guid: the latter counts."""
        in_text: set[str] = set()
        for holder in (source, *children(source, "Representation", "Transcript")):
            points = {_guid(one.get("guid")): one.get("position") or "" for one in children(holder, "SyncPoint")}
            for one in children(holder, "PlainTextSelection", "TranscriptSelection"):
                in_text |= {_guid(one.get("guid")), one.get("name") or ""}
                if local(one) == "TranscriptSelection":
                    ends = [points.get(_guid(one.get(key)), "") for key in ("fromSyncPoint", "toSyncPoint")]
                else:
                    ends = [one.get("startPosition") or "", one.get("endPosition") or ""]
                yield from self._coded(one, name, ends, one.get("name") or "")
        for one in children(source, "PDFSelection"):
            name_here = one.get("name") or ""
            goes_on = name_here.endswith("…") and name_here in in_text  # on the next page, under a guid of its own
            if goes_on or _guid(one.get("guid")) in in_text:
                continue
            quote = said(child(one, "Representation", "PlainTextContent"))
            if quote:
                yield from self._coded(one, name, None, quote)
            else:
                self._told["codings-not-text"] += len([*children(one, "Coding")])
        self._told["codings-not-text"] += sum(len([*children(one, "Coding")]) for one in children(source, *_NOT_TEXT))

    def _coded(self, one: Element, name: str, ends: list[str] | None, quote: str) -> Iterator[_Selection]:
        found = []
        for coding in children(one, "Coding"):
            coder = _guid(coding.get("creatingUser") or one.get("creatingUser"))
            references = [_guid(code.get("targetGUID")) for code in children(coding, "CodeRef")]
            known = [code for code in references if code in self._paths]
            self._told["codings-code-unknown"] += (len(references) - len(known)) or (not references)
            found += [(code, coder) for code in known]
        if not found:
            self._told["codings-without-code"] += child(one, "Coding") is None
            return
        written = None
        if ends is not None and all(map(_WHOLE.fullmatch, ends)) and 0 <= int(ends[0]) <= int(ends[1]):
            written = Written(int(ends[0]), int(ends[1]), quote)
        elif ends is not None:
            self._told["codings-selection-malformed"] += 1
        yield _Selection(name, written, quote, said(child(one, "Description")), found)

    def _settled(self, selections: list[_Selection]) -> tuple[list[tuple[int | None, int | None, str]], Reading]:
        """For each selection its place and its words, and what the program counts."""
        placeable = [i for i, one in enumerate(selections) if one.written and one.document in self._stored]
        written = [(selections[i].document, selections[i].written) for i in placeable]
        settled, reading = settle(self._stored, written, _usual(self._program))
        texts = {name: with_lf(text) for name, text in self._stored.items()}
        found: list[tuple[int | None, int | None, str]] = [
            (one.written.start, one.written.end, one.quote) if one.written and one.document not in texts
            else (None, None, one.quote)
            for one in selections
        ]  # fmt: skip
        for i, place in zip(placeable, settled, strict=True):
            if place.why != "checked":
                self._told[f"codings-place-{place.why}"] += 1
            if place.start is not None:
                words = texts[selections[i].document][place.start : place.end]
                found[i] = place.start, place.end, words
        return found, reading

    # Cases ------------------------------------------------------------------------------------------------------------

    def _cases(self, of_guid: Mapping[str, str], documents: dict[str, Document]) -> tuple[Case, ...]:
        """Named cases, and sets of documents, as which ATLAS.ti writes them. A case without a name that has one
        document holds that document's own variables, as MAXQDA writes them."""
        cases = []
        for one in below(self._root, "Cases", "Case"):
            linked = [of_guid.get(_guid(each.get("targetGUID"))) for each in children(one, "SourceRef")]
            names = tuple(dict.fromkeys(name for name in linked if name))
            values = self._values(one)
            if not one.get("name") and len(names) == 1:
                own = documents[names[0]]
                merged = {**values, **own.variables}
                documents[names[0]] = Document(own.name, own.text, own.path, merged)
            elif one.get("name"):
                cases.append(Case(known_as(one.get("name")), names, values))
            else:
                self._told["codings-case-nameless"] += 1
        for one in below(self._root, "Sets", "Set"):
            linked = [of_guid.get(_guid(each.get("targetGUID"))) for each in children(one, "MemberSource")]
            if names := tuple(dict.fromkeys(name for name in linked if name)):
                cases.append(Case(known_as(one.get("name") or "?"), names))
        return tuple(cases)


def _usual(program: str) -> Reading:
    """How a program counts when nothing in the file tells: as the standard says, but NVivo counts CRLF as two."""
    return Reading(line_ends="stored") if "nvivo" in program.casefold() else READINGS[0]


def _codes(book: Element | None, program: str, file: str, told: Counter[str]) -> tuple[list[Code], dict[str, CodePath]]:
    """Every code in the order of the file, and the path each guid stands for. Two of one path are one code."""
    codes: dict[CodePath, Code] = {}
    paths: dict[str, CodePath] = {}
    top = below(book, "Codes", "Code") if book is not None else ()
    waiting: list[tuple[Element, CodePath]] = [(one, ()) for one in top][::-1]
    while waiting:
        element, above = waiting.pop()
        name = known_as(element.get("name") or "") or "?"
        path = (*above, *_own_path(name, program))
        if len(path) > DEEPEST:
            raise fault("codings-too-deep", file, most=str(DEEPEST))
        paths[_guid(element.get("guid"))] = path
        if path in codes:
            told["codings-same-code"] += 1
        else:
            is_codable = (element.get("isCodable") or "true").casefold() not in ("false", "0")
            description, colour = said(child(element, "Description")), element.get("color") or None
            codes[path] = Code(path[-1], path, description, colour, is_codable)
        waiting += [(one, path) for one in children(element, "Code")][::-1]
    return [*codes.values()], paths


def _own_path(name: str, program: str) -> CodePath:
    """The name as a path where the program writes one into it: ATLAS.ti's folders, the dots of Taguette's tags."""
    if "taguette" in program.casefold():
        return path_of(name)
    parts = tuple(part.strip() for part in name.split("::")) if "atlas" in program.casefold() else (name,)
    return parts if all(parts) else (name,)


def _names(root: Element, holder: str, kind: str) -> dict[str, str]:
    """Names by guid of what stands in this list."""
    found = below(root, holder, kind)
    return {_guid(one.get("guid")): known_as(one.get("name") or one.get("id") or "") for one in found}


def _guid(given: str | None) -> str:
    return (given or "").strip("{} ").casefold()
