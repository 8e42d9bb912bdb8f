"""How a value differs from its start, the period before and the other groups, in plain sentences that claim no more
than `out.comparisons` allows: where nothing shows a difference, it says that there is no evidence of one.

The verdicts are made where the numbers are; here they become words and signs, never a colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.charts import Charts
from reports.reading import ALL, Block, Row
from reports.shown import Md
from reports.tables import Column, Table
from reports.wording import Wording

#: A sign beside every verdict. All exist in the fonts typst carries, and none means anything to it.
SIGNS: Mapping[str, str] = {"up": "↑", "down": "↓", "no_evidence": "≈", "same": "↔", "unknown": "?",
                            "not_comparable": "∥"}  # fmt: skip
_REST = "rest"
_SIDES = ("n", "n_other")


@dataclass(frozen=True)
class ChangeWording:
    """Sentences and tables about the comparisons of one report."""

    wording: Wording
    plates: Charts

    def rows(self, indicator: Block, period: str, against: str, dimension: str | None = ALL) -> list[Row]:
        """The published comparisons of that kind that are not held back; those of every dimension for None."""
        return [
            row for row in self.wording.report.rows["comparisons"]
            if row["indicator_id"] == indicator.id and row["period"] == period and row["against"] == against
            and (row["dimension"] == dimension if dimension else row["dimension"] != ALL)
            and row["status"] != "suppressed" and not any(self.wording.is_of_few(indicator, row, n) for n in _SIDES)
        ]  # fmt: skip

    def since(self, indicator: Block, period: str, shape: str) -> list[Md]:
        """What has changed since the start and since the period before, where that is another one."""
        start = next(iter(self.rows(indicator, period, "baseline")), None)
        before = next(iter(self.rows(indicator, period, "previous_period")), None)
        if start and before and start["other_period"] == before["other_period"] and not start["other_indicator"]:
            before = None
        sentences = [self._since(indicator, row, shape) for row in (start, before) if row]
        clear = {row["verdict"] for row in (start, before) if row and row["verdict"] in ("up", "down")}
        direction = indicator.attributes.get("direction")
        if len(clear) == 1 and direction in ("up", "down"):
            sentences.append(self._say("hoped" if clear == {direction} else "feared"))
        if start and start["verdict"] in ("up", "down"):
            sentences.append(self.wording.phrases("baseline.caution"))
        return sentences

    def has_start(self, indicator: Block, period: str) -> bool:
        return any(row["verdict"] for row in self.rows(indicator, period, "baseline"))

    def _say(self, name: str, count: int | None = None, /, **facts: Md) -> Md:
        return self.wording.phrases(f"change.{name}", count, **facts)

    def _since(self, indicator: Block, row: Row, shape: str) -> Md:
        name = "start" if row["against"] == "baseline" else "before"
        whole = self.wording.report.period(row["other_period"]) if row["other_period"] else None
        period = self.wording.shown.quoted(self.wording.period_name(whole)) if whole else None
        if row["verdict"] == "not_comparable":
            note = self.wording.shown.quoted((row["note"] or "").rstrip("."))
            return self._say(f"{name}_apart", note=note, period=period or self.wording.phrases("change.stated"))
        value = self.wording.shown.cell("comparisons", row, "other_value", shape)
        unit = self.wording.unit(indicator)
        value = self.wording.with_unit(value, unit, row["other_value"])
        since = (
            self._say(f"{name}_of", period=period, value=value) if period else self._say(f"{name}_stated", value=value)
        )
        return self._told(indicator, row, since)

    def _told(self, indicator: Block, row: Row, since: Md) -> Md:
        verdict = row["verdict"]
        if verdict in ("same", "unknown"):
            return self._say(verdict, since=since)
        bounds = self._bounds(indicator, row, as_sizes=verdict == "down")
        if verdict == "no_evidence":
            difference = self._amount(indicator, row, "difference")
            return self._say("no_evidence", since=since, difference=difference, **bounds)
        exact = "_exact" if row["ci_low"] is None else ""
        size = self._amount(indicator, row, "difference", absolute=True)
        return self._say(f"{verdict}{exact}", since=since, size=size, **bounds)

    def _shape(self, indicator: Block, row: Row) -> str:
        """As many decimals as a difference that is told as one needs to be more than nothing."""
        numbers = [row[name] for name in ("difference", "ci_low", "ci_high")]
        kind, places = self.wording.unit(indicator).format(numbers, difference=True).rsplit(".", 1)
        size = abs(row["difference"]) * (100 if kind == "points" else 1)
        enough = next((n for n in range(int(places), int(places) + 3) if round(size, n)), int(places))
        return f"{kind}.{enough if row['verdict'] in ('up', 'down') else places}"

    def _amount(self, indicator: Block, row: Row, column: str, absolute: bool = False) -> Md:
        shown, shape = self.wording.shown, self._shape(indicator, row)
        write = shown.size if absolute and row[column] < 0 else shown.cell
        number = write("comparisons", row, column, shape)
        return self.wording.with_unit(number, self.wording.unit(indicator), row[column], difference=True)

    def _bounds(self, indicator: Block, row: Row, as_sizes: bool = False) -> dict[str, Md]:
        """Both ends of the interval with its level; those of a decrease change places and lose their sign."""
        if row["ci_low"] is None or row["ci_high"] is None:
            return {}
        shape, low, high = self._shape(indicator, row), *(("ci_high", "ci_low") if as_sizes else ("ci_low", "ci_high"))
        write = self.wording.shown.size if as_sizes else self.wording.shown.cell
        return {
            "level": self.wording.level(row, "comparisons"),
            "low": write("comparisons", row, low, shape),
            "high": self._amount(indicator, row, high, absolute=as_sizes),
        }

    def whatever_the_others_say(self, indicator: Block, period: str, shape: str) -> list[Md]:
        """Between which ends the share lies whatever those who did not answer would have said."""
        key = (indicator.id, period, ALL, ALL)
        names = ("indicator_id", "period", "dimension", "category")
        rows = [row for row in self.wording.report.rows["non_response"] if tuple(row[k] for k in names) == key]
        if not rows or not rows[0]["n_missing"]:
            return []
        cell, row = self.wording.shown.cell, rows[0]
        low, high = (cell("non_response", row, name, shape) for name in ("share_low", "share_high"))
        missing, asked = (cell("non_response", row, name, "number.0") for name in ("n_missing", "n_asked"))
        return [self._say("non_response", row["n_missing"], missing=missing, asked=asked, low=low, high=high)]

    # --- groups ------------------------------------------------------------------------------------------------------

    def between_groups(self, indicator: Block, period: str) -> list[Md]:
        """For every dimension, which groups differ from the others beyond chance; that none does where none does.
        Complete counts differ as they stand, and are left to the chart."""
        found: dict[str, list[Row]] = {}
        for row in self.rows(indicator, period, "group", None):
            if row["p_value"] is not None:
                found.setdefault(row["dimension"], []).append(row)
        differing = {
            name: clear for name, rows in found.items()
            if (clear := [row for row in rows if row["verdict"] in ("up", "down")])
        }  # fmt: skip
        sentences = [self._groups(indicator, dimension, clear) for dimension, clear in differing.items()]
        alike = [self._title(dimension) for dimension in found if dimension not in differing]
        return [*sentences, self._say("groups_none", dimensions=self.wording.listed(alike))] if alike else sentences

    def _title(self, dimension: str) -> Md:
        return self.wording.shown.quoted(self.plates.dimension_title(dimension))

    def _groups(self, indicator: Block, dimension: str, clear: Sequence[Row]) -> Md:
        n = self.wording.shown.cell("comparisons", clear[0], "n_compared", "number.0")
        parts = [
            self._say(
                f"group_{row['verdict']}{'' if row['other_category'] == _REST else '_pair'}",
                group=self._group(row, "category"),
                other=self._group(row, "other_category"),
                size=self._amount(indicator, row, "difference", absolute=True),
            )
            for row in clear
        ]
        parts = self.wording.listed(parts)
        return self._say("groups_clear", clear[0]["n_compared"], dimension=self._title(dimension), parts=parts, n=n)

    def _group(self, row: Row, column: str) -> Md:
        if row[column] == _REST:
            return self._say("rest")
        return self.wording.shown.quoted(self.plates.category_label(row["dimension"], row[column]))

    # --- signs and tables --------------------------------------------------------------------------------------------

    def verdict(self, row: Row) -> Md:
        """Sign and words."""
        verdict = row["verdict"]
        return Md(f"{SIGNS[verdict]} {self._say(f'is_{verdict}')}")

    def since_start(self, indicator: Block, period: str, dimension: str = ALL, category: str = ALL) -> Md | None:
        """What has become of it since the start, in a word; None where nothing is known of it."""
        rows = self.rows(indicator, period, "baseline", dimension if dimension == ALL else None)
        row = next((one for one in rows if (one["dimension"], one["category"]) == (dimension, category)), None)
        if row is None or row["verdict"] not in ("up", "down", "no_evidence", "same"):
            return None
        verdict = row["verdict"]
        return Md(f"{SIGNS[verdict]} {self._say(f'since_{verdict}')}")

    def table(self, indicator: Block, period: str) -> Md | None:
        """Every comparison of the indicator in the period, with its interval, its corrected p-value and the verdict."""
        kinds = ("baseline", "previous_period", "first_answer", "group")
        rows = [row for kind in kinds for at in (ALL, None) for row in self.rows(indicator, period, kind, at)]
        if not rows:
            return None
        told = [row for row in rows if row["verdict"] != "unknown"]
        untold = self._untold(indicator, len(rows) - len(told))
        if not told:
            return untold
        body = []
        for row in told:
            interval = "–"
            if row["ci_low"] is not None:
                bounds = self._bounds(indicator, row)
                interval = self.wording.phrases("cell.from_to", low=bounds["low"], high=bounds["high"])
            difference = Md("–")
            if row["difference"] is not None:
                difference = self._amount(indicator, row, "difference")
            body.append([
                self._sides(row), difference, Md(interval),
                self.wording.p_value("comparisons", row, "p_adjusted"), self.verdict(row),
            ])  # fmt: skip
        columns = [
            Column(self._say("what"), 32), Column(self._say("difference"), 17, "right"),
            Column(self._say("interval"), 23, "right"), Column(self._say("p_adjusted"), 9, "right"),
            Column(self._say("verdict"), 19),
        ]  # fmt: skip
        caption = self._say("table", title=self.wording.says(indicator))
        table = Table(caption, columns, body, ("cards",)).markdown()
        return Md(f"{table}\n\n{untold}") if untold else table

    def _untold(self, indicator: Block, count: int) -> Md | None:
        """How many comparisons cannot be told, instead of a line of dashes for each."""
        if not count:
            return None
        n = self.wording.shown.computed(f"comparisons of {indicator.id} that cannot be told", count)
        return Md(f"::: {{.note}}\n{self._say('untold', count, n=n)}\n:::")

    def _sides(self, row: Row) -> Md:
        group = self.wording.phrases("indicator.wholly")
        if row["dimension"] != ALL:
            label = self.plates.category_label(row["dimension"], row["category"])
            group = self.wording.shown.quoted(f"{self.plates.dimension_title(row['dimension'])}: {label}")
        if row["against"] == "group":
            return Md(f"{group} [{self._say('against_group', other=self._group(row, 'other_category'))}]{{.under}}")
        name = self._say(f"against_{row['against']}")
        if row["other_period"] and row["against"] != "first_answer":
            period = self.wording.shown.quoted(
                self.wording.period_name(self.wording.report.period(row["other_period"]))
            )
            name = Md(f"{name}, {period}")
        return Md(f"{group} [{name}]{{.under}}")
