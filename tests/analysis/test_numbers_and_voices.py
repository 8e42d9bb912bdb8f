"""The rules on numbers and voices, as tables: what goes in, one call, what is said."""

from __future__ import annotations

import pytest

from pipelines.analysis.joining import (
    Change,
    Goal,
    Heard,
    Said,
    Series,
    Value,
    Voice,
    indicator_says,
    numbers_say,
    proposal,
    stated,
    together,
    voices_say,
)

VALUE, BARE = Value("2025", "ok", 0.60, 0.55, 0.65), Value("2025", "ok", 40.0)
HIDDEN = Value("2025", "suppressed")
ROSE, FELL = Change("up", "2024", 0.1, 0.3), Change("down", "2024", -0.3, -0.1)
EITHER, SAME, UNKNOWN = Change("no_evidence", "2024", -0.1, 0.1), Change("same"), Change("unknown")


@pytest.mark.parametrize(
    ("series", "says", "why"),
    [
        # nothing there, or nothing that may be seen
        (Series("I", "up"), "no_data", "no_data"),
        (Series("I", "up", values=(HIDDEN,)), "unclear", "hidden"),
        (Series("I", "up", values=(VALUE, HIDDEN), baseline=ROSE), "up", "baseline"),  # the last one that is shown
        # which way is hoped for
        (Series("I", "up", values=(VALUE,), previous=ROSE), "up", "previous"),
        (Series("I", "down", values=(VALUE,), previous=ROSE), "down", "previous"),
        (Series("I", "down", values=(VALUE,), previous=FELL), "up", "previous"),
        (Series("I", "none", values=(VALUE,), previous=ROSE), "unclear", "no_direction"),
        (Series("I", None, values=(VALUE,), previous=ROSE), "unclear", "no_direction"),
        # no evidence of change, no interval, the same by count
        (Series("I", "up", values=(VALUE,), previous=EITHER), "no_change", "previous"),
        (Series("I", "up", values=(BARE,), previous=UNKNOWN), "unclear", "no_interval"),
        (Series("I", "up", values=(BARE,), baseline=SAME), "no_change", "baseline"),
        (Series("I", "up", values=(VALUE,), previous=Change("not_comparable")), "unclear", "not_comparable"),
        # the baseline before the period before
        (Series("I", "up", values=(VALUE,), baseline=FELL, previous=ROSE), "down", "baseline"),
        (Series("I", "up", values=(VALUE,)), "unclear", "no_start"),
        # targets, where nothing else tells
        (Series("I", "up", values=(VALUE,), goal=Goal(">=", 0.5)), "up", "target"),
        (Series("I", "up", values=(VALUE,), previous=EITHER, goal=Goal(">=", 0.5)), "no_change", "previous"),
        (Series("I", "up", values=(VALUE,), goal=Goal(">=", 0.6, is_due=True)), "unclear", "target"),
        (Series("I", "up", values=(VALUE,), goal=Goal(">=", 0.7, is_due=True)), "down", "target"),
        (Series("I", "up", values=(VALUE,), goal=Goal(">=", 0.7)), "unclear", "target"),
        (Series("I", "up", values=(BARE,), goal=Goal(">=", 30)), "unclear", "no_interval"),
        (Series("I", "up", is_census=True, values=(BARE,), goal=Goal(">=", 30)), "up", "target"),
        (Series("I", "up", values=(Value("2025", "ok", 5.0, 5.0, 5.0),), goal=Goal(">=", 3)), "unclear",
         "no_interval"),  # everybody gave one answer
        # what is hoped to stay
        (Series("I", "maintain", values=(VALUE,), goal=Goal("between", 0.5, 0.7)), "up", "target"),
        (Series("I", "maintain", values=(VALUE,), goal=Goal("between", 0.58, 0.62)), "unclear", "target"),
        (Series("I", "maintain", values=(VALUE,), goal=Goal("between", 0.1, 0.2)), "down", "target"),
        (Series("I", "maintain", values=(VALUE,), previous=ROSE), "down", "previous"),
        (Series("I", "maintain", values=(VALUE,), previous=EITHER), "no_change", "previous"),
        (Series("I", "maintain", values=(BARE,), previous=SAME), "up", "previous"),
        # a change of paired people against zero, a milestone
        (Series("I", "up", "change", values=(Value("all", "ok", 0.4, 0.1, 0.7),)), "up", "paired_change"),
        (Series("I", "up", "change", values=(Value("all", "ok", 0.4, -0.1, 0.9),)), "no_change", "paired_change"),
        (Series("I", "up", "change", values=(Value("all", "ok", 0.4),)), "unclear", "no_interval"),
        (Series("I", None, "milestone", values=(Value("2024", "ok", 0.0), Value("2025", "ok", 1.0))), "up",
         "milestone"),
        (Series("I", None, "milestone", values=(Value("2025", "ok", 0.0),)), "no_change", "milestone"),
    ],
)  # fmt: skip
def test_what_one_indicator_says(series: Series, says: str, why: str) -> None:
    found = indicator_says(series)
    assert (found.says, found.why) == (says, why)


