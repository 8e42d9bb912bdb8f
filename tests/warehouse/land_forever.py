"""Lands one delivery after another until it is killed: a process for `test_store`.

Every delivery has the same keys, so that each supersedes the one before. In between it publishes, or (`again`) reads
the source again under another contract. Says the number of each delivery when done.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from arriving import PEOPLE, delivered

from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse

ROWS = 1500


def main(root: str, between: str) -> None:
    with open_warehouse(Workspace(Path(root))) as warehouse:
        for number in count(1):
            rows = [(f"p{row}", "N", 1 + (row + number) % 5, "2024-05-01", True, float(number)) for row in range(ROWS)]
            delivery = delivered("people.csv", rows)
            warehouse.land(PEOPLE, delivery, warehouse.contract("people") or "contract 0")
            if between == "again":
                with warehouse.replacing(PEOPLE, f"contract {number}") as source:
                    source.land(delivery)
            else:
                warehouse.publish()
            print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
