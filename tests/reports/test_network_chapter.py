"""What a report says and shows of a network: who answered, what changed, everybody in the same place in every wave."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import duckdb
import pytest
from pages import whole_report
from publication import publish_small

from reports.network_placement import spread
from warehouse.modelling import models

NODES = "abcdef"


def network_row(wave: str, measure: str, value: float | None, **more) -> dict:
    row = {"source": "ties", "wave": wave, "kind": "all", "measure": measure, "value": value, "n_nodes": 5, "n_ties": 3,
           "n_answered": 5, "n_members": 6, "method": "undirected; among respondents", "directed": False,
           "status": "ok",
           "position": int(wave) - 2024, "title_it": "Legami", "title_en": "Ties", "day": f"{wave}-05-01",
           "ci_level": 0.95}  # fmt: skip
    return {**row, **more}


@pytest.fixture
def publish(tmp_path: Path):
    def run(change: dict | None = None, names: bool = True, **second) -> Path:
        path = publish_small(tmp_path / "published.duckdb")
        rows = [network_row("2024", "density", 0.1), network_row("2024", "isolates", 1.0),
                network_row("2025", "density", 0.3, **second), network_row("2025", "isolates", 0.0)]  # fmt: skip
        if change:
            rows.append(network_row("2025", "density", compared_with="2024", n_nodes=4, **change))
        nodes = [
            {"source": "ties", "wave": wave, "node": node, "name": f"Org {node}" if names else None, "group": "coop",
             "answered": node != "f", "in_network": node != "f", "degree": None if node == "f" else 2,
             "betweenness": 0.5 if node == "b" else 0.0, "component": 1, "position": int(wave) - 2024,
             "day": f"{wave}-05-01"}
            for wave in ("2024", "2025") for node in NODES
        ]  # fmt: skip
        ties = [("2024", "a", "b"), ("2025", "a", "b"), ("2025", "b", "c"), ("2025", "c", "d")]
        with duckdb.connect(str(path)) as connection:
            for table, found in (("networks", rows), ("network_nodes", nodes)):
                connection.execute(models("out")[table].ddl('"out"'))
                for row in found:
                    columns = ", ".join(f'"{name}"' for name in row)
                    slots = ", ".join("?" * len(row))
                    connection.execute(f"insert into out.{table} ({columns}) values ({slots})", list(row.values()))
            connection.execute(models("out")["network_ties"].ddl('"out"'))
            for wave, one, two in ties:
                connection.execute(
                    "insert into out.network_ties values ('ties', ?, ?, ?, null, null)", [wave, one, two]
                )
        return path

    return run


def chapter(published: Path, folder: Path, language: str = "en") -> str:
    source = whole_report(published, folder, language).replace("\\:", ":")
    return re.search(r"^# \w+ \{#networks\}.*?(?=^# )", source, re.M | re.S)[0]


def test_a_clear_change_is_said_to_be_more_than_chance(publish, tmp_path):
    said = chapter(publish({"value": 0.2, "ci_low": 0.05, "ci_high": 0.35, "p_value": 0.01}), tmp_path / "r")
    assert "In wave 2025, 5 of 6 organisations answered (83%)." in said
    assert "Among 5 organisations there are 3 ties: 30.0% of the pairs are tied." in said
    assert "rose by 20.0 percentage points (95% interval: 5.0 to 35.0): more than chance explains" in said


def test_a_change_whose_interval_holds_zero_may_be_chance(publish, tmp_path):
    said = chapter(publish({"value": 0.2, "ci_low": -0.05, "ci_high": 0.45, "p_value": 0.2}), tmp_path / "r", "it")
    assert "può essere un caso" in said and "più di quanto spieghi il caso" not in said


def test_a_network_without_its_change_says_so(publish, tmp_path):
    assert "cannot be told" in chapter(publish(), tmp_path / "r")


def test_too_few_answers_are_no_number(publish, tmp_path):
    said = chapter(publish(status="not_computable"), tmp_path / "r")
    assert "Too few organisations answered in wave 2025 to measure the network." in said


def test_nodes_keep_their_place_and_the_silent_their_sign(publish, tmp_path):
    published = publish()
    chapter(published, tmp_path / "r")
    drawn = [ET.fromstring((tmp_path / "r" / f"figures/network-ties-{n}.svg").read_text()) for n in (1, 2)]
    found = []
    for svg in drawn:
        places = {}
        for group in svg.iter("{http://www.w3.org/2000/svg}g"):
            name = group.find("{http://www.w3.org/2000/svg}title").text.split(":")[0]
            mark = list(group)[-1]
            places[name] = (mark.get("cx"), mark.get("cy")) if mark.tag.endswith("circle") else mark.get("d")
        found.append(places)
    assert set(found[0]) == {f"Org {node}" for node in NODES}
    assert found[0] == found[1]
    assert found[0]["Org f"].startswith("M")  # a diamond: did not answer


def test_names_are_shown_only_where_they_are_published(publish, tmp_path):
    named = publish()
    assert "| Org b [b" in chapter(named, tmp_path / "named")
    named.unlink()
    assert "Who stands between" not in chapter(publish(names=False), tmp_path / "unnamed")


def test_a_layout_is_always_the_same_and_inside_its_field():
    ties = {("a", "b"): 1.0, ("b", "c"): 2.0, ("d", "e"): 1.0}
    one = spread(list("abcde"), ties)
    assert one == spread(list("abcde"), ties)
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in one.values())
    assert len(set(one.values())) == 5


def test_without_graphviz_the_nodes_stand_in_a_ring():
    found = spread(list("abcd"), {("a", "b"): 1.0}, patience=0.0)
    assert found["a"] == pytest.approx((1.0, 0.5)) and found["c"] == pytest.approx((0.0, 0.5))


def test_a_report_of_an_earlier_period_knows_no_later_wave(publish, tmp_path):
    from reports.compose import compose

    compose(publish(), tmp_path / "early", "2024", language="en")
    source = (tmp_path / "early/report.qmd").read_text(encoding="utf-8")
    assert "wave 2024" in source and "wave 2025" not in source


def test_without_networks_there_is_no_such_chapter(tmp_path):
    assert "{#networks}" not in whole_report(publish_small(tmp_path / "p.duckdb"), tmp_path / "en", "en")
