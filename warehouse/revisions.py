"""Which published values a new definition takes the place of: kept row by row, old number beside new.

A series computed anew under another definition is whole in itself, but no longer the one that was published; here is
the trace of it. A value that new data changed under the same definition is no revision. Publishing is in `publication`.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.modelling import literal

if TYPE_CHECKING:
    import duckdb

_BEFORE = "published_before"


def keep_revisions(connection: duckdb.DuckDBPyConnection, published: Path) -> int:
    """Rows added to core.revisions: each value in `published` whose definition is another in core.indicator_values.

    Done before the publication that replaces `published`, and once only: repeated after an interruption, it adds none.
    What is suppressed on either side is kept without its number.
    """
    import duckdb

    if not published.is_file():
        return 0
    connection.execute(f"attach {literal(str(published))} as {_BEFORE} (read_only)")
    try:
        return connection.execute(_ADDED).fetchone()[0]
    except duckdb.CatalogException:  # published before these tables were
        return 0
    finally:
        with contextlib.suppress(duckdb.Error):
            connection.execute(f"detach {_BEFORE}")


_ADDED = f"""
insert into core.revisions
with before as (
    select indicator_id, period, dimension, category, status, value, theory_version, definition_id
    from {_BEFORE}.out.indicator_values
    where status <> 'no_data'
),

after as (
    select indicator_id, period, dimension, category, status, value, theory_version, definition_id
    from core.indicator_values
),

revised as (
    select
        after.indicator_id, after.period, after.dimension, after.category,
        before.theory_version as theory_version_before, before.definition_id as definition_id_before,
        before.status as status_before,
        case when after.status <> 'suppressed' then before.value end as value_before,
        after.theory_version, after.definition_id, after.status, after.value
    from before
    inner join after using (indicator_id, period, dimension, category)
    where before.definition_id <> after.definition_id
)

select revised.*, now() at time zone 'UTC' as revised_at
from revised
where not exists (
    select 1 from core.revisions as kept
    where
        kept.indicator_id = revised.indicator_id and kept.period = revised.period
        and kept.dimension = revised.dimension and kept.category = revised.category
        and kept.definition_id_before = revised.definition_id_before and kept.definition_id = revised.definition_id
        and kept.value_before is not distinct from revised.value_before
        and kept.value is not distinct from revised.value
)
"""
