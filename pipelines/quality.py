"""The quality rules of a source run on its rows in force: counts kept in `core.quality`, the rows at fault by number in
`core.failing_rows`, never values.

Which rules there are, and how Great Expectations counts, is in `warehouse.expectations`; what names the rows, in
`warehouse.failing_rows`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import groupby
from typing import TYPE_CHECKING

from pipelines.foundations import Foundations, told
from pipelines.project import Project
from theory_of_change.tables import Table
from warehouse.modelling import model
from warehouse.source_tables import table_columns

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.answer_quality import Count
    from warehouse.expectations import QualityRow
    from warehouse.store import Warehouse


def check_source(warehouse: Warehouse, project: Project, table: Table) -> list[QualityRow]:
    """Checks one source and keeps its results beside those of the others; results of sources that are gone go too.

    Remedies are kept in both languages, and `remedy` in the programme's, whoever runs the check. What was found the
    last time is returned where nothing has changed that a rule looks at.
    """
    import pandas as pd

    foundations = Foundations(warehouse, project)
    key = _key(foundations, project, table)
    if foundations.stands("quality", key, table.id):
        return _kept(warehouse, table.id)

    from pipelines.answer_quality import count_answers, waves_of
    from pipelines.row_rules import row_rules
    from warehouse.expectations import check
    from warehouse.failing_rows import failing_rows

    tables, programme, source = project.tables, project.programme, project.sources[table.id]
    landed = bool(table_columns(warehouse.connection, "core", table.id))
    rows: list[QualityRow] = []
    failing = pd.DataFrame(columns=list(model("core", "failing_rows").column_names))
    if not table.parts:  # else its parts have been checked, each by its own rules
        more = row_rules(source, waves_of(warehouse.connection, table)) if landed else []
        rows = check(warehouse.connection, table, tables, programme.language, programme.calendar, more)
        failing = failing_rows(warehouse.connection, table, tables, programme.calendar, more)
    if landed:
        counts = count_answers(warehouse.connection, source, programme.calendar)
        rows += [_row(count, table.id, programme.language) for count in counts]
    rows = _withheld(rows, programme.disclosure.smallest_group)
    columns = list(model("core", "quality").column_names)
    own = pd.DataFrame([[getattr(row, name) for name in columns] for row in rows], columns=columns)
    others = [name for name in tables if name != table.id]
    found = {"quality": own, "failing_rows": failing}
    found = {name: _beside(warehouse, name, others, frame) for name, frame in found.items()}
    keys = {part: kept for part, kept in foundations.keys_of("quality").items() if part in others}
    warehouse.replace_all(found, {"quality": keys | {table.id: key}})
    return rows


def _key(foundations: Foundations, project: Project, table: Table) -> str:
    """What the rules of a source rest on: its contract, its rows and loads, what it refers to, and which sources there
    are."""
    contract = project.sources[table.id].contract
    read = {column.references.partition(".")[0] for column in table.columns if column.references}
    read |= {*table.parts, getattr(contract, "frame", None)} - {None, table.id}
    others = [project.tables[name] for name in sorted(read) if name in project.tables]
    landed = foundations.rows(["loads", "refused", "response_counts"], table.id)
    return foundations.key(
        "quality", told(contract), foundations.tables([table, *others]), landed, sorted(project.tables)
    )


def _kept(warehouse: Warehouse, source: str) -> list[QualityRow]:
    from warehouse.expectations import QualityRow

    names = ", ".join(one.name for one in fields(QualityRow) if one.name != "blocking")
    rows = warehouse.connection.execute(
        f"select {names}, severity = 'error' and n_failed > 0 from core.quality where source = ? order by rowid",
        [source],
    ).fetchall()
    order = [*names.split(", "), "blocking"]
    return [QualityRow(**dict(zip(order, row, strict=True))) for row in rows]


def _beside(warehouse: Warehouse, name: str, others: list[str], own: pd.DataFrame) -> pd.DataFrame:
    """What is found of one source, after what is kept of the others."""
    import pandas as pd

    kept = warehouse.connection.execute(f"select * from core.{name}").df()
    kept = kept.loc[kept["source"].isin(others), list(own.columns)]
    return pd.concat([kept, own], ignore_index=True) if len(kept) and len(own) else kept if len(kept) else own


def _row(count: Count, source: str, language: str) -> QualityRow:
    from warehouse.expectations import QualityRow

    told = {one: count.problem.remedy(one) for one in (language, "it", "en")}
    return QualityRow(
        source, count.rule_id, count.severity, count.n_rows, count.n_failed, told[language], told["it"], told["en"],
        False, count.wave, count.kind, count.problem.message("it"), count.problem.message("en"),
    )  # fmt: skip


def _withheld(rows: list[QualityRow], smallest_group: int) -> list[QualityRow]:
    """Rules a contract states about answers tell what people answered: few who break one are not published, nor what
    would give them away. All other counts are about how a questionnaire was filled in."""
    from pipelines.row_rules import KIND
    from warehouse.disclosure import hidden_counts

    own = sorted(
        (row for row in rows if row.kind == KIND), key=lambda row: (row.rule_id.partition("@")[0], row.wave or "")
    )
    hidden: set[str] = set()
    for _, found in groupby(own, key=lambda row: row.rule_id.partition("@")[0]):
        whole, *waves = found
        counts = [row.n_failed for row in (whole, *waves)]
        sums = [(0, range(1, len(counts)))] if waves else []
        every = [whole, *waves]
        hidden |= {every[place].rule_id for place in hidden_counts(counts, sums, smallest_group)}
    return [replace(row, hidden=row.rule_id in hidden) for row in rows]
