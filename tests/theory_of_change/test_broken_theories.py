"""Each file in tests/broken/theory is one mistake a user makes; `expected.yml` beside them has its exact message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from theory_of_change.coherence import examine
from theory_of_change.loading import load
from theory_of_change.model import Measure, Text, TheoryOfChange
from theory_of_change.problems import Place, render
from theory_of_change.programme import Calendar, Programme
from theory_of_change.rules import ScaleItem, SourceDetail
from theory_of_change.tables import Column, Table
from theory_of_change.versioning import changed_without_version, succession

FOLDER = Path(__file__).parent.parent / "broken" / "theory"
EXPECTED = yaml.safe_load((FOLDER / "expected.yml").read_text(encoding="utf-8"))
FILES = sorted(file for file in FOLDER.glob("*.yml") if file.name != "expected.yml")

PROGRAMME = Programme(
    id="prova",
    title=Text("Prova"),
    languages=("it", "en"),
    calendar=Calendar(start="2024-01-01", end="2026-12-31", every="half_year"),
)


def table(name: str, *columns: str, **roles: object) -> Table:
    return Table(name, "survey", Text(name), tuple(Column(column, "text") for column in columns), **roles)


SOURCES = {
    "residents": table("residents", "token", "trust", "area", person="token", aliases={"person": "token"}),
    "attendance": table("attendance", "day", "token", person="token", key=("day", "token")),
    "hubs": table("hubs", "hub"),
    "zones": Table(
        "zones", "survey", Text("zones"), (Column("zone", "category", labels=dict.fromkeys("AB", Text("…"))),)
    ),
}


def measured_otherwise(theory: TheoryOfChange) -> TheoryOfChange:
    """The same theory when its first indicator was a mean."""
    before = theory.indicators[0].model_copy(update={"measure": Measure(source="residents", mean="trust")})
    return theory.model_copy(update={"indicators": (before, *theory.indicators[1:])})


def with_more(block: str, **update: object) -> Callable[[TheoryOfChange], TheoryOfChange]:
    """The same theory in version 1.0.0, when it had one more of a block, like its first but for what is given."""

    def before(theory: TheoryOfChange) -> TheoryOfChange:
        there = getattr(theory, block)
        first = theory.theory.model_copy(update={"version": "1.0.0", "change_reason": None})
        return theory.model_copy(update={"theory": first, block: (*there, there[0].model_copy(update=update))})

    return before


def renamed(theory: TheoryOfChange) -> TheoryOfChange:
    older = with_more("indicators", id="IN-VECCHIO")(theory)
    return older.model_copy(update={"indicators": older.indicators[1:]})


#: What was run before, for files that say something else than it did.
BEFORE: dict[str, Callable[[TheoryOfChange], TheoryOfChange]] = {
    "indicator-changed-in-silence": measured_otherwise,
    "theory-changed-in-silence": with_more("outcomes", id="OC-2"),
    "version-going-back": with_more("outcomes", id="OC-2"),
    "version-without-a-reason": with_more("outcomes", id="OC-2"),
    "indicator-gone-in-silence": with_more(
        "indicators", id="IN-2", measure=Measure(source="residents", share="trust >= 5")
    ),
    "indicator-renamed-in-silence": renamed,
}


def item(**said: bool) -> dict[str, SourceDetail]:
    return {"residents": SourceDetail(items=(ScaleItem("trust", Place("surveys/residents.yml", 7, 5), **said),))}


#: What the files need to be known besides themselves.
ALSO: dict[str, Callable[[TheoryOfChange], dict[str, object]]] = {
    "indicator-nobody-delivers": lambda theory: {"details": {"hubs": SourceDetail(is_delivered=False)}},
    "scale-without-ends": lambda theory: {"details": item(has_range=False)},
    "scale-without-direction": lambda theory: {"details": item(has_direction=False)},
    "figure-the-data-contradict": lambda theory: {"reproduced": {"PF-1": 37.2, "PF-2": 30.4}},
}


def told(file: Path, language: str) -> str:
    """What `check` would print for this one file."""
    loaded = load(TheoryOfChange, file, file.parent)
    found = list(loaded.problems)
    if loaded.value is not None:
        also = ALSO.get(file.stem, lambda theory: {})(loaded.value)
        found += examine(loaded.value, PROGRAMME, loaded.places, SOURCES, **also)
        if file.stem in BEFORE:
            before = BEFORE[file.stem](loaded.value)
            found += succession(before, [before.theory.version], loaded.value, loaded.places)
            found += changed_without_version(before, loaded.value, loaded.places)
    return render(found, language)


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mistake_is_told_in_exactly_these_words(file: Path, language: str) -> None:
    assert told(file, language).splitlines() == EXPECTED[file.stem][language]


def test_every_expectation_has_its_file() -> None:
    assert sorted(EXPECTED) == sorted(file.stem for file in FILES)


def test_no_mistake_is_silent() -> None:
    assert all(told(file, "en") for file in FILES)
