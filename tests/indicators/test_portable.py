"""Every query that is compiled, read with the parser of another engine: all examples and all cases of tests/spec.

Rows are made up, because it is the text that counts. What the words of a query may be is listed below; that Spark gives
the same numbers was tried by running them there, as CONTRIBUTING.md says.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.dialects import Spark

from pipelines.indicators.comparisons import compare
from pipelines.indicators.contributions import largest_contributions
from pipelines.indicators.estimate import compute
from pipelines.indicators.expressions import parse
from pipelines.indicators.lineage import left_out, query_text, used_by_load
from pipelines.project import Project, read_project
from pipelines.row_rules import row_rules
from tests.indicators.conftest import landed, table_of
from tests.spec.test_spec import CASES, assembled
from tests.spec.test_spec import read as read_case
from theory_of_change.programme import Workspace
from theory_of_change.tables import Table

EXAMPLES = Path(__file__).parents[2] / "theory_of_change" / "examples"
#: Functions a query may call: both engines know them under these names and mean the same.
FUNCTIONS = frozenset(
    ("abs", "cast", "case", "ceil", "coalesce", "concat", "count", "dayofyear", "dense_rank", "exp", "extract", "floor",
     "greatest", "grouping", "least", "length", "ln", "lower", "max", "min", "month", "day", "nullif", "round",
     "row_number", "sqrt", "sum", "trim", "try_cast", "upper", "year", "and", "or", "exists")
)  # fmt: skip
TYPES = frozenset(
    ("BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "INT", "DECIMAL", "FLOAT", "SMALLINT", "TINYINT")
)


class AnsiSpark(Spark):
    """Spark with `spark.sql.ansi.enabled` and `spark.sql.ansi.doubleQuotedIdentifiers`."""

    class Tokenizer(Spark.Tokenizer):
        QUOTES = ("'",)
        IDENTIFIERS = ("`", '"')


class Recording:
    """A connection that keeps what it is asked, and what is put beside the tables for a query."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self.steps = connection, []

    def execute(self, sql: str, *more: Any) -> duckdb.DuckDBPyConnection:
        self.steps.append(sql)
        return self.connection.execute(sql, *more)

    def register(self, name: str, frame: pd.DataFrame) -> None:
        self.steps.append((name, frame))
        self.connection.register(name, frame)

    def unregister(self, name: str) -> None:
        self.connection.unregister(name)


