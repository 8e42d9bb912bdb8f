"""The frame every asset works in: tells the progress, and keeps what went wrong away from Dagster's event log.

An exception's text may hold a person's answer, and Dagster stores the text of whatever an asset raises. So a user's
problems, which name no values, are passed on in words; of anything else only the kind is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.faults import is_interruption
from pipelines.progress import Account
from theory_of_change.problems import ProblemsFound


class Step:
    """One asset at work; `note` is what the progress says when it is done."""

    note = ""


@contextlib.contextmanager
def step(context: Any, thing: str) -> Iterator[Step]:
    """Runs an asset's body. Raises dagster.Failure, without the original exception, when it fails."""
    account: Account = context.resources.account
    working = Step()
    account.begin(thing)
    try:
        yield working
    except ProblemsFound as found:
        account.problems += found.problems
        failure = dg.Failure(
            "\n".join(problem.line(account.language) for problem in found.problems), allow_retries=False
        )
    except Exception as error:
        if is_interruption(error):
            account.interrupted = True
            raise
        account.fault = account.fault or error
        failure = dg.Failure(f"{type(error).__name__}: a fault of ours, not of the workspace", allow_retries=False)
    except BaseException:  # the user's interruption: Dagster would call it a failure
        account.interrupted = True
        raise
    else:
        account.done(thing, working.note)
        return
    raise failure from None
