"""The chapter that tells what comparisons show: each evaluation with its estimate, interval, plot, limits, and the
figures others published. How far each may be read is decided in `wording`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from reports.chapter import Chapter
from reports.reading import Block, Row, spoken
from reports.shown import Md, formatted
from reports.tables import Column, Table
from reports.wording import headline, term_key

#: Standardised differences below a tenth count as negligible (Austin 2009, Statistics in Medicine 28, 3083-3107).
_ALIKE = 0.1


class EffectChapters(Chapter):
    def effect(self) -> dict[str, Any]:
        return {"evaluations": [self._evaluation(block) for block in self.report.of("evaluation")]}

    def _evaluation(self, evaluation: Block) -> dict[str, Any]:
        rows = self.report.evaluation_rows(evaluation.id)
        question = self.report.block(str(evaluation.attributes.get("question", "")), "evaluation_question")
        title = evaluation.says(self.language) or evaluation.id
        design = str(evaluation.attributes.get("design", ""))
        adjusted = self.wording.adjusted_sentence(evaluation, rows)
        published = self._published(evaluation, rows)
        return {
            "id": evaluation.id,
            "title": self.q(title),
            "question": self.t("effect.question", question=self.wording.says(question)) if question else None,
            "design": self.t(f"design.{design}") if self.phrases.has(f"design.{design}") else None,
            "sentences": Md(" ".join(self.wording.effect_sentences(evaluation, headline(rows), rows))),
            "adjusted": adjusted,
            "balance": self._balance(evaluation, headline(rows)),
            "figure": self.figure(self.plates.effect(evaluation, rows, title, [entry[:3] for entry in published])),
            "table": self._effects_table(evaluation, rows, title),
            "published": [sentence for *_, sentence in published],
            "limitations": self.words(evaluation, "limitations"),
        }

    def _balance(self, evaluation: Block, row: Row | None) -> Md | None:
        """How unlike the groups were at the start: the largest standardised difference, where it was computed."""
        found = json.loads(row["diagnostics"] or "{}") if row is not None else {}
        unlike = {
            name: gap for name, gap in (found.get("standardised_mean_differences") or {}).items() if gap is not None
        }
        if not unlike:
            return None
        name = max(unlike, key=lambda covariate: abs(unlike[covariate]))
        path = f"standardised_mean_differences.{name}"
        size = self.shown.inside("effects", row, "diagnostics", path, unlike[name], "size:number.2")
        alike = abs(unlike[name]) < _ALIKE
        return self.t(
            "effect.balance" if alike else "effect.balance_apart",
            size=size,
            name=self.wording.covariate(evaluation, name),
        )

    def _published(self, evaluation: Block, rows: Sequence[Row]) -> list[tuple[str, float, str, Md]]:
        """Figures others published for the same effect: short label, value, text, and a sentence that compares."""
        shape = self.wording.effect_shape(evaluation, rows)
        given = [
            (
                evaluation.kind,
                evaluation.id,
                f"published.{n}.value",
                figure["value"],
                spoken(figure["source"], self.language),
            )
            for n, figure in enumerate(evaluation.attributes.get("published") or ())
        ]
        given += [
            (block.kind, block.id, "value", block.attributes["value"], block.text("source", self.language))
            for block in self.report.of("published_figure")
            if block.attributes.get("evaluation") == evaluation.id and block.attributes.get("value") is not None
        ]
        found, seen = [], set()
        row = headline(rows)
        for kind, id, path, value, source in given:
            value = float(value)
            if value in seen:
                continue
            seen.add(value)
            number = self.shown.stated(kind, id, path, value, shape)
            name = "published_plain"
            if row is not None and row["ci_low"] is not None and row["ci_high"] is not None:
                name = "published_agrees" if row["ci_low"] <= value <= row["ci_high"] else "published_differs"
            self.q(source)
            text = formatted(value, shape, self.language)
            sentence = self.t(f"effect.{name}", value=number, source=self.q(source))
            found.append((self._short_source(source), value, text, sentence))
        return found

    def _short_source(self, source: str) -> str:
        """A source as a label: up to its year in brackets, else its first words."""
        match = re.match(r"^.{3,60}?\(\d{4}\)", source)
        return match[0] if match else " ".join(source.split()[:5])

    def _effects_table(self, evaluation: Block, rows: Sequence[Row], title: str) -> Md | None:
        if not rows:
            return None
        shape = self.wording.effect_shape(evaluation, rows)
        body = []
        for row in rows:
            name = term_key(row["term"])
            n = Md(self.shown.nothing)
            if row["n_group"] is not None and row["n_comparison"] is not None:
                counts = {k: self.shown.cell("effects", row, k, "number.0") for k in ("n_group", "n_comparison")}
                n = self.t("effect.groups", **counts)
            body.append([
                self.t(name) if self.phrases.has(name) else self.q(row["term"]),
                self.shown.cell("effects", row, "estimate", shape),
                self.wording.interval(row, shape, "effects") or Md(self.shown.nothing),
                self.shown.cell("effects", row, "std_error", shape),
                self._p(row),
                n,
            ])  # fmt: skip
        columns = [
            Column(self.t("effect.term"), 28), Column(self.t("effect.estimate"), 12, "right"),
            Column(self.t("effect.interval"), 23, "right"), Column(self.t("effect.error"), 14, "right"),
            Column(self.t("effect.p"), 9, "right"), Column(self.t("effect.people"), 14, "right"),
        ]  # fmt: skip
        return Table(self.t("effect.table", title=self.q(title)), columns, body, ("cards",)).markdown()

    def _p(self, row: Row) -> Md:
        """The p value, corrected for the comparisons made together where it was."""
        column = "p_value" if row["p_adjusted"] is None else "p_adjusted"
        return self.wording.p_value("effects", row, column)
