"""A theory in other tools' words: Mermaid and DOT say the same elements, areas and links, and no statement, however
awkward, becomes a part of the chart."""

from __future__ import annotations

import re
from dataclasses import replace

import pygraphviz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.diagram.content import LINK_TYPES, Area, Assumption, Content, Element, Link, content_of
from reports.diagram.dot import dot
from reports.diagram.mermaid import escaped, mermaid
from reports.phrases import Phrases
from reports.theme import Theme

AWKWARD = [
    '"];\n  n0 --> n9', "end", "]]]} ((( |", "שלום עולם", "cittadinə 😀", "<script>alert(1)</script>", "1. Ricerca",
    "- punto", "# titolo", "`codice` *forte* _debole_ ~~no~~", "%%{init: {}}%%", "&quot; #quot;", "$$x^2$$", "a\\",
    "\x07", "",
]  # fmt: skip
THEME = Theme.of()
#: A line of the chart is one of these and nothing else; a label holds no character that Mermaid gives a meaning.
LABEL = r'"(?:[^"#&<>`*_~\\$|{}\[\]\n]|#\d+;|<br/>)+"'
GRAMMAR = re.compile(
    r"flowchart LR|\s+(?:"
    rf"n\d+\[{LABEL}\](?::::[a-z_]+)?|subgraph a\d+\[{LABEL}\]|end|"
    rf"n\d+ (?:-->|==>|-\.->|--x|--o)(?:\|{LABEL}\|)? n\d+|%% [^{{}}\n]*|acc(?:Title|Descr): [^{{}};\n]*|"
    r"classDef [a-z_]+ [a-z0-9:#, -]+)"
)


def theory(statements: list[str]) -> Content:
    elements = [Element(f"E{n}", "activity" if n % 2 else "impact", words, ("", "N", "N1")[n % 3], ("", "met")[n % 2])
                for n, words in enumerate(statements)]  # fmt: skip
    links = [Link(f"E{n}", f"E{n + 1}", LINK_TYPES[n % len(LINK_TYPES)], n == 0, ("AS",) if n == 1 else ())
             for n in range(len(elements) - 1)]  # fmt: skip
    return Content(
        statements[0], tuple(elements), tuple(links), (Area("N", statements[-1]), Area("N1", "Dentro", "N")),
        (Assumption("AS", "A", statements[0], "untested"),), invented=True,
    )  # fmt: skip


def unescaped(label: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label)


def test_mermaid_says_every_element_area_and_link():
    chart = mermaid(theory(["Fondi", "Corsi", "Esiti"]), Phrases("it"), THEME).splitlines()
    assert chart[0] == "flowchart LR"
    assert [line.strip() for line in chart if "[" in line] == [
        'n0["Fondi"]', 'subgraph a0["Esiti"]', 'n1["Corsi<br/>(raggiunto)"]:::met', 'subgraph a1["Dentro"]',
        'n2["Esiti"]',
    ]  # fmt: skip
    assert '    n0 ==>|"produce"| n1' in chart
    assert '    n1 -.->|"contribuisce a (A)"| n2' in chart
    assert "    %% A: Fondi" in chart
    assert sum(line.strip() == "end" for line in chart) == 2


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_statement_stays_a_label_in_mermaid(text):
    chart = mermaid(theory([text, "b", text]), Phrases("it"), THEME)
    assert all(GRAMMAR.fullmatch(line) for line in chart.splitlines()), chart
    assert unescaped(escaped(text)).split() == re.sub(r"[\x00-\x08]", "", text).split()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=2, max_size=6))
def test_whatever_is_written_every_line_of_mermaid_is_one_of_the_chart(statements):
    chart = mermaid(theory(statements), Phrases("en"), THEME)
    assert all(GRAMMAR.fullmatch(line) for line in chart.rstrip("\n").split("\n")), chart


@pytest.mark.parametrize("text", ["1. Ricerca", "2) Ascolto", "- punto", "+ punto"])
def test_mermaid_takes_no_statement_for_a_list(text):
    assert not re.match(r"\d+[.)]|[-+]\s", escaped(text))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=40)), min_size=2, max_size=6))
def test_graphviz_reads_what_was_written(statements):
    content = theory(statements)
    graph = pygraphviz.AGraph(dot(content, Phrases("it"), THEME))
    assert sorted(graph.nodes()) == sorted(f"n{n}" for n in range(len(content.elements)))
    assert len(graph.edges()) == len(content.links)


def test_dot_keeps_columns_areas_and_looks(report):
    content = replace(content_of(report, report.period("1978"), "en", "Theory"))
    graph = pygraphviz.AGraph(dot(content, Phrases("en"), THEME))
    assert graph.graph_attr["rankdir"] == "LR"
    assert sum(sub.graph_attr["rank"] == "same" for sub in graph.subgraphs()) == len(content.columns)
    names = {element.id: f"n{n}" for n, element in enumerate(content.elements)}
    assert graph.get_node(names["OC-JOB"]).attr["fillcolor"] == THEME.light.tints["met"]
    nested = pygraphviz.AGraph(dot(theory(["Fondi", "Corsi", "Esiti"]), Phrases("it"), THEME))
    outer = next(sub for sub in nested.subgraphs() if (sub.name or "").startswith("cluster"))
    assert [inner.graph_attr["label"] for inner in outer.subgraphs()] == ["Dentro"]
