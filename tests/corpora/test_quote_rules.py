"""Which passages pass, which are chosen, and how speakers are described: rules on a few invented words."""

from __future__ import annotations

import pytest

from surveys.corpora.describing import People, as_words, description
from surveys.corpora.masking import masked
from surveys.corpora.quote_contracts import Quotes
from surveys.corpora.quoting import Spoken, balance, choose, judge, passages

MEANINGS = {"bene": [("OC-1", "for")], "male": [("OC-1", "against")]}


def spoken(text: str, name: str = "D1", consent: str = "quotes", turns: tuple = (), language: str = "it") -> Spoken:
    return Spoken(name, text, language, consent, turns)


def coded(document: Spoken, words: str, code: str = "bene"):
    start = document.text.index(words)
    (found,) = passages(document, [(code, start, start + len(words))])
    return found


QUOTES = Quotes.model_validate({"rule": {"per_code": 2, "shortest": 2, "longest": 12}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rosa e ROSA e rosa", "[nome] e [nome] e [nome]"),
        ("Rosaria non è Rosa.", "Rosaria non è [nome]."),
        ("la casa di D’Angelo, o di D'ANGELO", "la casa di [cognome], o di [cognome]"),
        ("Niccolò, Niccolo', NICCOLO", "[nome], [nome], [nome]"),
        ("De  Rossi e De\nRossi, poi De-Rossi", "[cognome] e [cognome], poi [cognome]"),
        ("Rosa's brother", "[nome]'s brother"),
    ],
)
def test_a_mask_covers_whole_words_however_they_are_written(text: str, expected: str) -> None:
    masks = {"Rosa": "[nome]", "D'Angelo": "[cognome]", "Niccolò": "[nome]", "De Rossi": "[cognome]"}
    assert masked(text, masks) == expected


def test_a_stretch_that_cuts_a_name_is_grown_to_the_whole_name_and_blocked() -> None:
    text = "Qui mi ha aiutata Ermenegilda ogni giorno."
    start = text.index("negilda")
    (passage,) = passages(spoken(text), [("bene", start, len(text))])
    assert passage.raw.startswith("Ermenegilda")
    assert judge(passage, QUOTES).reasons == ("identifying",)


def test_of_a_stretch_over_several_turns_the_longest_is_taken_and_who_asks_is_not() -> None:
    text = "E allora lei che cosa ne pensa davvero?\nBene.\nQui si sta bene."
    turns = (("intervistatrice", 0, 39), ("residente 1", 40, 45), ("residente 2", 46, len(text)))
    (passage,) = passages(spoken(text, turns=turns), [("bene", 0, len(text))])
    assert (passage.role, passage.raw) == ("residente 2", "Qui si sta bene.")
    assert passages(spoken(text, turns=turns), [("bene", 0, 39)]) == []


def test_nothing_passes_without_consent_or_in_a_language_whose_names_are_not_known() -> None:
    assert judge(coded(spoken("Qui si sta bene.", consent="analysis"), "Qui si sta"), QUOTES).reasons == ("consent",)
    assert judge(coded(spoken("Ici tout va bien.", language="fr"), "Ici tout"), QUOTES).reasons == ("identifying",)


def test_dots_say_where_a_sentence_was_cut() -> None:
    document = spoken("Prima stavo male. Adesso sto bene con tutti. Punto.")
    assert judge(coded(document, "Adesso sto bene con tutti."), QUOTES).text == "Adesso sto bene con tutti."
    assert judge(coded(document, "Adesso sto bene con tutti"), QUOTES).text == "Adesso sto bene con tutti."
    assert judge(coded(document, "sto bene con"), QUOTES).text == "… sto bene con …"


def test_a_passage_shows_no_words_where_it_is_printed_as_an_object() -> None:
    judged = judge(coded(spoken("Qui si sta bene."), "Qui si sta bene."), QUOTES)
    assert "sta bene" not in repr(judged)


def judged_all(*said: tuple[str, str, str], consent: str = "quotes"):
    return [judge(coded(spoken(text, name, consent), text, code), QUOTES) for name, code, text in said]


def test_the_rule_takes_one_of_each_document_before_a_second_and_the_longest_first() -> None:
    judged = judged_all(
        ("D1", "bene", "Qui si sta bene davvero"), ("D2", "bene", "Si sta bene"),
        ("D1", "bene", "Con i vicini ci si aiuta molto, adesso"), ("D3", "bene", "Va bene"),
    )  # fmt: skip
    chosen, unmet = choose(judged, QUOTES, {})
    assert [one.judged.text for one in chosen] == ["Con i vicini ci si aiuta molto, adesso", "Si sta bene"]
    assert unmet == []
    assert choose(list(reversed(judged)), QUOTES, {})[0] == chosen


def test_who_speaks_against_is_quoted_in_proportion_and_at_least_once() -> None:
    only_good = Quotes.model_validate({"rule": {"per_code": 4, "shortest": 2, "codes": ["bene"]}})
    good = judged_all(
        *((f"D{n}", "bene", f"Si sta bene {word}") for n, word in enumerate(("qui", "adesso", "sempre", "molto")))
    )
    bad = judged_all(
        *((f"E{n}", "male", f"Si sta male {word}") for n, word in enumerate(("qui", "adesso", "sempre", "molto")))
    )
    chosen, _ = choose([*good, *bad[:1]], only_good, MEANINGS)
    assert [one.is_balancing for one in chosen] == [False] * 4 + [True]
    chosen, _ = choose([*good, *bad], only_good, MEANINGS)
    assert sum(one.passage.code == "male" for one in chosen) == 4  # as many as for: half of all passages


def test_what_speaks_against_and_cannot_be_quoted_is_told_with_its_reasons() -> None:
    judged = judged_all(("D1", "bene", "Qui si sta bene"), ("D3", "male", "Ermenegilda sta male"))
    judged += judged_all(("D2", "male", "Si sta male"), consent="analysis")
    chosen, _ = choose(judged, QUOTES, MEANINGS)
    assert [(row.direction, row.n_quoted, row.reasons) for row in balance(judged, chosen, MEANINGS)] == [
        ("against", 0, ("consent", "identifying")), ("for", 1, ()),
    ]  # fmt: skip


PEOPLE = [
    People({"role": "residente", "gender": "F", "area": "A1"}, 4),
    People({"role": "residente", "gender": "F", "area": "A2"}, 2),
    People({"role": "residente", "gender": "M", "area": "A1"}, 3),
    People({"role": "parroco", "gender": "M", "area": "A1"}),
]


@pytest.mark.parametrize(
    ("speaker", "least", "said"),
    [
        ({"role": "residente", "gender": "F", "area": "A1"}, 3, "residente, area: A1, gender: F"),
        ({"role": "residente", "gender": "F", "area": "A1"}, 5, "residente, gender: F"),
        ({"role": "residente", "gender": "F", "area": "A2"}, 3, "residente, gender: F"),
        ({"role": "residente", "gender": "M", "area": "A1"}, 4, "residente, area: A1"),
        ({"role": "parroco", "gender": "M", "area": "A1"}, 4, "gender: M"),
        ({"role": "parroco"}, 2, "participant"),
        ({"role": "sindaca", "area": "A9"}, 2, "participant"),
        ({"role": "parroco", "gender": "M", "area": "A1"}, 1, "parroco"),
    ],
)
def test_a_speaker_is_described_by_what_enough_people_share_and_nothing_that_follows_from_it(
    speaker: dict[str, str], least: int, said: str
) -> None:
    assert as_words(description(speaker, PEOPLE, least)) == said
