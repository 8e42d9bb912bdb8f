"""Alpha and item–rest correlations are published by period and wave, and never of a group too small to show."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.scaling import describe_scales
from surveys.questionnaire import Survey
from surveys.sources import Source, source_of
from theory_of_change.loading import Places
from theory_of_change.programme import Programme, Workspace
from warehouse.store import open_warehouse

CONTRACT = {
    "id": "people",
    "title": "People",
    "answered": "day",
    "wave": {"column": "wave"},
    "questions": [{"name": name, "type": "scale", "range": [1, 5]} for name in ("a", "b", "c")],
    "scales": [{"name": "trust", "items": ["a", "b", "c"], "reverse": ["c"], "range": [1, 5]}],
}
PROGRAMME = Programme.model_validate(
    {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2024-12-31", "every": "half_year"}}
)


def described(folder: Path, *groups: tuple[int, str, str], least: int = 5) -> dict[str, pd.DataFrame]:
    """Groups of rows as how many, on which day, in which wave; answers rise together, `c` falls."""
    source: Source = source_of(Survey.model_validate(CONTRACT), "surveys/people.yml", Places(""))
    disclosure = PROGRAMME.disclosure.model_copy(update={"smallest_group": least})
    programme = PROGRAMME.model_copy(update={"disclosure": disclosure})
    with open_warehouse(Workspace(folder)) as warehouse:
        warehouse.prepare(source.table)
        for number, (rows, day, wave) in enumerate(groups):
            warehouse.connection.execute(
                "insert into core.people (_load_id, _row, day, wave, a, b, c)"
                f" select 'l{number}', i, date '{day}', '{wave}', 1 + i % 5, 1 + (i * 3) % 5, 5 - i % 5"
                f" from range({rows}) as t(i)"
            )
        tables = describe_scales(warehouse.connection, {"people": source}, programme)
        warehouse.replace_all(tables)  # the tables take what is made for them
    return tables


def test_rows_without_a_day_or_a_wave_count_in_the_whole_alone(tmp_path: Path) -> None:
    contract = {key: value for key, value in CONTRACT.items() if key not in ("answered", "wave")}
    source = source_of(Survey.model_validate(contract), "surveys/people.yml", Places(""))
    with open_warehouse(Workspace(tmp_path)) as warehouse:
        warehouse.prepare(source.table)
        warehouse.connection.execute(
            "insert into core.people (_load_id, _row, a, b, c)"
            " select 'l', i, 1 + i % 5, 1 + i % 3, 2 from range(9) as t(i)"
        )
        tables = describe_scales(warehouse.connection, {"people": source}, PROGRAMME)
    assert statuses(tables) == {("all", "all"): ("ok", 9)}


def statuses(tables: dict[str, pd.DataFrame]) -> dict[tuple[str, str], tuple[str, float | None]]:
    rows = tables["scale_reliability"].itertuples()
    return {(row.period, row.wave): (row.status, None if pd.isna(row.n) else row.n) for row in rows}


def test_the_whole_each_period_and_each_wave_are_described(tmp_path: Path) -> None:
    tables = described(tmp_path, (20, "2024-02-01", "pre"), (15, "2024-09-01", "post"))
    assert statuses(tables) == {
        ("all", "all"): ("ok", 35),
        ("2024-H1", "all"): ("ok", 20),
        ("2024-H2", "all"): ("ok", 15),
        ("all", "post"): ("ok", 15),
        ("all", "pre"): ("ok", 20),
    }
    whole = tables["scale_reliability"].iloc[0]
    assert whole["ci_low"] < whole["alpha"] < whole["ci_high"] and not whole["weighted"]
    items = tables["scale_items"].query("period == 'all' and wave == 'all'")
    assert items["item"].tolist() == ["a", "b", "c"] and items["reversed"].tolist() == [False, False, True]
    assert items.set_index("item").loc["c", "item_rest"] > 0.5  # reversed, it rises with the others


def test_a_small_wave_shows_nothing_and_cannot_be_found_by_subtraction(tmp_path: Path) -> None:
    tables = described(tmp_path, (20, "2024-02-01", "pre"), (15, "2024-02-02", "mid"), (3, "2024-02-03", "post"))
    found = statuses(tables)
    assert found["all", "post"] == found["all", "mid"] == ("suppressed", None)
    assert found["all", "all"] == ("ok", 38) and found["all", "pre"] == ("ok", 20)
    held = tables["scale_items"].query("status == 'suppressed'")
    assert len(held) == 6 and held[["n", "item_rest", "alpha_without"]].isna().all(axis=None)


def test_with_a_smallest_group_of_one_everything_is_shown(tmp_path: Path) -> None:
    found = statuses(described(tmp_path, (20, "2024-02-01", "pre"), (1, "2024-09-01", "post"), least=1))
    assert found["all", "post"] == ("not_computable", 1)


def test_without_answers_there_is_no_data(tmp_path: Path) -> None:
    assert statuses(described(tmp_path, (0, "2024-02-01", "pre"))) == {("all", "all"): ("no_data", 0)}
