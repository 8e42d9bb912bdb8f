"""Text files of every make become the same table: encodings, delimiters, line ends, titles, ragged rows."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from surveys.files import fingerprint
from surveys.reading import read_table
from theory_of_change.problems import ProblemsFound

WANTED = ["codice", "città", "importo"]
TABLE = [["codice", "città", "importo"], ["K1", "Forlì", "1,5"], ["K2", "L’Aquila", "2,25"]]


@pytest.fixture
def read(tmp_path: Path):
    def reading(content: bytes | str, wanted: list[str] = WANTED, name: str = "consegna.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_table(path, name, wanted)

    return reading


def cells(table) -> list[list[str]]:
    return table.cells.to_numpy(dtype=object).tolist()


def code(read, *args, **how) -> tuple[str, int | None]:
    with pytest.raises(ProblemsFound) as found:
        read(*args, **how)
    (problem,) = found.value.problems
    return problem.code, problem.place.line


def text(delimiter: str, end: str = "\r\n") -> str:
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in TABLE]
    return end.join(delimiter.join(row) for row in quoted) + end


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_found_by_looking(read, encoding: str, delimiter: str, end: str) -> None:
    table = read(text(delimiter, end).encode(encoding))
    assert [list(table.headers), *cells(table)] == TABLE
    assert table.delimiter == delimiter
    assert list(table.rows) == [2, 3]


def test_decimal_commas_and_quoted_delimiters_do_not_fool_it(read) -> None:
    table = read('codice;importo\nK1;1,5\nK2;"a;b"\nK3;1,2,3\n', ["codice", "importo"])
    assert cells(table) == [["K1", "1,5"], ["K2", "a;b"], ["K3", "1,2,3"]]


def test_a_single_column_is_not_cut_at_its_commas(read) -> None:
    table = read("nota\nciao, bella\nsì; forse\nniente\n", ["nota"])
    assert cells(table) == [["ciao, bella"], ["sì; forse"], ["niente"]]


def test_line_breaks_and_quotes_inside_a_cell_belong_to_it(read) -> None:
    content = 'codice,nota\nK1,"prima\nseconda"\nK2,"disse ""sì"", poi\r\nandò"\nK3,5" di neve\n'
    table = read(content, ["codice", "nota"])
    assert cells(table) == [["K1", "prima\nseconda"], ["K2", 'disse "sì", poi\r\nandò'], ["K3", '5" di neve']]
    assert list(table.rows) == [2, 3, 4]


def test_empty_rows_are_no_rows_but_keep_their_numbers(read) -> None:
    table = read("\n\ncodice;nota\n\nK1;a\n;\n  ;\t\nK2;b\n\n\n", ["codice", "nota"])
    assert cells(table) == [["K1", "a"], ["K2", "b"]]
    assert list(table.rows) == [5, 8]


def test_titles_above_the_header_are_left_out_and_said(read) -> None:
    table = read("Elenco 2024;;;;\nstampato il 3 maggio\n\ncodice;città;importo\nK1;Forlì;1\n")
    assert (table.headers, cells(table)) == (("codice", "città", "importo", "", ""), [["K1", "Forlì", "1", "", ""]])
    assert table.notes == (("delivery-header-row", {"row": "4"}),)


def test_the_hint_excel_writes_for_itself_is_a_title(read) -> None:
    table = read("sep=;\ncodice;importo\nK1;1,5\n", ["codice", "importo"])
    assert cells(table) == [["K1", "1,5"]]


def test_a_row_with_too_many_cells_is_set_aside_and_no_other_row_moves(read) -> None:
    content = 'codice;nota\nK1;a\nK2;b;c\n"K3\n";d\nK4\nK5;;;x\n\nK6;e\n'
    table = read(content, ["codice", "nota"])
    assert table.too_long == (3, 6)
    assert cells(table) == [["K1", "a"], ["K3\n", "d"], ["K4", ""], ["K6", "e"]]
    assert list(table.rows) == [2, 4, 5, 8]


def test_a_delimiter_at_the_end_of_every_row_makes_no_column(read) -> None:
    table = read("codice;nota\nK1;a;\nK2;b;\n", ["codice", "nota"])
    assert table.too_long == ()
    assert [row[:2] for row in cells(table)] == [["K1", "a"], ["K2", "b"]]


def test_nul_bytes_are_taken_out_and_said(read) -> None:
    table = read(b"codice;nota\nK1;ma\x00le\nK2;\x00\x00\n", ["codice", "nota"])
    assert cells(table) == [["K1", "male"], ["K2", ""]]
    assert table.notes == (("delivery-nul-bytes", {"count": "2"}),)


def test_a_cell_of_two_million_letters_is_read(read) -> None:
    table = read("codice,nota\nK1,a\nK2," + "x" * 2_000_000 + "\nK3,c\n", ["codice", "nota"])
    assert [len(row[1]) for row in cells(table)] == [1, 2_000_000, 1]


def test_a_header_may_be_longer_than_a_block(read) -> None:
    headers = [f"domanda {number}: {'molto ' * 20}lunga" for number in range(3000)]
    table = read(";".join(headers) + "\n" + ";".join(["1"] * 3000) + "\n", headers[:5])
    assert table.headers == tuple(headers)


def test_a_file_wider_than_any_spreadsheet_is_refused(read) -> None:
    assert code(read, ";".join(["codice"] * 20_000)) == ("delivery-too-wide", None)


def test_a_header_that_begins_with_a_brace_is_no_json(read) -> None:
    assert cells(read("{{field:nome}},codice\nAnna,K1\n", ["codice"])) == [["Anna", "K1"]]


def test_only_a_header_is_an_empty_table(read) -> None:
    table = read("codice;città;importo")
    assert cells(table) == []
    assert len(table.cells.columns) == 3


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n", b"   ", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00\x00"])
def test_an_empty_file_is_told_as_such(read, content: bytes) -> None:
    assert code(read, content) == ("delivery-empty", None)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"\x1f\x8b\x08\x00", "GZIP"),
        (b"SQLite format 3\x00rest", "SQLite"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html>", "HTML"),
        (b"<html><table>", "HTML"),
        (b'<?xml version="1.0"?><a/>', "XML"),
        (b"\x00\x00\x00\x00\x00\x00\x00\x00DUCK@", "DuckDB"),
        (bytes(range(256)) * 4, "binary"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(read, content: bytes, kind: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        read(content, name="dati.csv")
    (problem,) = found.value.problems
    assert problem.line("it") == (
        f"dati.csv: errore: «dati.csv» non è una tabella: il suo contenuto è {kind}. "
        "Aprirlo nel programma che lo ha prodotto e salvarlo come CSV o XLSX. [delivery-kind]"
    )


@pytest.mark.parametrize(
    "content", [b"PAR1abcd", b"$FL2@(#) SPSS DATA FILE", b"<stata_dta><header>", b'[{"codice": 1}']
)
def test_what_begins_like_a_table_and_is_none_is_damaged(read, content: bytes) -> None:
    assert code(read, content)[0] == "delivery-damaged"


def test_the_accents_of_a_macintosh_are_read(read) -> None:
    table = read("codice;nota\nK1;perché è così, però\nK2;città\n".encode("mac_roman"), ["codice", "nota"])
    assert (table.encoding, cells(table)) == ("mac_roman", [["K1", "perché è così, però"], ["K2", "città"]])


@pytest.mark.parametrize("delimiter", ["^", "~", "\x1f"])
def test_delimiters_of_old_programs_are_found_too(read, delimiter: str) -> None:
    assert cells(read(f"codice{delimiter}nota\nK1{delimiter}a, b\n", ["codice", "nota"])) == [["K1", "a, b"]]


def test_an_open_quotation_mark_is_told_with_its_row(read) -> None:
    assert code(read, 'codice;nota\nK1;a\nK2;"b\nK3;c\n', ["codice"]) == ("delivery-quote-open", 3)
    assert code(read, 'codice;nota\nK1;a;b\nK2;"b\nK3;c\n', ["codice"])[0] == "delivery-quote-open"


def test_two_encodings_in_one_file_are_told_with_the_row(read) -> None:
    content = "codice;nota\nK1;però\nK2;così\n".encode() + "K3;perché\n".encode("cp1252")
    assert code(read, content, ["codice"]) == ("delivery-encoding", 4)


def test_broken_utf16_is_told(read) -> None:
    assert code(read, "codice;nota\n".encode("utf-16") + b"\x00\xd8\n\x00")[0] == "delivery-encoding"


def test_a_missing_file_a_folder_and_a_device_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "consegna.csv").write_text("codice\n1\n", encoding="utf-8")
    wrong = {
        tmp_path / "consgna.csv": "delivery-absent",
        tmp_path: "delivery-folder",
        Path("/dev/null"): "delivery-not-regular",
        tmp_path / "a\x00b": "delivery-absent",
    }
    for path, expected in wrong.items():
        with pytest.raises(ProblemsFound) as found:
            read_table(path, path.as_posix(), ["codice"])
        assert [problem.code for problem in found.value.problems] == [expected]
    with pytest.raises(ProblemsFound, match=r"Did you mean “consegna\.csv”"):
        fingerprint(tmp_path / "consgna.csv", "consgna.csv")


def test_a_file_nobody_may_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "consegna.csv"
    path.write_text("codice\n1\n", encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ProblemsFound, match="cannot be read"):
        read_table(path, "consegna.csv", ["codice"])


def test_the_fingerprint_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "consegna.csv"
    path.write_bytes(b"abc" * 1_000_000)
    assert fingerprint(path, "consegna.csv") == (hashlib.sha256(path.read_bytes()).hexdigest(), 3_000_000)


# Whatever the bytes ---------------------------------------------------------------------------------------------------

ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from(
    [b"codice", b"nota", b";", b",", b"\t", b"\n", b"\r\n", b"\r", b'"', b'""', b"1,5", b"\xe8", b"\xc3\xa8", b"\x00",
     b" ", b"\xef\xbb\xbf", b"'", b"\\", b"K1", b"\x1a", b"\xe2\x80\xa8"]
)  # fmt: skip


@ANY
@given(st.binary(max_size=400) | st.lists(PIECES, max_size=60).map(b"".join))
def test_random_bytes_give_a_table_or_problems_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "consegna.csv"
    path.write_bytes(content)
    try:
        table = read_table(path, "consegna.csv", ["codice", "nota"])
    except ProblemsFound as found:
        assert all(problem.line("it") and problem.remedy("en") for problem in found.problems)
    else:
        assert len(table.rows) == len(table.cells) == len(set(table.rows))
        assert len(table.cells.columns) == len(table.headers)


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t", exclude_characters="\ufeff"),
    max_size=12,
)


@ANY
@example([["", '{"ImportId"', '{"ImportId"']], ",", "utf-8", "\n")
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_program_writes_as_csv_comes_back(
    tmp_path: Path, rows: list, delimiter: str, encoding: str, end: str
) -> None:
    path = tmp_path / "consegna.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([WANTED, *rows])
    expected = [row for row in rows if any(cell.strip() for cell in row)]
    assert cells(read_table(path, "consegna.csv", WANTED)) == expected


@ANY
@given(st.lists(st.lists(CELL.filter(lambda cell: '"' not in cell), min_size=1, max_size=5), max_size=6))
def test_rows_of_any_length_are_kept_or_set_aside_by_their_number(tmp_path: Path, rows: list) -> None:
    path = tmp_path / "consegna.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["codice", "nota", "altro"], *rows])
    table = read_table(path, "consegna.csv", ["codice", "nota", "altro"])
    width = len(table.headers)
    numbered = list(enumerate(rows, start=2))
    assert list(table.too_long) == [number for number, row in numbered if len(row) > width]
    kept = [(number, row) for number, row in numbered if len(row) <= width and any(cell.strip() for cell in row)]
    assert list(table.rows) == [number for number, _ in kept]
    assert cells(table) == [[*row, *[""] * (width - len(row))] for _, row in kept]


def test_an_old_macintosh_file_is_known_by_its_accents_though_it_has_quotes_too(deliver) -> None:
    content = "Città;Nota\nForlì;l’età è così\nL’Aquila;«però»\n".encode("mac_roman")
    delivery = deliver("questions: [{name: citta, code: Città, type: text}, {name: nota, type: text}]", content)
    assert delivery.core["citta"].tolist() == ["Forlì", "L’Aquila"]
    assert delivery.core["nota"].tolist() == ["l’età è così", "«però»"]
