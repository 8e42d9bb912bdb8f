"""A network from what its members report, and its measures: pure arithmetic, no database and no words for readers.

Graphs are networkx's; what it has no function for is written out with its source. Intervals and tests of change belong
to `network_change`. Gould and Fernandez's brokerage roles are not given: no library at hand counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

#: In the order they are shown. Those of directed networks alone come last.
MEASURES = ("density", "mean_degree", "components", "largest_component", "isolates", "centralisation",
            "betweenness_centralisation", "mean_strength", "reciprocity", "in_centralisation",
            "out_centralisation")  # fmt: skip
DIRECTED_ONLY = ("reciprocity", "in_centralisation", "out_centralisation")


@dataclass(frozen=True)
class Report:
    """One row: a tie as somebody told of it. Without `end`, the reporter answered and named nobody."""

    start: str | None
    end: str | None
    reporter: str | None = None
    strength: float | None = None


@dataclass(frozen=True)
class Observed:
    """What is known of a network: its nodes in order, who of them answered (None: nobody was asked, ties are on
    record), the ties as a matrix of 0 and 1, their strengths (nan where unknown), and reports that were left out
    because an end is no node or both are the same."""

    nodes: tuple[str, ...]
    answered: frozenset[str] | None
    matrix: np.ndarray
    strengths: np.ndarray
    directed: bool
    n_members: int
    n_unknown: int = 0
    n_self: int = 0

    @property
    def n_ties(self) -> int:
        return int(self.matrix.sum()) if self.directed else int(self.matrix.sum()) // 2

    @property
    def n_pairs(self) -> int:
        pairs = len(self.nodes) * (len(self.nodes) - 1)
        return pairs if self.directed else pairs // 2

    @property
    def response(self) -> float | None:
        """The share of all members that answered."""
        return None if self.answered is None or not self.n_members else len(self.answered) / self.n_members

    @property
    def unseen_pairs(self) -> float:
        """The share of pairs of which neither end answered, so that nobody could report their tie."""
        if self.answered is None or len(self.nodes) < 2:
            return 0.0
        silent = sum(node not in self.answered for node in self.nodes)
        return silent * (silent - 1) / (len(self.nodes) * (len(self.nodes) - 1))


def observed(
    members: Sequence[str],
    reports: Iterable[Report],
    answered: Iterable[str] | None,
    directed: bool = False,
    counts_when: Literal["either", "both"] = "either",
    keep: Literal["respondents", "union"] = "respondents",
) -> Observed:
    """The network among `members` by their reports.

    `respondents` keeps those who answered and the ties among them, the available-case approach; `union` keeps all and
    takes one end's word where the other is silent, the reconstruction of Stork & Richards (1992, Group & Organization
    Management 17, 193-209). With `both`, a tie between two who answered needs the reports of both.
    """
    import numpy as np

    known = set(members)
    who = None if answered is None else frozenset(answered) & known
    nodes = tuple(m for m in members if who is None or keep == "union" or m in who)
    place = {node: number for number, node in enumerate(nodes)}
    told: dict[tuple[int, int], set[str | None]] = {}
    strengths: dict[tuple[int, int], list[float]] = {}
    n_unknown = n_self = 0
    for report in reports:
        if report.start is None or report.end is None:
            continue
        if report.start not in known or report.end not in known:
            n_unknown += 1
        elif report.start == report.end:
            n_self += 1
        elif report.start in place and report.end in place:
            pair = place[report.start], place[report.end]
            pair = pair if directed or pair[0] < pair[1] else (pair[1], pair[0])
            told.setdefault(pair, set()).add(report.reporter)
            if report.strength is not None:
                strengths.setdefault(pair, []).append(report.strength)
    matrix = np.zeros((len(nodes), len(nodes)), dtype=np.int8)
    strong = np.full(matrix.shape, np.nan)
    for pair, reporters in told.items():
        ends = {nodes[pair[0]], nodes[pair[1]]}
        if counts_when == "both" and who is not None and not (ends & who) <= reporters:
            continue
        for one in (pair,) if directed else (pair, pair[::-1]):
            matrix[one] = 1
            if pair in strengths:
                strong[one] = sum(strengths[pair]) / len(strengths[pair])
    return Observed(nodes, who, matrix, strong, directed, len(members), n_unknown, n_self)


def graph(network: Observed) -> nx.Graph:
    """The network as a networkx graph, isolated nodes included."""
    import networkx as nx
    import numpy as np

    made = nx.DiGraph() if network.directed else nx.Graph()
    made.add_nodes_from(network.nodes)
    made.add_edges_from((network.nodes[i], network.nodes[j]) for i, j in np.argwhere(network.matrix).tolist())
    return made


def measures(network: Observed) -> dict[str, float | None]:
    """Every measure by its name, None where it is not defined for so few nodes or ties.

    Density, reciprocity (the share of arcs that are returned) and components (weak ones in a directed network) are
    networkx's. Centralisation and betweenness look at who is tied to whom, whichever way.
    """
    import networkx as nx
    import numpy as np

    made = graph(network)
    n, m = made.number_of_nodes(), made.number_of_edges()
    if n == 0:
        return dict.fromkeys(MEASURES)
    plain = made.to_undirected() if network.directed else made
    parts = [len(part) for part in nx.connected_components(plain)]
    strengths = network.strengths[(network.matrix == 1) & ~np.isnan(network.strengths)]
    found: dict[str, float | None] = {
        "density": nx.density(made) if n > 1 else None,
        "mean_degree": (m if network.directed else 2 * m) / n,
        "components": len(parts),
        "largest_component": max(parts) / n,
        "isolates": nx.number_of_isolates(made),
        "centralisation": centralisation([d for _, d in plain.degree()], (n - 1) * (n - 2)),
        "betweenness_centralisation": centralisation(list(nx.betweenness_centrality(plain).values()), n - 1)
        if n > 2 else None,
        "mean_strength": float(strengths.mean()) if len(strengths) else None,
        "reciprocity": nx.overall_reciprocity(made) if network.directed and m else None,
        "in_centralisation": None,
        "out_centralisation": None,
    }  # fmt: skip
    if network.directed:
        found["in_centralisation"] = centralisation([d for _, d in made.in_degree()], (n - 1) ** 2)
        found["out_centralisation"] = centralisation([d for _, d in made.out_degree()], (n - 1) ** 2)
    return found


def centralisation(scores: Sequence[float], largest: float) -> float | None:
    """Freeman's centralisation: how far the others fall short of the most central, as a share of what it would be in a
    star (Freeman 1979, Social Networks 1, 215-239; Wasserman & Faust 1994, chapter 5).

    `largest` is that sum in a star: (n-1)(n-2) for degrees, (n-1)² for degrees in or out, n-1 for betweenness from 0
    to 1. None where it is 0.
    """
    return sum(max(scores) - score for score in scores) / largest if scores and largest > 0 else None


@dataclass(frozen=True)
class Position:
    """Where a node stands. `betweenness` from 0 to 1 (Freeman 1977); `constraint` as Burt (1992, Structural Holes):
    low where contacts do not know one another; None for a node without ties."""

    degree: int
    betweenness: float
    constraint: float | None
    component: int


def positions(network: Observed) -> Mapping[str, Position]:
    """Every node's place in the network, ties taken whichever way they run. Components are numbered by size. None
    where nobody is in the network, because nobody answered."""
    import networkx as nx

    if not network.nodes:
        return {}
    made = graph(network)
    plain = made.to_undirected() if network.directed else made
    between, bound = nx.betweenness_centrality(plain), nx.constraint(plain)
    order = sorted(nx.connected_components(plain), key=lambda part: (-len(part), min(part)))
    component = {node: number for number, part in enumerate(order, 1) for node in part}
    return {
        node: Position(plain.degree(node), between[node], bound[node] if plain.degree(node) else None, component[node])
        for node in network.nodes
    }
