"""One asset for each source on LimeSurvey: its answers as the server holds them, in `data/`. Landing them is the
source's own asset. All of a run share one session, so that a wrong password is tried once."""

import contextlib
from collections.abc import Callable, Iterator

import dagster as dg

from pipelines.assets.steps import step
from pipelines.changed_forms import look
from pipelines.project import Project
from pipelines.pulling import account_of, fetch, keep_counts, pullable
from surveys.limesurvey.client import RemoteControl
from surveys.sources import Source
from theory_of_change.programme import Workspace


def pulled_key(source: str) -> dg.AssetKey:
    return dg.AssetKey(["limesurvey", source])


def pulled_assets(project: Project) -> list[dg.AssetsDefinition]:
    return [_pulled(project, project.sources[name]) for name in pullable(project.sources)]


def _pulled(project: Project, source: Source) -> dg.AssetsDefinition:
    name = source.table.id

    @dg.asset(
        key=pulled_key(name),
        group_name="limesurvey",
        description=f"LimeSurvey {source.contract.limesurvey.survey}",
        required_resource_keys={"warehouse", "account", "limesurvey"},
        metadata={"contract": source.file},
    )
    def pulled(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        account = context.resources.account
        with step(context, account.say("pull.begin", source=name)):
            look(context.resources.limesurvey(), project.workspace, source)
            done = fetch(context.resources.limesurvey(), project.workspace, source, lambda done, total: None)
            keep_counts(context.resources.warehouse, done)
        answers = done.written.n_answers if done.written else 0
        return dg.MaterializeResult(metadata={"answers": answers, "incomplete": done.counts.incomplete})

    return pulled


def session(workspace: Workspace) -> dg.ResourceDefinition:
    @dg.resource(description="One session with LimeSurvey, begun when first needed and released at the end")
    @contextlib.contextmanager
    def limesurvey(_: dg.InitResourceContext) -> Iterator[Callable[[], RemoteControl]]:
        with contextlib.ExitStack() as open_ones:
            begun: list[RemoteControl] = []

            def server() -> RemoteControl:
                if not begun:
                    begun.append(open_ones.enter_context(RemoteControl(account_of(workspace))))
                return begun[0]

            yield server

    return limesurvey
