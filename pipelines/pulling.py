"""From LimeSurvey to `data/` and on: which answers to fetch for a source, and what of them to leave on the server.

Talking to the server is done in `surveys.limesurvey`; what lies in `data/` is landed by `landing`, like any delivery.
Nothing here judges an answer.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.changed_forms import look
from pipelines.landing import Landed, land_new
from pipelines.progress import Shown
from surveys.headers import plain
from surveys.limesurvey.account import Account, account_of
from surveys.limesurvey.exports import DURATION, Counts, Questioned
from surveys.limesurvey.snapshot import FILE, IDENTIFYING, Written, numbers, write_snapshot
from theory_of_change.problems import Place, Problem, ProblemsFound, ServiceFailed, listed
from theory_of_change.programme import Workspace
from warehouse.identities import pseudonymise
from warehouse.store import open_warehouse

if TYPE_CHECKING:
    from pipelines.project import Project
    from surveys.limesurvey.client import RemoteControl
    from surveys.sources import Source
    from warehouse.store import Load, Warehouse

__all__ = ["account_of", "expect", "fetch", "keep_counts", "pull_sources", "pullable", "warnings_of"]

#: Columns of the table of participants, which an export has only when they are asked for by name.
_OF_PARTICIPANTS = re.compile(
    r"attribute_\d+|firstname|lastname|email|participant_id|language|validfrom|validuntil|usesleft|completed|sent"
)
#: How a delivery says that columns of the contract are not in it.
_MISSING = ("delivery-column-missing", "delivery-no-header")
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Pulled:
    """What one pull found: the file (None: no answer ever), the counts, and notes worth telling."""

    source: str
    survey: int
    counts: Counts
    written: Written | None
    notes: tuple[Problem, ...]


@dataclass(frozen=True)
class Expected:
    """What a pull would find: of the complete answers, how many are new and how many of the earlier ones are gone."""

    source: str
    survey: int
    counts: Counts
    n_new: int
    n_gone: int


def warnings_of(account: Account) -> list[Problem]:
    return [Problem("limesurvey-in-clear", Place(account.address))] if account.is_in_clear else []


def pullable(sources: Mapping[str, Source]) -> list[str]:
    """The sources whose answers lie on a LimeSurvey."""
    return [name for name, source in sources.items() if source.contract.limesurvey]


def fetch(server: RemoteControl, workspace: Workspace, source: Source, tell: Tell, accept_gone: bool = False) -> Pulled:
    """Writes what the server holds now to `data/<source>/`; whatever stops it, the file of the pull before stays.

    Raises ProblemsFound for what the contract or the account's rights do not allow, ServiceFailed for the server.
    """
    questioned, keeps_incomplete = _questioned(server, source), _keeps(source)
    settings = questioned.settings()
    index = questioned.index()
    counts, note = questioned.counts(index)
    notes = [note] if note else []
    survey, folder = questioned.survey, workspace.data(source.table.id)
    before, earlier = numbers(folder / FILE)
    listed = {*index.complete, *(index.incomplete if keeps_incomplete else ())}
    if before == survey and not accept_gone:
        _must_not_all_be_gone(earlier, listed, questioned)
    if not listed and before is None:
        return Pulled(source.table.id, survey, counts, None, tuple(notes))
    named = _named(source)
    called = {field.headers[0] for field in source.fields if field.headers}  # not what a question is only named here
    beside = [name for name in sorted(named & called) if _OF_PARTICIPANTS.fullmatch(name)]
    beside += [DURATION] if settings.get("savetimings") == "Y" or DURATION in named else []
    unwanted = {plain(name) for name in (*IDENTIFYING, *source.dropped)} - {plain(name) for name in named}
    empty = {name for name in beside if name != DURATION}
    answers = _watched(questioned.answers(index, keeps_incomplete, beside, tell), empty)
    written = write_snapshot(folder, survey, answers, lambda name: plain(name) in unwanted, questioned.place)
    if written.n_answers:
        notes += [
            Problem("limesurvey-participant-column-empty", questioned.place, {"column": name}) for name in sorted(empty)
        ]
    return Pulled(source.table.id, survey, counts, written, tuple(notes))


def expect(server: RemoteControl, workspace: Workspace, source: Source) -> Expected:
    """What `fetch` would find, without reading an answer or writing anything."""
    questioned, keeps_incomplete = _questioned(server, source), _keeps(source)
    questioned.settings()
    index = questioned.index()
    counts, _ = questioned.counts(index)
    before, earlier = numbers(workspace.data(source.table.id) / FILE)
    known = set(earlier) if before == questioned.survey else set()
    listed = {*index.complete, *(index.incomplete if keeps_incomplete else ())}
    return Expected(source.table.id, questioned.survey, counts, len(listed - known), len(known - listed))


def keep_counts(warehouse: Warehouse, pulled: Pulled) -> None:
    """Remembers how many were invited and how many answered: the denominators of a response rate."""
    counts = pulled.counts
    row = {
        "source": pulled.source, "survey": pulled.survey, "complete": counts.complete, "incomplete": counts.incomplete,
        "invited": counts.invited, "invited_complete": counts.invited_complete, "sent": counts.sent,
    }  # fmt: skip
    warehouse.keep({"response_counts": [row]}, renew=[name for name in row if name != "source"])


def _questioned(server: RemoteControl, source: Source) -> Questioned:
    """The survey a contract names; what is wrong with it is told where."""
    return Questioned(server, source.contract.limesurvey.survey, source.places.at("limesurvey", "survey"))


def _named(source: Source) -> set[str]:
    """Every header the contract names."""
    consent = getattr(source.contract, "consent", None)
    headers = {header for field in source.fields for header in field.headers}
    return headers | ({consent.column} if consent else set())


def _must_not_all_be_gone(earlier: Iterable[int], listed: set[int], questioned: Questioned) -> None:
    """Raises ProblemsFound when not one of the answers pulled before is left: a survey that was deactivated and
    activated again starts with an empty table, and its numbers start anew."""
    count = 0
    for number in earlier:
        if number in listed:
            return
        count += 1
    if count:
        facts = {"survey": str(questioned.survey), "count": str(count)}
        raise ProblemsFound([Problem("limesurvey-all-gone", questioned.place, facts)])


def _watched(answers: Iterable[dict[str, Any]], empty: set[str]) -> Iterator[dict[str, Any]]:
    """The answers, taking out of `empty` every column that holds anything."""
    for answer in answers:
        if empty:
            empty -= {name for name in empty if answer.get(name) not in (None, "")}
        yield answer


# Fetching and landing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of one source. `state` is `landed`, `unchanged`, `empty` or, for a trial, `dry`; `load` is what
    landing the answers did, `others` are further deliveries that were waiting in its folder;
    `refused_before` counts the answers an unchanged survey had refused when it landed."""

    source: str
    survey: int
    state: str
    counts: Counts
    keeps_incomplete: bool
    load: Load | None = None
    others: tuple[Landed, ...] = ()
    notes: tuple[Problem, ...] = ()
    n_new: int = 0
    n_gone: int = 0
    refused_before: int = 0


