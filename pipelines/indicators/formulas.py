"""Formulas: arithmetic over other indicators, `{IN-A} / {IN-B}`, cell by cell.

A formula is parsed once and evaluated on whole columns of values. Which cells meet belongs to `series`; expressions
over a source's rows are in `expressions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.indicators.expressions import ExpressionRefused, Finding

if TYPE_CHECKING:
    import numpy as np
    from sqlglot import exp

_BRACES = re.compile(r"\{([^{}]*)\}")
_ALLOWED = (
    "Column",
    "Identifier",
    "Literal",
    "Paren",
    "Neg",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Abs",
    "Sqrt",
    "Least",
    "Greatest",
)
_LONGEST = 2000


@dataclass(frozen=True)
class Formula:
    """A checked formula over the indicators in `inputs`, in order of appearance."""

    tree: exp.Expression
    inputs: tuple[str, ...]

    @property
    def quotient(self) -> tuple[str, str] | None:
        """The two indicators of a plain `{A} / {B}`; None for anything else."""
        from sqlglot import exp

        tree = self.tree.unnest()
        if isinstance(tree, exp.Div) and isinstance(tree.left, exp.Column) and isinstance(tree.right, exp.Column):
            return self.inputs[int(tree.left.name[1:])], self.inputs[int(tree.right.name[1:])]
        return None

    def value(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The formula's value for each row of its inputs' columns; nan where it divides by zero or an input is nan."""
        import numpy as np

        with np.errstate(all="ignore"):
            result = np.asarray(_evaluated(self.tree, [columns[name] for name in self.inputs]), dtype=float)
        length = len(next(iter(columns.values()))) if columns else 1
        return np.where(np.isfinite(result), result, np.nan) * np.ones(length)


def parse_formula(text: str) -> Formula:
    """Read a formula. Raises ExpressionRefused with everything that is wrong with it."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    inputs = tuple(dict.fromkeys(_BRACES.findall(text)))
    facts = {"expression": text}
    if not inputs:
        raise ExpressionRefused([Finding("formula-without-indicators", facts)])
    sql = _BRACES.sub(lambda match: f' "i{inputs.index(match[1])}" ', text)
    if len(text) > _LONGEST or '"' in text:
        raise ExpressionRefused([Finding("formula-unreadable", {**facts, "near": text[:20]})])
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except (SqlglotError, RecursionError, ValueError):
        raise ExpressionRefused([Finding("formula-unreadable", {**facts, "near": text.strip()[-20:]})]) from None
    tree = statements[0]
    if len(statements) != 1 or tree is None:
        raise ExpressionRefused([Finding("formula-unreadable", {**facts, "near": ";"})])
    odd = list(dict.fromkeys(_odd_parts(tree, exp)))
    if odd:
        raise ExpressionRefused([Finding("formula-not-arithmetic", {**facts, "name": part}) for part in odd])
    return Formula(tree, inputs)


def _odd_parts(tree: exp.Expression, exp) -> Iterator[str]:
    for node in tree.walk():
        is_text = isinstance(node, exp.Literal) and node.is_string
        is_name = isinstance(node, exp.Column) and (not node.this.quoted or node.table)
        if type(node).__name__ not in _ALLOWED or is_text or is_name:
            yield node.sql("duckdb")[:60]


def _evaluated(node: exp.Expression, columns: list[np.ndarray]):
    import numpy as np
    from sqlglot import exp

    def of(inner: exp.Expression):
        return _evaluated(inner, columns)

    match node:
        case exp.Column():
            return columns[int(node.name[1:])]
        case exp.Literal():
            return float(node.name)
        case exp.Paren():
            return of(node.this)
        case exp.Neg():
            return -of(node.this)
        case exp.Add():
            return of(node.left) + of(node.right)
        case exp.Sub():
            return of(node.left) - of(node.right)
        case exp.Mul():
            return of(node.left) * of(node.right)
        case exp.Div():
            return np.divide(of(node.left), of(node.right))
        case exp.Abs():
            return np.abs(of(node.this))
        case exp.Sqrt():
            return np.sqrt(of(node.this))
    parts = [of(part) for part in (node.this, *node.expressions)]
    return np.minimum.reduce(parts) if isinstance(node, exp.Least) else np.maximum.reduce(parts)
