"""Files that were made to do harm, or are merely broken, are refused with a reason, and nothing of them is obeyed."""

from __future__ import annotations

import io
import random
import sqlite3
import struct
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.corpora import containers
from surveys.corpora.programs import read_codings
from theory_of_change.problems import Problem, ProblemsFound

SAMPLES = Path(__file__).parent / "samples"
PROJECT = b"""<Project xmlns="urn:QDA-XML:project:1.0" name="p" origin="x"><CodeBook><Codes>
<Code guid="A" name="casa"/></Codes></CodeBook><Sources><TextSource guid="D" name="uno" plainTextPath="%s">
<PlainTextSelection guid="S" startPosition="0" endPosition="4"><Coding guid="C"><CodeRef targetGUID="A"/></Coding>
</PlainTextSelection></TextSource></Sources></Project>"""


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as parts:
        for name, inner in members:
            parts.writestr(name, inner)
    return content.getvalue()


def refused(tmp_path: Path, content: bytes, name: str = "prova.qdpx") -> Problem:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProblemsFound) as raised:
        read_codings(path, f"data/corpus/{name}")
    (problem,) = raised.value.problems
    assert problem.place.file == f"data/corpus/{name}"
    for language in ("it", "en"):
        assert "{" not in problem.line(language)
    return problem


SOUND = ("project.qde", PROJECT % b"internal://uno.txt")


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "..\\evil.txt", "C:\\evil.txt", "sources/../../x"])
def test_a_member_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    content = zipped(SOUND, ("sources/uno.txt", b"casa"), (name.replace("\\", "\\"), b"x"))
    assert refused(tmp_path, content).code == "codings-path-climbs"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["prova.qdpx"]


@pytest.mark.parametrize(
    "where", [b"internal://../../../../etc/passwd", b"internal:///../secret.txt", b"internal://C:/x"]
)
def test_a_document_that_points_out_of_the_archive_is_refused(tmp_path: Path, where: bytes) -> None:
    assert refused(tmp_path, zipped(("project.qde", PROJECT % where))).code == "codings-path-climbs"


@pytest.mark.parametrize(
    "where", [b"relative:///secret.txt", b"absolute:///etc/passwd", b"file:///etc/passwd", b"internal://x"]
)
def test_nothing_outside_of_the_archive_is_ever_read(tmp_path: Path, where: bytes) -> None:
    (tmp_path / "secret.txt").write_text("casa segreta")
    path = tmp_path / "prova.qdpx"
    path.write_bytes(zipped(("project.qde", PROJECT % where)))
    found = read_codings(path, "prova.qdpx")
    assert [(one.name, one.text) for one in found.documents] == [("uno", None)]
    assert [one.text for one in found.segments] == [""]


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
)
EVIL = {
    "bomb": BOMB + b"]><Project name='&j;'/>",
    "outside": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Project name="p">&a;</Project>',
    "doctype alone": b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><Project name="p"/>',
    "parameter": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><Project/>',
}


@pytest.mark.parametrize("content", EVIL.values(), ids=list(EVIL))
@pytest.mark.parametrize("kind", ["qdpx", "qdc", "docx"])
def test_xml_that_defines_anything_is_refused(tmp_path: Path, content: bytes, kind: str) -> None:
    if kind == "qdpx":
        given_file = zipped(("project.qde", content))
    elif kind == "docx":
        given_file = zipped(("word/document.xml", content))
    else:
        given_file = b'<?xml version="1.0"?>' + content
    assert refused(tmp_path, given_file, f"prova.{kind}").code == "codings-doctype"


