"""The chapter of a report that takes another's place: which definitions changed and why, and each value before and now.

What changed is found by `package`, from the numbers of the two packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.chapter import Chapter
from reports.reading import ALL, Block
from reports.shown import Md
from reports.tables import Column, Table
from reports.wording import term_key

#: Rows of the table; the whole list is in the package's manifest.
_MOST = 40
#: What may change of numbers and voices: the column, its title and the area of words its values stand in.
_JOINED = {"numbers": ("numbers", "joined.numbers_"), "voices": ("voices", "joined.voices_"),
           "agreement": ("together", "joined.together_"), "proposed_status": ("proposal", "assumption_status."),
           "decided_status": ("decision", "assumption_status.")}  # fmt: skip
Cells = Mapping[str, tuple[str, str]]


class CorrectionChapter(Chapter):
    def corrections(self) -> dict[str, Any]:
        rows = [row for row in self._rows() if row is not None]
        wholes = [row for is_whole, row in rows if is_whole]
        told = [*wholes, *(row for is_whole, row in rows if not is_whole)][:_MOST]
        columns = [Column(self.t("corrections.what"), 46), Column(self.t("corrections.old"), 24, "right"),
                   Column(self.t("corrections.new"), 24, "right")]  # fmt: skip
        table = Table(self.t("corrections.caption"), columns, told, ("cards",)).markdown() if told else None
        name = "intro" if rows else "replaces" if self.redefined else "nothing"
        left = len(rows) - len(told)
        return {
            "intro": self.t(f"corrections.{name}", old=self.q(self.about.get("corrects", ""))),
            "definitions": self._definitions(),
            "table": table,
            "more": self.t("corrections.more", n=self.shown.computed("changed values not listed", left))
            if left
            else None,
        }

    def _definitions(self) -> list[Md]:
        """Which indicators are now computed otherwise, and the reason the theory gives."""
        named = [self.named(name) for name in self.redefined]
        if not named:
            return []
        reason = self.words(self.report.theory, "change_reason")
        said = [self.t("corrections.redefined", len(named), names=self.wording.listed(named),
                       version=self.q(self.report.theory_version))]  # fmt: skip
        return [*said, *([self.t("corrections.reason", reason=reason)] if reason else [])]

    def _rows(self) -> Iterator[tuple[bool, list[Md]] | None]:
        """One row for each published row that changed: what it is, as it was, as it is."""
        grouped: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
        for change in self.changes:
            grouped.setdefault((change.table, change.row), {})[change.column] = (change.old, change.new)
        for (table, row), cells in grouped.items():
            key = dict(part.split("=", 1) for part in row.split("; ") if "=" in part)
            if table == "indicator_values":
                yield self._value_row(row, key, cells)
            elif table == "effects":
                yield self._effect_row(row, key, cells)
            elif table == "joined":
                yield self._joined_row(key, cells) if "joined" in self.chapters else None
            elif "status" in cells:
                yield self._status_row(key, cells)

    def _value_row(self, row: str, key: Mapping[str, str], cells: Cells) -> tuple[bool, list[Md]] | None:
        indicator = self.report.block(key["indicator_id"])
        if indicator is None or not {"value", "ci_low", "ci_high", "status"} & set(cells):
            return None
        now = self.report.value(indicator.id, self.period.name, key["dimension"], key["category"])
        unit = self.wording.unit(indicator)

        def said(side: int, name: str) -> Md:
            status = cells["status"][side] if "status" in cells else (now or {}).get("status", "")
            if status != "ok":
                return self.t(f"cell.{status}") if status else Md(self.shown.nothing)
            numbers = _side(cells, now or {}, side, "value")
            if numbers[0] is None:
                return Md(self.shown.nothing)
            shape = unit.format(numbers)
            told = self._spelled_out(name, row, numbers, shape)
            whole = self.wording.with_unit(told[0], unit, numbers[0])
            if len(told) < 3:
                return whole
            return Md(f"{whole} [{self.t('cell.from_to', low=told[1], high=told[2])}]{{.under}}")

        return key["dimension"] == ALL, [self._corrected(indicator, key), said(0, "earlier"), said(1, "present")]

    def _status_row(self, key: Mapping[str, str], cells: Cells) -> tuple[bool, list[Md]] | None:
        indicator = self.report.block(key["indicator_id"])
        if indicator is None:
            return None
        what = Md(f"{self._corrected(indicator, key)} [{self.t('corrections.status')}]{{.under}}")
        sides = [self.wording.status(status) if status else Md(self.shown.nothing) for status in cells["status"]]
        return key["dimension"] == ALL, [what, *sides]

    def _effect_row(self, row: str, key: Mapping[str, str], cells: Cells) -> tuple[bool, list[Md]] | None:
        evaluation = self.report.block(key["evaluation_id"])
        if evaluation is None:
            return None
        rows = self.report.evaluation_rows(evaluation.id)
        now = next((one for one in rows if one["term"] == key["term"]), {})
        shape = self.wording.effect_shape(evaluation, rows)

        def said(side: int, name: str) -> Md:
            numbers = _side(cells, now, side, "estimate")
            told = self._spelled_out(name, row, numbers, shape)
            if len(told) < 3:
                return told[0] if told else Md(self.shown.nothing)
            return Md(f"{told[0]} [{self.t('cell.from_to', low=told[1], high=told[2])}]{{.under}}")

        term = term_key(key["term"])
        label = self.t(term) if self.phrases.has(term) else self.q(key["term"])
        what = Md(f"{self.wording.says(evaluation)} [{label}]{{.under}}")
        return True, [what, said(0, "earlier"), said(1, "present")]

    def _joined_row(self, key: Mapping[str, str], cells: Cells) -> tuple[bool, list[Md]]:
        """What numbers and voices said of one thing and whether they agreed, then and now, where that is another."""

        def said(side: int) -> Md:
            parts = [self.t("corrections.part", name=self.t(f"joined.{title}"), said=self.t(words + value))
                     for column, (title, words) in _JOINED.items()
                     if (value := cells.get(column, ("", ""))[side])]  # fmt: skip
            return Md("; ".join(parts)) if parts else Md(self.shown.nothing)

        what = Md(f"{self.claimed(key)} [{self.t('section.joined')}]{{.under}}")
        return True, [what, said(0), said(1)]

    def _spelled_out(self, name: str, row: str, numbers: Sequence[float | None], shape: str) -> list[Md]:
        return [
            self.shown.computed(f"{name} {part} of {row}", number, shape)
            for part, number in zip(("value", "from", "to"), numbers, strict=True)
            if number is not None
        ]

    def _corrected(self, indicator: Block, key: Mapping[str, str]) -> Md:
        if key["dimension"] == ALL:
            return self.wording.says(indicator)
        dimension, category = key["dimension"], key["category"]
        group = f"{self.plates.dimension_title(dimension)}: {self.plates.category_label(dimension, category)}"
        return Md(f"{self.wording.says(indicator)} [{self.q(group)}]{{.under}}")


def _side(cells: Cells, now: Mapping[str, Any], side: int, first: str) -> list[float | None]:
    """The number and its interval before (0) or now (1); what did not change is as published now."""
    return [
        (float(cells[name][side]) if cells[name][side] else None) if name in cells else now.get(name)
        for name in (first, "ci_low", "ci_high")
    ]
