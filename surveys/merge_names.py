"""What each column of a part is called in the merged survey, and which of its codes are read as others.

Names come from the part itself, from `rename`, and from the role a column plays: a person is a person whatever the
column is called. Whether columns of one name can stand together is for `merge_differences`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from surveys.contracts import Contradiction
from surveys.merge import Part
from surveys.merge_differences import without_time
from surveys.questions import Question, fields_of
from theory_of_change.model import Text
from theory_of_change.problems import listed, with_hint
from theory_of_change.tables import Column

if TYPE_CHECKING:
    from surveys.sources import Source

_RECODABLE = ("category", "integer", "number")


@dataclass(eq=False)
class Strand:
    """One part on its way into the merged survey: `names` from its columns to those here, `recodes` by the names here.

    `wave` is the wave of all its rows, where they have one.
    """

    number: int
    part: Part
    source: Source
    names: dict[str, str] = field(default_factory=dict)
    recodes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)  # names of questions here, by their own
    wave: str | None = None

    @property
    def id(self) -> str:
        return self.source.table.id

    def own(self, name: str) -> str | None:
        """The part's own column behind a column of the merged survey."""
        return next((own for own, new in self.names.items() if new == name), None)

    def column(self, own: str) -> Column:
        """The part's column as it is here: under its new name, with its new codes."""
        column = self.source.table.column(own)
        assert column is not None
        name = self.names[own]
        codes = self.recodes.get(name, {})
        owner = self.questions.get(column.of or "")
        low, high = _range(column, codes)
        return replace(column, name=name, labels=_labels(column.labels, codes), min=low, max=high, of=owner)

    def is_score(self, own: str | None) -> bool:
        return any(scale.name == own for scale in self.source.contract.scales)

    def compared(self) -> Iterator[Question]:
        """The part's questions as they are compared: names, codes and sub-questions as they are here; codes that the
        contract recodes have been decided about."""
        for question in self.source.contract.questions:
            name = self.questions[question.name]
            codes = self._recode(question.name)
            changed: dict[str, object] = {"name": name, "part": None}
            for key in ("answers", "labels"):
                changed[key] = {code: text for code, text in getattr(question, key).items()
                                if code not in codes and code not in codes.values()}  # fmt: skip
            listed_in = "answers" if question.type == "multiple" else "rows"
            if getattr(question, listed_in) and not question.columns:
                changed[listed_in] = self._items(question, name, getattr(question, listed_in))
            yield without_time(question, **changed)

    def _items(self, question: Question, name: str, items: Mapping[str, Text]) -> dict[str, Text]:
        """Boxes or sub-questions by the end of their column's name here; those that left the question are left out."""
        found = {}
        for code, text in items.items():
            new = self.names.get(f"{question.name}_{code}", "")
            if new.startswith(f"{name}_") and code not in self._recode(question.name):
                found[new.removeprefix(f"{name}_")] = text
        return found

    def _recode(self, question: str) -> Mapping[str, str]:
        recode = self.part.recode
        return recode.get(question) or recode.get(self.questions.get(question, question)) or {}

    def settle(self) -> Iterator[Contradiction]:
        """Fills in names and codes from the contract; roles come after."""
        table, contract = self.source.table, self.source.contract
        self.questions = {question.name: question.name for question in contract.questions}
        self.names = {column.name: column.name for column in table.columns}
        of = {field.column.name: field.column.of for field in self.source.fields}
        path = ("merge", self.number)
        for old, new in self.part.rename.items():
            if old in self.questions:
                self.questions[old] = new
                for own in (name for name, question in of.items() if question == old):
                    self.names[own] = new + own.removeprefix(old)
            elif old in self.names:
                self.names[old] = new
            else:
                known = [*self.questions, *self.names]
                facts = with_hint({"name": old, "part": self.id}, old, list(dict.fromkeys(known)))
                yield Contradiction("merge-unknown-name", (*path, "rename", old), facts)
        for named, codes in self.part.recode.items():
            yield from self._recoded(named, codes, of, (*path, "recode", named))

    def _recoded(
        self, named: str, codes: Mapping[str, str], of: Mapping[str, str | None], path: tuple[str | int, ...]
    ) -> Iterator[Contradiction]:
        question = next((own for own, new in self.questions.items() if named in (own, new)), None)
        asked = next((one for one in self.source.contract.questions if one.name == question), None)
        if asked is not None and asked.type == "multiple":
            yield from self._boxes(asked, codes, path)
            return
        column = next((own for own, new in self.names.items() if named in (own, new)), None)
        owns = [own for own, owner in of.items() if owner == question] if question else [column] if column else []
        columns = [one for one in self.source.table.columns if one.name in owns and one.type in _RECODABLE]
        if not columns:
            known = list(dict.fromkeys((*self.questions, *self.names)))
            code = "merge-not-recodable" if owns else "merge-unknown-name"
            yield Contradiction(code, path, with_hint({"name": named, "part": self.id}, named, known))
            return
        for one in columns:
            wrong = [code for pair in codes.items() for code in pair if not _fits(one, code, code in codes)]
            for code in dict.fromkeys(wrong):
                known = listed(one.labels) if one.labels else _span(one)
                yield Contradiction("merge-unknown-code", path, {"name": named, "part": self.id, "found": code,
                                                                 "codes": known})  # fmt: skip
            if not wrong:
                self.recodes[self.names[one.name]] = dict(codes)

    def _boxes(
        self, question: Question, codes: Mapping[str, str], path: tuple[str | int, ...]
    ) -> Iterator[Contradiction]:
        """Boxes to tick are columns: another code is another column."""
        for old, new in codes.items():
            if old not in question.answers:
                facts = {"name": question.name, "part": self.id, "found": old, "codes": listed(question.answers)}
                yield Contradiction("merge-unknown-code", path, facts)
                continue
            name = self.questions[question.name]
            for own in [one.column.name for one in fields_of(question)]:
                if f"{own}_".startswith(f"{question.name}_{old}_"):
                    self.names[own] = f"{name}_{new}" + own.removeprefix(f"{question.name}_{old}")


def _fits(column: Column, code: str, is_own: bool) -> bool:
    """True where the code can stand in the column; a new code of a choice may be one that only other parts have."""
    if column.type == "category":
        return not is_own or not column.labels or code in column.labels
    try:
        number = float(code)
    except ValueError:
        return False
    if not is_own:
        return column.type == "number" or number.is_integer()
    return (column.min is None or number >= column.min) and (column.max is None or number <= column.max)


def _span(column: Column) -> str:
    ends = ["…" if end is None else f"{end:g}" for end in (column.min, column.max)]
    return "–".join(ends)


def _labels(labels: Mapping[str, Text], codes: Mapping[str, str]) -> dict[str, Text]:
    """Labels by the codes they have here; where two codes become one, the words of the code that was there stay."""
    kept = {code: text for code, text in labels.items() if code not in codes}
    moved = {codes[code]: text for code, text in labels.items() if code in codes}
    return {**{code: text for code, text in moved.items() if code not in kept}, **kept}


def _range(column: Column, codes: Mapping[str, str]) -> tuple[float | None, float | None]:
    """The ends of a column whose points are recoded."""
    low, high = column.min, column.max
    if not codes or column.type != "integer" or low is None or high is None:
        return low, high
    points = [float(codes.get(f"{point}", point)) for point in range(int(low), int(high) + 1)]
    return min(points), max(points)
