"""The workspace's YAML to frozen models: every mistake with its place and a remedy, all at once, in plain words.

Reading YAML as text with places is `positions`; this module says what is wrong with the meaning of one file. What is
wrong between blocks, as an id nobody defines, belongs to `coherence`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError

from theory_of_change import model as vocabulary
from theory_of_change.model import TheoryOfChange
from theory_of_change.positions import Entry, Node, Places, Steps, Written, name_within, read_yaml
from theory_of_change.problems import Place, Problem, catalogue, errors, in_order, listed, nearest, with_hint
from theory_of_change.programme import Programme, Workspace

__all__ = ["Loaded", "Places", "load", "load_programme", "load_theory"]

T = TypeVar("T", bound=BaseModel)

_MOST_PROBLEMS = 1_000  # of one file: beyond, a list helps nobody
_MOST_ERRORS = 5 * _MOST_PROBLEMS  # of pydantic's, several of which may make one problem
_ONCE = ("theory", "format")

_NUMBER_ERRORS = ("int_parsing", "int_parsing_size", "int_from_float", "float_parsing", "finite_number")
_BOUNDS = {"greater_than": (">", "gt"), "greater_than_equal": (">=", "ge"), "less_than": ("<", "lt"),
           "less_than_equal": ("<=", "le"), "multiple_of": ("×", "multiple_of")}  # fmt: skip
_PATTERNS = {
    "ElementId": "id-shape",
    "SourceId": "source-id-shape",
    "Lag": "lag-shape",
    "Version": "version-shape",
}


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
    files = sorted(file for file in path.rglob("*") if file.suffix in (".yml", ".yaml") and file.is_file())
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
        problems.append(Problem("theory-area-elsewhere", own.node.place, {"found": _snippet(own.node)}))
        return {key: entry for key, entry in entries.items() if key != "area"}
    return {
        key: Entry(entry.key, Node(entry.node.place, [_within_area(one, own) for one in entry.node.value]))
        if isinstance(entry.node.value, list) and "area" in _keys(_expected(TheoryOfChange, (key, 0)))
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
            problems += _Translation(model, places).of(found)
    problems = in_order(problems)
    if len(problems) > _MOST_PROBLEMS:
        more = Problem("problems-too-many", Place(written.file), {"more": str(len(problems) - _MOST_PROBLEMS)})
        problems = [*problems[:_MOST_PROBLEMS], more]
    return Loaded(None if errors(problems) else value, places, tuple(problems))


def _top_level(root: Node) -> Problem:
    return Problem("top-level-not-mapping", root.place, {"found": _snippet(root)})


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


def _snippet(node: Node | None, room: int = 60) -> str:
    """What is written, on one line and shortened, in YAML's own signs."""
    if node is None or node.value is None:
        return ""
    if isinstance(node.value, str):
        words = " ".join(node.value.split())
    elif isinstance(node.value, list):
        words = "[" + ", ".join(_snippet(item, 20) for item in node.value[:4]) + (", …" * (len(node.value) > 4)) + "]"
    else:
        some = [f"{key}: {_snippet(entry.node, 20)}" for key, entry in list(node.value.items())[:4]]
        words = "{" + ", ".join(some) + (", …" * (len(node.value) > 4)) + "}"
    return words if len(words) <= room else words[: room - 1] + "…"


@dataclass(frozen=True)
class _Fault:
    """One of pydantic's errors, with its location split into a path of the file and the union branches taken."""

    kind: str
    path: Steps
    branches: tuple[tuple[Steps, str], ...]
    missing: str | int | None
    on_key: bool
    context: Mapping[str, Any]


def _is_of_form(kind: str) -> bool:
    """True for errors that say a list, mapping, text or number stands where another of these is expected."""
    return kind.endswith("_type")


