"""From files to models: what a workspace's YAML may look like, and what is said when a file cannot be read at all."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from theory_of_change.loading import Loaded, Places, load, load_programme, load_theory
from theory_of_change.model import TheoryOfChange
from theory_of_change.problems import Place, render
from theory_of_change.programme import Programme, Workspace

THEORY = "theory: {id: t, version: 1.0.0, title: T}\n"
PROGRAMME = """\
id: costellazioni-civiche
title: {it: Costellazioni civiche, en: Civic constellations}
languages: [it, en]
calendar: {start: 2024-01-01, end: 2026-12-31, every: half_year}
"""


def read(folder: Path, text: str | bytes) -> Loaded[TheoryOfChange]:
    file = folder / "theory_of_change.yml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(TheoryOfChange, file, folder)


def told(loaded: Loaded) -> list[str]:
    return render(loaded.problems, "en").splitlines()


# What is written is what is meant


def test_values_stay_as_written_and_fields_decide_their_type(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        THEORY
        + """\
stakeholders:
  - {id: no, name: no, population_size: 1200, underserved: yes}
milestones:
  - {id: M-1, statement: 12:30, due: 2024-05-01, weight: 1.10}
dimensions:
  - {id: area, categories: {01: Aurora, no: Norvegia, 1.10: Borgo}}
indicators:
  - id: IN-1
    title: 2024-05-01
    measures: [no]
    unit: 5×1000
    measure: {from: residents, share: "trust >= 4"}
    disaggregation: [01, [no, yes]]
""",
    )
    assert told(loaded) == []
    theory = loaded.value
    stakeholder, milestone, indicator = theory.stakeholders[0], theory.milestones[0], theory.indicators[0]
    assert (stakeholder.id, stakeholder.name.root, stakeholder.population_size, stakeholder.underserved) == (
        "no",
        "no",
        1200,
        True,
    )
    assert (milestone.statement.root, milestone.due, milestone.weight) == ("12:30", dt.date(2024, 5, 1), 1.1)
    assert list(theory.dimensions[0].categories) == ["01", "no", "1.10"]
    assert indicator.title.root == "2024-05-01"
    assert indicator.unit.root == "5×1000"
    assert indicator.disaggregation == ("01", ("no", "yes"))


def test_quotes_make_no_difference_but_for_the_words_of_nothing(tmp_path: Path) -> None:
    plain = read(tmp_path, THEORY + "milestones: [{id: M-1, statement: Sì, due: 2024-05-01, weight: 2}]\n")
    quoted = read(tmp_path, THEORY + 'milestones: [{id: "M-1", statement: "Sì", due: "2024-05-01", weight: "2"}]\n')
    assert plain.value == quoted.value
    nothing = read(tmp_path, THEORY + "milestones: [{id: M-1, statement: S, due: null, weight: ~, document: }]\n")
    assert (nothing.value.milestones[0].due, nothing.value.milestones[0].weight) == (None, None)
    word = read(tmp_path, THEORY + 'needs: [{id: N-1, statement: "null"}]\n')
    assert word.value.needs[0].statement.root == "null"


def test_inclusive_spelling_and_typographic_signs_survive(tmp_path: Path) -> None:
    loaded = read(tmp_path, THEORY + "needs: [{id: N-1, statement: «Cittadinə distanti» – 5×1000}]\n")
    assert loaded.value.needs[0].statement.root == "«Cittadinə distanti» – 5×1000"


def test_a_key_with_nothing_after_it_counts_as_absent(tmp_path: Path) -> None:
    loaded = read(tmp_path, THEORY + "indicators:\noutcomes:\n  - {id: OC-1, statement: Esito, term: }\n")
    assert told(loaded) == []
    assert loaded.value.indicators == ()
    assert loaded.value.outcomes[0].term is None


def test_a_theory_without_any_indicator_is_valid(tmp_path: Path) -> None:
    assert read(tmp_path, THEORY).value is not None


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_files_saved_by_windows_editors_are_read(tmp_path: Path, change) -> None:
    assert told(read(tmp_path, change(THEORY + "needs: []\n"))) == []


def test_references_to_a_written_value_are_followed(tmp_path: Path) -> None:
    loaded = read(
        tmp_path, THEORY + "needs:\n  - {id: N-1, statement: &s {it: Casa, en: Home}}\n  - {id: N-2, statement: *s}\n"
    )
    assert [need.statement.within("en") for need in loaded.value.needs] == ["Home", "Home"]
    assert loaded.places.at("needs", 1, "statement") == Place("theory_of_change.yml", 4, 26)


# Only the names of the file are names


@pytest.mark.parametrize("key", ["source", "from_"])
def test_a_name_from_the_program_is_no_key_of_the_file(tmp_path: Path, key: str) -> None:
    measure = f"measure: {{from: residents, {key}: residents, mean: trust}}"
    loaded = read(tmp_path, THEORY + f"indicators: [{{id: I, title: T, measures: [t], unit: u, {measure}}}]\n")
    assert [(problem.code, problem.facts["key"]) for problem in loaded.problems] in (
        [("key-unknown", key)],
        [("key-misspelt", key)],
    )


def test_numbers_are_never_taken_for_dates(tmp_path: Path) -> None:
    loaded = read(tmp_path, THEORY + "milestones: [{id: M-1, statement: S, due: 86400}]\n")
    assert [problem.code for problem in loaded.problems] == ["date-shape"]


# All problems at once


def test_every_mistake_of_a_file_is_told_together(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        """\
theory: {id: t, version: 1.0.0, title: {it: [x], ita: y}}
needs:
  - {id: N-1, statment: Casa}
  - {id: N-2, statement: Casa, statement: Lavoro}
