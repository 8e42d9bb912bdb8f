"""The theory of change as a drawing: columns from inputs to impact, boxes coloured by how their indicators stand,
arrows drawn by type. Graphviz decides where boxes and arrows go; the drawing itself is ours, so that it wraps, themes
and prints like every other figure. The same in words is composed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from reports.drawing import Canvas, width_of, wrapped
from reports.phrases import Phrases
from reports.reading import Block, Period, Report

#: As wide as an A4 page in landscape shows it with text of about 8 points.
WIDTH = 1120.0
_GAP = 38.0
_TEXT, _LEADING, _PAD = 12.0, 14.5, 9.0
#: Room around the drawing, so that no border is cut.
_EDGE = 2.0
_TERMS = ("short", "medium", "long")
#: From worst to best: an element with several indicators shows the one that most needs a look.
_ORDER = ("not_met", "behind", "on_track", "met")

#: Kinds a theory should measure; the others are marked only where they are measured.
MEASURABLE = ("output", "outcome", "impact")

#: How each type of link is drawn: dashes, class of the line, class of the head, end.
_LINKS: Mapping[str, tuple[str, str, str, str]] = {
    "produces": ("", "edge", "head", "arrow"),
    "contributes": ("7 4", "edge", "head", "arrow"),
    "enables": ("2 3", "edge", "head", "arrow"),
    "precondition": ("", "edge", "head", "bar-arrow"),
    "reinforces": ("", "back", "back-head", "arrow"),
    "inhibits": ("5 3", "alert", "alert-head", "bar"),
    "belongs": ("", "faint", "faint-head", "arrow"),
}


#: Text on paper is no smaller than this, in points.
_SMALLEST = 7.0
#: Margins and caption around the drawing on its page, in millimetres: across and down.
_AROUND = (30.0, 46.0)
_PAPERS = ((297.0, 210.0), (210.0, 297.0), (420.0, 297.0), (297.0, 420.0))


@dataclass(frozen=True)
class Sheet:
    """The page a drawing stands on, and how wide it is there, in millimetres."""

    width: float
    height: float
    picture: float


def sheet_for(canvas: Canvas) -> Sheet:
    """The smallest paper, A4 before A3, on which the drawing can be read; for a very long one a page of its own."""
    per_point = 25.4 / 72
    for width, height in _PAPERS:
        scale = min((width - _AROUND[0]) / canvas.width, (height - _AROUND[1]) / canvas.height)
        if scale * _TEXT >= _SMALLEST * per_point:
            return Sheet(width, height, canvas.width * scale)
    scale = _SMALLEST * per_point / _TEXT
    return Sheet(canvas.width * scale + _AROUND[0], canvas.height * scale + _AROUND[1], canvas.width * scale)


@dataclass(frozen=True)
class Node:
    """A box. A quiet one carries no status, because nobody expects its element to be measured."""

    id: str
    stage: str
    lines: tuple[str, ...]
    status: str
    width: float
    height: float
    quiet: bool


@dataclass(frozen=True)
class Edge:
    start: str
    end: str
    type: str


@dataclass(frozen=True)
class Plan:
    """What is drawn, before Graphviz has placed it."""

    columns: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    box: float = field(default=0.0)


def stage_of(block: Block) -> str:
    """The column of an element: its kind; for an outcome also its term."""
    term = block.attributes.get("term")
    return f"outcome_{term}" if block.kind == "outcome" and term in _TERMS else block.kind


def stages(blocks: Sequence[Block]) -> tuple[str, ...]:
    order = ("input", "activity", "output", "outcome_short", "outcome", "outcome_medium", "outcome_long", "impact")
    there = {stage_of(block) for block in blocks}
    return tuple(stage for stage in order if stage in there)


def status_of(report: Report, element: str, period: Period) -> str:
    """How the element's indicators stand: the status that most needs a look, or why there is none."""
    indicators = report.measured_by(element)
    if not indicators:
        return "not_measured"
    found = {p["status"] for i in indicators if (p := report.progress(i.id, period.name)) is not None}
    for status in _ORDER:
        if status in found:
            return status
    rows = [report.value(i.id, period.name) for i in indicators]
    return "with_data" if any(row is not None and row["status"] == "ok" for row in rows) else "no_data"


