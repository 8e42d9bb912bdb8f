"""What differs between two parts of a merged survey: a type, a range, a scale turned round, a code that means another
thing, other words.

Whatever would give the answers of one column two meanings stops the merge until the contract renames, recodes, or
holds a decision about exactly that difference. Comparing words is done in `changes`; names are settled in `merging`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.changes import Change, ChangeKind, Decision, changes, decision_on
from surveys.contracts import Contradiction
from surveys.questions import Question
from theory_of_change.model import Text
from theory_of_change.tables import Column

#: The catalogue's entry for each kind of difference; what is not here is none: the answers simply add up.
_CODES: Mapping[ChangeKind, str] = {
    "type-changed": "merge-type",
    "range-changed": "merge-range",
    "scale-reversed": "merge-turned",
    "code-reused": "merge-code",
    "row-reused": "merge-row",
    "question-replaced": "merge-words",
    "question-reworded": "merge-words",
    "answer-reworded": "merge-words",
    "row-reworded": "merge-words",
}
_NUMBERS = frozenset({"integer", "number", "money"})
_DAYS = frozenset({"date", "datetime"})
#: Types that stand in one column only if somebody says that they may.
_TEXTS = frozenset({"category", "text"})


@dataclass(frozen=True)
class Pair:
    """Two parts that are compared: what the contract calls them, and where the later one stands in it."""

    earlier: str
    later: str
    number: int


def question_differences(one: Question, other: Question, pair: Pair, language: str) -> Iterator[tuple[Pair, Change]]:
    """Differences in the words and codes of two questions that bear one name here. Types and ranges are those of their
    columns, hence not looked at."""
    for change in changes([one], [other], language=language):
        if change.kind in _CODES and change.kind not in ("type-changed", "range-changed"):
            yield pair, change


def column_differences(one: Column, other: Column, pair: Pair) -> Iterator[tuple[Pair, Change]]:
    """Differences in what two columns of one name can hold."""
    name = other.of or other.name
    if together(one.type, other.type) is None or {one.type, other.type} == _TEXTS:
        yield pair, Change("type-changed", name, other.name, "", one.type, other.type, (other.name,))
        return
    ends = [_ends(column) for column in (one, other)]
    if ends[0] != ends[1] and (one.type == "integer" or "" not in ends) and not (one.computed or other.computed):
        yield pair, Change("range-changed", name, name, "", *(end or "–" for end in ends), (other.name,))


def unit_differences(one: Column, other: Column, pair: Pair) -> Iterator[Contradiction]:
    """Hours are no days, whatever the question says."""
    if one.unit and other.unit and one.unit.casefold() != other.unit.casefold():
        facts = {"name": other.name, "part": pair.earlier, "other": pair.later, "before": one.unit, "after": other.unit}
        yield Contradiction("merge-unit", ("merge", pair.number), facts)


def together(one: str, other: str) -> str | None:
    """The type of a column that holds both; None where no column does."""
    types = {one, other}
    if len(types) == 1:
        return one
    if types <= _NUMBERS:
        return "number"
    if types <= _DAYS:
        return "datetime"
    return "text" if types == _TEXTS else None


def told(
    found: Sequence[tuple[Pair, Change]], decisions: Sequence[Decision], turned: Mapping[str, str]
) -> Iterator[Contradiction]:
    """The differences nobody has decided about, each once. `turned` is the recoding that would turn a scale back."""
    seen: set[tuple[str, str, str, str]] = set()
    for pair, change in found:
        key = (change.kind, change.question, change.item, pair.later)
        if key in seen or decision_on(change, decisions):
            continue
        seen.add(key)
        code = _CODES[change.kind]
        if change.kind == "type-changed" and {change.before, change.after} != _TEXTS:
            code = "merge-type-apart"
        yield Contradiction(code, ("merge", pair.number), {
            "name": change.question, "part": pair.earlier, "other": pair.later, "item": change.item,
            "before": change.before, "after": change.after, "line": _line(change),
            "recode": turned.get(change.question, ""), "owner": _owner(change),
        })  # fmt: skip


def about_decisions(decisions: Sequence[Decision], known: Sequence[str]) -> Iterator[Contradiction]:
    """Decisions about nothing, and acceptances that give no reason."""
    from theory_of_change.problems import with_hint

    for number, one in enumerate(decisions):
        facts = {"question": one.question}
        if one.question not in known:
            path = ("decisions", number, "question")
            yield Contradiction("decision-on-nothing", path, with_hint(facts, one.question, known))
        elif one.decision != "continue":
            yield Contradiction("merge-decision", ("decisions", number, "decision"), facts | {"found": one.decision})
        elif one.note is None:
            yield Contradiction("merge-decision-without-reason", ("decisions", number), facts)


def as_question(column: Column, title: Text | None = None) -> Question:
    """A column that belongs to no question, or has left its own, as a question that can be compared."""
    return Question.model_construct(
        name=column.name, type="single" if column.labels else "text", code=None, text=title or column.title,
        answers=dict(column.labels), labels={}, rows={}, columns={}, range=None, part=None, other=False,
        comment=False, separator=None, asked_when=None, since=None, until=None, recode=None, optional=False,
        computed=False, missing=(), required=False, sensitive=False, unit=None, decimal=None, date_format=None,
        timezone=None,
    )  # fmt: skip


def _ends(column: Column) -> str:
    low, high = column.min, column.max
    return "" if low is None and high is None else "–".join("" if end is None else f"{end:g}" for end in (low, high))


def _owner(change: Change) -> str:
    return f"{change.question}[{change.item}]" if change.item else change.question


def _line(change: Change) -> str:
    """The decision that accepts the difference, for the contract."""
    item = f"item: {change.item}, " if change.item else ""
    return (f"{{question: {change.question}, change: {change.kind}, {item}seen: \"{change.seen}\","
            " decision: continue, on: …, by: …, note: …}")  # fmt: skip


def without_time(question: Question, **changed: object) -> Question:
    """The question as it is compared: always asked, under its name here."""
    plain = {"code": None, "since": None, "until": None, "range": None, "asked_when": None, "recode": None}
    return question.model_copy(update={**plain, **changed})


def widened(one: Column, other: Column) -> Column:
    """A column that holds the answers of both: codes together, the wider range, the stricter care."""
    strictest = max((one.sensitivity, other.sensitivity), key=("none", "personal", "sensitive").index)
    return replace(
        one,
        type=together(one.type, other.type) or one.type,
        title=one.title or other.title,
        unit=one.unit or other.unit,
        labels={**one.labels, **{code: text for code, text in other.labels.items() if code not in one.labels}},
        missing=tuple(dict.fromkeys((*one.missing, *other.missing))),
        min=None if None in (one.min, other.min) else min(one.min, other.min),
        max=None if None in (one.max, other.max) else max(one.max, other.max),
        sensitivity=strictest,
        required=one.required and other.required,
    )
