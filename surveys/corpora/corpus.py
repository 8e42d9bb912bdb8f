"""One corpus of interviews, focus groups or documents as `interviews/<id>.yml` says it: documents, consent, codebook.

What may be said and what contradicts itself within one contract belongs here; what only shows when all contracts and
the theory are seen together is in `collection`, and no transcript is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from surveys.contracts import Contradiction, Files, twice
from surveys.corpora.quote_contracts import Quotes, quote_contradictions
from theory_of_change.model import Day, Definition, ElementId, LanguageCode, SourceId, Text, Words
from theory_of_change.problems import with_hint

Consent = Literal["none", "analysis", "quotes"]
Kind = Literal["interview", "focus_group", "open_answers", "minutes", "field_notes", "document"]
Direction = Literal["for", "against", "mixed"]
Strength = Literal["weak", "moderate", "strong"]
Change = Literal["positive", "negative", "mixed"]
Verdict = Literal["substantiated", "partly_substantiated", "not_substantiated", "pending"]


def _role_alone(given: Any) -> Any:
    return {"role": given} if isinstance(given, str) else given


def _one_or_more(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


Group = dict[Words, Words]


class Participant(Definition):
    """Who took part, never by name: a role, how many of it, and what they have in common."""

    role: Words = Field(description="What they are to the programme: operator, volunteer, resident …; never a name.")
    number: Annotated[int, Field(ge=1)] = Field(1, description="How many took part in this role.")
    group: Group = Field(default_factory=dict, description="What they share, as gender or area, by column and code.")


class DocumentFacts(Definition):
    """What is known of the documents whose files fit `file`."""

    file: Words = Field(description="A file of data/<id>/, or a pattern, as `01*.docx`.")
    id: ElementId | None = Field(None, description="A stable name that is about no person; codings hang on it.")
    kind: Kind | None = None
    date: Day | None = Field(None, description="The day of the interview, which gives its period.")
    period: Words | None = Field(None, description="The period, where the day is not known or must not be said.")
    place: Words | None = None
    language: LanguageCode | None = None
    consent: Consent | None = Field(
        None, description="`none`: not stored; `analysis`: counted and read; `quotes`: may be quoted in reports too."
    )
    participants: tuple[Participant, ...] = ()
    group: Group = Field(default_factory=dict, description="What the whole document is broken down by.")


class DocumentTable(Definition):
    """The same facts in a table of data/<id>/, one row a document, columns by name; others break documents down."""

    table: Words


class OpenAnswers(Definition):
    """The open answers of a questionnaire: each answer is a document, under the consent given there."""

    survey: SourceId
    questions: Annotated[
        tuple[Words, ...], BeforeValidator(_one_or_more, json_schema_input_type=tuple[Words, ...] | Words)
    ] = Field(min_length=1)
    group: tuple[Words, ...] = Field((), description="Questions of the survey whose answers break the documents down.")
    consent: Literal["analysis", "quotes"] = "analysis"


class Speaker(Definition):
    """Who speaks under a label of the transcripts. In the warehouse the role stands in the place of the label."""

    role: Words
    number: Annotated[int, Field(ge=1)] | None = None
    group: Group = Field(default_factory=dict)


class About(Definition):
    """What a code, a harvested outcome or a story says of an outcome, a link or an assumption of the theory."""

    element: ElementId
    direction: Direction = "for"
    strength: Strength = "moderate"
    note: Text | None = None


class Code(Definition):
    """One code of the codebook. Its id stays when programs rename it; `names` are what they call it."""

    id: ElementId
    title: Text
    parent: ElementId | None = None
    names: Annotated[
        tuple[Words, ...], BeforeValidator(_one_or_more, json_schema_input_type=tuple[Words, ...] | Words)
    ] = Field((), description="What coding programs call it: its name, or its path as `problemi.isolamento`.")
    description: Text | None = Field(None, description="When it is given, and when it is not.")
    colour: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    about: tuple[About, ...] = Field((), description="What its passages say of the theory of change.")
    ordered: bool = Field(False, description="True where its parts are grades, listed from the least to the most.")


class Substantiation(Definition):
    """Whether somebody independent bears an outcome out."""

    by: Words = Field(description="A role, never a name.")
    verdict: Verdict
    date: Day | None = None
    note: Text | None = None


class HarvestedOutcome(Definition):
    """An observed change in what somebody does, as outcome harvesting records it (Wilson-Grau and Britt 2012)."""

    id: ElementId
    statement: Text = Field(description="Who changed what, when and where.")
    social_actor: Text | None = Field(None, description="Who changed.")
    change_agent: Text | None = Field(None, description="Who influenced the change.")
    significance: Text | None = None
    contribution: Text | None = Field(None, description="How the programme contributed.")
    date: Day | None = None
    period: Words | None = None
    place: Words | None = None
    planned: bool | None = None
    change: Change = "positive"
    about: tuple[About, ...] = ()
    documents: tuple[ElementId, ...] = Field((), description="Documents it was harvested from.")
    substantiation: tuple[Substantiation, ...] = ()


class Round(Definition):
    """One round of selection of a Most Significant Change story."""

    panel: Words
    chosen: bool
    reason: Text | None = None
    date: Day | None = None


class Story(Definition):
    """A story of most significant change, with the panels that chose it or did not (Davies and Dart 2005)."""

    id: ElementId
    title: Text
    domain: Words | None = None
    teller: Words | None = Field(None, description="The role of who tells it, never a name.")
    document: ElementId | None = None
    date: Day | None = None
    period: Words | None = None
    rounds: tuple[Round, ...] = ()
    about: tuple[About, ...] = ()


class CorpusDisclosure(Definition):
    """How many people must stand behind whatever is shown of a corpus."""

    smallest_group: Annotated[int, Field(ge=1)]


class Corpus(Definition):
    """`interviews/<id>.yml`."""

    id: SourceId
    title: Text
    note: Text | None = None
    files: Files | None = Field(None, description="The transcripts in data/<id>/.")
    codings: Files | None = Field(None, description="Exports of a coding program, in the same folder.")
    language: LanguageCode | None = None
    kind: Kind = "interview"
    consent: Consent | None = Field(None, description="For documents that say nothing else; without any, not stored.")
    documents: tuple[DocumentFacts, ...] | DocumentTable = ()
    open_answers: tuple[OpenAnswers, ...] | OpenAnswers = ()
    speakers: dict[Words, Annotated[Speaker, BeforeValidator(_role_alone, json_schema_input_type=Speaker | Words)]] = (
        Field(default_factory=dict, description="The labels of the transcripts and the role each stands for.")
    )
    codes: tuple[Code, ...] = ()
    disclosure: CorpusDisclosure | None = Field(
        None, description="The smallest group of people shown of this corpus, 3 or more; else the programme's."
    )
    agreement: Literal["turn", "document", "character"] = Field(
        "turn", description="What coders are compared on: turns (or paragraphs), whole documents, or characters."
    )
    harvested_outcomes: tuple[HarvestedOutcome, ...] = ()
    stories: tuple[Story, ...] = ()
    quotes: Quotes | None = Field(
        None, description="How passages are chosen and masked for reports; without it none is quoted."
    )

    @property
    def described(self) -> tuple[DocumentFacts, ...]:
        """The facts written in the contract itself."""
        return () if isinstance(self.documents, DocumentTable) else self.documents

    @property
    def answered(self) -> tuple[OpenAnswers, ...]:
        return (self.open_answers,) if isinstance(self.open_answers, OpenAnswers) else self.open_answers

    @property
    def transcripts_pattern(self) -> str | None:
        """Which files are transcripts; None for a corpus made of open answers alone."""
        return self.files.pattern if self.files else None if self.answered else "*"

    @property
    def codings_pattern(self) -> str:
        """Which files hold codings. Without a word of the contract their ending tells."""
        return self.codings.pattern if self.codings else "*"

    def claims(self) -> Iterator[tuple[tuple[str | int, ...], About]]:
        """Everything that is said of an element of the theory, with where it stands."""
        for block in ("codes", "harvested_outcomes", "stories"):
            for number, entry in enumerate(getattr(self, block)):
                for place, about in enumerate(entry.about):
                    yield (block, number, "about", place), about

    def dated(self) -> Iterator[tuple[tuple[str | int, ...], DocumentFacts | HarvestedOutcome | Story]]:
        """Everything that may name a period, with where it stands."""
        for block, entries in (("documents", self.described), ("harvested_outcomes", self.harvested_outcomes),
                               ("stories", self.stories)):  # fmt: skip
            for number, entry in enumerate(entries):
                yield (block, number), entry


def contradictions(corpus: Corpus) -> Iterator[Contradiction]:
    """What cannot be within one contract."""
    yield from twice(
        ((one.id, ("documents", i, "id")) for i, one in enumerate(corpus.described) if one.id), "document-twice"
    )
    yield from twice(((label, ("speakers", label)) for label in corpus.speakers), "speaker-twice")
    yield from _codes(corpus)
    for block in ("harvested_outcomes", "stories"):
        yield from twice(((one.id, (block, i, "id")) for i, one in enumerate(getattr(corpus, block))), "record-twice")
    yield from quote_contradictions(corpus)


def _codes(corpus: Corpus) -> Iterator[Contradiction]:
    parents = {code.id: code.parent for code in corpus.codes}
    yield from twice(((code.id, ("codes", i, "id")) for i, code in enumerate(corpus.codes)), "codebook-code-twice")
    named = [(name, ("codes", i, "names", place)) for i, code in enumerate(corpus.codes)
             for place, name in enumerate(code.names)]  # fmt: skip
    yield from twice(named, "code-name-twice")
    for number, code in enumerate(corpus.codes):
        if code.parent is None:
            continue
        if code.parent not in parents:
            facts = with_hint({"name": code.parent}, code.parent, list(parents))
            yield Contradiction("code-parent-unknown", ("codes", number, "parent"), facts)
        elif code.id in above(code.id, parents):
            yield Contradiction("code-parents-in-circle", ("codes", number, "parent"), {"name": code.id})
    for number, code in enumerate(corpus.codes):
        if code.ordered and list(parents.values()).count(code.id) < 2:
            yield Contradiction("code-without-grades", ("codes", number, "ordered"), {"name": code.id})


def above(code: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """The codes a code is part of, the nearest first; where they run in a circle, each once."""
    found: list[str] = []
    here = parents.get(code)
    while here is not None and here not in found:
        found.append(here)
        here = parents.get(here)
    return tuple(found)
