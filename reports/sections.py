"""All chapters of a report, and the order a reader meets them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports.effect_chapters import EffectChapters
from reports.indicator_chapters import IndicatorChapters
from reports.quality_chapters import QualityChapters
from reports.summary_chapters import SummaryChapters
from reports.theory_chapters import TheoryChapters

#: Every chapter, in the order a reader meets them. A profile may choose fewer, in its own order.
SECTIONS = ("brief", "theory", "progress", "effect", "indicators", "assumptions", "risks", "quality", "missing",
            "theory_in_words", "methods", "glossary", "provenance")  # fmt: skip


class Sections(SummaryChapters, TheoryChapters, IndicatorChapters, EffectChapters, QualityChapters):
    """Each method named after a chapter makes what its template in `templates/sections/` asks for."""

    def view(self, name: str) -> dict[str, Any]:
        """What the template of that chapter is given."""
        make: Callable[[], dict[str, Any]] = getattr(self, name)
        return make()
