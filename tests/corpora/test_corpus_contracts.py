"""What `interviews/<id>.yml` may say, and how its mistakes are told: one contract, its problems, word by word."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.project import Project, read_project
from pipelines.records import identifying_words
from pipelines.starting import bring_schemas, make_workspace
from theory_of_change.coverage import coverage
from theory_of_change.programme import Workspace

WHOLE = """\
id: ascolto
title: {it: Ascolto, en: Listening}
files: {pattern: "*.docx"}
language: it
consent: analysis
documents:
  - {file: "01*.docx", id: INT-01, kind: interview, date: 2026-05-03, place: Marghera, consent: quotes,
     participants: [{role: operatrice, group: {area: A1}}]}
speakers: {I: intervistatrice, Intervistata: {role: partecipante}}
codes:
  - {id: problemi, title: Problemi}
  - {id: isolamento, title: Isolamento, parent: problemi, names: [Isolamento],
     about: [{element: OC-ALONE, direction: against, strength: strong}]}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = make_workspace(tmp_path / "desk")
    (folder / "interviews").mkdir(exist_ok=True)
    return folder


def read(desk: Path, contract: str, name: str = "ascolto") -> Project:
    (desk / "interviews" / f"{name}.yml").write_text(contract, encoding="utf-8")
    return read_project(Workspace(desk))


def told(project: Project, language: str) -> list[str]:
    return [one.line(language) for one in project.problems if one.place.file.startswith("interviews/")]


def test_a_whole_contract_is_read(desk: Path) -> None:
    project = read(desk, WHOLE)
    assert told(project, "en") == []
    corpus = project.corpora["ascolto"].corpus
    assert corpus.speakers["I"].role == "intervistatrice"
    assert [code.parent for code in corpus.codes] == [None, "problemi"]


