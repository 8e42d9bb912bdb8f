"""Answers a tool itself calls unfinished or not approved: they land like the others unless a contract says not.

The states are those KoboToolbox, ODK Central, Typeform, Qualtrics and LimeSurvey write into their exports. Whether an
answer of that kind counts is for the people of the programme to say, in `leave_out`; here it is only told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from surveys.files import TextTable
from surveys.headers import leading_code, plain
from surveys.matching import places_called
from theory_of_change.problems import Place, Problem, listed


class _State(NamedTuple):
    """A column of a tool, what in it means that the answer is unfinished or not approved, and other columns that show
    that it is the tool's own."""

    what: str
    column: str
    values: tuple[str, ...]
    beside: frozenset[str] = frozenset()


_STATES = (
    _State("unapproved", "_validation_status", ("validation_status_not_approved", "validation_status_on_hold",
                                                "not approved", "on hold", "non approvato", "in sospeso")),
    _State("unapproved", "_validation_status/uid", ("validation_status_not_approved", "validation_status_on_hold")),
    _State("unapproved", "reviewstate", ("rejected", "hasissues"), frozenset({"key", "submissiondate"})),
    _State("unfinished", "response type", ("partial", "started"), frozenset({"#"})),
    _State("unfinished", "finished", ("false", "0"), frozenset({"responseid", "progress"})),
    _State("unfinished", "submitdate", ("",), frozenset({"lastpage", "startlanguage"})),
    _State("unfinished", "data invio", ("",), frozenset({"ultima pagina", "lingua iniziale"})),
    _State("unfinished", "date submitted", ("",), frozenset({"last page", "start language"})),
)  # fmt: skip


def left_out(table: TextTable, wanted: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, np.ndarray]]:
    """For each column the contract names, which rows hold one of the values it leaves out; capitals do not matter."""
    for column, values in wanted.items():
        away = {plain(value) for value in values}
        for place in places_called(table, [column]):
            yield column, _holding(table, place, away)


def told(table: TextTable, wanted: Mapping[str, Sequence[str]], file: str) -> Iterator[Problem]:
    """A note for each state that rows are in and of which the contract does not speak, with the line to write."""
    decided = set(places_called(table, wanted))
    for what, place, values in states(table):
        if place in decided:
            continue
        rows = _holding(table, place, {plain(value) for value in values})
        numbers = table.rows[rows].tolist()
        facts = {"count": str(len(numbers)), "rows": listed(map(str, numbers), 12), "line": line(table, place, values)}
        yield Problem(f"delivery-{what}", Place(file), facts)


def states(table: TextTable) -> Iterator[tuple[str, int, list[str]]]:
    """What answers of this table are, by which column, and the values there that say so."""
    headers = [leading_code(header) or plain(header) for header in table.headers]
    for one in _STATES:
        if one.column in headers and one.beside <= set(headers):
            place = headers.index(one.column)
            _, texts = table.different(place)
            if found := sorted({text.strip() for text in texts if plain(text) in one.values}):
                yield one.what, place, found


def line(table: TextTable, place: int, values: Sequence[str]) -> str:
    """The line that leaves them out, as a contract has it."""
    spelled = [json.dumps(text, ensure_ascii=False) for text in (" ".join(table.headers[place].split()), *values)]
    return f"leave_out: {{{spelled[0]}: [{', '.join(spelled[1:])}]}}"


def _holding(table: TextTable, place: int, values: set[str]) -> np.ndarray:
    numbers, texts = table.different(place)
    return np.fromiter((plain(text) in values for text in texts), dtype=bool, count=len(texts))[numbers]
