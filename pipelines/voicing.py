"""What voices are evidence for: codes of passages, harvested outcomes, stories, contribution claims, stated evidence.

Pure rules, one function for each kind of voice, each told which way it speaks and how strongly, and why. Rows of the
estimates are made in `evaluating`; `evidence` puts both into one table. Counts come from what has been counted already.

How strongly. Whoever writes the contract says how much a record would carry if nothing spoke against it; a rule may
lower that, never raise it. What few stand behind is `weak`, after "adequacy of data" in GRADE-CERQual (Lewin et al.
2018, Implementation Science 13, suppl. 1). `none` means: on the table, and no evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.corpora.corpus import About, Corpus, HarvestedOutcome, Story
from theory_of_change.model import ContributionClaim, Evidence, Text, TheoryOfChange

STRENGTHS = ("none", "weak", "moderate", "strong")
_OF_A_CHANGE = {"positive": "for", "negative": "against", "mixed": "mixed"}


@dataclass(frozen=True)
class Heard:
    """How many documents and people stand behind a voice, of how many documents; `is_shown` is False where disclosure
    control holds these counts back."""

    n_documents: int
    n_people: int
    n_documents_all: int
    is_shown: bool


class Corpora:
    """What has been counted in the corpora, as far as evidence needs it."""

    def __init__(self, heard: Mapping[tuple[str, str], Heard], people: Mapping[tuple[str, str], int],
                 least: Mapping[str, int]) -> None:  # fmt: skip
        """`heard` by corpus and code; `people` by corpus and document, for documents there is consent for; `least` is
        the smallest group of each corpus."""
        self.heard, self.people, self.least = heard, people, least

    def of_code(self, source: str, code: str) -> Heard | None:
        """None where nobody is heard saying it, or the whole corpus is smaller than the smallest group."""
        return self.heard.get((source, code))

    def of_documents(self, source: str, documents: Collection[str]) -> Heard | None:
        """None where documents are named and none of them may be used: without consent a record of them is none."""
        known = [self.people[source, one] for one in documents if (source, one) in self.people]
        if documents and not known:
            return None
        every = [number for (own, _), number in self.people.items() if own == source]
        return Heard(len(known), sum(known), len(every), bool(known) and sum(known) >= self.least.get(source, 1))


def at_most(declared: str, ceiling: str) -> str:
    """The weaker of two strengths."""
    return min(declared, ceiling, key=STRENGTHS.index)


def coded(corpus: Corpus, theory: TheoryOfChange, corpora: Corpora) -> Iterator[dict[str, Any]]:
    """Codes whose passages are there: one row for each thing of the theory a code speaks of.

    Direction and strength are those the codebook gives the code. Where disclosure control holds the counts back, the
    row itself stays, because a voice that few have raised must not vanish, least of all an adverse one: that a code
    occurs can be read in `themes` anyway, where 0 is shown and `suppressed` is not 0. It then is `weak` whatever the
    codebook says: what nobody may count nobody can weigh, and the fall tells no more than the missing count does. Of a
    corpus that is as a whole smaller than the smallest group there is no row: all of it would be about those few.
    """
    for code in corpus.codes:
        heard = corpora.of_code(corpus.id, code.id)
        if heard is None:
            continue
        for about in code.about:
            strength = about.strength if heard.is_shown else at_most(about.strength, "weak")
            yield {**_about(about, theory), **_of(corpus.id, "code", code.id, code.title, about.direction, strength),
                   **counts(heard)}  # fmt: skip


def harvested(corpus: Corpus, theory: TheoryOfChange, corpora: Corpora) -> Iterator[dict[str, Any]]:
    """Harvested outcomes. Where the record does not say which way it speaks, a positive change speaks for, a negative
    one against. How strongly is for those who substantiate it: see `strength_of_outcome`."""
    for one in corpus.harvested_outcomes:
        heard = corpora.of_documents(corpus.id, one.documents)
        if heard is None:
            continue
        for about in one.about:
            strength = strength_of_outcome(one, about.strength)
            said = about.direction if "direction" in about.model_fields_set else _OF_A_CHANGE[one.change]
            direction = "none" if strength == "none" else said
            yield {**_about(about, theory),
                   **_of(corpus.id, "harvested_outcome", one.id, one.statement, direction, strength),
                   **counts(heard)}  # fmt: skip


def strength_of_outcome(one: HarvestedOutcome, declared: str) -> str:
    """What the verdicts of independent, knowledgeable persons leave of the declared strength: substantiation is what
    makes a harvested outcome credible (Wilson-Grau and Britt 2012, "Outcome Harvesting", step 5).

    Nobody has said anything yet: `weak`. All say it is so: as declared. Some of it only: `moderate` at most. Nobody
    bears it out and somebody says it is not so: `none`. They disagree: `weak`.
    """
    verdicts = {said.verdict for said in one.substantiation} - {"pending"}
    if not verdicts:
        return at_most(declared, "weak")
    if verdicts == {"not_substantiated"}:
        return "none"
    if "not_substantiated" in verdicts:
        return at_most(declared, "weak")
    return at_most(declared, "moderate") if "partly_substantiated" in verdicts else declared


def told(corpus: Corpus, theory: TheoryOfChange, corpora: Corpora) -> Iterator[dict[str, Any]]:
    """Stories of most significant change, as strong as panels made them: see `strength_of_story`."""
    for one in corpus.stories:
        heard = corpora.of_documents(corpus.id, [one.document] if one.document else [])
        if heard is None:
            continue
        for about in one.about:
            strength = strength_of_story(one, about.strength)
            yield {**_about(about, theory), **_of(corpus.id, "story", one.id, one.title, about.direction, strength),
                   **counts(heard)}  # fmt: skip


def strength_of_story(one: Story, declared: str) -> str:
    """A story is one person's until panels have chosen it, level by level, for reasons they give (Davies and Dart 2005,
    "The Most Significant Change Technique", steps 5 and 6). Chosen by no panel: `weak`; by one: `moderate` at most; by
    two or more: as declared. A story passed over stays: it was not denied, another was thought to say more."""
    chosen = sum(turn.chosen for turn in one.rounds)
    return at_most(declared, "weak" if not chosen else "moderate" if chosen == 1 else "strong")


def claimed(theory: TheoryOfChange) -> Iterator[dict[str, Any]]:
    """Contribution claims, for each link they are about: see `verdict_of`."""
    for claim in theory.contribution_claims:
        if claim.retired is None:
            direction, strength = verdict_of(claim)
            for link in dict.fromkeys(claim.links):
                yield {**_on(link_id=link),
                       **_of(theory.theory.id, "contribution_claim", claim.id, claim.claim, direction, strength),
                       **counts(None)}  # fmt: skip


def verdict_of(claim: ContributionClaim) -> tuple[str, str]:
    """Direction and strength of a contribution claim, after Mayne (2008, ILAC Brief 16; 2019): a claim stands on a
    chain that was tested and on other explanations that were looked at, not on how many share it.

    Without a verdict it is a claim, and evidence of nothing. `direction` and `strength` say what the verdict says;
    where it gives no direction, that is the side of the evidence listed, `mixed` with some on both. A strength nobody
    gave is `weak`, and so is at most a claim that names no other explanation.
    """
    if claim.verdict is None:
        return "none", "none"
    sides = [side for side, said in (("for", claim.evidence_for), ("against", claim.evidence_against)) if said]
    direction = claim.direction or ("mixed" if len(sides) == 2 else sides[0] if sides else "none")
    strength = claim.strength or "weak"
    if not claim.alternatives:
        strength = at_most(strength, "weak")
    return direction, "none" if direction == "none" else strength


def stated(theory: TheoryOfChange, titles: Mapping[tuple[str, str], Text]) -> Iterator[dict[str, Any]]:
    """Evidence that links of the theory name. `titles` are those of codes, by corpus and code.

    Direction and strength are the entry's own. Where it gives no strength, the link's `strength_of_evidence` holds;
    where it gives no direction, it speaks for the link if any strength was granted, because that is what a grade of
    evidence on a link means (Davies 2018, "Representing theories of change"), and else says nothing.
    """
    for link in theory.links:
        if link.retired:
            continue
        for number, entry in enumerate(link.evidence, start=1):
            own = entry if isinstance(entry, Evidence) else Evidence.model_construct()
            strength = own.strength or link.strength_of_evidence or "none"
            direction = own.direction or ("none" if strength == "none" else "for")
            if isinstance(entry, Evidence):
                reference = entry.figure or entry.indicator or entry.evaluation or entry.theme
                source = entry.source or theory.theory.id
                title = titles.get((source, reference))
            else:
                source, reference, title = theory.theory.id, f"{link.id}.{number}", entry
            yield {**_on(link_id=link.id), **_of(source, "stated", reference, title, direction, strength),
                   **counts(None)}  # fmt: skip


def _about(about: About, theory: TheoryOfChange) -> dict[str, str | None]:
    if about.element in {one.id for one in theory.links}:
        return _on(link_id=about.element)
    if about.element in {one.id for one in theory.assumptions}:
        return _on(assumption_id=about.element)
    return _on(element_id=about.element)


def _on(**what: str) -> dict[str, str | None]:
    return {"element_id": None, "link_id": None, "assumption_id": None, **what}


def _of(source: str, kind: str, reference: str, title: Text | None, direction: str, strength: str) -> dict[str, Any]:
    words = {f"title_{one}": title.within(one, "it", "en") if title else None for one in ("it", "en")}
    return {"source": source, "kind": kind, "direction": direction, "strength": strength, "reference": reference,
            **words}  # fmt: skip


def counts(heard: Heard | None) -> dict[str, Any]:
    """Counts of a voice; `status` tells those held back from those that no corpus could give."""
    if heard is None or not heard.n_documents:
        return {"n_documents": None, "n_people": None, "n_documents_all": None, "status": "ok"}
    shown = {"n_documents": heard.n_documents, "n_people": heard.n_people, "n_documents_all": heard.n_documents_all}
    return {**shown, "status": "ok"} if heard.is_shown else {**dict.fromkeys(shown), "status": "suppressed"}


def once(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows, each element, source, kind and reference once: what a record says twice of one thing is `mixed` where
    the two differ, and as strong as the stronger."""
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in ("element_id", "link_id", "assumption_id", "source", "kind", "reference"))
        before = found.get(key)
        if before is not None:
            differ = before["direction"] != row["direction"]
            row = {**row, "direction": "mixed" if differ else row["direction"],
                   "strength": max(before["strength"], row["strength"], key=STRENGTHS.index)}  # fmt: skip
        found[key] = row
    return list(found.values())
