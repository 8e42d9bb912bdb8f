"""The asset `effects`: every evaluation's estimates, corrected within their family."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.evaluating import evaluate_all
from pipelines.project import Project


def effects_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="effects",
        group_name="programme",
        deps=[dg.AssetKey([source]) for source in project.sources],
        required_resource_keys={"warehouse", "account"},
        description="Every evaluation's estimates with their intervals",
    )
    def effects(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.effects")) as working:
            found = evaluate_all(context.resources.warehouse, project)
            working.note = account.say("progress.effects", n=len(found))
        return dg.MaterializeResult(metadata={"estimates": len(found)})

    return effects
