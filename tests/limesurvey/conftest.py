"""A server of each recorded version, a workspace whose answers lie on it, and the command called in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import Command, Said, workspace_on
from servers import VERSIONS, LimeSurvey, serving

from pipelines.cli import answer
from surveys.limesurvey.client import RemoteControl


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between repetitions are noted, not waited for."""
    waited: list[float] = []
    monkeypatch.setattr(RemoteControl.__init__, "__defaults__", (waited.append, time.monotonic))
    for name in ("LIMESURVEY_URL", "LIMESURVEY_USER", "LIMESURVEY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return waited


@pytest.fixture(params=VERSIONS)
def either(request: pytest.FixtureRequest) -> Iterator[LimeSurvey]:
    """A server of each recorded version in turn."""
    with serving(LimeSurvey(request.param)) as running:
        yield running


@pytest.fixture
def server() -> Iterator[LimeSurvey]:
    with serving(LimeSurvey()) as running:
        yield running


@pytest.fixture
def desk(server: LimeSurvey, tmp_path: Path) -> Path:
    """A workspace whose source `wellbeing` is survey 415101 of the server."""
    return workspace_on(server, tmp_path / "desk")


@pytest.fixture
def sestante(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, called from the workspace `desk` and speaking English unless told otherwise."""
    monkeypatch.setenv("SESTANTE_LANGUAGE", "en")

    def command(*arguments: str | Path) -> Said:
        capsys.readouterr()
        monkeypatch.chdir(tmp_path / "desk")
        code = answer([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return command