def links_of(report: Report) -> tuple[Edge, ...]:
    """The declared links, and those that `for`, `from` and `precondition_of` imply, each pair once."""
    ids = {block.id for block in report.chain}
    edges = [Edge(row["from_id"], row["to_id"], row["type"]) for row in report.rows["links"]]
    for block in report.chain:
        if block.kind == "input":
            edges += [Edge(block.id, other, "belongs") for other in block.ids("for")]
        if block.kind == "output":
            edges += [Edge(other, block.id, "belongs") for other in block.ids("from")]
        edges += [Edge(block.id, other, "precondition") for other in block.ids("precondition_of")]
    different: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        if edge.start in ids and edge.end in ids and edge.start != edge.end:
            different.setdefault((edge.start, edge.end), edge)
    return tuple(different.values())


def plan(report: Report, period: Period, language: str) -> Plan:
    columns = stages(report.chain)
    box = min(190.0, (WIDTH - _GAP * (len(columns) - 1)) / max(len(columns), 1))
    nodes = []
    for block in report.chain:
        lines = tuple(wrapped(block.says(language), box - 2 * _PAD - 8, _TEXT, 7))
        status = status_of(report, block.id, period)
        quiet = status == "not_measured" and block.kind not in MEASURABLE
        height = _PAD * 2 + (0 if quiet else 17) + _LEADING * len(lines)
        nodes.append(Node(block.id, stage_of(block), lines, status, box, height, quiet))
    return Plan(columns, tuple(nodes), links_of(report), box)


def _placed(plan: Plan) -> tuple[dict[str, tuple[float, float]], dict[tuple[str, str], list[tuple[float, float]]]]:
    """Centres of the boxes and control points of the arrows, in the drawing's own units, y downwards."""
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=True)
    graph.graph_attr.update(rankdir="LR", nodesep="0.2", ranksep=f"{_GAP / 72:.3f}", splines="spline", ordering="",
                            newrank="true", remincross="true", mclimit="4", margin="0")  # fmt: skip
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    graph.edge_attr.update(arrowhead="none")
    names = {node.id: f"n{number}" for number, node in enumerate(plan.nodes)}
    for node in plan.nodes:
        graph.add_node(names[node.id], width=f"{node.width / 72:.4f}", height=f"{node.height / 72:.4f}")
    anchors = [f"c{number}" for number in range(len(plan.columns))]
    for anchor, stage in zip(anchors, plan.columns, strict=True):
        graph.add_node(anchor, style="invis", width=f"{plan.box / 72:.4f}", height="0.05")
        graph.add_subgraph([anchor, *(names[n.id] for n in plan.nodes if n.stage == stage)], rank="same")
    for one, other in pairwise(anchors):
        graph.add_edge(one, other, style="invis", weight="100")
    column = {node.id: plan.columns.index(node.stage) for node in plan.nodes}
    for edge in plan.edges:
        backwards = column[edge.end] < column[edge.start]
        graph.add_edge(names[edge.start], names[edge.end], constraint="false" if backwards else "true")
    graph.layout(prog="dot")
    centres = {node.id: _pair(graph.get_node(names[node.id]).attr["pos"]) for node in plan.nodes}
    curves = {}
    for edge in plan.edges:
        position = graph.get_edge(names[edge.start], names[edge.end]).attr["pos"] or ""
        curves[edge.start, edge.end] = [_pair(p) for p in position.split() if not p.startswith(("e,", "s,"))]
    return _upright(plan, centres, curves)


def _pair(text: str) -> tuple[float, float]:
    x, y = text.split(",")[-2:]
    return float(x), float(y)


