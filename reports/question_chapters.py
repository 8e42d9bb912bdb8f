"""The chapter of the evaluation questions: each with its criterion, what answers it so far, or that nothing does."""

from __future__ import annotations

from typing import Any

from reports.chapter import Chapter
from reports.reading import Block
from reports.shown import Md
from reports.tables import Column, Table


class QuestionChapters(Chapter):
    def questions(self) -> dict[str, Any]:
        body = [
            [self._asked(block), self._answering(block), self._state(block)]
            for block in self.report.of("evaluation_question")
        ]
        columns = [Column(self.t("questions.question"), 42), Column(self.t("questions.answered_by"), 36),
                   Column(self.t("questions.state"), 22)]  # fmt: skip
        return {"table": Table(self.t("questions.caption"), columns, body, ("cards",)).markdown()}

    def _asked(self, block: Block) -> Md:
        criterion = str(block.attributes.get("criterion") or "")
        question = self.wording.says(block)
        return Md(f"{question} [{self.t(f'criterion.{criterion}')}]{{.under}}") if criterion else question

    def _answering(self, block: Block) -> Md:
        """What should answer it, and how; in words that nothing does."""
        evaluations = [b.id for b in self.report.of("evaluation") if str(b.attributes.get("question")) == block.id]
        names = [self._linked(id) for id in dict.fromkeys([*block.ids("answered_by"), *evaluations])]
        method = self.words(block, "method")
        if not names and not method:
            return self.t("questions.nothing")
        listed = Md("; ".join(names)) if names else self.t("questions.nothing_yet")
        return Md(f"{listed} [{method}]{{.under}}") if method else listed

    def _linked(self, id: str) -> Md:
        link = next((row for row in self.report.rows["links"] if row["link_id"] == id), None)
        return Md(f"{self.named(link['from_id'])} → {self.named(link['to_id'])}") if link else self.named(id)

    def _state(self, block: Block) -> Md:
        answered = self.is_answered(block)
        mark, kind = ("✓", "met") if answered else ("○", "no-data")
        said = Md(
            f"[{mark} {self.t('questions.with_data' if answered else 'questions.without_data')}]{{.status .{kind}}}"
        )
        due = block.attributes.get("due")
        if not due:
            return said
        day = self.day(block, "due")
        return Md(f"{said} [{self.t('cell.by', date=day)}]{{.under}}")
