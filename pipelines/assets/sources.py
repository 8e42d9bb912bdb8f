"""One asset for each source, called by its id: the rows of its deliveries, as they stand in the warehouse."""

from collections.abc import Callable
from typing import Any

import dagster as dg

from pipelines.assets.pulled import pulled_key
from pipelines.assets.steps import step
from pipelines.landing import land_new
from pipelines.merging import bring_together
from pipelines.project import Project
from pipelines.pulling import pullable
from surveys.sources import Source
from warehouse.identities import pseudonymise
from warehouse.modelling import quoted


def source_assets(project: Project) -> list[dg.AssetsDefinition]:
    return [(_merged if source.merged else _source)(project, source) for source in project.sources.values()]


def _asset(project: Project, source: Source, deps: list[dg.AssetKey]) -> Callable[..., dg.AssetsDefinition]:
    return dg.asset(
        key=dg.AssetKey([source.table.id]),
        group_name="sources",
        description=source.table.title.within(project.programme.language),
        kinds={"duckdb"},
        required_resource_keys={"warehouse", "account"},
        metadata={"contract": source.file},
        deps=deps,
    )


def _source(project: Project, source: Source) -> dg.AssetsDefinition:
    name = source.table.id

    @_asset(project, source, [pulled_key(name)] if name in pullable(project.sources) else [])
    def landed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with step(context, name) as working:
            warehouse, account = context.resources.warehouse, context.resources.account
            new = land_new(warehouse, source, project.programme, pseudonymise(project.workspace))
            account.warnings += [note for one in new for note in one.notes]
            rows = rows_of(warehouse, name)
            working.note = account.say("progress.rows", n=rows)
        refused = sum(one.load.rows_refused for one in new)
        return dg.MaterializeResult(metadata={"rows": rows, "new_deliveries": len(new), "rows_refused": refused})

    return landed


def _merged(project: Project, source: Source) -> dg.AssetsDefinition:
    """A survey made of others: nothing lands, what has landed of its parts is looked at together."""
    name = source.table.id

    @_asset(project, source, [dg.AssetKey([part]) for part in source.table.parts])
    def merged(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with step(context, name) as working:
            warehouse, account = context.resources.warehouse, context.resources.account
            bring_together(warehouse, [source])
            rows = rows_of(warehouse, name)
            working.note = account.say("progress.rows", n=rows)
        return dg.MaterializeResult(metadata={"rows": rows, "parts": len(source.table.parts)})

    return merged


def rows_of(warehouse: Any, source: str) -> int:
    """Rows of a source in force; 0 before anything has landed."""
    there = warehouse.connection.execute(
        "select count(*) from information_schema.tables where table_schema = 'core' and table_name = ?", [source]
    ).fetchone()[0]
    return warehouse.connection.execute(f"select count(*) from core.{quoted(source)}").fetchone()[0] if there else 0
