"""A composed report: every chapter, every indicator, and no number that the package's tables do not hold."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
import yaml
from pages import embedded_drawings, visible, without_our_script
from publication import NASTY, connect, publish_small

from reports.compose import compose, profile_of
from reports.reading import Block, read
from reports.sections import SECTIONS
from theory_of_change.problems import ProblemsFound

#: A number as a reader sees it: digits with the separators of either language inside.
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


def held(package: Path) -> set[str]:
    """Every number in the package's tables."""
    found: set[str] = set()
    for path in (package / "data").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    found |= numbers(cell)
    return found


@pytest.mark.parametrize("language", ["italian", "english", "invented"])
def test_every_number_a_reader_sees_is_in_the_tables(language, request):
    package = request.getfixturevalue(language).path
    page = (package / "report.html").read_text(encoding="utf-8")
    shown = numbers(visible(page))
    for drawing in embedded_drawings(page):
        shown |= numbers(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style>.*?</style>", "", drawing)))
    assert len(shown) > 40
    assert shown - held(package) == set()


def test_the_search_for_numbers_finds_one_that_is_not_there(italian):
    """So that the test above cannot pass by finding nothing."""
    assert "98.765,43" in numbers("circa 98.765,43 $ e 12 %")
    assert "98.765,43" not in held(italian.path)


def test_shown_csv_answers_for_the_effect(italian):
    with (italian.path / "data/shown.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == "effects" and row["column"] == "estimate"]
    row = next(
        row
        for row in rows
        if row["row"] == "evaluation_id=earnings; term=difference" and row["format"] == "money.USD.0"
    )
    assert row["text"] == "1.794\u00a0$"
    assert float(row["value"]) == pytest.approx(1794.3424, abs=1e-3)


@pytest.mark.parametrize("language", ["italian", "english", "invented"])
def test_every_declared_indicator_has_its_page_and_its_method(language, request):
    package = request.getfixturevalue(language).path
    page = (package / "report.html").read_text(encoding="utf-8")
    with (package / "data/indicators.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["indicator_id"] for row in csv.DictReader(file)]
    for id in ids:
        assert f'id="indicator-{id}"' in page
        assert f'id="method-{id}"' in page


#: Chapters of which this programme has nothing to tell.
_OF_OTHERS = ("networks", "calls", "ratings", "themes", "joined")


def test_the_chapters_stand_in_their_order(italian):
    source = (italian.path / "report.qmd").read_text(encoding="utf-8")
    assert re.findall(r"^# .*\{#([a-z_]+)\}$", source, re.M) == [name for name in SECTIONS if name not in _OF_OTHERS]


def test_the_source_has_no_code_cells_and_a_head_that_quarto_understands(italian):
    source = (italian.path / "report.qmd").read_text(encoding="utf-8")
    assert not re.search(r"^(```+|~~~+)\s*\{", source, re.M)
    assert not re.search(r"`\{(python|r|julia|ojs)\}", source)
    assert "{{<" not in source
    head = yaml.safe_load(source.split("---\n")[1])
    assert (head["lang"], head["engine"], head["filters"]) == ("it", "markdown", ["typeset/report.lua"])
    for named in (
        head["format"]["html"]["template"],
        head["format"]["typst"]["template"],
        head["format"]["docx"]["reference-doc"],
    ):
        assert (italian.path / named).is_file()


def test_two_languages_show_the_same_numbers(italian, english):
    def values(package: Path) -> set[tuple[str, str, str, str]]:
        with (package / "data/shown.csv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            return {(r["table"], r["row"], r["column"], r["value"]) for r in rows if r["table"] != "computed"}

    assert values(italian.path) == values(english.path)


def test_hidden_missing_and_zero_are_three_different_things(invented):
    words = visible((invented.path / "report.html").read_text(encoding="utf-8"))
    assert "non mostrato: gruppo troppo piccolo" in words
    assert "nessun dato" in words
    assert "È uno zero vero: i dati ci sono." in words
    assert "non calcolabile" in words
    with (invented.path / "data/indicator_values.csv").open(encoding="utf-8", newline="") as file:
        hidden = [row for row in csv.DictReader(file) if row["status"] == "suppressed"]
    assert hidden
    assert all(row["value"] == row["n"] == row["ci_low"] == "" for row in hidden)


def test_invented_data_are_said_to_be_invented_on_the_cover_and_at_the_end(invented):
    words = " ".join(visible((invented.path / "report.html").read_text(encoding="utf-8")).split())
    assert words.count("inventati, a scopo di esempio") == 3  # the cover, in brief, where the report comes from


def test_words_from_the_theory_never_act(invented):
    page = (invented.path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in without_our_script(page)
    assert "root:" not in page  # no file was included
    assert " ".join(NASTY.split()) in " ".join(visible(page).split())


def test_what_is_missing_is_told(invented, italian):
    words = visible((invented.path / "report.html").read_text(encoding="utf-8"))
    chapter = words[words.index("Un rapporto onesto") : words.index("Ogni elemento, che cosa lo misura")]
    for expected in (
        "Una città più vicina : nessun indicatore lo misura",
        "Più fiducia : ha un indicatore ma nessun dato",
        "Fiducia media : nessun dato",
        "Chi è solo esce",
    ):
        assert expected in " ".join(chapter.split())
    assert "Il beneficio vale il costo del posto?" in visible(
        (italian.path / "report.html").read_text(encoding="utf-8")
    )


def test_a_trend_is_drawn_over_the_periods_so_far_only(small, tmp_path):
    compose(small, tmp_path / "first", "2024-H1", None, "it")
    compose(small, tmp_path / "third", "2025-H1", None, "it")
    assert not (tmp_path / "first/figures/trend-IN-ALONE.svg").exists()
    assert "2025-H1" in (tmp_path / "third/figures/trend-IN-ALONE.svg").read_text(encoding="utf-8")
    later = (tmp_path / "first/data/indicator_values.csv").read_text(encoding="utf-8")
    assert "2024-H2" not in later


def test_the_same_publication_composes_to_the_same_bytes(small, tmp_path):
    for name in ("one", "two"):
        compose(small, tmp_path / name, "2025-H1", None, "en")
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) > 25
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def with_profile(path: Path, **attributes) -> Path:
    with connect(path) as connection:
        connection.execute(
            "insert into out.elements values "
            "('board', 'report', 1, 'Per il consiglio', 'Per il consiglio', 'For the board', ?)",
            [json.dumps(attributes)],
        )
    return path


def test_a_profile_chooses_chapters_title_and_audience(tmp_path):
    path = with_profile(
        publish_small(tmp_path / "p.duckdb"),
        sections=["brief", "missing"],
        audience={"it": "Il consiglio"},
        approvals=["Ada"],
    )
    compose(path, tmp_path / "out", "2025-H1", "board", "it")
    source = (tmp_path / "out/report.qmd").read_text(encoding="utf-8")
    assert re.findall(r"^# .*\{#([a-z_]+)\}$", source, re.M) == ["brief", "missing"]
    assert 'title: "Per il consiglio"' in source
    assert "Per: Il consiglio" in source
    assert "Approvato da: Ada" in source


def test_the_diagram_keeps_its_text_alternative_when_the_annex_is_left_out(tmp_path):
    path = with_profile(publish_small(tmp_path / "p.duckdb"), sections=["theory", "provenance"])
    with connect(path) as connection:
        connection.execute("update out.elements set attributes = '{}' where kind = 'theory'")
    compose(path, tmp_path / "out", "2025-H1", "board", "en")
    source = (tmp_path / "out/report.qmd").read_text(encoding="utf-8")
    assert "→ contributes to\\: Less isolation" in source and "← from: People reached (contributes to)" in source
    assert "The data come from 2 deliveries." in source
    for chapter in ("Annex", "How sound the data are", "What is missing"):
        assert chapter not in source


def test_a_target_for_a_group_has_its_own_line(tmp_path):
    path = publish_small(tmp_path / "p.duckdb")
    with connect(path) as connection:
        connection.execute(
            "insert into out.progress values "
            "('IN-ALONE', '2025-H1', 'area', 'N', null, 0.355, '<=', null, 0.5, null, 'not_met', null)"
        )
    compose(path, tmp_path / "out", "2025-H1", None, "en")
    source = (tmp_path / "out/report.qmd").read_text(encoding="utf-8")
    (line,) = [line for line in source.splitlines() if line.startswith("| Share of people alone [Area")]
    assert "at most 35.5%" in line
    assert "50.0%" in line
    assert ".not-met" in line


def test_unknown_profiles_chapters_and_languages_are_told_with_the_nearest(tmp_path):
    path = with_profile(publish_small(tmp_path / "p.duckdb"), sections=["brief", "efect"])
    report = read(path)
    for call, code, hint in (
        (lambda: profile_of(report, "bord", "it"), "report-profile-unknown", "board"),
        (lambda: profile_of(report, "board", "it"), "report-chapter-unknown", "effect"),
        (lambda: compose(path, tmp_path / "x", "2025-H1", None, "ita"), "report-language-unknown", "it"),
    ):
        with pytest.raises(ProblemsFound) as problems:
            call()
        assert problems.value.problems[0].code == code
        assert problems.value.problems[0].facts["hint"] == hint
    assert not (tmp_path / "x").exists()


def test_a_template_cannot_print_a_number_that_was_not_written_down(small):
    from reports.compose import _environment
    from reports.phrases import Phrases
    from reports.sections import Sections
    from reports.shown import Shown

    report = read(small)
    sections = Sections(report, report.period("2024"), "it", Phrases("it"), Shown("it"))
    with pytest.raises(TypeError, match="every number goes through"):
        _environment(sections).from_string("{{ n }}").render(n=12)
    assert _environment(sections).from_string("{{ words }}").render(words="12 *ore*") == r"12 \*ore\*"
    assert "12 *ore*" in sections.shown.quotes


def test_an_empty_theory_still_makes_a_report(small, tmp_path):
    report = read(small)
    keep = ("programme", "theory")
    rows = dict.fromkeys(report.rows, ()) | {"periods": report.rows["periods"]}
    empty = type(report)(
        rows=rows, blocks=tuple(b for b in report.blocks if b.kind in keep), indicators=(), periods=report.periods
    )
    compose(small, tmp_path / "out", "2024", None, "en", report=empty)
    source = (tmp_path / "out/report.qmd").read_text(encoding="utf-8")
    for words in ("No data have arrived yet", "declares no comparison yet", "states no assumptions", "states no risks"):
        assert words in source


def test_blocks_say_their_words_in_the_language_there_is():
    block = Block("X", "output", {"": "solo italiano"}, {"for_": ["A"], "from": "B"})
    assert block.says("en") == "solo italiano"
    assert block.ids("for") == ("A",)
    assert block.ids("from") == ("B",)
