"""The fixed words of a report in one language, from `templates/words.yml`. Which words fit which numbers is for
`wording`; nothing here looks at data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from reports.shown import Md, escaped

_SLOT = re.compile(r"\{([a-z_]+)\}")
LANGUAGES = ("it", "en")


@cache
def _catalogue() -> Mapping[str, Any]:
    text = resources.files("reports").joinpath("templates/words.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


@dataclass(frozen=True)
class Phrases:
    """`phrases("value.ok", value=…)`: the words in `language`, with the slots filled by finished Markdown."""

    language: str

    def __call__(self, name: str, /, count: int | None = None, **facts: Md) -> Md:
        """The phrase; `count` chooses between `one` and `other`. Facts must have passed through `Shown` already."""
        for slot, fact in facts.items():
            if not isinstance(fact, Md):
                raise TypeError(f"{name}: {slot} is shown without being written down: {type(fact).__name__}")
        entry = self.entry(name)[self.language]
        if isinstance(entry, Mapping):
            entry = entry["one" if count == 1 else "other"]
        pieces, last = [], 0
        for slot in _SLOT.finditer(entry):
            pieces += [escaped_part(entry[last : slot.start()]), facts[slot[1]]]
            last = slot.end()
        return Md("".join([*pieces, escaped_part(entry[last:])]))

    def entry(self, name: str) -> Any:
        area, key = name.split(".", 1)
        return _catalogue()[area][key]

    def has(self, name: str) -> bool:
        area, key = name.split(".", 1)
        return key in _catalogue().get(area, {})

    def plain(self, name: str, count: int | None = None, **facts: str) -> str:
        """The phrase as plain text, for a figure or an attribute."""
        entry = self.entry(name)[self.language]
        if isinstance(entry, Mapping):
            entry = entry["one" if count == 1 else "other"]
        return _SLOT.sub(lambda slot: facts[slot[1]], entry)


def escaped_part(text: str) -> str:
    """Fixed words keep their spaces at both ends; only Markdown's signs are escaped."""
    inner = escaped(text.strip()) if text.strip() else ""
    if not inner:
        return text
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return lead + (text.strip() if inner == "–" else inner) + tail
