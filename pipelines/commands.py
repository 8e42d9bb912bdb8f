"""The commands of `sestante`: what each asks for, which function answers, and how the answer is printed.

Sentences are in `speech.yml`, mistakes in the catalogue. Dagster, Great Expectations and statsmodels load only inside
the commands that need them; what follows from an exception is decided in `cli`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.tabular import FORMATS, rendered
from pipelines.usage import LANGUAGES, Caller, Option, Spoken, SpokenGroup, WrongUsage
from theory_of_change.problems import Problem, ProblemsFound, errors, in_order, nearest
from theory_of_change.programme import Workspace

if TYPE_CHECKING:
    from pipelines.forgetting import Forgotten
    from pipelines.landing import Landed
    from pipelines.project import Project
    from pipelines.pulling import Outcome
    from surveys.deliveries import Delivery
    from surveys.sources import Source
    from warehouse.loads import Load

_MOST_REFUSALS = 20
_MOST_COLUMNS = 80


class QualityStopped(Exception):
    """A blocking quality rule is broken and nothing was published. All there is to say about it has been said."""


# What every command takes --------------------------------------------------------------------------------------------


def everywhere(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options that may stand before or after the name of every command."""

    def remember(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
        if value is not None:
            ctx.find_object(Caller).folder = value

    folder = click.option("--workspace", cls=Option, type=click.Path(path_type=Path), metavar="DIR", callback=remember,
                          expose_value=False)  # fmt: skip
    language = click.option("--language", cls=Option, type=click.Choice(LANGUAGES), metavar="it|en", expose_value=False)
    return folder(language(command))


def option(*names: str, **how: Any) -> Callable[..., Any]:
    return click.option(*names, cls=Option, **how)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"sestante {metadata.version('sestante')}")
        ctx.exit()


