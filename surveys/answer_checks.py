"""What a contract says about the quality of its rows: rules of its own, how careless answers are told, who was invited.

Only the words of the contract and what cannot be in them; the rules are run in `pipelines.answer_quality`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic import Field as Described

from surveys.contracts import Contradiction
from theory_of_change.model import Definition, ElementId, Text, Words

Count = Annotated[int, Described(ge=1)]


def _of_every_wave(value: Any) -> Any:
    return value if value is None or isinstance(value, dict) else {"": value}


#: How many people were asked to answer: one number, or one for each wave.
Invited = Annotated[
    dict[str, Count], BeforeValidator(_of_every_wave, json_schema_input_type=dict[Words, Count] | Count)
]


class RowRule(Definition):
    """What every row must keep, as an SQL expression over the source's columns; `when` says for which rows."""

    id: ElementId
    expect: Words
    when: Words | None = None
    severity: Literal["warning", "error"] = Described("warning", description="`error` stops publication.")
    remedy: Text


class AnswerChecks(Definition):
    """From where on answers count as given without care. They are told, never taken out."""

    faster_than: Annotated[float, Described(gt=0, lt=1)] = Described(
        0.3, description="Fraction of the median time of a wave below which an answer was too fast."
    )
    array: Annotated[int, Described(ge=3)] = Described(5, description="Items from which one answer for all is told.")
    run: Annotated[int, Described(ge=6)] = Described(
        10, description="Items from which a run of equal answers over half of them is told."
    )
    identical: Annotated[int, Described(ge=2)] = Described(
        10, description="Answers from which two rows alike in all of them are told."
    )


def contradictions_of(rules: tuple[RowRule, ...], path: tuple[str | int, ...] = ("rules",)) -> Iterator[Contradiction]:
    """Two rules of one name."""
    for number, rule in enumerate(rules):
        if rule.id in {other.id for other in rules[:number]}:
            yield Contradiction("row-rule-twice", (*path, number, "id"), {"name": rule.id})
