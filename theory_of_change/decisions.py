"""What people decided about assumptions: `decisions.yml`, kept in git beside the theory it judges.

Reading it, what may be said in it and what contradicts the theory belongs here. What the evidence suggests is worked
out in `pipelines.joining`; adding a decision to the file, in `pipelines.deciding`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from theory_of_change.loading import Places, load
from theory_of_change.model import Day, Definition, ElementId, Text, TheoryOfChange, Words
from theory_of_change.positions import Steps
from theory_of_change.problems import Problem, listed, nearest_id
from theory_of_change.programme import Workspace

FILE = "decisions.yml"
AssumptionStatus = Literal["untested", "holding", "doubtful", "failed"]
STATUSES: tuple[str, ...] = get_args(AssumptionStatus)
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_MOST_DIGITS = 6  # a role may bear a number ("ward 12"); more of them are a telephone, or some other number of a person


class Decision(Definition):
    """One person's judgement of an assumption, by the name of their role, with what the evidence suggested that day."""

    assumption: ElementId
    status: AssumptionStatus
    by: Words = Field(description="The role of whoever decided, never a name.")
    date: Day
    reason: Text
    proposed: AssumptionStatus | None = Field(None, description="The status the evidence suggested.")
    evidence: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")] | None = Field(
        None, description="Fingerprint of the evidence the decision was taken on."
    )


class Decisions(Definition):
    """`decisions.yml`: every decision ever taken, the latest last. Earlier ones stay, so that the way shows."""

    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Decided:
    """The decisions as the file has them; empty where there is no file."""

    decisions: tuple[Decision, ...]
    places: Places
    problems: tuple[Problem, ...] = ()

    @property
    def latest(self) -> Mapping[str, Decision]:
        """The decision in force for each assumption: the one of the latest day, of one day the last in the file."""
        return {one.assumption: one for one in sorted(self.decisions, key=lambda one: one.date)}


NOTHING_DECIDED = Decided((), Places(FILE))


def read_decisions(workspace: Workspace, theory: TheoryOfChange | None, today: dt.date) -> Decided:
    """`decisions.yml` with everything wrong in it, alone and against the theory."""
    path = workspace.root / FILE
    if not path.exists():
        return NOTHING_DECIDED
    loaded = load(Decisions, path, workspace.root)
    if {problem.code for problem in loaded.problems} & {"file-empty", "file-only-comments"}:
        return NOTHING_DECIDED  # somebody made room for decisions to come
    if loaded.value is None:
        return Decided((), loaded.places, loaded.problems)
    wrong = [
        Problem(code, loaded.places.at("decisions", number, *path), facts)
        for number, one in enumerate(loaded.value.decisions)
        for code, path, facts in mistakes(one, theory, today)
    ]
    return Decided(loaded.value.decisions, loaded.places, (*loaded.problems, *wrong))


def mistakes(
    one: Decision, theory: TheoryOfChange | None, today: dt.date
) -> Iterator[tuple[str, Steps, dict[str, str]]]:
    """What is wrong with one decision: catalogue code, the key it stands at, and facts."""
    if theory is not None:
        yield from unknown_assumption(one.assumption, theory)
    if one.date > today:
        yield "decision-date-future", ("date",), {"found": str(one.date), "today": str(today)}
    yield from ((code, ("by",), {}) for code in names_a_person(one.by))
    if any(_EMAIL.search(words) for words in _said(one.reason)):
        yield "decision-reason-address", ("reason",), {}


def unknown_assumption(name: str, theory: TheoryOfChange) -> Iterator[tuple[str, Steps, dict[str, str]]]:
    known = [one.id for one in theory.assumptions]
    if name not in known:
        others = {one.id for block in (*theory.CHAIN, "links") for one in getattr(theory, block)}
        if name in others:
            yield "decision-of-no-assumption", ("assumption",), {"name": name, "known": listed(known) or "-"}
            return
        hint = nearest_id(name, known)
        facts = {"name": name, "known": listed(known) or "-"}
        yield "decision-assumption-unknown", ("assumption",), {**facts, **({"hint": hint} if hint else {})}
    elif next(one for one in theory.assumptions if one.id == name).retired:
        yield "decision-assumption-retired", ("assumption",), {"name": name}


def names_a_person(role: str) -> Iterable[str]:
    """The catalogue code where a role is an e-mail or a telephone. A person's name cannot be told for certain."""
    if "@" in role:
        yield "decision-by-address"
    elif sum(sign.isdigit() for sign in role) > _MOST_DIGITS:
        yield "decision-by-number"


def _said(text: Text) -> tuple[str, ...]:
    return (text.root,) if isinstance(text.root, str) else tuple(text.root.values())
