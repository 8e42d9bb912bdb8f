"""Interviews from files to tables: what lands, what a correction changes, and what must be in no table at all."""

from __future__ import annotations

import json
import re
import shutil
import uuid
import zipfile
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.conftest import Command, put

pytestmark = pytest.mark.usefixtures("unreported")

CONTRACT = """\
id: ascolto
title: {it: Ascolto, en: Listening}
files: {pattern: "*.txt"}
codings: {pattern: "*segmenti.csv"}
language: it
documents:
  - {file: "INT-01*", id: INT-01, kind: interview, date: 2026-02-03, place: Marghera, consent: quotes,
     group: {area: A1}, participants: [{role: residente, group: {gender: F}}]}
  - {file: "INT-02*", id: INT-02, kind: interview, date: 2026-03-04, consent: none}
  - {file: "FG*", id: FG-01, kind: focus_group, period: 2026-H1, consent: analysis, group: {area: A2},
     participants: [{role: residente, number: 7}]}
speakers: {I: intervistatrice}
codes:
  - {id: problemi, title: Problemi}
  - {id: isolamento, title: Isolamento, parent: problemi, about: [{element: OC-ALONE, direction: against}]}
"""
FIRST = "I: Come sta?\nGiuseppina: Mi sento molto sola la domenica, cara.\nI: Grazie Giuseppina.\n"
CODED = """\
documento;codice;testo;codificatore
INT-01.txt;Isolamento;Mi sento molto sola la domenica;Lucrezia
FG-01.txt;Problemi > Isolamento;nessuno viene mai a trovarci;Ottavia
INT-02.txt;Isolamento;segreto;Ottavia
"""


@pytest.fixture
def listening(empty: Path) -> Path:
    put(empty / "interviews" / "ascolto.yml", CONTRACT)
    folder = empty / "data" / "ascolto"
    put(folder / "INT-01.txt", FIRST)
    put(folder / "INT-02.txt", "I: Come sta?\nAristide: Il mio segreto.\n")
    put(folder / "FG-01.txt", "I: Allora?\nPrima: Qui nessuno viene mai a trovarci.\nSeconda: Eh sì.\n")
    put(folder / "segmenti.csv", CODED)
    return empty


