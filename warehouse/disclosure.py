"""What is too small to show: the one place where values are held back before they are published.

Every function takes and gives data frames and touches no database. A cell is too small when fewer than `smallest_group`
rows stand behind it, or behind the yes or the no of a share, or when fewer things than that were counted. Of documents
and passages the people behind them count: a focus group of eight is eight people. The floor is in law for statistics
and research in Italy (Regole deontologiche, G.U. 14-1-2019 n. 11, art. 5: at least three). Which further cells must be
hidden, so that no sum gives a hidden one away, is worked out in `suppression`.

What an attacker is taken to know: every published table, how categories add up to the whole and periods to the year,
how many rows have no category, and that two indicators of one source with the same count in a cell count the same rows.
Not covered: indicators whose `where` cuts the same rows differently, and comparison with earlier publications.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Programme
from warehouse.suppression import Line, is_small, protect_lines

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ALL, CROSS, BOTH = "all", " x ", " / "
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
    """What protecting an indicator takes to know: its kind of measure, source, the indicators a formula rests on, and
    whether a year repeats its last period instead of adding its periods up."""

    kind: str = ""
    source: str = ""
    rests_on: tuple[str, ...] = ()
    repeats_last: bool = False


def protected(
    values: pd.DataFrame,
    theory: TheoryOfChange,
    programme: Programme,
    groups: Mapping[str, int] | None = None,
    people: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """`protect` with everything it needs taken from the theory and the programme."""
    return protect(values, smallest_group(programme), thresholds(theory), about(theory), programme.language, groups,
                   people)  # fmt: skip


def protected_distributions(
    bins: pd.DataFrame, values: pd.DataFrame, shown: pd.DataFrame, theory: TheoryOfChange, programme: Programme
) -> pd.DataFrame:
    """`protect_distributions` with everything it needs taken from the theory and the programme."""
    return protect_distributions(bins, values, shown, smallest_group(programme), thresholds(theory), about(theory))


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
    open_cells = set(shown.loc[shown["status"] == "ok", keys].itertuples(index=False, name=None))
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


def about(theory: TheoryOfChange) -> dict[str, About]:
    return {
        indicator.id: About(
            "share" if indicator.measure.kind in ("theme", "funnel") else indicator.measure.kind,
            indicator.measure.source or "",
            indicator.measure.formula_ids,
            bool(indicator.aggregation and indicator.aggregation.time == "last"),
        )
        for indicator in theory.indicators
    }


def protect(
    values: pd.DataFrame,
    smallest_group: int,
    thresholds: Mapping[str, int] | None = None,
    about: Mapping[str, About] | None = None,
    language: str = "en",
    groups: Mapping[str, int] | None = None,
    people: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """The values with everything too small held back; columns and rows of `out.indicator_values`, in the given order.

    `thresholds` replaces `smallest_group` for single indicators, `groups` for sources; 1 shows everything. A hidden row
    has no numbers, `status` is `suppressed` and `note` says why; `no_data` and a true 0 stay as they are. Counts that
    are not a partition (more than the whole) take no part in sums.

    Where rows are not people but documents or passages of them, `people` are the same values counted in people: a
    frame for each way of counting that adds up. Their indicators are judged by these frames alone.
    """
    frame = values.reset_index(drop=True)
    rules = _Rules(smallest_group, thresholds or {}, about or {}, groups or {})
    elsewhere = {name for counted in people for name in counted["indicator_id"]}
    places = {place: row for row, place in enumerate(_places(frame))}
    hidden: set[int] = set()
    for counted in (frame[~frame["indicator_id"].isin(elsewhere)], *people):
        counted = counted.reset_index(drop=True)
        found, named = _hidden(counted, rules), _places(counted)
        hidden |= {places[named[row]] for row in found if named[row] in places}
    hidden |= _hidden_formulas(frame, rules, hidden)
    return _held_back(frame, sorted(hidden), language).drop(columns="n_rows", errors="ignore")


def _places(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    named = frame[["indicator_id", "period", "dimension", "category"]]
    return list(named.itertuples(index=False, name=None))


def _hidden(frame: pd.DataFrame, rules: _Rules) -> set[int]:
    """Rows too small, and those that cover them, formulas aside."""
    if frame.empty:
        return set()
    amounts = _amounts(frame, rules)
    hidden = _hidden_counts(frame, amounts, rules)
    for name, rows in frame.groupby("indicator_id", sort=True).groups.items():
        hidden |= _hidden_answers(frame.loc[rows], amounts, rules, str(name), hidden)
    return hidden


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
        return self.of(indicator).kind not in ("formula", "milestone")


def _amounts(frame: pd.DataFrame, rules: _Rules) -> np.ndarray:
    """Per row of the values what may not be small: unweighted rows; for a share those that say yes and those that say
    no; the number of different things counted. nan where there is no such amount.

    Where weights make the yeses unknown, the expected number n × value stands in for them.
    """
    import numpy as np

    n, value, numerator, denominator = (
        frame[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        for name in ("n", "value", "numerator", "denominator")
    )
    kinds = frame["indicator_id"].map(lambda name: rules.of(name).kind)
    is_share, is_distinct = (kinds == "share").to_numpy(), (kinds == "distinct").to_numpy()
    yes = np.where(np.isclose(denominator, n), numerator, n * value)
    return np.column_stack([
        n,
        np.where(is_share, yes, np.where(is_distinct, value, np.nan)),
        np.where(is_share, n - yes, np.nan),
    ])  # fmt: skip


def _hidden_counts(frame: pd.DataFrame, amounts: np.ndarray, rules: _Rules) -> set[int]:
    """Rows whose count is below the smallest group of their source, and those that cover them, the same for all
    indicators of a source: otherwise one indicator would show what another hides."""
    import numpy as np

    hidden: set[int] = set()
    names = [name for name in frame["indicator_id"].unique() if rules.adds_up(name)]
    for source in sorted({rules.source(name) for name in names}):
        least = rules.least_of(source)
        together = [name for name in names if rules.source(name) == source and rules.least(name) >= least]
        if least <= 1 or not together:
            continue
        rows = frame[frame["indicator_id"].isin(together) & ~np.isnan(amounts[:, 0])]
        same = rows.groupby(["period", "dimension", "category", "n"], sort=True).ngroup()
        counts = rows["n"].astype(float).groupby(same).first().to_numpy()
        sums = {
            (int(same[total]), tuple(sorted(int(same[part]) for part in parts)))
            for name, own in rows.groupby("indicator_id")
            for total, parts in _sums(own, rules.of(str(name)))
        }
        small = set(np.flatnonzero((counts > 0) & (counts < least)))
        chosen = _covered(counts[:, None], small, sorted(sums), least)
        hidden |= set(same.index[same.isin(chosen)])
    return hidden


def _hidden_answers(
    rows: pd.DataFrame, amounts: np.ndarray, rules: _Rules, indicator: str, hidden: Collection[int]
) -> set[int]:
    """Rows of one indicator that its own threshold or its answers make too small, and those that cover them."""
    import numpy as np

    least = rules.least(indicator)
    own = [row for row in rows.index if not np.isnan(amounts[row, 0])]
    primary = {number for number, row in enumerate(own) if row in hidden or is_small(amounts[row], least)}
    if least > 1 and rules.adds_up(indicator):
        place = {row: number for number, row in enumerate(own)}
        sums = [
            (place[total], tuple(place[part] for part in parts))
            for total, parts in _sums(rows.loc[own], rules.of(indicator))
        ]
        primary = _covered(amounts[own], primary, sums, least)
    return {own[number] for number in primary}


def _covered(
    amounts: np.ndarray,
    primary: set[int],
    sums: Iterable[tuple[int, tuple[int, ...]]],
    least: int,
    fixed: Collection[int] = (),
) -> set[int]:
    """`primary` and what must go with it. Rows of a whole that are in none of its parts count as one more part, never
    published: too small, it has to stay unknown; otherwise it is taken as known. Cells in `fixed` cannot be hidden."""
    import numpy as np

    every, lines, rests = list(amounts), [], []
    for total, parts in sums:
        rest = amounts[total] - amounts[list(parts)].sum(axis=0)
        if rest[0] < -0.5:
            continue
        if rest[0] > 0.5:
            parts = (*parts, len(every))
            rests.append(len(every))
            every.append(rest)
        lines.append(Line(total, parts))
    small = {cell for cell in rests if is_small(every[cell], least)}
    if not primary | small:
        return set()
    found = protect_lines(np.array(every), least, primary | small, lines, {*fixed, *rests})
    return {cell for cell in found if cell < len(amounts)}


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
        lines = [line for _, layer in rows.groupby(limits, sort=True) for line in _sums(layer, rules.of(str(name)))]
        places = dict(zip(wholes[keys].itertuples(index=False, name=None), range(len(own), len(rows)), strict=True))
        inside = rows.iloc[: len(own)].groupby(keys, sort=True).groups
        lines += [(places[key], tuple(members)) for key, members in inside.items() if key in places]
        number = {row: place for place, row in enumerate(own.index)}
        first = {number[row] for row in small} | {len(own) + i for i in np.flatnonzero(gone.to_numpy())}
        fixed = set(range(len(own), len(rows))) - first
        found = _covered(rows[["n"]].to_numpy(), first, lines, least, fixed)
        hidden |= {own.index[cell] for cell in found if cell < len(own)}
    held = frame.copy()
    held["n"] = held["n"].mask(held.index.isin(hidden))
    held.loc[sorted(hidden), "status"] = SUPPRESSED
    return held


def hidden_counts(counts: Sequence[float], sums: Sequence[tuple[int, Sequence[int]]], smallest_group: int) -> set[int]:
    """Places of the counts to hold back: those below the smallest group, and as many others as keep them from being
    found by subtraction. `sums` says which place is the total of which others; 0 hides nothing."""
    import numpy as np

    amounts = np.asarray(counts, dtype=float)[:, None]
    small = {place for place in range(len(counts)) if is_small(amounts[place], smallest_group)}
    if smallest_group <= 1 or not small:
        return set()
    return _covered(amounts, small, [(total, tuple(parts)) for total, parts in sums], smallest_group)


# How rows add up -----------------------------------------------------------------------------------------------------


def _sums(rows: pd.DataFrame, about: About) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Row numbers of every total with those of its parts, for one indicator: categories within a period, crosses to
    each of their margins, periods to the years and the whole."""
    place = dict(
        zip(rows[["period", "dimension", "category"]].itertuples(index=False, name=None), rows.index, strict=True)
    )
    yield from _sums_of_categories(place)
    yield from _sums_of_periods(place, rows, about.repeats_last)


