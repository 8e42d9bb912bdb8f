"""Files and folders of a workspace that nobody reads, though whoever put them there thinks so.

A theory saved as `80-nessi.yml.txt`, contracts in a folder `registri`. What is read, and what is wrong inside it, is
for `loading` and the sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from theory_of_change.key_words import FOLDERS, plainly
from theory_of_change.problems import Place, Problem
from theory_of_change.programme import Workspace

_YAML = (".yml", ".yaml")
_OF_DEFINITIONS = ("theory_of_change", "surveys", "registers", "interviews")
_OF_PROGRAMS = (".db", ".ini", ".lock")  # what systems leave in every folder


def definition_files(folder: Path) -> list[Path]:
    """The YAML files in a folder and below, without the hidden ones that systems and editors put there."""
    return [path for path in _visible(folder) if path.suffix in _YAML]


def strays(workspace: Workspace) -> Iterator[Problem]:
    """Everything in the workspace that looks like a definition and is not read."""
    for folder in (workspace.theory, workspace.surveys, workspace.registers, workspace.interviews):
        for path in _visible(folder) if folder.is_dir() else ():
            if path.suffix not in (*_YAML, *_OF_PROGRAMS):
                file = path.relative_to(workspace.root).as_posix()
                yield Problem("file-ignored", Place(file), {"file": file, "right": _as_yaml(path)})
    for path in sorted(workspace.root.iterdir()) if workspace.root.is_dir() else ():
        right = _folder_meant(path.name)
        if path.is_dir() and right and (right in _OF_DEFINITIONS or not (workspace.root / right).exists()):
            yield Problem("folder-ignored", Place(path.name), {"folder": path.name, "hint": right})


def _visible(folder: Path) -> Iterable[Path]:
    """Files in a folder and below, but for what starts with a dot."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _as_yaml(path: Path) -> str:
    """The name the file should have: `80-nessi.yml` for `80-nessi.yml.txt` and for `80-nessi.txt`."""
    name = path.name
    while Path(name).suffix:
        if Path(name).suffix.casefold() in _YAML:
            return Path(name).with_suffix(".yml").name
        name = Path(name).stem
    return f"{name}.yml"


def _folder_meant(name: str) -> str | None:
    plain = plainly(name)
    return next((right for right, others in FOLDERS.items() if name != right and plain in (*others, right)), None)
