"""Dagster's own page on a workspace, for whoever wants to look into the graph: on this computer only.

The page shows the graph of `definitions`; what the graph is belongs to `build`.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

from pipelines.running import dagster_home
from theory_of_change.programme import Workspace

HOST = "127.0.0.1"


def open_page(workspace: Workspace, port: int, tell: Callable[[str], None]) -> NoReturn:
    """Becomes Dagster's page until it is interrupted; `tell` is given its address first.

    This process turns into Dagster's, so that whoever stops it stops the page. Takes the next free port where `port`
    is in use.
    """
    port = free_port(port)
    tell(f"http://{HOST}:{port}")
    sys.stdout.flush()
    os.chdir(workspace.root)
    os.execve(sys.executable, command(port), environment(workspace))


def command(port: int) -> list[str]:
    return [sys.executable, "-m", "dagster", "dev", "--module-name", "pipelines.definitions", "--host", HOST,
            "--port", str(port), "--log-level", "warning"]  # fmt: skip


def environment(workspace: Workspace) -> dict[str, str]:
    """Where the page finds the workspace and keeps its runs."""
    return {
        **os.environ,
        "SESTANTE_WORKSPACE": str(workspace.root),
        "DAGSTER_HOME": str(dagster_home(workspace)),
        "PYTHONWARNINGS": "ignore",
    }


def free_port(wanted: int) -> int:
    """`wanted`, or the next port after it that nobody uses."""
    for port in range(wanted, min(wanted + 100, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    return wanted
