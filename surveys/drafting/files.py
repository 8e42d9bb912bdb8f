"""Which kind of description a file is, by its content, and the form it becomes."""

from __future__ import annotations

from pathlib import Path

from surveys.drafting.forms import Form
from surveys.files import blocks, found, kind_of

_TABLES = ("text", "xlsx", "xls", "ods", "sav", "por", "dta", "Parquet", "JSON", "ZIP")


def form_in(path: Path, file: str, sheet: str | None = None) -> Form:
    """The form in the file at `path`, called `file` in messages; of a workbook or zip file, in the table of this name.
    Raises ProblemsFound, and nothing else."""
    beginning = next(blocks(path, file), b"")
    if not beginning.strip():
        raise found("delivery-empty", file)
    kind = kind_of(path, file, beginning)
    if kind in ("LimeSurvey structure", "XML") or path.suffix.casefold() == ".lss":
        from surveys.drafting.items import read_lss
        from surveys.drafting.limesurvey import form_of

        return form_of(read_lss(path, file), path.name, is_live=False)
    if kind == "ZIP":
        from surveys.archives import structure_in

        if structure := structure_in(path, file):
            from surveys.drafting.items import survey_in
            from surveys.drafting.limesurvey import form_of

            return form_of(survey_in(structure, file), path.name, is_live=False)
    if kind in ("xlsx", "xls", "ods"):
        from surveys.drafting.xlsform import is_xlsform, read_xlsform

        if is_xlsform(path, file):
            return read_xlsform(path, file)
    if kind in ("SPSS syntax", "R syntax"):
        raise found("delivery-syntax", file, kind=kind.split()[0])
    if kind not in _TABLES:
        raise found("form-unknown", file, kind=kind)
    from surveys.drafting.table import form_of as form_of_table
    from surveys.reading import read_table

    return form_of_table(read_table(path, file, [], sheet), path, sheet)
