"""When the graph runs by itself: after each period, when deliveries arrive in `data/`, every night from LimeSurvey."""

import datetime as dt
import json

import dagster as dg

from pipelines.assets.periods import after_each_period, every_period, last_finished
from pipelines.corpora import arrivals_of as files_of_corpus
from pipelines.landing import arrivals_of
from pipelines.project import Project
from theory_of_change.programme import Programme

WHOLE_WAY = "whole_way"
PUBLICATION = "publication"
PULL = "pull"


def period_schedule(programme: Programme) -> dg.ScheduleDefinition:
    """After each reporting period the whole way is gone, and that period reported. Off until someone turns it on."""

    @dg.schedule(
        name=f"after_each_{programme.calendar.every}",
        job_name=WHOLE_WAY,
        cron_schedule=after_each_period(programme),
        execution_timezone=programme.timezone,
        description="Reports each period when it is over",
    )
    def after_each(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = context.scheduled_execution_time or dt.datetime.now(programme.zone)
        period = last_finished(programme, now.astimezone(programme.zone).date())
        if period is None:
            return dg.SkipReason("No period of the calendar is over yet")
        return dg.RunRequest(run_key=period.name, partition_key=period.name)

    return after_each


def pull_schedule(project: Project) -> dg.ScheduleDefinition:
    """Every night the answers are fetched from LimeSurvey and published. Off until someone turns it on."""

    @dg.schedule(
        name="every_night_from_limesurvey",
        job_name=PULL,
        cron_schedule="0 4 * * *",
        execution_timezone=project.programme.timezone,
        description="Fetches answers from LimeSurvey and publishes again",
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(tags=every_period(project.programme))

    return every_night


def data_sensor(project: Project) -> dg.SensorDefinition:
    """New or changed files in `data/` are landed, checked and published. Off until someone turns it on."""

    @dg.sensor(
        name="deliveries",
        job_name=PUBLICATION,
        minimum_interval_seconds=30,
        description="Publishes again when deliveries arrive in data/",
    )
    def deliveries(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        seen = json.dumps(_folder_state(project), sort_keys=True)
        if seen == context.cursor:
            return dg.SkipReason("Nothing has changed in data/")
        request = dg.RunRequest(tags=every_period(project.programme))
        return dg.SensorResult(run_requests=[request], cursor=seen)

    return deliveries


def _folder_state(project: Project) -> dict[str, list[float]]:
    """Name, time and size of every delivery: what changes when a file comes, goes or is written over."""
    folders = [arrivals_of(project.workspace, source) for source in project.sources.values()]
    folders += [files_of_corpus(project.workspace, one.corpus) for one in project.corpora.values()]
    return {
        path.relative_to(project.workspace.root).as_posix(): [path.stat().st_mtime_ns, path.stat().st_size]
        for folder in folders
        for path in folder.files()
    }
