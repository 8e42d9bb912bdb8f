"""Networks known from the literature give the numbers printed for them; non-response does what it says."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from pipelines.analysis.network_change import TESTED, statistics
from pipelines.analysis.networks import DIRECTED_ONLY, MEASURES, Observed, Report, measures, observed, positions


def known(graph: nx.Graph) -> Observed:
    names = {node: f"n{node}" for node in graph}
    ties = [Report(names[a], names[b]) for a, b in graph.edges]
    return observed(list(names.values()), ties, None, graph.is_directed())


def florentine() -> nx.Graph:
    """Marriages among Florentine families (Padgett & Ansell 1993), with the Pucci, who married into none."""
    graph = nx.florentine_families_graph()
    graph.add_node("Pucci")
    return graph


def test_the_florentine_families_as_wasserman_and_faust_print_them():
    """Social Network Analysis (1994), chapters 4 and 5: density 0.167, centralisation of degrees 0.267, of betweenness
    0.437 among the fifteen who married; with the Pucci it is 0.383."""
    found = measures(known(florentine()))
    assert found["density"] == pytest.approx(20 / 120)
    assert found["mean_degree"] == pytest.approx(2.5)
    assert found["components"] == 2 and found["isolates"] == 1
    assert found["largest_component"] == pytest.approx(15 / 16)
    assert found["centralisation"] == pytest.approx(0.267, abs=5e-4)
    assert found["betweenness_centralisation"] == pytest.approx(0.383, abs=5e-4)
    assert measures(known(nx.florentine_families_graph()))["betweenness_centralisation"] == pytest.approx(
        0.437, abs=5e-4
    )


def test_the_medici_stand_between_half_of_all_pairs():
    """0.522 among the fifteen families that married (Jackson 2008, Social and Economic Networks,
    chapter 1), low constraint, the highest degree."""
    place = positions(known(nx.florentine_families_graph()))["nMedici"]
    assert place.betweenness == pytest.approx(0.522, abs=5e-4)
    assert place.degree == 6 and place.constraint == pytest.approx(0.210, abs=5e-4)


def test_zacharys_karate_club():
    """34 members, 78 ties: density 0.139; degrees fall short of the largest, 17, by 34 * 17 - 156 = 422."""
    found = measures(known(nx.Graph(nx.karate_club_graph().edges)))
    assert found["density"] == pytest.approx(0.139, abs=5e-4)
    assert found["mean_degree"] == pytest.approx(4.588, abs=5e-4)
    assert found["centralisation"] == pytest.approx(422 / (33 * 32))
    assert found["components"] == 1


def test_krackhardts_kite_by_its_three_heroes():
    """Degree: Diane, 6. Betweenness: Heather, 14 of 36 pairs; Fernando and Garth 8⅓ (Krackhardt 1990)."""
    places = positions(known(nx.krackhardt_kite_graph()))
    assert max(places, key=lambda name: places[name].degree) == "n3" and places["n3"].degree == 6
    assert places["n7"].betweenness == pytest.approx(14 / 36)
    assert places["n5"].betweenness == places["n6"].betweenness == pytest.approx(25 / 3 / 36)


def test_a_graph_checked_by_hand():
    """A path a-b-c and a node alone: 2 of 6 pairs, degrees 1, 2, 1, 0, so (1 + 0 + 1 + 2) / 6 = 2/3."""
    found = measures(observed("abcd", [Report("a", "b"), Report("b", "c")], None))
    assert {name: found[name] for name in ("density", "mean_degree", "components", "isolates")} == {
        "density": pytest.approx(1 / 3), "mean_degree": 1, "components": 2, "isolates": 1,
    }  # fmt: skip
    assert found["centralisation"] == pytest.approx(2 / 3)
    assert found["largest_component"] == pytest.approx(3 / 4)
    assert [found[name] for name in DIRECTED_ONLY] == [None, None, None]


def test_a_directed_star_by_hand():
    """Three send to one, who answers one of them: 4 of 12 arcs, 2 of 4 returned; degrees in 3, 1, 0, 0."""
    arcs = [Report("b", "a"), Report("c", "a"), Report("d", "a"), Report("a", "b")]
    found = measures(observed("abcd", arcs, None, directed=True))
    assert found["density"] == pytest.approx(1 / 3) and found["mean_degree"] == 1
    assert found["reciprocity"] == pytest.approx(0.5)
    assert found["in_centralisation"] == pytest.approx((0 + 2 + 3 + 3) / 9)
    assert found["out_centralisation"] == pytest.approx(0)
    assert found["centralisation"] == pytest.approx(1)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_quick_measures_are_those_of_networkx(seed, directed):
    network = known(nx.gnp_random_graph(14, 0.15, seed=seed, directed=directed))
    found = measures(network)
    quick = statistics(network.matrix, TESTED)
    for name in TESTED:
        assert found[name] is None or quick[name] == pytest.approx(found[name]), name


def test_nothing_is_computed_where_nothing_is_defined():
    assert measures(observed([], [], None)) == dict.fromkeys(MEASURES)
    alone = measures(observed(["a"], [], None))
    assert alone["density"] is None and alone["centralisation"] is None and alone["components"] == 1


# Non-response --------------------------------------------------------------------------------------------------------

TOLD = [Report("a", "b", "a"), Report("a", "b", "b"), Report("a", "c", "a"), Report("b", "d", "b"),
        Report("c", None, "c")]  # fmt: skip


def test_only_those_who_answered_and_ties_among_them():
    network = observed("abcd", TOLD, "abc")
    assert network.nodes == ("a", "b", "c") and network.n_ties == 2
    assert network.response == pytest.approx(0.75)


def test_the_union_takes_the_word_of_one_end_and_says_what_nobody_saw():
    network = observed("abcde", TOLD, "abc", keep="union")
    assert network.nodes == tuple("abcde") and network.n_ties == 3
    assert network.unseen_pairs == pytest.approx(1 / 10)  # d and e


def test_a_tie_that_both_must_report_needs_both_where_both_answered():
    assert observed("abcd", TOLD, "abc", counts_when="both").n_ties == 1
    assert observed("abcd", TOLD, "abc", counts_when="both", keep="union").n_ties == 2  # b's word, d was silent


def test_ties_to_strangers_and_to_oneself_are_left_out_and_counted():
    network = observed("ab", [Report("a", "b"), Report("a", "z"), Report("b", "b")], None)
    assert (network.n_ties, network.n_unknown, network.n_self) == (1, 1, 1)


def test_strengths_of_one_tie_told_twice_are_averaged():
    network = observed("ab", [Report("a", "b", "a", 1.0), Report("b", "a", "b", 4.0)], "ab")
    assert measures(network)["mean_strength"] == pytest.approx(2.5)
    assert np.isnan(network.strengths[0, 0])
