"""Checks of measures and evaluations before anything runs: every mistake at its place in the theory.

Expressions are read in `expressions`, formulas in `formulas`, indices in `index_checks`; references between ids
(sources, dimensions, formulas' inputs) are checked with the theory itself. What passes here can be turned into tasks by
`measures` without surprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from pipelines.analysis.effects import AVAILABLE
from pipelines.indicators.expressions import Expression, ExpressionRefused, Finding, Kind, parse, unknown_column
from pipelines.indicators.formulas import parse_formula
from pipelines.indicators.index_checks import index_findings
from pipelines.indicators.measures import TOTALS
from theory_of_change.model import Evaluation, Indicator, TheoryOfChange
from theory_of_change.problems import Problem, listed, with_hint
from theory_of_change.programme import Programme
from theory_of_change.tables import Table

if TYPE_CHECKING:
    from theory_of_change.loading import Places

Path = tuple[str | int, ...]

#: What each design of an evaluation cannot do without.
NEEDS = {
    "randomised": ("group",),
    "pre_post": ("time",),
    "difference_in_differences": ("group", "time"),
    "interrupted_time_series": ("time",),
    "matched": ("group", "covariates"),
    "weighted": ("group", "covariates"),
    "mixed_model": ("time", "person"),
}


def check_measures(
    theory: TheoryOfChange, programme: Programme, tables: Mapping[str, Table], places: Places
) -> list[Problem]:
    """Everything wrong with the measures of indicators and with evaluations, each problem at its own key."""
    found = [*_indicators(theory, tables), *_evaluations(theory, tables), *_designs(theory, tables)]
    return [Problem(finding.code, places.at(*path), finding.facts) for path, finding in found]


def _findings(
    path: Path, text: str | None, table: Table, kind: Kind, kept: list[Expression] | None = None
) -> Iterator[tuple[Path, Finding]]:
    """What is wrong or odd with one expression; the expression itself goes into `kept` where it can be read."""
    if text is None:
        return
    try:
        expression = parse(text, table, kind)
    except ExpressionRefused as refused:
        yield from ((path, finding) for finding in refused.findings)
        return
    yield from ((path, finding) for finding in expression.warnings)
    if kept is not None:
        kept.append(expression)


def _indicators(theory: TheoryOfChange, tables: Mapping[str, Table]) -> Iterator[tuple[Path, Finding]]:
    by_id = {indicator.id: indicator for indicator in theory.indicators}
    for position, indicator in enumerate(theory.indicators):
        path: Path = ("indicators", position, "measure")
        measure = indicator.measure
        if measure.kind == "network":
            yield from _network(indicator, tables.get(measure.source or ""), path)
        elif measure.kind in ("funnel", "rubric"):
            yield from _of_a_call(indicator, tables.get(measure.source or ""), path)
        elif measure.kind == "theme":
            yield from ()  # whether there is such a code is checked with the corpora
        elif measure.kind == "formula":
            yield from _formula(indicator, path)
        elif measure.kind == "index":
            yield from index_findings(indicator, by_id, path)
        elif measure.source in tables:
            yield from _measure(indicator, tables[measure.source], path)


def _network(indicator: Indicator, table: Table | None, path: Path) -> Iterator[tuple[Path, Finding]]:
    if table is None:
        return
    measure, facts = indicator.measure, {"indicator": indicator.id, "source": table.id}
    yield from _findings((*path, "where"), measure.where, table, "boolean")
    if table.network is None:
        yield (*path, "network"), Finding("network-measure-without-network", facts)
    elif measure.network == "reciprocity" and not table.network.directed:
        yield (*path, "network"), Finding("network-measure-undirected", facts)
    rule = indicator.aggregation.time if indicator.aggregation else None
    if rule in ("sum", "recompute"):
        yield (
            (*path[:-1], "aggregation", "time"),
            Finding("network-added-up", {"indicator": indicator.id, "rule": rule}),
        )


def _of_a_call(indicator: Indicator, table: Table | None, path: Path) -> Iterator[tuple[Path, Finding]]:
    """Conversions and rubrics: that their register is one of cases or of ratings, with these stages or columns."""
    if table is None:
        return
    measure, facts = indicator.measure, {"indicator": indicator.id, "source": table.id}
    yield from _findings((*path, "where"), measure.where, table, "boolean")
    if measure.rubric and table.ratings is None:
        yield (*path, "rubric"), Finding("rubric-measure-without-ratings", facts)
    elif measure.rubric:
        for number, name in enumerate(measure.rubric.of):
            if name not in table.ratings.items:
                hint = with_hint({**facts, "name": name, "items": listed(table.ratings.items)}, name,
                                 table.ratings.items)  # fmt: skip
                yield (*path, "rubric", "of", number), Finding("rubric-of-no-item", hint)
    elif table.funnel is None:
        yield (*path, "funnel"), Finding("funnel-measure-without-funnel", facts)
    else:
        stages = [stage.id for stage in table.funnel.stages]
        named = {"from": measure.funnel.from_, "to": measure.funnel.to}
        unknown = [key for key, stage in named.items() if stage not in stages]
        for key in unknown:
            hint = with_hint({**facts, "stage": named[key], "stages": listed(stages)}, named[key], stages)
            yield (*path, "funnel", key), Finding("funnel-stage-unknown", hint)
        if not unknown and stages.index(named["to"]) <= stages.index(named["from"]):
            yield (*path, "funnel", "to"), Finding("funnel-stages-reversed", {**facts, **named})


def _formula(indicator: Indicator, path: Path) -> Iterator[tuple[Path, Finding]]:
    try:
        parse_formula(indicator.measure.formula or "")
    except ExpressionRefused as refused:
        yield from (((*path, "formula"), finding) for finding in refused.findings)
    if indicator.measure.where is not None:
        yield (*path, "where"), Finding("formula-with-where", {"indicator": indicator.id})


def _measure(indicator: Indicator, table: Table, path: Path) -> Iterator[tuple[Path, Finding]]:
    measure = indicator.measure
    yield from _findings((*path, "where"), measure.where, table, "boolean")
    match measure.kind:
        case "share":
            yield from _findings((*path, "share"), measure.share, table, "boolean")
        case "distinct":
            yield from _findings((*path, "distinct"), measure.distinct, table, "scalar")
        case "quantile":
            yield from _findings((*path, "quantile", "of"), measure.quantile.of, table, "number")
        case "ratio":
            for part in ("numerator", "denominator"):
                yield from _findings((*path, "ratio", part), getattr(measure.ratio, part), table, "number")
        case "mean" | "median" | "sum" | "change" as kind:
            yield from _findings((*path, kind), getattr(measure, kind), table, "number")
    if measure.kind == "change":
        yield from _change(indicator, table, path)


def _change(indicator: Indicator, table: Table, path: Path) -> Iterator[tuple[Path, Finding]]:
    between = indicator.measure.between
    facts = {"indicator": indicator.id, "source": table.id}
    if between is None:
        yield (*path, "change"), Finding("change-without-between", facts)
    elif between[0] == between[1]:
        yield (*path, "between"), Finding("change-between-same", {**facts, "name": between[0]})
    lacking = [role for role in ("person", "wave") if getattr(table, role) is None]
    if lacking:
        yield (*path, "change"), Finding("change-without-pairs", {**facts, "roles": listed(lacking)})
    wave = table.column(table.wave) if table.wave else None
    for position, name in enumerate(between or ()):
        if wave is not None and wave.labels and name not in wave.labels:
            more = {"name": wave.name, "code": name, "codes": listed(wave.labels)}
            yield (*path, "between", position), Finding("expression-code-unknown", more)


def _designs(theory: TheoryOfChange, tables: Mapping[str, Table]) -> Iterator[tuple[Path, Finding]]:
    """Sources whose sampling design names strata or population sizes of stages that have no units; each told once."""
    told: set[str] = set()
    for position, indicator in enumerate(theory.indicators):
        table = tables.get(indicator.measure.source or "")
        if table is None or table.id in told or (indicator.measure.kind in TOTALS and not table.weight):
            continue
        stages = max(len(table.cluster), len(table.strata), len(table.fpc))
        if stages > len(table.cluster) + 1:
            told.add(table.id)
            facts = {"source": table.id, "stages": str(stages), "units": str(len(table.cluster))}
            yield ("indicators", position, "measure", "from"), Finding("design-stages-without-units", facts)


def _evaluations(theory: TheoryOfChange, tables: Mapping[str, Table]) -> Iterator[tuple[Path, Finding]]:
    for position, evaluation in enumerate(theory.evaluations):
        path: Path = ("evaluations", position)
        facts = {"evaluation": evaluation.id, "design": evaluation.design}
        for need in NEEDS[evaluation.design]:
            if not getattr(evaluation, need):
                yield (*path, "design"), Finding("evaluation-lacks", {**facts, "key": need})
        if evaluation.design not in AVAILABLE:
            yield (*path, "design"), Finding("evaluation-not-yet-computed", facts)
        if evaluation.source in tables:
            yield from _evaluation(evaluation, tables[evaluation.source], path)
    yield from _families(theory.evaluations)


def _evaluation(evaluation: Evaluation, table: Table, path: Path) -> Iterator[tuple[Path, Finding]]:
    kept: list[Expression] = []
    yield from _findings((*path, "measure"), evaluation.measure, table, "scalar", kept)
    if kept and kept[0].type == "scalar":
        yield (*path, "measure"), Finding("expression-not-number", {"expression": evaluation.measure, "type": "text"})
    yield from _findings((*path, "where"), evaluation.where, table, "boolean")
    if evaluation.group is not None:
        groups: list[Expression] = []
        yield from _findings((*path, "group"), evaluation.group, table, "scalar", groups)
        if groups and groups[0].type != "boolean" and not groups[0].integral:
            yield (*path, "group"), Finding("evaluation-group-not-binary", {"expression": evaluation.group})
    for key in ("time", "person", "cluster"):
        name = getattr(evaluation, key)
        if name is not None and table.column(name) is None:
            yield (*path, key), unknown_column(name, table)
    for position, name in enumerate(evaluation.covariates):
        column = table.column(name)
        if column is None:
            yield (*path, "covariates", position), unknown_column(name, table)
        elif column.type in ("date", "datetime", "time"):
            yield (*path, "covariates", position), Finding("covariate-is-date", {"name": name})


def _families(evaluations: Iterable[Evaluation]) -> Iterator[tuple[Path, Finding]]:
    """Families whose members ask for different corrections; the stricter one is then used."""
    asked: dict[str, set[str]] = {}
    for position, evaluation in enumerate(evaluations):
        if not evaluation.family:
            continue
        corrections = asked.setdefault(evaluation.family, set())
        if corrections and evaluation.correction not in corrections:
            facts = {"family": evaluation.family, "evaluation": evaluation.id}
            yield ("evaluations", position, "correction"), Finding("family-corrections-differ", facts)
        corrections.add(evaluation.correction)
