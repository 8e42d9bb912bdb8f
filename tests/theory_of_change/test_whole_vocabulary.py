"""One file that uses every key of the vocabulary keeps every rule, and reaches the published tables as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipelines.theory_tables import theory_tables
from theory_of_change.coherence import examine
from theory_of_change.loading import load
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.programme import Calendar, Programme
from theory_of_change.tables import Column, Table

FILE = Path(__file__).parent / "whole_vocabulary.yml"
PROGRAMME = Programme(
    id="p", title="P", languages=("it", "en"), calendar=Calendar(start="2024-01-01", end="2026-12-31", every="year")
)
VISITS = Table(
    "visits",
    "register",
    Text("Accessi"),
    (Column("visit", "text"), Column("day", "date"), Column("person", "person"), Column("hours", "number"),
     Column("project", "category"), Column("took_part", "boolean"), Column("area_code", "category")),
    key=("visit",),
    person="person",
    date="day",
)  # fmt: skip
LOADED = load(TheoryOfChange, FILE, FILE.parent)


def used(block: Any) -> Iterator[tuple[str, str]]:
    """Every key that is written somewhere, with the block it stands in."""
    if isinstance(block, BaseModel) and not isinstance(block, Text):
        for name in block.model_fields_set:
            yield type(block).__name__, name
            yield from used(getattr(block, name))
    elif isinstance(block, (tuple, list)):
        for one in block:
            yield from used(one)


def known(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    definitions = model.model_json_schema(by_alias=False)
    for name, block in {model.__name__: definitions, **definitions["$defs"]}.items():
        yield from ((name, key) for key in block.get("properties", {}))


def test_the_file_is_read_without_a_word() -> None:
    assert LOADED.problems == ()


def test_it_breaks_no_rule() -> None:
    problems = examine(LOADED.value, PROGRAMME, LOADED.places, {"visits": VISITS}, unread=["interviste"])
    assert [problem.line("en") for problem in problems if problem.code != "text-language-missing"] == []


def test_it_uses_every_key_there_is() -> None:
    shared = {"id", "area", "retired", "accept", "references", "note"}  # of any block; each is used in some
    lacking = set(known(TheoryOfChange)) - set(used(LOADED.value))
    assert {pair for pair in lacking if pair[1] not in shared} == set()
    assert shared <= {key for _, key in used(LOADED.value)}


def test_every_block_becomes_a_row_of_the_published_elements() -> None:
    elements = theory_tables(PROGRAMME, LOADED.value)["elements"]
    rows = {(row.kind, row.element_id): json.loads(row.attributes) for row in elements.itertuples()}
    assert rows["area", "P-1"]["parent"] == "A-ALL"
    assert rows["area", "P-0"]["retired"] == {"at": "2024-06-30", "reason": "Concluso", "replaced_by": "P-1"}
    assert rows["phase", "F-1"]["planned"] == {"start": "2024-01-01", "end": "2024-06-30"}
    assert rows["code_list", "qualita"]["codes"] == {"Q1": "Buona causa"}
    assert rows["assumption", "AS-1"]["test"] == ["IN-1", "EQ-1", {"theme": "isolamento", "from": "interviste"}]
    assert rows["dimension", "progetto"]["categories"] == {
        "P-1": {"it": "Orto sociale", "en": "Social garden"}, "P-0": "Vecchio progetto"}  # fmt: skip
