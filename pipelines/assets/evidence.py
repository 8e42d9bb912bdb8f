"""The asset `evidence`: what effects and voices say for and against the theory, in one table, with the records
behind it. It waits for the values, because themes are counted with them."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.evidence import gather_evidence
from pipelines.project import Project


def evidence_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="evidence",
        group_name="programme",
        deps=["indicator_values", "effects", *(dg.AssetKey([name]) for name in project.corpora)],
        required_resource_keys={"warehouse", "account"},
        description="What speaks for and against each element, link and assumption: effects, interviews, the theory",
    )
    def evidence(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.evidence")) as working:
            found, notes = gather_evidence(context.resources.warehouse, project)
            account.warnings += notes
            working.note = account.say("progress.evidence", n=len(found))
        kinds = found["kind"].value_counts().to_dict()
        return dg.MaterializeResult(metadata={"evidence": len(found)} | {name: int(n) for name, n in kinds.items()})

    return evidence
