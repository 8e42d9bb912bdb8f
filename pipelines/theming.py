"""The codes of interviews counted: documents as rows with a 0/1 column for each code, so that shares of documents are
indicators like any other, and the published tables on themes.

A code occurs in a document where one of its segments, or of a code that is part of it, stands at its place; each
document counts once. Passages and voices are in `passages`, who stands behind them in `people`; estimates are made in
`indicators`; what is too small to show is said by `warehouse.disclosure`, by those who speak of a theme alone: that
somebody did not come to speak of it says nothing of them. Of grades, one of which is chosen, it does.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import comb
from typing import TYPE_CHECKING, Any

from pipelines.indicators.measures import PASSAGES
from pipelines.passages import VOICES, passages_sql, passages_table, speaker_groups, voices_sql, voices_table
from pipelines.people import by_voices, in_people
from surveys.corpora.corpus import Corpus, above
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import ALL, Period, Programme
from theory_of_change.tables import Column, Table
from warehouse.disclosure import SUPPRESSED, About, protect
from warehouse.modelling import literal, model, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.project import Project
    from warehouse.store import Warehouse

_FACTS = (("document_id", "text"), ("day", "date"), ("period", "text"), ("kind", "category"), ("language", "category"),
          ("people", "integer"), ("coded", "boolean"))  # fmt: skip


#: Not a code: all who took part.
_EVERYBODY = "everybody"
_NUMBERS = ("n_documents", "n_segments", "share", "n_all", "n_people", "n_people_all")


# Documents as rows ---------------------------------------------------------------------------------------------------


def corpus_table(corpus: Corpus, groups: Sequence[str] = ()) -> Table:
    """The documents of a corpus as a table. Beside what is known of each, a true or false for each code, found under
    the code's id; `groups` are further ways to break documents down than the contract names itself."""
    own = {name for one in corpus.described for name in one.group}
    own |= {name for one in corpus.described for who in one.participants for name in who.group}
    own |= {name for one in corpus.answered for name in one.group}
    columns = [Column(name, kind) for name, kind in _FACTS]
    columns += [Column(name, "category") for name in sorted({*own, *groups}) if name not in dict(_FACTS)]
    codes = {code.id: f"theme_{number}_{re.sub('[^A-Za-z0-9]', '_', code.id)}"
             for number, code in enumerate(corpus.codes, start=1)}  # fmt: skip
    columns += [Column(name, "boolean") for name in codes.values()]
    aliases = dict(codes)
    return Table(corpus.id, "register", corpus.title, tuple(columns), date="day", aliases=aliases)


def lay_out(warehouse: Warehouse, project: Project) -> dict[str, Table]:
    """Makes the views of every corpus anew, of its documents, passages and voices, and returns their tables."""
    found = {}
    for one in project.corpora.values():
        own = tables_of(one.corpus, _groups(warehouse.connection, one.id))
        documents, passages, voices = own.values()
        parts = parts_of(one.corpus)
        selects = {
            documents.id: cases_sql(one.corpus, documents, project.programme),
            passages.id: passages_sql(one.corpus, documents, parts),
            voices.id: voices_sql(one.corpus, documents, parts),
        }
        for name, select in selects.items():
            warehouse.connection.execute(f"create or replace view core.{quoted(name)} as\n{select}")
        found |= own
    return found


def tables_of(corpus: Corpus, groups: Sequence[str] = ()) -> dict[str, Table]:
    """The documents, passages and voices of a corpus as tables, in this order, by name."""
    documents = corpus_table(corpus, groups)
    return {one.id: one for one in (documents, passages_table(corpus, documents), voices_table(corpus, documents))}


