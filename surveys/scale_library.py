"""Scales that are free to use, as `scale_library.yml` describes them: structure, scoring, terms, where the wording is.

No wording of any item is kept here: most authors let everybody use their scale and nobody republish it. A contract that
names one of these (`library: who5`) takes its range, reversed items and scoring from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from theory_of_change.model import Text

Scoring = Literal["mean", "sum", "plain_sum", "count"]

#: What a contract may not say of a scale from the library, because the library says it.
FIXED = ("reverse", "range", "score", "at_least", "counts_from", "times")


_TEXTS = ("title", "measures", "higher", "missing", "terms", "cutoffs", "italian")


@dataclass(frozen=True)
class FreeScale:
    """A published scale: how many items in which order, which of them are reversed (from 1), how it is scored, what its
    authors allow, and where the exact wording is to be had. `italian` says which Italian version is published, if any.
    """

    id: str
    title: Text
    measures: Text
    n_items: int
    range: tuple[float, float]
    higher: Text
    score: Scoring
    at_least: int
    missing: Text
    reference: str
    terms: Text
    wording: str
    reverse: tuple[int, ...] = ()
    counts_from: float | None = None
    times: float = 1
    cutoffs: Text | None = None
    italian: Text | None = None
    sensitive: bool = False

    def of(self, items: tuple[str, ...]) -> dict[str, Any]:
        """What it says of a scale made of these items, in its own order."""
        return {
            "reverse": tuple(items[place - 1] for place in self.reverse if place <= len(items)),
            "range": self.range,
            "score": self.score,
            "at_least": self.at_least,
            "counts_from": self.counts_from,
            "times": self.times,
        }


@dataclass(frozen=True)
class LeftOut:
    """A scale that is often asked for and is not in the library, and why."""

    title: str
    why: Text


@cache
def free_scales() -> Mapping[str, FreeScale]:
    """Every scale of the library by its id, sorted."""
    found = {}
    for name, said in sorted(_written()["scales"].items()):
        texts = {
            key: Text(said[key])
            for key in ("title", "measures", "higher", "missing", "terms", "cutoffs", "italian")
            if key in said
        }
        ranges = {"range": tuple(float(end) for end in said["range"]), "reverse": tuple(said.get("reverse", ()))}
        found[name] = FreeScale(id=name, **{**said, **texts, **ranges})
    return found


@cache
def left_out() -> tuple[LeftOut, ...]:
    return tuple(LeftOut(one["title"], Text(one["why"])) for one in _written()["left_out"])


@cache
def _written() -> Mapping[str, Any]:
    text = resources.files("surveys").joinpath("scale_library.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)
