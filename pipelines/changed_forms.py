"""A questionnaire that changed under a contract: nothing lands until somebody has decided what its answers now mean.

The questionnaire as it was seen last lies beside its deliveries, so that landing a file knows of a change without
asking the server. What counts as a change is in `surveys.changes`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from surveys.changes import Change, changes, undecided
from surveys.questionnaire import Survey, fields
from theory_of_change.problems import Place, Problem, ProblemsFound, ServiceFailed
from theory_of_change.programme import Workspace

if TYPE_CHECKING:
    from surveys.drafting.forms import Form
    from surveys.limesurvey.client import RemoteControl
    from surveys.sources import Source

#: The questionnaire as it was seen last, in `data/<source>/`.
SEEN = ".questionnaire.json"


def form_on_server(server: RemoteControl, survey: int, place: Place | None = None) -> Form:
    """The questionnaire as the server has it now."""
    from surveys.drafting.items import from_structure
    from surveys.drafting.limesurvey import form_of
    from surveys.limesurvey.structure import survey_structure

    return form_of(from_structure(survey_structure(server, survey, place)), f"LimeSurvey {survey}", is_live=True)


def look(server: RemoteControl, workspace: Workspace, source: Source) -> tuple[Problem, ...]:
    """Asks the server how the questionnaire is now and keeps it; where it may not be read, says so and goes on.

    Raises ProblemsFound while a change that alters what answers mean is undecided, ServiceFailed where the server
    cannot be asked at all. A contract without the words of its questions cannot be compared, and is not asked about.
    """
    contract = source.contract
    if not isinstance(contract, Survey) or not _has_words(contract):
        return ()
    from surveys.drafting.writing import contract_of

    number, place = contract.limesurvey.survey, source.places.at("limesurvey", "survey")
    try:
        now = contract_of(form_on_server(server, number, place), source.table.id)
    except ServiceFailed as found:
        if any(problem.code not in _ANSWERED for problem in found.problems):
            raise
        now = None
    except ProblemsFound:
        now = None
    if now is None or all(one.computed for one in now.questions):
        return (Problem("survey-structure-unread", place, {"survey": str(number)}),)
    remember(workspace, source.table.id, now)
    require_decided(workspace, source, now)
    return ()


#: LimeSurvey was there, and would or could not tell of the questionnaire; it may give the answers all the same.
_ANSWERED = ("limesurvey-call-refused", "limesurvey-server-fault")


def _has_words(contract: Survey) -> bool:
    return any(one.text or one.answers or one.labels or one.rows for one in contract.questions)


def changes_since(contract: Survey, now: Survey, language: str) -> list[Change]:
    """Everything that differs between a contract and the questionnaire as it is now."""
    known = [name for field in fields(contract) for name in (field.column.name, *field.headers[:1])]
    known += [*contract.drop, *([contract.consent.column] if contract.consent else [])]
    return changes(contract.questions, now.questions, known, language)


def remember(workspace: Workspace, source: str, now: Survey) -> None:
    """Keeps the questionnaire as it is now beside the deliveries of its source."""
    folder = workspace.data(source)
    folder.mkdir(parents=True, exist_ok=True)
    said = now.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    path = folder / SEEN
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        partial = folder / f"{SEEN}.partial"
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)


def seen_last(workspace: Workspace, source: str) -> Survey | None:
    """The questionnaire seen last; None where none was, or where it is no longer understood."""
    try:
        return Survey.model_validate(json.loads((workspace.data(source) / SEEN).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def require_decided(workspace: Workspace, source: Source, now: Survey | None = None) -> None:
    """Raises ProblemsFound while a change of the questionnaire that alters what answers mean is undecided."""
    contract = source.contract
    now = now or seen_last(workspace, source.table.id)
    if now is None or not isinstance(contract, Survey):
        return
    open_ones = undecided(changes_since(contract, now, "it"), contract.decisions)
    if not open_ones:
        return
    problems = []
    for one in open_ones:
        number = next(i for i, each in enumerate(contract.questions) if each.name == one.question)
        told = f"{one.header}{f'[{one.item}]' if one.item else ''} ({one.kind})"
        facts = {"source": source.table.id, "told": told}
        problems.append(Problem("survey-changed", source.places.at("questions", number), facts))
    raise ProblemsFound(problems)