def _groups(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    said = connection.execute(
        "select distinct groups from (select groups from core.documents where source = ? union all"
        " select groups from core.document_participants where source = ?)", [source, source]
    ).fetchall()  # fmt: skip
    return sorted({name for (text,) in said for name in json.loads(text)})


def cases_sql(corpus: Corpus, table: Table, programme: Programme) -> str:
    """One row a document. What participants have in common is the document's where all of them share it."""
    facts = {name for name, _ in _FACTS}
    groups = [column.name for column in table.columns if column.type == "category" and column.name not in facts]
    shared = "".join(f",\n    {_shared(name)} as {quoted(name)}" for name in groups)
    taken = "".join(
        f",\n    coalesce(documents.groups ->> {literal(_path(name))}, shared.{quoted(name)}) as {quoted(name)}"
        for name in groups
    )
    codes = "".join(
        f",\n    exists (select 1 from placed where placed.document_id = documents.document_id and placed.code_id in"
        f" ({', '.join(literal(part) for part in parts)})) as {quoted(table.column(code).name)}"
        for code, parts in parts_of(corpus).items()
    )
    starts = " ".join(
        f"when {literal(period.name)} then date '{period.start}'"
        for period in programme.calendar.periods if period.name != ALL
    )  # fmt: skip
    return f"""with placed as (
  select document_id, code_id from core.segments where source = {literal(corpus.id)} and state <> 'look'
),

shared as (
  select
    document_id{shared}
  from core.document_participants
  where source = {literal(corpus.id)}
  group by document_id
)

select
    documents.load_id as _load_id,
    coalesce(documents.row_number, 1) as _row,
    documents.document_id,
    coalesce(documents.date, case documents.period {starts} end) as day,
    documents.period,
    documents.kind,
    documents.language,
    greatest(coalesce(documents.n_participants, 1), 1) as people,
    exists (select 1 from placed where placed.document_id = documents.document_id) as coded{taken}{codes}
from core.documents as documents
left join shared on shared.document_id = documents.document_id
where documents.source = {literal(corpus.id)}"""


def _shared(name: str) -> str:
    value = f"groups ->> {literal(_path(name))}"
    return f"case when count(distinct coalesce({value}, '')) = 1 then any_value({value}) end"


def _path(name: str) -> str:
    return f'$."{name}"'


def parts_of(corpus: Corpus) -> dict[str, list[str]]:
    """Each code with itself and every code that is part of it."""
    parents = {code.id: code.parent for code in corpus.codes}
    return {code: [own for own in parents if own == code or code in above(own, parents)] for code in parents}


def least_of(corpus: Corpus, programme: Programme) -> int:
    """How many people must stand behind anything shown of a corpus."""
    return corpus.disclosure.smallest_group if corpus.disclosure else programme.disclosure.smallest_group


def smallest_groups(project: Project) -> dict[str, int]:
    """The smallest group of every corpus, by its id."""
    return {one.id: least_of(one.corpus, project.programme) for one in project.corpora.values()}


# Published tables ----------------------------------------------------------------------------------------------------


def describe_themes(warehouse: Warehouse, project: Project, tables: Mapping[str, Table]) -> dict[str, pd.DataFrame]:
    """The tables `themes`, `theme_cases`, `theme_pairs` and `saturation`."""
    import pandas as pd

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("themes", "theme_cases", "theme_pairs",
                                                                   "saturation")}  # fmt: skip
    for one in project.corpora.values():
        corpus, table = one.corpus, tables[one.id]
        if not corpus.codes:
            continue
        least = least_of(corpus, project.programme)
        themes = _themes(warehouse, project, corpus, tables)
        partly = {row["code_id"] for row in themes if row["status"] == SUPPRESSED}
        hidden = {row["code_id"] for row in themes if row["status"] == SUPPRESSED and row["period"] == row["dimension"]}
        cases = _cases(warehouse.connection, corpus, table)
        people = dict(
            warehouse.connection.execute(f"select document_id, people from core.{quoted(corpus.id)}").fetchall()
        )
        rows["themes"] += [*themes, *_spoken_themes(warehouse, project, corpus, tables)]
        is_of_many = all(number >= least for number in people.values())
        rows["theme_cases"] += _shown_cases(corpus, cases, partly if is_of_many else {code.id for code in corpus.codes})
        rows["theme_pairs"] += _pairs(corpus, cases, people, hidden, least)
        if sum(people.values()) >= least:
            shown = [code.id for code in corpus.codes if code.id not in hidden]
            rows["saturation"] += _saturation(corpus, cases, shown)
    return {name: pd.DataFrame(some, columns=list(model("core", name).column_names)) for name, some in rows.items()}


