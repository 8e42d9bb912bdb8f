"""The chapter that sets figures others published beside what the data give: each as it was said, with its source, and
the sources that disagree side by side. What agrees with what was decided when the data were published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reports.chapter import Chapter
from reports.reading import Block, Row
from reports.shown import Md, Unit, exact
from reports.tables import Column, Table
from reports.wording import MARKS

#: How a verdict looks where statuses have colours; the sign and the words are its own.
_CLASSES = {"reproduced": "met", "contradicted": "not-met", "not_reproducible": "no-data"}
#: Units of figures that are written from 0 to 1 and carry no sign.
_BARE = ("share", "quota")


class FigureChapters(Chapter):
    def published_figures(self) -> dict[str, Any]:
        rows = self.report.rows["published_figures"]
        body = [
            [
                Md(f"{self._what(row)} [{self._source(row)}]{{.under}}"),
                self._said(row),
                self._found(row),
                Md(f"{self._verdict(row)} [{self.q(row[f'note_{self.language}'])}]{{.under}}"),
            ]
            for row in rows
        ]
        columns = [
            Column(self.t("published_figures.what"), 33), Column(self.t("published_figures.figure"), 16, "right"),
            Column(self.t("published_figures.found"), 15, "right"), Column(self.t("published_figures.verdict"), 36),
        ]  # fmt: skip
        return {
            "table": Table(self.t("published_figures.caption"), columns, body, ("cards",)).markdown(),
            "sides": self._sides(),
        }

    def _sides(self) -> Md | None:
        """Each thing on which sources disagree, with what each of them says."""
        together = list(self._disagreeing())
        if not together:
            return None
        most = max(map(len, together))
        body = []
        for rows in together:
            told = [Md(f"{self._said(row)} [{self._source(row)}]{{.under}}") for row in rows]
            body.append([self._what(rows[0]), *told, *[Md(self.shown.nothing)] * (most - len(told))])
        numbers = [self.shown.computed("sources side by side", number) for number in range(1, most + 1)]
        sources = [Column(self.t("published_figures.one_source", n=n), 68 // most) for n in numbers]
        columns = [Column(self.t("published_figures.what"), 32), *sources]
        return Table(self.t("published_figures.sides_caption"), columns, body, ("cards",)).markdown()

    def _disagreeing(self) -> Iterator[list[Row]]:
        """Figures that disagree, directly or through another, once each."""
        rows = {row["figure_id"]: row for row in self.report.rows["published_figures"]}
        others = {name: json.loads(row["disagrees_with"] or "[]") for name, row in rows.items()}
        seen: set[str] = set()
        for name in rows:
            group, waiting = [], [name]
            while waiting:
                one = waiting.pop(0)
                if one not in seen and one in rows:
                    seen.add(one)
                    group.append(one)
                    waiting += others[one]
            if len(group) > 1:
                yield [row for key, row in rows.items() if key in group]

    def _block(self, row: Row) -> Block | None:
        return self.report.block(row["figure_id"], "published_figure")

    def _what(self, row: Row) -> Md:
        """What the figure is about: its own statement, else what should give it back, and of whom and when."""
        block = self._block(row)
        about = row["indicator_id"] or row["evaluation_id"]
        stated = block is not None and block.says(self.language) != block.id
        what = self.wording.says(block) if block and stated else self.named(about or row["figure_id"])
        more = [self.words(block, "cohort")] if block and block.attributes.get("cohort") else []
        if row["as_of"] is not None:
            day = self.shown.cell("published_figures", row, "as_of", "date")
            more.append(self.t("published_figures.as_of", date=day))
        return Md(f"{what} ({', '.join(more)})" if more else what)

    def _source(self, row: Row) -> Md:
        block = self._block(row)
        source = self.words(block, "source") or self.q(row["source"])
        return Md(f"{source}, {self.q(row['locator'])}" if row["locator"] else source)

    def _unit(self, row: Row) -> Unit:
        """Percentages are published as percentages: 60, not 0.6."""
        block, about = self._block(row), self.report.block(row["indicator_id"] or row["evaluation_id"] or "")
        name = (block.text("unit", self.language) if block else "") or row["unit"] or ""
        if not name and about is not None:
            name = about.text("unit", self.language)
        return Unit.of("" if name.casefold() in _BARE else name, "mean")

    def _said(self, row: Row) -> Md:
        unit = self._unit(row)
        number = self.shown.cell("published_figures", row, "value", exact(_least(unit), row["value"]))
        words = self.wording.with_unit(number, unit, row["value"])
        return self.t(f"approx.{row['approx']}", words=words) if row["approx"] else words

    def _found(self, row: Row) -> Md:
        if row["value_found"] is None:
            return Md(self.shown.nothing)
        unit = self._unit(row)
        *kind, places = exact(_least(unit), row["value"]).split(".")
        whole = float(row["value_found"]).is_integer()
        shape = ".".join([*kind, places if whole else str(int(places) + 1)])
        number = self.shown.cell("published_figures", row, "value_found", shape)
        return self.wording.with_unit(number, unit, row["value_found"])

    def _verdict(self, row: Row) -> Md:
        verdict = row["verdict"]
        return Md(f"[{MARKS[verdict]} {self.t(f'verdict.{verdict}')}]{{.status .{_CLASSES[verdict]}}}")


def _least(unit: Unit) -> str:
    """The unit's format with no decimals; a published figure brings its own."""
    return unit.format([0.0]).rsplit(".", 1)[0] + ".0"
