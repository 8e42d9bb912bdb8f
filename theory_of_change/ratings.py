"""What makes a register a set of ratings: who rates, what is rated, the score, and the groups of raters compared.

A rubric (raters by project and criterion) and a matrix (raters by field, resource and need) are both this.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from theory_of_change.model import Definition, Words


class Ratings(Definition):
    rater: Words
    score: Words = Field(description="Column with a whole number on an ordered scale.")
    items: tuple[Words, ...] = Field(min_length=1, description="Columns that together name what is rated.")
    group: Words | None = Field(None, description="Column with the group a rater belongs to.")
    population: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="How many raters each group has in all, where nearly all of them rated."
    )

    @property
    def columns(self) -> dict[str, str]:
        given = {"rater": self.rater, "score": self.score, "group": self.group}
        given |= {f"items {number}": name for number, name in enumerate(self.items)}
        return {role: name for role, name in given.items() if name}
