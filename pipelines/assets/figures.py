"""The asset `published_figures`: what others published, held against this run's values after disclosure control."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.project import Project
from pipelines.reconciling import reconcile_all


def figures_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="published_figures",
        group_name="programme",
        deps=["indicator_values", "effects"],
        required_resource_keys={"warehouse", "account"},
        description="Figures others published: found again in the data, contradicted, or not to be checked",
    )
    def published_figures(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.published_figures")) as working:
            found = reconcile_all(context.resources.warehouse, project)
            working.note = account.say("progress.figures", n=len(found))
        verdicts = found["verdict"].value_counts().to_dict()
        return dg.MaterializeResult(metadata={"figures": len(found)} | {name: int(n) for name, n in verdicts.items()})

    return published_figures
