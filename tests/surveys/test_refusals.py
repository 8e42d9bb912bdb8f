"""The exact words of every refusal, and that no words ever hold a value from a delivery."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.columns import RULES
from surveys.deliveries import Refusal
from theory_of_change.problems import ProblemsFound, catalogue

FACTS = {"low": "1", "high": "5", "format": "dd/mm/yyyy", "codes": "A1 = Centro, A2"}
WORDS = {
    "required": (
        "manca il valore di «Q1»",
        "Scriverlo: senza, la riga non si può usare.",
        "the value of “Q1” is missing",
        "Write it: the row cannot be used without it.",
    ),
    "not-a-number": (
        "«Q1» non contiene un numero",
        "Scrivere solo il numero, con il segno decimale del contratto se ne ha uno; le parole che vogliono dire "
        "«non so» vanno in `missing`.",
        "“Q1” does not hold a number",
        "Write the number alone, with the contract’s decimal mark if it has one; words that mean “don’t know” go into "
        "`missing`.",
    ),
    "not-an-integer": (
        "«Q1» non contiene un numero intero",
        "Scrivere un numero intero; se sono ammessi i decimali, usare il tipo `number`.",
        "“Q1” does not hold a whole number",
        "Write a whole number; if decimals are allowed, use the type `number`.",
    ),
    "ambiguous-number": (
        "il numero in «Q1» si può leggere in due modi, con mille di differenza",
        'Scrivere `decimal: ","` o `decimal: "."` nel contratto, o togliere il segno delle migliaia.',
        "the number in “Q1” can be read in two ways, a thousandfold apart",
        'Write `decimal: ","` or `decimal: "."` in the contract, or leave out the thousands mark.',
    ),
    "too-large": (
        "il numero in «Q1» è troppo grande",
        "Correggerlo; se è un codice, usare il tipo `text`.",
        "the number in “Q1” is too large",
        "Correct it; if it is a code, use the type `text`.",
    ),
    "not-a-date": (
        "«Q1» non contiene una data",
        "Scriverla come dd/mm/yyyy o come 2024-05-31.",
        "“Q1” does not hold a date",
        "Write it as dd/mm/yyyy or as 2024-05-31.",
    ),
    "impossible-date": (
        "la data in «Q1» non esiste",
        "Correggerla; si legge come dd/mm/yyyy: se nel file il mese viene prima del giorno, scrivere "
        "`date_format: mm/dd/yyyy` nel contratto.",
        "the date in “Q1” does not exist",
        "Correct it; it is read as dd/mm/yyyy: if the month comes before the day in the file, write "
        "`date_format: mm/dd/yyyy` in the contract.",
    ),
    "out-of-range": (
        "il valore di «Q1» è fuori dall’intervallo da 1 a 5",
        "Correggerlo; se è un codice per «non risponde», elencarlo in `missing`.",
        "the value of “Q1” is outside the range from 1 to 5",
        "Correct it; if it is a code for “no answer”, list it in `missing`.",
    ),
    "unknown-code": (
        "«Q1» contiene una risposta che il contratto non elenca",
        "Usare un codice o le parole di una di queste risposte: A1 = Centro, A2. Oppure aggiungere quella nuova al "
        "contratto.",
        "“Q1” holds an answer the contract does not list",
        "Use the code or the words of one of these answers: A1 = Centro, A2. Or add the new one to the contract.",
    ),
    "ambiguous-date": (
        "la data in «Q1» può essere di due giorni: nella colonna a volte il mese viene prima del giorno",
        "Scrivere tutte le date allo stesso modo, meglio come 2024-05-31; se nel file il mese viene sempre prima, "
        "`date_format: mm/dd/yyyy` nel contratto.",
        "the date in “Q1” may be one of two days: in this column the month sometimes comes before the day",
        "Write all dates alike, best as 2024-05-31; if the month always comes first in the file, "
        "`date_format: mm/dd/yyyy` in the contract.",
    ),
    "not-boolean": (
        "«Q1» non contiene né un sì né un no",
        "Scrivere `sì` o `no` (vanno bene anche Y/N, 1/0, vero/falso, x).",
        "“Q1” holds neither a yes nor a no",
        "Write `yes` or `no` (Y/N, 1/0, true/false and x will do).",
    ),
    "not-a-time": (
        "«Q1» non contiene un’ora",
        "Scriverla come 09:30 o 09:30:00.",
        "“Q1” does not hold a time of day",
        "Write it as 09:30 or 09:30:00.",
    ),
    "error-cell": (
        "la cella di «Q1» mostra un errore di formula, come #N/D o #DIV/0!",
        "Correggere la formula, o svuotare la cella se la risposta manca.",
        "the cell of “Q1” shows a formula error, such as #N/A or #DIV/0!",
        "Correct the formula, or empty the cell if there is no answer.",
    ),
    "preview": (
        "la risposta è una prova o un’anteprima, per lo strumento che l’ha raccolta",
        "Non c’è niente da correggere: una prova non è una risposta.",
        "the answer is a test or a preview, says the tool that collected it",
        "There is nothing to correct: a test is no answer.",
    ),
    "no-consent": (
        "chi ha risposto non ha dato il consenso («Q1»)",
        "Della riga non si conserva nulla; non c’è niente da correggere, se è davvero così.",
        "whoever answered has not given consent (“Q1”)",
        "Nothing of the row is kept; there is nothing to correct if this is so.",
    ),
    "too-many-fields": (
        "la riga ha più celle delle intestazioni",
        "Mettere fra virgolette il testo che contiene il segno di separazione, o toglierlo.",
        "the row has more cells than there are headers",
        "Put the text that holds the separator into quotation marks, or remove the separator.",
    ),
}


@pytest.mark.parametrize("rule", WORDS)
def test_a_refusal_is_told_in_exactly_these_words(rule: str) -> None:
    refusal = Refusal(7, "Q1", rule, FACTS)
    told = (refusal.what("it"), refusal.remedy("it"), refusal.what("en"), refusal.remedy("en"))
    assert told == WORDS[rule]


def test_every_rule_has_its_words() -> None:
    assert set(WORDS) == {*RULES[1:], "no-consent", "too-many-fields", "preview"}
    assert {code.removeprefix("refused-") for code in catalogue() if code.startswith("refused-")} >= set(WORDS)


def test_answers_are_named_by_code_and_words(deliver) -> None:
    area = "{name: area, type: single, answers: {A1: Centro, A2: {it: Periferia, en: Outskirts}, Altro: altro}}"
    (refused,) = deliver(f"questions: [{area}]", "area\nCentre\nCentro\n").refused
    assert refused.facts["codes"] == "A1 = Centro, A2 = Periferia, altro"


@pytest.mark.parametrize(
    ("days", "refused"),
    [
        (
            ["14/03/2026", "03/15/2026", "03/16/2026", "03/05/2026", "04/04/2026"],
            {2: "impossible", 3: "impossible", 4: "ambiguous"},
        ),
        (["03/15/2026", "03/16/2026", "03/05/2026"], {1: "impossible", 2: "impossible", 3: "ambiguous"}),
        (["14/03/2026", "03/15/2026", "03/05/2026"], {2: "impossible"}),  # one slip of the pen says nothing of the rest
        (["14/03/2026", "31/02/2026", "31/06/2026", "03/05/2026"], {2: "impossible", 3: "impossible"}),
    ],
)
def test_a_day_that_may_be_another_one_is_refused_not_guessed(
    deliver, days: list[str], refused: dict[int, str]
) -> None:
    delivery = deliver("questions: [{name: born, type: date}]", "\n".join(["born;n", *(f"{day};1" for day in days)]))
    assert {one.row - 1: one.rule for one in delivery.refused} == {
        place: f"{kind}-date" for place, kind in refused.items()
    }


MARKER = "Zanzibarda"
EVERYTHING = """
person: token
answered: submitdate
consent: {column: CONS, value: "Y"}
decimal: ","
questions:
  - {name: trust, type: scale, range: [1, 5], required: true}
  - {name: area, type: single, answers: [A1, A2]}
  - {name: services, type: multiple, answers: [a, b]}
  - {name: income, type: number}
  - {name: born, type: date}
  - {name: alone, type: yes_no}
  - {name: note, type: text}
