"""How one piece of work is measured: in a process of its own, by wall clock and by memory, taken by turns with another.

A way of working is a function of a module here: given the folder with the data it prepares what is not measured and
returns the work itself, which runs once unmeasured and then as often as asked. The fastest run counts, since everything
else a machine does only ever adds; memory is the peak of the whole process, DuckDB's threads included. What is measured
belongs to the other modules, which lines there are to `__main__`.
"""

from __future__ import annotations

import importlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


class NotHere(Exception):
    """What this way of working needs is not installed."""


class Told(float):
    """Seconds another program measured itself, returned by the work in place of its own duration."""


@dataclass(frozen=True)
class Measured:
    """The fastest run of one way: seconds by the clock and of processor time, and the peak of memory in MB."""

    seconds: float
    processor: float
    megabytes: float

    def or_better(self, other: Measured | None) -> Measured:
        if other is None:
            return self
        fastest = min(self.seconds, other.seconds), min(self.processor, other.processor)
        return Measured(*fastest, max(self.megabytes, other.megabytes))


def measured(module: str, way: str, folder: Path, runs: int) -> Measured:
    """One process that works in one way. Raises NotHere, or SystemExit with what the process said."""
    command = [sys.executable, "-m", "benchmarks.measuring", module, way, str(folder), str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode == 3:
        raise NotHere(done.stdout.strip())
    if done.returncode:
        raise SystemExit(f"{module}.{way}: {done.stderr}")
    return Measured(*(float(number) for number in done.stdout.split()[-3:]))


def by_turns(
    module: str, ways: list[str], folder: Path, runs: int, rounds: int
) -> tuple[dict[str, Measured], dict[str, str]]:
    """Each way several times, one after the other, so that a busy machine slows all of them; and what those that could
    not work lack."""
    best: dict[str, Measured] = {}
    lacking: dict[str, str] = {}
    for _ in range(rounds):
        for way in ways:
            if way in lacking:
                continue
            try:
                best[way] = measured(module, way, folder, runs).or_better(best.get(way))
            except NotHere as told:
                lacking[way] = str(told)
    return best, lacking


def processor_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main(module: str, way: str, folder: str, runs: str) -> None:
    try:
        work: Callable[[], object] = getattr(importlib.import_module(f"benchmarks.{module}"), way)(Path(folder))
    except NotHere as lacking:
        print(lacking)
        raise SystemExit(3) from None
    best, least = float("inf"), float("inf")
    if int(runs) > 1:
        work()
    for _ in range(max(1, int(runs) - 1)):
        start, spent = time.perf_counter(), processor_seconds()
        told = work()
        best = min(best, told if isinstance(told, Told) else time.perf_counter() - start)
        least = min(least, processor_seconds() - spent)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(best, least, peak / 1024)


if __name__ == "__main__":
    from benchmarks import measuring  # the module the ways import from, whose classes are the ones to be recognised

    measuring.main(*sys.argv[1:])
