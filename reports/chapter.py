"""What every chapter of a report is made with: the publication, the period, the language, and the parts they all use,
such as a numbered figure or an element named in words. Nothing here knows what a chapter says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reports.charts import Chart, Charts
from reports.phrases import Phrases
from reports.reading import Block, Period, Report, Row, spoken
from reports.shown import Md, Shown
from reports.wording import Wording


@dataclass(frozen=True)
class Change:
    """A published value that differs from the one in the package this report replaces."""

    table: str
    row: str
    column: str
    old: str
    new: str


@dataclass
class Chapter:
    """One report in the making. Numbers go through `shown`; charts are collected in the order they are placed."""

    report: Report
    period: Period
    language: str
    phrases: Phrases
    shown: Shown
    charts: dict[str, Chart] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    redefined: Sequence[str] = ()  # indicators with another definition than in the package this report replaces
    chapters: Sequence[str] = ()

    @cached_property
    def wording(self) -> Wording:
        return Wording(self.report, self.period, self.phrases, self.shown, tuple(self.chapters))

    @cached_property
    def plates(self) -> Charts:
        return Charts(self.wording)

    def t(self, name: str, /, count: int | None = None, **facts: Md) -> Md:
        return self.phrases(name, count, **facts)

    def q(self, text: Any) -> Md:
        return self.shown.quoted(text)

    def words(self, block: Block | None, name: str) -> Md:
        """A text field of a block, or nothing."""
        text = block.text(name, self.language) if block is not None else ""
        return self.q(text) if text else Md("")

    def named(self, id: str) -> Md:
        """An element, indicator or code of a codebook by its words; its id where there is nothing of that name."""
        block = self.report.block(id)
        if block and block.kind not in ("report", "source"):
            return self.wording.says(block)
        codes = (row[f"title_{self.language}"] for row in self.report.rows["codes"] if row["code_id"] == id)
        return self.q(next(filter(None, codes), id))

    def claimed(self, row: Row) -> Md:
        """What a row about an element, a link or an assumption is about, in words; a link by its two ends."""
        link = next((one for one in self.report.rows["links"] if one["link_id"] == row["element_id"]), None)
        if link is not None:
            return Md(f"{self.named(link['from_id'])} → {self.named(link['to_id'])}")
        return self.named(row["element_id"])

    def suggested(self, assumption: str) -> Md | None:
        """The status the evidence suggests for an assumption, in words; None where it suggests nothing."""
        for row in self.report.rows["joined"]:
            if row["element_id"] == assumption and (row["proposed_status"] or "untested") != "untested":
                return self.t(f"assumption_status.{row['proposed_status']}")
        return None

    def source_title(self, id: str) -> Md:
        """A source by its title; its id in an older publication."""
        block = self.report.block(id, "source")
        return self.wording.says(block) if block else self.q(id)

    def source_words(self, id: str, kind: str, name: str) -> Md:
        """A question or a column of a source in its own words; its name where it has none."""
        block = self.report.block(id, "source")
        given = (block.attributes.get(kind) or {}) if block else {}
        return self.q(spoken(given.get(name), self.language) or name)

    def figure(self, chart: Chart | None) -> Md:
        """The chart as a figure with number, caption and text alternative; nothing where there is no chart."""
        if chart is None:
            return Md("")
        self.charts[chart.name] = chart
        number = self.shown.computed(f"figure {chart.name}", len(self.charts))
        caption = f"{self.t('report.figure', number=number)} {chart.caption}"
        alt = chart.alt.replace("\\", "\\\\").replace('"', "”")
        classes = " ".join(f".{name}" for name in chart.classes)
        width = f' paper-width="{chart.paper_width}"' if chart.paper_width else ""
        return Md(f'![{caption}](figures/{chart.name}.svg){{#figure-{chart.name} {classes}{width} fig-alt="{alt}"}}')

    def day(self, block: Block, name: str) -> Md:
        """A date the theory states, such as when a milestone is due."""
        day = dt.date.fromisoformat(str(block.attributes[name]))
        return self.shown.stated(block.kind, block.id, name, day, "date")

    def is_answered(self, question: Block) -> bool:
        """Whether an indicator or a comparison that should answer an evaluation question has a value."""
        indicators = [i for id in question.ids("answered_by") if (i := self.report.block(id, "indicator"))]
        rows = [self.reported(indicator)[0] for indicator in indicators]
        estimated = {row["evaluation_id"] for row in self.report.rows["effects"] if row["estimate"] is not None}
        compared = [
            block.id
            for block in self.report.of("evaluation")
            if str(block.attributes.get("question")) == question.id or block.id in question.ids("answered_by")
        ]
        return bool(estimated & set(compared)) or any(row is not None and row["status"] == "ok" for row in rows)

    def bullets(self, items: Sequence[Md]) -> Md:
        return Md("\n".join(f"- {item}" for item in items))

    def anchor(self, name: str) -> Md:
        """The attribute that gives a heading its address inside the report."""
        return Md(f"{{#{name}}}")

    def reported(self, indicator: Block) -> tuple[Row | None, str]:
        """The indicator's row as the report tells it, and the period that is of."""
        row = self.report.reported(indicator, self.period)
        return row, row["period"] if row is not None else self.period.name
