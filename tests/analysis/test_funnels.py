"""The funnel of a published programme, with its open call; money and organisations beside it."""

from __future__ import annotations

import pytest

from pipelines.analysis.funnels import ALL, Case, funnel, money, participation, with_rest


def cases(cohort: str, *counts: int) -> list[Case]:
    """So many that passed each stage: 142, 51, 27 are 91 ideas, 24 feasibility studies and 27 projects at the end."""
    return [
        Case(cohort, stage) for stage, n in enumerate(counts) for _ in range(n - sum(counts[stage + 1 : stage + 2]))
    ]


def test_welfare_in_azione_as_it_was_told_at_the_end_of_2017():
    """142 ideas, 51 feasibility studies, 27 projects in three editions (Iris Network 2017): 35.9 %, 52.9 %, 19.0 %."""
    found = {(p.cohort, p.stage): p for p in funnel(cases("I-III", 142, 51, 27), 3, {})}
    assert [found[ALL, stage].n for stage in range(3)] == [142, 51, 27]
    assert found[ALL, 1].of_previous == pytest.approx(0.359, abs=5e-4)
    assert found[ALL, 2].of_previous == pytest.approx(0.529, abs=5e-4)
    assert found[ALL, 2].of_first == pytest.approx(0.190, abs=5e-4)


def test_an_open_call_counts_and_has_no_rate_it_cannot_have_yet():
    both = [*cases("I-III", 142, 51, 27), *cases("IV", 60, 20, 0)]
    found = {(p.cohort, p.stage): p for p in funnel(both, 3, {"IV": 1})}
    last = found["IV", 2]
    assert last.is_open and last.of_previous is None and last.n == 0
    assert found["IV", 1].of_previous == pytest.approx(20 / 60) and not found["IV", 1].is_open
    assert found[ALL, 1].of_previous == pytest.approx(71 / 202)
    assert found[ALL, 2].n == 27 and found[ALL, 2].base == 51
    assert found[ALL, 2].of_first == pytest.approx(27 / 142)


def test_leverage_is_of_sums():
    """30.4 million of grants on 67 million of cost: 1.204 of other money for each one granted."""
    own = [Case("I", 2, {"grant": 10.4, "total": 27.0}), Case("II", 2, {"grant": 20.0, "total": 40.0}),
           Case("II", 0, {"grant": None, "total": 9.0})]  # fmt: skip
    found = {(a.cohort, a.type): a for a in money(own, ["grant", "total"])}
    assert found[ALL, "grant"].amount == pytest.approx(30.4) and found[ALL, "grant"].leverage is None
    assert found[ALL, "total"].leverage == pytest.approx(1.204, abs=5e-4)
    assert found["II", "total"].leverage == pytest.approx(1.0) and found["II", "total"].n == 1


def test_other_money_by_type_and_what_is_left():
    assert with_rest({"grant": 50.0, "total": 100.0, "own": 20.0})["rest"] == pytest.approx(30)
    assert with_rest({"grant": 50.0, "own": None})["rest"] is None


def test_organisations_in_two_cohorts_are_counted_once_in_all():
    own = [
        Case("I", 1, organisations=("a", "b")),
        Case("II", 1, organisations=("a", "c")),
        Case("II", 0, organisations=("d",)),
    ]
    found = {p.cohort: p for p in participation(own, 1)}
    assert (found[ALL].places, found[ALL].different, found[ALL].n) == (4, 3, 2)
    assert (found["II"].places, found["II"].different) == (2, 2)
