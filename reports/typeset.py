"""A composed report to HTML, PDF and DOCX: with Quarto where it is installed, else with pandoc and typst from the
environment. Both use the same source, filter, templates and styles, so both give the same report. Nothing here knows
what a report says.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from reports.pdf import PLACEHOLDER, compile_pdf
from reports.phrases import Phrases
from reports.theme import Theme
from theory_of_change.problems import Place, Problem, ProblemsFound

FORMATS = ("html", "pdf", "docx")
#: pandoc's name for each format; `typst` is what becomes the PDF.
_WRITERS = {"html": "html5", "pdf": "typst", "docx": "docx"}
_QUARTO = {"html": "html", "pdf": "typst", "docx": "docx"}
_SECONDS = 300
_UNRESOLVED = re.compile(r"unable to resolve (?:crossref|link target)|unresolved|undefined reference", re.IGNORECASE)


@dataclass(frozen=True)
class Typesetter:
    """The tool a report is typeset with: Quarto's program, or None for pandoc and typst."""

    quarto: Path | None
    version: str

    @property
    def name(self) -> str:
        return f"Quarto {self.version}" if self.quarto else self.version


@dataclass(frozen=True)
class Typeset:
    """The files made, the tool that made them, and warnings for whoever asked."""

    files: Mapping[str, Path]
    tool: str
    warnings: tuple[str, ...] = field(default_factory=tuple)


class QuartoFailed(Exception):
    """Quarto ended with an error; the message is the first line it logged."""


@cache
def pandoc_program() -> str:
    import pypandoc

    return pypandoc.get_pandoc_path()


