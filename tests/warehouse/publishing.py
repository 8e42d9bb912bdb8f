"""A theory's tables with values, as pipelines would hand them over, for tests of what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from warehouse.modelling import model
from warehouse.store import Warehouse

HALVES = [
    ("2024-H1", "half_year", dt.date(2024, 1, 1), dt.date(2024, 6, 30)),
    ("2024-H2", "half_year", dt.date(2024, 7, 1), dt.date(2024, 12, 31)),
    ("2025-H1", "half_year", dt.date(2025, 1, 1), dt.date(2025, 6, 30)),
    ("2025-H2", "half_year", dt.date(2025, 7, 1), dt.date(2025, 12, 31)),
    ("2024", "year", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
    ("2025", "year", dt.date(2025, 1, 1), dt.date(2025, 12, 31)),
    ("all", "all", dt.date(2024, 1, 1), dt.date(2025, 12, 31)),
]


def frame(name: str, rows: Sequence[Mapping[str, Any]], **always: Any) -> pd.DataFrame:
    """Rows of core.`name`; columns not given are null."""
    columns = list(model("core", name).column_names)
    return pd.DataFrame([{**always, **row} for row in rows], columns=columns, dtype=object)


def periods() -> pd.DataFrame:
    names = ("period", "level", "start_date", "end_date")
    return frame("periods", [{**dict(zip(names, row, strict=True)), "position": i} for i, row in enumerate(HALVES, 1)])


def value(
    indicator: str, period: str, number: float | None, dimension: str = "all", category: str = "all", **more: Any
):
    status = "ok" if number is not None else "no_data"
    return {"indicator_id": indicator, "period": period, "dimension": dimension, "category": category, "value": number,
            "n": 50 if number is not None else 0, "unit": "percent", "status": status, **more}  # fmt: skip


def keep(warehouse: Warehouse, **tables: Sequence[Mapping[str, Any]]) -> None:
    """Keep these rows, and the calendar of two years in halves."""
    frames = {name: frame(name, rows) for name, rows in tables.items()}
    warehouse.replace_all({"periods": periods(), **frames})
