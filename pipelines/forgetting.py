"""Forgetting a person everywhere: who is meant, what goes from where, and what the program may not touch.

Brings together the list of identities, the warehouse and the files of `data/`, which do not know one another. Every
step may be repeated: killed in the middle, the same command finishes the work. Nothing here prints an identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.corpora import arrivals_of as files_of_corpus
from pipelines.landing import arrivals_of
from pipelines.project import Project
from pipelines.quoting import packages_quoting
from pipelines.usage import Caller
from surveys.limesurvey.snapshot import FILE, leave_out
from surveys.sources import Source
from surveys.traces import Sought, Trace, holds, traces, transcripts_with
from theory_of_change.problems import Place, Problem, ProblemsFound
from warehouse.forgetting import beside, clear_away, in_use, quotes_about, remove, rows_about
from warehouse.identities import Person, bar, drop, find, named_by
from warehouse.store import Warehouse, open_warehouse


@dataclass(frozen=True)
class Forgotten:
    """What went, or would go: rows by table, entries of the list of identities, answers in our own snapshots by file;
    and what stays: files of others that still hold the person, surveys on LimeSurvey by source, and frozen reports that
    quote the person, with how many quotes."""

    rows: Mapping[str, int]
    identities: int
    snapshots: Mapping[Path, int]
    files: tuple[Trace, ...]
    servers: Mapping[str, int]
    was_forgotten: bool
    packages: Mapping[Path, int]


def forget(
    project: Project, given: str, scheme: str | None, is_pseudonym: bool, agree: Callable[[Forgotten], bool] | None
) -> Forgotten | None:
    """Forgets the person, after `agree` has seen what would go; with `agree` None it only looks. None where it said no.

    Raises ProblemsFound when nobody, or several persons, are meant, or when a run holds the warehouse.
    """
    workspace = project.workspace
    with open_warehouse(workspace) as warehouse:
        person = find(workspace, given, scheme, is_pseudonym)
        persons = _with_owner(warehouse, project, person)
        names = [one.pseudonym for one in persons]
        seen = Forgotten(
            rows_about(warehouse.connection, names), 0 if person.is_forgotten else len(persons),
            *_in_files(project, persons), _servers(project), person.is_forgotten,
            packages_quoting(workspace, quotes_about(warehouse.connection, names)),
        )  # fmt: skip
        if agree is None:
            return seen
        if not agree(seen):
            return None
        bar(workspace, persons)
        rows = remove(warehouse, names)
        identities = drop(workspace, persons, in_use(warehouse.connection))
        sought = _sought(project, persons)
        for path in seen.snapshots:
            leave_out(path, lambda answer: any(holds(text, sought) for text in answer.values() if text is not None))
        clear_away(warehouse)
        return Forgotten(rows, identities, seen.snapshots, seen.files, seen.servers, seen.was_forgotten,
                         seen.packages)  # fmt: skip


def _with_owner(warehouse: Warehouse, project: Project, person: Person) -> list[Person]:
    """The person, and where an e-mail or another column kept apart was given, whoever it belongs to."""
    owners: set[str] = set()
    for source in project.sources.values():
        header = _person_header(source)
        if header and any(one.scheme == person.scheme for one in source.apart):
            owners |= beside(warehouse.connection, source.table.id, header, [person.pseudonym])
    if len(owners) > 1:
        facts = {"scheme": person.scheme, "count": str(len(owners))}
        raise ProblemsFound([Problem("person-shared", Place("warehouse"), facts)])
    return [person, *(one for one in named_by(project.workspace, owners) if one.pseudonym != person.pseudonym)]


def _person_header(source: Source) -> str | None:
    column = source.table.column(source.table.person) if source.table.person else None
    return (column.header or column.name) if column else None


def _in_files(project: Project, persons: list[Person]) -> tuple[dict[Path, int], tuple[Trace, ...]]:
    """Our own snapshots that hold the persons, and everybody else's files that do."""
    sought = _sought(project, persons)
    own: dict[Path, int] = {}
    others: list[Trace] = []
    for source in project.sources.values():
        headers = [header for field in (*source.fields, *source.apart) for header in field.headers]
        for trace in traces(arrivals_of(project.workspace, source).files(), sought, headers):
            if trace.path.name == FILE and source.contract.limesurvey and trace.rows:
                own[trace.path] = trace.rows
            else:
                others.append(trace)
    for one in project.corpora.values():
        others += transcripts_with(files_of_corpus(project.workspace, one.corpus).files(), sought)
    return own, tuple(others)


def _sought(project: Project, persons: list[Person]) -> Sought:
    """Their identifiers; of codes people make up, the list of identities has only the form it compares."""
    fields = [field for source in project.sources.values() for field in source.fields]
    coded = {field.scheme for field in fields if field.column.type == "person" and field.normalise == "code"}
    return Sought(
        frozenset(one.identifier for one in persons if one.scheme not in coded),
        frozenset(one.identifier for one in persons if one.scheme in coded),
    )


def _servers(project: Project) -> dict[str, int]:
    return {name: source.contract.limesurvey.survey for name, source in project.sources.items()
            if source.contract.limesurvey}  # fmt: skip


def account(done: Forgotten, project: Project, caller: Caller, head: str) -> str:
    """What went and what stays, in the caller's language."""
    root = project.workspace.root

    def shown(path: Path) -> str:
        return path.relative_to(root).as_posix()

    went = [caller.say("forget.rows", table=table, n=n) for table, n in done.rows.items()]
    went += [caller.say("forget.identities", n=done.identities)] if done.identities else []
    went += [caller.say("forget.snapshot", path=shown(path), n=n) for path, n in done.snapshots.items()]
    lines = [caller.say("forget.again" if done.was_forgotten else head)]
    lines += [f"  {line}" for line in went or [caller.say("forget.nothing")]]
    lines += [caller.say("forget.files")] if done.files else []
    for trace in done.files:
        key = "forget.file" if trace.rows else "forget.file-somewhere" if trace.is_read else "forget.file-unread"
        lines.append("  " + caller.say(key, path=shown(trace.path), n=trace.rows))
    lines += [caller.say("forget.package", path=shown(path), n=n) for path, n in done.packages.items()]
    lines += [caller.say("forget.server", survey=survey, source=name) for name, survey in done.servers.items()]
    return "\n".join([*lines, caller.say("forget.published")])
