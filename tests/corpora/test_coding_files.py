"""What real programs wrote comes in exactly as it was put into them."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from surveys.corpora.codings import Case, Codings
from surveys.corpora.placing import place
from surveys.corpora.programs import read_codings
from theory_of_change.problems import Place, Problem, ProblemsFound

SAMPLES = Path(__file__).parent / "samples"
NETWORK = json.loads((SAMPLES / "rete_quartiere.expected.json").read_text(encoding="utf-8"))
MARKET = json.loads((SAMPLES / "taguette_mercato_solidale.expected.json").read_text(encoding="utf-8"))
PROJECTS = ("rete_quartiere.qdpx", "rete_quartiere_maxqda.qdpx")


def read(name: str) -> Codings:
    return read_codings(SAMPLES / name, name)


# QualCoder ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROJECTS)
def test_every_coding_stands_where_it_was_made(name: str) -> None:
    expected = [
        (one["document"], tuple(one["code"]), one["start"], one["end"], one["text"], one["coder"], one["memo"])
        for one in NETWORK["codings"]
    ]
    found = [(s.document, s.code, s.start, s.end, s.text, s.coder, s.memo) for s in read(name).segments]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("name", PROJECTS)
def test_documents_come_with_their_text_and_their_variables(name: str) -> None:
    assert {one.name: (one.text, dict(one.variables)) for one in read(name).documents} == {
        one["name"]: (one["text"], one["variables"]) for one in NETWORK["documents"]
    }


@pytest.mark.parametrize("name", [*PROJECTS, "rete_quartiere.qdc"])
def test_codes_keep_their_tree_their_words_and_what_is_only_a_category(name: str) -> None:
    assert {(one.path, one.name, one.is_codable, one.description, one.colour) for one in read(name).codes} == {
        (tuple(one["path"]), one["name"], one["codable"], one["memo"], one["colour"]) for one in NETWORK["codes"]
    }


@pytest.mark.parametrize("name", PROJECTS)
def test_cases_come_with_their_variables_and_the_documents_the_file_still_ties_to_them(name: str) -> None:
    expected = {
        Case(one["name"], tuple(one["documents_recoverable_from_file"]), one["variables"]).__repr__()
        for one in NETWORK["cases"]
    }
    assert {repr(one) for one in read(name).cases} == expected


@pytest.mark.parametrize("name", PROJECTS)
def test_codings_are_counted_by_code_document_and_coder_as_the_program_counted_them(name: str) -> None:
    found = read(name)
    by_document = Counter((" > ".join(one.code), one.document) for one in found.segments)
    assert by_document == Counter(
        {(code, document): n for code, per in NETWORK["counts_code_by_document"].items()
         for document, n in per.items() if n}
    )  # fmt: skip
    by_coder = Counter((one.coder, " > ".join(one.code)) for one in found.segments)
    assert by_coder == Counter(
        {(coder, code): n for coder, per in NETWORK["counts_code_by_coder"].items() for code, n in per.items()}
    )
    assert found.coders == tuple(NETWORK["coders"])
    assert sum(one.is_codable for one in found.codes) == NETWORK["totals"]["codes_codable"]


def test_two_exports_of_one_project_are_the_same_though_every_guid_is_new() -> None:
    one, other = map(read, PROJECTS)
    assert (one.segments, one.documents, one.codes, one.cases) == (
        other.segments, other.documents, other.codes, other.cases,
    )  # fmt: skip


# QualCoder's own project ----------------------------------------------------------------------------------------------

SCHEMA = """
create table source (id integer primary key, name text, fulltext text, mediapath text, memo text, owner text, date text,
    av_text_id integer, risid integer, unique(name));
create table code_cat (catid integer primary key, name text, owner text, date text, memo text, supercatid integer);
create table code_name (cid integer primary key, name text, memo text, catid integer, owner text, date text, color text
    {supercid});
create table code_text (ctid integer primary key, cid integer, fid integer, seltext text, pos0 integer, pos1 integer,
    owner text, date text, memo text, avid integer, important integer);
create table cases (caseid integer primary key, name text, memo text, owner text, date text);
create table case_text (id integer primary key, caseid integer, fid integer, pos0 integer, pos1 integer, owner text,
    date text, memo text);
