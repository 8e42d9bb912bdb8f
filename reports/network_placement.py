"""Where the nodes of a network go: one layout for all its waves, by Graphviz's `neato`, so that nodes keep their place.

Graphviz runs in a process of its own; should it fail, the nodes stand in a ring. Nodes that never had a tie are for
whoever draws.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

Point = tuple[float, float]
#: Seconds Graphviz gets before a ring is drawn instead.
PATIENCE = 60.0
_PROGRAM = Path(__file__).parent / "diagram" / "graphviz_process.py"


def spread(nodes: Sequence[str], ties: Mapping[tuple[str, str], float], patience: float = PATIENCE) -> dict[str, Point]:
    """Places from 0 to 1 both ways, y downwards. A tie counts by its weight, such as in how many waves it is there."""
    if len(nodes) < 3:
        return {node: ((at + 1) / (len(nodes) + 1), 0.5) for at, node in enumerate(nodes)}
    try:
        done = subprocess.run([sys.executable, "-I", str(_PROGRAM), "neato"], input=_source(nodes, ties).encode(),
                              capture_output=True, timeout=patience, check=True)  # fmt: skip
        found = json.loads(done.stdout)["nodes"]
        places = [tuple(float(part) for part in found[f"n{at}"].split(",")[:2]) for at in range(len(nodes))]
    except (subprocess.SubprocessError, OSError, ValueError, KeyError):
        places = [(math.cos(2 * math.pi * at / len(nodes)), math.sin(2 * math.pi * at / len(nodes)))
                  for at in range(len(nodes))]  # fmt: skip
    return dict(zip(nodes, _fitted(places), strict=True))


def _source(nodes: Sequence[str], ties: Mapping[tuple[str, str], float]) -> str:
    """The graph under plain names, always the same text for the same network."""
    at = {node: number for number, node in enumerate(nodes)}
    lines = ['graph {\ngraph [start=7 mode=major overlap=scalexy sep="+4"]',
             'node [shape=circle fixedsize=true width=0.2 label=""]']  # fmt: skip
    lines += [f"n{number}" for number in range(len(nodes))]
    lines += [f"n{at[one]} -- n{at[two]} [weight={weight:g}]" for (one, two), weight in sorted(ties.items())]
    return "\n".join([*lines, "}"])


def _fitted(places: Collection[Sequence[float]]) -> list[Point]:
    across, down = [x for x, *_ in places], [y for _, y, *_ in places]
    wide, high = max(across) - min(across) or 1.0, max(down) - min(down) or 1.0
    return [((x - min(across)) / wide, (max(down) - y) / high) for x, y, *_ in places]
