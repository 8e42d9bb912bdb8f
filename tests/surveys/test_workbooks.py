"""Workbooks of every make become the same table as a CSV; the hostile ones are refused before they do harm."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from surveys import workbooks
from surveys.reading import read_table
from theory_of_change.problems import ProblemsFound

SAMPLES = Path(__file__).parent / "samples"
WANTED = ["Codice", "Età", "Data"]


@pytest.fixture
def book(tmp_path: Path):
    """`book(sheet=[[…], …], other=[…])`: a workbook with these rows, starting at the cell given."""

    def make(start: tuple[int, int] = (1, 1), merge: tuple[str, ...] = (), **sheets: list[list]) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    sheet.cell(start[0] + i, start[1] + j, value)
            for cells in merge:
                sheet.merge_cells(cells)
        workbook.save(tmp_path / "consegna.xlsx")
        return tmp_path / "consegna.xlsx"

    return make


def read(path: Path, wanted: list[str] = WANTED, sheet: str | None = None):
    return read_table(path, path.name, wanted, sheet)


def cells(table) -> list[list[str]]:
    return table.cells.to_numpy(dtype=object).tolist()


def refused(path: Path, wanted: list[str] = WANTED, sheet: str | None = None) -> str:
    with pytest.raises(ProblemsFound) as found:
        read(path, wanted, sheet)
    (problem,) = found.value.problems
    assert problem.line("it")
    return problem.code


def test_cells_are_text_as_a_reader_would_say_it(book) -> None:
    table = read(
        book(Foglio1=[
            ["Codice", "Età", "Data", "Nota"],
            ["0001", 41, dt.date(2026, 1, 10), True],
            [118052219061, 2.75, dt.datetime(2026, 1, 10, 12, 30), None],
            ["K3", 1 / 3, 46041, " spazi "],
        ])
    )  # fmt: skip
    assert cells(table) == [
        ["0001", "41", "2026-01-10", "true"],
        ["118052219061", "2.75", "2026-01-10 12:30:00", ""],
        ["K3", "0.3333333333333333", "46041", " spazi "],
    ]
    assert [column.tolist() for column in table.number_cells[:3]] == [
        [False, True, False], [True, True, True], [False, False, True],
    ]  # fmt: skip
    assert (table.kind, table.sheet, table.notes) == ("xlsx", "Foglio1", ())


def test_rows_have_the_numbers_the_spreadsheet_shows_wherever_the_table_begins(book) -> None:
    rows = [["Elenco"], [], WANTED, ["K1", 31, "x"], [], ["K2", 32, "y"], [None, " ", None]]
    table = read(book(start=(3, 4), Foglio1=rows))
    assert table.rows.tolist() == [6, 8]
    assert cells(table) == [["K1", "31", "x"], ["K2", "32", "y"]]
    assert table.notes == (("delivery-header-row", {"row": "5"}),)


def test_the_sheet_whose_headers_fit_is_read_and_the_others_are_counted(book) -> None:
    path = book(Legenda=[["Giallo", "da richiamare"]], Dati=[WANTED, ["K1", 1, 2]], Vuoto=[])
    table = read(path)
    assert (table.sheet, cells(table)) == ("Dati", [["K1", "1", "2"]])
    assert table.notes == (("delivery-sheet", {"sheet": "Dati", "others": "2"}),)


def test_sheets_of_like_columns_are_one_table_and_each_row_says_its_sheet(book) -> None:
    gennaio = [WANTED, ["K1", 1, 2], ["K2", 2, 3]]
    febbraio = [["Anno 2026"], ["età", "Note", "CODICE", "Data"], [3, "x", "K3", 4]]
    path = book(Legenda=[["Giallo"]], Gennaio=gennaio, Febbraio=febbraio, Marzo=[WANTED])
    table = read(path)
    assert table.headers == (*WANTED, "Note", "sheet")
    assert cells(table) == [
        ["K1", "1", "2", "", "Gennaio"], ["K2", "2", "3", "", "Gennaio"], ["K3", "3", "4", "x", "Febbraio"],
    ]  # fmt: skip
    assert (table.rows.tolist(), table.sheets) == ([2, 3, 6], (("Gennaio", 0), ("Febbraio", 3), ("Marzo", 6)))
    assert [column.tolist() for column in table.number_cells][1:] == [[True] * 3, [True] * 3, [False] * 3, [False] * 3]
    assert table.notes[0] == (
        "delivery-sheets-together",
        {"count": "3", "sheets": "Gennaio (2–3), Febbraio (6–6), Marzo (–)"},
    )
    assert cells(read(path, sheet="febbraio")) == [["3", "x", "K3", "4"]]
    assert refused(path, sheet="Aprile") == "delivery-sheet-unknown"


def test_sheets_that_differ_in_what_is_asked_for_are_never_read_by_halves(book) -> None:
    path = book(Gennaio=[WANTED, ["K1", 1, 2]], Marzo=[["Codice", "Età", "Data nasc."], ["K2", 1, 2]])
    with pytest.raises(ProblemsFound) as found:
        read(path)
    (problem,) = found.value.problems
    assert problem.code == "delivery-sheets-differ"
    assert problem.line("it").startswith(
        "consegna.xlsx: errore: i fogli «Gennaio» e «Marzo» di «consegna.xlsx» sembrano la stessa tabella, ma le "
        "colonne non sono le stesse: a «Marzo» mancano: Data; ha in più: Data nasc."
    )
    assert refused(path, sheet="*") == "delivery-sheets-differ"
    assert cells(read(path, sheet="Marzo")) == [["K2", "1", "2"]]


def test_a_copy_kept_aside_is_not_counted_twice(book) -> None:
    rows = [WANTED, *([f"K{number}", number, 2] for number in range(5))]
    path = book(**{"Dati": rows, "Copia di Dati": rows})
    assert refused(path) == "delivery-sheets-alike"
    assert len(read(path, sheet="Dati").rows) == 5
    assert len(read(path, sheet="*").rows) == 10
    workbook = openpyxl.load_workbook(book(Dati=rows, Vecchi=[WANTED, ["K9", 9, 9]]))
    workbook["Vecchi"].sheet_state = "hidden"
    workbook.save(path)
    assert refused(path) == "delivery-sheets-alike"


def test_a_contract_that_asks_for_the_sheet_gets_it_from_a_single_one_too(book) -> None:
    path = book(Aprile=[WANTED, ["K1", 1, 2]])
    assert cells(read(path, [*WANTED, "sheet"])) == [["K1", "1", "2", "Aprile"]]
    assert read(book(Aprile=[[*WANTED, "Foglio"], ["K1", 1, 2, 7]]), [*WANTED, "foglio"]).headers[-1] == "Foglio"


def test_charts_are_no_sheets_to_read(book) -> None:
    path = book(Dati=[WANTED, ["K1", 1, 2]])
    workbook = openpyxl.load_workbook(path)
    workbook.create_chartsheet("Grafico", 0)
    workbook.save(path)
    assert cells(read(path)) == [["K1", "1", "2"]]


def test_merged_text_belongs_to_every_cell_and_a_merged_number_to_one(book) -> None:
    rows = [["Persona", None, "Spesa"], ["Codice", "Età", None], ["K1", 31, 100], [None, 32, None], ["K3", 33, 5]]
    path = book(merge=("A1:B1", "C1:C2", "A3:A4", "C3:C4"), Foglio1=rows)
    table = read(path, ["Codice", "Età", "Spesa"])
    assert table.headers == ("Codice", "Età", "Spesa")
    assert cells(table) == [["K1", "31", "100"], ["K1", "32", ""], ["K3", "33", "5"]]
    assert dict(table.notes)["delivery-merged-cells"] == {"count": "1"}


def test_titles_merged_headers_and_hidden_rows_of_a_real_sheet() -> None:
    table = read(SAMPLES / "titoli_e_totali.xlsx", ["N.", "Comune", "Codice", "Età", "Mensa", "Spesa"])
    assert table.headers[:5] == ("N.", "Comune", "Codice", "Età", "Mensa")
    assert [row[:4] for row in cells(table)[:2]] == [["1", "Torino", "C001", "71"], ["2", "Torino", "C002", "37"]]
    assert table.rows.tolist()[:19] == list(range(8, 27))


def test_formulas_give_their_stored_values_and_errors_are_counted() -> None:
    table = read(SAMPLES / "formule.xlsx", ["Codice", "Totale", "Fascia", "Giorni"])
    assert [row[4:6] for row in cells(table)[:2]] == [["7", "bassa"], ["", ""]]
    assert {place: table.rows[mask].tolist() for place, mask in table.error_cells.items()} == {4: [3, 17], 5: [3]}


def test_formulas_that_were_never_calculated_are_not_taken_for_missing_answers() -> None:
    path = SAMPLES / "formule_senza_valori.xlsx"
    with pytest.raises(ProblemsFound, match="formulas that were never calculated in the columns: Fascia, Totale"):
        read(path, ["Codice", "Totale", "Fascia"])
    assert len(read(path, ["Codice", "D1"]).rows) == 16  # columns nobody asks for do no harm


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    for name, kind in (("vecchio_rinominato.xlsx", "xls"), ("foglio.ods", "ods")):
        table = read(SAMPLES / name, ["Codice", "Nato il"])
        assert (table.kind, len(table.rows), cells(table)[0][:3]) == (kind, 13, ["V01", "Forlì", "1951-03-02"])
    renamed = tmp_path / "dati.csv"
    renamed.write_bytes((SAMPLES / "formule.xlsx").read_bytes())
    assert read(renamed, ["Codice"]).kind == "xlsx"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("protetto.xlsx", "delivery-password"),
        ("troncato.xlsx", "delivery-damaged"),
        ("entita.xlsx", "delivery-doctype"),
        ("entita.ods", "delivery-doctype"),
        ("entita_esterna.xlsx", "delivery-doctype"),
    ],
)
def test_what_must_not_be_opened_is_refused_in_plain_words(name: str, code: str) -> None:
    assert refused(SAMPLES / name) == code


def test_the_name_of_a_sheet_stays_a_name() -> None:
    assert read(SAMPLES / "nome_foglio.xlsx", []).sheet == "../../../etc/passwd"


def workbook_with(tmp_path: Path, sheet: str, **parts: str) -> Path:
    """A minimal workbook around the XML of one sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    content = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Foglio1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
        **parts,
    }
    path = tmp_path / "costruito.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in content.items():
            file.writestr(name, text)
    return path


