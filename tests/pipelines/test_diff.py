"""A theory changes: what is said of it, which values and reports it touches, and what old reports still find."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import answer
from tests.pipelines.conftest import Command, put
from tests.test_house import LIGHT, ROOT
from theory_of_change.programme import Workspace
from warehouse.connections import connect
from warehouse.versions import stored_definitions, stored_versions

EARLIER = "alone >= 4"
NEW_INDICATOR = """\
  - id: IN-VISITS
    title: {it: Accessi, en: Visits}
    measures: [OP-VISITS]
    unit: visit
    measure: {from: visits, count: rows}
    uncertainty: {mode: census}
"""


def rewrite(workspace: Path, *pairs: tuple[str, str], file: str = "theory_of_change.yml") -> Path:
    """The file with each first text replaced by the second; each must be there."""
    path = workspace / file
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return put(path, text)


def next_version(workspace: Path) -> None:
    """The theory's second version: an outcome reworded, an indicator re-specified, one added, an assumption retired."""
    rewrite(
        workspace,
        ("version: 0.1.0", "version: 0.2.0"),
        ("en: Those who come feel less alone}", "en: Those who come feel much less alone}"),
        (EARLIER, "alone >= 3"),
        ("indicators:\n", f"indicators:\n{NEW_INDICATOR}"),
        ("    status: untested", "    status: untested\n    retired: {at: 2026-07-01, reason: Everyone comes by}"),
    )


def definition_of(workspace: Path, indicator: str) -> str:
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        sql = "select distinct definition_id from out.indicator_values where indicator_id = ?"
        return connection.execute(sql, [indicator]).fetchall()[0][0]