@pytest.mark.parametrize(
    ("written", "instead", "line", "code", "hint"),
    [
        ("OC-ALONE", "OC-ALOEN", 13, "about-unknown", "OC-ALONE"),
        ("parent: problemi", "parent: problem", 12, "code-parent-unknown", "problemi"),
        ("{id: problemi, title: Problemi}", "{id: problemi, title: P, parent: isolamento}", 12,
         "code-parents-in-circle", None),
        ("names: [Isolamento]", "names: [Isolamento, isolamento]", 12, "code-name-twice", None),
        ("id: ascolto", "id: ascolti", 1, "source-file-name", None),
        ("I: intervistatrice", "intervistata: intervistatrice", 9, "speaker-twice", None),
        ("consent: quotes", "consent: quote", 7, "choice-unknown", "quotes"),
        ("codes:", "codici:", 10, "key-misspelt", "codes"),
        ("speakers:", "voci:", 9, "key-misspelt", "speakers"),
        ("element: OC", "elemento: OC", 13, "key-misspelt", "element"),
        ("date: 2026-05-03", "period: 2031", 7, "source-period-unknown", None),
        ("date: 2026-05-03", "date: 2001-05-03", 7, "document-outside-calendar", None),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_the_nearest_name(
    desk: Path, written: str, instead: str, line: int, code: str, hint: str | None
) -> None:
    project = read(desk, WHOLE.replace(written, instead, 1))
    found = [one for one in project.problems if one.place.file.startswith("interviews/") and one.code == code]
    assert [(one.place.line, one.facts.get("hint")) for one in found[-1:]] == [(line, hint)], told(project, "en")


def test_mistakes_are_told_in_both_languages(desk: Path) -> None:
    project = read(desk, WHOLE.replace("OC-ALONE", "OC-ALOEN"))
    assert told(project, "it") == [
        "interviews/ascolto.yml:13:24: errore: la teoria non ha un elemento, un nesso o un’ipotesi «OC-ALOEN». "
        "Forse «OC-ALONE»? Scrivere in «element» l’«id» di ciò di cui il codice parla. [about-unknown]"
    ]
    assert told(project, "en") == [
        "interviews/ascolto.yml:13:24: error: the theory has no element, link or assumption “OC-ALOEN”. "
        "Did you mean “OC-ALONE”? Write in “element” the “id” of what the code speaks of. [about-unknown]"
    ]


def test_open_answers_must_be_open_questions_of_a_survey(desk: Path) -> None:
    contract = "{id: ascolto, title: A, open_answers: {survey: visitors, questions: [alone]}}"
    assert [one.code for one in read(desk, contract).problems if "ascolto" in one.place.file] == [
        "answers-question-unknown"
    ]
    contract = contract.replace("visitors", "visitor")
    assert [(one.code, one.facts["hint"]) for one in read(desk, contract).problems if "ascolto" in one.place.file] == [
        ("answers-survey-unknown", "visitors")
    ]


def test_an_indicator_names_a_code_that_there_is(desk: Path) -> None:
    theory = desk / "theory_of_change.yml"
    theory.write_text(
        theory.read_text(encoding="utf-8").replace(
            "indicators:\n",
            "indicators:\n  - {id: IN-THEME, title: T, measures: [OC-ALONE], unit: percent,"
            " measure: {from: ascolto, theme: isolament, per: document}}\n",
            1,
        ),
        encoding="utf-8",
    )
    found = [one for one in read(desk, WHOLE).problems if one.code == "theme-unknown"]
    assert [(one.place.file, one.facts["hint"]) for one in found] == [("theory_of_change.yml", "isolamento")]


def test_coverage_counts_codes(desk: Path) -> None:
    project = read(desk, WHOLE)
    rows = {row.element_id: row for row in coverage(project.theory, project.voices)}
    assert rows["OC-ALONE"].n_qualitative == 1
    assert {row.element_id: row for row in coverage(project.theory)}["OC-ALONE"].n_qualitative == 0


def test_a_corpus_cannot_take_a_sources_name(desk: Path) -> None:
    project = read(desk, WHOLE.replace("id: ascolto", "id: visits"), "visits")
    assert [one.code for one in project.problems if one.place.file == "interviews/visits.yml"] == ["source-twice"]


def test_the_schema_travels_into_workspaces(desk: Path) -> None:
    bring_schemas(desk)
    assert (desk / ".schema" / "interviews.json").is_file()


def test_a_code_that_tests_an_assumption_must_say_something_of_it(desk: Path) -> None:
    theory = desk / "theory_of_change.yml"
    written = theory.read_text(encoding="utf-8")
    assert "test: [IN-ALONE]" in written
    theory.write_text(written.replace("test: [IN-ALONE]", "test: [{theme: isolamento}]"), encoding="utf-8")
    told_of = [one for one in read(desk, WHOLE).problems if one.code == "test-code-says-nothing"]
    assert [(one.place.file, one.severity) for one in told_of] == [("theory_of_change.yml", "warning")]
    assert "add to “about”: {element: AS-LISTEN, direction: for}" in told_of[0].line("en")
    mended = WHOLE.replace("{element: OC-ALONE", "{element: AS-LISTEN, direction: for}, {element: OC-ALONE")
    assert not [one for one in read(desk, mended).problems if one.code == "test-code-says-nothing"]


RECORDS = """
harvested_outcomes:
  - {id: EA-1, statement: Due volontarie di Silvana Bianchi aprono il sabato, change: positive}
  - {id: EA-2, statement: Aprono il sabato, significance: "Scrivere a sportello@example.org o al 333 123 4567"}
  - {id: EA-3, statement: Il comitato apre il sabato e la domenica, place: Aurora}
"""


def test_records_are_published_as_written_so_what_says_who_somebody_is_is_told(desk: Path) -> None:
    corpus = read(desk, WHOLE + RECORDS.lstrip("\n")).corpora["ascolto"]
    found = list(identifying_words(corpus, "it"))
    assert [(one.code, one.severity, one.facts["name"]) for one in found] == [
        ("record-names", "warning", "EA-1"), ("record-identifiers", "error", "EA-2"),
    ]  # fmt: skip
    assert found[1].facts["kinds"] == "email, phone"
    assert not any(word in one.line(language) for one in found for language in ("it", "en")
                   for word in ("Silvana", "Bianchi", "example.org", "333"))  # fmt: skip
