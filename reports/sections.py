"""All chapters of a report, and the order a reader meets them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports.call_chapters import CallChapters
from reports.correction_chapter import CorrectionChapter
from reports.effect_chapters import EffectChapters
from reports.figure_chapters import FigureChapters
from reports.indicator_chapters import IndicatorChapters
from reports.joined_chapter import JoinedChapter, is_joined
from reports.network_chapter import NetworkChapter, is_past
from reports.quality_chapters import QualityChapters
from reports.question_chapters import QuestionChapters
from reports.rating_chapter import RatingChapter
from reports.reading import Period, Report
from reports.summary_chapters import SummaryChapters
from reports.theme_chapter import ThemeChapter
from reports.theory_chapters import TheoryChapters

#: Every chapter, in the order a reader meets them. A profile may choose fewer, in its own order.
SECTIONS = ("brief", "theory", "progress", "effect", "questions", "indicators", "networks", "calls", "ratings",
            "themes", "joined", "published_figures", "assumptions", "risks", "quality", "missing",
            "theory_in_words", "methods", "glossary", "provenance")  # fmt: skip


def has_content(name: str, report: Report, period: Period) -> bool:
    """False for a chapter that would be empty, and is left out whatever a profile says."""
    match name:
        case "networks":
            return any(is_past(row, period) for row in report.rows["networks"])
        case "calls" | "ratings":
            return bool(report.rows["funnels" if name == "calls" else "ratings"])
        case "themes":
            return bool(report.rows["corpora"])
        case "joined":
            return is_joined(report.rows["joined"])
        case "published_figures":
            return bool(report.rows["published_figures"])
        case "questions":
            return bool(report.of("evaluation_question"))
    return True


class Sections(SummaryChapters, CorrectionChapter, TheoryChapters, IndicatorChapters, EffectChapters, FigureChapters,
               NetworkChapter, CallChapters, RatingChapter, QuestionChapters, ThemeChapter,
               JoinedChapter, QualityChapters):  # fmt: skip
    """Each method named after a chapter makes what its template in `templates/sections/` asks for."""

    def view(self, name: str) -> dict[str, Any]:
        """What the template of that chapter is given."""
        make: Callable[[], dict[str, Any]] = getattr(self, name)
        return make()
