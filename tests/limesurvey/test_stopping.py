"""Whoever stops a pull half way leaves no session on the server and nothing half done here: real processes are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desks import Command, rows
from servers import LimeSurvey

SNAPSHOT = "data/wellbeing/limesurvey.json"


@contextmanager
def pulling(desk: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`sestante pull` in a process of its own."""
    code = "from pipelines.cli import main; main()"
    environment = {**os.environ, "SESTANTE_LANGUAGE": "en", "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, "pull", *more], cwd=desk, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def held(server: LimeSurvey, method: str, times: int) -> tuple[threading.Event, threading.Event]:
    """The server keeps the call of this method after so many others waiting; two events: it has come, it may go on."""
    arrived, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        arrived.set()
        go_on.wait(60)

    server.next[method] = [*[lambda: None] * times, wait]
    return arrived, go_on


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_pull_stopped_in_the_middle_of_an_export_gives_its_session_back(
    server: LimeSurvey, desk: Path, sestante: Command, number: signal.Signals
) -> None:
    assert sestante("pull").code == 0
    before = (desk / SNAPSHOT).read_bytes()
    server.surveys[415101].response(5)["ETA"] = "77"
    arrived, go_on = held(server, "export_responses", 2)
    with pulling(desk) as process:
        assert arrived.wait(60)
        assert len(server.keys) == 1  # the session that must not stay open
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        go_on.set()
    assert (process.returncode, out, err.strip()) == (130, "", "")
    assert server.keys == set()
    assert server.methods()[-1] == "release_session_key"
    assert (desk / SNAPSHOT).read_bytes() == before
    assert [path.name for path in desk.rglob("*.partial")] == []
    assert rows(desk, "select count(*) from core.wellbeing where age = 77") == [(0,)]
    assert "superseded 1, gone 0" in sestante("pull").out


def test_a_pull_stopped_between_two_tries_gives_its_session_back(server: LimeSurvey, desk: Path) -> None:
    from servers import Answer

    arrived = threading.Event()
    server.next["get_summary"] = [arrived.set, Answer(503, b"", {"Retry-After": "60"})]  # type: ignore[list-item]
    with pulling(desk) as process:
        assert arrived.wait(60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 130
    assert server.keys == set()
