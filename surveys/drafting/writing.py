"""A form as the YAML of a contract: names given, words in every language, remarks as comments.

What is written is read back and checked before anybody sees it. How a form came about is in the module of its kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any

import yaml

from surveys.drafting.forms import Asked, Form, Note, bare
from surveys.drafting.naming import name_for, own_name
from surveys.questionnaire import Survey, contradictions
from surveys.questions import Question, fields_of
from theory_of_change.problems import spoken_in

SCHEMA_LINE = "# yaml-language-server: $schema=../.schema/survey.json"
_WIDTH = 118
_ORDER = ("name", "code", "position", "type", "text", "part", "separator", "rows", "columns", "answers", "labels",
          "range", "missing", "other", "comment", "asked_when", "computed", "unit", "sensitive")  # fmt: skip


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("surveys.drafting").joinpath("words.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def told(note: Note, language: str) -> str:
    """A remark in one language, on one line."""
    words = _words()[note.code][spoken_in(language)]
    return " ".join(words.format(**note.facts).split())


def named(form: Form, taken: Iterable[str] = ()) -> list[tuple[str, Asked]]:
    """Every question with the name of its columns, no two columns alike."""
    used = {name.casefold() for name in (*taken, *_role_columns(form))}
    found = []
    for one in form.asked:
        words = one.keys.get("text") or one.code
        words = {"": words} if isinstance(words, str) else words
        text = next((words[code] for code in form.languages if words.get(code)), "") or next(iter(words.values()), "")
        stem = one.name or name_for(one.code, _told_apart(one, text))
        number, name = 1, stem
        while used & (columns := {name.casefold(), *_columns(name, one)}):
            number += 1
            name = f"{stem}_{number}"
        used |= columns
        found.append((name, one))
    return found


def _told_apart(one: Asked, text: str) -> str:
    """For the two scales of one array the words that differ come first."""
    return " ".join(reversed(text.split(" – "))) if one.keys.get("part") else text


def _columns(name: str, one: Asked) -> set[str]:
    question = Question.model_validate({"name": "q", **_checked(one.keys)})
    return {f"{name}{field.column.name[1:]}".casefold() for field in fields_of(question)}


def _role_columns(form: Form) -> list[str]:
    roles = [form.keys.get("answered"), form.keys.get("person")]
    return [*form.keys.get("key", ()), *filter(None, roles), "person", "answered", "wave"]


def contract_of(form: Form, id: str) -> Survey:
    """The form as a contract. Raises ValueError where it would contradict itself, which is a fault of ours."""
    keys = dict(_source(form, id))
    contract = Survey.model_validate(
        {
            "id": id,
            "title": form.title or _file_name(form) or id,
            **keys,
            "drop": [name for name, _ in form.drop],
            "identifying": [{"column": name, "keep": keep} for name, keep, _ in form.identifying],
            "questions": [{"name": name, **_checked(one.keys)} for name, one in named(form)],
        }
    )
    if found := list(contradictions(contract)):
        raise ValueError(f"{found[0].code} {found[0].path} {dict(found[0].facts)}")
    return contract


def _file_name(form: Form) -> str:
    """What the file is called, for a form without a title of its own."""
    return bare(own_name(PurePath(form.origin).stem), 200)


def _source(form: Form, id: str) -> Iterator[tuple[str, Any]]:
    for key, value in form.keys.items():
        if key == "files":
            value = {"pattern": value["pattern"].format(id=id)}
        yield key, value


def _checked(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The keys as the contract's model takes them: labels without any words are their own codes."""
    made = dict(keys)
    for name in ("answers", "labels", "rows", "columns"):
        if name in made:
            made[name] = {code: (words or str(code)) for code, words in made[name].items()}
    if not made.get("text"):
        made.pop("text", None)
    return made


# YAML -----------------------------------------------------------------------------------------------------------------


