"""The deliveries of one source as they lie in `data/<source>/`: which files they are, and in which order they arrived.

The order matters, because a later row replaces an earlier one of the same key; file names and clocks do not keep it.
So each arrival is noted in `data/<source>/.arrivals`, one line a file. Deliveries themselves are never edited, renamed
or removed here; what is in them belongs to `surveys`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fnmatch
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_NOTE = ".arrivals"
#: The endings a pattern's `*` stands for, so that a README beside the deliveries is none of them.
_DELIVERED = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".sav", ".zsav", ".por", ".dta", ".lsa", ".parquet",
              ".json")  # fmt: skip
#: Names of notes on the deliveries, which lie beside them: never a delivery, not even where texts are delivered.
_NOTES = ("readme", "source")


@dataclass(frozen=True)
class Arrival:
    """One delivery: where it lies, what it was called when it came, and the hash of its content."""

    path: Path
    name: str
    sha256: str


class Arrivals:
    """The folder of one source. `pattern` says which files are deliveries; those noted as arrived always are.

    A file with an ending no data have is a delivery only where the pattern spells that ending out, as in `*.txt`.
    `own` is the name of the file a pull writes here, whatever the pattern; `endings` are those the data have.
    """

    def __init__(
        self, folder: Path, pattern: str | None, own: str | None = None, endings: Collection[str] = _DELIVERED
    ) -> None:
        self.folder = folder
        self.pattern = pattern or ""
        self.own = own
        self.endings = endings

    def in_order(self) -> list[Arrival]:
        """Every delivery: first those already noted, as they arrived, then the new ones by name, 2 before 10.

        A file that was written over since it was noted arrives anew; a delivery handed in twice appears twice.
        """
        present = {path.name: path for path in self.files()}
        noted = list(self._noted())
        latest = {stored: (sha256, name) for sha256, stored, name in noted}
        hashes = {name: content_hash(path) for name, path in present.items() if name in latest or self._fits(name)}
        order = [
            Arrival(present[stored], name, sha256) for sha256, stored, name in noted if hashes.get(stored) == sha256
        ]
        for stored in sorted(hashes, key=_natural):
            sha256, name = latest.get(stored, ("", stored))
            if sha256 != hashes[stored]:
                order.append(Arrival(present[stored], name, hashes[stored]))
        return order

    def strangers(self) -> list[Path]:
        """Files that look like deliveries but fit no pattern, so that a wrong name does not go unnoticed."""
        known = {stored for _, stored, _ in self._noted()}
        return [path for path in self.files() if path.suffix.casefold() in (*self.endings, ".txt") and not
                (self._fits(path.name) or path.name in known or path.stem.casefold() in _NOTES)]  # fmt: skip

    def note(self, arrival: Arrival) -> None:
        """Writes down that this delivery arrived now; nothing where it already is the latest of its name."""
        latest = {name: (sha256, stored) for sha256, stored, name in self._noted()}
        if latest.get(arrival.name) == (arrival.sha256, arrival.path.name):
            return
        moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        line = {"sha256": arrival.sha256, "file": arrival.path.name, "name": arrival.name, "arrived": moment}
        with (self.folder / _NOTE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    @contextlib.contextmanager
    def keeping(self, file: Path) -> Iterator[Arrival]:
        """Keeps a copy of `file` among the deliveries, noted as the latest arrival, while the caller lands it.

        A file that already lies here is not copied; one whose content is here under any name is not copied either. A
        different file of the same name gets a number before its ending, and keeps its own name for what it replaces.
        Where landing fails, copy and note are taken back.
        """
        sha256 = content_hash(file)
        here = next((arrival for arrival in self.in_order() if arrival.sha256 == sha256), None)
        before = self._note_text()
        self.folder.mkdir(parents=True, exist_ok=True)
        inside = file.resolve().parent == self.folder.resolve()
        arrival = here or Arrival(file if inside else self._free(file.name), file.name, sha256)
        try:
            if not inside and here is None:
                _copy(file, arrival.path)
            self.note(arrival)
            yield arrival
        except BaseException:
            self._restore_note(before)
            if not inside and here is None:
                arrival.path.unlink(missing_ok=True)
            raise

    def files(self) -> list[Path]:
        """Every file of the folder by name, deliveries or not; hidden ones are nobody's."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.is_file() and not path.name.startswith("."))

    def _fits(self, name: str) -> bool:
        if name == self.own:
            return True
        name, pattern = name.casefold(), self.pattern.casefold()
        ending = Path(name).suffix
        if not fnmatch.fnmatch(name, pattern) or (Path(name).stem in _NOTES and ending in (".md", ".txt")):
            return False
        return ending in self.endings or name == pattern or (ending != "" and pattern.endswith(ending))

    def _free(self, name: str) -> Path:
        wanted, number = self.folder / name, 1
        while wanted.exists():
            number += 1
            wanted = self.folder / f"{Path(name).stem}.{number}{Path(name).suffix}"
        return wanted

    def _note_text(self) -> str:
        try:
            return (self.folder / _NOTE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def _restore_note(self, text: str) -> None:
        note = self.folder / _NOTE
        if text:
            note.write_text(text, encoding="utf-8")
        else:
            note.unlink(missing_ok=True)

    def _noted(self) -> Iterator[tuple[str, str, str]]:
        """Hash, file and own name of each arrival noted; a line cut short by a power failure is passed over."""
        for line in self._note_text().splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                yield said["sha256"], said["file"], said["name"]


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(file: Path, target: Path) -> None:
    """Copies by way of a hidden name, so that nobody meets half a delivery."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        shutil.copyfile(file, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A name as people order it: `wave-2` before `wave-10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
            for part in re.split(r"(\d+)", name) if part]  # fmt: skip
