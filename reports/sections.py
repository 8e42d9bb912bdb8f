"""The chapters of a report: each method makes the tables, charts and prose one template asks for, as finished Markdown.
Sentences come from `wording`, charts from `charts`; the order and layout of a chapter stand in `templates/sections/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reports import diagram
from reports.charts import Chart, Charts
from reports.phrases import Phrases
from reports.reading import ALL, Block, Period, Report, Row, spoken
from reports.shown import Md, Shown, Unit, formatted
from reports.tables import Column, Table
from reports.wording import Wording, headline

#: Every chapter, in the order a reader meets them. A profile may choose fewer, in its own order.
SECTIONS = ("brief", "theory", "progress", "effect", "indicators", "assumptions", "risks", "quality", "missing",
            "theory_in_words", "methods", "glossary", "provenance")  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A published value that differs from the one in the package this report replaces."""

    table: str
    row: str
    column: str
    old: str
    new: str


@dataclass
class Sections:
    report: Report
    period: Period
    language: str
    phrases: Phrases
    shown: Shown
    charts: dict[str, Chart] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[Change] = ()

    @cached_property
    def wording(self) -> Wording:
        return Wording(self.report, self.period, self.phrases, self.shown)

    @cached_property
    def plates(self) -> Charts:
        return Charts(self.wording)

    # --- parts every chapter uses ------------------------------------------------------------------------------------

    def t(self, name: str, count: int | None = None, **facts: Md) -> Md:
        return self.phrases(name, count, **facts)

    def q(self, text: Any) -> Md:
        return self.shown.quoted(text)

    def words(self, block: Block | None, name: str) -> Md:
        """A text field of a block, or nothing."""
        text = block.text(name, self.language) if block is not None else ""
        return self.q(text) if text else Md("")

    def named(self, id: str) -> Md:
        """An element or indicator by its words; its id where the theory has no such block."""
        block = self.report.block(id)
        return self.wording.says(block) if block else self.q(id)

    def figure(self, chart: Chart | None) -> Md:
        """The chart as a figure with number, caption and text alternative; nothing where there is no chart."""
        if chart is None:
            return Md("")
        self.charts[chart.name] = chart
        number = self.shown.computed(f"figure {chart.name}", len(self.charts))
        caption = f"{self.t('report.figure', number=number)} {chart.caption}"
        alt = chart.alt.replace("\\", "\\\\").replace('"', "”")
        classes = " ".join(f".{name}" for name in chart.classes)
        return Md(f'![{caption}](figures/{chart.name}.svg){{#figure-{chart.name} {classes} fig-alt="{alt}"}}')

    def bullets(self, items: Sequence[Md]) -> Md:
        return Md("\n".join(f"- {item}" for item in items))

    def anchor(self, name: str) -> Md:
        """The attribute that gives a heading its address inside the report."""
        return Md(f"{{#{name}}}")

    # --- chapters ----------------------------------------------------------------------------------------------------

    def brief(self) -> dict[str, Any]:
        sentences = self.wording.brief()
        return {
            "lead": self.words(self.report.theory, "summary"),
            "sentences": sentences,
            "keys": self._key_figures(),
            "invented": bool(self.report.theory.attributes.get("invented")),
        }

    def _key_figures(self) -> list[tuple[Md, Md]]:
        """Up to four large numbers with what they are: the comparisons first, then indicators that have a target."""
        keys: list[tuple[Md, Md]] = []
        for evaluation in self.report.of("evaluation"):
            rows = self.report.evaluation_rows(evaluation.id)
            row = headline(rows)
            if row is not None and row["estimate"] is not None and row["ci_low"] is not None:
                shape = self.wording.effect_shape(evaluation, rows)
                sign = "+" if row["estimate"] > 0 else ""
                number = self.shown.cell("effects", row, "estimate", shape)
                interval = self.wording.interval(row, shape, "effects")
                keys.append((Md(sign + number), Md(f"{self._titled(evaluation)} [{interval}]{{.under}}")))
        with_target = [
            i for status in ("not_met", "behind", "on_track", "met") for i in self.wording.statuses().get(status, [])
        ]
        in_theory_order = [i for i in self.report.indicators if i in with_target]
        for indicator in in_theory_order:
            row = self.report.value(indicator.id, self.period.name)
            progress = self.report.progress(indicator.id, self.period.name)
            if row is not None and row["status"] == "ok" and progress is not None:
                number = self.shown.cell("indicator_values", row, "value", self.wording.shape(indicator, [row]))
                keys.append(
                    (
                        number,
                        Md(f"{self.wording.says(indicator)} [{self.wording.status(progress['status'])}]{{.under}}"),
                    )
                )
        return keys[:4]

    def _titled(self, evaluation: Block) -> Md:
        return self.wording.says(evaluation)

    def corrections(self) -> dict[str, Any]:
        rows = []
        for change in self.changes:
            what = re.sub(r"; (?:dimension|category)=all", "", change.row)
            what = re.sub(r"\w+_id=([^;]+)", lambda m: self._named_plain(m[1]), what)
            rows.append([self.q(f"{what}: {change.column}"), self.q(change.old or "–"), self.q(change.new or "–")])
        columns = [Column(self.t("corrections.what"), 60), Column(self.t("corrections.old"), 20, "right"),
                   Column(self.t("corrections.new"), 20, "right")]  # fmt: skip
        table = Table(self.t("corrections.caption"), columns, rows, ("cards",)).markdown() if rows else None
        name = "corrections.intro" if rows else "corrections.nothing"
        return {"intro": self.t(name, old=self.q(self.about.get("corrects", ""))), "table": table}

    def _named_plain(self, id: str) -> str:
        block = self.report.block(id)
        return block.says(self.language) if block else id

    def theory(self) -> dict[str, Any]:
        return {
            "context": self.words(self.report.theory, "context"),
            "needs": [self._need(block) for block in self.report.of("need")],
            "diagram": self.figure(self._diagram()),
            "section": self.t("section.theory_in_words"),
        }

    def theory_in_words(self) -> dict[str, Any]:
        return {
            "stages": [
                (
                    self.t(f"stage.{stage}"),
                    [self._in_words(b) for b in self.report.chain if diagram.stage_of(b) == stage],
                )
                for stage in diagram.stages(self.report.chain)
            ],
            "links": self._links(),
            "stakeholders": [self._stakeholder(block) for block in self.report.of("stakeholder")],
        }

    def _need(self, block: Block) -> Md:
        evidence = self.words(block, "evidence")
        return Md(f"**{self.wording.says(block)}.** {evidence}" if evidence else self.wording.says(block))

    def _stakeholder(self, block: Block) -> Md:
        name = self.wording.says(block)
        size = block.attributes.get("population_size")
        if size is not None:
            n = self.shown.stated(block.kind, block.id, "population_size", size, "number.0")
            name = self.t("theory.population", name=name, n=n)
        note = self.words(block, "note")
        traits = [self.q(spoken(trait, self.language)) for trait in block.attributes.get("characteristics") or ()]
        more = "; ".join([*traits, *([note] if note else [])])
        return Md(f"{name}: {more}" if more else name)

    def _diagram(self) -> Chart | None:
        title = self.phrases.plain("section.theory")
        canvas = diagram.draw(self.report, self.period, self.phrases, title)
        if canvas is None:
            return None
        columns = diagram.stages(self.report.chain)
        alt = self.phrases.plain(
            "theory.alt",
            columns=self.shown.plain_computed("columns of the diagram", len(columns)),
            stages=", ".join(self.phrases.plain(f"stage.{stage}") for stage in columns),
            n=self.shown.plain_computed("elements of the theory", len(self.report.chain)),
            links=self.shown.plain_computed("links of the theory", len(diagram.links_of(self.report))),
            section=self.phrases.plain("section.theory_in_words"),
        )
        for block in self.report.chain:
            self.wording.says(block)
        return Chart("theory", canvas, self.t("theory.caption"), alt, ("diagram",))

    def _in_words(self, block: Block) -> Md:
        """An element with its status, what measures it and what it leads to, as one item of a list."""
        status = diagram.status_of(self.report, block.id, self.period)
        head = f"**{self.wording.says(block)}**"
        if status != "not_measured" or block.kind in diagram.MEASURABLE:
            head = f"{head} {self.wording.status(status)}"
        parts = []
        indicators = self.report.measured_by(block.id)
        if indicators:
            names = "; ".join(self.wording.says(indicator) for indicator in indicators)
            parts.append(self.t("theory.measured_by", indicators=Md(names)))
        ends = [edge.end for edge in diagram.links_of(self.report) if edge.start == block.id]
        if ends:
            parts.append(self.t("theory.leads_to", targets=Md("; ".join(self.named(end) for end in ends))))
        return Md("\n".join([head, *(f"    - {part}" for part in parts)]))

    def _links(self) -> Md | None:
        rows = []
        for link in self.report.rows["links"]:
            mechanism = link[f"mechanism_{self.language}"] or link["mechanism"] or ""
            type = self.t(f"link.{link['type']}") if self.phrases.has(f"link.{link['type']}") else self.q(link["type"])
            strength = self.t(f"strength.{link['strength_of_evidence'] or 'unknown'}")
            pair = Md(f"{self.named(link['from_id'])} → *{type}* → {self.named(link['to_id'])}")
            rows.append([pair, self.q(mechanism) if mechanism else Md(self.shown.nothing), strength])
        if not rows:
            return None
        columns = [Column(self.t("theory.link"), 44),
                   Column(self.t("theory.mechanism"), 44), Column(self.t("theory.strength"), 14)]  # fmt: skip
        return Table(self.t("theory.links_caption"), columns, rows, ("cards",)).markdown()

    def progress(self) -> dict[str, Any]:
        rows = [self._progress_row(indicator) for indicator in self.report.indicators]
        columns = [
            Column(self.t("progress.indicator"), 31),
            Column(self.t("progress.start"), 11, "right"),
            Column(self.t("progress.now"), 22, "right"),
            Column(self.t("progress.target"), 21, "right"),
            Column(self.t("progress.status"), 17),
        ]  # fmt: skip
        kinds = ("met", "on_track", "behind", "not_met", "no_data", "no_target")
        legend = Md(", ".join(self.wording.status(kind) for kind in kinds))
        return {
            "table": Table(self.t("progress.caption"), columns, rows, ("cards", "progress")).markdown()
            if rows
            else None,
            "legend": self.t("progress.legend", items=legend),
        }

    def _progress_row(self, indicator: Block) -> list[Md]:
        row, period = self.reported(indicator)
        progress = self.report.progress(indicator.id, period)
        shape = self.wording.shape(indicator, [row] if row else [])
        title = self.wording.says(indicator)
        if row is None:
            status = "no_data" if progress and progress["target"] is not None else "no_target"
            return [title, Md("–"), self.t("cell.no_data"), Md("–"), self.wording.status(status)]
        interval = self.wording.interval(row, shape)
        value = self.wording.value(indicator, row, shape)
        cell = Md(f"{value} [{interval}]{{.under}}" if interval else value)
        if period != self.period.name:
            whole = next(p for p in self.report.periods if p.name == period)
            cell = Md(f"{cell} [{self.q(self.wording.period_name(whole))}]{{.under}}")
        if progress is None:
            return [title, Md("–"), cell, Md("–"), self.wording.status("no_target")]
        start = self.shown.cell("progress", progress, "baseline", shape)
        target = Md(self.shown.nothing)
        if progress["target"] is not None:
            words = self.wording.target({**progress, "due": None}, self.wording.unit(indicator), shape)
            due = progress["due"]
            by = self.t("cell.by", date=self.shown.cell("progress", progress, "due", "date")) if due else None
            target = Md(f"{words} [{by}]{{.under}}" if by else words)
        return [title, start, cell, target, self.wording.status(progress["status"])]

    def reported(self, indicator: Block) -> tuple[Row | None, str]:
        """The indicator's row for the period; for the whole calendar where only that has any data."""
        row = self.report.value(indicator.id, self.period.name)
        if (row is None or row["status"] == "no_data") and self.period.name != ALL:
            whole = self.report.value(indicator.id, ALL)
            if whole is not None and whole["status"] == "ok" and not self.report.series(indicator.id, self.period):
                return whole, ALL
        return row, self.period.name

    def indicators(self) -> dict[str, Any]:
        return {"indicators": [self._indicator(indicator) for indicator in self.report.indicators]}

    def _indicator(self, indicator: Block) -> dict[str, Any]:
        row, period = self.reported(indicator)
        progress = self.report.progress(indicator.id, period)
        shape = self.wording.shape(indicator, [row] if row else [])
        sentences = [
            *self.wording.value_sentences(indicator, row, shape),
            *self.wording.baseline_sentences(progress, row, shape),
            *([self.wording.target_sentence(indicator, progress, row, shape)] if progress and progress["target"] is not None else []),
        ]  # fmt: skip
        groups = self.report.broken_down(indicator.id, period)
        hidden = sum(r["status"] == "suppressed" for rows in groups.values() for r in rows)
        if hidden:
            n = self.shown.computed(f"hidden groups of {indicator.id}", hidden)
            sentences.append(self.t("indicator.hidden", count=hidden, n=n))
        figures = [self.figure(chart) for chart in (
            self.plates.trend(indicator), self.plates.breakdown(indicator, period), self.plates.histogram(indicator, period),
        ) if chart is not None]  # fmt: skip
        status = progress["status"] if progress and progress["target"] is not None else None
        limitations = self.words(indicator, "limitations")
        return {
            "id": indicator.id,
            "title": self.wording.says(indicator),
            "measures": self.t(
                "indicator.measures", elements=Md("; ".join(self.named(id) for id in indicator.ids("measures")))
            ),
            "status": self.wording.status(status) if status else None,
            "sentences": Md(" ".join(sentences)),
            "figures": figures,
            "limitations": self.t("indicator.limitations", text=limitations) if limitations else None,
        }

    def effect(self) -> dict[str, Any]:
        return {
            "evaluations": [self._evaluation(block) for block in self.report.of("evaluation")],
            "others": self._others(),
        }

    def _others(self) -> Md | None:
        """Published figures that are not set beside one of our estimates, with where they stand."""
        rows = []
        for block in self.report.of("published_figure"):
            value = block.attributes.get("value")
            if value is None or block.attributes.get("evaluation"):
                continue
            unit = Unit.of(block.attributes.get("unit"))
            number = self.shown.stated(block.kind, block.id, "value", value, unit.format([float(value)]))
            words = self.wording.with_unit(number, unit, float(value))
            if block.attributes.get("approx"):
                words = self.t(f"approx.{block.attributes['approx']}", words=words)
            cohort, locator = self.words(block, "cohort"), self.words(block, "locator")
            said = self.wording.says(block)
            source = self.words(block, "source")
            rows.append([
                Md(f"{said} [{cohort}]{{.under}}" if cohort else said), words,
                Md(f"{source}, {locator}" if locator else source),
            ])  # fmt: skip
        if not rows:
            return None
        columns = [Column(self.t("effect.what"), 48), Column(self.t("effect.figure"), 18, "right"),
                   Column(self.t("effect.source"), 34)]  # fmt: skip
        return Table(self.t("effect.others_caption"), columns, rows, ("cards",)).markdown()

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
            "figure": self.figure(self.plates.effect(evaluation, rows, title, [entry[:3] for entry in published])),
            "table": self._effects_table(evaluation, rows, title),
            "published": [sentence for *_, sentence in published],
            "limitations": self.words(evaluation, "limitations"),
        }

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
        corrected = any(row["p_adjusted"] is not None for row in rows)
        body = []
        for row in rows:
            name = f"effect.{row['term']}"
            n = Md(self.shown.nothing)
            if row["n_group"] is not None and row["n_comparison"] is not None:
                counts = {k: self.shown.cell("effects", row, k, "number.0") for k in ("n_group", "n_comparison")}
                n = self.t("effect.groups", **counts)
            body.append([
                self.t(name) if self.phrases.has(name) else self.q(row["term"]),
                self.shown.cell("effects", row, "estimate", shape),
                self.wording.interval(row, shape, "effects") or Md(self.shown.nothing),
                self.shown.cell("effects", row, "std_error", shape),
                self._p(row, "p_adjusted" if corrected else "p_value"),
                n,
            ])  # fmt: skip
        columns = [
            Column(self.t("effect.term"), 28), Column(self.t("effect.estimate"), 12, "right"),
            Column(self.t("effect.interval"), 23, "right"), Column(self.t("effect.error"), 14, "right"),
            Column(self.t("effect.p"), 9, "right"), Column(self.t("effect.people"), 14, "right"),
        ]  # fmt: skip
        return Table(self.t("effect.table", title=self.q(title)), columns, body, ("cards",)).markdown()

    def _p(self, row: Row, column: str) -> Md:
        value = row[column]
        if value is not None and value < 0.001:
            return self.t("effect.p_small", value=self.shown.computed("smallest p value shown", 0.001, "number.3"))
        return self.shown.cell("effects", row, column, "number.3")

    def assumptions(self) -> dict[str, Any]:
        rows = []
        for block in self.report.of("assumption"):
            tests = block.ids("test")
            tested = (
                self.t("assumptions.tested_by", ids=Md("; ".join(self.named(id) for id in tests))) if tests else None
            )
            basis = [part for part in (self.words(block, "reason"), tested) if part]
            level = block.attributes.get("criticality")
            rows.append([
                self.wording.says(block),
                self.t(f"level.{level}") if level else Md(self.shown.nothing),
                self.t(f"assumption_status.{block.attributes.get('status', 'untested')}"),
                Md(" ".join(basis)) if basis else self.t("assumptions.untested"),
            ])  # fmt: skip
        columns = [Column(self.t("assumptions.statement"), 32), Column(self.t("assumptions.criticality"), 10),
                   Column(self.t("assumptions.state"), 15), Column(self.t("assumptions.basis"), 43)]  # fmt: skip
        return {
            "table": Table(self.t("assumptions.caption"), columns, rows, ("cards",)).markdown() if rows else None,
            "evidence": self._evidence(),
            "claims": [self._claim(block) for block in self.report.of("claim")],
        }

    def _claim(self, block: Block) -> dict[str, Any]:
        """A contribution claim with what speaks for it, against it, and what else might explain the change."""
        names = {"for": "evidence_for", "against": "evidence_against", "alternatives": "alternatives"}
        lists = [
            (
                self.t(f"assumptions.{name}"),
                [self.q(spoken(text, self.language)) for text in block.attributes.get(key) or ()],
            )
            for name, key in names.items()
        ]
        return {
            "claim": self.wording.says(block),
            "verdict": self.words(block, "verdict"),
            "lists": [(title, items) for title, items in lists if items],
        }

    def _evidence(self) -> Md | None:
        rows = []
        for row in self.report.rows["evidence"]:
            link = self.report.rows["links"]
            about = row["element_id"] or row["assumption_id"]
            if row["link_id"]:
                pair = next((entry for entry in link if entry["link_id"] == row["link_id"]), None)
                name = (
                    Md(f"{self.named(pair['from_id'])} → {self.named(pair['to_id'])}")
                    if pair
                    else self.q(row["link_id"])
                )
            else:
                name = self.named(about) if about else Md(self.shown.nothing)
            kind, reference = str(row["kind"] or ""), str(row["reference"] or "")
            said = self.t(f"evidence_kind.{kind}") if self.phrases.has(f"evidence_kind.{kind}") else self.q(kind)
            strength = str(row["strength"] or "unknown")
            rows.append([
                name,
                Md(f"{said}: {self.named(reference)}" if reference else said),
                self.t(f"direction.{row['direction'] or 'none'}"),
                self.t(f"strength.{strength}") if self.phrases.has(f"strength.{strength}") else self.q(strength),
            ])  # fmt: skip
        if not rows:
            return None
        columns = [Column(self.t("assumptions.about"), 38), Column(self.t("assumptions.kind"), 34),
                   Column(self.t("assumptions.direction"), 14), Column(self.t("assumptions.strength"), 14)]  # fmt: skip
        return Table(self.t("assumptions.evidence_caption"), columns, rows, ("cards",)).markdown()

    def risks(self) -> dict[str, Any]:
        def level(block: Block, name: str) -> Md:
            found = block.attributes.get(name)
            return self.t(f"level.{found}") if found else Md(self.shown.nothing)

        rows = [
            [self.wording.says(b), level(b, "likelihood"), level(b, "consequence"),
             self.words(b, "mitigation") or Md(self.shown.nothing)]
            for b in self.report.of("risk")
        ]  # fmt: skip
        columns = [Column(self.t("risks.statement"), 34), Column(self.t("risks.likelihood"), 13),
                   Column(self.t("risks.consequence"), 14), Column(self.t("risks.mitigation"), 39)]  # fmt: skip
        return {"table": Table(self.t("risks.caption"), columns, rows, ("cards",)).markdown() if rows else None}

    def quality(self) -> dict[str, Any]:
        loads = self.report.rows["loads"]
        rows = [
            [
                Md(f"{self.q(row['file_name'])} [{self.q(row['source'])}]{{.under}}"),
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
        }

    def _rules(self) -> dict[str, Any]:
        rules = self.report.rows["quality"]
        failing = [row for row in rules if row["n_failed"]]
        if not rules:
            return {"rules": self.t("quality.no_rules"), "failing": None}
        n = self.shown.computed("quality rules", len(rules))
        if not failing:
            return {"rules": self.t("quality.all_hold", count=len(rules), n=n), "failing": None}
        failed = self.shown.computed("quality rules broken", len(failing))
        body = [
            [
                self.q(row["rule_id"]), self.t(f"quality.{'error' if row['severity'] == 'error' else 'warning'}"),
                self.shown.cell("quality", row, "n_rows", "number.0"),
                self.shown.cell("quality", row, "n_failed", "number.0"), self.q(row["remedy"] or "–"),
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

    def missing(self) -> dict[str, Any]:
        gaps = []
        for row in self.report.rows["coverage"]:
            if row["gap"]:
                gap = str(row["gap"])
                why = self.t(f"missing.{gap}") if self.phrases.has(f"missing.{gap}") else self.q(gap)
                gaps.append(Md(f"**{self.named(row['element_id'])}**: {why}"))
        empty = []
        for indicator in self.report.indicators:
            row, _ = self.reported(indicator)
            if row is None or row["status"] != "ok":
                status = row["status"] if row is not None else "no_data"
                empty.append(Md(f"**{self.wording.says(indicator)}**: {self.t(f'cell.{status}')}"))
        untested = [
            self.wording.says(b)
            for b in self.report.of("assumption")
            if b.attributes.get("status", "untested") == "untested"
        ]
        estimated = {row["evaluation_id"] for row in self.report.rows["effects"]}
        waiting = [self.wording.says(b) for b in self.report.of("evaluation") if b.id not in estimated]
        hidden = sum(
            row["status"] == "suppressed" and row["period"] == self.period.name
            for row in self.report.rows["indicator_values"]
        )
        lists = [("elements", gaps), ("indicators", empty), ("questions", self._unanswered(estimated)),
                 ("assumptions", untested), ("evaluations", waiting)]  # fmt: skip
        return {
            "lists": [(self.t(f"missing.{name}"), items) for name, items in lists if items],
            "suppressed": self.t("missing.suppressed", count=hidden, n=self.shown.computed("values not shown", hidden)) if hidden else None,
        }  # fmt: skip

    def _unanswered(self, estimated: set[str]) -> list[Md]:
        """Evaluation questions for which neither an indicator nor a comparison has a value, with how they might be."""
        found = []
        compared = {str(b.attributes.get("question")) for b in self.report.of("evaluation") if b.id in estimated}
        for block in self.report.of("evaluation_question"):
            indicators = [i for id in block.ids("answered_by") if (i := self.report.block(id, "indicator"))]
            rows = [self.reported(indicator)[0] for indicator in indicators]
            if block.id not in compared and not any(row is not None and row["status"] == "ok" for row in rows):
                method = self.words(block, "method")
                found.append(Md(f"**{self.wording.says(block)}** {method}" if method else self.wording.says(block)))
        return found

    def methods(self) -> dict[str, Any]:
        return {"indicators": [self._method(indicator) for indicator in self.report.indicators]}

    def _method(self, indicator: Block) -> dict[str, Any]:
        row, period = self.reported(indicator)
        attributes = indicator.attributes
        direction, mode = attributes.get("direction"), (attributes.get("uncertainty") or {}).get("mode")
        entries: list[tuple[str, Md]] = [
            ("definition", self.words(indicator, "definition")),
            ("rationale", self.words(indicator, "rationale")),
            ("measures", Md("; ".join(self.named(id) for id in indicator.ids("measures")))),
            ("unit", self._unit_words(indicator)),
            ("source", self.q(attributes.get("source") or "")),
            ("measure", self._measure(attributes.get("measure") or {})),
            ("numerator", self.words(indicator, "numerator")),
            ("denominator", self.words(indicator, "denominator")),
            ("missing_rule", self.words(indicator, "missing_rule")),
            ("uncertainty", self.t(f"uncertainty_mode.{mode}") if mode else Md("")),
            ("direction", self.t(f"good_direction.{direction}") if direction else Md("")),
        ]
        if row is not None:
            entries += [
                ("method", self.q(row["method"] or "")),
                ("n", self.shown.cell("indicator_values", row, "n", "number.0") if row["n"] is not None else Md("")),
                ("theory_version", self.q(row["theory_version"] or "")),
                (
                    "definition_id",
                    Md(f"`{self.shown.literal(row['definition_id'])}`") if row["definition_id"] else Md(""),
                ),
            ]
        body = [[self.t(f"methods.{name}"), text] for name, text in entries if text]
        columns = [Column(self.t("methods.field"), 26), Column(self.t("methods.content"), 74)]
        return {
            "title": self.wording.says(indicator),
            "id": indicator.id,
            "table": Table(
                self.t("methods.table", title=self.wording.says(indicator)), columns, body, ("sheet",)
            ).markdown(),
            "values": self._values_table(indicator, period),
        }

    def _unit_words(self, indicator: Block) -> Md:
        unit = self.wording.unit(indicator)
        if unit.kind == "money":
            from babel.numbers import get_currency_name

            return self.q(f"{get_currency_name(unit.name, locale=self.language)} ({unit.name})")
        name = unit.name.casefold().removesuffix("s")
        return self.t(f"unit.{name}", count=2) if self.phrases.has(f"unit.{name}") else self.q(unit.name)

    def _measure(self, measure: Mapping[str, Any]) -> Md:
        """The computation as the theory writes it, in its own terms."""
        kinds = {k: v for k, v in measure.items() if k not in ("from", "where")}
        if not kinds:
            return Md("")
        name, body = next(iter(kinds.items()))
        text = f"{name}: {body if isinstance(body, str | int | float) else json.dumps(body, ensure_ascii=False)}"
        where = measure.get("where")
        said = Md(f"`{self.shown.literal(text)}`")
        condition = self.t("methods.where", where=Md(f"`{self.shown.literal(where)}`")) if where else None
        return Md(f"{said}, {condition}" if condition else said)

    def _values_table(self, indicator: Block, period: str) -> Md | None:
        groups = self.report.broken_down(indicator.id, period)
        rows = [row for members in groups.values() for row in members]
        if not rows:
            return None
        whole = self.report.value(indicator.id, period)
        every = [*([whole] if whole else []), *rows]
        shape = self.wording.shape(indicator, every)
        body = []
        for dimension, members in [*([(ALL, [whole])] if whole else []), *groups.items()]:
            ordered = members if dimension == ALL else self.plates.in_order(dimension, members)
            for row in ordered:
                label = self.t("indicator.wholly") if dimension == ALL else self.q(
                    f"{self.plates.dimension_title(dimension)}: {self.plates.category_label(dimension, row['category'])}")  # fmt: skip
                body.append([
                    label, self.wording.value(indicator, row, shape),
                    self.wording.interval(row, shape) or Md(self.shown.nothing),
                    self.shown.cell("indicator_values", row, "n", "number.0"),
                ])  # fmt: skip
        columns = [Column(self.t("methods.group"), 46), Column(self.t("methods.value"), 20, "right"),
                   Column(self.t("methods.interval"), 24, "right"), Column(self.t("methods.rows"), 10, "right")]  # fmt: skip
        return Table(self.t("methods.values", title=self.wording.says(indicator)), columns, body).markdown()

    def glossary(self) -> dict[str, Any]:
        return {"entries": [
            (self.q(term[self.language]), self.q(meaning[self.language])) for term, meaning in self.phrases.entry("glossary.entries")
        ]}  # fmt: skip

    def provenance(self) -> dict[str, Any]:
        theory = self.report.theory
        status = theory.attributes.get("status")
        smallest = self.report.programme.attributes.get("smallest_group")
        entries: list[tuple[str, Md]] = [
            ("organisation", self.q(self.about.get("organisation", ""))),
            ("period", self.q(self.about.get("period", ""))),
            ("theory", Md(f"{self.wording.says(theory)}, {self.q(self.report.theory_version)}")),
            ("status", self.t(f"theory_status.{status}") if status else Md("")),
            (
                "authors",
                Md("; ".join(self.q(spoken(a, self.language)) for a in theory.attributes.get("authors") or ())),
            ),
            ("snapshot", Md(f"`{self.shown.literal(self.report.snapshot_id)}`") if self.report.snapshot_id else Md("")),
            ("as_of", self.q(self.about.get("as_of", ""))),
            ("code", self.q(self.about.get("code_version", ""))),
            ("typesetter", self.q(self.about.get("typesetter", ""))),
        ]
        if smallest is not None:
            n = self.shown.stated("programme", self.report.programme.id, "smallest_group", int(smallest), "number.0")
            entries.append(("smallest", self.t("provenance.smallest_value", n=n)))
        body = [[self.t(f"provenance.{name}"), text] for name, text in entries if text]
        columns = [Column(self.t("methods.field"), 30), Column(self.t("methods.content"), 70)]
        invented = bool(theory.attributes.get("invented"))
        return {
            "data": self.t("provenance.data_invented")
            if invented
            else self.t("provenance.data_real", section=self.t("section.quality")),
            "sources": [self.q(spoken(source, self.language)) for source in theory.attributes.get("sources") or ()],
            "statement": self.t("provenance.statement"),
            "table": Table(self.t("provenance.caption"), columns, body, ("sheet",)).markdown(),
        }

    def view(self, name: str) -> dict[str, Any]:
        """What the template of that chapter is given."""
        make: Callable[[], dict[str, Any]] = getattr(self, name)
        return make()
