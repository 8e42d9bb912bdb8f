"""Graphviz in a process of its own: DOT on stdin, places as JSON on stdout. Run as a file, never imported. An argument
names one of its programs other than `dot`.

Graphviz is C: on an odd graph it may stop the whole process or never finish. Here it can only take this one with it.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    import pygraphviz

    graph = pygraphviz.AGraph(sys.stdin.read())
    graph.layout(prog=sys.argv[1] if len(sys.argv) > 1 else "dot")
    clusters: dict[str, str] = {}

    def collect(parent: pygraphviz.AGraph) -> None:
        for inner in parent.subgraphs():
            if (inner.name or "").startswith("cluster"):
                clusters[inner.name] = inner.graph_attr["bb"]
                collect(inner)

    collect(graph)
    found = {
        "nodes": {str(node): node.attr["pos"] for node in graph.nodes()},
        "edges": {edge.attr["id"]: edge.attr["pos"] or "" for edge in graph.edges() if edge.attr["id"]},
        "clusters": clusters,
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
