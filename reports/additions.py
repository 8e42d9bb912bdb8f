"""What an organisation adds to its reports: `reports/` in the workspace with a foreword, a logo, an accent colour and
sections of its own. All of it is read as the user's words and pictures: raw HTML, commands and addresses elsewhere are
taken as plain text, so that an addition cannot reach outside the report or run anything.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import yaml

from reports import theme
from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint

LARGEST = 5_000_000
_FILE = re.compile(r"^(?P<name>[a-z_]+)\.(?P<language>[a-z]{2,3})\.md$")
_READER = (
    "markdown-raw_html-raw_tex-raw_attribute-tex_math_dollars-citations-yaml_metadata_block-latex_macros"
    "-native_divs-native_spans-markdown_in_html_blocks"
)
_WRITER = (
    "markdown-raw_html-raw_tex-raw_attribute-tex_math_dollars-citations-simple_tables-multiline_tables-grid_tables"
)


@dataclass(frozen=True)
class Additions:
    """What was found for one language; `sections` and `foreword` are Markdown already made safe."""

    accent: str = theme.ACCENT
    logo: Path | None = None
    foreword: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)
    fingerprint: str = ""


def read_additions(root: Path, language: str, known_sections: tuple[str, ...]) -> Additions:
    """The additions of the workspace at `root`. Raises ProblemsFound with all that is wrong in them."""
    folder = root / "reports"
    if not folder.is_dir():
        return Additions()
    problems: list[Problem] = []
    pictures: dict[str, Path] = {}
    accent = _accent(folder / "colours.yml", root, problems)
    logo = next((path for path in (folder / "logo.svg", folder / "logo.png") if path.is_file()), None)
    if logo is not None and not _is_picture(logo):
        problems.append(Problem("report-picture-unreadable", _place(logo, root)))
    texts: dict[str, str] = {}
    for path in sorted([*folder.glob("*.md"), *folder.glob("sections/*.md")]):
        match = _FILE.match(path.name)
        name = match["name"] if match else path.name.removesuffix(".md")
        allowed = known_sections if path.parent.name == "sections" else ("foreword",)
        if not match or name not in allowed:
            facts = with_hint({"file": path.name, "known": ", ".join(allowed)}, name, allowed)
            problems.append(Problem("report-section-unknown", _place(path, root), facts))
        elif match["language"] == language and (text := _text(path, root, problems)) is not None:
            texts[name] = _safe(text, path, root, pictures, problems)
    if problems:
        raise ProblemsFound(problems)
    used = [*([logo] if logo else []), *pictures.values()]
    content = repr((accent, sorted(texts.items()))).encode() + b"".join(path.read_bytes() for path in used)
    return Additions(
        accent=accent,
        logo=logo,
        foreword=texts.pop("foreword", ""),
        sections=texts,
        pictures=pictures,
        fingerprint=hashlib.sha256(content).hexdigest(),
    )


def _place(path: Path, root: Path) -> Place:
    return Place(path.relative_to(root).as_posix())


def _text(path: Path, root: Path, problems: list[Problem]) -> str | None:
    try:
        if path.stat().st_size <= LARGEST:
            return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        pass
    problems.append(Problem("report-text-unreadable", _place(path, root)))
    return None


def _accent(path: Path, root: Path, problems: list[Problem]) -> str:
    if not path.is_file():
        return theme.ACCENT
    text = _text(path, root, problems)
    if text is None:
        return theme.ACCENT
    try:
        colours = yaml.load(text, Loader=yaml.CSafeLoader) or {}
    except yaml.YAMLError:
        colours = None
    if not isinstance(colours, dict) or set(colours) - {"accent"}:
        problems.append(Problem("report-colours-unreadable", _place(path, root)))
        return theme.ACCENT
    accent = str(colours.get("accent", theme.ACCENT))
    if not theme.HEX.match(accent):
        problems.append(Problem("report-colour-unknown", _place(path, root), {"found": accent}))
        return theme.ACCENT
    return accent.lower()


def _is_picture(path: Path) -> bool:
    if path.stat().st_size > LARGEST:
        return False
    head = path.read_bytes()[:1000]
    if path.suffix == ".png":
        return head.startswith(b"\x89PNG\r\n\x1a\n")
    if path.suffix in (".jpg", ".jpeg"):
        return head.startswith(b"\xff\xd8\xff")
    return path.suffix == ".svg" and b"<svg" in path.read_bytes()


def _safe(text: str, path: Path, root: Path, pictures: dict[str, Path], problems: list[Problem]) -> str:
    """The user's Markdown read and written again by pandoc, with everything that could act taken out."""
    from reports.typeset import pandoc

    sieve = resources.files("reports").joinpath("templates/theme/additions.lua")
    with resources.as_file(sieve) as lua:
        clean = pandoc(["--from", _READER, "--to", _WRITER, "--lua-filter", str(lua), "--wrap", "none"], text)
    clean = clean.replace("{{<", "{ {<").replace("{{%", "{ {%")

    def local(match: re.Match[str]) -> str:
        source = (path.parent / match["source"]).resolve()
        folder = (root / "reports").resolve()
        if not source.is_relative_to(folder) or not source.is_file() or not _is_picture(source):
            problems.append(Problem("report-picture-missing", _place(path, root), {"found": match["source"]}))
            return match[0]
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        name = f"added-{digest}{source.suffix}"
        pictures[name] = source
        return f"]({'figures/' + name}"

    return re.sub(r"\]\(picture:(?P<source>[^)\s]+)", local, clean)
