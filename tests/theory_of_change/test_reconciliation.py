"""Published figures held against published values: found again, contradicted, or not to be checked."""

from __future__ import annotations

import datetime as dt

import pytest

from theory_of_change.model import PublishedFigure, TheoryOfChange
from theory_of_change.programme import Calendar
from theory_of_change.reconciliation import Reconciled, reconcile

CALENDAR = Calendar.model_validate({"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"})
FINE = ("2024-H1", "2024-H2", "2025-H1", "2025-H2")


def indicator(name: str, unit: object, kind: dict, **more) -> dict:
    return {"id": name, "title": {"it": f"Titolo {name}", "en": f"Title {name}"}, "measures": ["OC-1"], "unit": unit,
            "measure": {"from": "rows", **kind}, **more}  # fmt: skip


INDICATORS = [
    indicator("IN-SHARE", "percent", {"share": "a"}, disaggregation=["area"]),
    indicator("IN-COUNT", "count", {"count": "rows"}, unit_of_analysis="project"),
    indicator("IN-MONEY", "EUR", {"sum": "b"}, aggregation={"time": "sum"}),
    indicator("IN-MEAN", {"it": "anni", "en": "years"}, {"mean": "c"}, aggregation={"time": "none"}),
]
EVALUATION = {"id": "EV", "title": "Effect", "from": "rows", "measure": "re78", "unit": "USD", "design": "randomised"}


def theory(*figures: dict) -> TheoryOfChange:
    named = [{"source": "Bulletin", **figure} for figure in figures]
    return TheoryOfChange.model_validate({
        "theory": {"id": "t", "version": "1.0.0", "title": "T"},
        "outcomes": [{"id": "OC-1", "statement": "s"}],
        "indicators": INDICATORS,
        "evaluations": [EVALUATION],
        "published_figures": named,
    })  # fmt: skip


def value(indicator: str, period: str, number: float | None, status: str = "ok", cut: tuple[str, str] = ("all", "all")):
    return {"indicator_id": indicator, "period": period, "dimension": cut[0], "category": cut[1], "value": number,
            "status": status}  # fmt: skip


def effect(term: str, estimate: float | None, method: str = "HC2") -> dict:
    return {"evaluation_id": "EV", "term": term, "estimate": estimate, "method": method}


VALUES = [
    value("IN-SHARE", "2024-H1", 0.346),
    value("IN-SHARE", "2024-H2", 0.581),
    value("IN-SHARE", "2025-H1", None, "no_data"),
    value("IN-SHARE", "2025-H2", None, "no_data"),
    value("IN-SHARE", "2024", 0.46),
    value("IN-SHARE", "all", 0.46),
    value("IN-SHARE", "2024-H1", 0.25, cut=("area", "Aurora")),
    value("IN-SHARE", "2024-H1", None, "suppressed", cut=("area", "Borgo Dora")),
    *(value("IN-COUNT", period, n) for period, n in zip(FINE, (27.0, 30.0, 0.0, 40.0), strict=True)),
    value("IN-COUNT", "2024", 57.0),
    value("IN-COUNT", "all", 97.0),
    value("IN-MONEY", "2024-H1", 10_000_000.0),
    value("IN-MONEY", "2024-H2", None, "suppressed"),
    value("IN-MONEY", "2025-H1", 5_000_000.0),
    value("IN-MONEY", "2024", None, "suppressed"),
    value("IN-MONEY", "all", 30_400_000.0),
    value("IN-MEAN", "2024-H1", 41.3),
    value("IN-MEAN", "2024-H2", 42.9),
    value("IN-MEAN", "all", None, "not_computable"),
]
EFFECTS = [effect("adjusted", 1671.6), effect("difference", 1794.34)]


def judged(figure: dict, *others: dict, effects: list[dict] | None = None) -> Reconciled:
    found = reconcile(theory(figure, *others), CALENDAR, VALUES, EFFECTS if effects is None else effects)
    assert len(found) == 1 + len(others)
    return found[0]


def test_a_rounded_percentage_agrees_with_a_share_stored_from_0_to_1():
    found = judged({"id": "F", "value": 35, "unit": "percent", "indicator": "IN-SHARE", "as_of": "2024-06-30"})
    assert (found.verdict, found.reading.period) == ("reproduced", "2024-H1")
    assert found.value_found == pytest.approx(34.6, abs=1e-9)
    assert found.difference == pytest.approx(-0.4, abs=1e-9)
    assert found.note("it") == "I dati danno 34,6\u00a0% (Titolo IN-SHARE, 2024-H1): corrisponde a «35\u00a0%»."
    assert found.note("en") == "The data give 34.6% (Title IN-SHARE, 2024-H1), which fits “35%”."


