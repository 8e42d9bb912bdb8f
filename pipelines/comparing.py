"""What changed between two theories, and which published values and written reports each change touches.

A value is touched when the new definition would not give it: its definition id is another. A report is touched when it
shows such a value, or words that are no longer the theory's. Nothing is computed or written here.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.indicators.measures import definition_ids
from pipelines.project import Project
from pipelines.sides import Side, of_stored
from pipelines.usage import say
from theory_of_change.contents import content_hash
from theory_of_change.decisions import Decision
from theory_of_change.difference import Change, compare
from theory_of_change.difference_words import heading
from theory_of_change.problems import Problem, ProblemsFound
from theory_of_change.programme import Workspace
from theory_of_change.versioning import changed_without_version, succession
from warehouse.versions import computed_values, stored_versions


@dataclass(frozen=True)
class Touched:
    """What a change touches: periods with a published value by indicator, and report packages by their folder."""

    values: Mapping[str, tuple[str, ...]]
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two sides, and the workspace whose values and reports are looked at, if there is one."""

    old: Side
    new: Side
    at: Workspace | None = None

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        both = self.old.programme is not None and self.new.programme is not None
        return compare(
            self.old.theory,
            self.new.theory,
            (self.old.contracts, self.new.contracts) if both else None,
            (self.old.programme, self.new.programme) if both else None,
        )

    @cached_property
    def told(self) -> list[tuple[Change, Touched]]:
        """Each change with what it touches."""
        return [(change, self._touched(change)) for change in self.changes]

    @cached_property
    def beside(self) -> dict[str, tuple[str, ...]]:
        """Values that will be computed anew although no change names their indicator: what they rest on is read
        otherwise."""
        named = {name for change in self.changes for name in _indicators(change)}
        return {name: periods for name, periods in self._stale.items() if name not in named}

    @cached_property
    def decided(self) -> tuple[Decision, ...]:
        """Decisions on assumptions that only the new side has; none where one of the two keeps no decisions."""
        if self.old.decisions is None or self.new.decisions is None:
            return ()
        return tuple(one for one in self.new.decisions if one not in self.old.decisions)

    @cached_property
    def _ids(self) -> dict[str, str]:
        """Definition ids under the new theory. A theory given alone is read with the other side's programme."""
        ground = next((s for s in (self.new, self.old) if s.programme is not None), None)
        if ground is None:
            return {}
        return definition_ids(self.new.theory, ground.programme, ground.fingerprints)

    @cached_property
    def _stale(self) -> dict[str, tuple[str, ...]]:
        """Periods whose published value has another definition than the new theory's, by indicator."""
        found: dict[str, list[str]] = {}
        if self.at is not None and (self.new.programme or self.old.programme):
            for indicator, period, definition in computed_values(self.at.published_database):
                if self._ids.get(indicator) != definition:
                    found.setdefault(indicator, []).append(period)
        return {name: tuple(periods) for name, periods in found.items()}

    @cached_property
    def _packages(self) -> list[tuple[str, dict[str, Any]]]:
        """Every report package with its manifest. One that cannot be read is for `sestante verify` to complain of."""
        found = []
        for path in sorted(self.at.output.glob("*/*/manifest.json")) if self.at else ():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                manifest = json.loads(path.read_text(encoding="utf-8"))
                if manifest["theory"]["id"] in (self.old.theory.theory.id, self.new.theory.theory.id):
                    dict(manifest["definitions"])
                    found.append((path.parent.relative_to(self.at.root).as_posix(), manifest))
        return found

    def _touched(self, change: Change) -> Touched:
        names = _indicators(change)
        tells = change.kind == "retired" or change.series not in (None, "starts")  # else another of its changes does
        values = {name: self._stale[name] for name in names if name in self._stale} if tells else {}
        packages = [folder for folder, manifest in self._packages if self._shows(manifest, change, names)]
        return Touched(values, tuple(packages))

    def _shows(self, manifest: Mapping[str, Any], change: Change, names: tuple[str, ...]) -> bool:
        """True where a package holds what the change altered."""
        shown = [name for name in names if name in manifest["definitions"]]
        if change.kind == "added" or (names and not shown):
            return False
        if self._ids and any(self._ids.get(name) != manifest["definitions"][name] for name in shown):
            return True
        return manifest["theory"]["version"] == self.old.theory.theory.version


def _indicators(change: Change) -> tuple[str, ...]:
    """The indicators a change is about."""
    if change.block == "indicators":
        return (change.id, change.other) if change.kind == "renamed" and change.other else (change.id,)
    return (change.id.partition(" ")[0],) if change.block in ("targets", "baselines") else ()