create table attribute (attrid integer primary key, name text, attr_type text, value text, id integer, date text,
    owner text);
"""


def qualcoder_database(path: Path, version: int = 4) -> Path:
    """The sample's project as QualCoder keeps it itself: the same content in the tables of its source code."""
    with sqlite3.connect(path) as base:
        base.executescript(SCHEMA.format(supercid=", supercid integer" if version >= 4 else ""))
        documents = {one["name"]: i for i, one in enumerate(NETWORK["documents"], 1)}
        for one in NETWORK["documents"]:
            own = documents[one["name"]]
            base.execute("insert into source (id, name, fulltext) values (?, ?, ?)", (own, one["name"], one["text"]))
            for name, value in one["variables"].items():
                base.execute("insert into attribute (name, attr_type, value, id) values (?, 'file', ?, ?)",
                             (name, value, own))  # fmt: skip
        numbers = {tuple(one["path"]): i for i, one in enumerate(NETWORK["codes"], 1)}
        for one in NETWORK["codes"]:
            path_of_code = tuple(one["path"])
            above = numbers.get(path_of_code[:-1])
            is_below_code = above is not None and NETWORK["codes"][above - 1]["codable"]
            if not one["codable"]:
                base.execute("insert into code_cat (catid, name, memo, supercatid) values (?, ?, ?, ?)",
                             (numbers[path_of_code], one["name"], one["memo"], above))  # fmt: skip
            elif is_below_code and version >= 4:
                base.execute("insert into code_name (cid, name, memo, color, supercid) values (?, ?, ?, ?, ?)",
                             (numbers[path_of_code], one["name"], one["memo"], one["colour"], above))  # fmt: skip
            else:
                base.execute("insert into code_name (cid, name, memo, color, catid) values (?, ?, ?, ?, ?)",
                             (numbers[path_of_code], one["name"], one["memo"], one["colour"], above))  # fmt: skip
        for one in NETWORK["codings"]:
            base.execute(
                "insert into code_text (cid, fid, seltext, pos0, pos1, owner, memo) values (?, ?, ?, ?, ?, ?, ?)",
                (numbers[tuple(one["code"])], documents[one["document"]], one["text"], one["written_start"],
                 one["written_end"], one["coder"], one["memo"]),
            )  # fmt: skip
        for number, one in enumerate(NETWORK["cases"], 1):
            base.execute("insert into cases (caseid, name) values (?, ?)", (number, one["name"]))
            for name, value in one["variables"].items():
                base.execute("insert into attribute (name, attr_type, value, id) values (?, 'case', ?, ?)",
                             (name, value, number))  # fmt: skip
            for linked in one["documents_in_project"]:
                base.execute("insert into case_text (caseid, fid, pos0, pos1) values (?, ?, 0, 1)",
                             (number, documents[linked["document"]]))  # fmt: skip
    base.close()
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as parts:
        for name, content in members.items():
            parts.writestr(name, content)
    return path


@pytest.mark.parametrize("form", ["folder", "database", "zip"])
def test_qualcoders_own_project_says_what_its_export_says_and_which_documents_a_case_has(
    tmp_path: Path, form: str
) -> None:
    folder = tmp_path / "rete.qda"
    folder.mkdir()
    base = qualcoder_database(folder / "data.qda")
    if form == "zip":
        given = zipped(tmp_path / "rete.zip", {"rete.qda/data.qda": base.read_bytes()})
    else:
        given = folder if form == "folder" else base
    found, exported = read_codings(given, given.name), read(PROJECTS[0])
    order = lambda one: (one.document, one.start, one.end, one.code, one.coder)  # noqa: E731
    assert sorted(found.segments, key=order) == sorted(exported.segments, key=order)
    assert {one.name: one.text for one in found.documents} == {one.name: one.text for one in exported.documents}
    assert {(one.path, one.is_codable, one.description, one.colour) for one in found.codes} == {
        (one.path, one.is_codable, one.description, one.colour) for one in exported.codes
    }
    assert {(one.name, one.documents) for one in found.cases} == {
        (one["name"], tuple(each["document"] for each in one["documents_in_project"])) for one in NETWORK["cases"]
    }


