"""Names that must name something: ids, sources, columns, periods. A name that names nothing cannot be computed.

Looks at the whole theory against itself, the programme's calendar and the tables of the sources. Whether a theory whose
names all hold is also a good one is asked in `coherence`; expressions are read in `pipelines.indicators`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from theory_of_change.model import Baseline, Indicator, Target, TheoryOfChange
from theory_of_change.pathways import circles
from theory_of_change.positions import Places, Steps
from theory_of_change.problems import Problem, listed, with_hint
from theory_of_change.programme import Every, Programme
from theory_of_change.tables import Table

CHAIN = TheoryOfChange.CHAIN

#: Field (in YAML's names, after its block) and the blocks its ids may come from.
_MAY_NAME: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("areas", "parent"): ("areas",),
    ("inputs", "contributor"): ("stakeholders",),
    ("inputs", "for"): ("activities",),
    ("activities", "for"): ("stakeholders", *CHAIN),
    ("activities", "parent"): ("activities",),
    ("outputs", "from"): ("activities",),
    ("outcomes", "for"): ("stakeholders",),
    ("outcomes", "perspective_of"): ("stakeholders",),
    ("outcomes", "precondition_of"): ("outcomes", "impact"),
    ("links", "from"): CHAIN,
    ("links", "to"): CHAIN,
    ("links", "assumptions"): ("assumptions",),
    ("links", "evidence", "figure"): ("published_figures",),
    ("links", "evidence", "indicator"): ("indicators",),
    ("links", "evidence", "evaluation"): ("evaluations",),
    ("assumptions", "on"): ("links", *CHAIN),
    ("assumptions", "test"): ("indicators", "evaluation_questions", "evaluations"),
    ("indicators", "measures"): (*CHAIN, "links", "assumptions", "risks", "milestones", "stakeholders"),
    ("indicators", "measure", "milestone"): ("milestones",),
    ("baselines", "indicator"): ("indicators",),
    ("baselines", "value_from"): ("indicators",),
    ("targets", "indicator"): ("indicators",),
    ("milestones", "unlocks"): (*CHAIN, "milestones"),
    ("evaluation_questions", "answered_by"): (
        "indicators",
        "evaluations",
        "links",
        "milestones",
        "contribution_claims",
    ),
    ("evaluations", "question"): ("evaluation_questions",),
    ("evaluations", "outcome"): ("outcomes", "outputs", "impact"),
    ("contribution_claims", "links"): ("links",),
    ("published_figures", "indicator"): ("indicators",),
    ("published_figures", "evaluation"): ("evaluations",),
    ("published_figures", "of"): ("published_figures",),
}
_NAMES_A_SOURCE = (("inputs", "actual_source"), ("activities", "actual_source"), ("indicators", "measure", "from"),
                   ("evaluations", "from"), ("links", "evidence", "from"), ("assumptions", "test", "from"),
                   ("evaluation_questions", "answered_by", "from"))  # fmt: skip
_MOST_GUESSES = 100  # of unknown names: guessing is slow in a large theory, and beyond these something else is wrong


@dataclass(frozen=True)
class Index:
    """Every id of the theory: in which block it stands, and at which path."""

    block_of: Mapping[str, str]
    path_of: Mapping[str, Steps]

    def of(self, *blocks: str) -> list[str]:
        return [own_id for own_id, block in self.block_of.items() if block in blocks]


def index(theory: TheoryOfChange, places: Places) -> tuple[Index, list[Problem]]:
    """The theory's ids, and a problem with both places for each id that stands twice."""
    block_of: dict[str, str] = {theory.theory.id: "theory"}
    path_of: dict[str, Steps] = {theory.theory.id: ("theory",)}
    problems = []
    profiles: dict[str, Steps] = {}
    for block, path, entry in blocks(theory):
        field, seen = ("profile", profiles) if block == "reports" else ("id", path_of)
        own_id = getattr(entry, field, None)
        if own_id is None:
            continue
        if own_id in seen:
            first = seen[own_id]
            other = str(places.at(*first, field))
            problems.append(Problem("id-twice", places.at(*path, field), {"id": own_id, "other": other}))
            continue
        seen[own_id] = path
        if block != "reports":
            block_of[own_id] = block
    return Index(block_of, path_of), problems


