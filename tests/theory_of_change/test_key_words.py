"""Words people write where Sestante has a key of its own lead to keys that exist, and ids are guessed at with care."""

from __future__ import annotations

from typing import get_args

import pytest

from reports.sections import SECTIONS
from surveys.corpora.corpus import Corpus
from surveys.corpora.mask_tables import KEYS as MASK_COLUMNS
from surveys.questionnaire import Survey
from surveys.registers import Register
from theory_of_change.forms import homes
from theory_of_change.key_words import key_for, words
from theory_of_change.model import Chapter, TheoryOfChange
from theory_of_change.problems import nearest_id
from theory_of_change.programme import Programme


def test_every_word_leads_to_a_key_that_exists() -> None:
    known = {key for model in (TheoryOfChange, Programme, Survey, Register, Corpus) for key in homes(model)}
    assert {key for keys in words().values() for key in keys} - known - {*MASK_COLUMNS} == set()


@pytest.mark.parametrize(
    ("written", "allowed", "meant"),
    [
        ("nessi", {"links", "needs"}, "links"),
        ("Attività", {"activities", "areas"}, "activities"),
        ("portatori di interesse", {"stakeholders"}, "stakeholders"),
        ("valori-obiettivo", {"targets", "baselines"}, "targets"),
        ("tipo", {"id", "type"}, "type"),
        ("tipo", {"id", "kind"}, "kind"),
        ("statment", {"statement", "id"}, "statement"),
        ("pippo", {"statement", "id"}, None),
    ],
)
def test_a_word_is_looked_up_before_its_spelling_is_guessed_at(written: str, allowed: set[str], meant: str) -> None:
    assert key_for(written, allowed) == meant


@pytest.mark.parametrize(
    ("name", "ids", "meant"),
    [
        ("NE-12", ["NE-32", "NE-11", "NE-13"], None),
        ("OC-RETE", ["OC-LINEE", "OC-META"], None),
        ("AC-1", ["OC-1"], None),
        ("ne_12", ["NE-12"], "NE-12"),
        ("NE-7", ["NE-07", "NE-17"], "NE-07"),
        ("NE-12", ["NE-21"], "NE-21"),
        ("NE-12", ["NE-11", "NE-13", "NE-21"], None),
        ("N-CASSA", ["N-COSA-2", "N-CASA"], "N-CASA"),
        ("OC-FIDUCAI", ["OC-FIDUCIA", "OC-FEDELTA"], "OC-FIDUCIA"),
        ("OC-FIDUCIA-2", ["OC-FIDUCIA", "OC-FIDUCIA-3"], None),
    ],
)
def test_an_id_that_is_gone_is_not_taken_for_its_neighbour(name: str, ids: list[str], meant: str | None) -> None:
    assert nearest_id(name, ids) == meant


def test_profiles_may_choose_the_chapters_reports_write_and_no_others() -> None:
    assert get_args(Chapter) == SECTIONS
