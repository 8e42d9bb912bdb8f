"""Which cell of a file is the column a contract asks for."""

from __future__ import annotations

import pytest

from surveys.headers import best_row, distinct, plain, positions


@pytest.mark.parametrize(
    "header", ["Età (anni)", " ETÀ (ANNI) ", "eta (anni)", "Eta\u0300\n(anni)", "Età\u00a0 (anni)", "\ufeffEtà (anni)"]
)
def test_capitals_accents_and_spaces_do_not_matter(header: str) -> None:
    assert plain(header) == "eta (anni)"


def test_words_do_matter() -> None:
    assert plain("Età") != plain("Età (anni)")


def test_the_header_is_the_row_with_most_of_the_wanted_names() -> None:
    rows = [["Elenco iscritti", "", ""], ["", "", ""], ["Codice", "Età", "Note"], ["K1", "31", "codice"]]
    assert best_row(rows, {"codice", "eta"}) == (2, 2)


def test_among_equals_the_first_row_is_the_header() -> None:
    assert best_row([["codice"], ["codice"]], {"codice"}) == (0, 1)


def test_without_any_wanted_name_the_first_filled_row_is_offered() -> None:
    assert best_row([["", ""], ["a", "b"], ["c", "d"]], {"codice"}) == (1, 0)


def test_nobody_looks_for_a_header_far_down() -> None:
    assert best_row([["x"]] * 40 + [["codice"]], {"codice"}) == (0, 0)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["trust", "TRUST"], [0]),  # the exact one wins over its likeness
        (["TRUST", "Trust "], [0, 1]),  # two likenesses: nobody can know
        (["trust", "trust"], [0, 1]),
        (["Figli", "Figli "], []),
        (["Q1", "trust"], [0]),  # the first spelling wins over the second
    ],
)
def test_exact_before_alike(headers: list[str], found: list[int]) -> None:
    assert positions(headers, {"trust": ("Q1", "trust")})["trust"] == found


def test_every_column_gets_a_name_that_a_database_takes_for_one() -> None:
    assert distinct(["Nota", "nota", "", "_row", " a\n b ", "\ufeffid", "Nota"]) == [
        "Nota", "nota (2)", "column 3", "row", "a b", "id", "Nota (3)",
    ]  # fmt: skip


def test_marks_of_direction_make_no_other_header(deliver) -> None:
    contract = "questions: [{name: n, code: 'שם', type: text}, {name: eta, code: Età, type: number}]"
    delivery = deliver(contract, "\u202bשם\u202c,E\u00adtà\nאבג,31\n")
    assert delivery.core.iloc[0, 1:].tolist() == ["אבג", 31]


def test_the_free_answer_of_surveymonkey_is_found_however_it_asks_for_it(deliver) -> None:
    contract = (
        "questions: [{name: eta, text: 'How old?', type: number}, {name: use, text: 'Which do you use?',"
        " type: multiple, answers: {s: Sport, m: Music}, other: true}]"
    )
    content = "How old?,Which do you use?,,\nOpen-Ended Response,Sport,Music,Other (please specify)\n33,Sport,,Chess\n"
    delivery = deliver(contract, content)
    assert delivery.core.iloc[0, 1:].tolist() == [33, True, False, "Chess"]
    assert delivery.unmapped == ()
