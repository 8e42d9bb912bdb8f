"""What a report says of weights: what they changed, what they cost, and nothing where they would give somebody away."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pages import whole_report
from publication import publish_small

from warehouse.modelling import models


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = publish_small(tmp_path / "published.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute(models("out")["weighting"].ddl('"out"'))
        connection.execute(
            "insert into out.weighting values"
            " ('people', 'pre', 'all', 'all', 183, null, null, null, 0.88, 1.7, 0.2, 174.01, 1.0517, 3, 'raked', 'ok',"
            " '', null, null),"
            " ('people', 'pre', 'area', 'A', 120, 0.6557, 0.3, 0.3, null, null, null, null, null, null, 'raked', 'ok',"
            " '', 'Aurora', 'Dawn'),"
            " ('people', 'pre', 'area', '', 63, 0.3443, 0.7, null, null, null, null, null, null, null, 'raked', 'ok',"
            " '', null, null),"
            " ('others', 'all', 'all', 'all', 12, null, null, null, null, null, null, null, null, null, 'raked',"
            " 'suppressed', 'Totals not met.', null, null),"
            " ('others', 'all', 'area', 'B', null, null, null, 0.25, null, null, null, null, null, null, 'raked',"
            " 'suppressed', '', 'Borgo', 'Village')"
        )
    return path


def test_shares_before_and_after_stand_beside_the_known_totals(published: Path, tmp_path: Path) -> None:
    said = whole_report(published, tmp_path / "en", "en").partition("What weighting changed")[2]
    assert "people, wave pre\\: 183 weighted answers are as precise as 174 unweighted ones" in said
    assert "from 0.88 to 1.70 times the mean. 3 weights were brought to the bound." in said
    assert "| Dawn [area]{.under} | 65.6% | 30.0% | 30.0% |" in said
    assert "| no answer [area]{.under} | 34.4% | 70.0% | – |" in said
    assert "Intervals take these weights as given" in said


def test_what_would_give_a_small_group_away_is_not_told(published: Path, tmp_path: Path) -> None:
    said = whole_report(published, tmp_path / "it", "it").partition("Che cosa hanno cambiato i pesi")[2]
    assert "others\\: la dispersione dei pesi non si mostra" in said and "Totals not met" in said
    assert "| Borgo [area]{.under} | non mostrato: gruppo troppo piccolo | – | 25,0" in said


def test_without_weights_there_is_no_such_part(tmp_path: Path) -> None:
    assert "What weighting changed" not in whole_report(publish_small(tmp_path / "p.duckdb"), tmp_path / "en", "en")
