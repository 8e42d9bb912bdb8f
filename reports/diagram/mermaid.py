"""The theory as a Mermaid flowchart, for pages and wikis that draw it themselves. Every word is escaped, so that no
statement can be read as a part of the chart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from reports.diagram.content import Content, Element, Link
from reports.drawing import writable
from reports.phrases import Phrases
from reports.theme import Palette, Theme

_ARROWS: Mapping[str, str] = {"produces": "==>", "inhibits": "--x", "precondition": "--o", "contributes": "-.->",
                              "enables": "-.->"}  # fmt: skip
#: What Mermaid reads as the end of a label, as an entity, as markup or as HTML.
_SPECIAL = re.compile(r'["#&<>`*_~\\$|{}\[\]]')
#: What its Markdown takes for a list or a heading, at the beginning of a label.
_LISTED = re.compile(r"^(\d+)([.)])|^([-+])(?=\s|$)")


def escaped(text: str) -> str:
    """A text for between quotes: one line, and entity codes for whatever has a meaning to Mermaid."""
    line = " ".join(writable(text).split())
    line = _SPECIAL.sub(lambda found: f"#{ord(found[0])};", line)
    return _LISTED.sub(lambda found: f"{found[1] or ''}#{ord(found[2] or found[3])};", line) or " "


def mermaid(content: Content, phrases: Phrases, theme: Theme) -> str:
    names = {element.id: f"n{number}" for number, element in enumerate(content.elements)}
    lines = ["flowchart LR", f"    accTitle: {_comment(content.title)}"]
    if content.warned:
        lines.append(f"    accDescr: {_comment(phrases.plain('drawing.invented'))}")
    lines += _boxes(content, names, phrases)
    lines += [_link(link, names, content, phrases) for link in content.links]
    lines += [f"    %% {each.sign}: {_comment(each.statement)}" for each in content.assumptions]
    lines += _classes(content, theme.light)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """Words outside quotes: no line breaks, nothing that opens a directive or a block."""
    return re.sub(r"[{};%]", " ", " ".join(writable(text).split())) or "-"


def _boxes(content: Content, names: Mapping[str, str], phrases: Phrases) -> Iterator[str]:
    """Elements inside the areas they belong to, areas inside areas; those of the whole programme first."""
    members: dict[str, list[Element]] = {}
    for element in content.elements:
        path = content.path(element.area)
        members.setdefault(path[-1] if path else "", []).append(element)
    yield from _listed(members.get("", ()), names, phrases, 1)
    inside: dict[str, list[str]] = {}
    for area in content.areas:
        path = content.path(area.id)
        inside.setdefault(path[-2] if len(path) > 1 else "", []).append(area.id)
    titles = {area.id: (number, area.title) for number, area in enumerate(content.areas)}

    def drawn(area: str, depth: int) -> Iterator[str]:
        own = [*_listed(members.get(area, ()), names, phrases, depth + 1)]
        for inner in inside.get(area, ()):
            own += drawn(inner, depth + 1)
        if own:
            number, title = titles[area]
            yield f'{"    " * depth}subgraph a{number}["{escaped(title)}"]'
            yield from own
            yield f"{'    ' * depth}end"

    for area in inside.get("", ()):
        yield from drawn(area, 1)


def _listed(elements: Iterable[Element], names: Mapping[str, str], phrases: Phrases, depth: int) -> Iterator[str]:
    for element in elements:
        status = phrases.plain("drawing.retired") if element.retired else ""
        status = phrases.plain(f"status.{element.status}") if element.status and not status else status
        words = escaped(element.statement) + (f"<br/>({escaped(status)})" if status else "")
        own = "retired" if element.retired else element.status
        yield f'{"    " * depth}{names[element.id]}["{words}"]{f":::{own}" if own else ""}'


def _link(link: Link, names: Mapping[str, str], content: Content, phrases: Phrases) -> str:
    signs = {each.id: each.sign for each in content.assumptions}
    key = f"link.{link.type}"
    words = phrases.plain(key) if phrases.has(key) else link.type
    marks = ", ".join(signs[id] for id in link.assumptions if id in signs)
    label = escaped(f"{words} ({marks})" if marks else words)
    arrow = _ARROWS.get(link.type, "-->")
    said = "" if link.type == "belongs" and not marks else f'|"{label}"|'
    return f"    {names[link.start]} {arrow}{said} {names[link.end]}"


def _classes(content: Content, palette: Palette) -> Iterator[str]:
    """Colour and border by status: dashes where nothing is known, so that colour is not alone."""
    for status in sorted({element.status for element in content.elements if element.status}):
        dash = ",stroke-dasharray:4 3" if status in ("no_data", "not_measured") else ""
        width = ",stroke-width:2px" if status in ("met", "on_track", "behind", "not_met") else ""
        yield (f"    classDef {status} fill:{palette.tints[status]},stroke:{palette.statuses[status]},"
               f"color:{palette.ink}{width}{dash}")  # fmt: skip
    if any(element.retired for element in content.elements):
        yield (f"    classDef retired fill:{palette.paper},stroke:{palette.faint},color:{palette.muted},"
               "stroke-dasharray:2 3,text-decoration:line-through")  # fmt: skip
