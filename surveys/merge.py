"""A survey made of others: which parts it has, and what its contract says so that their answers can stand together.

Holds the words of the contract and what is wrong with them alone. How parts become one table is in `merging`, what
differs between them in `merge_differences`; rows are brought together in the warehouse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field as Described

from surveys.contracts import ColumnName, Contradiction
from theory_of_change.model import Definition, SourceId, Words

#: Whether a person is followed from one part to the next, or each part has people of its own.
Persons = Literal["linked", "apart"]
#: Whether weights, strata, clusters and population sizes of the parts hold for the whole.
Sampling = Literal["carry", "leave_out"]
#: What the contract of a merged survey may say; all else is said by its parts.
OWN_KEYS = frozenset({"id", "title", "note", "merge", "persons", "sampling", "decisions", "scales"})
#: What only a merged survey may say.
ONLY_MERGED = frozenset({"persons", "sampling"})

Recoding = Annotated[dict[str, str], Described(min_length=1)]


class Part(Definition):
    """One of the surveys that are merged. Names and codes on the left are its own, those on the right the merged."""

    source: SourceId
    wave: Words | None = Described(None, description="The wave all its rows are of; default: its own waves.")
    rename: dict[Words, ColumnName] = Described(
        default_factory=dict, description="Questions, scales or columns of the part under the name they have here."
    )
    recode: dict[Words, Recoding] = Described(
        default_factory=dict, description="Codes of a question of the part, and the codes they are here."
    )


def contradictions_of(id: str, parts: Sequence[Part], said: Collection[str]) -> Iterator[Contradiction]:
    """What is wrong before any part is looked at. `said` are the keys that the contract has."""
    if not parts:
        for key in sorted(ONLY_MERGED & set(said)):
            yield Contradiction("merge-key-alone", (key,), {"key": key})
        return
    for key in sorted(set(said) - OWN_KEYS):
        yield Contradiction("merge-key-of-parts", (key,), {"key": key})
    if len(parts) == 1:
        yield Contradiction("merge-of-one", ("merge",), {"name": parts[0].source})
    names = [part.source for part in parts]
    for number, name in enumerate(names):
        if name == id:
            yield Contradiction("merge-of-itself", ("merge", number, "source"), {"name": name})
        elif name in names[:number]:
            yield Contradiction("merge-part-twice", ("merge", number, "source"), {"name": name})
