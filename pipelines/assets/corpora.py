"""One asset for each corpus of interviews, called by its id: its documents, turns and codings as they stand in the
warehouse. Nothing of a text, a name or a file is told to Dagster: counts alone."""

import dagster as dg

from pipelines.assets.steps import step
from pipelines.corpora import land_corpus, raise_problems
from pipelines.project import Project
from surveys.corpora.collection import Collected
from warehouse.identities import pseudonymise


def corpus_assets(project: Project) -> list[dg.AssetsDefinition]:
    return [_corpus(project, one) for one in project.corpora.values()]


def _corpus(project: Project, one: Collected) -> dg.AssetsDefinition:
    @dg.asset(
        key=dg.AssetKey([one.id]),
        group_name="sources",
        description=one.corpus.title.within(project.programme.language),
        kinds={"duckdb"},
        required_resource_keys={"warehouse", "account"},
        metadata={"contract": one.file},
        deps=[dg.AssetKey([name]) for name in dict.fromkeys(answers.survey for answers in one.corpus.answered)],
    )
    def corpus(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with step(context, one.id) as working:
            warehouse, account = context.resources.warehouse, context.resources.account
            landed = land_corpus(warehouse, one, project, pseudonymise(project.workspace))
            account.warnings += landed.notes
            raise_problems(landed)
            counts = {
                table: warehouse.connection.execute(
                    f"select count(*) from core.{table} where source = ?", [one.id]
                ).fetchone()[0]
                for table in ("documents", "turns", "segments")
            }
            working.note = account.say("progress.documents", n=counts["documents"], segments=counts["segments"])
        return dg.MaterializeResult(metadata=counts)

    return corpus
