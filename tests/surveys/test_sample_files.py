"""Files as tools and offices write them: each lands with exactly what it holds, or is refused in the right words.

The table `HOLDS` says for each file how many answers it has, which rows are refused and why, and some of its cells.
Contracts are in `samples/contracts.yml`; people and answers are invented.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from surveys.sources import Source
from theory_of_change.problems import ProblemsFound

SAMPLES = Path(__file__).parent / "samples"
TOOLS = SAMPLES / "tools"
CONTRACTS: dict[str, Any] = yaml.load((SAMPLES / "contracts.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@pytest.fixture
def read(deliver, contract):
    """`read("tools/a.csv", "google_sheet")`: the delivery, by the contract of that name or by one written in YAML."""

    def reading(name: str | Path, said: str, **changes: Any):
        written = CONTRACTS.get(said)
        source: Source = contract(yaml.safe_dump(written | changes) if written else said)
        return deliver(source, SAMPLES / name)

    return reading


def refused(read, *args: Any, **how: Any) -> list[str]:
    with pytest.raises(ProblemsFound) as found:
        read(*args, **how)
    assert all(problem.message(language) for problem in found.value.problems for language in ("it", "en"))
    return sorted({problem.code for problem in found.value.problems})


def cell(delivery, row: int, column: str) -> Any:
    """A cell of the typed table by the row the file shows, None where it is missing."""
    value = delivery.core.set_index("_row")[column].loc[row]
    return None if pd.isna(value) else value


T, F = True, False
#: File, contract, rows read, refusals (row, column, rule), cells (row, column: value).
HOLDS = [
    ("tools/google_foglio_it.csv", "google_sheet", 28, [], {
        (5, "attivita_dop"): T, (5, "attivita_sport"): T, (5, "attivita_lab"): F, (5, "attivita_no"): F,
        (5, "attivita_other"): "Altro: ballo, canto", (9, "attivita_no"): T, (3, "commento"): 'Mi piace:\n"tutto"',
        (4, "commento2"): '=HYPERLINK("http://example.org","clicca")', (7, "agio_edu"): None, (2, "agio_com"): 4,
        (3, "ore"): 3.5,
    }),
    ("tools/google_scaricato.csv", "google_download", 19, [], {
        (2, "aiuto_c"): T, (2, "aiuto_d"): T, (2, "aiuto_l"): F, (2, "eta"): "18-29", (6, "accordo_riv"): None,
    }),
    ("tools/microsoft_forms_it.xlsx", "microsoft", 26, [], {
        (2, "servizi_b"): T, (2, "servizi_l"): T, (2, "servizi_c"): F, (4, "servizi_b"): None, (2, "prio_1"): "s",
        (2, "prio_2"): "l", (2, "prio_3"): "c", (2, "eta"): 41, (3, "eta"): 37, (3, "commenti"): "Bello.\nMa piccolo",
    }),
    ("tools/qualtrics_testi.csv", "qualtrics", 24, [(5, "", "preview")], {
        (4, "zona"): "3", (4, "servizi_1"): T, (4, "servizi_5"): T, (4, "servizi_2"): F, (4, "fida_vic"): None,
        (6, "servizi_1"): None, (7, "racconto"): 'Tre righe:\nuna\n"due"',
    }),
    ("tools/surveymonkey_it.csv", "surveymonkey", 22, [], {
        (3, "accordo_acc"): None, (4, "attivita_nes"): T, (5, "attivita_it"): None, (6, "attivita_other"): "Cucina",
        (3, "migliora"): 'Più orari, più "calma"', (3, "accordo_tor"): 1, (3, "eta"): 36,
    }),
    ("tools/typeform.csv", "typeform", 18, [], {
        (2, "stato"): "1", (2, "scelte_arte"): T, (2, "scelte_mus"): F, (4, "scelte_other"): "Cucina",
        (6, "Submit Date (UTC)"): None, (2, "nps"): 7,
    }),
    ("tools/kobo_codici.xlsx", "family", 32, [], {(2, "relazione"): "con", (2, "serv_fam_bib"): T}),
    ("tools/kobo_etichette_it.xlsx", "family", 32, [], {(2, "relazione"): "con", (2, "serv_fam_bib"): T}),
    ("tools/spss_benessere.sav", "wellbeing", 40, [], {
        (1, "genere"): "F", (4, "genere"): None, (1, "eta"): 44, (2, "eta"): None, (4, "eta"): None, (1, "sodd"): 5,
        (2, "sodd"): None, (2, "reddito"): None, (4, "reddito"): 0, (2, "fid"): None, (6, "serv_1"): None,
        (7, "commento"): "riga uno\nriga due", (1, "peso"): 1.2345, (1, "quota"): "0.5",
    }),
    ("tools/spss_benessere.zsav", "wellbeing", 40, [], {(1, "eta"): 44, (2, "eta"): None}),
    ("tools/stata_anziani.dta", "old_age", 36, [], {
        (1, "isolamento"): 4, (2, "isolamento"): None, (3, "isolamento"): None, (4, "isolamento"): None,
        (1, "zona"): "Città vecchia", (1, "vive_solo"): T,
    }),
    ("tools/haven_datetime.sav", "{questions: [{name: day, code: date, type: date}, "
     "{name: moment, code: date.posix, type: datetime}, {name: clock, code: time, type: time}]}", 2,
     [(1, "date.posix", "not-a-date")], {(2, "clock"): "15:59:20"}),
    ("tools/haven_tagged_na_int.dta", "{questions: [{name: x, type: number}]}", 8, [],
     {(5, "x"): 5, (6, "x"): None, (7, "x"): None, (8, "x"): None}),
    ("tools/haven_umlauts.sav", "{questions: [{name: var1, type: single, answers: ['1', '2', '3']}]}", 4, [],
     {(1, "var1"): "1"}),
    ("tools/pyreadstat_hebrews.sav", "{questions: [{name: v, code: ותק_ב, type: number}]}", 99, [], {(1, "v"): 33}),
    ("tools/pyreadstat_missing_test.dta", "{questions: [{name: var1, type: number}, {name: var9, type: number}]}", 1,
     [], {(1, "var1"): None, (1, "var9"): 1}),
    ("tools/pyreadstat_sample_missing.sav", "{questions: [{name: mynum, type: number}, {name: mylabl, type: single, "
     "answers: {1: Male, 2: Female}}]}", 7, [],
     {(1, "mynum"): 1.1, (6, "mynum"): None, (7, "mynum"): None, (1, "mylabl"): "1", (6, "mylabl"): None}),
    ("tools/pyreadstat_simple_alltypes.sav", "{questions: [{name: z, type: number}, {name: mymrset, type: multiple, "
     "answers: [bool1, bool2, bool3]}]}", 6, [],
     {(1, "z"): None, (3, "z"): 1.234, (4, "z"): None, (1, "mymrset_bool1"): T, (2, "mymrset_bool2"): F}),
    ("titoli_e_totali.xlsx", "titles", 19, [], {
        (9, "comune"): "Torino", (16, "comune"): "Chieri", (8, "eta"): 71, (8, "servizi_mensa"): F,
        (9, "servizi_mensa"): T, (10, "servizi_mensa"): T, (12, "servizi_mensa"): T,
    }),
    ("due_tabelle.xlsx", "{person: Codice, questions: [{name: prima, code: Prima (1-10), type: scale, range: [1, 10]}, "
     "{name: dopo, code: Dopo (1-10), type: scale, range: [1, 10]}]}", 14, [], {(3, "prima"): 1, (7, "dopo"): None}),
    ("formule.xlsx", "{person: Codice, questions: [{name: totale, type: number}, {name: fascia, type: text}]}", 15,
     [(3, "fascia", "error-cell"), (3, "totale", "error-cell")], {(2, "totale"): 7, (2, "fascia"): "bassa"}),
    ("righe_miste.csv", "{questions: [{name: id, type: text}, {name: testo, type: text}]}", 8, [], {
        (3, "testo"): "riga uno\nriga due", (4, "testo"): 'disse "sì", poi\r\nandò via', (5, "testo"): "a;b,c\td",
        (6, "testo"): None, (7, "testo"): " spazi ", (8, "testo"): '"', (9, "testo"): "fine senza a capo",
    }),
    ("byte_nulli.csv", "{questions: [{name: nota, type: text}, {name: voto, type: number}]}", 4, [],
     {(3, "voto"): 3, (5, "nota"): "così"}),
    ("excel_unicode.txt", "{decimal: ',', questions: [{name: punteggio, type: number}, {name: note, type: text}]}", 14,
     [], {(2, "punteggio"): 3.5, (3, "note"): "riga\nnuova", (4, "note"): "caffè ☕"}),
    ("righe_vuote.xlsx", "{questions: [{name: voto, type: scale, range: [1, 10]}]}", 30, [], {}),
    ("largo_400.xlsx", "{questions: [{name: ultima, type: number, position: 400}]}", 25, [], {(2, "ultima"): 4}),
    ("vuoto_solo_intestazione.csv", "{questions: [{name: voto, type: number}]}", 0, [], {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said", "count", "turned_away", "cells"), HOLDS, ids=[one[0] for one in HOLDS])
def test_a_file_holds_exactly_this(read, refusals, name, said, count, turned_away, cells) -> None:
    delivery = read(name, said)
    assert delivery.rows_read == count
    assert sorted(refusals(delivery)) == sorted(turned_away)
    assert len(delivery.core) == count - len({row for row, *_ in turned_away})
    assert {at: cell(delivery, *at) for at in cells} == cells


def test_statistics_leave_out_what_the_file_calls_missing(read) -> None:
    core = read("tools/spss_benessere.sav", "wellbeing").core
    assert (core["eta"].count(), core["reddito"].count(), core["fid"].count()) == (37, 38, 38)
    assert core["eta"].mean() == pytest.approx(57.5675675676)
    assert core["reddito"].mean() == pytest.approx(1254.6107894737)


def test_raw_keeps_which_missing_code_it_was(read) -> None:
    assert read("tools/stata_anziani.dta", "old_age").raw["isolamento"].tolist()[:3] == ["4", ".a", ".b"]
    assert read("tools/spss_benessere.sav", "wellbeing").raw["eta"].tolist()[1] == "999"


# One survey, five exports ---------------------------------------------------------------------------------------------


def same_answers(one, other, but: tuple[str, ...] = ()) -> bool:
    left, right = (delivery.core.drop(columns=["_row", *but], errors="ignore") for delivery in (one, other))
    left.columns = right.columns = range(len(left.columns))  # the person's column bears another name in each
    return left.astype(object).where(left.notna(), None).equals(right.astype(object).where(right.notna(), None))


def neighbourhood(read, name: str, note: dict[str, str] | None = None, **changes: Any):
    questions = [*CONTRACTS["neighbourhood"]["questions"]]
    questions[-1] = {"name": "note_serv", "type": "text"} | (note or {})
    return read(f"tools/{name}", "neighbourhood", questions=questions, **changes)


def test_kobo_and_odk_give_the_same_rows_in_codes_and_in_words_of_either_language(read) -> None:
    codes = neighbourhood(read, "kobo_codici.csv")
    assert (codes.rows_read, codes.refused) == (24, ())
    assert [cell(codes, 6, f"usati_{code}") for code in ("bib", "nessuno")] == [None, None]  # nobody answered
    assert cell(codes, 4, "note_serv") == "=1+1"
    for name, changes in {
        "kobo_codici.xlsx": {},
        "kobo_etichette_en_split.csv": {"note": {"code": "Services / Notes"}},
        "kobo_etichette_it.xlsx": {"note": {"position": "16"}},
        "odk_central_ascolto.zip": {"person": "KEY"},
    }.items():
        assert same_answers(codes, neighbourhood(read, name, **changes), but=("_uuid", "KEY")), name


def test_repeated_groups_are_told_and_have_a_source_of_their_own(read) -> None:
    notes = {note.code: note.facts for note in neighbourhood(read, "odk_central_ascolto.zip", person="KEY").notes}
    assert notes["delivery-repeats"] == {"sheets": "ascolto-familiari"}
    family = read("tools/odk_central_ascolto.zip", "family", sheet="ascolto-familiari")
    assert same_answers(read("tools/kobo_codici.xlsx", "family"), family)


TEXTS = {"person": "Codice d'accesso", "answered": "Data invio",
         "consent": {"column": "Acconsente al trattamento dei dati?", "value": "Y"},
         "identifying": [{"column": "Indirizzo IP", "keep": "drop"},
                         {"column": "URL di riferimento", "keep": "drop"}]}  # fmt: skip


def test_limesurveys_exports_give_the_same_answers(read, refusals) -> None:
    codes = read("tools/risultati_codici.csv", "limesurvey")
    assert (codes.rows_read, len(codes.core)) == (64, 58)
    assert {rule for _, _, rule in refusals(codes)} == {"no-consent"}
    texts = read("tools/risultati_testi.csv", "limesurvey", **TEXTS)
    boxes = tuple(f"serv_{code}" for code in ("BIB", "CAF", "DOP", "ANZ"))
    assert same_answers(codes, texts, but=boxes)  # where texts say No, codes say nothing
    archive = read("tools/archivio.lsa", "limesurvey")
    assert same_answers(codes, archive, but=boxes)
    assert texts.core[list(boxes)].fillna(False).equals(codes.core[list(boxes)].fillna(False))


def test_limesurveys_vv_file_has_its_codes_in_the_second_row(read) -> None:
    delivery = read("tools/vv_esporta.csv", "limesurvey")
    assert (delivery.rows_read, len(delivery.core), cell(delivery, 3, "gen")) == (64, 58, "M")
    assert (
        not delivery.raw.astype(str)
        .apply(lambda column: column.str.contains("{question_not_shown}", regex=False))
        .any()
        .any()
    )


# What is no table of answers, or must not be opened -------------------------------------------------------------------

REFUSED = [
    ("tools/gradimento.lss", "delivery-form"),
    ("tools/r_sintassi.R", "delivery-syntax"),
    ("tools/spss_sintassi.sps", "delivery-syntax"),
    ("tools/pyxform_or_other.xlsx", "delivery-form"),
    ("tools/spss_dati.dat", "delivery-headless"),
    ("protetto.xlsx", "delivery-password"),
    ("troncato.xlsx", "delivery-damaged"),
    ("vuoto.xlsx", "delivery-empty"),
    ("entita.ods", "delivery-doctype"),
    ("entita.xlsx", "delivery-doctype"),
    ("entita_esterna.xlsx", "delivery-doctype"),
]


@pytest.mark.parametrize(("name", "code"), REFUSED, ids=[name for name, _ in REFUSED])
def test_a_file_is_refused_in_the_right_words(read, name: str, code: str) -> None:
    assert refused(read, name, "{questions: [{name: codice, type: text}]}") == [code]


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("formule_senza_valori.xlsx", "{person: Codice, questions: [{name: totale, type: number}]}",
         "delivery-formulas-uncalculated"),
        ("formule_nei_testi_dde.xlsx", "{questions: [{name: nota, type: text}]}", "delivery-formulas-uncalculated"),
        ("un_foglio_al_mese.xlsx", "{person: Codice, questions: [{name: sodd, code: Soddisfazione, type: number}]}",
         "delivery-sheets-differ"),
        ("trasposto.xlsx", "{questions: [{name: eta, code: Età, type: number}, "
         "{name: solo, type: yes_no, text: 'Vive solo/a?'}, {name: commento, type: text}]}", "delivery-turned"),
    ],
)  # fmt: skip
def test_what_would_lose_answers_is_refused(read, name: str, said: str, code: str) -> None:
    assert refused(read, name, said) == [code]


def test_a_sheet_a_month_is_one_delivery_with_the_month_beside_each_row(read) -> None:
    contract = (
        "{person: Codice, wave: {column: sheet}, questions: [{name: eta, code: Età, type: number, range: [0, 30]}]}"
    )
    delivery = read("un_foglio_al_mese.xlsx", contract.replace(", range: [0, 30]", ""))
    assert delivery.core["sheet"].value_counts().to_dict() == {"Febbraio": 9, "Gennaio": 7, "Marzo": 6}
    assert delivery.core["eta"].iloc[[0, 7, 16]].tolist() == [33, 32, 28]
    assert delivery.unmapped == ("Soddisfazione", "Soddisf.", "Note")
    refused = read("un_foglio_al_mese.xlsx", contract).refused
    assert refused[0].what("it").endswith("(foglio «Gennaio», riga 2)")
    assert {one.at for one in refused} >= {("Gennaio", 2), ("Febbraio", 2)}
    assert ("Marzo", 4) not in {one.at for one in refused}


def test_limesurveys_own_sav_ends_only_its_reader(read, tmp_path: Path) -> None:
    path = tmp_path / "spss.sav"
    path.write_bytes(gzip.decompress((TOOLS / "limesurvey_spss.sav.gz").read_bytes()))
    assert refused(read, path, "limesurvey") == ["delivery-breaks-its-reader"]


def test_paths_that_climb_out_of_a_zip_are_passed_over(read) -> None:
    assert refused(read, "percorsi.zip", "{questions: [{name: codice, type: text}]}") == ["delivery-no-header"]


# What is told about a file --------------------------------------------------------------------------------------------


def test_titles_totals_notes_and_hidden_rows_are_told(read) -> None:
    told = {note.code: note.facts for note in read("titoli_e_totali.xlsx", "titles").notes}
    assert told["delivery-header-row"] == {"row": "6"}
    assert told["delivery-hidden-rows"] == {"count": "2", "rows": "10, 13"}
    assert told["delivery-left-out-total"] == {"count": "1", "rows": "27"}
    assert told["delivery-left-out-note"] == {"count": "1", "rows": "29"}


def test_a_second_table_below_is_told_and_not_counted(read) -> None:
    said = "{person: Codice, questions: [{name: prima, code: Prima (1-10), type: scale, range: [1, 10]}]}"
    told = {note.code: note.facts for note in read("due_tabelle.xlsx", said).notes}
    assert told["delivery-left-out-second-table"]["rows"] == "19, 20, 21, 22, 23"


def test_every_column_is_told_with_how_it_was_recognised_and_never_with_a_value(read) -> None:
    delivery = read("tools/microsoft_forms_it.xlsx", "microsoft")
    ways = {one.header: (one.position, one.columns, one.way) for one in delivery.mapped}
    assert ways["Codice partecipante"] == (6, ("Codice partecipante",), "code")
    assert ways["Età"] == (11, ("eta",), "code")
    assert ways["Voto da 0 a 10"] == (13, ("voto",), "text")
    assert ways["Quali servizi conosce?"][1:] == (("servizi_b", "servizi_c", "servizi_l", "servizi_n"), "text")
    assert {(type(one.filled), type(one.refused)) for one in delivery.mapped} == {(int, int)}
