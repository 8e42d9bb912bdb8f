"""What every description of a questionnaire is brought to before it becomes a contract: a form.

A form says what the contract will say, question by question, without names for the columns, and carries the remarks a
person should read. How a form is made is in the module of its kind; how it is written down, in `writing`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

#: Words by language; the key `` where the language is not known.
Said = Mapping[str, str]
UNKNOWN = ""


@dataclass(frozen=True)
class Note:
    """A remark for whoever completes the draft: an entry of `words.yml` and what fills it."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One question as the contract will say it: its keys (without `name`), words by language, and remarks."""

    keys: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    name: str = ""

    @property
    def code(self) -> str:
        return self.keys["code"]


@dataclass(frozen=True)
class Form:
    """A whole questionnaire. `hints` are lines of YAML proposed as comments, each with its remark; `identifying`
    are columns that say who somebody is, each with where it goes."""

    origin: str
    kind: str
    title: Said
    languages: tuple[str, ...]
    asked: tuple[Asked, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)
    hints: tuple[tuple[str, Note], ...] = ()
    notes: tuple[Note, ...] = ()
    drop: tuple[tuple[str, Note], ...] = ()
    identifying: tuple[tuple[str, str, Note], ...] = ()


class _Bare(HTMLParser):
    """Keeps the words of a text with markup, and a space where a tag divided two of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.silent += tag in ("script", "style")
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style") and self.silent > 0
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\ud800-\udfff\ufeff\u202a-\u202e\u2066-\u2069]+"
)


def bare(text: str | None, most: int = 600) -> str:
    """The words of a text without markup, control characters and line breaks."""
    text = text or ""
    if "<" in text or "&" in text:
        reader = _Bare()
        reader.feed(text)
        reader.close()
        text = "".join(reader.words)
    words = " ".join(_UNPRINTABLE.sub(" ", html.unescape(text)).split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def said(pairs: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Words by language, empty ones left out."""
    return {language: words for language, text in pairs if (words := bare(text))}
