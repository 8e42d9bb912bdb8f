"""Numbers as people write them: what a number-like text was meant to be, and which right ones may mean another number.

In Italian 1.250 is twelve hundred and fifty; in YAML it is one and a quarter. Nobody can tell which was meant, so both
ways of saying it plainly are offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from theory_of_change.forms import expected, kind
from theory_of_change.positions import Node, Places, Steps
from theory_of_change.problems import Place, Problem

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_ONE_POINT = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_THOUSANDS_AND_COMMA = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+")


def not_a_number(fault: str, place: Place, facts: Mapping[str, str]) -> Problem:
    """Says what kind of number-like text it is, and how to write the number where that is certain."""
    found = facts["found"]
    whole, comma, decimals = found.partition(",")
    if _THOUSANDS.fullmatch(found) or _THOUSANDS_AND_COMMA.fullmatch(found):
        return Problem("number-thousands", place, {**facts, "right": found.replace(".", "").replace(",", ".")})
    if comma and whole.lstrip("+-").isdecimal() and decimals.isdecimal():
        return Problem("number-comma", place, {**facts, "right": f"{whole}.{decimals}"})
    bare = found.rstrip("% ").replace(",", ".")
    if found.endswith("%") and bare.replace(".", "", 1).isdecimal():
        return Problem("number-percent", place, {**facts, "right": f"{float(bare) / 100:g}"})
    return Problem("number-not-whole" if fault == "int_from_float" else "number-shape", place, facts)


def doubtful_numbers(model: type[BaseModel], places: Places) -> Iterator[Problem]:
    """Numbers whose point may be a decimal one or one between thousands, wherever a fraction is allowed."""
    for path, node in _scalars(places.root):
        forms = expected(model, path)
        if forms and all(kind(form) in ("number", "list") for form in forms):
            key = next((step for step in reversed(path) if isinstance(step, str)), "")
            facts = {"found": node.value, "key": key, "decimal": _decimal(node.value)}
            yield Problem("number-doubtful", node.place, {**facts, "whole": node.value.replace(".", "")})


def _decimal(written: str) -> str:
    """The same decimal number with any count of decimals but three."""
    shorter = written.rstrip("0")
    shorter += "0" if shorter.endswith(".") else ""
    return shorter if shorter != written else f"{written}0"


def _scalars(root: Node | None) -> Iterator[tuple[Steps, Node]]:
    """Every value that may be one of thousands, with its path. What several references share is looked at once."""
    waiting: list[tuple[Steps, Node]] = [((), root)] if root else []
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if isinstance(node.value, str):
            if _ONE_POINT.fullmatch(node.value):
                yield path, node
        elif node.value is not None and id(node.value) not in seen:
            seen.add(id(node.value))
            if isinstance(node.value, list):
                waiting += [((*path, number), one) for number, one in enumerate(node.value)]
            else:
                waiting += [((*path, key), entry.node) for key, entry in node.value.items()]