def _upright(plan: Plan, centres: dict, curves: dict) -> tuple[dict, dict]:
    """Moved to the top left corner, with y downwards as SVG has it."""
    points = [*centres.values(), *(p for curve in curves.values() for p in curve)]
    left = min([x - plan.box / 2 for x, _ in centres.values()] + [x for x, _ in points])
    heights = {node.id: node.height for node in plan.nodes}
    high = max([y + heights[id] / 2 for id, (_, y) in centres.items()] + [y for _, y in points])

    def turned(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] - left + _EDGE, high - point[1] + _EDGE

    return {k: turned(v) for k, v in centres.items()}, {k: [turned(p) for p in v] for k, v in curves.items()}


def draw(report: Report, period: Period, phrases: Phrases, title: str) -> Canvas | None:
    """The diagram, or None where the theory has no elements to draw."""
    planned = plan(report, period, phrases.language)
    if not planned.nodes:
        return None
    centres, curves = _placed(planned)
    header, legend = 34.0, _legend_height(planned)
    width = max([x + planned.box / 2 for x, _ in centres.values()] + [x for c in curves.values() for x, _ in c]) + 2
    depth = max([centres[n.id][1] + n.height / 2 for n in planned.nodes] + [y for c in curves.values() for _, y in c])
    canvas = Canvas(width + 2, header + depth + legend + 8, title)
    for stage in planned.columns:
        x = sum(centres[n.id][0] for n in planned.nodes if n.stage == stage) / sum(
            n.stage == stage for n in planned.nodes
        )
        for number, line in enumerate(wrapped(phrases.plain(f"stage.{stage}"), planned.box + 14, 13, 2)):
            canvas.text(x - planned.box / 2 + 1, 12 + number * 14, line, "accent", 12.5, weight=600)
    for edge in planned.edges:
        _arrow(canvas, [(x, y + header) for x, y in curves[edge.start, edge.end]], edge.type)
    for node in planned.nodes:
        x, y = centres[node.id]
        _node(canvas, node, x - node.width / 2, y + header - node.height / 2, phrases)
    _legend(canvas, planned, phrases, header + depth + 26)
    return canvas


def _node(canvas: Canvas, node: Node, x: float, y: float, phrases: Phrases) -> None:
    measured = node.status not in ("not_measured", "no_data")
    canvas.box(x, y, node.width, node.height, "paper", 5)
    if node.quiet:
        canvas.box(x, y, node.width, node.height, "axis", 5, 1)
        for number, line in enumerate(node.lines):
            canvas.text(x + _PAD + 2, y + _PAD + 10.5 + number * _LEADING, line, "ink", _TEXT)
        return
    canvas.box(x, y, node.width, node.height, f"t-{node.status}", 5, 1.5 if measured else 1, "" if measured else "4 3")
    if node.status in _ORDER:
        canvas.box(x, y + 5, 4, node.height - 10, f"s-{node.status}")
    _sign(canvas, x + _PAD + 9, y + _PAD + 6, node.status)
    canvas.text(
        x + _PAD + 20, y + _PAD + 10, phrases.plain(f"status.{node.status}"), f"s-{node.status}", 10.5, weight=600
    )
    for number, line in enumerate(node.lines):
        canvas.text(x + _PAD + 2, y + _PAD + 28 + number * _LEADING, line, "ink", _TEXT)


def _sign(canvas: Canvas, x: float, y: float, status: str) -> None:
    """The status as a shape, drawn so that it needs no font and no colour."""
    r = 5.0
    match status:
        case "met":
            canvas.path(f"M{x - r:.1f} {y:.1f}l3.5 3.8l6.5 -8", f"o-{status}", 2.2)
        case "on_track":
            canvas.circle(x, y, r, f"t-{status}", 1.4)
            canvas.path(f"M{x:.1f} {y - r:.1f}a5 5 0 0 1 0 10z", f"s-{status}", 0)
        case "behind":
            canvas.circle(x, y, r, f"t-{status}", 1.4)
            canvas.path(f"M{x:.1f} {y:.1f}V{y - r:.1f}a5 5 0 0 1 5 5z", f"s-{status}", 0)
        case "not_met":
            canvas.path(f"M{x - 4:.1f} {y - 4:.1f}l8 8M{x + 4:.1f} {y - 4:.1f}l-8 8", f"o-{status}", 2.2)
        case "with_data":
            canvas.circle(x, y, 3, f"s-{status}")
        case "no_data":
            canvas.circle(x, y, r - 0.5, f"o-{status}", 1.4)
        case _:
            canvas.line(x - 4, y, x + 4, y, f"o-{status}", 1.6)


