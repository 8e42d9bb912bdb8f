"""Composite indices in every cell where their components meet, with what can be known of their error.

Components of one source and design vary together, so their covariances count (`joint`); different sources are taken as
independent, and `method` says so. Where one component has no error of its own, the index has none. Scores and means
are in `composites`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipelines.indicators.composites import Composed, composed
from pipelines.indicators.derived import met
from pipelines.indicators.estimates import t_quantile
from pipelines.indicators.groups import Group, When
from pipelines.indicators.joint import covariances
from pipelines.indicators.measures import ALL, QUOTIENTS, TOTALS, Task, breakdowns_of
from pipelines.indicators.notes import note
from pipelines.indicators.series import KEYS, NUMBERS, over_time
from theory_of_change.model import Index, Indicator, TheoryOfChange
from theory_of_change.programme import Programme

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pandas as pd

_COLUMNS = ("value", "n", "status", "std_error", "degrees_of_freedom")


@dataclass
class Indices:
    """The indices of a theory, made one after the other from the series of what they rest on.

    `slopes` keeps for each index how it moves with every estimate below it, so that an index of indices knows which of
    its parts rest on the same rows.
    """

    connection: duckdb.DuckDBPyConnection
    theory: TheoryOfChange
    programme: Programme
    tasks: Mapping[str, Task]
    frames: Mapping[str, pd.DataFrame]
    slopes: dict[str, pd.DataFrame] = field(default_factory=dict)

    def frame(self, indicator: Indicator) -> pd.DataFrame:
        """The series of an index (SERIES_COLUMNS)."""
        import numpy as np
        import pandas as pd

        index = indicator.measure.index
        assert index is not None
        names = [one.indicator for one in index.of]
        grid, inputs = met(indicator, names, self.frames, _COLUMNS)
        values = [inputs[name]["value"].where(inputs[name]["status"] == "ok").to_numpy(dtype=float) for name in names]
        cells = [composed(index, [None if np.isnan(one) else float(one) for one in row])
                 for row in zip(*values, strict=True)]  # fmt: skip
        statuses = pd.DataFrame({name: inputs[name]["status"] for name in names})
        frame = grid.assign(indicator_id=indicator.id, present=np.nan)
        frame[list(NUMBERS)] = np.nan
        frame["value"] = [np.nan if cell.value is None else cell.value for cell in cells]
        used = statuses.eq("ok").to_numpy()
        counts = pd.DataFrame({name: inputs[name]["n"] for name in names}).astype(float)
        frame["n"] = counts.where(used).min(axis=1)
        empty = statuses.isin(["no_data"]).all(axis=1).to_numpy()
        frame["status"] = np.where(frame["value"].notna(), "ok", np.where(empty, "no_data", "not_computable"))
        frame["note"] = [self._note(names, cell, is_used, state)
                         for cell, is_used, state in zip(cells, used, frame["status"], strict=True)]  # fmt: skip
        slopes = self._slopes(grid, names, cells)
        self.slopes[indicator.id] = pd.concat([grid, slopes], axis=1)
        self._say_how_sure(indicator, index, frame, slopes)
        return over_time(indicator, frame, self.programme)

    def _note(self, names: Sequence[str], cell: Composed, used: Sequence[bool], status: str) -> str:
        language = self.programme.language
        lacking = [name for name, is_used in zip(names, used, strict=True) if not is_used]
        if status == "no_data":
            return ""
        told = []
        if lacking:
            told.append(
                note("index-without" if status == "ok" else "input-missing", language, inputs=", ".join(lacking))
            )
        elif status != "ok":
            below = [name for name, is_below in zip(names, cell.negative, strict=True) if is_below]
            told.append(note("index-negative", language, inputs=", ".join(below)))
        beyond = [name for name, is_beyond in zip(names, cell.beyond, strict=True) if is_beyond]
        if beyond and status == "ok":
            told.append(note("index-beyond", language, inputs=", ".join(beyond)))
        return "; ".join(told)

    # How sure ---------------------------------------------------------------------------------------------------------

    def _slopes(self, grid: pd.DataFrame, names: Sequence[str], cells: Sequence[Composed]) -> pd.DataFrame:
        """How the index moves with each estimate it rests on in the end (chain rule); 0 where that does not count, nan
        where it moves in no knowable way."""
        import numpy as np
        import pandas as pd

        found: dict[str, np.ndarray] = {}
        for at, name in enumerate(names):
            own = np.array([np.nan if cell.beyond[at] else cell.slopes[at] for cell in cells])
            below = self.slopes.get(name)
            if below is None:
                found[name] = found.get(name, 0.0) + own
                continue
            for leaf, inner in grid.merge(below, on=list(KEYS), how="left").drop(columns=list(KEYS)).items():
                moved = np.where(own == 0, 0.0, own * inner.to_numpy(dtype=float))
                found[str(leaf)] = found.get(str(leaf), 0.0) + moved
        return pd.DataFrame(found)

    def _say_how_sure(self, indicator: Indicator, index: Index, frame: pd.DataFrame, slopes: pd.DataFrame) -> None:
        import numpy as np

        words = [f"index {index.aggregate}", "stated goalposts" if index.has_goalposts else "values as they are"]
        given = indicator.uncertainty
        estimated = [str(leaf) for leaf in slopes if not self._is_exact(str(leaf))]
        if not estimated:
            frame["method"] = "; ".join([*words, "census"])
            return
        if given and given.mode == "none":
            frame["method"] = "; ".join([*words, "no error asked"])
            return
        by_source: dict[str, list[str]] = {}
        for leaf in estimated:
            by_source.setdefault(self._source(leaf), []).append(leaf)
        variance, df = np.zeros(len(frame)), np.full(len(frame), np.inf)
        for leaves in by_source.values():
            variance = variance + self._variance(indicator, frame, slopes, leaves)
            df = np.fmin(df, self._freedom(frame, slopes, leaves))
        error = np.sqrt(np.where(frame["status"] == "ok", np.clip(variance, 0, None), np.nan))
        reach = t_quantile(given.level if given else 0.95, df) * error
        low, high = frame["value"] - reach, frame["value"] + reach
        if index.has_goalposts:
            low, high = low.clip(lower=0), high.clip(upper=1)
        frame["std_error"], frame["ci_low"], frame["ci_high"] = error, low, high
        frame["degrees_of_freedom"] = np.where(np.isnan(error), np.nan, df)
        how = ["linearisation"]
        how += ["covariances within the design"] if any(len(one) > 1 for one in by_source.values()) else []
        how += ["sources taken as independent"] if len(by_source) > 1 else []
        unknown = [leaf for leaf in estimated if self.frames[leaf]["std_error"].isna().all()]
        nothing = f"no error known of {', '.join(unknown)}" if unknown else "no error derived"
        frame["method"] = ["; ".join([*words, *([nothing] if np.isnan(one) else [*how, "t"])]) for one in error]

    def _is_exact(self, leaf: str) -> bool:
        """True for what is counted in full, or is a fact."""
        task, indicator = self.tasks.get(leaf), self._indicator(leaf)
        if indicator is None or indicator.measure.milestone:
            return indicator is not None
        return task.mode == "census" if task else bool(
            indicator.uncertainty and indicator.uncertainty.mode == "census")  # fmt: skip

    def _indicator(self, name: str) -> Indicator | None:
        return next((one for one in self.theory.indicators if one.id == name), None)

    def _source(self, leaf: str) -> str:
        indicator = self._indicator(leaf)
        return (indicator.measure.source if indicator else None) or leaf

    def _leaf(self, frame: pd.DataFrame, leaf: str, column: str) -> np.ndarray:
        """A number of an estimate below the index in every cell; of a year or the whole only where it was estimated
        there, and not taken over from a single period or added up."""
        import numpy as np

        found = frame[list(KEYS)].merge(self.frames[leaf][[*KEYS, column]], on=list(KEYS), how="left")[column]
        indicator = self._indicator(leaf)
        rule = indicator.aggregation.time if indicator and indicator.aggregation else None
        calendar = self.programme.calendar
        fine = {period.name for period in calendar.periods if period.level == calendar.every}
        is_own = frame["period"].isin(fine).to_numpy() | (rule in (None, "recompute"))
        return np.where(is_own, found.to_numpy(dtype=float), np.nan)

    def _variance(
        self, indicator: Indicator, frame: pd.DataFrame, slopes: pd.DataFrame, leaves: Sequence[str]
    ) -> np.ndarray:
        """The part of the index' variance that comes from estimates of one source."""
        import numpy as np

        given = [slopes[leaf].to_numpy(dtype=float) for leaf in leaves]
        errors = [self._leaf(frame, leaf, "std_error") for leaf in leaves]
        is_known = np.all([(own == 0) | np.isfinite(error) for own, error in zip(given, errors, strict=True)], axis=0)
        if len(leaves) == 1:
            return np.where(given[0] == 0, 0.0, np.square(given[0] * errors[0]))
        group = self._together(indicator, leaves)
        if group is None:
            return np.full(len(frame), np.nan)
        cells, found = covariances(self.connection, group)
        place = {key: at for at, key in enumerate(cells.itertuples(index=False, name=None))}
        at = np.array([place.get(key, -1) for key in frame[list(KEYS)].itertuples(index=False, name=None)])
        variance = np.zeros(len(frame))
        for i, one in enumerate(given):
            for j, other in enumerate(given):
                counts = (one != 0) & (other != 0)
                variance += np.where(counts, one * other * found[at, i, j] if len(cells) else np.nan, 0.0)
        return np.where(is_known & (at >= 0), variance, np.nan)

    def _freedom(self, frame: pd.DataFrame, slopes: pd.DataFrame, leaves: Sequence[str]) -> np.ndarray:
        """The fewest degrees of freedom of those that count; of a share without a design its rows less one."""
        import numpy as np

        every = []
        for leaf in leaves:
            df, n = (self._leaf(frame, leaf, name) for name in ("degrees_of_freedom", "n"))
            own = np.where(np.isnan(df), n - 1, df)
            every.append(np.where(slopes[leaf].to_numpy(dtype=float) == 0, np.inf, own))
        return np.fmin.reduce(every)

    def _together(self, indicator: Indicator, leaves: Sequence[str]) -> Group | None:
        """The estimates as one group, where they are sums over the same rows under the same design; else None."""
        tasks = [self.tasks.get(leaf) for leaf in leaves]
        known = [task for task in tasks if task and task.kind in (*QUOTIENTS, *TOTALS) and not task.population]
        designs = {(task.table.id, task.uses_fpc, task.lonely, task.has_error, task.indicator.measure.between)
                   for task in known}  # fmt: skip
        if len(known) < len(leaves) or len(designs) > 1 or known[0].lonely == "average":
            return None
        table = known[0].table
        cuts = breakdowns_of(indicator, self.theory, table)
        alike = tuple(replace(task, breakdowns=cuts, inner=()) for task in known)
        return Group(When(table, self.programme.calendar), alike, True, tuple(map(self._centre, known)))

    def _centre(self, task: Task) -> float:
        """A value near the estimate's own, so that products are taken of small numbers."""
        if task.kind not in QUOTIENTS or task.kind == "share":
            return 0.0
        own = self.frames[task.id]
        found = own.loc[(own["period"] == ALL) & (own["dimension"] == ALL), "value"].dropna()
        return float(found.iloc[0]) if len(found) else 0.0
