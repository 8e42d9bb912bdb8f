"""Names that must name something: ids and sources. A name that names nothing cannot be computed.

Looks at the whole theory against itself and the names of the sources; periods, columns and categories are in
`breakdowns`. Whether a theory whose names all hold is also a good one is asked in `coherence`; expressions are read in
`pipelines.indicators`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from theory_of_change.forms import expected, keys
from theory_of_change.model import TheoryOfChange
from theory_of_change.pathways import circles
from theory_of_change.positions import Places, Steps
from theory_of_change.problems import Place, Problem, listed, nearest_id, with_hint
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
    ("indicators", "measure", "index", "of", "indicator"): ("indicators",),
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
_FEWEST_COPIED = 3  # ids a file has in common with another before it is its copy
_MOST_PLACES = 10  # of one name that nothing bears
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
    return Index(block_of, path_of), _copies(problems, theory, places)


def _copies(twice: list[Problem], theory: TheoryOfChange, places: Places) -> list[Problem]:
    """The ids that stand twice, those of a file that repeats all of another's told as the one copy it is."""
    per_file = Counter(places.at(*path, "id").file for _, path, entry in blocks(theory) if getattr(entry, "id", None))
    pairs = Counter((one.place.file, one.facts["other"].split(":")[0]) for one in twice)
    copies = {}
    for (file, other), count in pairs.items():
        if file != other and count >= _FEWEST_COPIED and count in (per_file[file], per_file[other]):
            copy, original = sorted((file, other), key=lambda name: (len(name), name), reverse=True)
            facts = {"file": copy, "other": original, "count": str(count)}
            copies[file, other] = Problem("file-copied", Place(copy), facts)
    return [*copies.values(),
            *(one for one in twice if (one.place.file, one.facts["other"].split(":")[0]) not in copies)]  # fmt: skip


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
    """Ids nobody defines, each told once wherever it is named, and ids of what cannot be named there."""
    unknown: dict[str, list[tuple[Place, str, tuple[str, ...]]]] = {}
    for _, path, name, allowed in references(theory, ids):
        found_in = ids.block_of.get(name)
        key = next(step for step in reversed(path) if isinstance(step, str))
        if found_in is None:
            here = places.at(*path)
            if all(
                here != place for place, _, _ in unknown.setdefault(name, [])
            ):  # a file's `area:` is of many entries
                unknown[name].append((here, key, allowed))
        elif found_in not in allowed:
            facts = {"key": key, "found": name, "allowed": listed(allowed, 20), "block": found_in}
            yield Problem("reference-wrong-kind", places.at(*path), facts)
    for position, indicator in enumerate(theory.indicators):
        for name in indicator.measure.formula_ids:
            if ids.block_of.get(name) != "indicators":
                place = places.at("indicators", position, "measure", "formula")
                unknown.setdefault(name, []).append((place, "formula", ("indicators",)))
    for number, (name, named) in enumerate(unknown.items()):
        allowed = [block for block in TheoryOfChange.model_fields if all(block in blocks for _, _, blocks in named)]
        hint = nearest_id(name, ids.of(*allowed)) if number < _MOST_GUESSES else None
        yield _nowhere(name, named, allowed, {"hint": hint} if hint else {})
    for position, baseline in enumerate(theory.baselines):
        if baseline.value_from == baseline.indicator:
            yield Problem("baseline-is-itself", places.at("baselines", position, "value_from"),
                          {"indicator": baseline.indicator})  # fmt: skip
    for position, link in enumerate(theory.links):
        if link.from_ == link.to:
            yield Problem("link-to-itself", places.at("links", position, "to"), {"id": link.id, "element": link.to})


def _nowhere(
    name: str, named: Sequence[tuple[Place, str, tuple[str, ...]]], allowed: Sequence[str], hint: Mapping[str, str]
) -> Problem:
    place, key, blocks = named[0]
    if len(named) == 1 and key == "formula":
        return Problem("formula-unknown", place, {"found": name, **hint})
    if len(named) == 1:
        code = "reference-unknown" if hint or not _may_be_retired(blocks) else "reference-gone"
        return Problem(code, place, {"key": key, "found": name, "allowed": listed(blocks, 20), **hint})
    places = sorted((place for place, _, _ in named), key=lambda one: (one.file, one.line or 0, one.column or 0))
    facts = {"found": name, "count": str(len(named)), "places": listed(_briefly(places), _MOST_PLACES),
             "allowed": listed(allowed or blocks, 20)}  # fmt: skip
    return Problem("reference-unknown-often", places[0], {**facts, **hint})


def _may_be_retired(names: Sequence[str]) -> bool:
    return any("retired" in keys(expected(TheoryOfChange, (name, 0))) for name in names)


def _briefly(places: Sequence[Place]) -> Iterator[str]:
    """Places as a reader writes them: the file only where it changes, then line and column."""
    before = ""
    for place in places:
        yield str(place) if place.file != before else f"{place.line}:{place.column}"
        before = place.file


def _unknown_sources(
    theory: TheoryOfChange, places: Places, sources: Mapping[str, Table], unread: Collection[str]
) -> Iterator[Problem]:
    known = [*sources, *unread]
    unknown: dict[str, list[Place]] = {}
    for block, *fields in _NAMES_A_SOURCE:
        for position, entry in enumerate(getattr(theory, block)):
            for path, name in _named(entry, (block, position), tuple(fields)):
                if name not in known:
                    unknown.setdefault(name, []).append(places.at(*path))
    for name, named in unknown.items():
        named.sort(key=lambda one: (one.file, one.line or 0, one.column or 0))
        facts = with_hint({"found": name, "allowed": listed(known, 30) or "-"}, name, known)
        if len(named) == 1:
            yield Problem("source-unknown", named[0], facts)
        else:
            more = {"count": str(len(named)), "places": listed(_briefly(named), _MOST_PLACES)}
            yield Problem("source-unknown-often", named[0], {**facts, **more})


def _formulas(theory: TheoryOfChange, ids: Index, places: Places) -> Iterator[Problem]:
    """Formulas and indices that rest on themselves."""
    rests_on: dict[str, tuple[str, ...]] = {}
    for indicator in theory.indicators:
        rests_on.setdefault(indicator.id, indicator.measure.rests_on)
    for circle in circles(rests_on):
        path = ids.path_of[circle[0]]
        place = places.at(*path, "measure", theory.indicators[path[1]].measure.kind)
        yield Problem("formula-in-circle", place, {"circle": " → ".join(circle)})


def _parents(theory: TheoryOfChange, ids: Index, places: Places) -> Iterator[Problem]:
    """Activities, or areas, that are parts of one another."""
    for code, entries in (("parents-in-circle", theory.activities), ("areas-in-circle", theory.areas)):
        parents = {entry.id: (entry.parent,) for entry in entries if entry.parent}
        for circle in circles(parents):
            place = places.at(*ids.path_of[circle[0]], "parent")
            yield Problem(code, place, {"circle": " → ".join(circle)})
