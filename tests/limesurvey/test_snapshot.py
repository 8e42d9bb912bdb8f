"""A file of LimeSurvey answers, ours or LimeSurvey's own, becomes the same table; what is broken is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from servers import exported

from surveys.limesurvey.reading import read_answers
from surveys.limesurvey.snapshot import FILE, numbers, write_snapshot
from surveys.reading import read_table
from theory_of_change.problems import Place, ProblemsFound, ServiceFailed

HERE = Place("surveys/x.yml", 3)


def written(folder: Path, answers: list[dict]) -> Path:
    write_snapshot(folder, 415101, answers, lambda name: False, HERE)
    return folder / FILE


def as_table(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    table = read_table(path, path.name, ["id"])
    return list(table.headers), table.rows.tolist(), table.cells.to_numpy(dtype=object).tolist()


@pytest.mark.parametrize("name", ["export_01_json_all_code_short", "export_12_json_post", "export_13_json_anonymous",
                                  "v621_04_export_json_all_code_short", "v621_11_export_json_post"])  # fmt: skip
def test_a_snapshot_and_limesurvey_s_own_file_are_one_table(tmp_path: Path, name: str) -> None:
    answers = exported(name)
    own = tmp_path / "results-survey.json"
    own.write_text(json.dumps({"responses": answers}), encoding="utf-8")
    wrapped = tmp_path / "results-of-version-3.json"
    wrapped.write_text(json.dumps({"responses": [{str(one["id"]): one} for one in answers]}), encoding="utf-8")
    headers, rows, cells = as_table(written(tmp_path, answers))
    assert headers == list(answers[0])
    assert rows == [one["id"] for one in answers]
    assert cells == [["" if value is None else str(value) for value in one.values()] for one in answers]
    assert as_table(own) == as_table(wrapped) == (headers, rows, cells)


def test_somebody_outside_the_list_of_participants_says_nothing_of_questions(tmp_path: Path) -> None:
    answers = [{"id": "1", "attribute_1": "A7", "BOX[1]": ""}, {"id": "2", "attribute_1": None, "BOX[1]": "Y"}]
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"responses": answers}), encoding="utf-8")
    assert read_answers(path, "export.json").null_cells is None


@pytest.mark.parametrize(
    ("name", "tells"), [("export_01_json_all_code_short", False), ("v621_04_export_json_all_code_short", True)]
)
def test_never_shown_stays_apart_from_blank_where_the_server_tells(tmp_path: Path, name: str, tells: bool) -> None:
    answers = exported(name)
    table = read_answers(written(tmp_path, answers), FILE)
    if not tells:
        assert table.null_cells is None
        return
    assert table.null_cells is not None
    expected = [[value is None for value in one.values()] for one in answers]
    assert [list(row) for row in zip(*(mask.tolist() for mask in table.null_cells), strict=True)] == expected


def test_awkward_text_survives_the_way_through_the_file(tmp_path: Path) -> None:
    texts = [
        "a\nb\r\nc",
        'say "yes"',
        "=1+1",
        "שלום עולם",
        "🎈 \u2028 \u0085",
        "]}",
        "\\u0000",
        "<b>x</b>",
        "x" * 12_000,
        "NULL",
    ]
    answers = [{"id": number, "text": text} for number, text in enumerate(texts, start=1)]
    _, _, cells = as_table(written(tmp_path, answers))
    assert [text for _, text in cells] == texts


def test_the_same_answers_are_the_same_bytes_and_the_file_is_left_alone(tmp_path: Path) -> None:
    answers = exported("export_13_json_anonymous")
    first = write_snapshot(tmp_path, 1, answers, lambda name: False, HERE)
    again = write_snapshot(tmp_path, 1, iter(answers), lambda name: False, HERE)
    assert (first.is_new, again.is_new, again.n_answers) == (True, False, 62)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_stops_the_writing_leaves_the_file_before(tmp_path: Path) -> None:
    path = written(tmp_path, [{"id": 1, "a": "x"}])
    before = path.read_bytes()

    def dying():
        yield {"id": 1, "a": "y"}
        raise ServiceFailed([])

    with pytest.raises(ServiceFailed):
        write_snapshot(tmp_path, 415101, dying(), lambda name: False, HERE)
    with pytest.raises(ServiceFailed) as raised:  # a question was added between two ranges
        written(tmp_path, [{"id": 1, "a": "x"}, {"id": 2, "a": "x", "b": "y"}])
    assert [problem.code for problem in raised.value.problems] == ["limesurvey-columns-changed"]
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == [FILE]


def test_a_snapshot_without_answers_keeps_its_columns(tmp_path: Path) -> None:
    written(tmp_path, [{"id": 1, "a": "x"}])
    table = read_answers(written(tmp_path, []), FILE)
    assert (table.headers, len(table.rows), table.cells.shape) == (("id", "a"), 0, (0, 2))
    survey, ids = numbers(tmp_path / FILE)
    assert (survey, list(ids)) == (415101, [])


def test_more_answers_than_a_block_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.limesurvey.reading._BLOCK", 7)
    answers = [{"id": number, "a": f"{number}", "b": None if number % 2 else ""} for number in range(1, 30)]
    table = read_answers(written(tmp_path, answers), FILE)
    assert table.cells[1].tolist() == [one["a"] for one in answers]
    assert table.null_cells is not None and table.null_cells[2].tolist() == [one["b"] is None for one in answers]


@pytest.mark.parametrize("text", [
    '{"limesurvey": {"survey": 1, "columns": ["id"]}, "responses": [\n{"id":1},\n{"id":',
    '{"limesurvey": {"survey": 1, "columns": ["id"]}, "responses": [\n{"id":1}\n',
    '{"limesurvey": {"survey": 1, "columns": ["id"]}, "responses": [\n{"id":1,"more":2}\n]}\n',
    '{"limesurvey": {"survey": 1, "columns": ["id"]}, "responses": [\n{"other":1}\n]}\n',
    '{"limesurvey": 3, "responses": [7]}', '{"responses": [1, 2]}', '{"responses": {"a": 1}}',
    '{"responses": [{"id": 1}, {}]}',
    '{"responses": ' + "[" * 100_000,
])  # fmt: skip
def test_a_file_that_is_not_whole_is_refused_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsFound) as raised:
        read_table(path, path.name, ["id"])
    assert [problem.code for problem in raised.value.problems] == ["delivery-damaged"]