def made_up(table: Table, rows: int = 40) -> pd.DataFrame:
    """Rows with something in every column, and nothing in some."""
    chance = random.Random(table.id)

    def cell(type_: str, labels: Mapping[str, Any], at: int) -> Any:
        if chance.random() < 0.08:
            return None
        match type_:
            case "integer":
                return chance.randint(1, 5)
            case "number" | "money":
                return chance.choice([0.5, 1.0, 2.0, 30.0])
            case "boolean":
                return chance.random() < 0.5
            case "date" | "datetime":
                return dt.date(2024, 1, 1) + dt.timedelta(days=chance.randint(0, 900))
            case "time":
                return dt.time(chance.randint(0, 23), 30)
            case "category":
                return chance.choice(list(labels) or ["a", "b"])
        return f"{type_} {at % (rows // 2)}"

    made = {c.name: [cell(c.type, c.labels, at) for at in range(rows)] for c in table.columns}
    stages = {name: lambda at: at % 2 for name in table.strata} | {name: lambda at: at // 2 for name in table.cluster}
    stages |= dict.fromkeys(table.fpc, lambda at: 100.0) | ({table.weight: lambda at: 2.0} if table.weight else {})
    made |= {name: [of(at) for at in range(rows)] for name, of in stages.items() if name in made}
    if table.wave and table.person:
        waves = list(getattr(table.column(table.wave), "labels", ())) or ["pre", "post"]
        made[table.wave] = [waves[at % len(waves)] for at in range(rows)]
        made[table.person] = [f"p{at // len(waves)}" for at in range(rows)]
    return pd.DataFrame(made, columns=[c.name for c in table.columns]).astype(object)


def asked(project: Project) -> tuple[Recording, dict[str, pd.DataFrame]]:
    """Everything a project's indicators ask of the database, and the rows of the tables."""
    tables = {name: table for name, table in project.tables.items() if not table.parts}
    connection = duckdb.connect(config={"python_enable_replacements": False})
    rows = {name: made_up(table) for name, table in tables.items()}
    connection.execute("create schema core")
    for name, table in tables.items():
        landed(rows[name], table, connection)
    connection.execute("create table core.loads as select 'load' as load_id, 'x' as source, 'f' as file_name")
    recording = Recording(connection)
    theory, programme = project.theory, project.programme
    values = compute(recording, theory, programme, tables, "snapshot", {}).values
    compare(recording, theory, programme, tables, values)
    largest_contributions(recording, theory, programme, tables)
    for indicator in theory.indicators:
        left_out(recording, theory, programme, tables, indicator.id)
        used_by_load(recording, theory, programme, tables, indicator.id)
        shown = query_text(theory, programme, tables, indicator.id)
        recording.steps += shown.split(";\n\n") if shown else []
    for source in project.sources.values():
        for rule in row_rules(source, ()):
            recording.steps.append(f'select {rule.select} as kept from core."{source.table.id}" as rows')
    return recording, rows


def projects(folder: Path) -> Iterator[tuple[str, Project]]:
    """The examples, and the cases of tests/spec as one workspace."""
    for path in sorted(EXAMPLES.iterdir()):
        if (path / "programme.yml").exists():
            yield path.name, read_project(Workspace(path)).sound()
    cases = {name: read_case(path) for name, path in CASES.items()}
    yield "spec", read_project(Workspace(assembled(folder, "{}", cases))).sound()


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every different query, and whose it is."""
    found: dict[str, str] = {}
    for name, project in projects(tmp_path_factory.mktemp("spec")):
        for step in asked(project)[0].steps:
            if isinstance(step, str):
                found.setdefault(step, name)
    return found


def selected(sql: str) -> exp.Expression | None:
    """The query as Spark reads it, without what keeps its rows; None for what only drops them."""
    if sql.startswith("drop table if exists temp."):
        return None
    tree = sqlglot.parse_one(sql, read=AnsiSpark, error_level=sqlglot.ErrorLevel.RAISE)
    return tree.expression if isinstance(tree, exp.Create) else tree


def test_every_query_stays_in_the_part_of_sql_that_spark_runs_too(queries: dict[str, str]):
    assert len(queries) > 300
    wrong: dict[str, str] = {}
    for sql in queries:
        tree = selected(sql)
        for problem in [] if tree is None else foreign(tree):
            wrong.setdefault(problem, sql)
    assert wrong == {}


def foreign(tree: exp.Expression) -> Iterator[str]:
    for node in tree.walk():
        if isinstance(node, exp.Func):
            name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
            if name not in FUNCTIONS and not (isinstance(node, exp.If) and isinstance(node.parent, exp.Case)):
                yield f"function {name}"
        elif isinstance(node, exp.DataType) and not isinstance(node.parent, exp.DataType):
            text = node.is_type("text") and node.sql("spark").upper() == "STRING"
            if not text and node.this.name not in TYPES:
                yield f"type {node.sql()}"
        elif isinstance(node, exp.Window) and isinstance(node.this, (exp.RowNumber, exp.Func)):
            ranks = not isinstance(node.this, exp.AggFunc)
            if ranks and not node.args.get("order"):
                yield "rank without an order"
        elif isinstance(
            node, (exp.Qualify, exp.Lambda, exp.Filter, exp.Array, exp.Struct, exp.Unnest, exp.Placeholder)
        ):
            yield type(node).__name__.lower()
        elif isinstance(node, exp.Star) and (node.args.get("except_") or node.args.get("replace")):
            yield "columns left out of a star"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("income // 2", 'TRY_CAST((("income") - ("income") % 2) / 2 AS BIGINT)'),
        ("income / debt", '"income" / NULLIF("debt", 0)'),
        ("note::text", 'TRY_CAST("note" AS string)'),
        ("trim(note, 'x')", "TRIM(BOTH 'x' FROM \"note\")"),
        ("extract(doy from day)", 'DAYOFYEAR("day")'),
    ],
)
def test_what_engines_say_differently_is_said_in_words_of_both(text: str, wanted: str):
    table = table_of({"income": "number", "debt": "number", "note": "text", "day": "date"})
    assert parse(text, table).sql == wanted


@pytest.mark.parametrize("unit", ["year", "quarter", "month", "week", "day", "hour", "minute"])
@pytest.mark.parametrize("types", ["date", "datetime"])
def test_differences_of_dates_are_those_of_the_database(unit: str, types: str):
    table = table_of({"a": types, "b": types})
    sql = parse(f"date_diff('{unit}', a, b)", table).sql
    moments = "timestamp '1899-12-30 22:10:00' + to_minutes(cast(n * n * 1234567 % 110000000 as bigint))"
    rows = f"select cast({moments} as {'date' if types == 'date' else 'timestamp'}) as m, n from range(200) as r(n)"
    pairs = f"with r as ({rows}) select x.m as a, y.m as b from r as x join r as y on y.n = 199 - x.n"
    found = duckdb.sql(
        f"select count(*) from ({pairs}) where ({sql}) is distinct from date_diff('{unit}', a, b)"
    ).fetchone()
    assert found == (0,)


def test_days_of_the_week_are_those_of_the_database():
    table = table_of({"a": "date"})
    for part in ("dow", "isodow", "doy"):
        sql = parse(f"extract({part} from a)", table).sql
        rows = "select cast(date '1999-12-20' + cast(n as integer) as date) as a from range(400) as r(n)"
        wrong = duckdb.sql(f"select count(*) from ({rows}) where ({sql}) is distinct from extract({part} from a)")
        assert wrong.fetchone() == (0,)
