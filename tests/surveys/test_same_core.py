"""Whatever the file, the same answers become the same rows: one small survey in every kind of file a tool writes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyreadstat
import pytest

SURVEY = """
answered: day
questions:
  - name: trust
    type: scale
    range: [1, 5]
    missing: ["99"]
    text: {it: "Quanto si fida?", en: "How much do you trust?"}
    labels: {1: {it: Per nulla, en: Not at all}, 5: {it: Molto, en: Very}, 99: {it: Non so, en: I don't know}}
  - name: area
    type: single
    text: {it: "Dove abita?", en: "Where do you live?"}
    answers: {A1: {it: Aurora, en: Aurora district}, A2: {it: "Borgo Dora, mercato", en: Market district}}
  - name: used
    type: multiple
    text: {it: "Quali servizi usa?", en: "Which services do you use?"}
    answers: {b: {it: Biblioteca, en: Library}, s: {it: "Sport, danza", en: "Sport, dance"}}
  - {name: alone, type: yes_no, text: {it: "Vive solo?", en: "Do you live alone?"}}
  - {name: spent, type: number, text: {it: "Quanto spende?", en: "How much do you spend?"}}
  - {name: note, type: text, text: {it: Commenti, en: Comments}}
"""
#: day, trust, area, library, sport, alone, spent, note
ROWS = [
    ("2024-05-31", 5, "A1", 1, 0, 1, 1234.5, "così così, però"),
    ("2024-06-01", 1, "A2", 1, 1, 0, 0.25, "riga uno\nriga due"),
    ("2024-06-02", 99, "A1", 0, 1, None, None, None),
    ("2024-06-03", None, None, None, None, 0, 12, "=1+1"),
]
CORE = [
    ("2024-05-31", 5, "A1", True, False, True, 1234.5, "così così, però"),
    ("2024-06-01", 1, "A2", True, True, False, 0.25, "riga uno\nriga due"),
    ("2024-06-02", None, "A1", False, True, None, None, None),
    ("2024-06-03", None, None, None, None, False, 12.0, "=1+1"),
]
CODES = ["day", "trust", "area", "used[b]", "used[s]", "alone", "spent", "note"]
ITALIAN = ["day", "Quanto si fida?", "Dove abita?", "Quali servizi usa?", "Vive solo?", "Quanto spende?", "Commenti"]
ENGLISH = ["day", "How much do you trust?", "Where do you live?", "Which services do you use?", "Do you live alone?",
           "How much do you spend?", "Comments"]  # fmt: skip
WORDS = {"it": ({1: "Per nulla", 5: "Molto", 99: "Non so"}, {"A1": "Aurora", "A2": "Borgo Dora, mercato"},
                ("Biblioteca", "Sport, danza"), ("No", "Sì")),
         "en": ({1: "Not at all", 5: "Very", 99: "I don't know"}, {"A1": "Aurora district", "A2": "Market district"},
                ("Library", "Sport, dance"), ("No", "Yes"))}  # fmt: skip


def text(value: object) -> str:
    return "" if value is None else str(value)


def as_csv(rows: list[list[object]], delimiter: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(
        [[text(cell) for cell in row] for row in rows]
    )
    return file.getvalue().encode()


def coded(decimal: str = ".") -> list[list[object]]:
    return [
        CODES,
        *([text(cell).replace(".", decimal) if at == 6 else cell for at, cell in enumerate(row)] for row in ROWS),
    ]


def worded(language: str, joined_by: str) -> list[list[object]]:
    """As a form writes it: words instead of codes, the ticked boxes in one cell."""
    points, areas, services, answers = WORDS[language]
    rows: list[list[object]] = [ITALIAN if language == "it" else ENGLISH]
    for day, trust, area, library, sport, alone, spent, note in ROWS:
        ticked = joined_by.join(word for word, is_in in zip(services, (library, sport), strict=True) if is_in)
        rows.append(
            [day, points.get(trust), areas.get(area), ticked, None if alone is None else answers[alone], spent, note]
        )
    return rows


def frame() -> pd.DataFrame:
    names = [name.replace("[", "_").replace("]", "") for name in CODES]
    return pd.DataFrame([list(row) for row in ROWS], columns=names)


def records() -> list[dict[str, object]]:
    return [dict(zip(CODES, row, strict=True)) for row in ROWS]


def xlsx(path: Path, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for row in book.active.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.data_type = "s"  # a text, as a person types it with an apostrophe
    book.save(path)


def ods(path: Path, rows: list[list[object]]) -> None:
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)

    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, str):
            lines = "".join(f"<text:p>{line}</text:p>" for line in value.split("\n"))
            return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
        said = f"<text:p>{value}</text:p></table:table-cell>"
        return f'<table:table-cell office:value-type="float" office:value="{value}">{said}'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
               f'<office:spreadsheet><table:table table:name="F">{body}</table:table></office:spreadsheet>'
               "</office:body></office:document-content>")  # fmt: skip
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", content)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        parts.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>')


def parquet(path: Path) -> None:
    connection = duckdb.connect()
    connection.register("answers", frame().astype({"note": "str", "area": "str"}))
    connection.execute(f"copy answers to '{path}' (format parquet)")


def qualtrics() -> bytes:
    codes = ["day", "trust", "area", "used", "alone", "spent", "note"]
    rows = worded("en", ",")
    ids = [json.dumps({"ImportId": f"QID{number}"}) for number in range(len(codes))]
    return as_csv([codes, ["When", *ENGLISH[1:]], ids, *rows[1:]])


def statistical() -> pd.DataFrame:
    table = frame().fillna({"area": "", "note": ""})
    return table.astype({"trust": "float64", "alone": "float64", "used_b": "float64", "used_s": "float64"})


WRITERS: dict[str, Callable[[Path], None]] = {
    "comma.csv": lambda path: path.write_bytes(as_csv(coded())),
    "italian.csv": lambda path: path.write_bytes(as_csv(coded(","), ";").decode().encode("cp1252")),
    "tabs.tsv": lambda path: path.write_bytes(as_csv(coded(), "\t").decode().encode("utf-16")),
    "codes.xlsx": lambda path: xlsx(path, coded()),
    "codes.ods": lambda path: ods(path, [CODES, *[list(row) for row in ROWS]]),
    "answers.parquet": parquet,
    "records.json": lambda path: path.write_text(json.dumps([dict(zip(CODES, row, strict=True)) for row in ROWS])),
    "lines.json": lambda path: path.write_text(
        "\n".join(json.dumps(dict(zip(CODES, row, strict=True))) for row in ROWS)
    ),
    "answers.sav": lambda path: pyreadstat.write_sav(statistical(), path, missing_ranges={"trust": [99]}),
    "answers.zsav": lambda path: pyreadstat.write_sav(statistical(), path, compress=True),
    "answers.dta": lambda path: pyreadstat.write_dta(statistical(), path),
    "google.csv": lambda path: path.write_bytes(as_csv(worded("it", ", "))),
    "google-download.csv": lambda path: path.write_bytes(as_csv(worded("en", ";"))),
    "microsoft.xlsx": lambda path: xlsx(path, worded("en", ";")),
    "qualtrics.csv": lambda path: path.write_bytes(qualtrics()),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_answers_are_the_same_rows(deliver, rows, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    delivery = deliver(SURVEY, path)
    assert delivery.refused == ()
    assert rows(delivery.core.drop(columns="_row")) == CORE


def test_a_portable_file_of_spss_is_read_too(deliver, tmp_path: Path) -> None:
    pyreadstat.write_por(statistical().drop(columns="note"), tmp_path / "answers.por")
    core = deliver(SURVEY.replace("type: text,", "type: text, since: 2025-01-01,"), tmp_path / "answers.por").core
    assert (core["trust"].dropna().tolist(), core["area"].dropna().tolist()) == ([5, 1], ["A1", "A2", "A1"])


def test_words_that_two_options_share_are_refused(deliver, refusals) -> None:
    survey = "{questions: [{name: area, type: single, answers: {A1: Centro, A2: Centro, A3: Nord}}]}"
    delivery = deliver(survey, "area\nCentro\nNord\nA2\n")
    assert refusals(delivery) == [(2, "area", "unknown-code")]
    assert delivery.core["area"].tolist() == ["A3", "A2"]


def test_two_columns_of_one_text_are_told_with_their_places(deliver) -> None:
    from theory_of_change.problems import ProblemsFound

    survey = "{{questions: [{{name: first, type: text, {0}}}, {{name: age, type: number}}]}}"
    content = "Commento;age;Commento\na;1;b\n"
    with pytest.raises(ProblemsFound, match=r"they are columns 1, 3"):
        deliver(survey.format("text: Commento"), content)
    assert deliver(survey.format("position: 3"), content).core["first"].tolist() == ["b"]
    assert deliver(survey.format('code: "Commento (2)"'), content).core["first"].tolist() == ["b"]
