"""The chapters on calls and on ratings: how many cases pass each stage, the money beside it, what several raters gave.

Tables of what is published; no sentence here reads more into it than a table says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.chapter import Chapter
from reports.reading import ALL, Row
from reports.shown import Md
from reports.tables import Column, Table


class CallChapters(Chapter):
    # Calls -----------------------------------------------------------------------------------------------------------

    def calls(self) -> dict[str, Any]:
        sources = dict.fromkeys(row["source"] for row in self.report.rows["funnels"])
        return {"calls": [self._call(source) for source in sources]}

    def _call(self, source: str) -> dict[str, Any]:
        rows = [row for row in self.report.rows["funnels"] if row["source"] == source]
        stages = [row for row in rows if row["kind"] == "stage"]
        is_open = sorted({row["cohort"] for row in stages if row["status"] == "open"})
        return {
            "source": source,
            "title": self.q(source),
            "stages": self._call_stages(stages),
            "open": self.t("call.open", count=len(is_open), cohorts=self.q(", ".join(is_open))) if is_open else None,
            "money": self._call_money([row for row in rows if row["kind"] == "money" and row["cohort"] == ALL]),
            "organisations": self._call_organisations(
                [row for row in rows if row["kind"] == "organisations" and row["cohort"] == ALL], stages
            ),
        }

    def _call_stages(self, rows: Sequence[Row]) -> Md:
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
        said = self.q(row["cohort"] or self.shown.nothing)
        return Md(f"{said}, {self.t('call.undecided')}") if row["status"] == "open" else said

    def _call_cell(self, row: Row, column: str, shape: str) -> Md:
        if row["status"] == "suppressed":
            return self.t("cell.suppressed")
        return self.shown.cell("funnels", row, column, shape)

    # Ratings ---------------------------------------------------------------------------------------------------------

    def ratings(self) -> dict[str, Any]:
        sources = dict.fromkeys(row["source"] for row in self.report.rows["ratings"])
        return {"ratings": [self._rated(source) for source in sources]}

    def _rated(self, source: str) -> dict[str, Any]:
        rows = [row for row in self.report.rows["ratings"] if row["source"] == source]
        dimensions = list(dict.fromkeys(row["dimension"] for row in rows if row["kind"] == "summary"))
        tests = [row for row in rows if row["kind"] == "test"]
        agreement = next((row for row in rows if row["kind"] == "agreement" and row["status"] == "ok"), None)
        tables = [
            self._rated_table(name, [row for row in rows if row["kind"] == "summary" and row["dimension"] == name])
            for name in dimensions
        ]
        return {"source": source, "title": self.q(source), "tables": tables, "tests": self._rated_tests(tests),
                "agreement": self._rated_alike(agreement) if agreement else None}  # fmt: skip

    def _rated_table(self, dimension: str, rows: Sequence[Row]) -> Md:
        body = []
        for row in rows:
            group = self.t("rating.all") if row["group"] == ALL else self.q(row["group"])
            what = self.t("rating.everything") if row["category"] == ALL else self.q(row["category"])
            cells = [self.t("cell.suppressed"), *[Md(self.shown.nothing)] * 2]
            if row["status"] != "suppressed":
                n, median, q1, q3 = (self.shown.cell("ratings", row, name, shape) for name, shape in (
                    ("n", "number.0"), ("median", "number.1"), ("q1", "number.1"), ("q3", "number.1")))  # fmt: skip
                cells = [n, median, self.t("cell.from_to", low=q1, high=q3)]
            body.append([Md(f"{what} [{group}]{{.under}}"), *cells])
        names = ("raters", "median", "quartiles")
        columns = [
            Column(self.t("rating.item"), 40),
            *(Column(self.t(f"rating.{name}"), 20, "right") for name in names),
        ]
        words = self.t("rating.everything") if dimension == ALL else self.q(dimension.replace(" x ", " × "))
        return Table(self.t("rating.caption", what=words), columns, body, ("cards",)).markdown()

    def _rated_tests(self, rows: Sequence[Row]) -> Md | None:
        body = []
        for row in rows:
            cells = [self.shown.cell("ratings", row, name, shape) for name, shape in (
                ("effect", "percent.0"), ("p_value", "number.3"), ("p_adjusted", "number.3"))]  # fmt: skip
            if row["status"] != "ok":
                cells[0] = self.t(f"cell.{row['status']}")
            body.append([self.q(row["category"]), *cells])
        names = ("effect", "p", "p_adjusted")
        columns = [
            Column(self.t("rating.item"), 40),
            *(Column(self.t(f"rating.{name}"), 20, "right") for name in names),
        ]
        return Table(self.t("rating.tests"), columns, body, ("cards",)).markdown() if body else None

    def _rated_alike(self, row: Row) -> Md:
        facts = {name: self.shown.cell("ratings", row, name, shape) for name, shape in (
            ("statistic", "number.2"), ("n", "number.0"), ("n_items", "number.0"))}  # fmt: skip
        interval = self.wording.interval(row, "number.2", "ratings")
        name = "agreement" if interval else "agreement_plain"
        return self.t(f"rating.{name}", **facts, **({"interval": interval} if interval else {}))
