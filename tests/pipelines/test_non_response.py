"""What those who did not answer leave open: values and how many were asked in, both ends of each share out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.non_response import bounds_of_non_response
from tests.indicators.conftest import programme_with, table_of, theory_with

YEARS = {"start": "2024-01-01", "end": "2025-12-31", "every": "year"}
ANSWERS = {"y": "number", "area": "category", "day": "date"}


def value(share: float | None, n: int, period: str = "2024", category: str = "all", **more: Any) -> dict[str, Any]:
    status = "ok" if share is not None else "suppressed"
    dimension = "all" if category == "all" else "area"
    return {"indicator_id": "I", "period": period, "dimension": dimension, "category": category, "n": n, "value": share,
            "status": status, "unit": "percent", **more}  # fmt: skip


def open_ends(values: list[dict[str, Any]], *, roles: dict[str, Any] | None = None, frame: list[str] | None = None,
              invited: dict[str, int] | None = None, on_server: int | None = None, least: int = 5,
              indicator: dict[str, Any] | None = None) -> pd.DataFrame:  # fmt: skip
    connection = duckdb.connect()
    connection.execute("create schema core; create table core.response_counts (source varchar, invited bigint)")
    connection.execute("insert into core.response_counts values ('answers', ?)", [on_server])
    tables = {"answers": table_of(ANSWERS, date="day", **(roles or {}))}
    contract = SimpleNamespace(frame=None, invited=invited)
    if frame is not None:
        connection.execute("create table core.people (area varchar)")
        connection.executemany("insert into core.people values (?)", [[area] for area in frame])
        tables["people"] = table_of({"area": "category"}, source="people", kind="register")
        contract = SimpleNamespace(frame="people", invited=None)
    asked = {"id": "I", "measure": {"from": "answers", "share": "y = 1"}, "disaggregation": ["area"]} | (
        indicator or {}
    )
    project = SimpleNamespace(
        theory=theory_with([asked]), programme=programme_with(YEARS, smallest_group=least), tables=tables,
        sources={name: SimpleNamespace(contract=contract if name == "answers" else None) for name in tables},
    )  # fmt: skip
    return bounds_of_non_response(connection, project, pd.DataFrame(values))


def test_the_ends_are_all_no_and_all_yes_of_those_who_did_not_answer():
    """60 of 100 answered, half of them yes: between 30 and 70 of 100."""
    (row,) = open_ends([value(0.5, 60)], invited={"": 100}).to_dict("records")
    assert (row["share_low"], row["share_high"], row["response_share"]) == pytest.approx((0.3, 0.7, 0.6))
    assert (row["n"], row["n_asked"], row["n_missing"], row["known_from"]) == (60, 100, 40, "invited")


@pytest.mark.parametrize(
    ("known", "origin"),
    [({"frame": ["N"] * 100}, "frame"), ({"on_server": 100}, "limesurvey"),
     ({"indicator": {"population": {"size": 100}, "uncertainty": {"mode": "census"}}}, "population")],
)  # fmt: skip
def test_how_many_were_asked_is_known_in_several_ways(known, origin):
    (row,) = open_ends([value(0.5, 60)], **known).to_dict("records")
    assert (row["known_from"], row["share_high"]) == (origin, pytest.approx(0.7))


def test_where_nobody_says_how_many_or_weights_stand_for_the_others_there_are_no_ends():
    assert open_ends([value(0.5, 60)]).empty
    assert open_ends([value(0.5, 60)], invited={"pre": 100, "post": 80}).empty
    assert open_ends([value(0.5, 60)], invited={"": 100}, roles={"weight": "y"}).empty
    assert open_ends([value(0.5, 110)], invited={"": 100}).empty
    assert open_ends([value(0.5, 60)], indicator={"population": {"size": 100}}).empty  # of a sample, nobody asked most
    mean = {"measure": {"from": "answers", "mean": "y"}}
    assert open_ends([value(0.5, 60)], invited={"": 100}, indicator=mean).empty


def test_groups_have_ends_where_the_frame_tells_how_many_they_are():
    values = [value(0.5, 60), value(0.5, 40, category="N"), value(0.5, 20, category="S")]
    found = open_ends(values, frame=["N"] * 50 + ["S"] * 50)
    assert list(found[["category", "share_low", "share_high"]].itertuples(index=False, name=None)) == [
        ("all", pytest.approx(0.3), pytest.approx(0.7)), ("N", pytest.approx(0.4), pytest.approx(0.6)),
        ("S", pytest.approx(0.2), pytest.approx(0.8)),
    ]  # fmt: skip
    assert list(open_ends(values, invited={"": 100})["category"]) == ["all"]


def test_few_who_did_not_answer_are_not_told_nor_any_group_beside_them():
    assert open_ends([value(0.5, 97)], invited={"": 100}).empty
    values = [value(0.5, 60), value(0.5, 48, category="N"), value(0.5, 12, category="S")]
    assert list(open_ends(values, frame=["N"] * 50 + ["S"] * 50)["category"]) == ["all"]
    hidden = [value(0.5, 60), value(0.5, 40, category="N"), value(None, 0, category="S")]
    assert list(open_ends(hidden, frame=["N"] * 50 + ["S"] * 50)["category"]) == ["all"]


def test_everybody_answered_leaves_nothing_open():
    (row,) = open_ends([value(0.5, 100)], invited={"": 100}).to_dict("records")
    assert row["share_low"] == row["share_high"] == 0.5


def test_the_whole_of_several_times_is_left_out_and_told_where_there_are_no_times():
    values = [value(0.5, 60), value(0.6, 50, "2025"), value(0.55, 110, "all")]
    assert list(open_ends(values, invited={"": 100})["period"]) == ["2024", "2025"]
    assert list(open_ends([value(0.5, 60, "all")], invited={"": 100})["period"]) == ["all"]
