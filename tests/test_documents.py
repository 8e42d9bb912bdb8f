"""What the documents say must be there: the files they link to, the commands and make targets they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.cli import sestante

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "theory_of_change/examples").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:"))]
    assert [link for link in local if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "README.it.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md"])
def test_commands_and_targets_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    commands = set(re.findall(r"^    (?:\$ )?sestante ([a-z]+)|`sestante ([a-z]+)", text, re.MULTILINE))
    assert {first or second for first, second in commands} <= set(sestante.commands)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_both_readmes_have_the_same_shape():
    """Neither language is the poor relation: same headings, same code, same table rows."""
    english, italian = (
        (ROOT / name).read_text(encoding="utf-8").splitlines() for name in ("README.md", "README.it.md")
    )
    for mark in ("#", "|", "    $ "):
        assert sum(line.startswith(mark) for line in english) == sum(line.startswith(mark) for line in italian)
