"""An XLSForm, the workbook behind KoboToolbox and ODK, as a form.

Its sheets are read by the process that reads any workbook, inside its limits: converting the form, as pyxform does,
would bring an XForm nobody here needs. What a type means in a contract is said here; groups only lend their conditions,
and repeat groups have a sheet of their own in the export, so they are named and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from surveys.drafting.forms import Asked, Form, Note, Said, bare, said
from surveys.drafting.limesurvey import counts_up, no_answers
from surveys.files import TextTable
from surveys.headers import plain
from surveys.reading import read_table
from theory_of_change.languages import code_for
from theory_of_change.problems import ProblemsFound

_HEADERS = ("type", "name", "label", "list_name", "list name", "form_title", "default_language")
_LABEL = re.compile(r"label(?:::|:)?\s*(.*)", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(([A-Za-z-]+)\)\s*$")
_BOUNDS = re.compile(r"\.\s*>=\s*(-?\d+(?:\.\d+)?)\s+and\s+\.\s*<=\s*(-?\d+(?:\.\d+)?)")
_EQUALS = re.compile(r"\$\{(\w+)\}\s*=\s*(['\"])([^'\"]*)\2")
_ARITHMETIC = re.compile(r"[\d\s.+*/()-]*|.*\b(sum|count|round|number|int)\s*\(.*", re.DOTALL)
_MARKS = re.compile(r"\*\*|__|\$\{[^}]*\}")
_PLAIN_TYPES = {"text": "text", "barcode": "text", "hidden": "text", "integer": "number", "int": "number",
                "decimal": "number", "date": "date", "datetime": "datetime", "time": "time"}  # fmt: skip
_TOOL = ("deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit", "start-geopoint",
         "background-audio", "xml-external", "csv-external")  # fmt: skip
_MEDIA = ("image", "audio", "video", "file")
_PLACES = ("geopoint", "geotrace", "geoshape", "start-geopoint")


def is_xlsform(path: Path, file: str) -> bool:
    """True for a workbook with a sheet `survey` that has types and names."""
    try:
        headers = {plain(header) for header in read_table(path, file, _HEADERS, "survey").headers}
    except ProblemsFound:
        return False
    return {"type", "name"} <= headers


def read_xlsform(path: Path, file: str) -> Form:
    """The form in the workbook at `path`, called `file` in messages. Raises ProblemsFound, and nothing else."""
    rows = _records(read_table(path, file, _HEADERS, "survey"))
    choices = _choices(_sheet(path, file, "choices"))
    settings = next(iter(_sheet(path, file, "settings")), {})
    labels = [key for row in rows for key in row if _LABEL.fullmatch(key)]
    languages = tuple(dict.fromkeys(filter(None, map(_language, labels))))
    reader = _Reader(choices, languages)
    for row in rows:
        reader.read(row)
    title = bare(settings.get("form_title"))
    answered = next((name for name in ("end", "today", "start") if name in reader.noted), None)
    hints = [("person: …", Note("hint-person-column")), ("wave: pre", Note("hint-wave"))]
    hints += [] if answered else [("answered: _submission_time", Note("hint-answered"))]
    return Form(
        origin=path.name,
        kind="xlsform",
        title={languages[0] if languages else "it": title} if title else {},
        languages=languages or ("it",),
        asked=tuple(one for one in reader.asked if one.code != answered),
        keys={"files": {"pattern": "{id}*"}, **({"answered": reader.noted[answered]} if answered else {})},
        hints=tuple(hints),
        notes=tuple(Note("repeat", {"group": name}) for name in reader.repeats),
        drop=tuple(reader.drop),
    )


class _Reader:
    """What has been read of the sheet `survey` so far."""

    def __init__(self, choices: Mapping[str, Mapping[str, Said]], languages: tuple[str, ...]) -> None:
        self.choices, self.languages = choices, languages
        self.asked: list[Asked] = []
        self.drop: list[tuple[str, Note]] = []
        self.noted: dict[str, str] = {}
        self.repeats: list[str] = []
        self._groups: list[tuple[str, str]] = []
        self._inside_repeat = 0
        self._names: set[str] = set()

    def read(self, row: Mapping[str, str]) -> None:
        kind = " ".join(row.get("type", "").split())
        word, name = kind.split(" ")[0].casefold(), row.get("name", "").strip()
        if re.match(r"(?i)begin[ _](group|repeat)", kind):
            self._begin(kind, name, row)
        elif re.match(r"(?i)end[ _](group|repeat)", kind):
            self._inside_repeat -= "repeat" in kind.casefold() and self._inside_repeat > 0
            if self._groups:
                self._groups.pop()
        elif name and word and not self._inside_repeat:
            code = name if name not in self._names else "/".join([*(group for group, _ in self._groups), name])
            self._names.add(name)
            self._question(word, kind, code, row)

    def _begin(self, kind: str, name: str, row: Mapping[str, str]) -> None:
        self._groups.append((name, row.get("relevant", "").strip()))
        if "repeat" in kind.casefold():
            self._inside_repeat += 1
            self.repeats.append(name)

    def _question(self, word: str, kind: str, code: str, row: Mapping[str, str]) -> None:
        if word in ("start", "end", "today"):
            self.noted[word] = code
            self.asked.append(
                Asked({"code": code, "type": "date" if word == "today" else "datetime", "computed": True})
            )
        elif word == "note":
            self.drop.append((code, Note("drop-display")))
        elif word in _PLACES or word in _MEDIA or word in _TOOL:
            why = "place" if word in _PLACES else "media" if word in _MEDIA else "tool"
            self.drop.append((code, Note(f"drop-{why}")))
        else:
            keys, notes = self._keys(word, kind, row)
            condition, remark = self._shown(row)
            if condition is not None and (condition or keys["type"] == "multiple"):
                keys["asked_when"] = condition or "always"
            text = said((language, _MARKS.sub(" ", words)) for language, words in _labels(row, self.languages))
            self.asked.append(Asked({"code": code, "text": text, **keys}, (*notes, *remark)))

    def _keys(self, word: str, kind: str, row: Mapping[str, str]) -> tuple[dict[str, Any], list[Note]]:
        if word.startswith("select_") or word == "rank":
            return self._select(word, kind)
        if word == "range":
            ends = dict(re.findall(r"(start|end)\s*=\s*(-?\d+(?:\.\d+)?)", row.get("parameters", "")))
            return {"type": "scale", "range": [_number(ends.get("start", "1")), _number(ends.get("end", "10"))]}, []
        if word == "calculate":
            is_number = _ARITHMETIC.fullmatch(row.get("calculation", "")) is not None
            return {"type": "number" if is_number else "text", "computed": True}, [Note("equation")]
        if word in ("acknowledge", "trigger"):
            return {"type": "single", "answers": {"OK": {}}}, []
        keys: dict[str, Any] = {"type": _PLAIN_TYPES.get(word, "text")}
        if keys["type"] == "number" and (bounds := _BOUNDS.fullmatch(row.get("constraint", "").strip())):
            keys["range"] = [_number(bounds[1]), _number(bounds[2])]
        return keys, [] if word in _PLAIN_TYPES else [Note("type-unknown", {"type": word})]

    def _select(self, word: str, kind: str) -> tuple[dict[str, Any], list[Note]]:
        listed = kind.split(" ")[1] if " " in kind else ""
        answers = {code: dict(words) for code, words in self.choices.get(listed, {}).items()}
        if not answers:
            return {"type": "text"}, [Note("choices-file", {"file": listed or kind})]
        type_ = {"rank": "ranking"}.get(word, "multiple" if word.startswith("select_multiple") else "single")
        has_other = kind.casefold().endswith(("or_other", "or other"))
        gone = no_answers(answers)
        points = {code: words for code, words in answers.items() if code not in gone}
        if type_ == "single" and not has_other and len(points) > 3 and counts_up(points):
            numbers = sorted(int(code) for code in points)
            keys = {"type": "scale", "range": [numbers[0], numbers[-1]], "labels": points}
            remark = [Note("no-answer", {"codes": ", ".join(gone)})] if gone else []
            return {**keys, **({"missing": gone} if gone else {})}, [Note("scale"), *remark]
        notes = [Note("no-answer-kept", {"codes": ", ".join(gone)})] if gone and type_ == "single" else []
        return {"type": type_, "answers": answers, **({"other": True} if has_other else {})}, notes

    def _shown(self, row: Mapping[str, str]) -> tuple[dict[str, str] | None, list[Note]]:
        """The condition of the question and of the groups around it."""
        written = [
            one for one in (*(condition for _, condition in self._groups), row.get("relevant", "").strip()) if one
        ]
        found: dict[str, str] = {}
        asked = {one.code for one in self.asked if one.keys["type"] in ("single", "scale", "yes_no")}
        for part in (part for one in written for part in re.split(r"\s+and\s+", one)):
            match = _EQUALS.fullmatch(part.strip())
            if match is None or match[1] not in asked or match[1] in found:
                return None, [Note("condition", {"condition": bare(" and ".join(written), 200)})]
            found[match[1]] = match[3]
        return found, []


def _number(text: str) -> float | int:
    return int(float(text)) if float(text).is_integer() else float(text)


def _sheet(path: Path, file: str, name: str) -> list[dict[str, str]]:
    """The rows of a sheet that need not be there."""
    try:
        return _records(read_table(path, file, _HEADERS, name))
    except ProblemsFound:
        return []


def _records(table: TextTable) -> list[dict[str, str]]:
    names = [" ".join(header.split()) for header in table.headers]
    keys = [name.casefold() if "label" not in name.casefold() else name for name in names]
    columns = [table.cells[i].tolist() for i in range(len(keys))]
    return [{key: cell.strip() for key, cell in zip(keys, row, strict=True) if cell.strip()}
            for row in zip(*columns, strict=True)]  # fmt: skip


def _choices(rows: list[dict[str, str]]) -> dict[str, dict[str, Said]]:
    found: dict[str, dict[str, Said]] = {}
    for row in rows:
        listed, code = row.get("list_name") or row.get("list name"), row.get("name") or row.get("value")
        if listed and code:
            found.setdefault(listed, {}).setdefault(code, said(_labels(row, ())))
    return found


def _labels(row: Mapping[str, str], languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The words of a row by language; those of a column without one are in the first."""
    for key, words in row.items():
        if match := _LABEL.fullmatch(key):
            language = _language(key) or (languages[0] if languages and not match[1] else "" if match[1] else "it")
            if language:
                yield language, words


def _language(header: str) -> str:
    """The language of a column such as `label::Italiano (it)`; empty where it names none."""
    match = _LABEL.fullmatch(header)
    written = (match[1] if match else "").strip()
    code = _IN_BRACKETS.search(written)
    return code_for(code[1]) or "" if code else code_for(written) or "" if written else ""
