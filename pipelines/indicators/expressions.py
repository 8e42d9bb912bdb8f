"""Measure expressions: the SQL a user may write in the theory, read, checked and written anew.

An expression is one scalar or boolean expression over its own source's columns and nothing else. What reaches a query
is generated from the checked tree with quoted names, never the user's text. Which indicator uses which expression
belongs to `measures`; where in the user's files a mistake stands, to `plan`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from pipelines.indicators.dialect import growth, quoted, written
from pipelines.indicators.expression_slips import slip_in
from theory_of_change.problems import listed, nearest, with_hint
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    from sqlglot import exp

Kind = Literal["boolean", "number", "scalar"]

#: Functions an expression may call, by the names users know them under.
FUNCTIONS = (
    "abs", "ceil", "coalesce", "date_diff", "day", "exp", "extract", "floor", "greatest", "if", "least", "length", "ln",
    "lower", "month", "nullif", "round", "sqrt", "trim", "upper", "year",
)  # fmt: skip

#: Nodes of the parsed tree that may stand in an expression, by sqlglot's class names.
_ALLOWED_NODES = frozenset(
    ("Column", "Identifier", "Literal", "Boolean", "Null", "Paren", "Neg", "Not", "And", "Or", "EQ", "NEQ", "GT", "GTE",
     "LT", "LTE", "NullSafeEQ", "NullSafeNEQ", "Is", "Between", "In", "Like", "ILike", "Escape", "Add", "Sub", "Mul",
     "Div", "IntDiv", "Mod", "Case", "If", "Cast", "TryCast", "DataType", "Var", "Abs", "Ceil", "Coalesce", "DateDiff",
     "Day", "Exp", "Extract", "Floor", "Greatest", "Least", "Length", "Ln", "Lower", "Month", "Nullif", "Round", "Sqrt",
     "Trim", "Upper", "Year", "TsOrDsToDate")
)  # fmt: skip
_PLAIN_TYPES = frozenset(
    ("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "TEXT", "CHAR", "DATE",
     "TIMESTAMP")
)  # fmt: skip
_DATE_PARTS = frozenset(("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "DOW", "ISODOW", "DOY"))
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
_LONGEST = 4000
_MOST_GROWTH = 256  # how often a part that stands inside roots and dates may be written
_PROBE = {"varchar": "'x'", "bigint": "1", "double": "1.5", "date": "date '2024-01-31'", "boolean": "true",
          "timestamp": "timestamp '2024-01-31 12:30:00'", "time": "time '12:30:00'"}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A mistake in an expression, without its place: a code of the catalogue and its facts."""

    code: str
    facts: Mapping[str, str]


class ExpressionRefused(Exception):
    """The text is no expression that may run; `findings` says everything that is wrong with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(", ".join(finding.code for finding in self.findings))


@dataclass(frozen=True)
class Expression:
    """A checked expression: SQL over quoted columns, the columns it reads, its type, and what is odd but allowed."""

    sql: str
    columns: tuple[str, ...]
    type: Kind
    integral: bool = False
    warnings: tuple[Finding, ...] = ()


def parse(text: str, table: Table, kind: Kind = "scalar") -> Expression:
    """Read `text` as one expression over `table`'s columns that gives a truth value, a number, or either.

    Raises ExpressionRefused with everything found wrong.
    """
    slip = slip_in(text, [*(column.name for column in table.columns), *table.aliases])
    if slip:
        facts = {"expression": text, "found": slip.found, "right": slip.right}
        raise ExpressionRefused([Finding("expression-sign", facts)])
    tree = _tree(text)
    findings = list(_shape(tree, text, table))
    if growth(tree) > _MOST_GROWTH:
        findings.append(Finding("expression-too-long", {"length": str(len(text)), "most": str(_LONGEST)}))
    if findings:
        raise ExpressionRefused(findings)
    _bind(tree, table)
    columns = tuple(dict.fromkeys(column.name for column in tree.find_all(_exp().Column)))
    warnings = tuple(_unknown_codes(tree, table))
    sql = written(tree)
    used = tuple((c.name, c.sql_type) for name in columns if (c := table.column(name)) is not None)
    found = _type_of(sql, used, text)
    if kind == "boolean" and found != "BOOLEAN":
        raise ExpressionRefused([Finding("expression-not-boolean", {"expression": text, "type": _in_words(found)})])
    if kind == "number" and not found.startswith(_NUMBERS):
        raise ExpressionRefused([Finding("expression-not-number", {"expression": text, "type": _in_words(found)})])
    given: Kind = "boolean" if found == "BOOLEAN" else "number" if found.startswith(_NUMBERS) else "scalar"
    return Expression(sql, columns, given, found.endswith(("INT", "INTEGER")), warnings)


def _exp():
    from sqlglot import exp

    return exp


def _tree(text: str) -> exp.Expression:
    """The one tree that `text` holds, or the refusal that says why there is none."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    if not text.strip():
        raise ExpressionRefused([Finding("expression-empty", {})])
    if len(text) > _LONGEST:
        raise ExpressionRefused([Finding("expression-too-long", {"length": str(len(text)), "most": str(_LONGEST)})])
    try:
        statements = sqlglot.parse(text, read="duckdb")
    except (SqlglotError, RecursionError, ValueError) as error:
        raise ExpressionRefused([_unreadable(text, error)]) from None
    if len(statements) > 1:
        raise ExpressionRefused([Finding("expression-several", {"expression": text})])
    if statements[0] is None:  # nothing but a comment
        raise ExpressionRefused([Finding("expression-empty", {})])
    return statements[0]


