"""One programme as its files say it: programme, theory, sources, corpora, places, and every problem in any of them.

The one place where all definitions are read together; whoever computes starts here. It never opens a
delivery, no database but the published one when asked to, and stays light: nothing below may import Dagster, Great
Expectations, statsmodels or pandas.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theory_of_change.coherence import examine
from theory_of_change.decisions import NOTHING_DECIDED, Decided, read_decisions
from theory_of_change.loading import Places, load_programme, load_theory
from theory_of_change.model import Indicator, Text, TheoryOfChange
from theory_of_change.problems import Place, Problem, ProblemsFound, errors, in_order
from theory_of_change.programme import Programme, Workspace
from theory_of_change.rules import ScaleItem, SourceDetail
from theory_of_change.strays import strays
from theory_of_change.tables import Table
from warehouse import modelling

if TYPE_CHECKING:
    from surveys.corpora.collection import Collected
    from surveys.sources import Source

#: Names of the assets that are not sources; a source of the same name could not stand beside them in the graph.
ASSETS = ("theory", "indicator_values", "effects", "evidence", "joined", "published_figures", "published", "report")
#: How tables end that stand beside a source's own.
_ENDINGS = ("__history", "__segments", "__voices")


@dataclass(frozen=True)
class Project:
    """What a workspace defines. `programme` and `theory` are None where their file cannot be understood at all."""

    workspace: Workspace
    programme: Programme | None
    theory: TheoryOfChange | None
    sources: Mapping[str, Source]
    places: Places
    problems: tuple[Problem, ...]
    corpora: Mapping[str, Collected] = field(default_factory=dict)
    decided: Decided = NOTHING_DECIDED

    @property
    def tables(self) -> dict[str, Table]:
        return {name: source.table for name, source in self.sources.items()}

    @property
    def questions(self) -> dict[str, dict[str, Text]]:
        """The words of the questions of each survey, by the names the contract gives them."""
        return {
            name: {one.name: one.text for one in getattr(source.contract, "questions", ()) if one.text}
            for name, source in self.sources.items()
        }

    @property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every contract, by source or corpus."""
        return {name: one.fingerprint for name, one in (*self.sources.items(), *self.corpora.items())}

    @property
    def voices(self) -> Counter[str]:
        """How many codes, harvested outcomes and stories of the corpora speak of each id of the theory."""
        return Counter(about.element for one in self.corpora.values() for _, about in one.corpus.claims())

    @property
    def errors(self) -> list[Problem]:
        return errors(self.problems)

    def sound(self) -> Project:
        """The project itself. Raises ProblemsFound with every error where it has any: nothing may be computed then."""
        if self.errors:
            raise ProblemsFound(self.errors)
        return self

    def indicator(self, name: str) -> Indicator | None:
        return next((one for one in self.theory.indicators if one.id == name), None) if self.theory else None


def read_project(workspace: Workspace, against_data: bool = False) -> Project:
    """Reads every definition of the workspace and every problem in them, in the order of the files.

    `against_data` also holds the figures the theory quotes against the values last published, where there are any.
    """
    from pipelines.evaluating import undirected
    from pipelines.indicators.plan import check_measures
    from pipelines.row_rules import wrong_rules
    from surveys.corpora.collection import check_tests, check_themes, read_corpora
    from surveys.sources import read_sources

    programme = load_programme(workspace)
    theory = load_theory(workspace)
    sources, problems = read_sources(workspace, programme.value)
    tables = {name: source.table for name, source in sources.items()}
    unread = _unread(workspace, tables)
    corpora, wrong = read_corpora(workspace, programme.value, theory.value, sources, unread)
    named = {**{name: (source.file, source.places) for name, source in sources.items()},
             **{name: (one.file, one.places) for name, one in corpora.items()}}  # fmt: skip
    found = [*programme.problems, *theory.problems, *problems, *wrong, *_wrong_names(named)]
    decided = read_decisions(workspace, theory.value, dt.date.today())
    found += [*wrong_rules(sources.values()), *strays(workspace), *decided.problems]
    if theory.value and programme.value:
        contracts = {**sources, **corpora}
        reproduced = _reproduced(workspace, theory.value, programme.value, contracts) if against_data else {}
        found += examine(theory.value, programme.value, theory.places, tables, programme_places=programme.places,
                         unread=unread, details=_details(workspace, sources),
                         reproduced=reproduced)  # fmt: skip
        found += check_measures(theory.value, programme.value, tables, theory.places)
        found += undirected(theory.value, theory.places)
        found += check_themes(theory.value, theory.places, corpora, tables)
        found += check_tests(theory.value, theory.places, corpora)
    problems = tuple(in_order(found))
    return Project(workspace, programme.value, theory.value, sources, theory.places, problems, corpora, decided)


def _reproduced(
    workspace: Workspace, theory: TheoryOfChange, programme: Programme, sources: Mapping[str, Source | Collected]
) -> dict[str, float]:
    from pipelines.indicators.measures import definition_ids
    from pipelines.reconciling import found_again

    fingerprints = {name: source.fingerprint for name, source in sources.items()}
    definitions = definition_ids(theory, programme, fingerprints)
    return found_again(workspace.published_database, theory, programme, definitions)


def _details(workspace: Workspace, sources: Mapping[str, Source]) -> dict[str, SourceDetail]:
    """What the rules of coherence ask of a contract beyond its table: where rows come from, what scales mean."""
    return {
        name: SourceDetail(
            bool(source.contract.files or getattr(source.contract, "limesurvey", None) or source.merged)
            or any(workspace.data(name).glob("*")),
            tuple(_scale_items(source)),
        )
        for name, source in sources.items()
    }


def _scale_items(source: Source) -> Iterator[ScaleItem]:
    """Questions on a scale. Being part of a score gives one a range where the score has one, and a direction."""
    scored: dict[str, bool] = {}
    for scale in getattr(source.contract, "scales", ()):
        for item in scale.items:
            scored[item] = scored.get(item, False) or scale.range is not None
    for number, question in enumerate(getattr(source.contract, "questions", ())):
        if question.type == "scale":
            place = source.places.at("questions", number)
            has_range = question.range is not None or scored.get(question.name, False)
            yield ScaleItem(question.name, place, has_range, bool(question.labels) or question.name in scored)


def _unread(workspace: Workspace, tables: Mapping[str, Table]) -> set[str]:
    """Sources that are no table: those whose file cannot be understood, for which the theory that uses them is not to
    blame, and corpora of interviews."""
    folders = (workspace.surveys, workspace.registers, workspace.interviews)
    described = {file.stem for folder in folders if folder.is_dir() for file in folder.iterdir()}
    return described - set(tables)


def reserved_names() -> frozenset[str]:
    """Names no source may have: those of the assets, and of the tables the warehouse keeps for itself."""
    return frozenset(ASSETS) | modelling.reserved_names()


def _wrong_names(sources: Mapping[str, tuple[str, Places]]) -> list[Problem]:
    """Sources whose names are taken, or differ only in case or between `-` and `_`: one table, one asset each."""
    reserved = reserved_names()
    seen: dict[str, str] = {}
    problems = []
    for name, (file, places) in sources.items():
        place = places.at("id") or Place(file)
        folded = name.casefold().replace("-", "_")
        if folded in reserved or folded.endswith(_ENDINGS):
            problems.append(Problem("source-name-reserved", place, {"source": name}))
        if folded in seen:
            problems.append(Problem("source-names-collide", place, {"source": name, "other": seen[folded]}))
        seen.setdefault(folded, name)
    return problems
