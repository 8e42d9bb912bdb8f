"""Which SQL the queries are written in: the part of the language that DuckDB and Spark 4 run alike, word for word.

The one module that knows where the two differ. Everything else writes `sum`, `count`, `case`, `grouping sets`, windows
with an order and joins; what would be said differently is asked for here: types of text, names, the number of a cut,
what is kept between two queries, and expressions of users. Spark is taken in its ANSI mode with
`spark.sql.ansi.doubleQuotedIdentifiers`. Only `kept` and `dropped` speak to DuckDB alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

#: The type of texts: `varchar` takes a length in Spark.
TEXT = "string"
#: Parts of a date that are counted from the number of its day, because engines count them from different ends.
_FROM_DAY_NUMBER = ("DOW", "DAYOFWEEK", "ISODOW", "DAYOFWEEKISO")


def quoted(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def as_text(sql: str) -> str:
    return f"cast({sql} as {TEXT})"


def key_as_text(key: str) -> str:
    """A key of a cell under its own name: categories (`d0`, `d1`, …) as texts, periods as they are."""
    return f"{as_text(key)} as {key}" if key.startswith("d") else key


def cut_number(keys: Sequence[str]) -> str:
    """In a query with grouping sets, which of the keys are left out: one bit for each, the first the highest. Spark's
    `grouping_id` takes all columns that are grouped by or none."""
    return " + ".join(f"grouping({key}) * {1 << place}" for place, key in enumerate(reversed(keys))) or "0"


def kept(name: str, select: str) -> str:
    """The statement that keeps a query's rows for the ones that follow."""
    return f"create or replace temp table {name} as\n{select}"


def dropped(name: str) -> str:
    return f"drop table if exists temp.{name}"


# Expressions of users -----------------------------------------------------------------------------------------------


def written(tree: exp.Expression) -> str:
    """A user's checked expression as SQL in which one odd row gives null instead of stopping the query: casts, roots,
    logarithms, divisions by zero."""
    from sqlglot import exp

    whole = exp.paren(tree.copy())  # so that the root has a parent, too
    for node in list(whole.walk())[::-1]:  # innermost first
        portable = _portable(node)
        if portable is not node:
            node.replace(portable)
    return whole.this.sql(dialect="duckdb", identify=True, comments=False)


def growth(tree: exp.Expression) -> int:
    """How often the part that `written` repeats most will stand in its SQL."""
    from sqlglot import exp

    copies = {exp.Sqrt: 2, exp.Ln: 2, exp.IntDiv: 2, exp.Extract: 5, exp.DateDiff: 8}
    most, waiting = 1, [(tree, 1)]
    while waiting:
        node, times = waiting.pop()
        times *= copies.get(type(node), 1)
        most = max(most, times)
        waiting.extend((one, times) for one in node.iter_expressions())
    return most


def _portable(node: exp.Expression) -> exp.Expression:
    """The same as both engines know it; the node itself where there is nothing to change."""
    from sqlglot import exp

    match node:
        case exp.Cast():
            of_date = node.this.is_string and type(node) is exp.Cast  # date '2024-01-31'
            return node if of_date else exp.TryCast(this=node.this.copy(), to=_type(node.args["to"]), safe=True)
        case exp.Sqrt() | exp.Ln():
            bound = exp.GTE if isinstance(node, exp.Sqrt) else exp.GT
            inside = bound(this=exp.paren(node.this.copy()), expression=exp.Literal.number(0))
            return exp.Case(ifs=[exp.If(this=inside, true=node.copy())])
        case exp.Div() | exp.Mod() if not _is_number(node.expression):
            return type(node)(this=node.this.copy(), expression=_unless_zero(node.expression))
        case exp.IntDiv():
            return _sql("try_cast((({a}) - ({a}) % {b}) / {b} as bigint)", a=node.this, b=_unless_zero(node.expression))
        case exp.DateDiff():
            return _difference(node)
        case exp.Extract() if node.name.upper() in _FROM_DAY_NUMBER:
            day = _day_number(node.expression)
            return _sql("{day} % 7" if "ISO" not in node.name.upper() else "({day} - 1) % 7 + 1", day=exp.paren(day))
        case exp.Extract() if node.name.upper() in ("DOY", "DAYOFYEAR"):
            return _sql("dayofyear({day})", day=node.expression)
        case exp.Trim() if node.expression:
            what, of = (one.sql(dialect="duckdb", identify=True) for one in (node.expression, node.this))
            return exp.var(f"TRIM(BOTH {what} FROM {of})")  # with a comma Spark takes them the other way round
    return node


def _type(type_: exp.DataType) -> exp.Expression:
    from sqlglot import exp

    return exp.var(TEXT) if type_.is_type(*exp.DataType.TEXT_TYPES) else type_.copy()


def _is_number(node: exp.Expression) -> bool:
    return node.is_number and float(node.name or 0) != 0


def _unless_zero(node: exp.Expression) -> exp.Expression:
    return node.copy() if _is_number(node) else _sql("nullif({a}, 0)", a=node)


def _sql(text: str, **parts: exp.Expression) -> exp.Expression:
    """A piece of SQL with expressions in its braces."""
    import sqlglot

    filled = text.format(**{name: part.sql(dialect="duckdb", identify=True) for name, part in parts.items()})
    return sqlglot.parse_one(filled, read="duckdb")


def _day_number(day: exp.Expression) -> exp.Expression:
    """Days since the year 1 began, in the calendar of today carried back: the first is 1, and a Monday."""
    before = "(extract(year from {day}) - 1)"
    leap = f"floor({before} / 4) - floor({before} / 100) + floor({before} / 400)"
    return _sql(f"365 * {before} + {leap} + dayofyear({{day}})", day=day)


def _difference(node: exp.DateDiff) -> exp.Expression:
    """How many borders of the unit lie between two days, `date_diff` of DuckDB: the unit is a text there and a word in
    Spark. Weeks are whole weeks of seven days from the first day on."""
    from sqlglot import exp

    unit = (node.text("unit") or "day").lower()
    end, start = (_sql("date {a}", a=one) if one.is_string else one for one in (node.this, node.expression))
    if unit in ("year", "quarter", "month"):
        within = {"year": "", "quarter": " * 4 + extract(quarter from {a})", "month": " * 12 + extract(month from {a})"}
        sides = [_sql("extract(year from {a})" + within[unit], a=one) for one in (end, start)]
    else:
        sides = [_day_number(one) for one in (end, start)]
        for part, many in (("hour", 24), ("minute", 60)):
            if unit in (part, "minute"):
                sides = [_sql(f"({{day}}) * {many} + extract({part} from {{a}})", day=day, a=one)
                         for day, one in zip(sides, (end, start), strict=True)]  # fmt: skip
    difference = exp.Sub(this=exp.paren(sides[0]), expression=exp.paren(sides[1]))
    if unit == "week":
        return _sql("try_cast(({d} - {d} % 7) / 7 as bigint)", d=exp.paren(difference))
    return _sql("try_cast({d} as bigint)", d=difference)