def _themes(
    warehouse: Warehouse, project: Project, corpus: Corpus, tables: Mapping[str, Table]
) -> list[dict[str, Any]]:
    """Documents with each code by period and group, computed as the shares they are and protected by the people behind
    them."""
    from pipelines.indicators.estimate import compute

    table = tables[corpus.id]
    facts = {"document_id", "day", "period", "language"}
    cuts = [column.name for column in table.columns if column.type == "category" and column.name not in facts]
    asked = {f"theme{number}": code.id for number, code in enumerate(corpus.codes)}
    theory = _asking(project.theory, corpus, asked, cuts)
    connection, programme = warehouse.connection, project.programme
    computed = compute(connection, theory, programme, {corpus.id: table}, "", {})
    (people,) = in_people(connection, theory, programme, tables, {corpus.id: corpus})
    hidden = _too_few(people, asked, corpus, least_of(corpus, programme))
    segments = _segments(connection, corpus, table, programme, cuts)
    counted = {(row["indicator_id"], row["period"], row["dimension"], row["category"]): row
               for row in people.to_dict("records")}  # fmt: skip
    found = []
    for row in computed.values[computed.values["status"] == "ok"].to_dict("records"):
        code = asked[row["indicator_id"]]
        place = {name: row[name] for name in ("period", "dimension", "category")}
        behind = counted[row["indicator_id"], *place.values()]
        is_shown = (row["indicator_id"], *place.values()) not in hidden
        found.append(_theme(corpus, code, place, "ok" if is_shown else SUPPRESSED, {
            "n_documents": round(row["numerator"]), "n_all": round(row["denominator"]), "share": row["value"],
            "n_segments": segments.get((code, *place.values()), 0),
            "n_people": round(behind["numerator"]), "n_people_all": round(behind["denominator"]),
        } if is_shown else {}))  # fmt: skip
    return found


def _too_few(people: pd.DataFrame, asked: Mapping[str, str], corpus: Corpus, least: int) -> set[tuple[str, ...]]:
    """The rows to hold back, by indicator and place: those too few people speak of, those of too few people in all, and
    what would give these away by subtraction. Of a grade also those of whom too few have another."""
    import pandas as pd

    graded = {code.id for code in corpus.codes if code.ordered}
    grades = {code.id for code in corpus.codes if code.parent in graded}
    told = people[people["status"] == "ok"]
    every = told.drop_duplicates(["period", "dimension", "category"]).assign(indicator_id=_EVERYBODY)
    is_grade = told["indicator_id"].map(asked).isin(grades)
    said = told[~is_grade].assign(n=told["numerator"].round().astype("Int64"))
    rules = {name: About("share" if code in grades else "count") for name, code in asked.items()}
    shown = protect(pd.concat([said, told[is_grade], every], ignore_index=True), least, about=rules)
    keys = ["indicator_id", "period", "dimension", "category"]
    hidden = set(shown.loc[shown["status"] == SUPPRESSED, keys].itertuples(index=False, name=None))
    places = [tuple(place) for name, *place in hidden if name == _EVERYBODY]
    return hidden | {(name, *place) for name in asked for place in places}


def _theme(
    corpus: Corpus, code: str, place: Mapping[str, str], status: str, numbers: Mapping[str, Any]
) -> dict[str, Any]:
    return {"source": corpus.id, "code_id": code, **place, **dict.fromkeys(_NUMBERS), **numbers, "status": status}


