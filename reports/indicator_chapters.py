"""The chapters that tell the indicators: where each stands, each on its own with its charts, and how each number is
made. Comparisons between groups of people are told in `effect_chapters`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from reports.change_wording import ChangeWording
from reports.chapter import Chapter
from reports.method_words import method_words
from reports.reading import ALL, Block, Row, retired_at, spoken
from reports.shown import Md, exact
from reports.tables import Column, Table

#: With more groups than this a table is for the data of the package, not for a reader.
_MOST_GROUPS = 100
#: The least alpha of a score that is used to compare groups of people (Nunnally and Bernstein 1994, Psychometric
#: Theory, 7); those used to judge a single person need more.
_LEAST_ALPHA = 0.7


class IndicatorChapters(Chapter):
    @cached_property
    def compared(self) -> ChangeWording:
        return ChangeWording(self.wording, self.plates)

    def progress(self) -> dict[str, Any]:
        rows = [row for indicator in self.report.in_force(self.period) for row in self._progress_rows(indicator)]
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
            "retired": self._retired(),
        }

    def _progress_rows(self, indicator: Block) -> Iterator[list[Md]]:
        """The indicator's line, then one for each group that has a target of its own."""
        row, period = self.reported(indicator)
        yield self._progress_row(
            indicator, self.wording.says(indicator), row, self.report.progress(indicator.id, period)
        )
        for progress in self.report.rows["progress"]:
            dimension, category = progress["dimension"], progress["category"]
            own = progress["indicator_id"] == indicator.id and progress["period"] == period and dimension != ALL
            if own and progress["target"] is not None:
                label = self.q(
                    f"{self.plates.dimension_title(dimension)}: {self.plates.category_label(dimension, category)}"
                )
                value = self.report.value(indicator.id, period, dimension, category)
                yield self._progress_row(
                    indicator, Md(f"{self.wording.says(indicator)} [{label}]{{.under}}"), value, progress
                )

    def _progress_row(self, indicator: Block, title: Md, row: Row | None, progress: Row | None) -> list[Md]:
        shape = self.wording.shape(indicator, [row] if row else [], progress)
        if row is None:
            status = "no_data" if progress and progress["target"] is not None else "no_target"
            return [title, Md("–"), self.t("cell.no_data"), Md("–"), self.wording.status(status)]
        interval = self.wording.interval(row, shape)
        value = self.wording.value(indicator, row, shape)
        cell = Md(f"{value} [{interval}]{{.under}}" if interval else value)
        if row["period"] != self.period.name:
            whole = self.report.period(row["period"])
            cell = Md(f"{cell} [{self.q(self.wording.period_name(whole))}]{{.under}}")
        if progress is None:
            return [title, Md("–"), cell, Md("–"), self.wording.status("no_target")]
        start = self.shown.cell("progress", progress, "baseline", shape)
        moved = self.compared.since_start(indicator, row["period"], row["dimension"], row["category"])
        cell = Md(f"{cell} [{moved}]{{.under}}") if moved else cell
        target = Md(self.shown.nothing)
        if progress["target"] is not None:
            words = self.wording.target({**progress, "due": None}, self.wording.unit(indicator), shape)
            due = progress["due"]
            by = self.t("cell.by", date=self.shown.cell("progress", progress, "due", "date")) if due else None
            target = Md(f"{words} [{by}]{{.under}}" if by else words)
        status = self.wording.status(progress["status"])
        if progress.get("certainty") == "unsure":
            status = Md(f"{status} [{self.t('progress.unsure')}]{{.under}}")
        return [title, start, cell, target, status]

    def indicators(self) -> dict[str, Any]:
        drawn: dict[Any, Block] = {}
        return {
            "indicators": [self._indicator(indicator, drawn) for indicator in self.report.in_force(self.period)],
            "retired": self._retired(),
        }

    def _retired(self) -> list[Md]:
        """What is no longer measured, since when, why, and what took its place."""
        told = []
        for indicator in self.report.indicators:
            retired = indicator.attributes.get("retired")
            if not retired:
                continue
            day = self.shown.computed(f"retirement of {indicator.id}", retired_at(indicator), "date")
            reason = self.q(spoken(retired.get("reason"), self.language).rstrip("."))
            parts = [
                self.t("indicator.retired", title=Md(f"**{self.wording.says(indicator)}**"), day=day, reason=reason)
            ]
            if retired.get("replaced_by"):
                parts.append(self.t("indicator.replaced", title=self.named(retired["replaced_by"])))
            told.append(Md(" ".join(parts)))
        return told

    def _indicator(self, indicator: Block, drawn: dict[Any, Block]) -> dict[str, Any]:
        row, period = self.reported(indicator)
        progress = self.report.progress(indicator.id, period)
        shape = self.wording.shape(indicator, [row] if row else [], progress)
        sentences = [
            *self.wording.value_sentences(indicator, row, shape),
            *self._scale_cautions(indicator, period),
            *(
                []
                if self.compared.has_start(indicator, period)
                else self.wording.baseline_sentences(progress, row, shape)
            ),
            *self.compared.whatever_the_others_say(indicator, period, shape),
            *self.compared.since(indicator, period, shape),
            *(
                [self.wording.target_sentence(indicator, progress, row, shape)]
                if progress and progress["target"] is not None
                else []
            ),
        ]
        sentences += self.compared.between_groups(indicator, period)
        groups = self.report.broken_down(indicator.id, period)
        hidden = sum(r["status"] == "suppressed" for rows in groups.values() for r in rows)
        if hidden:
            n = self.shown.computed(f"hidden groups of {indicator.id}", hidden)
            sentences.append(self.t("indicator.hidden", count=hidden, n=n))
        shape_of_rows = self.plates.bins(indicator, period)
        first = drawn.get(shape_of_rows) if shape_of_rows else None
        if first is not None:
            sentences.append(self.t("indicator.same_histogram", title=self.wording.says(first)))
        elif shape_of_rows:
            drawn[shape_of_rows] = indicator
        figures = [
            self.figure(chart)
            for chart in (
                self.plates.trend(indicator),
                self.plates.breakdown(indicator, period),
                self.plates.histogram(indicator, period) if first is None else None,
            )
            if chart is not None
        ]
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

    def _scale_cautions(self, indicator: Block, period: str) -> Iterator[Md]:
        """A word of caution for each score the indicator rests on whose items agree little."""
        used = json.dumps(indicator.attributes.get("measure") or {}, ensure_ascii=False)
        for scale in dict.fromkeys(row["scale"] for row in self.report.rows["scales"]
                                   if row["source"] == indicator.attributes.get("source")):  # fmt: skip
            if not re.search(rf"(?<!\w){re.escape(scale)}(?!\w)", used):
                continue
            rows = [row for row in self.report.rows["scales"]
                    if (row["source"], row["scale"]) == (indicator.attributes.get("source"), scale)
                    and row["wave"] == ALL and row["status"] == "ok"]  # fmt: skip
            row = next((row for at in (period, ALL) for row in rows if row["period"] == at), None)
            if row is not None and row["alpha"] is not None and row["alpha"] < _LEAST_ALPHA:
                yield self.t(
                    "scale.caution", scale=self.q(row[f"title_{self.language}"] or scale),
                    items=self.shown.cell("scales", row, "n_items", "number.0"),
                    alpha=self.shown.cell("scales", row, "alpha", "number.2"),
                    least=self.shown.computed("least alpha of a scale", _LEAST_ALPHA, "number.2"),
                )  # fmt: skip

    def methods(self) -> dict[str, Any]:
        return {
            "indicators": [self._method(indicator) for indicator in self.report.in_force(self.period)],
            "scales": self.scales(),
        }

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
            ("measure", self._measure(indicator, attributes.get("measure") or {})),
            ("numerator", self.words(indicator, "numerator")),
            ("denominator", self.words(indicator, "denominator")),
            ("missing_rule", self.words(indicator, "missing_rule")),
            ("uncertainty", self.t(f"uncertainty_mode.{mode}") if mode else Md("")),
            ("direction", self.t(f"good_direction.{direction}") if direction else Md("")),
        ]
        if row is not None:
            entries += [
                ("method", method_words(row["method"] or "", self.phrases, self.shown)),
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
            "comparisons": self.compared.table(indicator, period),
        }

    def _unit_words(self, indicator: Block) -> Md:
        unit = self.wording.unit(indicator)
        if unit.kind == "money":
            from babel.numbers import get_currency_name

            return self.q(f"{get_currency_name(unit.name, locale=self.language)} ({unit.name})")
        name = unit.name.casefold().removesuffix("s")
        return self.t(f"unit.{name}", count=2) if self.phrases.has(f"unit.{name}") else self.q(unit.name)

    def _measure(self, indicator: Block, measure: Mapping[str, Any]) -> Md:
        """The computation as the theory writes it, in its own terms."""
        kinds = {k: v for k, v in measure.items() if k not in ("from", "where")}
        if not kinds:
            return Md("")
        name, body = next(iter(kinds.items()))
        if name == "index":
            return self._index(indicator, body)
        text = f"{name}: {body if isinstance(body, str | int | float) else json.dumps(body, ensure_ascii=False)}"
        where = measure.get("where")
        said = Md(f"`{self.shown.literal(text)}`")
        condition = self.t("methods.where", where=Md(f"`{self.shown.literal(where)}`")) if where else None
        return Md(f"{said}, {condition}" if condition else said)

    def _index(self, indicator: Block, index: Mapping[str, Any]) -> Md:
        """An index as its components, with what counts as 0 and as 1 and what each weighs."""

        def stated(number: int, key: str, value: float) -> Md:
            path = f"measure.index.of.{number}.{key}"
            return self.shown.stated("indicator", indicator.id, path, value, exact("number.0", value))

        told = []
        for number, one in enumerate(index["of"]):
            facts = {"title": self.named(one["indicator"]), "weight": stated(number, "weight", one["weight"])}
            if one.get("worst") is None or one.get("best") is None:
                told.append(self.t("methods.component", **facts))
                continue
            ends = {key: stated(number, key, one[key]) for key in ("worst", "best")}
            told.append(self.t(f"methods.component_{one['scale']}", **facts, **ends))
        return self.t(f"methods.index_{index['aggregate']}", parts=Md("; ".join(told)))

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
            for row in ordered[:_MOST_GROUPS]:
                label = self.t("indicator.wholly")
                if dimension != ALL:
                    category = self.plates.category_label(dimension, row["category"])
                    label = self.q(f"{self.plates.dimension_title(dimension)}: {category}")
                body.append([
                    label, self.wording.value(indicator, row, shape),
                    self.wording.interval(row, shape) or Md(self.shown.nothing),
                    self.shown.cell("indicator_values", row, "n", "number.0"),
                ])  # fmt: skip
        columns = [
            Column(self.t("methods.group"), 46),
            Column(self.t("methods.value"), 20, "right"),
            Column(self.t("methods.interval"), 24, "right"),
            Column(self.t("methods.rows"), 10, "right"),
        ]
        table = Table(self.t("methods.values", title=self.wording.says(indicator)), columns, body).markdown()
        further = sum(max(0, len(members) - _MOST_GROUPS) for members in groups.values())
        if not further:
            return table
        n = self.shown.computed(f"groups of {indicator.id} that are in the data only", further)
        return Md(f"{table}\n\n{self.t('methods.further', n=n)}")
