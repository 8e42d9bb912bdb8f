"""What is drawn, sized but not yet placed: the words of each box in lines, columns as wide as makes the page compact,
and the rows that areas become. Where things go is for `placement`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reports.diagram.content import Content, Element, Link
from reports.drawing import width_of, wrapped

TEXT, LEADING, PAD = 12.0, 14.0, 7.5
TITLE, TITLE_LEADING = 12.0, 15.0
_TITLE_PAD = 14.0
#: A line for the status above the words.
STATUS_LINE = 16.0
#: Between columns, between boxes, and between a box and the edge of its band.
GAP, APART, INSIDE = 42.0, 7.0, 7.0
#: Columns for the titles of bands: of the outermost areas, then of those inside. Deeper ones are named in the last.
_DEEPEST = 2
_TITLE_NARROW, _TITLE_WIDE = 84.0, 150.0
_NARROWEST, _WIDEST, _STEP = 138.0, 270.0, 12.0
_MOST_LINES = 8
#: Width to height of the columns on a landscape page of the A series, once margins, caption and legend have their room.
_SHAPE = 1.7


@dataclass(frozen=True)
class Box:
    element: Element
    lines: tuple[str, ...]
    width: float
    height: float

    @property
    def id(self) -> str:
        return self.element.id

    @property
    def stage(self) -> str:
        return self.element.stage


@dataclass(frozen=True)
class Row:
    """One band: an area with elements of its own, as the path of areas around it. The whole programme's has no path."""

    path: tuple[str, ...]
    title: tuple[str, ...]
    boxes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What is drawn, before Graphviz has placed it.

    Bands reach over the first `banded` columns. Where only elements of the whole programme stand to the right of all
    areas, they stand free: areas flow into what they have in common.
    """

    columns: tuple[str, ...]
    widths: Mapping[str, float]
    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    rows: tuple[Row, ...] = ()
    banded: int = 0
    outer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    titles: tuple[float, ...] = ()

    @property
    def depth(self) -> int:
        """How many columns hold titles of bands."""
        return len(self.titles)

    def column(self, box: Box) -> int:
        return self.columns.index(box.stage)


def plan(content: Content, whole: str) -> Plan:
    """Sizes and rows; `whole` is the title of the band that belongs to no area."""
    columns = content.columns
    paths = {element.id: content.path(element.area) for element in content.elements}
    banded = max((columns.index(e.stage) + 1 for e in content.elements if paths[e.id]), default=0)
    rows, outer, titles = _rows(content, paths, banded, whole)
    widths = _widths(content.elements, columns, rows, sum(titles) + GAP * len(titles))
    boxes = tuple(_box(element, widths[element.stage]) for element in content.elements)
    return Plan(columns, widths, boxes, content.links, rows, banded, outer, titles)


def _box(element: Element, width: float) -> Box:
    lines = tuple(wrapped(element.statement, width - 2 * PAD - 8, TEXT, _MOST_LINES)) or ("",)
    height = PAD * 2 + (STATUS_LINE if element.status or element.retired else 0) + LEADING * len(lines)
    return Box(element, lines, width, height)


def _rows(
    content: Content, paths: Mapping[str, tuple[str, ...]], banded: int, whole: str
) -> tuple[tuple[Row, ...], dict[str, tuple[str, ...]], tuple[float, ...]]:
    """The bands in the order in which the theory lists its areas, the whole programme's first; the titles of outer
    areas that hold several; and how wide the columns of titles are."""
    named = {area.id: area.title for area in content.areas}
    members: dict[tuple[str, ...], list[str]] = {}
    for element in content.elements:
        if content.columns.index(element.stage) < banded:
            members.setdefault(paths[element.id], []).append(element.id)
    order = {path: number for number, path in enumerate(_paths(content))}
    depth = min(max(map(len, members), default=0), _DEEPEST)
    if depth < _DEEPEST:
        said = {path: named[path[0]] if path else whole for path in members}
    else:  # an outer area's own title stands beside its bands, not in them
        said = {path: " › ".join(named[id] for id in path[1:]) if path else whole for path in members}
    outside = {path[0]: named[path[0]] for path in members if path} if depth == _DEEPEST else {}
    columns = [list(said.values())]
    if outside:
        columns = [[*outside.values(), whole], [title for path, title in said.items() if path]]
    widths = tuple(_title_width(titles) for titles in columns) if members else ()
    rows = tuple(
        Row(path, tuple(_titled(said[path], widths[-1 if path else 0])), tuple(members[path]))
        for path in sorted(members, key=lambda path: order.get(path, -1))
    )
    return rows, {id: tuple(_titled(title, widths[0])) for id, title in outside.items()}, widths


def _title_width(titles: Iterable[str]) -> float:
    """As wide as the longest word of the titles asks, within reason."""
    longest = max((width_of(word, TITLE) * 1.08 for title in titles for word in title.split()), default=0.0)
    return min(max(longest + _TITLE_PAD, _TITLE_NARROW), _TITLE_WIDE)


def _titled(title: str, width: float) -> list[str]:
    return wrapped(title, (width - _TITLE_PAD) / 1.04, TITLE, 8)


def _paths(content: Content) -> list[tuple[str, ...]]:
    """Every area's path, each followed by those inside it."""
    children: dict[str, list[str]] = {}
    paths = {area.id: content.path(area.id) for area in content.areas}
    for area in content.areas:
        parent = paths[area.id][-2] if len(paths[area.id]) > 1 else ""
        children.setdefault(parent, []).append(area.id)
    found: list[tuple[str, ...]] = []
    waiting = list(reversed(children.get("", [])))
    while waiting:
        area = waiting.pop()
        found.append(paths[area])
        waiting += reversed(children.get(area, []))
    return [(), *found]


