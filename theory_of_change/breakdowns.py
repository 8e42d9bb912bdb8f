"""Periods, columns and categories the theory names: what an indicator is broken down by must exist in its source.

References between blocks of the theory, by id, are in `references`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from theory_of_change.model import Baseline, Indicator, Target, TheoryOfChange
from theory_of_change.positions import Places, Steps
from theory_of_change.problems import Problem, listed, with_hint
from theory_of_change.programme import Every, Programme
from theory_of_change.tables import Table


def check_breakdowns(
    theory: TheoryOfChange, programme: Programme, places: Places, sources: Mapping[str, Table]
) -> Iterator[Problem]:
    """Every period, column and category that does not exist, with the nearest one that does."""
    yield from _periods(theory, programme, places)
    yield from _breakdowns(theory, places, sources)
    yield from _categories(theory, places)
    yield from _merged_categories(theory, places, sources)
    yield from _merged_two_ways(theory, places, sources)


def _periods(theory: TheoryOfChange, programme: Programme, places: Places) -> Iterator[Problem]:
    names = [period.name for period in programme.calendar.periods]
    asked = [(("baselines", n, "period"), baseline.period, names) for n, baseline in enumerate(theory.baselines)]
    asked += [(("reports", n, "period"), r.period, [*names, *get_args(Every)]) for n, r in enumerate(theory.reports)]
    for path, name, allowed in asked:
        if name is not None and name not in allowed:
            facts = {"found": name, "allowed": listed(allowed, 30)}
            yield Problem("period-unknown", places.at(*path), with_hint(facts, name, allowed))


def _breakdowns(theory: TheoryOfChange, places: Places, sources: Mapping[str, Table]) -> Iterator[Problem]:
    """Disaggregations by what is neither a dimension nor a column, and targets for groups nobody computes."""
    by_id = {indicator.id: indicator for indicator in theory.indicators}
    column_of = {dimension.id: dimension.column or dimension.id for dimension in theory.dimensions}
    tables_of = _tables(by_id, sources)
    for position, indicator in enumerate(theory.indicators):
        for path, name in _dimension_names(indicator, ("indicators", position, "disaggregation")):
            for table in tables_of[indicator.id]:
                column = column_of.get(name, name)
                if table.column(column) is not None:
                    continue
                columns = [*(column.name for column in table.columns), *table.aliases]
                facts = {"found": name, "column": column, "source": table.id}
                if name in column_of:
                    yield Problem("dimension-column-unknown", places.at(*path), with_hint(facts, column, columns))
                else:
                    near = [*column_of, *columns]
                    yield Problem("dimension-unknown", places.at(*path), with_hint(facts, name, near))
                break
    categories = {dimension.id: list(dimension.categories) for dimension in theory.dimensions if dimension.categories}
    merged = {dimension.id: dimension.collapse_to for dimension in theory.dimensions}
    for block, entries in (("targets", theory.targets), ("baselines", theory.baselines)):
        for position, entry in enumerate(entries):
            indicator = by_id.get(entry.indicator)
            if indicator and entry.disaggregation:
                yield from _group(entry, indicator, categories, merged, places, (block, position, "disaggregation"))


def _categories(theory: TheoryOfChange, places: Places) -> Iterator[Problem]:
    """What a dimension says about categories it does not have."""
    for position, dimension in enumerate(theory.dimensions):
        if not dimension.categories:
            continue
        path: Steps = ("dimensions", position)
        said = [((*path, "frame_sizes", one), one) for one in dimension.frame_sizes]
        said += [((*path, "open", number), one) for number, one in enumerate(dimension.open)]
        for where, one in said:
            if one not in dimension.categories:
                known = list(dimension.categories)
                facts = {"dimension": dimension.id, "found": one, "allowed": listed(known, 30)}
                yield Problem("category-unknown", places.key(*where), with_hint(facts, one, known))


def _merged_categories(theory: TheoryOfChange, places: Places, sources: Mapping[str, Table]) -> Iterator[Problem]:
    """Categories that are to count as another, which does not exist or counts as a third itself."""
    tables_of = _tables({one.id: one for one in theory.indicators}, sources)
    for position, dimension in enumerate(theory.dimensions):
        if not dimension.collapse_to:
            continue
        users = [one for one in theory.indicators if dimension.id in _names(one)]
        columns = (t.column(dimension.column or dimension.id) for one in users for t in tables_of[one.id])
        seen = list(dict.fromkeys(code for column in columns if column for code in column.labels))
        path: Steps = ("dimensions", position, "collapse_to")
        for one, into in dimension.collapse_to.items():
            listed_first = list(dimension.categories) or seen
            known = list(dict.fromkeys([*listed_first, *seen]))
            facts = {"dimension": dimension.id, "category": one, "into": into}
            if known and one not in known:
                facts = {"dimension": dimension.id, "found": one, "allowed": listed(known, 30)}
                yield Problem("category-unknown", places.key(*path, one), with_hint(facts, one, known))
            elif listed_first and into not in listed_first:
                facts = {"dimension": dimension.id, "found": into, "allowed": listed(listed_first, 30)}
                yield Problem("category-unknown", places.at(*path, one), with_hint(facts, into, listed_first))
            elif into == one:
                yield Problem("category-merged-into-itself", places.at(*path, one), facts)
            elif into in dimension.collapse_to:
                further = {**facts, "further": dimension.collapse_to[into]}
                yield Problem("category-merged-further", places.at(*path, one), further)


def _merged_two_ways(theory: TheoryOfChange, places: Places, sources: Mapping[str, Table]) -> Iterator[Problem]:
    """A column broken down both as it is and with categories merged, or merged in two ways: the difference of the two
    would tell what disclosure control hides in either."""
    tables_of = _tables({one.id: one for one in theory.indicators}, sources)
    dimensions = {dimension.id: (position, dimension) for position, dimension in enumerate(theory.dimensions)}
    ways: dict[tuple[str, str], dict[str, Mapping[str, str]]] = {}
    for indicator in theory.indicators:
        for name in _names(indicator):
            dimension = dimensions[name][1] if name in dimensions else None
            for table in tables_of[indicator.id]:
                column = table.column((dimension.column or dimension.id) if dimension else name)
                if column is not None:
                    merged = dimension.collapse_to if dimension else {}
                    ways.setdefault((table.id, column.name), {})[name] = merged
    told: set[str] = set()
    for (source, column), named in ways.items():
        merging = [name for name, merged in named.items() if merged]
        others = [name for name in named if merging and named[name] != named[merging[0]]]
        if others and merging[0] not in told:
            told.add(merging[0])
            facts = {"dimension": merging[0], "other": others[0], "column": column, "source": source}
            place = places.key("dimensions", dimensions[merging[0]][0], "collapse_to")
            yield Problem("column-merged-two-ways", place, facts)


def _group(
    entry: Target | Baseline, indicator: Indicator, categories: Mapping[str, list[str]],
    merged: Mapping[str, Mapping[str, str]], places: Places, path: Steps,
) -> Iterator[Problem]:  # fmt: skip
    declared = [{one} if isinstance(one, str) else set(one) for one in indicator.disaggregation]
    if set(entry.disaggregation) not in declared:
        shown = [one if isinstance(one, str) else f"[{', '.join(one)}]" for one in indicator.disaggregation]
        facts = {"indicator": indicator.id, "found": listed(entry.disaggregation), "allowed": listed(shown) or "-"}
        yield Problem("group-not-computed", places.at(*path), facts)
    for name, category in entry.disaggregation.items():
        known = categories.get(name)
        if category in (gone := merged.get(name, {})):
            facts = {"dimension": name, "category": category, "into": gone[category]}
            yield Problem("category-merged-away", places.at(*path, name), facts)
        elif known and category not in known:
            facts = {"dimension": name, "found": category, "allowed": listed(known, 30)}
            yield Problem("category-unknown", places.at(*path, name), with_hint(facts, category, known))


def _dimension_names(indicator: Indicator, path: Steps) -> Iterator[tuple[Steps, str]]:
    for position, one in enumerate(indicator.disaggregation):
        if isinstance(one, str):
            yield (*path, position), one
        else:
            yield from (((*path, position, within), name) for within, name in enumerate(one))


def _names(indicator: Indicator) -> list[str]:
    """Everything an indicator is broken down by, alone or crossed."""
    return [name for _, name in _dimension_names(indicator, ())]


def _tables(by_id: Mapping[str, Indicator], sources: Mapping[str, Table]) -> dict[str, list[Table]]:
    """The known tables each indicator rests on: its own source, or those of the indicators in its formula."""
    found: dict[str, list[Table]] = {}
    for own_id in by_id:
        seen, waiting, names = {own_id}, [own_id], []
        while waiting:
            measure = by_id[waiting.pop()].measure
            names += [measure.source] if measure.source else []
            new = [one for one in measure.rests_on if one in by_id and one not in seen]
            seen.update(new)
            waiting += new
        found[own_id] = [sources[name] for name in dict.fromkeys(names) if name in sources]
    return found
