"""One person is one pseudonym, made with a key that is never lost in silence."""

from __future__ import annotations

import hashlib
import hmac
import stat
from pathlib import Path

import pytest

from theory_of_change.problems import ProblemsFound
from theory_of_change.programme import Workspace
from warehouse.connections import connect
from warehouse.identities import normalised, pseudonym, pseudonymise

KEY = "0f" * 32


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv("SESTANTE_KEY", raising=False)
    return Workspace(tmp_path)


def codes(found: pytest.ExceptionInfo[ProblemsFound]) -> list[str]:
    return [problem.code for problem in found.value.problems]


def test_a_pseudonym_is_the_keyed_hash_of_scheme_and_identifier():
    expected = hmac.new(KEY.encode(), b"person\x1ftok-1", hashlib.sha256).hexdigest()[:20]
    assert pseudonym(KEY, "person", "tok-1") == f"p_{expected}"


def test_the_same_identifier_is_the_same_person_everywhere_and_later(workspace: Workspace):
    named = pseudonymise(workspace)
    ada, bob, again = named("person", ["ada", "bob", "ada"])
    assert ada == again != bob
    assert pseudonymise(workspace)("person", ["bob"]) == [bob]
    assert named("participant_code", ["ada"]) != [ada]


def test_blanks_and_unicode_forms_do_not_make_two_persons_but_capitals_do(workspace: Workspace):
    named = pseudonymise(workspace)
    assert len(set(named("person", ["Zoë", " Zoe\u0308 ", "Zoë\n"]))) == 1
    assert normalised(" a b ") == "a b"
    assert len(set(named("person", ["tok", "TOK"]))) == 2


def test_who_is_who_is_kept_once_where_only_its_owner_reads(workspace: Workspace):
    named = pseudonymise(workspace)
    (ada,) = named("person", ["ada"])
    named("person", ["ada", "bob"])
    with connect(workspace.identities_database, read_only=True) as connection:
        rows = connection.execute("select scheme, identifier, pseudonym from people order by identifier").fetchall()
    assert rows[0] == ("person", "ada", ada) and [row[1] for row in rows] == ["ada", "bob"]
    assert stat.S_IMODE(workspace.identities_database.stat().st_mode) == 0o600


def test_the_key_is_made_once_and_other_lines_of_env_stay(workspace: Workspace):
    workspace.environment.write_bytes(b"# addresses\nLIMESURVEY_URL='https://surveys.example/a=b#c'\r\nEMPTY=")
    before = workspace.environment.read_bytes()
    pseudonymise(workspace)
    after = workspace.environment.read_bytes()
    assert after.startswith(before + b"\nSESTANTE_KEY=")
    line = after[len(before) + 1 :].decode().strip()
    assert len(line.removeprefix("SESTANTE_KEY=")) == 64 and int(line.removeprefix("SESTANTE_KEY="), 16)
    assert stat.S_IMODE(workspace.environment.stat().st_mode) == 0o600
    pseudonymise(workspace)
    assert workspace.environment.read_bytes() == after


def test_an_empty_key_in_env_counts_as_none(workspace: Workspace):
    workspace.environment.write_text("SESTANTE_KEY=\n")
    named = pseudonymise(workspace)
    assert workspace.environment.read_text().startswith("SESTANTE_KEY=\nSESTANTE_KEY=")
    assert pseudonymise(workspace)("person", ["ada"]) == named("person", ["ada"])


def test_the_environment_wins_over_env_and_nothing_is_written(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SESTANTE_KEY", KEY)
    assert pseudonymise(workspace)("person", ["ada"]) == [pseudonym(KEY, "person", "ada")]
    assert not workspace.environment.exists()
    workspace.environment.write_text(f"SESTANTE_KEY={'a' * 40}\n")
    assert pseudonymise(workspace)("person", ["ada"]) == [pseudonym(KEY, "person", "ada")]


@pytest.mark.parametrize("left", [None, "", "OTHER=1\n", "SESTANTE_KEY=\n"])
def test_a_lost_key_is_never_replaced_by_a_new_one(workspace: Workspace, left: str | None):
    pseudonymise(workspace)("person", ["ada"])
    workspace.environment.unlink()
    if left is not None:
        workspace.environment.write_text(left)
    with pytest.raises(ProblemsFound) as found:
        pseudonymise(workspace)
    assert codes(found) == ["key-lost"]
    assert (workspace.environment.read_text() if left is not None else None) == left
    assert left is not None or not workspace.environment.exists()


def test_another_key_than_the_one_in_use_is_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    pseudonymise(workspace)("person", ["ada"])
    monkeypatch.setenv("SESTANTE_KEY", KEY)
    with pytest.raises(ProblemsFound) as found:
        pseudonymise(workspace)
    assert codes(found) == ["key-changed"]


def test_a_short_key_is_refused_without_showing_it(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SESTANTE_KEY", "topolino")
    with pytest.raises(ProblemsFound) as found:
        pseudonymise(workspace)
    assert codes(found) == ["key-too-short"] and "topolino" not in str(found.value)


def test_an_env_that_is_no_text_or_no_file_is_told(workspace: Workspace):
    workspace.environment.write_bytes(b"\xff\xfe\x00A")
    with pytest.raises(ProblemsFound) as found:
        pseudonymise(workspace)
    assert codes(found) == ["environment-unreadable"]
    workspace.environment.unlink()
    workspace.environment.mkdir()
    with pytest.raises(ProblemsFound) as found:
        pseudonymise(workspace)
    assert codes(found) == ["environment-unreadable"]


def test_nobody_is_asked_for_and_nothing_is_kept(workspace: Workspace):
    assert pseudonymise(workspace)("person", []) == []
    assert not workspace.identities_database.exists()
