"""Parts in, one survey out: every row, every column, each answer under the code it has in the merged survey."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.answer_quality import count_answers
from pipelines.indicators.lineage import left_out, used_by_load
from pipelines.merging import bring_together, merged_sql, score_sql
from pipelines.panels import attrition
from surveys.deliveries import read_delivery
from surveys.questionnaire import Survey
from surveys.scales import ScoredScale
from surveys.scoring import score
from surveys.sources import Source, merged_of, source_of
from theory_of_change.loading import Places
from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Programme, Workspace
from warehouse.forgetting import remove
from warehouse.identities import near_misses, pseudonymise
from warehouse.store import Warehouse, open_warehouse

PROGRAMME = Programme.model_validate(
    {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2024-12-31", "every": "half_year"}}
)
BEFORE = """
id: before
title: Before
person: {column: code, scheme: panel, normalise: code}
answered: day
questions:
  - {name: fiducia, type: scale, range: [1, 5]}
  - {name: area, type: single, answers: {A1: Aurora, A2: Borgo Dora}}
  - {name: asked_once, type: number}
"""
AFTER = """
id: after
title: After
person: {column: codice, scheme: panel, normalise: code}
answered: data
questions:
  - {name: trust, type: scale, range: [1, 5]}
  - {name: area, type: single, answers: {B1: Aurora, A2: Borgo Dora}}
  - {name: asked_later, type: number}
"""
BOTH = """
id: both
title: Both
merge:
  - {source: before, wave: pre, rename: {fiducia: trust}}
  - {source: after, wave: post, recode: {area: {B1: A1}}}
"""
ROWS = {
    "before": "code,day,fiducia,area,asked_once\nAA1,2024-02-01,2,A1,7\nBB2,2024-02-02,3,A2,\nCC3,2024-02-03,4,A1,9\n",
    "after": "codice,data,trust,area,asked_later\naa 1,2024-09-01,5,B1,1\nBB2,2024-09-02,,A2,2\nDD4,2024-09-03,1,B1,3",
}


def survey(text: str) -> Survey:
    return Survey.model_validate(yaml.load(text, Loader=yaml.BaseLoader))


def sources(before: str = BEFORE, after: str = AFTER, both: str = BOTH) -> dict[str, Source]:
    parts = {one.id: source_of(one, "", Places("")) for one in map(survey, (before, after))}
    made = merged_of(survey(both), parts, "", Places(""), PROGRAMME)
    assert made.merged is not None and made.merged.problems == ()
    return {**parts, "both": made}


def land(warehouse: Warehouse, source: Source, text: str, name: str = "answers.csv") -> None:
    path = warehouse.workspace.root / name
    path.write_text(text, encoding="utf-8")
    delivery = read_delivery(path, source, PROGRAMME, pseudonymise(warehouse.workspace))
    assert not delivery.refused
    warehouse.land(source.table, delivery, source.fingerprint)


@pytest.fixture
def warehouse(tmp_path: Path) -> Any:
    with open_warehouse(Workspace(tmp_path)) as opened:
        yield opened


def together(warehouse: Warehouse, made: dict[str, Source], rows: dict[str, str] = ROWS) -> None:
    for name, text in rows.items():
        land(warehouse, made[name], text)
    bring_together(warehouse, made.values())


def test_rows_of_both_parts_stand_under_one_name_and_no_column_is_dropped(warehouse: Warehouse) -> None:
    together(warehouse, sources())
    told = warehouse.connection.execute(
        "select _source, wave, strftime(day, '%m-%d'), trust, area, asked_once, asked_later from core.\"both\""
        " order by all"
    ).fetchall()
    assert told == [
        ("after", "post", "09-01", 5, "A1", None, 1),
        ("after", "post", "09-02", None, "A2", None, 2),
        ("after", "post", "09-03", 1, "A1", None, 3),
        ("before", "pre", "02-01", 2, "A1", 7, None),
        ("before", "pre", "02-02", 3, "A2", None, None),
        ("before", "pre", "02-03", 4, "A1", 9, None),
    ]


def test_each_row_says_which_contract_it_was_read_by(warehouse: Warehouse) -> None:
    made = sources()
    together(warehouse, made)
    told = warehouse.connection.execute('select distinct _source, _contract from core."both" order by all').fetchall()
    assert told == [(name, made[name].fingerprint[:16]) for name in ("after", "before")]


def test_a_correction_in_a_part_is_there_by_itself(warehouse: Warehouse) -> None:
    made = sources()
    together(warehouse, made)
    land(warehouse, made["after"], "codice,data,trust,area,asked_later\nDD4,2024-09-03,2,A2,4\n")
    told = warehouse.connection.execute("select trust, area from core.both where wave = 'post'").fetchall()
    assert told == [(2, "A2")]


def test_who_is_forgotten_in_the_parts_is_forgotten_here(warehouse: Warehouse) -> None:
    together(warehouse, sources())
    (person,) = warehouse.connection.execute("select code from core.both where trust = 5").fetchone()
    assert remove(warehouse, [person]) == {"core.after": 1, "core.before": 1, "raw.after": 1, "raw.before": 1}
    assert warehouse.connection.execute("select count(*), count(trust) from core.both").fetchone() == (4, 3)


def test_one_person_in_two_surveys_is_one_person(warehouse: Warehouse) -> None:
    made = sources()
    together(warehouse, made)
    frame = attrition(warehouse.connection, made, 1, partial(near_misses, warehouse.workspace))
    columns = ["source", "wave_from", "wave_to", "n_from", "n_to", "n_both", "n_lost", "n_new"]
    assert frame[columns].values.tolist() == [["both", "pre", "post", 3, 3, 2, 1, 1]]


THEORY = """
theory: {id: t, version: 1.0.0, title: T}
outcomes: [{id: OC, statement: Trust}]
indicators:
  - {id: CHANGE, title: C, measures: [OC], unit: points, measure: {from: both, change: trust, between: [pre, post]}}
  - {id: LATER, title: L, measures: [OC], unit: points, measure: {from: both, mean: asked_later},
     disaggregation: [wave]}
