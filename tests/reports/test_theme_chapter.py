"""The chapter on what voices say: shares, quotes with their direction in words, what could not be quoted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from reports.phrases import Phrases
from reports.reading import Report, read
from reports.sections import Sections, has_content
from reports.shown import Shown
from tests.reports.publication import connect, publish_small

CODES = [
    ("voci", "legami", "Legami", None, "Legami", "Ties", None, None, 1),
    ("voci", "vicini", "Legami > Vicini", "legami", "Vicini", "Neighbours", None, None, 2),
    ("voci", "soli", "Soli", None, "Restare soli", "Left alone", None, None, 3),
]
THEMES = [
    ("voci", "legami", "all", "all", "all", 6, 9, 0.6, 10, "ok"),
    ("voci", "vicini", "all", "all", "all", 5, 7, 0.5, 10, "ok"),
    ("voci", "soli", "all", "all", "all", None, None, None, None, "suppressed"),
    *(("voci", code, "all", "kind", kind, n, n, n / 5, 5, "ok")
      for code, n in (("legami", 3), ("vicini", 2), ("soli", 1)) for kind in ("interview", "focus_group")),
]  # fmt: skip
QUOTES = [
    ("voci", "voci:vicini:1", None, "vicini", "OC-EARN", "for", "residente, area: A1", "Mi dice «vieni» e vado", "it",
     "hand", "valutatrice", dt.date(2026, 3, 1), False, False),
    ("voci", "voci:soli:1", None, "soli", "OC-EARN", "against", "participant", "… resto sola.", "it", "rule", None,
     None, True, True),
]  # fmt: skip
COLUMNS = {
    "corpora": "source varchar, title_it varchar, title_en varchar, kind varchar, consent varchar, n_documents bigint,"
    " n_people bigint, first_day date, last_day date, status varchar",
    "codes": "source varchar, code_id varchar, path varchar, parent varchar, title_it varchar, title_en varchar,"
    " description_it varchar, description_en varchar, position bigint",
    "code_meanings": "source varchar, code_id varchar, element_id varchar, kind varchar, direction varchar,"
    " strength varchar",
    "themes": "source varchar, code_id varchar, period varchar, dimension varchar, category varchar,"
    " n_documents bigint, n_segments bigint, share double, n_all bigint, status varchar",
    "theme_pairs": "source varchar, code_id varchar, other_code_id varchar, n_documents bigint, n_either bigint,"
    " jaccard double, status varchar",
    "saturation": "source varchar, n_documents bigint, n_codes bigint, n_new bigint, expected double",
    "agreement": "source varchar, code_id varchar, coefficient double, kind varchar, n_units bigint, n_coders bigint,"
    " ci_low double, ci_high double, ci_level double, \"interval\" varchar, unit varchar, status varchar",
    "quotes": "source varchar, quote_id varchar, document_id varchar, code_id varchar, element_id varchar,"
    " direction varchar, speaker varchar, text varchar, language varchar, chosen_by varchar, chosen_role varchar,"
    " chosen_at date, is_adverse boolean, is_balancing boolean",
    "quote_balance": "source varchar, element_id varchar, direction varchar, n_quoted bigint, reasons varchar",
    "quote_choices": "source varchar, n_by_rule bigint, n_by_hand bigint, n_balancing bigint, per_code bigint,"
    " shortest bigint, longest bigint, n_masks bigint",
}  # fmt: skip


@pytest.fixture
def report(tmp_path: Path) -> Report:
    path = publish_small(tmp_path / "published.duckdb")
    rows = {
        "corpora": [("voci", "Voci", "Voices", *kind, "ok") for kind in (
            ("all", "all", 10, 24, None, None), ("interview", "all", 5, 5, None, None),
            ("focus_group", "all", 5, 19, None, None), ("all", "analysis", 4, 6, None, None),
            ("all", "quotes", 6, 18, None, None))],
        "codes": CODES,
        "code_meanings": [("voci", "vicini", "OC-EARN", "element", "for", "strong"),
                          ("voci", "soli", "OC-EARN", "element", "against", "weak")],
        "themes": THEMES,
        "theme_pairs": [("voci", "vicini", "soli", 4, 6, 4 / 6, "ok"), ("voci", "legami", "soli", 6, 6, 0.9, "ok")],
        "saturation": [("voci", n, min(n, 3), int(n <= 3), 2.0) for n in range(1, 11)],
        "agreement": [("voci", "all", 0.71, "krippendorff_alpha_nominal", 120, 2, 0.6, 0.8, 0.95, "analytic", "turn",
                       "ok"),
                      ("voci", "vicini", None, "krippendorff_alpha_nominal", 120, 2, None, None, None, "none", "turn",
                       "not_computable")],
        "quotes": QUOTES,
        "quote_balance": [("voci", "OC-EARN", "against", 0, "consent, identifying"), ("voci", "OC-EARN", "for", 1, "")],
        "quote_choices": [("voci", 1, 1, 1, 2, 6, 80, 3)],
    }  # fmt: skip
    with connect(path) as connection:
        for table, columns in COLUMNS.items():
            connection.execute(f"create table out.{table} ({columns})")
            slots = ", ".join("?" * len(rows[table][0]))
            connection.executemany(f"insert into out.{table} values ({slots})", rows[table])
    return read(path)


def chapter(report: Report, language: str = "it") -> dict:
    sections = Sections(report, report.period("all"), language, Phrases(language), Shown(language))
    (found,) = sections.view("themes")["corpora"]
    return found


def test_who_was_heard_is_told_with_their_consent(report: Report) -> None:
    assert chapter(report)["who"] == (
        "Sono 10 documenti, in cui parlano 24 persone. Per tipo: gruppi di discussione (5 documenti, 19 persone) e "
        "interviste (5 documenti, 5 persone). Tutti hanno acconsentito all’analisi; 6 documenti si possono anche "
        "citare."
    )


def test_a_theme_has_its_share_and_what_it_speaks_of_and_stands_under_the_one_it_is_part_of(report: Report) -> None:
    table = chapter(report)["table"]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    assert lines[1].startswith("| Legami | 60") and "6 su 10" in lines[1]
    assert lines[2].startswith("| – Vicini [conferma: ")
    assert "contraddice: " in lines[3] and "non mostrato" in lines[3]


def test_of_one_document_there_is_no_share(report: Report) -> None:
    small = [{**row, "n_documents": 1, "n_all": 1, "share": 1.0} for row in report.rows["themes"]]
    table = chapter(replace(report, rows={**report.rows, "themes": tuple(small)}))["table"]
    assert "1 su 1" in table and "100" not in table


def test_evidence_that_two_corpora_give_names_the_corpus(report: Report) -> None:
    told = {"element_id": "OC-EARN", "link_id": None, "assumption_id": None, "kind": "code", "direction": "for",
            "strength": "weak", "reference": "vicini", "title_it": "Vicini", "title_en": "Neighbours"}  # fmt: skip
    rows = {**report.rows, "evidence": tuple({**told, "source": name} for name in ("voci", "altre"))}
    rows["corpora"] = (*rows["corpora"], {**rows["corpora"][0], "source": "altre", "title_it": "Altre voci"})
    sections = Sections(replace(report, rows=rows), report.period("all"), "it", Phrases("it"), Shown("it"))
    lines = [line for line in sections.view("assumptions")["evidence"].splitlines() if "Vicini" in line]
    assert ["[Altre voci]{.under}" in line for line in lines] == [False, True] and "[Voci]{.under}" in lines[0]


def test_quotes_stand_by_their_theme_with_direction_in_words_and_the_adverse_ones_too(report: Report) -> None:
    first, second = chapter(report)["quotes"]
    (own,) = first["quotes"]
    assert first["theme"] == "Vicini" and own["text"] == "Mi dice “vieni” e vado"
    assert own["tail"].startswith("residente, Quartiere: A1 · conferma: ")
    assert "scelta da: valutatrice" in own["tail"]
    (adverse,) = second["quotes"]
    assert adverse["tail"].startswith("una persona che ha partecipato · contraddice: ")
    assert adverse["tail"].endswith("aggiunta perché si senta anche chi parla contro")


def test_what_could_not_be_quoted_is_said_plainly(report: Report) -> None:
    (gap,) = chapter(report, "en")["unquoted"]
    assert (
        "none of these voices can be quoted: those who speak did not consent to being quoted and the words might" in gap
    )


def test_pairs_saturation_and_agreement_are_told_where_they_tell_something(report: Report) -> None:
    found = chapter(report, "en")
    (pair,) = found["pairs"]  # a theme and what holds it are left out
    assert pair == "**Neighbours** and **Left alone**\\: together in 4 of 6 documents in which either comes."
    assert found["saturation"]["said"].startswith("From document 3 on, up to 10, no new theme has come: 3 themes")
    assert found["agreement"]["said"].startswith(
        "Krippendorff’s alpha over all themes: 0.71 (from 0.60 to 0.80), between 2 coders, "
        "over 120 judgements, one for each theme and turn of a speaker."
    )
    assert len(found["groups"]) == 1 and "focus groups" in found["groups"][0]


def test_a_theme_coders_agree_little_on_is_named_with_a_word_of_caution(report: Report) -> None:
    vicini = {**report.rows["agreement"][1], "coefficient": 0.12, "status": "ok"}
    weak = replace(report, rows={**report.rows, "agreement": (report.rows["agreement"][0], vicini)})
    said = chapter(weak, "it")["agreement"]["said"].replace("\\", "")
    assert said.endswith("sotto 0,67 chi ha codificato non concorda abbastanza, e il conteggio del tema va letto con "
                         "prudenza: «Vicini» (0,12).")  # fmt: skip
    assert "prudenza" not in chapter(report, "it")["agreement"]["said"]


def test_without_corpora_there_is_no_chapter(tmp_path: Path) -> None:
    report = read(publish_small(tmp_path / "published.duckdb"))
    assert not has_content("themes", report, report.period("all"))
