"""The catalogues a theory may refer to, and which codes they can have: the Sustainable Development Goals, IRIS+.

Shapes and counts only; the catalogues' words are not ours to copy. A theory's own lists are in its `code_lists`.
"""

from __future__ import annotations

import re

#: Targets of each goal: how many are numbered, and the last of those lettered (UN General Assembly A/RES/71/313): 169.
_SDG_TARGETS = {1: (5, "b"), 2: (5, "c"), 3: (9, "d"), 4: (7, "c"), 5: (6, "c"), 6: (6, "b"), 7: (3, "b"), 8: (10, "b"),
                9: (5, "c"), 10: (7, "c"), 11: (7, "c"), 12: (8, "c"), 13: (3, "b"), 14: (7, "c"), 15: (9, "c"),
                16: (10, "b"), 17: (19, "")}  # fmt: skip
_SDG = re.compile(r"(?P<goal>\d{1,2})(?:\.(?P<target>\d{1,2}|[a-d])(?:\.(?P<indicator>\d{1,2}))?)?")
_IRIS = re.compile(r"[A-Z]{2}\d{4}")

#: Catalogues known by name, and how one of their codes looks where that is fixed.
_KNOWN = {
    "sdg": "1, 1.4, 1.a, 1.4.1",
    "iris": "PI4060",
    **dict.fromkeys(("bes", "esf", "erdf", "fse", "fesr", "iati", "dac", "crs", "cofog", "ateco", "nace", "nuts",
                     "isco", "isced", "icnpo", "cids", "eurostat", "istat", "own"), ""),
}  # fmt: skip


def _name(vocabulary: str) -> str:
    folded = vocabulary.casefold().strip().rstrip("+")
    return {"sdgs": "sdg", "oss": "sdg"}.get(folded, folded)


def is_known(vocabulary: str) -> bool:
    return _name(vocabulary) in _KNOWN


def shape_of(vocabulary: str) -> str:
    """Codes of this catalogue as examples; empty where it fixes no shape."""
    return _KNOWN.get(_name(vocabulary), "")


def can_be(vocabulary: str, code: str) -> bool:
    """False only for a code that this catalogue cannot have."""
    name = _name(vocabulary)
    if name == "iris":
        return bool(_IRIS.fullmatch(code.strip().upper()))
    return name != "sdg" or _is_sdg(code.strip().casefold())


def _is_sdg(code: str) -> bool:
    match = _SDG.fullmatch(code)
    goal = _SDG_TARGETS.get(int(match["goal"])) if match else None
    if match is None or goal is None:
        return False
    target, (numbered, last) = match["target"], goal
    if target is None:
        return True
    return 1 <= int(target) <= numbered if target.isdigit() else target <= last
