"""What readers receive: one HTML file that needs nothing else, an accessible PDF, a DOCX with real styles; and Quarto
called the way real Quarto wants it."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import textwrap
import time
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from pages import without_our_script
from pypdf import PdfReader

from reports.compose import compose
from reports.package import write_package
from reports.typeset import QuartoFailed, Typesetter, run_group, typeset, typesetter
from theory_of_change.problems import ProblemsFound

# --- HTML ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(italian) -> str:
    return (italian.path / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_no_other_file_and_no_other_host(page):
    loaded = re.findall(r'(?:src|href|data|action|poster|srcset)="([^"]*)"', page)
    assert [address for address in loaded if not address.startswith(("#", "data:"))] == []
    foreign = r"@import|url\((?!data:)|<script|<iframe|<link[^>]+stylesheet[^>]+href=\"(?!data:)"
    assert not re.search(foreign, without_our_script(page))


def test_the_page_says_its_language_title_and_landmarks(page):
    assert '<html lang="it">' in page
    assert "<title>Che cosa ha cambiato il lavoro accompagnato · Rapporto di impatto</title>" in page
    assert page.count("<main") == page.count("<h1") == 1
    assert '<a class="skip" href="#content">Vai al contenuto</a>' in page
    assert 'id="content"' in page


def test_headings_never_skip_a_level(page):
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_entry_of_the_contents_leads_somewhere(page):
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page


def test_ids_are_unique(page):
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_every_picture_has_a_text_alternative_and_every_table_its_headers(page):
    pictures = re.findall(r"<img[^>]*>", page)
    assert len(pictures) > 10
    assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)
    for table in re.findall(r"(?s)<table.*?</table>", page):
        assert "<caption>" in table
        assert re.findall(r'<th[^>]*scope="col"', table)
        assert len(re.findall(r'<th[^>]*scope="row"', table)) == len(re.findall(r"<tr", table)) - 1


# --- PDF -------------------------------------------------------------------------------------------------------------


def test_the_pdf_is_tagged_for_accessibility_in_its_language_on_a4(italian):
    reader = PdfReader(italian.path / "report.pdf")
    catalogue = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "it-IT"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in catalogue["/Metadata"].get_object().get_data()
    assert reader.metadata.title == "Che cosa ha cambiato il lavoro accompagnato"
    sizes = {tuple(round(float(x)) for x in (page.mediabox.width, page.mediabox.height)) for page in reader.pages}
    assert sizes == {(595, 842), (842, 595)}


def test_the_pdf_writes_every_sign_and_says_the_effect(italian, invented):
    text = " ".join("".join(p.extract_text() for p in PdfReader(italian.path / "report.pdf").pages).split())
    assert "1.794 $" in text.replace("\u00a0", " ")
    assert "perché" in text
    words = "".join(p.extract_text() for p in PdfReader(invented.path / "report.pdf").pages[:2])
    for sign in ("5×1000", "«è»", "ə"):
        assert sign in words
    for page in PdfReader(invented.path / "report.pdf").pages:
        fonts = page["/Resources"].get("/Font", {})
        assert all("Libertinus" in str(f.get_object()["/BaseFont"]) or "NewCM" in str(f.get_object()["/BaseFont"])
                   or "DejaVu" in str(f.get_object()["/BaseFont"]) for f in fonts.values())  # fmt: skip


# --- DOCX ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def word(italian) -> dict[str, str]:
    with zipfile.ZipFile(italian.path / "report.docx") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))}


def test_the_document_uses_real_styles(word):
    document, styles = word["word/document.xml"], word["word/styles.xml"]
    used = set(re.findall(r'<w:(?:pStyle|rStyle|tblStyle) w:val="([^"]+)"', document))
    assert {"Title", "Subtitle", "Heading1", "Heading2", "Lead", "Note", "KeyFigure", "Cover", "Table"} <= used
    for style in used:
        assert f'w:styleId="{style}"' in styles, style
    assert "0f5563" in styles
    assert '<w:lang w:val="it"' in styles


def test_tables_repeat_their_header_rows_and_rows_stay_whole(word):
    document = word["word/document.xml"]
    tables = re.findall(r"(?s)<w:tbl>.*?</w:tbl>", document)
    assert len(tables) > 10
    assert all(table.count("w:tblHeader") == 1 for table in tables)
    assert document.count("<w:cantSplit/>") == len(re.findall(r"<w:tr>", document))


def test_pictures_are_png_with_a_text_alternative(word, italian):
    alternatives = re.findall(r'<wp:docPr[^>]*descr="([^"]*)"', word["word/document.xml"])
    assert len(alternatives) > 10
    assert all(len(words) > 20 for words in alternatives)
    with zipfile.ZipFile(italian.path / "report.docx") as archive:
        media = [name for name in archive.namelist() if name.startswith("word/media/")]
    assert {Path(name).suffix for name in media} == {".png"}


def test_the_diagram_has_a_landscape_page_and_every_section_its_page_number(word):
    sections = re.findall(r"(?s)<w:sectPr.*?</w:sectPr>", word["word/document.xml"])
    assert ['w:orient="landscape"' in section for section in sections] == [False, True, False]
    assert all(section.count("<w:footerReference") == 1 for section in sections)


# --- the same every time ---------------------------------------------------------------------------------------------


def test_the_same_report_is_typeset_to_the_same_bytes(small, tmp_path):
    for name in ("one", "two"):
        compose(small, tmp_path / name, "2025-H1", None, "en")
        typeset(tmp_path / name, ("html", "pdf", "docx"), Typesetter(None, "pandoc"), epoch=1_700_000_000)
    for name in ("report.html", "report.pdf"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name

    def parts(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    assert parts(tmp_path / "one/report.docx") == parts(tmp_path / "two/report.docx")


# --- Quarto ----------------------------------------------------------------------------------------------------------

FAKE = """\
    #!{python}
    import json, os, sys, time
    from pathlib import Path
    if sys.argv[1:] == ["--version"]:
        print("1.9.99"); raise SystemExit(0)
    calls = Path({calls!r})
    with calls.open("a") as file:
        file.write(json.dumps({{"argv": sys.argv[1:], "cwd": os.getcwd(), "files": sorted(os.listdir("."))}}) + "\\n")
    arguments = sys.argv[1:]
    log = arguments[arguments.index("--log") + 1]
    def tell(level, words):
        with open(log, "a") as file:
            file.write(json.dumps({{"levelName": level, "msg": words}}) + "\\n")
    behaviour = {behaviour!r}
    if behaviour == "fails":
        tell("ERROR", "template not found"); raise SystemExit(1)
    if behaviour == "unresolved":
        tell("WARN", "Unable to resolve crossref @fig-lost")
    if behaviour == "warns":
        tell("WARNING", "a small thing")
    if behaviour != "silent":
        output = arguments[arguments.index("--output") + 1]
        if output.endswith(".docx"):
            import zipfile
            with zipfile.ZipFile(output, "w") as archive:
                archive.writestr("word/document.xml", "<w:document/>")
        else:
            Path(output).write_text("made by quarto from " + Path("report.qmd").read_text()[:20])
