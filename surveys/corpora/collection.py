"""Every corpus of a workspace, read and checked together: against each other, the surveys, the calendar, the theory.

What one contract may say is in `corpus`. No file of `data/` is opened here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from surveys.contracts import Contradiction
from surveys.corpora.corpus import Corpus, contradictions
from surveys.questionnaire import Survey
from surveys.sources import Source
from theory_of_change.loading import Places, load
from theory_of_change.model import CodedTheme, TheoryOfChange
from theory_of_change.positions import Steps
from theory_of_change.problems import Problem, nearest_id, with_hint
from theory_of_change.programme import Period, Programme, Workspace

#: The fewest people a published count may stand for (Regole deontologiche, G.U. 14-1-2019 n. 11, art. 5).
FLOOR = 3
#: Blocks of the theory that a code may speak of: the chain of elements, its links and its assumptions.
SPOKEN_OF = (*TheoryOfChange.CHAIN, "links", "assumptions")


@dataclass(frozen=True)
class Collected:
    """One corpus with where its contract stands. The fingerprint changes with anything it says."""

    corpus: Corpus
    file: str
    places: Places
    fingerprint: str

    @property
    def id(self) -> str:
        return self.corpus.id


def read_corpora(
    workspace: Workspace,
    programme: Programme | None,
    theory: TheoryOfChange | None,
    sources: Mapping[str, Source],
    unread: Collection[str] = (),
) -> tuple[dict[str, Collected], list[Problem]]:
    """Every corpus that can be understood, by id, and everything wrong with any of them.

    `unread` are sources whose own file has errors: who refers to them is not to blame.
    """
    found: dict[str, Collected] = {}
    problems: list[Problem] = []
    for path in _contract_files(workspace):
        loaded = load(Corpus, path, workspace.root)
        problems += loaded.problems
        if loaded.value is None:
            continue
        corpus, file = loaded.value, path.relative_to(workspace.root).as_posix()
        wrong = [
            *contradictions(corpus),
            *_about_the_file(corpus, path, {**sources, **found}),
            *_periods(corpus, programme),
            *_disclosure(corpus, programme),
            *_open_answers(corpus, sources, unread),
            *(_elements(corpus, theory) if theory else ()),
        ]
        problems += [Problem(code, loaded.places.at(*where), facts) for code, where, facts in wrong]
        found.setdefault(corpus.id, Collected(corpus, file, loaded.places, fingerprint(corpus)))
    return found, problems


def check_themes(
    theory: TheoryOfChange, places: Places, corpora: Mapping[str, Collected], tables: Collection[str]
) -> Iterator[Problem]:
    """Codes that indicators, tests, evidence and answers name, and no codebook has."""
    for path, name, source in _themes(theory):
        if source is None:
            known = {code.id for one in corpora.values() for code in one.corpus.codes}
            if name not in known and corpora:
                hint = {"name": name, "source": ", ".join(corpora)}
                yield Problem("theme-unknown", places.at(*path, "theme"), with_hint(hint, name, known))
        elif source in tables:
            yield Problem("theme-of-no-corpus", places.at(*path, "from"), {"source": source})
        elif source in corpora:
            known = [code.id for code in corpora[source].corpus.codes]
            if name not in known:
                facts = with_hint({"name": name, "source": source}, name, known)
                yield Problem("theme-unknown", places.at(*path, "theme"), facts)


def check_tests(theory: TheoryOfChange, places: Places, corpora: Mapping[str, Collected]) -> Iterator[Problem]:
    """Codes that an assumption names as its test, but that say of it neither for nor against: whatever is heard, the
    assumption gets no evidence from them."""
    codes = {(one.id, code.id): {about.element for about in code.about}
             for one in corpora.values() for code in one.corpus.codes}  # fmt: skip
    for number, assumption in enumerate(theory.assumptions):
        for place, test in enumerate(() if assumption.retired else assumption.test):
            if not isinstance(test, CodedTheme):
                continue
            named = {source: about for (source, code), about in codes.items()
                     if code == test.theme and test.source in (None, source)}  # fmt: skip
            if named and not any(assumption.id in about for about in named.values()):
                facts = {"name": test.theme, "assumption": assumption.id, "file": corpora[next(iter(named))].file}
                yield Problem("test-code-says-nothing", places.at("assumptions", number, "test", place), facts)


def _themes(theory: TheoryOfChange) -> Iterator[tuple[Steps, str, str | None]]:
    for number, indicator in enumerate(theory.indicators):
        if indicator.measure.theme:
            yield ("indicators", number, "measure"), indicator.measure.theme, indicator.measure.source
    for block, key in (("assumptions", "test"), ("links", "evidence"), ("evaluation_questions", "answered_by")):
        for number, entry in enumerate(getattr(theory, block)):
            for place, one in enumerate(getattr(entry, key, ())):
                if getattr(one, "theme", None):
                    yield (block, number, key, place), one.theme, one.source


def fingerprint(corpus: Corpus) -> str:
    said = corpus.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _contract_files(workspace: Workspace) -> Iterator[Path]:
    if workspace.interviews.is_dir():
        for path in sorted(workspace.interviews.iterdir()):
            if path.suffix in (".yml", ".yaml") and not path.name.startswith("."):
                yield path


def _about_the_file(corpus: Corpus, path: Path, others: Mapping[str, Source | Collected]) -> Iterator[Contradiction]:
    taken = {name.casefold(): one for name, one in others.items()}.get(corpus.id.casefold())
    if taken:
        yield Contradiction("source-twice", ("id",), {"name": corpus.id, "file": taken.file})
    if corpus.id != path.stem:
        yield Contradiction("source-file-name", ("id",), {"name": corpus.id, "file": path.name})


def _periods(corpus: Corpus, programme: Programme | None) -> Iterator[Contradiction]:
    names = [period.name for period in programme.calendar.periods] if programme else []
    for path, entry in corpus.dated():
        if entry.period is not None and not (entry.period in names if programme else _is_period(entry.period)):
            facts = with_hint({"name": entry.period}, entry.period, names)
            yield Contradiction("source-period-unknown", (*path, "period"), facts)
        if programme and entry.date and not programme.calendar.start <= entry.date <= programme.calendar.end:
            facts = {"start": str(programme.calendar.start), "end": str(programme.calendar.end)}
            yield Contradiction("document-outside-calendar", (*path, "date"), facts)


def _disclosure(corpus: Corpus, programme: Programme | None) -> Iterator[Contradiction]:
    """A corpus may show smaller groups than the programme does, down to the three of the law; not fewer, unless the
    whole programme does."""
    floor = min(FLOOR, programme.disclosure.smallest_group) if programme else FLOOR
    if corpus.disclosure and corpus.disclosure.smallest_group < floor:
        facts = {"found": str(corpus.disclosure.smallest_group), "least": str(floor)}
        yield Contradiction("corpus-group-below-floor", ("disclosure", "smallest_group"), facts)


def _is_period(name: str) -> bool:
    try:
        Period.named(name)
    except ValueError:
        return False
    return True


def _open_answers(corpus: Corpus, sources: Mapping[str, Source], unread: Collection[str]) -> Iterator[Contradiction]:
    listed = isinstance(corpus.open_answers, tuple)
    surveys = [name for name, source in sources.items() if isinstance(source.contract, Survey)]
    for number, answers in enumerate(corpus.answered):
        path: Steps = ("open_answers", number) if listed else ("open_answers",)
        if answers.survey in unread:
            continue
        if answers.survey not in surveys:
            facts = with_hint({"name": answers.survey}, answers.survey, surveys)
            yield Contradiction("answers-survey-unknown", (*path, "survey"), facts)
            continue
        table = sources[answers.survey].table
        texts = [column.name for column in table.columns if column.type == "text"]
        yield from _columns(answers.questions, texts, answers.survey, (*path, "questions"))
        grouping = [column.name for column in table.columns if column.type in ("category", "boolean", "integer")]
        yield from _columns(answers.group, grouping, answers.survey, (*path, "group"))


def _columns(names: Iterable[str], known: list[str], survey: str, path: Steps) -> Iterator[Contradiction]:
    for place, name in enumerate(names):
        if name not in known:
            facts = with_hint({"name": name, "source": survey}, name, known)
            code = "answers-question-unknown" if path[-1] == "questions" else "answers-group-unknown"
            yield Contradiction(code, (*path, place), facts)


def _elements(corpus: Corpus, theory: TheoryOfChange) -> Iterator[Contradiction]:
    known = [one.id for block in SPOKEN_OF for one in getattr(theory, block)]
    for path, about in corpus.claims():
        if about.element not in known:
            hint = nearest_id(about.element, known)
            facts = {"name": about.element, **({"hint": hint} if hint else {})}
            yield Contradiction("about-unknown", (*path, "element"), facts)
