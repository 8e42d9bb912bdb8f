"""Rows as text, for people and for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pipelines.tabular import rendered

COLUMNS = ["name", "value", "kept"]
ROWS = [("Città, «centro»", 0.1 + 0.2, True), (None, float("nan"), False), ('a "b"\nc', 3, None)]


def test_csv_is_read_back_as_it_was() -> None:
    back = list(csv.reader(io.StringIO(rendered(COLUMNS, ROWS, "csv"))))
    assert back == [
        COLUMNS,
        ["Città, «centro»", "0.30000000000000004", "true"],
        ["", "nan", "false"],
        ['a "b"\nc', "3", ""],
    ]


def test_json_has_no_number_that_is_none() -> None:
    back = json.loads(rendered(COLUMNS, ROWS, "json"))
    assert back[0] == {"name": "Città, «centro»", "value": 0.30000000000000004, "kept": True}
    assert back[1] == {"name": None, "value": None, "kept": False}


def test_json_keeps_columns_of_the_same_name_apart() -> None:
    assert json.loads(rendered(["n", "n", "n_2"], [(1, 2, 3)], "json")) == [{"n": 1, "n_2": 2, "n_2_2": 3}]


def test_a_table_aligns_and_tells_null_from_empty() -> None:
    assert rendered(["name", "n"], [("", 10), (None, 2)], "table").splitlines() == [
        "name   n",
        "────  ──",
        "      10",
        "NULL   2",
    ]


def test_nothing_a_terminal_would_obey_gets_through() -> None:
    shown = rendered(["x"], [("\x1b[31mred\x07\nnext",)], "table")
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert len(shown.splitlines()) == 3


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_no_rows_is_an_answer_too(form: str) -> None:
    assert rendered(["a"], [], form) in ("a\n─", "a", "[]")


def test_a_narrow_terminal_gets_one_block_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "18")
    wide = rendered(["indicator_id", "v"], [("IN-A-LONG-NAME", 1), ("IN-B", 2)], "table")
    assert wide == "indicator_id  IN-A-LONG-NAME\nv             1\n\nindicator_id  IN-B\nv             2"
