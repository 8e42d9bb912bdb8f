"""The means of a few questions by period and breakdown in `svy`; prints the seconds without reading. Run by a Python
that has it, never by ours: `in_svy.py ROWS QUESTIONS`."""

from __future__ import annotations

import sys
import time

import polars as pl
import svy

SETS = [["year"], ["year", "area"], ["year", "gender"], ["year", "age_band"], ["year", "area", "gender"],
        None, ["area"], ["gender"], ["age_band"], ["area", "gender"]]  # fmt: skip


def main(path: str, questions: str) -> None:
    rows = pl.read_csv(path, null_values="NA")
    start = time.perf_counter()
    sample = svy.Sample(rows, svy.Design(stratum="h", psu="hu", wgt="w"))
    for i in range(int(questions)):
        for by in SETS:
            sample.estimation.mean(f"q{i}", by=by, drop_nulls=True)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