def as_yaml(form: Form, id: str, language: str) -> str:
    """The draft, in the style of the examples, with remarks in `language`."""
    contract_of(form, id)
    lines = [SCHEMA_LINE, *_comment(told(Note("header", {"origin": form.origin}), language))]
    lines += _comment(told(Note("decide"), language))
    codes = [Note("decide-names"), *form.notes]
    codes += [] if any(note.code == "anonymous" for note in form.notes) else [Note("decide-person")]
    codes += [] if form.keys.get("answered") else [Note("no-date")]
    for note in (*codes, Note("decide-consent"), Note("decide-personal")):
        lines += _comment(f"- {told(note, language)}", margin="  ")
    lines += [f"id: {_scalar(id)}", f"title: {_flow(form.title or _file_name(form) or id)}"]
    for key, value in _source(form, id):
        lines += _comment(told(Note("person-found"), language)) if key == "person" else []
        lines += [f"{key}: {_flow(value)}"]
    for line, note in form.hints:
        lines += [*_comment(f"{told(note, language)}:"), f"#   {line}"]
    if form.identifying:
        lines += [*_comment(told(Note("identifying"), language)), "identifying:"]
        lines += _aligned([(f"  - {_flow({'column': name, 'keep': keep})}", told(note, language))
                           for name, keep, note in form.identifying])  # fmt: skip
    if form.drop:
        lines += ["drop:"]
        lines += _aligned([(f"  - {_scalar(name)}", told(note, language)) for name, note in form.drop])
    lines += ["questions:"] if form.asked else ["questions: []"]
    for name, one in named(form):
        for note in one.notes:
            lines += _comment(told(note, language), "  ")
        lines += _question({"name": name, **_checked(one.keys)})
    return "\n".join(lines) + "\n"


def _question(keys: Mapping[str, Any]) -> list[str]:
    """On one line where it fits, else one key a line."""
    ordered = {key: keys[key] for key in (*_ORDER, *sorted(set(keys) - set(_ORDER))) if key in keys}
    whole = f"  - {_flow(ordered)}"
    if len(whole) <= _WIDTH and "text" not in ordered:
        return [whole]
    lines = []
    for key, value in ordered.items():
        lines += _entry(key, value, "    ")
    return [f"  - {lines[0].lstrip()}", *lines[1:]]


def _entry(key: str, value: Any, indent: str) -> list[str]:
    line = f"{indent}{_key(key)}: {_flow(value)}"
    is_listed = isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values())
    if not isinstance(value, Mapping) or (len(line) <= _WIDTH and not is_listed):
        return [line]
    inside = [line for name, inner in value.items() for line in _entry(str(name), inner, f"{indent}  ")]
    return [f"{indent}{_key(key)}:", *inside]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else _scalar(value)


def _key(text: str) -> str:
    return _scalar(text)


def _scalar(text: str) -> str:
    """The text without quotes where YAML reads it back as it is, also inside brackets; else in double quotes."""
    try:
        is_plain = yaml.safe_load(f"[{text}]") == [text] and yaml.safe_load(f"{{{text}: 1}}") == {text: 1}
        is_plain = is_plain and yaml.safe_load(f"a: {text}") == {"a": text} and text.isprintable()
    except (yaml.YAMLError, ValueError, TypeError):
        is_plain = False
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _comment(text: str, indent: str = "", margin: str = "") -> list[str]:
    """The words as lines of comment no wider than the page."""
    lines, line = [], f"{indent}#{margin}"
    for word in text.split():
        if len(line) + len(word) + 1 > _WIDTH:
            lines.append(line)
            line = f"{indent}#{margin}  "
        line += f" {word}"
    return [*lines, line]


def _aligned(pairs: list[tuple[str, str]]) -> list[str]:
    """Lines with a comment behind each, in one column."""
    width = max((len(line) for line, _ in pairs), default=0)
    return [f"{line:<{width}}  # {words}" for line, words in pairs]
