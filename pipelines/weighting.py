"""Weights of every survey that asks for them, worked out on the rows in force of each wave and kept beside the answers.

What a contract may ask is in `surveys.weighting`, the arithmetic in `raking`. Here rows meet totals, what weighting
changed is counted, and what is too small to show is left to `warehouse.disclosure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.project import Project
from pipelines.usage import say
from surveys.weighting import BOTH, FINAL, Weighting, parts
from theory_of_change.problems import Problem, ProblemsFound, listed
from warehouse.modelling import model, quoted

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

    from surveys.sources import Source
    from warehouse.store import Warehouse

ALL = "all"
_SHARES = ("n", "unweighted_share", "weighted_share")
_SPREAD = ("n", "min_weight", "max_weight", "cv_weight", "effective_n", "design_effect", "n_trimmed")


@dataclass
class _Wave:
    """One wave weighed: its rows with their weights, and what there is to say about it."""

    name: str
    rows: pd.DataFrame
    weights: np.ndarray
    n_trimmed: int = 0
    notes: list[str] = field(default_factory=list)


def weigh(warehouse: Warehouse, project: Project) -> pd.DataFrame:
    """Works out and stores the weights of every survey that asks for them; returns what they changed, protected.

    Raises ProblemsFound where rows cannot be weighed: nobody may compute with half the weights.
    """
    import pandas as pd

    told: list[dict[str, Any]] = []
    for source in project.sources.values():
        weights = getattr(source.contract, "weights", None)
        if weights is None:
            continue
        rows = _rows(warehouse.connection, source, weights)
        waves = [
            _weighed(name, some, source, weights, _frame(warehouse.connection, project, source, weights), project)
            for name, some in rows.groupby("_wave", dropna=False, sort=True)
        ]
        if waves:
            kept = pd.concat([wave.rows[["_load_id", "_row"]].assign(weight=wave.weights) for wave in waves])
            warehouse.write_column(source.table, FINAL, kept)
        for wave in waves:
            told += _protected(_changed(wave, source, weights), project.programme.disclosure.smallest_group)
    return pd.DataFrame(told, columns=list(model("core", "weighting").column_names), dtype=object)


# Rows and totals -----------------------------------------------------------------------------------------------------


def _rows(connection: duckdb.DuckDBPyConnection, source: Source, weights: Weighting) -> pd.DataFrame:
    """Every row in force with its wave, its base weight and one text for each column the weights ask for."""
    table = source.table
    names = dict.fromkeys((*weights.frame, *(name for margin in weights.margins for name in parts(margin))))
    wave = f"coalesce(cast({quoted(table.wave)} as varchar), '')" if table.wave else f"'{ALL}'"
    base = f"cast({quoted(_base(source))} as double)" if _base(source) else "cast(1 as double)"
    columns = "".join(f", cast({quoted(name)} as varchar) as {quoted(name)}" for name in names)
    return connection.execute(
        f"select _load_id, _row, {wave} as _wave, {base} as _base{columns} from core.{quoted(table.id)}"
        " order by _load_id, _row"
    ).df()


def _base(source: Source) -> str | None:
    """The column of weights that came with the delivery."""
    return next((field.column.name for field in source.fields
                 if source.contract.weight in (field.column.name, *field.headers[:1])), None)  # fmt: skip


def _frame(
    connection: duckdb.DuckDBPyConnection, project: Project, source: Source, weights: Weighting
) -> Mapping[tuple[str, ...], int]:
    """How many the frame has in each stratum."""
    if not weights.frame:
        return {}
    frame = project.sources[source.contract.frame].table
    for position, name in enumerate(weights.frame):
        if frame.column(name) is None:
            facts = {"frame": frame.id, "name": name}
            place = source.places.at("weights", "frame", position)
            raise ProblemsFound([Problem("weights-frame-column", place, facts)])
    names = ", ".join(f"cast({quoted(name)} as varchar)" for name in weights.frame)
    counted = connection.execute(f"select {names}, count(*) from core.{quoted(frame.id)} group by all").fetchall()
    return {tuple(row[:-1]): row[-1] for row in counted}


def _weighed(
    name: str, rows: pd.DataFrame, source: Source, weights: Weighting, frame: Mapping[tuple[str, ...], int],
    project: Project,
) -> _Wave:  # fmt: skip
    """The weights of one wave: base weights, then fitted to the totals."""
    import numpy as np

    from pipelines.raking import rake

    language = project.programme.language
    rows = rows.reset_index(drop=True)
    base = rows["_base"].to_numpy(dtype=float)
    wave = _Wave(name, rows, base)
    if weights.frame:
        wave.weights = base = _by_frame(rows, source, weights, frame, wave.notes, language)
    if not weights.margins:
        return wave
    codes, totals = {}, {}
    outside = ~(base > 0)
    for margin, known in weights.margins.items():
        said = _categories(rows, margin)
        missing = [one for one in said.dropna().unique() if one not in known]
        if missing:
            facts = {"column": margin, "categories": listed(missing)}
            raise ProblemsFound([Problem("weights-no-total", source.places.at("weights", "margins", margin), facts)])
        outside |= said.map(lambda one, known=known: known.get(one) == 0).to_numpy(dtype=bool)
    inside = ~outside
    for margin, known in weights.margins.items():
        said = _categories(rows[inside], margin)
        listed_here = [one for one, total in known.items() if total > 0]
        empty = [one for one in listed_here if not (said == one).any()]
        if empty:
            wave.notes.append(say(language, "weighting.empty", column=margin, categories=listed(empty)))
        there = [one for one in listed_here if one not in empty]
        numbers = {one: number for number, one in enumerate(there)}
        codes[margin] = said.map(numbers).fillna(-1).to_numpy(dtype=int)
        totals[margin] = np.array([known[one] for one in there], dtype=float)
        if (codes[margin] < 0).any():
            wave.notes.append(say(language, "weighting.missing", column=margin))
    wave.weights = np.zeros(len(rows))
    if inside.any() and all(len(total) for total in totals.values()):
        whole = sum(next(iter(weights.margins.values())).values())
        totals = {margin: total * (whole / total.sum()) for margin, total in totals.items()}
        fitted = rake(base[inside], codes, totals, weights.trim)
        wave.weights[inside] = fitted.weights
        wave.n_trimmed = fitted.n_trimmed
        if not fitted.is_met:
            wave.notes.append(say(language, "weighting.not-met", gap=f"{100 * fitted.gap:.2g}"))
    return wave


def _by_frame(
    rows: pd.DataFrame, source: Source, weights: Weighting, frame: Mapping[tuple[str, ...], int], notes: list[str],
    language: str,
) -> np.ndarray:  # fmt: skip
    """N_h / n_h, the inverse of the chance to be asked and to answer, alike for all of a stratum."""
    import pandas as pd

    strata = pd.Series(list(rows[list(weights.frame)].itertuples(index=False, name=None)), index=rows.index)
    strata = strata.map(lambda stratum: tuple(None if pd.isna(one) else one for one in stratum))
    absent = [stratum for stratum in strata.unique() if stratum not in frame]
    if absent:
        shown = listed(BOTH.join("—" if one is None else one for one in stratum) for stratum in absent)
        raise ProblemsFound(
            [Problem("weights-no-stratum", source.places.at("weights", "frame"), {"categories": shown})]
        )
    counts = strata.value_counts()
    empty = [BOTH.join(one or "—" for one in stratum) for stratum in frame if stratum not in counts.index]
    if empty:
        column = " x ".join(weights.frame)
        notes.append(say(language, "weighting.empty", column=column, categories=listed(sorted(empty))))
    return strata.map(lambda stratum: frame[stratum] / counts[stratum]).to_numpy(dtype=float)


def _categories(rows: pd.DataFrame, margin: str) -> pd.Series:
    """Each row's category of a margin; null where any of its columns is."""
    names = parts(margin)
    said = rows[names[0]]
    for name in names[1:]:
        said = said + BOTH + rows[name]
    return said


