"""A report's tables: finished Markdown cells to a pipe table that pandoc and Quarto typeset alike. What a cell says is
decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.shown import Md

_DASHES = {"left": (":", "-"), "right": ("-", ":")}


@dataclass(frozen=True)
class Column:
    """`weight` is its share of the width; numbers stand right."""

    header: Md
    weight: int = 20
    align: str = "left"


@dataclass(frozen=True)
class Table:
    """Rows of finished cells. The first column heads its row."""

    caption: Md
    columns: Sequence[Column]
    rows: Sequence[Sequence[Md]]
    classes: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> Md:
        """The table in a div of its classes; widths follow the weights, because the lines are long."""
        scale = 100 / sum(column.weight for column in self.columns)
        rules = []
        for column in self.columns:
            first, last = _DASHES[column.align]
            rules.append(first + "-" * max(3, round(column.weight * scale)) + last)
        lines = [
            "| " + " | ".join(column.header for column in self.columns) + " |",
            "|" + "|".join(rules) + "|",
            *("| " + " | ".join(cell or " " for cell in row) + " |" for row in self.rows),
        ]
        classes = " ".join(f".{name}" for name in ("table", *self.classes))
        caption = f"\n\n: {self.caption}" if self.caption else ""
        return Md(f"::: {{{classes}}}\n\n" + "\n".join(lines) + caption + "\n\n:::")
