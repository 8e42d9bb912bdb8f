"""What an organisation adds to its reports arrives as its words and pictures, and can do nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import visible, without_our_script

from reports.additions import read_additions
from reports.drawing import Canvas
from reports.package import verify, write_package
from reports.sections import SECTIONS
from reports.theme import Theme
from theory_of_change.problems import ProblemsFound

HOSTILE = """\
# Cara lettrice, caro lettore

Parole **forti** e 5×1000, con <script>alert(1)</script> e \\input{/etc/passwd}.

{{< include /etc/passwd >}}

```{python}
open("/etc/passwd").read()
```

`{python} 1 + 1` e `{r} 2`

```{=html}
<iframe src="https://example.org"></iframe>
```

<img src="https://example.org/spia.png">

![lontana](https://example.org/spia.png) e [un link buono](https://example.org) e [uno cattivo](javascript:alert(1))

::: {.landscape onclick="alert(1)"}
Un riquadro.
:::
"""


def write(workspace: Path, name: str, content: str | bytes) -> Path:
    path = workspace / "reports" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def made(workspace: Path, language: str = "it") -> str:
    package = write_package(
        workspace / "warehouse/published.duckdb", workspace / "output", "2025-H1", None, language, ("html",), workspace
    )
    assert verify(package.path) == []
    return (package.path / "report.html").read_text(encoding="utf-8")


def problems(workspace: Path) -> list[tuple[str, str]]:
    with pytest.raises(ProblemsFound) as found:
        read_additions(workspace, "it", SECTIONS)
    return sorted((problem.code, str(problem.place)) for problem in found.value.problems)


def test_a_foreword_is_printed_in_its_language_only(workspace):
    write(workspace, "foreword.it.md", "Due parole *nostre*, nel 2031.")
    page = made(workspace)
    assert '<section id="foreword"' in page
    assert "<em>nostre</em>" in page
    assert 'id="foreword"' not in made(workspace, "en")
    quoted = (next((workspace / "output/2025-H1").glob("report-it")) / "data/quoted.csv").read_text(encoding="utf-8")
    assert "2031" in quoted


def test_a_hostile_foreword_is_only_words(workspace):
    write(workspace, "foreword.it.md", HOSTILE)
    page = made(workspace)
    source = (workspace / "output/2025-H1/report-it/report.qmd").read_text(encoding="utf-8")
    assert "<strong>forti</strong>" in page
    assert "<script>alert(1)</script>" in visible(page)  # as words
    assert not re.search(r"<script|<iframe|onclick|javascript:|spia\.png\"", without_our_script(page))
    assert "root:" not in page
    assert "{{<" not in source
    assert not re.search(r"^\s*(```+|~~~+)\s*\{", source, re.M)
    assert not re.search(r"`\{", source)
    assert 'href="https://example.org"' in page
    chapter = source[source.index("{#foreword}") : source.index("# In breve")]
    assert re.findall(r"^#+ ", chapter, re.M) == ["## "]  # the foreword's own heading stands below ours


def test_a_chapter_can_be_replaced(workspace):
    write(workspace, "sections/risks.it.md", "I nostri rischi, **a modo nostro**.")
    page = made(workspace)
    chapter = page[page.index('<section id="risks"') : page.index('<section id="quality"')]
    assert "<strong>a modo nostro</strong>" in chapter
    assert "non dichiara rischi" not in chapter


def test_a_logo_an_accent_and_a_picture_are_used(workspace):
    drawing = Canvas(40, 20, "logo")
    drawing.box(0, 0, 40, 20, "accent")
    write(workspace, "logo.svg", drawing.svg(Theme.of()))
    write(workspace, "mappa.svg", drawing.svg(Theme.of("#992200")))
    write(workspace, "colours.yml", 'accent: "#7A1FA2"\n')
    write(workspace, "sections/glossary.it.md", "![La mappa dei luoghi](../mappa.svg)")
    page = made(workspace)
    assert re.search(r'<img(?=[^>]*class="logo")[^>]*src="data:image/svg', page)
    assert Theme.of("#7a1fa2").light.accent in page
    assert 'alt="La mappa dei luoghi"' in page
    package = workspace / "output/2025-H1/report-it"
    assert len(list((package / "figures").glob("added-*.svg"))) == 1
    assert (package / "figures/logo.png").is_file()


def test_a_changed_addition_makes_a_new_package(workspace):
    made(workspace)
    write(workspace, "foreword.it.md", "Nuove parole.")
    made(workspace)
    assert sorted(p.name for p in (workspace / "output/2025-H1").iterdir()) == ["report-it", "report-it-2"]


def test_all_that_is_wrong_is_told_at_once(workspace):
    (workspace / "secret.svg").write_text("<svg/>", encoding="utf-8")
    write(workspace, "sections/risk.it.md", "x")
    write(workspace, "sections/effect.italiano.md", "x")
    write(workspace, "preface.it.md", "x")
    write(workspace, "foreword.it.md", b"\xff\xfe\x00 nope")
    write(workspace, "sections/quality.it.md", "![fuori](../../secret.svg) ![manca](nulla.png)")
    write(workspace, "colours.yml", "accent: petrolio\n")
    write(workspace, "logo.png", "not a picture")
    assert problems(workspace) == [
        ("report-colour-unknown", "reports/colours.yml"),
        ("report-picture-missing", "reports/sections/quality.it.md"),
        ("report-picture-missing", "reports/sections/quality.it.md"),
        ("report-picture-unreadable", "reports/logo.png"),
        ("report-section-unknown", "reports/preface.it.md"),
        ("report-section-unknown", "reports/sections/effect.italiano.md"),
        ("report-section-unknown", "reports/sections/risk.it.md"),
        ("report-text-unreadable", "reports/foreword.it.md"),
    ]


@pytest.mark.parametrize("content", ["accent: [", "colour: '#112233'", "- accent", "accent: '#12'", "accent: &a [*a]"])
def test_colours_that_are_none_are_told(workspace, content):
    write(workspace, "colours.yml", content)
    ((code, place),) = problems(workspace)
    assert code in ("report-colours-unreadable", "report-colour-unknown")
    assert place == "reports/colours.yml"


def test_a_workspace_without_additions_has_the_house_style(tmp_path):
    additions = read_additions(tmp_path, "it", SECTIONS)
    assert (additions.foreword, additions.logo, dict(additions.sections)) == ("", None, {})
