"""Full text over what may be read: the words of the published tables, or the transcripts for who works on them.

Words are compared by their stem, in Italian and in English, with tantivy (BM25); the index is made in memory at each
search, because a programme's words fit there and an index on disk would be one more copy to protect. Which columns
hold words is said by `searched` in the models; printing belongs to the command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from theory_of_change.problems import Place, Problem, ProblemsFound
from warehouse.connections import connect
from warehouse.modelling import Model, models, quoted

if TYPE_CHECKING:
    import tantivy

_STEMMERS = {"it": "italian", "en": "english"}
#: What stands before an apostrophe is a word of its own in Italian; in a query it would open a phrase.
_APOSTROPHES = re.compile("['’]")
#: What is left out is left out in both languages of a row, whichever of them holds the words asked for.
_LEFT_OUT = re.compile(r'(?<!\S)-("[^"]*"|\S+)')
_SNIPPET = 160  # characters


@dataclass(frozen=True)
class Passage:
    """Something that can be found: where it stands, and its words by language."""

    table: str
    key: tuple[str, ...]
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Hit:
    """A passage with an excerpt of at most 160 characters; `marked` are the places of the found words in it."""

    table: str
    key: tuple[str, ...]
    language: str
    excerpt: str
    marked: tuple[tuple[int, int], ...]
    score: float


@dataclass(frozen=True)
class Found:
    """The best hits first. `has_all`: each holds all the words asked for; else none does, and these hold some."""

    hits: tuple[Hit, ...]
    has_all: bool


def search_published(path: Path, words: str, language: str, limit: int) -> Found:
    """The published rows whose words answer `words`, best first. Raises ProblemsFound when nothing is published or the
    words cannot be searched."""
    if not path.is_file():
        raise ProblemsFound([Problem("nothing-published", Place(f"warehouse/{path.name}"))])
    with connect(path, read_only=True) as connection:
        there = {name for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'out'").fetchall()}  # fmt: skip
        passages = [
            passage
            for one in models("out").values()
            if one.searched and one.name in there
            for passage in _rows(connection, one)
        ]
    return find(passages, words, language, limit)


def search_transcripts(path: Path, words: str, language: str, limit: int) -> Found:
    """The turns of the landed transcripts whose words answer `words`; the key is source, document, turn and role.

    Only documents whose consent covers analysis are in the warehouse at all. Raises ProblemsFound as above.
    """
    if not path.is_file():
        raise ProblemsFound([Problem("nothing-landed", Place(f"warehouse/{path.name}"))])
    with connect(path, read_only=True) as connection:
        rows = connection.execute(_TURNS).fetchall()
    passages = [
        Passage("transcripts", (source, document, str(turn), role or ""), _by_language(spoken_in, text))
        for source, document, turn, role, spoken_in, text in rows
        if text and text.strip()
    ]
    return find(passages, words, language, limit)


#: A document without turns is one passage; offsets count characters from 0, their end not included.
_TURNS = """
select documents.source, documents.document_id, coalesce(turns.turn, 1), turns.speaker_role, documents.language,
    case when turns.turn is null then documents.text
        else substring(documents.text, turns.start + 1, turns."end" - turns.start) end as words
from core.documents as documents
left join core.turns as turns using (source, document_id)
where documents.text is not null
order by all
"""


def find(passages: Sequence[Passage], words: str, language: str, limit: int) -> Found:
    """The passages that hold all of `words` in one language, best first, or some of them where none holds all; the
    excerpt is in `language` where it fits.

    `"two words"` is a phrase and `-word` leaves out. Raises ProblemsFound where nothing can be searched for, as with
    words that are in every sentence.
    """
    index = _index(passages)
    for every in (True, False):
        if hits := _hits(index, passages, words, language, every):
            break
    return Found(tuple(hits[:limit]), has_all=every)


def _hits(index: tantivy.Index, passages: Sequence[Passage], words: str, language: str, every: bool) -> list[Hit]:
    searcher = index.searcher()
    hits: list[Hit] = []
    seen: set[tuple[str, ...]] = set()
    queries = {one: _query(index, words, one, every) for one in sorted(_STEMMERS, key=lambda one: one != language)}
    for spoken_in, query in queries.items():
        if query is None:
            continue
        cut = _excerpts(searcher, query, index.schema, spoken_in)
        for score, address in searcher.search(query, max(len(passages), 1)).hits:
            document = searcher.doc(address)
            passage = passages[document["number"][0]]
            itself, same = (passage.table, *passage.key), ("", passage.table, passage.texts[spoken_in])
            if not seen & {itself, same}:
                hits.append(Hit(passage.table, passage.key, spoken_in, *cut(document), score))
            seen |= {itself, same}
    if all(query is None for query in queries.values()):
        raise ProblemsFound([Problem("nothing-to-search", Place("search"), {"words": words})])
    return sorted(hits, key=lambda hit: (-hit.score, hit.table, hit.key))


def _index(passages: Sequence[Passage]) -> tantivy.Index:
    import tantivy

    fields = tantivy.SchemaBuilder()
    for language in _STEMMERS:
        fields.add_text_field(language, stored=True, tokenizer_name=language)
    fields.add_unsigned_field("number", stored=True)
    index = tantivy.Index(fields.build())
    for language in _STEMMERS:
        index.register_tokenizer(language, _analyser(language))
    writer = index.writer(num_threads=1)
    for number, passage in enumerate(passages):
        writer.add_document(tantivy.Document(number=number, **passage.texts))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def _analyser(language: str) -> tantivy.TextAnalyzer:
    """Lower case, without the words of every sentence, by stem, and without accents, which people leave out."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    steps = (Filter.lowercase(), Filter.stopword(_STEMMERS[language]), Filter.stemmer(_STEMMERS[language]),
             Filter.ascii_fold())  # fmt: skip
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in steps:
        builder = builder.filter(step)
    return builder.build()


