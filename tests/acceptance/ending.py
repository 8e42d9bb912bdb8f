"""What a started process runs. A module of its own, because a process can only be handed what it can import by name."""

from __future__ import annotations

from pipelines.cli import answer


def ended(arguments: list[str]) -> None:
    raise SystemExit(int(answer(arguments)))
