"""`sestante run`: the whole way, and every way of not getting there."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

import pipelines.assets.values
import warehouse.publication
from tests.pipelines.conftest import VISITS, Command, put, visitors
from theory_of_change.programme import Workspace
from warehouse.connections import connect
from warehouse.store import open_warehouse

FOLLOW_UPS = """\
id: follow_ups
title: {it: Seguiti, en: Follow-ups}
files: {pattern: "follow*"}
key: [number]
columns:
  - {name: number, type: integer}
  - {name: visit, type: text, references: visits.visit}
"""
MORE_VISITS = "visit,day,person,reason\nV9,2026-01-09,gino@example.org,home\n"
ENOUGH_VISITS = MORE_VISITS + "".join(f"V{n},2026-01-1{n - 10},new{n}@example.org,home\n" for n in range(10, 14))
SECRET = "ada@example.org"


def published(workspace: Path, sql: str) -> list[tuple]:
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def values(workspace: Path) -> list[tuple]:
    return published(workspace, "select * from out.indicator_values order by all")


def new_answers(workspace: Path) -> None:
    """One more delivery, so that the next publication differs from the last one."""
    put(workspace / "data" / "visitors" / "visitors-2.csv", visitors(60).replace("\nt", "\nu"))


def in_the_event_log(workspace: Path, text: str) -> list[str]:
    kept = (workspace / "warehouse" / "dagster").rglob("*")
    return [path.name for path in kept if path.is_file() and text.encode() in path.read_bytes()]


# Getting there -------------------------------------------------------------------------------------------------------


def test_the_whole_way_and_once_more(workspace: Path, sestante: Command) -> None:
    said = sestante("run")
    assert (said.code, said.err) == (0, "")
    assert "visits: visits-1.csv: read 7, accepted 7, superseded 0, refused 0" in said.out
    sql = (
        "select indicator_id, n, value, status from out.indicator_values where period = '2026-H1' and dimension = 'all'"
    )
    assert published(workspace, f"{sql} order by 1") == [("IN-ALONE", 40, 0.35, "ok"), ("IN-PEOPLE", 7, 6.0, "ok")]
    for language in ("it", "en"):
        package = workspace / "output" / "2026-H1" / f"report-{language}"
        assert str(package) in said.out
        files = {path.name for path in package.iterdir()}
        assert {"report.html", "report.pdf", "report.docx", "manifest.json"} <= files

    before = values(workspace), sorted(workspace.rglob("output/**/*"))
    again = sestante("run")
    assert again.code == 0
    assert again.out.count("already written, identical") == 2
    assert (values(workspace), sorted(workspace.rglob("output/**/*"))) == before


def test_without_any_data_everything_says_so_and_the_whole_calendar_is_reported(empty: Path, sestante: Command) -> None:
    said = sestante("run")
    assert said.code == 0
    assert "no delivery in data/" in said.out
    assert published(empty, "select distinct status from out.indicator_values") == [("no_data",)]
    assert [path.name for path in (empty / "output").iterdir()] == ["all"]


def test_a_chosen_period_is_reported(ran: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.assets.report.languages_of", lambda project: ["it"])
    assert sestante("run", "--period", "2026-H2").code == 0
    assert [path.name for path in (ran / "output" / "2026-H2").iterdir()] == ["report-it"]


@pytest.mark.usefixtures("unreported")
def test_a_refused_row_and_a_stray_file_stop_nothing_and_are_told(workspace: Path, sestante: Command) -> None:
    put(workspace / "data" / "visits" / "visits-2.csv", MORE_VISITS.replace("2026-01-09", "tomorrow"))
    put(workspace / "data" / "visits" / "accessi.csv", VISITS)
    put(workspace / "data" / "vsits" / "visits-3.csv", "visit,day,person,reason\n")
    put(workspace / "data" / "by-itself.xlsx", "")
    said = sestante("run")
    assert "data/vsits: warning: No source has this folder" in said.err + said.out and "“visits”" in said.err + said.out
    assert "data: warning: No source has this folder, so its files were not read: 1" in said.err + said.out
    assert said.code == 0
    assert "visits-2.csv: read 1, accepted 0, superseded 0, refused 1" in said.out
    assert "data/visits/accessi.csv: warning: The file lies among the deliveries of “visits”" in said.out
    for value in (SECRET, "gino@example.org", "tomorrow", "V9"):
        assert in_the_event_log(workspace, value) == []
    assert in_the_event_log(workspace, "rows_refused") != []


@pytest.mark.usefixtures("unreported")
def test_readers_are_not_disturbed_by_a_run_nor_the_run_by_them(ran: Path, sestante: Command) -> None:
    stop, failures, answers = threading.Event(), [], []

    def read() -> None:
        while not stop.is_set():
            try:
                answers.append(len(values(ran)))
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert sestante("run").code == 0
    finally:
        stop.set()
        reader.join()
    assert failures == []
    assert set(answers) == {len(values(ran))}


# Not getting there ---------------------------------------------------------------------------------------------------


def test_a_period_outside_the_calendar_is_wrong_usage(workspace: Path, sestante: Command) -> None:
    said = sestante("run", "--period", "2026-H3")
    assert said.code == 2
    assert "The calendar has no period “2026-H3”. There are: 2026-H1, 2026-H2" in said.err
    assert not (workspace / "warehouse").exists()


def test_definitions_with_errors_are_all_told_and_nothing_is_made(workspace: Path, sestante: Command) -> None:
    theory = workspace / "theory_of_change.yml"
    theory.write_text(
        theory.read_text().replace("from: visitors", "from: visitor").replace("to: IM-TOWN", "to: IM-TOWNS")
    )
    register = workspace / "registers" / "visits.yml"
    register.write_text(register.read_text().replace("key: [visit]", "key: [visitt]"))
    said = sestante("run")
    assert said.code == 1
    assert said.out == ""
    for words in ("Did you mean “visitors”?", "Did you mean “IM-TOWN”?", "Did you mean “visit”?"):
        assert words in said.err
    assert not (workspace / "warehouse").exists()


@pytest.mark.usefixtures("unreported")
def test_deliveries_that_cannot_be_read_are_all_told_and_what_was_published_stays(ran: Path, sestante: Command) -> None:
    before = values(ran)
    data = ran / "data"
    unreadable = [
        put(data / "visits" / "visits-2.csv", ""),
        put(data / "visits" / "visits-3.csv", "%PDF-1.7\n1 0 obj"),
        put(data / "visitors" / "visitors-2.csv", "a,b\n1,2\n"),
    ]
    put(data / "visits" / "visits-4.csv", ENOUGH_VISITS)
    said = sestante("run")
    assert said.code == 1
    assert [path.name for path in unreadable if path.name not in said.err] == []
    assert values(ran) == before
    for path in unreadable:
        path.unlink()
    assert sestante("run").code == 0
    sql = "select value from out.indicator_values where indicator_id = 'IN-PEOPLE' and period = 'all'"
    assert published(ran, sql) == [(11.0,)]


@pytest.mark.usefixtures("unreported")
def test_a_value_of_which_one_row_has_changed_stands_as_published_and_the_run_says_so(
    ran: Path, sestante: Command
) -> None:
    put(ran / "data" / "visits" / "visits-2.csv", MORE_VISITS)
    programme = ran / "programme.yml"
    text = programme.read_text()
    assert "smallest_group: 5}" in text
    programme.write_text(text.replace("smallest_group: 5}", "smallest_group: 5, changes: hold}"))
    sql = "select value, note like 'as published before%' or note like 'come già pubblicato%' from out.indicator_values"
    sql += " where indicator_id = 'IN-PEOPLE' and period = 'all'"
    said = sestante("run")
    assert published(ran, sql) == [(6.0, True)]
    assert "stand as published before" in said.out and "disclosure: {changes: show}" in said.out
    programme.write_text(text)
    said = sestante("run")
    assert published(ran, sql) == [(7.0, None)]
    assert "stand as published before" not in said.out


@pytest.mark.usefixtures("unreported")
def test_a_broken_blocking_rule_stops_publication_and_says_what_to_do(ran: Path, sestante: Command) -> None:
    before = values(ran)
    put(ran / "registers" / "follow_ups.yml", FOLLOW_UPS)
    follow_ups = put(ran / "data" / "follow_ups" / "follow.csv", "number,visit\n1,V1\n2,V77\n")
    new_answers(ran)
    said = sestante("run")
    assert said.code == 3
    assert "Publication stopped" in said.out
    assert ": 1 of 2 (blocking)." in said.out and "[follow_ups.visit.exists]" in said.out
    assert "V77" not in said.out + said.err
    assert values(ran) == before
    put(follow_ups, "number,visit\n1,V1\n2,V7\n")
    assert sestante("run").code == 0
    assert values(ran) != before
    assert published(ran, "select n_failed from out.quality where rule_id = 'follow_ups.visit.exists'") == [(0,)]


def test_a_second_run_meanwhile_is_told_so_at_once(workspace: Path, sestante: Command) -> None:
    with open_warehouse(Workspace(workspace)):
        running = sestante("run")
        loading = sestante("load", put(workspace.parent / "v.csv", VISITS), "--source", "visits")
    for said in (running, loading):
        assert said.code == 1
        assert "warehouse" in said.err
        assert len(said.err.splitlines()) == 1
    assert not (workspace / "warehouse" / "dagster").exists()


@pytest.mark.usefixtures("unreported")
def test_a_full_disk_at_publication_leaves_what_was_published(
    ran: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = values(ran)
    new_answers(ran)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(warehouse.publication.os, "replace", full)
        said = sestante("run")
    assert said.code == 1
    assert "[warehouse-disk-full]" in said.err
    assert values(ran) == before
    assert [path for path in (ran / "warehouse").iterdir() if "building" in path.name] == []
    assert sestante("run").code == 0
    assert values(ran) != before


@pytest.mark.usefixtures("unreported")
def test_a_fault_of_ours_is_told_without_a_traceback_and_without_anyones_data(
    workspace: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ValueError(f"could not convert {SECRET}")

    monkeypatch.setattr(pipelines.assets.values, "measure", failing)
    said = sestante("run")
    assert said.code == 70
    assert "This is a fault of ours, not yours (ValueError)" in said.err
    assert "Traceback" not in said.err
    (account,) = (workspace / "warehouse").glob("sestante-fault-*.txt")
    assert str(account) in said.err
    assert "in failing" in account.read_text()
    assert SECRET not in account.read_text() + said.out + said.err
    assert in_the_event_log(workspace, SECRET) == []
    assert in_the_event_log(workspace, "a fault of ours") != []


@pytest.mark.usefixtures("unreported")
def test_an_interruption_is_quiet(workspace: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as pressed:
        pressed.setattr(pipelines.assets.values, "measure", interrupted)
        said = sestante("run")
    assert (said.code, said.out, said.err.strip()) == (130, "", "")
    assert sestante("run").code == 0
