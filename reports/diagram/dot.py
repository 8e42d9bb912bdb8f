"""The theory in Graphviz's own language, to lay it out or restyle it elsewhere: columns as ranks, areas as clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reports.diagram.content import Content, Element, Link
from reports.drawing import wrapped, writable
from reports.phrases import Phrases
from reports.theme import Palette, Theme

_EDGES: Mapping[str, str] = {
    "produces": "",
    "contributes": "style=dashed",
    "enables": "style=dotted",
    "precondition": "arrowhead=teenormal",
    "reinforces": "color={accent}",
    "inhibits": "style=dashed arrowhead=tee color={alert}",
    "belongs": "color={faint}",
}


def quoted(text: str) -> str:
    """A text as DOT writes one: quotes and backslashes escaped, one line."""
    line = " ".join(writable(text).split())
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def dot(content: Content, phrases: Phrases, theme: Theme) -> str:
    palette = theme.light
    names = {element.id: f"n{number}" for number, element in enumerate(content.elements)}
    return "\n".join([*_statements(content, names, phrases, palette), "}", ""])


def _statements(content: Content, names: Mapping[str, str], phrases: Phrases, palette: Palette) -> Iterator[str]:
    title = f"{content.title}. {phrases.plain('drawing.invented')}" if content.warned else content.title
    yield f"digraph theory {{\n    graph [rankdir=LR newrank=true labelloc=t fontname=sans label={quoted(title)}]"
    look = f'fillcolor="{palette.paper}" color="{palette.muted}"'
    yield f'    node [shape=box style="rounded,filled" {look} fontname=sans]'
    yield f'    edge [color="{palette.muted}" fontname=sans fontsize=10]'
    members: dict[tuple[str, ...], list[Element]] = {}
    for element in content.elements:
        members.setdefault(content.path(element.area), []).append(element)
    for element in members.pop((), ()):
        yield f"    {_box(element, names, phrases, palette)}"
    yield from _clusters(content, members, names, phrases, palette, (), 1)
    for stage in content.columns:
        yield f"    {{ rank=same {' '.join(names[e.id] for e in content.elements if e.stage == stage)} }}"
    for link in content.links:
        yield f"    {_edge(link, names, content, phrases, palette)}"
    for assumption in content.assumptions:
        yield f"    // {assumption.sign}: {quoted(assumption.statement)}"


def _clusters(content: Content, members: Mapping[tuple[str, ...], Sequence[Element]], names: Mapping[str, str],
              phrases: Phrases, palette: Palette, around: tuple[str, ...], depth: int) -> Iterator[str]:  # fmt: skip
    room = "    " * depth
    for number, area in enumerate(content.areas):
        path = content.path(area.id)
        if path[:-1] != around or not any(other[: len(path)] == path for other in members):
            continue
        yield f"{room}subgraph cluster_{number} {{"
        yield f'{room}    graph [label={quoted(area.title)} labeljust=l style=filled color="{palette.wash}"]'
        for element in members.get(path, ()):
            yield f"{room}    {_box(element, names, phrases, palette)}"
        yield from _clusters(content, members, names, phrases, palette, path, depth + 1)
        yield f"{room}}}"


def _box(element: Element, names: Mapping[str, str], phrases: Phrases, palette: Palette) -> str:
    status = phrases.plain("drawing.retired") if element.retired else ""
    status = phrases.plain(f"status.{element.status}") if element.status and not status else status
    lines = [*(wrapped(element.statement, 190, 12) or [" "]), *([f"({status})"] if status else [])]
    label = "\\n".join(quoted(line)[1:-1] for line in lines)
    look = ""
    if element.retired:
        look = f' style="rounded,dotted" fontcolor="{palette.muted}"'
    elif element.status:
        dash = ",dashed" if element.status in ("no_data", "not_measured") else ""
        look = (f' style="rounded,filled{dash}" fillcolor="{palette.tints[element.status]}"'
                f' color="{palette.statuses[element.status]}"')  # fmt: skip
    return f'{names[element.id]} [label="{label}"{look}]'


def _edge(link: Link, names: Mapping[str, str], content: Content, phrases: Phrases, palette: Palette) -> str:
    signs = {each.id: each.sign for each in content.assumptions}
    marks = ", ".join(signs[id] for id in link.assumptions if id in signs)
    key = f"link.{link.type}"
    colours = {"accent": f'"{palette.accent}"', "alert": f'"{palette.statuses["not_met"]}"',
               "faint": f'"{palette.faint}"'}  # fmt: skip
    how = [_EDGES.get(link.type, "style=dashed").format(**colours), "penwidth=2" if link.necessary else "",
           f"label={quoted(marks)}" if marks else "",
           f"tooltip={quoted(phrases.plain(key) if phrases.has(key) else link.type)}"]  # fmt: skip
    return f"{names[link.start]} -> {names[link.end]} [{' '.join(part for part in how if part)}]"
