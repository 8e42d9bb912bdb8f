"""What goes wrong with interviews, networks and ratings, as somebody meets it on the command line: where, what, what
to do, in both languages; nothing half-kept, no traceback."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfWriter

from tests.corpora.test_hostile_codings import EVIL, SOUND, zipped
from tests.pipelines.conftest import Command, put
from tests.pipelines.conftest import empty as empty
from tests.pipelines.conftest import sestante as sestante
from tests.pipelines.conftest import unreported as unreported

pytestmark = pytest.mark.usefixtures("unreported")

VOICES = """\
id: voci
title: Voci
consent: analysis
files: {pattern: "*.*"}
codings: {pattern: "seg*.csv"}
speakers: {I: intervistata}
documents: [{file: "INT-01*", id: INT-01, date: 2026-03-01}, {file: "*", date: 2026-03-02}]
codes: [{id: soli, title: Soli}, {id: casa, title: Casa}]
"""
BODIES = """\
id: enti
title: Enti
files: {pattern: "*.csv"}
key: [ente]
columns: [{name: ente, type: organisation, required: true}, {name: nome, type: text}]
"""
TIES = """\
id: legami
title: Legami
files: {pattern: "*.csv"}
columns:
  - {name: ondata, type: category, values: {prima: Prima, dopo: Dopo}}
  - {name: chi, type: organisation, references: enti.ente}
  - {name: da, type: organisation, references: enti.ente}
  - {name: a, type: organisation, references: enti.ente}
network: {from: da, to: a, nodes: {column: enti.ente, name: nome, public: true}, wave: ondata, reported_by: chi}
"""
SCORES = """\
id: voti
title: Voti
files: {pattern: "*.csv"}
columns:
  - {name: chi, type: text, required: true}
  - {name: progetto, type: text, required: true}
  - {name: voto, type: integer, min: 1, max: 10}
