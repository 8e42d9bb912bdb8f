"""The rules a contract states about its own rows: read with the same grammar as measures, made into quality rules.

What a rule may say is in `surveys.answer_checks`, the grammar in `indicators.expressions`; running is `quality`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.indicators.expressions import ExpressionRefused, parse
from theory_of_change.problems import Place, Problem
from warehouse.modelling import literal, quoted

if TYPE_CHECKING:
    from surveys.answer_checks import RowRule
    from surveys.sources import Source
    from theory_of_change.tables import Table
    from warehouse.expectations import Rule

KIND = "row"


def wrong_rules(sources: Iterable[Source]) -> Iterator[Problem]:
    """Everything that is wrong with an expression of a rule, where it stands."""
    for source in sources:
        for number, rule in enumerate(source.contract.rules):
            for key in ("when", "expect"):
                place = source.places.at("rules", number, key)
                if (text := getattr(rule, key)) is None:
                    continue
                try:
                    found = parse(text, source.table, "boolean").warnings
                except ExpressionRefused as refused:
                    found = refused.findings
                for finding in found:
                    yield Problem(finding.code, place, finding.facts)


def row_rules(source: Source, waves: Sequence[str]) -> list[Rule]:
    """Each rule for the whole source and for each wave. It is broken where `expect` is false, and looks only at the
    rows where `when` holds and `expect` can be told: an answer that is missing breaks no rule."""
    from warehouse.expectations import Rule

    rules = []
    for rule in source.contract.rules:
        held = _held(rule, source.table)
        remedy = Problem(
            "quality-row-rule", Place(f"core.{source.table.id}"), {"name": rule.id, "source": source.table.id}
        )
        said = {language: rule.remedy.within(language, "it", "en") for language in ("it", "en")}
        for wave in (None, *waves):
            name = f"{source.table.id}.{rule.id}" + (f"@{wave}" if wave else "")
            select = f"case when {of_wave(source.table, wave)} then {held} end" if wave else held
            rules.append(Rule(name, rule.severity, "ExpectColumnValuesToBeInSet", {"value_set": [1]}, remedy, select,
                              wave, KIND, True, said))  # fmt: skip
    return rules


def _held(rule: RowRule, table: Table) -> str:
    """1 where the rule is kept, 0 where it is broken, null where it does not apply."""
    expected = parse(rule.expect, table, "boolean").sql
    kept = f"case when ({expected}) then 1 when not ({expected}) then 0 end"
    return f"case when ({parse(rule.when, table, 'boolean').sql}) then {kept} end" if rule.when else kept


def of_wave(table: Table, wave: str) -> str:
    return f"cast({quoted(str(table.wave))} as varchar) = {literal(wave)}"
