"""The workspace's YAML to frozen models: every mistake with its place and a remedy, all at once, in plain words.

Reading YAML as text with places is `composing`; what is wrong with the meaning of one file is told in `translation`;
what is wrong between blocks, as an id nobody defines, belongs to `coherence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from theory_of_change.composing import Written, read_yaml
from theory_of_change.forms import expected, keys
from theory_of_change.model import TheoryOfChange
from theory_of_change.numbers_written import doubtful_numbers
from theory_of_change.positions import Entry, Node, Places, name_within, snippet
from theory_of_change.problems import Place, Problem, errors, in_order
from theory_of_change.programme import Programme, Workspace
from theory_of_change.strays import definition_files
from theory_of_change.translation import Translation

__all__ = ["Loaded", "Places", "load", "load_programme", "load_theory"]

T = TypeVar("T", bound=BaseModel)

_MOST_PROBLEMS = 1_000  # of one file: beyond, a list helps nobody
_ONCE = ("theory", "format")


@dataclass
class Loaded(Generic[T]):
    """A file read into a model. `value` is None where an error keeps it from being understood."""

    value: T | None
    places: Places
    problems: tuple[Problem, ...]


def load(model: type[T], path: Path, root: Path) -> Loaded[T]:
    """One YAML file of the workspace at `root` as `model`, with all of its problems at once."""
    return _validated(model, read_yaml(path, root))


def load_programme(workspace: Workspace) -> Loaded[Programme]:
    """`programme.yml`."""
    return load(Programme, workspace.manifest, workspace.root)


def load_theory(workspace: Workspace) -> Loaded[TheoryOfChange]:
    """The theory of change: `theory_of_change.yml`, or every .yml in the folder `theory_of_change/` taken together.

    In a folder each file may hold any of the top-level keys; lists are joined, `theory` stands in one file only. A file
    that begins with `area: <id>` is the file of that area: what it lists belongs there, unless it says otherwise.
    """
    path = workspace.theory
    if not path.is_dir():
        return load(TheoryOfChange, path, workspace.root)
    folder = name_within(path, workspace.root)
    beside = path.with_name("theory_of_change.yml")
    problems = []
    if beside.exists():
        file = name_within(beside, workspace.root)
        problems.append(Problem("theory-in-two-places", Place(file), {"file": file, "folder": folder}))
    files = definition_files(path)
    if not files:
        problems.append(Problem("theory-folder-empty", Place(folder), {"folder": folder}))
        return Loaded(None, Places(folder), tuple(problems))
    merged = _merged(folder, [read_yaml(file, workspace.root) for file in files])
    merged.problems[:0] = problems
    return _validated(TheoryOfChange, merged)


def _merged(folder: str, files: list[Written]) -> Written:
    """Several files as one mapping; every node keeps the file it stands in."""
    together = Written(folder, problems=[problem for file in files for problem in file.problems])
    entries: dict[str, Entry] = {}
    for file in files:
        if file.root is None:
            continue
        if not isinstance(file.root.value, dict):
            together.problems.append(_top_level(file.root))
            continue
        for key, entry in _of_its_area(file.root.value, together.problems).items():
            earlier = entries.get(key)
            if earlier is None or earlier.node.value is None:
                entries[key] = entry
            elif entry.node.value is None:
                continue
            elif isinstance(earlier.node.value, list) and isinstance(entry.node.value, list):
                joined = Node(earlier.node.place, [*earlier.node.value, *entry.node.value])
                entries[key] = Entry(earlier.key, joined)
            elif key != "format":
                facts = {"key": key, "other": str(earlier.key)}
                code = "theory-key-twice" if key in _ONCE else "theory-key-not-joined"
                together.problems.append(Problem(code, entry.key, facts))
    if "theory" in entries or all(file.root is not None for file in files):  # else the missing one may hold it
        together.root = Node(Place(folder), entries)
    return together


def _of_its_area(entries: dict[str, Entry], problems: list[Problem]) -> dict[str, Entry]:
    """A file's entries without its `area:`, which each block that knows areas takes over where it names none."""
    own = entries.get("area")
    if own is None:
        return entries
    if not isinstance(own.node.value, str):
        problems.append(Problem("theory-area-elsewhere", own.node.place, {"found": snippet(own.node)}))
        return {key: entry for key, entry in entries.items() if key != "area"}
    return {
        key: Entry(entry.key, Node(entry.node.place, [_within_area(one, own) for one in entry.node.value]))
        if isinstance(entry.node.value, list) and "area" in keys(expected(TheoryOfChange, (key, 0)))
        else entry
        for key, entry in entries.items()
        if key != "area"
    }


def _within_area(node: Node, area: Entry) -> Node:
    if not isinstance(node.value, dict) or "area" in node.value:
        return node
    return Node(node.place, {**node.value, "area": area}, node.size + 1, node.height)


def _validated(model: type[T], written: Written) -> Loaded[T]:
    places = Places(written.file, written.root)
    problems = list(written.problems)
    value = None
    if written.root is not None and not isinstance(written.root.value, dict):
        problems.append(_top_level(written.root))
    elif written.root is not None:
        try:
            value = model.model_validate(_plain(written.root, {}), by_alias=True, by_name=False)
        except ValidationError as found:
            problems += Translation(model, places).of(found)
        problems += doubtful_numbers(model, places)
    problems = in_order(problems)
    if len(problems) > _MOST_PROBLEMS:
        more = Problem("problems-too-many", Place(written.file), {"more": str(len(problems) - _MOST_PROBLEMS)})
        problems = [*problems[:_MOST_PROBLEMS], more]
    return Loaded(None if errors(problems) else value, places, tuple(problems))


def _top_level(root: Node) -> Problem:
    return Problem("top-level-not-mapping", root.place, {"found": snippet(root)})


def _plain(node: Node, done: dict[int, Any]) -> Any:
    """Nodes as text, lists and dictionaries. What is referred to twice is built once."""
    if not isinstance(node.value, (list, dict)):
        return node.value
    known = done.get(id(node.value))
    if known is None:
        if isinstance(node.value, list):
            known = [_plain(item, done) for item in node.value]
        else:
            known = {key: _plain(entry.node, done) for key, entry in node.value.items()}
        done[id(node.value)] = known
    return known
