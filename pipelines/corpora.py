"""From the transcripts and codings in `data/<corpus>/` to the warehouse: all of a corpus anew where anything changed.

Brings together what lies in the folder (`arrivals`), what the files say (`surveys.corpora`), the open answers that have
landed, and the tables (`warehouse.corpora`). A corpus is small and hangs together: a corrected transcript moves
codings, a new label in the contract changes turns, so whatever changes, all of it is read again, in one transaction.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.arrivals import Arrivals
from pipelines.open_answers import open_answers
from surveys.corpora.corpus import Corpus, DocumentTable, above
from theory_of_change.problems import Problem, ProblemsFound
from theory_of_change.programme import Workspace
from warehouse.corpora import Contents, CorpusLoad, Delivered, load_of, replace_corpus, segments_of, stands

if TYPE_CHECKING:
    from pipelines.project import Project
    from surveys.corpora.coding import FileOfCodings
    from surveys.corpora.collection import Collected
    from surveys.corpora.gathering import Document, File
    from warehouse.store import Warehouse

Pseudonymise = Callable[[str, Sequence[str]], list[str | None]]
#: Files a coding program leaves, whatever the contract's pattern for transcripts.
_CODING_ENDINGS = (".qdpx", ".qdc", ".qda", ".sqlite3")
#: Lists of coded segments. A table is never a transcript, so that none is taken for words somebody said.
_CODING_TABLES = (".csv", ".xlsx", ".ods", ".tsv", ".html")
#: Changes when the same files are to be read otherwise.
_READING = 3


@dataclass(frozen=True)
class Landed:
    """What landing a corpus did. `changes` counts codings that came and went; nothing was done where `is_unchanged`."""

    loads: tuple[CorpusLoad, ...] = ()
    documents: tuple[Document, ...] = ()
    codings: tuple[FileOfCodings, ...] = ()
    notes: tuple[Problem, ...] = ()
    segments_new: int = 0
    segments_gone: int = 0
    is_unchanged: bool = False
    problems: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True)
class Sorted:
    """The files of a corpus by what they are for: `table` of its documents, `masks` of what quotes must not say."""

    transcripts: tuple[File, ...]
    codings: tuple[File, ...]
    table: File | None = None
    masks: File | None = None


def arrivals_of(workspace: Workspace, corpus: Corpus) -> Arrivals:
    """The files of the corpus. Which is a transcript and which holds codings is told by `sorted_files`."""
    return _Folder(workspace.data(corpus.id), corpus)


class _Folder(Arrivals):
    """The folder of a corpus: transcripts and codings by the contract's two patterns, and the tables it names."""

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        from surveys.corpora.transcripts import ENDINGS

        super().__init__(folder, corpus.transcripts_pattern, None, ENDINGS)
        self.codings = Arrivals(folder, corpus.codings_pattern, None, (*_CODING_ENDINGS, *_CODING_TABLES))
        self.tables = tables_of(corpus)

    def _fits(self, name: str) -> bool:
        return name in self.tables or super()._fits(name) or self.codings._fits(name)


def tables_of(corpus: Corpus) -> tuple[str | None, str | None]:
    """The names of the tables beside the transcripts, of documents and of masks; None where there is none."""
    quotes = corpus.quotes
    return (
        corpus.documents.table if isinstance(corpus.documents, DocumentTable) else None,
        quotes.masks.table if quotes and quotes.masks else None,
    )


def sorted_files(workspace: Workspace, corpus: Corpus) -> Sorted:
    """The latest file of each name, as what it is for, in the order they arrived."""
    from surveys.corpora.gathering import File

    latest = {one.name: File(one.path, one.name, one.sha256) for one in arrivals_of(workspace, corpus).in_order()}
    return as_sorted(latest.values(), corpus)


def as_sorted(files: Iterable[File], corpus: Corpus) -> Sorted:
    """Files of different names by what they are for."""
    named = {file.name: file for file in files}
    tables = [named.pop(name, None) for name in tables_of(corpus)]
    return Sorted(
        tuple(file for file in named.values() if not holds_codings(file.name, corpus)),
        tuple(file for file in named.values() if holds_codings(file.name, corpus)),
        *tables,
    )


def holds_codings(name: str, corpus: Corpus) -> bool:
    """True for a file the contract calls codings, or whose ending no transcript has."""
    called = corpus.codings is not None and fnmatch.fnmatchcase(name.casefold(), corpus.codings_pattern.casefold())
    return called or Path(name).suffix.casefold() in (*_CODING_ENDINGS, *_CODING_TABLES)


