"""How a number was made is told in the report's language: stable words in, a reader's words out."""

from __future__ import annotations

import pytest

from reports.method_words import method_words
from reports.phrases import Phrases
from reports.shown import Shown

TOLD = [
    ("share; unweighted; simple random sample; superpopulation; linearisation; wilson",
     "quota; senza pesi; campione casuale semplice; superpopolazione, cioè persone come queste; errore per "
     "linearizzazione; intervallo di Wilson"),
    ("mean; weights peso; strata stype + fascia; units dnum; fpc; linearisation; t",
     "media; pesi peso; strati stype + fascia; unità di campionamento dnum; con la correzione per popolazione finita; "
     "errore per linearizzazione; intervallo con t di Student"),
    ("network density; undirected; among respondents; bootstrap of nodes; time last",
     "densità della rete; legami senza direzione; tra chi ha risposto; intervallo da un ricampionamento dei nodi; nel "
     "tempo vale l’ultimo periodo"),
    ("rubric median; criteria of equal weight; share of things rated",
     "griglia, mediana dei punteggi; criteri di pari peso; quota di ciò che è stato valutato"),
    ("index geometric; stated goalposts; linearisation; covariances within the design; sources taken as independent; t",
     "indice, media geometrica; punteggi tra valori di riferimento dichiarati; errore per linearizzazione; covarianze "
     "dentro il disegno di campionamento; fonti prese per indipendenti; intervallo con t di Student"),
    ("count total; unweighted; census", "conteggio; senza pesi; rilevazione completa"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "italian"), TOLD)
def test_an_italian_reads_italian_and_nothing_of_it_is_left_as_it_was(method: str, italian: str) -> None:
    assert method_words(method, Phrases("it"), Shown("it")) == italian


def test_what_is_not_known_stands_as_it_is_and_its_digits_are_written_down() -> None:
    shown = Shown("it")
    assert method_words("share; jackknife 80", Phrases("it"), shown) == "quota; jackknife 80"
    assert list(shown.quotes) == ["jackknife 80"]
