"""Typst's source to an accessible PDF. What stands in the source is composed elsewhere; here it is only made sure that
every character has a sign in some font, because PDF/UA refuses a page with one that has none.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from pathlib import Path

#: Stands for what no font can show; the fonts typst carries have it.
PLACEHOLDER = "▯"
_LACKING = re.compile(r'the text `"((?:\\.|[^"\\])+)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def compile_pdf(source: Path, text: str, target: Path, epoch: int) -> str:
    """Writes `text` as PDF/UA-1 to `target`, and returns the characters that are not shown in it.

    The fonts are those typst carries, so that every machine gives the same pages; only where they lack a character, as
    of an emoji or of Chinese in a quote, also those of the machine. What neither has is a placeholder.
    """
    import typst

    source.write_text(text, encoding="utf-8")
    ignore_system_fonts, not_shown = True, ""
    drawings: dict[Path, str] = {}
    try:
        while True:
            try:
                data = typst.compile(
                    str(source), root=str(source.parent), format="pdf", ignore_system_fonts=ignore_system_fonts,
                    font_paths=[], pdf_standards=["ua-1"], timestamp=dt.datetime.fromtimestamp(epoch, dt.UTC),
                )  # fmt: skip
            except typst.TypstError as fault:
                lacking = [one for one in lacked(fault.diagnostic) if one not in not_shown]
                if not lacking:
                    raise
                if ignore_system_fonts:
                    ignore_system_fonts = False
                    continue
                not_shown += "".join(lacking)
                drawings = drawings or {path: path.read_text(encoding="utf-8") for path in source.parent.rglob("*.svg")}
                instead = {ord(one): _instead(one) for one in not_shown}
                for path, drawn in ((source, text), *drawings.items()):
                    path.write_text(drawn.translate(instead), encoding="utf-8")
            else:
                target.write_bytes(data)
                return not_shown
    finally:
        source.unlink()
        for path, drawn in drawings.items():
            path.write_text(drawn, encoding="utf-8")


def lacked(diagnostic: str) -> list[str]:
    """The characters typst says that no font has, each once."""
    said = (_ESCAPE.sub(_unescaped, text) for text in _LACKING.findall(diagnostic))
    return list(dict.fromkeys(character for text in said for character in text if not character.isascii()))


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]


def _instead(character: str) -> str:
    """A placeholder, and nothing for what only changes or joins the characters beside it."""
    return "" if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf", "Sk") else PLACEHOLDER
