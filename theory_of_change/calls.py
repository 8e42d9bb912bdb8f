"""What makes a register the cases of a call: the stages they pass, their cohort, the money, who takes part.

Only the meaning of columns; counting is in `pipelines.analysis.funnels`.
"""

from __future__ import annotations

from pydantic import Field

from theory_of_change.model import Definition, ElementId, Text, Words


class Stage(Definition):
    """A stage is passed where its column holds something, is true, or holds one of `values`."""

    id: ElementId
    title: Text | None = None
    column: Words
    values: tuple[Words, ...] = ()


class Money(Definition):
    """Amounts of a case, in one currency. What is left of the total after those named is told as the rest."""

    grant: Words
    total: Words | None = None
    others: dict[ElementId, Words] = Field(default_factory=dict, description="Other money by its type, a column each.")


class Partners(Definition):
    """Another register with one row for each organisation in each case."""

    source: Words = Field(alias="from")
    case: Words
    organisation: Words


class Funnel(Definition):
    """Ideas to projects: each row is a case, with how far it came."""

    case: Words
    cohort: Words | None = Field(None, description="Column with the edition of the call.")
    stages: tuple[Stage, ...] = Field(min_length=2)
    open: dict[str, ElementId] = Field(
        default_factory=dict,
        description="Cohorts not yet decided, with the last stage that is; later rates leave them out.",
    )
    money: Money | None = None
    organisation: Words | None = Field(None, description="Column with the organisation of a case.")
    partners: Partners | None = None
    public: bool = Field(False, description="True where the cases are public acts, so that few of them may be shown.")

    @property
    def columns(self) -> dict[str, str]:
        """The register's own columns it names, by where in the contract."""
        money = {"money": self.money} if self.money else {}
        given = {"case": self.case, "cohort": self.cohort, "organisation": self.organisation}
        given |= {f"stages {number}": stage.column for number, stage in enumerate(self.stages)}
        for one in money.values():
            given |= {"money grant": one.grant, "money total": one.total}
            given |= {f"money others {name}": column for name, column in one.others.items()}
        return {role: name for role, name in given.items() if name}
