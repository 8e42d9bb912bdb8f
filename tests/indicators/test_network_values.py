"""A register of organisations and one of ties in, the measures of the network by period and kind out."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from pipelines.indicators.estimate import compute
from tests.indicators.conftest import programme_with, theory_with
from tests.indicators.tied import HALVES, PLAIN, world
from theory_of_change.tables import Table


def values(connection: duckdb.DuckDBPyConnection, tables: dict[str, Table], measure: dict, **more) -> pd.DataFrame:
    theory = theory_with([{"id": "IN", "measure": {"from": "ties", **measure}, "unit": "number", **more}])
    programme = programme_with(HALVES, smallest_group=1)
    found = compute(connection, theory, programme, tables, "snapshot", {}).values
    return found.set_index(["period", "dimension", "category"])


TWO_WAVES = [
    ("a", "b", "help", None, "2024-02-01"),
    ("a", "b", "help", None, "2025-03-01"),
    ("b", "c", "help", None, "2025-03-01"),
    ("d", "e", "money", None, "2025-03-02"),
    ("c", "a", "help", None, "2025-03-02"),
]


def test_each_period_has_its_network_and_longer_ones_that_of_their_last_wave():
    found = values(*world(TWO_WAVES, PLAIN), {"network": "density"})["value"]
    assert found["2024-H1", "all", "all"] == pytest.approx(0.1)
    assert found["2025-H1", "all", "all"] == pytest.approx(0.4)
    assert found["2024", "all", "all"] == pytest.approx(0.1)
    assert found["2025", "all", "all"] == found["all", "all", "all"] == pytest.approx(0.4)


def test_a_period_without_ties_reported_has_no_network():
    found = values(*world(TWO_WAVES, PLAIN), {"network": "density"})
    assert found.loc[("2024-H2", "all", "all"), "status"] == "no_data"


def test_the_density_says_how_many_ties_of_how_many_pairs():
    row = values(*world(TWO_WAVES, PLAIN), {"network": "density"}).loc[("2025-H1", "all", "all")]
    assert (row["n"], row["numerator"], row["denominator"]) == (5, 4, 10)
    assert row["method"] == "network density; undirected; ties on record"


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("components", 2), ("mean_degree", 1.6), ("centralisation", (0 * 3 + 1 * 2) / 12)],
)
def test_the_other_measures(measure, expected):
    """a, b and c in a triangle, d and e a pair: degrees 2, 2, 2, 1, 1."""
    found = values(*world(TWO_WAVES, PLAIN), {"network": measure})
    assert found.loc[("2025-H1", "all", "all"), "value"] == pytest.approx(expected)


def test_a_network_by_kind_of_tie_keeps_all_its_nodes():
    found = values(*world(TWO_WAVES, PLAIN), {"network": "density"}, disaggregation=["kind"])
    assert found.loc[("2025-H1", "kind", "help"), "value"] == pytest.approx(0.3)
    assert found.loc[("2025-H1", "kind", "money"), "value"] == pytest.approx(0.1)
    assert found.loc[("2024-H1", "kind", "money"), "value"] == 0  # asked about, and there is none


def test_a_filter_takes_ties_out_not_nodes():
    found = values(*world(TWO_WAVES, PLAIN), {"network": "density", "where": "kind = 'money'"})
    assert found.loc[("2025-H1", "all", "all"), "value"] == pytest.approx(0.1)


def test_organisations_count_while_they_exist():
    nodes = [("a", None, None, True), ("b", None, None, True), ("c", "2024-12-01", None, True),
             ("d", None, "2024-12-31", True), ("e", "2025-01-01", None, True)]  # fmt: skip
    network = {**PLAIN, "nodes": {"column": "orgs.org", "first_seen": "since", "last_seen": "until"}}
    found = values(*world(TWO_WAVES, network, nodes), {"network": "density"})
    assert found["n"]["2024-H1", "all", "all"] == 3  # a, b, d
    late = found.loc[("2025-H1", "all", "all")]
    assert late["n"] == 4 and late["value"] == pytest.approx(3 / 6)
    assert "an end is not among the nodes of that time: 1" in late["note"]


def test_a_census_has_no_interval_a_superpopulation_one_of_the_bootstrap():
    drawn = world(TWO_WAVES, PLAIN)
    assert pd.isna(values(*drawn, {"network": "density"}).loc[("2025-H1", "all", "all"), "ci_low"])
    row = values(*drawn, {"network": "density"}, uncertainty={"mode": "superpopulation"}).loc[("2025-H1", "all", "all")]
    assert row["ci_low"] < row["value"] < row["ci_high"] and row["method"].endswith("bootstrap of nodes")


def test_a_rule_of_none_leaves_years_without_a_value():
    found = values(*world(TWO_WAVES, PLAIN), {"network": "density"}, aggregation={"time": "none"})
    assert found.loc[("2025", "all", "all"), "status"] == "not_computable"
    assert found.loc[("2025-H1", "all", "all"), "status"] == "ok"


# Who answered --------------------------------------------------------------------------------------------------------

ASKED = {**PLAIN, "reported_by": "who"}
TOLD = [
    ("a", "b", "help", "a", "2025-03-01"),
    ("b", "d", "help", "b", "2025-03-01"),
    ("c", "a", "help", "c", "2025-03-01"),
    ("d", None, None, "d", "2025-03-01"),
]


def test_only_respondents_count_and_the_note_says_how_many_they_are():
    row = values(*world(TOLD, ASKED), {"network": "density"}).loc[("2025-H1", "all", "all")]
    assert (row["n"], row["value"]) == (4, pytest.approx(3 / 6))
    assert row["note"] == "4 of 5 answered (80%): only they count, and the ties among them"


def test_the_union_keeps_everybody():
    union = {**ASKED, "non_response": {"count": "union", "at_least": 0}}
    row = values(*world(TOLD[:2], union), {"network": "density"}).loc[("2025-H1", "all", "all")]
    assert (row["n"], row["value"]) == (5, pytest.approx(2 / 10))
    assert "of 30.0% of the pairs neither end answered" in row["note"]


def test_too_few_answers_give_no_number_unless_that_is_accepted():
    row = values(*world(TOLD[:2], ASKED), {"network": "density"}).loc[("2025-H1", "all", "all")]
    assert row["status"] == "not_computable" and row["note"].startswith("fewer than 70% of the nodes answered")
    accepted = {**ASKED, "non_response": {"accepted": {"en": "the two that lead were asked"}}}
    row = values(*world(TOLD[:2], accepted), {"network": "density"}).loc[("2025-H1", "all", "all")]
    assert row["status"] == "ok" and row["note"].endswith("the two that lead were asked")


def test_a_network_nobody_answered_for_says_so():
    nodes = [(one, None, None, False) for one in "abcde"]
    network = {**PLAIN, "nodes": {"column": "orgs.org", "answered": "asked"}}
    row = values(*world(TOLD, network, nodes), {"network": "components"}).loc[("2025-H1", "all", "all")]
    assert (row["status"], row["note"]) == ("not_computable", "nobody answered")


def test_a_column_of_the_nodes_may_say_who_answered():
    nodes = [(one, None, None, one != "e") for one in "abcde"]
    network = {**PLAIN, "nodes": {"column": "orgs.org", "answered": "asked"}}
    row = values(*world(TOLD, network, nodes), {"network": "density"}).loc[("2025-H1", "all", "all")]
    assert (row["n"], row["value"]) == (4, pytest.approx(3 / 6))


def test_reciprocity_of_directed_ties():
    back = [*TOLD, ("b", "a", "help", "b", "2025-03-01")]
    row = values(*world(back, ASKED | {"directed": True}), {"network": "reciprocity"}).loc[("2025-H1", "all", "all")]
    assert row["value"] == pytest.approx(2 / 4)


def test_nothing_delivered_is_no_data():
    connection, tables = world(TWO_WAVES, PLAIN)
    connection.execute("drop table core.orgs")
    assert set(values(connection, tables, {"network": "density"})["status"]) == {"no_data"}


def test_a_network_smaller_than_the_smallest_group_is_suppressed():
    from warehouse.disclosure import protected

    connection, tables = world(TWO_WAVES, PLAIN)
    theory = theory_with([{"id": "IN", "measure": {"from": "ties", "network": "density"}, "unit": "number"}])
    programme = programme_with(HALVES, smallest_group=6)
    found = protected(compute(connection, theory, programme, tables, "s", {}).values, theory, programme)
    assert set(found["status"]) == {"suppressed", "no_data"}