def _widths(
    elements: Sequence[Element], columns: Sequence[str], rows: Sequence[Row], titles: float
) -> dict[str, float]:
    """Widths that make the drawing as low as a landscape page: the column that makes it higher than the others is
    widened, step by step, until the page is full or nothing gets lower."""
    row_of = {id: number for number, row in enumerate(rows) for id in row.boxes}
    cells: dict[tuple[int, str], list[Element]] = {}
    for element in elements:
        cells.setdefault((row_of.get(element.id, -1), element.stage), []).append(element)

    def cell(key: tuple[int, str], width: float) -> float:
        return sum(_box(element, width).height + APART for element in cells[key])

    widths = dict.fromkeys(columns, _NARROWEST)
    heights = {key: cell(key, _NARROWEST) for key in cells}

    def height(heights: Mapping[tuple[int, str], float]) -> float:
        banded_height = sum(max((h for (row, _), h in heights.items() if row == number), default=0.0) + 2 * INSIDE
                            for number in range(len(rows)))  # fmt: skip
        free: dict[str, float] = {}
        for (row, stage), h in heights.items():
            if row < 0:
                free[stage] = free.get(stage, 0.0) + h
        return max([banded_height, *free.values()])

    def width() -> float:
        return sum(widths.values()) + GAP * len(columns) + titles

    if len(elements) > _MANY:
        return dict.fromkeys(columns, (_NARROWEST + _WIDEST) / 2)
    while width() < _SHAPE * (low := height(heights)):
        best: tuple[float, str, dict[tuple[int, str], float]] | None = None
        for stage in columns:
            for step in (1, 2, 3):
                wide = widths[stage] + step * _STEP
                if wide > _WIDEST:
                    break
                tried = heights | {key: cell(key, wide) for key in heights if key[1] == stage}
                gain = (sum(heights.values()) - sum(tried.values())) * 0.05 + (low - height(tried))
                if gain > 0.5 and (best is None or gain / step > best[0]):
                    best = gain / step, stage, tried
                    chosen = wide
        if best is None:
            break
        widths[best[1]], heights = chosen, best[2]
    return widths


#: Above so many elements a drawing is a map, not a page: trying widths would cost more than it gives.
_MANY = 400
