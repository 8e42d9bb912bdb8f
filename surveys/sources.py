"""Every survey and register of a workspace, read and checked together: the one list of where rows come from.

Finds what only shows when all contracts are seen at once, such as two sources of one name and references between
them. What one contract means is in `questionnaire` and `registers`; interviews are none of these.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from surveys import network_contracts, questionnaire, registers, role_contracts
from surveys.contracts import Contradiction, Field
from surveys.headers import plain
from surveys.merging import Merged, merge
from surveys.questionnaire import Survey
from surveys.registers import Register
from theory_of_change.loading import Places, load
from theory_of_change.problems import Place, Problem, with_hint
from theory_of_change.programme import Period, Programme, Workspace
from theory_of_change.tables import Column, Table

#: What a contract says about rows that have landed; changing it does not change how a delivery is read.
_ONLY_LOOKED_AT = {"rules", "checks", "invited", "frame"}


@dataclass(frozen=True)
class Source:
    """One contract with the table it describes. `pattern` is None where rows are only fetched from LimeSurvey, or are
    those of other sources: then `merged` says how they come together, and `contract` has what follows from the parts.
    """

    table: Table
    contract: Survey | Register
    pattern: str | None
    file: str
    places: Places
    fingerprint: str
    merged: Merged | None = None
    written: Survey | Register | None = None

    @property
    def said(self) -> Survey | Register:
        """The contract in its own words, without what a merged survey has from its parts."""
        return self.written or self.contract

    @property
    def fields(self) -> tuple[Field, ...]:
        """How every column of a delivery is read."""
        return self.merged.fields if self.merged else _language_of(self.contract).fields(self.contract)

    @property
    def dropped(self) -> frozenset[str]:
        """Headers of columns that are known and never stored."""
        own = questionnaire.dropped(self.contract) if isinstance(self.contract, Survey) else frozenset()
        return own | self._identifying("drop")

    @property
    def public(self) -> frozenset[str]:
        """Headers of columns that look as if they said who somebody is, and are about no person."""
        return self._identifying("public")

    @property
    def apart(self) -> tuple[Field, ...]:
        """Columns of which only the list of identities has the content. Each is a scheme of its own."""
        return tuple(Field(Column(name, "person", header=name), (name,), scheme=name)
                     for name in sorted(self._identifying("identities")))  # fmt: skip

    def _identifying(self, keep: str) -> frozenset[str]:
        return frozenset(one.column for one in self.contract.identifying if one.keep == keep)


def read_sources(workspace: Workspace, programme: Programme | None) -> tuple[dict[str, Source], list[Problem]]:
    """Every source that can be understood, by id, in the order of the files, and everything wrong with any of them.

    A contract that contradicts itself still stands as a source, so that one mistake is not told as many; whoever
    loads or computes stops at its problems. Without a programme, periods are only checked for their form.
    """
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    unread: set[str] = set()
    merges: list[tuple[Survey, str, Places]] = []
    for model, path in _contract_files(workspace):
        loaded = load(model, path, workspace.root)
        problems += loaded.problems
        contract = loaded.value
        if contract is None:
            unread.add(path.stem)
            continue
        found = [*_contradictions(contract, programme), *_about_the_file(contract, path, sources)]
        problems += _placed(found, loaded.places)
        file = path.relative_to(workspace.root).as_posix()
        if isinstance(contract, Survey) and contract.merge:
            merges.append((contract, file, loaded.places))
        else:
            sources.setdefault(contract.id, source_of(contract, file, loaded.places))
    made, found = _merged(merges, sources, unread, programme)
    sources |= made
    problems += found
    columns = {name: [column.name for column in source.table.columns] for name, source in sources.items()}
    for source in sources.values():
        if isinstance(source.contract, Register):
            found = registers.broken_references(source.contract, columns)
            problems += _placed((one for one in found if one.facts["source"] not in unread), source.places)
            if (network := source.contract.network) and network.nodes.source not in unread:
                tables = {name: other.table for name, other in sources.items()}
                problems += _placed(network_contracts.broken(network, tables), source.places)
            if (funnel := source.contract.funnel) and not (funnel.partners and funnel.partners.source in unread):
                tables = {name: other.table for name, other in sources.items()}
                problems += _placed(role_contracts.broken(funnel, tables), source.places)
        elif source.contract.frame and source.contract.frame not in (*sources, *unread):
            facts = with_hint({"name": source.contract.frame}, source.contract.frame, list(sources))
            problems += _placed([Contradiction("frame-unknown", ("frame",), facts)], source.places)
    problems += _schemes_spelled_twice(sources)
    return sources, problems


def _schemes_spelled_twice(sources: dict[str, Source]) -> Iterator[Problem]:
    """One scheme compared in two ways: the same person would be two."""
    first: dict[str, tuple[str, str]] = {}
    for source in sources.values():
        for one in source.fields:
            if one.column.type != "person":
                continue
            how, where = first.setdefault(one.scheme, (one.normalise, source.table.id))
            if how != one.normalise:
                place = source.places.at("person") or source.places.at("columns")
                yield Problem("scheme-compared-twice", place, {"scheme": one.scheme, "other": where})


def source_of(contract: Survey | Register, file: str, places: Places) -> Source:
    """The contract as a source. Its fingerprint changes when anything it says changes, not when we add a new key."""
    said = contract.model_dump(mode="json", exclude_defaults=True, exclude=_ONLY_LOOKED_AT)
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    fingerprint = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    return Source(_language_of(contract).to_table(contract), contract, contract.pattern, file, places, fingerprint)


def _merged(
    merges: Iterable[tuple[Survey, str, Places]],
    sources: dict[str, Source],
    unread: set[str],
    programme: Programme | None,
) -> tuple[dict[str, Source], list[Problem]]:
    """The merged surveys whose parts are all there, and what stands in the way of any of them."""
    made: dict[str, Source] = {}
    problems: list[Problem] = []
    merges = list(merges)
    names = {contract.id for contract, _, _ in merges}
    surveys = [name for name, source in sources.items() if isinstance(source.contract, Survey)]
    for contract, file, places in merges:
        found = [*_about_parts(contract, sources, names, unread)]
        problems += _placed(found, places)
        parts = [part.source for part in contract.merge]
        if contract.id in sources or len(set(parts)) < 2 or not set(parts) <= set(surveys):
            continue
        source = merged_of(contract, sources, file, places, programme)
        problems += _placed(source.merged.problems, places)
        made.setdefault(contract.id, source)
    return made, problems


def _about_parts(
    contract: Survey, sources: dict[str, Source], merged: set[str], unread: set[str]
) -> Iterator[Contradiction]:
    surveys = [name for name, source in sources.items() if isinstance(source.contract, Survey)]
    for number, part in enumerate(contract.merge):
        name, path = part.source, ("merge", number, "source")
        if name in surveys or name in unread or name == contract.id:
            continue
        if name in merged:
            yield Contradiction("merge-of-merged", path, {"name": name})
        elif name in sources:
            yield Contradiction("merge-of-a-register", path, {"name": name})
        else:
            yield Contradiction("merge-unknown-part", path, with_hint({"name": name}, name, surveys))


def merged_of(
    contract: Survey, sources: Mapping[str, Source], file: str, places: Places, programme: Programme | None = None
) -> Source:
    """A merged survey as a source. Whatever changes in the contract of a part changes its fingerprint."""
    parts = [sources[part.source] for part in contract.merge]
    merged = merge(contract, parts, programme)
    own = source_of(contract, file, places).fingerprint
    named = "\n".join((own, *(part.fingerprint for part in parts)))
    fingerprint = hashlib.sha256(named.encode("utf-8")).hexdigest()
    return Source(merged.table, merged.contract, None, file, places, fingerprint, merged, contract)


def sources_of(contracts: Mapping[str, Survey | Register], programme: Programme | None = None) -> dict[str, Source]:
    """Sources of contracts that were checked when they were written."""
    alone = {name: source_of(one, "", Places("")) for name, one in contracts.items()
             if not (isinstance(one, Survey) and one.merge)}  # fmt: skip
    return {name: alone.get(name) or merged_of(one, alone, "", Places(""), programme)
            for name, one in contracts.items()}  # fmt: skip


def _language_of(contract: Survey | Register) -> ModuleType:
    return questionnaire if isinstance(contract, Survey) else registers


def _contract_files(workspace: Workspace) -> Iterator[tuple[type[Survey] | type[Register], Path]]:
    for model, folder in ((Survey, workspace.surveys), (Register, workspace.registers)):
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix in (".yml", ".yaml") and not path.name.startswith("."):
                    yield model, path


def _contradictions(contract: Survey | Register, programme: Programme | None) -> Iterator[Contradiction]:
    yield from _language_of(contract).contradictions(contract)
    yield from _identifying_and_used(contract)
    if contract.period is None:
        return
    if programme is not None:
        names = [period.name for period in programme.calendar.periods]
        if contract.period not in names:
            facts = with_hint({"name": contract.period}, contract.period, names)
            yield Contradiction("source-period-unknown", ("period",), facts)
        return
    try:
        Period.named(contract.period)
    except ValueError:
        yield Contradiction("source-period-unknown", ("period",), {"name": contract.period})


def _identifying_and_used(contract: Survey | Register) -> Iterator[Contradiction]:
    """What identifies somebody and is read as an answer all the same."""
    used = {plain(header): field.column.name for field in _language_of(contract).fields(contract)
            for header in field.headers[:1]}  # fmt: skip
    for number, one in enumerate(contract.identifying):
        if one.keep != "public" and plain(one.column) in used:
            facts = {"column": one.column, "name": used[plain(one.column)]}
            yield Contradiction("identifying-and-used", ("identifying", number, "column"), facts)


def _about_the_file(contract: Survey | Register, path: Path, sources: dict[str, Source]) -> Iterator[Contradiction]:
    taken = {name.casefold(): source for name, source in sources.items()}.get(contract.id.casefold())
    if taken:
        yield Contradiction("source-twice", ("id",), {"name": contract.id, "file": taken.file})
    if contract.id != path.stem:
        yield Contradiction("source-file-name", ("id",), {"name": contract.id, "file": path.name})


def _placed(found: Iterable[Contradiction], places: Places) -> list[Problem]:
    problems = []
    for code, path, facts in found:
        place: Place = places.at(*path)
        problems.append(Problem(code, place, facts))
    return problems
