"""The asset `report`: the packages of one period, one for each profile and language of the programme."""

from itertools import product

import dagster as dg

from pipelines.assets.periods import calendar_partitions
from pipelines.assets.steps import step
from pipelines.project import Project
from pipelines.reporting import languages_of, profiles_of, write_report


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
        packages = []
        for period in context.partition_keys:
            for profile, language in product(profiles_of(project), languages_of(project)):
                thing = account.say("thing.report", profile=profile, language=language, period=period)
                with step(context, thing) as working:
                    package = write_report(project.workspace, period, profile, language)
                    working.note = "" if package.new else account.say("report.kept")
                packages.append(package)
        account.reports += packages
        links = {package.path.relative_to(project.workspace.output).as_posix(): dg.MetadataValue.path(package.path)
                 for package in packages}  # fmt: skip
        return dg.MaterializeResult(metadata={"packages": len(packages)} | links)

    return report
