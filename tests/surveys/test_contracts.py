"""A contract in YAML and the table it describes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surveys import schema
from surveys.contracts import date_order
from surveys.sources import read_sources
from theory_of_change.programme import Programme, Workspace
from theory_of_change.schema import as_text


def columns(source) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in source.table.columns]


def test_a_survey_is_its_roles_then_its_questions_then_its_scales(contract) -> None:
    table = contract(
        """
        person: token
        answered: submitdate
        wave: {column: wave}
        weight: w
        strata: stype
        cluster: [dnum, snum]
        fpc: [fpc1, fpc2]
        questions:
          - {name: trust, code: Q1, type: scale, range: [1, 5], missing: ["99"], sensitive: true}
          - {name: area, code: Q2, type: single, answers: {A1: {it: Aurora}, A2: {it: Borgo Dora}}, other: true}
          - {name: services, code: SERV, type: multiple, answers: {1: Biblioteca, 2: CAF}}
          - {name: first, type: ranking, answers: [a, b]}
          - {name: income, type: number}
          - {name: born, type: date}
          - {name: note, type: text}
          - {name: lives_alone, type: yes_no}
          - {name: half, type: scale, range: [0.5, 5]}
        scales:
          - {name: hope, items: [trust, half], range: [1, 5], score: sum}
        """
    )
    assert columns(table) == [
        ("token", "person"), ("submitdate", "date"), ("wave", "category"), ("w", "number"), ("stype", "category"),
        ("dnum", "category"), ("snum", "category"), ("fpc1", "number"), ("fpc2", "number"),
        ("trust", "integer"), ("area", "category"), ("area_other", "text"),
        ("services_1", "boolean"), ("services_2", "boolean"), ("first_1", "category"), ("first_2", "category"),
        ("income", "number"), ("born", "date"), ("note", "text"), ("lives_alone", "boolean"), ("half", "number"),
        ("hope", "number"),
    ]  # fmt: skip
    table = table.table
    assert (table.person, table.date, table.wave, table.weight) == ("token", "submitdate", "wave", "w")
    assert (table.strata, table.cluster, table.fpc) == (("stype",), ("dnum", "snum"), ("fpc1", "fpc2"))
    assert table.aliases == {"person": "token", "answered": "submitdate", "weight": "w"}
    assert table.column("weight") == table.column("w")
    trust, area = table.column("trust"), table.column("area")
    assert (trust.header, trust.min, trust.max, trust.missing, trust.sensitivity) == ("Q1", 1, 5, ("99",), "sensitive")
    assert list(area.labels) == ["A1", "A2", "other"]
    assert table.column("services_2").title.within("it") == "CAF"
    assert (table.column("hope").min, table.column("hope").max) == (2, 10)
    assert (table.column("token").sensitivity, table.column("note").sensitivity) == ("personal", "personal")


def test_a_role_may_be_played_by_a_question(contract) -> None:
    table = contract(
        """
        person: {column: codice, scheme: participant_code}
        weight: peso
        wave: pre
        key: [codice, Q1]
        questions:
          - {name: round, code: Q1, type: number}
          - {name: peso, type: number}
        """
    ).table
    assert [column.name for column in table.columns] == ["codice", "wave", "round", "peso"]
    assert (table.person, table.weight, table.wave, table.key) == ("codice", "peso", "wave", ("codice", "round"))
    assert table.column("codice").required
    assert table.column("round").required


def test_a_register_is_its_columns(contract) -> None:
    table = contract(
        """
        key: grant_id
        date: decided
        columns:
          - {name: grant_id, type: text}
          - {name: decided, type: date}
          - {name: amount, code: "Importo (€)", type: money, unit: EUR, min: 0}
          - {name: status, type: category, values: [open, closed]}
          - {name: lead, type: person}
          - {name: body, type: organisation, references: organisations.organisation_id}
        """
    ).table
    assert (table.kind, table.key, table.date, table.person) == ("register", ("grant_id",), "decided", "lead")
    assert table.aliases == {"person": "lead", "date": "decided"}
    assert table.column("grant_id").required
    assert not table.column("amount").required
    assert (table.column("amount").header, table.column("amount").unit, table.column("amount").min) == (
        "Importo (€)", "EUR", 0,
    )  # fmt: skip
    assert list(table.column("status").labels) == ["open", "closed"]
    assert table.column("body").references == "organisations.organisation_id"


def test_two_persons_in_a_row_leave_open_whom_it_is_about(contract) -> None:
    two = "{columns: [{name: from_whom, type: person}, {name: to_whom, type: person}]}"
    assert contract(two).table.person is None
    assert contract("{person: to_whom, columns: [{name: to_whom, type: person}]}").table.person == "to_whom"


def test_the_fingerprint_changes_with_what_the_contract_says_and_with_nothing_else(contract) -> None:
    one = contract("{columns: [{name: age, type: integer, max: 90}]}")
    same = contract("{columns: [{type: integer, name: age, max: 90.0, required: false}]}")
    other = contract("{columns: [{name: age, type: integer, max: 91}]}")
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 64


def test_where_rows_come_from(contract) -> None:
    assert contract("{questions: []}").pattern == "*"
    assert contract('{files: {pattern: "residents*.csv"}}').pattern == "residents*.csv"
    assert contract("{limesurvey: {survey: 415101}}").pattern is None


@pytest.mark.parametrize(
    ("written", "order"),
    [("dd/mm/yyyy", "dmy"), ("mm/dd/yyyy", "mdy"), ("yyyy-mm-dd", "ymd"), ("gg/mm/aaaa", "dmy"), ("d.m.yy", "dmy"),
     ("DD/MM/YYYY", "dmy"), ("dd/dd/yyyy", None), ("%d/%m/%Y", None), ("ddmmyyyy", None), ("", None)],
)  # fmt: skip
def test_date_formats(written: str, order: str | None) -> None:
    assert date_order(written) == order


def test_every_source_of_a_workspace_is_read_in_the_order_of_its_files(tmp_path: Path, programme: Programme) -> None:
    for folder, name in (("surveys", "residents"), ("surveys", "hubs"), ("registers", "grants")):
        (tmp_path / folder).mkdir(exist_ok=True)
        end = "columns: [{name: a, type: text}]" if folder == "registers" else ""
        (tmp_path / folder / f"{name}.yml").write_text(f"id: {name}\ntitle: {name}\n{end}\n", encoding="utf-8")
    (tmp_path / "surveys" / "appunti.txt").write_text("niente", encoding="utf-8")
    (tmp_path / "surveys" / ".nascosto.yml").write_text("niente", encoding="utf-8")
    sources, problems = read_sources(Workspace(tmp_path), programme)
    assert problems == []
    assert {name: source.file for name, source in sources.items()} == {
        "hubs": "surveys/hubs.yml",
        "residents": "surveys/residents.yml",
        "grants": "registers/grants.yml",
    }


def test_a_workspace_may_have_no_sources_and_no_readable_programme(tmp_path: Path) -> None:
    assert read_sources(Workspace(tmp_path), None) == ({}, [])
    (tmp_path / "surveys").mkdir()
    (tmp_path / "surveys" / "a.yml").write_text("{id: a, title: A, period: 2024-H3}", encoding="utf-8")
    sources, problems = read_sources(Workspace(tmp_path), None)
    assert [problem.code for problem in problems] == ["source-period-unknown"]
    assert list(sources) == ["a"]


def test_a_reference_to_a_file_that_cannot_be_read_is_not_told_as_a_second_mistake(
    tmp_path: Path, programme: Programme
) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "a.yml").write_text(
        "{id: a, title: A, columns: [{name: x, type: text, references: b.y}]}", encoding="utf-8"
    )
    (tmp_path / "registers" / "b.yml").write_text("{id: b, title: B, columns: ", encoding="utf-8")
    _, problems = read_sources(Workspace(tmp_path), programme)
    assert {problem.place.file for problem in problems} == {"registers/b.yml"}


@pytest.mark.parametrize("name", schema.SCHEMAS)
def test_the_schemas_for_editors_are_fresh(name: str) -> None:
    model, title = schema.SCHEMAS[name]
    assert (schema.FOLDER / name).read_text(encoding="utf-8") == as_text(model, title), "run python -m surveys.schema"


def test_editors_know_the_short_forms() -> None:
    survey = json.loads((schema.FOLDER / "survey.json").read_text(encoding="utf-8"))
    assert {"string", "array"} <= set(_types(survey["properties"]["strata"]))
    assert "string" in _types(survey["properties"]["person"])
    assert {"object", "array"} <= set(_types(survey["$defs"]["Question"]["properties"]["answers"]))


def _types(part: dict) -> list[str]:
    """Every type the schema allows, references left out."""
    own = part.get("type", [])
    return [*([own] if isinstance(own, str) else own), *(t for one in part.get("anyOf", ()) for t in _types(one))]
