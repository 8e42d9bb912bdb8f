"""What may be wrong where a register says that its rows are cases of a call, or ratings: columns that cannot serve.

What the roles mean is in `theory_of_change.calls` and `theory_of_change.ratings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from surveys.contracts import Contradiction
from theory_of_change.calls import Funnel
from theory_of_change.problems import with_hint
from theory_of_change.ratings import Ratings
from theory_of_change.tables import Table

_NUMERIC = ("number", "integer", "money")


def contradictions(funnel: Funnel | None, ratings: Ratings | None, types: Mapping[str, str]) -> Iterator[Contradiction]:
    """Everything wrong with either by the register alone; `types` are its columns."""
    for name, role in (("funnel", funnel), ("ratings", ratings)):
        for where, column in role.columns.items() if role else ():
            path = (name, *(int(part) if part.isdigit() else part for part in where.split(" ")))
            if column not in types:
                facts = {"name": column, "role": f"{name}.{where.replace(' ', '.')}"}
                yield Contradiction("role-of-rows-unknown", path, with_hint(facts, column, types))
            elif types[column] not in _NUMERIC and (where.startswith("money") or where == "score"):
                yield Contradiction("role-of-rows-no-number", path, {"name": column, "type": types[column]})
    if funnel is None:
        return
    ids = [stage.id for stage in funnel.stages]
    for number, name in enumerate(ids):
        if name in ids[:number]:
            yield Contradiction("funnel-stage-twice", ("funnel", "stages", number, "id"), {"name": name})
    for cohort, stage in funnel.open.items():
        if stage not in ids:
            facts = with_hint({"cohort": cohort, "stage": stage}, stage, ids)
            yield Contradiction("funnel-open-unknown", ("funnel", "open", cohort), facts)


def broken(funnel: Funnel, tables: Mapping[str, Table]) -> Iterator[Contradiction]:
    """What is wrong with the register of organisations in the cases."""
    partners = funnel.partners
    if partners is None:
        return
    table, path = tables.get(partners.source), ("funnel", "partners")
    if table is None:
        facts = with_hint({"source": partners.source}, partners.source, tables)
        yield Contradiction("funnel-partners-unknown", (*path, "from"), facts)
        return
    for role in ("case", "organisation"):
        name = getattr(partners, role)
        if table.column(name) is None:
            names = [column.name for column in table.columns]
            facts = {"name": name, "role": f"funnel.partners.{role}"}
            yield Contradiction("role-of-rows-unknown", (*path, role), with_hint(facts, name, names))