def _unreadable(text: str, error: Exception) -> Finding:
    details = getattr(error, "errors", None) or [{}]
    near = str(details[0].get("highlight") or "").strip() or text.strip()[-20:]
    return Finding("expression-unreadable", {"expression": text, "near": near})


def _shape(tree: exp.Expression, text: str, table: Table) -> Iterator[Finding]:
    """Everything in the tree that may not stand in an expression; what stands inside a refused part is not told."""
    told: set[tuple[str, str]] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        finding = _refusal(node, text, table)
        if finding is None:
            waiting.extend(node.iter_expressions(reverse=True))
        elif (finding.code, finding.facts.get("name", "")) not in told:
            told.add((finding.code, finding.facts.get("name", "")))
            yield finding


def _refusal(node: exp.Expression, text: str, table: Table) -> Finding | None:
    exp = _exp()
    facts = {"expression": text}
    if isinstance(node, (exp.Query, exp.Subquery, exp.Exists)) or node.args.get("query") is not None:
        return Finding("expression-subselect", facts)
    if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
        return Finding("expression-star", facts)
    if isinstance(node, (exp.Placeholder, exp.Parameter)):
        return Finding("expression-parameter", facts)
    if isinstance(node, (exp.Window, exp.AggFunc)):
        return Finding("expression-aggregate", {**facts, "name": node.sql("duckdb").split("(")[0].lower()})
    if isinstance(node, exp.Column):
        return _column_refusal(node, facts, table)
    if isinstance(node, exp.DataType):
        plain = node.this.name in _PLAIN_TYPES and not node.args.get("nested")
        return None if plain else Finding("expression-type-unknown", {**facts, "name": node.sql("duckdb").lower()})
    if (
        isinstance(node, exp.Var)
        and node.name.upper() not in _DATE_PARTS
        and isinstance(node.parent, (exp.Extract, exp.DateDiff))
    ):
        parts = listed(sorted(part.lower() for part in _DATE_PARTS))
        return Finding("expression-date-part", {**facts, "name": node.name, "parts": parts})
    if type(node).__name__ in _ALLOWED_NODES:
        return None
    if isinstance(node, exp.Func):
        name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
        facts = {**facts, "name": name, "functions": listed(FUNCTIONS, len(FUNCTIONS))}
        return Finding("expression-function-unknown", with_hint(facts, name, FUNCTIONS))
    return Finding("expression-not-allowed", {**facts, "name": node.sql("duckdb")[:60]})


