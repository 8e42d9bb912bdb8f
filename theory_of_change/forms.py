"""What the models expect at a path of a file: which forms, which keys, and where else in the file a key may stand.

Knows the models' annotations alone. What is wrong where a file does not fit them is told in `translation`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

from theory_of_change.definition import LanguageCode
from theory_of_change.positions import Steps

#: Signs that YAML reads as its own where a text without quotes starts with one.
_TAKEN_BY_YAML = "!&*>|%@`\"'#{}[],?:-"


def expected(model: type[BaseModel], path: Steps) -> list[Any]:
    """The forms a value may have at `path`; empty where the model knows no such path."""
    forms: list[Any] = [model]
    for step in path:
        forms = [inner for form in forms for inner in _inside(form, step)]
    return forms


def keys(forms: Iterable[Any]) -> set[str]:
    """The keys of the blocks among these forms, in YAML's names."""
    return {key for form in forms if _is_block(form) for key in _fields(form)}


def choices(forms: Iterable[Any]) -> list[str]:
    """The fixed values among these forms."""
    return [str(choice) for form in forms if get_origin(form) is Literal for choice in get_args(form)]


def kind(form: Any) -> str:
    """`list`, `mapping`, `languages` (a text in several), `number` or `text`."""
    origin = get_origin(form) or form
    if origin is Literal:
        return "text"
    if isinstance(origin, type):
        if issubclass(origin, BaseModel):
            return "mapping"
        if issubclass(origin, Mapping):
            return "languages" if get_args(form)[:1] == (LanguageCode,) else "mapping"
        if issubclass(origin, (tuple, list, set, frozenset)) or origin is Sequence:
            return "list"
        if issubclass(origin, (int, float)):
            return "number"
    return "text"


def example(form: Any) -> str:
    """How a form looks, in YAML's own signs and so in no particular language."""
    match kind(form):
        case "list":
            return "[…, …]"
        case "languages":
            return "{it: …, en: …}"
        case "mapping":
            required = [key for key, field in _fields(form).items() if field.is_required()] if _is_block(form) else []
            return "{" + ", ".join(f"{name}: …" for name in required or ["…"]) + "}"
        case "number":
            return "0.5"
    return "…"


def in_yaml(word: str) -> str:
    """A value as it must be written, in quotes where YAML would take its first sign for one of its own."""
    return f'"{word}"' if word[:1] in _TAKEN_BY_YAML else word


@cache
def homes(model: type[BaseModel]) -> Mapping[str, tuple[str, ...]]:
    """For each key, the blocks it belongs to, as a reader names them: `indicators`, `indicators.measure`; "" is the top
    of the file."""
    found: dict[str, list[str]] = {}
    for where, key in _every_key(model, "", ()):
        if where not in found.setdefault(key, []):
            found[key].append(where)
    return {key: tuple(blocks) for key, blocks in found.items()}


def _every_key(form: Any, where: str, around: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    if form in around:
        return
    if _is_block(form):
        for key, field in _fields(form).items():
            yield where, key
            for inner in _forms(field.annotation):
                yield from _every_key(inner, f"{where}.{key}".lstrip("."), (*around, form))
    else:
        for inner in (inner for part in get_args(form) if get_origin(form) is not Literal for inner in _forms(part)):
            yield from _every_key(inner, where, around)


def _is_block(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)


def _fields(form: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in form.model_fields.items()}


def _forms(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without None and without pydantic's wrappings."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _forms(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [form for part in get_args(annotation) for form in _forms(part)]
    if annotation is types.NoneType or annotation is Ellipsis:
        return []
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _forms(annotation.model_fields["root"].annotation)
    return [annotation]


def _inside(form: Any, step: str | int) -> list[Any]:
    arguments = get_args(form)
    if _is_block(form):
        field = _fields(form).get(str(step))
        return _forms(field.annotation) if field else []
    if kind(form) == "list" and isinstance(step, int) and arguments:
        if get_origin(form) is tuple and Ellipsis not in arguments:
            return _forms(arguments[step]) if step < len(arguments) else []
        return _forms(arguments[0])
    if kind(form) in ("mapping", "languages") and len(arguments) == 2:
        return _forms(arguments[1])
    return []
