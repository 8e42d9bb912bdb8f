"""The fixed words exist in both languages with the same slots, and every one that is asked for is there."""

import re
from pathlib import Path

import pytest

import reports
from reports.phrases import LANGUAGES, Phrases, _catalogue
from reports.shown import Md

SLOT = re.compile(r"\{([a-z_]+)\}")
ENTRIES = [
    (f"{area}.{name}", entry)
    for area, entries in _catalogue().items()
    if area != "glossary"
    for name, entry in entries.items()
]
ASKED = re.compile(r'(?:phrases(?:\.plain|\.has)?|\bt|\._plain)\(\s*"([a-z_]+\.[a-z_]+)"|@\{word:([a-z_.]+)\}')


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=[name for name, _ in ENTRIES])
def test_a_phrase_has_every_language_with_the_same_slots(name, entry):
    assert set(entry) == set(LANGUAGES)
    slots = {language: set(SLOT.findall(str(entry[language]))) for language in LANGUAGES}
    assert slots["it"] == slots["en"]
    for words in entry.values():
        assert isinstance(words, str) or set(words) == {"one", "other"}
        assert not re.search(r"\d", str(words)), "a fixed phrase holds a number that no table would show"


def test_every_phrase_the_code_and_the_templates_name_exists():
    folder = Path(reports.__file__).parent
    sources = [*folder.glob("*.py"), *folder.glob("templates/**/*.j2"), *folder.glob("templates/theme/*")]
    asked = set()
    for path in sources:
        if path.is_file():
            asked |= {one or other for one, other in ASKED.findall(path.read_text(encoding="utf-8"))}
    assert len(asked) > 100
    assert asked - {name for name, _ in ENTRIES} == set()


def test_a_phrase_refuses_a_number_that_was_not_written_down():
    with pytest.raises(TypeError, match="value"):
        Phrases("it")("value.ok", value="12")
    assert Phrases("it")("value.ok", value=Md("12")) == "Il valore è 12."


def test_one_and_many():
    say = Phrases("it")
    assert say("unit.person", count=1) == "persona"
    assert say("unit.person", count=0) == "persone"
