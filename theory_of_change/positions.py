"""YAML exactly as it is written: every value stays text, and every key and value knows its file, line and column.

What makes a file unreadable is found here: encodings, YAML faults, keys written twice, references that grow without
end. What the words mean belongs to `loading`. Works on the parser's events, without recursion, so that no file can
exhaust memory or the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.reader import Reader

from theory_of_change.problems import Place, Problem, with_hint

Steps = tuple[str | int, ...]  # a path of keys and indexes

_NULLS = ("", "~", "null", "Null", "NULL")
_LARGEST_FILE = 20_000_000  # bytes; a theory of 2,000 elements is about half a million
_MOST_NODES = 1_000_000  # counted after references are followed
_DEEPEST = 60
_BINARY = {b"%PDF": "PDF", b"PK\x03\x04": "XLSX/DOCX/ZIP", b"\xd0\xcf\x11\xe0": "XLS/DOC", b"\x89PNG": "PNG",
           b"\xff\xd8\xff": "JPEG", b"\x1f\x8b": "GZIP", b"SQLite": "SQLite"}  # fmt: skip


@dataclass(slots=True)
class Node:
    """A piece of YAML. `value` is text or None, a list of nodes, or a dictionary of entries by key."""

    place: Place
    value: str | list[Node] | dict[str, Entry] | None
    size: int = 1
    height: int = 1

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


@dataclass
class Written:
    """One file as written: its root, None where it cannot be read, and what is wrong with it as YAML."""

    file: str
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


def name_within(path: Path, root: Path) -> str:
    """The file's name as users know it: from the workspace's folder, with forward slashes."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError, RuntimeError):
        return path.as_posix()


def read_yaml(path: Path, root: Path) -> Written:
    """One YAML file as nodes with places. Never raises for anything the file holds."""
    written = Written(name_within(path, root))
    text = _read_text(path, written)
    if text is not None:
        compose(text, written)
    return written


def _read_text(path: Path, written: Written) -> str | None:
    def refuse(code: str, place: Place | None = None, **facts: str) -> None:
        facts = {"file": written.file, **facts}
        written.problems.append(Problem(code, place or Place(written.file), facts))

    try:
        if path.is_dir():
            return refuse("file-is-folder")
        if not path.exists():
            folder = path.parent
            others = [other.name for other in folder.iterdir() if other.is_file()] if folder.is_dir() else []
            return refuse("file-missing", **with_hint({}, path.name, others))
        if not path.is_file():
            return refuse("file-not-regular")
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            return refuse("file-too-large", size=f"{size / 1e6:.0f} MB", most=f"{_LARGEST_FILE / 1e6:.0f} MB")
        content = path.read_bytes()
    except (OSError, ValueError) as fault:
        return refuse("file-unreadable", reason=getattr(fault, "strerror", None) or type(fault).__name__)
    kind = next((kind for start, kind in _BINARY.items() if content.startswith(start)), None)
    if kind:
        return refuse("file-not-text", kind=kind)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return refuse("file-encoding", found="UTF-16")
    if b"\x00" in content:
        return refuse("file-encoding-unknown")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line_start = content.rfind(b"\n", 0, fault.start) + 1
        line = content.count(b"\n", 0, fault.start) + 1
        column = len(content[line_start : fault.start].decode("utf-8", "replace").lstrip("\ufeff")) + 1
        place = Place(written.file, line, column)
        if _is_windows_text(content):
            return refuse("file-encoding", place, found="Windows-1252")
        return refuse("file-encoding-unknown", place)
    if odd := Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        place = Place(written.file, line, odd.start() - text.rfind("\n", 0, odd.start()))
        return refuse("yaml-control-character", place, found=f"U+{ord(odd[0]):04X}")
    return text


def _is_windows_text(content: bytes) -> bool:
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def compose(text: str, written: Written) -> None:
    """Turns YAML text into nodes, into `written`."""
    builder = _Builder(written)
    try:
        for event in _events(text):
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as fault:
        written.root = None
        written.problems.append(_explained(fault, text, written.file))
        return
    except (yaml.YAMLError, ValueError, OverflowError):
        written.root = None
        written.problems.append(Problem("yaml-syntax", Place(written.file), {}))
        return
    written.root = builder.root if not builder.gave_up else None
    if written.root is not None and written.root.value is None:
        written.root = None
    if written.root is None and not written.problems:
        written.problems.append(Problem("file-empty", Place(written.file), {"file": written.file}))


def _events(text: str) -> Iterator[yaml.Event]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet; a mapping also remembers the key that waits for its value."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_place: Place | None = None
    waits_for_value: bool = False


