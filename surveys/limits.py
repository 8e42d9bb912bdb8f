"""What a process that opens untrusted files keeps to: its limits on memory and time, and how it says what is wrong.

Shared by the readers that run in a process of their own; imports nothing heavy.
"""

from __future__ import annotations

import json
from collections.abc import Callable

MOST_MEMORY = 3_000_000_000  # bytes of address space; a million rows of ten columns take about a third
MOST_PROCESSOR_SECONDS = 240


class Fault(Exception):
    """The file cannot be read: the catalogue's code and the facts for its message."""

    def __init__(self, code: str, **facts: str) -> None:
        self.code, self.facts = code, facts


def answering(read: Callable[[], None]) -> None:
    """Runs the reader inside the limits; a fault becomes the only line of its answer."""
    limit_this_process()
    try:
        read()
    except Fault as fault:
        print(json.dumps({"fault": fault.code, "facts": fault.facts}))
    except MemoryError:
        print(json.dumps({"fault": "delivery-beyond-limits", "facts": {}}))


def limit_this_process() -> None:
    """Sets the limits where the system has them (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_PROCESSOR_SECONDS)):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, hard))
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))  # a reader that crashes leaves no copy of people's answers
