"""A questionnaire that grew or shrank: older and newer files land, and none loses an answer without a word."""

from __future__ import annotations

import pytest

from theory_of_change.problems import ProblemsFound

CONTRACT = """
answered: day
questions:
  - {name: trust, type: number}
  - {name: hope, type: number, since: 2025-01-01}
  - {name: fear, type: number, until: 2024-12-31}
"""
OLD = "day,trust,fear\n2024-05-01,1,2\n2024-06-01,3,4\n"
NEW = "day,trust,hope\n2025-05-01,1,2\n"


def test_files_from_before_and_after_a_change_land_alike(deliver, rows) -> None:
    assert rows(deliver(CONTRACT, OLD).core) == [(2, "2024-05-01", 1, None, 2), (3, "2024-06-01", 3, None, 4)]
    assert rows(deliver(CONTRACT, NEW).core) == [(2, "2025-05-01", 1, 2, None)]


@pytest.mark.parametrize(("file", "column"), [(OLD + "2025-01-01,5,\n", "hope"), (NEW + "2024-12-31,5,\n", "fear")])
def test_a_file_with_answers_of_its_days_may_not_lack_a_question(deliver, file: str, column: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        deliver(CONTRACT, file)
    assert [(one.code, one.facts["column"]) for one in found.value.problems] == [("delivery-column-lacking", column)]


def test_a_question_may_be_optional_where_nobody_knows_since_when(deliver, rows) -> None:
    contract = "questions: [{name: trust, type: number}, {name: hope, type: number, optional: true}]"
    assert rows(deliver(contract, "trust\n1\n").core) == [(2, 1, None)]


def test_a_column_of_a_register_may_be_optional(deliver, rows) -> None:
    contract = "columns: [{name: place, type: text}, {name: seats, type: integer, optional: true}]"
    assert rows(deliver(contract, "place\nA\n").core) == [(2, "A", None)]
    assert rows(deliver(contract, "place,seats\nA,3\n").core) == [(2, "A", 3)]


def test_a_question_that_is_simply_missing_is_told_with_the_way_out(deliver) -> None:
    with pytest.raises(ProblemsFound) as found:
        deliver("questions: [{name: trust, type: number}, {name: hope, type: number}]", "trust\n1\n")
    assert "`since:`" in found.value.problems[0].remedy("en") and "`optional: true`" in found.value.problems[0].remedy(
        "it"
    )
