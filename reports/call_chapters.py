"""The chapter on calls: how many cases pass each stage, the money beside it, the organisations in them.

Tables of what is published; no sentence here reads more into it than a table says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.chapter import Chapter
from reports.reading import ALL, Row
from reports.shown import Md
from reports.tables import Column, Table

_MOST_ACROSS = 4


class CallChapters(Chapter):
    def calls(self) -> dict[str, Any]:
        sources = dict.fromkeys(row["source"] for row in self.report.rows["funnels"])
        return {"calls": [self._call(source) for source in sources]}

    def _call(self, source: str) -> dict[str, Any]:
        rows = [row for row in self.report.rows["funnels"] if row["source"] == source]
        stages = [row for row in rows if row["kind"] == "stage"]
        is_open = list(dict.fromkeys(self._cohort_name(row) for row in stages if row["status"] == "open"))
        return {
            "source": source,
            "title": self.q(rows[0][f"source_{self.language}"] or source),
            "stages": self._call_stages(stages),
            "open": self.t("call.open", count=len(is_open), cohorts=self.q(", ".join(is_open))) if is_open else None,
            "money": self._call_money([row for row in rows if row["kind"] == "money" and row["cohort"] == ALL]),
            "organisations": self._call_organisations(
                [row for row in rows if row["kind"] == "organisations" and row["cohort"] == ALL], stages
            ),
        }

    def _call_stages(self, rows: Sequence[Row]) -> Md:
        """A row for each stage, with the cohorts beside one another where they are few."""
        cohorts = list(dict.fromkeys(row["cohort"] for row in rows if row["cohort"] != ALL))
        whole = [row for row in rows if row["cohort"] == ALL]
        if whole and len(cohorts) <= _MOST_ACROSS:
            return self._stages_across(whole, rows, cohorts if len(cohorts) > 1 else [])
        body = []
        for row in rows:
            body.append([
                Md(f"{self._stage_title(row)} [{self._cohort(row)}]{{.under}}"),
                self._call_cell(row, "n", "number.0"),
                self._call_cell(row, "of_previous", "percent.1"),
                self._call_cell(row, "of_first", "percent.1"),
            ])  # fmt: skip
        names = ("cases", "of_previous", "of_first")
        columns = [Column(self.t("call.stage"), 40), *(Column(self.t(f"call.{name}"), 20, "right") for name in names)]
        return Table(self.t("call.caption"), columns, body, ("cards",)).markdown()

    def _stages_across(self, whole: Sequence[Row], rows: Sequence[Row], cohorts: Sequence[str]) -> Md:
        by_place = {(row["item"], row["cohort"]): row for row in rows}
        names = {row["cohort"]: self._cohort_name(row) for row in rows}
        body = []
        for row in whole:
            rates = [self._call_cell(row, name, "percent.1") for name in ("of_previous", "of_first")]
            own = [self._cohort_cell(by_place.get((row["item"], cohort))) for cohort in cohorts]
            body.append([self._stage_title(row), self._call_cell(row, "n", "number.0"), *rates, *own])
        heads = [self.t(f"call.{name}") for name in ("cases", "of_previous", "of_first")]
        columns = [Column(self.t("call.stage"), 28), *(Column(head, 14, "right") for head in heads)]
        columns += [Column(self.q(names[cohort]), 16, "right") for cohort in cohorts]
        caption = self.t("call.caption_across") if cohorts else self.t("call.caption")
        return Table(caption, columns, body, ("cards",)).markdown()

    def _cohort_cell(self, row: Row | None) -> Md:
        if row is None:
            return Md(self.shown.nothing)
        n = self._call_cell(row, "n", "number.0")
        if row["status"] == "open":
            return Md(f"{n} [{self.t('call.undecided')}]{{.under}}")
        if row["of_previous"] is None:
            return n
        return Md(f"{n} [{self.shown.cell('funnels', row, 'of_previous', 'percent.1')}]{{.under}}")

    def _call_money(self, rows: Sequence[Row]) -> Md | None:
        body = []
        for row in rows:
            known = f"call.money_{row['item']}"
            body.append([
                self.t(known) if self.phrases.has(known) else self.q(row["item"]),
                self._call_cell(row, "n", "number.0"),
                self._call_cell(row, "amount", "number.0"),
                self._call_cell(row, "leverage", "number.2"),
            ])  # fmt: skip
        names = ("cases", "amount", "leverage")
        columns = [Column(self.t("call.money"), 40), *(Column(self.t(f"call.{name}"), 20, "right") for name in names)]
        return Table(self.t("call.money_caption"), columns, body, ("cards",)).markdown() if body else None

    def _call_organisations(self, rows: Sequence[Row], stages: Sequence[Row]) -> Md | None:
        titles = {row["item"]: row for row in stages}
        names = ("n", "participations", "organisations")
        body = [
            [self._stage_title(titles[row["item"]]), *(self._call_cell(row, name, "number.0") for name in names)]
            for row in rows
        ]
        heads = ("cases", "participations", "organisations")
        columns = [Column(self.t("call.stage"), 40), *(Column(self.t(f"call.{name}"), 20, "right") for name in heads)]
        return Table(self.t("call.organisations_caption"), columns, body, ("cards",)).markdown() if body else None

    def _stage_title(self, row: Row) -> Md:
        return self.q(row[f"title_{self.language}"] or row["item"])

    def _cohort(self, row: Row) -> Md:
        if row["cohort"] == ALL:
            return self.t("call.all")
        said = self.q(self._cohort_name(row))
        return Md(f"{said}, {self.t('call.undecided')}") if row["status"] == "open" else said

    def _cohort_name(self, row: Row) -> str:
        return row[f"cohort_{self.language}"] or row["cohort"] or self.shown.nothing

    def _call_cell(self, row: Row, column: str, shape: str) -> Md:
        if row["status"] == "suppressed":
            return self.t("cell.suppressed")
        return self.shown.cell("funnels", row, column, shape)
