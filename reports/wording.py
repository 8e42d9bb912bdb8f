"""An estimate to plain sentences that claim no more than its evidence allows, in Italian and English.

The words stand in `templates/words.yml`; here it is decided which of them a number has earned. Three rules hold for
every sentence: a difference is called clear only when its interval leaves zero out, also after correction for several
comparisons; it is read as the programme's effect only where places were assigned by lot; and what is suppressed,
missing or a true zero is told apart in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.phrases import Phrases
from reports.reading import ALL, Block, Period, Report, Row, spoken
from reports.shown import Md, Shown, Unit, formatted

#: Terms of a comparison of two groups or of two times, the headline first.
TERMS = ("difference", "adjusted", "change")
_SMALLEST_P = 0.001
_FEWEST_DOCUMENTS = 3  # for a share of documents to say more than their number
_OF = {"n": "numerator", "all": "denominator"}
_STATUSES = ("met", "on_track", "behind", "not_met", "no_data")
#: A sign beside every status word, so that colour is never alone. All exist in the fonts typst carries.
MARKS: Mapping[str, str] = {
    "met": "✓", "on_track": "◐", "behind": "◔", "not_met": "×", "no_data": "○", "no_target": "·", "suppressed": "○",
    "not_measured": "·", "with_data": "·", "reproduced": "✓", "contradicted": "×", "not_reproducible": "○",
}  # fmt: skip


@dataclass(frozen=True)
class Wording:
    """Sentences about one report in one language; every number goes through `shown`."""

    report: Report
    period: Period
    phrases: Phrases
    shown: Shown
    chapters: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        return self.phrases.language

    # --- small parts -------------------------------------------------------------------------------------------------

    def says(self, block: Block) -> Md:
        return self.shown.quoted(block.says(self.language))

    def unit(self, indicator: Block) -> Unit:
        attributes = indicator.attributes
        name = spoken(attributes.get("unit"), self.language, "")
        return Unit.of(name, attributes.get("measure_kind"), attributes.get("decimals"))

    def with_unit(self, number: Md, unit: Unit, value: float | None, difference: bool = False) -> Md:
        """The number followed by its unit in words, where the number's own format does not carry one."""
        if value is None:
            return number
        if unit.kind in ("percent", "percentage"):
            return self.phrases("effect.points", value=number) if difference else number
        if unit.kind == "money" or not unit.name or unit.name in ("ratio", "number", "index", "score", "count"):
            return number
        name = unit.name.casefold()
        one = abs(value) == 1
        singular = name.removesuffix("s") if self.phrases.has(f"unit.{name.removesuffix('s')}") else name
        if self.phrases.has(f"unit.{singular}"):
            return Md(f"{number} {self.phrases(f'unit.{singular}', count=1 if one else 2)}")
        return Md(f"{number} {self.shown.quoted(unit.name)}")

    def period_name(self, period: Period) -> str:
        """`2024-H1` as people say it."""
        if period.name == "all":
            return self.phrases.plain("report.whole")
        year, _, part = period.name.partition("-")
        if part.startswith("H"):
            return self.phrases.plain(f"report.half_{part[1:]}", year=year)
        if part.startswith("Q"):
            return self.phrases.plain(f"report.quarter_{part[1:]}", year=year)
        if part:
            from babel.dates import format_date

            return format_date(period.start, "LLLL yyyy", locale=self.language)
        return year

    def listed(self, parts: Sequence[Md]) -> Md:
        from babel.lists import format_list

        return Md(format_list(list(parts), locale=self.language)) if parts else Md("")

    def status(self, status: str) -> Md:
        """The status as sign and word, classed so that a theme may colour it."""
        return Md(f"[{MARKS[status]} {self.phrases(f'status.{status}')}]{{.status .{status.replace('_', '-')}}}")

    # --- one indicator -----------------------------------------------------------------------------------------------

    def shape(self, indicator: Block, rows: Sequence[Row], progress: Row | None = None) -> str:
        """One number format for all these rows of an indicator, and for its starting point shown beside them."""
        values = [row[k] for row in rows for k in ("value", "ci_low", "ci_high")]
        return self.unit(indicator).format([*values, progress["baseline"] if progress else None])

    def value(self, indicator: Block, row: Row, shape: str) -> Md:
        """The value with its unit, or in words why there is none."""
        if row["status"] != "ok" or row["value"] is None:
            return self.phrases(f"cell.{row['status'] if row['status'] != 'ok' else 'not_computable'}")
        if self.is_milestone(indicator):
            return self.phrases("cell.reached" if row["value"] == 1 else "cell.not_reached")
        if self.is_of_few(indicator, row):
            return self.documents(row)
        number = self.shown.cell("indicator_values", row, "value", shape)
        return self.with_unit(number, self.unit(indicator), row["value"])

    def is_of_few(self, indicator: Block, row: Row, n: str = "n") -> bool:
        """Whether the value is a share of so few documents that a percentage would say more than they do."""
        measure = indicator.attributes.get("measure") or {}
        is_of_documents = indicator.attributes.get("measure_kind") == "theme" and measure.get("per") != "segment"
        return is_of_documents and row[n] is not None and row[n] < _FEWEST_DOCUMENTS

    def documents(self, row: Row) -> Md:
        """`documents: 1 of 2`, in place of a percentage."""
        facts = {name: self.shown.cell("indicator_values", row, column, "number.0") for name, column in _OF.items()}
        return self.phrases("cell.documents_of", **facts)

    def plain_documents(self, row: Row) -> str:
        """The same for a figure."""
        facts = {name: self.shown.plain_cell("indicator_values", row, column, "number.0")
                 for name, column in _OF.items()}  # fmt: skip
        return self.phrases.plain("cell.documents_of", **facts)

    def interval(self, row: Row, shape: str, table: str = "indicator_values") -> Md | None:
        """`from … to …`, or None where there is no interval."""
        if row["ci_low"] is None or row["ci_high"] is None:
            return None
        low, high = (self.shown.cell(table, row, column, shape) for column in ("ci_low", "ci_high"))
        return self.phrases("cell.from_to", low=low, high=high)

    def p_value(self, table: str, row: Row, column: str) -> Md:
        """A p value; one that would be rounded to nothing as smaller than what is still told."""
        if row[column] is not None and row[column] < _SMALLEST_P:
            least = self.shown.computed("smallest p value shown", _SMALLEST_P, "number.3")
            return self.phrases("effect.p_small", value=least)
        return self.shown.cell(table, row, column, "number.3")

    def level(self, row: Row, table: str = "indicator_values") -> Md:
        return self.shown.cell(table, row, "ci_level", "percent.0")

    def value_sentences(self, indicator: Block, row: Row | None, shape: str) -> list[Md]:
        """What the value is and how sure, or in words why there is none; a true zero is said to be one."""
        say = self.phrases
        if row is None or row["status"] == "no_data":
            return [say("value.no_data")]
        if row["status"] == "suppressed":
            return [say("value.suppressed")]
        if row["status"] != "ok" or row["value"] is None:
            note = [self.shown.quoted(row["note"])] if row["note"] else []
            return [say("value.not_computable"), *note]
        if self.is_milestone(indicator):
            return [self._milestone(indicator, reached=row["value"] == 1)]
        value = self.value(indicator, row, shape)
        n = self.shown.cell("indicator_values", row, "n", "number.0")
        if row["ci_low"] is not None and row["ci_high"] is not None:
            low, high = (self.shown.cell("indicator_values", row, k, shape) for k in ("ci_low", "ci_high"))
            used = self._counted("used", indicator, row, n)
            sentences = [say("value.sample", value=value, level=self.level(row), low=low, high=high, used=used)]
        elif self.is_census(indicator) and self.unit(indicator).kind != "count":
            sentences = [say("value.census", value=value, counted=self._counted("counted", indicator, row, n))]
        else:
            sentences = [say("value.ok", value=value)]
        if row["period"] not in (self.period.name, ALL):
            when = self.shown.quoted(self.period_name(self.report.period(row["period"])))
            sentences.append(say("value.earlier", period=when))
        return [*sentences, say("value.zero")] if row["value"] == 0 else sentences

    def _counted(self, name: str, indicator: Block, row: Row, n: Md) -> Md:
        """What the number rests on: rows of a table, documents or passages, members of a network, people in two waves,
        or of a rubric what was rated and by how many."""
        measure = indicator.attributes.get("measure") or {}
        kind = indicator.attributes.get("measure_kind")
        if kind == "network":
            return self.phrases(f"{name}.nodes", n=n)
        if kind == "change":
            both = self._in_both(indicator, measure)
            if name == "used" and both and both["n_both"] > row["n"]:
                return self.phrases("used.pairs_of", n=n, both=self.shown.cell("panel", both, "n_both", "number.0"))
            return self.phrases(f"{name}.pairs", n=n)
        if kind == "rubric" and row["denominator"] is not None:
            rated = self.shown.cell("indicator_values", row, "denominator", "number.0")
            return self.phrases(f"{name}.rated", n=rated, raters=self.phrases("counted.raters", row["n"], n=n))
        if kind == "theme":
            return self.phrases(f"{name}.passages" if measure.get("per") == "segment" else f"{name}.documents", n=n)
        return self.phrases(f"{name}.rows", n=n)

    def _in_both(self, indicator: Block, measure: Mapping[str, Any]) -> Row | None:
        """How many people were in both waves that a change is between, whether they answered its question or not."""
        waves = [str(wave) for wave in measure.get("between") or ()]
        for row in self.report.rows["panel"]:
            is_it = row["source"] == indicator.attributes.get("source") and [row["wave_from"], row["wave_to"]] == waves
            if is_it and row["status"] == "ok" and row["n_both"] is not None:
                return row
        return None

    def is_milestone(self, indicator: Block) -> bool:
        return indicator.attributes.get("measure_kind") == "milestone"

    def _milestone(self, indicator: Block, reached: bool) -> Md:
        """When a document or a body was due and when it came, as known at the end of the period."""
        id = str((indicator.attributes.get("measure") or {}).get("milestone") or "")
        block = self.report.block(id, "milestone")
        attributes = block.attributes if block else {}
        dates: dict[str, Md] = {}
        planned = attributes.get("planned") or {}
        for name, path, day in (
            ("due", "due", attributes.get("due")),
            ("due", "planned.end", planned.get("end")),
            ("actual", "actual", attributes.get("actual") if reached else None),
        ):
            if day and block and name not in dates:
                date = dt.date.fromisoformat(str(day))
                dates[name] = self.shown.stated("milestone", block.id, path, date, "date")
        name = "reached" if reached else "not_reached"
        return self.phrases(f"milestone.{name}{'_due' if 'due' in dates else ''}", **dates)

    def is_census(self, indicator: Block) -> bool:
        return (indicator.attributes.get("uncertainty") or {}).get("mode") == "census"

    def target(self, progress: Row, unit: Unit, shape: str) -> Md:
        """`at least 75 %, by 31 December 2026`."""
        if progress["target"] is None:
            return Md(self.shown.nothing)
        value = self.shown.goal(progress, "target", shape)
        approx = self._approximation(progress)
        if approx:
            value = self.phrases(f"approx.{approx}", words=value)
        name = {">=": "at_least", "<=": "at_most", "between": "between"}.get(progress["operator"], "exactly")
        if name == "between":
            high = progress.get("target_high")
            high_text = self.shown.goal(progress, "target_high", shape) if high is not None else value
            words = self.phrases("cell.between", value=value, high=high_text)
        elif approx and approx not in ("about", "circa"):
            words = value  # "over 250" already says in which direction
        else:
            words = self.phrases(f"cell.{name}", value=value)
        if progress["due"] is None:
            return words
        by = self.phrases("cell.by", date=self.shown.cell("progress", progress, "due", "date"))
        return Md(f"{words} {by}")

    def _approximation(self, progress: Row) -> str | None:
        """How the target was stated, `about` for instance; targets lose it on their way into `progress`."""
        for row in self.report.rows["targets"]:
            if row["indicator_id"] == progress["indicator_id"] and row["value"] == progress["target"]:
                return row["approx"]
        return None

    def baseline_sentences(self, progress: Row | None, row: Row | None, shape: str) -> list[Md]:
        """The starting point; called higher or lower only where the value's interval leaves it out."""
        if progress is None or progress["baseline"] is None:
            return []
        baseline = self.shown.cell("progress", progress, "baseline", shape)
        name = "value"
        if row is not None and row["status"] == "ok" and row["ci_low"] is not None and row["ci_high"] is not None:
            start = progress["baseline"]
            name = "above" if row["ci_low"] > start else "below" if row["ci_high"] < start else "within"
        sentences = [self.phrases(f"baseline.{name}", baseline=baseline)]
        return [*sentences, self.phrases("baseline.caution")] if name in ("above", "below") else sentences

    def target_sentence(self, indicator: Block, progress: Row | None, row: Row | None, shape: str) -> Md:
        """Whether the target is met, and whether the margin of uncertainty leaves that open."""
        if progress is None or progress["status"] == "no_target" or progress["target"] is None:
            return self.phrases("target.no_target")
        status = progress["status"]
        if self.is_unsure(progress, row) and self.phrases.has(f"target.{status}_uncertain"):
            status = f"{status}_{'open' if status == 'on_track' and self._satisfies(progress) else 'uncertain'}"
        return self.phrases(f"target.{status}", target=self.target(progress, self.unit(indicator), shape))

    def is_unsure(self, progress: Row, row: Row | None) -> bool:
        """The interval leaves the status open; of an older publication, whether a target reached or missed is in it."""
        if progress.get("certainty"):
            return progress["certainty"] == "unsure"
        if progress["status"] not in ("met", "not_met") or row is None or None in (row["ci_low"], row["ci_high"]):
            return False
        bounds = [progress["target"], progress.get("target_high")]
        return any(bound is not None and row["ci_low"] <= bound <= row["ci_high"] for bound in bounds)

    def _satisfies(self, progress: Row) -> bool:
        """The value itself, whatever its interval, is on the right side of the target."""
        value, target, high = progress["value"], progress["target"], progress["target_high"]
        match progress["operator"]:
            case ">=":
                return value >= target
            case "<=":
                return value <= target
            case "between":
                return target <= value <= (target if high is None else high)
        return progress.get("expected_value") is None or abs(value - target) <= (progress.get("tolerance") or 1e-9)

    # --- an effect ---------------------------------------------------------------------------------------------------

    def effect_unit(self, evaluation: Block) -> Unit:
        return Unit.of(evaluation.text("unit", self.language))

    def effect_shape(self, evaluation: Block, rows: Sequence[Row]) -> str:
        return self.effect_unit(evaluation).format(
            [row[k] for row in rows for k in ("estimate", "ci_low", "ci_high")], difference=True
        )

    def amount(self, evaluation: Block, effect: Row, column: str, shape: str, absolute: bool = False) -> Md:
        """One figure of an effect with its unit; `absolute` where the sentence itself says higher or lower."""
        value = effect[column]
        unit = self.effect_unit(evaluation)
        if absolute and value < 0:
            number = self.shown.size("effects", effect, column, shape)
        else:
            number = self.shown.cell("effects", effect, column, shape)
        return self.with_unit(number, unit, value, difference=True)

    def _bounds(self, evaluation: Block, effect: Row, shape: str, as_sizes: bool = False) -> dict[str, Md]:
        """Both ends of the interval, the unit said once. As sizes of a decrease they change places, unsigned."""
        low, high = ("ci_high", "ci_low") if as_sizes else ("ci_low", "ci_high")
        first = self.shown.size if as_sizes else self.shown.cell
        return {
            "low": first("effects", effect, low, shape),
            "high": self.amount(evaluation, effect, high, shape, absolute=as_sizes),
        }

    def is_clear(self, effect: Row) -> bool:
        """The interval leaves zero out."""
        low, high = effect["ci_low"], effect["ci_high"]
        return low is not None and high is not None and (low > 0 or high < 0)

    def survives_correction(self, effect: Row) -> bool:
        """Also after correction for the comparisons made together, where there is one."""
        level = effect["ci_level"] or 0.95
        return effect["p_adjusted"] is None or effect["p_adjusted"] < 1 - level

    def effect_sentences(self, evaluation: Block, effect: Row | None, rows: Sequence[Row] = ()) -> list[Md]:
        """What the comparison shows and how far it may be read, in one to three sentences."""
        if effect is None:
            return [self.phrases("effect.not_estimated")]
        shape = self.effect_shape(evaluation, rows or [effect])
        design = effect["design"]
        if effect["estimate"] is None:
            return [self._about(evaluation, self.phrases("effect.absent"))]
        if effect["ci_low"] is None or effect["ci_high"] is None:
            estimate = self.amount(evaluation, effect, "estimate", shape)
            return [self._about(evaluation, self.phrases("effect.unbounded", estimate=estimate)),
                    *self._reading(design, clear=False)]  # fmt: skip
        bounds = self._bounds(evaluation, effect, shape)
        level = self.level(effect, "effects")
        if effect["term"] not in TERMS:
            key = term_key(effect["term"])
            term = self.phrases(key) if self.phrases.has(key) else self.shown.quoted(effect["term"])
            sentence = self.phrases(
                "effect.other", term=term, level=level,
                estimate=self.amount(evaluation, effect, "estimate", shape), **bounds,
            )  # fmt: skip
            return [self._about(evaluation, sentence), *self._reading(design, clear=False, say_unclear=False)]
        clear = self.is_clear(effect)
        prefix = "after_" if design == "pre_post" else ""
        groups = {name: self._group(evaluation, name) for name in ("group", "comparison") if not prefix}
        if not clear:
            sentence = self.phrases(f"effect.{prefix}unclear", level=level, **bounds, **groups)
            return [self._about(evaluation, sentence), *self._reading(design, clear=False)]
        rises = effect["estimate"] > 0
        size = self.amount(evaluation, effect, "estimate", shape, absolute=True)
        if not rises:
            bounds = self._bounds(evaluation, effect, shape, as_sizes=True)
        sentence = self.phrases(
            f"effect.{prefix}{'higher' if rises else 'lower'}",
            what=self.phrases("effect.share" if self.effect_unit(evaluation).kind == "percent" else "effect.mean"),
            size=size,
            level=level,
            **bounds,
            **groups,
        )
        if not self.survives_correction(effect):
            return [self._about(evaluation, sentence), self.phrases("effect.many"),
                    *self._reading(design, clear=False, say_unclear=False)]  # fmt: skip
        return [self._about(evaluation, sentence), *self._reading(design, clear=True)]

    def _reading(self, design: str | None, clear: bool, say_unclear: bool = True) -> list[Md]:
        """How far the difference speaks about the programme. Only a draw earns the word effect."""
        if design == "randomised":
            if clear:
                return [self.phrases("effect.by_lot")]
            return [self.phrases("effect.by_lot_unclear")] if say_unclear else []
        known = design if design and self.phrases.has(f"effect.{design}") else "unknown_design"
        return [self.phrases(f"effect.{known}")]

    def covariate(self, evaluation: Block, name: str) -> Md:
        """A starting characteristic by the title its source gives it; its name where it has none."""
        title = spoken((evaluation.attributes.get("covariate_titles") or {}).get(name), self.language)
        return Md(f"«{self.shown.quoted(title)}»") if title else Md(f"`{self.shown.literal(name)}`")

    def _about(self, evaluation: Block, sentence: Md) -> Md:
        quantity = evaluation.text("quantity", self.language)
        about = self.phrases("effect.for", quantity=self.shown.quoted(quantity)) if quantity else ""
        whole = about + sentence
        return Md(whole[:1].upper() + whole[1:])

    def _group(self, evaluation: Block, which: str) -> Md:
        named = evaluation.text(f"{which}_name", self.language)
        return self.shown.quoted(named) if named else self.phrases(f"effect.{which}")

    def adjusted_sentence(self, evaluation: Block, rows: Sequence[Row]) -> Md | None:
        """The estimate that takes starting characteristics into account, where there is one."""
        row = next((row for row in rows if row["term"] == "adjusted" and row["estimate"] is not None), None)
        covariates = [self.covariate(evaluation, name) for name in evaluation.ids("covariates")]
        interval = self.interval(row, self.effect_shape(evaluation, rows), "effects") if row else None
        if row is None or interval is None or not covariates:
            return None
        estimate = self.amount(evaluation, row, "estimate", self.effect_shape(evaluation, rows))
        n = self.shown.computed(f"covariates of {evaluation.id}", len(covariates))
        return self.phrases(
            "effect.adjusted_same",
            count=len(covariates),
            n=n,
            covariates=Md(", ".join(covariates)),
            estimate=estimate,
            interval=interval,
        )

    # --- in brief ----------------------------------------------------------------------------------------------------

    def brief(self) -> list[Md]:
        """Plain sentences for who reads nothing else: what the comparisons show, the targets, the gaps, the data."""
        targets = self._targets() if self.report.in_force(self.period) else []
        return [*self._effects(), Md(" ".join([self._followed(), *targets])), self._gaps(), self._data()]

    def _followed(self) -> Md:
        indicators = self.report.in_force(self.period)
        if not indicators:
            return self.phrases("brief.no_indicators")
        rows = [self.report.value(i.id, self.period.name) for i in indicators]
        valued = sum(row is not None and row["status"] == "ok" for row in rows)
        n = self.shown.computed("indicators", len(indicators))
        if valued == len(indicators):
            return self.phrases("brief.all_indicators", n=n)
        with_data = self.shown.computed("indicators with a value", valued)
        without = self.shown.computed("indicators without a value", len(indicators) - valued)
        return self.phrases("brief.indicators", n=n, with_data=with_data, without=without)

    def statuses(self) -> dict[str, list[Block]]:
        """The indicators with a target by the status of their whole."""
        found: dict[str, list[Block]] = {}
        for indicator in self.report.in_force(self.period):
            progress = self.report.progress(indicator.id, self.period.name)
            if progress is not None and progress["target"] is not None:
                found.setdefault(progress["status"], []).append(indicator)
        return found

    def _targets(self) -> list[Md]:
        """How many targets stand how, and by name those that lag or were missed."""
        found = self.statuses()
        total = sum(map(len, found.values()))
        if not total:
            return [self.phrases("brief.no_targets")]
        parts = [
            self.phrases(
                f"brief.part_{status}",
                count=len(found[status]),
                n=self.shown.computed(f"targets {status}", len(found[status])),
            )
            for status in _STATUSES
            if found.get(status)
        ]
        n = self.shown.computed("indicators with a target", total)
        sentences = [self.phrases("brief.targets", count=total, n=n, parts=self.listed(parts))]
        unsure = [one for some in found.values() for one in some if self._status_is_open(one)]
        if unsure:
            titles = self.listed([self.says(indicator) for indicator in unsure])
            sentences.append(self.phrases("brief.unsure", titles=titles))
        for status in ("behind", "not_met"):
            if found.get(status):
                titles = self.listed([self.says(indicator) for indicator in found[status]])
                sentences.append(self.phrases(f"brief.{status}", titles=titles))
        return sentences

    def _status_is_open(self, indicator: Block) -> bool:
        progress = self.report.progress(indicator.id, self.period.name)
        return progress is not None and self.is_unsure(progress, self.report.value(indicator.id, self.period.name))

    def _effects(self) -> list[Md]:
        sentences: list[Md] = []
        for evaluation in self.report.of("evaluation"):
            rows = self.report.evaluation_rows(evaluation.id)
            if rows:
                sentences.append(Md(" ".join(self.effect_sentences(evaluation, headline(rows), rows))))
        return sentences[:3]

    def _gaps(self) -> Md:
        gaps = self.report.gaps
        if not gaps:
            return self.phrases("brief.no_gaps")
        n = self.shown.computed("elements with a gap", len(gaps))
        if "missing" in self.chapters:
            return self.phrases("brief.gaps", count=len(gaps), n=n, section=self.phrases("section.missing"))
        blocks = [self.report.block(row["element_id"]) for row in gaps]
        names = self.listed([self.says(block) for block in blocks if block])
        return self.phrases("brief.gaps_named", count=len(gaps), n=n, names=names)

    def _data(self) -> Md:
        loads = self.report.rows["loads"]
        if not loads:
            return self.phrases("brief.no_loads")
        sources = len({row["source"] for row in loads})
        accepted, superseded, refused = (
            sum(row[f"rows_{k}"] or 0 for row in loads) for k in ("accepted", "superseded", "refused")
        )
        return self.phrases(
            "brief.data" if refused else "brief.data_whole",
            count=sources,
            accepted=self.shown.computed("rows in force", accepted - superseded),
            refused=self.shown.computed("rows refused", refused),
            sources=self.shown.computed("sources", sources),
        )


def headline(rows: Sequence[Row]) -> Row | None:
    """The row an evaluation is told by: the plain difference, else the adjusted one, else the first."""
    for term in TERMS:
        for row in rows:
            if row["term"] == term and row["estimate"] is not None:
                return row
    return rows[0] if rows else None


def term_key(term: str) -> str:
    """Where the words for an estimate stand: a comparison has its own, a design with one estimate is called by it."""
    return f"effect.{term}" if term in TERMS else f"design.{term}"


def plain(value: Any, shape: str, language: str) -> str:
    """A number for a figure, where no Markdown is wanted."""
    return "" if value is None else formatted(value, shape, language)
