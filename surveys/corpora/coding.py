"""What coders made of the documents of a corpus: files of coding programs, each segment at its place in what is stored.

Brings together the readers of every program, the codebook and the places; a segment counts once, however many files
hold it, and a project exported again replaces what it held before. Coders are given as the files name them: whoever
stores them makes pseudonyms of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from surveys.corpora.codebook import match
from surveys.corpora.codings import Codings, squeezed
from surveys.corpora.corpus import Corpus
from surveys.corpora.gathering import Document, File
from surveys.corpora.placing import looks, place
from surveys.corpora.programs import read_codings
from surveys.corpora.succeeding import Holds, succession
from theory_of_change.problems import Place, Problem, ProblemsFound


@dataclass(frozen=True)
class Coded:
    """A segment as it may be stored: places are of the stored text, None where somebody must look."""

    document: str
    code: str
    coder: str | None
    start: int | None
    end: int | None
    state: str
    why: str


@dataclass(frozen=True)
class FileOfCodings:
    """One file of codings: what was read of it, and what stands at its place."""

    file: File
    program: str
    n_read: int
    coded: tuple[Coded, ...]
    notes: tuple[Problem, ...]
    n_replaced: int = 0


def coded(
    corpus: Corpus, files: Sequence[File], documents: Sequence[Document]
) -> tuple[list[FileOfCodings], list[Problem]]:
    """Every file of codings, the latest last, and what stands in the way of any of them. What a later file replaces of
    an earlier one, whatever they are called, is left out there and told."""
    read: list[tuple[FileOfCodings, Holds]] = []
    problems: list[Problem] = []
    for file in files:
        where = f"data/{corpus.id}/{file.path.name}"
        try:
            codings = read_codings(file.path, where)
        except ProblemsFound as found:
            problems += found.problems
            continue
        read.append(_placed(corpus, file, where, codings, documents))
    found = [
        _without_replaced(one, holds, [(later.file.name, has) for later, has in read[number + 1 :]], corpus)
        for number, (one, holds) in enumerate(read)
    ]
    return found, problems


def _without_replaced(
    one: FileOfCodings, holds: Holds, later: Sequence[tuple[str, Holds]], corpus: Corpus
) -> FileOfCodings:
    gone: set[int] = set()
    notes = list(one.notes)
    where = Place(f"data/{corpus.id}/{one.file.path.name}")
    for name, has in later:
        succeeded = succession(holds, has)
        facts = {"file": one.file.name, "other": name}
        if fresh := succeeded.replaced - gone:
            notes.append(Problem("codings-replaced", where, {**facts, "count": str(len(fresh))}))
        if succeeded.contested:
            notes.append(Problem("codings-beside", where, {**facts, "count": str(succeeded.contested)}))
        gone |= succeeded.replaced
    kept = tuple(segment for number, segment in enumerate(one.coded) if number not in gone)
    if gone and not kept:  # the later file tells what of it needs a look
        notes = [note for note in notes if not note.code.startswith("codings-look-")]
    return replace(one, coded=kept, notes=tuple(notes), n_replaced=len(gone))


def _placed(
    corpus: Corpus, file: File, where: str, codings: Codings, documents: Sequence[Document]
) -> tuple[FileOfCodings, Holds]:
    named = which(codings, documents)
    transcripts = {name: document.came for name, document in named.items() if document.told}
    matched = match(codings, corpus.codes, where)
    placed = [one for one in place(codings, transcripts) if one.segment.code in matched.ids]
    unstored = {name for name, document in named.items() if not document.told}
    looked = looks([one for one in placed if one.segment.document not in unstored], where)
    segments = []
    for one in placed:
        document = named.get(one.segment.document)
        if document is None or document.told is None:
            continue
        at = one.stands
        is_placed = at.state != "look" and at.start is not None and at.end is not None
        segments.append(Coded(
            document.id, matched.ids[one.segment.code], one.segment.coder,
            document.told.at(at.start) if is_placed else None,
            document.told.at(at.end, is_end=True) if is_placed else None,
            at.state, at.why,
        ))  # fmt: skip
    notes = [Problem(code, Place(where), {"file": file.name, **facts}) for code, facts in codings.notes]
    notes += [*matched.problems, *looked]
    if unstored:
        notes.append(Problem("codings-without-consent", Place(where), {"count": str(len(unstored))}))
    if not codings.segments:
        notes.append(Problem("codings-none", Place(where), {"file": file.name}))
    once = tuple(dict.fromkeys(segments))
    has = Holds(once, {document.id for document in named.values()}, set(matched.ids.values()))
    return FileOfCodings(file, codings.program, len(codings.segments), once, tuple(notes)), has


def which(codings: Codings, documents: Sequence[Document]) -> dict[str, Document]:
    """The document each of the program's names stands for: by id, by file name with or without ending, by its text."""
    by_name: dict[str, Document] = {}
    for document in documents:
        for name in (document.file, PurePosixPath(document.file).stem, document.id):
            if name:
                by_name.setdefault(name.casefold(), document)
    by_text = {squeezed(document.came): document for document in documents if document.came}
    found: dict[str, Document] = {}
    for one in codings.documents:
        named = next((by_name[name] for name in _names(one.name) if name in by_name), None)
        document = named or (by_text.get(squeezed(one.text)) if one.text else None)
        if document is not None:
            found[one.name] = document
    return found


def _names(name: str) -> Mapping[str, None]:
    """What a program's name for a document may be: as it is, without its folder, without its ending."""
    plain = name.replace("\\", "/").rpartition("/")[2].casefold().strip()
    return dict.fromkeys((name.casefold().strip(), plain, PurePosixPath(plain).stem))
