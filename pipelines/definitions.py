"""Dagster's entry point: the graph of the workspace named by `SESTANTE_WORKSPACE`, or of the one around this folder."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.build import build_definitions
from theory_of_change.programme import Workspace

defs = build_definitions(Workspace(Path(os.environ["SESTANTE_WORKSPACE"]).resolve()))
