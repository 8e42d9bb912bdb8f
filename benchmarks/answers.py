"""The answers that indicators are measured on: 200,000 people, 50 questions, three years, one in ten answers missing.

Thirty questions are asked for their mean on a scale of 1 to 5, twenty for the share of 4 and 5. Three years and their
whole make 4 periods; seven areas, three genders, six age bands and areas by gender make 38 cells with the whole: 4 x 38
x 50 = 7,600 values. Made up with a fixed seed; made only, measured elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from theory_of_change.model import Text, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.tables import Column, Table

PEOPLE, QUESTIONS, MEANS, VALUES = 200_000, 50, 30, 7_600
KEYS = ("year", "area", "gender", "age_band")
#: The breakdowns: the whole, three single ones, one cross.
CUTS = ((), ("area",), ("gender",), ("age_band",), ("area", "gender"))
WEIGHTED = {"weight": "w"}
CLUSTERED = {"weight": "w", "strata": ("h",), "cluster": ("u",)}
PROGRAMME = Programme.model_validate(
    {"id": "p", "title": "P", "calendar": {"start": "2024-01-01", "end": "2026-12-31", "every": "year"}}
)
_COLUMNS = {
    **{f"q{i}": "integer" for i in range(QUESTIONS)}, "area": "category", "gender": "category", "age_band": "category",
    "day": "date", "w": "number", "h": "category", "u": "integer",
}  # fmt: skip


def prepare(folder: Path) -> None:
    """`answers.duckdb`, laid out as a warehouse has it."""
    answers = ", ".join(
        f"case when random() < 0.9 then 1 + cast(floor(random() * 5) as bigint) end as q{i}" for i in range(QUESTIONS)
    )
    with duckdb.connect(str(folder / "answers.duckdb")) as connection:
        connection.execute("set threads = 1")
        connection.execute("select setseed(0.5)")
        connection.execute("create schema core")
        connection.execute(
            f"""
            create table core.answers as
            select
                {answers},
                'A' || cast(floor(random() * 7) as integer) as area,
                'G' || cast(floor(random() * 3) as integer) as gender,
                'B' || cast(floor(random() * 6) as integer) as age_band,
                date '2024-01-01' + cast(floor(random() * 1096) as integer) as day,
                0.5 + random() as w,
                'S' || cast(range % 20 as varchar) as h,
                cast(floor(random() * 20) as bigint) as u,
                'load' as _load_id,
                range as _row
            from range({PEOPLE})
            """
        )


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(folder / "answers.duckdb"), read_only=True, config={"python_enable_replacements": False})


def table_with(roles: dict[str, object]) -> Table:
    columns = tuple(Column(name, type_) for name, type_ in _COLUMNS.items())
    return Table("answers", "survey", Text("Answers"), columns, date="day", **roles)


def theory() -> TheoryOfChange:
    indicators = [
        {"id": f"q{i}", "title": f"q{i}", "measures": ["O"], "unit": "u", "uncertainty": {"mode": "sample"},
         "measure": {"from": "answers", **({"mean": f"q{i}"} if i < MEANS else {"share": f"q{i} >= 4"})},
         "disaggregation": [list(cut) if len(cut) > 1 else cut[0] for cut in CUTS if cut]}
        for i in range(QUESTIONS)
    ]  # fmt: skip
    return TheoryOfChange.model_validate(
        {"theory": {"id": "t", "version": "1.0.0", "title": "T"}, "indicators": indicators}
    )
