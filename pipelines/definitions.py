"""Dagster's entry point: the graph of the workspace that `SESTANTE_WORKSPACE` names."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from pipelines.build import build_definitions
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace

try:
    defs = build_definitions(Workspace(Path(os.environ["SESTANTE_WORKSPACE"]).resolve()))
except ProblemsFound as found:
    raise dg.DagsterInvalidDefinitionError(f"The workspace's files have problems:\n{found}") from None
