"""The asset `theory`: the programme and its theory of change as tables, so that reports need no YAML,
and as it was in every version ever run, so that old reports can still be traced."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.project import Project
from pipelines.remembering import remembered
from pipelines.theory_tables import theory_tables


def theory_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="theory",
        group_name="programme",
        description=project.theory.theory.title.within(project.programme.language),
        required_resource_keys={"warehouse", "account"},
        metadata={"version": project.theory.theory.version},
    )
    def theory(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.theory")) as working:
            decided = project.decided.latest
            tables = theory_tables(project.programme, project.theory, project.tables, project.questions, decided)
            context.resources.warehouse.replace_all(tables)
            context.resources.warehouse.keep(remembered(project), renew=["last_run_at"])
            working.note = account.say("progress.theory", n=len(tables["elements"]))
        return dg.MaterializeResult(metadata={name: len(rows) for name, rows in tables.items()})

    return theory
