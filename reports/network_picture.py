"""A network as a drawing: one picture for each wave, nodes in the same places, everybody shown who was there.

Shape says who answered, size how many ties; colour adds nothing a reader needs. Which rows are drawn and what is said
of them is for `network_chapter`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from reports.drawing import Canvas, width_of
from reports.network_placement import Point

WIDTH = 372.0
_FIELD = 372.0
_PAD = 14.0
_STEP = 21.0
_LABEL = 10.5
#: Up to so many nodes all are labelled; of more only those that stand between most others.
ALL_LABELLED = 16
#: From so many nodes on they are drawn smaller.
_COMFORTABLE = 46


@dataclass(frozen=True)
class Dot:
    """A node of one wave. `answered` is None where nobody was asked; `label` is empty for one that has none."""

    id: str
    degree: int
    answered: bool | None
    tooltip: str
    label: str = ""


@dataclass(frozen=True)
class Line:
    start: str
    end: str
    strength: float = 1.0


@dataclass(frozen=True)
class Words:
    """What the legend says, in the reader's language."""

    tied: str
    alone: str
    silent: str
    never: str


def picture(
    title: str,
    description: str,
    dots: Sequence[Dot],
    lines: Sequence[Line],
    places: Mapping[str, Point],
    apart: Sequence[str],
    words: Words,
    directed: bool = False,
) -> Canvas:
    """One wave. `places` has every node with a tie in any wave; `apart` those never tied, in a row of their own below,
    each in its place whether or not it is there in this wave."""
    across = int((WIDTH - 2 * _PAD) // _STEP) + 1
    rows = -(-len(apart) // across)
    top_of_row = _FIELD + 30
    bottom = top_of_row + (rows - 1) * _STEP + 10 if apart else _FIELD
    canvas = Canvas(WIDTH, bottom + 28, title, description)
    at = {node: (_PAD + x * (WIDTH - 2 * _PAD), _PAD + y * (_FIELD - 2 * _PAD)) for node, (x, y) in places.items()}
    at |= {node: (_PAD + 2 + number % across * _STEP, top_of_row + number // across * _STEP)
           for number, node in enumerate(apart)}  # fmt: skip
    if apart:
        canvas.text(0, _FIELD + 14, words.never, "muted", 11)
    scale = min(1.0, sqrt(_COMFORTABLE / max(len(places), 1)))
    radius = {dot.id: scale * (3.4 + 1.5 * sqrt(dot.degree)) if dot.degree else 2 + 2 * scale for dot in dots}
    for line in lines:
        _tie(canvas, at[line.start], at[line.end], line.strength, directed, radius[line.end])
    for dot in sorted(dots, key=lambda dot: -dot.degree):
        _node(canvas, dot, *at[dot.id], radius[dot.id])
    _labels(canvas, dots, at, radius)
    canvas.height = _legend(canvas, dots, words, bottom + 16) + 8
    return canvas


def _tie(canvas: Canvas, start: Point, end: Point, strength: float, directed: bool, radius: float) -> None:
    stroke = 0.6 + 0.5 * min(max(strength, 0.5), 4.0)
    canvas.line(*start, *end, "faint", stroke)
    if directed:
        (x1, y1), (x2, y2) = start, end
        length = sqrt((x2 - x1) ** 2 + (y2 - y1) ** 2) or 1.0
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        x, y = x2 - ux * (radius + 1), y2 - uy * (radius + 1)
        left, right = (x - 5 * ux - 2.6 * uy, y - 5 * uy + 2.6 * ux), (x - 5 * ux + 2.6 * uy, y - 5 * uy - 2.6 * ux)
        canvas.path(f"M{x:.1f} {y:.1f}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}z", "head", 0.5)


def _node(canvas: Canvas, dot: Dot, x: float, y: float, radius: float) -> None:
    canvas.open("g", "")
    canvas.tooltip(dot.tooltip)
    if dot.answered is False:
        canvas.diamond(x, y, max(radius, 3.6))
    elif dot.degree:
        canvas.circle(x, y, radius + 1, "paper")
        canvas.circle(x, y, radius)
    else:
        canvas.circle(x, y, radius, "hollow", 1.5)
    canvas.close("g")


def _labels(canvas: Canvas, dots: Sequence[Dot], at: Mapping[str, Point], radius: Mapping[str, float]) -> None:
    """Names on a ground of their own beside their node, where they hide least."""
    taken: list[tuple[float, float, float]] = []
    others = [at[dot.id] for dot in dots]
    for dot in dots:
        if not dot.label:
            continue
        x, y = at[dot.id]
        half, size = width_of(dot.label, _LABEL) * 0.54 + 1, radius[dot.id]
        spots = [(x, y - size - 3), (x, y + size + 10), (x + half + size + 2, y + 3.5), (x - half - size - 2, y + 3.5)]
        inside = [(a, b) for a, b in spots if b > 9 and half <= a <= WIDTH - half] or spots
        place = min(inside, key=lambda spot: _hidden(spot, half, taken, others))
        taken.append((*place, half))
        canvas.box(place[0] - half, place[1] - 8.5, 2 * half, 10.5, "paper", 2)
        canvas.text(*place, dot.label, "ink", _LABEL, "middle", 600)


def _hidden(
    spot: Point, half: float, taken: Sequence[tuple[float, float, float]], others: Sequence[Point]
) -> tuple[int, int]:
    """How many names and how many nodes a name at that spot would stand on."""
    x, base = spot
    names = sum(abs(base - other) < 11 and abs(x - place) < half + room for place, other, room in taken)
    return names, sum(abs(x - a) < half + 5 and abs(base - 4 - b) < 9 for a, b in others)


def _legend(canvas: Canvas, dots: Sequence[Dot], words: Words, top: float) -> float:
    """Only the signs that the picture uses; returns where it ends."""
    canvas.line(0, top - 10, WIDTH, top - 10, "rule")
    entries = []
    if any(dot.degree and dot.answered is not False for dot in dots):
        entries.append(("tied", words.tied))
    if any(not dot.degree and dot.answered is not False for dot in dots):
        entries.append(("alone", words.alone))
    if any(dot.answered is False for dot in dots):
        entries.append(("silent", words.silent))
    x, y = 6.0, top + 6
    for sign, label in entries:
        width = width_of(label, 11) * 1.06 + 30
        if x > 6 and x + width > WIDTH + 10:
            x, y = 6.0, y + 18
        if sign == "tied":
            canvas.circle(x, y - 4, 5)
        elif sign == "alone":
            canvas.circle(x, y - 4, 4, "hollow", 1.5)
        else:
            canvas.diamond(x, y - 4, 4.6)
        canvas.text(x + 11, y, label, "muted", 11)
        x += width
    return y
