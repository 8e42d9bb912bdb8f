"""Charts: every value stands where it should, what is hidden looks like nothing else, and the colours
can be read in both themes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from reports import figures
from reports.drawing import Canvas, png_of, png_size, width_of, wrapped
from reports.figures import Bar, Dot, Mark, Point
from reports.theme import ACCENT, Theme, contrast, readable

SVG = "{http://www.w3.org/2000/svg}"


def parsed(canvas: Canvas) -> ET.Element:
    return ET.fromstring(canvas.svg(Theme.of()))


def texts(canvas: Canvas) -> list[str]:
    return [element.text or "" for element in parsed(canvas).iter(f"{SVG}text")]


def circles(canvas: Canvas) -> list[float]:
    return [float(c.attrib["cx"]) for c in parsed(canvas).iter(f"{SVG}circle")]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.5, 1]),
        (0, 0.8, [0, 0.2, 0.4, 0.6, 0.8]),
        (-300, 1300, [0, 500, 1000]),
        (0, 7400, [0, 2000, 4000, 6000]),
        (5, 5, [5]),
    ],
)
def test_scales_have_round_numbers(low, high, expected):
    assert figures.ticks(low, high) == expected


def test_dots_stand_in_the_order_of_their_values_and_carry_their_words():
    rows = [Dot("Nord", 0.2, 0.1, 0.3, "20 %"), Dot("Sud & <Est>", 0.8, None, None, "80 %")]
    canvas = figures.dots("Prova", rows, [(0.0, "0 %"), (0.5, "50 %")])
    north, south = circles(canvas)
    assert north < south <= figures.WIDTH
    assert {"Nord", "20 %", "Sud & <Est>", "80 %", "0 %", "50 %"} <= set(texts(canvas))


def test_a_hidden_row_has_words_and_no_dot():
    rows = [Dot("Nord", 0.2, 0.1, 0.3, "20 %"), Dot("Sud", None, None, None, "non mostrato")]
    canvas = figures.dots("Prova", rows, [])
    assert len(circles(canvas)) == 1
    assert "non mostrato" in texts(canvas)


def test_a_hidden_bin_is_a_dashed_box_and_an_empty_one_is_nothing():
    bars = [Bar(0, 10, 5.0), Bar(10, 20, None), Bar(20, 30, 0.0)]
    boxes = list(parsed(figures.histogram("Prova", bars, [], [])).iter(f"{SVG}rect"))
    assert [b.attrib.get("stroke-dasharray") for b in boxes] == [None, "2 2"]


def test_a_series_breaks_where_a_period_has_no_value():
    def point(value: float | None) -> Point:
        return Point("x", value, None, None, str(value))

    canvas = figures.series("Prova", [point(1.0), point(2.0), point(None), point(3.0)], [])
    (path,) = [p.attrib["d"] for p in parsed(canvas).iter(f"{SVG}path") if p.attrib["class"] == "mark"]
    assert re.sub(r"[^ML]", "", path) == "MLM"


def test_a_mark_outside_the_scale_is_left_out():
    canvas = figures.dots("Prova", [Dot("a", 1.0, None, None, "1")], [], [Mark(99.0, "obiettivo")], (0.0, 2.0))
    assert "obiettivo" not in texts(canvas)


def test_drawings_are_the_same_every_time_and_become_pictures(tmp_path):
    canvas = figures.dots("Perché «è» 5×1000 ə", [Dot("a", 1.0, 0.5, 1.5, "1")], [])
    path = tmp_path / "prova.svg"
    path.write_text(canvas.svg(Theme.of()), encoding="utf-8")
    picture = png_of(path)
    assert picture == png_of(path)
    width, height = png_size(picture)
    assert width / height == pytest.approx(canvas.width / canvas.height, rel=0.02)


def test_text_wraps_within_its_width_and_loses_nothing():
    sentence = "Dare un lavoro pagato, in squadra, per dodici o diciotto mesi al massimo"
    lines = wrapped(sentence, 110, 12)
    assert " ".join(lines) == sentence
    assert all(width_of(line, 12) <= 110 for line in lines)
    assert wrapped("precipitevolissimevolmente", 60, 12)[0].endswith("-")
    assert wrapped(sentence, 60, 12, lines=3)[-1].endswith("…")


# --- colours ---------------------------------------------------------------------------------------------------------

ACCENTS = [ACCENT, "#000000", "#ffffff", "#ffcc00", "#ff0000", "#7fffd4", "#000080", "#808080", "#123456", "#fedcba"]


@pytest.mark.parametrize("accent", ACCENTS)
def test_any_accent_can_be_read_in_both_themes(accent):
    for palette in (Theme.of(accent).light, Theme.of(accent).dark):
        for colour in (palette.ink, palette.muted, palette.accent):
            assert contrast(colour, palette.paper) >= 4.5
            assert contrast(colour, palette.wash) >= 4.5
        for status, colour in palette.statuses.items():
            assert contrast(colour, palette.paper) >= 4.5, status
            assert contrast(colour, palette.tints[status]) >= 4.5, status
            assert contrast(palette.ink, palette.tints[status]) >= 4.5, status


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the known near miss
    assert readable("#123456", "#ffffff") == "#123456"
