"""A problem on one line, as a user reads it, and as a program does."""

from __future__ import annotations

import json

import pytest

from theory_of_change.problems import (
    Place,
    Problem,
    ProblemsFound,
    as_json,
    errors,
    in_order,
    nearest,
    render,
    with_hint,
)

UNKNOWN = Problem("formula-unknown", Place("theory_of_change.yml", 42, 7), {"found": "IN-TRUTS", "hint": "IN-TRUST"})


def test_one_line_says_where_what_and_what_to_do() -> None:
    assert UNKNOWN.line("en") == (
        "theory_of_change.yml:42:7: error: the formula uses the indicator “IN-TRUTS”, which does not exist. "
        "Did you mean “IN-TRUST”? Write the id of an indicator in the braces: `{IN-A} / {IN-B}`. [formula-unknown]"
    )
    assert UNKNOWN.line("it") == (
        "theory_of_change.yml:42:7: errore: la formula usa l’indicatore «IN-TRUTS», che non esiste. "
        "Forse «IN-TRUST»? Tra parentesi graffe scrivere l’identificativo di un indicatore: `{IN-A} / {IN-B}`. "
        "[formula-unknown]"
    )


def test_other_languages_read_english() -> None:
    assert UNKNOWN.line("de") == UNKNOWN.line("en")
    assert UNKNOWN.line("it-CH") == UNKNOWN.line("it")


def test_problems_come_in_the_order_of_the_files_without_repetitions() -> None:
    far, near, other = (
        Problem("file-empty", Place(*place), {"file": "x"}) for place in (("b", 2, 1), ("b", 1, 9), ("a",))
    )
    assert in_order([far, near, other, near]) == [other, near, far]
    assert [line.split(":")[0] for line in render([far, near, other], "en").splitlines()] == ["a", "b", "b"]


def test_a_program_reads_the_same_as_json() -> None:
    assert json.loads(as_json([UNKNOWN], "en")) == [
        {
            "code": "formula-unknown",
            "severity": "error",
            "file": "theory_of_change.yml",
            "line": 42,
            "column": 7,
            "message": "the formula uses the indicator “IN-TRUTS”, which does not exist",
            "remedy": "Did you mean “IN-TRUST”? Write the id of an indicator in the braces: `{IN-A} / {IN-B}`.",
        }
    ]


def test_warnings_are_no_errors() -> None:
    warning = Problem("outcome-unmeasured", Place("t.yml", 1, 1), {"id": "OC-1"})
    assert errors([UNKNOWN, warning]) == [UNKNOWN]


def test_a_file_cannot_break_the_output_through_a_fact() -> None:
    odd = Problem("formula-unknown", Place("t.yml", 1, 1), {"found": "a\nb\x1b[31m" + "x" * 5_000})
    line = odd.line("en")
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 1_000


def test_a_fact_is_never_read_as_a_placeholder() -> None:
    odd = Problem("source-unknown", Place("t.yml", 1, 1), {"found": "{allowed}", "allowed": "residents"})
    assert odd.message("en") == "there is no source “{allowed}”"


def test_an_entry_that_is_missing_does_not_hide_the_mistake() -> None:
    forgotten = Problem("no-such-entry", Place("t.yml", 3, 1), {"found": "x"})
    assert forgotten.line("en") == "t.yml:3:1: error: found: x. [no-such-entry]"
    assert forgotten.severity == "error"


def test_all_problems_travel_in_one_exception() -> None:
    with pytest.raises(ProblemsFound) as caught:
        raise ProblemsFound([UNKNOWN, UNKNOWN])
    assert caught.value.problems == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("resident", ["residents", "hubs"], "residents"),
        ("IN-Trust", ["IN-TRUST"], "IN-TRUST"),
        ("Q7b", ["Q7", "area"], "Q7"),
        ("colore", ["id", "statement"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_name(word: str, candidates: list[str], expected: str | None) -> None:
    assert nearest(word, candidates) == expected


def test_a_hint_is_given_only_where_a_name_is_near() -> None:
    assert with_hint({"found": "hub"}, "hub", ["hubs"]) == {"found": "hub", "hint": "hubs"}
    assert with_hint({"found": "zzz"}, "zzz", ["hubs"]) == {"found": "zzz"}
