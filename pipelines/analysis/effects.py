"""Effects of a programme by the design of their evaluation: estimates, robust errors, what stands beside them.

One function per design turns a frame (see `frames`) into rows of `out.effects`. The regressions are statsmodels'; what
an estimate may be called in words belongs to the reports, and which rows are compared to `frames`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.analysis.frames import time_order
from theory_of_change.model import Evaluation
from theory_of_change.tables import Table

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

EFFECT_COLUMNS = (
    "evaluation_id", "term", "design", "estimate", "std_error", "statistic", "p_value", "p_adjusted", "ci_low",
    "ci_high", "ci_level", "n", "n_group", "n_comparison", "effect_size", "effect_size_kind", "method", "diagnostics",
)  # fmt: skip

#: The term of each design whose p-value counts in its family: the one that rests on the fewest choices.
PRIMARY = {"randomised": "difference", "pre_post": "change", "difference_in_differences": "difference_in_differences"}
AVAILABLE = tuple(PRIMARY)

#: Below this many clusters cluster-robust errors tend to be too small (Cameron, Gelbach & Miller 2008).
FEW_CLUSTERS = 40
_ALMOST_ONE = 1 - 1e-8


@dataclass(frozen=True)
class Fit:
    """One coefficient of a regression with its robust error, and what else there is to say about the fit."""

    estimate: float
    std_error: float
    df: float
    method: str
    extra: Mapping[str, Any]


def effects_of(connection: duckdb.DuckDBPyConnection, evaluation: Evaluation, table: Table) -> list[dict[str, Any]]:
    """An evaluation's rows of `out.effects`, straight from its source's core table."""
    from pipelines.analysis.frames import evaluation_frame

    return evaluate(evaluation, evaluation_frame(connection, evaluation, table), table)


def evaluate(evaluation: Evaluation, frame: pd.DataFrame, table: Table | None = None) -> list[dict[str, Any]]:
    """Rows of `out.effects`, one per term. A design that is not computed yet gives none.

    `table` tells the order of before and after where a design has a time. A comparison that the data cannot bear (an
    empty group, a single row) gives its row without numbers, with the reason in `diagnostics`.
    """
    designs: dict[str, Callable[..., list[dict[str, Any]]]] = {
        "randomised": _randomised,
        "pre_post": _pre_post,
        "difference_in_differences": _difference_in_differences,
    }
    return designs[evaluation.design](evaluation, frame, table) if evaluation.design in designs else []


# Designs -------------------------------------------------------------------------------------------------------------


def _randomised(evaluation: Evaluation, frame: pd.DataFrame, table: Table | None) -> list[dict[str, Any]]:
    """The difference of the groups' means, and the same adjusted for covariates by least squares.

    With HC2 errors the unadjusted difference has Neyman's variance s₁²/n₁ + s₀²/n₀ (Samii & Aronow 2012); Imbens &
    Rubin 2015, chapters 6 and 7, treat both as estimates of the average effect under randomisation.
    """
    rows = []
    needed = [c for c in ("outcome", "group", "cluster") if c in frame]
    complete = frame.dropna(subset=needed)
    rows.append(_group_term(evaluation, "difference", complete, len(frame) - len(complete), []))
    if evaluation.covariates:
        covariates = [f"covariate_{k}" for k in range(len(evaluation.covariates))]
        full = complete.dropna(subset=covariates)
        rows.append(_group_term(evaluation, "adjusted", full, len(frame) - len(full), covariates))
    return rows


def _group_term(
    evaluation: Evaluation, term: str, rows: pd.DataFrame, dropped: int, covariates: Sequence[str]
) -> dict[str, Any]:
    import numpy as np

    group = rows["group"].to_numpy(dtype=float) == 1
    outcome = rows["outcome"].to_numpy(dtype=float)
    counts = {"n": len(rows), "n_group": int(group.sum()), "n_comparison": int((~group).sum())}
    if not rows["group"].isin((0, 1)).all():
        return _row(evaluation, term, counts, None, {"not_computable": "`group` holds other values than 0 and 1"})
    facts = _arms(outcome, group) | {"n_dropped_missing": dropped} | _balance(evaluation, rows, group)
    if min(counts["n_group"], counts["n_comparison"]) < 2:
        return _row(evaluation, term, counts, None, facts | {"not_computable": "fewer than two rows in a group"})
    design, names = _with_intercept({"group": group.astype(float)}, rows, evaluation, covariates)
    fit = _least_squares(outcome, design, names, "group", rows.get("cluster"))
    spread = float(np.std(outcome[~group], ddof=1))
    size = (fit.estimate / spread, "Glass's delta: in standard deviations of the comparison group") if spread else None
    return _row(evaluation, term, counts, fit, facts | dict(fit.extra), size)


def _pre_post(evaluation: Evaluation, frame: pd.DataFrame, table: Table | None) -> list[dict[str, Any]]:
    """The mean change from before to after: of the same people where they are known, else of the two groups of rows.

    Without a comparison group this is a change, not an effect; the report says so.
    """
    import numpy as np

    moments = time_order(evaluation, table, frame) if table else None
    needed = [c for c in ("outcome", "time", "person") if c in frame]
    rows = frame.dropna(subset=needed)
    dropped = len(frame) - len(rows)
    if moments is None:
        reason = {"not_computable": "`time` does not hold two moments in a known order", "n_dropped_missing": dropped}
        return [_row(evaluation, "change", {"n": len(rows), "n_group": None, "n_comparison": None}, None, reason)]
    is_after = (rows["time"] == moments[1]).to_numpy()
    if "person" not in rows:
        return [_group_term(evaluation, "change", rows.assign(group=is_after.astype(int)), dropped, [])]
    means = rows.assign(after=is_after).groupby(["person", "after"])["outcome"].mean().unstack()
    pairs = means.dropna() if means.shape[1] == 2 else means.iloc[:0]
    counts = {"n": len(pairs), "n_group": len(pairs), "n_comparison": len(pairs)}
    facts: dict[str, Any] = {"n_unpaired": len(means) - len(pairs), "n_dropped_missing": dropped}
    if len(pairs) < 2:
        return [_row(evaluation, "change", counts, None, facts | {"not_computable": "fewer than two pairs"})]
    before, after = pairs[False].to_numpy(), pairs[True].to_numpy()
    change = after - before
    facts |= {"mean_before": before.mean(), "mean_after": after.mean(), "sd_before": before.std(ddof=1),
              "correlation": np.corrcoef(before, after)[0, 1] if before.std() and after.std() else None}  # fmt: skip
    error = change.std(ddof=1) / math.sqrt(len(change))
    fit = Fit(change.mean(), error, len(change) - 1, f"paired t; t({len(change) - 1})", {})
    spread = before.std(ddof=1)
    size = (fit.estimate / spread, "mean change in standard deviations before (Becker 1988)") if spread else None
    return [_row(evaluation, "change", counts, fit, facts, size)]


def _difference_in_differences(
    evaluation: Evaluation, frame: pd.DataFrame, table: Table | None
) -> list[dict[str, Any]]:
    """How much more the group changed than the comparison: the coefficient of group × after (Angrist & Pischke 2009,
    5.2), with errors clustered by the declared cluster, else by person."""
    import numpy as np

    moments = time_order(evaluation, table, frame) if table else None
    covariates = [f"covariate_{k}" for k in range(len(evaluation.covariates))]
    made = []
    for term, used in (("difference_in_differences", []), *([("adjusted", covariates)] if covariates else [])):
        needed = [c for c in ("outcome", "group", "time", "person", "cluster", *used) if c in frame]
        rows = frame.dropna(subset=needed)
        group = rows["group"].to_numpy(dtype=float) == 1
        counts = {"n": len(rows), "n_group": int(group.sum()), "n_comparison": int((~group).sum())}
        facts: dict[str, Any] = {"n_dropped_missing": len(frame) - len(rows)}
        if moments is None:
            reason = "`time` does not hold two moments in a known order"
            made.append(_row(evaluation, term, counts, None, facts | {"not_computable": reason}))
            continue
        after = (rows["time"] == moments[1]).to_numpy()
        outcome = rows["outcome"].to_numpy(dtype=float)
        cells = {f"{'group' if g else 'comparison'}_{'after' if a else 'before'}": outcome[(group == g) & (after == a)]
                 for g in (True, False) for a in (False, True)}  # fmt: skip
        facts |= {"cells": {name: {"n": len(v), "mean": v.mean() if len(v) else None} for name, v in cells.items()}}
        if min(len(v) for v in cells.values()) < 2:
            reason = "fewer than two rows in a group before or after"
            made.append(_row(evaluation, term, counts, None, facts | {"not_computable": reason}))
            continue
        terms = {"group": group.astype(float), "after": after.astype(float), "both": (group & after).astype(float)}
        design, names = _with_intercept(terms, rows, evaluation, used)
        clusters = rows.get("cluster", rows.get("person"))
        fit = _least_squares(outcome, design, names, "both", clusters)
        spread = float(np.std(cells["comparison_before"], ddof=1))
        kind = "Glass's delta: in standard deviations of the comparison group before"
        made.append(
            _row(
                evaluation,
                term,
                counts,
                fit,
                facts | dict(fit.extra),
                (fit.estimate / spread, kind) if spread else None,
            )
        )
    return made


# The regression ------------------------------------------------------------------------------------------------------


def _with_intercept(
    terms: Mapping[str, np.ndarray], rows: pd.DataFrame, evaluation: Evaluation, covariates: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """The design matrix: intercept, the terms asked about, then covariates; categories as indicators of all but one."""
    import numpy as np
    import pandas as pd

    columns: dict[str, np.ndarray] = {"intercept": np.ones(len(rows)), **terms}
    for name, covariate in zip(evaluation.covariates, covariates, strict=False):
        if pd.api.types.is_numeric_dtype(rows[covariate]):
            columns[name] = rows[covariate].to_numpy(dtype=float)
        else:
            for category in sorted(rows[covariate].unique())[1:]:
                columns[f"{name} = {category}"] = (rows[covariate] == category).to_numpy(dtype=float)
    return np.column_stack(list(columns.values())), list(columns)


def _least_squares(
    outcome: np.ndarray, design: np.ndarray, names: list[str], asked: str, clusters: pd.Series | None
) -> Fit:
    """Ordinary least squares with HC2 errors (MacKinnon & White 1985), or clustered ones where units came in clusters.

    Columns that add nothing to those before them are left out and named.
    """
    import numpy as np
    import statsmodels.api as sm

    kept = _independent(design)
    dropped = [name for k, name in enumerate(names) if k not in kept]
    design, names = design[:, kept], [names[k] for k in kept]
    at = names.index(asked)
    plain = sm.OLS(outcome, design).fit()
    extra: dict[str, Any] = {"classical_std_error": plain.bse[at], "r_squared": plain.rsquared}
    if dropped:
        extra["left_out_as_redundant"] = dropped
    if clusters is not None:
        codes = clusters.astype("category").cat.codes.to_numpy()
        count = int(codes.max()) + 1
        extra |= {"clusters": count, "few_clusters": count < FEW_CLUSTERS}
        if count < 2:
            return Fit(plain.params[at], math.nan, math.nan, "OLS; one cluster: no error", extra)
        robust = plain.get_robustcov_results("cluster", groups=codes, use_t=True)
        return Fit(plain.params[at], robust.bse[at], count - 1, f"OLS; cluster-robust errors; t({count - 1})", extra)
    if plain.df_resid < 1:
        return Fit(plain.params[at], math.nan, math.nan, "OLS; no degrees of freedom: no error", extra)
    leverage = np.einsum("ij,ij->i", design @ np.linalg.pinv(design.T @ design), design)
    kind = "HC2" if leverage.max() < _ALMOST_ONE else "HC1"  # HC2 and HC3 divide by 1 - leverage
    error = getattr(plain, f"{kind}_se")[at]
    extra |= {"HC3_std_error": plain.HC3_se[at] if kind == "HC2" else None, "largest_leverage": leverage.max()}
    return Fit(plain.params[at], error, plain.df_resid, f"OLS; {kind} robust errors; t({plain.df_resid:.0f})", extra)


def _independent(design: np.ndarray) -> list[int]:
    """Positions of the columns that add a direction to those before them (in order, so the asked terms stay)."""
    import numpy as np

    scaled = design / np.where(np.linalg.norm(design, axis=0) > 0, np.linalg.norm(design, axis=0), 1)
    diagonal = np.abs(np.diag(np.linalg.qr(scaled, mode="r"))) if len(design) >= design.shape[1] else None
    if diagonal is not None and diagonal.min() > 1e-10:
        return list(range(design.shape[1]))
    kept: list[int] = []
    for k in range(design.shape[1]):
        if np.linalg.matrix_rank(scaled[:, [*kept, k]], tol=1e-10) == len(kept) + 1:
            kept.append(k)
    return kept


# What stands beside an estimate ---------------------------------------------------------------------------------------


def _arms(outcome: np.ndarray, group: np.ndarray) -> dict[str, Any]:
    """Size, mean and spread of the outcome in each group."""

    def arm(values: np.ndarray) -> dict[str, Any]:
        return {"n": len(values), "mean": values.mean() if len(values) else None,
                "sd": values.std(ddof=1) if len(values) > 1 else None}  # fmt: skip

    return {"group": arm(outcome[group]), "comparison": arm(outcome[~group])}


def _balance(evaluation: Evaluation, rows: pd.DataFrame, group: np.ndarray) -> dict[str, Any]:
    """Standardised differences of the numeric covariates: difference of means over the pooled spread (Austin 2009)."""
    import numpy as np
    import pandas as pd

    balance: dict[str, float | None] = {}
    for k, name in enumerate(evaluation.covariates):
        column = rows.get(f"covariate_{k}")
        if column is None or not pd.api.types.is_numeric_dtype(column):
            continue
        values = column.to_numpy(dtype=float)
        one, other = values[group & ~np.isnan(values)], values[~group & ~np.isnan(values)]
        if min(len(one), len(other)) < 2:
            continue
        pooled = math.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
        balance[name] = (one.mean() - other.mean()) / pooled if pooled else None
    return {"standardised_mean_differences": balance} if balance else {}


def _row(
    evaluation: Evaluation,
    term: str,
    counts: Mapping[str, int | None],
    fit: Fit | None,
    facts: Mapping[str, Any],
    size: tuple[float, str] | None = None,
) -> dict[str, Any]:
    """One row of `out.effects`; numbers that do not exist are None."""
    from scipy import stats

    row: dict[str, Any] = dict.fromkeys(EFFECT_COLUMNS)
    row |= {"evaluation_id": evaluation.id, "term": term, "design": evaluation.design, **counts}
    row["diagnostics"] = json.dumps(_plain(facts), ensure_ascii=False, sort_keys=True)
    row["method"] = fit.method if fit else "not computable"
    if fit is None:
        return row
    row["estimate"] = float(fit.estimate)
    if math.isfinite(fit.std_error):
        reach = float(stats.t.ppf((1 + evaluation.level) / 2, fit.df)) * fit.std_error
        row |= {"std_error": float(fit.std_error), "ci_low": float(fit.estimate - reach),
                "ci_high": float(fit.estimate + reach), "ci_level": evaluation.level}  # fmt: skip
        if fit.std_error > 0:
            row["statistic"] = float(fit.estimate / fit.std_error)
            row["p_value"] = float(2 * stats.t.sf(abs(row["statistic"]), fit.df))
    if size:
        row |= {"effect_size": float(size[0]), "effect_size_kind": size[1]}
    return row


def _plain(fact: Any) -> Any:
    """Facts as JSON knows them: numpy numbers as Python's, what is no number as null."""
    if isinstance(fact, Mapping):
        return {str(name): _plain(inner) for name, inner in fact.items()}
    if isinstance(fact, (list, tuple)):
        return [_plain(inner) for inner in fact]
    if fact is None or isinstance(fact, (str, bool, int)):
        return fact
    number = float(fact)
    return number if math.isfinite(number) else None


def adjust(rows: Iterable[Mapping[str, Any]], evaluations: Iterable[Evaluation]) -> list[dict[str, Any]]:
    """The rows with `p_adjusted` for the primary term of every evaluation that belongs to a family.

    Holm's correction (1979), or Benjamini & Hochberg's (1995) where every evaluation of the family asks for it.
    """
    by_id = {evaluation.id: evaluation for evaluation in evaluations}
    made = [dict(row) for row in rows]
    families: dict[str, list[dict[str, Any]]] = {}
    for row in made:
        evaluation = by_id[row["evaluation_id"]]
        if evaluation.family and row["term"] == PRIMARY[evaluation.design] and row["p_value"] is not None:
            families.setdefault(evaluation.family, []).append(row)
    for members in families.values():
        from statsmodels.stats.multitest import multipletests

        asks = {by_id[row["evaluation_id"]].correction for row in members}
        corrected = multipletests([row["p_value"] for row in members], method="fdr_bh" if asks == {"bh"} else "holm")[1]
        for row, p in zip(members, corrected, strict=True):
            row["p_adjusted"] = float(p)
    return made
