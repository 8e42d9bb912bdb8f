"""The drawing of a theory: every element once, in its column and its band, every link with its look, nothing on top of
anything else, whatever the theory."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.diagram import placement as placing
from reports.diagram.content import STAGES, Area, Assumption, Content, Element, Link, content_of, letter, status_of
from reports.diagram.drawn import draw, drawn, sheet_for
from reports.diagram.placement import Placement, placed, stacked
from reports.diagram.plan import Plan, plan
from reports.diagram.signs import LINKS
from reports.drawing import Canvas
from reports.phrases import Phrases
from reports.reading import Report, read
from reports.theme import Theme

SVG = "{http://www.w3.org/2000/svg}"


def parsed(canvas: Canvas) -> ET.Element:
    return ET.fromstring(canvas.svg(Theme.of()))


def texts(canvas: Canvas) -> list[str]:
    return [element.text or "" for element in parsed(canvas).iter(f"{SVG}text")]


def theory(elements: Iterable[Element], links: Iterable[Link] = (), areas: Iterable[Area] = ()) -> Content:
    return Content("Teoria", tuple(elements), tuple(links), tuple(areas))


def sides(plan: Plan, place: Placement, id: str) -> tuple[float, float, float, float]:
    box = next(box for box in plan.boxes if box.id == id)
    x, y = place.centres[id]
    return x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2


def check(plan: Plan, place: Placement) -> None:
    """What holds for every drawing: columns in order, boxes apart, each box in its own band and in no other."""
    columns = [{round(place.centres[b.id][0], 1) for b in plan.boxes if b.stage == stage} for stage in plan.columns]
    assert all(max(column) - min(column) < 1 for column in columns)
    assert [min(column) for column in columns] == sorted(min(column) for column in columns)
    found = {box.id: sides(plan, place, box.id) for box in plan.boxes}
    for number, one in enumerate(plan.boxes):
        left, top, right, bottom = found[one.id]
        for other in plan.boxes[number + 1 :]:
            a, b, c, d = found[other.id]
            assert right <= a + 0.5 or c <= left + 0.5 or bottom <= b + 0.5 or d <= top + 0.5, (one.id, other.id)
    owner = {id: number for number, row in enumerate(plan.rows) for id in row.boxes}
    for number, rect in enumerate(place.rows):
        for other in place.rows[number + 1 :]:
            assert rect.bottom <= other.top + 0.5 or other.bottom <= rect.top + 0.5
        for box in plan.boxes:
            left, top, right, bottom = found[box.id]
            if owner.get(box.id) == number:
                assert rect.left - 0.5 <= left and right <= rect.right + 0.5, box.id
                assert rect.top - 0.5 <= top and bottom <= rect.bottom + 0.5, box.id
            else:
                inside = left < rect.right - 0.5 and top < rect.bottom - 0.5 and bottom > rect.top + 0.5
                assert not inside, box.id


@pytest.fixture(scope="module")
def planned(report: Report) -> Plan:
    return plan(content_of(report, report.period("1978"), "it", "Teoria"), "Intero programma")


def test_every_element_is_drawn_once_with_all_its_words(report, planned):
    assert [box.id for box in planned.boxes] == [block.id for block in report.chain]
    for box in planned.boxes:
        said = report.block(box.id).says("it")
        assert re.sub("[- ]", "", "".join(box.lines)) == re.sub("[- ]", "", said), box.id


def test_columns_run_from_inputs_to_impact_and_nothing_overlaps(planned):
    assert planned.columns == (
        "input", "activity", "output", "outcome_short", "outcome_medium", "outcome_long", "impact",
    )  # fmt: skip
    place = placed(planned)
    assert not place.stacked
    check(planned, place)


def test_every_declared_link_is_drawn_from_its_start_to_its_end(report, planned):
    types = {(link.start, link.end): link.type for link in planned.links}
    for link in report.rows["links"]:
        assert types[link["from_id"], link["to_id"]] == link["type"]
    place = placed(planned)
    for ends, curve in place.curves.items():
        assert len(curve) >= 4
        for id, (x, y) in zip(ends, (curve[0], curve[-1]), strict=True):
            left, top, right, bottom = sides(planned, place, id)
            assert left - 2 <= x <= right + 2 and top - 2 <= y <= bottom + 2, (ends, id)


def test_it_stays_readable_on_a_landscape_page(report):
    """A4 leaves about 267 by 160 mm: scaled to it, the text keeps at least 7 points."""
    canvas = draw(report, report.period("1978"), Phrases("it"), "Teoria")
    scale = min(267 / canvas.width, 160 / canvas.height)
    assert scale * 12 / 25.4 * 72 >= 7


@pytest.mark.parametrize(
    ("width", "height", "paper"),
    [
        (1120, 700, (297, 210)),
        (1120, 1200, (420, 297)),
        (1120, 1700, (297, 420)),
        (1120, 2500, None),
        (400, 300, (297, 210)),
    ],
)
def test_a_larger_theory_gets_larger_paper_and_its_text_never_shrinks(width, height, paper):
    sheet = sheet_for(Canvas(width, height, "x"))
    if paper:
        assert (sheet.width, sheet.height) == paper
    scale = sheet.picture / width
    assert scale * 12 / 25.4 * 72 >= 6.99
    assert sheet.picture <= sheet.width - 30 + 0.01
    assert height * scale <= sheet.height - 46 + 0.01


def test_the_status_is_a_word_and_a_sign_and_the_worst_one_counts(report):
    period = report.period("1978")
    assert status_of(report, "OC-JOB", period) == "met"
    assert status_of(report, "OC-LINE", period) == "not_met"
    assert status_of(report, "OC-OFFENCES", period) == "not_measured"
    words = texts(draw(report, period, Phrases("en"), "Theory"))
    assert {"met", "not met", "not measured", "Inputs", "Impact", "produces", "enables"} <= set(words)


def test_without_a_period_no_status_is_drawn_nor_explained(report):
    words = set(texts(draw(report, None, Phrases("en"), "Theory")))
    assert not words & {"met", "not met", "not measured", "measured", "Status of the indicators"}


def test_types_of_links_look_different():
    looks = {(look.dash, look.line, look.end) for look in LINKS.values()}
    assert len(looks) == len(LINKS)


def test_a_theory_without_elements_has_no_diagram(small):
    report = read(small)
    empty = type(report)(rows=report.rows, blocks=(), indicators=(), periods=report.periods)
    assert draw(empty, report.period("2024"), Phrases("it"), "x") is None


def test_a_cycle_and_a_backward_link_are_drawn(small):
    report = read(small)
    back = {**report.rows["links"][0], "link_id": "L-9", "from_id": "IM-1", "to_id": "A-1"}
    rows = {**report.rows, "links": (*report.rows["links"], back)}
    looped = type(report)(rows=rows, blocks=report.blocks, indicators=report.indicators, periods=report.periods)
    words = texts(draw(looped, report.period("2024"), Phrases("it"), "x"))
    assert {"rafforza", "ostacola"} <= set(words)


# --- areas -----------------------------------------------------------------------------------------------------------

AREAS = (Area("N", "Nord"), Area("N1", "Nord, mercato", "N"), Area("N2", "Nord, scuole", "N"), Area("S", "Sud"))


def test_areas_stack_as_bands_and_flow_into_what_they_have_in_common():
    content = theory(
        [
            Element("A1", "activity", "Laboratori", "N"), Element("A2", "activity", "Corsi", "S"),
            Element("O1", "output", "Persone", "N"), Element("I1", "input", "Fondi"),
            Element("OC", "outcome", "Meno isolamento"), Element("IM", "impact", "Una città più vicina"),
        ],
        [Link("A1", "O1", "produces"), Link("O1", "OC", "contributes"), Link("A2", "OC", "contributes"),
         Link("OC", "IM", "contributes"), Link("I1", "A1", "belongs"), Link("I1", "A2", "belongs")],
        AREAS,
    )  # fmt: skip
    found = drawn(content, Phrases("it"))
    assert [row.title for row in found.plan.rows] == [("Intero", "programma"), ("Nord",), ("Sud",)]
    assert found.plan.banded == 3  # inputs, activities, outputs; outcomes and impact stand free
    assert not found.placement.stacked
    check(found.plan, found.placement)
    assert {"Nord", "Sud", "Intero", "programma"} <= set(texts(found.canvas()))


def test_areas_inside_areas_stand_together_beside_the_title_of_the_outer_one():
    content = theory(
        [Element(f"{area}{n}", stage, f"Elemento {area}{n}", area)
         for n, stage in enumerate(("activity", "output", "impact")) for area in ("N1", "S", "N2", "N")],
        [Link("N10", "N11", "produces"), Link("N20", "S1", "produces"), Link("S1", "S2", "contributes")],
        AREAS,
    )  # fmt: skip
    found = drawn(content, Phrases("it"))
    check(found.plan, found.placement)
    assert [row.path for row in found.plan.rows] == [("N",), ("N", "N1"), ("N", "N2"), ("S",)]
    inner = [rect for row, rect in zip(found.plan.rows, found.placement.rows, strict=True) if row.path[0] == "N"]
    south = found.placement.rows[3]
    assert all(rect.bottom <= south.top + 0.5 for rect in inner) or all(
        rect.top >= south.bottom - 0.5 for rect in inner
    )


def test_an_area_alone_shows_its_elements_their_neighbours_and_the_way_to_the_whole():
    content = theory(
        [Element("A", "activity", "a", "N1"), Element("B", "output", "b", "S"), Element("C", "outcome", "c"),
         Element("D", "impact", "d"), Element("E", "input", "e"), Element("F", "activity", "f", "S")],
        [Link("A", "C", "contributes"), Link("C", "D", "contributes"), Link("E", "A", "belongs"),
         Link("F", "B", "produces"), Link("C", "B", "enables")],
        AREAS,
    )  # fmt: skip
    found = content.only("N")
    assert [element.id for element in found.elements] == ["A", "C", "D", "E"]
    assert found.title == "Teoria: Nord"


def test_areas_that_contain_each_other_do_not_run_for_ever():
    content = theory([Element("A", "activity", "a", "X")], (), [Area("X", "x", "Y"), Area("Y", "y", "X")])
    assert content.path("X") == ("Y", "X")
    assert drawn(content, Phrases("it")) is not None


@st.composite
def theories(draw_: st.DrawFn) -> Content:
    areas = draw_(st.lists(st.sampled_from(AREAS), unique=True, max_size=4))
    ids = ["", *(area.id for area in areas)]
    words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=90)
    elements = [
        Element(f"E{n}", draw_(st.sampled_from(STAGES)), draw_(words), draw_(st.sampled_from(ids)),
                draw_(st.sampled_from(("", "met", "not_measured"))), draw_(st.booleans()))
        for n in range(draw_(st.integers(1, 18)))
    ]  # fmt: skip
    pairs = draw_(st.lists(st.tuples(*[st.sampled_from(elements)] * 2), max_size=24))
    links = {(a.id, b.id): Link(a.id, b.id, draw_(st.sampled_from(list(LINKS)))) for a, b in pairs if a != b}
    return theory(elements, links.values(), areas)


@settings(max_examples=20, deadline=None)
@given(theories())
def test_whatever_the_theory_boxes_are_apart_and_inside_their_bands(content):
    planned = plan(content, "Tutto")
    check(planned, placed(planned))
    check(planned, stacked(planned))
    ET.fromstring(drawn(content, Phrases("it")).canvas(heading=True).svg(Theme.of()))


# --- size, faults and marks ------------------------------------------------------------------------------------------


def large(n: int, areas: int) -> Content:
    """A theory of `n` elements, each leading on to one of the next column."""
    stages = ("input", "activity", "output", "outcome", "impact")
    elements = [Element(f"E{i}", stages[i % 5], f"Elemento numero {i} della teoria", f"A{i % areas}") for i in range(n)]
    links = [Link(f"E{i}", f"E{i + 1}", "contributes") for i in range(n - 1) if i % 5 != 4]
    return theory(elements, links, [Area(f"A{k}", f"Area {k}") for k in range(areas)])


def test_two_thousand_elements_are_drawn():
    found = drawn(large(2000, 12), Phrases("it"))
    assert len(found.placement.centres) == 2000
    assert len([box for box in parsed(found.canvas()).iter(f"{SVG}g") if box.get("class") == "element"]) == 2000


@pytest.mark.parametrize("answer", ["raise SystemExit(3)", "print('{}')", "print('no')", "import os; os.abort()",
                                    "import time; time.sleep(60)"])  # fmt: skip
def test_when_graphviz_fails_a_plain_stack_stands_in(answer, monkeypatch, tmp_path):
    program = tmp_path / "graphviz_process.py"
    program.write_text(answer)
    monkeypatch.setattr(placing, "__file__", str(tmp_path / "placement.py"))
    planned = plan(large(40, 3), "Tutto")
    place = placed(planned, patience=3)
    assert place.stacked
    check(planned, place)
    assert all(len(curve) == 4 for curve in place.curves.values())


def test_no_words_of_the_theory_reach_graphviz():
    content = theory([Element('"];evil', "input", '"]; x -> y; <script>'), Element("b\\", "impact", "ə")])
    source = placing.dot_source(plan(content, "]"))
    assert "evil" not in source
    assert "script" not in source


def test_what_is_retired_is_struck_and_explained():
    content = theory([Element("A", "activity", "Vecchi corsi", retired=True), Element("B", "output", "Nuovi")])
    page = parsed(drawn(content, Phrases("it")).canvas())
    struck = [t.text for t in page.iter(f"{SVG}text") if t.get("text-decoration") == "line-through"]
    assert struck == ["Vecchi corsi"]
    assert [t.text for t in page.iter(f"{SVG}text")].count("ritirato") == 2  # in the box and in the legend


def test_a_link_carries_the_letters_of_its_assumptions_and_the_legend_says_them():
    content = replace(
        theory([Element("A", "activity", "a"), Element("B", "output", "b")],
               [Link("A", "B", "produces", assumptions=("AS-1", "AS-2"))]),
        assumptions=(Assumption("AS-1", "A", "Chi è solo esce", "failed"),
                     Assumption("AS-2", "B", "I servizi rispondono", "holding")),
    )  # fmt: skip
    words = texts(drawn(content, Phrases("it")).canvas())
    assert "A B" in words
    assert {"A", "B", "Chi è solo esce (caduta)", "I servizi rispondono (regge)"} <= set(words)


def test_letters_go_on_after_z():
    assert [letter(n) for n in (0, 25, 26, 27, 52, 701, 702)] == ["A", "Z", "AA", "AB", "BA", "ZZ", "AAA"]


def test_awkward_words_stay_words():
    awkward = 'שלום "];  <script>alert(1)</script> & ə 😀'
    page = parsed(draw_one(awkward))
    assert awkward.split()[0] in " ".join(t.text or "" for t in page.iter(f"{SVG}text"))
    assert not list(page.iter(f"{SVG}script"))


def draw_one(statement: str) -> Canvas:
    return drawn(theory([Element("A", "activity", statement)]), Phrases("it")).canvas()