def pandoc(arguments: Sequence[str], text: str | None = None, cwd: Path | None = None, epoch: int = 0) -> str:
    """Runs pandoc and returns what it prints; warnings are dropped, an error raises RuntimeError with its words, a full
    disk OSError."""
    done = subprocess.run(
        [pandoc_program(), *arguments],
        input=None if text is None else text.encode(),
        cwd=cwd,
        capture_output=True,
        timeout=_SECONDS,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        if "No space left" in said or "resource exhausted" in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise RuntimeError(said.splitlines()[-1])
    return done.stdout.decode()


def typesetter(environment: Mapping[str, str] = os.environ) -> Typesetter:
    """Quarto from `QUARTO_PATH` or the search path; `QUARTO_PATH=none` asks for pandoc and typst."""
    given = environment.get("QUARTO_PATH", "")
    if given.casefold() != "none":
        found = _program(given) if given else shutil.which("quarto", path=environment.get("PATH"))
        if given and found is None:
            raise ProblemsFound([Problem("quarto-missing", Place(".env"), {"path": given})])
        if found:
            version = _version([found, "--version"])
            if version:
                return Typesetter(Path(found), version)
    return Typesetter(None, f"pandoc {_pandoc_version()}, Typst {_typst_version()}")


def _program(given: str) -> str | None:
    """`QUARTO_PATH` may name the program or the folder it lies in."""
    path = Path(given).expanduser()
    for candidate in (path, path / "quarto", path / "bin" / "quarto"):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


@cache
def _pandoc_version() -> str:
    return pandoc(["--version"]).split()[1]


@cache
def _typst_version() -> str:
    from importlib.metadata import version

    return version("typst")


def _version(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, text=True)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+(\.\d+)+", done.stdout)
    return match[0] if done.returncode == 0 and match else ""


def typeset(
    folder: Path,
    formats: Sequence[str],
    tool: Typesetter | None = None,
    epoch: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Typeset:
    """Typesets `folder/report.qmd` into `folder/report.<format>`, one file for each format asked.

    Raises QuartoFailed when Quarto is the tool and fails; the caller decides whether to go on without it.
    """
    from reports.word_styles import finished_document

    tool = tool or typesetter()
    files: dict[str, Path] = {}
    warnings: list[str] = []
    for format in formats:
        if progress:
            progress(format)
        target = folder / f"report.{format}"
        if tool.quarto:
            warnings += _with_quarto(tool.quarto, folder, format, target, epoch)
        else:
            warnings += _with_pandoc(folder, format, target, epoch)
        if format == "docx":
            target.write_bytes(finished_document(target.read_bytes()))
        files[format] = target
    return Typeset(files, tool.name, tuple(warnings))


# --- pandoc and typst ------------------------------------------------------------------------------------------------


def _with_pandoc(folder: Path, format: str, target: Path, epoch: int) -> list[str]:
    """The same options that the head of `report.qmd` gives Quarto. Returns which characters the PDF cannot show."""
    source = ["report.qmd", "--from", "markdown", "--to", _WRITERS[format], "--standalone"]
    source += ["--lua-filter", "typeset/report.lua"]
    match format:
        case "html":
            options = [
                "--template",
                "typeset/report.html",
                "--css",
                "typeset/report.css",
                "--embed-resources",
                "--toc",
                "--toc-depth",
                "2",
                "--section-divs",
                "--shift-heading-level-by",
                "1",
                "--wrap",
                "none",
            ]
            target.write_text(pandoc([*source, *options], cwd=folder, epoch=epoch), encoding="utf-8")
        case "docx":
            options = ["--reference-doc", "typeset/reference.docx", "--output", target.name]
            pandoc([*source, *options], cwd=folder, epoch=epoch)
        case "pdf":
            text = pandoc(
                [*source, "--template", "typeset/report.typ", "--variable", "papersize=a4"], cwd=folder, epoch=epoch
            )
            if not_shown := compile_pdf(folder / "report.typ", text, target, epoch):
                return [f"{target.name}: {PLACEHOLDER} = {' '.join(f'U+{ord(one):04X}' for one in not_shown)}"]
    return []


# --- Quarto ----------------------------------------------------------------------------------------------------------


def _with_quarto(quarto: Path, folder: Path, format: str, target: Path, epoch: int) -> list[str]:
    """One render in a folder of its own, because two in one folder mix their content. Returns Quarto's warnings."""
    with tempfile.TemporaryDirectory(prefix="sestante-") as own:
        work = Path(own)
        shutil.copytree(
            folder, work, dirs_exist_ok=True, ignore=shutil.ignore_patterns("report.html", "report.pdf", "report.docx")
        )
        command = [
            str(quarto), "render", "report.qmd", "--to", _QUARTO[format], "--output", target.name,
            "--log", "quarto.log", "--log-format", "json-stream",
        ]  # fmt: skip
        code = run_group(command, work, {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}, _SECONDS)
        log = _log(work / "quarto.log")
        made = work / target.name
        if code != 0 or not made.is_file():
            errors = [words for level, words in log if level in ("ERROR", "CRITICAL")]
            raise QuartoFailed(errors[0] if errors else f"Quarto ended with code {code}")
        unresolved = [words for _, words in log if _UNRESOLVED.search(words)]
        if unresolved:
            raise QuartoFailed(unresolved[0])
        shutil.copyfile(made, target)
        return [words for level, words in log if level == "WARN" or level == "WARNING"]


def run_group(command: Sequence[str], cwd: Path, environment: Mapping[str, str], seconds: float) -> int:
    """Runs a program in a process group of its own and, when time is up, ends the whole group: Quarto's helpers too."""
    process = subprocess.Popen(
        command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise QuartoFailed(f"Quarto did not finish within {seconds:g} seconds") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _log(path: Path) -> list[tuple[str, str]]:
    """Level and words of each line of a json-stream log; what is no JSON is kept as plain words."""
    found: list[tuple[str, str]] = []
    if not path.is_file():
        return found
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
            found.append((str(entry.get("levelName", "")).upper(), str(entry.get("msg", "")).strip()))
        except (ValueError, AttributeError):
            found.append(("", line.strip()))
    return found


# --- the theme -------------------------------------------------------------------------------------------------------


def write_theme(folder: Path, theme: Theme, phrases: Phrases) -> None:
    """The filter, templates and styles both ways of typesetting use, in the report's colours and language."""
    from reports.word_styles import reference_document

    folder.mkdir(exist_ok=True)
    source = resources.files("reports").joinpath("templates/theme")
    for name in ("report.lua", "report.html"):
        (folder / name).write_text(source.joinpath(name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("report.css", "report.typ"):
        text = source.joinpath(name).read_text(encoding="utf-8")
        (folder / name).write_text(_coloured(text, theme, phrases), encoding="utf-8")
    (folder / "reference.docx").write_bytes(reference_document(theme.light, phrases.language))


def _coloured(text: str, theme: Theme, phrases: Phrases) -> str:
    """`@{light.ink}` and its like replaced by colours, `@{word:report.page}` by words."""

    def value(match: re.Match[str]) -> str:
        path = match[1]
        if path.startswith("word:"):
            return phrases.plain(path.removeprefix("word:"))
        found: Any = theme
        for part in path.split("."):
            found = found[part] if isinstance(found, Mapping) else getattr(found, part)
        return found

    return re.sub(r"@\{([a-z_.:]+)\}", value, text)
