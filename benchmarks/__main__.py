"""Every figure on speed and size as one table: `python -m benchmarks [--only WORD] [--rounds N]`.

Each line is a ratio to a baseline of the same run, taken by turns with it. `clock` is what a user waits for,
`processor` the time all cores worked: on a machine that does other things, too, only the second tells much. Peak memory
is that of the whole process. Nothing here is a test: tests never look at a clock.
"""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Measured, by_turns

MOST_MEGABYTES = 1_500


@dataclass(frozen=True)
class Line:
    """One way of working beside its baseline, and how many times as long it may take; None where it is only shown."""

    name: str
    way: str
    baseline: str
    target: float | None = None


@dataclass(frozen=True)
class Part:
    """Lines over the same data, and how often each way works in one process."""

    module: str
    title: str
    lines: tuple[Line, ...]
    runs: int = 4
    rounds: int = 3


PARTS = (
    Part("indicators", "200,000 people, 50 questions, 7,600 values with errors; weights", (
        Line("Sestante", "weighted", "weighted_by_hand", 1.5),
        Line("  with distributions", "everything", "weighted_by_hand"),
        Line("  pandas", "weighted_in_pandas", "weighted_by_hand"),
    )),
    Part("indicators", "the same in 20 strata of 20 clusters", (
        Line("Sestante", "clustered", "clustered_by_hand", 1.5),
        Line("Sestante, against the fastest by hand", "clustered", "clustered_by_steps", 1.5),
    )),
    Part("indicators", "the same in other tools", (
        Line("  svy, 2 questions x 25", "clustered_in_svy", "clustered_by_hand"),
        Line("  R survey, 2 questions x 25", "clustered_in_r", "clustered_by_hand"),
    ), runs=1, rounds=1),
    Part("programmes", "one of 1,000 programmes of 500 people, against one of 10",
         (Line("Sestante", "many", "few", 1.25),), runs=1, rounds=1),
    Part("row_rules", "60 rules on 200,000 rows of 60 columns, failing rows named", (
        Line("Sestante", "named", "by_hand", 3.0),
        Line("  Great Expectations' suite, on top", "suite", "by_hand"),
    ), runs=3),
    Part("landing", "a delivery of 200,000 rows of 60 columns, against reading it bare", (
        Line("Sestante", "land", "bare"),
    ), runs=1, rounds=2),
)  # fmt: skip


def shown(line: Line, own: Measured, base: Measured) -> str:
    clock, processor = own.seconds / base.seconds, own.processor / base.processor
    target = f"{line.target:.2f}" if line.target else ""
    within = line.target is None or clock <= line.target
    verdict = "" if line.target is None else "ok" if within else "over"
    verdict = "memory" if line.target and own.megabytes > MOST_MEGABYTES else verdict
    return (f"{line.name:<40}{own.seconds:>9.2f}{base.seconds:>10.2f}{clock:>8.2f}{processor:>11.2f}{target:>8}"
            f"{own.megabytes:>9,.0f}  {verdict}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="parts whose module or title has this word")
    parser.add_argument("--rounds", type=int, help="how often all ways take turns")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}" + (" - busy: read the processor's ratio" if load > 1 else ""))
    print(f"{'':<40}{'seconds':>9}{'baseline':>10}{'clock':>8}{'processor':>11}{'target':>8}{'peak MB':>9}")
    parts = [part for part in PARTS if options.only in part.module or options.only in part.title]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, prepared = Path(name), set()
        for part in parts:
            module = importlib.import_module(f"benchmarks.{part.module}")
            if part.module not in prepared:
                module.prepare(folder)
                if hasattr(module, "agreed"):
                    module.agreed(folder)
                prepared.add(part.module)
            print(f"\n{part.title}")
            ways = list(dict.fromkeys(way for line in part.lines for way in (line.baseline, line.way)))
            found, absent = by_turns(part.module, ways, folder, part.runs, options.rounds or part.rounds)
            for line in part.lines:
                print(f"{line.name}: {absent[line.way]}" if line.way in absent
                      else shown(line, found[line.way], found[line.baseline]), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
