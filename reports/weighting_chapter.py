"""What weighting changed: shares before and after, the known totals, and how many unweighted answers it is worth.

Part of the chapter on quality. Which numbers are too small to show was decided before they were published.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.chapter import Chapter
from reports.reading import ALL, Row
from reports.shown import Md
from reports.tables import Column, Table


class WeightingChapter(Chapter):
    def weighting(self) -> list[dict[str, Md | None]]:
        """One part for each weighed wave: its sentences and its table."""
        rows = self.report.rows["weighting"]
        waves = dict.fromkeys((row["source"], row["wave"]) for row in rows)
        return [self._wave([row for row in rows if (row["source"], row["wave"]) == wave]) for wave in waves]

    def _wave(self, rows: list[Row]) -> dict[str, Md | None]:
        whole = next(row for row in rows if row["variable"] == ALL)
        others = [row for row in rows if row["variable"] != ALL]
        columns = [Column(self.t("weighting.category"), 34)]
        columns += [Column(self.t(f"weighting.{name}"), 16, "right") for name in ("before", "after", "known")]
        body = [[self._category(row), *self._shares(row)] for row in others]
        caption = self.t("weighting.caption", source=self.q(whole["source"]))
        table = Table(caption, columns, body, ("cards",)).markdown() if body else None
        return {"said": Md(" ".join(self._sentences(whole))), "table": table}

    def _sentences(self, whole: Row) -> Iterator[str]:
        of_wave = "" if whole["wave"] == ALL else "_of_wave"
        about = {"source": self.q(whole["source"]), "wave": self.q(whole["wave"])}
        if whole["status"] == "suppressed" or whole["effective_n"] is None:
            yield self.t(f"weighting.hidden{of_wave}", **about)
        else:
            facts = {name: self.shown.cell("weighting", whole, name, form) for name, form in (
                ("n", "number.0"), ("effective_n", "number.0"), ("design_effect", "number.2"),
                ("min_weight", "number.2"), ("max_weight", "number.2"))}  # fmt: skip
            yield self.t(f"weighting.worth{of_wave}", **about, **facts)
            if whole["n_trimmed"]:
                n = self.shown.cell("weighting", whole, "n_trimmed", "number.0")
                yield self.t("weighting.trimmed", count=whole["n_trimmed"], n=n)
        if whole["note"]:
            yield self.q(whole["note"])
        yield self.t("weighting.fixed")

    def _category(self, row: Row) -> Md:
        words = row[f"category_{self.language}"] or row["category"] if row["category"] else None
        said = self.q(words) if words else self.t("weighting.none")
        return Md(f"{said} [{self.q(row['variable'])}]{{.under}}")

    def _shares(self, row: Row) -> list[Md]:
        cells = [self.t("cell.suppressed"), Md(self.shown.nothing)]
        if row["status"] != "suppressed":
            shares = ("unweighted_share", "weighted_share")
            cells = [self.shown.cell("weighting", row, name, "percent.1") for name in shares]
        if row["target_share"] is None:
            return [*cells, Md(self.shown.nothing)]
        return [*cells, self.shown.cell("weighting", row, "target_share", "percent.1")]
