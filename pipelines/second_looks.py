"""What a run has computed and somebody should look at again: numbers that could not be, breakdowns nobody can read.

Warnings for the end of a run, made from the protected values alone. What is wrong with a theory before anything runs is
in `theory_of_change.coherence`, with deliveries in `quality`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines.indicators.measures import ALL
from theory_of_change.problems import Place, Problem

if TYPE_CHECKING:
    from warehouse.store import Warehouse

#: With more groups than this a breakdown is a list of places or people, which no reader compares.
MOST_GROUPS = 100
_PLACE = Place("theory_of_change")


def second_looks(warehouse: Warehouse) -> Iterator[Problem]:
    """A warning for each indicator and reason for which there is no number, and for each breakdown into very many."""
    stopped = warehouse.connection.execute(
        """
        select indicator_id, note, count(*) as n
        from core.indicator_values
        where status = 'not_computable' and note is not null
        group by indicator_id, note
        order by indicator_id, n desc, note
        """
    ).fetchall()
    for indicator, note, count in stopped:
        yield Problem("values-not-computable", _PLACE, {"indicator": indicator, "count": str(count), "note": note})
    wide = warehouse.connection.execute(
        f"""
        select
            indicator_id, dimension, count(*) as n,
            sum(case when status = 'suppressed' then 1 else 0 end) as hidden
        from core.indicator_values
        where dimension <> '{ALL}' and period = '{ALL}'
        group by indicator_id, dimension
        having count(*) > {MOST_GROUPS}
        order by indicator_id, dimension
        """
    ).fetchall()
    for indicator, dimension, count, hidden in wide:
        facts = {"indicator": indicator, "dimension": dimension, "count": str(count), "hidden": str(hidden)}
        yield Problem("breakdown-into-very-many", _PLACE, facts)
