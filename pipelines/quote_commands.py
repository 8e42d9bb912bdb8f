"""`sestante quotes`: for whoever chooses and masks quotes, every coded passage with its state, on their own terminal.

Reads the working store, not what is published. Without `--text` no word of an interview is printed; with it, the words
of passages whose documents may be quoted, what identifies somebody between ⟦ and ⟧. Sentences are in `speech.yml`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from pipelines.commands import everywhere, option, sestante
from pipelines.usage import Caller, Spoken, WrongUsage
from theory_of_change.problems import Place, Problem, ProblemsFound, nearest

if TYPE_CHECKING:
    from surveys.corpora.collection import Collected
    from surveys.corpora.corpus import Corpus
    from surveys.corpora.mask_tables import Mask
    from surveys.corpora.quoting import Chosen, Judged, Meanings


@sestante.command("quotes", cls=Spoken)
@click.argument("source", metavar="[SOURCE]", required=False)
@option("--text", "with_text", is_flag=True)
@everywhere
@click.pass_obj
def quotes(caller: Caller, source: str | None, with_text: bool) -> None:
    from pipelines.project import read_project
    from pipelines.quoting import judged_passages, masks_of, meanings_of
    from surveys.corpora.quote_contracts import Quotes
    from surveys.corpora.quoting import choose
    from warehouse.connections import connect

    project = read_project(caller.workspace)
    known = list(project.corpora)
    if source is not None and source not in known:
        raise WrongUsage("usage.no-corpus", found=source, choices=", ".join(known) or "-", hint=nearest(source, known))
    if not known:
        raise WrongUsage("usage.no-corpora")
    database = caller.workspace.impact_database
    if not database.is_file():
        raise ProblemsFound([Problem("quotes-nothing-landed", Place("warehouse"))])
    with connect(database, read_only=True) as connection:
        for name in [source] if source else known:
            one = project.corpora[name]
            masks = masks_of(caller.workspace, one.corpus)
            judged = judged_passages(connection, one.corpus, masks)
            meanings = meanings_of(one.corpus)
            chosen, _ = choose(judged, one.corpus.quotes or Quotes(), meanings)
            click.echo("\n".join(_lines(one, masks, judged, chosen, meanings, caller, with_text)))


def _lines(
    one: Collected, masks: Sequence[Mask], judged: Sequence[Judged], chosen: Sequence[Chosen], meanings: Meanings,
    caller: Caller, with_text: bool,
) -> Iterator[str]:  # fmt: skip
    corpus = one.corpus
    states = Counter(_state(own, chosen) for own in judged)
    counts = {name: states[name] for name in ("chosen", "passes", "blocked")}
    yield caller.say("quotes.head", source=corpus.id, n=len(judged), **counts)
    if corpus.quotes is None:
        yield "  " + caller.say("quotes.no-block", file=one.file)
    for own in sorted(judged, key=lambda own: (own.passage.code, own.passage.document.id, own.passage.start)):
        yield from _passage(own, chosen, meanings, caller, with_text)
    yield from _unused(masks, corpus, judged, caller)
    if any("identifying" in own.reasons for own in judged):
        table = corpus.quotes.masks.table if corpus.quotes and corpus.quotes.masks else "masks.csv"
        said = "quotes.see-text" if not with_text else "quotes.how-to-mask" if masks else "quotes.how-to-begin-masking"
        yield "  " + caller.say(said, file=one.file, table=f"data/{corpus.id}/{table}", name=table)


def _state(own: Judged, chosen: Sequence[Chosen]) -> str:
    return "chosen" if any(one.judged is own for one in chosen) else "passes" if own.passes else "blocked"


def _passage(
    own: Judged, chosen: Sequence[Chosen], meanings: Meanings, caller: Caller, with_text: bool
) -> Iterator[str]:
    passage = own.passage
    ways = [caller.say(f"quotes.{direction}", element=element) for element, direction in meanings[passage.code]]
    yield "  " + caller.say(
        f"quotes.{_state(own, chosen)}", sign=passage.sign, code=passage.code, document=passage.document.id,
        start=passage.start, end=passage.end, about="; ".join(ways) or "–",
    )  # fmt: skip
    for reason in own.reasons:
        kinds = Counter(mark.kind for mark in own.marks)
        said = ", ".join(f"{caller.say(f'quotes.mark-{kind}')} {n}" for kind, n in kinds.items())
        yield "      " + caller.say(f"quotes.because-{reason}", kinds=said, words=passage.words)
    if with_text and "consent" not in own.reasons:
        yield f"      {own.text or _marked(own)}"


def _marked(own: Judged) -> str:
    parts, at = [], 0
    for mark in (one for one in own.marks if one.end <= len(own.seen)):
        parts += [own.seen[at : mark.start], "⟦", own.seen[mark.start : mark.end], "⟧"]
        at = mark.end
    return " ".join("".join([*parts, own.seen[at:]]).split())


def _unused(masks: Sequence[Mask], corpus: Corpus, judged: Sequence[Judged], caller: Caller) -> Iterator[str]:
    """Masks that stand in no passage: a mistake in writing leaves a name in sight. Told by their row in the table."""
    from surveys.corpora.masking import is_used

    raw = [own.passage.raw for own in judged if "consent" not in own.reasons]
    for mask in masks:
        if not any(is_used(mask.words, text) for text in raw):
            file = f"data/{corpus.id}/{corpus.quotes.masks.table}"
            yield "  " + caller.say("quotes.mask-unused", row=mask.row, file=file)
