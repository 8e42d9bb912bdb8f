"""A PDF comes out whatever people wrote: what the carried fonts lack never stops a report."""

from __future__ import annotations

import pytest
from pypdf import PdfReader

from reports.pdf import PLACEHOLDER, compile_pdf, lacked

_HEAD = '#set text(font: ("Libertinus Serif", "New Computer Modern"), lang: "it")\n#set document(title: "Prova")\n'


def _words(tmp_path, words: str) -> tuple[str, str]:
    target = tmp_path / "report.pdf"
    not_shown = compile_pdf(tmp_path / "report.typ", f"{_HEAD}{words}", target, 0)
    assert [file.name for file in tmp_path.iterdir()] == ["report.pdf"]
    return "".join(page.extract_text() for page in PdfReader(target).pages), not_shown


def test_what_the_carried_fonts_have_is_written_as_it_is(tmp_path):
    text, not_shown = _words(tmp_path, "Perché «è» così: 5,80 € ✓ Привет")
    assert ("Perché «è» così: 5,80 € ✓ Привет" in text, not_shown) == (True, "")


def test_a_character_no_font_has_is_a_placeholder_and_is_named(tmp_path):
    # U+10FFFD is for private use: no font of any machine has it
    text, not_shown = _words(tmp_path, "Sono rimasta \U0010fffd per le persone")
    assert "".join(text.split()) == f"Sonorimasta{PLACEHOLDER}perlepersone"
    assert not_shown == "\U0010fffd"


@pytest.mark.parametrize("words", ["Mia figlia 😱 ha rinunciato", "famiglia 👩‍👧 e pollice 👍🏽", "社会工作 e বাংলা ভাষা"])
def test_emoji_and_other_scripts_do_not_stop_a_report(tmp_path, words):
    text, not_shown = _words(tmp_path, words)
    kept = "".join(one for one in words if one.isascii() and not one.isspace())
    assert [one for one in text if one in kept] == list(kept)
    assert set(not_shown) <= set(words)


def test_a_drawing_with_such_a_character_is_shown_too_and_stays_as_it_was(tmp_path):
    drawing = tmp_path / "figures" / "drawing.svg"
    drawing.parent.mkdir()
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text y="20">casa \U0010fffd</text></svg>'
    drawing.write_text(drawn, encoding="utf-8")
    text = f'{_HEAD}#figure(image("figures/drawing.svg", alt: "Una casa"), caption: [Una casa])'
    target = tmp_path / "report.pdf"
    assert compile_pdf(tmp_path / "report.typ", text, target, 0) == "\U0010fffd"
    assert PLACEHOLDER in "".join(page.extract_text() for page in PdfReader(target).pages)
    assert drawing.read_text(encoding="utf-8") == drawn


def test_the_characters_are_read_from_what_typst_says_escaped_or_not():
    said = (
        'error: PDF/UA-1 error: the text `"👩"` could not be displayed with font `"Libertinus Serif"`\n'
        'error: PDF/UA-1 error: the text `"\\u{200d}"` could not be displayed with font `"Libertinus Serif"`\n'
        'error: PDF/UA-1 error: the text `"👩"` could not be displayed with font `"Libertinus Serif"`\n'
    )
    assert lacked(said) == ["👩", "\u200d"]


def test_any_other_fault_of_the_source_is_raised(tmp_path):
    import typst

    with pytest.raises(typst.TypstError):
        compile_pdf(tmp_path / "report.typ", f"{_HEAD}#nowhere()", tmp_path / "report.pdf", 0)
    assert list(tmp_path.iterdir()) == []
