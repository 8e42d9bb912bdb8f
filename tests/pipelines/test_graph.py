"""The graph: what is made of what, checked by what, when it runs by itself, and what Dagster is told of it."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines import page
from pipelines.assets.periods import last_finished
from pipelines.build import build_definitions
from pipelines.running import dagster_home
from tests.pipelines.conftest import VISITS, put
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace


@pytest.fixture
def definitions(workspace: Path) -> dg.Definitions:
    register = workspace / "registers" / "visits.yml"
    text = register.read_text().replace("id: visits", "id: home-visits").replace("visits*", "home*")
    put(
        workspace / "registers" / "home-visits.yml",
        text.replace("required: true, title: {it: Chi", "references: visits.person, title: {it: Chi"),
    )
    return build_definitions(Workspace(workspace))


def keys(found: object) -> set[str]:
    return {key.to_user_string() for key in found}


def test_assets_are_called_by_the_thing_they_are_and_rest_on_what_they_are_made_of(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    made_of = {key.to_user_string(): keys(graph.get(key).parent_keys) for key in graph.get_all_asset_keys()}
    sources = {"visits", "visitors", "home-visits"}
    assert made_of == {
        **{source: set() for source in sources},
        "theory": set(),
        "indicator_values": sources,
        "effects": sources,
        "evidence": {"indicator_values", "effects"},
        "joined": {"theory", "indicator_values", "effects", "evidence"},
        "published_figures": {"indicator_values", "effects"},
        "published": {"theory", "indicator_values", "effects", "evidence", "joined", "published_figures"},
        "report": {"published"},
    }


def test_every_source_has_a_blocking_check_that_waits_for_what_it_refers_to(definitions: dg.Definitions) -> None:
    checks = {key.asset_key.to_user_string(): key.name for key in definitions.resolve_asset_graph().asset_check_keys}
    assert checks == {"visits": "quality", "visitors": "quality", "home-visits": "quality"}
    specs = [spec for check in definitions.asset_checks for spec in check.check_specs]
    assert all(spec.blocking for spec in specs)
    waits = {spec.asset_key.to_user_string(): keys(dep.asset_key for dep in spec.additional_deps) for spec in specs}
    assert waits["home-visits"] == {"visits"}


def test_periods_are_partitions_by_their_own_names(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for name in ("indicator_values", "report"):
        node = graph.get(dg.AssetKey([name]))
        assert node.partitions_def.get_partition_keys() == [
            "2026-H1",
            "2026-H2",
            "2027-H1",
            "2027-H2",
            "2026",
            "2027",
            "all",
        ]
        assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_everything_runs_in_one_process(definitions: dg.Definitions) -> None:
    assert definitions.executor is dg.in_process_executor


@pytest.mark.parametrize(
    ("day", "period"),
    [
        ("2026-06-30", None),
        ("2026-07-01", "2026-H1"),
        ("2026-12-31", "2026-H1"),
        ("2027-01-01", "2026-H2"),
        ("2031-01-01", "2027-H2"),
    ],
)
def test_after_each_period_that_period_is_reported(definitions: dg.Definitions, day: str, period: str | None) -> None:
    (schedule,) = definitions.schedules
    assert (schedule.name, schedule.cron_schedule, schedule.execution_timezone) == (
        "after_each_half_year", "0 6 1 1,7 *", "Europe/Rome",
    )  # fmt: skip
    moment = dt.datetime.fromisoformat(f"{day}T06:00:00+02:00")
    repository = definitions.get_repository_def()
    with dg.build_schedule_context(scheduled_execution_time=moment, repository_def=repository) as context:
        asked = schedule.evaluate_tick(context)
    assert [request.partition_key for request in asked.run_requests or []] == ([period] if period else [])


def test_the_last_finished_period_is_never_a_year_of_halves(workspace: Path) -> None:
    from pipelines.project import read_project

    programme = read_project(Workspace(workspace)).programme
    assert last_finished(programme, dt.date(2027, 3, 1)).name == "2026-H2"


def test_deliveries_set_the_graph_going_once(definitions: dg.Definitions, workspace: Path) -> None:
    (sensor,) = definitions.sensors
    repository = definitions.get_repository_def()

    def tick(cursor: str | None) -> tuple[int, str | None]:
        with dg.build_sensor_context(cursor=cursor, repository_def=repository) as context:
            result = sensor.evaluate_tick(context)
            return len(result.run_requests or []), result.cursor

    asked, cursor = tick(None)
    assert asked == 1
    assert tick(cursor) == (0, cursor)
    put(workspace / "data" / "visits" / "visits-2.csv", VISITS)
    asked, later = tick(cursor)
    assert asked == 1
    assert later != cursor
    put(workspace / "data" / "visits" / ".arrivals", "")
    assert tick(later) == (0, later)


def test_a_broken_workspace_is_told_in_the_words_of_check(workspace: Path) -> None:
    theory = workspace / "theory_of_change.yml"
    theory.write_text(theory.read_text().replace("from: visitors", "from: visitor"))
    with pytest.raises(ProblemsFound, match=r"theory_of_change\.yml:.*Did you mean “visitors”"):
        build_definitions(Workspace(workspace))


@pytest.fixture
def entry_point(monkeypatch: pytest.MonkeyPatch) -> object:
    def imported(workspace: Path) -> dg.Definitions:
        monkeypatch.setenv("SESTANTE_WORKSPACE", str(workspace))
        monkeypatch.delitem(sys.modules, "pipelines.definitions", raising=False)
        return importlib.import_module("pipelines.definitions").defs

    return imported


def test_dagsters_entry_point_takes_the_workspace_from_the_environment(entry_point, workspace: Path) -> None:
    definitions = entry_point(workspace)
    dg.Definitions.validate_loadable(definitions)
    assert dg.AssetKey(["visits"]) in definitions.resolve_asset_graph().get_all_asset_keys()


def test_and_says_what_is_wrong_without_a_stack_of_ours(entry_point, workspace: Path) -> None:
    (workspace / "programme.yml").write_text("format: 1\n")
    with pytest.raises(dg.DagsterInvalidDefinitionError) as told:
        entry_point(workspace)
    assert "programme.yml" in str(told.value)
    assert told.value.__cause__ is None


def test_dagster_keeps_its_runs_in_the_warehouse_and_tells_nobody(workspace: Path) -> None:
    home = dagster_home(Workspace(workspace))
    assert home == workspace / "warehouse" / "dagster"
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.get_settings("concurrency")["runs"]["max_concurrent_runs"] == 1


def test_the_page_is_for_this_computer_only(workspace: Path) -> None:
    words = page.command(3210)
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert words[words.index("--port") + 1] == "3210"
    environment = page.environment(Workspace(workspace))
    assert environment["SESTANTE_WORKSPACE"] == str(workspace)
    assert environment["PATH"] == os.environ["PATH"]


def test_a_port_in_use_gives_way_to_the_next() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < page.free_port(port) <= port + 100
