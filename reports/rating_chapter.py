"""The chapter on ratings: what several raters gave to each thing rated, how groups of them differ, how far they agree.

A table for each column that names what is rated; where there are two, a matrix of both. Single items that make no
matrix are too many for a page, and are told to be in the published table. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reports.chapter import Chapter
from reports.reading import ALL, Row
from reports.shown import Md
from reports.tables import Column, Table
from reports.theme_chapter import TENTATIVE

_CROSS, _BOTH = " x ", " / "
_WIDEST_MATRIX = 9
_MOST_GROUPS = 4
_MOST_TESTS = 8
_MOST_MEANS = 3
_CLEAR = 0.05
_LONGEST_HEAD = 12  # characters that fit the head of a narrow column


class RatingChapter(Chapter):
    def ratings(self) -> dict[str, Any]:
        sources = dict.fromkeys(row["source"] for row in self.report.rows["ratings"])
        return {"ratings": [self._rated(source) for source in sources]}

    def _rated(self, source: str) -> dict[str, Any]:
        rows = [row for row in self.report.rows["ratings"] if row["source"] == source]
        rows.sort(key=lambda row: row["position"] or 0)
        summaries = [row for row in rows if row["kind"] == "summary"]
        groups = list(dict.fromkeys(row["group"] for row in summaries if row["group"] != ALL))
        dimensions = list(dict.fromkeys(row["dimension"] for row in summaries))
        crosses = [name for name in dimensions if _CROSS in name]
        singles = [name for name in dimensions if name != ALL and name not in crosses]
        order = crosses[0].split(_CROSS) if crosses else singles
        singles.sort(key=lambda name: order.index(name) if name in order else len(order))
        tests = [row for row in rows if row["kind"] == "test"]
        agreement = next((row for row in rows if row["kind"] == "agreement" and row["status"] == "ok"), None)
        matrix = self._rating_matrix(summaries, crosses, singles)
        tables = [self._rating_groups([row for row in summaries if row["dimension"] == ALL])] if groups else []
        tables += [self._rating_table([row for row in summaries if row["dimension"] == name], groups)
                   for name in singles]  # fmt: skip
        return {
            "source": source,
            "title": self.q(rows[0][f"source_{self.language}"] or source),
            "said": Md(" ".join(self._rating_said(summaries, agreement, tests))),
            "tables": [*tables, *([matrix] if matrix else [])],
            "more": self._rating_more(summaries, crosses) if crosses and not matrix else None,
            "tests": self._rating_tests(tests, summaries, groups),
        }

    # Sentences -------------------------------------------------------------------------------------------------------

    def _rating_said(self, summaries: Sequence[Row], agreement: Row | None, tests: Sequence[Row]) -> Iterator[Md]:
        whole = next((row for row in summaries if row["dimension"] == ALL and row["group"] == ALL), None)
        if whole is not None and whole["status"] == "ok":
            facts = {name: self._rating_cell(whole, name) for name in ("n", "n_items", "median")}
            low, high = (self._rating_cell(whole, name) for name in ("q1", "q3"))
            yield self.t("rating.whole", low=low, high=high, **facts)
        if agreement is not None:
            facts = {name: self.shown.cell("ratings", agreement, name, shape) for name, shape in (
                ("statistic", "number.2"), ("n", "number.0"), ("n_items", "number.0"))}  # fmt: skip
            interval = self.wording.interval(agreement, "number.2", "ratings")
            name = "agreement" if interval else "agreement_plain"
            yield self.t(f"rating.{name}", **facts, **({"interval": interval} if interval else {}))
            if agreement["statistic"] is not None and agreement["statistic"] < TENTATIVE:
                least = self.shown.computed("least agreement for conclusions", TENTATIVE, "number.2")
                yield self.t("rating.little_agreement", least=least)
        found = [row for row in tests if row["status"] == "ok"]
        if found:
            place = f"comparisons of groups, {found[0]['source']}"
            n = self.shown.computed(place, len(found), "number.0")
            if clear := len(_clear(found)):
                shown = self.shown.computed(f"clear {place}", clear, "number.0")
                yield self.t("rating.differ", count=clear, n=n, clear=shown)
            else:
                yield self.t("rating.differ_none", n=n)

    def _rating_more(self, summaries: Sequence[Row], crosses: Sequence[str]) -> Md:
        n = len({row["category"] for row in summaries if row["dimension"] == crosses[0]})
        source = summaries[0]["source"]
        return self.t("rating.more", n=self.shown.computed(f"single items, {source}", n, "number.0"))

    # Tables ----------------------------------------------------------------------------------------------------------

    def _rating_groups(self, rows: Sequence[Row]) -> Md:
        """Everything rated, by all and by each group of raters."""
        body = [[self._rating_group(row), *self._rating_numbers(row)] for row in rows]
        head = [Column(self.t("rating.who"), 40), *self._rating_heads()]
        return Table(self.t("rating.caption_groups"), head, body, ("cards",)).markdown()

    def _rating_table(self, rows: Sequence[Row], groups: Sequence[str]) -> Md:
        """One row for each thing: all raters, and the median of each group where these are few."""
        shown = groups if 1 < len(groups) <= _MOST_GROUPS else []
        by_place = {(row["category"], row["group"]): row for row in rows}
        titles = {row["group"]: self._rating_group(row) for row in rows}
        body = []
        for row in rows:
            if row["group"] == ALL:
                cells = [self._rating_median(by_place.get((row["category"], group))) for group in shown]
                body.append([self._rating_item(row), *self._rating_numbers(row), *cells])
        head = [Column(self._rating_dimension(rows[0]), 34), *self._rating_heads()]
        head += [
            Column(self.t("rating.median_of", group=titles[group]), 14, "right") for group in shown if group in titles
        ]
        what = self._rating_dimension(rows[0])
        return Table(self.t("rating.caption", what=what), head, body, ("cards",)).markdown()

    def _rating_matrix(self, rows: Sequence[Row], crosses: Sequence[str], singles: Sequence[str]) -> Md | None:
        """Both columns that name an item against each other; the shorter one across."""
        if len(crosses) != 1 or len(singles) != 2 or crosses[0].count(_CROSS) != 1:
            return None
        sides = {name: [row for row in rows if row["dimension"] == name and row["group"] == ALL] for name in singles}
        across = min(reversed(singles), key=lambda name: len(sides[name]))
        down = next(name for name in singles if name != across)
        if len(sides[across]) > _WIDEST_MATRIX:
            return None
        cells = {row["category"]: row for row in rows if row["dimension"] == crosses[0] and row["group"] == ALL}
        is_first = crosses[0].split(_CROSS)[0] == down
        body = []
        for row in sides[down]:
            pairs = [(row, one) if is_first else (one, row) for one in sides[across]]
            found = [cells.get(_BOTH.join(part["category"] for part in pair)) for pair in pairs]
            body.append([self._rating_item(row), *map(self._rating_median, found)])
        heads = [row[f"category_{self.language}"] or row["category"] for row in sides[across]]
        if any(len(head) > _LONGEST_HEAD for head in heads):
            heads = [row["category"] for row in sides[across]]
        width = max(6, 66 // len(heads))
        head = [
            Column(self._rating_dimension(sides[down][0]), 34),
            *(Column(self.q(one), width, "right") for one in heads),
        ]
        words = {"what": self._rating_dimension(sides[down][0]), "by": self._rating_dimension(sides[across][0])}
        return Table(self.t("rating.caption_matrix", **words), head, body, ("cards",)).markdown()

    def _rating_tests(self, rows: Sequence[Row], summaries: Sequence[Row], groups: Sequence[str]) -> Md | None:
        """The items on which groups differ most clearly, all of them where they are few: the mean of each group, and
        how likely chance alone would set them so far apart."""
        found = [row for row in rows if row["status"] == "ok"]
        chosen = found if len(rows) <= _MOST_TESTS else _clear(found)[:_MOST_TESTS]
        if not chosen:
            return None
        by_place = {(row["dimension"], row["category"], row["group"]): row for row in summaries}
        shown = groups if len(groups) <= _MOST_MEANS else []
        titles = {row["group"]: self._rating_group(row) for row in summaries}
        body, is_corrected = [], False
        for row in chosen:
            means = [by_place.get((row["dimension"], row["category"], group)) for group in shown]
            is_corrected |= any("fpc" in str(one["method"]) for one in means if one)
            chances = (self.wording.p_value("ratings", row, name) for name in ("p_value", "p_adjusted"))
            body.append([self._rating_item(row), *map(self._rating_mean, means), *chances])
        head = [Column(self.t("rating.item"), 34)]
        head += [Column(self.t("rating.mean_of", group=titles[group]), 20, "right") for group in shown]
        head += [Column(self.t(f"rating.{name}"), 13, "right") for name in ("p_value", "p_adjusted")]
        table = Table(self.t("rating.tests"), head, body, ("cards",)).markdown()
        return Md(f"{table}\n\n::: {{.note}}\n{self.t('rating.finite')}\n:::") if is_corrected else table

    # Cells -----------------------------------------------------------------------------------------------------------

    def _rating_heads(self) -> list[Column]:
        return [Column(self.t(f"rating.{name}"), weight, "right")
                for name, weight in (("raters", 11), ("median", 11), ("quartiles", 22))]  # fmt: skip

    def _rating_numbers(self, row: Row) -> list[Md]:
        """Raters, median, middle half."""
        if row["status"] == "suppressed":
            return [self.t("cell.suppressed"), *[Md(self.shown.nothing)] * 2]
        cells = {name: self._rating_cell(row, name) for name in ("n", "median", "q1", "q3")}
        return [cells["n"], cells["median"], self.t("cell.from_to", low=cells["q1"], high=cells["q3"])]

    def _rating_median(self, row: Row | None) -> Md:
        return Md(self.shown.nothing) if row is None or row["median"] is None else self._rating_cell(row, "median")

    def _rating_mean(self, row: Row | None) -> Md:
        if row is None or row["mean"] is None:
            return Md(self.shown.nothing) if row is None else self.t("cell.suppressed")
        interval = self.wording.interval(row, "number.1", "ratings")
        under = f" [{interval}]{{.under}}" if interval else ""
        return Md(f"{self.shown.cell('ratings', row, 'mean', 'number.1')}{under}")

    def _rating_cell(self, row: Row, name: str) -> Md:
        return self.shown.cell("ratings", row, name, "number.0" if name in ("n", "n_items") else "number.1")

    def _rating_item(self, row: Row) -> Md:
        return self.q((row[f"category_{self.language}"] or row["category"]).replace(_BOTH, " · "))

    def _rating_dimension(self, row: Row) -> Md:
        return self.q(row[f"dimension_{self.language}"] or row["dimension"])

    def _rating_group(self, row: Row) -> Md:
        if row["group"] == ALL:
            return self.t("rating.all")
        return self.q(row[f"group_{self.language}"] or row["group"])


def _clear(rows: Sequence[Row]) -> list[Row]:
    """Comparisons beyond chance after correction, the clearest first."""
    found = [row for row in rows if row["p_adjusted"] is not None and row["p_adjusted"] < _CLEAR]
    return sorted(found, key=lambda row: row["p_adjusted"])
