"""What a column holds is recognised by its cells: columns that identify somebody, and those that only look so."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from surveys.identifying import Recognised, holds_identifier, names_somebody, recognise
from theory_of_change.problems import ProblemsFound

CODES = ["RSSMRA85T10A562S", "VRDLGU70A01F205R", "bnccrl52e47l736a", "NREGPP65P19L736F"]
IBANS = ["IT60X0542811101000000123456", "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"]
MOBILES = ["3331234567", "3289876543", "3471122334", "3401239876"]


def seen(header: str, cells: list[str], is_prose: bool | None = None, others: tuple[str, ...] = ()):
    different = Counter(cells)
    counts = np.array(list(different.values()))
    return recognise(header, list(different), counts, is_prose=is_prose, others=others)


IDENTIFYING = [
    # header, cells, kind, rows
    ("Q12", ["ada@example.org", "", "b.rossi@comune.venezia.it"], "email", 2),
    ("contatto", ["ada@example.org"], "email", 1),
    ("codice", CODES[:1], "tax_code", 1),
    ("codice", [*CODES, CODES[0]], "tax_code", 5),
    ("rimborso", ["", IBANS[0]], "iban", 1),
    ("rimborso", IBANS, "iban", 3),
    ("recapito", MOBILES, "phone", 4),
    ("Q7", MOBILES, "phone", 4),
    ("Q7", ["+39 041 2748111", "041-2748112", "+44 20 7946 0958"], "phone", 3),
    ("telefono", ["0412748111"], "phone", 1),
    ("ipaddr", ["10.0.0.1"], "ip", 1),
    ("origine", ["192.168.1.4", "81.23.4.5", "2001:db8::1"], "ip", 3),
    ("Cognome", ["Rossi", "De Luca", "D’Este"], "name", 3),
    ("lastname", ["Rossi"], "name", 1),
    ("Indirizzo", ["Via Garibaldi 12", "Calle Lunga 4/a", "Campo San Polo, 3"], "address", 3),
]
INNOCENT = [
    ("id", ["1", "2", "3", "4"]),
    ("id", [str(3_200_000_000 + 977 * n)[:9] for n in range(50)]),  # nine digits
    ("id", [f"{n:010d}" for n in range(50)]),
    ("piva", ["00339370272", "02007340261", "04276690278"]),
    ("token", ["a8Jk2LmN9qRsTuVw", "RSSMRA85T10A562X", "ZZZZZZ99Z99Z999Z"]),  # sixteen signs, wrong check letter
    ("quando", ["2024-05-01", "01/05/2024", "01.05.2024"]),
    ("submitdate", ["2024-05-01 12:30:00", "2024-05-02 09:15:00", "2024-05-03 10:00:00"]),
    ("ora", ["09:30:00", "10:45:12", "23:59:59"]),
    ("durata", ["0.541234", "3.331234567", "12.5"]),
    ("lat", ["45.4408474", "45.4371908", "45.4297000"]),
    ("epoch", ["1714555555", "1714555999", "1714556123"]),
    ("importo", ["1.234,56", "12.000,00", "250,00"]),
    ("capitolo", ["1.1.2.3", "1.1.2.4", "2.1.0.1"]),
    ("versione", ["1.2.3", "1.10.0", "2.0.1"]),
    ("ateco", ["47.11.40", "56.10.11", "88.99.00"]),
    ("cap", ["30121", "30122", "30123"]),
    ("area", ["A1", "A2", "A1"]),
    ("Q3", ["Sì", "No", "Non so"]),
    ("nome", ["Associazione Rialto", "Circolo Arci", "Parrocchia"]),  # no surname beside it
    ("indirizzo", ["economico", "tecnico", "linguistico"]),  # of a school
    ("social", ["@associazione", "@rialto", "@hub"]),
    ("punteggio", ["333", "328", "347"]),
    ("voce", ["IT60X0542811101000000123457", "GB82 WEST 1234 5698 7654 33"]),  # check digits wrong
    ("Q9", [""]),
]
PROSE = ["Mi piace venire qui perché si parla", "Il martedì non c’è mai nessuno", "Vorrei più corsi la sera, grazie"]


@pytest.mark.parametrize(("header", "cells", "kind", "rows"), IDENTIFYING)
def test_a_column_that_says_who_somebody_is(header: str, cells: list[str], kind: str, rows: int):
    assert seen(header, cells) == Recognised(kind, rows)


@pytest.mark.parametrize(("header", "cells"), INNOCENT)
def test_a_column_that_only_looks_so(header: str, cells: list[str]):
    assert seen(header, cells) is None


def test_a_given_name_counts_beside_a_surname():
    assert seen("nome", ["Ada", "Bruno"], others=("token", "cognome")) == Recognised("name", 2)
    assert seen("nome", ["Ada", "Bruno"], others=("token",)) is None


def test_a_free_text_is_flagged_not_taken_for_a_column_of_identifiers():
    answers = PROSE * 10
    assert seen("Q20", answers) is None
    assert seen("Q20", [*answers, "Scrivetemi a ada@example.org per favore"]) == Recognised("text", 1, True)
    assert seen("Q20", [*answers, "chiamate il 333 1234567 dopo le 18"], True) == Recognised("text", 1, True)
    assert seen("Q20", [*answers, f"il mio codice è {CODES[0]}"], True) == Recognised("text", 1, True)
    assert seen("Q20", [*answers, "ada@example.org"], True) == Recognised("text", 1, True)
    assert seen("Q20", [*answers, "nel 2024 eravamo 1200, dal 12-05-2024 di più"], True) is None


def test_a_free_text_in_which_people_leave_their_address_is_a_column_of_them():
    assert seen("Q21", ["ada@example.org", "no grazie", "bruno@example.org"], True) == Recognised("email", 2)


def test_a_described_column_is_judged_by_its_cells_not_by_its_header():
    assert seen("cognome", ["Rialto", "Castello"], False) is None
    assert seen("contatto", ["info@example.org"], False) == Recognised("email", 1)


def test_names_of_files_sheets_and_headers():
    assert names_somebody("risposte di ada@example.org.csv") and names_somebody(f"scheda {CODES[0]}")
    assert not names_somebody("risposte 2024-05-01 (2).csv") and not names_somebody("@rialto")


@pytest.mark.parametrize(("cell", "is_one"), [(CODES[0], True), ("ada@example.org", True), ("333 1234567", True),
                                              ("12", False), ("scrivere a ada@example.org", True),
                                              ("boh", False), ("2024-05-01", False)])  # fmt: skip
def test_one_cell(cell: str, is_one: bool):
    assert holds_identifier(cell) == is_one


def test_thousands_of_cells_are_counted_without_checking_each():
    emails = [f"p{n}@example.org" for n in range(3000)]
    assert seen("Q", emails) == Recognised("email", 3000)
    phones = [f"+39 333 {1000000 + 37 * n}" for n in range(3000)]
    found = seen("Q", phones)
    assert found is not None and found.kind == "phone" and found.rows == 3000


@pytest.mark.parametrize("name", ["ipaddr", "ipaddr. Indirizzo IP", "Indirizzo IP (rete)", "IPADDR"])
@pytest.mark.parametrize("keep", ["drop", "identities", "public"])
def test_what_identifies_is_found_by_code_by_header_and_by_words(name: str, keep: str, deliver) -> None:
    header = "ipaddr. Indirizzo IP" if name != "Indirizzo IP (rete)" else "<b>Indirizzo</b> IP\n(rete)"
    content = f'"Q1. Età","{header}"\n31,151.20.4.1\n32,151.20.4.2\n33,151.20.4.3\n'
    questions = "questions: [{name: eta, code: Q1, type: number}]"
    delivery = deliver(f"identifying: [{{column: {json.dumps(name)}, keep: {keep}}}]\n{questions}", content)
    assert delivery.core["eta"].tolist() == [31, 32, 33]
    raw = delivery.raw.drop(columns=["_row", "Q1. Età"])
    assert [list(raw[column]) for column in raw] == {
        "drop": [], "public": [["151.20.4.1", "151.20.4.2", "151.20.4.3"]],
        "identities": [[f"{name}-1", f"{name}-2", f"{name}-3"]],
    }[keep]  # fmt: skip
    if keep == "drop":
        again = deliver(f"drop: [{json.dumps(name)}]\n{questions}", content)
        assert list(again.raw.columns) == ["_row", "Q1. Età"]


def test_what_identifies_and_is_read_under_other_words_stops_the_delivery(deliver) -> None:
    contract = """
    identifying: [{column: Come ti chiami, keep: drop}]
    questions: [{name: nome, code: Q7, text: "Come ti chiami?", type: text}, {name: eta, code: Q1, type: number}]
    """
    with pytest.raises(ProblemsFound) as found:
        deliver(contract, "Q1,Come ti chiami\n31,x\n")
    assert [problem.code for problem in found.value.problems] == ["identifying-and-used"]


def test_a_column_without_a_header_can_be_declared_by_its_place(deliver) -> None:
    content = "eta,\n31,a@example.org\n32,b@example.org\n"
    questions = "questions: [{name: eta, type: number}]"
    with pytest.raises(ProblemsFound, match="column 2") as found:
        deliver(questions, content)
    assert [problem.code for problem in found.value.problems] == ["identifying-email"]
    delivery = deliver(f"identifying: [{{column: column 2, keep: drop}}]\n{questions}", content)
    assert list(delivery.raw.columns) == ["_row", "eta"]