class _Translation:
    """Pydantic's errors as problems: one for each mistake of the user, whatever the model tried meanwhile."""

    def __init__(self, model: type[BaseModel], places: Places) -> None:
        self.model = model
        self.places = places
        self._told_keys: set[Steps] = set()
        self._misspelt: set[tuple[Steps, str | None]] = set()
        self._cut: set[Steps] = set()  # the rest of a text that YAML cut at its comma, taken for a language

    def of(self, found: ValidationError) -> list[Problem]:
        told = found.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
        faults = [self._located(error) for error in told]
        self._misspelt = {
            (fault.path[:-1], nearest(str(fault.path[-1]), _keys(_expected(self.model, fault.path[:-1]))))
            for fault in faults
            if fault.kind == "extra_forbidden"
        }
        self._cut = {fault.path for fault in faults if fault.kind == "language_unknown" and self._is_empty(fault.path)}
        return self._settled(fault for fault in faults if not self._is_echo(fault))

    def _located(self, error: Mapping[str, Any]) -> _Fault:
        here, path, branches, missing = self.places.root, (), [], None
        loc = error["loc"]
        for number, step in enumerate(loc):
            below = here.child(step) if here else None
            last = number == len(loc) - 1
            if below is not None:
                here, path = below, (*path, step)
            elif last and error["type"] == "missing":
                missing = step
            elif step != "[key]":
                branches.append((path, str(step)))
        on_key = bool(loc) and loc[-1] == "[key]"
        return _Fault(error["type"], path, tuple(branches), missing, on_key, error.get("ctx", {}))

    def _is_echo(self, fault: _Fault) -> bool:
        """True for what is told already: a key that is missing because it is misspelt, a list that is too short because
        entries in it are wrong, the empty value of a piece of text."""
        if fault.missing is not None:
            return (fault.path, fault.missing) in self._misspelt
        if fault.path in self._cut and not fault.on_key:
            return True
        node = self.places.node(*fault.path)
        long_enough = node is not None and isinstance(node.value, list) and fault.context.get("min_length", 0)
        return fault.kind == "too_short" and bool(long_enough) and len(node.value) >= fault.context["min_length"]

    def _settled(self, faults: Iterable[_Fault]) -> list[Problem]:
        """Where the model tried several forms, keeps the errors of the form the user meant."""
        problems: list[Problem] = []
        tried: dict[Steps, dict[str, list[_Fault]]] = {}
        for fault in faults:
            if fault.branches:
                prefix, branch = fault.branches[0]
                rest = _Fault(fault.kind, fault.path, fault.branches[1:], fault.missing, fault.on_key, fault.context)
                tried.setdefault(prefix, {}).setdefault(branch, []).append(rest)
            else:
                problems.append(self._problem(fault))
        for prefix, branches in tried.items():
            meant = [
                branch
                for branch in branches.values()
                if not any(fault.path == prefix and _is_of_form(fault.kind) for fault in branch)
            ]
            if meant:
                problems += self._settled(min(meant, key=len))
            else:
                problems.append(self._wrong_shape(prefix))
        return problems

    def _is_empty(self, path: Steps) -> bool:
        node = self.places.node(*path)
        return node is not None and (node.value is None or node.value == "")

    def _problem(self, fault: _Fault) -> Problem:
        path, node = fault.path, self.places.node(*fault.path)
        facts = {"key": _label(path), "found": _snippet(node)}
        if fault.missing is not None:
            return self._missing(fault, node)
        if fault.kind == "extra_forbidden":
            return self._unknown_key(path)
        if fault.on_key:
            facts = {"key": _label(path[:-1]), "found": str(path[-1])}
            if path in self._cut:
                return Problem("text-cut-at-a-comma", self.places.key(*path), facts)
            return self._told(fault, self.places.key(*path), facts)
        if self._is_empty(path):
            return Problem("value-empty", self.places.key(*path), {"key": _label(path)})
        if path == ("format",):
            return Problem("format-unknown", self.places.at(*path), facts)
        if _is_of_form(fault.kind):
            return self._wrong_shape(path)
        return self._told(fault, self.places.at(*path), facts)

    def _told(self, fault: _Fault, place: Place, facts: dict[str, str]) -> Problem:
        kind, context = fault.kind, fault.context
        if kind in ("literal_error", "enum"):
            allowed = [str(choice) for choice in self._choices(fault.path)]
            return Problem("choice-unknown", place, with_hint({**facts, "allowed": listed(allowed, 40)}, facts["found"],
                                                              allowed))  # fmt: skip
        if kind in ("string_too_short",):
            return Problem("value-empty", place, {"key": facts["key"]})
        if kind in ("too_short", "too_long"):
            bound = context.get("min_length", context.get("max_length"))
            return Problem(f"list-{kind.replace('_', '-')}", place, {**facts, "bound": str(bound)})
        if kind == "string_too_long":
            return Problem("text-too-long", place, {**facts, "most": str(context.get("max_length"))})
        if kind == "string_pattern_mismatch":
            return Problem(_pattern_code(context.get("pattern", "")), place, facts)
        if kind in _NUMBER_ERRORS:
            return _not_a_number(kind, place, facts)
        if kind in _BOUNDS:
            sign, name = _BOUNDS[kind]
            return Problem("number-out-of-range", place, {**facts, "bound": f"{sign} {context.get(name)}"})
        if kind == "bool_parsing":
            return Problem("boolean-shape", place, facts)
        code = kind.replace("_", "-")
        if code in catalogue():
            own = {name: listed(map(str, fact), 40) if isinstance(fact, (list, tuple)) else str(fact)
                   for name, fact in context.items()}  # fmt: skip
            return Problem(code, place, {**facts, **own})
        return Problem("value-invalid", place, facts)

    def _missing(self, fault: _Fault, node: Node | None) -> Problem:
        path, key = fault.path, str(fault.missing)
        if isinstance(fault.missing, int):
            return Problem("list-too-short", self.places.at(*path),
                           {"key": _label(path), "found": _snippet(node), "bound": str(fault.missing + 1)})  # fmt: skip
        return Problem("key-missing", self.places.at(*path), {"key": key, "where": self._name(path)})

    def _name(self, path: Steps) -> str:
        """What the user calls the block at `path`: its id where it has one, else its key, else the file."""
        own_id = self.places.node(*path, "id")
        if own_id is not None and isinstance(own_id.value, str):
            return own_id.value
        return _label(path) or self.places.file

    def _unknown_key(self, path: Steps) -> Problem:
        key = str(path[-1])
        allowed = sorted(_keys(_expected(self.model, path[:-1])))
        facts = with_hint({"key": key, "where": self._name(path[:-1])}, key, allowed)
        place = self.places.key(*path)
        if "hint" in facts or path[:-1] in self._told_keys:  # one list of keys is enough for a block
            return Problem("key-misspelt", place, facts)
        self._told_keys.add(path[:-1])
        return Problem("key-unknown", place, {**facts, "allowed": listed(allowed, 60)})

    def _choices(self, path: Steps) -> list[Any]:
        return [
            choice for form in _expected(self.model, path) if get_origin(form) is Literal for choice in get_args(form)
        ]

    def _wrong_shape(self, path: Steps) -> Problem:
        node, place, key = self.places.node(*path), self.places.at(*path), _label(path)
        if node is None or self._is_empty(path):
            return Problem("value-empty", self.places.key(*path), {"key": key})
        facts = {"key": key, "found": _snippet(node)}
        forms = _expected(self.model, path)
        kinds = {_kind(form) for form in forms}
        if kinds == {"list"}:
            return Problem("expected-list", place, facts)
        if kinds == {"mapping"} and not _keys(forms):
            return Problem("expected-pairs", place, facts)
        if kinds == {"mapping"}:
            return Problem("expected-mapping", place, {**facts, "allowed": listed(sorted(_keys(forms)), 60)})
        if kinds == {"text", "languages"}:
            return Problem("expected-text", place, facts)
        if kinds <= {"text", "number"}:
            return Problem("expected-single", place, facts)
        return Problem("expected-form", place, {**facts, "forms": ", ".join(dict.fromkeys(map(_example, forms)))})


