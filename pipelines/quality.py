"""The quality rules of a source run on its rows in force, and kept in `core.quality`: counts and rules, never values.

Which rules there are, and how Great Expectations checks them, is in `warehouse.expectations`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.project import Project
from theory_of_change.tables import Table
from warehouse.modelling import model

if TYPE_CHECKING:
    from warehouse.expectations import QualityRow
    from warehouse.store import Warehouse


def check_source(warehouse: Warehouse, project: Project, table: Table) -> list[QualityRow]:
    """Checks one source and keeps its results beside those of the others; results of sources that are gone go too.

    Remedies are kept in both languages, and `remedy` in the programme's, whoever runs the check.
    """
    import pandas as pd

    from warehouse.expectations import check

    tables, programme = project.tables, project.programme
    rows = check(warehouse.connection, table, tables, programme.language, programme.calendar)
    columns = list(model("core", "quality").column_names)
    kept = warehouse.connection.execute("select * from core.quality").df()
    others = kept[kept["source"].isin([name for name in tables if name != table.id])]
    own = pd.DataFrame([[getattr(row, name) for name in columns] for row in rows], columns=columns)
    warehouse.replace("quality", pd.concat([others[columns], own], ignore_index=True) if len(others) else own)
    return rows
