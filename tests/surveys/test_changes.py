"""A contract and the questionnaire as it is now: what differs, and which differences stop answers from landing."""

from __future__ import annotations

import pytest
import yaml

from surveys.changes import Decision, changes, contradictions_of, undecided
from surveys.questions import Question


def questions(text: str) -> list[Question]:
    return [Question.model_validate(one) for one in yaml.load(text, Loader=yaml.BaseLoader)]


BEFORE = """
- {name: mood, code: Q1, type: scale, range: [1, 3], text: {it: Come sta oggi, en: How are you today},
   labels: {1: {it: Male, en: Bad}, 2: {it: Così così, en: So-so}, 3: {it: Bene, en: Well}}}
- {name: use, code: Q2, type: multiple, text: Che cosa ha usato negli ultimi 12 mesi,
   answers: {A: Biblioteca, B: Doposcuola}}
- {name: trust, code: Q3, type: scale, range: [1, 5], text: Quanta fiducia ha, rows: {S1: Nei vicini, S2: Nel comune}}
- {name: note, code: Q4, type: text, text: Note}
- {name: points, code: EQ, type: number, computed: true}
"""


def found(before: str, after: str) -> list[tuple[str, str, str]]:
    now = BEFORE.replace(before, after)
    assert now != BEFORE
    return [(one.kind, one.header, one.item) for one in changes(questions(BEFORE), questions(now))]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("- {name: note, code: Q4, type: text, text: Note}\n", "", [("question-gone", "Q4", "")]),
        ("text: Note}", "text: Note}\n- {name: more, code: Q5, type: text}", [("question-new", "Q5", "")]),
        ("Come sta oggi", "Quanti figli ha in casa", [("question-replaced", "Q1", "")]),
        ("How are you today", "How many children live here", [("question-replaced", "Q1", "")]),
        ("Come sta oggi", "Come sta oggi in generale", [("question-reworded", "Q1", "")]),
        ("Come sta oggi", "COME STA oggi", []),
        ("ultimi 12 mesi", "ultimi 6 mesi", [("question-replaced", "Q2", "")]),
        ("code: Q4, type: text", "code: Q4, type: number", [("type-changed", "Q4", "")]),
        ("range: [1, 5]", "range: [1, 10]", [("range-changed", "Q3", "")]),
        ("1: {it: Male, en: Bad}, 2: {it: Così così, en: So-so}, 3: {it: Bene, en: Well}",
         "1: {it: Bene, en: Well}, 2: {it: Così così, en: So-so}, 3: {it: Male, en: Bad}",
         [("scale-reversed", "Q1", "")]),
        ("A: Biblioteca, B: Doposcuola", "A: Doposcuola, B: Biblioteca",
         [("code-reused", "Q2", "A"), ("code-reused", "Q2", "B")]),
        ("A: Biblioteca", "A: Centro anziani", [("code-reused", "Q2", "A")]),
        ("A: Biblioteca", "A: Biblioteche", [("answer-reworded", "Q2", "A")]),
        ("B: Doposcuola", "B: Doposcuola, C: Portineria", [("answer-added", "Q2", "C")]),
        ("A: Biblioteca, ", "", [("answer-removed", "Q2", "A")]),
        ("S2: Nel comune", "S2: Nella scuola", [("row-reused", "Q3", "S2")]),
        ("S2: Nel comune", "S2: Nel comune, S3: Nello Stato", [("row-added", "Q3", "S3")]),
        (", S2: Nel comune", "", [("row-removed", "Q3", "S2")]),
        ("answers: {A", "asked_when: {Q4: x}, answers: {A", []),  # the contract said nothing before
        ("type: multiple,", "type: multiple, other: true,", [("comment-changed", "Q2", "other")]),
        ("- {name: points, code: EQ, type: number, computed: true}\n", "", []),
    ],
)  # fmt: skip
def test_each_difference_is_told_once_as_what_it_is(before: str, after: str, change: list) -> None:
    assert found(before, after) == change


@pytest.mark.parametrize(
    ("one", "other"),
    [("Molto soddisfatto", "Molto insoddisfatto"), ("Ho dormito bene", "Non ho dormito bene"), ("1-5 ore", "6-10 ore"),
     ("Happy with it", "Unhappy with it"), ("A little better", "Much better")],
)  # fmt: skip
def test_words_that_look_alike_and_mean_the_contrary_are_another_answer(one: str, other: str) -> None:
    asked = "[{{name: q, type: single, answers: {{A: '{}', B: Altro}}}}]"
    found = changes(questions(asked.format(one)), questions(asked.format(other)))
    assert [change.kind for change in found] == ["code-reused"]


