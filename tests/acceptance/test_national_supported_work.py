"""The example on real data: its files hold no problem, its data are the published ones, and speak both languages."""

from __future__ import annotations

import csv
import hashlib
import math
from pathlib import Path
from statistics import fmean, variance

import pytest

from pipelines.project import read_project
from theory_of_change.programme import Workspace

EXAMPLE = Path(__file__).parents[2] / "theory_of_change/examples/national-supported-work"
DATA = EXAMPLE / "data/participants/participants.csv"


@pytest.fixture(scope="module")
def project():
    return read_project(Workspace(EXAMPLE))


def test_nothing_is_wrong_or_missing_unsaid(project):
    assert [problem.line("en") for problem in project.problems] == []


def test_every_indicator_says_what_a_reader_needs(project):
    needed = (
        "definition",
        "rationale",
        "limitations",
        "direction",
        "uncertainty",
        "unit_of_analysis",
        "disaggregation",
    )
    assert len(project.theory.indicators) >= 8
    assert [(one.id, name) for one in project.theory.indicators for name in needed if not getattr(one, name)] == []


def test_every_target_says_that_the_programme_did_not_set_it(project):
    assert project.theory.targets
    assert all("not by the programme" in target.rationale.within("en") for target in project.theory.targets)


def test_the_line_is_the_threshold_of_1978_at_the_prices_of_1982(project):
    """3,392 dollars for one person under 65, consumer prices 65.2 in 1978 and 96.5 in 1982 (SSA 2005, Table 3.E1)."""
    line = round(3392 * 96.5 / 65.2)
    above = {one.id: one.measure.share for one in project.theory.indicators if one.id.startswith("IN-LINE")}
    assert above == {
        "IN-LINE-BEFORE": f"re75 > {line}",
        "IN-LINE-AFTER": f"re78 > {line}",
        "IN-LINE-AFTER-OTHERS": f"re78 > {line}",
    }


def test_the_data_are_the_published_ones():
    """Dehejia and Wahba (1999), Table 3: 1,794 with an equal-variance standard error of 633; 185 and 260 men."""
    assert hashlib.sha256(DATA.read_bytes()).hexdigest().startswith("75be812b62c2")
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    offered, others = ([float(row["re78"]) for row in rows if row["treat"] == arm] for arm in "10")
    assert (len(offered), len(others)) == (185, 260)
    within = (184 * variance(offered) + 259 * variance(others)) / 443
    assert round(fmean(offered) - fmean(others)) == 1794
    assert round(math.sqrt(within * (1 / 185 + 1 / 260))) == 633
    before = [float(row["re75"]) for row in rows if row["treat"] == "0"]
    assert round(fmean(before)) == 1267