def test_a_percentage_with_a_decimal_must_agree_to_the_decimal():
    found = judged({"id": "F", "value": 35.0, "unit": "%", "indicator": "IN-SHARE", "as_of": "2024-06-30"})
    assert found.verdict == "reproduced"  # 35.0 and 35 are one number once read
    found = judged({"id": "F", "value": 34.9, "unit": "%", "indicator": "IN-SHARE", "as_of": "2024-06-30"})
    assert (found.verdict, found.reason) == ("contradicted", "differs")
    assert found.difference == pytest.approx(-0.3, abs=1e-9)


def test_a_share_is_written_from_0_to_1_and_so_is_what_is_found():
    found = judged({"id": "F", "value": 0.35, "unit": "share", "indicator": "IN-SHARE", "as_of": "2024-06-30"})
    assert found.note("en") == "The data give 0.346 (Title IN-SHARE, 2024-H1), which fits “0.35”."


def test_a_percentage_may_be_written_as_a_share():
    found = judged({"id": "F", "value": 0.58, "unit": "percent", "indicator": "IN-SHARE", "as_of": "2024-12-31"})
    assert (found.verdict, found.value_found) == ("reproduced", pytest.approx(0.581))


@pytest.mark.parametrize(
    ("number", "approx", "verdict"),
    [
        (95, "circa", "reproduced"),  # 97 is within a twentieth of 95
        (90, "circa", "contradicted"),
        (97, "oltre", "contradicted"),  # over 97 is not 97
        (96, "oltre", "reproduced"),
        (97, "almeno", "reproduced"),
        (100, "almost", "reproduced"),
        (97, "quasi", "contradicted"),
        (40, "oltre", "contradicted"),  # who has 97 does not say over 40
    ],
)
def test_how_a_figure_was_said_counts(number, approx, verdict):
    found = judged({"id": "F", "value": number, "unit": "project", "approx": approx, "indicator": "IN-COUNT"})
    assert found.verdict == verdict
    assert found.value_found == 97


def test_the_words_of_a_figure_stay_in_the_sentence():
    found = judged({"id": "F", "value": 90, "approx": "circa", "indicator": "IN-COUNT"})
    assert found.note("it") == (
        "I dati danno 97 (Titolo IN-COUNT, tutto il programma), non «circa 90»: la differenza è 7."
    )


@pytest.mark.parametrize(
    ("number", "as_of", "period"),
    [
        (30, "2024-12-31", "2024-H2"),
        (57, "2024-12-31", "2024"),
        (97, "2025-12-31", "all"),
        (57, "2025-06-30", "2024-H1..2025-H1"),  # everything up to that day
        (97, "2031-01-01", "all"),  # told after the programme ended
    ],
)
def test_a_date_that_ends_a_period_may_mean_it_the_year_or_all_until_then(number, as_of, period):
    found = judged({"id": "F", "value": number, "indicator": "IN-COUNT", "as_of": as_of})
    assert (found.verdict, found.reading.period) == ("reproduced", period)


def test_what_no_reading_gives_is_contradicted_by_the_nearest():
    found = judged({"id": "F", "value": 54, "indicator": "IN-COUNT", "as_of": "2024-12-31"})
    assert (found.verdict, found.value_found, found.difference) == ("contradicted", 57, 3)


def test_a_total_of_a_day_inside_a_period_is_not_contradicted():
    found = judged({"id": "F", "value": 12, "indicator": "IN-COUNT", "as_of": "2024-03-10"})
    assert (found.verdict, found.reason, found.value_found) == ("not_reproducible", "inside", None)
    share = judged({"id": "F", "value": 12, "unit": "percent", "indicator": "IN-SHARE", "as_of": "2024-03-10"})
    assert share.verdict == "contradicted"


@pytest.mark.parametrize("number", [7, 12345, 30_400_000])
@pytest.mark.parametrize(
    "about",
    [
        {"indicator": "IN-MONEY", "as_of": dt.date(2024, 12, 31), "unit": "EUR"},
        {"indicator": "IN-MONEY", "as_of": dt.date(2025, 6, 30), "unit": "EUR", "approx": "circa"},
        {"indicator": "IN-SHARE", "as_of": dt.date(2024, 6, 30), "cohort": "Borgo Dora"},
        {"evaluation": "EV", "unit": "USD"},
    ],
)
def test_a_value_held_back_is_given_away_by_no_figure(number, about):
    """Whatever figure is tried, the answer about a hidden value is the same."""
    hidden = [effect("difference", None, "suppressed")]
    found = judged({"id": "F", "value": number, **about}, effects=hidden)
    assert (found.verdict, found.reason) == ("not_reproducible", "suppressed")
    assert (found.value_found, found.difference) == (None, None)
    for language in ("it", "en"):
        other = judged({"id": "F", "value": 1, **about}, effects=hidden)
        assert found.note(language) == other.note(language)


