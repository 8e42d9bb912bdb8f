"""Is what we know sound? Great Expectations suites made from the contracts, run on the rows in force.

Landing has already refused what breaks a contract; these rules look at what stands in the warehouse, however it came
there, and at what only the whole can show: references between sources, repeated keys, dates outside the calendar. Only
counts leave this module, never a value. Great Expectations takes seconds to import and is imported where it is used.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from theory_of_change.problems import Place, Problem
from theory_of_change.programme import Calendar
from theory_of_change.tables import Column, Table
from warehouse.modelling import model, quoted
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_CELLS_AT_ONCE = 500_000
#: Why a row stays out without anything to correct.
_RIGHTLY_OUT = ("no-consent", "preview")


@dataclass(frozen=True)
class QualityRow:
    """One row of `out.quality`. `blocking` is true where the rule is broken and publication must stop; `kind` is
    `contract`, `row` (a rule of the contract's own) or the name of a check of answers; `hidden` counts are kept and not
    published."""

    source: str
    rule_id: str
    severity: str
    n_rows: int
    n_failed: int
    remedy: str
    remedy_it: str
    remedy_en: str
    blocking: bool
    wave: str | None = None
    kind: str = "contract"
    what_it: str = ""
    what_en: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class Rule:
    """One expectation on a source: `expect` is a class of Great Expectations, with `arguments` beside the column.

    `select` is that column as SQL over the source's rows (alias `rows`), in as few bytes as the rule needs: whether
    there is a value, a number for each key, days for a date. Rules on the source as a whole name a column of its loads
    instead. A rule with a `condition` looks only at the rows where its column is given. `said` is its remedy where the
    contract says it in its own words.
    """

    rule_id: str
    severity: Literal["error", "warning"]
    expect: str
    arguments: Mapping[str, Any]
    remedy: Problem
    select: str | None = None
    wave: str | None = None
    kind: str = "contract"
    condition: bool = False
    said: Mapping[str, str] | None = None

    @property
    def column(self) -> str:
        """The column of the frame the rule looks at."""
        return self.arguments.get("column", self.rule_id)

    def in_words(self, language: str) -> str:
        """What to do where it is broken."""
        return (self.said or {}).get(language) or self.remedy.remedy(language)


def validate(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    calendar: Calendar | None = None,
    language: str = "en",
) -> pd.DataFrame:
    """Every rule of every source, with the columns of `out.quality`."""
    import pandas as pd

    rows = [row for table in tables.values() for row in check(connection, table, tables, language, calendar)]
    columns = model("out", "quality").column_names
    return pd.DataFrame([[getattr(row, name) for name in columns] for row in rows], columns=list(columns))


def check(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    tables: Mapping[str, Table],
    language: str = "en",
    calendar: Calendar | None = None,
    more: Sequence[Rule] = (),
) -> list[QualityRow]:
    """Every rule of one source, in the order of `suite`, then `more`. References are looked up in what has landed.

    Raises RuntimeError when a rule could not be run: that is a fault of ours, not of the data.
    """
    present = {name: other for name, other in tables.items() if table_columns(connection, "core", other.id)}
    rules = [*suite(table, present, calendar), *more]
    landed = table.id in present
    if not landed:  # nothing has arrived: only that can be said
        rules = [rule for rule in rules if not rule.select]
    found = _run(_frames(connection, table, rules, landed), rules)
    return [
        QualityRow(
            source=table.id,
            rule_id=rule.rule_id,
            severity=rule.severity,
            n_rows=found[rule.rule_id][0],
            n_failed=found[rule.rule_id][1],
            remedy=rule.in_words(language),
            remedy_it=rule.in_words("it"),
            remedy_en=rule.in_words("en"),
            blocking=rule.severity == "error" and found[rule.rule_id][1] > 0,
            wave=rule.wave,
            kind=rule.kind,
            what_it=rule.remedy.message("it"),
            what_en=rule.remedy.message("en"),
        )
        for rule in rules
    ]


# The rules -----------------------------------------------------------------------------------------------------------


def suite(table: Table, tables: Mapping[str, Table], calendar: Calendar | None = None) -> list[Rule]:
    """The rules a contract implies, in the order of its columns; those on the whole source come last. `tables` are the
    sources that references can be looked up in; a reference to another one finds nothing."""
    rules = [rule for column in table.columns for rule in _of_column(table, column, tables)]
    if table.key:
        rules.append(_unique_key(table))
    if table.date and calendar:
        rules.append(_inside_calendar(table, calendar))
    if table.network:
        rules.append(_two_ends(table))
    return [*rules, _refused(table), _has_rows(table)]


def _of_column(table: Table, column: Column, tables: Mapping[str, Table]) -> Iterator[Rule]:
    value = f"rows.{quoted(column.name)}"
    facts = {"column": column.name, "source": table.id, "other": column.references or ""}

    def rule(name: str, expect: str, select: str, **arguments: Any) -> Rule:
        remedy = Problem(f"quality-{name}", Place(f"core.{table.id}"), facts)
        return Rule(f"{table.id}.{column.name}.{name}", "error", expect, arguments, remedy, select)

    if column.required or column.name in table.key:
        yield rule("required", "ExpectColumnValuesToNotBeNull", f"case when {value} is not null then 1 end")
    if column.type == "category" and column.labels:
        yield rule("labels", "ExpectColumnValuesToBeInSet", value, value_set=list(column.labels))
    if column.type in ("integer", "number", "money") and (column.min is not None or column.max is not None):
        limits = {"min_value": column.min, "max_value": column.max}
        yield rule("between", "ExpectColumnValuesToBeBetween", value, **limits)
    if column.references:
        yield rule("exists", "ExpectColumnValuesToBeInSet", _exists(column, tables), value_set=[1])


def _exists(column: Column, tables: Mapping[str, Table]) -> str:
    """1 where the value stands in the referenced column, 0 where it does not, null where there is no value."""
    source, _, name = (column.references or "").rpartition(".")
    value = f"rows.{quoted(column.name)}"
    other = tables.get(source)
    referenced = other.column(name) if other else None
    if other is None or referenced is None:
        return f"case when {value} is not null then 0 end"
    there = quoted(referenced.name)
    known = f"select cast({there} as varchar) from core.{quoted(other.id)} where {there} is not null"
    return f"case when {value} is null then null when cast({value} as varchar) in ({known}) then 1 else 0 end"


def _unique_key(table: Table) -> Rule:
    """Each different key gets a number, which must not come twice; rows that lack part of it break another rule."""
    key = [f"rows.{quoted(name)}" for name in table.key]
    whole = " and ".join(f"{part} is not null" for part in key)
    remedy = Problem("quality-unique", Place(f"core.{table.id}"), {"column": ", ".join(table.key), "source": table.id})
    number = f"case when {whole} then dense_rank() over (order by {', '.join(key)}) end"
    return Rule(f"{table.id}.key.unique", "error", "ExpectColumnValuesToBeUnique", {}, remedy, number)


def _inside_calendar(table: Table, calendar: Calendar) -> Rule:
    """Days since the calendar's first one."""
    name = str(table.date)
    remedy = Problem("quality-calendar", Place(f"core.{table.id}"), {"column": name, "source": table.id})
    days = f"rows.{quoted(name)} - date '{calendar.start.isoformat()}'"
    inside = {"min_value": 0, "max_value": (calendar.end - calendar.start).days}
    return Rule(f"{table.id}.{name}.calendar", "warning", "ExpectColumnValuesToBeBetween", inside, remedy, days)


def _two_ends(table: Table) -> Rule:
    """1 where a tie is between two different nodes, 0 where it leads back to its own."""
    start, end = (f"rows.{quoted(name)}" for name in (table.network.start, table.network.end))
    remedy = Problem("quality-self-tie", Place(f"core.{table.id}"), {"source": table.id})
    select = f"case when {start} is not null and {end} is not null then cast({start} <> {end} as integer) end"
    return Rule(f"{table.id}.ends", "warning", "ExpectColumnValuesToBeInSet", {"value_set": [1]}, remedy, select)


def _refused(table: Table) -> Rule:
    return Rule(
        f"{table.id}.refused",
        "warning",
        "ExpectColumnSumToBeBetween",
        {"column": "rows_refused", "max_value": 0},
        Problem("quality-refused", Place(f"core.{table.id}"), {"source": table.id}),
    )


def _has_rows(table: Table) -> Rule:
    return Rule(
        f"{table.id}.rows",
        "warning",
        "ExpectColumnSumToBeBetween",
        {"column": "rows_in_force", "min_value": 1},
        Problem("quality-rows", Place(f"core.{table.id}"), {"source": table.id}),
    )


# Running them --------------------------------------------------------------------------------------------------------


def _frames(
    connection: duckdb.DuckDBPyConnection, table: Table, rules: Sequence[Rule], landed: bool
) -> Iterator[tuple[pd.DataFrame, list[Rule]]]:
    """One column for each rule, few at a time where there are many rows; then one row about the loads."""
    name = f"core.{quoted(table.id)}"
    (count,) = connection.execute(f"select count(*) from {name}").fetchone() if landed else (0,)
    on_rows = [rule for rule in rules if rule.select]
    room = max(1, _CELLS_AT_ONCE // max(1, count))
    for start in range(0, len(on_rows), room):
        some = on_rows[start : start + room]
        columns = ", ".join(f"{rule.select} as {quoted(rule.column)}" for rule in some)
        yield connection.execute(f"select {columns} from {name} as rows").df(), some
    about = connection.execute(
        "with in_force as (select * from core.loads where source = ? and status = 'in_force'),"
        " rightly_out as (select load_id, row_number from core.refused where load_id in (select load_id from in_force)"
        f" group by load_id, row_number having bool_and(rule in {_RIGHTLY_OUT}))"
        " select coalesce(sum(rows_read), 0) as rows_read,"
        " coalesce(sum(rows_refused), 0) - (select count(*) from rightly_out) as rows_refused,"
        f" {count} as rows_in_force from in_force",
        [table.id],
    ).df()
    yield about, [rule for rule in rules if not rule.select]


def _run(frames: Iterator[tuple[pd.DataFrame, list[Rule]]], rules: Sequence[Rule]) -> dict[str, tuple[int, int]]:
    """Rows looked at and rows that failed, by rule."""
    by_id = {rule.rule_id: rule for rule in rules}
    found: dict[str, tuple[int, int]] = {}
    for frame, fitting in frames:
        if frame.empty:
            found |= {rule.rule_id: (0, 0) for rule in fitting}
            continue
        for result in _results(frame, fitting):
            rule = by_id[result.expectation_config.meta["rule_id"]]
            _raise_fault(rule, result.exception_info or {})
            found[rule.rule_id] = _counts(rule, result, frame)
    return found


@cache
def _definition() -> Any:
    """Where Great Expectations takes frames: one context for the process, which writes nothing and tells nobody."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("warehouse").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _results(frame: pd.DataFrame, rules: Sequence[Rule]) -> list[Any]:
    definition = _definition()
    import great_expectations as gx

    made = gx.ExpectationSuite("rules", expectations=[_expectation(rule) for rule in rules])
    batch = definition.get_batch(batch_parameters={"dataframe": frame})
    return batch.validate(made, result_format=_COUNTS_ONLY).results


def _expectation(rule: Rule) -> Any:
    import great_expectations.expectations as gxe

    return getattr(gxe, rule.expect)(**{"column": rule.column, **rule.arguments}, meta={"rule_id": rule.rule_id})


def _raise_fault(rule: Rule, told: Mapping[str, Any]) -> None:
    """Great Expectations counts its own exceptions as failures of the data. They are not; and their text may hold a
    value, so only the rule is named."""
    raised = told.get("raised_exception") or any(
        one.get("raised_exception") for one in told.values() if isinstance(one, Mapping)
    )
    if raised:
        raise RuntimeError(f"quality rule {rule.rule_id} ({rule.expect}) could not be run")


def _counts(rule: Rule, result: Any, frame: pd.DataFrame) -> tuple[int, int]:
    """Rows looked at and failed. A source without rows fails as one."""
    if rule.select:
        empty = int(result.result["missing_count"]) if rule.condition else 0
        return int(result.result["element_count"]) - empty, int(result.result["unexpected_count"])
    if rule.rule_id.endswith(".refused"):
        return int(frame["rows_read"].iloc[0]), int(result.result["observed_value"])
    return int(frame["rows_in_force"].iloc[0]), 0 if result.success else 1
