"""YAML to nodes: every value stays text, and every key and value knows its file, line and column.

What makes a file unreadable as YAML is found here: keys written twice, references that grow without end. Works on the
parser's events, without recursion, so that no file can exhaust memory or the stack. What the words mean belongs to
`loading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from theory_of_change.decoding import read_text
from theory_of_change.positions import Entry, Node, name_within
from theory_of_change.problems import Place, Problem, with_hint
from theory_of_change.slips import slips_of
from theory_of_change.yaml_faults import explained

_NULLS = ("", "~", "null", "Null", "NULL")
_MOST_NODES = 1_000_000  # counted after references are followed
_DEEPEST = 60


@dataclass
class Written:
    """One file as written: its root, None where it cannot be read, and what is wrong with it as YAML."""

    file: str
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


def read_yaml(path: Path, root: Path) -> Written:
    """One YAML file as nodes with places. Never raises for anything the file holds."""
    written = Written(name_within(path, root))
    text = read_text(path, written.file, written.problems)
    if text is not None:
        compose(text, written)
    return written


def compose(text: str, written: Written) -> None:
    """Turns YAML text into nodes, into `written`."""
    builder = _Builder(written)
    try:
        for event in _events(text):
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as fault:
        written.root = None
        written.problems.append(explained(fault, text, written.file, builder.quoted))
        return
    except (yaml.YAMLError, ValueError, OverflowError):
        written.root = None
        written.problems.append(Problem("yaml-syntax", Place(written.file), {}))
        return
    written.root = builder.root if not builder.gave_up else None
    if written.root is not None and written.root.value is None:
        written.root = None
    if written.root is None and not written.problems:
        code = "file-only-comments" if text.strip() else "file-empty"
        written.problems.append(Problem(code, Place(written.file), {"file": written.file}))
    written.problems += builder.unused() if not builder.gave_up else []
    written.problems += slips_of(text, builder.plain_ends, written.file)


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
        self._unused: dict[str, Place] = {}
        self._documents = 0
        self.quoted: tuple[yaml.Mark, yaml.Mark] | None = None  # where the last text in quotes began and ended
        self.plain_ends: list[yaml.Mark] = []  # where texts of several words without quotes end

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
            node = Node(place, None if plain and event.value in _NULLS else event.value, plain=not event.style)
            if event.style in ("'", '"'):
                self.quoted = event.start_mark, event.end_mark
            elif plain and " " in event.value:
                self.plain_ends.append(event.end_mark)
            if event.anchor:
                self._anchor(event.anchor, place, node)
            return self._add(node, plain=plain)
        elif isinstance(event, yaml.AliasEvent):
            return self._follow(event.anchor, place)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._refuse_tag(event.tag, place)
            if len(self._open) >= _DEEPEST:
                return self._give_up("yaml-too-deep", place, most=str(_DEEPEST))
            if event.anchor:
                self._anchor(event.anchor, place, None)
            self._open.append(
                _Open(Node(place, [] if isinstance(event, yaml.SequenceStartEvent) else {}), event.anchor)
            )
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            closed = self._open.pop()
            if closed.anchor:
                self._anchors[closed.anchor] = closed.node
            return self._add(closed.node)
        return True

    def unused(self) -> list[Problem]:
        """Names given with `&` that nothing refers to: most often a text that starts with that sign."""
        return [Problem("yaml-anchor-unused", place, {"name": name}) for name, place in self._unused.items()]

    def _anchor(self, name: str, place: Place, node: Node | None) -> None:
        self._anchors[name] = node
        self._unused[name] = place

    def _follow(self, anchor: str, place: Place) -> bool:
        if anchor not in self._anchors:
            self._problem("yaml-reference-unknown", place, **with_hint({"name": anchor}, anchor, self._anchors))
            return self._add(Node(place, f"*{anchor}"))
        self._unused.pop(anchor, None)
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
