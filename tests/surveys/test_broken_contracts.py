"""tests/broken/surveys is a workspace in which every contract holds a mistake; `expected.yml` has the exact words."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from surveys.sources import read_sources
from theory_of_change.loading import load_programme
from theory_of_change.problems import in_order
from theory_of_change.programme import Workspace

WORKSPACE = Workspace(Path(__file__).parent.parent / "broken" / "surveys")
EXPECTED = yaml.safe_load((WORKSPACE.root / "expected.yml").read_text(encoding="utf-8"))
FILES = sorted(
    file.relative_to(WORKSPACE.root).as_posix()
    for folder in (WORKSPACE.surveys, WORKSPACE.registers)
    for file in folder.iterdir()
)
_, PROBLEMS = read_sources(WORKSPACE, load_programme(WORKSPACE).value)


def told(file: str, language: str) -> list[str]:
    return [problem.line(language) for problem in in_order(PROBLEMS) if problem.place.file == file]


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("file", FILES)
def test_a_mistake_is_told_in_exactly_these_words(file: str, language: str) -> None:
    assert told(file, language) == EXPECTED[file][language]


def test_every_expectation_has_its_file() -> None:
    assert sorted(EXPECTED) == FILES


def test_no_mistake_is_silent() -> None:
    assert [file for file in FILES if not told(file, "en")] == []
