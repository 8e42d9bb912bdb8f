"""A contract drafted from the server, and a questionnaire that changes under it: told, blocked, decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desks import Command, put
from servers import RECORDINGS, exported

from pipelines.assets.periods import every_period
from pipelines.assets.schedules import PULL
from pipelines.build import build_definitions
from pipelines.project import read_project
from theory_of_change.programme import Workspace

PRE = RECORDINGS / "welfare_pre.lss"


def turned(path: Path) -> Path:
    """The survey's .lss with the points of its satisfaction array turned round."""
    text = PRE.read_text(encoding="utf-8")
    for number, (italian, english) in enumerate(
        [("Per niente", "Not at all"), ("Poco", "A little"), ("Molto", "Very"), ("Moltissimo", "Extremely")]
    ):
        for words in (italian, english):
            text = text.replace(f"[CDATA[{words}]]", f"[CDATA[§{number}{words[:2]}]]")
    swapped = {"0Pe": "Moltissimo", "0No": "Extremely", "1Po": "Molto", "1A ": "Very", "2Mo": "Poco", "2Ve": "A little",
               "3Mo": "Per niente", "3Ex": "Not at all"}  # fmt: skip
    for mark, words in swapped.items():
        text = text.replace(f"[CDATA[§{mark}]]", f"[CDATA[{words}]]")
    return put(path, text)


@pytest.fixture
def welfare(desk: Path, sestante: Command) -> Path:
    """The workspace with a contract drafted from the .lss, and an indicator on one of its columns."""
    assert sestante("survey", "new", PRE, "--id", "welfare").code == 0
    theory = desk / "theory_of_change.yml"
    text = theory.read_text(encoding="utf-8")
    measure = "{from: welfare, share: 'sodd_ACC >= 4'}"
    line = f"  - {{id: IN-SODD, title: Soddisfazione, measures: [OP-VISITS], unit: percent, measure: {measure}}}\n"
    theory.write_text(text.replace("indicators:\n", f"indicators:\n{line}", 1), encoding="utf-8")
    return desk


def answers(path: Path) -> Path:
    return put(path, json.dumps({"responses": exported("export_01_json_all_code_short")}))


def test_a_contract_drafted_from_the_server_pulls_every_answer(desk: Path, sestante: Command) -> None:
    said = sestante("survey", "new", "--from-limesurvey", "415101", "--id", "live")
    assert (said.code, said.out.splitlines()[0]) == (0, "surveys/live.yml: draft with 31 questions (it, en).")
    said = sestante("pull", "live")
    assert said.code == 0, said.err
    assert "answers read 54, accepted 54, superseded 0, gone 0, refused 0, incomplete 10" in said.out


def test_a_contract_is_never_overwritten(desk: Path, sestante: Command) -> None:
    assert sestante("survey", "new", PRE, "--id", "welfare").code == 0
    before = (desk / "surveys" / "welfare.yml").read_bytes()
    said = sestante("survey", "new", RECORDINGS / "gradimento_anonimo.lss", "--id", "welfare")
    assert (said.code, "[draft-there]" in said.err) == (1, True)
    assert (desk / "surveys" / "welfare.yml").read_bytes() == before


def test_the_questionnaire_it_was_drafted_from_shows_no_difference(welfare: Path, sestante: Command) -> None:
    said = sestante("survey", "diff", "welfare", "--against", PRE)
    assert (said.code, said.out) == (0, "welfare: no difference from welfare_pre.lss.\n")


def test_the_second_wave_s_questionnaire_shows_what_came_and_went(welfare: Path, sestante: Command) -> None:
    said = sestante("survey", "diff", "welfare", "--against", RECORDINGS / "welfare_post.lss", "--format", "json")
    found = [(one["severity"], one["kind"], one["code"], one["item"]) for one in json.loads(said.out)]
    assert (said.code, found) == (1, [
        ("action", "question-gone", "DORA", None), ("action", "answer-added", "TITOLO", "A5"),
        ("action", "answer-added", "SERV", "PORT"), ("action", "question-new", "CAMB", None),
    ])  # fmt: skip


def test_a_scale_turned_round_blocks_until_somebody_decides(welfare: Path, sestante: Command, tmp_path: Path) -> None:
    file = answers(tmp_path / "answers.json")
    said = sestante("survey", "diff", "welfare", "--against", turned(tmp_path / "new.lss"))
    assert said.code == 1
    assert "DECIDE: the scale of SODD is turned round: Not at all < A little < Somewhat < Very < Extremely" in said.out
    assert "indicators: IN-SODD" in said.out
    said = sestante("load", file, "--source", "welfare")
    assert said.code == 1
    assert "[survey-changed]" in said.err and "SODD (scale-reversed)" in said.err
    line = next(one for one in sestante("survey", "diff", "welfare", "--against", tmp_path / "new.lss").out.splitlines()
                if "scale-reversed, seen" in one)  # fmt: skip
    contract = welfare / "surveys" / "welfare.yml"
    text = contract.read_text(encoding="utf-8")
    decided = line.replace("by: …", "by: research lead").replace("decision: continue", "decision: map")
    put(contract, f"{text}decisions:\n{decided}\n")
    said = sestante("check")
    assert "[decision-without-recode]" in said.out + said.err  # a decision must be carried out
    points = "    range: [1, 5]\n"
    recode = "    recode: {since: 2026-02-10, answers: {1: 5, 2: 4, 4: 2, 5: 1}}\n"
    at = text.index("- name: sodd")
    put(contract, text[:at] + text[at:].replace(points, points + recode, 1) + f"decisions:\n{decided}\n")
    said = sestante("load", file, "--source", "welfare")
    assert said.code == 0, said.err
    assert sestante("survey", "diff", "welfare", "--against", tmp_path / "new.lss").code == 0


def test_a_pull_is_blocked_by_a_code_that_means_something_else(desk: Path, sestante: Command) -> None:
    sestante("survey", "new", "--from-limesurvey", "415101", "--id", "live")
    contract = desk / "surveys" / "live.yml"
    text = contract.read_text(encoding="utf-8").replace("Biblioteca di quartiere", "Centro anziani")
    put(contract, text.replace("Neighbourhood library", "Day centre for older people"))
    said = sestante("pull", "live")
    assert said.code == 1
    assert "SERV[BIB] (code-reused)" in said.err
    assert not (desk / "data" / "live" / "limesurvey.json").exists()  # nothing was fetched
    (desk / "surveys" / "wellbeing.yml").unlink()
    project = read_project(Workspace(desk))
    job = build_definitions(project.workspace, project).resolve_job_def(PULL)
    done = job.execute_in_process(raise_on_error=False, tags=every_period(project.programme))
    assert not done.success  # nor at night
    assert not (desk / "data" / "live" / "limesurvey.json").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("new",), "either a file"), (("diff", "nothing"), "is no survey of this programme"),
     (("diff", "visitors"), "does not say it is on LimeSurvey")],
)  # fmt: skip
def test_a_wrong_call_says_what_to_write(desk: Path, sestante: Command, arguments: tuple[str, ...], told: str) -> None:
    said = sestante("survey", *arguments)
    assert (said.code, told in said.err) == (2, True), said.err
