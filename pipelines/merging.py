"""The rows of a merged survey, brought together from those of its parts by a view: nothing is copied, so what is
corrected, deleted or forgotten in a part is so here.

Which column becomes which is decided in `surveys.merging`; the view is kept by `warehouse`. Scores of the merged
survey's own scales are computed in the view, by the formulas of `surveys.scoring`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from surveys.merging import PART, VERSION, Entry
from surveys.scales import ScoredScale
from theory_of_change.tables import Column
from warehouse.modelling import literal, quoted
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    from surveys.sources import Source
    from warehouse.store import Warehouse


def bring_together(warehouse: Warehouse, sources: Iterable[Source]) -> None:
    """Makes anew the view of every merged survey among these whose parts have their tables."""
    for source in sources:
        if source.merged and all(table_columns(warehouse.connection, "core", one) for one in source.table.parts):
            warehouse.look_through(source.table, merged_sql(source))


def merged_sql(source: Source) -> str:
    """The rows of every part, one after the other, under the columns of the merged survey."""
    assert source.merged is not None
    computed = {scale.name for scale in source.merged.scales}
    landed = [column for column in source.table.columns if column.name not in (PART, VERSION, *computed)]
    parts = "\n\n  union all\n\n".join(_part(entry, landed) for entry in source.merged.entries)
    scores = "".join(f",\n  {score_sql(scale)} as {quoted(scale.name)}" for scale in source.merged.scales)
    every = ", ".join(quoted(name) for name in ("_load_id", "_row", PART, VERSION, *(c.name for c in landed)))
    named = [quoted(column.name) for column in source.table.columns]
    return (
        f"with every as (\n{parts}\n),\n\nscored as (\n  select {every}{scores}\n  from every\n)\n\n"
        f"select _load_id, _row, {', '.join(named)}\nfrom scored"
    )


def _part(entry: Entry, columns: Iterable[Column]) -> str:
    read = ",\n    ".join(f"{_read(entry, column)} as {quoted(column.name)}" for column in columns)
    return (
        f"  select\n    _load_id,\n    _row,\n    {literal(entry.source)} as {quoted(PART)},\n"
        f"    {literal(entry.version)} as {quoted(VERSION)},\n    {read}\n  from core.{quoted(entry.source)}"
    )


def _read(entry: Entry, column: Column) -> str:
    """A column of the merged survey out of one part: its own column, one value for all rows, or nothing."""
    if column.name in entry.constants:
        return f"cast({literal(entry.constants[column.name])} as {column.sql_type})"
    own = entry.columns.get(column.name)
    if own is None:
        return f"cast(null as {column.sql_type})"
    return f"cast({_recoded(quoted(own), entry.recodes.get(column.name, {}), column)} as {column.sql_type})"


def _recoded(own: str, codes: Mapping[str, str], column: Column) -> str:
    if not codes:
        return own
    said = literal if column.sql_type == "varchar" else (lambda code: repr(float(code)))
    cases = " ".join(f"when {own} = {said(old)} then {said(new)}" for old, new in codes.items())
    return f"case {cases} else {own} end"


def score_sql(scale: ScoredScale) -> str:
    """The score of a row, as `surveys.scoring.score` defines it; null where too few items are answered."""
    values = [_value(item, scale) for item in scale.items]
    answered = " + ".join(f"case when {quoted(item)} is null then 0 else 1 end" for item in scale.items)
    total = " + ".join(f"coalesce({value}, 0)" for value in values)
    if scale.score == "count":
        total = " + ".join(f"case when {value} >= {float(scale.counts_from or 0)!r} then 1 else 0 end"
                           for value in values)  # fmt: skip
    divided = {"mean": f"({total}) / ({answered})", "sum": f"({total}) * {len(values)} / ({answered})"}
    found = divided.get(scale.score, f"({total})")
    least = max(1, len(values) if scale.at_least is None else scale.at_least)
    return f"case when {answered} >= {least} then cast({found} as double) * {float(scale.times)!r} end"


def _value(item: str, scale: ScoredScale) -> str:
    """An answer as the score counts it: a reversed item is low + high - x."""
    value = f"cast({quoted(item)} as double)"
    return f"({float(sum(scale.range or ()))!r} - {value})" if item in scale.reverse else value
