"""The drawing in a browser: boxes are links to their words, a small script lights chains and opens details. A fragment
for a report, and a page of its own. It works offline, and without the script too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

from reports.diagram.content import Content, Element
from reports.diagram.drawn import Drawn
from reports.drawing import FONTS, escape, quoteattr
from reports.theme import Palette, Theme

#: Pixels for each unit of the drawing in a page, at least: its text is then no smaller than 10 pixels.
_LEAST = 0.84


def anchor(element: str) -> str:
    """The address of an element's words in the page."""
    return f"element-{element}"


def fragment(drawn: Drawn, theme: Theme, description: str = "") -> str:
    """The drawing with its script, to stand inside a page that has the element's words at `anchor(id)`."""
    content, phrases = drawn.content, drawn.phrases
    elements = {element.id: element for element in content.elements}

    def linked(id: str) -> str:
        element = elements[id]
        where = [phrases.plain(f"stage.{element.stage}"), *(_area_titles(content, element))]
        status = phrases.plain(f"status.{element.status}") if element.status else ""
        said = f"{element.statement}, {status}" if status else element.statement
        return (f"href={quoteattr('#' + anchor(id))} aria-label={quoteattr(said)} "
                f"data-where={quoteattr(' · '.join(where))}")  # fmt: skip

    canvas = drawn.canvas(linked=linked)
    canvas.description = description or canvas.description
    svg = canvas.svg(theme, role="group").replace("<svg ", f'<svg style="min-width:{canvas.width * _LEAST:.0f}px" ', 1)
    words = {name: phrases.plain(f"drawing.{name}") for name in ("larger", "smaller", "close", "skip")}
    data = " ".join(f"data-{name}={quoteattr(words[name])}" for name in ("larger", "smaller", "close"))
    return (
        f'<div class="drawing" {data}>\n<style>\n{_own("drawing.css")}</style>\n'
        f'<a class="skip-drawing" href="#after-drawing">{escape(words["skip"])}</a>\n{svg}'
        f'<span id="after-drawing"></span>\n<script>\n{_own("drawing.js")}</script>\n</div>\n'
    )


def _area_titles(content: Content, element: Element) -> list[str]:
    titles = {area.id: area.title for area in content.areas}
    return [titles[id] for id in content.path(element.area)]


def _own(name: str) -> str:
    return resources.files("reports").joinpath(f"templates/drawing/{name}").read_text(encoding="utf-8")


# A page of its own ---------------------------------------------------------------------------------------------------


def page(drawn: Drawn, theme: Theme, language: str) -> str:
    """A whole page: the drawing, and below it every element in words, which is also what its details show."""
    content, phrases = drawn.content, drawn.phrases
    parts = []
    for stage in content.columns:
        parts.append(f"<h2>{escape(phrases.plain(f'stage.{stage}'))}</h2>\n<ul>")
        parts += [_in_words(drawn, element) for element in content.elements if element.stage == stage]
        parts.append("</ul>")
    warning = f'<p class="warn">{escape(phrases.plain("drawing.invented"))}</p>' if drawn.warned else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" content="Sestante">\n'
        f"<title>{escape(content.title)}</title>\n<style>{_page_style(theme)}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escape(content.title)}</h1>\n{warning}\n"
        f'<div class="wide" tabindex="0" role="region" aria-label={quoteattr(phrases.plain("report.wide"))}>\n'
        f"{fragment(drawn, theme)}</div>\n{chr(10).join(parts)}\n</main>\n</body>\n</html>\n"
    )


def _in_words(drawn: Drawn, element: Element) -> str:
    phrases, content = drawn.phrases, drawn.content
    status = phrases.plain(f"status.{element.status}") if element.status else ""
    status = phrases.plain("drawing.retired") if element.retired else status
    head = f'<span id="{escape(anchor(element.id))}"><strong>{escape(element.statement)}</strong></span>'
    items = [
        phrases.plain("drawing.area", area=" › ".join(titles)) if (titles := _area_titles(content, element)) else ""
    ]
    items += list(links_in_words(drawn, element.id))
    inner = "".join(f"<li>{escape(item)}</li>" for item in items if item)
    return f"<li>{head}{f' ({escape(status)})' if status else ''}{f'<ul>{inner}</ul>' if inner else ''}</li>"


def sentence(text: str) -> str:
    """A text that ends as a sentence does, so that another may follow."""
    return text if text.rstrip().endswith((".", "!", "?", "…")) else f"{text.rstrip()}."


def links_in_words(drawn: Drawn, element: str) -> Sequence[str]:
    """What leads to an element and what it leads to, link by link: type, why, and on which assumptions."""
    phrases, content = drawn.phrases, drawn.content
    names: Mapping[str, str] = {each.id: each.statement for each in content.elements}
    assumptions = {each.id: each.statement for each in content.assumptions}
    found = []
    for link in content.links:
        if element not in (link.start, link.end):
            continue
        out = link.start == element
        type = f"link.{link.type}"
        said = phrases.plain(
            "drawing.link_to" if out else "drawing.link_from",
            type=phrases.plain(type) if phrases.has(type) else link.type,
            element=names[link.end if out else link.start],
        )
        said += f". {sentence(link.mechanism)}" if link.mechanism else ""
        rests = "; ".join(assumptions[id] for id in link.assumptions if id in assumptions)
        found.append(f"{said} {phrases.plain('drawing.rests_on', assumptions=rests)}" if rests else said)
    return found


def _page_style(theme: Theme) -> str:
    def variables(palette: Palette) -> str:
        names = ("paper", "ink", "muted", "rule", "accent", "wash")
        return "".join(f"--{name}:{getattr(palette, name)};" for name in names) + f"--warn:{palette.tints['behind']};"

    return (
        f":root{{color-scheme:light dark;{variables(theme.light)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{variables(theme.dark)}}}}}"
        f"body{{margin:0;background:var(--paper);color:var(--ink);font:400 1rem/1.55 {FONTS}}}"
        "main{padding:1.5rem clamp(1rem,3vw,2.5rem) 4rem}h1{margin:0 0 1rem;line-height:1.2}"
        "h2{margin:2.5rem 0 .5rem}main>ul{max-width:56rem;padding-left:1.25rem}li{margin:.35rem 0}"
        "li ul{color:var(--muted)}.wide{overflow-x:auto}"
        ".warn{padding:.6rem 1rem;background:var(--warn);max-width:52rem}"
        ":focus-visible{outline:3px solid var(--accent);outline-offset:3px}"
    )
