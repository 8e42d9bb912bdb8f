"""The report's colours: one accent chosen by the organisation, its light and dark forms made readable by computation,
and the fixed colours of the progress statuses. Contrast follows WCAG 2.2, which sets 4.5 to 1 for text.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ACCENT = "#0f5563"
#: Contrast asked of text; a little above the 4.5 of WCAG 1.4.3, so that tints do not fall below it.
READABLE = 5.0
HEX = re.compile(r"^#[0-9a-fA-F]{6}$")

_STATUS_HUES = {"met": "#1a6b47", "on_track": "#1d5c8a", "behind": "#875500", "not_met": "#a1352a"}


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def _hex(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in (red, green, blue))


def mixed(colour: str, with_colour: str, share: float) -> str:
    """`share` of `colour` on `with_colour`."""
    return _hex(*(share * a + (1 - share) * b for a, b in zip(_rgb(colour), _rgb(with_colour), strict=True)))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio from 1 to 21, WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, paper: str, at_least: float = READABLE) -> str:
    """The nearest shade of `colour` that can be read on `paper`: darker on light paper, lighter on dark."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    step = -0.01 if luminance(paper) > 0.5 else 0.01
    shade = colour
    while contrast(shade, paper) < at_least and 0 <= lightness + step <= 1:
        lightness += step
        shade = _hex(*colorsys.hls_to_rgb(hue, lightness, saturation))
    return shade


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, by role."""

    paper: str
    ink: str
    muted: str
    rule: str
    faint: str
    accent: str
    wash: str
    statuses: Mapping[str, str] = field(default_factory=dict)
    tints: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def on(cls, paper: str, ink: str, muted: str, rule: str, accent: str, tint: float) -> Palette:
        wash = mixed(accent, paper, tint * 0.7)
        plain = ("no_data", "no_target", "suppressed", "not_measured", "with_data")
        tints = {name: mixed(hue, paper, tint) for name, hue in _STATUS_HUES.items()}
        statuses = {name: readable(hue, tints[name]) for name, hue in _STATUS_HUES.items()}
        statuses |= dict.fromkeys(plain, muted)
        tints |= dict.fromkeys(plain, paper)
        return cls(paper, ink, muted, rule, mixed(muted, paper, 0.5), readable(accent, wash), wash, statuses, tints)


@dataclass(frozen=True)
class Theme:
    light: Palette
    dark: Palette

    @classmethod
    def of(cls, accent: str = ACCENT) -> Theme:
        return cls(
            light=Palette.on("#ffffff", "#1b252c", "#58646c", "#d8dee2", readable(accent, "#ffffff"), 0.1),
            dark=Palette.on("#13191d", "#e7ebee", "#a9b4bb", "#364148", readable(accent, "#13191d"), 0.22),
        )
