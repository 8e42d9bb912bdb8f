"""Deliveries keep the order in which they arrived, whatever they are called and whenever they are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.arrivals import Arrivals


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "visits"


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def order(folder: Path, pattern: str = "visits*") -> list[tuple[str, str]]:
    return [(arrival.path.name, arrival.name) for arrival in Arrivals(folder, pattern).in_order()]


def test_new_files_come_by_name_and_two_before_ten(folder: Path) -> None:
    for name in ("visits-10.csv", "visits-2.csv", "Visits-1.CSV", "other.csv", ".hidden.csv"):
        put(folder, name, name)
    assert order(folder) == [(name, name) for name in ("Visits-1.CSV", "visits-2.csv", "visits-10.csv")]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*", ["b.XLSX", "visits.csv"]), ("*.txt", ["notes.txt"]), ("visits*", ["visits.csv"]), ("VISITS", ["visits"])],
)
def test_a_star_stands_for_data_and_not_for_the_papers_beside_them(
    folder: Path, pattern: str, expected: list[str]
) -> None:
    for name in ("visits.csv", "visits.md", "visits", "b.XLSX", "SOURCE.md", "README", "notes.txt", "licence.pdf"):
        put(folder, name, name)
    assert [stored for stored, _ in order(folder, pattern)] == expected


def test_what_was_noted_stays_first_even_when_a_smaller_name_comes_later(folder: Path) -> None:
    put(folder, "visits-2.csv", "two")
    for arrival in Arrivals(folder, "visits*").in_order():
        Arrivals(folder, "visits*").note(arrival)
    put(folder, "visits-1.csv", "one")
    assert order(folder) == [("visits-2.csv", "visits-2.csv"), ("visits-1.csv", "visits-1.csv")]


def test_noting_twice_writes_one_line(folder: Path) -> None:
    put(folder, "visits.csv", "a")
    arrivals = Arrivals(folder, "visits*")
    (arrival,) = arrivals.in_order()
    arrivals.note(arrival)
    arrivals.note(arrival)
    assert len((folder / ".arrivals").read_text().splitlines()) == 1


def test_a_file_written_over_arrives_anew(folder: Path) -> None:
    put(folder, "visits.csv", "a")
    put(folder, "visits-b.csv", "b")
    arrivals = Arrivals(folder, "visits*")
    for arrival in arrivals.in_order():
        arrivals.note(arrival)
    put(folder, "visits.csv", "corrected")
    assert order(folder)[-1] == ("visits.csv", "visits.csv")
    assert len(order(folder)) == 2


def test_a_kept_file_of_a_taken_name_gets_a_number_and_keeps_its_own_name(folder: Path, tmp_path: Path) -> None:
    put(folder, "visits.csv", "first")
    for arrival in Arrivals(folder, "visits*").in_order():
        Arrivals(folder, "visits*").note(arrival)
    correction = put(tmp_path / "elsewhere", "visits.csv", "second")
    with Arrivals(folder, "visits*").keeping(correction) as arrival:
        assert arrival.path.read_text() == "second"
    assert order(folder) == [("visits.csv", "visits.csv"), ("visits.2.csv", "visits.csv")]
    assert (folder / "visits.csv").read_text() == "first"


def test_a_kept_file_counts_though_its_name_fits_no_pattern(folder: Path, tmp_path: Path) -> None:
    with Arrivals(folder, "visits*").keeping(put(tmp_path, "export (3).csv", "x")):
        pass
    assert order(folder) == [("export (3).csv", "export (3).csv")]
    assert Arrivals(folder, "visits*").strangers() == []


def test_a_first_delivery_handed_in_again_after_its_correction_is_the_latest(folder: Path, tmp_path: Path) -> None:
    first, second = put(tmp_path / "a", "visits.csv", "first"), put(tmp_path / "b", "visits.csv", "second")
    for file in (first, second, first):
        with Arrivals(folder, "visits*").keeping(file):
            pass
    assert [arrival.path.read_text() for arrival in Arrivals(folder, "visits*").in_order()] == [
        "first",
        "second",
        "first",
    ]
    assert sorted(path.name for path in folder.iterdir()) == [".arrivals", "visits.2.csv", "visits.csv"]


def test_where_landing_fails_copy_and_note_are_taken_back(folder: Path, tmp_path: Path) -> None:
    put(folder, "visits.csv", "first")
    file = put(tmp_path, "visits.csv", "second")
    with pytest.raises(RuntimeError), Arrivals(folder, "visits*").keeping(file):
        raise RuntimeError
    assert sorted(path.name for path in folder.iterdir()) == ["visits.csv"]


def test_a_file_that_lies_there_already_is_not_copied_nor_removed_on_failure(folder: Path) -> None:
    file = put(folder, "visits.csv", "first")
    with pytest.raises(RuntimeError), Arrivals(folder, "visits*").keeping(file):
        raise RuntimeError
    assert file.read_text() == "first"
    with Arrivals(folder, "visits*").keeping(file) as arrival:
        assert arrival.path == file


def test_files_that_look_like_deliveries_but_fit_no_pattern_are_pointed_out(folder: Path) -> None:
    for name in ("visits.csv", "Accessi marzo.xlsx", "SOURCE.md"):
        put(folder, name, name)
    assert [path.name for path in Arrivals(folder, "visits*").strangers()] == ["Accessi marzo.xlsx"]


def test_a_note_on_the_deliveries_is_none_even_where_texts_are_delivered(folder: Path) -> None:
    for name in ("SOURCE.md", "readme.txt", "interview.md"):
        put(folder, name, name)
    texts = Arrivals(folder, "*", endings=(".md", ".txt"))
    assert [one.name for one in texts.in_order()] == ["interview.md"]
    assert Arrivals(folder, "int*", endings=(".md", ".txt")).strangers() == []


@pytest.mark.parametrize("note", ["", "{", "not json\n", '{"sha256": "x"}\n', "[1, 2]\n", '"text"\n'])
def test_a_note_cut_short_or_scribbled_over_is_passed_over(folder: Path, note: str) -> None:
    put(folder, "visits.csv", "a")
    (folder / ".arrivals").write_text(note, encoding="utf-8")
    assert order(folder) == [("visits.csv", "visits.csv")]