def _column_refusal(node: exp.Column, facts: Mapping[str, str], table: Table) -> Finding | None:
    if node.table and node.table != table.id:
        return Finding("expression-other-table", {**facts, "name": node.table, "source": table.id})
    if table.column(node.name) is not None:
        return None
    names = [*(column.name for column in table.columns), *table.aliases]
    code = (
        "expression-text-quotes" if node.this.quoted and _is_a_label(node.name, table) else "expression-column-unknown"
    )
    facts = {**facts, "name": node.name, "source": table.id}
    return Finding(code, facts if code == "expression-text-quotes" else with_hint(facts, node.name, names))


def _is_a_label(text: str, table: Table) -> bool:
    """True where a name in double quotes is really the code of a category, which takes single quotes."""
    return any(text in column.labels for column in table.columns)


def _bind(tree: exp.Expression, table: Table) -> None:
    """Put the real column behind each name: aliases of roles resolved, the source's own name dropped."""
    for node in tree.find_all(_exp().Column):
        column = table.column(node.name)
        assert column is not None
        node.set("this", _exp().to_identifier(column.name, quoted=True))
        node.set("table", None)


def _unknown_codes(tree: exp.Expression, table: Table) -> Iterator[Finding]:
    """Comparisons of a category with a code that its labels do not list: allowed, but never true."""
    exp = _exp()
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.In):
        sides = [node.this, *(node.expressions if isinstance(node, exp.In) else [node.expression])]
        columns = [table.column(side.name) for side in sides if isinstance(side, exp.Column)]
        for column in columns:
            if column is None or column.type != "category" or not column.labels:
                continue
            for side in sides:
                if isinstance(side, exp.Literal) and side.is_string and side.name not in column.labels:
                    facts = {"name": column.name, "code": side.name, "codes": listed(column.labels)}
                    yield Finding("expression-code-unknown", with_hint(facts, side.name, column.labels))


@cache
def _scratch() -> duckdb.DuckDBPyConnection:
    import duckdb

    safe = {"python_enable_replacements": False, "autoinstall_known_extensions": False, "enable_external_access": False}
    return duckdb.connect(":memory:", config=safe)


@lru_cache(maxsize=4096)
def _type_of(sql: str, used: tuple[tuple[str, str], ...], text: str) -> str:
    """The SQL type of the expression, found by running it on one empty and one made-up row of the columns it uses.
    Many sources of one form ask the same."""
    import duckdb

    nothing = ", ".join(f"cast(null as {type_}) as {quoted(name)}" for name, type_ in used) or "null as nothing"
    something = ", ".join(f"{_PROBE[type_]} as {quoted(name)}" for name, type_ in used) or "null as nothing"
    cursor = _scratch().cursor()
    try:
        found = str(cursor.execute(f"select ({sql}) as value from (select {nothing})").description[0][1])
        cursor.fetchall()
    except duckdb.Error as error:
        detail = str(error).split("\n")[0].split("Error: ", 1)[-1]
        if "compare values of type VARCHAR" in detail and any(type_ == "varchar" for _, type_ in used):
            raise ExpressionRefused([_text_as_number(used, text)]) from None
        raise ExpressionRefused([Finding("expression-types", {"expression": text, "detail": detail})]) from None
    try:
        cursor.execute(f"select ({sql}) as value from (select {something})").fetchall()
    except duckdb.ConversionException:
        raise ExpressionRefused([_text_as_number(used, text)]) from None
    except duckdb.Error:
        pass  # one made-up row out of range says nothing about the user's rows
    return found


def _text_as_number(used: Iterable[tuple[str, str]], text: str) -> Finding:
    texts = listed(name for name, type_ in used if type_ == "varchar")
    return Finding("expression-text-as-number", {"expression": text, "names": texts})


def _in_words(sql_type: str) -> str:
    """A SQL type in the words of the contract."""
    if sql_type == "BOOLEAN":
        return "boolean"
    return "number" if sql_type.startswith(_NUMBERS) else "date" if sql_type in ("DATE", "TIMESTAMP") else "text"


def unknown_column(name: str, table: Table) -> Finding:
    """The finding for a plain column name (a disaggregation, a covariate) that the source does not have."""
    facts = {"expression": name, "name": name, "source": table.id}
    hint = nearest(name, [*(column.name for column in table.columns), *table.aliases])
    return Finding("expression-column-unknown", {**facts, "hint": hint} if hint else facts)
