"""Scales of the library are scored as their authors say, missing answers included, and used as they made them."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from surveys.questionnaire import Survey, contradictions, to_table
from surveys.scale_library import free_scales, left_out
from surveys.scales import ScoredScale
from surveys.scoring import score


def scored(library: str, *answers: int | None) -> float | None:
    items = tuple(f"i{number}" for number in range(1, len(answers) + 1))
    scale = ScoredScale.model_validate({"name": "s", "items": items, "library": library})
    frame = pd.DataFrame([answers], columns=list(items)).astype("Int64")
    found = score(frame, scale.items, scale.reverse, scale.range, scale.score, scale.at_least, scale.counts_from,
                  scale.times)[0]  # fmt: skip
    return None if pd.isna(found) else float(found)


@pytest.mark.parametrize(
    ("library", "answers", "expected"),
    [
        ("who5", (5, 5, 5, 5, 5), 100),
        ("who5", (2, 3, 1, 0, 4), 40),  # 10 · 4
        ("who5", (2, 3, 1, 0, None), None),
        ("phq9", (3,) * 9, 27),
        ("phq9", (1, 1, 1, 1, 2, 2, 2, None, None), 10 / 7 * 9),  # up to two take the mean of the others
        ("phq9", (1, 1, 1, 1, 2, 2, None, None, None), None),
        ("gad7", (0, 1, 2, 3, 0, 1, 2), 9),
        ("gad7", (0, 1, 2, 3, 0, 1, None), None),
        ("swls", (7, 7, 7, 7, 7), 35),
        ("swls", (1, 1, 1, 1, 1), 5),
        ("swls", (4, 4, 4, 4, None), None),
        ("rosenberg", (3, 3, 0, 3, 0, 3, 3, 0, 0, 0), 30),  # 3, 5, 8, 9 and 10 are worded against self-esteem
        ("rosenberg", (3,) * 10, 15),
        ("gse", (4,) * 10, 40),
        ("gse", (2, 2, 2, 2, 3, 3, 3, None, None, None), 17 / 7 * 10),  # no more than three missing
        ("gse", (2, 2, 2, 2, 3, 3, None, None, None, None), None),
        ("dejong6", (3, 1, 1, 3, 1, 3), 6),  # 3 = yes; nobody to rely on counts as lonely
        ("dejong6", (1, 3, 3, 1, 3, 1), 0),
        ("dejong6", (2, 2, 2, 2, 2, 2), 6),  # "more or less" counts on both sides
        ("dejong6", (2, 3, 3, 1, 3, None), 1),  # one may be missing, and is not made up for
        ("dejong6", (2, 3, 3, 1, None, None), None),
        ("k6", (4,) * 6, 24),
        ("k6", (4, 4, 4, 4, 4, None), None),
        ("mspss", (7, 7, 7, 7, 7, 7, 1, 1, 1, 1, 1, 1), 4),  # "sum across all 12 items, then divide by 12"
        ("mspss", (7,) * 11 + (None,), None),
        ("fies", (1, 1, 1, 0, 0, 0, 0, 1), 4),
        ("fies", (1, 1, 1, 0, 0, 0, 0, None), None),
    ],
)
def test_the_published_scoring(library: str, answers: tuple, expected: float | None) -> None:
    assert scored(library, *answers) == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_every_scale_says_in_both_languages_what_it_is_and_what_its_authors_allow() -> None:
    for scale in free_scales().values():
        for text in (scale.title, scale.measures, scale.higher, scale.missing, scale.terms):
            assert {"it", "en"} <= set(text.languages)
        assert scale.reference and scale.wording.startswith("http") and 1 <= scale.at_least <= scale.n_items
        assert all(1 <= place <= scale.n_items for place in scale.reverse)
    assert {"it", "en"} <= set.intersection(*(set(one.why.languages) for one in left_out()))


def test_terms_that_leave_somebody_out_say_so() -> None:
    """Some users are paid consultants: where the authors speak of research, or of no commerce, it is told."""
    for name in ("gse", "dejong6", "rosenberg", "swls", "fies", "who5"):
        words = free_scales()[name].terms.within("en")
        assert any(one in words for one in ("not named", "is needed", "asks WHO")), name
    assert {"BRS", "WEMWBS, SWEMWBS", "UCLA (3, 20)"} <= {one.title for one in left_out()}


def survey(scale: dict, low: int = 0, high: int = 5) -> Survey:
    asked = [{"name": f"w{i}", "type": "scale", "range": [low, high]} for i in range(1, 6)]
    return Survey.model_validate({"id": "s", "title": "S", "questions": asked, "scales": [scale]})


WHO5 = {"name": "wellbeing", "library": "who5", "items": [f"w{i}" for i in range(1, 6)]}


def test_the_score_of_a_library_scale_has_its_title_and_limits() -> None:
    column = to_table(survey(WHO5)).column("wellbeing")
    assert (column.min, column.max, column.title.within("en")) == (0, 100, "WHO-5 Well-Being Index")
    assert list(contradictions(survey(WHO5))) == []


@pytest.mark.parametrize(
    ("said", "asked", "code", "path"),
    [
        ({"library": "who6"}, (0, 5), "scale-library-unknown", ("library",)),
        ({"items": ["w1", "w2", "w3", "w4"]}, (0, 5), "scale-library-items", ("items",)),
        ({"score": "mean"}, (0, 5), "scale-library-fixed", ("score",)),
        ({"at_least": 3}, (0, 5), "scale-library-fixed", ("at_least",)),
        ({}, (1, 6), "scale-library-range", ("items", 0)),
        ({"library": None, "score": "count"}, (0, 5), "scale-counts-from", ("score",)),
        ({"library": None, "counts_from": 2}, (0, 5), "scale-counts-from", ("score",)),
    ],
)
def test_what_a_contract_may_not_do_with_it(said: dict, asked: tuple, code: str, path: tuple) -> None:
    scale = {key: value for key, value in (WHO5 | said).items() if value is not None}
    first = next(iter(contradictions(survey(scale, *asked))))
    assert (first.code, first.path) == (code, ("scales", 0, *path))


def test_a_scale_that_is_no_mapping_is_told_as_such() -> None:
    with pytest.raises(ValidationError):
        ScoredScale.model_validate("who5")
