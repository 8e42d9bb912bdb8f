"""Figures that were said approximately: circa 250, oltre 27 million, almeno 2. How they are computed with, and printed.

A figure keeps how it was said through every sum, product and quotient, so that nothing made of a guess is ever shown as
exact. Which figures there are is in `model`; whether they are found again in the data is for those who compute.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Relation = Literal["=", "~", ">", ">=", "<", "<="]

#: How the true value stands to the figure said. `quasi 50` is a little less than 50, `oltre 50` a little more.
RELATIONS: dict[str, Relation] = {
    "circa": "~",
    "about": "~",
    "oltre": ">",
    "over": ">",
    "almeno": ">=",
    "at_least": ">=",
    "quasi": "<",
    "almost": "<",
}
#: `<=` comes only of computing: one over at least ten is at most a tenth.
_SAID: dict[Relation, dict[str, str]] = {
    "=": {"it": "{}", "en": "{}"},
    "~": {"it": "circa {}", "en": "about {}"},
    ">": {"it": "oltre {}", "en": "over {}"},
    ">=": {"it": "almeno {}", "en": "at least {}"},
    "<": {"it": "quasi {}", "en": "almost {}"},
    "<=": {"it": "al massimo {}", "en": "at most {}"},
}
_TURNED: dict[Relation, Relation] = {"=": "=", "~": "~", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
#: How far from `about x` the truth may lie before the words stop being true.
_ABOUT = Decimal("0.05")


def said(number: str, approx: str | None, language: str) -> str:
    """A printed number with how it was said: `circa 250`, `about 250`; the bare number where it is exact.

    `approx` is a word of the vocabulary in either language, or a relation. Any language but Italian reads English.
    """
    relation = RELATIONS.get(approx or "=", approx or "=")
    return _SAID[relation]["it" if language.split("-")[0] == "it" else "en"].format(number)


@dataclass(frozen=True)
class Approximate:
    """A number and how it stands to the truth. Arithmetic keeps what can still be said, and says `about` where
    nothing more can: over 10 plus almost 10 is about 20."""

    value: float
    relation: Relation = "="

    @classmethod
    def of(cls, value: float, approx: str | None = None) -> Approximate:
        return cls(value, RELATIONS[approx] if approx else "=")

    @property
    def is_exact(self) -> bool:
        return self.relation == "="

    def text(self, language: str, decimals: int | None = None) -> str:
        """The figure as a reader of `language` sees it; `decimals` fixes how many, without it at most three."""
        from babel.numbers import format_decimal

        pattern = "#,##0.###" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
        locale = "it" if language.split("-")[0] == "it" else "en"
        return said(format_decimal(self.value, format=pattern, locale=locale), self.relation, language)

    def __neg__(self) -> Approximate:
        return Approximate(-self.value, _TURNED[self.relation])

    def __add__(self, other: Approximate | float) -> Approximate:
        right = _approximate(other)
        return Approximate(self.value + right.value, _together(self.relation, right.relation))

    def __sub__(self, other: Approximate | float) -> Approximate:
        return self + -_approximate(other)

    def __mul__(self, other: Approximate | float) -> Approximate:
        right = _approximate(other)
        relation = _together(_scaled(self.relation, right.value), _scaled(right.relation, self.value))
        return Approximate(self.value * right.value, relation)

    def __truediv__(self, other: Approximate | float) -> Approximate:
        right = _approximate(other)
        below = _scaled(_TURNED[right.relation], self.value)  # a larger divisor makes less, whatever its sign
        return Approximate(self.value / right.value, _together(_scaled(self.relation, right.value), below))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Approximate | float) -> Approximate:
        return _approximate(other) - self

    def __rtruediv__(self, other: Approximate | float) -> Approximate:
        return _approximate(other) / self


def _approximate(number: Approximate | float) -> Approximate:
    return number if isinstance(number, Approximate) else Approximate(number)


def _scaled(relation: Relation, factor: float) -> Relation:
    """The relation after multiplying by `factor`: turned round by a negative one, gone with nought."""
    return relation if factor > 0 else _TURNED[relation] if factor < 0 else "="


def _together(first: Relation, second: Relation) -> Relation:
    """What holds of a sum of which the one part is known by `first` and the other by `second`."""
    if first == "=":
        return second
    if second == "=" or first == second:
        return first
    for strict, loose in ((">", ">="), ("<", "<=")):
        if {first, second} == {strict, loose}:
            return strict
    return "~"


def decimals_of(value: float) -> int:
    """With how many decimals a figure was given: none for 60, one for 11.6."""
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def half_step(value: float) -> Decimal:
    """How far rounding to the decimals it is given with may have moved a figure."""
    return Decimal(5).scaleb(-decimals_of(value) - 1)


def agrees(figure: float, approx: str | None, computed: float) -> bool:
    """True where `computed` may be what was published as `figure`: equal after rounding, or as it was said.

    `oltre 27` agrees with anything above 27 and `almeno 27` with anything from 27 on, though not with the double of it:
    who has 60 does not say over 27. `circa 250` agrees within a twentieth.
    """
    low, high = span(figure, approx)
    found, said_figure = Decimal(repr(float(computed))), Decimal(repr(float(figure)))
    strict = approx is not None and RELATIONS[approx] in ("<", ">")
    return low <= found <= high and not (strict and found == said_figure)


def span(figure: float, approx: str | None) -> tuple[Decimal, Decimal]:
    """Between which numbers the truth lies when `figure` was said so, both ends included."""
    said_figure, step = Decimal(repr(float(figure))), half_step(figure)
    room = abs(said_figure)
    match RELATIONS[approx] if approx else "=":
        case "=":
            return said_figure - step, said_figure + step
        case "~":
            around = max(step, room * _ABOUT)
            return said_figure - around, said_figure + around
        case "<":
            return said_figure - room / 2, said_figure
        case _:
            return said_figure, said_figure + room


def can_both_be_true(one: tuple[float, str | None], other: tuple[float, str | None]) -> bool:
    """Whether two figures, each with how it was said, can be of one and the same number: 30.4 and `over 27` can."""
    (low, high), (other_low, other_high) = span(*one), span(*other)
    return low <= other_high and other_low <= high
