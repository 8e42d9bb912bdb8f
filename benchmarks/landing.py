"""How fast a large delivery lands, beside DuckDB's own `read_csv` of the same file into a table on disk.

A made-up questionnaire of sixty columns of every common type, one row in a thousand with a broken cell, is landed the
whole way: read, typed, its persons pseudonymised, its wrong rows refused, raw and typed rows and the refusals stored.
"""

from __future__ import annotations

import csv
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import Told

SCALES, SINGLES, BOXES, YES, NUMBERS, DATES, TEXTS = 20, 10, 12, 5, 6, 2, 3
ROWS = 200_000
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


def prepare(folder: Path) -> None:
    write_delivery(folder / "large.csv", ROWS)


def bare(folder: Path) -> Callable[[], object]:
    """DuckDB's own reading of the file into a table on disk."""
    import duckdb

    def work() -> None:
        with (
            tempfile.TemporaryDirectory(prefix="bare-", dir=folder) as place,
            duckdb.connect(f"{place}/bare.duckdb") as connection,
        ):
            connection.execute("create table answers as select * from read_csv(?)", [str(folder / "large.csv")])

    return work


def land(folder: Path) -> Callable[[], Told]:
    return lambda: Told(_landed(folder))


def _landed(folder: Path) -> float:
    from pipelines.landing import land_file
    from surveys.questionnaire import Survey
    from surveys.sources import source_of
    from theory_of_change.loading import load
    from theory_of_change.programme import Programme, Workspace
    from warehouse.identities import pseudonymise
    from warehouse.store import open_warehouse

    with tempfile.TemporaryDirectory(prefix="land-", dir=folder) as place:
        workspace = Workspace(Path(place))
        path = Path(place) / "surveys" / "large.yml"
        path.parent.mkdir()
        path.write_text(contract(), encoding="utf-8")
        loaded = load(Survey, path, Path(place))
        assert not loaded.problems, loaded.problems
        programme = Programme.model_validate(
            {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2025-12-31"}}
        )
        source = source_of(loaded.value, "surveys/large.yml", loaded.places)
        start = time.perf_counter()
        with open_warehouse(workspace) as warehouse:
            landed = land_file(warehouse, source, programme, pseudonymise(workspace), folder / "large.csv")
            seconds = time.perf_counter() - start
        counts = landed.load.rows_read, landed.load.rows_refused
        assert counts == (ROWS, ROWS // 1000), counts
        return seconds
