"""Files of interviews to text: every format with the same words, and files that mean harm or hold nothing."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pypandoc
import pytest
import typst

from surveys.corpora.transcripts import read_transcript
from theory_of_change.problems import ProblemsFound

MARKDOWN = """\
**I:** Perché è venuta?

**Anna:** Ero sola[^1]. Poi *no*.

| chi | quando |
|-----|--------|
| lei | sempre |

[^1]: ride
"""
SAID = "I: Perché è venuta?\nAnna: Ero sola [ride]. Poi no.\nchi\tquando\nlei\tsempre"


def made(path: Path, markdown: str) -> Path:
    command = [pypandoc.get_pandoc_path(), "--from", "markdown", "--output", str(path)]
    subprocess.run(command, input=markdown.encode(), check=True)
    return path


def problem(path: Path) -> tuple[str, dict[str, str]]:
    with pytest.raises(ProblemsFound) as found:
        read_transcript(path, f"data/ascolto/{path.name}")
    (one,) = found.value.problems
    assert one.message("it") and "{" not in one.message("it") + one.message("en") + one.remedy("it")
    return one.code, dict(one.facts)


@pytest.mark.parametrize("ending", ["docx", "odt"])
def test_word_and_opendocument_say_the_same(tmp_path: Path, ending: str) -> None:
    read = read_transcript(made(tmp_path / f"01.{ending}", MARKDOWN), "01")
    assert (read.text, read.kind, read.notes) == (SAID, ending, ())


def test_a_pdf_with_text(tmp_path: Path) -> None:
    path = tmp_path / "01.pdf"
    typst.compile(
        b"I: Perch\xc3\xa9 \xc3\xa8 venuta?\n\nAnna: Ero sola.\n#pagebreak()\nAnna: Poi no.", output=str(path)
    )
    read = read_transcript(path, "01.pdf")
    assert read.text.split("\n") == ["I: Perché è venuta?", "Anna: Ero sola.", "Anna: Poi no."]


def test_a_scan_is_told_as_a_scan(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    typst.compile(b"#rect(width: 5cm, height: 5cm, fill: gray)\n#pagebreak()\n#circle()", output=str(path))
    assert problem(path) == ("transcript-only-pictures", {"file": "scan.pdf", "pages": "2"})


def test_a_page_without_text_among_others_is_told(tmp_path: Path) -> None:
    path = tmp_path / "01.pdf"
    typst.compile(b"Anna: Ero sola.\n#pagebreak()\n#circle()", output=str(path))
    assert read_transcript(path, "data/x/01.pdf").notes == (
        ("transcript-pages-without-text", {"file": "01.pdf", "count": "1", "pages": "2"}),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "01.txt"
    path.write_bytes("I: Perché è venuta?\r\nAnna: “Ero sola”.\r\n".encode(encoding))
    assert read_transcript(path, "01.txt").text == "I: Perché è venuta?\nAnna: “Ero sola”.\n"


def test_markdown_stays_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "01.md"
    path.write_text(MARKDOWN, encoding="utf-8")
    assert read_transcript(path, "01.md").text == MARKDOWN


def test_subtitles_become_turns(tmp_path: Path) -> None:
    path = tmp_path / "01.vtt"
    path.write_text(
        "WEBVTT\n\nNOTE fatto a mano\n\n00:00:01.000 --> 00:00:02.000\n<v I>Come &amp; quando?</v>\n\n"
        "2\n00:00:02.000 --> 00:00:03.000\n<v Anna Bo>Ero <i>sola</i>.</v>\n\n"
        "00:00:03.000 --> 00:00:04.000\n<v Anna Bo>Poi no.</v>\n",
        encoding="utf-8",
    )
    read = read_transcript(path, "01.vtt")
    assert (read.text, read.voices) == ("I: Come & quando?\nAnna Bo: Ero sola. Poi no.", {"I", "Anna Bo"})


def test_subrip_without_voices_keeps_a_line_for_each_cue(tmp_path: Path) -> None:
    path = tmp_path / "01.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nI: Come?\n\n2\n00:00:02,000 --> 00:00:03,000\nAnna: Sola,\nda sola.\n"
    )
    assert read_transcript(path, "01.srt").text == "I: Come?\nAnna: Sola, da sola."


def test_files_that_hold_no_transcript(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n\n")
    (tmp_path / "b.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"))
    (tmp_path / "c.docx").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "d.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (tmp_path / "e.vtt").write_text("no subtitles")
    found = {path.name: problem(path)[0] for path in sorted(tmp_path.iterdir())}
    assert found == {"a.txt": "delivery-empty", "b.docx": "transcript-old-word", "c.docx": "transcript-kind",
                     "d.pdf": "delivery-damaged", "e.vtt": "transcript-subtitles"}  # fmt: skip


def changed(source: Path, target: Path, name: str, content: bytes) -> Path:
    """A copy of a zipped document in which one part is another."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return target


def test_documents_that_mean_harm(tmp_path: Path) -> None:
    sound = made(tmp_path / "sound.docx", MARKDOWN)
    entity = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>'
    assert problem(changed(sound, tmp_path / "entity.docx", "word/document.xml", entity))[0] == "delivery-doctype"
    bomb = changed(sound, tmp_path / "bomb.docx", "word/document.xml", b"<w>" + b" " * 150_000_000)
    assert problem(bomb)[0] in ("delivery-out-of-proportion", "delivery-damaged", "delivery-beyond-limits")
    broken = changed(sound, tmp_path / "broken.docx", "word/document.xml", b"<w:document>")
    assert problem(broken)[0] == "delivery-damaged"
