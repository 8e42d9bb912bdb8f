"""The report package: built aside, moved into place whole, never rewritten, and able to be checked later. A package that
replaces another names it and lists what changed. What is in the report is `compose`'s, how it is typeset `typeset`'s.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import math
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
from reports.compose import Profile, check_language, compose, profile_of, template_bytes
from reports.reading import ALL, KEYS, Period, Report, Row, read
from reports.sections import SECTIONS, Change
from reports.shown import formatted
from reports.typeset import FORMATS, QuartoFailed, Typesetter, typeset, typesetter
from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint
from theory_of_change.programme import Workspace

MANIFEST = "manifest.json"
_BUILDING = ".building-"
#: The published values whose change makes a correction, table by table.
_COMPARED: Mapping[str, tuple[str, ...]] = {
    "indicator_values": ("value", "ci_low", "ci_high", "n", "status"),
    "progress": ("baseline", "target", "status"),
    "effects": ("estimate", "std_error", "ci_low", "ci_high", "p_value", "n"),
}

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
    """One package for each language. Without a period: the profile's own, else the last one with data; without languages:
    all of the programme's. Raises ProblemsFound."""
    workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    report = read(workspace.published_database, workspace.root)
    return [
        write_package(
            workspace.published_database, workspace.output, period, profile, language, formats,
            theory_dir=workspace.root, report=report, progress=progress,
        )
        for language in (languages or report.languages)
    ]  # fmt: skip


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
    additions = read_additions(theory_dir, language, SECTIONS) if theory_dir else Additions()
    when = report.period(period or _period_of(report, chosen))
    version = code_version or installed_version()
    identity = identity_of(report, when, chosen, language, additions, version)
    shelf = output_root / when.name
    name = f"{chosen.name}-{language}"
    last = _last(shelf, name)
    if last is not None:
        manifest = _manifest(last)
        if manifest.get("identity") == identity and set(wanted) <= set(manifest.get("formats", ())):
            return Package(last, new=False, corrects=manifest.get("corrects"))
    _sweep(output_root)
    changes = tuple(_changes(last, report, when)) if last is not None else ()
    corrects = last.name if last is not None else None
    try:
        output_root.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f"{_BUILDING}{os.getpid()}-", dir=output_root))
        try:
            tell(name)
            facts = _Build(
                building, published, report, additions, when, chosen, language, wanted, version, corrects or "", changes
            )
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
        changes=build.changes,
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
    folder = resources.files("reports")
    own = sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.name.endswith(".py"))
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


def _manifest(package: Path) -> dict[str, Any]:
    try:
        found = json.loads((package / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _changes(old: Path, report: Report, period: Period) -> Iterator[Change]:
    """The published values for the period that differ from the old package's, by table and row."""
    for table, columns in _COMPARED.items():
        before = {
            _key(table, row): row
            for row in _csv(old / "data" / f"{table}.csv")
            if row.get("period", period.name) == period.name
        }
        now = {_key(table, row): row for row in report.rows[table] if row.get("period", period.name) == period.name}
        for key in dict.fromkeys([*before, *now]):
            for column in columns:
                was, is_now = _text(before.get(key, {}).get(column)), _text(now.get(key, {}).get(column))
                if not _same(was, is_now):
                    yield Change(table, key, column, was, is_now)


def _key(table: str, row: Row) -> str:
    return "; ".join(f"{name}={row.get(name)}" for name in KEYS[table])


def _text(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False


def _csv(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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
        "theory": {"id": report.theory.id, "version": report.theory_version},
        "snapshot_id": report.snapshot_id,
        "definitions": {row["indicator_id"]: row["definition_id"] for row in report.rows["indicator_values"]},
        "loads": [{k: _text(row[k]) for k in ("load_id", "source", "file_name", "sha256", "rows_accepted", "rows_refused", "loaded_at")}
                  for row in report.rows["loads"]],
        "code_version": build.code_version,
        "typeset_with": tool.name,
        "identity": identity,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "corrects": build.corrects or None,
        "changes": [asdict(change) for change in build.changes],
        "files": {name: _sha256(path) for name, path in _files(build.folder)},
    }  # fmt: skip
    (build.folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Every file but the manifest, by its name inside the package."""
    found = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()]
    return sorted((name, path) for name, path in found if name != MANIFEST)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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


# --- checking --------------------------------------------------------------------------------------------------------


def verify(package: Path, published: Path | None = None) -> list[Problem]:
    """What is wrong with a package: files changed, missing or added since it was made; numbers whose text is not their
    value, or that are not in the package's own tables; and, while `published` still holds the same snapshot, numbers that
    are not the published ones. Empty when all is well."""
    manifest = _manifest(package)
    if not manifest.get("files"):
        return [Problem("package-manifest-missing", Place(f"{package.name}/{MANIFEST}"))]
    return [
        *_verify_files(package, manifest["files"]),
        *_verify_numbers(package, str(manifest.get("language", "it"))),
        *(_verify_published(package, manifest, published) if published is not None and published.is_file() else ()),
    ]


def _verify_files(package: Path, listed: Mapping[str, str]) -> Iterator[Problem]:
    there = dict(_files(package))
    for name, digest in listed.items():
        if name not in there:
            yield Problem("package-file-missing", Place(name))
        elif _sha256(there[name]) != digest:
            yield Problem("package-file-changed", Place(name))
    for name in there:
        if name not in listed:
            yield Problem("package-file-added", Place(name))


def _verify_numbers(package: Path, language: str) -> Iterator[Problem]:
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for line, number in enumerate(_csv(package / "data/shown.csv"), 2):
        place = Place("data/shown.csv", line)
        try:
            text = formatted(_value(number["value"], number["format"]), number["format"], language)
        except (KeyError, ValueError, TypeError):
            text = ""
        if text != number.get("text"):
            yield Problem("package-number-misread", place, {"text": str(number.get("text")), "expected": text})
        table, column = number.get("table", ""), number.get("column", "")
        if table == "computed" or table not in KEYS or column.startswith("attributes."):
            continue
        if table not in tables:
            rows = _csv(package / "data" / f"{table}.csv")
            tables[table] = {"; ".join(f"{k}={row[k]}" for k in KEYS[table] if row.get(k)): row for row in rows}
        row = tables[table].get(number["row"], {})
        if not _agree(row.get(column, ""), number["value"]):
            yield Problem("package-number-unsupported", place, {"text": number["text"], "table": table})


def _value(raw: str, format: str) -> Any:
    return dt.date.fromisoformat(raw[:10]) if format == "date" else float(raw)


def _agree(one: str, other: str) -> bool:
    """Equal as numbers, or the same moment however it is written."""
    return _same(one, other) or (bool(one) and one.replace("T", " ") == other.replace("T", " "))


def _verify_published(package: Path, manifest: Mapping[str, Any], published: Path) -> Iterator[Problem]:
    try:
        report = read(published)
    except ProblemsFound as found:
        yield from found.problems
        return
    if report.snapshot_id != manifest.get("snapshot_id") or report.theory_version != manifest.get("theory", {}).get(
        "version"
    ):
        return
    for table, columns in _COMPARED.items():
        now = {_key(table, row): row for row in report.rows[table]}
        for line, row in enumerate(_csv(package / "data" / f"{table}.csv"), 2):
            for column in columns:
                current = _text(now.get(_key(table, row), {}).get(column))
                if not _same(row.get(column, ""), current):
                    facts = {
                        "row": _key(table, row),
                        "column": column,
                        "found": row.get(column, ""),
                        "expected": current,
                    }
                    yield Problem("package-number-differs", Place(f"data/{table}.csv", line), facts)
