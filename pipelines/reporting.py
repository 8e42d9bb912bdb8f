"""From published tables to report packages: which reports a programme has, in which languages; writing and checking.

What a report says and how a package is kept belongs to `reports`; here are its doors for the graph and the command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.project import Project
from reports.compose import DEFAULT_PROFILE
from reports.phrases import LANGUAGES
from reports.typeset import FORMATS
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace

if TYPE_CHECKING:
    from reports.package import Package


def profiles_of(project: Project) -> list[str]:
    """The programme's reports in its own order; one with every chapter where the theory names none."""
    return [report.profile for report in project.theory.reports] or [DEFAULT_PROFILE]


def languages_of(project: Project) -> list[str]:
    """The programme's languages that a report can be written in; English where it has none of them."""
    return [language for language in project.programme.languages if language in LANGUAGES] or ["en"]


def write_report(
    workspace: Workspace,
    period: str,
    profile: str,
    language: str,
    formats: Sequence[str] = FORMATS,
    tell: Callable[[str], None] | None = None,
) -> Package:
    """Writes one package, or finds the one that already says exactly this. Raises ProblemsFound."""
    from reports.package import write_package

    return write_package(
        workspace.published_database,
        workspace.output,
        period,
        profile,
        language,
        formats,
        workspace.root,
        progress=tell,
    )


def verify_package(package: Path) -> int:
    """Checks a package against itself, and against what is published now where that holds the same data; returns how
    many files it has. Raises ProblemsFound with all that is wrong."""
    from reports.package import MANIFEST, verify

    around = Workspace.around(package)
    problems = verify(package, around.published_database if around else None)
    if problems:
        raise ProblemsFound(problems)
    return len(json.loads((package / MANIFEST).read_text(encoding="utf-8"))["files"])