def test_a_total_over_a_hidden_period_is_held_back_too():
    found = judged({"id": "F", "value": 15_000_001, "unit": "EUR", "indicator": "IN-MONEY", "as_of": "2025-06-30"})
    assert (found.verdict, found.reason) == ("not_reproducible", "suppressed")


def test_a_figure_of_a_group_is_held_against_that_group():
    found = judged({"id": "F", "value": 25, "unit": "percent", "indicator": "IN-SHARE", "as_of": "2024-06-30",
                    "cohort": "Aurora"})  # fmt: skip
    assert (found.verdict, found.reading.category) == ("reproduced", "Aurora")
    unknown = judged({"id": "F", "value": 25, "unit": "percent", "indicator": "IN-SHARE", "as_of": "2024-06-30",
                      "cohort": "n = 722"})  # fmt: skip
    assert (unknown.verdict, unknown.reason) == ("not_reproducible", "group")
    assert "n = 722" in unknown.note("en")


def test_a_group_is_named_by_its_title():
    told = theory({"id": "F", "value": 25, "unit": "percent", "indicator": "IN-SHARE", "as_of": "2024-06-30",
                   "cohort": "fond_com"})  # fmt: skip
    labels = [{"id": "kind", "categories": {"fond_com": {"it": "Fondazioni comunitarie", "en": "Foundations"}}}]
    told = TheoryOfChange.model_validate({**told.model_dump(by_alias=True, exclude_unset=True), "dimensions": labels})
    for rows in ([*VALUES, value("IN-SHARE", "2024-H1", 0.25, cut=("kind", "fond_com"))], VALUES):
        (found,) = reconcile(told, CALENDAR, rows, [])
        assert "Foundations" in found.note("en") and "Fondazioni comunitarie" in found.note("it")
        assert "fond_com" not in found.note("en")


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        ({}, "unlinked"),
        ({"indicator": "IN-MONEY", "unit": "USD"}, "unit"),
        ({"indicator": "IN-MONEY", "unit": "percent"}, "unit"),
        ({"indicator": "IN-SHARE", "unit": "person"}, "unit"),
        ({"indicator": "IN-SHARE", "unit": "percent", "as_of": "2025-06-30"}, "no_data"),
        ({"indicator": "IN-MEAN", "unit": "years"}, "undated"),
        ({"indicator": "IN-MEAN", "as_of": "2019-01-01"}, "before"),
        ({"indicator": "IN-COUNT", "unit": "percent", "of": "B"}, "base"),
        ({"evaluation": "EV", "unit": "percent"}, "unit"),
    ],
)
def test_what_cannot_be_checked_says_why(figure, reason):
    found = judged({"id": "F", "value": 60, **figure}, {"id": "B", "value": 95, "approx": "circa"})
    assert (found.verdict, found.reason, found.value_found) == ("not_reproducible", reason, None)
    assert found.note("it") and found.note("en") and found.note("it") != found.note("en")


def test_a_unit_in_two_languages_is_the_same_in_either():
    for unit in ("years", "anni", {"it": "anni", "en": "years"}):
        found = judged({"id": "F", "value": 41, "unit": unit, "indicator": "IN-MEAN", "as_of": "2024-06-30"})
        assert found.verdict == "reproduced"


def test_a_percentage_of_a_base_is_the_counted_part_over_it():
    base = {"id": "B", "value": 95, "unit": "body", "source": "Register"}
    part = {"id": "F", "value": 60, "unit": "percent", "indicator": "IN-COUNT", "of": "B", "as_of": "2024-12-31"}
    found = judged(part, base)
    assert (found.verdict, found.value_found) == ("reproduced", pytest.approx(60.0))
    assert judged({**part, "value": 61}, base).verdict == "contradicted"


def test_an_effect_is_held_against_the_plain_difference_or_the_estimate_that_agrees():
    plain = judged({"id": "F", "value": 1794, "unit": "USD", "evaluation": "EV", "cohort": "n = 445"})
    assert (plain.verdict, plain.reading.term) == ("reproduced", "difference")
    adjusted = judged({"id": "F", "value": 1672, "unit": "USD", "evaluation": "EV"})
    assert (adjusted.verdict, adjusted.reading.term) == ("reproduced", "adjusted")
    wrong = judged({"id": "F", "value": 886, "unit": "USD", "evaluation": "EV"})
    assert (wrong.verdict, wrong.reading.term, wrong.value_found) == ("contradicted", "adjusted", 1671.6)
    assert judged({"id": "F", "value": 1794, "evaluation": "EV"}, effects=[]).reason == "not_computed"


