"""`sestante search`: words found in what is published, or in the transcripts for whoever works on them.

How words are compared is in `warehouse.searching`; sentences are in `speech.yml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipelines.commands import everywhere, option, sestante
from pipelines.tabular import FORMATS, rendered
from pipelines.usage import Caller, Spoken

if TYPE_CHECKING:
    from warehouse.searching import Hit

_COLUMNS = ("table_name", "key", "language", "excerpt", "score")


@sestante.command("search", cls=Spoken)
@click.argument("words", nargs=-1, required=True, metavar="WORDS…")
@option("--transcripts", is_flag=True)
@option("--limit", type=click.IntRange(min=1), metavar="N", default=20)
@option("--format", "form", type=click.Choice(FORMATS), metavar="|".join(FORMATS), default="table")
@everywhere
@click.pass_obj
def search(caller: Caller, words: tuple[str, ...], transcripts: bool, limit: int, form: str) -> None:
    from warehouse.searching import search_published, search_transcripts

    asked, workspace = " ".join(words), caller.workspace
    if transcripts:
        found = search_transcripts(workspace.impact_database, asked, caller.language, limit)
        click.echo(caller.say("search.transcripts"), err=True)
    else:
        found = search_published(workspace.published_database, asked, caller.language, limit)
    if found.hits and not found.has_all:
        click.echo(caller.say("search.some"), err=True)
    if form != "table":
        rows = [(hit.table, " / ".join(hit.key), hit.language, hit.excerpt, round(hit.score, 4)) for hit in found.hits]
        click.echo(rendered(_COLUMNS, rows, form))
        return
    for hit in found.hits:
        click.echo("\n".join(_lines(hit)))
    if not found.hits:
        click.echo(caller.say("search.nothing", words=asked))
    elif len(found.hits) == limit:
        click.echo(caller.say("search.more", n=limit), err=True)


def _lines(hit: Hit) -> list[str]:
    """Where it stands, as `query` would find it, and the excerpt with the found words in bold."""
    where = " / ".join(part for part in hit.key if part)
    return [click.style(f"{hit.table}: {where}", dim=True), f"  {_marked(hit)}"]


def _marked(hit: Hit) -> str:
    parts, here = [], 0
    for start, end in hit.marked:
        parts += [hit.excerpt[here:start], click.style(hit.excerpt[start:end], bold=True)]
        here = end
    return " ".join("".join([*parts, hit.excerpt[here:]]).split())
