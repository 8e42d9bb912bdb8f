"""Every selection stands where it was made: whatever a program counts, and after the transcript was corrected."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys.corpora.codings import Code, Codings, Document, Segment, squeezed, unlike_names, with_lf
from surveys.corpora.offsets import READINGS, Reading, Ruler, Written, settle
from surveys.corpora.placing import by_words, carry, looks, place
from surveys.corpora.programs import read_codings
from theory_of_change.problems import errors

SAMPLES = Path(__file__).parent / "samples"

#: What trips offsets up: emoji of one and of several code points, combining marks, right to left, line ends, tabs.
SIGNS = [
    "a",
    "b",
    "c",
    "è",
    "e\u0300",
    "😱",
    "👩‍👧",
    "🇮🇹",
    "ש",
    "م",
    "\u200f",
    " ",
    "\t",
    "\r\n",
    "\n",
    "\u2029",
    "€",
    "𝒳",
]
texts = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=60).map("".join)


def written_by(stored: str, start: int, end: int, reading: Reading) -> tuple[int, int]:
    """What a program that counts so writes for a stretch of the text with LF line ends, counted independently."""

    def units(part: str) -> int:
        if reading.unit == "UTF-16":
            return len(part.encode("utf-16-le")) // 2
        return len(part.encode()) if reading.unit == "byte" else len(part)

    bare = stored.removeprefix("\ufeff")
    mark = units("\ufeff") if reading.counts_mark and stored.startswith("\ufeff") else 0
    text = with_lf(stored)
    if reading.line_ends == "one":
        return mark + units(text[:start]), mark + units(text[:end])
    if reading.line_ends == "two":
        return mark + units(text[:start].replace("\n", "\r\n")), mark + units(text[:end].replace("\n", "\r\n"))
    at = [0]
    for sign in bare.replace("\r\n", "\x00").replace("\r", "\n"):
        at.append(at[-1] + (2 if sign == "\x00" else units(sign)))
    return mark + at[start], mark + at[end]


@given(texts, st.data(), st.sampled_from(READINGS), st.booleans())
def test_any_way_of_counting_is_measured_exactly(
    text: str, data: st.DataObject, reading: Reading, has_mark: bool
) -> None:
    stored = ("\ufeff" if has_mark else "") + text
    whole = with_lf(stored)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    ruler = Ruler(stored, reading)
    assert tuple(map(ruler.place, written_by(stored, start, end, reading))) == (start, end)


@given(texts, st.data(), st.sampled_from(READINGS))
def test_the_way_a_program_counts_is_found_from_the_words_it_quotes(
    text: str, data: st.DataObject, reading: Reading
) -> None:
    """Wherever the quotations of a file can tell, every selection stands where it was made."""
    whole = with_lf(text)
    assume(len(whole) > 2)
    cuts = data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(1, 12)), min_size=1, max_size=6))
    spans = [(start, min(start + length, len(whole))) for start, length in cuts]
    selections = []
    for start, end in spans:
        quote = whole[start:end].replace("\n", "\u2029").replace("\t", " ")  # as QualCoder writes it
        selections.append(("d", Written(*written_by(text, start, end, reading), quote)))
    settled, _ = settle({"d": text}, selections)
    for (start, end), one in zip(spans, settled, strict=True):
        if squeezed(whole[start:end]):
            assert one.why in ("checked", "found", "ambiguous")
            if one.start is not None:
                assert squeezed(whole[one.start : one.end]) == squeezed(whole[start:end])


def test_one_selection_after_an_emoji_tells_how_all_are_counted() -> None:
    """Those without a quotation are read as those that can be checked."""
    text = "Ciao 😱 a tutti, la casa è umida"
    settled, reading = settle({"d": text}, [("d", Written(17, 24, "la casa")), ("d", Written(25, 26))])
    assert reading == Reading("UTF-16")
    assert [(text[one.start : one.end], one.why) for one in settled] == [("la casa", "checked"), ("è", "unchecked")]


def test_words_nearest_to_a_wrong_place_are_taken_and_equally_near_ones_are_not() -> None:
    text = "casa, poi la casa, infine casa"
    settled, _ = settle({"d": text}, [("d", Written(15, 19, "casa")), ("d", Written(0, 30, text))])
    assert [(one.start, one.end, one.why) for one in settled] == [(13, 17, "found"), (0, 30, "checked")]
    settled, _ = settle({"d": "xx casa yy casa zz"}, [("d", Written(7, 11, "casa")), ("d", Written(0, 2, "xx"))])
    assert settled[0].why == "ambiguous"


def test_a_title_is_no_quotation() -> None:
    """ATLAS.ti lets people rename a quotation; the place is then all there is."""
    text = "Mangio poco. Ho paura dei grassi e delle spese"
    settled, _ = settle({"d": text}, [("d", Written(13, 32, "danni dei cibi")), ("d", Written(0, 11, "Mangio poc…"))])
    assert [(one.start, one.end) for one in settled] == [(13, 32), (0, 11)]


# Corrected transcripts ------------------------------------------------------------------------------------------------

OLD = (
    "I: Che cosa è cambiato?\nR: La casa è fredda e cara. Sì.\nI: E i vicini?\nR: Ci aiutano molto, ogni giorno. Sì.\n"
    "I: Altro?\nR: La casa è fredda e cara, lo ripeto."
)


def stretch(text: str, words: str, number: int = 0) -> tuple[int, int]:
    at = -1
    for _ in range(number + 1):
        at = text.index(words, at + 1)
    return at, at + len(words)


def test_an_unchanged_transcript_keeps_every_coding() -> None:
    spans = [stretch(OLD, "La casa"), stretch(OLD, "Sì", 1)]
    assert [(one.state, one.start, one.end, one.why) for one in carry(OLD, OLD, spans)] == [
        ("placed", *span, "same") for span in spans
    ]


def test_other_blanks_are_no_other_text() -> None:
    new = OLD.replace("\n", "\r\n\r\n").replace(" cara", "\u00a0cara").replace("\r", "")
    now = carry(OLD, new, [stretch(OLD, "fredda e cara"), stretch(OLD, "Sì", 1)])
    assert [(one.state, squeezed(new[one.start : one.end])) for one in now] == [
        ("placed", "fredda e cara"),
        ("placed", "Sì"),
    ]


def test_words_that_moved_are_followed_and_equal_ones_told_apart_by_their_surroundings() -> None:
    new = "Intervista 7, corretta.\n" + OLD.replace("Ci aiutano molto", "Ci aiutano moltissimo")
    spans = [stretch(OLD, "La casa è fredda e cara"), stretch(OLD, "La casa è fredda e cara", 1), stretch(OLD, "Sì"),
             stretch(OLD, "E i vicini?")]  # fmt: skip
    now = carry(OLD, new, spans)
    assert [(one.state, one.why) for one in now] == [
        ("moved", "context"), ("moved", "context"), ("moved", "context"), ("moved", "words"),
    ]  # fmt: skip
    shift = len("Intervista 7, corretta.\n")
    assert [one.start for one in now[:3]] == [spans[0][0] + shift, spans[1][0] + shift + 5, spans[2][0] + shift]


def test_of_two_equal_places_the_one_that_went_is_not_given_the_other() -> None:
    new = OLD.replace("R: La casa è fredda e cara. Sì.\n", "R: Preferisco non dirlo.\n")
    first, second = carry(
        OLD, new, [stretch(OLD, "La casa è fredda e cara"), stretch(OLD, "La casa è fredda e cara", 1)]
    )
    assert (first.state, first.why) == ("look", "absent")
    assert (second.state, new[second.start : second.end]) == ("moved", "La casa è fredda e cara")


def test_words_that_were_changed_need_a_look() -> None:
    new = OLD.replace("fredda e cara. Sì", "fredda e umida. Sì")
    (now,) = carry(OLD, new, [stretch(OLD, "fredda e cara")])
    assert (now.state, now.start) == ("look", None)


def test_a_short_word_elsewhere_is_not_the_same_word() -> None:
    old, new = (
        "R: Ha ricevuto aiuto? No.\nI: Grazie davvero per il tempo.",
        "I: Abita qui da molto?\nR: Direi di No, ma chissà.",
    )
    (now,) = carry(old, new, [stretch(old, "No")])
    assert (now.state, now.why) == ("look", "absent")


def test_a_selection_that_cuts_a_word_is_followed_as_whole_words_are() -> None:
    """A mouse that slips by a letter is the commonest slip of a coder."""
    new = "Corretta.\n" + OLD
    start, end = stretch(OLD, "Ci aiutano molto, ogni giorno")
    for slip in ((start, end - 1), (start + 1, end), (start + 1, end - 2)):
        (now,) = carry(OLD, new, [slip])
        assert (now.state, now.start, now.end) == ("moved", slip[0] + 10, slip[1] + 10)
    assert by_words("i aiutano molto, ogni giorn", OLD).why == "words"
    assert by_words("iutan", OLD).why == "absent"  # too short to be believed inside a word


def test_nothing_tells_between_two_equal_places() -> None:
    line = "R: Sì, va bene così, grazie di tutto quanto.\n"
    (now,) = carry(line * 9, "Nota. " + line * 8, [stretch(line * 9, "va bene così", 4)])
    assert (now.state, now.why) == ("look", "ambiguous")


@given(texts, texts, texts, st.data())
def test_a_coding_that_is_kept_covers_its_own_words(before: str, old: str, after: str, data: st.DataObject) -> None:
    """Whatever is put before and after a text: a kept stretch has the words it had, and never more than its place."""
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, len(old)))
    new = before + old + after
    (now,) = carry(old, new, [(start, end)])
    if now.state == "look":
        assert now.start is None
    else:
        assert squeezed(new[now.start : now.end]) == squeezed(old[start:end])


@given(texts, st.data())
def test_blanks_alone_never_lose_a_coding(old: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, len(old)))
    assume(squeezed(old[start:end]))
    new = old.replace(" ", " \n").replace("\t", "\u2029")
    (now,) = carry(old, new, [(start, end)])
    assert now.state == "placed"
    assert squeezed(new[now.start : now.end]) == squeezed(old[start:end])


# Against transcripts --------------------------------------------------------------------------------------------------


def test_a_sample_stands_in_its_transcripts_and_a_missing_one_is_told() -> None:
    found = read_codings(SAMPLES / "rete_quartiere.qdpx", "rete_quartiere.qdpx")
    transcripts = {one.name: one.text.replace("\n", "\n\n") for one in found.documents}
    placed = place(found, transcripts)
    assert {one.stands.state for one in placed} == {"placed"}
    assert [squeezed(one.text) for one in placed] == [squeezed(one.segment.text) for one in placed]
    transcripts.pop("int03_mamma.txt")
    problems = looks(place(found, transcripts), "data/rete/rete_quartiere.qdpx")
    assert [(one.code, dict(one.facts)) for one in problems] == [
        ("codings-look-document", {"document": "int03_mamma.txt", "count": "8"})
    ]
    assert errors(problems) == []


def coded(*segments: Segment, text: str | None = None) -> Codings:
    return Codings("prova", (Document("uno", text),), (Code("casa", ("casa",)),), segments)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (Segment("uno", ("casa",), 4, 11, "la casa"), ("placed", 3, 10, "same")),  # counted in UTF-16
        (Segment("uno", ("casa",), 90, 97, "la casa"), ("moved", 3, 10, "words")),
        (Segment("uno", ("casa",), 0, 6, "umidità"), ("look", None, None, "absent")),
        (Segment("uno", ("casa",), None, None, "è"), ("look", None, None, "ambiguous")),
        (Segment("uno", ("casa",), 40, 90, ""), ("look", None, None, "beyond")),
    ],
)
def test_without_the_programs_text_words_decide(segment: Segment, expected: tuple) -> None:
    (found,) = place(coded(segment), {"uno": "😱; la casa è umida, è vecchia"})
    stands = found.stands
    assert (stands.state, stands.start, stands.end, stands.why) == expected


def test_what_needs_a_look_is_told_without_anybodys_words() -> None:
    segment = Segment("int 1", ("Problemi", "casa"), 3, 9, "la signora Nadia", coder="anna")
    (problem,) = looks(place(Codings("prova", segments=(segment,)), {"int 1": "altro"}), "data/x/y.qdpx")
    for language in ("it", "en"):
        told = problem.line(language)
        assert "int 1" in told and "Problemi > casa" in told and "3–9" in told
        assert "Nadia" not in told and "anna" not in told


def test_documents_of_one_name_are_told_apart() -> None:
    assert unlike_names(["a", "b", "a"]) == ["a", "b", "a (2)"]
    assert len(set(unlike_names(["a", "b", "a", "a (2)", "a"]))) == 5
