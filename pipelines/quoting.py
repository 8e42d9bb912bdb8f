"""Quotes from the passages of interviews to `core.quotes`: what stands in the warehouse put through the gate of
`surveys.corpora.quoting`, each speaker described by what enough people share, and the choice recorded.

Only what passes is written, masked; a passage that does not pass is known by its place alone. No word of it goes into a
message or an error.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.theming import least_of
from surveys.corpora.describing import People, as_words, description
from theory_of_change.problems import Place, Problem, ProblemsFound
from warehouse.modelling import model

if TYPE_CHECKING:
    import duckdb

    from pipelines.project import Project
    from surveys.corpora.collection import Collected
    from surveys.corpora.corpus import Corpus
    from surveys.corpora.mask_tables import Mask
    from surveys.corpora.quoting import Chosen, Judged, Meanings, Spoken
    from theory_of_change.programme import Programme, Workspace
    from warehouse.store import Warehouse

_TABLES = ("quotes", "quote_balance", "quote_choices", "corpora")


def choose_quotes(warehouse: Warehouse, project: Project) -> list[Problem]:
    """Makes the tables of quotes and of what the corpora hold anew. Told are picks that cannot be quoted, and packages
    with quotes whose consent or document is gone since."""
    import pandas as pd

    connection = warehouse.connection
    before = connection.execute("select source, document_id, text from core.quotes").fetchall()
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    problems: list[Problem] = []
    for one in project.corpora.values():
        rows["corpora"] += _corpora(connection, one.corpus, project.programme)
        if one.corpus.quotes is not None:
            problems += _quote(connection, one, project, rows)
    warehouse.replace_all({
        name: pd.DataFrame(some, columns=list(model("core", name).column_names), dtype=object)
        for name, some in rows.items()
    })  # fmt: skip
    consented = set(connection.execute(
        "select source, document_id from core.documents where consent = 'quotes'"
    ).fetchall())  # fmt: skip
    withdrawn = {text for source, document, text in before if (source, document) not in consented}
    for package, count in packages_quoting(project.workspace, withdrawn).items():
        place = Place(package.relative_to(project.workspace.root).as_posix())
        problems.append(Problem("quote-in-package", place, {"count": str(count)}))
    return problems


def packages_quoting(workspace: Workspace, texts: set[str]) -> dict[Path, int]:
    """The report packages that hold any of these quotes, and how many."""
    from reports.contents import rows_of

    if not texts:
        return {}
    found = {}
    for path in sorted(workspace.output.glob("*/*/data/quotes.csv")):
        if held := {row["text"] for row in rows_of(path)} & texts:
            found[path.parent.parent] = len(held)
    return found


def _quote(
    connection: duckdb.DuckDBPyConnection, one: Collected, project: Project, rows: dict[str, list[dict[str, Any]]]
) -> Iterator[Problem]:
    from surveys.corpora.quoting import balance, choose

    corpus, quotes = one.corpus, one.corpus.quotes
    masks = masks_of(project.workspace, corpus)
    judged = judged_passages(connection, corpus, masks)
    meanings = meanings_of(corpus)
    chosen, unmet = choose(judged, quotes, meanings)
    rows["quotes"] += _rows(
        corpus, chosen, meanings, people_of(connection, corpus), least_of(corpus, project.programme)
    )
    rows["quote_balance"] += [
        {"source": corpus.id, "element_id": own.element, "direction": own.direction, "n_quoted": own.n_quoted,
         "reasons": ", ".join(own.reasons)}
        for own in balance(judged, chosen, meanings)
    ]  # fmt: skip
    ways = Counter("balancing" if own.is_balancing else own.by for own in chosen)
    rule = quotes.rule
    rows["quote_choices"].append({
        "source": corpus.id, "n_by_rule": ways["rule"], "n_by_hand": ways["hand"], "n_balancing": ways["balancing"],
        "per_code": rule.per_code if rule else None, "shortest": quotes.bounds.shortest,
        "longest": quotes.bounds.longest, "n_masks": len(masks),
    })  # fmt: skip
    if unmet:
        yield Problem("quote-pick-unmet", one.places.at("quotes", "picks"),
                      {"count": str(len(unmet)), "source": corpus.id})  # fmt: skip


# What stands in the warehouse ----------------------------------------------------------------------------------------


def masks_of(workspace: Workspace, corpus: Corpus) -> list[Mask]:
    """What is masked now, from the table the contract names; read at each look, so that a change of it counts at once.
    Raises ProblemsFound where the table is wrong or not there."""
    from pipelines.corpora import sorted_files
    from surveys.corpora.mask_tables import masks_in

    if corpus.quotes is None or corpus.quotes.masks is None:
        return []
    file = f"data/{corpus.id}/{corpus.quotes.masks.table}"
    table = sorted_files(workspace, corpus).masks
    if table is None:
        raise ProblemsFound([Problem("quote-masks-absent", Place(file))])
    return masks_in(table.path, file, corpus.quotes.cleared)


def judged_passages(connection: duckdb.DuckDBPyConnection, corpus: Corpus, masks: Sequence[Mask]) -> list[Judged]:
    """Every coded passage of the corpus after the gate. The text of a document without consent to be quoted is not even
    fetched."""
    from surveys.corpora.quote_contracts import Quotes
    from surveys.corpora.quoting import judge, passages

    segments: dict[str, list[tuple[str, int, int]]] = {}
    for document, *stretch in connection.execute(
        'select distinct document_id, code_id, start, "end" from core.segments where source = ? and state <> \'look\''
        ' order by document_id, start, "end", code_id', [corpus.id]
    ).fetchall():  # fmt: skip
        segments.setdefault(document, []).append(tuple(stretch))
    quotes = corpus.quotes or Quotes()
    placeholders = {mask.words: mask.placeholder for mask in masks}
    return [
        judge(passage, quotes, placeholders)
        for document in _documents(connection, corpus)
        for passage in passages(document, segments.get(document.id, ()))
    ]


def _documents(connection: duckdb.DuckDBPyConnection, corpus: Corpus) -> list[Spoken]:
    from surveys.corpora.quoting import Spoken

    turns: dict[str, list[tuple[str, int, int]]] = {}
    for document, *turn in connection.execute(
        'select document_id, speaker_role, start, "end" from core.turns where source = ? order by document_id, turn',
        [corpus.id],
    ).fetchall():
        turns.setdefault(document, []).append(tuple(turn))
    rows = connection.execute(
        "select document_id, case when consent = 'quotes' then text end, length(text), language, consent"
        " from core.documents where source = ? order by document_id", [corpus.id]
    ).fetchall()  # fmt: skip
    return [
        Spoken(name, text if text is not None else "·" * length, language, consent, tuple(turns.get(name, ())))
        for name, text, length, language, consent in rows
    ]


def meanings_of(corpus: Corpus) -> Meanings:
    return {code.id: [(about.element, about.direction) for about in code.about] for code in corpus.codes}


# Who speaks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Everybody:
    """The people of a corpus, by document and together."""

    by_document: Mapping[str, Sequence[People]]

    @property
    def people(self) -> list[People]:
        return [one for own in self.by_document.values() for one in own]

    def number(self, document: str) -> int:
        return sum(one.number for one in self.by_document.get(document, ()))

    def speaker(self, document: str, role: str | None) -> dict[str, str]:
        """What all those who may be speaking have in common: those of the role, else everybody in the document."""
        there = self.by_document.get(document, ())
        named = [one for one in there if role and one.attributes.get("role") in (role, role.rstrip("0123456789 "))]
        first, *others = named or there or [People({})]
        return {
            name: value for name, value in first.attributes.items()
            if all(one.attributes.get(name) == value for one in others)
        }  # fmt: skip


def people_of(connection: duckdb.DuckDBPyConnection, corpus: Corpus) -> Everybody:
    """Those who took part, with role and groups; a document nobody is named for is one person's."""
    found: dict[str, list[People]] = {}
    rows = connection.execute(
        """
        select documents.document_id, documents.groups, participants.role, participants.groups,
            coalesce(participants.number, documents.n_participants, 1)
        from core.documents as documents
        left join core.document_participants as participants
            on participants.source = documents.source and participants.document_id = documents.document_id
        where documents.source = ?
        order by all
        """,
        [corpus.id],
    ).fetchall()
    for document, groups, role, own, number in rows:
        attributes = {**json.loads(groups or "{}"), **json.loads(own or "{}")}
        found.setdefault(document, []).append(People({"role": role, **attributes} if role else attributes, number))
    return Everybody(found)


