"""What a person decides about an assumption, written down beside the evidence it was decided on.

The evidence is what was last published; the decision goes to the end of `decisions.yml`, whose comments and earlier
entries stay as they are, in one step or not at all. What a decision may say is in `theory_of_change.decisions`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from theory_of_change.decisions import (
    FILE,
    STATUSES,
    Decision,
    Decisions,
    mistakes,
    unknown_assumption,
)
from theory_of_change.loading import load
from theory_of_change.problems import Place, Problem, ProblemsFound, with_hint
from warehouse.connections import connect
from warehouse.modelling import literal

if TYPE_CHECKING:
    from pipelines.project import Project

_HEAD = """\
# yaml-language-server: $schema=.schema/decisions.json
# Che cosa si è deciso delle ipotesi: chi (il ruolo, mai un nome), quando, perché. L’ultima decisione vale.
# What was decided about assumptions: who (the role, never a name), when, why. The last decision holds.
decisions:
"""
_ITEM = re.compile(r"^( *)- ")
_KEY = re.compile(r"^decisions:", re.MULTILINE)
_EMPTY = re.compile(r"^decisions:[ ]*(\[[ ]*\])?[ ]*(#.*)?$", re.MULTILINE)
_LANGUAGE = re.compile(r"([a-z]{2}):\s+(.+)", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A decision as it was asked for on the command line, nothing of it checked yet."""

    assumption: str
    status: str
    by: str
    reasons: Sequence[str]
    date: str | None = None


def decision_of(project: Project, asked: Asked, evidence: Mapping[str, Any] | None, today: dt.date) -> Decision:
    """The decision asked for, with what the evidence suggests. Raises ProblemsFound with everything wrong at once."""
    problems = list(_wrong(project, asked, today))
    if problems:
        raise ProblemsFound(problems)
    said = {
        "assumption": asked.assumption,
        "status": asked.status,
        "by": asked.by.strip(),
        "date": asked.date or str(today),
        "reason": _reason(asked.reasons),
        "proposed": evidence["proposed_status"] if evidence else None,
        "evidence": evidence["evidence_id"] if evidence else None,
    }
    return Decision.model_validate(said)


def _wrong(project: Project, asked: Asked, today: dt.date) -> Iterator[Problem]:
    places = {"assumption": "ASSUMPTION", "by": "--by", "date": "--date", "reason": "--reason"}
    for code, (key,), facts in unknown_assumption(asked.assumption, project.theory):
        yield Problem(code, Place(places[key]), facts)
    if asked.status not in STATUSES:
        facts = with_hint({"found": asked.status, "known": ", ".join(STATUSES)}, asked.status, STATUSES)
        yield Problem("decision-status-unknown", Place("--status"), facts)
    if not asked.by.strip():
        yield Problem("decision-by-missing", Place("--by"))
    if asked.date is not None and not _is_day(asked.date):
        yield Problem("decision-date-shape", Place("--date"), {"found": asked.date})
        asked = replace(asked, date=None)
    reason = _reason(asked.reasons)
    if reason is None:
        several = sum(bool(one.strip()) for one in asked.reasons) > 1
        yield Problem("decision-reason-language" if several else "decision-reason-missing", Place("--reason"))
    said = {"assumption": "A", "status": STATUSES[0], "by": asked.by.strip() or "-", "date": asked.date or str(today),
            "reason": reason or "-"}  # fmt: skip
    for code, (key,), facts in mistakes(Decision.model_validate(said), None, today):
        yield Problem(code, Place(places[str(key)]), facts)


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)) and dt.date.fromisoformat(text) is not None
    except ValueError:
        return False


def _reason(reasons: Sequence[str]) -> str | dict[str, str] | None:
    """The reason as one text, or one for each language where each begins with its language (`it: …`)."""
    given = [" ".join(one.split()) for one in reasons if one.strip()]
    told = [match for one in given if (match := _LANGUAGE.fullmatch(one)) and match[1] in ("it", "en")]
    if told and len(told) == len(given) == len({match[1] for match in told}):
        return {match[1]: match[2] for match in told}
    return given[0] if len(given) == 1 else None


# The evidence --------------------------------------------------------------------------------------------------------


def joined_row(published: Path, element: str) -> dict[str, Any] | None:
    """The row of `out.joined` of an element, link or assumption; None where nothing was published yet, or nothing of
    it. Raises ProblemsFound where a run is writing just now."""
    import duckdb

    if not published.is_file():
        return None
    with contextlib.suppress(duckdb.CatalogException), connect(published, read_only=True) as connection:
        found = connection.execute(f"select * from out.joined where element_id = {literal(element)}")
        names = [column[0] for column in found.description]
        row = found.fetchone()
        return dict(zip(names, row, strict=True)) if row else None
    return None  # published by an earlier version


def stale_decisions(project: Project) -> list[Problem]:
    """A warning for each decision in force that the last publication calls stale."""
    import duckdb

    published, decided = project.workspace.published_database, project.decided
    if not decided.decisions or not published.is_file():
        return []
    with contextlib.suppress(duckdb.Error, ProblemsFound), connect(published, read_only=True) as connection:
        rows = connection.execute("select element_id, evidence_id from out.joined where is_decision_stale").fetchall()
        return [
            Problem("decision-stale", decided.places.at("decisions", decided.decisions.index(one)), {"name": element})
            for element, evidence in rows
            if (one := decided.latest.get(element)) and one.evidence != evidence
        ]
    return []


# The file ------------------------------------------------------------------------------------------------------------


def as_item(decision: Decision) -> str:
    """The decision as an entry of the file's list, without indentation."""
    said = decision.model_dump(exclude_none=True)
    written = yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=110, default_flow_style=False)
    first, *rest = written.splitlines()
    return "\n".join([f"- {first}", *(f"  {line}" for line in rest)]) + "\n"


def append(root: Path, decision: Decision) -> Path:
    """Puts the decision at the end of `decisions.yml`, which is made where it is missing; what stands there stays as it
    is, comments included. Who decides at the same moment waits, so that both decisions stand. Raises ProblemsFound, and
    changes nothing, where the file has no list to add to."""
    with _alone(root):
        return _append(root, decision)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Holds the folder for one writer. The lock is the system's and goes with the process; no file is left behind."""
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _append(root: Path, decision: Decision) -> Path:
    path = (root / FILE).resolve()
    there = path.exists()
    before = path.read_bytes().decode("utf-8-sig") if there else ""
    ending = "\r\n" if "\r\n" in before else "\n"
    text = before.rstrip("\r\n ") + ending if before.strip() else _HEAD
    text = _EMPTY.sub(lambda found: f"decisions: {found[2]}" if found[2] else "decisions:", text, count=1)
    if not _KEY.search(text):
        text += "decisions:" + ending
    indent = next((match[1] for line in text.splitlines() if (match := _ITEM.match(line))), "  ")
    text += "".join(f"{indent}{line}{ending}" for line in as_item(decision).splitlines())
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".decisions-") as folder:
        aside = Path(folder) / FILE
        aside.write_bytes(text.encode("utf-8"))
        known = load(Decisions, path, root).value if _KEY.search(before) else Decisions()
        made = load(Decisions, aside, Path(folder)).value
        if known is None or made is None or made.decisions != (*known.decisions, decision):
            raise ProblemsFound([Problem("decisions-not-appendable", Place(FILE))])
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.chmod(path.stat().st_mode if there else 0o644)
        aside.replace(path)
    return root / FILE
