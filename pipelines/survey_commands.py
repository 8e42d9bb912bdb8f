"""`sestante survey`: a contract drafted from a form, and a contract compared with the form as it is now.

What the commands do is in `surveying`; sentences are in `speech.yml`.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands import everywhere, option, sestante
from pipelines.usage import Caller, Spoken, SpokenGroup, WrongUsage
from theory_of_change.problems import Place, nearest

if TYPE_CHECKING:
    from pipelines.surveying import Difference
    from surveys.drafting.forms import Form
    from surveys.sources import Source

_MOST_INDICATORS = 8


@sestante.group("survey", cls=SpokenGroup)
@everywhere
def survey() -> None:
    """Contracts that write themselves, and questionnaires that change."""


@survey.command("new", cls=Spoken)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@option("--from-limesurvey", "number", type=click.IntRange(min=1), metavar="ID")
@option("--id", "name", metavar="ID")
@option("--sheet", metavar="NAME")
@option("--output", type=click.Path(path_type=Path), metavar="FILE")
@everywhere
@click.pass_obj
def new(
    caller: Caller, file: Path | None, number: int | None, name: str | None, sheet: str | None, output: Path | None
) -> None:
    from pipelines.surveying import draft, form_of_file, write_draft

    if (file is None) == (number is None):
        raise WrongUsage("usage.survey-origin")
    is_shown = output is not None and output.as_posix() == "-"
    workspace = None if is_shown and number is None else caller.workspace
    form = _on_server(caller, number, Place("--from-limesurvey")) if number else form_of_file(file, sheet)
    id, text = draft(form, name, caller.language)
    if is_shown:
        click.echo(text, nl=False)
        return
    path = write_draft(workspace, id, text, output)
    shown = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path
    click.echo(caller.say("survey.drafted", path=shown, n=len(form.asked), languages=", ".join(form.languages)))
    click.echo(caller.say("survey.next-pull" if number else "survey.next", path=shown, id=id))


@survey.command("diff", cls=Spoken)
@click.argument("source", metavar="SOURCE")
@option("--against", metavar="FILE|limesurvey")
@option("--format", "form", type=click.Choice(("text", "json")), metavar="text|json", default="text")
@everywhere
@click.pass_obj
def diff(caller: Caller, source: str, against: str | None, form: str) -> int:
    from pipelines.changed_forms import remember
    from pipelines.project import read_project
    from pipelines.surveying import as_data, differences, lines_to_write
    from surveys.drafting.writing import contract_of

    project = read_project(caller.workspace)
    surveys = [name for name, one in project.sources.items() if one.table.kind == "survey" and not one.merged]
    if source in project.sources and project.sources[source].merged:
        raise WrongUsage("usage.diff-merged", found=source, choices=", ".join(project.sources[source].table.parts))
    if source not in surveys:
        hint = nearest(source, surveys)
        raise WrongUsage("usage.no-survey", found=source, choices=", ".join(surveys), hint=hint)
    now = _form_now(caller, project.sources[source], against)
    contract = contract_of(now, source)
    found = differences(project, project.sources[source], contract, caller.language)
    if against in (None, "limesurvey") or project.sources[source].contract.limesurvey is None:
        remember(caller.workspace, source, contract)  # what the questionnaire is now: landing holds to it
    if form == "json":
        click.echo(json.dumps(as_data(found, caller.language, caller.say), ensure_ascii=False, indent=2))
    elif not found:
        click.echo(caller.say("survey.same", source=source, origin=now.origin))
    else:
        click.echo(caller.say("survey.differs", source=source, origin=now.origin, n=len(found)))
        for one in found:
            _tell(one, caller)
        lines = list(lines_to_write(found, dt.date.today().isoformat()))
        if lines:
            click.echo("\n" + caller.say("survey.decide", file=project.sources[source].file))
            click.echo("\n".join(lines))
    return 1 if any(one.is_open for one in found) else 0


def _on_server(caller: Caller, number: int, place: Place) -> Form:
    from pipelines.changed_forms import form_on_server
    from surveys.limesurvey.account import account_of
    from surveys.limesurvey.client import RemoteControl

    with RemoteControl(account_of(caller.workspace)) as server:
        return form_on_server(server, number, place)


def _form_now(caller: Caller, source: Source, against: str | None) -> Form:
    """The questionnaire to compare with: the file named, else the live survey of the contract."""
    from pipelines.surveying import form_of_file

    live = source.contract.limesurvey
    if against not in (None, "limesurvey"):
        return form_of_file(Path(against))
    if live is None:
        raise WrongUsage("usage.survey-against", found=source.table.id)
    return _on_server(caller, live.survey, source.places.at("limesurvey", "survey"))


def _tell(one: Difference, caller: Caller) -> None:
    """One difference: what changed, what it does, whom it touches, what was decided."""
    change = one.change
    at = f"{change.header}[{change.item}]" if change.item else change.header
    what = caller.say(f"survey.change.{change.kind}", at=at, before=change.before, after=change.after)
    click.echo(f"\n{caller.say(f'survey.severity.{change.severity}')}: {what}")
    click.echo(f"  {caller.say(f'survey.effect.{change.kind}')}")
    if one.indicators:
        names = ", ".join(indicator.id for indicator in one.indicators[:_MOST_INDICATORS])
        more = len(one.indicators) - _MOST_INDICATORS
        names += f", … (+{more})" if more > 0 else ""
        click.echo(f"  {caller.say('survey.indicators', names=names)}")
    if one.decision:
        facts = {"on": one.decision.on.isoformat(), "by": one.decision.by}
        click.echo(f"  {caller.say(f'survey.decided.{one.decision.decision}', **facts)}")
