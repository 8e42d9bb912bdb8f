"""Before and after as two surveys of one LimeSurvey, read as one: people are paired by the code in their attribute.

The servers recorded whom they invited to the first survey only, and only for one version; so who is who is drawn here:
the n-th person of the first survey is COD<n>, the n-th of the second COD<n + 5>.
"""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import yaml
from desks import Command, put, workspace_on
from servers import LimeSurvey

from pipelines.indicators.estimate import compute
from pipelines.merging import bring_together
from pipelines.panels import attrition
from pipelines.project import Project, read_project
from theory_of_change.model import TheoryOfChange
from theory_of_change.programme import Workspace
from warehouse.identities import near_misses
from warehouse.store import open_warehouse

PRE, POST = 415101, 415102
#: Worked out by hand from the recordings, both versions alike: the marks of the twelve who gave one both times rose by
#: 1 0 -2 1 2 2 -2 -2 -2 4 1 0; people before, after, in both, lost, new.
N_CHANGES, CHANGE, PANEL = 12, 3 / 12, (37, 27, 22, 15, 5)
CONTRACT = """\
id: {id}
title: {id}
limesurvey: {{survey: {survey}}}
person: {{column: attribute_1, scheme: participant_code}}
answered: submitdate
questions:
  - {{name: {mark}, code: VOTO, type: scale, range: [1, 5]}}
  - {{name: services, code: SERV, type: multiple, answers: [{boxes}], other: true}}
  - {own}
"""
MERGED = """\
id: wellbeing
title: {it: Benessere, en: Wellbeing}
merge:
  - {source: wellbeing_pre, wave: pre, rename: {voto: mark}}
  - {source: wellbeing_post, wave: post}
"""
THEORY = """
theory: {id: t, version: 1.0.0, title: T}
outcomes: [{id: OC, statement: Mark}]
indicators:
  - {id: CHANGE, title: C, measures: [OC], unit: points, measure: {from: wellbeing, change: mark, between: [pre, post]},
     uncertainty: {mode: sample}}
  - {id: PORT, title: P, measures: [OC], unit: percent, measure: {from: wellbeing, share: services_PORT}}
"""


def drawn(server: LimeSurvey) -> dict[int, dict[str, str]]:
    """The code behind each token of each survey, also put on the server."""
    template = server.surveys[PRE].participants[0]
    codes: dict[int, dict[str, str]] = {}
    for survey, first in ((PRE, 0), (POST, 5)):
        tokens = list(dict.fromkeys(one["token"] for one in server.surveys[survey].responses if one["token"]))
        codes[survey] = {token: f"COD{first + number:03d}" for number, token in enumerate(tokens)}
        server.surveys[survey].participants = [
            {**copy.deepcopy(template), "tid": number + 1, "token": token, "attribute_1": code}
            for number, (token, code) in enumerate(codes[survey].items())
        ]
    return codes


def marks(server: LimeSurvey, survey: int, codes: dict[str, str]) -> dict[str, str | None]:
    """The mark each person gave last, among complete answers: the latest day, then the highest number."""
    complete = [one for one in server.surveys[survey].responses if one["submitdate"] and one["token"]]
    ordered = sorted(complete, key=lambda one: (one["submitdate"][:10], one["id"]))
    return {codes[one["token"]]: one["VOTO"] or None for one in ordered}


@pytest.fixture
def waves(either: LimeSurvey, tmp_path: Path, sestante: Command) -> tuple[LimeSurvey, dict, Project]:
    codes = drawn(either)
    desk = workspace_on(either, tmp_path / "desk")
    (desk / "surveys" / "wellbeing.yml").unlink()
    for id, survey, mark, boxes, own in (
        ("wellbeing_pre", PRE, "voto", "BIB, CAF, DOP, ANZ", "{name: hour, code: DORA, type: datetime}"),
        (
            "wellbeing_post",
            POST,
            "mark",
            "BIB, CAF, DOP, ANZ, PORT",
            "{name: changed, code: CAMB, type: single, rows: [REL, BEN], answers: [PEG, UGU, MIG]}",
        ),
    ):
        text = CONTRACT.format(id=id, survey=survey, mark=mark, boxes=boxes, own=own)
        put(desk / "surveys" / f"{id}.yml", text)
    put(desk / "surveys" / "wellbeing.yml", MERGED)
    said = sestante("pull", "wellbeing_pre", "wellbeing_post")
    assert said.code == 0, said.out + said.err
    return either, codes, read_project(Workspace(desk))


