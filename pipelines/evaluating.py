"""Every evaluation of the theory estimated, corrected within its family, and read as evidence.

The estimates are made in `analysis`; here they are gathered, and it is said what they are evidence for, by rules that
anyone can check. Words for readers belong to `reports`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from theory_of_change.loading import Places
from theory_of_change.model import Evaluation, Indicator, TheoryOfChange
from theory_of_change.problems import Problem
from warehouse.modelling import model

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.project import Project
    from warehouse.store import Warehouse

#: How much a design can carry, where its conditions hold: a draw, a comparison, a before and after alone.
STRENGTH = {
    "randomised": "strong",
    "difference_in_differences": "moderate",
    "interrupted_time_series": "moderate",
    "matched": "moderate",
    "weighted": "moderate",
    "mixed_model": "weak",
    "pre_post": "weak",
}


def evaluate_all(warehouse: Warehouse, project: Project) -> pd.DataFrame:
    """Estimates every evaluation and keeps `core.effects`, after disclosure control; returns the effects. Nothing is
    estimated again where neither the evaluations nor their sources have changed."""
    from pipelines.foundations import Foundations, told

    theory = project.theory
    sources = sorted({evaluation.source for evaluation in theory.evaluations})
    foundations = Foundations(warehouse, project)
    facts = [told(theory.evaluations), foundations.tables(project.tables[name] for name in sources)]
    foundations.renew(["effects"], facts, lambda: {"effects": _effects(warehouse, project)})
    return warehouse.connection.execute("select * from core.effects order by rowid").df()


def _effects(warehouse: Warehouse, project: Project) -> pd.DataFrame:
    import pandas as pd

    from pipelines.analysis.effects import adjust, effects_of
    from warehouse.disclosure import protected_effects

    theory, tables = project.theory, project.tables
    rows = [
        row
        for evaluation in theory.evaluations
        for row in effects_of(warehouse.connection, evaluation, tables[evaluation.source])
    ]
    columns = list(model("core", "effects").column_names)
    effects = pd.DataFrame(adjust(rows, theory.evaluations), columns=columns, dtype=object)
    effects = protected_effects(effects, project.programme).astype(object)
    return effects.where(effects.notna(), None)


def evidence(theory: TheoryOfChange, effects: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """What the effects are evidence for: one row for an evaluation's outcome, one for each assumption it tests.

    The direction is that hoped for by the outcome's indicators. An effect whose interval (and corrected p-value, where
    it belongs to a family) excludes zero speaks `for` or `against`; one that does not exclude it says `none`; terms
    that disagree are `mixed`. The strength is that of the design. Without an estimate, or where nobody said which way
    is hoped for, there is no evidence.
    """
    for evaluation in theory.evaluations:
        hoped = hoped_direction(theory, evaluation)
        rows = [row for row in effects if row["evaluation_id"] == evaluation.id and row["estimate"] is not None]
        if not rows or hoped is None:
            continue
        directions = {_direction(row, hoped) for row in rows}
        told = {
            "element_id": None,
            "link_id": None,
            "assumption_id": None,
            "source": evaluation.source,
            "kind": "effect",
            "direction": directions.pop() if len(directions) == 1 else "mixed",
            "strength": STRENGTH[evaluation.design],
            "reference": evaluation.id,
        }
        if evaluation.outcome:
            yield told | {"element_id": evaluation.outcome}
        tests = {evaluation.id, evaluation.question} - {None}
        for assumption in theory.assumptions:
            if tests & set(assumption.test):
                yield told | {"assumption_id": assumption.id}


def _direction(row: Mapping[str, Any], hoped: int) -> str:
    low, high, corrected = row["ci_low"], row["ci_high"], row["p_adjusted"]
    if low is None or high is None or low <= 0 <= high:
        return "none"
    if corrected is not None and row["ci_level"] is not None and corrected > 1 - row["ci_level"]:
        return "none"
    return "for" if row["estimate"] * hoped > 0 else "against"


def undirected(theory: TheoryOfChange, places: Places) -> list[Problem]:
    """A warning for every evaluation that can be evidence of nothing, because nobody said which way is hoped for."""
    return [
        Problem(
            "evaluation-outcome-without-direction",
            places.at("evaluations", number, "outcome"),
            {"outcome": evaluation.outcome, "evaluation": evaluation.id},
        )
        for number, evaluation in enumerate(theory.evaluations)
        if evaluation.outcome and hoped_direction(theory, evaluation) is None
    ]


def hoped_direction(theory: TheoryOfChange, evaluation: Evaluation) -> int | None:
    """1 where the outcome is hoped to rise, -1 to fall, None where its indicators do not say or disagree.

    Indicators made from the very measure of the evaluation count first.
    """
    directions = {"up": 1, "down": -1}
    measuring = [
        indicator
        for indicator in theory.indicators
        if indicator.direction in directions and evaluation.outcome in indicator.measures
    ]
    same = [indicator for indicator in measuring if _is_of(indicator, evaluation)]
    found = {directions[indicator.direction] for indicator in same or measuring}
    return found.pop() if len(found) == 1 else None


def _is_of(indicator: Indicator, evaluation: Evaluation) -> bool:
    measure = indicator.measure
    quantile = measure.quantile.of if measure.quantile else None
    return measure.source == evaluation.source and evaluation.measure in (
        measure.mean, measure.median, measure.sum, measure.share, measure.change, quantile,
    )  # fmt: skip