@click.group("sestante", cls=SpokenGroup, no_args_is_help=False, invoke_without_command=True)
@everywhere
@option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version)
@click.pass_context
def sestante(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


# Writing the theory --------------------------------------------------------------------------------------------------


@sestante.command("new", cls=Spoken)
@click.argument("folder", metavar="DIR", required=False, type=click.Path(path_type=Path))
@option("--from", "example", metavar="EXAMPLE")
@everywhere
@click.pass_obj
def new(caller: Caller, folder: Path | None, example: str | None) -> None:
    from pipelines.starting import examples, is_free, make_workspace

    known = examples()
    if example is not None and example not in known:
        hint = nearest(example, known)
        raise WrongUsage("usage.no-example", found=example, choices=", ".join(known), hint=hint)
    if folder is None:
        click.echo(caller.say("new.examples"))
        for name, title in known.items():
            click.echo(f"  {name}  {title.get(caller.language, name)}")
        return
    if not is_free(folder):
        raise WrongUsage("usage.not-empty", folder=folder)
    made = make_workspace(folder, example)
    click.echo(caller.say("new.made", folder=made))
    click.echo(caller.say("new.next", folder=folder))
    if example is None:
        click.echo(caller.say("new.elsewhere"))
        for name, title in known.items():
            click.echo(f"  --from {name}  {title.get(caller.language, name)}")


@sestante.command("check", cls=Spoken)
@option("--format", "form", type=click.Choice(("text", "json")), metavar="text|json", default="text")
@option("--rules", is_flag=True)
@option("--schemas", is_flag=True)
@everywhere
@click.pass_obj
def check(caller: Caller, form: str, rules: bool, schemas: bool) -> int:
    from pipelines.checking import check_json, check_text, rules_json, rules_text, usage_json
    from pipelines.comparing import unversioned
    from pipelines.deciding import stale_decisions
    from pipelines.project import read_project
    from pipelines.withdrawn import withdrawn

    if rules:
        click.echo(rules_json(caller.language) if form == "json" else rules_text(caller.language))
        return 0
    if schemas:
        from pipelines.starting import bring_schemas

        bring_schemas(caller.workspace.root)
    try:
        workspace = caller.workspace
    except WrongUsage as wrong:
        if form == "json":  # a program reads the answer, and nobody reads what is said beside it
            click.echo(usage_json(caller.say(wrong.key, **wrong.facts)))
        raise
    project = read_project(workspace, against_data=True)
    told = [*project.problems, *unversioned(project), *withdrawn(project), *stale_decisions(project)]
    project = replace(project, problems=tuple(in_order(told)))
    click.echo(check_json(project, caller.language) if form == "json" else check_text(project, caller.language))
    return 1 if project.errors else 0


# Landing data --------------------------------------------------------------------------------------------------------


@sestante.command("load", cls=Spoken)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--source", metavar="ID", required=True)
@option("--dry-run", is_flag=True)
@everywhere
@click.pass_obj
def load(caller: Caller, files: tuple[Path, ...], source: str, dry_run: bool) -> int:
    from pipelines.corpus_loading import corpus_called, load_files
    from pipelines.landing import land_file, rehearse

    if corpus := corpus_called(caller, source):
        return load_files(*corpus, files, caller, dry_run)
    project, chosen = _source(caller, source)
    if chosen.merged:
        raise WrongUsage("usage.load-merged", found=source, choices=", ".join(chosen.table.parts))
    problems: list[Problem] = []
    refused = 0

    def land_all(land: Callable[[Path], Landed]) -> None:
        nonlocal refused
        for file in files:
            try:
                landed = land(file)
            except ProblemsFound as found:
                problems.extend(found.problems)
                continue
            refused += len(_to_correct(landed.load))
            _tell_landing(landed, file, caller, dry_run)

    if dry_run:
        land_all(lambda file: rehearse(chosen, project.programme, file))
    else:
        from warehouse.identities import pseudonymise
        from warehouse.store import open_warehouse

        with open_warehouse(project.workspace) as warehouse:
            pseudonyms = pseudonymise(project.workspace)
            land_all(lambda file: land_file(warehouse, chosen, project.programme, pseudonyms, file))
    if problems:
        raise ProblemsFound(problems)
    return 1 if refused else 0


def _source(caller: Caller, name: str) -> tuple[Project, Source]:
    """The project and its source `name`. Only errors in the programme or in that source's contract are in the way."""
    from pipelines.project import read_project

    project = read_project(caller.workspace)
    own = {project.workspace.manifest.name, *(f"{folder}/{name}{end}" for folder in ("surveys", "registers")
                                              for end in (".yml", ".yaml"))}  # fmt: skip
    if wrong := [problem for problem in errors(project.problems) if problem.place.file in own]:
        raise ProblemsFound(wrong)
    if name in project.sources:
        return project, project.sources[name]
    if not project.sources:
        raise WrongUsage("usage.no-sources", found=name)
    known = ", ".join(project.sources)
    raise WrongUsage("usage.no-source", found=name, choices=known, hint=nearest(name, project.sources))


def _to_correct(load: Load) -> set[int]:
    """Rows this landing refused and somebody can put right; those without consent are as they should be."""
    as_they_should_be = ("no-consent", "forgotten", "preview", "left-out")
    return {refusal.row for refusal in load.refused if refusal.rule not in as_they_should_be}


def _tell_landing(landed: Landed, file: Path, caller: Caller, dry_run: bool) -> None:
    load, delivery = landed.load, landed.delivery
    state = "dry" if dry_run else load.status
    click.echo(caller.say(f"load.{state}", file=file, source=load.source))
    if state == "unchanged":
        if load.rows_refused:
            click.echo("  " + caller.say("load.refused-then", n=load.rows_refused, read=load.rows_read))
        return
    counts = {"read": load.rows_read, "accepted": load.rows_accepted, "superseded": load.rows_superseded,
              "refused": load.rows_refused}  # fmt: skip
    click.echo("  " + caller.say("load.counts-dry" if dry_run else "load.counts", **counts))
    if not dry_run and landed.kept.resolve() != file.resolve():
        click.echo("  " + caller.say("load.kept", path=landed.kept))
    if dry_run:
        _tell_mapping(delivery, caller)
    _tell_refusals(load, caller, "load.refused", "load.more-dry" if dry_run else "load.more")
    for note in (*delivery.notes, *landed.notes):
        click.echo(f"  {note.line(caller.language)}")


def _tell_mapping(delivery: Delivery, caller: Caller) -> None:
    """Which column of the file goes where, and how it was recognised; counts alone, never a value."""
    for one in delivery.mapped[:_MOST_COLUMNS]:
        to = one.columns[0] if len(one.columns) == 1 else f"{one.columns[0]} … {one.columns[-1]}"
        facts = {"position": one.position, "header": one.header, "name": to, "n": one.filled}
        kind, way = caller.say(f"type.{one.type}"), caller.say(f"load.by-{one.way}")
        click.echo("  " + caller.say("load.mapped", **facts, type=kind, way=way))
        if one.refused:
            click.echo("    " + caller.say("load.mapped-refused", n=one.refused))
    if len(delivery.mapped) > _MOST_COLUMNS:
        click.echo("  " + caller.say("load.mapped-more", n=len(delivery.mapped) - _MOST_COLUMNS))


def _tell_refusals(load: Load, caller: Caller, each: str, rest: str) -> None:
    for refusal in load.refused[:_MOST_REFUSALS]:
        facts = {"row": refusal.row, "column": refusal.column, "rule": refusal.rule}
        what, remedy = refusal.what(caller.language).rstrip("."), refusal.remedy(caller.language)
        click.echo("  " + caller.say(each, **facts, what=what, remedy=remedy))
    more = len(load.refused) - _MOST_REFUSALS
    if more > 0:
        click.echo("  " + caller.say(rest, n=more))


@sestante.command("pull", cls=Spoken)
@click.argument("names", metavar="[SOURCE...]", nargs=-1)
@option("--dry-run", is_flag=True)
@option("--accept-gone", is_flag=True)
@everywhere
@click.pass_obj
def pull(caller: Caller, names: tuple[str, ...], dry_run: bool, accept_gone: bool) -> int:
    from pipelines.project import read_project
    from pipelines.pulling import account_of, pull_sources, pullable, warnings_of

    project = read_project(caller.workspace)
    every = project.sources
    known = pullable(every)
    asked = {f"surveys/{name}{end}" for name in names for end in (".yml", ".yaml")}
    unread = [problem for problem in errors(project.problems) if problem.place.file.startswith("surveys/")]
    if unread and (not known or any(problem.place.file in asked for problem in unread)):
        raise ProblemsFound([problem for problem in unread if not names or problem.place.file in asked] or unread)
    if not known:
        raise WrongUsage("usage.no-limesurvey")
    for name in names:
        if name in every and every[name].merged:
            raise WrongUsage("usage.pull-merged", found=name, choices=", ".join(every[name].table.parts))
        if name not in known:
            hint = nearest(name, known)
            raise WrongUsage("usage.not-pullable", found=name, choices=", ".join(known), hint=hint)
    account = account_of(caller.workspace)
    for problem in warnings_of(account):
        click.echo(problem.line(caller.language), err=True)
    sources = []
    for name in dict.fromkeys(names or known):
        project, source = _source(caller, name)
        sources.append(source)
    refused = 0
    for outcome in pull_sources(project, sources, account, caller.language, dry_run, accept_gone):
        refused += len(_to_correct(outcome.load)) if outcome.load else 0
        _tell_pull(outcome, caller)
    if unread and not names:
        raise ProblemsFound(unread)  # what was meant to be pulled and cannot be read is not passed over
    return 1 if refused else 0


def _tell_pull(outcome: Outcome, caller: Caller) -> None:
    click.echo(caller.say(f"pull.{outcome.state}", source=outcome.source, survey=outcome.survey))
    counts = outcome.counts
    if outcome.state == "dry":
        click.echo("  " + caller.say("pull.counts-dry", complete=counts.complete, incomplete=counts.incomplete,
                                     new=outcome.n_new, gone=outcome.n_gone))  # fmt: skip
    elif load := outcome.load:
        click.echo("  " + caller.say("pull.counts", read=load.rows_read, accepted=load.rows_accepted,
                                     superseded=load.rows_superseded, gone=load.rows_gone, refused=load.rows_refused,
                                     incomplete=counts.incomplete))  # fmt: skip
        _tell_refusals(load, caller, "pull.refused", "load.more")
    if outcome.refused_before:
        click.echo("  " + caller.say("pull.refused-before", n=outcome.refused_before))
    if counts.incomplete and outcome.state != "dry" and not outcome.keeps_incomplete:
        click.echo("  " + caller.say("pull.incomplete", n=counts.incomplete))
    if counts.invited is not None:
        click.echo("  " + caller.say("pull.invited", invited=counts.invited, done=counts.invited_complete or 0))
    for note in outcome.notes:
        click.echo(f"  {note.line(caller.language)}")
    for other in outcome.others:
        _tell_landing(other, other.kept, caller, dry_run=False)


# The whole way -------------------------------------------------------------------------------------------------------


@sestante.command("run", cls=Spoken)
@option("--period", metavar="P")
@option("--full", is_flag=True)
@everywhere
@click.pass_obj
def run(caller: Caller, period: str | None, full: bool) -> None:
    from pipelines.project import read_project
    from pipelines.summary import summary

    project = read_project(caller.workspace).sound()
    if period is not None:
        _period(project, period)
    from pipelines.comparing import unversioned
    from pipelines.running import run_whole_way

    for problem in unversioned(project):
        click.echo(problem.line(caller.language), err=True)
    outcome = run_whole_way(project, caller.language, period, full)
    click.echo(summary(outcome, caller.language))
    if outcome.blocked:
        raise QualityStopped


@sestante.command("report", cls=Spoken)
@option("--period", metavar="P", required=True)
@option("--profile", metavar="NAME")
@option("--format", "formats", metavar="html,pdf,docx")
@everywhere
@click.pass_obj
def report(caller: Caller, period: str, profile: str | None, formats: str | None) -> None:
    from pipelines.project import read_project
    from pipelines.reporting import FORMATS as REPORT_FORMATS
    from pipelines.reporting import languages_of, profiles_of, write_report
    from pipelines.summary import package_lines

    project = read_project(caller.workspace).sound()
    _period(project, period)
    known = profiles_of(project)
    if profile is not None and profile not in known:
        raise WrongUsage("usage.no-profile", found=profile, choices=", ".join(known), hint=nearest(profile, known))
    wanted = [part.strip().casefold() for part in formats.split(",")] if formats else list(REPORT_FORMATS)
    for one in wanted:
        if one not in REPORT_FORMATS:
            raise WrongUsage(
                "usage.no-format", found=one, choices=", ".join(REPORT_FORMATS), hint=nearest(one, REPORT_FORMATS)
            )
    for language in [caller.asked] if caller.asked else languages_of(project):
        package = write_report(project.workspace, period, profile or known[0], language, wanted)
        click.echo("\n".join(line.removeprefix("  ") for line in package_lines(package, caller.language)))


def _period(project: Project, name: str) -> None:
    known = [period.name for period in project.programme.calendar.periods]
    if name not in known:
        raise WrongUsage("usage.no-period", found=name, choices=", ".join(known), hint=nearest(name, known))


# Looking at numbers --------------------------------------------------------------------------------------------------


@sestante.command("verify", cls=Spoken)
@click.argument("package", metavar="PACKAGE", type=click.Path(path_type=Path))
@everywhere
@click.pass_obj
def verify(caller: Caller, package: Path) -> None:
    if not (package / "manifest.json").is_file():
        raise WrongUsage("usage.no-package", folder=package)
    from pipelines.reporting import verify_package

    n_files = verify_package(package)
    click.echo(caller.say("verify.sound", folder=package, n=n_files))


@sestante.command("explain", cls=Spoken)
@click.argument("indicator", metavar="INDICATOR")
@option("--period", metavar="P")
@everywhere
@click.pass_obj
def explain(caller: Caller, indicator: str, period: str | None) -> None:
    from pipelines.explaining import explanation
    from pipelines.project import read_project

    project = read_project(caller.workspace).sound()
    if project.indicator(indicator) is None:
        from pipelines.reconciling import figure_explanation
        from pipelines.tracing import traced

        if figure := figure_explanation(project, indicator, caller.language):
            click.echo(figure)
            return
        if past := traced(project.workspace.published_database, indicator, caller.language):
            click.echo(past.rstrip())
            return
        from pipelines.joined_account import element_account

        if said := element_account(project, indicator, caller.language):
            click.echo(said)
            return
        known = [one.id for one in project.theory.indicators]
        hint = nearest(indicator, known)
        raise WrongUsage("usage.no-indicator", found=indicator, choices=", ".join(known), hint=hint)
    if period is not None:
        _period(project, period)
    click.echo(explanation(project, indicator, period, caller.language))


@sestante.command("diff", cls=Spoken)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@option("--format", "form", type=click.Choice(("text", "json")), metavar="text|json", default="text")
@everywhere
@click.pass_obj
def diff(caller: Caller, old: str, new: str | None, form: str) -> None:
    from pipelines.comparing import Comparison, as_json, as_text, workspace_of
    from pipelines.sides import of_workspace, side

    around = caller.workspace if caller.folder or new is None else Workspace.around(Path.cwd())
    before = side(old, around)
    after = side(new, around) if new is not None else of_workspace(around, caller.say("diff.here"))
    comparison = Comparison(before, after, workspace_of(before, after, around))
    click.echo((as_json if form == "json" else as_text)(comparison, caller.language))


@sestante.command("query", cls=Spoken)
@click.argument("sql", metavar="SQL")
@option("--format", "form", type=click.Choice(FORMATS), metavar="|".join(FORMATS), default="table")
@everywhere
@click.pass_obj
def query(caller: Caller, sql: str, form: str) -> None:
    from warehouse.querying import query as ask

    click.echo(rendered(*ask(caller.workspace.published_database, sql), form))


# Other formats -------------------------------------------------------------------------------------------------------


@sestante.command("export", cls=Spoken)
@click.argument("form", metavar="FORMAT")
@option("--output", type=click.Path(path_type=Path), metavar="FILE")
@option("--organisation-id", metavar="ID", default="")
@option("--organisation-type", metavar="CODE", default="")
@everywhere
@click.pass_obj
def export(caller: Caller, form: str, output: Path | None, organisation_id: str, organisation_type: str) -> None:
    from datetime import date

    from pipelines.exchange.codebooks import export_codebooks
    from pipelines.exchange.exporting import FORMATS as EXCHANGED
    from pipelines.exchange.exporting import export as write
    from pipelines.exchange.iati import Reporter
    from pipelines.project import read_project

    if form not in EXCHANGED:
        choices = ", ".join(EXCHANGED)
        raise WrongUsage("usage.no-export", found=form, choices=choices, hint=nearest(form, EXCHANGED))
    if output is not None and output.is_dir():
        raise WrongUsage("usage.output-folder", folder=output)
    project = read_project(caller.workspace).sound()
    reporter = Reporter(organisation_id, organisation_type)
    if form == "qdc":
        every = export_codebooks(project, output, caller.asked)
    else:
        every = [write(project, form, output, caller.asked, reporter, date.today())]
    for done in every:
        click.echo(caller.say("export.written", path=done.path))
        if done.losses:
            click.echo(caller.say("export.losses", path=done.beside.name))
            click.echo("\n".join(f"  {loss.line(caller.language)}" for loss in done.losses))
        if done.missing:
            from pipelines.exchange.wording import word

            click.echo(caller.say("export.complete"))
            click.echo("\n".join(f"  {word('complete', key, caller.language)}" for key in done.missing))


@sestante.command("draw", cls=Spoken)
@option("--format", "formats", metavar="svg,png,mermaid,dot,html")
@option("--output", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE")
@option("--area", metavar="ID")
@option("--period", metavar="P")
@everywhere
@click.pass_obj
def draw(caller: Caller, formats: str | None, output: Path | None, area: str | None, period: str | None) -> None:
    from pipelines import drawing
    from pipelines.progress import Shown
    from pipelines.project import read_project

    to_stdout = output is not None and str(output) == "-"
    guessed = drawing.format_of(output) if output is not None else None
    wanted = [part.strip().casefold() for part in formats.split(",")] if formats else [guessed or "svg"]
    for one in wanted:
        if one not in drawing.FORMATS:
            known = ", ".join(drawing.FORMATS)
            raise WrongUsage("usage.no-format", found=one, choices=known, hint=nearest(one, drawing.FORMATS))
    if to_stdout and len(wanted) > 1:
        raise WrongUsage("usage.one-drawing")
    project = read_project(caller.workspace)
    drawing.check_theory(project)
    if period is not None:
        _period(project, period)
    areas = [one.id for one in project.theory.areas]
    if area is not None and area not in areas:
        known = ", ".join(areas) or "-"
        raise WrongUsage("usage.no-area", found=area, choices=known, hint=nearest(area, areas))
    asked = drawing.Asked(wanted, caller.asked or drawing.language_of(project), area, period)
    content = drawing.content(project, asked, lambda problem: click.echo(problem.line(caller.language), err=True))
    if len(content.elements) > drawing.MANY:
        shown = Shown(caller.language)
        shown.begin(caller.say("draw.many", n=len(content.elements)))
        try:
            made = drawing.draw(content, asked)
        finally:
            shown.close()
    else:
        made = drawing.draw(content, asked)
    if to_stdout:
        click.get_binary_stream("stdout").write(made[wanted[0]])
        return
    where = drawing.paths(wanted, output)
    drawing.write(made, where)
    for path in where.values():
        click.echo(caller.say("draw.written", path=path, n=len(content.elements)))


@sestante.command("import", cls=Spoken)
@click.argument("file", metavar="FILE.xlsx", type=click.Path(path_type=Path))
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@everywhere
@click.pass_obj
def import_(caller: Caller, file: Path, folder: Path | None) -> None:
    from pipelines.exchange.importing import import_workbook

    done = import_workbook(file, folder or Path.cwd())
    counts = ", ".join(caller.say(f"import.{kind}", n=n) for kind, n in done.counts.items() if n)
    click.echo(caller.say("import.written", path=done.theory, counts=counts))
    if done.programme:
        click.echo(caller.say("import.programme", path=done.programme))
    for note in done.notes[:_MOST_REFUSALS]:
        click.echo(f"  {note.line(caller.language)}")
    if len(done.notes) > _MOST_REFUSALS:
        click.echo("  " + caller.say("import.more", n=len(done.notes) - _MOST_REFUSALS))
    if done.beside:
        click.echo(caller.say("import.notes", path=done.beside))


# Forgetting ----------------------------------------------------------------------------------------------------------


@sestante.command("forget", cls=Spoken)
@click.argument("person", metavar="[PERSON]", required=False)
@option("--scheme", metavar="S")
@option("--pseudonym", "is_pseudonym", is_flag=True)
@option("--stdin", "from_stdin", is_flag=True)
@option("--dry-run", is_flag=True)
@option("--yes", "is_agreed", is_flag=True)
@everywhere
@click.pass_obj
def forget(
    caller: Caller, person: str | None, scheme: str | None, is_pseudonym: bool, from_stdin: bool, dry_run: bool,
    is_agreed: bool,
) -> int:  # fmt: skip
    from pipelines.forgetting import account
    from pipelines.forgetting import forget as forget_person
    from pipelines.project import read_project

    typed = click.get_text_stream("stdin")
    if from_stdin and person is not None:
        raise WrongUsage("usage.forget-twice")
    if not (dry_run or is_agreed) and (from_stdin or not typed.isatty()):
        raise WrongUsage("usage.forget-unasked")
    project = read_project(caller.workspace)
    if from_stdin:
        person = typed.readline()
    elif person is None:
        person = click.prompt(caller.say("forget.who"), hide_input=True)

    def agree(seen: Forgotten) -> bool:
        if is_agreed:
            return True
        click.echo(account(seen, project, caller, "forget.would"))
        return click.confirm(caller.say("forget.sure"))

    done = forget_person(project, person.strip(), scheme, is_pseudonym, None if dry_run else agree)
    if done is None:
        click.echo(caller.say("forget.kept"))
        return 1
    click.echo(account(done, project, caller, "forget.would" if dry_run else "forget.done"))
    return 0


@sestante.command("dev", cls=Spoken)
@option("--port", type=click.IntRange(1, 65535), default=3000, metavar="N")
@everywhere
@click.pass_obj
def dev(caller: Caller, port: int) -> None:
    from pipelines.page import open_page
    from pipelines.project import read_project

    project = read_project(caller.workspace).sound()
    open_page(project.workspace, port, lambda address: click.echo(caller.say("dev.address", address=address)))
