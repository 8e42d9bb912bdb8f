"""The bootstrap of nodes against every possible draw of a small network, the permutation against its exact p-value."""

from __future__ import annotations

from itertools import combinations, product

import networkx as nx
import numpy as np
import pytest

from pipelines.analysis.network_change import changes, seed_of, standard_errors


def matrix_of(edges: list[tuple[int, int]], n: int) -> np.ndarray:
    made = np.zeros((n, n), dtype=np.int8)
    for a, b in edges:
        made[a, b] = made[b, a] = 1
    return made


def exact_error(values: np.ndarray) -> float:
    """The error over all nⁿ draws of nodes. A pair of copies is a pair of the network drawn at random, so its mean and
    variance over those are known; `values` holds a number for each pair."""
    n = len(values)
    pairs = [values[i, j] for i, j in combinations(range(n), 2)]
    mean, spread, total = np.mean(pairs), np.var(pairs), len(pairs)
    means, variances = [], []
    for drawn in product(range(n), repeat=n):
        ends = list(combinations(drawn, 2))
        means.append(sum(mean if a == b else values[a, b] for a, b in ends) / total)
        variances.append(sum(a == b for a, b in ends) * spread / total**2)
    return float(np.sqrt(np.var(means) + np.mean(variances)))


def test_the_error_of_a_density_is_that_over_all_draws():
    path = matrix_of([(0, 1), (1, 2), (2, 3)], 4)
    found = standard_errors(["density"], path, draws=4000)["density"]
    assert found == pytest.approx(exact_error(path), rel=0.05)


def test_the_error_of_a_difference_is_that_of_the_paired_draws():
    before, after = matrix_of([(0, 1)], 5), matrix_of([(0, 1), (1, 2), (2, 3), (3, 4)], 5)
    found = standard_errors(["density"], before, after, draws=4000)["density"]
    assert found == pytest.approx(exact_error(after.astype(int) - before), rel=0.05)


def test_a_mean_degree_errs_as_its_density_does():
    karate = nx.to_numpy_array(nx.karate_club_graph(), weight=None).astype(np.int8)
    found = standard_errors(["density", "mean_degree"], karate, draws=500)
    assert found["mean_degree"] == pytest.approx(33 * found["density"])


def test_the_permutation_is_the_sign_test_of_the_pairs_that_changed():
    """Six pairs gained a tie, none lost one: of the 64 ways to exchange them 2 are as far apart, p = 1/32."""
    before, after = matrix_of([], 6), matrix_of([(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)], 6)
    found = changes(before, after, ["density", "components"], draws=9, exchanges=2999)
    assert found["density"].difference == pytest.approx(6 / 15)
    assert found["density"].p_value == pytest.approx(1 / 32, abs=0.012)
    assert found["components"].difference == -4 and found["components"].std_error is None


def test_two_equal_waves_have_changed_nothing():
    same = matrix_of([(0, 1), (2, 3)], 5)
    found = changes(same, same.copy(), ["density", "centralisation"], draws=99, exchanges=99)
    assert found["density"].difference == 0 and found["density"].p_value == 1
    assert (found["density"].low, found["density"].high) == (0, 0)


def test_runs_agree_and_names_do_not_matter():
    before, after = matrix_of([(0, 1), (1, 2)], 6), matrix_of([(0, 1), (3, 4), (4, 5)], 6)
    assert changes(before, after, ["density"], draws=99, exchanges=99) == changes(
        before, after, ["density"], draws=99, exchanges=99
    )
    assert seed_of(before) == seed_of(before.copy()) != seed_of(after)


def test_networks_with_the_same_tendency_seldom_seem_to_have_changed():
    """Of a hundred pairs of waves drawn alike, about five differ at five percent; far more would be a faulty test."""
    found = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        waves = []
        for _ in range(2):
            upper = np.triu(generator.random((15, 15)) < 0.2, 1).astype(np.int8)
            waves.append(upper | upper.T)
        found += changes(*waves, ["density"], draws=2, exchanges=99)["density"].p_value <= 0.05
    assert found <= 11  # a chance of one in a hundred at five percent


def test_too_small_a_network_has_no_change():
    assert changes(matrix_of([], 2), matrix_of([(0, 1)], 2), ["density"]) == {}
