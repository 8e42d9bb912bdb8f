"""How statuses, links and assumptions look: the same shapes in the drawing and in its legend, told apart without
colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.drawing import Canvas, width_of

Point = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """How a type of link is drawn: dashes, class of the line, class of the head, and what the head is."""

    dash: str
    line: str
    head: str
    end: str


LINKS: Mapping[str, Look] = {
    "produces": Look("", "edge", "head", "arrow"),
    "contributes": Look("7 4", "edge", "head", "arrow"),
    "enables": Look("1.5 3.5", "edge", "head", "arrow"),
    "precondition": Look("", "edge", "head", "bar-arrow"),
    "reinforces": Look("", "back", "back-head", "arrow"),
    "inhibits": Look("5 3", "alert", "alert-head", "bar"),
    "belongs": Look("", "faint", "faint-head", "arrow"),
}
THIN, THICK = 1.3, 2.3
MARK = 7.5


def link_look(type: str) -> Look:
    return LINKS.get(type, LINKS["contributes"])


def status_sign(canvas: Canvas, x: float, y: float, status: str) -> None:
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
        case "retired":
            canvas.circle(x, y, r - 0.5, "o-not_measured", 1.4)
            canvas.line(x - 3.2, y + 3.2, x + 3.2, y - 3.2, "o-not_measured", 1.4)
        case _:
            canvas.line(x - 4, y, x + 4, y, f"o-{status}", 1.6)


def head(canvas: Canvas, tip: Point, tail: Point, look: Look) -> None:
    """The end of a link at `tip`, pointing away from `tail`."""
    dx, dy = tip[0] - tail[0], tip[1] - tail[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    ux, uy = dx / length, dy / length
    if look.end != "bar":
        back = (tip[0] - 7.5 * ux, tip[1] - 7.5 * uy)
        d = f"M{tip[0]:.1f} {tip[1]:.1f}L{back[0] - 3.2 * uy:.1f} {back[1] + 3.2 * ux:.1f}"
        canvas.path(d + f"L{back[0] + 3.2 * uy:.1f} {back[1] - 3.2 * ux:.1f}z", look.head, 0.5)
    if look.end != "arrow":
        far = 2 if look.end == "bar" else 11
        at = (tip[0] - far * ux, tip[1] - far * uy)
        d = f"M{at[0] - 5 * uy:.1f} {at[1] + 5 * ux:.1f}L{at[0] + 5 * uy:.1f} {at[1] - 5 * ux:.1f}"
        canvas.path(d, look.head, 2)


def assumption_mark(canvas: Canvas, x: float, y: float, letters: str, status: str) -> float:
    """A letter in a disc on the link; its border says how the assumption stands: whole where it holds, dashed while
    nobody has tested it, filled where it has failed. Returns the width."""
    width = mark_width(letters)
    left, top = x - width / 2, y - MARK
    kind, text, dash = {
        "holding": ("t-met", "s-met", ""),
        "doubtful": ("t-behind", "s-behind", ""),
        "failed": ("s-not_met", "paper", ""),
    }.get(status, ("t-not_measured", "s-not_measured", "2 2"))
    canvas.box(left, top, width, 2 * MARK, kind, MARK, 1.4, dash)
    canvas.text(x, y + 3.6, letters, text, 10, "middle", 700)
    return width


def mark_width(letters: str) -> float:
    return max(2 * MARK, width_of(letters, 10) + 9)
