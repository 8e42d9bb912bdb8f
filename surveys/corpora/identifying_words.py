"""Words in a stretch of speech that may say who somebody is, in Italian and English: what must be masked or cleared by
somebody before the stretch is quoted.

No library that works offline recognises names of both languages surely enough, so the rule is the other way round: a
word passes only where it is known to be an ordinary one. Dictionaries are those of `pyspellchecker` and, for Italian in
small letters, `word_forms`; names of people those of `python-codicefiscale`, `Faker` and `identifying_headers`; of
places the municipalities and countries of `python-codicefiscale`. Not caught are names that are frequent words in lower
case (`rosa`), and descriptions without a name (`la signora del terzo piano`): whoever chooses quotes reads them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from typing import NamedTuple
from zoneinfo import available_timezones

import yaml

from surveys.corpora.masking import APOSTROPHES, folded
from surveys.corpora.word_forms import bases, ends_like_no_name, is_in_dictionary, without_pronouns
from surveys.identifying import identifiers_within
from surveys.identifying_headers import GIVEN_NAMES

#: Languages whose ordinary words are known. Nothing in another one passes.
LANGUAGES = ("it", "en")
_PEOPLE = ("it_IT", "en_GB", "en_US", "en_IN", "en_NG", "ro_RO", "es_ES", "fr_FR", "pt_PT", "ha_NG", "ig_NG", "yo_NG")

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: What a sentence may end with, then blanks, quotes or a dash before the next word; a line's beginning; direct speech.
_OPENS = re.compile(r"(?:^|[.!?…:]|\n)[\s\"“”«»'’‘()\[\]*_–—-]*\Z|[«“\"][\s]*\Z|[\s][–—-]\s*\Z")
#: What bears a letter as its grade or kind: `serie B`, `vitamin C`.
_LETTERED = re.compile(
    r"\b(?:serie|classe|piano|categoria|fascia|gruppo|tipo|vitamina|lettera|punto|livello|plan|class|group|type|vitamin"
    r"|letter|level|grade)\s\Z", re.IGNORECASE
)  # fmt: skip
#: What stands before the name of a place, written without an article: `abito a prato`.
_TOWARDS = re.compile(r"\b(?:a|ad|da|di|per|verso|presso)\s\Z", re.IGNORECASE)
_NUMBER = re.compile(r"\d(?:[\s./-]?\d){4,}")
_CODE = re.compile(r"(?<!\w)(?=\w*\d)(?=\w*[^\W\d_])\w{4,}(?!\w)")
_WEB = re.compile(
    r"(?<![\w@])@[\w.]{2,}|(?:https?://|www\.)\S+|\b[\w-]+\.(?:it|com|org|net|eu|info|uk)\b", re.IGNORECASE
)
_DATE = re.compile(
    r"\b\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th|º|°)?\s+(?:of\s+)?(?:gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre"
    r"|novembre|dicembre|january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"(?:\s+\d{2,4})?|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"\s+\d{1,2}(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
_BORN = re.compile(r"\b(?:nat[oa]|classe|compleanno|born|birthday)\b[^.!?\n]{0,40}?\b(?:(?:19|20)\d{2}|['’]\d{2})\b",
                   re.IGNORECASE)  # fmt: skip
_ADDRESS = re.compile(
    r"\b(?:via|viale|vicolo|piazza|piazzale|piazzetta|corso|largo|calle|campo|fondamenta|strada|borgo|lungo\w+)"
    r"\s+(?:[^\W\d_]+['’]?\s*){1,5},?\s*(?:n\.?\s?|numero\s)?\d+\w?\b"
    r"|\b\d+\w?,?\s+(?:[^\W\d_]+\s+){1,3}(?:street|road|avenue|lane|close|court|square|st|rd|ave)\b",
    re.IGNORECASE,
)

#: How often a word comes in its language's dictionary from which it is taken for the word, not the name: at the
#: beginning of a sentence (given names, then surnames and places), and in lower case (given names, then places).
_OFTEN = {"it": (60_000, 20_000, 3_500, 3_500), "en": (60_000, 20_000, 15_000, 3_500)}
#: Up to how many times a word does not count as known: the rarest of the English dictionary are often names.
_RARE = {"it": 0, "en": 500}
#: Letters of an Italian word from which another ending of it makes it known.
_INFLECTED = 7


class Mark(NamedTuple):
    """A stretch that may identify somebody: why, and where in the whole text it begins and ends."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class _Known:
    """What is known of one language: how often its words come, names of people and of places in folded form."""

    words: dict[str, int]
    given: frozenset[str]
    surnames: frozenset[str]
    places: frozenset[str]


