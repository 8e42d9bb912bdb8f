"""The whole way in this process: Dagster's own graph, run on the open warehouse, with a quiet account of it.

First everything up to the published tables, for every period; then the reports of one period. What the steps do is in
`assets`; how the outcome is printed is in `summary`.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.arrivals import Arrivals
from pipelines.corpora import arrivals_of as files_of_corpus
from pipelines.landing import arrivals_of
from pipelines.progress import Account, Shown
from pipelines.project import Project
from pipelines.second_looks import second_looks
from theory_of_change.problems import Place, Problem, ProblemsFound, listed, with_hint
from theory_of_change.programme import ALL, Workspace
from warehouse.earlier import STANDING
from warehouse.store import Warehouse, open_warehouse

if TYPE_CHECKING:
    import dagster as dg

    from reports.package import Package

_SETTINGS = """\
# Written by Sestante: nothing leaves this computer, nothing of what the steps print is kept, one run at a time.
telemetry: {enabled: false}
nux: {enabled: false}
compute_logs: {module: dagster._core.storage.noop_compute_log_manager, class: NoOpComputeLogManager}
concurrency: {runs: {max_concurrent_runs: 1}}
python_logs: {python_log_level: CRITICAL}
"""


@dataclass(frozen=True)
class Outcome:
    """What a run did, in rows as the warehouse has them. `blocked`: a quality rule stopped publication."""

    loads: list[dict[str, Any]] = field(default_factory=list)
    quality: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    standing: int = 0
    """Values shown as last published, because too few rows have changed since."""
    computed: int = 0
    taken_over: int = 0
    """Indicators computed in this run, and those whose values stand as the last run computed them."""
    effects: list[dict[str, Any]] = field(default_factory=list)
    reports: list[Package] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    blocked: bool = False


def run_whole_way(project: Project, language: str, period: str | None = None, full: bool = False) -> Outcome:
    """Lands, checks, computes, publishes and reports. Without `period`, the latest reporting period with data is
    reported; `full` takes nothing over from earlier runs. Raises ProblemsFound with every problem of the deliveries, or
    when another run is under way."""
    with open_warehouse(project.workspace) as warehouse:  # first, because a second run must be told at once
        account = Shown(language)
        if full:
            warehouse.doubt()
        try:
            account.begin(account.say("progress.ready"))
            return _run(project, warehouse, account, period)
        finally:
            account.close()


def _run(project: Project, warehouse: Warehouse, account: Account, period: str | None) -> Outcome:
    dg = _dagster()
    from pipelines.assets.periods import every_period
    from pipelines.assets.schedules import PUBLICATION
    from pipelines.build import REPORTING, build_definitions

    definitions = build_definitions(project.workspace, project, warehouse=warehouse, account=account)
    with _instance(project.workspace, dg) as instance:
        _close_abandoned(instance, dg)
        went_well = _execute(definitions, PUBLICATION, instance, account, tags=every_period(project.programme))
        if went_well:
            key = period or latest_period_with_data(warehouse)
            _execute(definitions, REPORTING, instance, account, partition_key=key)
    return _outcome(warehouse, project, account, blocked=not went_well)


def _execute(definitions: dg.Definitions, job: str, instance: dg.DagsterInstance, account: Account, **how: Any) -> bool:
    """True where everything was made, False where a blocking check stopped it. Raises what else stopped it: the
    deliveries' problems, a fault of ours, the user's interruption."""
    result = definitions.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **how)
    if account.interrupted:
        raise KeyboardInterrupt
    if account.fault:
        raise account.fault
    if account.problems:
        raise ProblemsFound(account.problems)
    if result.success:
        return True
    checks = result.get_asset_check_evaluations()
    if any(check.blocking and not check.passed and check.severity.value == "ERROR" for check in checks):
        return False
    failures = [event.job_failure_data.error for event in result.all_events if event.is_job_failure]
    if any(error and "Interrupt" in str(error.cls_name) for error in failures):
        raise KeyboardInterrupt
    raise RuntimeError("a step failed without saying why")


def latest_period_with_data(warehouse: Warehouse) -> str:
    """The last reporting period with data; the whole calendar where no shorter one has any."""
    found = warehouse.connection.execute(
        """
        select periods.period
        from core.periods as periods
        inner join core.indicator_values as vals on vals.period = periods.period
        where periods.level = (select level from core.periods order by position limit 1)
            and (vals.status = 'suppressed' or (vals.status = 'ok' and vals.n is not null))  -- a milestone has no rows
        order by periods.position desc
        limit 1
        """
    ).fetchone()
    return found[0] if found else ALL


def _outcome(warehouse: Warehouse, project: Project, account: Account, blocked: bool) -> Outcome:
    statuses = warehouse.connection.execute(
        "select status, count(*) from core.indicator_values group by status order by status"
    ).fetchall()
    notes = warehouse.connection.execute("select note, count(*) from core.indicator_values group by note").fetchall()
    return Outcome(
        loads=[
            load
            for source in (*project.sources, *project.corpora)
            for load in warehouse.deliveries(source)
            if _counts(load)
        ],
        quality=_rows(warehouse, "select * from core.quality order by source, rule_id"),
        statuses={} if blocked else dict(statuses),
        standing=0 if blocked else sum(n for note, n in notes if note in STANDING.values()),
        computed=account.measured.n_computed if account.measured else 0,
        taken_over=account.measured.n_taken_over if account.measured else 0,
        effects=[] if blocked else _rows(warehouse, "select * from core.effects order by evaluation_id, term"),
        warnings=[*account.warnings, *_strangers(project), *([] if blocked else second_looks(warehouse))],
        reports=account.reports,
        blocked=blocked,
    )


def _strangers(project: Project) -> Iterator[Problem]:
    """Files in `data/` that look like deliveries and were not read, because their name fits no pattern."""
    for name, source in project.sources.items():
        for path in arrivals_of(project.workspace, source).strangers():
            place = Place(path.relative_to(project.workspace.root).as_posix())
            if source.merged:
                yield Problem("merge-takes-no-files", place, {"source": name, "parts": listed(source.table.parts)})
                continue
            yield Problem("delivery-fits-no-pattern", place, {"source": name, "pattern": source.pattern or ""})
    for name, one in project.corpora.items():
        for path in files_of_corpus(project.workspace, one.corpus).strangers():
            place = Place(path.relative_to(project.workspace.root).as_posix())
            facts = {"source": name, "pattern": one.corpus.transcripts_pattern or ""}
            yield Problem("delivery-fits-no-pattern", place, facts)
    yield from _homeless(project)


def _homeless(project: Project) -> Iterator[Problem]:
    """Files that look like deliveries in a folder of `data/` that is no source's, or in none."""
    sources = [*project.sources, *project.corpora]
    home = project.workspace.root / "data"
    folders = [path for path in sorted(home.glob("*")) if path.is_dir() and path.name not in sources]
    for folder in (home, *folders):
        count = len(Arrivals(folder, None).strangers())
        if count:
            place = Place(folder.relative_to(project.workspace.root).as_posix())
            facts = {"count": str(count), "sources": listed(sources)}
            yield Problem("delivery-folder-unknown", place, with_hint(facts, folder.name, sources))


