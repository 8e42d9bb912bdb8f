"""Where boxes, bands and arrows go, as Graphviz's `dot` decides: columns are ranks, bands are clusters that reach over
all banded columns, so that they stack. Graphviz runs in a process of its own; should it fail, a plain stack stands in.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from reports.diagram.plan import APART, GAP, INSIDE, TITLE_LEADING, Box, Plan

Point = tuple[float, float]
#: Seconds Graphviz gets before a plain stack is drawn instead.
PATIENCE = 120.0
#: Above so many boxes Graphviz is asked to look less long for fewer crossings.
_MANY = 250
_INCH = 72.0
_THREADS = 8


@dataclass(frozen=True)
class Rect:
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Placement:
    """Centres of boxes, control points of arrows (a cubic B-spline as Bézier pieces), bands: y runs downwards."""

    centres: Mapping[str, Point]
    curves: Mapping[tuple[str, str], Sequence[Point]]
    rows: Sequence[Rect]
    stacked: bool = False


def placed(plan: Plan, patience: float = PATIENCE) -> Placement:
    program = Path(__file__).with_name("graphviz_process.py")
    try:
        done = subprocess.run([sys.executable, "-I", str(program)], input=dot_source(plan).encode(),
                              capture_output=True, timeout=patience, check=True)  # fmt: skip
        return _read(plan, json.loads(done.stdout))
    except (subprocess.SubprocessError, OSError, ValueError, KeyError):
        return stacked(plan)


# What Graphviz is asked ----------------------------------------------------------------------------------------------


def dot_source(plan: Plan) -> str:
    """The graph under plain names: boxes `n0`, titles of bands `t0`, ends of bands `e0`. No words of the theory."""
    return "\n".join(["digraph {", *_statements(plan), "}"])


def _statements(plan: Plan) -> Iterator[str]:
    many = len(plan.boxes) > _MANY
    effort = "mclimit=0.3 nslimit=2 nslimit1=2" if many else "mclimit=4"
    room = f"nodesep={APART / _INCH:.4f} ranksep={GAP / _INCH:.4f}"
    yield f"graph [rankdir=LR newrank=true {room} splines=spline {effort}]"
    yield 'node [shape=box fixedsize=true label="" width=0.01 height=0.01]'
    yield "edge [arrowhead=none]"
    names = {box.id: f"n{number}" for number, box in enumerate(plan.boxes)}
    boxes = {box.id: box for box in plan.boxes}
    ranks: list[list[str]] = [[] for _ in range(plan.depth + len(plan.columns))]
    yield from _bands(plan, names, boxes, ranks)
    for box in plan.boxes:
        if plan.column(box) >= plan.banded:
            yield _box(names[box.id], box)
        ranks[plan.depth + plan.column(box)].append(names[box.id])
    yield from _in_order([name for name in reversed(ranks[0]) if name[0] in "ot"])
    for number, members in enumerate(ranks):
        yield f"r{number} [style=invis]"
        yield f"{{rank=same; {'; '.join([f'r{number}', *members])}}}"
        if number:
            yield f"r{number - 1} -> r{number} [style=invis weight=10]"
    for number, link in enumerate(plan.links):
        one, other = plan.column(boxes[link.start]), plan.column(boxes[link.end])
        how = ["constraint=false"] if other < one else ["tailport=e", "headport=w" if other > one else "headport=e"]
        yield f"{names[link.start]} -> {names[link.end]} [{' '.join([f'id=l{number}', *how])}]"


def _in_order(bands: Sequence[str]) -> Iterator[str]:
    """Bands asked to keep the theory's order: a crossing of these threads weighs more than one of links. What `dot`
    then still changes, it changes for many crossings fewer."""
    yield f"{{rank=same; {' '.join(f'q{name} [style=invis];' for name in bands)}}}"
    for one, other in pairwise(bands):
        yield f"q{one} -> q{other} [style=invis]"
    for name in bands:
        yield from [f"q{name} -> {name} [style=invis]"] * _THREADS


def _box(name: str, box: Box) -> str:
    return f"{name} [width={box.width / _INCH:.4f} height={box.height / _INCH:.4f}]"


def _bands(plan: Plan, names: Mapping[str, str], boxes: Mapping[str, Box], ranks: list[list[str]]) -> Iterator[str]:
    """A cluster for each row, kept open from the column of its title to the last banded one. From the last row to the
    first, because `dot` builds upwards when it runs from left to right."""
    last = plan.depth + plan.banded - 1
    outer = ""
    for number, row in reversed(list(enumerate(plan.rows))):
        around = row.path[0] if plan.depth > 1 and row.path else ""
        if around != outer:
            yield "}" if outer else ""
            if around:
                lines = len(plan.outer.get(around, ()))
                yield f"subgraph cluster_o{number} {{ margin={INSIDE / 2:g}"
                yield f"o{number} [width={plan.titles[0] / _INCH:.4f} height={(lines * TITLE_LEADING + 8) / _INCH:.4f}]"
                ranks[0].append(f"o{number}")
            outer = around
        yield f"subgraph cluster_{number} {{ margin={INSIDE:g}"
        rank = plan.depth - 1 if around else 0
        height = max(len(row.title), 1) * TITLE_LEADING + 8
        yield f"t{number} [width={plan.titles[rank] / _INCH:.4f} height={height / _INCH:.4f}]"
        ranks[rank].append(f"t{number}")
        if not any(plan.depth + plan.column(boxes[id]) == last for id in row.boxes):
            yield f"e{number} [style=invis]"
            ranks[last].append(f"e{number}")
        for id in row.boxes:
            yield _box(names[id], boxes[id])
        yield "}"
    yield "}" if outer else ""


# What Graphviz answers -----------------------------------------------------------------------------------------------


def _read(plan: Plan, found: Mapping[str, Mapping[str, str]]) -> Placement:
    """Graphviz's points with y downwards, the top left corner of everything at the origin."""
    centres = {box.id: _pair(found["nodes"][f"n{number}"]) for number, box in enumerate(plan.boxes)}
    curves = {}
    for number, link in enumerate(plan.links):
        points = found["edges"].get(f"l{number}", "").split(";")[0].split()
        curve = [_pair(point) for point in points if not point.startswith(("e,", "s,"))]
        if curve and _far(curve[0], centres[link.start]) > _far(curve[-1], centres[link.start]):
            curve.reverse()  # inside a column `dot` may draw from the end
        curves[link.start, link.end] = curve
    rows = [[float(part) for part in found["clusters"][f"cluster_{n}"].split(",")] for n in range(len(plan.rows))]
    left = min([x - box.width / 2 for box in plan.boxes for x in (centres[box.id][0],)] + [row[0] for row in rows])
    high = max([centres[box.id][1] + box.height / 2 for box in plan.boxes] + [row[3] for row in rows]
               + [y for curve in curves.values() for _, y in curve])  # fmt: skip

    def turned(point: Point) -> Point:
        return point[0] - left, high - point[1]

    return Placement(
        {id: turned(point) for id, point in centres.items()},
        {ends: [turned(point) for point in curve] for ends, curve in curves.items()},
        [Rect(row[0] - left, high - row[3], row[2] - left, high - row[1]) for row in rows],
    )


