"""`sestante load`: what a delivery's landing tells, keeps and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.conftest import VISITS, Command, put
from theory_of_change.programme import Workspace
from warehouse.connections import connect


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def landed(workspace: Path, columns: str = "visit, reason", table: str = "visits") -> list[tuple]:
    with connect(Workspace(workspace).impact_database, read_only=True) as connection:
        return connection.execute(f"select {columns} from core.{table} order by all").fetchall()


def test_a_delivery_lands_and_is_kept(empty: Path, tmp_path: Path, sestante: Command) -> None:
    file = put(tmp_path / "Download" / "visits-1.csv", VISITS)
    said = sestante("load", file, "--source", "visits")
    assert (said.code, said.err) == (0, "")
    assert "landed in “visits”" in said.out
    assert "rows read 7, accepted 7, superseded 0, refused 0" in said.out
    assert (empty / "data" / "visits" / "visits-1.csv").read_text() == VISITS
    assert len(landed(empty)) == 7


def test_the_same_delivery_twice_changes_nothing(empty: Path, tmp_path: Path, sestante: Command) -> None:
    file = put(tmp_path / "visits-1.csv", VISITS)
    sestante("load", file, "--source", "visits")
    before = landed(empty), everything_in(empty / "data")
    said = sestante("load", file, "--source", "visits")
    assert said.code == 0
    assert "already landed in “visits”, nothing changes" in said.out
    assert (landed(empty), everything_in(empty / "data")) == before


def test_a_correction_of_the_same_name_supersedes_and_both_are_kept(
    empty: Path, tmp_path: Path, sestante: Command
) -> None:
    sestante("load", put(tmp_path / "a" / "visits.csv", VISITS), "--source", "visits")
    corrected = "visit,day,person,reason\nV1,2026-01-10,ada@example.org,company\n"
    said = sestante("load", put(tmp_path / "b" / "visits.csv", corrected), "--source", "visits")
    assert said.code == 0
    assert "rows read 1, accepted 1, superseded 1, refused 0" in said.out
    assert "visits.2.csv" in said.out
    assert landed(empty)[0] == ("V1", "company")
    assert len(landed(empty)) == 7
    assert landed(empty, "visit, reason", "visits__history") == [("V1", "home")]
    assert everything_in(empty / "data" / "visits") == [".arrivals", "visits.2.csv", "visits.csv"]


def test_refused_rows_are_told_with_row_column_rule_and_remedy_and_the_good_ones_land(
    empty: Path, tmp_path: Path, sestante: Command
) -> None:
    spoiled = VISITS.replace("2026-02-11", "31/02/2026").replace(
        "V3,2026-03-12,carla@example.org,company", "V3,,,cinema"
    )
    said = sestante("load", put(tmp_path / "visits.csv", spoiled), "--source", "visits")
    assert said.code == 1
    assert "rows read 7, accepted 5, superseded 0, refused 2" in said.out
    refusals = [line.strip() for line in said.out.splitlines() if line.strip().startswith("row ")]
    assert [line.split(":")[0] for line in refusals] == [
        "row 3, column day", "row 4, column day", "row 4, column person", "row 4, column reason",
    ]  # fmt: skip
    assert all(line.endswith("]") for line in refusals)
    for value in ("31/02/2026", "cinema", "carla"):
        assert value not in said.out + said.err
    assert len(landed(empty)) == 5


def test_what_was_refused_once_is_recalled_when_the_same_file_comes_again(
    empty: Path, tmp_path: Path, sestante: Command
) -> None:
    file = put(tmp_path / "visits.csv", VISITS + "V8,never,ada@example.org,home\nV9,2026-01-10,,cinema\n")
    assert sestante("load", file, "--source", "visits").code == 1
    said = sestante("load", file, "--source", "visits")
    assert said.code == 0
    assert "nothing changes" in said.out
    assert "2 of its 9 rows were refused then" in said.out


def test_answers_without_consent_are_left_out_and_are_no_mistake(
    empty: Path, tmp_path: Path, sestante: Command
) -> None:
    contract = empty / "surveys" / "visitors.yml"
    contract.write_text(contract.read_text() + 'consent: {column: ok, value: "Y"}\n', encoding="utf-8")
    rows = ["token,submitdate,Q1,Q2,ok", "t1,2026-01-10,4,A1,Y", "t2,2026-01-10,4,A1,N"]
    said = sestante("load", put(tmp_path / "visitors.csv", "\n".join(rows) + "\n"), "--source", "visitors")
    assert said.code == 0
    assert "rows read 2, accepted 1, superseded 0, refused 1" in said.out
    spoiled = "\n".join([*rows, "t3,2026-01-10,9,A1,Y"]) + "\n"
    assert sestante("load", put(tmp_path / "more.csv", spoiled), "--source", "visitors").code == 1


def test_many_refusals_are_cut_short_and_the_rest_counted(empty: Path, tmp_path: Path, sestante: Command) -> None:
    rows = "".join(f"N{i},never,ada@example.org,home\n" for i in range(50))
    said = sestante("load", put(tmp_path / "visits.csv", VISITS + rows), "--source", "visits")
    assert said.code == 1
    assert len([line for line in said.out.splitlines() if line.strip().startswith("row ")]) == 20
    assert "… and 30 more refused cells: all are in the table core.refused" in said.out


def test_a_trial_tells_the_same_and_writes_nothing(empty: Path, tmp_path: Path, sestante: Command) -> None:
    before = everything_in(empty)
    said = sestante("load", put(tmp_path / "visits.csv", VISITS + VISITS.splitlines()[1] + "x\n"), "--source", "visits",
                    "--dry-run")  # fmt: skip
    assert said.code == 1
    assert "trial for “visits”, nothing was written" in said.out
    assert "rows read 8, accepted 7, refused 1" in said.out
    assert everything_in(empty) == before


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_what_cannot_be_read_is_told_for_every_file_and_nothing_is_kept(
    empty: Path, tmp_path: Path, sestante: Command, option: list[str]
) -> None:
    (tmp_path / "folder").mkdir()
    files = [
        tmp_path / "absent.csv",
        tmp_path / "folder",
        put(tmp_path / "empty.csv", ""),
        put(tmp_path / "paper.csv", "%PDF-1.7\n%\x80\x81\n1 0 obj"),
        put(tmp_path / "good.csv", VISITS),
    ]
    said = sestante("load", *files, "--source", "visits", *option)
    assert said.code == 1
    told = [line for line in said.err.splitlines() if "error:" in line]
    assert len(told) == 4
    for name in ("absent.csv", "folder", "empty.csv", "paper.csv"):
        assert any(name in line for line in told), name
    assert "rows read 7" in said.out
    kept = [] if option else [".arrivals", "good.csv"]
    folder = empty / "data" / "visits"
    assert (everything_in(folder) if folder.exists() else []) == kept


def test_an_unknown_source_is_wrong_usage_with_the_nearest_name(tmp_path: Path, sestante: Command) -> None:
    said = sestante("load", put(tmp_path / "v.csv", VISITS), "--source", "visit")
    assert said.code == 2
    assert "There is no source “visit”. There are: visitors, visits. Did you mean “visits”?" in said.err


def test_a_mistake_elsewhere_does_not_stand_in_the_way(empty: Path, tmp_path: Path, sestante: Command) -> None:
    theory = empty / "theory_of_change.yml"
    theory.write_text(theory.read_text().replace("measures: [OP-VISITS]", "mesures: [OP-VISITS]"), encoding="utf-8")
    assert sestante("check").code == 1
    assert sestante("load", put(tmp_path / "v.csv", VISITS), "--source", "visits").code == 0


def test_a_mistake_in_its_own_contract_does(empty: Path, tmp_path: Path, sestante: Command) -> None:
    contract = empty / "registers" / "visits.yml"
    contract.write_text(contract.read_text().replace("key: [visit]", "key: [vist]"), encoding="utf-8")
    said = sestante("load", put(tmp_path / "v.csv", VISITS), "--source", "visits")
    assert said.code == 1
    assert "registers/visits.yml:" in said.err
    assert not (empty / "warehouse").exists()


def test_a_changed_contract_reads_the_earlier_deliveries_again(empty: Path, tmp_path: Path, sestante: Command) -> None:
    first = VISITS.replace("V1,2026-01-10,ada@example.org,home", "V1,2026-01-10,ada@example.org,debts")
    assert sestante("load", put(tmp_path / "visits-1.csv", first), "--source", "visits").code == 1
    contract = empty / "registers" / "visits.yml"
    contract.write_text(contract.read_text() + "      debts: {it: Debiti, en: Debts}\n", encoding="utf-8")
    more = "visit,day,person,reason\nV8,2026-08-01,gino@example.org,home\n"
    assert sestante("load", put(tmp_path / "visits-2.csv", more), "--source", "visits").code == 0
    assert landed(empty)[0] == ("V1", "debts")
    assert len(landed(empty)) == 8


def test_a_contract_the_earlier_deliveries_do_not_fit_changes_nothing(
    empty: Path, tmp_path: Path, sestante: Command
) -> None:
    sestante("load", put(tmp_path / "visits-1.csv", VISITS), "--source", "visits")
    before = landed(empty), everything_in(empty / "data")
    contract = empty / "registers" / "visits.yml"
    contract.write_text(contract.read_text() + "  - {name: place, type: text}\n", encoding="utf-8")
    more = "visit,day,person,reason,place\nV8,2026-08-01,gino@example.org,home,Centro\n"
    said = sestante("load", put(tmp_path / "visits-2.csv", more), "--source", "visits")
    assert said.code == 1
    assert "visits-1.csv" in said.err
    assert "“place” is missing" in said.err
    assert (landed(empty), everything_in(empty / "data")) == before


def test_everything_is_told_in_italian_too(tmp_path: Path, sestante: Command) -> None:
    said = sestante("load", put(tmp_path / "visits.csv", VISITS.replace("home", "cinema")), "--source", "visits",
                    "--language", "it")  # fmt: skip
    assert "righe lette 7, accettate 5, sostituite 0, rifiutate 2" in said.out
    assert "riga 2, colonna reason:" in said.out