def test_a_project_of_qualcoder_3_has_codes_below_categories_alone(tmp_path: Path) -> None:
    found = read_codings(qualcoder_database(tmp_path / "data.qda", version=3), "data.qda")
    assert ("riscaldamento spento",) in {one.path for one in found.codes}
    assert ("Problemi", "Abitare", "sfratto") in {one.path for one in found.codes}


def test_parents_that_run_in_a_circle_end_somewhere(tmp_path: Path) -> None:
    base = qualcoder_database(tmp_path / "data.qda")
    with sqlite3.connect(base) as connection:
        connection.execute("update code_cat set supercatid = 2 where catid = 1")
    connection.close()
    assert max(len(one.path) for one in read_codings(base, "data.qda").codes) < 6


# Taguette -------------------------------------------------------------------------------------------------------------

HIGHLIGHTS = sorted(
    (one["document"], tag, one["start"], one["end"], one["text"]) for one in MARKET["highlights"] for tag in one["tags"]
)
TEXTS = {one["name"]: one["text"] for one in MARKET["documents"]}


def test_the_database_of_taguette_counts_bytes_and_comes_out_in_characters() -> None:
    found = read("taguette_mercato_solidale_project.sqlite3")
    assert (
        sorted((one.document, ".".join(one.code), one.start, one.end, one.text) for one in found.segments) == HIGHLIGHTS
    )
    assert {one.name: one.text for one in found.documents} == TEXTS
    assert [(".".join(one.path), one.description) for one in found.codes] == [
        (one["path"], one["description"]) for one in MARKET["tags"]
    ]
    assert found.coders == ()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "html", "docx"])
def test_lists_of_highlights_have_no_places_and_find_them_in_the_transcripts(kind: str) -> None:
    found = read(f"taguette_mercato_solidale_highlights.{kind}")
    field = "text_in_csv_xlsx" if kind in ("csv", "xlsx") else "text"
    assert sorted((one.document, ".".join(one.code), one.text) for one in found.segments) == sorted(
        (one["document"], tag, one[field]) for one in MARKET["highlights"] for tag in one["tags"]
    )
    placed = place(found, TEXTS)
    assert {one.stands.state for one in placed} == {"placed"}
    assert sorted(
        (one.segment.document, ".".join(one.segment.code), one.stands.start, one.stands.end, one.text) for one in placed
    ) == HIGHLIGHTS  # fmt: skip


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_coded_document_gives_its_text_and_each_highlight_but_where_an_overlapping_one_begins(number: int) -> None:
    found = read(f"taguette_mercato_solidale_document_{number}.html")
    name = MARKET["documents"][number - 1]["name"]
    expected = [one for one in HIGHLIGHTS if one[0] == name]
    assert [(one.name, one.text) for one in found.documents] == [(name, TEXTS[name])]
    assert sorted((".".join(one.code), one.end) for one in found.segments) == sorted(
        (tag, end) for _, tag, _, end, _ in expected
    )
    whole = {(one.document, ".".join(one.code), one.start, one.end, one.text) for one in found.segments}
    differing = [one for one in expected if one not in whole]
    assert len(differing) == (3 if number == 1 else 0)  # one highlight of two tags, and the one inside of it
    assert [code for code, _ in found.notes] == (["codings-begin-unknown"] if number == 1 else [])


@pytest.mark.parametrize("kind", ["csv", "xlsx", "qdc"])
def test_the_codebook_of_taguette(kind: str) -> None:
    found = read(f"taguette_mercato_solidale_codebook.{kind}")
    told = "" if kind == "qdc" else None  # its `.qdc` leaves descriptions out
    assert [(".".join(one.path), one.description) for one in found.codes] == [
        (one["path"], one["description"] if told is None else told) for one in MARKET["tags"]
    ]


def test_a_servers_database_of_several_projects_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "server.sqlite3"
    path.write_bytes((SAMPLES / "taguette_mercato_solidale_project.sqlite3").read_bytes())
    with sqlite3.connect(path) as base:
        base.execute("insert into projects (name, description, created) values ('altro', '', '2026-01-01')")
    base.close()
    with pytest.raises(ProblemsFound) as raised:
        read_codings(path, "server.sqlite3")
    assert raised.value.problems == (
        Problem("codings-several-projects", Place("server.sqlite3"), {"file": "server.sqlite3", "count": "2"}),
    )


