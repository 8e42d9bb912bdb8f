"""No sentence claims more than its evidence: which words a number has earned, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from reports.phrases import Phrases
from reports.reading import Block, Period, Report, read
from reports.sections import SECTIONS
from reports.shown import Shown
from reports.wording import Wording

#: Words that say the programme made it so. Only a draw earns them.
CAUSAL = re.compile(
    r"\b(effect|effects|caused?|causes|impact|led to|because of|thanks to|due to|produced|improved|"
    r"effett[oi]|causat[oaie]|caus[ae]|impatt[oi]|grazie a|dovut[oaie]|ha prodotto|migliorat[oaie]|merito)\b",
    re.IGNORECASE,
)
DESIGNS = (
    "pre_post",
    "difference_in_differences",
    "interrupted_time_series",
    "matched",
    "weighted",
    "mixed_model",
    None,
)
NBSP = "\u00a0"


def said(markdown: str) -> str:
    """Markdown as its reader sees it."""
    return re.sub(r"\\(.)", r"\1", markdown)


@pytest.fixture(scope="module")
def report(small) -> Report:
    return read(small)


def speaker(report: Report, language: str, period: str = "2025-H1", chapters: tuple[str, ...] = SECTIONS) -> Wording:
    return Wording(report, report.period(period), Phrases(language), Shown(language), chapters)


def evaluation(**attributes: Any) -> Block:
    return Block("E", "evaluation", {"": "Guadagni"}, {"unit": "USD", **attributes})


def effect(estimate: float | None, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    row = {"evaluation_id": "E", "term": "difference", "design": "randomised", "estimate": estimate, "ci_low": low,
           "ci_high": high, "ci_level": 0.95, "p_adjusted": None}  # fmt: skip
    return {**row, **more}


QUANTITY = {"it": "i guadagni del 1978", "en": "earnings in 1978"}
GROUPS = {
    "quantity": QUANTITY,
    "group_name": {"it": "chi ha avuto l’offerta di un posto", "en": "people offered a place"},
    "comparison_name": {"it": "chi non l’ha avuta", "en": "those not offered one"},
}


def sentences(report: Report, language: str, row: dict[str, Any], **attributes: Any) -> str:
    return said(" ".join(speaker(report, language).effect_sentences(evaluation(**attributes), row)))


def test_a_clear_difference_after_a_draw_is_read_as_the_effect(report):
    row = effect(1794.3, 551.2, 3038.1)
    assert sentences(report, "en", row, **GROUPS) == (
        "For earnings in 1978, the mean is $1,794 higher among people offered a place than among those not offered "
        "one; with 95% confidence the difference lies between $551 and $3,038. "
        "Places were assigned by lot: the difference can be read as the effect of the programme."
    )
    assert sentences(report, "it", row, **GROUPS).replace(NBSP, " ") == (
        "Per i guadagni del 1978 la media è più alta di 1.794 $ tra chi ha avuto l’offerta di un posto che tra chi "
        "non l’ha avuta; con una confidenza del 95 % la differenza sta tra 551 $ e 3.038 $. "
        "I posti sono stati assegnati per sorteggio: la differenza si può leggere come effetto del programma."
    )


def test_an_adverse_effect_is_told_as_plainly_as_a_good_one(report):
    words = sentences(report, "en", effect(-1200.0, -2000.0, -400.0), **GROUPS)
    assert "$1,200 lower among people offered a place" in words
    assert "lies between $400 and $2,000" in words
    assert "can be read as the effect" in words


@pytest.mark.parametrize("language", ["it", "en"])
def test_an_interval_that_holds_zero_claims_no_difference_and_no_absence_of_one(report, language):
    words = sentences(report, language, effect(500.0, -300.0, 1300.0), **GROUPS)
    assert {"it": "non mostrano una differenza chiara", "en": "show no clear difference"}[language] in words
    assert {"it": "Non è la prova che una differenza non ci sia", "en": "no proof that there is none"}[
        language
    ] in words
    assert {"it": "non si distingue dal caso", "en": "cannot be told from chance"}[language] in words
    assert not re.search(r"più alt|più bass|higher|lower", words)
    assert "−" in words  # the interval keeps its sign


@pytest.mark.parametrize("low_high", [(0.0, 900.0), (-900.0, 0.0)])
def test_an_interval_that_touches_zero_is_not_clear(report, low_high):
    assert "no clear difference" in sentences(report, "en", effect(450.0 if low_high[1] else -450.0, *low_high))


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(
    "row", [(900.0, 300.0, 1500.0), (-900.0, -1500.0, -300.0), (100.0, -300.0, 500.0), (100.0, None, None)]
)
def test_without_a_draw_nothing_is_said_to_be_the_programmes_doing(report, language, design, row):
    words = sentences(report, language, effect(*row, design=design), quantity=QUANTITY)
    assert not CAUSAL.search(words), words
    assert len(words.split(". ")) >= 2  # and the reader is told why


def test_the_causal_words_are_found_where_they_are_earned(report):
    """So that the test above cannot pass by looking for the wrong words."""
    for language in ("it", "en"):
        assert CAUSAL.search(sentences(report, language, effect(900.0, 300.0, 1500.0)))


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_difference_that_does_not_survive_several_comparisons_is_not_called_an_effect(report, language):
    words = sentences(report, language, effect(900.0, 100.0, 1700.0, p_adjusted=0.09), **GROUPS)
    assert {"it": "più confronti insieme", "en": "several comparisons were made together"}[language] in words
    assert not CAUSAL.search(words)


def test_a_difference_that_survives_several_comparisons_is(report):
    assert "can be read as the effect" in sentences(report, "en", effect(900.0, 100.0, 1700.0, p_adjusted=0.03))


def test_without_an_interval_nothing_is_concluded(report):
    words = sentences(report, "en", effect(900.0, None, None))
    assert "nothing can be concluded" in words
    assert "can be read as the effect" not in words


def test_before_and_after_has_no_groups(report):
    words = sentences(report, "en", effect(900.0, 300.0, 1500.0, design="pre_post", term="change"), **GROUPS)
    assert "higher after than before" in words
    assert "people offered a place" not in words
    assert "There is no comparison group" in words


def test_an_estimate_without_words_of_its_own_is_called_by_its_design(report):
    more = {"design": "difference_in_differences", "term": "difference_in_differences"}
    assert "«differenza nelle differenze»" in sentences(report, "it", effect(900.0, 300.0, 1500.0, **more), **GROUPS)


def test_a_difference_of_shares_is_in_percentage_points(report):
    words = sentences(report, "en", effect(-0.08, -0.12, -0.04), unit="percent", quantity={"en": "isolation"})
    assert "8.0 percentage points lower" in words
    assert "the share is" in words
    assert "between 4.0 and 12.0 percentage points" in words


def test_an_unknown_term_is_only_reported(report):
    row = effect(3.0, 1.0, 5.0, term="slope", design="interrupted_time_series")
    words = sentences(report, "en", row, unit="point")
    assert words.startswith("The estimate “slope” is 3 points; with 95% confidence")
    assert not CAUSAL.search(words)


# --- values ----------------------------------------------------------------------------------------------------------


def indicator(report: Report, id: str) -> Block:
    found = report.block(id, "indicator")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("id", "italian"),
    [
        ("IN-REACH", "Il valore è 240 persone."),
        (
            "IN-ALONE",
            "Il valore stimato è 38,0 %; con una confidenza del 95 % quello vero sta tra 33,0 % e 47,0 %. "
            "Righe usate: 200.",
        ),
        ("IN-ZERO", "Il valore è 0 persone. È uno zero vero: i dati ci sono."),
        ("IN-EMPTY", "Per questo periodo non ci sono dati. Non vuol dire zero."),
        (
            "IN-SECRET",
            "Il valore non è mostrato: il gruppo è troppo piccolo per proteggere le persone. Non vuol dire zero.",
        ),
        ("IN-ODD", "Il valore non si può calcolare. il denominatore è zero"),
    ],
)
def test_a_value_zero_nothing_hidden_and_not_computable_are_told_apart(report, id, italian):
    wording, row = speaker(report, "it"), report.value(id, "2025-H1")
    shape = wording.shape(indicator(report, id), [row])
    assert said(" ".join(wording.value_sentences(indicator(report, id), row, shape))).replace(NBSP, " ") == italian


def test_a_complete_count_is_no_estimate(report):
    row = {**report.value("IN-ALONE", "2025-H1"), "ci_low": None, "ci_high": None}
    block = Block(
        "IN-ALONE",
        "indicator",
        {"": "x"},
        {"unit": "percent", "measure_kind": "share", "uncertainty": {"mode": "census"}},
    )
    words = said(" ".join(speaker(report, "en").value_sentences(block, row, "percent.0")))
    assert words == "The value is 38%, computed from all 200 rows with a value: it is not an estimate from a sample."


RUBRIC = {"from": "votes", "rubric": {"of": ["project"]}}


@pytest.mark.parametrize(
    ("kind", "measure", "language", "expected"),
    [
        ("rubric", RUBRIC, "en", "computed from everything that was rated (7), by 18 people:"),
        ("rubric", RUBRIC, "it", "calcolato su tutto ciò che è stato valutato (7), con i giudizi di 18 persone:"),
        ("theme", {"theme": "a", "per": "document"}, "en", "computed from all 18 documents:"),
        ("theme", {"theme": "a", "per": "segment"}, "it", "calcolato su tutti i 18 passi codificati:"),
        ("network", {"network": "density"}, "it", "calcolato su tutti i 18 soggetti che si contano nella rete:"),
    ],
)
def test_a_complete_count_names_what_was_counted(report, kind, measure, language, expected):
    row = {**report.value("IN-ALONE", "2025-H1"), "ci_low": None, "ci_high": None, "n": 18, "denominator": 7.0}
    attributes = {"unit": "percent", "measure_kind": kind, "measure": measure, "uncertainty": {"mode": "census"}}
    block = Block("IN-ALONE", "indicator", {"": "x"}, attributes)
    assert expected in said(" ".join(speaker(report, language).value_sentences(block, row, "percent.0")))


@pytest.mark.parametrize(
    ("n_both", "told"), [(19, "of 19 who were in both"), (10, "in both waves: 10."), (None, ": 10.")]
)
def test_a_change_says_how_many_were_in_both_waves_and_how_many_of_them_answered(report, n_both, told):
    panel = {"source": "people", "wave_from": "pre", "wave_to": "post", "n_both": n_both, "status": "ok"}
    row = {**report.value("IN-ALONE", "2025-H1"), "n": 10}
    attributes = {"unit": "point", "measure_kind": "change", "source": "people",
                  "measure": {"change": "q", "between": ["pre", "post"]}}  # fmt: skip
    block = Block("IN-ALONE", "indicator", {"": "x"}, attributes)
    other = {**panel, "wave_to": "later", "n_both": 400}
    report = replace(report, rows={**report.rows, "panel": (other, panel)})
    words = said(" ".join(speaker(report, "en").value_sentences(block, row, "number.2")))
    assert words.endswith(told if told.endswith(".") else f"{told}.") and "400" not in words


@pytest.mark.parametrize(("n", "expected"), [(1, "documents: 1 of 1"), (2, "documents: 2 of 2"), (3, "100%")])
def test_a_share_of_one_or_two_documents_is_no_percentage(report, n, expected):
    row = {**report.value("IN-ALONE", "2025-H1"), "n": n, "numerator": n, "denominator": n, "value": 1.0}
    attributes = {"unit": "percent", "measure_kind": "theme", "measure": {"theme": "a", "per": "document"}}
    block = Block("IN-ALONE", "indicator", {"": "x"}, attributes)
    assert said(speaker(report, "en").value(block, row, "percent.0")) == expected
    passages = {**attributes, "measure": {"theme": "a", "per": "segment"}}
    assert said(speaker(report, "en").value(replace(block, attributes=passages), row, "percent.0")) == "100%"


PROGRESS = {"indicator_id": "IN-ALONE", "period": "2025-H1", "dimension": "all", "category": "all", "baseline": None,
            "target": 0.4, "operator": "<=", "due": None, "target_high": None}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "low", "high", "words"),
    [
        ("met", 0.30, 0.39, "The target (at most 40%) is met."),
        ("met", 0.30, 0.45, "The target (at most 40%) is met, but narrowly: it lies inside the margin of uncertainty."),
        ("not_met", 0.41, 0.50, "The target (at most 40%) was not met."),
        ("not_met", 0.38, 0.50, "The target (at most 40%) was not met, but it lies inside the margin of uncertainty."),
        ("on_track", 0.38, 0.50, "The target (at most 40%) is not reached yet, but the pace is the one expected."),
        ("behind", 0.38, 0.50, "The target (at most 40%) is not reached yet and the pace is slower than expected."),
        ("no_data", None, None, "The target is at most 40%; without data nobody can say whether it is met."),
    ],
)
def test_a_target_inside_the_margin_of_uncertainty_is_said_to_be_there(report, status, low, high, words):
    row = {"ci_low": low, "ci_high": high}
    told = speaker(report, "en").target_sentence(
        indicator(report, "IN-ALONE"), {**PROGRESS, "status": status}, row, "percent.0"
    )
    assert said(told) == words


def test_targets_say_their_operator_and_how_roughly_they_were_stated(report):
    wording, block = speaker(report, "it"), indicator(report, "IN-REACH")
    row = {**PROGRESS, "indicator_id": "IN-REACH", "target": 250.0, "operator": ">="}
    assert wording.target(row, wording.unit(block), "number.0") == "almeno circa 250"
    row = {**row, "target": 10.0, "target_high": 20.0, "operator": "between"}
    assert wording.target(row, wording.unit(block), "number.0") == "tra 10 e 20"


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        (
            0.20,
            "At the start it was 20%, below the whole interval of the period. By itself, the comparison with the start "
            "does not say why the value changed.",
        ),
        (
            0.60,
            "At the start it was 60%, above the whole interval of the period. By itself, the comparison with the start "
            "does not say why the value changed.",
        ),
        (0.40, "At the start it was 40%, inside the interval of the period: the data show no clear change."),
        (None, ""),
    ],
)
def test_a_change_since_the_start_is_called_one_only_outside_the_interval(report, baseline, words):
    row = report.value("IN-ALONE", "2025-H1")
    told = speaker(report, "en").baseline_sentences({**PROGRESS, "baseline": baseline}, row, "percent.0")
    assert said(" ".join(told)) == words


def test_in_brief_the_comparisons_come_first_and_gaps_and_refusals_are_told(report):
    brief = [said(sentence).replace(NBSP, " ") for sentence in speaker(report, "en").brief()]
    assert brief[0].startswith("For isolation, the share is 8.0 percentage points lower")
    assert brief[1].startswith("The data show no clear difference")
    assert brief[2].startswith(
        "The programme is followed with 6 indicators: 3 with a value for the period, 3 without. 3 have a target:"
    )
    assert brief[-2] == "2 elements of the theory are not measured yet; the chapter “What is missing” says which."
    assert brief[-1] == "The data collected are 260 rows from one source; rows refused, which do not count: 5."


def test_in_brief_a_status_that_the_interval_leaves_open_is_named(report, monkeypatch):
    monkeypatch.setitem(report.progress("IN-ALONE", "2025-H1"), "certainty", "unsure")
    brief = " ".join(said(sentence) for sentence in speaker(report, "en").brief())
    told = "The confidence interval leaves open whether the status is this or another for: "
    assert brief.count(told) == 1 and f"{told}Share of people alone." in brief
    monkeypatch.setitem(report.progress("IN-ALONE", "2025-H1"), "certainty", "sure")
    assert told not in " ".join(said(sentence) for sentence in speaker(report, "en").brief())


def test_no_sentence_sends_the_reader_to_a_chapter_that_is_not_there(report):
    brief = [said(sentence) for sentence in speaker(report, "en", chapters=("brief",)).brief()]
    assert brief[-2] == "2 elements of the theory are not measured yet: More trust and A closer city."


@pytest.mark.parametrize(
    ("name", "italian", "english"),
    [
        ("2024-H1", "primo semestre 2024", "first half of 2024"),
        ("2024-Q3", "terzo trimestre 2024", "third quarter of 2024"),
        ("2024-05", "maggio 2024", "May 2024"),
        ("2024", "2024", "2024"),
        ("all", "tutto il programma", "the whole programme"),
    ],
)
def test_periods_are_named_as_people_say_them(report, name, italian, english):
    import datetime as dt

    period = Period(name, "", dt.date(2024, 5, 1), dt.date(2024, 5, 31), True)
    assert speaker(report, "it").period_name(period) == italian
    assert speaker(report, "en").period_name(period) == english
