"""Ways through a theory of change: what can be reached from where, and what runs in a circle.

Plain graphs of ids, each walk linear in their size and without recursion, so that a theory of thousands of elements is
read at once. What the ways mean is told in `coherence`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def reachable(graph: Graph, starts: Iterable[str]) -> set[str]:
    """Everything some start leads to, the starts included."""
    seen = set(starts)
    waiting = deque(seen)
    while waiting:
        for after in graph.get(waiting.popleft(), ()):
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


def backwards(graph: Graph) -> dict[str, list[str]]:
    """The same ways, walked from their ends."""
    turned: dict[str, list[str]] = {}
    for before, afters in graph.items():
        for after in afters:
            turned.setdefault(after, []).append(before)
    return turned


def circles(graph: Graph) -> list[list[str]]:
    """The shortest circle, as `[a, b, a]`, of each knot of nodes that all lead to one another, in the graph's order."""
    position = {node: number for number, node in enumerate(graph)}
    starts = [(min(knot, key=lambda node: position.get(node, len(position))), knot) for knot in _knots(graph)]
    found = [_shortest_circle(graph, start, knot) for start, knot in starts]
    return sorted((circle for circle in found if circle), key=lambda circle: position[circle[0]])


def _shortest_circle(graph: Graph, start: str, within: set[str]) -> list[str] | None:
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for after in graph.get(here, ()):
            if after == start:
                way = [start]
                while here != start:
                    way.append(here)
                    here = came_from[here]
                return [start, *reversed(way)]
            if after in within and after not in came_from:
                came_from[after] = here
                waiting.append(after)
    return None


def _knots(graph: Graph) -> list[set[str]]:
    """Strongly connected components (Tarjan 1972), walked with a stack of our own."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_nodes: list[str] = []
    is_open: set[str] = set()
    knots = []
    for root in graph:
        if root in number:
            continue
        walk = [(root, iter(graph.get(root, ())))]
        number[root] = lowest[root] = len(number)
        open_nodes.append(root)
        is_open.add(root)
        while walk:
            here, afters = walk[-1]
            for after in afters:
                if after not in number:
                    number[after] = lowest[after] = len(number)
                    open_nodes.append(after)
                    is_open.add(after)
                    walk.append((after, iter(graph.get(after, ()))))
                    break
                if after in is_open:
                    lowest[here] = min(lowest[here], number[after])
            else:
                walk.pop()
                if walk:
                    lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[here])
                if lowest[here] == number[here]:
                    knot = set()
                    while here not in knot:
                        node = open_nodes.pop()
                        is_open.discard(node)
                        knot.add(node)
                    knots.append(knot)
    return knots
