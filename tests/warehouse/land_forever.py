"""Lands one delivery after another and publishes after each, until it is killed: a process for `test_store`.

Every delivery has the same keys, so that each supersedes the one before. Says the number of each delivery when done.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from arriving import PEOPLE, delivered

from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse

ROWS = 1500


def main(root: str) -> None:
    with open_warehouse(Workspace(Path(root))) as warehouse:
        for number in count(1):
            rows = [(f"p{row}", "N", 1 + (row + number) % 5, "2024-05-01", True, float(number)) for row in range(ROWS)]
            warehouse.land(PEOPLE, delivered("people.csv", rows), "contract")
            warehouse.publish()
            print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
