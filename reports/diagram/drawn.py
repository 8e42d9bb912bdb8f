"""From content to a drawing in one step, and the paper a drawing needs. The steps are told apart in `plan`,
`placement` and `picture`.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.diagram.content import Content, content_of
from reports.diagram.picture import Linked, picture
from reports.diagram.placement import Placement, placed
from reports.diagram.plan import TEXT, Plan, plan
from reports.drawing import Canvas
from reports.phrases import Phrases
from reports.reading import Period, Report

#: Text on paper is no smaller than this, in points.
_SMALLEST = 7.0
#: Margins and caption around the drawing on its page, in millimetres: across and down.
_AROUND = (30.0, 46.0)
_PAPERS = ((297.0, 210.0), (210.0, 297.0), (420.0, 297.0), (297.0, 420.0))


@dataclass(frozen=True)
class Drawn:
    """A theory with everything placed: drawn as often as needed without asking Graphviz again."""

    content: Content
    plan: Plan
    placement: Placement
    phrases: Phrases

    @property
    def warned(self) -> bool:
        """True where statuses that rest on invented data are shown."""
        return self.content.warned

    def canvas(self, heading: bool = False, linked: Linked | None = None) -> Canvas:
        return picture(self.content, self.plan, self.placement, self.phrases, heading, linked)


def drawn(content: Content, phrases: Phrases) -> Drawn | None:
    """The drawing, or None where the theory has no elements."""
    if not content.elements:
        return None
    planned = plan(content, phrases.plain("drawing.whole"))
    return Drawn(content, planned, placed(planned), phrases)


def draw(report: Report, period: Period | None, phrases: Phrases, title: str) -> Canvas | None:
    found = drawn(content_of(report, period, phrases.language, title), phrases)
    return found.canvas() if found else None


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
        if scale * TEXT >= _SMALLEST * per_point:
            return Sheet(width, height, canvas.width * scale)
    scale = _SMALLEST * per_point / TEXT
    return Sheet(canvas.width * scale + _AROUND[0], canvas.height * scale + _AROUND[1], canvas.width * scale)