def marks(
    text: str, start: int, end: int, language: str, cleared: Collection[str] = (), opaque: Collection[str] = ()
) -> list[Mark]:
    """Everything in `text[start:end]` that may identify somebody, in order. What stands before is looked at too: it
    says whether a capital begins a sentence. `cleared` are words somebody has declared harmless; stretches of `opaque`
    are placeholders. Kinds: `language` (one nothing is known of), `email`, `phone`, `tax_code`, `iban`, `number`,
    `code`, `web`, `date`, `address`, `person`, `place`, `capital`, `unknown`."""
    if language not in LANGUAGES:
        return [Mark("language", start, end)]
    said = text[start:end]
    hidden = [match.span() for one in opaque for match in re.finditer(re.escape(one), said)]
    found = [Mark(kind, start + a, start + b) for kind, a, b in _shapes(said) if not _within(a, b, hidden)]
    taken = [(mark.start - start, mark.end - start) for mark in found]
    harmless = {folded(word) for word in cleared}
    for match in _WORD.finditer(said):
        if _within(*match.span(), hidden) or _within(*match.span(), taken):
            continue
        if kind := _kind(text, start + match.start(), match[0], language, harmless):
            found.append(Mark(kind, start + match.start(), start + match.end()))
    return sorted(found, key=lambda mark: (mark.start, -mark.end))


def _within(start: int, end: int, stretches: Collection[tuple[int, int]]) -> bool:
    return any(a <= start and end <= b for a, b in stretches)


def _shapes(said: str) -> Iterator[tuple[str, int, int]]:
    """What is told by its shape, the surest first; nothing twice."""
    taken: list[tuple[int, int]] = []
    shaped = ((kind, *match.span()) for kind, shape in (
        ("web", _WEB), ("address", _ADDRESS), ("date", _DATE), ("date", _BORN), ("number", _NUMBER), ("code", _CODE),
    ) for match in shape.finditer(said))  # fmt: skip
    for kind, start, end in (*identifiers_within(said), *shaped):
        if not any(start < b and a < end for a, b in taken):
            taken.append((start, end))
            yield kind, start, end


# Words ---------------------------------------------------------------------------------------------------------------


def _kind(text: str, at: int, word: str, language: str, harmless: Collection[str]) -> str | None:
    """Why the word that stands there does not pass; None where it does."""
    known, plain = _known(language), folded(word)
    if plain in harmless:
        return None
    given_start, other_start, given_low, place_low = _OFTEN[language]
    often = _often(text, at, word, language)
    if _title_before(text, at) and (
        word[0].isupper() or (plain in known.given | known.surnames and often < given_start)
    ):
        return "person"
    is_listed = plain in known.given or plain in known.surnames or plain in known.places
    if is_listed and unicodedata.normalize("NFC", word.casefold()) not in known.words:
        return _named(plain, known)  # a name is no other ending of an ordinary word
    if word[0].isupper():
        if word in _allowed()[language] or (len(word) == 1 and _LETTERED.search(text[max(0, at - 20) : at])):
            return None
        if not begins_sentence(text, at):
            return _named(plain, known) or "capital"
        if plain in known.given and often < given_start:
            return "person"
        if plain in known.surnames and often < other_start:
            return "person"
        if plain in known.places and often < other_start:
            return "place"
        is_form = language == "it" and ends_like_no_name(word) and _is_form(word.casefold(), known)
        return None if often or is_form else "unknown"
    if plain in known.given and often < given_low:
        return "person"
    if plain in known.places and often < place_low:
        is_named = bool(_TOWARDS.search(text[max(0, at - 10) : at]))
        return "place" if is_named or language != "it" or not is_in_dictionary(word) else None
    if often or (language == "it" and _is_form(word.casefold(), known)):
        return None
    return _named(plain, known) or "unknown"


