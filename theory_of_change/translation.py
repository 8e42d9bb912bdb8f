"""Pydantic's errors as problems: one for each mistake of the user, whatever the model tried meanwhile.

Says what is wrong with the meaning of one file. What the models expect is `forms`; words for keys are `key_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from theory_of_change import definition as vocabulary
from theory_of_change.forms import choices, example, expected, in_yaml, keys, kind
from theory_of_change.numbers_written import not_a_number
from theory_of_change.odd_signs import odd_sign
from theory_of_change.positions import Node, Places, Steps, snippet
from theory_of_change.problems import Place, Problem, catalogue, listed, nearest
from theory_of_change.unknown_keys import UnknownKeys

_MOST_ERRORS = 5_000  # of pydantic's, several of which may make one problem
_NUMBER_ERRORS = ("int_parsing", "int_parsing_size", "int_from_float", "float_parsing", "finite_number")
_BOUNDS = {"greater_than": (">", "gt"), "greater_than_equal": (">=", "ge"), "less_than": ("<", "lt"),
           "less_than_equal": ("<=", "le"), "multiple_of": ("×", "multiple_of")}  # fmt: skip
_PATTERNS = {
    "ElementId": "id-shape",
    "SourceId": "source-id-shape",
    "Lag": "lag-shape",
    "Version": "version-shape",
}
_SIGNS = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<="}  # as people write what the models call `>=`, `<=`


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


class Translation:
    """Pydantic's errors as problems: one for each mistake of the user, whatever the model tried meanwhile."""

    def __init__(self, model: type[BaseModel], places: Places) -> None:
        self.model = model
        self.places = places
        self._unknown = UnknownKeys(model, places)
        self._misspelt: set[tuple[Steps, str | None]] = set()
        self._cut: set[Steps] = set()  # the rest of a text that YAML cut at its comma, taken for a language

    def of(self, found: ValidationError) -> list[Problem]:
        told = found.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
        faults = [self._located(error) for error in told]
        self._misspelt = {
            (fault.path[:-1], self._unknown.meant(fault.path)) for fault in faults if fault.kind == "extra_forbidden"
        }
        self._cut = {fault.path for fault in faults if fault.kind == "language_unknown" and self._is_empty(fault.path)}
        unknown = [fault.path for fault in faults if fault.kind == "extra_forbidden"]
        sections = self._unknown.mistaken_sections(unknown)
        faults = [fault for fault in faults if not self._is_within(fault, sections) and not self._is_echo(fault)]
        retired = {_retirement(fault.path) for fault in faults if _is_no_retirement(fault)}
        faults = [fault for fault in faults if _retirement(fault.path) not in retired]
        told_at_once = [Problem("retired-shape", self.places.key(*path), {}) for path in retired if path]
        return [*sections.values(), *told_at_once, *self._settled(faults)]

    def _is_within(self, fault: _Fault, sections: Mapping[tuple[str, str], Problem]) -> bool:
        """True for what is wrong inside a section that is told as a whole."""
        return bool(fault.path) and (str(fault.path[0]), self.places.at(*fault.path).file) in sections

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
        facts = {"key": _label(path), "found": snippet(node)}
        if fault.missing is not None:
            return self._missing(fault, node)
        if fault.kind == "extra_forbidden":
            return self._unknown.problem(path, self._name(path[:-1]))
        if fault.on_key:
            facts = {"key": _label(path[:-1]), "found": str(path[-1])}
            if path in self._cut:
                quotes = self._typographic(path)
                if quotes:
                    return quotes
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
        said, context = fault.kind, fault.context
        odd = self._odd_sign(fault, place)
        if odd:
            return odd
        if said in ("literal_error", "enum"):
            return self._not_a_choice(fault.path, place, facts)
        if said in ("string_too_short",):
            return Problem("value-empty", place, {"key": facts["key"]})
        if said in ("too_short", "too_long"):
            bound = context.get("min_length", context.get("max_length"))
            return Problem(f"list-{said.replace('_', '-')}", place, {**facts, "bound": str(bound)})
        if said == "string_too_long":
            return Problem("text-too-long", place, {**facts, "most": str(context.get("max_length"))})
        if said == "string_pattern_mismatch":
            return self._misshapen(fault, place, facts)
        if said in _NUMBER_ERRORS:
            return not_a_number(said, place, facts)
        if said in _BOUNDS:
            sign, name = _BOUNDS[said]
            return Problem("number-out-of-range", place, {**facts, "bound": f"{sign} {context.get(name)}"})
        if said == "bool_parsing":
            return Problem("boolean-shape", place, facts)
        code = said.replace("_", "-")
        if code in catalogue():
            own = {name: listed(map(str, fact), 40) if isinstance(fact, (list, tuple)) else str(fact)
                   for name, fact in context.items()}  # fmt: skip
            return Problem(code, place, {**facts, **own})
        return Problem("value-invalid", place, facts)

    def _typographic(self, path: Steps) -> Problem | None:
        """The text that YAML cut at its comma, if its author did put it in quotes, though not in YAML's."""
        around = self.places.node(*path[:-1])
        for entry in around.value.values() if around else ():
            odd = odd_sign(entry.node.value) if isinstance(entry.node.value, str) else None
            if odd and odd.code == "sign-quotes" and odd.position == 0:
                return Problem(odd.code, entry.node.place, {"found": odd.found})
        return None

    def _odd_sign(self, fault: _Fault, place: Place) -> Problem | None:
        """A sign in the value that looks like another: where it stands explains more than what it made of the value."""
        node = self.places.node(*fault.path)
        odd = odd_sign(node.value) if node is not None and isinstance(node.value, str) and not fault.on_key else None
        if odd is None:
            return None
        column = place.column + odd.position if place.column and node.plain else place.column
        return Problem(odd.code, Place(place.file, place.line, column), {"found": odd.found})

    def _not_a_choice(self, path: Steps, place: Place, facts: dict[str, str]) -> Problem:
        allowed = choices(expected(self.model, path))
        facts = {**facts, "allowed": listed(map(in_yaml, allowed), 40)}
        hint = nearest(_SIGNS.get(facts["found"], facts["found"]), allowed)
        return Problem("choice-unknown", place, {**facts, "hint": in_yaml(hint)} if hint else facts)

    def _misshapen(self, fault: _Fault, place: Place, facts: dict[str, str]) -> Problem:
        """A word of the wrong shape; several in one place are a list without its commas."""
        pattern = fault.context.get("pattern", "")
        parts = re.split(r"[\s;]+", facts["found"].strip("; "))
        in_a_list = bool(fault.path) and isinstance(fault.path[-1], int)
        if in_a_list and len(parts) > 1 and all(re.fullmatch(pattern, part) for part in parts):
            return Problem("list-without-commas", place, {**facts, "right": f"[{', '.join(parts)}]"})
        return Problem(_pattern_code(pattern), place, facts)

    def _missing(self, fault: _Fault, node: Node | None) -> Problem:
        path, key = fault.path, str(fault.missing)
        if isinstance(fault.missing, int):
            return Problem("list-too-short", self.places.at(*path),
                           {"key": _label(path), "found": snippet(node), "bound": str(fault.missing + 1)})  # fmt: skip
        return Problem("key-missing", self.places.at(*path), {"key": key, "where": self._name(path)})

    def _name(self, path: Steps) -> str:
        """What the user calls the block at `path`: its id where it has one, else its key, else the file."""
        own_id = self.places.node(*path, "id")
        if own_id is not None and isinstance(own_id.value, str):
            return own_id.value
        return _label(path) or self.places.file

    def _wrong_shape(self, path: Steps) -> Problem:
        node, place, key = self.places.node(*path), self.places.at(*path), _label(path)
        if node is None or self._is_empty(path):
            return Problem("value-empty", self.places.key(*path), {"key": key})
        odd = odd_sign(_first_sign(node))
        if odd and odd.code == "sign-dash":
            return Problem(odd.code, node.place, {"found": odd.found})
        facts = {"key": key, "found": snippet(node)}
        forms = expected(self.model, path)
        kinds = {kind(form) for form in forms}
        if kinds == {"list"}:
            return Problem("expected-list", place, facts)
        if kinds == {"mapping"} and not keys(forms):
            return Problem("expected-pairs", place, facts)
        if kinds == {"mapping"}:
            return Problem("expected-mapping", place, {**facts, "allowed": listed(sorted(keys(forms)), 60)})
        if kinds == {"text", "languages"}:
            return Problem("expected-text", place, facts)
        if kinds <= {"text", "number"}:
            return Problem("expected-single", place, facts)
        return Problem("expected-form", place, {**facts, "forms": ", ".join(dict.fromkeys(map(example, forms)))})


def _label(path: Steps) -> str:
    """The key a reader would name for this path: the last one that is a word."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _pattern_code(pattern: str) -> str:
    for name, code in _PATTERNS.items():
        if any(getattr(part, "pattern", None) == pattern for part in getattr(vocabulary, name).__metadata__):
            return code
    return "value-invalid"


def _first_sign(node: Node) -> str:
    """Where a list was meant and is none, its dash is the first thing written."""
    written = next(iter(node.value), "") if isinstance(node.value, dict) else node.value
    return written[:1] if isinstance(written, str) else ""


def _retirement(path: Steps) -> Steps:
    """The part of a path that ends in a block's `retired`; empty where it has none."""
    return path[: path.index("retired") + 1] if "retired" in path[1:] else ()


def _is_no_retirement(fault: _Fault) -> bool:
    """True for a `retired` that is not the block it must be, whatever stands there instead."""
    at = _retirement(fault.path)
    if not at:
        return False
    return fault.missing is not None or fault.kind == "extra_forbidden" or (fault.path == at and not fault.on_key)
