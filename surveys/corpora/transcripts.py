"""A file of an interview to its text: Word, OpenDocument, RTF, PDF with text, plain text, Markdown, subtitles.

The content decides what a file is; the name only tells plain text from subtitles that forgot their first line. What
opens hostile formats is in `opening`; who speaks where is in `speakers`.
"""

from __future__ import annotations

import html
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from surveys.corpora.codings import with_lf
from surveys.files import blocks, found, kind_of
from surveys.text_files import encoding_of

#: The endings transcripts have.
ENDINGS = (".docx", ".odt", ".rtf", ".txt", ".md", ".pdf", ".vtt", ".srt")
_MOST_BYTES = 200_000_000
_MOST_TEXT_BYTES = 30_000_000
_MOST_SECONDS = 300
_SRT = re.compile(r"\A\s*(?:\d+\s*\n)?\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s+-->\s")
_VOICE = re.compile(r"<v(?:\.[^\s>]+)?[ \t]+([^>\n]+)>")
_TAG = re.compile(r"</?[A-Za-z][^>\n]*>|<\d[\d:.]*>")


@dataclass(frozen=True)
class Transcript:
    """The text of a file, with LF line ends. `voices` are names that subtitles give as speakers; `notes` are catalogue
    codes and facts worth telling whoever handed it in."""

    text: str
    kind: str
    encoding: str | None = None
    voices: frozenset[str] = frozenset()
    notes: tuple[tuple[str, Mapping[str, str]], ...] = ()


def read_transcript(path: Path, file: str) -> Transcript:
    """The transcript in the file at `path`, called `file` in messages.

    Raises ProblemsFound, and nothing else, whatever the file holds.
    """
    beginning = next(blocks(path, file), b"")
    if not beginning.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise found("delivery-empty", file)
    if path.stat().st_size > _MOST_BYTES:
        raise found("delivery-beyond-limits", file)
    kind = _kind(path, file, beginning)
    read = _opened(path, file, kind) if kind in ("docx", "odt", "rtf", "pdf") else _text(path, file, kind, beginning)
    if not read.text.strip():
        raise found("transcript-without-words", file)
    return read


def _kind(path: Path, file: str, beginning: bytes) -> str:
    kind = kind_of(path, file, beginning)
    zipped = beginning.startswith(b"PK")
    right = {"Word": "docx" if zipped else "doc", "OpenDocument": "odt", "RTF": "rtf", "PDF": "pdf", "text": "txt"}
    known = right.get(kind, kind)
    if kind == "text" and path.suffix.casefold() in (".vtt", ".srt", ".md"):
        return path.suffix.casefold()[1:]
    if known == "doc":
        raise found("transcript-old-word", file)
    if known not in ("docx", "odt", "rtf", "pdf", "txt"):
        raise found("transcript-kind", file, kind=kind)
    return known


# Text and subtitles --------------------------------------------------------------------------------------------------


def _text(path: Path, file: str, kind: str, beginning: bytes) -> Transcript:
    if path.stat().st_size > _MOST_TEXT_BYTES:
        raise found("delivery-beyond-limits", file)
    encoding = encoding_of(path, file, beginning)
    text = with_lf(path.read_bytes().decode(encoding)).replace("\x00", "")
    if kind == "vtt" or text.startswith("WEBVTT"):
        return _subtitles(text, file, "vtt", encoding)
    if kind == "srt" or _SRT.match(text):
        return _subtitles(text, file, "srt", encoding)
    return Transcript(text, kind, encoding)


def _subtitles(text: str, file: str, kind: str, encoding: str) -> Transcript:
    """Subtitles as running text: one line for each speaker's turn, or for each cue where nobody is named."""
    from webvtt import WebVTT
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        cues = WebVTT.from_buffer(io.StringIO(text), format=kind)
    except (MalformedFileError, MalformedCaptionError, ValueError, IndexError):
        raise found("transcript-subtitles", file, kind=kind) from None
    lines: list[str] = []
    voices: set[str] = set()
    before: str | None = None
    for cue in cues:
        for voice, words in _voiced(cue.raw_text):
            if voice is None:
                lines.append(words)
            elif voice == before:
                lines[-1] += f" {words}"
            else:
                voices.add(voice)
                lines.append(f"{voice}: {words}")
            before = voice
    lost = text.count("-->") - len(cues)
    notes = (("transcript-cues-left-out", {"file": file.rpartition("/")[2], "count": str(lost)}),) if lost > 0 else ()
    return Transcript("\n".join(lines), kind, encoding, frozenset(voices), notes)


def _voiced(cue: str) -> Iterator[tuple[str | None, str]]:
    """The words of a cue with whose they are; None where it does not say."""
    parts = _VOICE.split(cue)
    for voice, words in zip([None, *parts[1::2]], parts[::2], strict=True):
        plain = " ".join(html.unescape(_TAG.sub("", words)).split())
        if plain:
            yield " ".join(html.unescape(voice).split()) if voice else None, plain


# Formats that a process of its own opens -----------------------------------------------------------------------------


def _opened(path: Path, file: str, kind: str) -> Transcript:
    roots = (str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", ""))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(root for root in roots if root), "PYTHONUTF8": "1"}
    command = [sys.executable, "-P", "-m", "surveys.corpora.opening", str(path.absolute()), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
                               stdin=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        answer, _ = process.communicate(timeout=_MOST_SECONDS)
    except BaseException as stopped:
        _end(process)
        if isinstance(stopped, subprocess.TimeoutExpired):
            raise found("delivery-beyond-limits", file) from None
        raise
    if process.returncode < 0:
        raise found("delivery-beyond-limits", file)
    if process.returncode or not answer.strip():
        raise found("delivery-damaged", file)
    said = json.loads(answer)
    if "fault" in said:
        raise found(said["fault"], file, **said["facts"])
    notes = tuple((code, {"file": file.rpartition("/")[2], **facts}) for code, facts in said["notes"])
    return Transcript(with_lf(said["text"]).replace("\x00", ""), kind, notes=notes)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the reader with whatever it started: its group is its own."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