def _spoken_themes(
    warehouse: Warehouse, project: Project, corpus: Corpus, tables: Mapping[str, Table]
) -> list[dict[str, Any]]:
    """Documents in which speakers of a group say each code, among those in which any of them speaks; protected by how
    many voices of the group there are, and how many say it. Where all people together are too few, no group is told."""
    cuts = speaker_groups(corpus)
    if not cuts:
        return []
    asked = {f"theme{number}": code.id for number, code in enumerate(corpus.codes)}
    theory = _asking(project.theory, corpus, asked, cuts)
    connection, programme = warehouse.connection, project.programme
    voices, passages = tables[f"{corpus.id}{VOICES}"], tables[f"{corpus.id}{PASSAGES}"]
    heard = by_voices(connection, theory, programme, tables, corpus)
    hidden = _too_few(heard, asked, corpus, least_of(corpus, programme))
    wholes = {(name, period) for name, period, dimension, _ in hidden if dimension == ALL}
    said = _by_speaker(connection, corpus, voices, programme, cuts)
    stretches = _by_speaker(connection, corpus, passages, programme, cuts)
    found = []
    for row in heard[heard["status"] == "ok"].to_dict("records"):
        place = {name: row[name] for name in ("period", "dimension", "category")}
        if row["dimension"] == ALL:
            continue
        code, key = asked[row["indicator_id"]], tuple(place.values())
        if (row["indicator_id"], *key) in hidden or (row["indicator_id"], row["period"]) in wholes:
            found.append(_theme(corpus, code, place, SUPPRESSED, {}))
            continue
        documents, every = {one for one, _ in said[code, *key]}, {one for one, _ in said["", *key]}
        found.append(_theme(corpus, code, place, "ok", {
            "n_documents": len(documents), "n_all": len(every), "n_segments": len(stretches[code, *key]),
            "share": len(documents) / len(every) if every else None,
            "n_people": round(row["numerator"]), "n_people_all": round(row["denominator"]),
        }))  # fmt: skip
    return found


