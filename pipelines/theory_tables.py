"""The programme and its theory of change as rows: what `core` keeps of the definitions, one frame for each table.

Pure: models in, frames out. Values are computed in `indicators`, effects in `analysis`; who measures what with how much
data is counted in `warehouse/models/out/coverage.sql`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from pydantic import BaseModel

from theory_of_change.contents import content_hash
from theory_of_change.coverage import coverage
from theory_of_change.decisions import Decision
from theory_of_change.model import Dimension, Evaluation, Indicator, Text, TheoryOfChange
from theory_of_change.programme import ALL, Programme
from theory_of_change.tables import Column, Table
from warehouse.modelling import model

#: The blocks that become elements: attribute of the theory, kind, and the field that says it in words.
_BLOCKS = (
    ("areas", "area", "title"),
    ("phases", "phase", "statement"),
    ("stakeholders", "stakeholder", "name"),
    ("needs", "need", "statement"),
    ("inputs", "input", "statement"),
    ("activities", "activity", "statement"),
    ("outputs", "output", "statement"),
    ("outcomes", "outcome", "statement"),
    ("impact", "impact", "statement"),
    ("assumptions", "assumption", "statement"),
    ("risks", "risk", "statement"),
    ("milestones", "milestone", "statement"),
    ("dimensions", "dimension", "title"),
    ("code_lists", "code_list", "title"),
    ("evaluation_questions", "evaluation_question", "question"),
    ("evaluations", "evaluation", "title"),
    ("contribution_claims", "contribution_claim", "claim"),
    ("published_figures", "published_figure", "statement"),
    ("reports", "report", "title"),
)
_MEASURABLE = ("output", "outcome", "impact")


def theory_tables(
    programme: Programme,
    theory: TheoryOfChange,
    tables: Mapping[str, Table] | None = None,
    questions: Mapping[str, Mapping[str, Text]] | None = None,
    decided: Mapping[str, Decision] | None = None,
) -> dict[str, pd.DataFrame]:
    """`elements`, `links`, `indicators`, `targets`, `baselines`, `periods`, `coverage` and `measures`, as `core` has
    them: every column of the model, in its order. `tables` are the sources', for the titles of their columns;
    `questions` the words of the questions of each, by name; `decided` are the decisions in force: an assumption stands
    as it was decided, whatever status the theory gives it."""
    language = theory.theory.language or programme.language
    rows = {
        "elements": [
            *_elements(programme, theory, language, tables or {}, decided or {}),
            *_columns_broken_down_by(theory, language, tables or {}),
            *_sources(language, tables or {}, questions or {}),
        ],
        "links": list(_links(theory, language)),
        "indicators": list(_indicators(theory, language)),
        "targets": list(_targets(theory)),
        "baselines": list(_baselines(theory)),
        "periods": list(_periods(programme)),
        "coverage": list(_coverage(theory)),
        "measures": list(_measures(theory)),
    }
    return {name: pd.DataFrame(found, columns=list(model("core", name).column_names), dtype=object)
            for name, found in rows.items()}  # fmt: skip


def _elements(
    programme: Programme, theory: TheoryOfChange, language: str, tables: Mapping[str, Table],
    decided: Mapping[str, Decision],
) -> Iterable[dict[str, Any]]:  # fmt: skip
    yield {
        "element_id": programme.id,
        "kind": "programme",
        "position": 1,
        **_worded("statement", programme.title, language),
        "attributes": _json(_fields(programme, "id", "title", "disclosure")
                            | {"smallest_group": programme.disclosure.smallest_group}),
    }  # fmt: skip
    yield {
        "element_id": theory.theory.id,
        "kind": "theory",
        "position": 1,
        **_worded("statement", theory.theory.title, language),
        "attributes": _json(_fields(theory.theory, "id", "title") | {"content_hash": content_hash(theory)}),
    }
    for attribute, kind, words in _BLOCKS:
        for position, block in enumerate(getattr(theory, attribute), start=1):
            own = "profile" if kind == "report" else "id"
            yield {
                "element_id": getattr(block, own) or f"{kind}-{position}",
                "kind": kind,
                "position": position,
                **_worded("statement", getattr(block, words), language),
                "attributes": _json(
                    _fields(block, own, words)
                    | _covariates(block, tables)
                    | _categories(block, theory, tables)
                    | (_as_decided(decided.get(block.id)) if kind == "assumption" else {})
                ),
            }


def _as_decided(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {}
    return {"status": decision.status, "checked_at": str(decision.date), "reason": decision.reason.model_dump(),
            "decided_by": decision.by}  # fmt: skip


def _columns_broken_down_by(
    theory: TheoryOfChange, language: str, tables: Mapping[str, Table]
) -> Iterable[dict[str, Any]]:
    """What an indicator is broken down by without being a dimension of the theory is a column: told as a dimension,
    in the words of its source."""
    declared = {one.id for one in theory.dimensions}
    cuts = dict.fromkeys(name for indicator in theory.indicators for name in _cuts(indicator))
    for position, name in enumerate(cuts, start=len(declared) + 1):
        if name not in declared and (columns := _columns(name, theory, tables)):
            titles = [one.title for one in columns]
            known = titles[0] is not None and all(title == titles[0] for title in titles)
            yield {
                "element_id": name,
                "kind": "dimension",
                "position": position,
                **_worded("statement", titles[0] if known else Text(name), language),
                "attributes": _json(_labels(columns)),
            }


def _categories(block: BaseModel, theory: TheoryOfChange, tables: Mapping[str, Table]) -> dict[str, Any]:
    """The categories of a dimension that lists none, as the column it stands for words them."""
    if not isinstance(block, Dimension) or block.categories or block.areas:
        return {}
    return _labels(_columns(block.id, theory, tables, block.column))


def _columns(name: str, theory: TheoryOfChange, tables: Mapping[str, Table], column: str | None = None) -> list[Column]:
    """The column behind a breakdown, in the source of each indicator that has it."""
    sources = dict.fromkeys(indicator.measure.source for indicator in theory.indicators if name in _cuts(indicator))
    found = [tables[one].column(column or name) for one in sources if one in tables]
    return [one for one in found if one is not None]


def _cuts(indicator: Indicator) -> list[str]:
    """Everything an indicator is broken down by, alone or crossed."""
    return [name for cut in indicator.disaggregation for name in ((cut,) if isinstance(cut, str) else cut)]


def _labels(columns: Iterable[Column]) -> dict[str, Any]:
    """The words of the codes; a code that sources word differently has none."""
    said: dict[str, list[Text]] = {}
    for one in columns:
        for code, words in one.labels.items():
            said.setdefault(code, []).append(words)
    known = {code: words[0].model_dump() for code, words in said.items() if all(one == words[0] for one in words)}
    return {"categories": known} if known else {}


def _sources(
    language: str, tables: Mapping[str, Table], questions: Mapping[str, Mapping[str, Text]]
) -> Iterable[dict[str, Any]]:
    """The sources by their titles, with the words of their questions and columns."""
    for position, table in enumerate(tables.values(), start=1):
        asked = {name: words.model_dump() for name, words in questions.get(table.id, {}).items()}
        titles = {one.name: one.title.model_dump() for one in table.columns if one.title}
        yield {
            "element_id": table.id,
            "kind": "source",
            "position": position,
            **_worded("statement", table.title, language),
            "attributes": _json({name: said for name, said in (("questions", asked), ("columns", titles)) if said}),
        }


def _covariates(block: BaseModel, tables: Mapping[str, Table]) -> dict[str, Any]:
    """The titles of the columns an evaluation takes into account, as their source gives them."""
    table = tables.get(block.source) if isinstance(block, Evaluation) else None
    columns = [table.column(name) for name in block.covariates] if table else []
    titles = {one.name: one.title.model_dump() for one in columns if one is not None and one.title}
    return {"covariate_titles": titles} if titles else {}


def _links(theory: TheoryOfChange, language: str) -> Iterable[dict[str, Any]]:
    own = ("id", "from", "to", "type", "necessity", "mechanism", "lag", "strength_of_evidence", "assumptions")
    for position, link in enumerate(theory.links, start=1):
        yield {
            "link_id": link.id,
            "from_id": link.from_,
            "to_id": link.to,
            "type": link.type,
            "necessity": link.necessity,
            **_worded("mechanism", link.mechanism, language),
            "lag": link.lag,
            "strength_of_evidence": link.strength_of_evidence,
            "assumptions": _json(link.assumptions),
            "position": position,
            "attributes": _json(_fields(link, *own)),
        }


def _indicators(theory: TheoryOfChange, language: str) -> Iterable[dict[str, Any]]:
    for position, indicator in enumerate(theory.indicators, start=1):
        yield {
            "indicator_id": indicator.id,
            **_worded("title", indicator.title, language),
            "measures": _json(indicator.measures),
            **_worded("unit", indicator.unit, language),
            "measure_kind": indicator.measure.kind,
            "source": indicator.measure.source,
            "direction": indicator.direction,
            "attributes": _json(_fields(indicator, "id", "title", "measures", "unit", "direction")),
            "position": position,
        }


def _targets(theory: TheoryOfChange) -> Iterable[dict[str, Any]]:
    crosses = _crosses(theory)
    for position, target in enumerate(theory.targets, start=1):
        low, high = target.value if isinstance(target.value, tuple) else (target.value, None)
        dimension, category = _cell(target.disaggregation, crosses.get(target.indicator, ()))
        yield {
            "indicator_id": target.indicator,
            "operator": target.operator,
            "value": low,
            "value_high": high,
            "by": target.by,
            "approx": target.approx,
            "attributes": _json(_fields(target, "indicator", "operator", "value", "by", "approx", "disaggregation")),
            "dimension": dimension,
            "category": category,
            "position": position,
        }


def _baselines(theory: TheoryOfChange) -> Iterable[dict[str, Any]]:
    own = ("indicator", "value", "period", "value_from", "date", "disaggregation")
    crosses = _crosses(theory)
    for position, baseline in enumerate(theory.baselines, start=1):
        dimension, category = _cell(baseline.disaggregation, crosses.get(baseline.indicator, ()))
        yield {
            "indicator_id": baseline.indicator,
            "value": baseline.published.value if baseline.published else baseline.value,
            "period": baseline.period,
            "value_from": baseline.value_from,
            "date": baseline.date,
            "dimension": dimension,
            "category": category,
            "position": position,
            "attributes": _json(_fields(baseline, *own)),
        }


def _periods(programme: Programme) -> Iterable[dict[str, Any]]:
    for position, period in enumerate(programme.calendar.periods, start=1):
        yield {
            "period": period.name,
            "level": period.level,
            "start_date": period.start,
            "end_date": period.end,
            "position": position,
        }


def _coverage(theory: TheoryOfChange) -> Iterable[dict[str, Any]]:
    measurable = [row for row in coverage(theory) if row.kind in _MEASURABLE]
    for position, row in enumerate(measurable, start=1):
        yield {"element_id": row.element_id, "kind": row.kind, "position": position}


def _measures(theory: TheoryOfChange) -> Iterable[dict[str, Any]]:
    for indicator in theory.indicators:
        if indicator.retired:
            continue
        for element in dict.fromkeys(indicator.measures):
            qualitative = indicator.type == "qualitative" or indicator.measure.kind == "theme"
            yield {"indicator_id": indicator.id, "element_id": element, "is_qualitative": qualitative}


def _worded(column: str, text: Text | None, language: str) -> dict[str, str | None]:
    """A text as three columns: in the programme's language, in Italian and in English."""
    return {
        column: text.within(language) if text else None,
        f"{column}_it": text.within("it", language) if text else None,
        f"{column}_en": text.within("en", language) if text else None,
    }


def _crosses(theory: TheoryOfChange) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The crosses each indicator is broken down by, with their dimensions in the order it gives."""
    return {
        indicator.id: tuple(cut for cut in indicator.disaggregation if not isinstance(cut, str))
        for indicator in theory.indicators
    }


def _cell(disaggregation: Mapping[str, str], crosses: Iterable[tuple[str, ...]] = ()) -> tuple[str, str]:
    """Dimension and category as `indicator_values` writes them; `all` for the whole.

    A cross is written in the order of the indicator's own breakdown, whatever order the target or baseline gives.
    """
    if not disaggregation:
        return ALL, ALL
    order = next((cross for cross in crosses if set(cross) == set(disaggregation)), tuple(disaggregation))
    return " x ".join(order), " / ".join(disaggregation[name] for name in order)


def _fields(block: BaseModel, *but: str) -> dict[str, Any]:
    """Every field that says something, under the name the YAML gives it."""
    said = block.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in said.items() if name not in but and value not in ([], {})}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