def test_the_change_is_that_of_the_same_people_in_both_surveys(waves: tuple[LimeSurvey, dict, Project]) -> None:
    server, codes, project = waves
    before, after = (marks(server, survey, codes[survey]) for survey in (PRE, POST))
    changes = [int(after[code]) - int(before[code]) for code in before if before[code] and after.get(code)]
    values = computed(project, "CHANGE")
    assert values["n"] == len(changes) == N_CHANGES
    assert values["value"] == pytest.approx(mean(changes), abs=1e-12) == pytest.approx(CHANGE, abs=1e-12)
    squares = sum((one - mean(changes)) ** 2 for one in changes)
    pairs = len(set(before) & set(after))  # those without both marks are outside the domain, inside the sample
    error = (squares / len(changes) ** 2 * pairs / (pairs - 1)) ** 0.5
    assert values["std_error"] == pytest.approx(error, abs=1e-9)


def test_a_box_only_the_second_survey_had_is_a_share_of_those_who_were_asked(
    waves: tuple[LimeSurvey, dict, Project],
) -> None:
    server, _, project = waves
    ticked = sum(one["SERV[PORT]"] == "Y" for one in server.surveys[POST].responses if one["submitdate"])
    values = computed(project, "PORT")
    with open_warehouse(project.workspace) as warehouse:
        asked = warehouse.connection.execute("select count(services_PORT) from core.wellbeing_post").fetchone()[0]
    assert (values["n"], values["numerator"]) == (asked, ticked) and 0 < ticked < asked <= 53


def test_who_stayed_left_and_came_is_counted_over_the_two_surveys(waves: tuple[LimeSurvey, dict, Project]) -> None:
    server, codes, project = waves
    before, after = (set(marks(server, survey, codes[survey])) for survey in (PRE, POST))
    with open_warehouse(project.workspace) as warehouse:
        bring_together(warehouse, project.sources.values())
        found = attrition(warehouse.connection, project.sources, 1, partial(near_misses, project.workspace))
        rows = warehouse.connection.execute("select count(*), count(distinct _source) from core.wellbeing").fetchone()
    (row,) = found.to_dict("records")
    told = {
        name: row[name] for name in ("source", "wave_from", "wave_to", "n_from", "n_to", "n_both", "n_lost", "n_new")
    }
    assert told == {
        "source": "wellbeing", "wave_from": "pre", "wave_to": "post", "n_from": len(before), "n_to": len(after),
        "n_both": len(before & after), "n_lost": len(before - after), "n_new": len(after - before),
    }  # fmt: skip
    assert tuple(told.values())[3:] == PANEL
    complete = [sum(bool(one["submitdate"]) for one in server.surveys[survey].responses) for survey in (PRE, POST)]
    assert rows == (sum(complete), 2)


def computed(project: Project, indicator: str) -> dict[str, Any]:
    """One indicator over the whole calendar, from the rows pulled."""
    theory = TheoryOfChange.model_validate(yaml.safe_load(THEORY))
    fingerprints = {name: source.fingerprint for name, source in project.sources.items()}
    with open_warehouse(project.workspace) as warehouse:
        bring_together(warehouse, project.sources.values())
        found = compute(warehouse.connection, theory, project.programme, project.tables, "s", fingerprints).values
    (row,) = found.query("indicator_id == @indicator and period == 'all'").to_dict("records")
    return row
