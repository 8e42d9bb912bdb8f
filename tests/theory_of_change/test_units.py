"""Units: plain words or words in several languages; what a change of them does to a series."""

from __future__ import annotations

import pytest

from theory_of_change.contents import content_hash, leaves
from theory_of_change.definition import Unit
from theory_of_change.difference import compare
from theory_of_change.model import TheoryOfChange
from theory_of_change.units import is_fraction, is_percentage, same_unit

BOTH = {"it": "poli", "en": "hubs"}


def theory(unit: object) -> TheoryOfChange:
    return TheoryOfChange.model_validate({
        "theory": {"id": "t", "version": "1.0.0", "title": "T"},
        "outcomes": [{"id": "OC-1", "statement": "s"}],
        "indicators": [{"id": "IN-1", "title": "I", "measures": ["OC-1"], "unit": unit,
                        "measure": {"from": "rows", "count": "rows"}}],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "kind", "expected"),
    [("percent", "ratio", True), ("percent", "mean", False), ("hub", "share", True),
     (Unit({"it": "percento", "en": "per cent"}), "formula", True), (Unit(BOTH), "ratio", False)],
)  # fmt: skip
def test_which_values_are_stored_from_0_to_1(unit, kind, expected):
    assert is_fraction(unit, kind) is expected


def test_units_that_may_be_compared():
    assert same_unit("EUR", "eur") and same_unit(None, "EUR") and same_unit("project", "count")
    assert same_unit(Unit(BOTH), "poli") and is_percentage(Unit({"it": "percentuale", "en": "percentage"}))
    assert not same_unit("EUR", "USD") and not same_unit("percent", "count") and not same_unit(Unit(BOTH), "person")


def test_a_plain_unit_is_fingerprinted_as_ever():
    indicator = theory("hub").indicators[0]
    assert leaves(indicator)[("unit",)].value == "hub"
    assert leaves(indicator)[("unit",)].nature == "meaning"
    assert content_hash(theory(BOTH)) != content_hash(theory("hub"))


@pytest.mark.parametrize(
    ("old", "new", "series"),
    [("hub", "project", "breaks"), ("poli", BOTH, "continues"), (BOTH, {"it": "poli", "en": "centres"}, "continues"),
     (BOTH, {"it": "progetti", "en": "projects"}, "breaks"), ("hub", BOTH, "breaks")],
)  # fmt: skip
def test_a_series_breaks_where_the_units_share_no_word(old, new, series):
    assert {one.series for one in compare(theory(old), theory(new)) if one.id == "IN-1"} - {None} == {series}