def _far(one: Point, other: Point) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _pair(text: str) -> Point:
    x, y = text.split(",")[-2:]
    return float(x), float(y)


# Without Graphviz ----------------------------------------------------------------------------------------------------


def stacked(plan: Plan) -> Placement:
    """Row by row and column by column in the theory's own order; arrows as plain curves."""
    boxes = {box.id: box for box in plan.boxes}
    titles = sum(plan.titles) + GAP * plan.depth
    lefts, x = {}, titles + (INSIDE if plan.rows else 0)
    for stage in plan.columns:
        lefts[stage] = x
        x += plan.widths[stage] + GAP
    centres: dict[str, Point] = {}
    right = max((lefts[stage] + plan.widths[stage] for stage in plan.columns[: plan.banded]), default=0.0) + INSIDE

    def stack(ids: Sequence[str], top: float) -> float:
        """Boxes one under the other in their columns; returns where the lowest ends."""
        ends = dict.fromkeys(plan.columns, top)
        for id in ids:
            box = boxes[id]
            centres[id] = lefts[box.stage] + box.width / 2, ends[box.stage] + box.height / 2
            ends[box.stage] += box.height + APART
        return max(ends.values()) - APART

    rows, y = [], 0.0
    for row in plan.rows:
        titled = y + max(len(row.title), len(plan.outer.get(row.path[0] if row.path else "", ()))) * TITLE_LEADING
        bottom = max(stack(row.boxes, y + INSIDE), titled + INSIDE) + INSIDE
        rows.append(Rect(0.0, y, right, bottom))
        y = bottom
    stack([box.id for box in plan.boxes if plan.column(box) >= plan.banded], 0.0)
    curves = {(link.start, link.end): _plain_curve(boxes, centres, link.start, link.end) for link in plan.links}
    return Placement(centres, curves, rows, stacked=True)


def _plain_curve(boxes: Mapping[str, Box], centres: Mapping[str, Point], start: str, end: str) -> list[Point]:
    (x1, y1), (x2, y2) = centres[start], centres[end]
    one, other = boxes[start], boxes[end]
    if x1 == x2:  # in one column: around the side
        x, bend = x1 + one.width / 2, GAP * 0.7
        return [(x, y1), (x + bend, y1), (x + bend, y2), (x, y2)]
    side = 1 if x2 > x1 else -1
    a, b = x1 + side * one.width / 2, x2 - side * other.width / 2
    return [(a, y1), ((a + b) / 2, y1), ((a + b) / 2, y2), (b, y2)]