# Rows ----------------------------------------------------------------------------------------------------------------


def _rows(
    corpus: Corpus, chosen: Sequence[Chosen], meanings: Meanings, everybody: Everybody, least: int
) -> Iterator[dict[str, Any]]:
    """One row a quote and element it speaks of. The document is named only where so many people speak in it that it
    tells of none; numbers follow the words, so that they do not tell which quotes share a document."""
    people = everybody.people
    numbers: Counter[str] = Counter()
    for one in sorted(chosen, key=lambda one: (one.passage.code, one.judged.text)):
        passage = one.passage
        document = passage.document.id
        numbers[passage.code] += 1
        said = description(everybody.speaker(document, passage.role), people, least)
        for element, direction in meanings.get(passage.code) or [(None, None)]:
            yield {
                "source": corpus.id, "quote_id": f"{corpus.id}:{passage.code}:{numbers[passage.code]}",
                "document_id": document, "code_id": passage.code, "element_id": element, "direction": direction,
                "speaker": as_words(said), "text": one.judged.text, "language": passage.document.language,
                "chosen_by": one.by, "chosen_role": one.role, "chosen_at": one.day,
                "is_adverse": direction == "against", "is_balancing": one.is_balancing,
                "names_document": everybody.number(document) >= least,
            }  # fmt: skip


def _corpora(connection: duckdb.DuckDBPyConnection, corpus: Corpus, programme: Programme) -> list[dict[str, Any]]:
    """Documents and people, together, by kind and by consent; what is too small to show is held back."""
    from warehouse.disclosure import SUPPRESSED, hidden_counts

    counted = connection.execute(
        """
        select coalesce(kind, 'all'), coalesce(consent, 'all'), count(*), sum(greatest(coalesce(n_participants, 1), 1)),
            min(date), max(date)
        from core.documents where source = ?
        group by grouping sets ((), (kind), (consent))
        having count(*) > 0
        order by kind nulls first, consent nulls first
        """,
        [corpus.id],
    ).fetchall()
    least, language = least_of(corpus, programme), programme.language
    sums = [(0, [place for place, row in enumerate(counted) if row[which] != "all"]) for which in (0, 1)]
    hidden = hidden_counts([float(row[3]) for row in counted], [one for one in sums if one[1]], least)
    return [
        {"source": corpus.id, "title_it": corpus.title.within("it", language),
         "title_en": corpus.title.within("en", language), "kind": kind, "consent": consent,
         "n_documents": None if place in hidden else documents, "n_people": None if place in hidden else people,
         "first_day": None if place in hidden else first, "last_day": None if place in hidden else last,
         "status": SUPPRESSED if place in hidden else "ok"}
        for place, (kind, consent, documents, people, first, last) in enumerate(counted)
    ]  # fmt: skip
