"""What may be written as a measure, what is refused and how it is told, and that no user text reaches a query."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.indicators.expressions import FUNCTIONS, ExpressionRefused, parse
from tests.indicators.conftest import table_of

TABLE = table_of(
    {"trust": "integer", "area": "category", "income": "number", "day": "date", "ok": "boolean", "token": "person",
     "note": "text", "odd name": "integer"},
    source="residents", person="token", date="day", labels={"area": ("A1", "A2")},
)  # fmt: skip


def refused(text: str, kind: str = "boolean") -> list[tuple[str, str | None]]:
    with pytest.raises(ExpressionRefused) as caught:
        parse(text, TABLE, kind)
    return [(finding.code, finding.facts.get("hint")) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("text", "kind", "sql"),
    [
        ("trust >= 4", "boolean", '"trust" >= 4'),
        ("TRUST.trust > 1 or trust=1", "boolean", None),
        ("residents.trust > 1", "boolean", '"trust" > 1'),
        ("answered >= '2024-01-01'", "boolean", "\"day\" >= '2024-01-01'"),
        ("person is not null", "boolean", 'NOT "token" IS NULL'),
        ('"odd name" % 2 = 0', "boolean", '"odd name" % 2 = 0'),
        ("trust >= 4 -- people who trust", "boolean", '"trust" >= 4'),
        ("note::integer", "number", 'TRY_CAST("note" AS INT)'),
        ("if(ok, income, 0)", "number", 'CASE WHEN "ok" THEN "income" ELSE 0 END'),
    ],
)
def test_sql_is_written_anew_from_the_checked_tree(text, kind, sql):
    if sql is None:
        assert refused(text, kind) == [("expression-other-table", None)]
    else:
        assert parse(text, TABLE, kind).sql == sql


@pytest.mark.parametrize(
    ("text", "found", "right"),
    [
        ("trust ≥ 4", "≥", "trust >= 4"),
        ("trust => 3,5", "=>", "trust >= 3.5"),
        ("trust >= 4 e area = 'A1'", "e", "trust >= 4 and area = 'A1'"),
        ("area = “A1” O ok", "“", "area = 'A1' or ok"),
        ("note = ’l'aria’", "’", "note = 'l''aria'"),
        ("greatest(trust, 2) > 3,5", "3,5", "greatest(trust, 2) > 3.5"),
    ],
)
def test_signs_of_other_tongues_are_told_with_the_expression_as_it_should_be(text, found, right):
    with pytest.raises(ExpressionRefused) as caught:
        parse(text, TABLE, "boolean")
    (finding,) = caught.value.findings
    assert (finding.code, finding.facts["found"], finding.facts["right"]) == ("expression-sign", found, right)
    assert parse(right, TABLE, "boolean").type == "boolean"


@pytest.mark.parametrize(
    "text", ["trust in (3,4)", "note = 'e ≥ o'", "trust = 3 -- chi va e torna", "round(income,1) > 2"]
)
def test_the_same_signs_in_their_place_are_left_alone(text):
    assert parse(text, TABLE, "boolean").type == "boolean"


@pytest.mark.parametrize(
    "text",
    ["abs(income)", "ceil(income)", "coalesce(income, 0)", "date_diff('day', day, '2024-02-01')", "day(day)",
     "exp(trust)", "extract(year from day)", "floor(income)", "greatest(trust, 2)", "if(ok, 1, 0)", "least(trust, 2)",
     "length(note)", "ln(income)", "length(lower(note))", "month(day)", "nullif(trust, 9)", "round(income, 1)",
     "sqrt(income)", "length(trim(note))", "length(upper(note))", "year(day)", "case when ok then 1 else 2 end",
     "cast(note as double)", "-trust + 2 * (income - 1) / 3"],
)  # fmt: skip
def test_every_listed_function_works(text):
    assert parse(text, TABLE, "number").type == "number"


def test_every_listed_function_is_tried():
    tried = (
        "abs ceil coalesce date_diff day exp extract floor greatest if least length ln lower month nullif round sqrt"
    )
    assert (*tried.split(), "trim", "upper", "year") == FUNCTIONS


@pytest.mark.parametrize(
    "text",
    ["ok", "not ok", "trust between 2 and 4", "area in ('A1', 'A2')", "note like 'a%'", "note ilike '%B'",
     "income is null", "ok and (trust > 1 or income < 2)", "trust is distinct from 3", "day < date '2024-06-01'"],
)  # fmt: skip
def test_conditions(text):
    assert parse(text, TABLE, "boolean").type == "boolean"


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("", [("expression-empty", None)]),
        ("  -- nothing but a comment", [("expression-empty", None)]),
        ("trust >=", [("expression-unreadable", None)]),
        ("trust > 1; drop table core.loads", [("expression-several", None)]),
        ("(select 1) = 1", [("expression-subselect", None)]),
        ("trust in (select x from core.loads)", [("expression-subselect", None)]),
        ("exists (select 1)", [("expression-subselect", None)]),
        ("select 1", [("expression-subselect", None)]),
        ("drop table core.loads", [("expression-not-allowed", None)]),
        ("loads.rows > 1", [("expression-other-table", None)]),
        ("sum(trust) > 1", [("expression-aggregate", None)]),
        ("count(*) > 1", [("expression-aggregate", None)]),
        ("max(trust) over (partition by area) > 1", [("expression-aggregate", None)]),
        ("* = 1", [("expression-star", None)]),
        ("residents.* = 1", [("expression-star", None)]),
        ("trust > ?", [("expression-parameter", None)]),
        ("trust > $1", [("expression-parameter", None)]),
        ("trst > 1 and incom > 2", [("expression-column-unknown", "trust"), ("expression-column-unknown", "income")]),
        ("Trust > 1", [("expression-column-unknown", "trust")]),
        ('area = "A1"', [("expression-text-quotes", None)]),
        ("flor(income) > 1", [("expression-function-unknown", "floor")]),
        ("getenv('HOME') = ''", [("expression-function-unknown", None)]),
        ("read_blob('programme.yml') = ''", [("expression-function-unknown", None)]),
        ("current_date > day", [("expression-function-unknown", None)]),
        ("list_filter([1], lambda x: x > 1) is null", [("expression-function-unknown", None)]),
        ("trust::struct(a int) is null", [("expression-type-unknown", None)]),
        ("extract(epoch from day) > 1", [("expression-date-part", None)]),
        ("note || 'x' = 'y'", [("expression-not-allowed", None)]),
        ("trust as t", [("expression-not-allowed", None)]),
        ("trust", [("expression-not-boolean", None)]),
        ("note > 3", [("expression-text-as-number", None)]),
        ("area = 1", [("expression-text-as-number", None)]),
        ("trust > 'high'", [("expression-types", None)]),
        ("answered >= '2024-13-01'", [("expression-types", None)]),
        ("ok + 1 > 1", [("expression-types", None)]),
        ("(" * 3000 + "ok" + ")" * 3000, [("expression-too-long", None)]),
        ("(" * 1500 + "ok" + ")" * 1500, [("expression-unreadable", None)]),
        ("sqrt(" * 12 + "income" + ")" * 12 + " > 1", [("expression-too-long", None)]),
    ],
)
def test_what_is_refused_and_why(text, findings):
    assert sorted(refused(text), key=str) == sorted(findings, key=str)


@pytest.mark.parametrize(("text", "found"), [("note", "text"), ("day", "date"), ("ok", "boolean")])
def test_a_mean_needs_a_number(text, found):
    with pytest.raises(ExpressionRefused) as caught:
        parse(text, TABLE, "number")
    assert [(f.code, f.facts["type"]) for f in caught.value.findings] == [("expression-not-number", found)]


def test_a_code_no_label_lists_is_a_warning_with_the_nearest_one():
    found = parse("area = 'a1' or area in ('A1', 'B9')", TABLE, "boolean").warnings
    assert [(f.code, f.facts["code"], f.facts.get("hint")) for f in found] == [
        ("expression-code-unknown", "a1", "A1"),
        ("expression-code-unknown", "B9", None),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("sqrt(-1 * income)", None), ("ln(income - income)", None), ("sqrt(income)", 2.0), ("note::integer", None),
     ("sqrt(ln(income - 100))", None)],
)  # fmt: skip
def test_an_odd_row_gives_null_instead_of_stopping_the_query(text, value):
    sql = parse(text, TABLE, "number").sql
    row = 'select 4.0 as "income", \'abc\' as "note"'
    assert duckdb.connect().execute(f"select {sql} from ({row})").fetchone() == (value,)


def test_a_name_with_quotes_cannot_break_out():
    table = table_of({'a" or 1=1 --': "integer"}, source="odd")
    assert parse('"a"" or 1=1 --" > 0', table, "boolean").sql == '"a"" or 1=1 --" > 0'
