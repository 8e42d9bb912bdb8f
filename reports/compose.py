"""Published tables and templates to what is typeset: one `report.qmd` without code cells, its figures, and every number
it shows as CSV. Typesetting belongs to `typeset`, keeping and naming packages to `package`.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from reports.additions import Additions
from reports.areas import within
from reports.chapter import Change
from reports.contents import inert
from reports.drawing import png_of
from reports.phrases import LANGUAGES, Phrases
from reports.reading import ALL, COLUMNS, KEYS, Block, Period, Report, read, spoken
from reports.sections import SECTIONS, Sections, has_content
from reports.shown import Md, Shown
from reports.theme import Theme
from theory_of_change.problems import Place, Problem, ProblemsFound, listed, with_hint

DEFAULT_PROFILE = "report"


@dataclass(frozen=True)
class Profile:
    """One audience's report: which chapters, under which title. Comes from the theory's `reports`."""

    name: str
    title: str
    audience: str
    sections: tuple[str, ...]
    approvals: tuple[str, ...]
    area: str = ""


@dataclass(frozen=True)
class Composed:
    """A composed report: its folder, and what the manifest says about it."""

    folder: Path
    title: str
    language: str
    period: Period


def profile_of(report: Report, name: str | None, language: str) -> Profile:
    """The profile of that name; without a name the theory's first, else one with every chapter."""
    profiles = report.of("report")
    if name is None and not profiles:
        name = DEFAULT_PROFILE
    block = profiles[0] if name is None else report.block(name, "report")
    if block is None:
        if name != DEFAULT_PROFILE:
            known = [profile.id for profile in profiles] or [DEFAULT_PROFILE]
            facts = with_hint({"profile": str(name), "known": listed(known)}, str(name), known)
            raise ProblemsFound([Problem("report-profile-unknown", Place("theory_of_change.yml"), facts)])
        block = Block(DEFAULT_PROFILE, "report", {}, {})
    chosen = tuple(block.attributes.get("sections") or SECTIONS)
    unknown = [section for section in chosen if section not in SECTIONS]
    if unknown:
        raise ProblemsFound(
            Problem(
                "report-chapter-unknown",
                Place("theory_of_change.yml"),
                with_hint({"profile": block.id, "chapter": s, "known": ", ".join(SECTIONS)}, s, SECTIONS),
            )
            for s in unknown
        )
    title = block.statement.get(language) or block.statement.get("", "")
    return Profile(
        name=block.id,
        title=title if title and title != block.id else "",
        audience=block.text("audience", language),
        sections=chosen,
        area=str(block.attributes.get("area") or ""),
        approvals=tuple(spoken(name, language) for name in block.attributes.get("approvals") or ()),
    )


def check_language(language: str) -> None:
    if language not in LANGUAGES:
        facts = with_hint({"language": language, "known": ", ".join(LANGUAGES)}, language, LANGUAGES)
        raise ProblemsFound([Problem("report-language-unknown", Place("programme.yml"), facts)])