def rows(workspace: Path, sql: str) -> list[tuple]:
    with connect(Workspace(workspace).published_database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


# The journey ---------------------------------------------------------------------------------------------------------


def test_nothing_changed(ran: Path, sestante: Command) -> None:
    assert sestante("diff", "published").out == "From 0.1.0 (published) to 0.1.0 (workspace): no changes.\n"
    assert sestante("diff", "0.1.0", "0.1.0").out == "From 0.1.0 to 0.1.0: no changes.\n"


def test_a_theory_changes_and_what_it_said_before_stays(ran: Path, sestante: Command, unreported: None) -> None:
    old = definition_of(ran, "IN-ALONE")
    next_version(ran)
    assert sestante("diff", "published").out == (
        "From 0.1.0 (published) to 0.2.0 (workspace): 5 changes.\n"
        "\n"
        "The theory\n"
        "  Theory desk is updated: version, from “0.1.0” to “0.2.0”.\n"
        "    Reports it touches: [1] [2]\n"
        "\n"
        "Outcomes\n"
        "  Outcome OC-ALONE is slightly reworded: statement (English), from “Those who come feel less alone” to “Those"
        " who come feel much less alone”. Check that it still means the same.\n"
        "    Reports it touches: [1] [2]\n"
        "\n"
        "Assumptions\n"
        "  Assumption AS-LISTEN is retired from 2026-07-01, “People who are alone come to the desk”. Reason: “Everyone"
        " comes by”.\n"
        "    Reports it touches: [1] [2]\n"
        "\n"
        "Indicators\n"
        "  Indicator IN-VISITS is added, “Visits”. A new series starts.\n"
        "  Indicator IN-ALONE is re-specified: share, from “alone >= 4” to “alone >= 3”. The series breaks: values are"
        " computed differently. New values do not compare with those already published. Its target or baseline stayed"
        " as it was: check that it holds for the new computation.\n"
        "    Published values of IN-ALONE it touches: 2026-H1, 2026, all\n"
        "    Reports it touches: [1] [2]\n"
        "\n"
        "Where a series breaks or is bridged, the next `sestante run` computes past periods in the new way too. Values"
        " already published stay in the reports written and, beside the new ones, in the table out.revisions.\n"
        "\n"
        "What has come to mean something else is something else: give it a new id, and retire the former one.\n"
        "\n"
        "Reports (they stay as they are; `sestante report` writes a new one beside, which says what changed)\n"
        "  [1] output/2026-H1/report-en\n"
        "  [2] output/2026-H1/report-it\n"
    )
    said = sestante("diff", "published", "--language", "it").out
    assert "Valori pubblicati di IN-ALONE che tocca: 2026-H1, 2026, all\n    Rapporti che tocca: [1] [2]\n" in said

    wholes = "select period, value from out.indicator_values where indicator_id = 'IN-ALONE' and dimension = 'all'"
    before = dict(rows(ran, f"{wholes} and status = 'ok'"))
    assert sestante("run").code == 0
    new = definition_of(ran, "IN-ALONE")
    assert new != old
    now = dict(rows(ran, f"{wholes} and status = 'ok'"))
    revised = rows(ran, "select period, value_before, value, definition_id_before, definition_id from out.revisions"
                        " where indicator_id = 'IN-ALONE' and dimension = 'all' and status = 'ok'")  # fmt: skip
    assert sorted(revised) == sorted((period, before[period], now[period], old, new) for period in before)
    assert set(before) == {"2026-H1", "2026", "all"}, "exactly the values that `diff` named"
    versions = "select version, n_indicators, n_contents from out.theory_versions order by first_run_at"
    assert rows(ran, versions) == [("0.1.0", 2, 1), ("0.2.0", 3, 1)]
    held = "select definition_id, theory_version from out.definitions where indicator_id = 'IN-ALONE' order by 2"
    assert rows(ran, held) == [(old, "0.1.0"), (new, "0.2.0")]

    package = json.loads((ran / "output" / "2026-H1" / "report-en" / "manifest.json").read_text(encoding="utf-8"))
    resolved = sestante("explain", package["definitions"]["IN-ALONE"])
    assert resolved.code == 0
    assert f"IN-ALONE, definition {old} (theory 0.1.0, in use from " in resolved.out
    assert "share: alone >= 4" in resolved.out and "en: Often feel alone" in resolved.out
    explained = sestante("explain", "IN-ALONE", "--language", "it").out
    assert f"Come si misurava prima\n  {old}, teoria 0.1.0: from: visitors, share: alone >= 4\n" in explained

    again = sestante("diff", "0.1.0").out
    assert again.count("\n    Published values") == 0, "the values published now are the new ones"
    assert "series breaks" in again and "[1] output/2026-H1/report-en" in again
    back = sestante("diff", "0.2.0", "0.1.0").out
    assert "share, from “alone >= 3” to “alone >= 4”" in back
    assert "Published values of IN-ALONE it touches: 2026-H1, 2026, all" in back
    assert "Published values of IN-VISITS it touches" in back


def test_a_new_run_of_the_same_theory_adds_no_version(ran: Path, sestante: Command, unreported: None) -> None:
    before = rows(ran, "select * exclude (last_run_at) from out.theory_versions")
    first = rows(ran, "select last_run_at from out.theory_versions")
    definitions = rows(ran, "select * from out.definitions")
    assert sestante("run").code == 0
    assert rows(ran, "select * exclude (last_run_at) from out.theory_versions") == before
    assert rows(ran, "select last_run_at from out.theory_versions") > first
    assert rows(ran, "select * from out.definitions") == definitions


def test_an_indicator_that_is_gone_is_still_explained(ran: Path, sestante: Command) -> None:
    text = (ran / "theory_of_change.yml").read_text(encoding="utf-8")
    start, end = text.index("  - id: IN-ALONE"), text.index("baselines:")
    after = text[end:].replace("indicator: IN-ALONE", "indicator: IN-PEOPLE").replace("[IN-ALONE]", "[IN-PEOPLE]")
    put(ran / "theory_of_change.yml", text[:start].replace("test: [IN-ALONE]", "test: [IN-PEOPLE]") + after)
    assert sestante("diff", "published").out.count("reason: …}`.\n    Published values of IN-ALONE it touches") == 1
    said = sestante("explain", "IN-ALONE")
    assert said.code == 0 and "share: alone >= 4" in said.out
    assert sestante("explain", "IN-NEVER").code == 2


def test_the_machine_reads_the_same(ran: Path, sestante: Command) -> None:
    next_version(ran)
    said = json.loads(sestante("diff", "published", "--format", "json").out)
    assert said["old"]["version"] == "0.1.0" and said["new"]["version"] == "0.2.0"
    assert said["old"]["content_hash"] == stored_versions(Workspace(ran).published_database)[0].content_hash
    told = {(one["block"], one["id"]): one for one in said["changes"]}
    alone = told["indicators", "IN-ALONE"]
    assert (alone["kind"], alone["series"]) == ("respecified", "breaks")
    assert alone["details"] == [
        {"path": "measure.share", "nature": "meaning", "language": None, "old": "alone >= 4", "new": "alone >= 3"}
    ]
    assert alone["values"] == {"IN-ALONE": ["2026-H1", "2026", "all"]}
    assert alone["packages"] == ["output/2026-H1/report-en", "output/2026-H1/report-it"]
    assert told["indicators", "IN-VISITS"]["packages"] == []
    assert told["outcomes", "OC-ALONE"]["extent"] == "small" and told["outcomes", "OC-ALONE"]["values"] == {}


def test_a_recoded_question_breaks_what_reads_it_although_no_indicator_is_written_anew(
    ran: Path, sestante: Command
) -> None:
    rewrite(ran, ("range: [1, 5]", "range: [1, 7]"), file="surveys/visitors.yml")
    said = sestante("diff", "published").out
    assert (
        "Indicator IN-ALONE stays as written, but what it rests on changes. The series breaks: alone changes in" in said
    )
    assert "Published values of IN-ALONE it touches: 2026-H1, 2026, all" in said
    assert "Question visitors.alone is re-specified: range, from “1 – 5” to “1 – 7”." in said


def test_values_that_are_only_read_otherwise_are_told_apart(ran: Path, sestante: Command) -> None:
    rewrite(ran, ('pattern: "visits*"', 'pattern: "visit*"'), file="registers/visits.yml")
    said = sestante("diff", "published").out
    assert "Source visits is updated: files.pattern, from “visits*” to “visit*”." in said
    assert "but not what it reads.\n  IN-PEOPLE: 2026-H1, " in said


def test_looking_at_versions_loads_nothing_heavy(ran: Path) -> None:
    here = ["--workspace", str(ran)]
    calls = [["diff", "published", *here], ["explain", definition_of(ran, "IN-ALONE"), *here], ["check", *here]]
    command = [sys.executable, "-c", LIGHT, json.dumps(calls)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stderr.splitlines()[-1]) == {"codes": [0, 0, 0], "loaded": []}


# The version number --------------------------------------------------------------------------------------------------


def test_a_new_definition_under_an_old_version_is_told_until_the_version_changes(
    ran: Path, sestante: Command, unreported: None
) -> None:
    assert sestante("check").out.count("indicator-changed-without-version") == 0
    rewrite(ran, (EARLIER, "alone >= 3"))
    line = (ran / "theory_of_change.yml").read_text(encoding="utf-8").splitlines().index("  - id: IN-ALONE") + 1
    warning = (
        f"theory_of_change.yml:{line}:5: warning: the indicator IN-ALONE is now computed differently, but the version"
        " is still 0.1.0, which was run already: different numbers would bear the same name (changed: measure.share)."
    )
    checked = sestante("check")
    assert checked.code == 0 and warning in checked.out
    run = sestante("run")
    assert run.code == 0 and warning in run.err
    assert rows(ran, "select version, n_contents from out.theory_versions") == [("0.1.0", 2), ("0.1.0", 2)]
    assert warning in sestante("check").out, "it stays true after the run"
    codes = [one["code"] for one in json.loads(sestante("check", "--format", "json").out)["problems"]]
    assert "indicator-changed-without-version" in codes

    first, second = stored_versions(Workspace(ran).published_database)
    both = sestante("diff", f"0.1.0@{first.content_hash}", f"0.1.0@{second.content_hash}").out
    assert "share, from “alone >= 4” to “alone >= 3”" in both
    rewrite(ran, ("version: 0.1.0", "version: 0.2.0"))
    assert "indicator-changed-without-version" not in sestante("check").out


# Where a side may stand ----------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(empty: Path) -> Path:
    """The small workspace below the top of a repository, as committed."""
    git(empty.parent, "init", "-q", ".")
    git(empty.parent, "add", "desk")
    git(empty.parent, "commit", "-qm", "first")
    return empty


def test_a_revision_in_git(repository: Path, sestante: Command) -> None:
    next_version(repository)
    assert "From 0.1.0 (git:HEAD) to 0.2.0 (workspace): 5 changes." in sestante("diff", "git:HEAD").out
    git(repository, "commit", "-qam", "second")
    assert "From 0.2.0 (git:HEAD) to 0.2.0 (workspace): no changes." in sestante("diff", "git:HEAD").out
    assert "From 0.1.0 (git:HEAD~1) to 0.2.0 (git:HEAD): 5 changes." in sestante("diff", "git:HEAD~1", "git:HEAD").out


def test_a_theory_in_a_folder_is_read_from_git_too(repository: Path, sestante: Command) -> None:
    (repository / "theory_of_change").mkdir()
    (repository / "theory_of_change.yml").rename(repository / "theory_of_change" / "whole.yml")
    git(repository, "add", "-A", ".")
    git(repository, "commit", "-qm", "folder")
    assert "(git:HEAD~1) to 0.1.0 (git:HEAD): no changes." in sestante("diff", "git:HEAD~1", "git:HEAD").out


@pytest.mark.parametrize(
    ("revision", "code"),
    [("HEAD~7", "git-revision-unknown"), ("--output=x", "git-revision-unknown"), ("", "git-revision-unknown")],
)
def test_a_revision_that_is_not_there(repository: Path, sestante: Command, revision: str, code: str) -> None:
    said = sestante("diff", f"git:{revision}")
    assert (said.code, said.out) == (1, "")
    assert f"[{code}]" in said.err and "Traceback" not in said.err
    assert not (repository / "x").exists()


def test_a_revision_without_a_theory(repository: Path, sestante: Command) -> None:
    git(repository, "rm", "-q", "--cached", "theory_of_change.yml")
    git(repository, "commit", "-qm", "gone")
    assert "[git-revision-empty]" in sestante("diff", "git:HEAD").err


def test_mistakes_in_a_revision_are_told_with_its_name(repository: Path, sestante: Command) -> None:
    rewrite(repository, ("direction: up", "direction: upp"))
    git(repository, "commit", "-qam", "broken")
    rewrite(repository, ("direction: upp", "direction: up"))
    said = sestante("diff", "git:HEAD")
    assert said.code == 1
    assert said.err.startswith("git:HEAD:theory_of_change.yml:")


def test_without_a_repository(empty: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(empty.parent))
    assert "[git-no-repository]" in sestante("diff", "git:HEAD").err


def test_without_git(repository: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    said = sestante("diff", "git:HEAD")
    assert said.code == 1 and "[git-missing]" in said.err


def test_a_theory_alone_in_a_file_or_a_folder(empty: Path, sestante: Command, tmp_path: Path) -> None:
    file = shutil.copy(empty / "theory_of_change.yml", tmp_path / "last-year.yml")
    folder = tmp_path / "parts"
    folder.mkdir()
    shutil.copy(file, folder / "a.yml")
    next_version(empty)
    for old in (file, folder):
        assert sestante("diff", old).out.startswith(f"From 0.1.0 ({old}) to 0.2.0 (workspace): 5 changes.")
    assert sestante("diff", file, folder).out.endswith("no changes.\n")


def test_mistakes_are_told_with_the_side_they_stand_on(empty: Path, sestante: Command, tmp_path: Path) -> None:
    other = shutil.copytree(empty, tmp_path / "copy")
    rewrite(other, ("direction: up", "direction: upp"))
    alone = shutil.copy(other / "theory_of_change.yml", tmp_path / "last-year.yml")
    folder = tmp_path / "parts"
    folder.mkdir()
    shutil.copy(alone, folder / "a.yml")
    for given, file in ((other, other / "theory_of_change.yml"), (alone, alone), (folder, folder / "a.yml")):
        said = sestante("diff", given)
        assert said.code == 1 and said.err.startswith(f"{file}:"), said.err


def test_another_workspace(empty: Path, sestante: Command, tmp_path: Path) -> None:
    other = shutil.copytree(empty, tmp_path / "copy")
    rewrite(other, ("every: half_year", "every: year"), file="programme.yml")
    said = sestante("diff", empty, other).out
    assert "Programme desk is re-specified: length of the periods, from “half_year” to “year”." in said


def test_sides_that_are_not_there(empty: Path, sestante: Command) -> None:
    said = sestante("diff", "published")
    assert said.code == 1 and "[diff-nothing-published]" in said.err
    said = sestante("diff", "0.1.0")
    assert said.code == 1 and "[diff-side-unknown]" in said.err
    said = sestante("diff", "last-year")
    assert said.code == 1 and "last-year: error: “last-year” is no folder, file or version known here" in said.err


def test_a_version_never_run_names_those_that_were(ran: Path, sestante: Command) -> None:
    assert "(versions run: 0.1.0). Did you mean “0.1.0”?" in sestante("diff", "0.1.1").err


def test_outside_of_any_workspace(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SESTANTE_LANGUAGE", "en")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    theory = str(empty / "theory_of_change.yml")
    assert answer(["diff", theory, str(empty)]) == 0
    assert capsys.readouterr().out.endswith("no changes.\n")
    assert answer(["diff", "published", theory]) == 1
    assert "[diff-without-workspace]" in capsys.readouterr().err
    assert answer(["diff", theory]) == 2
    assert "There is no workspace here" in capsys.readouterr().err


def test_a_version_this_program_does_not_understand(ran: Path, sestante: Command) -> None:
    with connect(Workspace(ran).published_database) as connection:
        connection.execute("update out.theory_versions set theory = '{\"theory\": {}}'")
    said = sestante("diff", "published")
    assert said.code == 1 and "[diff-version-unreadable]" in said.err
    assert sestante("check").code == 0


def test_a_database_published_before_versions_were_kept(ran: Path, sestante: Command) -> None:
    with connect(Workspace(ran).published_database) as connection:
        connection.execute("drop table out.theory_versions")
        connection.execute("drop table out.definitions")
    assert stored_versions(Workspace(ran).published_database) == []
    assert stored_definitions(Workspace(ran).published_database, "IN-ALONE") == []
    assert "[diff-nothing-published]" in sestante("diff", "published").err
    assert sestante("check").code == 0
    assert sestante("explain", "IN-ALONE").code == 0


def test_a_report_that_cannot_be_read_is_left_to_verify(ran: Path, sestante: Command) -> None:
    next_version(ran)
    put(ran / "output" / "2026-H1" / "report-en" / "manifest.json", "{")
    said = sestante("diff", "published")
    assert said.code == 0 and "report-it" in said.out and "report-en" not in said.out
