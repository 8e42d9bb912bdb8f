"""What chapters say beside the numbers: published figures and sources that disagree, evaluation questions, retirement,
milestones, one area of a theory, and a theory without indicators."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from publication import connect, publish_small

from reports.chapter import Chapter
from reports.compose import compose
from reports.package import verify, write_package
from reports.reading import Report, read
from reports.sections import SECTIONS, Sections

FIGURES = [
    ("PF-A", 30.4, None, "milioni", None, "Rete A", "p. 3", None, None, None, None, None, None, None,
     "not_reproducible", "unlinked", "Nessun indicatore.", "No indicator.", '["PF-B"]', 1),
    ("PF-B", 27.0, "almost", "milioni", None, "Istituto B", None, None, None, None, None, None, None, None,
     "not_reproducible", "unlinked", "Nessun indicatore.", "No indicator.", '["PF-A"]', 2),
    ("PF-C", 35.0, "circa", "percent", dt.date(2025, 6, 30), "Rete A", None, "IN-ALONE", None, "2025-H1", None, None,
     34.6, -0.4, "reproduced", "agrees", "I dati danno 34,6 %.", "The data give 34.6%.", "[]", 3),
    ("PF-D", 60.0, None, "percent", None, "Rete A", None, "IN-ALONE", None, "2025-H1", None, None, 34.6,
     -25.4, "contradicted", "differs", "I dati danno 34,6 %.", "The data give 34.6%.", "[]", 4),
]  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return publish_small(tmp_path / "published.duckdb")


def page(published: Path, language: str = "en", period: str = "2025-H1", profile: str | None = None) -> str:
    compose(published, published.parent / f"out-{language}", period, profile, language)
    return (published.parent / f"out-{language}/report.qmd").read_text(encoding="utf-8")


def chapter(page: str, title: str) -> str:
    return page.split(f"\n# {title}", 1)[1].split("\n# ", 1)[0]


def put_element(published: Path, id: str, block: str, words: str, /, **attributes) -> None:
    with connect(published) as connection:
        row = (id, block, 90, words, words, words, json.dumps(attributes))
        connection.execute("insert into out.elements values (?, ?, ?, ?, ?, ?, ?)", row)


def change(published: Path, table: str, key: str, id: str, **attributes) -> None:
    with connect(published) as connection:
        (found,) = connection.execute(f"select attributes from out.{table} where {key} = ?", [id]).fetchone()
        connection.execute(
            f"update out.{table} set attributes = ? where {key} = ?", [json.dumps(json.loads(found) | attributes), id]
        )


def put_figures(published: Path) -> None:
    with connect(published) as connection:
        connection.executemany(f"insert into out.published_figures values ({', '.join('?' * 20)})", FIGURES)
    put_element(published, "PF-A", "published_figure", "Money given", source={"it": "Rete A", "en": "Network A"})
    put_element(published, "PF-B", "published_figure", "Money given", source={"it": "Istituto B", "en": "Institute B"})


def test_without_figures_and_questions_there_is_no_such_chapter(small):
    with connect(small) as connection:
        connection.execute("delete from out.elements where kind = 'evaluation_question'")
    text = page(small)
    assert "Published figures and data" not in text and "The evaluation questions" not in text


def test_a_published_figure_stands_as_it_was_said_beside_the_data(small):
    put_figures(small)
    text = chapter(page(small), "Published figures and data")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    about = next(row for row in rows if "about 35%" in row)
    assert (
        "34.6%" in about and "✓ found again in the data" in about and "on 30 June 2025" in about.replace("\u00a0", " ")
    )
    wrong = next(row for row in rows if "| 60%" in row)
    assert "× contradicted by the data" in wrong and ".not-met" in wrong
    unknown = next(row for row in rows if "30.4 milioni" in row)
    assert "○ cannot be checked" in unknown and "Network A, p\\. 3" in unknown
    assert "circa 35\u00a0%" in chapter(page(small, "it"), "Cifre pubblicate e dati")


def test_sources_that_disagree_stand_side_by_side(small):
    put_figures(small)
    sides = chapter(page(small), "Published figures and data").split("## Sources that say different things")[1]
    (row,) = [line for line in sides.splitlines() if "Network A" in line]
    assert "30.4 milioni" in row and "almost 27 milioni" in row and "Institute B" in row and "Money given" in row


def test_the_figures_lie_in_the_package_and_it_verifies(small):
    put_figures(small)
    package = write_package(small, small.parent / "output", "2025-H1", None, "en", ("html",), code_version="0.1.0")
    lines = (package.path / "data/published_figures.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5 and lines[0].startswith("figure_id,value,approx")
    assert verify(package.path, small) == []


def test_evaluation_questions_say_what_answers_them_or_that_nothing_does(small):
    put_element(small, "EQ-A", "evaluation_question", "Are they less alone?", criterion="effectiveness",
                answered_by=["IN-ALONE"], due="2026-12-31")  # fmt: skip
    put_element(small, "EQ-B", "evaluation_question", "Will it last?", criterion="sustainability")
    text = chapter(page(small), "The evaluation questions")
    answered = next(line for line in text.splitlines() if "Are they less alone?" in line)
    assert "effectiveness" in answered and "✓ there are data" in answered and "2026" in answered
    alone = next(line for line in text.splitlines() if "Will it last?" in line)
    assert "nothing: the theory plans no answer yet" in alone and "○ no data yet" in alone


def indicators(published: Path) -> list[str]:
    return [one.id for one in read(published).indicators]


def test_a_retired_indicator_is_told_in_words_and_not_among_the_others(small):
    retired = {
        "at": "2024-12-31",
        "reason": {"it": "Domanda cambiata", "en": "Question changed"},
        "replaced_by": "IN-REACH",
    }
    change(small, "indicators", "indicator_id", "IN-ALONE", retired=retired)
    title = read(small).block("IN-ALONE", "indicator").says("en")
    told = page(small)
    text = chapter(told, "The indicators one by one").replace("\\", "")
    assert "{#indicator-IN-ALONE}" not in text and "{#indicator-IN-REACH}" in text
    assert f"**{title}**: no longer computed after 31\u00a0December\u00a02024" in text
    assert "Why: Question changed. In its place: People reached." in text
    earlier = chapter(page(small, period="2024-H2"), "The indicators one by one")
    assert "{#indicator-IN-ALONE}" in earlier


def milestone(published: Path, value: float, **attributes) -> str:
    put_element(published, "M-1", "milestone", "Protocol signed", **attributes)
    change(published, "indicators", "indicator_id", "IN-ALONE", measure={"milestone": "M-1"})
    with connect(published) as connection:
        connection.execute("update out.indicators set measure_kind = 'milestone' where indicator_id = 'IN-ALONE'")
        connection.execute("update out.indicator_values set value = ?, ci_low = null, ci_high = null, status = 'ok'"
                           " where indicator_id = 'IN-ALONE' and period = '2025-H1' and dimension = 'all'",
                           [value])  # fmt: skip
    return page(published).replace("\u00a0", " ")


def test_a_milestone_says_when_it_was_due_and_when_it_came(small):
    text = milestone(small, 1.0, due="2025-03-31", actual="2025-05-02")
    assert "The milestone, due on 31 March 2025, was reached on 2 May 2025." in text
    assert "The value is 1" not in text


def test_a_milestone_of_later_is_not_reached_in_this_period(small):
    text = milestone(small, 0.0, planned={"end": "2025-03-31"}, actual="2025-09-02")
    assert "the milestone, due on 31 March 2025, had not been reached" in text and "September" not in text


def test_a_theory_without_indicators_says_so_and_claims_nothing(small):
    with connect(small) as connection:
        for table in ("indicators", "indicator_values", "progress", "targets", "distributions"):
            connection.execute(f"delete from out.{table}")
    text = chapter(page(small), "In brief")
    assert "The programme is not followed with indicators yet" in text
    assert "all have a value" not in text and "None has a target" not in text


def area_profile(published: Path) -> Report:
    put_element(published, "AR-1", "area", "Public space", kind="thematic_area")
    put_element(published, "AR-2", "area", "Via Cecchi", kind="project", parent="AR-1")
    put_element(published, "AR-3", "area", "Housing", kind="thematic_area")
    put_element(published, "board", "report", "For the board", area="AR-1")
    change(published, "elements", "element_id", "OC-1", area="AR-2")
    change(published, "elements", "element_id", "OP-1", area="AR-3")
    return read(published)


def test_a_report_of_one_area_shows_what_belongs_to_it_and_says_so(small):
    report = area_profile(small)
    inside = [one for one in report.indicators if "OC-1" in one.ids("measures")]
    outside = [one for one in report.indicators if "OC-1" not in one.ids("measures")]
    assert inside and outside
    text = page(small, profile="board")
    assert text.count("This report shows one area of the theory only: Public space") == 2  # cover and brief
    assert all(f"{{#indicator-{one.id}}}" in text for one in inside)
    assert not any(f"{{#indicator-{one.id}}}" in text for one in outside)
    assert "Housing" not in text
    rows = (small.parent / "out-en/data/indicator_values.csv").read_text(encoding="utf-8")
    assert not any(f"\n{one.id}," in rows for one in outside)


def test_a_package_of_one_area_that_did_not_change_is_kept(small):
    area_profile(small)
    first = write_package(small, small.parent / "output", "2025-H1", "board", "en", ("html",), code_version="0.1.0")
    again = write_package(small, small.parent / "output", "2025-H1", "board", "en", ("html",), code_version="0.1.0")
    assert (first.new, again.new) == (True, False)
    assert verify(first.path, small) == []


def test_one_distribution_is_drawn_once(small):
    """The mean and the median of one column have one distribution: the second refers to the first."""
    bins = [(name, "2025-H1", "all", "all", low, low + 1.0, 10, "ok")
            for name in ("IN-EMPTY", "IN-ODD") for low in (1.0, 2.0, 3.0)]  # fmt: skip
    with connect(small) as connection:
        connection.executemany("insert into out.distributions values (?, ?, ?, ?, ?, ?, ?, ?)", bins)
    assert page(small).count("figures/histogram-") == 2  # of two units, so of two columns
    with connect(small) as connection:
        connection.execute("update out.indicators set unit = 'point', unit_it = null, unit_en = null,"
                           " measure_kind = 'mean' where indicator_id in ('IN-EMPTY', 'IN-ODD')")  # fmt: skip
    text = page(small)
    assert text.count("figures/histogram-") == 1
    assert "How the values are distributed is seen in the figure of “Mean trust”" in text


def test_a_unit_is_said_in_the_readers_language(small):
    with connect(small) as connection:
        connection.execute("update out.indicators set unit = 'poli', unit_it = 'poli', unit_en = 'hubs',"
                           " measure_kind = 'mean' where indicator_id = 'IN-ALONE'")  # fmt: skip
        connection.execute(
            "update out.indicator_values set value = 3.5, ci_low = null, ci_high = null,"
            " status = 'ok' where indicator_id = 'IN-ALONE'"
        )
    assert "The value is 3.50 hubs." in page(small) and "Il valore è 3,50 poli." in page(small, "it")


def test_what_is_missing_stands_from_outputs_to_impact(small):
    report = read(small)
    order = [block.id for block in report.chain]
    gaps = [row["element_id"] for row in report.gaps]
    assert len(gaps) > 1 and gaps == sorted(gaps, key=order.index)


def test_every_chapter_has_a_title_and_a_template():
    folder = Path(__file__).parents[2] / "reports/templates/sections"
    assert {path.name.removesuffix(".md.j2") for path in folder.iterdir()} == {*SECTIONS, "corrections"}


def test_no_chapter_hides_a_part_of_another():
    """All chapters are one object in the end: two parts of the same name would silently be one."""
    owners: dict[str, list[str]] = {}
    for kind in Sections.__mro__:
        if kind not in (Sections, Chapter, object):
            for name in vars(kind):
                if not name.startswith("__"):
                    owners.setdefault(name, []).append(kind.__name__)
    assert {name: kinds for name, kinds in owners.items() if len(kinds) > 1} == {}
