"""An empty workspace for each test of the warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from theory_of_change.programme import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)
