"""What a reader should know of the answers behind the numbers: who answered and who came back, which questions were
passed over, how well the items of a score hang together. Parts of the chapters on quality and on methods.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from reports.chapter import Chapter
from reports.reading import ALL, Row
from reports.shown import Md
from reports.tables import Column, Table

_MOST_QUESTIONS = 12
#: Checks that count who did not answer, and the sentence on those who did: it says of whom.
_OF_INVITED = {"response": "response", "response-limesurvey": "participants", "broken-off": "begun"}
_PASSED_OVER = ("unanswered", "partly-unanswered")
_FROM = 0.05  # share of those asked from which a question is listed


class AnswerChapters(Chapter):
    def answers(self) -> dict[str, Md | list[Md] | None]:
        """Response, questions passed over and panels, for the chapter on quality."""
        return {"response": list(self._response()), "unanswered": self._unanswered_table(), "panel": self._panel()}

    def _response(self) -> Iterator[Md]:
        for row in self.report.rows["quality"]:
            told = _OF_INVITED.get(row["kind"] or "")
            if told is None or not row["n_rows"]:
                continue
            answered = row["n_rows"] - row["n_failed"]
            name = f"who answered, {row['rule_id']}"
            facts = {
                "source": self.source_title(row["source"]),
                "answered": self.shown.computed(name, answered),
                "invited": self.shown.cell("quality", row, "n_rows", "number.0"),
                "share": self.shown.computed(f"share of {name}", answered / row["n_rows"], "percent.1"),
            }
            if row["wave"]:
                yield self.t(f"answers.{told}_of_wave", wave=self.q(row["wave"]), **facts)
            else:
                yield self.t(f"answers.{told}", **facts)

    def _unanswered_table(self) -> Md | None:
        rows = [
            row
            for row in self.report.rows["quality"]
            if row["kind"] in _PASSED_OVER and not row["wave"] and row["n_failed"] >= _FROM * row["n_rows"] > 0
        ]
        rows.sort(key=lambda row: (-row["n_failed"] / row["n_rows"], row["rule_id"]))
        body = [
            [
                self._passed_over(row),
                self.shown.cell("quality", row, "n_rows", "number.0"),
                self.shown.cell("quality", row, "n_failed", "number.0"),
                self.shown.computed(f"share of {row['rule_id']}", row["n_failed"] / row["n_rows"], "percent.1"),
            ]
            for row in rows[:_MOST_QUESTIONS]
        ]
        columns = [
            Column(self.t("answers.question"), 46), Column(self.t("answers.asked"), 18, "right"),
            Column(self.t("answers.without"), 18, "right"), Column(self.t("answers.share"), 18, "right"),
        ]  # fmt: skip
        return Table(self.t("answers.caption"), columns, body, ("cards",)).markdown() if body else None

    def _passed_over(self, row: Row) -> Md:
        id, name = row["source"], row["rule_id"].removeprefix(f"{row['source']}.").removesuffix(f".{row['kind']}")
        question = self.source_words(id, "questions", name)
        asked = question if row["kind"] == "unanswered" else self.t("answers.in_part", question=question)
        return Md(f"{asked} [{self.source_title(id)}]{{.under}}")

    def _panel(self) -> Md | None:
        body = []
        for row in self.report.rows["panel"]:
            waves = self.t("panel.waves", before=self.q(row["wave_from"]), after=self.q(row["wave_to"]))
            counts = ("n_from", "n_both", "n_lost", "n_new")
            if row["status"] == "suppressed":
                cells = [self.t("cell.suppressed"), *[Md(self.shown.nothing)] * 4]
            else:
                cells = [
                    *(self.shown.cell("panel", row, name, "number.0") for name in counts),
                    self.shown.cell("panel", row, "retained_share", "percent.1"),
                ]
            body.append([Md(f"{waves} [{self.q(row['source'])}]{{.under}}"), *cells])
        names = ("before", "both", "lost", "new", "retained")
        columns = [Column(self.t("panel.pair"), 30), *(Column(self.t(f"panel.{name}"), 14, "right") for name in names)]
        if not body:
            return None
        table = Table(self.t("panel.caption"), columns, body, ("cards",)).markdown()
        near = [row for row in self.report.rows["panel"] if row["n_near"]]
        told = [
            self.t(
                "panel.near",
                count=row["n_near"],
                n=self.shown.cell("panel", row, "n_near", "number.0"),
                before=self.q(row["wave_from"]),
                after=self.q(row["wave_to"]),
                source=self.source_title(row["source"]),
            )
            for row in near
        ]
        return Md("\n\n".join([table, *told]))

    # Scales ----------------------------------------------------------------------------------------------------------

    def scales(self) -> list[dict[str, Any]]:
        """Each scale that an indicator of the report rests on, for the chapter on methods."""
        found = []
        for row in self.report.rows["scales"]:
            if row["period"] == ALL and row["wave"] == ALL and self._is_used(row):
                samples = [
                    other for other in self.report.rows["scales"] if _same_scale(row, other) and self._told(other)
                ]
                found.append({
                    "title": self.q(row[f"title_{self.language}"]),
                    "about": self._about(row),
                    "samples": self._samples(samples),
                    "items": self._items(row),
                })  # fmt: skip
        return found

    def _is_used(self, scale: Row) -> bool:
        """True where the measure of an indicator of that source speaks of the scale's column."""
        name = re.compile(rf"(?<!\w){re.escape(scale['scale'])}(?!\w)")
        return any(
            indicator.attributes.get("source") == scale["source"]
            and name.search(json.dumps(indicator.attributes.get("measure") or {}, ensure_ascii=False))
            for indicator in self.report.in_force(self.period)
        )

    def _told(self, row: Row) -> bool:
        return row["wave"] != ALL or row["period"] in (ALL, self.period.name)

    def _about(self, row: Row) -> Md:
        said = self.t(
            "scale.about",
            items=self.shown.cell("scales", row, "n_items", "number.0"),
            score=self._score(row),
            least=self.shown.cell("scales", row, "at_least", "number.0"),
        )
        source = self.t("scale.reference", reference=self.q(row["reference"])) if row["reference"] else None
        return Md(f"{said} {source}") if source else said

    def _score(self, row: Row) -> Md:
        """How the items make the score. Where every answer is needed there is nothing to say of missing ones."""
        is_whole = row["score"] == "sum" and row["at_least"] == row["n_items"]
        said = self.t("scale.plain_sum" if is_whole else f"scale.{row['score']}")
        if row["times"] in (None, 1):
            return said
        return self.t("scale.multiplied", score=said, times=self.shown.cell("scales", row, "times", "number.0"))

    def _samples(self, rows: list[Row]) -> Md:
        body = []
        for row in sorted(rows, key=lambda row: (row["wave"] != ALL, row["period"] != ALL)):
            if row["wave"] != ALL:
                label = self.t("scale.wave", wave=self.q(row["wave"]))
            elif row["period"] != ALL:
                label = self.wording.period_name(self.report.period(row["period"]))
            else:
                label = self.t("scale.whole")
            if row["status"] == "ok":
                alpha = self.shown.cell("scales", row, "alpha", "number.2")
                interval = self.wording.interval(row, "number.2", "scales") or Md(self.shown.nothing)
            else:
                alpha, interval = self.t(f"cell.{row['status']}"), Md(self.shown.nothing)
            n = self.shown.cell("scales", row, "n", "number.0")
            body.append([label if isinstance(label, Md) else self.q(label), n, alpha, interval])
        columns = [
            Column(self.t("scale.sample"), 34), Column(self.t("scale.n"), 14, "right"),
            Column(self.t("scale.alpha"), 22, "right"), Column(self.t("scale.interval"), 30, "right"),
        ]  # fmt: skip
        return Table(self.t("scale.samples"), columns, body, ("cards",)).markdown()

    def _items(self, scale: Row) -> Md | None:
        rows = [
            row
            for row in self.report.rows["scale_items"]
            if _same_scale(scale, row) and row["period"] == ALL and row["wave"] == ALL
        ]
        if not any(row["status"] == "ok" for row in rows):
            return None
        body = [
            [
                Md(f"{self._item(row)} [{self.t('scale.reversed')}]{{.under}}") if row["reversed"] else self._item(row),
                self.shown.cell("scale_items", row, "item_rest", "number.2"),
                self.shown.cell("scale_items", row, "alpha_without", "number.2"),
            ]
            for row in sorted(rows, key=lambda row: row["place"])
        ]
        columns = [
            Column(self.t("scale.item"), 40), Column(self.t("scale.item_rest"), 30, "right"),
            Column(self.t("scale.alpha_without"), 30, "right"),
        ]  # fmt: skip
        return Table(self.t("scale.items"), columns, body, ("cards",)).markdown()

    def _item(self, row: Row) -> Md:
        return self.source_words(row["source"], "columns", row["item"])


def _same_scale(one: Row, other: Row) -> bool:
    return (one["source"], one["scale"]) == (other["source"], other["scale"])
