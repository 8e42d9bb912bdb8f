"""Quotes from a run to what is published: who is quoted, how they are described, what never leaves the warehouse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipelines.conftest import Command, put
from tests.pipelines.test_corpora import ask, every_byte
from warehouse.connections import connect

pytestmark = pytest.mark.usefixtures("unreported")

CONTRACT = """\
id: ascolto
title: {it: Ascolto, en: Listening}
files: {pattern: "*.txt"}
codings: {pattern: "*segmenti.csv"}
language: it
consent: quotes
documents:
  - {file: "INT-01*", id: INT-01, date: 2026-02-03, group: {area: Mare},
     participants: [{role: residente, group: {gender: F}}]}
  - {file: "INT-02*", id: INT-02, date: 2026-02-04, group: {area: Mare},
     participants: [{role: residente, group: {gender: F}}]}
  - {file: "INT-03*", id: INT-03, date: 2026-02-05, group: {area: Monte},
     participants: [{role: residente, group: {gender: M}}]}
  - {file: "INT-04*", id: INT-04, date: 2026-02-06, consent: analysis, participants: [{role: parroco}]}
  - {file: "FG*", id: FG-01, kind: focus_group, date: 2026-02-07, group: {area: Monte},
     participants: [{role: residente, number: 6, group: {gender: F}}]}
speakers: {I: intervistatrice, Giuseppina: residente}
codes:
  - {id: legami, title: Legami, about: [{element: OC-ALONE, direction: for}]}
  - {id: isolamento, title: Isolamento, about: [{element: OC-ALONE, direction: against}]}
quotes:
  rule: {per_code: 2, shortest: 3, longest: 40, codes: [legami]}
  masks: {table: maschere.csv}
