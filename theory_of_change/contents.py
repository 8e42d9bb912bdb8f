"""What a block of the theory says, leaf by leaf: its words, its meaning, where it stands, what time added to it.

From this follow the fingerprints that tell one wording or one definition from another. Generic: it walks the fields of
any definition, so a new block or field needs nothing here. Comparing two theories belongs to `difference`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from theory_of_change.definition import Unit
from theory_of_change.model import ElementId, Text

Nature = Literal["words", "meaning", "place", "fact"]
Path = tuple[str, ...]

#: Fields that record how things went or where they are read from, and change nothing of what is claimed or computed.
_FACTS = frozenset(
    ("version", "status", "supersedes", "change_reason", "agreed_at", "agreed_by", "accept", "retired", "actual",
     "checked_at", "strength_of_evidence", "set_by", "set_at", "valid_from", "reviewer", "verdict", "approvals",
     "format", "files", "limesurvey", "sheet", "decimal", "date_format", "code", "sensitive")
)  # fmt: skip
#: Fields that sum a verdict up, in a block that has one; elsewhere they say what is hoped for.
_OF_A_VERDICT = frozenset(("direction", "strength"))
#: Fields that name other blocks without saying where this one stands.
_NO_PLACE = frozenset(
    ("id", "profile", "replaces", "replaced_by", "test", "answered_by", "indicator", "evaluation", "value_from",
     "scheme")
)  # fmt: skip
#: Lists in which the order says nothing.
_UNORDERED = frozenset(("disaggregation", "covariates", "languages", "missing"))
_ELEMENT_ID = next(part.pattern for part in get_args(ElementId)[1:] if getattr(part, "pattern", None))


@dataclass(frozen=True)
class Leaf:
    """One thing a block says: the value as JSON has it. `language` is set for words in one language."""

    nature: Nature
    value: Any
    language: str | None = None


def leaves(block: BaseModel, with_defaults: bool = True) -> dict[Path, Leaf]:
    """Everything `block` says by its path in YAML's names; nothing for what is empty. A text has a leaf for each of its
    languages, at a path that ends in the language (in `` for a plain one)."""
    return dict(_of_block(block, (), None, with_defaults))


def content_hash(block: BaseModel) -> str:
    """Fingerprint of everything a block says. The order of its keys, of references, and of the theory's lists changes
    nothing; nor does writing out what holds anyway."""
    return _hashed({"/".join(path): leaf.value for path, leaf in leaves(block, with_defaults=False).items()})


def meaning_hash(block: BaseModel) -> str:
    """Fingerprint of what is claimed and computed: neither its words nor what was noted as time went by."""
    return _hashed_natures(block, ("meaning", "place"))


def words_hash(block: BaseModel) -> str:
    """Fingerprint of the wording alone."""
    return _hashed_natures(block, ("words",))


def canonical(model: BaseModel) -> str:
    """A theory or contract as JSON that reads back as the same one, always written alike."""
    return _json(model.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def name_of(block: BaseModel) -> str:
    """What a reader calls a block: its id, else what it is about."""
    for own in ("id", "profile", "name", "indicator", "evaluation", "column"):
        if name := getattr(block, own, None):
            cell = getattr(block, "disaggregation", None) if own == "indicator" else None
            return " ".join([name, *(f"{key}={value}" for key, value in cell.items())]) if cell else str(name)
    return content_hash(block)


def blocks_of(model: BaseModel) -> Iterator[tuple[str, tuple[BaseModel, ...]]]:
    """Every list of named blocks in a theory or contract, and each single block, by its key in the YAML."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel) and not isinstance(value, Text) and hasattr(value, "id"):
            yield field.alias or name, (value,)
        elif _is_list_of_blocks(field, value):
            yield field.alias or name, value