def _is_form(word: str, known: _Known) -> bool:
    """True for an Italian word that is ordinary in small letters: as the dictionary has it, or made from such a one
    which is no name."""
    return is_in_dictionary(word) or any(
        (base in known.words or is_in_dictionary(base)) and not _named(folded(base), known) for base in bases(word)
    )


def _named(plain: str, known: _Known) -> str | None:
    return "person" if plain in known.given or plain in known.surnames else "place" if plain in known.places else None


def begins_sentence(text: str, at: int) -> bool:
    """True where a sentence, a line or direct speech begins there."""
    return bool(_OPENS.search(text[max(0, at - 40) : at])) if at else True


def _title_before(text: str, at: int) -> bool:
    """True after `signora`, `Mr.`: what follows is a name."""
    before = text[max(0, at - 24) : at]
    words = _WORD.findall(before)
    return bool(words) and folded(words[-1]) in _words()["titles"] and bool(re.search(r"[^\W\d_]\.?[ \t]+\Z", before))


def _often(text: str, at: int, word: str, language: str) -> int:
    """How often the word comes in its language, 0 where the dictionary has it in no form. A hyphened word is as known
    as its least known part; what an apostrophe cut off is looked for whole."""
    words = _known(language).words
    low = unicodedata.normalize("NFC", word.casefold())
    if low in words:
        return words[low]
    if "-" in low:
        return min(_often(text, at, part, language) for part in low.split("-"))
    before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
    is_cut = bool(before and before in APOSTROPHES) or bool(after and after in APOSTROPHES)
    forms: list[str] = []
    if is_cut:
        if len(low) <= 2 or low in _words()["cut"]:
            return 1
        forms += [low + vowel for vowel in "aeio"] if after and after in APOSTROPHES else []
        rest = _WORD.match(text, at + len(word) + 1) if after else None
        forms += [f"{low}'{rest[0].casefold()}"] if rest else []
    if language == "it":
        forms += without_pronouns(low)
        if len(low) >= _INFLECTED and low[-1] in "aeio":  # the dictionary has one gender or number and lacks the other
            forms += [low[:-1] + vowel for vowel in "aeio"]
    return max((words.get(form, 0) for form in forms), default=0)


# What is known -------------------------------------------------------------------------------------------------------


@cache
def _words() -> dict[str, frozenset[str]]:
    text = resources.files("surveys.corpora").joinpath("identifying_words.yml").read_text(encoding="utf-8")
    return {kind: frozenset(words) for kind, words in yaml.load(text, Loader=yaml.CSafeLoader).items()}


@cache
def _allowed() -> dict[str, frozenset[str]]:
    return {language: _words()[f"capitals_{language}"] for language in LANGUAGES}


@cache
def _known(language: str) -> _Known:
    from codicefiscale.data import get_countries_data, get_municipalities_data, get_names_data
    from spellchecker import SpellChecker

    given = {folded(name) for names in get_names_data().values() for name in names} | set(GIVEN_NAMES)
    given |= _words()["given"]
    surnames: set[str] = set()
    for locale in _PEOPLE:
        people = import_module(f"faker.providers.person.{locale}").Provider
        given |= {folded(name) for name in people.first_names}
        surnames |= {folded(name) for name in people.last_names}
    places = {folded(place["name"]) for place in (*get_municipalities_data(), *get_countries_data())}
    places |= {folded(name) for name in _countries_and_cities()} | _words()["places"]
    found = SpellChecker(language=language).word_frequency.dictionary
    words = {word: often for word, often in found.items() if often > _RARE[language]}
    words |= dict.fromkeys(_words()[f"ordinary_{language}"], max(*_OFTEN[language]))
    return _Known(words, frozenset(given), frozenset(surnames), frozenset(places))


def _countries_and_cities() -> Iterator[str]:
    """The countries of the world, and the cities after which time zones are named."""
    from babel import Locale

    for language in LANGUAGES:
        yield from Locale(language).territories.values()
        yield from (zone["city"] for zone in Locale(language).time_zones.values() if "city" in zone)
    yield from (zone.rpartition("/")[2].replace("_", " ") for zone in available_timezones())
