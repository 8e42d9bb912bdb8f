"""The table of `data/<id>/` that says which words of the transcripts are masked, and by which placeholder.

Words to be masked are names: they stand beside the transcripts, which are not in git, and never in a contract, which
is. How words are replaced is `masking`. No message here tells a word or a header of the table: its rows alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from surveys.corpora.masking import folded
from theory_of_change.key_words import plainly, word_for
from theory_of_change.problems import Place, Problem, ProblemsFound

#: How a placeholder is written, so that nobody takes it for what was said and it can name nobody itself.
PLACEHOLDER = re.compile(r"\[[a-zà-ÿ][a-zà-ÿ ’'-]{0,38}\]")
KEYS = ("words", "placeholder")
#: Headers by which the row of a sheet is known that holds them.
_SPELLINGS = (*KEYS, "parole", "parola", "segnaposto")


class Mask(NamedTuple):
    """Words that are replaced, whole and in every writing, by a [placeholder]; and the row that says so."""

    words: str
    placeholder: str
    row: int


def masks_in(path: Path, file: str, cleared: Collection[str] = ()) -> list[Mask]:
    """The masks of a table of two columns, `words` and `placeholder`, called `file` in messages. Raises ProblemsFound
    with all mistakes in it; words that are `cleared` in the contract are one."""
    from surveys.reading import read_table

    table = read_table(path, file, _SPELLINGS)
    columns = {_key(header): at for at, header in enumerate(table.headers)}
    if not set(KEYS) <= set(columns):
        raise ProblemsFound([Problem("quote-masks-columns", Place(file))])
    found = [
        Mask(*(str(table.cells[columns[key]].iloc[place]).strip() for key in KEYS), int(row))
        for place, row in enumerate(table.rows)
    ]
    found = [mask for mask in found if mask.words or mask.placeholder]
    if problems := list(_mistakes(found, file, {folded(word) for word in cleared})):
        raise ProblemsFound(problems)
    return found


def _key(header: str) -> str | None:
    plain = plainly(header)
    return plain if plain in KEYS else word_for(header, KEYS)


def _mistakes(masks: Collection[Mask], file: str, cleared: Collection[str]) -> Iterator[Problem]:
    rows: dict[str, Mask] = {}
    for mask in masks:
        place = Place(file, mask.row)
        if not PLACEHOLDER.fullmatch(mask.placeholder):
            yield Problem("quote-placeholder", place)
        if not re.search(r"\w", mask.words):
            yield Problem("quote-mask-of-nothing", place)
            continue
        first = rows.setdefault(folded(mask.words), mask)
        if first.placeholder != mask.placeholder:
            yield Problem("quote-mask-twice", place, {"row": str(first.row)})
        if folded(mask.words) in cleared:
            yield Problem("quote-masked-and-cleared", place)
