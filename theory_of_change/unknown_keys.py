"""Keys that a block does not have: misspelt, in another language, or right and in the wrong place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from theory_of_change.forms import expected, homes, keys
from theory_of_change.key_words import key_for, word_for
from theory_of_change.odd_signs import odd_sign
from theory_of_change.positions import Places, Steps
from theory_of_change.problems import Place, Problem, listed

_MOST_HOMES = 6
_FEWEST_ENTRIES = 2  # that must agree before a whole section is taken for another


class UnknownKeys:
    """The unknown keys of one file as problems; a block's keys are listed once."""

    def __init__(self, model: type[BaseModel], places: Places) -> None:
        self.model = model
        self.places = places
        self._told: set[Steps] = set()

    def meant(self, path: Steps) -> str | None:
        """The key that stands misspelt at `path`, as far as we can guess."""
        return key_for(str(path[-1]), keys(expected(self.model, path[:-1])))

    def problem(self, path: Steps, where: str) -> Problem:
        """What is wrong with the key that ends `path`, in the block its user calls `where`."""
        key, place = str(path[-1]), self.places.key(*path)
        allowed = sorted(keys(expected(self.model, path[:-1])))
        facts = {"key": key, "where": where}
        odd = odd_sign(key)
        if odd:
            return Problem(odd.code, _shifted(place, odd.position), {"found": odd.found})
        before, colon, _ = key.partition(":")
        if colon and before in allowed:
            return Problem("yaml-colon-space", _shifted(place, len(before)), {})
        elsewhere = [block for block in homes(self.model).get(key, ()) if block]
        if len(path) > 1 and not elsewhere and keys(expected(self.model, (key, 0))):
            return Problem("section-inside", place, facts)
        from rapidfuzz.distance import OSA  # only once a key is wrong: loading it takes a while

        hint = key_for(key, allowed)
        is_sure = hint is not None and (word_for(key, allowed) == hint or OSA.distance(key, hint) == 1)
        if elsewhere and not is_sure:
            return Problem("key-elsewhere", place, {**facts, "blocks": listed(elsewhere, _MOST_HOMES)})
        if hint or path[:-1] in self._told:
            return Problem("key-misspelt", place, {**facts, "hint": hint} if hint else facts)
        self._told.add(path[:-1])
        return Problem("key-unknown", place, {**facts, "allowed": listed(allowed, 60)})

    def mistaken_sections(self, paths: Iterable[Steps]) -> Mapping[tuple[str, str], Problem]:
        """Sections in which most entries have keys of one other section, by their key and file: one problem each."""
        used: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for path in paths:
            if len(path) == 3 and isinstance(path[1], int):
                file = self.places.key(*path).file
                used[str(path[0]), file][path[1]].append(str(path[2]))
        found = {}
        for (section, file), entries in used.items():
            node = self.places.node(section)
            here = [entry for entry in node.value if entry.place.file == file] if node else []
            unknown = sorted({key for names in entries.values() for key in names})
            other = self._section_of(section, here, unknown)
            if other and len(entries) >= _FEWEST_ENTRIES and 2 * len(entries) > len(here):
                facts = {"section": section, "keys": listed(unknown), "hint": other}
                place = self.places.key(section)
                place = place if place.file == file else here[0].place
                found[section, file] = Problem("section-mistaken", place, facts)
        return found

    def _section_of(self, section: str, entries: Iterable, unknown: Iterable[str]) -> str | None:
        """The section that has all these keys and most of the others the entries use."""
        written = [key for entry in entries if isinstance(entry.value, dict) for key in entry.value]
        fits = {}
        for other in sorted(keys([self.model]) - {section}):
            known = keys(expected(self.model, (other, 0)))
            if known.issuperset(unknown):
                fits[other] = sum(key in known for key in written)
        return max(fits, key=fits.__getitem__, default=None)


def _shifted(place: Place, columns: int) -> Place:
    return Place(place.file, place.line, place.column + columns) if place.column else place