def land_corpus(warehouse: Warehouse, one: Collected, project: Project, pseudonyms: Pseudonymise) -> Landed:
    """Brings the tables to what the files, the contract and the surveys say now. What cannot be read is told in
    `problems`, and the rest lands all the same."""
    corpus = one.corpus
    files = sorted_files(warehouse.workspace, corpus)
    answers = open_answers(warehouse.connection, corpus, project)
    fingerprint = _fingerprint(one, files.table, project)
    wanted = _wanted(corpus, files, project) | {(file.name, file.sha256) for file in files.codings}
    wanted |= {(name, _hash_of(documents)) for name, documents in answers.items()}
    if stands(warehouse.connection, corpus.id, fingerprint) == wanted:
        return Landed(is_unchanged=True)
    read = read_corpus(corpus, files, project, answers)
    before = segments_of(warehouse.connection, corpus.id)
    loads = replace_corpus(warehouse, corpus.id, fingerprint, _contents(corpus, read, project, pseudonyms))
    after = segments_of(warehouse.connection, corpus.id)
    arrivals = arrivals_of(warehouse.workspace, corpus)
    for arrival in arrivals.in_order():
        arrivals.note(arrival)
    notes = [*(note for document in read.documents for note in document.notes),
             *(note for file in read.codings for note in file.notes)]  # fmt: skip
    return Landed(tuple(loads), tuple(read.documents), tuple(read.codings), tuple(notes),
                  len(after - before), len(before - after),
                  problems=tuple(read.problems))  # fmt: skip


@dataclass(frozen=True)
class Read:
    """Everything a corpus says, before it is stored."""

    documents: Sequence[Document]
    codings: Sequence[FileOfCodings]
    problems: Sequence[Problem]
    sizes: dict[str, int]


def read_corpus(
    corpus: Corpus, files: Sorted, project: Project, answers: dict[str, list[Document]] | None = None
) -> Read:
    from surveys.corpora.coding import coded
    from surveys.corpora.gathering import described, gathered

    calendar, language = project.programme.calendar, project.programme.language
    facts = described(corpus, files.table.path if files.table else None, calendar)
    documents, problems = gathered(corpus, files.transcripts, facts, calendar, language)
    documents += [document for some in (answers or {}).values() for document in some]
    codings, wrong = coded(corpus, files.codings, documents)
    sizes = {file.name: file.path.stat().st_size for file in (*files.transcripts, *files.codings)}
    return Read(documents, codings, [*problems, *wrong], sizes)


@contextlib.contextmanager
def keeping(workspace: Workspace, corpus: Corpus, files: Sequence[Path]) -> Iterator[None]:
    """Keeps copies of the files in `data/`, noted as the latest arrivals, while the caller lands them; takes them back
    where that fails. What lay there unnoticed came before them."""
    arrivals = arrivals_of(workspace, corpus)
    for arrival in arrivals.in_order():
        arrivals.note(arrival)
    with contextlib.ExitStack() as kept:
        for file in files:
            kept.enter_context(arrivals.keeping(file))
        yield


# Which files, read how -----------------------------------------------------------------------------------------------


