"""The open answers of a questionnaire as documents of a corpus: what people wrote, from the rows that have landed.

Rows without consent never land, so none is here. An answer is known by the person and wave where the survey has them,
else by its words, so that it stays the same document when the questionnaire is delivered again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipelines.scaling import period_of
from warehouse.modelling import quoted
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    import duckdb

    from pipelines.project import Project
    from surveys.corpora.corpus import Corpus, OpenAnswers
    from surveys.corpora.gathering import Document
    from theory_of_change.tables import Table


def open_answers(connection: duckdb.DuckDBPyConnection, corpus: Corpus, project: Project) -> dict[str, list[Document]]:
    """The answers by survey and question; a survey nothing has landed of has none."""
    found: dict[str, list[Document]] = {}
    for answers in corpus.answered:
        source = project.sources.get(answers.survey)
        if source is None or not table_columns(connection, "core", answers.survey):
            continue
        for question in answers.questions:
            documents = _answers(connection, corpus, answers, question, source.table, project)
            if documents:
                found[f"{answers.survey}.{question}"] = documents
    return found


def _answers(
    connection: duckdb.DuckDBPyConnection, corpus: Corpus, answers: OpenAnswers, question: str, table: Table,
    project: Project,
) -> list[Document]:  # fmt: skip
    from surveys.corpora.gathering import Document
    from surveys.corpora.speakers import Told

    def column(name: str | None) -> str:
        return quoted(name) if name else "null"

    groups = "".join(f", cast({quoted(name)} as varchar)" for name in answers.group)
    rows = connection.execute(
        f"""
        select
            _load_id, _row, {quoted(question)}, {column(table.person)}, cast({column(table.wave)} as varchar),
            cast({column(table.date)} as date), {period_of(table, project.programme.calendar)}{groups}
        from core.{quoted(table.id)}
        where trim({quoted(question)}) <> ''
        order by _load_id, _row
        """
    ).fetchall()
    times: Counter[str] = Counter()
    documents = []
    for load_id, row, words, person, wave, day, period, *group in rows:
        text = words.strip()
        said = (person, wave or "") if person else (text,)
        sign = _sign(table.id, question, *said)
        times[sign] += 1
        own = f"{table.id}-{question}-{sign}" + (f"-{times[sign]}" if times[sign] > 1 else "")
        documents.append(Document(
            own, "open_answers", hashlib.sha256(text.encode()).hexdigest(), answers.consent,
            corpus.language or project.programme.language, f"{table.id}.{question}", day, period,
            group={name: value for name, value in zip(answers.group, group, strict=True) if value is not None},
            told=Told(text, ()), came=text, row=(load_id, row),
        ))  # fmt: skip
    return documents


def _sign(*said: Any) -> str:
    return hashlib.sha256("\x1f".join(map(str, said)).encode()).hexdigest()[:10]
