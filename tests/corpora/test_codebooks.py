"""Codes of a file are those of the contract by path or name, never by likeness; programs get the contract's back."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli import answer
from pipelines.starting import make_workspace
from surveys.corpora.codebook import as_csv, as_qdc, match
from surveys.corpora.codings import Code, Codings, Segment
from surveys.corpora.corpus import Code as Known
from surveys.corpora.programs import read_codings
from surveys.corpora.refi import read_codebook

SAMPLES = Path(__file__).parent / "samples"
CODES = tuple(
    Known.model_validate(one)
    for one in (
        {"id": "problemi", "title": {"it": "Problemi", "en": "Problems"}},
        {"id": "casa", "title": {"it": "Casa & affitto", "en": "Housing"}, "parent": "problemi",
         "names": ["problemi.abitare", "sfratto <urgente>"], "colour": "#cc3333",
         "description": {"it": "Canone > reddito", "en": "Rent > income"}},
        {"id": "bollette", "title": {"it": "Bollette", "en": "Bills"}, "parent": "casa"},
        {"id": "forza", "title": {"it": "Punti di forza", "en": "Strengths"}},
        {"id": "altro-p", "title": "Altro", "parent": "problemi"},
        {"id": "altro-f", "title": "Altro", "parent": "forza", "about": [{"element": "OC-ISO"}]},
    )
)  # fmt: skip


def codings(*paths: str) -> Codings:
    every = tuple(tuple(path.split(" > ")) for path in paths)
    return Codings("prova", codes=tuple(Code(one[-1], one) for one in every),
                   segments=tuple(Segment("uno", one, 0, 1, "x") for one in every))  # fmt: skip


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("Problemi > Abitare", "casa"),  # the path the contract names, other capitals
        ("PROBLEMS > Housing", "casa"),  # titles in another language
        ("abitare", "casa"),  # the last name alone, which one code has
        ("casa", "casa"),  # the id
        ("Problemi > Casa & affitto > Bollette", "bollette"),
        ("Vecchio libro > bollette", "bollette"),
        ("Problemi > altro", "altro-p"),  # the path tells which of two
        ("Punti di forza > Altro", "altro-f"),
        ("sfratto <urgente>", "casa"),
    ],
)
def test_a_code_is_found_by_its_path_or_its_name(path: str, known: str) -> None:
    found = match(codings(path), CODES, "data/c/x.qdpx")
    assert (dict(found.ids), found.problems) == ({tuple(path.split(" > ")): known}, ())


def test_what_fits_two_or_none_is_told_with_the_nearest_and_never_guessed() -> None:
    found = match(codings("Altro", "bolette", "interesting"), CODES, "data/c/x.qdpx")
    assert found.ids == {}
    assert [(one.code, one.facts["code"], one.facts.get("ids"), one.facts.get("hint")) for one in found.problems] == [
        ("codings-code-contested", "Altro", "altro-f, altro-p", None),
        ("codings-code-not-in-contract", "bolette", None, "bollette"),
        ("codings-code-not-in-contract", "interesting", None, None),
    ]


def test_codes_nobody_used_and_categories_are_no_problem() -> None:
    unused = Codings("prova", codes=(Code("interesting", ("interesting",)), Code("Temi", ("Temi",), is_codable=False)))
    assert match(unused, CODES, "x").problems == ()


# Out and back ---------------------------------------------------------------------------------------------------------


def back(content: bytes, tmp_path: Path, kind: str) -> Codings:
    path = tmp_path / f"codebook.{kind}"
    path.write_bytes(content)
    return read_codings(path, path.name)


@pytest.mark.parametrize("kind", ["qdc", "csv"])
@pytest.mark.parametrize("language", ["it", "en"])
def test_the_codebook_comes_back_as_the_codes_it_was_made_of(tmp_path: Path, kind: str, language: str) -> None:
    content = as_qdc("ascolto", CODES, language) if kind == "qdc" else as_csv(CODES, language)
    found = back(content, tmp_path, kind)
    used = Codings("x", codes=found.codes, segments=tuple(Segment("uno", one.path, 0, 1, "x") for one in found.codes))
    matched = match(used, CODES, "x")
    assert matched.problems == ()
    assert sorted(matched.ids.values()) == sorted(code.id for code in CODES)
    descriptions = {matched.ids[one.path]: one.description for one in found.codes}
    assert descriptions["casa"] == {"it": "Canone > reddito", "en": "Rent > income"}[language]


def test_guids_are_made_from_ids_and_stay() -> None:
    def guids(content: bytes) -> list[str]:
        return [one.get("guid") for one in ElementTree.fromstring(content).iter() if one.get("guid")]

    once, renamed = as_qdc("ascolto", CODES, "it"), as_qdc("ascolto", CODES, "en")
    assert guids(once) == guids(renamed)
    assert len(set(guids(once))) == len(CODES)
    assert not set(guids(once)) & set(guids(as_qdc("altro", CODES, "it")))


def test_names_are_each_there_once_as_qualcoder_wants_them() -> None:
    names = [one.name for one in read_codebook(as_qdc("ascolto", CODES, "it"), "x").codes]
    assert names == ["Problemi", "abitare", "Bollette", "Altro (altro-p)", "Punti di forza", "Altro (altro-f)"]


def test_qualcoder_finds_every_code_under_its_own(tmp_path: Path) -> None:
    """As its import does: a tree of codable codes, one unique name each, children below their code."""
    space = "{urn:QDA-XML:codebook:1.0}"
    base = sqlite3.connect(":memory:")
    base.execute(
        "create table code_name (cid integer primary key, name text, memo text, supercid integer, unique(name))"
    )

    def insert(element: ElementTree.Element, above: int | None) -> None:
        memo = next((one.text for one in element if one.tag == f"{space}Description"), "")
        assert element.get("isCodable") != "false"
        own = base.execute("insert into code_name (name, memo, supercid) values (?, ?, ?)",
                           (element.get("name"), memo, above)).lastrowid  # fmt: skip
        for one in element.iter(f"{space}Code"):
            if one in list(element):
                insert(one, own)

    (codes,) = ElementTree.fromstring(as_qdc("ascolto", CODES, "it")).findall(f"{space}Codes")
    for one in codes:
        insert(one, None)
    rows = base.execute("select a.name, b.name from code_name a left join code_name b on b.cid = a.supercid").fetchall()
    base.close()
    assert ("Bollette", "abitare") in rows and ("abitare", "Problemi") in rows and ("Problemi", None) in rows


@given(st.lists(st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable()), min_size=1, max_size=5))
def test_any_title_is_written_so_that_xml_and_csv_can_be_read(titles: list[str]) -> None:
    codes = tuple(Known(id=f"c{i}", title=title) for i, title in enumerate(titles))
    assert len(read_codebook(as_qdc("x", codes, "it"), "x").codes) == len(titles)
    assert as_csv(codes, "it").decode().startswith("tag,description\n")


# The command ----------------------------------------------------------------------------------------------------------

CONTRACT = """id: ascolto
title: {it: Ascolto, en: Listening}
consent: analysis
codes:
  - {id: casa, title: {it: Casa, en: Housing}, names: [abitare, alloggio]}
  - {id: affitto, title: {it: Affitto, en: Rent}, parent: casa, description: Canone}
"""


def test_export_writes_each_codebook_and_says_what_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_workspace(tmp_path / "desk")
    (folder / "interviews").mkdir(exist_ok=True)
    (folder / "interviews" / "ascolto.yml").write_text(CONTRACT, encoding="utf-8")
    assert answer(["export", "qdc", "--workspace", str(folder), "--language", "it"]) == 0
    (written,) = (folder / "output" / "exchange").glob("*.qdc")
    assert [(one.path, one.description) for one in read_codings(written, "x").codes] == [
        (("abitare",), ""), (("abitare", "Affitto"), "Canone"),
    ]  # fmt: skip
    assert written.with_suffix(".csv").read_text() == "tag,description\nabitare,\nabitare.Affitto,Canone\n"
    told = capsys.readouterr().out
    assert str(written) in told and "Gli altri nomi di un codice (names): casa" in told
    assert "Gli altri nomi di un codice" in written.with_name(f"{written.name}.not-carried.md").read_text()


def test_export_without_any_codebook_says_where_to_write_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_workspace(tmp_path / "desk")
    assert answer(["export", "qdc", "--workspace", str(folder), "--language", "it"]) == 1
    said = capsys.readouterr()
    assert "codings-no-codebook" in said.out + said.err