# What weighting changed ----------------------------------------------------------------------------------------------


def _changed(wave: _Wave, source: Source, weights: Weighting) -> list[dict[str, Any]]:
    """One row for the whole wave, one for every category of every variable."""
    import numpy as np

    from pipelines.raking import effective_size

    used = wave.weights > 0
    rows, w = wave.rows[used], wave.weights[used]
    empty = dict.fromkeys(model("core", "weighting").column_names)
    common = {"source": source.table.id, "wave": wave.name, "method": weights.method, "status": "ok"}
    whole = empty | common | {"variable": ALL, "category": ALL, "n": len(rows), "note": " ".join(wave.notes)}
    if len(rows):
        size, mean = effective_size(w), w.mean()
        whole |= {"min_weight": w.min() / mean, "max_weight": w.max() / mean, "cv_weight": w.std() / mean,
                  "effective_n": size, "design_effect": len(w) / size, "n_trimmed": wave.n_trimmed}  # fmt: skip
    told = [whole]
    variables = dict.fromkeys((*weights.margins, *([" x ".join(weights.frame)] if weights.frame else [])))
    for variable in variables:
        said, known = _categories(rows, variable).fillna(""), weights.margins.get(variable, {})
        total = sum(known.values())
        for category in dict.fromkeys((*known, *sorted(said.unique()))):
            here = (said == category).to_numpy(dtype=bool)
            told.append(
                empty | common | {
                    "variable": variable, "category": category, "n": int(here.sum()), "note": "",
                    "unweighted_share": float(np.mean(here)) if len(here) else None,
                    "weighted_share": float(w[here].sum() / w.sum()) if len(here) else None,
                    "target_share": known[category] / total if category in known and total else None,
                    "category_it": _words(source, variable, category, "it"),
                    "category_en": _words(source, variable, category, "en"),
                }
            )  # fmt: skip
    return told


def _words(source: Source, variable: str, category: str, language: str) -> str | None:
    """A category as the questionnaire words it."""
    names = parts(variable)
    codes = category.split(BOTH) if len(names) > 1 else [category]
    if not category or len(codes) != len(names):
        return None
    columns = [source.table.column(name) for name in names]
    words = [column.labels[code].within(language, "it", "en") if column and code in column.labels else code
             for column, code in zip(columns, codes, strict=True)]  # fmt: skip
    return BOTH.join(words)


def _protected(told: list[dict[str, Any]], smallest_group: int) -> list[dict[str, Any]]:
    """Categories too small to show, and what would give them away, lose their numbers. The spread of the weights goes
    too where any was hidden: in a post-stratified wave a weight is a known total divided by the hidden number."""
    from warehouse.disclosure import hidden_counts

    whole, *others = told
    hidden_any = 0 < whole["n"] < smallest_group
    for variable in dict.fromkeys(row["variable"] for row in others):
        own = [row for row in others if row["variable"] == variable]
        counts = [whole["n"], *(row["n"] for row in own)]
        hidden = hidden_counts(counts, [(0, range(1, len(counts)))], smallest_group)
        for place, row in enumerate(own, start=1):
            if place in hidden:
                row.update(dict.fromkeys(_SHARES), status="suppressed")
        hidden_any |= bool(hidden)
    if hidden_any:
        whole.update(dict.fromkeys(_SPREAD[1:]), status="suppressed")
        if 0 < whole["n"] < smallest_group:
            whole.update(n=None)
    return told
