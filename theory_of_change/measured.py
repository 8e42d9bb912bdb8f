"""The theory with everything its numbers rest on, as the rules over indicators, targets and units look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from theory_of_change.model import Dimension, Indicator, TheoryOfChange
from theory_of_change.programme import Programme
from theory_of_change.rules import SourceDetail, is_retired
from theory_of_change.tables import Column, Table


@dataclass(frozen=True)
class Measured:
    """One theory, its programme, and the tables and contracts of its sources."""

    theory: TheoryOfChange
    programme: Programme
    sources: Mapping[str, Table]
    details: Mapping[str, SourceDetail]

    @cached_property
    def by_id(self) -> dict[str, Indicator]:
        return {indicator.id: indicator for indicator in self.theory.indicators}

    @cached_property
    def dimensions(self) -> dict[str, Dimension]:
        return {dimension.id: dimension for dimension in self.theory.dimensions}

    def current(self) -> Iterator[tuple[int, Indicator]]:
        """Indicators that are not retired, with their position."""
        return ((n, one) for n, one in enumerate(self.theory.indicators) if not is_retired(one))

    def column(self, indicator: Indicator, name: str | None) -> Column | None:
        table = self.sources.get(indicator.measure.source or "")
        return table.column(name) if table and name else None
