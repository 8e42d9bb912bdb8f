"""Contracts that write themselves, and questionnaires that change: what `sestante survey` does.

Brings together the drafts and comparisons of `surveys` and the indicators that use a column. How a change stops a
delivery from landing is in `changed_forms`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.changed_forms import changes_since
from pipelines.indicators.expressions import ExpressionRefused, parse
from surveys.changes import Change, Decision, decision_on
from surveys.drafting.forms import Form
from surveys.drafting.writing import as_yaml
from surveys.questionnaire import Survey
from theory_of_change.model import Indicator, Measure
from theory_of_change.problems import Place, Problem, ProblemsFound
from theory_of_change.programme import Workspace
from theory_of_change.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.project import Project
    from surveys.sources import Source

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
_LONGEST_NAME = 32


# Drafting -------------------------------------------------------------------------------------------------------------


def form_of_file(file: Path, sheet: str | None = None) -> Form:
    """The questionnaire that a file describes. Raises ProblemsFound for a file that describes none."""
    from surveys.drafting.files import form_in

    return form_in(file, file.as_posix(), sheet)


def draft(form: Form, id: str | None, language: str) -> tuple[str, str]:
    """The contract's id and its YAML. Raises ProblemsFound for an id that no source can bear."""
    from surveys.drafting.naming import name_for

    words = next((form.title[code] for code in form.languages if form.title.get(code)), "")
    id = id or (name_for("", words).replace("_", "-") if words else _named_after(Path(form.origin).stem))
    if not _ID.fullmatch(id):
        raise ProblemsFound([Problem("draft-id", Place("--id"), {"found": id})])
    return id, as_yaml(form, id, language)


def _named_after(stem: str) -> str:
    """An id out of a file's name: its first words, whole, without what tools add to it."""
    from surveys.drafting.naming import own_name
    from surveys.headers import plain

    words = re.findall(r"[a-z0-9]+", plain(own_name(stem))) or re.findall(r"[a-z0-9]+", plain(stem)) or ["questionario"]
    words = words if words[0][0].isalpha() else ["q", *words]
    while len("-".join(words)) > _LONGEST_NAME and len(words) > 1:
        words.pop()
    return "-".join(words)[:_LONGEST_NAME]


def write_draft(workspace: Workspace, id: str, text: str, output: Path | None) -> Path:
    """Writes the draft where nothing stands yet. Raises ProblemsFound where something does."""
    path = output or workspace.surveys / f"{id}.yml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        inside = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path
        raise ProblemsFound([Problem("draft-there", Place(inside.as_posix()), {"file": path.name, "id": id})]) from None
    return path


# Comparing ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A change, what was decided about it, and the indicators that use its columns."""

    change: Change
    decision: Decision | None
    indicators: tuple[Indicator, ...]

    @property
    def is_open(self) -> bool:
        """True where somebody still has to do something."""
        return self.change.severity != "note" and self.decision is None


def differences(project: Project, source: Source, now: Survey, language: str) -> list[Difference]:
    """Everything that differs between the source's contract and the questionnaire as it is now, worst first."""
    contract = source.contract
    assert isinstance(contract, Survey)
    using = _indicators_by_column(project, source.table)
    rank = {"blocking": 0, "action": 1, "note": 2}
    found = [
        Difference(one, decision_on(one, contract.decisions), _unique(using, one.columns))
        for one in changes_since(contract, now, language)
    ]
    return sorted(found, key=lambda one: (one.decision is not None, rank[one.change.severity]))


def _unique(using: Mapping[str, Sequence[Indicator]], columns: Iterable[str]) -> tuple[Indicator, ...]:
    found = {indicator.id: indicator for column in columns for indicator in using.get(column, ())}
    return tuple(found.values())


def _indicators_by_column(project: Project, table: Table) -> dict[str, list[Indicator]]:
    """Indicators that read each column of a source: in their measure, as a scale's item, or through a formula."""
    theory = project.theory
    found: dict[str, list[Indicator]] = {}
    direct: dict[str, set[str]] = {}
    for indicator in theory.indicators if theory else ():
        used = project.tables.get(indicator.measure.source or "")
        if used is None or table.id not in (used.id, *used.parts):
            continue
        columns = _columns_of(indicator.measure, used)
        columns |= {name for one in indicator.disaggregation for name in ([one] if isinstance(one, str) else one)}
        columns = _with_items(columns, project, used.id)
        direct[indicator.id] = columns if used.id == table.id else _own_columns(columns, project, used.id, table.id)
    by_id = {indicator.id: indicator for indicator in (theory.indicators if theory else ())}
    reached = dict(direct)
    for _ in by_id:  # a formula of formulas reaches as far as there are indicators
        for indicator in by_id.values():
            through = set().union(*(reached.get(one, set()) for one in indicator.measure.rests_on), set())
            reached[indicator.id] = reached.get(indicator.id, set()) | through
    for id, columns in reached.items():
        for column in columns:
            found.setdefault(column, []).append(by_id[id])
    return found


def _own_columns(columns: set[str], project: Project, merged: str, part: str) -> set[str]:
    """The columns of a part behind those of a merged survey, with the items of the part's own scales."""
    entry = next(one for one in project.sources[merged].merged.entries if one.source == part)
    return _with_items({entry.columns[name] for name in columns if name in entry.columns}, project, part)


def _columns_of(measure: Measure, table: Table) -> set[str]:
    texts = [measure.where, measure.share, measure.mean, measure.median, measure.sum, measure.distinct, measure.change]
    texts += [measure.quantile.of] if measure.quantile else []
    texts += [measure.ratio.numerator, measure.ratio.denominator] if measure.ratio else []
    columns: set[str] = set()
    for text in texts:
        try:
            columns |= set(parse(text, table, "scalar").columns) if text else set()
        except ExpressionRefused:
            continue
    return columns


def _with_items(columns: set[str], project: Project, source: str) -> set[str]:
    """The columns with the items of every scale among them."""
    contract = project.sources[source].contract
    scales = contract.scales if isinstance(contract, Survey) else ()
    items = {item for scale in scales if scale.name in columns for item in scale.items}
    return columns | items


# Words ----------------------------------------------------------------------------------------------------------------


def as_data(found: Sequence[Difference], language: str, say: Any) -> list[dict[str, Any]]:
    """The differences for programs."""
    return [
        {
            "kind": one.change.kind,
            "severity": one.change.severity,
            "question": one.change.question,
            "code": one.change.header,
            "item": one.change.item or None,
            "before": one.change.before or None,
            "after": one.change.after or None,
            "columns": list(one.change.columns),
            "indicators": [indicator.id for indicator in one.indicators],
            "effect": say(f"survey.effect.{one.change.kind}"),
            "seen": one.change.seen,
            "decision": one.decision.decision if one.decision else None,
        }
        for one in found
    ]


def lines_to_write(found: Sequence[Difference], today: str) -> Iterator[str]:
    """The lines of YAML that record a decision on each blocking change still open."""
    wanted = [one for one in found if one.change.severity == "blocking" and one.decision is None]
    if wanted:
        yield "decisions:"
    for one in wanted:
        item = f"item: {json.dumps(one.change.item, ensure_ascii=False)}, " if one.change.item else ""
        about = f"question: {one.change.question}, change: {one.change.kind}, {item}seen: {json.dumps(one.change.seen)}"
        yield f"  - {{{about}, decision: continue, on: {today}, by: …}}"
