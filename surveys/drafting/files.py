"""Which kind of description a file is, by its content, and the form it becomes."""

from __future__ import annotations

from pathlib import Path

from surveys.drafting.forms import Form
from surveys.files import blocks, found, kind_of


def form_in(path: Path, file: str, language: str) -> Form:
    """The form in the file at `path`, called `file` in messages. Raises ProblemsFound, and nothing else."""
    beginning = next(blocks(path, file), b"")
    if not beginning.strip():
        raise found("delivery-empty", file)
    kind = kind_of(path, file, beginning)
    if kind in ("LimeSurvey structure", "XML") or path.suffix.casefold() == ".lss":
        from surveys.drafting.items import read_lss
        from surveys.drafting.limesurvey import form_of

        return form_of(read_lss(path, file), path.name, is_live=False)
    raise found("form-unknown", file, kind=kind)