def _arrow(canvas: Canvas, points: list[tuple[float, float]], type: str) -> None:
    if len(points) < 4:
        return
    dash, kind, head, end = _LINKS.get(type, _LINKS["contributes"])
    d = f"M{points[0][0]:.1f} {points[0][1]:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points[1:])
    canvas.path(d, kind, 1.4, dash)
    _head(canvas, points[-1], _before(points), head, end)


def _before(points: list[tuple[float, float]]) -> tuple[float, float]:
    """A point the line comes from, far enough from its end to give a direction."""
    end = points[-1]
    return next((p for p in reversed(points[:-1]) if abs(p[0] - end[0]) + abs(p[1] - end[1]) > 2), points[0])


def _head(canvas: Canvas, tip: tuple[float, float], tail: tuple[float, float], kind: str, end: str) -> None:
    dx, dy = tip[0] - tail[0], tip[1] - tail[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    ux, uy = dx / length, dy / length
    if end != "bar":
        back = (tip[0] - 8 * ux, tip[1] - 8 * uy)
        d = f"M{tip[0]:.1f} {tip[1]:.1f}L{back[0] - 3.4 * uy:.1f} {back[1] + 3.4 * ux:.1f}"
        canvas.path(d + f"L{back[0] + 3.4 * uy:.1f} {back[1] - 3.4 * ux:.1f}z", kind, 0.5)
    if end != "arrow":
        at = (tip[0] - 2 * ux, tip[1] - 2 * uy) if end == "bar" else (tip[0] - 12 * ux, tip[1] - 12 * uy)
        d = f"M{at[0] - 5 * uy:.1f} {at[1] + 5 * ux:.1f}L{at[0] + 5 * uy:.1f} {at[1] - 5 * ux:.1f}"
        canvas.path(d, kind, 2)


def _used(planned: Plan) -> tuple[list[str], list[str]]:
    statuses = [s for s in (*reversed(_ORDER), "with_data", "no_data", "not_measured") if
                s in {n.status for n in planned.nodes if not n.quiet}]  # fmt: skip
    types = [t for t in _LINKS if t in {e.type for e in planned.edges}]
    return statuses, types


def _legend_height(planned: Plan) -> float:
    return 62.0 if planned.edges else 40.0


def _legend(canvas: Canvas, planned: Plan, phrases: Phrases, y: float) -> None:
    statuses, types = _used(planned)
    canvas.line(0, y - 14, canvas.width, y - 14, "rule")
    labels = [phrases.plain("theory.legend_status"), phrases.plain("theory.legend_links")]
    start = max(width_of(label, 11.5) for label in labels) * 1.1 + 34
    canvas.text(0, y + 10, labels[0], "muted", 11.5, weight=600)
    x = start
    for status in statuses:
        label = phrases.plain(f"status.{status}")
        _sign(canvas, x, y + 6, status)
        canvas.text(x + 11, y + 10, label, "ink", 11.5)
        x += width_of(label, 11.5) * 1.1 + 38
    if not types:
        return
    canvas.text(0, y + 32, labels[1], "muted", 11.5, weight=600)
    x = start
    for type in types:
        label = phrases.plain(f"link.{type}")
        dash, kind, head, end = _LINKS[type]
        canvas.path(f"M{x - 5:.1f} {y + 28:.1f}H{x + 25:.1f}", kind, 1.4, dash)
        _head(canvas, (x + 33, y + 28), (x, y + 28), head, end)
        canvas.text(x + 40, y + 32, label, "ink", 11.5)
        x += width_of(label, 11.5) * 1.1 + 64
