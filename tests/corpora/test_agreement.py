"""Agreement between coders comes out as published, with intervals that say how they were found."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pytest

from surveys.corpora.agreement import Ratings, coefficients, cohen_kappa, fleiss_kappa, krippendorff_alpha
from surveys.corpora.ratings import Coded, paragraphs, ratings_of


def by_coder(*coders: str) -> Ratings:
    """One string a coder, one sign a unit; a dot is missing."""
    return Ratings(tuple(tuple(None if sign == "." else sign for sign in unit) for unit in zip(*coders, strict=True)))


def numbers(ratings: Ratings) -> Ratings:
    return Ratings(tuple(tuple(None if value is None else int(value) for value in row) for row in ratings.values))


#: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", sections A, B and C.
SECTION_A = by_coder("0100000010", "1110010000")
SECTION_B = by_coder("aabbdcccedda", "babbbccceddd")
SECTION_C = by_coder("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


@pytest.mark.parametrize(
    ("ratings", "level", "published"),
    [
        (SECTION_A, "nominal", 0.095),
        (SECTION_B, "nominal", 0.692),
        (SECTION_C, "nominal", 0.743),
        (numbers(SECTION_C), "ordinal", 0.815),
        (numbers(SECTION_C), "interval", 0.849),
    ],
)
def test_krippendorffs_published_examples(ratings: Ratings, level: str, published: float) -> None:
    found = krippendorff_alpha(ratings, level)
    assert round(found.value, 3) == published
    assert found.low < found.value < found.high <= 1
    assert found.interval == "bootstrap of units"


def test_units_judged_by_one_coder_do_not_count() -> None:
    found = krippendorff_alpha(SECTION_C)
    assert (found.n_units, found.n_coders) == (11, 4)  # the twelfth unit has one value


def pairs(table: Sequence[Sequence[int]]) -> Ratings:
    """Two coders' table of counts as ratings."""
    return Ratings(tuple((i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)))


def test_cohens_kappa_and_its_interval_as_sas_prints_them() -> None:
    """The example in SAS' manual that statsmodels is held against."""
    found = cohen_kappa(pairs([[0, 4, 1], [0, 8, 0], [0, 1, 5]]))
    assert [round(each, 4) for each in (found.value, found.low, found.high)] == [0.4842, 0.2137, 0.7547]
    assert (found.interval, found.n_units, found.n_coders) == ("analytic", 19, 2)


@pytest.mark.parametrize(
    ("table", "published"),
    [
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492),  # Cohen 1960, of 200
        ([[106, 10, 4], [22, 28, 10], [2, 12, 6]], 0.429),  # Fleiss, Cohen and Everitt 1969
    ],
)
def test_cohens_kappa_as_published(table: list[list[int]], published: float) -> None:
    assert round(cohen_kappa(pairs(table)).value, 3) == published


#: Fleiss 1971, table 1: diagnoses of 30 patients by 6 raters, 1 depression to 5 other.
DIAGNOSES = re.findall(
    r"\d+",
    """444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444
224445 333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555""",
)


def test_fleiss_kappa_as_published() -> None:
    found = fleiss_kappa(Ratings(tuple(tuple(each) for each in DIAGNOSES)))
    assert round(found.value, 3) == 0.430
    assert 0.3 < found.low < 0.430 < found.high < 0.56
    assert (found.n_units, found.n_coders, found.interval) == (30, 6, "bootstrap of units")


def test_fleiss_kappa_is_of_the_units_that_all_judged() -> None:
    whole = tuple(tuple(each) for each in DIAGNOSES)
    missing = (*whole, ("1", None, "2", "3", "4", "5"))
    assert fleiss_kappa(Ratings(missing)) == fleiss_kappa(Ratings(whole))


def test_alpha_of_two_coders_without_gaps_is_scotts_pi_corrected_for_the_sample() -> None:
    """Alpha = 1 - (1 - pi)(n - 1)/n with n values (Krippendorff 2011, section A)."""
    values = len(SECTION_B.values) * 2
    margins = [value for row in SECTION_B.values for value in row]
    by_chance = sum((margins.count(one) / values) ** 2 for one in set(margins))
    agreed = sum(one == other for one, other in SECTION_B.values) / len(SECTION_B.values)
    pi = (agreed - by_chance) / (1 - by_chance)
    assert math.isclose(krippendorff_alpha(SECTION_B).value, 1 - (1 - pi) * (values - 1) / values, abs_tol=1e-12)


def test_where_everybody_always_said_the_same_nothing_is_claimed() -> None:
    """One answer alone tells nothing; perfect agreement has no interval, for it shows no variation."""
    for found in coefficients(by_coder("1111", "1111")):
        assert (found.value, found.low, found.high, found.interval) == (None, None, None, "none")
    for found in coefficients(by_coder("1010", "1010")):
        assert (found.value, found.low, found.high, found.interval) == (1.0, None, None, "none")