def cell(where: str, text: str) -> str:
    return f'<c r="{where}" t="inlineStr"><is><t>{text}</t></is></c>'


def test_a_sheet_built_by_hand_is_read(tmp_path: Path) -> None:
    sheet = f'<row r="1">{cell("A1", "Codice")}</row><row r="2">{cell("A2", "K1")}</row>'
    assert cells(read(workbook_with(tmp_path, sheet), ["Codice"])) == [["K1"]]


def test_a_sheet_that_unpacks_out_of_proportion_is_not_unpacked(tmp_path: Path) -> None:
    path = workbook_with(tmp_path, "", **{"xl/media/riempimento.bin": "0" * 150_000_000})
    assert refused(path) == "delivery-out-of-proportion"


def test_three_cells_that_span_the_whole_grid_end_only_the_reader(tmp_path: Path) -> None:
    corners = (
        f'<row r="1">{cell("A1", "Codice")}{cell("XFD1", "Data")}</row><row r="1048576">{cell("A1048576", "K1")}</row>'
    )
    assert refused(workbook_with(tmp_path, corners), ["Codice", "Data"]) == "delivery-beyond-limits"


def test_a_long_text_merged_over_many_cells_does_not_fill_the_memory(tmp_path: Path) -> None:
    last = 60_000
    rows = f'<row r="1">{cell("A1", "Codice")}</row><row r="2">{cell("A2", "x" * 30_000)}</row>'
    rows += "".join(f'<row r="{row}">{cell(f"B{row}", "y")}</row>' for row in range(3, last))
    merged = f'</sheetData><mergeCells count="1"><mergeCell ref="A2:A{last}"/></mergeCells><sheetData>'
    assert refused(workbook_with(tmp_path, rows + merged), ["Codice"]) == "delivery-beyond-limits"


