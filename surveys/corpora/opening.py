"""A Word, OpenDocument, RTF or PDF transcript opened in a process of its own, with limits on memory and time.

Run, never imported: takes the path and what the file is, answers with one JSON line that holds its text. pandoc reads
word processors' files in its sandbox, pypdf reads PDF; nothing of what either says about a fault is passed on, because
it may quote the file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from surveys.limits import Fault, answering

MOST_PAGES = 3_000
_MOST_TEXT = 20_000_000
_PANDOC_SECONDS = 120
_LETTERS_OF_A_PAGE = 3  # fewer are a page number or a stain


def main() -> None:
    path, kind = sys.argv[1:3]
    answering(lambda: print(json.dumps(_pdf(path) if kind == "pdf" else _word(path, kind), ensure_ascii=True)))


# Word processors -----------------------------------------------------------------------------------------------------


def _word(path: str, kind: str) -> dict[str, Any]:
    if kind != "rtf":
        from surveys.workbooks import inspect

        with open(path, "rb") as file:  # noqa: PTH123 - light on purpose
            inspect(file)
    blocks = _pandoc(path, kind)["blocks"]
    text = "\n".join(line for block in blocks for line in _lines(block))
    return {"text": _within_limits(text), "notes": []}


def _pandoc(path: str, kind: str) -> dict[str, Any]:
    import pypandoc

    limits = ["+RTS", "-M1500m", "-RTS"]
    command = [pypandoc.get_pandoc_path(), "--sandbox", "--from", kind, "--to", "json", path, *limits]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PANDOC_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Fault("delivery-beyond-limits") from None
    if (done.returncode in (251, 2) and b"heap" in done.stderr.lower()) or done.returncode < 0:
        raise Fault("delivery-beyond-limits")
    if done.returncode:
        raise Fault("delivery-damaged")
    return json.loads(done.stdout)


def _lines(block: dict[str, Any]) -> Iterator[str]:
    """The lines of a block of pandoc's document: a paragraph, or the cells of a table's row, is one line or more."""
    kind, content = block["t"], block.get("c")
    if kind in ("Para", "Plain"):
        yield from _inline(content).split("\n")
    elif kind == "Header":
        yield from _inline(content[2]).split("\n")
    elif kind == "CodeBlock":
        yield from content[1].split("\n")
    elif kind == "LineBlock":
        yield from (_inline(line) for line in content)
    elif kind in ("BlockQuote", "Div", "Figure"):
        yield from _every_line(content if kind == "BlockQuote" else content[-1])
    elif kind in ("BulletList", "OrderedList"):
        for item in content if kind == "BulletList" else content[1]:
            yield from _every_line(item)
    elif kind == "DefinitionList":
        for term, meanings in content:
            yield _inline(term)
            for meaning in meanings:
                yield from _every_line(meaning)
    elif kind == "Table":
        _, _, _, head, bodies, foot = content
        for rows in (head[1], *(part for body in bodies for part in (body[2], body[3])), foot[1]):
            for _, cells in rows:
                yield "\t".join(" ".join(_every_line(cell[4])) for cell in cells)


def _every_line(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        yield from _lines(block)


def _inline(content: list[dict[str, Any]]) -> str:
    """What stands in a line, without its looks; a note stands in brackets where it is called."""
    parts = []
    for one in content:
        kind, inner = one["t"], one.get("c")
        if kind == "Str":
            parts.append(inner)
        elif kind in ("Space", "SoftBreak"):
            parts.append(" ")
        elif kind == "LineBreak":
            parts.append("\n")
        elif kind in ("Emph", "Strong", "Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps"):
            parts.append(_inline(inner))
        elif kind in ("Quoted", "Cite", "Link", "Span"):
            words = _inline(inner[1])
            parts.append(f"“{words}”" if kind == "Quoted" else words)
        elif kind in ("Code", "Math"):
            parts.append(inner[1])
        elif kind == "Note":
            parts.append(f" [{' '.join(_every_line(inner))}]")
    return "".join(parts)


# PDF -----------------------------------------------------------------------------------------------------------------


def _pdf(path: str) -> dict[str, Any]:
    import logging

    from pypdf import PdfReader

    logging.disable(logging.CRITICAL)
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Fault("delivery-password")
        if len(reader.pages) > MOST_PAGES:
            raise Fault("delivery-beyond-limits")
        pages = [page.extract_text() or "" for page in reader.pages]
    except (Fault, MemoryError):
        raise
    except RecursionError:
        raise Fault("delivery-beyond-limits") from None
    except Exception:  # a crafted file makes pypdf raise many things
        raise Fault("delivery-damaged") from None
    bare = [number for number, page in enumerate(pages, start=1) if sum(map(str.isalpha, page)) < _LETTERS_OF_A_PAGE]
    if len(bare) == len(pages):
        raise Fault("transcript-only-pictures", pages=str(len(pages)))
    notes = []
    if bare:
        listed = ", ".join(map(str, bare[:12])) + (", …" if len(bare) > 12 else "")
        notes.append(("transcript-pages-without-text", {"count": str(len(bare)), "pages": listed}))
    return {"text": _within_limits("\n".join(page.strip("\n") for page in pages)), "notes": notes}


def _within_limits(text: str) -> str:
    if len(text) > _MOST_TEXT:
        raise Fault("delivery-beyond-limits")
    return text


if __name__ == "__main__":
    main()
