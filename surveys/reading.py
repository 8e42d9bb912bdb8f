"""A delivered file to a table of text, whatever kind it is.

Workbooks, SPSS and Stata files are opened in a process of their own (`workbooks`, `statistical`); text files are read
in `text_files`, JSON and Parquet in `structured`, zip files in `archives`. What the text means is decided in `columns`.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from surveys.archives import read_zip
from surveys.files import TextTable, blocks, found, kind_of
from surveys.headers import plain, words
from surveys.limesurvey.reading import read_answers
from surveys.limesurvey.snapshot import is_answers
from surveys.stacking import stacked, with_sheet
from surveys.structured import read_json, read_parquet
from surveys.text_files import read_text
from theory_of_change.problems import listed

MOST_SECONDS = 300
_STATISTICAL = ("sav", "por", "dta")


def read_table(path: Path, file: str, spellings: Sequence[str], sheet: str | None = None) -> TextTable:
    """The table in the file at `path`, called `file` in messages; `spellings` are the headers the contract asks for.

    Raises ProblemsFound, and nothing else, whatever the file holds.
    """
    wanted = {form for spelling in spellings for form in (plain(spelling), words(spelling))} - {""}
    return _read(path, file, wanted, sheet, inside=False)


def _read(path: Path, file: str, wanted: set[str], sheet: str | None, inside: bool) -> TextTable:
    beginning = next(blocks(path, file), b"")
    if not beginning.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise found("delivery-empty", file)
    kind = kind_of(path, file, beginning)
    if kind in ("xlsx", "ods", "xls"):
        return _read_workbook(path, file, kind, wanted, sheet)
    if kind in _STATISTICAL:
        return _read_statistical(path, file, kind)
    if kind == "Parquet":
        return read_parquet(path, file)
    if kind == "JSON" and is_answers(beginning):
        return read_answers(path, file)
    if kind == "JSON":
        return read_json(path, file, sheet)
    if kind == "ZIP" and not inside:
        return read_zip(path, file, wanted, sheet, lambda member, name: _read(member, name, wanted, None, inside=True))
    if kind in ("SPSS syntax", "R syntax"):
        raise found("delivery-syntax", file, kind=kind.split()[0])
    if kind == "LimeSurvey structure":
        raise found("delivery-form", file, kind=kind)
    if kind != "text":
        raise found("delivery-kind", file, kind=kind)
    return read_text(path, file, beginning, wanted)


def _answer_of(module: str, file: str, arguments: Sequence[str], question: bytes = b"") -> Iterator[Any]:
    """What a reader in a process of its own answers: a line about the file, then one for each column."""
    roots = (str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", ""))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(root for root in roots if root), "PYTHONUTF8": "1"}
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, input=question, capture_output=True, timeout=MOST_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise found("delivery-beyond-limits", file) from None
    lines = done.stdout.splitlines()
    if done.returncode < 0 and done.returncode != -signal.SIGSEGV:
        raise found("delivery-beyond-limits", file)
    if done.returncode == -signal.SIGSEGV:
        raise found("delivery-breaks-its-reader" if module == "surveys.statistical" else "delivery-beyond-limits", file)
    if done.returncode and b"memory" in done.stderr.lower():
        raise found("delivery-beyond-limits", file)
    if done.returncode or not lines:
        raise found("delivery-damaged", file)
    about = json.loads(lines[0])
    if "fault" in about:
        raise found(about["fault"], file, **about["facts"])
    if not about["headers"]:
        raise found("delivery-empty", file)
    yield about
    for line in lines[1:]:
        yield json.loads(line)


def _mask(marks: str) -> np.ndarray:
    return np.frombuffer(marks.encode("ascii"), dtype="uint8") == ord("1")


def _read_workbook(path: Path, file: str, kind: str, wanted: set[str], sheet: str | None) -> TextTable:
    """A sheet of a workbook, or several of like columns, read in a process of its own (see `workbooks`)."""
    question = json.dumps({"wanted": sorted(wanted), "sheet": sheet}).encode()
    answer = _answer_of("surveys.workbooks", file, [str(path.absolute())], question)
    tables, places = [], []
    notes: dict[tuple[str, tuple[tuple[str, str], ...]], None] = {}
    for about in answer:
        if "fault" in about:
            raise found(about["fault"], file, **about["facts"])
        columns = list(itertools.islice(answer, len(about["headers"])))
        tables.append(_sheet(kind, about, columns))
        places.append(about["places"])
        notes |= dict.fromkeys((code, tuple(facts.items())) for code, facts in _notes_on_sheet(about))
    whole = stacked(tables, places)
    told = [(code, dict(facts)) for code, facts in notes]
    if whole.sheets:
        spans = [f"{name} ({begin + table.rows[0]}–{begin + table.rows[-1]})" if len(table.rows) else f"{name} (–)"
                 for (name, begin), table in zip(whole.sheets, tables, strict=True)]  # fmt: skip
        told = [("delivery-sheets-together", {"count": str(len(tables)), "sheets": listed(spans, 36)}),
                *((code, facts) for code, facts in told if code != "delivery-header-row")]  # fmt: skip
    return with_sheet(replace(whole, notes=tuple(told)), wanted)


def _sheet(kind: str, about: Mapping[str, Any], columns: Sequence[tuple[list[str], str]]) -> TextTable:
    rows = np.asarray(about["rows"], dtype="int64")
    errors: dict[int, np.ndarray] = {}
    for row, position in about["errors"]:
        if 0 <= position < len(columns):
            errors.setdefault(position, np.zeros(len(rows), dtype=bool))[rows == row] = True
    return TextTable(
        kind=kind,
        headers=tuple(about["headers"]),
        also=tuple(tuple(names) for names in about["also"]),
        rows=rows,
        cells=pd.DataFrame({i: pd.array(texts, dtype="str") for i, (texts, _) in enumerate(columns)},
                           index=range(len(rows))),
        number_cells=tuple(_mask(kinds) for _, kinds in columns),
        error_cells=errors,
        sheet=about["sheet"],
    )  # fmt: skip


def _notes_on_sheet(about: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    if about["header_rows"][0]:
        yield "delivery-header-row", {"row": str(about["header_rows"][0] + 1)}
    if about["others"]:
        yield "delivery-sheet", {"sheet": about["sheet"], "others": str(len(about["others"]))}
    if about["repeats"]:
        yield "delivery-repeats", {"sheets": ", ".join(about["repeats"][:12])}
    if about["merged"]:
        yield "delivery-merged-cells", {"count": str(about["merged"])}
    if about["hidden_rows"]:
        rows = about["hidden_rows"]
        yield "delivery-hidden-rows", {"count": str(len(rows)), "rows": listed(map(str, rows), 12)}


def _read_statistical(path: Path, file: str, kind: str) -> TextTable:
    """An SPSS or Stata file, read in a process of its own (see `statistical`)."""
    answer = _answer_of("surveys.statistical", file, [str(path.absolute()), kind])
    about, columns = next(answer), list(answer)
    rows = np.arange(1, about["count"] + 1)
    more = {name: [title] if title else [] for name, title in zip(about["headers"], about["titles"], strict=True)}
    for one, members in about["sets"].items():  # the boxes of one question, as the file itself says
        for number, member in enumerate(members, start=1):
            more.get(member, []).extend((f"{one}[{member}]", f"{one}[{number}]"))
    return TextTable(
        kind=kind,
        headers=tuple(about["headers"]),
        also=tuple(tuple(more[name]) for name in about["headers"]),
        rows=rows,
        cells=pd.DataFrame({i: pd.array(texts, dtype="str") for i, (texts, _) in enumerate(columns)},
                           index=range(len(rows))),
        labels={i: labels for i, labels in enumerate(about["labels"]) if labels},
        missing_cells={i: _mask(marks) for i, (_, marks) in enumerate(columns) if "1" in marks},
        encoding=about["encoding"],
    )  # fmt: skip
