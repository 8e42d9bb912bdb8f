"""What keeps two surveys from being read as one, and what the contract says so that they can be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from surveys.merging import Merged
from surveys.questionnaire import Survey, contradictions
from surveys.sources import merged_of, source_of
from theory_of_change.loading import Places
from theory_of_change.problems import Place, Problem
from theory_of_change.programme import Programme

PROGRAMME = Programme.model_validate(
    {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"}}
)


def merged(before: str, after: str, more: str = "", later: str = "", roles: tuple[str, str] = ("", "")) -> Merged:
    """Two surveys, each of one question as YAML says it; `later` is said of the second part, `more` of the whole."""
    parts = {}
    for name, question, role in (("before", before, roles[0]), ("after", after, roles[1])):
        text = f"id: {name}\ntitle: T\n{role}\nquestions:\n  - {{name: q, {question}}}\n"
        parts[name] = source_of(Survey.model_validate(yaml.load(text, Loader=yaml.BaseLoader)), "", Places(""))
    own = f"id: both\ntitle: B\nmerge:\n  - {{source: before}}\n  - {{source: after{later}}}\n{more}"
    whole = Survey.model_validate(yaml.load(own, Loader=yaml.BaseLoader))
    assert list(contradictions(whole)) == []
    result = merged_of(whole, parts, "", Places(""), PROGRAMME).merged
    assert result is not None
    return result


def codes(found: Merged) -> list[str]:
    return [problem.code for problem in found.problems]


def told(found: Merged, language: str = "en") -> str:
    (one,) = found.problems
    return Problem(one.code, Place(""), one.facts).line(language)


SCALE = "type: scale, range: [1, 5], labels: {1: per niente, 2: poco, 3: così così, 4: abbastanza, 5: molto}"
TURNED = "type: scale, range: [1, 5], labels: {1: molto, 2: abbastanza, 3: così così, 4: poco, 5: per niente}"
CHOICE = "type: single, answers: {A1: Aurora, A2: Borgo Dora}"
BOXES = "type: multiple, answers: {BIB: Biblioteca, CAF: Centro famiglie}"
ROWS = "type: scale, range: [1, 4], rows: {a: Mi sento solo, b: Mi manca compagnia}"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("type: number", "type: text", "merge-type-apart"),
        ("type: number", "type: yes_no", "merge-type-apart"),
        (CHOICE, "type: text", "merge-type"),
        ("type: scale, range: [1, 5]", "type: scale, range: [1, 7]", "merge-range"),
        ("type: scale, range: [0, 10]", "type: scale", "merge-range"),
        ("type: number, range: [0, 10]", "type: number, range: [0, 100]", "merge-range"),
        (SCALE, TURNED, "merge-turned"),
        (CHOICE, "type: single, answers: {A1: Vanchiglia, A2: Borgo Dora}", "merge-code"),
        (BOXES, "type: multiple, answers: {BIB: Palestra, CAF: Centro famiglie}", "merge-code"),
        (ROWS, ROWS.replace("Mi sento solo", "Ho fiducia nel Comune"), "merge-row"),
        ("type: number, unit: hours", "type: number, unit: days", "merge-unit"),
        ("type: number, text: Quanti anni ha", "type: number, text: Quanti anni ha compiuto", "merge-words"),
    ],
)
def test_a_difference_that_gives_one_column_two_meanings_is_told(before: str, after: str, code: str) -> None:
    assert codes(merged(before, after)) == [code]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SCALE, SCALE),
        ("type: number", "type: scale, range: [1, 5]"),
        ("type: number, range: [0, 110]", "type: number"),
        ("type: date", "type: datetime"),
        (CHOICE, "type: single, answers: {A2: Borgo Dora, A3: Vanchiglia}"),
        (BOXES, "type: multiple, answers: {CAF: Centro famiglie, DOP: Doposcuola}"),
        (CHOICE, CHOICE + ", other: true"),
    ],
)
def test_what_adds_up_is_no_difference(before: str, after: str) -> None:
    assert codes(merged(before, after)) == []


def test_the_answers_of_both_are_those_of_the_merged_question() -> None:
    found = merged(CHOICE, "type: single, answers: {A2: Borgo Dora, A3: Vanchiglia}")
    assert list(found.table.column("q").labels) == ["A1", "A2", "A3"]
    boxes = merged(BOXES, "type: multiple, answers: {CAF: Centro famiglie, DOP: Doposcuola}")
    assert [c.name for c in boxes.table.columns] == ["_source", "_contract", "q_BIB", "q_CAF", "q_DOP"]


def test_a_scale_turned_round_is_turned_back_by_the_line_that_is_told() -> None:
    said = told(merged(SCALE, TURNED))
    recode = "recode: {q: {1: 5, 2: 4, 3: 3, 4: 2, 5: 1}}"
    assert f"`{recode}`" in said
    assert codes(merged(SCALE, TURNED, later=f", {recode}")) == []


def test_a_difference_is_accepted_by_the_line_that_is_told_with_a_reason() -> None:
    narrow, wide = "type: scale, range: [1, 5]", "type: scale, range: [1, 7]"
    line = told(merged(narrow, wide)).partition("in `decisions`")[2].partition("- ")[2].rpartition(" [")[0]
    decided = line.replace("on: …, by: …, note: …", "on: 2024-01-01, by: evaluator, note: Rescaled when read")
    accepted = merged(narrow, wide, more=f"decisions:\n  - {decided}\n")
    column = accepted.table.column("q")
    assert codes(accepted) == [] and (column.min, column.max) == (1, 7)
    without = merged(narrow, wide, more=f"decisions:\n  - {decided.replace(', note: Rescaled when read', '')}\n")
    assert codes(without) == ["merge-decision-without-reason"]
    other = merged(narrow, "type: scale, range: [0, 9]", more=f"decisions:\n  - {decided}\n")
    assert codes(other) == ["merge-range"]  # it was a decision about another difference


def test_two_questions_of_one_name_are_kept_apart_by_another_name() -> None:
    found = merged("type: number", "type: text", later=", rename: {q: words}")
    assert codes(found) == [] and [c.name for c in found.table.columns[2:]] == ["q", "words"]


def test_boxes_and_rows_may_have_other_codes() -> None:
    boxes = merged(BOXES, "type: multiple, answers: {LIB: Biblioteca, CAF: Centro famiglie}",
                   later=", recode: {q: {LIB: BIB}}")  # fmt: skip
    assert codes(boxes) == [] and [c.name for c in boxes.table.columns[2:]] == ["q_BIB", "q_CAF"]
    rows = merged(ROWS, "type: scale, range: [1, 4], rows: {x: Mi sento solo}", later=", rename: {q_x: q_a}")
    assert codes(rows) == [] and [c.name for c in rows.table.columns[2:]] == ["q_a", "q_b"]


# Roles ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("person: {column: c, scheme: panel}", "person: {column: c, scheme: other}", "merge-other-scheme"),
        ("person: c", "", "merge-without-person"),
        ("weight: w", "", "merge-half-a-design"),
        ("strata: [s]", "strata: [t]", "merge-other-design"),
        ("answered: day", "", "merge-without-day"),
        ("answered: day", "period: 2024", "merge-long-period"),
        ("wave: pre", "", "merge-without-wave"),
    ],
)
def test_a_role_that_one_part_alone_plays_is_told(before: str, after: str, code: str) -> None:
    assert codes(merged("type: number", "type: number", roles=(before, after))) == [code]


@pytest.mark.parametrize(
    ("before", "after", "roles"),
    [
        ("person: c", "person: k", {"person": "c"}),
        ("answered: day", "answered: submitdate", {"date": "day"}),
        ("answered: day", "period: 2024-H2", {"date": "day"}),
        ("period: 2024-H1", "period: 2024-H2", {"date": "answered"}),
        ("period: 2024-H1", "period: 2024-H1", {"period": "2024-H1", "date": None}),
        ("weight: w\nstrata: [s]", "weight: peso\nstrata: [s]", {"weight": "w", "strata": ("s",)}),
        ("wave: pre", "wave: {column: round}", {"wave": "round"}),
        ("wave: pre", "wave: post", {"wave": "wave"}),
    ],
)
def test_a_role_is_the_same_whatever_its_column_is_called(before: str, after: str, roles: dict[str, Any]) -> None:
    found = merged("type: number", "type: number", roles=(before, after))
    assert codes(found) == [] and {role: getattr(found.table, role) for role in roles} == roles


def test_nobody_is_followed_and_nothing_weighted_where_the_contract_says_so() -> None:
    roles = ("person: c\nweight: w", "")
    found = merged("type: number", "type: number", more="persons: apart\nsampling: leave_out\n", roles=roles)
    assert codes(found) == [] and (found.table.person, found.table.weight) == (None, None)
    assert {"c", "w"} <= {column.name for column in found.table.columns}


def test_scales_scored_alike_are_inherited_and_others_are_told() -> None:
    scale = "scales:\n  - {{name: lonely, items: [q_a, q_b], range: [1, 4], score: {0}}}"
    alike = merged(ROWS, ROWS, roles=(scale.format("mean"), scale.format("mean")))
    assert codes(alike) == [] and [one.name for one in alike.contract.scales] == ["lonely"] and alike.scales == ()
    other = merged(ROWS, ROWS, roles=(scale.format("mean"), scale.format("sum")))
    assert codes(other) == ["merge-other-scoring"]
    own = merged(ROWS, ROWS, more=scale.format("mean") + "\n", roles=(scale.format("mean"), scale.format("sum")))
    assert codes(own) == [] and [one.name for one in own.scales] == ["lonely"]
    assert codes(merged(ROWS, ROWS, roles=(scale.format("mean"), ""))) == ["merge-scale-of-one-part"]


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (", rename: {nothing: q}", "merge-unknown-name"),
        (", recode: {q: {Z9: A1}}", "merge-unknown-code"),
        (", recode: {nothing: {A1: A2}}", "merge-unknown-name"),
    ],
)
def test_a_slip_in_what_is_said_of_a_part_is_told(later: str, code: str) -> None:
    assert codes(merged(CHOICE, CHOICE, later=later)) == [code]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("merge: [{source: a}]\n", "merge-of-one"),
        ("merge: [{source: a}, {source: a}]\n", "merge-part-twice"),
        ("merge: [{source: a}, {source: both}]\n", "merge-of-itself"),
        ("merge: [{source: a}, {source: b}]\nperson: token\n", "merge-key-of-parts"),
        ("persons: apart\n", "merge-key-alone"),
    ],
)
def test_what_a_contract_cannot_say_is_told_before_any_part_is_read(more: str, code: str) -> None:
    own = Survey.model_validate(yaml.load(f"id: both\ntitle: B\n{more}", Loader=yaml.BaseLoader))
    assert [one.code for one in contradictions(own)] == [code]
