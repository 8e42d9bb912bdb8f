"""What numbers and voices say of each outcome, link and assumption, fetched and joined: the table `joined`.

Everything read here has passed disclosure control or is counted under it; what it says together is ruled in
`analysis.joining`. What a person decided comes from `decisions.yml` and stands beside the proposal, never in its place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.analysis.joining import (
    EFFECTS,
    Change,
    Goal,
    Heard,
    Said,
    Series,
    Value,
    Voice,
    indicator_says,
    numbers_say,
    proposal,
    stated,
    together,
    voices_say,
)
from pipelines.theming import least_of
from surveys.corpora.corpus import Corpus, above
from theory_of_change.model import CodedTheme, Evidence, Indicator, TheoryOfChange
from theory_of_change.programme import ALL, Programme
from warehouse.modelling import model, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from pipelines.project import Project
    from theory_of_change.decisions import Decision
    from warehouse.store import Warehouse

_KINDS = {"needs": "need", "inputs": "input", "activities": "activity", "outputs": "output", "outcomes": "outcome",
          "impact": "impact", "links": "link", "assumptions": "assumption"}  # fmt: skip
_ALWAYS = ("outcome", "link", "assumption")


# What the theory asks ------------------------------------------------------------------------------------------------


@dataclass
class Asked:
    """What bears on one element: indicators and evaluations by id, each with the direction an author stated, if any;
    and whether anybody's voice was asked."""

    kind: str
    indicators: dict[str, str | None] = field(default_factory=dict)
    evaluations: dict[str, str | None] = field(default_factory=dict)
    is_voiced: bool = False


def asked_of(theory: TheoryOfChange) -> dict[str, Asked]:
    """What is asked of every element, link and assumption that is not retired, in the order of the theory.

    An indicator is asked of what it measures, of an assumption or a question's assumption that names it as a test, and
    of a link that names it as evidence; an evaluation of its outcome, likewise. Indicators that count codes of
    interviews are voices, and no numbers.
    """
    found = {one.id: Asked(kind) for block, kind in _KINDS.items() for one in getattr(theory, block) if not one.retired}
    counted = {one.id for one in theory.indicators if not one.retired and not _counts_voices(one)}
    heard = {one.id for one in theory.indicators if not one.retired and _counts_voices(one)}
    evaluations = {one.id for one in theory.evaluations if not one.retired}

    def ask(asked: Asked, name: str, direction: str | None = None) -> None:
        if name in counted:
            asked.indicators.setdefault(name, direction)
        elif name in evaluations:
            asked.evaluations.setdefault(name, direction)
        asked.is_voiced |= name in heard

    for block, names in ((theory.indicators, "measures"), (theory.evaluations, "outcome")):
        for one in block:
            about = getattr(one, names)
            for element in (about,) if isinstance(about, str) else about or ():
                if element in found and not one.retired:
                    ask(found[element], one.id)
    answers = {one.id: [answer for answer in one.answered_by if isinstance(answer, str)]
               for one in theory.evaluation_questions if not one.retired}  # fmt: skip
    for one in theory.evaluations:
        if one.question in answers:
            answers[one.question].append(one.id)
    for assumption in theory.assumptions:
        for test in assumption.test if assumption.id in found else ():
            if isinstance(test, CodedTheme):
                found[assumption.id].is_voiced = True
                continue
            for name in (test, *answers.get(test, ())):
                ask(found[assumption.id], name)
    for link in theory.links:
        for entry in link.evidence if link.id in found else ():
            if isinstance(entry, Evidence):
                found[link.id].is_voiced |= entry.theme is not None
                ask(found[link.id], entry.indicator or entry.evaluation or "", entry.direction)
    return found


def _counts_voices(indicator: Indicator) -> bool:
    return indicator.type == "qualitative" or indicator.measure.kind == "theme"


# What was computed ---------------------------------------------------------------------------------------------------


