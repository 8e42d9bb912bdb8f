"""JSON Schemas for editors, generated from the models: names, choices and explanations while a file is being written.

`python -m theory_of_change.schema` refreshes `schema/*.json`; a test holds them fresh. Other packages write theirs with
`write_schema`. A schema helps while writing; what is right or wrong is decided in `loading`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Programme

FOLDER = Path(__file__).parent / "schema"

#: Every schema of this package, by file name.
SCHEMAS: Mapping[str, tuple[type[BaseModel], str]] = {
    "theory_of_change.json": (TheoryOfChange, "Theory of change / Teoria del cambiamento"),
    "programme.json": (Programme, "Programme / Programma"),
}


def schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of `model` as YAML editors need it: in the names of the file, tolerant where the loader is.

    The loader reads every value as the text it is, so an id or a version may look like a number, and a key with nothing
    after it counts as absent.
    """
    found = model.model_json_schema(by_alias=True)
    found = {key: _tolerant(part) for key, part in found.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": title}


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


def as_text(model: type[BaseModel], title: str) -> str:
    return json.dumps(schema(model, title), ensure_ascii=False, indent=2) + "\n"


def write_schema(model: type[BaseModel], path: Path, title: str) -> None:
    """Writes the schema of `model` to `path`, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(model, title), encoding="utf-8", newline="\n")


def main() -> None:
    for name, (model, title) in SCHEMAS.items():
        write_schema(model, FOLDER / name, title)
        print(FOLDER / name)


if __name__ == "__main__":
    main()