"""


def computed(warehouse: Warehouse, made: dict[str, Source]) -> pd.DataFrame:
    from pipelines.indicators.estimate import compute

    tables = {name: source.table for name, source in made.items()}
    fingerprints = {name: source.fingerprint for name, source in made.items()}
    theory = TheoryOfChange.model_validate(yaml.safe_load(THEORY))
    return compute(warehouse.connection, theory, PROGRAMME, tables, "s", fingerprints).values


def test_a_change_is_that_of_the_people_who_answered_both(warehouse: Warehouse) -> None:
    together(warehouse, sources())
    values = computed(warehouse, sources()).query("indicator_id == 'CHANGE' and period == 'all'")
    assert values[["n", "value"]].values.tolist() == [[1, 3.0]]  # AA1 from 2 to 5; BB2 did not answer the second time


def test_a_mean_is_of_those_who_were_asked(warehouse: Warehouse) -> None:
    together(warehouse, sources())
    values = computed(warehouse, sources()).query("indicator_id == 'LATER' and period == 'all'")
    told = values[["category", "n", "value", "status"]].set_index("category").T.to_dict("list")
    assert told["all"] == told["post"] == [3, 2.0, "ok"]
    assert told["pre"][0] == 0 and told["pre"][2] == "no_data"


def test_a_change_in_the_contract_of_a_part_is_another_definition(warehouse: Warehouse) -> None:
    together(warehouse, sources())
    ids = [set(computed(warehouse, made)["definition_id"]) for made in
           (sources(), sources(after=AFTER.replace("title: After", "title: Later")), sources())]  # fmt: skip
    assert ids[0] == ids[2] and not ids[0] & ids[1]


def test_rows_are_told_by_part_and_delivery(warehouse: Warehouse) -> None:
    made = sources()
    together(warehouse, made)
    tables = {name: source.table for name, source in made.items()}
    theory = TheoryOfChange.model_validate(yaml.safe_load(THEORY))
    about = (warehouse.connection, theory, PROGRAMME, tables, "LATER")
    assert dict(left_out(*about)) == {"no_answer": 3, "used": 3}
    assert used_by_load(*about) == [("after", "answers.csv", 3)]


def test_somebody_twice_in_one_wave_of_two_parts_is_counted(warehouse: Warehouse) -> None:
    made = sources(both=BOTH.replace("wave: post", "wave: pre"))
    together(warehouse, made)
    found = {one.rule_id: (one.n_rows, one.n_failed) for one in
             count_answers(warehouse.connection, made["both"], PROGRAMME.calendar)}  # fmt: skip
    assert found == {"both.duplicates": (6, 2), "both.duplicates@pre": (6, 2)}


def test_a_source_that_becomes_a_merged_one_and_back_keeps_its_deliveries(warehouse: Warehouse) -> None:
    made = sources()
    alone = source_of(survey(BEFORE.replace("id: before", "id: both")), "", Places(""))
    land(warehouse, alone, ROWS["before"])
    together(warehouse, made)
    assert warehouse.connection.execute("select count(*) from core.both").fetchone() == (6,)
    assert warehouse.connection.execute("select count(*) from raw.both").fetchone() == (3,)
    with warehouse.replacing(alone.table, alone.fingerprint) as landing:
        path = warehouse.workspace.root / "answers.csv"
        path.write_text(ROWS["before"], encoding="utf-8")
        landing.land(read_delivery(path, alone, PROGRAMME, pseudonymise(warehouse.workspace)))
    assert warehouse.connection.execute("select count(*) from core.both").fetchone() == (3,)


# Whatever the parts --------------------------------------------------------------------------------------------------

NAMES = ("one", "two", "three", "four", "five")
part_of = st.lists(st.sampled_from(NAMES), unique=True, min_size=1).flatmap(
    lambda names: st.fixed_dictionaries(
        {"names": st.just(names),
         "rows": st.lists(st.tuples(*[st.none() | st.integers(1, 5) for _ in names]), max_size=4)}
    )
)  # fmt: skip


@given(st.lists(part_of, min_size=2, max_size=3))
def test_no_row_no_column_and_no_answer_is_lost(parts: list[dict[str, Any]]) -> None:
    made: dict[str, Source] = {}
    connection = duckdb.connect()
    connection.execute("create schema core")
    for number, part in enumerate(parts):
        questions = [{"name": name, "type": "scale", "range": [1, 5]} for name in part["names"]]
        contract = Survey.model_validate({"id": f"p{number}", "title": "P", "questions": questions})
        made[f"p{number}"] = source_of(contract, "", Places(""))
        columns = ", ".join(f"{name} bigint" for name in part["names"])
        connection.execute(f"create table core.p{number} (_load_id varchar, _row bigint, {columns})")
        for place, row in enumerate(part["rows"]):
            slots = ", ".join("?" * (len(row) + 2))
            connection.execute(f"insert into core.p{number} values ({slots})", [f"l{number}", place, *row])
    merge = [{"source": name, "wave": f"w-{name}"} for name in made]
    source = merged_of(Survey.model_validate({"id": "all", "title": "A", "merge": merge}), made, "", Places(""))
    result = connection.execute(merged_sql(source))
    names = [column[0] for column in result.description]
    asked = list(dict.fromkeys(name for part in parts for name in part["names"]))
    assert set(names) == {"_load_id", "_row", "_source", "_contract", "wave", *asked}
    rows = [dict(zip(names, one, strict=True)) for one in result.fetchall()]
    found = {(row["_source"], row["_row"]): row for row in rows}
    assert len(found) == sum(len(part["rows"]) for part in parts)
    for number, part in enumerate(parts):
        for place, row in enumerate(part["rows"]):
            own = dict(zip(part["names"], row, strict=True))
            landed = found[f"p{number}", place]
            assert landed["wave"] == f"w-p{number}"
            assert {name: landed[name] for name in asked} == {name: own.get(name) for name in asked}


scale_of = st.fixed_dictionaries(
    {"score": st.sampled_from(["mean", "sum", "plain_sum", "count"]), "at_least": st.none() | st.integers(1, 3),
     "reverse": st.lists(st.sampled_from(["a", "b", "c"]), unique=True), "times": st.sampled_from([1, 20])}
)  # fmt: skip


@given(scale_of, st.lists(st.tuples(*[st.none() | st.integers(1, 4)] * 3), min_size=1, max_size=6))
def test_a_score_in_the_warehouse_is_the_score_of_the_scales(said: dict[str, Any], rows: list[tuple]) -> None:
    counts = {"counts_from": 3.0} if said["score"] == "count" else {}
    scale = ScoredScale(name="s", items=("a", "b", "c"), range=(1, 4), **said, **counts)
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype="Int64")
    expected = score(frame, scale.items, scale.reverse, scale.range, scale.score, scale.at_least, scale.counts_from,
                     scale.times)  # fmt: skip
    values = ", ".join("(" + ", ".join("null" if one is None else str(one) for one in row) + ")" for row in rows)
    told = duckdb.connect().execute(f"select {score_sql(scale)} from (values {values}) as rows (a, b, c)").fetchall()
    assert [row[0] for row in told] == [None if pd.isna(one) else pytest.approx(one, abs=1e-9) for one in expected]