def _label(path: Steps) -> str:
    """The key a reader would name for this path: the last one that is a word."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _pattern_code(pattern: str) -> str:
    for name, code in _PATTERNS.items():
        if any(getattr(part, "pattern", None) == pattern for part in getattr(vocabulary, name).__metadata__):
            return code
    return "value-invalid"


def _not_a_number(kind: str, place: Place, facts: dict[str, str]) -> Problem:
    """Says what kind of number-like text it is, and how to write the number where that is certain."""
    found = facts["found"]
    whole, comma, decimals = found.partition(",")
    if comma and whole.lstrip("+-").isdecimal() and decimals.isdecimal():
        return Problem("number-comma", place, {**facts, "right": f"{whole}.{decimals}"})
    bare = found.rstrip("% ").replace(",", ".")
    if found.endswith("%") and bare.replace(".", "", 1).isdecimal():
        return Problem("number-percent", place, {**facts, "right": f"{float(bare) / 100:g}"})
    return Problem("number-not-whole" if kind == "int_from_float" else "number-shape", place, facts)


# What the models expect at a path of the file ------------------------------------------------------------------------


def _forms(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without None and without pydantic's wrappings."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _forms(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [form for part in get_args(annotation) for form in _forms(part)]
    if annotation is types.NoneType:
        return []
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _forms(annotation.model_fields["root"].annotation)
    return [annotation]


def _inside(form: Any, step: str | int) -> list[Any]:
    arguments = get_args(form)
    if isinstance(form, type) and issubclass(form, BaseModel):
        field = next((f for name, f in form.model_fields.items() if (f.alias or name) == step), None)
        return _forms(field.annotation) if field else []
    if _kind(form) == "list" and isinstance(step, int) and arguments:
        if get_origin(form) is tuple and Ellipsis not in arguments:
            return _forms(arguments[step]) if step < len(arguments) else []
        return _forms(arguments[0])
    if _kind(form) in ("mapping", "languages") and len(arguments) == 2:
        return _forms(arguments[1])
    return []


def _expected(model: type[BaseModel], path: Steps) -> list[Any]:
    forms: list[Any] = [model]
    for step in path:
        forms = [inner for form in forms for inner in _inside(form, step)]
    return forms


def _keys(forms: Iterable[Any]) -> set[str]:
    return {
        field.alias or name
        for form in forms
        if isinstance(form, type) and issubclass(form, BaseModel)
        for name, field in form.model_fields.items()
    }


def _kind(form: Any) -> str:
    origin = get_origin(form) or form
    if origin is Literal:
        return "text"
    if isinstance(origin, type):
        if issubclass(origin, BaseModel):
            return "mapping"
        if issubclass(origin, Mapping):
            return "languages" if get_args(form)[:1] == (vocabulary.LanguageCode,) else "mapping"
        if issubclass(origin, (tuple, list, set, frozenset)) or origin is Sequence:
            return "list"
        if issubclass(origin, (int, float)):
            return "number"
    return "text"


def _example(form: Any) -> str:
    """How a form looks, in YAML's own signs and so in no particular language."""
    kind = _kind(form)
    if kind == "list":
        return "[…, …]"
    if kind == "languages":
        return "{it: …, en: …}"
    if kind == "mapping":
        required = [
            field.alias or name for name, field in getattr(form, "model_fields", {}).items() if field.is_required()
        ]
        return "{" + ", ".join(f"{name}: …" for name in required or ["…"]) + "}"
    return "0.5" if kind == "number" else "…"