def _sums_of_categories(place: Mapping[tuple[str, str, str], int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    published = {tuple(sorted(_dimensions(dimension))): dimension for _, dimension, _ in place}
    known: dict[str, set[str]] = defaultdict(set)
    for _, dimension, category in place:
        if CROSS not in dimension:
            known[dimension].add(category)
    parts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (period, dimension, category), row in place.items():
        names = _dimensions(dimension)
        value = dict(zip(names, _categories(category, names, known), strict=True))
        for size in range(len(names) + 1):
            for subset in combinations(sorted(names), size):
                if (margin := published.get(subset)) not in (None, dimension):
                    order = _dimensions(margin)
                    parts[period, margin, BOTH.join(value[name] for name in order) or ALL, dimension].append(row)
    for (*key, _), members in parts.items():
        if (total := place.get(tuple(key))) is not None:
            yield total, tuple(members)


def _dimensions(dimension: str) -> list[str]:
    """Names of the dimensions a cross joins; none for the whole."""
    return [] if dimension == ALL else dimension.split(CROSS)


def _categories(category: str, names: Sequence[str], known: Mapping[str, Collection[str]]) -> list[str]:
    """One category for each dimension of a cross. Where a category's own text holds the separator, the way of cutting
    that yields categories published on their own is the right one."""
    pieces = category.split(BOTH) if len(names) > 1 else [category][: len(names)]
    if len(pieces) <= len(names):
        return pieces + [""] * (len(names) - len(pieces))
    ways = [
        [BOTH.join(pieces[a:b]) for a, b in zip((0, *cuts), (*cuts, len(pieces)), strict=True)]
        for cuts in combinations(range(1, len(pieces)), len(names) - 1)
    ]
    fitting = [way for way in ways if all(part in known[name] for part, name in zip(way, names, strict=True))]
    return (fitting or ways)[0]


def _sums_of_periods(
    place: Mapping[tuple[str, str, str], int], rows: pd.DataFrame, repeats_last: bool
) -> Iterator[tuple[int, tuple[int, ...]]]:
    counts = rows["n"].astype(float)
    names = sorted({period for period, _, _ in place} - {ALL})
    finest, years = [name for name in names if "-" in name] or names, [name for name in names if "-" not in name]
    for (period, dimension, category), total in place.items():
        if period in finest:
            continue
        ways = [finest, years] if period == ALL else [[name for name in finest if name.startswith(f"{period}-")]]
        for within in ways if years != finest else ways[:1]:
            parts = [place[name, dimension, category] for name in within if (name, dimension, category) in place]
            parts = [part for part in parts if counts[part] > 0]
            if parts:
                yield total, tuple(parts[-1:] if repeats_last else parts)
