"""The asset `report`: the packages of one period, one for each profile and language of the programme."""

import dagster as dg

from pipelines.assets.periods import calendar_partitions
from pipelines.assets.steps import step
from pipelines.project import Project
from pipelines.reporting import profiles_of, write_report


def report_asset(project: Project) -> dg.AssetsDefinition:
    @dg.asset(
        name="report",
        group_name="programme",
        deps=["published"],
        partitions_def=calendar_partitions(project.programme),
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"account"},
        description="The report packages of a period, one for each profile and language",
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        folders = []
        for period in context.partition_keys:
            for profile in profiles_of(project):
                for language in project.programme.languages:
                    thing = account.say("thing.report", profile=profile, language=language, period=period)
                    with step(context, thing) as working:
                        folder = write_report(project.workspace, period, profile, language)
                        working.note = str(folder)
                    folders.append(folder)
        account.reports += folders
        links = {f"{folder.parent.name}/{folder.name}": dg.MetadataValue.path(folder) for folder in folders}
        return dg.MaterializeResult(metadata={"packages": len(folders)} | links)

    return report
