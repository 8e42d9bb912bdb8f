"""Whatever bytes a definition file holds, reading it ends in a model or in problems, never in an exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from theory_of_change.coherence import examine
from theory_of_change.loading import load
from theory_of_change.model import TheoryOfChange
from theory_of_change.problems import as_json, render
from theory_of_change.programme import Calendar, Programme

KEYS = [
    *TheoryOfChange.model_fields,
    *("id", "statement", "from", "to", "for", "measure", "measures", "it", "en", "value", "by", "indicator", "title"),
    *("unit", "share", "formula", "accept", "period", "version", "disaggregation"),
]
WORDS = ["a", "b", "OC-1", "1.0.0", "2024-02-30", "0,6", "{a}", "between", "1", "true", "null", ""]
PROGRAMME = Programme(id="p", title="P", calendar=Calendar(start="2024-01-01", end="2024-12-31"))

values = st.recursive(
    st.sampled_from(WORDS) | st.text(max_size=8) | st.integers() | st.floats() | st.booleans() | st.none() | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner),
    max_leaves=25,
)
theories = st.dictionaries(st.sampled_from(list(TheoryOfChange.model_fields)), values)


def read(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "theory_of_change.yml"
        file.write_bytes(content)
        loaded = load(TheoryOfChange, file, Path(folder))
    problems = list(loaded.problems)
    if loaded.value is not None:
        problems += examine(loaded.value, PROGRAMME, loaded.places, {})
    else:
        assert problems, "a file that is not understood must say why"
    for language in ("it", "en"):
        for line in render(problems, language).splitlines():
            assert line.startswith("theory_of_change.yml"), line
            assert "pydantic" not in line
        as_json(problems, language)


relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    read(content)


@relaxed
@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#?,<= \n\t\\~", max_size=60))
def test_any_text_of_yaml_signs(text: str) -> None:
    read(text.encode())


@relaxed
@given(theories)
def test_any_yaml(document: object) -> None:
    read(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@relaxed
@given(values)
def test_any_value_below_a_sound_theory(value: object) -> None:
    document = {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "outcomes": value, "links": [value]}
    read(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))
