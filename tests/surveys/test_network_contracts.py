"""A register that says it is a network: what follows from it, and every mistake at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.sources import read_sources
from theory_of_change.programme import Workspace

ORGS = """\
id: orgs
title: Organisations
key: [org]
columns:
  - {name: org, type: organisation}
  - {name: name, type: text}
  - {name: since, type: date}
  - {name: asked, type: boolean}
"""
TIES = """\
id: ties
title: Ties
date: day
columns:
  - {name: a, type: organisation}
  - {name: b, type: organisation}
  - {name: kind, type: category}
  - {name: strong, type: integer}
  - {name: who, type: organisation}
  - {name: day, type: date}
network: NETWORK
"""


@pytest.fixture
def read(tmp_path: Path):
    def run(network: str, orgs: str = ORGS):
        (tmp_path / "registers").mkdir(exist_ok=True)
        (tmp_path / "registers" / "orgs.yml").write_text(orgs, encoding="utf-8")
        (tmp_path / "registers" / "ties.yml").write_text(TIES.replace("NETWORK", network), encoding="utf-8")
        return read_sources(Workspace(tmp_path), None)

    return run


def test_both_ends_must_be_among_the_nodes(read):
    sources, problems = read("{from: a, to: b, nodes: orgs.org, kind: kind, strength: strong, reported_by: who}")
    assert problems == []
    table = sources["ties"].table
    assert table.column("a").references == table.column("b").references == "orgs.org"
    assert table.column("a").required and not table.column("b").required  # an answer may name nobody
    assert table.network.nodes.key == "org" and table.network.non_response.at_least == 0.7


@pytest.mark.parametrize(
    ("network", "codes"),
    [
        ("{from: aa, to: b, nodes: orgs.org}", ["network-column-unknown"]),
        ("{from: a, to: a, nodes: orgs.org}", ["network-one-end"]),
        ("{from: a, to: b, nodes: orgs.org, strength: kind}", ["network-strength-type"]),
        ("{from: a, to: b, nodes: orgs.org, counts_when: both}", ["network-both-unreported"]),
        ("{from: a, to: b, nodes: orgs}", ["network-nodes-form"]),
        ("{from: a, to: b, nodes: people.org}", ["network-nodes-unknown", "reference-source-unknown"]),
        ("{from: a, to: b, nodes: {column: orgs.org, name: nome}}", ["network-nodes-column-unknown"]),
        ("{from: a, to: b, nodes: {column: orgs.org, first_seen: name}}", ["network-nodes-column-type"]),
        ("{from: a, to: b, nodes: {column: orgs.org, answered: {'1': since}}}", ["network-nodes-column-type"]),
        ("{from: a, to: b, nodes: orgs.org, waves: day}", ["key-misspelt"]),
    ],
)
def test_each_mistake_has_its_name(read, network, codes):
    found = [problem.code for problem in read(network)[1]]
    assert set(found) <= set(codes) and codes[0] in found


def test_persons_are_never_named(read):
    persons = ORGS.replace("{name: org, type: organisation}", "{name: org, type: person}")
    problems = read("{from: a, to: b, nodes: {column: orgs.org, public: true}}", persons)[1]
    assert [problem.code for problem in problems] == ["network-public-persons"]
