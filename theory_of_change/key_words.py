"""The key somebody meant who wrote another word for it: `nessi` for `links`, `titolo` for `title`.

The words are in `words/keys.yml`. A word is looked up before any spelling is guessed at, because `esiti` is nearer to
nothing than to `outcomes`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources

import yaml

from theory_of_change.problems import nearest

#: What people call the folders of a workspace.
FOLDERS = {
    "theory_of_change": ("teoria", "teoria_del_cambiamento", "theory", "toc", "theory_of_changes"),
    "surveys": ("questionari", "questionario", "indagini", "indagine", "sondaggi", "survey", "questionnaires"),
    "registers": ("registri", "registro", "register", "anagrafiche"),
    "interviews": ("interviste", "intervista", "interview"),
    "data": ("dati",),
}


def key_for(written: str, allowed: Collection[str]) -> str | None:
    """The key among `allowed` that `written` most likely stands for: a word for it, else one spelt nearly alike."""
    return word_for(written, allowed) or nearest(written, sorted(allowed))


def word_for(written: str, allowed: Collection[str]) -> str | None:
    """The key among `allowed` that `written` is another word for."""
    return next((key for key in words().get(plainly(written), ()) if key in allowed), None)


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """Every word people write, with the keys it may mean, likeliest first."""
    text = resources.files("theory_of_change").joinpath("words/keys.yml").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for key, meaning in yaml.load(text, Loader=yaml.CSafeLoader).items():
        for word in meaning:
            found[str(word)] = (*found.get(str(word), ()), str(key))
    return found


def plainly(written: str) -> str:
    """Small letters without accents, spaces and hyphens as underscores."""
    bare = unicodedata.normalize("NFD", written.casefold().strip())
    return "".join(sign for sign in bare if not unicodedata.combining(sign)).replace(" ", "_").replace("-", "_")
