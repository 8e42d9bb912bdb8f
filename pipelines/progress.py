"""What a run has done so far and what it has found, told as it goes.

The display is quiet where stderr is no terminal, or when nobody watches, as on Dagster's page. Results that count are
printed by `commands`; nothing here may hold a value about a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.usage import say
from theory_of_change.problems import Problem

if TYPE_CHECKING:
    from pipelines.measuring import Measured
    from reports.package import Package


@dataclass
class Account:
    """One run: its problems and warnings, the fault that stopped it, the reports it wrote. This one tells nothing; see
    `Shown`."""

    language: str = "en"
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    fault: Exception | None = None
    interrupted: bool = False
    reports: list[Package] = field(default_factory=list)
    measured: Measured | None = None

    def say(self, key: str, /, **facts: object) -> str:
        return say(self.language, key, **facts)

    def begin(self, thing: str) -> None:
        """The run turns to `thing`."""

    def done(self, thing: str, note: str) -> None:
        """`thing` is finished; `note` says how much there was."""

    def close(self) -> None:
        """Nothing more comes."""


class Shown(Account):
    """An account told on stderr while it happens: a turning sign for the present step, one line for each finished."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        from rich.console import Console
        from rich.text import Text

        self._text = Text
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._status = self._console.status("")
        if self._console.is_terminal:
            self._status.start()

    def begin(self, thing: str) -> None:
        self._status.update(self._text(f"{thing} …"))

    def done(self, thing: str, note: str) -> None:
        if self._console.is_terminal:
            self._console.print(self._text.assemble(("✓ ", "green"), f"{thing}: {note}" if note else thing))

    def close(self) -> None:
        self._status.stop()
