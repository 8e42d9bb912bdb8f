"""The warehouse's tables as `models/<layer>/<table>.yml` and `.sql` define them: grain, columns, units, sensitivity.

One definition serves creation, comments, the dictionary and the check of what Python writes. Only reading and turning
into DDL belongs here; which rows a table holds is said by its `.sql` or by the module named in `written_by`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

LAYERS = ("raw", "core", "out")
#: File names of the patterns behind the tables each source has.
SOURCE, HISTORY = "_source", "_source__history"


@dataclass(frozen=True)
class ModelColumn:
    """One column of a model; `unit` is None where the column has none."""

    name: str
    type: str
    description: Mapping[str, str]
    unit: str | None = None
    sensitivity: str = "none"


@dataclass(frozen=True)
class Model:
    """One table: where it stands, what a row is, its columns in order, and the SQL that fills it, if any does."""

    layer: str
    name: str
    grain: str
    description: Mapping[str, str]
    columns: tuple[ModelColumn, ...]
    written_by: str
    key: tuple[str, ...] = ()
    sql: str | None = None
    is_kept: bool = False  # its rows stay from one run to the next
    searched: tuple[str, ...] = ()  # columns whose words `searching` finds

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def ddl(self, schema: str) -> str:
        """`create table` for this model in `schema` (already quoted where needed)."""
        columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in self.columns)
        return f"create table {schema}.{quoted(self.name)} ({columns})"

    def comments(self, schema: str) -> list[str]:
        """`comment on` statements: grain and meaning for the table, meaning and unit for each column."""
        table = f"{schema}.{quoted(self.name)}"
        said = f"{self.description['en']} ({self.grain}) / {self.description['it']}"
        return [
            f"comment on table {table} is {literal(said)}",
            *(
                f"comment on column {table}.{quoted(column.name)} is {literal(_column_comment(column))}"
                for column in self.columns
            ),
        ]


def _column_comment(column: ModelColumn) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.description['en']} / {column.description['it']}{unit}"


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(words: str) -> str:
    """`words` as an SQL string."""
    return "'" + words.replace("'", "''") + "'"


def model(layer: str, name: str) -> Model:
    """The model of that name. Raises KeyError when the layer has none."""
    return models(layer)[name]


@cache
def models(layer: str) -> Mapping[str, Model]:
    """Every model of a layer by name, sorted by name; the patterns of a source's own tables are left out."""
    folder = resources.files("warehouse").joinpath("models", layer)
    names = sorted(file.name[:-4] for file in folder.iterdir() if file.name.endswith(".yml"))
    return {name: _read(layer, name) for name in names if not name.startswith("_")}


@cache
def source_model(layer: str, name: str = SOURCE) -> Model:
    """The pattern behind a source's own table: the columns every source has, before those of its contract."""
    return _read(layer, name)


def reserved_names() -> frozenset[str]:
    """Names no source may have as its id, because the warehouse's own tables in `core` have them."""
    return frozenset(models("core"))


@cache
def _written(layer: str, name: str) -> Mapping[str, object]:
    file = resources.files("warehouse").joinpath("models", layer, f"{name}.yml")
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _read(layer: str, name: str) -> Model:
    said = _written(layer, name)
    script = resources.files("warehouse").joinpath("models", layer, f"{name}.sql")
    sql = script.read_text(encoding="utf-8") if script.is_file() else None
    return Model(
        layer=layer,
        name=name,
        grain=said["grain"],
        description=said["description"],
        columns=_columns(said),
        written_by=said.get("written_by", "sql"),
        key=tuple(said.get("key", ())),
        sql=sql,
        is_kept=said.get("is_kept", said.get("written_by") == "landing"),
        searched=tuple(said.get("searched", ())),
    )


def _columns(said: Mapping[str, object]) -> tuple[ModelColumn, ...]:
    """Own columns, after those of the model named in `columns_like` where there is one."""
    inherited: Sequence[ModelColumn] = ()
    if like := said.get("columns_like"):
        layer, name = str(like).split(".")
        inherited = _columns(_written(layer, name))
    return (*inherited, *(ModelColumn(**column) for column in said.get("columns", ())))
