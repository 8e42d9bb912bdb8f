"""A retired indicator: computed up to its retirement, never after, and never in a total that would reach beyond it."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from pipelines.indicators.estimate import compute, in_force
from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Column, Table

PROGRAMME = Programme.model_validate({
    "id": "p", "title": "P", "languages": ["en"],
    "calendar": {"start": "2024-01-01", "end": "2025-12-31", "every": "half_year"},
})  # fmt: skip
COLUMNS = (Column("day", "date"), Column("age", "number"))
TABLE = Table("visits", "register", Text("V"), COLUMNS, date="day", aliases={"answered": "day"})


def theory(retired: str | None) -> TheoryOfChange:
    gone = {"retired": {"at": retired, "reason": "asked otherwise", "replaced_by": "IN-NEW"}} if retired else {}
    common = {"title": "T", "measures": ["OC-1"], "unit": "years"}
    return TheoryOfChange.model_validate({
        "theory": {"id": "t", "version": "1.0.0", "title": "T"},
        "outcomes": [{"id": "OC-1", "statement": "s"}],
        "indicators": [
            {"id": "IN-OLD", **common, "measure": {"from": "visits", "mean": "age"}, **gone},
            {"id": "IN-NEW", **common, "measure": {"from": "visits", "mean": "age"}},
            {"id": "IN-SUM", **common, "measure": {"formula": "{IN-OLD} + {IN-NEW}"}},
        ],
    })  # fmt: skip


def values(retired: str | None) -> dict[str, dict[str, float | str]]:
    connection = duckdb.connect()
    connection.execute("create schema core")
    connection.execute("create table core.visits (_load_id varchar, _row bigint, day date, age double)")
    for number, (year, month) in enumerate([(2024, 2), (2024, 9), (2025, 2), (2025, 9)]):
        for age in (30, 40, 50):
            row = ["l", number, dt.date(year, month, 3), float(age + number)]
            connection.execute("insert into core.visits values (?, ?, ?, ?)", row)
    found = compute(connection, theory(retired), PROGRAMME, {"visits": TABLE}, "s", {"visits": "f"})
    by: dict[str, dict[str, float | str]] = {}
    for row in found.values.to_dict("records"):
        by.setdefault(row["indicator_id"], {})[row["period"]] = row["value"] if row["status"] == "ok" else row["status"]
    by["bins"] = dict.fromkeys(found.distributions.query("indicator_id == 'IN-OLD'")["period"], "drawn")
    return by


@pytest.mark.parametrize(
    ("retired", "periods"),
    [
        (None, {"2024-H1", "2024-H2", "2025-H1", "2025-H2", "2024", "2025", "all"}),
        ("2024-12-31", {"2024-H1", "2024-H2", "2024"}),
        ("2025-01-01", {"2024-H1", "2024-H2", "2024", "2025-H1"}),
        ("2024-08-15", {"2024-H1", "2024-H2"}),  # the year would add up what came after
        ("2023-06-30", set()),
        ("2025-12-31", {"2024-H1", "2024-H2", "2025-H1", "2025-H2", "2024", "2025", "all"}),
    ],
)
def test_periods_begun_by_the_day_count_and_longer_ones_that_were_over(retired, periods):
    assert in_force(theory(retired).indicators[0], PROGRAMME) == periods
    assert set(values(retired).get("IN-OLD", {})) == periods


def test_values_before_are_what_they_were_and_others_are_untouched():
    before, after = values(None), values("2024-12-31")
    assert after["IN-OLD"] == {name: before["IN-OLD"][name] for name in ("2024-H1", "2024-H2", "2024")}
    assert after["IN-NEW"] == before["IN-NEW"]
    assert before["bins"] and set(after["bins"]) == set(before["bins"]) & {"2024-H1", "2024-H2", "2024"}


def test_a_formula_says_that_its_input_is_missing():
    after = values("2024-12-31")["IN-SUM"]
    assert after["2024-H2"] == pytest.approx(82.0)
    assert after["2025-H1"] == "not_computable"
