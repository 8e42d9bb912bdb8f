"""What a report is made from: the published tables, read once over one read-only connection into frozen records.

Nothing here computes or words anything, and nothing else in this package opens a database. A publication that is
missing or older than the report needs is the user's to mend, so it is told as a problem.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint

ALL = "all"
_LEVELS = ("month", "quarter", "half_year", "year", ALL)
STAGES = ("input", "activity", "output", "outcome", "impact")

#: The columns a report needs, table by table. A publication may hold more.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "elements": ("element_id", "kind", "position", "statement", "statement_it", "statement_en", "attributes"),
    "links": ("link_id", "from_id", "to_id", "type", "necessity", "mechanism", "mechanism_it", "mechanism_en", "lag",
              "strength_of_evidence", "assumptions"),
    "indicators": ("indicator_id", "title", "title_it", "title_en", "measures", "unit", "measure_kind", "source",
                   "direction", "attributes", "unit_it", "unit_en"),
    "indicator_values": ("indicator_id", "period", "dimension", "category", "n", "numerator", "denominator", "value",
                         "std_error", "ci_low", "ci_high", "ci_level", "degrees_of_freedom", "method", "unit", "status",
                         "note", "theory_version", "definition_id", "snapshot_id"),
    "progress": ("indicator_id", "period", "dimension", "category", "baseline", "target", "operator", "due", "value",
                 "progress", "status", "target_high"),
    "targets": ("indicator_id", "operator", "value", "value_high", "by", "approx"),
    "effects": ("evaluation_id", "term", "design", "estimate", "std_error", "statistic", "p_value", "p_adjusted",
                "ci_low", "ci_high", "ci_level", "n", "n_group", "n_comparison", "effect_size", "effect_size_kind",
                "method", "diagnostics"),
    "coverage": ("element_id", "kind", "n_indicators", "n_with_data", "n_qualitative", "gap"),
    "evidence": ("element_id", "link_id", "assumption_id", "source", "kind", "direction", "strength", "reference"),
    "quality": ("source", "rule_id", "severity", "n_rows", "n_failed", "remedy", "remedy_it", "remedy_en"),
    "loads": ("load_id", "source", "file_name", "sha256", "rows_read", "rows_accepted", "rows_superseded",
              "rows_refused", "loaded_at"),
    "distributions": ("indicator_id", "period", "dimension", "category", "bin_low", "bin_high", "n", "status"),
    "published_figures": ("figure_id", "value", "approx", "unit", "as_of", "source", "locator", "indicator_id",
                          "evaluation_id", "period", "category", "term", "value_found", "difference", "verdict",
                          "reason", "note_it", "note_en", "disagrees_with"),
    "periods": ("period", "level", "start_date", "end_date", "has_data"),
}  # fmt: skip

#: What a report also tells where a publication has it; older ones lack it.
WELCOME: Mapping[str, tuple[str, ...]] = {
    "progress": ("certainty", "expected_value", "tolerance"),
    "non_response": ("indicator_id", "period", "dimension", "category", "n", "n_asked", "n_missing", "response_share",
                     "value", "share_low", "share_high", "known_from"),
    "comparisons": ("indicator_id", "period", "dimension", "category", "against", "other_period", "other_category",
                    "other_indicator", "value", "other_value", "difference", "std_error", "ci_low", "ci_high",
                    "ci_level", "p_value", "p_adjusted", "n_compared", "n", "n_other", "n_both", "method", "status",
                    "verdict", "note"),
    "quality": ("wave", "kind", "what_it", "what_en"),
    "evidence": ("title_it", "title_en", "n_documents", "n_documents_all", "n_people", "status"),
    "weighting": ("source", "wave", "variable", "category", "n", "unweighted_share", "weighted_share", "target_share",
                  "min_weight", "max_weight", "cv_weight", "effective_n", "design_effect", "n_trimmed", "method",
                  "status", "note", "category_it", "category_en"),
    "panel": ("source", "wave_from", "wave_to", "n_from", "n_to", "n_both", "n_lost", "n_new", "retained_share",
              "n_near", "status"),
    "scales": ("source", "scale", "period", "wave", "title_it", "title_en", "library", "reference", "score", "times",
               "n_items", "at_least", "n", "alpha", "ci_low", "ci_high", "ci_level", "weighted", "status"),
    "scale_items": ("source", "scale", "period", "wave", "item", "place", "reversed", "n", "item_rest", "alpha_without",
                    "status"),
    "networks": ("source", "wave", "kind", "measure", "compared_with", "value", "ci_low", "ci_high", "ci_level",
                 "p_value", "n_nodes", "n_ties", "n_answered", "n_members", "directed", "status", "note", "method",
                 "title_it", "title_en", "kind_it", "kind_en", "day"),
    "network_nodes": ("source", "wave", "node", "name", "answered", "in_network", "degree", "betweenness", "constraint",
                      "component", "group_it", "group_en", "day"),
    "network_ties": ("source", "wave", "node_from", "node_to", "kinds", "strength"),
    "funnels": ("source", "cohort", "kind", "item", "n", "base", "of_previous", "of_first", "amount", "leverage",
                "participations", "organisations", "status", "method", "title_it", "title_en", "source_it", "source_en",
                "cohort_it", "cohort_en"),
    "ratings": ("source", "dimension", "category", "group", "kind", "n", "n_items", "median", "q1", "q3", "mean",
                "ci_low", "ci_high", "statistic", "p_value", "p_adjusted", "effect", "status", "method", "position",
                "source_it", "source_en", "dimension_it", "dimension_en", "category_it", "category_en", "group_it",
                "group_en"),
    "corpora": ("source", "title_it", "title_en", "kind", "consent", "n_documents", "n_people", "first_day", "last_day",
                "status"),
    "codes": ("source", "code_id", "path", "parent", "title_it", "title_en", "description_it", "description_en",
              "position"),
    "code_meanings": ("source", "code_id", "element_id", "kind", "direction", "strength"),
    "themes": ("source", "code_id", "period", "dimension", "category", "n_documents", "n_segments", "share", "n_all",
               "status"),
    "theme_pairs": ("source", "code_id", "other_code_id", "n_documents", "n_either", "jaccard", "status"),
    "saturation": ("source", "n_documents", "n_codes", "n_new", "expected"),
    "agreement": ("source", "code_id", "coefficient", "kind", "n_units", "n_coders", "ci_low", "ci_high", "ci_level",
                  "interval", "unit", "status"),
    "quotes": ("source", "quote_id", "document_id", "code_id", "element_id", "direction", "speaker", "text", "language",
               "chosen_by", "chosen_role", "chosen_at", "is_adverse", "is_balancing"),
    "quote_balance": ("source", "element_id", "direction", "n_quoted", "reasons"),
    "quote_choices": ("source", "n_by_rule", "n_by_hand", "n_balancing", "per_code", "shortest", "longest", "n_masks"),
    "joined": ("element_id", "kind", "numbers", "n_indicators", "n_with_data", "numbers_reference", "voices",
               "n_documents_for", "n_documents_against", "n_documents_speaking", "n_people", "agreement", "flag",
               "proposed_status", "proposed_why", "decided_status", "decided_by", "decided_at", "decided_reason",
               "is_decision_stale", "decided_reason_it", "decided_reason_en", "n_evaluations", "numbers_basis",
               "n_documents_mixed"),
}  # fmt: skip

#: Every column a report reads, table by table.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    table: (*NEEDED.get(table, ()), *WELCOME.get(table, ())) for table in dict.fromkeys((*NEEDED, *WELCOME))
}

#: How rows are told apart, for naming a number and for a stable order.
KEYS: Mapping[str, tuple[str, ...]] = {
    "indicator_values": ("indicator_id", "period", "dimension", "category"),
    "progress": ("indicator_id", "period", "dimension", "category"),
    "comparisons": ("indicator_id", "period", "dimension", "category", "against"),
    "non_response": ("indicator_id", "period", "dimension", "category"),
    "effects": ("evaluation_id", "term"),
    "distributions": ("indicator_id", "period", "dimension", "category", "bin_low"),
    "coverage": ("element_id", "kind"),
    "quality": ("source", "rule_id"),
    "weighting": ("source", "wave", "variable", "category"),
    "panel": ("source", "wave_from", "wave_to"),
    "scales": ("source", "scale", "period", "wave"),
    "scale_items": ("source", "scale", "period", "wave", "item"),
    "networks": ("source", "kind", "measure", "wave", "compared_with"),
    "network_nodes": ("source", "wave", "node"),
    "network_ties": ("source", "wave", "node_from", "node_to"),
    "funnels": ("source", "kind", "cohort", "item"),
    "ratings": ("source", "kind", "dimension", "category", "group"),
    "joined": ("element_id", "kind"),
    "corpora": ("source", "kind", "consent"),
    "codes": ("source", "code_id"),
    "code_meanings": ("source", "code_id", "element_id"),
    "themes": ("source", "code_id", "period", "dimension", "category"),
    "theme_pairs": ("source", "code_id", "other_code_id"),
    "saturation": ("source", "n_documents"),
    "agreement": ("source", "code_id", "kind"),
    "quotes": ("source", "quote_id", "element_id"),
    "quote_balance": ("source", "element_id", "direction"),
    "quote_choices": ("source",),
    "loads": ("load_id",),
    "targets": ("indicator_id", "operator", "by", "value"),
    "periods": ("period",),
    "published_figures": ("figure_id",),
    "indicators": ("indicator_id",),
    "elements": ("element_id", "kind"),
    "links": ("link_id",),
    "evidence": ("element_id", "link_id", "assumption_id", "source", "kind", "reference"),
}

Row = Mapping[str, Any]


def spoken(text: Any, language: str, default: str | None = None) -> str:
    """Words of a theory (`"…"` or `{it: …, en: …}`) in `language`, else in `default`, else in any; "" for none."""
    if isinstance(text, Mapping):
        for wanted in (language, default):
            if wanted in text:
                return str(text[wanted])
        return str(next(iter(text.values()), ""))
    return "" if text is None else str(text)


@dataclass(frozen=True)
class Block:
    """One block of the theory: its statement (or title or name) in each language, and all its other fields."""

    id: str
    kind: str
    statement: Mapping[str, str]
    attributes: Mapping[str, Any]

    def says(self, language: str) -> str:
        return self.statement.get(language) or self.statement.get("", "")

    def text(self, name: str, language: str) -> str:
        return spoken(self.attributes.get(name), language)

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids a field lists, written as one id or several, as `for` or `for_`. A theme is its code."""
        found = self.attributes.get(name, self.attributes.get(f"{name}_"))
        every = found if isinstance(found, list | tuple) else (found,) if found else ()
        return tuple(str(one.get("theme", one) if isinstance(one, dict) else one) for one in every)


