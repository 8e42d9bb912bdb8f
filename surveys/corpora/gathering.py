"""The documents of one corpus as they may be stored: each file with what is known of it, its consent, who speaks.

Reads the files of `data/<id>/` by way of `transcripts` and puts roles in the place of names; which files they are is
said by whoever calls. Documents nobody consented to are told and never read. Where rows go is no business of this.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from surveys.corpora.corpus import Corpus, DocumentFacts, DocumentTable, Participant
from surveys.corpora.speakers import Role, Told, told
from surveys.corpora.transcripts import read_transcript
from theory_of_change.key_words import plainly, word_for
from theory_of_change.problems import Place, Problem, ProblemsFound, listed, with_hint
from theory_of_change.programme import ALL, Calendar, Period

_CONVERSATIONS = ("interview", "focus_group")
#: File names that say what a document is and not who speaks in it: `INT-01`, `02_intervista`, `focus group 3`.
_SAYS_NOBODY = re.compile(
    r"(?:(?:[A-Za-z]{1,2}|INT|int|DOC|doc|FGD|fgd|OSS|VRB|intervist[ae]|interviews?|focus|group|gruppo|verbal[ei]|minutes|note?s?|diario|documento?"
    r"|risposte|trascrizion[ei]|transcripts?|laboratorio|workshop|incontro|meeting|\d{1,8})(?:[-_. ]+|(?=\d)|$))+"
)
_TABLE_KEYS = ("file", "id", "kind", "date", "period", "place", "language", "consent", "role", "number")


@dataclass(frozen=True)
class File:
    """A file of data/<id>/: where it lies, what it was called when it came, the hash of its content."""

    path: Path
    name: str
    sha256: str


@dataclass(frozen=True)
class Document:
    """A document with all that is known of it. `told` is its text as it may be stored, None without consent; `came` is
    the text as it came, which codings refer to."""

    id: str
    kind: str
    sha256: str
    consent: str
    language: str
    file: str = ""
    date: object = None
    period: str | None = None
    place: str | None = None
    participants: tuple[Participant, ...] = ()
    group: Mapping[str, str] = field(default_factory=dict)
    told: Told | None = None
    came: str = ""
    format: str = ""
    encoding: str | None = None
    row: tuple[str, int] | None = None  # of the questionnaire an open answer was given to
    notes: tuple[Problem, ...] = ()

    @property
    def n_participants(self) -> int | None:
        return sum(one.number for one in self.participants) if self.participants else None

    @property
    def words(self) -> int:
        return len(re.findall(r"\w+(?:['’]\w+)*", self.told.text)) if self.told else 0


def described(corpus: Corpus, table: Path | None, calendar: Calendar) -> tuple[DocumentFacts, ...]:
    """What is known of the documents, in the contract or in its table. Raises ProblemsFound with all mistakes in it."""
    if not isinstance(corpus.documents, DocumentTable):
        return corpus.documents
    file = f"data/{corpus.id}/{corpus.documents.table}"
    if table is None:
        raise ProblemsFound([Problem("documents-table-absent", Place(file), {"file": corpus.documents.table})])
    return tuple(_facts_in(table, file, [period.name for period in calendar.periods]))


def facts_of(name: str, facts: Sequence[DocumentFacts]) -> DocumentFacts | None:
    """What is known of a file: the first entry whose pattern its name fits."""
    return next((one for one in facts if fnmatch.fnmatchcase(name.casefold(), one.file.casefold())), None)


def gathered(
    corpus: Corpus, files: Sequence[File], facts: Sequence[DocumentFacts], calendar: Calendar, language: str
) -> tuple[list[Document], list[Problem]]:
    """Every transcript as a document, and what stands in the way of any of them."""
    documents: list[Document] = []
    problems: list[Problem] = []
    taken: dict[str, str] = {}
    contents: dict[str, str] = {}
    for file in files:
        place = Place(f"data/{corpus.id}/{file.path.name}")
        known = facts_of(file.name, facts)
        own = (known.id if known else None) or own_id(file.name)
        if file.sha256 in contents and not (known and known.id):
            shown = {"file": file.name, "other": contents[file.sha256]}
            problems.append(Problem("document-copy", place, shown))
            continue
        if own in taken:
            problems.append(Problem("document-id-shared", place, {"name": own, "file": file.name, "other": taken[own]}))
            continue
        taken[own], contents[file.sha256] = file.name, file.name
        try:
            documents.append(_document(corpus, file, place, own, known, calendar, language))
        except ProblemsFound as found:
            problems += found.problems
    return documents, problems


def own_id(name: str) -> str:
    """The id of a document nobody described: its file's name where that says nobody's, else a sign for it."""
    stem = Path(name).stem.strip()
    if any(sign.isdigit() for sign in stem) and _SAYS_NOBODY.fullmatch(stem):
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem)
        return plain if plain[0].isalpha() else f"d-{plain}"
    return f"d-{hashlib.sha256(name.casefold().encode()).hexdigest()[:8]}"


def _document(
    corpus: Corpus, file: File, place: Place, own: str, known: DocumentFacts | None, calendar: Calendar, language: str
) -> Document:
    kind = (known.kind if known else None) or corpus.kind
    said = (known.consent if known else None) or corpus.consent
    spoken = (known.language if known else None) or corpus.language or language
    facts = Document(
        own, kind, file.sha256, said or "none", spoken, file.name,
        date=known.date if known else None,
        period=period_of(known.period, known.date, calendar) if known else None,
        place=known.place if known else None,
        participants=known.participants if known else (),
        group=dict(known.group) if known else {},
        format=file.path.suffix.casefold().lstrip("."),
    )  # fmt: skip
    if said in (None, "none"):
        code = "document-consent-unsaid" if said is None else "document-without-consent"
        return replace(facts, notes=(Problem(code, place, {"name": own, "file": file.name}),))
    read = read_transcript(file.path, place.file)
    roles = {label: Role(one.role, one.number, one.group) for label, one in corpus.speakers.items()}
    stored = told(read.text, roles, spoken, read.voices, kind in _CONVERSATIONS)
    notes = [Problem(code, place, said) for code, said in read.notes]
    if read.encoding and not read.encoding.startswith("utf"):
        shown = {"file": file.name, "encoding": read.encoding.replace("cp", "Windows-")}
        notes.append(Problem("transcript-encoding", place, shown))
    notes += _about_people(own, place, stored, read.text)
    if facts.date is None and facts.period is None:
        notes.append(Problem("document-undated", place, {"name": own}))
    return replace(facts, told=stored, came=read.text, format=read.kind, encoding=read.encoding, notes=tuple(notes))


def _about_people(own: str, place: Place, stored: Told, text: str) -> Iterator[Problem]:
    """Speakers nobody listed, and identifiers that stand in the text: counts, never one of them."""
    if stored.unknown:
        facts = {"name": own, "count": str(stored.unknown)}
        yield Problem("speakers-unlisted", place, facts)
    if stored.mentions:
        yield Problem("speakers-mentioned", place, {"name": own, "count": str(stored.mentions)})
    counts = identifiers_in(text)
    if counts:
        said = listed(f"{kind} {count}" for kind, count in sorted(counts.items()))
        yield Problem("document-identifiers", place, {"name": own, "counts": said})


def identifiers_in(text: str) -> Counter[str]:
    """How many e-mails, telephones, codici fiscali and IBANs stand in a text, by kind."""
    from surveys.identifying import identifiers_within

    return Counter(kind for kind, _, _ in identifiers_within(text))


def period_of(name: str | None, day: object, calendar: Calendar) -> str | None:
    """The reporting period of a document: the one it names, else the one its day falls into; None outside."""
    names = [period.name for period in calendar.periods if period.name != ALL]
    if name is None and day is not None:
        name = Period.containing(day, calendar.every).name if calendar.start <= day <= calendar.end else None
    return name if name in names else None


# The table of documents ----------------------------------------------------------------------------------------------


def _facts_in(path: Path, file: str, periods: Sequence[str]) -> Iterator[DocumentFacts]:
    """One row a document. Columns are found by key or by a word for it; any other breaks documents down."""
    from pydantic import ValidationError

    from surveys.reading import read_table

    table = read_table(path, file, _TABLE_KEYS)
    keys = [_key(header) for header in table.headers]
    problems: list[Problem] = []
    if "file" not in keys:
        raise ProblemsFound([Problem("documents-table-without-files", Place(file), {"found": listed(table.headers)})])
    found = []
    for place, row in enumerate(table.rows):
        cells = {header: str(table.cells[at].iloc[place]).strip() for at, header in enumerate(table.headers)}
        said = {key: cells[header] for key, header in zip(keys, table.headers, strict=True) if key and cells[header]}
        group = {header: cells[header] for key, header in zip(keys, table.headers, strict=True)
                 if not key and header.strip() and cells[header]}  # fmt: skip
        if not said:
            continue
        role, number = said.pop("role", None), said.pop("number", "1")
        if day := said.get("date"):
            said["date"] = _iso(day)
        if role:
            said["participants"] = [{"role": role, "number": number}]
        if (period := said.get("period")) and period not in periods:
            problems.append(
                Problem("source-period-unknown", Place(file, int(row)), with_hint({"name": period}, period, periods))
            )
            continue
        try:
            found.append(DocumentFacts.model_validate({**said, "group": group}))
        except ValidationError as wrong:
            fields = listed(
                dict.fromkeys(str(one["loc"][0]) for one in wrong.errors(include_input=False) if one["loc"])
            )
            problems.append(Problem("documents-table-row", Place(file, int(row)), {"columns": fields}))
    if problems:
        raise ProblemsFound(problems)
    yield from found


def _key(header: str) -> str | None:
    plain = plainly(header)
    return plain if plain in _TABLE_KEYS else word_for(header, _TABLE_KEYS)


def _iso(day: str) -> str:
    """A day as spreadsheets of this country write it, `3/5/2024`, as `2024-05-03`; anything else as it is."""
    found = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", day)
    if found:
        return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    return day[:10] if re.match(r"\d{4}-\d{2}-\d{2}[ T]", day) else day