def series_of(connection: duckdb.DuckDBPyConnection, theory: TheoryOfChange, programme: Programme) -> dict[str, Series]:
    """Every indicator's published values for the whole, with how they compare and its target, by id."""
    values: dict[tuple[str, str], Value] = {}
    for name, period, status, *numbers in _rows(
        connection,
        "select indicator_id, period, status, value, ci_low, ci_high from core.indicator_values"
        " where dimension = 'all' and category = 'all'",
    ):
        if status in ("ok", "suppressed"):
            values[name, period] = Value(period, status, *numbers)
    changes = {
        (name, period, against): Change(verdict, since, low, high)
        for name, period, against, verdict, since, low, high in _rows(
            connection,
            "select indicator_id, period, against, verdict, other_period,"
            # where nothing was sampled the difference itself is both ends
            " coalesce(ci_low, case when verdict in ('up', 'down', 'same') then difference end),"
            " coalesce(ci_high, case when verdict in ('up', 'down', 'same') then difference end)"
            " from core.comparisons where dimension = 'all' and category = 'all' and verdict is not null",
        )
    }
    goals = {
        (name, period): Goal(operator, low, high, status == "not_met")
        for name, period, operator, low, high, status in _rows(
            connection,
            "select indicator_id, period, operator, target, target_high, status from"
            f" ({model('out', 'progress').sql}) as progress"
            " where dimension = 'all' and category = 'all' and target is not null",
        )
    }
    found = {}
    for one in theory.indicators:
        own = _own_values(one, theory, programme, values)
        last = next((value.period for value in reversed(own) if value.status == "ok"), "")
        is_census = bool(one.uncertainty and one.uncertainty.mode == "census")
        found[one.id] = Series(
            one.id, one.direction, one.measure.kind, is_census, own, changes.get((one.id, last, "baseline")),
            changes.get((one.id, last, "previous_period")), goals.get((one.id, last)),
        )  # fmt: skip
    return found


def _own_values(
    indicator: Indicator, theory: TheoryOfChange, programme: Programme, values: Mapping[tuple[str, str], Value]
) -> tuple[Value, ...]:
    """The values of the periods an indicator is reported by: those as long as its baseline's, else the finest; of one
    without dates the whole."""
    calendar = programme.calendar
    levels = {period.name: period.level for period in calendar.periods}
    started = [one.period for one in theory.baselines if one.indicator == indicator.id and not one.disaggregation]
    level = levels.get(started[0] or "", calendar.every) if started else calendar.every
    run = [period.name for period in calendar.periods if period.level == level and period.name != ALL]
    own = tuple(one for period in run if (one := values.get((indicator.id, period))))
    return own or tuple(one for one in (values.get((indicator.id, ALL)),) if one)


def effects_said(connection: duckdb.DuckDBPyConnection, theory: TheoryOfChange) -> dict[str, Said]:
    """What each evaluation says: as its rows of `core.evidence` tell it, else why it says nothing."""
    told = {
        name: Said(name, EFFECTS[direction], "terms_differ" if direction == "mixed" else "effect", strength)
        for name, direction, strength in _rows(
            connection, "select distinct reference, direction, strength from core.evidence where kind = 'effect'"
        )
    }
    estimated = dict(_rows(connection, "select evaluation_id, count(estimate) from core.effects group by all"))
    for one in theory.evaluations:
        if one.id not in told:
            shown = estimated.get(one.id)
            says, why = ("unclear", "no_direction") if shown else ("no_data", "no_data")
            told[one.id] = Said(one.id, *(("unclear", "hidden") if shown == 0 else (says, why)))
    return told


# What was heard ------------------------------------------------------------------------------------------------------


def voices_of(connection: duckdb.DuckDBPyConnection, project: Project) -> dict[str, list[Voice]]:
    """For every element that codes, harvested outcomes or stories speak of, each document of their corpora with what
    it says of that element, and each record that names no document. A code that says nothing of it by itself says what
    the nearest code says that it is part of."""
    found: dict[str, list[Voice]] = defaultdict(list)
    recorded = _recorded(connection)
    for one in project.corpora.values():
        people, coded = _documents(connection, one.corpus, project.programme)
        meanings = _meanings(one.corpus, project.theory)
        parents = {code.id: code.parent for code in one.corpus.codes}
        records = {record.id: record.documents for record in one.corpus.harvested_outcomes}
        records |= {story.id: (story.document,) if story.document else () for story in one.corpus.stories}
        own = {reference: said for (source, reference), said in recorded.items() if source == one.id}
        for element in dict.fromkeys([*meanings, *(name for said in own.values() for name in said)]):
            means = meanings.get(element, {})
            told: dict[str, list[tuple[str, str]]] = defaultdict(list)
            for reference, said in own.items():
                if element in said:
                    there = [name for name in records.get(reference, ()) if name in people]
                    for name in there or [f"{reference}"]:
                        told[name].append(said[element])
            for name in dict.fromkeys([*people, *told]):
                nearest = (next((c for c in (code, *above(code, parents)) if c in means), None)
                           for code in coded.get(name, ()))  # fmt: skip
                spoken = {code: means[code] for code in nearest if code is not None}
                found[element].append(Voice(
                    name, people.get(name, 1), {code: direction for code, (direction, _) in spoken.items()},
                    tuple(direction for direction, _ in told[name]), (*spoken.values(), *told[name]), one.id,
                ))  # fmt: skip
    return found


