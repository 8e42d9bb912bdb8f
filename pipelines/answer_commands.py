"""`sestante survey scales` and `sestante survey near`: the free scales, and codes that may be one person written twice.

What the commands do is in `surveys.scale_library` and `panels`; sentences are in `speech.yml`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from pipelines.commands import everywhere, option
from pipelines.survey_commands import survey
from pipelines.usage import Caller, Spoken, WrongUsage
from theory_of_change.problems import nearest


@survey.command("scales", cls=Spoken)
@option("--format", "form", type=click.Choice(("text", "json")), metavar="text|json", default="text")
@everywhere
@click.pass_obj
def scales(caller: Caller, form: str) -> None:
    click.echo(_as_json(caller) if form == "json" else "\n".join(_lines(caller)))


@survey.command("near", cls=Spoken)
@click.argument("source", metavar="SOURCE")
@everywhere
@click.pass_obj
def near(caller: Caller, source: str) -> None:
    from pipelines.merging import bring_together
    from pipelines.panels import has_own_codes, list_near_misses
    from pipelines.project import read_project
    from warehouse.store import open_warehouse

    project = read_project(caller.workspace).sound()
    known = [name for name, one in project.sources.items() if has_own_codes(one)]
    if source not in known:
        raise WrongUsage("usage.no-codes", found=source, choices=", ".join(known) or "–", hint=nearest(source, known))
    with open_warehouse(project.workspace) as warehouse:
        bring_together(warehouse, project.sources.values())
        count, path = list_near_misses(project.workspace, warehouse.connection, project.sources[source])
    click.echo(caller.say("near.written", n=count, path=path.relative_to(project.workspace.root)))


def _lines(caller: Caller) -> Iterator[str]:
    from surveys.scale_library import free_scales, left_out

    language = caller.language
    yield caller.say("scales.free")
    for name, scale in free_scales().items():
        low, high = (f"{end:g}" for end in scale.range)
        turned = ", ".join(map(str, scale.reverse))
        yield f"  {name}: {scale.title.within(language)}. {scale.measures.within(language)}."
        yield "    " + caller.say(
            "scales.items", n=scale.n_items, low=low, high=high, higher=scale.higher.within(language)
        )
        if turned:
            yield "    " + caller.say("scales.reversed", places=turned)
        score = caller.say(f"scales.{scale.score}", least=f"{scale.counts_from or 0:g}")
        yield "    " + (
            score if scale.times == 1 else caller.say("scales.times", score=score, times=f"{scale.times:g}")
        )
        yield f"    {caller.say('scales.missing')}: {scale.missing.within(language)}"
        if scale.cutoffs:
            yield f"    {scale.cutoffs.within(language)}"
        yield f"    {caller.say('scales.terms')}: {scale.terms.within(language)}"
        yield f"    {caller.say('scales.source')}: {scale.reference}"
        italian = scale.italian.within(language) if scale.italian else caller.say("scales.none-known")
        yield "    " + caller.say("scales.wording", where=scale.wording, italian=italian)
    yield caller.say("scales.left-out")
    for one in left_out():
        yield f"  {one.title}: {one.why.within(language)}"
    yield caller.say("scales.use")


def _as_json(caller: Caller) -> str:
    from surveys.scale_library import free_scales, left_out

    language = caller.language
    free = [
        {
            "id": name,
            "title": scale.title.within(language),
            "items": scale.n_items,
            "range": scale.range,
            "reverse": scale.reverse,
            "score": scale.score,
            "times": scale.times,
            "counts_from": scale.counts_from,
            "at_least": scale.at_least,
            "reference": scale.reference,
            "terms": scale.terms.within(language),
            "wording": scale.wording,
            "italian": scale.italian and scale.italian.within(language),
        }
        for name, scale in free_scales().items()
    ]
    out = [{"title": one.title, "why": one.why.within(language)} for one in left_out()]
    return json.dumps({"scales": free, "left_out": out}, ensure_ascii=False, indent=2)