def _query(index: tantivy.Index, words: str, language: str, every: bool) -> tantivy.Query | None:
    """What is asked in one language; None where its analyser leaves nothing to ask for."""
    from tantivy import Occur, Query

    asked = _APOSTROPHES.sub(" ", words).replace(":", " ")
    wanted, unwanted = _LEFT_OUT.sub(" ", asked), " ".join(_LEFT_OUT.findall(asked))
    if not _analyser(language).analyze(wanted):
        return None
    query = index.parse_query_lenient(wanted, [language], conjunction_by_default=every)[0]
    without = index.parse_query_lenient(unwanted, list(_STEMMERS))[0]
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, without)])


def _excerpts(searcher: tantivy.Searcher, query: tantivy.Query, schema: tantivy.Schema, language: str) -> Any:
    import tantivy

    generator = tantivy.SnippetGenerator.create(searcher, query, schema, language)
    generator.set_max_num_chars(_SNIPPET)

    def cut(document: tantivy.Document) -> tuple[str, tuple[tuple[int, int], ...]]:
        snippet = generator.snippet_from_doc(document)
        excerpt = snippet.fragment()
        return excerpt, tuple((_characters(excerpt, one.start), _characters(excerpt, one.end))
                              for one in snippet.highlighted())  # fmt: skip

    return cut


def _characters(text: str, octets: int) -> int:
    """A place in UTF-8 as a place in the text: tantivy counts bytes."""
    return len(text.encode()[:octets].decode(errors="ignore"))


def _rows(connection: Any, table: Model) -> Iterator[Passage]:
    """The rows of a published table that hold words, each under its key."""
    columns = [one for one in table.columns if one.name in table.searched]
    spoken_in = "language" if "language" in table.column_names else None
    names = [*table.key, *(one.name for one in columns), *([spoken_in] if spoken_in else [])]
    chosen = ", ".join(quoted(name) for name in names)
    for row in connection.execute(f"select distinct {chosen} from out.{quoted(table.name)} order by all").fetchall():
        key, values = row[: len(table.key)], row[len(table.key) :]
        texts: dict[str, list[str]] = {}
        for column, value in zip(columns, values, strict=False):
            for language, text in _spoken(column.name, column.unit, value, values[-1] if spoken_in else None):
                if text not in texts.setdefault(language, []):
                    texts[language].append(text)
        if texts:
            given = {language: "\n".join(parts) for language, parts in texts.items()}
            yield Passage(table.name, tuple("" if one is None else str(one) for one in key), given)


def _spoken(name: str, unit: str | None, value: Any, language: str | None) -> Iterable[tuple[str, str]]:
    if not value:
        return ()
    if unit == "JSON":
        return _inside(json.loads(value))
    if name.endswith(("_it", "_en")):
        return ((name[-2:], str(value)),)
    return _by_language(language, str(value)).items()


def _inside(value: Any) -> Iterator[tuple[str, str]]:
    """The words of a JSON value: what stands under `it` or `en`."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name in _STEMMERS and isinstance(one, str):
                yield name, one
            else:
                yield from _inside(one)
    elif isinstance(value, list):
        for one in value:
            yield from _inside(one)


def _by_language(language: str | None, text: str) -> dict[str, str]:
    """A text under its language; under both where it is in another or nobody said."""
    return {language: text} if language in _STEMMERS else dict.fromkeys(_STEMMERS, text)