def disagreements(*figures: dict) -> dict[str, tuple[str, ...]]:
    return {one.figure_id: one.disagrees_with for one in reconcile(theory(*figures), CALENDAR, VALUES, EFFECTS)}


def test_two_sources_that_disagree_name_each_other_and_both_stay():
    one = {"id": "A", "value": 30_400_000, "unit": "EUR", "indicator": "IN-MONEY", "source": "Iris"}
    over = {"id": "B", "value": 27_000_000, "unit": "EUR", "approx": "oltre", "indicator": "IN-MONEY", "source": "IIV"}
    third = {"id": "C", "value": 29_000_000, "unit": "EUR", "indicator": "IN-MONEY", "source": "Press"}
    assert disagreements(one, over) == {"A": (), "B": ()}  # 30.4 million is over 27 million
    assert disagreements(one, over, third) == {"A": ("C",), "B": (), "C": ("A",)}
    assert disagreements(one, {**third, "source": "IRIS"}) == {"A": (), "C": ()}  # one source, two places in it
    assert disagreements(one, {**third, "as_of": "2024-12-31"}) == {"A": ("C",), "C": ("A",)}
    dated = {**one, "as_of": "2025-12-31"}
    assert disagreements(dated, {**third, "as_of": "2024-12-31"}) == {"A": (), "C": ()}  # of two different days
    assert disagreements(one, {**third, "cohort": "first call"}) == {"A": (), "C": ()}


def test_figures_without_an_indicator_are_of_one_thing_where_they_state_the_same():
    one = {"id": "A", "value": 250, "approx": "circa", "statement": "People heard", "source": "Iris"}
    other = {"id": "B", "value": 300, "statement": {"it": "Persone sentite", "en": "people  heard"}, "source": "Press"}
    assert disagreements(one, other) == {"A": ("B",), "B": ("A",)}
    assert disagreements(one, {**other, "value": 240}) == {"A": (), "B": ()}
    assert disagreements(one, {**other, "statement": "Other"}) == {"A": (), "B": ()}


def test_the_plain_and_the_adjusted_estimate_do_not_disagree():
    one = {"id": "A", "value": 1794, "unit": "USD", "evaluation": "EV", "source": "Table 3"}
    other = {"id": "B", "value": 1672, "unit": "USD", "evaluation": "EV", "source": "Table 4"}
    assert disagreements(one, other) == {"A": (), "B": ()}
    assert disagreements(one, {**other, "value": 886}) == {"A": ("B",), "B": ("A",)}


def test_a_figure_without_an_id_has_the_name_its_element_has():
    found = reconcile(theory({"value": 1}, {"value": 2}), CALENDAR, [], [])
    assert [one.figure_id for one in found] == ["published_figure-1", "published_figure-2"]


def test_no_unit_is_printed_that_says_nothing():
    found = judged({"id": "F", "value": 2.5, "unit": {"it": "anni", "en": "years"}, "indicator": "IN-MEAN",
                    "as_of": "2024-06-30"})  # fmt: skip
    assert found.note("en") == "The data give 41.3\u00a0years (Title IN-MEAN, 2024-H1), not “2.5\u00a0years”: " \
                               "the difference is 38.8\u00a0years."  # fmt: skip


def test_shares_that_make_no_whole_say_so_beside_the_first_of_them():
    """Palestre di capacità, 2018: 60, 12, 11 and 6 per cent of 95 bodies."""
    base = {"id": "PF-ALL", "value": 95, "unit": "organisation", "source": "S"}
    part = {"unit": "percent", "source": "S", "of": "PF-ALL", "composition": "bodies"}
    parts = [{"id": f"PF-{share}", "value": share, **part} for share in (60, 12, 11, 6)]
    theory = TheoryOfChange.model_validate(
        {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "published_figures": [base, *parts]}
    )
    calendar = Calendar(start="2018-01-01", end="2018-12-31", every="year")
    found = {one.figure_id: one for one in reconcile(theory, calendar, [], [])}
    told = found["PF-60"].note("en")
    assert told.endswith(
        "The shares of “bodies” add up to 89 of 100: of 95 they are 57 + 11 + 10 + 6, and 11 are outside all of them."
    )
    assert "e 11 restano fuori da tutte" in found["PF-60"].note("it")
    assert found["PF-12"].composition is None


@pytest.mark.parametrize(
    ("value", "it", "en"), [(95, "95\u00a0persone", "95\u00a0people"), (1, "1\u00a0persona", "1\u00a0person")]
)
def test_units_with_a_name_are_said_in_each_language(value, it, en):
    figure = PublishedFigure(id="PF", value=value, unit="person", source="S")
    found = Reconciled(figure, "PF", "not_reproducible", "unlinked")
    assert (found.said("it"), found.said("en")) == (it, en)
