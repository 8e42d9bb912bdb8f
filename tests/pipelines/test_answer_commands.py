"""`sestante survey scales` and `sestante survey near`, as a person at the terminal meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surveys.scale_library import free_scales
from tests.pipelines.conftest import Command, put


@pytest.mark.parametrize(("language", "words"), [("it", "Lasciate fuori:"), ("en", "Left out:")])
def test_the_library_is_listed_in_both_languages_with_terms_and_scoring(
    sestante: Command, language: str, words: str
) -> None:
    said = sestante("survey", "scales", "--language", language)
    assert said.code == 0 and words in said.out and "GHQ-12" in said.out
    for name, scale in free_scales().items():
        assert f"  {name}: {scale.title.within(language)}" in said.out
        assert scale.terms.within(language) in said.out and scale.reference in said.out


def test_the_library_is_there_for_programs_too(sestante: Command) -> None:
    found = json.loads(sestante("survey", "scales", "--format", "json").out)
    assert {one["id"] for one in found["scales"]} == set(free_scales()) and found["left_out"]


def test_near_misses_go_to_a_private_file_and_no_code_is_printed(empty: Path, sestante: Command) -> None:
    contract = empty / "surveys" / "visitors.yml"
    text = contract.read_text(encoding="utf-8")
    before, _, after = text.partition("person: token")
    own = "person: {column: token, scheme: panel, normalise: code}\nwave: {column: wave}"
    text = f"{before}{own}\n{after.partition(chr(10))[2]}"
    contract.write_text(text, encoding="utf-8")
    rows = ["maro01,2026-01-10,1,A1,before", "mar001,2026-05-10,2,A1,after", "zeta99,2026-01-10,1,A2,before"]
    put(empty / "answers.csv", "\n".join(["token,submitdate,Q1,Q2,wave", *rows]) + "\n")
    assert sestante("load", "answers.csv", "--source", "visitors").code == 0
    said = sestante("survey", "near", "visitors")
    assert (said.code, said.out) == (
        0,
        "Pairs of codes almost alike: 1. They are in warehouse/near_misses-visitors.csv.\n",
    )
    written = (empty / "warehouse" / "near_misses-visitors.csv").read_text(encoding="utf-8")
    assert "before,maro01,after,mar001" in written


def test_a_source_without_codes_of_their_own_is_told(sestante: Command) -> None:
    said = sestante("survey", "near", "visits")
    assert said.code == 2 and "visits" in said.err
