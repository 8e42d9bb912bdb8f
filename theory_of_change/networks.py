"""What makes a register of ties a network: who the nodes are, which way ties run, who told of them, who answered.

Only the meaning of columns, shared by the contracts and by what computes on them; no row is looked at here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from theory_of_change.model import Definition, Text, Words


class Nodes(Definition):
    """The register of those between whom there are ties; one row each."""

    column: Words = Field(description="`source.column` with the codes that ties name.")
    name: Words | None = Field(None, description="Column with names to show, where they are public.")
    group: Words | None = Field(None, description="Column with their type.")
    first_seen: Words | None = Field(None, description="Date column: not part of waves that ended before it.")
    last_seen: Words | None = Field(None, description="Date column: not part of waves that began after it.")
    answered: Words | dict[str, Words] | None = Field(
        None, description="Yes/no column that says who answered, or one for each wave; default: whoever reports."
    )
    public: bool = Field(False, description="True where they may be named: they are no persons and agreed.")

    @property
    def source(self) -> str:
        return self.column.partition(".")[0]

    @property
    def key(self) -> str:
        return self.column.partition(".")[2]

    def answered_in(self, wave: str) -> str | None:
        """The column that says who answered in a wave; None where none does."""
        return self.answered.get(wave) if isinstance(self.answered, dict) else self.answered

    @property
    def columns(self) -> dict[str, str]:
        """Every column it names, by its role."""
        given = {"key": self.key, "name": self.name, "group": self.group, "first_seen": self.first_seen,
                 "last_seen": self.last_seen}  # fmt: skip
        answered = self.answered if isinstance(self.answered, dict) else {"": self.answered}
        given |= {f"answered {wave}".strip(): name for wave, name in answered.items()}
        return {role: name for role, name in given.items() if name}


class NonResponse(Definition):
    """What to do about those who did not answer. It is always said how many they are."""

    count: Literal["respondents", "union"] = Field(
        "respondents",
        description="`respondents`: only those who answered and the ties among them; `union`: everybody, with every"
        " tie that anybody reports, which leaves out ties between two who did not answer.",
    )
    at_least: Annotated[float, Field(ge=0, le=1)] = Field(
        0.7, description="Share that must have answered for a number to be given."
    )
    accepted: Text | None = Field(None, description="Why numbers are given all the same where fewer answered.")


def _one_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Network(Definition):
    """The roles of a register's columns where a row is a tie, or somebody's report of one.

    A row with a reporter and no other end says that the reporter answered and named nobody.
    """

    start: Words = Field(alias="from", description="Column with one end of the tie.")
    end: Words = Field(alias="to", description="Column with the other end.")
    nodes: Annotated[Nodes, BeforeValidator(_one_column, json_schema_input_type=Nodes | str)]
    kind: Words | None = Field(None, description="Column with the kind of tie.")
    strength: Words | None = Field(None, description="Column with a number: how strong the tie is.")
    wave: Words | None = Field(None, description="Column with the wave; default: the reporting period of the date.")
    reported_by: Words | None = Field(None, description="Column with who told of the tie; default: known for certain.")
    directed: bool = Field(False, description="True where a tie from A to B is not one from B to A.")
    counts_when: Literal["either", "both"] = Field(
        "either", description="Whether one end's report makes a tie, or both that answered must report it."
    )
    non_response: NonResponse = NonResponse()

    @property
    def columns(self) -> dict[str, str]:
        """The columns of the register's own that it names, by their key in the contract."""
        given = {"from": self.start, "to": self.end, "kind": self.kind, "strength": self.strength, "wave": self.wave,
                 "reported_by": self.reported_by}  # fmt: skip
        return {role: name for role, name in given.items() if name}