def ask(workspace: Path, sql: str, name: str = "impact") -> list[tuple]:
    with duckdb.connect(str(workspace / "warehouse" / f"{name}.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


SPOKEN = """
select document_id, speaker_role, substr(text, turns.start + 1, turns."end" - turns.start)
from core.turns join core.documents using (source, document_id) order by document_id, turn
"""
PLACED = """
select document_id, code_id, state, substr(text, segments.start + 1, segments."end" - segments.start)
from core.segments join core.documents using (source, document_id) order by document_id
"""


def test_a_run_lands_documents_turns_and_codings(listening: Path, sestante: Command) -> None:
    said = sestante("run")
    assert said.code == 0, said.err
    assert ask(listening, SPOKEN) == [
        ("FG-01", "intervistatrice", "Allora?"),
        ("FG-01", "Persona 1", "Qui nessuno viene mai a trovarci."),
        ("FG-01", "Persona 2", "Eh sì."),
        ("INT-01", "intervistatrice", "Come sta?"),
        ("INT-01", "Persona 1", "Mi sento molto sola la domenica, cara."),
        ("INT-01", "intervistatrice", "Grazie Persona 1."),
    ]
    assert ask(listening, PLACED) == [
        ("FG-01", "isolamento", "placed", "nessuno viene mai a trovarci"),
        ("INT-01", "isolamento", "placed", "Mi sento molto sola la domenica"),
    ]
    assert ask(listening, "select document_id, kind, period, consent, n_participants, place from core.documents"
                          " order by 1") == [
        ("FG-01", "focus_group", "2026-H1", "analysis", 7, None),
        ("INT-01", "interview", "2026-H1", "quotes", 1, "Marghera"),
    ]  # fmt: skip
    assert ask(listening, "select code_id, element_id, kind, direction, strength from core.code_meanings") == [
        ("isolamento", "OC-ALONE", "element", "against", "moderate")
    ]
    assert ask(listening, "select file_name, kind, rows_read, rows_accepted, rows_refused, status from out.loads"
                          " where source = 'ascolto' order by 1", "published") == [
        ("FG-01.txt", "txt", 1, 1, 0, "in_force"),
        ("INT-01.txt", "txt", 1, 1, 0, "in_force"),
        ("INT-02.txt", "txt", 1, 0, 1, "in_force"),
        ("segmenti.csv", "codings", 3, 2, 1, "in_force"),
    ]  # fmt: skip
    assert ask(listening, "select rule from core.refused where source = 'ascolto'") == [("document-without-consent",)]


def test_names_of_speakers_and_coders_are_in_no_table(listening: Path, sestante: Command) -> None:
    assert sestante("run").code == 0
    (listening / "warehouse" / "identities.duckdb").unlink()
    stored = every_byte(listening / "warehouse") + every_byte(listening / "output")
    for name in ("Giuseppina", "Aristide", "Lucrezia", "Ottavia", "segreto"):
        assert name.encode() not in stored, name
    assert b"Mi sento molto sola" in (listening / "warehouse" / "impact.duckdb").read_bytes()


def test_words_are_in_nothing_that_is_published_or_logged(listening: Path, sestante: Command) -> None:
    assert sestante("run").code == 0
    (listening / "warehouse" / "impact.duckdb").unlink()
    assert b"molto sola" not in every_byte(listening / "warehouse") + every_byte(listening / "output")


def test_doing_it_again_changes_nothing(listening: Path, sestante: Command) -> None:
    sestante("run")
    before = ask(listening, "select * from core.loads order by load_id")
    sestante("run")
    assert ask(listening, "select * from core.loads order by load_id") == before


def test_a_corrected_transcript_keeps_codings_that_still_stand_and_lists_the_others(
    listening: Path, sestante: Command
) -> None:
    sestante("run")
    corrected = put(listening / "INT-01.txt", "Trascrizione corretta\n\n" + FIRST)
    said = sestante("load", str(corrected), "--source", "ascolto")
    assert said.code == 0, said.err
    assert ("INT-01", "isolamento", "placed", "Mi sento molto sola la domenica") in ask(listening, PLACED)
    assert ask(listening, "select rows_superseded, status from core.loads where file_name = 'INT-01.txt'"
                          " order by sequence") == [(0, "replaced"), (1, "in_force")]  # fmt: skip
    put(corrected, FIRST.replace("molto sola la domenica", "bene"))
    said = sestante("load", str(corrected), "--source", "ascolto")
    assert "codings-look-absent" in said.out and "Mi sento" not in said.out
    assert ask(listening, "select document_id, state, why, start from core.segments where state = 'look'") == [
        ("INT-01", "look", "absent", None)
    ]


def test_a_trial_writes_nothing(listening: Path, sestante: Command) -> None:
    shutil.move(listening / "data" / "ascolto" / "INT-01.txt", listening / "INT-01.txt")
    said = sestante("load", str(listening / "INT-01.txt"), "--source", "ascolto", "--dry-run")
    assert (said.code, "INT-01" in said.out, "[speakers-unlisted]" in said.out) == (0, True, True), said.err
    assert "Giuseppina" not in said.out + said.err
    assert not (listening / "warehouse").exists() and not (listening / "data" / "ascolto" / "INT-01.txt").exists()


def test_consent_that_is_withdrawn_takes_the_document_away(listening: Path, sestante: Command) -> None:
    sestante("run")
    put(listening / "interviews" / "ascolto.yml", CONTRACT.replace("consent: quotes", "consent: none"))
    assert sestante("run").code == 0
    for table in ("documents", "turns", "segments", "document_participants"):
        assert ask(listening, f"select count(*) from core.{table} where document_id = 'INT-01'") == [(0,)], table


def test_a_file_that_is_gone_takes_its_document_along(listening: Path, sestante: Command) -> None:
    sestante("run")
    (listening / "data" / "ascolto" / "FG-01.txt").unlink()
    assert sestante("run").code == 0
    assert ask(listening, "select document_id from core.documents") == [("INT-01",)]
    assert ask(listening, "select status from core.loads where file_name = 'FG-01.txt'") == [("replaced",)]


def test_one_bad_file_is_told_and_the_others_land(listening: Path, sestante: Command) -> None:
    put(listening / "interviews" / "ascolto.yml", CONTRACT + "consent: analysis\n")
    put(listening / "data" / "ascolto" / "INT-09.txt", "")
    said = sestante("run")
    assert said.code == 1 and "INT-09.txt" in said.err and "[delivery-empty]" in said.err
    assert ask(listening, "select count(*) from core.documents") == [(2,)]


def test_identifiers_in_a_transcript_are_counted_and_not_shown(listening: Path, sestante: Command) -> None:
    text = FIRST + "Giuseppina: scriva a pina@example.org o al 333 1234567.\n"
    said = sestante("load", str(put(listening / "INT-01.txt", text)), "--source", "ascolto")
    assert "email 1, phone 1" in said.out and "pina@" not in said.out


ANSWERS = """\
id: voci
title: Voci
open_answers: {survey: visitors, questions: [note], group: [area]}
codes: [{id: isolamento, title: Isolamento}]
"""


@pytest.fixture
def answering(empty: Path) -> Path:
    contract = empty / "surveys" / "visitors.yml"
    said = contract.read_text(encoding="utf-8") + "  - {name: note, code: NOTE, type: text, text: Altro?}\n"
    put(contract, said.replace("answered: submitdate", "consent: {column: ok, value: Y}\nanswered: submitdate"))
    put(empty / "interviews" / "voci.yml", ANSWERS)
    put(empty / "data" / "visitors" / "visitors-1.csv",
        "token,submitdate,Q1,Q2,NOTE,ok\nada,2026-01-10,1,A1,Vorrei più panchine,Y\n"
        "bea,2026-02-10,2,A2,Niente da dire,Y\ncia,2026-02-11,2,A2,Non lo scriva,N\n"
        "dea,2026-02-12,3,A1,,Y\n")  # fmt: skip
    return empty


def test_open_answers_are_documents_under_the_surveys_consent(answering: Path, sestante: Command) -> None:
    said = sestante("run")
    assert said.code == 0, said.err
    assert ask(answering, "select text, period, consent, groups from core.documents order by date") == [
        ("Vorrei più panchine", "2026-H1", "analysis", '{"area": "A1"}'),
        ("Niente da dire", "2026-H1", "analysis", '{"area": "A2"}'),
    ]
    assert ask(answering, "select file_name, kind, rows_accepted from out.loads where source = 'voci'",
               "published") == [("visitors.note", "open_answers", 2)]  # fmt: skip


def test_forgetting_names_and_removes_the_documents_of_a_persons_answers(answering: Path, sestante: Command) -> None:
    sestante("run")
    said = sestante("forget", "ada", "--yes")
    assert said.code == 0 and "core.documents" in said.out
    assert ask(answering, "select text from core.documents") == [("Niente da dire",)]
    assert b"panchine" not in (answering / "warehouse" / "impact.duckdb").read_bytes()
    sestante("run")
    assert ask(answering, "select text from core.documents") == [("Niente da dire",)]


SAMPLES = Path(__file__).parents[1] / "corpora" / "samples"


def quartiere(folder: Path) -> dict:
    """The transcripts of a real project of QualCoder, and a contract with its codebook."""
    expected = json.loads((SAMPLES / "rete_quartiere.expected.json").read_text(encoding="utf-8"))
    for document in expected["documents"]:
        put(folder / "data" / "quartiere" / document["name"], document["text"])
    ids = {tuple(code["path"]): f"c{number}" for number, code in enumerate(expected["codes"])}
    codes = [
        {"id": ids[tuple(code["path"])], "title": code["name"], "names": [" > ".join(code["path"])],
         **({"parent": ids[tuple(code["path"][:-1])]} if len(code["path"]) > 1 else {})}
        for code in expected["codes"]
    ]  # fmt: skip
    documents = [{"file": document["name"], "id": document["name"].split("_")[0], "date": "2026-03-01",
                  "kind": "focus_group" if document["name"].startswith("fg") else "interview"}
                 for document in expected["documents"]]  # fmt: skip
    contract = {"id": "quartiere", "title": "Quartiere", "consent": "quotes", "files": {"pattern": "*.txt"},
                "documents": documents, "codes": codes,
                "speakers": {"I": "intervistatrice", "R": "intervistata"}}  # fmt: skip
    put(folder / "interviews" / "quartiere.yml", json.dumps(contract, ensure_ascii=False))
    return {"expected": expected, "ids": ids}


@pytest.mark.parametrize("project", ["rete_quartiere.qdpx", "rete_quartiere_maxqda.qdpx"])
def test_a_real_project_comes_in_with_each_coding_at_its_place(empty: Path, sestante: Command, project: str) -> None:
    said = quartiere(empty)
    loaded = sestante("load", SAMPLES / project, "--source", "quartiere")
    assert loaded.code == 0, loaded.err
    assert "codings read 44, at their place 44, to be looked at 0" in loaded.out
    wanted = sorted((coding["document"].split("_")[0], said["ids"][tuple(coding["code"])], coding["text"])
                    for coding in said["expected"]["codings"])  # fmt: skip
    found = sorted(ask(empty, PLACED.replace("state, ", "")))
    assert len(found) == 44
    within = [row for row in wanted if "\n" not in row[2]]  # a longer passage holds labels, which are roles now
    assert len(within) > 30 and [row for row in found if "\n" not in row[2]] == within
    assert ask(empty, "select count(distinct coder) from core.segments") == [(2,)]
    assert b"bruno" not in (empty / "warehouse" / "impact.duckdb").read_bytes()


def test_a_project_that_comes_before_its_transcripts_says_what_is_lacking(empty: Path, sestante: Command) -> None:
    quartiere(empty)
    for transcript in (empty / "data" / "quartiere").glob("*.txt"):
        transcript.rename(empty / transcript.name)
    said = sestante("load", SAMPLES / "rete_quartiere.qdpx", "--source", "quartiere").out
    assert "codings read 44, at their place 0, to be looked at 0. Left out 44, for what follows." in said
    assert said.count("[codings-look-document]") == 6
    later = sestante("load", *sorted(empty.glob("*.txt")), "--source", "quartiere")
    assert "codings new 44, no longer there 0" in later.out and "codings-look" not in later.out


def test_a_project_exported_again_brings_only_what_changed(empty: Path, sestante: Command) -> None:
    quartiere(empty)
    sestante("load", SAMPLES / "rete_quartiere.qdpx", "--source", "quartiere")
    again = shutil.copy(SAMPLES / "rete_quartiere_maxqda.qdpx", empty / "rete_quartiere.qdpx")
    said = sestante("load", again, "--source", "quartiere")
    assert said.code == 0 and "new" not in said.out.split("read 44")[1]
    assert ask(empty, "select count(*) from core.segments") == [(44,)]
    assert sestante("load", again, "--source", "quartiere").out.count("nothing changes") == 1


def exported_later(target: Path, without: int = 0) -> Path:
    """The sample project as exported again: a new guid for everything, and without its first codings."""
    guids: dict[str, str] = {}

    def renewed(text: str) -> str:
        return re.sub(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
                      lambda found: guids.setdefault(found[0].lower(), str(uuid.uuid5(uuid.NAMESPACE_URL, found[0]))),
                      text)  # fmt: skip

    with zipfile.ZipFile(SAMPLES / "rete_quartiere.qdpx") as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".qde"):
                selections = re.findall(r"<PlainTextSelection\b.*?</PlainTextSelection>", content.decode(), re.DOTALL)
                text = content.decode()
                for selection in selections[:without]:
                    text = text.replace(selection, "", 1)
                content = renewed(text).encode()
            new.writestr(renewed(name), content)
    return target


def test_a_later_export_of_another_name_replaces_the_earlier_one(empty: Path, sestante: Command) -> None:
    quartiere(empty)
    sestante("load", SAMPLES / "rete_quartiere.qdpx", "--source", "quartiere")
    before = ask(empty, 'select document_id, code_id, coder, "start", "end" from core.segments order by all')
    same = exported_later(empty / "rete_giugno.qdpx")
    said = sestante("load", same, "--source", "quartiere", "--language", "en")
    assert said.code == 0, said.err
    assert ask(empty, 'select document_id, code_id, coder, "start", "end" from core.segments order by all') == before
    assert "codings new 0" not in said.out and "no longer there" not in said.out  # nothing changed, so nothing is told
    assert "Of rete_quartiere.qdpx, 44 codings no longer hold: rete_giugno.qdpx, which came later" in said.out
    fewer = exported_later(empty / "rete_luglio.qdpx", without=2)
    said = sestante("load", fewer, "--source", "quartiere", "--language", "en")
    assert said.code == 0, said.err
    assert "codings new 0, no longer there 2" in said.out
    assert "Of rete_giugno.qdpx, 44 codings no longer hold: rete_luglio.qdpx, which came later" in said.out
    assert "Of rete_quartiere.qdpx" not in said.out  # told when it was replaced
    assert ask(empty, "select count(*) from core.segments") == [(42,)]
    loads = "select file_name, rows_read, rows_accepted, rows_refused from core.loads where kind = 'codings' order by 1"
    assert ask(empty, loads) == [
        ("rete_giugno.qdpx", 44, 0, 0), ("rete_luglio.qdpx", 42, 42, 0), ("rete_quartiere.qdpx", 44, 0, 0)
    ]  # fmt: skip


def test_a_corrected_transcript_tells_of_the_latest_export_alone(empty: Path, sestante: Command) -> None:
    quartiere(empty)
    sestante("load", SAMPLES / "rete_quartiere.qdpx", "--source", "quartiere")
    sestante("load", exported_later(empty / "rete_giugno.qdpx"), "--source", "quartiere")
    corrected = put(empty / "int01_operatrice.txt", "Questo testo è un altro.\n")
    said = sestante("load", corrected, "--source", "quartiere", "--language", "en")
    assert "data/quartiere/rete_giugno.qdpx: warning" in said.out
    assert "data/quartiere/rete_quartiere.qdpx" not in said.out


def test_a_table_is_read_as_codings_and_never_as_a_transcript(listening: Path, sestante: Command) -> None:
    contract = CONTRACT.replace('files: {pattern: "*.txt"}\ncodings: {pattern: "*segmenti.csv"}\n', "")
    put(listening / "interviews" / "ascolto.yml", contract)
    (listening / "data" / "ascolto" / "segmenti.csv").unlink()
    table = put(listening / "evidenziazioni.csv", CODED)
    said = sestante("load", table, "--source", "ascolto", "--dry-run", "--language", "en")
    assert "codings read 3, at their place 2" in said.out
    assert sestante("load", table, "--source", "ascolto").code == 0
    assert ask(listening, "select document_id from core.documents order by 1") == [("FG-01",), ("INT-01",)]
    assert ask(listening, "select count(*) from core.segments where state = 'placed'") == [(2,)]
    names = put(listening / "elenco.csv", "nome;telefono\nGiuseppina;3331234567\n")
    said = sestante("load", names, "--source", "ascolto", "--language", "en")
    assert said.code == 1 and "codings-no-columns" in said.err and "Giuseppina" not in said.out + said.err
    assert not (listening / "data" / "ascolto" / "elenco.csv").exists()


def test_facts_of_documents_may_stand_in_a_table(listening: Path, sestante: Command) -> None:
    contract = CONTRACT.split("documents:")[0] + "documents: {table: documenti.csv}\nspeakers:" + (
        CONTRACT.split("speakers:")[1])  # fmt: skip
    put(listening / "interviews" / "ascolto.yml", contract)
    table = put(listening / "data" / "ascolto" / "documenti.csv",
                "file;id;data;consenso;ruolo;quartiere\nINT-01.txt;INT-01;3/2/2026;quotes;residente;Nord\n"
                "FG-01.txt;FG-01;4/8/2026;analysis;;Sud\n")  # fmt: skip
    said = sestante("run")
    assert said.code == 0, said.err
    assert ask(listening, "select document_id, date::varchar, consent, n_participants, groups from core.documents"
                          " order by 1") == [
        ("FG-01", "2026-08-04", "analysis", None, '{"quartiere": "Sud"}'),
        ("INT-01", "2026-02-03", "quotes", 1, '{"quartiere": "Nord"}'),
    ]  # fmt: skip
    put(table, table.read_text(encoding="utf-8").replace("quotes", "forse"))
    said = sestante("run")
    assert said.code == 1 and "documenti.csv:2" in said.err and "consent" in said.err and "forse" not in said.err


def test_a_document_without_a_day_is_told(listening: Path, sestante: Command) -> None:
    put(listening / "interviews" / "ascolto.yml", CONTRACT.replace("date: 2026-02-03, ", ""))
    assert "[document-undated]" in sestante("run").out
