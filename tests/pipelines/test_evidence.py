"""What an estimate is evidence for: never more than its interval and its design allow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.evaluating import evidence, hoped_direction
from tests.pipelines.conftest import Command
from theory_of_change.model import TheoryOfChange


def theory(direction: str | None = "up", design: str = "randomised", **assumption: object) -> TheoryOfChange:
    indicator = {
        "id": "IN-1",
        "title": "Earnings",
        "measures": ["OC-1"],
        "unit": "EUR",
        "measure": {"from": "people", "mean": "pay"},
    }
    evaluation = {
        "id": "EV-1",
        "outcome": "OC-1",
        "question": "EQ-1",
        "from": "people",
        "measure": "pay",
        "design": design,
    }
    return TheoryOfChange.model_validate(
        {
            "theory": {"id": "t", "version": "1.0.0", "title": "T"},
            "outcomes": [{"id": "OC-1", "statement": "They earn more"}],
            "assumptions": [{"id": "AS-1", "statement": "It works", **assumption}],
            "indicators": [indicator | ({"direction": direction} if direction else {})],
            "evaluations": [evaluation],
        }
    )


def effect(low: float | None, high: float | None, p_adjusted: float | None = None, term: str = "difference") -> dict:
    estimate = None if low is None else (low + high) / 2
    told = {"evaluation_id": "EV-1", "term": term, "estimate": estimate, "p_adjusted": p_adjusted}
    return told | {"ci_low": low, "ci_high": high, "ci_level": 0.95}


def directions(theory: TheoryOfChange, *effects: dict) -> list[tuple[str | None, str | None, str, str]]:
    return [
        (row["element_id"], row["assumption_id"], row["direction"], row["strength"])
        for row in evidence(theory, effects)
    ]


@pytest.mark.parametrize(
    ("hoped", "effects", "direction"),
    [
        ("up", [effect(1, 3)], "for"),
        ("up", [effect(-3, -1)], "against"),
        ("down", [effect(-3, -1)], "for"),
        ("down", [effect(1, 3)], "against"),
        ("up", [effect(-1, 3)], "none"),
        ("up", [effect(0, 3)], "none"),
        ("up", [effect(1, 3, p_adjusted=0.2)], "none"),
        ("up", [effect(1, 3, p_adjusted=0.01)], "for"),
        ("up", [effect(1, 3), effect(2, 4, term="adjusted")], "for"),
        ("up", [effect(1, 3), effect(-1, 4, term="adjusted")], "mixed"),
        ("up", [effect(1, 3), effect(None, None, term="adjusted")], "for"),
    ],
)
def test_direction(hoped: str, effects: list[dict], direction: str) -> None:
    assert directions(theory(hoped), *effects) == [("OC-1", None, direction, "strong")]


@pytest.mark.parametrize(
    ("design", "strength"), [("randomised", "strong"), ("difference_in_differences", "moderate"), ("pre_post", "weak")]
)
def test_strength_is_that_of_the_design(design: str, strength: str) -> None:
    assert directions(theory(design=design), effect(1, 3)) == [("OC-1", None, "for", strength)]


def test_without_an_estimate_or_a_hoped_direction_there_is_no_evidence() -> None:
    assert directions(theory(), effect(None, None)) == []
    assert directions(theory(None), effect(1, 3)) == []
    assert directions(theory("maintain"), effect(1, 3)) == []
    assert directions(theory()) == []


def test_an_assumption_tested_by_the_evaluation_or_its_question_gets_its_own_row() -> None:
    for test in (["EV-1"], ["EQ-1"]):
        assert directions(theory(test=test), effect(1, 3)) == [
            ("OC-1", None, "for", "strong"), (None, "AS-1", "for", "strong"),
        ]  # fmt: skip


def test_indicators_of_the_same_measure_say_which_way_is_hoped_for() -> None:
    other = {"id": "IN-2", "title": "Hardship", "measures": ["OC-1"], "unit": "percent", "direction": "down",
             "measure": {"from": "people", "share": "hardship"}}  # fmt: skip
    whole = theory("up").model_dump(by_alias=True, exclude_none=True)
    whole["indicators"] = [*whole["indicators"], other]
    both = TheoryOfChange.model_validate(whole)
    assert hoped_direction(both, both.evaluations[0]) == 1
    whole["evaluations"][0]["measure"] = "wealth"
    unclear = TheoryOfChange.model_validate(whole)
    assert hoped_direction(unclear, unclear.evaluations[0]) is None


@pytest.mark.parametrize(("direction", "told"), [("up", 0), (None, 1), ("maintain", 1)])
def test_check_says_where_an_evaluation_can_be_evidence_of_nothing(
    empty: Path, sestante: Command, direction: str | None, told: int
) -> None:
    file = empty / "theory_of_change.yml"
    said = f"direction: {direction}" if direction else ""
    text = file.read_text().replace("    direction: down\n", f"    {said}\n")
    evaluation = "{id: EV, outcome: OC-ALONE, from: visitors, measure: alone, design: randomised, group: area = 'A1'}"
    file.write_text(f"{text}\nevaluations:\n  - {evaluation}\n")
    answer = sestante("check", "--format", "json")
    assert answer.code == 0
    found = [one for one in json.loads(answer.out)["problems"] if one["code"] == "evaluation-outcome-without-direction"]
    assert len(found) == told
