"""The records of outcome harvesting, Most Significant Change and contribution analysis as tables for readers.

What a record is evidence for is said in `voicing`. Its words were written by the evaluator, for readers; what would
tell whose words they rest on is not published: neither the documents it names, nor the day a story was told, nor the
role of a teller whom fewer than the smallest group share.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.voicing import Corpora, counts, verdict_of
from theory_of_change.model import Text
from theory_of_change.positions import Steps
from theory_of_change.problems import Problem, listed
from theory_of_change.programme import Calendar
from warehouse.modelling import model

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.project import Project
    from surveys.corpora.collection import Collected
    from surveys.corpora.corpus import Corpus, HarvestedOutcome

TABLES = ("harvested_outcomes", "substantiations", "stories", "story_rounds", "contribution_claims")


def records(project: Project, corpora: Corpora, roles: Mapping[tuple[str, str], int]) -> dict[str, pd.DataFrame]:
    """The rows of every table of `TABLES`. `roles` says how many people took part in each corpus in each role. A record
    that names documents of which none may be used is left out, because it rests on what nobody consented to."""
    import pandas as pd

    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    calendar = project.programme.calendar
    for one in project.corpora.values():
        rows["harvested_outcomes"] += _outcomes(one.corpus, corpora, calendar)
        rows["substantiations"] += _substantiations(one.corpus, corpora)
        rows["stories"] += _stories(one.corpus, corpora, roles, calendar)
        rows["story_rounds"] += _rounds(one.corpus, corpora)
    rows["contribution_claims"] += _claims(project)
    return {
        name: pd.DataFrame([[row.get(column) for column in columns] for row in found], columns=columns, dtype=object)
        for name, found in rows.items()
        for columns in [list(model("core", name).column_names)]
    }


def absent_documents(one: Collected, corpora: Corpora) -> Iterator[Problem]:
    """Documents that records name and nobody may use: without consent, not arrived, or called otherwise."""
    named = [
        *(("harvested_outcomes", at, "documents", own.id, own.documents)
          for at, own in enumerate(one.corpus.harvested_outcomes)),
        *(("stories", at, "document", own.id, (own.document,) if own.document else ())
          for at, own in enumerate(one.corpus.stories)),
    ]  # fmt: skip
    for block, at, key, name, documents in named:
        absent = [document for document in documents if (one.id, document) not in corpora.people]
        if absent:
            facts = {"name": name, "documents": listed(absent)}
            yield Problem("record-documents-absent", one.places.at(block, at, key), facts)


#: What says who somebody is by its shape alone, and what may.
_CERTAIN, _LIKELY = ("email", "phone", "tax_code", "iban"), ("person", "address")


def identifying_words(one: Collected, programme_language: str) -> Iterator[Problem]:
    """Records whose words say who somebody is, or may: their author wrote them for readers, and no gate follows. Told
    are places, kinds and counts, never a word."""
    from surveys.corpora.identifying_words import LANGUAGES, marks

    cleared = one.corpus.quotes.cleared if one.corpus.quotes else ()
    for path, name, text in _written(one.corpus):
        spoken = {one.corpus.language or programme_language: text.root} if isinstance(text.root, str) else text.root
        found = Counter(mark.kind for language, words in spoken.items() if language in LANGUAGES
                        for mark in marks(words, 0, len(words), language, cleared))  # fmt: skip
        place = one.places.at(*path)
        if certain := [kind for kind in _CERTAIN if found[kind]]:
            yield Problem("record-identifiers", place, {"name": name, "kinds": listed(certain)})
        elif count := sum(found[kind] for kind in _LIKELY):
            yield Problem("record-names", place, {"name": name, "count": str(count)})


def _written(corpus: Corpus) -> Iterator[tuple[Steps, str, Text]]:
    """Every free text of a record that is published: where it stands, its record, its words."""
    for at, outcome in enumerate(corpus.harvested_outcomes):
        path: Steps = ("harvested_outcomes", at)
        for key in ("statement", "social_actor", "change_agent", "significance", "contribution"):
            if text := getattr(outcome, key):
                yield (*path, key), outcome.id, text
        for number, said in enumerate(outcome.substantiation):
            if said.note:
                yield (*path, "substantiation", number, "note"), outcome.id, said.note
    for at, story in enumerate(corpus.stories):
        yield ("stories", at, "title"), story.id, story.title
        for number, turn in enumerate(story.rounds):
            if turn.reason:
                yield ("stories", at, "rounds", number, "reason"), story.id, turn.reason


def _outcomes(corpus: Corpus, corpora: Corpora, calendar: Calendar) -> Iterator[dict[str, Any]]:
    for one in corpus.harvested_outcomes:
        heard = corpora.of_documents(corpus.id, one.documents)
        if heard is None:
            continue
        yield {
            "source": corpus.id, "outcome_id": one.id, **_words("statement", one.statement),
            **_words("social_actor", one.social_actor), **_words("change_agent", one.change_agent),
            **_words("significance", one.significance), **_words("contribution", one.contribution),
            "date": one.date, "period": _period(one.period, one.date, calendar), "place": one.place,
            "planned": one.planned, "change": one.change, "verdict": _verdict(one), **counts(heard),
        }  # fmt: skip


def _verdict(one: HarvestedOutcome) -> str:
    """All verdicts in one word: the one given by everybody who decided, else `contested`."""
    decided = {said.verdict for said in one.substantiation} - {"pending"}
    if len(decided) == 1:
        return decided.pop()
    if "not_substantiated" in decided:
        return "contested"
    return "partly_substantiated" if decided else "pending"


def _substantiations(corpus: Corpus, corpora: Corpora) -> Iterator[dict[str, Any]]:
    for one in corpus.harvested_outcomes:
        if corpora.of_documents(corpus.id, one.documents) is not None:
            for position, said in enumerate(one.substantiation, start=1):
                yield {"source": corpus.id, "outcome_id": one.id, "position": position, "by_role": said.by,
                       "verdict": said.verdict, "date": said.date, **_words("note", said.note)}  # fmt: skip


def _stories(
    corpus: Corpus, corpora: Corpora, roles: Mapping[tuple[str, str], int], calendar: Calendar
) -> Iterator[dict[str, Any]]:
    for one in corpus.stories:
        if corpora.of_documents(corpus.id, [one.document] if one.document else []) is None:
            continue
        share = roles.get((corpus.id, (one.teller or "").casefold()), 0) >= corpora.least.get(corpus.id, 1)
        yield {
            "source": corpus.id, "story_id": one.id, **_words("title", one.title), "domain": one.domain,
            "teller": one.teller if share else None, "period": _period(one.period, one.date, calendar),
            "n_rounds": len(one.rounds), "n_chosen": sum(turn.chosen for turn in one.rounds),
        }  # fmt: skip


def _rounds(corpus: Corpus, corpora: Corpora) -> Iterator[dict[str, Any]]:
    for one in corpus.stories:
        if corpora.of_documents(corpus.id, [one.document] if one.document else []) is not None:
            for position, turn in enumerate(one.rounds, start=1):
                yield {"source": corpus.id, "story_id": one.id, "round": position, "panel": turn.panel,
                       "chosen": turn.chosen, "date": turn.date, **_words("reason", turn.reason)}  # fmt: skip


def _claims(project: Project) -> Iterator[dict[str, Any]]:
    for claim in project.theory.contribution_claims:
        if claim.retired is None:
            direction, strength = verdict_of(claim)
            yield {
                "claim_id": claim.id, **_words("claim", claim.claim), "links": json.dumps(list(claim.links)),
                "alternatives": _texts(claim.alternatives), "evidence_for": _texts(claim.evidence_for),
                "evidence_against": _texts(claim.evidence_against), **_words("verdict", claim.verdict),
                "direction": direction, "strength": strength, **_words("reviewer", claim.reviewer),
            }  # fmt: skip


def _period(name: str | None, day: object, calendar: Calendar) -> str | None:
    from surveys.corpora.gathering import period_of

    return period_of(name, day, calendar)


def _words(name: str, text: Text | None) -> dict[str, str | None]:
    return {f"{name}_{one}": text.within(one, "it", "en") if text else None for one in ("it", "en")}


def _texts(texts: tuple[Text, ...]) -> str:
    return json.dumps([text.model_dump() for text in texts], ensure_ascii=False)