def test_nothing_hidden_shows_in_what_is_said() -> None:
    told = {str(indicator_says(Series("I", "up", values=(HIDDEN,), baseline=one))) for one in (None, ROSE, FELL)}
    assert len(told) == 1


def said(says: str, why: str = "baseline", strength: str | None = None) -> Said:
    return Said("X", says, why, strength)


@pytest.mark.parametrize(
    ("effects", "indicators", "expected"),
    [
        ([], [], "not_asked"),
        ([], ["no_data"], "no_data"),
        ([], ["no_data", "unclear"], "unclear"),
        ([], ["up", "unclear", "no_data"], "up"),
        ([], ["up", "up"], "up"),
        ([], ["up", "down"], "unclear"),
        ([], ["up", "no_change"], "unclear"),
        (["up"], ["down", "no_change"], "up"),  # an evaluation weighs more
        (["no_change"], ["up"], "no_change"),
        (["up", "down"], ["up"], "unclear"),
        (["no_data"], ["up"], "up"),
        (["unclear"], ["up"], "up"),  # one that may not be shown says nothing
    ],
)
def test_what_all_numbers_say_together(effects: list[str], indicators: list[str], expected: str) -> None:
    assert numbers_say([said(one) for one in effects], [said(one) for one in indicators]) == expected


def test_an_evaluation_whose_own_estimates_differ_leaves_it_unclear() -> None:
    assert numbers_say([said("unclear", "terms_differ")], [said("up")]) == "unclear"


@pytest.mark.parametrize(
    ("says", "direction", "expected"),
    [("up", None, "up"), ("up", "for", "up"), ("down", "against", "down"), ("up", "against", "unclear"),
     ("down", "for", "unclear"), ("no_change", "for", "unclear"), ("up", "mixed", "unclear"),
     ("no_data", "for", "no_data")],
)  # fmt: skip
def test_an_authors_word_does_not_make_numbers_say_more(says: str, direction: str | None, expected: str) -> None:
    assert stated(said(says), direction).says == expected


# Voices --------------------------------------------------------------------------------------------------------------


def documents(*leans: str, people: int = 1) -> list[Voice]:
    """A document for each word: `for`, `against`, `both` or `silent`."""
    codes = {"for": {"yes": "for"}, "against": {"no": "against"}, "both": {"yes": "for", "no": "against"}, "silent": {}}
    return [Voice(f"D{n}", people, codes[lean]) for n, lean in enumerate(leans)]


@pytest.mark.parametrize(
    ("voices", "least", "expected"),
    [
        ([], 3, Heard("none")),
        (documents("silent", "silent"), 3, Heard("none")),
        (documents("for", "for"), 3, Heard("few")),
        (documents("for", "for"), 2, Heard("for", 2, 0, 2, 2, n_mixed=0)),
        (documents("for", people=8), 3, Heard("for", 1, 0, 1, 8, n_mixed=0)),  # a focus group of eight is eight people
        (documents("for", "for", "against", people=4), 3, Heard("for", 2, 1, 3, 12, n_mixed=0)),  # two thirds
        (documents("for", "for", "against", "against", "for", people=4), 3, Heard("mixed", 3, 2, 5, 20, n_mixed=0)),
        (documents("against", "against", "both", people=3), 3, Heard("against", 1, 3, 3, 9, n_mixed=1)),
        (documents("both", "both", people=3), 3, Heard("mixed", 2, 2, 2, 6, n_mixed=2)),
        # what is told says the direction, and counts only where none of their parts is small
        (documents("for", "for", "for", "for", "against"), 3, Heard("for")),
        (documents("for", "for", "for", "silent"), 3, Heard("for")),  # one silent voice among four
        (documents("for", "for", "for", "silent", "silent", "silent"), 3, Heard("for", 3, 0, 3, 3, n_mixed=0)),
        (documents("for", "for", "for", "for", "against"), 1, Heard("for", 4, 1, 5, 5, n_mixed=0)),
    ],
)
def test_what_voices_say(voices: list[Voice], least: int, expected: Heard) -> None:
    assert voices_say(voices, least) == expected


def test_nobody_asked_is_not_nobody_speaks() -> None:
    assert voices_say([], 3, is_asked=False) == Heard("not_asked")


