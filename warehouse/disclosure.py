"""What is too small to show: the one place where values are held back before they are published.

Every function takes and gives data frames and touches no database. A cell is too small when fewer than `smallest_group`
rows stand behind it, or behind the yes or the no of a share, or when fewer things than that were counted. Of documents
and passages the people behind them count: a focus group of eight is eight people. The floor is in law for statistics
and research in Italy (Regole deontologiche, G.U. 14-1-2019 n. 11, art. 5: at least three). Which further cells must be
hidden, so that no sum gives a hidden one away, is worked out in
`together` and `secondary_suppression`.

What an attacker is taken to know: every published table, how categories add up to the whole and periods to the year,
how many rows have no category, and that two indicators of one source with the same count in a cell count the same rows.
Where one indicator's conditions hold for another's rows, too, they know the others of these to be the difference. What
earlier publications showed is in `earlier`, rounding on request in `rounding`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theory_of_change.model import Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from warehouse.adding_up import BOTH, sums_of
from warehouse.earlier import STANDING, before, standing
from warehouse.rounding import rounded_count, rounded_values
from warehouse.secondary_suppression import Figures, Line, hidden_units, small
from warehouse.together import Beside, Largest, decide

if TYPE_CHECKING:
    import pandas as pd

SUPPRESSED = "suppressed"
HIDDEN_COLUMNS = (
    "n", "numerator", "denominator", "value", "std_error", "ci_low", "ci_high", "ci_level", "degrees_of_freedom",
)  # fmt: skip
#: One note for every hidden cell: to say which are too small and which only cover them would give them away.
NOTES = {
    "it": "gruppo troppo piccolo da mostrare, o nascosto perché un gruppo piccolo non si ricavi per differenza",
    "en": "group too small to show, or hidden so that a small group cannot be found by subtraction",
}


@dataclass(frozen=True)
class About:
    """What protecting an indicator takes to know: its kind of measure, source, the indicators that a formula or an
    index rests on, whether a year repeats its last period instead of adding its periods up, the conditions its rows all
    meet (None where its rows are not simply those of the source), and the base its counts are rounded to."""

    kind: str = ""
    source: str = ""
    rests_on: tuple[str, ...] = ()
    repeats_last: bool = False
    conditions: frozenset[str] | None = None
    rounding: int | None = None


def protected(
    values: pd.DataFrame,
    theory: TheoryOfChange,
    programme: Programme,
    groups: Mapping[str, int] | None = None,
    people: Sequence[pd.DataFrame] = (),
    contributions: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`protect` with everything it needs taken from the theory and the programme."""
    told = about(theory, programme.disclosure.rounding)
    return protect(values, smallest_group(programme), thresholds(theory), told, programme.language, groups, people,
                   contributions, earlier, programme.disclosure.changes == "hold")  # fmt: skip


def protected_distributions(
    bins: pd.DataFrame, values: pd.DataFrame, shown: pd.DataFrame, theory: TheoryOfChange, programme: Programme
) -> pd.DataFrame:
    """`protect_distributions` with everything it needs taken from the theory and the programme."""
    told = about(theory, programme.disclosure.rounding)
    return protect_distributions(bins, values, shown, smallest_group(programme), thresholds(theory), told)


