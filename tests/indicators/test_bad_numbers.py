"""Numbers that cannot be used: what is left out is said beside the value, and what has no value says why."""

from __future__ import annotations

import math
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest

from pipelines.indicators.estimate import compute
from pipelines.second_looks import MOST_GROUPS, second_looks
from tests.indicators.conftest import YEAR, cell, landed, programme_with, table_of, theory_with

TABLE = table_of({"y": "number", "w": "number", "g": "category", "h": "category", "u": "text", "day": "date"},
                 date="day", weight="w", strata=("h",), cluster=("u",), labels={"g": ("F", "M", "X")})  # fmt: skip
#: y, w, h, u: of 14 rows 2 weigh nothing, 3 have no weight that could count, 1 has no place in the design.
ROWS = pd.DataFrame(
    [*((float(k), 1.0 + k % 2, "A" if k < 4 else "B", f"u{k % 4}") for k in range(8)), (9.0, 0.0, "A", "u1"),
     (9.0, 0.0, "B", "u1"), (9.0, -1.0, "A", "u1"), (9.0, None, "A", "u1"), (9.0, math.inf, "A", "u1"),
     (9.0, 1.0, "A", None)],
    columns=["y", "w", "h", "u"],
).assign(day="2024-03-01", g="F")  # fmt: skip
ASKED = [
    {"id": "M", "measure": {"from": "answers", "mean": "y"}, "disaggregation": ["g"]},
    {"id": "NOBODY", "measure": {"from": "answers", "share": "y > 3", "where": "g = 'X'"}},
    {"id": "NONE", "measure": {"from": "answers", "count": "rows", "where": "y > 99"}, "uncertainty": {"mode": "none"}},
    {"id": "OVER", "measure": {"formula": "{M} / {NONE}"}},
]
DIMENSIONS = [{"id": "g", "categories": {"F": "F", "M": "M", "X": "X"}}]


def found(language: str = "en", rows: pd.DataFrame = ROWS, smallest: int = 1) -> pd.DataFrame:
    theory, programme = theory_with(ASKED, dimensions=DIMENSIONS), programme_with(YEAR, language, smallest)
    return compute(landed(rows, TABLE), theory, programme, {"answers": TABLE}, "snapshot", {}).values


def test_weights_that_cannot_count_are_left_out_and_told() -> None:
    row = cell(found(), "M")
    kept = ROWS.iloc[:8]
    assert row["value"] == pytest.approx((kept["y"] * kept["w"]).sum() / kept["w"].sum())
    assert row["n"] == 8
    assert row["note"] == (
        "rows without a valid weight or their place in the sampling design, left out: 4; "
        "rows with a weight of zero, which do not count: 2"
    )
    assert "fewer than 5" in cell(found(smallest=5), "M")["note"]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_no_finite_number_is_no_answer(value: float) -> None:
    rows = ROWS.assign(y=[value, *ROWS["y"][1:]])
    assert (cell(found(rows=rows), "M")["n"], math.isfinite(cell(found(rows=rows), "M")["value"])) == (7, True)


@pytest.mark.parametrize(
    ("language", "nobody", "zero"),
    [("en", "there are rows, but none of them is among those of this indicator", "the denominator is zero"),
     ("it", "ci sono righe, ma nessuna rientra in questo indicatore", "il denominatore è zero")],
)  # fmt: skip
def test_shares_of_nobody_categories_nobody_chose_and_divisions_by_zero(language, nobody, zero) -> None:
    values = found(language)
    assert (cell(values, "NOBODY")["status"], cell(values, "NOBODY")["note"]) == ("no_data", nobody)
    assert (cell(values, "M", "2024", "g", "M")["status"], cell(values, "M", "2024", "g", "M")["n"]) == ("no_data", 0)
    assert (cell(values, "NONE")["value"], cell(values, "NONE")["status"]) == (0, "ok")
    assert (cell(values, "OVER")["status"], cell(values, "OVER")["note"]) == ("not_computable", zero)


def test_strata_without_clusters_refuse_only_the_rows_without(computed) -> None:
    rows = ROWS.assign(u=[None if h == "B" else u for h, u in zip(ROWS["h"], ROWS["u"], strict=True)])
    row = cell(found(rows=rows), "M")
    assert (row["status"], row["n"]) == ("ok", 4)
    assert "left out: 9" in row["note"]


def test_the_run_tells_what_has_no_number_and_what_nobody_can_read() -> None:
    table = table_of({"y": "number", "town": "text", "day": "date"}, date="day", kind="register")
    rows = pd.DataFrame({"y": 1.0, "town": [f"t{k}" for k in range(10_000)], "day": "2024-03-01"})
    asked = [{"id": "SUM", "measure": {"from": "answers", "sum": "y"}, "disaggregation": ["town"]},
             {"id": "OVER", "measure": {"formula": "{SUM} / ({SUM} - {SUM})"}}]  # fmt: skip
    values = compute(landed(rows, table), theory_with(asked), programme_with(YEAR), {"answers": table}, "s", {}).values
    connection = duckdb.connect(config={"python_enable_replacements": False})
    connection.execute("create schema core")
    connection.register("made", values)
    connection.execute("create table core.indicator_values as select * from made")
    told = {one.code: one.facts for one in second_looks(SimpleNamespace(connection=connection))}
    assert MOST_GROUPS < 10_000
    assert told == {
        "values-not-computable": {"indicator": "OVER", "count": "2", "note": "the denominator is zero"},
        "breakdown-into-very-many": {"indicator": "SUM", "dimension": "town", "count": "10000", "hidden": "0"},
    }
