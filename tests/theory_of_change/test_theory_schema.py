"""What editors know about the files is what the models know, no more and no less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from theory_of_change.programme import Programme, Workspace
from theory_of_change.schema import DESCRIPTIONS, FOLDER, PART, SCHEMAS, as_text, part_as_text, schema, write_schema

EXAMPLES = Path(__file__).parent.parent.parent / "theory_of_change" / "examples"
WORDS = yaml.safe_load(DESCRIPTIONS.read_text(encoding="utf-8"))


class EditorLoader(yaml.CSafeLoader):
    """Reads plain words as YAML 1.2 does in editors: only numbers, true, false and null are no text."""


EditorLoader.yaml_implicit_resolvers = {}
for pattern, tag, starts in (
    (r"^(?:true|false)$", "bool", "tf"),
    (r"^(?:null|~|)$", "null", "n~\0"),
    (r"^[-+]?\d+$", "int", "-+0123456789"),
    (r"^[-+]?(?:\d+\.\d*|\.\d+)(?:e[-+]?\d+)?$", "float", "-+.0123456789"),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(starts))


def complaints(name: str, text: str) -> list[str]:
    model, title = SCHEMAS[name]
    validator = Draft202012Validator(schema(model, title, DESCRIPTIONS))
    return [error.message for error in validator.iter_errors(yaml.load(text, Loader=EditorLoader))]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_fresh(name: str) -> None:
    model, title = SCHEMAS[name]
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == as_text(model, title, DESCRIPTIONS), "refresh with: python -m theory_of_change.schema"


def blocks() -> Iterator[tuple[str, str]]:
    """Every block and key of both files, in the names of the file."""
    for model, title in SCHEMAS.values():
        found = schema(model, title)
        for name, block in {model.__name__: found, **found["$defs"]}.items():
            yield from ((name, key) for key in block.get("properties", {}))


def test_every_key_is_described_in_both_languages() -> None:
    lacking = [
        f"{block}.{key}" for block, key in blocks() if key not in WORDS.get(block, {}) and key not in WORDS["every"]
    ]
    assert lacking == [], f"describe them in {DESCRIPTIONS.name}"
    assert [words for block in WORDS.values() for words in block.values() if set(words) != {"it", "en"}] == []


def test_no_description_is_left_over() -> None:
    known = set(blocks())
    described = [(block, key) for block, keys in WORDS.items() if block != "every" for key in keys]
    assert [pair for pair in described if pair not in known] == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_itself_is_sound(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((FOLDER / name).read_text(encoding="utf-8")))


def test_the_schema_of_a_file_among_others_is_fresh_and_asks_for_no_block() -> None:
    assert (FOLDER / PART).read_text(encoding="utf-8") == part_as_text()
    validator = Draft202012Validator(json.loads(part_as_text()))
    text = "area: A-1\noutcomes: [{id: O, statement: E}]\n"
    assert list(validator.iter_errors(yaml.load(text, Loader=EditorLoader))) == []
    assert list(validator.iter_errors(yaml.load(text + "colore: rosso\n", Loader=EditorLoader)))


def test_editors_have_nothing_to_say_about_the_examples() -> None:
    part = Draft202012Validator(json.loads(part_as_text()))
    for folder in sorted(EXAMPLES.iterdir()):
        theory = Workspace(folder).theory
        if theory.is_dir():
            for file in sorted(theory.rglob("*.yml")):
                read = yaml.load(file.read_text(encoding="utf-8"), Loader=EditorLoader)
                assert [error.message for error in part.iter_errors(read)] == []
        else:
            assert complaints("theory_of_change.json", theory.read_text(encoding="utf-8")) == []
        assert complaints("programme.json", (folder / "programme.yml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("needs: [{id: N-1, statment: Casa}]", "statment"),
        ("needs: [{statement: Casa}]", "'id' is a required property"),
        ("outcomes: [{id: O, statement: E, term: soon}]", "soon"),
        ("links: [{id: L, from_: A, to: B}]", "from_"),
        ("colore: rosso", "colore"),
    ],
)
def test_editors_see_what_the_loader_would_refuse(wrong: str, word: str) -> None:
    head = "theory: {id: t, version: 1.0.0, title: T}\n"
    assert complaints("theory_of_change.json", head) == []
    assert any(word in complaint for complaint in complaints("theory_of_change.json", head + wrong))


@pytest.mark.parametrize("value", ["2024", "true", "1.5", "12:30"])
def test_words_that_look_like_numbers_are_text_to_editors_too(value: str) -> None:
    head = f"theory: {{id: t, version: 1.0.0, title: {value}}}\n"
    assert complaints("theory_of_change.json", head) == []


def test_other_packages_write_their_schemas_the_same_way(tmp_path: Path) -> None:
    write_schema(Programme, tmp_path / "new" / "programme.json", "Programme")
    written = json.loads((tmp_path / "new" / "programme.json").read_text(encoding="utf-8"))
    assert written["title"] == "Programme"
    assert written["required"] == ["id", "title", "calendar"]
