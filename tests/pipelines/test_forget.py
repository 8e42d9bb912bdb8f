"""`sestante forget` takes a person out of every table and every byte, says from where, and keeps them out."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.pipelines.conftest import Command, put, visitors
from theory_of_change.programme import Workspace
from warehouse import forgetting as warehouse_forgetting
from warehouse.connections import connect
from warehouse.identities import pseudonymise
from warehouse.store import open_warehouse

ADA = "ada@example.org"


def bytes_of(folder: Path) -> bytes:
    """Every byte of the databases and what stands beside them."""
    return b"".join(path.read_bytes() for path in sorted((folder / "warehouse").rglob("*")) if path.is_file())


def rows(folder: Path, sql: str) -> list[tuple]:
    with connect(folder / "warehouse" / "impact.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def landed(workspace: Path, sestante: Command) -> Path:
    """Ada came twice; a correction later replaced one of her rows."""
    for source in ("visits", "visitors"):
        assert sestante("load", workspace / "data" / source / f"{source}-1.csv", "--source", source).code == 0
    corrected = put(workspace.parent / "visits-2.csv", f"visit,day,person,reason\nV1,2026-01-11,{ADA},work\n")
    assert sestante("load", corrected, "--source", "visits").code == 0
    return workspace


def pseudonym_of(folder: Path, identifier: str) -> str:
    return pseudonymise(Workspace(folder))("person", [identifier])[0]


def test_a_person_goes_from_everywhere_and_the_command_says_from_where(landed: Path, sestante: Command):
    name = pseudonym_of(landed, ADA)
    assert ADA.encode() in bytes_of(landed) and name.encode() in bytes_of(landed)
    said = sestante("forget", ADA, "--yes")
    assert said.code == 0 and ADA not in said.out + said.err
    assert said.out.splitlines()[:6] == [
        "The person has been forgotten. These went:",
        "  raw.visits: rows 3",
        "  core.visits: rows 2",
        "  core.visits__history: rows 1",
        "  list of identities: entries 1",
        "These files still hold the person. Deliveries are not edited from here: delete the rows in the file, or the "
        "file where it is no longer needed. If one is read again, those rows stay out.",
    ]
    assert "  data/visits/visits-1.csv: rows 2" in said.out and "  data/visits/visits-2.csv: rows 1" in said.out
    left = bytes_of(landed)
    assert ADA.encode() not in left and name.encode() not in left
    assert rows(landed, "select count(*) from core.visits") == [(5,)]
    assert ADA in (landed / "data" / "visits" / "visits-1.csv").read_text()


def test_others_and_the_meaning_of_tables_stay(landed: Path, sestante: Command):
    bruno, comments = pseudonym_of(landed, "bruno@example.org"), (
        "select count(*) from duckdb_columns() where comment is not null and schema_name in ('raw', 'core')"
    )  # fmt: skip
    before = rows(landed, comments), rows(landed, "select count(*) from core.visitors")
    assert sestante("forget", ADA, "--yes").code == 0
    assert (rows(landed, comments), rows(landed, "select count(*) from core.visitors")) == before
    assert before[0][0][0] > 10
    assert pseudonym_of(landed, "bruno@example.org") == bruno
    assert rows(landed, f"select count(*) from core.visits where person = '{bruno}'") == [(1,)]


def test_a_file_read_again_leaves_the_person_out_and_a_new_one_too(landed: Path, sestante: Command):
    with open_warehouse(Workspace(landed)) as warehouse:
        before = warehouse.snapshot_id()
    assert sestante("forget", ADA, "--yes").code == 0
    with open_warehouse(Workspace(landed)) as warehouse:
        assert warehouse.snapshot_id() != before
    contract = landed / "registers" / "visits.yml"
    contract.write_text(contract.read_text() + "note: letto di nuovo\n")
    new = put(landed.parent / "visits-3.csv", f"visit,day,person,reason\nV8,2026-06-20,{ADA},work\n"
                                              "V9,2026-06-21,gina@example.org,work\n")  # fmt: skip
    said = sestante("load", new, "--source", "visits")
    assert said.code == 0 and "asked to be forgotten" in said.out and ADA not in said.out + said.err
    assert rows(landed, "select count(*) from core.visits") == [(6,)]
    assert ADA.encode() not in bytes_of(landed)
    assert rows(landed, "select sum(rows_forgotten) from core.loads where status = 'in_force'") == [(4,)]


def test_a_dry_run_changes_nothing(landed: Path, sestante: Command):
    before = bytes_of(landed)
    said = sestante("forget", ADA, "--dry-run")
    assert said.code == 0 and said.out.startswith("These would go:\n  raw.visits: rows 3\n")
    assert bytes_of(landed) == before or ADA.encode() in bytes_of(landed)
    assert rows(landed, "select count(*) from core.visits") == [(7,)]


def test_nobody_is_found_where_there_is_nobody(landed: Path, sestante: Command):
    said = sestante("forget", "zoe@example.org", "--yes")
    assert said.code == 1 and "no known person" in said.err and "zoe" not in said.err
    assert sestante("forget", ADA, "--scheme", "other", "--yes").code == 1


def test_an_identifier_of_two_schemes_asks_which(landed: Path, sestante: Command):
    pseudonymise(Workspace(landed))("household", [ADA])
    said = sestante("forget", ADA, "--yes")
    assert said.code == 1 and "household, person" in said.err
    assert sestante("forget", ADA, "--scheme", "person", "--yes").code == 0


def test_the_identifier_may_come_from_standard_input_or_as_a_pseudonym(
    landed: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch
):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA}\n"))
    assert sestante("forget", "--stdin", "--dry-run").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA}\n"))
    assert sestante("forget", "--stdin").code == 2
    assert sestante("forget", pseudonym_of(landed, ADA), "--yes").code == 1
    assert sestante("forget", pseudonym_of(landed, ADA), "--pseudonym", "--yes").code == 0
    assert ADA.encode() not in bytes_of(landed)


@pytest.mark.parametrize("at", ["remove", "in_use", "drop", "clear_away"])
def test_killed_in_the_middle_the_same_command_finishes(
    landed: Path, sestante: Command, monkeypatch: pytest.MonkeyPatch, at: str
):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(f"pipelines.forgetting.{at}", killed)
        assert sestante("forget", ADA, "--yes").code == 130
    assert sestante("forget", ADA, "--yes").code == 0
    assert ADA.encode() not in bytes_of(landed) and rows(landed, "select count(*) from core.visits") == [(5,)]
    assert sestante("forget", ADA, "--yes").out.startswith("This person had already been forgotten")


def test_an_email_kept_apart_leads_to_its_person(landed: Path, sestante: Command):
    contract = landed / "surveys" / "visitors.yml"
    contract.write_text(contract.read_text() + "identifying: [{column: mail, keep: identities}]\n")
    lines = visitors(6).splitlines()
    text = "\n".join([lines[0] + ",mail", *(f"{line},m{i}@example.org" for i, line in enumerate(lines[1:]))]) + "\n"
    new = put(landed.parent / "later.csv", text)
    assert sestante("load", new, "--source", "visitors").code == 0
    assert b"m3@example.org" in bytes_of(landed)
    assert b"m3@example.org" not in (landed / "warehouse" / "impact.duckdb").read_bytes()
    said = sestante("forget", "m3@example.org", "--yes")
    assert said.code == 0 and "list of identities: entries 2" in said.out
    assert rows(landed, "select count(*) from core.visitors") == [(44,)]  # of two files, each with one of hers
    assert b"m3@example.org" not in bytes_of(landed)


def test_the_key_is_still_known_when_everybody_was_forgotten(empty: Path, sestante: Command):
    workspace = Workspace(empty)
    put(empty / "data" / "visits" / "v.csv", f"visit,day,person,reason\nV1,2026-01-11,{ADA},work\n")
    assert sestante("load", empty / "data" / "visits" / "v.csv", "--source", "visits").code == 0
    assert sestante("forget", ADA, "--yes").code == 0
    workspace.environment.unlink()
    said = sestante("load", empty / "data" / "visits" / "v.csv", "--source", "visits")
    assert said.code == 1 and "[key-lost]" in said.err


def test_our_own_snapshot_of_a_server_is_written_anew(tmp_path: Path):
    from surveys.limesurvey.snapshot import about_of, leave_out, lines_of, write_snapshot
    from theory_of_change.problems import Place

    answers = [{"id": "1", "token": ADA, "q": None}, {"id": "2", "token": "b", "q": "x"}]
    path = write_snapshot(tmp_path, 7, answers, lambda name: False, Place("x")).path
    assert leave_out(path, lambda answer: answer["token"] == ADA) == 1
    assert list(lines_of(path)) == answers[1:] and about_of(path) == {"survey": 7, "columns": ["id", "token", "q"]}
    assert json.loads(path.read_text())["responses"] == answers[1:]
    assert not hasattr(warehouse_forgetting, "identifier")


def test_a_code_people_made_up_is_found_in_every_file_however_they_wrote_it(workspace: Path, sestante: Command):
    contract = workspace / "surveys" / "visitors.yml"
    text = contract.read_text()
    assert "person: token" in text
    contract.write_text(text.replace("person: token", "person: {column: token, normalise: code}"))
    data = workspace / "data" / "visitors"
    put(data / "visitors-2.csv", visitors(6).replace("t3,", "RO 01 à7,"))
    put(data / "visitors-3.csv", visitors(7).replace("t4,", "ro01a7,"))
    put(data / "visitors-4.csv", visitors(8).replace("t5,", "Ro01A7 ,"))
    for number in (2, 3, 4):
        assert sestante("load", data / f"visitors-{number}.csv", "--source", "visitors").code == 0
    said = sestante("forget", "RO01a7", "--yes")
    assert said.code == 0 and "a7" not in said.out.casefold()
    for number in (2, 3, 4):
        assert f"data/visitors/visitors-{number}.csv: rows 1" in said.out


def test_after_a_whole_run_nothing_of_them_is_left_anywhere_but_in_the_deliveries(ran: Path, sestante: Command):
    """All three databases, what Dagster keeps, reports, logs: every byte of every file, archives opened."""
    name, ada = pseudonym_of(ran, ADA), ADA.encode()
    files = sorted(path for path in ran.rglob("*") if path.is_file())
    assert {"impact.duckdb", "identities.duckdb", "published.duckdb"} <= {path.name for path in files}
    assert any("dagster" in path.as_posix().casefold() for path in files)
    assert {path.name for path in files if name.encode() in path.read_bytes()} <= {"impact.duckdb", "identities.duckdb"}
    said = sestante("forget", ADA, "--yes")
    assert said.code == 0 and "Published figures and frozen reports stay" in said.out
    left = {path.relative_to(ran).as_posix() for path in holding(ran, ada) | holding(ran, name.encode())}
    assert left == {"data/visits/visits-1.csv"} and "data/visits/visits-1.csv: rows 2" in said.out


def test_a_source_nothing_was_delivered_to_is_in_nobodys_way(landed: Path, sestante: Command):
    with connect(landed / "warehouse" / "impact.duckdb") as connection:
        connection.execute("create table raw.silent (_load_id varchar, _row bigint)")  # as a run lays it out
    said = sestante("forget", ADA, "--yes")
    assert said.code == 0 and "  core.visits: rows 2" in said.out


def holding(folder: Path, sought: bytes) -> set[Path]:
    """The files with these bytes, also in the parts of archives."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            texts = [path.read_bytes()]
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as parts:
                    texts += [parts.read(part) for part in parts.namelist()]
            if any(sought in text for text in texts):
                found.add(path)
    return found
