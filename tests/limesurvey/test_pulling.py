"""`sestante pull`: what is on the server is in the warehouse; what has changed there has changed here, and no more."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from desks import CONTRACT, Command, account_on, put, rows, workspace_on
from servers import ANONYMOUS, DRAFT, EMPTY, PASSWORD, Answer, LimeSurvey, exported

from pipelines.project import read_project
from pipelines.pulling import fetch
from surveys.limesurvey.client import RemoteControl
from theory_of_change.programme import Workspace

SNAPSHOT = "data/wellbeing/limesurvey.json"


def complete(server: LimeSurvey, survey: int = 415101) -> list[dict]:
    return [one for one in server.surveys[survey].responses if one["submitdate"]]


# What lands ----------------------------------------------------------------------------------------------------------


def test_every_complete_answer_lands_from_either_version(either: LimeSurvey, tmp_path: Path, sestante: Command) -> None:
    desk = workspace_on(either, tmp_path / "desk")
    said = sestante("pull", "wellbeing")
    assert (said.code, said.err) == (0, "")
    assert "wellbeing: survey 415101, fetched and landed." in said.out
    assert "answers read 54, accepted 54, superseded 0, gone 0, refused 0, incomplete 10" in said.out
    assert "10 incomplete answers stay on the server" in said.out
    assert "invited 44, of whom 37 have completed" in said.out
    expected = [
        (one["id"], one["submitdate"][:10], one["GEN"] or None, float(one["ETA"]) if one["ETA"] else None,
         {"-oth-": "other"}.get(one["TITOLO"], one["TITOLO"] or None), one["TITOLO[other]"] or None,
         int(one["VOTO"]) if one["VOTO"] else None, one["RACC"] or None)
        for one in complete(either)
    ]  # fmt: skip
    landed = rows(
        desk,
        "select _row, strftime(submitdate, '%Y-%m-%d'), gender, age, degree, degree_other, mark, words"
        " from core.wellbeing order by _row",
    )
    assert landed == expected
    assert rows(desk, "from core.response_counts") == [("wellbeing", 415101, 54, 10, 44, 37, 0)]


def test_a_box_never_shown_stays_apart_from_one_not_ticked_where_the_server_tells(
    either: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    survey = either.surveys[415101]
    boxes = ("SERV[BIB]", "SERV[CAF]", "SERV[DOP]", "SERV[ANZ]", "SERV[other]")
    survey.response(1).update(dict.fromkeys(boxes, None if either.version == "6.2.1" else ""))
    survey.response(2).update(dict.fromkeys(boxes, ""))
    survey.response(3).update({**dict.fromkeys(boxes, ""), "SERV[CAF]": "Y"})
    desk = workspace_on(either, tmp_path / "desk")
    assert sestante("pull").code == 0
    landed = rows(desk, "select services_BIB, services_CAF from core.wellbeing where _row <= 3 order by _row")
    blank = (False, False) if either.version == "6.2.1" else (None, None)
    assert landed == [(None, None), blank, (False, True)]


def test_raw_keeps_every_column_that_may_be_kept_as_it_came(
    either: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    desk = workspace_on(either, tmp_path / "desk")
    assert sestante("pull").code == 0
    names = [name for name, in rows(desk, "select column_name from information_schema.columns"
                                          " where table_schema = 'raw' and table_name = 'wellbeing'")]  # fmt: skip
    kept = [name for name in complete(either)[0] if name not in ("ipaddr", "refurl")]
    assert names == ["_load_id", "_row", *kept, "interviewtime"]
    plain = [name for name in kept if name != "token"]
    columns = ", ".join(f'"{name}"' for name in plain)
    expected = [
        tuple(None if one[name] in (None, "") else str(one[name]) for name in plain) for one in complete(either)
    ]
    assert rows(desk, f"select {columns} from raw.wellbeing order by _row") == expected


def test_what_leads_to_a_person_stays_on_the_server_unless_the_contract_names_it(
    server: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    desk = workspace_on(server, tmp_path / "desk", CONTRACT.replace("person: token\n", ""))
    assert sestante("pull").code == 0
    (first, *_) = [
        json.loads(line.rstrip(",\n")) for line in (desk / SNAPSHOT).open(encoding="utf-8").readlines()[1:-1]
    ]
    assert {"token", "ipaddr", "refurl"} & set(first) == set()
    assert not [one for one in exported("export_01_json_all_code_short") if one["token"] and one["token"] in
                (desk / SNAPSHOT).read_text(encoding="utf-8")]  # fmt: skip


def test_a_participant_s_attribute_comes_when_the_contract_names_it_and_is_a_pseudonym_after(
    server: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    desk = workspace_on(server, tmp_path / "desk", CONTRACT.replace("person: token", "person: attribute_1"))
    said = sestante("pull")
    assert said.code == 0
    codes = {one["token"]: one["attribute_1"] for one in server.surveys[415101].participants}
    people = {codes[one["token"]] for one in complete(server) if one["token"] in codes}
    assert rows(desk, "select count(distinct attribute_1) from core.wellbeing") == [(len(people),)]
    assert rows(desk, "select count(*) from core.wellbeing where attribute_1 not like 'p\\_%' escape '\\'") == [(0,)]
    asked = [parameters for method, parameters in server.calls if method == "export_responses"]
    assert {field for one in asked if len(one) > 8 for field in one[8]} == {
        "id", "submitdate", "attribute_1", "interviewtime"
    }  # fmt: skip


def test_what_a_question_is_merely_named_here_is_not_fetched_of_participants(
    server: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    spoken = "questions:\n  - {name: language, code: startlanguage, type: single, answers: [it, en], computed: true}"
    workspace_on(server, tmp_path / "desk", CONTRACT.replace("questions:", spoken))
    assert sestante("pull").code == 0
    asked = [parameters for method, parameters in server.calls if method == "export_responses"]
    assert not any("language" in one[8] for one in asked if len(one) > 8)


def test_an_attribute_nobody_has_is_told(server: LimeSurvey, tmp_path: Path, sestante: Command) -> None:
    workspace_on(server, tmp_path / "desk", CONTRACT.replace("person: token", "person: attribute_9"))
    said = sestante("pull")
    assert "“attribute_9” is empty in every answer" in said.out


def test_the_date_of_an_anonymous_survey_that_keeps_none_is_missing(
    server: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    dated = [one for one in complete(server, ANONYMOUS) if one["submitdate"] != "1980-01-01 00:00:00"]
    desk = workspace_on(
        server,
        tmp_path / "desk",
        f"id: wellbeing\ntitle: W\nlimesurvey: {{survey: {ANONYMOUS}}}\nanswered: submitdate\n"
        "questions:\n  - {name: liked, code: GRAD, type: scale, range: [1, 5]}\n",
    )
    said = sestante("pull")
    assert said.code == 0 and "invited" not in said.out
    assert rows(desk, "select count(*), count(submitdate) from core.wellbeing") == [(56, len(dated))]
    assert len(dated) == 54


def test_incomplete_answers_are_kept_where_the_contract_says_so(
    server: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    desk = workspace_on(
        server, tmp_path / "desk", CONTRACT.replace("{survey: 415101}", "{survey: 415101, incomplete: keep}")
    )
    said = sestante("pull")
    assert "answers read 64, accepted 64" in said.out and "stay on the server" not in said.out
    assert rows(desk, "select count(*), count(submitdate) from core.wellbeing") == [(64, 54)]


# What has changed on the server ---------------------------------------------------------------------------------------


def test_the_same_state_pulled_twice_changes_nothing(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    sestante("pull")
    before = (desk / SNAPSHOT).read_bytes(), (desk / SNAPSHOT).stat().st_mtime_ns
    said = sestante("pull")
    assert said.code == 0
    assert "wellbeing: survey 415101, nothing has changed since last time." in said.out
    assert ((desk / SNAPSHOT).read_bytes(), (desk / SNAPSHOT).stat().st_mtime_ns) == before
    assert rows(desk, "select count(*) from core.loads") == [(1,)]


def test_completed_changed_and_deleted_answers_are_followed_and_nothing_is_kept_in_silence(
    either: LimeSurvey, tmp_path: Path, sestante: Command
) -> None:
    desk = workspace_on(either, tmp_path / "desk")
    sestante("pull")
    survey = either.surveys[415101]
    survey.delete(3, 4)
    survey.response(5)["ETA"] = "77"
    survey.response(7).update(submitdate="2026-02-08 10:00:00", GEN="F")  # was incomplete
    survey.response(9)["GEN"] = "Z"
    said = sestante("pull")
    assert said.code == 1
    assert "answers read 53, accepted 52, superseded 2, gone 2, refused 1, incomplete 9" in said.out
    assert "answer 9, column GEN: " in said.out
    history = "select _row, _reason from core.wellbeing__history order by _row"
    assert rows(desk, history) == [(3, "gone"), (4, "gone"), (5, "superseded"), (9, "refused")]
    assert rows(desk, "select _row, age from core.wellbeing where _row in (3, 4, 5, 7, 9) order by _row") == [
        (5, 77.0), (7, float(survey.response(7)["ETA"]))
    ]  # fmt: skip
    assert rows(desk, "select rows_gone, status from core.loads order by sequence") == [
        (0, "replaced"),
        (2, "in_force"),
    ]
    said = sestante("pull")
    assert said.code == 0 and "1 answer is still refused" in said.out


def test_a_change_that_is_undone_is_undone_here_too(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    sestante("pull")
    age = server.surveys[415101].response(5)["ETA"]
    server.surveys[415101].response(5)["ETA"] = "77"
    sestante("pull")
    server.surveys[415101].response(5)["ETA"] = age
    assert "superseded 1, gone 0" in sestante("pull").out
    assert rows(desk, "select age from core.wellbeing where _row = 5") == [(float(age),)]
    assert rows(desk, "select status from core.loads order by sequence") == [
        ("replaced",),
        ("replaced",),
        ("in_force",),
    ]


def test_two_answers_with_one_token_are_two_rows_of_one_person(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    sestante("pull")
    assert rows(desk, "select count(*), count(distinct token) from core.wellbeing where _row in (4, 51)") == [(2, 1)]


def test_a_survey_that_was_emptied_is_not_believed_until_someone_says_so(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    sestante("pull")
    server.surveys[415101].responses = [{**one, "id": one["id"] + 1000} for one in server.surveys[415101].responses[:3]]
    said = sestante("pull")
    assert said.code == 1
    assert (
        "surveys/wellbeing.yml:3:22: error: Of the 54 answers of survey 415101 pulled so far none is left" in said.err
    )
    assert rows(desk, "select count(*) from core.wellbeing") == [(54,)]
    said = sestante("pull", "--accept-gone")
    assert "accepted 3, superseded 0, gone 54" in said.out
    server.surveys[415101].responses = []
    assert sestante("pull").code == 1
    assert "accepted 0, superseded 0, gone 3" in sestante("pull", "--accept-gone").out
    assert rows(desk, "select count(*) from core.wellbeing") == [(0,)]


def test_another_survey_number_replaces_all_that_came_from_the_first(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    sestante("pull")
    put(desk / "surveys" / "wellbeing.yml", CONTRACT.replace("415101", "415102"))
    said = sestante("pull")
    n_complete = len(complete(server, 415102))
    assert said.code == 0 and f"accepted {n_complete}" in said.out
    assert rows(desk, "select count(*) from core.wellbeing") == [(n_complete,)]


def test_a_changed_contract_reads_the_newest_answers_only(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    sestante("pull")
    server.surveys[415101].delete(3)
    put(desk / "surveys" / "wellbeing.yml", CONTRACT + "  - {name: town, code: COMUNE, type: text}\n")
    assert sestante("pull").code == 0
    assert rows(desk, "select count(*), count(town) from core.wellbeing")[0][0] == 53
    assert rows(desk, "select count(*) from core.wellbeing where _row = 3") == [(0,)]


def test_answers_also_land_with_a_key_and_beside_files(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    contract = CONTRACT.replace("answered:", "key: id\nfiles: {pattern: 'paper*.csv'}\nanswered:")
    put(desk / "surveys" / "wellbeing.yml", contract)
    header = ["id", *(name for name in complete(server)[0] if name != "id")]
    paper = {**dict.fromkeys(header, ""), "id": "P1", "submitdate": "2026-03-01", "GEN": "F", "token": "on-paper"}
    put(desk / "data" / "wellbeing" / "paper.csv",
        ",".join(header) + "\n" + ",".join(paper[name] for name in header) + "\n")  # fmt: skip
    said = sestante("pull")
    assert said.code == 0 and "paper.csv: landed in “wellbeing”." in said.out
    assert rows(desk, "select count(*) from core.wellbeing") == [(55,)]
    server.surveys[415101].delete(3)
    assert "superseded 0, gone 1" in sestante("pull").out
    assert rows(desk, "select count(*) from core.wellbeing where id = 'P1'") == [(1,)]


# What can go wrong ----------------------------------------------------------------------------------------------------


def test_a_server_that_dies_in_the_middle_leaves_everything_as_it_was(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    sestante("pull")
    before = (desk / SNAPSHOT).read_bytes()
    server.surveys[415101].response(5)["ETA"] = "77"
    server.next["export_responses"] = [lambda: None, Answer(200, b'{"id": 4, "result": "eyJ', cut=20)]
    server.next["export_responses"] += [Answer(502, b"<html>Bad Gateway")] * 20
    said = sestante("pull")
    assert said.code == 4
    assert "error: " in said.err and "Nothing has changed." in said.err
    assert (desk / SNAPSHOT).read_bytes() == before
    assert [path.name for path in (desk / "data" / "wellbeing").iterdir() if "partial" in path.name] == []
    assert rows(desk, "select age from core.wellbeing where _row = 5") != [(77.0,)]
    assert server.keys == set()
    server.next.clear()
    assert "superseded 1, gone 0" in sestante("pull").out


def test_fewer_answers_are_asked_for_at_once_where_many_are_too_much(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    answer = server.answer

    def weak(path: str, content_type: str, body: bytes) -> Answer:
        call = json.loads(body)
        if call["method"] == "export_responses" and len(call["params"]) == 9:
            first, last = call["params"][7:9]
            if last - first > 15:
                return Answer(500, b"<html>Allowed memory size exhausted", {"Content-Type": "text/html"})
        return answer(path, content_type, body)

    server.answer = weak  # type: ignore[method-assign]
    assert sestante("pull").code == 0
    assert rows(desk, "select count(*) from core.wellbeing") == [(54,)]


def test_an_answer_deleted_while_others_are_read_is_left_out(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    server.next["export_responses"] = [lambda: None, lambda: server.surveys[415101].delete(1, 2)]
    assert sestante("pull").code == 0
    assert rows(desk, "select count(*) from core.wellbeing") == [(52,)]


def test_an_answer_that_is_listed_and_never_comes_is_not_passed_over(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    original = server._export

    def forgetful(*parameters):
        fields = parameters[8] if len(parameters) > 8 else None
        if fields is not None:
            return original(*parameters)
        kept = server.surveys[415101].responses
        server.surveys[415101].delete(20)
        try:
            return original(*parameters)
        finally:
            server.surveys[415101].responses = kept

    server._export = forgetful  # type: ignore[method-assign]
    said = sestante("pull")
    assert said.code == 4 and "does not deliver: 1." in said.err
    assert not (desk / SNAPSHOT).exists()


REFUSALS = [
    ("999999", 1, "This LimeSurvey has no survey 999999"),
    (str(DRAFT), 1, f"Survey {DRAFT} is not active"),
    ("415102", 1, "The account lacks the permission it needs on survey 415102 (export_responses)"),
]


@pytest.mark.parametrize(("number", "code", "told"), REFUSALS)
def test_a_survey_that_cannot_be_read_says_why_at_its_line(
    server: LimeSurvey, desk: Path, sestante: Command, number: str, code: int, told: str
) -> None:
    server.readable.discard(415102)
    put(desk / "surveys" / "wellbeing.yml", CONTRACT.replace("415101", number))
    said = sestante("pull")
    assert said.code == code
    assert said.err.startswith(f"surveys/wellbeing.yml:3:22: error: {told}")
    assert server.keys == set()


def test_a_survey_without_answers_is_no_mistake(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    put(desk / "surveys" / "wellbeing.yml", CONTRACT.replace("415101", str(EMPTY)))
    said = sestante("pull")
    assert (said.code, said.err) == (0, "")
    assert f"wellbeing: survey {EMPTY}, no complete answer so far." in said.out
    assert not (desk / SNAPSHOT).exists()


def test_one_survey_that_fails_does_not_keep_the_others_back(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    put(desk / "surveys" / "aside.yml",
        CONTRACT.replace("id: wellbeing", "id: aside").replace("415101", "999999"))  # fmt: skip
    said = sestante("pull")
    assert said.code == 1 and "surveys/aside.yml:3:22" in said.err
    assert rows(desk, "select count(*) from core.wellbeing") == [(54,)]
    assert server.methods().count("get_session_key") == 1


def test_a_wrong_password_is_tried_once_for_all_sources(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    put(desk / "surveys" / "aside.yml", CONTRACT.replace("id: wellbeing", "id: aside"))
    put(desk / ".env", (desk / ".env").read_text().replace(PASSWORD, "wrong"))
    said = sestante("pull")
    assert said.code == 1
    assert said.err.count("limesurvey-wrong-password") == 1 and "ten minutes" in said.err
    assert server.failed_logins == 1


def test_answers_that_do_not_fit_the_contract_change_nothing_in_the_warehouse(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    sestante("pull")
    put(desk / "surveys" / "wellbeing.yml", CONTRACT + "  - {name: more, code: NUOVA, type: text}\n")
    said = sestante("pull")
    assert said.code == 1 and "lacks columns that the contract names (1): NUOVA. " in said.err
    assert rows(desk, "select count(*) from core.wellbeing") == [(54,)]


def test_a_login_that_failed_is_made_once_in_a_pull_whatever_failed(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    """The structure is asked for first and the answers next; a door that is closed is tried once."""
    for answer in (Answer(301, b"", {"Location": "https://example.org/"}), Answer(500, b""), Answer(200, b"")):
        server.calls.clear()
        server.next["get_session_key"] = [answer]
        assert sestante("pull").code == 4
        assert server.methods() == ["get_session_key"]


def test_a_server_that_fails_while_the_structure_is_read_is_no_lack_of_rights(
    server: LimeSurvey, desk: Path, sestante: Command
) -> None:
    server.next["list_groups"] = [Answer(200, b"<!DOCTYPE html>Proxy", {"Content-Type": "text/html"})]
    said = sestante("pull")
    assert said.code == 4 and "limesurvey-html-page" in said.err and "survey-structure-unread" not in said.err


def test_the_number_of_another_survey_is_told_at_its_line(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    put(desk / "surveys" / "wellbeing.yml", CONTRACT.replace("415101", str(ANONYMOUS)))
    said = sestante("pull")
    assert said.code == 1
    assert said.err.startswith(
        f"surveys/wellbeing.yml:3:22: error: Survey {ANONYMOUS} lacks columns that the contract names (11): token, GEN"
    )
    put(desk / "surveys" / "wellbeing.yml", CONTRACT)
    assert "accepted 54" in sestante("pull").out


def test_without_an_account_the_message_names_what_to_write_where(desk: Path, sestante: Command) -> None:
    put(desk / ".env", "LIMESURVEY_USER=u\n")
    said = sestante("pull")
    assert said.code == 1
    assert said.err.startswith(".env: error: LIMESURVEY_URL, LIMESURVEY_PASSWORD is missing")
    assert "manca" in sestante("pull", "--language", "it").err.casefold()


def test_no_secret_is_told_or_kept_whatever_happens(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    said = [sestante("pull")]
    server.next["get_summary"] = [Answer(500, b"")] * 9
    said += [sestante("pull"), sestante("pull", "--dry-run", "--language", "it")]
    texts = [text for one in said for text in (one.out, one.err)]
    texts += [path.read_text(errors="replace") for path in desk.rglob("*") if path.is_file() and path.name != ".env"]
    assert [word for word in (PASSWORD, "EXAMPLE~SESSION~KEY") for text in texts if word in text] == []


# Trying, choosing, running by itself ----------------------------------------------------------------------------------


def test_a_trial_says_what_would_come_and_fetches_no_answer(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    said = sestante("pull", "--dry-run")
    assert said.code == 0
    assert "on the server: complete 54, incomplete 10; since the last pull: new 54, gone 0" in said.out
    assert not (desk / "data" / "wellbeing").exists()
    sestante("pull")
    server.surveys[415101].delete(3)
    server.calls.clear()
    assert "new 0, gone 1" in sestante("pull", "--dry-run").out
    exports = [parameters for method, parameters in server.calls if method == "export_responses"]
    assert [one[8] for one in exports] == [["id", "submitdate"]]


def test_sources_are_chosen_by_name(desk: Path, sestante: Command) -> None:
    said = sestante("pull", "visitors")
    assert said.code == 2 and "“visitors” is no source that is fetched from LimeSurvey" in said.err
    (desk / "surveys" / "wellbeing.yml").unlink()
    said = sestante("pull")
    assert said.code == 2 and "limesurvey: {survey: 415101}" in said.err


def test_a_contract_that_cannot_be_read_is_told_and_not_passed_over(desk: Path, sestante: Command) -> None:
    put(desk / "surveys" / "aside.yml", CONTRACT.replace("id: wellbeing", "id: aside").replace("415101", "abc"))
    said = sestante("pull")
    assert said.code == 1 and "surveys/aside.yml:3:22: error: " in said.err
    assert rows(desk, "select count(*) from core.wellbeing") == [(54,)]  # the other is pulled all the same
    assert sestante("pull", "wellbeing").code == 0
    said = sestante("pull", "aside")
    assert said.code == 1 and said.err.startswith("surveys/aside.yml:3:22: error: ")
    (desk / "surveys" / "wellbeing.yml").unlink()
    assert sestante("pull").err.startswith("surveys/aside.yml:3:22: error: ")


def test_what_was_pulled_is_landed_by_a_run_too(server: LimeSurvey, desk: Path, sestante: Command) -> None:
    """As after a power failure between the file and the warehouse."""
    project = read_project(Workspace(desk))
    with RemoteControl(account_on(server)) as client:
        fetch(client, project.workspace, project.sources["wellbeing"], lambda done, total: None)
    said = sestante("pull")
    assert "accepted 54" in said.out


def test_a_night_s_run_fetches_lands_and_publishes(server: LimeSurvey, desk: Path) -> None:
    """The job the schedule starts; what a run by hand starts never touches the network."""
    from pipelines.assets.periods import every_period
    from pipelines.assets.schedules import PUBLICATION, PULL, WHOLE_WAY
    from pipelines.build import build_definitions

    project = read_project(Workspace(desk))
    definitions = build_definitions(project.workspace, project)
    schedule = definitions.resolve_schedule_def("every_night_from_limesurvey")
    assert (schedule.default_status.value, schedule.job_name) == ("STOPPED", PULL)
    for name in (PUBLICATION, WHOLE_WAY):
        keys = definitions.resolve_job_def(name).asset_layer.executable_asset_keys
        assert [key for key in keys if key.path[0] == "limesurvey"] == []
    done = definitions.resolve_job_def(PULL).execute_in_process(
        raise_on_error=False, tags=every_period(project.programme)
    )
    made = {event.asset_key.to_user_string() for event in done.get_asset_materialization_events()}
    assert {"limesurvey/wellbeing", "wellbeing", "published"} <= made
    assert rows(desk, "select count(*) from core.wellbeing") == [(54,)]
    assert server.methods().count("get_session_key") == 1 and server.keys == set()


def test_memory_and_requests_do_not_grow_with_the_survey(server: LimeSurvey, desk: Path) -> None:
    """10,000 answers are never in memory together, nor in one reply."""
    pattern = {name: complete(server)[0][name] for name in ("id", "submitdate", "token", "GEN", "ETA")}
    pattern["RACC"] = "è " * 800
    survey = server.surveys[415101]
    survey.responses = [{**pattern, "id": number * 3} for number in range(1, 10_001)]
    survey.properties["savetimings"] = "N"
    project = read_project(Workspace(desk))
    told: list[int] = []
    with RemoteControl(account_on(server)) as client:
        client.summary(415101)
        tracemalloc.start()
        pulled = fetch(client, project.workspace, project.sources["wellbeing"], lambda done, total: told.append(done))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    size = (desk / SNAPSHOT).stat().st_size
    assert pulled.written is not None and pulled.written.n_answers == 10_000
    assert size > 15_000_000 and server.largest_reply < 12_000_000
    assert told[-1] == 10_000 and len(told) >= 5
    assert peak < 120_000_000  # the fake server lives in this process and is counted too