def test_a_reader_that_takes_too_long_is_stopped(book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.reading.MOST_SECONDS", 0.001)
    assert refused(book(Foglio1=[WANTED])) == "delivery-beyond-limits"


def test_a_workbook_without_cells_is_told(book) -> None:
    assert refused(book(Foglio1=[])) in ("delivery-empty", "delivery-no-header")


@pytest.mark.parametrize("size", [1, 100, 1000, 3000])
def test_a_workbook_cut_anywhere_is_damaged(tmp_path: Path, size: int) -> None:
    path = tmp_path / "tagliato.xlsx"
    path.write_bytes((SAMPLES / "formule.xlsx").read_bytes()[:size].ljust(30, b"\x01"))
    assert refused(path) in ("delivery-damaged", "delivery-kind", "delivery-no-header")


def test_bytes_turned_over_inside_a_workbook_give_a_table_or_a_problem(tmp_path: Path) -> None:
    good = bytearray((SAMPLES / "formule.xlsx").read_bytes())
    for position in range(40, len(good), 701):
        bad = bytes(good[:position] + bytes([good[position] ^ 0xFF]) + good[position + 1 :])
        question = io.BytesIO(bad)
        try:
            workbooks.inspect(question)
        except workbooks.Fault as fault:
            assert fault.code.startswith("delivery-")


def test_the_reader_needs_nothing_of_ours_but_the_headers() -> None:
    listed = "import sys, surveys.workbooks; print(*sorted(m for m in sys.modules if m in " + repr(
        ("pandas", "numpy", "pydantic", "yaml", "duckdb", "surveys.reading")
    ) + "))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
