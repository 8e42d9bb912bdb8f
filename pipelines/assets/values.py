"""The asset `indicator_values`: every indicator in every period and category, with its uncertainty, after disclosure
control. Its partitions are the calendar's periods: they say which periods a run was asked for. The numbers are always
computed together from one snapshot, so that no two periods of one publication rest on different data.
"""

import dagster as dg

from pipelines.assets.periods import calendar_partitions
from pipelines.assets.steps import step
from pipelines.measuring import measure
from pipelines.project import Project
from pipelines.quoting import choose_quotes


def values_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="indicator_values",
        group_name="programme",
        deps=[dg.AssetKey([source]) for source in (*project.sources, *project.corpora)],
        partitions_def=calendar_partitions(project.programme),
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"warehouse", "account"},
        description="Every indicator by period and category, after disclosure control",
    )
    def indicator_values(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("thing.indicator_values")) as working:
            measured = measure(context.resources.warehouse, project)
            values, account.measured = measured.values, measured
            account.warnings += choose_quotes(context.resources.warehouse, project)
            working.note = account.say("progress.values", n=len(values))
        statuses = values["status"].value_counts().to_dict()
        counts = {"computed": measured.n_computed, "taken_over": measured.n_taken_over}
        return dg.MaterializeResult(
            metadata={"values": len(values)} | counts | {name: int(n) for name, n in statuses.items()}
        )

    return indicator_values
