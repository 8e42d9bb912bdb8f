"""What a format cannot carry of a programme, and what has to be completed by hand, told as Markdown.

One entry for each kind of thing, only where the programme has any. Writing the formats belongs to their own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pipelines.exchange.cids import outcomes_of, told_values
from pipelines.exchange.iati import Reporter, dated_targets, is_sdg, measure_code, results_of
from pipelines.exchange.subject import Subject
from pipelines.exchange.wording import word
from reports.shown import escaped

_MOST_NAMES = 60
NAMES = {"xlsx": "XLSX", "iati": "IATI 2.03", "cids": "CIDS (Basic)", "qdc": "REFI-QDA (.qdc)"}


@dataclass(frozen=True)
class Loss:
    """`kind` is the entry in `words.yml`; `names` are the ids concerned, `n` how many where they have none."""

    kind: str
    names: tuple[str, ...] = ()
    n: int = 0

    def line(self, language: str) -> str:
        what = word("losses", self.kind, language)
        named = ", ".join(self.names[:_MOST_NAMES]) + (", …" if len(self.names) > _MOST_NAMES else "")
        return word("not_carried", "n", language, what=what, n=named or self.n) if named or self.n else what


def losses(form: str, subject: Subject, language: str) -> list[Loss]:
    """Everything `form` leaves out of this programme, in the order of the theory."""
    own = {"xlsx": _xlsx, "iati": _iati, "cids": _cids}[form]
    found = [*_values(subject, form), *own(subject), *_always(subject)]
    if form == "cids" and _other_languages(subject, language):
        found.append(Loss("languages", _other_languages(subject, language)))
    return [loss for loss in found if loss.names or loss.n or loss.kind == "unpublished"]


def to_complete(form: str, subject: Subject, reporter: Reporter) -> list[str]:
    """What the format requires and nobody has said yet, as keys of `words.yml`."""
    missing = []
    if form == "iati":
        missing += [key for key, given in (("organisation_id", reporter.id), ("organisation_type", reporter.type))
                    if not given]  # fmt: skip
    if form in ("iati", "cids") and subject.programme.organisation is None:
        missing.append("organisation")
    return missing


def as_markdown(form: str, file: str, found: Iterable[Loss], missing: Iterable[str]) -> str:
    """The list in Italian and in English, one below the other."""
    parts = []
    for language in ("it", "en"):
        lines = [f"# {escaped(word('not_carried', 'title', language, file=file))}", ""]
        told = [f"- {escaped(loss.line(language))}" for loss in found]
        lead = word("not_carried", "lead", language, format=NAMES[form])
        lines += [escaped(lead), "", *told] if told else [word("not_carried", "nothing", language)]
        if completing := [f"- {escaped(word('complete', key, language))}" for key in missing]:
            lines += ["", f"## {word('not_carried', 'complete', language)}", "", *completing]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _ids(blocks: Iterable) -> tuple[str, ...]:
    return tuple(block.id for block in blocks if block.id)


def _values(subject: Subject, form: str) -> Iterator[Loss]:
    if subject.values is None:
        yield Loss("unpublished")
        return
    yield Loss("outdated", subject.outdated)
    yield Loss("suppressed", _whose(subject, lambda value: value.status == "suppressed"))
    if form == "xlsx":
        yield Loss("std_errors", n=sum(value.ci_low is not None for value in subject.values))
        return
    ok = [value for value in subject.values if value.status == "ok"]
    yield Loss("no_data", _whose(subject, lambda value: value.status in ("no_data", "not_computable")))
    finest = {(v.indicator, v.period.name) for one in subject.indicators for v in subject.finest(one)}
    yield Loss("longer_periods", n=sum((value.indicator, value.period.name) not in finest for value in ok))
    yield Loss("uncertainty", _whose(subject, lambda value: value.ci_low is not None))
    if form == "cids":
        carried = sum(len(told_values(subject, one)) for one in subject.indicators)
        yield Loss("categories", n=sum(bool(v.cut) for one in subject.indicators for v in subject.finest(one)
                                       if v.status == "ok") if carried or ok else 0)  # fmt: skip


def _whose(subject: Subject, chosen: Callable) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.indicator for value in subject.values or () if chosen(value)))


def _xlsx(subject: Subject) -> Iterator[Loss]:
    theory = subject.theory
    yield Loss("baseline_unknown", subject.unknown_starts)
    details = ("for_", "responsible", "planned", "phase", "term", "modality", "contributor", "resource", "note")
    yield Loss("element_details", tuple(one.id for elements in subject.elements.values() for one in elements
                                        if any(getattr(one, name, None) for name in details)))  # fmt: skip
    yield Loss("link_details", tuple(link.id for link in theory.links if link.lag or link.strength_of_evidence
                                     or link.evidence or link.necessity != "unknown"))  # fmt: skip
    yield Loss("assumption_details", _ids(theory.assumptions))
    yield Loss("indicator_fine", tuple(one.id for one in theory.indicators if one.population or one.scale
                                       or one.disclosure or one.aggregation))  # fmt: skip
    yield Loss("areas", _ids(theory.areas))


def _iati(subject: Subject) -> Iterator[Loss]:
    theory = subject.theory
    yield Loss("baseline_unknown", subject.unknown_starts)
    for level in ("need", "input", "activity"):
        measured = {name for name, _ in results_of(subject)}
        yield Loss(f"{level}s" if level != "activity" else "activities",
                   tuple(one.id for one in subject.elements[level] if one.id not in measured))  # fmt: skip
    told = dict(results_of(subject))
    results = [one.id for level in ("output", "outcome", "impact") for one in subject.elements[level]]
    shared = {name for indicator in subject.indicators.values() for name in indicator.measures}
    yield Loss("unmeasured", tuple(one for one in results if one not in told and one not in shared))
    yield Loss("other_elements", tuple(one for one in results if one not in told and one in shared))
    yield from _chain(subject)
    yield Loss("indicator_details", tuple(subject.indicators))
    qualitative = {one.id for one in subject.indicators.values() if measure_code(subject, one) == "5"}
    yield Loss("qualitative", _whose(subject, lambda value: value.status == "ok" and value.indicator in qualitative))
    yield Loss("target_operators", tuple(dict.fromkeys(
        t.indicator for t in theory.targets if t.operator in ("<=", "between"))))  # fmt: skip
    yield Loss("target_outside", tuple(dict.fromkeys(
        t.indicator for one in subject.indicators for p, t in dated_targets(subject, one) if p is None)))  # fmt: skip
    yield Loss("approx", tuple(dict.fromkeys(t.indicator for t in theory.targets if t.approx)))
    yield Loss("element_references", tuple(
        one.id for elements in subject.elements.values() for one in elements
        if any(not is_sdg(at.vocabulary) or at.code.count(".") > 1 for at in one.references)))  # fmt: skip
    yield Loss("areas", _ids(theory.areas))


def _cids(subject: Subject) -> Iterator[Loss]:
    theory = subject.theory
    for level, kind in (("need", "needs"), ("input", "inputs"), ("activity", "activities"), ("output", "outputs")):
        yield Loss(kind, _ids(subject.elements[level]))
    yield Loss("levels", _ids(subject.elements["impact"]) if outcomes_of(subject) else ())
    yield from _chain(subject)
    yield Loss("indicator_details", tuple(subject.indicators))
    yield Loss("baselines", tuple(dict.fromkeys(one.indicator for one in theory.baselines)))
    yield Loss("targets", tuple(dict.fromkeys(one.indicator for one in theory.targets)))
    blocks = [*(one for elements in subject.elements.values() for one in elements), *theory.indicators]
    yield Loss("references", tuple(one.id for one in blocks if one.references))
    yield Loss("areas", tuple(area.id for area in theory.areas if area.kind != "thematic_area"))


def _chain(subject: Subject) -> Iterator[Loss]:
    yield Loss("links", _ids(subject.theory.links))
    yield Loss("assumptions", _ids(subject.theory.assumptions))


def _always(subject: Subject) -> Iterator[Loss]:
    theory = subject.theory
    yield Loss("stakeholders", _ids(theory.stakeholders))
    yield Loss("risks", _ids(theory.risks))
    yield Loss("milestones", _ids(theory.milestones))
    yield Loss("evaluation_questions", _ids(theory.evaluation_questions))
    yield Loss("evaluations", _ids(theory.evaluations))
    yield Loss("contribution_claims", _ids(theory.contribution_claims))
    yield Loss("published_figures", tuple(one.id or one.source.within(subject.language)
                                          for one in theory.published_figures))  # fmt: skip
    yield Loss("retired", subject.retired)


def _other_languages(subject: Subject, language: str) -> tuple[str, ...]:
    blocks = [*(one.statement for elements in subject.elements.values() for one in elements),
              *(one.title for one in subject.theory.indicators)]  # fmt: skip
    return tuple(dict.fromkeys(one for text in blocks for one in text.languages if one != language))
