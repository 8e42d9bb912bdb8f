"""Words found by their stem, in Italian and English, in what may be read and nowhere else."""

from __future__ import annotations

import pytest

from theory_of_change.problems import ProblemsFound
from warehouse.modelling import models
from warehouse.searching import Passage, find

WORDS = [
    Passage("elements", ("OC-ISO",), {"it": "Meno anziani isolati nel quartiere", "en": "Fewer isolated older people"}),
    Passage("elements", ("OC-RETI",), {"it": "Le reti sociali sono più fitte", "en": "Denser social networks"}),
    Passage("quotes", ("Q-1",), {"it": "Non c’è più la solitudine di una volta: perché siamo insieme"}),
    Passage("quotes", ("Q-2",), {"it": "Una rete c’è, sociale no"}),
    Passage("nodes", ("b",), {"it": "Circolo Aurora", "en": "Circolo Aurora"}),
    Passage("nodes", ("a",), {"it": "Circolo Aurora", "en": "Circolo Aurora"}),
]  # fmt: skip


def keys(words: str, language: str = "it", limit: int = 20) -> list[str]:
    return [hit.key[0] for hit in find(WORDS, words, language, limit).hits]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("isolamento", ["OC-ISO"]),
        ("l'isolamento dell’anziano", ["OC-ISO"]),
        ("older person isolation", ["OC-ISO"]),
        ("networking", ["OC-RETI"]),
        ("solitudini", ["Q-1"]),
        ("perche", []),  # a word of every sentence
        ("piu fitta", ["OC-RETI"]),
        ('"reti sociali"', ["OC-RETI"]),
        ("sociale -fitte", ["Q-2"]),
        ("zebra", []),
    ],
)
def test_a_word_is_found_in_its_other_forms(words: str, found: list[str]) -> None:
    assert keys(words) == found


def test_what_holds_some_of_the_words_is_shown_where_nothing_holds_all() -> None:
    found = find(WORDS, "isolamento zebra", "it", 20)

    assert ([hit.key[0] for hit in found.hits], found.has_all) == (["OC-ISO"], False)
    assert find(WORDS, "isolamento quartiere", "it", 20).has_all


def test_the_same_words_twice_are_shown_once() -> None:
    assert len(keys("aurora")) == 1


def test_the_best_come_first_and_no_more_than_asked() -> None:
    assert keys("rete sociale", limit=1) == keys("rete sociale")[:1]
    assert set(keys("rete sociale")) == {"OC-RETI", "Q-2"}


@pytest.mark.parametrize(("language", "excerpt"), [("it", "isolati"), ("en", "isolated")])
def test_the_excerpt_is_in_the_language_of_who_asks(language: str, excerpt: str) -> None:
    long = {"it": "Così è, già: " * 40 + "molti anziani isolati", "en": "So it is: " * 40 + "many isolated people"}
    (hit,) = find([Passage("elements", ("X",), long)], "isolati isolated", language, 5).hits
    shown = {hit.excerpt[start:end] for start, end in hit.marked}

    assert (hit.language, shown) == (language, {excerpt})
    assert len(hit.excerpt) <= 160


@pytest.mark.parametrize("words", ["", "  ", "-", "?!", '"', "(", "+"])
def test_without_a_word_there_is_nothing_to_search_for(words: str) -> None:
    with pytest.raises(ProblemsFound) as caught:
        find(WORDS, words, "it", 20)
    assert [problem.code for problem in caught.value.problems] == ["nothing-to-search"]


@pytest.mark.parametrize("table", ["quotes", "harvested_outcomes", "stories", "codes", "substantiations"])
def test_what_people_said_is_searched_where_it_is_published(table: str) -> None:
    model = models("out")[table]
    assert model.searched and set(model.searched) <= set(model.column_names)
