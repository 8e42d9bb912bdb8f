"""What a delivery may lack because the questionnaire was another one then, and what it may not.

A question with a first or a last day may be absent from a file; but not from one with answers of the days on which it
was asked, where its absence would lose answers without a word. Which header is which column is decided in `matching`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from surveys.columns import Typed
from surveys.contracts import Field
from theory_of_change.problems import Place, Problem


def lacking(
    fields: Sequence[Field], typed: Mapping[str, Typed], places: Mapping[str, int], file: str
) -> Iterator[Problem]:
    """One problem for each question that is absent although answers of its days are there."""
    dated = next((one for one in fields if one.gives_day), None)
    if dated is None or dated.column.name not in places:
        return
    days = np.asarray(typed[dated.column.name].values, dtype="datetime64[s]")
    told = {one.column.of or one.column.name for one in fields if one.column.name in places}
    for one in fields:
        question = one.column.of or one.column.name
        if question in told or not (one.since or one.until):
            continue
        inside = ~np.isnat(days)
        if one.since:
            inside &= days >= np.datetime64(one.since)
        if one.until:
            inside &= days < np.datetime64(one.until + dt.timedelta(days=1))
        if inside.any():
            told.add(question)
            yield Problem("delivery-column-lacking", Place(file), {"column": one.column.header or one.column.name})
