"""What a table and its columns mean, in words both landing and the warehouse understand.

`surveys` makes tables from the contracts, `warehouse` stores and documents them, `pipelines` computes on them: this is
the vocabulary they share, so that none of them has to know the others. It holds meaning, never rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from theory_of_change.calls import Funnel
from theory_of_change.model import Text
from theory_of_change.networks import Network
from theory_of_change.ratings import Ratings

ColumnType = Literal[
    "text", "integer", "number", "money", "date", "datetime", "time", "boolean", "category", "person", "organisation"
]
Sensitivity = Literal["none", "personal", "sensitive"]

#: Column type to the SQL type it is stored as. Persons are pseudonyms, so text.
SQL_TYPES: Mapping[str, str] = {
    "text": "varchar",
    "integer": "bigint",
    "number": "double",
    "money": "double",
    "date": "date",
    "datetime": "timestamp",
    "time": "time",
    "boolean": "boolean",
    "category": "varchar",
    "person": "varchar",
    "organisation": "varchar",
}


@dataclass(frozen=True)
class Column:
    """One typed column. `header` is what deliveries call it; `references` is `source.column` or None.

    `of` is the question it answers, which may have several columns; a `computed` one was worked out by the survey tool
    and says nothing of whether somebody answered. An `is_box` is one of several to tick, null where not shown. A date
    with time is what the clock on the wall showed in the programme's zone.
    """

    name: str
    type: ColumnType
    header: str = ""
    title: Text | None = None
    unit: str | None = None
    labels: Mapping[str, Text] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    required: bool = False
    min: float | None = None
    max: float | None = None
    references: str | None = None
    sensitivity: Sensitivity = "none"
    of: str | None = None
    computed: bool = False
    is_box: bool = False

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One source's typed table: its columns, its key (empty: a newer file of the same name replaces the older one),
    and which column plays which role. `weighting` says how weights are worked out, empty where they came with it.
    `parts` are the sources whose rows it brings together, where it has none of its own. Rows may be ties of a
    `network`, cases of a `funnel`, or `ratings`."""

    id: str
    kind: Literal["survey", "register"]
    title: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    person: str | None = None
    date: str | None = None
    period: str | None = None
    wave: str | None = None
    weight: str | None = None
    strata: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    fpc: tuple[str, ...] = ()
    weighting: str = ""
    parts: tuple[str, ...] = ()
    network: Network | None = None
    funnel: Funnel | None = None
    ratings: Ratings | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """The column called `name`, by its own name or by the alias of its role; None when there is none."""
        wanted = self.aliases.get(name, name)
        return next((column for column in self.columns if column.name == wanted), None)

    @property
    def has_design(self) -> bool:
        """True where rows carry weights, strata or clusters."""
        return bool(self.weight or self.strata or self.cluster)
