"""How a value stands to its target: input tables, one publication, expected rows of `out.progress`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from publishing import HALVES, keep, value

from theory_of_change.programme import Workspace
from warehouse.store import open_warehouse, query

END = dt.date(2025, 12, 31)
Rows = Sequence[Mapping[str, Any]]


def target(
    value: float, operator: str = ">=", by: dt.date | None = END, position: int = 1, **more: Any
) -> dict[str, Any]:
    return {"indicator_id": "I", "operator": operator, "value": value, "by": by, "dimension": "all", "category": "all",
            "position": position, **more}  # fmt: skip


def baseline(position: int = 1, **more: Any) -> dict[str, Any]:
    return {"indicator_id": "I", "dimension": "all", "category": "all", "position": position, **more}


def judged(
    workspace: Workspace,
    values: Rows,
    targets: Rows = (),
    baselines: Rows = (),
    direction: str | None = "up",
    kind: str = "share",
    columns: str = "period, progress, status",
    where: str = "true",
) -> list[tuple[Any, ...]]:
    indicators = [{"indicator_id": name, "direction": direction, "measure_kind": kind, "position": position}
                  for position, name in enumerate(dict.fromkeys(v["indicator_id"] for v in values))]  # fmt: skip
    with open_warehouse(workspace) as warehouse:
        keep(warehouse, indicator_values=values, targets=targets, baselines=baselines, indicators=indicators)
        path = warehouse.publish()
    return query(path, f"select {columns} from progress where {where} order by all")[1]


def one(workspace: Workspace, number: float | None, goal: dict[str, Any] | None, **more: Any) -> tuple[Any, ...]:
    """Status and progress of a single value for 2024-H2, halfway through the calendar."""
    found = judged(
        workspace, [value("I", "2024-H2", number)], [goal] if goal else [], columns="progress, status", **more
    )
    return found[0]


START = [baseline(value=0.2, date=dt.date(2024, 1, 1))]


#: Value, target, progress and status in 2024-H2, halfway through the calendar, from a baseline of a fifth.
HALFWAY = [
    (0.5, None, None, "no_target"),
    (None, None, None, "no_target"),
    (None, target(0.6), None, "no_data"),
    (0.6, target(0.6), 1.0, "met"),
    (0.6 - 1e-12, target(0.6), 1.0, "met"),
    (0.7, target(0.6), 1.25, "met"),
    (0.5, target(0.6), 0.75, "on_track"),
    (0.3, target(0.6), 0.25, "behind"),
    (0.1, target(0.6), -0.25, "behind"),
    (0.5, target(0.6, by=dt.date(2024, 12, 31)), 0.75, "not_met"),
    (0.5, target(0.6, by=dt.date(2024, 11, 30)), 0.75, "not_met"),
    (0.6, target(0.6, by=dt.date(2024, 11, 30)), 1.0, "met"),
    (0.5, target(0.6, by=dt.date(2023, 11, 30)), 0.75, "not_met"),
    (0.5, target(0.6, by=None), 0.75, "behind"),
    (0.6, target(0.6, by=None), 1.0, "met"),
    (0.1, target(0.1, "<="), 1.0, "met"),
    (0.15, target(0.1, "<="), 0.5, "on_track"),
    (0.19, target(0.1, "<="), 0.1, "behind"),
    (0.3, target(0.1, "<="), -1.0, "behind"),
    (0.4, target(0.4, "="), 1.0, "met"),
    (0.35, target(0.4, "="), 0.75, "on_track"),
    (0.5, target(0.4, "="), 1.5, "behind"),
    (0.25, target(0.3, "between", value_high=0.5), 0.5, "on_track"),
    (0.5, target(0.3, "between", value_high=0.5), 3.0, "met"),
    (0.6, target(0.3, "between", value_high=0.5), 4.0, "behind"),
    (0.15, target(0.05, "between", value_high=0.1), 0.5, "on_track"),
    (0.1, target(0.1), None, "met"),
    (0.05, target(0.1), None, "behind"),
]


def test_one_value_halfway_from_a_baseline_of_a_fifth(workspace: Workspace):
    names = [f"I{place:02}" for place in range(len(HALFWAY))]
    found = judged(
        workspace,
        [value(name, "2024-H2", number) for name, (number, *_) in zip(names, HALFWAY, strict=True)],
        [goal | {"indicator_id": name} for name, (_, goal, *_) in zip(names, HALFWAY, strict=True) if goal],
        [start | {"indicator_id": name} for name in names for start in START],
        columns="indicator_id, progress, status",
    )
    expected = [(name, progress and pytest.approx(progress, abs=1e-9), status)
                for name, (*_, progress, status) in zip(names, HALFWAY, strict=True)]  # fmt: skip
    assert found == expected


def test_to_maintain_there_is_no_way_to_cover(workspace: Workspace):
    assert one(workspace, 0.7, target(0.6), baselines=START, direction="maintain") == (None, "met")
    assert one(workspace, 0.5, target(0.6), baselines=START, direction="maintain") == (None, "behind")


def test_without_a_baseline_there_is_no_progress_but_for_totals_which_start_from_nothing(workspace: Workspace):
    assert one(workspace, 0.5, target(0.6)) == (None, "behind")
    assert one(workspace, 300, target(500), kind="count") == (0.6, "on_track")
    assert one(workspace, 200, target(500), kind="sum") == (0.4, "behind")
    assert one(workspace, 8, target(10, "<="), kind="distinct") == (None, "met")


def test_a_baseline_without_a_value_gives_no_progress_even_to_totals(workspace: Workspace):
    suppressed = [baseline(period="2024-H1")]
    values = [value("I", "2024-H1", None, status="suppressed"), value("I", "2024-H2", 300)]
    found = judged(workspace, values, [target(500)], suppressed, kind="count", where="period = '2024-H2'")
    assert found == [("2024-H2", None, "behind")]


def test_the_expected_share_grows_with_time_and_starts_at_the_baseline(workspace: Workspace):
    values = [value("I", period, 0.5) for period, *_ in HALVES]
    found = judged(workspace, values, [target(0.6)], [baseline(period="2024-H1")], columns="period, expected, status")
    days = (END - dt.date(2024, 6, 30)).days
    assert found == [
        ("2024", pytest.approx((dt.date(2024, 12, 31) - dt.date(2024, 6, 30)).days / days), "behind"),
        ("2024-H1", 0.0, "on_track"),
        ("2024-H2", pytest.approx((dt.date(2024, 12, 31) - dt.date(2024, 6, 30)).days / days), "behind"),
        ("2025", 1.0, "not_met"),
        ("2025-H1", pytest.approx((dt.date(2025, 6, 30) - dt.date(2024, 6, 30)).days / days), "behind"),
        ("2025-H2", 1.0, "not_met"),
        ("all", 1.0, "not_met"),
    ]


def test_a_calendar_that_is_not_over_is_judged_where_its_data_end(workspace: Workspace):
    series = {"2024-H1": 0.4, "2024-H2": 0.5, "2025-H1": None, "2025-H2": None, "2024": 0.45, "all": 0.45}
    values = [value("I", period, number) for period, number in series.items()]
    found = dict(row for row in judged(workspace, values, [target(0.6)], START, columns="period, status"))
    assert found == {"2024-H1": "on_track", "2024-H2": "on_track", "2025-H1": "no_data", "2025-H2": "no_data",
                     "2024": "on_track", "all": "on_track"}  # fmt: skip


def test_a_source_without_dates_is_judged_at_the_end_of_the_calendar(workspace: Workspace):
    assert judged(workspace, [value("I", "all", 0.5)], [target(0.6)], START) == [
        ("all", pytest.approx(0.75), "not_met")
    ]


def test_a_baseline_from_the_series_is_taken_category_by_category(workspace: Workspace):
    values = [value("I", period, number, dimension, category) for period, dimension, category, number in
              (("2024-H1", "all", "all", 0.2), ("2024-H1", "area", "N", 0.4), ("2024-H1", "area", "S", None),
               ("2024-H2", "all", "all", 0.3), ("2024-H2", "area", "N", 0.5),
               ("2024-H2", "area", "S", 0.1))]  # fmt: skip
    found = judged(workspace, values, [], [baseline(period="2024-H1")], columns="period, category, baseline")
    assert found == [
        ("2024-H1", "N", 0.4), ("2024-H1", "S", None), ("2024-H1", "all", 0.2),
        ("2024-H2", "N", 0.4), ("2024-H2", "S", None), ("2024-H2", "all", 0.2),
    ]  # fmt: skip


def test_a_baseline_from_another_indicator_is_taken_in_the_same_period_and_category(workspace: Workspace):
    series = [("I", "all", "all", 6.0), ("I", "area", "N", 5.0), ("PRE", "all", "all", 2.0), ("PRE", "area", "N", 1.0)]
    values = [value(name, "all", number, dimension, category) for name, dimension, category, number in series]
    found = judged(workspace, values, [target(8)], [baseline(value_from="PRE")], columns="category, baseline, progress",
                   where="indicator_id = 'I'")  # fmt: skip
    assert found == [("N", 1.0, None), ("all", 2.0, pytest.approx(4 / 6))]


def test_a_stated_baseline_or_target_holds_for_its_own_category_alone(workspace: Workspace):
    cells = [("all", "all"), ("area", "N"), ("area", "S"), ("area x sex", "N / f")]
    values = [value("I", "2024-H2", 0.5, dimension, category) for dimension, category in cells]
    found = judged(
        workspace, values,
        [target(0.6), target(0.7, dimension="area", category="N", position=2),
         target(0.8, dimension="area x sex", category="N / f", position=3)],
        [baseline(value=0.1), baseline(2, value=0.3, dimension="area", category="N")],
        columns="dimension, category, target, baseline, status",
    )  # fmt: skip
    assert found == [
        ("all", "all", 0.6, 0.1, "on_track"),
        ("area", "N", 0.7, 0.3, "on_track"),
        ("area", "S", None, None, "no_target"),
        ("area x sex", "N / f", 0.8, None, "behind"),
    ]


def test_a_baseline_for_the_category_goes_before_one_for_every_category(workspace: Workspace):
    values = [value("I", period, 0.5, "area", "N") for period in ("2024-H1", "2024-H2")]
    found = judged(workspace, values, [], [baseline(period="2024-H1"),
                   baseline(2, value=0.9, dimension="area", category="N")], columns="period, baseline")  # fmt: skip
    assert found == [("2024-H1", 0.9), ("2024-H2", 0.9)]


def test_of_several_targets_the_next_one_due_counts_and_after_the_last_the_last(workspace: Workspace):
    goals = [target(0.9, by=None, position=1), target(0.5, by=dt.date(2024, 12, 31), position=2),
             target(0.4, by=dt.date(2024, 6, 30), position=3), target(0.6, by=dt.date(2025, 6, 30), position=4),
             target(0.7, by=dt.date(2025, 6, 30), position=5)]  # fmt: skip
    values = [value("I", period, 0.1) for period, level, *_ in HALVES if level == "half_year"]
    assert judged(workspace, values, goals, columns="period, target, status") == [
        ("2024-H1", 0.4, "not_met"), ("2024-H2", 0.5, "not_met"),
        ("2025-H1", 0.6, "not_met"), ("2025-H2", 0.6, "not_met"),
    ]  # fmt: skip


def test_a_suppressed_value_says_nothing_about_its_target(workspace: Workspace):
    values = [value("I", "2024-H2", None, status="suppressed")]
    assert judged(workspace, values, [target(0.6)], START) == [("2024-H2", None, "no_data")]


def test_every_value_has_exactly_one_row(workspace: Workspace):
    values = [value(name, period, 0.5, dimension, category) for name in ("I", "J") for period, *_ in HALVES
              for dimension, category in (("all", "all"), ("area", "N"), ("area", "S"))]  # fmt: skip
    goals = [target(v / 10, position=v) for v in range(1, 5)]
    starts = [
        baseline(1, value=0.1),
        baseline(2, value=0.2),
        baseline(3, period="2024-H1"),
        baseline(4, value_from="J"),
    ]
    keys = "indicator_id, period, dimension, category"
    assert judged(workspace, values, goals, starts, columns=keys) == sorted(
        (v["indicator_id"], v["period"], v["dimension"], v["category"]) for v in values
    )


#: Value and interval in 2024-H2, target, status, certainty; from a baseline of a fifth .4 of .6 are expected by then.
UNCERTAIN = [
    ((0.7, 0.62, 0.78), target(0.6), "met", "sure"),
    ((0.7, 0.58, 0.82), target(0.6), "on_track", "unsure"),  # there is time to be sure
    ((0.7, 0.58, 0.82), target(0.6, by=dt.date(2024, 12, 31)), "met", "unsure"),
    ((0.7, 0.58, 0.82), target(0.6, by=None), "met", "unsure"),
    ((0.5, 0.42, 0.58), target(0.6), "on_track", "sure"),
    ((0.5, 0.38, 0.62), target(0.6), "on_track", "unsure"),
    ((0.3, 0.22, 0.38), target(0.6), "behind", "sure"),
    ((0.3, 0.18, 0.42), target(0.6), "behind", "unsure"),
    ((0.5, 0.42, 0.58), target(0.6, by=dt.date(2024, 12, 31)), "not_met", "sure"),
    ((0.5, 0.38, 0.62), target(0.6, by=dt.date(2024, 12, 31)), "not_met", "unsure"),
    ((0.08, 0.05, 0.099), target(0.1, "<="), "met", "sure"),
    ((0.08, 0.05, 0.12), target(0.1, "<="), "on_track", "unsure"),
    ((0.4, 0.35, 0.45), target(0.3, "between", value_high=0.5), "met", "sure"),
    ((0.4, 0.25, 0.45), target(0.3, "between", value_high=0.5), "on_track", "unsure"),
    ((0.7, 0.7, 0.7), target(0.6), "met", None),  # an interval without width says nothing of chance
]


def test_the_interval_decides_with_the_value(workspace: Workspace):
    names = [f"I{place:02}" for place in range(len(UNCERTAIN))]
    found = judged(
        workspace,
        [value(name, "2024-H2", number, ci_low=low, ci_high=high)
         for name, ((number, low, high), *_) in zip(names, UNCERTAIN, strict=True)],
        [goal | {"indicator_id": name} for name, (_, goal, *_) in zip(names, UNCERTAIN, strict=True)],
        [start | {"indicator_id": name} for name in names for start in START],
        columns="indicator_id, status, certainty",
    )  # fmt: skip
    assert found == [(name, status, certainty) for name, (*_, status, certainty) in zip(names, UNCERTAIN, strict=True)]


def test_who_counted_everybody_is_sure(workspace: Workspace):
    values = [value("I", "2024-H2", 0.5, method="share; unweighted; census")]
    assert judged(workspace, values, [target(0.6)], START, columns="status, certainty") == [("on_track", "sure")]


def maintained(workspace: Workspace, number: float, low: float, high: float, **goal: Any) -> tuple[Any, ...]:
    values = [value("I", "2024-H2", number, ci_low=low, ci_high=high)]
    by = goal.pop("by", dt.date(2024, 12, 31))
    return judged(workspace, values, [target(0.6, "=", by=by, **goal)], direction="maintain",
                  columns="status, certainty")[0]  # fmt: skip


def test_to_maintain_is_to_stay_within_the_tolerance_or_to_show_no_move(workspace: Workspace):
    near = {"attributes": '{"tolerance": 0.05}'}
    assert maintained(workspace, 0.62, 0.58, 0.64, **near) == ("met", "sure")
    assert maintained(workspace, 0.62, 0.52, 0.72, **near) == ("met", "unsure")
    assert maintained(workspace, 0.70, 0.66, 0.74, **near) == ("not_met", "sure")
    assert maintained(workspace, 0.62, 0.52, 0.72) == ("met", "unsure")  # the interval covers what it was
    assert maintained(workspace, 0.70, 0.66, 0.74) == ("not_met", "sure")
    assert maintained(workspace, 0.62, 0.52, 0.72, by=END) == ("on_track", "unsure")


def test_a_stated_path_is_followed_from_point_to_point(workspace: Workspace):
    """A slow start: a quarter by the end of 2024, then to 0.6 by the end of 2025."""
    path = {"attributes": '{"path": [{"by": "2024-12-31", "value": 0.25}]}'}
    values = [value("I", period, 0.3) for period in ("2024-H1", "2024-H2", "2025-H1", "2025-H2")]
    columns = "period, round(expected_value, 4), round(expected, 4), status"
    found = judged(workspace, values, [target(0.6, **path)], START, columns=columns)
    first, second = 181 / 365, 181 / 365  # to the end of June, of a leap year counted from 1 January, and of 2025
    assert found == [
        ("2024-H1", round(0.2 + 0.05 * first, 4), round(0.05 * first / 0.4, 4), "on_track"),
        ("2024-H2", 0.25, 0.125, "on_track"),
        ("2025-H1", round(0.25 + 0.35 * second, 4), round((0.05 + 0.35 * second) / 0.4, 4), "behind"),
        ("2025-H2", 0.6, 1.0, "not_met"),
    ]


def test_a_path_without_a_start_expects_nothing_before_its_first_point(workspace: Workspace):
    path = {"attributes": '{"path": [{"by": "2024-12-31", "value": 0.25}]}'}
    values = [value("I", period, 0.1) for period in ("2024-H1", "2024-H2", "2025-H1", "2025-H2")]
    found = judged(workspace, values, [target(0.6, **path)], columns="period, round(expected_value, 4), status")
    assert found == [
        ("2024-H1", None, "on_track"), ("2024-H2", 0.25, "behind"),
        ("2025-H1", round(0.25 + 0.35 * 181 / 365, 4), "behind"), ("2025-H2", 0.6, "not_met"),
    ]  # fmt: skip
