"""One side of a comparison, wherever it stands: a workspace, a theory alone, a version ever run, a revision in git.

Reads definitions only. What is wrong with them is told with the name of the side, and nothing is compared then. What
changed from one side to the other is for `comparing` to tell.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from theory_of_change.decisions import Decision, read_decisions
from theory_of_change.loading import load_programme, load_theory
from theory_of_change.model import TheoryOfChange
from theory_of_change.problems import Place, Problem, ProblemsFound, errors, listed, with_hint
from theory_of_change.programme import Programme, Workspace
from warehouse.versions import StoredVersion, stored_versions

if TYPE_CHECKING:
    from surveys.sources import Source

PUBLISHED = "published"
_GIT = "git:"
_VERSION = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?(@(?P<hash>[0-9a-f]{4,16}))?")
_DEFINITIONS = ("programme.yml", "theory_of_change.yml", "theory_of_change", "surveys", "registers", "interviews",
                "decisions.yml")  # fmt: skip


@dataclass(frozen=True)
class Side:
    """What stands on one side. `programme` and `sources` are None where only a theory was given; `workspace` is the
    folder it was read from, where that is one of its own; `decisions` are None where the side keeps none, as a version
    that was run does not."""

    name: str
    theory: TheoryOfChange
    programme: Programme | None = None
    sources: Mapping[str, Source] | None = None
    workspace: Workspace | None = None
    decisions: tuple[Decision, ...] | None = None

    @property
    def contracts(self) -> dict[str, BaseModel]:
        return {name: source.said for name, source in (self.sources or {}).items()}

    @property
    def fingerprints(self) -> dict[str, str]:
        return {name: source.fingerprint for name, source in (self.sources or {}).items()}


def side(given: str, around: Workspace | None) -> Side:
    """The side that `given` names: `published`, a version, `git:REVISION`, or a path.

    Versions, what was published and git are those of the workspace `around`. Raises ProblemsFound when there is no such
    side, or with every error in it.
    """
    path = Path(given).expanduser()
    if given.startswith(_GIT):
        return _of_revision(given.removeprefix(_GIT), _needed(around, given))
    if given == PUBLISHED and not path.exists():
        return of_stored(given, _latest(_needed(around, given)))
    if _VERSION.fullmatch(given) and not path.exists():
        return of_stored(given, _version(given, _needed(around, given)))
    if path.is_dir() and (path / "programme.yml").is_file():
        return replace(of_workspace(Workspace(path.resolve()), given, f"{path}/"), workspace=Workspace(path.resolve()))
    if path.is_dir() or path.is_file():
        return _of_theory(path, given)
    versions = [one.version for one in stored_versions(around.published_database)] if around else []
    known = list(dict.fromkeys((*versions, *([PUBLISHED] if versions else []))))
    raise ProblemsFound([_unknown(given, known)])


def of_workspace(workspace: Workspace, name: str, prefix: str = "") -> Side:
    """Everything a workspace defines. Raises ProblemsFound with every error in it, `prefix` before each file."""
    from surveys.sources import read_sources

    programme, theory = load_programme(workspace), load_theory(workspace)
    sources, problems = read_sources(workspace, programme.value)
    decided = read_decisions(workspace, theory.value, dt.date.today())
    _stop([*programme.problems, *theory.problems, *problems, *decided.problems], prefix)
    assert theory.value is not None
    return Side(name, theory.value, programme.value, sources, None if prefix else workspace, decided.decisions)


def _stop(problems: Iterable[Problem], prefix: str = "") -> None:
    """Raises the errors among the problems; what was read from elsewhere is told by its name there."""
    if wrong := errors(problems):
        raise ProblemsFound(replace(one, place=replace(one.place, file=prefix + one.place.file)) for one in wrong)


def _needed(around: Workspace | None, given: str) -> Workspace:
    if around is None:
        raise ProblemsFound([Problem("diff-without-workspace", Place(given), {"found": given})])
    return around


def _unknown(given: str, known: list[str]) -> Problem:
    return Problem("diff-side-unknown", Place(given), with_hint({"found": given, "known": listed(known) or "-"}, given,
                                                                known))  # fmt: skip


# A theory alone ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _TheoryAlone(Workspace):
    """A workspace of which only the theory is there, in a file or folder of any name."""

    path: Path

    @property
    def theory(self) -> Path:
        return self.path


def _of_theory(path: Path, name: str, prefix: str | None = None) -> Side:
    inside = Workspace(path).theory
    found = inside if path.is_dir() and inside.exists() else path
    theory = load_theory(_TheoryAlone(found.parent, found))
    _stop(theory.problems, f"{found.parent}/" if prefix is None else prefix)
    assert theory.value is not None
    return Side(name, theory.value)


# What was run --------------------------------------------------------------------------------------------------------


def _latest(workspace: Workspace) -> StoredVersion:
    stored = stored_versions(workspace.published_database)
    if not stored:
        raise ProblemsFound([Problem("diff-nothing-published", Place("warehouse/published.duckdb"))])
    return stored[-1]


def _version(given: str, workspace: Workspace) -> StoredVersion:
    """The version run last under that number; `1.0.0@3f2a` names one of several contents by its fingerprint."""
    number, _, start = given.partition("@")
    stored = stored_versions(workspace.published_database)
    found = [one for one in stored if one.version == number and one.content_hash.startswith(start)]
    if not found:
        raise ProblemsFound([_unknown(given, list(dict.fromkeys(one.version for one in stored)))])
    return found[-1]


def of_stored(name: str, stored: StoredVersion) -> Side:
    """A version as it was run. Raises ProblemsFound when this program no longer understands it."""
    from surveys.questionnaire import Survey
    from surveys.registers import Register
    from surveys.sources import sources_of

    try:
        theory = TheoryOfChange.model_validate_json(stored.theory)
        programme = Programme.model_validate_json(stored.programme)
        contracts = {
            source: (Survey if said["kind"] == "survey" else Register).model_validate_json(json.dumps(said["contract"]))
            for source, said in json.loads(stored.contracts).items()
            if said["kind"] != "interviews"  # no table
        }
        sources = sources_of(contracts, programme)
    except ValidationError as error:
        raise ProblemsFound([Problem("diff-version-unreadable", Place(name), {"version": stored.version})]) from error
    return Side(name, theory, programme, sources)


# Revisions in git ----------------------------------------------------------------------------------------------------


def _of_revision(revision: str, workspace: Workspace) -> Side:
    """The definitions as a revision of the workspace's git repository has them; data are never read."""
    name = f"{_GIT}{revision}"
    _git(workspace, name, "rev-parse", "--git-dir")
    with _told_as("git-revision-unknown", name, found=revision):
        commit = _git(workspace, name, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    with tempfile.TemporaryDirectory(prefix="sestante-") as folder:
        there = Workspace(Path(folder))
        with _told_as("git-revision-unreadable", name, found=revision):
            _check_out(workspace, name, commit.decode().strip(), there.root)
        if there.manifest.exists() and there.theory.exists():
            return of_workspace(there, name, f"{name}:")
        if there.theory.exists():
            return _of_theory(there.theory, name, f"{name}:")
        raise ProblemsFound([Problem("git-revision-empty", Place(name), {"found": revision})])


def _check_out(workspace: Workspace, name: str, commit: str, folder: Path) -> None:
    """The definitions of a commit as files in `folder`."""
    listing = _git(workspace, name, "ls-tree", "-r", "-z", commit, "--", *_DEFINITIONS)
    for entry in filter(None, listing.split(b"\0")):
        about, _, path = entry.partition(b"\t")
        mode, kind, blob = about.decode().split()
        if kind == "blob" and mode != "120000":  # a symbolic link could lead out of the folder
            target = folder / path.decode("utf-8", "surrogateescape")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_git(workspace, name, "cat-file", "blob", blob))


@contextlib.contextmanager
def _told_as(code: str, place: str, **facts: str) -> Iterator[None]:
    """A refusal of git as a problem of the user's."""
    try:
        yield
    except subprocess.CalledProcessError as error:
        raise ProblemsFound([Problem(code, Place(place), facts)]) from error


def _git(workspace: Workspace, name: str, *arguments: str) -> bytes:
    """What git answers, standing in the workspace. Raises CalledProcessError, and ProblemsFound without git or
    repository."""
    try:
        done = subprocess.run(["git", "-C", str(workspace.root), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise ProblemsFound([Problem("git-missing", Place(name))]) from error
    if done.returncode and "--git-dir" in arguments:
        raise ProblemsFound([Problem("git-no-repository", Place(name), {"folder": workspace.root.name})])
    done.check_returncode()
    return done.stdout