def compose(
    published: Path,
    out_dir: Path,
    period: str,
    profile: str | None = None,
    language: str = "it",
    *,
    report: Report | None = None,
    additions: Additions | None = None,
    typesetter: str = "",
    code_version: str = "",
    corrects: str = "",
    changes: Sequence[Change] = (),
    redefined: Sequence[str] = (),
) -> Composed:
    """Writes `report.qmd`, `figures/`, `data/` and `typeset/` into `out_dir`, which is made.

    `report` and `additions` spare reading them again. `typesetter` and `code_version` are said in the report;
    `corrects` names the package it replaces, `changes` what differs from it, `redefined` the indicators that
    are computed otherwise than there.
    """
    check_language(language)
    report = report or read(published)
    additions = additions or Additions()
    chosen = profile_of(report, profile, language)
    if chosen.area:
        report = within(report, chosen.area)
    phrases, shown = Phrases(language), Shown(language)
    when = report.period(period)
    about = _about(report, when, phrases, shown) | {
        "typesetter": typesetter, "code_version": code_version, "corrects": corrects,
        "area": chosen.area,
    }  # fmt: skip
    chapters = _chapters(chosen, report, when, corrects)
    sections = Sections(
        report, when, language, phrases, shown, about=about, changes=changes, redefined=redefined, chapters=chapters
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    figures = out_dir / "figures"
    figures.mkdir(exist_ok=True)
    theme = Theme.of(additions.accent)
    bodies = [
        {"name": name, "title": phrases(f"section.{name}"), "body": _body(name, sections, additions)}
        for name in chapters
    ]
    front = _front(report, chosen, about, phrases, shown, additions)
    text = (
        _environment(sections)
        .get_template("report.qmd.j2")
        .render(
            front=Md(front),
            sections=bodies,
            foreword=Md(_words(additions.foreword, shown)) if additions.foreword else None,
        )
    )
    (out_dir / "report.qmd").write_text(_tidy(text), encoding="utf-8")
    for chart in sections.charts.values():
        path = figures / f"{chart.name}.svg"
        path.write_text(chart.canvas.svg(theme), encoding="utf-8")
        path.with_suffix(".png").write_bytes(png_of(path))
        if chart.page:
            path.with_suffix(".html").write_text(chart.page(theme), encoding="utf-8")
    _copy_pictures(additions, figures)
    _write_data(out_dir / "data", sections, report, when)
    from reports.typeset import write_theme

    write_theme(out_dir / "typeset", theme, phrases)
    return Composed(out_dir, _title(report, chosen, language), language, when)


def _chapters(profile: Profile, report: Report, period: Period, corrects: str) -> list[str]:
    names = [name for name in profile.sections if has_content(name, report, period)]
    if corrects:
        names.insert(1 if names[:1] == ["brief"] else 0, "corrections")
    return names


def _title(report: Report, profile: Profile, language: str) -> str:
    return profile.title or report.theory.says(language)


def _about(report: Report, period: Period, phrases: Phrases, shown: Shown) -> dict[str, str]:
    """What the cover and the identity card say, as plain words."""
    from reports.shown import formatted
    from reports.wording import Wording

    wording = Wording(report, period, phrases, shown)
    dates = {
        "start": formatted(period.start, "date", phrases.language),
        "end": formatted(period.end, "date", phrases.language),
    }
    if period.name == ALL:
        said = phrases.plain("report.whole_dates", **dates)
    else:
        said = phrases.plain("report.between_dates", period=wording.period_name(period), **dates)
    organisation = report.theory.text("organisation", phrases.language) or report.programme.text(
        "organisation", phrases.language
    )
    as_of = formatted(report.as_of, "date", phrases.language) if report.as_of else ""
    return {"organisation": organisation, "period": said[:1].upper() + said[1:], "as_of": as_of}


def _front(report: Report, profile: Profile, about: Mapping[str, str], phrases: Phrases, shown: Shown,
           additions: Additions) -> str:  # fmt: skip
    """The YAML head: what templates need, and what Quarto needs to typeset the same report."""
    language = phrases.language
    lines = [about["period"], phrases.plain("report.theory_version", version=report.theory_version)]
    if about["as_of"]:
        lines.append(phrases.plain("report.as_of", date=about["as_of"]))
    if area := report.block(profile.area, "area"):
        lines.append(phrases.plain("report.one_area", area=area.says(language)))
    if profile.audience:
        lines.append(phrases.plain("report.audience", audience=profile.audience))
    if profile.approvals:
        lines.append(phrases.plain("report.approvals", names=", ".join(profile.approvals)))
    title = shown.quoted(_title(report, profile, language))
    head: dict[str, Any] = {
        "title": title,
        "subtitle": phrases("report.kind"),
        "lang": language,
        "region": {"it": "IT", "en": "GB"}[language],
        "programme": shown.quoted(report.programme.says(language)),
        "organisation": shown.quoted(about["organisation"]),
        "cover": [shown.quoted(line) for line in lines],
        "toc-title": phrases("report.contents"),
        "skip-label": phrases("report.skip"),
        "wide-label": phrases("report.wide"),
        "engine": "markdown",
        "filters": ["typeset/report.lua"],
        "format": {
            "html": {"template": "typeset/report.html", "css": "typeset/report.css", "theme": "none", "minimal": True,
                     "embed-resources": True, "toc": True, "toc-depth": 2, "section-divs": True,
                     "shift-heading-level-by": 1, "wrap": "none", "html-math-method": "plain"},
            "typst": {"template": "typeset/report.typ", "papersize": "a4", "keep-typ": False},
            "docx": {"reference-doc": "typeset/reference.docx"},
        },
    }  # fmt: skip
    if additions.logo:
        head["logo"] = f"figures/logo{additions.logo.suffix}"
    if report.theory.attributes.get("invented"):
        head["warning"] = phrases("report.invented")
    return "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())


def _environment(sections: Sections) -> Any:
    """Templates print only what was written down: finished Markdown passes, plain words are quoted, numbers refused."""
    import jinja2

    def finalize(value: Any) -> str:
        if isinstance(value, Md):
            return value
        if value is None or isinstance(value, jinja2.Undefined):
            return ""
        if isinstance(value, str):
            return sections.shown.quoted(value)
        raise TypeError(f"a template prints a bare {type(value).__name__}; every number goes through `shown`")

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals.update(t=sections.t, bullets=sections.bullets, anchor=sections.anchor)
    return environment


def _body(name: str, sections: Sections, additions: Additions) -> Md:
    """A chapter's Markdown: the organisation's own where it replaces ours, else the template's."""
    own = additions.sections.get(name)
    if own is not None:
        return Md(_words(own, sections.shown))
    template = _environment(sections).get_template(f"sections/{name}.md.j2")
    return Md(template.render(**sections.view(name)))


def _words(markdown: str, shown: Shown) -> str:
    """Words an organisation added: kept as they are, and written down for the numbers in them."""
    for line in markdown.splitlines():
        shown.quoted(line)
    return markdown


def _tidy(text: str) -> str:
    """No trailing blanks and no runs of empty lines, so that the source reads well."""
    lines: list[str] = []
    for line in text.splitlines():
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip() + "\n"


def _copy_pictures(additions: Additions, figures: Path) -> None:
    pictures = dict(additions.pictures)
    if additions.logo:
        pictures[f"logo{additions.logo.suffix}"] = additions.logo
    for name, source in pictures.items():
        target = figures / name
        shutil.copyfile(source, target)
        if target.suffix == ".svg":
            target.with_suffix(".png").write_bytes(png_of(target))


def _write_data(folder: Path, sections: Sections, report: Report, period: Period) -> None:
    """Every number shown, with where it came from; the published rows themselves; and the words that hold numbers."""
    folder.mkdir(exist_ok=True)
    used = {period.name, ALL, *(p.name for p in report.periods if p.end <= period.end)}
    for table in COLUMNS:
        rows = [row for row in report.rows[table] if "period" not in KEYS[table] or row["period"] in used]
        write_csv(folder / f"{table}.csv", COLUMNS[table], ([row[k] for k in COLUMNS[table]] for row in rows))
    numbers = sections.shown.numbers.values()
    write_csv(
        folder / "shown.csv",
        ("table", "row", "column", "value", "format", "text"),
        ([n.table, n.row, n.column, n.value, n.format, n.text] for n in numbers),
    )
    write_csv(folder / "quoted.csv", ("words",), ([words] for words in sections.shown.quotes))
    write_csv(
        folder / "figures.csv",
        ("number", "name", "title", "alt"),
        ([str(n), c.name, c.canvas.title, c.alt] for n, c in enumerate(sections.charts.values(), 1)),
    )


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A CSV as spreadsheets of any language read it: comma, UTF-8, point for decimals, empty for null, no formulas."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([["" if cell is None else inert(cell) for cell in row] for row in rows])


def template_bytes() -> bytes:
    """All templates and theme files, for telling whether a report would come out the same."""
    folder = resources.files("reports").joinpath("templates")
    found: list[tuple[str, bytes]] = []

    def walk(entry: Any, path: str) -> None:
        for child in entry.iterdir():
            name = f"{path}/{child.name}"
            walk(child, name) if child.is_dir() else found.append((name, child.read_bytes()))

    walk(folder, "")
    return b"".join(name.encode() + data for name, data in sorted(found))
