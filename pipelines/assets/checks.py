"""One asset check for each source: its quality rules, run on the rows in force. A blocking rule that is broken stops
everything after it; what is found is kept in `core.quality` either way. Rules are made in `warehouse.expectations`.
"""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.project import Project
from pipelines.quality import check_source
from theory_of_change.tables import Table


def quality_checks(project: Project) -> list[dg.AssetChecksDefinition]:
    return [_quality(project, source.table) for source in project.sources.values()]


def _quality(project: Project, table: Table) -> dg.AssetChecksDefinition:
    referred = {column.references.partition(".")[0] for column in table.columns if column.references}

    @dg.asset_check(
        asset=dg.AssetKey([table.id]),
        name="quality",
        description=f"Rules of {table.id}: {project.sources[table.id].file}",
        blocking=True,
        additional_deps=[dg.AssetKey([other]) for other in sorted(referred - {table.id}) if other in project.sources],
        required_resource_keys={"warehouse", "account"},
    )
    def quality(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        account = context.resources.account
        with step(context, account.say("thing.checks", source=table.id)) as working:
            rows = check_source(context.resources.warehouse, project, table)
            rows = [row for row in rows if row.severity != "info"]
            broken = [row for row in rows if row.n_failed]
            working.note = account.say("progress.rules", n=len(rows), failed=len(broken))
        blocking = any(row.blocking for row in broken)
        return dg.AssetCheckResult(
            passed=not broken,
            severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
            metadata={"rules": len(rows), "broken": len(broken), **{row.rule_id: row.n_failed for row in broken}},
        )

    return quality
