"""Runs of the command in processes of their own, which can be killed, without each paying for its imports."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.acceptance.ending import ended


@pytest.fixture(scope="session")
def start() -> Callable[..., BaseProcess]:
    """Starts `sestante` with these arguments in a new process, forked from one that has everything imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.build", "great_expectations", "statsmodels.api", "reports.package"])

    def started(*arguments: str | Path) -> BaseProcess:
        process = context.Process(target=ended, args=([str(argument) for argument in arguments],))
        process.start()
        return process

    return started
