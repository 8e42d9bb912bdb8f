"""The calendar's periods as Dagster sees them: partitions, and when each of them is over."""

from __future__ import annotations

import datetime as dt

import dagster as dg

from theory_of_change.programme import Period, Programme

_CRON = {
    "month": "0 6 1 * *",
    "quarter": "0 6 1 1,4,7,10 *",
    "half_year": "0 6 1 1,7 *",
    "year": "0 6 1 1 *",
}


def calendar_partitions(programme: Programme) -> dg.StaticPartitionsDefinition:
    """One partition for each period of the calendar, named as the calendar names it."""
    return dg.StaticPartitionsDefinition([period.name for period in programme.calendar.periods])


def every_period(programme: Programme) -> dict[str, str]:
    """The tags that make one run cover every period."""
    names = [period.name for period in programme.calendar.periods]
    return {"dagster/asset_partition_range_start": names[0], "dagster/asset_partition_range_end": names[-1]}


def after_each_period(programme: Programme) -> str:
    """When a reporting period is over, as cron says it: six in the morning of the first day after it."""
    return _CRON[programme.calendar.every]


def last_finished(programme: Programme, day: dt.date) -> Period | None:
    """The reporting period that ended last before `day`; None while the first is still going on."""
    level = programme.calendar.periods[0].level
    over = [period for period in programme.calendar.periods if period.level == level and period.end < day]
    return over[-1] if over else None