def retired_at(block: Block) -> dt.date | None:
    """The day the block stopped being part of the theory."""
    retired = block.attributes.get("retired") or {}
    return dt.date.fromisoformat(retired["at"]) if retired.get("at") else None


@dataclass(frozen=True)
class Period:
    name: str
    level: str
    start: dt.date
    end: dt.date
    has_data: bool


@dataclass(frozen=True)
class Report:
    """Everything published, by table; `rows` keeps the published columns and names."""

    rows: Mapping[str, tuple[Row, ...]]
    blocks: tuple[Block, ...]
    indicators: tuple[Block, ...]
    periods: tuple[Period, ...]

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], Block]:
        return {(block.kind, block.id): block for block in (*self.blocks, *self.indicators)}

    def of(self, *kinds: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.kind in kinds)

    def block(self, id: str, *kinds: str) -> Block | None:
        """The block of that id; of any kind where none is given."""
        if kinds:
            return next((found for kind in kinds if (found := self._by_id.get((kind, id)))), None)
        return next((block for block in (*self.blocks, *self.indicators) if block.id == id), None)

    @cached_property
    def programme(self) -> Block:
        return next(iter(self.of("programme")), Block("", "programme", {"": ""}, {}))

    @cached_property
    def theory(self) -> Block:
        return next(iter(self.of("theory")), self.programme)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.programme.attributes.get("languages") or ("it", "en"))

    @cached_property
    def chain(self) -> tuple[Block, ...]:
        """The elements of the causal chain, stage by stage."""
        return tuple(block for stage in STAGES for block in self.of(stage))

    @cached_property
    def _values(self) -> dict[tuple[str, ...], Row]:
        return {tuple(row[k] for k in KEYS["indicator_values"]): row for row in self.rows["indicator_values"]}

    @cached_property
    def _progress(self) -> dict[tuple[str, ...], Row]:
        return {tuple(row[k] for k in KEYS["progress"]): row for row in self.rows["progress"]}

    def value(self, indicator: str, period: str, dimension: str = ALL, category: str = ALL) -> Row | None:
        return self._values.get((indicator, period, dimension, category))

    def reported(self, indicator: Block, period: Period) -> Row | None:
        """The indicator's row for the period; without data there, what was measured once earlier, or the whole
        calendar's where only that has any. The row says which period it is of."""
        row = self.value(indicator.id, period.name)
        if period.name == ALL or (row is not None and row["status"] != "no_data"):
            return row
        run = self.series(indicator.id, period)
        known = [found for _, found in run if found["status"] != "no_data"]
        if known and indicator.attributes.get("frequency") == "once":
            return known[-1]
        whole = self.value(indicator.id, ALL)
        return whole if whole is not None and whole["status"] == "ok" and not run else row

    def progress(self, indicator: str, period: str, dimension: str = ALL, category: str = ALL) -> Row | None:
        return self._progress.get((indicator, period, dimension, category))

    def broken_down(self, indicator: str, period: str) -> dict[str, list[Row]]:
        """The values by dimension, in the order the indicator names them, and by category; the whole is left out."""
        block = self.block(indicator, "indicator")
        named = (block.attributes.get("disaggregation") or ()) if block else ()
        order = [" x ".join(d) if isinstance(d, list) else str(d) for d in named]
        found: dict[str, list[Row]] = {dimension: [] for dimension in order}
        for row in self.rows["indicator_values"]:
            if row["indicator_id"] == indicator and row["period"] == period and row["dimension"] != ALL:
                found.setdefault(row["dimension"], []).append(row)
        return {dimension: rows for dimension, rows in found.items() if rows}

    def series(self, indicator: str, period: Period) -> list[tuple[Period, Row]]:
        """The indicator over the periods as long as this one, up to it; for `all`, over the finest ones."""
        level = self.periods[0].level if period.name == ALL and self.periods else period.level
        run = [p for p in self.periods if p.level == level and p.name != ALL and p.end <= period.end]
        return [(p, row) for p in run if (row := self.value(indicator, p.name)) is not None]

    @cached_property
    def gaps(self) -> tuple[Row, ...]:
        """Elements without a measure or without data, from outputs to impact and as the theory lists them."""
        order = {block.id: number for number, block in enumerate(self.chain)}
        gaps = [row for row in self.rows["coverage"] if row["gap"]]
        return tuple(sorted(gaps, key=lambda row: order.get(row["element_id"], len(order))))

    def in_force(self, period: Period) -> tuple[Block, ...]:
        """The indicators that were not yet retired when the period began."""
        return tuple(i for i in self.indicators if (at := retired_at(i)) is None or at >= period.start)

    def measured_by(self, element: str) -> tuple[Block, ...]:
        return tuple(i for i in self.indicators if element in i.ids("measures"))

    def evaluation_rows(self, evaluation: str) -> list[Row]:
        """Its estimates, the plain difference first."""
        first = {"difference": 0, "adjusted": 1}
        found = [row for row in self.rows["effects"] if row["evaluation_id"] == evaluation]
        return sorted(found, key=lambda row: first.get(row["term"], 2))

    @cached_property
    def snapshot_id(self) -> str:
        return ", ".join(sorted({str(row["snapshot_id"]) for row in self.rows["indicator_values"]}))

    @cached_property
    def theory_version(self) -> str:
        versions = {str(row["theory_version"]) for row in self.rows["indicator_values"]}
        return ", ".join(sorted(versions)) or str(self.theory.attributes.get("version", ""))

    @cached_property
    def as_of(self) -> dt.datetime | None:
        """When the newest delivery landed: the data are what was known then."""
        moments = [row["loaded_at"] for row in self.rows["loads"] if row["loaded_at"] is not None]
        return max(moments) if moments else None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that was read, whatever order it was stored in."""
        text = json.dumps(
            {table: sorted(map(_canonical, rows)) for table, rows in self.rows.items()}, ensure_ascii=False
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def period(self, name: str) -> Period:
        """The period of that name; a ProblemsFound with the nearest one where the calendar has none."""
        for period in self.periods:
            if period.name == name:
                return period
        facts = with_hint({"period": name}, name, [period.name for period in self.periods])
        raise ProblemsFound([Problem("report-period-unknown", Place("programme.yml"), facts)])


def read(published: Path, root: Path | None = None) -> Report:
    """All the published tables of `published`. Raises ProblemsFound where it is missing, no publication, or too old."""
    import duckdb

    place = Place(published.relative_to(root).as_posix() if root and published.is_relative_to(root) else published.name)
    if not published.is_file():
        raise ProblemsFound([Problem("publication-missing", place)])
    safe = {"python_enable_replacements": False, "autoinstall_known_extensions": False}
    try:
        connection = duckdb.connect(str(published), read_only=True, config=safe)
    except duckdb.Error:
        raise ProblemsFound([Problem("publication-unreadable", place)]) from None
    with connection:
        there: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'out'"
        ).fetchall():
            there.setdefault(table, set()).add(column)
        problems = list(_lacking(there, place))
        if problems:
            raise ProblemsFound(problems)
        rows = {table: _rows(connection, table, there.get(table, set())) for table in COLUMNS}
    return Report(
        rows=rows,
        blocks=tuple(_block(row["element_id"], _kind(row["kind"]), row, "statement") for row in rows["elements"]),
        indicators=tuple(_indicator(row) for row in rows["indicators"]),
        periods=tuple(
            sorted(
                (Period(*(row[k] for k in NEEDED["periods"])) for row in rows["periods"]),
                key=lambda period: (_LEVELS.index(period.level), period.start),
            )
        ),
    )


def _lacking(there: Mapping[str, set[str]], place: Place) -> Iterable[Problem]:
    for table, columns in NEEDED.items():
        missing = [column for column in columns if column not in there.get(table, set())]
        if missing:
            what = f"out.{table}" if table not in there else ", ".join(f"out.{table}.{column}" for column in missing)
            yield Problem("publication-outdated", place, {"missing": what})


def _rows(connection: Any, table: str, columns: set[str]) -> tuple[Row, ...]:
    if not columns:
        return ()
    order = "position" if "position" in columns else None
    absent = dict.fromkeys(name for name in COLUMNS[table] if name not in columns)
    names = [*(n for n in COLUMNS[table] if n in columns), *(["position"] if "position" in columns else [])]
    sorting = ", ".join(f'"{name}"' for name in ((order, *KEYS[table]) if order else KEYS[table]))
    quoted = ", ".join(f'"{name}"' for name in names)
    found = connection.execute(f'select {quoted} from "out"."{table}" order by {sorting}').fetchall()
    return tuple(dict(zip(names, row, strict=True)) | absent for row in found)


def _kind(kind: str) -> str:
    return {"contribution_claim": "claim"}.get(kind, kind)


def _loaded(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) and text else text


def _block(id: str, kind: str, row: Row, statement: str) -> Block:
    words = {"": row[statement] or id, "it": row[f"{statement}_it"], "en": row[f"{statement}_en"]}
    return Block(id, kind, {k: v for k, v in words.items() if v}, _loaded(row["attributes"]) or {})


def _indicator(row: Row) -> Block:
    block = _block(row["indicator_id"], "indicator", row, "title")
    own = {name: row[name] for name in ("measure_kind", "source", "direction")}
    own["unit"] = {"": row["unit"] or "", **{k: row[f"unit_{k}"] for k in ("it", "en") if row[f"unit_{k}"]}}
    return Block(
        block.id, block.kind, block.statement, {**block.attributes, **own, "measures": _loaded(row["measures"])}
    )


def _canonical(row: Row) -> str:
    return json.dumps(dict(row), default=str, ensure_ascii=False, sort_keys=True)