def test_cohens_kappa_is_of_two() -> None:
    with pytest.raises(ValueError, match="two coders"):
        cohen_kappa(SECTION_C)


# From codings to ratings ----------------------------------------------------------------------------------------------

TURNS = {"uno": [(0, 10), (11, 20), (21, 30)], "due": [(0, 40)], "tre": [(0, 5)]}
CODED = [
    Coded("uno", "A", "casa", 2, 5), Coded("uno", "B", "casa", 4, 12), Coded("uno", "B", "lavoro", 25, 30),
    Coded("due", "A", "casa", 0, 40), Coded("tre", "A", "casa", 0, 5), Coded("tre", "C", "casa", 0, 5),
]  # fmt: skip


def test_a_coder_gives_a_code_to_every_turn_it_touches_and_is_missing_where_it_read_nothing() -> None:
    found = ratings_of(CODED, TURNS, ["casa", "lavoro"])
    assert found["casa"].values == ((1, 1, None), (0, 1, None), (0, 0, None), (1, None, 1))
    assert found["casa"].clusters == ("uno", "uno", "uno", "tre")  # nobody but A read «due»
    assert found["lavoro"].values == ((0, 0, None), (0, 0, None), (0, 1, None), (0, None, 0))
    assert found["all"].values == found["casa"].values + found["lavoro"].values


def test_who_read_a_document_and_coded_nothing_says_no_once_that_is_told() -> None:
    found = ratings_of(CODED, TURNS, ["casa"], read={"due": ["A", "B"]})
    assert (1, 0, None) in found["casa"].values


def test_by_document_and_by_character() -> None:
    by_document = ratings_of(CODED, TURNS, ["casa"], "document")["casa"]
    assert (by_document.values, by_document.clusters) == (((1, 1, None), (1, None, 1)), ())
    by_character = ratings_of(CODED[:3], TURNS, ["casa"], "character")["casa"]
    assert sum(by_character.weights) == 28
    agreed = sum(n for row, n in zip(by_character.values, by_character.weights, strict=True) if row[0] == row[1])
    assert agreed == 28 - 2 - 5 - 1  # A alone on 2 to 4, B alone on 5 to 10 and, past the gap between turns, on 11
    assert krippendorff_alpha(by_character).n_units == 28


def test_turns_of_one_document_are_drawn_together() -> None:
    """What agrees alike within documents is less certain than its many turns make it look."""
    documents = {f"d{i}": [(t * 10, t * 10 + 9) for t in range(20)] for i in range(12)}
    coded = []
    for number, (document, turns) in enumerate(documents.items()):
        for turn, (start, end) in enumerate(turns):
            coded += [Coded(document, "A", "casa", start, end)] if turn % 2 else []
            agrees = number % 3 or turn % 4 == 0
            coded += [Coded(document, "B", "casa", start, end)] if bool(turn % 2) == bool(agrees) else []
    tied = ratings_of(coded, documents, ["casa"])["casa"]
    loose = Ratings(tied.values, unit="turn")
    of_documents, of_turns = krippendorff_alpha(tied), krippendorff_alpha(loose)
    assert of_documents.value == of_turns.value
    assert (of_documents.interval, of_turns.interval) == ("bootstrap of documents", "bootstrap of units")
    assert of_documents.high - of_documents.low > 2 * (of_turns.high - of_turns.low)
    assert [one.kind for one in coefficients(tied)] == ["Krippendorff's alpha (nominal)", "Cohen's kappa"]
    assert coefficients(tied)[1].interval == "bootstrap of documents"


@pytest.mark.parametrize(("count", "interval"), [(1, "none"), (4, "none"), (5, "bootstrap of documents")])
def test_fewer_than_five_documents_have_no_interval(count: int, interval: str) -> None:
    documents = {f"d{i}": [(0, 10), (11, 20), (21, 30)] for i in range(count)}
    coded = [Coded(name, coder, "casa", start, end) for i, name in enumerate(documents)
             for coder, start, end in (("A", 2, 5), ("B", 4, 12 if i % 2 else 8))]  # fmt: skip
    for found in coefficients(ratings_of(coded, documents, ["casa"])["casa"]):
        assert found.interval == interval
        assert (found.low is None) == (interval == "none")


def test_nobody_to_compare_with() -> None:
    assert coefficients(ratings_of(CODED[:1], TURNS, ["casa"])["casa"]) == ()


def test_paragraphs_are_the_lines_that_hold_anything() -> None:
    text = "I: Come va?\n\nR: Bene 😊.\n  \nFine"
    assert [text[start:end] for start, end in paragraphs(text)] == ["I: Come va?", "R: Bene 😊.", "Fine"]
