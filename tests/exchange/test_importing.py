"""A sheet somebody made becomes a first theory: what is understood, what is told as not understood, what is refused."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import yaml

from pipelines.exchange.recognising import coded, header_of, items, level_of
from pipelines.starting import make_workspace
from tests.pipelines.conftest import Command
from theory_of_change.loading import load_theory
from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Workspace

ITALIAN = [
    ["Quadro logico", None, None, None, None],
    ["Progetto: Porte aperte", None, None, None, None],
    [None, None, None, None, None],
    [None, "Logica di intervento", "Indicatori (IOV)", "Fonti di verifica", "Ipotesi"],
    ["Obiettivo generale", "Un quartiere più unito", None, None, None],
    ["Obiettivo specifico", "Le persone sole conoscono i vicini", "Quota di persone che conoscono tre vicini",
     "Questionario annuale", "Le associazioni restano attive"],
    ["Risultati attesi", "R1. Due HUB aperti", "2 HUB aperti ogni giorno\n", "Registro degli HUB", None],
    [None, "R2. Antenne formate", "Antenne formate", "Fogli firma", "- Chi si offre resta\n- I corsi sono vicini"],
    ["Attività", "1.1 Cercare gli spazi\n1.2 Formare le antenne", None, None, None],
]  # fmt: skip
ENGLISH = [
    ["Code", "Indicator", "Outcome", "Output", "Baseline", "Target 2027", "Source", "Colour"],
    ["IN-1", "People who know three neighbours", "Neighbours know each other", None, "31%", 0.5, "Survey", "red"],
    ["IN-2", "Open hubs", "Neighbours know each other", "Hubs in every district", 0, 2, "Register", None],
    ["IN-3", "Days open", None, None, None, None, None, None],
]


def imported(folder: Path) -> TheoryOfChange:
    loaded = load_theory(Workspace(folder))
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    return loaded.value


def indicators(folder: Path) -> list[dict]:
    """The commented block, without its signs."""
    _, _, block = (folder / "theory_of_change.yml").read_text(encoding="utf-8").partition("# indicators:\n")
    return yaml.safe_load("\n".join(line[2:] for line in block.splitlines())) or []


def test_an_italian_logframe_becomes_elements_and_assumptions(book, sestante: Command, tmp_path: Path) -> None:
    there = tmp_path / "there"
    said = sestante("import", book({"Foglio1": ITALIAN}), there)
    assert said.code == 0, said.err
    theory = imported(there)
    assert theory.theory.title.root == "Porte aperte"
    assert theory.theory.language == "it"
    assert [(one.id, one.statement.root) for one in (*theory.impact, *theory.outcomes, *theory.outputs,
                                                     *theory.activities)] == [
        ("IM-QUARTIERE-PIU-UNITO", "Un quartiere più unito"),
        ("OC-PERSONE-SOLE-CONOSCONO-VICINI", "Le persone sole conoscono i vicini"),
        ("R1", "Due HUB aperti"),
        ("R2", "Antenne formate"),
        ("AC-1.1", "Cercare gli spazi"),
        ("AC-1.2", "Formare le antenne"),
    ]  # fmt: skip
    assert [(one.statement.root, one.on) for one in theory.assumptions] == [
        ("Le associazioni restano attive", ("OC-PERSONE-SOLE-CONOSCONO-VICINI",)),
        ("Chi si offre resta", ("R2",)),
        ("I corsi sono vicini", ("R2",)),
    ]
    assert theory.links == theory.indicators == ()
    assert "Foglio1!A7: “Risultati attesi” read as outputs, as in the European logframe." in said.out


def test_indicators_wait_for_their_measure(book, sestante: Command, tmp_path: Path) -> None:
    there = tmp_path / "there"
    sestante("import", book({"Foglio1": ITALIAN}), there)
    assert [(one["id"], one["title"], one["measures"], one["means_of_verification"]) for one in indicators(there)] == [
        ("IN-QUOTA-PERSONE-CONOSCONO-TRE", "Quota di persone che conoscono tre vicini",
         ["OC-PERSONE-SOLE-CONOSCONO-VICINI"], "Questionario annuale"),
        ("IN-2-HUB-APERTI-OGNI", "2 HUB aperti ogni giorno", ["R1"], "Registro degli HUB"),
        ("IN-ANTENNE-FORMATE", "Antenne formate", ["R2"], "Fogli firma"),
    ]  # fmt: skip
    assert {one["unit"] for one in indicators(there)} == {"?"}


def test_our_own_workbook_comes_back_with_its_measures(sestante: Command, tmp_path: Path) -> None:
    example = make_workspace(tmp_path / "example", "costellazioni-civiche")
    file, back = tmp_path / "logframe.xlsx", tmp_path / "back"
    assert sestante("export", "xlsx", "--workspace", example, "--output", file).code == 0
    assert sestante("import", file, back).code == 0
    before = load_theory(Workspace(example)).value
    kept = ("unit", "measure", "direction", "disaggregation")
    assert {one["id"]: [getattr(Indicator.model_validate(one), name) for name in kept] for one in indicators(back)} == {
        one.id: [getattr(one, name) for name in kept] for one in before.indicators
    }


def test_an_indicator_list_with_columns_for_levels(book, sestante: Command, tmp_path: Path) -> None:
    there = tmp_path / "there"
    said = sestante("import", book({"Indicators": ENGLISH}), there)
    assert said.code == 0, said.err
    theory = imported(there)
    assert [one.id for one in (*theory.outcomes, *theory.outputs)] == [
        "OC-NEIGHBOURS-KNOW-EACH-OTHER",
        "OP-HUBS-EVERY-DISTRICT",
    ]
    assert [(one["id"], one["measures"]) for one in indicators(there)] == [
        ("IN-1", ["OC-NEIGHBOURS-KNOW-EACH-OTHER"]),
        ("IN-2", ["OP-HUBS-EVERY-DISTRICT"]),
        ("IN-3", ["OP-HUBS-EVERY-DISTRICT"]),
    ]
    assert "Indicators!B4: the row does not say which element the indicator is of: read as the one above" in said.out
    text = (there / "theory_of_change.yml").read_text(encoding="utf-8")
    assert "#   # valore di partenza / baseline: 31% (Indicators!E2)\n" in text
    assert "#   # valore obiettivo / target: 0.5 (Indicators!F2)\n" in text
    assert "Indicators!H1: column “Colour” not recognised: 1 cells not read." in said.out


def test_completed_indicators_are_whole_ones(book, sestante: Command, tmp_path: Path) -> None:
    there = tmp_path / "there"
    sestante("import", book({"Indicators": ENGLISH}), there)
    path = there / "theory_of_change.yml"
    head, _, block = path.read_text(encoding="utf-8").partition("# indicators:\n")
    lines = [line.removeprefix("# ") for line in block.splitlines()]
    completed = "\n".join(lines).replace('{from: "?", share: "?"}', "{from: survey, count: rows}").replace("'?'", "hub")
    path.write_text(f"{head}indicators:\n{completed}\n", encoding="utf-8")
    assert [one.id for one in imported(there).indicators] == ["IN-1", "IN-2", "IN-3"]


def test_the_folder_becomes_a_workspace_to_complete(book, sestante: Command, tmp_path: Path) -> None:
    there = tmp_path / "new" / "workspace"
    said = sestante("import", book({"Foglio1": ITALIAN}), there)
    assert f"Written {there / 'programme.yml'}, to be completed" in said.out
    checked = sestante("check", "--workspace", there)
    assert checked.code == 0, checked.out


def test_the_same_file_gives_the_same_ids_whatever_rows_come_between(book, sestante: Command, tmp_path: Path) -> None:
    sestante("import", book({"Foglio1": ITALIAN}), tmp_path / "one")
    more = [*ITALIAN[:6], [None, "Le persone sole escono di casa", None, None, None], *ITALIAN[6:]]
    sestante("import", book({"Foglio1": more}), tmp_path / "two")
    one, two = imported(tmp_path / "one"), imported(tmp_path / "two")
    assert {o.id for o in one.outcomes} < {o.id for o in two.outcomes}
    assert [o.id for o in one.outputs] == [o.id for o in two.outputs]
    assert [a.id for a in one.assumptions] == [a.id for a in two.assumptions]


def test_merged_cells_say_what_they_show_for_every_row(book, sestante: Command, tmp_path: Path) -> None:
    rows = [
        ["Logframe", None, None, None],
        ["Level", "Intervention logic", "Indicators", "Assumptions"],
        ["Outcome", "Neighbours meet", "Meetings a year", "Rooms stay open"],
        [None, None, "People at a meeting", None],
        ["OUTPUTS", None, None, None],
        [None, "Hubs", "Open hubs", None],
    ]

    def shape(workbook: openpyxl.Workbook) -> None:
        for merged in ("A1:D1", "A3:A4", "B3:B4", "D3:D4", "A5:D5"):
            workbook.active.merge_cells(merged)

    sestante("import", book({"Sheet": rows}, shape), tmp_path / "there")
    theory = imported(tmp_path / "there")
    assert [one.statement.root for one in theory.outcomes] == ["Neighbours meet"]
    assert [one.statement.root for one in theory.outputs] == ["Hubs"]
    assert len(theory.assumptions) == 1
    assert [one["measures"] for one in indicators(tmp_path / "there")] == [["OC-NEIGHBOURS-MEET"]] * 2 + [["OP-HUBS"]]


def test_sheets_in_two_languages_are_one_theory_where_codes_are_the_same(book, sestante, tmp_path: Path) -> None:
    italian = [["Livello", "Codice", "Logica di intervento"], ["Esito", "OC-1", "Meno sole"]]
    english = [["Level", "Code", "Intervention logic"], ["Outcome", "OC-1", "Less alone"]]
    sestante("import", book({"it": italian, "en": english}), tmp_path / "there")
    (outcome,) = imported(tmp_path / "there").outcomes
    assert (outcome.id, outcome.statement.root) == ("OC-1", {"it": "Meno sole", "en": "Less alone"})


def test_one_code_for_two_things_is_told_and_both_are_kept(book, sestante: Command, tmp_path: Path) -> None:
    rows = [
        ["Level", "Code", "Intervention logic"],
        ["Outcome", "OC-1", "Less alone"],
        ["Outcome", "OC-1", "Healthier"],
    ]
    said = sestante("import", book({"S": rows}), tmp_path / "there")
    assert [one.id for one in imported(tmp_path / "there").outcomes] == ["OC-1", "OC-1-2"]
    assert "S!C3: the code “OC-1” is already another element’s: this one becomes OC-1-2." in said.out


def test_links_come_only_from_a_table_of_links(book, sestante: Command, tmp_path: Path) -> None:
    chain = [["Level", "Code", "Intervention logic"], ["Outcome", "OC-1", "Less alone"], ["Output", "OP-1", "Hubs"]]
    links = [
        ["From", "To", "Type", "Mechanism"],
        ["OP-1", "OC-1", "enables", "A door is near"],
        ["OP-9", "OC-1", "x", ""],
    ]
    said = sestante("import", book({"Links": links, "Chain": chain}), tmp_path / "there")
    (link,) = imported(tmp_path / "there").links
    assert (link.id, link.type, link.mechanism.root) == ("L-OP-1-OC-1", "enables", "A door is near")
    assert "Links!A3: link between elements that are not there, not imported: OP-9." in said.out


def test_what_has_no_level_is_listed_and_not_imported(book, sestante: Command, tmp_path: Path) -> None:
    rows = [
        ["Level", "Intervention logic", "Indicators"],
        ["Outcome", "Less alone", None],
        ["Wishes", "Sunshine", None],
    ]
    said = sestante("import", book({"S": rows}), tmp_path / "there")
    assert "S!A3: level not recognised: “Wishes”." in said.out
    assert "S!B3: of no known level, not imported: “Sunshine”." in said.out
    kept = (tmp_path / "there" / "logframe.import.md").read_text(encoding="utf-8")
    assert "livello non riconosciuto" in kept and "level not recognised" in kept


def test_hidden_rows_columns_and_sheets_are_left_out_and_told(book, sestante: Command, tmp_path: Path) -> None:
    rows = [["Level", "Intervention logic", "Note"], ["Outcome", "Shown", "a"], ["Outcome", "Hidden", "b"]]

    def shape(workbook: openpyxl.Workbook) -> None:
        workbook["S"].row_dimensions[3].hidden = True
        workbook["S"].column_dimensions["C"].hidden = True
        workbook["Old"].sheet_state = "hidden"

    said = sestante("import", book({"S": rows, "Old": rows}, shape), tmp_path / "there")
    assert [one.statement.root for one in imported(tmp_path / "there").outcomes] == ["Shown"]
    for line in ("S!3:3: hidden row, not read.", "S!C:C: hidden column, not read.", "hidden sheet, not read."):
        assert line in said.out


def test_formulas_are_read_as_what_they_showed(book, sestante: Command, tmp_path: Path) -> None:
    rows = [["Level", "Intervention logic"], ["Outcome", "Less alone"], ["Outcome", '="More "&"friends"']]
    said = sestante("import", book({"S": rows}), tmp_path / "there")
    assert [one.statement.root for one in imported(tmp_path / "there").outcomes] == ["Less alone"]
    assert "S!B3: formula that was never computed, read as an empty cell." in said.out


def test_ten_thousand_rows(book, sestante: Command, tmp_path: Path) -> None:
    rows = [["Level", "Code", "Intervention logic", "Indicators"]]
    rows += [["Output", f"OP-{i}", f"Output number {i}", f"Things counted {i}"] for i in range(10_000)]
    assert sestante("import", book({"S": rows}), tmp_path / "there").code == 0
    theory = imported(tmp_path / "there")
    assert len(theory.outputs) == 10_000
    assert theory.outputs[-1].id == "OP-9999"


def test_words_that_yaml_would_take_for_something_else_stay_words(book, sestante: Command, tmp_path: Path) -> None:
    words = ["no", "2026-01-01", "1.10", "a: b # c", "- x", "{it: y}", "'", "null", "ə \u202eשלום", "*anchor"]
    rows = [["Level", "Intervention logic"], *(["Outcome", one] for one in words)]
    said = sestante("import", book({"S": rows}), tmp_path / "there")
    assert said.code == 0, said.err
    assert [one.statement.root for one in imported(tmp_path / "there").outcomes] == words


# What is refused -----------------------------------------------------------------------------------------------------


def refused(sestante: Command, file: Path, folder: Path) -> str:
    """The codes of the problems; nothing may have been written."""
    said = sestante("import", file, folder)
    assert said.code == 1, said.out
    assert "Traceback" not in said.err
    assert not folder.exists()
    return said.err


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import-empty"),
        (b"Level;Indicator\nOutcome;x\n", "import-not-xlsx"),
        (b"%PDF-1.7 nothing", "import-not-xlsx"),
        (b"PK\x03\x04 broken", "delivery-damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "import-not-xlsx"),
    ],
)
def test_what_is_no_workbook_is_refused(sestante: Command, tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "logframe.xlsx"
    file.write_bytes(content)
    assert f"[{code}]" in refused(sestante, file, tmp_path / "there")


def test_a_missing_file_and_a_folder_are_refused(sestante: Command, tmp_path: Path) -> None:
    assert "[delivery-absent]" in refused(sestante, tmp_path / "nowhere.xlsx", tmp_path / "there")
    assert "[delivery-folder]" in refused(sestante, tmp_path, tmp_path / "there")


@pytest.mark.parametrize("rows", [[], [["a", "b"], ["c", "d"]], [["Name", "Surname"], ["Ada", "Lovelace"]]])
def test_a_workbook_without_a_logframe_is_refused(book, sestante: Command, tmp_path: Path, rows: list) -> None:
    code = "import-nothing" if rows else "import-empty"
    assert f"[{code}]" in refused(sestante, book({"S": rows}), tmp_path / "there")


def test_a_theory_that_is_there_is_never_overwritten(book, sestante: Command, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "theory_of_change.yml").write_text("theory: {}\n", encoding="utf-8")
    said = sestante("import", book({"S": ITALIAN}), there)
    assert said.code == 1
    assert "[import-theory-there]" in said.err
    assert (there / "theory_of_change.yml").read_text(encoding="utf-8") == "theory: {}\n"
    assert [path.name for path in there.iterdir()] == ["theory_of_change.yml"]


# The words themselves ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Indicatori oggettivamente verificabili (IOV)", "indicator"),
        ("INDICATORE", "indicator"),
        ("Baseline 2024", "baseline"),
        ("Valore di partenza", "baseline"),
        ("Target", "target"),
        ("Valore obiettivo 2026", "target"),
        ("Fonti e mezzi", "verification"),
        ("Means of Verification (MoV)", "verification"),
        ("Ipotesi", "assumption"),
        ("Assumptions / Risks", "assumption"),
        ("Unità di misura", "unit"),
        ("Outputs", "level:output"),
        ("Colore", None),
    ],
)
def test_headers(text: str, role: str | None) -> None:
    found = header_of(text)
    assert (found.name if found else None) == role


@pytest.mark.parametrize(
    ("text", "level"),
    [("Obiettivo generale", "impact"), ("Risultati (outcome)", "outcome"), ("Output 1.2", "output"),
     ("Risultati attesi", "output"), ("ATTIVITA'", "activity"), ("Purpose", "outcome"), ("Le attività svolte", None)],
)  # fmt: skip
def test_levels(text: str, level: str | None) -> None:
    assert level_of(text) == level


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [("R1.2 Hubs", "R1.2", "Hubs"), ("1. Hubs", "1", "Hubs"), ("2 hubs", None, "2 hubs"), ("R1: Hubs", "R1", "Hubs"),
     ("CO2 saved", None, "CO2 saved"), ("1.1. Hubs", "1.1", "Hubs"), ("Hubs", None, "Hubs")],
)  # fmt: skip
def test_codes_in_front_of_words(text: str, code: str | None, words: str) -> None:
    assert coded(text) == (code, words)


@pytest.mark.parametrize(
    ("text", "found"),
    [("- a\n- b", ["a", "b"]), ("1. a\n2. b\nand c", ["a", "b and c"]), ("a\nb", ["a b"]),
     ("1.1 a\n1.2 b", ["1.1 a", "1.2 b"]), ("", []), ("- a", ["- a"])],
)  # fmt: skip
def test_lists_in_a_cell(text: str, found: list[str]) -> None:
    assert items(text) == found
