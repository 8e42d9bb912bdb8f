"""Several surveys as one: the table their answers make together, and everything that stands in the way.

Every column of every part stays, by its name; a row has nothing in a column its part has not, which is not the same as
an answer left out. The rows themselves are brought together by `pipelines.merging`, in the warehouse.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from surveys.contracts import Contradiction, Field
from surveys.merge_differences import (
    Pair,
    about_decisions,
    as_question,
    column_differences,
    question_differences,
    told,
    unit_differences,
    widened,
)
from surveys.merge_names import Strand
from surveys.questionnaire import Person, Survey, Wave
from surveys.scales import ScoredScale
from surveys.scales import contradictions_of as contradictions_of_scale
from theory_of_change.model import Text
from theory_of_change.problems import listed
from theory_of_change.programme import Period, Programme
from theory_of_change.tables import Column, Table

if TYPE_CHECKING:
    from surveys.changes import Change
    from surveys.sources import Source

#: Which part a row is from, and by which contract it was read. Underscored, as names that no contract may give.
PART, VERSION = "_source", "_contract"
_PART_TITLE = Text({"it": "Parte", "en": "Part"})
_WAVE, _DAY = "wave", "answered"
_DESIGN = ("strata", "cluster", "fpc")


@dataclass(frozen=True)
class Entry:
    """How the rows of one part enter: its column behind each column here, codes read as others, and what is the same
    for all its rows."""

    source: str
    version: str
    columns: Mapping[str, str]
    recodes: Mapping[str, Mapping[str, str]]
    constants: Mapping[str, str]


@dataclass(frozen=True)
class Merged:
    """A merged survey: what its contract says in full, its table, and what is computed on its rows."""

    contract: Survey
    table: Table
    fields: tuple[Field, ...]
    entries: tuple[Entry, ...]
    scales: tuple[ScoredScale, ...] = ()
    problems: tuple[Contradiction, ...] = field(default=(), compare=False)


def merge(survey: Survey, sources: Sequence[Source], programme: Programme | None = None) -> Merged:
    """The merged survey of these parts, in their order. What is wrong stands in `problems`; the table is then the best
    that can be made, so that one mistake is not told as many."""
    return _Merge(survey, sources, programme).result()


class _Merge:
    def __init__(self, survey: Survey, sources: Sequence[Source], programme: Programme | None) -> None:
        self.survey, self.programme = survey, programme
        by_name = {source.table.id: source for source in sources}
        self.strands = [
            Strand(number, part, by_name[part.source])
            for number, part in enumerate(survey.merge)
            if part.source in by_name
        ]
        self.problems: list[Contradiction] = []
        self.constants: dict[int, dict[str, str]] = {strand.number: {} for strand in self.strands}

    @property
    def language(self) -> str:
        return self.programme.language if self.programme else "it"

    def result(self) -> Merged:
        for strand in self.strands:
            self.problems += strand.settle()
        wave, date, period = self._wave(), *self._date()
        person = self._person()
        design = self._design()
        self._names_taken()
        self._one_spelling()
        columns = self._columns()
        if wave:
            columns[wave] = self._wave_column(columns.get(wave), wave)
        if date and date not in columns:
            columns[date] = Column(date, "date")
        self.problems += self._differences()
        computed, inherited = self._scales(columns)
        for scale in computed:
            columns[scale.name] = scale.column
        self.problems += about_decisions(self.survey.decisions, self._decidable(columns))
        labels = {strand.id: strand.source.table.title for strand in self.strands}
        table = Table(
            id=self.survey.id,
            kind="survey",
            title=self.survey.title,
            columns=(
                Column(PART, "category", title=_PART_TITLE, labels=labels),
                Column(VERSION, "category"),
                *columns.values(),
            ),
            person=person,
            date=date,
            period=period,
            wave=wave,
            parts=tuple(strand.id for strand in self.strands),
            aliases={role: name for role, name in
                     (("person", person), ("answered", date), ("wave", wave), ("weight", design.get("weight")))
                     if name and role != name},
            **design,
        )  # fmt: skip
        contract = self.survey.model_copy(update={
            "person": self._said_of_person(person), "answered": date, "scales": (*computed, *inherited),
            "wave": Wave(column=wave, order=self._order()) if wave else None,
        })  # fmt: skip
        return Merged(contract, table, self._fields(columns), self._entries(columns), computed, tuple(self.problems))

    # -- roles -------------------------------------------------------------------------------------------------------

    def _same_name(self, role: str) -> str | None:
        """One name for the columns that play a role, that of the first part; None where no part has it."""
        names = [(strand, own) for strand in self.strands if (own := getattr(strand.source.table, role))]
        if not names:
            return None
        target = names[0][0].names[names[0][1]]
        for strand, own in names:
            strand.names[own] = target
        return target

    def _wave(self) -> str | None:
        """The column of the waves: given part by part, or the parts' own."""
        for strand in self.strands:
            own = strand.source.contract.wave
            strand.wave = strand.part.wave or (own if isinstance(own, str) else None)
            if isinstance(own, str):
                strand.names.pop(strand.source.table.wave)
        having = [one for one in self.strands if one.wave is not None or one.source.table.wave]
        if not having:
            return None
        for strand in self.strands:
            if strand not in having:
                facts = {"name": strand.id, "other": having[0].id}
                self.problems.append(Contradiction("merge-without-wave", ("merge", strand.number), facts))
        own_ones = [one for one in having if one.wave is None]
        names = {one.names[one.source.table.wave] for one in own_ones}
        target = names.pop() if len(names) == 1 else _WAVE
        for strand in self.strands:
            if strand.wave is None:
                if strand in own_ones:
                    strand.names[strand.source.table.wave] = target
                continue
            self.constants[strand.number][target] = strand.wave
            if target in strand.names.values():
                facts = {"name": target, "part": strand.id}
                self.problems.append(Contradiction("merge-wave-twice", ("merge", strand.number, "wave"), facts))
        return target

    def _order(self) -> tuple[str, ...]:
        """The waves in the order of the parts; nothing where a part has waves of its own that nobody put in order."""
        order: list[str] = []
        for strand in self.strands:
            own = strand.source.contract.wave
            if strand.wave is not None:
                order.append(strand.wave)
            elif isinstance(own, Wave) and own.order:
                order += own.order
            else:
                return ()
        return tuple(dict.fromkeys(order))

    def _date(self) -> tuple[str | None, str | None]:
        """The column with the day of the answers, or the period of them all. A part that is all of one period, beside
        others that are not, has the first day of it."""
        tables = {strand.number: strand.source.table for strand in self.strands}
        periods = {table.period for table in tables.values() if not table.date}
        if not any(table.date for table in tables.values()) and len(periods) <= 1:
            return None, next(iter(periods), None)
        target = self._same_name("date") or _DAY
        for strand in self.strands:
            table = tables[strand.number]
            if table.date:
                continue
            if (first := self._first_day(table.period)) is None:
                code = "merge-without-day" if table.period is None else "merge-long-period"
                facts = {"name": strand.id, "period": table.period or ""}
                self.problems.append(Contradiction(code, ("merge", strand.number), facts))
            else:
                self.constants[strand.number][target] = first.isoformat()
        return target, None

    def _first_day(self, period: str | None) -> dt.date | None:
        """The day that stands for a period that is no longer than the calendar's; None for any other."""
        try:
            named = Period.named(period or "")
        except ValueError:
            return None
        if self.programme and named not in [one for one in self.programme.calendar.periods
                                            if one.level == self.programme.calendar.every]:  # fmt: skip
            return None
        return named.start

    def _person(self) -> str | None:
        """The column of the persons, where one who answered in two parts can be recognised."""
        if self.survey.persons == "apart":
            return None
        having = [strand for strand in self.strands if strand.source.contract.person]
        if not having:
            return None
        first = having[0]
        for strand in self.strands:
            said, known = strand.source.contract.person, first.source.contract.person
            facts = {"name": strand.id, "other": first.id, "scheme": known.scheme,
                     "column": said.column if said else "…", "found": said.scheme if said else ""}  # fmt: skip
            if said is None:
                self.problems.append(Contradiction("merge-without-person", ("merge", strand.number), facts))
            elif said.scheme != known.scheme:
                self.problems.append(Contradiction("merge-other-scheme", ("merge", strand.number), facts))
        return self._same_name("person")

    def _said_of_person(self, column: str | None) -> Person | None:
        said = next((one.source.contract.person for one in self.strands if one.source.contract.person), None)
        return said.model_copy(update={"column": column}) if column and said else None

    def _design(self) -> dict[str, object]:
        """Weights, strata, clusters and sizes, where all parts have them under the same names."""
        if self.survey.sampling == "leave_out":
            return {}
        found: dict[str, object] = {}
        for role in ("weight", *_DESIGN):
            having = [strand for strand in self.strands if getattr(strand.source.table, role)]
            lacking = [strand for strand in self.strands if strand not in having]
            if not having:
                continue
            if lacking:
                facts = {"role": role, "other": listed(one.id for one in having)}
                for strand in lacking:
                    more = facts | {"name": strand.id}
                    self.problems.append(Contradiction("merge-half-a-design", ("merge", strand.number), more))
            if role == "weight":
                found["weight"] = self._same_name("weight")
                methods = dict.fromkeys(one.source.table.weighting for one in having if one.source.table.weighting)
                found["weighting"] = " / ".join(methods)
                continue
            found[role] = self._stages(having[0], role)
            for strand in having[1:]:
                if (own := self._stages(strand, role)) != found[role]:
                    facts = {"role": role, "name": strand.id, "other": having[0].id, "found": listed(own),
                             "wanted": listed(found[role])}  # fmt: skip
                    self.problems.append(Contradiction("merge-other-design", ("merge", strand.number), facts))
        return found

    def _stages(self, strand: Strand, role: str) -> tuple[str, ...]:
        return tuple(strand.names.get(own, own) for own in getattr(strand.source.table, role))

    # -- columns -----------------------------------------------------------------------------------------------------

    def _names_taken(self) -> None:
        """Two columns of one part under one name."""
        for strand in self.strands:
            first: dict[str, str] = {}
            for own, new in list(strand.names.items()):
                if new.casefold() in first:
                    facts = {"name": new, "part": strand.id, "one": first[new.casefold()], "other": own}
                    self.problems.append(Contradiction("merge-name-taken", ("merge", strand.number), facts))
                    del strand.names[own]
                first.setdefault(new.casefold(), own)

    def _one_spelling(self) -> None:
        """Names that differ in capitals alone are one name to the database, and to people: the first spelling."""
        spelled: dict[str, str] = {}
        for strand in self.strands:
            for own, new in strand.names.items():
                strand.names[own] = spelled.setdefault(new.casefold(), new)
            strand.recodes = {spelled.get(name.casefold(), name): codes for name, codes in strand.recodes.items()}

    def _columns(self) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        for strand in self.strands:
            for own, name in strand.names.items():
                column = strand.column(own)
                columns[name] = widened(columns[name], column) if name in columns else column
        everywhere = {name for name in columns if all(name in strand.names.values() for strand in self.strands)}
        return {name: replace(column, header=name, required=column.required and name in everywhere)
                for name, column in columns.items()}  # fmt: skip

    def _wave_column(self, own: Column | None, name: str) -> Column:
        """The waves; known beforehand where every part is one."""
        if all(strand.wave for strand in self.strands):
            return Column(name, "category", labels={one.wave: Text(one.wave) for one in self.strands if one.wave})
        return own or Column(name, "category")

    def _fields(self, columns: Mapping[str, Column]) -> tuple[Field, ...]:
        person = self.strands[0].source.contract.person if self.strands else None
        reading = {"scheme": person.scheme, "normalise": person.normalise} if person else {}
        return tuple(Field(column, **(reading if column.type == "person" else {})) for column in columns.values())

    def _entries(self, columns: Mapping[str, Column]) -> tuple[Entry, ...]:
        return tuple(
            Entry(
                strand.id,
                strand.source.fingerprint[:16],
                {new: own for own, new in strand.names.items() if new in columns},
                dict(strand.recodes),
                self.constants[strand.number],
            )
            for strand in self.strands
        )

    # -- what differs ------------------------------------------------------------------------------------------------

    def _differences(self) -> Iterator[Contradiction]:
        found: list[tuple[Pair, Change]] = []
        asked: dict[str, tuple[Strand, object]] = {}
        first: dict[str, tuple[Strand, Column]] = {}
        for strand in self.strands:
            questions = {question.name: question for question in strand.compared()}
            covered = set()
            for name, question in questions.items():
                if name in asked:
                    earlier, other = asked[name]
                    found += question_differences(other, question, self._pair(earlier, strand), self.language)
                    covered.add(name)
                else:
                    asked[name] = (strand, question)
            for own, name in strand.names.items():
                column = strand.column(own)
                if name not in first:
                    first[name] = (strand, column)
                    continue
                earlier, other = first[name]
                if strand.is_score(own) and earlier.is_score(earlier.own(name)):
                    continue  # compared by how it is scored
                pair = self._pair(earlier, strand)
                found += column_differences(other, column, pair)
                yield from unit_differences(other, column, pair)
                if column.of not in covered and not column.is_box:
                    plain = (replace(each, labels={code: text for code, text in each.labels.items()
                                                   if code not in strand.recodes.get(name, {}).values()})
                             for each in (other, column))  # fmt: skip
                    found += question_differences(*map(as_question, plain), pair, self.language)
        yield from told(found, self.survey.decisions, self._turned())

    def _pair(self, earlier: Strand, later: Strand) -> Pair:
        return Pair(earlier.id, later.id, later.number)

    def _turned(self) -> dict[str, str]:
        """The recoding that turns each question's codes round, as the contract would say it."""
        said = {}
        for strand in self.strands:
            for question in strand.source.contract.questions:
                codes = list(question.answers or question.labels)
                pairs = ", ".join(f"{one}: {other}" for one, other in zip(codes, reversed(codes), strict=True))
                said[strand.questions[question.name]] = f"recode: {{{question.name}: {{{pairs}}}}}"
        return said

    def _decidable(self, columns: Mapping[str, Column]) -> list[str]:
        names = [name for strand in self.strands for name in strand.questions.values()]
        return list(dict.fromkeys((*names, *columns)))

    # -- scales ------------------------------------------------------------------------------------------------------

    def _scales(self, columns: dict[str, Column]) -> tuple[tuple[ScoredScale, ...], tuple[ScoredScale, ...]]:
        """The scales that are scored here, and those that every part that has them scores alike."""
        own = {scale.name for scale in self.survey.scales}
        theirs: dict[str, list[tuple[Strand, ScoredScale]]] = {}
        for strand in self.strands:
            for scale in strand.source.contract.scales:
                theirs.setdefault(strand.names.get(scale.name, scale.name), []).append((strand, scale))
        for number, scale in enumerate(self.survey.scales):
            others = {name: column for name, column in columns.items() if name != scale.name}
            self.problems += contradictions_of_scale(scale, others, ("scales", number))
            if scale.name in columns and scale.name not in theirs:
                taken = {"name": scale.name}
                self.problems.append(Contradiction("column-twice", ("scales", number, "name"), taken))
        inherited = []
        for name, having in theirs.items():
            if name in own:
                continue
            here = [_as_here(strand, scale, name) for strand, scale in having]
            facts = {"scale": name, "name": having[0][0].id}
            for (strand, _), one in zip(having, here, strict=True):
                if _scoring(one) != _scoring(here[0]) or any(strand.recodes.get(item) for item in one.items):
                    more = {**facts, "other": strand.id}
                    self.problems.append(Contradiction("merge-other-scoring", ("merge", strand.number), more))
                    break
            for strand in self.strands:
                if strand not in [one for one, _ in having] and set(here[0].items) <= set(strand.names.values()):
                    more = {**facts, "other": strand.id}
                    self.problems.append(Contradiction("merge-scale-of-one-part", ("merge", strand.number), more))
            inherited.append(here[0])
        return self.survey.scales, tuple(inherited)


def _as_here(strand: Strand, scale: ScoredScale, name: str) -> ScoredScale:
    """A part's scale in the names of the merged survey."""
    renamed = {key: tuple(strand.names.get(item, item) for item in getattr(scale, key)) for key in ("items", "reverse")}
    return scale.model_copy(update={"name": name, **renamed})


def _scoring(scale: ScoredScale) -> tuple[object, ...]:
    """All that decides a score."""
    fewest = len(scale.items) if scale.at_least is None else scale.at_least
    ends = scale.range if scale.reverse else None
    return (frozenset(scale.items), frozenset(scale.reverse), ends, scale.score, fewest, scale.counts_from, scale.times)
