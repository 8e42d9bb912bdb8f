"""`sestante search`: what is published for everybody, the transcripts only when asked for them, never who said no."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.conftest import Command, put

pytestmark = pytest.mark.usefixtures("unreported")

CONTRACT = """\
id: ascolto
title: {it: Ascolto, en: Listening}
files: {pattern: "*.txt"}
language: it
documents:
  - {file: "INT-01*", id: INT-01, kind: interview, date: 2026-02-03, consent: analysis}
  - {file: "INT-02*", id: INT-02, kind: interview, date: 2026-03-04, consent: none}
speakers: {I: intervistatrice}
codes: [{id: isolamento, title: Isolamento}]
"""


@pytest.fixture
def listening(workspace: Path) -> Path:
    put(workspace / "interviews" / "ascolto.yml", CONTRACT)
    put(workspace / "data" / "ascolto" / "INT-01.txt", "I: Come sta?\nGina: È così: sono solissima, le domeniche.\n")
    put(workspace / "data" / "ascolto" / "INT-02.txt", "I: Come sta?\nUgo: Solissimo ogni domenica.\n")
    return workspace


def test_words_are_found_in_what_is_published(listening: Path, sestante: Command) -> None:
    assert sestante("run").code == 0

    found = sestante("search", "feeling alone")
    assert found.code == 0
    assert "elements: OC-ALONE / outcome" in found.out

    assert sestante("search", "domenica").out == "Nothing found for “domenica”.\n"


def test_transcripts_are_searched_when_asked_for_by_turn_and_role(listening: Path, sestante: Command) -> None:
    assert sestante("load", listening / "data" / "ascolto" / "INT-01.txt", "--source", "ascolto").code == 0

    found = sestante("search", "domenica", "--transcripts", "--format", "csv")

    assert found.out.splitlines()[1].split(",")[:3] == ["transcripts", "ascolto / INT-01 / 2 / Persona 1", "it"]
    assert len(found.out.splitlines()) == 2  # who did not consent is not there to be found
    assert "Words of people" in found.err


def test_before_anything_is_there_it_says_what_to_do_first(listening: Path, sestante: Command) -> None:
    assert (sestante("search", "feeling alone").code, sestante("search", "lonely", "--transcripts").code) == (1, 1)
    assert "sestante run" in sestante("search", "feeling alone").err
    assert "sestante load" in sestante("search", "lonely", "--transcripts").err
