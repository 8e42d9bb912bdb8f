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


def test_the_questionnaire_comes_in_every_language(server: LimeSurvey) -> None:
    with RemoteControl(account_on(server)) as client:
        structure = survey_structure(client, 415101)
    assert list(structure.languages) == ["it", "en"]
    italian, english = structure.languages["it"], structure.languages["en"]
    assert italian.texts["surveyls_title"] == "Benessere di comunità – rilevazione iniziale"
    assert english.texts["surveyls_title"] == "Community wellbeing – baseline"
    assert len([one for one in italian.questions if not one["parent_qid"]]) == len(italian.properties) == 26
    assert [one["group_name"] for one in italian.groups] == ["Chi è lei", "Servizi e quartiere", "Parole sue"]
    by_code = {one["title"]: one for one in italian.properties.values()}
    assert set(by_code["TITOLO"]["answeroptions"]) == {"A1", "A2", "A3", "A4"}
    assert list(by_code["FIGLI"]["answeroptions"]) == ["0", "1", "2"]  # which PHP writes as a list
    assert [list(one) for one in by_code["DUALE"]["answeroptions"]] == [["B", "M", "A"], ["P", "S", "O"]]
    assert by_code["TITOLO"]["subquestions"] == {}  # where the server puts a sentence
    assert len(by_code["SERV"]["subquestions"]) == 4
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