def unversioned(project: Project) -> list[Problem]:
    """Rule 19 and what goes with it: what the theory now says under a version number that was run with another content,
    and what it owes to the version run last.

    The content first run under the number counts. Waits until the files have no errors, because a slip of the pen is
    no new theory; says nothing where no database can be read.
    """
    if project.theory is None or project.programme is None or project.errors:
        return []
    with contextlib.suppress(ProblemsFound):
        stored = stored_versions(project.workspace.published_database)
        if not stored:
            return []
        number, now = project.theory.theory.version, content_hash(project.theory)
        found = []
        if stored[-1].content_hash != now:  # what was run last owes itself nothing
            last = of_stored(stored[-1].version, stored[-1])
            found = succession(last.theory, [one.version for one in stored], project.theory, project.places)
        first = next((one for one in sorted(stored, key=lambda one: one.first_run_at) if one.version == number), None)
        if first is not None and (first.content_hash != now or project.sources):
            old = of_stored(number, first)
            new = Side(number, project.theory, project.programme, project.sources)
            contracts = (old.contracts, new.contracts)
            programmes = (old.programme, new.programme)
            found += changed_without_version(old.theory, new.theory, project.places, contracts, programmes)
        return found
    return []


# Telling -------------------------------------------------------------------------------------------------------------


def as_text(comparison: Comparison, language: str) -> str:
    return "\n".join(_lines(comparison, language))


def _lines(comparison: Comparison, language: str) -> Iterator[str]:
    facts = {"old": _named(comparison.old), "new": _named(comparison.new)}
    told = comparison.told
    yield say(language, "diff.changes" if told else "diff.none", n=len(told), **facts)
    numbers = {folder: number for number, (folder, _) in enumerate(comparison._packages, start=1)}
    named: set[str] = set()
    block = None
    for change, touched in told:
        if change.block != block:
            block = change.block
            yield ""
            yield heading(block, language)
        yield f"  {change.sentence(language)}"
        for name, periods in touched.values.items():
            yield "    " + say(language, "diff.values", indicator=name, periods=", ".join(periods))
        if touched.packages:
            named.update(touched.packages)
            shown = " ".join(f"[{numbers[folder]}]" for folder in touched.packages)
            yield "    " + say(language, "diff.packages", packages=shown)
    if comparison.decided:
        yield ""
        yield say(language, "diff.decided")
        for one in comparison.decided:
            status = say(language, f"joined.status.{one.status}")
            yield "  " + say(
                language, "diff.decision", assumption=one.assumption, status=status, by=one.by, date=one.date
            )
            yield f"    {one.reason.within(language)}"
    if comparison.beside:
        yield ""
        yield say(language, "diff.beside")
        for name, periods in comparison.beside.items():
            yield f"  {name}: {', '.join(periods)}"
    notes = {
        "diff.breaks": any(change.series in ("breaks", "bridged") for change, _ in told),
        "diff.sense": any(remark.key == "sense" for change, _ in told for remark in change.remarks),
    }
    for note in (name for name, holds in notes.items() if holds):
        yield ""
        yield say(language, note)
    if named:
        yield ""
        yield say(language, "diff.legend")
        yield from (f"  [{number}] {folder}" for folder, number in numbers.items() if folder in named)


def _named(side: Side) -> str:
    version = side.theory.theory.version
    return version if side.name == version else f"{version} ({side.name})"


def as_json(comparison: Comparison, language: str) -> str:
    """The same for machines: every change with its details, its sentence, and what it touches."""
    said = {
        "old": _side(comparison.old),
        "new": _side(comparison.new),
        "changes": [
            {**change.as_dict(language), "values": {name: list(periods) for name, periods in touched.values.items()},
             "packages": list(touched.packages)}
            for change, touched in comparison.told
        ],
        "beside": {name: list(periods) for name, periods in comparison.beside.items()},
        "decisions": [one.model_dump(mode="json", exclude_none=True) for one in comparison.decided],
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, indent=2)


def _side(side: Side) -> dict[str, str]:
    theory = side.theory
    return {"name": side.name, "version": theory.theory.version, "content_hash": content_hash(theory)}


def workspace_of(old: Side, new: Side, around: Workspace | None) -> Workspace | None:
    """Whose values and reports are looked at: the new side's, else those around the caller, else the old side's."""
    return new.workspace or around or old.workspace