def _is_list_of_blocks(field: FieldInfo, value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    return any(isinstance(part, type) and issubclass(part, BaseModel) and _has_name(part)
               for part in get_args(field.annotation))  # fmt: skip


def _has_name(kind: type[BaseModel]) -> bool:
    return any(own in kind.model_fields for own in ("id", "profile", "name", "indicator", "evaluation", "column"))


@cache
def _fields(kind: type[BaseModel]) -> tuple[tuple[str, str, Nature, Any], ...]:
    """Name, key, nature and default of every field of a kind of block."""
    found = []
    for name, field in kind.model_fields.items():
        key = field.alias or name
        is_fact = key in _FACTS or (key in _OF_A_VERDICT and "verdict" in kind.model_fields)
        nature: Nature = "fact" if is_fact else "place" if _stands_at(field, name) else "meaning"
        found.append((name, key, nature, field.get_default(call_default_factory=True)))
    return tuple(found)


def _of_block(block: BaseModel, path: Path, above: Nature | None, with_defaults: bool) -> Iterator[tuple[Path, Leaf]]:
    for name, key, own, default in _fields(type(block)):
        value = getattr(block, name)
        if value is None or value == () or (not with_defaults and value == default):
            continue
        nature = above or ("fact" if key == "evidence" and isinstance(value, tuple) else own)
        yield from _of_value(value, (*path, key), nature, with_defaults)


def _of_value(value: Any, path: Path, nature: Nature, with_defaults: bool) -> Iterator[tuple[Path, Leaf]]:
    if isinstance(value, Unit) and isinstance(value.root, str):
        yield path, Leaf(nature, value.root)  # one word means what it is; the same in several languages are words
    elif isinstance(value, Text):
        words = {"": value.root} if isinstance(value.root, str) else value.root
        for language, said in words.items():
            yield (*path, language), Leaf("fact" if nature == "fact" else "words", said, language)
    elif isinstance(value, BaseModel):
        yield from _of_block(value, path, "fact" if nature == "fact" else None, with_defaults)
    elif isinstance(value, Mapping):
        if any(isinstance(said, Text) for said in value.values()):
            yield path, Leaf(nature, sorted(value))
        for key, said in value.items():
            yield from _of_value(said, (*path, str(key)), nature, with_defaults)
    elif isinstance(value, tuple) and value:
        yield from _of_list(value, path, nature, with_defaults)
    elif value != ():
        yield path, Leaf(nature, _plain(value))


def _of_list(value: tuple[Any, ...], path: Path, nature: Nature, with_defaults: bool) -> Iterator[tuple[Path, Leaf]]:
    if all(isinstance(item, Text) for item in value):
        texts: dict[str, list[str]] = {}
        for item in value:
            for language, said in {"": item.root}.items() if isinstance(item.root, str) else item.root.items():
                texts.setdefault(language, []).append(said)
        for language, said in texts.items():
            yield (*path, language), Leaf("fact" if nature == "fact" else "words", " · ".join(said), language)
    elif all(isinstance(item, BaseModel) and _has_name(type(item)) for item in value):
        together: dict[str, list[BaseModel]] = {}
        for item in value:
            together.setdefault(name_of(item), []).append(item)
        for name in sorted(together):
            alike = together[name]  # an indicator may have several targets
            for number, item in enumerate(sorted(alike, key=content_hash) if len(alike) > 1 else alike, start=1):
                own = name if number == 1 else f"{name} {number}"
                yield from _of_block(item, (*path, own), "fact" if nature == "fact" else None, with_defaults)
    else:
        items = [_plain(item) for item in value]
        free = nature == "place" or path[-1] in _UNORDERED
        yield path, Leaf(nature, sorted(items, key=_json) if free else items)


def _stands_at(field: FieldInfo, name: str) -> bool:
    """True for a field that places the block among others, as a link's ends or what an indicator measures."""
    if name in _NO_PLACE:
        return False
    return any(getattr(part, "pattern", None) == _ELEMENT_ID for part in field.metadata) or _names_element(
        field.annotation
    )


def _names_element(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return any(getattr(part, "pattern", None) == _ELEMENT_ID for part in get_args(annotation)[1:])
    return get_origin(annotation) is not None and any(_names_element(part) for part in get_args(annotation))


def _plain(value: Any) -> Any:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _ANY.dump_python(value, mode="json")


_ANY = TypeAdapter(Any)


def _hashed_natures(block: BaseModel, natures: tuple[Nature, ...]) -> str:
    said = leaves(block, with_defaults=False)
    return _hashed({"/".join(path): leaf.value for path, leaf in said.items() if leaf.nature in natures})


def _hashed(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(_json(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