ratings: {rater: chi, score: voto, items: [progetto]}
"""
WORDS = "I: Mi sento sola la sera.\nI: In casa non viene nessuno.\n"


@pytest.fixture
def desk(empty: Path, sestante: Command) -> Path:
    put(empty / "interviews" / "voci.yml", VOICES)
    put(empty / "data" / "voci" / "INT-01.txt", WORDS)
    return empty


def handed_in(desk: Path, name: str, content: bytes | str) -> Path:
    path = desk.parent / "consegne" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def picture_only() -> bytes:
    import io

    writer, content = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(content)
    return content.getvalue()


REFUSED = {
    "climbs.qdpx": (zipped(SOUND, ("../../evil.txt", b"x")),
                    "contiene un percorso che esce dalla sua cartella", "holds a path that leaves its own folder"),
    "bomb.qdpx": (zipped(("project.qde", EVIL["bomb"])),
                  "contiene un DOCTYPE o entità proprie", "holds a DOCTYPE or entities of its own"),
    "INT-09.pdf": (picture_only(), "il PDF ha solo immagini", "the PDF holds pictures only"),
}  # fmt: skip
TOLD = {
    "seg1.csv": ("documento;codice;inizio;fine\nINT-01.txt;Soli;10;99999\n",
                 "va oltre la fine del testo", "reaches past the end of the text"),
    "seg2.csv": ("documento;codice;testo;codificatore\n",
                 "non contiene nessuna codifica", "holds not a single coding"),
    "INT-02.txt": ("I: È più così, perché sì; la città.\n".encode("cp1252"),
                   "è stato letto come Windows-1252", "it was read as Windows-1252"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("language", ["it", "en"])
def test_what_cannot_be_read_is_refused_at_the_file_handed_in(
    desk: Path, sestante: Command, name: str, language: str
) -> None:
    content, *words = REFUSED[name]
    path = handed_in(desk, name, content)
    said = sestante("load", path, "--source", "voci", "--language", language)
    assert said.code == 1 and "Traceback" not in said.err
    line = next(line for line in said.err.splitlines() if words[language == "en"] in line)
    assert line.startswith(f"{path}: {'error' if language == 'en' else 'errore'}: ")
    assert re.search(r"\. [A-Z].*\. \[[a-z-]+\]$", line)  # what, then what to do
    assert not list((desk / "data" / "voci").glob(f"*{name}"))
    assert not (desk.parent / "evil.txt").exists()
    assert sestante("run").code == 0


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("language", ["it", "en"])
def test_what_needs_a_look_is_told_and_the_rest_lands(desk: Path, sestante: Command, name: str, language: str) -> None:
    content, *words = TOLD[name]
    path = handed_in(desk, name, content)
    said = sestante("load", path, "--source", "voci", "--language", language)
    assert said.code == 0, said.err
    assert words[language == "en"] in said.out
    if name == "INT-02.txt":
        with duckdb.connect(str(desk / "warehouse" / "impact.duckdb"), read_only=True) as connection:
            found = connection.execute("select text from core.documents where document_id = 'INT-02'").fetchone()
        assert "È più così, perché sì; la città." in found[0]


def tied(desk: Path, rows: str) -> None:
    put(desk / "registers" / "enti.yml", BODIES)
    put(desk / "registers" / "legami.yml", TIES)
    put(desk / "data" / "enti" / "enti.csv", "ente,nome\nA,Alfa\nB,Beta\nC,Gamma\n")
    put(desk / "data" / "legami" / "legami.csv", f"ondata,chi,da,a\n{rows}")


@pytest.mark.parametrize(
    ("language", "words"),
    [("it", "«a» rimanda a «enti.ente», che non ha quei valori: 1 su 2 (blocca)"),
     ("en", "“a” refers to “enti.ente”, which does not have those values: 1 of 2 (blocking)")],
)  # fmt: skip
def test_a_tie_to_an_unknown_organisation_stops_publication(
    desk: Path, sestante: Command, language: str, words: str
) -> None:
    tied(desk, "prima,A,A,B\nprima,A,A,Zeta\n")
    said = sestante("run", "--language", language)
    assert said.code == 3 and words in said.out
    assert "Zeta" not in said.out + said.err
    assert not (desk / "warehouse" / "published.duckdb").exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [("it", "Legami di un’organizzazione con sé stessa: 1 su 3 (avviso)"),
     ("en", "Ties of an organisation with itself: 1 of 3 (warning)")],
)  # fmt: skip
def test_a_self_tie_is_told_and_counts_nowhere(desk: Path, sestante: Command, language: str, words: str) -> None:
    tied(desk, "prima,A,A,B\nprima,B,B,B\nprima,C,C,A\n")
    said = sestante("run", "--language", language)
    assert said.code == 0 and words in said.out
    with duckdb.connect(str(desk / "warehouse" / "published.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select value from out.networks where wave = 'prima' and measure = 'density' and kind = 'all'"
        ).fetchone()
    assert found == (pytest.approx(2 / 3),)  # A-B and A-C of three pairs


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_network_nobody_answered_for_has_no_value_and_says_so(desk: Path, sestante: Command, language: str) -> None:
    tied(desk, "prima,,A,B\ndopo,,B,C\n")
    programme = desk / "programme.yml"
    languages = "[it, en]" if language == "it" else "[en, it]"
    put(programme, re.sub(r"languages: .*", f"languages: {languages}", programme.read_text(encoding="utf-8")))
    said = sestante("run", "--language", language)
    assert said.code == 0, said.err
    with duckdb.connect(str(desk / "warehouse" / "published.duckdb"), read_only=True) as connection:
        rows = connection.execute("select value, status, note from out.networks").fetchall()
    words = "non ha risposto nessuno" if language == "it" else "nobody answered"
    assert rows and all(value is None and status == "not_computable" and words in note.casefold()
                        for value, status, note in rows)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "off", "half"),
    [("it", "riga 2, colonna voto: il valore di «voto» è fuori dall’intervallo da 1 a 10", "un numero intero"),
     ("en", "row 2, column voto: the value of “voto” is outside the range from 1 to 10", "whole number")],
)  # fmt: skip
def test_ratings_off_the_scale_are_refused_row_by_row(
    desk: Path, sestante: Command, language: str, off: str, half: str
) -> None:
    put(desk / "registers" / "voti.yml", SCORES)
    path = handed_in(desk, "voti.csv", "chi,progetto,voto\nr1,p1,11\nr1,p2,7.5\nr2,p2,8\n")
    said = sestante("load", path, "--source", "voti", "--language", language)
    assert said.code == 1
    assert off in said.out and half in said.out and "Traceback" not in said.err