def pull_sources(
    project: Project, sources: Iterable[Source], account: Account, language: str, dry_run: bool, accept_gone: bool
) -> Iterator[Outcome]:
    """Fetches and lands one source after the other, in one session.

    A problem of one source does not keep the others back; a server that fails does. After the last, raises
    ProblemsFound with every problem, ServiceFailed where the server was one.
    """
    from surveys.limesurvey.client import RemoteControl

    problems: list[Problem] = []
    failed = False
    shown = Shown(language)
    try:
        with contextlib.ExitStack() as open_ones:
            warehouse = None if dry_run else open_ones.enter_context(open_warehouse(project.workspace))
            server = open_ones.enter_context(RemoteControl(account))
            for source in sources:
                shown.begin(shown.say("pull.begin", source=source.table.id))
                try:
                    if warehouse is None:
                        yield _tried(server, project, source)
                    else:
                        yield _landed(server, warehouse, project, source, shown, accept_gone)
                except ServiceFailed as found:
                    problems += found.problems
                    failed = True
                    break
                except ProblemsFound as found:
                    problems += found.problems
    finally:
        shown.close()
    if problems:
        raise (ServiceFailed if failed else ProblemsFound)(problems)


def _tried(server: RemoteControl, project: Project, source: Source) -> Outcome:
    one = expect(server, project.workspace, source)
    return Outcome(one.source, one.survey, "dry", one.counts, _keeps(source), n_new=one.n_new, n_gone=one.n_gone)


def _landed(
    server: RemoteControl, warehouse: Warehouse, project: Project, source: Source, shown: Shown, accept_gone: bool
) -> Outcome:
    name = source.table.id

    def tell(done: int, total: int) -> None:
        shown.begin(shown.say("pull.progress", source=name, done=done, total=total))

    looked = look(server, project.workspace, source)
    pulled = fetch(server, project.workspace, source, tell, accept_gone)
    keep_counts(warehouse, pulled)
    try:
        landed = land_new(warehouse, source, project.programme, pseudonymise(project.workspace))
    except ProblemsFound as found:
        raise _told_of_the_survey(found, source, pulled) from None
    mine = next((one for one in reversed(landed) if one.kept.name == FILE), None)
    others = tuple(one for one in landed if one.kept.name != FILE)
    state = "empty" if pulled.written is None else "landed" if mine else "unchanged"
    notes = (*looked, *pulled.notes, *(mine.delivery.notes if mine else ()))
    return Outcome(
        name, pulled.survey, state, pulled.counts, _keeps(source), mine.load if mine else None, others, notes,
        refused_before=0 if mine else _refused_before(warehouse, name),
    )  # fmt: skip


def _told_of_the_survey(found: ProblemsFound, source: Source, pulled: Pulled) -> ProblemsFound:
    """Columns missing from the file a pull wrote are missing from the survey: nobody can add them to the file."""
    own = f"/{source.table.id}/{FILE}"
    missing = [p for p in found.problems if p.code in _MISSING and p.place.file.endswith(own)]
    if not missing:
        return found
    columns = [name for p in missing for name in (p.facts.get("column") or p.facts["columns"]).split(", ")]
    facts = {"survey": str(pulled.survey), "count": str(len(columns)), "columns": listed(columns)}
    told = Problem("limesurvey-columns-missing", source.places.at("limesurvey", "survey"), facts)
    return ProblemsFound([told, *(p for p in found.problems if p not in missing)])


def _refused_before(warehouse: Warehouse, source: str) -> int:
    loads = [load for load in warehouse.deliveries(source) if load["file_name"] == FILE]
    return loads[-1]["rows_refused"] if loads else 0


def _keeps(source: Source) -> bool:
    return source.contract.limesurvey.incomplete == "keep"
