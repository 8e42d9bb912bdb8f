"""Which charts a report gets and what they hold: published rows to rows of a figure, with their labels and their text
alternative. How a chart looks belongs to `figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reports import figures
from reports.drawing import Canvas
from reports.reading import ALL, Block, Row
from reports.shown import Md, exact
from reports.theme import Theme
from reports.wording import Wording, term_key

#: More rows than this do not fit one glance; the annex has them all.
_MOST_ROWS = 26


@dataclass(frozen=True)
class Chart:
    """A drawing with its caption and its text alternative, under a name that is its file's."""

    name: str
    canvas: Canvas
    caption: Md
    alt: str
    classes: tuple[str, ...] = ("chart",)
    paper_width: str = ""
    #: What a browser shows instead of the picture, in the colours it is given.
    page: Callable[[Theme], str] | None = None


@dataclass(frozen=True)
class Charts:
    wording: Wording

    @property
    def _language(self) -> str:
        return self.wording.language

    def _plain(self, name: str, **facts: str) -> str:
        return self.wording.phrases.plain(name, **facts)

    def _ticks(self, extent: tuple[float, float], shape: str) -> list[tuple[float, str]]:
        """The scale's numbers, written down like every other number shown."""
        scale = 100 if shape.split(".")[0] in ("percent", "points") else 1
        values = [tick / scale for tick in figures.ticks(extent[0] * scale, extent[1] * scale)]
        kind, *rest = shape.split(".")
        places = 0 if all(float(v * scale).is_integer() for v in values) else max(1, int(rest[-1]))
        shape = ".".join([kind, *rest[:-1], str(places)])
        return [(value, self.wording.shown.plain_computed("scale of a chart", value, shape)) for value in values]

    # --- an indicator ------------------------------------------------------------------------------------------------

    def dimension_title(self, dimension: str) -> str:
        names = []
        for part in dimension.split(" x "):
            block = self.wording.report.block(part, "dimension")
            names.append(block.says(self._language) if block else part)
        return " × ".join(names)

    def category_label(self, dimension: str, category: str) -> str:
        labels = []
        for name, part in zip(dimension.split(" x "), category.split(" / "), strict=False):
            block = self.wording.report.block(name, "dimension")
            given = (block.attributes.get("categories") or {}) if block else {}
            from reports.reading import spoken

            label = spoken(given.get(part), self._language)
            fallback = {
                "true": self._plain("cell.yes"),
                "false": self._plain("cell.no"),
                "": self._plain("cell.missing_category"),
            }
            labels.append(label or fallback.get(part, part))
        return " · ".join(labels)

    def in_order(self, dimension: str, rows: Sequence[Row]) -> list[Row]:
        """The rows in the order the theory lists the categories; the others as published, after them."""
        orders: list[list[str]] = []
        for name in dimension.split(" x "):
            block = self.wording.report.block(name, "dimension")
            orders.append(list((block.attributes.get("categories") or {}) if block else {}))

        def place(row: Row) -> list[Any]:
            parts = row["category"].split(" / ")
            return [order.index(p) if p in order else len(order) for order, p in zip(orders, parts, strict=False)]

        return sorted(rows, key=place)

    def breakdown(self, indicator: Block, period: str) -> Chart | None:
        """The whole and its groups as dots with intervals on one scale."""
        report, w = self.wording.report, self.wording
        groups = report.broken_down(indicator.id, period)
        whole = report.value(indicator.id, period)
        every = [row for rows in groups.values() for row in rows]
        if not any(row["status"] == "ok" for row in every):
            return None
        additive = indicator.attributes.get("measure_kind") in ("count", "distinct", "sum")
        shown = [row for row in [*([whole] if whole and not additive else []), *every] if row["status"] == "ok"]
        shape = w.shape(indicator, shown)
        rows = []
        if whole is not None and whole["status"] == "ok" and not additive:
            rows.append(self._dot(indicator, self._plain("indicator.wholly"), whole, shape, "whole"))
        for dimension, members in groups.items():
            if len(rows) + len(members) + 1 > _MOST_ROWS:
                break
            rows.append(figures.Dot(self._noted(self.dimension_title(dimension)), None, None, None, "", "heading"))
            rows += [
                self._dot(indicator, self.category_label(dimension, r["category"]), r, shape)
                for r in self.in_order(dimension, members)
            ]
        title = indicator.says(self._language)
        canvas = figures.dots(title, rows, self._ticks(figures.extent_of(rows), shape))
        items = "; ".join(
            self._plain("indicator.alt_row", label=row.label, value=self._spelled(row))
            for row in rows
            if row.kind != "heading"
        )
        level = next((row for row in shown if row["ci_level"] is not None), None)
        caption = (
            w.phrases("indicator.caption_rows", title=w.says(indicator), level=w.level(level))
            if level is not None
            else w.phrases("indicator.caption_plain", title=w.says(indicator))
        )
        return Chart(
            f"groups-{indicator.id}", canvas, caption, self._plain("indicator.alt_rows", title=title, items=items)
        )

    def _noted(self, words: str) -> str:
        self.wording.shown.quoted(words)
        return words

    def _dot(self, indicator: Block, label: str, row: Row, shape: str, kind: str = "row") -> figures.Dot:
        self.wording.shown.quoted(label)
        if row["status"] != "ok" or row["value"] is None:
            status = row["status"] if row["status"] != "ok" else "not_computable"
            words = self._plain("status.suppressed") if status == "suppressed" else self._plain(f"cell.{status}")
            return figures.Dot(label, None, None, None, words, kind)
        if self.wording.is_of_few(indicator, row):
            return figures.Dot(label, None, None, None, self.wording.plain_documents(row), kind)
        text = self.wording.shown.plain_cell("indicator_values", row, "value", shape)
        return figures.Dot(label, row["value"], row["ci_low"], row["ci_high"], text, kind)

    def _spelled(self, row: figures.Dot) -> str:
        return row.text

    def trend(self, indicator: Block) -> Chart | None:
        """The indicator over the periods up to this one, when more than one has a value."""
        w = self.wording
        run = w.report.series(indicator.id, w.period)
        rows = [row for _, row in run if row["status"] == "ok" and row["value"] is not None]
        if len(rows) < 2:
            return None
        shape = w.shape(indicator, rows)
        points = []
        for period, row in run:
            ok = row["status"] == "ok" and row["value"] is not None
            text = w.shown.plain_cell("indicator_values", row, "value", shape) if ok else ""
            label = self._noted(period.name)
            points.append(
                figures.Point(label, *((row["value"], row["ci_low"], row["ci_high"]) if ok else (None,) * 3), text)
            )
        marks = self._target_marks(indicator, shape)
        extent = figures.series_extent(points, marks)
        title = self._plain("indicator.trend", title=indicator.says(self._language))
        canvas = figures.series(title, points, self._ticks(extent, shape), marks, extent)
        items = "; ".join(
            self._plain("indicator.alt_row", label=p.label, value=p.text or self._plain("cell.no_data")) for p in points
        )
        caption = w.phrases("indicator.trend", title=w.says(indicator))
        return Chart(
            f"trend-{indicator.id}",
            canvas,
            Md(caption + "."),
            self._plain("indicator.alt_rows", title=title, items=items),
        )

    def _target_marks(self, indicator: Block, shape: str) -> list[figures.Mark]:
        progress = self.wording.report.progress(indicator.id, self.wording.period.name)
        if progress is None or progress["target"] is None:
            return []
        text = self.wording.shown.plain_cell("progress", progress, "target", exact(shape, progress["target"]))
        return [figures.Mark(progress["target"], f"{self._plain('indicator.target')} {text}")]

    def _bins(self, indicator: Block, period: str) -> list[Row]:
        rows = [
            row
            for row in self.wording.report.rows["distributions"]
            if row["indicator_id"] == indicator.id and row["period"] == period and row["dimension"] == ALL
        ]
        return rows if len(rows) >= 3 and any(row["status"] == "ok" and row["n"] for row in rows) else []

    def bins(self, indicator: Block, period: str) -> tuple[Any, ...]:
        """What the histogram shows, to tell whether another one shows the same: the mean and the median of one column
        have one distribution. Empty where there is no histogram."""
        bars = [(row["bin_low"], row["bin_high"], row["n"], row["status"]) for row in self._bins(indicator, period)]
        return (indicator.attributes.get("source"), self.wording.unit(indicator).name, *bars) if bars else ()

    def histogram(self, indicator: Block, period: str) -> Chart | None:
        """How many rows fall in each band, for an indicator whose distribution is published."""
        w, rows = self.wording, self._bins(indicator, period)
        if not rows:
            return None
        shape = w.unit(indicator).format([row[k] for row in rows for k in ("bin_low", "bin_high")])
        bars = [
            figures.Bar(
                r["bin_low"], r["bin_high"], float(r["n"]) if r["status"] == "ok" and r["n"] is not None else None
            )
            for r in rows
        ]
        counts = self._ticks((0.0, max(b.count or 0.0 for b in bars)), "number.0")
        across = self._ticks((min(b.low for b in bars), max(b.high for b in bars)), shape)
        title = self._plain("indicator.histogram", title=indicator.says(self._language))
        canvas = figures.histogram(title, bars, across, counts)
        items = "; ".join(self._bin(row, shape) for row in rows)
        caption = w.phrases("indicator.caption_histogram", title=w.says(indicator))
        if any(bar.count is None for bar in bars):
            caption = Md(f"{caption} {w.phrases('indicator.hidden_bins')}")
        alt = self._plain("indicator.alt_histogram", title=indicator.says(self._language), items=items)
        return Chart(f"histogram-{indicator.id}", canvas, caption, alt)

    def _bin(self, row: Row, shape: str) -> str:
        shown = self.wording.shown
        low, high = (shown.plain_cell("distributions", row, k, shape) for k in ("bin_low", "bin_high"))
        hidden = row["status"] != "ok" or row["n"] is None
        n = self._plain("status.suppressed") if hidden else shown.plain_cell("distributions", row, "n", "number.0")
        return self._plain("indicator.alt_bin", low=low, high=high, n=n)

    # --- an effect ---------------------------------------------------------------------------------------------------

    def effect(
        self, evaluation: Block, rows: Sequence[Row], title: str, published: Sequence[tuple[str, float, str]]
    ) -> Chart | None:
        """The estimates with their intervals, others' published figures beside them, and the line of no difference."""
        w = self.wording
        estimated = [row for row in rows if row["estimate"] is not None]
        if not estimated:
            return None
        shape = w.effect_shape(evaluation, rows)
        dots = []
        for row in estimated:
            name = term_key(row["term"])
            label = self._plain(name) if w.phrases.has(name) else self._noted(row["term"])
            text = w.shown.plain_cell("effects", row, "estimate", shape)
            dots.append(figures.Dot(label, row["estimate"], row["ci_low"], row["ci_high"], text, "row"))
        for label, value, text in published:
            dots.append(figures.Dot(label, value, None, None, text, "published"))
        zero = figures.Mark(0.0, self._plain("effect.no_difference"))
        extent = figures.extent_of(dots, [zero])
        canvas = figures.dots(title, dots, self._ticks(extent, shape), [zero], extent)
        items = "; ".join(self._plain("indicator.alt_row", label=dot.label, value=dot.text) for dot in dots)
        level = w.level(estimated[0], "effects")
        return Chart(
            f"effect-{evaluation.id}",
            canvas,
            w.phrases("effect.caption", title=w.shown.quoted(title), level=level),
            self._plain("effect.alt", title=title, items=items),
        )