"""


def fake_quarto(folder: Path, behaviour: str = "works") -> Path:
    import sys

    path = folder / "quarto"
    script = textwrap.dedent(FAKE).format(python=sys.executable, calls=str(folder / "calls.jsonl"), behaviour=behaviour)
    path.write_text(script, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


def calls(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def composed(small, tmp_path) -> Path:
    return compose(small, tmp_path / "composed", "2025-H1", None, "en").folder


def test_quarto_is_found_by_its_path_its_folder_or_the_search_path(tmp_path):
    program = fake_quarto(tmp_path)
    for environment in ({"QUARTO_PATH": str(program)}, {"QUARTO_PATH": str(tmp_path)}, {"PATH": str(tmp_path)}):
        assert typesetter(environment) == Typesetter(program, "1.9.99")
        assert typesetter(environment).name == "Quarto 1.9.99"
    assert typesetter({"PATH": str(tmp_path), "QUARTO_PATH": "none"}).quarto is None
    assert re.fullmatch(r"pandoc [\d.]+, Typst [\d.]+", typesetter({"PATH": ""}).name)


def test_a_quarto_that_is_not_where_it_was_said_to_be_is_a_problem(tmp_path):
    with pytest.raises(ProblemsFound) as problems:
        typesetter({"QUARTO_PATH": str(tmp_path / "nowhere")})
    assert problems.value.problems[0].code == "quarto-missing"


def test_quarto_is_called_as_real_quarto_wants(composed, tmp_path):
    made = typeset(composed, ("html", "pdf", "docx"), Typesetter(fake_quarto(tmp_path), "1.9.99"))
    said = calls(tmp_path)
    assert [call["argv"] for call in said] == [
        [
            "render",
            "report.qmd",
            "--to",
            to,
            "--output",
            f"report.{format}",
            "--log",
            "quarto.log",
            "--log-format",
            "json-stream",
        ]
        for to, format in (("html", "html"), ("typst", "pdf"), ("docx", "docx"))
    ]
    assert len({call["cwd"] for call in said}) == 3  # each render in a folder of its own
    assert all(call["cwd"] != str(composed) for call in said)
    assert all({"report.qmd", "figures", "typeset"} <= set(call["files"]) for call in said)
    assert made.tool == "Quarto 1.9.99"
    assert (composed / "report.html").read_text(encoding="utf-8").startswith("made by quarto")
    assert not (composed / "quarto.log").exists()


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("fails", "template not found"),
        ("unresolved", "Unable to resolve crossref @fig-lost"),
        ("silent", "Quarto ended with code 0"),
    ],
)
def test_a_quarto_that_fails_leaves_a_reference_open_or_makes_nothing_is_not_believed(
    composed, tmp_path, behaviour, words
):
    with pytest.raises(QuartoFailed, match=re.escape(words)):
        typeset(composed, ("html",), Typesetter(fake_quarto(tmp_path, behaviour), "1.9.99"))
    assert not (composed / "report.html").exists()


def test_quartos_warnings_are_passed_on(composed, tmp_path):
    made = typeset(composed, ("html",), Typesetter(fake_quarto(tmp_path, "warns"), "1.9.99"))
    assert made.warnings == ("a small thing",)


def test_a_report_says_which_tool_made_it_and_goes_on_without_a_quarto_that_fails(small, tmp_path, monkeypatch):
    monkeypatch.setenv("QUARTO_PATH", str(fake_quarto(tmp_path)))
    by_quarto = write_package(small, tmp_path / "a", "2025-H1", None, "en", ("html",))
    assert "Quarto 1.9.99" in (by_quarto.path / "report.qmd").read_text(encoding="utf-8")
    assert by_quarto.warnings == ()

    fake_quarto(tmp_path, "fails")
    without = write_package(small, tmp_path / "b", "2025-H1", None, "en", ("html",))
    assert without.warnings == ("Quarto 1.9.99: template not found",)
    assert "Typeset with" in (without.path / "report.html").read_text(encoding="utf-8")
    assert "Quarto" not in (without.path / "report.qmd").read_text(encoding="utf-8")
    assert json.loads((without.path / "manifest.json").read_text(encoding="utf-8"))["typeset_with"].startswith("pandoc")


def test_a_program_that_does_not_end_is_ended_with_all_it_started(tmp_path):
    """The child of the child writes its id; after the time is up neither lives."""
    pids = tmp_path / "pids"
    script = f"sleep 600 & echo $! > {pids}; wait"
    with pytest.raises(QuartoFailed, match="did not finish"):
        run_group(["sh", "-c", script], tmp_path, os.environ, seconds=1.0)
    pid = int(pids.read_text())
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the program's helper still runs")
