"""The asset `joined`: what numbers and voices say of each outcome, link and assumption, beside what was decided."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.joining import join_all
from pipelines.project import Project


def joined_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="joined",
        group_name="programme",
        deps=["theory", "indicator_values", "effects", "evidence"],
        required_resource_keys={"warehouse", "account"},
        description="What numbers and voices say of each outcome, link and assumption, and what was decided",
    )
    def joined(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.joined")) as working:
            found = join_all(context.resources.warehouse, project)
            flagged = int(found["flag"].notna().sum())
            working.note = account.say("progress.joined", n=len(found), flagged=flagged)
        return dg.MaterializeResult(metadata={"joined": len(found), "flagged": flagged})

    return joined
