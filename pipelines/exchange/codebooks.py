"""The codebook of each corpus as files that coding programs import, so that people code with the codes of the contract.

Programs know names, a tree and descriptions; what they do not carry is told beside them as for every format.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.exchange.exporting import Exported, put
from theory_of_change.problems import Place, Problem, ProblemsFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.exchange.losses import Loss
    from pipelines.project import Project
    from surveys.corpora.corpus import Code


def export_codebooks(project: Project, output: Path | None, language: str | None) -> list[Exported]:
    """Writes `<programme>-<corpus>.qdc`, the same as `.csv` for Taguette, and what they leave out, for each corpus.

    With `output` its name is taken; where several corpora have codes, the corpus is put behind it. Raises ProblemsFound
    where no corpus has any.
    """
    from pipelines.exchange.losses import as_markdown
    from surveys.corpora.codebook import as_csv, as_qdc

    coded = {name: one.corpus.codes for name, one in sorted(project.corpora.items()) if one.corpus.codes}
    if not coded:
        raise ProblemsFound([Problem("codings-no-codebook", Place("interviews"))])
    language = language or project.programme.language
    folder = project.workspace.output / "exchange"
    done = []
    for name, codes in coded.items():
        path = output or folder / f"{project.programme.id}-{name}.qdc"
        if output and len(coded) > 1:
            path = output.with_name(f"{output.stem}-{name}{output.suffix or '.qdc'}")
        path.parent.mkdir(parents=True, exist_ok=True)
        lost, beside = left_out(codes, language), path.with_name(f"{path.name}.not-carried.md")
        put(path, as_qdc(name, codes, language))
        put(path.with_suffix(".csv"), as_csv(codes, language))
        put(beside, as_markdown("qdc", path.name, lost, ()).encode())
        done.append(Exported(path, beside, lost, ()))
    return done


def left_out(codes: Sequence[Code], language: str) -> list[Loss]:
    """What a `.qdc` cannot say of these codes."""
    from pipelines.exchange.losses import Loss

    others = {one for code in codes for text in (code.title, code.description) if text for one in text.languages}
    found = [
        Loss("code_meanings", tuple(code.id for code in codes if code.about)),
        Loss("code_names", tuple(code.id for code in codes if len(code.names) > 1)),
        Loss("languages", tuple(sorted(others - {language}))),
    ]
    return [loss for loss in found if loss.names]