# ATLAS.ti, NVivo, MAXQDA ----------------------------------------------------------------------------------------------


def test_the_standard_project_of_atlas_ti_keeps_paths_sets_and_the_words_it_quotes() -> None:
    found = read("atlas_ti_standard_project.qdpx")
    assert found.program.startswith("ATLAS.ti 8.4.0")
    assert ("Coke", "diet Coke") in {one.path for one in found.codes}
    assert Case("Mabel", ("Mabêl 2ième.txt", "Mabel.txt")) in found.cases
    simon = [one for one in found.segments if one.document == "Simon.docx"]
    assert [(one.code, one.start, one.end) for one in simon] == [
        (("bacon and eggs",), 688, 907), (("Feelings",), 215, 275), (("happiness",), 513, 907),
    ]  # fmt: skip
    assert dict(found.notes)["codings-text-absent"] == {"count": "10"}


def test_a_selection_in_the_text_and_on_two_pages_of_a_pdf_counts_once() -> None:
    pdf = [one for one in read("atlas_ti_standard_project.qdpx").segments if one.document.startswith("Pay de")]
    assert [(one.code, one.start, one.end) for one in pdf] == [
        (("cornflakes",), 297, 498),
        (("waste of time",), 62, 69),
    ]


def project(text: bytes, selections: str, *, namespace: str = "urn:QDA-XML:project:1.0", origin: str = "NVivo",
            folder: str = "Sources", more: str = "", users: str = "") -> bytes:  # fmt: skip
    """A small `.qdpx` with one document of this text."""
    qde = f"""<?xml version="1.0" encoding="utf-8"?>
<Project xmlns="{namespace}" origin="{origin}" name="prova"><Users>{users}</Users>
<CodeBook><Codes><Code guid="{{AA}}" name="casa" isCodable="true"/></Codes></CodeBook>
<Variables><Variable guid="VV" name="genere"/></Variables>
<Sources><TextSource guid="DD" name="uno" plainTextPath="internal://uno.txt">{selections}</TextSource></Sources>
{more}</Project>"""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as parts:
        parts.writestr("Progetto.QDE", qde)
        parts.writestr(f"{folder}/UNO.txt", text)
    return content.getvalue()


def selection(start: object, end: object, name: str = "", code: str = "aa") -> str:
    coding = f'<Coding guid="C"><CodeRef targetGUID="{code}"/></Coding>' if code else ""
    place = f'startPosition="{start}" endPosition="{end}"'
    return f'<PlainTextSelection guid="S" {place} name="{name}">{coding}</PlainTextSelection>'


def read_project(tmp_path: Path, content: bytes) -> Codings:
    path = tmp_path / "prova.qdpx"
    path.write_bytes(content)
    return read_codings(path, "prova.qdpx")


@pytest.mark.parametrize("namespace", ["codebook:0:4", "codebook:1:0", ""])
@pytest.mark.parametrize(("origin", "span"), [("NVivo 14", (7, 11)), ("ATLAS.ti 23", (6, 10))])
def test_a_line_end_counts_two_in_nvivo_and_one_in_atlas_ti(
    tmp_path: Path, namespace: str, origin: str, span: tuple[int, int]
) -> None:
    """Both without quotations, in any namespace, whatever the capitals of folders and members."""
    content = project(b"prima\r\ncasa\r\n", selection(*span), namespace=namespace, origin=origin)
    (found,) = read_project(tmp_path, content).segments
    assert (found.start, found.end, found.text) == (6, 10, "casa")


def test_what_maxqda_writes(tmp_path: Path) -> None:
    """Variables in a case without a name, two sources of one name, a selection without a coding."""
    value = '<VariableValue><VariableRef targetGUID="VV"/><TextValue>F</TextValue></VariableValue>'
    more = f'<Cases><Case guid="K">{value}<SourceRef targetGUID="DD"/></Case></Cases>'
    content = project(b"la casa", selection(3, 7, "casa") + selection(0, 2, "la", code=""), more=more, origin="MAXQDA")
    found = read_project(tmp_path, content)
    assert found.documents[0].variables == {"genere": "F"}
    assert found.cases == ()
    assert len(found.segments) == 1
    assert dict(found.notes)["codings-without-code"] == {"count": "1"}


