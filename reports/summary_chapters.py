"""The chapters around the findings: in brief, the words used, and where the
report comes from. Findings themselves are told elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.chapter import Chapter
from reports.reading import spoken
from reports.shown import Md
from reports.tables import Column, Table
from reports.wording import headline


class SummaryChapters(Chapter):
    def brief(self) -> dict[str, Any]:
        *findings, gaps, data = self.wording.brief()
        return {
            "lead": self.words(self.report.theory, "summary"),
            "sentences": [*findings, *self._contrary(), gaps, data],
            "keys": self._key_figures(),
            "area": self._area(),
            "invented": bool(self.report.theory.attributes.get("invented")),
        }

    def _area(self) -> Md | None:
        area = self.report.block(self.about.get("area", ""), "area")
        return self.t("report.one_area", area=self.wording.says(area)) if area else None

    def _contrary(self) -> list[Md]:
        """Where numbers and voices say the contrary: nobody who reads the summary alone may miss it."""
        flagged = [row for row in self.report.rows["joined"] if row["flag"]]
        if not flagged:
            return []
        n = self.shown.computed("numbers and voices say the contrary", len(flagged))
        names = self.wording.listed([self.claimed(row) for row in flagged])
        return [self.t("brief.contrary", count=len(flagged), n=n, names=names)]

    def _key_figures(self) -> list[tuple[Md, Md]]:
        """Up to four large numbers with what they are: the comparisons first, then indicators that have a target."""
        return [*self._effect_keys(), *self._target_keys()][:4]

    def _effect_keys(self) -> Iterator[tuple[Md, Md]]:
        for evaluation in self.report.of("evaluation"):
            rows = self.report.evaluation_rows(evaluation.id)
            row = headline(rows)
            if row is None or row["estimate"] is None:
                continue
            shape = self.wording.effect_shape(evaluation, rows)
            interval = self.wording.interval(row, shape, "effects")
            if interval is None:
                continue
            if self.wording.effect_unit(evaluation).kind == "percent":
                interval = self.t("effect.key", unit=self.t("effect.points_word"), interval=interval)
            number = self.shown.cell("effects", row, "estimate", shape)
            sign = "+" if row["estimate"] > 0 else ""
            yield Md(sign + number), Md(f"{self.wording.says(evaluation)} [{interval}]{{.under}}")

    def _target_keys(self) -> Iterator[tuple[Md, Md]]:
        for indicator in self.report.in_force(self.period):
            row = self.report.value(indicator.id, self.period.name)
            progress = self.report.progress(indicator.id, self.period.name)
            if row is None or row["status"] != "ok" or progress is None or progress["target"] is None:
                continue
            if self.wording.is_milestone(indicator):
                continue
            number = self.shown.cell("indicator_values", row, "value", self.wording.shape(indicator, [row]))
            status = self.wording.status(progress["status"])
            if self.wording.is_unsure(progress, row):
                status = Md(f"{status}, {self.t('progress.unsure_key')}")
            yield number, Md(f"{self.wording.says(indicator)} [{status}]{{.under}}")

    def glossary(self) -> dict[str, Any]:
        return {
            "entries": [
                (self.q(term[self.language]), self.q(meaning[self.language]))
                for term, meaning in self.phrases.entry("glossary.entries")
            ]
        }

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
            "data": self.t("provenance.data_invented") if invented else self._deliveries(),
            "sources": [self.q(spoken(source, self.language)) for source in theory.attributes.get("sources") or ()],
            "statement": self.t("provenance.statement"),
            "table": Table(self.t("provenance.caption"), columns, body, ("sheet",)).markdown(),
        }

    def _deliveries(self) -> Md:
        """Where the data come from: the chapter that lists the deliveries, or how many there were."""
        if "quality" in self.chapters:
            return self.t("provenance.data_real", section=self.t("section.quality"))
        loads = len(self.report.rows["loads"])
        return self.t("provenance.data_counted", count=loads, n=self.shown.computed("deliveries", loads))
