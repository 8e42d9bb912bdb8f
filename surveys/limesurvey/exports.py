"""The answers of one survey as they come from the server: which there are, then all of them, a range at a time.

Every pull reads every answer anew. A survey need not note when an answer was changed, and one begun long ago is
completed under its old number, so no shorter way is honest; it takes seconds for ten thousand. Writing them down is
`snapshot`, what they mean is in the contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.limesurvey.client import RemoteControl
from surveys.limesurvey.replies import (
    NO_PERMISSION,
    NO_RESPONSES,
    PassingFault,
    Refused,
    survey_problem,
)
from theory_of_change.problems import Place, Problem, ProblemsFound, ServiceFailed

#: Answers asked for at once: a few at first, then as many as make a reply of about the size aimed at.
_FIRST, _MOST, _FEWEST = 100, 2_000, 10
_AIM_BYTES = 4 * 2**20
DURATION = "interviewtime"


@dataclass(frozen=True)
class Index:
    """The numbers of a survey's answers, ascending."""

    complete: tuple[int, ...]
    incomplete: tuple[int, ...]


@dataclass(frozen=True)
class Counts:
    """How many answered and, where people were invited, how many are in the table of participants, completed, and were
    written to by LimeSurvey (None: nobody was invited, or it may not be read)."""

    complete: int
    incomplete: int
    invited: int | None = None
    invited_complete: int | None = None
    sent: int | None = None


@dataclass(frozen=True)
class Questioned:
    """One survey at a server. `place` is where the contract names it; every problem with it is told there."""

    server: RemoteControl
    survey: int
    place: Place

    def settings(self) -> Mapping[str, Any]:
        """What the survey stores beside answers; empty where the account may not know.

        Raises ProblemsFound for a survey that is not there or was never activated.
        """
        names = ("sid", "active", "savetimings")
        try:
            settings = self.server.survey_properties(self.survey, names)
        except Refused as refused:
            if refused.status == NO_PERMISSION:
                return {}
            raise survey_problem(refused, self.place, self.survey) from None
        if settings.get("active") == "N":
            facts = {"survey": str(self.survey), "method": "get_survey_properties"}
            raise ProblemsFound([Problem("limesurvey-not-active", self.place, facts)])
        return settings

    def index(self) -> Index:
        """Which answers there are, from an export of two short columns. No answer at all is an empty index."""
        try:
            rows, _ = self.server.export(self.survey, "all", fields=("id", "submitdate"))
        except Refused as refused:
            if refused.status == NO_RESPONSES:
                return Index((), ())
            raise survey_problem(refused, self.place, self.survey) from None
        complete = sorted(int(row["id"]) for row in rows if row.get("submitdate"))
        incomplete = sorted(int(row["id"]) for row in rows if not row.get("submitdate"))
        return Index(tuple(complete), tuple(incomplete))

    def counts(self, index: Index) -> tuple[Counts, Problem | None]:
        """How many answered and how many were invited; a note in place of the second where it may not be read."""
        here = {"complete": len(index.complete), "incomplete": len(index.incomplete)}
        try:
            summary = self.server.summary(self.survey)
        except Refused:
            return Counts(**here), Problem("limesurvey-counts-unreadable", self.place)
        asked = ("token_count", "token_completed", "token_sent")
        invited, done, sent = (_number(summary.get(name)) for name in asked)
        return Counts(**here, invited=invited, invited_complete=done, sent=sent), None

    def answers(
        self, index: Index, with_incomplete: bool, beside: Sequence[str], tell: Callable[[int, int], None]
    ) -> Iterator[dict[str, Any]]:
        """Every answer of the index by ascending number, with the columns `beside` that an export only has when asked.

        Never holds more than one range. Answers that came meanwhile wait for the next pull; those deleted meanwhile
        are left out. Raises ServiceFailed when one is still listed and does not come.
        """
        wanted = sorted((*index.complete, *(index.incomplete if with_incomplete else ())))
        status = "all" if with_incomplete else "complete"
        missing: set[int] = set()
        done, size = 0, _FIRST
        while done < len(wanted):
            numbers = wanted[done : done + size]
            try:
                rows, n_bytes = self._range(status, numbers, beside)
            except PassingFault:
                if size <= _FEWEST:
                    raise
                size = max(size // 8, _FEWEST)  # the server may lack time or memory for so many
                continue
            yield from rows
            missing |= set(numbers) - {int(row["id"]) for row in rows}
            done += len(numbers)
            tell(done, len(wanted))
            size = max(_FEWEST, min(_MOST, size * 4, _AIM_BYTES * len(numbers) // max(n_bytes, 1)))
        self._must_be_deleted(missing, with_incomplete)

    def _range(self, status: str, numbers: Sequence[int], beside: Sequence[str]) -> tuple[list[dict[str, Any]], int]:
        first, last = numbers[0], numbers[-1]
        try:
            rows, n_bytes = self.server.export(self.survey, status, first, last)
            more: list[dict[str, Any]] = []
            names = [name for name in beside if not rows or name not in rows[0]]  # a question may have such a code
            if rows and names:
                more, n_more = self.server.export(self.survey, status, first, last, ("id", *names))
                n_bytes += n_more
        except Refused as refused:
            if refused.status == NO_RESPONSES:  # all of them deleted since they were listed
                return [], 1
            raise survey_problem(refused, self.place, self.survey) from None
        listed = set(numbers)
        further = {int(one["id"]): one for one in more}
        rows = [
            {**row, **{name: further.get(int(row["id"]), {}).get(name) for name in names}}
            for row in rows
            if int(row["id"]) in listed
        ]
        return sorted(rows, key=lambda row: int(row["id"])), n_bytes

    def _must_be_deleted(self, missing: set[int], with_incomplete: bool) -> None:
        """Raises ServiceFailed for answers that were not delivered although they are still there."""
        if not missing:
            return
        now = self.index()
        lost = missing & {*now.complete, *(now.incomplete if with_incomplete else ())}
        if lost:
            facts = {"survey": str(self.survey), "count": str(len(lost))}
            raise ServiceFailed([Problem("limesurvey-answers-missing", self.place, facts)])


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