def _documents(
    connection: duckdb.DuckDBPyConnection, corpus: Corpus, programme: Programme
) -> tuple[dict[str, int], dict[str, set[str]]]:
    """The documents of a corpus within the calendar: how many people speak in each, and the codes its passages bear."""
    within = (programme.calendar.start, programme.calendar.end)
    cases = f"select document_id, people from core.{quoted(corpus.id)} where day between ? and ? order by all"
    people = dict(_rows(connection, cases, *within))
    coded: dict[str, set[str]] = defaultdict(set)
    for name, code in _rows(
        connection,
        "select distinct document_id, code_id from core.segments where source = ? and state <> 'look' order by all",
        corpus.id,
    ):
        if name in people:
            coded[name].add(code)
    return people, coded


def _meanings(corpus: Corpus, theory: TheoryOfChange) -> dict[str, dict[str, tuple[str, str]]]:
    """By element and code: direction and strength, as the codebook says, else as a link that names the code says."""
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for code in corpus.codes:
        for about in code.about:
            found[about.element][code.id] = (about.direction, about.strength)
    known = {code.id for code in corpus.codes}
    for link in theory.links:
        for entry in link.evidence:
            is_own = isinstance(entry, Evidence) and entry.theme in known and entry.source in (None, corpus.id)
            if is_own and entry.direction in ("for", "against", "mixed"):
                found[link.id].setdefault(entry.theme, (entry.direction, entry.strength or "weak"))
    return found


