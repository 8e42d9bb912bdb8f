"""Italian words by their forms: which a dictionary knows with its inflections, and from which others one can be made.

Only what tells an ordinary word from a name belongs here. Endings that surnames have too (`-etti`, `-ini`) make no word
ordinary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLITIC = r"(?:mi|ti|si|ci|vi|lo|la|li|le|ne|gli|(?:me|te|se|ce|ve|glie)(?:lo|la|li|le|ne))"
#: Italian writes pronouns onto the infinitive, the gerund, the imperative and the participle.
_PRONOUNS = re.compile(rf"(?P<stem>.{{2,}}(?:r|ndo)|.+(?:iamo|ate|ete|ite|[aiu]t[oaie])){_CLITIC}\Z")
_MOST = re.compile(r"(?P<stem>.{3,})issim[oaie]\Z")
_MANNER = re.compile(r"(?P<stem>.{3,})mente\Z")
_SMALL = re.compile(r"(?P<stem>.{4,})(?:ett|ell|in|ucci|icin|icell)[oa]\Z")
_BEFORE = re.compile(
    r"(?:multi|inter|intra|pre|post|co|auto|anti|sotto|sovra|sopra|super|extra|micro|macro|mini|neo|semi|socio|tele|video"
    r"|bio|pluri|mono|ri|de|dis|in|im|s)(?P<rest>.{6,})\Z"
)
_NUMERAL = re.compile(
    r"(?=.)(?:(?:due|tre|quattro|cinque|sei|sette|otto|nove)?(?:mila|mille))?(?:(?:due|tre|quattro|cinque|sei|sette|otto"
    r"|nove)?cento)?(?:(?:venti?|trenta?|quaranta?|cinquanta?|sessanta?|settanta?|ottanta?|novanta?)?(?:uno?|due|tre|tré"
    r"|quattro|cinque|sei|sette|otto|nove)?|dieci|undici|dodici|tredici|quattordici|quindici|sedici|dici(?:assette|otto"
    r"|annove))(?:e?nn[ei]|e?sim[oaie]|ina)?\Z"
)
#: Endings verbs and abstract words have, and names have not.
_NOT_OF_NAMES = re.compile(
    r"(?:(?:i|v)amo|vano|vate|remo|remmo|ranno|rebbe|rebbero|ssero|ando|endo|zion[ei]|ità|mente|iss?im[oaie])\Z"
)


def is_in_dictionary(word: str) -> bool:
    """True for a word `simplemma` has in any of its forms: few names are among them, and of these few that end like
    Italian words."""
    from simplemma import is_known

    low = word.casefold()
    return low[-1:] in "aeiouàèéìòù" and is_known(low, "it")


def ends_like_no_name(word: str) -> bool:
    """True for what may stand with a capital where a sentence begins: `Raccoglievamo`, `Formazione`."""
    return _NOT_OF_NAMES.search(word.casefold()) is not None


def without_pronouns(word: str) -> list[str]:
    """`ascoltarci` is `ascoltare`, `facendolo` is `facendo`, `aiutiamoci` is `aiutiamo`."""
    match = _PRONOUNS.match(word)
    if not match:
        return []
    stem = match["stem"]
    return [f"{stem}e", f"{stem}re"] if stem.endswith("r") else [stem]


def bases(word: str) -> Iterator[str]:
    """What a word in small letters may be made from: `ascoltarci` from `ascoltare`, `gentilissima` from `gentile`,
    `velocemente` from `veloce`, `fornelletto` from `fornello`, `coabitare` from `abitare`; a numeral from `uno`."""
    word = word.replace("-", "")
    yield from without_pronouns(word)
    if match := _MOST.match(word):
        yield from (match["stem"] + vowel for vowel in "oe")
    if match := _MANNER.match(word):
        yield from (match["stem"], f"{match['stem']}e")
    if match := _SMALL.match(word):
        yield from (match["stem"] + vowel for vowel in "oae")
    if match := _BEFORE.match(word):
        yield match["rest"]
    if _NUMERAL.match(word):
        yield "uno"