"""
HEADERS = (
    "token",
    "submitdate",
    "CONS",
    "trust",
    "area",
    "services_a",
    "services_b",
    "income",
    "born",
    "alone",
    "note",
)


def test_no_value_of_a_delivery_is_ever_in_the_words(deliver) -> None:
    wrong = [MARKER, f"{MARKER}1", "1.23", "99", f"31/02/{MARKER}", f"{MARKER}@example.org"]
    lines = [";".join(HEADERS)]
    for position in range(len(HEADERS)):
        for value in wrong:
            cells = ["", "2024-05-31", "Y", "3", "", "", "", "", "", "", ""]
            cells[position] = value
            lines.append(";".join(cells))
    lines.append(";".join([MARKER] * 20))
    delivery = deliver(EVERYTHING, "\n".join(lines))
    assert {one.rule for one in delivery.refused} >= {
        "no-consent", "not-an-integer", "unknown-code", "not-boolean", "not-a-number", "not-a-date", "out-of-range",
        "too-many-fields",
    }  # fmt: skip
    told = [text for one in delivery.refused for text in (repr(one), one.what("it"), one.what("en"), one.remedy("it"))]
    told += [note.line(language) for note in delivery.notes for language in ("it", "en")]
    assert not any(MARKER.casefold() in text.casefold() for text in told)


@pytest.mark.parametrize(
    "content",
    [
        f"{MARKER};{MARKER} Rossi\n{MARKER};1\n",
        f'token;note\n{MARKER};"{MARKER}\n',
        "token;note\n" + f"{MARKER};".encode().decode() + "\n",
        f"token;token\n{MARKER};{MARKER}\n",
    ],
)
def test_no_value_is_in_the_words_about_a_whole_file(deliver, content: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        deliver(EVERYTHING, content)
    told = [str(found.value), *(repr(problem) for problem in found.value.problems)]
    assert not any(MARKER in text for text in told)


def test_no_value_is_in_the_words_about_a_broken_encoding(deliver) -> None:
    with pytest.raises(ProblemsFound) as found:
        deliver(EVERYTHING, "token;note\nperò;".encode() + MARKER.encode() + b"\xe8\n")
    assert MARKER not in str(found.value)


def test_every_code_that_landing_uses_is_in_the_catalogue() -> None:
    folder = Path(__file__).parent.parent.parent / "surveys"
    quoted = re.compile(
        r'"((?:delivery|role|scale|range|answers|reference|source|date|name|column|header|fpc|other|code)(?:-[a-z]+)+)"'
    )
    files = [file for file in folder.glob("*.py") if file.name not in ("changes.py", "merge_differences.py")]
    # their kinds of change are no problems
    used = {code for file in files for code in quoted.findall(file.read_text(encoding="utf-8"))}
    assert len(used) > 40
    assert sorted(used - set(catalogue())) == []


VALUES = st.sampled_from(
    ["", " ", "1", "5", "9", "Y", "N", "A1", "1,5", "1.234", "31/05/2024", "31/02/2024", "2024-05-31T23:00Z", "sì", "x",
     "99", "-", '"', "\ufeff", "\ue0001", "€", "%", "1e999", "\u2028", "𝟓", "٣", "1/0/1", "T:", "00000000000000000000"]
) | st.text(max_size=6)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(VALUES, min_size=len(HEADERS), max_size=len(HEADERS)), max_size=5))
def test_every_row_of_any_cells_lands_or_is_refused_once_counted(deliver, rows: list[list[str]]) -> None:
    quoted = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [list(HEADERS), *rows]]
    try:
        delivery = deliver(EVERYTHING, "\n".join(quoted).encode("utf-8", "replace"))
    except ProblemsFound as found:
        assert {problem.code for problem in found.problems} <= {"delivery-kind"}  # too many control characters
        return
    landed, refused = set(delivery.core["_row"]), {one.row for one in delivery.refused}
    assert not landed & refused
    assert delivery.rows_read == len(landed | refused) == len(landed) + len(refused)
    assert set(delivery.raw["_row"]) >= landed


def test_a_file_in_other_codes_is_told_as_a_whole(deliver, refusals) -> None:
    gender = "{name: gender, code: GEN, type: single, answers: {F: Femmina, M: Maschio}}"
    contract = f"questions: [{gender}, {{name: eta, type: number}}]"
    delivery = deliver(contract, "GEN,eta\n1,30\n2,31\n1,32\n,33\n")
    assert refusals(delivery) == [(2, "GEN", "unknown-code"), (3, "GEN", "unknown-code"), (4, "GEN", "unknown-code")]
    (note,) = delivery.notes
    assert (note.code, note.facts["columns"]) == ("delivery-other-codes", "GEN")
    assert "R e SPSS" in note.remedy("it")