def blocks(theory: TheoryOfChange) -> Iterator[tuple[str, Steps, object]]:
    """Every entry of every list of the theory: block, path, entry."""
    for block in TheoryOfChange.model_fields:
        entries = getattr(theory, block)
        if isinstance(entries, tuple):
            for position, entry in enumerate(entries):
                yield block, (block, position), entry


def references(theory: TheoryOfChange, ids: Index) -> Iterator[tuple[object, Steps, str, tuple[str, ...]]]:
    """Every place that names an id: the entry it stands in, its path, the name, and the blocks it may come from."""
    for (block, *fields), allowed in _MAY_NAME.items():
        for position, entry in enumerate(getattr(theory, block)):
            yield from ((entry, path, name, allowed) for path, name in _named(entry, (block, position), tuple(fields)))
    for block, start, entry in blocks(theory):
        if getattr(entry, "area", None):
            yield entry, (*start, "area"), entry.area, ("areas",)
        retired = getattr(entry, "retired", None)
        if retired and retired.replaced_by:
            yield entry, (*start, "retired", "replaced_by"), retired.replaced_by, (block,)
    if theory.phases:
        for position, activity in enumerate(theory.activities):
            if activity.phase and isinstance(activity.phase.root, str):
                yield activity, ("activities", position, "phase"), activity.phase.root, ("phases",)


def check_references(
    theory: TheoryOfChange,
    programme: Programme,
    places: Places,
    sources: Mapping[str, Table],
    unread: Collection[str] = (),
) -> Iterator[Problem]:
    """Every name that names nothing, with the nearest one that does. `unread`: sources whose own file has errors."""
    ids, problems = index(theory, places)
    yield from problems
    yield from _unknown_ids(theory, ids, places)
    yield from _unknown_sources(theory, places, sources, unread)
    yield from _formulas(theory, ids, places)
    yield from _parents(theory, ids, places)
    yield from _periods(theory, programme, places)
    yield from _breakdowns(theory, places, sources)
    yield from _categories(theory, places)


# Ids -----------------------------------------------------------------------------------------------------------------


def _named(entry: object, path: Steps, fields: tuple[str, ...]) -> Iterator[tuple[Steps, str]]:
    """The names a field holds, one or many, each with its own path. A list may mix names, texts and mappings."""
    if isinstance(entry, tuple):
        for position, one in enumerate(entry):
            yield from _named(one, (*path, position), fields)
    elif not fields:
        if isinstance(entry, str):
            yield path, entry
    elif entry is not None:
        field, *below = fields
        name = next((one for one in (f"{field}_", "source" if field == "from" else field) if hasattr(entry, one)), "")
        yield from _named(getattr(entry, name, None), (*path, field), tuple(below))


def _unknown_ids(theory: TheoryOfChange, ids: Index, places: Places) -> Iterator[Problem]:
    candidates: dict[tuple[str, ...], list[str]] = {}
    unknown = 0
    for _, path, name, allowed in references(theory, ids):
        found_in = ids.block_of.get(name)
        if found_in in allowed:
            continue
        key = next(step for step in reversed(path) if isinstance(step, str))
        facts = {"key": key, "found": name, "allowed": listed(allowed, 20)}
        if found_in:
            yield Problem("reference-wrong-kind", places.at(*path), {**facts, "block": found_in})
        else:
            if allowed not in candidates:
                candidates[allowed] = ids.of(*allowed)
            unknown += 1
            guessed = with_hint(facts, name, candidates[allowed]) if unknown <= _MOST_GUESSES else facts
            yield Problem("reference-unknown", places.at(*path), guessed)
    for position, baseline in enumerate(theory.baselines):
        if baseline.value_from == baseline.indicator:
            yield Problem("baseline-is-itself", places.at("baselines", position, "value_from"),
                          {"indicator": baseline.indicator})  # fmt: skip