def protected_effects(effects: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Effects with the columns of `out.effects`: where either group is smaller than the programme's smallest group, all
    numbers and the diagnostics are held back and `method` says so; evaluation, term and design stay."""
    import pandas as pd

    least = smallest_group(programme)
    groups = effects[["n", "n_group", "n_comparison"]].astype("Float64")
    small = ((groups > 0) & (groups < least)).fillna(False).any(axis=1)
    held = effects.copy()
    for name in held.columns:
        if name not in ("evaluation_id", "term", "design", "method"):
            held[name] = held[name].astype(object).mask(small, None)
    held.loc[small, "method"] = SUPPRESSED
    return pd.DataFrame(held)


def protected_comparisons(comparisons: pd.DataFrame, shown: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Comparisons with the columns of `out.comparisons`: every number is held back where either side is not shown in
    `shown`, and how many people are in both sides where these, or the others of a side, are too few."""
    import numpy as np

    least = smallest_group(programme)
    keys = ["indicator_id", "period", "dimension", "category"]
    is_open = (shown["status"] == "ok") & ~shown["note"].isin(STANDING.values())
    open_cells = set(shown.loc[is_open, keys].itertuples(index=False, name=None))
    first = [tuple(row) in open_cells for row in comparisons[keys].itertuples(index=False, name=None)]
    other = comparisons[["other_indicator", "indicator_id", "other_period", "dimension", "other_category"]]
    second = [
        category in (None, "rest") or (another or own, period, dimension, category) in open_cells
        for another, own, period, dimension, category in other.itertuples(index=False, name=None)
    ]
    closed = ~(np.array(first, dtype=bool) & np.array(second, dtype=bool))
    held = comparisons.copy()
    for name in held.columns:
        if name not in (*keys, "against", *other.columns, "unit", "status"):
            is_text = held[name].dtype == object
            held[name] = held[name].where(~closed, None) if is_text else held[name].mask(closed)
    held.loc[closed, "status"] = SUPPRESSED
    both, n, n_other = (held[name].astype("Float64") for name in ("n_both", "n", "n_other"))
    few = sum(
        (((count > 0) & (count < least)).fillna(False) for count in (both, n - both, n_other - both)), start=False
    )
    held["n_both"] = held["n_both"].mask(few)
    return held


def smallest_group(programme: Programme) -> int:
    return programme.disclosure.smallest_group


def thresholds(theory: TheoryOfChange) -> dict[str, int]:
    """The indicators' own smallest groups, where they state one."""
    stated = {indicator.id: indicator.disclosure for indicator in theory.indicators}
    return {name: own.threshold for name, own in stated.items() if own and own.threshold is not None}


def about(theory: TheoryOfChange, rounding: int | None = None) -> dict[str, About]:
    """What is to be known of every indicator; `rounding` is the programme's base, where an indicator has none."""
    return {
        indicator.id: About(
            "share" if indicator.measure.kind in ("theme", "funnel") else indicator.measure.kind,
            indicator.measure.source or "",
            indicator.measure.rests_on,
            bool(indicator.aggregation and indicator.aggregation.time == "last"),
            _conditions(indicator),
            (indicator.disclosure.rounding if indicator.disclosure else None) or rounding,
        )
        for indicator in theory.indicators
    }


def _conditions(indicator: Indicator) -> frozenset[str] | None:
    """What all rows of an indicator meet, each condition by itself; None where its rows are chosen otherwise, too."""
    if indicator.measure.kind not in ("share", "mean", "median", "quantile", "sum", "count", "distinct", "ratio"):
        return None
    if not indicator.measure.where:
        return frozenset()
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        where = parse_one(indicator.measure.where, dialect="duckdb")
    except SqlglotError:
        return None
    parts = where.unnest().flatten() if isinstance(where.unnest(), exp.And) else (where.unnest(),)
    return frozenset(part.unnest().sql(dialect="duckdb") for part in parts)


def protect(
    values: pd.DataFrame,
    smallest_group: int,
    thresholds: Mapping[str, int] | None = None,
    about: Mapping[str, About] | None = None,
    language: str = "en",
    groups: Mapping[str, int] | None = None,
    people: Sequence[pd.DataFrame] = (),
    contributions: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
    holds: bool = False,
) -> pd.DataFrame:
    """The values with everything too small held back; columns and rows of `out.indicator_values`, in the given order.

    `thresholds` replaces `smallest_group` for single indicators, `groups` for sources; 1 shows everything. A hidden row
    has no numbers, `status` is `suppressed` and `note` says why; `no_data` and a true 0 stay as they are. Counts that
    are not a partition (more than the whole) take no part in sums.

    Where rows are not people but documents or passages of them, `people` are the same values counted in people: a
    frame for each way of counting that adds up. Their indicators are judged by these frames alone.

    `contributions` are the largest ones to sums of money, as `indicators.contributions` finds them. `earlier` is what
    readers have seen already (`core.shown_before`): what was hidden stays so while today's numbers would give it away;
    with `holds`, a row whose change would tell of too few goes on showing what it showed.
    """
    frame = values.reset_index(drop=True)
    rules = _Rules(smallest_group, thresholds or {}, about or {}, groups or {})
    elsewhere = {name for counted in people for name in counted["indicator_id"]}
    places = {place: row for row, place in enumerate(_places(frame))}
    rounded = {name: one.rounding for name, one in rules.about.items() if one.rounding}
    beside = Beside(_largest(frame, contributions), before(frame, earlier, rounded, smallest_group), holds)
    own = frame[~frame["indicator_id"].isin(elsewhere)]
    decision = decide(own, rules, beside)
    hidden = set(decision.hidden)
    for counted in people:
        counted = counted.reset_index(drop=True)
        found, named = decide(counted, rules).hidden, _places(counted)
        hidden |= {places[named[row]] for row in found if named[row] in places}
    formulas = _hidden_formulas(frame, rules, hidden)
    shown = _held_back(frame, sorted(hidden | formulas), language).drop(columns="n_rows", errors="ignore")
    if decision.may_stay and earlier is not None:
        shown = standing(shown, sorted(decision.may_stay - formulas), earlier, language)
    return rounded_values(shown, rounded, rules.about, language) if rounded else shown


def _largest(frame: pd.DataFrame, contributions: pd.DataFrame | None) -> dict[tuple[int, str], Largest]:
    if contributions is None:
        return {}
    places = {place: row for row, place in enumerate(_places(frame))}
    return {
        (places[tuple(row[:4])], row[4]): Largest(row[5], *map(float, row[6:]))
        for row in contributions.itertuples(index=False, name=None)
        if tuple(row[:4]) in places
    }


def _places(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    named = frame[["indicator_id", "period", "dimension", "category"]]
    return list(named.itertuples(index=False, name=None))


@dataclass(frozen=True)
class _Rules:
    smallest_group: int
    thresholds: Mapping[str, int]
    about: Mapping[str, About]
    groups: Mapping[str, int] = field(default_factory=dict)

    def least(self, indicator: str) -> int:
        return self.thresholds.get(indicator, self.least_of(self.source(indicator)))

    def least_of(self, source: str) -> int:
        return self.groups.get(source, self.smallest_group)

    def of(self, indicator: str) -> About:
        return self.about.get(indicator, About())

    def source(self, indicator: str) -> str:
        """Indicators without a known source share their counts with no other."""
        return self.of(indicator).source or f"indicator {indicator}"

    def adds_up(self, indicator: str) -> bool:
        return self.of(indicator).kind not in ("formula", "index", "milestone")


def _covered(
    counts: Sequence[float],
    first: Collection[int],
    sums: Iterable[tuple[int, tuple[int, ...]]],
    least: int,
    fixed: Collection[int] = (),
) -> set[int]:
    """Places of counts to hide: `first`, those too small, and what must go with them; never those in `fixed`. What is
    missing from a sum is one more part, never published: too small, it has to stay unknown."""
    figures = Figures()
    for place, count in enumerate(counts):
        unit = figures.unit(1.0 + count / (1.0 + max(counts)))
        is_small = small(count, least) and place not in fixed
        figures.cell(count, unit, (1.0, least - 1.0) if is_small else None, pinned=count > 0)
    figures.locked |= set(fixed)
    for total, parts in sums:
        rest = counts[total] - sum(counts[part] for part in parts)
        if rest < -0.5:
            continue
        more = (figures.cell(rest, reach=(1.0, least - 1.0)),) if small(rest, least) and rest > 0.5 else ()
        figures.weights[total] += 1
        figures.lines.append(Line(total, (*parts, *more), least))
    return hidden_units(figures, first)


def _hidden_formulas(frame: pd.DataFrame, rules: _Rules, hidden: Collection[int]) -> set[int]:
    """Formulas on anything hidden: with the other inputs shown, the result would give it away."""
    keys = ["period", "dimension", "category"]
    named = frame[["indicator_id", *keys]].itertuples(index=False, name=None)
    places = dict(zip(frame.index, named, strict=True))
    gone = {places[row] for row in hidden}
    found: set[int] = set()
    formulas = [row for row in frame.index if rules.of(frame.at[row, "indicator_id"]).rests_on]
    grows = True
    while grows:
        grows = False
        for row in formulas:
            name, *cell = places[row]
            if row not in found and any((other, *cell) in gone for other in rules.of(name).rests_on):
                found.add(row)
                gone.add(places[row])
                grows = True
    return found


def _held_back(frame: pd.DataFrame, rows: Sequence[int], language: str) -> pd.DataFrame:
    """The frame with those rows emptied; `no_data` rows hold nothing to hide."""
    shown = frame.copy()
    rows = [row for row in rows if shown.at[row, "status"] != "no_data"]
    for column in HIDDEN_COLUMNS:
        if column in shown:
            shown[column] = shown[column].mask(shown.index.isin(rows))
    shown.loc[rows, "status"] = SUPPRESSED
    if "note" in shown:
        shown["note"] = shown["note"].astype(object)
        shown.loc[rows, "note"] = NOTES["it" if language.split("-")[0] == "it" else "en"]
    return shown


def protect_distributions(
    bins: pd.DataFrame,
    values: pd.DataFrame,
    shown: pd.DataFrame,
    smallest_group: int,
    thresholds: Mapping[str, int] | None = None,
    about: Mapping[str, About] | None = None,
) -> pd.DataFrame:
    """Bins of `core.distributions` with every bin held back that is too small or belongs to a hidden value.

    `values` are the estimates before and `shown` after `protect`. Bins add up to their value's count, and where the
    limits are the same, the bins of categories and periods to those of the whole.
    """
    import numpy as np
    import pandas as pd

    rules = _Rules(smallest_group, thresholds or {}, about or {})
    keys = ["indicator_id", "period", "dimension", "category"]
    frame = bins.reset_index(drop=True)
    if "note" in shown:  # bins of a row that stands still would tell what it would show today
        shown = shown.assign(status=shown["status"].mask(shown["note"].isin(STANDING.values()), SUPPRESSED))
    state = shown[[*keys, "status"]].rename(columns={"status": "value_status"})
    state = frame[keys].merge(state, on=keys, how="left")["value_status"]
    hidden = set(frame.index[(state == SUPPRESSED).to_numpy() & (frame["n"] > 0).to_numpy()])
    for name, own in frame.groupby("indicator_id", sort=True):
        least = rules.least(str(name))
        counts = own["n"].astype(float)
        small = set(own.index[(counts > 0) & (counts < least)]) | (hidden & set(own.index))
        if least <= 1 or not small:
            continue
        wholes = values[values["indicator_id"] == name].merge(own[keys].drop_duplicates(), on=keys)
        gone = shown[shown["indicator_id"] == name].merge(wholes[keys], on=keys)["status"] == SUPPRESSED
        rows = pd.concat([own, wholes[[*keys, "n"]]], ignore_index=True)
        rows["n"] = rows["n"].astype(float)
        limits = rows["bin_low"].astype(str) + BOTH + rows["bin_high"].astype(str)
        is_last = rules.of(str(name)).repeats_last
        lines = [line for _, layer in rows.groupby(limits, sort=True) for line in sums_of(layer, is_last)]
        places = dict(zip(wholes[keys].itertuples(index=False, name=None), range(len(own), len(rows)), strict=True))
        inside = rows.iloc[: len(own)].groupby(keys, sort=True).groups
        lines += [(places[key], tuple(members)) for key, members in inside.items() if key in places]
        number = {row: place for place, row in enumerate(own.index)}
        first = {number[row] for row in small} | {len(own) + i for i in np.flatnonzero(gone.to_numpy())}
        fixed = set(range(len(own), len(rows))) - first
        found = _covered(rows["n"].tolist(), first, lines, least, fixed)
        hidden |= {own.index[cell] for cell in found if cell < len(own)}
    held = frame.copy()
    held["n"] = held["n"].mask(held.index.isin(hidden))
    held.loc[sorted(hidden), "status"] = SUPPRESSED
    for name, told in rules.about.items():
        if told.rounding:
            own = (held["indicator_id"] == name) & held["n"].notna()
            held.loc[own, "n"] = [int(rounded_count(n, told.rounding)) for n in held.loc[own, "n"]]
    return held


def hidden_counts(counts: Sequence[float], sums: Sequence[tuple[int, Sequence[int]]], smallest_group: int) -> set[int]:
    """Places of the counts to hold back: those below the smallest group, and as many others as keep them from being
    found by subtraction. `sums` says which place is the total of which others; 0 hides nothing."""
    if smallest_group <= 1 or not any(small(count, smallest_group) for count in counts):
        return set()
    return _covered(list(counts), (), [(total, tuple(parts)) for total, parts in sums], smallest_group)
