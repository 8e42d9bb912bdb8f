"""The whole graph of one workspace: what is made of what, when it runs by itself, and on what it runs.

Assets are called by the thing they are: the sources, `theory`, `indicator_values`, `effects`, `evidence`, `joined`,
`published_figures`, `published`, `report`. What each does is in `assets`; running the graph from the command line is
in `running`.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.assets.checks import quality_checks
from pipelines.assets.corpora import corpus_assets
from pipelines.assets.effects import effects_asset
from pipelines.assets.evidence import evidence_asset
from pipelines.assets.figures import figures_asset
from pipelines.assets.joined import joined_asset
from pipelines.assets.published import published_asset
from pipelines.assets.pulled import pulled_assets, session
from pipelines.assets.report import report_asset
from pipelines.assets.schedules import PUBLICATION, PULL, WHOLE_WAY, data_sensor, period_schedule, pull_schedule
from pipelines.assets.sources import source_assets
from pipelines.assets.theory import theory_asset
from pipelines.assets.values import values_asset
from pipelines.progress import Account
from pipelines.project import Project, read_project
from theory_of_change.programme import Workspace

REPORTING = "reporting"
_PULLS = "From LimeSurvey to published tables"


def build_definitions(workspace: Workspace, project: Project | None = None, **resources: Any) -> dg.Definitions:
    """The graph of the workspace. Pass `project` where it has been read already, and `warehouse` (an open one) or
    `account` to put in the place of those the graph opens for itself.

    Raises ProblemsFound with every error in the definitions: a graph on definitions that are wrong is no graph.
    """
    project = (project or read_project(workspace)).sound()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster calls its backfill policy a beta
        pulled = pulled_assets(project)
        fetching = dg.AssetSelection.assets(*pulled)
        everything = dg.AssetSelection.all() - fetching
        report = dg.AssetSelection.assets("report")
        return dg.Definitions(
            assets=[
                *pulled,
                *source_assets(project),
                *corpus_assets(project),
                theory_asset(project),
                values_asset(project),
                effects_asset(project),
                evidence_asset(project),
                joined_asset(project),
                figures_asset(project),
                published_asset(project),
                report_asset(project),
            ],
            asset_checks=quality_checks(project),
            jobs=[
                dg.define_asset_job(WHOLE_WAY, everything, description="From data to reports"),
                dg.define_asset_job(PUBLICATION, everything - report, description="From data to published tables"),
                *([dg.define_asset_job(PULL, everything - report | fetching, description=_PULLS)] if pulled else []),
                dg.define_asset_job(REPORTING, report, description="From published tables to reports"),
            ],
            schedules=[period_schedule(project.programme), *([pull_schedule(project)] if pulled else [])],
            sensors=[data_sensor(project)],
            resources={
                "warehouse": _opened(workspace),
                "account": _untold(project),
                "limesurvey": session(workspace),
                **resources,
            },
            executor=dg.in_process_executor,  # one process writes to the warehouse
        )


def _opened(workspace: Workspace) -> dg.ResourceDefinition:
    @dg.resource(description="The warehouse, open for the one run that may write to it")
    @contextlib.contextmanager
    def warehouse(_: dg.InitResourceContext) -> Iterator[Any]:
        from warehouse.store import open_warehouse

        with open_warehouse(workspace) as opened:
            yield opened

    return warehouse


def _untold(project: Project) -> dg.ResourceDefinition:
    @dg.resource(description="What the run finds")
    def account(_: dg.InitResourceContext) -> Account:
        return Account(project.programme.language)

    return account