def _unknown_sources(
    theory: TheoryOfChange, places: Places, sources: Mapping[str, Table], unread: Collection[str]
) -> Iterator[Problem]:
    for block, *fields in _NAMES_A_SOURCE:
        for position, entry in enumerate(getattr(theory, block)):
            for path, name in _named(entry, (block, position), tuple(fields)):
                if name not in sources and name not in unread:
                    facts = {"found": name, "allowed": listed([*sources, *unread], 30) or "-"}
                    yield Problem("source-unknown", places.at(*path), with_hint(facts, name, [*sources, *unread]))


def _formulas(theory: TheoryOfChange, ids: Index, places: Places) -> Iterator[Problem]:
    """Formulas on indicators nobody defines, and formulas that rest on themselves."""
    rests_on: dict[str, tuple[str, ...]] = {}
    for position, indicator in enumerate(theory.indicators):
        rests_on.setdefault(indicator.id, indicator.measure.formula_ids)
        for name in indicator.measure.formula_ids:
            if ids.block_of.get(name) != "indicators":
                facts = with_hint({"found": name}, name, ids.of("indicators"))
                yield Problem("formula-unknown", places.at("indicators", position, "measure", "formula"), facts)
    for circle in circles(rests_on):
        place = places.at(*ids.path_of[circle[0]], "measure", "formula")
        yield Problem("formula-in-circle", place, {"circle": " → ".join(circle)})


def _parents(theory: TheoryOfChange, ids: Index, places: Places) -> Iterator[Problem]:
    """Activities, or areas, that are parts of one another."""
    for code, entries in (("parents-in-circle", theory.activities), ("areas-in-circle", theory.areas)):
        parents = {entry.id: (entry.parent,) for entry in entries if entry.parent}
        for circle in circles(parents):
            place = places.at(*ids.path_of[circle[0]], "parent")
            yield Problem(code, place, {"circle": " → ".join(circle)})


# Periods, columns and categories -------------------------------------------------------------------------------------


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
    for block, entries in (("targets", theory.targets), ("baselines", theory.baselines)):
        for position, entry in enumerate(entries):
            indicator = by_id.get(entry.indicator)
            if indicator and entry.disaggregation:
                yield from _group(entry, indicator, categories, places, (block, position, "disaggregation"))


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


def _group(
    entry: Target | Baseline, indicator: Indicator, categories: Mapping[str, list[str]], places: Places, path: Steps
) -> Iterator[Problem]:
    declared = [{one} if isinstance(one, str) else set(one) for one in indicator.disaggregation]
    if set(entry.disaggregation) not in declared:
        shown = [one if isinstance(one, str) else f"[{', '.join(one)}]" for one in indicator.disaggregation]
        facts = {"indicator": indicator.id, "found": listed(entry.disaggregation), "allowed": listed(shown) or "-"}
        yield Problem("group-not-computed", places.at(*path), facts)
    for name, category in entry.disaggregation.items():
        known = categories.get(name)
        if known and category not in known:
            facts = {"dimension": name, "found": category, "allowed": listed(known, 30)}
            yield Problem("category-unknown", places.at(*path, name), with_hint(facts, category, known))


def _dimension_names(indicator: Indicator, path: Steps) -> Iterator[tuple[Steps, str]]:
    for position, one in enumerate(indicator.disaggregation):
        if isinstance(one, str):
            yield (*path, position), one
        else:
            yield from (((*path, position, within), name) for within, name in enumerate(one))


def _tables(by_id: Mapping[str, Indicator], sources: Mapping[str, Table]) -> dict[str, list[Table]]:
    """The known tables each indicator rests on: its own source, or those of the indicators in its formula."""
    found: dict[str, list[Table]] = {}
    for own_id in by_id:
        seen, waiting, names = {own_id}, [own_id], []
        while waiting:
            measure = by_id[waiting.pop()].measure
            names += [measure.source] if measure.source else []
            new = [one for one in measure.formula_ids if one in by_id and one not in seen]
            seen.update(new)
            waiting += new
        found[own_id] = [sources[name] for name in dict.fromkeys(names) if name in sources]
    return found
