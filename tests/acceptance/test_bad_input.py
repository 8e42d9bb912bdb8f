"""What people hand in by mistake: told in one go, in plain words, with nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.conftest import VISITS, Command, put

pytest_plugins = ["tests.pipelines.conftest"]


def edit(old: str, new: str) -> Callable[[Path], None]:
    """Changes the theory's text; fails where the text to change is not there."""

    def change(workspace: Path) -> None:
        theory = workspace / "theory_of_change.yml"
        text = theory.read_text(encoding="utf-8")
        assert old in text
        theory.write_text(text.replace(old, new), encoding="utf-8")

    return change


def gone(workspace: Path) -> None:
    (workspace / "theory_of_change.yml").unlink()


def a_folder(workspace: Path) -> None:
    gone(workspace)
    (workspace / "theory_of_change.yml").mkdir()


def emptied(workspace: Path) -> None:
    (workspace / "theory_of_change.yml").write_text("")


def binary(workspace: Path) -> None:
    (workspace / "theory_of_change.yml").write_bytes(bytes(range(256)) * 8)


def cycle(workspace: Path) -> None:
    edit("  - id: L-4\n", "  - {id: L-5, from: OC-ALONE, to: AC-DESK, type: enables, mechanism: Round}\n  - id: L-4\n")(
        workspace
    )


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (gone, 1, ["theory_of_change.yml"]),
        (a_folder, 1, ["theory_of_change.yml"]),
        (emptied, 1, ["theory_of_change.yml"]),
        (binary, 1, ["theory_of_change.yml"]),
        (edit("alone >= 4", "aloen >= 4"), 1, ["“aloen”", "Did you mean “alone”?"]),
        (edit("alone >= 4", "alone >= 4; drop table x"), 1, [":92:38: error:", "drop table"]),
        (edit("alone >= 4", "alone in (select n from core.visits)"), 1, [":92:38: error:", "another query"]),
        (edit("alone >= 4", "read_text('/etc/passwd') = ''"), 1, [":92:38: error:", "“read_text”"]),
        (edit("from: visitors", "from: visitros"), 1, ["“visitros”", "Did you mean “visitors”?"]),
        (edit("term: short", "term: shrt"), 1, ["Did you mean “short”?"]),
        (edit("- id: OC-ALONE", "- id: no"), 1, ["“OC-ALONE”"]),
        (edit("theory:\n  id:", "theory:\n  id: twice\n  id:"), 1, ["“id”"]),
        (cycle, 0, ["warning:"]),
    ],
)
def test_definitions(
    empty: Path, sestante: Command, spoil: Callable[[Path], None], code: int, words: list[str]
) -> None:
    spoil(empty)
    said = sestante("check")
    assert said.code == code, said.out
    assert said.err == ""
    for word in words:
        assert word in said.out
    if code:
        assert any("error:" in line for line in said.out.splitlines())
        run = sestante("run")
        assert run.code == 1
        assert run.out == ""
        assert not (empty / "warehouse").exists()


def test_thirty_wrong_keys_are_thirty_lines_with_their_places(empty: Path, sestante: Command) -> None:
    theory = empty / "theory_of_change.yml"
    theory.write_text(theory.read_text() + "\nneeds:\n" + "".join(
        f"  - {{id: NE-{n}, statement: x, colour: red}}\n" for n in range(30)))  # fmt: skip
    said = sestante("check")
    assert said.code == 1
    told = [line for line in said.out.splitlines() if "“colour”" in line]
    assert len(told) == 30
    first = theory.read_text().splitlines().index("needs:") + 2
    assert [int(line.split(":")[1]) for line in told] == list(range(first, first + 30))
    assert "30 errors" in said.out


def test_one_row_with_three_wrong_cells_among_ten_thousand(empty: Path, tmp_path: Path, sestante: Command) -> None:
    good = [f"N{n},2026-0{1 + n % 6}-1{n % 10},person{n}@example.org,home" for n in range(10_000)]
    good[6_000] = "N6000,32/13/2026,,beach"
    file = put(tmp_path / "visits.csv", VISITS.splitlines()[0] + "\n" + "\n".join(good) + "\n")
    said = sestante("load", file, "--source", "visits")
    assert said.code == 1
    assert "rows read 10000, accepted 9999, superseded 0, refused 1" in said.out
    refused = [line.strip().split(":")[0] for line in said.out.splitlines() if line.strip().startswith("row ")]
    assert sorted(refused) == ["row 6002, column day", "row 6002, column person", "row 6002, column reason"]


@pytest.mark.parametrize("name", ["visits.csv", "visits.xlsx", "visits.parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", b"\x00\x01\x02" * 50, b"PK\x03\x04 no workbook"]
)
def test_files_that_are_not_what_they_are_called(
    empty: Path, tmp_path: Path, sestante: Command, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    said = sestante("load", file, "--source", "visits")
    assert said.code == 1, said
    assert said.out == ""
    assert name in said.err
    assert "Traceback" not in said.err
    assert not (empty / "data").exists() or not any(path.is_file() for path in (empty / "data").rglob("*"))
