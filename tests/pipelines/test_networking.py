"""Registers of organisations and ties in, the published tables on networks out."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.networking import describe_networks
from tests.indicators.conftest import programme_with
from tests.indicators.tied import HALVES, PLAIN, world
from warehouse.modelling import model

WAVES = [
    ("a", "b", "help", None, "2024-02-01"),
    ("a", "b", "help", None, "2025-03-01"),
    ("b", "c", "help", None, "2025-03-01"),
    ("c", "d", "money", None, "2025-03-01"),
    ("d", "e", "money", None, "2025-03-01"),
]
NAMED = {**PLAIN, "nodes": {"column": "orgs.org", "name": "title", "group": "form", "public": True}}


def described(network: dict, ties: list[tuple] = WAVES, least: int = 1, **more) -> dict[str, pd.DataFrame]:
    connection, tables = world(ties, network, **more)
    return describe_networks(connection, tables, programme_with(HALVES, smallest_group=least))


def rows(found: dict[str, pd.DataFrame], measure: str, kind: str = "all") -> pd.DataFrame:
    table = found["networks"]
    return table[(table["measure"] == measure) & (table["kind"] == kind)].set_index(["wave", "compared_with"])


def test_a_measure_has_a_row_for_each_wave_and_one_for_what_changed():
    found = rows(described(PLAIN), "density")["value"]
    assert found["2024-H1", None] == pytest.approx(0.1)
    assert found["2025-H1", None] == pytest.approx(0.4)
    assert found["2025-H1", "2024-H1"] == pytest.approx(0.3)


def test_a_change_has_its_interval_its_p_and_says_how():
    row = rows(described(PLAIN), "density").loc[("2025-H1", "2024-H1")]
    assert row["ci_low"] < 0.3 < row["ci_high"] and row["ci_level"] == 0.95
    assert row["p_value"] == pytest.approx(1 / 4, abs=0.06)  # three pairs changed, all one way: 2 of 8 exchanges
    assert row["method"].endswith("bootstrap of nodes (2000 draws); exchange of waves within pairs (999 rounds)")


def test_what_no_bootstrap_of_nodes_suits_has_a_p_alone():
    row = rows(described(PLAIN), "components").loc[("2025-H1", "2024-H1")]
    assert row["value"] == -3 and row["p_value"] > 0 and pd.isna(row["ci_low"])


def test_every_kind_of_tie_is_a_network_of_all_nodes():
    found = rows(described(PLAIN), "density", "money")
    assert found.loc[("2025-H1", None), "value"] == pytest.approx(0.2)
    assert found.loc[("2025-H1", None), "n_nodes"] == 5


def test_runs_give_the_same():
    one, two = described(PLAIN), described(PLAIN)
    for name in one:
        pd.testing.assert_frame_equal(one[name], two[name])


def test_change_is_that_of_the_nodes_of_both_waves():
    network = {**PLAIN, "reported_by": "who", "non_response": {"at_least": 0.5}}
    ties = [("a", "b", "help", "a", "2024-02-01"), ("b", None, None, "b", "2024-02-01"),
            ("c", "d", "help", "c", "2024-02-01"), ("d", None, None, "d", "2024-02-01"),
            ("a", "b", "help", "a", "2025-02-01"), ("b", "c", "help", "b", "2025-02-01"),
            ("c", None, None, "c", "2025-02-01"), ("e", "a", "help", "e", "2025-02-01")]  # fmt: skip
    row = rows(described(network, ties), "density").loc[("2025-H1", "2024-H1")]
    assert row["n_nodes"] == 3 and row["value"] == pytest.approx(2 / 3 - 1 / 3)


def test_nodes_are_named_only_where_they_are_public():
    closed = described(PLAIN)["network_nodes"]
    assert closed["name"].isna().all() and set(closed["node"]) == {"001", "002", "003", "004", "005"}
    open_ = described(NAMED)["network_nodes"]
    assert open_.loc[open_["node"] == "a", "name"].tolist() == ["Org a", "Org a"]
    assert set(open_["group"]) == {"coop"}


def test_who_stands_between_and_who_stands_apart():
    found = described(NAMED)["network_nodes"].set_index(["wave", "node"])
    assert found.loc[("2025-H1", "c"), "betweenness"] == pytest.approx(4 / 6)
    apart = found.loc[("2024-H1", "e")]
    assert apart["degree"] == 0 and pd.isna(apart["constraint"]) and apart["component"] > 1


def test_who_did_not_answer_is_listed_without_a_place():
    network = {**NAMED, "reported_by": "who", "non_response": {"at_least": 0}}
    ties = [
        ("a", "b", "help", "a", "2025-02-01"),
        ("b", "e", "help", "b", "2025-02-01"),
        ("c", None, None, "c", "2025-02-01"),
    ]
    found = described(network, ties)["network_nodes"].set_index("node")
    assert not found.loc["e", "answered"] and not found.loc["e", "in_network"] and pd.isna(found.loc["e", "degree"])


def test_ties_say_their_kinds():
    found = described(NAMED)["network_ties"].set_index(["wave", "node_from", "node_to"])["kinds"]
    assert found["2025-H1", "c", "d"] == "money" and found["2025-H1", "a", "b"] == "help"


def test_persons_have_measures_and_no_picture():
    found = described(PLAIN, key_type="person")
    assert len(found["networks"]) and not len(found["network_nodes"]) and not len(found["network_ties"])


def test_a_small_network_is_held_back_unless_its_nodes_are_public():
    found = described(PLAIN, least=6)
    assert set(found["networks"]["status"]) == {"suppressed"} and found["networks"]["value"].isna().all()
    assert found["networks"]["n_nodes"].isna().all() and not len(found["network_nodes"])
    assert "suppressed" not in set(described(NAMED, least=6)["networks"]["status"])


def test_too_few_answers_are_no_measure_and_no_change():
    network = {**PLAIN, "reported_by": "who"}
    ties = [("a", "b", "help", "a", "2025-02-01")]
    found = described(network, ties)["networks"]
    assert set(found["status"]) == {"not_computable"} and found["value"].isna().all()


def test_columns_are_those_of_the_models():
    found = described(PLAIN)
    assert all(list(frame.columns) == list(model("core", name).column_names) for name, frame in found.items())
