"""From a project to one file in another format, with the list of what it leaves out beside it. Formats write themselves
in their own modules; here they are chosen, and files are put in place whole."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.exchange.iati import Reporter
    from pipelines.exchange.losses import Loss
    from pipelines.project import Project

FORMATS = {"xlsx": "logframe.xlsx", "iati": "iati.xml", "cids": "cids.jsonld", "qdc": "codebook.qdc"}


@dataclass(frozen=True)
class Exported:
    path: Path
    beside: Path
    losses: Sequence[Loss]
    missing: Sequence[str]


def export(
    project: Project, form: str, output: Path | None, language: str | None, reporter: Reporter, today: dt.date
) -> Exported:
    """Writes the file, by default below `output/exchange/`, and `<file>.not-carried.md` beside it; codebooks, of which
    there may be several, are written in `codebooks`.

    `project` is sound. Raises ProblemsFound for a publication that cannot be read.
    """
    from pipelines.exchange.losses import as_markdown, losses, to_complete
    from pipelines.exchange.subject import subject

    told = subject(project)
    language = language or told.language
    found, missing = losses(form, told, language), to_complete(form, told, reporter)
    if form == "xlsx":
        from pipelines.exchange.workbook import workbook

        content = workbook(told, found)
    elif form == "iati":
        from pipelines.exchange.iati import iati

        content = iati(told, reporter, today)
    else:
        from pipelines.exchange.cids import cids

        content = cids(told, language)
    path = output or project.workspace.output / "exchange" / f"{project.programme.id}-{FORMATS[form]}"
    beside = path.with_name(f"{path.name}.not-carried.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, content)
    put(beside, as_markdown(form, path.name, found, missing).encode())
    return Exported(path, beside, found, missing)


def put(path: Path, content: bytes) -> None:
    """The file whole or not at all."""
    building = path.with_name(f".{path.name}.building-{os.getpid()}")
    try:
        building.write_bytes(content)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)
