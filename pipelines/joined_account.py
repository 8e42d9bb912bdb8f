"""What numbers and voices say of one thing of the theory, as text for the command: `explain` and `decide` print it.

The row comes from `out.joined`; nothing is computed. Words for reports are in `reports`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.deciding import joined_row
from pipelines.joining import asked_of
from pipelines.usage import say
from theory_of_change.problems import Place, Problem, ProblemsFound

if TYPE_CHECKING:
    from pipelines.project import Project

_COUNTS = ("n_documents_for", "n_documents_against", "n_documents_speaking", "n_people")


def element_account(project: Project, element: str, language: str) -> str | None:
    """What was last published of an element, link or assumption, as text; None where the theory has nothing of that id.

    Raises ProblemsFound when nothing has been published yet, or a run is writing just now.
    """
    if element not in asked_of(project.theory):
        return None
    if not project.workspace.published_database.is_file():
        raise ProblemsFound([Problem("nothing-published", Place("warehouse/published.duckdb"))])
    row = joined_row(project.workspace.published_database, element)
    lines = list(evidence_lines(row, language)) if row else [say(language, "joined.nothing")]
    return "\n".join([heading(project, element, language), "", *lines])


def heading(project: Project, element: str, language: str) -> str:
    """The id and the words of an element or assumption; of a link, what leads to what."""
    theory, first = project.theory, project.programme.language
    words = {one.id: one.statement.within(language, first)
             for block in (*theory.CHAIN, "assumptions") for one in getattr(theory, block)}  # fmt: skip
    link = next((one for one in theory.links if one.id == element), None)
    said = f"{words.get(link.from_, link.from_)} → {words.get(link.to, link.to)}" if link else words[element]
    return f"{element}: {said}"


def evidence_lines(row: Mapping[str, Any], language: str) -> Iterator[str]:
    """Numbers, voices, both together, what is proposed and what was decided, a line each, with what is behind it."""
    facts = list(_facts(row, language))
    width = max(len(say(language, f"joined.{name}")) for name, _ in facts if name)
    for name, told in facts:
        yield f"  {say(language, f'joined.{name}') if name else '':<{width}}  {told}".rstrip()


def _facts(row: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    yield "numbers", say(language, f"joined.numbers.{row['numbers']}")
    for one in json.loads(row["numbers_basis"] or "[]"):
        yield "", f"  {_basis(one, language)}"
    yield "voices", say(language, f"joined.voices.{row['voices']}")
    if row["voices"] in ("for", "against", "mixed"):
        shown = row["n_documents_speaking"] is not None
        counts = {name.removeprefix("n_"): row[name] for name in _COUNTS}
        yield "", "  " + (say(language, "joined.counts", **counts) if shown else say(language, "joined.counts-hidden"))
    yield "together", say(language, f"joined.together.{row['agreement']}")
    if row["flag"]:
        yield "", f"! {say(language, 'joined.flag.' + row['flag'])}"
    if row["proposed_status"]:
        status = say(language, f"joined.status.{row['proposed_status']}")
        yield "proposed", f"{status}. {say(language, 'joined.why.' + row['proposed_why'])}"
    if row["decided_status"]:
        status = say(language, f"joined.status.{row['decided_status']}")
        key = "joined.decided-by" if row["decided_by"] else "joined.decided-theory"
        yield "decided", say(language, key, status=status, by=row["decided_by"], date=row["decided_at"] or "–")
        if reason := row.get(f"decided_reason_{language}") or row["decided_reason"]:
            yield "", f"  {reason}"
        if row["is_decision_stale"]:
            yield "", f"! {say(language, 'joined.stale')}"


def _basis(one: Mapping[str, Any], language: str) -> str:
    told = f"{one['id']}: {say(language, 'joined.numbers.' + one['says'])}"
    why = say(language, f"joined.basis.{one['why']}")
    between = ""
    if "low" in one and "high" in one:
        ends = {name: f"{one[name]:.4g}" for name in ("low", "high")}
        between = ", " + say(language, "joined.between" if ends["low"] != ends["high"] else "joined.exactly", **ends)
    when = " → ".join(one[name] for name in ("since", "period") if name in one)
    return f"{told} ({why}{between}{'; ' + when if when else ''})"
