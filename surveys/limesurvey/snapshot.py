"""What was pulled, as a delivery among the others: one JSON file that says what the server held at the last pull.

It has the form of LimeSurvey's own JSON export, one answer a line, so the same reader takes both. The same answers give
the same bytes. A row's number is the answer's number in LimeSurvey, where staff can look it up; an answer missing from
the newest file is gone. Fetching is done in `exports`, what the texts mean is decided in `surveys.columns`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory_of_change.problems import Place, Problem, ServiceFailed

#: What the file is called in `data/<source>/`: one state a source, the newest.
FILE = "limesurvey.json"
_BEGINNING = re.compile(rb'\s*\{\s*"(limesurvey|responses)"\s*:')
_LONGEST_OPENING = 4 * 2**20
#: Columns that lead to a person or a machine. They stay on the server unless the contract names them.
IDENTIFYING = ("token", "ipaddr", "refurl")


@dataclass(frozen=True)
class Written:
    """A snapshot on disk: how many answers it holds, and whether it differs from the one before."""

    path: Path
    n_answers: int
    is_new: bool


def is_answers(beginning: bytes) -> bool:
    """True where a file begins like an export of answers: ours, or LimeSurvey's own."""
    return bool(_BEGINNING.match(beginning))


def write_snapshot(
    folder: Path, survey: int, answers: Iterable[Mapping[str, Any]], is_left_out: Callable[[str], bool], place: Place
) -> Written:
    """Writes the answers as they come and moves the file into place when all have. Whatever stops it, the file of the
    pull before stays. Raises ServiceFailed when the columns change on the way: the survey was being edited.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, partial = folder / FILE, folder / f".{FILE}.partial"
    try:
        with partial.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            n_answers = 0
            columns: list[str] = []
            arrived: list[str] = []
            for answer in answers:
                if not n_answers:
                    arrived = list(answer)
                    columns = [name for name in arrived if not is_left_out(name)]
                elif list(answer) != arrived:
                    facts = {"survey": str(survey)}
                    raise ServiceFailed([Problem("limesurvey-columns-changed", place, facts)])
                file.write(",\n" if n_answers else _opening(survey, columns))
                shown = {name: answer[name] for name in columns}
                file.write(json.dumps(shown, ensure_ascii=False, separators=(",", ":")))
                n_answers += 1
            if not n_answers:
                file.write(_opening(survey, _columns(path)))
            file.write("\n]}\n")
            file.flush()
            os.fsync(file.fileno())
        is_new = not path.exists() or _hash(path) != _hash(partial)
        if is_new:
            partial.replace(path)
        return Written(path, n_answers, is_new)
    finally:
        partial.unlink(missing_ok=True)


def _opening(survey: int, columns: list[str]) -> str:
    about = json.dumps({"survey": survey, "columns": columns}, ensure_ascii=False)
    return f'{{"limesurvey": {about}, "responses": [\n'


def numbers(path: Path) -> tuple[int | None, Iterator[int]]:
    """Of which survey the snapshot at `path` is (None: there is none), and the numbers of its answers."""
    about = about_of(path)
    return (about["survey"], (int(row["id"]) for row in lines_of(path))) if about else (None, iter(()))


def _columns(path: Path) -> list[str]:
    about = about_of(path)
    return about["columns"] if about else []


def about_of(path: Path) -> dict[str, Any] | None:
    """What the first line of a file of ours says; None for any other."""
    with (
        contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError),
        path.open(encoding="utf-8") as file,
    ):
        about = json.loads(file.readline(_LONGEST_OPENING) + "]}")["limesurvey"]
        return {"survey": int(about["survey"]), "columns": [str(name) for name in about["columns"]]}
    return None


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The answers of a file of ours, one after the other. Raises ValueError where it is not whole."""
    with path.open(encoding="utf-8") as file:
        file.readline()
        for line in file:
            text = line.rstrip("\n")
            if text == "]}":
                return
            if text:
                yield json.loads(text.removesuffix(","))
    raise ValueError("the file ends too early")


def leave_out(path: Path, is_gone: Callable[[Mapping[str, Any]], bool]) -> int:
    """Writes the snapshot anew without the answers that are gone; returns how many. All of it or nothing."""
    about, partial = about_of(path), path.with_name(f".{path.name}.partial")
    if about is None:
        return 0
    kept, count = False, 0
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_opening(about["survey"], about["columns"]))
            for answer in lines_of(path):
                if is_gone(answer):
                    count += 1
                    continue
                file.write(",\n" if kept else "")
                file.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
                kept = True
            file.write("\n]}\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
