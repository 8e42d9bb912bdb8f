"""The entry point of `sestante`: runs one command and turns whatever happens into a sentence and an exit code.

No user's mistake and no fault of ours ends in a traceback. What the commands do is in `commands`.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import NoReturn

import click

from pipelines import answer_commands, decision_commands, quote_commands, search_commands, survey_commands  # noqa: F401  (they register their commands)
from pipelines.commands import QualityStopped, sestante
from pipelines.faults import account, is_interruption, write_account
from pipelines.usage import Caller, WrongUsage, complaint
from theory_of_change.problems import Place, Problem, ProblemsFound, ServiceFailed, in_order


class Exit(IntEnum):
    """What the command returns, as the contract fixes it."""

    DONE = 0
    PROBLEMS = 1
    WRONG_USAGE = 2
    QUALITY = 3
    SERVICE = 4
    OURS = 70
    INTERRUPTED = 130


_DISK = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EACCES: "file-forbidden",
    errno.EPERM: "file-forbidden",
    errno.EROFS: "file-forbidden",
}


def main() -> NoReturn:
    """Runs the command on this process's own arguments.

    Being told to end, or losing the terminal, is an interruption like Ctrl-C: what is open elsewhere, such as a session
    with LimeSurvey, is given back, and what was half done is taken back.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup it is ignored, and stays so
            signal.signal(number, signal.default_int_handler)
    sys.exit(answer(sys.argv[1:]))


def answer(arguments: Sequence[str]) -> int:
    """Runs the command on `arguments` and returns its exit code; results on stdout, everything else on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows ?, it does not stop the command
    caller = Caller.of(arguments, os.environ)
    try:
        code = sestante.main(list(arguments), prog_name="sestante", standalone_mode=False, obj=caller)
        sys.stdout.flush()
        return int(code or Exit.DONE)
    except click.UsageError as error:
        click.echo(complaint(error, caller.language), err=True)
        return Exit.WRONG_USAGE
    except ProblemsFound as found:
        _tell(found.problems, caller)
        return Exit.SERVICE if isinstance(found, ServiceFailed) else Exit.PROBLEMS
    except QualityStopped:
        return Exit.QUALITY
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever was reading has read enough
        return Exit.DONE
    except Exception as error:
        if is_interruption(error):
            return Exit.INTERRUPTED
        code = _DISK.get(error.errno or 0) if isinstance(error, OSError) else None
        if code:
            _tell([Problem(code, Place(str(error.filename or "")))], caller)
            return Exit.PROBLEMS
        return _fault(error, caller)


def _tell(problems: Sequence[Problem], caller: Caller) -> None:
    """All problems on stderr, one a line, in the order of the files, and how many they are."""
    ordered = in_order(problems)
    for problem in ordered:
        click.echo(problem.line(caller.language), err=True)
    if len(ordered) > 1:
        click.echo(caller.say("problems.count", n=len(ordered)), err=True)


def _fault(error: Exception, caller: Caller) -> int:
    try:
        folder = caller.workspace.warehouse
    except WrongUsage:
        folder = None
    path = write_account(error, folder)
    if path is None:  # not even a file can be written: the account itself is all we can give
        click.echo(account(error), err=True)
    click.echo(caller.say("fault.ours", kind=type(error).__name__, path=path or "↑"), err=True)
    return Exit.OURS
