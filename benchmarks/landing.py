"""How fast a large delivery lands, as a ratio to the bare database: `benchmarks/landing.py [--rows N] [--runs K]`.

A made-up questionnaire of sixty columns of every common type, with a few broken cells, is landed the whole way: read,
typed, its persons pseudonymised, its wrong rows refused, raw and typed rows and the refusals stored. Beside each
landing stands DuckDB's own `read_csv` of the same file into a table on disk. Every run is a process of its own, so
that memory is the peak of that run alone. The suite of data-quality rules, which Great Expectations checks on the rows
that landed, is no part of a landing and is timed apart (`suite`, after a landing in the same process).
"""

from __future__ import annotations

import argparse
import csv
import functools
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCALES, SINGLES, BOXES, YES, NUMBERS, DATES, TEXTS = 20, 10, 12, 5, 6, 2, 3
WAYS = ("bare", "land", "suite")
WORDS = (
    "sempre",
    "quartiere",
    "vicini",
    "perché",
    "insieme",
    "scuola",
    "tempo",
    "così",
    "nessuno",
    "aiuto",
    "è",
    "più",
)


def contract() -> str:
    questions = [f"- {{name: s{i}, type: scale, range: [1, 5], missing: ['99']}}" for i in range(SCALES)]
    questions += [f"- {{name: a{i}, type: single, answers: [A1, A2, A3, A4, A5]}}" for i in range(SINGLES)]
    boxes = ", ".join(f"'{i}'" for i in range(BOXES))
    questions += [f"- {{name: box, type: multiple, answers: [{boxes}]}}"]
    questions += [f"- {{name: y{i}, type: yes_no}}" for i in range(YES)]
    questions += [f"- {{name: n{i}, type: number, range: [0, 1000000]}}" for i in range(NUMBERS)]
    questions += [f"- {{name: d{i}, type: date}}" for i in range(DATES - 1)]
    questions += [f"- {{name: t{i}, type: text}}" for i in range(TEXTS)]
    return "\n".join(["id: large", "title: Large", "person: token", "answered: submitdate", "wave: {column: wave}",
                      "questions:", *(f"  {question}" for question in questions)])  # fmt: skip


def write_delivery(path: Path, rows: int) -> None:
    """The rows, one in a thousand of them with a cell that breaks a rule."""
    chance = random.Random(7)
    header = ["token", "submitdate", "wave", *(f"s{i}" for i in range(SCALES)), *(f"a{i}" for i in range(SINGLES)),
              *(f"box[{i}]" for i in range(BOXES)), *(f"y{i}" for i in range(YES)), *(f"n{i}" for i in range(NUMBERS)),
              *(f"d{i}" for i in range(DATES - 1)), *(f"t{i}" for i in range(TEXTS))]  # fmt: skip
    assert len(header) == 60, len(header)
    sentences = [" ".join(chance.choices(WORDS, k=chance.randint(2, 14))) for _ in range(5000)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(rows):
            row = [f"T{number:07d}", f"2024-{1 + number % 12:02d}-{1 + number % 28:02d} 10:{number % 60:02d}:00",
                   "pre" if number % 2 else "post"]  # fmt: skip
            row += chance.choices(("1", "2", "3", "4", "5", "99", ""), k=SCALES)
            row += chance.choices(("A1", "A2", "A3", "A4", "A5", ""), k=SINGLES)
            row += chance.choices(("Y", ""), k=BOXES)
            row += chance.choices(("Y", "N", ""), k=YES)
            row += [str(chance.randint(0, 900)), f"{chance.random() * 50000:.2f}", f"{chance.random() * 90:.1f}",
                    str(chance.randint(18, 99)), f"{chance.random():.10f}", str(number)]  # fmt: skip
            row += [f"19{chance.randint(30, 99)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"]
            row += [chance.choice(sentences), chance.choice(sentences) if number % 3 else "", f"nota {number}"]
            if number % 1000 == 999:
                row[3 + chance.randrange(SCALES + SINGLES)] = "77"
            writer.writerow(row)


def land(folder: Path, delivery: Path, then_check: bool = False) -> None:
    from pipelines.landing import land_file
    from surveys.questionnaire import Survey
    from surveys.sources import source_of
    from theory_of_change.loading import load
    from theory_of_change.programme import Programme, Workspace
    from warehouse.identities import pseudonymise
    from warehouse.store import open_warehouse

    workspace = Workspace(folder)
    path = folder / "surveys" / "large.yml"
    path.parent.mkdir()
    path.write_text(contract(), encoding="utf-8")
    loaded = load(Survey, path, folder)
    assert not loaded.problems, loaded.problems
    programme = Programme.model_validate(
        {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2025-12-31"}}
    )
    source = source_of(loaded.value, "surveys/large.yml", loaded.places)
    start = time.perf_counter()
    with open_warehouse(workspace) as warehouse:
        landed = land_file(warehouse, source, programme, pseudonymise(workspace), delivery)
        seconds = time.perf_counter() - start
        if then_check:
            from warehouse.expectations import check

            start = time.perf_counter()
            check(warehouse.connection, source.table, {source.table.id: source.table}, "it", programme.calendar)
            seconds = time.perf_counter() - start
    print(seconds, landed.load.rows_read, landed.load.rows_accepted, landed.load.rows_refused)


def bare(folder: Path, delivery: Path) -> None:
    import duckdb

    start = time.perf_counter()
    connection = duckdb.connect(str(folder / "bare.duckdb"))
    connection.execute("create table answers as select * from read_csv(?)", [str(delivery)])
    (rows,) = connection.execute("select count(*) from answers").fetchone()
    connection.close()
    print(time.perf_counter() - start, rows, rows, 0)


def measured(way: str, delivery: Path) -> tuple[float, list[int], float]:
    """Seconds, counts of rows and the largest memory in MB of one run in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=delivery.parent) as folder:
        command = [sys.executable, __file__, "--way", way, "--folder", folder, "--delivery", str(delivery)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, *counts, memory = done.stdout.split()
    return float(seconds), [int(count) for count in counts], float(memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--delivery", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        ways = {"bare": bare, "land": land, "suite": functools.partial(land, then_check=True)}
        ways[options.way](options.folder, options.delivery)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        delivery = Path(folder) / "large.csv"
        write_delivery(delivery, options.rows)
        print(f"{options.rows:,} rows of 60 columns, {delivery.stat().st_size / 1e6:.0f} MB, best of {options.runs}\n")
        best: dict[str, float] = {}
        print(f"{'way':<10}{'read':>10}{'accepted':>10}{'refused':>9}{'seconds':>10}{'ratio':>8}{'MB':>8}")
        every = [(way, measured(way, delivery)) for _ in range(options.runs) for way in WAYS]
        for way in WAYS:  # taken by turns, so that a busy machine slows both
            runs = [run for one, run in every if one == way]
            best[way] = min(seconds for seconds, _, _ in runs)
            counts, memory = runs[0][1], max(memory for _, _, memory in runs)
            shown = "".join(f"{count:>{width},}" for count, width in zip(counts, (10, 10, 9), strict=True))
            print(f"{way:<10}{shown}{best[way]:>10.2f}{best[way] / best['bare']:>8.1f}{memory:>8,.0f}")


if __name__ == "__main__":
    main()