milestones:
  - {id: M-1, statement: S, due: 2024-13-01, weight: "0,5"}
colore: rosso
""",
    )
    assert loaded.value is None
    assert [(problem.place.line, problem.place.column, problem.code) for problem in loaded.problems] == [
        (1, 45, "expected-single"),
        (1, 50, "language-unknown"),
        (3, 15, "key-misspelt"),
        (4, 32, "yaml-key-twice"),
        (6, 34, "date-not-in-calendar"),
        (6, 54, "number-comma"),
        (7, 1, "key-unknown"),
    ]


def test_a_flood_of_mistakes_is_cut_and_counted(tmp_path: Path) -> None:
    loaded = read(tmp_path, THEORY + "".join(f"key_{number}: x\n" for number in range(1_500)))
    assert len(loaded.problems) == 1_001
    assert loaded.problems[-1].facts == {"more": "500"}


# Where things stand


def test_places_know_every_path_in_the_names_of_the_file(tmp_path: Path) -> None:
    places = read(
        tmp_path,
        THEORY
        + """\
outputs:
  - id: OP-1
    statement:
      it: HUB aperti
      en: Open hubs
    from: [AC-1, AC-2]
""",
    ).places
    file = "theory_of_change.yml"
    assert places.at("outputs") == Place(file, 2, 1)
    assert places.at("outputs", 0) == Place(file, 3, 5)
    assert places.at("outputs", 0, "id") == Place(file, 3, 9)
    assert places.at("outputs", 0, "statement") == Place(file, 4, 5), "at its key, as it begins on the line below"
    assert places.at("outputs", 0, "statement", "en") == Place(file, 6, 11)
    assert places.key("outputs", 0, "statement", "en") == Place(file, 6, 7)
    assert places.at("outputs", 0, "from", 1) == Place(file, 7, 18)
    assert places.at("outputs", 0, "kind") == Place(file, 3, 5), "what is not written is placed where it belongs"
    assert places.at("outcomes", 3, "id") == Place(file, 1, 1)
    assert places.written("outputs", 0, "from")
    assert not places.written("outputs", 0, "kind")


def test_places_of_a_file_that_cannot_be_read_name_the_file() -> None:
    assert Places("theory_of_change.yml").at("theory", "id") == Place("theory_of_change.yml")


# Files that cannot be read


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file “theory_of_change.yml” is empty"),
        (b"# nothing yet\n", "the file “theory_of_change.yml” holds nothing but comments"),
        (b"%PDF-1.7\n%\xe2\xe3", "“theory_of_change.yml” is not a text file (it looks like PDF)"),
        (b"PK\x03\x04....", "“theory_of_change.yml” is not a text file (it looks like XLSX/DOCX/ZIP)"),
        (THEORY.encode("utf-16"), "the file is not in UTF-8 (it looks like UTF-16)"),
        (b"a: \x00", "the file is not in UTF-8 and holds bytes that no common encoding allows"),
        (b"a: \x81\xff", "the file is not in UTF-8 and holds bytes that no common encoding allows"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    loaded = read(tmp_path, content)
    assert loaded.value is None
    assert [problem.message("en") for problem in loaded.problems] == [expected]


def test_a_wrong_encoding_is_placed_at_its_first_strange_letter(tmp_path: Path) -> None:
    loaded = read(tmp_path, (THEORY + "needs: [{id: N-1, statement: perché}]\n").encode("cp1252"))
    assert told(loaded) == [
        "theory_of_change.yml:2:35: error: the file is not in UTF-8 (it looks like Windows-1252). "
        "Open it in a text editor and save it again with the UTF-8 encoding. [file-encoding]"
    ]


def test_a_missing_file_offers_the_one_with_nearly_its_name(tmp_path: Path) -> None:
    (tmp_path / "theory_of_change.yaml").write_text(THEORY)
    assert told(load_theory(Workspace(tmp_path))) == [
        "theory_of_change.yml: error: the file “theory_of_change.yml” is not there. "
        "Did you mean “theory_of_change.yaml”? Create it, or correct its name. [file-missing]"
    ]


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "programme.yml").mkdir()
    assert [problem.code for problem in load_programme(Workspace(tmp_path)).problems] == ["file-is-folder"]


def test_what_is_neither_file_nor_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "programme.yml")
    assert [problem.code for problem in load_programme(Workspace(tmp_path)).problems] == ["file-not-regular"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "programme.yml").write_text(PROGRAMME)
    (tmp_path / "programme.yml").chmod(0)
    assert [problem.code for problem in load_programme(Workspace(tmp_path)).problems] == ["file-unreadable"]


def test_data_in_the_place_of_definitions_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "programme.yml").open("wb") as file:
        file.truncate(30_000_000)
    assert [problem.facts["size"] for problem in load_programme(Workspace(tmp_path)).problems] == ["30 MB"]


# The programme


def test_a_programme_is_read(tmp_path: Path) -> None:
    (tmp_path / "programme.yml").write_text(PROGRAMME, encoding="utf-8")
    programme = load_programme(Workspace(tmp_path)).value
    assert isinstance(programme, Programme)
    assert programme.calendar.period("2025-H2").start == dt.date(2025, 7, 1)


@pytest.mark.parametrize(
    ("wrong", "code", "line", "column"),
    [
        ("calendar: {start: 2026-01-01, end: 2024-12-31}", "calendar-backwards", 3, 11),
        ("calendar: {start: 2024-01-01, end: 2024-12-31, every: semester}", "choice-unknown", 3, 55),
        ("calendar: {start: 2024-01-01}", "key-missing", 3, 11),
        ("calendar:\n  start: 2024-01-01", "key-missing", 3, 1),
        ("calendar: {start: 2024-01-01, end: 2024-12-31}\ntimezone: Europe/rome", "timezone-unknown", 4, 11),
        ("calendar: {start: 2024-01-01, end: 2024-12-31}\nlanguages: [italiano]", "language-unknown", 4, 13),
        (
            "calendar: {start: 2024-01-01, end: 2024-12-31}\ndisclosure: {smallest_group: 0}",
            "number-out-of-range",
            4,
            30,
        ),
    ],
)
def test_what_is_wrong_in_a_programme_is_placed(tmp_path: Path, wrong: str, code: str, line: int, column: int) -> None:
    (tmp_path / "programme.yml").write_text(f"id: p\ntitle: P\n{wrong}\n", encoding="utf-8")
    loaded = load_programme(Workspace(tmp_path))
    assert [(p.code, p.place.line, p.place.column) for p in loaded.problems] == [(code, line, column)]
    assert loaded.value is None


# A theory in several files


def folder(root: Path, **files: str) -> Loaded[TheoryOfChange]:
    (root / "theory_of_change").mkdir()
    for name, text in files.items():
        (root / "theory_of_change" / f"{name}.yml").write_text(text, encoding="utf-8")
    return load_theory(Workspace(root))


def test_a_folder_of_files_is_one_theory(tmp_path: Path) -> None:
    loaded = folder(
        tmp_path,
        a_theory=THEORY + "needs:\n  - {id: N-1, statement: Casa}\n",
        b_area="format: 1\nneeds:\n  - {id: N-2, statement: Lavoro}\noutcomes:\n  - {id: OC-1, statement: Esito}\n",
    )
    assert told(loaded) == []
    assert [need.id for need in loaded.value.needs] == ["N-1", "N-2"]
    assert loaded.places.at("needs", 1, "id") == Place("theory_of_change/b_area.yml", 3, 10)


def test_a_problem_names_the_file_it_stands_in(tmp_path: Path) -> None:
    loaded = folder(
        tmp_path, a=THEORY, b="needs:\n  - {id: N-1, statment: Casa, statement: Casa}\n", c="- x\n", d="a: 'b\n"
    )
    assert [(str(problem.place), problem.code) for problem in loaded.problems] == [
        ("theory_of_change/b.yml:2:15", "key-misspelt"),
        ("theory_of_change/c.yml:1:1", "top-level-not-mapping"),
        ("theory_of_change/d.yml:1:4", "yaml-quote-open"),
    ]


def test_a_file_that_cannot_be_read_is_not_blamed_for_what_it_may_hold(tmp_path: Path) -> None:
    loaded = folder(tmp_path, a=THEORY + "needs: [{id: N-1\n", b="outcomes: []\n")
    assert [problem.code for problem in loaded.problems] == ["yaml-bracket-open"]


def test_what_may_stand_once_is_told_with_both_places(tmp_path: Path) -> None:
    loaded = folder(tmp_path, a=THEORY, b=THEORY)
    assert told(loaded) == [
        "theory_of_change/b.yml:1:1: error: “theory” stands in two files of the theory: "
        "also at theory_of_change/a.yml:1:1. Keep it in one file only. [theory-key-twice]"
    ]


def test_a_folder_without_files_and_a_file_beside_a_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "theory_of_change.yml").write_text(THEORY)
    assert [problem.code for problem in folder(tmp_path).problems] == ["theory-in-two-places", "theory-folder-empty"]
