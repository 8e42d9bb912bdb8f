"""Numbers to charts: dots with their intervals, a series over time, a histogram, the plot of an effect. Plain charts on
one scale, labelled directly, readable at the width of a phone. Each returns a canvas; what the words beside it say is
for `wording`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.drawing import Canvas, width_of, wrapped

WIDTH = 372.0
_SIZE = 12.0


@dataclass(frozen=True)
class Dot:
    """One row of a dot chart: `text` is the value as shown; without a value, `text` says why."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    kind: str = "row"  # row, whole, heading, published


@dataclass(frozen=True)
class Mark:
    """A labelled line across a chart: a target, a start, zero."""

    value: float
    label: str


@dataclass(frozen=True)
class Bar:
    """One bin of a histogram; `count` None where it is not shown."""

    low: float
    high: float
    count: float | None


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers that span the range: steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= about)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _spanned(values: Sequence[float], from_zero: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if from_zero and low >= 0:
        low = 0.0
    if low == high:
        low, high = low - (abs(low) or 1) * 0.5, high + (abs(high) or 1) * 0.5
    room = (high - low) * 0.05
    return (low if low == 0 and from_zero else low - room), high + room


def dots(title: str, rows: Sequence[Dot], tick: Sequence[tuple[float, str]], marks: Sequence[Mark] = (),
         extent: tuple[float, float] | None = None) -> Canvas:  # fmt: skip
    """Values as dots on one scale with their intervals as lines, a row each; headings part the groups."""
    extent = extent or extent_of(rows, marks)
    right = max([width_of(row.text, _SIZE) for row in rows if row.value is not None], default=40.0) + 8
    right = min(max(right, 48.0), 120.0)
    left = min(max([width_of(row.label, _SIZE) for row in rows], default=60.0) + 12, 138.0)
    plot_left, plot_right = left, WIDTH - right - 6
    lines = [wrapped(row.label, left - 12, _SIZE, 3) if row.kind != "heading" else [row.label] for row in rows]
    heights = [22.0 if row.kind == "heading" else max(23.0, 15.0 * len(label) + 8) for row, label in
               zip(rows, lines, strict=True)]  # fmt: skip
    top = 20.0 if marks else 6.0
    bottom = top + sum(heights)
    canvas = Canvas(WIDTH, bottom + 24, title)

    def across(value: float) -> float:
        return plot_left + (value - extent[0]) / (extent[1] - extent[0]) * (plot_right - plot_left)

    last_end = -math.inf
    for value, text in tick:
        x = across(value)
        if not plot_left - 1 <= x <= plot_right + 1:
            continue
        canvas.line(x, top, x, bottom, "rule")
        half = width_of(text, 11) / 2
        if x - half > last_end + 4:
            canvas.text(x, bottom + 16, text, "muted", 11, "middle")
            last_end = x + half
    for mark in marks:
        if extent[0] <= mark.value <= extent[1]:
            x = across(mark.value)
            canvas.line(x, top - 4, x, bottom, "axis", 1.25, "4 3")
            half = width_of(mark.label, 11) / 2
            canvas.text(min(max(x, half), WIDTH - half), top - 8, mark.label, "muted", 11, "middle")
    y = top
    for row, label, height in zip(rows, lines, heights, strict=True):
        middle = y + height / 2
        if row.kind == "heading":
            canvas.text(0, middle + 5, row.label, "muted", 11, weight=600)
            y += height
            continue
        weight = 600 if row.kind == "whole" else 400
        for number, line in enumerate(label):
            canvas.text(0, middle + 4 + (number - (len(label) - 1) / 2) * 15, line, "ink", _SIZE, weight=weight)
        if row.value is None:
            canvas.box(plot_left + 1, middle - 8, width_of(row.text, 11) * 1.08 + 8, 16, "paper")
            canvas.text(plot_left + 4, middle + 4, row.text, "muted", 11)
        else:
            if row.low is not None and row.high is not None:
                canvas.path(
                    f"M{across(max(row.low, extent[0])):.2f} {middle:.2f}H{across(min(row.high, extent[1])):.2f}",
                    "mark",
                    2.5 if row.kind != "published" else 1,
                )
            if row.kind == "published":
                canvas.diamond(across(row.value), middle, 5)
            else:
                canvas.circle(across(row.value), middle, 5 if row.kind == "whole" else 4.5)
            canvas.text(WIDTH, middle + 4, row.text, "ink", _SIZE, "end", weight)
        y += height
    return canvas


def extent_of(rows: Sequence[Dot], marks: Sequence[Mark] = ()) -> tuple[float, float]:
    values = [v for row in rows for v in (row.value, row.low, row.high) if v is not None]
    values += [mark.value for mark in marks]
    return _spanned(values or [0.0, 1.0], from_zero=True)


@dataclass(frozen=True)
class Point:
    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str


def series(title: str, points: Sequence[Point], tick: Sequence[tuple[float, str]], marks: Sequence[Mark] = (),
           extent: tuple[float, float] | None = None) -> Canvas:  # fmt: skip
    """Values over time, joined, with their intervals; a gap where a period has none."""
    extent = extent or series_extent(points, marks)
    height, top, bottom = 200.0, 22.0, 168.0
    left = max([width_of(text, 11) for _, text in tick], default=30.0) + 10
    right = WIDTH - max([width_of(mark.label, 11) for mark in marks], default=12.0) - 10
    canvas = Canvas(WIDTH, height, title)
    step = (right - left) / max(len(points), 1)

    def up(value: float) -> float:
        return bottom - (value - extent[0]) / (extent[1] - extent[0]) * (bottom - top)

    for value, text in tick:
        canvas.line(left, up(value), right, up(value), "rule")
        canvas.text(left - 8, up(value) + 4, text, "muted", 11, "end")
    for mark in marks:
        if extent[0] <= mark.value <= extent[1]:
            canvas.line(left, up(mark.value), right, up(mark.value), "axis", 1.25, "4 3")
            canvas.text(right + 6, up(mark.value) + 4, mark.label, "muted", 11)
    path, pen_down = "", False
    every = math.ceil(len(points) / max(1, int((right - left) // 48)))
    for number, point in enumerate(points):
        x = left + step * (number + 0.5)
        if number % every == 0 or number == len(points) - 1:
            canvas.text(x, bottom + 18, point.label, "muted", 11, "middle")
        if point.value is None:
            pen_down = False
            continue
        path += f"{'L' if pen_down else 'M'}{x:.2f} {up(point.value):.2f}"
        pen_down = True
    if path:
        canvas.path(path, "mark", 2)
    for number, point in enumerate(points):
        if point.value is None:
            continue
        x = left + step * (number + 0.5)
        if point.low is not None and point.high is not None:
            canvas.line(x, up(point.low), x, up(point.high), "mark", 1.5)
        canvas.circle(x, up(point.value), 4.5)
        peak = point.high if point.high is not None else point.value
        if len(points) <= 8 or number in (0, len(points) - 1):
            canvas.text(x, up(peak) - 8, point.text, "ink", 11, "middle", 600)
    return canvas


def series_extent(points: Sequence[Point], marks: Sequence[Mark] = ()) -> tuple[float, float]:
    values = [v for p in points for v in (p.value, p.low, p.high) if v is not None] + [m.value for m in marks]
    return _spanned(values or [0.0, 1.0], from_zero=True)


def histogram(title: str, bars: Sequence[Bar], tick: Sequence[tuple[float, str]], counts: Sequence[tuple[float, str]],
              marks: Sequence[Mark] = ()) -> Canvas:  # fmt: skip
    """How many rows fall in each band. A bin that may not be shown is an empty, dashed box, which is not a zero."""
    height, top, bottom = 200.0, 24.0, 168.0
    left = max([width_of(text, 11) for _, text in counts], default=20.0) + 10
    canvas = Canvas(WIDTH, height, title)
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    tallest = max([bar.count or 0 for bar in bars] + [1.0]) * 1.04

    def across(value: float) -> float:
        return left + (value - low) / ((high - low) or 1) * (WIDTH - 10 - left)

    def up(count: float) -> float:
        return bottom - count / tallest * (bottom - top)

    for count, text in counts:
        canvas.line(left, up(count), WIDTH - 10, up(count), "rule")
        canvas.text(left - 8, up(count) + 4, text, "muted", 11, "end")
    for bar in bars:
        x, width = across(bar.low), across(bar.high) - across(bar.low)
        if bar.count is None:
            canvas.box(x + 1, up(tallest * 0.05), max(width - 2, 1), bottom - up(tallest * 0.05), "edge", 0, 1, "2 2")
        elif bar.count > 0:
            canvas.box(x + 1, up(bar.count), max(width - 2, 1), bottom - up(bar.count), "accent", 1)
    canvas.line(left, bottom, WIDTH - 10, bottom, "axis")
    last_end = -math.inf
    for value, text in tick:
        x, half = across(value), width_of(text, 11) / 2
        if left - 1 <= x <= WIDTH and min(x, WIDTH - half) - half > last_end + 6:
            canvas.text(min(x, WIDTH - half), bottom + 18, text, "muted", 11, "middle")
            last_end = x + half
    for mark in marks:
        if low <= mark.value <= high:
            x, half = across(mark.value), width_of(mark.label, 11) / 2
            canvas.line(x, top - 6, x, bottom, "axis", 1.25, "4 3")
            canvas.text(min(max(x, left + half), WIDTH - half), top - 10, mark.label, "muted", 11, "middle")
    return canvas
