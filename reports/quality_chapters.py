"""The chapters that tell how much to trust the rest: how sound the data are, and what is missing."""

from __future__ import annotations

from typing import Any

from reports.answer_chapters import AnswerChapters
from reports.reading import Row
from reports.shown import Md
from reports.tables import Column, Table
from reports.weighting_chapter import WeightingChapter


class QualityChapters(WeightingChapter, AnswerChapters):
    def quality(self) -> dict[str, Any]:
        loads = sorted(self.report.rows["loads"], key=lambda row: (row["source"], row["loaded_at"], row["file_name"]))
        rows = [
            [
                Md(f"{self.q(row['file_name'])} [{self._titled(row['source'])}]{{.under}}"),
                self.shown.cell("loads", row, "loaded_at", "date"),
                *(self.shown.cell("loads", row, k, "number.0") for k in ("rows_read", "rows_accepted", "rows_refused")),
            ]
            for row in loads
        ]
        columns = [
            Column(self.t("quality.file"), 36), Column(self.t("quality.landed"), 22),
            Column(self.t("quality.read"), 14, "right"), Column(self.t("quality.accepted"), 14, "right"),
            Column(self.t("quality.refused"), 14, "right"),
        ]  # fmt: skip
        return {
            "loads": Table(self.t("quality.loads_caption"), columns, rows, ("cards",)).markdown() if rows else None,
            **self._rules(),
            "answers": self.answers(),
            "weighting": self.weighting(),
        }

    def _titled(self, source: str) -> Md:
        """A source or a corpus by its title."""
        corpora = (row[f"title_{self.language}"] for row in self.report.rows["corpora"] if row["source"] == source)
        title = next(filter(None, corpora), None)
        return self.q(title) if title else self.source_title(source)

    def _rules(self) -> dict[str, Any]:
        rules = [row for row in self.report.rows["quality"] if row["severity"] != "info"]
        by_wave = {row["rule_id"].partition("@")[0] for row in rules if row["wave"]}
        rules = [row for row in rules if row["wave"] or row["rule_id"] not in by_wave]
        failing = [row for row in rules if row["n_failed"] or row["n_failed"] is None]
        if not rules:
            return {"rules": self.t("quality.no_rules"), "failing": None}
        n = self.shown.computed("quality rules", len(rules))
        if not failing:
            return {"rules": self.t("quality.all_hold", count=len(rules), n=n), "failing": None}
        failed = self.shown.computed("quality rules broken", len(failing))
        body = [
            [
                self._rule(row), self.t(f"quality.{'error' if row['severity'] == 'error' else 'warning'}"),
                *self._counts(row),
                self._remedy(row),
            ]
            for row in failing
        ]  # fmt: skip
        columns = [
            Column(self.t("quality.rule"), 32), Column(self.t("quality.severity"), 12),
            Column(self.t("quality.checked"), 10, "right"), Column(self.t("quality.failed"), 12, "right"),
            Column(self.t("quality.remedy"), 34),
        ]  # fmt: skip
        return {
            "rules": self.t("quality.some_fail", count=len(failing), n=n, failed=failed),
            "failing": Table(self.t("quality.rules_caption"), columns, body, ("cards",)).markdown(),
        }

    def _counts(self, row: Row) -> tuple[Md, Md]:
        """Rows looked at and rows found; neither where the rule is about a source without rows."""
        if row["n_rows"] == 0:
            return Md(self.shown.nothing), Md(self.shown.nothing)
        looked_at = self.shown.cell("quality", row, "n_rows", "number.0")
        hidden = row["n_failed"] is None
        return looked_at, self.t("cell.suppressed") if hidden else self.shown.cell(
            "quality", row, "n_failed", "number.0"
        )

    def _remedy(self, row: Row) -> Md:
        """What to do. What is to be typed stands between backticks, as code."""
        parts = str(row[f"remedy_{self.language}"] or row["remedy"] or "–").split("`")
        return Md("".join(f"`{self.shown.literal(part)}`" if number % 2 and part else _joined(self.q(part), part)
                          for number, part in enumerate(parts)))  # fmt: skip

    def _rule(self, row: Row) -> Md:
        """What the rule looks for, in words, with the wave where there are several; its id in an older publication."""
        said = row[f"what_{self.language}"]
        words = self.q(said[:1].upper() + said[1:] if said else row["rule_id"])
        if row["wave"]:
            return Md(f"{words} [{self.t('scale.wave', wave=self.q(row['wave']))}]{{.under}}")
        return words

    def missing(self) -> dict[str, Any]:
        gaps = []
        spoken_of = {row["element_id"] for row in self.report.rows["joined"]
                     if row["voices"] in ("for", "against", "mixed", "few")}  # fmt: skip
        for row in self.report.gaps:
            gap = str(row["gap"])
            if gap == "not_measured" and row["element_id"] in spoken_of:
                gap = "voices"
            why = self.t(f"missing.{gap}") if self.phrases.has(f"missing.{gap}") else self.q(gap)
            gaps.append(Md(f"**{self.named(row['element_id'])}**: {why}"))
        empty = []
        for indicator in self.report.in_force(self.period):
            row, _ = self.reported(indicator)
            if row is None or row["status"] != "ok":
                status = row["status"] if row is not None else "no_data"
                empty.append(Md(f"**{self.wording.says(indicator)}**: {self.t(f'cell.{status}')}"))
        untested, undecided = self._open_assumptions()
        estimated = {row["evaluation_id"] for row in self.report.rows["effects"]}
        waiting = [self.wording.says(b) for b in self.report.of("evaluation") if b.id not in estimated]
        hidden = sum(
            row["status"] == "suppressed" and row["period"] == self.period.name
            for row in self.report.rows["indicator_values"]
        )
        lists = [("elements", gaps), ("indicators", empty), ("questions", self._unanswered()),
                 ("undecided", undecided), ("assumptions", untested), ("evaluations", waiting)]  # fmt: skip
        return {
            "lists": [(self.t(f"missing.{name}"), items) for name, items in lists if items],
            "suppressed": self.t("missing.suppressed", count=hidden, n=self.shown.computed("values not shown", hidden))
            if hidden
            else None,
        }

    def _open_assumptions(self) -> tuple[list[Md], list[Md]]:
        """Assumptions nobody has put to the test, and those the evidence says something of before anybody decided."""
        untested, undecided = [], []
        for block in self.report.of("assumption"):
            if block.attributes.get("status", "untested") != "untested":
                continue
            name, suggested = self.wording.says(block), self.suggested(block.id)
            if suggested:
                undecided.append(self.t("missing.suggested", assumption=Md(f"**{name}**"), status=suggested))
            else:
                untested.append(name)
        return untested, undecided

    def _unanswered(self) -> list[Md]:
        """Evaluation questions for which neither an indicator nor a comparison has a value, with how they might be."""
        found = []
        for block in self.report.of("evaluation_question"):
            if not self.is_answered(block):
                method = self.words(block, "method")
                found.append(Md(f"**{self.wording.says(block)}** {method}" if method else self.wording.says(block)))
        return found


def _joined(words: Md, part: str) -> str:
    """The words with the blanks that stood around them beside a piece of code."""
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before}{words}{after}" if words else part