def test_a_document_that_unpacks_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MOST_TEXT", 1_000_000)
    monkeypatch.setattr(containers.Package.read, "__defaults__", (1_000_000,))
    content = zipped(SOUND, ("sources/uno.txt", b"\x20" * 300_000_000))
    assert len(content) < 400_000
    tracemalloc.start()
    assert refused(tmp_path, content).code == "codings-beyond-limits"
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_a_size_that_the_archive_belies_does_not_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory says 4 bytes, the member has a million."""
    monkeypatch.setattr(containers.Package.read, "__defaults__", (100_000,))
    content = bytearray(zipped(SOUND, ("sources/uno.txt", b"a" * 1_000_000)))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 4)
    path = tmp_path / "prova.qdpx"
    path.write_bytes(bytes(content))
    try:
        found = read_codings(path, "prova.qdpx")
    except ProblemsFound as raised:
        assert {one.code for one in raised.problems} <= {"codings-beyond-limits", "codings-damaged"}
    else:
        assert len(found.documents[0].text or "") <= 100_000


def test_all_documents_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MOST_READ", 50_000)
    source = b'<TextSource guid="D%d" name="d%d" plainTextPath="internal://uno.txt"/>'
    sources = b"".join(source % (i, i) for i in range(100))
    qde = b'<Project origin="x"><Sources>' + sources + b"</Sources></Project>"
    assert refused(tmp_path, zipped(("p.qde", qde), ("sources/uno.txt", b"a" * 1_000))).code == "codings-beyond-limits"


def test_more_elements_than_any_project_has_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "MOST_ELEMENTS", 1_000)
    assert (
        refused(tmp_path, zipped(("p.qde", b"<Project>" + b"<a/>" * 2_000 + b"</Project>"))).code
        == "codings-beyond-limits"
    )


@pytest.mark.parametrize("depth", [100, 100_000])
def test_codes_below_codes_without_end_are_refused(tmp_path: Path, depth: int) -> None:
    book = (
        b'<CodeBook origin="x"><Codes>'
        + b'<Code guid="a" name="n">' * depth
        + b"</Code>" * depth
        + b"</Codes></CodeBook>"
    )
    assert refused(tmp_path, book, "prova.qdc").code == "codings-too-deep"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped(("project.qde", b"<Project><a></Project>")), "codings-xml-damaged"),
        (zipped(("project.qde", b"<Project name='R&D'/>")), "codings-xml-damaged"),  # never repaired
        (zipped(("project.qde", b"")), "codings-xml-damaged"),
        (zipped(("project.qde", b'<?xml version="1.0" encoding="nobody-knows"?><Project/>')), "codings-damaged"),
        (zipped(("project.qde", b"<CodeBook/>")), "codings-not-refi"),
        (zipped(("a.qde", b"<Project/>"), ("b.qde", b"<Project/>")), "codings-several-projects"),
        (zipped(("readme.txt", b"x")), "codings-unknown-program"),
        (zipped(("word/document.xml", b"<x/>")), "codings-not-taguette"),
        (zipped(SOUND)[:-30], "codings-damaged"),
        (b"PK\x03\x04" + b"\x00" * 100, "codings-damaged"),
        (b"<svg/>", "codings-not-refi"),
        (b"<!DOCTYPE html><html><body><p>Altro</p></body></html>", "codings-not-taguette"),
        (b"SQLite format 3\x00" + b"\xff" * 500, "codings-damaged"),
        (b"", "delivery-empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    problem = refused(tmp_path, content)
    assert problem.code == code or (code == "codings-damaged" and problem.code == "codings-xml-damaged")


def test_a_broken_line_of_xml_is_named(tmp_path: Path) -> None:
    problem = refused(tmp_path, b"<CodeBook>\n<Codes>\n<Code name='R&D'/></Codes></CodeBook>", "prova.qdc")
    assert (problem.facts["line"], problem.facts["column"]) == ("3", "16")


def test_an_archive_under_a_password_is_told(tmp_path: Path) -> None:
    content = bytearray(zipped(("project.qde", b"<Project/>"), method=zipfile.ZIP_STORED))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark) + place
        content[at] |= 1
    assert refused(tmp_path, bytes(content)).code == "codings-password"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as raised:
        read_codings(tmp_path / "manca.qdpx", "data/corpus/manca.qdpx")
    assert raised.value.problems[0].code == "delivery-absent"


# Databases ------------------------------------------------------------------------------------------------------------


def market(tmp_path: Path, sql: str) -> Path:
    path = tmp_path / "prova.sqlite3"
    path.write_bytes((SAMPLES / "taguette_mercato_solidale_project.sqlite3").read_bytes())
    with sqlite3.connect(path) as base:
        base.executescript(sql)
    base.close()
    return path


def test_a_view_in_the_place_of_a_table_is_not_believed(tmp_path: Path) -> None:
    path = market(tmp_path, "alter table tags rename to t; create view tags as select * from t;")
    assert refused(tmp_path, path.read_bytes(), "prova.sqlite3").code == "codings-unknown-program"


def test_a_query_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_MOST_STEPS", 3)
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    with sqlite3.connect(":memory:") as base, pytest.raises(ProblemsFound) as raised:
        containers.Database(base, "x").rows(endless)
    base.close()
    assert raised.value.problems[0].code == "codings-beyond-limits"


def test_places_past_the_end_or_inside_of_a_character_are_no_places(tmp_path: Path) -> None:
    path = market(tmp_path, "update highlights set end_offset = 99999 where id = 1;"
                            "update highlights set start_offset = 'x' where id = 6;"
                            "update highlights set start_offset = 73, end_offset = 75 where id = 5;")  # fmt: skip
    found = read_codings(path, "prova.sqlite3")
    assert dict(found.notes) == {"codings-place-beyond": {"count": "3"}}
    without = [one for one in found.segments if one.start is None]
    assert [one.text for one in without][:1] == [
        "A fine mese diventano centosessanta, perché gli stipendi non arrivano alla quarta settimana."
    ]


def test_a_database_left_in_the_middle_of_writing_is_read_as_it_lies(tmp_path: Path) -> None:
    path = market(tmp_path, "pragma journal_mode = wal;")
    assert len(read_codings(path, "prova.sqlite3").segments) == 12


# Anything at all ------------------------------------------------------------------------------------------------------


WRITTEN = sorted(one.name for one in SAMPLES.iterdir() if one.suffix in (".qdpx", ".qdc", ".sqlite3", ".html", ".docx"))


def damaged(content: bytes, chance: random.Random) -> bytes:
    broken = bytearray(content)
    for _ in range(chance.randint(1, 30)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken[: chance.randrange(len(broken))] if chance.random() < 0.3 else broken)


def damaged_inside(content: bytes, chance: random.Random) -> bytes:
    """A zip file that is sound, of members that are not; XML stays readable more often when letters alone change."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        members = [(one.filename, parts.read(one)) for one in parts.infolist() if not one.is_dir()]
    worn = []
    for name, inner in members:
        digits = bytearray(inner)
        for _ in range(chance.randint(0, 60)):
            at = chance.randrange(len(digits) or 1)
            if digits[at : at + 1].isdigit():
                digits[at] = chance.choice(b"0123456789")
        worn.append((name, bytes(digits)))
    return zipped(*worn)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(WRITTEN), st.integers(0, 2**32))
def test_a_damaged_sample_is_read_or_refused_and_nothing_else(name: str, seed: int) -> None:
    chance = random.Random(seed)
    content = (SAMPLES / name).read_bytes()
    is_zip = content.startswith(b"PK") and chance.random() < 0.7
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(damaged_inside(content, chance) if is_zip else damaged(content, chance))
        try:
            found = read_codings(path, name)
        except ProblemsFound as raised:
            assert raised.problems
        else:
            texts = {one.name: one.text for one in found.documents}
            for one in found.segments:
                if one.start is not None and texts[one.document] is not None:
                    assert texts[one.document][one.start : one.end] == one.text