def test_a_scale_and_a_choice_of_the_same_codes_are_no_difference() -> None:
    scale = "[{name: q, code: Q, type: scale, range: [1, 2], labels: {1: Poco, 2: Molto}}]"
    choice = "[{name: q, code: Q, type: single, answers: {1: Poco, 2: Molto}}]"
    assert changes(questions(scale), questions(choice)) == []


def test_the_columns_a_change_touches_are_named() -> None:
    now = BEFORE.replace("A: Biblioteca", "A: Centro anziani").replace("S2: Nel comune", "S2: Nella scuola")
    assert [one.columns for one in changes(questions(BEFORE), questions(now))] == [("use_A",), ("trust_S2",)]


def test_what_the_contract_knows_without_a_question_is_not_new() -> None:
    now = questions(BEFORE + "- {name: intro, code: INTRO, type: text}\n")
    assert changes(questions(BEFORE), now, ["INTRO"]) == []


def test_a_decision_settles_exactly_the_change_it_was_made_for() -> None:
    reused = BEFORE.replace("A: Biblioteca", "A: Centro anziani")
    (change,) = undecided(changes(questions(BEFORE), questions(reused)), [])
    decision = Decision.model_validate(
        {"question": "use", "change": "code-reused", "item": "A", "decision": "continue", "on": "2026-05-01",
         "by": "ricerca", "seen": change.seen}
    )  # fmt: skip
    assert undecided(changes(questions(BEFORE), questions(reused)), [decision]) == []
    again = BEFORE.replace("A: Biblioteca", "A: Sportello lavoro")
    assert len(undecided(changes(questions(BEFORE), questions(again)), [decision])) == 1


def test_a_change_bears_the_same_mark_whatever_language_it_is_told_in() -> None:
    now = questions(BEFORE.replace("it: Male, en: Bad", "it: Ottimo, en: Splendid"))
    turned = questions(BEFORE.replace("it: Male, en: Bad", "x: x").replace("it: Bene, en: Well", "it: Male, en: Bad")
                       .replace("x: x", "it: Bene, en: Well"))  # fmt: skip
    for after in (now, turned):
        marks = {changes(questions(BEFORE), after, language=language)[0].seen for language in ("it", "en")}
        assert len(marks) == 1


def test_only_what_alters_past_answers_blocks() -> None:
    now = questions(
        BEFORE.replace("B: Doposcuola", "B: Doposcuola, C: Portineria").replace("text: Note}", "text: Nota}")
    )
    assert undecided(changes(questions(BEFORE), now), []) == []


def test_a_decision_the_contract_does_not_carry_out_is_a_mistake() -> None:
    def told(question: str, decision: str, about: str = "Q1") -> list[str]:
        one = Decision.model_validate({"question": about, "change": "scale-reversed", "decision": decision,
                                       "on": "2026-05-01", "by": "ricerca", "seen": "0123abcd"})  # fmt: skip
        return [found.code for found in contradictions_of([one], questions(f"[{question}]"))]

    bare = "{name: mood, code: Q1, type: scale, range: [1, 5]}"
    assert told(bare, "continue") == []
    assert told(bare, "map") == ["decision-without-recode"]
    assert told(bare, "break") == ["decision-without-break"]
    assert told(bare, "break", about="Q9") == ["decision-on-nothing"]
    assert told(bare.replace("]}", "], recode: {since: 2026-05-01, answers: {1: 5}}}"), "map") == []
    assert told(bare.replace("]}", "], until: 2026-05-01}"), "break") == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("answers: [F, M]", "answers: {F: Femmina, M: {it: Maschio, en: Male}}"),
        ("answers: {F: Femmina, M: Maschio}", "answers: [F, M]"),
        ("answers: {F: {it: F, en: f}, M: M}", "answers: {M: Femmina, F: Maschio}"),
    ],
)
def test_a_list_of_bare_codes_says_no_words_that_could_have_changed(before: str, now: str) -> None:
    one, other = (questions(f"[{{name: g, code: G, type: single, {said}}}]") for said in (before, now))
    assert changes(one, other) == []


def test_a_code_that_is_new_among_bare_codes_is_still_told() -> None:
    one, other = (questions(f"[{{name: g, code: G, type: single, answers: {said}}}]")
                  for said in ("[F, M]", "{F: Femmina, X: Altro}"))  # fmt: skip
    assert [(each.kind, each.item) for each in changes(one, other)] == [("answer-removed", "M"), ("answer-added", "X")]