def _counts(load: dict[str, Any]) -> bool:
    return load["status"] == "in_force"


def _rows(warehouse: Warehouse, sql: str) -> list[dict[str, Any]]:
    result = warehouse.connection.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


# Dagster, quietly ----------------------------------------------------------------------------------------------------


def dagster_home(workspace: Workspace) -> Path:
    """The folder where Dagster keeps its runs, with its settings written: no telemetry, no output of the steps."""
    home = workspace.warehouse / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != _SETTINGS:
        settings.write_text(_SETTINGS, encoding="utf-8")
    return home


def _dagster() -> Any:
    """Dagster, imported once it is needed, its own talk silenced: what is said on stderr is ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dagster as dg
    for name in ("dagster", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return dg


@contextmanager
def _instance(workspace: Workspace, dg: Any) -> Iterator[dg.DagsterInstance]:
    home = dagster_home(workspace)
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(home)
    try:
        with warnings.catch_warnings(), dg.DagsterInstance.get() as instance:
            warnings.simplefilter("ignore")
            yield instance
    finally:
        if before is None:
            os.environ.pop("DAGSTER_HOME", None)
        else:
            os.environ["DAGSTER_HOME"] = before


def _close_abandoned(instance: dg.DagsterInstance, dg: Any) -> None:
    """Runs that were killed are still listed as going on. We hold the warehouse, so none of them is."""
    going_on = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for run in instance.get_runs(going_on):
        instance.report_run_failed(run, "The process ended before the run did")
