"""Turns of a transcript and the names that must not stay in it: the text as it came, the text as it is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.corpora.speakers import Role, told

ROLES = {"I": Role("intervistatrice"), "Intervistata": Role("partecipante")}


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("I: Come sta?\nIntervistata: Bene.", "intervistatrice: Come sta?\npartecipante: Bene."),
        ("INTERVISTATA: Bene.", "partecipante: Bene."),
        ("**Anna:** Sì.\n**Luca**: No.", "**Persona 1:** Sì.\n**Persona 2**: No."),
        ("[00:01:02] Maria: Sì, certo.", "[00:01:02] Persona 1: Sì, certo."),
        ("Maria [00:01:02]: Sì.", "Persona 1 [00:01:02]: Sì."),
        ("Maria Rossi  0:03\nSì, certo.", "Persona 1  0:03\nSì, certo."),
        ("Maria: Sì.\nI: Grazie Maria, e MARIA?", "Persona 1: Sì.\nintervistatrice: Grazie Persona 1, e Persona 1?"),
        ("MARIA: Sì.\nI: Grazie Maria.", "Persona 1: Sì.\nintervistatrice: Grazie Persona 1."),
        ("Anna De Carli: Sì.\nI: Ecco, diceva Carli.", "Persona 1: Sì.\nintervistatrice: Ecco, diceva Persona 1."),
        ("Intervistata: Maria Rossi\nI: E Rossi?", "partecipante: partecipante\nintervistatrice: E partecipante?"),
        ("Ad esempio: niente. Nota: 10:30.", "Ad esempio: niente. Nota: 10:30."),
        ("Orario 10:30\nhttp://x.it\nLuogo: Marghera", "Orario 10:30\nhttp://x.it\nLuogo: Marghera"),
        ("I: Rosa è un colore?\nI: I fiori sono rosa.", "intervistatrice: Rosa è un colore?\n"
                                                        "intervistatrice: I fiori sono rosa."),
    ],
)  # fmt: skip
def test_roles_stand_in_the_place_of_names(written: str, stored: str) -> None:
    assert told(written, ROLES).text == stored


def test_turns_are_what_each_says() -> None:
    found = told("Trascrizione\n\nI: Come sta?\n\nMaria:\nBene.\nMolto bene.\n", ROLES)
    assert [(turn.role, found.text[turn.start : turn.end]) for turn in found.turns] == [
        ("intervistatrice", "Come sta?"),
        ("Persona 1", "Bene.\nMolto bene."),
    ]
    assert (found.unknown, found.mentions) == (1, 0)


def test_several_labels_of_one_role_are_numbered_in_the_order_they_speak() -> None:
    speakers = {"Anna": Role("donna"), "Lia": Role("donna"), "Mod": Role("moderatrice"), "P7": Role("donna", 7)}
    assert told("Mod: via\nLia: uno\nAnna: due, Lia\nP7: tre", speakers).text == (
        "moderatrice: via\ndonna 1: uno\ndonna 2: due, donna 1\ndonna 7: tre"
    )


def test_english_speakers_are_english() -> None:
    assert told("Mary: yes", {}, "en").text == "Speaker 1: yes"


def test_in_minutes_a_label_that_comes_once_is_a_heading() -> None:
    minutes = "Proposte: nessuna\nAnna: rinvia.\nAnna: chiude."
    assert told(minutes, {}, is_conversation=False).text == "Proposte: nessuna\nPersona 1: rinvia.\nPersona 1: chiude."


def test_names_a_file_gives_as_speakers_are_replaced_however_they_are_written() -> None:
    assert told("maria rossi: sì", {}, voices={"maria rossi"}).text == "Persona 1: sì"


WORDS = st.text(alphabet="abI M:*\n[]0è😀", max_size=60)


@given(WORDS, WORDS)
def test_a_place_outside_what_was_replaced_keeps_its_words(before: str, after: str) -> None:
    text = f"{before}\nMaria: {after}\nLia Bo: {before}"
    found = told(text, ROLES)
    gone = {at for start, end, _ in found.replaced for at in range(start, end)}
    assert all(found.text[found.at(at)] == sign for at, sign in enumerate(text) if at not in gone)
    assert all(0 <= found.at(at) <= found.at(at, is_end=True) <= len(found.text) for at in range(len(text) + 1))


def test_hostile_lines_take_no_time() -> None:
    assert told("A" * 200_000 + "\n" + "a b " * 50_000 + "\n" + "**" * 50_000, {}).turns == ()
