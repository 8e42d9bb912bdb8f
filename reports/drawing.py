"""Drawing in SVG: a canvas whose shapes are classed, so that one file is right in light and in dark, on a page and on
paper. What is drawn belongs to `figures` and `diagram`; PNG copies are rasterised from the same file by typst.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax import saxutils

from reports.theme import Palette, Theme, mixed

FONTS = (
    "-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans','Liberation Sans',Arial,'Libertinus Serif',sans-serif"
)
#: Mean width of a letter as a share of the font size, measured over Italian and English prose in common UI fonts.
_LETTER = 0.54
_NARROW, _WIDE = set("iljtfrI.,:;'’|!()[] 1"), set("mwMW@%—ABCDGHNOQRUVX")


#: What no XML file may hold: control characters and halves of characters.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def escape(text: str) -> str:
    return saxutils.escape(writable(text))


def quoteattr(text: str) -> str:
    return saxutils.quoteattr(writable(text))


def width_of(text: str, size: float) -> float:
    """About how wide a text is; fonts differ, so leave room."""
    letters = sum(
        0.32 if c in _NARROW else 0.78 if c in _WIDE else _LETTER for c in text if not unicodedata.combining(c)
    )
    return letters * size


def wrapped(text: str, width: float, size: float, lines: int = 9) -> list[str]:
    """The text in lines no wider than `width`; what does not fit in `lines` ends with an ellipsis."""
    found: list[str] = []
    line = ""
    for word in text.split():
        while width_of(word, size) > width and len(word) > 4:  # a word longer than the line is broken
            cut = next(i for i in range(len(word) - 1, 0, -1) if i == 1 or width_of(word[:i] + "-", size) <= width)
            if line:
                found.append(line)
                line = ""
            found.append(word[:cut] + "-")
            word = word[cut:]
        if line and width_of(f"{line} {word}", size) > width:
            found.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        found.append(line)
    if len(found) > lines:
        found = [*found[: lines - 1], found[lines - 1].rstrip(" ,;:.") + "…"]
    return found


def _style(palette: Palette) -> str:
    rules = [
        f".ink{{fill:{palette.ink}}}",
        f".muted{{fill:{palette.muted}}}",
        f".accent{{fill:{palette.accent}}}",
        f".paper{{fill:{palette.paper}}}",
        f".wash{{fill:{palette.wash}}}",
        f".rule{{stroke:{palette.rule};fill:none}}",
        f".axis{{stroke:{palette.muted};fill:none}}",
        f".mark{{stroke:{palette.accent};fill:none}}",
        f".edge{{stroke:{palette.muted};fill:none}}",
        f".head{{fill:{palette.muted};stroke:{palette.muted}}}",
        f".hollow{{stroke:{palette.accent};fill:{palette.paper}}}",
        f".alert{{stroke:{palette.statuses['not_met']};fill:none}}",
        f".alert-head{{fill:{palette.statuses['not_met']};stroke:{palette.statuses['not_met']}}}",
        f".back{{stroke:{palette.accent};fill:none}}",
        f".back-head{{fill:{palette.accent};stroke:{palette.accent}}}",
        f".faint{{stroke:{palette.faint};fill:none}}",
        f".faint-head{{fill:{palette.faint};stroke:{palette.faint}}}",
        f".plain{{fill:{palette.paper};stroke:{palette.muted}}}",
        f".gone{{fill:none;stroke:{palette.faint}}}",
        f".band{{fill:{palette.wash}}}",
        f".band-other{{fill:{mixed(palette.muted, palette.paper, 0.1)}}}",
    ]
    for status, colour in palette.statuses.items():
        rules += [
            f".s-{status}{{fill:{colour}}}", f".o-{status}{{stroke:{colour};fill:none}}",
            f".t-{status}{{fill:{palette.tints[status]};stroke:{colour}}}",
        ]  # fmt: skip
    return "".join(rules)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass
class Canvas:
    """A drawing of fixed size; every shape names its class, which says its colour in both themes."""

    width: float
    height: float
    title: str
    description: str = ""
    #: Paper painted around a drawing that is a sheet of its own; 0 leaves the ground to the page.
    margin: float = 0.0
    parts: list[str] = field(default_factory=list)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, kind: str = "rule", stroke: float = 1, dash: str = ""
    ) -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path class="{kind}" stroke-width="{_number(stroke)}"{dashed} '
            f'd="M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}"/>'
        )

    def path(self, d: str, kind: str, stroke: float = 1, dash: str = "") -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path class="{kind}" stroke-width="{_number(stroke)}"{dashed} stroke-linecap="round" d="{d}"/>'
        )

    def circle(self, x: float, y: float, radius: float, kind: str = "accent", stroke: float = 0) -> None:
        width = f' stroke-width="{_number(stroke)}"' if stroke else ""
        self.parts.append(f'<circle class="{kind}"{width} cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"/>')

    def diamond(self, x: float, y: float, radius: float, kind: str = "hollow") -> None:
        points = f"M{_number(x)} {_number(y - radius)}l{_number(radius)} {_number(radius)}"
        points += f"l{_number(-radius)} {_number(radius)}l{_number(-radius)} {_number(-radius)}z"
        self.parts.append(f'<path class="{kind}" stroke-width="1.5" d="{points}"/>')

    def box(self, x: float, y: float, width: float, height: float, kind: str, radius: float = 0, stroke: float = 0,
            dash: str = "") -> None:  # fmt: skip
        extra = f' stroke-width="{_number(stroke)}"' if stroke else ' stroke="none"'
        extra += f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<rect class="{kind}"{extra} x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
            f'height="{_number(height)}" rx="{_number(radius)}"/>'
        )

    def open(self, tag: str, attributes: str) -> None:
        """Begins a group; what is drawn until `close` belongs to it."""
        self.parts.append(f"<{tag} {attributes}>")

    def close(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def tooltip(self, text: str) -> None:
        """What a pointer resting on the group is told."""
        self.parts.append(f"<title>{escape(text)}</title>")

    def text(self, x: float, y: float, text: str, kind: str = "ink", size: float = 12, anchor: str = "start",
             weight: int = 400, struck: bool = False) -> None:  # fmt: skip
        """Text with its baseline at `y`. The halo keeps it apart from lines it crosses."""
        bold = f' font-weight="{weight}"' if weight != 400 else ""
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        place += ' text-decoration="line-through"' if struck else ""
        self.parts.append(
            f'<text class="{kind}" font-size="{_number(size)}"{place}{bold} x="{_number(x)}" y="{_number(y)}">'
            f"{escape(text)}</text>"
        )

    def svg(self, theme: Theme, role: str = "img") -> str:
        """The whole file: light colours, and dark where the reader's page is dark. With links inside it is no `img`."""
        style = _style(theme.light) + "@media screen and (prefers-color-scheme:dark){" + _style(theme.dark) + "}"
        described = f"<desc>{escape(self.description)}</desc>" if self.description else ""
        around, width, height = self.margin, self.width + 2 * self.margin, self.height + 2 * self.margin
        corner = f"{_number(-around)} {_number(-around)}" if around else "0 0"
        size = f'width="{_number(width)}" height="{_number(height)}"'
        paper = f'<rect class="paper" x="{_number(-around)}" y="{_number(-around)}" {size}/>' if around else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {_number(width)} {_number(height)}" '
            f'{size} role="{role}" aria-label={quoteattr(self.title)} '
            f'font-family="{FONTS}"><title>{escape(self.title)}</title>{described}<style>{style}</style>'
            f"{paper}{''.join(self.parts)}</svg>\n"
        )


def png_of(svg: Path, pixels_per_inch: int = 200) -> bytes:
    """The drawing as PNG on white, at the size it has on paper (one SVG unit is three quarters of a point)."""
    import typst

    source = (
        "#set page(width: auto, height: auto, margin: 0pt, fill: white)\n"
        f"#let drawing = image({typst_string(svg.name)})\n#drawing\n"
    )
    return typst.compile(
        source.encode(),
        root=str(svg.parent),
        format="png",
        ppi=pixels_per_inch,
        ignore_system_fonts=True,
        font_paths=[],
    )


def typst_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels, read from its header."""
    header = io.BytesIO(data[16:24])
    return int.from_bytes(header.read(4)), int.from_bytes(header.read(4))
