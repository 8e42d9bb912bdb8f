"""JSON Schemas for editors, generated from the models: names, choices and explanations while a file is being written.

`python -m theory_of_change.schema` refreshes `schema/*.json`; a test holds them fresh. What editors say about each key
stands in `schema/descriptions.yml`. Other packages write theirs with `write_schema`. A schema helps while writing; what
is right or wrong is decided in `loading`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from theory_of_change.decisions import Decisions
from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Programme

FOLDER = Path(__file__).parent / "schema"
DESCRIPTIONS = FOLDER / "descriptions.yml"

#: Every schema of this package, by file name.
SCHEMAS: Mapping[str, tuple[type[BaseModel], str]] = {
    "theory_of_change.json": (TheoryOfChange, "Theory of change / Teoria del cambiamento"),
    "programme.json": (Programme, "Programme / Programma"),
    "decisions.json": (Decisions, "Decisions on assumptions / Decisioni sulle ipotesi"),
}
#: The schema of a single file where the theory is a folder of files.
PART = "theory_of_change_part.json"


def schema(model: type[BaseModel], title: str, descriptions: Path | None = None) -> dict[str, Any]:
    """The JSON Schema of `model` as YAML editors need it: in the names of the file, tolerant where the loader is.

    The loader reads every value as the text it is, so an id or a version may look like a number. `descriptions` is a
    YAML file of words by block and key, as `schema/descriptions.yml`; without it, the model's own words stand.
    """
    found = model.model_json_schema(by_alias=True)
    words = _words(descriptions) if descriptions else {}
    for name, block in {model.__name__: found, **found.get("$defs", {})}.items():
        for key, part in block.get("properties", {}).items():
            told = words.get(name, {}).get(key) or words.get("every", {}).get(key)
            if told:
                part["description"] = f"{told['it']}\n\n{told['en']}"
    found = {key: _tolerant(part) for key, part in found.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": title}


@cache
def _words(file: Path) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _tolerant(part: Any) -> Any:
    """Lets words that YAML takes for numbers or booleans pass as text; drops the titles pydantic makes up."""
    if isinstance(part, list):
        return [_tolerant(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {}
    for key, value in part.items():
        if key == "title" and isinstance(value, str):
            continue
        named = key in ("properties", "$defs") and isinstance(value, dict)
        kept[key] = {name: _tolerant(inner) for name, inner in value.items()} if named else _tolerant(value)
    if kept.get("type") == "string" and "enum" not in kept and "const" not in kept and kept.get("format") != "date":
        kept["type"] = ["string", "number", "boolean"]
    return kept


def as_text(model: type[BaseModel], title: str, descriptions: Path | None = None) -> str:
    return json.dumps(schema(model, title, descriptions), ensure_ascii=False, indent=2) + "\n"


def write_schema(model: type[BaseModel], path: Path, title: str, descriptions: Path | None = None) -> None:
    """Writes the schema of `model` to `path`, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(model, title, descriptions), encoding="utf-8", newline="\n")


def part_as_text() -> str:
    """The schema of one file of a theory that is a folder: any of its blocks, none required, and the file's `area`."""
    whole = schema(TheoryOfChange, "Theory of change, one file / Teoria del cambiamento, un file", DESCRIPTIONS)
    words = _words(DESCRIPTIONS)["every"]["area"]
    area = {"type": "string", "description": f"{words['it']}\n\n{words['en']}"}
    part = {key: value for key, value in whole.items() if key != "required"}
    part["properties"] = {"area": _tolerant(area), **whole["properties"]}
    return json.dumps(part, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    for name, (model, title) in SCHEMAS.items():
        write_schema(model, FOLDER / name, title, DESCRIPTIONS)
        print(FOLDER / name)
    (FOLDER / PART).write_text(part_as_text(), encoding="utf-8", newline="\n")
    print(FOLDER / PART)


if __name__ == "__main__":
    main()
