"""The theory of a workspace as files to look at: what is asked for, drawn by `reports.diagram`, put in place whole.

No warehouse is needed. Where something is published its statuses are shown, for indicators still defined as they were.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.exchange.exporting import put
from theory_of_change.problems import Place, Problem, ProblemsFound, errors

if TYPE_CHECKING:
    from pipelines.project import Project
    from reports.diagram.content import Content
    from reports.reading import Report

#: How each format's files end; the first is what a file is called by default.
FORMATS = {"svg": (".svg",), "png": (".png",), "mermaid": (".mmd", ".mermaid"), "dot": (".dot", ".gv"),
           "html": (".html", ".htm")}  # fmt: skip
NAME = "theory-of-change"
#: Above so many elements drawing takes long enough to say so.
MANY = 300


@dataclass(frozen=True)
class Asked:
    """What to draw: formats, language, one area or all, the period whose statuses are shown or None for the latest."""

    formats: Sequence[str]
    language: str
    area: str | None = None
    period: str | None = None


def format_of(path: Path) -> str | None:
    """The format a file name asks for by how it ends."""
    return next((form for form, ends in FORMATS.items() if path.suffix.casefold() in ends), None)


def language_of(project: Project) -> str:
    """The theory's own language where reports speak it, else the first of the programme's that they do."""
    from reports.phrases import LANGUAGES

    given = (project.theory.theory.language, *project.programme.languages)
    return next((code for code in given if code in LANGUAGES), LANGUAGES[0])


def paths(formats: Sequence[str], output: Path | None) -> dict[str, Path]:
    """Where each format goes: into a folder, under a given name, or under the usual name in the current folder."""
    if output is None or output.is_dir():
        return {form: (output or Path()) / f"{NAME}{FORMATS[form][0]}" for form in formats}
    if len(formats) == 1:
        return {formats[0]: output}
    base = output.with_suffix("") if format_of(output) else output
    return {form: base.with_name(base.name + FORMATS[form][0]) for form in formats}


def check_theory(project: Project) -> None:
    """Raises ProblemsFound for what is wrong in the programme or its theory; sources and data are no part of it."""
    own = project.workspace.manifest.name
    wrong = [p for p in errors(project.problems) if p.place.file == own or p.place.file.startswith("theory_of_change")]
    if wrong or project.theory is None:
        raise ProblemsFound(wrong or errors(project.problems))


def content(project: Project, asked: Asked, tell: Callable[[Problem], None]) -> Content:
    """What there is to draw. Raises ProblemsFound where that is nothing, or where a period is asked for and nothing can
    be read; without one `tell` learns why a publication shows no statuses."""
    from reports.diagram.content import content_of
    from reports.diagram.sources import latest, written

    theory = project.theory
    published, outdated = _published(project, asked.period, tell)
    report = written(theory, theory.theory.language or project.programme.language, published, outdated)
    period = report.period(asked.period) if asked.period else latest(report)
    found = content_of(report, period, asked.language, report.theory.says(asked.language))
    if asked.area is not None:
        found = found.only(asked.area)
    if not found.elements:
        code = "drawing-empty" if asked.area is None else "drawing-area-empty"
        raise ProblemsFound([Problem(code, Place("theory_of_change.yml"), {"area": asked.area or ""})])
    return found


def draw(content: Content, asked: Asked) -> dict[str, bytes]:
    """The files' contents, one for each format."""
    from reports.diagram.dot import dot
    from reports.diagram.drawn import drawn
    from reports.diagram.mermaid import mermaid
    from reports.diagram.page import page
    from reports.phrases import Phrases
    from reports.theme import Theme

    phrases, theme = Phrases(asked.language), Theme.of()
    made: dict[str, bytes] = {}
    if set(asked.formats) & {"svg", "png", "html"}:
        placed = drawn(content, phrases)
        svg = placed.canvas(heading=True).svg(theme).encode()
        made["svg"] = svg
        if "png" in asked.formats:
            made["png"] = _png(svg)
        if "html" in asked.formats:
            made["html"] = page(placed, theme, asked.language).encode()
    if "mermaid" in asked.formats:
        made["mermaid"] = mermaid(content, phrases, theme).encode()
    if "dot" in asked.formats:
        made["dot"] = dot(content, phrases, theme).encode()
    return {form: made[form] for form in asked.formats}


def write(made: dict[str, bytes], where: dict[str, Path]) -> None:
    for form, path in where.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, made[form])


def _png(svg: bytes) -> bytes:
    from reports.drawing import png_of

    with tempfile.TemporaryDirectory(prefix="sestante-") as folder:
        path = Path(folder) / "drawing.svg"
        path.write_bytes(svg)
        return png_of(path)


def _published(project: Project, period: str | None, tell: Callable[[Problem], None]) -> tuple[Report | None, set[str]]:
    """The publication, where it can be read, and the indicators defined otherwise when it was made."""
    from reports.reading import read

    workspace = project.workspace
    if period is None and not workspace.published_database.is_file():
        return None, set()
    try:
        report = read(workspace.published_database, workspace.root)
    except ProblemsFound as found:
        if period is not None:
            raise
        for problem in found.problems:
            tell(problem)
        return None, set()
    from pipelines.indicators.measures import definition_ids

    fingerprints = {name: source.fingerprint for name, source in project.sources.items()}
    current = definition_ids(project.theory, project.programme, fingerprints)
    rows = report.rows["indicator_values"]
    return report, {r["indicator_id"] for r in rows if r["definition_id"] != current.get(r["indicator_id"])}
