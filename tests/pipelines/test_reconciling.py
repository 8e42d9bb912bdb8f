"""Figures others published, through the commands: kept in each run, asked again by check and explain, never a leak."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.conftest import Command

FIGURES = """
published_figures:
  - {id: PF-SEVEN, value: 7, unit: visit, approx: about, indicator: IN-VISITS, as_of: 2026-06-30, source: Leaflet}
  - {id: PF-NINE, value: 9, unit: visit, indicator: IN-VISITS, as_of: 2026-06-30, source: Town hall, locator: p. 3}
  - {id: PF-PEOPLE, value: 6, indicator: IN-PEOPLE, as_of: 2026-06-30, source: Leaflet}
  - {id: PF-TWO, value: 2, indicator: IN-HOME, as_of: 2026-06-30, source: Leaflet}
  - {id: PF-FIVE, value: 5, indicator: IN-HOME, as_of: 2026-06-30, source: Town hall}
"""
INDICATORS = """
  - {id: IN-VISITS, title: Visits, measures: [OP-VISITS], unit: {it: visita, en: visit}, type: count,
     measure: {from: visits, count: rows}, uncertainty: {mode: census}}
  - {id: IN-HOME, title: Home visits, measures: [OP-VISITS], unit: count, type: count,
     measure: {from: visits, count: rows, where: "reason = 'home'"}, uncertainty: {mode: census}}
"""


@pytest.fixture
def quoting(workspace: Path) -> Path:
    """The small workspace whose theory quotes figures: of all visits, and of home visits, which are too few to show."""
    path = workspace / "theory_of_change.yml"
    text = path.read_text(encoding="utf-8").replace("indicators:\n", f"indicators:{INDICATORS}", 1)
    path.write_text(text + FIGURES, encoding="utf-8")
    return workspace


def table(workspace: Path) -> dict[str, tuple]:
    with duckdb.connect(str(workspace / "warehouse/published.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select figure_id, verdict, reason, period, value_found, difference, disagrees_with, note_it, note_en"
            " from out.published_figures order by position"
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def test_a_run_publishes_what_the_data_say_of_each_figure(quoting: Path, sestante: Command, unreported: None) -> None:
    assert sestante("run").code == 0
    found = table(quoting)
    assert list(found) == ["PF-SEVEN", "PF-NINE", "PF-PEOPLE", "PF-TWO", "PF-FIVE"]
    assert found["PF-SEVEN"][:5] == ("reproduced", "agrees", "2026-H1", 7.0, 0.0)
    assert found["PF-NINE"][:5] == ("contradicted", "differs", "2026-H1", 7.0, -2.0)
    assert [json.loads(found[name][5]) for name in ("PF-SEVEN", "PF-NINE")] == [["PF-NINE"], ["PF-SEVEN"]]
    assert found["PF-SEVEN"][6] == "I dati danno 7\u00a0visit (Visits, 2026-H1): corrisponde a «circa 7\u00a0visit»."


def test_a_hidden_value_answers_every_figure_alike(quoting: Path, sestante: Command, unreported: None) -> None:
    """Two visits were for home: 2 is right, 5 is wrong, and nobody may learn which."""
    assert sestante("run").code == 0
    found = table(quoting)
    assert found["PF-TWO"][:5] == ("not_reproducible", "suppressed", "2026-H1", None, None)
    assert found["PF-TWO"][:5] + found["PF-TWO"][6:] == found["PF-FIVE"][:5] + found["PF-FIVE"][6:]
    told = [sestante("explain", name).out for name in ("PF-TWO", "PF-FIVE")]
    said = [text.split("What the data say")[1].split("Other sources")[0] for text in told]
    assert said[0] == said[1]


def test_check_asks_the_published_values(quoting: Path, sestante: Command, unreported: None) -> None:
    assert "figure-not-reproduced" not in sestante("check").out  # nothing has been published yet
    assert sestante("run").code == 0
    out = sestante("check").out
    assert "PF-NINE" in out and "7" in out
    assert out.count("[figure-not-reproduced]") == 1


def test_check_forgets_values_made_by_another_definition(quoting: Path, sestante: Command, unreported: None) -> None:
    assert sestante("run").code == 0
    path = quoting / "theory_of_change.yml"
    changed = "{from: visits, count: rows, where: \"reason <> 'x'\"}"
    path.write_text(path.read_text(encoding="utf-8").replace("{from: visits, count: rows}", changed, 1))
    assert "figure-not-reproduced" not in sestante("check").out


def test_explain_tells_a_figure_its_source_and_who_says_otherwise(
    quoting: Path, sestante: Command, unreported: None
) -> None:
    assert sestante("explain", "PF-NINE").code == 1  # nothing published
    assert sestante("run").code == 0
    assert sestante("explain", "PF-NINE").out == (
        "PF-NINE: 9\u00a0visit\n"
        "Source: Town hall, p. 3\n"
        "\n"
        "What the data say\n"
        "  contradicted by the data\n"
        "  The data give 7\u00a0visit (Visits, 2026-H1), not “9\u00a0visit”: the difference is −2\u00a0visit.\n"
        "  How the value in the data came about: sestante explain IN-VISITS\n"
        "\n"
        "Other sources on the same thing say otherwise\n"
        "  PF-SEVEN: about 7\u00a0visit (Leaflet)\n"
    )


def test_a_theory_without_figures_publishes_an_empty_table(ran: Path) -> None:
    assert table(ran) == {}
