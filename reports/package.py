"""The report package: built aside, moved into place whole, never rewritten, and able to be checked later. A package
that replaces another names it and lists what changed. What is in the report is `compose`'s, how it is typeset is
`typeset`'s.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from reports.additions import Additions, read_additions
from reports.areas import within
from reports.chapter import Change
from reports.compose import Profile, check_language, compose, profile_of, template_bytes
from reports.contents import COMPARED, MANIFEST, as_text, files_of, key_of, manifest_of, rows_of, same, sha256_of
from reports.reading import ALL, Period, Report, read
from reports.sections import SECTIONS
from reports.typeset import FORMATS, QuartoFailed, Typesetter, typeset, typesetter
from reports.verification import verify
from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint
from theory_of_change.programme import Workspace

__all__ = ["FORMATS", "MANIFEST", "Package", "verify", "write_package", "write_reports"]

_BUILDING = ".building-"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Package:
    """One package: where it lies, whether this call made it, and which one it replaces."""

    path: Path
    new: bool
    corrects: str | None = None
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


def write_reports(
    workspace: Workspace | Path,
    period: str | None = None,
    profile: str | None = None,
    languages: Sequence[str] | None = None,
    formats: Sequence[str] = FORMATS,
    progress: Tell | None = None,
) -> list[Package]:
    """One package for each language. Without a period: the profile's own, else the last one with data; without
    languages: all of the programme's. Raises ProblemsFound."""
    workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    report = read(workspace.published_database, workspace.root)
    return [
        write_package(
            workspace.published_database,
            workspace.output,
            period,
            profile,
            language,
            formats,
            theory_dir=workspace.root,
            report=report,
            progress=progress,
        )
        for language in (languages or report.languages)
    ]


def write_package(
    published: Path,
    output_root: Path,
    period: str | None = None,
    profile: str | None = None,
    language: str = "it",
    formats: Sequence[str] = FORMATS,
    theory_dir: Path | None = None,
    code_version: str | None = None,
    *,
    report: Report | None = None,
    progress: Tell | None = None,
) -> Package:
    """Makes `output_root/<period>/<profile>-<language>[-n]`, or keeps the one that already says exactly this."""
    tell = progress or (lambda _: None)
    check_language(language)
    wanted = _formats(formats)
    report = report or read(published, theory_dir)
    chosen = profile_of(report, profile, language)
    report = within(report, chosen.area) if chosen.area else report
    additions = read_additions(theory_dir, language, SECTIONS) if theory_dir else Additions()
    when = report.period(period or _period_of(report, chosen))
    version = code_version or installed_version()
    identity = identity_of(report, when, chosen, language, additions, version)
    shelf = output_root / when.name
    name = f"{chosen.name}-{language}"
    last = _last(shelf, name)
    if last is not None:
        manifest = manifest_of(last)
        if manifest.get("identity") == identity and set(wanted) <= set(manifest.get("formats", ())):
            return Package(last, new=False, corrects=manifest.get("corrects"))
    _sweep(output_root)
    changes = tuple(_changes(last, report, when)) if last is not None else ()
    redefined = _redefined(manifest, report) if last is not None else ()
    corrects = last.name if last is not None else None
    try:
        output_root.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f"{_BUILDING}{os.getpid()}-", dir=output_root))
        try:
            tell(name)
            facts = _Build(building, published, report, additions, when, chosen, language, wanted, version,
                           corrects or "", changes, redefined)  # fmt: skip
            tool, warnings = _build(facts, tell)
            _write_manifest(facts, identity, tool)
            _settle(building)
            shelf.mkdir(exist_ok=True)
            target = _move(building, shelf, name)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    except OSError as error:
        facts_told = {"folder": output_root.name, "reason": error.strerror or type(error).__name__}
        raise ProblemsFound([Problem("package-not-written", Place(output_root.name), facts_told)]) from error
    return Package(target, True, corrects, changes, warnings)


@dataclass(frozen=True)
class _Build:
    """All one build needs to know."""

    folder: Path
    published: Path
    report: Report
    additions: Additions
    period: Period
    profile: Profile
    language: str
    formats: tuple[str, ...]
    code_version: str
    corrects: str
    changes: tuple[Change, ...]
    redefined: tuple[str, ...]

    @property
    def epoch(self) -> int:
        """The moment of the newest delivery: the only time a report depends on."""
        moment = self.report.as_of
        return int(moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()) if moment else 0


def _build(build: _Build, tell: Tell) -> tuple[Typesetter, tuple[str, ...]]:
    """Composes and typesets; where Quarto fails, once more with pandoc and typst, saying so."""
    tool = typesetter()
    try:
        return tool, _compose_and_typeset(build, tool, tell)
    except QuartoFailed as failure:
        warning = f"{tool.name}: {failure}"
        tool = typesetter({"QUARTO_PATH": "none"})
        for child in build.folder.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        return tool, (warning, *_compose_and_typeset(build, tool, tell))


def _compose_and_typeset(build: _Build, tool: Typesetter, tell: Tell) -> tuple[str, ...]:
    compose(
        build.published, build.folder, build.period.name, build.profile.name, build.language, report=build.report,
        additions=build.additions, typesetter=tool.name, code_version=build.code_version, corrects=build.corrects,
        changes=build.changes, redefined=build.redefined,
    )  # fmt: skip
    return typeset(build.folder, build.formats, tool, build.epoch, tell).warnings