class _Builder:
    """Events to nodes. Gives up, with a problem, on what cannot be a definition however it is read."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.root: Node | None = None
        self.gave_up = False
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}  # None while the anchored thing is still open
        self._documents = 0

    def take(self, event: yaml.Event) -> bool:
        """Adds one event; False when there is no use in reading on."""
        place = Place(self.written.file, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                return self._give_up("yaml-several-documents", place)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event.tag, place)
            plain = not event.style and event.implicit[0]
            node = Node(place, None if plain and event.value in _NULLS else event.value)
            if event.anchor:
                self._anchors[event.anchor] = node
            return self._add(node, plain=plain)
        elif isinstance(event, yaml.AliasEvent):
            return self._follow(event.anchor, place)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._refuse_tag(event.tag, place)
            if len(self._open) >= _DEEPEST:
                return self._give_up("yaml-too-deep", place, most=str(_DEEPEST))
            if event.anchor:
                self._anchors[event.anchor] = None
            self._open.append(
                _Open(Node(place, [] if isinstance(event, yaml.SequenceStartEvent) else {}), event.anchor)
            )
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            closed = self._open.pop()
            if closed.anchor:
                self._anchors[closed.anchor] = closed.node
            return self._add(closed.node)
        return True

    def _follow(self, anchor: str, place: Place) -> bool:
        if anchor not in self._anchors:
            self._problem("yaml-reference-unknown", place, **with_hint({"name": anchor}, anchor, self._anchors))
            return self._add(Node(place, f"*{anchor}"))
        target = self._anchors[anchor]
        if target is None:
            return self._give_up("yaml-reference-circular", place, name=anchor)
        return self._add(Node(place, target.value, target.size, target.height))

    def _add(self, node: Node, *, plain: bool = False) -> bool:
        if not self._open:
            self.root = node
            return True
        around = self._open[-1]
        if isinstance(around.node.value, list):
            around.node.value.append(node)
        elif not around.waits_for_value:
            self._take_key(around, node, plain)
            return True
        else:
            if around.key is not None:
                around.node.value[around.key] = Entry(around.key_place, node)
            around.waits_for_value = False
        around.node.size += node.size
        around.node.height = max(around.node.height, node.height + 1)
        if around.node.size > _MOST_NODES:
            return self._give_up("yaml-too-many-values", around.node.place, most=str(_MOST_NODES))
        if around.node.height + len(self._open) - 1 > _DEEPEST:
            return self._give_up("yaml-too-deep", node.place, most=str(_DEEPEST))
        return True

    def _take_key(self, around: _Open, node: Node, plain: bool) -> None:
        """A key that cannot serve is reported and its value is read, but kept nowhere."""
        around.waits_for_value, around.key, around.key_place = True, None, node.place
        if isinstance(node.value, (list, dict)):
            self._problem("yaml-key-not-text", node.place)
        elif not node.value:
            self._problem("yaml-key-empty", node.place)
        elif node.value == "<<" and plain:
            self._problem("yaml-merge-key", node.place)
        elif node.value in around.node.value:
            first = around.node.value[node.value].key
            self._problem("yaml-key-twice", node.place, key=node.value, other=str(first))
        else:
            around.key = node.value

    def _refuse_tag(self, tag: str | None, place: Place) -> None:
        if tag:
            self._problem("yaml-tag", place, tag=tag.replace("tag:yaml.org,2002:", "!!"))

    def _problem(self, code: str, place: Place, **facts: str) -> None:
        self.written.problems.append(Problem(code, place, facts))

    def _give_up(self, code: str, place: Place, **facts: str) -> bool:
        self._problem(code, place, **facts)
        self.gave_up = True
        return False


def _explained(fault: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """The parser's complaint in the reader's words. What the parser says is matched, never shown."""
    said, about = fault.problem or "", fault.context or ""
    place, around = _place(fault.problem_mark, file), _place(fault.context_mark, file)
    found = _character(text, fault.problem_mark)
    if "quoted scalar" in about and "end of stream" in said:
        return Problem("yaml-quote-open", around, {})
    if "unknown escape" in said:
        return Problem("yaml-escape", place, {})
    if "cannot start any token" in said:
        return Problem("yaml-tab" if found == "\t" else "yaml-character", place, {"found": found})
    if ("expected key" in said or "expected ','" in said) and _character(text, fault.problem_mark, -1) in "'\"":
        return Problem("yaml-quote-early", place, {})
    if "alias" in about or "anchor" in about:
        return Problem("yaml-character", around, {"found": _character(text, fault.context_mark)})
    if "mapping values are not allowed" in said:
        return Problem("yaml-colon", place, {})
    if "sequence entries are not allowed" in said:
        return Problem("yaml-dash", place, {})
    if "could not find expected ':'" in said:
        return Problem("yaml-colon-missing", around, {})
    if re.search(r"expected ',' or '[\]}]'", said):
        return Problem("yaml-bracket-open", around, {"closing": said[-2], "other": str(place)})
    if "node content" in said and found.strip():
        return Problem("yaml-character", place, {"found": found})
    if "expected key" in said or "expected '-'" in said:
        return Problem("yaml-indentation", place, {"other": str(around)})
    return Problem("yaml-syntax", place, {})


def _place(mark: yaml.Mark | None, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _character(text: str, mark: yaml.Mark | None, shift: int = 0) -> str:
    """The character at the mark, or beside it on the same line; a space where there is none."""
    lines = text.split("\n")
    if mark is None or mark.line >= len(lines) or not 0 <= mark.column + shift < len(lines[mark.line]):
        return " "
    return lines[mark.line][mark.column + shift]