def _by_speaker(
    connection: duckdb.DuckDBPyConnection, corpus: Corpus, table: Table, programme: Programme, cuts: Sequence[str]
) -> dict[tuple[str, str, str, str], list[tuple[str, int]]]:
    """The rows of voices or passages that bear each code, by period and group, as document and number; all of them
    under the code ``."""
    codes = {"": "true", **{code.id: quoted(table.column(code.id).name) for code in corpus.codes}}
    listed = ", ".join([*codes.values(), *map(quoted, cuts)])
    rows = connection.execute(f"select document_id, day, {listed} from core.{quoted(table.id)} order by all").fetchall()
    found: dict[tuple[str, str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for number, (document, day, *values) in enumerate(rows):
        given, groups = values[: len(codes)], values[len(codes) :]
        for period in (period.name for period in programme.calendar.periods if _holds(period, day)):
            for code, has in zip(codes, given, strict=True):
                for cut, value in zip(cuts, groups, strict=True):
                    if has and value is not None:
                        found[code, period, cut, value].append((document, number))
    return found


def _asking(theory: TheoryOfChange, corpus: Corpus, asked: Mapping[str, str], cuts: Sequence[str]) -> TheoryOfChange:
    """The theory with an indicator for each code in the place of its own."""
    indicators = tuple(
        Indicator.model_validate({
            "id": name, "title": code, "measures": [code], "unit": "percent", "disaggregation": list(cuts),
            "measure": {"from": corpus.id, "theme": code, "per": "document"}, "uncertainty": {"mode": "none"},
        })
        for name, code in asked.items()
    )  # fmt: skip
    return theory.model_copy(update={"indicators": indicators, "milestones": (), "dimensions": ()})


def _segments(
    connection: duckdb.DuckDBPyConnection, corpus: Corpus, table: Table, programme: Programme, cuts: Sequence[str]
) -> dict[tuple[str, str, str, str], int]:
    """How many stretches bear each code, its parts included, by period and group. A stretch several coders gave the
    same code counts once."""
    listed = "".join(f", cases.{quoted(cut)}" for cut in cuts)
    rows = connection.execute(
        f"""
        select distinct segments.document_id, segments.code_id, segments.start, segments."end", cases.day{listed}
        from core.segments as segments
        inner join core.{quoted(corpus.id)} as cases on cases.document_id = segments.document_id
        where segments.source = ? and segments.state <> 'look'
        """,
        [corpus.id],
    ).fetchall()
    found: dict[tuple[str, str, str, str], set[tuple[str, int, int]]] = {}
    wholes: dict[str, list[str]] = {}
    for code, parts in parts_of(corpus).items():
        for part in parts:
            wholes.setdefault(part, []).append(code)
    for document, part, start, end, day, *group in rows:
        periods = [period.name for period in programme.calendar.periods if _holds(period, day)]
        places = [(ALL, ALL), *((cut, value) for cut, value in zip(cuts, group, strict=True) if value is not None)]
        for code in wholes.get(part, ()):
            for period in periods:
                for place in places:
                    found.setdefault((code, period, *place), set()).add((document, start, end))
    return {place: len(stretches) for place, stretches in found.items()}


def _holds(period: Period, day: Any) -> bool:
    return day is not None and period.start <= day <= period.end


def _cases(connection: duckdb.DuckDBPyConnection, corpus: Corpus, table: Table) -> dict[str, set[str]]:
    """The codes of each document, the earliest first."""
    columns = [(code.id, table.column(code.id).name) for code in corpus.codes]
    listed = ", ".join(quoted(name) for _, name in columns)
    rows = connection.execute(
        f"select document_id, {listed} from core.{quoted(corpus.id)} order by day nulls last, document_id"
    ).fetchall()
    return {document: {code for (code, _), has in zip(columns, said, strict=True) if has} for document, *said in rows}


def _shown_cases(corpus: Corpus, cases: Mapping[str, set[str]], hidden: set[str]) -> Iterator[dict[str, Any]]:
    """What each document holds, of codes none of whose counts is hidden: documents add up to all of them."""
    for document, codes in cases.items():
        for code in corpus.codes:
            is_hidden = code.id in hidden
            yield {"source": corpus.id, "document_id": document, "code_id": code.id,
                   "present": None if is_hidden else int(code.id in codes),
                   "status": SUPPRESSED if is_hidden else "ok"}  # fmt: skip


def _pairs(
    corpus: Corpus, cases: Mapping[str, set[str]], people: Mapping[str, int], hidden: set[str], least: int
) -> Iterator[dict[str, Any]]:
    """Documents in which two codes stand together, and the coefficient of Jaccard (1901): both over either. A code and
    one it is part of are no pair: they stand together always."""
    parts = parts_of(corpus)
    for number, one in enumerate(corpus.codes):
        for other in corpus.codes[number + 1 :]:
            if other.id in parts[one.id] or one.id in parts[other.id]:
                continue
            together = [document for document, codes in cases.items() if {one.id, other.id} <= codes]
            both, who = len(together), sum(people[document] for document in together)
            either = sum(bool({one.id, other.id} & codes) for codes in cases.values())
            is_hidden = bool({one.id, other.id} & hidden) or 0 < who < least or not cases
            yield {"source": corpus.id, "code_id": one.id, "other_code_id": other.id,
                   "n_documents": None if is_hidden else both, "n_either": None if is_hidden else either,
                   "jaccard": None if is_hidden or not either else both / either,
                   "status": ("no_data" if not cases else SUPPRESSED) if is_hidden else "ok"}  # fmt: skip


def _saturation(corpus: Corpus, cases: Mapping[str, set[str]], shown: Sequence[str]) -> Iterator[dict[str, Any]]:
    """How many codes had been met after each document, in the order of their days; and how many one would expect after
    as many documents in any order: the sum over codes of 1 - C(N - n, k) / C(N, k) (Hurlbert 1971). Codes that are not
    shown are left out: what is expected of all of them could be solved for each."""
    total = len(cases)
    often = [sum(code in codes for codes in cases.values()) for code in shown]
    met: set[str] = set()
    for step, codes in enumerate(cases.values(), start=1):
        new = codes & set(shown) - met
        met |= new
        expected = sum(1 - comb(total - n, step) / comb(total, step) for n in often)
        yield {"source": corpus.id, "n_documents": step, "n_codes": len(met), "n_new": len(new), "expected": expected}
