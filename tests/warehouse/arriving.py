"""A source and its deliveries as `surveys` would hand them over, for the tests of the warehouse."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from theory_of_change.model import Text
from theory_of_change.tables import Column, Table

PEOPLE = Table(
    id="people",
    kind="register",
    title=Text({"it": "Persone seguite", "en": "People supported"}),
    columns=(
        Column("id", "text", header="ID", required=True),
        Column("area", "category", header="Area", labels={"N": Text("North"), "S": Text("South")}),
        Column("trust", "integer", title=Text({"it": "Fiducia", "en": "Trust"}), min=1, max=5),
        Column("met", "date"),
        Column("active", "boolean"),
        Column("spent", "money", unit="EUR", min=0),
    ),
    key=("id",),
    date="met",
)
KEYLESS = Table("answers", "survey", Text("Answers"), PEOPLE.columns)


@dataclass(frozen=True)
class Refusal:
    row: int
    column: str
    rule: str

    def what(self, language: str) -> str:
        return {"it": "fuori dai limiti", "en": "outside the limits"}[language]

    def remedy(self, language: str) -> str:
        return {"it": "correggere", "en": "correct it"}[language]


@dataclass(frozen=True)
class Delivery:
    file_name: str
    sha256: str
    raw: pd.DataFrame
    core: pd.DataFrame
    rows_read: int
    refused: Sequence[Refusal] = ()
    size: int = 100
    kind: str = "csv"
    encoding: str | None = "utf-8"
    delimiter: str | None = ";"
    sheet: str | None = None
    unmapped: tuple[str, ...] = ()
    is_snapshot: bool = False


def delivered(
    name: str,
    rows: Sequence[tuple],
    table: Table = PEOPLE,
    refused: Sequence[Refusal] = (),
    headers: Sequence[str] = (),
) -> Delivery:
    """A delivery of these rows (short rows end in missing values); row numbers start at 2, after the header."""
    names = [column.name for column in table.columns]
    full = [(*row, *[None] * (len(names) - len(row))) for row in rows]
    gone = {refusal.row for refusal in refused}
    frame = pd.DataFrame(full, columns=names, dtype=object)
    frame.insert(0, "_row", range(2, len(full) + 2))
    raw = frame.map(lambda cell: None if cell is None else str(cell)).assign(_row=frame["_row"])
    raw.columns = ["_row", *(headers or [column.header or column.name for column in table.columns])]
    content = hashlib.sha256(repr((full, [(r.row, r.rule) for r in refused], list(headers))).encode()).hexdigest()
    return Delivery(name, content, raw, frame[~frame["_row"].isin(gone)], len(full), refused)
