"""The programme's manifest and its calendar of periods: who, when, in which languages, under which privacy rule.

Also where a workspace's files lie. What a theory claims is in `model`; nothing here opens data or a database.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from theory_of_change.model import Day, Definition, ElementId, LanguageCode, Text

Every = Literal["month", "quarter", "half_year", "year"]
_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_NAME = re.compile(r"^(?P<year>\d{4})(?:-(?:H(?P<half>[12])|Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?$")
ALL = "all"


@dataclass(frozen=True)
class Period:
    """A named stretch of the calendar; `start` and `end` are both included."""

    name: str
    start: dt.date
    end: dt.date

    @property
    def level(self) -> str:
        """`month`, `quarter`, `half_year`, `year` or `all`."""
        if self.name == ALL:
            return ALL
        match = _NAME.match(self.name)
        assert match is not None
        finer = (("half", "half_year"), ("quarter", "quarter"), ("month", "month"))
        return next((level for group, level in finer if match[group]), "year")

    @classmethod
    def named(cls, name: str) -> Period:
        """The full period of that name. Raises ValueError for a name no calendar has (`all` needs a calendar)."""
        match = _NAME.match(name)
        if match is None:
            raise ValueError(name)
        year = int(match["year"])
        if match["half"]:
            first, span = 6 * int(match["half"]) - 5, 6
        elif match["quarter"]:
            first, span = 3 * int(match["quarter"]) - 2, 3
        elif match["month"]:
            first, span = int(match["month"]), 1
        else:
            first, span = 1, 12
        last = first + span - 1
        return cls(name, dt.date(year, first, 1), dt.date(year, last, months.monthrange(year, last)[1]))

    @classmethod
    def containing(cls, day: dt.date, every: str) -> Period:
        """The period of length `every` that holds `day`."""
        number = (day.month - 1) // _MONTHS[every] + 1
        suffix = {"month": f"-{number:02d}", "quarter": f"-Q{number}", "half_year": f"-H{number}", "year": ""}[every]
        return cls.named(f"{day.year:04d}{suffix}")


class Calendar(Definition):
    start: Day
    end: Day
    every: Every = "year"

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end < self.start:
            raise PydanticCustomError("calendar_backwards", "the calendar ends before it starts", {})
        return self

    def _run(self, every: str) -> Iterator[Period]:
        day = self.start
        while day <= self.end:
            full = Period.containing(day, every)
            yield Period(full.name, max(full.start, self.start), min(full.end, self.end))
            day = full.end + dt.timedelta(days=1)

    @property
    def periods(self) -> tuple[Period, ...]:
        """Reporting periods in order, then the years where those are longer, then `all`; clipped to the calendar."""
        years = () if self.every == "year" else tuple(self._run("year"))
        return (*self._run(self.every), *years, Period(ALL, self.start, self.end))

    def period(self, name: str) -> Period:
        """The calendar's period called `name`. Raises KeyError when the calendar has none."""
        return {period.name: period for period in self.periods}[name]


class Disclosure(Definition):
    smallest_group: Annotated[int, Field(ge=1)] = 5
    dominance: Annotated[float, Field(ge=0, le=100)] = 10
    rounding: Annotated[int, Field(ge=2)] | None = None
    changes: Literal["show", "hold"] = "show"


class Programme(Definition):
    """`programme.yml`."""

    format: Annotated[int, Field(ge=1, le=1)] = 1
    id: ElementId
    title: Text
    organisation: Text | None = None
    languages: tuple[LanguageCode, ...] = Field(("it", "en"), min_length=1)
    calendar: Calendar
    timezone: str = "Europe/Rome"
    disclosure: Disclosure = Disclosure()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise PydanticCustomError("timezone_unknown", "unknown time zone", {"found": name})
        return name

    @property
    def language(self) -> str:
        """The default language: the first one listed."""
        return self.languages[0]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class Workspace:
    """Where one programme's files lie. Holds paths only; reads nothing."""

    root: Path

    @classmethod
    def around(cls, start: Path) -> Workspace | None:
        """The workspace that holds `start`: the nearest folder upwards with a `programme.yml`."""
        start = start.resolve()
        found = next((folder for folder in (start, *start.parents) if (folder / "programme.yml").is_file()), None)
        return cls(found) if found else None

    @property
    def manifest(self) -> Path:
        return self.root / "programme.yml"

    @property
    def theory(self) -> Path:
        """The theory's file, or its folder where it is split into several."""
        folder = self.root / "theory_of_change"
        return folder if folder.is_dir() else self.root / "theory_of_change.yml"

    @property
    def surveys(self) -> Path:
        return self.root / "surveys"

    @property
    def registers(self) -> Path:
        return self.root / "registers"

    @property
    def interviews(self) -> Path:
        return self.root / "interviews"

    def data(self, source: str) -> Path:
        return self.root / "data" / source

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def identities_database(self) -> Path:
        return self.warehouse / "identities.duckdb"

    @property
    def impact_database(self) -> Path:
        return self.warehouse / "impact.duckdb"

    @property
    def published_database(self) -> Path:
        return self.warehouse / "published.duckdb"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def environment(self) -> Path:
        return self.root / ".env"
