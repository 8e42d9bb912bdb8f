"""A delivered file to a table of text, whatever kind it is; workbooks are opened in a process of their own.

Text files are read in `text_files`, the inside of a workbook in `workbooks`. What the text means is decided in
`columns`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.files import TextTable, blocks, found, kind_of
from surveys.headers import plain
from surveys.limesurvey.reading import read_answers
from surveys.limesurvey.snapshot import is_answers
from surveys.text_files import read_text

MOST_SECONDS = 300


def read_table(path: Path, file: str, spellings: Sequence[str], sheet: str | None = None) -> TextTable:
    """The table in the file at `path`, called `file` in messages; `spellings` are the headers the contract asks for.

    Raises ProblemsFound, and nothing else, whatever the file holds.
    """
    beginning = next(blocks(path, file), b"")
    if not beginning.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise found("delivery-empty", file)
    wanted = {plain(spelling) for spelling in spellings} - {""}
    kind = kind_of(path, file, beginning)
    if kind in ("xlsx", "ods", "xls"):
        return _read_workbook(path, file, kind, wanted, sheet)
    if kind == "JSON" and is_answers(beginning):
        return read_answers(path, file)
    if kind != "text":
        raise found("delivery-kind", file, kind=kind)
    return read_text(path, file, beginning, wanted)


def _read_workbook(path: Path, file: str, kind: str, wanted: set[str], sheet: str | None) -> TextTable:
    """A sheet of a workbook, read in a process of its own (see `workbooks`)."""
    question = json.dumps({"wanted": sorted(wanted), "sheet": sheet}).encode()
    roots = (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", ""))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(root for root in roots if root), "PYTHONUTF8": "1"}
    command = [sys.executable, "-P", "-m", "surveys.workbooks", str(path.absolute())]
    try:
        done = subprocess.run(
            command, input=question, capture_output=True, timeout=MOST_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise found("delivery-beyond-limits", file) from None
    lines = done.stdout.splitlines()
    if done.returncode < 0 or (done.returncode and b"memory" in done.stderr.lower()):
        raise found("delivery-beyond-limits", file)
    if done.returncode or not lines:
        raise found("delivery-damaged", file)
    about = json.loads(lines[0])
    if "fault" in about:
        raise found(about["fault"], file, **about["facts"])
    headers = tuple(about["headers"])
    columns, number_cells = [], []
    for line in lines[1:]:
        texts, kinds = json.loads(line)
        columns.append(pd.array(texts, dtype="str"))
        number_cells.append(np.frombuffer(kinds.encode("ascii"), dtype="uint8") == ord("1"))
    if not headers:
        raise found("delivery-empty", file)
    notes: list[tuple[str, Mapping[str, str]]] = []
    if about["header_row"] > 1:
        notes.append(("delivery-header-row", {"row": str(about["header_row"])}))
    if about["others"]:
        notes.append(("delivery-sheet", {"sheet": about["sheet"], "others": str(about["others"])}))
    if about["merged"]:
        notes.append(("delivery-merged-cells", {"count": str(about["merged"])}))
    if about["errors"]:
        notes.append(("delivery-error-cells", {"count": str(about["errors"])}))
    return TextTable(
        kind=kind,
        headers=headers,
        rows=np.asarray(about["rows"], dtype="int64"),
        cells=pd.DataFrame(dict(enumerate(columns)), index=range(len(about["rows"]))),
        number_cells=tuple(number_cells),
        sheet=about["sheet"],
        notes=tuple(notes),
    )