def test_two_documents_of_one_name_stay_two(tmp_path: Path) -> None:
    second = '</TextSource><TextSource guid="D2" name="uno"><PlainTextContent>la vecchia casa</PlainTextContent>'
    content = project(b"la casa", selection(3, 7, "casa") + second + selection(11, 15, "casa"))
    found = read_project(tmp_path, content)
    assert [(one.document, one.start) for one in found.segments] == [("uno", 3), ("uno (2)", 11)]
    assert dict(found.notes)["codings-same-name"] == {"count": "1"}


def test_an_annotation_without_a_place_or_a_code_does_no_harm(tmp_path: Path) -> None:
    more = '<Notes><Note guid="N"><PlainTextSelection guid="P" startPosition="50" endPosition="82"/></Note></Notes>'
    found = read_project(tmp_path, project(b"la casa", selection("x", "", "casa") + selection(3, 7, "casa"), more=more))
    assert [(one.start, one.end, one.text) for one in found.segments] == [(None, None, "casa"), (3, 7, "casa")]
    assert dict(found.notes) == {
        "codings-annotations": {"count": "1"}, "codings-selection-malformed": {"count": "1"},
    }  # fmt: skip


def test_a_coding_of_a_code_that_is_not_there_is_counted_not_guessed(tmp_path: Path) -> None:
    found = read_project(tmp_path, project(b"la casa", selection(3, 7, "casa", code="zz")))
    assert found.segments == ()
    assert dict(found.notes)["codings-code-unknown"] == {"count": "1"}


def test_a_selection_past_the_end_of_its_text_keeps_its_words_and_has_no_place(tmp_path: Path) -> None:
    found = read_project(tmp_path, project(b"la casa", selection(0, 2, "la") + selection(90, 99, "altro testo")))
    assert [(one.start, one.end, one.text) for one in found.segments] == [(0, 2, "la"), (None, None, "altro testo")]
    assert dict(found.notes)["codings-place-beyond"] == {"count": "1"}
    assert [one.stands.why for one in place(found, {"uno": "la casa"})] == ["same", "absent"]


# Tables of segments ---------------------------------------------------------------------------------------------------


def table(tmp_path: Path, text: str) -> Codings:
    path = tmp_path / "segmenti.csv"
    path.write_text(text, encoding="utf-8")
    return read_codings(path, "data/corpus/segmenti.csv")


@pytest.mark.parametrize(
    "header",
    ["Documento;Codice;Testo;Inizio;Fine;Codificatore", "file;CODE;coded text;Start position;end position;coder"],
)
def test_a_table_of_segments_is_found_by_the_words_of_its_header(tmp_path: Path, header: str) -> None:
    found = table(tmp_path, f"{header}\nint01;Problemi > casa;L'affitto è alto;12;28;B\nint02;casa;;3;7;A\n")
    assert [(s.document, s.code, s.start, s.end, s.text, s.coder) for s in found.segments] == [
        ("int01", ("Problemi", "casa"), 12, 28, "L'affitto è alto", "B"), ("int02", ("casa",), 3, 7, "", "A"),
    ]  # fmt: skip
    assert found.coders == ("B", "A")


def test_every_row_that_lacks_something_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as raised:
        table(tmp_path, "documento,codice,testo\nint01,,la casa\nint02,casa,\nint03,casa,la casa\n")
    assert [(one.code, one.place.line, one.facts["columns"]) for one in raised.value.problems] == [
        ("codings-row-incomplete", 2, "codice"), ("codings-row-incomplete", 3, "testo"),
    ]  # fmt: skip


def test_a_table_without_codes_says_which_columns_it_lacks_and_repeats_no_words(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as raised:
        table(tmp_path, "documento,brano\nint01,la signora Nadia\n")
    assert raised.value.problems[0].facts["columns"] == "codice"
    assert "Nadia" not in raised.value.problems[0].line("it")
