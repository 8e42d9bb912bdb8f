"""`sestante load` for interviews: transcripts and codings kept in `data/`, landed together, and told file by file.

What lands how is in `corpora`; the sentences are in `speech.yml`. Counts and roles are told, never words or names.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.corpora import Sorted, as_sorted, keeping, land_corpus, read_corpus, sorted_files
from theory_of_change.problems import Problem, ProblemsFound, errors
from theory_of_change.programme import Workspace

if TYPE_CHECKING:
    from pipelines.corpora import Landed, Read
    from pipelines.project import Project
    from pipelines.usage import Caller
    from surveys.corpora.collection import Collected
    from surveys.corpora.gathering import Document, File

_MOST_NOTES = 20
#: What a file changes of others that came before it.
_OF_OTHERS = ("codings-look-", "codings-replaced", "codings-beside")


def corpus_called(caller: Caller, name: str) -> tuple[Project, Collected] | None:
    """The project and its corpus `name`; None where no corpus is called so. Only errors in the programme or in the
    corpus' own contract are in the way."""
    from pipelines.project import read_project

    if not any((caller.workspace.interviews / f"{name}{ending}").is_file() for ending in (".yml", ".yaml")):
        return None
    project = read_project(caller.workspace)
    own = {project.workspace.manifest.name, f"interviews/{name}.yml", f"interviews/{name}.yaml"}
    if wrong := [problem for problem in errors(project.problems) if problem.place.file in own]:
        raise ProblemsFound(wrong)
    if project.theory is None:
        raise ProblemsFound(project.errors)
    return (project, project.corpora[name]) if name in project.corpora else None


def load_files(project: Project, one: Collected, files: Sequence[Path], caller: Caller, dry_run: bool) -> int:
    """Lands the files, or with `dry_run` tells what they hold; 1 where a document or a coding needs somebody."""
    read, problems = _looked_at(project, one, files)
    if dry_run:
        _tell(read, (), files, one, caller, dry_run=True)
    sound = [file for file in files if not any(Path(problem.place.file).name == file.name for problem in problems)]
    if not dry_run and sound:
        from warehouse.identities import pseudonymise
        from warehouse.store import open_warehouse

        with open_warehouse(project.workspace) as warehouse, keeping(project.workspace, one.corpus, sound):
            landed = land_corpus(warehouse, one, project, pseudonymise(project.workspace))
        _tell_landed(landed, sound, one, caller)
        problems = [*problems, *landed.problems]
    if problems:
        raise ProblemsFound(problems)
    return 0


def _looked_at(project: Project, one: Collected, files: Sequence[Path]) -> tuple[Read, list[Problem]]:
    """The files read beside those that lie in `data/` already, with nothing kept."""
    with tempfile.TemporaryDirectory(prefix="sestante-") as folder:
        there = sorted_files(project.workspace, one.corpus)
        elsewhere = Workspace(Path(folder))
        target = elsewhere.data(one.id)
        target.mkdir(parents=True)
        problems: list[Problem] = []
        for file in files:
            try:
                _copied(file, target)
            except ProblemsFound as found:
                problems += found.problems
        new = _as_sorted(target, one)
        read = read_corpus(one.corpus, _beside(there, new), project)
        names = {file.name for file in (*new.transcripts, *new.codings)}
        given = {file.name: str(file) for file in files}
        problems += [
            replace(problem, place=replace(problem.place, file=given[name]))  # a refused file is not in data/
            for problem in read.problems
            if (name := Path(problem.place.file).name) in names
        ]
    return read, problems


def _copied(file: Path, target: Path) -> None:
    from surveys.files import fingerprint

    fingerprint(file, str(file))  # tells what is no readable file
    shutil.copyfile(file, target / file.name)


def _as_sorted(folder: Path, one: Collected) -> Sorted:
    from pipelines.arrivals import content_hash
    from surveys.corpora.gathering import File

    return as_sorted((File(path, path.name, content_hash(path)) for path in sorted(folder.iterdir())), one.corpus)


def _beside(there: Sorted, new: Sorted) -> Sorted:
    """What the folder would hold: the new files, and those they do not replace."""

    def joined(old: Sequence[File], fresh: Sequence[File]) -> tuple[File, ...]:
        names = {file.name for file in fresh}
        return (*(file for file in old if file.name not in names), *fresh)

    return Sorted(joined(there.transcripts, new.transcripts), joined(there.codings, new.codings),
                  new.table or there.table, new.masks or there.masks)  # fmt: skip


# Told ----------------------------------------------------------------------------------------------------------------


def _tell_landed(landed: Landed, files: Sequence[Path], one: Collected, caller: Caller) -> None:
    if landed.is_unchanged:
        for file in files:
            click.echo(caller.say("load.unchanged", file=file, source=one.id))
        return
    _tell(landed, landed.notes, files, one, caller, dry_run=False)
    if landed.segments_new or landed.segments_gone:
        click.echo("  " + caller.say("load.corpus-changes", new=landed.segments_new, gone=landed.segments_gone))


def _tell(
    read: Read | Landed, notes: Sequence[Problem], files: Sequence[Path], one: Collected, caller: Caller, dry_run: bool
) -> None:
    documents = {document.file: document for document in read.documents}
    codings = {file.file.name: file for file in read.codings}
    looks = 0
    for path in files:
        if path.name in documents:
            _tell_document(documents[path.name], path, caller, dry_run)
        elif path.name in codings:
            own = codings[path.name]
            look = sum(segment.state == "look" for segment in own.coded)
            looks += look
            placed = len(own.coded) - look
            said = caller.say("load.corpus-codings", file=path, read=own.n_read, placed=placed, look=look)
            left_out = own.n_read - len(own.coded) - own.n_replaced
            click.echo(said + (" " + caller.say("load.corpus-left-out", n=left_out) if left_out > 0 else ""))
            _tell_notes(own.notes, caller)
    if looks and not dry_run:
        click.echo("  " + caller.say("load.corpus-looks"))
    names = {path.name for path in files}
    moved = [note for note in notes if note.code.startswith(_OF_OTHERS) and Path(note.place.file).name not in names
             and ("other" not in note.facts or note.facts["other"] in names)]  # fmt: skip
    _tell_notes(moved, caller)


def _tell_document(document: Document, path: Path, caller: Caller, dry_run: bool) -> None:
    if document.told is None:
        click.echo(caller.say("load.corpus-not-stored", file=path))
    else:
        key = "load.corpus-file-dry" if dry_run else "load.corpus-file"
        turns = len(document.told.turns)
        click.echo(caller.say(key, file=path, name=document.id, words=document.words, turns=turns))
    _tell_notes(document.notes, caller)


def _tell_notes(notes: Sequence[Problem], caller: Caller) -> None:
    for line in _lines(notes, caller):
        click.echo(f"  {line}")


def _lines(notes: Sequence[Problem], caller: Caller) -> Iterator[str]:
    yield from (note.line(caller.language) for note in notes[:_MOST_NOTES])
    if len(notes) > _MOST_NOTES:
        yield caller.say("import.more", n=len(notes) - _MOST_NOTES)
