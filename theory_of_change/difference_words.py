"""A change between two theories in one plain sentence, and what it does to a series in another; Italian and English.

The sentences are in `words/difference.yml`. What changed is found by `difference`; nothing is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from theory_of_change.series import Because

if TYPE_CHECKING:
    from theory_of_change.difference import Change, Detail

_AROUND = 6  # words kept before and after what differs in a long text
_SHORT = 160  # characters; a text up to this length is shown whole


def sentence(change: Change, language: str) -> str:
    """The whole of what is to be said of a change, in `it` or `en`."""
    facts = {
        "what": f"{_named('block', change.block, language)} {change.id}",
        "details": "; ".join(_detail(detail, language) for detail in change.details),
        "other": change.other or "",
        "titled": _titled(change, language),
        "since": next((_say("since", language, day=d.new) for d in change.details if d.path[-1] == "at"), ""),
    }
    said = [_say(f"change.{_template(change)}", language, **facts)]
    if change.kind == "retired":
        said += [_say("change.why", language, words=_quoted(str(detail.new), language))
                 for detail in _spoken(change.details, language) if detail.path[-1] == "reason"]  # fmt: skip
        if change.other:
            said.append(_say("change.instead", language, other=change.other))
    if change.series:
        told = "; ".join(because(one, language) for one in change.because)
        gone = "-gone" if change.kind == "removed" else ""
        said.append(_say(f"series.{change.series}{gone}", language, because=told))
    return " ".join([*said, *(remark(one, language) for one in change.remarks)])


def heading(block: str, language: str) -> str:
    """The name of a group of changes."""
    return _named("heading", block, language)


def because(reason: Because, language: str) -> str:
    """One reason why a series continues, breaks or is bridged."""
    return _say(f"because.{reason.key}", language, **reason.facts)


def remark(reason: Because, language: str) -> str:
    """One thing to look at again, as a sentence."""
    return _say(f"remark.{reason.key}", language, **reason.facts)


def _template(change: Change) -> str:
    if change.kind == "reworded" and change.extent:
        return f"reworded-{change.extent}"
    if change.kind == "renamed" and change.details:
        return "renamed-too"
    return "rests" if change.kind == "respecified" and not change.details else change.kind


def _titled(change: Change, language: str) -> str:
    return _say("titled", language, words=_flat(change.title.within(language))) if change.title else ""


def _spoken(details: Sequence[Detail], language: str) -> list[Detail]:
    """Of a text in several languages the one that is spoken, else the first."""
    words = [d for d in details if d.language is not None]
    return [d for d in words if d.language in (language, "")] or words[:1]


def _detail(detail: Detail, language: str) -> str:
    name = _field(detail, language)
    if _is_set(detail.old) and _is_set(detail.new):
        came = [one for one in detail.new if one not in detail.old]
        went = [one for one in detail.old if one not in detail.new]
        if came or went:
            key = "in-out" if came and went else "in" if came else "out"
            shown = {"new": _values(came, language), "old": _values(went, language)}
            return _say(f"detail.{key}", language, field=name, **shown)
    if detail.nature == "words" and detail.old and detail.new:
        old, new = (_quoted(words, language) for words in _excerpts(_flat(detail.old), _flat(detail.new)))
    else:
        old, new = (None if value is None else _value(value, detail, language) for value in (detail.old, detail.new))
    key = "new" if old is None else "old" if new is None else "both"
    return _say(f"detail.{key}", language, field=name, old=old, new=new)


def _is_set(value: Any) -> bool:
    """True for a list of names, of which some come and some go; a pair of numbers is one value."""
    return isinstance(value, list) and all(isinstance(one, (str, list)) for one in value)


def _field(detail: Detail, language: str) -> str:
    """What a field is called: in words where there are any, else by its keys."""
    words = _words()
    for end in range(len(detail.path), 0, -1):
        known = words.get("field." + ".".join(detail.path[:end]))
        if known:
            name = " ".join([known[language], *detail.path[end:]])
            break
    else:
        name = ".".join(detail.path)
    if detail.language:
        spoken = words.get(f"language.{detail.language}", {}).get(language, detail.language)
        return f"{name} ({spoken})"
    return name


def _value(value: Any, detail: Detail, language: str) -> str:
    if detail.path == ("block",):
        return _quoted(heading(str(value), language), language)
    if isinstance(value, list) and not _is_set(value):
        return _quoted(" – ".join(_shown(one, language) for one in value), language)
    return _values(value, language) if isinstance(value, list) else _quoted(_shown(value, language), language)


def _values(values: Sequence[Any], language: str) -> str:
    return ", ".join(_quoted(_shown(value, language), language) for value in values)


def _shown(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return _say(f"value.{str(value).lower()}", language)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (int, float)):
        return str(value).replace(".", ",") if language == "it" else str(value)
    if isinstance(value, list):
        return " x ".join(_shown(one, language) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(one, language)}" for key, one in value.items())
    return _flat(str(value))


def _quoted(words: str, language: str) -> str:
    return _say("quoted", language, words=words)


def _flat(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """Two texts, cut where they are long and alike, so that what differs can be seen."""
    if max(len(old), len(new)) <= _SHORT:
        return old, new
    before, after = old.split(" "), new.split(" ")
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    tail = next((i for i in range(shorter - head) if before[-1 - i] != after[-1 - i]), shorter - head)
    return _cut(before, head, tail), _cut(after, head, tail)


def _cut(words: Sequence[str], head: int, tail: int) -> str:
    first, last = max(head - _AROUND, 0), min(len(words) - tail + _AROUND, len(words))
    return ("… " if first else "") + " ".join(words[first:last]) + (" …" if last < len(words) else "")


def _named(group: str, block: str, language: str) -> str:
    """The block's name, or its key where it is one this module has no word for yet."""
    return _words().get(f"{group}.{block}", {}).get(language, block)


def _say(key: str, language: str, **facts: object) -> str:
    return _words()[key][_one_of_two(language)].format(**facts)


def _one_of_two(language: str) -> str:
    return "it" if language.split("-")[0] == "it" else "en"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("theory_of_change").joinpath("words", "difference.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)
