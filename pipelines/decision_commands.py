"""`sestante decide`: what a person decides about an assumption, shown beside the evidence before it is written down.

Checking and writing are `deciding`'s; sentences are in `speech.yml`.
"""

from __future__ import annotations

import click

from pipelines.commands import everywhere, option, sestante
from pipelines.usage import Caller, Spoken


@sestante.command("decide", cls=Spoken)
@click.argument("assumption", metavar="ASSUMPTION")
@option("--status", required=True, metavar="untested|holding|doubtful|failed")
@option("--by", required=True, metavar="ROLE")
@option("--reason", "reasons", required=True, multiple=True, metavar="TEXT")
@option("--date", metavar="YYYY-MM-DD")
@option("--dry-run", is_flag=True)
@everywhere
@click.pass_obj
def decide(
    caller: Caller, assumption: str, status: str, by: str, reasons: tuple[str, ...], date: str | None, dry_run: bool
) -> None:
    import datetime as dt

    from pipelines.deciding import Asked, append, as_item, decision_of, joined_row
    from pipelines.joined_account import evidence_lines, heading
    from pipelines.project import read_project
    from theory_of_change.decisions import FILE

    project = read_project(caller.workspace).sound()
    row = joined_row(project.workspace.published_database, assumption)
    asked = Asked(assumption, status, by, reasons, date)
    decision = decision_of(project, asked, row, dt.date.today())
    click.echo(heading(project, assumption, caller.language))
    click.echo("\n" + caller.say("decide.evidence"))
    for line in evidence_lines(row, caller.language) if row else [f"  {caller.say('decide.no-evidence')}"]:
        click.echo(line)
    if row and row["proposed_status"] != decision.status:
        click.echo(caller.say("decide.other-than-proposed"))
    if not dry_run:
        append(project.workspace.root, decision)
    click.echo("\n" + caller.say("decide.would" if dry_run else "decide.written", path=FILE))
    click.echo("".join(f"  {line}\n" for line in as_item(decision).splitlines()).rstrip())
    if not dry_run:
        click.echo("\n" + caller.say("decide.next"))
