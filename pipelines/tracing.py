"""What a definition id in an old report stands for: definitions indicators once had, word for word.

Reads what every run left in the published tables. How a number of today came about is in `explaining`.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path

import yaml

from pipelines.usage import say
from warehouse.versions import StoredDefinition, stored_definitions


def traced(published: Path, name: str, language: str) -> str | None:
    """Every definition of that id, or of the indicator of that id, the latest first; None where there was none ever."""
    found = stored_definitions(published, name)
    return "\n".join(line for one in reversed(found) for line in _lines(one, language)) if found else None


def earlier(published: Path, indicator_id: str, current: str) -> list[tuple[StoredDefinition, str]]:
    """The definitions an indicator had before the `current` one, each once, with its measure in the YAML's words."""
    found = {
        one.definition_id: one for one in stored_definitions(published, indicator_id) if one.definition_id != current
    }
    return [(one, _measure(one)) for one in found.values()]


def _measure(stored: StoredDefinition) -> str:
    measure = json.loads(stored.definition)["measure"]
    return ", ".join(f"{key}: {value}" for key, value in sorted(measure.items(), key=lambda one: one[0] != "from"))


def _lines(stored: StoredDefinition, language: str) -> Iterator[str]:
    facts = {"indicator": stored.indicator_id, "definition": stored.definition_id, "version": stored.theory_version}
    yield say(language, "explain.past", **facts, moment=f"{stored.first_run_at:%Y-%m-%d %H:%M} UTC")
    said = json.loads(stored.definition)
    in_order = {key: said[key] for key in ("title", "definition", "measures", "measure", "unit") if key in said} | said
    in_order.pop("id", None)
    written = yaml.safe_dump(in_order, allow_unicode=True, sort_keys=False, width=100)
    yield textwrap.indent(written, "  ")
