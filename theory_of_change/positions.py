"""Every value of a YAML file as it is written, and where: file, line and column of each key and value.

How a file becomes nodes is `composing`; what the words mean belongs to `loading`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from theory_of_change.problems import Place

Steps = tuple[str | int, ...]  # a path of keys and indexes


@dataclass(slots=True)
class Node:
    """A piece of YAML. `value` is text or None, a list of nodes, or a dictionary of entries by key."""

    place: Place
    value: str | list[Node] | dict[str, Entry] | None
    size: int = 1
    height: int = 1
    plain: bool = True  # False for a text in quotes, whose first letter stands one column later

    def child(self, step: str | int) -> Node | None:
        if isinstance(self.value, dict):
            entry = self.value.get(str(step))
            return entry.node if entry else None
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None


@dataclass(slots=True)
class Entry:
    """One key of a mapping and what stands after it."""

    key: Place
    node: Node


class Places:
    """Where every path of keys and indexes stands in the user's files, in YAML's own names (`from`, not `from_`)."""

    def __init__(self, file: str, root: Node | None = None) -> None:
        self.file = file
        self.root = root

    def at(self, *path: str | int) -> Place:
        """The value at `path`, or the nearest thing around it that is written.

        A list or mapping that begins on the line below its key is placed at the key.
        """
        return self._walk(path)[0]

    def key(self, *path: str | int) -> Place:
        """The key that ends `path`; the same as `at` where the path ends in a list."""
        return self._walk(path)[1]

    def written(self, *path: str | int) -> bool:
        """True where something stands at exactly this path."""
        return self._walk(path)[2]

    def node(self, *path: str | int) -> Node | None:
        here = self.root
        for step in path:
            here = here.child(step) if here else None
        return here

    def _walk(self, path: Steps) -> tuple[Place, Place, bool]:
        if self.root is None:
            nowhere = Place(self.file)
            return nowhere, nowhere, False
        here, value, key = self.root, self.root.place, self.root.place
        for step in path:
            below = here.child(step)
            if below is None:
                return value, key, False
            value = key = below.place
            if isinstance(here.value, dict):
                key = here.value[str(step)].key
                if not isinstance(below.value, str) and (key.file, key.line) != (value.file, value.line):
                    value = key
            here = below
        return value, key, True


def snippet(node: Node | None, room: int = 60) -> str:
    """What is written, on one line and shortened, in YAML's own signs."""
    if node is None or node.value is None:
        return ""
    if isinstance(node.value, str):
        words = " ".join(node.value.split())
    elif isinstance(node.value, list):
        words = "[" + ", ".join(snippet(item, 20) for item in node.value[:4]) + (", …" * (len(node.value) > 4)) + "]"
    else:
        some = [f"{key}: {snippet(entry.node, 20)}" for key, entry in list(node.value.items())[:4]]
        words = "{" + ", ".join(some) + (", …" * (len(node.value) > 4)) + "}"
    return words if len(words) <= room else words[: room - 1] + "…"


def name_within(path: Path, root: Path) -> str:
    """The file's name as users know it: from the workspace's folder, with forward slashes."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        return path.as_posix()