def test_two_codes_that_share_few_people_hide_the_counts() -> None:
    """Both codes are shown by themselves; the whole would give away how many bear both."""
    both = [Voice(f"B{n}", 1, {"a": "for", "b": "for"}) for n in range(2)]
    rest = [Voice(f"{code}{n}", 1, {code: "for"}) for code in "ab" for n in range(5)]
    assert voices_say([*both, *rest], 3) == Heard("for")
    assert voices_say([*both, *both[:1], *rest], 3) == Heard("for", 13, 0, 13, 13, n_mixed=0)


def test_the_strength_is_that_of_the_side_that_is_told() -> None:
    voices = [Voice(f"F{n}", 1, {"a": "for"}, strengths=(("for", "weak"),)) for n in range(6)]
    voices += [Voice(f"G{n}", 1, {"b": "against"}, strengths=(("against", "strong"),)) for n in range(3)]
    assert voices_say(voices, 3) == Heard("for", 6, 3, 9, 9, "weak", n_mixed=0)


# Together ------------------------------------------------------------------------------------------------------------

AGREEMENT = """
              for           against       mixed         few           none          not_asked
up            agree         disagree      mixed         numbers_only  numbers_only  numbers_only
down          disagree      agree         mixed         numbers_only  numbers_only  numbers_only
no_change     unclear       unclear       mixed         numbers_only  numbers_only  numbers_only
unclear       unclear       unclear       unclear       unclear       unclear       unclear
no_data       voices_only   voices_only   voices_only   unclear       no_evidence   no_evidence
not_asked     voices_only   voices_only   voices_only   unclear       no_evidence   nobody_asked
"""
HEAD, *LINES = [line.split() for line in AGREEMENT.strip().splitlines()]
CELLS = [(numbers, voices, cell) for numbers, *cells in LINES for voices, cell in zip(HEAD, cells, strict=True)]


@pytest.mark.parametrize(("numbers", "voices", "expected"), CELLS)
def test_whether_they_agree(numbers: str, voices: str, expected: str) -> None:
    flags = {("up", "against"): "numbers_up_voices_down", ("down", "for"): "numbers_down_voices_up"}
    assert together(numbers, voices) == (expected, flags.get((numbers, voices)))


PROPOSALS = [
    # numbers, strength of evaluations that say so, voices, strength of voices, status, rule
    ("not_asked", None, "not_asked", None, "untested", "nothing_asked"),
    ("no_data", None, "not_asked", None, "untested", "no_data"),
    ("not_asked", None, "none", None, "untested", "no_data"),
    ("unclear", None, "not_asked", None, "untested", "nothing_decides"),
    ("no_change", "strong", "none", None, "untested", "nothing_decides"),
    ("not_asked", None, "few", None, "untested", "nothing_decides"),
    ("up", None, "not_asked", None, "holding", "numbers_for"),
    ("up", None, "few", None, "holding", "numbers_for"),
    ("up", "strong", "for", "weak", "holding", "both_for"),
    ("not_asked", None, "for", "moderate", "holding", "voices_for"),
    ("no_change", None, "for", "strong", "holding", "voices_for"),
    ("not_asked", None, "for", "weak", "untested", "voices_weak"),
    ("not_asked", None, "for", None, "untested", "voices_weak"),
    ("up", None, "against", "strong", "doubtful", "disagree"),
    ("up", None, "mixed", None, "doubtful", "mixed"),
    ("not_asked", None, "mixed", None, "doubtful", "mixed"),
    ("not_asked", None, "against", "strong", "doubtful", "voices_against"),
    ("down", None, "not_asked", None, "doubtful", "numbers_against"),
    ("down", None, "for", "strong", "doubtful", "disagree"),
    ("down", None, "against", "strong", "doubtful", "both_against"),  # plain changes never fell an assumption
    ("down", "weak", "against", "strong", "doubtful", "both_against"),
    ("down", "moderate", "none", None, "doubtful", "numbers_against"),
    ("down", "moderate", "against", "weak", "failed", "strong_against"),
    ("down", "strong", "not_asked", None, "failed", "strong_against"),
    ("down", "strong", "mixed", None, "failed", "strong_against"),
    ("down", "strong", "for", "strong", "doubtful", "disagree"),
]


@pytest.mark.parametrize(("numbers", "design", "voices", "weight", "status", "why"), PROPOSALS)
def test_the_proposal_says_no_more_than_the_evidence(
    numbers: str, design: str | None, voices: str, weight: str | None, status: str, why: str
) -> None:
    effects = [said(numbers, "effect", design)] if design else []
    assert proposal(numbers, effects, Heard(voices, strength=weight)) == (status, why)
