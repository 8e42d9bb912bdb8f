"""Whose doing a failure is, and the account of one that is ours: enough to repair it, and nothing about a person.

Exception messages and local variables can hold people's answers, so only the kind of error and the places in the code
are written, never their texts. Mistakes in the user's files are not faults; they are in the catalogue.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import tempfile
import traceback
from importlib import metadata
from pathlib import Path


def account(error: BaseException) -> str:
    """The kind of error, of each error it came from, and where in the code each passed; no message, no value."""
    lines = [f"sestante {metadata.version('sestante')}, Python {platform.python_version()}, {platform.system()}"]
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        kind = f"{type(current).__module__}.{type(current).__qualname__}"
        number = f" (errno {current.errno})" if isinstance(current, OSError) and current.errno else ""
        lines += ["", f"{kind}{number}"]
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}\n    {frame.line}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines) + "\n"


def write_account(error: BaseException, folder: Path | None) -> Path | None:
    """Writes the account into `folder` where that exists and can be written, else into the system's own temporary
    folder, readable by the user alone; returns where, or None where neither takes it."""
    name = f"sestante-fault-{dt.datetime.now():%Y%m%d-%H%M%S-%f}.txt"
    text = account(error)
    for place in (folder, Path(tempfile.gettempdir())):
        if place is None or not place.is_dir():
            continue
        try:
            descriptor = os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            continue
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError:  # the disk is full: half an account helps nobody
            (place / name).unlink(missing_ok=True)
            continue
        return place / name
    return None


def is_interruption(error: BaseException) -> bool:
    """True where the user's interruption lies behind an error: a query in DuckDB ends with its own RuntimeError."""
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, KeyboardInterrupt) or "Interrupt" in type(behind).__name__:
            return True
        behind = behind.__cause__ or behind.__context__
    return isinstance(error, RuntimeError) and "interrupted" in str(error).lower()
