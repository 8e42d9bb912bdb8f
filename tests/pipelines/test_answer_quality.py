"""Careless answers, a contract's own rules and missing people are counted by wave, each over its own denominator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.project import Project
from pipelines.quality import check_source
from pipelines.row_rules import wrong_rules
from surveys.questionnaire import Survey
from surveys.sources import Source, source_of
from theory_of_change.loading import Places
from theory_of_change.programme import Programme, Workspace
from warehouse.store import open_warehouse

PROGRAMME = Programme.model_validate(
    {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2024-12-31"}}
)
ARRAY = {"name": "m", "type": "scale", "range": [1, 5], "rows": {str(i): f"Item {i}" for i in range(1, 6)}}
REMEDY = {"it": "Correggi.", "en": "Correct it."}


def made(**said: Any) -> Source:
    questions = said.pop("questions", [ARRAY])
    contract = {"id": "people", "title": "People", "wave": {"column": "wave"}, "questions": questions} | said
    return source_of(Survey.model_validate(contract), "surveys/people.yml", Places("surveys/people.yml"))


def checked(folder: Path, source: Source, *rows: dict[str, Any], least: int = 1) -> dict[str, tuple[int, int]]:
    """What `core.quality` holds of the source, as (rows looked at, rows found) by rule."""
    disclosure = PROGRAMME.disclosure.model_copy(update={"smallest_group": least})
    programme = PROGRAMME.model_copy(update={"disclosure": disclosure})
    workspace = Workspace(folder)
    project = Project(workspace, programme, None, {source.table.id: source}, Places(""), ())
    with open_warehouse(workspace) as warehouse:
        warehouse.prepare(source.table)
        for number, row in enumerate(rows, start=2):
            names = ", ".join(f'"{name}"' for name in row)
            slots = ", ".join("?" for _ in row)
            warehouse.connection.execute(
                f"insert into core.people (_load_id, _row, {names}) values ('l', {number}, {slots})", list(row.values())
            )
        check_source(warehouse, project, source.table)
        found = warehouse.connection.execute("select rule_id, n_rows, n_failed from core.quality").fetchall()
        published = warehouse.publish()
    assert published.is_file()
    return {rule.removeprefix("people."): (n, failed) for rule, n, failed in found}


def array(*answers: int | None, **more: Any) -> dict[str, Any]:
    return {f"m_{i}": answer for i, answer in enumerate(answers, start=1)} | more


def test_one_answer_for_a_whole_array_is_told_of_those_who_filled_it_in(tmp_path: Path) -> None:
    rows = [array(3, 3, 3, 3, 3, wave="pre"), array(3, 3, 3, 3, None, wave="pre"), array(1, 2, 3, 4, 5, wave="post")]
    found = checked(tmp_path, made(), *rows)
    assert found["m.straight-lining"] == (2, 1)
    assert found["m.straight-lining@pre"] == (1, 1)
    assert found["m.straight-lining@post"] == (1, 0)


def test_a_run_of_half_a_long_array_is_told(tmp_path: Path) -> None:
    long = {"name": "m", "type": "scale", "range": [1, 5], "rows": {str(i): f"{i}" for i in range(1, 11)}}
    rows = [array(1, 2, 4, 4, 4, 4, 4, 2, 1, 3), array(4, 4, 4, 4, 1, 4, 4, 4, 4, 1)]
    found = checked(tmp_path, made(questions=[long]), *rows)
    assert (found["m.long-run"], found["m.straight-lining"]) == ((2, 1), (2, 0))


def test_the_same_person_twice_in_one_wave_is_told_and_two_waves_are_none(tmp_path: Path) -> None:
    people = [("a", "pre"), ("a", "pre"), ("a", "post"), ("b", "pre"), (None, "pre"), (None, "pre")]
    found = checked(tmp_path, made(person="token"), *({"token": who, "wave": wave} for who, wave in people))
    assert found["duplicates"] == (4, 1) and found["duplicates@post"] == (1, 0)
    assert found["no-person"] == (6, 2)


def test_without_waves_a_person_may_answer_once_in_each_period(tmp_path: Path) -> None:
    source = made(person="token", answered="day", wave=None)
    days = [("a", "2024-01-02"), ("a", "2024-11-30"), ("b", "2024-05-01")]
    found = checked(tmp_path, source, *({"token": who, "day": day} for who, day in days))
    assert found["duplicates"] == (3, 1)  # the calendar's periods are years


def test_rows_alike_in_ten_answers_are_told_and_short_ones_are_not(tmp_path: Path) -> None:
    asked = [{"name": f"q{i}", "type": "number"} for i in range(12)]
    full, other = {f"q{i}": i for i in range(12)}, {f"q{i}": 2 * i for i in range(12)}
    short = {f"q{i}": i for i in range(9)}
    found = checked(tmp_path, made(questions=asked), full, full, other, short, short)
    assert found["identical"] == (3, 1)


def test_too_fast_is_a_fraction_of_the_median_of_the_wave(tmp_path: Path) -> None:
    times = [
        ("pre", 100),
        ("pre", 110),
        ("pre", 31),
        ("pre", 30),
        ("post", 20),
        ("post", 21),
        ("post", 6),
        ("post", None),
    ]
    source = made(duration="interviewtime", questions=[])
    found = checked(tmp_path, source, *({"wave": wave, "interviewtime": time} for wave, time in times))
    # medians 65.5 and 20: limits 19.65 and 6
    assert (found["speeders"], found["speeders@post"]) == ((7, 0), (3, 0))
    strict = made(duration="interviewtime", questions=[], checks={"faster_than": 0.5})
    found = checked(tmp_path / "strict", strict, *({"wave": wave, "interviewtime": time} for wave, time in times))
    assert (found["speeders"], found["speeders@pre"], found["speeders@post"]) == ((7, 3), (4, 2), (3, 1))


def test_questions_are_unanswered_only_by_those_they_were_put_to(tmp_path: Path) -> None:
    asked = [
        {"name": "works", "type": "yes_no"},
        {"name": "hours", "type": "number", "asked_when": {"works": ["Y"]}},
        {"name": "new", "type": "number", "since": "2024-06-01"},
        {"name": "joys", "type": "multiple", "answers": ["a", "b"]},
    ]
    rows = [
        {"works": True, "hours": 3, "day": "2024-01-01"},
        {"works": True, "hours": None, "day": "2024-07-01", "new": 1},
        {"works": False, "hours": None, "day": "2024-07-01"},
        {"works": None, "hours": None, "day": "2024-07-01"},
    ]
    found = checked(tmp_path, made(questions=asked, answered="day", wave=None), *rows)
    assert (found["works.unanswered"], found["hours.unanswered"], found["new.unanswered"]) == ((4, 1), (2, 1), (3, 2))
    assert "joys.unanswered" not in found  # nothing ticked is an answer


def test_an_array_filled_in_only_in_part_is_told_of_those_who_began_it(tmp_path: Path) -> None:
    rows = [array(1, 2, 3, 4, 5, wave="a"), array(1, None, 3, 4, 5, wave="a"), array(*[None] * 5, wave="a")]
    found = checked(tmp_path, made(), *rows)
    assert (found["m.unanswered"], found["m.partly-unanswered"]) == ((3, 1), (2, 1))


def test_the_counts_are_those_of_pandas(tmp_path: Path) -> None:
    """Three hundred random answers in three waves, counted another way."""
    import numpy as np
    import pandas as pd

    chance, n = np.random.default_rng(11), 300
    items = [f"m_{i}" for i in range(1, 6)]
    answers = pd.DataFrame(chance.choice([1, 2, 3, 4, 5, None], (n, 5), p=[0.19] * 5 + [0.05]), columns=items)
    answers.iloc[:25] = np.repeat(chance.integers(1, 6, 25), 5).reshape(25, 5)
    answers["wave"] = chance.choice(["a", "b", "c"], n)
    answers["person"] = [f"p{number}" for number in chance.integers(0, 260, n)]
    answers["secs"] = np.where(chance.random(n) < 0.07, None, chance.lognormal(6, 1, n).round(1))
    answers["child"] = chance.choice(["y", "n", None], n, p=[0.4, 0.5, 0.1])
    answers["school"] = np.where(answers["child"] == "y", chance.choice(["g", None], n), None)
    questions = [
        ARRAY, {"name": "secs", "type": "number"}, {"name": "child", "type": "single", "answers": ["y", "n"]},
        {"name": "school", "type": "single", "answers": ["g"], "asked_when": {"child": ["y"]}},
    ]  # fmt: skip
    source = made(questions=questions, person="person", duration="secs", invited={"a": 150, "b": 90, "c": 200})
    rows = [{name: None if pd.isna(one) else one for name, one in row.items()} for row in answers.to_dict("records")]
    found = checked(tmp_path, source, *rows)
    seconds = pd.to_numeric(answers["secs"])
    for wave in (None, "a", "b", "c"):
        at, own = (f"@{wave}", answers[answers["wave"] == wave]) if wave else ("", answers)
        full, began = own[items].notna().all(axis=1), own[items].notna().any(axis=1)
        typical = seconds.groupby(answers["wave"]).transform("median")[own.index]
        parents = own["child"] == "y"
        assert {name: found[name + at] for name in (
            "m.straight-lining", "m.partly-unanswered", "speeders", "duplicates", "school.unanswered")} == {
            "m.straight-lining": (full.sum(), (own[full][items].nunique(axis=1) == 1).sum()),
            "m.partly-unanswered": (began.sum(), (began & ~full).sum()),
            "speeders": (own["secs"].notna().sum(), (seconds[own.index] < 0.3 * typical).sum()),
            "duplicates": (len(own), answers.duplicated(["person", "wave"])[own.index].sum()),
            "school.unanswered": (parents.sum(), (parents & own["school"].isna()).sum()),
        }  # fmt: skip
    for wave, invited in (("a", 150), ("b", 90), ("c", 200)):
        answered = answers.loc[answers["wave"] == wave, "person"].nunique()
        assert found[f"response@{wave}"] == (invited, max(0, invited - answered))


def test_response_counts_each_person_once_against_those_invited_to_the_wave(tmp_path: Path) -> None:
    people = [("a", "pre"), ("a", "pre"), ("b", "pre"), ("a", "post"), ("c", "post"), ("d", "post")]
    source = made(person="token", invited={"pre": 10, "post": 2})
    found = checked(tmp_path, source, *({"token": who, "wave": wave} for who, wave in people))
    assert (found["response@pre"], found["response@post"]) == ((10, 8), (2, 0))
    assert found["more-than-invited@post"] == (3, 1)


def counted(folder: Path, source: Source, counts: dict[str, int | None]) -> dict[str, tuple[int, int]]:
    """What is found after a pull that counted so."""
    with open_warehouse(Workspace(folder)) as warehouse:
        row = {"source": "people", "survey": 7, "complete": 54, "incomplete": 10, "sent": 40} | counts
        warehouse.keep({"response_counts": [row]})
    found = checked(folder, source)
    return {rule: counts for rule, counts in found.items() if rule.startswith(("response", "broken-off"))}


def test_a_pull_s_participants_are_the_denominator_unless_the_contract_says_who_was_invited(tmp_path: Path) -> None:
    on_server = {"limesurvey": {"survey": 7}, "wave": "pre"}
    pulled = {"invited": 44, "invited_complete": 37}
    found = counted(tmp_path / "pulled", made(**on_server), pulled)
    assert found == {"response-limesurvey@pre": (44, 7), "broken-off@pre": (64, 10)}
    found = counted(
        tmp_path / "waves", made(limesurvey={"survey": 7}), pulled
    )  # waves are a column: one number for all
    assert found == {"response-limesurvey": (44, 7), "broken-off": (64, 10)}
    found = counted(tmp_path / "declared", made(invited={"pre": 60}, **on_server), pulled)
    assert "response-limesurvey@pre" not in found and found["response@pre"] == (60, 60)
    found = counted(tmp_path / "unread", made(**on_server), {"invited": None, "invited_complete": None})
    assert found == {"broken-off@pre": (64, 10)}
    assert counted(tmp_path / "other", made(limesurvey={"survey": 8}), pulled) == {}


def test_the_response_of_a_pull_says_where_its_numbers_come_from(tmp_path: Path) -> None:
    source = made(limesurvey={"survey": 7}, wave="pre")
    counted(tmp_path, source, {"invited": 44, "invited_complete": 37})
    from warehouse.querying import query

    _, ((it, en, remedy),) = query(
        Workspace(tmp_path).published_database,
        "select what_it, what_en, remedy_en from quality where kind = 'response-limesurvey'",
    )
    assert it == (
        "persone nella tabella dei partecipanti di LimeSurvey (questionario 7) che non hanno completato «people»"
    )
    assert en == "people in LimeSurvey’s table of participants (survey 7) who did not complete “people”"
    assert remedy.startswith(
        "Counted by the last `sestante pull`: LimeSurvey sent 40 of them the invitation, and there are 54 complete"
    )


def test_a_rule_of_the_contract_counts_rows_where_it_applies(tmp_path: Path) -> None:
    rule = {"id": "young-workers", "when": "age < 14", "expect": "not works", "remedy": REMEDY}
    asked = [{"name": "age", "type": "number"}, {"name": "works", "type": "yes_no"}]
    people = [(10, True), (10, False), (12, None), (40, True), (None, True)]
    rows = [{"age": age, "works": works, "wave": "pre"} for age, works in people]
    found = checked(tmp_path, made(questions=asked, rules=[rule]), *rows)
    assert found["young-workers"] == found["young-workers@pre"] == (2, 1)


def test_few_who_break_a_rule_about_answers_are_not_published(tmp_path: Path) -> None:
    rule = {"id": "r", "expect": "age > 14", "remedy": REMEDY}
    source = made(questions=[{"name": "age", "type": "number"}], rules=[rule])
    rows = [{"age": 1 if i < 3 else 50, "wave": "pre"} for i in range(20)]
    assert checked(tmp_path, source, *rows, least=5)["r"] == (20, 3)  # kept for staff
    from warehouse.querying import query

    _, found = query(
        Workspace(tmp_path).published_database,
        "select n_rows, n_failed, severity from quality where rule_id = 'people.r'",
    )
    assert found == [(20, None, "warning")]


def test_what_is_wrong_with_a_rule_is_told_where_it_stands() -> None:
    rules = [
        {"id": "a", "expect": "agee > 3", "remedy": REMEDY},
        {"id": "b", "when": "age", "expect": "age > 1", "remedy": REMEDY},
        {"id": "c", "expect": "(select 1)", "remedy": REMEDY},
    ]
    source = made(questions=[{"name": "age", "type": "number"}], rules=rules)
    codes = [problem.code for problem in wrong_rules([source])]
    assert codes == ["expression-column-unknown", "expression-not-boolean", "expression-subselect"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"rules": [{"id": "a", "expect": "true", "remedy": "R"}] * 2}, "row-rule-twice"),
        ({"invited": 3, "frame": "members"}, "invited-twice"),
        ({"invited": {"pre": 3}, "wave": None}, "invited-without-waves"),
        ({"duration": "m_1", "questions": [{"name": "m_1", "type": "text"}]}, "duration-not-a-number"),
    ],
)
def test_contradictions_in_what_a_contract_says_of_its_answers(said: dict, code: str) -> None:
    from surveys.questionnaire import contradictions

    assert code in [one.code for one in contradictions(made(**said).contract)]


def test_changing_a_rule_does_not_read_the_deliveries_again() -> None:
    assert made(invited=3).fingerprint == made().fingerprint != made(person="token").fingerprint


def test_the_share_of_a_box_says_that_it_is_of_those_who_were_asked(tmp_path: Path) -> None:
    from pipelines.indicators.estimate import compute
    from theory_of_change.model import TheoryOfChange

    asked = [{"name": "joys", "type": "multiple", "answers": ["a", "b"]}, {"name": "age", "type": "number"}]
    source = made(questions=asked, wave=None, period="2024")
    indicators = [
        {
            "id": name,
            "title": name,
            "measures": ["OC"],
            "unit": "percent",
            "measure": {"from": "people", "share": share},
        }
        for name, share in (("IN-BOX", "joys_a"), ("IN-AGE", "age > 3"))
    ]
    theory = TheoryOfChange.model_validate(
        {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "indicators": indicators,
         "outcomes": [{"id": "OC", "statement": "Joy"}]}
    )  # fmt: skip
    with open_warehouse(Workspace(tmp_path)) as warehouse:
        warehouse.prepare(source.table)
        warehouse.connection.execute(
            "insert into core.people (_load_id, _row, joys_a, age) values"
            " ('l', 1, true, 1), ('l', 2, false, 5), ('l', 3, null, 5), ('l', 4, null, 5)"
        )
        tables = {"people": source.table}
        values = compute(warehouse.connection, theory, PROGRAMME, tables, "snapshot", {"people": "f"}).values
    whole = values[(values["period"] == "2024") & (values["dimension"] == "all")].set_index("indicator_id")
    assert whole.loc["IN-BOX", ["value", "n"]].tolist() == [0.5, 2]  # the two who did not see it do not count
    assert "chi di certo ha avuto davanti la domanda" in whole.loc["IN-BOX", "note"]
    assert whole.loc["IN-AGE", "value"] == 0.75 and not whole.loc["IN-AGE", "note"]
