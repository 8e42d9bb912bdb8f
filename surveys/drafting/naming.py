"""Names for the columns of a draft: short, readable, usable in an expression, the same each time.

A name comes from the question's code where that is a word, else from the question's own words. Which columns a question
has is said in `surveys.questions`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Codes that a tool gave out by number: `Q1`, `G01Q02`, `SQ001`, `domanda_3`.
_NUMBERED = re.compile(r"(?i)(?:[a-z]{0,3}\d+)+(?:_\d+)*|(?:question|domanda|column|colonna|var|field|campo)[ _]?\d+")
_WORD = re.compile(r"[^\W\d_]+\d*|\d+")
#: Where what a tool adds to the name of a questionnaire begins.
_ADDED = re.compile(r"(?<=\w)\s*\(|[\s_]+-[\s_]+")
_MOST_WORDS, _MOST_LETTERS = 4, 32
_SMALL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "il lo la i gli le un uno una di del dello della dei degli delle da dal dalla in nel nella nei nelle a al "
        "alla ai agli alle con per su sul sulla tra fra e ed o che chi si se mi ti ci vi lei suo sua suoi sue ha "
        "hai ho è sono quale quali quanto quanta quanti quante come dove quando l d all dell nell sull un qual "
        "the an of to on for with and or by from at as is are was were do does did you your yours their have has "
        "had what which how where when who why it this that these those much many",
    )
)
#: Words no expression can use as a column without quotes, or that mean something else there.
_TAKEN = frozenset(
    re.findall(
        r"\w+",
        "all and any array as asc between both case cast check collate column constraint create current_date "
        "cross current_time default deferrable desc describe distinct do else end except exists extract false "
        "fetch filter for foreign from full glob grant group having if ilike in initially inner intersect "
        "interval into is isnull join lateral leading left like limit map natural not notnull null offset on only "
        "or order outer over overlaps pivot placing position primary qualify references returning right row rows "
        "select semi show similar some struct substring summarize table tablesample then to trailing trim true "
        "union unique unpivot using values variadic when where window with year month day hour minute second date "
        "time timestamp person answered wave weight period",
    )
)


def name_for(code: str, words: str, taken: Iterable[str] = ()) -> str:
    """A name for the question of this code and these words, and none of those taken (whatever their capitals)."""
    stem = _from_code(code) or _from_words(words) or _from_code(code, any_code=True) or "domanda"
    stem = f"{stem}_" if stem in _TAKEN else stem
    used = {name.casefold() for name in taken}
    name, number = stem.rstrip("_") if stem.rstrip("_") not in _TAKEN else f"q_{stem.rstrip('_')}", 1
    first = name
    while name.casefold() in used:
        number += 1
        name = f"{first}_{number}"
    return name


def _from_code(code: str, any_code: bool = False) -> str:
    """The code in small letters, where it is a word rather than a number somebody was given."""
    plain = _plain(code)
    if not any_code and (_NUMBERED.fullmatch(plain) or len(plain) > _MOST_LETTERS or " " in code.strip()):
        return ""
    letters = re.sub(r"\W+", "_", plain).strip("_")
    letters = letters if letters[:1].isalpha() else f"q_{letters}" if letters and any_code else ""
    return letters[:_MOST_LETTERS].rstrip("_") if len(letters) > 1 or any_code else ""


def _from_words(text: str) -> str:
    """The first words that mean something: `Quanti anni ha compiuto?` is `anni_compiuto`."""
    text = re.sub(r"\([^)]*\)|\{[^}]*\}", " ", text)
    words = _WORD.findall(_plain(text))
    telling = [word for word in words if word not in _SMALL_WORDS and (len(word) > 1 or word.isdigit())] or words
    while telling and telling[0].isdigit():
        telling = telling[1:]
    name = ""
    for word in telling[:_MOST_WORDS]:
        longer = f"{name}_{word}" if name else word[:_MOST_LETTERS]
        if len(longer) > _MOST_LETTERS:
            break
        name = longer
    return name


def code_for(words: str, taken: Iterable[str] = ()) -> str:
    """A short code for an answer that has only words: `Centro per le famiglie` is `centro_famiglie`."""
    return name_for("", words, taken) if _from_words(words) else name_for("", f"opzione {words}", taken)


def own_name(stem: str) -> str:
    """A file's name without what tools add: `(Risposte)`, `(1-48)`, ` - latest version - False`."""
    return " ".join(_ADDED.split(stem)[0].replace("_", " ").split())


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.replace("’", " ").replace("'", " "))
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c))).casefold().strip()
