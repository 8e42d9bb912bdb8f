"""How the command speaks: click's help and its complaints about wrong usage, in Italian and in English.

Words live in `speech.yml`; what the commands do is in `cli`. A help text in code is the key of its entry there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import click
import yaml

from theory_of_change.problems import nearest
from theory_of_change.programme import Workspace

LANGUAGES = ("it", "en")


class WrongUsage(click.UsageError):
    """The command was called in a way it cannot answer; `key` is the sentence in `speech.yml`."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key)
        self.key, self.facts = key, facts


@cache
def _speech() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("pipelines").joinpath("speech.yml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def say(language: str, key: str, /, **facts: object) -> str:
    """The sentence `key` in `language`, filled with the facts. A count `n` of 1 takes the entry `<key>.one` if any."""
    entries = _speech()
    if facts.get("n") == 1 and f"{key}.one" in entries:
        key = f"{key}.one"
    return entries[key][language].format(**facts).strip()


@dataclass
class Caller:
    """Who calls: in which language, and from which workspace. Made once for each call of the command.

    `asked` is the language of an explicit `--language`, None without one.
    """

    language: str
    asked: str | None = None
    folder: Path | None = None

    @classmethod
    def of(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> Caller:
        return cls(language_of(arguments, environment), _asked(arguments))

    def say(self, key: str, /, **facts: object) -> str:
        return say(self.language, key, **facts)

    @property
    def workspace(self) -> Workspace:
        """The workspace named by `--workspace`, else the one around the current folder. Raises WrongUsage."""
        if self.folder is None:
            found = Workspace.around(Path.cwd())
            if found is None:
                raise WrongUsage("usage.no-workspace", folder=Path.cwd())
            return found
        if not self.folder.is_dir():
            raise WrongUsage("usage.workspace-missing", folder=self.folder)
        workspace = Workspace(self.folder.resolve())
        if not workspace.manifest.exists():
            raise WrongUsage("usage.not-a-workspace", folder=self.folder)
        return workspace


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Flag, else `SESTANTE_LANGUAGE`, else the locale where it is Italian or English, else the programme's first
    language, else English. Read before click does, because help and complaints need it too."""
    if asked := _asked(arguments):
        return asked
    given = environment.get("SESTANTE_LANGUAGE", "").casefold()[:2]
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    for code in (given, locale.partition("_")[0].partition(".")[0].casefold()):
        if code in LANGUAGES:
            return code
    folder = _last_value(arguments, "--workspace")
    workspace = Workspace(Path(folder)) if folder else Workspace.around(Path.cwd())
    return _first_language(workspace) or "en"


def _asked(arguments: Sequence[str]) -> str | None:
    asked = _last_value(arguments, "--language")
    return asked if asked in LANGUAGES else None


def _last_value(arguments: Sequence[str], option: str) -> str | None:
    """The value an option takes when written anywhere before `--`."""
    value = None
    for position, word in enumerate(arguments):
        if word == "--":
            break
        if word == option and position + 1 < len(arguments):
            value = arguments[position + 1]
        elif word.startswith(f"{option}="):
            value = word.partition("=")[2]
    return value


def _first_language(workspace: Workspace | None) -> str | None:
    """The first of the programme's languages that the command speaks; a broken manifest is told later, by `check`."""
    try:
        manifest = yaml.load(workspace.manifest.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return next((code for code in manifest["languages"] if code in LANGUAGES), None)
    except (AttributeError, KeyError, TypeError, OSError, ValueError, RecursionError, yaml.YAMLError):
        return None


def caller_of(context: click.Context) -> Caller:
    return context.find_object(Caller) or Caller(language_of((), os.environ))


def spoken_name(context: click.Context) -> str:
    """How a command is called in `speech.yml`: `new`, and `survey.new` for a command of a group."""
    names = [context.command.name or ""]
    while context.parent is not None:
        context = context.parent
        names.insert(0, context.command.name or "")
    return ".".join(names[1:]) or names[0]


def placeholder(word: str, caller: Caller) -> str:
    """What stands for a value in a usage line, in the caller's language: `piece.<word>` where there is one."""
    return caller.say(f"piece.{word}") if f"piece.{word}" in _speech() else word


class Option(click.Option):
    """An option whose help is the entry `option.<name>`, or `option.<command>.<name>` where that exists."""

    def make_metavar(self, ctx: click.Context) -> str:
        return placeholder(super().make_metavar(ctx), caller_of(ctx))

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None:
            return None
        own = f"option.{spoken_name(ctx)}.{self.name}"
        return record[0], caller_of(ctx).say(own if own in _speech() else f"option.{self.name}")


class Spoken(click.Command):
    """A command whose help, headings and usage line are in the caller's language."""

    def get_help_option(self, ctx: click.Context) -> click.Option:
        def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
            if value and not ctx.resilient_parsing:
                click.echo(ctx.get_help(), color=ctx.color)
                ctx.exit()

        return Option(["--help", "-h"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="help")

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        caller = caller_of(ctx)
        pieces = " ".join(placeholder(piece, caller) for piece in self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=caller.say("heading.usage") + " ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.indentation():
            for paragraph in caller_of(ctx).say(f"help.{spoken_name(ctx)}").split("\n\n"):
                formatter.write_paragraph()
                formatter.write_text(paragraph.replace("\n", " "))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
        if records:
            with formatter.section(caller_of(ctx).say("heading.options")):
                formatter.write_dl(records)


class SpokenGroup(Spoken, click.Group):
    """The command itself: lists what it can do, and names the nearest command for one it does not know."""

    command_class = Spoken

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        Spoken.format_options(self, ctx, formatter)
        caller = caller_of(ctx)
        above = f"{spoken_name(ctx)}." if ctx.parent else ""
        with formatter.section(caller.say("heading.commands")):
            formatter.write_dl([(name, caller.say(f"short.{above}{name}")) for name in self.list_commands(ctx)])

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of the way through, not of the alphabet

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            raise WrongUsage("usage.no-command", found=args[0], hint=nearest(args[0], self.commands))
        return super().resolve_command(ctx, args)


def complaint(error: click.UsageError, language: str) -> str:
    """What was wrong with the call, and what to write instead."""
    context = error.ctx
    name = context.command_path if context else "sestante"
    facts: dict[str, object] = {"command": name}
    match error:
        case WrongUsage():
            key, facts = error.key, facts | error.facts
        case click.NoSuchOption():
            near = nearest(error.option_name, error.possibilities or _options_of(context))
            key, facts = "usage.no-option", facts | {"found": error.option_name, "hint": near}
        case click.MissingParameter():
            param = error.param
            key, facts = "usage.missing", facts | {"name": _written(param, context) if param else error.param_hint}
        case click.BadOptionUsage():
            key, facts = "usage.option-value", facts | {"name": error.option_name}
        case click.BadParameter() if isinstance(getattr(error.param, "type", None), click.Choice):
            choices = ", ".join(error.param.type.choices)
            key, facts = "usage.choice", facts | {"name": _written(error.param, context), "choices": choices}
        case click.BadParameter() if error.param is not None:
            key, facts = "usage.value", facts | {"name": _written(error.param, context)}
        case _:
            key = "usage.other"
    hint = facts.pop("hint", None)
    sentences = [say(language, key, **facts)]
    if hint:
        sentences.append(say(language, "usage.hint", hint=hint))
    sentences.append(say(language, "usage.help", command=name))
    return " ".join(sentences)


def _written(param: click.Parameter, context: click.Context | None) -> str:
    """A parameter as the user writes it: `--source`, or `FILE`."""
    if isinstance(param, click.Option):
        return param.opts[-1]
    return placeholder(param.make_metavar(context), caller_of(context) if context else Caller("en"))


def _options_of(context: click.Context | None) -> list[str]:
    return [name for param in context.command.params for name in param.opts] if context else []
