"""A package is made whole or not at all, is never rewritten, names what it corrects, and can be checked."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from publication import publish_small

from reports import package as packages
from reports.package import MANIFEST, verify, write_package, write_reports
from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace


def write(published: Path, output: Path, **more):
    return write_package(
        published, output, "2025-H1", None, "en", **{"formats": ("html",), "code_version": "0.1.0", **more}
    )


def manifest(path: Path) -> dict:
    return json.loads((path / MANIFEST).read_text(encoding="utf-8"))


def codes(problems) -> list[tuple[str, str]]:
    return sorted((problem.code, problem.place.file) for problem in problems)


@pytest.fixture
def package(small, tmp_path):
    return write(small, tmp_path / "output")


def test_a_package_holds_what_the_contract_says(italian):
    names = {path.name for path in italian.path.iterdir()}
    assert {"report.html", "report.pdf", "report.docx", "report.qmd", "figures", "data", MANIFEST} <= names
    found = manifest(italian.path)
    assert italian.path.parts[-2:] == ("1978", "funder-it")
    assert (found["theory"], found["snapshot_id"]) == (
        {"id": "national-supported-work", "version": "1.0.0", "content_hash": "0c1d2e3f40516273"},
        "3b1f0c9a7d42e851",
    )
    assert found["definitions"].keys() >= {"IN-OFFERED", "IN-EARN-AFTER"}
    assert found["loads"][0]["rows_accepted"] == "445"
    assert (found["code_version"], found["language"], found["period"], found["corrects"]) == (
        "0.1.0",
        "it",
        "1978",
        None,
    )
    files = {p.relative_to(italian.path).as_posix() for p in italian.path.rglob("*") if p.is_file()}
    assert set(found["files"]) == files - {MANIFEST}


def test_the_same_inputs_keep_the_package_that_is_there(package, small, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in package.path.rglob("*")}
    again = write(small, tmp_path / "output")
    assert (again.path, again.new, package.new) == (package.path, False, True)
    assert {path: path.stat().st_mtime_ns for path in package.path.rglob("*")} == before
    assert list((tmp_path / "output/2025-H1").iterdir()) == [package.path]


def test_other_data_make_a_new_package_that_names_the_old_one_and_lists_what_changed(package, tmp_path):
    other = publish_small(tmp_path / "other.duckdb", alone=0.47, snapshot="6b6b6b6b6b6b6b6b")
    before = (package.path / "report.html").read_bytes()
    new = write(other, tmp_path / "output")
    assert new.path.name == "report-en-2"
    assert (package.path / "report.html").read_bytes() == before
    found = manifest(new.path)
    assert found["corrects"] == "report-en"
    changes = {(c["table"], c["row"].split(";")[0], c["column"]): (c["old"], c["new"]) for c in found["changes"]}
    assert changes[("indicator_values", "indicator_id=IN-ALONE", "value")] == ("0.38", "0.43")
    assert changes[("progress", "indicator_id=IN-ALONE", "status")] == ("met", "not_met")
    assert all("2025-H1" in c["row"] for c in found["changes"])
    page = " ".join((new.path / "report.html").read_text(encoding="utf-8").split())
    assert "This report replaces “report-en”, which stays as it was." in page
    assert "Share of people alone" in page[page.index("This report replaces") :]
    assert verify(new.path, other) == []

    third = write(publish_small(tmp_path / "third.duckdb", snapshot="7c7c7c7c7c7c7c7c"), tmp_path / "output")
    assert (third.path.name, third.corrects) == ("report-en-3", "report-en-2")


def test_a_new_package_in_which_no_value_changed_says_so(package, tmp_path):
    same = publish_small(tmp_path / "same.duckdb", snapshot="8d8d8d8d8d8d8d8d")
    new = write(same, tmp_path / "output")
    assert new.changes == ()
    assert "No value of the indicators or effects changed" in (new.path / "report.qmd").read_text(encoding="utf-8")


def test_both_ends_of_a_target_between_two_values_are_found_in_the_data(tmp_path):
    published = publish_small(tmp_path / "published.duckdb")
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update out.progress set operator = 'between', target = 150, target_high = 275.5"
            " where indicator_id = 'IN-REACH'"
        )
    new = write(published, tmp_path / "output")
    assert "275.5" in (new.path / "data/progress.csv").read_text(encoding="utf-8")
    assert verify(new.path, published) == []


@pytest.mark.parametrize("change", [{"code_version": "0.2.0"}, {"formats": ("html", "docx")}])
def test_another_version_or_more_formats_make_a_new_package(package, small, tmp_path, change):
    assert write(small, tmp_path / "output", **change).path.name == "report-en-2"


def test_fewer_formats_keep_the_package_that_has_them(italian, published):
    kept = write_package(published, italian.path.parents[1], "1978", None, "it", ("pdf",), code_version="0.1.0")
    assert (kept.path, kept.new) == (italian.path, False)


def test_the_period_is_the_profiles_own_or_the_last_with_data(published, small, tmp_path):
    assert write_package(small, tmp_path, None, None, "en", ("html",)).path.parent.name == "2025-H1"
    assert write_package(published, tmp_path, None, None, "en", ("html",)).path.parent.name == "1978"


# --- dying in the middle ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["compose", "typeset", "_write_manifest", "_settle", "_move"])
def test_a_failure_at_any_step_leaves_no_package_and_no_traces(small, tmp_path, monkeypatch, moment):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packages, moment, full)
    with pytest.raises(ProblemsFound) as problems:
        write(small, tmp_path / "output")
    assert [p.code for p in problems.value.problems] == ["package-not-written"]
    assert "No space left on device" in problems.value.problems[0].line("en")
    assert [p for p in (tmp_path / "output").rglob("*") if p.is_file()] == []
    assert list((tmp_path / "output").glob(".building-*")) == []


def test_a_killed_run_leaves_no_half_package_and_the_next_one_clears_up(small, tmp_path):
    script = (
        "import sys; from pathlib import Path; from reports.package import write_package;"
        "write_package(Path(sys.argv[1]), Path(sys.argv[2]), '2025-H1', None, 'en', code_version='0.1.0')"
    )
    output = tmp_path / "output"
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(small), str(output)], cwd=Path(packages.__file__).parents[1]
    )
    for _ in range(600):
        if list(output.glob(".building-*/figures/*.svg")):
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert list(output.glob(".building-*"))
    assert list(output.glob("2025-H1/*")) == []
    made = write(small, output)
    assert made.path.name == "report-en"
    assert list(output.glob(".building-*")) == []


def test_what_a_running_build_has_is_left_alone(small, tmp_path):
    ours = tmp_path / f"output/.building-{os.getpid()}-mine"
    ours.mkdir(parents=True)
    write(small, tmp_path / "output")
    assert ours.is_dir()


def test_a_name_taken_meanwhile_is_never_overwritten(tmp_path):
    for name in ("building", "shelf/report-it", "shelf/report-it-2"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "shelf/report-it/kept").touch()
    assert packages._move(tmp_path / "building", tmp_path / "shelf", "report-it").name == "report-it-3"
    assert (tmp_path / "shelf/report-it/kept").is_file()


# --- checking --------------------------------------------------------------------------------------------------------


def test_a_sound_package_has_no_problems(italian, published, package, small):
    assert verify(italian.path, published) == []
    assert verify(package.path, small) == []
    assert verify(package.path) == []


def test_every_touched_file_is_found(package):
    (package.path / "report.html").write_text("changed", encoding="utf-8")
    (package.path / "data/effects.csv").unlink()
    (package.path / "notes.txt").touch()
    assert codes(verify(package.path)) [:3] == [
        ("package-file-added", "notes.txt"),
        ("package-file-changed", "report.html"),
        ("package-file-missing", "data/effects.csv"),
    ]  # fmt: skip


def rewritten(package: Path, name: str, old: str, new: str) -> None:
    """A file changed together with its hash, as somebody who wants to deceive would."""
    path = package / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = manifest(package)
    found["files"][name] = packages.sha256_of(path)
    (package / MANIFEST).write_text(json.dumps(found), encoding="utf-8")


def test_a_text_that_is_not_its_value_is_found_even_when_the_hash_was_changed_too(package):
    rewritten(package.path, "data/shown.csv", ",38.0%", ",18.0%")
    assert codes(verify(package.path)) == [("package-number-misread", "data/shown.csv")]


def test_a_number_the_tables_do_not_hold_is_found(package):
    rewritten(package.path, "data/indicator_values.csv", ",0.38,", ",0.28,")
    assert {code for code, _ in codes(verify(package.path))} == {"package-number-unsupported"}


def test_a_number_that_is_not_the_published_one_is_found_while_the_data_are_the_same(package, tmp_path):
    other = publish_small(tmp_path / "other.duckdb", alone=0.47)  # the same snapshot, other numbers
    assert {code for code, _ in codes(verify(package.path, other))} == {"package-number-differs"}
    later = publish_small(tmp_path / "later.duckdb", alone=0.47, snapshot="9e9e9e9e9e9e9e9e")
    assert verify(package.path, later) == []  # other data: nothing can be compared


def test_a_folder_that_is_no_package(tmp_path):
    assert codes(verify(tmp_path)) == [("package-manifest-missing", f"{tmp_path.name}/{MANIFEST}")]


# --- the workspace ---------------------------------------------------------------------------------------------------


def test_a_workspace_gets_one_package_for_each_language(workspace):
    told: list[str] = []
    made = write_reports(Workspace(workspace), "2025-H1", formats=("html",), progress=told.append)
    assert [package.path.relative_to(workspace).as_posix() for package in made] == [
        "output/2025-H1/report-it", "output/2025-H1/report-en",
    ]  # fmt: skip
    assert told == ["report-it", "html", "report-en", "html"]


def test_unknown_formats_are_refused_before_anything_is_made(small, tmp_path):
    with pytest.raises(ProblemsFound) as problems:
        write(small, tmp_path / "output", formats=("html", "pfd"))
    assert problems.value.problems[0].facts["hint"] == "pdf"
    assert not (tmp_path / "output").exists()


def test_a_folder_that_cannot_be_written_is_told(small, tmp_path):
    (tmp_path / "output").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(ProblemsFound) as problems:
        write(small, tmp_path / "output")
    assert problems.value.problems[0].code == "package-not-written"
