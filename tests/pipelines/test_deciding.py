"""A decision on an assumption: shown beside its evidence, written at the end of the file, or not written at all."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from pipelines.deciding import append
from tests.pipelines.conftest import Command, put
from tests.pipelines.test_joining import better, earlier, voices
from theory_of_change.decisions import Decision
from theory_of_change.problems import ProblemsFound

pytestmark = pytest.mark.usefixtures("unreported")
GIVEN = ("--status", "holding", "--by", "valutatrice")
COMMENTED = """\
# il comitato si vede ogni sei mesi
decisions:
- assumption: AS-LISTEN   # la prima volta
  status: untested
  by: comitato
  date: 2024-01-31
  reason: "Nessuno l'ha ancora messa alla prova"
# prossima riunione: luglio
"""


@pytest.fixture
def empty(empty: Path) -> Path:
    return earlier(empty)


def decisions(folder: Path) -> list[dict]:
    return yaml.safe_load((folder / "decisions.yml").read_text(encoding="utf-8"))["decisions"]


def test_a_decision_is_written_with_what_the_evidence_suggested(empty: Path, sestante: Command) -> None:
    better(empty)
    voices(empty)
    assert sestante("run").code == 0
    reason = ("--reason", "it: Vengono, e lo dicono", "--reason", "en: They come, and say so")
    said = sestante("decide", "AS-LISTEN", *GIVEN, *reason, "--date", "2024-10-01")
    assert said.code == 0, said.err
    (found,) = decisions(empty)
    assert re.fullmatch("[0-9a-f]{12}", found.pop("evidence"))
    assert found == {
        "assumption": "AS-LISTEN", "status": "holding", "by": "valutatrice", "date": dt.date(2024, 10, 1),
        "reason": {"it": "Vengono, e lo dicono", "en": "They come, and say so"}, "proposed": "holding",
    }  # fmt: skip
    shown = said.out[: said.out.index("Written")]
    for words in ("People who are alone come to the desk", "as hoped", "2024-H1 → 2024-H2", "for 4, against 0",
                  "people 9", "numbers and voices agree", "holding. Numbers and voices are for it."):  # fmt: skip
        assert words in shown
    assert sestante("check").code == 0


def test_a_dry_run_shows_and_writes_nothing(empty: Path, sestante: Command) -> None:
    said = sestante("decide", "AS-LISTEN", *GIVEN, "--reason", "Così", "--dry-run")
    assert said.code == 0 and "Nothing has been published yet" in said.out and "status: holding" in said.out
    assert not (empty / "decisions.yml").exists()


def test_comments_and_earlier_decisions_stay_as_they_are(empty: Path, sestante: Command) -> None:
    for before in (COMMENTED, COMMENTED.rstrip("\n"), COMMENTED.replace("\n", "\r\n")):
        (empty / "decisions.yml").write_bytes(before.encode("utf-8"))
        assert sestante("decide", "AS-LISTEN", *GIVEN, "--reason", "no: yes").code == 0
        after = (empty / "decisions.yml").read_bytes().decode("utf-8")
        assert after.startswith(before.rstrip("\r\n"))
        assert [one["status"] for one in decisions(empty)] == ["untested", "holding"]
        assert decisions(empty)[1]["reason"] == "no: yes"
        assert ("\r\n" in after) == ("\r\n" in before) and after.count("\r\n") in (0, after.count("\n"))
    assert {path.name for path in empty.iterdir() if path.name.startswith(".decisions")} == set()


@pytest.mark.parametrize(
    "before", ["", "decisions: []\n", "decisions:\n", "# ancora nulla\n", "decisions: [] # nulla\n"]
)
def test_a_file_with_no_decision_takes_the_first(tmp_path: Path, before: str) -> None:
    put(tmp_path / "decisions.yml", before)
    append(tmp_path, Decision(assumption="A", status="failed", by="r", date="2024-01-01", reason="R"))
    assert [one["assumption"] for one in decisions(tmp_path)] == ["A"]


@pytest.mark.parametrize(
    "before",
    ["decisions: [{assumption: A, status: failed, by: r, date: 2024-01-01, reason: R}]\n",
     "decisions:\n- {assumption: A, status: failed, by: r, date: 2024-01-01, reason: R\n",
     "- {assumption: A, status: failed, by: r, date: 2024-01-01, reason: R}\n"],
)  # fmt: skip
def test_a_file_nothing_can_be_added_to_stays_untouched(tmp_path: Path, before: str) -> None:
    put(tmp_path / "decisions.yml", before)
    with pytest.raises(ProblemsFound) as found:
        append(tmp_path, Decision(assumption="B", status="failed", by="r", date="2024-01-01", reason="R"))
    assert [problem.code for problem in found.value.problems] == ["decisions-not-appendable"]
    assert (tmp_path / "decisions.yml").read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["decisions.yml"]


def test_all_that_is_wrong_with_the_call_is_told_at_once(empty: Path, sestante: Command) -> None:
    said = sestante("decide", "AS-LISTN", "--status", "held", "--by", "ada@example.org", "--reason", "Uno",
                    "--reason", "Due", "--date", "2999-01-01", "--language", "it")  # fmt: skip
    assert said.code == 1 and said.out == ""
    assert re.findall(r"^(\S+?): errore: .* \[([a-z-]+)\]$", said.err, re.MULTILINE) == [
        ("--by", "decision-by-address"), ("--date", "decision-date-future"), ("--reason", "decision-reason-language"),
        ("--status", "decision-status-unknown"), ("ASSUMPTION", "decision-assumption-unknown"),
    ]  # fmt: skip
    assert "ada@example.org" not in said.err
    said = sestante("decide", "AS-LISTEN", *GIVEN, "--reason", " ", "--date", "31/01/2026")
    assert re.findall(r"\[([a-z-]+)\]", said.err) == ["decision-date-shape", "decision-reason-missing"]
    assert not (empty / "decisions.yml").exists()


def test_an_outcome_explains_what_numbers_and_voices_say_of_it(empty: Path, sestante: Command) -> None:
    assert sestante("explain", "OC-ALONE").code == 1  # nothing published yet
    better(empty)
    voices(empty)
    assert sestante("run").code == 0
    said = sestante("explain", "OC-ALONE")
    assert said.code == 0
    assert said.out.splitlines() == [
        "OC-ALONE: Those who come feel less alone",
        "",
        "  Numbers   as hoped",
        "              IN-ALONE: as hoped (against the baseline, change between -0.5125 and -0.2677;"
        " 2024-H1 → 2024-H2)",
        "  Voices    against it",
        "              documents that speak of it 4, for 0, against 4; people 4",
        "  Together  numbers and voices say the contrary of each other",
        "            ! Numbers up, voices down: numbers say it goes as hoped, voices the contrary.",
    ]
    assert "People listened to → Those who come feel less alone" in sestante("explain", "L-3").out
    assert "troppo poche persone per dirlo" in sestante("explain", "L-4", "--language", "it").out


def test_diff_tells_the_decisions_taken_since(empty: Path, sestante: Command, tmp_path: Path) -> None:
    before = tmp_path / "before"
    shutil.copytree(empty, before)
    sestante("decide", "AS-LISTEN", *GIVEN, "--reason", "Vengono", "--date", "2024-03-31")
    said = sestante("diff", before, empty)
    assert said.code == 0
    assert said.out.splitlines()[-3:] == [
        "Decisions on assumptions taken since", "  AS-LISTEN: holding (valutatrice, 2024-03-31)", "    Vengono",
    ]  # fmt: skip
    found = json.loads(sestante("diff", before, empty, "--format", "json").out)
    assert [one["by"] for one in found["decisions"]] == ["valutatrice"] and found["changes"] == []
    assert "Decisions" not in sestante("diff", empty, before).out


def test_who_decides_at_the_same_moment_loses_nothing(tmp_path: Path) -> None:
    given = [Decision(assumption=f"A{n}", status="failed", by="r", date="2024-01-01", reason="R") for n in range(12)]
    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(lambda one: append(tmp_path, one), given))
    assert sorted(one["assumption"] for one in decisions(tmp_path)) == sorted(one.assumption for one in given)
    assert [path.name for path in tmp_path.iterdir()] == ["decisions.yml"]
