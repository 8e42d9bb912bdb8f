"""The coded passages of a corpus as rows, and its voices: who speaks in which document, as far as the contract tells.

A passage is a stretch of a document that somebody coded, once however many codes and coders it has; whoever speaks most
of it is its speaker. A voice is one speaker of one document. What codes are and how documents become rows is in
`theming`; what few people say is held back by `warehouse.disclosure`.
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.indicators.measures import PASSAGES
from surveys.corpora.corpus import Corpus
from theory_of_change.tables import Column, Table
from warehouse.modelling import literal, quoted

#: The end of the name under which the voices of a corpus are found beside its documents.
VOICES = "__voices"


def speaker_groups(corpus: Corpus) -> list[str]:
    """What the contract breaks speakers down by."""
    return sorted({name for one in corpus.speakers.values() for name in one.group})


def passages_table(corpus: Corpus, documents: Table) -> Table:
    """Passages as a table: all a document's columns, and those of its speakers. Passages of one document are not
    independent of each other, so each document is a cluster."""
    return replace(_with_speakers(corpus, documents), id=f"{corpus.id}{PASSAGES}", cluster=("document_id",))


def voices_table(corpus: Corpus, documents: Table) -> Table:
    """Voices as a table with the same columns; a code is said by a voice where one of its passages bears it."""
    return replace(_with_speakers(corpus, documents), id=f"{corpus.id}{VOICES}")


def _with_speakers(corpus: Corpus, documents: Table) -> Table:
    known = {column.name for column in documents.columns}
    further = tuple(Column(name, "category") for name in speaker_groups(corpus) if name not in known)
    return replace(documents, columns=(*documents.columns, *further))


def passages_sql(corpus: Corpus, documents: Table, parts: dict[str, list[str]]) -> str:
    """One row a passage, over core.<corpus>, the view of its documents."""
    codes = "".join(
        f",\n    bool_or(passages.code_id in ({', '.join(map(literal, own))})) as {quoted(documents.column(code).name)}"
        for code, own in parts.items()
    )
    return f"""with {_spoken(corpus)},

passages as (
  select distinct document_id, code_id, start, "end"
  from core.segments
  where source = {literal(corpus.id)} and state <> 'look'
)

select
    {_facts(documents, corpus, "spoken.groups")},
    spoken.start as _start,
    spoken."end" as _end,
    cases.coded{codes}
from passages
inner join spoken
    on spoken.document_id = passages.document_id and spoken.start = passages.start and spoken."end" = passages."end"
inner join core.{quoted(corpus.id)} as cases on cases.document_id = passages.document_id
group by all"""


def voices_sql(corpus: Corpus, documents: Table, parts: dict[str, list[str]]) -> str:
    """One row a speaker of a document; a document without turns is one voice, of whom nothing is known."""
    said = "".join(
        f",\n    coalesce(bool_or(passages.code_id in ({', '.join(map(literal, own))})), false)"
        f" as {quoted(documents.column(code).name)}"
        for code, own in parts.items()
    )
    return f"""with {_spoken(corpus)},

voices as (
  select distinct cases.document_id, turns.speaker_role, turns.groups
  from core.{quoted(corpus.id)} as cases
  left join core.turns as turns on turns.source = {literal(corpus.id)} and turns.document_id = cases.document_id
),

passages as (
  select distinct segments.document_id, segments.code_id, spoken.speaker_role, spoken.groups
  from core.segments as segments
  inner join spoken
    on spoken.document_id = segments.document_id and spoken.start = segments.start and spoken."end" = segments."end"
  where segments.source = {literal(corpus.id)} and segments.state <> 'look'
)

select
    {_facts(documents, corpus, "voices.groups")},
    voices.speaker_role as _speaker,
    count(passages.code_id) > 0 as coded{said}
from voices
inner join core.{quoted(corpus.id)} as cases on cases.document_id = voices.document_id
left join passages
    on passages.document_id = voices.document_id
    and passages.speaker_role is not distinct from voices.speaker_role
    and passages.groups is not distinct from voices.groups
group by all"""


def _spoken(corpus: Corpus) -> str:
    """Each passage with the turn that has most of it."""
    return f"""stretches as (
  select distinct document_id, start, "end"
  from core.segments
  where source = {literal(corpus.id)} and state <> 'look'
),

spoken as (
  select stretches.document_id, stretches.start, stretches."end", turns.speaker_role, turns.groups
  from stretches
  left join core.turns as turns
    on turns.source = {literal(corpus.id)} and turns.document_id = stretches.document_id
    and turns.start < stretches."end" and turns."end" > stretches.start
  qualify row_number() over (
    partition by stretches.document_id, stretches.start, stretches."end"
    order by least(turns."end", stretches."end") - greatest(turns.start, stretches.start) desc, turns.turn
  ) = 1
)"""


def _facts(documents: Table, corpus: Corpus, groups: str) -> str:
    """The columns of the document; of what breaks speakers down, too, the speaker's own where it is known."""
    own = speaker_groups(corpus)
    codes = {documents.column(code.id).name for code in corpus.codes} | {"coded"}
    named = [column.name for column in documents.columns if column.name not in codes]
    columns = ["cases._load_id", "cases._row"]
    for name in [*named, *(name for name in own if name not in named)]:
        mine = f"{groups} ->> {literal(_path(name))}"
        known = f"coalesce({mine}, cases.{quoted(name)})" if name in named else f"({mine})"
        columns.append(f"{known} as {quoted(name)}" if name in own else f"cases.{quoted(name)}")
    return ",\n    ".join(columns)


def _path(name: str) -> str:
    return f'$."{name}"'