def _formats(formats: Sequence[str]) -> tuple[str, ...]:
    unknown = [format for format in formats if format not in FORMATS]
    if unknown or not formats:
        found = ", ".join(unknown)
        facts = with_hint({"format": found, "known": ", ".join(FORMATS)}, found, FORMATS)
        raise ProblemsFound([Problem("report-format-unknown", Place("output"), facts)])
    return tuple(format for format in FORMATS if format in formats)


def _period_of(report: Report, profile: Profile) -> str:
    """The profile's period, else the last of the finest periods that has data, else the whole calendar."""
    block = report.block(profile.name, "report")
    stated = str(block.attributes.get("period") or "") if block else ""
    if stated:
        return stated
    finest = report.periods[0].level if report.periods else ALL
    return next((p.name for p in reversed(report.periods) if p.level == finest and p.has_data), ALL)


# --- identity and changes --------------------------------------------------------------------------------------------


@cache
def installed_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sestante")
    except PackageNotFoundError:
        return ""


@cache
def _code() -> bytes:
    """The package's own code and templates: a change in either may change a report."""
    folder = Path(str(resources.files("reports")))
    own = sorted((path.relative_to(folder).as_posix(), path.read_bytes()) for path in folder.rglob("*.py"))
    return b"".join(name.encode() + data for name, data in own) + template_bytes()


def identity_of(
    report: Report, period: Period, profile: Profile, language: str, additions: Additions, version: str
) -> str:
    """SHA-256 over all a report is made from. Which formats it has, and which tool typeset it, say nothing new."""
    told = (
        report.fingerprint,
        period.name,
        asdict(profile),
        language,
        additions.fingerprint,
        additions.accent,
        version,
    )
    return hashlib.sha256(repr(told).encode() + _code()).hexdigest()


def _last(shelf: Path, name: str) -> Path | None:
    """The newest package of that name: the one with the highest number."""
    found = [(1, shelf / name)] if (shelf / name).is_dir() else []
    for folder in shelf.glob(f"{name}-*"):
        number = folder.name.removeprefix(f"{name}-")
        if folder.is_dir() and number.isdigit():
            found.append((int(number), folder))
    return max(found)[1] if found else None


def _changes(old: Path, report: Report, period: Period) -> Iterator[Change]:
    """The published values for the period that differ from the old package's, by table and row. What is suppressed
    today does not show what stood there."""
    for table, columns in COMPARED.items():
        before = {
            key_of(table, row): row
            for row in rows_of(old / "data" / f"{table}.csv")
            if row.get("period", period.name) == period.name
        }
        now = {key_of(table, row): row for row in report.rows[table] if row.get("period", period.name) == period.name}
        for key in dict.fromkeys([*before, *now]):
            is_hidden = now.get(key, {}).get("status") == "suppressed"
            for column in columns:
                was, is_now = as_text(before.get(key, {}).get(column)), as_text(now.get(key, {}).get(column))
                if is_hidden and column != "status":
                    was = ""
                if not same(was, is_now):
                    yield Change(table, key, column, was, is_now)


def _redefined(manifest: Mapping[str, Any], report: Report) -> tuple[str, ...]:
    """The indicators whose definition in the old package is another than now, in the theory's order."""
    before = manifest.get("definitions") or {}
    now = {row["indicator_id"]: row["definition_id"] for row in report.rows["indicator_values"]}
    return tuple(one.id for one in report.indicators if one.id in before and before[one.id] != now.get(one.id))


# --- writing ---------------------------------------------------------------------------------------------------------


def _write_manifest(build: _Build, identity: str, tool: Typesetter) -> None:
    report = build.report
    manifest = {
        "format": 1,
        "profile": build.profile.name,
        "language": build.language,
        "period": build.period.name,
        "formats": list(build.formats),
        "programme": report.programme.id,
        "theory": {
            "id": report.theory.id,
            "version": report.theory_version,
            "content_hash": report.theory.attributes.get("content_hash"),
        },
        "snapshot_id": report.snapshot_id,
        "definitions": {row["indicator_id"]: row["definition_id"] for row in report.rows["indicator_values"]},
        "loads": [
            {
                k: as_text(row[k])
                for k in ("load_id", "source", "file_name", "sha256", "rows_accepted", "rows_refused", "loaded_at")
            }
            for row in report.rows["loads"]
        ],
        "code_version": build.code_version,
        "typeset_with": tool.name,
        "identity": identity,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "corrects": build.corrects or None,
        "redefined": list(build.redefined),
        "changes": [asdict(change) for change in build.changes],
        "files": {name: sha256_of(path) for name, path in files_of(build.folder)},
    }
    (build.folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _settle(folder: Path) -> None:
    """Everything on the disk before the folder gets its name, so that a power cut leaves no package with holes."""
    folder.chmod(0o755)
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _move(building: Path, shelf: Path, name: str) -> Path:
    """The first free name; a folder that is there is never touched, also when another process takes the name first."""
    number = 1
    while True:
        target = shelf / (name if number == 1 else f"{name}-{number}")
        if not target.exists():
            try:
                building.rename(target)
                return target
            except OSError:
                if not target.exists():
                    raise
        number += 1


def _sweep(output_root: Path) -> None:
    """Removes what runs that were killed left half built."""
    for folder in output_root.glob(f"{_BUILDING}*"):
        pid = folder.name.removeprefix(_BUILDING).split("-")[0]
        if not (pid.isdigit() and _alive(int(pid))):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
