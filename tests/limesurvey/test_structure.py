"""The questionnaire as the server has it, in every language, and the names its columns bear in an export."""

from __future__ import annotations

import pytest
from desks import account_on
from servers import LimeSurvey, exported, recording

from surveys.limesurvey.client import RemoteControl
from surveys.limesurvey.structure import header_of, survey_structure
from theory_of_change.problems import Place, ProblemsFound

FIELDMAPS = [
    ("structure_07_get_fieldmap_it", "export_01_json_all_code_short"),
    ("structure_08_get_fieldmap_en", "export_01_json_all_code_short"),
    ("structure_09_get_fieldmap_post", "export_12_json_post"),
    ("structure_10_get_fieldmap_anonymous", "export_13_json_anonymous"),
    ("v621_02_get_fieldmap", "v621_04_export_json_all_code_short"),
]


@pytest.mark.parametrize(("fieldmap", "export"), FIELDMAPS)
def test_every_column_of_the_fieldmap_is_one_of_the_export_in_the_same_order(fieldmap: str, export: str) -> None:
    columns = recording(fieldmap)["response"]["body"]["result"].values()
    assert [header_of(column) for column in columns] == list(exported(export)[0])


RECORDED = {
    ("get_language_properties", "it"): "survey_08_get_language_properties_it",
    ("get_language_properties", "en"): "survey_09_get_language_properties_en",
    ("list_groups", "it"): "structure_01_list_groups_it",
    ("list_groups", "en"): "structure_02_list_groups_en",
    ("list_questions", "it"): "structure_03_list_questions_it",
    ("list_questions", "en"): "structure_04_list_questions_en",
    ("get_fieldmap", "it"): "structure_07_get_fieldmap_it",
}


def test_the_questionnaire_comes_in_every_language(server: LimeSurvey) -> None:
    """The recordings are the same calls with other lists of settings; questions' own settings stand for any."""
    known = server._called

    def called(method, key, parameters):
        if method == "get_question_properties":
            return {"qid": parameters[0], "subquestions": "No available answers", "answeroptions": {"A": 1}}
        name = RECORDED.get((method, parameters[-1] if isinstance(parameters[-1], str) else ""))
        return recording(name)["response"]["body"]["result"] if name else known(method, key, parameters)

    server._called = called  # type: ignore[method-assign]
    with RemoteControl(account_on(server)) as client:
        structure = survey_structure(client, 415101)
    assert list(structure.languages) == ["it", "en"]
    italian, english = structure.languages["it"], structure.languages["en"]
    assert italian.texts["surveyls_title"] == "Benessere di comunità – rilevazione iniziale"
    assert english.texts["surveyls_title"] == "Community wellbeing – baseline"
    assert len([one for one in italian.questions if not one["parent_qid"]]) == len(italian.properties) == 26
    assert [one["group_name"] for one in italian.groups] == ["Chi è lei", "Servizi e quartiere", "Parole sue"]
    assert all(one["subquestions"] == {} for one in italian.properties.values())  # a sentence stands for none
    assert len(structure.headers) == 67 and structure.headers[-1] == "ALLEG[filecount]"
    assert {"bounceaccountpass", "adminemail"} & set(structure.settings) == set()


def test_a_survey_that_is_not_there_is_told_where_it_is_named(server: LimeSurvey) -> None:
    with RemoteControl(account_on(server)) as client, pytest.raises(ProblemsFound) as raised:
        survey_structure(client, 999999, Place("surveys/x.yml", 3))
    (problem,) = raised.value.problems
    assert (problem.code, str(problem.place)) == ("limesurvey-survey-missing", "surveys/x.yml:3")


def test_participants_come_page_by_page_until_there_are_no_more(
    server: LimeSurvey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.limesurvey.client._PAGE", 11)
    with RemoteControl(account_on(server)) as client:
        assert len(list(client.participants(415101))) == 44
        assert [one["tid"] for one in client.participants(415101)] == sorted(
            one["tid"] for one in server.surveys[415101].participants
        )  # fmt: skip
