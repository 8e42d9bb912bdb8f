"""The asset `published`: the tables readers see, built aside from protected values and moved into place in one step."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.project import Project
from warehouse.modelling import models


def published_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="published",
        group_name="programme",
        deps=["theory", "indicator_values", "effects", "evidence", "joined", "published_figures"],
        required_resource_keys={"warehouse", "account"},
        description="The published tables, pseudonymous and after disclosure control",
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.published")) as working:
            path = context.resources.warehouse.publish()
            working.note = account.say("progress.tables", n=len(models("out")))
        snapshot = context.resources.warehouse.snapshot_id()
        return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(path), "snapshot": snapshot})

    return published