def _fingerprint(one: Collected, table: File | None, project: Project) -> str:
    calendar = project.programme.calendar.model_dump_json()
    said = [one.fingerprint, table.sha256 if table else "", calendar, project.programme.language, str(_READING)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _wanted(corpus: Corpus, files: Sorted, project: Project) -> set[tuple[str, str]]:
    """The loads the transcripts make, by name and content. A load is called by its document's id, because a file may be
    named after somebody; the copy of a file that nobody described makes none."""
    from surveys.corpora.gathering import described, facts_of, own_id

    facts = described(corpus, files.table.path if files.table else None, project.programme.calendar)
    wanted: set[tuple[str, str]] = set()
    for file in files.transcripts:
        known = facts_of(file.name, facts)
        if known is not None and known.id:
            wanted.add((f"{known.id}{Path(file.name).suffix.casefold()}", file.sha256))
        elif file.sha256 not in {sha256 for _, sha256 in wanted}:
            wanted.add((f"{own_id(file.name)}{Path(file.name).suffix.casefold()}", file.sha256))
    return wanted


def _hash_of(documents: Sequence[Document]) -> str:
    said = [[d.id, d.sha256, d.consent, d.period, str(d.date), sorted(d.group.items()), d.row] for d in documents]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


# Rows ----------------------------------------------------------------------------------------------------------------


def _contents(corpus: Corpus, read: Read, project: Project, pseudonyms: Pseudonymise) -> Contents:
    delivered = [*_transcripts(read), *_answers(read), *_codings(read)]
    stored = [document for document in read.documents if document.told]
    return Contents(delivered, {
        "documents": [_document(corpus, one) for one in stored],
        "turns": [row for one in stored for row in _turns(corpus, one)],
        "document_participants": [row for one in stored for row in _participants(corpus, one)],
        "codes": list(_codes(corpus, project)),
        "segments": _segments(corpus, read, pseudonyms),
        "code_meanings": list(_meanings(corpus, project)),
    })  # fmt: skip


def _load_name(document: Document) -> str:
    return f"{document.id}{Path(document.file).suffix.casefold()}"


def _transcripts(read: Read) -> Iterator[Delivered]:
    for one in read.documents:
        if one.row is None:
            is_stored = one.told is not None
            refused = () if is_stored else one.notes
            yield Delivered(_load_name(one), one.sha256, one.format, read.sizes.get(one.file, 0), one.encoding,
                            1, int(is_stored), int(not is_stored), refused)  # fmt: skip


def _answers(read: Read) -> Iterator[Delivered]:
    for survey in dict.fromkeys(one.file for one in read.documents if one.row):
        own = [one for one in read.documents if one.row and one.file == survey]
        yield Delivered(survey, _hash_of(own), "open_answers", rows_read=len(own), rows_accepted=len(own))


def _codings(read: Read) -> Iterator[Delivered]:
    for one in read.codings:
        placed = sum(segment.state != "look" for segment in one.coded)
        yield Delivered(one.file.name, one.file.sha256, "codings", read.sizes.get(one.file.name, 0), None,
                        one.n_read, placed, max(one.n_read - placed - one.n_replaced, 0))  # fmt: skip


def _document(corpus: Corpus, one: Document) -> dict[str, Any]:
    return {
        "source": corpus.id, "document_id": one.id, "kind": one.kind, "date": one.date, "period": one.period,
        "place": one.place, "language": one.language, "consent": one.consent, "n_participants": one.n_participants,
        "words": one.words, "sha256": one.sha256, "text": one.told.text, "groups": _json(one.group),
        "load_id": one.row[0] if one.row else load_of(corpus.id, _load_name(one), one.sha256),
        "row_number": one.row[1] if one.row else None,
    }  # fmt: skip


def _turns(corpus: Corpus, one: Document) -> Iterator[dict[str, Any]]:
    for number, turn in enumerate(one.told.turns, start=1):
        yield {"source": corpus.id, "document_id": one.id, "turn": number, "speaker_role": turn.role,
               "start": turn.start, "end": turn.end, "groups": _json(turn.group)}  # fmt: skip


def _participants(corpus: Corpus, one: Document) -> Iterator[dict[str, Any]]:
    for group in one.participants:
        yield {"source": corpus.id, "document_id": one.id, "role": group.role, "number": group.number,
               "groups": _json(group.group)}  # fmt: skip


def _codes(corpus: Corpus, project: Project) -> Iterator[dict[str, Any]]:
    language = project.programme.language
    titles = {code.id: code.title.within(language) for code in corpus.codes}
    parents = {code.id: code.parent for code in corpus.codes}
    for position, code in enumerate(corpus.codes, start=1):
        path = [*reversed(above(code.id, parents)), code.id]
        about = code.description
        yield {
            "source": corpus.id, "code_id": code.id, "path": " > ".join(titles[one] for one in path),
            "parent": code.parent, "title": titles[code.id], "title_it": code.title.within("it", language),
            "title_en": code.title.within("en", language), "position": position,
            "description_it": about.within("it", language) if about else None,
            "description_en": about.within("en", language) if about else None,
        }  # fmt: skip


def _segments(corpus: Corpus, read: Read, pseudonyms: Pseudonymise) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(one.coder for file in read.codings for one in file.coded if one.coder))
    coders = dict(zip(names, pseudonyms("coder", names), strict=True)) if names else {}
    return [
        {"source": corpus.id, "document_id": one.document, "code_id": one.code, "coder": coders.get(one.coder or ""),
         "start": one.start, "end": one.end, "state": one.state, "why": one.why,
         "load_id": load_of(corpus.id, file.file.name, file.file.sha256)}
        for file in read.codings for one in file.coded
    ]  # fmt: skip


def _meanings(corpus: Corpus, project: Project) -> Iterator[dict[str, Any]]:
    links = {one.id for one in project.theory.links}
    assumptions = {one.id for one in project.theory.assumptions}
    for code in corpus.codes:
        for about in code.about:
            kind = "link" if about.element in links else "assumption" if about.element in assumptions else "element"
            yield {"source": corpus.id, "code_id": code.id, "element_id": about.element, "kind": kind,
                   "direction": about.direction, "strength": about.strength}  # fmt: skip


def _json(group: Any) -> str:
    return json.dumps(dict(group), ensure_ascii=False, sort_keys=True)


def raise_problems(landed: Landed) -> Landed:
    """The same, after its problems have stopped whoever may not go on without those files."""
    if landed.problems:
        raise ProblemsFound(landed.problems)
    return landed