"""
TEXTS = {
    "INT-01": "I: Allora?\nGiuseppina: Adesso parlo con tutti i vicini del palazzo. Con Casimira andiamo al mercato.\n",
    "INT-02": "I: E lei?\nR: Adesso conosco i vicini e ci aiutiamo. Vado spesso da Ermenegilda la sera.\n",
    "INT-03": "R: Non mi ha mai cercato nessuno in due anni.\n",
    "INT-04": "R: I vicini ora si parlano molto di più.\n",
    "FG-01": "I: Come va?\nPrima: Qui ci salutiamo tutti la mattina.\nSeconda: Io invece resto sola.\n",
}
CODED = """\
documento;codice;testo
INT-01.txt;Legami;Adesso parlo con tutti i vicini del palazzo
INT-01.txt;Legami;Con Casimira andiamo al mercato
INT-02.txt;Legami;Adesso conosco i vicini e ci aiutiamo
INT-02.txt;Legami;Vado spesso da Ermenegilda la sera
INT-03.txt;Isolamento;Non mi ha mai cercato nessuno in due anni
INT-04.txt;Legami;I vicini ora si parlano molto di più
FG-01.txt;Legami;Qui ci salutiamo tutti la mattina
FG-01.txt;Isolamento;Io invece resto sola
"""
MASKS = "parole;segnaposto\nCasimira;[nome]\n"
QUOTED = "select code_id, speaker, text, document_id, chosen_by, is_adverse, is_balancing from out.quotes order by 1, 3"


@pytest.fixture
def quoted(empty: Path) -> Path:
    put(empty / "interviews" / "ascolto.yml", CONTRACT)
    for name, text in TEXTS.items():
        put(empty / "data" / "ascolto" / f"{name}.txt", text)
    put(empty / "data" / "ascolto" / "segmenti.csv", CODED)
    put(empty / "data" / "ascolto" / "maschere.csv", MASKS)
    return empty


def change(workspace: Path, old: str, new: str) -> None:
    path = workspace / "interviews" / "ascolto.yml"
    assert old in path.read_text()
    put(path, path.read_text().replace(old, new))


def test_the_rule_spreads_over_documents_and_adds_who_speaks_against(quoted: Path, sestante: Command) -> None:
    said = sestante("run")
    assert said.code == 0, said.err
    assert ask(quoted, QUOTED, "published") == [
        ("isolamento", "residente, area: Monte", "Non mi ha mai cercato nessuno in due anni.", None, "rule",
         True, True),
        ("legami", "residente, gender: F", "Adesso conosco i vicini e ci aiutiamo.", None, "rule", False, False),
        ("legami", "residente, gender: F", "Adesso parlo con tutti i vicini del palazzo.", None, "rule", False, False),
    ]  # fmt: skip
    assert ask(quoted, "select * from out.quote_balance order by 3", "published") == [
        ("ascolto", "OC-ALONE", "against", 1, "not_chosen"),
        ("ascolto", "OC-ALONE", "for", 2, "consent, identifying, not_chosen"),
    ]
    assert ask(quoted, "select * from out.quote_choices", "published") == [("ascolto", 2, 0, 1, 2, 3, 40, 1)]


def test_nothing_that_is_blocked_or_masked_leaves_the_warehouse(quoted: Path, sestante: Command) -> None:
    change(quoted, "per_code: 2", "per_code: 9")
    said = sestante("run")
    texts = [text for (text,) in ask(quoted, "select distinct text from out.quotes", "published")]
    assert "Con [nome] andiamo al mercato." in texts
    (quoted / "warehouse" / "impact.duckdb").unlink()
    stored = every_byte(quoted / "warehouse") + every_byte(quoted / "output") + (said.out + said.err).encode()
    for word in ("Ermenegilda", "Casimira", "Giuseppina", "si parlano molto"):
        assert word.encode() not in stored, word


def test_a_focus_group_of_many_may_be_named_and_an_interview_not(quoted: Path, sestante: Command) -> None:
    change(quoted, "per_code: 2", "per_code: 9")
    sestante("run")
    assert ask(quoted, "select distinct document_id, text from out.quotes where document_id is not null order by 2",
               "published") == [("FG-01", "Io invece resto sola."),
                                ("FG-01", "Qui ci salutiamo tutti la mattina.")]  # fmt: skip
    assert {d for (d,) in ask(quoted, "select distinct document_id from core.quotes")} >= {"INT-01", "FG-01"}


def test_a_quote_picked_by_hand_is_recorded_and_does_not_leave_out_who_speaks_against(
    quoted: Path, sestante: Command
) -> None:
    change(quoted, "  rule: {per_code: 2, shortest: 3, longest: 40, codes: [legami]}\n",
           "  picks: [{document: FG-01, code: legami, by: valutatrice, date: 2026-03-01, reason: Chiara},"
           " {document: INT-02, code: isolamento, by: valutatrice, date: 2026-03-01}]\n")  # fmt: skip
    said = sestante("run")
    assert ask(quoted, "select code_id, chosen_by, chosen_role, cast(chosen_at as varchar), is_balancing"
                       " from out.quotes order by 1", "published") == [
        ("isolamento", "rule", None, None, True), ("legami", "hand", "valutatrice", "2026-03-01", False),
    ]  # fmt: skip
    assert "quote-pick-unmet" in said.out + said.err


def test_without_the_block_nothing_is_quoted(quoted: Path, sestante: Command) -> None:
    text = CONTRACT.partition("quotes:\n")[0]
    put(quoted / "interviews" / "ascolto.yml", text)
    sestante("run")
    assert ask(quoted, "select count(*) from out.quotes", "published") == [(0,)]


def test_consent_that_is_withdrawn_takes_the_quotes_with_it_and_names_the_packages_that_hold_them(
    quoted: Path, sestante: Command
) -> None:
    sestante("run")
    held = quoted / "output" / "2026-H1" / "report-it" / "data" / "quotes.csv"
    put(held, "source,quote_id,text\nascolto,ascolto:isolamento:1,Non mi ha mai cercato nessuno in due anni.\n")
    change(quoted, "date: 2026-02-05,", "date: 2026-02-05, consent: analysis,")
    said = sestante("run")
    assert ask(quoted, "select count(*) from out.quotes where text like 'Non mi ha mai%'", "published") == [(0,)]
    assert "output/2026-H1/report-it" in said.out + said.err and "mai cercato" not in said.out + said.err
    assert ask(quoted, "select direction, n_quoted, reasons from out.quote_balance order by 1", "published") == [
        ("against", 1, "consent"), ("for", 2, "consent, identifying, not_chosen"),
    ]  # fmt: skip


def test_what_a_corpus_holds_is_counted_in_people(quoted: Path, sestante: Command) -> None:
    sestante("run")
    assert ask(quoted, "select kind, consent, n_documents, n_people, status from out.corpora order by 1, 2",
               "published") == [
        ("all", "all", 5, 10, "ok"), ("all", "analysis", None, None, "suppressed"),
        ("all", "quotes", None, None, "suppressed"), ("focus_group", "all", None, None, "suppressed"),
        ("interview", "all", None, None, "suppressed"),
    ]  # fmt: skip


def test_what_is_remembered_of_a_contract_names_nobody(quoted: Path, sestante: Command) -> None:
    sestante("run")
    ((contracts,),) = ask(quoted, "select contracts from out.theory_versions", "published")
    contract = json.loads(contracts)["ascolto"]["contract"]
    assert "speakers" not in contract and "masks" not in contract["quotes"]
    assert all("file" not in one for one in contract["documents"])


def test_the_list_of_passages_prints_words_only_where_asked(quoted: Path, sestante: Command) -> None:
    assert sestante("quotes").code != 0  # nothing has landed
    sestante("run")
    said = sestante("quotes", "ascolto", "--language", "it")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "ascolto: brani codificati 8 (citati 3, citabili 3, bloccati 2)"
    assert "può identificare qualcuno: nomi di persona 1" in said.out and "non c’è il consenso" in said.out
    assert "vicini" not in said.out and "Ermenegilda" not in said.out
    said = sestante("quotes", "ascolto", "--text", "--language", "it")
    assert "Vado spesso da ⟦Ermenegilda⟧ la sera" in said.out and "Con [nome] andiamo al mercato." in said.out
    assert "Casimira" not in said.out and "si parlano molto" not in said.out
    assert sestante("quotes", "ascolta").code == 2


def test_a_mask_lets_a_passage_pass_at_the_next_look_and_run(quoted: Path, sestante: Command) -> None:
    table = quoted / "data" / "ascolto" / "maschere.csv"
    change(quoted, "per_code: 2", "per_code: 9")
    sestante("run")
    put(table, f"{MASKS}ermenegilda;[vicina]\nTeodolinda;[nome]\n")
    said = sestante("quotes", "ascolto", "--text", "--language", "en").out
    assert "Vado spesso da [vicina] la sera" in said
    assert "words of row 4 of data/ascolto/maschere.csv stand in no passage" in said and "Teodolinda" not in said
    sestante("run")
    texts = [text for (text,) in ask(quoted, "select text from out.quotes", "published")]
    assert "Vado spesso da [vicina] la sera." in texts
    assert ask(quoted, "select n_masks from out.quote_choices", "published") == [(3,)]
    put(table, MASKS)
    sestante("run")
    assert ask(quoted, "select count(*) from out.quotes where text like '%vicina]%'", "published") == [(0,)]


def test_words_to_mask_leave_no_trace_outside_their_table(quoted: Path, sestante: Command) -> None:
    assert sestante("run").code == 0
    definitions = "select content_hash, contracts_hash, contracts from out.theory_versions union all" \
                  " select load_id, sha256, contract_fingerprint from out.loads order by all"  # fmt: skip
    before = ask(quoted, definitions, "published")
    put(quoted / "data" / "ascolto" / "maschere.csv", f"{MASKS}Ermenegilda;[vicina]\n")
    assert sestante("run").code == 0
    assert ask(quoted, definitions, "published") == before
    with connect(quoted / "warehouse" / "impact.duckdb") as connection:
        # transcripts hold the names, and stand here
        connection.execute("update core.documents set text = ''")
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall()
        rows = [connection.execute(f'select * from "{schema}"."{table}"').fetchall() for schema, table in tables]
    assert not any(word in str(rows).casefold() for word in ("casimira", "ermenegilda", "maschere"))


def test_masks_in_the_contract_are_refused_without_repeating_them(quoted: Path, sestante: Command) -> None:
    change(quoted, "{table: maschere.csv}", '{Ermenegilda: "[vicina]"}')
    for said in (sestante("check", "--language", "it"), sestante("run", "--language", "it")):
        assert said.code == 1 and "quote-masks-in-contract" in said.out + said.err
        assert "masks: {table: masks.csv}" in said.out + said.err and "Ermenegilda" not in said.out + said.err
    for other in ("Ermenegilda", "[Ermenegilda]", "{table: a.csv, Ermenegilda: x}", "{table: [Ermenegilda]}"):
        change(quoted, "masks: ", f"masks: {other}  # ")
        found = sestante("check", "--language", "en").out
        assert "quote-masks-in-contract" in found and "Ermenegilda" not in found, other


def test_a_table_of_masks_that_is_not_there_or_wrong_stops_the_quotes(quoted: Path, sestante: Command) -> None:
    table = quoted / "data" / "ascolto" / "maschere.csv"
    sestante("run")
    table.unlink()
    said = sestante("run")
    assert said.code == 1 and "data/ascolto/maschere.csv" in said.err and "quote-masks-absent" in said.err
    change(quoted, "  masks:", "  cleared: [gilda]\n  masks:")
    put(table, "parole;segnaposto\nCasimira;Rosalba\n;[nome]\nGilda;[nome]\nCasimìra;[vicina]\n")
    said = sestante("quotes", "ascolto", "--text", "--language", "en")
    assert [line.partition(": ")[0] for line in said.err.splitlines() if "maschere.csv" in line] == [
        f"data/ascolto/maschere.csv:{row}" for row in (2, 3, 4, 5)
    ]
    assert not any(name in said.err for name in ("Casimira", "Rosalba", "Gilda", "Casimìra"))
    put(table, "Casimira;[nome]\n")
    assert "quote-masks-columns" in sestante("run").err


@pytest.mark.parametrize("header", ["words,placeholder", "Words,Placeholder", "Parola,Segnaposto"])
def test_a_table_of_masks_has_its_columns_in_either_language(quoted: Path, sestante: Command, header: str) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Da non mostrare"], header.split(","), ["Casimira", "[nome]"]):
        book.active.append(row)
    book.save(quoted / "data" / "ascolto" / "maschere.xlsx")
    change(quoted, "maschere.csv", "maschere.xlsx")
    change(quoted, "per_code: 2", "per_code: 9")
    assert sestante("run").code == 0
    assert ("Con [nome] andiamo al mercato.",) in ask(quoted, "select text from out.quotes", "published")


def test_a_table_of_masks_that_is_handed_in_is_no_coding(quoted: Path, sestante: Command, tmp_path: Path) -> None:
    change(quoted, '"*segmenti.csv"', '"*.csv"')
    sestante("run")
    handed = tmp_path / "maschere.csv"
    put(handed, f"{MASKS}Ermenegilda;[vicina]\n")
    said = sestante("load", str(handed), "--source", "ascolto")
    assert said.code == 0, said.err
    assert "Vado spesso da [vicina] la sera" in sestante("quotes", "ascolto", "--text").out


ANSWERS = """\
id: voci
title: Voci
open_answers: {survey: visitors, questions: [note], consent: quotes}
codings: {pattern: "*segmenti.csv"}
codes: [{id: isolamento, title: Isolamento, about: [{element: OC-ALONE, direction: against}]}]
quotes: {rule: {shortest: 2}}
"""


def test_forgetting_a_person_takes_their_quotes_and_names_the_packages_that_hold_them(
    empty: Path, sestante: Command
) -> None:
    contract = empty / "surveys" / "visitors.yml"
    said = contract.read_text(encoding="utf-8") + "  - {name: note, code: NOTE, type: text, text: Altro?}\n"
    put(contract, said.replace("answered: submitdate", "consent: {column: ok, value: Y}\nanswered: submitdate"))
    put(empty / "interviews" / "voci.yml", ANSWERS)
    put(empty / "data" / "visitors" / "visitors-1.csv",
        "token,submitdate,Q1,Q2,NOTE,ok\nada,2026-01-10,1,A1,Vorrei sedermi con qualcuno,Y\n")  # fmt: skip
    assert sestante("run").code == 0
    ((document,),) = ask(empty, "select document_id from core.documents")
    put(
        empty / "data" / "voci" / "segmenti.csv",
        f"documento;codice;testo\n{document};isolamento;sedermi con qualcuno\n",
    )
    assert sestante("run").code == 0
    assert ask(empty, "select text, speaker from out.quotes", "published") == [
        ("… sedermi con qualcuno", "participant")
    ]
    put(empty / "output" / "2026-H1" / "report-it" / "data" / "quotes.csv", "text\n… sedermi con qualcuno\n")
    said = sestante("forget", "ada", "--yes")
    assert said.code == 0 and "output/2026-H1/report-it" in said.out and "sedermi" not in said.out
    assert ask(empty, "select count(*) from core.quotes") == [(0,)]
    assert b"sedermi" not in (empty / "warehouse" / "impact.duckdb").read_bytes()
