"""The drawing itself: bands, columns, boxes and links on a canvas, and a legend of what they use.

Everything has been decided before: sizes by `plan`, places by `placement`, shapes by `signs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reports.diagram.content import LINK_TYPES, STATUSES, WORST_FIRST, Assumption, Content, Link
from reports.diagram.placement import Placement, Point, Rect
from reports.diagram.plan import GAP, LEADING, PAD, STATUS_LINE, TEXT, TITLE, TITLE_LEADING, Box, Plan
from reports.diagram.signs import LINKS, THICK, THIN, assumption_mark, head, link_look, mark_width, status_sign
from reports.drawing import Canvas, quoteattr, width_of, wrapped
from reports.phrases import Phrases

#: Room around everything, so that no border is cut.
_EDGE = 3.0
_BETWEEN_BANDS = 3.0
#: Paper around a drawing that is a sheet of its own.
_MARGIN = 28.0
_HEADER = 13.0
_LABEL = 11.5
#: From worst to best: a link that rests on several assumptions shows the one that most needs a look.
_ASSUMPTIONS = ("failed", "doubtful", "untested", "holding")


#: A mark on a link: where, which letters, and how the worst of its assumptions stands.
Mark = tuple[Link, Point, str, str]


class Linked(Protocol):
    """What a box leads to in a page, as attributes of its group; None draws no links."""

    def __call__(self, element: str) -> str: ...


@dataclass(frozen=True)
class Frame:
    """Where the graph lies on the canvas."""

    left: float
    top: float
    width: float
    height: float

    def at(self, point: Point) -> Point:
        return point[0] + self.left, point[1] + self.top


def picture(content: Content, plan: Plan, placement: Placement, phrases: Phrases, heading: bool = False,
            linked: Linked | None = None) -> Canvas:  # fmt: skip
    """The whole drawing. `heading` writes its title above it, as a sheet of its own needs."""
    above = _heading_height(content) if heading else 0.0
    columns = {stage: _column(plan, placement, stage) for stage in plan.columns}
    labels = {stage: wrapped(phrases.plain(f"stage.{stage}"), plan.widths[stage] + GAP - 14, _HEADER, 2)
              for stage in plan.columns}  # fmt: skip
    top = above + 16.0 * max(map(len, labels.values())) + 11
    right = max([x + plan.widths[stage] / 2 for stage, x in columns.items()]
                + [rect.right for rect in placement.rows]
                + [x for curve in placement.curves.values() for x, _ in curve])  # fmt: skip
    low = max([placement.centres[box.id][1] + box.height / 2 for box in plan.boxes]
              + [rect.bottom for rect in placement.rows]
              + [y for curve in placement.curves.values() for _, y in curve])  # fmt: skip
    frame = Frame(_EDGE, top + _EDGE, right, low)
    width = max(right + 2 * _EDGE, 420.0)
    legend = Canvas(width, 0, "")
    legend_height = _legend(legend, content, plan, phrases, width)
    canvas = Canvas(width, frame.top + low + 18 + legend_height, content.title, _description(content, phrases))
    if heading:
        canvas.margin = _MARGIN
        _heading(canvas, content, phrases)
    _bands(canvas, plan, placement, frame)
    for stage, x in columns.items():
        left = x - plan.widths[stage] / 2 + frame.left
        for number, line in enumerate(labels[stage]):
            canvas.text(left + 1, above + 13 + number * 16, line, "accent", _HEADER, weight=600)
        canvas.path(f"M{left + 1:.1f} {frame.top - 8:.1f}h{plan.widths[stage] - 2:.1f}", "mark", 1.6)
    marks = _links(canvas, content, plan, placement, frame)
    for box in plan.boxes:
        x, y = frame.at(placement.centres[box.id])
        canvas.open("a" if linked else "g", f"class=\"element\" data-element={quoteattr(box.id)}"
                    + (f" {linked(box.id)}" if linked else ""))  # fmt: skip
        _box(canvas, box, x - box.width / 2, y - box.height / 2, phrases)
        canvas.close("a" if linked else "g")
    _marks(canvas, marks)
    canvas.open("g", f'class="legend" transform="translate(0 {frame.top + low + 18:.1f})"')
    canvas.parts += legend.parts
    canvas.close("g")
    return canvas


def _column(plan: Plan, placement: Placement, stage: str) -> float:
    places = [placement.centres[box.id][0] for box in plan.boxes if box.stage == stage]
    return sum(places) / len(places)


def _description(content: Content, phrases: Phrases) -> str:
    columns = ", ".join(
        f"{phrases.plain(f'stage.{stage}')} {sum(e.stage == stage for e in content.elements)}"
        for stage in content.columns
    )
    areas = [area.title for area in content.areas if any(area.id in content.path(e.area) for e in content.elements)]
    said = phrases.plain("drawing.description", columns=columns, links=str(len(content.links)))
    return f"{said} {phrases.plain('drawing.areas', areas=', '.join(areas))}" if areas else said


def _heading_height(content: Content) -> float:
    return 64.0 if content.warned else 48.0


def _heading(canvas: Canvas, content: Content, phrases: Phrases) -> None:
    lines = wrapped(content.title, canvas.width, 22, 1)
    canvas.text(1, 21, lines[0] if lines else "", "ink", 22, weight=600)
    if content.warned:
        canvas.text(1, 42, phrases.plain("drawing.invented"), "s-behind", TEXT, weight=600)


# Bands ---------------------------------------------------------------------------------------------------------------


def _bands(canvas: Canvas, plan: Plan, placement: Placement, frame: Frame) -> None:
    if not plan.rows:
        return
    right = max(rect.right for rect in placement.rows)
    outer: dict[str, list[Rect]] = {}
    for row, rect in zip(plan.rows, placement.rows, strict=True):
        outer.setdefault(row.path[0] if row.path else "", []).append(rect)
    for number, (area, rects) in enumerate(sorted(outer.items(), key=lambda item: min(r.top for r in item[1]))):
        top, bottom = min(r.top for r in rects), max(r.bottom for r in rects)
        _band(canvas, 0, top, right, bottom, "band" if number % 2 == 0 else "band-other", frame)
        if plan.depth > 1 and area:
            _band_title(canvas, plan.outer.get(area, ()), 0, top, frame, 700)
    for row, rect in zip(plan.rows, placement.rows, strict=True):
        nested = plan.depth > 1 and bool(row.path)
        left = plan.titles[0] + GAP * 0.6 if nested else 0.0
        if nested and rect.top > min(r.top for r in outer[row.path[0]]) + 1:
            canvas.line(left + frame.left, rect.top + frame.top, right + frame.left, rect.top + frame.top, "rule")
        _band_title(canvas, row.title, left, rect.top, frame, 500 if nested else 700)


def _band(canvas: Canvas, left: float, top: float, right: float, bottom: float, kind: str, frame: Frame) -> None:
    x, y = frame.at((left, top + _BETWEEN_BANDS / 2))
    canvas.box(x, y, right - left, bottom - top - _BETWEEN_BANDS, kind, 6)


def _band_title(canvas: Canvas, lines: Sequence[str], left: float, top: float, frame: Frame, weight: int) -> None:
    for number, line in enumerate(lines):
        x, y = frame.at((left + 10, top + 21 + number * TITLE_LEADING))
        canvas.text(x, y, line, "ink", TITLE, weight=weight)


# Links ---------------------------------------------------------------------------------------------------------------


def _links(canvas: Canvas, content: Content, plan: Plan, placement: Placement, frame: Frame) -> list[Mark]:
    """Draws the links; returns the marks they carry."""
    assumptions = {each.id: each for each in content.assumptions}
    boxes = [_rect(box, frame.at(placement.centres[box.id])) for box in plan.boxes]
    marked: list[Mark] = []
    types = sorted(plan.links, key=lambda link: -LINK_TYPES.index(link.type) if link.type in LINK_TYPES else 0)
    for link in types:
        curve = [frame.at(point) for point in placement.curves.get((link.start, link.end), ())]
        if len(curve) < 4:
            continue
        canvas.open("g", _ends(link))
        look = link_look(link.type)
        d = f"M{curve[0][0]:.1f} {curve[0][1]:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in curve[1:])
        canvas.path(d, look.line, THICK if link.necessary else THIN, look.dash)
        head(canvas, curve[-1], _before(curve), look)
        rests = [assumptions[id] for id in link.assumptions if id in assumptions]
        if rests:
            letters = " ".join(each.sign for each in rests)
            point = _free(curve, mark_width(letters), boxes, [(at, mark_width(said)) for _, at, said, _ in marked])
            status = _worst(rests)
            marked.append((link, point, letters, status))
        canvas.close("g")
    return marked


def _marks(canvas: Canvas, marks: Sequence[Mark]) -> None:
    """The letters of assumptions on their links, above everything else."""
    for link, point, letters, status in marks:
        canvas.open("g", _ends(link))
        assumption_mark(canvas, *point, letters, status)
        canvas.close("g")


def _ends(link: Link) -> str:
    return f'class="link" data-from={quoteattr(link.start)} data-to={quoteattr(link.end)}'


def _worst(assumptions: Sequence[Assumption]) -> str:
    found = {each.status for each in assumptions}
    return next((status for status in _ASSUMPTIONS if status in found), "untested")


def _rect(box: Box, centre: Point) -> Rect:
    x, y = centre
    return Rect(x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)


def _free(curve: Sequence[Point], width: float, boxes: Sequence[Rect], marks: Sequence[tuple[Point, float]]) -> Point:
    """A point on the curve where a mark covers no box and no other mark, as near to the middle as there is."""
    points = _along(curve)
    middle = len(points) // 2
    best, least = points[middle], float("inf")
    for number, (x, y) in enumerate(points):
        half, high = width / 2 + 1.5, 9.0
        hits = sum(x + half > b.left and x - half < b.right and y + high > b.top and y - high < b.bottom for b in boxes)
        hits += sum(abs(x - u) < half + w / 2 and abs(y - v) < 2 * high for (u, v), w in marks)
        cost = hits * 1000 + abs(number - middle)
        if cost < least:
            best, least = (x, y), cost
    return best


def _along(curve: Sequence[Point], steps: int = 12) -> list[Point]:
    """Points along the Bézier pieces."""
    found = [curve[0]]
    for start in range(0, len(curve) - 3, 3):
        a, b, c, d = curve[start : start + 4]
        for step in range(1, steps + 1):
            t = step / steps
            s = 1 - t
            weights = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            found.append((sum(w * p[0] for w, p in zip(weights, (a, b, c, d), strict=True)),
                          sum(w * p[1] for w, p in zip(weights, (a, b, c, d), strict=True))))  # fmt: skip
    return found


def _before(points: Sequence[Point]) -> Point:
    """A point the line comes from, far enough from its end to give a direction."""
    end = points[-1]
    return next((p for p in reversed(_along(points)) if abs(p[0] - end[0]) + abs(p[1] - end[1]) > 7), points[0])


# Boxes ---------------------------------------------------------------------------------------------------------------


def _box(canvas: Canvas, box: Box, x: float, y: float, phrases: Phrases) -> None:
    element, status = box.element, box.element.status
    said = phrases.plain(f"status.{status}") if status else phrases.plain("drawing.retired") if element.retired else ""
    canvas.tooltip(f"{element.statement} ({said})" if said else element.statement)
    first = y + PAD + 10.5 + (STATUS_LINE if said else 0)
    if element.retired:
        canvas.box(x, y, box.width, box.height, "gone", 5, 1, "2 3")
        status_sign(canvas, x + PAD + 7, y + PAD + 6, "retired")
        canvas.text(x + PAD + 18, y + PAD + 10, said, "muted", 10.5, weight=600)
        for number, line in enumerate(box.lines):
            canvas.text(x + PAD + 2, first + number * LEADING, line, "muted", TEXT, struck=True)
        return
    measured = status not in ("", "not_measured", "no_data")
    kind = f"t-{status}" if status else "plain"
    dash = "4 3" if status in ("not_measured", "no_data") else ""
    canvas.box(x, y, box.width, box.height, kind, 5, 1.5 if measured else 1, dash)
    if status:
        if status in WORST_FIRST:
            canvas.box(x + 0.7, y + 5, 3.6, box.height - 10, f"s-{status}")
        status_sign(canvas, x + PAD + 7, y + PAD + 6, status)
        canvas.text(x + PAD + 18, y + PAD + 10, said, f"s-{status}", 10.5, weight=600)
    for number, line in enumerate(box.lines):
        canvas.text(x + PAD + 2, first + number * LEADING, line, "ink", TEXT)


# Legend --------------------------------------------------------------------------------------------------------------


@dataclass
class _Flow:
    """Entries one after the other, in as many lines as they need."""

    canvas: Canvas
    left: float
    width: float
    y: float
    x: float

    def place(self, width: float) -> float:
        if self.x > self.left and self.x + width > self.width:
            self.x, self.y = self.left, self.y + 21
        at = self.x
        self.x += width
        return at


def _legend(canvas: Canvas, content: Content, plan: Plan, phrases: Phrases, width: float) -> float:
    """Draws the legend at the top of `canvas` and returns how high it is. Only what the drawing uses is in it."""
    there = {e.status for e in content.elements if e.status}
    statuses = [status for status in STATUSES if status in there]
    statuses += ["retired"] if any(e.retired for e in content.elements) else []
    types = [type for type in LINK_TYPES if any(link.type == type for link in plan.links)]
    if not (statuses or types):
        return 0.0
    names = {"status": phrases.plain("theory.legend_status"), "links": phrases.plain("theory.legend_links"),
             "rests": phrases.plain("drawing.legend_assumptions")}  # fmt: skip
    if not there:
        names["status"] = phrases.plain("drawing.legend_elements")
    left = max(width_of(name, _LABEL) for name in names.values()) * 1.1 + 30
    canvas.line(0, 0, width, 0, "rule")
    y = 24.0
    if statuses:
        canvas.text(1, y, names["status"], "muted", _LABEL, weight=600)
        flow = _Flow(canvas, left, width, y, left)
        for status in statuses:
            label = phrases.plain("drawing.retired") if status == "retired" else phrases.plain(f"status.{status}")
            x = flow.place(width_of(label, _LABEL) * 1.1 + 42)
            status_sign(canvas, x, flow.y - 4, status)
            canvas.text(x + 11, flow.y, label, "ink", _LABEL)
        y = flow.y + 24
    if types:
        y = _legend_of_links(canvas, plan, phrases, names["links"], types, left, width, y)
    if content.assumptions:
        y = _legend_of_assumptions(canvas, content, phrases, names["rests"], left, width, y)
    return y - 8


def _legend_of_links(canvas: Canvas, plan: Plan, phrases: Phrases, name: str, types: Sequence[str], left: float,
                     width: float, y: float) -> float:  # fmt: skip
    canvas.text(1, y, name, "muted", _LABEL, weight=600)
    flow = _Flow(canvas, left, width, y, left)
    entries = [(phrases.plain(f"link.{type}"), LINKS[type], THIN) for type in types]
    if any(link.necessary for link in plan.links):
        entries.append((phrases.plain("drawing.necessary"), LINKS["produces"], THICK))
    for label, look, stroke in entries:
        x = flow.place(width_of(label, _LABEL) * 1.1 + 66)
        canvas.path(f"M{x - 5:.1f} {flow.y - 4:.1f}H{x + 25:.1f}", look.line, stroke, look.dash)
        head(canvas, (x + 32, flow.y - 4), (x, flow.y - 4), look)
        canvas.text(x + 39, flow.y, label, "ink", _LABEL)
    return flow.y + 24


def _legend_of_assumptions(canvas: Canvas, content: Content, phrases: Phrases, name: str, left: float, width: float,
                           y: float) -> float:  # fmt: skip
    """Each assumption with its letter and how it stands, in two or three columns."""
    canvas.text(1, y, name, "muted", _LABEL, weight=600)
    across = max(1, min(3, int((width - left) // 330)))
    each = (width - left) / across
    ends = [y] * across
    per_column = -(-len(content.assumptions) // across)
    for number, assumption in enumerate(content.assumptions):
        column = number // per_column
        x, top = left + column * each, ends[column]
        assumption_mark(canvas, x + 1, top - 4, assumption.sign, assumption.status)
        state = f"assumption_status.{assumption.status}"
        said = f"{assumption.statement} ({phrases.plain(state) if phrases.has(state) else assumption.status})"
        lines = wrapped(said, each - 46, _LABEL, 4)
        for place, line in enumerate(lines):
            canvas.text(x + 15, top + place * 14, line, "ink", _LABEL)
        ends[column] = top + len(lines) * 14 + 7
    return max(ends) + 6