def _recorded(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
    """What harvested outcomes and stories speak for, by corpus and record: element, direction and strength."""
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for source, reference, element, direction, strength in _rows(
        connection,
        "select source, reference, coalesce(element_id, link_id, assumption_id), direction, strength"
        " from core.evidence where kind in ('harvested_outcome', 'story') and direction <> 'none' order by all",
    ):
        found[source, reference][element] = (direction, strength)
    return found


# Together ------------------------------------------------------------------------------------------------------------


def join_all(warehouse: Warehouse, project: Project) -> pd.DataFrame:
    """Makes `core.joined` anew from this run's values, effects, evidence and codings, and the decisions."""
    import pandas as pd

    rows = list(joined(warehouse.connection, project))
    frame = pd.DataFrame(rows, columns=list(model("core", "joined").column_names), dtype=object)
    warehouse.replace("joined", frame)
    return frame


def joined(connection: duckdb.DuckDBPyConnection, project: Project) -> Iterator[dict[str, Any]]:
    """The rows of `out.joined`."""
    theory, programme = project.theory, project.programme
    said = {name: indicator_says(one) for name, one in series_of(connection, theory, programme).items()}
    effects = effects_said(connection, theory)
    voices = voices_of(connection, project)
    least = max((least_of(one.corpus, programme) for one in project.corpora.values()), default=1)
    latest = project.decided.latest
    newest = _newest_days(connection, project)
    position = 0
    for element, asked in asked_of(theory).items():
        own_effects = [stated(effects[name], direction) for name, direction in asked.evaluations.items()]
        own_numbers = [stated(said[name], direction) for name, direction in asked.indicators.items()]
        is_voiced = asked.is_voiced or project.voices[element] > 0
        if asked.kind not in _ALWAYS and not (own_effects or own_numbers or is_voiced):
            continue
        position += 1
        numbers = numbers_say(own_effects, own_numbers)
        heard = voices_say(voices.get(element, ()), least, is_voiced)
        agreement, flag = together(numbers, heard.says)
        basis = [_basis(one) for one in (*own_effects, *own_numbers)]
        row = {
            "element_id": element,
            "kind": asked.kind,
            "numbers": numbers,
            "n_indicators": len(own_numbers),
            "n_with_data": sum(one.says != "no_data" for one in own_numbers),
            "numbers_reference": json.dumps([*asked.evaluations, *asked.indicators]),
            "voices": heard.says,
            "n_documents_for": heard.n_for,
            "n_documents_against": heard.n_against,
            "n_documents_speaking": heard.n_speaking,
            "n_people": heard.n_people,
            "agreement": agreement,
            "flag": flag,
            "n_evaluations": len(own_effects),
            "numbers_basis": json.dumps(basis),
            "voices_strength": heard.strength,
            "evidence_id": evidence_id(basis, heard),
            "position": position,
            "n_documents_mixed": heard.n_mixed,
        }
        if asked.kind == "assumption":
            row["proposed_status"], row["proposed_why"] = proposal(numbers, own_effects, heard)
            sources = _sources(theory, project, asked, element)
            last_day = max((newest[name] for name in sources if name in newest), default=None)
            row |= _decided(project, element, latest.get(element), row["evidence_id"], last_day)
        yield row


def _basis(one: Said) -> dict[str, Any]:
    facts = {"id": one.reference, "says": one.says, "why": one.why, "strength": one.strength, "period": one.period,
             "since": one.since, "low": one.change_low, "high": one.change_high}  # fmt: skip
    return {name: fact for name, fact in facts.items() if fact is not None}


def evidence_id(basis: list[dict[str, Any]], heard: Heard) -> str:
    """A fingerprint of what is shown of the evidence: another when any of it is another. Numbers count to nine digits,
    so that no machine's last bit changes it."""
    told = [{name: f"{fact:.9g}" if isinstance(fact, float) else fact for name, fact in one.items()} for one in basis]
    voices = [heard.says, heard.n_for, heard.n_against, heard.n_speaking, heard.n_people, heard.strength]
    return hashlib.sha256(json.dumps([told, voices], sort_keys=True).encode()).hexdigest()[:12]


def _decided(
    project: Project, element: str, decision: Decision | None, evidence: str, last_day: dt.date | None
) -> dict[str, Any]:  # fmt: skip
    """What was decided, else what the theory says of the assumption. A decision is stale where the evidence has another
    fingerprint than it was taken on; where it names none, where data are of a later day. When data were landed does not
    count: the same files landed again on another machine are no news."""
    language = project.programme.language
    if decision is None:
        assumption = next(one for one in project.theory.assumptions if one.id == element)
        if assumption.status == "untested" and assumption.checked_at is None:
            return {}
        status, by, day, reason, stale = assumption.status, None, assumption.checked_at, assumption.reason, None
    else:
        status, by, day, reason = decision.status, decision.by, decision.date, decision.reason
        stale = decision.evidence != evidence if decision.evidence else last_day is not None and last_day > day
    words = {f"decided_reason{end}": reason.within(to, language) if reason else None
             for end, to in (("", language), ("_it", "it"), ("_en", "en"))}  # fmt: skip
    return {"decided_status": status, "decided_by": by, "decided_at": day, "is_decision_stale": stale, **words}


def _sources(theory: TheoryOfChange, project: Project, asked: Asked, element: str) -> set[str]:
    """The sources and corpora whose data bear on an element."""
    found = {one.measure.source for one in theory.indicators if one.id in asked.indicators}
    found |= {one.source for one in theory.evaluations if one.id in asked.evaluations}
    found |= {
        one.id for one in project.corpora.values() if any(about.element == element for _, about in one.corpus.claims())
    }
    return {part for name in found - {None} for part in (name, *getattr(project.tables.get(name), "parts", ()))}


def _newest_days(connection: duckdb.DuckDBPyConnection, project: Project) -> dict[str, dt.date]:
    """The last day any row or document in force is about, by source and corpus; none where days are not known."""
    columns = {name: table.column(table.date).name for name, table in project.tables.items() if table.date}
    columns |= dict.fromkeys(project.corpora, "day")
    found = {}
    for name, column in columns.items():
        ((day,),) = _rows(connection, f"select max(try_cast({quoted(column)} as date)) from core.{quoted(name)}")
        if day is not None:
            found[name] = day
    return found


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, *given: Any) -> list[tuple]:
    return connection.execute(sql, list(given)).fetchall()
