"""Everything that is evidence for or against the theory in one table, and the records behind it in theirs.

What an estimate speaks for is said in `evaluating`, what a voice speaks for in `voicing`, what records look like in
`records`; here is only read what they need, and the tables are written once, together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.evaluating import evidence
from pipelines.records import absent_documents, identifying_words, records
from pipelines.theming import corpus_table, least_of
from pipelines.voicing import Corpora, Heard, claimed, coded, harvested, once, stated, told
from theory_of_change.problems import Problem, ProblemsFound
from theory_of_change.programme import ALL
from warehouse.modelling import model, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.project import Project
    from surveys.corpora.corpus import Corpus
    from theory_of_change.programme import Programme
    from warehouse.store import Warehouse


def gather_evidence(warehouse: Warehouse, project: Project) -> tuple[pd.DataFrame, list[Problem]]:
    """Makes `core.evidence` and the records' tables anew from `core.effects`, `core.themes`, the corpora's contracts
    and the theory. Returns the evidence, and what a record rests on that is not there, or may say of somebody. Raises
    ProblemsFound, and writes nothing, where a record holds an e-mail, a telephone or a number of a person."""
    import pandas as pd

    identifying = [
        problem for one in project.corpora.values() for problem in identifying_words(one, project.programme.language)
    ]
    if any(problem.severity == "error" for problem in identifying):
        raise ProblemsFound(identifying)
    theory, connection = project.theory, warehouse.connection
    effects = connection.execute("select * from core.effects order by evaluation_id, term")
    names = [column[0] for column in effects.description]
    estimated = [dict(zip(names, row, strict=True)) for row in effects.fetchall()]
    counted = corpora_of(connection, project)
    titles = {(one.id, code.id): code.title for one in project.corpora.values() for code in one.corpus.codes}
    found = once([
        *evidence(theory, estimated),
        *(row for one in project.corpora.values() for voices in (coded, harvested, told)
          for row in voices(one.corpus, theory, counted)),
        *claimed(theory),
        *stated(theory, titles),
    ])  # fmt: skip
    columns = list(model("core", "evidence").column_names)
    cells = [[row.get(name, "ok" if name == "status" else None) for name in columns] for row in found]
    rows = pd.DataFrame(cells, columns=columns, dtype=object)
    warehouse.replace_all({"evidence": rows, **records(project, counted, _roles(connection))})
    absent = [problem for one in project.corpora.values() for problem in absent_documents(one, counted)]
    return rows, [*identifying, *absent]


def corpora_of(connection: duckdb.DuckDBPyConnection, project: Project) -> Corpora:
    """What was counted in the corpora, as far as evidence needs it."""
    people = {
        (name, document): number
        for name in project.corpora
        for document, number in connection.execute(f"select document_id, people from core.{quoted(name)}").fetchall()
    }
    heard = {
        (one.id, code): found
        for one in project.corpora.values()
        for code, found in _heard(connection, one.corpus, project.programme).items()
    }
    return Corpora(heard, people, {name: least_of(one.corpus, project.programme) for name, one in
                                   project.corpora.items()})  # fmt: skip


def _roles(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    rows = connection.execute("select source, lower(role), sum(number) from core.document_participants group by all")
    return {(source, role): int(number) for source, role, number in rows.fetchall()}


def _heard(connection: duckdb.DuckDBPyConnection, corpus: Corpus, programme: Programme) -> dict[str, Heard]:
    """Each code that occurs within the calendar; none of a corpus too small as a whole. Whether its counts are shown is
    taken from `core.themes`, so that the two tables never differ."""
    columns = {code.id: quoted(corpus_table(corpus).column(code.id).name) for code in corpus.codes}
    if not columns:
        return {}
    counted = ", ".join(f"count(*) filter ({one}), coalesce(sum(people) filter ({one}), 0)" for one in columns.values())
    n_all, people, *counts = connection.execute(
        f"select count(*), coalesce(sum(people), 0), {counted} from core.{quoted(corpus.id)}"
        " where day between ? and ?", [programme.calendar.start, programme.calendar.end],
    ).fetchone()  # fmt: skip
    if people < least_of(corpus, programme):
        return {}
    shown = {
        code
        for (code,) in connection.execute(
            "select code_id from core.themes where source = ? and period = ? and dimension = ? and status = 'ok'",
            [corpus.id, ALL, ALL],
        ).fetchall()
    }
    found = dict(zip(columns, zip(counts[::2], counts[1::2], strict=True), strict=True))
    return {code: Heard(n, int(who), n_all, code in shown) for code, (n, who) in found.items() if n}
