"""A file that nobody reads is told to whoever put it there; what systems leave behind is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from theory_of_change.coherence import examine
from theory_of_change.loading import load_theory
from theory_of_change.programme import Calendar, Programme, Workspace
from theory_of_change.strays import strays

THEORY = "theory: {id: t, version: 1.0.0, title: T}\n"
PROGRAMME = Programme(
    id="p", title="P", languages=("it", "en"), calendar=Calendar(start="2024-01-01", end="2026-12-31", every="year")
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for folder in ("theory_of_change", "surveys"):
        (tmp_path / folder).mkdir()
    (tmp_path / "theory_of_change" / "00.yml").write_text(THEORY, encoding="utf-8")
    return Workspace(tmp_path)


def write(workspace: Workspace, name: str, text: str = "") -> None:
    path = workspace.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("theory_of_change/80-nessi.yml.txt", "80-nessi.yml"),
        ("theory_of_change/80-nessi.txt", "80-nessi.yml"),
        ("theory_of_change/80-nessi.YML", "80-nessi.yml"),
        ("surveys/residenti.docx", "residenti.yml"),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_name_it_should_have(
    workspace: Workspace, name: str, right: str
) -> None:
    write(workspace, name)
    assert [(one.code, one.place.file, one.facts["right"]) for one in strays(workspace)] == [
        ("file-ignored", name, right)
    ]


def test_hidden_files_are_neither_read_nor_told(workspace: Workspace) -> None:
    write(workspace, "theory_of_change/._00.yml", "\x00\x05\x16\x07")
    write(workspace, "theory_of_change/.DS_Store")
    assert list(strays(workspace)) == []
    assert load_theory(workspace).problems == ()


@pytest.mark.parametrize(("folder", "right"), [("registri", "registers"), ("teoria", "theory_of_change"),
                                               ("Questionari", "surveys"), ("dati", "data")])  # fmt: skip
def test_a_folder_with_a_name_of_another_language_is_told(workspace: Workspace, folder: str, right: str) -> None:
    write(workspace, f"{folder}/x.yml")
    assert [(one.code, one.facts["hint"]) for one in strays(workspace)] == [("folder-ignored", right)]


def test_a_copied_file_is_told_once_as_the_copy(workspace: Workspace) -> None:
    text = "activities: [" + ", ".join(f"{{id: AC-{n}, statement: A}}" for n in range(5)) + "]\n"
    write(workspace, "theory_of_change/10-azioni.yml", text)
    write(workspace, "theory_of_change/10-azioni copia.yml", text)
    loaded = load_theory(workspace)
    found = examine(loaded.value, PROGRAMME, loaded.places, {})
    assert [(one.code, one.place.file, one.facts["count"]) for one in found] == [
        ("file-copied", "theory_of_change/10-azioni copia.yml", "5")
    ]
