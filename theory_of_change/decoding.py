"""A file of definitions as text, or why it is none: missing, a folder, a renamed document, another encoding.

What stands in the text is for `composing`.
"""

from __future__ import annotations

from pathlib import Path

from yaml.reader import Reader

from theory_of_change.problems import Place, Problem, with_hint

_LARGEST_FILE = 20_000_000  # bytes; a theory of 2,000 elements is about half a million
_BINARY = {b"%PDF": "PDF", b"PK\x03\x04": "XLSX/DOCX/ZIP", b"\xd0\xcf\x11\xe0": "XLS/DOC", b"\x89PNG": "PNG",
           b"\xff\xd8\xff": "JPEG", b"\x1f\x8b": "GZIP", b"SQLite": "SQLite"}  # fmt: skip


def read_text(path: Path, file: str, problems: list[Problem]) -> str | None:
    """The file's text. Where it has none that we can read, None, and why is added to `problems`."""

    def refuse(code: str, place: Place | None = None, **facts: str) -> None:
        facts = {"file": file, **facts}
        problems.append(Problem(code, place or Place(file), facts))

    try:
        if path.is_dir():
            return refuse("file-is-folder")
        if not path.exists():
            folder = path.parent
            others = [other.name for other in folder.iterdir() if other.is_file()] if folder.is_dir() else []
            return refuse("file-missing", **with_hint({}, path.name, others))
        if not path.is_file():
            return refuse("file-not-regular")
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            return refuse("file-too-large", size=f"{size / 1e6:.0f} MB", most=f"{_LARGEST_FILE / 1e6:.0f} MB")
        content = path.read_bytes()
    except (OSError, ValueError) as fault:
        return refuse("file-unreadable", reason=getattr(fault, "strerror", None) or type(fault).__name__)
    kind = next((kind for start, kind in _BINARY.items() if content.startswith(start)), None)
    if kind:
        return refuse("file-not-text", kind=kind)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return refuse("file-encoding", found="UTF-16")
    if b"\x00" in content:
        return refuse("file-encoding-unknown")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line_start = content.rfind(b"\n", 0, fault.start) + 1
        line = content.count(b"\n", 0, fault.start) + 1
        column = len(content[line_start : fault.start].decode("utf-8", "replace").lstrip("\ufeff")) + 1
        place = Place(file, line, column)
        if _is_windows_text(content):
            return refuse("file-encoding", place, found="Windows-1252")
        return refuse("file-encoding-unknown", place)
    if odd := Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        place = Place(file, line, odd.start() - text.rfind("\n", 0, odd.start()))
        return refuse("yaml-control-character", place, found=f"U+{ord(odd[0]):04X}")
    return text


def _is_windows_text(content: bytes) -> bool:
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True
